//! When a failed try is followed by another (hardening §2; nginx's `proxy_next_upstream error timeout`): pure functions.

use std::time::Duration;

/// How often and how long a request is tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryRule {
    /// Tries after the first (`retries`); `None`: one for each further node.
    pub retries: Option<u32>,
    /// What all tries together may take before no other is begun (`retry_timeout`); `None`: any time.
    pub budget: Option<Duration>,
}

impl RetryRule {
    /// The most tries after the first for an upstream of `nodes` nodes.
    pub fn retries(&self, nodes: usize) -> u32 {
        self.retries.unwrap_or(u32::try_from(nodes.saturating_sub(1)).unwrap_or(u32::MAX))
    }
}

/// How a try failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// There was no connection: refused, unreachable, too slow, a failed TLS handshake.
    Connect,
    /// The node took no bytes of the request, or gave none of an answer, for too long.
    Timeout,
    /// The connection broke before the answer's head was whole.
    Reset,
    /// The answer is not what the protocol allows.
    Malformed,
}

impl Failure {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Connect, Self::Timeout, Self::Reset, Self::Malformed];

    /// As metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Malformed => "malformed",
        }
    }
}

/// A request that has failed at a node and whose client has got no byte of an answer, at the moment of deciding about the
/// next try.
#[derive(Clone, Copy, Debug)]
pub struct Try {
    /// How the last try failed.
    pub failure: Failure,
    /// Whether any byte of the request may have reached the node. `false` too when the node says that it did not act on it
    /// (HTTP/2 REFUSED_STREAM, GOAWAY with a lower id).
    pub sent: bool,
    /// Whether the connection was a kept one that broke without a byte of an answer: the peer may have closed it before the
    /// request came.
    pub stale: bool,
    /// Whether the method may be repeated: [`idempotent`].
    pub idempotent: bool,
    /// Whether the whole request can be sent again: what was taken of its body is still in the replay buffer.
    pub replayable: bool,
    /// Tries so far, this one included.
    pub tries: u32,
    /// The most tries after the first: [`RetryRule::retries`].
    pub retries: u32,
    /// Since the first try began.
    pub elapsed_ms: u64,
    /// What all tries together may take before no other is begun; 0: any time.
    pub budget_ms: u64,
}

/// What to do after a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pick a node that was not tried yet.
    Next,
    /// Repeat at the same node on a new connection, for a kept one had died: a try that does not count.
    Fresh,
    /// Answer with the failure's status.
    Stop,
    /// Answer 502: `retry_timeout` is over.
    Late,
}

/// Whether there is another try, at whichever node.
pub fn again(t: &Try) -> bool {
    matches!(judge(t), Verdict::Next | Verdict::Fresh)
}

/// What follows a failed try.
pub fn judge(t: &Try) -> Verdict {
    let harmless = t.failure == Failure::Connect || !t.sent || t.idempotent;
    if t.failure == Failure::Malformed || !t.replayable || !harmless {
        return Verdict::Stop;
    }
    if t.stale && t.failure == Failure::Reset {
        return Verdict::Fresh;
    }
    if t.tries > t.retries {
        return Verdict::Stop;
    }
    if t.budget_ms > 0 && t.elapsed_ms >= t.budget_ms { Verdict::Late } else { Verdict::Next }
}

/// Whether a request of this method may be delivered twice: those of RFC 9110 §9.2.2 that are in use. POST, PATCH, LOCK and
/// unknown ones may not.
pub fn idempotent(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" | b"PUT" | b"DELETE")
}

#[cfg(test)]
mod tests {
    use super::Failure::{Connect, Malformed, Reset, Timeout};
    use super::*;

    const GET: Try = Try {
        failure: Reset,
        sent: true,
        stale: false,
        idempotent: true,
        replayable: true,
        tries: 1,
        retries: 2,
        elapsed_ms: 0,
        budget_ms: 0,
    };
    const POST: Try = Try { idempotent: false, ..GET };

    #[test]
    fn methods() {
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
            assert!(idempotent(method.as_bytes()), "{method}");
        }
        for method in ["POST", "PATCH", "LOCK", "CONNECT", "get", "PURGE", ""] {
            assert!(!idempotent(method.as_bytes()), "{method}");
        }
    }

    #[test]
    fn number_of_retries() {
        let rule = |retries| RetryRule { retries, budget: None };
        for (retries, nodes, expected) in
            [(None, 0, 0), (None, 1, 0), (None, 4, 3), (Some(0), 4, 0), (Some(3), 2, 3), (Some(u32::MAX), 1, u32::MAX)]
        {
            assert_eq!(rule(retries).retries(nodes), expected, "{retries:?} {nodes}");
        }
    }

    #[test]
    fn verdicts() {
        let late = Try { budget_ms: 150, elapsed_ms: 150, ..GET };
        let stale = Try { stale: true, retries: 0, ..GET };
        let cases: &[(&str, Try, Verdict)] = &[
            ("refused", Try { failure: Connect, sent: false, ..GET }, Verdict::Next),
            ("POST refused", Try { failure: Connect, sent: false, ..POST }, Verdict::Next),
            ("reset", GET, Verdict::Next),
            ("silent", Try { failure: Timeout, ..GET }, Verdict::Next),
            ("POST reset after a byte", POST, Verdict::Stop),
            ("POST silent", Try { failure: Timeout, ..POST }, Verdict::Stop),
            ("POST reset before a byte", Try { sent: false, ..POST }, Verdict::Next),
            ("body gone", Try { replayable: false, ..GET }, Verdict::Stop),
            ("POST body gone, nothing sent", Try { replayable: false, sent: false, ..POST }, Verdict::Stop),
            ("garbled", Try { failure: Malformed, ..GET }, Verdict::Stop),
            ("second of three", Try { tries: 2, ..GET }, Verdict::Next),
            ("third of three", Try { tries: 3, ..GET }, Verdict::Stop),
            ("third of three, silent", Try { tries: 3, failure: Timeout, ..GET }, Verdict::Stop),
            ("retries 0", Try { retries: 0, failure: Connect, ..GET }, Verdict::Stop),
            ("within retry_timeout", Try { budget_ms: 150, elapsed_ms: 149, ..GET }, Verdict::Next),
            ("past retry_timeout", late, Verdict::Late),
            ("past it by a timeout", Try { failure: Timeout, ..late }, Verdict::Late),
            ("past it, but no try was left", Try { retries: 0, ..late }, Verdict::Stop),
            ("a dead kept connection", stale, Verdict::Fresh),
            ("the same for POST, nothing sent", Try { idempotent: false, sent: false, ..stale }, Verdict::Fresh),
            ("the same for POST, sent", Try { idempotent: false, ..stale }, Verdict::Stop),
            ("kept, but silent", Try { failure: Timeout, ..stale }, Verdict::Stop),
            ("kept, but garbled", Try { failure: Malformed, ..stale }, Verdict::Stop),
        ];
        for (name, t, verdict) in cases {
            assert_eq!(judge(t), *verdict, "{name}: {t:?}");
            assert_eq!(again(t), matches!(verdict, Verdict::Next | Verdict::Fresh), "{name}");
        }
    }
}
