//! How many retries an upstream may have: a share of its requests, so that trying again does not multiply the load on nodes that
//! fail because of it.

use std::sync::atomic::{AtomicU64, Ordering};

/// The retries that may still be made, of one upstream and all workers. Each request adds a share of one; a retry takes one. What
/// is saved up melts away with time, so that a quiet hour does not pay for a storm.
#[derive(Debug, Default)]
pub struct RetryBudget {
    /// Hundredths of a retry.
    saved: AtomicU64,
    /// Until when `saved` has melted, in milliseconds.
    melted_ms: AtomicU64,
    /// The second in the upper half; retries of it that were allowed in any case in the lower half.
    floor: AtomicU64,
}

/// A retry, as requests save for it: each adds its percentage.
const ONE: u64 = 100;

/// What is saved loses a tenth a second: it is worth that of about ten seconds of requests.
const MELTS_MS: u64 = 1000;

impl RetryBudget {
    /// A request has come, of which `percent` may be retries.
    pub fn deposit(&self, percent: u8, now_ms: u64) {
        self.melt(now_ms);
        self.saved.fetch_add(u64::from(percent), Ordering::Relaxed);
    }

    /// Takes a retry; `false`: there is none left. `per_second` are allowed in any case.
    pub fn withdraw(&self, per_second: u32, now_ms: u64) -> bool {
        self.melt(now_ms);
        let less = |saved: u64| saved.checked_sub(ONE);
        if self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok() {
            return true;
        }
        let second = (now_ms / 1000) & 0xffff_ffff;
        let more = |packed: u64| {
            let used = if packed >> 32 == second { packed & 0xffff_ffff } else { 0 };
            (used < u64::from(per_second)).then_some(second << 32 | (used + 1))
        };
        self.floor.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn melt(&self, now_ms: u64) {
        let since = self.melted_ms.load(Ordering::Relaxed);
        let seconds = now_ms.saturating_sub(since) / MELTS_MS;
        if seconds == 0 {
            return;
        }
        // One of the workers that see it does it.
        if self.melted_ms.compare_exchange(since, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let left = |saved: u64| Some((0..seconds.min(100)).fold(saved, |left, _| left - left.div_ceil(10)));
            // It always gives a value.
            let _ = self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_a_share_of_requests() {
        let budget = RetryBudget::default();
        assert!(!budget.withdraw(0, 5));
        for _ in 0..9 {
            budget.deposit(20, 5);
        }
        assert!(budget.withdraw(0, 5));
        assert!(!budget.withdraw(0, 5), "nine requests save for one");
        budget.deposit(20, 5);
        assert!(budget.withdraw(0, 5));
    }

    #[test]
    fn what_is_saved_melts() {
        let budget = RetryBudget::default();
        budget.deposit(0, 1000);
        for _ in 0..1000 {
            budget.deposit(20, 1500);
        }
        let count = |now| (0..).take_while(|_| budget.withdraw(0, now)).count();
        assert!((60..=80).contains(&count(11_500)), "of 200 about a third is left after ten seconds");
        for _ in 0..1000 {
            budget.deposit(20, 11_500);
        }
        assert_eq!(count(3_600_000), 0);
    }

    #[test]
    fn some_are_allowed_in_any_case_each_second() {
        let budget = RetryBudget::default();
        for second in 1..4 {
            let allowed = (0..10).filter(|_| budget.withdraw(3, second * 1000)).count();
            assert_eq!(allowed, 3);
        }
    }
}
