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
        "api GET /routes/hello -i --jq .value.id",
        "api HEAD /routes/hello",
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

#[test]
fn filtered_and_page_by_page() {
    let fake = Fake::with_objects();
    let entry = |id: &str| {
        format!(
            r#"{{"key":"/apisix/consumers/{id}","value":{{"username":"{id}","plugins":{{"key-auth":{{"key":"k-{id}"}}}}}}}}"#
        )
    };
    let first = format!(r#"{{"total":3,"list":[{},{}]}}"#, entry("a"), entry("b"));
    let last = format!(r#"{{"total":3,"list":[{}]}}"#, entry("c"));
    fake.script("GET", "/consumers?label=x&page=1&page_size=2", &[(200, &first), (200, &first)]);
    fake.script("GET", "/consumers?label=x&page=2&page_size=2", &[(200, &last), (502, "{\"error_msg\":\"away\"}")]);
    fake.script("GET", "/protos?page=1&page_size=500", &[(200, r#"{"total":0,"list":{}}"#)]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "api GET /routes/hello --jq .value.uri,.value.methods --compact",
        "api GET /consumers/bob --jq .value.plugins.[\"key-auth\"].key",
        "api GET /routes/none --jq .value",
        "api GET /consumers/bob -o yaml",
        "api GET /consumers/bob -o jq=.value.username",
        "api GET /routes --jq .[",
        "api GET /consumers?label=x&page_size=2 --paginate --jq .total,.list[].value.username",
        "api GET /consumers?label=x&page_size=2 --paginate --retries 0",
        "api GET /routes --paginate --jq .total",
        "api GET /protos --paginate",
        "api GET /routes/hello --paginate",
        "api GET /routes?page=2 --paginate",
        "api PUT /routes/1 --paginate",
    ]));
}

/// A refusal that repeats what was sent does not show what is secret in it, nor does what is told with -vvv.
#[test]
fn a_body_that_is_repeated_is_masked() {
    let fake = Fake::start();
    let body = r#"{"plugins":{"key-auth":{"key":"LEAKED-KEY"}},}"#;
    let said = serde_json::json!({"error_msg": "invalid request body", "req_body": body}).to_string();
    fake.script("PUT", "/consumers", &[(400, said.as_str()), (400, said.as_str())]);
    let scene = Scene::at(&fake).stdin(body);
    for line in ["api PUT /consumers -f - -vvv", "api PUT /consumers -f - --errors json"] {
        let seen = scene.run(line);
        assert!(seen.code == 5 && seen.stdout.contains("********"), "{}", seen.text);
        assert!(!seen.text.contains("LEAKED"), "{}", seen.text);
    }
}
