//! Queues of entries (log lines, spans) that leave in batches, sent by the background thread.
//!
//! Whoever hands an entry over never waits and takes no lock: it goes into a bounded channel. Behind it a task of the
//! [`Background`] gathers, sends, tries again, and drops the oldest where a sink is too slow ([`Settings::max_pending`]). A queue
//! is found by its key, so that a change of the configuration that leaves its own settings alone leaves it as it is; one that
//! nobody holds any more sends what it has, and ends.

mod run;

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::{mpsc, watch};

use self::run::Run;
use crate::background::Background;

/// Entries that may wait to be looked at by the task, a queue; beyond, new ones are dropped.
const CHANNEL: usize = 4096;

/// Bytes of entries that wait, a queue: beyond, the oldest are dropped, and beyond twice as much new ones.
const MOST_BYTES: usize = 32 << 20;

/// Something that waits to be sent.
pub trait Entry: Send + Sync + 'static {
    /// About how many bytes it takes in memory.
    fn size(&self) -> usize;
}

impl Entry for Vec<u8> {
    fn size(&self) -> usize {
        self.len() + size_of::<Self>()
    }
}

/// Sends batches.
pub trait Deliver<E>: Send + Sync + 'static {
    /// Sends these entries, oldest first. It ends by itself, whatever the sink does.
    fn deliver<'a>(&'a self, batch: &'a [E]) -> Delivering<'a>;
}

/// A batch that is being sent.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send + 'a>>;

/// A batch was not sent, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Why, for the log.
    pub reason: String,
    /// So many entries from the front did arrive: they are not sent again.
    pub sent: usize,
}

impl Undelivered {
    /// Nothing of it arrived.
    pub fn new(reason: impl Into<String>) -> Undelivered {
        Undelivered { reason: reason.into(), sent: 0 }
    }
}

/// When a queue sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What its operator calls it, in logs and metrics.
    pub name: String,
    /// A batch is sent when it has so many entries …
    pub batch_max_size: usize,
    /// … or nothing has come for so long …
    pub inactive_timeout: Duration,
    /// … or its first entry is so old.
    pub buffer_duration: Duration,
    /// How often a batch that was not delivered is sent again before it is dropped.
    pub max_retry_count: u32,
    /// The pause before each of these.
    pub retry_delay: Duration,
    /// Entries that may wait, those being sent included: beyond, the oldest are dropped. [`Queue::bound`] changes it.
    pub max_pending: usize,
}

/// Whose queue it is, in metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owner {
    /// The plugin.
    pub plugin: &'static str,
    /// The route (or other object) that holds it.
    pub route: String,
}

/// The handing-over side of a queue. It ends when the last one who holds it is gone.
pub struct Queue<E> {
    sender: mpsc::Sender<E>,
    shared: Arc<Shared>,
}

impl<E: Entry> Queue<E> {
    /// Hands an entry over. `false`: it was dropped, and counted.
    pub fn push(&self, entry: E) -> bool {
        let size = entry.size();
        let held = self.shared.bytes.fetch_add(size, Ordering::Relaxed);
        if held < 2 * MOST_BYTES && self.sender.try_send(entry).is_ok() {
            return true;
        }
        self.shared.bytes.fetch_sub(size, Ordering::Relaxed);
        self.shared.dropped(1);
        false
    }

    /// Sets how many entries may wait.
    pub fn bound(&self, max_pending: usize) {
        let bound = &self.shared.max_pending;
        if bound.load(Ordering::Relaxed) != max_pending {
            bound.store(max_pending, Ordering::Relaxed);
        }
    }

    /// Remembers which of this machine's addresses the first entry came in by, for metrics.
    pub fn served_at(&self, address: impl FnOnce() -> String) {
        self.shared.server_addr.get_or_init(address);
    }
}

/// The queues of a process.
#[derive(Default)]
pub struct Queues {
    open: Mutex<HashMap<String, Weak<dyn Any + Send + Sync>>>,
    living: Mutex<Vec<Weak<Shared>>>,
    totals: Mutex<BTreeMap<&'static str, Arc<Totals>>>,
    running: Arc<Running>,
}

