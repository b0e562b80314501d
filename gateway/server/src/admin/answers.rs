//! The forms of answers, and what a refusal says.

use gateway_model::Kind;
use gateway_model::check::Invalid;
use gateway_store::StoreError;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, ETAG, HeaderName,
    HeaderValue, RETRY_AFTER,
};
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::query::Query;
use crate::control_http::{self, Answer};
use crate::state::{Refused, Stored};

/// Content type of answers.
pub(super) const JSON: &str = "application/json";

/// An answer that says no.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Body,
    /// Every fault that was found, for those who want to know more than the first.
    details: Vec<Value>,
    retry_after: Option<u64>,
    /// The method that there is.
    allow: Option<&'static str>,
    /// Which form of answers the handler of a resource gives.
    version: Option<&'static str>,
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
        Refusal { status, body: Body::Json(body), details: Vec::new(), retry_after: None, allow: None, version: None }
    }

    /// 400.
    pub(super) fn bad(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 with a plain text.
    pub(super) fn text(text: &'static str) -> Refusal {
        Refusal { body: Body::Text(text), ..Refusal::bad("") }
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

    /// 503: there are as many streams as there may be, to be tried again in a moment.
    pub(super) fn streams(most: usize) -> Refusal {
        let message = format!("{most} streams are read already, which is the most a gateway has");
        Refusal { retry_after: Some(1), ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message) }
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

    /// 405: what is of this gateway alone knows one method.
    pub(super) fn takes(method: &'static str) -> Refusal {
        Refusal { allow: Some(method), ..Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("takes {method} alone")) }
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

    /// 403: nothing can be changed here.
    pub(super) fn read_only() -> Refusal {
        let message = "this Admin API is for reading only (gateway.admin.read_only)";
        Refusal::new(StatusCode::FORBIDDEN, message)
    }

    /// 500: a fault of the gateway.
    pub(super) fn internal() -> Refusal {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "500 Internal Server Error")
    }

    /// What is wrong with an object: the first fault is what everybody is told, all of them are the details.
    pub(super) fn faults(faults: Vec<Invalid>) -> Refusal {
        let details = faults.iter().map(detail).collect();
        let first = faults.into_iter().next().map(Refusal::from);
        first.map_or_else(Refusal::internal, |refusal| Refusal { details, ..refusal })
    }

    /// The same from a resource's handler, whose answers say which form they have.
    pub(super) fn with_version(self, version: &'static str) -> Refusal {
        Refusal { version: Some(version), ..self }
    }

    /// The answer; `details`: whether the client wants them.
    pub(super) fn answer(mut self, details: bool) -> Answer {
        if let (Body::Json(Value::Object(fields)), true, false) = (&mut self.body, details, self.details.is_empty()) {
            fields.insert("details".to_owned(), Value::Array(std::mem::take(&mut self.details)));
        }
        let mut answer = match self.body {
            Body::Json(body) => control_http::json(self.status, &body),
            Body::Text(text) => control_http::answer(self.status, JSON, text),
        };
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(method) = self.allow {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
        }
        if let Some(version) = self.version {
            self::version(&mut answer, version);
        }
        answer
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Refusal {
        let details = vec![detail(&invalid)];
        let status = StatusCode::from_u16(invalid.status).unwrap_or(StatusCode::BAD_REQUEST);
        Refusal { details, ..Refusal::new(status, invalid.message) }
    }
}

/// A fault as `details` shows it: a JSON pointer to the value, the rule, and what is wrong there.
pub(super) fn detail(invalid: &Invalid) -> Value {
    json!({ "path": invalid.path, "code": invalid.code, "message": invalid.reason() })
}

/// Whether a client is told more than APISIX would tell (`details`, `warnings`). Clients say what they accept, or ask for it
/// with `details=true`; whoever says neither gets the answer that APISIX gives, to the last member.
pub(super) fn wants_more(head: &Parts, query: &Query) -> bool {
    match query.get("details") {
        Some("true") => true,
        Some("false") => false,
        _ => head.headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok()).any(|accept| {
            let types = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
            types.into_iter().any(|range| matches!(range, "*/*" | "application/*" | "application/json"))
        }),
    }
}

/// The revision of an object as its entity tag, for `If-Match`.
pub(super) fn entity_tag(answer: &mut Answer, revision: u64) {
    // Digits and quotes are a header value.
    if let Ok(value) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        answer.headers_mut().insert(ETAG, value);
    }
}

/// Says that nothing was stored.
pub(super) fn rehearsed(answer: &mut Answer) {
    set(answer, HeaderName::from_static("x-dry-run"), "true");
}

/// What the store could not do.
pub(super) fn of_store(error: StoreError) -> Refusal {
    match error {
        full @ StoreError::Full => Refusal::new(StatusCode::INSUFFICIENT_STORAGE, full.to_string()),
        error => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

impl From<Refused<Refusal>> for Refusal {
    fn from(refused: Refused<Refusal>) -> Refusal {
        match refused {
            Refused::Job(refusal) => refusal,
            Refused::Store(error) => of_store(error),
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
