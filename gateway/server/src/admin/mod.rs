//! The Admin API.

use std::net::TcpListener;

use hyper::StatusCode;
use serde_json::json;

use crate::boot::BootError;
use crate::config::{Admin, Config};
use crate::control_http::{self, Bounds};
use crate::state::State;

/// Serves the Admin API on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub fn serve(listener: TcpListener, state: State, admin: Admin, config: &Config) -> Result<(), BootError> {
    let bounds = Bounds { connections: config.limits.admin_connections, ..Bounds::default() };
    control_http::serve(listener, bounds, move |_, _| {
        let _ = (&state, &admin);
        std::future::ready(control_http::json(StatusCode::NOT_FOUND, &json!({"error_msg": "404 Not Found"})))
    })
}
