//! Field names: 63 well-known ones carry an id, so that looking one up compares a byte, not a text.

use super::scan;
use std::fmt;

/// The name of a field, borrowed. Names are compared without case and keep the spelling they were given.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    id: u8,
    text: &'a [u8],
}

impl<'a> Name<'a> {
    /// The name `text` spells; `None` if it is not a token (RFC 9110 section 5.1).
    pub fn new(text: &'a [u8]) -> Option<Name<'a>> {
        match known(text) {
            0 if !scan::is_token(text) || text.len() > MAX_NAME => None,
            id => Some(Name { id, text }),
        }
    }

    /// A name whose parts are already known to fit together, as a field or a codec's table keeps them: `id` is what
    /// [`known`] says of `text`, which is a token.
    pub const fn from_parts(id: u8, text: &'a [u8]) -> Name<'a> {
        Name { id, text }
    }

    /// The id of a well-known name, 1 to 63; 0 for every other name.
    pub const fn id(self) -> u8 {
        self.id
    }

    /// The bit of this name's id: what a set of well-known names is made of. All other names share the lowest bit.
    pub const fn bit(self) -> u64 {
        1 << (self.id & 63)
    }

    /// The name as it was spelt.
    pub const fn text(self) -> &'a [u8] {
        self.text
    }

    /// The name as it was spelt, as text: a token is ASCII.
    pub fn as_str(self) -> &'a str {
        std::str::from_utf8(self.text).unwrap_or_default()
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Name<'_>) -> bool {
        self.id == other.id && (self.id != 0 || self.text.eq_ignore_ascii_case(other.text))
    }
}

impl Eq for Name<'_> {}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A [`Name`] that owns its text: what configuration is compiled into.
#[derive(Clone)]
pub struct HeaderName {
    id: u8,
    text: Box<[u8]>,
}

impl HeaderName {
    /// The name `text` spells, in that spelling.
    ///
    /// # Errors
    /// When `text` is not a token.
    pub fn new(text: impl AsRef<[u8]>) -> Result<HeaderName, BadName> {
        let name = Name::new(text.as_ref()).ok_or(BadName)?;
        Ok(HeaderName { id: name.id, text: name.text.into() })
    }

    /// The borrowed form, which [`Headers`](super::Headers) takes.
    #[inline]
    pub fn as_name(&self) -> Name<'_> {
        Name { id: self.id, text: &self.text }
    }

    /// The name as it was spelt.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl From<Name<'_>> for HeaderName {
    fn from(name: Name<'_>) -> HeaderName {
        HeaderName { id: name.id, text: name.text.into() }
    }
}

impl PartialEq for HeaderName {
    fn eq(&self, other: &HeaderName) -> bool {
        self.as_name() == other.as_name()
    }
}

impl Eq for HeaderName {}

impl fmt::Debug for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field name that is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a header name holds only letters, digits and !#$%&'*+-.^_`|~")]
pub struct BadName;

/// A field remembers the length of its name in 16 bits.
pub(super) const MAX_NAME: usize = u16::MAX as usize;

/// The well-known name of an id, for tables by id.
pub fn by_id(id: u8) -> Option<Name<'static>> {
    let text = TEXTS.get(usize::from(id)).filter(|text| !text.is_empty())?;
    Some(Name { id, text: text.as_bytes() })
}

/// The id of the well-known name `text`, 0 if it is none.
pub fn known(text: &[u8]) -> u8 {
    match text.len() {
        0..=16 => short(scan::word(text, 0), scan::word(text, 8), text.len()),
        len => long(text, len),
    }
}

/// The name at the beginning of a received line: its length, up to the colon, and its id. `None`: no colon. Whether a name
/// without an id is a token is still to be seen.
#[inline]
pub fn before_colon(line: &[u8]) -> Option<(usize, u8)> {
    let first = scan::word(line, 0);
    let colon = scan::equal(first, b':');
    if colon != 0 {
        let len = scan::lowest(colon);
        return Some((len, short(first & below(colon), 0, len)));
    }
    let second = scan::word(line, 8);
    let colon = scan::equal(second, b':');
    if colon != 0 {
        let len = 8 + scan::lowest(colon);
        return Some((len, short(first, second & below(colon), len)));
    }
    far_colon(line, first, second)
}

