use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

const PLUGINS: &str = r#"{"key-auth":{"version":0.1,"priority":2500,"type":"auth","schema":{},"consumer_schema":{}},
 "own":{"version":1,"priority":9,"schema":{},"metadata_schema":{}},"cors":{"version":0.1,"priority":4000,"schema":{}}}"#;
const SCHEMA: &str = r#"{"type":"object","required":["count"],"properties":{"count":{"type":"integer","minimum":1},"deep":{"type":"array","items":{"properties":{"a":{"type":"string","default":"x"}}}}}}"#;

#[test]
fn those_that_are_on() {
    let fake = Fake::with_objects();
    fake.script("GET", "/plugins?all=true&subsystem=http", &[(200, PLUGINS), (200, PLUGINS)]);
    fake.script("GET", "/plugins?all=true&subsystem=stream", &[(200, "{}")]);
    assert_snapshot!(Scene::at(&fake).runs(&["plugins list --enabled -o wide", "plugins list --subsystem stream"]));
    let all = Scene::at(&fake).run("plugins list -o name");
    assert!(all.code == 0 && all.stdout.contains("plugin/limit-count"), "{}", all.text);
}

#[test]
fn those_of_a_phase() {
    let told = PLUGINS.replace("\"priority\":9,", "\"priority\":9,\"phases\":[\"access\",\"log\"],");
    let fake = Fake::with_objects();
    fake.script(
        "GET",
        "/plugins?all=true&subsystem=http",
        &[(200, &*told), (200, &*told), (200, &*told), (200, PLUGINS), (200, PLUGINS)],
    );
    assert_snapshot!(Scene::at(&fake).runs(&[
        "plugins list --enabled --phase access",
        "plugins list --enabled --phase header_filter -o json",
        "plugins list --enabled --phase body_filter",
        "plugins list --enabled --phase rewrite -o name",
        "plugins list --phase acces",
    ]));
}

#[test]
fn schemas_pages_and_examples() {
    let fake = Fake::with_objects();
    fake.script("GET", "/schema/plugins/nope", &[(404, "{}"), (404, "{}")]);
    fake.script("GET", "/plugins/list", &[(200, r#"["own","cors"]"#); 4]);
    fake.script("GET", "/schema/plugins/own?schema_type=consumer", &[(400, r#"{"error_msg":"not found schema"}"#)]);
    fake.script("GET", "/schema/plugins/", &[(200, SCHEMA); 9]);
    let lines = [
        "plugins schema own -o yaml",
        "plugins schema own --type consumer",
        "plugins docs own",
        "plugins example own",
        "plugins example key-auth -o yaml",
        "plugins schema nope",
        "plugins docs nope",
    ];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
    let page = Scene::alone().run("plugins docs limit-count");
    assert!(page.code == 0 && page.stdout.starts_with("# limit-count\n"), "{}", page.text);
}

#[test]
fn what_uses_one() {
    let fake = Fake::with_objects();
    fake.hold("plugin_metadata/limit-count", json!({"id":"limit-count","ttl":1}));
    fake.hold("global_rules/1", json!({"id":"1","plugins":{"cors":{"_meta":{"disable":true}}}}));
    fake.script("GET", "/plugins/list", &[(200, r#"["gzip","cors"]"#); 2]);
    fake.script("PUT", "/plugins/reload", &[(200, "done")]);
    let lines = [
        "plugins usage limit-count",
        "plugins usage cors -o json",
        "plugins usage key-auth -o csv",
        "plugins usage gzip",
        "plugins usage crs",
        "plugins reload",
    ];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

/// The server tells the schema of a plugin that it does not have, for those who prepare a configuration.
#[test]
fn what_is_not_there_is_not_shown_as_if_it_were() {
    let fake = Fake::with_objects();
    fake.script("GET", "/schema/plugins/openid-connect", &[(200, SCHEMA); 5]);
    fake.script(
        "GET",
        "/plugins/list",
        &[(200, r#"["cors"]"#), (200, "[]"), (200, "[]"), (200, "[]"), (200, r#"["openid-connect"]"#)],
    );
    let scene = Scene::at(&fake);
    let said = "this gateway does not have the plugin openid-connect: objects that use it are refused";
    for line in [
        "plugins docs openid-connect",
        "plugins example openid-connect",
        "plugins schema openid-connect",
        "explain route.plugins.openid-connect",
    ] {
        let seen = scene.run(line);
        assert!(seen.code == 0 && seen.stderr.contains(said), "{}", seen.text);
    }
    let seen = scene.run("plugins schema openid-connect");
    assert!(seen.code == 0 && !seen.stderr.contains(said), "{}", seen.text);

    let streams = r#"{"mqtt-proxy":{"version":0.1,"priority":1000,"schema":{}}}"#;
    fake.script("GET", "/plugins?all=true&subsystem=stream", &[(200, streams), (200, streams), (200, streams)]);
    let seen = scene.run("plugins list --subsystem stream -o jq=.items[].enabled");
    assert!(seen.stdout.trim() == "false" && seen.stderr.contains("serves no TCP or UDP streams"), "{}", seen.text);
    let seen = scene.run("plugins list --subsystem stream --enabled -o name");
    assert_eq!(seen.stdout, "", "{}", seen.text);
    fake.goes_stock();
    let seen = scene.run("plugins list --subsystem stream -o jq=.items[].enabled");
    assert_eq!(seen.stdout.trim(), "true", "{}", seen.text);
}
