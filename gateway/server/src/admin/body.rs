//! Request bodies: bounded in size and time, read only from those who showed a key.

use std::time::Duration;

use gateway_model::json;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::http::request::Parts;
use serde_json::{Value, json};

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
