//! Files that grow by records: a thread writes what others hand over without waiting.
//!
//! Each sender has a lane of its own: a buffer behind a lock that nobody else wants, except the thread for the moment in which
//! it takes the full buffer and leaves an empty one. While records keep coming the thread looks every [`PAUSE`]; when none
//! have come it sleeps until the next one wakes it. So a busy worker makes no system call for its log, and a single record is
//! written at once.

mod sink;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use self::sink::Sink;
pub use self::sink::{LogError, Place};

/// How long the thread gathers records before it writes them.
const PAUSE: Duration = Duration::from_millis(100);
/// So many waiting bytes end the pause.
const WAKE_BYTES: usize = 64 << 10;
/// Most bytes that wait in one lane, however few records they are.
const LANE_BYTES: usize = 8 << 20;
/// A buffer that grew beyond this is given back to the system.
const KEEP_BYTES: usize = 1 << 20;
/// Pause after a failed write before the file is opened again.
const RETRY: Duration = Duration::from_secs(1);

/// What became of the records so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Written.
    pub written: u64,
    /// Dropped because too many waited.
    pub dropped: u64,
    /// Lost because the sink failed.
    pub lost: u64,
    /// Failed writes and openings.
    pub errors: u64,
}

/// The thread and what it shares with its senders.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    /// Records a lane holds.
    lane_records: usize,
}

#[derive(Debug)]
struct Shared {
    log: &'static str,
    lanes: Mutex<Vec<Arc<Lane>>>,
    /// Nothing has come for a while: the next record wakes the thread.
    asleep: AtomicBool,
    orders: Mutex<Orders>,
    ordered: AtomicBool,
    done: Condvar,
    thread: Mutex<Option<Thread>>,
    written: AtomicU64,
    dropped: AtomicU64,
    lost: AtomicU64,
    errors: AtomicU64,
}

/// What the thread is told between two writes.
#[derive(Debug, Default)]
struct Orders {
    reopen: bool,
    retarget: Option<Sink>,
    stop: bool,
    /// Flushes asked for, and done.
    flush: (u64, u64),
    ended: bool,
}

impl Writer {
    /// Opens `place` and starts the thread. `records` may wait, over `lanes` senders.
    ///
    /// # Errors
    /// The file cannot be opened, or the system refuses the thread.
    pub fn start(log: &'static str, place: Place, records: usize, lanes: usize) -> Result<Writer, LogError> {
        let failed = |source| LogError { log, path: place.path().to_path_buf(), source };
        let sink = Sink::open(place.clone()).map_err(failed)?;
        Writer::run(log, sink, records, lanes)
    }

    /// The same without a look at the file before there is a record: one that cannot be opened costs its records, and is opened
    /// again and again. No folder is made for it.
    ///
    /// # Errors
    /// The system refuses the thread.
    pub fn later(log: &'static str, place: Place, records: usize, lanes: usize) -> Result<Writer, LogError> {
        Writer::run(log, Sink::later(place), records, lanes)
    }

    fn run(log: &'static str, sink: Sink, records: usize, lanes: usize) -> Result<Writer, LogError> {
        let path = sink.place().path().to_path_buf();
        let failed = |source| LogError { log, path, source };
        let shared = Arc::new(Shared {
            log,
            lanes: Mutex::default(),
            asleep: AtomicBool::new(false),
            orders: Mutex::default(),
            ordered: AtomicBool::new(false),
            done: Condvar::new(),
            thread: Mutex::default(),
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        });
        let run = Run { shared: Arc::clone(&shared), sink, spare: Lines::default(), failing: false, retry: None };
        let thread = thread::Builder::new().name(log.replace(' ', "-")).spawn(|| run.forever()).map_err(failed)?;
        *shared.thread.lock() = Some(thread.thread().clone());
        Ok(Writer { shared, lane_records: (records / lanes.max(1)).max(1) })
    }

    /// A new lane.
    pub fn sender(&self) -> Sender {
        Sender::new(Arc::clone(&self.shared), self.lane_records)
    }

    /// Opens the file again, after it has been moved away. Records that came before go to the old file; a [`Writer::flush`]
    /// after this returns when the new one is open.
    pub fn reopen(&self) {
        self.order(|orders| orders.reopen = true);
    }

