//! `GET live/info`: the process, and the state of the configuration.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gateway_model::Kind;
use hyper::StatusCode;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::super::{Api, Refusal};
use crate::boot;
use crate::config::{Config, Listener, Provider, Role, Speaks};
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
    used: Mutex<Used>,
}

/// Processor time that had been used when it was last asked for.
struct Used {
    at: Instant,
    time: Duration,
    percent: f64,
}

impl Process {
    pub(in crate::admin) fn new(config: &Config, beside: &[boot::Door]) -> Process {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let mut id = [0; 8];
        // Without random bytes the time tells instances apart well enough.
        if getrandom::fill(&mut id).is_err() {
            id = started.to_bits().to_be_bytes();
        }
        let doors: Vec<Listener> = config.listeners.iter().filter(|listener| !listener.optional).cloned().collect();
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
            listeners: doors.iter().map(proxy).chain(beside.iter().map(control)).collect(),
            doors,
            used: Mutex::new(Used { at: Instant::now(), time: Duration::ZERO, percent: 0.0 }),
        }
    }

    /// How much of one processor the process took since this was last asked, or of late: 100 is all of it.
    fn cpu_percent(&self) -> f64 {
        let mut used = self.used.lock();
        let passed = used.at.elapsed();
        if passed >= SHORTEST {
            let time = processor_time();
            let share = time.saturating_sub(used.time).as_secs_f64() / passed.as_secs_f64();
            *used = Used { at: Instant::now(), time, percent: (share * 1000.0).round() / 10.0 };
        }
        used.percent
    }
}

/// Over less time, shares of the processor say nothing: the system counts in hundredths of a second.
const SHORTEST: Duration = Duration::from_millis(200);

/// Processor time of the process so far.
pub(super) fn processor_time() -> Duration {
    let usage = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(usage.tv_sec.try_into().unwrap_or_default(), usage.tv_nsec.try_into().unwrap_or_default())
}

/// Files and sockets that the process has open.
pub(super) fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1))
}

/// A listener for traffic, as it is told about.
fn proxy(listener: &Listener) -> Value {
    let scheme = match (listener.speaks, listener.tls) {
        (Speaks::Dubbo, _) => "dubbo",
        (_, true) => "https",
        (_, false) => "http",
    };
    json!({
        "name": "proxy", "addr": listener.addr.to_string(), "scheme": scheme, "tls": listener.tls,
        "protocols": protocols(listener),
    })
}

/// One of the control plane: plain HTTP all of them.
fn control(door: &boot::Door) -> Value {
    json!({
        "name": door.name, "addr": door.addr.to_string(), "scheme": "http", "tls": false, "protocols": ["http1"],
        "path": door.path,
    })
}

fn protocols(listener: &Listener) -> Vec<&'static str> {
    let http: &[&str] = match (listener.speaks, listener.http2) {
        (Speaks::Dubbo, _) => &[],
        (_, true) => &["http1", "websocket", "h2", "grpc"],
        (_, false) => &["http1", "websocket"],
    };
    let dubbo: &[&str] = if listener.speaks == Speaks::Http { &[] } else { &["dubbo"] };
    http.iter().chain(dubbo).copied().collect()
}

impl Process {
    /// What tells this process from those before and after it.
    pub(super) fn instance(&self) -> &str {
        &self.instance
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
            "git": env!("GATEWAY_GIT"),
            "rust": env!("GATEWAY_RUST"),
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
            "cpu_pct": process.cpu_percent(),
            "rss_bytes": boot::resident(),
            "fds": open_files(),
            "license": env!("CARGO_PKG_LICENSE"),
        });
        Ok(control_http::json(StatusCode::OK, &body))
    }
}
