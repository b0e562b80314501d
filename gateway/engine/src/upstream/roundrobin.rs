//! Interleaved weighted round robin with gcd stepping, as LVS does it: the threshold `cw` falls from the largest weight
//! to the gcd of all, one gcd each time the list wraps, and a node is taken when its weight reaches the threshold.
//! Over one cycle each node is taken exactly weight / gcd times.

use super::balance::{Balance, Tried, gcd};
use super::nodes::Member;

/// Spreads picks in proportion to the nodes' weights.
///
/// A node of weight 0 is never taken, unless all are 0: then they take turns.
#[derive(Debug)]
pub struct RoundRobin {
    members: Box<[Member]>,
    gcd: u32,
    max: u32,
    /// The threshold a node's weight must reach at this point of the cycle.
    cw: u32,
    /// The member looked at last.
    last: usize,
}

impl RoundRobin {
    /// Starts just after member `start` (taken modulo their number). Workers start at random places, so that together they
    /// do not send each burst of first requests to the same node.
    pub fn new(members: &[Member], start: usize) -> Self {
        let step = members.iter().fold(0, |g, m| gcd(g, u64::from(m.weight)));
        let max = members.iter().map(|m| m.weight).max().unwrap_or(0);
        Self {
            members: members.into(),
            // A divisor of a u32 is one.
            gcd: u32::try_from(step).unwrap_or(u32::MAX),
            max,
            cw: max,
            last: start % members.len().max(1),
        }
    }
}

impl Balance for RoundRobin {
    fn pick(&mut self, _key: Option<&[u8]>, tried: &Tried) -> Option<usize> {
        let usable = |m: &Member| !tried.contains(m.index()) && (m.weight > 0 || self.max == 0);
        let mut wrapped = false;
        loop {
            for (at, member) in self.members.iter().enumerate().skip(self.last + 1) {
                if member.weight >= self.cw && usable(member) {
                    self.last = at;
                    return Some(member.index());
                }
            }
            // The list wraps; position "before the first" is expressed by looking at member 0 here.
            self.cw = match self.cw.saturating_sub(self.gcd) {
                0 => self.max,
                cw => cw,
            };
            if wrapped {
                // A whole round without a pick: go straight to the threshold that the heaviest usable node reaches (all
                // are multiples of the gcd), or with large weights the way down would be long.
                let heaviest = self.members.iter().filter(|m| usable(m)).map(|m| m.weight).max()?;
                self.cw = self.cw.min(heaviest);
            }
            wrapped = true;
            self.last = 0;
            let first = self.members.first()?;
            if first.weight >= self.cw && usable(first) {
                return Some(first.index());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn members(weights: &[u32]) -> Vec<Member> {
        weights.iter().enumerate().map(|(i, w)| Member { index: i as u32, weight: *w }).collect()
    }

    fn sequence(weights: &[u32], start: usize, picks: usize) -> String {
        let mut rr = RoundRobin::new(&members(weights), start);
        (0..picks).map(|_| rr.pick(None, &Tried::new()).map_or('-', |n| (b'a' + n as u8) as char)).collect()
    }

    #[test]
    fn sequences_of_the_original() {
        // weights, start, picks, sequence: each one was seen with the original code, whose start is random.
        let cases: &[(&[u32], usize, &str)] = &[
            (&[5, 1, 1], 0, "aaaabcaaaaabca"),
            (&[5, 1, 1], 2, "aaaabcaaaaabca"),
            (&[3, 2], 0, "ababaababa"),
            (&[4, 2, 2], 0, "abcaabca"),
            (&[0, 1], 0, "bbbb"),
            (&[0, 1], 1, "bbbb"),
            (&[0, 0], 1, "abab"),
            (&[0, 0], 0, "baba"),
            (&[1], 0, "aaa"),
            (&[], 0, "--"),
        ];
        for (weights, start, expected) in cases {
            assert_eq!(sequence(weights, *start, expected.len()), *expected, "{weights:?} from {start}");
        }
    }

    #[test]
    fn tried_nodes_are_skipped_and_weight_0_stays_out() {
        let mut rr = RoundRobin::new(&members(&[1, 1, 0]), 0);
        let mut tried = Tried::new();
        tried.insert(rr.pick(None, &tried).unwrap());
        tried.insert(rr.pick(None, &tried).unwrap());
        assert_eq!(tried, [0, 1].into_iter().collect());
        assert_eq!(rr.pick(None, &tried), None);
    }

    #[test]
    fn a_light_node_is_found_at_once_behind_a_heavy_one() {
        let mut rr = RoundRobin::new(&members(&[u32::MAX, 1]), 0);
        assert_eq!(rr.pick(None, &[0].into_iter().collect()), Some(1));
        assert_eq!(rr.pick(None, &[0, 1].into_iter().collect()), None);
    }

    proptest! {
        #[test]
        fn a_cycle_counts_weights(weights in prop::collection::vec(0u32..12, 1..8), start in 0usize..8) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let step = weights.iter().fold(0, |g, w| gcd(g, u64::from(*w))) as u32;
            let cycle: u32 = weights.iter().map(|w| w / step).sum();
            let mut rr = RoundRobin::new(&members(&weights), start);
            for _ in 0..3 {
                let mut counts = vec![0u32; weights.len()];
                for _ in 0..cycle {
                    counts[rr.pick(None, &Tried::new()).unwrap()] += 1;
                }
                prop_assert_eq!(&counts, &weights.iter().map(|w| w / step).collect::<Vec<_>>());
            }
        }

        #[test]
        fn every_weighted_node_is_tried_once(weights in prop::collection::vec(0u32..5000, 1..100), start in 0usize..100) {
            let mut rr = RoundRobin::new(&members(&weights), start);
            let mut tried = Tried::new();
            while let Some(n) = rr.pick(None, &tried) {
                prop_assert!(!tried.contains(n));
                tried.insert(n);
            }
            let all_zero = weights.iter().all(|w| *w == 0);
            for (n, w) in weights.iter().enumerate() {
                prop_assert_eq!(tried.contains(n), *w > 0 || all_zero);
            }
        }
    }
}
