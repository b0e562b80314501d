//! One stream: a request on its way through the pipeline, and its answer.

use super::answer::{self, Shape};
use super::decode::{Head, Refusal};
use super::millis;
use super::websocket::{ACCEPT, Handshake};
use crate::frame::code;
use crate::line::{Peek, Stream};
use crate::messages::Messages;
use crate::names;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Conn, Exchange, Framing};
use gateway_engine::grpc;
use gateway_engine::headers::{Headers, Name, name};
use gateway_engine::pace::Pace;
use gateway_engine::pipeline::{self, Contained, Panicked};
use gateway_engine::wire::{Downstream, Wire, WireError};
use gateway_engine::worker::{Worker, now_ms};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Takes a request to its answer.
pub(super) async fn run(stream: Stream, conn: Rc<Conn>, mut x: Box<Exchange>, decoded: Result<Head, Refusal>) {
    conn.requests.set(conn.requests.get() + 1);
    let worker = Rc::clone(&conn.worker);
    let peek = stream.peek();
    let mut down = H2Down::new(stream, conn);
    match decoded {
        Ok(head) => {
            down.begin(head, x.req.framing);
            down.call = x.req.head.get(name::CONTENT_TYPE).is_some_and(grpc::is_grpc);
        }
        Err(refusal) => {
            down.refuse(x, refusal).await;
            return;
        }
    }
    // When it has ended, what it holds of the upstream goes with it.
    let mut outcome = while_there(&peek, Contained::new(pipeline::run(&mut x, &mut down))).await;
    if x.tunnels() && outcome == Some(Ok(())) {
        outcome = while_there(&peek, pipeline::tunnel(&mut x, &mut down)).await;
        if outcome.is_some() {
            pipeline::finish(&mut x);
        }
    }
    match outcome {
        Some(Ok(())) => {
            down.settle();
            worker.recycle(x);
        }
        Some(Err(_)) => {
            // What the panic left of the exchange is not used again.
            drop(x);
            down.panicked().await;
        }
        None => pipeline::abandoned(&mut x),
    }
}

/// Drives a part of an exchange for as long as the client is there; `None`: it has gone.
async fn while_there<F: Future + ?Sized>(peek: &Peek, mut running: Contained<F>) -> Option<Result<F::Output, Panicked>>
where
    Contained<F>: Future<Output = Result<F::Output, Panicked>> + Unpin,
{
    poll_fn(|cx| {
        if peek.poll_gone(cx) {
            return Poll::Ready(None);
        }
        Pin::new(&mut running).poll(cx).map(Some)
    })
    .await
}

/// The client's side of one exchange.
pub(super) struct H2Down {
    stream: Stream,
    conn: Rc<Conn>,
    /// Given of the body, and the client does not know yet that it may send as much again.
    taken: usize,
    /// Bytes of the body so far, and how many they may be (0: any).
    received: u64,
    most: u64,
    /// The body has ended, or there is none.
    whole: bool,
    /// How much of the answer is still to be sent, where that was said.
    left: Option<u64>,
    /// The head of the answer was sent, or its end was.
    headed: bool,
    ended: bool,
    aborted: bool,
    /// The answer has no body.
    bodiless: bool,
    tunnel: bool,
    to_head: bool,
    expects: bool,
    /// A gRPC call: its client may have nothing to say for long, and the upstream's own limits bound that.
    call: bool,
    handshake: Option<Box<Handshake>>,
    trailers: Option<Headers>,
    pace: Pace,
    /// What is queued did not shrink since then.
    stuck_since_ms: u64,
    stuck_at: usize,
    /// How long the rest of a refused request is waited for.
    rest_until_ms: u64,
}

/// So long an answer waits for the rest of a request that nobody wants. RST_STREAM behind an answer stops a client that still sends, and
/// some then forget the answer (curl 7 says "Stream error in the HTTP/2 framing layer").
const REST_MS: u64 = 1000;

impl H2Down {
    fn new(stream: Stream, conn: Rc<Conn>) -> H2Down {
        let most = conn.worker.with_settings(|s| s.limits.body_bytes);
        H2Down {
            stream,
            conn,
            taken: 0,
            received: 0,
            most,
            whole: false,
            left: None,
            headed: false,
            ended: false,
            aborted: false,
            bodiless: false,
            tunnel: false,
            to_head: false,
            expects: false,
            call: false,
            handshake: None,
            trailers: None,
            pace: Pace::default(),
            stuck_since_ms: 0,
            stuck_at: 0,
            rest_until_ms: 0,
        }
    }

