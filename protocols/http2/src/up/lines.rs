//! The connections to a node that a worker's exchanges share.

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
use tokio::time::Instant;

/// The connections to one node. Each exchange is a stream on the one that has the fewest.
#[derive(Default)]
pub(crate) struct Lines {
    open: RefCell<Vec<Rc<Line>>>,
    /// The names for which one is being opened.
    opening: RefCell<Vec<Option<Rc<[u8]>>>>,
    /// How often none could be opened, and why the last time.
    failures: Cell<u64>,
    /// The node has spoken HTTP/2 before: on new connections it is not waited for until it says so.
    spoken: Rc<Cell<bool>>,
    failure: Cell<Option<WireError>>,
    waiting: Rc<Waiting>,
}

/// Up to so many streams share a connection before another one is opened.
const STREAMS: usize = 100;

/// Most connections to a node of one name.
const LINES: usize = 4;

impl Lines {
    /// A place for a stream on a connection opened for `name`.
    pub(super) fn pick(&self, name: Option<&[u8]>, requests: u32) -> Option<Place> {
        let mut open = self.open.borrow_mut();
        let mut best: Option<&Rc<Line>> = None;
        let mut ended = false;
        for line in open.iter().filter(|line| line.name.as_deref() == name) {
            if !line.takes_more(requests) {
                ended |= line.ended();
            } else if best.is_none_or(|best| line.streams.get() < best.streams.get()) {
                best = Some(line);
            }
        }
        let stream = best.map(Place::new);
        if ended {
            open.retain(|line| !line.ended());
        }
        stream
    }

    /// The same, waiting for one.
    pub(super) async fn wait(self: Rc<Self>, target: Target) -> Result<Place, WireError> {
        let seen = self.failures.get();
        std::future::poll_fn(|cx| {
            let name = target.name.as_deref();
            if let Some(stream) = self.pick(name, target.requests) {
                return Poll::Ready(Ok(stream));
            }
            let lines = self.open.borrow().iter().filter(|line| line.name.as_deref() == name && !line.ended()).count();
            if lines == 0 && self.failures.get() != seen {
                return Poll::Ready(Err(self.failure.get().unwrap_or(WireError::Connect)));
            }
            if lines < LINES {
                self.open(&target);
            }
            self.waiting.watch(cx);
            Poll::Pending
        })
        .await
    }

    /// Whether the connections of a name are so full that another one is worth opening.
    pub(super) fn crowded(&self, name: Option<&[u8]>) -> bool {
        let open = self.open.borrow();
        let mut lines = open.iter().filter(|line| line.name.as_deref() == name);
        lines.clone().count() < LINES && lines.all(|line| line.streams.get() > STREAMS)
    }

    /// Whether there is a connection of a name.
    fn has(&self, name: Option<&[u8]>) -> bool {
        self.open.borrow().iter().any(|line| line.name.as_deref() == name && !line.ended())
    }

    /// Opens one more connection, unless one of that name is being opened already. A task of its own does it, so that it does
    /// not end with the exchange that wanted it first.
    pub(super) fn open(self: &Rc<Self>, target: &Target) {
        if self.opening.borrow().contains(&target.name) {
            return;
        }
        // A worker has one to each node in any case: its exchanges could not use those of another.
        let permit = target.gate.as_ref().and_then(|gate| gate.try_enter());
        if target.gate.is_some() && permit.is_none() && self.has(target.name.as_deref()) {
            return;
        }
        self.opening.borrow_mut().push(target.name.clone());
        let (lines, target) = (Rc::clone(self), target.clone());
        tokio::task::spawn_local(async move {
            let within = Instant::now() + target.within;
            let shared = match target.open().await {
                Ok(shared) => shared,
                Err(error) => return lines.failed(&target, error),
            };
            let waiting = Rc::clone(&lines.waiting);
            let line = Rc::new(Line::new(Rc::clone(&shared), target.name.clone(), waiting, permit));
            // While the connection lives, its line is held by the list and by streams only: when both are gone, it ends.
            let mut driver = Driver::new(shared, Rc::downgrade(&line), &target, within);
            if !lines.spoken.get() {
                if let Err(error) = driver.greet().await {
                    lines.failed(&target, error);
                    return driver.end().await;
                }
                lines.spoken.set(true);
            }
            lines.opened(&target);
            lines.open.borrow_mut().push(line);
            lines.waiting.wake();
            let spoken = Rc::clone(&lines.spoken);
            drop(lines);
            if !driver.run().await {
                spoken.set(false);
            }
        });
    }
}

impl Lines {
    /// A connection is not being opened any more.
    fn opened(&self, target: &Target) {
        self.opening.borrow_mut().retain(|name| *name != target.name);
    }

