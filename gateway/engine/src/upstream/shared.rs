//! What the workers know together of an upstream and its nodes: whether a node may be used, how busy it is, how it has done.
//!
//! A state belongs to an identity, not to a version of the configuration: an upstream is known by where it is configured
//! ([`Upstream::key`](super::Upstream::key)), a node in it by [`Node::id`](super::Node::id). A changed upstream finds the states
//! of the nodes that it still has; those of nodes that are gone are forgotten when the change is installed.
//!
//! Only upstreams that need any of it have states ([`Upstream::shared`](super::Upstream::shared)): a plain round robin takes no
//! part in this.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::Mutex;

use super::balance::Health;
use super::budget::RetryBudget;
use super::gate::{Gate, InUse, Limit};
use super::nodes::{Node, Nodes};
use super::outlier::Record;
use super::retry::Failure;
use crate::worker::clock_ms;

/// All states of the process, by the upstream's key.
#[derive(Debug, Default)]
pub struct StateTable {
    upstreams: Mutex<HashMap<Arc<str>, Weak<UpstreamState>>>,
}

impl StateTable {
    /// The state of the upstream `key`, made when there is none.
    pub fn upstream(&self, key: &Arc<str>) -> Arc<UpstreamState> {
        let mut upstreams = self.upstreams.lock();
        if let Some(known) = upstreams.get(key).and_then(Weak::upgrade) {
            return known;
        }
        if upstreams.len() == upstreams.capacity() {
            // Before the map grows: those that nobody holds any more.
            upstreams.retain(|_, state| state.strong_count() > 0);
        }
        let made = Arc::new(UpstreamState::new(key));
        upstreams.insert(Arc::clone(key), Arc::downgrade(&made));
        made
    }

    /// The state of the upstream `key`, if it has one.
    pub fn known(&self, key: &str) -> Option<Arc<UpstreamState>> {
        self.upstreams.lock().get(key).and_then(Weak::upgrade)
    }

    /// All that are there.
    pub fn all(&self) -> Vec<Arc<UpstreamState>> {
        self.upstreams.lock().values().filter_map(Weak::upgrade).collect()
    }

    /// The upstream is deleted: one that is put under the same key later begins anew.
    pub fn forget(&self, key: &str) {
        self.upstreams.lock().remove(key);
    }
}

/// What is known of an upstream, over all its versions.
#[derive(Debug)]
pub struct UpstreamState {
    key: Arc<str>,
    version: AtomicU64,
    nodes: Mutex<HashMap<Arc<str>, Arc<NodeState>>>,
    /// When a node last became usable that was not, or came beside others.
    returned_ms: AtomicU64,
    /// When the next ejected node is to be let back in; `u64::MAX`: there is none.
    pub(super) readmit_ms: AtomicU64,
    pub(super) ejecting: Mutex<()>,
    gate: Mutex<Option<Arc<Gate>>>,
    /// What is limited, and how much of it there is now.
    pub in_use: InUse,
    /// Retries that may still be made.
    pub budget: RetryBudget,
    /// What has happened since the start.
    pub tally: Tally,
}

impl UpstreamState {
    fn new(key: &Arc<str>) -> Self {
        Self {
            key: Arc::clone(key),
            version: AtomicU64::new(0),
            nodes: Mutex::default(),
            returned_ms: AtomicU64::new(0),
            readmit_ms: AtomicU64::new(u64::MAX),
            ejecting: Mutex::default(),
            gate: Mutex::default(),
            in_use: InUse::default(),
            budget: RetryBudget::default(),
            tally: Tally::default(),
        }
    }

    /// Which upstream this is: [`Upstream::key`](super::Upstream::key).
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Grows whenever a node may be used that could not be, or the other way round.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The states of nodes, made where there are none.
    fn of_nodes(&self, list: &[Arc<Node>]) -> Box<[Arc<NodeState>]> {
        let mut nodes = self.nodes.lock();
        // The first nodes of an upstream are not new to it.
        let since_ms = if nodes.is_empty() { 0 } else { clock_ms() };
        let state = |node: &Arc<Node>| {
            let made = || {
                self.returned_ms.fetch_max(since_ms, Ordering::Relaxed);
                Arc::new(NodeState::since(node.shared_id(), since_ms))
            };
            Arc::clone(nodes.entry(Arc::clone(node.shared_id())).or_insert_with(made))
        };
        list.iter().map(state).collect()
    }

