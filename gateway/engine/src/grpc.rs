//! What the engine knows of gRPC, whichever protocol carries it: which exchanges are calls, how the gateway's own answers look to
//! a caller, deadlines, and the statuses in trailers (the gRPC project's "gRPC over HTTP/2" and "HTTP to gRPC status mapping").

use std::borrow::Cow;

use crate::exchange::Exchange;
use crate::headers::{Headers, name};

/// CANCELLED: the caller went away.
pub const CANCELLED: u16 = 1;
/// DEADLINE_EXCEEDED.
pub const DEADLINE_EXCEEDED: u16 = 4;
/// UNAVAILABLE: it may be tried again.
pub const UNAVAILABLE: u16 = 14;

/// Whether a message of this content type is of a gRPC call: `application/grpc`, also with `+proto` and the like, but not
/// gRPC-Web, which has answers of its own.
pub fn is_grpc(content_type: &[u8]) -> bool {
    const KIND: &[u8] = b"application/grpc";
    let Some((kind, rest)) = content_type.split_at_checked(KIND.len()) else { return false };
    kind.eq_ignore_ascii_case(KIND) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
}

/// The status a caller gets where an HTTP client would get `http`.
pub fn status_of(http: u16) -> u16 {
    match http {
        400 | 405 | 411 | 414 | 415 | 417 | 431 => 13,
        401 => 16,
        403 => 7,
        404 | 501 => 12,
        408 | 504 => DEADLINE_EXCEEDED,
        409 => 10,
        413 | 429 => 8,
        499 => CANCELLED,
        500..=599 => UNAVAILABLE,
        _ => 2,
    }
}

/// The HTTP status that says of a node what a call's status says of it: whether it could do its work, not what the service thinks
/// of the call.
pub fn judged(status: u16) -> u16 {
    match status {
        DEADLINE_EXCEEDED => 504,
        13 | 15 => 500,
        UNAVAILABLE => 503,
        _ => 200,
    }
}

/// How long a caller waits, in milliseconds, out of a `grpc-timeout`: at most eight digits and a unit. What is shorter than a
/// millisecond counts as one.
pub fn timeout_ms(text: &[u8]) -> Option<u64> {
    let (unit, digits) = text.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Eight digits: no product below overflows.
    let n = digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0'));
    Some(match unit {
        b'H' => n * 3_600_000,
        b'M' => n * 60_000,
        b'S' => n * 1000,
        b'm' => n,
        b'u' => n.div_ceil(1000),
        b'n' => n.div_ceil(1_000_000),
        _ => return None,
    })
}

/// The service and method of a call, out of its path.
pub fn names(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let path = path.strip_prefix(b"/")?;
    let slash = memchr::memrchr(b'/', path)?;
    let (service, method) = path.split_at_checked(slash)?;
    let method = method.get(1..)?;
    (!service.is_empty() && !method.is_empty()).then_some((service, method))
}

