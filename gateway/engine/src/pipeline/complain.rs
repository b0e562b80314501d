//! Says in the error log why the upstream of an exchange gave no answer: what a 502 does not say.

use std::cell::Cell;

use super::target_of;
use crate::exchange::Exchange;
use crate::upstream::retry::{Failure, Verdict};
use crate::upstream::{Limit, LocalNode};
use crate::worker::now_ms;

/// Most lines a worker writes in a second: thousands of requests a second may fail for one reason.
const MOST: u32 = 10;

thread_local! {
    static PACE: Cell<Pace> = const { Cell::new(Pace { since_ms: 0, lines: 0, left_out: 0 }) };
}

#[derive(Clone, Copy)]
struct Pace {
    since_ms: u64,
    lines: u32,
    left_out: u64,
}

impl Pace {
    /// Whether another line may be written, and how many were left out since the last one.
    fn admit(&mut self, now_ms: u64) -> Option<u64> {
        if now_ms.saturating_sub(self.since_ms) >= 1000 {
            (self.since_ms, self.lines) = (now_ms, 0);
        }
        if self.lines >= MOST {
            self.left_out += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

fn admit() -> Option<u64> {
    PACE.with(|pace| {
        let mut next = pace.get();
        let admitted = next.admit(now_ms());
        pace.set(next);
        admitted
    })
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
        host = %String::from_utf8_lossy(x.host()),
        uri = %String::from_utf8_lossy(x.path()),
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
    let what = match target_of(x) {
        Err(502) => "the upstream that the route or service names is not there",
        Err(_) => "the route has no upstream",
        Ok(upstream) if upstream.upstream().nodes.is_empty() => "the upstream has no nodes",
        Ok(_) if x.upstream.tries > 0 => "every node was tried",
        Ok(_) => "the upstream cannot be used",
    };
    tracing::error!(
        status,
        route = route(x),
        host = %String::from_utf8_lossy(x.host()),
        uri = %String::from_utf8_lossy(x.path()),
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
        host = %String::from_utf8_lossy(x.host()),
        client = %x.remote_addr(),
        left_out,
        "upstream: it is at its limit"
    );
}

fn route(x: &Exchange) -> &str {
    x.route.as_ref().map_or("", |route| &route.route.id)
}

#[cfg(test)]
mod tests {
    use super::{MOST, Pace};

    #[test]
    fn a_flood_of_failures_is_told_in_a_few_lines_that_count_the_rest() {
        let mut pace = Pace { since_ms: 0, lines: 0, left_out: 0 };
        for _ in 0..MOST {
            assert_eq!(pace.admit(5000), Some(0));
        }
        assert_eq!(pace.admit(5999), None);
        assert_eq!(pace.admit(5999), None);
        assert_eq!(pace.admit(6000), Some(2));
        assert_eq!(pace.admit(6000), Some(0));
    }
}
