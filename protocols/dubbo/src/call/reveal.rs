//! Attachments as fields, for plugins and upstreams of other protocols.

use super::limits;
use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::Serialization;
use gateway_dubbo_codec::invocation::Invocation;
use gateway_engine::exchange::Exchange;
use gateway_engine::headers::{Field, Headers, Name, check_value, name};
use gateway_engine::pipeline::{is_framing, is_identity};

/// What the gateway says of a call in fields of its own.
const OWN: &[u8] = b"tri-";
pub(super) const DUBBO_VERSION: Name<'static> = Name::from_parts(0, b"dubbo-version");
pub(super) const SERVICE_VERSION: Name<'static> = Name::from_parts(0, b"tri-service-version");
pub(super) const SERVICE_GROUP: Name<'static> = Name::from_parts(0, b"tri-service-group");

/// Fields that mean something to HTTP: an attachment called like one is none of them.
const FOREIGN: u64 = name::HOST.bit() | name::CONTENT_LENGTH.bit() | name::CONTENT_TYPE.bit() | name::EXPECT.bit();

/// Whether an attachment of this name can be a field, if its value can.
pub(super) fn can_be_field(key: &[u8]) -> bool {
    field_name(key).is_some()
}

fn field_name(key: &[u8]) -> Option<Name<'_>> {
    let odd = matches!(key, [b'c' | b'C' | b't' | b'T', ..]) && key.contains(&b'_') && is_framing(key);
    Name::new(key).filter(|field| !odd && FOREIGN & field.bit() == 0 && !starts(key, OWN))
}

const UNREAD: &str = "the call cannot be read";
const TOO_LONG: &str = "the call's attachments are longer than is allowed";

/// Makes fields of a call's attachments, and of its versions and group. Where it is done late, fields that the gateway has set stay: none
/// of these attachments is called like one.
///
/// # Errors
/// They are more than there may be of fields, or such as others would read in another way.
pub(crate) fn reveal(x: &mut Exchange) -> Result<(), &'static str> {
    let (Some(mut call), Some(body)) = (x.req.call, x.req.collected.clone()) else { return Ok(()) };
    let (depth, count, bytes) = x.worker().with_settings(|s| {
        let limits = &s.limits;
        (limits.dubbo.depth, limits.header_count, limits.header_bytes)
    });
    let mut into = Into { head: &mut x.req.head, own: 0, count, bytes, seen: 0, hidden: Vec::new() };
    if Serialization(call.serialization) == Serialization::FASTJSON2 {
        let read = fastjson2::Invocation::parse(&body).map_err(|_| UNREAD)?;
        into.own(DUBBO_VERSION, read.dubbo_version(&body).as_bytes());
        for attachment in read.attachments(&body).map_err(|_| UNREAD)? {
            let (key, value) = attachment.map_err(|_| UNREAD)?;
            into.attachment(key.as_bytes(), value.as_deref().map(str::as_bytes))?;
        }
    } else {
        let read = Invocation::parse(&body).map_err(|_| UNREAD)?;
        into.own(DUBBO_VERSION, read.dubbo_version(&body).to_str().as_bytes());
        let mut failed = Ok(());
        let attachments = read.attachments(&body, limits(depth)).map_err(|_| UNREAD)?;
        let read = attachments.texts(|key, value| {
            let value = value.map(|text| text.to_str());
            let value = value.as_deref().map(str::as_bytes);
            failed = failed.and_then(|()| into.attachment(key.to_str().as_bytes(), value));
        });
        read.map_err(|_| UNREAD)?;
        failed?;
    }
    (call.latent, call.hidden) = (false, !into.hidden.is_empty());
    let head = &mut x.req.head;
    for (field, span) in [(SERVICE_VERSION, call.version), (SERVICE_GROUP, call.group)] {
        if !span.is_empty() {
            let text = head.text(span).to_vec();
            own(head, field, &text);
        }
    }
    x.req.call = Some(call);
    Ok(())
}

/// Where fields go, and how much of them may still come.
struct Into<'a> {
    head: &'a mut Headers,
    /// How many of them are the gateway's own.
    own: usize,
    count: usize,
    bytes: usize,
    /// Bits of the names so far, to know of most that they did not come twice without looking.
    seen: u64,
    /// Names of those that are no fields.
    hidden: Vec<Box<[u8]>>,
}

impl Into<'_> {
    fn own(&mut self, field: Name<'_>, value: &[u8]) {
        own(self.head, field, value);
        self.own = self.head.fields().len();
    }

    /// Whether an attachment was called so: in any case, and by `_` for `-`, as variables have it.
    #[cold]
    fn has(&self, key: &[u8]) -> bool {
        let same = |name: &[u8]| name.len() == key.len() && name.iter().zip(key).all(|(a, b)| plain(*a) == plain(*b));
        self.head.fields().iter().skip(self.own).any(|f| same(self.head.name(f).text()))
            || self.hidden.iter().any(|name| same(name))
    }

    /// Makes a field of an attachment, where it can be one.
    fn attachment(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), &'static str> {
        self.count = self.count.checked_sub(1).ok_or("the call has more attachments than are allowed")?;
        let size = key.len() + value.map_or(0, <[u8]>::len);
        self.bytes = self.bytes.checked_sub(size).ok_or(TOO_LONG)?;
        let sum = key.iter().fold(key.len() as u64, |sum, b| sum.wrapping_mul(31).wrapping_add(plain(*b).into()));
        let bit = 1 << (sum & 63);
        if self.seen & bit != 0 && self.has(key) {
            // Who sends a name twice may hope that others look at another one than the provider.
            return Err("the call has an attachment twice");
        }
        self.seen |= bit;
        let field = field_name(key);
        let value = value.filter(|value| check_value(value).is_ok() && *value == value.trim_ascii());
        let (Some(field), Some(value)) = (field, value) else {
            self.hidden.push(key.into());
            // It could not be taken away either.
            return if is_identity(key) { Err("an attachment that only the gateway may set") } else { Ok(()) };
        };
        let hop = if name::HOP_BY_HOP & field.bit() != 0 { Field::HOP } else { 0 };
        if self.head.received(field, value, hop) { Ok(()) } else { Err(TOO_LONG) }
    }
}

/// A byte of a name as names are compared.
#[inline]
fn plain(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
}

fn starts(key: &[u8], start: &[u8]) -> bool {
    key.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// A field that the gateway makes, where the text can be one.
fn own(head: &mut Headers, field: Name<'_>, value: &[u8]) {
    if check_value(value).is_ok() {
        head.received(field, value, 0);
    }
}
