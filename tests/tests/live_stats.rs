//! `live/stats`: what the traffic is like, by route, upstream, consumer and the like, on the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::thread;
use std::time::Duration;

use gateway_tests::{Client, Gateway, Reader, Upstream, WebSocket, first, frames, scene, wait_for, ws_echo};
use serde_json::{Value, json};

fn gateway(upstream: &Upstream) -> Gateway {
    let gateway = Gateway::start();
    let node = upstream.node();
    gateway.put("/upstreams/u1", &json!({ "type": "roundrobin", "nodes": { node: 1 } }));
    gateway.put("/services/s1", &json!({ "upstream_id": "u1" }));
    gateway.put("/routes/plain", &json!({ "name": "Plain", "uri": "/plain", "upstream_id": "u1" }));
    gateway.put("/routes/keyed", &json!({ "uri": "/keyed", "service_id": "s1", "plugins": { "key-auth": {} } }));
    gateway.put("/routes/few", &json!({ "uri": "/few", "upstream_id": "u1", "plugins": { "limit-count": { "count": 1, "time_window": 3600, "rejected_code": 429 } } }));
    gateway.put("/routes/lost", &json!({ "uri": "/lost", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "janes-key" } } }));
    gateway
}

fn lines(gateway: &Gateway, path: &str) -> Reader {
    Reader::open(gateway, path, "Accept: application/x-ndjson\r\n")
}

/// Adds up what is told until so many requests have been.
fn until(reader: &mut Reader, requests: u64) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    while all.iter().map(|told| told["req"]["n"].as_u64().unwrap()).sum::<u64>() < requests {
        all.push(reader.next().unwrap());
    }
    all
}

/// So many requests of a row, over all that was told.
fn count(all: &[Value], by: &str, id: &str) -> u64 {
    let rows = all.iter().flat_map(|told| told["by"][by].as_array().unwrap());
    rows.filter(|row| row["id"] == id).map(|row| row["n"].as_u64().unwrap()).sum()
}

fn sum(all: &[Value], pointer: &str) -> u64 {
    all.iter()
        .map(|told| told.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}: {told}")))
        .sum()
}

