//! Rows of the other sections of `reference/hardening` as a request over HTTP/2 meets them, in clear and over TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_tests::frames::{END_HEADERS, END_STREAM, H2, PREFACE, Reply, block, code, frame, kind, request};
use gateway_tests::scene::Doors;
use gateway_tests::{Tls, Upstream, free_port, wait_for};
use serde_json::{Value, json};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn doors(upstream: &Upstream, config: Value) -> Doors {
    Doors::open(upstream, config)
}

/// A request with `more` fields behind its usual ones.
fn ask(client: &mut H2, method: &str, path: &str, more: &[(&str, &str)], body: Option<&[u8]>) -> Reply {
    let fields = [&request(method, path)[..], more].concat();
    let id = client.head(&fields, body.is_none());
    if let Some(body) = body {
        client.data(id, body, true);
    }
    client.reply(id)
}

/// It never became a request: reset, or answered 400.
fn is_none(reply: &Reply) -> bool {
    reply.reset == Some(code::PROTOCOL_ERROR) || reply.status == 400
}

#[test]
fn h1_paths_are_brought_into_their_normal_form() {
    let upstream = Upstream::answering(OK);
    let doors = doors(&upstream, json!({}));
    // What comes, and what the upstream gets; empty: 400.
    let cases = [
        ("/%61%2D%7e", "/a-~"),                     // path.01
        ("/a/./b/../c", "/a/c"),                    // path.02
        ("/a/%2e%2E/b", "/b"),                      // path.02
        ("/a//b///c", "/a/b/c"),                    // path.03
        ("/a%2fb%5Cc", "/a%2Fb%5Cc"),               // path.04
        ("/%00", ""),                               // path.05
        ("/%zz", ""),                               // path.05
        ("/%c0%af", ""),                            // path.05
        ("/a\\b", ""),                              // path.05
        ("/../a", ""),                              // path.06
        ("/a/%2e%2e/%2e%2e/b", ""),                 // path.06
        ("/a;p=1/b", "/a;p=1/b"),                   // path.07
        ("/a/..;/b", ""),                           // path.07
        ("/a?b=1&b=2&c=+%20", "/a?b=1&b=2&c=+%20"), // path.09
    ];
    for door in doors.both() {
        let mut client = door.connect();
        for (path, expected) in cases {
            let before = upstream.received().len();
            let reply = ask(&mut client, "GET", path, &[], None);
            if expected.is_empty() {
                assert!(is_none(&reply), "{path}: {reply:?}");
                assert_eq!(upstream.received().len(), before, "{path} went on");
                if client.goaways.last().is_some() {
                    client = door.connect();
                }
            } else {
                assert_eq!(reply.status, 200, "{path}");
                assert_eq!(upstream.last().line, format!("GET {expected} HTTP/1.1"), "{path}");
            }
        }
    }
}

