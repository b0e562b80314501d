//! What a worker keeps beside its view of a route: the counters of the label sets met there.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use gateway_engine::exchange::{Exchange, Origin};
use gateway_engine::snapshot::Credentialed;

use super::labels::{Disabled, Matched, Values, code};
use super::series::{Bandwidth, Handle, Latency, Metrics, Status};
use super::{NAME, Prometheus};

/// The label sets of one route.
#[derive(Default)]
pub(super) struct RouteSeries {
    kept: RefCell<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Searched from the front while they are few: nearly all requests of a route are alike.
    series: Vec<Series>,
    index: HashMap<Alike, usize>,
}

/// Requests that share all their labels. Addresses stand for what a [`Series`] holds on to.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Alike {
    code: u16,
    origin: u8,
    prefer_name: bool,
    matched: Matched,
    node: Option<IpAddr>,
    consumer: usize,
    metadata: usize,
}

struct Series {
    alike: Alike,
    status: Handle<Status>,
    latency: Handle<Latency>,
    bandwidth: Handle<Bandwidth>,
    _consumer: Option<Arc<Credentialed>>,
    _metadata: Option<Arc<dyn Any + Send + Sync>>,
}

/// Up to here a scan is faster than a hash.
const FEW: usize = 16;

/// Most label sets kept a route and worker; then it starts over.
const MANY: usize = 4096;

/// Where requests without a route are counted.
pub(super) fn unrouted(metrics: &Metrics) -> Rc<RouteSeries> {
    thread_local! {
        static KEPT: RefCell<Vec<(u64, Rc<RouteSeries>)>> = const { RefCell::new(Vec::new()) };
    }
    KEPT.with_borrow_mut(|kept| {
        if let Some((_, series)) = kept.iter().find(|(id, _)| *id == metrics.id) {
            return Rc::clone(series);
        }
        let series = Rc::<RouteSeries>::default();
        kept.push((metrics.id, Rc::clone(&series)));
        series
    })
}

impl RouteSeries {
    /// Counts a finished request.
    pub(super) fn record(&self, plugin: &Prometheus, x: &Exchange) {
        let snapshot = x.worker().snapshot();
        let metadata = snapshot.metadata.get(NAME);
        let alike = Alike {
            code: code(x),
            origin: match x.resp.origin {
                Origin::Gateway => 0,
                Origin::Proxy => 1,
                Origin::Upstream => 2,
            },
            prefer_name: plugin.prefer_name,
            matched: Matched::of(x),
            node: x.upstream.node.as_ref().map(|n| n.addr.ip()),
            consumer: x.consumer.as_ref().map_or(0, |c| Arc::as_ptr(c) as usize),
            metadata: metadata.map_or(0, |m| Arc::as_ptr(m).cast::<()>() as usize),
        };
        let settings = plugin.metrics.known_settings();
        // Labels out of variables are told apart by their texts alone.
        let open = !(settings.status.extra.is_empty()
            && settings.latency.extra.is_empty()
            && settings.bandwidth.extra.is_empty())
            || ["request_type", "request_llm_model", "llm_model"].iter().any(|name| x.custom_var(name).is_some());
        if open {
            let series = Series::new(plugin, x, alike, metadata);
            series.add(plugin, x);
            return;
        }
        let mut kept = self.kept.borrow_mut();
        if let Some(series) = kept.find(&alike)
            && series.add(plugin, x)
        {
            return;
        }
        let series = Series::new(plugin, x, alike, metadata);
        series.add(plugin, x);
        kept.put(series);
    }
}

impl Kept {
    fn find(&self, alike: &Alike) -> Option<&Series> {
        if self.series.len() <= FEW {
            return self.series.iter().find(|s| s.alike == *alike);
        }
        self.index.get(alike).and_then(|&at| self.series.get(at))
    }

    fn put(&mut self, series: Series) {
        if let Some(old) = self.series.iter_mut().find(|s| s.alike == series.alike) {
            // Its label set had been dropped.
            *old = series;
            return;
        }
        if self.series.len() >= MANY {
            self.series.clear();
            self.index.clear();
        }
        self.index.insert(series.alike.clone(), self.series.len());
        self.series.push(series);
    }
}

impl Series {
    fn new(plugin: &Prometheus, x: &Exchange, alike: Alike, metadata: Option<&Arc<dyn Any + Send + Sync>>) -> Series {
        let metrics = &plugin.metrics;
        let settings = metrics.known_settings();
        let worker = x.worker().index;
        let disabled = metadata.and_then(|m| m.downcast_ref::<Disabled>());
        let values = Values::new(x, alike.matched, alike.prefer_name, disabled);
        let status = |overflow| values.status(&settings.status, overflow);
        let latency = |overflow| values.typed("http_latency", &settings.latency, overflow);
        let bandwidth = |overflow| values.typed("bandwidth", &settings.bandwidth, overflow);
        Series {
            status: metrics.status.handle(&status(false), || status(true), worker, settings),
            latency: metrics.latency.handle(&latency(false), || latency(true), worker, settings),
            bandwidth: metrics.bandwidth.handle(&bandwidth(false), || bandwidth(true), worker, settings),
            _consumer: x.consumer.clone(),
            _metadata: metadata.cloned(),
            alike,
        }
    }

    /// Counts a request; `false`, and nothing counted, if a label set is gone.
    fn add(&self, plugin: &Prometheus, x: &Exchange) -> bool {
        let (Some(status), Some(latency), Some(bandwidth)) =
            (self.status.cell(), self.latency.cell(), self.bandwidth.cell())
        else {
            return false;
        };
        status.count.add(1);
        bandwidth.ingress.add(x.req.received);
        bandwidth.egress.add(x.resp.sent);
        let settings = plugin.metrics.known_settings();
        let times = &x.times;
        let total = times.end_ms.saturating_sub(times.start_ms);
        let [request, upstream, apisix] = &latency.types;
        request.observe(settings, total);
        let mut own = total;
        // An answer that broke off took until now.
        if let Some(theirs) = times.upstream_took_ms(times.end_ms) {
            upstream.observe(settings, theirs);
            own = total.saturating_sub(theirs);
        }
        apisix.observe(settings, own);
        true
    }
}