    /// The gate for `most` connections: the one there is, if it is for so many.
    pub fn gate(&self, most: u32) -> Arc<Gate> {
        let mut gate = self.gate.lock();
        match &*gate {
            Some(known) if known.most() == most => Arc::clone(known),
            _ => Arc::clone(gate.insert(Arc::new(Gate::new(most)))),
        }
    }

    /// Connections are not limited any more.
    pub fn ungate(&self) {
        *self.gate.lock() = None;
    }

    /// How many connections are open; `None` where they are not limited, for then nobody counts.
    pub fn connections(&self) -> Option<u32> {
        self.gate.lock().as_ref().map(|gate| gate.open())
    }

    /// How many of its nodes are ejected.
    pub fn ejected(&self) -> usize {
        self.nodes.lock().values().filter(|node| node.is_ejected()).count()
    }

    /// Whether a node has become usable in the last `slow_start_ms`.
    pub(super) fn warming(&self, slow_start_ms: u64, now_ms: u64) -> bool {
        let returned = self.returned_ms.load(Ordering::Relaxed);
        returned != 0 && now_ms.saturating_sub(returned) < slow_start_ms
    }

    /// Forgets the nodes that are not among `nodes`.
    pub fn keep(&self, nodes: &Nodes) {
        let ids: std::collections::HashSet<&str> = nodes.list().iter().map(|n| n.id()).collect();
        self.nodes.lock().retain(|id, _| ids.contains(&**id));
    }

    /// Says whether health checks hold `node` for down; a change makes pickers look again. Whether this is a change.
    pub fn set_down(&self, node: &NodeState, down: bool) -> bool {
        self.mark(node, NodeState::DOWN, down)
    }

    /// Says whether `node` is ejected for its failures; a change makes pickers look again. Whether this is a change.
    pub fn set_ejected(&self, node: &NodeState, ejected: bool) -> bool {
        self.mark(node, NodeState::EJECTED, ejected)
    }

    fn mark(&self, node: &NodeState, mark: u8, on: bool) -> bool {
        let before = match on {
            true => node.marks.fetch_or(mark, Ordering::AcqRel),
            false => node.marks.fetch_and(!mark, Ordering::AcqRel),
        };
        let changed = (before & mark != 0) != on;
        if changed {
            if before == mark && !on {
                let now = clock_ms();
                node.since_ms.store(now, Ordering::Relaxed);
                self.returned_ms.fetch_max(now, Ordering::Relaxed);
            }
            self.version.fetch_add(1, Ordering::Release);
        }
        changed
    }
}

/// What has happened at an upstream since the start, for metrics. Counted where something went wrong: a well request counts nothing
/// here.
#[derive(Debug, Default)]
pub struct Tally {
    retries: AtomicU64,
    refused_retries: AtomicU64,
    hedges: AtomicU64,
    failures: [AtomicU64; Failure::ALL.len()],
    pub(super) ejections: AtomicU64,
    overflows: [AtomicU64; Limit::ALL.len()],
}

impl Tally {
    /// A request was tried again.
    pub fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// A request was not tried again, for there were too many retries.
    pub fn refused_retry(&self) {
        self.refused_retries.fetch_add(1, Ordering::Relaxed);
    }

    /// A node was asked beside one that did not answer.
    pub fn hedge(&self) {
        self.hedges.fetch_add(1, Ordering::Relaxed);
    }

