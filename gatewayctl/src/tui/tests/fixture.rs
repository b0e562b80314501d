//! A gateway as messages, always the same: traffic of five protocols, forty routes, nodes of which some are down,
//! certificates of which some end soon, changes, logs, requests, services.

use serde_json::{Value, json};

use crate::tui::msg::{Link, Msg, Source, Told};

/// The time of all tests, in milliseconds since 1970: 2026-11-24 20:03:07 UTC.
pub(in crate::tui) const NOW_MS: u64 = 1_795_550_587_000;
const NOW: u64 = NOW_MS / 1_000;

/// How the gateway is, and the connection to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum State {
    /// Everything was told.
    Full,
    /// Everything was told, and there is nothing.
    Empty,
    /// Nothing was told yet.
    Loading,
    /// Nothing can be told.
    Error,
    /// Everything was told, a while ago.
    Disconnected,
}

impl State {
    pub(in crate::tui) const ALL: [State; 5] =
        [State::Full, State::Empty, State::Loading, State::Error, State::Disconnected];

    pub(in crate::tui) fn name(self) -> &'static str {
        match self {
            State::Full => "full",
            State::Empty => "empty",
            State::Loading => "loading",
            State::Error => "error",
            State::Disconnected => "disconnected",
        }
    }
}

pub(super) const LISTS: [&str; 14] = [
    "routes",
    "services",
    "upstreams",
    "consumers",
    "credentials",
    "consumer-groups",
    "ssls",
    "global-rules",
    "plugin-configs",
    "plugin-metadata",
    "stream-routes",
    "protos",
    "secrets",
    "graphql-cost-decorations",
];

/// Sources that are no lists.
pub(super) const LIVE: [Source; 13] = [
    Source::Info,
    Source::Stats,
    Source::Nodes,
    Source::Certs,
    Source::Discovery,
    Source::Events,
    Source::History,
    Source::Logs,
    Source::Tap,
    Source::Dubbo,
    Source::Grpc,
    Source::Plugins,
    Source::Metrics,
];

/// A message at the time of the tests.
pub(in crate::tui) fn told(source: Source, value: Value) -> Msg {
    Msg::Told(Told { source, at_ms: NOW_MS, value })
}

/// Everything that a program is told in a state.
pub(in crate::tui) fn messages(state: State) -> Vec<Msg> {
    match state {
        State::Full => full(),
        State::Loading => vec![Msg::Link(Link::Connecting)],
        State::Empty => empty(),
        State::Error => {
            let failure = json!({"failure": {"message": "the server answered 500", "hints": ["gatewayctl doctor"], "status": 500}});
            let sources = LIVE.into_iter().chain(LISTS.map(Source::List));
            let mut all: Vec<Msg> = sources.map(|source| told(source, failure.clone())).collect();
            all.push(Msg::Link(Link::Up { live: true }));
            all
        }
        State::Disconnected => {
            let mut all = full();
            let next = std::time::Duration::from_secs(4);
            all.push(Msg::Link(Link::Lost { tries: 3, next, why: "connection refused".to_owned() }));
            all
        }
    }
}

fn empty() -> Vec<Msg> {
    let mut all = vec![Msg::Link(Link::Up { live: true }), told(Source::Info, info())];
    let req = json!({"rps": 0.0, "codes": {}, "rx_bps": 0.0, "tx_bps": 0.0, "retries": 0, "timeouts": 0, "limited": 0});
    let proc = json!({"cpu_pct": 0.0, "rss_bytes": 0, "fds": 0});
    let stats = json!({"ts": NOW, "instance": "a1", "window_ms": 1000, "conn": {}, "req": req, "by": {"route": []}, "proc": proc});
    all.push(told(Source::Stats, stats));
    for source in [Source::Nodes, Source::Certs, Source::Discovery, Source::History, Source::Dubbo, Source::Grpc] {
        all.push(told(source, json!([])));
    }
    for source in [Source::Events, Source::Logs, Source::Tap] {
        all.push(told(source, json!({"dropped": 0})));
    }
    all.push(told(Source::Plugins, json!({})));
    all.push(told(Source::Metrics, json!([])));
    all.extend(LISTS.map(|name| told(Source::List(name), json!([]))));
    all
}

