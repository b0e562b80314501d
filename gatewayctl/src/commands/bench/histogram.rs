//! Times in buckets whose width is 1/64 of their value at most: percentiles are right to 1.6 %.

use std::time::Duration;

/// Times that were seen, in microseconds.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    sum_us: u128,
    least_us: u64,
    most_us: u64,
}

/// Two to the power of this many buckets in each octave.
const BITS: u32 = 6;
const PER_OCTAVE: usize = 1 << BITS;

impl Default for Histogram {
    fn default() -> Histogram {
        let octaves = usize::try_from(64 - BITS).unwrap_or(64) + 1;
        Histogram { counts: vec![0; octaves * PER_OCTAVE], total: 0, sum_us: 0, least_us: u64::MAX, most_us: 0 }
    }
}

/// The bucket of a time.
fn index(us: u64) -> usize {
    let shift = (63 - us.max(1).leading_zeros()).saturating_sub(BITS);
    let within = usize::try_from(us >> shift).unwrap_or(PER_OCTAVE);
    usize::try_from(shift).unwrap_or_default() * PER_OCTAVE + within
}

/// The greatest time of a bucket.
fn greatest(index: usize) -> u64 {
    let octave = (index / PER_OCTAVE).saturating_sub(1);
    let within = u64::try_from(index - octave * PER_OCTAVE).unwrap_or_default();
    let shift = u32::try_from(octave).unwrap_or_default();
    ((u128::from(within) + 1) << shift).saturating_sub(1).try_into().unwrap_or(u64::MAX)
}

impl Histogram {
    pub(super) fn add(&mut self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(index(us)) {
            *count += 1;
        }
        self.total += 1;
        self.sum_us += u128::from(us);
        self.least_us = self.least_us.min(us);
        self.most_us = self.most_us.max(us);
    }

    pub(super) fn merge(&mut self, other: &Histogram) {
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            *own += other;
        }
        self.total += other.total;
        self.sum_us += other.sum_us;
        self.least_us = self.least_us.min(other.least_us);
        self.most_us = self.most_us.max(other.most_us);
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn least(&self) -> Duration {
        Duration::from_micros(if self.total == 0 { 0 } else { self.least_us })
    }

    pub(super) fn most(&self) -> Duration {
        Duration::from_micros(self.most_us)
    }

    pub(super) fn mean(&self) -> Duration {
        let mean = self.sum_us.checked_div(u128::from(self.total)).unwrap_or_default();
        Duration::from_micros(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// The time within which so many of a hundred thousand were.
    pub(super) fn quantile(&self, of_100_000: u64) -> Duration {
        let wanted = (u128::from(self.total) * u128::from(of_100_000)).div_ceil(100_000).max(1);
        let mut seen = 0_u128;
        for (index, count) in self.counts.iter().enumerate() {
            seen += u128::from(*count);
            if seen >= wanted {
                return Duration::from_micros(greatest(index).min(self.most_us));
            }
        }
        self.most()
    }

    /// How many there were up to each bound and above the one before, and how many above all.
    pub(super) fn within(&self, bounds_us: &[u64]) -> Vec<u64> {
        let mut counts = vec![0; bounds_us.len() + 1];
        for (index, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let time = greatest(index).min(self.most_us);
            let place = bounds_us.iter().position(|bound| time <= *bound).unwrap_or(bounds_us.len());
            if let Some(slot) = counts.get_mut(place) {
                *slot += count;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_of_a_row() {
        let mut all = Histogram::default();
        (1..=1000).for_each(|us| all.add(Duration::from_micros(us)));
        let us = |time: Duration| time.as_micros();
        assert_eq!((us(all.least()), us(all.most()), us(all.mean())), (1, 1000, 500));
        for (part, expected) in [(50_000, 500), (90_000, 900), (99_000, 990), (99_900, 999), (100_000, 1000)] {
            let found = us(all.quantile(part));
            assert!(found >= expected && found <= expected + expected / 60, "{part}: {found}");
        }
        assert_eq!(all.within(&[10, 50]), [10, 40, 950]);
        assert_eq!(us(Histogram::default().quantile(50_000)), 0);
    }

    proptest! {
        #[test]
        fn a_bucket_holds_its_time(us in any::<u64>()) {
            let greatest = greatest(index(us));
            prop_assert!(greatest >= us && u128::from(greatest) <= u128::from(us) + u128::from(us) / 60 + 1);
            let mut all = Histogram::default();
            all.add(Duration::from_micros(us));
            prop_assert_eq!(all.total(), 1);
            prop_assert_eq!(all.quantile(50_000), Duration::from_micros(us));
        }
    }
}
