//! Bodies in fastjson2 (serialization 23), as far as a gateway has to read them: what a call is routed by, and its attachments.
//!
//! A body is a sequence of chunks, each a length of four bytes and so many bytes of JSONB, fastjson2's binary form of JSON. The
//! parts are those of a body in hessian2: the routing strings, the arguments, the attachments. Arguments and results are passed on
//! as they are.

use crate::descriptor;
use crate::error::{Error, Fault};
use crate::invocation::{LONGEST_NAME, reads_attachments};
use std::borrow::Cow;
use std::ops::Range;

/// What a call is routed by, as places in the body that it was read from. Every method takes that body again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    dubbo: Word,
    path: Word,
    version: Option<Word>,
    method: Word,
    descriptor: Word,
    /// Behind the descriptor.
    arguments: usize,
    count: u32,
}

impl Invocation {
    /// The call that `body` begins with. What is behind its descriptor need not be there yet.
    ///
    /// # Errors
    /// One of the strings is not there, not well-formed, too long, or the descriptor is none.
    pub fn parse(body: &[u8]) -> Result<Invocation, Error> {
        let mut chunks = Chunks::new(body);
        let dubbo = name(body, &mut chunks)?;
        let path = name(body, &mut chunks)?;
        let version = nullable(body, &mut chunks)?;
        let method = name(body, &mut chunks)?;
        let at = chunks.at;
        let descriptor = name(body, &mut chunks)?;
        let count = descriptor::count(&descriptor.of(body));
        let count = count.ok_or(Error { fault: Fault::Malformed("no descriptor of parameter types"), at })?;
        Ok(Invocation { dubbo, path, version, method, descriptor, arguments: chunks.at, count })
    }

    /// Version of the protocol, usually `2.0.2`.
    pub fn dubbo_version<'a>(&self, body: &'a [u8]) -> Cow<'a, str> {
        self.dubbo.of(body)
    }

    /// Path of the service, usually the full name of its interface.
    pub fn path<'a>(&self, body: &'a [u8]) -> Cow<'a, str> {
        self.path.of(body)
    }

    /// Version of the service. Null, an empty one and `0.0.0` mean that it has none.
    pub fn version<'a>(&self, body: &'a [u8]) -> Option<Cow<'a, str>> {
        let version = self.version.as_ref()?.of(body);
        (!version.is_empty() && version != "0.0.0").then_some(version)
    }

    /// Name of the method.
    pub fn method<'a>(&self, body: &'a [u8]) -> Cow<'a, str> {
        self.method.of(body)
    }

    /// Types of the parameters, see [`descriptor`].
    pub fn descriptor<'a>(&self, body: &'a [u8]) -> Cow<'a, str> {
        self.descriptor.of(body)
    }

    /// How many arguments there are.
    pub fn argument_count(&self) -> u32 {
        self.count
    }

    /// Where the first argument's chunk begins, or that of the attachments if there is none, in bytes.
    pub fn arguments_at(&self) -> usize {
        self.arguments
    }

    /// The JSONB of the argument of a number from 0; `None`: there are not so many.
    ///
    /// # Errors
    /// It, or one before it, is not all there.
    pub fn argument<'a>(&self, body: &'a [u8], number: u32) -> Result<Option<&'a [u8]>, Error> {
        if number >= self.count {
            return Ok(None);
        }
        let mut chunks = Chunks { body, at: self.arguments };
        for _ in 0..number {
            chunks.required()?;
        }
        let chunk = chunks.required()?;
        Ok(body.get(chunk))
    }

    /// The attachments, which are in the chunk behind the arguments.
    ///
    /// # Errors
    /// An argument is not all there, or no object stands behind them.
    pub fn attachments<'a>(&self, body: &'a [u8]) -> Result<Attachments<'a>, Error> {
        let mut chunks = Chunks { body, at: self.arguments };
        for _ in 0..self.count {
            chunks.required()?;
        }
        match chunks.chunk()? {
            Some(chunk) => Attachments::new(body, chunk),
            None => Ok(Attachments { cursor: Cursor { body, at: chunks.at, end: chunks.at }, open: false }),
        }
    }

    /// Whether the consumer reads attachments of an answer.
    pub fn reads_attachments(&self, body: &[u8]) -> bool {
        reads_attachments(&self.dubbo.of(body))
    }
}

