//! The listeners of a gateway, and whether they answer.

use std::time::Duration;

use reqwest::Url;

use crate::context::{Listener, is_loopback};
use crate::error::{Error, Kind, Result};

/// One listener, and what came of asking it.
pub(super) struct Seen {
    pub(super) name: &'static str,
    pub(super) url: Url,
    pub(super) state: State,
    pub(super) detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    /// It should answer and does not.
    Failed,
    /// It does not answer, and may well not be meant to be reached from here.
    Unknown,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Failed => "failed",
            State::Unknown => "unknown",
        }
    }
}

impl Seen {
    /// A listener beside the Admin API, and why it did not answer.
    pub(super) fn beside(name: &'static str, listener: &Listener, error: Option<&Error>) -> Seen {
        // Those that nobody named are bound to loopback by default: from elsewhere they cannot be seen.
        let expected = listener.given || is_loopback(&listener.url);
        let (state, detail) = match error {
            None => (State::Ok, String::new()),
            Some(error) if expected => (State::Failed, error.message().to_owned()),
            Some(_) => (State::Unknown, "not reachable from here".to_owned()),
        };
        Seen { name, url: listener.url.clone(), state, detail }
    }
}

/// Whether somebody listens. No request is sent: it would reach somebody's application.
///
/// # Errors
/// Unreachable.
pub(in crate::commands) async fn knock(listener: &Listener, limit: Option<Duration>) -> Result<()> {
    let host = listener.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = listener.url.port_or_known_default().unwrap_or(80);
    let connect = tokio::net::TcpStream::connect((host.as_str(), port));
    let limit = limit.unwrap_or(Duration::from_secs(60));
    let failed = |why: String| Error::new(Kind::Unreachable, format!("cannot connect to {host}:{port}: {why}"));
    match tokio::time::timeout(limit, connect).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            let text = error.to_string();
            Err(failed(text.split(" (os error").next().unwrap_or_default().to_owned()))
        }
        Err(_) => Err(failed(format!("nothing within {limit:?}"))),
    }
}
