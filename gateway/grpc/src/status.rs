//! How calls end.

use std::time::Duration;

use http::HeaderMap;
use tonic::Status;

/// The end of a call.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The status: 0 is well.
    pub status: i32,
    /// What the server says to it.
    pub message: String,
    /// The trailers, without what is told above.
    pub trailers: HeaderMap,
    /// The status is not the server's word: there was no connection, it broke, or what came is no gRPC. Why.
    pub broken: Option<String>,
}

impl Ended {
    /// A call that ended well.
    pub(crate) fn well(trailers: HeaderMap) -> Ended {
        Ended { status: 0, message: String::new(), trailers: told(trailers), broken: None }
    }

    /// A call of any end.
    pub(crate) fn of(status: &Status) -> Ended {
        let broken = std::error::Error::source(status).map(|_| cause(status));
        Ended {
            status: status.code() as i32,
            message: status.message().to_owned(),
            trailers: told(status.metadata().clone().into_headers()),
            broken,
        }
    }

    /// A call that was given up, by our own word: it has not ended in time.
    pub fn late(within: Duration) -> Ended {
        Ended::ours(4, format!("the call has not ended within {} ms", within.as_millis()))
    }

    /// A call that was given up, by our own word.
    pub fn ours(status: i32, message: String) -> Ended {
        Ended { status, message, trailers: HeaderMap::new(), broken: None }
    }

    /// The name of the status.
    pub fn name(&self) -> &'static str {
        name(self.status)
    }
}

/// Without the fields that are told apart.
fn told(mut trailers: HeaderMap) -> HeaderMap {
    for field in ["grpc-status", "grpc-message", "content-type"] {
        trailers.remove(field);
    }
    trailers
}

/// The innermost reason, which is the one that helps, in a line of bounded length.
fn cause(status: &Status) -> String {
    let mut innermost: &dyn std::error::Error = status;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    let text = innermost.to_string();
    // "Connection refused (os error 111)"
    text.split(" (os error").next().unwrap_or_default().chars().take(400).collect()
}

/// Statuses have names, too.
pub fn name(status: i32) -> &'static str {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    usize::try_from(status).ok().and_then(|status| NAMES.get(status).copied()).unwrap_or("?")
}
