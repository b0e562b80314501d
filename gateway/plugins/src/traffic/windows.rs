//! Counters of rate limits: what was counted in which window, for millions of keys in bounded memory.
//!
//! One table serves the process, so a limit that nobody has met costs nothing and counters outlive every change of the
//! configuration. It is cut into shards, each behind a short lock. A key is a 128-bit keyed hash of what is counted; its secret is
//! drawn at start, so clients cannot make keys meet, and long header values cost no memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher, RandomState};

use parking_lot::Mutex;

/// Whose counters: the beginning of a key.
#[derive(Clone)]
pub(crate) struct Owner(DefaultHasher);

/// What is counted, as [`Windows::key`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(u128);

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
pub(crate) struct Windows {
    shards: Box<[Shard]>,
    secret: RandomState,
}

/// On a cache line of its own: workers that count different things do not slow each other down.
#[repr(align(128))]
#[derive(Default)]
struct Shard(Mutex<Counters>);

struct Counters {
    entries: HashMap<Key, Entry, BuildHasherDefault<Ready>>,
    /// When so many entries are there, those whose time is over are looked for.
    sweep_at: usize,
}

impl Default for Counters {
    fn default() -> Self {
        Counters { entries: HashMap::default(), sweep_at: SWEEP_FIRST }
    }
}

#[derive(Clone, Copy)]
struct Entry {
    /// Fixed: when the window ends. Sliding: the number of the present window.
    window: u64,
    /// Counted in the present window.
    used: u64,
    /// Sliding: counted in the window before.
    before: u64,
    /// From when on nobody misses this entry.
    expires_ms: u64,
}

const SHARDS: usize = 64;

/// Most entries of a shard: a million keys in all, about 80 MiB. (Fewer where a test fills them all.)
const SHARD_KEYS: usize = if cfg!(test) { 1 << 9 } else { 16 << 10 };

const SWEEP_FIRST: usize = 64;

impl Default for Windows {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Windows { shards, secret: RandomState::new() }
    }
}

impl Windows {
    /// Those who count under this name.
    pub(crate) fn owner(&self, name: &[u8]) -> Owner {
        let mut hasher = self.secret.build_hasher();
        hasher.write_usize(name.len());
        hasher.write(name);
        Owner(hasher)
    }

    /// The key of a text among the counters of `owner`.
    #[inline]
    pub(crate) fn key(&self, owner: &Owner, text: &[u8]) -> Key {
        let mut hasher = owner.0.clone();
        hasher.write(text);
        let high = hasher.finish();
        // The state behind both halves is wider than they are together.
        hasher.write_u8(0xff);
        Key(u128::from(high) << 64 | u128::from(hasher.finish()))
    }

    /// Counts `cost` in a window that begins with its key's first request.
    pub(crate) fn fixed(&self, key: Key, now_ms: u64, limit: Limit, cost: u64) -> Verdict {
        let mut counters = self.shard(key).0.lock();
        let fresh = || {
            let end = now_ms.saturating_add(limit.window_ms);
            Entry { window: end, used: 0, before: 0, expires_ms: end }
        };
        let entry = counters.entry(key, now_ms, fresh);
        if entry.window <= now_ms {
            *entry = fresh();
        }
        entry.used = entry.used.saturating_add(cost);
        Verdict {
            allowed: entry.used <= limit.count,
            remaining: limit.count.saturating_sub(entry.used),
            reset_ms: entry.window - now_ms,
        }
    }

    /// Counts `cost` in a window that slides: the share of the window before that still lies in it is estimated. What is
    /// refused is not counted.
    pub(crate) fn sliding(&self, key: Key, now_ms: u64, limit: Limit, cost: u64) -> Verdict {
        // A limit of nothing a window has been refused before.
        let length = limit.window_ms.max(1);
        let number = now_ms / length;
        let left = length - now_ms % length;
        let mut counters = self.shard(key).0.lock();
        let entry = counters.entry(key, now_ms, || Entry { window: number, used: 0, before: 0, expires_ms: 0 });
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
    }

