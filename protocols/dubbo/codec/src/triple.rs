//! Triple: what a call of Dubbo2 is over HTTP/2, and what its answer is.
//!
//! A method whose arguments are no protobuf message goes as a message that wraps them ([`wrapper`]), each argument a hessian2 stream of its
//! own. Dubbo2 has all of them, and the attachments, in one stream.

mod attachments;
mod wrapper;

use crate::attachments::Attachments;
use crate::descriptor;
use crate::hessian::copy;
use crate::hessian::walk::{Item, Walker};
use crate::hessian::write::{binary, text};
use crate::hessian::{Error, Fault, Limits};
use crate::invocation::Invocation;
use crate::outcome::{self, Kind, Outcome};

pub use attachments::{BINARY, CONVERT, Converted, Field, Value, convert, field, fields, is_reserved, restored};
pub use wrapper::{Frame, FrameError, Request, Response};

/// Why a message or a body has no other form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read.
    #[error(transparent)]
    Body(#[from] Error),
    /// It is no message that wraps arguments or a result: one of protobuf, usually.
    #[error("the message is none that wraps values for Dubbo")]
    Protobuf,
    /// The values are written in another serialization than hessian2.
    #[error("the values are written in {0}, not in hessian2")]
    Serialization(String),
    /// Names of types and arguments do not belong together.
    #[error("{0}")]
    Types(&'static str),
}

/// What Triple calls hessian2.
pub const HESSIAN: &str = "hessian4";

/// The message, framed as gRPC has it, that a call in hessian2 is.
///
/// # Errors
/// It is not well-formed, not all there, or beyond the limits; or the message would be longer than `most` bytes.
pub fn request(body: &[u8], limits: Limits, most: usize) -> Result<Vec<u8>, Unfit> {
    let call = Invocation::parse(body)?;
    let streams = copy::split(body, call.arguments_at(), call.argument_count(), limits, most)?;
    let descriptor = call.descriptor(body).to_str();
    let mut types = Vec::new();
    for one in descriptor::types(&descriptor) {
        types.push(descriptor::java_name(one.map_err(|_| Unfit::Types("no descriptor of parameter types"))?));
    }
    let message = Request::write(HESSIAN, streams.iter(), types.iter().map(|name| &**name));
    if message.len() > most {
        return Err(Error { fault: Fault::Limit("bytes"), at: most }.into());
    }
    Ok(message)
}

/// The service and method of a call.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Path of the service.
    pub path: &'a str,
    /// Its version; empty: it has none.
    pub version: &'a str,
    /// Its group; empty: it has none.
    pub group: &'a str,
    /// The method.
    pub method: &'a str,
}

/// The call in hessian2 that a message (without its frame) is, and where its attachments begin. What names the service is put in front of
/// `attachments`, of which none may have such a name.
///
/// # Errors
/// It wraps no arguments, or they cannot be read; or the body would be longer than `most` bytes.
pub fn call<'a>(
    message: &[u8],
    target: &Target<'_>,
    attachments: impl IntoIterator<Item = (&'a str, Value<'a>)>,
    limits: Limits,
    most: usize,
) -> Result<(Vec<u8>, usize), Unfit> {
    let request = Request::parse(message)?;
    if request.arguments.len() != request.types.len() {
        return Err(Unfit::Types("as many arguments as types there have to be"));
    }
    let descriptor = descriptor_of(&request.types).ok_or(Unfit::Types("the type of a parameter is none"))?;
    let mut out = Vec::with_capacity(message.len().saturating_add(512));
    text(&mut out, crate::answer::VERSION);
    text(&mut out, target.path);
    text(&mut out, if target.version.is_empty() { "0.0.0" } else { target.version });
    text(&mut out, target.method);
    text(&mut out, &descriptor);
    let mut out = copy::join(out, request.arguments.iter().copied(), limits, most)?;
    let at = out.len();
    out.push(b'H');
    let own = [("path", target.path), ("interface", target.path), ("version", target.version), ("group", target.group)];
    for (name, value) in own {
        if !value.is_empty() {
            text(&mut out, name);
            text(&mut out, value);
        }
    }
    put(&mut out, attachments);
    out.push(b'Z');
    if out.len() > most {
        return Err(Error { fault: Fault::Limit("bytes"), at: most }.into());
    }
    Ok((out, at))
}

