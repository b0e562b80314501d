//! A whole answer, and what it says.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER, SERVER};
use serde_json::Value;

use crate::error::{Error, Http, Kind, Result};
use crate::output::mask;

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether an earlier try may have had its effect.
    pub(crate) retried: bool,
    pub(super) method: String,
    pub(super) path: String,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Server: the API defines no other bodies for a success.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = match self.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) {
                // Nobody asked for it.
                Some(coding) => format!("something in the encoding {coding}"),
                None => format!("something that is not JSON: {error}"),
            };
            let message = format!("{} {} answered {what}", self.method, self.path);
            Error::new(Kind::Server, message)
                .http(self.exchange())
                .hint("is --server the Admin API, and not the proxy?")
        })
    }

    /// The body as JSON that is more than a single value: what the live endpoints tell.
    ///
    /// # Errors
    /// As [`Answer::json`].
    pub(crate) fn document(&self) -> Result<Value> {
        let value = self.json()?;
        if value.is_object() || value.is_array() {
            return Ok(value);
        }
        let message = format!("{} {} answered {}, which is no document", self.method, self.path, short(&value));
        Err(Error::new(Kind::Server, message).http(self.exchange()))
    }

    /// The answer in words, where its body has none.
    pub(crate) fn told(&self) -> String {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let page = if kind.starts_with("text/html") { " with a page of HTML" } else { "" };
        format!("{} {} was answered {}{page}", self.method, self.path, self.status)
    }

    /// Where a redirection points to.
    pub(crate) fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION).filter(|_| (300..400).contains(&self.status))?.to_str().ok()
    }

    /// What was asked: `GET /apisix/admin/routes`.
    pub(crate) fn asked(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The software that answered, by its `Server` header.
    pub(crate) fn server(&self) -> Option<&str> {
        self.headers.get(SERVER).and_then(|value| value.to_str().ok())
    }

    /// The version of the gateway itself, which `Server` hides behind the name of what it is compatible with.
    pub(crate) fn gateway_version(&self) -> Option<&str> {
        self.headers.get("x-gateway-version").and_then(|value| value.to_str().ok())
    }

    /// The seconds after which the server wants to be asked again.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
    }

    /// Who was asked what and said what, for an error. Secrets in the body are masked.
    pub(crate) fn exchange(&self) -> Http {
        let body = match serde_json::from_slice::<Value>(&self.body) {
            Ok(value) => mask::masked(&value, false),
            Err(_) => Value::String(mask::text(&shortened(&self.body)).into_owned()),
        };
        Http { method: self.method.clone(), path: self.path.clone(), status: self.status, body }
    }
}

/// A value that is no object or list, in words; a text may be long, or a secret.
fn short(value: &Value) -> String {
    if value.is_string() { "a text".to_owned() } else { value.to_string() }
}

/// The beginning of a body that is not JSON (an HTML page of some proxy).
fn shortened(body: &[u8]) -> String {
    const LIMIT: usize = 512;
    String::from_utf8_lossy(body.get(..LIMIT).unwrap_or(body)).into_owned()
}