#[test]
fn path_10_path_11_path_13_path_14_path_16_nobody_says_who_he_is() {
    let upstream = Upstream::answering(OK);
    let doors = doors(&upstream, json!({}));
    let claims = [
        ("x-real-ip", "6.6.6.6"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-host", "evil"),
        ("x-forwarded-port", "1"),
        ("forwarded", "for=6.6.6.6"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-consumer-username", "root"),
        ("x_consumer_username", "root"),
        ("content_length", "7"),
        ("transfer_encoding", "chunked"),
        ("x-credential-identifier", "root"),
        ("x-userinfo", "root"),
        ("x-http-method-override", "DELETE"),
        ("x-original-url", "/admin"),
    ];
    for door in doors.both() {
        assert_eq!(ask(&mut door.connect(), "GET", "/a", &claims, None).status, 200);
        let got = upstream.last();
        let scheme = if door.name.is_some() { "https" } else { "http" };
        let port = door.addr.port().to_string();
        for (name, value) in [
            ("x-real-ip", Some("127.0.0.1")),
            ("x-forwarded-proto", Some(scheme)),
            ("x-forwarded-host", Some("localhost")),
            ("x-forwarded-port", Some(port.as_str())),
            ("x-forwarded-for", Some("6.6.6.6, 127.0.0.1")),
            ("forwarded", None),
            ("x-consumer-username", None),
            ("x_consumer_username", None),
            ("content_length", None),
            ("transfer_encoding", None),
            ("x-credential-identifier", None),
            ("x-userinfo", None),
            // Fields like any other: nobody acts on them.
            ("x-http-method-override", Some("DELETE")),
            ("x-original-url", Some("/admin")),
        ] {
            assert_eq!(got.header(name), value, "{name}");
        }
        assert_eq!(got.line, "GET /a HTTP/1.1");
    }
}

#[test]
fn h1_heads_have_the_bounds_and_the_grammar_of_http1() {
    let upstream = Upstream::answering(OK);
    let doors = doors(&upstream, json!({ "nginx_config": { "http": { "client_max_body_size": "1k" } } }));
    let long = "M".repeat(33);
    let good = request("GET", "/");
    let with = |name: &'static str, value: &'static str| [&good[..], &[(name, value)]].concat();
    let authority = |value: &'static str| {
        good.iter().map(|(n, v)| if *n == ":authority" { (":authority", value) } else { (*n, *v) }).collect::<Vec<_>>()
    };
    let cases: Vec<(Vec<(&str, &str)>, u16)> = vec![
        (with("content-length", "2000"), 0), // h1.08: no body follows what was said
        ([&with("content-length", "5")[..], &[("content-length", "5")]].concat(), 400), // h1.05
        (with("content-length", "+5"), 400), // h1.06
        (with("content-length", "9223372036854775808"), 400), // h1.07
        (with("transfer-encoding", "chunked"), 400), // h1.01 h1.03 h1.04
        (with("x", "a\nb: c"), 400),         // h1.13
        (with("x", " folded"), 400),         // h1.14
        (with("x ", "y"), 400),              // h1.15
        (with("x", "a\u{1}b"), 400),         // h1.16
        (with("x", "a\u{7f}"), 400),         // h1.16
        (with("x", "t\tab"), 200),           // h1.16
        (with("x(y)", "z"), 400),            // h1.17
        (with("x_y", "z"), 200),             // h1.18
        (request("G(T", "/"), 400),          // h1.21
        (request(&long, "/"), 400),          // h1.21
        (request("BREW", "/"), 200),         // h1.21
        (request("CONNECT", "/"), 400),      // h1.22
        (request("TRACE", "/"), 405),        // h1.23
        (request("GET", "*"), 400),          // h1.25
        (request("GET", "http://a/"), 400),  // h1.26
        (authority("u@localhost"), 400),     // h1.27
        (authority("a b"), 400),             // h1.27
        (authority("a:99999"), 400),         // h1.27
        (authority("a,b"), 400),             // h1.27
        (authority("LOCALHOST."), 200),      // h1.27
        (authority("[::1]:80"), 200),        // h1.27
    ];
    for door in doors.both() {
        for (fields, status) in &cases {
            let mut client = door.connect();
            let before = upstream.received().len();
            let id = client.head(fields, true);
            let reply = client.reply(id);
            match *status {
                0 => assert!(reply.reset.is_some() || reply.status >= 400, "{fields:?}: {reply:?}"),
                400 => assert!(is_none(&reply) || client.ended, "{fields:?}: {reply:?}"),
                status => assert_eq!(reply.status, status, "{fields:?}: {reply:?}"),
            }
            let went_on = upstream.received().len() > before;
            assert_eq!(went_on, *status == 200, "{fields:?}");
        }
    }
}

#[test]
fn h1_12_trailers_that_would_change_a_message_stay_behind() {
    let upstream = Upstream::answering(OK);
    let doors = doors(&upstream, json!({}));
    for door in doors.both() {
        let mut client = door.connect();
        let id = client.head(&request("POST", "/"), false);
        client.data(id, b"body", false);
        let trailers =
            [("x-sum", "1"), ("content-length", "9"), ("host", "evil"), ("authorization", "x"), ("cookie", "a=b")];
        client.send(kind::HEADERS, END_HEADERS | END_STREAM, id, &block(&trailers));
        assert_eq!(client.reply(id).status, 200);
        let got = upstream.last();
        assert_eq!((got.body.as_slice(), got.header("host")), (&b"body"[..], Some("localhost")));
        assert!(got.header("authorization").is_none() && got.header("cookie").is_none());
        // Pseudo-headers behind the body, and trailers that do not end the stream, break the protocol.
        for (fields, flags) in [
            (&[(":path", "/admin"), (":method", "PUT")][..], END_HEADERS | END_STREAM),
            (&[("x", "y")], END_HEADERS),
            (&[("transfer-encoding", "chunked")], END_HEADERS | END_STREAM),
        ] {
            let mut client = door.connect();
            let id = client.head(&request("POST", "/broken"), false);
            client.data(id, b"body", false);
            client.send(kind::HEADERS, flags, id, &block(fields));
            let reply = client.reply(id);
            assert!(is_none(&reply) || client.ended, "{fields:?}: {reply:?}");
        }
        // More of them than a head may have, and longer ones.
        let many: Vec<String> = (0..200).map(|n| format!("x-{n}")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|n| (n.as_str(), "v")).collect();
        let huge = "v".repeat(16_000);
        for trailers in [&many[..], &[("x-a", huge.as_str()), ("x-b", huge.as_str()), ("x-c", huge.as_str())]] {
            let mut client = door.connect();
            let id = client.head(&request("POST", "/huge"), false);
            client.data(id, b"body", false);
            let text = block(trailers);
            let mut pieces = text.chunks(16_000).peekable();
            let mut kind_of = kind::HEADERS;
            while let Some(piece) = pieces.next() {
                let last = if pieces.peek().is_none() { END_HEADERS } else { 0 };
                let end = if kind_of == kind::HEADERS { END_STREAM } else { 0 };
                client.send(kind_of, last | end, id, piece);
                kind_of = kind::CONTINUATION;
            }
            client.reply(id);
        }
        assert_eq!(door.connect().ask("/").status, 200);
    }
}

#[test]
fn h1_30_slow_03_a_body_that_does_not_come_is_not_waited_for() {
    let upstream = Upstream::answering(OK);
    let config = json!({ "nginx_config": { "http": { "client_body_timeout": "1s" } } });
    let doors = doors(&upstream, config);
    for door in doors.both() {
        let mut client = door.connect();
        let mut fields = request("POST", "/");
        fields.push(("content-length", "1000"));
        let id = client.head(&fields, false);
        client.data(id, b"a beginning", false);
        let reply = client.reply(id);
        assert_eq!(reply.status, 408, "{reply:?}");
        assert_eq!(client.ask("/").status, 200, "the connection goes on");
    }
}

#[test]
fn up_07_up_08_answers_of_a_broken_upstream() {
    let upstream = Upstream::new(|got, stream| {
        let answer: &[u8] = match got.line.split(' ').nth(1).unwrap() {
            "/refused" | "/closed" => return false,
            "/junk" => b"SSH-2.0-OpenSSH\r\n\r\n",
            "/old" => b"just text\n",
            "/status" => b"HTTP/1.1 999999 No\r\n\r\n",
            "/both" => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "/lengths" => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "/nul" => b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
            "/fold" => b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
            "/switch" => b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            "/short" => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
                return false;
            }
            "/chunks" => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n");
                return false;
            }
            "/more" => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX-Evil: 1\r\nContent-Length: 4\r\n\r\nevil",
            "/many" => {
                let fields: String = (0..1001).map(|n| format!("X-{n}: 1\r\n")).collect();
                return stream.write_all(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes()).is_ok();
            }
            "/interim" => {
                let _ = stream.write_all("HTTP/1.1 102 Processing\r\n\r\n".repeat(9).as_bytes());
                return stream.write_all(OK.as_bytes()).is_ok();
            }
            "/silent" => {
                let _ = std::io::Read::read(stream, &mut [0]);
                return false;
            }
            _ => OK.as_bytes(),
        };
        stream.write_all(answer).is_ok()
    });
    let doors = doors(&upstream, json!({}));
    let node = upstream.node();
    let silent = json!({ "uri": "/silent", "upstream": { "nodes": { (node): 1 }, "timeout": { "connect": 1, "send": 1, "read": 1 } } });
    doors.gateway.put("/routes/silent", &silent);
    doors.gateway.put("/routes/none", &json!({ "uri": "/none", "upstream": { "nodes": {} } }));
    let dead = format!("127.0.0.1:{}", free_port());
    doors.gateway.put("/routes/dead", &json!({ "uri": "/dead", "upstream": { "nodes": { (dead): 1 } } }));
    let cases: [(&str, u16); 14] = [
        ("/dead", 502),    // up.01
        ("/closed", 502),  // up.01
        ("/junk", 502),    // up.01
        ("/old", 502),     // up.01
        ("/status", 502),  // up.01
        ("/silent", 504),  // up.02
        ("/none", 503),    // up.03
        ("/many", 502),    // up.04
        ("/interim", 502), // up.04
        ("/both", 502),    // up.05
        ("/lengths", 502), // up.05
        ("/nul", 502),     // up.05
        ("/fold", 502),    // up.05
        ("/switch", 502),  // up.06
    ];
    for door in doors.both() {
        let mut client = door.connect();
        for (path, status) in cases {
            let reply = client.ask(path);
            assert_eq!((reply.status, reply.reset), (status, None), "{path}");
        }
        for path in ["/short", "/chunks"] {
            let reply = client.ask(path);
            // The head may be lost with the rest.
            assert!(matches!(reply.status, 200 | 0), "{path}: {reply:?}");
            assert_eq!((reply.whole, reply.reset), (false, Some(code::INTERNAL_ERROR)), "{path}");
        }
        for _ in 0..3 {
            let reply = client.ask("/more");
            assert_eq!((reply.status, reply.body.as_slice()), (200, &b"ok"[..]), "what follows an answer is nobody's");
        }
    }
}

