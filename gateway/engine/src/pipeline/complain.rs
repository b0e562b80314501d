//! Says in the error log why the upstream of an exchange gave no answer: what a 502 does not say.

use std::borrow::Cow;

use super::target_of;
use crate::exchange::Exchange;
use crate::log_pace::{Excerpt, LogPace};
use crate::upstream::retry::{Failure, Verdict};
use crate::upstream::{Limit, LocalNode};

thread_local! {
    static FAILURES: LogPace = const { LogPace::new() };
    /// Of their own: who is refused for what it sent must not silence what is said of upstreams.
    static REFUSALS: LogPace = const { LogPace::new() };
}

fn admit() -> Option<u64> {
    FAILURES.with(LogPace::admit)
}

/// A try at a node failed; `verdict` is what follows.
#[cold]
pub(super) fn of_try(x: &Exchange, node: &LocalNode, failure: Failure, verdict: Verdict) {
    let next = match verdict {
        Verdict::Stop | Verdict::Late => "given up",
        Verdict::Next => "another node is tried",
        // The race with a peer that closes a kept connection: nothing is wrong.
        Verdict::Fresh => return,
    };
    let Some(left_out) = admit() else { return };
    let what = match failure {
        Failure::Connect => "no connection: refused, unreachable, too slow, or no TLS",
        Failure::Timeout => "timed out",
        Failure::Reset => "the connection broke before the answer was there",
        Failure::Malformed => "its answer is not what the protocol allows",
    };
    tracing::error!(
        node = node.addr_text(),
        route = route(x),
        host = %shown(x.host()),
        uri = %shown(x.path()),
        client = %x.remote_addr(),
        then = next,
        left_out,
        "upstream: {what}"
    );
}

/// There was no node to try.
#[cold]
pub(super) fn of_none(x: &Exchange, status: u16) {
    let Some(left_out) = admit() else { return };
    let target = target_of(x);
    let discovery = target.as_ref().ok().and_then(|upstream| upstream.upstream().discovery.as_deref());
    let what = match &target {
        Err(502) => "the upstream that the route or service names is not there",
        Err(_) => "the route has no upstream",
        Ok(upstream) if upstream.upstream().is_discovered() && upstream.upstream().nodes.is_empty() => {
            "it has no nodes: its registry knows none of the service"
        }
        Ok(upstream) if upstream.upstream().nodes.is_empty() && discovery.is_some() => {
            "it has no nodes: its discovery_type is not built, or not in the configuration file"
        }
        Ok(upstream) if upstream.upstream().nodes.is_empty() => "the upstream has no nodes",
        Ok(_) if x.upstream.tries > 0 => "every node was tried",
        Ok(_) => "the upstream cannot be used",
    };
    let upstream = target.as_ref().map_or("", |upstream| &*upstream.upstream().key);
    tracing::error!(
        status,
        upstream,
        discovery,
        route = route(x),
        host = %shown(x.host()),
        uri = %shown(x.path()),
        client = %x.remote_addr(),
        left_out,
        "upstream: {what}"
    );
}

/// The upstream takes calls, and the request is none.
#[cold]
pub(super) fn of_no_call(x: &Exchange) {
    of_misfit(x, "its scheme is dubbo, and nothing makes a call of the request (a plugin such as dubbo-bridge does)");
}

/// The upstream takes requests, and the call has not become one.
#[cold]
pub(super) fn of_no_request(x: &Exchange) {
    let what = "its scheme is one of HTTP or gRPC, and nothing makes a request of the call (its scheme may be meant to be dubbo or tri; \
                dubbo-to-http makes requests)";
    of_misfit(x, what);
}

/// What came is not what the upstream takes.
fn of_misfit(x: &Exchange, what: &str) {
    let Some(left_out) = admit() else { return };
    tracing::error!(
        route = route(x),
        host = %shown(x.host()),
        uri = %shown(x.path()),
        client = %x.remote_addr(),
        left_out,
        "upstream: {what}"
    );
}

/// The upstream has as much as it may, and the request was refused.
#[cold]
pub(super) fn of_crowd(x: &Exchange, full: Limit) {
    let Some(left_out) = admit() else { return };
    tracing::warn!(
        limit = full.name(),
        route = route(x),
        host = %shown(x.host()),
        client = %x.remote_addr(),
        left_out,
        "upstream: it is at its limit"
    );
}

/// A request was refused for a reason that its client is not told.
#[cold]
pub(super) fn of_request(x: &Exchange, why: &str) {
    let Some(left_out) = REFUSALS.with(LogPace::admit) else { return };
    tracing::info!(
        route = route(x),
        host = %shown(x.host()),
        uri = %shown(x.path()),
        client = %x.remote_addr(),
        left_out,
        "request refused: {why}"
    );
}

/// What a client has sent, as a line of the log has it.
fn shown(bytes: &[u8]) -> Excerpt<Cow<'_, str>> {
    Excerpt(String::from_utf8_lossy(bytes))
}

fn route(x: &Exchange) -> &str {
    x.route.as_ref().map_or("", |route| &route.route.id)
}
