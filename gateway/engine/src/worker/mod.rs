//! What one worker thread owns: its view of the configuration, pools, counters, the clock and deadlines. Everything here is
//! thread-local and `!Send`; what is shared with other threads is [`Shared`] and the plain counters.

mod clock;
mod counters;
mod routes;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use self::clock::{Deadline, clock_ms, clock_us, now_ms, now_us, tick_clock};
use self::clock::{Deadlines, Early};
pub use self::counters::{Counter, Counters, LATENCY_BUCKETS_MS, OneByOne};
use self::routes::Routes;
pub use self::routes::{LocalRoute, Target};
use crate::calls::WorkerCalls;
use crate::exchange::{Conn, Exchange, Transcoder};
use crate::plugin::Chain;
use crate::settings::Settings;
use crate::snapshot::{Pressure, Shared, Snapshot};
use crate::upstream::{LocalNode, NodeKey, Scheme};
use crate::watch;
use crate::wire::{Carrier, Connector, WireError};

/// Takes finished exchanges, to write the access log.
pub trait AccessSink {
    /// Writes one exchange; never waits.
    fn record(&self, x: &Exchange);
}

/// One worker thread's own.
pub struct Worker {
    /// Its number, from 0.
    pub index: usize,
    /// What all workers share.
    pub shared: Arc<Shared>,
    /// Its counters; others read them.
    pub counters: Arc<Counters>,
    /// The calls it counts by service and method; others read them.
    pub calls: WorkerCalls,
    /// A drain has begun: connections close after the request in flight.
    pub draining: Cell<bool>,
    /// A drain has lasted long enough: what is still in flight is ended, in whatever way its client understands.
    closing: Cell<bool>,
    pressure: Cell<Pressure>,
    cut_above: Cell<usize>,
    view: RefCell<View>,
    generation: Cell<u64>,
    routes: Routes,
    nodes: RefCell<HashMap<NodeKey, Rc<LocalNode>>>,
    connectors: RefCell<[Option<Rc<dyn Connector>>; Scheme::COUNT]>,
    /// Who opens HTTP/2 connections.
    http2: RefCell<Option<Rc<dyn Connector>>>,
    /// Who carries WebSockets.
    carrier: RefCell<Option<Rc<dyn Carrier>>>,
    /// Who stands between protocols of calls.
    transcoder: RefCell<Option<Rc<dyn Transcoder>>>,
    // Boxed: an exchange goes to a connection and comes back without being moved.
    #[allow(clippy::vec_box)]
    spare: RefCell<Vec<Box<Exchange>>>,
    deadlines: Rc<Deadlines>,
    empty: Rc<Chain>,
    access: RefCell<Option<Rc<dyn AccessSink>>>,
    connection_ids: Cell<u64>,
    pub(crate) watching: watch::Known,
    /// The rows it counts while somebody reads statistics.
    pub(crate) tallies: watch::Rows,
}

struct View {
    snapshot: Rc<Arc<Snapshot>>,
    settings: Rc<Arc<Settings>>,
}

/// Finished exchanges kept for reuse.
const SPARE_EXCHANGES: usize = 256;

impl Worker {
    /// The worker of the calling thread, number `index`.
    pub fn new(index: usize, shared: Arc<Shared>) -> Rc<Worker> {
        let counters = shared.register_worker();
        Worker::with(index, shared, counters)
    }

    /// One of the calling thread that serves nobody and that nobody counts: to see what a request would come to
    /// ([`crate::pipeline::explain`]).
    pub fn aside(shared: Arc<Shared>) -> Rc<Worker> {
        Worker::with(usize::MAX, shared, Arc::default())
    }

    fn with(index: usize, shared: Arc<Shared>, counters: Arc<Counters>) -> Rc<Worker> {
        tick_clock();
        let view = View { snapshot: Rc::new(shared.snapshot()), settings: Rc::new(shared.settings()) };
        Rc::new(Worker {
            index,
            generation: Cell::new(0),
            counters,
            calls: WorkerCalls::new(shared.registry.states.get(), index),
            draining: Cell::new(false),
            closing: Cell::new(false),
            pressure: Cell::new(Pressure::None),
            cut_above: Cell::new(usize::MAX),
            view: RefCell::new(view),
            routes: Routes::default(),
            nodes: RefCell::default(),
            connectors: RefCell::new(Default::default()),
            http2: RefCell::default(),
            carrier: RefCell::default(),
            transcoder: RefCell::default(),
            spare: RefCell::default(),
            deadlines: Rc::default(),
            empty: Rc::default(),
            access: RefCell::new(None),
            // High bits name the worker, so that numbers are the process's own.
            connection_ids: Cell::new((index as u64) << 48),
            watching: watch::Known::default(),
            tallies: watch::Rows::default(),
            shared,
        })
    }

