use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::scene::Scene;

const TAP: &str = "/live/tap";
const STATS: &str = "/live/stats";

fn request(id: &str, status: u16, path: &str) -> Value {
    json!({
        "id": id, "ts": 1_795_491_389.131, "protocol": "http1", "client": "10.1.2.3:51022", "tls": null, "method": "GET",
        "host": "api.example", "path": path, "status": status, "grpc_status": null, "dubbo": null,
        "route": {"id": "1", "name": "hello"}, "service": "s1", "consumer": "joe",
        "upstream": {"id": "u1", "node": "10.0.0.5:8080", "status": status, "tries": 1, "connect_ms": 0.2},
        "ms": {"total": 4.2, "upstream": 3.6, "gateway": 0.6}, "rx": 312, "tx": 2048,
        "plugins": [{"name": "key-auth", "phase": "access", "ms": 0.05, "verdict": "pass"},
                    {"name": "limit-count", "phase": "access", "ms": 0.02, "verdict": "exit 429"}],
        "error": null, "req_headers": {"accept": "*/*", "apikey": "***", "x-it": "it's"},
        "resp_headers": {"content-type": "text/plain"}, "req_body": null, "resp_body": "hi\n",
    })
}

fn tapping(times: usize) -> Fake {
    let fake = Fake::start();
    let mut post = request("c3", 201, "/orders");
    post["method"] = "POST".into();
    post["protocol"] = "http2".into();
    post["req_body"] = "{\"a\":\n1}".into();
    post["route"] = Value::Null;
    post["upstream"] = Value::Null;
    let rows =
        [request("a1", 200, "/users/7?x=1"), json!({"dropped": 12}), request("b2", 503, "/users/\u{1b}[2J"), post];
    let body = rows.map(|row| format!("{row}\n")).concat();
    fake.script("GET", TAP, &vec![(200, body.as_str()); times]);
    fake
}