/// The body of a call with another attachment, which counts before others of its name; `None`: the body is not well-formed, or has no
/// attachments that another could be put behind.
pub fn with_attachment(body: &[u8], name: &str, value: &str) -> Option<Vec<u8>> {
    let call = Invocation::parse(body).ok()?;
    let mut chunks = Chunks { body, at: call.arguments };
    for _ in 0..call.count {
        chunks.required().ok()?;
    }
    let chunk = chunks.required().ok()?;
    let mut attachments = Attachments::new(body, chunk.clone()).ok()?;
    if !attachments.open || attachments.by_ref().any(|one| one.is_err()) {
        return None;
    }
    let end = attachments.cursor.at;
    // The object ends the chunk.
    if body.get(end) != Some(&jsonb::OBJECT_END) || end.checked_add(1) != Some(chunk.end) {
        return None;
    }
    let mut more = Vec::with_capacity(name.len() + value.len() + 16);
    jsonb::text(&mut more, name);
    jsonb::text(&mut more, value);
    let len = i32::try_from(chunk.len().checked_add(more.len())?).ok()?;
    let mut out = Vec::with_capacity(body.len() + more.len());
    out.extend_from_slice(body.get(..chunk.start.checked_sub(4)?)?);
    out.extend(len.to_be_bytes());
    out.extend_from_slice(body.get(chunk.start..end)?);
    out.extend_from_slice(&more);
    out.extend_from_slice(body.get(end..)?);
    Some(out)
}

/// The chunks of a body: the JSONB of each.
#[derive(Debug, Clone)]
pub struct Chunks<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Chunks<'a> {
    /// The chunks of `body`.
    pub fn new(body: &'a [u8]) -> Chunks<'a> {
        Chunks { body, at: 0 }
    }

    /// The place of the next chunk; `None`: there is none.
    fn chunk(&mut self) -> Result<Option<Range<usize>>, Error> {
        let at = self.at;
        let rest = self.body.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let fail = |fault| Error { fault, at };
        let len = i32::from_be_bytes(*rest.first_chunk().ok_or(fail(Fault::Truncated))?);
        let len = usize::try_from(len).map_err(|_| fail(Fault::Malformed("a negative length")))?;
        let start = at.saturating_add(4);
        let end = start.saturating_add(len);
        if end > self.body.len() {
            return Err(fail(Fault::Truncated));
        }
        self.at = end;
        Ok(Some(start..end))
    }

    fn required(&mut self) -> Result<Range<usize>, Error> {
        self.chunk()?.ok_or(Error { fault: Fault::Truncated, at: self.at })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<&'a [u8], Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.chunk() {
            Ok(chunk) => Some(Ok(self.body.get(chunk?).unwrap_or_default())),
            Err(error) => {
                self.at = self.body.len();
                Some(Err(error))
            }
        }
    }
}

/// A name, and its value if that is a string.
pub type Attachment<'a> = (Cow<'a, str>, Option<Cow<'a, str>>);

/// Attachments, in their order. Java keeps the value that comes last of a name that comes twice.
#[derive(Debug, Clone)]
pub struct Attachments<'a> {
    cursor: Cursor<'a>,
    open: bool,
}

