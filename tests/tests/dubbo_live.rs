//! `live/dubbo`: which services of Dubbo the gateway knows, and calls of them by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::TcpStream;

use gateway_tests::acme::{self, Generic};
use gateway_tests::dubbo::{Frame, Got, Provider, answer, flag, text, value};
use gateway_tests::{Answer, Client, Ctl, Gateway, free_port, wait_for};
use serde_json::{Value, json};

fn route(gateway: &Gateway, uri: &str, node: &str, plugins: Value) {
    let upstream = json!({"scheme": "dubbo", "type": "roundrobin", "nodes": {node: 1}});
    gateway.put("/routes/1", &json!({"uri": uri, "upstream": upstream, "plugins": plugins}));
}

fn invoke(gateway: &Gateway, body: Value) -> Answer {
    gateway.call("POST", "/live/dubbo/invoke", Some(&body))
}

fn hello(more: Value) -> Value {
    let mut body = json!({"interface": "org.acme.Greeter", "method": "sayHello", "args": ["w"]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn services_of_routes_are_listed() {
    let gateway = Gateway::start();
    assert_eq!(gateway.call("GET", "/live/dubbo/services", None).json(), json!([]));
    route(&gateway, "/org.acme.Greeter/*", "10.0.0.7:20880", json!({}));
    let bridge = json!({"dubbo-bridge": {"service": "org.acme.Pages", "version": "1.0", "group": "g"}});
    gateway
        .put("/upstreams/u", &json!({"scheme": "dubbo", "nodes": [{"host": "10.0.0.8", "port": 20880, "weight": 1}]}));
    gateway.put("/routes/2", &json!({"uri": "/pages", "upstream_id": "u", "plugins": bridge}));
    gateway.put("/routes/3", &json!({"uri": "/a.B/*", "upstream": {"nodes": {"10.0.0.9:80": 1}}}));
    let none = json!({"ok": 0, "exception": 0, "timeout": 0, "status": 0, "refused": 0});
    let none =
        json!({"calls": 0, "errors": 0, "by": none, "p50_ms": null, "p95_ms": null, "p99_ms": null, "max_ms": null});
    let service = |interface: &str, version: &str, group: &str, source: &str, node: &str| {
        let node = json!({"addr": node, "weight": 1, "source": source, "state": null});
        json!({"interface": interface, "version": version, "group": group, "methods": [], "nodes": 1, "source": source,
               "stats": none, "providers": [node]})
    };
    let expected = json!([
        service("org.acme.Greeter", "", "", "routes/1", "10.0.0.7:20880"),
        service("org.acme.Pages", "1.0", "g", "routes/2", "10.0.0.8:20880"),
    ]);
    assert_eq!(gateway.call("GET", "/live/dubbo/services", None).json(), expected);
    // Of a service that no registry knows there is no document.
    for (query, status, why) in [
        ("", 400, "missing argument service"),
        ("?service=org.acme.Greeter", 404, "no registry tells of the service org.acme.Greeter"),
    ] {
        let answer = gateway.call("GET", &format!("/live/dubbo/openapi{query}"), None);
        assert_eq!(answer.status, status);
        assert!(answer.text().contains(why), "{}", answer.text());
    }
    let abilities = gateway.call("GET", "/live", None).json()["abilities"].clone();
    assert!(abilities.as_array().unwrap().contains(&json!("dubbo")), "{abilities}");
}

#[test]
fn a_service_is_called_by_hand() {
    let (gateway, provider) = (Gateway::start(), acme::provider());
    route(&gateway, "/org.acme.Greeter/*", &provider.node(), json!({"key-auth": {}}));
    let told = invoke(
        &gateway,
        hello(json!({"version": "1.0", "group": "g", "types": ["java.lang.String"], "attachments": {"k": "v"}})),
    );
    assert_eq!(told.status, 200, "{}", told.text());
    let body = told.json();
    assert_eq!((&body["value"], &body["node"]), (&json!("hello w"), &json!(provider.node())));
    assert!(body["ms"].as_f64().unwrap() > 0.0);
    let call = Generic::read(&provider.last().frame);
    assert_eq!(call.types, ["java.lang.String"]);
    let attached = ["version", "group", "k", "timeout", "generic"].map(|name| call.attachment(name));
    assert_eq!(attached, [Some("1.0"), Some("g"), Some("v"), Some("5000"), Some("raw.return")]);
    let line = || gateway.stderr().lines().find(|line| line.contains("called by hand")).map(str::to_owned);
    let line = wait_for("an audit line", line);
    for part in ["audit", "who=\"admin\"", "from=127.0.0.1", "org.acme.Greeter", "sayHello", "value"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert_eq!(invoke(&gateway, hello(json!({"node": provider.node()}))).json()["value"], "hello w");
}

#[test]
fn only_nodes_of_upstreams_are_called_and_only_by_admins() {
    let gateway = Gateway::start();
    let viewer = format!("{}-viewer", gateway.key());
    let (provider, other) = (acme::provider(), Provider::named("other"));
    route(&gateway, "/org.acme.Greeter/*", &provider.node(), json!({}));
    let refused = invoke(&gateway, hello(json!({"node": other.node()})));
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("is no node of an upstream for Dubbo"), "{}", refused.text());
    for (body, status) in [
        (json!({"interface": "org.acme.Other", "method": "m"}), 404),
        (json!({"interface": "org.acme.Greeter"}), 400),
        (hello(json!({"types": []})), 200),
        (hello(json!({"types": ["int", "int"]})), 400),
        (hello(json!({"types": ["int"]})), 400),
        (hello(json!({"method": "a b"})), 400),
        (hello(json!({"unknown": 1})), 400),
        (hello(json!({"serialization": "hessian2"})), 200),
        (hello(json!({"serialization": "fastjson2"})), 400),
        (hello(json!({"serialization": "json"})), 400),
        (hello(json!({"serialization": "avro"})), 400),
        (hello(json!({"timeout_ms": 60_000})), 200),
        (hello(json!({"timeout_ms": 60_001})), 400),
        (hello(json!({"timeout_ms": 0})), 400),
        (hello(json!({"timeout_ms": "100"})), 400),
    ] {
        let told = invoke(&gateway, body.clone());
        assert_eq!(told.status, status, "{body}: {}", told.text());
        if let Some(named) = body.get("serialization").filter(|_| status == 400) {
            assert!(told.text().contains(&named.to_string().replace('"', "\\\"")), "{}", told.text());
        }
        let range = "timeout_ms is a number of milliseconds from 1 to 60000";
        assert_eq!(told.text().contains(range), status == 400 && body.get("timeout_ms").is_some(), "{}", told.text());
    }
    let without = Client::connect(gateway.admin).request(
        "POST",
        "/apisix/admin/live/dubbo/invoke",
        &[("X-API-KEY", viewer.as_str())],
        b"{}",
    );
    assert_eq!(without.status, 401);
    assert_eq!(gateway.call("GET", "/live/dubbo/invoke", None).status, 405);
    assert_eq!(other.got().len(), 0);
}

#[test]
fn what_goes_wrong_is_told() {
    let gateway = Gateway::start();
    let ask = |node: &str, more: Value| {
        route(&gateway, "/*", node, json!({}));
        invoke(&gateway, hello(more))
    };
    let says = |status: u8, body: Vec<u8>| {
        Provider::new(move |got: &Got, out: &mut TcpStream| out.write_all(&answer(got, status, body.clone())).is_ok())
    };
    let mut thrown = b"\x90C".to_vec();
    thrown.extend(text("acme.NoOrder"));
    thrown.extend(b"\x92\x0ddetailMessage\x0astackTrace\x60\x02noN");
    let told = ask(&says(20, thrown).node(), json!({}));
    assert_eq!(
        (told.status, &told.json()["exception"]),
        (200, &json!({"class": "acme.NoOrder", "message": "no", "stack": null}))
    );
    let told = ask(&says(70, text("java.lang.IllegalStateException: no\n\tat secret.A")).node(), json!({}));
    assert_eq!((told.status, &told.json()["dubbo_status"]), (502, &json!(70)));
    assert!(told.text().contains("IllegalStateException: no") && !told.text().contains("secret"), "{}", told.text());
    assert_eq!(ask(&says(20, b"\x94\x7f".to_vec()).node(), json!({})).status, 502);
    let silent = Provider::new(|_, _| true);
    assert_eq!(ask(&silent.node(), json!({"timeout_ms": 100})).status, 504);
    assert_eq!(ask(&Provider::new(|_, _| false).node(), json!({})).status, 502);
    assert_eq!(ask(&format!("127.0.0.1:{}", free_port()), json!({})).status, 502);
    // What else a provider says meanwhile is answered or passed over.
    let talks = Provider::new(|got: &Got, out: &mut TcpStream| {
        let beat = Frame { flags: flag::HEARTBEAT, status: 0, id: 9, body: b"N".to_vec() };
        let late = Frame { flags: flag::ANSWER, status: 20, id: got.frame.id + 7, body: value("late") };
        out.write_all(&[beat.bytes(), late.bytes(), answer(got, 20, value("mine"))].concat()).is_ok()
    });
    assert_eq!(ask(&talks.node(), json!({})).json()["value"], "mine");
    // An answer that is announced and does not come.
    let huge = Provider::new(|got: &Got, out: &mut TcpStream| {
        let mut head = vec![0xda, 0xbb, 2, 20];
        head.extend(got.frame.id.to_be_bytes());
        head.extend([0x7f, 0xff, 0xff, 0xff]);
        out.write_all(&head).is_ok()
    });
    assert_eq!(ask(&huge.node(), json!({})).status, 502);
}

#[test]
fn a_call_goes_to_nodes_of_its_version_alone() {
    let (gateway, first, second) = (Gateway::start(), acme::provider(), acme::provider());
    let route = |id: &str, node: &str, vars: Value| {
        let upstream = json!({"scheme": "dubbo", "type": "roundrobin", "nodes": {node: 1}});
        gateway
            .put(&format!("/routes/{id}"), &json!({"uri": "/org.acme.Greeter/*", "vars": vars, "upstream": upstream}));
    };
    route("1", &first.node(), json!([["dubbo_version", "==", "1.0.0"]]));
    route("2", &second.node(), json!([["dubbo_version", "==", "2.0.0"], ["dubbo_group", "==", "blue"]]));
    for _ in 0..4 {
        assert_eq!(invoke(&gateway, hello(json!({"version": "1.0.0"}))).json()["node"], first.node());
        assert_eq!(invoke(&gateway, hello(json!({"version": "2.0.0", "group": "blue"}))).json()["node"], second.node());
    }
    let told = invoke(&gateway, hello(json!({})));
    assert_eq!(told.status, 404, "{}", told.text());
    let expected = "no upstream for Dubbo leads to org.acme.Greeter without a version; there is one with version 1.0.0, or with version \
                    2.0.0 in group blue";
    assert_eq!(told.json()["error_msg"], expected);
    let ctl = Ctl::of(&gateway);
    let refused = ctl.run(&["dubbo", "call", "org.acme.Greeter", "sayHello", "[\"w\"]"], "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(3) && said.contains(expected) && said.contains("--version 1.0.0"), "{said}");
    let before = first.got().len() + second.got().len();
    assert_eq!(before, 8, "no call went astray");
    // Where a route takes any version, the provider decides.
    let any = json!({"uri": "/*", "upstream": {"scheme": "dubbo", "type": "roundrobin", "nodes": {first.node(): 1}}});
    gateway.put("/routes/3", &any);
    assert_eq!(invoke(&gateway, hello(json!({}))).json()["node"], first.node());
}

#[test]
fn a_service_that_its_provider_does_not_have_is_named() {
    let (gateway, provider) = (Gateway::start(), acme::provider());
    route(&gateway, "/*", &provider.node(), json!({}));
    let told = invoke(&gateway, json!({"interface": "org.acme.None", "method": "m", "version": "2.0.0"}));
    assert_eq!((told.status, &told.json()["dubbo_status"]), (502, &json!(40)));
    let hint = "the provider could not read the call, or has no service org.acme.None with version 2.0.0";
    assert_eq!(told.json()["hint"], hint);
    let ctl = Ctl::of(&gateway);
    let refused = ctl.run(&["dubbo", "call", "org.acme.None", "m", "--version", "2.0.0"], "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(5) && said.contains(hint), "{said}");
}

#[test]
fn what_comes_back_is_json_whatever_it_holds() {
    let gateway = Gateway::start();
    let object = |class: &str, field: &str, value: &str| {
        [b"C", &text(class)[..], b"\x91", &text(field), b"\x60", &text(value)].concat()
    };
    let nested = [vec![0x79; 90], vec![b'N']].concat();
    for (result, expected) in [
        (object("java.math.BigDecimal", "value", "1E+400"), "1E+400".to_owned()),
        (object("java.math.BigDecimal", "value", "-0.10"), "-0.10".to_owned()),
        // A number and a text that are keys of one map.
        ([&b"H\x91"[..], &text("a"), &text("1"), &text("b"), b"Z"].concat(), r#"{"1":"a","1":"b"}"#.to_owned()),
        (nested, format!("{}null{}", "[".repeat(90), "]".repeat(90))),
    ] {
        let body = [&[0x91][..], &result].concat();
        let provider =
            Provider::new(move |got: &Got, out: &mut TcpStream| out.write_all(&answer(got, 20, body.clone())).is_ok());
        route(&gateway, "/*", &provider.node(), json!({}));
        let told = invoke(&gateway, hello(json!({})));
        assert_eq!(told.status, 200, "{expected}: {}", told.text());
        assert_eq!(told.header("content-type"), Some("application/json"));
        assert!(told.text().starts_with(&format!("{{\"value\":{expected},\"ms\":")), "{}", told.text());
        assert_eq!(told.json()["node"], provider.node());
    }
}

#[test]
fn numbers_of_any_size_are_given_to_providers() {
    let (gateway, provider) = (Gateway::start(), Provider::named("p"));
    route(&gateway, "/*", &provider.node(), json!({"dubbo-bridge": {}}));
    let ask = |types: &str, args: &str| {
        let body = format!(r#"{{"interface": "a.B", "method": "m", "types": {types}, "args": {args}}}"#);
        gateway.call_raw("POST", "/live/dubbo/invoke", body.as_bytes())
    };
    let sent = |expected: &[u8]| {
        let body = provider.last().frame.body;
        assert!(body.windows(expected.len()).any(|window| window == expected), "{}", body.escape_ascii());
    };
    for (kind, number, expected) in [
        ("java.math.BigDecimal", "1e400", &b"\x061e+400"[..]),
        ("java.math.BigDecimal", "-123456789012345678901234567890.123", b"-123456789012345678901234567890.123"),
        ("java.math.BigInteger", "9223372036854775808", b"\x139223372036854775808"),
        ("java.math.BigInteger", "1e20", b"\x15100000000000000000000"),
    ] {
        let told = ask(&format!("[\"{kind}\"]"), &format!("[{number}]"));
        assert_eq!(told.status, 200, "{number}: {}", told.text());
        sent(expected);
    }
    for (number, expected) in [("1e400", &b"\x061e+400"[..]), ("9223372036854775808", b"\x139223372036854775808")] {
        assert_eq!(ask("[]", &format!("[{number}]")).status, 200);
        sent(expected);
        let body = format!("[{number}]");
        assert_eq!(Client::connect(gateway.proxy).request("POST", "/a.B/m", &[], body.as_bytes()).status, 200);
        sent(expected);
    }
    // Not without bounds, and not where the type does not hold them.
    for (kind, number) in [
        ("java.math.BigDecimal", "1e5000"),
        ("java.math.BigInteger", "1.5"),
        ("double", "1e400"),
        ("float", "1e39"),
        ("int", "2147483648"),
        ("byte", "128"),
    ] {
        let told = ask(&format!("[\"{kind}\"]"), &format!("[{number}]"));
        assert_eq!(told.status, 400, "{kind} {number}: {}", told.text());
        assert!(told.text().contains("argument 1: "), "{}", told.text());
    }
}

#[test]
fn calls_are_counted_by_service_and_method() {
    let (gateway, provider) = (Gateway::start(), acme::provider());
    route(&gateway, "/org.acme.Greeter/*", &provider.node(), json!({"dubbo-bridge": {}, "prometheus": {}}));
    let ask = |method: &str| {
        let path = format!("/org.acme.Greeter/{method}");
        Client::connect(gateway.proxy).request("POST", &path, &[], b"[\"w\"]").status
    };
    assert_eq!([ask("sayHello"), ask("sayHello"), ask("none1"), ask("none2")], [200, 200, 404, 404]);
    let named = r#"gateway_dubbo_calls_total{interface="org.acme.Greeter",method="sayHello",outcome="value"} 2"#;
    let text = wait_for("the calls", || Some(gateway.metrics()).filter(|text| text.contains(named)));
    let others = r#"gateway_dubbo_calls_total{interface="overflow",method="",outcome="failed"} 2"#;
    assert!(text.contains(others) && !text.contains("none1"), "{text}");
    assert!(text.contains(r#"gateway_dubbo_call_duration_ms_count{interface="org.acme.Greeter",method="sayHello"} 2"#));
}

#[test]
fn the_tool_lists_and_calls_services() {
    let (gateway, provider) = (Gateway::start(), acme::provider());
    route(&gateway, "/org.acme.Greeter/*", &provider.node(), json!({}));
    let ctl = Ctl::of(&gateway);
    let listed = ctl.ok(&["dubbo", "services"], "");
    assert!(listed.contains("org.acme.Greeter") && listed.contains("routes/1"), "{listed}");
    let call = ["dubbo", "call", "org.acme.Greeter", "greet", "[\"Ada\", 2]", "--types", "java.lang.String,int"];
    assert_eq!(ctl.ok(&call, ""), "\"greet Ada;greet Ada;\"\n");
    let node = provider.node();
    let full = [
        "dubbo",
        "call",
        "org.acme.Greeter",
        "sayHello",
        "--via",
        "direct",
        &node,
        "[\"w\"]",
        "--version",
        "1.0",
        "--group",
        "g",
    ];
    let more = ["--attachment", "k=v", "--serialization", "hessian2", "--timeout", "4s"];
    assert_eq!(ctl.ok(&[&full[..], &more].concat(), ""), "\"hello w\"\n");
    let sent = Generic::read(&provider.last().frame);
    let attached = ["version", "group", "k", "timeout"].map(|name| sent.attachment(name));
    assert_eq!(attached, [Some("1.0"), Some("g"), Some("v"), Some("3600")]);
    let other = Provider::named("other");
    for (flags, why) in [
        (["--via", "direct", &*other.node()].as_slice(), "is no node of an upstream for Dubbo"),
        (&["--serialization", "fastjson2"], "fastjson2"),
    ] {
        let refused = ctl.run(&[&["dubbo", "call", "org.acme.Greeter", "sayHello", "[\"w\"]"][..], flags].concat(), "");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(5) && told.contains(why), "{told}");
    }
    assert!(other.got().is_empty());
    let refused = ctl.run(&["dubbo", "call", "org.acme.Greeter", "none"], "");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(5), "{told}");
    assert!(told.contains("status 70") && told.contains("No such method none"), "{told}");
}
