//! To the upstream: a node, a connection, the request; again with another node where that is safe.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;

use super::relay::{self, Upload};
use super::{collect, exit, phases, target_of};
use crate::exchange::{Exchange, Framing};
use crate::plugin::Exit;
use crate::snapshot::Snapshot;
use crate::upstream::retry::{self, Failure};
use crate::upstream::{LocalNode, LocalUpstream, Timeouts};
use crate::wire::{Acquire, Downstream, Upstream, WireError};
use crate::worker::now_ms;

/// Longest wait between two looks at the clock, in milliseconds.
pub(super) const LOOK_MS: u64 = 1000;

/// Why a try did not give an answer.
enum Failed {
    /// The upstream's side.
    Upstream { error: WireError, sent: bool, reused: bool },
    /// The client's: its body broke off, came too slowly, is too long.
    Client(WireError),
}

/// Sends the exchange to its upstream and the answer back. An exit when there is none to send back.
pub(super) async fn proxy(x: &mut Exchange, snapshot: &Snapshot, down: &mut dyn Downstream) -> Option<Box<Exit>> {
    let _ = snapshot;
    let upstream = match target_of(x) {
        Ok(upstream) => upstream,
        Err(status) => return Some(exit::proxy_failure(x, status)),
    };
    x.upstream.upstream = Some(Rc::clone(&upstream));
    let timeouts = x.route.as_ref().and_then(|r| r.route.timeouts).unwrap_or_else(|| upstream.timeouts());
    x.upstream.timeouts = Some(timeouts);
    let mut upload = Upload::new(x, upstream.retries() > 0);
    let began = now_ms();
    loop {
        let node = match upstream.pick(x) {
            Ok(node) => node,
            Err(status) => return Some(exit::proxy_failure(x, status)),
        };
        x.upstream.node = Some(Rc::clone(&node));
        x.upstream.tries += 1;
        if let Some(exit) = before_proxy(x, down).await {
            return Some(exit);
        }
        let failed = match attempt(x, down, &node, &mut upload, timeouts).await {
            Ok(()) => return None,
            Err(failed) => failed,
        };
        let status = match failed {
            Failed::Client(error) => return Some(client_failure(x, down, error)),
            Failed::Upstream { error, .. } => status_of(error),
        };
        tracing::debug!(node = node.addr_text(), status, "a try at an upstream node failed");
        x.upstream.failed.push((Rc::clone(&node), status));
        if !again(x, &upstream, &failed, &upload, began) {
            return Some(exit::proxy_failure(x, status));
        }
        upstream.mark_tried(x, &node);
        x.worker().counters.retries.add(1);
        x.resp.reset();
        upload.rewind();
    }
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

/// Whether another try may be made.
fn again(x: &Exchange, upstream: &LocalUpstream, failed: &Failed, upload: &Upload, began: u64) -> bool {
    let Failed::Upstream { error, sent, reused } = *failed else { return false };
    let failure = match error {
        WireError::Connect => Failure::Connect,
        WireError::Timeout | WireError::TooSlow if !sent => Failure::Connect,
        WireError::Timeout | WireError::TooSlow => Failure::Timeout,
        WireError::Closed => Failure::Reset,
        WireError::Protocol(_) | WireError::TooLarge => Failure::Malformed,
    };
    retry::again(&retry::Try {
        failure,
        sent,
        // A connection kept alive that died without a byte: one more try is owed even where retries are off.
        stale: reused && failure == Failure::Reset,
        idempotent: x.idempotent(),
        replayable: upload.replayable(),
        tries: u32::from(x.upstream.tries),
        retries: upstream.retries(),
        elapsed_ms: now_ms().saturating_sub(began),
        budget_ms: upstream.retry_timeout_ms(),
    })
}

/// One try at a node: connection, request, answer.
async fn attempt(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    node: &Rc<LocalNode>,
    upload: &mut Upload,
    timeouts: Timeouts,
) -> Result<(), Failed> {
    x.times.upstream_start_ms = now_ms();
    let (mut up, reused) = connect(x, node, timeouts.connect_ms).await?;
    x.times.connected_ms = now_ms();
    let (first, last) = upload.first(x, down);
    up.request(x, first, last);
    let answered = relay::request_and_head(x, down, up.as_mut(), upload, timeouts).await;
    match answered {
        Ok(()) => {}
        Err(relay::Broken::Client(error)) => return Err(Failed::Client(error)),
        Err(relay::Broken::Upstream(error)) => {
            let retry_stale = reused && up.retryable();
            return Err(Failed::Upstream { error, sent: true, reused: retry_stale });
        }
    }
    x.times.headers_ms = now_ms();
    if x.resp.status == 101 && !x.req.websocket {
        return Err(Failed::Upstream { error: WireError::Protocol("101 without a request for it"), sent: true, reused: false });
    }
    relay::answer(x, down, up, upload, timeouts).await;
    Ok(())
}

/// A connection to the node: pooled, or opened within the time allowed.
async fn connect(x: &Exchange, node: &Rc<LocalNode>, timeout_ms: u64) -> Result<(Box<dyn Upstream>, bool), Failed> {
    let Some(connector) = x.worker().connector(node.scheme()) else {
        return Err(Failed::Upstream { error: WireError::Connect, sent: false, reused: false });
    };
    let mut connecting = match connector.acquire(node, x) {
        Acquire::Ready(up) => return Ok((up, true)),
        Acquire::Connect(connecting) => connecting,
    };
    let until = now_ms().saturating_add(timeout_ms);
    x.deadline.arm(until);
    let outcome = poll_fn(|cx| {
        x.deadline.watch(cx.waker());
        match connecting.as_mut().poll(cx) {
            Poll::Pending if now_ms() >= until => Poll::Ready(Err(WireError::Timeout)),
            other => other,
        }
    })
    .await;
    x.deadline.disarm();
    outcome.map(|up| (up, false)).map_err(|error| Failed::Upstream { error, sent: false, reused: false })
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

/// The status for a failure on the upstream's side (`core/upstream.md` §4).
fn status_of(error: WireError) -> u16 {
    match error {
        WireError::Timeout | WireError::TooSlow => 504,
        WireError::Connect | WireError::Closed | WireError::Protocol(_) | WireError::TooLarge => 502,
    }
}

/// What may be sent again of a request body, and what of it is still with the client.
impl Upload {
    /// The upload of an exchange. With `keep`, the body's beginning is kept for another try where the method allows one.
    fn new(x: &mut Exchange, keep: bool) -> Upload {
        if let Some(body) = &x.req.collected {
            x.req.framing = if body.is_empty() { Framing::None } else { Framing::Length(body.len() as u64) };
            return Upload::collected(Bytes::clone(body));
        }
        if x.req.framing == Framing::None {
            return Upload::empty();
        }
        let limit = if keep && x.idempotent() { x.worker().settings().limits.replay_bytes } else { 0 };
        Upload::streamed(limit)
    }
}
