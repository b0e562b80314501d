//! The numbers of `live/stats`: those of now, and the last hour of those that charts need.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::{Shared, items, number, text, whole};
use crate::filter::text_of;

/// Points that are kept: an hour at one a second.
const POINTS: usize = 3_600;
/// Points that are kept of one route: five minutes.
const TRACKED: usize = 300;
/// Objects of which points are kept.
const TRACKS: usize = 1_000;
/// Buckets of a histogram.
const BUCKETS: usize = 24;
/// Rows of one breakdown.
const ROWS: usize = 20_000;

/// By what numbers are broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum By {
    Route,
    Service,
    Upstream,
    Node,
    Consumer,
    Protocol,
    Status,
}

impl By {
    const ALL: [By; 7] = [By::Route, By::Service, By::Upstream, By::Node, By::Consumer, By::Protocol, By::Status];

    /// As the server calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            By::Route => "route",
            By::Service => "service",
            By::Upstream => "upstream",
            By::Node => "node",
            By::Consumer => "consumer",
            By::Protocol => "protocol",
            By::Status => "status",
        }
    }
}

/// What goes through one route, consumer, …
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rate {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Requests a second.
    pub(crate) rps: f64,
    /// The share of requests that failed, 0 to 1.
    pub(crate) err: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
    /// Bytes a second.
    pub(crate) tx: f64,
}

/// One moment of the charts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Point {
    /// Seconds since 1970.
    pub(crate) at: u32,
    pub(crate) rps: f32,
    /// Share of 5xx, 0 to 1.
    pub(crate) err: f32,
    pub(crate) p50: f32,
    pub(crate) p95: f32,
    pub(crate) p99: f32,
    pub(crate) max: f32,
    pub(crate) conns: f32,
    /// Requests by bucket of the histogram.
    pub(crate) hist: [u16; BUCKETS],
    /// Nothing was told between the point before and this one.
    pub(crate) gap: bool,
    /// The gateway was started anew.
    pub(crate) restarted: bool,
}

/// The last minutes of one route, consumer, …: requests a second and milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Track {
    /// (seconds since 1970, requests a second, P99)
    pub(crate) points: VecDeque<(u32, f32, f32)>,
}

/// `live/stats`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stats {
    /// The newest document, whole.
    pub(crate) value: Shared,
    /// The last hour, the newest behind.
    pub(crate) points: Arc<VecDeque<Point>>,
    /// Upper bounds of the buckets in milliseconds; one bucket more than these.
    pub(crate) bounds: Vec<f64>,
    by: BTreeMap<By, Vec<Rate>>,
    /// The places in `by`, by id.
    index: BTreeMap<By, HashMap<String, usize>>,
    tracks: HashMap<(By, String), Track>,
    instance: String,
}

impl Stats {
    /// Takes a document in.
    pub(crate) fn take(&mut self, value: Value, at_ms: u64) {
        let at = u32::try_from(at_ms / 1_000).unwrap_or(u32::MAX);
        let hist = value.pointer("/req/hist").unwrap_or(&Value::Null);
        self.bounds =
            items(hist.get("le_ms").unwrap_or(&Value::Null)).filter_map(Value::as_f64).take(BUCKETS - 1).collect();
        let mut point = Point::read(&value, at);
        if let Some(last) = self.points.back() {
            let usual = (whole(&value, "window_ms") / 1_000).clamp(1, 60) as u32;
            point.gap = at.saturating_sub(last.at) > usual * 3 + 1;
        }
        let instance = text(&value, "instance");
        point.restarted = !self.instance.is_empty() && !instance.is_empty() && self.instance != instance;
        instance.clone_into(&mut self.instance);
        let points = Arc::make_mut(&mut self.points);
        // A clock that goes back, or a message told twice, begins a new line.
        if points.back().is_some_and(|last| last.at > at) {
            points.clear();
        }
        if points.len() >= POINTS {
            points.pop_front();
        }
        points.push_back(point);
        self.break_down(&value, at);
        self.value = Arc::new(value);
    }

