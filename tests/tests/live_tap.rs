//! `live/tap`: requests as they end, on the real binary, of every protocol, by every filter; slow readers lose rows and are told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{Ipv4Addr, SocketAddr};

use gateway_tests::dubbo::{Call, Peer, Provider, answer, value};
use gateway_tests::{Client, Gateway, Reader, Upstream, WebSocket, first, free_port, head, wait_for, ws_echo};
use serde_json::{Value, json};

fn to(node: &str) -> Value {
    json!({ "type": "roundrobin", "nodes": { node: 1 } })
}

fn scene(upstream: &Upstream) -> Gateway {
    let gateway = Gateway::start();
    gateway.put("/upstreams/u1", &to(&upstream.node()));
    gateway.put("/services/s1", &json!({ "upstream_id": "u1" }));
    gateway.put("/routes/plain", &json!({ "name": "Plain", "uri": "/plain*", "upstream_id": "u1" }));
    gateway.put(
        "/routes/keyed",
        &json!({ "uri": "/keyed", "service_id": "s1", "plugins": {
            "key-auth": { "header": "X-Mine", "query": "mine" }, "limit-count": { "count": 100, "time_window": 60 },
            "response-rewrite": { "headers": { "set": { "X-A": "1" } } } } }),
    );
    gateway.put("/routes/lost", &json!({ "uri": "/lost", "upstream": to("127.0.0.1:1") }));
    gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "janes-key" } } }));
    gateway
}

fn tap(gateway: &Gateway, query: &str) -> Reader {
    Reader::open(gateway, &format!("/live/tap?{query}"), "Accept: application/x-ndjson\r\n")
}

fn get(gateway: &Gateway, target: &str, fields: &[(&str, &str)]) -> u16 {
    let mut all = vec![("Host", "shop.example")];
    all.extend(fields);
    Client::connect(gateway.proxy).request("GET", target, &all, b"").status
}

