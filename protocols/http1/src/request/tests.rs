//! The rows of the hardening table that concern a request's head; the names of the tests are theirs.

use super::*;
use proptest::prelude::*;

/// Parses `text` with the default limits.
fn parse(text: &[u8]) -> (Headers, Result<Option<RequestHead>, Refuse>) {
    let mut head = Headers::new();
    let got = request(text, &Limits::REQUEST, &mut head);
    (head, got)
}

/// The status of a refusal; panics when `text` is not refused.
#[track_caller]
fn status(text: impl AsRef<[u8]>) -> u16 {
    match parse(text.as_ref()).1 {
        Err(refuse) => refuse.status,
        other => panic!("{:?} gave {other:?}", String::from_utf8_lossy(text.as_ref())),
    }
}

#[track_caller]
fn good(text: impl AsRef<[u8]>) -> (Headers, RequestHead) {
    match parse(text.as_ref()) {
        (head, Ok(Some(got))) => (head, got),
        (_, other) => panic!("{:?} gave {other:?}", String::from_utf8_lossy(text.as_ref())),
    }
}

/// A GET with these field lines, each with its end.
fn with(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

#[test]
fn an_ordinary_request_is_read_whole() {
    let text = "POST /a/b?c=d HTTP/1.1\r\nHost: Example.com:8080\r\nContent-Length: 3\r\nX-Own:  v \r\n\r\nabc";
    let (head, got) = good(text);
    assert_eq!(got.len, text.len() - 3);
    assert_eq!(head.text(got.method), b"POST");
    assert_eq!(head.text(got.target), b"/a/b?c=d");
    assert_eq!(head.text(got.authority), b"Example.com:8080");
    assert_eq!(head.text(got.host), b"example.com");
    assert_eq!(got.framing, Framing::Length(3));
    assert!(got.keep_alive && got.version == Version::Http11);
    assert_eq!(head.get(Name::new(b"x-own").unwrap()), Some(&b"v"[..]));
}

#[test]
fn h1_01_transfer_encoding_with_content_length() {
    assert_eq!(status(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), 400);
    assert_eq!(status(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), 400);
    assert_eq!(status(with("content-length: 0\r\nTRANSFER-ENCODING: chunked\r\n")), 400);
}

#[test]
fn h1_02_transfer_encoding_in_http_1_0() {
    assert_eq!(status("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

#[test]
fn h1_03_other_transfer_codings() {
    assert_eq!(good(with("Transfer-Encoding: \t ChunKed \r\n")).1.framing, Framing::Stream);
    for (value, want) in [("gzip", 501), ("gzip, chunked", 501), ("chunked, chunked", 501), ("identity", 501)] {
        assert_eq!(status(with(&format!("Transfer-Encoding: {value}\r\n"))), want, "{value}");
    }
    for value in
        ["", "chunked,", ",chunked", "\"chunked\"", "chunked\u{b}", "\u{c}chunked", "chunked\0", "chunk\u{a0}ed"]
    {
        assert_eq!(status(with(&format!("Transfer-Encoding: {value}\r\n"))), 400, "{value:?}");
    }
}

#[test]
fn h1_04_several_transfer_encodings() {
    assert_eq!(status(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400);
    assert_eq!(status(with("Transfer-Encoding: chunked\r\nTransfer-encoding: identity\r\n")), 400);
}

#[test]
fn h1_05_several_content_lengths() {
    for lines in [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
    ] {
        assert_eq!(status(with(lines)), 400, "{lines}");
    }
}

#[test]
fn h1_06_h1_07_content_length_that_is_no_number() {
    for value in ["+5", "-5", "0x5", "5.0", "", "5 5", "9223372036854775808", "18446744073709551621"] {
        assert_eq!(status(with(&format!("Content-Length: {value}\r\n"))), 400, "{value}");
    }
    assert_eq!(good(with("Content-Length: 007\r\n")).1.framing, Framing::Length(7));
    assert_eq!(good(with("Content-Length: 0\r\n")).1.framing, Framing::None);
}

#[test]
fn h1_08_content_length_over_the_limit() {
    let limits = Limits { body: 10, ..Limits::REQUEST };
    let mut head = Headers::new();
    let long = request(with("Content-Length: 11\r\n").as_bytes(), &limits, &mut head);
    assert_eq!(long.map_err(|r| r.status), Err(413));
    assert!(request(with("Content-Length: 10\r\n").as_bytes(), &limits, &mut head).is_ok());
}

#[test]
fn h1_13_bare_line_feeds_and_carriage_returns() {
    for text in [
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n",
        "GET / HTTP/1.1\rHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\r: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\rX",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(status(text), 400, "{text:?}");
    }
}

#[test]
fn h1_14_folded_lines() {
    for text in [
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n",
    ] {
        assert_eq!(status(text), 400, "{text:?}");
    }
}

#[test]
fn h1_15_white_space_before_the_colon() {
    for line in ["X : y\r\n", "X\t: y\r\n", "Content-Length : 5\r\n", "Host : b\r\n"] {
        assert_eq!(status(with(line)), 400, "{line:?}");
    }
}

#[test]
fn h1_16_controls_in_a_value() {
    for b in (0..=0x1fu8).chain([0x7f]).filter(|b| *b != b'\t') {
        for value in [vec![b, b'a'], vec![b'a', b, b'c'], vec![b'a', b]] {
            let mut text = b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec();
            text.extend(&value);
            text.extend(b"\r\n\r\n");
            // A trailing CR makes CR CR LF.
            assert_eq!(status(&text), 400, "{value:?}");
        }
    }
    let (head, _) = good(b"GET / HTTP/1.1\r\nHost: a\r\nX: a\tb\x80\xff\r\n\r\n");
    assert_eq!(head.get(Name::new(b"x").unwrap()), Some(&b"a\tb\x80\xff"[..]));
}

#[test]
fn h1_17_names_that_are_no_tokens() {
    for name in
        ["", "a b", "a(b", "a)b", "a/b", "a@b", "{a}", "a\u{e4}", "a\0", "a\u{1}b", "a\"b", "a,b", "a;b", "a=b", "[a]"]
    {
        assert_eq!(status(with(&format!("{name}: v\r\n"))), 400, "{name:?}");
    }
    for name in ["Host\0", "Content-Length\0\0", "Transfer-Encoding\0", "Proxy-Connection\0", "\0"] {
        assert_eq!(status(with(&format!("{name}: 5\r\n"))), 400, "{name:?}");
    }
    assert_eq!(status(with("no colon here\r\n")), 400);
    assert_eq!(status(with("nocolon\r\n")), 400);
    assert_eq!(status(with("nocolon\r\nX: y\r\n")), 400);
}

#[test]
fn h1_18_underscores_pass_or_are_dropped_by_option() {
    let text = with("x_a: 1\r\nX-B: 2\r\n");
    let (head, _) = good(&text);
    assert_eq!(head.len(), 3);
    let mut head = Headers::new();
    request(text.as_bytes(), &Limits { underscores: false, ..Limits::REQUEST }, &mut head).unwrap();
    assert_eq!(head.len(), 2);
    assert!(head.get(Name::new(b"x_a").unwrap()).is_none());
}

#[test]
fn h1_19_request_lines_of_another_shape() {
    for line in [
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.1\t",
        "GET /",
        "GET",
        "GET ",
        "/ HTTP/1.1",
        "GET HTTP/1.1",
        "GET / a HTTP/1.1",
        "GET / HTTP/1.1 x",
    ] {
        assert_eq!(status(format!("{line}\r\nHost: a\r\n\r\n")), 400, "{line:?}");
    }
    // One empty line in front is forgiven, a second one is not.
    let (head, got) = good("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((got.len, head.text(got.method)), (29, &b"GET"[..]));
    assert_eq!(status("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

#[test]
fn h1_20_versions() {
    for (version, want) in [
        ("HTTP/2.0", 505),
        ("HTTP/0.9", 505),
        ("HTTP/3.1", 505),
        ("http/1.1", 400),
        ("HTTP/1", 400),
        ("HTTP/1.", 400),
        ("HTTP/1.10", 400),
        ("HTTP/11.1", 400),
        ("HTTP/1,1", 400),
        ("HTTPS/1.1", 400),
        ("HTTP /1.1", 400),
        ("HTTP/x.1", 400),
    ] {
        assert_eq!(status(format!("GET / {version}\r\nHost: a\r\n\r\n")), want, "{version}");
    }
    for (version, want) in [("HTTP/1.0", Version::Http10), ("HTTP/1.1", Version::Http11), ("HTTP/1.7", Version::Http11)]
    {
        assert_eq!(good(format!("GET / {version}\r\nHost: a\r\n\r\n")).1.version, want);
    }
}

#[test]
fn h1_21_methods() {
    let long = "A".repeat(METHOD + 1);
    for method in ["G@T", "GE\u{e4}", "(GET)", "GET:", &long] {
        assert_eq!(status(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n")), 400, "{method}");
    }
    let just = "A".repeat(METHOD);
    for method in ["get", "PURGE", "M-SEARCH", &just] {
        let (head, got) = good(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(head.text(got.method), method.as_bytes());
    }
}

#[test]
fn h1_22_h1_23_connect_and_trace() {
    assert_eq!(status("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), 405);
    assert_eq!(status("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
    assert_eq!(status("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
}

#[test]
fn h1_24_the_preface_of_http_2() {
    assert_eq!(status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
}

#[test]
fn h1_25_targets() {
    for target in [
        "*", "a", "a:80", "http:/a", "//", "ftp://a/", "/a#b", "/\u{e4}", "/\u{7f}", "/a\u{1}", "?a=b", "\\", "http://",
    ] {
        let text = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        match target {
            // Two slashes are a path; the pipeline merges them.
            "//" => drop(good(text)),
            _ => assert_eq!(status(text), 400, "{target}"),
        }
    }
    let (head, got) = good("OPTIONS * HTTP/1.1\r\nHost: A\r\n\r\n");
    assert_eq!((head.text(got.target), head.text(got.host)), (&b"*"[..], &b"a"[..]));
}

#[test]
fn h1_26_absolute_targets() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("http://b/c?d", "/c?d", "b", "b"),
        ("HTTP://B:81/c", "/c", "B:81", "b"),
        ("https://b", "/", "b", "b"),
        ("http://b?x=y", "/?x=y", "b", "b"),
        ("http://[::1]:80/", "/", "[::1]:80", "[::1]"),
    ];
    for (target, path, authority, host) in cases {
        let (head, got) = good(format!("GET {target} HTTP/1.1\r\nHost: other\r\n\r\n"));
        assert_eq!(head.text(got.target), path.as_bytes(), "{target}");
        assert_eq!(head.text(got.authority), authority.as_bytes(), "{target}");
        assert_eq!(head.text(got.host), host.as_bytes(), "{target}");
    }
    for target in ["http://u@b/", "http://u:p@b/", "http:///a", "ws://b/", "http://b:x/", "http://b,c/", "http://a b/"]
    {
        assert_eq!(status(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")), 400, "{target}");
    }
}

#[test]
fn h1_27_one_host() {
    assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(status(with("Host: a\r\n")), 400);
    assert_eq!(status("GET http://b/ HTTP/1.1\r\n\r\n"), 400);
    for host in ["", "a b", "a/b", "u@a", "a?b", "a#b", "a,b", "a\\b", "a:99999", "\u{e4}"] {
        assert_eq!(status(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")), 400, "{host}");
    }
    let (_, got) = good("GET / HTTP/1.0\r\n\r\n");
    assert!(got.authority.is_empty() && !got.keep_alive);
    assert_eq!(status("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
}

#[test]
fn h1_28_binary_bytes_are_refused_at_once() {
    for bytes in [&b"\x16\x03\x01\x02\0\x01"[..], b"\x16", b"\0", b"\x80", b"{", b"GET / HTTP/1.1\r\n\x16"] {
        assert_eq!(status(bytes), 400, "{bytes:?}");
    }
}

#[test]
fn limits_have_answers_of_their_own() {
    assert_eq!(status(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(8 << 10))), 414);
    assert_eq!(status(format!("GET /{}", "a".repeat(8 << 10))), 414);
    assert_eq!(status(with(&format!("X: {}\r\n", "a".repeat(8 << 10)))), 431);
    assert_eq!(status(format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(8 << 10))), 431);
    assert_eq!(status(format!("GET / HTTP/1.1\r\n{}", "a".repeat(9 << 10))), 431);
    assert_eq!(status(with(&format!("X: {}\r\n", "a".repeat(7 << 10)).repeat(5))), 431);
    assert_eq!(status(with(&"X: a\r\n".repeat(100))), 431);
    good(with(&"X: a\r\n".repeat(99)));
    good(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(8000)));
}

#[test]
fn expectations_other_than_continue_are_refused() {
    let (_, got) = good(with("Expect: 100-Continue\r\nContent-Length: 5\r\n"));
    assert!(got.expect_continue);
    assert!(!good(with("Expect: 100-continue\r\n")).1.expect_continue, "nothing to wait for");
    assert_eq!(status(with("Expect: 200-ok\r\n")), 417);
    assert_eq!(status(with("Expect: 100-continue\r\nExpect: 100-continue\r\n")), 417);
}

#[test]
fn connection_decides_whether_more_requests_follow() {
    let cases = [
        ("1.1", "", true),
        ("1.1", "close", false),
        ("1.1", "Close", false),
        ("1.1", "a, CLOSE", false),
        ("1.1", "keep-alive", true),
        ("1.0", "", false),
        ("1.0", "keep-alive", true),
        ("1.0", "Keep-Alive , x", true),
        ("1.0", "close, keep-alive", false),
    ];
    for (version, value, want) in cases {
        let line = if value.is_empty() { String::new() } else { format!("Connection: {value}\r\n") };
        let (_, got) = good(format!("GET / HTTP/{version}\r\nHost: a\r\n{line}\r\n"));
        assert_eq!(got.keep_alive, want, "{version} {value}");
    }
    let many = (0..33).map(|i| format!("a{i}")).collect::<Vec<_>>().join(",");
    assert_eq!(status(with(&format!("Connection: {many}\r\n"))), 400);
    assert_eq!(status(with("Connection: a b\r\n")), 400);
}

#[test]
fn connection_never_takes_away_what_others_decide_on() {
    let (head, _) = good(with(
        "Connection: X-Own, Authorization, cookie, host, content-type, x-forwarded-for, X-Real-IP, x-consumer-username, X-Credential-Y\r\n\
         X-Own: 1\r\nAuthorization: 2\r\nCookie: 3\r\nContent-Type: 4\r\nX-Forwarded-For: 5\r\nX-Real-IP: 6\r\n\
         X-Consumer-Username: 7\r\nX-Credential-Y: 8\r\nKeep-Alive: 9\r\nProxy-Connection: 10\r\nTE: gzip\r\n",
    ));
    let kept: Vec<&str> = head
        .fields()
        .iter()
        .filter(|f| f.flags & gateway_engine::headers::Field::HOP == 0)
        .map(|f| std::str::from_utf8(head.name(f).text()).unwrap())
        .collect();
    let want = [
        "Host",
        "Authorization",
        "Cookie",
        "Content-Type",
        "X-Forwarded-For",
        "X-Real-IP",
        "X-Consumer-Username",
        "X-Credential-Y",
    ];
    assert_eq!(kept, want);
}

#[test]
fn a_websocket_handshake_is_recognised_only_when_it_is_valid() {
    let base = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    assert!(good(with(base)).1.websocket);
    for (from, to) in [
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("keep-alive, Upgrade", "keep-alive"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZR=="),
        ("Version: 13", "Version: 8"),
    ] {
        assert!(!good(with(&base.replace(from, to))).1.websocket, "{from} → {to}");
    }
    assert!(!good(format!("POST / HTTP/1.1\r\nHost: a\r\n{base}\r\n")).1.websocket);
    assert!(!good(format!("GET / HTTP/1.0\r\nHost: a\r\n{base}\r\n")).1.websocket);
    assert!(!good(with(&format!("{base}Content-Length: 4\r\n"))).1.websocket);
}

/// Texts near to requests: the pieces of which attacks are made, in any order.
fn near_requests() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"GET "[..],
        b"POST ",
        b"/",
        b"/a?b",
        b" ",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"\r\n",
        b"\n",
        b"\r",
        b"Host: a",
        b"host:b",
        b"Content-Length: 5",
        b"Transfer-Encoding: chunked",
        b"X",
        b": ",
        b":",
        b"\t",
        b"\0",
        b"\x80",
        b"http://a",
        b"Connection: x, close",
        b"Expect: 100-continue",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_of_the_bytes_gives_the_same_result(text in near_requests()) {
        let (_, whole) = parse(&text);
        for cut in 0..text.len() {
            let (_, part) = parse(&text[..cut]);
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

use gateway_engine::headers::Name;
