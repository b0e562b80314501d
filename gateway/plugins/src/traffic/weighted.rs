//! Turns in proportion to weights, as APISIX's plugins take them: interleaved, without bursts and without chance.

use std::sync::atomic::{AtomicU64, Ordering};

/// Entries with weights, and whose turn it is. Each worker takes its own turns, so that workers share no cache line; over a cycle
/// of one worker's turns each entry has its share exactly.
pub(crate) struct Weighted {
    weights: Box<[u32]>,
    gcd: u32,
    max: u32,
    turns: Box<[Turn]>,
}

/// The entry taken last (upper half) and the weight that the next one must reach (lower half), by worker.
#[repr(align(128))]
struct Turn(AtomicU64);

/// More workers than that share: no more than a turn is lost.
const WORKERS: usize = 16;

impl Weighted {
    /// Entries of these weights; one of weight 0 never has a turn, unless all are 0.
    pub(crate) fn new(weights: impl IntoIterator<Item = u64>) -> Weighted {
        let mut weights: Box<[u32]> =
            weights.into_iter().map(|w| u32::try_from(w).unwrap_or(u32::MAX)).collect::<Vec<_>>().into();
        if weights.iter().all(|w| *w == 0) {
            weights.fill(1);
        }
        let last = u64::try_from(weights.len().saturating_sub(1)).unwrap_or(0);
        let turns = if weights.len() > 1 { WORKERS } else { 0 };
        Weighted {
            gcd: weights.iter().copied().fold(0, gcd),
            max: weights.iter().copied().max().unwrap_or(0),
            turns: (0..turns).map(|_| Turn(AtomicU64::new(last << 32))).collect(),
            weights,
        }
    }

    /// Whose turn it is on this worker; `None` where there are no entries.
    pub(crate) fn turn(&self, worker: usize) -> Option<usize> {
        let count = self.weights.len();
        if count <= 1 {
            return (count == 1).then_some(0);
        }
        let turn = &self.turns.get(worker % WORKERS)?.0;
        let state = turn.load(Ordering::Relaxed);
        // Both halves were u32.
        let (mut at, mut least) = ((state >> 32) as usize, (state & 0xffff_ffff) as u32);
        // Once around at the most: the heaviest reaches every threshold there is.
        for _ in 0..=2 * count {
            at += 1;
            if at >= count {
                at = 0;
                least = match least.saturating_sub(self.gcd) {
                    0 => self.max,
                    lower => lower,
                };
            }
            if self.weights.get(at).is_some_and(|weight| *weight >= least) {
                break;
            }
        }
        turn.store(((at as u64) << 32) | u64::from(least), Ordering::Relaxed);
        Some(at)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn turns(weights: &[u64], count: usize) -> String {
        let weighted = Weighted::new(weights.iter().copied());
        (0..count).map(|_| weighted.turn(0).map_or('-', |n| (b'a' + n as u8) as char)).collect()
    }

    #[test]
    fn turns_are_interleaved_and_begin_with_the_first() {
        let cases: &[(&[u64], &str)] = &[
            (&[5, 1, 1], "aaaaabcaaaaabc"),
            (&[3, 2], "aababaabab"),
            (&[4, 2, 2], "aabcaabc"),
            (&[1, 1], "abab"),
            (&[0, 1], "bbbb"),
            (&[0, 0], "abab"),
            (&[0], "aaa"),
            (&[7], "aaa"),
            (&[], "--"),
            (&[u64::MAX, 1], "aaaa"),
        ];
        for (weights, expected) in cases {
            assert_eq!(turns(weights, expected.len()), *expected, "{weights:?}");
        }
    }

    #[test]
    fn workers_take_turns_of_their_own() {
        let weighted = Weighted::new([1, 1]);
        assert_eq!(
            (weighted.turn(0), weighted.turn(1), weighted.turn(0), weighted.turn(1)),
            (Some(0), Some(0), Some(1), Some(1))
        );
    }

    proptest! {
        #[test]
        fn a_cycle_counts_weights(weights in prop::collection::vec(0u64..12, 1..8)) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let step = weights.iter().fold(0, |g, w| gcd(g, *w as u32)) as u64;
            let cycle: u64 = weights.iter().map(|w| w / step).sum();
            let weighted = Weighted::new(weights.iter().copied());
            for _ in 0..3 {
                let mut counts = vec![0u64; weights.len()];
                for _ in 0..cycle {
                    counts[weighted.turn(0).unwrap()] += 1;
                }
                prop_assert_eq!(&counts, &weights.iter().map(|w| w / step).collect::<Vec<_>>());
            }
        }
    }
}
