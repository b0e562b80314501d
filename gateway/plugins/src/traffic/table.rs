//! What is remembered of millions of keys in bounded memory, for the whole process: rate windows, leaky buckets, breakers.
//!
//! A table is cut into shards, each behind a short lock. A key is a 128-bit keyed hash of what is counted; its secret is drawn at
//! start, so clients cannot make keys meet, and long header values cost no memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher, RandomState};

use parking_lot::Mutex;

/// Whose counters: the beginning of a key.
#[derive(Clone)]
pub(crate) struct Owner(DefaultHasher);

/// What is counted, as [`Keys::key`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(u128);

/// Makes keys.
#[derive(Default)]
pub(crate) struct Keys(RandomState);

impl Keys {
    /// Those who count under this name.
    pub(crate) fn owner(&self, name: &[u8]) -> Owner {
        let mut hasher = self.0.build_hasher();
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
}

impl Key {
    /// One of so many shards: the lowest bits choose it, the highest the place in it.
    pub(crate) fn shard(self, shards: usize) -> usize {
        // Below the number of shards.
        (self.0 % shards as u128) as usize
    }
}

/// What is remembered of a key.
pub(crate) trait Remembered {
    /// From when on nobody misses it.
    fn expires_ms(&self) -> u64;

    /// In a flood of keys it goes before others.
    fn is_slight(&self) -> bool;
}

/// The keys of a process and what is remembered of them.
pub(crate) struct Table<E> {
    /// Makes this table's keys.
    pub(crate) keys: Keys,
    shards: Box<[Shard<E>]>,
}

/// On a cache line of its own: workers that count different things do not slow each other down.
#[repr(align(128))]
struct Shard<E>(Mutex<Entries<E>>);

pub(crate) struct Entries<E> {
    entries: HashMap<Key, E, BuildHasherDefault<Ready>>,
    /// When so many entries are there, those whose time is over are looked for.
    sweep_at: usize,
}

/// Shards of a table.
pub(crate) const SHARDS: usize = 64;

/// Most entries of a shard: a million keys in all. (Fewer where a test fills them all.)
pub(crate) const SHARD_KEYS: usize = if cfg!(test) { 1 << 9 } else { 16 << 10 };

/// Entries of a shard that are not swept.
pub(crate) const SWEEP_FIRST: usize = 64;

impl<E> Default for Table<E> {
    fn default() -> Self {
        let shard = || Shard(Mutex::new(Entries { entries: HashMap::default(), sweep_at: SWEEP_FIRST }));
        Table { keys: Keys::default(), shards: (0..SHARDS).map(|_| shard()).collect() }
    }
}

impl<E: Remembered> Table<E> {
    /// Looks at what is remembered of a key, `fresh` if it is nothing. The key's shard is locked meanwhile.
    #[inline]
    pub(crate) fn with<R>(&self, key: Key, now_ms: u64, fresh: impl FnOnce() -> E, act: impl FnOnce(&mut E) -> R) -> R {
        act(self.shard(key).lock().entry(key, now_ms, fresh))
    }

    /// Looks at what is remembered of a key, if there is anything.
    pub(crate) fn peek<R>(&self, key: Key, act: impl FnOnce(&mut E) -> R) -> Option<R> {
        self.shard(key).lock().entries.get_mut(&key).map(act)
    }

    /// Forgets a key.
    pub(crate) fn forget(&self, key: Key) {
        self.shard(key).lock().entries.remove(&key);
    }

    /// How many keys are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|s| s.0.lock().entries.len()).sum()
    }

    fn shard(&self, key: Key) -> &Mutex<Entries<E>> {
        &self.shards[key.shard(SHARDS)].0
    }
}

impl<E: Remembered> Entries<E> {
    fn entry(&mut self, key: Key, now_ms: u64, fresh: impl FnOnce() -> E) -> &mut E {
        if self.entries.len() >= self.sweep_at && !self.entries.contains_key(&key) {
            self.make_room(now_ms);
        }
        self.entries.entry(key).or_insert_with(fresh)
    }

    #[cold]
    fn make_room(&mut self, now_ms: u64) {
        self.entries.retain(|_, e| e.expires_ms() > now_ms);
        if self.entries.len() > SHARD_KEYS / 4 * 3 {
            // A flood of keys: those seen once only go before those that are close to their limit.
            self.entries.retain(|_, e| !e.is_slight());
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
pub(crate) struct Ready(u64);

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

    struct Seen {
        times: u32,
        until_ms: u64,
    }

    impl Remembered for Seen {
        fn expires_ms(&self) -> u64 {
            self.until_ms
        }

        fn is_slight(&self) -> bool {
            self.times <= 1
        }
    }

    fn see(table: &Table<Seen>, key: Key, now_ms: u64) -> u32 {
        let fresh = || Seen { times: 0, until_ms: now_ms + 5000 };
        table.with(key, now_ms, fresh, |seen| {
            seen.times += 1;
            seen.times
        })
    }

    #[test]
    fn keys_of_owners_are_apart_and_floods_are_bounded() {
        let table = Table::<Seen>::default();
        let [a, b] = [b"a", b"b"].map(|name| table.keys.owner(name));
        assert_ne!(table.keys.key(&a, b"x"), table.keys.key(&b, b"x"));
        assert_eq!(table.keys.key(&a, b"x"), table.keys.key(&a, b"x"));
        let victim = table.keys.key(&a, b"victim");
        for _ in 0..3 {
            see(&table, victim, 1);
        }
        for n in 0..3 * SHARDS * SHARD_KEYS {
            see(&table, table.keys.key(&a, &n.to_ne_bytes()), 1);
        }
        assert!(table.len() <= SHARDS * SHARD_KEYS, "{}", table.len());
        assert_eq!(see(&table, victim, 2), 4, "what is no flood was forgotten");
        // All of them are over after their time.
        for n in 0..SHARDS * SHARD_KEYS {
            see(&table, table.keys.key(&b, &n.to_ne_bytes()), 10_000 + n as u64 * 6000);
        }
        assert!(table.len() <= SHARDS * SWEEP_FIRST, "{}", table.len());
        table.forget(victim);
        assert_eq!(table.peek(victim, |seen| seen.times), None);
    }
}
