//! To the upstream: a node, a connection, the request; again with another node where that is safe.

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;

use super::relay::{self, Upload};
use super::{collect, complain, exit, phases, target_of};
use crate::exchange::{Exchange, Framing};
use crate::grpc;
use crate::plugin::Exit;
use crate::upstream::retry::{self, Failure, Try, Verdict};
use crate::upstream::{LocalNode, LocalUpstream, Timeouts};
use crate::wire::{Acquire, Downstream, Upstream, WireError};
use crate::worker::now_ms;

/// How often a request that nobody has seen is repeated without that counting as a try.
const RENEWALS: u32 = 3;

/// Longest wait between two looks at the clock, in milliseconds.
pub(super) const LOOK_MS: u64 = 1000;

/// Why a try did not give an answer.
enum Failed {
    /// The upstream's side; `status` is what the client gets if this was the last try.
    Upstream { failure: Failure, status: u16, sent: bool, stale: bool },
    /// The client's: its body broke off, came too slowly, is too long.
    Client(WireError),
}

/// Sends the exchange to its upstream and the answer back. An exit when there is none to send back.
pub(super) async fn proxy(x: &mut Exchange, down: &mut dyn Downstream) -> Option<Box<Exit>> {
    let upstream = match target_of(x) {
        Ok(upstream) => ready(x, upstream).await,
        Err(status) => return Some(nowhere(x, status)),
    };
    let own = x.route.as_ref().and_then(|r| r.route.timeouts);
    x.upstream.timeouts = Some(own.unwrap_or_else(|| upstream.timeouts()));
    x.upstream.upstream = Some(Rc::clone(&upstream));
    upstream.wake();
    let http2 = upstream.upstream().http2;
    let mut upload = Upload::new(x, upstream.retries() > 0, http2);
    let mut again_at: Option<Rc<LocalNode>> = None;
    let (mut tries, mut renewals) = (0, 0);
    let began = now_ms();
    loop {
        let picked = again_at.take().map_or_else(|| upstream.pick(x), Ok);
        let node = match picked {
            Ok(node) => node,
            Err(status) => return Some(nowhere(x, status)),
        };
        tries += 1;
        x.upstream.tries += 1;
        x.upstream.node = Some(Rc::clone(&node));
        x.upstream.flight = upstream.enter(&node);
        if let Some(exit) = before_proxy(x, down).await {
            return Some(exit);
        }
        // A call that its node declines may go to another one: nothing has been said to the caller yet.
        let decline = tries <= upstream.retries();
        let (failure, status, sent, stale) = match attempt(x, down, &node, &mut upload, decline).await {
            Ok(()) => return None,
            Err(Failed::Client(error)) => return Some(client_failure(x, down, error)),
            Err(Failed::Upstream { failure, status, sent, stale }) => (failure, status, sent, stale),
        };
        let verdict = retry::judge(&Try {
            failure,
            sent,
            stale: stale && renewals < RENEWALS,
            idempotent: x.idempotent(),
            replayable: upload.replayable(),
            tries,
            retries: upstream.retries(),
            elapsed_ms: now_ms().saturating_sub(began),
            budget_ms: upstream.retry_timeout_ms(),
        });
        complain::of_try(x, &node, failure, verdict);
        // Who waits less long than the upstream may take says nothing of the node.
        if verdict != Verdict::Fresh && !x.overdue() {
            upstream.judge_failure(&node, failure, status, verdict != Verdict::Next);
        }
        x.resp.reset();
        upload.rewind();
        if x.overdue() {
            x.upstream.failed.push((node, 504));
            return Some(exit::proxy_failure(x, 504));
        }
        match verdict {
            Verdict::Stop | Verdict::Late => {
                x.upstream.failed.push((node, status));
                return Some(exit::proxy_failure(x, if verdict == Verdict::Late { 502 } else { status }));
            }
            Verdict::Fresh => {
                // The pool's other connections to this node have most likely met the same end.
                node.close_kept();
                tries -= 1;
                renewals += 1;
                again_at = Some(node);
            }
            Verdict::Next => {
                upstream.mark_tried(x, &node);
                x.upstream.failed.push((node, status));
            }
        }
        x.worker().counters.retries.add(1);
    }
}

/// No node can be tried, or no other one.
#[cold]
fn nowhere(x: &mut Exchange, status: u16) -> Box<Exit> {
    complain::of_none(x, status);
    exit::proxy_failure(x, status)
}

/// The upstream with its nodes known: where a name has not been looked up even once, the first answer is waited for.
async fn ready(x: &Exchange, upstream: Rc<LocalUpstream>) -> Rc<LocalUpstream> {
    let shared = upstream.upstream();
    if !shared.nodes.is_empty() || !shared.is_pending() {
        return upstream;
    }
    let settled = Arc::clone(shared).settled().await;
    x.worker().with_settings(|settings| Rc::new(LocalUpstream::new(settled, settings)))
}

/// `before_proxy` of the global rules and the route; again for each try.
async fn before_proxy(x: &mut Exchange, down: &mut dyn Downstream) -> Option<Box<Exit>> {
    if !x.globals.before_proxy.is_empty()
        && let Some(exit) = phases::global(x, down, phases::Phase::BeforeProxy).await
    {
        return Some(exit);
    }
    if x.chain.before_proxy.is_empty() {
        return None;
    }
    phases::route(x, down, phases::Phase::BeforeProxy).await
}

