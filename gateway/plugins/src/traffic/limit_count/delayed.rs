//! Counting here and telling Redis now and then (`sync_interval`): requests wait for nothing, and several gateways together may let
//! somewhat more pass than the limit.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use gateway_engine::worker::now_ms;
use parking_lot::Mutex;
use tokio::time::sleep;

use super::super::policy::Remote;
use super::super::windows::{Limit, Verdict};
use super::remote;

/// Most keys of an instance that are counted here; beyond, Redis is asked with each request.
const MOST_KEYS: usize = 10_000;

/// The counters of an instance that Redis is told of later.
pub(super) struct Delayed {
    remote: Remote,
    sliding: bool,
    interval: Duration,
    kept: Mutex<HashMap<Box<[u8]>, Kept>>,
    /// A worker tells Redis at present.
    telling: AtomicBool,
}

/// What is known of a key.
struct Kept {
    limit: Limit,
    /// What was left when Redis was told last.
    left: u64,
    /// Allowed here since.
    delta: u64,
    /// When the window ends, by the monotonic clock.
    ends_ms: u64,
}

impl Delayed {
    pub(super) fn new(remote: Remote, sliding: bool, interval: Duration) -> Arc<Delayed> {
        let kept = Mutex::default();
        Arc::new(Delayed { remote, sliding, interval, kept, telling: AtomicBool::new(false) })
    }

    pub(super) fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Counts a request; `None`: Redis is to be asked, there are too many keys.
    pub(super) fn count(self: &Arc<Self>, key: &[u8], limit: Limit, cost: u64) -> Option<Verdict> {
        let now = now_ms();
        let verdict = {
            let mut all = self.kept.lock();
            if !all.contains_key(key) {
                if all.len() >= MOST_KEYS {
                    all.retain(|_, kept| kept.delta > 0 || kept.ends_ms > now);
                }
                if all.len() >= MOST_KEYS {
                    return None;
                }
                all.insert(key.into(), Kept::fresh(limit, now));
            }
            all.get_mut(key)?.count(limit, cost, now)
        };
        if !self.telling.swap(true, Ordering::AcqRel) {
            tokio::task::spawn_local(tell(Arc::downgrade(self), Telling(Arc::downgrade(self))));
        }
        Some(verdict)
    }

    /// Tells Redis what has been allowed since the last time; whether anything is kept still.
    async fn flush(&self) -> bool {
        let now = now_ms();
        let told: Vec<(Box<[u8]>, Limit, u64)> = {
            let mut all = self.kept.lock();
            all.retain(|_, kept| kept.delta > 0 || kept.ends_ms > now);
            all.iter()
                .filter(|(_, kept)| kept.delta > 0)
                .map(|(key, kept)| (key.clone(), kept.limit, kept.delta))
                .collect()
        };
        for (key, limit, delta) in told {
            // A Redis that is away is told another time; until then this gateway counts alone.
            let Ok(verdict) = remote::add(&self.remote, self.sliding, &key, limit, delta).await else { break };
            if let Some(kept) = self.kept.lock().get_mut(&key) {
                kept.delta = kept.delta.saturating_sub(delta);
                kept.left = verdict.remaining;
                kept.ends_ms = now_ms().saturating_add(verdict.reset_ms);
            }
        }
        !self.kept.lock().is_empty()
    }
}

impl Kept {
    fn fresh(limit: Limit, now_ms: u64) -> Kept {
        Kept { limit, left: limit.count, delta: 0, ends_ms: now_ms.saturating_add(limit.window_ms) }
    }

    fn count(&mut self, limit: Limit, cost: u64, now_ms: u64) -> Verdict {
        if self.ends_ms <= now_ms {
            // What was allowed in a window that is over says nothing of this one.
            *self = Kept::fresh(limit, now_ms);
        }
        if limit != self.limit {
            let used = self.limit.count.saturating_sub(self.left);
            self.left = limit.count.saturating_sub(used);
            self.limit = limit;
        }
        let allowed = self.delta.saturating_add(cost) <= self.left;
        if allowed {
            self.delta += cost;
        }
        Verdict { allowed, remaining: self.left.saturating_sub(self.delta), reset_ms: self.ends_ms - now_ms }
    }
}

/// Lets another worker tell Redis when this one stops, however it does.
struct Telling(Weak<Delayed>);

impl Drop for Telling {
    fn drop(&mut self) {
        if let Some(delayed) = self.0.upgrade() {
            delayed.telling.store(false, Ordering::Release);
        }
    }
}

async fn tell(delayed: Weak<Delayed>, telling: Telling) {
    loop {
        let Some(interval) = delayed.upgrade().map(|d| d.interval) else { return };
        sleep(interval).await;
        let Some(delayed) = delayed.upgrade() else { return };
        if !delayed.flush().await {
            drop(telling);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_counted_until_the_window_ends() {
        let limit = Limit { count: 3, window_ms: 1000 };
        let mut kept = Kept::fresh(limit, 5000);
        let told = |kept: &mut Kept, limit: Limit, now: u64| {
            let verdict = kept.count(limit, 1, now);
            (verdict.allowed, verdict.remaining, verdict.reset_ms)
        };
        assert_eq!(told(&mut kept, limit, 5000), (true, 2, 1000));
        assert_eq!(told(&mut kept, limit, 5100), (true, 1, 900));
        // Redis knows of one more elsewhere.
        (kept.left, kept.delta) = (0, 0);
        assert_eq!(told(&mut kept, limit, 5200), (false, 0, 800));
        // A larger limit holds at once.
        let larger = Limit { count: 5, ..limit };
        assert_eq!(told(&mut kept, larger, 5300), (true, 1, 700));
        assert_eq!(told(&mut kept, limit, 6000), (true, 2, 1000));
    }
}
