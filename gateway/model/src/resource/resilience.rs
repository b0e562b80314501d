//! What an upstream of this gateway may say beyond APISIX about tries, failing nodes and crowds. Each of it is optional, and absent
//! means that nothing of the kind is done.

use std::time::Duration;

use serde_json::Value;

use super::Malformed;
use super::fields::Fields;

/// Refines retries (`retry_policy`). How many there are is said by `retries`, how long they may take by `retry_timeout`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Answers that are tried again.
    pub statuses: Vec<u16>,
    /// Methods that are repeated though a node may have acted on the request; `None`: those that RFC 9110 §9.2.2 calls idempotent.
    pub methods: Option<Vec<String>>,
    /// Longest one try may take until its head has arrived.
    pub try_timeout: Option<Duration>,
    /// Without the head of an answer for so long another node is asked as well; `None`: never.
    pub hedge_after: Option<Duration>,
    /// Pause before the first retry; doubles with each further one.
    pub backoff: Duration,
    /// Longest pause.
    pub max_backoff: Duration,
    /// Share of a pause that is left to chance, in percent.
    pub backoff_jitter_percent: u8,
    /// Most retries in percent of the requests of the last seconds.
    pub budget_percent: u8,
    /// Retries a second that are allowed in any case.
    pub budget_min_per_second: u32,
}

/// When failing nodes are taken out of the rotation (`outlier_detection`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlierDetection {
    /// Failures in a row.
    pub consecutive_failures: u32,
    /// Share of failed requests in an interval.
    pub failure_percent: Option<u8>,
    /// Fewer in an interval are not judged by their share.
    pub min_requests: u32,
    /// The interval.
    pub interval: Duration,
    /// Length of the first ejection; the nth is n times as long.
    pub ejection: Duration,
    /// Longest ejection.
    pub max_ejection: Duration,
    /// Most nodes ejected at one time, in percent, rounded down.
    pub max_ejected_percent: u8,
}

/// Most of each at one time, over all workers (`limits`); `None`: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Connections.
    pub max_connections: Option<u32>,
    /// Requests waiting for a connection.
    pub max_pending: Option<u32>,
    /// Requests under way.
    pub max_requests: Option<u32>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resilience {
    /// `retry_policy`.
    pub retry_policy: Option<RetryPolicy>,
    /// `outlier_detection`.
    pub outlier_detection: Option<OutlierDetection>,
    /// `slow_start_ms`: the time in which the share of a node that is new, or usable again, grows to its weight.
    pub slow_start: Duration,
    /// `limits`.
    pub limits: Limits,
}

impl Resilience {
    /// Reads that part of an upstream that was checked.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(upstream: &Value) -> Result<Self, Malformed> {
        Self::read(&Fields::of(upstream)?)
    }

    pub(super) fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Resilience {
            retry_policy: f.object("retry_policy")?.map(|policy| RetryPolicy::read(&policy)).transpose()?,
            outlier_detection: f.object("outlier_detection")?.map(|o| OutlierDetection::read(&o)).transpose()?,
            slow_start: f.ms("slow_start_ms")?.unwrap_or_default(),
            limits: f.object("limits")?.map(|limits| Limits::read(&limits)).transpose()?.unwrap_or_default(),
        })
    }

    /// Whether nothing of it is asked for.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl RetryPolicy {
    fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(RetryPolicy {
            statuses: f.integers("statuses")?,
            methods: f.get("methods").is_some().then(|| f.strings("methods")).transpose()?,
            try_timeout: f.ms("try_timeout_ms")?,
            hedge_after: f.ms("hedge_after_ms")?,
            backoff: f.ms("backoff_ms")?.unwrap_or_default(),
            max_backoff: f.ms("max_backoff_ms")?.unwrap_or(Duration::from_secs(1)),
            backoff_jitter_percent: f.integer("backoff_jitter_percent")?.unwrap_or(50),
            budget_percent: f.integer("budget_percent")?.unwrap_or(20),
            budget_min_per_second: f.integer("budget_min_per_second")?.unwrap_or(10),
        })
    }
}

impl OutlierDetection {
    fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(OutlierDetection {
            consecutive_failures: f.integer("consecutive_failures")?.unwrap_or(5),
            failure_percent: f.integer("failure_percent")?,
            min_requests: f.integer("min_requests")?.unwrap_or(20),
            interval: f.ms("interval_ms")?.unwrap_or(Duration::from_secs(10)),
            ejection: f.ms("ejection_ms")?.unwrap_or(Duration::from_secs(30)),
            max_ejection: f.ms("max_ejection_ms")?.unwrap_or(Duration::from_secs(300)),
            max_ejected_percent: f.integer("max_ejected_percent")?.unwrap_or(50),
        })
    }
}

impl Limits {
    fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Limits {
            max_connections: f.integer("max_connections")?,
            max_pending: f.integer("max_pending")?,
            max_requests: f.integer("max_requests")?,
        })
    }
}
