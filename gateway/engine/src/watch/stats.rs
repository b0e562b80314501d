//! What the traffic is like, while somebody reads it: counted by each worker for itself, by route, service, upstream, node, consumer,
//! protocol and status, and summed by those who read.
//!
//! A row has a name, which each worker looks up once and keeps beside the route ([`Targets`]). There are at most [`ROWS`] of a kind
//! in each worker; what comes beyond is counted together, as a row without a name.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::filter::upstream_id;
use super::spread::{Spread, Times};
use super::{Watch, Watcher};
use crate::exchange::{Exchange, Origin};
use crate::pipeline::protocol_name;
use crate::worker::{Counter, clock_us, now_us};

/// Rows of a kind that one worker counts by their names.
pub const ROWS: usize = 10_000;

/// Upstreams and nodes that are kept beside a route.
const TARGETS: usize = 16;

/// What rows are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// All requests.
    All,
    /// Routes by id.
    Route,
    /// Services by id.
    Service,
    /// Upstreams by id, or where they are configured (`routes/ID`).
    Upstream,
    /// Nodes of upstreams: `ip:port`, named by their upstream.
    Node,
    /// Consumers by name.
    Consumer,
    /// What clients speak.
    Protocol,
    /// Statuses.
    Status,
}

impl Dimension {
    /// Those that can be asked for, with their names.
    pub const NAMED: [(Dimension, &'static str); 7] = [
        (Dimension::Route, "route"),
        (Dimension::Service, "service"),
        (Dimension::Upstream, "upstream"),
        (Dimension::Node, "node"),
        (Dimension::Consumer, "consumer"),
        (Dimension::Protocol, "protocol"),
        (Dimension::Status, "status"),
    ];
    const COUNT: usize = 8;
}

/// Counts requests while somebody reads.
#[derive(Default)]
pub struct Stats {
    readers: Mutex<usize>,
    /// Another number each time that reading begins: what was counted before is not kept.
    epoch: AtomicU64,
    rows: Mutex<Vec<Arc<Row>>>,
}

/// Something that is counted, by one worker.
struct Row {
    dimension: Dimension,
    id: Box<str>,
    name: Option<Box<str>>,
    cell: Tally,
}

/// The numbers of a row.
#[derive(Default)]
struct Tally {
    took: Spread,
    /// At the upstream, and beside it; of the row of all requests alone.
    upstream: Option<Box<[Spread; 2]>>,
    classes: [Counter; 6],
    received: Counter,
    sent: Counter,
    timeouts: Counter,
    limited: Counter,
}

/// What was counted of something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// How long requests took; WebSockets are not among them.
    pub took: Times,
    /// How long they were at upstreams, and how long beside; of all requests alone.
    pub upstream: Option<[Times; 2]>,
    /// By the first digit of the status; 0: there was no answer.
    pub classes: [u64; 6],
    /// Bytes of requests, and of answers.
    pub received: u64,
    /// Bytes of answers.
    pub sent: u64,
    /// Answers of the gateway's own: the upstream took too long.
    pub timeouts: u64,
    /// Answers of the gateway's own: there were too many requests.
    pub limited: u64,
}

/// What was counted, by what it is about: the id, and for people a name.
pub type Summed = HashMap<(Dimension, Box<str>, Option<Box<str>>), Sums>;

impl Sums {
    /// How many requests.
    pub fn requests(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// What came since `before`.
    pub fn since(&self, before: &Sums) -> Sums {
        let mut classes = [0; 6];
        for (since, (now, before)) in classes.iter_mut().zip(self.classes.iter().zip(&before.classes)) {
            *since = now.wrapping_sub(*before);
        }
        let upstream = self.upstream.as_ref().map(|[at, beside]| match &before.upstream {
            Some([at_before, beside_before]) => [at.since(at_before), beside.since(beside_before)],
            None => [at.clone(), beside.clone()],
        });
        Sums {
            took: self.took.since(&before.took),
            upstream,
            classes,
            received: self.received.wrapping_sub(before.received),
            sent: self.sent.wrapping_sub(before.sent),
            timeouts: self.timeouts.wrapping_sub(before.timeouts),
            limited: self.limited.wrapping_sub(before.limited),
        }
    }
}

/// Somebody reads.
pub struct Reading {
    stats: Arc<Stats>,
    shared: Arc<crate::snapshot::Shared>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut readers = self.stats.readers.lock();
        *readers = readers.saturating_sub(1);
        if *readers == 0 {
            self.shared.watch.remove(&(Arc::clone(&self.stats) as Arc<dyn Watcher>));
            self.stats.rows.lock().clear();
        }
    }
}

