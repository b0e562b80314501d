//! The tour of the README, and gatewayctl against a real gateway.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::{Client, Ctl, Gateway, Upstream};
use serde_json::json;

#[test]
fn a_key_and_a_limit_give_401_and_429() {
    let upstream = Upstream::text("hello");
    let gateway = Gateway::start();
    gateway.put("/consumers", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "janes-key" } } }));
    gateway.put(
        "/routes/hello",
        &json!({
            "uri": "/hello",
            "plugins": {
                "key-auth": {},
                "limit-count": { "count": 2, "time_window": 60, "rejected_code": 429 },
            },
            "upstream": { "nodes": { (upstream.node()): 1 } },
        }),
    );
    let refused = gateway.get("/hello");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.text(), "{\"message\":\"Missing API key in request\"}\n");
    let mut client = Client::connect(gateway.proxy);
    let statuses: Vec<u16> =
        (0..3).map(|_| client.request("GET", "/hello", &[("apikey", "janes-key")], b"").status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(upstream.last().header("X-Consumer-Username"), Some("jane"));
}

#[test]
fn gatewayctl_applies_gets_and_deletes() {
    let upstream = Upstream::text("hello");
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let route = format!("kind: route\nid: hello\nuri: /hello\nupstream:\n  nodes:\n    \"{}\": 1\n", upstream.node());
    assert_eq!(ctl.ok(&["apply", "-f", "-"], &route), "route/hello created\n");
    assert_eq!(ctl.ok(&["apply", "-f", "-"], &route), "route/hello unchanged\n");
    assert_eq!(gateway.get("/hello").text(), "hello");
    assert_eq!(ctl.ok(&["get", "routes", "-o", "name"], ""), "route/hello\n");
    let json: serde_json::Value = serde_json::from_str(&ctl.ok(&["get", "route", "hello", "-o", "json"], "")).unwrap();
    assert_eq!(json["uri"], "/hello");
    ctl.ok(&["delete", "route", "hello", "--yes"], "");
    assert_eq!(gateway.get("/hello").status, 404);
    let missing = ctl.run(&["get", "route", "hello"], "");
    assert_eq!(missing.status.code(), Some(3));
    let refused = ctl.run(&["apply", "-f", "-"], "kind: route\nid: bad\nuri: 5\n");
    assert!(!refused.status.success());
    assert!(ctl.ok(&["status"], "").contains("gateway") || !ctl.ok(&["status"], "").is_empty());
}

#[test]
fn a_dump_of_everything_makes_another_gateway_the_same() {
    let (first, second) = (Gateway::start(), Gateway::start());
    let (ctl, other) = (Ctl::of(&first), Ctl::of(&second));
    let text = "
upstreams: [{id: u1, nodes: {'127.0.0.1:1': 1}}]
services: [{id: s1, upstream_id: u1}]
routes: [{id: r1, uri: /a, service_id: s1}, {id: r2, uri: /b, upstream_id: u1}]
consumers: [{username: jane}]
credentials: [{id: k, consumer: jane, plugins: {key-auth: {key: janes-key}}}]
";
    ctl.ok(&["apply", "-f", "-"], text);
    assert!(ctl.ok(&["status"], "").contains("1 credential"));
    let dump = ctl.ok(&["get", "all", "-o", "yaml", "--show-secrets"], "");
    assert!(other.ok(&["apply", "-f", "-"], &dump).contains("credential/jane/k created"));
    assert_eq!(other.ok(&["get", "all", "-o", "name"], ""), ctl.ok(&["get", "all", "-o", "name"], ""));
    let again = other.ok(&["apply", "-f", "-"], &dump);
    assert!(again.lines().all(|line| line.ends_with(" unchanged")), "{again}");

    let used = ctl.run(&["delete", "upstream", "u1", "--yes"], "");
    let said = String::from_utf8_lossy(&used.stderr).into_owned();
    assert!(said.contains("upstream/u1 is used by route/r2, service/s1"), "{said}");
    let gone = ctl.ok(&["delete", "upstream/u1", "service/s1", "route/r1", "route/r2", "--yes"], "");
    assert_eq!(gone.lines().last(), Some("upstream/u1 deleted"));
}

#[test]
fn a_dry_run_tells_what_the_gateway_would_refuse() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let text = "kind: route\nid: r\nuri: /\nupstream_id: gone\n";
    let dry = ctl.run(&["apply", "-f", "-", "--dry-run=server"], text);
    let real = ctl.run(&["apply", "-f", "-"], text);
    assert_eq!((dry.status.code(), real.status.code()), (Some(5), Some(5)));
    assert_eq!(String::from_utf8_lossy(&dry.stderr), String::from_utf8_lossy(&real.stderr));
    assert!(ctl.ok(&["version"], "").contains(&format!("server gateway {}", env!("CARGO_PKG_VERSION"))));
}
