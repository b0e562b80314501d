//! gRPC for clients that speak none: JSON by `grpc-transcode`, browsers by `grpc-web`; and for servers that read less than their callers
//! write: `grpc-decompress`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use gateway_tests::grpc::{GrpcClient, GrpcServer, Reply};
use gateway_tests::{Answer, Client, Gateway, free_port, wait_for};
use serde_json::{Value, json};

const PROTO: &str = "syntax = \"proto3\"; package test;
    message M { string name = 1; int64 n = 2; repeated string items = 3; }
    service Echo {
        rpc Unary (M) returns (M);
        rpc Bidi (M) returns (stream M);
        rpc Fail (M) returns (M);
        rpc FailLate (M) returns (M);
        rpc Hang (M) returns (M);
        rpc Break (M) returns (M);
        rpc Plain (M) returns (M);
    }";

/// A gateway with a route for each method, `/json/METHOD`, and `/web/*` for gRPC-Web.
fn gateway(node: &str, more: Value) -> Gateway {
    let gateway = Gateway::configured(json!({"nginx_config": {"error_log_level": "info"}}));
    gateway.put("/upstreams/g", &json!({"type": "roundrobin", "scheme": "grpc", "nodes": {node: 1}}));
    gateway.put("/protos/p", &json!({"content": PROTO}));
    for method in ["Unary", "Bidi", "Fail", "FailLate", "Hang", "Break", "Plain"] {
        let mut conf = json!({"proto_id": "p", "service": "test.Echo", "method": method});
        conf.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let route = json!({"uri": format!("/json/{method}"), "upstream_id": "g", "plugins": {"grpc-transcode": conf}});
        gateway.put(&format!("/routes/{method}"), &route);
    }
    gateway.put("/routes/web", &json!({"uri": "/web/*", "upstream_id": "g", "plugins": {"grpc-web": {}}}));
    gateway
}

fn post(gateway: &Gateway, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    Client::connect(gateway.proxy).request("POST", target, headers, body)
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn json_becomes_a_call_and_the_reply_json() {
    let server = GrpcServer::start();
    let gateway = gateway(&server.node(), json!({}));
    let expected = json!({"name": "world", "n": 5, "items": []});
    for answer in [
        post(&gateway, "/json/Unary", &[JSON], b"{\"name\": \"world\", \"n\": 5, \"unknown\": 1}"),
        post(&gateway, "/json/Unary", &[], b"name=world&n=5"),
        gateway.get("/json/Unary?name=world&n=5"),
    ] {
        assert_eq!((answer.status, answer.json()), (200, expected.clone()), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.whole);
    }
    let called = server.called().pop().unwrap();
    assert_eq!(called.path, "/test.Echo/Unary");
    assert_eq!(called.header("content-type"), Some("application/grpc"));
    assert_eq!(called.header("te"), Some("trailers"));
    let answer = gateway.get("/json/Bidi?name=a");
    assert_eq!((answer.status, answer.text()), (200, "{\"name\":\"a\",\"n\":0,\"items\":[]}\n".to_owned()));
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let refused = post(&gateway, "/json/Unary", &[JSON], b"{\"n\": \"x\"}");
    assert_eq!(refused.status, 400, "{refused:?}");
    let long = vec![b' '; (4 << 20) + 1];
    assert_eq!(post(&gateway, "/json/Unary", &[JSON], &long).status, 413);
}

#[test]
fn statuses_become_statuses_of_http() {
    let server = GrpcServer::start();
    let gateway = gateway(&server.node(), json!({"show_status_in_body": true, "deadline": 400}));
    for (status, http) in [("5", 404), ("7", 403), ("14", 503), ("99", 599)] {
        for method in ["Fail", "FailLate"] {
            let headers = [("x-status", status), ("x-message", "no%20such")];
            let answer = gateway.get_with(&format!("/json/{method}"), &headers);
            assert_eq!(answer.status, http, "{method}: {answer:?}");
            assert_eq!(answer.header("grpc-status"), Some(status), "{method}: {answer:?}");
            let code: u32 = status.parse().unwrap();
            assert_eq!(answer.json(), json!({"error": {"code": code, "message": "no such", "details": []}}));
        }
    }
    assert_eq!(gateway.get("/json/Hang").status, 504);
    assert_eq!(server.called().pop().unwrap().header("grpc-timeout"), Some("400m"));
    // Half a message and a reset; no message at all; nobody there.
    assert_eq!(gateway.get("/json/Break").status, 502);
    assert_eq!(gateway.get("/json/Plain").status, 502);
    let nobody = self::gateway(&format!("127.0.0.1:{}", free_port()), json!({}));
    let answer = nobody.get("/json/Unary");
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("502 Bad Gateway"), "{answer:?}");
}

