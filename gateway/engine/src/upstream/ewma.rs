//! Peak-sensitive latency balancing: of two nodes taken at random, the one whose moving average of latencies is lower. The
//! averages are the process's, decay over 10 s, and are forgotten after 60 s without an answer.

use std::sync::Arc;

use super::balance::{Balance, Tried};
use super::leastconn::weighted;
use super::nodes::Member;
use super::shared::NodeState;
use crate::worker::now_ms;

/// Picks the faster of two nodes.
///
/// Weights say nothing here but 0: such a node is never taken, unless all are 0. A node nothing is known of counts as fastest.
#[derive(Debug)]
pub struct Ewma {
    members: Box<[(Member, Arc<NodeState>)]>,
}

impl Ewma {
    /// Of these members, whose states are `states` by index in the node list.
    pub fn new(members: &[Member], states: &[Arc<NodeState>]) -> Self {
        Self { members: weighted(members, states) }
    }

    /// The `n`th of the members that were not tried.
    fn usable(&self, tried: &Tried, n: usize) -> Option<&(Member, Arc<NodeState>)> {
        if tried.is_empty() {
            return self.members.get(n);
        }
        self.members.iter().filter(|(m, _)| !tried.contains(m.index())).nth(n)
    }
}

impl Balance for Ewma {
    fn pick(&mut self, _key: Option<&[u8]>, tried: &Tried) -> Option<usize> {
        let count = match tried.is_empty() {
            true => self.members.len(),
            false => self.members.iter().filter(|(m, _)| !tried.contains(m.index())).count(),
        };
        if count < 2 {
            return self.usable(tried, 0).map(|(m, _)| m.index());
        }
        let first = fastrand::usize(..count);
        // Any but the first.
        let second = (first + fastrand::usize(1..count)) % count;
        let (one, other) = self.usable(tried, first).zip(self.usable(tried, second))?;
        let now = now_ms();
        let faster = if other.1.latency_ms(now) < one.1.latency_ms(now) { other } else { one };
        Some(faster.0.index())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balancer(weights: &[u32]) -> (Ewma, Vec<Arc<NodeState>>) {
        let members: Vec<_> = (0u32..).zip(weights).map(|(index, weight)| Member { index, weight: *weight }).collect();
        let states: Vec<_> =
            weights.iter().enumerate().map(|(n, _)| Arc::new(NodeState::new(&format!("n{n}").into()))).collect();
        (Ewma::new(&members, &states), states)
    }

    fn shares(balancer: &mut Ewma, nodes: usize, tried: &Tried) -> Vec<usize> {
        let mut counts = vec![0; nodes];
        for _ in 0..300 {
            counts[balancer.pick(None, tried).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn the_faster_of_two() {
        let (mut balancer, states) = balancer(&[1, 1]);
        states[0].took(200.0, now_ms());
        states[1].took(5.0, now_ms());
        assert_eq!(shares(&mut balancer, 2, &Tried::new()), [0, 300]);
        assert_eq!(shares(&mut balancer, 2, &[1].into_iter().collect()), [300, 0]);
        assert_eq!(balancer.pick(None, &[0, 1].into_iter().collect()), None);
    }

    #[test]
    fn the_slowest_of_many_is_never_taken_and_an_unknown_one_is_tried() {
        let (mut balancer, states) = balancer(&[1, 1, 1, 1]);
        for (state, ms) in states.iter().zip([50.0, 400.0, 60.0]) {
            state.took(ms, now_ms());
        }
        let counts = shares(&mut balancer, 4, &Tried::new());
        assert_eq!(counts[1], 0, "{counts:?}");
        assert!(counts[3] > counts[0] && counts[0] > 0, "{counts:?}");
    }

    #[test]
    fn weight_0() {
        let (mut one, _) = balancer(&[0, 7]);
        assert_eq!(shares(&mut one, 2, &Tried::new()), [0, 300]);
        assert_eq!(one.pick(None, &[1].into_iter().collect()), None);
        let (mut all, _) = balancer(&[0, 0]);
        assert!(shares(&mut all, 2, &Tried::new()).iter().all(|n| *n > 0));
        assert_eq!(balancer(&[]).0.pick(None, &Tried::new()), None);
    }
}