fn full() -> Vec<Msg> {
    let mut all = vec![Msg::Link(Link::Up { live: true }), told(Source::Info, info())];
    for second in 0..240 {
        let at = NOW - 240 + second + 1;
        let told = Told { source: Source::Stats, at_ms: at * 1_000, value: stats(at, second) };
        all.push(Msg::Told(told));
    }
    all.extend(LISTS.map(|name| told(Source::List(name), list(name))));
    all.push(told(Source::Nodes, nodes()));
    all.push(told(Source::Certs, certs()));
    all.push(told(Source::Discovery, discovery()));
    all.push(told(Source::Plugins, plugins()));
    all.push(told(Source::Dubbo, dubbo()));
    all.push(told(Source::Grpc, grpc()));
    all.push(told(Source::Metrics, metrics()));
    let changes = changes();
    all.push(told(Source::History, Value::Array(changes.clone())));
    all.extend(changes.into_iter().map(|change| told(Source::Events, change)));
    all.extend((0..60).map(|number| told(Source::Logs, log(number))));
    all.extend((0..80).map(|number| told(Source::Tap, request(number))));
    all
}

fn info() -> Value {
    json!({
        "name": "gateway", "version": "0.3.0", "git": "abc1234", "pid": 4711, "uptime_s": 273_600, "instance_id": "a1",
        "hostname": "gw-1", "role": "data_plane",
        "config": {"store": "etcd", "revision": 4711, "applied_revision": 4711, "last_error": null},
        "listeners": [{"addr": "0.0.0.0:9080", "protocols": ["http1", "h2", "grpc", "websocket"], "tls": false, "connections": 100},
                      {"addr": "0.0.0.0:20880", "protocols": ["dubbo"], "tls": false, "connections": 20}],
        "counts": {"routes": 42, "upstreams": 6, "services": 3}, "workers": 4, "cpu_pct": 41.0, "rss_bytes": 48_234_496, "fds": 310,
        "live": {"api": 1, "abilities": ["info", "stats"], "key": {"name": "admin", "role": "admin"}},
    })
}

/// A number that goes up and down with the time, always the same.
fn wave(second: u64, low: f64, high: f64) -> f64 {
    let place = (second * 7 + second * second % 13) % 40;
    let up = if place < 20 { place } else { 40 - place };
    low + (high - low) * up as f64 / 20.0
}

