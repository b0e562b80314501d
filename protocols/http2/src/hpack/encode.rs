//! Field blocks as they are written (RFC 7541 section 6). A field that is written for the second time goes into the table, so
//! that what changes with every message costs no room there. Strings are written as they are: the Huffman code would save a
//! fifth of those that are not in the table, and cost more than all the rest.

use super::table::{Dynamic, Entry, STATIC, STATICS, kind, kind_of};
use gateway_engine::headers::name;
use std::sync::LazyLock;

/// Writes the field blocks of one direction of a connection, in their order.
#[derive(Default)]
pub(crate) struct Encoder {
    /// Made with the first field.
    known: Option<Box<Known>>,
    /// What the table may be at most, and the smallest that was asked for since the last block.
    most: Option<usize>,
    least: Option<usize>,
}

/// Fields that were written before.
struct Known {
    table: Dynamic,
    /// By hash: which insertion it was.
    places: [u32; SLOTS],
    /// By hash: what was seen once, as the rest of its hash.
    seen: [u16; SLOTS],
}

const SLOTS: usize = 64;

/// No table grows beyond this, whatever the peer allows.
const MOST: usize = 4096;

/// By what a name is: its place in the static table, or 0.
static PLACES: LazyLock<[u8; 70]> = LazyLock::new(|| {
    let mut places = [0; 70];
    for (i, entry) in STATIC.iter().enumerate().rev() {
        if let (Some(place), Ok(index)) =
            (places.get_mut(usize::from(kind_of(entry.name.as_bytes()))), u8::try_from(i + 1))
            && kind_of(entry.name.as_bytes()) != 0
        {
            *place = index;
        }
    }
    places
});

/// Names whose values nobody may guess at by the length of a block: never in a table (RFC 7541 section 7.1.3).
const SECRET: u64 = name::AUTHORIZATION.bit()
    | name::PROXY_AUTHORIZATION.bit()
    | name::COOKIE.bit()
    | name::SET_COOKIE.bit()
    | name::APIKEY.bit()
    | name::WWW_AUTHENTICATE.bit();

impl Encoder {
    /// The peer's table may be so large from now on (SETTINGS_HEADER_TABLE_SIZE).
    pub(crate) fn resize(&mut self, most: usize) {
        let most = most.min(MOST);
        if self.most.unwrap_or(MOST) == most && self.least.is_none() {
            return;
        }
        self.most = Some(most);
        self.least = Some(self.least.map_or(most, |least| least.min(most)));
    }

    /// Begins a block.
    #[inline]
    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        if self.least.is_some() {
            self.tell_size(out);
        }
    }

    #[cold]
    fn tell_size(&mut self, out: &mut Vec<u8>) {
        let (Some(least), most) = (self.least.take(), self.most.unwrap_or(MOST)) else { return };
        if least < most {
            int(out, 0x20, 5, least);
        }
        int(out, 0x20, 5, most);
        if let Some(known) = &mut self.known {
            known.table.resize(least);
            known.table.resize(most);
        }
    }

    /// Writes a status.
    #[inline]
    pub(crate) fn status(&mut self, status: u16, out: &mut Vec<u8>) {
        let index = match status {
            200 => 8,
            204 => 9,
            206 => 10,
            304 => 11,
            400 => 12,
            404 => 13,
            500 => 14,
            _ => {
                return self.field(kind::STATUS, b":status", itoa::Buffer::new().format(status).as_bytes(), false, out);
            }
        };
        out.push(0x80 | index);
    }

    /// Writes a field; `name` in lower case, `kind` what it is, `secret` that it must not be in any table.
    #[inline]
    pub(crate) fn field(&mut self, kind: u8, name: &[u8], value: &[u8], secret: bool, out: &mut Vec<u8>) {
        let place = PLACES.get(usize::from(kind)).copied().unwrap_or(0);
        if secret || (kind < 64 && SECRET >> kind & 1 != 0 && kind != 0) {
            return literal(0x10, 4, usize::from(place), name, value, out);
        }
        if value.len() > LONG {
            return literal(0, 4, usize::from(place), name, value, out);
        }
        let known = self.known.get_or_insert_with(|| Known::new(self.most.unwrap_or(MOST)));
        let hash = hash(kind, name, value);
        // Both below SLOTS.
        let slot = hash as usize % SLOTS;
        let age = known.table.inserted.wrapping_sub(known.places[slot]) as usize;
        if let Some(entry) = known.table.get(age)
            && entry.hash == hash
            && entry.kind == kind
            && entry.value() == value
            && (kind != 0 || entry.name() == name)
        {
            return int(out, 0x80, 7, STATICS + 1 + age);
        }
        let tag = (hash >> 16) as u16;
        if known.seen[slot] != tag || !known.table.fits(name.len(), value.len()) {
            known.seen[slot] = tag;
            return literal(0, 4, usize::from(place), name, value, out);
        }
        known.table.insert(Entry::new(kind, name, value, true, hash));
        known.places[slot] = known.table.inserted;
        literal(0x40, 6, usize::from(place), name, value, out);
    }
}

