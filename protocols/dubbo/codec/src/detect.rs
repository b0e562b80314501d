//! What a connection speaks, by its first bytes: one port can serve Dubbo2, HTTP/1.1, HTTP/2 and all of that over TLS.

use crate::frame::MAGIC;

/// What the first bytes of a connection are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// A frame of Dubbo2.
    Dubbo2,
    /// A hello of TLS.
    Tls,
    /// The preface of HTTP/2 (RFC 9113 section 3.4), known to the client beforehand.
    Http2,
    /// The method of a request of HTTP/1.
    Http1,
    /// It may still become one of these.
    Partial,
    /// None of these.
    Unknown,
}

/// How many bytes decide at most.
pub const DECISIVE: usize = PREFACE.len();

/// Says what a connection that begins with `bytes` speaks. Two bytes suffice to tell Dubbo2 and TLS; never more than [`DECISIVE`]
/// are needed.
pub fn detect(bytes: &[u8]) -> Opening {
    if let Some(whole) = begins(bytes, &MAGIC) {
        return if whole { Opening::Dubbo2 } else { Opening::Partial };
    }
    // A record of the handshake, of any version that begins with 3.
    if let Some(whole) = begins(bytes, &[0x16, 0x03]) {
        return if whole { Opening::Tls } else { Opening::Partial };
    }
    match begins(bytes, PREFACE) {
        Some(true) => Opening::Http2,
        Some(false) => Opening::Partial,
        None => method(bytes),
    }
}

/// `PRI * HTTP/2.0` is a request line as well: nothing but all of it is the preface.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Longer than any that is registered (`UPDATEREDIRECTREF`), and shorter than the preface.
const LONGEST_METHOD: usize = 20;

/// Whether `bytes` begin with all of `start`; `None`: with something else.
fn begins(bytes: &[u8], start: &[u8]) -> Option<bool> {
    let known = bytes.len().min(start.len());
    (bytes.get(..known) == start.get(..known)).then_some(known == start.len())
}

/// A word in capitals and a space. Methods are case-sensitive, and all that are registered are written so; what people type into
/// a connection (`ls`, `status`) is not.
fn method(bytes: &[u8]) -> Opening {
    let capital = |b: &u8| b.is_ascii_uppercase() || matches!(b, b'-' | b'_');
    let word = bytes.iter().take_while(|b| capital(b)).count();
    match bytes.get(word) {
        _ if word > LONGEST_METHOD => Opening::Unknown,
        None => Opening::Partial,
        Some(b' ') if word > 0 => Opening::Http1,
        Some(_) => Opening::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_told_apart_by_their_first_bytes() {
        let cases: &[(&[u8], Opening)] = &[
            (b"", Opening::Partial),
            (b"\xda", Opening::Partial),
            (b"\xda\xbb", Opening::Dubbo2),
            (b"\xda\xbb\xc2\x00", Opening::Dubbo2),
            (b"\xda\xba", Opening::Unknown),
            (b"\x16", Opening::Partial),
            (b"\x16\x03\x01\x02\x00\x01", Opening::Tls),
            (b"\x16\x02", Opening::Unknown),
            (b"G", Opening::Partial),
            (b"GET", Opening::Partial),
            (b"GET ", Opening::Http1),
            (b"POST /peer.dubbo.api.GreeterService/sayHello HTTP/1.1\r\n", Opening::Http1),
            (b"M-SEARCH * HTTP/1.1\r\n", Opening::Http1),
            (b"P", Opening::Partial),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", Opening::Partial),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Opening::Http2),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x12", Opening::Http2),
            (b"PRI * HTTP/1.1\r\n", Opening::Http1),
            (b"get / HTTP/1.1\r\n", Opening::Unknown),
            (b"status\r\n", Opening::Unknown),
            (b"STATUS\r\n", Opening::Unknown),
            (b" GET", Opening::Unknown),
            (b"\r\nGET", Opening::Unknown),
            (b"AAAAAAAAAAAAAAAAAAAA", Opening::Partial),
            (b"AAAAAAAAAAAAAAAAAAAAA", Opening::Unknown),
            (b"\x00\x00", Opening::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(detect(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_decided_stays_so() {
        for whole in
            [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], b"DELETE /", b"\xda\xbb\x02", b"\x16\x03\x03", b"PRIO /"]
        {
            let last = detect(whole);
            assert_ne!(last, Opening::Partial);
            for cut in 0..whole.len() {
                let found = detect(&whole[..cut]);
                assert!(found == Opening::Partial || found == last, "{cut}: {found:?}");
            }
        }
    }
}
