//! When each node is probed: once in its interval, all nodes spread evenly over it, so that many cost as much in one moment as in
//! the next.

use std::collections::{BTreeSet, HashMap};

/// A node's place in the schedule; never used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

impl Ticket {
    /// The part of its interval, in 2^-64, at which this node has its turn. Multiples of the golden ratio leave no large gap and
    /// make no heap, however many there are and whichever of them go.
    fn phase(self) -> u64 {
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// The node's moment in a span of time.
    fn within(self, ms: u64) -> u64 {
        // The high half of the product, below `ms`.
        ((u128::from(self.phase()) * u128::from(ms)) >> 64) as u64
    }
}

/// The turns of all nodes, in milliseconds since some beginning.
#[derive(Debug, Default)]
pub struct Schedule {
    due: BTreeSet<(u64, Ticket)>,
    at: HashMap<Ticket, u64>,
    next: u64,
}

impl Schedule {
    /// Takes a node in that is probed every `every_ms`, the first time within a second.
    pub fn add(&mut self, now_ms: u64, every_ms: u64) -> Ticket {
        self.next += 1;
        let ticket = Ticket(self.next);
        let first = match every_ms <= FIRST_MS {
            true => turn(ticket, now_ms, every_ms),
            false => now_ms + ticket.within(FIRST_MS),
        };
        self.put(ticket, first);
        ticket
    }

    /// Takes a node out, wherever it is.
    pub fn remove(&mut self, ticket: Ticket) {
        if let Some(at) = self.at.remove(&ticket) {
            self.due.remove(&(at, ticket));
        }
    }

    /// The next node whose turn it is; it has none until it is [put back](Schedule::again).
    pub fn take(&mut self, now_ms: u64) -> Option<Ticket> {
        let (at, ticket) = *self.due.first()?;
        if at > now_ms {
            return None;
        }
        self.remove(ticket);
        Some(ticket)
    }

    /// When the next turn is.
    pub fn next_ms(&self) -> Option<u64> {
        self.due.first().map(|(at, _)| *at)
    }

    /// A node whose last probe began at `began_ms` and is over gets its next turn. One that was late has it at its usual moment
    /// again, so that what was held up does not stay in a heap.
    pub fn again(&mut self, ticket: Ticket, began_ms: u64, now_ms: u64, every_ms: u64) {
        let soonest = (began_ms + every_ms / 2).max(now_ms);
        self.put(ticket, turn(ticket, soonest, every_ms));
    }

    /// A node that waits for its turn is probed at another pace from now on.
    pub fn repace(&mut self, ticket: Ticket, now_ms: u64, every_ms: u64) {
        if self.at.contains_key(&ticket) {
            self.remove(ticket);
            self.put(ticket, turn(ticket, now_ms, every_ms));
        }
    }