/// Values that are longer are not worth a place in a table of four KiB.
const LONG: usize = 512;

impl Known {
    fn new(most: usize) -> Box<Known> {
        // The first insertion is number 1: no place names it before.
        Box::new(Known { table: Dynamic::new(most), places: [u32::MAX / 2; SLOTS], seen: [0; SLOTS] })
    }
}

/// Tells fields apart. Nothing depends on its being hard to guess: a clash costs a few bytes on the wire.
#[inline]
fn hash(kind: u8, name: &[u8], value: &[u8]) -> u32 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut h = (u64::from(kind) << 32 | value.len() as u64).wrapping_mul(K);
    let mut fold = |text: &[u8]| {
        let (words, rest) = text.as_chunks::<8>();
        for word in words {
            h = (h.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(K);
        }
        if !rest.is_empty() {
            let last = rest.iter().fold(0u64, |last, b| last << 8 | u64::from(*b));
            h = (h.rotate_left(5) ^ last).wrapping_mul(K);
        }
    };
    if kind == 0 {
        fold(name);
    }
    fold(value);
    // The upper half is the well mixed one; never 0 in its tag, which is what an empty place has.
    (h >> 32) as u32 | 0x1_0000
}

/// A field that is spelt out; `index` names its name, or is 0.
#[inline]
fn literal(flags: u8, bits: u8, index: usize, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    int(out, flags, bits, index);
    if index == 0 {
        int(out, 0, 7, name.len());
        out.extend_from_slice(name);
    }
    int(out, 0, 7, value.len());
    out.extend_from_slice(value);
}

/// An integer whose first byte has `bits` bits of it behind `flags` (RFC 7541 section 5.1).
#[inline]
fn int(out: &mut Vec<u8>, flags: u8, bits: u8, n: usize) {
    let full = (1usize << bits) - 1;
    if n < full {
        // Below 128.
        return out.push(flags | n as u8);
    }
    out.push(flags | full as u8);
    let mut n = n - full;
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(encoder: &mut Encoder, fields: &[(&str, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        encoder.begin(&mut out);
        for (n, v) in fields {
            encoder.field(kind_of(n.as_bytes()), n.as_bytes(), v.as_bytes(), false, &mut out);
        }
        out
    }

    #[test]
    fn what_repeats_is_one_byte_from_the_third_time_on() {
        let mut encoder = Encoder::default();
        let fields = [("content-type", "application/grpc"), ("x-own", "1"), (":path", "/a.B/C")];
        let sizes: Vec<_> = (0..4).map(|_| write(&mut encoder, &fields).len()).collect();
        assert!(sizes[0] > 30 && sizes[1] > 30, "{sizes:?}");
        assert_eq!(sizes[2..], [3, 3]);
        // And what does not repeat takes nothing away.
        for n in 0..200 {
            write(&mut encoder, &[("x-request-id", &n.to_string())]);
        }
        assert_eq!(write(&mut encoder, &fields).len(), 3);
    }

    #[test]
    fn secrets_are_never_in_a_table() {
        let mut encoder = Encoder::default();
        for n in ["authorization", "cookie", "set-cookie", "proxy-authorization", "apikey"] {
            for _ in 0..3 {
                let out = write(&mut encoder, &[(n, "secret")]);
                assert_eq!(out[0] & 0xf0, 0x10, "{n}");
                assert!(out.ends_with(b"\x06secret"));
            }
        }
        let mut out = Vec::new();
        encoder.field(0, b"x-own", b"v", true, &mut out);
        assert_eq!(out[0], 0x10);
    }

    #[test]
    fn a_smaller_table_is_told_before_the_next_field() {
        let mut encoder = Encoder::default();
        encoder.resize(4096);
        assert!(write(&mut encoder, &[]).is_empty());
        encoder.resize(100_000);
        assert!(write(&mut encoder, &[]).is_empty());
        encoder.resize(0);
        encoder.resize(50);
        assert_eq!(write(&mut encoder, &[]), [0x20, 0x3f, 19]);
        assert!(write(&mut encoder, &[]).is_empty());
        encoder.resize(0);
        for _ in 0..4 {
            assert!(write(&mut encoder, &[("x", "y")]).ends_with(&[0, 1, b'x', 1, b'y']));
        }
    }

    #[test]
    fn statuses_have_one_byte_where_there_is_one() {
        let mut out = Vec::new();
        let mut encoder = Encoder::default();
        encoder.status(200, &mut out);
        encoder.status(404, &mut out);
        encoder.status(503, &mut out);
        assert_eq!(out, [0x88, 0x8d, 8, 3, b'5', b'0', b'3']);
    }
}