fn stats(at: u64, second: u64) -> Value {
    let rps = if second == 239 { 1_234.0 } else { wave(second, 600.0, 1_400.0).round() };
    let slow = u64::from(second.is_multiple_of(17)) * 6;
    json!({
        "ts": at, "instance": "a1", "rev": 4711, "window_ms": 1000,
        "conn": {"active": 120, "opened": 33, "by": {"http1": 80, "h2": 20, "grpc": 10, "websocket": 8, "dubbo": 2, "tcp": 0, "tls": 60},
                 "upstream_active": 95, "upstream_idle": 210},
        "req": {"rps": rps, "active": 17, "rx_bps": 1.1e6, "tx_bps": 9.3e6,
                "codes": {"1xx": 0, "2xx": 1200, "3xx": 4, "4xx": 25, "5xx": 5 + slow * 20}, "retries": 2, "timeouts": 1, "limited": 9,
                "latency_ms": {"p50": 1.1, "p90": 3.9, "p95": 6.0, "p99": 22.4, "p999": 80.1, "max": 140.0},
                "upstream_ms": {"p50": 0.9, "p99": 20.0}, "gateway_ms": {"p50": 0.1, "p99": 0.9},
                "hist": {"le_ms": [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
                         "n": [10, 400, 500, 200, 60, 30, 20, 8, 4, 1 + slow, 0, 0, 0, 0]}},
        "by": {
            "route": [
                {"id": "hello", "name": "hello", "rps": 800.0, "err": 0.002, "p50": 1.0, "p99": 9.0, "tx_bps": 4e6},
                {"id": "orders", "name": "orders", "rps": 310.0, "err": 0.011, "p50": 2.2, "p99": 48.0, "tx_bps": 2e6},
                {"id": "pay", "name": "pay", "rps": 124.0, "err": 0.042, "p50": 9.0, "p99": 140.0, "tx_bps": 1e6},
                {"id": "grpc-users", "name": "grpc-users", "rps": 66.0, "err": 0.0, "p50": 1.9, "p99": 7.1, "tx_bps": 5e5},
                {"id": "dubbo-stock", "name": "dubbo-stock", "rps": 21.0, "err": 0.0, "p50": 2.8, "p99": 11.0, "tx_bps": 1e5}],
            "service": [{"id": "shop", "name": "shop", "rps": 434.0, "err": 0.02, "p50": 4.0, "p99": 90.0, "tx_bps": 3e6}],
            "upstream": [
                {"id": "u1", "name": "u1", "rps": 800.0, "err": 0.002, "p50": 0.9, "p99": 8.0, "tx_bps": 4e6},
                {"id": "orders", "name": "orders", "rps": 310.0, "err": 0.011, "p50": 2.0, "p99": 45.0, "tx_bps": 2e6}],
            "consumer": [
                {"id": "alice", "name": "alice", "rps": 412.0, "err": 0.001, "p50": 1.2, "p99": 12.0, "tx_bps": 2e6},
                {"id": "bob", "name": "bob", "rps": 77.0, "err": 0.06, "p50": 3.0, "p99": 55.0, "tx_bps": 3e5}],
            "protocol": [{"id": "http1", "rps": 900.0}, {"id": "h2", "rps": 240.0}, {"id": "grpc", "rps": 66.0},
                         {"id": "websocket", "rps": 7.0}, {"id": "dubbo", "rps": 21.0}],
            "node": [
                {"id": "10.0.0.5:80", "name": null, "upstream": "u1", "rps": 300.0, "n": 300, "err": 0.0, "codes": {"4xx": 3, "5xx": 0}, "p50": 0.9, "p99": 8.0, "tx_bps": 1e6},
                {"id": "10.0.0.9:80", "name": null, "upstream": "u1", "rps": 200.0, "n": 200, "err": 0.01, "codes": {"4xx": 0, "5xx": 2}, "p50": 0.9, "p99": 7.0, "tx_bps": 1e6},
                {"id": "10.0.0.9:80", "name": null, "upstream": "orders", "rps": 150.0, "n": 150, "err": 0.0, "codes": {"4xx": 0, "5xx": 0}, "p50": 2.0, "p99": 45.0, "tx_bps": 1e6}],
            "status": [{"id": "200", "rps": 1_200.0, "err": 0.0}, {"id": "404", "rps": 25.0, "err": 0.0}, {"id": "503", "rps": 5.0, "err": 1.0}]},
        "proc": {"cpu_pct": 41.0, "rss_bytes": 48_234_496, "fds": 310},
    })
}

fn object(id: &str, rev: u64, rest: Value) -> Value {
    let mut value =
        json!({"id": id, "create_time": NOW - 864_000, "update_time": NOW - rev, "modifiedIndex": 4_700 - rev % 600});
    if let (Some(fields), Value::Object(rest)) = (value.as_object_mut(), rest) {
        fields.extend(rest);
    }
    value
}

fn list(name: &str) -> Value {
    let plugins =
        |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), json!({}))).collect::<serde_json::Map<_, _>>();
    match name {
        "routes" => routes(),
        "services" => json!([
            object(
                "shop",
                100,
                json!({"name": "shop", "upstream_id": "orders", "hosts": ["api.example"], "plugins": plugins(&["key-auth", "prometheus"])})
            ),
            object("static", 200, json!({"name": "static", "upstream_id": "u1"})),
            object("users", 300, json!({"name": "users", "upstream_id": "u-grpc"})),
            object(
                "own",
                301,
                json!({"name": "own", "upstream": {"type": "roundrobin", "nodes": {"10.0.2.1:80": 1, "10.0.2.2:80": 1}}})
            )
        ]),
        "upstreams" => json!([
            object(
                "u1",
                10,
                json!({"name": "u1", "type": "roundrobin", "scheme": "http", "nodes": {"10.0.0.5:80": 1, "10.0.0.6:80": 1, "10.0.0.9:80": 2},
                "checks": {"active": {"http_path": "/health"}}})
            ),
            object(
                "orders",
                20,
                json!({"name": "orders", "type": "least_conn", "scheme": "http", "retries": 2,
                "nodes": [{"host": "10.0.0.7", "port": 80, "weight": 1}, {"host": "10.0.0.8", "port": 80, "weight": 1}, {"host": "10.0.0.9", "port": 80, "weight": 1}]})
            ),
            object(
                "pay",
                30,
                json!({"name": "pay", "type": "roundrobin", "discovery_type": "nacos", "service_name": "pay"})
            ),
            object(
                "u-grpc",
                40,
                json!({"name": "u-grpc", "type": "chash", "scheme": "grpc", "nodes": {"10.0.0.6:50051": 1}})
            ),
            object(
                "stock",
                50,
                json!({"name": "stock", "type": "roundrobin", "discovery_type": "zookeeper", "service_name": "com.shop.Stock", "scheme": "dubbo"})
            ),
            object("unused", 60, json!({"name": "unused", "type": "roundrobin", "nodes": {"10.0.9.9:80": 1}}))
        ]),
        "consumers" => json!([
            {"username": "alice", "group_id": "gold", "desc": "first", "labels": {"team": "a"}, "plugins": {"key-auth": {"key": "alice-secret"}}, "modifiedIndex": 4100},
            {"username": "bob", "plugins": {"basic-auth": {"username": "bob", "password": "bob-secret"}}, "modifiedIndex": 4101},
            {"username": "carol", "group_id": "gold", "plugins": {}, "modifiedIndex": 4102},
            {"username": "dave", "group_id": "silver", "plugins": {"key-auth": {"key": "$secret://vault/1/dave/key"}}, "modifiedIndex": 4103}]),
        "credentials" => json!([
            object("alice/c1", 70, json!({"plugins": {"jwt-auth": {"key": "alice-jwt", "secret": "jwt-secret"}}})),
            object("carol/c2", 71, json!({"plugins": {"hmac-auth": {"key_id": "carol", "secret_key": "hmac-secret"}}}))
        ]),
        "consumer-groups" => json!([
            object("gold", 80, json!({"plugins": plugins(&["limit-count"])})),
            object("idle", 81, json!({"desc": "nobody", "plugins": plugins(&["limit-req"])}))
        ]),
        "global-rules" => json!([object("1", 95, json!({"plugins": {"cors": {}, "prometheus": {}}}))]),
        "plugin-configs" => json!([
            object("7", 96, json!({"name": "limits", "plugins": {"limit-count": {"count": 5, "time_window": 60}}})),
            object(
                "8",
                89,
                json!({"name": "transcoded", "plugins": {"grpc-transcode": {"proto_id": "users", "service": "users.Users", "method": "Get"}}})
            )
        ]),
        other => list_of_others(other),
    }
}

