//! Bounds on what a peer may send, and how a request over or outside of them is refused.

/// Bounds on heads and chunk framing. Every one has an answer of its own (`docs/hardening`, HTTP/1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest request line in bytes, its end included; beyond: 414.
    pub request_line: usize,
    /// Longest field line in bytes, its end included; beyond: 431.
    pub field: usize,
    /// Longest head in bytes; beyond: 431.
    pub head: usize,
    /// Most fields; beyond: 431.
    pub fields: usize,
    /// Longest body in bytes, 0 for no bound; beyond: 413.
    pub body: u64,
    /// Whether fields are kept whose name holds an underscore (else they are dropped).
    pub underscores: bool,
}

impl Limits {
    /// What a client may send, unless configured otherwise.
    pub const REQUEST: Limits =
        Limits { request_line: 8 << 10, field: 8 << 10, head: 32 << 10, fields: 100, body: 0, underscores: true };

    /// What an upstream may send, unless configured otherwise. One field may be as long as the head.
    pub const RESPONSE: Limits =
        Limits { request_line: 64 << 10, field: 64 << 10, head: 64 << 10, fields: 1000, body: 0, underscores: true };
}

/// Longest line of chunk framing in bytes, extensions included.
pub const CHUNK_LINE: usize = 4 << 10;

/// Most bytes of chunk extensions in one message.
pub const CHUNK_EXTENSIONS: usize = 16 << 10;

/// Most names in the `Connection` fields of one message.
pub const CONNECTION_TOKENS: usize = 32;

/// Longest method in bytes.
pub const METHOD: usize = 32;

/// Why a message is refused: the status a client gets, and the rule for the log. Nothing after it on the connection is parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({status})")]
pub struct Refuse {
    /// The status that answers a refused request; a refused answer of an upstream is 502 whatever this says.
    pub status: u16,
    /// What was wrong, in a few words.
    pub reason: &'static str,
}

/// A malformed message.
pub(crate) const fn bad(reason: &'static str) -> Refuse {
    Refuse { status: 400, reason }
}

/// A message over a limit or outside of what is served.
pub(crate) const fn refuse(status: u16, reason: &'static str) -> Refuse {
    Refuse { status, reason }
}
