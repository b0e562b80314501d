//! Strings and binaries where they stand.
//!
//! Lengths of strings are in UTF-16 units, their bytes CESU-8: what is beyond the 16-bit characters is two surrogates of three
//! bytes each. Some writers that are not Java send four bytes of UTF-8 instead; those count as two units.

use super::{Cursor, Fault};
use std::borrow::Cow;

/// A string in a body.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// Its characters, or all its chunks with their tags and lengths.
    raw: &'a [u8],
    chunked: bool,
}

impl<'a> Text<'a> {
    /// The string in place: possible where it is in one piece, as all but very long ones are, and holds no surrogates.
    #[inline]
    pub fn as_str(&self) -> Option<&'a str> {
        if self.chunked { None } else { std::str::from_utf8(self.raw).ok() }
    }

    /// Its bytes, where it is in one piece, as all but very long ones are: ASCII as it is, the rest in CESU-8.
    #[inline]
    pub fn in_place(&self) -> Option<&'a [u8]> {
        (!self.chunked).then_some(self.raw)
    }

    /// The string, copied only if [`Text::as_str`] cannot give it. Surrogates without their other half are replaced.
    pub fn to_str(&self) -> Cow<'a, str> {
        match self.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => {
                let mut text = String::with_capacity(self.raw.len());
                text.extend(self.chars());
                Cow::Owned(text)
            }
        }
    }

    /// Its characters, with U+FFFD for surrogates without their other half.
    pub fn chars(&self) -> impl Iterator<Item = char> + use<'a> {
        let units = Units { pieces: self.pieces(), piece: &[], low: None };
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The bytes of its chunks. A surrogate may stand in another chunk than its other half.
    pub fn pieces(&self) -> Pieces<'a> {
        Pieces::new(self.raw, self.chunked, false)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.pieces().all(<[u8]>::is_empty)
    }
}

impl PartialEq<str> for Text<'_> {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        if !self.chunked && self.raw == other.as_bytes() {
            return true;
        }
        // Bytes that differ may be the same characters only where there are some that have two forms.
        (self.chunked || !self.raw.is_ascii()) && self.chars().eq(other.chars())
    }
}

impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_str().fmt(f)
    }
}

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_str())
    }
}

/// Where a [`Text`] stands in its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextSpan {
    start: usize,
    end: usize,
    chunked: bool,
}

impl TextSpan {
    pub(crate) fn single(start: usize, end: usize) -> TextSpan {
        TextSpan { start, end, chunked: false }
    }

    pub(crate) fn chunked(start: usize, end: usize) -> TextSpan {
        TextSpan { start, end, chunked: true }
    }

    /// The string, in the body that it was found in.
    #[inline]
    pub(crate) fn of<'a>(&self, body: &'a [u8]) -> Text<'a> {
        Text { raw: body.get(self.start..self.end).unwrap_or_default(), chunked: self.chunked }
    }

    /// How many bytes it is, without the tags of its chunks if there is only one.
    pub(crate) fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

/// Bytes in a body.
#[derive(Clone, Copy)]
pub struct Binary<'a> {
    raw: &'a [u8],
    chunked: bool,
}

impl<'a> Binary<'a> {
    pub(crate) fn single(raw: &'a [u8]) -> Binary<'a> {
        Binary { raw, chunked: false }
    }

    pub(crate) fn chunked(raw: &'a [u8]) -> Binary<'a> {
        Binary { raw, chunked: true }
    }

    /// The bytes of its chunks.
    pub fn pieces(&self) -> Pieces<'a> {
        Pieces::new(self.raw, self.chunked, true)
    }

    /// The bytes, copied only if they are in several chunks.
    pub fn to_bytes(&self) -> Cow<'a, [u8]> {
        if !self.chunked {
            return Cow::Borrowed(self.raw);
        }
        let mut bytes = Vec::with_capacity(self.raw.len());
        self.pieces().for_each(|piece| bytes.extend_from_slice(piece));
        Cow::Owned(bytes)
    }
}

impl std::fmt::Debug for Binary<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Binary({})", self.to_bytes().escape_ascii())
    }
}

/// The contents of the chunks of a [`Text`] or a [`Binary`].
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    /// What is all of it.
    single: Option<&'a [u8]>,
    /// What is to come, tags and lengths included; it was read before, and is well-formed.
    chunks: Cursor<'a>,
    binary: bool,
}

