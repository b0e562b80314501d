//! The two bodies on their way: the upload while the answer is waited for, then the answer, with back-pressure both ways.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::phases;
use super::proxy::LOOK_MS;
use crate::buf::Chunk;
use crate::exchange::{Exchange, Framing, Origin};
use crate::headers::{Headers, name};
use crate::upstream::Timeouts;
use crate::wire::{Downstream, Upstream, WireError};
use crate::worker::now_ms;

/// Which side broke.
pub(super) enum Broken {
    Client(WireError),
    Upstream(WireError),
}

/// A request body on its way to the upstream.
pub(super) struct Upload {
    /// Everything has been given to the upstream's side.
    done: bool,
    /// Pieces have been taken from the client.
    begun: bool,
    source: Source,
}

enum Source {
    /// No body, or the whole of it in hand.
    Whole(Bytes),
    /// From the client; the copy is what another try would send first.
    Streamed { copy: Vec<u8>, limit: usize, whole: bool, client_done: bool, replay: bool },
}

impl Upload {
    pub(super) fn empty() -> Upload {
        Upload { done: false, begun: false, source: Source::Whole(Bytes::new()) }
    }

    pub(super) fn collected(body: Bytes) -> Upload {
        Upload { done: false, begun: false, source: Source::Whole(body) }
    }

    pub(super) fn streamed(limit: usize) -> Upload {
        let source = Source::Streamed { copy: Vec::new(), limit, whole: limit > 0, client_done: false, replay: false };
        Upload { done: false, begun: false, source }
    }

    /// Whether another try can send the same body.
    pub(super) fn replayable(&self) -> bool {
        match &self.source {
            Source::Whole(_) => true,
            Source::Streamed { whole, .. } => !self.begun || *whole,
        }
    }

    /// Bytes kept for another try; a collected body is the exchange's own.
    fn kept(&self) -> usize {
        match &self.source {
            Source::Whole(_) => 0,
            Source::Streamed { copy, .. } => copy.len(),
        }
    }

    /// Starts over, for another try.
    pub(super) fn rewind(&mut self) {
        self.done = false;
        if let Source::Streamed { replay, .. } = &mut self.source {
            *replay = self.begun;
        }
    }

    /// What goes with the head: the whole body if it is in hand, else what has come of it.
    pub(super) fn first(&mut self, x: &mut Exchange, down: &mut dyn Downstream) -> (Chunk, bool) {
        match &mut self.source {
            Source::Whole(body) => {
                self.done = true;
                (Chunk::from(Bytes::clone(body)), true)
            }
            Source::Streamed { copy, client_done, replay, .. } => {
                if std::mem::take(replay) {
                    self.done = *client_done;
                    return (Chunk::from(Bytes::copy_from_slice(copy)), *client_done);
                }
                down.accept_body();
                let mut cx = Context::from_waker(std::task::Waker::noop());
                match self.take(&mut cx, down) {
                    Poll::Ready(Ok((piece, last))) => {
                        x.req.received += piece.len() as u64;
                        self.done = last;
                        (piece, last)
                    }
                    // Nothing yet, or an error that the next poll reports again.
                    _ => (Chunk::empty(), false),
                }
            }
        }
    }

    /// The next piece of the client's body.
    fn take(&mut self, cx: &mut Context<'_>, down: &mut dyn Downstream) -> Poll<Result<(Chunk, bool), WireError>> {
        let (piece, last) = match down.poll_data(cx) {
            Poll::Ready(Ok(got)) => got,
            other => return other,
        };
        self.begun = true;
        if let Source::Streamed { copy, limit, whole, client_done, .. } = &mut self.source {
            if *whole {
                if copy.len() + piece.len() <= *limit {
                    copy.extend_from_slice(piece.as_slice());
                } else {
                    *whole = false;
                    *copy = Vec::new();
                }
            }
            *client_done = last;
        }
        Poll::Ready(Ok((piece, last)))
    }

    /// Moves the upload on as far as both sides allow.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        x: &mut Exchange,
        down: &mut dyn Downstream,
        up: &mut dyn Upstream,
    ) -> Result<(), Broken> {
        loop {
            match up.poll_flush(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Err(Broken::Upstream(error)),
                Poll::Pending => return Ok(()),
            }
            if self.done {
                return Ok(());
            }
            // An answer to `Expect: 100-continue` may be queued.
            if let Poll::Ready(Err(error)) = down.poll_flush(cx) {
                return Err(Broken::Client(error));
            }
            let (piece, last) = match self.take(cx, down) {
                Poll::Ready(Ok(got)) => got,
                Poll::Ready(Err(error)) => return Err(Broken::Client(error)),
                Poll::Pending => return Ok(()),
            };
            x.req.received += piece.len() as u64;
            if last && x.req.framing == Framing::Stream {
                upload_trailers(down, up);
            }
            up.send(piece, last);
            self.done = last;
        }
    }
}

