//! The tables of fields that both sides know (RFC 7541 section 2.3), and what a name is in them.

use gateway_engine::headers::{name, scan};
use std::collections::VecDeque;

/// What a name is: the id of a well-known one, 0, or one of these.
pub(crate) mod kind {
    /// `:authority`
    pub(crate) const AUTHORITY: u8 = 64;
    /// `:method`
    pub(crate) const METHOD: u8 = 65;
    /// `:path`
    pub(crate) const PATH: u8 = 66;
    /// `:scheme`
    pub(crate) const SCHEME: u8 = 67;
    /// `:status`
    pub(crate) const STATUS: u8 = 68;
    /// `:protocol` (RFC 8441)
    pub(crate) const PROTOCOL: u8 = 69;
    /// No name at all: not a token in lower case, or a pseudo-header that does not exist.
    pub(crate) const BAD: u8 = 255;
}

/// What `text` is as a field name in HTTP/2.
pub(crate) fn kind_of(text: &[u8]) -> u8 {
    if text.first() == Some(&b':') {
        return match text {
            b":authority" => kind::AUTHORITY,
            b":method" => kind::METHOD,
            b":path" => kind::PATH,
            b":scheme" => kind::SCHEME,
            b":status" => kind::STATUS,
            b":protocol" => kind::PROTOCOL,
            _ => kind::BAD,
        };
    }
    if text.iter().any(u8::is_ascii_uppercase) || text.len() > usize::from(u16::MAX) {
        return kind::BAD;
    }
    match name::known(text) {
        0 if !scan::is_token(text) => kind::BAD,
        id => id,
    }
}

/// Whether `value` may be a field's: no controls, no white space around it (RFC 9113 section 8.2.1).
pub(crate) fn clean(value: &[u8]) -> bool {
    !matches!(value, [b' ' | b'\t', ..] | [.., b' ' | b'\t']) && scan::value_end(value, 0) == value.len()
}

/// One entry of the static table.
pub(crate) struct Static {
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
}

/// How many there are; the dynamic table begins behind.
pub(crate) const STATICS: usize = 61;

macro_rules! statics {
    ($($name:literal $value:literal)*) => {
        /// The static table; the first has index 1.
        pub(crate) const STATIC: [Static; STATICS] = [$(Static { name: $name, value: $value }),*];
    };
}

statics! {
    ":authority" "" ":method" "GET" ":method" "POST" ":path" "/" ":path" "/index.html" ":scheme" "http" ":scheme" "https"
    ":status" "200" ":status" "204" ":status" "206" ":status" "304" ":status" "400" ":status" "404" ":status" "500"
    "accept-charset" "" "accept-encoding" "gzip, deflate" "accept-language" "" "accept-ranges" "" "accept" ""
    "access-control-allow-origin" "" "age" "" "allow" "" "authorization" "" "cache-control" "" "content-disposition" ""
    "content-encoding" "" "content-language" "" "content-length" "" "content-location" "" "content-range" ""
    "content-type" "" "cookie" "" "date" "" "etag" "" "expect" "" "expires" "" "from" "" "host" "" "if-match" ""
    "if-modified-since" "" "if-none-match" "" "if-range" "" "if-unmodified-since" "" "last-modified" "" "link" ""
    "location" "" "max-forwards" "" "proxy-authenticate" "" "proxy-authorization" "" "range" "" "referer" "" "refresh" ""
    "retry-after" "" "server" "" "set-cookie" "" "strict-transport-security" "" "transfer-encoding" "" "user-agent" ""
    "vary" "" "via" "" "www-authenticate" ""
}

/// What an entry costs beyond its texts (RFC 7541 section 4.1).
pub(crate) const OVERHEAD: usize = 32;

/// One entry of a dynamic table.
pub(crate) struct Entry {
    /// Name and value, one behind the other.
    text: Box<[u8]>,
    nlen: usize,
    /// What the name is.
    pub(crate) kind: u8,
    /// The value may be one.
    pub(crate) clean: bool,
    /// What the encoder finds it by.
    pub(crate) hash: u32,
}

