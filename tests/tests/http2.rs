//! HTTP/2 from the outside: what a client of good will gets, and what a malformed request (`reference/hardening` section 3).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gateway_tests::frames::{self, END_HEADERS, END_STREAM, H2, Reply, block, code, kind, request};
use gateway_tests::scene::{configured, gateway, route};
use gateway_tests::{Client, Gateway, H2Upstream, Upstream, wait_for, websocket_accept};
use rustix::process::Signal;
use serde_json::json;

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

#[test]
fn requests_and_answers_pass_with_their_bodies() {
    let upstream = Upstream::new(|got, stream| {
        let text = format!("{} {}", got.line, got.body.len());
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX-Own: yes\r\n\r\n", text.len());
        let body = if got.line.starts_with("HEAD") { "" } else { &text };
        stream.write_all(format!("{head}{body}").as_bytes()).is_ok()
    });
    let gateway = gateway(&upstream);
    let mut client = H2::connect(gateway.proxy);
    let reply = client.ask("/a?b=c");
    assert_eq!((reply.status, text(&reply).as_str()), (200, "GET /a?b=c HTTP/1.1 0"));
    assert!(reply.whole);
    let got = upstream.last();
    for (name, value) in [("host", "localhost"), ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "http")] {
        assert_eq!(got.header(name), Some(value), "{name}");
    }
    assert_eq!(got.header("x-forwarded-host"), Some("localhost"));
    assert_eq!(got.header("transfer-encoding"), None);

    // A length that was said, one that was not, and a body in many pieces under back-pressure.
    let body = vec![b'x'; 200_000];
    for said in [true, false] {
        let mut fields = request("POST", "/up");
        fields.push(("cookie", "a=1"));
        fields.push(("x-other", "1"));
        fields.push(("cookie", "b=2"));
        if said {
            fields.push(("content-length", "200000"));
        }
        let id = client.head(&fields, false);
        client.upload(id, &body);
        let reply = client.reply(id);
        assert_eq!(text(&reply), "POST /up HTTP/1.1 200000", "{said}");
        let got = upstream.last();
        assert_eq!(got.header("cookie"), Some("a=1; b=2"), "crumbs are one");
        assert_eq!(got.header("content-length").is_some(), said);
        assert_eq!(got.header("transfer-encoding").is_some(), !said);
    }

    let id = client.head(&request("HEAD", "/head"), true);
    let reply = client.reply(id);
    assert_eq!((reply.status, reply.body.len(), reply.whole), (200, 0, true));
    assert_eq!(client.ask("/again").status, 200, "one connection takes them all");
    wait_for("the log", || (gateway.access_log().matches("HTTP/2.0\"").count() >= 5).then_some(()));
}

#[test]
fn trailers_pass_both_ways() {
    let upstream = Upstream::new(|_, stream| {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: six\r\n\r\n";
        stream.write_all(answer.as_bytes()).is_ok()
    });
    let gateway = gateway(&upstream);
    let mut client = H2::connect(gateway.proxy);
    let id = client.head(&request("POST", "/"), false);
    client.data(id, b"body", false);
    client.send(kind::HEADERS, END_HEADERS | END_STREAM, id, &block(&[("x-check", "7"), ("content-type", "no")]));
    let reply = client.reply(id);
    assert_eq!((reply.status, text(&reply).as_str()), (200, "abc"));
    assert_eq!(reply.blocks.len(), 2, "a head and trailers");
    assert_eq!(upstream.last().body, b"body");
}

/// The DATA frames of a stream until its end, empty ones left out.
fn pieces(peer: &mut H2, stream: u32) -> Vec<usize> {
    let mut sizes = Vec::new();
    while let Some(frame) = peer.next_frame() {
        if frame.stream == stream && frame.kind == kind::DATA && !frame.payload.is_empty() {
            sizes.push(frame.payload.len());
        }
        if frame.stream == stream && frame.flags & END_STREAM != 0 && matches!(frame.kind, kind::DATA | kind::HEADERS) {
            break;
        }
    }
    sizes
}