fn far_colon(line: &[u8], first: u64, second: u64) -> Option<(usize, u8)> {
    let mut at = 16;
    loop {
        let colon = scan::equal(scan::word(line, at), b':');
        if colon != 0 {
            let len = at + scan::lowest(colon);
            return Some((len, if len == 16 { short(first, second, len) } else { long(line, len) }));
        }
        at += 8;
        if at >= line.len() {
            return None;
        }
    }
}

/// The bits of all bytes before the one whose high bit is the lowest in `hits`.
#[inline]
const fn below(hits: u64) -> u64 {
    ((hits & hits.wrapping_neg()) >> 7).wrapping_sub(1)
}

/// The id of a name of at most sixteen bytes, given as two words with zeros behind it.
#[inline]
fn short(first: u64, second: u64, len: usize) -> u8 {
    // The place is below 256, and so is each id below 64: neither can miss.
    let id = SHORT[short_slot(first, second)] & 63;
    let [[a, a_letters], [b, b_letters], ..] = KNOWN[id as usize];
    // What was received may end in zeros too, and is no name then.
    let same = first | a_letters == a && second | b_letters == b && LENGTHS[id as usize] as usize == len;
    if same { id } else { 0 }
}

/// The id of the name in `line[..len]`, which is more than sixteen bytes.
fn long(line: &[u8], len: usize) -> u8 {
    let (Some(first), Some(near)) = (line.first(), line.get(len - 4)) else { return 0 };
    let id = LONG[long_slot(len, *first, *near)] & 63;
    let words = &KNOWN[id as usize];
    if LENGTHS[id as usize] as usize != len {
        return 0;
    }
    let same = words.iter().enumerate().all(|(i, [text, letters])| {
        let at = 8 * i;
        let keep = match len.saturating_sub(at) {
            0 => 0,
            left @ 1..8 => (1 << (8 * left)) - 1,
            _ => u64::MAX,
        };
        (scan::word(line, at) & keep) | letters == *text
    });
    if same { id } else { 0 }
}

/// The place of a name in [`SHORT`], in any case. The factor was searched so that no two names meet.
#[inline]
const fn short_slot(first: u64, second: u64) -> usize {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let mixed = (first | CASE) ^ (second | CASE).rotate_left(17);
    (mixed.wrapping_mul(0x6856_e45b_95c7_6ab5) >> 56) as usize
}

/// The place of a name in [`LONG`], likewise; `near` is its fourth byte from the end.
const fn long_slot(len: usize, first: u8, near: u8) -> usize {
    (len as u32 + (first | 0x20) as u32 + (near | 0x20) as u32 * 6) as usize & 127
}

static SHORT: [u8; 256] = {
    let mut slots = [0; 256];
    let mut id = 1;
    while id < TEXTS.len() {
        if TEXTS[id].len() <= 16 {
            let [[first, _], [second, _], ..] = KNOWN[id];
            let at = short_slot(first, second);
            assert!(slots[at] == 0, "two well-known names in one place: search a new factor");
            slots[at] = id as u8;
        }
        id += 1;
    }
    slots
};

static LONG: [u8; 128] = {
    let mut slots = [0; 128];
    let mut id = 1;
    while id < TEXTS.len() {
        let text = TEXTS[id].as_bytes();
        if text.len() > 16 {
            let at = long_slot(text.len(), text[0], text[text.len() - 4]);
            assert!(slots[at] == 0, "two well-known names in one place: search new factors");
            slots[at] = id as u8;
        }
        id += 1;
    }
    slots
};

/// How long each well-known name is: at most 32 bytes.
static LENGTHS: [u8; 64] = {
    let mut all = [0; 64];
    let mut id = 1;
    while id < TEXTS.len() {
        all[id] = TEXTS[id].len() as u8;
        id += 1;
    }
    all
};

