//! The head of a request as the upstream gets it, written from its parsed form.

use super::H1Up;
use crate::body::Outgoing;
use crate::encode::{FRAMING, LengthLine, Pieces};
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing, Version};
use gateway_engine::headers::{Field, name};

impl H1Up {
    /// Queues the head of `x.req` and the first piece of its body; with `last` all of it.
    pub(super) fn send_request(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.served += 1;
        self.interim = 0;
        self.looked = false;
        self.heard = false;
        self.keep_alive = false;
        self.announced = None;
        self.upgrade = x.req.websocket && x.route.as_ref().is_some_and(|route| route.websocket);
        self.to_head = x.upstream_method() == b"HEAD";
        let known;
        (self.outgoing, known) = framing(x, first.len(), last, self.trailers.is_some());
        let (outgoing, io, trailers) = (&mut self.outgoing, &mut self.io, self.trailers.as_deref());
        let framed = *outgoing;
        let begun =
            with_head(x, self.upgrade, framed, known, |pieces| outgoing.begin(pieces, first, last, trailers, io));
        self.broken |= !begun;
        self.trailers = None;
    }
}

/// How the body is written, and how long it is where that is known: `first` bytes are in hand, with `last` all of them.
#[inline]
fn framing(x: &Exchange, first: usize, last: bool, trailers: bool) -> (Outgoing, Option<u64>) {
    let known = match x.req.framing {
        Framing::None => None,
        _ if last && !trailers => Some(first as u64),
        Framing::Length(n) => Some(n),
        Framing::Stream | Framing::Close | Framing::Tunnel => None,
    };
    let outgoing = match (x.req.framing, known) {
        (Framing::None, _) => Outgoing::Nothing,
        (_, Some(n)) => Outgoing::Length(n),
        _ => Outgoing::Chunked,
    };
    (outgoing, known)
}

/// Gives the whole head to `then`.
#[inline]
fn with_head<T>(
    x: &Exchange,
    upgrade: bool,
    outgoing: Outgoing,
    known: Option<u64>,
    then: impl FnOnce(&Pieces<'_>) -> T,
) -> T {
    let forwarded = Forwarded::new(x);
    let length = match (outgoing, known) {
        (Outgoing::Chunked, _) => None,
        (_, Some(n)) => Some(LengthLine::new(n)),
        // A client that said so: some origins refuse a POST without it.
        _ if x.req.head.present() & name::CONTENT_LENGTH.bit() != 0 => Some(LengthLine::new(0)),
        _ => None,
    };
    let mut pieces = Pieces::new();
    start(&mut pieces, x);
    forwarded.lines(&mut pieces, x);
    match &length {
        Some(length) => pieces.push(length.line()),
        None if outgoing == Outgoing::Chunked => pieces.push(b"Transfer-Encoding: chunked\r\n"),
        None => {}
    }
    if upgrade {
        pieces.push(b"Connection: Upgrade\r\nUpgrade: websocket\r\n");
    }
    pieces.push(b"\r\n");
    then(&pieces)
}

/// The head of a request as an upstream gets it before anything of the body is in hand.
pub(crate) fn head(x: &Exchange) -> Vec<u8> {
    let (outgoing, known) = framing(x, 0, false, false);
    with_head(x, false, outgoing, known, |pieces| pieces.to_vec())
}

/// Request line, `Host` and the fields that are passed on.
#[inline]
fn start<'a>(pieces: &mut Pieces<'a>, x: &'a Exchange) {
    let req = &x.req;
    let host = match x.upstream_host() {
        // An HTTP/1.0 client that named no host.
        [] => x.upstream.node.as_ref().map_or(&[][..], |node| node.host_header()),
        host => host,
    };
    let lead = lead(x);
    let same = lead > 0
        && req
            .head
            .fields()
            .iter()
            .find(|f| f.id == name::HOST.id())
            .is_some_and(|f| f.flags & (Field::DEAD | Field::HOP) == 0 && req.head.value(f) == host);
    if same {
        return pieces.fields(&req.head, NEVER, lead);
    }
    if lead > 0 {
        pieces.push(req.head.block().get(..lead).unwrap_or_default());
    } else {
        pieces.push(x.upstream_method());
        pieces.push(b" ");
        pieces.push(x.upstream_target());
        pieces.push(b" HTTP/1.1\r\n");
    }
    pieces.line(b"Host: ", host);
    pieces.fields(&req.head, NEVER | name::HOST.bit(), 0);
}

/// Fields that are written anew.
const NEVER: u64 = FRAMING | name::X_FORWARDED_FOR.bit();

/// How long the received request line is where it is passed on as it came; else 0. It was parsed to be exactly
/// `METHOD SP target SP HTTP/1.1 CRLF`, so if the parts are unchanged the line is.
#[inline]
fn lead(x: &Exchange) -> usize {
    const VERSION: &[u8] = b" HTTP/1.1\r\n";
    let req = &x.req;
    let target = req.target;
    let end = target.start() + target.len();
    let kept = req.version == Version::Http11
        && req.upstream_target.is_none()
        && req.upstream_method.is_none()
        && req.method.start() == 0
        && target.start() == req.method.len() + 1
        && req.head.block().get(end..end + VERSION.len()) == Some(VERSION);
    if kept { end + VERSION.len() } else { 0 }
}

/// The fields by which an upstream learns who the client is (`core/upstream.md` section 5).
struct Forwarded {
    /// The client's address, where a plugin has replaced the connection's.
    address: Option<String>,
}

impl Forwarded {
    #[inline]
    fn new(x: &Exchange) -> Forwarded {
        Forwarded { address: x.client_addr.map(|a| a.ip().to_canonical().to_string()) }
    }

    /// What the gateway saw, unless the field is there: a trusted peer's own, or a plugin's.
    #[inline]
    fn lines<'a>(&'a self, pieces: &mut Pieces<'a>, x: &'a Exchange) {
        const SEEN: u64 = name::X_REAL_IP.bit() | name::X_FORWARDED_PROTO.bit() | name::X_FORWARDED_PORT.bit();
        let head = &x.req.head;
        let seen = head.present() & SEEN;
        if seen == 0 && self.address.is_none() && !head.contains(name::X_FORWARDED_FOR) {
            pieces.push(x.conn.forwarding_lines());
        } else {
            self.each(pieces, x);
        }
        if head.present() & name::X_FORWARDED_HOST.bit() == 0 && !x.authority().is_empty() {
            pieces.line(b"X-Forwarded-Host: ", x.authority());
        }
    }

    #[cold]
    fn each<'a>(&'a self, pieces: &mut Pieces<'a>, x: &'a Exchange) {
        let head = &x.req.head;
        let address = match &self.address {
            Some(text) => text.as_bytes(),
            None => x.conn.peer_text(),
        };
        if !head.contains(name::X_REAL_IP) {
            pieces.line(b"X-Real-IP: ", address);
        }
        if !head.contains(name::X_FORWARDED_PROTO) {
            pieces.line(b"X-Forwarded-Proto: ", x.conn.scheme().as_bytes());
        }
        if !head.contains(name::X_FORWARDED_PORT) {
            pieces.line(b"X-Forwarded-Port: ", x.conn.local_port_text());
        }
        pieces.push(b"X-Forwarded-For: ");
        for earlier in head.get_all(name::X_FORWARDED_FOR).filter(|v| !v.is_empty()) {
            pieces.push(earlier);
            pieces.push(b", ");
        }
        pieces.push(address);
        pieces.push(b"\r\n");
    }
}
