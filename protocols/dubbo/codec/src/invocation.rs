//! Calls: the body of a request in hessian2.

use crate::attachments::Attachments;
use crate::descriptor;
use crate::hessian::walk::{Item, Walker};
use crate::hessian::{Cursor, Error, Fault, Limits, Text, TextSpan};

/// What a call is routed by, as places in the body that it was read from. Every method takes that body again.
///
/// To read it copies and allocates nothing, and looks at no more than the strings at the body's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invocation {
    dubbo: TextSpan,
    path: TextSpan,
    version: Option<TextSpan>,
    method: TextSpan,
    descriptor: TextSpan,
    /// Behind the descriptor.
    arguments: usize,
    count: u32,
}

/// The service that a call is for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its path.
    pub path: Text<'a>,
    /// Its version, if it has one.
    pub version: Option<Text<'a>>,
    /// Its group, if it has one.
    pub group: Option<Text<'a>>,
}

/// The longest of these strings, in bytes: what there are names of in Java is far shorter.
pub const LONGEST_NAME: usize = 8 << 10;

impl Invocation {
    /// The call that `body` begins with. What is behind its descriptor need not be there yet.
    ///
    /// # Errors
    /// One of the strings is not there, not well-formed, too long, or the descriptor is none.
    #[inline]
    pub fn parse(body: &[u8]) -> Result<Invocation, Error> {
        let mut cursor = Cursor::new(body, 0);
        let dubbo = name(&mut cursor)?;
        let path = name(&mut cursor)?;
        let version = if cursor.peek()? == b'N' { cursor.text_or_null()? } else { Some(name(&mut cursor)?) };
        let method = name(&mut cursor)?;
        let at = cursor.at();
        let descriptor = name(&mut cursor)?;
        let count = match descriptor.of(body).in_place() {
            Some(bytes) => descriptor::count_bytes(bytes),
            None => descriptor::count(&descriptor.of(body).to_str()),
        };
        let count = count.ok_or(Error { fault: Fault::Malformed("no descriptor of parameter types"), at })?;
        Ok(Invocation { dubbo, path, version, method, descriptor, arguments: cursor.at(), count })
    }

    /// Version of the protocol, usually `2.0.2`; with very old consumers that of their Dubbo.
    #[inline]
    pub fn dubbo_version<'a>(&self, body: &'a [u8]) -> Text<'a> {
        self.dubbo.of(body)
    }

    /// Path of the service, usually the full name of its interface.
    #[inline]
    pub fn path<'a>(&self, body: &'a [u8]) -> Text<'a> {
        self.path.of(body)
    }

    /// Version of the service. Null, an empty one and `0.0.0` mean that it has none.
    #[inline]
    pub fn version<'a>(&self, body: &'a [u8]) -> Option<Text<'a>> {
        some_version(self.version?.of(body))
    }

    /// Name of the method; `$invoke`, `$invokeAsync` and `$echo` are those that every service has.
    #[inline]
    pub fn method<'a>(&self, body: &'a [u8]) -> Text<'a> {
        self.method.of(body)
    }

    /// Types of the parameters, see [`descriptor`].
    #[inline]
    pub fn descriptor<'a>(&self, body: &'a [u8]) -> Text<'a> {
        self.descriptor.of(body)
    }

    /// How many arguments there are.
    pub fn argument_count(&self) -> u32 {
        self.count
    }

    /// Where the first argument begins, or the attachments if there is none, in bytes.
    pub fn arguments_at(&self) -> usize {
        self.arguments
    }

    /// A walker at the first argument.
    pub fn arguments<'a>(&self, body: &'a [u8], limits: Limits) -> Walker<'a> {
        Walker::at(body, self.arguments, limits)
    }

    /// The argument of a number from 0; `None`: there are not so many.
    ///
    /// # Errors
    /// It, or one before it, is not well-formed, not all there, or beyond the limits.
    pub fn argument<'a>(&self, body: &'a [u8], number: u32, limits: Limits) -> Result<Option<Item<'a>>, Error> {
        if number >= self.count {
            return Ok(None);
        }
        let mut walker = self.arguments(body, limits);
        for _ in 0..number {
            walker.skip()?;
        }
        walker.item().map(Some)
    }

    /// The attachments, which are behind the arguments.
    ///
    /// # Errors
    /// An argument is not well-formed, not all there, or beyond the limits; or no map stands behind them, or one behind the definition of
    /// a class, which no writer puts there.
    pub fn attachments<'a>(&self, body: &'a [u8], limits: Limits) -> Result<Attachments<'a>, Error> {
        let mut walker = self.arguments(body, limits);
        for _ in 0..self.count {
            walker.skip()?;
        }
        Attachments::new(walker)
    }

    /// The service that a provider of Dubbo looks for. What attachments say of it counts more there than what stands in front, so a
    /// consumer can ask for another service than that which [`Invocation::path`] names: whoever guards services has to look here.
    ///
    /// # Errors
    /// An argument or an attachment is not well-formed, not all there, or beyond the limits.
    pub fn target<'a>(&self, body: &'a [u8], limits: Limits) -> Result<Target<'a>, Error> {
        let mut target = Target { path: self.path(body), version: self.version(body), group: None };
        for attachment in self.attachments(body, limits)? {
            let attachment = attachment?;
            let Some(value) = attachment.text() else { continue };
            if attachment.key == *"path" {
                target.path = value;
            } else if attachment.key == *"version" {
                target.version = some_version(value);
            } else if attachment.key == *"group" {
                target.group = (!value.is_empty()).then_some(value);
            }
        }
        Ok(target)
    }

    /// Whether the consumer reads attachments of an answer, as it does from version 2.0.2 of the protocol on.
    pub fn reads_attachments(&self, body: &[u8]) -> bool {
        reads_attachments(&self.dubbo.of(body).to_str())
    }
}