    /// A try failed.
    pub fn failure(&self, failure: Failure) {
        if let Some(count) = self.failures.get(failure as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A request was refused, for there were as many as the limit allows.
    pub fn overflow(&self, limit: Limit) {
        if let Some(count) = self.overflows.get(limit as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Requests tried again.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Requests not tried again because of the budget.
    pub fn refused_retries(&self) -> u64 {
        self.refused_retries.load(Ordering::Relaxed)
    }

    /// Nodes asked beside another one.
    pub fn hedges(&self) -> u64 {
        self.hedges.load(Ordering::Relaxed)
    }

    /// Tries that failed so.
    pub fn failures(&self, failure: Failure) -> u64 {
        self.failures.get(failure as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Nodes ejected.
    pub fn ejections(&self) -> u64 {
        self.ejections.load(Ordering::Relaxed)
    }

    /// Requests refused because of that limit.
    pub fn overflows(&self, limit: Limit) -> u64 {
        self.overflows.get(limit as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

/// What is known of a node of one upstream. On a cache line of its own: nodes do not slow each other down.
#[derive(Debug)]
#[repr(align(64))]
pub struct NodeState {
    id: Arc<str>,
    /// The health checks' own, in whatever form they pack it; 0: well, and nothing counted. What pickers look at is
    /// [`UpstreamState::set_down`].
    pub health: AtomicU64,
    /// When it was probed last, in milliseconds of [`crate::worker::clock_ms`]; 0: never.
    pub probed_ms: AtomicU64,
    marks: AtomicU8,
    in_flight: AtomicU32,
    /// The average of latencies in milliseconds, as the bits of an `f32`, before the lower half of the time of the last one; 0: none.
    latency: AtomicU64,
    /// When it became usable, or came beside others; 0: long ago.
    since_ms: AtomicU64,
    /// How it does in traffic, where somebody looks.
    pub(super) record: Record,
}

impl NodeState {
    const DOWN: u8 = 1;
    const EJECTED: u8 = 2;

    #[cfg(test)]
    pub(super) fn new(id: &Arc<str>) -> Self {
        Self::since(id, 0)
    }

    fn since(id: &Arc<str>, since_ms: u64) -> Self {
        Self {
            id: Arc::clone(id),
            health: AtomicU64::new(0),
            probed_ms: AtomicU64::new(0),
            marks: AtomicU8::new(0),
            in_flight: AtomicU32::new(0),
            latency: AtomicU64::new(0),
            since_ms: AtomicU64::new(since_ms),
            record: Record::default(),
        }
    }

    /// Who this is: [`Node::id`].
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it may be used: neither down nor ejected.
    pub fn usable(&self) -> bool {
        self.marks.load(Ordering::Acquire) == 0
    }

    /// Whether health checks hold it for down.
    pub fn is_down(&self) -> bool {
        self.marks.load(Ordering::Acquire) & Self::DOWN != 0
    }

    /// Whether it is ejected.
    pub fn is_ejected(&self) -> bool {
        self.marks.load(Ordering::Acquire) & Self::EJECTED != 0
    }

    /// When it is let back in, of [`clock_ms`]'s clock; `None`: it is not ejected.
    pub fn ejected_until_ms(&self) -> Option<u64> {
        self.is_ejected().then(|| self.record.until_ms())
    }

    /// Exchanges that are at the node now, WebSockets among them, of all workers.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// One exchange more is at the node, until the answer is dropped.
    pub fn enter(state: &Arc<NodeState>) -> Flight {
        state.in_flight.fetch_add(1, Ordering::Relaxed);
        Flight { state: Arc::clone(state), began: Instant::now() }
    }

    /// Its share of what its weight gives it, in percent, while it grows over `slow_start_ms`; 100: all of it.
    pub(super) fn share(&self, slow_start_ms: u64, now_ms: u64) -> u64 {
        let since = self.since_ms.load(Ordering::Relaxed);
        let age = now_ms.saturating_sub(since);
        if since == 0 || age >= slow_start_ms { 100 } else { (age * 100 / slow_start_ms).max(LEAST_SHARE) }
    }

    /// The moving average of latencies, in milliseconds: what was measured counts the less the longer it is ago. 0: nothing is
    /// known. Times are of [`now_ms`](crate::worker::now_ms)'s clock.
    pub fn latency_ms(&self, now_ms: u64) -> f32 {
        match unpack(self.latency.load(Ordering::Relaxed), now_ms) {
            Some((average, age_ms)) => average * remains(age_ms),
            None => 0.0,
        }
    }

    /// An answer took so long.
    pub fn took(&self, latency_ms: f32, now_ms: u64) {
        let averaged = |packed| {
            let average = match unpack(packed, now_ms) {
                Some((average, age_ms)) => average * remains(age_ms) + latency_ms * (1.0 - remains(age_ms)),
                None => latency_ms,
            };
            Some(u64::from(average.to_bits()) << 32 | now_ms & TIME)
        };
        // It always gives a value.
        let _ = self.latency.fetch_update(Ordering::Relaxed, Ordering::Relaxed, averaged);
    }
}

/// What a node gets of its share at first, in percent: enough to be warmed by.
const LEAST_SHARE: u64 = 10;

/// The bits of a packed average that are its time; it wraps after seven weeks, and then an average of that age counts once more.
const TIME: u64 = 0xffff_ffff;

/// What an average of latencies loses its weight over, in milliseconds.
const DECAY_MS: f32 = 10_000.0;

/// Without an answer in this time there is no average any more.
const FORGOTTEN_MS: u64 = 60_000;

fn remains(age_ms: u64) -> f32 {
    (-(age_ms as f32) / DECAY_MS).exp()
}

/// An average and its age.
fn unpack(packed: u64, now_ms: u64) -> Option<(f32, u64)> {
    let age_ms = now_ms.wrapping_sub(packed) & TIME;
    // A worker's clock may be a turn behind that of the one who wrote: that is no age of seven weeks.
    let age_ms = if age_ms > TIME / 2 { 0 } else { age_ms };
    (packed != 0 && age_ms < FORGOTTEN_MS).then(|| (f32::from_bits((packed >> 32) as u32), age_ms))
}

/// An exchange at a node, counted while this lives.
#[derive(Debug)]
pub struct Flight {
    state: Arc<NodeState>,
    began: Instant,
}

impl Flight {
    /// The node's state.
    pub fn node(&self) -> &NodeState {
        &self.state
    }

    /// Since the node was picked, in milliseconds.
    pub fn elapsed_ms(&self) -> f32 {
        self.began.elapsed().as_secs_f32() * 1000.0
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.state.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The states of one version of an upstream: those of its nodes in the order of [`Nodes::list`].
#[derive(Clone, Debug)]
pub struct SharedStates {
    /// Of the upstream.
    pub upstream: Arc<UpstreamState>,
    /// Of its nodes; picks are indexes into it.
    pub nodes: Box<[Arc<NodeState>]>,
}

impl SharedStates {
    /// Of the upstream whose state is `upstream`, with these nodes.
    pub fn of(upstream: Arc<UpstreamState>, nodes: &Nodes) -> Self {
        let states = upstream.of_nodes(nodes.list());
        Self { upstream, nodes: states }
    }
}

impl Health for SharedStates {
    fn up(&self, at: usize) -> bool {
        self.nodes.get(at).is_none_or(|node| node.usable())
    }

    fn version(&self) -> u64 {
        self.upstream.version()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NodeSpec, Scheme};
    use super::*;

    fn nodes(ports: &[u16]) -> Nodes {
        let spec = |port: &u16| NodeSpec {
            host: "127.0.0.1".into(),
            port: Some(*port),
            weight: 1,
            priority: 0,
            metadata: None,
        };
        let specs: Vec<_> = ports.iter().map(spec).collect();
        Nodes::new(&specs, Scheme::Http, false, |_| Arc::from([]))
    }

    #[test]
    fn states_belong_to_identities_and_outlive_a_change() {
        let table = StateTable::default();
        let key = Arc::from("upstreams/1");
        let first = SharedStates::of(table.upstream(&key), &nodes(&[1, 2]));
        let [_, two] = &first.nodes[..] else { panic!() };
        assert!(first.upstream.set_down(two, true));
        let second = SharedStates::of(table.upstream(&key), &nodes(&[2, 3]));
        second.upstream.keep(&nodes(&[2, 3]));
        assert!(Arc::ptr_eq(&first.upstream, &second.upstream));
        assert!(!second.up(0) && second.up(1));
        let third = SharedStates::of(table.upstream(&key), &nodes(&[1]));
        assert!(!Arc::ptr_eq(&third.nodes[0], &first.nodes[0]), "it was gone meanwhile");
        assert!(table.known("upstreams/2").is_none());
        table.forget("upstreams/1");
        assert!(table.known("upstreams/1").is_none());
        assert!(!Arc::ptr_eq(&table.upstream(&key), &first.upstream));
    }

    #[test]
    fn a_state_that_nobody_holds_is_gone() {
        let table = StateTable::default();
        for n in 0..1000 {
            table.upstream(&Arc::from(format!("upstreams/{n}")));
        }
        assert!(table.upstreams.lock().len() < 10);
    }

    #[test]
    fn the_version_tells_of_changes_alone() {
        let table = StateTable::default();
        let states = SharedStates::of(table.upstream(&Arc::from("routes/1")), &nodes(&[1]));
        let node = &states.nodes[0];
        assert!(states.upstream.set_down(node, true) && !states.upstream.set_down(node, true));
        assert_eq!(states.version(), 1);
        assert!(states.upstream.set_ejected(node, true));
        assert!(states.upstream.set_down(node, false) && !node.usable(), "ejected still");
        assert!(states.upstream.set_ejected(node, false) && node.usable());
        assert_eq!(states.version(), 4);
    }

    #[test]
    fn latencies_average_decay_and_are_forgotten() {
        let node = NodeState::new(&"n".into());
        assert_eq!(node.latency_ms(5), 0.0);
        node.took(100.0, 1_000);
        assert_eq!(node.latency_ms(1_000), 100.0, "the first one is all that is known");
        assert_eq!(node.latency_ms(999), 100.0, "a clock that is a turn behind");
        let decayed = node.latency_ms(11_000);
        assert!((36.0..37.5).contains(&decayed), "{decayed}");
        node.took(0.0, 11_000);
        assert!((node.latency_ms(11_000) - decayed).abs() < 0.01);
        node.took(1000.0, 12_000);
        let raised = node.latency_ms(12_000);
        assert!((127.0..130.0).contains(&raised), "{raised}");
        assert_eq!(node.latency_ms(72_000), 0.0);
        node.took(7.0, 72_000);
        assert_eq!(node.latency_ms(72_000), 7.0);
    }

    #[test]
    fn a_node_that_is_new_or_comes_back_begins_with_a_small_share() {
        let table = StateTable::default();
        let key = Arc::from("upstreams/1");
        let first = SharedStates::of(table.upstream(&key), &nodes(&[1]));
        let now = clock_ms();
        assert_eq!(first.nodes[0].share(60_000, now), 100, "nobody is there to take its share");
        assert!(!first.upstream.warming(60_000, now));
        let second = SharedStates::of(table.upstream(&key), &nodes(&[1, 2]));
        let now = clock_ms();
        assert!(second.upstream.warming(60_000, now) && !second.upstream.warming(60_000, now + 60_000));
        let node = &second.nodes[1];
        assert_eq!(second.nodes[0].share(60_000, now), 100);
        assert_eq!(node.share(60_000, now), LEAST_SHARE);
        assert_eq!(node.share(60_000, now + 45_000) / 5, 15);
        assert_eq!(node.share(60_000, now + 60_000), 100);
        second.upstream.set_down(&second.nodes[0], true);
        second.upstream.set_ejected(&second.nodes[0], true);
        second.upstream.set_down(&second.nodes[0], false);
        assert_eq!(second.nodes[0].share(60_000, clock_ms()), 100, "it is not usable yet");
        second.upstream.set_ejected(&second.nodes[0], false);
        assert_eq!(second.nodes[0].share(60_000, clock_ms()), LEAST_SHARE);
    }

    #[test]
    fn a_gate_stays_until_another_number_is_asked_for() {
        let upstream = StateTable::default().upstream(&Arc::from("upstreams/1"));
        let gate = upstream.gate(5);
        let _one = gate.try_enter();
        assert!(Arc::ptr_eq(&gate, &upstream.gate(5)));
        assert_eq!(upstream.connections(), Some(1));
        assert!(!Arc::ptr_eq(&gate, &upstream.gate(6)));
        upstream.ungate();
        assert_eq!(upstream.connections(), None);
    }
}
