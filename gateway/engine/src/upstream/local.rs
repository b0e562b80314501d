//! Upstreams and nodes as one worker sees them: the position of its balancer, and the idle connections to a node.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gateway_model::resource::{Limits, RetryPolicy};

use super::balance::Health;
use super::gate::{Door, Gate};
use super::health::Checks;
use super::host::HostRule;
use super::priority::Picker;
use super::retry::Failure;
use super::shared::{Flight, SharedStates};
use super::tls::TlsClient;
use super::{Balancer, Node, NodeState, PoolSettings, Scheme, Timeouts, Upstream, UpstreamState, millis};
use crate::exchange::Exchange;
use crate::settings::Settings;
use crate::wire;
use crate::worker::now_ms;

/// An upstream as one worker sees it. A changed upstream makes a new one; the nodes with their connections stay.
pub struct LocalUpstream {
    upstream: Arc<Upstream>,
    timeouts: Timeouts,
    pool: PoolSettings,
    /// Made at the first request that has a choice: most of ten thousand upstreams have one node, or no request.
    picker: RefCell<Option<Picker>>,
    nodes: RefCell<Vec<Option<Rc<LocalNode>>>>,
}

impl LocalUpstream {
    /// `settings` say what the upstream leaves open.
    pub fn new(upstream: Arc<Upstream>, settings: &Settings) -> Self {
        let timeouts = upstream.timeouts.unwrap_or_else(|| {
            let defaults = &settings.timeouts;
            Timeouts::new(defaults.upstream_connect, defaults.upstream_send, defaults.upstream_read)
        });
        let pool = upstream.pool.unwrap_or(PoolSettings {
            size: settings.upstream_keepalive,
            idle_timeout: Some(settings.upstream_keepalive_timeout),
            requests: settings.upstream_keepalive_requests,
        });
        Self { upstream, timeouts, pool, picker: RefCell::default(), nodes: RefCell::default() }
    }

    /// The shared part.
    pub fn upstream(&self) -> &Arc<Upstream> {
        &self.upstream
    }

    /// Which `Host` the node gets.
    pub fn host_rule(&self) -> &HostRule {
        &self.upstream.host
    }

    /// How long nodes may take, where the route says nothing.
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// The most tries after the first.
    pub fn retries(&self) -> u32 {
        self.upstream.retry.retries(self.upstream.nodes.len())
    }

    /// What all tries together may take before no other is begun; 0: any time.
    pub fn retry_timeout_ms(&self) -> u64 {
        self.upstream.retry.budget.map_or(0, millis)
    }

    /// Picks a node that the exchange has not tried ([`LocalUpstream::mark_tried`]); the only node of an upstream always.
    ///
    /// # Errors
    /// The status to answer: 503 when there are no nodes, 502 when all were tried or the upstream is broken.
    pub fn pick(&self, x: &Exchange) -> Result<Rc<LocalNode>, u16> {
        let nodes = &self.upstream.nodes;
        let at = match nodes.len() {
            _ if self.upstream.broken.is_some() => return Err(502),
            0 => return Err(503),
            1 => 0,
            _ => self.choose(x).ok_or(502u16)?,
        };
        let mut locals = self.nodes.borrow_mut();
        if locals.is_empty() {
            locals.resize(nodes.len(), None);
        }
        // Picks are indexes into the node list, and there is a place for each.
        let (local, node) = locals.get_mut(at).zip(nodes.get(at)).ok_or(502u16)?;
        if let Some(local) = local {
            return Ok(Rc::clone(local));
        }
        let tls = self.upstream.tls.clone();
        let made = x.worker().node(self.key(node), |key| LocalNode::new(key, node, tls, self.upstream.gate.as_ref()));
        *local = Some(Rc::clone(&made));
        Ok(made)
    }

    fn choose(&self, x: &Exchange) -> Option<usize> {
        let mut picker = self.picker.borrow_mut();
        let picker = picker.get_or_insert_with(|| Picker::of(&self.upstream));
        let seen = self.upstream.shared.as_ref().map(|states| self.look(states));
        let health = seen.as_ref().map(|seen| seen as &dyn Health);
        match &self.upstream.hash {
            None => picker.pick(None, &x.upstream.tried, health),
            Some(hash) => hash.with(x, |key| picker.pick(Some(key), &x.upstream.tried, health)),
        }
    }