impl Stats {
    /// Begins to read. `None`: there are as many watchers as there may be.
    pub fn read(shared: &Arc<crate::snapshot::Shared>) -> Option<Reading> {
        let stats: Arc<Stats> = shared.registry.states.get();
        let mut readers = stats.readers.lock();
        if *readers == 0 {
            stats.epoch.fetch_add(1, Ordering::Relaxed);
            if !Watch::add(&shared.watch, Arc::clone(&stats) as Arc<dyn Watcher>) {
                return None;
            }
        }
        *readers += 1;
        drop(readers);
        Some(Reading { stats, shared: Arc::clone(shared) })
    }

    fn row(&self, dimension: Dimension, id: &str, name: Option<&str>) -> Arc<Row> {
        let upstream = (dimension == Dimension::All).then(Box::default);
        let cell = Tally { upstream, ..Tally::default() };
        let row = Arc::new(Row { dimension, id: id.into(), name: name.map(Into::into), cell });
        self.rows.lock().push(Arc::clone(&row));
        row
    }
}

impl Reading {
    /// What has been counted since reading began, by everybody who reads.
    pub fn sums(&self) -> Summed {
        self.sums_where(|_| true)
    }

    /// The same, of one kind.
    pub fn sums_of(&self, wanted: Dimension) -> Summed {
        self.sums_where(|dimension| dimension == wanted)
    }

    fn sums_where(&self, wanted: impl Fn(Dimension) -> bool) -> Summed {
        // Counted into while it is read: nothing is locked but the list.
        let rows = self.stats.rows.lock().clone();
        let mut all = Summed::new();
        for row in rows.iter().filter(|row| wanted(row.dimension)) {
            let sums = all.entry((row.dimension, row.id.clone(), row.name.clone())).or_default();
            row.cell.add_to(sums);
        }
        all
    }
}

impl Tally {
    fn count(&self, done: &Done) {
        if let Some(took) = done.took_us {
            self.took.add(took);
        }
        if let Some(class) = self.classes.get(done.class) {
            class.add(1);
        }
        self.received.add(done.received);
        self.sent.add(done.sent);
        if let (Some([at, beside]), Some(us)) = (self.upstream.as_deref(), done.upstream_us) {
            at.add(us);
            beside.add(done.took_us.unwrap_or_default().saturating_sub(us));
        }
        self.timeouts.add(done.timeout.into());
        self.limited.add(done.limited.into());
    }

    fn add_to(&self, sums: &mut Sums) {
        self.took.read(&mut sums.took);
        if let Some(spreads) = self.upstream.as_deref() {
            let times = sums.upstream.get_or_insert_default();
            spreads.iter().zip(times).for_each(|(spread, times)| spread.read(times));
        }
        for (sum, class) in sums.classes.iter_mut().zip(&self.classes) {
            *sum = sum.wrapping_add(class.get());
        }
        for (sum, counter) in [
            (&mut sums.received, &self.received),
            (&mut sums.sent, &self.sent),
            (&mut sums.timeouts, &self.timeouts),
            (&mut sums.limited, &self.limited),
        ] {
            *sum = sum.wrapping_add(counter.get());
        }
    }
}

/// What there is to count of a request.
struct Done {
    took_us: Option<u64>,
    upstream_us: Option<u64>,
    class: usize,
    received: u64,
    sent: u64,
    timeout: bool,
    limited: bool,
}

impl Done {
    fn of(x: &Exchange) -> Done {
        let status = if x.resp.started { x.resp.status } else { 0 };
        let own = x.resp.origin;
        Done {
            // A WebSocket is no request that takes long.
            took_us: (status != 101).then(|| clock_us().saturating_sub(x.times.start_us)),
            upstream_us: x.times.upstream_took_us(now_us()).filter(|_| status != 101),
            class: usize::from(status / 100).min(5),
            received: x.req.received,
            sent: x.resp.sent,
            timeout: status == 504 && own == Origin::Proxy,
            limited: own == Origin::Gateway && (status == 429 || status == 503 && x.upstream.tries == 0),
        }
    }
}

/// The rows of one worker by their names.
#[derive(Default)]
pub(crate) struct Rows {
    epoch: Cell<u64>,
    named: RefCell<[HashMap<Box<str>, Arc<Row>>; Dimension::COUNT]>,
    all: RefCell<Option<Arc<Row>>>,
}

