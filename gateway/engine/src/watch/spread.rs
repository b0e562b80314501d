//! How times spread, counted in buckets: by one thread, read by any.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::calls::spread::{BUCKETS, bucket, quantile_us, start_us};

/// Counts times. What it has counted wraps: readers look at differences.
pub(super) struct Spread([AtomicU32; BUCKETS]);

impl Default for Spread {
    fn default() -> Self {
        Spread([const { AtomicU32::new(0) }; BUCKETS])
    }
}

impl Spread {
    /// Counts a time; only the owning thread may.
    pub(super) fn add(&self, us: u64) {
        if let Some(count) = self.0.get(bucket(us)) {
            count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }

    pub(super) fn read(&self, into: &mut Times) {
        for (sum, count) in into.0.iter_mut().zip(&self.0) {
            *sum = sum.wrapping_add(count.load(Ordering::Relaxed));
        }
    }
}

/// Times that were counted, over all workers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Times(Box<[u32]>);

impl Default for Times {
    fn default() -> Self {
        Times(vec![0; BUCKETS].into())
    }
}

impl Times {
    /// Those that came since `before`.
    pub(super) fn since(&self, before: &Times) -> Times {
        Times(self.0.iter().zip(&before.0).map(|(now, before)| now.wrapping_sub(*before)).collect())
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|count| u64::from(*count)).sum()
    }

    /// So long at most took this part (0 to 1) of all, in milliseconds: to an eighth more or less. `None`: there were none.
    pub fn quantile_ms(&self, part: f64) -> Option<f64> {
        quantile_us(self.0.iter().map(|count| u64::from(*count)), part).map(|us| us / 1000.0)
    }

    /// No longer than this took any, in milliseconds: to a quarter more. `None`: there were none.
    pub fn max_ms(&self) -> Option<f64> {
        let last = self.0.iter().rposition(|count| *count > 0)?;
        // Exact far beyond what is counted apart.
        #[allow(clippy::cast_precision_loss)]
        let us = start_us(last + 1) as f64;
        Some(us / 1000.0)
    }

    /// How many took so long, for each bound in milliseconds those that took no longer than it and longer than the one before, and
    /// then the rest. To an eighth of the bound more or less.
    pub fn within_ms(&self, bounds: &[f64]) -> Vec<u64> {
        let mut told = vec![0; bounds.len() + 1];
        for (at, count) in self.0.iter().enumerate().filter(|(_, count)| **count > 0) {
            #[allow(clippy::cast_precision_loss)]
            let middle = (start_us(at) + start_us(at + 1)) as f64 / 2000.0;
            let place = bounds.iter().position(|bound| middle <= *bound).unwrap_or(bounds.len());
            if let Some(told) = told.get_mut(place) {
                *told += u64::from(*count);
            }
        }
        told
    }
}
