//! The head of a request (RFC 9112 sections 2 and 3): strict, in place, in one pass.

use crate::fields::{self, Parsed};
use crate::framing::{self, Declared};
use crate::limits::{Limits, METHOD, Refuse, bad, refuse};
use gateway_engine::authority::{self, Authority};
use gateway_engine::exchange::{Framing, Version};
use gateway_engine::headers::{Headers, Span, name, scan};

/// A request's head. The spans lie in the block it was parsed into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// How many received bytes it is.
    pub len: usize,
    /// The method as received.
    pub method: Span,
    /// The target in origin form (or `*`).
    pub target: Span,
    /// The authority: `Host`, or that of an absolute target; empty where an HTTP/1.0 request has none.
    pub authority: Span,
    /// The authority's host in lower case, without port and final dot.
    pub host: Span,
    /// The version, which decides how the answer may be framed.
    pub version: Version,
    /// How the body is delimited.
    pub framing: Framing,
    /// The client wants to send more requests on this connection.
    pub keep_alive: bool,
    /// The client waits for a 100 before it sends the body.
    pub expect_continue: bool,
    /// A valid WebSocket handshake.
    pub websocket: bool,
    /// The request line lies at the block's start exactly as it would be written.
    pub plain: bool,
}

/// Parses the head at the beginning of `bytes` into `head`, which is emptied first. `None`: not whole yet.
///
/// # Errors
/// A [`Refuse`] with the status for the client, as early as the bytes allow no good ending any more.
pub fn request(bytes: &[u8], limits: &Limits, head: &mut Headers) -> Result<Option<RequestHead>, Refuse> {
    head.clear();
    // One empty line is forgiven (RFC 9112 section 2.2); old clients send it behind a body.
    let skipped = match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r'] => return Ok(None),
        _ => 0,
    };
    let bytes = bytes.get(skipped..).unwrap_or_default();
    let Some(line) = line(bytes, limits)? else {
        return match bytes.len() > limits.request_line {
            true => Err(TOO_LONG),
            false => Ok(None),
        };
    };
    if line.end > limits.request_line {
        return Err(TOO_LONG);
    }
    let method = bytes.get(..line.method).unwrap_or_default();
    match method {
        b"CONNECT" => return Err(refuse(405, "CONNECT")),
        b"TRACE" => return Err(refuse(405, "TRACE")),
        _ => {}
    }
    let Some(parsed) = fields::parse(bytes, line.end, limits, head)? else { return Ok(None) };
    let end = parsed.end;
    head.adopt(bytes.get(..end).unwrap_or_default());
    // Offsets below `end`, which is at most the limit on heads.
    let target = Span::new(line.method as u32 + 1, line.target as u32);
    let mut out = RequestHead {
        len: skipped + end,
        method: Span::new(0, line.method as u32),
        target,
        authority: Span::EMPTY,
        host: Span::EMPTY,
        version: if line.minor == 0 { Version::Http10 } else { Version::Http11 },
        framing: Framing::None,
        keep_alive: false,
        expect_continue: false,
        websocket: false,
        plain: line.minor == 1,
    };
    let host = parsed.host(head).map(|f| Span::new(f.val, f.vlen));
    self::host(head, &mut out, host)?;
    body(head, &mut out, &parsed, line.minor, limits)?;
    connection(head, &mut out)?;
    Ok(Some(out))
}

const TOO_LONG: Refuse = refuse(414, "request line too long");

/// Lengths of a request line's parts.
struct Line {
    method: usize,
    target: usize,
    /// Minor version, 0 or 1.
    minor: u8,
    /// Length of the line with its end.
    end: usize,
}