impl Rows {
    /// The row of a name, made where it is new.
    fn get(&self, stats: &Stats, dimension: Dimension, id: &str, name: Option<&str>) -> Arc<Row> {
        let mut named = self.named.borrow_mut();
        let rows = &mut named[dimension as usize];
        // One upstream's node is not another's.
        let key: std::borrow::Cow<'_, str> = match (dimension, name) {
            (Dimension::Node, Some(upstream)) => format!("{upstream} {id}").into(),
            _ => id.into(),
        };
        if let Some(row) = rows.get(&*key) {
            return Arc::clone(row);
        }
        let (key, row) = match rows.len() < ROWS {
            true => (Box::from(&*key), stats.row(dimension, id, name)),
            false => match rows.get("") {
                Some(others) => return Arc::clone(others),
                None => (Box::default(), stats.row(dimension, "", None)),
            },
        };
        rows.insert(key, Arc::clone(&row));
        row
    }

    /// Forgets everything where reading has begun anew.
    fn begin(&self, stats: &Stats) -> u64 {
        let epoch = stats.epoch.load(Ordering::Relaxed);
        if self.epoch.replace(epoch) != epoch {
            *self.named.borrow_mut() = Default::default();
            *self.all.borrow_mut() = None;
        }
        epoch
    }
}

/// The rows of a route, kept beside it.
struct Targets {
    epoch: u64,
    route: Arc<Row>,
    service: Option<Arc<Row>>,
    /// By upstream and node, whose names they hold so that their addresses stay theirs.
    rows: RefCell<Vec<Target>>,
}

struct Target {
    upstream: Arc<str>,
    node: Option<Arc<str>>,
    rows: (Arc<Row>, Option<Arc<Row>>),
}

impl Stats {
    fn count(&self, x: &Exchange) {
        let worker = x.worker();
        let rows = &worker.tallies;
        let epoch = rows.begin(self);
        let done = Done::of(x);
        rows.all.borrow_mut().get_or_insert_with(|| self.row(Dimension::All, "", None)).cell.count(&done);
        self.count_target(x, rows, epoch, &done);
        if let Some(found) = &x.consumer {
            rows.get(self, Dimension::Consumer, found.username(), None).cell.count(&done);
        }
        rows.get(self, Dimension::Protocol, protocol_name(x), None).cell.count(&done);
        let mut status = itoa::Buffer::new();
        let status = status.format(if x.resp.started { x.resp.status } else { 0 });
        rows.get(self, Dimension::Status, status, None).cell.count(&done);
    }

    /// By route and service, and by upstream and node.
    fn count_target(&self, x: &Exchange, rows: &Rows, epoch: u64, done: &Done) {
        let Some(local) = &x.route else { return };
        let make = || Targets {
            epoch,
            route: rows.get(self, Dimension::Route, &local.route.id, local.route.name.as_deref()),
            service: local.service.as_ref().map(|s| rows.get(self, Dimension::Service, &s.id, s.name.as_deref())),
            rows: RefCell::default(),
        };
        let kept: Rc<RefCell<Targets>> = local.kept(|| RefCell::new(make()));
        if kept.borrow().epoch != epoch {
            *kept.borrow_mut() = make();
        }
        let targets = kept.borrow();
        targets.route.cell.count(done);
        if let Some(service) = &targets.service {
            service.cell.count(done);
        }
        let Some(upstream) = &x.upstream.upstream else { return };
        let upstream = &upstream.upstream().key;
        let node = x.upstream.node.as_ref().map(|node| node.shared_id());
        let same = |target: &Target| {
            let nodes = match (&target.node, node) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (None, None) => true,
                _ => false,
            };
            nodes && Arc::ptr_eq(&target.upstream, upstream)
        };
        let mut known = targets.rows.borrow_mut();
        let at = known.iter().position(same).unwrap_or_else(|| {
            if known.len() >= TARGETS {
                known.clear();
            }
            let id = upstream_id(x).unwrap_or_default();
            let by_upstream = rows.get(self, Dimension::Upstream, id, None);
            let addr = x.upstream.node.as_ref().map(|node| node.addr_text());
            let by_node = addr.map(|addr| rows.get(self, Dimension::Node, addr, Some(id)));
            known.push(Target { upstream: Arc::clone(upstream), node: node.cloned(), rows: (by_upstream, by_node) });
            known.len() - 1
        });
        let Some(target) = known.get(at) else { return };
        target.rows.0.cell.count(done);
        if let Some(node) = &target.rows.1 {
            node.cell.count(done);
        }
    }
}

impl Watcher for Stats {
    fn may_want(&self, _: &Exchange) -> bool {
        true
    }

    fn chooses(&self) -> bool {
        false
    }

    fn traces(&self) -> bool {
        false
    }

    fn finished(&self, x: &Exchange) {
        self.count(x);
    }
}
