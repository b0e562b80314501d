//! Gets secrets from where they live, one file a manager. What is remembered, and who is told of a change, is the engine's
//! ([`gateway_engine::secrets`]); as with names and who resolves them, this room only asks.
//!
//! Managers are called over [`gateway_outbound::http`]: certificates are verified, redirects are not followed, answers are bounded.
//! No error holds a secret, a token or an address.

mod aws;
mod gcp;
mod vault;

use std::time::Duration;

use bytes::Bytes;
use gateway_engine::secrets::{Fetch, FetchError, Fetching, Request};
use gateway_outbound::http::{self, Answer, Call, CallError, Settings};
use serde_json::Value;

/// All managers of this build.
#[derive(Debug, Default)]
pub struct Managers {
    gcp: gcp::Tokens,
}

impl Fetch for Managers {
    fn fetch<'a>(&'a self, request: &'a Request) -> Fetching<'a> {
        match request.kind() {
            "vault" => Box::pin(vault::fetch(request)),
            "aws" => Box::pin(aws::fetch(request)),
            "gcp" => Box::pin(self.gcp.fetch(request)),
            kind => {
                let error = FetchError::Refused(format!("there is no kind of secret manager named {kind}"));
                Box::pin(std::future::ready(Err(error)))
            }
        }
    }
}

/// Longest answer of a manager, in bytes.
const LONGEST: usize = 1 << 20;

/// The time one call may take. The engine bounds all calls for a secret together.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Calls a manager.
async fn call(manager: &str, request: Call, verify: bool) -> Result<Answer, FetchError> {
    let settings = Settings { verify, timeout: TIMEOUT, ..Settings::default() };
    http::call(&settings, request, LONGEST).await.map_err(|error| match error {
        CallError::TooLong(_) => FetchError::Refused(format!("{manager}: {error}")),
        error => FetchError::Unreachable(format!("{manager}: {error}")),
    })
}

/// What an answer that is no success means: that there is nothing, or that it may be had later.
fn refusal(manager: &str, answer: &Answer, why: Option<&str>) -> FetchError {
    let status = answer.status.as_u16();
    let why = why.map(|why| format!(" ({})", printable(why))).unwrap_or_default();
    let text = format!("{manager} answered with status {status}{why}");
    match status {
        429 | 500.. => FetchError::Unreachable(text),
        _ => FetchError::Refused(text),
    }
}

/// A short piece of what a manager says, for logs.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// An answer's body as JSON.
fn json(body: &Bytes) -> Option<Value> {
    gateway_model::json::parse(body).ok()
}

/// A field of a manager's object.
fn field<'a>(conf: &'a Value, name: &str) -> Option<&'a str> {
    conf.get(name).and_then(Value::as_str)
}

fn wrong(what: &str) -> FetchError {
    FetchError::Refused(format!("the secret manager's object: {what}"))
}