/// The body of a response of status 20 that an answer's message (without its frame) is. `threw`: it holds an exception.
/// `attachments`: `None` where the consumer reads none.
///
/// # Errors
/// It wraps no value, or that cannot be read.
pub fn reply<'a>(
    message: &[u8],
    threw: bool,
    attachments: Option<impl IntoIterator<Item = (&'a str, Value<'a>)>>,
    limits: Limits,
) -> Result<Vec<u8>, Unfit> {
    let response = Response::parse(message)?;
    let mut walker = Walker::new(response.data, limits);
    let item = walker.item()?;
    let value = response.data.get(..walker.position()).unwrap_or_default();
    let kind = match (threw, item) {
        (true, _) => Kind::Exception,
        (false, Item::Null) => Kind::Null,
        (false, _) => Kind::Value,
    };
    let mut out = Vec::with_capacity(value.len().saturating_add(64));
    crate::hessian::write::int(&mut out, i32::from(Outcome::code(kind, attachments.is_some())));
    if kind != Kind::Null {
        out.extend_from_slice(value);
    }
    if let Some(attachments) = attachments {
        out.push(b'H');
        put(&mut out, [("dubbo", Value::Text(crate::answer::VERSION.into()))]);
        put(&mut out, attachments);
        out.push(b'Z');
    }
    Ok(out)
}

/// What an answer of Dubbo2 is in Triple.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The message, framed as gRPC has it.
    pub message: Vec<u8>,
    /// It holds an exception.
    pub threw: bool,
    /// What the answer says beside its result.
    pub attachments: Attachments<'a>,
}

/// The message that a response of status 20 in hessian2 is.
///
/// # Errors
/// It is not well-formed, not all there, or beyond the limits.
pub fn answer(body: &[u8], limits: Limits) -> Result<Answer<'_>, Error> {
    let outcome = Outcome::parse(body)?;
    let mut walker = outcome.value(body, limits);
    let (data, kind): (&[u8], _) = match outcome.kind {
        Kind::Null => (b"N", "void".to_owned()),
        Kind::Value | Kind::Exception => {
            let item = walker.item()?;
            let data = body.get(outcome.value_at()..walker.position()).unwrap_or_default();
            (data, type_of(&item, data, limits))
        }
    };
    let message = Response::write(HESSIAN, data, &kind);
    let attachments = outcome.attachments(body, limits)?;
    Ok(Answer { message, threw: outcome.kind == Kind::Exception, attachments })
}

/// The name of a value's class, as far as it shows: what it was declared as is not told.
fn type_of(item: &Item<'_>, data: &[u8], limits: Limits) -> String {
    let name = match item {
        Item::Null => "java.lang.Object",
        Item::Bool(_) => "java.lang.Boolean",
        Item::Int(_) => "java.lang.Integer",
        Item::Long(_) => "java.lang.Long",
        Item::Double(_) => "java.lang.Double",
        Item::Date(_) => "java.util.Date",
        Item::Text(_) => "java.lang.String",
        Item::Binary(_) => "[B",
        Item::Compound(_) => match outcome::thrown(Walker::new(data, limits)) {
            Ok(Some(object)) => return object.class.to_str().into_owned(),
            _ if data.first() == Some(&b'H') => "java.util.HashMap",
            _ => "java.lang.Object",
        },
    };
    name.to_owned()
}

/// The JVM's descriptor of parameter types that are named as `Class.getName` does; `None`: one is none.
fn descriptor_of(types: &[&str]) -> Option<String> {
    let mut out = String::new();
    for name in types {
        let start = out.len();
        match *name {
            "void" => out.push('V'),
            "boolean" => out.push('Z'),
            "byte" => out.push('B'),
            "char" => out.push('C'),
            "short" => out.push('S'),
            "int" => out.push('I'),
            "long" => out.push('J'),
            "float" => out.push('F'),
            "double" => out.push('D'),
            array if array.starts_with('[') => out.push_str(&array.replace('.', "/")),
            class => {
                out.push('L');
                out.push_str(&class.replace('.', "/"));
                out.push(';');
            }
        }
        // Each of them is one, so that all together are as many.
        if descriptor::count(out.get(start..)?) != Some(1) {
            return None;
        }
    }
    (types.len() <= descriptor::MOST_PARAMETERS).then_some(out)
}

/// Writes entries of a map.
fn put<'a>(out: &mut Vec<u8>, attachments: impl IntoIterator<Item = (&'a str, Value<'a>)>) {
    for (name, value) in attachments {
        text(out, name);
        match value {
            Value::Text(value) => text(out, &value),
            Value::Binary(value) => binary(out, &value),
        }
    }
}

#[cfg(test)]
mod tests;
