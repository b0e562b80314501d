//! One stream: a request on its way through the pipeline, and its answer.

use super::answer::{self, Shape};
use super::decode::{Head, Limits, Refusal, decode};
use super::line::{Piece, Stream};
use super::millis;
use super::websocket::{ACCEPT, Handshake};
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::grpc;
use gateway_engine::headers::{Headers, Name, name};
use gateway_engine::pace::Pace;
use gateway_engine::pipeline::{self, Contained, Panicked};
use gateway_engine::wire::{Downstream, Wire, WireError};
use gateway_engine::worker::{Worker, now_ms};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Request, Response, StatusCode};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Takes a request to its answer.
pub(super) async fn run(stream: Rc<Stream>, request: Request<RecvStream>, respond: SendResponse<Piece>) {
    let closing = Closing(Rc::clone(&stream));
    let conn = Rc::clone(&stream.line.conn);
    conn.requests.set(conn.requests.get() + 1);
    let worker = Rc::clone(&conn.worker);
    let mut x = worker.exchange(&conn);
    let (parts, body) = request.into_parts();
    let limits = worker.with_settings(Limits::of);
    let decoded = decode(&parts, body.is_end_stream(), &limits, &mut x.req);
    drop(parts);
    let mut down = H2Down::new(Rc::clone(&stream), respond, body, limits.body);
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
    let mut outcome = while_there(&stream, Contained::new(pipeline::run(&mut x, &mut down))).await;
    if x.tunnels() && outcome == Some(Ok(())) {
        outcome = while_there(&stream, pipeline::tunnel(&mut x, &mut down)).await;
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
        None => {
            if !x.resp.started {
                // Nobody reads an answer; the log shows why.
                x.resp.reset();
                x.resp.status = 499;
                x.resp.started = true;
            }
            x.resp.finished = false;
            pipeline::finish(&mut x);
        }
    }
    drop(down);
    drop(closing);
}

/// Drives a part of an exchange for as long as the client is there; `None`: it has gone.
async fn while_there<F: Future + ?Sized>(stream: &Stream, mut running: Contained<F>) -> Option<Result<F::Output, Panicked>>
where
    Contained<F>: Future<Output = Result<F::Output, Panicked>> + Unpin,
{
    poll_fn(|cx| {
        stream.watch(cx.waker());
        if stream.gone() {
            return Poll::Ready(None);
        }
        Pin::new(&mut running).poll(cx).map(Some)
    })
    .await
}

