use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

const PLUGINS: &str = r#"{"key-auth":{"priority":2500},"limit-count":{"priority":1002},"cors":{"priority":4000},"prometheus":{"priority":500}}"#;

fn fake() -> Fake {
    let fake = Fake::with_objects();
    fake.hold("global_rules/1", json!({"id":"1","plugins":{"prometheus":{}}}));
    fake.hold("plugin_configs/7", json!({"id":"7","plugins":{"cors":{"allow_origins":"x"},"limit-count":{"count":7}}}));
    fake.hold("routes/all", json!({"id":"all","uri":"/all","desc":"everything","service_id":"s1","plugin_config_id":"7","plugins":{"key-auth":{"_meta":{"priority":1}}}}));
    fake.script("GET", "/plugins?all=true", &[(200, PLUGINS), (200, PLUGINS), (200, PLUGINS), (200, PLUGINS)]);
    fake
}

#[test]
fn a_page_for_people() {
    let fake = fake();
    let nodes = r#"[{"addr":"10.0.0.5:8080","weight":1,"state":"healthy"},{"addr":"10.0.0.6:8080","weight":2,"state":"unhealthy"}]"#;
    fake.script("GET", "/live/nodes?upstream=u1", &[(200, nodes); 3]);
    fake.script(
        "GET",
        "/live/stats?by=upstream",
        &[(200, r#"{"by":{"upstream":[{"id":"u1","rps":12.5,"p50":1,"p99":9}]}}"#)],
    );
    assert_snapshot!(Scene::at(&fake).runs(&[
        "describe route all",
        "describe upstream/u1",
        "describe consumer bob",
        "describe credential c1 --consumer bob",
        "describe service s1",
    ]));
}

/// Nodes stand in an upstream, in the object itself or in its service.
#[test]
fn nodes_wherever_they_stand() {
    let fake = fake();
    fake.hold("services/own", json!({"id":"own","upstream":{"nodes":{"10.0.0.9:80":1}}}));
    fake.hold("routes/below", json!({"id":"below","uri":"/below","service_id":"own"}));
    let node = |addr: &str| format!(r#"[{{"addr":"{addr}","weight":1,"state":"unchecked"}}]"#);
    for (asked, addr, object) in [
        ("/live/nodes?upstream=routes%2Finline", "127.0.0.1:1980", "route inline"),
        ("/live/nodes?upstream=services%2Fown", "10.0.0.9:80", "route below"),
        ("/live/nodes?upstream=services%2Fown", "10.0.0.9:80", "service own"),
        ("/live/nodes?upstream=u1", "10.0.0.5:8080", "route orders"),
    ] {
        fake.script("GET", asked, &[(200, &node(addr))]);
        let seen = Scene::at(&fake).run(&format!("describe {object}"));
        assert!(seen.stdout.contains(&format!("nodes\n  {addr}  weight 1  unchecked\n")), "{object}: {}", seen.text);
    }
}

#[test]
fn a_document_for_programs() {
    let fake = fake();
    let scene = Scene::at(&fake);
    assert_snapshot!(
        scene.runs(&["describe route all -o yaml", "describe consumer bob -o jsonpath={.plugins[*].config}"])
    );
    assert!(scene.run("describe consumer bob -o json --show-secrets").stdout.contains("bobs-secret"));
}

#[test]
fn nothing_to_describe() {
    let fake = fake();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "describe route nothing",
        "describe routes",
        "describe route hello -o csv"
    ]));
}

#[cfg(unix)]
#[test]
fn long_pages_go_through_the_pager() {
    let fake = fake();
    let scene = Scene::at(&fake).screen(80, 12);
    let scene = scene.env("GATEWAYCTL_PAGER", "cat > ~/paged");
    let seen = scene.run("describe route all");
    assert!(seen.code == 0 && seen.stdout.is_empty(), "{}", seen.text);
    assert!(scene.read("paged").contains("key-auth"), "{}", scene.read("paged"));
    assert!(scene.run("describe route all --no-pager").stdout.contains("key-auth"));
    assert!(scene.run("describe route inline").stdout.contains("route/inline"));
    let tall = Scene::at(&fake).screen(80, 500).env("GATEWAYCTL_PAGER", "false");
    assert!(tall.run("describe route all").stdout.contains("key-auth"));
}
