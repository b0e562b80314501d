//! The rows of the hardening table that concern chunked bodies; the names of the tests are theirs.

use super::*;
use proptest::prelude::*;

/// Decodes `text` given in pieces of `step` bytes: the body, how much of the text it took, and whether it ended.
fn decode(text: &[u8], step: usize) -> Result<(Vec<u8>, usize, bool, Chunked), Refuse> {
    let mut decoder = Chunked::default();
    let (mut body, mut used) = (Vec::new(), 0);
    for piece in text.chunks(step.max(1)) {
        let mut bytes = piece.to_vec();
        let got = decoder.decode(&mut bytes, &Limits::REQUEST)?;
        body.extend_from_slice(&bytes[got.start..got.start + got.len]);
        used += got.used;
        assert!(got.done || got.used == piece.len());
        if got.done {
            return Ok((body, used, true, decoder));
        }
    }
    Ok((body, used, false, decoder))
}

#[track_caller]
fn good(text: &[u8], want: &[u8], rest: &[u8]) {
    for step in [1, 2, 3, 5, 7, text.len()] {
        let (body, used, done, _) =
            decode(text, step).unwrap_or_else(|e| panic!("{:?}: {e}", String::from_utf8_lossy(text)));
        assert_eq!((&body[..], &text[used..], done), (want, rest, true), "in steps of {step}");
    }
}

#[track_caller]
fn refused(text: impl AsRef<[u8]>) {
    let text = text.as_ref();
    for step in [1, 3, text.len()] {
        let got = decode(text, step).map(|(_, _, done, _)| done);
        assert_eq!(got.as_ref().err().map(|r| r.status), Some(400), "{:?} gave {got:?}", String::from_utf8_lossy(text));
    }
}

#[test]
fn bodies_of_several_chunks_come_out_as_one_run() {
    good(b"0\r\n\r\n", b"", b"");
    good(b"5\r\nhello\r\n0\r\n\r\nGET", b"hello", b"GET");
    good(b"5\r\nhello\r\n00006\r\n world\r\nA\r\n0123456789\r\n000\r\n\r\n", b"hello world0123456789", b"");
    good(b"a;x=y\r\n0123456789\r\n0;last\r\n\r\n", b"0123456789", b"");
}

#[test]
fn h1_09_sizes_that_are_no_size() {
    for size in [
        "",
        "0x5",
        "+5",
        "-5",
        "_5",
        "5_",
        " 5",
        "5 ",
        "\t5",
        "\u{0}5",
        "5\u{0}",
        "g",
        "\u{e4}",
        "11111111111111111",
        "FFFFFFFFFFFFFFFF",
        "8000000000000000",
        "00000000000000005",
        "5.0",
    ] {
        refused(format!("{size}\r\nhello\r\n0\r\n\r\n"));
    }
    let largest = decode(b"7fffffffffffffff\r\nx", 99).unwrap();
    assert_eq!((largest.0.len(), largest.2), (1, false));
}

#[test]
fn h1_10_lines_that_do_not_end_in_cr_lf() {
    for text in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello \r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "0\r\n\n",
        "0\n\r\n",
        "0\r\n\rX",
        "\r\n5\r\nhello",
    ] {
        refused(text);
    }
}

#[test]
fn h1_11_extensions_are_dropped_and_bounded() {
    good(b"5;a;b=c;d=\"e;f\"\t \xe4\r\nhello\r\n0\r\n\r\n", b"hello", b"");
    for text in [
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;\0\r\nhello",
        "5;a\u{7f}\r\nhello",
        "5;\n\r\nhello",
    ] {
        refused(text);
    }
    refused(format!("5;{}\r\nhello", "a".repeat(CHUNK_LINE)));
    let line = format!("1;{}\r\nx\r\n", "a".repeat(4000));
    refused(line.repeat(5));
    assert!(!decode(line.repeat(4).as_bytes(), 1000).unwrap().2);
}

#[test]
fn h1_12_only_declared_and_harmless_trailers_are_kept() {
    let text = b"0\r\nX-Sum: 1\r\nX-Other: 2\r\nContent-Length: 3\r\nAuthorization: 4\r\nHost: b\r\nX-Forwarded-For: 5\r\nx_sum: 6\r\n\r\nrest";
    let names = ["x-sum", "Content-Length", "authorization", "host", "x-forwarded-for", "x_sum", "Max-Forwards"];
    let declared: Vec<HeaderName> = names.iter().map(|n| HeaderName::new(n).unwrap()).collect();
    for step in [1, 4, text.len()] {
        let (_, used, done, decoder) = decode(text, step).unwrap();
        assert!(done && &text[used..] == b"rest");
        let kept = decoder.trailers(&declared).unwrap();
        let kept: Vec<(&str, &[u8])> = kept
            .iter()
            .map(|(n, v)| (n.as_str(), v))
            .map(|(n, v)| (if n == "X-Sum" { "X-Sum" } else { "?" }, v))
            .collect();
        assert_eq!(kept, [("X-Sum", &b"1"[..])]);
        assert!(decoder.trailers(&[]).is_none());
    }
    refused("0\r\nX : y\r\n\r\n");
    refused("0\r\nX: a\0b\r\n\r\n");
    refused("0\r\n X: y\r\n\r\n");
    refused("0\r\nX: y\n\r\n");
    let many = format!("0\r\n{}\r\n", "X: y\r\n".repeat(101));
    assert_eq!(decode(many.as_bytes(), 4096).map(|_| ()).map_err(|r| r.status), Err(431));
    let long = format!("0\r\nX: {}", "y".repeat(10_000));
    assert_eq!(decode(long.as_bytes(), 1).map(|_| ()).map_err(|r| r.status), Err(431));
}

proptest! {
    #[test]
    fn what_is_framed_is_decoded_whatever_the_split(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
        step in 1usize..400,
        pooled in any::<bool>(),
    ) {
        let mut wire = Vec::new();
        for (i, chunk) in chunks.iter().enumerate() {
            let piece = if pooled {
                let mut buf = gateway_engine::buf::Buf::take();
                buf.append(chunk);
                gateway_engine::buf::Chunk::Buf(buf)
            } else {
                gateway_engine::buf::Chunk::Bytes(bytes::Bytes::copy_from_slice(chunk))
            };
            crate::encode::chunk(piece, i + 1 == chunks.len(), None, |c| wire.extend_from_slice(c.as_slice()));
        }
        if chunks.is_empty() {
            crate::encode::chunk(Default::default(), true, None, |c| wire.extend_from_slice(c.as_slice()));
        }
        wire.extend(b"next");
        let (body, used, done, decoder) = decode(&wire, step).unwrap();
        prop_assert!(done);
        prop_assert_eq!(&body, &chunks.concat());
        prop_assert_eq!(decoder.total(), body.len() as u64);
        prop_assert_eq!(&wire[used..], b"next");
    }

    #[test]
    fn any_bytes_may_come_and_the_split_changes_nothing(text in prop::collection::vec(prop::sample::select(b"0123456789abcdefF\r\n; x".to_vec()), 0..60), step in 1usize..9) {
        let whole = decode(&text, text.len()).map(|(body, used, done, _)| (body, used, done));
        let parts = decode(&text, step).map(|(body, used, done, _)| (body, used, done));
        prop_assert_eq!(whole, parts);
    }
}
