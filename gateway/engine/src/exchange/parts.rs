//! The two sides of an exchange and where it goes; and how these parts of a finished exchange are made ready for the next one: field
//! by field, for a new part would be made beside the old and copied, for each request.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;

use super::{Call, Reply};
use crate::headers::{Headers, Span};
use crate::plugin::RequestFilter;
use crate::upstream::{Flight, LocalNode, LocalUpstream, Occupied, Tried};

/// The request's side of an exchange.
#[derive(Default)]
pub struct Request {
    /// The fields, and the block that all spans of the request point into.
    pub head: Headers,
    /// The method as received.
    pub method: Span,
    /// The same as one of the router's bits; 0 for a method the router does not know.
    pub method_bit: u16,
    /// The target as received (origin form: path and query).
    pub target: Span,
    /// The path in the normal form that routes and plugins see.
    pub path: Span,
    /// Everything after the first `?` of the target, without it.
    pub query: Span,
    /// Whether the target held a `?`.
    pub has_query: bool,
    /// The authority as received: `Host`, or that of an absolute target.
    pub authority: Span,
    /// The authority's host in lower case, without port and final dot: what routes match.
    pub host: Span,
    /// The protocol version.
    pub version: Version,
    /// How the body is delimited.
    pub framing: Framing,
    /// The whole body, once a plugin has asked for it.
    pub collected: Option<Bytes>,
    /// What the body passes on its way to the upstream, in this order ([`Request::filter_body`]).
    pub(crate) filters: Vec<Box<dyn RequestFilter>>,
    /// A valid WebSocket handshake.
    pub websocket: bool,
    /// A gRPC call: the gateway's own answers are gRPC statuses.
    pub grpc: bool,
    /// A call of a protocol that names its service in the body.
    pub call: Option<Call>,
    /// An attachment of the call was asked for that is there more than once ([`CallReader`](super::CallReader)): such a call goes to no upstream.
    pub ambiguous: Cell<bool>,
    /// When the caller stops waiting (`grpc-timeout`, `timeout` of a Dubbo call), by [`crate::worker::now_ms`]'s clock; 0: it said nothing.
    pub until_ms: u64,
    /// The upstream gets this target instead of the received one (normalised, or rewritten by a plugin).
    pub upstream_target: Option<Span>,
    /// The upstream gets this method instead of the received one.
    pub upstream_method: Option<Span>,
    /// The request line as far as it came, where the protocol refused it: such a request has no other parts than it may show.
    pub refused: Option<Span>,
    /// Bytes of the head and body received so far, for `request_length`.
    pub received: u64,
}

/// The answer's side of an exchange.
#[derive(Default)]
pub struct Response {
    /// The fields.
    pub head: Headers,
    /// The status, 0 until there is one.
    pub status: u16,
    /// How the body is delimited as it comes from the upstream or a plugin.
    pub framing: Framing,
    /// The status of a gRPC call, once it is known.
    pub grpc_status: Option<u16>,
    /// How the upstream has answered a call ([`Request::call`]).
    pub reply: Option<Reply>,
    /// Who made the answer.
    pub origin: Origin,
    /// A plugin is going to change the body: its length is not known any more.
    pub body_changes: bool,
    /// Set by a plugin in `header_filter`: the head waits for the first bytes that the body filters give, or for the end of the
    /// body, so that until then status and fields can be changed.
    pub head_waits: bool,
    /// The trailers, there when the last piece passes the body filters, which may change them or take them away.
    pub trailers: Option<Box<Headers>>,
    /// The answer has been given to the downstream (its head may be on the wire).
    pub started: bool,
    /// The last part of it has been given to the downstream.
    pub finished: bool,
    /// Bytes of the answer given to the client: head and body, and the body alone.
    pub sent: u64,
    /// Body bytes given to the client.
    pub body_sent: u64,
}

/// Protocol version of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    #[default]
    Http11,
    /// HTTP/2.
    Http2,
    /// Dubbo 2.
    Dubbo2,
}

