//! `live/grpc` and `gatewayctl grpc`: which services of gRPC there are, what their messages look like, and calls of them by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway_tests::grpc::{GrpcServer, Manners, Reflects, descriptor_set};
use gateway_tests::{Answer, Client, Ctl, Gateway, binary, free_port, wait_for};
use serde_json::{Value, json};

const PROTO: &str = "syntax = \"proto3\"; package test; message M { string name = 1; int64 n = 2; }
    service Echo { rpc Unary (M) returns (M); rpc Join (stream M) returns (M); rpc Fail (M) returns (M); rpc Hang (M) returns (M); }";

fn server(reflects: Reflects) -> GrpcServer {
    let server = GrpcServer::start();
    server.reflect(reflects);
    server
}

/// An upstream `g`, and a route of everything to it.
fn lead(gateway: &Gateway, node: &str) {
    gateway.put("/upstreams/g", &json!({"scheme": "grpc", "nodes": {node: 1}}));
    gateway.put("/routes/all", &json!({"uri": "/*", "upstream_id": "g"}));
}

fn services(gateway: &Gateway) -> Value {
    gateway.call("GET", "/live/grpc/services?refresh=true", None).json()
}

fn invoke(gateway: &Gateway, body: Value) -> Answer {
    gateway.call("POST", "/live/grpc/invoke", Some(&body))
}

