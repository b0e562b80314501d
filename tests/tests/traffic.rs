//! Requests through the gateway to an upstream and back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use gateway_tests::{Client, Gateway, Upstream, send};
use serde_json::json;

fn routed(upstream: &Upstream) -> Gateway {
    let gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    gateway
}

#[test]
fn a_request_and_its_answer_pass_with_the_fields_that_belong_to_them() {
    let upstream = Upstream::answering(
        "HTTP/1.1 201 Created\r\nServer: secret/1\r\nX-Answer: yes\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok",
    );
    let gateway = routed(&upstream);
    let headers = [
        ("Host", "test.local"),
        ("X-Own", "1"),
        ("Connection", "X-Gone"),
        ("X-Gone", "1"),
        ("X-Forwarded-Proto", "https"),
    ];
    let answer = Client::connect(gateway.proxy).request("POST", "/a?b=c", &headers, b"body");
    assert_eq!((answer.status, answer.text().as_str()), (201, "ok"));
    assert_eq!(answer.header("X-Answer"), Some("yes"));
    assert_eq!(answer.header("X-Hop"), None);
    assert_eq!(answer.header("Server"), Some("gateway"));
    let got = upstream.last();
    assert_eq!(got.line, "POST /a?b=c HTTP/1.1");
    assert_eq!(got.body, b"body");
    assert_eq!(got.header("Host"), Some("test.local"));
    assert_eq!(got.header("X-Own"), Some("1"));
    assert_eq!(got.header("X-Gone"), None);
    assert_eq!(got.header("X-Real-IP"), Some("127.0.0.1"));
    assert_eq!(got.header("X-Forwarded-For"), Some("127.0.0.1"));
    assert_eq!(
        got.header("X-Forwarded-Proto"),
        Some("http"),
        "what an untrusted client says about it is not passed on"
    );
}

#[test]
fn large_bodies_stream_both_ways_byte_for_byte() {
    let upstream = Upstream::new(|got, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", got.body.len());
        stream.write_all(&got.body).is_ok()
    });
    let gateway = routed(&upstream);
    let body: Vec<u8> = (0..5_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut client = Client::connect(gateway.proxy);
    for _ in 0..2 {
        let answer = client.request("POST", "/", &[], &body);
        assert_eq!(answer.status, 200);
        assert!(answer.body == body, "the body came back changed");
    }
    client.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in body.chunks(70_001) {
        client.write(format!("{:x}\r\n", piece.len()));
        client.write(piece);
        client.write("\r\n");
    }
    client.write("0\r\n\r\n");
    assert!(client.answer(false).body == body, "the chunked body came back changed");
}

#[test]
fn connections_are_kept_on_both_sides_and_pipelined_requests_are_answered_in_order() {
    let upstream = Upstream::new(|got, stream| {
        let text = got.line.clone();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()).is_ok()
    });
    let gateway = routed(&upstream);
    let mut client = Client::connect(gateway.proxy);
    let requests: String = (0..20).map(|n| format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    client.write(requests);
    for n in 0..20 {
        assert_eq!(client.answer(false).text(), format!("GET /{n} HTTP/1.1"));
    }
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn chunks_trailers_head_and_bodyless_answers_keep_their_form() {
    let chunked = Upstream::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n",
    );
    let answer = routed(&chunked).get("/");
    assert!(answer.whole);
    assert_eq!(answer.text(), "abcdefg");
    assert_eq!(answer.trailers, [("X-Sum".to_owned(), "7".to_owned())]);
    let head = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
    let gateway = routed(&head);
    let mut client = Client::connect(gateway.proxy);
    for _ in 0..2 {
        let answer = client.request("HEAD", "/", &[], b"");
        assert_eq!((answer.status, answer.header("Content-Length")), (200, Some("1234")));
    }
    let empty = Upstream::answering("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n");
    let gateway = routed(&empty);
    let mut client = Client::connect(gateway.proxy);
    assert_eq!(client.request("GET", "/", &[], b"").status, 304);
    assert_eq!(client.request("GET", "/", &[], b"").status, 304);
}

