//! `GET live/info`: the process, and the state of the configuration.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use gateway_model::Kind;
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::super::{Api, Refusal};
use crate::boot;
use crate::config::{Config, Listener, Provider, Role};
use crate::control_http::{self, Answer};
use crate::discovery;
use crate::standalone::Status;

/// Rejected objects that are listed.
const REJECTED: usize = 1000;

/// The process that answers, as it was started.
pub(in crate::admin) struct Process {
    started: f64,
    began: Instant,
    instance: String,
    hostname: String,
    role: &'static str,
    store: &'static str,
    workers: usize,
    listeners: Value,
    /// The listeners themselves.
    pub(super) doors: Vec<Listener>,
}

impl Process {
    pub(in crate::admin) fn new(config: &Config) -> Process {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let mut id = [0; 8];
        // Without random bytes the time tells instances apart well enough.
        if getrandom::fill(&mut id).is_err() {
            id = started.to_bits().to_be_bytes();
        }
        let listeners = config.listeners.iter().filter(|listener| !listener.optional);
        Process {
            started,
            began: Instant::now(),
            instance: id.iter().map(|byte| format!("{byte:02x}")).collect(),
            hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            role: match config.role {
                Role::Traditional => "traditional",
                Role::ControlPlane => "control_plane",
                Role::DataPlane => "data_plane",
            },
            store: match config.provider {
                Provider::Embedded => "embedded",
                Provider::File(_) => "file",
                Provider::Api => "memory",
            },
            workers: config.workers,
            listeners: listeners
                .map(|listener| json!({ "addr": listener.addr.to_string(), "tls": listener.tls }))
                .collect(),
            doors: config.listeners.iter().filter(|listener| !listener.optional).cloned().collect(),
        }
    }
}

impl Api {
    /// `GET live/info`: the process, and the state of the configuration.
    pub(super) async fn info(&self) -> Result<Answer, Refusal> {
        let store = Arc::clone(self.state.store());
        let (revision, counts, rejected, rejected_total) = self
            .look(move |tables| {
                // Behind the lock: no write is under way, so what the store holds is what runs.
                let newest = || Kind::ALL.into_iter().map(|kind| tables.newest(kind)).max().unwrap_or_default();
                let revision = store.revision().unwrap_or_else(|_| newest());
                let counts = Kind::ALL.map(|kind| (kind, tables.count(kind)));
                let list: Vec<Value> = tables
                    .rejected()
                    .take(REJECTED)
                    .map(
                        |(kind, id, reason)| json!({ "path": format!("/{}/{id}", kind.directory()), "reason": reason }),
                    )
                    .collect();
                (revision, counts, list, tables.rejected().count())
            })
            .await?;
        let counts: Map<String, Value> =
            counts.into_iter().map(|(kind, count)| (kind.plural().to_owned(), count.into())).collect();
        let process = &*self.process;
        let mut config = json!({
            "store": process.store,
            "revision": revision,
            "applied_revision": revision,
            "rejected": rejected,
            "rejected_total": rejected_total,
        });
        let status: Arc<Status> = self.state.registry().states.get();
        if let (Some(became), Value::Object(config)) = (status.get(), &mut config) {
            let file = json!({ "path": became.file, "taken": became.taken, "error": became.error });
            config.insert("file".to_owned(), file);
        }
        let body = json!({
            "name": "gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
            "started": process.started,
            "uptime_s": process.began.elapsed().as_secs(),
            "instance_id": process.instance,
            "hostname": process.hostname,
            "role": process.role,
            "config": config,
            "counts": counts,
            "listeners": process.listeners,
            "discovery": discovery::all(self.state.registry()),
            "workers": process.workers,
            "rss_bytes": boot::resident(),
            "license": env!("CARGO_PKG_LICENSE"),
        });
        Ok(control_http::json(StatusCode::OK, &body))
    }
}