/// One try at a node: connection, request, answer.
async fn attempt(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    node: &Rc<LocalNode>,
    upload: &mut Upload,
    decline: bool,
) -> Result<(), Failed> {
    x.times.upstream_start_ms = now_ms();
    let within_ms = timeouts(x).connect_ms;
    let (mut up, pooled) = connect(x, node, within_ms).await?;
    x.times.connected_ms = now_ms();
    let (first, last) = upload.first(x, down);
    if last && x.req.framing == Framing::Stream {
        relay::upload_trailers(down, up.as_mut());
    }
    up.request(x, first, last);
    match relay::request_and_head(x, down, up.as_mut(), upload).await {
        Ok(()) => {}
        Err(relay::Broken::Client(error)) => return Err(Failed::Client(error)),
        Err(relay::Broken::Upstream(error)) => return Err(broken(error, pooled && up.retryable())),
    }
    x.times.headers_ms = now_ms();
    if x.resp.status == 101 && !x.req.websocket {
        // Nobody asked for it (hardening up.06).
        return Err(Failed::Upstream { failure: Failure::Malformed, status: 502, sent: true, stale: false });
    }
    if decline && upload.replayable() && declined(x) {
        return Err(Failed::Upstream { failure: Failure::Reset, status: 503, sent: false, stale: false });
    }
    if let Some(upstream) = &x.upstream.upstream {
        upstream.answered(x.upstream.flight.as_ref());
        upstream.judge(node, x.resp.status);
    }
    relay::answer(x, down, up, upload).await.map_err(|error| broken(error, false))
}

/// How long the node may take.
pub(super) fn timeouts(x: &Exchange) -> Timeouts {
    // They are known as soon as the upstream is.
    x.upstream.timeouts.unwrap_or_default()
}

/// The upstream's side failed after the request went out.
fn broken(error: WireError, stale: bool) -> Failed {
    let (failure, status) = match error {
        WireError::Timeout | WireError::TooSlow => (Failure::Timeout, 504),
        WireError::Connect | WireError::Closed | WireError::Shed | WireError::Ending => (Failure::Reset, 502),
        // Not seen by anybody: repeated at once, on another connection where that is why.
        WireError::Untouched => {
            return Failed::Upstream { failure: Failure::Reset, status: 502, sent: false, stale: true };
        }
        WireError::Protocol(_) | WireError::TooLarge => (Failure::Malformed, 502),
    };
    Failed::Upstream { failure, status, sent: true, stale }
}

/// The node says by a head alone that it is not available, before it has done anything for this call.
fn declined(x: &Exchange) -> bool {
    x.resp.framing == Framing::None && grpc::status_in(&x.resp.head) == Some(grpc::UNAVAILABLE)
}

/// A connection to the node: pooled, or opened within the time allowed.
async fn connect(x: &Exchange, node: &Rc<LocalNode>, within_ms: u64) -> Result<(Box<dyn Upstream>, bool), Failed> {
    let failed = |status| Failed::Upstream { failure: Failure::Connect, status, sent: false, stale: false };
    let Some(connector) = x.worker().connector(node) else { return Err(failed(502)) };
    let mut connecting = match connector.acquire(node, x) {
        Acquire::Ready(up) => return Ok((up, true)),
        Acquire::Connect(connecting) => connecting,
    };
    let mut until = now_ms().saturating_add(within_ms);
    if x.req.until_ms != 0 {
        until = until.min(x.req.until_ms);
    }
    x.deadline.arm(until);
    let outcome = poll_fn(|cx| {
        x.deadline.watch(cx.waker());
        match connecting.as_mut().poll(cx) {
            Poll::Pending if now_ms() >= until => Poll::Ready(Err(WireError::Timeout)),
            Poll::Pending if x.worker().closing() => Poll::Ready(Err(WireError::Ending)),
            other => other,
        }
    })
    .await;
    x.deadline.disarm();
    match outcome {
        Ok(up) => Ok((up, false)),
        Err(WireError::Timeout | WireError::TooSlow) => Err(failed(504)),
        Err(_) => Err(failed(502)),
    }
}

/// The client's body could not be forwarded.
fn client_failure(x: &mut Exchange, down: &mut dyn Downstream, error: WireError) -> Box<Exit> {
    let status = collect::status_of_client(error);
    if status == 499 {
        // Nobody reads an answer; the log shows why.
        down.abort();
        x.resp.reset();
        x.resp.status = 499;
        x.resp.started = true;
    }
    Box::new(Exit::page(status))
}

/// What may be sent again of a request body, and what of it is still with the client.
impl Upload {
    /// The upload of an exchange. With `keep`, the body's beginning is kept for another try where the method allows one; over
    /// HTTP/2 always, for a node may say that it did not take the request.
    fn new(x: &mut Exchange, keep: bool, http2: bool) -> Upload {
        if let Some(body) = &x.req.collected {
            x.req.framing = if body.is_empty() { Framing::None } else { Framing::Length(body.len() as u64) };
            return Upload::collected(Bytes::clone(body));
        }
        if x.req.framing == Framing::None {
            return Upload::empty();
        }
        let limit = if http2 || (keep && x.idempotent()) { x.worker().settings().limits.replay_bytes } else { 0 };
        Upload::streamed(limit)
    }
}
