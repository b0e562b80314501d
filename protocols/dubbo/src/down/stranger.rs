//! Clients that speak something else on a port of Dubbo2.

use gateway_dubbo_codec::detect::{Opening, detect};
use gateway_engine::log_pace::LogPace;
use std::net::SocketAddr;

/// What a client of HTTP/1 is told.
const NO_HTTP: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 38\r\nConnection: close\r\n\r\n\
    This port speaks Dubbo2 and not HTTP.\n";

/// Tells the log what a connection is that begins with `start`, where that is another protocol which the port could speak. Gives what its
/// client is told before the end; `None`: it is no such protocol.
#[cold]
pub(super) fn look(client: SocketAddr, start: &[u8]) -> Option<&'static [u8]> {
    let (what, answer) = match detect(start) {
        Opening::Http1 => ("HTTP/1", NO_HTTP),
        Opening::Http2 => ("HTTP/2", &[][..]),
        // The preface of HTTP/2, in pieces.
        Opening::Partial if start.starts_with(b"PRI *") => ("HTTP/2", &[][..]),
        Opening::Tls => ("TLS", &[][..]),
        Opening::Dubbo2 | Opening::Partial | Opening::Unknown => return None,
    };
    thread_local! {
        static PACE: LogPace = const { LogPace::new() };
    }
    if let Some(left_out) = PACE.with(LogPace::admit) {
        tracing::warn!(%client, left_out, "{what} on a port of Dubbo2 alone: with `detect: true` its listener serves both");
    }
    Some(answer)
}

/// Tells the log that a client is cut for what it has held here, beside others.
#[cold]
pub(super) fn greedy(client: SocketAddr) {
    thread_local! {
        static PACE: LogPace = const { LogPace::new() };
    }
    if let Some(left_out) = PACE.with(LogPace::admit) {
        tracing::warn!(%client, left_out, "a Dubbo connection is cut: consumers have too much held of calls that are not whole");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_whole() {
        let text = std::str::from_utf8(NO_HTTP).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{text}");
    }

    #[test]
    fn protocols_that_the_port_could_speak_are_told() {
        let client = SocketAddr::from(([127, 0, 0, 1], 1));
        assert_eq!(look(client, b"GET / HTTP/1.1\r\n"), Some(NO_HTTP));
        for other in [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n", b"\x16\x03\x01\x02"] {
            assert_eq!(look(client, other), Some(&b""[..]));
        }
        for none in [&b"\xda\xba"[..], b"status\r\n", b"G", b""] {
            assert_eq!(look(client, none), None);
        }
    }
}
