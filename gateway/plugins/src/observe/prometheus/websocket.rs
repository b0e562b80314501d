//! WebSockets by route, from their beginning on: a request is counted when it ends, and these may not end for days.

use gateway_engine::exchange::Exchange;
use gateway_engine::worker::now_ms;

use super::labels::{Disabled, Matched, Values};
use super::series::{Handle, WebSockets};
use super::settings::MetricSettings;
use super::{NAME, Prometheus};

/// Upper bounds of how long WebSockets last, in milliseconds: a second to a day.
pub(super) const BUCKETS_MS: [u64; 9] =
    [1000, 10_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 43_200_000, 86_400_000];

/// The same as texts, in seconds.
pub(super) const BUCKETS_S: [&str; 9] = ["1", "10", "60", "300", "900", "3600", "14400", "43200", "86400"];

/// What an exchange holds while it is a WebSocket: however it ends, its end is counted.
#[derive(Default)]
struct Open(Vec<Counted>);

struct Counted {
    handle: Handle<WebSockets>,
    since_ms: u64,
}

impl Counted {
    fn new(handle: Handle<WebSockets>) -> Counted {
        let cell = handle.held();
        cell.count.add(1);
        cell.open.add(1);
        Counted { handle, since_ms: now_ms() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let lasted = now_ms().saturating_sub(self.since_ms);
        let cell = self.handle.held();
        cell.open.sub(1);
        let at = BUCKETS_MS.iter().position(|le| lasted <= *le).unwrap_or(BUCKETS_MS.len());
        if let Some(bucket) = cell.lasted.buckets.get(at) {
            bucket.add(1);
        }
        cell.lasted.sum.add(lasted);
    }
}

/// Counts a WebSocket that begins.
pub(super) fn began(plugin: &Prometheus, x: &mut Exchange) {
    let metrics = &plugin.metrics;
    let snapshot = x.worker().snapshot();
    let disabled = snapshot.metadata.get(NAME).and_then(|m| m.downcast_ref::<Disabled>());
    let values = Values::new(x, Matched::of(x), plugin.prefer_name, disabled);
    let labels = |overflow| values.typed("websocket", &MetricSettings::default(), overflow);
    let worker = x.worker().index;
    let handle = metrics.websockets.handle(&labels(false), || labels(true), worker, metrics.known_settings());
    x.state::<Open>().0.push(Counted::new(handle));
}