    /// The configuration as of now. One load; only after a change is the new one fetched.
    pub fn snapshot(&self) -> Rc<Arc<Snapshot>> {
        self.refresh();
        Rc::clone(&self.view.borrow().snapshot)
    }

    /// The settings as of now.
    pub fn settings(&self) -> Rc<Arc<Settings>> {
        self.refresh();
        Rc::clone(&self.view.borrow().settings)
    }

    /// Reads something of the settings.
    pub fn with_settings<T>(&self, read: impl FnOnce(&Settings) -> T) -> T {
        self.refresh();
        read(&self.view.borrow().settings)
    }

    #[inline]
    fn refresh(&self) {
        let newest = self.shared.generation.load(Ordering::Acquire);
        if newest != self.generation.get() {
            self.renew(newest);
        }
    }

    /// Takes the view of `newest`. Apart, so that the look that finds nothing new costs no more than a comparison.
    #[cold]
    #[inline(never)]
    fn renew(&self, newest: u64) {
        self.generation.set(newest);
        let mut view = self.view.borrow_mut();
        view.snapshot = Rc::new(self.shared.snapshot());
        view.settings = Rc::new(self.shared.settings());
    }

    /// The generation of the view; only for comparison.
    pub fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// An exchange for a connection, from the free list.
    pub fn exchange(&self, conn: &Rc<Conn>) -> Box<Exchange> {
        match self.spare.borrow_mut().pop() {
            Some(mut x) => {
                x.reset(Rc::clone(conn));
                x
            }
            None => Box::new(Exchange::new(Rc::clone(conn))),
        }
    }

    /// Gives a finished exchange back. One that a panic interrupted is dropped instead.
    pub fn recycle(&self, mut x: Box<Exchange>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE_EXCHANGES {
            x.retire(&self.empty);
            spare.push(x);
        }
    }

    /// A chain of no plugins.
    pub fn empty_chain(&self) -> Rc<Chain> {
        Rc::clone(&self.empty)
    }

    /// A timer of the worker's slab.
    pub fn deadline(&self) -> Deadline {
        Deadline::new(&self.deadlines)
    }

    /// The route as this worker sees it.
    pub fn local_route(&self, snapshot: &Snapshot, slot: u32, route: &Arc<crate::snapshot::Route>) -> Rc<LocalRoute> {
        self.routes.get(self, snapshot, slot, route)
    }

    /// The global rules' chain where no route was found.
    pub fn global_chain(&self, snapshot: &Snapshot) -> Rc<Chain> {
        self.routes.global_chain(snapshot, None)
    }

    /// The upstream of a slot as this worker sees it.
    pub fn local_upstream(&self, snapshot: &Snapshot, slot: u32) -> Option<Rc<crate::upstream::LocalUpstream>> {
        self.routes.upstream(self, snapshot, slot)
    }

    /// The node of a key, made when it is new; its pool lives as long as anybody uses it or keeps connections in it.
    pub fn node(&self, key: NodeKey, make: impl FnOnce(&NodeKey) -> LocalNode) -> Rc<LocalNode> {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(node) = nodes.get(&key) {
            return Rc::clone(node);
        }
        let node = Rc::new(make(&key));
        nodes.insert(key, Rc::clone(&node));
        node
    }

    /// Sets who opens connections of a scheme.
    pub fn set_connector(&self, scheme: Scheme, connector: Rc<dyn Connector>) {
        self.connectors.borrow_mut()[scheme.index()] = Some(connector);
    }

    /// Sets who opens HTTP/2 connections, of any scheme.
    pub fn set_http2_connector(&self, connector: Rc<dyn Connector>) {
        *self.http2.borrow_mut() = Some(connector);
    }

    /// Sets who carries WebSockets.
    pub fn set_carrier(&self, carrier: Rc<dyn Carrier>) {
        *self.carrier.borrow_mut() = Some(carrier);
    }

    /// Who carries WebSockets; `None`: nobody in this build.
    pub fn carrier(&self) -> Option<Rc<dyn Carrier>> {
        self.carrier.borrow().clone()
    }

    /// Sets who stands between protocols of calls.
    pub fn set_transcoder(&self, transcoder: Rc<dyn Transcoder>) {
        *self.transcoder.borrow_mut() = Some(transcoder);
    }

    /// Who stands between protocols of calls; `None`: nobody in this build.
    pub fn transcoder(&self) -> Option<Rc<dyn Transcoder>> {
        self.transcoder.borrow().clone()
    }