#[test]
fn a_row_says_who_asked_what_became_of_it_and_how_long_everything_took() {
    let upstream = Upstream::text("hello");
    let gateway = scene(&upstream);
    let mut rows = tap(&gateway, "");
    assert_eq!(get(&gateway, "/keyed?x=1", &[("X-Mine", "janes-key")]), 200);
    let row = rows.next().unwrap();
    assert_eq!(
        json!([
            row["protocol"],
            row["method"],
            row["host"],
            row["path"],
            row["status"],
            row["service"],
            row["consumer"]
        ]),
        json!(["http1", "GET", "shop.example", "/keyed?x=1", 200, "s1", "jane"]),
        "{row}"
    );
    assert_eq!(row["route"], json!({ "id": "keyed", "name": null }));
    assert_eq!(
        json!([row["upstream"]["id"], row["upstream"]["node"], row["upstream"]["status"], row["upstream"]["tries"]]),
        json!(["u1", upstream.node(), 200, 1])
    );
    assert!(row["client"].as_str().unwrap().starts_with("127.0.0.1:"), "{row}");
    let ms = |name: &str| row["ms"][name].as_f64().unwrap();
    assert!(ms("total") > 0.0 && (ms("upstream") + ms("gateway") - ms("total")).abs() < 0.01, "{row}");
    assert!(row["rx"].as_u64().unwrap() > 40 && row["tx"].as_u64().unwrap() > 5, "{row}");
    let plugins: Vec<[&str; 3]> = row["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ran| ["name", "phase", "verdict"].map(|key| ran[key].as_str().unwrap()))
        .collect();
    assert_eq!(
        plugins,
        [
            ["key-auth", "rewrite", "pass"],
            ["limit-count", "access", "pass"],
            ["response-rewrite", "header_filter", "pass"],
        ],
        "{row}"
    );
    assert!(row["plugins"].as_array().unwrap().iter().all(|ran| ran["ms"].is_number()), "{row}");
    assert_eq!(json!([row["error"], row["dubbo"], row["tls"], row["grpc_status"]]), json!([null, null, null, null]));
    assert!(row.get("req_headers").is_none() && row.get("req_body").is_none(), "{row}");

    assert_eq!(get(&gateway, "/lost", &[]), 502);
    let row = rows.next().unwrap();
    assert_eq!(json!([row["status"], row["error"]]), json!([502, "no answer of the upstream"]), "{row}");
    assert_eq!(row["upstream"]["failed"][0]["node"], "127.0.0.1:1", "{row}");
    assert_eq!(get(&gateway, "/nobody", &[]), 404);
    let row = rows.next().unwrap();
    assert_eq!(json!([row["status"], row["route"], row["upstream"]]), json!([404, null, null]), "{row}");
    let mut client = Client::connect(gateway.proxy);
    client.write("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    assert_eq!(client.answer(false).status, 400);
    assert_eq!(rows.next().unwrap()["status"], 400, "what its protocol refused");
}

#[test]
fn plugins_that_a_consumer_brings_are_told_by_their_names() {
    let upstream = Upstream::text("hello");
    let gateway = scene(&upstream);
    let more = json!({ "username": "joan", "plugins": { "key-auth": { "key": "joans-key" },
        "proxy-rewrite": { "headers": { "set": { "X-Joan": "1" } } },
        "limit-req": { "rate": 1000, "burst": 1000, "key": "remote_addr" } } });
    gateway.put("/consumers/joan", &more);
    let mut rows = tap(&gateway, "consumer=joan,jane");
    for (key, wanted) in [
        ("janes-key", vec!["key-auth rewrite", "limit-count access", "response-rewrite header_filter"]),
        (
            "joans-key",
            vec![
                "key-auth rewrite",
                "proxy-rewrite rewrite",
                "limit-req access",
                "limit-count access",
                "response-rewrite header_filter",
            ],
        ),
    ] {
        assert_eq!(get(&gateway, "/keyed", &[("X-Mine", "nobodys-key")]), 401);
        assert_eq!(get(&gateway, "/keyed", &[("X-Mine", key)]), 200);
        let row = rows.next().unwrap();
        let told: Vec<String> = row["plugins"]
            .as_array()
            .unwrap()
            .iter()
            .map(|ran| format!("{} {}", ran["name"].as_str().unwrap(), ran["phase"].as_str().unwrap()))
            .collect();
        let (mut sorted, mut expected) = (told.clone(), wanted);
        sorted.sort_unstable();
        expected.sort_unstable();
        assert_eq!(sorted, expected, "{row}");
        assert_eq!(told.first().map(String::as_str), Some("key-auth rewrite"), "{row}");
    }
}

#[test]
fn the_host_has_its_port_where_the_request_names_one() {
    let upstream = Upstream::text("hello");
    let gateway = scene(&upstream);
    let mut rows = tap(&gateway, "path=/plain&host=shop.example,10.1.1.1,*::1*");
    for (sent, told) in [
        ("Shop.example:9080", "shop.example:9080"),
        ("shop.example", "shop.example"),
        ("10.1.1.1:80", "10.1.1.1:80"),
        ("[::1]", "[::1]"),
        ("[::1]:8080", "[::1]:8080"),
    ] {
        let answer = Client::connect(gateway.proxy).request("GET", "/plain", &[("Host", sent)], b"");
        assert_eq!((answer.status, &rows.next().unwrap()["host"]), (200, &json!(told)), "{sent}");
    }
}

#[test]
fn conditions_that_the_request_alone_decides_and_others_must_all_hold() {
    let upstream = Upstream::text("hello");
    let gateway = scene(&upstream);
    let both = r#"[["arg_n","in",["1","2"]],["request_method","==","GET"],["status","==",200]]"#;
    let either = r#"["OR",["arg_n","==","3"],["status","==",404]]"#;
    let either = format!("[{either}]");
    let mut both = tap(&gateway, &format!("vars={}", escaped(both)));
    let mut either = tap(&gateway, &format!("vars={}", escaped(&either)));
    for target in ["/plain?n=1", "/nobody?n=2", "/plain?n=2", "/plain?n=3", "/plain?n=4"] {
        get(&gateway, target, &[]);
    }
    let mut told = [&mut both, &mut either].map(|reader| {
        let mut two: Vec<String> =
            (0..2).map(|_| reader.next().unwrap()["path"].as_str().unwrap().to_owned()).collect();
        two.sort_unstable();
        two
    });
    told[1].sort_unstable();
    assert_eq!(told, [["/plain?n=1", "/plain?n=2"], ["/nobody?n=2", "/plain?n=3"]]);
}

#[test]
fn an_argument_is_found_however_it_is_written() {
    let upstream = Upstream::text("hello");
    let gateway = scene(&upstream);
    let mut rows = tap(&gateway, &format!("vars={}", escaped(r#"[["arg_n","==","a b"]]"#)));
    let wanted = ["/plain?n=a+b", "/plain?x=1&%6E=a%20b", "/plain?n=%61%20b&n=c"];
    let others = ["/plain", "/plain?n=ab", "/plain?n=a%2520b", "/plain?n=c&n=a+b", "/plain?nn=a+b", "/plain?n=a+b+"];
    for (wanted, others) in wanted.into_iter().zip(others.chunks(2)) {
        others.iter().for_each(|target| assert_eq!(get(&gateway, target, &[]), 200));
        get(&gateway, wanted, &[]);
        assert_eq!(rows.next().unwrap()["path"], wanted);
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[test]
fn secrets_are_masked_and_heads_and_bodies_are_for_administrators() {
    let upstream =
        Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 11\r\nSet-Cookie: s=hush\r\n\r\nhello there");
    let gateway = scene(&upstream);
    let mut rows = tap(&gateway, "headers=1&body=5");
    let fields = [
        ("X-Mine", "janes-key"),
        ("Authorization", "Basic aHVzaA=="),
        ("Cookie", "hush=1"),
        ("X-Plain", "seen"),
        ("X-Plain", "twice"),
    ];
    assert_eq!(get(&gateway, "/keyed?mine=wrong-hush&token=hush&y=2", &fields), 200);
    let row = rows.next().unwrap();
    assert_eq!(row["path"], "/keyed?mine=***&token=***&y=2");
    assert_eq!(row["req_headers"]["x-plain"], json!(["seen", "twice"]));
    for secret in ["janes-key", "hush", "aHVzaA"] {
        assert!(!row.to_string().contains(secret), "{secret}: {row}");
    }
    assert_eq!(json!([row["req_headers"]["authorization"], row["resp_headers"]["set-cookie"]]), json!(["***", "***"]));
    assert_eq!(json!([row["req_body"], row["resp_body"]]), json!([null, "hello"]));
    let answer = Client::connect(gateway.proxy).request("POST", "/plain", &[("Host", "a")], b"what is asked");
    assert_eq!(answer.status, 200);
    let row = rows.next().unwrap();
    assert_eq!(json!([row["req_body"], row["resp_body"], row["status"]]), json!(["what ", "hello", 200]), "{row}");

    let viewer = format!("{}-viewer", gateway.key());
    let ask = |path: &str| {
        Client::connect(gateway.admin).request("GET", path, &[("Host", "localhost"), ("X-API-KEY", &viewer)], b"")
    };
    assert_eq!(ask("/apisix/admin/live/tap?headers=1").status, 403);
    assert_eq!(ask("/apisix/admin/live/tap?body=10").status, 403);
    assert_eq!(ask("/apisix/admin/live/tap?duration=10ms").json(), json!({ "requests": [], "dropped": 0 }));
    assert_eq!(ask("/apisix/admin/live/tap?status=x").status, 400);
    assert!(ask("/apisix/admin/live/tap?staus=500").text().contains("unknown argument staus"));
}

#[test]
fn filters_let_pass_what_they_say() {
    let upstream = Upstream::text("hello");
    let gateway = scene(&upstream);
    let vars = "%5B%5B%22status%22,%22%3E%3D%22,500%5D,%5B%22arg_n%22,%22%3D%3D%22,%225%22%5D%5D";
    let port = upstream.addr.port();
    let wanted: Vec<(String, &[u64])> = vec![
        ("route=plain".into(), &[1, 2]),
        ("service=s1".into(), &[3, 4]),
        ("upstream=u1".into(), &[1, 2, 4]),
        (format!("node=127.0.0.1:{port}"), &[1, 2, 4]),
        ("consumer=jane".into(), &[4]),
        ("method=POST,PUT".into(), &[2]),
        ("host=*.example".into(), &[1, 3, 4, 5, 6]),
        ("path=/plain*".into(), &[1, 2]),
        ("path=*ost,/keyed".into(), &[3, 4, 5]),
        ("status=4xx".into(), &[3, 6]),
        ("status=502,404".into(), &[5, 6]),
        ("client=10.0.0.0/8".into(), &[]),
        ("client=127.0.0.0/8&protocol=http1&status=200-299".into(), &[1, 2, 4]),
        ("protocol=http2".into(), &[]),
        ("header=X-Mine:%20janes*".into(), &[4]),
        ("header=X-Mine".into(), &[3, 4]),
        ("min_latency=30s".into(), &[]),
        ("sample=0".into(), &[]),
        (format!("vars={vars}"), &[5]),
        (format!("vars={}", escaped(r#"[["arg_n","==","5"]]"#)), &[5]),
        (format!("vars={}", escaped(r#"[["status",">=",404],["status","<",502]]"#)), &[6]),
        (format!("vars={}", escaped(r#"[["OR",["status",502],["status","~~","^40"]]]"#)), &[3, 5, 6]),
    ];
    let mut readers: Vec<(String, &[u64], Reader)> =
        wanted.into_iter().map(|(query, n)| (query.clone(), n, tap(&gateway, &query))).collect();
    let mut all = tap(&gateway, "count=6");
    get(&gateway, "/plain?n=1", &[]);
    Client::connect(gateway.proxy).request("POST", "/plain2?n=2", &[("Host", "other")], b"");
    get(&gateway, "/keyed?n=3", &[("X-Mine", "no-key")]);
    get(&gateway, "/keyed?n=4", &[("X-Mine", "janes-key")]);
    get(&gateway, "/lost?n=5", &[]);
    get(&gateway, "/nobody?n=6", &[]);
    let number = |row: &Value| row["path"].as_str().unwrap().rsplit('=').next().unwrap().parse::<u64>().unwrap();
    // A row is told once its answer is out, by whichever worker: one may overtake another.
    let mut told: Vec<u64> = std::iter::from_fn(|| all.next()).map(|row| number(&row)).collect();
    told.sort_unstable();
    assert_eq!(told, [1, 2, 3, 4, 5, 6], "it ends with as many as it wanted");
    for (query, wanted, reader) in &mut readers {
        let mut told: Vec<u64> =
            wanted.iter().map(|_| number(&reader.next().unwrap_or_else(|| panic!("{query}")))).collect();
        told.sort_unstable();
        assert_eq!(told, *wanted, "{query}");
    }
    let document = gateway.call("GET", "/live/tap?duration=300ms&route=plain", None);
    assert_eq!(document.json(), json!({ "requests": [], "dropped": 0 }));
}

#[test]
fn requests_of_every_protocol_are_seen() {
    let echo = ws_echo();
    let provider = Provider::new(|got, stream| {
        use std::io::Write;
        stream.write_all(&answer(got, 20, value("yes"))).is_ok()
    });
    let dubbo = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let listen = json!([{ "ip": "127.0.0.1", "port": dubbo.port() }]);
    let gateway = Gateway::configured(json!({ "gateway": { "dubbo": { "listen": listen } } }));
    gateway.put("/routes/ws", &json!({ "uri": "/ws", "enable_websocket": true, "upstream": to(&echo.node()) }));
    gateway.put("/routes/h2", &json!({ "uri": "/h2", "plugins": { "mocking": { "response_example": "m" } } }));
    gateway.put(
        "/routes/dubbo",
        &json!({ "uri": "/acme.Orders/*", "upstream": { "type": "roundrobin", "scheme": "dubbo", "nodes": { provider.node(): 1 } } }),
    );
    let mut rows = tap(&gateway, "");

    let mut peer = Peer::connect(dubbo);
    peer.call(&Call::new("acme.Orders", "find", "7"));
    let row = rows.next().unwrap();
    assert_eq!(
        json!([row["protocol"], row["route"]["id"], row["upstream"]["node"]]),
        json!(["dubbo", "dubbo", provider.node()]),
        "{row}"
    );
    assert_eq!(
        json!([row["dubbo"]["interface"], row["dubbo"]["method"], row["dubbo"]["status"], row["dubbo"]["exception"]]),
        json!(["acme.Orders", "find", 20, false])
    );

    let mut h2 = gateway_tests::frames::H2::connect(gateway.proxy);
    h2.ask("/h2");
    let row = rows.next().unwrap();
    assert_eq!(json!([row["protocol"], row["path"], row["status"]]), json!(["http2", "/h2", 200]), "{row}");
    let fields = [
        (":method", "POST"),
        (":path", "/p.S/M"),
        (":scheme", "http"),
        (":authority", "a"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    let stream = h2.head(&fields, true);
    h2.reply(stream);
    let row = rows.next().unwrap();
    assert_eq!(json!([row["protocol"], row["grpc_status"]]), json!(["grpc", 12]), "{row}");
    drop(h2);

    let mut socket = WebSocket::open(gateway.proxy, "/ws");
    socket.send(first::TEXT, b"hello");
    assert_eq!(socket.next(), Some((first::TEXT, b"hello".to_vec())));
    socket.send(first::CLOSE, &1000_u16.to_be_bytes());
    let row = rows.next().unwrap();
    assert_eq!(json!([row["protocol"], row["status"], row["route"]["id"]]), json!(["websocket", 101, "ws"]), "{row}");
}

/// Readers that stall hold no more than their queues, however many requests there are; what they missed is counted.
#[test]
fn memory_stays_bounded_while_readers_stall() {
    let upstream = Upstream::text("hello");
    let gateway = scene(&upstream);
    let filler = "x".repeat(1500);
    let load = |requests: u64| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut client = Client::connect(gateway.proxy);
                    for n in 0..requests / 4 {
                        // A connection serves no more than 1,000.
                        if n % 500 == 499 {
                            client = Client::connect(gateway.proxy);
                        }
                        let answer = client.request("GET", "/plain", &[("Host", "a"), ("X-Filler", &filler)], b"");
                        assert_eq!(answer.status, 200);
                    }
                });
            }
        });
    };
    // Neither is read before the end.
    let mut stalled: Vec<Reader> = (0..2).map(|_| tap(&gateway, "max_rps=10000&headers=1&body=64")).collect();
    // Until their queues are full: 1,024 rows wait here, and what the sockets take.
    load(8000);
    let full = gateway.memory();
    load(8000);
    let growth = gateway.memory().saturating_sub(full);
    assert!(growth < 8 << 10, "{growth} KiB more for requests that nobody reads of");
    for reader in &mut stalled {
        let (mut told, mut dropped) = (0, 0);
        while told + dropped < 16_000 {
            let row = reader.next().unwrap();
            match row["dropped"].as_u64() {
                Some(n) => dropped += n,
                None => told += 1,
            }
        }
        assert_eq!(told + dropped, 16_000);
        assert!(dropped > 4000, "{told} told, {dropped} dropped");
    }
}

#[test]
fn too_many_rows_and_slow_readers_are_told_what_they_missed() {
    let upstream = Upstream::text("hello");
    let gateway = scene(&upstream);
    let mut thinned = tap(&gateway, "max_rps=5");
    // One that does not read at all: the others and the requests go on.
    let mut silent = tap(&gateway, "max_rps=10000&headers=1");
    let mut client = Client::connect(gateway.proxy);
    let sent = 10_000;
    for n in 0..sent {
        let filler = "x".repeat(2000);
        if n % 500 == 0 {
            client = Client::connect(gateway.proxy);
        }
        let answer = client.request(
            "GET",
            &format!("/plain?n={n}&{filler}"),
            &[("Host", "a"), ("X-Filler", &filler[..1000])],
            b"",
        );
        assert_eq!(answer.status, 200);
    }
    let mut told = 0;
    let mut dropped = 0;
    while told + dropped < sent {
        let row = thinned.next().unwrap();
        match row["dropped"].as_u64() {
            Some(n) => dropped += n,
            None => told += 1,
        }
    }
    assert!(dropped > told, "{told} told, {dropped} dropped");
    (told, dropped) = (0, 0);
    while told + dropped < sent {
        let row = silent.next().unwrap();
        match row["dropped"].as_u64() {
            Some(n) => dropped += n,
            None => told += 1,
        }
    }
    assert!(dropped > 0 && told > 1000, "{told} told, {dropped} dropped");

    // The places of those who go are free again.
    drop((thinned, silent));
    let fields = [("Host", "localhost"), ("X-API-KEY", gateway.key()), ("Accept", "application/x-ndjson")];
    let free = || {
        let mut client = Client::connect(gateway.admin);
        client.write(format!(
            "GET /apisix/admin/live/tap HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {}\r\nAccept: application/x-ndjson\r\n\r\n",
            gateway.key()
        ));
        head(&mut client).starts_with("HTTP/1.1 200").then_some(client)
    };
    let all: Vec<Client> = (0..32).map(|_| wait_for("a place", free)).collect();
    assert_eq!(all.len(), 32);
    let refused = Client::connect(gateway.admin).request("GET", "/apisix/admin/live/tap", &fields, b"");
    assert_eq!(refused.status, 503);
}