    /// Goes on at another place.
    ///
    /// # Errors
    /// It cannot be opened; the old one stays.
    pub fn retarget(&self, place: Place) -> Result<(), LogError> {
        let failed = |source| LogError { log: self.shared.log, path: place.path().to_path_buf(), source };
        let sink = Sink::open(place.clone()).map_err(failed)?;
        self.order(|orders| orders.retarget = Some(sink));
        Ok(())
    }

    /// Waits until everything handed over before has been written or lost; `false` after `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        let mut wanted = 0;
        self.order(|orders| {
            orders.flush.0 += 1;
            wanted = orders.flush.0;
        });
        self.wait(timeout, |orders| orders.flush.1 >= wanted || orders.ended)
    }

    /// Writes what waits and ends the thread; `false` after `timeout`.
    pub fn close(&self, timeout: Duration) -> bool {
        self.order(|orders| orders.stop = true);
        self.wait(timeout, |orders| orders.ended)
    }

    /// What became of the records.
    pub fn counters(&self) -> Counters {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let shared = &self.shared;
        Counters {
            written: load(&shared.written),
            dropped: load(&shared.dropped),
            lost: load(&shared.lost),
            errors: load(&shared.errors),
        }
    }

    fn order(&self, give: impl FnOnce(&mut Orders)) {
        give(&mut self.shared.orders.lock());
        self.shared.ordered.store(true, Ordering::Release);
        self.shared.wake();
    }

    fn wait(&self, timeout: Duration, done: impl Fn(&Orders) -> bool) -> bool {
        let deadline = Instant::now() + timeout;
        let mut orders = self.shared.orders.lock();
        while !done(&orders) {
            if self.shared.done.wait_until(&mut orders, deadline).timed_out() {
                return done(&orders);
            }
        }
        true
    }
}

impl Drop for Writer {
    /// The thread writes what waits and ends, whenever that is: nobody waits for it here.
    fn drop(&mut self) {
        self.order(|orders| orders.stop = true);
    }
}

impl Shared {
    fn wake(&self) {
        if let Some(thread) = &*self.thread.lock() {
            thread.unpark();
        }
    }
}

/// Hands records over. A clone has a lane of its own.
#[derive(Debug)]
pub struct Sender {
    shared: Arc<Shared>,
    lane: Arc<Lane>,
    capacity: usize,
}

impl Sender {
    fn new(shared: Arc<Shared>, capacity: usize) -> Sender {
        let lane = Arc::new(Lane::default());
        shared.lanes.lock().push(Arc::clone(&lane));
        Sender { shared, lane, capacity }
    }

    /// Adds one record: what `render` appends to the buffer.
    pub fn record(&self, render: impl FnOnce(&mut Vec<u8>)) {
        let mut lines = self.lane.lines.lock();
        let before = lines.bytes.len();
        render(&mut lines.bytes);
        let length = lines.bytes.len().saturating_sub(before);
        lines.lengths.push_back(length);
        let dropped = lines.bound(self.capacity);
        let waiting = lines.bytes.len() - lines.start;
        drop(lines);
        if dropped > 0 {
            self.shared.dropped.fetch_add(dropped, Ordering::Relaxed);
        }
        let full = waiting >= WAKE_BYTES && waiting - length < WAKE_BYTES;
        // Relaxed is enough: whoever set the flag looked into this lane afterwards, so the lane's lock orders the two.
        let asleep = self.shared.asleep.load(Ordering::Relaxed) && self.shared.asleep.swap(false, Ordering::Relaxed);
        if full || asleep {
            self.shared.wake();
        }
    }
}

impl Clone for Sender {
    fn clone(&self) -> Sender {
        Sender::new(Arc::clone(&self.shared), self.capacity)
    }
}

#[derive(Debug, Default)]
struct Lane {
    lines: Mutex<Lines>,
}

/// Records that wait: the oldest begins at `start`.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    lengths: VecDeque<usize>,
    start: usize,
}

impl Lines {
    /// Drops the oldest records until at most `records` wait; how many went.
    fn bound(&mut self, records: usize) -> u64 {
        let mut dropped = 0;
        while self.lengths.len() > records || (self.bytes.len() - self.start > LANE_BYTES && self.lengths.len() > 1) {
            self.start += self.lengths.pop_front().unwrap_or(0);
            dropped += 1;
        }
        // Moving what is left costs at most what was dropped since the last time.
        if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        dropped
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEEP_BYTES);
        self.lengths.clear();
        self.start = 0;
    }
}

/// The thread's own.
struct Run {
    shared: Arc<Shared>,
    sink: Sink,
    /// The empty buffer that is left for a full one.
    spare: Lines,
    failing: bool,
    retry: Option<Instant>,
}

