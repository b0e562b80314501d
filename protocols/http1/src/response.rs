//! The head of an upstream's answer (RFC 9112 section 4). The upstream is not trusted with framing: what cannot be read in one
//! way only is refused, and the client gets 502.

use crate::fields;
use crate::framing::{self, Declared};
use crate::limits::{Limits, Refuse, bad};
use gateway_engine::exchange::Framing;
use gateway_engine::headers::{Headers, name, scan};

/// An answer's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// How many received bytes it is.
    pub len: usize,
    /// The status, 100 to 599.
    pub status: u16,
    /// How the body is delimited.
    pub framing: Framing,
    /// The connection may serve another request.
    pub keep_alive: bool,
    /// A 101 that names the protocol asked for, as far as `Upgrade` and `Connection` tell.
    pub upgrade: bool,
}

/// Parses the head at the beginning of `bytes` into `head`, which is emptied first. `to_head`: it answers a HEAD request.
/// `None`: not whole yet.
///
/// # Errors
/// A [`Refuse`], whose reason is for the log: the client gets 502.
pub fn response(
    bytes: &[u8],
    to_head: bool,
    limits: &Limits,
    head: &mut Headers,
) -> Result<Option<ResponseHead>, Refuse> {
    head.clear();
    let Some(line) = line(bytes)? else {
        return match bytes.len() > limits.head {
            true => Err(bad("status line too long")),
            false => Ok(None),
        };
    };
    let Some(parsed) = fields::parse(bytes, line.end, limits, head)? else { return Ok(None) };
    let end = parsed.end;
    head.adopt(bytes.get(..end).unwrap_or_default());
    let declared = framing::declared(parsed.length(head), parsed.coding(head), line.minor)?;
    let bodiless = to_head || line.status < 200 || matches!(line.status, 204 | 304);
    let framing = match declared {
        _ if line.status == 101 => Framing::Tunnel,
        _ if bodiless => Framing::None,
        Declared::Length(0) => Framing::None,
        Declared::Length(n) => Framing::Length(n),
        Declared::Chunked => Framing::Stream,
        Declared::Nothing => Framing::Close,
    };
    if matches!(declared, Declared::Length(_)) && (to_head || line.status == 304) {
        // It tells of another answer's body, not of this one's framing.
        head.unmark_hop(name::CONTENT_LENGTH);
    }
    let mut out = ResponseHead {
        len: end,
        status: line.status,
        framing,
        keep_alive: line.minor == 1 && framing != Framing::Close,
        upgrade: false,
    };
    if head.present() & name::CONNECTION.bit() != 0 {
        let said = fields::connection(head)?;
        out.keep_alive = !said.close && framing != Framing::Close && (line.minor == 1 || said.keep_alive);
        out.upgrade = said.upgrade && head.contains(name::UPGRADE);
    }
    Ok(Some(out))
}

struct Line {
    minor: u8,
    status: u16,
    end: usize,
}

/// `HTTP/1.x SP 3DIGIT [ SP reason ] CRLF`, or `None` when it has not come whole.
#[inline]
fn line(bytes: &[u8]) -> Result<Option<Line>, Refuse> {
    let Some((version, rest)) = bytes.split_first_chunk::<8>() else { return beginning(bytes) };
    let minor = match version {
        b"HTTP/1.1" => 1,
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => u8::from(*minor != b'0'),
        _ => return Err(bad("no HTTP answer")),
    };
    let [b' ', hundreds, tens, ones, ..] = rest else { return beginning(bytes) };
    let (a, b, c) = (hundreds.wrapping_sub(b'0'), tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if a > 9 || b > 9 || c > 9 {
        return Err(bad("no HTTP answer"));
    }
    let status = u16::from(a) * 100 + u16::from(b) * 10 + u16::from(c);
    if !(100..=599).contains(&status) {
        return Err(bad("status out of range"));
    }
    if bytes.get(12..17) == Some(b" OK\r\n") {
        return Ok(Some(Line { minor, status, end: 17 }));
    }
    match bytes.get(12) {
        None => return Ok(None),
        // Some servers leave out the reason and the space before it.
        Some(b' ' | b'\r') => {}
        Some(_) => return Err(bad("no HTTP answer")),
    }
    let stop = scan::value_end(bytes, 12);
    match (bytes.get(stop), bytes.get(stop + 1)) {
        (Some(b'\r'), Some(b'\n')) => Ok(Some(Line { minor, status, end: stop + 2 })),
        (None, _) | (Some(b'\r'), None) => Ok(None),
        _ => Err(bad("bad byte in the status line")),
    }
}

/// Fewer bytes than a version and a status: the beginning of them, or no answer.
#[cold]
fn beginning(bytes: &[u8]) -> Result<Option<Line>, Refuse> {
    const SHAPE: &[u8; 12] = b"HTTP/1.d ddd";
    let fits = |have: u8, want: u8| if want == b'd' { have.is_ascii_digit() } else { have == want };
    match bytes.iter().zip(SHAPE).all(|(have, want)| fits(*have, *want)) {
        true => Ok(None),
        false => Err(bad("no HTTP answer")),
    }
}

#[cfg(test)]
mod tests;
