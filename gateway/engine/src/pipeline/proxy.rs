//! To the upstream: a node, a connection, the request; again with another node where that is safe.

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::relay;
use super::tries::Tries;
use super::upload::{self, Upload};
use super::{collect, complain, exit, hedge, open, phases, target_of, transcode};
use crate::exchange::{Exchange, Framing};
use crate::grpc;
use crate::plugin::Exit;
use crate::upstream::retry::{Failure, Verdict};
use crate::upstream::{Limit, LocalNode, LocalUpstream, Occupied, Scheme, Timeouts};
use crate::wire::{Downstream, Upstream, WireError};
use crate::worker::now_us;

/// Longest wait between two looks at the clock, in milliseconds.
pub(super) const LOOK_MS: u64 = 1000;

/// Why a try did not give an answer.
pub(super) enum Failed {
    /// The upstream's side; `status` is what the client gets if this was the last try.
    Upstream { failure: Failure, status: u16, sent: bool, stale: bool },
    /// The node has answered with this status, and another one is asked instead.
    Answered(u16),
    /// The upstream has as much of it as it may.
    Full(Limit),
    /// The client's: its body broke off, came too slowly, is too long.
    Client(WireError),
}

/// Sends the exchange to its upstream and the answer back. An exit when there is none to send back.
pub(super) async fn proxy(x: &mut Exchange, down: &mut dyn Downstream) -> Option<Box<Exit>> {
    let upstream = match target_of(x) {
        Ok(upstream) if upstream.upstream().nodes.is_empty() => Box::pin(ready(x, upstream)).await,
        Ok(upstream) => upstream,
        Err(status) => return Some(nowhere(x, status)),
    };
    choose(x, &upstream);
    let scheme = upstream.upstream().scheme;
    let called = x.req.call.is_some();
    if called != (scheme == Scheme::Dubbo) {
        // Rare: no exchange should hold room for it.
        if let Some(exit) = Box::pin(transcode::transcode(x, down, scheme)).await {
            return Some(exit);
        }
    } else if called && let Some(exit) = transcode::unchangeable(x) {
        return Some(exit);
    }
    if scheme == Scheme::Tri {
        transcode::guard(x);
    }
    if let Err(full) = admit(x, &upstream) {
        return Some(refused(x, full));
    }
    let (keep, http2) = (upstream.retries() > 0 && upstream.repeats(x), upstream.upstream().http2);
    // Made once `before_proxy` has run: a plugin may collect the body there.
    let mut upload: Option<Upload> = None;
    let mut tries = Tries::new(x, upstream);
    loop {
        let node = match tries.begin(x) {
            Ok(node) => node,
            Err(status) => return Some(nowhere(x, status)),
        };
        if !(x.chain.before_proxy.is_empty() && x.globals.before_proxy.is_empty())
            && let Some(exit) = before_proxy(x, down).await
        {
            return Some(exit);
        }
        // Whoever decides whether it goes, and as what, has done so by now.
        if let Some(exit) = transcode::unfit(x, scheme) {
            return Some(exit);
        }
        let upload = upload.get_or_insert_with(|| Upload::new(x, keep, http2));
        match attempt(x, down, &node, upload, &mut tries).await {
            Ok(()) => return None,
            Err(Failed::Client(error)) => return Some(client_failure(x, down, error)),
            Err(Failed::Full(full)) => return Some(refused(x, full)),
            Err(Failed::Answered(status)) => {
                let node = x.upstream.node.clone().unwrap_or(node);
                x.upstream.failed.push((node, status));
                tries.upstream.state(x).tally.retry();
                start_over(x, upload);
            }
            Err(Failed::Upstream { failure, status, sent, stale }) => {
                let verdict = tries.after_failure(x, upload.replayable(), failure, sent, stale);
                report(x, &tries.upstream, &node, failure, status, verdict);
                start_over(x, upload);
                if x.overdue() {
                    x.upstream.failed.push((node, 504));
                    return Some(exit::proxy_failure(x, 504));
                }
                match verdict {
                    Verdict::Stop | Verdict::Late => {
                        x.upstream.failed.push((node, status));
                        return Some(exit::proxy_failure(x, if verdict == Verdict::Late { 502 } else { status }));
                    }
                    Verdict::Fresh => tries.renew(node),
                    Verdict::Next => {
                        tries.upstream.mark_tried(x, &node);
                        x.upstream.failed.push((node, status));
                    }
                }
            }
        }
        x.worker().counters.retries.add(1);
        x.times.forget_try();
        if let Err(error) = tries.pause(x, down, upload).await {
            return Some(client_failure(x, down, error));
        }
    }
}

