//! The rows of the hardening table that concern an upstream's head; the names of the tests are theirs.

use super::*;
use gateway_engine::headers::Name;
use proptest::prelude::*;

fn parse(text: &[u8]) -> (Headers, Result<Option<ResponseHead>, Refuse>) {
    let mut head = Headers::new();
    let got = response(text, false, &Limits::RESPONSE, &mut head);
    (head, got)
}

#[track_caller]
fn good(text: impl AsRef<[u8]>) -> (Headers, ResponseHead) {
    match parse(text.as_ref()) {
        (head, Ok(Some(got))) => (head, got),
        (_, other) => panic!("{:?} gave {other:?}", String::from_utf8_lossy(text.as_ref())),
    }
}

#[track_caller]
fn refused(text: impl AsRef<[u8]>) {
    let got = parse(text.as_ref()).1;
    assert!(got.is_err(), "{:?} gave {got:?}", String::from_utf8_lossy(text.as_ref()));
}

#[test]
fn an_ordinary_answer_is_read_whole() {
    let (head, got) = good("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nok");
    assert_eq!(
        got,
        ResponseHead { len: 44, status: 200, framing: Framing::Length(2), keep_alive: true, upgrade: false }
    );
    assert_eq!(head.get(Name::new(b"x").unwrap()), Some(&b"y"[..]));
}

#[test]
fn up_01_what_is_no_answer() {
    for text in [
        "hello",
        "<html>",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 99 No\r\n\r\n",
        "HTTP/1.1 600 No\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1\t200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\rX: y\r\n\r\n",
        "HTTP/1.1 -20 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        refused(text);
    }
    for text in ["HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 200 Very good, \u{e4}\r\n\r\n"] {
        assert_eq!(good(text).1.status, 200, "{text}");
    }
}

#[test]
fn up_04_heads_over_the_limit() {
    refused(format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(64 << 10)));
    refused(format!("HTTP/1.1 200 {}", "a".repeat(64 << 10)));
    refused(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(1001)));
    good(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(1000)));
    good(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(60 << 10)));
}

#[test]
fn up_05_framing_that_can_be_read_in_two_ways() {
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: x\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "X : y\r\n",
        "X: a\0b\r\n",
        "X: a\rb\r\n",
        "X: a\u{1}b\r\n",
        "X: a\r\n b\r\n",
        "X@Y: a\r\n",
        "nothing\r\n",
    ] {
        refused(format!("HTTP/1.1 200 OK\r\n{lines}\r\n"));
    }
    refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

#[test]
fn up_08_answers_that_have_no_body() {
    for status in [100, 103, 204, 304] {
        let (_, got) = good(format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\n"));
        assert_eq!(got.framing, Framing::None, "{status}");
        assert!(got.keep_alive);
    }
    let mut head = Headers::new();
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let got = response(text.as_bytes(), true, &Limits::RESPONSE, &mut head).unwrap().unwrap();
    assert_eq!(got.framing, Framing::None);
    assert_eq!(head.fields()[0].flags & gateway_engine::headers::Field::HOP, 0, "a HEAD answer keeps its length");
}

#[test]
fn the_end_of_the_body_decides_whether_the_connection_is_kept() {
    let cases: &[(&str, Framing, bool)] = &[
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Length(5), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Framing::None, true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Framing::Stream, true),
        ("HTTP/1.1 200 OK\r\n\r\n", Framing::Close, false),
        ("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", Framing::Close, false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", Framing::Length(5), false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Length(5), false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", Framing::Length(5), true),
        ("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", Framing::Tunnel, true),
    ];
    for (text, framing, keep_alive) in cases {
        let (_, got) = good(text);
        assert_eq!((got.framing, got.keep_alive), (*framing, *keep_alive), "{text}");
    }
}

proptest! {
    #[test]
    fn any_split_of_the_bytes_gives_the_same_result(pieces in prop::collection::vec(prop::sample::select(vec![
        &b"HTTP/1.1 "[..], b"HTTP/1.0 ", b"200", b"304", b" OK", b"\r\n", b"\n", b"\r", b"Content-Length: 5", b"Transfer-Encoding: chunked",
        b"X", b": ", b"\t", b"\0", b"Connection: close", b"HTTP/1.1 200 OK\r\n",
    ]), 0..20)) {
        let text = pieces.concat();
        let whole = parse(&text).1;
        for cut in 0..text.len() {
            let part = parse(&text[..cut]).1;
            match (&whole, &part) {
                (Ok(Some(head)), Ok(None)) => prop_assert!(cut < head.len),
                (Ok(Some(head)), Ok(Some(early))) => prop_assert!(cut >= head.len && early == head),
                (Err(a), Err(b)) => prop_assert_eq!(a, b),
                (Err(_) | Ok(None), Ok(None)) => {}
                _ => prop_assert!(false, "{:?} of {:?} at {}", part, whole, cut),
            }
        }
    }

    #[test]
    fn any_bytes_may_come(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&text);
    }
}
