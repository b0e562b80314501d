use super::*;
use crate::hpack::{Encoder, kind};
use proptest::prelude::*;

type Fields<'a> = &'a [(&'a str, &'a str)];

const LIMITS: Limits =
    Limits { request_line: 8192, field: 8192, fields: 100, list: 65_536, body: 1000, underscores: true };

/// The block of a request; `uri` is a path, `*`, or begins with `http://` and an authority.
fn message(method: &str, uri: &str, fields: Fields<'_>) -> Vec<u8> {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("http", uri));
    let (authority, path) = match rest.find('/') {
        Some(at) if uri.contains("://") => (&rest[..at], &rest[at..]),
        _ => ("", rest),
    };
    let mut pseudo = vec![(":method", method), (":scheme", scheme)];
    if !authority.is_empty() {
        pseudo.push((":authority", authority));
    }
    pseudo.push((":path", path));
    block(&[&pseudo, fields].concat())
}

fn block(fields: Fields<'_>) -> Vec<u8> {
    let (mut encoder, mut out) = (Encoder::default(), Vec::new());
    for (n, v) in fields {
        let kind = if n.starts_with(':') { kind::STATUS } else { 0 };
        // Its literals spell the name out, whatever it is.
        encoder.field(if kind == kind::STATUS { 255 } else { 0 }, n.as_bytes(), v.as_bytes(), false, &mut out);
    }
    out
}

fn read(block: &[u8], ended: bool) -> Result<(Request, Head), Refusal> {
    let mut req = Request::default();
    let head = decode(&mut Decoder::new(4096), block, ended, &LIMITS, &mut req).unwrap()?;
    Ok((req, head))
}

#[test]
fn a_request_is_written_into_the_block() {
    let fields = [
        ("cookie", "a=1"),
        ("x-own", "1"),
        ("cookie", "b=2"),
        ("x-own", "2"),
        ("te", "trailers"),
        ("cookie", "c=3"),
        ("host", "EXAMPLE.com:80"),
    ];
    let (req, head) = read(&message("POST", "http://Example.com:80/a/b?c=d", &fields), false).unwrap();
    assert_eq!(req.head.text(req.method), b"POST");
    assert_eq!(req.head.text(req.target), b"/a/b?c=d");
    assert_eq!(req.head.text(req.authority), b"Example.com:80");
    assert_eq!(req.head.text(req.host), b"example.com");
    assert_eq!(req.head.get(name::HOST), Some(&b"Example.com:80"[..]));
    assert_eq!(req.head.get(name::COOKIE), Some(&b"a=1; b=2; c=3"[..]));
    assert_eq!(req.head.get_all(name::COOKIE).count(), 1);
    assert_eq!(req.head.get_all(Name::new(b"X-Own").unwrap()).count(), 2);
    assert_eq!((req.version, req.framing), (Version::Http2, Framing::Stream));
    assert!(!head.to_head && !head.expects && !req.websocket);
    let hop = |n: Name<'_>| {
        req.head.fields().iter().any(|f| f.id == n.id() && f.flags & gateway_engine::headers::Field::HOP != 0)
    };
    assert!(hop(name::TE) && !hop(name::COOKIE));
}

