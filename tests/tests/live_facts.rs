//! What the gateway tells of nodes, certificates, registries, logs and itself: on the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::TcpListener;

use gateway_tests::{Answer, Gateway, Reader, Upstream, wait_for};
use serde_json::{Value, json};

fn live(gateway: &Gateway, path: &str) -> Answer {
    gateway.call("GET", &format!("/live/{path}"), None)
}

fn rows(gateway: &Gateway, path: &str) -> Vec<Value> {
    let answer = live(gateway, path);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().as_array().unwrap().clone()
}

/// A port where nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn nodes_with_what_is_known_of_them() {
    let (well, gateway, down) = (Upstream::text("well"), Gateway::start(), nobody());
    let checks = json!({ "active": {
        "type": "tcp",
        "healthy": { "interval": 1, "successes": 1 },
        "unhealthy": { "interval": 1, "tcp_failures": 1 },
    } });
    let nodes = json!([
        { "host": "127.0.0.1", "port": well.addr.port(), "weight": 3, "priority": 1 },
        { "host": "127.0.0.1", "port": down.rsplit(':').next().unwrap().parse::<u16>().unwrap(), "weight": 1 },
    ]);
    gateway.put("/upstreams/checked", &json!({ "nodes": nodes, "checks": checks, "type": "roundrobin" }));
    gateway.put("/routes/r", &json!({ "uri": "/r", "upstream": { "nodes": { (well.node()): 1 } } }));
    let failing = json!({ "nodes": { (down.clone()): 1, (well.node()): 1 }, "retries": 1,
        "outlier_detection": { "consecutive_failures": 1, "ejection_ms": 60_000, "max_ejected_percent": 100 } });
    gateway.put("/routes/e", &json!({ "uri": "/e", "upstream": failing }));
    let of = |rows: &[Value], owner: &str, addr: &str| {
        let found = rows.iter().find(|row| row["owner"] == owner && row["addr"] == addr);
        found.unwrap_or_else(|| panic!("no {owner} {addr} in {rows:?}")).clone()
    };
    let all = wait_for("the one that is down", || {
        let all = rows(&gateway, "nodes");
        let bad = of(&all, "upstreams/checked", &down);
        // What a check found is told a moment before those who pick nodes look at it.
        (bad["state"] == "unhealthy" && bad["usable"] == false).then_some(all)
    });
    let known = of(&all, "upstreams/checked", &well.node());
    assert_eq!(
        (&known["state"], &known["weight"], &known["priority"], &known["source"], &known["usable"]),
        (&json!("healthy"), &json!(3), &json!(1), &json!("static"), &json!(true))
    );
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let last = || of(&rows(&gateway, "nodes"), "upstreams/checked", &well.node())["last_check"].as_f64();
    let checked = wait_for("a check", last);
    assert!((checked - now()).abs() < 10.0, "{checked}");
    wait_for("another check", || last().filter(|at| *at > checked));
    let bad = of(&all, "upstreams/checked", &down);
    assert_eq!((&bad["usable"], &bad["checks"]["tcp_failure"]), (&json!(false), &json!(1)));
    let plain = of(&all, "routes/r", &well.node());
    assert_eq!(
        (&plain["state"], &plain["checks"], &plain["ejected_until"], &plain["last_check"]),
        (&json!("unchecked"), &Value::Null, &Value::Null, &Value::Null)
    );
    // A node that fails in traffic is ejected, and it is told until when.
    let ejected = wait_for("an ejection", || {
        gateway.get("/e");
        Some(of(&rows(&gateway, "nodes"), "routes/e", &down)).filter(|row| row["state"] == "ejected")
    });
    let left = ejected["ejected_until"].as_f64().unwrap() - now();
    assert!((1.0..=61.0).contains(&left), "{left}");
    // Of one alone, by its id or by where it stands.
    assert_eq!(rows(&gateway, "nodes?upstream=checked").len(), 2);
    assert_eq!(rows(&gateway, "nodes?upstream=routes/r").len(), 1);
    assert_eq!(live(&gateway, "nodes?upstream=nosuch").status, 404);
    // What is deleted is gone.
    gateway.delete("/routes/r");
    assert!(rows(&gateway, "nodes").iter().all(|row| row["owner"] != "routes/r"));
}

#[test]
fn what_nodes_are_given_is_told_to_those_who_ask_again() {
    let (busy, quiet, gateway) = (Upstream::text("busy"), Upstream::text("quiet"), Gateway::start());
    for (id, node) in [("busy", busy.node()), ("quiet", quiet.node())] {
        gateway.put(&format!("/upstreams/{id}"), &json!({ "type": "roundrobin", "nodes": { (node): 1 } }));
        gateway.put(&format!("/routes/{id}"), &json!({ "uri": format!("/{id}"), "upstream_id": id }));
    }
    let of = |id: &str| rows(&gateway, &format!("nodes?upstream={id}"))[0].clone();
    let first = of("busy");
    assert_eq!(json!([first["rps"], first["p99_ms"]]), json!([null, null]), "it is counted from now on");
    let told = wait_for("what it was given", || {
        gateway.get("/busy");
        Some(of("busy")).filter(|row| row["rps"].as_f64() > Some(0.0))
    });
    assert!(told["p99_ms"].as_f64() > Some(0.0) && told["rps"].as_f64() < Some(10_000.0), "{told}");
    let other = of("quiet");
    assert_eq!(json!([other["rps"], other["p99_ms"]]), json!([0.0, null]));
    wait_for("no more requests", || (of("busy")["rps"] == 0.0).then_some(()));
}

