use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

/// Valid until 2023-11-20, five days after the moment of the scenes.
const CERTIFICATE: &str = include_str!("certificate.pem");

fn everywhere(fake: &Fake) -> Scene {
    let url = format!("http://{}", fake.address);
    Scene::at(fake)
        .env("GATEWAYCTL_CONTROL_SERVER", &url)
        .env("GATEWAYCTL_GATEWAY", &url)
        .env("GATEWAYCTL_METRICS", &format!("{url}/apisix/prometheus/metrics"))
}

#[test]
fn all_is_well() {
    let fake = Fake::with_objects();
    assert_snapshot!(everywhere(&fake).runs(&["status", "status --check -o json", "status -o name"]));
}

#[test]
fn trouble() {
    let fake = Fake::with_objects();
    fake.hold("ssls/1", json!({"id":"1","cert":CERTIFICATE,"sni":"a.example"}));
    let checkers = r#"[{"name":"/apisix/upstreams/u1","type":"http","nodes":[
        {"ip":"10.0.0.5","port":8080,"status":"healthy"},{"ip":"10.0.0.6","port":8080,"status":"unhealthy"}]}]"#;
    fake.script("GET", "/v1/healthcheck", &[(200, checkers), (200, checkers)]);
    // Nothing listens on port 1.
    let scene = everywhere(&fake).env("GATEWAYCTL_GATEWAY", "http://127.0.0.1:1");
    assert_snapshot!(scene.runs(&["status --retries 0", "status --retries 0 --check"]));
    assert_snapshot!(scene.run("get ssls").text);
}

#[test]
fn no_admin_api() {
    let fake = Fake::start();
    let closed = "http://127.0.0.1:1";
    let scene = everywhere(&fake).env("GATEWAYCTL_SERVER", closed);
    assert_snapshot!(scene.runs(&["status --retries 0", "status --retries 0 --check"]));
    assert_snapshot!(everywhere(&fake).env("GATEWAYCTL_KEY", "wrong").run("status").text);
}

#[test]
fn the_key_goes_to_the_admin_api_only() {
    let fake = Fake::with_objects();
    everywhere(&fake).run("status");
    for head in fake.heads() {
        let admin = head.contains(" /apisix/admin");
        assert_eq!(head.to_lowercase().contains("x-api-key"), admin, "{head}");
    }
}

/// A route whose upstream was deleted by force answers 502, and nobody else says so.
#[test]
fn what_is_named_and_not_there() {
    let fake = Fake::with_objects();
    let scene = everywhere(&fake);
    assert_eq!(scene.run("status --check").code, 0);
    fake.hold("routes/lost", json!({"id":"lost","uri":"/lost","upstream_id":"gone"}));
    let split = json!({"traffic-split":{"rules":[{"weighted_upstreams":[{"upstream_id":"away","weight":1}]}]}});
    fake.hold("routes/split", json!({"id":"split","uri":"/split","upstream_id":"u1","plugins":split}));
    assert_snapshot!(scene.runs(&["status", "status --check"]));
    let seen = scene.run("status --check -o json");
    let page: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!((seen.code, &page["ok"], &page["dangling"][0]["names"]), (1, &json!(false), &json!("upstream/gone")));
    for n in 0..30 {
        fake.hold(&format!("routes/r{n}"), json!({"id":format!("r{n}"),"uri":"/","upstream_id":"gone"}));
    }
    let seen = scene.run("status --check");
    assert!(seen.stdout.contains("12 more objects are named that are not there"), "{}", seen.text);
}