#[test]
fn bodies_are_delimited_by_what_was_said() {
    let cases: &[(Fields, bool, Result<Framing, Refusal>)] = &[
        (&[], true, Ok(Framing::None)),
        (&[], false, Ok(Framing::Stream)),
        (&[("content-length", "7")], false, Ok(Framing::Length(7))),
        (&[("content-length", "0")], true, Ok(Framing::None)),
        (&[("content-length", "1001")], false, Err(Status(413, "body too long"))),
        (&[("content-length", "+7")], false, Err(Malformed("Content-Length is not a number"))),
        (&[("content-length", "7"), ("content-length", "7")], false, Err(Malformed("several Content-Length"))),
        (&[("expect", "100-continue")], false, Ok(Framing::Stream)),
        (&[("expect", "a cake")], false, Err(Status(417, "unknown expectation"))),
    ];
    for (fields, ended, expected) in cases {
        let got = read(&message("POST", "http://a/", fields), *ended).map(|(req, _)| req.framing);
        assert_eq!(got, *expected, "{fields:?}");
    }
    for (text, n) in [("0", Some(0)), ("007", Some(7)), ("9223372036854775807", Some(i64::MAX as u64))] {
        assert_eq!(crate::length(text.as_bytes()), n);
    }
    for text in ["", "-1", "+1", "0x1", "1 ", " 1", "1,1", "9223372036854775808", "99999999999999999999", "٥"] {
        assert_eq!(crate::length(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let status = |block: &[u8]| match read(block, true) {
        Ok(_) => 200,
        Err(Malformed(_)) => 1,
        Err(Status(status, _)) => status,
    };
    let long = format!("http://a/{}", "x".repeat(8200));
    let value = "v".repeat(8200);
    let method = "M".repeat(33);
    let cases: &[(&str, &str, Fields, u16)] = &[
        ("GET", "http://a/", &[], 200),
        ("OPTIONS", "*", &[("host", "a")], 200),
        ("GET", "*", &[("host", "a")], 1),
        ("GET", "/only/a/path", &[("host", "a")], 200),
        ("GET", "/only/a/path", &[], 400),
        ("GET", "ftp://a/", &[], 1),
        ("GET", "http://u@a/", &[], 400),
        ("GET", "http://a/", &[("host", "b")], 1),
        ("GET", "/", &[("host", "a"), ("host", "a")], 1),
        ("GET", "/", &[("host", "a b")], 400),
        ("GET", "http://a/", &[("x", " y")], 1),
        ("GET", "http://a/", &[("x", "y\t")], 1),
        ("GET", "http://a/", &[("x", "y\tz")], 200),
        ("CONNECT", "http://a/", &[], 1),
        ("TRACE", "http://a/", &[], 405),
        ("G T", "http://a/", &[], 1),
        ("GET", "http://a/", &[("connection", "close")], 1),
        ("GET", "http://a/", &[("transfer-encoding", "chunked")], 1),
        ("GET", "http://a/", &[("te", "gzip")], 1),
        ("GET", "http://a/", &[("te", "trailers")], 200),
        ("GET", "http://a/", &[("X-Own", "1")], 1),
        ("GET", "http://a/", &[("x own", "1")], 1),
        ("GET", "http://a/", &[(":path", "/b")], 1),
        ("GET", "http://a/", &[("x", "1"), (":scheme", "http")], 1),
        ("GET", "http://a/", &[(":status", "200")], 1),
        ("GET", "http://a/", &[("content-length", "5")], 1),
        ("GET", "http://a/", &[("x", "a\rb")], 1),
        ("GET", &long, &[], 414),
        ("GET", "http://a/", &[("x", &value)], 431),
        (&method, "http://a/", &[], 400),
    ];
    for (method, uri, fields, expected) in cases {
        assert_eq!(status(&message(method, uri, fields)), *expected, "{method} {uri} {fields:?}");
    }
}

#[test]
fn h2_05_crumbs_count_each() {
    let crumbs = vec![("cookie", ""); 101];
    assert_eq!(read(&message("GET", "http://a/", &crumbs), true).err(), Some(Status(431, "too many fields")));
    assert!(read(&message("GET", "http://a/", &crumbs[..100]), true).is_ok());
}

#[test]
fn names_with_underscores_go_where_they_are_not_wanted() {
    let parts = message("GET", "http://a/", &[("x_own", "1"), ("x-own", "2")]);
    for underscores in [true, false] {
        let mut req = Request::default();
        let limits = Limits { underscores, ..LIMITS };
        decode(&mut Decoder::new(4096), &parts, true, &limits, &mut req).unwrap().unwrap();
        assert_eq!(req.head.contains(Name::new(b"x_own").unwrap()), underscores);
        assert!(req.head.contains(Name::new(b"x-own").unwrap()));
    }
}

#[test]
fn pseudo_headers_are_there_once_and_all() {
    let status = |fields: Fields<'_>| read(&block(fields), true).err();
    let all = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")];
    assert_eq!(status(&all), None);
    for missing in 0..3 {
        let mut some = all.to_vec();
        some.remove(missing);
        assert!(matches!(status(&some), Some(Malformed(_))), "{some:?}");
    }
    let connect = [(":method", "CONNECT"), (":authority", "a:80")];
    assert_eq!(status(&connect), Some(Status(405, "CONNECT")));
    let protocol = |text| [&all[1..], &[(":method", "CONNECT"), (":protocol", text)]].concat();
    assert_eq!(status(&protocol("udp")), Some(Status(501, "protocol not served")));
    let (req, head) = read(&block(&protocol("websocket")), false).unwrap();
    assert_eq!((req.head.text(req.method), req.websocket), (&b"GET"[..], true));
    assert!(head.handshake.is_some());
    assert!(matches!(status(&[&all[..], &[(":protocol", "websocket")]].concat()), Some(Malformed(_))));
}

#[test]
fn h2_05_a_list_that_is_too_long_is_decoded_and_not_kept() {
    let value = "v".repeat(500);
    let (mut encoder, mut decoder, mut req) = (Encoder::default(), Decoder::new(4096), Request::default());
    let limits = Limits { list: 4000, ..LIMITS };
    let mut out = message("GET", "http://a/", &[]);
    (0..1000).for_each(|_| encoder.field(0, b"x", value.as_bytes(), false, &mut out));
    assert!(out.len() < 3000, "a bomb: half a megabyte out of {} bytes", out.len());
    let got = decode(&mut decoder, &out, true, &limits, &mut req).unwrap();
    assert_eq!(got.err(), Some(Status(431, "head too long")));
    assert!(req.head.block().len() < 4000);
    // What was put into the table is there for the next one.
    let mut out = message("GET", "http://a/", &[]);
    encoder.field(0, b"x", value.as_bytes(), false, &mut out);
    let mut req = Request::default();
    decode(&mut decoder, &out, true, &limits, &mut req).unwrap().unwrap();
    assert_eq!(req.head.get(Name::new(b"x").unwrap()).map(<[u8]>::len), Some(500));
}

proptest! {
    #[test]
    fn any_target_is_taken_as_it_is_or_refused(path in "[ -~]{0,30}") {
        if let Ok((req, _)) = read(&message("GET", &format!("http://a/{path}"), &[]), true) {
            let shown = format!("/{path}");
            prop_assert_eq!(req.head.text(req.target), shown.as_bytes());
        }
    }

    #[test]
    fn any_block_is_a_request_or_refused(block in proptest::collection::vec(any::<u8>(), 0..200), ended: bool) {
        let mut req = Request::default();
        if let Ok(Ok(_)) = decode(&mut Decoder::new(4096), &block, ended, &LIMITS, &mut req) {
            let head = &req.head;
            prop_assert!(!head.text(req.method).is_empty() && !head.text(req.target).is_empty());
            prop_assert!(head.iter().all(|(_, v)| scan::value_end(v, 0) == v.len()));
        }
    }
}

#[test]
fn empty_crumbs_leave_nothing_behind() {
    let cases: [(&[&str], &str); 6] = [
        (&["a=1", ""], "a=1"),
        (&["", "a=1"], "a=1"),
        (&["a=1", "", "b=2"], "a=1; b=2"),
        (&["", "", "a=1", "", "b=2", "c=3", ""], "a=1; b=2; c=3"),
        (&["", ""], ""),
        (&[""], ""),
    ];
    for (crumbs, whole) in cases {
        let fields: Vec<_> = crumbs.iter().map(|crumb| ("cookie", *crumb)).collect();
        let (req, _) = read(&message("GET", "http://a/", &fields), true).unwrap();
        assert_eq!(req.head.get(name::COOKIE), Some(whole.as_bytes()), "{crumbs:?}");
    }
}