fn list_of_others(name: &str) -> Value {
    match name {
        "ssls" => json!([
            object(
                "7",
                90,
                json!({"snis": ["api.example", "*.api.example"], "type": "server", "status": 1, "cert": "-----BEGIN CERTIFICATE-----"})
            ),
            object("8", 91, json!({"sni": "old.example", "status": 1})),
            object("9", 92, json!({"sni": "new.example", "status": 0}))
        ]),
        "graphql-cost-decorations" => json!([
            object(
                "shop/first",
                83,
                json!({"service_id": "shop", "field_path": "Query.products", "mul_arguments": ["first", "last"], "add_value": 2})
            ),
            object("gone/old", 82, json!({"service_id": "gone", "field_path": "Query.old", "mul_value": 0.5}))
        ]),
        "plugin-metadata" => json!([
            object("http-logger", 97, json!({"log_format": {"host": "$host"}})),
            object("gone-logger", 87, json!({"path": "/var/log/x"}))
        ]),
        "stream-routes" => json!([
            object("mqtt", 98, json!({"server_port": 1883, "upstream_id": "u1"})),
            object("tls", 86, json!({"sni": "mq.example", "service_id": "static", "protocol": {"name": "redis"}}))
        ]),
        "protos" => json!([
            object(
                "users",
                99,
                json!({"name": "users.proto", "content": "syntax = \"proto3\"; package users; service Users {}"})
            ),
            object(
                "orders",
                85,
                json!({"content": "syntax = \"proto3\";\npackage shop;\nservice Orders {\n}\nservice Refunds {\n}\n"})
            )
        ]),
        "secrets" => json!([
            object("vault/1", 88, json!({"uri": "http://vault:8200", "prefix": "kv/gw", "token": "vault-token"})),
            object(
                "aws/main",
                84,
                json!({"region": "us-east-1", "access_key_id": "AKIA", "secret_access_key": "aws-secret"})
            )
        ]),
        _ => json!([]),
    }
}

