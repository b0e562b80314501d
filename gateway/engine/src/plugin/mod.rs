//! The plugin interface: one method a phase, each with a default that does nothing, in the order they run.
//!
//! A plugin is built when the configuration that holds it changes, and shared by all workers; what it remembers of one exchange
//! lives in [`Exchange::state`], what it remembers across exchanges in [`States`]. Phases are sync: a plugin that must wait returns
//! [`Step::Wait`], and only that call allocates.

mod api;
mod chain;
mod registry;
mod states;
mod upstreams;

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

pub use self::api::{Api, Endpoint};
pub use self::chain::{Chain, Configured, Filtered, PhaseOrder};
pub use self::registry::{
    Build, Catalogue, Definition, Describe, MakeApis, MakeCredential, MakeMetadata, MakeProto, Registry, Variant,
    conf_version,
};
pub use self::states::States;
pub(crate) use self::upstreams::Want;
pub use self::upstreams::{UpstreamRef, UpstreamWants};
use crate::buf::Chunk;
use crate::exchange::Exchange;
use crate::headers::HeaderName;
use crate::wire::WireError;

/// A configured plugin.
pub trait Plugin: Send + Sync {
    /// The phases it takes part in; the others are never called.
    fn phases(&self) -> Phases;

    /// How it looks at the fields of requests.
    fn fields(&self) -> Fields {
        Fields::Whole
    }

    /// Whether requests show by a field or argument of this name who they are from: its value is shown to nobody.
    fn reads_credential(&self, name: &[u8]) -> bool {
        let _ = name;
        false
    }

    /// The phases that may run to see what a request would come to ([`crate::pipeline::explain`]), out of `rewrite` and `access`:
    /// they change nothing but the exchange, count nothing, ask nobody, and take no turns.
    fn rehearses(&self) -> Phases {
        Phases::NONE
    }

    /// Before the route's access checks: may change the request, find the consumer, or answer.
    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let _ = x;
        Step::Next
    }

    /// Access checks, after authentication and the consumer's plugins are merged in.
    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let _ = x;
        Step::Next
    }

    /// The node is chosen, the connection not yet taken. Runs again for each retry.
    fn before_proxy<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let _ = x;
        Step::Next
    }

    /// The answer's head is there, of an upstream or of an exit; may change it. Who will change the body says so here with
    /// [`crate::exchange::Response::body_will_change`].
    fn header_filter(&self, x: &mut Exchange) {
        let _ = x;
    }

    /// A piece of the answer's body; may change it. `last` comes once, with the last piece.
    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        let _ = (x, piece, last);
    }

    /// The answer's head is final: all `header_filter`s have run. Who will encode the body (a content coding) says so here.
    fn encode_head(&self, x: &mut Exchange) {
        let _ = x;
    }

    /// A piece of the answer's body as all `body_filter`s left it, to be encoded. `last` comes once, with the last piece.
    fn encode_body(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        let _ = (x, piece, last);
    }

    /// The exchange has become a tunnel (a WebSocket): its end may be far off. Called for those who take part in `log`.
    fn tunnel(&self, x: &mut Exchange) {
        let _ = x;
    }

    /// Everything is over.
    fn log(&self, x: &Exchange) {
        let _ = x;
    }
}

/// How a plugin looks at the fields of requests. Those of a Dubbo call are its attachments, which are costly to take apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fields {
    /// It may look at `x.req.head` and change it in any way.
    Whole,
    /// It does no more than ask by name ([`Exchange::field`], variables) and set fields whose names begin with `X-`.
    ByName,
}

/// Changes a request's body on its way, piece by piece ([`crate::exchange::Request::filter_body`]), or only looks at it
/// ([`crate::exchange::Request::watch_body`]).
pub trait RequestFilter {
    /// A piece of the body; `last` comes once, with the last piece, which may be empty.
    ///
    /// # Errors
    /// The body is not what it should be ([`WireError::Protocol`]: the client gets 400) or too long ([`WireError::TooLarge`]: 413).
    fn piece(&mut self, piece: &mut Chunk, last: bool) -> Result<(), WireError>;
}

/// What a plugin says at the end of a phase.
pub enum Step<'a> {
    /// Go on.
    Next,
    /// Answer now.
    Exit(Box<Exit>),
    /// Collect the request's body into `x.req.collected` (at most so many bytes, else 413), then call this phase again.
    Body(usize),
    /// Wait for this, then do what it says.
    Wait(Pin<Box<dyn Future<Output = Flow> + 'a>>),
}

/// What a waiting plugin says in the end.
pub enum Flow {
    /// Go on.
    Next,
    /// Answer now.
    Exit(Box<Exit>),
    /// Collect the body, then call again, as [`Step::Body`].
    Body(usize),
}