/// This is the upstream: its timeouts hold, but for those of the route, and its checks begin.
#[inline]
fn choose(x: &mut Exchange, upstream: &Rc<LocalUpstream>) {
    let own = x.route.as_ref().and_then(|r| r.route.timeouts);
    x.upstream.timeouts = Some(own.unwrap_or_else(|| upstream.timeouts()));
    x.upstream.upstream = Some(Rc::clone(upstream));
    upstream.wake();
}

/// Nothing of a try that gave no answer is left.
fn start_over(x: &mut Exchange, upload: &mut Upload) {
    x.resp.reset();
    upload.rewind();
}

/// Tells everybody who wants to know it that a try has failed, and what follows.
#[cold]
fn report(
    x: &Exchange,
    upstream: &LocalUpstream,
    node: &Rc<LocalNode>,
    failure: Failure,
    status: u16,
    verdict: Verdict,
) {
    complain::of_try(x, node, failure, verdict);
    // A kept connection that its peer has closed is no failure; and who waits less long than the upstream may take says
    // nothing of the node.
    if verdict == Verdict::Fresh || x.overdue() {
        return;
    }
    let tally = &upstream.state(x).tally;
    tally.failure(failure);
    if verdict == Verdict::Next {
        tally.retry();
    }
    upstream.failed(node, failure, status, verdict != Verdict::Next);
}

/// Counts the request where the upstream limits them.
fn admit(x: &mut Exchange, upstream: &LocalUpstream) -> Result<(), Limit> {
    let Some(most) = upstream.limits().and_then(|limits| limits.max_requests) else { return Ok(()) };
    let request = Occupied::enter(upstream.state(x), Limit::Requests, most);
    x.upstream.request = Some(request.ok_or(Limit::Requests)?);
    Ok(())
}

/// The upstream has as much as it may.
#[cold]
fn refused(x: &mut Exchange, full: Limit) -> Box<Exit> {
    if let Some(upstream) = &x.upstream.upstream {
        upstream.state(x).tally.overflow(full);
    }
    complain::of_crowd(x, full);
    let _ = exit::proxy_failure(x, 503);
    Box::new(Exit::error_msg(503, &format!("the upstream is at its limit ({})", full.name())))
}

/// No node can be tried, or no other one.
#[cold]
fn nowhere(x: &mut Exchange, status: u16) -> Box<Exit> {
    complain::of_none(x, status);
    exit::proxy_failure(x, status)
}