fn routes() -> Value {
    let mut all = vec![
        object(
            "hello",
            180,
            json!({"name": "hello", "methods": ["GET"], "host": "api.example", "uri": "/hello/*", "upstream_id": "u1",
            "plugin_config_id": "7", "service_id": "static", "labels": {"team": "a"}, "plugins": {"ip-restriction": {"whitelist": ["10.0.0.0/8"]}, "key-auth": {}}}),
        ),
        object(
            "orders",
            500,
            json!({"name": "orders", "host": "api.example", "uri": "/orders/*", "service_id": "shop", "plugins": {"proxy-rewrite": {}}}),
        ),
        object(
            "pay",
            120,
            json!({"name": "pay", "methods": ["POST", "PUT"], "host": "api.example", "uris": ["/pay/*", "/refund/*"], "upstream_id": "pay",
            "priority": 10, "vars": [["arg_x", "==", "1"]], "plugins": {"key-auth": {}, "limit-req": {"rate": 5}}}),
        ),
        object("grpc-users", 700, json!({"name": "grpc-users", "uri": "/users.Users/*", "upstream_id": "u-grpc"})),
        object(
            "dubbo-stock",
            800,
            json!({"name": "dubbo-stock", "uri": "/stock", "upstream_id": "stock", "plugins": {"dubbo-proxy": {}}}),
        ),
        object(
            "old",
            90_000,
            json!({"uri": "/old", "methods": ["GET"], "status": 0, "upstream": {"type": "roundrobin", "nodes": {"10.0.0.3:80": 1}}}),
        ),
        object("chat", 900, json!({"name": "chat", "uri": "/chat", "enable_websocket": true, "upstream_id": "u1"})),
        object(
            "evil",
            950,
            json!({"name": "e\u{1b}[2Jv\u{202e}il 中文", "uri": "/e", "host": "*.evil\u{9b}31m", "upstream_id": "gone"}),
        ),
    ];
    for number in 1..=34 {
        let rest = json!({"name": format!("svc-{number:02}"), "host": format!("s{number}.example"), "uri": format!("/v{}/*", number % 4), "upstream_id": "u1"});
        all.push(object(&format!("svc-{number:02}"), 1_000 + number, rest));
    }
    Value::Array(all)
}

fn nodes() -> Value {
    let node = |owner: &str, addr: &str, state: &str, rps: f64| {
        json!({"owner": format!("upstreams/{owner}"), "addr": addr, "weight": 1, "priority": 0, "state": state,
            "checks": {"success": 12, "tcp_failure": u8::from(state == "unhealthy") * 3, "http_failure": 0, "timeout_failure": 0},
            "last_check": NOW - 2, "active": 3, "rps": rps, "p99_ms": 12.5, "ejected_until": null, "source": "static"})
    };
    json!([
        node("u1", "10.0.0.5:80", "healthy", 300.0),
        node("u1", "10.0.0.6:80", "healthy", 300.0),
        node("u1", "10.0.0.9:80", "healthy", 200.0),
        node("orders", "10.0.0.7:80", "unhealthy", 0.0),
        node("orders", "10.0.0.8:80", "healthy", 160.0),
        node("orders", "10.0.0.9:80", "mostly_healthy", 150.0),
        node("u-grpc", "10.0.0.6:50051", "healthy", 66.0),
        node("stock", "10.0.1.4:20880", "healthy", 21.0),
    ])
}