    fn shard(&self, key: Key) -> &Shard {
        // Below the number of shards. The lowest bits choose the shard, the highest the place in it.
        &self.shards[(key.0 % SHARDS as u128) as usize]
    }
}

impl Counters {
    fn entry(&mut self, key: Key, now_ms: u64, fresh: impl FnOnce() -> Entry) -> &mut Entry {
        if self.entries.len() >= self.sweep_at && !self.entries.contains_key(&key) {
            self.make_room(now_ms);
        }
        self.entries.entry(key).or_insert_with(fresh)
    }

    #[cold]
    fn make_room(&mut self, now_ms: u64) {
        self.entries.retain(|_, e| e.expires_ms > now_ms);
        if self.entries.len() > SHARD_KEYS / 4 * 3 {
            // A flood of keys: those seen once only go before those that are close to their limit.
            self.entries.retain(|_, e| e.used + e.before > 1);
            let mut left = SHARD_KEYS / 2;
            self.entries.retain(|_, _| {
                left = left.saturating_sub(1);
                left > 0
            });
        }
        self.sweep_at = (self.entries.len() * 2).clamp(SWEEP_FIRST, SHARD_KEYS);
        if self.entries.capacity() > self.sweep_at * 4 {
            self.entries.shrink_to(self.sweep_at);
        }
    }
}

/// Takes a key, which is a hash already, as its own hash.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Keys write themselves as one number; anything else would be as right, only slow.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = (key >> 64) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: Limit = Limit { count: 2, window_ms: 5000 };

    fn verdict(allowed: bool, remaining: u64, reset_ms: u64) -> Verdict {
        Verdict { allowed, remaining, reset_ms }
    }

    #[test]
    fn a_fixed_window_begins_with_its_first_request() {
        let windows = Windows::default();
        let key = windows.key(&windows.owner(b""), b"a");
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
        assert_eq!(windows.fixed(windows.key(&windows.owner(b""), b"b"), 6000, LIMIT, 2), verdict(true, 0, 5000));
    }

    #[test]
    fn a_sliding_window_weighs_the_one_before() {
        let windows = Windows::default();
        let key = windows.key(&windows.owner(b""), b"a");
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

    #[test]
    fn keys_of_owners_are_apart_and_floods_are_bounded() {
        let windows = Windows::default();
        let [a, b] = [b"a", b"b"].map(|name| windows.owner(name));
        assert_ne!(windows.key(&a, b"x"), windows.key(&b, b"x"));
        assert_eq!(windows.key(&a, b"x"), windows.key(&a, b"x"));
        let victim = windows.key(&a, b"victim");
        for _ in 0..3 {
            windows.fixed(victim, 1, LIMIT, 1);
        }
        for n in 0..3 * SHARDS * SHARD_KEYS {
            windows.fixed(windows.key(&a, &n.to_ne_bytes()), 1, LIMIT, 1);
        }
        let kept: usize = windows.shards.iter().map(|s| s.0.lock().entries.len()).sum();
        assert!(kept <= SHARDS * SHARD_KEYS, "{kept}");
        assert!(!windows.fixed(victim, 2, LIMIT, 1).allowed, "a counter near its limit was dropped");
        // All of them are over after their window.
        for n in 0..SHARDS * SHARD_KEYS {
            windows.fixed(windows.key(&b, &n.to_ne_bytes()), 10_000 + n as u64 * 6000, LIMIT, 1);
        }
        let kept: usize = windows.shards.iter().map(|s| s.0.lock().entries.len()).sum();
        assert!(kept <= SHARDS * SWEEP_FIRST, "{kept}");
    }

    proptest! {
        #[test]
        fn no_fixed_window_lets_more_pass_than_its_limit(
            count in 1u64..6,
            window_ms in 1u64..50,
            steps in proptest::collection::vec(0u64..20, 1..80),
        ) {
            let windows = Windows::default();
            let key = windows.key(&windows.owner(b""), b"k");
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
            let key = windows.key(&windows.owner(b""), b"k");
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