#[test]
fn requests_are_counted_by_everything_that_they_are_of() {
    let upstream = Upstream::new(|_, stream| {
        use std::io::Write;
        thread::sleep(Duration::from_millis(20));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").is_ok()
    });
    let gateway = gateway(&upstream);
    let by = "route,service,upstream,node,consumer,protocol,status";
    let mut reader = lines(&gateway, &format!("/live/stats?interval=100ms&by={by}"));
    let mut client = Client::connect(gateway.proxy);
    let mut get = |target: &str, fields: &[(&str, &str)]| {
        let mut all = vec![("Host", "a")];
        all.extend(fields);
        client.request("GET", target, &all, b"").status
    };
    let statuses: Vec<u16> = [
        ("/plain", &[][..]),
        ("/plain", &[]),
        ("/plain", &[]),
        ("/keyed", &[("apikey", "janes-key")]),
        ("/keyed", &[]),
        ("/few", &[]),
        ("/few", &[]),
        ("/lost", &[]),
        ("/nobody", &[]),
    ]
    .iter()
    .map(|(target, fields)| get(target, fields))
    .collect();
    assert_eq!(statuses, [200, 200, 200, 200, 401, 200, 429, 502, 404]);
    frames::H2::connect(gateway.proxy).ask("/plain");
    let all = until(&mut reader, 10);
    let node = upstream.node();
    for (by, id, n) in [
        ("route", "plain", 4),
        ("route", "keyed", 2),
        ("route", "few", 2),
        ("route", "lost", 1),
        ("service", "s1", 2),
        ("upstream", "u1", 6),
        ("upstream", "routes/lost", 1),
        ("node", &node, 6),
        ("node", "127.0.0.1:1", 1),
        ("consumer", "jane", 1),
        ("protocol", "http1", 9),
        ("protocol", "http2", 1),
        ("status", "200", 6),
        ("status", "429", 1),
        ("status", "404", 1),
    ] {
        assert_eq!(count(&all, by, id), n, "{by} {id}: {all:?}");
    }
    assert_eq!((sum(&all, "/req/n"), sum(&all, "/req/codes/2xx"), sum(&all, "/req/codes/4xx")), (10, 6, 3));
    assert_eq!((sum(&all, "/req/codes/5xx"), sum(&all, "/req/limited"), sum(&all, "/req/timeouts")), (1, 1, 0));
    let told =
        all.iter().flat_map(|told| told["by"]["route"].as_array().unwrap()).find(|row| row["id"] == "plain").unwrap();
    assert_eq!((&told["name"], &told["err"]), (&json!("Plain"), &json!(0.0)));
    let p50 = told["p50"].as_f64().unwrap();
    assert!((15.0..500.0).contains(&p50), "{told}");
    let rows = all.iter().flat_map(|told| told["by"]["node"].as_array().unwrap());
    assert!(rows.clone().any(|row| row["upstream"] == "u1" && row["id"] == *node), "{all:?}");
    let slow = all.iter().map(|told| &told["req"]).find(|req| req["latency_ms"]["max"].as_f64() >= Some(15.0)).unwrap();
    assert!(slow["upstream_ms"]["p99"].as_f64().unwrap() > 10.0 && slow["gateway_ms"]["p50"].is_number(), "{slow}");
    let hist = |req: &Value| req["hist"]["n"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
    assert_eq!(all.iter().map(|told| hist(&told["req"])).sum::<u64>(), 10);
    let last = all.last().unwrap();
    assert!(
        last["proc"]["rss_bytes"].as_u64().unwrap() > 1 << 20 && last["proc"]["fds"].as_u64().unwrap() > 5,
        "{last}"
    );
    assert!(last["window_ms"].as_u64().unwrap() >= 90 && last["rev"].as_u64().unwrap() >= 7, "{last}");
}

#[test]
fn one_document_is_of_one_interval_and_connections_are_told_by_what_they_speak() {
    let echo = ws_echo();
    let gateway = Gateway::start();
    gateway.put(
        "/routes/ws",
        &json!({ "uri": "/ws", "enable_websocket": true, "upstream": { "nodes": { echo.node(): 1 } } }),
    );
    let mut socket = WebSocket::open(gateway.proxy, "/ws");
    socket.send(first::TEXT, b"hello");
    assert_eq!(socket.next(), Some((first::TEXT, b"hello".to_vec())));
    let mut h2 = frames::H2::connect(gateway.proxy);
    h2.ask("/nobody");
    let plain = Client::connect(gateway.proxy);
    let told = wait_for("three connections", || {
        let told = gateway.call("GET", "/live/stats?interval=100ms", None).json();
        (told["conn"]["active"] == 3).then_some(told)
    });
    let by = &told["conn"]["by"];
    assert_eq!((&by["h2"], &by["http1"], &by["websocket"], &by["dubbo"]), (&json!(1), &json!(2), &json!(1), &json!(0)));
    assert_eq!((&told["req"]["n"], &told["req"]["latency_ms"]["p50"]), (&json!(0), &Value::Null), "nothing of before");
    drop((plain, socket, h2));
    wait_for("no connections", || {
        let told = gateway.call("GET", "/live/stats?interval=100ms", None).json();
        (told["conn"]["active"] == 0 && told["conn"]["by"]["h2"] == 0).then_some(())
    });
}

#[test]
fn calls_encrypted_connections_and_those_to_upstreams_are_told() {
    let (go, told) = std::sync::mpsc::channel::<()>();
    let told = std::sync::Mutex::new(told);
    let upstream = Upstream::new(move |got, stream| {
        use std::io::Write;
        if got.line.contains("/slow") {
            let _ = told.lock().unwrap().recv_timeout(Duration::from_secs(30));
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok()
    });
    let doors = scene::Doors::open(&upstream, json!({}));
    let gateway = &doors.gateway;
    let conn = || gateway.call("GET", "/live/stats?interval=100ms", None).json()["conn"].clone();
    let (mut secure, mut calling) = (doors.secure().connect(), doors.clear().connect());
    secure.ask("/");
    let call = [
        (":method", "POST"),
        (":path", "/p.S/M"),
        (":scheme", "http"),
        (":authority", "a"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    let stream = calling.head(&call, true);
    calling.reply(stream);
    let mut waiting = Client::connect(gateway.proxy);
    waiting.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    let told = wait_for("what is open", || {
        let told = conn();
        (told["active"] == 3 && told["upstream_active"] == 1).then_some(told)
    });
    let by = &told["by"];
    assert_eq!(json!([by["h2"], by["grpc"], by["http1"], by["tls"], by["tcp"]]), json!([1, 1, 1, 1, 0]), "{told}");
    go.send(()).unwrap();
    assert_eq!(waiting.answer(false).status, 200);
    wait_for("a connection that idles", || {
        let told = conn();
        (told["upstream_active"] == 0 && told["upstream_idle"].as_u64() >= Some(1)).then_some(())
    });
    drop((secure, calling, waiting));
    wait_for("no connections", || {
        let by = conn()["by"].clone();
        (json!([by["h2"], by["grpc"], by["http1"], by["tls"]]) == json!([0, 0, 0, 0])).then_some(())
    });
}

#[test]
fn what_runs_is_told_and_viewers_may_read() {
    let (go, told) = std::sync::mpsc::channel::<()>();
    let told = std::sync::Mutex::new(told);
    let upstream = Upstream::new(move |_, stream| {
        use std::io::Write;
        let _ = told.lock().unwrap().recv_timeout(Duration::from_secs(30));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok()
    });
    let gateway = gateway(&upstream);
    let mut waiting = Client::connect(gateway.proxy);
    waiting.write("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
    let viewer = format!("{}-viewer", gateway.key());
    let ask = |path: &str| {
        Client::connect(gateway.admin).request("GET", path, &[("Host", "localhost"), ("X-API-KEY", &viewer)], b"")
    };
    wait_for("a request that runs", || {
        let told = ask("/apisix/admin/live/stats?interval=100ms&by=").json();
        assert_eq!(told["by"], json!({}));
        (told["req"]["active"] == 1).then_some(())
    });
    go.send(()).unwrap();
    assert_eq!(waiting.answer(false).status, 200);
    wait_for("none that runs", || {
        (ask("/apisix/admin/live/stats?interval=100ms").json()["req"]["active"] == 0).then_some(())
    });
    assert_eq!(ask("/apisix/admin/live/stats?by=rout").status, 400);
    assert_eq!(ask("/apisix/admin/live/stats?interval=301s").status, 400);
}

#[test]
fn rows_are_the_busiest_ones_and_names_outlive_changes() {
    let upstream = Upstream::text("hello");
    let gateway = Gateway::start();
    let to = |n: usize| json!({ "uri": format!("/{n}"), "upstream": { "nodes": { upstream.node(): 1 } }, "desc": "x" });
    for n in 0..10 {
        gateway.put(&format!("/routes/r{n}"), &to(n));
    }
    let mut reader = lines(&gateway, "/live/stats?interval=500ms&by=route&top=3");
    let mut client = Client::connect(gateway.proxy);
    for n in 0..10 {
        for _ in 0..=n {
            client.request("GET", &format!("/{n}"), &[("Host", "a")], b"");
        }
        gateway.put(&format!("/routes/r{n}"), &to(n));
        client.request("GET", &format!("/{n}"), &[("Host", "a")], b"");
    }
    let all = until(&mut reader, 65);
    assert!(all.iter().all(|told| told["by"]["route"].as_array().unwrap().len() <= 3), "{all:?}");
    if let [one] = &all[..] {
        let ids: Vec<&str> =
            one["by"]["route"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["r9", "r8", "r7"]);
        assert_eq!(one["by"]["route"][0]["n"], 11, "before and after the change are one row");
    }
}