fn certs() -> Value {
    let cert = |id: &str, snis: &[&str], days: i64, warnings: &[&str]| {
        let status = match days {
            _ if id == "9" => "disabled",
            ..0 => "expired",
            0..30 => "expires_soon",
            _ => "valid",
        };
        json!({"ssl_id": id, "type": "server", "snis": snis, "names": snis, "subject": format!("CN={}", snis[0]), "issuer": "CN=Test CA",
            "serial": "0a1b", "not_before": NOW - 8_640_000, "not_after": NOW as i64 + days * 86_400 + 3_600, "days_left": days, "key": "ec256",
            "sha256": "ab12", "status": status, "chain_len": 2, "warnings": warnings})
    };
    json!([
        cert("7", &["api.example", "*.api.example"], 12, &[]),
        cert("8", &["old.example"], -3, &[]),
        cert("9", &["new.example"], 300, &["weak signature"]),
        cert("10", &["fine.example"], 200, &[]),
    ])
}

fn discovery() -> Value {
    json!([
        {"type": "nacos", "state": "connected", "last_ok": NOW - 1, "error": null, "services": 12,
         "server": "10.0.3.1:8848", "since": NOW - 7_200, "failures": 1, "nodes": 31},
        {"type": "zookeeper", "state": "retrying", "last_ok": NOW - 90, "error": {"at": NOW - 3, "text": "connection refused"}, "services": 3,
         "server": null, "since": null, "failures": 7, "nodes": 4},
        {"type": "dns", "state": "connected", "last_ok": NOW - 4, "error": null, "services": 1},
    ])
}

/// What the server answers to a call that a screen makes by itself, by its path.
pub(in crate::tui) fn answer(path: &str) -> Option<Value> {
    let node = |host: &str, weight: u64| json!({"host": host, "port": 8080, "weight": weight, "metadata": {"zone": "a", "version": "1.4"}});
    let service = |registry: &str, name: &str, nodes: Vec<Value>| json!({"type": registry, "service": name, "count": nodes.len(), "nodes": nodes});
    match path {
        "/live/discovery/nacos" => Some(json!([
            service("nacos", "pay", vec![node("10.0.2.1", 1), node("10.0.2.2", 5), node("fd00::7", 1)]),
            service("nacos", "gone", Vec::new()),
        ])),
        "/live/discovery/zookeeper" => {
            let stock = json!({"host": "10.0.1.4", "port": 20880, "weight": 100});
            Some(json!([service("zookeeper", "dubbo://g1/com.shop.Stock", vec![stock])]))
        }
        "/live/discovery/dns" => Some(json!([])),
        _ => None,
    }
}

fn plugins() -> Value {
    let plugin = |priority: i64, kind: &str| json!({"priority": priority, "version": 0.1, "type": kind, "schema": {"type": "object", "properties": {"count": {"type": "integer"}}}, "enabled": true});
    let with = |mut plugin: Value, name: &str| {
        plugin[name] = json!({"type": "object", "properties": {"log_format": {"type": "object"}}});
        plugin
    };
    json!({
        "key-auth": with(plugin(2500, "auth"), "consumer_schema"), "ip-restriction": plugin(3000, "access"), "limit-count": with(plugin(1002, "access"), "metadata_schema"),
        "limit-req": plugin(1001, "access"), "cors": plugin(4000, "header"), "proxy-rewrite": plugin(1008, "rewrite"),
        "prometheus": plugin(500, "log"), "dubbo-proxy": plugin(507, "access"), "jwt-auth": plugin(2510, "auth"),
        "http-logger": with(plugin(410, "log"), "metadata_schema"),
    })
}

