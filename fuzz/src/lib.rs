//! What several targets share: a second, slow reading of heads that follows the grammar and nothing else, to hold the fast
//! one against, and the splitting of input.

pub mod http2;

/// The three parts of a head's first line, its fields in their order, and how many bytes they are together.
pub struct Slow<'a> {
    /// What stands before the first space, between it and the second one, and behind that.
    pub first: [&'a [u8]; 3],
    /// Names and values, without the white space around values.
    pub fields: Vec<(&'a [u8], &'a [u8])>,
    /// Length in bytes, the empty line included.
    pub len: usize,
}

impl<'a> Slow<'a> {
    /// Reads a whole head at the beginning of `bytes`; `None` if there is none that is well-formed.
    pub fn head(bytes: &'a [u8]) -> Option<Slow<'a>> {
        let (first, rest) = line(bytes)?;
        let mut parts = first.splitn(3, |b| *b == b' ');
        let first = [parts.next()?, parts.next()?, parts.next().unwrap_or_default()];
        let (fields, rest) = fields(rest)?;
        Some(Slow { first, fields, len: bytes.len() - rest.len() })
    }

    /// The values of the fields called `name`.
    pub fn all(&self, name: &str) -> Vec<&'a [u8]> {
        self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, v)| *v).collect()
    }

    /// The options of the `Connection` fields, in lower case.
    pub fn options(&self) -> Vec<Vec<u8>> {
        let list = self.all("connection").join(&b',');
        list.split(|b| *b == b',').map(|t| trim(t).to_ascii_lowercase()).filter(|t| !t.is_empty()).collect()
    }

    /// Whether a field concerns one connection only: by its name, or because `Connection` names it and may.
    pub fn hop(&self, name: &[u8]) -> bool {
        const NEVER: [&str; 5] = ["host", "authorization", "cookie", "set-cookie", "x-real-ip"];
        const NEVER_BEGIN: [&str; 4] = ["content-", "x-forwarded-", "x-consumer-", "x-credential-"];
        let name = name.to_ascii_lowercase();
        // `close` is an option of its own, not the name of a field.
        let named = name != b"close" && self.options().contains(&name);
        let safe =
            NEVER.iter().any(|n| n.as_bytes() == name) || NEVER_BEGIN.iter().any(|n| name.starts_with(n.as_bytes()));
        HOP.iter().any(|n| n.as_bytes() == name) || (named && !safe)
    }

    /// How the body is delimited according to these fields: `None` where that is not one thing only.
    pub fn framing(&self, minor: u8) -> Option<Declared> {
        match (&self.all("content-length")[..], &self.all("transfer-encoding")[..]) {
            ([], []) => Some(Declared::Nothing),
            ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") && minor > 0 => Some(Declared::Chunked),
            ([length], []) if !length.is_empty() && length.iter().all(u8::is_ascii_digit) => {
                let n: u128 = std::str::from_utf8(length).ok()?.trim_start_matches('0').parse().unwrap_or(0);
                u64::try_from(n).ok().filter(|n| *n <= i64::MAX as u64).map(Declared::Length)
            }
            _ => None,
        }
    }
}

/// What a head says of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// Nothing.
    Nothing,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// Field lines up to and with the empty line, and what follows it.
pub fn fields(mut rest: &[u8]) -> Option<(Vec<(&[u8], &[u8])>, &[u8])> {
    let mut fields = Vec::new();
    loop {
        let (text, after) = line(rest)?;
        rest = after;
        if text.is_empty() {
            return Some((fields, rest));
        }
        let colon = text.iter().position(|b| *b == b':')?;
        let (name, value) = (&text[..colon], trim(&text[colon + 1..]));
        let good = value.iter().all(|b| *b == b'\t' || (*b >= b' ' && *b != 0x7f));
        if !token(name) || !good {
            return None;
        }
        fields.push((name, value));
    }
}

/// A line without its end, and what follows: the end is CR LF, and neither stands anywhere else.
pub fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(2).position(|w| w == b"\r\n")?;
    let text = &bytes[..end];
    (!text.contains(&b'\r') && !text.contains(&b'\n')).then_some((text, &bytes[end + 2..]))
}

/// Whether `text` is a token (RFC 9110 section 5.6.2).
pub fn token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b))
}

/// `text` without spaces and tabs around it.
pub fn trim(text: &[u8]) -> &[u8] {
    let blank = |b: &u8| *b == b' ' || *b == b'\t';
    let start = text.iter().position(|b| !blank(b)).unwrap_or(text.len());
    let end = text.iter().rposition(|b| !blank(b)).map_or(start, |i| i + 1);
    &text[start..end]
}

/// Lengths below `len` at which to cut input of that length: all, or an even choice of some 200 and those near its end.
pub fn cuts(len: usize) -> impl Iterator<Item = usize> {
    let step = len / 200 + 1;
    (0..len).filter(move |cut| cut % step == 0 || len - cut < 6)
}

/// Names that concern a connection, or that are written from the framing.
pub const HOP: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authenticate",
    "proxy-authorization",
    "content-length",
    "expect",
    "http2-settings",
];
