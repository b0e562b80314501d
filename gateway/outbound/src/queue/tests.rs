use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

const LONG: Duration = Duration::from_secs(30);

/// Tells the test of each batch, and fails as often as it is told to.
struct Sink {
    tell: Mutex<Sender<Vec<Vec<u8>>>>,
    failures: Mutex<Vec<usize>>,
    /// Batches wait here while it is locked.
    gate: Arc<tokio::sync::Mutex<()>>,
}

impl Deliver<Vec<u8>> for Sink {
    fn deliver<'a>(&'a self, batch: &'a [Vec<u8>]) -> Delivering<'a> {
        Box::pin(async move {
            drop(self.gate.lock().await);
            let _ = self.tell.lock().send(batch.to_vec());
            match self.failures.lock().pop() {
                Some(sent) => Err(Undelivered { reason: "the test says so".to_owned(), sent }),
                None => Ok(()),
            }
        })
    }
}

struct World {
    background: Background,
    queues: Queues,
    gate: Arc<tokio::sync::Mutex<()>>,
}

fn settings(batch_max_size: usize) -> Settings {
    Settings {
        name: "test logger".to_owned(),
        batch_max_size,
        inactive_timeout: LONG,
        buffer_duration: LONG,
        max_retry_count: 0,
        retry_delay: Duration::ZERO,
        max_pending: 10_000,
    }
}

fn entries(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

impl World {
    fn new() -> World {
        World { background: Background::default(), queues: Queues::default(), gate: Arc::default() }
    }

    #[allow(clippy::type_complexity)]
    fn open(&self, key: &str, settings: Settings, failures: &[usize]) -> (Arc<Queue<Vec<u8>>>, Receiver<Vec<Vec<u8>>>) {
        let (tell, hear) = channel();
        let failures = Mutex::new(failures.iter().rev().copied().collect());
        let sink = Sink { tell: Mutex::new(tell), failures, gate: Arc::clone(&self.gate) };
        let owner = Owner { plugin: "test", route: "1".to_owned() };
        (self.queues.open(&self.background, key, owner, settings, sink).unwrap(), hear)
    }

    fn counted(&self) -> Counted {
        self.queues.totals()[0].1
    }
}

#[test]
fn a_full_batch_goes_at_once_and_the_rest_with_the_last_words() {
    let world = World::new();
    let (queue, hear) = world.open("a", settings(2), &[]);
    for text in ["1", "2", "3"] {
        assert!(queue.push(text.into()));
    }
    assert_eq!(hear.recv_timeout(LONG).unwrap(), entries(&["1", "2"]));
    assert!(world.queues.finish(LONG));
    assert_eq!(hear.try_recv().unwrap(), entries(&["3"]));
    assert_eq!(world.counted(), Counted { queued: 3, sent: 3, ..Counted::default() });
    assert!(!queue.push("too late".into()));
    assert_eq!(world.counted().dropped, 1);
}

#[test]
fn a_batch_that_is_not_full_goes_when_nothing_more_comes_or_its_first_entry_is_old() {
    let world = World::new();
    let short = Duration::from_millis(20);
    let (queue, hear) = world.open("a", Settings { inactive_timeout: short, ..settings(10) }, &[]);
    queue.push("1".into());
    assert_eq!(hear.recv_timeout(LONG).unwrap(), entries(&["1"]));
    let (queue, hear) = world.open("b", Settings { buffer_duration: short, ..settings(10) }, &[]);
    queue.push("2".into());
    assert_eq!(hear.recv_timeout(LONG).unwrap(), entries(&["2"]));
}

#[test]
fn what_nobody_holds_any_more_still_arrives() {
    let world = World::new();
    let (queue, hear) = world.open("a", settings(10), &[]);
    let (same, _) = world.open("a", settings(10), &[]);
    assert!(Arc::ptr_eq(&queue, &same), "one key, one queue");
    queue.push("1".into());
    drop(queue);
    same.push("2".into());
    drop(same);
    assert_eq!(hear.recv_timeout(LONG).unwrap(), entries(&["1", "2"]));
    let (other, hear) = world.open("a", settings(1), &[]);
    other.push("3".into());
    assert_eq!(hear.recv_timeout(LONG).unwrap(), entries(&["3"]), "a new one under the old key");
}

#[test]
fn failures_are_retried_without_what_had_arrived_then_given_up() {
    let world = World::new();
    let (queue, hear) = world.open("a", Settings { max_retry_count: 2, ..settings(3) }, &[1, 0]);
    for text in ["1", "2", "3"] {
        queue.push(text.into());
    }
    assert_eq!(hear.recv_timeout(LONG).unwrap().len(), 3);
    assert_eq!(hear.recv_timeout(LONG).unwrap(), entries(&["2", "3"]));
    assert_eq!(hear.recv_timeout(LONG).unwrap(), entries(&["2", "3"]));
    let (gives_up, hear) = world.open("b", settings(1), &[0]);
    gives_up.push("4".into());
    assert_eq!(hear.recv_timeout(LONG).unwrap(), entries(&["4"]));
    assert!(world.queues.finish(LONG));
    assert_eq!(world.counted(), Counted { queued: 4, sent: 3, failed: 1, dropped: 0 });
}

#[test]
fn a_sink_that_hangs_costs_the_oldest_entries_and_nobody_waits() {
    let world = World::new();
    let closed = world.gate.clone().try_lock_owned().unwrap();
    let (queue, hear) = world.open("a", Settings { max_pending: 10, ..settings(1) }, &[]);
    queue.served_at(|| "192.0.2.1".to_owned());
    let mut taken: u64 = 0;
    for n in 0..20_000 {
        taken += u64::from(queue.push(n.to_string().into()));
    }
    // The task sees everything that was taken: ten wait, four of these are being sent.
    let entries_now = || world.queues.waiting()[0].entries;
    while world.counted().queued < taken || entries_now() != 10 {
        std::thread::yield_now();
    }
    assert!(!world.queues.finish(Duration::ZERO));
    let waiting = world.queues.waiting();
    assert_eq!((&*waiting[0].name, &*waiting[0].server_addr), ("test logger", "192.0.2.1"));
    drop(closed);
    assert!(world.queues.finish(LONG));
    let counted = world.counted();
    assert_eq!((counted.sent, counted.dropped), (10, 20_000 - 10), "{counted:?}");
    let last = hear.try_iter().last().unwrap();
    assert!(taken < 20_000 || last == entries(&["19999"]), "{last:?}");
}

#[test]
fn huge_entries_are_bounded_by_their_bytes() {
    let world = World::new();
    let closed = world.gate.clone().try_lock_owned().unwrap();
    let (queue, _hear) = world.open("a", settings(1), &[]);
    let mut refused = 0;
    for _ in 0..200 {
        refused += u64::from(!queue.push(vec![0; 1 << 20]));
    }
    assert!(refused > 0 || world.counted().dropped > 0);
    assert!(queue.shared.bytes.load(Ordering::Relaxed) <= 2 * MOST_BYTES + (2 << 20));
    drop(closed);
    assert!(world.queues.finish(LONG));
    let counted = world.counted();
    assert_eq!(counted.sent + counted.dropped, 200, "{counted:?}");
    assert_eq!(queue.shared.bytes.load(Ordering::Relaxed), 0);
}
