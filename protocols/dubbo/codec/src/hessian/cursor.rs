//! What stands at a place of a body: tags, numbers, lengths.

use super::text::{self, Binary, Text, TextSpan};
use super::{Error, Fault};

/// A place in a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A value that holds no others, and is never referred to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    /// Milliseconds since 1970.
    Date(i64),
    Text(Text<'a>),
    Binary(Binary<'a>),
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { bytes, at }
    }

    /// In bytes from the beginning of the body.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many bytes follow.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    pub(crate) fn fail(&self, fault: Fault) -> Error {
        Error { fault, at: self.at }
    }

    #[inline]
    pub(crate) fn peek(&self) -> Result<u8, Error> {
        self.bytes.get(self.at).copied().ok_or(self.fail(Fault::Truncated))
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        let byte = self.peek()?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..n));
        let taken = taken.ok_or(self.fail(Fault::Truncated))?;
        self.at += n;
        Ok(taken)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let taken = *taken.ok_or(self.fail(Fault::Truncated))?;
        self.at += N;
        Ok(taken)
    }

    /// The byte before, which `expected` was looked for in.
    pub(crate) fn unexpected(&self, expected: &'static str, found: u8) -> Error {
        Error { fault: Fault::Unexpected { expected, found }, at: self.at.saturating_sub(1) }
    }

    /// An int in any of its forms.
    #[inline]
    pub(crate) fn int(&mut self) -> Result<i32, Error> {
        let tag = self.byte()?;
        self.int_of(tag)?.ok_or(self.unexpected("an int", tag))
    }

    /// A count or a number of something, which is as many bytes long at least.
    #[inline]
    pub(crate) fn count(&mut self) -> Result<u32, Error> {
        let at = self.at;
        let count = self.int()?;
        let fault = match u32::try_from(count) {
            Ok(count) if usize::try_from(count).is_ok_and(|n| n <= self.left()) => return Ok(count),
            Ok(_) => Fault::Truncated,
            Err(_) => Fault::Malformed("a negative count"),
        };
        Err(Error { fault, at })
    }

    /// The number of a `what`, of which there are `known`.
    #[inline]
    pub(crate) fn index(&mut self, what: &'static str, known: usize) -> Result<usize, Error> {
        let at = self.at;
        let index = self.int()?;
        let index = usize::try_from(index).ok().filter(|index| *index < known);
        index.ok_or(Error { fault: Fault::Index(what), at })
    }

    #[inline]
    fn int_of(&mut self, tag: u8) -> Result<Option<i32>, Error> {
        Ok(Some(match tag {
            0x80..=0xbf => i32::from(tag) - 0x90,
            0xc0..=0xcf => (i32::from(tag) - 0xc8) * 0x100 + i32::from(self.byte()?),
            0xd0..=0xd7 => (i32::from(tag) - 0xd4) * 0x1_0000 + i32::from(u16::from_be_bytes(self.array()?)),
            b'I' => i32::from_be_bytes(self.array()?),
            _ => return Ok(None),
        }))
    }

    fn long_of(&mut self, tag: u8) -> Result<Option<i64>, Error> {
        Ok(Some(match tag {
            0x38..=0x3f => (i64::from(tag) - 0x3c) * 0x1_0000 + i64::from(u16::from_be_bytes(self.array()?)),
            b'L' => i64::from_be_bytes(self.array()?),
            0x59 => i64::from(i32::from_be_bytes(self.array()?)),
            0xd8..=0xef => i64::from(tag) - 0xe0,
            0xf0..=0xff => (i64::from(tag) - 0xf8) * 0x100 + i64::from(self.byte()?),
            _ => return Ok(None),
        }))
    }

    fn double_of(&mut self, tag: u8) -> Result<Option<f64>, Error> {
        Ok(Some(match tag {
            b'D' => f64::from_be_bytes(self.array()?),
            0x5b => 0.0,
            0x5c => 1.0,
            0x5d => f64::from(i8::from_be_bytes(self.array()?)),
            0x5e => f64::from(i16::from_be_bytes(self.array()?)),
            // Java multiplies, which is not the same as to divide by 1000, and writes this form where that gives its number.
            0x5f => f64::from(i32::from_be_bytes(self.array()?)) * 0.001,
            _ => return Ok(None),
        }))
    }

    /// The scalar that `tag` begins, behind it; `None`: it begins something else.
    #[inline]
    pub(crate) fn scalar(&mut self, tag: u8) -> Result<Option<Scalar<'a>>, Error> {
        Ok(Some(match tag {
            0x00..=0x1f | 0x30..=0x33 | b'R' | b'S' => Scalar::Text(self.text_of(tag)?.of(self.bytes)),
            0x20..=0x2f | 0x34..=0x37 | b'A' | b'B' => Scalar::Binary(self.binary_of(tag)?),
            b'N' => Scalar::Null,
            b'T' => Scalar::Bool(true),
            b'F' => Scalar::Bool(false),
            b'J' => Scalar::Date(i64::from_be_bytes(self.array()?)),
            b'K' => Scalar::Date(i64::from(i32::from_be_bytes(self.array()?)) * 60_000),
            _ => {
                if let Some(int) = self.int_of(tag)? {
                    Scalar::Int(int)
                } else if let Some(long) = self.long_of(tag)? {
                    Scalar::Long(long)
                } else if let Some(double) = self.double_of(tag)? {
                    Scalar::Double(double)
                } else {
                    return Ok(None);
                }
            }
        }))
    }

    /// A string.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<TextSpan, Error> {
        let tag = self.byte()?;
        if !text::begins(tag) {
            return Err(self.unexpected("a string", tag));
        }
        self.text_of(tag)
    }

    /// A string or null.
    #[inline]
    pub(crate) fn text_or_null(&mut self) -> Result<Option<TextSpan>, Error> {
        if self.peek()? == b'N' {
            self.at += 1;
            return Ok(None);
        }
        self.text().map(Some)
    }

    /// The string that `tag` begins, behind it.
    #[inline]
    pub(crate) fn text_of(&mut self, tag: u8) -> Result<TextSpan, Error> {
        let begin = self.at.saturating_sub(1);
        let (units, last) = self.text_len(tag)?;
        let content = self.at;
        self.units(units)?;
        if last {
            return Ok(TextSpan::single(content, self.at));
        }
        loop {
            let tag = self.byte()?;
            if !text::begins(tag) {
                return Err(self.unexpected("more of a string", tag));
            }
            let (units, last) = self.text_len(tag)?;
            self.units(units)?;
            if last {
                return Ok(TextSpan::chunked(begin, self.at));
            }
        }
    }

    /// How many UTF-16 units this chunk of a string has, and whether it is the last.
    #[inline]
    pub(crate) fn text_len(&mut self, tag: u8) -> Result<(usize, bool), Error> {
        Ok(match tag {
            0x00..=0x1f => (usize::from(tag), true),
            0x30..=0x33 => (usize::from(tag - 0x30) << 8 | usize::from(self.byte()?), true),
            b'R' => (usize::from(u16::from_be_bytes(self.array()?)), false),
            _ => (usize::from(u16::from_be_bytes(self.array()?)), true),
        })
    }

    /// So many UTF-16 units.
    #[inline]
    pub(crate) fn units(&mut self, units: usize) -> Result<&'a [u8], Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = text::measure(rest, units).map_err(|(fault, at)| Error { fault, at: self.at.saturating_add(at) })?;
        self.take(len)
    }

    /// The bytes that `tag` begins, behind it.
    pub(crate) fn binary_of(&mut self, tag: u8) -> Result<Binary<'a>, Error> {
        let begin = self.at.saturating_sub(1);
        let (len, last) = self.binary_len(tag)?;
        let content = self.take(len)?;
        if last {
            return Ok(Binary::single(content));
        }
        loop {
            let tag = self.byte()?;
            if !matches!(tag, 0x20..=0x2f | 0x34..=0x37 | b'A' | b'B') {
                return Err(self.unexpected("more of a binary", tag));
            }
            let (len, last) = self.binary_len(tag)?;
            self.take(len)?;
            if last {
                return Ok(Binary::chunked(self.bytes.get(begin..self.at).unwrap_or_default()));
            }
        }
    }

    /// How many bytes this chunk of a binary has, and whether it is the last.
    pub(crate) fn binary_len(&mut self, tag: u8) -> Result<(usize, bool), Error> {
        Ok(match tag {
            0x20..=0x2f => (usize::from(tag - 0x20), true),
            0x34..=0x37 => (usize::from(tag - 0x34) << 8 | usize::from(self.byte()?), true),
            b'A' => (usize::from(u16::from_be_bytes(self.array()?)), false),
            _ => (usize::from(u16::from_be_bytes(self.array()?)), true),
        })
    }
}