/// Whether whoever says that its protocol is of `version` reads attachments of an answer: from 2.0.2 to 2.0.99. Others are
/// versions of old Dubbos.
pub fn reads_attachments(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let start = (parts.next().flatten(), parts.next().flatten());
    let third = parts.next().flatten();
    let rest = parts.next();
    start == (Some(2), Some(0)) && rest.is_none() && third.is_some_and(|third| (2..=99).contains(&third))
}

/// A version that is one.
fn some_version(version: Text<'_>) -> Option<Text<'_>> {
    (!version.is_empty() && version != *"0.0.0").then_some(version)
}

/// A string that is no longer than a name may be.
#[inline]
fn name(cursor: &mut Cursor<'_>) -> Result<TextSpan, Error> {
    let at = cursor.at();
    let span = cursor.text()?;
    if span.len() > LONGEST_NAME {
        return Err(Error { fault: Fault::Limit("characters of a name"), at });
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &[u8] =
        b"\x052.0.2\x0dpeer.Greeting\x050.0.0\x05greet\x13Ljava/lang/String;I\x01a\x92H\x05group\x01g\x05group\x01hZ";

    #[test]
    fn a_class_that_is_defined_in_front_of_the_attachments_is_no_map() {
        let map = CALL.iter().position(|b| *b == b'H').unwrap();
        let body = [&CALL[..map], b"C\x01c\x91\x01f", &CALL[map..]].concat();
        let call = Invocation::parse(&body).unwrap();
        assert!(call.attachments(&body, Limits::default()).is_err());
    }

    #[test]
    fn classes_that_are_defined_in_front_of_texts_hide_none() {
        let map = CALL.iter().position(|b| *b == b'H').unwrap();
        let class = b"C\x01c\x91\x01f";
        for [key, value] in [[1, 0], [2, 0], [0, 1], [2, 2]] {
            let entry = [&class.repeat(key)[..], b"\x04path", &class.repeat(value), b"\x01p"].concat();
            let body = [&CALL[..=map], &entry, &CALL[map + 1..]].concat();
            let attachments = Invocation::parse(&body).unwrap().attachments(&body, Limits::default()).unwrap();
            let mut seen = Vec::new();
            attachments.clone().texts(|key, value| seen.push((key.to_string(), value.map(|v| v.to_string())))).unwrap();
            assert_eq!(seen.first(), Some(&("path".to_owned(), Some("p".to_owned()))), "{key} {value}");
            assert_eq!((seen.len(), attachments.last("path").unwrap().unwrap().as_str()), (3, Some("p")));
        }
    }

    #[test]
    fn a_call_is_read_in_place() {
        let call = Invocation::parse(CALL).unwrap();
        assert_eq!(call.path(CALL).as_str(), Some("peer.Greeting"));
        assert_eq!(call.method(CALL).as_str(), Some("greet"));
        assert_eq!(call.dubbo_version(CALL).as_str(), Some("2.0.2"));
        assert!(call.version(CALL).is_none() && call.reads_attachments(CALL));
        assert_eq!(call.argument_count(), 2);
        let limits = Limits::default();
        assert!(matches!(call.argument(CALL, 0, limits), Ok(Some(Item::Text(text))) if text == *"a"));
        assert!(matches!(call.argument(CALL, 1, limits), Ok(Some(Item::Int(2)))));
        assert!(matches!(call.argument(CALL, 2, limits), Ok(None)));
        let attachments = call.attachments(CALL, limits).unwrap();
        assert_eq!(attachments.clone().count(), 2);
        assert_eq!(attachments.last("group").unwrap().unwrap().as_str(), Some("h"));
    }

    #[test]
    fn attachments_name_the_service_that_is_called() {
        let call = Invocation::parse(CALL).unwrap();
        let target = call.target(CALL, Limits::default()).unwrap();
        assert!(target.path == *"peer.Greeting" && target.version.is_none() && target.group.unwrap() == *"h");
        let body = b"\x052.0.2\x01p\x011\x01m\x00H\x04path\x01q\x07version\x050.0.0\x05group\x00\x04pathNZ";
        let target = Invocation::parse(body).unwrap().target(body, Limits::default()).unwrap();
        assert!(target.path == *"q" && target.version.is_none() && target.group.is_none());
    }

    #[test]
    fn a_class_that_is_defined_in_front_hides_nothing() {
        let body = b"\x052.0.2\x01p\x00\x01m\x01IC\x01c\x90\x95HC\x01d\x90\x04pathC\x01e\x90\x01q\x01n\x62Z";
        let call = Invocation::parse(body).unwrap();
        assert!(matches!(call.argument(body, 0, Limits::default()), Ok(Some(Item::Int(5)))));
        assert!(call.target(body, Limits::default()).unwrap().path == *"q");
        let last = call.attachments(body, Limits::default()).unwrap().nth(1).unwrap().unwrap();
        assert!(last.key == *"n" && matches!(last.value, Item::Compound(b"\x62")));
    }

    #[test]
    fn what_stands_behind_the_head_need_not_be_there() {
        let call = Invocation::parse(CALL).unwrap();
        assert_eq!(Invocation::parse(&CALL[..call.arguments_at()]), Ok(call));
        for cut in 0..call.arguments_at() {
            assert_eq!(Invocation::parse(&CALL[..cut]).unwrap_err().fault, Fault::Truncated);
        }
    }

    #[test]
    fn attachments_may_be_null_or_missing() {
        for tail in [&b""[..], b"N", b"HZ", b"HZN"] {
            let body = [&b"\x052.0.2\x01p\x00\x01m\x00"[..], tail].concat();
            let call = Invocation::parse(&body).unwrap();
            assert_eq!(call.attachments(&body, Limits::default()).unwrap().count(), 0);
        }
    }

    #[test]
    fn what_is_no_call_is_refused() {
        let long = [&b"\x052.0.2S\x20\x01"[..], &[b'a'; 0x2001]].concat();
        let cases: &[(&[u8], Fault)] = &[
            (b"\x052.0.2N", Fault::Unexpected { expected: "a string", found: b'N' }),
            (b"\x052.0.2\x01pN\x01m\x01X", Fault::Malformed("no descriptor of parameter types")),
            (b"\x90", Fault::Unexpected { expected: "a string", found: 0x90 }),
            (&long, Fault::Limit("characters of a name")),
        ];
        for (body, fault) in cases {
            assert_eq!(Invocation::parse(body).unwrap_err().fault, *fault, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn versions_say_whether_attachments_are_read() {
        for (version, reads) in [
            ("2.0.2", true),
            ("2.0.10", true),
            ("2.0.99", true),
            ("2.0.1", false),
            ("2.0.0", false),
            ("2.0.100", false),
            ("2.6.5", false),
            ("2.5.3.6", false),
            ("3.3.6", false),
            ("", false),
            ("x", false),
        ] {
            assert_eq!(reads_attachments(version), reads, "{version}");
        }
    }
}