#[test]
fn up_01_up_05_an_upstream_that_breaks_the_protocol_is_502() {
    let answers: &[&str] = &[
        "",
        "SSH-2.0-x\r\n",
        "HTTP/1.1 99 Low\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Len",
    ];
    for bytes in answers {
        let upstream = Upstream::closing(*bytes);
        let answer = routed(&upstream).get("/");
        assert_eq!(answer.status, 502, "{bytes:?}");
        assert_eq!(answer.text(), "{\"error_msg\":\"502 Bad Gateway\"}\n");
    }
}

#[test]
fn up_07_a_body_that_breaks_off_is_seen_to_be_broken() {
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ] {
        let upstream = Upstream::closing(bytes);
        let answer = routed(&upstream).get("/");
        assert_eq!(answer.status, 200);
        assert!(!answer.whole, "{bytes:?}");
    }
}

#[test]
fn up_02_a_connection_that_takes_too_long_is_504() {
    // The queue of connections that wait to be taken is full: the kernel leaves further ones without an answer.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&addr, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue has no end");
    }
    let gateway = Gateway::start();
    gateway.put(
        "/routes/1",
        &json!({ "uri": "/*", "timeout": { "connect": 0.3, "send": 10, "read": 10 }, "upstream": { "nodes": { (addr.to_string()): 1 } } }),
    );
    let answer = gateway.get("/");
    assert_eq!((answer.status, answer.text().as_str()), (504, "{\"error_msg\":\"504 Gateway Time-out\"}\n"));
}

#[test]
fn up_03_no_node_is_503_and_nodes_that_all_fail_are_502() {
    // Nobody listens there: the names cannot be looked up.
    let servers = format!("127.0.0.1:{}", gateway_tests::free_port());
    let gateway = Gateway::configured(json!({ "apisix": { "dns_resolver": [servers], "resolver_timeout": "500ms" } }));
    let [a, b] = [gateway_tests::free_port(), gateway_tests::free_port()].map(|port| format!("127.0.0.1:{port}"));
    gateway.put("/routes/1", &json!({ "uri": "/empty", "upstream": { "nodes": [] } }));
    gateway.put("/routes/2", &json!({ "uri": "/unknown", "upstream": { "nodes": { "no-such-name.test:80": 1 } } }));
    gateway.put("/routes/3", &json!({ "uri": "/down", "upstream": { "nodes": { (a): 1, (b): 1 } } }));
    for path in ["/empty", "/unknown"] {
        let answer = gateway.get(path);
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.text(), "{\"error_msg\":\"503 Service Temporarily Unavailable\"}\n");
    }
    // Whatever is known of the nodes, all of them are tried.
    for _ in 0..3 {
        let answer = gateway.get("/down");
        assert_eq!(answer.status, 502);
        assert_eq!(answer.header("X-APISIX-Upstream-Status"), Some("502, 502"));
    }
}

#[test]
fn nowhere_to_go_is_502_503_or_404() {
    let gateway = Gateway::start();
    let port = gateway_tests::free_port();
    gateway
        .put("/routes/1", &json!({ "uri": "/refused", "upstream": { "nodes": { (format!("127.0.0.1:{port}")): 1 } } }));
    gateway.put("/routes/2", &json!({ "uri": "/empty", "upstream": { "nodes": [] } }));
    let refused = gateway.get("/refused");
    assert_eq!((refused.status, refused.text().as_str()), (502, "{\"error_msg\":\"502 Bad Gateway\"}\n"));
    let empty = gateway.get("/empty");
    assert_eq!(
        (empty.status, empty.text().as_str()),
        (503, "{\"error_msg\":\"503 Service Temporarily Unavailable\"}\n")
    );
    let none = gateway.get("/none");
    assert_eq!((none.status, none.text().as_str()), (404, "{\"error_msg\":\"404 Route Not Found\"}\n"));
    assert_eq!(none.header("Content-Type"), Some("text/plain; charset=utf-8"));
}

#[test]
fn up_02_a_read_that_takes_too_long_is_504() {
    let upstream = Upstream::new(|_, _| {
        std::thread::park_timeout(Duration::from_secs(30));
        false
    });
    let gateway = Gateway::start();
    gateway.put(
        "/routes/1",
        &json!({ "uri": "/*", "timeout": { "connect": 1, "send": 1, "read": 0.5 }, "upstream": { "nodes": { (upstream.node()): 1 } } }),
    );
    let answer = gateway.get("/");
    assert_eq!((answer.status, answer.text().as_str()), (504, "{\"error_msg\":\"504 Gateway Time-out\"}\n"));
}