    /// The exchange is not to be given this node again.
    pub fn mark_tried(&self, x: &mut Exchange, node: &Rc<LocalNode>) {
        if let Some(at) = self.index(node) {
            x.upstream.tried.insert(at);
        }
    }

    /// An exchange begins at a node: counted where the balancer picks by it, until the flight is dropped.
    #[inline]
    pub fn enter(&self, node: &Rc<LocalNode>) -> Option<Flight> {
        if !self.upstream.balancer.looks_at_nodes() {
            return None;
        }
        let state = self.upstream.shared.as_ref()?.nodes.get(self.index(node)?)?;
        Some(NodeState::enter(state))
    }

    /// A node has answered the present try with this status.
    #[inline]
    pub fn answered(&self, x: &Exchange, node: &Rc<LocalNode>, status: u16) {
        let Some(states) = &self.upstream.shared else { return };
        if self.upstream.balancer == Balancer::Ewma
            && let Some(flight) = &x.upstream.flight
        {
            flight.node().took(flight.elapsed_ms(), now_ms());
        }
        let Some(at) = self.index(node) else { return };
        if let Some(checks) = self.passive() {
            checks.answered(states, at, status);
        }
        self.watch(states, at, status >= 500);
    }

    /// A try at a node has failed, for which the client gets `status` if it was the `last`.
    pub fn failed(&self, node: &Rc<LocalNode>, failure: Failure, status: u16, last: bool) {
        let Some(states) = &self.upstream.shared else { return };
        let Some(at) = self.index(node) else { return };
        if let Some(checks) = self.passive() {
            checks.failed(states, at, failure, status, last);
        }
        self.watch(states, at, true);
    }

    /// The checks that judge the traffic of this upstream.
    fn passive(&self) -> Option<&Checks> {
        self.upstream.checks.as_deref().filter(|checks| checks.is_passive())
    }

    /// Ejects a node that fails too often.
    fn watch(&self, states: &SharedStates, at: usize, failed: bool) {
        let rule = self.upstream.resilience.as_ref().and_then(|r| r.outlier_detection.as_ref());
        if let Some((rule, state)) = rule.zip(states.nodes.get(at))
            && state.record.add(failed, rule, now_ms())
        {
            states.upstream.eject(&states.nodes, state, rule, now_ms());
        }
    }

    /// The nodes as a picker sees them now.
    fn look<'a>(&self, states: &'a SharedStates) -> Seen<'a> {
        let now_ms = now_ms();
        let Some(resilience) = &self.upstream.resilience else { return Seen { states, slow_start_ms: 0, now_ms } };
        if resilience.outlier_detection.is_some() {
            states.upstream.readmit(&states.nodes, now_ms);
        }
        Seen { states, slow_start_ms: millis(resilience.slow_start), now_ms }
    }

    /// What is known of the upstream over all its versions and workers.
    pub fn state(&self, x: &Exchange) -> &Arc<UpstreamState> {
        self.upstream.state(&x.worker().shared.states)
    }

    /// What refines its retries.
    #[inline]
    pub fn retry_policy(&self) -> Option<&RetryPolicy> {
        self.upstream.resilience.as_ref()?.retry_policy.as_ref()
    }

    /// How much of what it may have at one time; `None`: nothing of it is limited.
    #[inline]
    pub fn limits(&self) -> Option<&Limits> {
        Some(&self.upstream.resilience.as_ref()?.limits)
    }

    /// Whether a request may be sent again though a node may have acted on it.
    pub fn repeats(&self, x: &Exchange) -> bool {
        match self.retry_policy().and_then(|policy| policy.methods.as_ref()) {
            Some(methods) => methods.iter().any(|method| method.as_bytes() == x.upstream_method()),
            None => x.idempotent(),
        }
    }

    /// A request is about to use the upstream.
    #[inline]
    pub fn wake(&self) {
        if let (Some(checks), Some(states)) = (&self.upstream.checks, &self.upstream.shared) {
            checks.wake(states);
        }
    }

    fn index(&self, node: &Rc<LocalNode>) -> Option<usize> {
        self.nodes.borrow().iter().position(|known| known.as_ref().is_some_and(|known| Rc::ptr_eq(known, node)))
    }

    fn key(&self, node: &Node) -> NodeKey {
        NodeKey {
            scheme: self.upstream.scheme,
            http2: self.upstream.http2,
            node: Arc::clone(node.shared_id()),
            tls: self.upstream.tls.as_ref().map_or(0, |tls| tls.id),
            pool: self.pool,
            gate: self.upstream.gate.as_ref().map_or(0, |gate| gate.id()),
        }
    }
}

