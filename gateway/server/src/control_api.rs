//! The Control API (`apisix.control`): what this instance holds, for the people who run it. It shows no secrets and takes no key.

use std::net::TcpListener;

use hyper::StatusCode;
use serde_json::json;

use crate::boot::BootError;
use crate::control_http::{self, Bounds};
use crate::state::State;

/// Serves the Control API on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub fn serve(listener: TcpListener, state: State) -> Result<(), BootError> {
    control_http::serve(listener, Bounds::default(), move |_, _| {
        let _ = &state;
        std::future::ready(control_http::json(StatusCode::NOT_FOUND, &json!({"error_msg": "404 Not Found"})))
    })
}