fn changes() -> Vec<Value> {
    let by = json!({"key": "admin", "addr": "127.0.0.1"});
    vec![
        json!({"rev": 4690, "ts": NOW - 1_400, "op": "update", "resource": "upstreams", "id": "u1", "by": by,
            "before": {"type": "roundrobin", "nodes": {"10.0.0.5:80": 1}}, "after": {"name": "u1", "type": "roundrobin", "nodes": {"10.0.0.5:80": 1, "10.0.0.6:80": 1}}}),
        json!({"rev": 4695, "ts": NOW - 300, "op": "create", "resource": "ssls", "id": "7", "by": by, "before": null,
            "after": {"snis": ["api.example", "*.api.example"]}}),
        json!({"rev": 4711, "ts": NOW - 120, "op": "update", "resource": "routes", "id": "pay", "by": by,
            "before": {"name": "pay", "methods": ["POST"], "uri": "/pay/*", "upstream_id": "pay", "priority": 0},
            "after": {"name": "pay", "methods": ["POST", "PUT"], "host": "api.example", "uris": ["/pay/*", "/refund/*"], "upstream_id": "pay", "priority": 10,
                "vars": [["arg_x", "==", "1"]], "plugins": {"key-auth": {}, "limit-req": {"rate": 5}}}}),
    ]
}

fn log(number: u64) -> Value {
    let (level, target, text) = match number % 5 {
        0 => ("error", "upstream", "10.0.0.7:80 does not answer"),
        1 => ("warn", "plugins::limit_count", "limit reached"),
        2 => ("debug", "store", "revision 4711 applied"),
        3 => ("info", "admin", "route/pay updated by admin"),
        _ => ("info", "evil", "\u{1b}[31mred\u{1b}[0m\nline"),
    };
    json!({"ts": (NOW - 60 + number) as f64 + 0.25, "level": level, "target": target, "msg": text, "fields": {"n": number}})
}

fn metrics() -> Value {
    json!([
        {"name": "apisix_http_status", "labels": {"code": "200", "route": "hello", "consumer": "alice"}, "type": "counter", "value": 12_345},
        {"name": "apisix_http_status", "labels": {"code": "503", "route": "pay", "consumer": ""}, "type": "counter", "value": 77},
        {"name": "apisix_http_latency", "labels": {"route": "hello", "type": "request"}, "type": "histogram", "count": 800, "sum": 1_600.0,
         "percentiles": {"p50": 1.1, "p95": 6.0, "p99": 22.4}},
        {"name": "apisix_nginx_http_current_connections", "labels": {"state": "active"}, "type": "gauge", "value": 120},
        {"name": "e\u{1b}[2Jvil", "labels": {"x\u{1b}": "\u{202e}y"}, "type": "gauge", "value": 1.5},
    ])
}