impl Run {
    fn forever(mut self) {
        loop {
            let orders = self.take_orders();
            let busy = self.round();
            let stop = orders.is_some_and(|(stop, flush)| {
                let mut orders = self.shared.orders.lock();
                orders.flush.1 = flush;
                orders.ended = stop;
                self.shared.done.notify_all();
                stop
            });
            if stop {
                return;
            }
            if busy {
                thread::park_timeout(PAUSE);
            } else {
                self.sleep();
            }
        }
    }

    /// Does what was ordered, as far as it comes before the next write; whether to stop after it, and the flush it fulfils.
    fn take_orders(&mut self) -> Option<(bool, u64)> {
        if !self.shared.ordered.swap(false, Ordering::AcqRel) {
            return None;
        }
        let (reopen, retarget, stop, flush) = {
            let mut orders = self.shared.orders.lock();
            (std::mem::take(&mut orders.reopen), orders.retarget.take(), orders.stop, orders.flush.0)
        };
        if retarget.is_some() || reopen {
            // What was recorded before belongs to the old file.
            self.round();
        }
        if let Some(sink) = retarget {
            self.sink = sink;
            self.retry = None;
        }
        if reopen {
            match self.sink.reopen() {
                Ok(()) => self.retry = None,
                Err(error) => self.failed(&error, 0),
            }
        }
        Some((stop, flush))
    }

    /// Writes what waits in every lane; whether anything did.
    fn round(&mut self) -> bool {
        let lanes: Vec<Arc<Lane>> = {
            let mut lanes = self.shared.lanes.lock();
            // A lane whose sender is gone stays until it is empty.
            lanes.retain(|lane| Arc::strong_count(lane) > 1 || !lane.lines.lock().lengths.is_empty());
            lanes.clone()
        };
        let mut busy = false;
        for lane in lanes {
            std::mem::swap(&mut *lane.lines.lock(), &mut self.spare);
            if !self.spare.lengths.is_empty() {
                busy = true;
                self.write();
            }
            self.spare.clear();
        }
        busy
    }

    fn write(&mut self) {
        let records = self.spare.lengths.len() as u64;
        if self.retry.is_some_and(|at| Instant::now() < at) {
            self.shared.lost.fetch_add(records, Ordering::Relaxed);
            return;
        }
        // start ≤ bytes.len(): it is a sum of lengths of records in `bytes`.
        let bytes = self.spare.bytes.get(self.spare.start..).unwrap_or_default();
        match self.sink.write(bytes) {
            Ok(()) => {
                self.retry = None;
                if std::mem::take(&mut self.failing) {
                    self.tell("works again", None);
                }
                self.shared.written.fetch_add(records, Ordering::Relaxed);
            }
            Err(error) => self.failed(&error, records),
        }
    }

    fn failed(&mut self, error: &io::Error, records: u64) {
        self.shared.errors.fetch_add(1, Ordering::Relaxed);
        self.shared.lost.fetch_add(records, Ordering::Relaxed);
        self.retry = Some(Instant::now() + RETRY);
        if !std::mem::replace(&mut self.failing, true) {
            self.tell("fails, its records are lost until it works again", Some(error));
        }
    }

    /// Once when it begins to fail and once when it works again. The error log cannot tell about itself, so it tells stderr.
    fn tell(&self, what: &str, error: Option<&io::Error>) {
        let (log, path) = (self.shared.log, self.sink.place().path().display());
        let error = error.map(|e| format!(": {e}")).unwrap_or_default();
        if log == "error log" {
            use std::io::Write as _;
            let _ = writeln!(io::stderr(), "gateway: the {log} {path} {what}{error}");
        } else {
            tracing::warn!("the {log} {path} {what}{error}");
        }
    }