#[test]
fn definitions_change_under_their_routes() {
    let server = GrpcServer::start();
    let gateway = gateway(&server.node(), json!({}));
    let name = |gateway: &Gateway| gateway.get("/json/Unary?name=a").json();
    assert_eq!(name(&gateway)["name"], "a");
    gateway.put("/protos/p", &json!({"content": PROTO.replace("string name", "string title")}));
    assert_eq!(name(&gateway), json!({"title": "", "n": 0, "items": []}));
    gateway.put("/protos/p", &json!({"content": PROTO.replace("rpc Unary", "rpc Other")}));
    assert_eq!(gateway.get("/json/Unary").status, 503);
    // One that does not compile is refused, and the old one stays.
    let broken = json!({"content": PROTO.replace("int64 n", "Nothing n")});
    let answer = gateway.call("PUT", "/protos/p", Some(&broken));
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.json()["error_msg"].as_str().unwrap().starts_with("invalid content: "), "{answer:?}");
    assert_eq!(gateway.get("/json/Unary").status, 503);
    let used = gateway.call("DELETE", "/protos/p", None);
    assert_eq!(used.status, 400, "{used:?}");
}

#[test]
fn the_log_says_why_a_request_is_no_message_and_quotes_only_its_beginning() {
    let gateway = gateway("127.0.0.1:1", json!({}));
    let key = "k".repeat(100_000);
    let twice = format!("{{\"{key}\": 1, \"{key}\": 2}}");
    for body in [&*twice, "{\"n\": \"five\"}"] {
        assert_eq!(post(&gateway, "/json/Unary", &[JSON], body.as_bytes()).status, 400);
    }
    let line = |also: &str| {
        wait_for(also, || {
            let log = gateway.stderr();
            let mut lines = log.lines().filter(|l| l.contains("grpc-transcode: the request is no message"));
            lines.find(|l| l.contains(also)).map(str::to_owned)
        })
    };
    assert!(line("the body is no JSON").len() < 1000);
    assert!(line("field n: an integer is expected").contains("route=\"Unary\""));
}

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let mut out = vec![flag];
    out.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    out.extend_from_slice(message);
    out
}

const WEB: (&str, &str) = ("Content-Type", "application/grpc-web+proto");
const TEXT: (&str, &str) = ("Content-Type", "application/grpc-web-text");

/// Decodes texts of base64, one behind the other.
fn unbase64(text: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for group in text.chunks(4) {
        let digits: Vec<usize> = group.iter().filter_map(|b| DIGITS.iter().position(|d| d == b)).collect();
        let bits = digits.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - digits.len()));
        out.extend_from_slice(&bits.to_be_bytes()[5..][..digits.len() * 6 / 8]);
    }
    out
}

#[test]
fn browsers_get_their_trailers_in_the_body() {
    let server = GrpcServer::start();
    let gateway = gateway(&server.node(), json!({}));
    let trailers = frame(0x80, b"grpc-status:0\r\ngrpc-message:\r\nx-trailer-bin:AAEC\r\n");
    let expected = [frame(0, b"hello"), trailers].concat();
    let answer = post(&gateway, "/web/test.Echo/Unary", &[WEB], &frame(0, b"hello"));
    assert_eq!((answer.status, &answer.body), (200, &expected), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some(WEB.1));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.whole && answer.trailers.is_empty());
    assert_eq!(server.called().pop().unwrap().path, "/test.Echo/Unary");

    // Text, the request in two pieces cut inside of a group.
    let mut client = Client::connect(gateway.proxy);
    client.write(format!(
        "POST /web/test.Echo/Unary HTTP/1.1\r\nHost: a\r\nContent-Type: {}\r\nContent-Length: 16\r\n\r\nAAAAAA",
        TEXT.1
    ));
    client.write("VoZWxsbw==");
    let answer = client.answer(false);
    assert_eq!((answer.status, unbase64(&answer.body)), (200, expected), "{answer:?}");

    // A status in a head alone stays there; in trailers, it ends the body.
    let failure = [("x-status", "5"), ("x-message", "none"), WEB];
    let answer = post(&gateway, "/web/test.Echo/Fail", &failure, &frame(0, b""));
    assert_eq!((answer.status, answer.header("grpc-status"), answer.body.len()), (200, Some("5"), 0), "{answer:?}");
    let answer = post(&gateway, "/web/test.Echo/FailLate", &failure, &frame(0, b""));
    assert!(answer.text().contains("grpc-status:5\r\ngrpc-message:none\r\n"), "{answer:?}");
    let answer = post(&gateway, "/web/test.Echo/Break", &[WEB], &frame(0, b""));
    // In the head, where nothing of a body had been passed on.
    let told = answer.header("grpc-status") == Some("14") || answer.text().contains("grpc-status:14\r\n");
    assert!(!answer.whole || told, "{answer:?}");
}

