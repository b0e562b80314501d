//! The head of a request as the upstream gets it, out of its parsed form. It decides as HTTP/1.1 does: only the form differs.

use crate::names::{self, CONNECTION};
use bytes::{Bytes, BytesMut};
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::grpc;
use gateway_engine::headers::{Field, Name, name};
use h2::ext::Protocol;
use http::header::{CONTENT_LENGTH, TE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};

/// The head of `x.req`, with the body's length where it is known. `None`: a part of it has no form in HTTP/2.
pub(crate) fn head(x: &Exchange, tls: bool, length: Option<u64>) -> Option<Request<()>> {
    let text = Text::new(x);
    let req = &x.req;
    let mut fields = HeaderMap::with_capacity(req.head.fields().len() + 8);
    for field in req.head.fields() {
        if field.flags & (Field::DEAD | Field::HOP) != 0 || NEVER >> (field.id & 63) & 1 != 0 {
            continue;
        }
        let start = field.val as usize;
        let value = text.part(start, start + field.vlen as usize);
        fields.append(names::to_codec(req.head.name(field))?, HeaderValue::from_maybe_shared(value).ok()?);
    }
    forwarded(x, &text, &mut fields)?;
    let calls = calls(x);
    if calls || req.head.get(name::TE).is_some_and(trailers_welcome) {
        fields.append(TE, HeaderValue::from_static("trailers"));
    }
    // A call's length is of no use to anybody, unless its client thought so.
    let length = length.filter(|_| !calls || req.head.present() & name::CONTENT_LENGTH.bit() != 0);
    if let Some(length) = length {
        fields.append(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let mut request = Request::new(());
    if socket(x) {
        *request.method_mut() = Method::CONNECT;
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        fields.remove(KEY);
    } else {
        *request.method_mut() = Method::from_bytes(x.upstream_method()).ok()?;
    }
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = uri(x, &text, tls)?;
    *request.headers_mut() = fields;
    Some(request)
}

/// Whether the upstream is asked for a WebSocket (RFC 8441).
pub(super) fn socket(x: &Exchange) -> bool {
    x.req.websocket && x.route.as_ref().is_some_and(|route| route.websocket)
}

/// What HTTP/1.1 needs to agree on one, and HTTP/2 does not.
const KEY: &str = "sec-websocket-key";

/// Whether the upstream gets a gRPC call.
pub(super) fn calls(x: &Exchange) -> bool {
    x.req.head.get(name::CONTENT_TYPE).is_some_and(grpc::is_grpc)
}

/// Fields that are written anew.
const NEVER: u64 = CONNECTION | name::X_FORWARDED_FOR.bit();

fn trailers_welcome(te: &[u8]) -> bool {
    te.split(|b| *b == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

/// One copy of all texts of a head, of which its values are parts.
struct Text {
    all: Bytes,
    /// Where things lie behind the block: the client's address, its forwarded addresses, the port, the hosts.
    address: (usize, usize),
    forwarded_for: (usize, usize),
    port: (usize, usize),
    seen_host: (usize, usize),
    authority: (usize, usize),
}

impl Text {
    fn new(x: &Exchange) -> Text {
        let head = &x.req.head;
        let block = head.block();
        let mut all = BytesMut::with_capacity(block.len() + 192);
        let mut put = |parts: &[&[u8]]| {
            let start = all.len();
            parts.iter().for_each(|part| all.extend_from_slice(part));
            (start, all.len())
        };
        put(&[block]);
        let replaced = x.client_addr.map(|a| a.ip().to_canonical().to_string());
        let address_text = replaced.as_ref().map_or_else(|| x.conn.peer_text(), |text| text.as_bytes());
        let address = put(&[address_text]);
        let forwarded_for = if head.contains(name::X_FORWARDED_FOR) {
            let (start, _) = put(&[]);
            for earlier in head.get_all(name::X_FORWARDED_FOR).filter(|v| !v.is_empty()) {
                put(&[earlier, b", "]);
            }
            (start, put(&[address_text]).1)
        } else {
            address
        };
        let port = put(&[x.conn.local_port_text()]);
        let seen_host = put(&[x.authority()]);
        let host = match x.upstream_host() {
            // An HTTP/1.0 client that named no host.
            [] => x.upstream.node.as_ref().map_or(&[][..], |node| node.host_header()),
            host => host,
        };
        let authority = if host == x.authority() { seen_host } else { put(&[host]) };
        Text { all: all.freeze(), address, forwarded_for, port, seen_host, authority }
    }

    fn part(&self, start: usize, end: usize) -> Bytes {
        // Offsets of a block that was copied, or of what was put behind it.
        if start <= end && end <= self.all.len() { self.all.slice(start..end) } else { Bytes::new() }
    }

    fn value(&self, (start, end): (usize, usize)) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(self.part(start, end)).ok()
    }
}

/// What the gateway saw of the client (`core/upstream.md` section 5), unless the field is there: a trusted peer's own, or a
/// plugin's.
fn forwarded(x: &Exchange, text: &Text, fields: &mut HeaderMap) -> Option<()> {
    let head = &x.req.head;
    let mut add = |n: Name<'static>, value: HeaderValue| -> Option<()> {
        fields.append(names::to_codec(n)?, value);
        Some(())
    };
    if !head.contains(name::X_REAL_IP) {
        add(name::X_REAL_IP, text.value(text.address)?)?;
    }
    if !head.contains(name::X_FORWARDED_PROTO) {
        add(name::X_FORWARDED_PROTO, HeaderValue::from_static(x.conn.scheme()))?;
    }
    if !head.contains(name::X_FORWARDED_PORT) {
        add(name::X_FORWARDED_PORT, text.value(text.port)?)?;
    }
    add(name::X_FORWARDED_FOR, text.value(text.forwarded_for)?)?;
    if !head.contains(name::X_FORWARDED_HOST) && !x.authority().is_empty() {
        add(name::X_FORWARDED_HOST, text.value(text.seen_host)?)?;
    }
    Some(())
}

fn uri(x: &Exchange, text: &Text, tls: bool) -> Option<Uri> {
    let span = x.req.upstream_target.unwrap_or(x.req.target);
    let target = text.part(span.start(), span.start() + span.len());
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if tls { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(Authority::from_maybe_shared(text.part(text.authority.0, text.authority.1)).ok()?);
    parts.path_and_query = Some(match PathAndQuery::from_maybe_shared(target) {
        Ok(target) => target,
        Err(_) => escaped(x.upstream_target())?,
    });
    Uri::from_parts(parts).ok()
}

/// A target of bytes that the codec does not take as they are: these are escaped.
#[cold]
fn escaped(target: &[u8]) -> Option<PathAndQuery> {
    let mut text = String::with_capacity(target.len() + 16);
    for b in target {
        match b {
            b'!'..=b'~' if !matches!(b, b'<' | b'>' | b'`' | b'^' | b'"' | b'\\' | b'{' | b'|' | b'}' | b'#') => {
                text.push(char::from(*b));
            }
            _ => text.push_str(&format!("%{b:02X}")),
        }
    }
    PathAndQuery::from_maybe_shared(Bytes::from(text)).ok()
}

/// How long the body is: what was announced, or all of it is in hand.
pub(super) fn length(x: &Exchange, first: usize, last: bool, trailers: bool) -> Option<u64> {
    match x.req.framing {
        // A client that said so: some origins refuse a POST without it.
        Framing::None => (x.req.head.present() & name::CONTENT_LENGTH.bit() != 0).then_some(0),
        _ if last && !trailers => Some(first as u64),
        Framing::Length(n) => Some(n),
        Framing::Stream | Framing::Close | Framing::Tunnel => None,
    }
}
