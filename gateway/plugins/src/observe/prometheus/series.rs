//! What all workers share: the label sets of each metric, and each worker's counters for them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use gateway_engine::worker::{Counter, now_ms};
use parking_lot::Mutex;
use serde_json::Value;

use super::settings::Settings;
use super::websocket::BUCKETS_MS;

/// The metrics of the process.
pub(crate) struct Metrics {
    /// Its number: what a worker keeps is kept by it.
    pub(super) id: u64,
    settings: OnceLock<Settings>,
    pub(super) status: Family<Status>,
    pub(super) latency: Family<Latency>,
    pub(super) bandwidth: Family<Bandwidth>,
    pub(super) websockets: Family<WebSockets>,
    pub(super) calls: Family<Calls>,
}

impl Default for Metrics {
    fn default() -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        Metrics {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            settings: OnceLock::new(),
            status: Family::default(),
            latency: Family::default(),
            bandwidth: Family::default(),
            websockets: Family::default(),
            calls: Family::default(),
        }
    }
}

impl Metrics {
    /// The settings, read from `plugin_attr.prometheus` by whoever asks first.
    pub(super) fn settings(&self, attr: &Value) -> &Settings {
        self.settings.get_or_init(|| Settings::new(attr))
    }

    /// The settings; instances have read them when they were built.
    pub(super) fn known_settings(&self) -> &Settings {
        self.settings(&Value::Null)
    }
}

/// The counters of one label set that one worker adds to.
pub(super) trait Cell: Send + Sync {
    fn new(settings: &Settings) -> Self;

    /// It counts something that goes on: it is not dropped, however long ago that began.
    fn busy(&self) -> bool {
        false
    }
}

/// `http_status`.
pub(super) struct Status {
    pub(super) count: Counter,
}

/// `http_latency`: the types request, upstream and apisix.
pub(super) struct Latency {
    pub(super) types: [Histogram; 3],
}

/// Counts by bucket, each alone; the last is what no bucket holds.
pub(super) struct Histogram {
    pub(super) buckets: Box<[Counter]>,
    pub(super) sum: Counter,
}

/// `bandwidth`.
pub(super) struct Bandwidth {
    pub(super) ingress: Counter,
    pub(super) egress: Counter,
}

/// `gateway_websocket_…`.
pub(super) struct WebSockets {
    /// How many there have been.
    pub(super) count: Counter,
    /// How many are open.
    pub(super) open: Counter,
    /// How long those that have ended had lasted.
    pub(super) lasted: Histogram,
}

/// `gateway_dubbo_call…`.
pub(super) struct Calls {
    /// The method has returned.
    pub(super) returned: Counter,
    /// It has thrown.
    pub(super) threw: Counter,
    /// Nothing has come of the call.
    pub(super) failed: Counter,
    pub(super) duration: Histogram,
}

impl Cell for Calls {
    fn new(settings: &Settings) -> Self {
        let buckets = (0..=settings.buckets.len()).map(|_| Counter::default()).collect();
        let duration = Histogram { buckets, sum: Counter::default() };
        Calls { returned: Counter::default(), threw: Counter::default(), failed: Counter::default(), duration }
    }
}

impl Cell for WebSockets {
    fn new(_: &Settings) -> Self {
        let buckets = (0..=BUCKETS_MS.len()).map(|_| Counter::default()).collect();
        let lasted = Histogram { buckets, sum: Counter::default() };
        WebSockets { count: Counter::default(), open: Counter::default(), lasted }
    }

    fn busy(&self) -> bool {
        self.open.get() > 0
    }
}

impl Cell for Status {
    fn new(_: &Settings) -> Self {
        Status { count: Counter::default() }
    }
}

impl Cell for Latency {
    fn new(settings: &Settings) -> Self {
        let histogram = || Histogram {
            buckets: (0..=settings.buckets.len()).map(|_| Counter::default()).collect(),
            sum: Counter::default(),
        };
        Latency { types: [histogram(), histogram(), histogram()] }
    }
}

impl Cell for Bandwidth {
    fn new(_: &Settings) -> Self {
        Bandwidth { ingress: Counter::default(), egress: Counter::default() }
    }
}

impl Histogram {
    pub(super) fn observe(&self, settings: &Settings, ms: u64) {
        // Integers far below 2^53.
        let value = ms as f64;
        let at = settings.buckets.iter().position(|b| value <= b.le).unwrap_or(settings.buckets.len());
        if let Some(bucket) = self.buckets.get(at) {
            bucket.add(1);
        }
        self.sum.add(ms);
    }
}

/// One metric.
pub(super) struct Family<C> {
    rows: Mutex<Rows<C>>,
    /// Label sets that found no room.
    pub(super) overflows: AtomicU64,
}

struct Rows<C> {
    by_labels: HashMap<Arc<str>, Arc<Row<C>>>,
    /// When old label sets were last looked for, to make room.
    swept_ms: u64,
}

