//! The status server (`apisix.status`): whether the process lives, and whether it is ready for traffic.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::{Method, StatusCode};
use serde_json::json;

use crate::boot::BootError;
use crate::control_http::{self, Answer, Bounds, Gate};

/// Serves `/status` (always ok) and `/status/ready` (ok while `ready` is set) on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub(crate) fn serve(
    listener: TcpListener,
    ready: Arc<AtomicBool>,
    bounds: Bounds,
    gate: &Gate,
) -> Result<(), BootError> {
    control_http::serve(listener, bounds, gate, move |request, _| {
        let answer = respond(request.method(), request.uri().path(), ready.load(Ordering::Acquire));
        std::future::ready(answer)
    })
}

fn respond(method: &Method, path: &str, ready: bool) -> Answer {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return control_http::json(StatusCode::METHOD_NOT_ALLOWED, &json!({"error_msg": "405 Not Allowed"}));
    }
    match path {
        "/status" => control_http::json(StatusCode::OK, &json!({"status": "ok"})),
        "/status/ready" if ready => control_http::json(StatusCode::OK, &json!({"status": "ok"})),
        "/status/ready" => control_http::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({"status": "error", "error": "starting, or shutting down"}),
        ),
        _ => control_http::json(StatusCode::NOT_FOUND, &json!({"error_msg": "404 Not Found"})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        for (method, path, ready, status) in [
            (Method::GET, "/status", false, 200),
            (Method::HEAD, "/status/ready", true, 200),
            (Method::GET, "/status/ready", false, 503),
            (Method::GET, "/", true, 404),
            (Method::POST, "/status", true, 405),
        ] {
            assert_eq!(respond(&method, path, ready).status(), status, "{method} {path} {ready}");
        }
    }
}