#[test]
fn h1_the_refusals_of_the_framing_table_forward_nothing() {
    let upstream = Upstream::text("reached");
    let gateway = routed(&upstream);
    let cases: &[(&str, u16, &str)] = &[
        (
            "h1.01",
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        ),
        ("h1.02", 400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("h1.03", 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        ("h1.05", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
        ("h1.06", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc"),
        ("h1.13", 400, "GET / HTTP/1.1\nHost: a\n\n"),
        ("h1.14", 400, "GET / HTTP/1.1\r\nHost: a\r\n X: 1\r\n\r\n"),
        ("h1.15", 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        ("h1.16", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n"),
        ("h1.19", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("h1.20", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        ("h1.22", 405, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
        ("h1.23", 405, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("h1.25", 400, "GET foo HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("h1.27", 400, "GET / HTTP/1.1\r\n\r\n"),
        ("h1.27", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        ("h1.28", 400, "\x16\x03\x01\x02\x00"),
        ("path.05", 400, "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("path.06", 400, "GET /../x HTTP/1.1\r\nHost: a\r\n\r\n"),
    ];
    for (id, status, bytes) in cases {
        let mut client = Client::connect(gateway.proxy);
        client.write(bytes);
        let answer = client.answer(false);
        assert_eq!((answer.status, answer.header("Connection")), (*status, Some("close")), "{id} {bytes:?}");
        assert!(client.closed(), "{id}: the connection stays open");
    }
    assert!(upstream.received().is_empty());
}

#[test]
fn limits_have_their_answers() {
    let upstream = Upstream::text("reached");
    let gateway = Gateway::configured(json!({
        "nginx_config": { "http": { "client_max_body_size": 1000 } },
        "gateway": { "limits": { "requests_per_connection": 3 } },
    }));
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let long = "x".repeat(9000);
    assert_eq!(send(gateway.proxy, format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n")).status, 414);
    assert_eq!(send(gateway.proxy, format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n")).status, 431);
    let many: String = (0..101).map(|n| format!("X-{n}: 1\r\n")).collect();
    assert_eq!(send(gateway.proxy, format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).status, 431);
    let too_large = send(gateway.proxy, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
    assert_eq!(too_large.status, 413);
    assert!(upstream.received().is_empty());
    let mut client = Client::connect(gateway.proxy);
    for n in 1..=3 {
        let answer = client.request("GET", "/", &[], b"");
        assert_eq!(answer.header("Connection"), (n == 3).then_some("close"), "request {n}");
    }
    assert!(client.closed());
}

#[test]
fn expect_100_continue_is_answered_when_the_body_is_wanted() {
    let upstream = Upstream::text("thanks");
    let gateway = routed(&upstream);
    let mut client = Client::connect(gateway.proxy);
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.interim().status, 100);
    client.write("body");
    assert_eq!(client.answer(false).text(), "thanks");
    assert_eq!(upstream.last().body, b"body");
    assert_eq!(send(gateway.proxy, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: x\r\n\r\n").status, 417);
}

#[test]
fn a_tunnel_opens_only_after_the_upstreams_101() {
    let upstream = Upstream::new(|got, stream| {
        if got.header("upgrade").is_none() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            return true;
        }
        let _ = stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nwelcome");
        let mut echo = [0; 4];
        if std::io::Read::read_exact(stream, &mut echo).is_ok() {
            let _ = stream.write_all(&echo);
        }
        false
    });
    let gateway = Gateway::start();
    let nodes = json!({ "nodes": { (upstream.node()): 1 } });
    gateway.put("/routes/1", &json!({ "uri": "/ws", "enable_websocket": true, "upstream": nodes }));
    gateway.put("/routes/2", &json!({ "uri": "/plain", "upstream": nodes }));
    let upgrade = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
    };
    let mut client = Client::connect(gateway.proxy);
    client.write(upgrade("/ws"));
    assert_eq!(client.answer(false).status, 101);
    assert_eq!(client.take(7), b"welcome");
    client.write("ping");
    assert_eq!(client.take(4), b"ping");
    assert!(client.closed());
    assert_eq!(
        send(gateway.proxy, upgrade("/plain")).status,
        400,
        "the upgrade is not passed on without enable_websocket"
    );
}