#[test]
fn up_09_a_final_answer_before_the_request_is_whole_ends_it_without_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut got = Vec::new();
            while !got.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if std::io::Read::read(&mut stream, &mut byte).is_ok_and(|n| n == 1) {
                    got.push(byte[0]);
                } else {
                    break;
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        }
    });
    let upstream = Upstream::answering(OK);
    let doors = doors(&upstream, json!({}));
    doors.gateway.put("/routes/early", &json!({ "uri": "/early", "upstream": { "nodes": { (addr): 1 } } }));
    for door in doors.both() {
        let mut client = door.connect();
        let id = client.head(&request("POST", "/early"), false);
        assert!(client.until(|c| c.replies.get(&id).is_some_and(|r| r.reset.is_some())));
        let reply = client.replies.remove(&id).unwrap();
        assert_eq!((reply.status, reply.body.as_slice(), reply.whole), (403, &b"no"[..], true));
        assert_eq!(reply.reset, Some(code::NO_ERROR), "no more of the request is wanted");
        assert_eq!(client.ask("/").status, 200, "the connection goes on");
    }
}

#[test]
fn up_10_a_kept_connection_that_closes_is_replaced() {
    let served = Arc::new(AtomicUsize::new(0));
    let upstream = {
        let served = Arc::clone(&served);
        Upstream::new(move |_, stream| {
            let _ = stream.write_all(OK.as_bytes());
            // It says nothing of the sort, and closes behind each answer.
            served.fetch_add(1, Ordering::AcqRel);
            false
        })
    };
    let doors = doors(&upstream, json!({}));
    for door in doors.both() {
        let mut client = door.connect();
        for n in 0..30 {
            assert_eq!(client.ask("/").status, 200, "{n}");
        }
    }
    assert!(served.load(Ordering::Acquire) >= 60);
}

