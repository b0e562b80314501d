use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn answers_as_they_are() {
    let fake = Fake::with_objects();
    fake.script("GET", "/plugins/list", &[(200, "[\"cors\",\"key-auth\"]\n")]);
    fake.script("GET", "/schema/plugins/key-auth", &[(200, r#"{"properties":{"key":{"type":"string"}}}"#)]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "api GET /routes/hello",
        "api get routes/none",
        "api GET /consumers/bob",
        "api GET /consumers/bob --show-secrets",
        "api GET /apisix/admin/plugins/list",
        "api GET /schema/plugins/key-auth",
        "api HEAD / -i",
    ]));
}

#[test]
fn bodies_are_sent_as_they_are() {
    let fake = Fake::start();
    let scene = Scene::at(&fake).stdin("{\"uri\": \"/a\"}");
    scene.file("masked.json", "{\"plugins\":{\"key-auth\":{\"key\":\"********\"}}}");
    assert_snapshot!(scene.runs(&[
        "api PUT /routes/1 -f -",
        "api PUT /consumers/bob -f ~/masked.json",
        "api PUT /routes/1 -f ~/none.json"
    ]));
    assert_eq!(fake.asked(), ["PUT /routes/1 {\"uri\": \"/a\"}"]);
}

#[test]
fn what_is_refused_here() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "api FETCH /routes",
        "api GTE /routes",
        "api GET /../../v1/schema",
        "api DELETE /routes/hello",
        "api GET"
    ]));
    assert!(fake.asked().is_empty(), "{:?}", fake.asked());
}