    fn begin(&mut self, head: Head, framing: Framing) {
        self.to_head = head.to_head;
        self.expects = head.expects;
        self.handshake = head.handshake;
        self.whole = framing == Framing::None;
    }

    fn worker(&self) -> &Rc<Worker> {
        &self.conn.worker
    }

    /// Answers a request that is none.
    #[cold]
    async fn refuse(&mut self, mut x: Box<Exchange>, refusal: Refusal) {
        let worker = Rc::clone(self.worker());
        worker.counters.refused.add(1);
        let (status, reason) = match refusal {
            Refusal::Malformed(reason) => (400, reason),
            Refusal::Status(status, reason) => (status, reason),
        };
        tracing::debug!(status, reason, "request refused");
        let req = &mut x.req;
        let line = [req.head.text(req.method), b" ", req.head.text(req.target), b" HTTP/2.0"].concat();
        req.refused = Some(req.head.store(&line));
        self.whole = true;
        if let Refusal::Malformed(_) = refusal {
            self.reset(code::PROTOCOL_ERROR);
            x.resp.status = status;
            x.resp.started = true;
            x.times.start_ms = now_ms();
        } else {
            self.exit(&mut x, status).await;
        }
        pipeline::finish(&mut x);
        worker.recycle(x);
    }

    /// Ends an exchange that panicked.
    #[cold]
    async fn panicked(&mut self) {
        let worker = Rc::clone(self.worker());
        worker.counters.panics.add(1);
        if self.headed || self.ended {
            self.reset(code::INTERNAL_ERROR);
            return;
        }
        let mut x = worker.exchange(&self.conn);
        self.exit(&mut x, 500).await;
        pipeline::finish(&mut x);
        worker.recycle(x);
    }

    /// Sends an answer of the gateway's own.
    async fn exit(&mut self, x: &mut Exchange, status: u16) {
        self.expects = false;
        pipeline::refuse(x, self, status);
        let deadline = self.worker().deadline();
        let sent = poll_fn(|cx| {
            let flushed = self.poll_flush(cx);
            if flushed.is_pending() {
                deadline.watch(cx.waker());
                deadline.arm_in(super::LOOK_MS);
            }
            flushed
        });
        x.resp.finished = sent.await.is_ok();
    }

    /// The exchange is over: whatever is open is closed. A request that is not whole is stopped when the stream is let go.
    fn settle(&mut self) {
        if !self.ended && !self.aborted {
            if self.headed && self.tunnel {
                self.stream.send(Chunk::EMPTY, true, None);
                self.ended = true;
            } else {
                self.reset(code::INTERNAL_ERROR);
            }
        }
    }

    fn reset(&mut self, code: u32) {
        self.aborted = true;
        self.stream.reset(code, WireError::Closed);
    }

    /// A piece and perhaps the trailers behind it.
    #[inline]
    fn piece(&mut self, piece: Chunk, last: bool) {
        if let Some(left) = &mut self.left {
            match left.checked_sub(piece.len() as u64) {
                Some(rest) if rest == 0 || !last => *left = rest,
                // Not as long as was said.
                _ => return self.reset(code::INTERNAL_ERROR),
            }
        }
        let trailers = if last { self.trailers.take() } else { None };
        self.stream.send(piece, last, trailers);
        self.ended |= last;
    }

    /// Nothing of the body came: looks at the clock.
    #[cold]
    fn too_slow(&mut self) -> bool {
        self.conn.worker.with_settings(|s| self.pace.too_slow(now_ms(), s))
    }

    /// Some of the body came.
    fn came(&mut self, n: usize) {
        self.received += n as u64;
        self.pace.came(n, now_ms());
    }

    /// What is queued waits for the client: for how long?
    #[cold]
    fn stuck(&mut self) -> bool {
        let (queued, now) = (self.stream.waits(), now_ms());
        if queued != self.stuck_at || self.stuck_since_ms == 0 {
            (self.stuck_at, self.stuck_since_ms) = (queued, now);
            return false;
        }
        let limit = self.worker().with_settings(|s| millis(s.timeouts.send));
        now.saturating_sub(self.stuck_since_ms) >= limit
    }
}

