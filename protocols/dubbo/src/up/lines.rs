//! The connections to a provider that a worker's exchanges share.

use super::calls::Calls;
use super::connect::Target;
use super::drive::Driver;
use crate::line::Line as Shared;
use gateway_engine::upstream::{Multiplexed, Permit};
use gateway_engine::waiting::Waiting;
use gateway_engine::wire::WireError;
use gateway_engine::worker::now_ms;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// The connections to one node. Each call is on the one that has the fewest.
#[derive(Default)]
pub(crate) struct Lines {
    open: RefCell<Vec<Rc<Line>>>,
    opening: Cell<bool>,
    /// How often none could be opened, and why the last time.
    failures: Cell<u64>,
    failure: Cell<Option<WireError>>,
    waiting: Waiting,
}

/// Up to so many calls share a connection before another one is opened.
const CALLS: usize = 256;

/// Most connections to a node.
const LINES: usize = 4;

impl Lines {
    /// A place for a call on a connection that is there.
    pub(super) fn pick(&self) -> Option<Place> {
        let open = self.open.borrow();
        let mut ended = false;
        let mut best: Option<&Rc<Line>> = None;
        for line in open.iter() {
            if line.retired.get() {
                ended = true;
            } else if best.is_none_or(|best| line.calls.len() < best.calls.len()) {
                best = Some(line);
            }
        }
        let place = best.map(|line| Place { line: Rc::clone(line) });
        drop(open);
        if ended {
            self.open.borrow_mut().retain(|line| !line.retired.get());
        }
        place
    }

    /// Whether the connections are so full that another one is worth opening.
    pub(super) fn crowded(&self) -> bool {
        let open = self.open.borrow();
        open.len() < LINES && open.iter().all(|line| line.calls.len() > CALLS)
    }

    /// The same as [`Lines::pick`], waiting for one.
    pub(super) async fn wait(self: Rc<Self>, target: Target) -> Result<Place, WireError> {
        let seen = self.failures.get();
        std::future::poll_fn(|cx| {
            if let Some(place) = self.pick() {
                return Poll::Ready(Ok(place));
            }
            if self.failures.get() != seen {
                return Poll::Ready(Err(self.failure.get().unwrap_or(WireError::Connect)));
            }
            self.open(&target);
            self.waiting.watch(cx);
            Poll::Pending
        })
        .await
    }

    /// Opens one more connection, unless one is being opened already. A task of its own does it, so that it does not end with the
    /// exchange that wanted it first.
    pub(super) fn open(self: &Rc<Self>, target: &Target) {
        if self.opening.get() {
            return;
        }
        // A worker has one to each node in any case: its exchanges could not use those of another.
        let permit = target.gate.as_ref().and_then(|gate| gate.try_enter());
        if target.gate.is_some() && permit.is_none() && !self.open.borrow().is_empty() {
            return;
        }
        self.opening.set(true);
        let (lines, target) = (Rc::clone(self), target.clone());
        tokio::task::spawn_local(async move {
            let opened = target.open().await;
            lines.opening.set(false);
            let shared = match opened {
                Ok(shared) => shared,
                Err(error) => {
                    lines.failures.set(lines.failures.get() + 1);
                    lines.failure.set(Some(error));
                    lines.waiting.wake();
                    return;
                }
            };
            let line = Rc::new(Line::new(Rc::clone(&shared), permit));
            let driver = Driver::new(shared, &line, &target);
            lines.open.borrow_mut().push(line);
            lines.waiting.wake();
            drop(lines);
            driver.run().await;
        });
    }
}

impl Multiplexed for Lines {
    fn open(&self) -> usize {
        self.open.borrow().iter().filter(|line| !line.retired.get()).count() + usize::from(self.opening.get())
    }

    fn busy(&self) -> usize {
        self.open.borrow().iter().filter(|line| !line.retired.get() && line.calls.len() > 0).count()
    }

    fn expire(&self, now_ms: u64, idle: Option<Duration>) {
        let idle_ms = idle.map_or(u64::MAX, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX));
        let expired = |line: &Line| line.calls.len() == 0 && now_ms.saturating_sub(line.since_ms.get()) >= idle_ms;
        self.open.borrow_mut().retain(|line| !line.retired.get() && !expired(line));
    }

    fn close_idle(&self) {
        self.open.borrow_mut().retain(|line| !line.retired.get() && line.calls.len() > 0);
    }
}

/// One connection.
pub(super) struct Line {
    pub(super) shared: Rc<Shared>,
    pub(super) calls: Rc<Calls>,
    /// It takes no more calls; it ends with those that are on it.
    pub(super) retired: Cell<bool>,
    /// When the last call ended.
    since_ms: Cell<u64>,
    /// Its place among those its upstream may have, where they are limited.
    _permit: Option<Permit>,
}

impl Line {
    fn new(shared: Rc<Shared>, permit: Option<Permit>) -> Line {
        Line { shared, calls: Rc::default(), retired: Cell::new(false), since_ms: Cell::new(now_ms()), _permit: permit }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Nobody needs the connection any more.
        self.shared.kick();
    }
}

/// A place for one call on a connection.
pub(super) struct Place {
    line: Rc<Line>,
}

impl Place {
    /// The connection.
    #[inline]
    pub(super) fn line(&self) -> &Shared {
        &self.line.shared
    }

    /// The calls on it.
    #[inline]
    pub(super) fn calls(&self) -> &Calls {
        &self.line.calls
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.line.since_ms.set(now_ms());
        if self.line.retired.get() {
            self.line.shared.kick();
        }
    }
}