#[test]
fn messages_of_triple_have_frames_of_their_own() {
    const TWO: &[u8] = b"\0\0\0\0\x02ab\0\0\0\0\x01c";
    let (said, hear) = std::sync::mpsc::channel();
    let upstream = H2Upstream::new(move |peer, _, stream| {
        said.send(pieces(peer, stream)).unwrap();
        let head = [(":status", "200"), ("content-type", "application/grpc")];
        peer.send(kind::HEADERS, END_HEADERS, stream, &block(&head));
        peer.send(kind::DATA, 0, stream, TWO);
        peer.send(kind::HEADERS, END_HEADERS | END_STREAM, stream, &block(&[("grpc-status", "0")]));
    });
    let gateway = Gateway::start();
    for (scheme, expected) in [("tri", &[7, 6][..]), ("grpc", &[13])] {
        gateway.put(
            "/routes/1",
            &json!({ "uri": "/*", "upstream": { "scheme": scheme, "nodes": { (upstream.node()): 1 } } }),
        );
        let mut client = H2::connect(gateway.proxy);
        let fields =
            [&request("POST", "/a.B/c")[..], &[("content-type", "application/grpc"), ("te", "trailers")]].concat();
        let id = client.head(&fields, false);
        client.data(id, TWO, true);
        assert_eq!(pieces(&mut client, id), expected, "{scheme}, the answer");
        assert_eq!(hear.recv().unwrap(), expected, "{scheme}, the request");
        assert_eq!(client.replies[&id].body, TWO);
    }
}

#[test]
fn a_listener_without_http2_speaks_http1_only_and_upgrade_is_no_way_in() {
    let upstream = Upstream::text("hello");
    let config = |on: bool| json!({ "apisix": { "enable_http2": on } });
    let off = configured(&upstream, config(false));
    // h1.24
    let answer = gateway_tests::send(off.proxy, frames::PREFACE);
    assert!(matches!(answer.status, 400 | 505), "{}", answer.status);
    let on = configured(&upstream, config(true));
    let answer = on.get_with(
        "/",
        &[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")],
    );
    assert_eq!(answer.status, 200, "h2c by Upgrade is ignored");
    assert_eq!(upstream.last().header("upgrade"), None);
    // The preface is one only at the beginning of a connection.
    let mut client = Client::connect(on.proxy);
    assert_eq!(client.request("GET", "/", &[], b"").status, 200);
    client.write(frames::PREFACE);
    assert!(matches!(client.answer(false).status, 400 | 505));
    // In pieces it is the same.
    let mut client = H2::silent(on.proxy);
    for byte in frames::PREFACE {
        client.write(&[*byte]);
    }
    client.send(kind::SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0]);
    assert_eq!(client.ask("/").status, 200);
}

#[test]
fn a_proxy_protocol_header_names_the_client() {
    let upstream = Upstream::text("hello");
    let port = gateway_tests::free_port();
    let gateway = configured(
        &upstream,
        json!({ "apisix": { "proxy_protocol": { "listen_http_port": format!("127.0.0.1:{port}") } } }),
    );
    let mut client = H2::silent(([127, 0, 0, 1], port).into());
    client.write(b"PROXY TCP4 192.0.2.7 192.0.2.8 1000 80\r\n");
    client.write(frames::PREFACE);
    client.send(kind::SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0]);
    assert_eq!(client.ask("/").status, 200);
    assert_eq!(upstream.last().header("x-forwarded-for"), Some("192.0.2.7"));
    drop(gateway);
}

