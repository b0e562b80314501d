//! Answers: the body of a response of status 20 in hessian2.

use crate::attachments::Attachments;
use crate::hessian::walk::{Item, Walker};
use crate::hessian::{Cursor, Error, Fault, Limits, Text};

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The method threw; an exception follows.
    Exception,
    /// It returned a value, which follows.
    Value,
    /// It returned null, or nothing.
    Null,
}

/// What an answer says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What the call came to.
    pub kind: Kind,
    /// Attachments follow.
    pub has_attachments: bool,
    /// Behind the type.
    at: usize,
}

/// An exception, as far as a gateway tells of it. The trace of its stack is for nobody else.
#[derive(Debug, Clone, Copy)]
pub struct Thrown<'a> {
    /// Full name of its class.
    pub class: Text<'a>,
    /// What it says.
    pub message: Option<Text<'a>>,
    /// Its field `code`, which `RpcException` has.
    pub code: Option<i32>,
    /// Of a `GenericException`: the class of what the method threw.
    pub original_class: Option<Text<'a>>,
    /// Of a `GenericException`: what that says.
    pub original_message: Option<Text<'a>>,
}

impl Outcome {
    /// What `body` says first.
    ///
    /// # Errors
    /// It does not begin with a type of response.
    pub fn parse(body: &[u8]) -> Result<Outcome, Error> {
        let mut cursor = Cursor::new(body, 0);
        let of = |kind, has_attachments| Ok((kind, has_attachments));
        let (kind, has_attachments) = match cursor.int()? {
            0 => of(Kind::Exception, false),
            1 => of(Kind::Value, false),
            2 => of(Kind::Null, false),
            3 => of(Kind::Exception, true),
            4 => of(Kind::Value, true),
            5 => of(Kind::Null, true),
            _ => Err(Error { fault: Fault::Malformed("a type of response that there is not"), at: 0 }),
        }?;
        Ok(Outcome { kind, has_attachments, at: cursor.at() })
    }

    /// The type of response, as it is written.
    pub fn code(kind: Kind, has_attachments: bool) -> u8 {
        let code = match kind {
            Kind::Exception => 0,
            Kind::Value => 1,
            Kind::Null => 2,
        };
        if has_attachments { code + 3 } else { code }
    }

    /// Where the value or exception begins, or the attachments if there is none, in bytes.
    pub fn value_at(&self) -> usize {
        self.at
    }

    /// A walker at the value or exception.
    pub fn value<'a>(&self, body: &'a [u8], limits: Limits) -> Walker<'a> {
        Walker::at(body, self.at, limits)
    }

    /// The attachments; none if the answer has no place for them.
    ///
    /// # Errors
    /// The value is not well-formed, not all there, or beyond the limits; or no map stands behind it.
    pub fn attachments<'a>(&self, body: &'a [u8], limits: Limits) -> Result<Attachments<'a>, Error> {
        let mut walker = self.value(body, limits);
        if self.kind != Kind::Null {
            walker.skip()?;
        }
        if self.has_attachments { Attachments::new(walker) } else { Ok(Attachments::none(walker)) }
    }

    /// The exception; `None`: there is none, or it is no object.
    ///
    /// # Errors
    /// It is not well-formed, not all there, or beyond the limits.
    pub fn thrown<'a>(&self, body: &'a [u8], limits: Limits) -> Result<Option<Thrown<'a>>, Error> {
        if self.kind != Kind::Exception {
            return Ok(None);
        }
        thrown(self.value(body, limits))
    }
}

/// The exception where `walker` is, the first value of its stream.
///
/// # Errors
/// It is not well-formed, not all there, or beyond the limits.
pub fn thrown<'a>(mut walker: Walker<'a>) -> Result<Option<Thrown<'a>>, Error> {
    let Some(object) = walker.enter_object()? else { return Ok(None) };
    let mut thrown =
        Thrown { class: object.class, message: None, code: None, original_class: None, original_message: None };
    for name in object.fields() {
        // The fields of a class may be called as those that it inherits; these are set last by Java, too.
        let known =
            ["detailMessage", "code", "exceptionClass", "exceptionMessage"].iter().position(|known| name == **known);
        let Some(known) = known else {
            walker.skip()?;
            continue;
        };
        match (known, walker.item()?) {
            (0, Item::Text(text)) => thrown.message = Some(text),
            (1, Item::Int(code)) => thrown.code = Some(code),
            (2, Item::Text(text)) => thrown.original_class = Some(text),
            (3, Item::Text(text)) => thrown.original_message = Some(text),
            _ => {}
        }
    }
    Ok(Some(thrown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_says_what_follows() {
        let limits = Limits::default();
        for code in 0..6u8 {
            let value: &[u8] = if code % 3 == 2 { b"" } else { b"\x01v" };
            let tail: &[u8] = if code > 2 { b"H\x05dubbo\x052.0.2ZN" } else { b"" };
            let body = [&[0x90 + code], value, tail].concat();
            let outcome = Outcome::parse(&body).unwrap();
            assert_eq!(Outcome::code(outcome.kind, outcome.has_attachments), code);
            let attachments = outcome.attachments(&body, limits).unwrap();
            assert_eq!(attachments.clone().count(), usize::from(code > 2));
            assert_eq!(attachments.last("dubbo").unwrap().is_some(), code > 2);
            assert!(outcome.thrown(&body, limits).unwrap().is_none());
        }
        for bad in [&b"\x96"[..], b"\x8f", b"N", b"\x0294", b"L\0\0\0\0\0\0\0\x01", b""] {
            assert!(Outcome::parse(bad).is_err(), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn an_exception_is_told_by_class_message_and_code() {
        let body = b"\x90C\x01E\x94\x05cause\x0ddetailMessage\x04code\x01x\x60Q\x90\x02no\xc8*N";
        let thrown = Outcome::parse(body).unwrap().thrown(body, Limits::default()).unwrap().unwrap();
        assert!(thrown.class == *"E" && thrown.message.unwrap() == *"no");
        assert_eq!(thrown.code, Some(42));
    }
}