/// The request's body is whole: what came behind it goes behind it.
pub(super) fn upload_trailers(down: &mut dyn Downstream, up: &mut dyn Upstream) {
    let mut trailers = Headers::default();
    let mut cx = Context::from_waker(std::task::Waker::noop());
    if let Poll::Ready(true) = down.poll_trailers(&mut cx, &mut trailers) {
        up.trailers(&trailers);
    }
}

/// Sends the rest of the request and waits for the head of the answer. An answer may come before the request is whole.
pub(super) async fn request_and_head(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    up: &mut dyn Upstream,
    upload: &mut Upload,
    timeouts: Timeouts,
) -> Result<(), Broken> {
    let mut since = now_ms();
    let mut moved = x.req.received;
    poll_fn(|cx| {
        let uploaded = upload.poll(cx, x, down, up);
        match up.poll_response(cx, x) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(Broken::Upstream(error))),
            Poll::Pending => {}
        }
        if x.worker().sheds(|| held(x, down) + up.held() + upload.kept()) {
            return Poll::Ready(Err(Broken::Client(WireError::Shed)));
        }
        if let Err(broken) = uploaded {
            // The upstream may close its side while it answers: the answer, if one is there, was looked at first.
            return Poll::Ready(Err(broken));
        }
        if moved != x.req.received {
            moved = x.req.received;
            since = now_ms();
        }
        x.deadline.watch(cx.waker());
        let now = now_ms();
        // While the client still sends, its own limits apply; the upstream's begin when it has everything.
        let limit = if upload.done { timeouts.read_ms } else { timeouts.read_ms.max(timeouts.send_ms) };
        if now.saturating_sub(since) >= limit {
            return Poll::Ready(Err(Broken::Upstream(WireError::Timeout)));
        }
        if x.deadline.expired() && down.gone() {
            return Poll::Ready(Err(Broken::Client(WireError::Closed)));
        }
        x.deadline.arm(now + LOOK_MS.min(limit));
        Poll::Pending
    })
    .await
}

/// Bytes in memory for the sake of an exchange: its body where it was collected, and what waits on the client's side.
pub(super) fn held(x: &Exchange, down: &dyn Downstream) -> usize {
    x.req.collected.as_ref().map_or(0, Bytes::len) + down.held()
}

/// Gives the answer's head and first piece to the client.
pub(super) fn respond(x: &mut Exchange, down: &mut dyn Downstream, first: Chunk, last: bool) {
    x.resp.started = true;
    x.resp.finished = last;
    x.resp.body_sent += first.len() as u64;
    down.respond(x, first, last);
}

/// The head of the answer is in `x.resp`: filters it, then relays the body.
pub(super) async fn answer(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    mut up: Box<dyn Upstream>,
    upload: &mut Upload,
    timeouts: Timeouts,
) {
    x.resp.origin = Origin::Upstream;
    x.upstream.status = x.resp.status;
    if x.resp.framing == Framing::Tunnel || x.resp.status == 101 {
        return tunnel(x, down, up.as_mut(), upload, timeouts).await;
    }
    decorate(x);
    x.apply_early_headers();
    phases::header_filter(x);
    if x.resp.body_changes && x.resp.framing != Framing::None {
        x.resp.framing = Framing::Stream;
    }
    let Some((mut piece, mut last)) = first_piece(up.as_mut()) else {
        down.abort();
        return;
    };
    // What plugins have taken of the body and not given back.
    let mut withheld = piece.len();
    phases::body_filter(x, &mut piece, last);
    withheld = withheld.saturating_sub(piece.len());
    if last {
        pass_trailers(x, down, up.as_mut()).await;
    }
    respond(x, down, piece, last);
    while !last {
        match next_piece(x, down, up.as_mut(), upload, timeouts, withheld).await {
            Ok((mut piece, end)) => {
                last = end;
                withheld += piece.len();
                phases::body_filter(x, &mut piece, last);
                withheld = withheld.saturating_sub(piece.len());
                if last {
                    pass_trailers(x, down, up.as_mut()).await;
                }
                if last || !piece.is_empty() {
                    x.resp.body_sent += piece.len() as u64;
                    down.send(piece, last);
                }
            }
            Err(_) => {
                // Not whole, and its beginning is out: the client must be able to tell.
                down.abort();
                return;
            }
        }
    }
    x.times.upstream_end_ms = now_ms();
    if upload.done {
        up.release();
    } else {
        // Answered before the request was whole: the upload stops, neither connection is used again.
        drop(up);
        down.stop();
    }
    match flush_down(x, down).await {
        Ok(()) => x.resp.finished = true,
        Err(_) => down.abort(),
    }
}

