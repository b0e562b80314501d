//! What is left of a request that was none, for the logs.

use crate::limits::Refuse;
use gateway_engine::exchange::Exchange;

/// A request that was refused before it was one. Its default is one of which nothing is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: Refuse,
    /// What came of the request line.
    line: Box<[u8]>,
    /// Bytes that came.
    received: u64,
}

impl Refused {
    /// `bytes` is what came of the head.
    pub(super) fn new(why: Refuse, bytes: &[u8]) -> Box<Refused> {
        let text = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
        let line = text.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
        let line = line.get(..LINE).unwrap_or(line).into();
        Box::new(Refused { why, line, received: bytes.len() as u64 })
    }

    /// Shows in an exchange what is known: the line as it came, and its parts where it has them.
    pub(super) fn show(&self, x: &mut Exchange) {
        let req = &mut x.req;
        let line = req.head.store(&self.line);
        req.refused = Some(line);
        req.received = self.received;
        let mut parts = self.line.split(|b| *b == b' ');
        if let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
            && version.starts_with(b"HTTP/")
        {
            req.method = line.slice(0, method.len());
            req.target = line.slice(method.len() + 1, method.len() + 1 + target.len());
        }
    }
}

/// Longest beginning of a line that is kept.
const LINE: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::bad;

    #[test]
    fn the_line_is_what_came_of_it() {
        let cases: &[(&[u8], &[u8])] = &[
            (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"GET / HTTP/1.1"),
            (b"\r\nGET / HTTP/1.1\nHost: a", b"GET / HTTP/1.1"),
            (b"GET /a", b"GET /a"),
            (b"\x16\x03\x01", b"\x16\x03\x01"),
            (b"", b""),
        ];
        for (bytes, line) in cases {
            let refused = Refused::new(bad("x"), bytes);
            assert_eq!(*refused.line, **line, "{}", bytes.escape_ascii());
            assert_eq!(refused.received, bytes.len() as u64);
        }
        assert_eq!(Refused::new(bad("x"), &[b'a'; 20000]).line.len(), LINE);
    }
}