#[test]
fn slow_01_slow_05_who_says_nothing_is_told_goodbye() {
    let upstream = Upstream::answering(OK);
    let config = json!({ "nginx_config": { "http": { "client_header_timeout": "1s", "keepalive_timeout": "1s" } } });
    let doors = doors(&upstream, config);
    for door in doors.both() {
        // Nothing at all, and a preface without a request.
        let mut silent = door.silent();
        assert_eq!(silent.goodbye(), None);
        assert!(silent.ended);
        let mut idle = door.connect();
        assert_eq!(idle.goodbye(), Some(code::NO_ERROR));
        // Idle behind a request.
        let mut idle = door.connect();
        assert_eq!(idle.ask("/").status, 200);
        assert_eq!(idle.goodbye(), Some(code::NO_ERROR));
        assert!(idle.ended);
    }
}

#[test]
fn slow_04_slow_07_an_answer_that_nobody_takes_stops_its_upstream_and_is_reset() {
    let sent = Arc::new(AtomicUsize::new(0));
    let upstream = {
        let sent = Arc::clone(&sent);
        Upstream::new(move |got, stream| {
            if !got.line.contains("/big") {
                return stream.write_all(OK.as_bytes()).is_ok();
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 268435456\r\n\r\n");
            for _ in 0..4096 {
                if stream.write_all(&[b'x'; 65_536]).is_err() {
                    break;
                }
                sent.fetch_add(65_536, Ordering::AcqRel);
            }
            false
        })
    };
    let doors = doors(&upstream, json!({ "nginx_config": { "http": { "send_timeout": "1s" } } }));
    for door in doors.both() {
        sent.store(0, Ordering::Release);
        let before = doors.gateway.memory();
        let mut client = door.with(&[(4, 1000)]);
        client.generous = false;
        let id = client.get("/big");
        let reply = client.reply(id);
        assert_eq!((reply.status, reply.body.len(), reply.reset), (200, 1000, Some(code::CANCEL)));
        // What the kernel holds on both sides is not the gateway's.
        assert!(
            sent.load(Ordering::Acquire) < 64 << 20,
            "{} bytes were read of the upstream",
            sent.load(Ordering::Acquire)
        );
        assert!(doors.gateway.memory().saturating_sub(before) < 8 << 10);
        assert_eq!(door.connect().ask("/").status, 200);
    }
}

#[test]
fn many_streams_behind_a_shut_window_leave_the_others_alone() {
    let big = vec![b'x'; 300_000];
    let upstream = Upstream::new(move |got, stream| {
        let body: &[u8] = if got.line.contains("/big") { &big } else { b"ok" };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).is_ok()
    });
    let doors = doors(&upstream, json!({}));
    for door in doors.both() {
        let mut client = door.connect();
        client.generous = false;
        // The connection's window goes to the first of them; nothing is left for the others.
        let shut: Vec<u32> = (0..100).map(|_| client.get("/big")).collect();
        assert!(client.until(|c| c.replies.values().map(|r| r.body.len()).sum::<usize>() == 65_535));
        assert_eq!(door.connect().ask("/").status, 200);
        // It opens again, and all of them come whole.
        client.generous = true;
        client.send(kind::WINDOW_UPDATE, 0, 0, &65_535u32.to_be_bytes());
        let taken: Vec<(u32, usize)> = client.replies.iter().map(|(id, r)| (*id, r.body.len())).collect();
        for (id, n) in taken.into_iter().filter(|(_, n)| *n > 0) {
            client.send(kind::WINDOW_UPDATE, 0, id, &(n as u32).to_be_bytes());
        }
        for id in shut {
            let reply = client.reply(id);
            assert_eq!((reply.status, reply.body.len(), reply.whole), (200, 300_000, true));
        }
    }
}

