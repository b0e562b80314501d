//! When a failed try is followed by another (hardening §2; nginx's `proxy_next_upstream error timeout`): a pure function.

use std::time::Duration;

/// How often and how long a request is tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryRule {
    /// Tries after the first (`retries`); `None`: one for each further node.
    pub retries: Option<u32>,
    /// What all tries together may take before no other is begun (`retry_timeout`); `None`: any time.
    pub budget: Option<Duration>,
}

/// How a try failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The connection was refused, unreachable or reset while it was opened.
    Connect,
    /// No connection within `timeout.connect`.
    ConnectTimeout,
    /// The TLS handshake failed.
    Tls,
    /// The connection broke before the answer's head was whole.
    Reset,
    /// The node took no bytes of the request within `timeout.send`.
    SendTimeout,
    /// The node sent nothing within `timeout.read`, the answer's head not being whole.
    ReadTimeout,
    /// The answer is not what the protocol allows.
    Malformed,
}

impl Failure {
    /// What the client gets when this was the last try.
    pub fn status(self) -> u16 {
        match self {
            Self::Connect | Self::Tls | Self::Reset | Self::Malformed => 502,
            Self::ConnectTimeout | Self::SendTimeout | Self::ReadTimeout => 504,
        }
    }

    /// Whether the connection never stood, so that the node cannot have seen the request.
    fn before_request(self) -> bool {
        matches!(self, Self::Connect | Self::ConnectTimeout | Self::Tls)
    }
}

/// A request that has failed at a node, at the moment of deciding about the next try.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// How the last try failed.
    pub failure: Failure,
    /// Whether the method may be repeated: [`idempotent`].
    pub idempotent: bool,
    /// Whether any byte of the request was sent in that try.
    pub sent: bool,
    /// Whether the node has said that it did not act on the request (HTTP/2 REFUSED_STREAM, GOAWAY with a lower id).
    pub refused: bool,
    /// Whether a byte of the answer came.
    pub answered: bool,
    /// Whether the whole request can be sent again: what was taken of its body is still in the replay buffer.
    pub replayable: bool,
    /// Whether the client has got the answer's head already.
    pub responding: bool,
    /// Whether the connection came from the pool. The peer may have closed it before the request came.
    pub pooled: bool,
    /// Tries so far, this one included, those repeated for [`Verdict::Fresh`] not.
    pub tries: u32,
    /// Since the first try began.
    pub elapsed: Duration,
}

/// What to do after a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pick a node that was not tried yet.
    Next,
    /// Repeat at the same node on a new connection: a kept one had died. Not counted as a try.
    Fresh,
    /// Answer this status; when the answer's head is out already, abort.
    Give(u16),
}

impl RetryRule {
    /// The most tries for an upstream of `nodes` nodes; at least 1.
    pub fn tries(&self, nodes: usize) -> u32 {
        let further = u32::try_from(nodes.saturating_sub(1)).unwrap_or(u32::MAX);
        self.retries.unwrap_or(further).saturating_add(1)
    }

    /// What follows a failed try at an upstream of `nodes` nodes.
    pub fn judge(&self, nodes: usize, attempt: &Attempt) -> Verdict {
        let give_up = Verdict::Give(attempt.failure.status());
        if attempt.responding || attempt.failure == Failure::Malformed || !attempt.repeatable() {
            return give_up;
        }
        if attempt.pooled && attempt.failure == Failure::Reset && !attempt.answered {
            return Verdict::Fresh;
        }
        if attempt.tries >= self.tries(nodes) {
            return give_up;
        }
        match self.budget {
            Some(budget) if attempt.elapsed >= budget => Verdict::Give(502),
            _ => Verdict::Next,
        }
    }
}

impl Attempt {
    /// Whether a second delivery does no harm, and there is something to deliver.
    fn repeatable(&self) -> bool {
        let unseen = self.failure.before_request() || !self.sent || self.refused;
        self.replayable && (unseen || self.idempotent)
    }
}

