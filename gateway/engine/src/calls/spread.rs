//! Buckets that times are counted in, by how long they are: four to each doubling.

/// Shorter times than this are told apart no further, in bits of microseconds.
const UNIT_BITS: u32 = 4;

/// The first buckets are one unit wide; from there on there are four to each doubling.
const EVEN: usize = 8;

/// How many there are. The last holds what took longer than about two minutes.
pub(crate) const BUCKETS: usize = EVEN + 4 * 20;

/// Which bucket a time is counted in.
#[inline]
pub(crate) fn bucket(us: u64) -> usize {
    let units = us >> UNIT_BITS;
    // By so many bits it is longer than the three that tell buckets apart: 0 for the even ones.
    let beyond = 61_u32.wrapping_sub((units | 4).leading_zeros());
    ((units >> beyond) as usize).wrapping_add(4 * beyond as usize).min(BUCKETS - 1)
}

/// The shortest time that is counted in a bucket, in microseconds.
pub(crate) fn start_us(bucket: usize) -> u64 {
    if bucket < EVEN {
        return (bucket as u64) << UNIT_BITS;
    }
    let (doublings, quarter) = ((bucket - EVEN) / 4, (bucket - EVEN) as u64 % 4);
    ((4 + quarter) << (doublings + 1)) << UNIT_BITS
}

/// So long at most took this part (0 to 1) of all that `counts` has, a number for each bucket, in microseconds: to an eighth more or
/// less. `None`: there were none.
pub(crate) fn quantile_us(counts: impl Iterator<Item = u64> + Clone, part: f64) -> Option<f64> {
    let all = counts.clone().fold(0_u64, u64::wrapping_add);
    if all == 0 {
        return None;
    }
    let wanted = (part * all as f64).ceil().max(1.0);
    let mut before = 0.0;
    let mut last = 0.0;
    for (at, count) in counts.enumerate().filter(|(_, count)| *count > 0) {
        let count = count as f64;
        let (from, to) = (start_us(at) as f64, start_us(at + 1) as f64);
        if before + count >= wanted {
            return Some(from + (to - from) * (wanted - before) / count);
        }
        before += count;
        last = to;
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other() {
        for at in 0..BUCKETS {
            assert_eq!(bucket(start_us(at)), at);
            assert_eq!(bucket(start_us(at + 1) - 1), at);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert!(start_us(BUCKETS - 1) > 100_000_000 && start_us(BUCKETS) < 200_000_000);
    }
}
