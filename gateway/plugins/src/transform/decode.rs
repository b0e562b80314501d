//! Bodies out of their content coding, with bounds: a small body must not become a large one.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use gateway_engine::headers::{Headers, name};

/// A content coding (RFC 9110 §8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// None.
    Identity,
    /// `gzip`, `x-gzip`.
    Gzip,
    /// `br`.
    Brotli,
}

/// A body may grow by this factor (`hardening` §4) …
const MAX_RATIO: usize = 100;
/// … but a short one to this many bytes at least.
const SMALL: usize = 64 << 10;

impl Coding {
    /// The coding of a message; `None` for one (or a list) that cannot be undone here.
    pub(crate) fn of(head: &Headers) -> Option<Coding> {
        let mut lines = head.get_all(name::CONTENT_ENCODING);
        let coding = match lines.next() {
            None => Coding::Identity,
            Some(text) => match text.trim_ascii().to_ascii_lowercase().as_slice() {
                b"" | b"identity" => Coding::Identity,
                b"gzip" | b"x-gzip" => Coding::Gzip,
                b"br" => Coding::Brotli,
                _ => return None,
            },
        };
        lines.next().is_none().then_some(coding)
    }

    /// The body without the coding; `cut`: its end is missing, so the part that is there is decoded. `None`: broken, or larger
    /// than `limit` or the ratio allows.
    pub(crate) fn decode(self, body: &[u8], limit: usize, cut: bool) -> Option<Vec<u8>> {
        let limit = limit.min(body.len().saturating_mul(MAX_RATIO).max(SMALL));
        match self {
            Coding::Identity => Some(body.to_vec()),
            Coding::Gzip => read(MultiGzDecoder::new(body), limit, cut),
            Coding::Brotli => read(brotli::Decompressor::new(body, 4096), limit, cut),
        }
    }
}

/// How long a body of `length` bytes may become by replacing text in it: by the ratio of decoding and at most `limit`, and
/// again a short one to some bytes at least.
pub(crate) fn grown(length: usize, limit: usize) -> usize {
    limit.min(length.saturating_mul(MAX_RATIO)).max(SMALL)
}

fn read(mut from: impl Read, limit: usize, cut: bool) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut piece = [0; 8192];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Some(out),
            Ok(n) => out.extend_from_slice(piece.get(..n)?),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return cut.then_some(out),
        }
        if out.len() > limit {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::gzip;
    use proptest::prelude::*;
    use std::io::Write;

    pub(crate) fn brotli(body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, 4096, 5, 20).write_all(body).unwrap();
        out
    }

    #[test]
    fn bombs_and_broken_bodies_are_refused() {
        let bomb = vec![0; 10 << 20];
        for (coding, encoded) in [(Coding::Gzip, gzip(&bomb)), (Coding::Brotli, brotli(&bomb))] {
            assert_eq!(coding.decode(&encoded, usize::MAX, false), None, "{coding:?}");
            let fair: Vec<u8> = (0..50_000u32).flat_map(u32::to_le_bytes).collect();
            let encoded = if coding == Coding::Gzip { gzip(&fair) } else { brotli(&fair) };
            assert_eq!(coding.decode(&encoded, usize::MAX, false).as_deref(), Some(&fair[..]));
            assert_eq!(coding.decode(&encoded, 1000, false), None);
            let half = &encoded[..encoded.len() / 2];
            assert_eq!(coding.decode(half, usize::MAX, false), None);
            let part = coding.decode(half, usize::MAX, true).unwrap();
            assert!(fair.starts_with(&part));
        }
    }

    #[test]
    fn codings_by_name() {
        let coding = |lines: &[&str]| {
            let mut head = Headers::new();
            for line in lines {
                head.append(name::CONTENT_ENCODING, line.as_bytes()).unwrap();
            }
            Coding::of(&head)
        };
        assert_eq!(coding(&[]), Some(Coding::Identity));
        assert_eq!(coding(&["GZip"]), Some(Coding::Gzip));
        assert_eq!(coding(&["br"]), Some(Coding::Brotli));
        for unknown in [&["zstd"][..], &["gzip, br"], &["gzip", "br"], &["deflate"]] {
            assert_eq!(coding(unknown), None);
        }
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding_and_never_panics(body in proptest::collection::vec(any::<u8>(), 0..4096)) {
            for (coding, encoded) in [(Coding::Gzip, gzip(&body)), (Coding::Brotli, brotli(&body))] {
                let decoded = coding.decode(&encoded, usize::MAX, false);
                prop_assert_eq!(decoded.as_deref(), Some(&body[..]));
                let _ = coding.decode(&body, 1 << 20, true);
            }
        }
    }
}