/// `METHOD SP target SP HTTP/1.x CRLF`, or `None` when it has not come whole.
#[inline]
fn line(bytes: &[u8], limits: &Limits) -> Result<Option<Line>, Refuse> {
    let Some(method) = method(bytes)? else { return Ok(None) };
    let start = method + 1;
    let stop = scan::target_end(bytes, start);
    match bytes.get(stop) {
        None => return Ok(None),
        Some(b' ') if stop > start => {}
        // The line may be over its limit as well: what is surely wrong goes first.
        Some(_) => return Err(bad_target(bytes, start, stop)),
    }
    let rest = bytes.get(stop + 1..).unwrap_or_default();
    let minor = if rest.first_chunk() == Some(b"HTTP/1.1\r\n") {
        1
    } else if let Some(minor) = version(rest)? {
        minor
    } else {
        return Ok(None);
    };
    let end = stop + 1 + VERSION_LINE;
    if end > limits.request_line {
        return Err(TOO_LONG);
    }
    Ok(Some(Line { method, target: stop - start, minor, end }))
}

/// `HTTP/1.x CRLF`.
const VERSION_LINE: usize = 10;

/// The method's length: a token of at most [`METHOD`] bytes before a space.
#[inline]
fn method(bytes: &[u8]) -> Result<Option<usize>, Refuse> {
    if let [b'G', b'E', b'T', b' ', ..] = bytes {
        return Ok(Some(3));
    }
    for (i, b) in bytes.iter().enumerate() {
        if *b == b' ' && i > 0 {
            return Ok(Some(i));
        }
        if !scan::is_tchar(*b) || i >= METHOD {
            return Err(bad("method is not a token"));
        }
    }
    Ok(None)
}

/// The version behind the target when it is not the usual one; `None` when it has not come whole.
#[cold]
fn version(rest: &[u8]) -> Result<Option<u8>, Refuse> {
    const SHAPE: &[u8; VERSION_LINE] = b"HTTP/d.d\r\n";
    for (have, want) in rest.iter().zip(SHAPE) {
        let fits = if *want == b'd' { have.is_ascii_digit() } else { have == want };
        if !fits {
            return Err(bad("malformed version"));
        }
    }
    match rest {
        [_, _, _, _, _, major, ..] if *major != b'1' => match rest.len() >= VERSION_LINE {
            true => Err(refuse(505, "HTTP version not served")),
            false => Ok(None),
        },
        [_, _, _, _, _, _, _, minor, b'\r', b'\n', ..] => Ok(Some(u8::from(*minor != b'0'))),
        _ => Ok(None),
    }
}

/// Why a target may not go on with the byte at `stop`.
#[cold]
fn bad_target(bytes: &[u8], start: usize, stop: usize) -> Refuse {
    match bytes.get(stop) {
        Some(b' ') if stop == start => bad("white space in the request line"),
        Some(b'#') => bad("fragment in the target"),
        Some(b'\r' | b'\n') => bad("request line without a version"),
        _ => bad("bad byte in the target"),
    }
}

/// Judges target and `Host` and finds the authority (RFC 9112 section 3.2).
#[inline]
fn host(head: &mut Headers, out: &mut RequestHead, value: Option<Span>) -> Result<(), Refuse> {
    if value.is_none() && out.version == Version::Http11 {
        return Err(bad("no Host"));
    }
    out.authority = value.unwrap_or_default();
    let read = match value {
        Some(value) => Some(authority::authority(head.text(value)).ok_or(bad("malformed Host"))?),
        None => None,
    };
    if head.block().get(out.target.start()) != Some(&b'/') {
        return other_target(head, out);
    }
    if let Some(read) = read {
        lower(head, out, read);
    }
    Ok(())
}

/// Sets `out.host` from the authority as it was read.
#[inline]
fn lower(head: &mut Headers, out: &mut RequestHead, read: Authority) {
    out.host = out.authority.slice(0, read.host);
    if read.capitals {
        let lower = head.text(out.host).to_ascii_lowercase();
        out.host = head.store(&lower);
    }
}

