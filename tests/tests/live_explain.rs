//! `live/explain`: what a request would come to, on the real binary, beside what the same request does come to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::{Answer, Client, Gateway, Tls, Upstream, free_port};
use serde_json::{Value, json};

/// Routes that differ in everything that decides between them, and what their requests come to.
fn scene(upstream: &Upstream) -> Gateway {
    let gateway = Gateway::start();
    let node = upstream.node();
    let to = |nodes: &str| json!({ "type": "roundrobin", "nodes": { nodes: 1 } });
    gateway.put("/upstreams/u1", &to(&node));
    gateway
        .put("/services/s1", &json!({ "upstream_id": "u1", "hosts": ["service.example"], "plugins": { "cors": {} } }));
    gateway.put("/plugin_configs/c1", &json!({ "plugins": { "ip-restriction": { "blacklist": ["10.0.0.0/8"] } } }));
    gateway.put("/consumer_groups/g1", &json!({ "plugins": { "ua-restriction": { "denylist": ["bad"] } } }));
    gateway.put(
        "/consumers/jane",
        &json!({ "username": "jane", "group_id": "g1", "plugins": {
            "key-auth": { "key": "janes-key" }, "proxy-rewrite": { "headers": { "set": { "X-By": "consumer" } } } } }),
    );
    let named = |id: &str, mut route: Value| {
        route["plugins"]["response-rewrite"] = json!({ "headers": { "set": { "X-Route": id } } });
        gateway.put(&format!("/routes/{id}"), &route);
    };
    named("plain", json!({ "uri": "/plain", "upstream_id": "u1" }));
    named("posts", json!({ "uri": "/methods", "methods": ["POST"], "upstream_id": "u1" }));
    named("gets", json!({ "uri": "/methods", "methods": ["GET"], "upstream_id": "u1", "priority": -1 }));
    named("any", json!({ "uri": "/methods", "upstream_id": "u1", "priority": -2 }));
    named("host", json!({ "uri": "/host", "host": "a.example", "upstream_id": "u1" }));
    named("wild", json!({ "uri": "/host", "host": "*.example", "upstream_id": "u1" }));
    named(
        "vars",
        json!({ "uri": "/vars", "vars": [["arg_env", "==", "prod"], ["http_x", "~~", "^y"]], "upstream_id": "u1", "priority": 1 }),
    );
    named("else", json!({ "uri": "/vars", "upstream_id": "u1" }));
    named("addr", json!({ "uri": "/addr", "remote_addrs": ["10.0.0.0/8"], "upstream_id": "u1" }));
    named("body", json!({ "uri": "/body", "vars": [["post_arg.kind", "==", "a"]], "upstream_id": "u1" }));
    named("off", json!({ "uri": "/off", "status": 0, "upstream_id": "u1" }));
    named(
        "served",
        json!({ "uri": "/served/*", "service_id": "s1", "plugin_config_id": "c1", "plugins": {
        "key-auth": {}, "proxy-rewrite": { "uri": "/rewritten", "_meta": { "priority": 1 } },
        "limit-count": { "count": 1000, "time_window": 60 } } }),
    );
    named("nowhere", json!({ "uri": "/nowhere" }));
    gateway.put("/global_rules/r1", &json!({ "plugins": { "request-id": {} } }));
    gateway
}

fn explain(gateway: &Gateway, asked: &Value) -> Value {
    let answer = gateway.call("POST", "/live/explain", Some(asked));
    assert_eq!(answer.status, 200, "{asked}: {}", answer.text());
    answer.json()
}