#[test]
fn malformed_requests_end_their_stream_and_never_reach_an_upstream() {
    let upstream = Upstream::text("hello");
    let gateway = gateway(&upstream);
    let mut client = H2::connect(gateway.proxy);
    let good = request("GET", "/");
    let with = |more: &[(&'static str, &'static str)]| [&good[..], more].concat();
    let without = |name: &str| good.iter().filter(|(n, _)| *n != name).copied().collect::<Vec<_>>();
    let changed = |name: &'static str, value: &'static str| {
        good.iter().map(|(n, v)| if *n == name { (name, value) } else { (*n, *v) }).collect::<Vec<_>>()
    };
    let cases: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("no method", without(":method")),
        ("no path", without(":path")),
        ("no scheme", without(":scheme")),
        ("twice", with(&[(":path", "/")])),
        ("unknown", [&[(":what", "x")], &good[..]].concat()),
        ("late", [&[("x", "y")], &good[..]].concat()),
        ("status", [&[(":status", "200")], &good[..]].concat()),
        ("empty path", changed(":path", "")),
        ("no slash", changed(":path", "x")),
        ("star", changed(":path", "*")),
        ("8-bit path", changed(":path", "/\u{e4}")),
        ("space in path", changed(":path", "/a b")),
        ("scheme", changed(":scheme", "ftp")),
        ("connection", with(&[("connection", "close")])),
        ("keep-alive", with(&[("keep-alive", "1")])),
        ("proxy-connection", with(&[("proxy-connection", "close")])),
        ("transfer-encoding", with(&[("transfer-encoding", "chunked")])),
        ("upgrade", with(&[("upgrade", "h2c")])),
        ("te", with(&[("te", "gzip")])),
        ("host", with(&[("host", "other")])),
        ("hosts", [without(":authority"), vec![("host", "localhost"), ("host", "localhost")]].concat()),
        ("leading space", with(&[("x", " y")])),
        ("trailing tab", with(&[("x", "y\t")])),
        ("lengths", with(&[("content-length", "0"), ("content-length", "0")])),
        ("length", with(&[("content-length", "+5")])),
    ];
    for (what, fields) in &cases {
        let id = client.head(fields, true);
        let reply = client.reply(id);
        let ended = client.goaways.last().is_some_and(|(_, code)| *code == code::PROTOCOL_ERROR);
        assert!(ended || reply.reset == Some(code::PROTOCOL_ERROR) || reply.status == 400, "{what}: {reply:?}");
        if ended {
            client = H2::connect(gateway.proxy);
        }
    }
    // What no table of fields could hold is the end of the connection.
    for (name, value) in [("X", "upper"), ("a b", "c"), ("x", "a\0b"), ("x", "a\r\nb: c"), ("", "empty")] {
        let mut client = H2::connect(gateway.proxy);
        let id = client.head(&with(&[(name, value)]), true);
        let reply = client.reply(id);
        assert!(reply.reset.is_some() || reply.status == 400 || !client.goaways.is_empty() || client.ended, "{name:?}");
    }
    let statuses: Vec<(u16, Vec<(&str, &str)>)> = vec![
        (400, without(":authority")),
        (400, changed(":authority", "a/b")),
        (405, vec![(":method", "CONNECT"), (":authority", "localhost:1")]),
        (405, request("TRACE", "/")),
        (417, with(&[("expect", "200-ok")])),
    ];
    for (status, fields) in &statuses {
        let id = client.head(fields, true);
        let reply = client.reply(id);
        assert!(reply.status == *status || reply.reset == Some(code::PROTOCOL_ERROR), "{fields:?}: {reply:?}");
    }
    // A body shorter or longer than was said.
    for (said, sent) in [("5", "abc"), ("2", "abc")] {
        let mut fields = request("POST", "/");
        fields.push(("content-length", said));
        let id = client.head(&fields, false);
        client.data(id, sent.as_bytes(), true);
        let reply = client.reply(id);
        assert!(reply.reset.is_some() || reply.status >= 400, "{said} {sent}: {reply:?}");
    }
    assert_eq!(client.ask("/").status, 200, "the connection goes on");
    let lines: Vec<String> = upstream.received().iter().map(|r| r.line.clone()).collect();
    assert!(lines.iter().all(|l| l == "GET / HTTP/1.1" || l.starts_with("POST")), "{lines:?}");
    assert!(lines.iter().filter(|l| l.starts_with("GET")).count() == 1, "{lines:?}");
}

#[test]
fn a_client_that_resets_cancels_the_work_upstream() {
    let ended = Arc::new(AtomicUsize::new(0));
    let upstream = {
        let ended = Arc::clone(&ended);
        Upstream::new(move |got, stream| {
            if got.line.contains("/good") {
                return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok();
            }
            // Nothing is answered; the gateway's close is waited for.
            let mut byte = [0];
            let _ = stream.read(&mut byte);
            ended.fetch_add(1, Ordering::AcqRel);
            false
        })
    };
    let gateway = gateway(&upstream);
    let mut client = H2::connect(gateway.proxy);
    let id = client.get("/slow");
    wait_for("the request", || (upstream.received().len() == 1).then_some(()));
    client.reset(id, code::CANCEL);
    wait_for("the cancel", || (ended.load(Ordering::Acquire) == 1).then_some(()));
    assert_eq!(client.ask("/good").status, 200);
    // A client that goes altogether takes all of its streams along.
    for _ in 0..3 {
        client.get("/slow");
    }
    wait_for("the requests", || (upstream.received().len() == 5).then_some(()));
    drop(client);
    wait_for("the cancels", || (ended.load(Ordering::Acquire) == 4).then_some(()));
    wait_for("the log", || (gateway.access_log().matches(" 499 ").count() == 4).then_some(()));
}

