//! A request out of its field block, judged strictly (RFC 9113 section 8, `reference/hardening` section 3), and written into the
//! block of an exchange.

use super::websocket::Handshake;
use crate::hpack::{BadBlock, Decoder, Got, kind};
use crate::names::MALFORMED;
use gateway_engine::authority::authority;
use gateway_engine::exchange::{Framing, Request, Version};
use gateway_engine::headers::{Field, Name, Span, name, scan};
use gateway_engine::router::method_bit;
use gateway_engine::settings::Settings;

/// Bounds on a head; the same as of HTTP/1.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(super) request_line: usize,
    pub(super) field: usize,
    pub(super) fields: usize,
    /// All fields together, as they count in HTTP/2.
    pub(super) list: usize,
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
            list: limits.header_bytes,
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

/// Reads the request of `block` into `req`. `ended`: it has no body.
///
/// # Errors
/// The block is none, which the connection does not survive.
pub(crate) fn decode(
    decoder: &mut Decoder,
    block: &[u8],
    ended: bool,
    limits: &Limits,
    req: &mut Request,
) -> Result<Result<Head, Refusal>, BadBlock> {
    req.version = Version::Http2;
    let mut judge = Judge { req, limits, seen: Seen::default() };
    decoder.decode(block, |got| judge.field(got))?;
    Ok(judge.end(ended))
}

struct Judge<'a> {
    req: &'a mut Request,
    limits: &'a Limits,
    seen: Seen,
}

/// What was seen of a head so far.
#[derive(Default)]
struct Seen {
    refusal: Option<Refusal>,
    /// Pseudo-headers, a bit each by how far they are from the first kind.
    pseudo: u8,
    fields: usize,
    list: usize,
    received: usize,
    /// The field that has the authority; a Host that came behind it.
    host: Option<Field>,
    cookie: Option<Span>,
    cookies: Option<Vec<u8>>,
    length: Option<Option<u64>>,
    expects: Option<bool>,
    foreign: bool,
}

const fn bit(kind: u8) -> u8 {
    1 << (kind - kind::AUTHORITY)
}