impl<'a> Pieces<'a> {
    fn new(raw: &'a [u8], chunked: bool, binary: bool) -> Pieces<'a> {
        match chunked {
            true => Pieces { single: None, chunks: Cursor::new(raw, 0), binary },
            false => Pieces { single: Some(raw), chunks: Cursor::new(&[], 0), binary },
        }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if let Some(single) = self.single.take() {
            return Some(single);
        }
        let tag = self.chunks.byte().ok()?;
        if self.binary {
            let (len, _) = self.chunks.binary_len(tag).ok()?;
            return self.chunks.take(len).ok();
        }
        let (units, _) = self.chunks.text_len(tag).ok()?;
        self.chunks.units(units).ok()
    }
}

/// UTF-16 units, as Java's reader takes them from bytes.
struct Units<'a> {
    pieces: Pieces<'a>,
    piece: &'a [u8],
    /// Second half of what stood there in four bytes.
    low: Option<u16>,
}

impl Iterator for Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if let Some(low) = self.low.take() {
            return Some(low);
        }
        while self.piece.is_empty() {
            self.piece = self.pieces.next()?;
        }
        let low = |b: u8| u16::from(b & 0x3f);
        let (unit, rest) = match *self.piece {
            [a, ref rest @ ..] if a < 0x80 => (u16::from(a), rest),
            [a, b, ref rest @ ..] if a < 0xe0 => (u16::from(a & 0x1f) << 6 | low(b), rest),
            [a, b, c, ref rest @ ..] if a < 0xf0 => (u16::from(a & 0x0f) << 12 | low(b) << 6 | low(c), rest),
            [a, b, c, d, ref rest @ ..] => {
                // Beyond the 16-bit characters, or [`measure`] would not have let it pass.
                let point = u32::from(a & 7) << 18 | u32::from(low(b)) << 12 | u32::from(low(c) << 6 | low(d));
                let mut pair = [0; 2];
                let _ = char::from_u32(point).unwrap_or('\u{10000}').encode_utf16(&mut pair);
                self.low = pair.get(1).copied();
                (pair.first().copied().unwrap_or_default(), rest)
            }
            _ => return None,
        };
        self.piece = rest;
        Some(unit)
    }
}

/// A string begins with this.
#[inline]
pub(crate) fn begins(tag: u8) -> bool {
    matches!(tag, 0x00..=0x1f | 0x30..=0x33 | b'R' | b'S')
}

/// How many bytes the first `units` UTF-16 units of `bytes` are.
#[inline]
pub(crate) fn measure(bytes: &[u8], units: usize) -> Result<usize, (Fault, usize)> {
    // So many bytes are there at least; in nearly all strings it is one a unit.
    let Some(start) = bytes.get(..units) else { return Err((Fault::Truncated, bytes.len())) };
    if ascii(start) { Ok(units) } else { measure_wide(bytes, units) }
}

/// What the library's own does, in fewer steps for the short strings that these are.
#[inline]
fn ascii(bytes: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let Some(last) = bytes.last_chunk::<8>() else { return bytes.iter().fold(0, |all, byte| all | byte) & 0x80 == 0 };
    // The last eight bytes, of which some have been seen, rather than one byte after the other.
    let high =
        bytes.as_chunks::<8>().0.iter().fold(u64::from_ne_bytes(*last), |all, word| all | u64::from_ne_bytes(*word));
    high & HIGH == 0
}