#[test]
fn what_browsers_may_not_do() {
    let server = GrpcServer::start();
    let gateway = gateway(&server.node(), json!({}));
    let mut client = Client::connect(gateway.proxy);
    let preflight = client.request("OPTIONS", "/web/test.Echo/Unary", &[("Origin", "http://a.com")], b"");
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (204, Some("POST")));
    assert_eq!(client.request("GET", "/web/test.Echo/Unary", &[], b"").status, 405);
    let refused = client.request("POST", "/web/test.Echo/Unary", &[JSON], b"{}");
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (400, Some("*")));
    // A group of four that is not whole: no base64, and seen before anybody is called.
    for text in ["abc", "AAAAAAVoZWxsbw", "AAAAAAVoZWxsbw="] {
        let refused = post(&gateway, "/web/test.Echo/Unary", &[TEXT], text.as_bytes());
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (400, Some("*")), "{text}");
    }
    assert!(server.called().is_empty());
    // Without a length it is seen when it ends.
    let mut chunked = Client::connect(gateway.proxy);
    let head = format!(
        "POST /web/test.Echo/Unary HTTP/1.1\r\nHost: a\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        TEXT.1
    );
    chunked.write(format!("{head}3\r\nabc\r\n0\r\n\r\n"));
    let refused = chunked.answer(false);
    assert!(refused.status == 400 || refused.header("grpc-status") == Some("13"), "{refused:?}");
    // No base64, seen once the call is under way.
    let broken = post(&gateway, "/web/test.Echo/Unary", &[TEXT], b"AAAA!");
    assert!(broken.status == 400 || broken.header("grpc-status") == Some("13"), "{broken:?}");
    // Nobody there: a status of gRPC in the head.
    let nobody = self::gateway(&format!("127.0.0.1:{}", free_port()), json!({}));
    let answer = post(&nobody, "/web/test.Echo/Unary", &[WEB], &frame(0, b"a"));
    assert_eq!((answer.status, answer.header("grpc-status")), (200, Some("14")), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some(WEB.1));
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A call of compressed messages.
fn compressed(client: &mut GrpcClient, path: &str, coding: &str, messages: &[Vec<u8>]) -> Reply {
    let mut call = client.open(path, &[("grpc-encoding", coding)]);
    // A call that is refused for its head has ended before.
    let _ = messages.iter().all(|message| call.send_compressed(message));
    call.close();
    call.finish()
}

#[test]
fn servers_that_read_no_compressed_messages_get_them_plain() {
    let server = GrpcServer::start();
    for scheme in ["grpc", "tri"] {
        let gateway = Gateway::start();
        let upstream = json!({"type": "roundrobin", "scheme": scheme, "nodes": {server.node(): 1}});
        gateway.put(
            "/routes/1",
            &json!({"uri": "/test.Echo/*", "upstream": upstream, "plugins": {"grpc-decompress": {}}}),
        );
        let mut client = GrpcClient::connect(gateway.proxy);
        for (coding, press) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("deflate", deflate)] {
            let reply = compressed(&mut client, "/test.Echo/Unary", coding, &[press(b"hello")]);
            assert_eq!((reply.grpc(), &*reply.messages), (Some("0"), &[b"hello"[..].into()][..]), "{reply:?}");
            assert_eq!(server.called().pop().unwrap().header("grpc-encoding"), None);
            // Larger than a piece of the way, in both forms.
            let long: Vec<u8> =
                (0..200_000u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 8).to_le_bytes()).collect();
            let reply = compressed(&mut client, "/test.Echo/Unary", coding, &[press(&long)]);
            assert_eq!((reply.grpc(), reply.messages.concat() == long), (Some("0"), true));
        }
        // A stream, each message as it comes.
        let mut call = client.open("/test.Echo/Bidi", &[("grpc-encoding", "gzip")]);
        for text in ["one", "two"] {
            assert!(call.send_compressed(&gzip(text.as_bytes())));
            assert_eq!(call.message().as_deref(), Some(text.as_bytes()));
        }
        assert!(call.send(b"plain"));
        assert_eq!(call.message().as_deref(), Some(&b"plain"[..]));
        call.close();
        assert_eq!(call.finish().grpc(), Some("0"));
    }
}

#[test]
fn compressed_messages_that_are_not_to_be_had_are_refused() {
    let server = GrpcServer::start();
    let gateway = Gateway::start();
    let upstream = json!({"type": "roundrobin", "scheme": "grpc", "nodes": {server.node(): 1}});
    gateway.put("/routes/1", &json!({"uri": "/test.Echo/*", "upstream": upstream, "plugins": {"grpc-decompress": {"max_message_size": 100_000}}}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let reply = compressed(&mut client, "/test.Echo/Unary", "snappy", &[b"hello".to_vec()]);
    assert_eq!(
        (reply.grpc(), reply.field("grpc-accept-encoding")),
        (Some("12"), Some("identity,gzip,deflate")),
        "{reply:?}"
    );
    assert!(server.called().is_empty());
    let broken = gzip(b"hello")[..12].to_vec();
    for (message, status) in
        [(b"no gzip".to_vec(), "13"), (broken, "13"), (gzip(&[7; 100_001]), "8"), (gzip(&vec![0; 10 << 20]), "8")]
    {
        let reply = compressed(&mut client, "/test.Echo/Unary", "gzip", &[message]);
        assert_eq!((reply.grpc(), reply.messages.len()), (Some(status), 0), "{reply:?}");
    }
    // The connection has not suffered, and a call without a coding passes as it is.
    let reply = client.call("/test.Echo/Unary", &[], &[b"hello"]);
    assert_eq!((reply.grpc(), &*reply.messages), (Some("0"), &[b"hello"[..].into()][..]), "{reply:?}");
}