impl Judge<'_> {
    /// Notes the first reason; a protocol broken weighs more than a bound.
    #[cold]
    fn refuse(&mut self, why: Refusal) {
        match (self.seen.refusal, why) {
            (None, _) | (Some(Status(..)), Malformed(_)) => self.seen.refusal = Some(why),
            _ => {}
        }
    }

    #[inline]
    fn field(&mut self, got: &Got<'_>) {
        self.seen.list += got.size();
        if self.seen.list > self.limits.list {
            // It is decoded to its end for the sake of the table, and not kept.
            return self.refuse(Status(431, "head too long"));
        }
        if got.kind >= kind::AUTHORITY {
            return self.pseudo(got);
        }
        self.seen.fields += 1;
        if self.seen.fields > self.limits.fields {
            return self.refuse(Status(431, "too many fields"));
        }
        let line = got.name.len() + got.value.len() + 4;
        self.seen.received += line;
        if line > self.limits.field {
            return self.refuse(Status(431, "field too long"));
        }
        if !got.clean {
            return self.refuse(Malformed("control character or white space at the ends of a field value"));
        }
        let known = Name::from_parts(got.kind, got.name);
        let secret = if got.secret { Field::SECRET } else { 0 };
        if got.kind == 0 {
            if !self.limits.underscores && got.name.contains(&b'_') {
                return;
            }
            if !self.req.head.received(known, got.value, secret) {
                self.refuse(Status(431, "head too long"));
            }
            return;
        }
        if SPECIAL & known.bit() != 0 && !self.special(known, got.value) {
            return;
        }
        let hop = if name::HOP_BY_HOP & known.bit() != 0 { Field::HOP } else { 0 };
        if !self.req.head.received(known, got.value, hop | secret) {
            self.refuse(Status(431, "head too long"));
        }
    }

    /// A field that means something here. `false`: it is not kept as it is.
    fn special(&mut self, n: Name<'_>, value: &[u8]) -> bool {
        const HOST: u8 = name::HOST.id();
        const TE: u8 = name::TE.id();
        const COOKIE: u8 = name::COOKIE.id();
        const CONTENT_LENGTH: u8 = name::CONTENT_LENGTH.id();
        const EXPECT: u8 = name::EXPECT.id();
        match n.id() {
            _ if MALFORMED & n.bit() != 0 => self.refuse(Malformed("a field of HTTP/1")),
            TE if !value.eq_ignore_ascii_case(b"trailers") => self.refuse(Malformed("TE is not trailers")),
            HOST => self.host(value),
            COOKIE => self.cookie(value),
            CONTENT_LENGTH => {
                if self.seen.length.replace(crate::length(value)).is_some() {
                    self.refuse(Malformed("several Content-Length"));
                }
                return true;
            }
            EXPECT => {
                let known = value.eq_ignore_ascii_case(b"100-continue") && self.seen.expects.is_none();
                self.seen.expects = Some(known);
                return true;
            }
            _ => return true,
        }
        false
    }

    fn host(&mut self, value: &[u8]) {
        if self.seen.pseudo & HOST_BIT != 0 {
            return self.refuse(Malformed("several Host"));
        }
        self.seen.pseudo |= HOST_BIT;
        match self.seen.host {
            Some(named) if !self.req.head.value(&named).eq_ignore_ascii_case(value) => {
                self.refuse(Malformed("Host is not :authority"));
            }
            Some(_) => {}
            None => self.authority(value),
        }
    }

    /// Plugins read `Host` from the fields, which is the same text.
    fn authority(&mut self, value: &[u8]) {
        if !self.req.head.received(name::HOST, value, 0) {
            return self.refuse(Status(431, "head too long"));
        }
        self.seen.host = self.req.head.fields().last().copied();
    }

    /// Crumbs of cookies are put together (RFC 9113 section 8.2.3). Empty ones say nothing, and would leave a space at the end,
    /// which no value may have (section 8.2.1).
    fn cookie(&mut self, value: &[u8]) {
        match (&mut self.seen.cookies, self.seen.cookie) {
            (_, Some(_)) if value.is_empty() => {}
            (None, Some(first)) if self.req.head.text(first).is_empty() => {
                self.seen.cookie = Some(self.req.head.store(value));
            }
            (Some(whole), _) => {
                whole.extend_from_slice(b"; ");
                whole.extend_from_slice(value);
            }
            (None, Some(first)) => {
                self.seen.cookies = Some([self.req.head.text(first), b"; ", value].concat());
            }
            (None, None) => self.seen.cookie = Some(self.req.head.store(value)),
        }
    }

    fn pseudo(&mut self, got: &Got<'_>) {
        if got.kind == kind::BAD || got.kind == kind::STATUS {
            return self.refuse(Malformed("a field name that is none in a request"));
        }
        let bit = bit(got.kind);
        if self.seen.pseudo & bit != 0 || self.seen.fields > 0 {
            return self.refuse(Malformed("a pseudo-header twice or behind a field"));
        }
        self.seen.pseudo |= bit;
        let head = &mut self.req.head;
        match got.kind {
            kind::METHOD if !scan::is_token(got.value) => self.refuse(Malformed("method is not a token")),
            kind::METHOD => self.req.method = head.store(got.value),
            kind::PATH => self.req.target = head.store(got.value),
            kind::AUTHORITY if scan::value_end(got.value, 0) != got.value.len() => {
                self.refuse(Malformed("malformed authority"));
            }
            kind::AUTHORITY => self.authority(got.value),
            kind::SCHEME if !matches!(got.value, b"http" | b"https") => self.refuse(Malformed("scheme not served")),
            kind::PROTOCOL => self.seen.foreign = !got.value.eq_ignore_ascii_case(b"websocket"),
            _ => {}
        }
    }

    /// The head is whole.
    fn end(mut self, ended: bool) -> Result<Head, Refusal> {
        let has = |kind| self.seen.pseudo & bit(kind) != 0;
        let (asks, connects) = (has(kind::PROTOCOL), self.req.head.text(self.req.method) == b"CONNECT");
        let whole = if connects && !asks {
            !has(kind::PATH) && !has(kind::SCHEME)
        } else {
            has(kind::METHOD) && has(kind::PATH) && has(kind::SCHEME)
        };
        if !whole || (asks && !connects) {
            self.refuse(Malformed("pseudo-headers are missing"));
        }
        if let Some(refusal) = self.seen.refusal {
            return Err(refusal);
        }
        let (method, target) = (self.req.method.len(), self.req.target.len());
        self.method(asks)?;
        self.req.received = (method + target + LINE + self.seen.received) as u64;
        let mut out = Head { to_head: self.req.head.text(self.req.method) == b"HEAD", ..Head::default() };
        self.req.method_bit = method_bit(self.req.head.text(self.req.method));
        self.authority_of()?;
        let cookies = self.seen.cookies.take();
        let head = &mut self.req.head;
        if let Some(whole) = cookies {
            head.received(name::COOKIE, &whole, Field::SECRET);
        } else if let Some(one) = self.seen.cookie {
            let value = head.text(one).to_vec();
            head.received(name::COOKIE, &value, Field::SECRET);
        }
        out.expects = self.body(ended)?;
        if asks {
            if ended {
                return Err(Malformed("a WebSocket on a stream that has ended"));
            }
            self.req.websocket = true;
            self.req.framing = Framing::None;
            out.handshake = Some(Handshake::ask(&mut self.req.head)?);
        }
        Ok(out)
    }

    /// Whether the method is served, and the target may be one.
    fn method(&mut self, asks: bool) -> Result<(), Refusal> {
        let head = &self.req.head;
        let (method, target) = (head.text(self.req.method), head.text(self.req.target));
        if method.len() > METHOD {
            return Err(Status(400, "method too long"));
        }
        match method {
            b"CONNECT" if !asks => return Err(Status(405, "CONNECT")),
            b"TRACE" => return Err(Status(405, "TRACE")),
            _ if self.seen.foreign => return Err(Status(501, "protocol not served")),
            _ => {}
        }
        match target {
            b"*" if method == b"OPTIONS" => {}
            [b'/', ..] if scan::target_end(target, 0) == target.len() => {}
            _ => return Err(Malformed("path is none")),
        }
        if method.len() + target.len() + LINE > self.limits.request_line {
            return Err(Status(414, "target too long"));
        }
        if asks {
            // What HTTP/1.1 knows it as.
            self.req.method = self.req.head.store(b"GET");
        }
        Ok(())
    }

    /// The authority: `:authority`, which `Host` may repeat, or `Host` (RFC 9113 section 8.3.1).
    fn authority_of(&mut self) -> Result<(), Refusal> {
        let Some(host) = self.seen.host else { return Err(Status(400, "no authority")) };
        let head = &mut self.req.head;
        let Some(read) = authority(head.value(&host)) else { return Err(Status(400, "malformed authority")) };
        self.req.authority = Span::new(host.val, host.vlen);
        self.req.host = self.req.authority.slice(0, read.host);
        if read.capitals {
            let lower = head.text(self.req.host).to_ascii_lowercase();
            self.req.host = head.store(&lower);
        }
        Ok(())
    }

    /// Decides how the body is delimited. `true`: the client waits before it sends it.
    fn body(&mut self, ended: bool) -> Result<bool, Refusal> {
        let length = match self.seen.length {
            Some(None) => return Err(Malformed("Content-Length is not a number")),
            Some(length) => length,
            None => None,
        };
        self.req.framing = match length {
            Some(n) if ended && n > 0 => return Err(Malformed("a body that never comes")),
            _ if ended => Framing::None,
            Some(n) if self.limits.body != 0 && n > self.limits.body => return Err(Status(413, "body too long")),
            // The stream is held to it.
            Some(n) => Framing::Length(n),
            None => Framing::Stream,
        };
        match self.seen.expects {
            None => Ok(false),
            Some(true) => Ok(!ended),
            Some(false) => Err(Status(417, "unknown expectation")),
        }
    }
}

/// Fields that are not just copied.
const SPECIAL: u64 = MALFORMED
    | name::TE.bit()
    | name::HOST.bit()
    | name::COOKIE.bit()
    | name::CONTENT_LENGTH.bit()
    | name::EXPECT.bit();

/// The bit of `Host` among those of pseudo-headers.
const HOST_BIT: u8 = 0x80;

#[cfg(test)]
mod tests;
