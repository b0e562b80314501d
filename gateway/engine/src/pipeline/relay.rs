//! The wait for the answer, while the upload goes on; then the answer on its way, with back-pressure both ways.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::phases;
use super::proxy::{LOOK_MS, timeouts};
use super::upload::Upload;
use crate::buf::Chunk;
use crate::exchange::{Exchange, Framing, Origin, ReplyReader};
use crate::grpc;
use crate::headers::{Headers, Name, name};
use crate::wire::{Downstream, Upstream, WireError};
use crate::worker::{now_ms, now_us};

/// Which side broke.
pub(super) enum Broken {
    Client(WireError),
    Upstream(WireError),
}

/// Sends the rest of the request and waits for the head of the answer. An answer may come before the request is whole.
pub(super) async fn request_and_head(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    up: &mut dyn Upstream,
    upload: &mut Upload,
) -> Result<(), Broken> {
    let mut patience = Patience::new(x);
    poll_fn(|cx| {
        let uploaded = upload.poll(cx, x, down, up);
        match up.poll_response(cx, x) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(Broken::Upstream(error))),
            Poll::Pending => {}
        }
        if let Err(broken) = uploaded {
            // The upstream may close its side while it answers: the answer, if one is there, was looked at first.
            return Poll::Ready(Err(broken));
        }
        patience.poll(cx, x, down, upload, || up.held(), u64::MAX).map(Err)
    })
    .await
}

/// How long the head of an answer is waited for.
pub(super) struct Patience {
    since: u64,
    moved: u64,
}

impl Patience {
    /// From now on.
    pub(super) fn new(x: &Exchange) -> Patience {
        Patience { since: now_ms(), moved: x.req.received }
    }

    /// Why it is over, if it is; else the task is woken when it may be, and at `wake_ms`. So many bytes wait on the upstream's side as `held_up` says.
    // A call with so much in hand costs more than what it does.
    #[inline(always)]
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        x: &Exchange,
        down: &mut dyn Downstream,
        upload: &Upload,
        held_up: impl FnOnce() -> usize,
        wake_ms: u64,
    ) -> Poll<Broken> {
        if let Some(error) = x.worker().ends(|| held(x, down) + held_up() + upload.kept()) {
            return Poll::Ready(Broken::Client(error));
        }
        if self.moved != x.req.received {
            self.moved = x.req.received;
            self.since = now_ms();
        }
        let now = now_ms();
        // While the client still sends, its own limits apply; the upstream's begin when it has everything.
        let timeouts = timeouts(x);
        let limit = if upload.done() { timeouts.read_ms } else { timeouts.read_ms.max(timeouts.send_ms) };
        let late = x.upstream.until_ms != 0 && now >= x.upstream.until_ms;
        if now.saturating_sub(self.since) >= limit || late || x.overdue() {
            return Poll::Ready(Broken::Upstream(WireError::Timeout));
        }
        if x.deadline.expired() && down.gone() {
            return Poll::Ready(Broken::Client(WireError::Closed));
        }
        let mut look = next_look(x, now, self.since.saturating_add(limit)).min(wake_ms);
        if x.upstream.until_ms != 0 {
            look = look.min(x.upstream.until_ms);
        }
        x.deadline.wait(cx.waker(), look);
        Poll::Pending
    }
}

