//! DER: reading element by element, and writing.

use x509_parser::asn1_rs::{Any, Class, FromDer};

pub(crate) const BIT_STRING: u32 = 3;
pub(crate) const ENUMERATED: u32 = 10;
pub(crate) const GENERALIZED_TIME: u32 = 24;
pub(crate) const INTEGER: u32 = 2;
pub(crate) const OCTET_STRING: u32 = 4;
pub(crate) const OID: u32 = 6;
pub(crate) const SEQUENCE: u32 = 16;

/// What is no DER, or another element than the one that belongs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unexpected;

/// Elements that stand in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(der: &'a [u8]) -> Reader<'a> {
        Reader(der)
    }

    /// The content of the next element, of a universal type.
    pub(crate) fn take(&mut self, tag: u32) -> Result<&'a [u8], Unexpected> {
        let any = self.next()?.1;
        let meant = any.class() == Class::Universal && any.tag().0 == tag;
        if meant && any.header.is_constructed() == (tag == SEQUENCE) { Ok(any.data) } else { Err(Unexpected) }
    }

    /// The elements of the next one, a sequence.
    pub(crate) fn sequence(&mut self) -> Result<Reader<'a>, Unexpected> {
        self.take(SEQUENCE).map(Reader)
    }

    /// The content of the next element, if it is this one of a context.
    pub(crate) fn context(&mut self, number: u32) -> Result<Option<&'a [u8]>, Unexpected> {
        let before = *self;
        match self.next() {
            Ok((_, any))
                if any.class() == Class::ContextSpecific && any.tag().0 == number && any.header.is_constructed() =>
            {
                Ok(Some(any.data))
            }
            // Another one, which whoever expects it will read.
            _ => {
                *self = before;
                Ok(None)
            }
        }
    }

    /// Number and content of the next element, of a context.
    pub(crate) fn any_context(&mut self) -> Result<(u32, &'a [u8]), Unexpected> {
        let any = self.next()?.1;
        if any.class() == Class::ContextSpecific { Ok((any.tag().0, any.data)) } else { Err(Unexpected) }
    }

    /// The next element, head and all.
    pub(crate) fn whole(&mut self) -> Result<&'a [u8], Unexpected> {
        self.next().map(|(whole, _)| whole)
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), Unexpected> {
        if self.0.is_empty() { Ok(()) } else { Err(Unexpected) }
    }

    fn next(&mut self) -> Result<(&'a [u8], Any<'a>), Unexpected> {
        let (rest, any) = Any::from_der(self.0).map_err(|_| Unexpected)?;
        let whole = self.0.get(..self.0.len() - rest.len()).ok_or(Unexpected)?;
        self.0 = rest;
        Ok((whole, any))
    }
}

/// A universal element of these contents.
pub(crate) fn element(tag: u32, contents: &[&[u8]]) -> Vec<u8> {
    const CONSTRUCTED: u8 = 0x20;
    let length: usize = contents.iter().map(|content| content.len()).sum();
    let first = u8::try_from(tag).unwrap_or_default() | if tag == SEQUENCE { CONSTRUCTED } else { 0 };
    let mut out = vec![first];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let digits = length.to_be_bytes();
            let digits =
                digits.iter().position(|digit| *digit != 0).and_then(|at| digits.get(at..)).unwrap_or_default();
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            out.extend_from_slice(digits);
        }
    }
    contents.iter().for_each(|content| out.extend_from_slice(content));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(content in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let both = [element(SEQUENCE, &[&content]), element(OCTET_STRING, &[&content, b"x"])].concat();
            let mut reader = Reader::new(&both);
            prop_assert_eq!(reader.take(SEQUENCE), Ok(&content[..]));
            prop_assert_eq!(reader.context(0), Ok(None));
            prop_assert_eq!(reader.take(OCTET_STRING).map(<[u8]>::len), Ok(content.len() + 1));
            prop_assert!(reader.is_empty());
        }
    }
}