/// How a body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// No body.
    #[default]
    None,
    /// Exactly so many bytes.
    Length(u64),
    /// Until its end is told (chunks, END_STREAM).
    Stream,
    /// Until the connection ends (answers of HTTP/1.0 upstreams).
    Close,
    /// Raw bytes in both directions (after a 101).
    Tunnel,
}

/// Who made an answer (`response_source` in metrics).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// A plugin or the gateway itself.
    #[default]
    Gateway,
    /// The gateway, because no answer could be had of the upstream.
    Proxy,
    /// The upstream.
    Upstream,
}

/// What a rate limit said of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// What was counted (a client address, a header's value): a text of the request's block.
    pub key: Span,
    /// Requests allowed in a window.
    pub limit: u64,
    /// Of these, what is left.
    pub remaining: u64,
    /// Until the window ends, in hundredths of a second.
    pub reset_cs: u64,
}

/// Where an exchange goes.
#[derive(Default)]
pub struct Chosen {
    /// The upstream; a plugin may set it, else the route's.
    pub upstream: Option<Rc<LocalUpstream>>,
    /// The node of the present try.
    pub node: Option<Rc<LocalNode>>,
    /// The present try as the balancer counts it, where it does.
    pub flight: Option<Flight>,
    /// The exchange as one of the requests that its upstream limits.
    pub request: Option<Occupied>,
    /// When the head of the present try's answer has to be there; 0: its timeouts say.
    pub until_ms: u64,
    /// Nodes that failed in this exchange.
    pub tried: Tried,
    /// Tries so far.
    pub tries: u16,
    /// One entry a failed try (address and the status it would have given), for `upstream_addr` and `upstream_status`.
    pub failed: Vec<(Rc<LocalNode>, u16)>,
    /// Status of the upstream's answer.
    pub status: u16,
    /// `Host` for the upstream where a plugin has set it (span of the request's block).
    pub host: Option<Span>,
    /// Timeouts of the route or upstream.
    pub timeouts: Option<crate::upstream::Timeouts>,
}

impl Request {
    /// Ready for the next request.
    pub(super) fn reset(&mut self) {
        let Request {
            head,
            method,
            method_bit,
            target,
            path,
            query,
            has_query,
            authority,
            host,
            version,
            framing,
            collected,
            filters,
            websocket,
            grpc,
            call,
            ambiguous,
            until_ms,
            upstream_target,
            upstream_method,
            refused,
            received,
        } = self;
        head.clear();
        (*method, *method_bit, *target, *path, *query) = (Span::EMPTY, 0, Span::EMPTY, Span::EMPTY, Span::EMPTY);
        (*has_query, *authority, *host) = (false, Span::EMPTY, Span::EMPTY);
        (*version, *framing, *collected) = (Version::default(), Framing::None, None);
        if !filters.is_empty() {
            filters.clear();
        }
        (*websocket, *grpc, *call, *until_ms) = (false, false, None, 0);
        ambiguous.set(false);
        (*upstream_target, *upstream_method, *refused, *received) = (None, None, None, 0);
    }
}

impl Response {
    /// Ready for the next answer of the same exchange (a retry, an exit after a failure).
    pub fn reset(&mut self) {
        let Response {
            head,
            status,
            framing,
            grpc_status,
            reply,
            origin,
            body_changes,
            head_waits,
            trailers,
            started,
            finished,
            sent,
            body_sent,
        } = self;
        head.clear();
        (*status, *framing, *grpc_status, *reply, *origin) = (0, Framing::None, None, None, Origin::Gateway);
        (*body_changes, *head_waits, *trailers) = (false, false, None);
        (*started, *finished, *sent, *body_sent) = (false, false, 0, 0);
    }
}

impl Chosen {
    /// Ready for the next request.
    pub(super) fn reset(&mut self) {
        let Chosen { upstream, node, flight, request, until_ms, tried, tries, failed, status, host, timeouts } = self;
        (*upstream, *node) = (None, None);
        if flight.is_some() {
            *flight = None;
        }
        if request.is_some() {
            *request = None;
        }
        *until_ms = 0;
        tried.clear();
        if !failed.is_empty() {
            failed.clear();
        }
        (*tries, *status, *host, *timeouts) = (0, 0, None, None);
    }
}
