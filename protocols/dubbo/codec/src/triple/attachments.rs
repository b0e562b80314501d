//! Attachments as fields of HTTP/2, and back. Names of fields are in lower case, so those of attachments are told beside them
//! (`tri-header-convert`: JSON, escaped as in a URL); bytes are in base64, under a name that ends in `-bin`.

use crate::hessian::Text;
use crate::hessian::walk::Item;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What an attachment says, as far as it can be carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// Bytes.
    Binary(Cow<'a, [u8]>),
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, in lower case.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Names of attachments that are not as those of their fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Converted(BTreeMap<String, String>);

/// The field whose value says how names were spelled.
pub const CONVERT: &str = "tri-header-convert";

impl Converted {
    /// Reads what a [`CONVERT`] says.
    pub fn read(value: Option<&[u8]>) -> Converted {
        let json = value.and_then(unescaped);
        let names = json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        Converted(names)
    }

    /// How the attachment of a field is spelled. It is never another name.
    pub fn original<'n>(&'n self, name: &'n str) -> &'n str {
        match self.0.get(name) {
            Some(original) if original.eq_ignore_ascii_case(name) => original,
            _ => name,
        }
    }

    /// Whether what a [`CONVERT`] says gives each name another spelling, in capitals and small letters, and nothing else: whatever reads it,
    /// leniently or of two entries of one name the other.
    pub fn spells_only(value: &[u8]) -> bool {
        let pairs = unescaped(value).and_then(|json| serde_json::from_slice::<Pairs>(&json).ok());
        pairs.is_some_and(|Pairs(all)| all.iter().all(|(name, original)| original.eq_ignore_ascii_case(name)))
    }

    /// Notes how a name is spelled, where its field does not say it.
    pub fn note(&mut self, name: &str) {
        let lower = name.to_ascii_lowercase();
        if lower != name {
            self.0.insert(lower, name.to_owned());
        }
    }

    /// The value of a [`CONVERT`]; `None`: all names are as those of their fields.
    pub fn write(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let json = serde_json::to_vec(&self.0).ok()?;
        Some(escaped(&json))
    }
}

/// The members of an object, in their order.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut all = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    all.push(pair);
                }
                Ok(Pairs(all))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The attachment that a field is: its name in lower case, and its value. `None`: it is none, or not to be read.
pub fn restored<'a>(name: &'a str, value: &'a [u8]) -> Option<(&'a str, Value<'a>)> {
    match name.strip_suffix(BINARY).filter(|name| !name.is_empty()) {
        Some(name) => Some((name, Value::Binary(BASE64.decode(value).ok()?.into()))),
        None => Some((name, Value::Text(std::str::from_utf8(value).ok()?.into()))),
    }
}

/// The field that an attachment is, as Java's Triple has it; `None`: it cannot be one.
pub fn convert(name: Text<'_>, value: &Item<'_>) -> Option<Field> {
    let name = name.to_str();
    let value = match value {
        Item::Text(text) => text.to_str().into_owned(),
        Item::Int(n) => n.to_string(),
        Item::Long(n) => n.to_string(),
        Item::Bool(b) => b.to_string(),
        Item::Binary(bytes) => {
            return made(&format!("{name}{BINARY}"), BASE64.encode(bytes.to_bytes()));
        }
        _ => return None,
    };
    field(&name, value)
}

/// The field of a text of this name. Values are ASCII: what is beyond it no reader of Triple takes for what it was; and what is called as bytes
/// are would be read as such.
pub fn field(name: &str, value: String) -> Option<Field> {
    if name.to_ascii_lowercase().ends_with(BINARY) { None } else { made(name, value) }
}

fn made(name: &str, value: String) -> Option<Field> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let printable = value.bytes().all(|b| matches!(b, b' '..=b'~')) && value.trim_ascii() == value;
    let fit = !name.is_empty() && name.bytes().all(token) && printable && !is_reserved(&name.to_ascii_lowercase());
    fit.then(|| Field { name: name.to_ascii_lowercase(), value })
}

/// The fields that attachments are, with what tells how they are spelled; at most so many bytes of them. Who has no place is left out.
pub fn fields<'a>(attachments: impl Iterator<Item = (Text<'a>, Item<'a>)>, mut room: usize) -> Vec<Field> {
    let (mut out, mut converted): (Vec<Field>, _) = (Vec::new(), Converted::default());
    for (name, value) in attachments {
        let Some(field) = convert(name, &value) else { continue };
        let Some(left) = room.checked_sub(field.name.len() * 2 + field.value.len() + 32) else { break };
        room = left;
        out.retain(|known| known.name != field.name);
        converted.note(&name.to_str());
        out.push(field);
    }
    if let Some(value) = converted.write() {
        out.push(Field { name: CONVERT.to_owned(), value });
    }
    out
}

/// Whether a field of this name (in lower case) is the protocol's and no attachment, or an attachment by which a service would be found.
pub fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 21] = [
        "accept-encoding",
        "application",
        "connection",
        "date",
        "dubbo",
        "expect",
        "group",
        "host",
        "http-status",
        "interface",
        "keep-alive",
        "path",
        "proxy-connection",
        "remote.application",
        "serialization",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "version",
    ];
    const BEGINNINGS: [&str; 6] = [":", "content-", "dubbo-version", "grpc-", "rest-service-", "tri-"];
    RESERVED.contains(&name) || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

/// How names of bytes end.
pub const BINARY: &str = "-bin";

/// Java writes no padding, and reads either.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn escaped(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len().saturating_mul(2));
    for b in text {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(*b)),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((b, more)) = rest.split_first() {
        rest = more;
        match b {
            b'+' => out.push(b' '),
            b'%' => {
                let (digits, more) = rest.split_first_chunk::<2>()?;
                rest = more;
                let digits = std::str::from_utf8(digits).ok()?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
            }
            b => out.push(*b),
        }
    }
    Some(out)
}