/// Fields the gateway adds to an upstream's answer.
fn decorate(x: &mut Exchange) {
    // The encoder writes the gateway's own name where there is none.
    x.resp.head.remove(name::SERVER);
    if x.resp.status < 500 && !x.worker().settings().show_upstream_status {
        return;
    }
    let status = x.resp.status;
    say_upstream_status(x, Some(status));
}

/// The statuses of all tries, the last one's at the end.
pub(super) fn say_upstream_status(x: &mut Exchange, last: Option<u16>) {
    let mut text = String::new();
    for status in x.upstream.failed.iter().map(|(_, status)| *status).chain(last) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&status.to_string());
    }
    // Digits and commas may stand in a header.
    let _ = x.resp.head.set(name::X_APISIX_UPSTREAM_STATUS, text.as_bytes());
}

/// What has come of the body with the head; empty when nothing has. `None`: it is broken already.
fn first_piece(up: &mut dyn Upstream) -> Option<(Chunk, bool)> {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    match up.poll_data(&mut cx) {
        Poll::Ready(Ok(got)) => Some(got),
        Poll::Ready(Err(_)) => None,
        Poll::Pending => Some((Chunk::empty(), false)),
    }
}

async fn pass_trailers(x: &Exchange, down: &mut dyn Downstream, up: &mut dyn Upstream) {
    if !matches!(x.resp.framing, Framing::Stream) {
        return;
    }
    let mut trailers = Headers::default();
    if poll_fn(|cx| up.poll_trailers(cx, &mut trailers)).await {
        down.trailers(&trailers);
    }
}

/// Waits until the client has taken what is queued, then for the next piece of the answer; the upload goes on meanwhile.
async fn next_piece(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    up: &mut dyn Upstream,
    upload: &mut Upload,
    timeouts: Timeouts,
    withheld: usize,
) -> Result<(Chunk, bool), WireError> {
    let mut since = None;
    let read_ms = timeouts.read_ms;
    poll_fn(|cx| {
        if !upload.done && upload.poll(cx, x, down, up).is_err() {
            // The answer still comes; the upload does not go on.
            upload.done = false;
        }
        let flushed = match down.poll_flush(cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => false,
        };
        if flushed {
            let got = up.poll_data(cx);
            if got.is_ready() {
                return got;
            }
        }
        if x.worker().sheds(|| held(x, down) + up.held() + withheld) {
            return Poll::Ready(Err(WireError::Shed));
        }
        let now = now_ms();
        x.deadline.watch(cx.waker());
        x.deadline.arm(now + LOOK_MS.min(read_ms));
        if flushed {
            let since = *since.get_or_insert(now);
            if now.saturating_sub(since) >= read_ms {
                return Poll::Ready(Err(WireError::Timeout));
            }
        }
        Poll::Pending
    })
    .await
}

/// Writes out what is queued for the client.
pub(super) async fn flush_down(x: &mut Exchange, down: &mut dyn Downstream) -> Result<(), WireError> {
    poll_fn(|cx| {
        let flushed = down.poll_flush(cx);
        if flushed.is_pending() {
            if x.worker().sheds(|| held(x, down)) {
                return Poll::Ready(Err(WireError::Shed));
            }
            x.deadline.watch(cx.waker());
            x.deadline.arm_in(LOOK_MS);
        }
        flushed
    })
    .await
}

/// After a 101: raw bytes both ways until one side ends.
async fn tunnel(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    up: &mut dyn Upstream,
    upload: &mut Upload,
    timeouts: Timeouts,
) {
    x.resp.framing = Framing::Tunnel;
    x.apply_early_headers();
    phases::header_filter(x);
    respond(x, down, Chunk::empty(), false);
    down.tunnel();
    up.tunnel();
    upload.done = false;
    upload.source = Source::Streamed { copy: Vec::new(), limit: 0, whole: false, client_done: false, replay: false };
    x.req.framing = Framing::Tunnel;
    let mut since = now_ms();
    let read_ms = timeouts.read_ms;
    let mut moved = (x.req.received, x.resp.body_sent);
    poll_fn(|cx| {
        loop {
            if upload.poll(cx, x, down, up).is_err() || upload.done {
                return Poll::Ready(());
            }
            match down.poll_flush(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
            match up.poll_data(cx) {
                Poll::Ready(Ok((piece, last))) => {
                    x.resp.body_sent += piece.len() as u64;
                    down.send(piece, last);
                    if last {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        let now = now_ms();
        if moved != (x.req.received, x.resp.body_sent) {
            moved = (x.req.received, x.resp.body_sent);
            since = now;
        }
        if x.worker().sheds(|| down.held() + up.held()) {
            down.abort();
            return Poll::Ready(());
        }
        if now.saturating_sub(since) >= read_ms {
            return Poll::Ready(());
        }
        x.deadline.watch(cx.waker());
        x.deadline.arm(now + LOOK_MS.min(read_ms));
        Poll::Pending
    })
    .await;
    let _ = flush_down(x, down).await;
    x.resp.finished = true;
}