impl Entry {
    pub(crate) fn new(kind: u8, name: &[u8], value: &[u8], clean: bool, hash: u32) -> Entry {
        Entry { text: [name, value].concat().into_boxed_slice(), nlen: name.len(), kind, clean, hash }
    }

    pub(crate) fn name(&self) -> &[u8] {
        self.text.get(..self.nlen).unwrap_or_default()
    }

    pub(crate) fn value(&self) -> &[u8] {
        self.text.get(self.nlen..).unwrap_or_default()
    }

    fn size(&self) -> usize {
        self.text.len() + OVERHEAD
    }
}

/// A dynamic table: new entries push the oldest out.
#[derive(Default)]
pub(crate) struct Dynamic {
    entries: VecDeque<Entry>,
    size: usize,
    /// What it may be at most.
    pub(crate) most: usize,
    /// Entries there have been.
    pub(crate) inserted: u32,
}

impl Dynamic {
    pub(crate) fn new(most: usize) -> Dynamic {
        Dynamic { most, ..Dynamic::default() }
    }

    /// The entry that was inserted `age` insertions ago; the newest has 0.
    #[inline]
    pub(crate) fn get(&self, age: usize) -> Option<&Entry> {
        self.entries.get(age)
    }

    /// Whether an entry of these lengths fits at all.
    pub(crate) fn fits(&self, name: usize, value: usize) -> bool {
        name + value + OVERHEAD <= self.most
    }

    /// Inserts; one that is too large empties the table (RFC 7541 section 4.4).
    pub(crate) fn insert(&mut self, entry: Entry) {
        let size = entry.size();
        self.shrink(self.most.saturating_sub(size));
        self.inserted = self.inserted.wrapping_add(1);
        if size <= self.most {
            self.size += size;
            self.entries.push_front(entry);
        }
    }

    /// Changes the bound.
    pub(crate) fn resize(&mut self, most: usize) {
        self.most = most;
        self.shrink(most);
    }

    fn shrink(&mut self, to: usize) {
        while self.size > to {
            let Some(gone) = self.entries.pop_back() else { break };
            self.size -= gone.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        for (text, expected) in [
            (":path", kind::PATH),
            (":status", kind::STATUS),
            (":paths", kind::BAD),
            (":", kind::BAD),
            ("", kind::BAD),
            ("host", name::HOST.id()),
            ("Host", kind::BAD),
            ("x-own", 0),
            ("x own", kind::BAD),
            ("x:own", kind::BAD),
            ("x-\0", kind::BAD),
        ] {
            assert_eq!(kind_of(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_oldest_go_first_and_too_large_a_one_takes_all() {
        let mut table = Dynamic::new(100);
        let entry = |n: usize| Entry::new(0, b"n", &vec![b'v'; n], true, 0);
        table.insert(entry(9));
        table.insert(entry(10));
        assert_eq!((table.get(0).unwrap().value().len(), table.get(1).unwrap().value().len()), (10, 9));
        assert_eq!(table.size, 85);
        table.insert(entry(11));
        assert_eq!((table.get(1).unwrap().value().len(), table.get(2).is_none()), (10, true));
        table.resize(50);
        assert_eq!((table.get(0).unwrap().value().len(), table.get(1).is_none()), (11, true));
        table.insert(entry(60));
        assert!(table.get(0).is_none() && table.size == 0);
        assert!(table.fits(1, 17) && !table.fits(1, 18));
    }

    #[test]
    fn the_static_table_is_the_one_of_the_specification() {
        let at = |i: usize| (STATIC[i - 1].name, STATIC[i - 1].value);
        assert_eq!(at(8), (":status", "200"));
        assert_eq!(at(16), ("accept-encoding", "gzip, deflate"));
        assert_eq!(at(31), ("content-type", ""));
        assert_eq!(at(38), ("host", ""));
        assert_eq!(at(54), ("server", ""));
        assert_eq!(at(61), ("www-authenticate", ""));
        assert!(STATIC.iter().all(|s| kind_of(s.name.as_bytes()) != kind::BAD));
    }
}
