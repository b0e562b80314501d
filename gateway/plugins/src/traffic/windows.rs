//! Counters of rate limits: what was counted in which window. One table serves the process, so a limit that nobody has met costs
//! nothing and counters outlive every change of the configuration.

use super::table::{Key, Remembered, Table};

/// A limit in force for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Requests allowed in a window.
    pub(crate) count: u64,
    /// Length of a window, in milliseconds.
    pub(crate) window_ms: u64,
}

/// What a limit says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Within the limit.
    pub(crate) allowed: bool,
    /// What is left of it.
    pub(crate) remaining: u64,
    /// Until the window ends, in milliseconds.
    pub(crate) reset_ms: u64,
}

/// All counters of the process.
#[derive(Default)]
pub(crate) struct Windows(pub(crate) Table<Entry>);

#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Fixed: when the window ends. Sliding: the number of the present window.
    window: u64,
    /// Counted in the present window.
    used: u64,
    /// Sliding: counted in the window before.
    before: u64,
    /// From when on nobody misses this entry.
    expires_ms: u64,
}

impl Remembered for Entry {
    fn expires_ms(&self) -> u64 {
        self.expires_ms
    }

    fn is_slight(&self) -> bool {
        self.used.saturating_add(self.before) <= 1
    }
}

impl Windows {
    /// Counts `cost` in a window that begins with its key's first request.
    pub(crate) fn fixed(&self, key: Key, now_ms: u64, limit: Limit, cost: u64) -> Verdict {
        let fresh = || {
            let end = now_ms.saturating_add(limit.window_ms);
            Entry { window: end, used: 0, before: 0, expires_ms: end }
        };
        self.0.with(key, now_ms, fresh, |entry| {
            if entry.window <= now_ms {
                *entry = fresh();
            }
            entry.used = entry.used.saturating_add(cost);
            Verdict {
                allowed: entry.used <= limit.count,
                remaining: limit.count.saturating_sub(entry.used),
                reset_ms: entry.window - now_ms,
            }
        })
    }

    /// Counts `cost` in a window that slides: the share of the window before that still lies in it is estimated. What is
    /// refused is not counted.
    pub(crate) fn sliding(&self, key: Key, now_ms: u64, limit: Limit, cost: u64) -> Verdict {
        // A limit of nothing a window has been refused before.
        let length = limit.window_ms.max(1);
        let number = now_ms / length;
        let left = length - now_ms % length;
        let fresh = || Entry { window: number, used: 0, before: 0, expires_ms: 0 };
        self.0.with(key, now_ms, fresh, |entry| {
            if entry.window != number {
                let before = if entry.window.checked_add(1) == Some(number) { entry.used } else { 0 };
                *entry = Entry { window: number, used: 0, before, expires_ms: 0 };
            }
            entry.expires_ms = now_ms.saturating_add(left).saturating_add(length);
            // In hundredths: whole numbers would let the estimate jump.
            let estimate_of_before = u128::from(entry.before) * u128::from(left) * 100 / u128::from(length);
            let count = u128::from(limit.count) * 100;
            let after = |used: u64| count.saturating_sub(estimate_of_before + u128::from(used) * 100);
            let allowed = entry.used < limit.count && after(entry.used) > 0;
            if allowed {
                entry.used = entry.used.saturating_add(cost);
            }
            let remaining = if allowed { u64::try_from(after(entry.used) / 100).unwrap_or(u64::MAX) } else { 0 };
            Verdict { allowed, remaining, reset_ms: left }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: Limit = Limit { count: 2, window_ms: 5000 };

    fn key_of(windows: &Windows, text: &[u8]) -> Key {
        windows.0.keys.key(&windows.0.keys.owner(b""), text)
    }

    fn verdict(allowed: bool, remaining: u64, reset_ms: u64) -> Verdict {
        Verdict { allowed, remaining, reset_ms }
    }

    #[test]
    fn a_fixed_window_begins_with_its_first_request() {
        let windows = Windows::default();
        let key = key_of(&windows, b"a");
        let cases = [
            (1000, verdict(true, 1, 5000)),
            (1500, verdict(true, 0, 4500)),
            (2000, verdict(false, 0, 4000)),
            (5999, verdict(false, 0, 1)),
            (6000, verdict(true, 1, 5000)),
        ];
        for (now, expected) in cases {
            assert_eq!(windows.fixed(key, now, LIMIT, 1), expected, "at {now}");
        }
        assert_eq!(windows.fixed(key_of(&windows, b"b"), 6000, LIMIT, 2), verdict(true, 0, 5000));
    }

    #[test]
    fn a_sliding_window_weighs_the_one_before() {
        let windows = Windows::default();
        let key = key_of(&windows, b"a");
        let limit = Limit { count: 4, window_ms: 1000 };
        let cases = [
            (1000, verdict(true, 3, 1000)),
            (1100, verdict(true, 2, 900)),
            (1200, verdict(true, 1, 800)),
            (1300, verdict(true, 0, 700)),
            (1400, verdict(false, 0, 600)),
            // A quarter into the next window three of the four still weigh.
            (2250, verdict(true, 0, 750)),
            (2250, verdict(false, 0, 750)),
            (2500, verdict(true, 0, 500)),
            // The window before is empty after a pause.
            (4000, verdict(true, 3, 1000)),
        ];
        for (now, expected) in cases {
            assert_eq!(windows.sliding(key, now, limit, 1), expected, "at {now}");
        }
    }

    proptest! {
        #[test]
        fn no_fixed_window_lets_more_pass_than_its_limit(
            count in 1u64..6,
            window_ms in 1u64..50,
            steps in proptest::collection::vec(0u64..20, 1..80),
        ) {
            let windows = Windows::default();
            let key = key_of(&windows, b"k");
            let (mut now, mut end, mut passed) = (1, 0, 0);
            for step in steps {
                now += step;
                if now >= end {
                    (end, passed) = (now + window_ms, 0);
                }
                let verdict = windows.fixed(key, now, Limit { count, window_ms }, 1);
                prop_assert_eq!(verdict.allowed, passed < count);
                passed += u64::from(verdict.allowed);
                prop_assert_eq!(verdict.remaining, count - passed);
                prop_assert_eq!(verdict.reset_ms, end - now);
            }
        }

        #[test]
        fn no_aligned_sliding_window_lets_more_pass_than_its_limit(
            count in 1u64..6,
            window_ms in 1u64..50,
            steps in proptest::collection::vec(0u64..20, 1..80),
        ) {
            let windows = Windows::default();
            let key = key_of(&windows, b"k");
            let (mut now, mut number, mut passed) = (1, u64::MAX, 0);
            for step in steps {
                now += step;
                if now / window_ms != number {
                    (number, passed) = (now / window_ms, 0);
                }
                let verdict = windows.sliding(key, now, Limit { count, window_ms }, 1);
                passed += u64::from(verdict.allowed);
                prop_assert!(passed <= count);
                prop_assert!(verdict.remaining <= count - passed);
            }
        }
    }
}