fn unary(more: Value) -> Value {
    let mut body = json!({"service": "test.Echo", "method": "Unary"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn services_of_servers_and_of_definitions_are_listed() {
    let gateway = Gateway::start();
    assert_eq!(services(&gateway), json!([]));
    for reflects in [Reflects::V1, Reflects::V1Alpha] {
        let server = server(reflects);
        lead(&gateway, &server.node());
        let told = services(&gateway);
        assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
        let row = &told[0];
        let part = |name: &str| row[name].clone();
        assert_eq!(
            ["service", "nodes", "source", "by", "error"].map(part),
            [json!("test.Echo"), json!(1), json!("upstreams/g"), json!("reflection"), json!(null)]
        );
        let bidi = json!({"name": "Bidi", "input": "test.M", "output": "test.M", "client_streaming": true, "server_streaming": true});
        assert_eq!((row["methods"].as_array().unwrap().len(), &row["methods"][1]), (9, &bidi));
    }
    // Whoever tells nothing, or half of it, is named with the reason.
    let (silent, half, dead) = (GrpcServer::start(), server(Reflects::Half), format!("127.0.0.1:{}", free_port()));
    lead(&gateway, &silent.node());
    gateway.put("/upstreams/h", &json!({"scheme": "grpc", "nodes": {(half.node()): 1}}));
    gateway.put("/upstreams/i", &json!({"scheme": "grpc", "nodes": {(dead): 1}}));
    gateway.put("/upstreams/other", &json!({"nodes": {(silent.node()): 1}}));
    gateway.put("/protos/p", &json!({"content": PROTO}));
    gateway.put("/protos/q", &json!({"content": BASE64.encode(descriptor_set())}));
    let told = services(&gateway);
    let rows: Vec<(&str, &str, &str)> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["source"].as_str().unwrap(),
                row["service"].as_str().unwrap(),
                row["error"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    let [g, h1, h2, i, p, q] = rows[..] else { panic!("{told}") };
    assert_eq!((g.0, g.1, g.2.ends_with("has no reflection (UNIMPLEMENTED)")), ("upstreams/g", "", true), "{g:?}");
    assert_eq!(
        (h1, h2),
        (("upstreams/h", "test.Echo", ""), ("upstreams/h", "test.Hidden", "test.Hidden: no such symbol: test.Hidden"))
    );
    assert!(i.0 == "upstreams/i" && i.2.contains("cannot be reached"), "{i:?}");
    assert_eq!((p, q), (("protos/p", "test.Echo", ""), ("protos/q", "test.Echo", "")));
    assert!(gateway.call("GET", "/live", None).json()["abilities"].as_array().unwrap().contains(&json!("grpc")));
}

#[test]
fn what_servers_tell_is_remembered_for_a_while() {
    let (gateway, server) = (Gateway::start(), server(Reflects::V1));
    lead(&gateway, &server.node());
    let list = |more: &str| gateway.call("GET", &format!("/live/grpc/services{more}"), None).json();
    list("");
    let asked = server.called().len();
    for _ in 0..3 {
        list("");
        invoke(&gateway, unary(json!({})));
    }
    let questions = server.called().iter().filter(|call| call.path.contains("Reflection")).count();
    assert_eq!((asked, questions), (1, 1));
    list("?refresh=true");
    assert_eq!(server.called().iter().filter(|call| call.path.contains("Reflection")).count(), 2);
}

#[test]
fn a_method_is_called_by_hand() {
    let (gateway, server) = (Gateway::start(), server(Reflects::V1));
    lead(&gateway, &server.node());
    let message = json!({"name": "é", "n": "9007199254740993", "inner": {"items": ["a"]}});
    let told = invoke(&gateway, unary(json!({"message": message, "headers": {"x-tenant": "t1"}, "timeout_ms": 7000})));
    assert_eq!(told.status, 200, "{}", told.text());
    let told = told.json();
    assert_eq!(
        (&told["messages"], &told["status"], &told["status_name"]),
        (&json!([message]), &json!(0), &json!("OK"))
    );
    assert_eq!((&told["headers"]["x-head"], &told["trailers"]["x-trailer-bin"]), (&json!("1"), &json!("AAEC")));
    assert_eq!((&told["node"], told["ms"].as_f64().unwrap() > 0.0), (&json!(server.node()), true));
    let called = server.called().pop().unwrap();
    let field = |name: &str| called.header(name).map(str::to_owned);
    assert_eq!((called.path.as_str(), field("x-tenant").as_deref()), ("/test.Echo/Unary", Some("t1")));
    assert_eq!((called.authority.as_str(), field("grpc-timeout").as_deref()), (server.node().as_str(), Some("7050m")));
    // As many messages as the method takes, and fields that are not set where they are wanted.
    let many = json!({"service": "test.Echo", "method": "Join", "messages": [{"name": "a"}, {"n": 3}, {"items": ["x"]}, {"items": ["y"]}]});
    assert_eq!(invoke(&gateway, many).json()["messages"], json!([{"name": "a", "n": "3", "items": ["x", "y"]}]));
    let each = json!({"service": "test.Echo", "method": "Each", "message": {"n": 1}});
    assert_eq!(invoke(&gateway, each).json()["messages"], json!([{"n": "1"}, {"n": "1"}, {"n": "1"}]));
    let defaults = invoke(&gateway, unary(json!({"defaults": true}))).json();
    assert_eq!(defaults["messages"], json!([{"name": "", "n": "0", "items": []}]));
    let line = || gateway.stderr().lines().find(|line| line.contains("called by hand")).map(str::to_owned);
    let line = wait_for("an audit line", line);
    for part in ["audit", "who=\"admin\"", "from=127.0.0.1", "test.Echo", "Unary", "outcome=\"OK\""] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("9007199254740993"));
}

#[test]
fn stored_and_given_definitions_are_as_good_as_reflection() {
    let (gateway, server) = (Gateway::start(), GrpcServer::start());
    lead(&gateway, &server.node());
    let refused = invoke(&gateway, unary(json!({})));
    assert_eq!(refused.status, 404, "{}", refused.text());
    assert!(
        refused.text().contains("nothing defines test.Echo") && refused.text().contains("has no reflection"),
        "{}",
        refused.text()
    );
    let given = invoke(&gateway, unary(json!({"definitions": PROTO, "message": {"n": 1}})));
    assert_eq!(given.json()["messages"], json!([{"n": "1"}]));
    gateway.put("/protos/p", &json!({"content": PROTO}));
    for more in [
        json!({}),
        json!({"proto": "p"}),
        json!({"upstream": "g"}),
        json!({"route": "all"}),
        json!({"node": server.node()}),
    ] {
        assert_eq!(invoke(&gateway, unary(more.clone())).json()["status"], json!(0), "{more}");
    }
    let told = gateway.call("GET", "/live/grpc/definitions?service=test.Echo", None).json();
    assert_eq!((&told["source"], BASE64.decode(told["set"].as_str().unwrap()).is_ok()), (&json!("protos/p"), true));
}

#[test]
fn only_nodes_of_upstreams_are_called_and_only_by_admins() {
    let (gateway, server, other) = (Gateway::start(), server(Reflects::V1), server(Reflects::V1));
    lead(&gateway, &server.node());
    for (more, status, why) in [
        (json!({"node": other.node()}), 400, "is no node of an upstream for gRPC"),
        (json!({"upstream": "nope"}), 404, "there is no upstream nope"),
        (json!({"route": "nope"}), 404, "there is no route nope"),
        (json!({"proto": "nope"}), 404, "there is no proto nope"),
        (json!({"method": "Nope"}), 404, "it has Unary, Bidi"),
        (json!({"service": "test.Nope"}), 404, "nothing defines test.Nope"),
        (json!({"service": "a/b"}), 400, "service is the full name"),
        (json!({"message": {"x": 1}}), 400, "message is no test.M: "),
        (json!({"message": {"n": "x"}}), 400, "message is no test.M: "),
        (json!({"messages": [{}, {}]}), 400, "takes one message, and there are 2"),
        (json!({"definitions": "message"}), 400, "definitions: "),
        (json!({"timeout_ms": 60_001}), 400, "from 1 to 60000"),
        (json!({"headers": {"te": "x"}}), 400, "protocol's own"),
        (json!({"unknown": 1}), 400, "unknown field"),
    ] {
        let told = invoke(&gateway, unary(more.clone()));
        assert_eq!(told.status, status, "{more}: {}", told.text());
        assert!(told.text().contains(why), "{more}: {}", told.text());
    }
    let viewer = format!("{}-viewer", gateway.key());
    let as_viewer = |method: &str, path: &str| {
        Client::connect(gateway.admin).request(method, path, &[("X-API-KEY", viewer.as_str())], b"{}").status
    };
    assert_eq!(as_viewer("POST", "/apisix/admin/live/grpc/invoke"), 401);
    assert_eq!(as_viewer("GET", "/apisix/admin/live/grpc/services"), 200);
    assert_eq!(gateway.call("GET", "/live/grpc/invoke", None).status, 405);
    assert_eq!(gateway.call("GET", "/live/grpc/definitions", None).status, 400);
    assert_eq!(other.called().len(), 0);
}

#[test]
fn what_goes_wrong_is_told() {
    let (gateway, server) = (Gateway::start(), server(Reflects::V1));
    lead(&gateway, &server.node());
    let call = |method: &str, more: Value| {
        let mut body = unary(more);
        body["method"] = method.into();
        invoke(&gateway, body)
    };
    let failed = call("Fail", json!({"headers": {"x-status": "5", "x-message": "no%20such"}})).json();
    assert_eq!(
        (&failed["status"], &failed["status_name"], &failed["message"]),
        (&json!(5), &json!("NOT_FOUND"), &json!("no such"))
    );
    assert_eq!(failed["messages"], json!([]));
    let late = call("Hang", json!({"timeout_ms": 1000})).json();
    assert_eq!(
        (&late["status_name"], &late["message"]),
        (&json!("DEADLINE_EXCEEDED"), &json!("the call has not ended within 1000 ms"))
    );
    // What came before is told: here a message that is none.
    let garbage = call("HangLate", json!({"timeout_ms": 5000})).json();
    assert_eq!(garbage["status"], json!(13), "{garbage}");
    assert!(garbage["message"].as_str().unwrap().contains("message 1 of the answer is no test.M"), "{garbage}");
    for (method, message) in [("Break", ""), ("Plain", "")] {
        let told = call(method, json!({}));
        let body = told.json();
        assert!(told.status == 200 && body["status"] != json!(0), "{method} {message}: {body}");
    }
    wait_for("the calls that were given up to be reset", || (server.cancelled() >= 2).then_some(()));
    gateway.put("/upstreams/g", &json!({"scheme": "grpc", "nodes": {(gateway.admin.to_string()): 1}}));
    let told = call("Unary", json!({"definitions": PROTO}));
    assert!(told.status == 502 && told.text().contains("cannot be called: "), "{}", told.text());
    gateway.put("/upstreams/g", &json!({"scheme": "grpc", "nodes": {(format!("127.0.0.1:{}", free_port())): 1}}));
    let told = call("Unary", json!({"definitions": PROTO}));
    assert_eq!(told.status, 502, "{}", told.text());
    assert!(told.text().contains("cannot be reached: Connection refused"), "{}", told.text());
}

#[test]
fn messages_come_line_by_line_where_they_are_wanted_so() {
    let (gateway, server) = (Gateway::start(), server(Reflects::V1));
    lead(&gateway, &server.node());
    let body = json!({"service": "test.Echo", "method": "Bidi", "messages": [{"n": 1}, {"n": 2}]}).to_string();
    let key = gateway.key().to_owned();
    let headers = [("X-API-KEY", key.as_str()), ("Accept", "application/x-ndjson")];
    let answer =
        Client::connect(gateway.admin).request("POST", "/apisix/admin/live/grpc/invoke", &headers, body.as_bytes());
    let rows: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [one, two, end] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((one, two), (&json!({"message": {"n": "1"}}), &json!({"message": {"n": "2"}})));
    assert_eq!((&end["end"]["status_name"], &end["end"]["node"]), (&json!("OK"), &json!(server.node())));
}

#[test]
fn servers_over_tls_are_asked_and_called_over_tls() {
    let gateway = Gateway::start();
    let server = server(Reflects::V1);
    // In the clear nobody greets: the reason is told, and no call is made.
    gateway.put("/upstreams/g", &json!({"scheme": "grpcs", "nodes": {(server.node()): 1}}));
    let told = services(&gateway);
    assert!(told[0]["error"].as_str().unwrap().contains("TLS"), "{told}");
    assert_eq!(server.called().len(), 0);
}

/// What the tool prints on both streams, and how it ends.
fn typed(ctl: &Ctl, words: &[&str]) -> (Option<i32>, String) {
    let output = ctl.run(words, "");
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), printed)
}

#[test]
fn the_tool_lists_describes_and_calls_by_the_gateway_and_directly() {
    let (gateway, server) = (Gateway::start(), server(Reflects::V1Alpha));
    lead(&gateway, &server.node());
    let ctl = Ctl::of(&gateway);
    let node = server.node();
    for via in [vec!["--via", "gateway"], vec!["--via", "direct", &node]] {
        let with = |words: &[&'static str]| typed(&ctl, &[words, &via[..]].concat());
        let (code, printed) = with(&["grpc", "services"]);
        assert!(code == Some(0) && printed.contains("test.Echo"), "{printed}");
        let (code, printed) = with(&["grpc", "describe", "test.Echo/Bidi"]);
        assert!(code == Some(0) && printed.contains("rpc Bidi(stream test.M) returns (stream test.M);"), "{printed}");
        assert!(
            printed.contains("repeated string items = 4;") && printed.contains("grpc call test.Echo/Bidi -d"),
            "{printed}"
        );
        let (code, printed) = with(&["grpc", "call", "test.Echo/Unary", "-d", "{\"n\": 5}", "-o", "jq=.messages[0].n"]);
        assert!(code == Some(0) && printed.contains('5'), "{printed}");
        let (code, printed) = with(&["grpc", "call", "test.Echo/Bidi", "--stream", "-d", "{\"n\":1}{\"n\":2}"]);
        assert!(code == Some(0) && printed.contains("{\"n\":\"1\"}\n{\"n\":\"2\"}\n"), "{printed}");
        let (code, printed) = with(&["grpc", "call", "test.Echo/Fail", "-H", "x-status: 7", "-H", "x-message: no"]);
        assert!(code == Some(5) && printed.contains("PERMISSION_DENIED (7): no"), "{printed}");
        let (code, printed) = with(&["grpc", "call", "test.Echo/Hang", "--timeout", "2s"]);
        assert!(code == Some(5) && printed.contains("DEADLINE_EXCEEDED (4)"), "{printed}");
        let (code, printed) = with(&["grpc", "call", "test.Echo/Unry"]);
        assert!(code == Some(3) && printed.contains("Unary"), "{printed}");
    }
    // Through the proxy listener, whose routes and plugins take part.
    let proxy = gateway.proxy.to_string();
    let (code, printed) =
        typed(&ctl, &["grpc", "call", "test.Echo/Unary", "--via", "direct", &proxy, "-d", "{\"n\":7}"]);
    assert!(code == Some(0) && printed.contains("\"n\": \"7\""), "{printed}");
    // A server that tells nothing of itself, and definitions that say what it has.
    let silent = GrpcServer::with(Manners::default());
    let (code, printed) = typed(&ctl, &["grpc", "call", "test.Echo/Unary", "--via", "direct", &silent.node()]);
    assert!(code == Some(5) && printed.contains("has no reflection") && printed.contains("--proto-file"), "{printed}");
    gateway.put("/protos/p", &json!({"content": PROTO}));
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let (source, set) = (file("echo.proto", PROTO.as_bytes()), file("echo.pb", &descriptor_set()));
    for of in [["--proto", "proto/p"], ["--proto-file", &source], ["--proto-file", &set]] {
        let words = ["grpc", "call", "test.Echo/Unary", "-d", "{\"n\": 5}", "--via", "direct", &silent.node()];
        let (code, printed) = typed(&ctl, &[&words[..], &of[..]].concat());
        assert!(code == Some(0) && printed.contains("\"n\": \"5\""), "{of:?}: {printed}");
        let by_gateway = ["grpc", "call", "test.Echo/Unary", "-d", "{\"n\": 5}", of[0], of[1]];
        let (code, printed) = typed(&ctl, &by_gateway);
        assert!(code == Some(0) && printed.contains("\"n\": \"5\""), "{of:?}: {printed}");
    }
}

#[test]
fn a_talk_goes_both_ways_while_it_lasts() {
    let server = server(Reflects::V1);
    let mut child = std::process::Command::new(binary("gatewayctl"))
        .args(["grpc", "call", "test.Echo/Bidi", "--stream", "-d", "-", "--via", "direct", &server.node()])
        .env("GATEWAYCTL_CONFIG", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = child.stdin.take().unwrap();
    let mut heard = BufReader::new(child.stdout.take().unwrap());
    for n in 1..=3 {
        // The next is said only when the one before was answered.
        writeln!(said, "{{\"n\": {n}}}").unwrap();
        let mut line = String::new();
        heard.read_line(&mut line).unwrap();
        assert_eq!(line, format!("{{\"n\":\"{n}\"}}\n"));
    }
    drop(said);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