    /// None could be opened.
    #[cold]
    fn failed(&self, target: &Target, error: WireError) {
        self.opened(target);
        self.spoken.set(false);
        self.failures.set(self.failures.get() + 1);
        self.failure.set(Some(error));
        self.waiting.wake();
    }
}

impl Multiplexed for Lines {
    fn open(&self) -> usize {
        self.open.borrow().iter().filter(|line| !line.ended()).count() + self.opening.borrow().len()
    }

    fn busy(&self) -> usize {
        self.open.borrow().iter().filter(|line| !line.ended() && line.streams.get() > 0).count()
    }

    fn expire(&self, now_ms: u64, idle: Option<Duration>) {
        let idle_ms = idle.map_or(u64::MAX, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX));
        let expired = |line: &Line| now_ms.saturating_sub(line.since_ms.get()) >= idle_ms;
        self.open.borrow_mut().retain(|line| !line.ended() && (line.streams.get() > 0 || !expired(line)));
    }

    fn close_idle(&self) {
        self.open.borrow_mut().retain(|line| !line.ended() && line.streams.get() > 0);
    }
}

/// One connection.
pub(super) struct Line {
    shared: Rc<Shared>,
    /// It takes no more streams.
    retired: Cell<bool>,
    /// The server name TLS was opened with.
    name: Option<Rc<[u8]>>,
    /// Streams on it.
    streams: Cell<usize>,
    /// Streams there have been.
    served: Cell<u32>,
    /// When the last stream ended.
    since_ms: Cell<u64>,
    /// When anything of an answer came last.
    heard_ms: Cell<u64>,
    waiting: Rc<Waiting>,
    /// Its place among those its upstream may have, where they are limited.
    _permit: Option<Permit>,
}

impl Line {
    fn new(shared: Rc<Shared>, name: Option<Rc<[u8]>>, waiting: Rc<Waiting>, permit: Option<Permit>) -> Line {
        Line {
            shared,
            retired: Cell::new(false),
            name,
            streams: Cell::new(0),
            served: Cell::new(0),
            since_ms: Cell::new(now_ms()),
            heard_ms: Cell::new(now_ms()),
            waiting,
            _permit: permit,
        }
    }

    /// Whether another stream may be put on it now. One that its peer has said goodbye to is retired by this.
    fn takes_more(&self, requests: u32) -> bool {
        if self.retired.get() {
            return false;
        }
        if self.served.get() >= requests {
            // Its streams still end on it.
            if self.streams.get() == 0 {
                self.retire();
            }
            return false;
        }
        let core = self.shared.core();
        if core.closing() {
            drop(core);
            self.retire();
            return false;
        }
        self.streams.get() < core.peer.streams as usize
    }

    pub(super) fn ended(&self) -> bool {
        self.retired.get()
    }

    /// The peer's settings are here.
    pub(super) fn greeted(&self) {
        self.waiting.wake();
    }

    /// Takes no more streams; it ends with those that are on it.
    pub(super) fn retire(&self) {
        self.retired.set(true);
        self.shared.kick();
        self.waiting.wake();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Nobody needs the connection any more.
        self.shared.kick();
    }
}

/// A place for one stream on a connection.
pub(super) struct Place {
    line: Rc<Line>,
}

impl Place {
    fn new(line: &Rc<Line>) -> Place {
        line.streams.set(line.streams.get() + 1);
        line.served.set(line.served.get().saturating_add(1));
        Place { line: Rc::clone(line) }
    }

    /// Whether others have been on the connection before it.
    pub(super) fn kept(&self) -> bool {
        self.line.served.get() > 1
    }

    /// Whether the peer allows WebSockets on its streams, once its settings are here (RFC 8441 section 3).
    pub(super) async fn takes_sockets(&self) -> Result<bool, WireError> {
        std::future::poll_fn(|cx| {
            let core = self.line.shared.core();
            if core.peer.known {
                return Poll::Ready(Ok(core.peer.connect));
            }
            if core.closing() {
                return Poll::Ready(Err(WireError::Closed));
            }
            self.line.waiting.watch(cx);
            Poll::Pending
        })
        .await
    }

    /// The connection.
    pub(super) fn line(&self) -> &Rc<Shared> {
        &self.line.shared
    }

    /// A part of an answer came.
    pub(super) fn heard(&self) {
        self.line.heard_ms.set(now_ms());
    }

    /// Nothing has come on the whole connection since `since_ms`: the peer may be gone without a word, so others go elsewhere.
    pub(super) fn suspect(&self, since_ms: u64) {
        const SILENT_MS: u64 = 5000;
        if self.line.heard_ms.get() < since_ms && now_ms().saturating_sub(since_ms) >= SILENT_MS {
            self.line.retire();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let line = &self.line;
        line.streams.set(line.streams.get().saturating_sub(1));
        line.since_ms.set(now_ms());
        line.waiting.wake();
        if line.ended() {
            line.shared.kick();
        }
    }
}