impl Wire for H2Down {
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        if self.whole {
            return Poll::Ready(Ok((Chunk::EMPTY, true)));
        }
        // Whoever asks for more has passed on what came.
        match self.stream.poll_data(cx, &mut self.taken) {
            Poll::Ready(Ok((piece, last))) => {
                self.came(piece.len());
                if self.most != 0 && self.received > self.most && !self.tunnel {
                    return Poll::Ready(Err(WireError::TooLarge));
                }
                self.whole = last;
                Poll::Ready(Ok((piece, last)))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending if !self.tunnel && !self.call && self.too_slow() => Poll::Ready(Err(WireError::TooSlow)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        if !self.bodiless && !self.ended {
            self.piece(piece, last);
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        if self.aborted {
            return Poll::Ready(Err(WireError::Closed));
        }
        let sent = self.stream.poll_sent(cx);
        if sent.is_ready() {
            self.stuck_since_ms = 0;
        } else if self.stream.waits() > 0 && self.stuck() {
            self.reset(code::CANCEL);
            return Poll::Ready(Err(WireError::TooSlow));
        }
        sent
    }

    fn poll_trailers(&mut self, cx: &mut Context<'_>, into: &mut Headers) -> Poll<bool> {
        self.stream.poll_trailers(cx, into)
    }

    fn trailers(&mut self, trailers: &Headers) {
        self.trailers = names::trailers(trailers);
    }

    fn held(&self) -> usize {
        self.stream.with(|s| s.held()).unwrap_or(0) + self.taken
    }

    fn stop(&mut self) {
        // What is left of the body is refused when the answer is out and the stream is let go. A tunnel has not begun yet.
        if self.handshake.is_none() && !self.tunnel {
            self.stream.stop();
        }
    }

    fn abort(&mut self) {
        if !self.aborted {
            self.reset(code::INTERNAL_ERROR);
        }
    }

    fn tunnel(&mut self) {
        self.whole = false;
        self.tunnel = true;
    }
}

impl Downstream for H2Down {
    fn respond(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.expects = false;
        let mut status = x.resp.status;
        let (mut first, mut last) = (first, last);
        if let Some(handshake) = self.handshake.take() {
            status = match status {
                101 if handshake.answered(&x.resp.head) => {
                    Name::new(ACCEPT).map(|accept| x.resp.head.remove(accept));
                    200
                }
                // The stream would be a WebSocket that nobody has agreed to.
                101 | 200..300 => {
                    (x.resp.status, x.resp.framing) = (502, Framing::None);
                    (first, last) = (Chunk::EMPTY, true);
                    502
                }
                other => other,
            };
        } else if status == 101 {
            status = 502;
        }
        let shape = if status == 200 && x.resp.status == 101 {
            Shape { bodiless: false, length: None }
        } else {
            Shape::of(x, first.len() as u64, last && self.trailers.is_none(), self.to_head)
        };
        let tokens = self.worker().with_settings(|s| s.server_tokens);
        let first = if status == 502 && x.resp.framing == Framing::None { Chunk::EMPTY } else { first };
        let end = shape.bodiless || (last && first.is_empty() && self.trailers.is_none());
        self.bodiless = shape.bodiless;
        self.left = if shape.bodiless { None } else { shape.length };
        if end && self.left.is_some_and(|left| left > 0) {
            return self.reset(code::INTERNAL_ERROR);
        }
        let mut bytes = 0;
        self.stream.head(end, |encoder, block| bytes = answer::head(x, status, &shape, tokens, encoder, block));
        if crate::up::messages_apart(x) {
            self.stream.with(|s| s.messages = Some(Messages::default()));
        }
        x.resp.sent += bytes + first.len() as u64;
        self.headed = true;
        self.ended = end;
        if !end {
            self.piece(first, last);
        }
    }

    fn distrust(&mut self) {
        self.stream.glitch();
    }

    fn accept_body(&mut self) {
        if std::mem::take(&mut self.expects) && self.received == 0 {
            self.stream.interim(100);
        }
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.whole || self.expects || self.tunnel {
            return Poll::Ready(());
        }
        let comes = self.stream.with(|s| {
            s.watch(cx);
            s.comes_anyhow()
        });
        if comes != Some(true) {
            return Poll::Ready(());
        }
        let now = now_ms();
        if self.rest_until_ms == 0 {
            self.rest_until_ms = now + REST_MS;
        }
        if now < self.rest_until_ms { Poll::Pending } else { Poll::Ready(()) }
    }

    fn gone(&mut self) -> bool {
        self.stream.gone()
    }
}
