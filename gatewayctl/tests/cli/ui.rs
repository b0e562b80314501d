use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::scene::Scene;

/// 2026-11-24 20:03:07 UTC.
const NOW_MS: u64 = 1_795_550_587_000;

/// A recording of a small gateway.
fn recording() -> String {
    let line = |source: &str, value: Value| json!({"source": source, "at_ms": NOW_MS, "value": value}).to_string();
    let stats = json!({"instance": "a", "window_ms": 1000, "conn": {"active": 3, "by": {"http1": 3}},
        "req": {"rps": 42.0, "codes": {"2xx": 40, "5xx": 2}, "latency_ms": {"p50": 1.0, "p95": 2.0, "p99": 3.0, "max": 4.0},
                "hist": {"le_ms": [1, 10, 100], "n": [30, 10, 2, 0]}},
        "by": {"route": [{"id": "hello", "name": "hello", "rps": 42.0, "err": 0.05, "p50": 1.0, "p99": 3.0}]}});
    let route = json!({"id": "hello", "name": "hello", "uri": "/hello", "upstream_id": "u1", "modifiedIndex": 7});
    [
        line("link", json!({"state": "up", "live": true})),
        line("info", json!({"version": "0.3.0", "uptime_s": 60, "instance_id": "a", "config": {"revision": 7, "applied_revision": 7}})),
        line("stats", stats),
        line("list/routes", json!([route])),
        line("list/services", json!([])),
        line("list/upstreams", json!([{"id": "u1", "nodes": {"10.0.0.5:80": 1}, "modifiedIndex": 6}])),
        line("list/plugin-configs", json!([])),
        line("list/global-rules", json!([])),
        line("nodes", json!([{"owner": "upstreams/u1", "addr": "10.0.0.5:80", "weight": 1, "state": "unhealthy"}])),
        line("certs", json!([])),
        line("plugins", json!({})),
        line("history", json!([{"rev": 7, "ts": NOW_MS / 1_000 - 60, "op": "create", "resource": "routes", "id": "hello", "by": {"key": "admin"}}])),
    ]
    .join("\n")
}

#[test]
fn a_screen_as_text() {
    let scene = Scene::alone().env("LANG", "C.UTF-8").env("GATEWAYCTL_KEY", "x");
    scene.file("seen.ndjson", &recording());
    assert_snapshot!(scene.runs(&[
        "ui --replay ~/seen.ndjson --snapshot overview 80x24",
        "ui --replay ~/seen.ndjson --snapshot routes 80x24 --ascii",
    ]));
}

/// The section `tui` of the configuration file: looks, and the keys that the help shows.
#[test]
fn as_the_configuration_file_says() {
    let scene = Scene::alone().env("LANG", "C.UTF-8").env("GATEWAYCTL_KEY", "x");
    scene.file("seen.ndjson", &recording());
    let runs = |tui: &str| {
        scene.file(".config/gatewayctl/config.yaml", &format!("tui: {tui}\n"));
        scene.run("ui --replay ~/seen.ndjson --snapshot routes 200x24")
    };
    let seen = runs("{ theme: nord, keys: { explain: [F2, ctrl-x], filter: '%' } }");
    assert!(seen.stdout.contains("F2 explain") && seen.stdout.contains("% filter"), "{seen:?}");
    let seen = runs("{ keys: { explain: t } }");
    assert!(seen.code == 2 && seen.stderr.contains("explain") && seen.stderr.contains("tap"), "{seen:?}");
    let seen = runs("{ keys: { explian: t } }");
    assert!(seen.code == 2 && seen.stderr.contains("did you mean \"explain\"?"), "{seen:?}");
    assert!(runs("{ theme: nrod }").stderr.contains("nord"));
}

#[test]
fn mistakes() {
    let scene = Scene::alone().env("GATEWAYCTL_KEY", "x");
    assert_snapshot!(scene.runs(&[
        "ui",
        "ui --snapshot overviw 80x24",
        "ui --snapshot overview 80",
        "ui --snapshot overview 80x24 --theme nrod",
        "ui --replay ~/nothing.ndjson --snapshot overview 80x24",
    ]));
}

/// A recording is of the server that it was made of, whatever the reader's own is.
#[test]
fn a_recording_says_what_server_it_is_of() {
    let scene = Scene::alone().env("LANG", "C.UTF-8").env("GATEWAYCTL_KEY", "x");
    let config = "current-context: two\ncontexts:\n  - { name: two, server: 'http://10.9.9.9:1', color: red }\n";
    scene.file(".config/gatewayctl/config.yaml", config);
    let first = json!({"at_ms": NOW_MS, "source": "link",
        "value": {"state": "connecting", "context": "theirs", "server": "127.0.0.1:31803"}});
    scene.file("named.ndjson", &format!("{first}\n{}", recording()));
    scene.file("old.ndjson", &recording());
    for (name, shown) in [("named", "theirs  127.0.0.1:31803"), ("old", "old.ndjson")] {
        let seen = scene.run(&format!("ui --replay ~/{name}.ndjson --snapshot overview 100x24"));
        let head = seen.stdout.lines().next().unwrap_or_default();
        assert!(head.contains(shown) && !head.contains("two") && !head.contains("10.9.9.9"), "{seen:?}");
    }
}
