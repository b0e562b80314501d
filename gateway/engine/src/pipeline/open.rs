//! A connection to the node that was picked.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::proxy::{Failed, timeouts};
use crate::exchange::Exchange;
use crate::upstream::retry::Failure;
use crate::upstream::{Door, Limit, LocalNode, Occupied, Permit, Scheme};
use crate::wire::{Acquire, Connecting, Connector, Upstream, WireError};
use crate::worker::now_ms;

/// A connection, and whether it was a kept one.
type Opened = (Box<dyn Upstream>, bool);

/// A connection to the node: pooled, or opened within the time allowed.
pub(super) async fn connect(x: &Exchange, node: &Rc<LocalNode>) -> Result<Opened, Failed> {
    let Some(connector) = connector(x, node) else { return Err(failed(502)) };
    let connecting = match connector.acquire(node, x) {
        Acquire::Ready(up) => return Ok((up, true)),
        Acquire::Connect(connecting) => connecting,
    };
    let mut until = now_ms().saturating_add(timeouts(x).connect_ms);
    for end in [x.req.until_ms, x.upstream.until_ms] {
        if end != 0 {
            until = until.min(end);
        }
    }
    let pending = x.upstream.upstream.as_ref().and_then(|u| u.limits()).and_then(|limits| limits.max_pending);
    let opened = match (&node.door, pending) {
        (None, None) => open(x, connecting, until).await,
        // Apart: what few upstreams ask for should not make every exchange larger.
        (_, most) => Box::pin(queued(x, node, connector, connecting, most, until)).await,
    };
    x.deadline.disarm();
    opened
}

/// Who opens connections to the node. A call that was made of an HTTP request is a call, also for an upstream of the usual scheme.
fn connector(x: &Exchange, node: &LocalNode) -> Option<Rc<dyn Connector>> {
    match x.req.call {
        Some(call) if call.replies.is_some() && node.scheme() == Scheme::Http => x.worker().connector_of(Scheme::Dubbo),
        _ => x.worker().connector(node),
    }
}

async fn open(x: &Exchange, mut connecting: Connecting, until: u64) -> Result<Opened, Failed> {
    x.deadline.arm(until);
    let outcome = poll_fn(|cx| match connecting.as_mut().poll(cx) {
        Poll::Pending => ended(x, cx, until).map(Err),
        other => other,
    })
    .await;
    outcome.map(|up| (up, false)).map_err(status_of)
}

/// The same where connections, or those who wait for one, are limited.
async fn queued(
    x: &Exchange,
    node: &Rc<LocalNode>,
    connector: Rc<dyn Connector>,
    connecting: Connecting,
    most: Option<u32>,
    until: u64,
) -> Result<Opened, Failed> {
    let state = x.upstream.upstream.as_ref().map(|upstream| upstream.state(x));
    let _pending = match state.zip(most) {
        Some((state, most)) => Some(Occupied::enter(state, Limit::Pending, most).ok_or(Failed::Full(Limit::Pending))?),
        None => None,
    };
    // Over HTTP/2 an exchange needs no connection of its own: whoever opens one asks then.
    let Some(door) = node.door.as_ref().filter(|_| !node.http2()) else { return open(x, connecting, until).await };
    drop(connecting);
    x.deadline.arm(until);
    let permit = match free(x, node, door, &*connector, until).await? {
        Free::Kept(up) => return Ok((up, true)),
        Free::Place(permit) => permit,
    };
    match connector.acquire(node, x) {
        Acquire::Ready(up) => Ok((up, true)),
        Acquire::Connect(connecting) => {
            let (mut up, kept) = open(x, connecting, until).await?;
            up.occupy(permit);
            Ok((up, kept))
        }
    }
}

/// What became free.
enum Free {
    /// A connection that was in use.
    Kept(Box<dyn Upstream>),
    /// Room for another one.
    Place(Permit),
}

/// Waits until there may be one more connection, or one of this worker is not used any more.
async fn free(
    x: &Exchange,
    node: &Rc<LocalNode>,
    door: &Door,
    connector: &dyn Connector,
    until: u64,
) -> Result<Free, Failed> {
    if let Some(permit) = door.gate.try_enter() {
        return Ok(Free::Place(permit));
    }
    let waiting = door.wait();
    let mut place = pin!(door.gate.enter());
    loop {
        let mut returned = pin!(waiting.returned());
        let event = poll_fn(|cx| {
            if let Poll::Ready(permit) = place.as_mut().poll(cx) {
                return Poll::Ready(permit.map(Some).ok_or(WireError::Connect));
            }
            if returned.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(None));
            }
            ended(x, cx, until).map(Err)
        })
        .await;
        match event {
            Ok(Some(permit)) => return Ok(Free::Place(permit)),
            // Another exchange may have been faster.
            Ok(None) => {
                if let Acquire::Ready(up) = connector.acquire(node, x) {
                    return Ok(Free::Kept(up));
                }
            }
            Err(WireError::Timeout) if !x.overdue() => return Err(Failed::Full(Limit::Connections)),
            Err(error) => return Err(status_of(error)),
        }
    }
}

/// Why an exchange does not wait any longer.
fn ended(x: &Exchange, cx: &Context<'_>, until: u64) -> Poll<WireError> {
    x.deadline.watch(cx.waker());
    if now_ms() >= until {
        return Poll::Ready(WireError::Timeout);
    }
    if x.worker().closing() { Poll::Ready(WireError::Ending) } else { Poll::Pending }
}

fn status_of(error: WireError) -> Failed {
    match error {
        WireError::Timeout | WireError::TooSlow => failed(504),
        _ => failed(502),
    }
}

fn failed(status: u16) -> Failed {
    Failed::Upstream { failure: Failure::Connect, status, sent: false, stale: false }
}
