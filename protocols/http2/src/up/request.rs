//! The head of a request as the upstream gets it, out of its parsed form. It decides as HTTP/1.1 does: only the form differs.

use crate::core::passes;
use crate::hpack::{Encoder, kind};
use crate::names::{self, CONNECTION, lower};
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::grpc;
use gateway_engine::headers::{Name, name, scan};
use std::borrow::Cow;

/// What a head is made of.
pub(crate) struct Head<'a> {
    x: &'a Exchange,
    authority: &'a [u8],
    target: Cow<'a, [u8]>,
    /// The upstream gets a gRPC call.
    pub(crate) calls: bool,
    /// It is asked for a WebSocket.
    pub(crate) socket: bool,
}

/// Fields that are written anew.
const NEVER: u64 = CONNECTION | name::X_FORWARDED_FOR.bit();

fn trailers_welcome(te: &[u8]) -> bool {
    te.split(|b| *b == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

impl<'a> Head<'a> {
    /// The head of `x.req`. `None`: a part of it has no form in HTTP/2.
    pub(crate) fn of(x: &'a Exchange) -> Option<Head<'a>> {
        let authority = match x.upstream_host() {
            // An HTTP/1.0 client that named no host.
            [] => x.upstream.node.as_ref().map_or(&[][..], |node| node.host_header()),
            host => host,
        };
        if authority.is_empty() || scan::target_end(authority, 0) != authority.len() {
            return None;
        }
        let calls = x.req.head.get(name::CONTENT_TYPE).is_some_and(grpc::is_grpc);
        Some(Head { x, authority, target: target(x.upstream_target()), calls, socket: socket(x) })
    }

    /// Writes it, with the body's length where it is known.
    pub(crate) fn write(&self, tls: bool, length: Option<u64>, encoder: &mut Encoder, block: &mut Vec<u8>) {
        let req = &self.x.req;
        let method = if self.socket { b"CONNECT" } else { self.x.upstream_method() };
        encoder.field(kind::METHOD, b":method", method, false, block);
        if self.socket {
            encoder.field(kind::PROTOCOL, b":protocol", b"websocket", false, block);
        }
        encoder.field(kind::SCHEME, b":scheme", if tls { b"https" } else { b"http" }, false, block);
        encoder.field(kind::AUTHORITY, b":authority", self.authority, false, block);
        encoder.field(kind::PATH, b":path", &self.target, false, block);
        let never = if self.socket { NEVER | name::SEC_WEBSOCKET_KEY.bit() } else { NEVER };
        for f in req.head.fields().iter().filter(|f| passes(f, never)) {
            names::field(encoder, block, &req.head, f);
        }
        self.forwarded(encoder, block);
        if self.calls || req.head.get(name::TE).is_some_and(trailers_welcome) {
            encoder.field(name::TE.id(), b"te", b"trailers", false, block);
        }
        // A call's length is of no use to anybody, unless its client thought so.
        let length = length.filter(|_| !self.calls || req.head.present() & name::CONTENT_LENGTH.bit() != 0);
        if let Some(length) = length {
            let mut digits = itoa::Buffer::new();
            let id = name::CONTENT_LENGTH.id();
            encoder.field(id, b"content-length", digits.format(length).as_bytes(), false, block);
        }
    }

    /// What the gateway saw of the client (`core/upstream.md` section 5), unless the field is there: a trusted peer's own, or a
    /// plugin's.
    fn forwarded(&self, encoder: &mut Encoder, block: &mut Vec<u8>) {
        let (x, head) = (self.x, &self.x.req.head);
        let mut add = |n: Name<'static>, value: &[u8]| encoder.field(n.id(), lower(n.id()), value, false, block);
        let replaced = x.client_addr.map(|a| a.ip().to_canonical().to_string());
        let address = replaced.as_ref().map_or_else(|| x.conn.peer_text(), |text| text.as_bytes());
        if !head.contains(name::X_REAL_IP) {
            add(name::X_REAL_IP, address);
        }
        if !head.contains(name::X_FORWARDED_PROTO) {
            add(name::X_FORWARDED_PROTO, x.conn.scheme().as_bytes());
        }
        if !head.contains(name::X_FORWARDED_PORT) {
            add(name::X_FORWARDED_PORT, x.conn.local_port_text());
        }
        if head.contains(name::X_FORWARDED_FOR) {
            let mut all = Vec::with_capacity(64);
            for earlier in head.get_all(name::X_FORWARDED_FOR).filter(|v| !v.is_empty()) {
                all.extend_from_slice(earlier);
                all.extend_from_slice(b", ");
            }
            all.extend_from_slice(address);
            add(name::X_FORWARDED_FOR, &all);
        } else {
            add(name::X_FORWARDED_FOR, address);
        }
        if !head.contains(name::X_FORWARDED_HOST) && !x.authority().is_empty() {
            add(name::X_FORWARDED_HOST, x.authority());
        }
    }
}

/// Whether the upstream is asked for a WebSocket (RFC 8441): what HTTP/1.1 needs to agree on one stays behind.
pub(crate) fn socket(x: &Exchange) -> bool {
    x.req.websocket && x.route.as_ref().is_some_and(|route| route.websocket)
}

/// A target of bytes that many servers do not take as they are: these are escaped.
fn target(target: &[u8]) -> Cow<'_, [u8]> {
    let path = target.iter().position(|b| *b == b'?').unwrap_or(target.len());
    let strange = |(at, b): (usize, &u8)| matches!(b, b'<' | b'>') || (*b == b'`' && at < path);
    if scan::target_end(target, 0) == target.len() && !target.iter().enumerate().any(strange) {
        return Cow::Borrowed(target);
    }
    let mut text = Vec::with_capacity(target.len() + 16);
    for (at, b) in target.iter().enumerate() {
        match b {
            b'!'..=b'~' if *b != b'#' && !strange((at, b)) => text.push(*b),
            _ => text.extend_from_slice(format!("%{b:02X}").as_bytes()),
        }
    }
    Cow::Owned(text)
}

/// How long the body is: what was announced, or all of it is in hand.
pub(crate) fn length(x: &Exchange, first: usize, last: bool, trailers: bool) -> Option<u64> {
    match x.req.framing {
        // A client that said so: some origins refuse a POST without it.
        Framing::None => (x.req.head.present() & name::CONTENT_LENGTH.bit() != 0).then_some(0),
        _ if last && !trailers => Some(first as u64),
        Framing::Length(n) => Some(n),
        Framing::Stream | Framing::Close | Framing::Tunnel => None,
    }
}