impl<'a> Attachments<'a> {
    fn new(body: &'a [u8], chunk: Range<usize>) -> Result<Attachments<'a>, Error> {
        let mut cursor = Cursor { body, at: chunk.start, end: chunk.end };
        let open = match cursor.byte()? {
            jsonb::NULL => false,
            jsonb::OBJECT => true,
            jsonb::TYPED => {
                // The name of a class, the number that is given to it, and the object.
                cursor.string()?;
                cursor.int()?;
                match cursor.byte()? {
                    jsonb::OBJECT => true,
                    found => return Err(cursor.unexpected("an object", found)),
                }
            }
            found => return Err(cursor.unexpected("an object", found)),
        };
        Ok(Attachments { cursor, open })
    }

    fn entry(&mut self) -> Result<Option<Attachment<'a>>, Error> {
        if self.cursor.peek()? == jsonb::OBJECT_END {
            return Ok(None);
        }
        let key = self.cursor.string()?.of(self.cursor.body);
        Ok(Some((key, self.cursor.plain()?)))
    }
}

impl<'a> Iterator for Attachments<'a> {
    type Item = Result<Attachment<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.open {
            return None;
        }
        let entry = self.entry();
        self.open = matches!(entry, Ok(Some(_)));
        entry.transpose()
    }
}

/// The string that a value is; `None`: it is none.
pub fn text(jsonb: &[u8]) -> Option<Cow<'_, str>> {
    Cursor { body: jsonb, at: 0, end: jsonb.len() }.plain().ok().flatten()
}

/// What JSONB is made of, as far as it is read or written here.
pub(crate) mod jsonb {
    pub(crate) const SHORT_ASCII: u8 = 0x49;
    pub(crate) const LONGEST_SHORT: usize = 47;
    pub(crate) const LATIN1: u8 = 0x79;
    pub(crate) const UTF8: u8 = 0x7a;
    pub(crate) const UTF16_LE: u8 = 0x7c;
    pub(crate) const UTF16_BE: u8 = 0x7d;
    pub(crate) const TYPED: u8 = 0x92;
    pub(crate) const EMPTY_ARRAY: u8 = 0x94;
    pub(crate) const OBJECT_END: u8 = 0xa5;
    pub(crate) const OBJECT: u8 = 0xa6;
    pub(crate) const NULL: u8 = 0xaf;
    pub(crate) const FALSE: u8 = 0xb0;
    pub(crate) const TRUE: u8 = 0xb1;
    pub(crate) const INT8: u8 = 0xbd;

    /// Writes an int.
    pub(crate) fn int(out: &mut Vec<u8>, value: i32) {
        match i8::try_from(value) {
            Ok(byte @ -16..=47) => out.extend(byte.to_be_bytes()),
            _ => {
                out.push(0x48);
                out.extend(value.to_be_bytes());
            }
        }
    }

    /// Writes a string.
    pub(crate) fn text(out: &mut Vec<u8>, value: &str) {
        let len = u8::try_from(value.len()).ok().filter(|len| usize::from(*len) <= LONGEST_SHORT);
        match len {
            Some(len) if value.is_ascii() => out.push(SHORT_ASCII + len),
            _ => {
                out.push(if value.is_ascii() { LATIN1 } else { UTF8 });
                int(out, i32::try_from(value.len()).unwrap_or(i32::MAX));
            }
        }
        out.extend_from_slice(value.as_bytes());
    }
}

/// A string in JSONB: its place, and how it is encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    content: Range<usize>,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Latin1,
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Word {
    fn of<'a>(&self, body: &'a [u8]) -> Cow<'a, str> {
        let bytes = body.get(self.content.clone()).unwrap_or_default();
        let wide = |of: fn([u8; 2]) -> u16| {
            let units = bytes.as_chunks::<2>().0.iter().map(|unit| of(*unit));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        match self.form {
            Form::Latin1 if !bytes.is_ascii() => bytes.iter().copied().map(char::from).collect(),
            Form::Latin1 | Form::Utf8 => String::from_utf8_lossy(bytes),
            Form::Utf16Le => Cow::Owned(wide(u16::from_le_bytes)),
            Form::Utf16Be => Cow::Owned(wide(u16::from_be_bytes)),
        }
    }
}

