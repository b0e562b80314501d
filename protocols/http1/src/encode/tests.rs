//! What is encoded is what was parsed, and the short cut of copying runs changes no byte.

use super::*;
use crate::{Limits, request};
use gateway_engine::headers::Name;
use proptest::prelude::*;

/// Every field written on its own, as the definition says.
fn naive(head: &Headers, never: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for f in head.fields() {
        if f.flags & (Field::DEAD | Field::HOP) == 0 && never >> f.id & 1 == 0 {
            out.extend([head.name(f).text(), b": ", head.value(f), b"\r\n"].concat());
        }
    }
    out
}

fn encoded(head: &Headers, never: u64) -> Vec<u8> {
    let mut pieces = Pieces::new();
    pieces.fields(head, never, 0);
    let out = pieces.to_vec();
    assert_eq!(out.len(), pieces.len());
    out
}

/// Field lines with every freedom the grammar leaves.
fn lines() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "Accept",
        "X-A",
        "x-b",
        "Cookie",
        "Connection",
        "Keep-Alive",
        "Content-Type",
        "Via",
        "TE",
    ]);
    let ows = prop::sample::select(vec!["", " ", "  ", "\t", " \t "]);
    let value = prop::sample::select(vec!["", "a", "x-b", "close", "a b", "text/html;q=1", "\u{e4}"]);
    let line = (name, ows.clone(), value, ows).prop_map(|(n, before, v, after)| format!("{n}:{before}{v}{after}\r\n"));
    prop::collection::vec(line, 0..12).prop_map(|all| all.concat())
}

/// What plugins do to fields.
fn edits() -> impl Strategy<Value = Vec<(u8, &'static str, &'static str)>> {
    let name = prop::sample::select(vec!["Accept", "X-A", "X-B", "Cookie", "Connection", "X-New", "Via"]);
    prop::collection::vec((0u8..3, name, prop::sample::select(vec!["", "1", "two words"])), 0..6)
}

proptest! {
    #[test]
    fn copying_runs_gives_what_writing_each_field_gives(lines in lines(), edits in edits(), never in any::<u64>()) {
        let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        let mut head = Headers::new();
        prop_assume!(matches!(request(text.as_bytes(), &Limits::REQUEST, &mut head), Ok(Some(_))));
        for (what, n, v) in edits {
            let n = Name::new(n.as_bytes()).unwrap();
            match what {
                0 => head.set(n, v.as_bytes()).unwrap(),
                1 => head.append(n, v.as_bytes()).unwrap(),
                _ => drop(head.remove(n)),
            }
        }
        for never in [0, never, FRAMING] {
            let got = encoded(&head, never);
            prop_assert_eq!(got, naive(&head, never));
        }
        // What was written parses into the same fields.
        let again = [&b"GET / HTTP/1.1\r\nHost: a\r\n"[..], &encoded(&head, FRAMING | name::HOST.bit()), b"\r\n"].concat();
        let mut second = Headers::new();
        prop_assert!(matches!(request(&again, &Limits::REQUEST, &mut second), Ok(Some(_))));
        let fields = |h: &Headers| h.fields().iter()
            .filter(|f| f.flags & (Field::DEAD | Field::HOP) == 0 && (FRAMING | name::HOST.bit()) >> f.id & 1 == 0)
            .map(|f| (h.name(f).text().to_vec(), h.value(f).to_vec())).collect::<Vec<_>>();
        prop_assert_eq!(fields(&head), fields(&second));
    }

    #[test]
    fn a_head_goes_in_front_of_any_body(len in 0usize..70_000, lead in 0usize..3000, pooled in any::<bool>()) {
        let text = vec![b'h'; lead];
        let mut pieces = Pieces::new();
        pieces.push(&text);
        pieces.push(b"\r\n");
        let body: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        let piece = if pooled && len <= 60_000 {
            let mut buf = Buf::take();
            buf.append(&body);
            Chunk::Buf(buf)
        } else {
            Chunk::Bytes(Bytes::copy_from_slice(&body))
        };
        let (first, second) = pieces.before(piece);
        let second = second.unwrap_or_default();
        let out = [first.as_slice(), second.as_slice()].concat();
        prop_assert_eq!(&out[..lead + 2], &[&text[..], b"\r\n"].concat()[..]);
        prop_assert_eq!(&out[lead + 2..], &body[..]);
    }
}

#[test]
fn a_run_that_lies_whole_in_its_block_is_one_piece() {
    let text = b"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nX-A: 1\r\n\r\n";
    let mut head = Headers::new();
    request(text, &Limits::REQUEST, &mut head).unwrap();
    let mut pieces = Pieces::new();
    pieces.fields(&head, 0, 16);
    assert_eq!(pieces.list.as_slice(), [&text[..text.len() - 2]]);
}

#[test]
fn trailers_stand_between_the_last_chunk_and_the_end() {
    let mut trailers = Headers::new();
    trailers.set_static(name::ETAG, "x");
    for (piece, want) in [(&b""[..], "0\r\nETag: x\r\n\r\n"), (b"abc", "3\r\nabc\r\n0\r\nETag: x\r\n\r\n")] {
        let mut out = Vec::new();
        chunk(Chunk::Bytes(Bytes::copy_from_slice(piece)), true, Some(&trailers), |c| {
            out.extend_from_slice(c.as_slice())
        });
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }
}

#[test]
fn sizes_are_hexadecimal() {
    for n in [1usize, 9, 10, 15, 16, 255, 256, 65535, 65536, 1 << 40, usize::MAX] {
        assert_eq!(hex(n, &mut [0; 18]), format!("{n:x}\r\n").as_bytes());
    }
}