    fn put(&mut self, ticket: Ticket, at_ms: u64) {
        self.remove(ticket);
        self.at.insert(ticket, at_ms);
        self.due.insert((at_ms, ticket));
    }
}

/// A new node is probed for the first time within this time, though its interval be longer.
const FIRST_MS: u64 = 1000;

/// The first moment of a node's own that is not before `from_ms`.
fn turn(ticket: Ticket, from_ms: u64, every_ms: u64) -> u64 {
    let every = every_ms.max(1);
    let base = from_ms - from_ms % every + ticket.within(every);
    if base < from_ms { base + every } else { base }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs for so long in steps of 5 ms, probes taking no time; how many probes each `bucket_ms` had.
    fn run(schedule: &mut Schedule, every: &HashMap<Ticket, u64>, from_ms: u64, ms: u64, bucket_ms: u64) -> Vec<usize> {
        let mut buckets = vec![0; (ms / bucket_ms) as usize];
        for now in (from_ms..from_ms + ms).step_by(5) {
            while let Some(ticket) = schedule.take(now) {
                buckets[((now - from_ms) / bucket_ms) as usize] += 1;
                schedule.again(ticket, now, now, every[&ticket]);
            }
        }
        buckets
    }

    fn with(schedule: &mut Schedule, count: usize, now: u64, every_ms: u64) -> HashMap<Ticket, u64> {
        (0..count).map(|_| (schedule.add(now, every_ms), every_ms)).collect()
    }

    #[test]
    fn ten_thousand_nodes_are_spread_over_the_second() {
        let mut schedule = Schedule::default();
        let every = with(&mut schedule, 10_000, 12_345, 1000);
        let seconds = run(&mut schedule, &every, 12_345, 20_000, 1000);
        assert!(seconds.iter().all(|n| (9_900..=10_100).contains(n)), "{seconds:?}");
        let moments = run(&mut schedule, &every, 32_345, 2000, 50);
        assert!(moments.iter().all(|n| (490..=510).contains(n)), "{moments:?}");
    }

    #[test]
    fn long_intervals_begin_within_a_second_and_are_spread_then() {
        let mut schedule = Schedule::default();
        let every = with(&mut schedule, 3_000, 500, 30_000);
        let seconds = run(&mut schedule, &every, 500, 120_000, 1000);
        assert!(seconds[0] + seconds[1] == 3_000 && seconds[0] > 2_900, "all of them at first: {seconds:?}");
        assert!(seconds[31..].iter().all(|n| (95..=105).contains(n)), "{seconds:?}");
        assert!(seconds[2..31].iter().all(|n| *n <= 105), "{seconds:?}");
    }

    #[test]
    fn a_node_has_its_turn_once_an_interval() {
        let mut schedule = Schedule::default();
        let ticket = schedule.add(0, 1000);
        let first = schedule.next_ms().unwrap();
        assert!(first < 1000);
        assert_eq!(schedule.take(first.wrapping_sub(1)), None);
        assert_eq!(schedule.take(first), Some(ticket));
        assert_eq!((schedule.take(9999), schedule.next_ms()), (None, None), "it is being probed");
        schedule.again(ticket, first, first + 3, 1000);
        assert_eq!(schedule.next_ms(), Some(first + 1000));
        // Late by less than half: back at its moment. By more: one turn is left out.
        schedule.take(first + 1400);
        schedule.again(ticket, first + 1400, first + 1400, 1000);
        assert_eq!(schedule.next_ms(), Some(first + 2000));
        schedule.take(first + 2600);
        schedule.again(ticket, first + 2600, first + 2600, 1000);
        assert_eq!(schedule.next_ms(), Some(first + 4000));
        // A probe that takes longer than the interval.
        schedule.take(first + 4000);
        schedule.again(ticket, first + 4000, first + 6500, 1000);
        assert_eq!(schedule.next_ms(), Some(first + 7000));
    }

    #[test]
    fn a_pace_changes_while_a_node_waits() {
        let mut schedule = Schedule::default();
        let ticket = schedule.add(0, 60_000);
        let first = schedule.next_ms().unwrap();
        schedule.take(first);
        schedule.repace(ticket, 0, 1000);
        assert_eq!(schedule.next_ms(), None, "it is being probed");
        schedule.again(ticket, first, first, 60_000);
        schedule.repace(ticket, 2000, 1000);
        assert!((2000..3000).contains(&schedule.next_ms().unwrap()));
        schedule.remove(ticket);
        schedule.remove(ticket);
        assert_eq!(schedule.next_ms(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn whoever_goes_the_rest_is_spread(stride in 2usize..9, count in 2_000usize..6_000) {
            let mut schedule = Schedule::default();
            let mut every = with(&mut schedule, count, 0, 1000);
            let mut tickets: Vec<Ticket> = every.keys().copied().collect();
            tickets.sort_unstable();
            for ticket in tickets.into_iter().step_by(stride) {
                schedule.remove(ticket);
                every.remove(&ticket);
            }
            run(&mut schedule, &every, 0, 1000, 100);
            let parts = run(&mut schedule, &every, 1000, 3000, 100);
            let mean = every.len() / 10;
            prop_assert!(parts.iter().all(|n| *n < mean + mean / 5), "{mean}: {parts:?}");
        }

        #[test]
        fn turns_are_never_before_they_may_be(from in 0u64..1 << 40, every in 1u64..1 << 30, number: u64) {
            let at = turn(Ticket(number), from, every);
            prop_assert!(at >= from && at - from <= every);
        }
    }
}
