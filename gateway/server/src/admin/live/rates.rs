//! How much of the traffic goes to each node, and how long it takes there, for those who ask again and again: requests are counted
//! by node from the first time that somebody asks until nobody has for a while.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_engine::snapshot::Shared;
use gateway_engine::watch::{Dimension, Reading, Stats, Summed};
use parking_lot::Mutex;

/// So long after somebody has asked it is still counted.
const PATIENCE: Duration = Duration::from_secs(30);

/// Over less time nothing is told.
const SHORTEST: Duration = Duration::from_secs(1);

/// What a node was given.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Rate {
    /// Requests a second.
    pub(super) rps: f64,
    /// No longer than this took 99 of 100, in milliseconds; `None`: there were none.
    pub(super) p99_ms: Option<f64>,
}

/// What the nodes were given between the last two times that somebody asked.
#[derive(Default)]
pub(in crate::admin) struct Rates(Mutex<Option<Counting>>);

struct Counting {
    reading: Reading,
    before: Summed,
    since: Instant,
    asked: Instant,
    told: Option<Arc<Told>>,
}

/// By the upstream's name and the node's address; a node that had no request is not among them.
#[derive(Debug, Default)]
pub(super) struct Told(HashMap<(Box<str>, Box<str>), Rate>);

impl Told {
    /// What a node was given.
    pub(super) fn of(&self, upstream: &str, addr: &str) -> Rate {
        self.0.get(&(upstream.into(), addr.into())).copied().unwrap_or_default()
    }
}

impl Rates {
    /// What nodes were given of late; `None`: it is counted only from now on. It may take a while, so no thread of the runtime
    /// should wait for it.
    pub(super) fn told(self: &Arc<Self>, shared: &Arc<Shared>) -> Option<Arc<Told>> {
        let now = Instant::now();
        let mut counting = self.0.lock();
        if let Some(counting) = &mut *counting {
            counting.asked = now;
            counting.renew(now);
            return counting.told.clone();
        }
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        let reading = Stats::read(shared)?;
        let before = reading.sums_of(Dimension::Node);
        *counting = Some(Counting { reading, before, since: now, asked: now, told: None });
        drop(counting);
        runtime.spawn(Arc::clone(self).forget());
        None
    }

    /// Ends the counting when nobody has asked for long.
    async fn forget(self: Arc<Self>) {
        loop {
            tokio::time::sleep(PATIENCE / 2).await;
            let mut counting = self.0.lock();
            if counting.take_if(|counting| counting.asked.elapsed() >= PATIENCE).is_some() || counting.is_none() {
                return;
            }
        }
    }
}

impl Counting {
    fn renew(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        if passed < SHORTEST {
            return;
        }
        let sums = self.reading.sums_of(Dimension::Node);
        let mut told = Told::default();
        for (key, sums) in &sums {
            let since = match self.before.get(key) {
                Some(before) => sums.since(before),
                None => sums.clone(),
            };
            let (_, addr, upstream) = key;
            // Exact up to 2^53.
            #[allow(clippy::cast_precision_loss)]
            let rps = since.requests() as f64 / passed.as_secs_f64();
            let rate = Rate { rps, p99_ms: since.took.quantile_ms(0.99) };
            told.0.insert((upstream.clone().unwrap_or_default(), addr.clone()), rate);
        }
        (self.before, self.since, self.told) = (sums, now, Some(Arc::new(told)));
    }
}
