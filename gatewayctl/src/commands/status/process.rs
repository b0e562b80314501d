//! The process that answers, out of `live/info`, and its traffic of the moment where it tells.

use serde_json::{Map, Value};

use crate::commands::live::{bytes, span, text};
use crate::resources::label_of_path;

/// What the gateway tells of itself.
pub(super) struct Process {
    info: Value,
    stats: Option<Value>,
}

impl Process {
    pub(super) fn new(info: Value, stats: Option<Value>) -> Process {
        Process { info, stats }
    }

    /// The lines of the page: a word, and what there is to say.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        let number = |name: &str| self.info.get(name).and_then(Value::as_u64);
        let mut facts = Vec::new();
        facts.extend(number("uptime_s").map(|seconds| format!("up {}", span(seconds))));
        facts.extend(number("pid").map(|pid| format!("pid {pid}")));
        facts.extend(number("workers").map(|workers| match workers {
            1 => "1 worker".to_owned(),
            workers => format!("{workers} workers"),
        }));
        facts.extend(number("rss_bytes").map(bytes));
        facts.extend(self.info.get("cpu_pct").and_then(Value::as_f64).map(|share| format!("{share:.1}% cpu")));
        facts.extend(number("fds").map(|files| format!("{files} files")));
        let mut lines = vec![("process", facts.join(", "))];
        let config = self.config();
        let revision = |name: &str| config.and_then(|config| config.get(name)).and_then(Value::as_u64);
        if let Some(stored) = revision("revision") {
            let store = config.map(|config| text(config, "store")).unwrap_or_default();
            let applied = revision("applied_revision").unwrap_or(stored);
            let behind = if applied == stored { String::new() } else { format!(", at work with {applied}") };
            lines.push(("config", format!("{store}, revision {stored}{behind}")));
        }
        lines.extend(self.stats.as_ref().and_then(traffic).map(|line| ("traffic", line)));
        lines
    }

    /// What is wrong: a word, and what it is.
    pub(super) fn troubles(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let config = self.config();
        let rejected = config.and_then(|config| config.get("rejected")).and_then(Value::as_array);
        for object in rejected.into_iter().flatten() {
            let label = label_of_path(text(object, "path"));
            found.push(("rejected", format!("{label} does not run: {}", text(object, "reason"))));
        }
        let more = config.and_then(|config| config.get("rejected_total")).and_then(Value::as_u64);
        let more = more.unwrap_or_default().saturating_sub(found.len() as u64);
        if more > 0 {
            found.push(("rejected", format!("{more} more objects do not run")));
        }
        let last = config.map(|config| text(config, "last_error")).filter(|error| !error.is_empty());
        found.extend(last.map(|error| ("config", error.to_owned())));
        if let Some(file) = config.and_then(|config| config.get("file")) {
            let error = text(file, "error");
            if !error.is_empty() {
                found.push(("file", format!("{} is not taken: {error}", text(file, "path"))));
            }
        }
        let registries = self.info.get("discovery").and_then(Value::as_object);
        for (name, registry) in registries.into_iter().flatten() {
            if registry.get("connected").and_then(Value::as_bool) == Some(false) {
                let error = registry.get("last_error").map(|error| text(error, "text")).unwrap_or_default();
                let why = if error.is_empty() { String::new() } else { format!(": {error}") };
                found.push(("discovery", format!("the registry {name} is away{why}")));
            }
        }
        found
    }

    /// The fields of the page as JSON.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let mut process = Map::new();
        let names =
            ["git", "pid", "hostname", "instance_id", "role", "workers", "uptime_s", "cpu_pct", "rss_bytes", "fds"];
        for name in names {
            process.extend(self.info.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        let mut fields = Map::new();
        fields.insert("process".to_owned(), Value::Object(process));
        for name in ["config", "discovery"] {
            fields.extend(self.info.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        fields.extend(self.stats.clone().map(|stats| ("traffic".to_owned(), stats)));
        fields
    }

    fn config(&self) -> Option<&Value> {
        self.info.get("config")
    }
}

/// Requests a second, how many of them fail, and how long they take.
fn traffic(stats: &Value) -> Option<String> {
    let number = |pointer: &str| stats.pointer(pointer).and_then(Value::as_f64);
    let rate = number("/req/rps")?;
    let codes = stats.pointer("/req/codes").and_then(Value::as_object);
    let all: f64 = codes.into_iter().flatten().filter_map(|(_, count)| count.as_f64()).sum();
    let failed = number("/req/codes/5xx").unwrap_or_default();
    let share = if all > 0.0 { failed * 100.0 / all } else { 0.0 };
    let p99 = number("/req/latency_ms/p99").map(|ms| format!(", p99 {ms:.1} ms")).unwrap_or_default();
    Some(format!("{rate:.1} requests/s, {share:.1}% fail{p99}"))
}