/// The well-known names in lower case, in words of eight bytes, each beside the bits that make its letters lower-case.
/// (Setting that bit everywhere would take a carriage return for a hyphen.)
static KNOWN: [[[u64; 2]; 4]; 64] = {
    let mut all = [[[0; 2]; 4]; 64];
    let mut id = 1;
    while id < TEXTS.len() {
        let text = TEXTS[id].as_bytes();
        assert!(text.len() <= 32);
        let mut i = 0;
        while i < text.len() {
            let shift = 8 * (i % 8);
            all[id][i / 8][0] |= (text[i].to_ascii_lowercase() as u64) << shift;
            if text[i].is_ascii_alphabetic() {
                all[id][i / 8][1] |= 0x20 << shift;
            }
            i += 1;
        }
        id += 1;
    }
    all
};

macro_rules! well_known {
    ($($id:literal $constant:ident $text:literal)*) => {
        $(
            #[doc = concat!("`", $text, "`")]
            pub const $constant: Name<'static> = Name { id: $id, text: $text.as_bytes() };
        )*
        static TEXTS: [&str; 64] = {
            let mut texts = [""; 64];
            $( assert!(texts[$id].is_empty()); texts[$id] = $text; )*
            texts
        };
    };
}

well_known! {
    1 HOST "Host"
    2 CONNECTION "Connection"
    3 CONTENT_LENGTH "Content-Length"
    4 TRANSFER_ENCODING "Transfer-Encoding"
    5 UPGRADE "Upgrade"
    6 TE "TE"
    7 TRAILER "Trailer"
    8 KEEP_ALIVE "Keep-Alive"
    9 PROXY_CONNECTION "Proxy-Connection"
    10 PROXY_AUTHENTICATE "Proxy-Authenticate"
    11 PROXY_AUTHORIZATION "Proxy-Authorization"
    12 EXPECT "Expect"
    13 HTTP2_SETTINGS "HTTP2-Settings"
    14 CONTENT_TYPE "Content-Type"
    15 CONTENT_ENCODING "Content-Encoding"
    16 ACCEPT "Accept"
    17 ACCEPT_ENCODING "Accept-Encoding"
    18 ACCEPT_LANGUAGE "Accept-Language"
    19 USER_AGENT "User-Agent"
    20 AUTHORIZATION "Authorization"
    21 COOKIE "Cookie"
    22 SET_COOKIE "Set-Cookie"
    23 DATE "Date"
    24 SERVER "Server"
    25 LOCATION "Location"
    26 CACHE_CONTROL "Cache-Control"
    27 ETAG "ETag"
    28 LAST_MODIFIED "Last-Modified"
    29 IF_NONE_MATCH "If-None-Match"
    30 IF_MODIFIED_SINCE "If-Modified-Since"
    31 VARY "Vary"
    32 ORIGIN "Origin"
    33 REFERER "Referer"
    34 X_FORWARDED_FOR "X-Forwarded-For"
    35 X_FORWARDED_PROTO "X-Forwarded-Proto"
    36 X_FORWARDED_HOST "X-Forwarded-Host"
    37 X_FORWARDED_PORT "X-Forwarded-Port"
    38 X_REAL_IP "X-Real-IP"
    39 FORWARDED "Forwarded"
    40 X_REQUEST_ID "X-Request-Id"
    41 APIKEY "Apikey"
    42 X_CONSUMER_USERNAME "X-Consumer-Username"
    43 X_CREDENTIAL_IDENTIFIER "X-Credential-Identifier"
    44 X_CONSUMER_CUSTOM_ID "X-Consumer-Custom-Id"
    45 GRPC_STATUS "Grpc-Status"
    46 GRPC_MESSAGE "Grpc-Message"
    47 GRPC_TIMEOUT "Grpc-Timeout"
    48 TRACEPARENT "Traceparent"
    49 RANGE "Range"
    50 ACCEPT_RANGES "Accept-Ranges"
    51 EXPIRES "Expires"
    52 AGE "Age"
    53 VIA "Via"
    54 ACCESS_CONTROL_ALLOW_ORIGIN "Access-Control-Allow-Origin"
    55 SEC_WEBSOCKET_KEY "Sec-WebSocket-Key"
    56 SEC_WEBSOCKET_VERSION "Sec-WebSocket-Version"
    57 SEC_WEBSOCKET_PROTOCOL "Sec-WebSocket-Protocol"
    58 WWW_AUTHENTICATE "WWW-Authenticate"
    59 RETRY_AFTER "Retry-After"
    60 X_APISIX_UPSTREAM_STATUS "X-APISIX-Upstream-Status"
    61 CONTENT_RANGE "Content-Range"
    62 CONTENT_DISPOSITION "Content-Disposition"
    63 X_FORWARDED_PREFIX "X-Forwarded-Prefix"
}