#[test]
fn requests_as_they_end() {
    let lines = [
        "traffic tap",
        "traffic tap -o wide --columns time,status,service,plugins,error",
        "traffic tap --where status>=500 -o ndjson",
        "traffic tap --count 1 -o name",
        "traffic tap --headers --body 4KiB -o curl",
        "traffic tap --headers -o har --count 2",
        "traffic tap --where upstream.node=='x' -o har --quiet",
    ];
    let fake = tapping(lines.len());
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

#[test]
fn filters_are_asked_of_the_gateway() {
    let fake = tapping(2);
    let scene = Scene::at(&fake);
    scene.run(
        "traffic tap --route a,b --service s --upstream u --node n:1 --consumer c --method GET --host *.example --path /a/* \
         --status 5xx,429 --client 10.0.0.0/8 --protocol grpc -H x-y:z --min-latency 200ms --sample 0.1 --max-rps 7 --count 3 \
         --duration 30s --headers --body 1k",
    );
    scene.run("traffic tap --count 1 --where status>1");
    assert_snapshot!(fake.asked().join("\n"));
}

#[test]
fn taps_that_cannot_be() {
    let fake = Fake::start();
    fake.script(
        "GET",
        TAP,
        &[
            (404, r#"{"error_msg":"Unsupported resource type: live"}"#),
            (400, r#"{"error_msg":"invalid argument status: should be statuses: 429, 5xx, 400-499"}"#),
            (403, r#"{"error_msg":"headers and bodies are shown to the role admin only"}"#),
            (503, r#"{"error_msg":"there are 32 streams"}"#),
        ],
    );
    assert_snapshot!(Scene::at(&fake).runs(&[
        "traffic tap",
        "traffic tap --status x",
        "traffic tap --headers",
        "traffic tap",
        "traffic tap --where status>",
        "traffic tap --body 1MiB",
        "traffic tap --sample 2",
        "traffic tap -o junit",
        "traffic",
    ]));
}

fn stats() -> String {
    let row = |id: &str, name: Option<&str>, rps: f64, err: f64| {
        json!({"id": id, "name": name, "rps": rps, "n": 80, "err": err, "codes": {"2xx": 70, "4xx": 5, "5xx": 5},
            "p50": 1.25, "p90": 3.5, "p95": 6.0, "p99": 22.44, "max": 140.0, "rx_bps": 100.0, "tx_bps": 4_000_000.0})
    };
    let node = json!({"id": "10.0.0.5:8080", "name": null, "upstream": "upstreams/u1", "rps": 8.0, "n": 80, "err": 0.0,
        "codes": {"4xx": 0, "5xx": 0}, "p50": null, "p90": null, "p95": null, "p99": null, "max": null, "rx_bps": 1.0, "tx_bps": 2.0});
    json!({
        "ts": 1_795_491_389.1, "instance": "a1", "rev": 4711, "window_ms": 10_000, "conn": {"active": 120},
        "req": {"rps": 1234.0, "active": 17, "codes": {"4xx": 25, "5xx": 5}, "latency_ms": {"p50": 1.1, "p99": 22.4}},
        "by": {"route": [row("hello", None, 8.0, 0.0), row("orders", Some("Orders"), 12.345, 0.0625), row("", None, 0.5, 1.0)],
               "node": [node], "consumer": []},
    })
    .to_string()
}

#[test]
fn a_table_of_a_window() {
    let fake = Fake::start();
    let answer = stats();
    fake.script("GET", STATS, &vec![(200, answer.as_str()); 9]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "traffic stat",
        "traffic stat routes orders --window 1m -o wide",
        "traffic stat node",
        "traffic stat consumers",
        "traffic stat --sort-by name -o csv",
        "traffic stat -o jq=.items[0].id --sort-by errors",
        "traffic stat frogs",
        "traffic stat --sort-by size",
        "traffic stat --window x",
    ]));
    assert_snapshot!("asked", fake.asked().join("\n"));
}

#[test]
fn tables_one_after_another() {
    let fake = Fake::start();
    let answer = format!("{}\n{}\n", stats(), stats());
    fake.script(
        "GET",
        STATS,
        &[
            (200, answer.as_str()),
            (200, answer.as_str()),
            (200, answer.as_str()),
            (404, r#"{"error_msg":"Unsupported resource type: live"}"#),
        ],
    );
    assert_snapshot!(Scene::at(&fake).runs(&[
        "traffic top --count 2 --interval 100ms",
        "traffic top nodes --count 1 -o name",
        "traffic top --count 1 -o ndjson",
        "traffic top",
    ]));
}

#[test]
fn what_is_not_there_is_said() {
    let fake = Fake::with_objects();
    let row = request("a1", 200, "/x").to_string() + "\n";
    fake.script("GET", TAP, &[(200, row.as_str()), (200, ""), (200, row.as_str()), (200, "")]);
    let scene = Scene::at(&fake);
    for (line, code, said) in [
        ("traffic tap --route hello,ordrs", 3, "--route: there is no route \"ordrs\"\nhint: did you mean \"orders\"?"),
        ("traffic tap --service shop", 3, "the id of the service of this name is \"s1\""),
        ("traffic tap --consumer bobby", 3, "there is no consumer \"bobby\""),
        ("traffic tap --protocol htt", 2, "there is no protocol \"htt\"\nhint: did you mean"),
        ("traffic stat route hello ordrs", 3, "there is no route \"ordrs\"\nhint: did you mean \"orders\"?"),
        ("traffic top upstreams u2", 3, "did you mean \"u1\"?"),
        ("traffic stat protocols htt2", 2, "did you mean \"http2\"?"),
    ] {
        let seen = scene.run(line);
        assert_eq!((seen.code, seen.stderr.contains(said)), (code, true), "{line}: {}", seen.text);
    }
    assert!(!fake.asked().iter().any(|asked| asked.contains("/live/")), "{:?}", fake.asked());

    let seen = scene.run_words(&["traffic", "tap", "--where", "upstrem.tries > 1"]);
    assert!(seen.stderr.contains("no request has a field \"upstrem\"; did you mean \"upstream\"?"), "{}", seen.text);
    assert!(seen.stderr.contains("0 of 1 requests matched --where"), "{}", seen.text);
    let seen = scene.run("traffic tap --route hello --upstream routes/inline");
    assert!(seen.code == 6 && seen.stderr.contains("no request was told of"), "{}", seen.text);
    assert!(seen.stderr.contains("error: the gateway has ended the stream"), "{}", seen.text);
    // What was asked for is no such end.
    let seen = scene.run("traffic tap --count 1");
    assert_eq!(seen.code, 0, "{}", seen.text);
    fake.takes(std::time::Duration::from_millis(5));
    let seen = scene.run("traffic tap --duration 1ms");
    assert!(seen.code == 0 && seen.stderr.contains("no request was told of"), "{}", seen.text);
}
