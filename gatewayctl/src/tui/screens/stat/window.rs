//! Numbers of the last minutes by route, node and the like, added up of those of each second.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use crate::filter::text_of;
use crate::tui::data::{Stats, items, number, text, whole};

/// Seconds that are added up in one.
const SLOT: u32 = 10;
/// Slots that are kept: five minutes.
const SLOTS: usize = 30;
/// Rows of one kind and slot.
const ROWS: usize = 500;

/// The last minutes.
#[derive(Debug, Default)]
pub(super) struct Windows {
    slots: VecDeque<Slot>,
    /// The newest that was added, in seconds since 1970.
    last: u32,
}

#[derive(Debug)]
struct Slot {
    /// When it began, in seconds since 1970.
    began: u32,
    /// What was told of it, in seconds.
    seconds: f64,
    rows: HashMap<(&'static str, String), Sums>,
}

/// What went through something.
#[derive(Debug, Default, Clone)]
struct Sums {
    id: String,
    name: String,
    upstream: String,
    requests: f64,
    failed: f64,
    /// Answers of the class 4xx and 5xx, where those are told.
    classes: Option<[f64; 2]>,
    received: f64,
    sent: f64,
    /// Milliseconds, each as often as there were requests.
    p50: f64,
    /// The most of any second.
    worst: [f64; 4],
}

/// Percentiles of which the worst is kept.
const WORST: [&str; 4] = ["p90", "p95", "p99", "max"];

impl Windows {
    /// Takes the newest numbers, once.
    pub(super) fn take(&mut self, stats: &Stats, kinds: &[&'static str]) {
        let Some(at) = stats.now().map(|point| point.at).filter(|at| *at != self.last) else { return };
        if at < self.last {
            // A clock that goes back begins anew.
            self.slots.clear();
        }
        self.last = at;
        let value = &*stats.value;
        let seconds = whole(value, "window_ms").clamp(1, 3_600_000) as f64 / 1_000.0;
        if self.slots.back().is_none_or(|slot| at >= slot.began.saturating_add(SLOT)) {
            self.slots.push_back(Slot { began: at - at % SLOT, seconds: 0.0, rows: HashMap::new() });
        }
        while self.slots.len() > SLOTS {
            self.slots.pop_front();
        }
        let Some(slot) = self.slots.back_mut() else { return };
        slot.seconds += seconds;
        for kind in kinds {
            let rows = value.pointer(&format!("/by/{kind}")).unwrap_or(&Value::Null);
            for row in items(rows).take(ROWS) {
                slot.rows.entry((*kind, key(row))).or_default().add(row, seconds);
            }
        }
    }

    fn since(&self, window: u32) -> impl Iterator<Item = &Slot> {
        let from = self.last.saturating_sub(window).saturating_add(1);
        self.slots.iter().filter(move |slot| slot.began.saturating_add(SLOT) > from)
    }

    /// How much of the last `window` seconds was seen, in seconds.
    pub(super) fn seen(&self, window: u32) -> f64 {
        self.since(window).map(|slot| slot.seconds).sum()
    }

    /// The rows of the last `window` seconds in the form of `live/stats`.
    pub(super) fn of(&self, kind: &'static str, window: u32) -> Vec<Value> {
        let seconds = self.seen(window);
        let mut all: HashMap<&str, Sums> = HashMap::new();
        for slot in self.since(window) {
            for ((_, key), sums) in slot.rows.iter().filter(|((of, _), _)| *of == kind) {
                all.entry(key).or_default().join(sums);
            }
        }
        all.into_values().map(|sums| sums.row(seconds)).collect()
    }
}

/// What makes a row one of its own: a node may belong to several upstreams.
pub(super) fn key(row: &Value) -> String {
    let id = row.get("id").map(text_of).unwrap_or_default();
    match text(row, "upstream") {
        "" => id.into_owned(),
        upstream => format!("{id} {upstream}"),
    }
}

impl Sums {
    fn add(&mut self, row: &Value, seconds: f64) {
        let requests = row.get("n").and_then(Value::as_f64).unwrap_or_else(|| number(row, "rps") * seconds);
        let classes = row.get("codes").map(|codes| [number(codes, "4xx"), number(codes, "5xx")]);
        self.join(&Sums {
            id: row.get("id").map(text_of).unwrap_or_default().into_owned(),
            name: text(row, "name").to_owned(),
            upstream: text(row, "upstream").to_owned(),
            requests,
            failed: number(row, "err") * requests,
            classes,
            received: number(row, "rx_bps") * seconds,
            sent: number(row, "tx_bps") * seconds,
            p50: number(row, "p50") * requests,
            worst: WORST.map(|name| number(row, name)),
        });
    }

    fn join(&mut self, other: &Sums) {
        if self.id.is_empty() {
            (self.id, self.name, self.upstream) = (other.id.clone(), other.name.clone(), other.upstream.clone());
        }
        self.requests += other.requests;
        self.failed += other.failed;
        if let Some(classes) = other.classes {
            let own = self.classes.get_or_insert([0.0; 2]);
            own.iter_mut().zip(classes).for_each(|(own, other)| *own += other);
        }
        self.received += other.received;
        self.sent += other.sent;
        self.p50 += other.p50;
        self.worst.iter_mut().zip(other.worst).for_each(|(own, other)| *own = own.max(other));
    }

    fn row(&self, seconds: f64) -> Value {
        let part = |of: f64, whole: f64| if whole > 0.0 { of / whole } else { 0.0 };
        let [p90, p95, p99, max] = self.worst;
        let mut row = json!({
            "id": self.id, "name": self.name, "rps": part(self.requests, seconds), "n": self.requests.round(),
            "err": part(self.failed, self.requests), "p50": part(self.p50, self.requests),
            "p90": p90, "p95": p95, "p99": p99, "max": max,
            "rx_bps": part(self.received, seconds), "tx_bps": part(self.sent, seconds),
        });
        if let Some([c4, c5]) = self.classes {
            row["codes"] = json!({ "4xx": c4, "5xx": c5 });
        }
        if !self.upstream.is_empty() {
            row["upstream"] = self.upstream.as_str().into();
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of one second.
    fn second(stats: &mut Stats, at: u32, requests: f64, p99: f64) {
        let row = json!({"id": "a", "rps": requests, "n": requests, "err": 0.5, "p50": 2.0, "p99": p99, "codes": {"4xx": 0, "5xx": requests / 2.0}});
        stats.take(json!({"window_ms": 1000, "by": {"route": [row]}}), u64::from(at) * 1_000);
    }

    #[test]
    fn seconds_are_added_up_and_old_ones_go() {
        let (mut stats, mut windows) = (Stats::default(), Windows::default());
        for at in 1_000..1_400 {
            second(&mut stats, at, if at < 1_390 { 10.0 } else { 20.0 }, if at == 1_395 { 99.0 } else { 5.0 });
            windows.take(&stats, &["route"]);
            windows.take(&stats, &["route"]);
        }
        assert_eq!((windows.seen(10), windows.seen(300), windows.slots.len()), (10.0, 300.0, SLOTS));
        let row = windows.of("route", 10).remove(0);
        assert_eq!((number(&row, "rps"), number(&row, "n"), number(&row, "err")), (20.0, 200.0, 0.5));
        assert_eq!((number(&row, "p50"), number(&row, "p99"), &row["codes"]["5xx"]), (2.0, 99.0, &json!(100.0)));
        let row = windows.of("route", 60).remove(0);
        assert_eq!(number(&row, "n"), 700.0);
        assert!(windows.of("node", 60).is_empty());
    }
}