    /// Who opens connections to a node; `None`: nobody in this build.
    pub fn connector(&self, node: &LocalNode) -> Option<Rc<dyn Connector>> {
        match node.http2() {
            true => self.http2.borrow().clone(),
            false => self.connectors.borrow()[node.scheme().index()].clone(),
        }
    }

    /// Who opens connections of a scheme; `None`: nobody in this build.
    pub fn connector_of(&self, scheme: Scheme) -> Option<Rc<dyn Connector>> {
        self.connectors.borrow()[scheme.index()].clone()
    }

    /// Sets who writes the access log; `None`: nobody.
    pub fn set_access_sink(&self, sink: Option<Rc<dyn AccessSink>>) {
        *self.access.borrow_mut() = sink;
    }

    /// Who writes the access log.
    pub fn access_sink(&self) -> Option<Rc<dyn AccessSink>> {
        self.access.borrow().clone()
    }

    /// A number for a new connection, unlike any other in the process.
    pub fn next_connection(&self) -> u64 {
        let id = self.connection_ids.get() + 1;
        self.connection_ids.set(id);
        id
    }

    /// What is done every quarter of a second: the clock, deadlines, idle pools, the view of the configuration.
    pub fn tick(&self) {
        tick_clock();
        self.refresh();
        self.cut_above.set(self.shared.cut_above());
        let all = self.short_of_memory() || self.draining.get() || self.closing();
        self.deadlines.sweep(now_ms(), self.early(), all);
        crate::buf::trim();
        let now = now_ms();
        let mut nodes = self.nodes.borrow_mut();
        let (mut idle, mut busy) = (0, self.counters.upstream_single.get());
        for node in nodes.values() {
            let (kept, shared_idle, shared_busy) = node.connections();
            idle += kept + shared_idle;
            busy = busy.saturating_sub(kept) + shared_busy;
        }
        self.counters.upstream_idle.set(idle);
        self.counters.upstream_active.set(busy);
        nodes.retain(|_, node| {
            node.expire(now);
            // Where connections are limited, none idles that nobody asks for any more.
            Rc::strong_count(node) > 1 || (node.idle() > 0 && node.door.is_none())
        });
        drop(nodes);
        self.watching.tidy(&self.shared.watch);
        let mut spare = self.spare.borrow_mut();
        spare.truncate(SPARE_EXCHANGES / 4);
        spare.iter_mut().for_each(|x| x.watched.tidy(&self.shared.watch));
    }

    /// Meets deadlines that may not wait for a tick ([`Deadline::exact`]), for ever: a task of its own beside the tick's.
    pub async fn alarms(self: Rc<Self>) {
        self.deadlines.alarms().await;
    }

    /// The drain is over: every exchange that waits ends now, and who looks after a connection is woken.
    pub fn close(&self) {
        self.closing.set(true);
        self.tick();
    }

    /// Whether what is in flight has to end.
    pub fn closing(&self) -> bool {
        self.closing.get()
    }

    /// Says how much room this worker has left for connections.
    pub fn set_pressure(&self, pressure: Pressure) {
        self.pressure.set(pressure);
    }

    /// Which idle client connections have to go at present, whatever their own time is: more of them the less room is left.
    fn early(&self) -> Early {
        if self.draining.get() {
            return Early::Idle(1000);
        }
        match (self.shared.pressure(), self.pressure.get()) {
            (Pressure::Full, _) => Early::Idle(0),
            (_, Pressure::Full) => Early::Oldest,
            (Pressure::None, Pressure::None) => Early::Nobody,
            _ => {
                Early::Idle(self.with_settings(|s| s.limits.busy_keepalive.as_millis().try_into().unwrap_or(u64::MAX)))
            }
        }
    }

    /// Whether exchanges are being cut because memory is short.
    pub fn short_of_memory(&self) -> bool {
        self.cut_above.get() != usize::MAX
    }

    /// Whether an exchange that waits and holds so many bytes has to be cut, for memory is short and others hold less. Counted.
    /// Asked only where an exchange waits anyway.
    pub fn sheds(&self, held: impl FnOnce() -> usize) -> bool {
        let cut = self.short_of_memory() && held() >= self.cut_above.get();
        if cut {
            self.counters.shed.add(1);
        }
        cut
    }

    /// Why an exchange that waits and holds so many bytes has to end though neither side wants it to, if it has to.
    pub fn ends(&self, held: impl FnOnce() -> usize) -> Option<WireError> {
        match self.closing() {
            true => Some(WireError::Ending),
            false => self.sheds(held).then_some(WireError::Shed),
        }
    }

    /// Closes every idle upstream connection (the end of a drain).
    pub fn close_idle(&self) {
        for node in self.nodes.borrow().values() {
            node.close_idle();
        }
    }
}
