use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn references_and_whether_they_failed() {
    let fake = Fake::with_objects();
    fake.hold("secrets/vault/1", json!({"id":"vault/1","uri":"http://v","prefix":"kv","token":"t"}));
    fake.hold("consumers/eve", json!({"username":"eve","plugins":{"key-auth":{"key":"$secret://vault/1/eve/key"}}}));
    fake.hold("routes/r", json!({"id":"r","uri":"/r","plugins":{"csrf":{"key":"$secret://vault/1/csrf"}}}));
    let logs = r#"{"logs":[{"ts":1700003600,"level":"error","target":"t","msg":"m","fields":{"reference":"$secret://vault/1/csrf","error":"no connection"}}]}"#;
    fake.script("GET", "/live/logs", &[(200, logs), (200, r#"{"logs":[]}"#)]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "secrets test vault/1",
        "secrets test vault/1 -o json",
        "secrets test vault/2",
        "secrets test vault"
    ]));
    assert_snapshot!(Scene::at(&fake).run("secrets test vault/1").text);
}

#[test]
fn failures_of_the_past_are_none() {
    let line = |ts: u64, level: &str, name: &str| {
        format!(
            r#"{{"ts":{ts},"level":"{level}","target":"t","msg":"m","fields":{{"reference":"$secret://vault/1/{name}","error":"no connection"}}}}"#
        )
    };
    let fake = Fake::with_objects();
    fake.hold(
        "secrets/vault/1",
        json!({"id":"vault/1","uri":"http://v","prefix":"kv","token":"t","update_time":1_700_000_500}),
    );
    // Resolved again; failed before the manager was put; failing.
    for id in ["again", "before", "failing"] {
        let key = format!("$secret://vault/1/{id}");
        fake.hold(&format!("routes/{id}"), json!({"id":id,"uri":"/r","plugins":{"csrf":{"key":key}}}));
    }
    let lines = [
        line(1_700_000_400, "error", "before"),
        line(1_700_000_600, "error", "again"),
        line(1_700_000_700, "warn", "again"),
        line(1_700_000_900, "error", "failing"),
    ];
    fake.script("GET", "/live/logs", &[(200, &format!(r#"{{"logs":[{}]}}"#, lines.join(",")))]);
    assert_snapshot!(Scene::at(&fake).run("secrets test vault/1").text);
}