/// A gateway that lets nobody at `/no`, and says so before the request is whole.
fn refusing(upstream: &Upstream) -> Gateway {
    let gateway = gateway(upstream);
    gateway.put(
        "/routes/2",
        &json!({ "uri": "/no", "plugins": { "ip-restriction": { "blacklist": ["0.0.0.0/0"] } },
        "upstream": { "type": "roundrobin", "nodes": { upstream.node(): 1 } } }),
    );
    gateway
}

#[test]
fn an_early_answer_stops_the_upload_without_an_error() {
    let upstream = Upstream::text("hello");
    let gateway = refusing(&upstream);
    let mut client = H2::connect(gateway.proxy);
    let id = client.head(&request("POST", "/no"), false);
    client.data(id, b"beginning", false);
    client.until(|c| c.replies.get(&id).is_some_and(|r| r.reset.is_some()));
    let reply = client.replies.remove(&id).unwrap();
    assert_eq!((reply.status, reply.whole, reply.reset), (403, true, Some(code::NO_ERROR)));
    assert_eq!(client.ask("/").status, 200);
}

#[test]
fn an_early_answer_waits_for_what_comes_anyhow() {
    let upstream = Upstream::text("hello");
    let gateway = refusing(&upstream);
    let mut client = H2::connect(gateway.proxy);
    let upload = |client: &mut H2, more: &[(&'static str, &'static str)]| {
        let head = [request("POST", "/no"), more.to_vec()].concat();
        client.head(&head, false)
    };
    // Whatever ends the request, the answer comes then, and nothing is reset. An answer to another stream tells that it waited.
    for end in 0..2 {
        let id = upload(&mut client, &[("content-length", "10")]);
        client.data(id, b"hello", false);
        assert_eq!(client.ask("/").status, 200);
        assert!(!client.replies.contains_key(&id));
        match end {
            0 => client.data(id, b"world", true),
            _ => {
                client.data(id, b"world", false);
                client.send(kind::HEADERS, END_HEADERS | END_STREAM, id, &block(&[("x-checksum", "1")]))
            }
        };
        let reply = client.reply(id);
        assert_eq!((reply.status, reply.whole), (403, true));
        assert_eq!(client.ask("/").status, 200);
        assert!(!client.replies.contains_key(&id), "a reset behind it: {:?}", client.replies);
    }
    // Nobody waits for who asks first, for more than was allowed, for who does not say how much, nor long for anybody.
    for more in [
        &[("content-length", "10"), ("expect", "100-continue")][..],
        &[("content-length", "1000000000")],
        &[],
        &[("content-length", "10")],
    ] {
        let id = upload(&mut client, more);
        client.until(|c| c.replies.get(&id).is_some_and(|r| r.reset.is_some()));
        let reply = client.replies.remove(&id).unwrap();
        assert_eq!((reply.status, reply.whole, reply.reset), (403, true, Some(code::NO_ERROR)), "{more:?}");
    }
    // Who goes meanwhile is not waited for.
    let id = upload(&mut client, &[("content-length", "10")]);
    client.reset(id, code::CANCEL);
    assert_eq!(client.ask("/").status, 200);
    wait_for("the log", || gateway.access_log().contains("\"POST /no HTTP/2.0\" 499 ").then_some(()));
}

