//! `gatewayctl traffic` on a real gateway: rates, the table that goes on, and single requests in every form; and of a server without
//! the live endpoints, from its metrics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_tests::{Client, Ctl, Gateway, Upstream, wait_for};
use serde_json::{Value, json};

fn scene(upstream: &Upstream) -> (Gateway, Ctl) {
    let gateway = Gateway::start();
    gateway.put("/upstreams/u1", &json!({ "nodes": { (upstream.node()): 1 } }));
    gateway.put("/routes/orders", &json!({ "name": "Orders", "uri": "/orders/*", "upstream_id": "u1" }));
    gateway.put("/routes/lost", &json!({ "uri": "/lost", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    gateway.put("/global_rules/1", &json!({ "plugins": { "prometheus": {} } }));
    let ctl = Ctl::of(&gateway);
    (gateway, ctl)
}

fn get(gateway: &Gateway, path: &str) -> u16 {
    let fields = [("Host", "shop.example"), ("X-Color", "it's"), ("Authorization", "Bearer hush")];
    Client::connect(gateway.proxy).request("GET", path, &fields, b"").status
}

/// Does something while requests pass.
fn busy<T>(gateway: &Gateway, act: impl FnOnce() -> T) -> T {
    let over = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!((get(gateway, "/orders/7"), get(gateway, "/lost")), (200, 502));
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        });
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        over.store(true, Ordering::Relaxed);
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn run(ctl: &Ctl, line: &str) -> Output {
    ctl.run(&line.split(' ').collect::<Vec<&str>>(), "")
}

fn ok(ctl: &Ctl, line: &str) -> String {
    ctl.ok(&line.split(' ').collect::<Vec<&str>>(), "")
}

fn rows(text: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(text).unwrap();
    document["items"].as_array().unwrap().clone()
}

#[test]
fn stat_counts_a_window_by_all_that_it_can_be_about() {
    let upstream = Upstream::text("hello");
    let (gateway, ctl) = scene(&upstream);
    busy(&gateway, || {
        let table = ok(&ctl, "traffic stat --window 1s");
        assert!(table.contains("ROUTE") && table.contains("orders") && table.contains("100.00%"), "{table}");
        let node = upstream.node();
        for (by, id) in
            [("route", "orders"), ("upstream", "u1"), ("node", &node), ("status", "200"), ("protocol", "http1")]
        {
            let found = rows(&ok(&ctl, &format!("traffic stat {by} --window 1s -o json")));
            let row = found.iter().find(|row| row["id"].to_string().trim_matches('"') == id);
            let row = row.unwrap_or_else(|| panic!("{by} {id}: {found:?}"));
            assert!(row["rps"].as_f64().unwrap() > 0.0 && row["p99"].is_number(), "{row}");
        }
        let one = rows(&ok(&ctl, "traffic stat route lost --window 1s -o json"));
        assert_eq!((one.len(), &one[0]["err"]), (1, &json!(1.0)), "{one:?}");
    });
    let wrong = run(&ctl, "traffic stat rotue");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("route"));
}

#[test]
fn top_goes_on_until_it_was_often_enough() {
    let upstream = Upstream::text("hello");
    let (gateway, ctl) = scene(&upstream);
    busy(&gateway, || {
        let tables = ok(&ctl, "traffic top --interval 300ms --count 2");
        assert_eq!(tables.matches("ROUTE").count(), 2, "{tables}");
        let lines = ok(&ctl, "traffic top upstream --interval 300ms --count 2 -o ndjson");
        let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(told.len(), 2);
        assert!(told[1]["by"]["upstream"].as_array().unwrap().iter().any(|row| row["id"] == "u1"), "{lines}");
    });
}

/// What a tap prints of some requests that are sent once it listens.
fn tapped(gateway: &Gateway, ctl: &Ctl, line: &str, paths: &[&str]) -> String {
    let mut words = vec!["traffic", "tap"];
    words.extend(line.split(' '));
    let child: Child = ctl.spawn(&words, "");
    let over = AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            // The tap tells of what ends once it listens: until it has had enough, more is sent.
            while !over.load(Ordering::Relaxed) {
                for path in paths {
                    get(gateway, path);
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
        let output = child.wait_with_output().unwrap();
        over.store(true, Ordering::Relaxed);
        output
    });
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn single_requests_as_a_table_lines_an_archive_and_lines_of_curl() {
    let upstream = Upstream::text("hello");
    let (gateway, ctl) = scene(&upstream);
    let paths = ["/orders/7?x=1", "/lost", "/nowhere"];
    let table = tapped(&gateway, &ctl, "--route orders --count 2", &paths);
    assert!(table.contains("/orders/7?x=1") && !table.contains("/lost"), "{table}");
    let lines = tapped(&gateway, &ctl, "--status 5xx --where upstream.tries>=1 --count 2 -o ndjson", &paths);
    let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 2, "{lines}");
    assert!(told.iter().all(|row| row["status"] == 502 && row["route"]["id"] == "lost"), "{lines}");

    let har = tapped(&gateway, &ctl, "--route orders --headers --body 4KiB --count 2 -o har", &paths);
    let har: Value = serde_json::from_str(&har).unwrap();
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!((&har["log"]["version"], entries.len()), (&json!("1.2"), 2), "{har}");
    let entry = &entries[0];
    assert_eq!(entry["request"]["method"], "GET", "{entry}");
    assert!(entry["request"]["url"].as_str().unwrap().ends_with("shop.example/orders/7?x=1"), "{entry}");
    assert_eq!((&entry["response"]["status"], &entry["response"]["content"]["text"]), (&json!(200), &json!("hello")));
    assert!(
        entry["startedDateTime"].is_string() && entry["time"].is_number() && entry["timings"].is_object(),
        "{entry}"
    );
    assert!(!har.to_string().contains("hush"), "credentials are masked: {har}");

    let curl = tapped(&gateway, &ctl, "--route orders --headers --count 1 -o curl", &paths);
    assert!(curl.starts_with("curl ") && curl.contains("/orders/7?x=1") && !curl.contains("hush"), "{curl}");
    // A shell reads it as it was: quotes and all.
    let words =
        std::process::Command::new("sh").arg("-c").arg(curl.replacen("curl", "printf '%s\\n'", 1)).output().unwrap();
    let words: Vec<String> = BufReader::new(&*words.stdout).lines().map(Result::unwrap).collect();
    assert!(words.iter().any(|word| word.eq_ignore_ascii_case("x-color: it's")), "{curl}: {words:?}");
    let wrong = run(&ctl, "traffic tap --status x --count 1");
    assert_eq!(wrong.status.code(), Some(5), "{}", String::from_utf8_lossy(&wrong.stderr));
}

#[test]
fn a_server_without_live_stats_is_counted_from_its_metrics() {
    let upstream = Upstream::text("hello");
    let (gateway, ctl) = scene(&upstream);
    let body = r#"{"error_msg":"Unsupported resource type: live"}"#;
    let stock = Upstream::answering(format!("HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    let server = format!("http://{}", stock.addr);
    let like = |line: &str| run(&ctl, &format!("--server {server} {line}"));
    busy(&gateway, || {
        let output = like("traffic stat --window 1s -o json");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stderr).contains("no live/stats"), "it is said");
        let found = rows(&String::from_utf8_lossy(&output.stdout));
        let row = |id: &str| found.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id}: {found:?}"));
        assert!(row("orders")["rps"].as_f64().unwrap() > 0.0 && row("orders")["p99"].is_number(), "{found:?}");
        assert_eq!((&row("orders")["err"], &row("lost")["err"]), (&json!(0.0), &json!(1.0)), "{found:?}");
        assert!(row("orders")["tx_bps"].as_f64().unwrap() > 0.0, "{found:?}");
        let output = like("traffic top status --interval 500ms --count 2");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tables = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(tables.matches("STATUS").count() == 2 && tables.contains("502"), "{tables}");
    });
    let upstreams = like("traffic stat upstream --window 1s");
    assert_eq!(upstreams.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&upstreams.stderr).contains("route, service, node, consumer, status"));
    let nothing = like("--metrics http://127.0.0.1:1/ traffic stat --window 1s");
    assert_eq!(nothing.status.code(), Some(7));
    assert!(
        String::from_utf8_lossy(&nothing.stderr).contains("--metrics URL"),
        "{}",
        String::from_utf8_lossy(&nothing.stderr)
    );
    let tap = like("traffic tap --count 1");
    assert!(String::from_utf8_lossy(&tap.stderr).contains("no live/tap"));
}

/// Who stops reading ends what would go on, also where nothing comes any more.
#[test]
fn what_goes_on_ends_with_its_reader() {
    let upstream = Upstream::text("hello");
    let (_gateway, ctl) = scene(&upstream);
    let log = tempfile::NamedTempFile::new().unwrap();
    let file = log.path().display().to_string();
    for words in [
        &["traffic", "tap"][..],
        &["get", "routes", "-w"],
        &["logs", "-f"],
        &["logs", "-f", "--file", &file],
        &["events", "-f"],
        &["ping", "--count", "60000", "--interval", "1h"],
    ] {
        let mut child = ctl.spawn(words, "");
        drop(child.stdout.take());
        let ended = wait_for("it ends", || child.try_wait().unwrap());
        assert_eq!(ended.code(), Some(141), "{words:?}");
    }
}
