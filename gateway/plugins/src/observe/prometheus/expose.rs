//! The text exposition format, version 0.0.4.

use std::fmt::Write;

use gateway_engine::snapshot::Shared;
use gateway_engine::worker::{Counters, LATENCY_BUCKETS_MS, now_ms, tick_clock};
use gateway_outbound::queue::{Counted, Queues};

use super::NAME;
use super::labels::escape;
use super::series::{Histogram, Metrics};
use super::settings::Settings;
use super::websocket::BUCKETS_S;
use crate::observe::file_logger::{self, Files};
use crate::traffic::proxy_mirror::Copies;

/// What only the process knows of itself.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// This machine's name.
    pub hostname: String,
    /// The version of the gateway.
    pub version: String,
    /// Whether the store of the configuration can be reached; `None`: not told.
    pub store_reachable: Option<bool>,
    /// Revisions by kind (`routes`, `services`, …, `prev_index`, `max_modify_index`, `x_etcd_index`).
    pub modify_indexes: Vec<(String, u64)>,
    /// Further metrics.
    pub extra: Vec<Extra>,
}

/// A metric that another part of the process counts.
#[derive(Debug, Clone)]
pub struct Extra {
    /// Its name without the prefix: `gateway_access_log_dropped_total`.
    pub name: String,
    /// What it is, in one line.
    pub help: String,
    /// It only grows: a counter, else a gauge.
    pub counter: bool,
    /// Its values.
    pub samples: Vec<Sample>,
}

/// One value of an [`Extra`].
#[derive(Debug, Clone)]
pub struct Sample {
    /// Labels and their values, unescaped.
    pub labels: Vec<(String, String)>,
    /// The value.
    pub value: u64,
}

impl Extra {
    /// A metric of one value without labels.
    pub fn single(name: &str, help: &str, counter: bool, value: u64) -> Extra {
        let samples = vec![Sample { labels: Vec::new(), value }];
        Extra { name: name.to_owned(), help: help.to_owned(), counter, samples }
    }
}

/// Everything this process counts, as Prometheus reads it (`text/plain; version=0.0.4`). Takes no lock that a request waits for
/// longer than it takes to copy a list; not to be called on a worker.
pub fn render(shared: &Shared, process: &Process) -> String {
    tick_clock();
    let metrics = shared.registry.states.get::<Metrics>();
    let settings = metrics.settings(shared.registry.attr(NAME));
    let mut page = Page { out: String::with_capacity(16 << 10), prefix: &settings.prefix };
    page.process(process);
    page.workers(shared);
    page.requests(&metrics, settings);
    page.loggers(shared);
    page.extra(&process.extra);
    page.out
}

/// Reads one of a worker's numbers.
type Read = fn(&Counters) -> u64;

struct Page<'a> {
    out: String,
    prefix: &'a str,
}

