use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::scene::Scene;

const EXPLAIN: &str = "/live/explain";

/// As the gateway answers.
fn told() -> Value {
    json!({
        "rev": 7, "listener": {"addr": "127.0.0.1:9080", "tls": false, "http2": true}, "tls": null, "protocol": "http1",
        "candidates": [
            {"route_id": "pay", "name": null, "uri": "/orders/pay", "matched": false, "failed_on": "vars",
             "detail": "[\"http_x_env\",\"==\",\"test\"] does not hold: http_x_env is absent"},
            {"route_id": "orders", "name": null, "uri": "/orders/*", "matched": true, "failed_on": null, "detail": null},
            {"route_id": "demo", "name": "demo", "uri": "/*", "matched": false, "failed_on": "priority",
             "detail": "everything holds, but orders goes before it"}],
        "more_candidates": 2, "route_id": "orders", "route_name": null, "service_id": "s1",
        "consumer": {"username": "jane", "by": "key-auth", "credential": null, "group": "g1"},
        "plugins": [
            {"name": "key-auth", "priority": 2500, "phases": ["rewrite"], "origin": "route", "origin_id": "orders",
             "config": {}, "verdict": "pass", "skipped": null},
            {"name": "limit-count", "priority": 1002, "phases": ["access"], "origin": "service", "origin_id": "s1",
             "config": {"count": 100, "time_window": 60}, "verdict": "not tried", "skipped": null},
            {"name": "cors", "priority": 4000, "phases": ["rewrite", "header_filter"], "origin": "global_rule",
             "origin_id": null, "config": null, "verdict": "skipped", "skipped": "its _meta.filter does not hold"}],
        "answer": null,
        "upstream": {"id": "demo-echo", "owner": "upstreams/demo-echo", "scheme": "http", "type": "roundrobin",
            "pass_host": "pass",
            "nodes": [{"addr": "127.0.0.1:46241", "host": "127.0.0.1", "weight": 1, "priority": 0, "healthy": true, "state": null}],
            "node": "127.0.0.1:46241", "error": null},
        "request": {"method": "GET", "uri": "/orders/pay", "host": "shop.example",
            "headers": {"apikey": "***", "X-Consumer-Username": "jane"}},
    })
}

fn refused() -> Value {
    json!({
        "rev": 7, "listener": {"addr": "0.0.0.0:9443", "tls": true, "http2": true},
        "tls": {"sni": "shop.example", "ssl_id": "1", "client_cert": true, "shut": false}, "protocol": "http2",
        "candidates": [], "more_candidates": 0, "route_id": null, "route_name": null, "service_id": null, "consumer": null,
        "plugins": [], "answer": {"status": 404, "by": null, "body": "{\"error_msg\":\"404 Route Not Found\"}\n"},
        "upstream": null, "request": {"method": "POST", "uri": "/x", "host": "shop.example", "headers": {}},
    })
}

fn explaining(answers: &[Value]) -> Fake {
    let fake = Fake::start();
    let answers: Vec<(u16, String)> = answers.iter().map(|answer| (200, answer.to_string())).collect();
    let answers: Vec<(u16, &str)> = answers.iter().map(|(status, text)| (*status, text.as_str())).collect();
    fake.script("POST", EXPLAIN, &answers);
    fake
}

#[test]
fn a_page_for_people() {
    let fake = explaining(&[told(), refused(), told(), told()]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "trace GET http://shop.example/orders/pay -H apikey:janes-key",
        "trace https://shop.example/x --http2 -d {} --client 10.1.2.3",
        "trace /orders/pay -o jq=.route_id",
        "trace /orders/pay -o name",
    ]));
    assert_snapshot!("narrow", Scene::at(&fake).terminal(60).run("trace /orders/pay").text);
}