#[test]
fn an_answer_that_breaks_off_is_reset() {
    let upstream = Upstream::closing("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    let gateway = gateway(&upstream);
    let mut client = H2::connect(gateway.proxy);
    let reply = client.ask("/");
    assert_eq!((reply.whole, reply.reset), (false, Some(code::INTERNAL_ERROR)));
    assert_eq!(client.ask("/").reset, Some(code::INTERNAL_ERROR), "the connection goes on");
}

#[test]
fn limits_of_heads_and_bodies_are_those_of_http1() {
    let upstream = Upstream::text("hello");
    let gateway = configured(&upstream, json!({ "nginx_config": { "http": { "client_max_body_size": "1k" } } }));
    let mut client = H2::connect(gateway.proxy);
    let long = format!("/{}", "a".repeat(9000));
    assert_eq!(client.ask(&long).status, 414);
    let value = "v".repeat(9000);
    let mut fields = request("GET", "/");
    fields.push(("x", &value));
    let id = client.head(&fields, true);
    assert_eq!(client.reply(id).status, 431);
    let names: Vec<String> = (0..101).map(|n| format!("x-{n}")).collect();
    let mut fields = request("GET", "/");
    fields.extend(names.iter().map(|n| (n.as_str(), "v")));
    let id = client.head(&fields, true);
    assert_eq!(client.reply(id).status, 431);
    let mut fields = request("POST", "/");
    fields.push(("content-length", "2000"));
    let id = client.head(&fields, false);
    assert_eq!(client.reply(id).status, 413);
    let id = client.head(&request("POST", "/"), false);
    client.data(id, &[b'x'; 2000], false);
    assert_eq!(client.reply(id).status, 413);
    assert!(upstream.received().iter().all(|r| r.line.starts_with("POST")));
}

#[test]
fn a_drain_says_goodbye_in_two_steps_and_lets_streams_finish() {
    let go = Arc::new(AtomicBool::new(false));
    let upstream = {
        let go = Arc::clone(&go);
        Upstream::new(move |_, stream| {
            wait_for("the word", || go.load(Ordering::Acquire).then_some(()));
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate").is_ok()
        })
    };
    let mut gateway = gateway(&upstream);
    let mut client = H2::connect(gateway.proxy);
    let id = client.get("/");
    wait_for("the request", || (upstream.received().len() == 1).then_some(()));
    gateway.signal(Signal::TERM);
    assert!(client.until(|c| !c.goaways.is_empty()), "a first goodbye");
    assert_eq!(client.goaways[0], (0x7fff_ffff, code::NO_ERROR));
    assert!(client.until(|c| c.goaways.len() == 2), "a second one, once the first was heard");
    assert_eq!(client.goaways[1], (id, code::NO_ERROR));
    go.store(true, Ordering::Release);
    let reply = client.reply(id);
    assert_eq!((reply.status, text(&reply).as_str()), (200, "late"));
    assert_eq!(client.goodbye(), Some(code::NO_ERROR));
    assert!(gateway.wait().success());
}

#[test]
fn a_websocket_is_a_stream_where_the_route_allows_it() {
    let upstream = Upstream::new(|got, stream| {
        let Some(key) = got.header("sec-websocket-key") else {
            return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok();
        };
        assert_eq!(got.header("upgrade"), Some("websocket"));
        assert_eq!(got.header("connection"), Some("Upgrade"));
        let accept = if got.line.contains("/wrong") { "bm90IGl0".to_owned() } else { websocket_accept(key) };
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        let _ = stream.write_all(head.as_bytes());
        // An echo.
        let mut bytes = [0; 4096];
        while let Ok(n) = stream.read(&mut bytes) {
            if n == 0 || stream.write_all(&bytes[..n]).is_err() {
                break;
            }
        }
        false
    });
    let gateway = Gateway::start();
    route(&gateway, &upstream, json!({ "enable_websocket": true }));
    gateway.put(
        "/routes/2",
        &json!({ "uri": "/plain", "upstream": { "type": "roundrobin", "nodes": { upstream.node(): 1 } } }),
    );
    let mut client = H2::connect(gateway.proxy);
    let ask = |path: &'static str| {
        let mut fields = request("CONNECT", path);
        fields.insert(1, (":protocol", "websocket"));
        fields.push(("sec-websocket-version", "13"));
        fields
    };
    let id = client.head(&ask("/echo"), false);
    assert!(client.until(|c| c.replies.get(&id).is_some_and(|r| r.status == 200)), "{:?}", client.replies);
    assert!(!client.replies[&id].whole);
    for text in ["one", "two"] {
        client.data(id, text.as_bytes(), false);
        client.until(|c| c.replies[&id].body.ends_with(text.as_bytes()));
    }
    client.data(id, b"", true);
    let reply = client.reply(id);
    assert_eq!((reply.body.as_slice(), reply.reset), (&b"onetwo"[..], None));

    for (path, status) in [("/plain", 403), ("/wrong", 502)] {
        let id = client.head(&ask(path), false);
        client.until(|c| c.replies.get(&id).is_some_and(|r| r.status != 0));
        assert_eq!(client.replies[&id].status, status, "{path}");
    }
    let mut other = ask("/echo");
    other[1].1 = "something";
    let id = client.head(&other, false);
    client.until(|c| c.replies.get(&id).is_some_and(|r| r.status != 0 || r.reset.is_some()));
    assert_eq!(client.replies[&id].status, 501);
}