fn measure_wide(bytes: &[u8], units: usize) -> Result<usize, (Fault, usize)> {
    let (mut left, mut at) = (units, 0usize);
    while left > 0 {
        let rest = bytes.get(at..).unwrap_or_default();
        let follows = |n: usize| match rest.get(1..n) {
            Some(more) if more.iter().all(|b| b & 0xc0 == 0x80) => Ok(n),
            Some(_) => Err((Fault::Encoding, at)),
            None => Err((Fault::Truncated, bytes.len())),
        };
        let (len, counts) = match rest {
            [] => return Err((Fault::Truncated, bytes.len())),
            [0x00..=0x7f, ..] => (1, 1),
            // Longer forms than a character needs are refused, but that of NUL which Java has elsewhere: providers take them for that
            // character, and rules would not.
            [0xc0, 0x80, ..] | [0xc2..=0xdf, ..] => (follows(2)?, 1),
            [0xe0, 0xa0..=0xbf, ..] | [0xe1..=0xef, ..] => (follows(3)?, 1),
            // From U+10000 to U+10FFFF.
            [0xf0, 0x90..=0xbf, ..] | [0xf1..=0xf3, ..] | [0xf4, 0x80..=0x8f, ..] => (follows(4)?, 2),
            [0xc0 | 0xe0 | 0xf0 | 0xf4] => return Err((Fault::Truncated, bytes.len())),
            _ => return Err((Fault::Encoding, at)),
        };
        left = left.checked_sub(counts).ok_or((Fault::Encoding, at))?;
        at = at.saturating_add(len);
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<String, Fault> {
        let mut cursor = Cursor::new(bytes, 0);
        let span = cursor.text().map_err(|e| e.fault)?;
        assert_eq!(cursor.left(), 0, "{}", bytes.escape_ascii());
        let text = span.of(bytes);
        let whole = text.to_str().into_owned();
        assert!(text == *whole && text != *format!("{whole}x"));
        assert_eq!(text.chars().collect::<String>(), whole);
        Ok(whole)
    }

    #[test]
    fn longer_forms_than_needed_are_refused() {
        for bytes in [&b"\x04\xc1\xb0ath"[..], b"\x01\xc0\x81", b"\x04\xe0\x81\xb0ath", b"\x01\xe0\x9f\xbf"] {
            assert_eq!(text(bytes), Err(Fault::Encoding), "{}", bytes.escape_ascii());
        }
        assert_eq!(text(b"\x01\xe0\xa0\x80").as_deref(), Ok("\u{800}"));
        assert_eq!(text(b"\x01\xe0"), Err(Fault::Truncated));
    }

    #[test]
    fn strings_are_read_in_each_form() {
        let cases: &[(&[u8], &str)] = &[
            (b"\x00", ""),
            (b"\x05hello", "hello"),
            (b"\x06w\xc3\xb6rld!", "wörld!"),
            (b"\x30\x05hello", "hello"),
            (b"S\x00\x05hello", "hello"),
            (b"R\x00\x03helS\x00\x02lo", "hello"),
            (b"R\x00\x01hR\x00\x00R\x00\x01e\x03llo", "hello"),
            (b"R\x00\x01h\x30\x04ello", "hello"),
            // U+1F600 as CESU-8, as UTF-8, and cut by a chunk's end.
            (b"\x02\xed\xa0\xbd\xed\xb8\x80", "\u{1f600}"),
            (b"\x02\xf0\x9f\x98\x80", "\u{1f600}"),
            (b"R\x00\x01\xed\xa0\xbd\x01\xed\xb8\x80", "\u{1f600}"),
            // Surrogates alone.
            (b"\x01\xed\xa0\xbd", "\u{fffd}"),
            (b"\x02\xed\xb8\x80x", "\u{fffd}x"),
            // Java's reader takes what is longer than it need be.
            (b"\x01\xc0\x80", "\0"),
            (b"\x01\0", "\0"),
            (b"\x02\xf4\x8f\xbf\xbf", "\u{10ffff}"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(text(bytes).as_deref(), Ok(*expected), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_string_is_refused() {
        let cases: &[(&[u8], Fault)] = &[
            (b"", Fault::Truncated),
            (b"\x02a", Fault::Truncated),
            (b"\x01\xe4\xbd", Fault::Truncated),
            (b"\x01\xe4", Fault::Truncated),
            (b"R\x00\x01a", Fault::Truncated),
            (b"S\xff\xffabc", Fault::Truncated),
            (b"\x02\xf0", Fault::Truncated),
            (b"\x01\x80", Fault::Encoding),
            (b"\x01\xe4\xbdA", Fault::Encoding),
            (b"\x02\xf4\x90\x80\x80", Fault::Encoding),
            (b"\x02\xf8\x90\x80\x80", Fault::Encoding),
            // Two units, of which there is to be one.
            (b"\x01\xf0\x9f\x98\x80", Fault::Encoding),
            (b"\x90", Fault::Unexpected { expected: "a string", found: 0x90 }),
            (b"R\x00\x01aN", Fault::Unexpected { expected: "more of a string", found: b'N' }),
        ];
        for (bytes, expected) in cases {
            assert_eq!(text(bytes), Err(*expected), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_string_in_one_piece_is_borrowed() {
        let body = "\u{8}wörld 世界".as_bytes();
        let text = Cursor::new(body, 0).text().unwrap().of(body);
        assert_eq!(text.as_str(), Some("wörld 世界"));
        assert!(matches!(text.to_str(), Cow::Borrowed(_)));
    }
}
