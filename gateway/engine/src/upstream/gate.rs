//! How many of something an upstream may have at one time, over all workers (`limits`).

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::shared::UpstreamState;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Limit {
    /// `max_connections`.
    Connections,
    /// `max_pending`.
    Pending,
    /// `max_requests`.
    Requests,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Connections, Self::Pending, Self::Requests];

    /// As it is called in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connections => "max_connections",
            Self::Pending => "max_pending",
            Self::Requests => "max_requests",
        }
    }
}

/// How many there are of what an upstream has at one time.
#[derive(Debug, Default)]
pub struct InUse {
    pending: AtomicU32,
    requests: AtomicU32,
}

impl InUse {
    /// How many there are now. Connections are counted by their [`Gate`].
    pub fn get(&self, limit: Limit) -> u32 {
        self.of(limit).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    fn of(&self, limit: Limit) -> Option<&AtomicU32> {
        match limit {
            Limit::Connections => None,
            Limit::Pending => Some(&self.pending),
            Limit::Requests => Some(&self.requests),
        }
    }
}

/// One of what is limited, while this lives.
#[derive(Debug)]
pub struct Occupied {
    upstream: Arc<UpstreamState>,
    limit: Limit,
}

impl Occupied {
    /// One more, unless there are `most` already.
    pub fn enter(upstream: &Arc<UpstreamState>, limit: Limit, most: u32) -> Option<Self> {
        let count = upstream.in_use.of(limit)?;
        let more = |n: u32| (n < most).then(|| n + 1);
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Self { upstream: Arc::clone(upstream), limit })
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        if let Some(count) = self.upstream.in_use.of(self.limit) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The connections of an upstream that limits them.
#[derive(Debug)]
pub struct Gate {
    most: u32,
    id: u64,
    free: Arc<Semaphore>,
    /// Requests of all workers that wait for one.
    waiting: AtomicU32,
}

/// A connection that may be open; it counts while this lives.
#[derive(Debug)]
pub struct Permit(#[allow(dead_code)] OwnedSemaphorePermit);

impl Gate {
    /// For so many.
    pub fn new(most: u32) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let free = Arc::new(Semaphore::new(most as usize));
        Self { most, id: IDS.fetch_add(1, Ordering::Relaxed), free, waiting: AtomicU32::new(0) }
    }

    /// How many connections there may be.
    pub fn most(&self) -> u32 {
        self.most
    }

    /// Tells it from every other of the process; never 0.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How many connections there are.
    pub fn open(&self) -> u32 {
        let free = u32::try_from(self.free.available_permits()).unwrap_or(self.most);
        self.most.saturating_sub(free)
    }

    /// One more connection, if there may be.
    pub fn try_enter(&self) -> Option<Permit> {
        Arc::clone(&self.free).try_acquire_owned().ok().map(Permit)
    }

    /// Waits until there may be one more. Who comes first is served first.
    pub fn enter(&self) -> impl Future<Output = Option<Permit>> + use<> {
        let permit = Arc::clone(&self.free).acquire_owned();
        // It is never closed.
        async move { permit.await.ok().map(Permit) }
    }

    /// Whether somebody waits.
    pub fn wanted(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }
}

/// The gate as the connections of one worker to one node see it.
pub struct Door {
    /// The upstream's.
    pub gate: Arc<Gate>,
    /// Exchanges of this worker that wait for a connection to the node.
    waiting: Cell<u32>,
    returned: Notify,
}

impl Door {
    /// In front of a node's connections.
    pub fn new(gate: Arc<Gate>) -> Self {
        Self { gate, waiting: Cell::new(0), returned: Notify::new() }
    }

    /// Somebody waits here, until the answer is dropped.
    pub fn wait(&self) -> Waiting<'_> {
        self.waiting.set(self.waiting.get() + 1);
        self.gate.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(self)
    }

    /// A connection is in the pool again.
    pub fn returned(&self) {
        if self.waiting.get() > 0 {
            self.returned.notify_one();
        }
    }

    /// Whether connections that idle here are wanted elsewhere, and nobody waits for one here.
    pub fn wanted_elsewhere(&self) -> bool {
        self.gate.wanted() && self.waiting.get() == 0
    }
}

/// An exchange that waits for a connection.
pub struct Waiting<'a>(&'a Door);

impl Waiting<'_> {
    /// Until a connection has come back to the pool of this worker; somebody else may have taken it since.
    pub async fn returned(&self) {
        self.0.returned.notified().await;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get() - 1);
        self.0.gate.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::super::shared::StateTable;
    use super::*;

    #[test]
    fn no_more_than_so_many_at_one_time() {
        let upstream = StateTable::default().upstream(&Arc::from("upstreams/1"));
        let enter = || Occupied::enter(&upstream, Limit::Requests, 2);
        let (one, two) = (enter().unwrap(), enter().unwrap());
        assert!(enter().is_none());
        assert_eq!(upstream.in_use.get(Limit::Requests), 2);
        assert!(Occupied::enter(&upstream, Limit::Pending, 1).is_some(), "each limit is its own");
        drop(one);
        assert!(enter().is_some());
        drop(two);
        assert_eq!(upstream.in_use.get(Limit::Requests), 0);
    }

    #[test]
    fn who_waits_gets_the_place_that_becomes_free() {
        let gate = Arc::new(Gate::new(1));
        let first = gate.try_enter().unwrap();
        assert!(gate.try_enter().is_none());
        assert_eq!((gate.open(), gate.wanted()), (1, false));
        let door = Door::new(Arc::clone(&gate));
        let waiting = door.wait();
        assert!(gate.wanted() && !door.wanted_elsewhere());
        assert!(Door::new(Arc::clone(&gate)).wanted_elsewhere());
        let mut cx = Context::from_waker(Waker::noop());
        let mut entered = pin!(gate.enter());
        assert!(entered.as_mut().poll(&mut cx).is_pending());
        drop(first);
        let Poll::Ready(Some(second)) = entered.as_mut().poll(&mut cx) else { panic!("the place is free") };
        drop((second, waiting));
        assert_eq!((gate.open(), gate.wanted()), (0, false));
    }

    #[test]
    fn a_returned_connection_wakes_one_that_waits() {
        let door = Door::new(Arc::new(Gate::new(1)));
        door.returned();
        let waiting = door.wait();
        let mut cx = Context::from_waker(Waker::noop());
        let mut returned = pin!(waiting.returned());
        assert!(returned.as_mut().poll(&mut cx).is_pending(), "what came back before anybody waited is in the pool");
        door.returned();
        assert!(returned.as_mut().poll(&mut cx).is_ready());
    }
}