    fn break_down(&mut self, value: &Value, at: u32) {
        self.by.clear();
        self.index.clear();
        for by in By::ALL {
            let Some(rows) = value.pointer(&format!("/by/{}", by.name())) else { continue };
            let rates: Vec<Rate> = items(rows).take(ROWS).map(Rate::read).collect();
            let index = self.index.entry(by).or_default();
            for (place, rate) in rates.iter().enumerate() {
                index.insert(rate.id.clone(), place);
                if self.tracks.len() >= TRACKS && !self.tracks.contains_key(&(by, rate.id.clone())) {
                    continue;
                }
                let points = &mut self.tracks.entry((by, rate.id.clone())).or_default().points;
                if points.len() >= TRACKED {
                    points.pop_front();
                }
                points.push_back((at, rate.rps as f32, rate.p99 as f32));
            }
            self.by.insert(by, rates);
        }
        let oldest = at.saturating_sub(TRACKED as u32);
        self.tracks.retain(|_, track| track.points.back().is_some_and(|(at, ..)| *at >= oldest));
    }

    /// What goes through one object now.
    pub(crate) fn rate(&self, by: By, id: &str) -> Option<&Rate> {
        let place = self.index.get(&by)?.get(id)?;
        self.by.get(&by)?.get(*place)
    }

    /// All of a breakdown, as the server orders it.
    pub(crate) fn rates(&self, by: By) -> &[Rate] {
        self.by.get(&by).map_or(&[], Vec::as_slice)
    }

    /// The last minutes of one object.
    pub(crate) fn track(&self, by: By, id: &str) -> Option<&Track> {
        self.tracks.get(&(by, id.to_owned()))
    }

    /// The newest point.
    pub(crate) fn now(&self) -> Option<&Point> {
        self.points.back()
    }

    /// The same where nothing may be told of it, which is not 0.
    pub(crate) fn told(&self, pointer: &str) -> Option<f64> {
        self.value.pointer(pointer).and_then(Value::as_f64).filter(|number| number.is_finite())
    }

    /// Whether requests are told by class of their status, so that it is known how many failed.
    pub(crate) fn knows_codes(&self) -> bool {
        self.value.pointer("/req/codes").is_some_and(Value::is_object)
    }

    /// Whether a breakdown is told; an empty one is.
    pub(crate) fn knows(&self, by: By) -> bool {
        self.value.pointer(&format!("/by/{}", by.name())).is_some_and(Value::is_array)
    }

    /// A number of the newest document by its JSON pointer.
    pub(crate) fn number(&self, pointer: &str) -> f64 {
        self.value.pointer(pointer).and_then(Value::as_f64).filter(|number| number.is_finite()).unwrap_or_default()
    }
}

impl Point {
    fn read(value: &Value, at: u32) -> Point {
        let none = Value::Null;
        let request = value.get("req").unwrap_or(&none);
        let latency = request.get("latency_ms").unwrap_or(&none);
        let codes = request.get("codes").unwrap_or(&none);
        let all: f64 = ["1xx", "2xx", "3xx", "4xx", "5xx"].iter().map(|class| number(codes, class)).sum();
        let mut hist = [0; BUCKETS];
        let counts = request.pointer("/hist/n").unwrap_or(&none);
        for (bucket, count) in hist.iter_mut().zip(items(counts)) {
            *bucket = u16::try_from(count.as_u64().unwrap_or_default()).unwrap_or(u16::MAX);
        }
        Point {
            at,
            rps: number(request, "rps") as f32,
            err: if all > 0.0 { (number(codes, "5xx") / all) as f32 } else { 0.0 },
            p50: number(latency, "p50") as f32,
            p95: number(latency, "p95") as f32,
            p99: number(latency, "p99") as f32,
            max: number(latency, "max") as f32,
            conns: number(value.get("conn").unwrap_or(&none), "active") as f32,
            hist,
            gap: false,
            restarted: false,
        }
    }
}

impl Rate {
    fn read(value: &Value) -> Rate {
        Rate {
            id: value.get("id").map(text_of).unwrap_or_default().into_owned(),
            name: super::shown(value, "name"),
            rps: number(value, "rps"),
            err: number(value, "err"),
            p50: number(value, "p50"),
            p99: number(value, "p99"),
            tx: number(value, "tx_bps"),
        }
    }
}
