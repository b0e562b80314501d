//! The metrics listener (`plugin_attr.prometheus.export_addr`), and what only the process knows of itself: the `prometheus`
//! plugin writes the text and adds up what the workers count.

mod upstreams;

use std::net::TcpListener;
use std::sync::{Arc, OnceLock};

use gateway_engine::snapshot::{Pressure, Shared};
use gateway_engine::tls::{Identity, SOON, Staple, StapleStatus, unix_seconds};
use gateway_model::Kind;
use gateway_outbound::redis::Servers;
use gateway_plugins::prometheus::{self, Extra, Process, Sample};
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::boot::{self, BootError};
use crate::control_http::{self, Answer, Bounds, Gate};
use crate::logging::AccessLog;
use crate::standalone::Status;
use crate::state::State;
use crate::{discovery, health};

/// Makes the text of the metrics.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// Serves the metrics under `uri` on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub(crate) fn serve(
    listener: TcpListener,
    uri: String,
    render: Render,
    bounds: Bounds,
    gate: &Gate,
) -> Result<(), BootError> {
    let uri = Arc::new(uri);
    control_http::serve(listener, bounds, gate, move |request, _| {
        let (uri, render) = (Arc::clone(&uri), Arc::clone(&render));
        async move {
            if request.uri().path() != *uri {
                return control_http::json(StatusCode::NOT_FOUND, &json!({"error_msg": "404 Not Found"}));
            }
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                return control_http::json(StatusCode::METHOD_NOT_ALLOWED, &json!({"error_msg": "405 Not Allowed"}));
            }
            text(render).await
        }
    })
}

/// Much to write takes long; other requests need not wait for it.
async fn text(render: Render) -> Answer {
    match tokio::task::spawn_blocking(move || render()).await {
        Ok(text) => control_http::answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text),
        Err(_) => control_http::json(StatusCode::INTERNAL_SERVER_ERROR, &json!({"message": "no metrics"})),
    }
}

/// What renders the metrics of this process; its access log is there from when it is first switched on. Names of metrics begin with `plugin_attr.prometheus.metric_prefix`.
pub fn provider(shared: Arc<Shared>, state: State, access_log: Arc<OnceLock<Arc<AccessLog>>>) -> Render {
    let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Arc::new(move || {
        let process = Process {
            hostname: hostname.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            // The embedded store has no way to be away.
            store_reachable: Some(true),
            modify_indexes: modify_indexes(&state),
            extra: extra(&shared, &state, access_log.get().map(Arc::as_ref)),
        };
        prometheus::render(&shared, &process)
    })
}

/// The newest revision of each kind, under the names that APISIX's dashboards know.
fn modify_indexes(state: &State) -> Vec<(String, u64)> {
    let newest = state.read(|tables| Kind::ALL.map(|kind| (kind, tables.newest(kind))));
    let max = newest.iter().map(|(_, revision)| *revision).max().unwrap_or_default();
    let kinds = newest.iter().filter(|(kind, _)| *kind != Kind::Credential);
    let kinds = kinds.map(|(kind, revision)| (kind.plural().to_owned(), *revision));
    let whole = ["prev_index", "max_modify_index", "x_etcd_index"].map(|name| (name.to_owned(), max));
    kinds.chain(whole).collect()
}

/// What of the store's files was found damaged by this process.
fn store_damage(state: &State) -> Extra {
    let found = state.store().set_aside();
    let sample = |restored: bool| Sample {
        labels: vec![("restored".to_owned(), restored.to_string())],
        value: found.iter().filter(|damage| damage.restored == restored).count() as u64,
    };
    Extra {
        name: "gateway_store_damage".to_owned(),
        help: "Damage found in the files of the store since the start, by whether everything could be restored"
            .to_owned(),
        counter: false,
        samples: vec![sample(true), sample(false)],
    }
}

/// What this gateway measures beyond APISIX.
fn extra(shared: &Shared, state: &State, access_log: Option<&AccessLog>) -> Vec<Extra> {
    let counts = state.read(|tables| Kind::ALL.map(|kind| (kind, tables.count(kind))));
    let label = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let mut extra = vec![
        Extra {
            name: "gateway_config_objects".to_owned(),
            help: "Stored objects".to_owned(),
            counter: false,
            samples: counts
                .iter()
                .map(|(kind, count)| Sample { labels: label("kind", kind.singular()), value: *count as u64 })
                .collect(),
        },
        Extra::single(
            "gateway_config_skipped_objects",
            "Stored objects that cannot be made to run",
            false,
            state.skipped() as u64,
        ),
        store_damage(state),
        Extra::single(
            "gateway_under_pressure",
            "Whether connections or memory are scarce",
            false,
            u64::from(shared.pressure() != Pressure::None),
        ),
    ];
    let status: Arc<Status> = shared.registry.states.get();
    extra.extend(status.get().map(|became| {
        let refused = u64::from(became.error.is_some());
        Extra::single(
            "gateway_config_file_refused",
            "Whether the standalone file as it is now was not taken, and what was taken before goes on",
            false,
            refused,
        )
    }));
    extra.extend(tls(shared));
    extra.extend(staples(shared));
    if shared.checkers.enabled() {
        extra.extend(health::metrics(&shared.checkers));
    }
    extra.extend(upstreams::all(shared));
    extra.extend(discovery::metrics(shared));
    extra.push(redis(shared));
    let memory = boot::resident();
    extra.extend(
        memory.map(|bytes| Extra::single("gateway_memory_bytes", "Resident memory of the process", false, bytes)),
    );
    if let Some(counters) = access_log.map(AccessLog::counters) {
        let sample = |state: &str, value: u64| Sample { labels: label("state", state), value };
        extra.push(Extra {
            name: "gateway_access_log_records_total".to_owned(),
            help: "Access log records, by what became of them".to_owned(),
            counter: true,
            samples: vec![
                sample("written", counters.written),
                sample("dropped", counters.dropped),
                sample("lost", counters.lost),
            ],
        });
    }
    extra
}

