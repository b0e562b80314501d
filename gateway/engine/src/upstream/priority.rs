//! The picker of one worker: priority levels, each with its balancer, and the health of the nodes.

use std::sync::Arc;

use super::balance::{Balance, Health, Tried};
use super::chash::Chash;
use super::ewma::Ewma;
use super::leastconn::LeastConn;
use super::nodes::{Level, Nodes};
use super::roundrobin::RoundRobin;
use super::{Balancer, Upstream};

/// Chooses nodes for the requests of one worker and upstream. Cheap to make; a change of the node set makes a new one.
pub struct Picker {
    nodes: Arc<Nodes>,
    levels: Box<[Box<dyn Balance>]>,
    /// The nodes that are down as of `version`; empty when all are, for then health is ignored.
    down: Tried,
    version: Option<u64>,
}

impl Picker {
    /// Starts at random places, as each worker should.
    pub fn new(nodes: &Arc<Nodes>) -> Self {
        Self::starting_at(nodes, &mut |n| fastrand::usize(..n.max(1)))
    }

    /// Starts where `start` says: it is given the number of nodes of each level and answers which of them is the last
    /// that was looked at.
    pub fn starting_at(nodes: &Arc<Nodes>, start: &mut dyn FnMut(usize) -> usize) -> Self {
        Self::with(nodes, |level| match &level.ring {
            Some(ring) => Box::new(Chash::new(Arc::clone(ring), &level.members)),
            None => Box::new(RoundRobin::new(&level.members, start(level.members.len()))),
        })
    }

    /// With the balancer that the upstream asks for.
    pub fn of(upstream: &Upstream) -> Self {
        match (upstream.balancer, &upstream.shared) {
            (Balancer::LeastConn, Some(states)) => Self::with(&upstream.nodes, |level| {
                let start = fastrand::usize(..level.members.len().max(1));
                Box::new(LeastConn::new(&level.members, &states.nodes, start))
            }),
            (Balancer::Ewma, Some(states)) => {
                Self::with(&upstream.nodes, |level| Box::new(Ewma::new(&level.members, &states.nodes)))
            }
            _ => Self::new(&upstream.nodes),
        }
    }

    fn with(nodes: &Arc<Nodes>, make: impl FnMut(&Level) -> Box<dyn Balance>) -> Self {
        let levels = nodes.levels().iter().map(make).collect();
        Self { nodes: Arc::clone(nodes), levels, down: Tried::new(), version: None }
    }

    /// The nodes that picks are indexes into.
    pub fn nodes(&self) -> &Arc<Nodes> {
        &self.nodes
    }

    /// The node for a request that has tried `tried` already; the caller adds the answer to that set. A lower priority is
    /// used once all nodes above are tried or down. `None`: there is no node (503), or all were tried (502).
    ///
    /// The only node of an upstream is picked always, also when it was tried or is down.
    pub fn pick(&mut self, key: Option<&[u8]>, tried: &Tried, health: Option<&dyn Health>) -> Option<usize> {
        match self.nodes.len() {
            0 => return None,
            1 => return Some(0),
            _ => {}
        }
        if let Some(health) = health {
            self.examine(health);
        }
        if self.down.is_empty() {
            return self.first(key, tried, health);
        }
        let mut skip = self.down.clone();
        skip.extend(tried);
        self.first(key, &skip, health)
    }

    /// The pick of the first level that has a node left.
    fn first(&mut self, key: Option<&[u8]>, skip: &Tried, health: Option<&dyn Health>) -> Option<usize> {
        let mut levels = self.levels.iter_mut().enumerate();
        let (level, node) = levels.find_map(|(at, level)| Some((at, level.pick(key, skip)?)))?;
        match health {
            Some(health) if health.warming() => self.warm(level, node, skip.clone(), health),
            _ => Some(node),
        }
    }

    /// The node that was picked, or another one of its level where that is new and does not take this request.
    ///
    /// A hashed request stays where its key belongs.
    #[cold]
    fn warm(&mut self, level: usize, picked: usize, mut skip: Tried, health: &dyn Health) -> Option<usize> {
        let hashes = self.nodes.levels().get(level).is_some_and(|level| level.ring.is_some());
        let mut node = picked;
        while !hashes && !health.takes(node) {
            skip.insert(node);
            match self.levels.get_mut(level).and_then(|level| level.pick(None, &skip)) {
                Some(other) => node = other,
                None => return Some(picked),
            }
        }
        Some(node)
    }

    fn examine(&mut self, health: &dyn Health) {
        let version = health.version();
        if self.version == Some(version) {
            return;
        }
        self.version = Some(version);
        self.down = (0..self.nodes.len()).filter(|at| !health.up(*at)).collect();
        if self.down.len() == self.nodes.len() {
            self.down.clear();
        }
    }
}

