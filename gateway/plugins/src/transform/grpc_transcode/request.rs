//! The message that a request is.

use std::borrow::Cow;

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::args::{self, Arg};
use gateway_engine::headers::name;
use gateway_model::json;
use serde_json::{Map, Value};

use super::super::decode::Coding;
use super::super::grpc_frames;
use crate::proto::{Input, Method, Schema};

/// The framed message of a request whose body, if it has one, has been collected.
///
/// # Errors
/// Why it is none, in words for the log.
pub(super) fn message(x: &Exchange, schema: &Schema, method: &Method, limit: usize) -> Result<Vec<u8>, String> {
    let object = object(x, limit)?;
    let mut framed = grpc_frames::open();
    Input { limit }.message(schema, method.input, &object, &mut framed).map_err(|e| e.to_string())?;
    grpc_frames::close(framed).ok_or_else(|| "too long".to_owned())
}

/// Where the fields are: a JSON body, a form, or the query.
fn object(x: &Exchange, limit: usize) -> Result<Map<String, Value>, String> {
    let method = x.method();
    let has_body = matches!(method, b"POST" | b"PUT" | b"PATCH");
    if has_body && is_json(x) {
        let body = body(x, limit)?;
        if body.trim_ascii().is_empty() {
            return Ok(Map::new());
        }
        return match json::parse(&body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err("the body is no object".into()),
            Err(error) => Err(format!("the body is no JSON: {error}")),
        };
    }
    if method == b"POST" {
        let parameters = x.worker().with_settings(|s| s.limits.query_parameters);
        return arguments(args::read(&body(x, limit)?, parameters));
    }
    arguments(x.args())
}

/// The content type names JSON.
fn is_json(x: &Exchange) -> bool {
    let kind = x.req.head.get(name::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    kind.split(|b| *b == b';').next().is_some_and(|kind| kind.trim_ascii() == b"application/json")
}

fn body(x: &Exchange, limit: usize) -> Result<Cow<'_, [u8]>, String> {
    let body = x.req.collected.as_deref().unwrap_or_default();
    match Coding::of(&x.req.head) {
        Some(Coding::Identity) => Ok(body.into()),
        Some(coding) => coding.decode(body, limit, false).map(Cow::Owned).ok_or_else(|| "a broken coding".to_owned()),
        None => Err("an unknown coding".into()),
    }
}

/// Arguments as an object: one that occurs several times is a list.
fn arguments<'a>(all: impl Iterator<Item = Arg<'a>>) -> Result<Map<String, Value>, String> {
    let text =
        |bytes: Cow<'_, [u8]>| String::from_utf8(bytes.into_owned()).map_err(|_| "an argument is no UTF-8".to_owned());
    let mut object = Map::new();
    for arg in all {
        let name = text(arg.name())?;
        let value = match arg.raw_value {
            // A flag.
            None => Value::Bool(true),
            Some(_) => Value::String(text(arg.value())?),
        };
        match object.get_mut(&name) {
            None => {
                object.insert(name, value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(first) => {
                let list = vec![first.take(), value];
                *first = Value::Array(list);
            }
        }
    }
    Ok(object)
}
