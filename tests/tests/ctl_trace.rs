//! `gatewayctl trace` and `gatewayctl test` on a real gateway: what a request would come to and why, and what is expected of one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Output;

use gateway_tests::{Ctl, Gateway, Upstream, ws_echo};
use serde_json::{Value, json};

fn scene(upstream: &Upstream) -> (Gateway, Ctl) {
    let gateway = Gateway::start();
    gateway.put("/upstreams/u1", &json!({ "nodes": { (upstream.node()): 1 } }));
    for (id, route) in [
        ("posts", json!({ "uri": "/orders", "methods": ["POST"], "priority": 3 })),
        ("elsewhere", json!({ "uri": "/orders", "host": "other.example", "priority": 2 })),
        ("tested", json!({ "uri": "/orders", "vars": [["arg_env", "==", "test"]], "priority": 2 })),
        ("inside", json!({ "uri": "/orders", "remote_addrs": ["10.0.0.0/8"], "priority": 1 })),
        ("orders", json!({ "uri": "/orders" })),
        ("rest", json!({ "uri": "/*" , "host": "shop.example" })),
        ("keyed", json!({ "uri": "/keyed", "plugins": { "key-auth": {}, "proxy-rewrite": { "uri": "/behind" } } })),
        ("found", json!({ "uri": "/shop.Orders/Find", "downstream_protocol": ["grpc"] })),
        (
            "called",
            json!({ "uri": "/org.acme.Orders/*", "upstream": { "scheme": "dubbo", "nodes": { "127.0.0.1:1": 1 } } }),
        ),
    ] {
        let mut route = route;
        if route.get("upstream").is_none() {
            route["upstream_id"] = "u1".into();
        }
        gateway.put(&format!("/routes/{id}"), &route);
    }
    gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "janes-key" } } }));
    let ctl = Ctl::of(&gateway);
    (gateway, ctl)
}