/// The questions that the gateway is asked.
#[test]
fn what_is_asked() {
    let lines = [
        "trace GET /x?a=1 -H a:1 -H a:2",
        "trace POST shop.example/x -d {\"a\":1} --client 10.1.2.3 --port 9443 --sni other.example",
        "trace curl -X PUT https://h/x -H 'k: v' --data-raw {} --http2",
        "trace --grpc shop.Orders/Find",
        "trace http://h --grpc shop.Orders/Find",
        "trace --dubbo org.acme.Orders/1.0/blue find --attachment k=v",
        "trace /chat --protocol websocket",
    ];
    let fake = explaining(&vec![told(); lines.len()]);
    for line in lines {
        let words: Vec<String> = line.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect();
        let joined = line.contains('\'').then(|| {
            let mut words = words.clone();
            let at = words.iter().position(|word| word == "k:").unwrap();
            words.splice(at..=at + 1, ["k: v".to_owned()]);
            words
        });
        let words = joined.unwrap_or(words);
        let seen = Scene::at(&fake).run_words(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(seen.code, 0, "{}", seen.text);
    }
    assert_snapshot!(fake.asked().join("\n"));
}

#[test]
fn what_cannot_be_traced() {
    let fake = Fake::start();
    fake.script(
        "POST",
        EXPLAIN,
        &[
            (404, r#"{"error_msg":"Unsupported resource type: live"}"#),
            (400, r#"{"error_msg":"port: no listener has 1"}"#),
        ],
    );
    assert_snapshot!(Scene::at(&fake).runs(&[
        "trace /x",
        "trace /x --port 1",
        "trace",
        "trace GET",
        "trace /x --stream 9000",
        "trace --dubbo org.acme.Orders",
        "trace /x --dubbo org.acme.Orders find",
        "trace --grpc Find",
        "trace curl --proxy p /x",
        "trace /x -H bad",
        "trace /x -d @/no/such/file",
    ]));
}

#[test]
fn it_can_be_sent_too() {
    let fake = explaining(&[told(), told()]);
    let gateway = format!("http://{}", fake.address);
    let scene = Scene::at(&fake).env("GATEWAYCTL_GATEWAY", &gateway);
    let seen = scene.run("trace --send http://shop.example/orders/pay -H apikey:janes-key");
    assert!(seen.code == 0 && seen.stdout.contains("HTTP/1.1 200, 7 bytes in"), "{}", seen.text);
    let seen = scene.run("trace --send /orders/pay -o json");
    let document: Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!((&document["sent"]["status"], &document["sent"]["body"]), (&json!(200), &json!("metrics")));
    assert_eq!(document["route_id"], json!("orders"));
    let heads = fake.heads();
    let sent: Vec<&String> = heads.iter().filter(|head| head.starts_with("GET /orders/pay HTTP/1.1\r\n")).collect();
    assert!(sent.len() == 2 && sent[0].contains("host: shop.example\r\n"), "{heads:?}");
    // The admin key is for the Admin API alone.
    assert!(!sent.iter().any(|head| head.to_lowercase().contains("x-api-key")), "{heads:?}");
}

/// Where nobody answers it is explained all the same.
#[test]
fn what_cannot_be_sent_is_explained() {
    let mut answered = told();
    answered["answer"] = json!({"status": 401, "by": "key-auth", "body": "no"});
    let fake = explaining(&[answered, told()]);
    let scene = Scene::at(&fake).env("GATEWAYCTL_GATEWAY", "http://127.0.0.1:1");
    let seen = scene.run("trace --send http://shop.example/orders");
    assert!(seen.code == 6 && seen.stdout.contains("401 by key-auth"), "{}", seen.text);
    assert!(
        !seen.stdout.contains("forwards") && seen.stderr.contains("cannot connect to 127.0.0.1:1"),
        "{}",
        seen.text
    );
    let seen = scene.run("trace --send http://shop.example/orders -o json");
    let document: Value = serde_json::from_str(&seen.stdout).unwrap();
    assert!(seen.code == 6 && document["route_id"] == "orders" && document.get("sent").is_none(), "{}", seen.text);

    for url in ["ftp://x/orders", "http://"] {
        let seen = scene.run(&format!("trace {url}"));
        assert!(seen.code == 2 && seen.stderr.contains("is no URL"), "{}", seen.text);
    }
}

/// A gateway's URL of one scheme, and a request of the other: the gateway tells where that goes.
#[test]
fn each_scheme_has_its_listener() {
    let fake = Fake::start();
    let port = fake.address.port();
    let listeners = json!({"listeners": [
        {"name": "proxy", "addr": format!("0.0.0.0:{port}"), "scheme": "http"},
        {"name": "proxy", "addr": "0.0.0.0:2", "scheme": "https"},
    ]});
    let info = listeners.to_string();
    fake.script("GET", "/live/info", &[(200, info.as_str()); 3]);
    let scene = Scene::at(&fake).env("GATEWAYCTL_GATEWAY", &format!("http://127.0.0.1:{port}"));
    for line in ["test https://shop.example/", "bench https://shop.example/ -n 1"] {
        let seen = scene.run(line);
        assert!(seen.code == 6 && seen.stderr.contains("cannot connect to 127.0.0.1:2:"), "{}", seen.text);
    }
    let scene = scene.env("GATEWAYCTL_GATEWAY", "https://127.0.0.1:2");
    let seen = scene.run("test http://shop.example/");
    assert!(seen.code == 0, "{}", seen.text);
}

/// With a tap it is told what each plugin took.
#[test]
fn what_the_gateway_saw() {
    let fake = explaining(&[refused()]);
    let row = json!({
        "id": "1", "route": {"id": "orders"}, "upstream": {"node": "127.0.0.1:46241", "tries": 2, "connect_ms": 0.2},
        "ms": {"total": 4.2, "upstream": 3.6, "gateway": 0.6}, "error": null,
        "plugins": [{"name": "key-auth", "phase": "rewrite", "ms": 0.05, "verdict": "pass"}],
    });
    fake.script("GET", "/live/tap", &[(200, &format!("{row}\n"))]);
    let seen = Scene::at(&fake).env("GATEWAYCTL_GATEWAY", &format!("http://{}", fake.address)).run("trace --send /x");
    let told = seen.stdout.split_once("took ").map(|(_, told)| told.to_owned()).unwrap_or_default();
    assert_snapshot!(told);
    let heads = fake.heads().join("");
    assert!(heads.contains("x-gatewayctl-trace: "), "{heads}");
}

/// A path alone is explained with the host that it is sent with.
#[test]
fn one_host_is_explained_and_sent() {
    let fake = explaining(&[told(), told(), told()]);
    let port = fake.address.port();
    let info =
        json!({"listeners": [{"name": "proxy", "addr": format!("0.0.0.0:{port}"), "scheme": "http"}]}).to_string();
    fake.script("GET", "/live/info", &[(200, &info), (200, &info), (200, &info)]);
    let scene = Scene::at(&fake);
    for (line, url) in [
        ("trace --send /orders?a=b", format!("http://127.0.0.1:{port}/orders?a=b")),
        ("trace /orders -H Host:shop.example", "/orders".to_owned()),
        ("trace http://shop.example/orders", "http://shop.example/orders".to_owned()),
    ] {
        let seen = scene.run(line);
        assert_eq!(seen.code, 0, "{}", seen.text);
        let asked = fake.asked().into_iter().rfind(|asked| asked.starts_with("POST /live/explain")).unwrap();
        assert!(asked.contains(&format!("\"url\":\"{url}\"")), "{line}: {asked}");
    }
    let host = format!("host: 127.0.0.1:{port}\r\n");
    assert!(
        fake.heads().iter().any(|head| head.starts_with("GET /orders?a=b ") && head.contains(&host)),
        "{:?}",
        fake.heads()
    );
}

/// What a request is shown as has no secrets, and an answer that explains nothing is an error.
#[test]
fn secrets_of_a_request_and_answers_of_nothing() {
    let fake = explaining(&[told(), json!([]), json!({})]);
    let scene = Scene::at(&fake);
    let seen = scene.run("trace /x?apikey=LEAKED&a=1 -v");
    assert!(seen.stdout.contains("GET /x?apikey=********&a=1"), "{}", seen.text);
    assert!(!seen.stdout.contains("LEAKED") && !seen.stderr.contains("LEAKED"), "{}", seen.text);
    for _ in 0..2 {
        let seen = scene.run("trace /x");
        assert!(seen.code == 7 && seen.stderr.contains("explains nothing"), "{}", seen.text);
    }
}

/// Whatever host and port a URL names, nobody but the gateway is connected to.
#[test]
fn the_gateway_is_asked_whatever_a_url_names() {
    let fake = Fake::start();
    let scene = Scene::at(&fake).env("GATEWAYCTL_GATEWAY", &format!("http://{}", fake.address));
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let other = elsewhere.local_addr().unwrap();
    for (url, host) in [
        ("http://198.51.100.7/there".to_owned(), "198.51.100.7".to_owned()),
        ("http://5/there".to_owned(), "0.0.0.5".to_owned()),
        (format!("http://shop.example:{}/there", other.port()), format!("shop.example:{}", other.port())),
        (format!("http://{other}/there"), other.to_string()),
        (format!("http://localhost:{}/there", other.port()), format!("localhost:{}", other.port())),
    ] {
        let seen = scene.run(&format!("test {url}"));
        assert_eq!(seen.code, 0, "{url}: {}", seen.text);
        let head = fake.heads().into_iter().rfind(|head| head.starts_with("GET /there ")).unwrap();
        assert!(head.contains(&format!("host: {host}\r\n")), "{url}: {head}");
    }
    elsewhere.set_nonblocking(true).unwrap();
    assert!(elsewhere.accept().is_err(), "somebody else was connected to");
    let seen = scene.run("test http://198.51.100.7/ --http2-prior-knowledge");
    assert!(seen.code == 2 && seen.stderr.contains("is not the gateway's address"), "{}", seen.text);
}
