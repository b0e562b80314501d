//! The metrics listener (`plugin_attr.prometheus.export_addr`), and what of the gateway itself is measured.

use std::net::TcpListener;
use std::sync::Arc;

use gateway_engine::snapshot::Shared;
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::boot::BootError;
use crate::config::Config;
use crate::control_http::{self, Bounds};
use crate::logging::AccessLog;
use crate::state::State;

/// Makes the text of the metrics.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// Serves the metrics under `uri` on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub fn serve(listener: TcpListener, uri: String, render: Render) -> Result<(), BootError> {
    control_http::serve(listener, Bounds::default(), move |request, _| {
        let answer = match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, path) if path == uri => {
                control_http::answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", render())
            }
            (_, path) if path == uri => {
                control_http::json(StatusCode::METHOD_NOT_ALLOWED, &json!({"error_msg": "405 Not Allowed"}))
            }
            _ => control_http::json(StatusCode::NOT_FOUND, &json!({"error_msg": "404 Not Found"})),
        };
        std::future::ready(answer)
    })
}

/// What renders the metrics of this process.
pub fn provider(config: &Config, shared: Arc<Shared>, state: State, access_log: Option<Arc<AccessLog>>) -> Render {
    let prefix = config.metrics.prefix.clone();
    Arc::new(move || {
        let _ = (&access_log, &state);
        format!(
            "# TYPE {prefix}http_requests_total gauge\n{prefix}http_requests_total {}\n",
            shared.sum(|c| c.requests.get())
        )
    })
}
