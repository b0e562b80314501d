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
use super::nodes::{Node, Nodes};

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
}

impl UpstreamState {
    fn new(key: &Arc<str>) -> Self {
        Self { key: Arc::clone(key), version: AtomicU64::new(0), nodes: Mutex::default() }
    }

    /// Which upstream this is: [`Upstream::key`](super::Upstream::key).
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Grows whenever a node may be used that could not be, or the other way round.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The state of a node, made when there is none.
    pub fn node(&self, node: &Node) -> Arc<NodeState> {
        let mut nodes = self.nodes.lock();
        let made = || Arc::new(NodeState::new(node.shared_id()));
        Arc::clone(nodes.entry(Arc::clone(node.shared_id())).or_insert_with(made))
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
            self.version.fetch_add(1, Ordering::Release);
        }
        changed
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
    marks: AtomicU8,
    in_flight: AtomicU32,
    /// The average of latencies in milliseconds, as the bits of an `f32`, before the lower half of the time of the last one; 0: none.
    latency: AtomicU64,
}

impl NodeState {
    const DOWN: u8 = 1;
    const EJECTED: u8 = 2;

    pub(super) fn new(id: &Arc<str>) -> Self {
        Self {
            id: Arc::clone(id),
            health: AtomicU64::new(0),
            marks: AtomicU8::new(0),
            in_flight: AtomicU32::new(0),
            latency: AtomicU64::new(0),
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

    /// Exchanges that are at the node now, WebSockets among them, of all workers.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// One exchange more is at the node, until the answer is dropped.
    pub fn enter(state: &Arc<NodeState>) -> Flight {
        state.in_flight.fetch_add(1, Ordering::Relaxed);
        Flight { state: Arc::clone(state), began: Instant::now() }
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
        let states = nodes.list().iter().map(|node| upstream.node(node)).collect();
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
        let spec = |port: &u16| NodeSpec { host: "127.0.0.1".into(), port: Some(*port), weight: 1, priority: 0 };
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
}