#[test]
fn certificates_without_their_keys() {
    let gateway = Gateway::start();
    let read = |name: &str| {
        std::fs::read_to_string(format!("{}/tests/certificates/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let (cert, key) = (read("one.pem"), read("one.key"));
    gateway.put(
        "/ssls/1",
        &json!({ "snis": ["one.test", "else.example"], "cert": cert, "key": key,
        "certs": [read("one-rsa.pem")], "keys": [read("one-rsa.key")] }),
    );
    gateway
        .put("/ssls/old", &json!({ "sni": "expired.test", "cert": read("expired.pem"), "key": read("expired.key") }));
    gateway.put("/ssls/off", &json!({ "sni": "one.test", "cert": cert, "key": key, "status": 0 }));
    let answer = live(&gateway, "certs");
    assert!(!answer.text().contains("PRIVATE"));
    let rows = answer.json();
    let of = |id: &str| rows.as_array().unwrap().iter().filter(|row| row["ssl_id"] == id).cloned().collect::<Vec<_>>();
    let both = of("1");
    let mut keys: Vec<&str> = both.iter().map(|row| &row["key"].as_str().unwrap()[..2]).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["ec", "rs"]);
    for row in &both {
        assert_eq!(row["snis"], json!(["one.test", "else.example"]));
        assert!(row["warnings"].to_string().contains("not for else.example"), "{row}");
        assert!(row["not_before"].as_i64() < row["not_after"].as_i64() && row["sha256"].as_str().unwrap().len() == 64);
    }
    assert_eq!(
        (of("old")[0]["status"].as_str(), of("old")[0]["days_left"].as_i64().map(|days| days < 0)),
        (Some("expired"), Some(true))
    );
    assert_eq!(of("off")[0]["status"], "disabled");
}

#[test]
fn what_the_log_was_told_and_what_it_is_told() {
    let gateway = Gateway::start();
    gateway.put("/upstreams/1", &json!({ "nodes": { "127.0.0.1:1": 1 } }));
    let told = live(&gateway, "logs?component=audit&grep=upstreams/1").json();
    let [record] = &told["logs"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!((&record["level"], &record["target"]), (&json!("info"), &json!("audit")));
    assert_eq!((&record["fields"]["verb"], &record["fields"]["key"]), (&json!("PUT"), &json!("/apisix/upstreams/1")));
    assert!(record["msg"].as_str().unwrap().contains("has changed"));
    assert_eq!(live(&gateway, "logs?level=error&component=audit").json()["logs"], json!([]));
    for bad in ["logs?level=loud", "logs?grep=(", "logs?n=5000", "logs?kind=none"] {
        assert_eq!(live(&gateway, bad).status, 400, "{bad}");
    }
    let mut reader =
        Reader::open(&gateway, "/live/logs?follow=1&component=audit&n=1", "Accept: application/x-ndjson\r\n");
    assert_eq!(reader.next().unwrap()["fields"]["key"], "/apisix/upstreams/1");
    gateway.put("/upstreams/2", &json!({ "nodes": { "127.0.0.1:1": 1 } }));
    assert_eq!(reader.next().unwrap()["fields"]["key"], "/apisix/upstreams/2");
    // Without `follow` the stream ends.
    let mut reader = Reader::open(&gateway, "/live/logs?component=audit", "Accept: application/x-ndjson\r\n");
    assert_eq!(std::iter::from_fn(|| reader.next()).count(), 2);
}

#[test]
fn the_end_of_the_access_log_and_what_comes() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("ok"));
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    gateway.get("/first");
    let told = || live(&gateway, "logs?kind=access&grep=/first").json()["logs"].as_array().unwrap().len();
    wait_for("the line", || (told() == 1).then_some(()));
    let mut reader = Reader::open(&gateway, "/live/logs?kind=access&follow=1&n=1", "Accept: application/x-ndjson\r\n");
    assert!(reader.next().unwrap()["line"].as_str().unwrap().contains("/first"));
    gateway.get("/second");
    assert!(reader.next().unwrap()["line"].as_str().unwrap().contains("/second"));
    // One that goes nowhere a file is says so.
    let off = Gateway::configured(json!({ "nginx_config": { "http": { "enable_access_log": false } } }));
    let refused = live(&off, "logs?kind=access");
    assert_eq!((refused.status, refused.text().contains("switched off")), (409, true), "{}", refused.text());
}

#[test]
fn registries_and_the_process() {
    let gateway = Gateway::start();
    assert_eq!(live(&gateway, "discovery").json(), json!([]));
    for missing in ["discovery/nacos", "discovery/nacos/a.b.C:1.0.0"] {
        let answer = live(&gateway, missing);
        assert_eq!((answer.status, answer.text().contains("no registry nacos")), (404, true), "{}", answer.text());
    }
    let info = live(&gateway, "info").json();
    assert!(info["rust"].as_str().unwrap().starts_with("1.") && info["git"].is_string());
    assert!(
        info["fds"].as_u64().unwrap() > 5 && info["cpu_pct"].is_number() && info["rss_bytes"].as_u64().unwrap() > 0
    );
    assert_eq!(info["listeners"][0]["protocols"][0], "http1");
    let abilities = gateway.call("GET", "/live", None).json()["abilities"].to_string();
    for ability in ["nodes", "certs", "discovery", "logs"] {
        assert!(abilities.contains(&format!("\"{ability}\"")), "{abilities}");
    }
}
