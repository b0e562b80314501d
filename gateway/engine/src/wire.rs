//! What the pipeline sees of a wire protocol. A protocol implements these traits on small objects; the pipeline drives both sides
//! of an exchange through them and never learns which protocol it serves.
//!
//! Poll methods, not `async`: they are object-safe, one poll can drive both directions at once (early answers, bidirectional
//! streams), and a buffer is borrowed only while there are bytes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::buf::Chunk;
use crate::exchange::Exchange;
use crate::headers::Headers;
use crate::upstream::{LocalNode, Permit};

/// One side of a message in flight: its own body comes out of it, the other side's body goes in.
///
/// Order of calls when a body ends: [`Wire::trailers`] (if there are any) before the `send`, `respond` or `request` that says
/// `last`.
///
/// Time: while an exchange waits on this side it is polled at least once a second, so an implementation that has a limit of its own
/// (a slow body, an unread answer) looks at [`crate::worker::now_ms`] in its poll methods and needs no timer.
pub trait Wire {
    /// The next piece of this side's body; `true` with the last one (which may be empty). Not called again after the last.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>>;

    /// Frames and queues a piece of the other side's body; never waits. At most one piece is queued: flush before the next.
    fn send(&mut self, piece: Chunk, last: bool);

    /// Writes what is queued; `Ready` when the peer's kernel (or its flow-control window) has taken it all: the back-pressure.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>>;

    /// After the last piece: the trailers that came with this side's body, if any (`true` when `into` was filled).
    fn poll_trailers(&mut self, cx: &mut Context<'_>, into: &mut Headers) -> Poll<bool>;

    /// The trailers to put behind the other side's body; called before the piece that is the last.
    fn trailers(&mut self, trailers: &Headers);

    /// How many bytes wait in memory on this side: read and not asked for, or queued and not written.
    fn held(&self) -> usize;

    /// Nobody wants the rest of this side's body: read no more of it than the protocol needs to end cleanly.
    fn stop(&mut self);

    /// Ends this side so that its peer can tell that the message is not whole (HTTP/1: close without the last chunk).
    fn abort(&mut self);

    /// From now on both bodies are endless raw bytes (after a 101).
    fn tunnel(&mut self);
}

/// The side of the client.
pub trait Downstream: Wire {
    /// Sends the head of `x.resp`, the first piece of the body and, when `last`, its end, in one write if they fit.
    fn respond(&mut self, x: &mut Exchange, first: Chunk, last: bool);

    /// The request was one that nobody should have sent: the connection ends with the answer, and what follows is not read as
    /// another request.
    fn distrust(&mut self);

    /// The body is going to be read: an `Expect: 100-continue` is answered now, if there was one.
    fn accept_body(&mut self);

    /// Asked after [`Wire::stop`] and before an answer of the gateway's own: `Ready` when it may go. Where clients lose an answer that
    /// is whole while they still send, what they send anyhow is let come first, for a moment at most.
    fn poll_rest(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// The client is gone (reset; a mere half-close is not gone): nobody waits for the answer. Asked about once a second while
    /// the upstream is waited for.
    fn gone(&mut self) -> bool;
}

/// The side of the upstream.
pub trait Upstream: Wire {
    /// Sends the head of `x.req`, the first piece of the body and, when `last`, its end, in one write if they fit.
    fn request(&mut self, x: &mut Exchange, first: Chunk, last: bool);

    /// The final answer's head, decoded into `x.resp` (interim 1xx answers are passed over).
    fn poll_response(&mut self, cx: &mut Context<'_>, x: &mut Exchange) -> Poll<Result<(), WireError>>;

    /// Both messages are whole: the connection goes back to its pool, if it may be used again.
    fn release(self: Box<Self>);

    /// No byte of an answer came and the connection was one kept alive: the request may not have been seen by anybody.
    fn retryable(&self) -> bool;

    /// It is one of the connections that its upstream may have: keeps that place as long as it is open.
    fn occupy(&mut self, permit: Permit);

    /// Still usable: called on a pooled connection before it is taken. `false`: the peer closed it, or sent something unasked.
    fn quiet(&mut self) -> bool;
}

/// Opens upstream connections of one scheme.
pub trait Connector {
    /// A connection for this exchange: one from the node's pool at once, else a future that opens one.
    fn acquire(&self, node: &Rc<LocalNode>, x: &Exchange) -> Acquire;
}

/// Carries what follows the agreement on another protocol (a 101): bytes both ways, until one side ends.
pub trait Carrier {
    /// The head of the answer is with `down`, perhaps not written yet; both sides are tunnels. What is done once it has ended
    /// needs no more of the exchange than its log.
    fn carry<'a>(&self, x: &'a mut Exchange, down: &'a mut dyn Downstream, up: Box<dyn Upstream>) -> Carrying<'a>;
}

/// A connection that is being carried.
pub type Carrying<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A connection that is being opened.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Box<dyn Upstream>, WireError>>>>;

/// What [`Connector::acquire`] gives.
pub enum Acquire {
    /// Taken from the pool.
    Ready(Box<dyn Upstream>),
    /// Being opened.
    Connect(Connecting),
}

/// Why one side of an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireError {
    /// The connection could not be opened (refused, unreachable, bad TLS).
    Connect,
    /// Nothing came within the time allowed.
    Timeout,
    /// The peer closed or reset the connection before its message was whole.
    Closed,
    /// The peer says that it has not acted on the request and will not (HTTP/2: REFUSED_STREAM, a GOAWAY with a lower id).
    Untouched,
    /// The peer broke the protocol; what it did, in a few words for the log.
    Protocol(&'static str),
    /// A body or head is over its limit.
    TooLarge,
    /// The body came slower than the least rate allowed, or stalled.
    TooSlow,
    /// Memory is short, and this exchange holds more of it than others.
    Shed,
    /// The process ends, and has waited for this exchange as long as it may.
    Ending,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WireError::Connect => f.write_str("the connection could not be opened"),
            WireError::Timeout => f.write_str("timed out"),
            WireError::Closed => f.write_str("the connection was closed early"),
            WireError::Untouched => f.write_str("the peer did not take the request"),
            WireError::Protocol(what) => write!(f, "protocol error: {what}"),
            WireError::TooLarge => f.write_str("over the size limit"),
            WireError::TooSlow => f.write_str("too slow"),
            WireError::Shed => f.write_str("cut because memory is short"),
            WireError::Ending => f.write_str("the gateway shuts down"),
        }
    }
}

impl std::error::Error for WireError {}