fn run(ctl: &Ctl, line: &str) -> Output {
    ctl.run(&line.split(' ').collect::<Vec<&str>>(), "")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json_of(ctl: &Ctl, line: &str) -> Value {
    let output = run(ctl, &format!("{line} -o json"));
    assert_eq!(output.status.code(), Some(0), "{line}: {}", err(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn failed(told: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    told["candidates"].as_array().unwrap().iter().map(|c| (text(&c["route_id"]), text(&c["failed_on"]))).collect()
}

#[test]
fn each_reason_why_a_route_is_not_the_one_is_told_and_nothing_is_sent() {
    let upstream = Upstream::text("hello");
    let (gateway, ctl) = scene(&upstream);
    let before = gateway.metric("apisix_http_requests_total");
    let told = json_of(&ctl, "trace http://shop.example/orders");
    assert_eq!(told["route_id"], "rest", "a host goes before a priority: {told}");
    let told = json_of(&ctl, "trace GET /orders");
    let reasons = failed(&told);
    for (id, on) in
        [("posts", "method"), ("elsewhere", "host"), ("tested", "vars"), ("inside", "remote_addr"), ("orders", "")]
    {
        assert!(reasons.contains(&(id.to_owned(), on.to_owned())), "{id} {on}: {reasons:?}");
    }
    assert_eq!(told["route_id"], "orders");
    let told = json_of(&ctl, "trace /orders?env=test --client 10.1.2.3");
    let reasons = failed(&told);
    assert_eq!(told["route_id"], "tested");
    assert!(reasons.contains(&("inside".to_owned(), "priority".to_owned())), "{reasons:?}");
    let told = json_of(&ctl, "trace /ordres");
    assert_eq!((&told["route_id"], &told["answer"]["status"]), (&Value::Null, &json!(404)));
    assert!(failed(&told).iter().any(|(_, on)| on == "uri"), "those that come near: {told}");
    let told = json_of(&ctl, "trace http://nowhere.example/x");
    assert!(failed(&told).contains(&("rest".to_owned(), "host".to_owned())), "{told}");

    let page = out(&run(&ctl, "trace GET /orders"));
    for says in [
        "GET not in [POST]",
        "arg_env is absent",
        "127.0.0.1 is not in remote_addrs",
        "route       route/orders",
        "u1 (http",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert_eq!(upstream.received().len(), 0, "nothing was sent");
    assert_eq!(gateway.metric("apisix_http_requests_total"), before, "nothing was counted");
}

#[test]
fn every_protocol_that_is_spoken_and_a_line_of_curl() {
    let upstream = Upstream::text("hello");
    let (_gateway, ctl) = scene(&upstream);
    let told = json_of(&ctl, "trace --grpc shop.Orders/Find");
    assert_eq!((&told["route_id"], &told["protocol"]), (&json!("found"), &json!("grpc")));
    let told = json_of(&ctl, "trace POST /shop.Orders/Find");
    assert!(failed(&told).contains(&("found".to_owned(), "protocol".to_owned())), "{told}");
    let told = json_of(&ctl, "trace --dubbo org.acme.Orders/1.0 find");
    assert_eq!((&told["route_id"], &told["protocol"]), (&json!("called"), &json!("dubbo")));
    let stream = run(&ctl, "trace --stream 9100");
    assert_eq!(stream.status.code(), Some(2));
    assert!(err(&stream).contains("serves no TCP or UDP streams"), "{}", err(&stream));
    let curl =
        ["trace", "-o", "json", "curl", "-s", "-X", "GET", "-H", "apikey: janes-key", "http://127.0.0.1/keyed?x=1"];
    let told: Value = serde_json::from_str(&ctl.ok(&curl, "")).unwrap();
    assert_eq!(
        (&told["consumer"]["username"], &told["request"]["uri"]),
        (&json!("jane"), &json!("/behind?x=1")),
        "{told}"
    );
    assert!(!told.to_string().contains("janes-key"), "{told}");
    let told = json_of(&ctl, "trace /keyed");
    assert_eq!((&told["answer"]["status"], &told["answer"]["by"]), (&json!(401), &json!("key-auth")));
    assert_eq!(upstream.received().len(), 0);
}

#[test]
fn sent_too_it_says_what_each_plugin_did_and_how_long_it_took() {
    let upstream = Upstream::text("hello");
    let (_gateway, ctl) = scene(&upstream);
    let told = json_of(&ctl, "trace --send /keyed -H apikey:janes-key");
    assert_eq!(upstream.received().len(), 1, "once");
    assert_eq!((&told["sent"]["status"], &told["seen"]["route"]["id"]), (&json!(200), &json!("keyed")), "{told}");
    assert_eq!(
        (&told["seen"]["consumer"], &told["seen"]["upstream"]["node"]),
        (&json!("jane"), &json!(upstream.node()))
    );
    assert!(
        told["seen"]["ms"]["total"].as_f64().unwrap() > 0.0 && told["seen"]["ms"]["upstream"].is_number(),
        "{told}"
    );
    let ran: Vec<&str> =
        told["seen"]["plugins"].as_array().unwrap().iter().map(|plugin| plugin["name"].as_str().unwrap()).collect();
    let said: Vec<&str> =
        told["plugins"].as_array().unwrap().iter().map(|plugin| plugin["name"].as_str().unwrap()).collect();
    assert_eq!(ran, said, "{told}");
    assert!(told["seen"]["plugins"].as_array().unwrap().iter().all(|plugin| plugin["ms"].is_number()));
    let page = out(&run(&ctl, "trace --send /keyed"));
    assert!(page.contains("sent") && page.contains("401") && page.contains("exit 401"), "{page}");
}

#[test]
fn an_expectation_that_fails_names_what_was_expected_and_what_came() {
    let upstream =
        Upstream::answering("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
    let (_gateway, ctl) = scene(&upstream);
    let node = upstream.node();
    let good = format!(
        "test /orders --expect-status 2xx --expect-json .a==1 --expect-header content-type:~json --expect-body a \
         --expect-route orders --expect-upstream {node} --expect-time 10s"
    );
    let output = run(&ctl, &good);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("{\"a\":1}"), "{}", out(&output));
    for (expectation, says) in [
        ("--expect-status 201", "expected status 201, got 200"),
        ("--expect-header content-type:text/html", "expected content-type: \"text/html\", got application/json"),
        ("--expect-header x-none", "expected x-none: there, got none"),
        ("--expect-header !content-type", "expected content-type: not there, got application/json"),
        ("--expect-json .a==2", "expected .a==2, got false of {\"a\":1}"),
        ("--expect-body b", "expected a body with \"b\", got {\"a\":1}"),
        ("--expect-route other", "expected route other, got orders"),
        ("--expect-upstream 127.0.0.1:1", "expected node 127.0.0.1:1, got 127.0.0.1:"),
    ] {
        let output = run(&ctl, &format!("test /orders {expectation}"));
        assert_eq!(output.status.code(), Some(1), "{expectation}: {}", err(&output));
        assert!(err(&output).contains(says), "{expectation}: {}", err(&output));
    }
}

#[test]
fn a_websocket_that_is_none_fails_unless_that_is_expected() {
    let echo = ws_echo();
    let plain = Upstream::text("hello");
    let (gateway, ctl) = scene(&plain);
    gateway.put(
        "/routes/chat",
        &json!({ "uri": "/chat", "enable_websocket": true, "upstream": { "nodes": { (echo.node()): 1 } } }),
    );
    let output = run(&ctl, "test --ws /chat -d hello");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("hello"), "{}", out(&output));
    let output = run(&ctl, "test --ws /keyed -d hello");
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(err(&output).contains("expected status 101, got 401"), "{}", err(&output));
    assert_eq!(run(&ctl, "test --ws /keyed --expect-status 401").status.code(), Some(0));
    let suite = "tests:\n  - { name: none, request: /keyed, ws: true }\n  - { name: one, request: /chat, ws: true, body: hi }\n";
    let output = ctl.run(&["test", "-f", "-", "-o", "tap"], suite);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("not ok 1 - none") && out(&output).contains("ok 2 - one"), "{}", out(&output));
}

#[test]
fn suites_are_told_as_tap_junit_and_json_and_progress_is_for_terminals() {
    let upstream = Upstream::text("hello");
    let (_gateway, ctl) = scene(&upstream);
    let suite = "name: shop\ntests:\n  - { name: listed, request: /orders, expect: { status: 200, body: hello, route: orders } }\n  \
                 - { name: keyed <&>, request: /keyed }\n  - { name: with a key, request: /keyed, headers: { apikey: janes-key } }\n  \
                 - { name: later, request: /x, skip: not yet }\n";
    let told = |form: &str| {
        let output = ctl.run(&["test", "-f", "-", "-o", form], suite);
        assert_eq!(output.status.code(), Some(1), "{}", err(&output));
        assert!(!err(&output).contains('\r') && !err(&output).contains("["), "no bar: {}", err(&output));
        out(&output)
    };
    let tap = told("tap");
    assert!(tap.starts_with("TAP version 14\n1..4\nok 1 - listed\nnot ok 2 - keyed <&>\n"), "{tap}");
    assert!(tap.contains("ok 3 - with a key") && tap.contains("# SKIP not yet"), "{tap}");
    assert!(tap.contains("expected status 100-399, got 401"), "{tap}");
    let junit = told("junit");
    assert!(
        junit.contains("tests=\"4\"") && junit.contains("failures=\"1\"") && junit.contains("&lt;&amp;&gt;"),
        "{junit}"
    );
    let document: Value = serde_json::from_str(&told("json")).unwrap();
    assert_eq!(document["items"].as_array().map(Vec::len), Some(4), "{document}");
    let table = told("table");
    assert!(table.contains("FAIL  keyed <&>") && table.contains("expected status 100-399, got 401"), "{table}");
    let wrong = ctl.run(&["test", "-f", "-"], "tests:\n  - request: /x\n    expcet: {}\n");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(err(&wrong).contains("expcet"), "{}", err(&wrong));
}