impl<'a> Step<'a> {
    /// Waits for `future`.
    pub fn wait(future: impl Future<Output = Flow> + 'a) -> Step<'a> {
        Step::Wait(Box::pin(future))
    }

    /// Answers with a status and the standard page.
    pub fn exit(status: u16) -> Step<'a> {
        Step::Exit(Box::new(Exit::page(status)))
    }

    /// Answers with a status and a JSON text (a newline is added).
    pub fn json(status: u16, text: &str) -> Step<'a> {
        Step::Exit(Box::new(Exit::json(status, text)))
    }
}

impl From<Flow> for Step<'_> {
    fn from(flow: Flow) -> Self {
        match flow {
            Flow::Next => Step::Next,
            Flow::Exit(exit) => Step::Exit(exit),
            Flow::Body(limit) => Step::Body(limit),
        }
    }
}

/// An answer made by a plugin or the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: ExitBody,
    /// Fields of the answer; they replace fields of the same name.
    pub headers: Vec<(HeaderName, Bytes)>,
    /// `Content-Type`; `None`: `text/plain; charset=utf-8`.
    pub content_type: Option<Bytes>,
}

/// Body of an [`Exit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitBody {
    /// The standard page of the status, from 300 on; below, empty.
    Page,
    /// Exactly these bytes.
    Text(Bytes),
}

impl Exit {
    /// A status with its standard page: `{"error_msg":"502 Bad Gateway"}`.
    pub fn page(status: u16) -> Exit {
        Exit { status, body: ExitBody::Page, headers: Vec::new(), content_type: None }
    }

    /// A status with exactly these bytes as body.
    pub fn text(status: u16, body: impl Into<Bytes>) -> Exit {
        Exit { status, body: ExitBody::Text(body.into()), headers: Vec::new(), content_type: None }
    }

    /// A status with a JSON text and a newline.
    pub fn json(status: u16, text: &str) -> Exit {
        let mut body = Vec::with_capacity(text.len() + 1);
        body.extend_from_slice(text.as_bytes());
        body.push(b'\n');
        Exit::text(status, body)
    }

    /// `{"message": …}` with a newline, as APISIX's plugins refuse.
    pub fn message(status: u16, message: &str) -> Exit {
        Exit::json(status, &serde_json::json!({ "message": message }).to_string())
    }

    /// `{"error_msg": …}` with a newline, as APISIX's core refuses.
    pub fn error_msg(status: u16, message: &str) -> Exit {
        Exit::json(status, &serde_json::json!({ "error_msg": message }).to_string())
    }

    /// Adds a field.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<Bytes>) -> Exit {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets `Content-Type`.
    #[must_use]
    pub fn content_type(mut self, value: impl Into<Bytes>) -> Exit {
        self.content_type = Some(value.into());
        self
    }
}

/// The standard phrase of a status as nginx spells it.
pub fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Time-out",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Large",
        415 => "Unsupported Media Type",
        416 => "Requested Range Not Satisfiable",
        417 => "Expectation Failed",
        418 => "I'm a teapot",
        421 => "Misdirected Request",
        422 => "Unprocessable Entity",
        423 => "Locked",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        _ => "",
    }
}

/// A set of phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases(u8);

impl Phases {
    /// None of them.
    pub const NONE: Phases = Phases(0);
    /// [`Plugin::rewrite`].
    pub const REWRITE: Phases = Phases(1);
    /// [`Plugin::access`].
    pub const ACCESS: Phases = Phases(2);
    /// [`Plugin::before_proxy`].
    pub const BEFORE_PROXY: Phases = Phases(4);
    /// [`Plugin::header_filter`].
    pub const HEADER_FILTER: Phases = Phases(8);
    /// [`Plugin::body_filter`].
    pub const BODY_FILTER: Phases = Phases(16);
    /// [`Plugin::log`].
    pub const LOG: Phases = Phases(32);
    /// [`Plugin::encode_head`] and [`Plugin::encode_body`].
    pub const ENCODE: Phases = Phases(64);

    /// Each phase with its name, in the order they run.
    pub const NAMED: [(Phases, &'static str); 7] = [
        (Phases::REWRITE, "rewrite"),
        (Phases::ACCESS, "access"),
        (Phases::BEFORE_PROXY, "before_proxy"),
        (Phases::HEADER_FILTER, "header_filter"),
        (Phases::BODY_FILTER, "body_filter"),
        (Phases::ENCODE, "encode"),
        (Phases::LOG, "log"),
    ];

    /// The names of those that are in this set, in the order they run.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Phases::NAMED.into_iter().filter(move |(phase, _)| self.has(*phase)).map(|(_, name)| name)
    }

    /// Whether all phases of `other` are in this set.
    pub fn has(self, other: Phases) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Phases {
    type Output = Phases;

    fn bitor(self, other: Phases) -> Phases {
        Phases(self.0 | other.0)
    }
}
