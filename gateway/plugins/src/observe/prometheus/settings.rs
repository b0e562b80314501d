//! `plugin_attr.prometheus`.

use gateway_engine::expr::Template;
use gateway_engine::worker::LATENCY_BUCKETS_MS;
use gateway_model::schema::number_text;
use serde_json::Value;

/// What the static configuration says about metrics.
pub(super) struct Settings {
    pub(super) prefix: String,
    pub(super) buckets: Box<[Bucket]>,
    pub(super) max_series: usize,
    pub(super) status: MetricSettings,
    pub(super) latency: MetricSettings,
    pub(super) bandwidth: MetricSettings,
}

/// One metric's own settings.
#[derive(Default)]
pub(super) struct MetricSettings {
    /// Labels beyond the usual ones, and what their values are made of.
    pub(super) extra: Vec<(String, Template)>,
    /// Label sets without a request for so long are dropped, in milliseconds; 0: never.
    pub(super) expire_ms: u64,
}

/// One bucket of a histogram.
pub(super) struct Bucket {
    /// Its upper bound, in milliseconds.
    pub(super) le: f64,
    /// The same as text.
    pub(super) text: String,
}

/// Label sets kept of one metric.
const MAX_SERIES: usize = 50_000;

impl Settings {
    /// What cannot be read is left at its default, with a warning: metrics are no reason not to start.
    pub(super) fn new(attr: &Value) -> Settings {
        let buckets = match attr.get("default_buckets").and_then(Value::as_array) {
            Some(given) if !given.is_empty() => given.iter().filter_map(Value::as_f64).map(Bucket::new).collect(),
            // Integers far below 2^53.
            _ => LATENCY_BUCKETS_MS.iter().map(|&ms| Bucket::new(ms as f64)).collect::<Vec<_>>(),
        };
        let mut buckets: Vec<Bucket> = buckets;
        buckets.sort_by(|a, b| a.le.total_cmp(&b.le));
        let metric = |name: &str| MetricSettings::new(name, attr.pointer(&format!("/metrics/{name}")));
        Settings {
            prefix: attr.get("metric_prefix").and_then(Value::as_str).unwrap_or("apisix_").to_owned(),
            buckets: buckets.into(),
            max_series: attr
                .get("max_series")
                .and_then(Value::as_u64)
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(MAX_SERIES),
            status: metric("http_status"),
            latency: metric("http_latency"),
            bandwidth: metric("bandwidth"),
        }
    }
}

impl Bucket {
    fn new(le: f64) -> Bucket {
        Bucket { le, text: number_text(le) }
    }
}

impl MetricSettings {
    fn new(metric: &str, given: Option<&Value>) -> MetricSettings {
        let Some(given) = given else { return MetricSettings::default() };
        let listed = given.get("extra_labels").and_then(Value::as_array).into_iter().flatten();
        let mut extra = Vec::new();
        for (label, value) in listed.filter_map(Value::as_object).flatten() {
            match value.as_str() {
                Some(value) if is_label(label) => extra.push((label.clone(), Template::parse(value))),
                _ => tracing::warn!(metric, label, "plugin_attr.prometheus: an extra label is left out"),
            }
        }
        let seconds = given.get("expire").and_then(Value::as_u64).unwrap_or(0);
        MetricSettings { extra, expire_ms: seconds.saturating_mul(1000) }
    }
}

/// A label's name as Prometheus takes it.
fn is_label(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