/// A place in a chunk.
#[derive(Debug, Clone)]
struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
    /// Of the chunk.
    end: usize,
}

impl<'a> Cursor<'a> {
    fn fail(&self, fault: Fault) -> Error {
        Error { fault, at: self.at }
    }

    /// The byte before, which `expected` was looked for in.
    fn unexpected(&self, expected: &'static str, found: u8) -> Error {
        Error { fault: Fault::Unexpected { expected, found }, at: self.at.saturating_sub(1) }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let taken = self.body.get(self.at..self.end).and_then(|rest| rest.get(..n));
        let taken = taken.ok_or(self.fail(Fault::Truncated))?;
        self.at += n;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let at = self.at;
        self.take(N)?.first_chunk().copied().ok_or(Error { fault: Fault::Truncated, at })
    }

    fn peek(&self) -> Result<u8, Error> {
        self.clone().byte()
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn int(&mut self) -> Result<i32, Error> {
        let tag = self.byte()?;
        self.int_of(tag)?.ok_or(self.unexpected("an int", tag))
    }

    fn int_of(&mut self, tag: u8) -> Result<Option<i32>, Error> {
        Ok(Some(match tag {
            0x00..=0x2f => i32::from(tag),
            0xf0..=0xff => i32::from(tag) - 0x100,
            0x30..=0x3f => (i32::from(tag) - 0x38) * 0x100 + i32::from(self.byte()?),
            0x40..=0x47 => (i32::from(tag) - 0x44) * 0x1_0000 + i32::from(u16::from_be_bytes(self.array()?)),
            0x48 => i32::from_be_bytes(self.array()?),
            _ => return Ok(None),
        }))
    }

    fn string(&mut self) -> Result<Word, Error> {
        let tag = self.byte()?;
        self.string_of(tag)?.ok_or(self.unexpected("a string", tag))
    }

    fn string_of(&mut self, tag: u8) -> Result<Option<Word>, Error> {
        let form = match tag {
            jsonb::SHORT_ASCII..=0x78 | jsonb::LATIN1 => Form::Latin1,
            jsonb::UTF8 => Form::Utf8,
            jsonb::UTF16_LE => Form::Utf16Le,
            jsonb::UTF16_BE => Form::Utf16Be,
            _ => return Ok(None),
        };
        let len = match tag {
            jsonb::SHORT_ASCII..=0x78 => usize::from(tag - jsonb::SHORT_ASCII),
            _ => {
                let at = self.at;
                let len = usize::try_from(self.int()?);
                len.map_err(|_| Error { fault: Fault::Malformed("a negative length"), at })?
            }
        };
        let start = self.at;
        let bytes = self.take(len)?;
        let good = match form {
            Form::Utf8 => std::str::from_utf8(bytes).is_ok(),
            Form::Latin1 => true,
            Form::Utf16Le | Form::Utf16Be => len % 2 == 0,
        };
        if !good {
            return Err(Error { fault: Fault::Encoding, at: start });
        }
        Ok(Some(Word { content: start..self.at, form }))
    }

    /// A string, or another value that holds no others.
    fn plain(&mut self) -> Result<Option<Cow<'a, str>>, Error> {
        let tag = self.byte()?;
        if let Some(word) = self.string_of(tag)? {
            return Ok(Some(word.of(self.body)));
        }
        match tag {
            jsonb::NULL | jsonb::FALSE | jsonb::TRUE | 0xb2 | 0xb3 | 0xd8..=0xef => {}
            // A byte; a short; an int, a float or a long that is one; a long, a date or a double.
            jsonb::INT8 => drop(self.take(1)?),
            0xbc => drop(self.take(2)?),
            0xb7 | 0xbf | 0xac | 0xad => drop(self.take(4)?),
            0xab | 0xb5 | 0xbe => drop(self.take(8)?),
            0xc8..=0xd7 => drop(self.take(1)?),
            0xc0..=0xc7 => drop(self.take(2)?),
            _ if self.int_of(tag)?.is_some() => {}
            _ => return Err(self.unexpected("a plain value", tag)),
        }
        Ok(None)
    }
}

