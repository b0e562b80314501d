//! THE way of an exchange, readable top to bottom, the same for every protocol: route → phases → upstream → response phases → log.

mod admit;
mod collect;
mod complain;
mod exit;
mod explain;
mod hedge;
mod identity;
mod open;
mod phases;
mod proxy;
mod real_ip;
mod relay;
mod secrets;
#[cfg(test)]
mod tests;
mod transcode;
mod tries;
mod upload;

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

pub use self::admit::{is_framing, is_identity};
pub use self::exit::refuse;
pub use self::explain::{Candidate, Explained, Failed, Level, Seen, Verdict, explain, protocol_name};
use crate::exchange::{Exchange, Protocol, Version};
use crate::plugin::Exit;
use crate::snapshot::{Route, Snapshot};
use crate::watch;
use crate::wire::{Carrying, Downstream};
use crate::worker::{Target, now_ms, now_us};

/// Takes a decoded request to its answer. When it returns, the answer has been given to `down` and flushed, or `down` was aborted;
/// or the exchange [`tunnels`](Exchange::tunnels): then it is [`tunnel`]'s.
pub async fn run(x: &mut Exchange, down: &mut dyn Downstream) {
    (x.times.start_ms, x.times.start_us) = (now_ms(), now_us());
    x.begin_running();
    if let Some(exit) = serve(x, down).await {
        exit::respond(x, down, exit).await;
    }
    x.end_running();
    if !x.tunnels() {
        finish(x);
    }
}

/// Carries an exchange that has become a tunnel to its end; [`finish`] is the caller's. Apart from [`run`], so that a tunnel holds
/// nothing of what led to it.
pub fn tunnel<'a>(x: &'a mut Exchange, down: &'a mut dyn Downstream) -> Contained<dyn Future<Output = ()> + 'a> {
    let carried: Carrying<'a> = match (x.take_tunnel(), x.worker().carrier()) {
        (Some(up), Some(carrier)) => carrier.carry(x, down, up),
        _ => {
            down.abort();
            Box::pin(std::future::ready(()))
        }
    };
    Contained(carried)
}

/// Routing, request phases and the upstream; an exit if one of them answers instead.
async fn serve(x: &mut Exchange, down: &mut dyn Downstream) -> Option<Box<Exit>> {
    if let Err(exit) = admit::admit(x) {
        watch::look(x);
        down.distrust();
        return Some(exit);
    }
    let mut snapshot = x.worker().snapshot();
    if let Some(exit) = identity::check(x, &snapshot) {
        watch::look(x);
        x.globals = x.worker().global_chain(&snapshot);
        if x.conn.protocol == Protocol::Http1 {
            // Nothing else would make the client open the other connection.
            down.distrust();
        }
        return Some(exit);
    }
    let mut found = match find(x, &snapshot) {
        Some(found) => Ok(found),
        // Rare: no exchange should hold room for it.
        None => Box::pin(find_by_body(x, &snapshot, down)).await,
    };
    if !snapshot.pending.is_empty()
        && found.is_ok()
        && let Some(now) = Box::pin(secrets::ready(x, &snapshot)).await
    {
        snapshot = now;
        found = match find(x, &snapshot) {
            Some(found) => Ok(found),
            None => Box::pin(find_by_body(x, &snapshot, down)).await,
        };
    }
    watch::look(x);
    match found {
        Ok(true) => {
            // HTTP/2 has no request beneath a WebSocket's handshake: without the one there is not the other (RFC 8441).
            if x.req.websocket && x.req.version == Version::Http2 && !x.route.as_ref().is_some_and(|r| r.websocket) {
                return Some(Box::new(Exit::page(403)));
            }
            if let Some(exit) = reveal(x) {
                return Some(exit);
            }
            if let Some(exit) = request_phases(x, &snapshot, down).await {
                return Some(exit);
            }
            return proxy::proxy(x, down).await;
        }
        Ok(false) => {}
        Err(exit) => return Some(exit),
    }
    if let Some(exit) = reveal(x) {
        return Some(exit);
    }
    if let Some(exit) = unrouted_phases(x, down).await {
        return Some(exit);
    }
    Some(Box::new(Exit::error_msg(404, "404 Route Not Found")))
}