impl Queues {
    /// The queue of this key; made, with its task on `background`, where there is none. `None` where the system refuses the
    /// thread for it. Two queues of one key have entries of one type.
    pub fn open<E: Entry>(
        &self,
        background: &Background,
        key: &str,
        owner: Owner,
        settings: Settings,
        deliver: impl Deliver<E>,
    ) -> Option<Arc<Queue<E>>> {
        let mut open = self.open.lock();
        let there = open.get(key).and_then(Weak::upgrade).and_then(|queue| queue.downcast::<Queue<E>>().ok());
        if there.is_some() {
            return there;
        }
        open.retain(|_, queue| queue.strong_count() > 0);
        let totals = Arc::clone(self.totals.lock().entry(owner.plugin).or_default());
        let shared = Arc::new(Shared {
            owner,
            name: settings.name.clone(),
            server_addr: OnceLock::new(),
            pending: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            max_pending: AtomicUsize::new(settings.max_pending),
            totals,
            complained: Mutex::default(),
        });
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let run = Run::new(receiver, Arc::clone(&shared), deliver, settings, self.running.begin());
        if !background.spawn(run.forever()) {
            return None;
        }
        let mut living = self.living.lock();
        living.retain(|shared| shared.strong_count() > 0);
        living.push(Arc::downgrade(&shared));
        drop(living);
        let queue = Arc::new(Queue { sender, shared });
        let any: Arc<dyn Any + Send + Sync> = Arc::clone(&queue) as _;
        open.insert(key.to_owned(), Arc::downgrade(&any));
        Some(queue)
    }

    /// Sends what waits in all queues, and waits for that, so long at most. Nothing that comes later is taken. `false`: some of
    /// it is lost, for its sink did not take it in time.
    pub fn finish(&self, within: Duration) -> bool {
        self.running.closing.send_replace(true);
        let until = Instant::now() + within;
        let mut count = self.running.count.lock();
        while *count > 0 {
            if self.running.ended.wait_until(&mut count, until).timed_out() {
                return *count == 0;
            }
        }
        true
    }

    /// The queues that have something to do or somebody who holds them.
    pub fn waiting(&self) -> Vec<Waiting> {
        let living: Vec<Arc<Shared>> = self.living.lock().iter().filter_map(Weak::upgrade).collect();
        let mut all: Vec<Waiting> = living
            .iter()
            .map(|shared| Waiting {
                name: shared.name.clone(),
                owner: shared.owner.clone(),
                server_addr: shared.server_addr.get().cloned().unwrap_or_default(),
                entries: shared.pending.load(Ordering::Relaxed),
            })
            .collect();
        all.sort_by(|a, b| (&a.name, &a.owner.route).cmp(&(&b.name, &b.owner.route)));
        all
    }

    /// What became of the entries so far, by plugin.
    pub fn totals(&self) -> Vec<(&'static str, Counted)> {
        self.totals.lock().iter().map(|(plugin, totals)| (*plugin, totals.read())).collect()
    }
}

/// How much waits in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// [`Settings::name`].
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
    /// This machine's address that the first entry came in by; empty before.
    pub server_addr: String,
    /// Entries that wait or are being sent.
    pub entries: usize,
}

/// What became of entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Taken.
    pub queued: u64,
    /// Delivered.
    pub sent: u64,
    /// Dropped because too many waited.
    pub dropped: u64,
    /// Given up, after all retries.
    pub failed: u64,
}

#[derive(Default)]
struct Totals {
    queued: AtomicU64,
    sent: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Totals {
    fn read(&self) -> Counted {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            queued: load(&self.queued),
            sent: load(&self.sent),
            dropped: load(&self.dropped),
            failed: load(&self.failed),
        }
    }
}

/// What a queue's sides and its observers share.
struct Shared {
    owner: Owner,
    name: String,
    server_addr: OnceLock<String>,
    pending: AtomicUsize,
    bytes: AtomicUsize,
    max_pending: AtomicUsize,
    totals: Arc<Totals>,
    complained: Mutex<Option<Instant>>,
}

impl Shared {
    fn dropped(&self, entries: u64) {
        self.totals.dropped.fetch_add(entries, Ordering::Relaxed);
        if self.may_complain() {
            tracing::error!(
                logger = %self.name,
                plugin = self.owner.plugin,
                "max pending entries limit exceeded: entries are dropped, for their sink takes them too slowly"
            );
        }
    }

    /// Once a second and queue.
    fn may_complain(&self) -> bool {
        let Some(mut last) = self.complained.try_lock() else { return false };
        let due = last.is_none_or(|at| at.elapsed() >= Duration::from_secs(1));
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

/// How many tasks there are.
struct Running {
    count: Mutex<usize>,
    ended: Condvar,
    closing: watch::Sender<bool>,
}

impl Default for Running {
    fn default() -> Self {
        Running { count: Mutex::default(), ended: Condvar::default(), closing: watch::Sender::new(false) }
    }
}

impl Running {
    fn begin(self: &Arc<Self>) -> Presence {
        *self.count.lock() += 1;
        Presence(Arc::clone(self))
    }
}

/// A task is there.
struct Presence(Arc<Running>);

impl Drop for Presence {
    fn drop(&mut self) {
        *self.0.count.lock() -= 1;
        self.0.ended.notify_all();
    }
}

#[cfg(test)]
mod tests;