/// A chunk that is a string no longer than a name may be.
fn name(body: &[u8], chunks: &mut Chunks<'_>) -> Result<Word, Error> {
    let at = chunks.at;
    nullable(body, chunks)?.ok_or(Error { fault: Fault::Malformed("null instead of a name"), at })
}

fn nullable(body: &[u8], chunks: &mut Chunks<'_>) -> Result<Option<Word>, Error> {
    let chunk = chunks.required()?;
    let mut cursor = Cursor { body, at: chunk.start, end: chunk.end };
    if chunk.len() > LONGEST_NAME {
        return Err(cursor.fail(Fault::Limit("characters of a name")));
    }
    let word = match cursor.peek()? {
        jsonb::NULL => {
            cursor.byte()?;
            None
        }
        _ => Some(cursor.string()?),
    };
    if cursor.at == chunk.end { Ok(word) } else { Err(cursor.fail(Fault::Malformed("more than a name"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &[&[u8]]) -> Vec<u8> {
        parts.iter().flat_map(|part| [&(part.len() as i32).to_be_bytes()[..], part].concat()).collect()
    }

    const HEAD: [&[u8]; 5] = [b"\x4e2.0.2", b"\x4ap", b"\xaf", b"\x4am", b"\x4aI"];

    #[test]
    fn a_call_is_read_from_its_first_chunks() {
        let parts = [&HEAD[..], &[b"\x05", b"\xa6\x4ak\x4av\x4al\xaf\x4am\x48\0\0\x01\0\x4ak\x4aw\xa5"]].concat();
        let body = body(&parts);
        let call = Invocation::parse(&body).unwrap();
        assert_eq!((&*call.path(&body), &*call.method(&body), &*call.descriptor(&body)), ("p", "m", "I"));
        assert!(call.version(&body).is_none() && call.reads_attachments(&body));
        assert_eq!(call.argument_count(), 1);
        assert_eq!(call.argument(&body, 0), Ok(Some(&b"\x05"[..])));
        assert_eq!(call.argument(&body, 1), Ok(None));
        let attachments: Vec<_> = call.attachments(&body).unwrap().map(Result::unwrap).collect();
        let named = |key: &str, value: Option<&str>| (key.to_owned().into(), value.map(|v| v.to_owned().into()));
        assert_eq!(attachments, [named("k", Some("v")), named("l", None), named("m", None), named("k", Some("w"))]);
        assert_eq!(Chunks::new(&body).count(), 7);
        for cut in 0..call.arguments_at() {
            assert_eq!(Invocation::parse(&body[..cut]).unwrap_err().fault, Fault::Truncated);
        }
    }

    #[test]
    fn an_attachment_is_put_behind_the_others() {
        for object in [&b"\xa6\x4ak\x4av\xa5"[..], b"\xa6\xa5", b"\x92\x4cmap\x00\xa6\x4ak\x48\0\0\x01\0\xa5"] {
            let before = body(&[&HEAD[..], &[b"\x05", object]].concat());
            let after = with_attachment(&before, "name", &"v".repeat(100)).unwrap();
            let call = Invocation::parse(&after).unwrap();
            let of = |body: &[u8]| -> Vec<_> {
                let all = call.attachments(body).unwrap().map(Result::unwrap);
                all.map(|(k, v)| (k.into_owned(), v.map(Cow::into_owned))).collect()
            };
            let mut expected = of(&before);
            expected.push(("name".to_owned(), Some("v".repeat(100))));
            assert_eq!(of(&after), expected);
            assert_eq!(Chunks::new(&after).count(), 7);
            assert_eq!(call.argument(&after, 0), Ok(Some(&b"\x05"[..])));
        }
        for none in [&b"\xaf"[..], b"\xa6\x4ak\x4av", b"\xa6\xa5\xa5", b""] {
            assert_eq!(with_attachment(&body(&[&HEAD[..], &[b"\x05", none]].concat()), "k", "v"), None);
        }
        assert_eq!(with_attachment(&body(&HEAD), "k", "v"), None);
    }

    #[test]
    fn strings_are_read_in_each_form() {
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"\x49", Some("")),
            (b"\x4cabc", Some("abc")),
            (b"\x79\x03abc", Some("abc")),
            (b"\x79\x01\xf6", Some("ö")),
            (b"\x79\x38\x02\xf6x", Some("öx")),
            (b"\x7a\x02\xc3\xb6", Some("ö")),
            (b"\x7c\x06\x16\x4e\x3d\xd8\x00", None),
            (b"\x7c\x06\x16\x4e\x3d\xd8\x00\xde", Some("世\u{1f600}")),
            (b"\x7d\x06\x4e\x16\xd8\x3d\xde\x00", Some("世\u{1f600}")),
            (b"\x7c\x02\x3d\xd8", Some("\u{fffd}")),
            (b"\x7c\x01a", None),
            (b"\x7a\x01\xc3", None),
            (b"\x7a\xffa", None),
            (b"\x7a\x48\x7f\xff\xff\xffa", None),
            (b"\x4ab\0", None),
            (b"\xa6\xa5", None),
            (b"\x7e\x01a", None),
            (b"", None),
        ];
        for (string, expected) in cases {
            let parts = [HEAD[0], string, HEAD[2], HEAD[3], HEAD[4]];
            let body = body(&parts);
            let path = Invocation::parse(&body).map(|call| call.path(&body).into_owned());
            assert_eq!(path.ok().as_deref(), *expected, "{}", string.escape_ascii());
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for value in
            ["", "abc", &"x".repeat(47), &"x".repeat(48), &"x".repeat(3000), "wörld \u{1f600}", &"ö".repeat(5000)]
        {
            let mut out = Vec::new();
            jsonb::text(&mut out, value);
            let mut cursor = Cursor { body: &out, at: 0, end: out.len() };
            assert_eq!(cursor.string().unwrap().of(&out), value);
            assert_eq!(cursor.at, out.len());
        }
        for value in [0, -16, 47, 48, -17, i32::MAX, i32::MIN] {
            let mut out = Vec::new();
            jsonb::int(&mut out, value);
            assert_eq!(Cursor { body: &out, at: 0, end: out.len() }.int(), Ok(value));
        }
    }

    #[test]
    fn what_is_no_call_is_refused() {
        let long = [&b"\x79\x48\x00\x00\x20\x01"[..], &[b'a'; 0x2001]].concat();
        let fault = |parts: &[&[u8]]| Invocation::parse(&body(parts)).unwrap_err().fault;
        assert_eq!(fault(&[HEAD[0], b"\xaf"]), Fault::Malformed("null instead of a name"));
        assert_eq!(fault(&[HEAD[0], &long]), Fault::Limit("characters of a name"));
        assert_eq!(
            fault(&[HEAD[0], HEAD[1], HEAD[2], HEAD[3], b"\x4aX"]),
            Fault::Malformed("no descriptor of parameter types")
        );
        assert_eq!(Invocation::parse(b"\xff\xff\xff\xff").unwrap_err().fault, Fault::Malformed("a negative length"));
        assert_eq!(Invocation::parse(b"\x7f\xff\xff\xffabc").unwrap_err().fault, Fault::Truncated);
        let nested = body(&[&HEAD[..], &[b"\x01", b"\xa6\x4ak\xa6\xa5\xa5"]].concat());
        let attachments = Invocation::parse(&nested).unwrap().attachments(&nested).unwrap();
        assert_eq!(attachments.map(|entry| entry.is_err()).collect::<Vec<_>>(), [true]);
    }
}
