//! Least connections: the node with the fewest exchanges in flight for its weight, counted over all workers, WebSockets among
//! them until they end.

use std::sync::Arc;

use super::balance::{Balance, Tried};
use super::nodes::Member;
use super::shared::NodeState;

/// Picks the node whose `(in flight + 1) / weight` is least; of equals, the one after the last pick.
///
/// A node of weight 0 is never taken, unless all are 0: then all count as 1.
#[derive(Debug)]
pub struct LeastConn {
    members: Box<[(Member, Arc<NodeState>)]>,
    /// Where the search begins, so that equals take turns. Workers begin at random places.
    next: usize,
}

impl LeastConn {
    /// Of these members, whose states are `states` by index in the node list. The search begins at `start`.
    pub fn new(members: &[Member], states: &[Arc<NodeState>], start: usize) -> Self {
        let members = weighted(members, states);
        Self { next: start % members.len().max(1), members }
    }
}

impl Balance for LeastConn {
    fn pick(&mut self, _key: Option<&[u8]>, tried: &Tried) -> Option<usize> {
        let (before, after) = self.members.split_at(self.next.min(self.members.len()));
        let places = (self.next..).take(after.len()).chain(0..before.len());
        let mut best: Option<(usize, usize, u64, u64)> = None;
        for (at, (member, state)) in places.zip(after.iter().chain(before)) {
            if tried.contains(member.index()) {
                continue;
            }
            let (load, weight) = (u64::from(state.in_flight()) + 1, u64::from(member.weight));
            // a/b < c/d without a division; both sides are products of two numbers of 32 bits.
            if best.is_none_or(|(_, _, least, of)| load * of < least * weight) {
                best = Some((at, member.index(), load, weight));
            }
        }
        let (at, index, ..) = best?;
        self.next = (at + 1) % self.members.len().max(1);
        Some(index)
    }
}

/// The members that may be picked, with their states: those that have a weight, or all with a weight of 1 where none has.
pub(super) fn weighted(members: &[Member], states: &[Arc<NodeState>]) -> Box<[(Member, Arc<NodeState>)]> {
    let all_zero = members.iter().all(|m| m.weight == 0);
    let picked = members.iter().filter(|m| all_zero || m.weight > 0);
    let with_state = picked.filter_map(|m| {
        let member = Member { weight: m.weight.max(1), ..*m };
        Some((member, Arc::clone(states.get(m.index())?)))
    });
    with_state.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn members(weights: &[u32]) -> (Vec<Member>, Vec<Arc<NodeState>>) {
        let members = (0u32..).zip(weights).map(|(index, weight)| Member { index, weight: *weight }).collect();
        let states =
            weights.iter().enumerate().map(|(n, _)| Arc::new(NodeState::new(&format!("n{n}").into()))).collect();
        (members, states)
    }

    #[test]
    fn the_heaviest_is_taken_when_nothing_runs_and_load_counts_by_weight() {
        let (members, states) = members(&[2, 1]);
        let mut balancer = LeastConn::new(&members, &states, 0);
        let mut picks = String::new();
        let mut running = Vec::new();
        for _ in 0..6 {
            let at = balancer.pick(None, &Tried::new()).unwrap();
            running.push(NodeState::enter(&states[at]));
            picks.push(if at == 0 { 'a' } else { 'b' });
        }
        assert_eq!(picks.matches('a').count(), 4, "{picks}");
        drop(running);
        assert_eq!(states[0].in_flight(), 0);
        assert_eq!(balancer.pick(None, &Tried::new()), Some(0));
    }

    #[test]
    fn equals_take_turns() {
        let (members, states) = members(&[1, 1, 1]);
        let mut balancer = LeastConn::new(&members, &states, 2);
        let picks: Vec<_> = (0..6).map(|_| balancer.pick(None, &Tried::new()).unwrap()).collect();
        assert_eq!(picks, [2, 0, 1, 2, 0, 1]);
    }

    #[test]
    fn a_new_node_gets_what_the_old_ones_are_ahead() {
        let (members, states) = members(&[1, 1]);
        // Forty WebSockets are open at the first node as the second one comes.
        let sockets: Vec<_> = (0..40).map(|_| NodeState::enter(&states[0])).collect();
        let mut balancer = LeastConn::new(&members, &states, 0);
        let mut new = Vec::new();
        for _ in 0..40 {
            assert_eq!(balancer.pick(None, &Tried::new()), Some(1));
            new.push(NodeState::enter(&states[1]));
        }
        drop(sockets);
        assert_eq!(balancer.pick(None, &Tried::new()), Some(0));
    }

    proptest! {
        #[test]
        fn every_node_is_tried_once(weights in prop::collection::vec(0u32..9, 1..80), busy in prop::collection::vec(0usize..4, 80), start in 0usize..100) {
            let (members, states) = members(&weights);
            let _running: Vec<_> = states.iter().zip(busy).flat_map(|(s, n)| (0..n).map(|_| NodeState::enter(s))).collect();
            let mut balancer = LeastConn::new(&members, &states, start);
            let mut tried = Tried::new();
            while let Some(n) = balancer.pick(None, &tried) {
                prop_assert!(!tried.contains(n));
                let ratio = |n: usize| f64::from(states[n].in_flight() + 1) / f64::from(weights[n].max(1));
                let all_zero = weights.iter().all(|w| *w == 0);
                for other in (0..weights.len()).filter(|o| !tried.contains(*o) && (weights[*o] > 0 || all_zero)) {
                    prop_assert!(ratio(n) <= ratio(other) + 1e-9);
                }
                tried.insert(n);
            }
            let all_zero = weights.iter().all(|w| *w == 0);
            for (n, w) in weights.iter().enumerate() {
                prop_assert_eq!(tried.contains(n), *w > 0 || all_zero);
            }
        }
    }
}
