use super::*;
use http::{Request as Message, Uri};
use proptest::prelude::*;

type Fields<'a> = &'a [(&'a str, &'a str)];

const LIMITS: Limits = Limits { request_line: 8192, field: 8192, fields: 100, body: 1000, underscores: true };

fn message(method: &str, uri: &str, fields: &[(&str, &str)]) -> Parts {
    let mut builder = Message::builder().method(method).uri(uri);
    for (n, v) in fields {
        builder = builder.header(*n, http::HeaderValue::from_bytes(v.as_bytes()).unwrap());
    }
    builder.body(()).unwrap().into_parts().0
}

fn read(parts: &Parts, ended: bool) -> Result<(Request, Head), Refusal> {
    let mut req = Request::default();
    let head = decode(parts, ended, &LIMITS, &mut req)?;
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
        assert_eq!(length(text.as_bytes()), n);
    }
    for text in ["", "-1", "+1", "0x1", "1 ", " 1", "1,1", "9223372036854775808", "99999999999999999999", "٥"] {
        assert_eq!(length(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let status = |parts: &Parts| match read(parts, true) {
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
        ("CONNECT", "a:80", &[], 405),
        ("TRACE", "http://a/", &[], 405),
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
        decode(&parts, true, &Limits { underscores, ..LIMITS }, &mut req).unwrap();
        assert_eq!(req.head.contains(Name::new(b"x_own").unwrap()), underscores);
        assert!(req.head.contains(Name::new(b"x-own").unwrap()));
    }
}

#[test]
fn h1_12_trailers_that_decide_about_something_are_dropped() {
    let mut from = HeaderMap::new();
    for n in
        ["grpc-status", "x-sum", "content-length", "authorization", "cookie", "te", "x-forwarded-for", "x_y", "host"]
    {
        from.insert(http::HeaderName::from_bytes(n.as_bytes()).unwrap(), http::HeaderValue::from_static("1"));
    }
    let mut into = Headers::new();
    assert!(crate::names::trailers_from_codec(&from, &mut into));
    let kept: Vec<_> = into.iter().map(|(n, _)| n.as_str().to_owned()).collect();
    assert_eq!(kept, ["grpc-status", "x-sum"]);
}

proptest! {
    #[test]
    fn any_target_is_taken_as_it_is_or_refused(path in "[ -~]{0,30}") {
        let text = format!("http://a/{path}");
        let Ok(uri) = text.parse::<Uri>() else { return Ok(()) };
        let shown = uri.path_and_query().unwrap().as_str().to_owned();
        let parts = Message::builder().uri(uri).body(()).unwrap().into_parts().0;
        if let Ok((req, _)) = read(&parts, true) {
            prop_assert_eq!(req.head.text(req.target), shown.as_bytes());
            prop_assert!(!shown.contains([' ', '#']));
        }
    }
}