/// Where plugins look at fields: makes them of what a call says beside its arguments. An exit where that cannot be.
#[inline]
fn reveal(x: &mut Exchange) -> Option<Box<Exit>> {
    if x.req.call.is_none() || !(x.chain.wants_fields || x.globals.wants_fields) {
        return None;
    }
    x.reveal().err().map(|why| Box::new(Exit::error_msg(400, why)))
}

/// Matches the route and links it: whether there is one; `None`: that depends on the body.
fn find(x: &mut Exchange, snapshot: &Rc<Arc<Snapshot>>) -> Option<bool> {
    match admit::match_route(x, snapshot) {
        admit::Match::Found((slot, route)) => Some(link(x, snapshot, slot, route)),
        admit::Match::None => Some(unlinked(x, snapshot)),
        admit::Match::NeedsBody => None,
    }
}

/// The same where that depends on the body, which is collected first.
async fn find_by_body(
    x: &mut Exchange,
    snapshot: &Rc<Arc<Snapshot>>,
    down: &mut dyn Downstream,
) -> Result<bool, Box<Exit>> {
    let limit = x.worker().settings().max_post_args_bytes;
    if let Err(failed) = collect::collect(x, down, limit).await
        && !failed.untouched
    {
        unlinked(x, snapshot);
        return Err(failed.exit);
    }
    // A body that is too long from the first reads as absent, and is forwarded as it comes.
    Ok(match admit::match_route_collected(x, snapshot) {
        Some((slot, route)) => link(x, snapshot, slot, route),
        None => unlinked(x, snapshot),
    })
}

/// The exchange goes by this route.
fn link(x: &mut Exchange, snapshot: &Rc<Arc<Snapshot>>, slot: u32, route: &Arc<Route>) -> bool {
    let local = x.worker().local_route(snapshot, slot, route);
    x.chain = Rc::clone(&local.chain);
    x.globals = Rc::clone(&local.globals);
    x.route = Some(local);
    true
}

/// The exchange goes by no route.
fn unlinked(x: &mut Exchange, snapshot: &Rc<Arc<Snapshot>>) -> bool {
    x.globals = x.worker().global_chain(snapshot);
    false
}

/// `rewrite`, the consumer's merge, `access`: what a request passes before it may go to an upstream.
async fn request_phases(
    x: &mut Exchange,
    snapshot: &Rc<Arc<Snapshot>>,
    down: &mut dyn Downstream,
) -> Option<Box<Exit>> {
    if let Some(status) = x.route.as_ref().and_then(|r| r.broken) {
        return Some(Box::new(Exit::page(status)));
    }
    if !x.globals.rewrite.is_empty()
        && let Some(exit) = phases::global(x, down, phases::Phase::Rewrite).await
    {
        return Some(exit);
    }
    if !x.chain.rewrite.is_empty()
        && let Some(exit) = phases::route(x, down, phases::Phase::Rewrite).await
    {
        return Some(exit);
    }
    if x.merge_consumer {
        x.merge_consumer = false;
        if let Err(exit) = merge_consumer(x, snapshot) {
            return Some(exit);
        }
        if let Some(exit) = reveal(x) {
            return Some(exit);
        }
        if !x.chain.late_rewrite.is_empty()
            && let Some(exit) = phases::route(x, down, phases::Phase::LateRewrite).await
        {
            return Some(exit);
        }
    }
    if !x.globals.access.is_empty()
        && let Some(exit) = phases::global(x, down, phases::Phase::Access).await
    {
        return Some(exit);
    }
    if !x.chain.access.is_empty() {
        return phases::route(x, down, phases::Phase::Access).await;
    }
    None
}