/// A target that does not begin with a slash: `*`, an absolute one, or none that is served.
#[cold]
fn other_target(head: &mut Headers, out: &mut RequestHead) -> Result<(), Refuse> {
    let text = head.text(out.target);
    if text == b"*" {
        if head.text(out.method) != b"OPTIONS" {
            return Err(bad("target * without OPTIONS"));
        }
        if let Some(read) = authority::authority(head.text(out.authority)) {
            lower(head, out, read);
        }
        return Ok(());
    }
    let scheme = [&b"http://"[..], b"https://"]
        .iter()
        .find(|s| text.get(..s.len()).is_some_and(|start| start.eq_ignore_ascii_case(s)))
        .ok_or(bad("target is no path"))?
        .len();
    let stop = text.iter().skip(scheme).position(|b| matches!(b, b'/' | b'?')).map_or(text.len(), |i| scheme + i);
    let read = authority::authority(text.get(scheme..stop).unwrap_or_default()).ok_or(bad("malformed authority"))?;
    let rest = text.get(stop..).unwrap_or_default().to_vec();
    let whole = out.target;
    // The received Host is ignored (RFC 9112 section 3.2.2); what goes on names the target's authority.
    out.authority = whole.slice(scheme, stop);
    out.plain = false;
    out.target = match rest.first() {
        Some(b'/') => whole.slice(stop, whole.len()),
        _ => head.store(&[b"/", &rest[..]].concat()),
    };
    lower(head, out, read);
    Ok(())
}

/// Decides how the body is delimited, and whether the client waits before it sends it.
#[inline]
fn body(head: &Headers, out: &mut RequestHead, parsed: &Parsed, minor: u8, limits: &Limits) -> Result<(), Refuse> {
    out.framing = match framing::declared(parsed.length(head), parsed.coding(head), minor)? {
        Declared::Nothing | Declared::Length(0) => Framing::None,
        Declared::Length(n) if limits.body != 0 && n > limits.body => {
            return Err(refuse(413, "body too long"));
        }
        Declared::Length(n) => Framing::Length(n),
        Declared::Chunked => Framing::Stream,
    };
    if let Some(expect) = head.get(name::EXPECT) {
        if !expect.eq_ignore_ascii_case(b"100-continue") || head.get_all(name::EXPECT).nth(1).is_some() {
            return Err(refuse(417, "unknown expectation"));
        }
        // HTTP/1.0 clients cannot be told to go on (RFC 9110 section 10.1.1).
        out.expect_continue = minor == 1 && out.framing != Framing::None;
    }
    Ok(())
}

/// Reads `Connection` and recognises a WebSocket handshake (RFC 6455 section 4.2.1).
#[inline]
fn connection(head: &mut Headers, out: &mut RequestHead) -> Result<(), Refuse> {
    if head.present() & name::CONNECTION.bit() == 0 {
        out.keep_alive = out.version == Version::Http11;
        return Ok(());
    }
    let said = fields::connection(head)?;
    out.keep_alive = !said.close && (out.version == Version::Http11 || said.keep_alive);
    out.websocket = said.upgrade && handshake(head, out);
    Ok(())
}

#[cold]
fn handshake(head: &Headers, out: &RequestHead) -> bool {
    let is = |n, want: &[u8]| head.get(n).is_some_and(|v| v.eq_ignore_ascii_case(want));
    head.text(out.method) == b"GET"
        && out.version == Version::Http11
        && out.framing == Framing::None
        && is(name::UPGRADE, b"websocket")
        && is(name::SEC_WEBSOCKET_VERSION, b"13")
        && head.get(name::SEC_WEBSOCKET_KEY).is_some_and(key)
        && head.get_all(name::SEC_WEBSOCKET_KEY).nth(1).is_none()
}

/// 16 bytes in base64: 22 digits, the last of which carries four zero bits, and two signs of padding.
fn key(value: &[u8]) -> bool {
    let [digits @ .., b'=', b'='] = value else { return false };
    digits.len() == 22
        && digits.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        && matches!(digits.last(), Some(b'A' | b'Q' | b'g' | b'w'))
}

#[cfg(test)]
mod tests;