impl Page<'_> {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = write!(self.out, "# HELP {0}{name} {help}\n# TYPE {0}{name} {kind}\n", self.prefix);
    }

    /// `labels` is `a="b",c="d"`, or nothing.
    fn line(&mut self, name: &str, labels: &str, value: u64) {
        let _ = match labels {
            "" => writeln!(self.out, "{}{name} {value}", self.prefix),
            labels => writeln!(self.out, "{}{name}{{{labels}}} {value}", self.prefix),
        };
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        self.line(name, "", value);
    }

    fn process(&mut self, process: &Process) {
        self.head("node_info", "gauge", "Info of the gateway node");
        let labels = pairs(&[("hostname", &process.hostname), ("version", &process.version)]);
        self.line("node_info", &labels, 1);
        if let Some(reachable) = process.store_reachable {
            self.one(
                "etcd_reachable",
                "gauge",
                "Whether the store of the configuration can be reached, 0 is not",
                reachable.into(),
            );
        }
        if !process.modify_indexes.is_empty() {
            self.head("etcd_modify_indexes", "gauge", "Revision of the store by kind of object");
            for (key, index) in &process.modify_indexes {
                self.line("etcd_modify_indexes", &pairs(&[("key", key)]), *index);
            }
        }
    }

    /// What workers count whether a route has the plugin or not.
    fn workers(&mut self, shared: &Shared) {
        let sum = |of: Read| shared.sum(of);
        let accepted = sum(|c| c.accepted.get());
        let active = sum(|c| c.active.get());
        let waiting = sum(|c| c.waiting.get());
        self.head("nginx_http_current_connections", "gauge", "Number of HTTP connections");
        let states = [
            ("accepted", accepted),
            ("active", active),
            ("handled", accepted.saturating_sub(sum(|c| c.shed.get()))),
            // A worker tells idle connections from busy ones, no more.
            ("reading", 0),
            ("waiting", waiting),
            ("writing", active.saturating_sub(waiting)),
        ];
        for (state, value) in states {
            self.line("nginx_http_current_connections", &pairs(&[("state", state)]), value);
        }
        let requests = sum(|c| c.requests.get());
        self.one(
            "http_requests_total",
            "gauge",
            "The total number of client requests since the gateway started",
            requests,
        );
        self.head("gateway_requests_total", "counter", "Requests by class of their status");
        let classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
        for (class, name) in classes.iter().enumerate() {
            // There are as many counters as classes.
            let count = shared.sum(|c| c.statuses.get(class).map_or(0, |n| n.get()));
            self.line("gateway_requests_total", &pairs(&[("class", name)]), count);
        }
        let counters: [(&str, &str, Read); 6] = [
            ("gateway_connections_shed_total", "Connections closed because a limit was reached", |c| c.shed.get()),
            ("gateway_requests_refused_total", "Requests refused for their form", |c| c.refused.get()),
            ("gateway_upstream_retries_total", "Tries at upstreams beyond the first", |c| c.retries.get()),
            ("gateway_panics_total", "Panics caught, each of which ended one request", |c| c.panics.get()),
            ("gateway_received_bytes_total", "Bytes received in requests", |c| c.received_bytes.get()),
            ("gateway_sent_bytes_total", "Bytes sent in answers", |c| c.sent_bytes.get()),
        ];
        for (name, help, of) in counters {
            self.one(name, "counter", help, sum(of));
        }
        self.head(
            "gateway_mirrored_requests_total",
            "counter",
            "Copies of requests made by proxy-mirror, by what became of them",
        );
        for (outcome, count) in shared.registry.states.get::<Copies>().outcomes() {
            self.line("gateway_mirrored_requests_total", &pairs(&[("outcome", outcome)]), count);
        }
        self.one("gateway_websockets_open", "gauge", "WebSockets that are open", sum(|c| c.websockets_open.get()));
        self.one(
            "gateway_websockets_total",
            "counter",
            "WebSockets that have been opened",
            sum(|c| c.websockets.get()),
        );
        self.head("gateway_request_duration_ms", "histogram", "How long requests took, in milliseconds");
        let bounds = LATENCY_BUCKETS_MS.iter().map(u64::to_string).collect::<Vec<_>>();
        let counts: Vec<u64> =
            (0..=bounds.len()).map(|n| shared.sum(|c| c.latency.get(n).map_or(0, |n| n.get()))).collect();
        let total = sum(|c| c.latency_sum_ms.get());
        self.histogram("gateway_request_duration_ms", "", bounds.iter().map(String::as_str), &counts, total);
    }

    /// What instances of the plugin have counted.
    fn requests(&mut self, metrics: &Metrics, settings: &Settings) {
        let now = now_ms();
        let status = metrics.status.rows(now, settings.status.expire_ms);
        self.head("http_status", "counter", "HTTP status codes per service");
        for row in &status {
            self.line("http_status", &row.labels, row.sum(|c| c.count.get()));
        }
        let latency = metrics.latency.rows(now, settings.latency.expire_ms);
        self.head("http_latency", "histogram", "HTTP request latency in milliseconds per service");
        for (which, name) in ["request", "upstream", "apisix"].iter().enumerate() {
            for row in &latency {
                let of =
                    |c: &super::series::Latency, read: &dyn Fn(&Histogram) -> u64| c.types.get(which).map_or(0, read);
                let counts: Vec<u64> = (0..=settings.buckets.len())
                    .map(|n| row.sum(|c| of(c, &|h| h.buckets.get(n).map_or(0, |b| b.get()))))
                    .collect();
                if counts.iter().all(|n| *n == 0) {
                    continue;
                }
                let sum = row.sum(|c| of(c, &|h| h.sum.get()));
                let labels = format!("type=\"{name}\",{}", row.labels);
                self.histogram("http_latency", &labels, settings.buckets.iter().map(|b| &*b.text), &counts, sum);
            }
        }
        let bandwidth = metrics.bandwidth.rows(now, settings.bandwidth.expire_ms);
        self.head("bandwidth", "counter", "Total bandwidth in bytes consumed per service");
        for row in &bandwidth {
            let (ingress, egress) = (row.sum(|c| c.ingress.get()), row.sum(|c| c.egress.get()));
            self.line("bandwidth", &format!("type=\"ingress\",{}", row.labels), ingress);
            self.line("bandwidth", &format!("type=\"egress\",{}", row.labels), egress);
        }
        let websockets = self.websockets(metrics, now);
        let calls = self.calls(metrics, settings, now);
        self.head("gateway_metric_series", "gauge", "Label sets kept of a metric");
        for (metric, count) in [
            ("http_status", status.len()),
            ("http_latency", latency.len()),
            ("bandwidth", bandwidth.len()),
            ("websocket", websockets),
            ("dubbo", calls),
        ] {
            self.line("gateway_metric_series", &pairs(&[("metric", metric)]), count as u64);
        }
        let load = |n: &std::sync::atomic::AtomicU64| n.load(std::sync::atomic::Ordering::Relaxed);
        let overflows = load(&metrics.status.overflows)
            + load(&metrics.latency.overflows)
            + load(&metrics.bandwidth.overflows)
            + load(&metrics.websockets.overflows)
            + load(&metrics.calls.overflows);
        self.one("nginx_metric_errors_total", "counter", "Label sets that found no room", overflows);
    }

    /// What waits in loggers, and what became of the rest.
    fn loggers(&mut self, shared: &Shared) {
        let queues = shared.registry.states.get::<Queues>();
        self.head("batch_process_entries", "gauge", "Entries of loggers that wait to be sent");
        for queue in queues.waiting().iter().filter(|queue| !queue.server_addr.is_empty()) {
            let labels =
                [("name", &*queue.name), ("route_id", &*queue.owner.route), ("server_addr", &*queue.server_addr)];
            self.line("batch_process_entries", &pairs(&labels), queue.entries as u64);
        }
        let name = "gateway_log_entries_total";
        self.head(name, "counter", "Entries of loggers, by what became of them");
        let files = shared.registry.states.get::<Files>().counters();
        let of_files = Counted {
            queued: files.written + files.lost,
            sent: files.written,
            dropped: files.dropped,
            failed: files.lost,
        };
        for (plugin, counted) in queues.totals().into_iter().chain([(file_logger::NAME, of_files)]) {
            let states = [
                ("queued", counted.queued),
                ("sent", counted.sent),
                ("dropped", counted.dropped),
                ("failed", counted.failed),
            ];
            for (state, value) in states {
                self.line(name, &pairs(&[("plugin", plugin), ("state", state)]), value);
            }
        }
    }

    /// Calls of Dubbo by method; gives how many label sets there are.
    fn calls(&mut self, metrics: &Metrics, settings: &Settings, now: u64) -> usize {
        let rows = metrics.calls.rows(now, 0);
        if rows.is_empty() {
            return 0;
        }
        let name = "gateway_dubbo_calls_total";
        self.head(name, "counter", "Dubbo calls by service, method and outcome");
        for row in &rows {
            let counts = [
                ("value", row.sum(|c| c.returned.get())),
                ("exception", row.sum(|c| c.threw.get())),
                ("failed", row.sum(|c| c.failed.get())),
            ];
            for (outcome, count) in counts {
                self.line(name, &format!("{},outcome=\"{outcome}\"", row.labels), count);
            }
        }
        let name = "gateway_dubbo_call_duration_ms";
        self.head(name, "histogram", "How long Dubbo calls took, in milliseconds");
        for row in &rows {
            let counts: Vec<u64> = (0..=settings.buckets.len())
                .map(|n| row.sum(|c| c.duration.buckets.get(n).map_or(0, |bucket| bucket.get())))
                .collect();
            let sum = row.sum(|c| c.duration.sum.get());
            self.histogram(name, &row.labels, settings.buckets.iter().map(|b| b.text.as_str()), &counts, sum);
        }
        rows.len()
    }

    /// WebSockets by route; gives how many label sets there are.
    fn websockets(&mut self, metrics: &Metrics, now: u64) -> usize {
        let rows = metrics.websockets.rows(now, 0);
        self.head("gateway_websocket_connections", "gauge", "WebSockets that are open");
        for row in &rows {
            self.line("gateway_websocket_connections", &row.labels, row.sum(|c| c.open.get()));
        }
        self.head("gateway_websocket_connections_total", "counter", "WebSockets that have been opened");
        for row in &rows {
            self.line("gateway_websocket_connections_total", &row.labels, row.sum(|c| c.count.get()));
        }
        let name = "gateway_websocket_duration_seconds";
        self.head(name, "histogram", "How long WebSockets that have ended had lasted, in seconds");
        for row in &rows {
            let counts: Vec<u64> =
                (0..=BUCKETS_S.len()).map(|n| row.sum(|c| c.lasted.buckets.get(n).map_or(0, |b| b.get()))).collect();
            let seconds = row.sum(|c| c.lasted.sum.get()) / 1000;
            self.histogram(name, &row.labels, BUCKETS_S.iter().copied(), &counts, seconds);
        }
        rows.len()
    }

    fn histogram<'t>(
        &mut self,
        name: &str,
        labels: &str,
        bounds: impl Iterator<Item = &'t str>,
        counts: &[u64],
        sum: u64,
    ) {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut so_far = 0;
        for (bound, count) in bounds.chain(["+Inf"]).zip(counts) {
            so_far += count;
            self.line(&format!("{name}_bucket"), &format!("{labels}{comma}le=\"{bound}\""), so_far);
        }
        self.line(&format!("{name}_sum"), labels, sum);
        self.line(&format!("{name}_count"), labels, so_far);
    }

    fn extra(&mut self, extra: &[Extra]) {
        for metric in extra {
            self.head(&metric.name, if metric.counter { "counter" } else { "gauge" }, &metric.help);
            for sample in &metric.samples {
                let labels: Vec<(&str, &str)> = sample.labels.iter().map(|(n, v)| (&**n, &**v)).collect();
                self.line(&metric.name, &pairs(&labels), sample.value);
            }
        }
    }
}

fn pairs(labels: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in labels {
        if !out.is_empty() {
            out.push(',');
        }
        let _ = write!(out, "{name}=\"");
        escape(value, &mut out);
        out.push('"');
    }
    out
}
