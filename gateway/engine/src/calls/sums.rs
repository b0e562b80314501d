//! The numbers of a method: as one worker counts them, and as readers sum them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::spread::{BUCKETS, bucket, quantile_us};
use crate::exchange::{Exchange, Origin, Reply};
use crate::worker::Counter;

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The method has returned, or a plugin has answered in its place.
    Ok,
    /// The method has thrown.
    Exception,
    /// Nobody has answered in time.
    Timeout,
    /// The answer is another status, or there was none.
    Status,
    /// The gateway has refused it: a plugin has, or there is no route.
    Refused,
}

/// Statuses of Dubbo: the call has come to its method, and it has not in time.
const OK: u8 = 20;
const LATE: [u8; 2] = [30, 31];

impl Outcome {
    /// All of them, in the order of their numbers.
    pub const ALL: [Outcome; 5] =
        [Outcome::Ok, Outcome::Exception, Outcome::Timeout, Outcome::Status, Outcome::Refused];

    /// Whether a method has returned: what [`Outcome::of`] has as [`Outcome::Ok`], but for what plugins answer.
    #[inline]
    pub(super) fn is_plain(x: &Exchange) -> bool {
        matches!(x.resp.reply, Some(Reply { status: OK, threw: false, .. }))
    }

    /// What the call of a finished exchange came to.
    pub(super) fn of(x: &Exchange) -> Outcome {
        match x.resp.reply {
            Some(reply) if reply.status == OK && !reply.threw => Outcome::Ok,
            Some(reply) if reply.status == OK => Outcome::Exception,
            Some(reply) if LATE.contains(&reply.status) => Outcome::Timeout,
            Some(_) => Outcome::Status,
            None => Outcome::unreplied(x),
        }
    }

    fn unreplied(x: &Exchange) -> Outcome {
        let status = match x.resp.grpc_status {
            Some(0) => 200,
            // DEADLINE_EXCEEDED
            Some(4) => 504,
            Some(_) => 500,
            None => x.resp.status,
        };
        match (status, x.resp.origin) {
            (200..300, _) => Outcome::Ok,
            (0, _) => Outcome::Status,
            (_, Origin::Gateway) => Outcome::Refused,
            (504, _) => Outcome::Timeout,
            _ => Outcome::Status,
        }
    }

    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Exception => "exception",
            Outcome::Timeout => "timeout",
            Outcome::Status => "status",
            Outcome::Refused => "refused",
        }
    }
}

/// The counters of one worker.
#[derive(Debug)]
pub(super) struct Cell {
    /// Calls by how long they took.
    took: [Counter; BUCKETS],
    /// Calls by their outcome, but for those that are [`Outcome::Ok`]: these are the rest.
    failed: [Counter; 4],
    max_us: AtomicU64,
}

impl Default for Cell {
    fn default() -> Self {
        Cell { took: [const { Counter::new() }; BUCKETS], failed: Default::default(), max_us: AtomicU64::new(0) }
    }
}

impl Cell {
    /// Counts a call that came to [`Outcome::Ok`]; only the owning thread may.
    #[inline]
    pub(super) fn took(&self, us: u64) {
        if let Some(took) = self.took.get(bucket(us)) {
            took.add(1);
        }
        if us > self.max_us.load(Ordering::Relaxed) {
            self.max_us.store(us, Ordering::Relaxed);
        }
    }

    /// Counts a call; only the owning thread may.
    pub(super) fn count(&self, outcome: Outcome, us: u64) {
        self.took(us);
        if outcome != Outcome::Ok
            && let Some(failed) = self.failed.get(outcome as usize - 1)
        {
            failed.add(1);
        }
    }

    pub(super) fn add_to(&self, sums: &mut Sums) {
        // Those that fail are read first: of no reader's sums is a part greater than the whole.
        for (sum, failed) in sums.failed.iter_mut().zip(&self.failed) {
            *sum = sum.wrapping_add(failed.get());
        }
        for (sum, took) in sums.took.iter_mut().zip(&self.took) {
            *sum = sum.wrapping_add(took.get());
        }
        sums.max_us = sums.max_us.max(self.max_us.load(Ordering::Relaxed));
    }
}

/// Numbers over all workers, of one method or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    took: Box<[u64]>,
    failed: [u64; 4],
    max_us: u64,
}

impl Default for Sums {
    fn default() -> Self {
        Sums { took: vec![0; BUCKETS].into(), failed: [0; 4], max_us: 0 }
    }
}

impl Sums {
    /// Adds those of others.
    pub fn add(&mut self, others: &Sums) {
        let all = self.took.iter_mut().chain(&mut self.failed);
        all.zip(others.took.iter().chain(&others.failed)).for_each(|(sum, more)| *sum = sum.wrapping_add(*more));
        self.max_us = self.max_us.max(others.max_us);
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.took.iter().fold(0, |sum, n| sum.wrapping_add(*n))
    }

    /// Those that are not [`Outcome::Ok`].
    pub fn errors(&self) -> u64 {
        self.failed.iter().fold(0_u64, |sum, n| sum.wrapping_add(*n)).min(self.calls())
    }

    /// How many came to this.
    pub fn of(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Ok => self.calls() - self.errors(),
            _ => self.failed.get(outcome as usize - 1).copied().unwrap_or_default(),
        }
    }

    /// The longest that a call took, in milliseconds.
    pub fn max_ms(&self) -> f64 {
        ms(self.max_us)
    }

    /// So long at most took this part (0 to 1) of all calls, in milliseconds: to an eighth more or less. `None`: there were none.
    pub fn quantile_ms(&self, part: f64) -> Option<f64> {
        let us = quantile_us(self.took.iter().copied(), part)?;
        Some((us / 1000.0).min(self.max_ms()))
    }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quantiles_are_near(mut times in prop::collection::vec(0_u64..90_000_000, 1..200), part in 0.0_f64..1.0) {
            let cell = Cell::default();
            times.iter().for_each(|us| cell.count(Outcome::Ok, *us));
            let mut sums = Sums::default();
            cell.add_to(&mut sums);
            times.sort_unstable();
            let rank = ((part * times.len() as f64).ceil().max(1.0) as usize).min(times.len());
            let (real, told) = (ms(times[rank - 1]), sums.quantile_ms(part).unwrap());
            prop_assert!((told - real).abs() <= 0.016 + real / 4.0, "{told} is not near {real}");
            prop_assert!(told <= sums.max_ms());
            prop_assert_eq!(sums.max_ms(), ms(*times.last().unwrap()));
            prop_assert_eq!((sums.calls(), sums.errors()), (times.len() as u64, 0));
        }
    }

    #[test]
    fn outcomes_add_up() {
        let cell = Cell::default();
        for (n, outcome) in Outcome::ALL.into_iter().enumerate() {
            (0..=n).for_each(|_| cell.count(outcome, 100));
        }
        let mut sums = Sums::default();
        cell.add_to(&mut sums);
        assert_eq!(Outcome::ALL.map(|outcome| sums.of(outcome)), [1, 2, 3, 4, 5]);
        let twice = {
            let mut twice = sums.clone();
            twice.add(&sums);
            twice
        };
        assert_eq!((twice.calls(), twice.errors(), twice.max_ms()), (30, 28, 0.1));
        assert_eq!(Sums::default().quantile_ms(0.5), None);
    }
}
