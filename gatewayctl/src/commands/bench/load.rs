//! The load: threads with a runtime each, connections on them that send one request after another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::histogram::Histogram;
use crate::call::send::Sender;
use crate::error::{Error, Result};

/// What is done.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) connections: usize,
    /// Of each sender, how many connections.
    pub(super) per_sender: usize,
    pub(super) duration: Duration,
    pub(super) requests: Option<u64>,
    /// Requests a second.
    pub(super) rate: Option<u32>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    pub(super) times: Histogram,
    pub(super) statuses: BTreeMap<u16, u64>,
    /// What went wrong, and how often.
    pub(super) errors: BTreeMap<String, u64>,
    /// Bytes of bodies that came.
    pub(super) bytes: u64,
    pub(super) took: Duration,
}

/// Different texts of errors that are told apart.
const ERRORS: usize = 10;

impl Measured {
    /// How many requests had an answer.
    pub(super) fn answered(&self) -> u64 {
        self.times.total()
    }

    pub(super) fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    fn error(&mut self, text: &str, count: u64) {
        let known = self.errors.len() < ERRORS || self.errors.contains_key(text);
        *self.errors.entry(if known { text.to_owned() } else { "others".to_owned() }).or_default() += count;
    }

    fn merge(&mut self, other: &Measured) {
        self.times.merge(&other.times);
        other.statuses.iter().for_each(|(status, count)| *self.statuses.entry(*status).or_default() += count);
        other.errors.iter().for_each(|(text, count)| self.error(text, *count));
        self.bytes += other.bytes;
    }
}

/// What all connections share.
struct Shared {
    stop: AtomicBool,
    /// Requests that were begun.
    begun: AtomicU64,
    start: Instant,
    plan: Plan,
}

/// Loads until it is over, or interrupted, which the second part says.
///
/// # Errors
/// Usage: threads cannot be started.
pub(super) async fn run(senders: Vec<Sender>, plan: &Plan) -> Result<(Measured, bool)> {
    let shared = Arc::new(Shared {
        stop: AtomicBool::new(false),
        begun: AtomicU64::new(0),
        start: Instant::now(),
        plan: plan.clone(),
    });
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(senders.len()).max(1);
    let mut groups: Vec<Vec<Sender>> = vec![Vec::new(); threads];
    let mut left = plan.connections;
    for (i, sender) in senders.into_iter().enumerate() {
        let own = left.min(plan.per_sender);
        left -= own;
        if let Some(group) = groups.get_mut(i % threads) {
            group.extend(std::iter::repeat_n(sender, own));
        }
    }
    let cannot = |error: std::io::Error| Error::usage(format!("cannot start a thread: {error}"));
    let mut running = Vec::new();
    for group in groups {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
        let shared = Arc::clone(&shared);
        let thread = std::thread::Builder::new().spawn(move || runtime.block_on(on_thread(group, shared)));
        running.push(thread.map_err(cannot)?);
    }
    let interrupted = tokio::select! {
        () = over(&running, &shared) => false,
        () = crate::signals::interrupted() => true,
    };
    shared.stop.store(true, Ordering::Relaxed);
    let mut all = Measured::default();
    for thread in running {
        if let Ok(measured) = thread.join() {
            all.merge(&measured);
        }
    }
    all.took = shared.start.elapsed();
    Ok((all, interrupted))
}

async fn over<T>(running: &[std::thread::JoinHandle<T>], shared: &Shared) {
    while shared.start.elapsed() < shared.plan.duration && !running.iter().all(|thread| thread.is_finished()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn on_thread(group: Vec<Sender>, shared: Arc<Shared>) -> Measured {
    let tasks: Vec<_> = group.into_iter().map(|sender| tokio::spawn(connection(sender, Arc::clone(&shared)))).collect();
    let mut all = Measured::default();
    for task in tasks {
        if let Ok(measured) = task.await {
            all.merge(&measured);
        }
    }
    all
}

async fn connection(sender: Sender, shared: Arc<Shared>) -> Measured {
    let mut measured = Measured::default();
    loop {
        let number = shared.begun.fetch_add(1, Ordering::Relaxed);
        if shared.plan.requests.is_some_and(|most| number >= most) || shared.stop.load(Ordering::Relaxed) {
            return measured;
        }
        let due = match shared.plan.rate {
            Some(rate) => {
                let wait = nanos(number, rate);
                if wait >= shared.plan.duration {
                    return measured;
                }
                let due = shared.start + wait;
                tokio::time::sleep_until(due.into()).await;
                due
            }
            None => Instant::now(),
        };
        if shared.start.elapsed() >= shared.plan.duration {
            return measured;
        }
        match sender.send().await {
            Ok(sent) => {
                measured.times.add(due.elapsed());
                *measured.statuses.entry(sent.status).or_default() += 1;
                measured.bytes += u64::try_from(sent.body.len()).unwrap_or_default();
            }
            Err(error) => {
                measured.error(error.message(), 1);
                // Whoever refuses connections is not asked as fast as a loop can.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// When the request of a number is due.
fn nanos(number: u64, rate: u32) -> Duration {
    let nanos = u128::from(number) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