    /// Until the next record or order.
    fn sleep(&self) {
        self.shared.asleep.store(true, Ordering::Relaxed);
        let lanes = self.shared.lanes.lock();
        let quiet = lanes.iter().all(|lane| lane.lines.lock().lengths.is_empty());
        drop(lanes);
        if quiet && !self.shared.ordered.load(Ordering::Acquire) {
            thread::park();
        }
        self.shared.asleep.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    fn writer(path: &Path, records: usize, lanes: usize) -> Writer {
        Writer::start("access log", Place::File(path.to_path_buf()), records, lanes).unwrap()
    }

    fn line(sender: &Sender, text: &str) {
        sender.record(|out| out.extend_from_slice(format!("{text}\n").as_bytes()));
    }

    #[test]
    fn records_of_all_lanes_arrive_whole_and_in_order() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("logs/access.log");
        let writer = writer(&path, 1_000_000, 4);
        thread::scope(|scope| {
            for lane in 0..4 {
                let sender = writer.sender();
                scope.spawn(move || (0..5000).for_each(|i| line(&sender, &format!("{lane} {i}"))));
            }
        });
        assert!(writer.close(LONG));
        let text = fs::read_to_string(&path).unwrap();
        for lane in 0..4 {
            let prefix = format!("{lane} ");
            let numbers: Vec<usize> = text.lines().filter_map(|l| l.strip_prefix(&prefix)?.parse().ok()).collect();
            assert!(numbers.iter().copied().eq(0..5000), "lane {lane}: {} records", numbers.len());
        }
        assert_eq!(writer.counters(), Counters { written: 20_000, ..Counters::default() });
    }

    #[test]
    fn a_single_record_needs_no_flush() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a.log");
        let writer = writer(&path, 100, 1);
        let sender = writer.sender();
        line(&sender, "hello");
        while fs::read_to_string(&path).unwrap() != "hello\n" {
            thread::yield_now();
        }
    }

    #[test]
    fn a_moved_file_is_made_anew() {
        let temp = tempfile::tempdir().unwrap();
        let (path, old) = (temp.path().join("a.log"), temp.path().join("a.log.1"));
        let writer = writer(&path, 100, 1);
        let sender = writer.sender();
        line(&sender, "one");
        assert!(writer.flush(LONG));
        fs::rename(&path, &old).unwrap();
        line(&sender, "two");
        writer.reopen();
        assert!(writer.flush(LONG));
        line(&sender, "three");
        assert!(writer.flush(LONG));
        assert_eq!(fs::read_to_string(&old).unwrap(), "one\ntwo\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
        let other = temp.path().join("b.log");
        writer.retarget(Place::File(other.clone())).unwrap();
        assert!(writer.flush(LONG));
        line(&sender, "four");
        assert!(writer.close(LONG));
        assert_eq!(fs::read_to_string(&other).unwrap(), "four\n");
    }

    #[test]
    fn a_sink_that_hangs_costs_the_oldest_records_and_nobody_waits() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        // Nobody reads: the thread hangs in its first open.
        let writer = writer(&path, 10, 1);
        let sender = writer.sender();
        line(&sender, "first");
        assert!(!writer.flush(Duration::ZERO));
        for i in 0..10_000 {
            line(&sender, &i.to_string());
        }
        let dropped = writer.counters().dropped;
        // The thread may or may not have taken the first record (and some after it) into its hands.
        assert!((9_900..=9_991).contains(&dropped), "{dropped}");
        let read = thread::spawn(move || fs::read_to_string(path).unwrap());
        assert!(writer.close(LONG));
        drop(writer);
        let text = read.join().unwrap();
        assert!(text.ends_with("9998\n9999\n"), "{text}");
    }

    #[test]
    fn a_full_disk_is_counted() {
        let writer = writer(Path::new("/dev/full"), 100, 1);
        let sender = writer.sender();
        line(&sender, "one");
        assert!(writer.flush(LONG));
        line(&sender, "two");
        assert!(writer.flush(LONG));
        let counters = writer.counters();
        assert_eq!((counters.written, counters.lost), (0, 2));
        assert!(counters.errors >= 1);
    }

    #[test]
    fn a_path_that_cannot_be_opened_is_told_at_start() {
        let temp = tempfile::tempdir().unwrap();
        fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(temp.path().join("file"))
            .unwrap();
        let path = temp.path().join("file/access.log");
        let error = Writer::start("access log", Place::File(path), 10, 1).unwrap_err();
        assert!(error.to_string().starts_with("the access log /"), "{error}");
    }

    #[test]
    fn huge_records_are_bounded_by_bytes() {
        let mut lines = Lines::default();
        let mut dropped = 0;
        for _ in 0..20 {
            lines.bytes.extend_from_slice(&vec![b'x'; 1 << 20]);
            lines.lengths.push_back(1 << 20);
            dropped += lines.bound(1000);
        }
        assert_eq!(dropped, 12);
        assert!(lines.bytes.len() <= 17 << 20);
        lines.clear();
        assert!(lines.bytes.capacity() <= KEEP_BYTES);
    }
}