/// The names of fields that concern one connection only, or are written anew from the parsed framing, as a set of bits.
pub const HOP_BY_HOP: u64 = CONNECTION.bit()
    | KEEP_ALIVE.bit()
    | PROXY_CONNECTION.bit()
    | TE.bit()
    | TRAILER.bit()
    | TRANSFER_ENCODING.bit()
    | UPGRADE.bit()
    | PROXY_AUTHENTICATE.bit()
    | PROXY_AUTHORIZATION.bit()
    | CONTENT_LENGTH.bit()
    | EXPECT.bit()
    | HTTP2_SETTINGS.bit();

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_well_known_name_is_found_in_any_case_with_and_without_bytes_behind_it() {
        for (id, text) in TEXTS.iter().enumerate().skip(1) {
            assert!(!text.is_empty(), "id {id} has no name");
            for spelling in [text.to_string(), text.to_lowercase(), text.to_uppercase()] {
                assert_eq!(known(spelling.as_bytes()) as usize, id, "{spelling}");
                for behind in ["", " ", " v\r\n", " some value\r\nNext: line\r\n\r\n"] {
                    let got = before_colon(format!("{spelling}:{behind}").as_bytes());
                    assert_eq!(got, Some((text.len(), id as u8)), "{spelling}");
                }
            }
        }
    }

    #[test]
    fn one_changed_byte_makes_another_name() {
        for text in TEXTS.iter().skip(1) {
            for place in 0..text.len() {
                for b in 0..=255u8 {
                    let mut other = text.as_bytes().to_vec();
                    other[place] = b;
                    let same = other.eq_ignore_ascii_case(text.as_bytes());
                    assert_eq!(known(&other) != 0, same, "{:?}", String::from_utf8_lossy(&other));
                }
            }
        }
    }

    #[test]
    fn h1_17_zeros_behind_a_well_known_name_make_another_one() {
        for text in TEXTS.iter().skip(1) {
            for zeros in 1..=8 {
                let other = [text.as_bytes(), &vec![0; zeros]].concat();
                assert_eq!(known(&other), 0, "{text} and {zeros}");
                let line = [&other[..], b": v\r\n"].concat();
                assert_eq!(before_colon(&line), Some((other.len(), 0)), "{text} and {zeros}");
            }
        }
    }

    #[test]
    fn names_that_are_no_tokens_are_refused() {
        for bad in ["", " ", "a b", "a:", "ä", "a\r", "(a)", "a\0", "Content\rLength"] {
            assert!(Name::new(bad.as_bytes()).is_none(), "{bad:?}");
            assert_eq!(HeaderName::new(bad), Err(BadName));
        }
        assert_eq!(Name::new(b"HOST"), Some(HOST));
        assert_eq!(Name::new(b"x-Own").unwrap(), HeaderName::new("X-OWN").unwrap().as_name());
        assert_eq!(HeaderName::new("hOsT").unwrap().as_str(), "hOsT");
    }

    proptest! {
        #[test]
        fn any_bytes_may_be_looked_up(text in proptest::collection::vec(prop_oneof![Just(b':'), any::<u8>()], 0..40)) {
            let id = known(&text);
            if id != 0 {
                prop_assert!(text.eq_ignore_ascii_case(TEXTS[id as usize].as_bytes()));
            }
            let colon = text.iter().position(|b| *b == b':');
            prop_assert_eq!(before_colon(&text), colon.map(|at| (at, known(&text[..at]))));
        }
    }
}