/// The call's status where these fields have one.
pub fn status_in(fields: &Headers) -> Option<u16> {
    let text = fields.get(name::GRPC_STATUS)?;
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Puts a status and its text into fields that end a call.
pub fn put_status(fields: &mut Headers, status: u16, message: &str) {
    fields.set_number(name::GRPC_STATUS, status.into());
    if !message.is_empty() {
        // Percent-encoded: nothing in it that a field may not hold.
        let _ = fields.set(name::GRPC_MESSAGE, encoded(message.as_bytes()).as_ref());
    }
}

/// A text as `grpc-message` holds it: printable ASCII but `%` as it is, every other byte as `%XX`.
fn encoded(text: &[u8]) -> Cow<'_, [u8]> {
    let plain = |b: &u8| matches!(b, b' '..=b'~') && *b != b'%';
    if text.iter().all(plain) {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len() + 16);
    for b in text {
        match plain(b) {
            true => out.push(*b),
            false => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                // Both are below sixteen.
                out.extend_from_slice(&[b'%', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
            }
        }
    }
    out.into()
}

/// The message of an answer that would have had this body: what a JSON body says, a short text itself, else `phrase`.
pub fn message_of(body: &[u8], phrase: &str) -> String {
    let text = std::str::from_utf8(body).map(str::trim).unwrap_or_default();
    if text.starts_with('{') {
        let said = serde_json::from_str::<serde_json::Value>(text).ok();
        let said = said.as_ref().and_then(|v| v.get("error_msg").or_else(|| v.get("message")).or_else(|| v.get("msg")));
        return said.and_then(serde_json::Value::as_str).unwrap_or(phrase).to_owned();
    }
    const LONGEST: usize = 1024;
    if text.is_empty() || text.starts_with('<') || text.len() > LONGEST { phrase.to_owned() } else { text.to_owned() }
}

/// Looks at a request as it came: whether it is a call, and until when it may take.
pub(crate) fn look(x: &mut Exchange) {
    let head = &x.req.head;
    if head.present() & name::CONTENT_TYPE.bit() == 0 {
        return;
    }
    let Some(kind) = head.get(name::CONTENT_TYPE) else { return };
    let calls = is_grpc(kind);
    // gRPC-Web has the same deadlines.
    if !calls && !kind.starts_with(b"application/grpc-web") {
        return;
    }
    let within = head.get(name::GRPC_TIMEOUT).and_then(timeout_ms);
    x.req.grpc = calls;
    if let Some(ms) = within {
        x.req.until_ms = x.times.start_ms.saturating_add(ms);
        x.deadline.exact(x.req.until_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_call() {
        for (kind, is) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("Application/gRPC;charset=utf-8", true),
            ("application/grpc-web", false),
            ("application/grpc-web-text+proto", false),
            ("application/grpcx", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(is_grpc(kind.as_bytes()), is, "{kind}");
        }
    }

    #[test]
    fn timeouts() {
        for (text, ms) in [
            ("1S", Some(1000)),
            ("99999999H", Some(359_999_996_400_000)),
            ("2M", Some(120_000)),
            ("250m", Some(250)),
            ("1u", Some(1)),
            ("1500u", Some(2)),
            ("999999n", Some(1)),
            ("0n", Some(0)),
            ("", None),
            ("S", None),
            ("1", None),
            ("1s", None),
            ("-1S", None),
            ("123456789S", None),
            ("1 S", None),
        ] {
            assert_eq!(timeout_ms(text.as_bytes()), ms, "{text}");
        }
    }

    #[test]
    fn statuses_of_the_gateways_own_answers() {
        for (http, grpc) in [
            (400, 13),
            (401, 16),
            (403, 7),
            (404, 12),
            (408, 4),
            (413, 8),
            (429, 8),
            (499, 1),
            (500, 14),
            (501, 12),
            (502, 14),
            (503, 14),
            (504, 4),
            (302, 2),
            (418, 2),
        ] {
            assert_eq!(status_of(http), grpc, "{http}");
        }
    }

    #[test]
    fn names_of_a_path() {
        let text = |path: &'static str| {
            names(path.as_bytes()).map(|(s, m)| (String::from_utf8_lossy(s), String::from_utf8_lossy(m)))
        };
        assert_eq!(text("/a.b.Greeter/Say"), Some(("a.b.Greeter".into(), "Say".into())));
        assert_eq!(text("/prefix/a.Greeter/Say"), Some(("prefix/a.Greeter".into(), "Say".into())));
        for path in ["", "/", "/a", "a/b", "//b", "/a/"] {
            assert_eq!(text(path), None, "{path}");
        }
    }

    #[test]
    fn messages() {
        for (text, wire) in [("Not found", "Not found"), ("50 %", "50 %25"), ("é\n", "%C3%A9%0A"), ("", "")] {
            assert_eq!(encoded(text.as_bytes()), wire.as_bytes());
        }
        for (body, message) in [
            ("{\"error_msg\":\"404 Route Not Found\"}\n", "404 Route Not Found"),
            ("{\"message\":\"Missing API key in request\"}", "Missing API key in request"),
            ("{\"n\":1}", "Phrase"),
            ("plain\n", "plain"),
            ("<html>", "Phrase"),
            ("", "Phrase"),
        ] {
            assert_eq!(message_of(body.as_bytes(), "Phrase"), message, "{body}");
        }
    }
}