/// What runs where no route matched: the global rules.
async fn unrouted_phases(x: &mut Exchange, down: &mut dyn Downstream) -> Option<Box<Exit>> {
    if let Some(exit) = phases::global(x, down, phases::Phase::Rewrite).await {
        return Some(exit);
    }
    phases::global(x, down, phases::Phase::Access).await
}

/// An auth plugin found a consumer: its plugins and its group's win over the route's.
fn merge_consumer(x: &mut Exchange, snapshot: &Snapshot) -> Result<(), Box<Exit>> {
    let (Some(found), Some(route)) = (x.consumer.clone(), x.route.clone()) else { return Ok(()) };
    match route.chain_for(&found.consumer, snapshot) {
        Some(chain) => {
            if !Rc::ptr_eq(&chain, &x.chain) {
                // The filters judged so far were of another chain's entries.
                x.filtered[phases::ROUTE] = Default::default();
                x.watched.leave(phases::ROUTE, &x.chain);
                x.chain = chain;
            }
            Ok(())
        }
        None => Err(Box::new(Exit::page(503))),
    }
}

/// An answer has been given: the log phases, the counters, the access log. What went through [`run`] is finished already.
pub fn finish(x: &mut Exchange) {
    x.times.end_ms = now_ms();
    x.deadline.disarm();
    phases::log(x);
    let worker = x.worker();
    let latency = x.times.end_ms.saturating_sub(x.times.start_ms);
    let status = if x.resp.started { x.resp.status } else { 0 };
    worker.counters.finished(status, latency, x.req.received, x.resp.sent);
    if let Some(call) = &x.req.call {
        worker.calls.finished(x, call);
    }
    if let Some(sink) = worker.access_sink() {
        sink.record(x);
    }
    if x.watched.is_on() {
        watch::finish(x);
    }
}

/// The client has gone, and with it what led to an answer: the log shows why there is none. In place of [`finish`].
pub fn abandoned(x: &mut Exchange) {
    if !x.resp.started {
        x.resp.reset();
        x.resp.status = 499;
        x.resp.started = true;
    }
    x.resp.finished = false;
    x.end_running();
    if x.route.is_none() && !x.watched.is_on() {
        watch::look(x);
    }
    finish(x);
}

/// Where the matched route sends exchanges, or the status that says why nowhere.
fn target_of(x: &Exchange) -> Result<Rc<crate::upstream::LocalUpstream>, u16> {
    if let Some(chosen) = &x.upstream.upstream {
        return Ok(Rc::clone(chosen));
    }
    match x.route.as_ref().map(|r| &r.target) {
        Some(Target::Upstream(upstream)) => Ok(Rc::clone(upstream)),
        Some(Target::Missing) => Err(502),
        Some(Target::None) | None => Err(503),
    }
}

/// Ends the exchange alone when something in it panics: the answer is 500 and the connection closes.
///
/// Returns `Err` when the inner future panicked; the exchange it borrowed is then not to be used again.
pub struct Contained<F: ?Sized>(Pin<Box<F>>);

impl<F: Future> Contained<F> {
    /// Contains a future (boxed: a connection's task holds it only while a request runs).
    // A future that is passed on is copied.
    #[inline(always)]
    pub fn new(future: F) -> Self {
        Contained(Box::pin(future))
    }
}

/// A future panicked and was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panicked;

impl<F: Future + ?Sized> Future for Contained<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll_contained(self.0.as_mut(), cx)
    }
}

/// Polls what [`Contained`] would, for a task that has room for it and takes one exchange after the other.
#[inline]
pub fn poll_contained<F: Future + ?Sized>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<Result<F::Output, Panicked>> {
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => {
            PANICS.with(|n| n.set(n.get() + 1));
            Poll::Ready(Err(Panicked))
        }
    }
}

thread_local! {
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// Panics caught on this thread so far.
pub fn panics() -> u64 {
    PANICS.with(Cell::get)
}