/// Whether a request of this method may be delivered twice: those of RFC 9110 §9.2.2 that are in use. LOCK, POST, PATCH and
/// unknown ones may not.
pub fn idempotent(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" | b"PUT" | b"DELETE")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: Attempt = Attempt {
        failure: Failure::Reset,
        idempotent: true,
        sent: true,
        refused: false,
        answered: false,
        replayable: true,
        responding: false,
        pooled: false,
        tries: 1,
        elapsed: Duration::ZERO,
    };
    const POST: Attempt = Attempt { idempotent: false, ..GET };

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
    fn number_of_tries() {
        let rule = |retries| RetryRule { retries, budget: None };
        for (retries, nodes, tries) in
            [(None, 0, 1), (None, 1, 1), (None, 4, 4), (Some(0), 4, 1), (Some(3), 2, 4), (Some(u32::MAX), 1, u32::MAX)]
        {
            assert_eq!(rule(retries).tries(nodes), tries, "{retries:?} {nodes}");
        }
    }

    #[test]
    fn verdicts_at_three_nodes() {
        use Failure::*;
        let any = RetryRule::default();
        let once = RetryRule { retries: Some(1), budget: None };
        let never = RetryRule { retries: Some(0), budget: None };
        let short = RetryRule { retries: None, budget: Some(Duration::from_millis(150)) };
        let late = Duration::from_millis(150);
        let cases: &[(&str, RetryRule, Attempt, Verdict)] = &[
            ("refused", any, Attempt { failure: Connect, sent: false, ..GET }, Verdict::Next),
            ("POST refused", any, Attempt { failure: Connect, sent: false, ..POST }, Verdict::Next),
            (
                "POST, no connection in time",
                any,
                Attempt { failure: ConnectTimeout, sent: false, ..POST },
                Verdict::Next,
            ),
            ("POST, bad TLS", any, Attempt { failure: Tls, sent: false, ..POST }, Verdict::Next),
            ("reset", any, GET, Verdict::Next),
            ("reset inside the answer's head", any, Attempt { answered: true, ..GET }, Verdict::Next),
            ("silent", any, Attempt { failure: ReadTimeout, ..GET }, Verdict::Next),
            ("takes nothing", any, Attempt { failure: SendTimeout, ..GET }, Verdict::Next),
            ("POST reset after a byte", any, POST, Verdict::Give(502)),
            ("POST silent", any, Attempt { failure: ReadTimeout, ..POST }, Verdict::Give(504)),
            ("POST that takes nothing", any, Attempt { failure: SendTimeout, ..POST }, Verdict::Give(504)),
            ("POST reset before a byte", any, Attempt { sent: false, ..POST }, Verdict::Next),
            ("POST refused by HTTP/2", any, Attempt { refused: true, ..POST }, Verdict::Next),
            ("body gone", any, Attempt { replayable: false, ..GET }, Verdict::Give(502)),
            ("POST body gone, never sent", any, Attempt { replayable: false, sent: false, ..POST }, Verdict::Give(502)),
            ("garbled", any, Attempt { failure: Malformed, answered: true, ..GET }, Verdict::Give(502)),
            ("answer under way", any, Attempt { responding: true, answered: true, ..GET }, Verdict::Give(502)),
            ("second", any, Attempt { tries: 2, ..GET }, Verdict::Next),
            ("third and last", any, Attempt { tries: 3, ..GET }, Verdict::Give(502)),
            ("third and last, silent", any, Attempt { tries: 3, failure: ReadTimeout, ..GET }, Verdict::Give(504)),
            ("retries 1, second", once, Attempt { tries: 2, ..GET }, Verdict::Give(502)),
            ("retries 0", never, Attempt { failure: Connect, ..GET }, Verdict::Give(502)),
            ("within retry_timeout", short, GET, Verdict::Next),
            ("past retry_timeout", short, Attempt { elapsed: late, ..GET }, Verdict::Give(502)),
            ("past it by a timeout", short, Attempt { elapsed: late, failure: ReadTimeout, ..GET }, Verdict::Give(502)),
            ("a dead kept connection", never, Attempt { pooled: true, ..GET }, Verdict::Fresh),
            ("the same for POST, unsent", never, Attempt { pooled: true, sent: false, ..POST }, Verdict::Fresh),
            ("the same for POST, sent", never, Attempt { pooled: true, ..POST }, Verdict::Give(502)),
            ("kept, but it answered", never, Attempt { pooled: true, answered: true, ..GET }, Verdict::Give(502)),
            ("kept, but silent", never, Attempt { pooled: true, failure: ReadTimeout, ..GET }, Verdict::Give(504)),
        ];
        for (name, rule, attempt, verdict) in cases {
            assert_eq!(rule.judge(3, attempt), *verdict, "{name}: {attempt:?}");
        }
    }
}