/// The states of nodes at one moment.
struct Seen<'a> {
    states: &'a SharedStates,
    slow_start_ms: u64,
    now_ms: u64,
}

impl Health for Seen<'_> {
    fn up(&self, at: usize) -> bool {
        self.states.up(at)
    }

    fn version(&self) -> u64 {
        self.states.version()
    }

    fn warming(&self) -> bool {
        self.slow_start_ms > 0 && self.states.upstream.warming(self.slow_start_ms, self.now_ms)
    }

    fn takes(&self, at: usize) -> bool {
        let share = self.states.nodes.get(at).map_or(100, |node| node.share(self.slow_start_ms, self.now_ms));
        share >= 100 || fastrand::u64(..100) < share
    }
}

/// What two upstreams must agree on to use the same connections to a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeKey {
    /// The protocol spoken.
    pub scheme: Scheme,
    /// Over HTTP/2.
    pub http2: bool,
    /// [`Node::id`].
    pub node: Arc<str>,
    /// [`TlsClient::id`]; 0 without TLS.
    pub tls: u64,
    /// How connections are kept.
    pub pool: PoolSettings,
    /// [`Gate::id`]; 0: its connections are not limited.
    pub gate: u64,
}

/// A node as one worker sees it: where it is and the connections that idle there. Upstreams that agree on the [`NodeKey`]
/// share it.
pub struct LocalNode {
    /// Where to connect.
    pub addr: SocketAddr,
    /// How to speak TLS with it, for those schemes.
    pub tls: Option<Arc<TlsClient>>,
    /// How its connections are kept.
    pub pool: PoolSettings,
    /// In front of its connections, where they are limited.
    pub door: Option<Box<Door>>,
    scheme: Scheme,
    http2: bool,
    id: Arc<str>,
    addr_text: Box<str>,
    authority: Box<str>,
    idle: RefCell<VecDeque<Idle>>,
    shared: RefCell<Option<Rc<dyn Multiplexed>>>,
    /// Until then it wants no new exchanges.
    leaving_until_ms: Cell<u64>,
}

/// The connections to a node that several exchanges use at a time, as the protocol that made them keeps them.
pub trait Multiplexed: Any {
    /// How many are open.
    fn open(&self) -> usize;

    /// On how many of these there are exchanges.
    fn busy(&self) -> usize;

    /// Closes those on which there has been no exchange for so long; `None`: none of them.
    fn expire(&self, now_ms: u64, idle: Option<Duration>);

    /// Closes those on which there is no exchange.
    fn close_idle(&self);
}

/// A connection nobody uses.
struct Idle {
    connection: Box<dyn wire::Upstream>,
    /// The server name that TLS was opened with; connections are not reused across names.
    name: Option<Rc<[u8]>>,
    since_ms: u64,
}

impl LocalNode {
    /// The node of a key, without connections. `tls` and `gate` are those whose ids are in the key.
    pub fn new(key: &NodeKey, node: &Node, tls: Option<Arc<TlsClient>>, gate: Option<&Arc<Gate>>) -> Self {
        Self {
            addr: node.addr,
            tls,
            pool: key.pool,
            door: gate.map(|gate| Box::new(Door::new(Arc::clone(gate)))),
            scheme: key.scheme,
            http2: key.http2,
            id: Arc::clone(node.shared_id()),
            addr_text: node.addr.to_string().into(),
            authority: node.authority().into(),
            idle: RefCell::default(),
            shared: RefCell::default(),
            leaving_until_ms: Cell::new(0),
        }
    }

    /// Who this is: [`Node::id`].
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The protocol it speaks.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether it is spoken to over HTTP/2.
    pub fn http2(&self) -> bool {
        self.http2
    }

    /// The connections that exchanges share, in the protocol's own form; empty at first.
    pub fn shared<T: Multiplexed + Default>(&self) -> Rc<T> {
        let known = self.shared.borrow().as_ref().map(Rc::clone);
        if let Some(shared) = known.and_then(|known| (known as Rc<dyn Any>).downcast().ok()) {
            return shared;
        }
        let made = Rc::new(T::default());
        *self.shared.borrow_mut() = Some(Rc::clone(&made) as _);
        made
    }