/// Gives the stream's place back, however its task ends.
struct Closing(Rc<Stream>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The client's side of one exchange.
pub(super) struct H2Down {
    stream: Rc<Stream>,
    respond: SendResponse<Piece>,
    send: Option<SendStream<Piece>>,
    body: RecvStream,
    /// Taken of the body, and the client does not know yet that it may send as much again.
    unreleased: usize,
    /// Bytes of the body so far, and how many they may be (0: any).
    received: u64,
    most: u64,
    /// How many they are said to be.
    length: Option<u64>,
    /// The body has ended, or there is none.
    whole: bool,
    /// How much of the answer is still to be sent, where that was said.
    left: Option<u64>,
    /// The codec had room for all that it was given: it is as good as sent.
    sure: bool,
    /// The end of the answer is with the codec.
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
    trailers: Option<HeaderMap>,
    pace: Pace,
    /// What is queued did not shrink since then.
    stuck_since_ms: u64,
    stuck_at: usize,
}

/// So much of an answer may wait in the codec when more is asked of the upstream.
const AHEAD: usize = 32 << 10;

impl H2Down {
    fn new(stream: Rc<Stream>, respond: SendResponse<Piece>, body: RecvStream, most: u64) -> H2Down {
        H2Down {
            stream,
            respond,
            send: None,
            body,
            unreleased: 0,
            received: 0,
            most,
            length: None,
            whole: false,
            left: None,
            sure: true,
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
        }
    }

    fn begin(&mut self, head: Head, framing: Framing) {
        self.to_head = head.to_head;
        self.expects = head.expects;
        self.handshake = head.handshake;
        self.whole = framing == Framing::None;
        if let Framing::Length(n) = framing {
            self.length = Some(n);
        }
    }

    fn worker(&self) -> &Rc<Worker> {
        &self.stream.line.conn.worker
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
            self.reset(Reason::PROTOCOL_ERROR);
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
        if self.send.is_some() || self.ended {
            self.reset(Reason::INTERNAL_ERROR);
            return;
        }
        let mut x = worker.exchange(&self.stream.line.conn);
        self.exit(&mut x, 500).await;
        pipeline::finish(&mut x);
        worker.recycle(x);
    }

    /// Sends an answer of the gateway's own.
    async fn exit(&mut self, x: &mut Exchange, status: u16) {
        self.expects = false;
        pipeline::refuse(x, self, status);
        let (stream, deadline) = (Rc::clone(&self.stream), self.worker().deadline());
        let sent = poll_fn(|cx| {
            stream.watch(cx.waker());
            let flushed = self.poll_flush(cx);
            if flushed.is_pending() {
                deadline.watch(cx.waker());
                deadline.arm_in(super::LOOK_MS);
            }
            flushed
        });
        x.resp.finished = sent.await.is_ok();
    }

    /// The exchange is over: whatever is open is closed. A request that is not whole is stopped by the codec (NO_ERROR).
    fn settle(&mut self) {
        if !self.ended && !self.aborted {
            match &mut self.send {
                Some(send) if self.tunnel => {
                    let _ = send.send_data(Piece::END, true);
                    self.ended = true;
                }
                _ => self.reset(Reason::INTERNAL_ERROR),
            }
        }
    }

    fn reset(&mut self, reason: Reason) {
        self.aborted = true;
        match &mut self.send {
            Some(send) => send.send_reset(reason),
            None => self.respond.send_reset(reason),
        }
    }

    /// Gives a piece to the codec.
    #[inline]
    fn push(&mut self, piece: Chunk, end: bool) {
        if piece.is_empty() && !end {
            return;
        }
        let n = piece.len();
        let Some(send) = &mut self.send else { return };
        if n > 0 {
            send.reserve_capacity(n);
            self.sure = send.capacity() >= n;
        }
        let piece = if n > 0 { Piece::new(piece, &self.stream) } else { Piece::END };
        // It fails where the stream was reset, which the connection's task has told or will tell.
        let _ = send.send_data(piece, end);
        self.ended |= end;
    }

    /// A piece and perhaps the trailers behind it.
    #[inline]
    fn piece(&mut self, piece: Chunk, last: bool) {
        if let Some(left) = &mut self.left {
            match left.checked_sub(piece.len() as u64) {
                Some(rest) if rest == 0 || !last => *left = rest,
                // Not as long as was said.
                _ => return self.reset(Reason::INTERNAL_ERROR),
            }
        }
        let trailers = if last { self.trailers.take() } else { None };
        self.push(piece, last && trailers.is_none());
        if let Some(trailers) = trailers
            && !self.aborted
            && let Some(send) = &mut self.send
        {
            let _ = send.send_trailers(trailers);
            self.ended = true;
        }
    }

    /// Nothing of the body came: looks at the clock.
    #[cold]
    fn too_slow(&mut self) -> bool {
        self.stream.line.conn.worker.with_settings(|s| self.pace.too_slow(now_ms(), s))
    }

    /// Some of the body came.
    fn came(&mut self, n: usize) {
        self.received += n as u64;
        self.pace.came(n, now_ms());
    }

    /// What is queued waits for the client: for how long?
    #[cold]
    fn stuck(&mut self) -> bool {
        let (queued, now) = (self.stream.queued(), now_ms());
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
        if self.unreleased > 0 {
            // Whoever asks for more has passed on what came.
            let n = std::mem::take(&mut self.unreleased);
            let _ = self.body.flow_control().release_capacity(n);
        }
        loop {
            match self.body.poll_data(cx) {
                Poll::Ready(Some(Ok(bytes))) => {
                    self.unreleased += bytes.len();
                    self.came(bytes.len());
                    if self.most != 0 && self.received > self.most && !self.tunnel {
                        return Poll::Ready(Err(WireError::TooLarge));
                    }
                    // A body that is as long as was said is whole, though its stream may end later.
                    self.whole = self.length == Some(self.received) || self.body.is_end_stream();
                    if bytes.is_empty() && !self.whole {
                        continue;
                    }
                    return Poll::Ready(Ok((Chunk::Bytes(bytes), self.whole)));
                }
                Poll::Ready(None) => {
                    self.whole = true;
                    return Poll::Ready(Ok((Chunk::EMPTY, true)));
                }
                Poll::Ready(Some(Err(error))) => {
                    // Whoever asks again is told again, by the codec.
                    let own = error.is_library() && error.reason() == Some(Reason::PROTOCOL_ERROR);
                    return Poll::Ready(Err(match own {
                        true => WireError::Protocol("body is not as long as was said"),
                        false => WireError::Closed,
                    }));
                }
                Poll::Pending if !self.tunnel && !self.call && self.too_slow() => {
                    return Poll::Ready(Err(WireError::TooSlow));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        if !self.bodiless && !self.ended {
            self.piece(piece, last);
        }
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        if self.aborted || self.stream.gone() {
            return Poll::Ready(Err(WireError::Closed));
        }
        let queued = self.stream.queued();
        if queued == 0 || (self.sure && queued <= AHEAD) {
            // The beginning of an answer came with its head; more is not asked for while the connection has enough.
            if !self.stream.crowded() || self.ended {
                self.stuck_since_ms = 0;
                return Poll::Ready(Ok(()));
            }
        } else if self.sure && self.ended {
            return Poll::Ready(Ok(()));
        }
        if queued > 0 && self.stuck() {
            self.reset(Reason::CANCEL);
            return Poll::Ready(Err(WireError::TooSlow));
        }
        self.stream.wait();
        Poll::Pending
    }

    fn poll_trailers(&mut self, cx: &mut Context<'_>, into: &mut Headers) -> Poll<bool> {
        match self.body.poll_trailers(cx) {
            Poll::Ready(Ok(Some(came))) => Poll::Ready(crate::names::trailers_from_codec(&came, into)),
            // Without them, or without an end after a length that was reached.
            _ => Poll::Ready(false),
        }
    }

    fn trailers(&mut self, trailers: &Headers) {
        self.trailers = answer::trailers(trailers);
    }

    fn held(&self) -> usize {
        self.stream.queued() + self.unreleased
    }

    fn stop(&mut self) {
        // What is left of the body is refused when the answer is out and the stream is let go.
    }

    fn abort(&mut self) {
        if !self.aborted {
            self.reset(Reason::INTERNAL_ERROR);
        }
    }

    fn tunnel(&mut self) {
        self.whole = false;
        self.length = None;
        self.tunnel = true;
    }
}

impl Downstream for H2Down {
    fn respond(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.expects = false;
        let mut status = x.resp.status;
        let mut last = last;
        if let Some(handshake) = self.handshake.take() {
            status = match status {
                101 if handshake.answered(&x.resp.head) => {
                    Name::new(ACCEPT).map(|accept| x.resp.head.remove(accept));
                    200
                }
                // The stream would be a WebSocket that nobody has agreed to.
                101 | 200..300 => 502,
                other => other,
            };
            if status == 502 {
                (x.resp.status, x.resp.framing, last) = (502, Framing::None, true);
            }
        } else if status == 101 {
            status = 502;
        }
        let shape = if status == 200 && x.resp.status == 101 {
            Shape { bodiless: false, length: None }
        } else {
            Shape::of(x, first.len() as u64, last && self.trailers.is_none(), self.to_head)
        };
        let tokens = self.worker().with_settings(|s| s.server_tokens);
        let (head, bytes) = answer::head(x, status, &shape, tokens);
        x.resp.sent += bytes + first.len() as u64;
        self.bodiless = shape.bodiless;
        self.left = if shape.bodiless { None } else { shape.length };
        let first = if status == 502 && x.resp.framing == Framing::None { Chunk::EMPTY } else { first };
        let end = shape.bodiless || (last && first.is_empty() && self.trailers.is_none());
        if end && self.left.is_some_and(|left| left > 0) {
            return self.reset(Reason::INTERNAL_ERROR);
        }
        match self.respond.send_response(head, end) {
            Ok(send) => self.send = Some(send),
            Err(error) => {
                // The stream was reset, or the head cannot be said in HTTP/2.
                tracing::debug!(%error, "an answer could not be sent");
                self.aborted = true;
                return;
            }
        }
        self.ended = end;
        if !end {
            self.piece(first, last);
        }
    }

    fn distrust(&mut self) {
        self.stream.line.glitch();
    }

    fn accept_body(&mut self) {
        if std::mem::take(&mut self.expects) && self.received == 0 {
            let mut head = Response::new(());
            *head.status_mut() = StatusCode::CONTINUE;
            // Where it fails, the stream is gone.
            let _ = self.respond.send_informational(head);
        }
    }

    fn gone(&mut self) -> bool {
        self.stream.gone()
    }
}
