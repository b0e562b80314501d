//! Sets of statuses, one bit each.

/// Which statuses there are. Those that nobody can write with three digits are in every set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statuses([u64; WORDS]);

const WORDS: usize = 16;

impl Statuses {
    /// Every one.
    pub const ALL: Statuses = Statuses([u64::MAX; WORDS]);

    /// Whether a status is there.
    #[inline]
    pub fn has(&self, status: u16) -> bool {
        self.0.get(usize::from(status / 64)).is_none_or(|word| word >> (status % 64) & 1 != 0)
    }

    /// Leaves those that `keeps` lets stay.
    pub fn retain(&mut self, keeps: impl Fn(u16) -> bool) {
        for status in (0..1000).filter(|status| !keeps(*status)) {
            if let Some(word) = self.0.get_mut(usize::from(status / 64)) {
                *word &= !(1 << (status % 64));
            }
        }
    }
}

impl Default for Statuses {
    fn default() -> Statuses {
        Statuses::ALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_there() {
        let mut set = Statuses::default();
        assert!([0, 63, 64, 404, 999, 1000, u16::MAX].iter().all(|status| set.has(*status)));
        set.retain(|status| (400..500).contains(&status));
        set.retain(|status| status % 2 == 0);
        for status in 0..1000 {
            assert_eq!(set.has(status), (400..500).contains(&status) && status % 2 == 0, "{status}");
        }
        assert!([1000, 1023, 1024, u16::MAX].iter().all(|status| set.has(*status)), "nobody has judged them");
    }
}