impl std::fmt::Debug for Picker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picker").field("nodes", &self.nodes).field("down", &self.down).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::super::{NodeSpec, Scheme};
    use super::*;

    /// Nodes by their number from 1.
    struct Down(HashSet<usize>, u64);

    impl Health for Down {
        fn up(&self, at: usize) -> bool {
            !self.0.contains(&(at + 1))
        }
        fn version(&self) -> u64 {
            self.1
        }
    }

    /// Nodes 127.0.0.1:1, :2, … of these (weight, priority).
    fn picker(nodes: &[(u32, i32)], hashing: bool) -> Picker {
        let specs: Vec<_> = (1u16..)
            .zip(nodes)
            .map(|(port, (weight, priority))| NodeSpec {
                host: "127.0.0.1".into(),
                port: Some(port),
                weight: *weight,
                priority: *priority,
                metadata: None,
            })
            .collect();
        let nodes = Nodes::new(&specs, Scheme::Http, hashing, |_| Arc::from([]));
        Picker::starting_at(&Arc::new(nodes), &mut |n| n.saturating_sub(1))
    }

    fn order(picker: &mut Picker, health: Option<&dyn Health>) -> Vec<usize> {
        let mut tried = Tried::new();
        std::iter::from_fn(|| {
            let node = picker.pick(Some(b"key"), &tried, health)?;
            tried.insert(node);
            Some(node)
        })
        .collect()
    }

    #[test]
    fn lower_levels_are_used_when_the_upper_ones_were_tried() {
        let nodes = [(2, -1), (1, 123), (3, 0)];
        assert_eq!(order(&mut picker(&nodes, false), None), [1, 2, 0]);
        assert_eq!(order(&mut picker(&nodes, true), None), [1, 2, 0]);
    }

    #[test]
    fn the_only_node_is_always_picked() {
        let mut picker = picker(&[(0, 0)], false);
        let down = Down([1].into(), 0);
        assert_eq!(picker.pick(None, &[0].into_iter().collect(), Some(&down)), Some(0));
        let mut none = Picker::new(&Arc::new(Nodes::default()));
        assert_eq!(none.pick(None, &Tried::new(), None), None);
    }

    #[test]
    fn nodes_that_are_down_are_passed_over_until_they_are_up_again() {
        let mut picker = picker(&[(1, 1), (1, 1), (1, 0)], false);
        let mut health = Down([1].into(), 0);
        assert_eq!(order(&mut picker, Some(&health)), [1, 2]);
        health.0.insert(2);
        assert_eq!(order(&mut picker, Some(&health)), [1, 2], "asked again only when the version says so");
        health.1 = 1;
        assert_eq!(order(&mut picker, Some(&health)), [2]);
        health = Down([1, 2, 3].into(), 2);
        assert_eq!(order(&mut picker, Some(&health)).len(), 3, "all down: health is ignored");
        health = Down([].into(), 3);
        assert_eq!(order(&mut picker, Some(&health)).len(), 3);
    }

    #[test]
    fn the_ring_is_stable_when_a_node_recovers() {
        let mut picker = picker(&[(1, 0), (1, 0), (1, 0)], true);
        let keys: Vec<Vec<u8>> = (0..50u8).map(|i| vec![b'k', i]).collect();
        let all = |p: &mut Picker, h: &Down| -> Vec<_> {
            keys.iter().map(|k| p.pick(Some(k), &Tried::new(), Some(h)).unwrap()).collect()
        };
        let before = all(&mut picker, &Down([].into(), 0));
        let without = all(&mut picker, &Down([2].into(), 1));
        assert!(before.iter().zip(&without).all(|(b, w)| if *b == 1 { *w != 1 } else { b == w }));
        assert_eq!(before, all(&mut picker, &Down([].into(), 2)));
    }

    /// Nodes that take nothing yet, by their number from 1.
    struct Warming(HashSet<usize>);

    impl Health for Warming {
        fn up(&self, _: usize) -> bool {
            true
        }
        fn version(&self) -> u64 {
            0
        }
        fn warming(&self) -> bool {
            true
        }
        fn takes(&self, at: usize) -> bool {
            !self.0.contains(&(at + 1))
        }
    }

    #[test]
    fn a_new_node_leaves_requests_to_its_own_level_alone() {
        let nodes = [(1, 1), (1, 1), (1, 0)];
        let warming = Warming([1].into());
        assert_eq!(order(&mut picker(&nodes, false), Some(&warming)), [1, 0, 2]);
        let all = Warming([1, 2, 3].into());
        let mut both = order(&mut picker(&nodes, false), Some(&all));
        assert_eq!(both.pop(), Some(2), "the lower level comes last, whoever is new");
        let hashed = order(&mut picker(&nodes, true), None);
        assert_eq!(order(&mut picker(&nodes, true), Some(&all)), hashed);
    }

    proptest! {
        #[test]
        fn priorities_never_rise_within_a_request(nodes in prop::collection::vec((1u32..9, -3i32..3), 2..70), hashing: bool) {
            let mut picker = picker(&nodes, hashing);
            let order = order(&mut picker, None);
            prop_assert_eq!(order.len(), nodes.len());
            prop_assert!(order.is_sorted_by_key(|n| std::cmp::Reverse(nodes[*n].1)));
        }
    }
}
