//! The arguments of a call, out of a request.

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Lookup;
use gateway_engine::plugin::Exit;
use serde_json::Value;

use super::conf::{Parameter, Source};
use crate::transform::dubbo::refusal;

/// Where nothing is configured: an array is the list of them, anything else the only one.
pub(super) fn by_default(body: Option<Value>) -> Vec<Value> {
    match body {
        None => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    }
}

/// As they are configured.
///
/// # Errors
/// One that must be there is missing, or is no text; an answer that says so.
pub(super) fn arguments(x: &Exchange, parameters: &[Parameter], body: Option<&Value>) -> Result<Vec<Value>, Box<Exit>> {
    parameters.iter().map(|parameter| argument(x, parameter, body)).collect()
}

fn argument(x: &Exchange, parameter: &Parameter, body: Option<&Value>) -> Result<Value, Box<Exit>> {
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Value::String(text.to_owned())),
        Err(_) => Err(refusal(400, &format!("{}: it is no UTF-8", parameter.label))),
    };
    let found = match &parameter.source {
        Source::Var(var) => x.var(var).map(|value| text(&value.to_bytes())).transpose()?,
        Source::Segment(n) => {
            let segment = x.path().split(|b| *b == b'/').skip(1).nth(*n).filter(|segment| !segment.is_empty());
            segment.map(text).transpose()?
        }
        Source::Body => body.cloned(),
        Source::Member(path) => body.and_then(|body| member(body, path)).cloned(),
    };
    match found {
        Some(found) => Ok(found),
        None if parameter.required => Err(refusal(400, &format!("{} is missing", parameter.label))),
        None => Ok(parameter.default.clone()),
    }
}

/// The member that a path names: of objects by name, of arrays by number.
fn member<'v>(value: &'v Value, path: &[Box<str>]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| match value {
        Value::Object(members) => members.get(&**name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}
