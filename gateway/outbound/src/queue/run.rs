//! The task of a queue.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Deliver, Entry, MOST_BYTES, Presence, Settings, Shared};

/// How long entries are gathered after some have come: whoever hands over has no sleeping task to wake meanwhile.
const GATHER: Duration = Duration::from_millis(5);

/// Entries taken at once.
const TAKE: usize = 1024;

/// Batches of a queue that are sent at the same time.
const AT_ONCE: usize = 4;

/// A queue at work.
pub(super) struct Run<E, D> {
    receiver: mpsc::Receiver<E>,
    shared: Arc<Shared>,
    deliver: Arc<D>,
    settings: Arc<Settings>,
    closing: watch::Receiver<bool>,
    waiting: VecDeque<E>,
    /// Batches being sent, and how many entries they have.
    in_flight: JoinSet<usize>,
    sending: usize,
    /// When the oldest that waits came, and when anything came last.
    first: Instant,
    last: Instant,
    /// Somebody may still hand something over.
    open: bool,
    /// The process ends.
    closed: bool,
    _presence: Presence,
}

impl<E: Entry, D: Deliver<E>> Run<E, D> {
    pub(super) fn new(
        receiver: mpsc::Receiver<E>,
        shared: Arc<Shared>,
        deliver: D,
        settings: Settings,
        presence: Presence,
    ) -> Self {
        let closing = presence.0.closing.subscribe();
        let now = Instant::now();
        Run {
            receiver,
            shared,
            deliver: Arc::new(deliver),
            settings: Arc::new(settings),
            closing,
            waiting: VecDeque::new(),
            in_flight: JoinSet::new(),
            sending: 0,
            first: now,
            last: now,
            open: true,
            closed: false,
            _presence: presence,
        }
    }

    /// Until nobody holds the queue, or the process ends, and everything is sent.
    pub(super) async fn forever(mut self) {
        let mut taken = Vec::new();
        let mut pause: Option<Instant> = None;
        if *self.closing.borrow_and_update() {
            self.close();
        }
        loop {
            self.send_what_is_due();
            if !self.open && self.waiting.is_empty() && self.in_flight.is_empty() {
                return;
            }
            let due = self.due();
            tokio::select! {
                biased;
                changed = self.closing.changed(), if !self.closed => {
                    // Fails only where the process's queues are gone themselves.
                    let _ = changed;
                    self.close();
                    pause = None;
                }
                Some(ended) = self.in_flight.join_next(), if !self.in_flight.is_empty() => {
                    // What a panic interrupted has counted itself out; how many there were is not known any more.
                    self.sending = match ended {
                        Ok(entries) => self.sending.saturating_sub(entries),
                        Err(_) if self.in_flight.is_empty() => 0,
                        Err(_) => self.sending,
                    };
                }
                () = sleep_until(pause.unwrap_or(self.last)), if pause.is_some() => pause = None,
                () = sleep_until(due.unwrap_or(self.last)), if due.is_some() => {}
                count = self.receiver.recv_many(&mut taken, TAKE), if self.open && pause.is_none() => {
                    self.open = count > 0;
                    if count < TAKE && !self.closed {
                        pause = Some(Instant::now() + GATHER);
                    }
                    self.take(&mut taken);
                }
            }
        }
    }

    /// Nothing that comes from now on is taken; what is there is sent at once.
    fn close(&mut self) {
        self.closed = true;
        self.receiver.close();
    }

    fn take(&mut self, taken: &mut Vec<E>) {
        if taken.is_empty() {
            return;
        }
        let now = Instant::now();
        self.last = now;
        if self.waiting.is_empty() {
            self.first = now;
        }
        self.shared.totals.queued.fetch_add(taken.len() as u64, Ordering::Relaxed);
        self.waiting.extend(taken.drain(..));
        self.send_what_is_due();
        let most = self.shared.max_pending.load(Ordering::Relaxed).max(1);
        let mut dropped = 0;
        while self.waiting.len() + self.sending > most || self.shared.bytes.load(Ordering::Relaxed) > MOST_BYTES {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.shared.bytes.fetch_sub(oldest.size(), Ordering::Relaxed);
            dropped += 1;
        }
        if dropped > 0 {
            self.shared.dropped(dropped);
        }
        self.tell();
    }

    /// When the next batch has to go though it is not full; `None`: there is none, or no room to send it in.
    fn due(&self) -> Option<Instant> {
        if self.waiting.is_empty() || self.in_flight.len() >= AT_ONCE {
            return None;
        }
        Some((self.last + self.settings.inactive_timeout).min(self.first + self.settings.buffer_duration))
    }

    fn send_what_is_due(&mut self) {
        let size = self.settings.batch_max_size.max(1);
        let now = Instant::now();
        let last_words = self.closed || !self.open;
        while !self.waiting.is_empty() && self.in_flight.len() < AT_ONCE {
            if self.waiting.len() < size && !last_words && self.due().is_some_and(|due| due > now) {
                break;
            }
            let batch: Vec<E> = self.waiting.drain(..size.min(self.waiting.len())).collect();
            self.sending += batch.len();
            self.first = now;
            let held = Held { bytes: batch.iter().map(Entry::size).sum(), shared: Arc::clone(&self.shared) };
            let (deliver, settings) = (Arc::clone(&self.deliver), Arc::clone(&self.settings));
            self.in_flight.spawn(send(deliver, settings, held, self.closing.clone(), batch));
        }
        self.tell();
    }

    fn tell(&self) {
        self.shared.pending.store(self.waiting.len() + self.sending, Ordering::Relaxed);
    }
}

/// The memory of a batch, until it is sent or given up.
struct Held {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shared.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Sends a batch, again where it has to; gives how many entries it had.
async fn send<E: Entry, D: Deliver<E>>(
    deliver: Arc<D>,
    settings: Arc<Settings>,
    held: Held,
    mut closing: watch::Receiver<bool>,
    batch: Vec<E>,
) -> usize {
    let shared = &held.shared;
    let mut rest: &[E] = &batch;
    let mut retries = 0;
    loop {
        let undelivered = match deliver.deliver(rest).await {
            Ok(()) => {
                shared.totals.sent.fetch_add(rest.len() as u64, Ordering::Relaxed);
                break;
            }
            Err(undelivered) => undelivered,
        };
        let sent = undelivered.sent.min(rest.len());
        shared.totals.sent.fetch_add(sent as u64, Ordering::Relaxed);
        rest = rest.get(sent..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let reason = undelivered.reason;
        if retries >= settings.max_retry_count {
            shared.totals.failed.fetch_add(rest.len() as u64, Ordering::Relaxed);
            if shared.may_complain() {
                let (name, most, entries) = (&settings.name, settings.max_retry_count, rest.len());
                tracing::error!(
                    entries,
                    "Batch Processor[{name}] exceeded the max_retry_count[{most}] dropping the entries: {reason}"
                );
            }
            break;
        }
        retries += 1;
        tracing::debug!(logger = %settings.name, retries, %reason, "a batch is sent again");
        let last_words = *closing.borrow();
        if !last_words {
            tokio::select! {
                () = sleep(settings.retry_delay) => {}
                _ = closing.changed() => {}
            }
        }
    }
    batch.len()
}
