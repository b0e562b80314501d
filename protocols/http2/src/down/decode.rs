//! A request as the codec gives it, judged once more and strictly (RFC 9113 section 8, `reference/hardening` section 3), and
//! written into the block of an exchange.

use super::websocket::Handshake;
use gateway_engine::authority::authority;
use gateway_engine::exchange::{Framing, Request, Version};
use gateway_engine::headers::{Headers, Name, name, scan};
use gateway_engine::router::method_bit;
use gateway_engine::settings::Settings;
use h2::ext::Protocol;
use http::request::Parts;
use http::{HeaderMap, Method};

/// Bounds on a head; the same as of HTTP/1.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(super) request_line: usize,
    pub(super) field: usize,
    pub(super) fields: usize,
    pub(super) body: u64,
    pub(super) underscores: bool,
}

impl Limits {
    pub(crate) fn of(settings: &Settings) -> Limits {
        let limits = &settings.limits;
        Limits {
            request_line: limits.request_line_bytes,
            field: limits.header_field_bytes,
            fields: limits.header_count,
            body: limits.body_bytes,
            underscores: settings.underscores_in_headers,
        }
    }
}

/// Why a request is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It breaks the protocol: its stream is reset.
    Malformed(&'static str),
    /// It is answered with this status.
    Status(u16, &'static str),
}

use Refusal::{Malformed, Status};

/// What only this side of the exchange needs to know of a head.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(super) to_head: bool,
    /// The client waits for a 100 before it sends the body.
    pub(super) expects: bool,
    /// The stream is to become a WebSocket.
    pub(super) handshake: Option<Box<Handshake>>,
}

/// Longest method in bytes.
const METHOD: usize = 32;

/// Longest request line around method and target: two spaces, the version and the line's end.
const LINE: usize = 12;

/// Reads a request into `req`. `ended`: it has no body.
pub(crate) fn decode(parts: &Parts, ended: bool, limits: &Limits, req: &mut Request) -> Result<Head, Refusal> {
    req.version = Version::Http2;
    let mut out = Head::default();
    let method = parts.method.as_str().as_bytes();
    let protocol = parts.extensions.get::<Protocol>();
    req.method = req.head.store(if protocol.is_some() { b"GET" } else { method });
    let target = parts.uri.path_and_query().map_or(&b""[..], |p| p.as_str().as_bytes());
    req.target = req.head.store(target);
    if method.len() > METHOD {
        return Err(Status(400, "method too long"));
    }
    match (method, protocol.map(Protocol::as_str)) {
        (b"CONNECT", None) => return Err(Status(405, "CONNECT")),
        (b"TRACE", _) => return Err(Status(405, "TRACE")),
        (_, Some(asked)) if !asked.eq_ignore_ascii_case("websocket") => {
            return Err(Status(501, "protocol not served"));
        }
        _ => {}
    }
    if !matches!(parts.uri.scheme_str(), None | Some("http" | "https")) {
        return Err(Malformed("scheme not served"));
    }
    self::target(target, &parts.method)?;
    if method.len() + target.len() + LINE > limits.request_line {
        return Err(Status(414, "target too long"));
    }
    req.method_bit = method_bit(req.head.text(req.method));
    out.to_head = parts.method == Method::HEAD;
    let host = fields(&parts.headers, limits, req)?;
    self::authority_of(parts, host, req)?;
    out.expects = body(&parts.headers, ended, limits, req)?;
    if protocol.is_some() {
        if ended {
            return Err(Malformed("a WebSocket on a stream that has ended"));
        }
        req.websocket = true;
        req.framing = Framing::None;
        out.handshake = Some(Handshake::ask(&mut req.head)?);
    }
    Ok(out)
}

fn target(target: &[u8], method: &Method) -> Result<(), Refusal> {
    match target {
        b"*" if method == Method::OPTIONS => Ok(()),
        [b'/', ..] if scan::target_end(target, 0) == target.len() => Ok(()),
        _ => Err(Malformed("path is none")),
    }
}