/// The same request, sent.
fn send(gateway: &Gateway, asked: &Value) -> Answer {
    let url = asked["url"].as_str().unwrap();
    let (host, target) = match url.strip_prefix("http://") {
        Some(rest) => rest.split_at(rest.find('/').unwrap()),
        None => ("localhost", url),
    };
    let mut fields = vec![("Host", host)];
    let headers = asked["headers"].as_object();
    fields.extend(headers.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
    let body = asked["body"].as_str().unwrap_or_default();
    Client::connect(gateway.proxy).request(asked["method"].as_str().unwrap_or("GET"), target, &fields, body.as_bytes())
}

fn candidates(told: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    told["candidates"].as_array().unwrap().iter().map(|c| (text(&c["route_id"]), text(&c["failed_on"]))).collect()
}

#[test]
fn what_is_explained_is_what_happens_and_nothing_is_sent_or_counted() {
    let upstream = Upstream::text("ok");
    let gateway = scene(&upstream);
    let form = "application/x-www-form-urlencoded";
    let cases = [
        json!({ "url": "/plain" }),
        json!({ "url": "/./plain?x=1" }),
        json!({ "url": "/plain/" }),
        json!({ "url": "/%zz" }),
        json!({ "url": "/methods" }),
        json!({ "url": "/methods", "method": "POST" }),
        json!({ "url": "/methods", "method": "DELETE" }),
        json!({ "url": "http://a.example/host" }),
        json!({ "url": "http://A.EXAMPLE:80/host" }),
        json!({ "url": "http://b.example/host" }),
        json!({ "url": "http://other/host" }),
        json!({ "url": "/vars?env=prod", "headers": { "X": "yes" } }),
        json!({ "url": "/vars?env=test", "headers": { "X": "yes" } }),
        json!({ "url": "/vars?env=prod" }),
        json!({ "url": "/addr" }),
        json!({ "url": "/body", "method": "POST", "body": "kind=a", "headers": { "Content-Type": form } }),
        json!({ "url": "/body", "method": "POST", "body": "kind=b", "headers": { "Content-Type": form } }),
        json!({ "url": "/off" }),
        json!({ "url": "http://service.example/served/x" }),
        json!({ "url": "http://service.example/served/x", "headers": { "apikey": "wrong" } }),
        json!({ "url": "http://service.example/served/x", "headers": { "apikey": "janes-key" } }),
        json!({ "url": "http://service.example/served/x", "headers": { "apikey": "janes-key", "User-Agent": "test" } }),
        json!({ "url": "http://service.example/served/x?apikey=janes-key", "headers": { "User-Agent": "bad" } }),
        json!({ "url": "http://service.example/served/x", "method": "OPTIONS", "headers": { "Origin": "http://x" } }),
        json!({ "url": "http://other/served/x" }),
    ];
    let explained: Vec<Value> = cases.iter().map(|asked| explain(&gateway, asked)).collect();
    let requests = |gateway: &Gateway| gateway.metric("apisix_http_requests_total");
    assert_eq!(upstream.received().len(), 0, "nothing was sent");
    let before = requests(&gateway);
    for asked in &cases {
        explain(&gateway, asked);
    }
    assert_eq!(requests(&gateway), before, "nothing was counted");
    for (asked, told) in cases.iter().zip(&explained) {
        let answer = send(&gateway, asked);
        let sent = upstream.received().len();
        match told["answer"]["status"].as_u64() {
            Some(status) => assert_eq!(u64::from(answer.status), status, "{asked}: {told}"),
            None => {
                assert_eq!(answer.status, 200, "{asked}: {told}\n{}", answer.text());
                let got = upstream.last();
                assert!(
                    sent > 0 && told["request"]["uri"].as_str() == got.line.split(' ').nth(1),
                    "{asked}: {told} {got:?}"
                );
                assert_eq!(told["request"]["headers"]["X-By"].as_str(), got.header("x-by"), "{asked}: {told}");
            }
        }
        assert_eq!(told["route_id"].as_str(), answer.header("x-route"), "{asked}: {told}\n{answer:?}");
    }
}

#[test]
fn each_candidate_says_why_it_is_not_the_one() {
    let upstream = Upstream::text("ok");
    let gateway = scene(&upstream);
    let of = |asked: Value| explain(&gateway, &asked);
    let pairs =
        |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();

    let told = of(json!({ "url": "/methods", "method": "GET" }));
    assert_eq!(candidates(&told), pairs(&[("posts", "method"), ("gets", ""), ("any", "priority")]));
    assert_eq!(told["candidates"][0]["detail"], "GET not in [POST]");
    assert_eq!(told["candidates"][2]["detail"], "everything holds, but gets goes before it");

    let told = of(json!({ "url": "http://a.example/host" }));
    assert_eq!(candidates(&told), pairs(&[("host", ""), ("wild", "priority")]));
    let told = of(json!({ "url": "http://other/host" }));
    let mut hosts = candidates(&told);
    hosts.sort();
    assert_eq!(hosts, pairs(&[("host", "host"), ("wild", "host")]));
    assert_eq!(told["answer"]["status"], 404);

    let told = of(json!({ "url": "/vars?env=test", "headers": { "X": "yes" } }));
    assert_eq!(candidates(&told), pairs(&[("vars", "vars"), ("else", "")]));
    assert_eq!(told["candidates"][0]["detail"], r#"["arg_env","==","prod"] does not hold: arg_env is "test""#);
    let told = of(json!({ "url": "/vars?env=prod" }));
    assert_eq!(told["candidates"][0]["detail"], r#"["http_x","~~","^y"] does not hold: http_x is absent"#);

    let told = of(json!({ "url": "/addr", "client_addr": "192.0.2.1" }));
    assert_eq!(told["candidates"][0]["detail"], "192.0.2.1 is not in remote_addrs");
    let told = of(json!({ "url": "/addr", "client_addr": "10.1.2.3:4" }));
    assert_eq!((&told["route_id"], &told["answer"]), (&json!("addr"), &Value::Null));

    let told = of(json!({ "url": "/off" }));
    assert_eq!(candidates(&told), pairs(&[("off", "status")]));
    let told = of(json!({ "url": "/plaid" }));
    assert_eq!(candidates(&told).first().map(|(id, on)| (&**id, &**on)), Some(("plain", "uri")));
}

#[test]
fn plugins_come_with_their_origin_and_the_consumer_with_how_it_was_found() {
    let upstream = Upstream::text("ok");
    let gateway = scene(&upstream);
    let told = explain(
        &gateway,
        &json!({ "url": "http://service.example/served/x?y=1", "headers": { "apikey": "janes-key", "User-Agent": "test" } }),
    );
    assert_eq!(told["consumer"], json!({ "username": "jane", "by": "key-auth", "credential": null, "group": "g1" }));
    let plugins: Vec<[&str; 4]> = told["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| ["name", "origin", "origin_id", "verdict"].map(|key| plugin[key].as_str().unwrap()))
        .collect();
    assert_eq!(
        plugins,
        [
            ["request-id", "global_rule", "r1", "pass"],
            ["proxy-rewrite", "route", "served", "pass"],
            ["cors", "service", "s1", "pass"],
            ["ip-restriction", "plugin_config", "c1", "pass"],
            ["ua-restriction", "consumer_group", "g1", "pass"],
            ["key-auth", "route", "served", "pass"],
            ["proxy-rewrite", "consumer", "jane", "skipped"],
            ["limit-count", "route", "served", "not tried"],
            ["response-rewrite", "route", "served", "later"],
        ],
        "{told:#}"
    );
    let by_name = |name: &str| told["plugins"].as_array().unwrap().iter().find(|p| p["name"] == name).unwrap().clone();
    assert_eq!(by_name("limit-count")["config"]["count"], 1000);
    assert_eq!(by_name("proxy-rewrite")["config"]["uri"], "/rewritten");
    assert_eq!((&told["service_id"], &told["upstream"]["id"]), (&json!("s1"), &json!("u1")));
    assert_eq!(told["upstream"]["nodes"][0]["addr"], upstream.node());
    assert_eq!(told["upstream"]["node"], upstream.node());
    assert_eq!(told["request"]["headers"]["apikey"], "***", "a key is shown to nobody: {told}");
    assert!(!told.to_string().contains("janes-key"), "{told}");

    let told = explain(&gateway, &json!({ "url": "http://service.example/served/x" }));
    assert_eq!((&told["answer"]["status"], &told["answer"]["by"]), (&json!(401), &json!("key-auth")));
    assert_eq!(
        told["plugins"].as_array().unwrap().iter().find(|p| p["name"] == "limit-count").unwrap()["verdict"],
        "not reached"
    );
    let told = explain(&gateway, &json!({ "url": "/nowhere" }));
    assert_eq!((&told["route_id"], &told["upstream"]), (&json!("nowhere"), &Value::Null));
}

#[test]
fn who_may_ask_and_what_may_be_asked() {
    let gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/org.acme.Orders/*", "vars": [["dubbo_version", "==", "2"]], "upstream": { "scheme": "dubbo", "nodes": { "127.0.0.1:1": 1 } } }));
    gateway.put("/routes/2", &json!({ "uri": "/p.S/M", "downstream_protocol": ["grpc"], "upstream": { "scheme": "grpc", "nodes": { "127.0.0.1:1": 1 } } }));
    gateway.put(
        "/routes/3",
        &json!({ "uri": "/ws", "downstream_protocol": ["websocket"], "upstream": { "nodes": { "127.0.0.1:1": 1 } } }),
    );
    let viewer = format!("{}-viewer", gateway.key());
    let asked = json!({ "url": "/p.S/M", "protocol": "grpc" }).to_string();
    let fields = [("X-API-KEY", &*viewer), ("Host", "localhost")];
    let answer =
        Client::connect(gateway.admin).request("POST", "/apisix/admin/live/explain", &fields, asked.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["route_id"], "2");
    let answer = Client::connect(gateway.admin).request("PUT", "/apisix/admin/routes/1", &fields, b"{}");
    assert_eq!(answer.status, 401, "a viewer still changes nothing");

    assert_eq!(explain(&gateway, &json!({ "url": "/p.S/M" }))["candidates"][0]["failed_on"], "protocol");
    assert_eq!(explain(&gateway, &json!({ "url": "/ws", "protocol": "websocket" }))["route_id"], "3");
    let call = |version: &str| json!({ "protocol": "dubbo", "dubbo": { "interface": "org.acme.Orders", "method": "find", "version": version } });
    assert_eq!(explain(&gateway, &call("2"))["route_id"], "1");
    let told = explain(&gateway, &call("1"));
    assert_eq!(told["candidates"][0]["detail"], r#"["dubbo_version","==","2"] does not hold: dubbo_version is "1""#);

    for (asked, says) in [
        (json!({}), "missing url"),
        (json!({ "url": "/", "headers": { "a": "b\r\nc: d" } }), "is no field"),
        (json!({ "url": "/", "client_addr": "x" }), "is no address"),
        (json!({ "url": "/", "port": 1 }), "no listener has 1"),
        (json!({ "uri": "/" }), "unknown field `uri`"),
    ] {
        let answer = gateway.call("POST", "/live/explain", Some(&asked));
        assert_eq!(answer.status, 400, "{asked}");
        assert!(answer.text().contains(says), "{asked}: {}", answer.text());
    }
    let told = explain(&gateway, &json!({ "url": "/", "method": "TRACE" }));
    assert_eq!((&told["answer"]["status"], &told["answer"]["reason"]), (&json!(405), &json!("TRACE")));
    let abilities = gateway.call("GET", "/live", None).json();
    assert!(abilities["abilities"].as_array().unwrap().contains(&json!("explain")), "{abilities}");
}

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("certificates/", $name))
    };
}

#[test]
fn over_tls_the_certificates_decide_as_they_do_of_a_request() {
    let upstream = Upstream::text("ok");
    let port = free_port();
    let ssl =
        json!({ "listen": [{ "ip": "127.0.0.1", "port": port, "enable_http2": false }], "fallback_sni": "one.test" });
    let gateway = Gateway::configured(json!({ "apisix": { "ssl": ssl } }));
    let https = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let client = json!({ "ca": pem!("ca.pem"), "skip_mtls_uri_regex": ["/open.*"] });
    gateway.put("/ssls/one", &json!({ "sni": "one.test", "cert": pem!("one.pem"), "key": pem!("one.key") }));
    gateway.put(
        "/ssls/two",
        &json!({ "sni": "two.test", "cert": pem!("two.pem"), "key": pem!("two.key"), "client": client }),
    );
    let plain = Tls::new();
    let known = Tls::showing(pem!("client.pem"), pem!("client.key"));
    for (sni, host, path, shows, status, reason) in [
        ("one.test", "one.test", "/", false, 200, ""),
        ("two.test", "two.test", "/", true, 200, ""),
        ("two.test", "two.test", "/", false, 400, "client certificate was not present"),
        ("two.test", "two.test", "/open/x", false, 200, ""),
        ("one.test", "two.test", "/", false, 421, "misdirected request: the TLS server name is another host's"),
        ("two.test", "one.test", "/", true, 200, ""),
    ] {
        let asked = json!({ "url": format!("https://{host}{path}"), "sni": sni, "client_cert": shows, "port": port });
        let told = explain(&gateway, &asked);
        assert_eq!(told["answer"]["status"].as_u64().unwrap_or(200), status, "{asked}: {told}");
        assert_eq!(told["answer"]["reason"].as_str().unwrap_or_default().split(" (").next(), Some(reason), "{told}");
        assert_eq!(told["route_id"].is_null(), status != 200, "{asked}: {told}");
        assert_eq!(told["candidates"][0]["route_id"], "1", "what it would be asked of is told: {told}");
        assert_eq!(told["tls"]["client_cert_shown"], shows, "{told}");
        let tls = if shows { &known } else { &plain };
        let mut client = tls.connect(https, Some(sni)).unwrap();
        let answer = client.request("GET", path, &[("Host", host)], b"");
        assert_eq!(u64::from(answer.status), status, "{asked}: {}", answer.text());
    }
    let told = explain(&gateway, &json!({ "url": "/", "sni": "", "port": port }));
    assert_eq!(told["tls"]["ssl_id"], "one", "who names nobody is shown what stands for it: {told}");
    assert!(plain.connect(https, None).is_ok());
    let told = explain(&gateway, &json!({ "url": "https://ONE.test:443/" }));
    assert_eq!((&told["tls"]["sni"], &told["tls"]["ssl_id"]), (&json!("one.test"), &json!("one")), "{told}");
}

#[test]
fn the_fields_that_tell_of_the_client_are_those_that_the_upstream_gets() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    let two = json!({ "type": "roundrobin", "pass_host": "node", "nodes": { (upstream.node()): 1, "127.0.0.1:1": 0 } });
    gateway.put("/routes/1", &json!({ "uri": "/a", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    gateway.put("/routes/2", &json!({ "uri": "/b", "upstream": two }));
    gateway.put(
        "/routes/3",
        &json!({ "uri": "/c", "plugins": {
            "proxy-rewrite": { "headers": { "set": { "X-Real-IP": "mine", "X-Forwarded-For": "10.0.0.1" } } } },
            "upstream": { "nodes": { (upstream.node()): 1 } } }),
    );
    for path in ["/a", "/c"] {
        let asked =
            json!({ "url": format!("http://shop.example{path}"), "headers": { "X-Forwarded-For": "10.9.9.9" } });
        let told = explain(&gateway, &asked);
        assert_eq!(send(&gateway, &asked).status, 200);
        let got = upstream.last();
        for name in ["X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port"] {
            let said = &told["request"]["headers"][name];
            assert_eq!(said.as_str(), got.header(&name.to_ascii_lowercase()), "{name}: {told}\n{got:?}");
        }
    }
    let told = explain(&gateway, &json!({ "url": "/b" }));
    assert_eq!(told["request"]["host"], Value::Null, "which node, and so which host, is open: {told}");
}