/// The upstream with its nodes known: where a name has not been looked up even once, the first answer is waited for. It may have come
/// already, and the configuration that knows of it not yet.
async fn ready(x: &Exchange, upstream: Rc<LocalUpstream>) -> Rc<LocalUpstream> {
    let shared = upstream.upstream();
    if !shared.nodes.is_empty() {
        return upstream;
    }
    let settled = Arc::clone(shared).settled().await;
    if Arc::ptr_eq(&settled, shared) {
        return upstream;
    }
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
    tries: &mut Tries,
) -> Result<(), Failed> {
    x.times.upstream_start_us = now_us();
    let (mut up, pooled) = open::connect(x, node).await?;
    x.times.connected_us = now_us();
    let (first, last) = upload.first(x, down);
    if last && x.req.framing == Framing::Stream {
        upload::upload_trailers(down, up.as_mut());
    }
    up.request(x, first, last);
    let hedge_after_ms = tries.hedge_after_ms(x);
    if let Some(after_ms) = hedge_after_ms {
        // Apart: what few upstreams ask for should not make every exchange larger.
        up = match Box::pin(hedge::request_and_head(x, down, up, upload, tries, after_ms)).await {
            Ok(up) => up,
            Err((why, up)) => return Err(unanswered(why, pooled && up.is_some_and(|up| up.retryable()))),
        };
    } else if let Err(why) = relay::request_and_head(x, down, up.as_mut(), upload).await {
        return Err(unanswered(why, pooled && up.retryable()));
    }
    // Another node may have been faster.
    let other = hedge_after_ms.and_then(|_| x.upstream.node.clone());
    let node = other.as_ref().unwrap_or(node);
    x.times.headers_us = now_us();
    if x.resp.status == 101 && !x.req.websocket {
        // Nobody asked for it (hardening up.06).
        return Err(Failed::Upstream { failure: Failure::Malformed, status: 502, sent: true, stale: false });
    }
    let judged = if x.req.grpc { mend_call(x) } else { x.resp.status };
    // A call that its node declines may go to another one: nothing has been said to the caller yet.
    if tries.left() && upload.replayable() && declined(x) {
        return Err(Failed::Upstream { failure: Failure::Reset, status: 503, sent: false, stale: false });
    }
    tries.upstream.answered(x, node, judged);
    let declined = x.resp.reply.is_some_and(|reply| reply.declined);
    if (declined && tries.after_decline(x, node)) || tries.after_answer(x, node, upload.replayable()) {
        if upload.done() {
            discard(x, up);
        }
        return Err(Failed::Answered(x.resp.status));
    }
    tries.answered(x);
    relay::answer(x, down, up, upload).await.map_err(|error| broken(error, false))
}

/// Reads over an answer that nobody gets, so that its connection can be used again; only what is there already is worth it.
#[cold]
fn discard(x: &Exchange, mut up: Box<dyn Upstream>) {
    let mut cx = Context::from_waker(Waker::noop());
    let mut whole = x.resp.framing == Framing::None;
    for _ in 0..DISCARDED {
        if whole {
            break;
        }
        match up.poll_data(&mut cx) {
            Poll::Ready(Ok((_, last))) => whole = last,
            _ => return,
        }
    }
    if whole {
        up.release();
    }
}

/// Most pieces that are read of an answer nobody gets.
const DISCARDED: usize = 4;

/// How long the node may take.
pub(super) fn timeouts(x: &Exchange) -> Timeouts {
    // They are known as soon as the upstream is.
    x.upstream.timeouts.unwrap_or_default()
}

/// No answer came.
#[cold]
fn unanswered(why: relay::Broken, stale: bool) -> Failed {
    match why {
        relay::Broken::Client(error) => Failed::Client(error),
        relay::Broken::Upstream(error) => broken(error, stale),
    }
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

/// The answer to a gRPC call is told by its own status, whatever that of HTTP is: Triple providers send a 500 with it, which is
/// none that the caller should see (Dubbo's Triple; the gRPC project's "gRPC over HTTP/2" has 200). Gives the status that health
/// checks judge the node by.
fn mend_call(x: &mut Exchange) -> u16 {
    let Some(status) = grpc::status_in(&x.resp.head) else { return x.resp.status };
    if x.resp.status >= 300 {
        x.resp.status = 200;
    }
    grpc::judged(status)
}

/// The node says by a head alone that it is not available, before it has done anything for this call.
fn declined(x: &Exchange) -> bool {
    x.resp.framing == Framing::None && grpc::status_in(&x.resp.head) == Some(grpc::UNAVAILABLE)
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
    /// The upload of an exchange. With `keep`, the body's beginning is kept for another try; over HTTP/2 always, for a node may
    /// say that it did not take the request.
    fn new(x: &mut Exchange, keep: bool, http2: bool) -> Upload {
        if let Some(body) = &x.req.collected {
            // RFC 9110 §8.6: methods that are about a body say that it is empty; some origins refuse them else.
            let says = |x: &Exchange| {
                x.req.framing != Framing::None && matches!(x.upstream_method(), b"POST" | b"PUT" | b"PATCH")
            };
            x.req.framing = match body.len() as u64 {
                0 if !says(x) => Framing::None,
                len => Framing::Length(len),
            };
            return Upload::collected(Bytes::clone(body));
        }
        if x.req.framing == Framing::None {
            return Upload::empty();
        }
        let limit = if http2 || keep { x.worker().settings().limits.replay_bytes } else { 0 };
        Upload::streamed(limit)
    }
}