/// Copies the fields; gives `Host`. Those that concern the connection are marked, crumbs of cookies put together.
fn fields<'a>(fields: &'a HeaderMap, limits: &Limits, req: &mut Request) -> Result<Option<&'a [u8]>, Refusal> {
    // Crumbs count each, before they are one.
    if fields.len() > limits.fields {
        return Err(Status(431, "too many fields"));
    }
    let (mut host, mut received) = (None, req.method.len() + req.target.len() + LINE);
    for (n, v) in fields {
        let (text, value) = (n.as_str().as_bytes(), v.as_bytes());
        let line = text.len() + value.len() + 4;
        if line > limits.field {
            return Err(Status(431, "field too long"));
        }
        received += line;
        // Judged by the codec to be a token; here for its id.
        let Some(known) = Name::new(text) else { return Err(Malformed("field name is not a token")) };
        if let ([b' ' | b'\t', ..], _) | (_, [.., b' ' | b'\t']) = (value, value) {
            return Err(Malformed("white space around a field value"));
        }
        if scan::value_end(value, 0) != value.len() {
            return Err(Malformed("control character in a field value"));
        }
        if known == name::HOST {
            if host.replace(value).is_some() {
                return Err(Malformed("several Host"));
            }
            continue;
        }
        if known == name::COOKIE {
            continue;
        }
        if known.id() == 0 && !limits.underscores && text.contains(&b'_') {
            continue;
        }
        if !req.head.received(known, value, name::HOP_BY_HOP >> known.id() & 1 != 0) {
            return Err(Status(431, "head too long"));
        }
    }
    cookies(fields, &mut req.head);
    req.received = received as u64;
    Ok(host)
}

fn cookies(fields: &HeaderMap, head: &mut Headers) {
    let mut crumbs = fields.get_all(http::header::COOKIE).iter();
    let Some(first) = crumbs.next() else { return };
    let Some(second) = crumbs.next() else {
        head.received(name::COOKIE, first.as_bytes(), false);
        return;
    };
    let mut whole = [first.as_bytes(), b"; ", second.as_bytes()].concat();
    for crumb in crumbs {
        whole.extend_from_slice(b"; ");
        whole.extend_from_slice(crumb.as_bytes());
    }
    head.received(name::COOKIE, &whole, false);
}

/// Finds the authority: `:authority`, which `Host` may repeat, or `Host` (RFC 9113 section 8.3.1).
fn authority_of(parts: &Parts, host: Option<&[u8]>, req: &mut Request) -> Result<(), Refusal> {
    let named = parts.uri.authority().map(|a| a.as_str().as_bytes());
    let text = match (named, host) {
        (Some(named), Some(host)) if !named.eq_ignore_ascii_case(host) => {
            return Err(Malformed("Host is not :authority"));
        }
        (Some(text), _) | (None, Some(text)) => text,
        (None, None) => return Err(Status(400, "no authority")),
    };
    let Some(read) = authority(text) else { return Err(Status(400, "malformed authority")) };
    let head = &mut req.head;
    if !head.received(name::HOST, text, false) {
        return Err(Status(431, "head too long"));
    }
    // Plugins read `Host` from the fields; both are the same text.
    req.authority =
        head.fields().last().map_or_else(Default::default, |f| gateway_engine::headers::Span::new(f.val, f.vlen));
    req.host = req.authority.slice(0, read.host);
    if read.capitals {
        let lower = head.text(req.host).to_ascii_lowercase();
        req.host = head.store(&lower);
    }
    Ok(())
}

/// Decides how the body is delimited. `true`: the client waits before it sends it.
fn body(fields: &HeaderMap, ended: bool, limits: &Limits, req: &mut Request) -> Result<bool, Refusal> {
    let mut lengths = fields.get_all(http::header::CONTENT_LENGTH).iter();
    let length = match (lengths.next(), lengths.next()) {
        (_, Some(_)) => return Err(Malformed("several Content-Length")),
        (Some(text), None) => Some(length(text.as_bytes()).ok_or(Malformed("Content-Length is not a number"))?),
        (None, None) => None,
    };
    req.framing = match length {
        _ if ended => Framing::None,
        Some(n) if limits.body != 0 && n > limits.body => return Err(Status(413, "body too long")),
        // The codec holds the body to it.
        Some(n) => Framing::Length(n),
        None => Framing::Stream,
    };
    let mut expects = fields.get_all(http::header::EXPECT).iter();
    match (expects.next(), expects.next()) {
        (None, _) => Ok(false),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"100-continue") => Ok(!ended),
        _ => Err(Status(417, "unknown expectation")),
    }
}

/// Digits only, below 2^63.
pub(super) fn length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let n: u64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    i64::try_from(n).is_ok().then_some(n)
}

#[cfg(test)]
mod tests;
