//! A question in HTTP/1.1, and the first line of the answer.

use std::io;

use gateway_engine::upstream::health::Active;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The bytes of the request. The Admin API has seen to it that no part of it holds a line end.
pub(super) fn request(active: &Active, host: &str) -> Box<[u8]> {
    let mut text = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", active.method, active.path);
    let named = |wanted: &str| {
        let name =
            |line: &str| line.split_once(':').is_some_and(|(name, _)| name.trim_end().eq_ignore_ascii_case(wanted));
        active.headers.iter().any(|line| name(line))
    };
    if !named("host") {
        text.push_str(&format!("Host: {host}\r\n"));
    }
    for line in &active.headers {
        text.push_str(&format!("{line}\r\n"));
    }
    if !active.body.is_empty() && !named("content-length") {
        text.push_str(&format!("Content-Length: {}\r\n", active.body.len()));
    }
    text.push_str("\r\n");
    text.push_str(&active.body);
    text.into_bytes().into()
}

/// The longest beginning of an answer that is read to find its status.
const FIRST_BYTES: usize = 256;

/// Sends the request and gives the status of the answer; 0: what came is no HTTP answer.
pub(super) async fn ask<S>(mut stream: S, request: &[u8]) -> io::Result<u16>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut first = [0; FIRST_BYTES];
    let mut filled = 0;
    loop {
        let Some(room) = first.get_mut(filled..).filter(|room| !room.is_empty()) else { return Ok(0) };
        let read = stream.read(room).await?;
        filled += read;
        match status(first.get(..filled).unwrap_or_default()) {
            Some(status) => return Ok(status),
            None if read == 0 && filled == 0 => {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer"));
            }
            None if read == 0 => return Ok(0),
            None => {}
        }
    }
}

/// The status of an answer that begins like this; 0: it is none; `None`: too early to tell.
fn status(bytes: &[u8]) -> Option<u16> {
    const BEGIN: &[u8] = b"HTTP/1.";
    let same = bytes.iter().zip(BEGIN).all(|(a, b)| a == b);
    if !same {
        return Some(0);
    }
    // "HTTP/1.1 200" and what ends the number.
    let rest = bytes.get(BEGIN.len()..).filter(|rest| rest.len() >= 6)?;
    match rest {
        [b'0'..=b'9', b' ', a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ' | b'\r' | b'\n', ..] => {
            let digit = |d: &u8| u16::from(d - b'0');
            Some(digit(a) * 100 + digit(b) * 10 + digit(c))
        }
        _ => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_line_says_it() {
        let cases: &[(&str, Option<u16>)] = &[
            ("", None),
            ("HTTP", None),
            ("HTTP/1.1 200", None),
            ("HTTP/1.1 200 ", Some(200)),
            ("HTTP/1.1 200 OK\r\n", Some(200)),
            ("HTTP/1.0 503\r\n", Some(503)),
            ("HTTP/1.1 404\n", Some(404)),
            ("HTTP/1.1 2000 ", Some(0)),
            ("HTTP/1.1  200 ", Some(0)),
            ("HTTP/1.1 020 ", Some(0)),
            ("HTTP/2 200 OK", Some(0)),
            ("http/1.1 200 OK", Some(0)),
            ("SSH-2.0-OpenSSH", Some(0)),
            ("\u{15}\u{3}", Some(0)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(status(bytes.as_bytes()), *expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn never_more_than_a_status(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let known = status(&bytes);
            prop_assert!(known.is_none_or(|s| s == 0 || (100..1000).contains(&s)));
            if bytes.len() >= 13 {
                prop_assert!(known.is_some());
            }
        }

        #[test]
        fn more_bytes_do_not_change_it(bytes in "HTTP/1[.][01][ 0-9\r\n]{0,12}", cut in 0usize..24) {
            let part = bytes.as_bytes().get(..cut).unwrap_or(bytes.as_bytes());
            if let Some(early) = status(part) {
                prop_assert_eq!(status(bytes.as_bytes()), Some(early));
            }
        }
    }
}