    /// It has said that it is about to leave: for so long other nodes get its exchanges, where there are any. 0: it stays after all.
    pub fn leaves_for(&self, ms: u64) {
        self.leaving_until_ms.set(if ms == 0 { 0 } else { now_ms().saturating_add(ms) });
    }

    /// Whether it is about to leave.
    #[inline]
    pub fn is_leaving(&self) -> bool {
        let until = self.leaving_until_ms.get();
        until != 0 && now_ms() < until
    }

    /// Where it is, as logs and `upstream_addr` write it: `ip:port`.
    pub fn addr_text(&self) -> &str {
        &self.addr_text
    }

    /// Who this is: [`Node::id`](super::Node::id).
    pub fn shared_id(&self) -> &Arc<str> {
        &self.id
    }

    /// What `pass_host: node` sends as `Host`.
    pub fn host_header(&self) -> &[u8] {
        self.authority.as_bytes()
    }

    /// The connection used last that is still usable, opened for the server name `name` (`None` without TLS).
    pub fn take(&self, name: Option<&[u8]>, now_ms: u64) -> Option<Box<dyn wire::Upstream>> {
        loop {
            // Not held while a connection is asked or dropped: both are code of the protocol.
            let mut idle = {
                let mut all = self.idle.borrow_mut();
                // Nearly always the one at the back.
                match all.pop_back_if(|idle| idle.name.as_deref() == name) {
                    Some(last) => last,
                    None => {
                        let at = all.iter().rposition(|idle| idle.name.as_deref() == name)?;
                        all.remove(at)?
                    }
                }
            };
            if !self.expired(&idle, now_ms) && idle.connection.quiet() {
                return Some(idle.connection);
            }
        }
    }

    /// Keeps a connection that is ready for another request; past the pool's size the one idle longest goes.
    pub fn put(&self, connection: Box<dyn wire::Upstream>, name: Option<Rc<[u8]>>, now_ms: u64) {
        if self.door.as_ref().is_some_and(|door| door.wanted_elsewhere()) {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        let surplus = if idle.len() >= self.pool.size { idle.pop_front() } else { None };
        if self.pool.size > 0 {
            idle.push_back(Idle { connection, name, since_ms: now_ms });
        }
        drop(idle);
        drop(surplus);
        if let Some(door) = &self.door {
            door.returned();
        }
    }

    /// How many connections idle here, or are shared.
    pub fn idle(&self) -> usize {
        self.idle.borrow().len() + self.multiplexed().map_or(0, |shared| shared.open())
    }

    /// How many connections are kept here for exchanges to come, and of those that exchanges share, how many have none on them and
    /// how many have some.
    pub(crate) fn connections(&self) -> (u64, u64, u64) {
        let (open, busy) = self.multiplexed().map_or((0, 0), |shared| (shared.open(), shared.busy()));
        (self.idle.borrow().len() as u64, open.saturating_sub(busy) as u64, busy as u64)
    }

    fn multiplexed(&self) -> Option<Rc<dyn Multiplexed>> {
        self.shared.borrow().as_ref().map(Rc::clone)
    }

    /// Closes the connections that have idled too long.
    pub fn expire(&self, now_ms: u64) {
        if let Some(shared) = self.multiplexed() {
            shared.expire(now_ms, self.pool.idle_timeout);
        }
        if self.door.as_ref().is_some_and(|door| door.wanted_elsewhere()) {
            self.close_kept();
        }
        loop {
            // Sorted by time: connections are put at the back.
            let mut all = self.idle.borrow_mut();
            let expired = all.pop_front_if(|idle| self.expired(idle, now_ms));
            drop(all);
            if expired.is_none() {
                return;
            }
        }
    }

    /// Closes all idle connections.
    pub fn close_idle(&self) {
        self.close_kept();
        if let Some(shared) = self.multiplexed() {
            shared.close_idle();
        }
    }

    /// Closes the idle connections that carry one exchange at a time. Shared ones tell themselves when they have ended, and a
    /// stream that was declined says nothing of its connection.
    pub fn close_kept(&self) {
        drop(self.idle.take());
    }

    fn expired(&self, idle: &Idle, now_ms: u64) -> bool {
        self.pool.idle_timeout.is_some_and(|most| Duration::from_millis(now_ms.saturating_sub(idle.since_ms)) >= most)
    }
}

impl std::fmt::Debug for LocalNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalNode").field("id", &self.id()).field("idle", &self.idle()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LocalUpstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalUpstream").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}
