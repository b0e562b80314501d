use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

const NODES: &str = r#"[
 {"owner":"upstreams/u1","scheme":"http","addr":"10.0.0.5:8080","host":"10.0.0.5","weight":1,"priority":0,"state":"healthy","usable":true,
  "checks":{"success":3,"tcp_failure":0,"http_failure":0,"timeout_failure":0},"last_check":1700000000.2,"active":2,
  "latency_ms":1.25,"rps":12.5,"p99_ms":4.7,"ejected_until":null,"source":"static"},
 {"owner":"upstreams/u1","scheme":"http","addr":"[fd00::6]:8080","host":"six.example","weight":2,"priority":0,"state":"ejected","usable":false,
  "checks":null,"last_check":null,"active":0,"latency_ms":null,"rps":3.5,"p99_ms":null,"ejected_until":1700003760.5,"source":"dns"}]"#;

#[test]
fn nodes_and_how_they_are() {
    let fake = Fake::with_objects();
    fake.script("GET", "/live/nodes", &[(200, NODES); 3]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "health -o wide",
        "health upstream u1 -o name",
        "health upstream/u1 -o jq=.total"
    ]));
    assert!(fake.asked().contains(&"GET /live/nodes?upstream=u1".to_owned()), "{:?}", fake.asked());
}

#[test]
fn all_is_well_or_not_there() {
    let fake = Fake::with_objects();
    let well = NODES.replace("ejected\"", "unchecked\"");
    fake.script("GET", "/live/nodes", &[(200, &well), (200, NODES), (200, &well), (200, &well)]);
    let missing = r#"{"error_msg":"there is no upstream u9"}"#;
    fake.script("GET", "/live/nodes", &[(404, missing), (200, NODES), (200, NODES), (200, NODES), (200, NODES)]);
    let lines = ["health", "health u1 --wait", "health u9", "health u1 --wait=1s", "health a b c", "health nodes/x"];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

#[test]
fn a_server_without_live_endpoints_is_asked_through_its_control_api() {
    let fake = Fake::with_objects();
    let checkers = r#"[{"name":"/apisix/upstreams/u1","type":"http","nodes":[
        {"ip":"10.0.0.5","port":8080,"status":"healthy","counter":{"success":5,"tcp_failure":0,"http_failure":1,"timeout_failure":0}},
        {"ip":"10.0.0.6","port":8080,"status":"unhealthy"}]}]"#;
    fake.script("GET", "/v1/healthcheck", &[(200, checkers), (200, checkers)]);
    let scene = Scene::at(&fake).env("GATEWAYCTL_CONTROL_SERVER", &format!("http://{}", fake.address));
    assert_snapshot!(scene.runs(&["health", "health routes/hello"]));
    assert_snapshot!(scene.env("GATEWAYCTL_CONTROL_SERVER", "http://127.0.0.1:1").run("health --retries 0").text);
}