/// Calls to Redis that failed.
fn redis(shared: &Shared) -> Extra {
    let failures = shared.registry.states.get::<Servers>().failures();
    let sample =
        |(plugin, value): (&str, u64)| Sample { labels: vec![("plugin".to_owned(), plugin.to_owned())], value };
    Extra {
        name: "gateway_redis_errors_total".to_owned(),
        help: "Calls to Redis without a usable answer, by plugin".to_owned(),
        counter: true,
        samples: failures.into_iter().map(sample).collect(),
    }
}

/// Handshakes, and when certificates end.
fn tls(shared: &Shared) -> Vec<Extra> {
    let snapshot = shared.snapshot();
    let mut identities = snapshot.certificates.all();
    identities.retain(|identity| !identity.is_shut());
    let now = unix_seconds();
    let soon = identities.iter().filter(|i| i.not_after().saturating_sub(now) < SOON).count();
    let label = |name: &str, value: String| (name.to_owned(), value);
    let ends = |identity: &&Arc<Identity>| Sample {
        labels: vec![
            label("id", identity.id.to_string()),
            label("sni", identity.names().collect::<Vec<_>>().join(" ")),
        ],
        value: u64::try_from(identity.not_after()).unwrap_or_default(),
    };
    let result = |result: &str, value: u64| Sample { labels: vec![label("result", result.to_owned())], value };
    vec![
        Extra {
            name: "gateway_tls_handshakes_total".to_owned(),
            help: "TLS handshakes of clients, by what became of them".to_owned(),
            counter: true,
            samples: vec![
                result("agreed", shared.sum(|c| c.handshakes.get())),
                result("failed", shared.sum(|c| c.handshakes_failed.get())),
            ],
        },
        Extra {
            name: "gateway_certificate_not_after_seconds".to_owned(),
            help: "When the first certificate of an ssl object ends, in seconds since 1970".to_owned(),
            counter: false,
            samples: identities.iter().take(CERTIFICATES).map(ends).collect(),
        },
        Extra::single(
            "gateway_certificates_expiring",
            "Objects of ssls with a certificate that has ended or does within 30 days",
            false,
            soon as u64,
        ),
    ]
}

/// What the authorities of certificates say of them.
fn staples(shared: &Shared) -> Vec<Extra> {
    let snapshot = shared.snapshot();
    let mut staples: Vec<&Arc<Staple>> = Vec::new();
    let mut ends = Vec::new();
    for identity in snapshot.certificates.all() {
        staples.extend(identity.staples());
        if let Some(until) = identity.staples().map(|staple| staple.until()).min() {
            let labels = vec![
                ("id".to_owned(), identity.id.to_string()),
                ("sni".to_owned(), identity.names().collect::<Vec<_>>().join(" ")),
            ];
            ends.push(Sample { labels, value: u64::try_from(until).unwrap_or_default() });
        }
    }
    // Objects with the same certificate share what is known of it.
    staples.sort_by_key(|staple| Arc::as_ptr(staple));
    staples.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let count = |status: StapleStatus| Sample {
        labels: vec![("status".to_owned(), status.as_str().to_owned())],
        value: staples.iter().filter(|staple| staple.status() == status).count() as u64,
    };
    ends.truncate(CERTIFICATES);
    vec![
        Extra {
            name: "gateway_ocsp_certificates".to_owned(),
            help: "Certificates whose authority is asked about them, by what came of it the last time".to_owned(),
            counter: false,
            samples: StapleStatus::ALL.map(count).into(),
        },
        Extra {
            name: "gateway_ocsp_answer_until_seconds".to_owned(),
            help: "Until when the OCSP answers of an ssl object hold, the first to end, in seconds since 1970; 0: one is missing"
                .to_owned(),
            counter: false,
            samples: ends,
        },
    ]
}

/// Most certificates with a series of their own.
const CERTIFICATES: usize = 1000;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use gateway_store::{Embedded, Options};
    use tempfile::TempDir;

    use super::*;
    use crate::state::testkit;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn over_a_socket() {
        let dir = TempDir::new().unwrap();
        let store = Arc::new(Embedded::open(dir.path(), Options::default()).unwrap());
        let (state, shared) = testkit::start(store, None, tokio::runtime::Handle::current());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let render = provider(shared, state, Arc::default());
        let bounds = Bounds { connections: 64, head: std::time::Duration::from_secs(10) };
        serve(listener, "/apisix/prometheus/metrics".to_owned(), render, bounds, &Gate::default()).unwrap();
        let get = move |path: &str| {
            let mut stream = std::net::TcpStream::connect(addr).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        let text = tokio::task::spawn_blocking(move || (get("/apisix/prometheus/metrics"), get("/"))).await.unwrap();
        assert!(text.1.starts_with("HTTP/1.1 404 "), "{}", text.1);
        for line in [
            "content-type: text/plain; version=0.0.4; charset=utf-8",
            "apisix_http_requests_total 0",
            "apisix_etcd_modify_indexes{key=\"routes\"} 0",
            "apisix_gateway_config_objects{kind=\"route\"} 0",
        ] {
            assert!(text.0.contains(line), "{line} in {}", text.0);
        }
    }
}