/// When an exchange that waits looks about again: soon enough for its own limit and its caller's.
fn next_look(x: &Exchange, now: u64, end: u64) -> u64 {
    let at = end.min(now + LOOK_MS);
    if x.req.until_ms != 0 { at.min(x.req.until_ms) } else { at }
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
///
/// # Errors
/// The body broke off while a plugin made the head wait for it: nothing has been said to the client.
pub(super) async fn answer(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    mut up: Box<dyn Upstream>,
    upload: &mut Upload,
) -> Result<(), WireError> {
    x.resp.origin = Origin::Upstream;
    x.upstream.status = x.resp.status;
    if x.resp.framing == Framing::Tunnel || x.resp.status == 101 {
        tunnel(x, down, up).await;
        return Ok(());
    }
    x.resp.grpc_status = grpc::status_in(&x.resp.head);
    decorate(x);
    let mut translated = None;
    if let Some(replies) = x.req.call.and_then(|call| call.replies) {
        translated = Some(translate(x, up.as_mut(), replies)?);
    }
    x.apply_early_headers();
    phases::header_filter(x);
    if x.resp.body_changes && x.resp.framing != Framing::None {
        x.resp.framing = Framing::Stream;
    }
    let first = translated.map_or_else(|| first_piece(up.as_mut()), |body| Ok((body, true)));
    let (mut piece, mut last) = match first {
        Ok(first) => first,
        // Nothing is out: the client can be told.
        Err(error) => return Err(error),
    };
    // What plugins have taken of the body and not given back.
    let mut withheld = 0;
    loop {
        withheld += piece.len();
        if last {
            take_trailers(x, up.as_mut()).await;
        }
        phases::body_filter(x, &mut piece, last);
        withheld = withheld.saturating_sub(piece.len());
        pass(x, down, piece, last);
        if last {
            break;
        }
        (piece, last) = match next_piece(x, down, up.as_mut(), upload, withheld).await {
            Ok(next) => next,
            // Nothing is out: the client can be told.
            Err(error) if !x.resp.started => return Err(error),
            Err(error) => {
                // Not whole, and its beginning is out: the client must be able to tell.
                drop(up);
                // Rare: no exchange should hold room for it.
                Box::pin(break_off(x, down, error)).await;
                return Ok(());
            }
        };
    }
    x.times.upstream_end_us = now_us();
    if upload.done() {
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
    Ok(())
}

/// Gives a piece of the answer to the client, behind the head if that is still here; a head that waits goes with the first
/// bytes or the end.
fn pass(x: &mut Exchange, down: &mut dyn Downstream, mut piece: Chunk, last: bool) {
    if !x.resp.started && x.resp.head_waits && piece.is_empty() && !last {
        return;
    }
    if last && x.resp.body_changes && hides_length(x) {
        respond(x, down, std::mem::take(&mut piece), false);
    }
    if last
        && let Some(trailers) = x.resp.trailers.take()
        && x.resp.framing == Framing::Stream
    {
        down.trailers(&trailers);
    }
    if !x.resp.started {
        respond(x, down, piece, last);
    } else if last || !piece.is_empty() {
        count(x, &piece);
        down.send(piece, last);
    }
}

/// Whether a body that plugins change, and that has come at once, goes as one that came in pieces: the answer does not tell the length
/// one time and not the other. One that is whole before its head goes always tells it.
#[cold]
fn hides_length(x: &Exchange) -> bool {
    !x.resp.started && !x.resp.head_waits && x.resp.framing == Framing::Stream && x.req.call.is_none()
}

/// A piece of the answer's body goes out behind the head.
fn count(x: &mut Exchange, piece: &Chunk) {
    let bytes = piece.len() as u64;
    x.resp.body_sent += bytes;
    x.resp.sent += bytes;
}

/// Ends an answer of which a part is out and the rest will not come: a gRPC call by its status, everything else abruptly.
async fn break_off(x: &mut Exchange, down: &mut dyn Downstream, error: WireError) {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    if !x.req.grpc || x.resp.framing != Framing::Stream || !matches!(down.poll_flush(&mut cx), Poll::Ready(Ok(()))) {
        return down.abort();
    }
    let (status, message) = match error {
        _ if x.overdue() => (grpc::DEADLINE_EXCEEDED, "Deadline exceeded".to_owned()),
        WireError::Ending | WireError::Shed => (grpc::UNAVAILABLE, error.to_string()),
        _ => (grpc::UNAVAILABLE, format!("upstream: {error}")),
    };
    let mut trailers = Headers::default();
    grpc::put_status(&mut trailers, status, &message);
    x.resp.grpc_status = Some(status);
    x.resp.trailers = Some(Box::new(trailers));
    down.stop();
    // The end passes the filters as every end does: gRPC-Web has another form for it.
    let mut end = Chunk::empty();
    phases::body_filter(x, &mut end, true);
    pass(x, down, end, true);
    match flush_down(x, down).await {
        Ok(()) => x.resp.finished = true,
        Err(_) => down.abort(),
    }
}

/// Fields the gateway adds to an upstream's answer.
fn decorate(x: &mut Exchange) {
    // The encoder writes the gateway's own name where there is none.
    x.resp.head.remove(name::SERVER);
    if x.resp.status < 500 && !x.worker().with_settings(|s| s.show_upstream_status) {
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

/// The answer that a reply to a call is for a client of another protocol. The upstream gives a reply's body whole.
fn translate(x: &mut Exchange, up: &mut dyn Upstream, replies: &dyn ReplyReader) -> Result<Chunk, WireError> {
    let (body, last) = first_piece(up)?;
    if !last || x.resp.reply.is_none() {
        return Err(WireError::Protocol("a reply in pieces"));
    }
    let body = replies.answer(x, body.into_bytes());
    x.resp.framing = match x.resp.trailers {
        Some(_) => Framing::Stream,
        None => Framing::Length(body.len() as u64),
    };
    Ok(body.into())
}

/// What has come of the body with the head; empty when nothing has.
fn first_piece(up: &mut dyn Upstream) -> Result<(Chunk, bool), WireError> {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    match up.poll_data(&mut cx) {
        Poll::Ready(got) => got,
        Poll::Pending => Ok((Chunk::empty(), false)),
    }
}

/// The body is whole: what came behind it is there for plugins to see, and goes behind the body that the client gets.
async fn take_trailers(x: &mut Exchange, up: &mut dyn Upstream) {
    if x.resp.framing != Framing::Stream {
        return;
    }
    let mut trailers = Headers::default();
    if poll_fn(|cx| up.poll_trailers(cx, &mut trailers)).await {
        if let Some(status) = grpc::status_in(&trailers) {
            x.resp.grpc_status = Some(status);
        }
        x.resp.trailers = Some(Box::new(trailers));
    }
}

/// Waits until the client has taken what is queued, then for the next piece of the answer; the upload goes on meanwhile.
async fn next_piece(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    up: &mut dyn Upstream,
    upload: &mut Upload,
    withheld: usize,
) -> Result<(Chunk, bool), WireError> {
    let mut since = None;
    let read_ms = timeouts(x).read_ms;
    poll_fn(|cx| {
        if !upload.done() && upload.poll(cx, x, down, up).is_err() {
            // The answer still comes; the upload does not go on.
            upload.unfinished();
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
        if let Some(error) = x.worker().ends(|| held(x, down) + up.held() + withheld) {
            return Poll::Ready(Err(error));
        }
        let now = now_ms();
        if x.overdue() {
            return Poll::Ready(Err(WireError::Timeout));
        }
        if x.deadline.expired() && down.gone() {
            return Poll::Ready(Err(WireError::Closed));
        }
        x.deadline.wait(cx.waker(), next_look(x, now, since.unwrap_or(now).saturating_add(read_ms)));
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
            x.deadline.wait(cx.waker(), now_ms() + LOOK_MS);
        }
        flushed
    })
    .await
}

/// After a 101: both sides become endless bytes, which [`super::tunnel`] carries.
async fn tunnel(x: &mut Exchange, down: &mut dyn Downstream, mut up: Box<dyn Upstream>) {
    x.resp.framing = Framing::Tunnel;
    x.apply_early_headers();
    phases::header_filter(x);
    if x.resp.status != 101 || x.resp.framing != Framing::Tunnel {
        drop(up);
        return instead_of_tunnel(x, down).await;
    }
    respond(x, down, Chunk::empty(), false);
    if x.resp.framing != Framing::Tunnel {
        // The client's side has seen that the upstream did not agree to what was asked.
        drop(up);
        x.resp.finished = flush_down(x, down).await.is_ok();
        return;
    }
    down.tunnel();
    up.tunnel();
    x.req.framing = Framing::Tunnel;
    phases::tunnel(x);
    x.begin_tunnel(up);
}

/// A plugin has made another answer of a 101: the protocol does not change, and the answer ends like any other.
#[cold]
async fn instead_of_tunnel(x: &mut Exchange, down: &mut dyn Downstream) {
    if x.resp.status == 101 {
        // It has a body, which a 101 cannot have.
        x.resp.status = 502;
    }
    let of_handshake = [Some(name::UPGRADE), Some(name::CONNECTION), Name::new(b"Sec-WebSocket-Accept")];
    for name in of_handshake.into_iter().flatten() {
        x.resp.head.remove(name);
    }
    x.resp.framing = Framing::Stream;
    let mut body = Chunk::empty();
    phases::body_filter(x, &mut body, true);
    x.resp.framing = Framing::Length(body.len() as u64);
    down.stop();
    respond(x, down, body, true);
    x.resp.finished = flush_down(x, down).await.is_ok();
    if !x.resp.finished {
        down.abort();
    }
}
