//! The metrics listener (`plugin_attr.prometheus.export_addr`), and what of the gateway itself is measured.
//!
//! Names that APISIX has keep them, under the configured prefix; what only this gateway measures begins with `gateway_`. Numbers of
//! the request path are the workers' own counters, added up here.

mod text;

use std::net::TcpListener;
use std::sync::Arc;

use gateway_engine::snapshot::{Pressure, Shared};
use gateway_engine::worker::Counters;
use gateway_model::Kind;
use hyper::{Method, StatusCode};
use serde_json::json;

use self::text::Text;
use crate::boot::BootError;
use crate::config::Config;
use crate::control_http::{self, Bounds};
use crate::logging::AccessLog;
use crate::state::State;

/// Makes the text of the metrics.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// Upper bounds of the latency histogram, in milliseconds.
const LATENCY_MS: [u64; 15] = gateway_engine::worker::LATENCY_BUCKETS_MS;

/// Serves the metrics under `uri` on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub fn serve(listener: TcpListener, uri: String, render: Render) -> Result<(), BootError> {
    let uri = Arc::new(uri);
    control_http::serve(listener, Bounds::default(), move |request, _| {
        let (uri, render) = (Arc::clone(&uri), Arc::clone(&render));
        async move {
            if request.uri().path() != *uri {
                return control_http::json(StatusCode::NOT_FOUND, &json!({"error_msg": "404 Not Found"}));
            }
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                return control_http::json(StatusCode::METHOD_NOT_ALLOWED, &json!({"error_msg": "405 Not Allowed"}));
            }
            match tokio::task::spawn_blocking(move || render()).await {
                Ok(text) => control_http::answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text),
                Err(_) => control_http::json(StatusCode::INTERNAL_SERVER_ERROR, &json!({"message": "no metrics"})),
            }
        }
    })
}

/// What renders the metrics of this process.
pub fn provider(config: &Config, shared: Arc<Shared>, state: State, access_log: Option<Arc<AccessLog>>) -> Render {
    let prefix = config.metrics.prefix.clone();
    let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Arc::new(move || {
        let mut text = Text::default();
        process(&mut text, &prefix, &hostname, &shared);
        requests(&mut text, &shared);
        configuration(&mut text, &prefix, &state);
        if let Some(log) = &access_log {
            let counters = log.counters();
            text.counter("gateway_access_log_records_total", "Access log records, by what became of them.")
                .sample(&[("state", "written")], counters.written)
                .sample(&[("state", "dropped")], counters.dropped)
                .sample(&[("state", "lost")], counters.lost);
        }
        text.finish()
    })
}

fn process(text: &mut Text, prefix: &str, hostname: &str, shared: &Shared) {
    let (accepted, active) = (shared.sum(|c| c.accepted.get()), shared.sum(|c| c.active.get()));
    let waiting = shared.sum(|c| c.waiting.get());
    text.gauge(&format!("{prefix}nginx_http_current_connections"), "Client connections.")
        .sample(&[("state", "active")], active)
        .sample(&[("state", "accepted")], accepted)
        .sample(&[("state", "handled")], accepted.saturating_sub(shared.sum(|c| c.shed.get())))
        .sample(&[("state", "reading")], 0)
        .sample(&[("state", "writing")], active.saturating_sub(waiting))
        .sample(&[("state", "waiting")], waiting);
    text.gauge(&format!("{prefix}http_requests_total"), "Client requests since the start.")
        .sample(&[], shared.sum(|c| c.requests.get()));
    text.gauge(&format!("{prefix}node_info"), "What this node is.")
        .sample(&[("hostname", hostname), ("version", env!("CARGO_PKG_VERSION"))], 1);
    if let Some(bytes) = crate::boot::resident() {
        text.gauge("gateway_memory_bytes", "Resident memory of the process.").sample(&[], bytes);
    }
    let pressed = u64::from(shared.pressure() != Pressure::None);
    text.gauge("gateway_under_pressure", "Connections or memory are scarce.").sample(&[], pressed);
}

fn requests(text: &mut Text, shared: &Shared) {
    let total = |of: fn(&Counters) -> u64| shared.sum(of);
    let classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
    let mut family = text.counter("gateway_requests_total", "Requests finished, by class of the status.");
    for (class, name) in classes.iter().enumerate() {
        family = family.sample(&[("code", name)], shared.sum(|c| c.statuses.get(class).map_or(0, |n| n.get())));
    }
    let counts: Vec<u64> =
        (0..=LATENCY_MS.len()).map(|at| shared.sum(|c| c.latency.get(at).map_or(0, |n| n.get()))).collect();
    text.histogram(
        "gateway_request_duration_milliseconds",
        "From the first byte of a request to the last of its answer.",
        &LATENCY_MS,
        &counts,
        total(|c| c.latency_sum_ms.get()),
    );
    let counters: [(&str, &str, fn(&Counters) -> u64); 6] = [
        ("gateway_received_bytes_total", "Bytes of requests.", |c| c.received_bytes.get()),
        ("gateway_sent_bytes_total", "Bytes of answers.", |c| c.sent_bytes.get()),
        ("gateway_upstream_retries_total", "Tries at upstreams beyond the first.", |c| c.retries.get()),
        ("gateway_requests_refused_total", "Requests refused for their framing or a limit.", |c| c.refused.get()),
        ("gateway_connections_shed_total", "Connections closed because a limit was reached.", |c| c.shed.get()),
        ("gateway_panics_total", "Panics caught; each ended one request.", |c| c.panics.get()),
    ];
    for (name, help, of) in counters {
        text.counter(name, help).sample(&[], total(of));
    }
}

fn configuration(text: &mut Text, prefix: &str, state: &State) {
    let (newest, counts) = state.read(|tables| {
        let newest: Vec<(Kind, u64)> = Kind::ALL.iter().map(|kind| (*kind, tables.newest(*kind))).collect();
        let counts: Vec<(Kind, usize)> = Kind::ALL.iter().map(|kind| (*kind, tables.count(*kind))).collect();
        (newest, counts)
    });
    let mut indexes = text.gauge(&format!("{prefix}etcd_modify_indexes"), "Newest revision of each resource.");
    for (kind, revision) in &newest {
        indexes = indexes.sample(&[("key", kind.plural())], *revision);
    }
    let max = newest.iter().map(|(_, revision)| *revision).max().unwrap_or_default();
    indexes.sample(&[("key", "max_modify_index")], max);
    let mut objects = text.gauge("gateway_config_objects", "Stored objects.");
    for (kind, count) in counts {
        objects = objects.sample(&[("kind", kind.singular())], count as u64);
    }
    text.gauge("gateway_config_skipped_objects", "Stored objects that could not be made to run at the start.")
        .sample(&[], state.skipped() as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_of_the_engine_has_its_bucket() {
        let counters = Counters::default();
        assert_eq!(counters.latency.len(), LATENCY_MS.len() + 1);
        assert_eq!(counters.statuses.len(), 6);
    }
}
