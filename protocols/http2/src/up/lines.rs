//! The connections to a node that a worker's exchanges share.

use super::connect::Target;
use super::tap::Greeting;
use crate::piece::Piece;
use gateway_engine::upstream::Multiplexed;
use gateway_engine::wire::WireError;
use gateway_engine::worker::now_ms;
use h2::client::SendRequest;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The connections to one node. Each exchange is a stream on the one that has the fewest.
#[derive(Default)]
pub(crate) struct Lines {
    open: RefCell<Vec<Rc<Line>>>,
    /// The names for which one is being opened.
    opening: RefCell<Vec<Option<Rc<[u8]>>>>,
    /// How often none could be opened, and why the last time.
    failures: Cell<u64>,
    failure: Cell<Option<WireError>>,
    waiting: Rc<Waiting>,
}

/// The tasks that wait for a stream.
#[derive(Default)]
pub(super) struct Waiting(RefCell<Vec<Waker>>);

/// Up to so many streams share a connection before another one is opened.
const STREAMS: usize = 100;

/// Most connections to a node of one name.
const LINES: usize = 4;

impl Lines {
    /// A place for a stream on a connection opened for `name`.
    pub(super) fn pick(&self, name: Option<&[u8]>, requests: u32) -> Option<Stream> {
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
        let stream = best.map(Stream::new);
        if ended {
            open.retain(|line| !line.ended());
        }
        stream
    }

    /// The same, waiting for one.
    pub(super) async fn wait(self: Rc<Self>, target: Target) -> Result<Stream, WireError> {
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

    /// Opens one more connection, unless one of that name is being opened already. A task of its own does it, so that it does
    /// not end with the exchange that wanted it first.
    pub(super) fn open(self: &Rc<Self>, target: &Target) {
        if self.opening.borrow().contains(&target.name) {
            return;
        }
        self.opening.borrow_mut().push(target.name.clone());
        let (lines, target) = (Rc::clone(self), target.clone());
        tokio::task::spawn_local(async move {
            let greeting = Rc::<Greeting>::default();
            let opened = target.open(Rc::clone(&greeting)).await;
            lines.opening.borrow_mut().retain(|name| *name != target.name);
            let (sender, connection) = match opened {
                Ok(opened) => opened,
                Err(error) => {
                    lines.failures.set(lines.failures.get() + 1);
                    lines.failure.set(Some(error));
                    lines.waiting.wake();
                    return;
                }
            };
            let line = Rc::new(Line::new(sender, target.name.clone(), greeting, Rc::clone(&lines.waiting)));
            // While the connection lives, its line is held by the list and by streams only: when both are gone, it ends.
            let weak = Rc::downgrade(&line);
            lines.open.borrow_mut().push(line);
            lines.waiting.wake();
            drop(lines);
            if let Err(error) = connection.await {
                tracing::debug!(addr = %target.addr, %error, "an HTTP/2 connection to an upstream ended");
            }
            if let Some(line) = weak.upgrade() {
                line.retire();
            }
        });
    }
}

impl Multiplexed for Lines {
    fn open(&self) -> usize {
        self.open.borrow().iter().filter(|line| !line.ended()).count() + self.opening.borrow().len()
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

impl Waiting {
    fn watch(&self, cx: &Context<'_>) {
        let mut all = self.0.borrow_mut();
        if !all.iter().any(|known| known.will_wake(cx.waker())) {
            all.push(cx.waker().clone());
        }
    }

    fn wake(&self) {
        if !self.0.borrow().is_empty() {
            self.0.take().into_iter().for_each(Waker::wake);
        }
    }
}

/// One connection.
pub(super) struct Line {
    /// `None`: it takes no more streams.
    sender: RefCell<Option<SendRequest<Piece>>>,
    /// The server name TLS was opened with.
    name: Option<Rc<[u8]>>,
    greeting: Rc<Greeting>,
    /// Streams on it.
    streams: Cell<usize>,
    /// Streams there have been.
    served: Cell<u32>,
    /// When the last stream ended.
    since_ms: Cell<u64>,
    /// When anything of an answer came last.
    heard_ms: Cell<u64>,
    waiting: Rc<Waiting>,
}

impl Line {
    fn new(sender: SendRequest<Piece>, name: Option<Rc<[u8]>>, greeting: Rc<Greeting>, waiting: Rc<Waiting>) -> Line {
        Line {
            sender: RefCell::new(Some(sender)),
            name,
            greeting,
            streams: Cell::new(0),
            served: Cell::new(0),
            since_ms: Cell::new(now_ms()),
            heard_ms: Cell::new(now_ms()),
            waiting,
        }
    }

    /// Whether another stream may be put on it now. One that its peer has said goodbye to is retired by this.
    fn takes_more(&self, requests: u32) -> bool {
        if self.served.get() >= requests {
            // Its streams still end on it.
            if self.streams.get() == 0 {
                self.retire();
            }
            return false;
        }
        let mut sender = self.sender.borrow_mut();
        let Some(open) = sender.as_mut() else { return false };
        match open.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => self.streams.get() < open.current_max_send_streams(),
            // A stream waits for room already.
            Poll::Pending => false,
            Poll::Ready(Err(_)) => {
                let gone = sender.take();
                drop(sender);
                drop(gone);
                false
            }
        }
    }

    fn ended(&self) -> bool {
        self.sender.borrow().is_none()
    }

    /// Takes no more streams; it ends with those that are on it.
    pub(super) fn retire(&self) {
        let sender = self.sender.borrow_mut().take();
        drop(sender);
        self.waiting.wake();
        self.greeting.hear();
    }
}

/// A place for one stream on a connection.
pub(super) struct Stream {
    line: Rc<Line>,
}

impl Stream {
    fn new(line: &Rc<Line>) -> Stream {
        line.streams.set(line.streams.get() + 1);
        line.served.set(line.served.get().saturating_add(1));
        Stream { line: Rc::clone(line) }
    }

    /// Whether others have been on the connection before it.
    pub(super) fn kept(&self) -> bool {
        self.line.served.get() > 1
    }

    /// Whether the peer allows WebSockets on its streams, once its settings are here (RFC 8441 section 3).
    pub(super) async fn takes_sockets(&self) -> Result<bool, WireError> {
        std::future::poll_fn(|cx| self.line.greeting.poll(cx)).await;
        self.with(|sender| sender.is_extended_connect_protocol_enabled()).ok_or(WireError::Closed)
    }

    /// Gives the codec's sender to `send`; `None`: the connection is going away.
    pub(super) fn with<T>(&self, send: impl FnOnce(&mut SendRequest<Piece>) -> T) -> Option<T> {
        self.line.sender.borrow_mut().as_mut().map(send)
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

impl Drop for Stream {
    fn drop(&mut self) {
        let line = &self.line;
        line.streams.set(line.streams.get().saturating_sub(1));
        line.since_ms.set(now_ms());
        line.waiting.wake();
    }
}