#[test]
fn certificates_are_bound_to_their_host_over_http2_too() {
    let upstream = Upstream::answering(OK);
    let doors = doors(&upstream, json!({}));
    let pem = |name: &str| {
        std::fs::read_to_string(format!("{}/tests/certificates/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let object =
        json!({ "sni": "two.test", "cert": pem("two.pem"), "key": pem("two.key"), "client": { "ca": pem("ca.pem") } });
    doors.gateway.put("/ssls/2", &object);
    let tls = |pair: Option<(&str, &str)>| match pair {
        Some((cert, key)) => Tls::showing(&pem(cert), &pem(key)).alpn(&["h2"]),
        None => Tls::new().alpn(&["h2"]),
    };
    let addr = doors.secure().addr;
    let to = |tls: &Tls, name: &str, host: &str| -> (u16, bool) {
        let Ok(client) = tls.connect(addr, Some(name)) else { return (0, true) };
        let mut client = H2::over(client);
        client.write(&[PREFACE, &frame(kind::SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0])].concat());
        let fields = [(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", host)];
        let id = client.head(&fields, true);
        let reply = client.reply(id);
        // Another request of the same connection is none of that one's business.
        let again = !client.ended && {
            let id =
                client.head(&[(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", name)], true);
            client.reply(id).status == 200
        };
        (reply.status, again)
    };
    let good = tls(Some(("client.pem", "client.key")));
    assert_eq!(to(&good, "two.test", "two.test"), (200, true));
    assert_eq!(to(&good, "one.test", "two.test"), (421, true), "the connection asked for no certificate, and goes on");
    assert_eq!(to(&tls(None), "one.test", "TWO.test:443"), (421, true));
    assert_eq!(to(&good, "two.test", "one.test"), (200, true));
    for bad in [None, Some(("stranger.pem", "stranger.key")), Some(("expired.pem", "expired.key"))] {
        assert_eq!(to(&tls(bad), "two.test", "two.test").0, 0, "{bad:?}");
    }
    wait_for("the failures to be counted", || {
        (doors.gateway.metric("apisix_gateway_tls_handshakes_total{result=\"failed\"}") >= 3).then_some(())
    });
}
