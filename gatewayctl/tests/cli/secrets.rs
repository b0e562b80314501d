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
