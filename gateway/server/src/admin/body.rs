//! Request bodies: bounded in size and time, read only from those who showed a key.

use std::time::Duration;

use gateway_model::json;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::http::request::Parts;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::answers::Refusal;

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many bytes of a body that is too long are still taken, so that its sender gets to see the answer.
const TAKEN: usize = 16 << 20;

/// Reads a body of at most `max` bytes.
///
/// # Errors
/// It is longer, late, or broken off.
pub(super) async fn read(head: &Parts, body: Incoming, max: usize) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(PATIENCE, collect(head, body, max)).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request body did not arrive in time")),
    }
}

async fn collect(head: &Parts, mut body: Incoming, max: usize) -> Result<Bytes, Refusal> {
    let told = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut read = Vec::with_capacity(told.unwrap_or_default().min(max));
    let mut size = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::bad(format!("invalid request body: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        size = size.saturating_add(data.len());
        if size > TAKEN {
            break;
        }
        if size <= max {
            read.extend_from_slice(&data);
        }
    }
    let size = size.max(told.unwrap_or_default());
    if size > max {
        let message =
            format!("invalid request body: request size {size} is greater than the maximum size {max} allowed");
        return Err(Refusal::bad(message));
    }
    Ok(read.into())
}

/// A body as JSON; `None` when it is empty.
///
/// # Errors
/// It is no JSON.
pub(super) fn json(body: Bytes) -> Result<Option<Value>, Refusal> {
    parsed(body, json::parse)
}

/// The same of a body whose numbers may be beyond a double.
///
/// # Errors
/// It is no JSON.
pub(super) fn exact_json(body: Bytes) -> Result<Option<Value>, Refusal> {
    parsed(body, json::parse_exact)
}

/// What a body asks for: an object, by the names of its fields.
///
/// # Errors
/// 400 with the field that is wrong.
pub(super) fn asked<T: DeserializeOwned>(body: Value) -> Result<T, Refusal> {
    by_name(body).map_err(|why| Refusal::bad(format!("invalid request body: {why}")))
}

/// An object by the names of its fields; a list in their order is none.
///
/// # Errors
/// What is wrong, and with which field.
pub(super) fn by_name<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    let Value::Object(fields) = &value else { return Err(format!("should be an object, is {}", word(&value))) };
    let error = match T::deserialize(&value) {
        Ok(asked) => return Ok(asked),
        Err(error) => error.to_string(),
    };
    // What is wrong with one of them is wrong with it alone.
    let at_fault = |name: &String, field: &Value| {
        let alone = Value::Object(Map::from_iter([(name.clone(), field.clone())]));
        !error.contains(&format!("`{name}`")) && T::deserialize(&alone).is_err_and(|alone| alone.to_string() == error)
    };
    let field =
        fields.iter().find(|(name, field)| at_fault(name, field)).filter(|_| !error.starts_with("missing field"));
    Err(field.map_or(error.clone(), |(name, _)| format!("{name}: {error}")))
}

/// The same of an object within one that may be absent.
pub(super) fn within<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Option::<Value>::deserialize(from)?.map(by_name).transpose().map_err(D::Error::custom)
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn parsed(body: Bytes, parse: fn(&[u8]) -> Result<Value, String>) -> Result<Option<Value>, Refusal> {
    if body.is_empty() {
        return Ok(None);
    }
    parse(&body).map(Some).map_err(|error| {
        let body = json!({
            "error_msg": format!("invalid request body: {error}"),
            "req_body": String::from_utf8_lossy(&body),
        });
        Refusal::json(StatusCode::BAD_REQUEST, body)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        rev: u64,
        #[serde(default)]
        dry_run: bool,
        #[serde(default, deserialize_with = "within")]
        more: Option<Box<Asked>>,
    }

    #[test]
    fn what_is_wrong_is_told_with_its_field() {
        let good: Asked = by_name(json!({"rev": 1, "dry_run": true, "more": {"rev": 2}})).unwrap();
        assert!(good.rev == 1 && good.dry_run && good.more.is_some_and(|more| more.rev == 2));
        for (body, why) in [
            (json!([1, true]), "should be an object, is a list"),
            (json!("x"), "should be an object, is a text"),
            (json!({}), "missing field `rev`"),
            (json!({"rev": "x"}), "rev: invalid type: string \"x\", expected u64"),
            (json!({"rev": 1, "dry_run": "0"}), "dry_run: invalid type: string \"0\", expected a boolean"),
            (json!({"rev": 1, "more": [1]}), "more: should be an object, is a list"),
            (json!({"rev": 1, "more": {"rev": "x"}}), "more: rev: invalid type: string \"x\", expected u64"),
        ] {
            assert_eq!(by_name::<Asked>(body.clone()).unwrap_err(), why, "{body}");
        }
        assert!(
            by_name::<Asked>(json!({"rev": 1, "nonsense": 1})).unwrap_err().starts_with("unknown field `nonsense`")
        );
    }
}