fn request(number: u64) -> Value {
    let ts = (NOW - 8) as f64 + number as f64 * 0.1;
    let id = format!("9f{number:02x}");
    match number % 5 {
        0 => {
            json!({"id": id, "ts": ts, "protocol": "h2", "client": "10.1.2.3:51022", "tls": {"version": "1.3", "sni": "api.example"},
            "method": "POST", "host": "api.example", "path": "/pay/7", "status": 503, "grpc_status": null, "dubbo": null,
            "route": {"id": "pay", "name": "pay"}, "service": null, "consumer": "alice",
            "upstream": {"id": "pay", "node": "10.0.0.9:80", "status": 503, "tries": 2, "connect_ms": 0.2},
            "ms": {"total": 140.0, "upstream": 139.1, "gateway": 0.6}, "rx": 312, "tx": 2048,
            "plugins": [{"name": "key-auth", "phase": "access", "ms": 0.05, "verdict": "pass"}, {"name": "limit-req", "phase": "access", "ms": 0.08, "verdict": "pass"}],
            "error": "no live upstream", "req_headers": {"user-agent": "curl/8"}, "resp_headers": {"retry-after": "1"}})
        }
        1 => {
            json!({"id": id, "ts": ts, "protocol": "dubbo", "client": "10.1.2.9:40000", "tls": null, "method": null, "host": "stock", "path": "reduce",
            "status": 200, "dubbo": {"interface": "com.shop.Stock", "method": "reduce", "exception": "com.shop.OutOfStock"},
            "route": {"id": "dubbo-stock", "name": "dubbo-stock"}, "upstream": {"id": "stock", "node": "10.0.1.4:20880", "status": null, "tries": 1, "connect_ms": 0.1},
            "ms": {"total": 11.0, "upstream": 10.7, "gateway": 0.3}, "rx": 120, "tx": 300, "plugins": [], "error": null})
        }
        2 => {
            json!({"id": id, "ts": ts, "protocol": "grpc", "client": "10.1.2.4:50000", "method": "POST", "host": "users", "path": "/users.Users/Get", "status": 200, "grpc_status": 14,
            "route": {"id": "grpc-users", "name": "grpc-users"}, "upstream": {"id": "u-grpc", "node": "10.0.0.6:50051", "status": 200, "tries": 1, "connect_ms": 0.1},
            "ms": {"total": 7.0, "upstream": 6.5, "gateway": 0.5}, "rx": 90, "tx": 60, "plugins": [], "error": null})
        }
        3 => {
            json!({"id": id, "ts": ts, "protocol": "http1", "client": "10.1.2.5:51000", "method": "GET", "host": "api.example", "path": "/hello/\u{1b}]0;x\u{7}中文",
            "status": 200, "route": {"id": "hello", "name": "hello"}, "consumer": "bob", "upstream": {"id": "u1", "node": "10.0.0.5:80", "status": 200, "tries": 1, "connect_ms": 0.2},
            "ms": {"total": 4.2, "upstream": 3.6, "gateway": 0.6}, "rx": 200, "tx": 900, "plugins": [], "error": null})
        }
        _ => {
            json!({"id": id, "ts": ts, "protocol": "websocket", "client": "10.1.2.6:51000", "method": "GET", "host": "api.example", "path": "/chat", "status": 101,
            "route": {"id": "chat", "name": "chat"}, "upstream": {"id": "u1", "node": "10.0.0.6:80", "status": 101, "tries": 1, "connect_ms": 0.2},
            "ms": {"total": 30_000.0, "upstream": 29_999.0, "gateway": 1.0}, "rx": 2000, "tx": 9000, "plugins": [], "error": null})
        }
    }
}

pub(in crate::tui) fn dubbo() -> Value {
    json!([
        {"interface": "com.shop.Stock", "version": "1.0.0", "group": "g1", "nodes": 2, "source": "zookeeper",
         "providers": [{"addr": "10.0.1.4:20880", "weight": 100, "source": "zookeeper", "state": "healthy"},
                       {"addr": "10.0.1.5:20880", "weight": 100, "source": "zookeeper", "state": null}],
         "methods": [{"name": "reduce", "params": ["java.lang.String", "int"], "returns": "boolean",
                      "stats": {"calls": 4_711, "errors": 9, "by": {"ok": 4_702, "exception": 6, "timeout": 3, "status": 0, "refused": 0},
                                "p50_ms": 0.84, "p95_ms": 1.9, "p99_ms": 4.4, "max_ms": 1_000.3}}, {"name": "count", "params": ["java.lang.String"], "returns": "int"}]},
        {"interface": "com.shop.Price", "version": "", "group": "", "nodes": 0, "source": "nacos", "methods": []},
    ])
}

fn grpc() -> Value {
    json!([
        {"service": "users.Users", "nodes": 1, "source": "upstreams/u-grpc", "by": "reflection", "error": null,
         "methods": [{"name": "Get", "params": ["users.GetRequest"], "returns": "users.User", "input": "users.GetRequest", "output": "users.User"}, {"name": "List", "params": ["users.ListRequest"], "returns": "users.User", "server_streaming": true}]},
    ])
}
