//! The forms of answers, and what a refusal says.

use gateway_model::Kind;
use gateway_model::check::Invalid;
use gateway_store::StoreError;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderName, HeaderValue,
    RETRY_AFTER,
};
use serde_json::{Map, Value, json};

use crate::control_http::{self, Answer};
use crate::state::{Refused, Stored};

/// Content type of answers.
pub(super) const JSON: &str = "application/json";

/// An answer that says no.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Body,
    retry_after: Option<u64>,
}

#[derive(Debug)]
enum Body {
    Json(Value),
    /// Without quotes and line end.
    Text(&'static str),
}

impl Refusal {
    /// `{"error_msg": …}` with this status.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal::json(status, json!({ "error_msg": message.into() }))
    }

    /// A refusal with a body of its own.
    pub(super) fn json(status: StatusCode, body: Value) -> Refusal {
        Refusal { status, body: Body::Json(body), retry_after: None }
    }

    /// 400.
    pub(super) fn bad(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 with a plain text.
    pub(super) fn text(text: &'static str) -> Refusal {
        Refusal { status: StatusCode::BAD_REQUEST, body: Body::Text(text), retry_after: None }
    }

    /// 401, with why.
    pub(super) fn token(description: &str) -> Refusal {
        let body = json!({ "error_msg": "failed to check token", "description": description });
        Refusal::json(StatusCode::UNAUTHORIZED, body)
    }

    /// 429, to be tried again after some seconds.
    pub(super) fn later(seconds: u64) -> Refusal {
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong keys from this address");
        Refusal { retry_after: Some(seconds), ..refusal }
    }

    /// 404: there is no such object.
    pub(super) fn key_not_found() -> Refusal {
        Refusal::json(StatusCode::NOT_FOUND, json!({ "message": "Key not found" }))
    }

    /// 404: there is no such resource.
    pub(super) fn unsupported(resource: &str) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, format!("Unsupported resource type: {resource}"))
    }

    /// 404: the resource does not know the method.
    pub(super) fn no_handler() -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "not found")
    }

    /// 404: the path is none of this API's.
    pub(super) fn nothing_here() -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "404 Not Found")
    }

    /// 405: the resource leaves out the method on purpose.
    pub(super) fn not_supported(method: &str, kind: Kind) -> Refusal {
        let message = format!("not supported `{method}` method for {}", kind.word());
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message)
    }

    /// 500: a fault of the gateway.
    pub(super) fn internal() -> Refusal {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "500 Internal Server Error")
    }

    /// The answer.
    pub(super) fn answer(self) -> Answer {
        let mut answer = match self.body {
            Body::Json(body) => control_http::json(self.status, &body),
            Body::Text(text) => control_http::answer(self.status, JSON, text),
        };
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Refusal {
        Refusal::new(StatusCode::from_u16(invalid.status).unwrap_or(StatusCode::BAD_REQUEST), invalid.message)
    }
}

impl From<Refused<Refusal>> for Refusal {
    fn from(refused: Refused<Refusal>) -> Refusal {
        match refused {
            Refused::Job(refusal) => refusal,
            Refused::Store(full @ StoreError::Full) => Refusal::new(StatusCode::INSUFFICIENT_STORAGE, full.to_string()),
            Refused::Store(error) => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            Refused::Ended => Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the gateway is ending, or failed at checking this object",
            ),
        }
    }
}

/// A stored object as answers show it: `value` is what may be seen of it.
pub(super) fn node(key: String, value: Value, stored: &Stored) -> Value {
    // Not `json!`, which would copy the value.
    Value::Object(Map::from_iter([
        ("key".to_owned(), Value::String(key)),
        ("value".to_owned(), value),
        ("createdIndex".to_owned(), stored.created.into()),
        ("modifiedIndex".to_owned(), stored.modified.into()),
    ]))
}

/// A list, written as it comes: no tree of the whole is ever held.
pub(super) fn list(nodes: impl Iterator<Item = Value>, total: usize) -> Answer {
    let mut body = b"{\"list\":[".to_vec();
    for (at, node) in nodes.enumerate() {
        if at > 0 {
            body.push(b',');
        }
        // Neither a vector nor a value of JSON can refuse.
        let _ = serde_json::to_writer(&mut body, &node);
    }
    body.extend_from_slice(format!("],\"total\":{total}}}\n").as_bytes());
    control_http::answer(StatusCode::OK, JSON, body)
}

/// What any page may know of an answer (`enable_admin_cors`). With `*` browsers send no cookie.
pub(super) fn allow_origins(answer: &mut Answer) {
    set(answer, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(answer, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    set(answer, ACCESS_CONTROL_EXPOSE_HEADERS, "*");
    set(answer, ACCESS_CONTROL_MAX_AGE, "3600");
}

/// The answer to an OPTIONS request.
pub(super) fn preflight() -> Answer {
    let mut answer = control_http::answer(StatusCode::OK, "text/plain", Bytes::new());
    set(&mut answer, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(&mut answer, ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, PUT, OPTIONS, DELETE, PATCH");
    set(&mut answer, ACCESS_CONTROL_MAX_AGE, "3600");
    set(&mut answer, ACCESS_CONTROL_ALLOW_HEADERS, "*");
    set(&mut answer, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    answer
}

/// Which form the answer has.
pub(super) fn version(answer: &mut Answer, version: &'static str) {
    set(answer, HeaderName::from_static("x-api-version"), version);
}

/// The version of the gateway itself.
pub(super) fn gateway_version(answer: &mut Answer) {
    set(answer, HeaderName::from_static("x-gateway-version"), env!("CARGO_PKG_VERSION"));
}

fn set(answer: &mut Answer, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}