/// One label set.
pub(super) struct Row<C> {
    pub(super) labels: Arc<str>,
    cells: Mutex<Vec<(usize, Arc<C>)>>,
    /// When a request was last counted, by the monotonic clock.
    touched_ms: AtomicU64,
    /// No longer among the family's rows: a worker that still has it asks for the new one.
    gone: AtomicBool,
}

/// A worker's way to its counters of a label set.
pub(super) struct Handle<C> {
    row: Arc<Row<C>>,
    cell: Arc<C>,
}

impl<C> Handle<C> {
    /// The counters, unless the label set has been dropped.
    pub(super) fn cell(&self) -> Option<&C> {
        if self.row.gone.load(Ordering::Relaxed) {
            return None;
        }
        Some(self.held())
    }

    /// Which label set it is.
    pub(super) fn labels(&self) -> &str {
        &self.row.labels
    }

    /// The counters, whether or not the label set is still shown.
    pub(super) fn held(&self) -> &C {
        self.row.touched_ms.store(now_ms(), Ordering::Relaxed);
        &self.cell
    }
}

/// Without a request for so long, a label set gives way to a new one when there is no room.
const STALE_MS: u64 = 3_600_000;

/// Looking for such is not done more often than this.
const SWEEP_MS: u64 = 60_000;

impl<C> Default for Family<C> {
    fn default() -> Self {
        Family { rows: Mutex::new(Rows { by_labels: HashMap::new(), swept_ms: 0 }), overflows: AtomicU64::new(0) }
    }
}

impl<C: Cell> Family<C> {
    /// A worker's counters for a label set. `overflow` names the one that is used when there is no room.
    pub(super) fn handle(
        &self,
        labels: &str,
        overflow: impl FnOnce() -> String,
        worker: usize,
        settings: &Settings,
    ) -> Handle<C> {
        self.handle_within(labels, overflow, worker, settings, settings.max_series)
    }

    /// Whether a label set is there.
    pub(super) fn knows(&self, labels: &str) -> bool {
        self.rows.lock().by_labels.contains_key(labels)
    }

    /// As [`Family::handle`], with room for so many label sets.
    pub(super) fn handle_within(
        &self,
        labels: &str,
        overflow: impl FnOnce() -> String,
        worker: usize,
        settings: &Settings,
        most: usize,
    ) -> Handle<C> {
        let row = self.row(labels, overflow, most.min(settings.max_series));
        let mut cells = row.cells.lock();
        let known = cells.iter().find(|(index, _)| *index == worker).map(|(_, cell)| Arc::clone(cell));
        let cell = known.unwrap_or_else(|| {
            let cell = Arc::new(C::new(settings));
            cells.push((worker, Arc::clone(&cell)));
            cell
        });
        drop(cells);
        Handle { row, cell }
    }

    fn row(&self, labels: &str, overflow: impl FnOnce() -> String, max: usize) -> Arc<Row<C>> {
        let mut rows = self.rows.lock();
        if let Some(row) = rows.by_labels.get(labels) {
            return Arc::clone(row);
        }
        let now = now_ms();
        if rows.by_labels.len() >= max && now >= rows.swept_ms.saturating_add(SWEEP_MS) {
            rows.swept_ms = now;
            rows.drop_idle(now, STALE_MS);
        }
        let name = if rows.by_labels.len() < max {
            labels.to_owned()
        } else {
            self.overflows.fetch_add(1, Ordering::Relaxed);
            overflow()
        };
        if let Some(row) = rows.by_labels.get(&*name) {
            return Arc::clone(row);
        }
        let labels: Arc<str> = name.into();
        let row = Arc::new(Row {
            labels: Arc::clone(&labels),
            cells: Mutex::default(),
            touched_ms: AtomicU64::new(now),
            gone: AtomicBool::new(false),
        });
        rows.by_labels.insert(labels, Arc::clone(&row));
        row
    }
}

impl<C: Cell> Family<C> {
    /// All label sets in order; those without a request for `expire_ms` (0: never) are dropped first.
    pub(super) fn rows(&self, now_ms: u64, expire_ms: u64) -> Vec<Arc<Row<C>>> {
        let mut rows = self.rows.lock();
        if expire_ms > 0 {
            rows.drop_idle(now_ms, expire_ms);
        }
        let mut all: Vec<_> = rows.by_labels.values().cloned().collect();
        drop(rows);
        all.sort_by(|a, b| a.labels.cmp(&b.labels));
        all
    }
}

impl<C: Cell> Rows<C> {
    fn drop_idle(&mut self, now_ms: u64, idle_ms: u64) {
        self.by_labels.retain(|_, row| {
            let keep = row.touched_ms.load(Ordering::Relaxed).saturating_add(idle_ms) > now_ms
                || row.cells.lock().iter().any(|(_, cell)| cell.busy());
            if !keep {
                row.gone.store(true, Ordering::Relaxed);
            }
            keep
        });
    }
}

impl<C> Row<C> {
    /// One number over all workers.
    pub(super) fn sum(&self, of: impl Fn(&C) -> u64) -> u64 {
        self.cells.lock().iter().map(|(_, cell)| of(cell)).fold(0, u64::wrapping_add)
    }
}
