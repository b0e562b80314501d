//! Lists, schemas, plugins.

use serde_json::{Value, json};

use super::harness::{KEY, Scene, VIEWER};

fn ids(list: &Value) -> Vec<&str> {
    list["list"].as_array().unwrap().iter().map(|item| item["value"]["id"].as_str().unwrap()).collect()
}

#[test]
fn order_pages_and_filters() {
    let scene = Scene::new();
    for id in (1..=12).rev() {
        let body = json!({"uri": format!("/u{id}"), "name": format!("r{id}"), "labels": {"odd": "x"}, "upstream": {"nodes": {"127.0.0.1:1": 1}}});
        assert_eq!(scene.call("PUT", &format!("/routes/{id}"), body).status, 201);
    }
    let all = scene.get("/routes").json();
    assert_eq!(all["total"], 12);
    assert_eq!(ids(&all), ["1", "10", "11", "12", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let page = scene.get("/routes?page=2&page_size=10").json();
    assert_eq!((page["total"].clone(), ids(&page)), (json!(12), vec!["2", "1"]));
    assert_eq!(ids(&scene.get("/routes?name=r1.$").json()), ["10", "11", "12"]);
    assert_eq!(ids(&scene.get("/routes?uri=u2&label=odd").json()), ["2"]);
    assert_eq!(scene.get("/routes?label=even").json(), json!({"list": [], "total": 0}));
    let got = scene.get("/routes?page=1&page_size=501");
    assert_eq!((got.status, got.body.as_str()), (400, "page_size must be between 10 and 500"));
    assert_eq!(scene.get("/routes?page=x&page_size=5").json()["total"], 12);
}

#[test]
fn credentials_are_not_consumers() {
    let scene = Scene::new();
    assert_eq!(scene.call("PUT", "/consumers", json!({"username": "bob"})).status, 201);
    assert_eq!(scene.get("/consumers/bob/credentials").status, 404);
    let credential = json!({"plugins": {"key-auth": {"key": "k2"}}});
    let got = scene.call("PUT", "/consumers/bob/credentials/c1", &credential);
    assert_eq!(got.status, 201, "{got:?}");
    assert_eq!(got.json()["key"], "/apisix/consumers/bob/credentials/c1");
    assert_eq!(got.json()["value"]["id"], "c1");
    assert_eq!(scene.get("/consumers").json()["total"], 1);
    assert_eq!(scene.get("/consumers/bob/credentials").json()["total"], 1);
    assert_eq!(scene.get("/consumers/bo/credentials").status, 404);
    let got = scene.call("PUT", "/consumers/eve/credentials/c1", &credential);
    assert_eq!((got.status, got.error().as_str()), (404, "consumer not found"));
    assert_eq!(scene.call("DELETE", "/consumers/bob", "").status, 200);
    assert_eq!(scene.get("/consumers/bob/credentials/c1").status, 404);
    // What the credential occupied is free again.
    assert_eq!(
        scene.call("PUT", "/consumers", json!({"username": "al", "plugins": {"key-auth": {"key": "k2"}}})).status,
        201
    );
}

#[test]
fn schemas() {
    let scene = Scene::new();
    assert_eq!(scene.get("/schema/route").json()["type"], "object");
    let got = scene.get("/schema/x");
    assert_eq!((got.status, got.error().as_str()), (400, "not found schema: x"));
    let got = scene.call("POST", "/schema/validate/routes", json!({"uri": "/a", "upstream_id": "nowhere", "id": 1}));
    assert_eq!((got.status, got.body.as_str()), (200, ""));
    let got = scene.call("POST", "/schema/validate/routes", json!({}));
    assert_eq!(got.error(), "allOf 1 failed: value should match only one schema, but matches none");
    let got = scene.call("POST", "/schema/validate/x", json!({}));
    assert_eq!((got.status, got.error().as_str()), (404, "Unsupported resource type: x"));
    assert_eq!(scene.call("POST", "/schema/validate/routes", "").status, 400);
}

#[test]
fn plugins() {
    let scene = Scene::new();
    let list = scene.get("/plugins/list").json();
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    let at = |name: &str| names.iter().position(|n| *n == name).unwrap_or_else(|| panic!("{name} in {names:?}"));
    assert!(at("key-auth") < at("limit-count"));
    let all = scene.get("/plugins?all=true").json();
    assert_eq!(all["key-auth"]["type"], "auth");
    assert_eq!(all["key-auth"]["priority"], 2500);
    assert!(all["key-auth"]["consumer_schema"]["required"].is_array());
    let comment = "this is a mark for our injected plugin schema";
    for path in ["/plugins/key-auth", "/schema/plugins/key-auth?subsystem=http"] {
        assert_eq!(scene.get(path).json()["$comment"], comment, "{path}");
    }
    for (path, status, text) in [
        ("/plugins/x", 404, "plugin not found in subsystem http"),
        ("/plugins/key-auth?subsystem=stream", 404, "plugin not found in subsystem stream"),
        ("/plugins?subsystem=x", 400, "unsupported subsystem: x"),
        ("/plugins/limit-count?schema_type=consumer", 400, "not found schema"),
        ("/plugins/reload", 405, "please use PUT method to reload the plugins, GET method is not allowed."),
    ] {
        let got = scene.get(path);
        assert_eq!((got.status, got.error().as_str()), (status, text), "{path}");
    }
    let got = scene.get("/plugins/list?subsystem=x");
    assert_eq!((got.status, got.body.as_str()), (400, "invalid subsystem passed"));
    assert_eq!(scene.call("PUT", "/plugins/reload", "").body, "done");
}

#[test]
fn secrets_for_administrators_and_for_viewers() {
    let scene = Scene::new();
    let consumer = json!({"username": "bob", "plugins": {"key-auth": {"key": "auth-one"}}});
    let got = scene.call("PUT", "/consumers", &consumer);
    assert_eq!(got.json()["value"]["plugins"]["key-auth"]["key"], "4y+JvURBE6ZwRbbgaryrhg==");
    for path in ["/consumers", "/consumers/bob"] {
        assert!(scene.get(path).body.contains("auth-one"), "{path}");
        let seen = scene.send("GET", path, &[("X-API-KEY", VIEWER)], "");
        assert!(!seen.body.contains("auth-one") && !seen.body.contains("4y+J"), "{seen:?}");
    }
    let got = scene.call("PUT", "/consumers", json!({"username": "al", "plugins": {"key-auth": {"key": "auth-one"}}}));
    assert_eq!(got.error(), "duplicate key of plugin key-auth found with consumer: bob");
    assert!(
        scene.state.read(|t| !t
            .get(gateway_model::Kind::Consumer, "bob")
            .unwrap()
            .bytes
            .windows(8)
            .any(|w| w == b"auth-one"))
    );
}

#[test]
fn bundles() {
    let scene = Scene::new();
    let got =
        scene.call("POST", "/configs/validate", json!({"routes": [{"id": "r1", "uri": "/a", "upstream_id": "u"}]}));
    assert_eq!((got.status, got.json()), (200, json!({})), "{got:?}");
    let bundle = json!({
        "routes": [{"id": "r1"}, {"id": "r2", "uri": "/a", "service_id": 1}, {"id": "r2", "uri": "/b", "service_id": 1}],
        "consumers": [{"username": "a"}, {"username": "a"}, {"id": "a/credentials/c", "plugins": {"cors": {}}}],
    });
    let got = scene.call("POST", "/configs/validate", bundle);
    assert_eq!(got.status, 400);
    let json = got.json();
    let errors: Vec<(&str, u64, &str)> = json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["resource_type"].as_str().unwrap(), e["index"].as_u64().unwrap(), e["error"].as_str().unwrap()))
        .collect();
    assert_eq!(
        errors,
        [
            ("consumers", 1, "found duplicate username a in consumers"),
            ("consumers", 2, "only supports auth type plugins in consumer credential"),
            (
                "routes",
                0,
                "invalid configuration: allOf 1 failed: value should match only one schema, but matches none"
            ),
            ("routes", 2, "found duplicate id r2 in routes"),
        ]
    );
    let got = scene.call("POST", "/configs/validate", "");
    assert_eq!(got.error(), "invalid request body: empty request body");
    assert_eq!(
        scene.call("POST", "/configs/validate", json!({"secrets": [{"id": "x"}]})).json()["errors"][0]["error"],
        "invalid secret id: x"
    );
    assert_eq!(scene.call("POST", "/configs/validate", json!({"routes": {"a": 1}})).status, 400);
    assert_eq!(scene.call("POST", "/configs/validate", json!({"routes": {}, "routes_conf_version": 1})).status, 200);
    let yaml = |body: &str| {
        scene.send("POST", "/configs/validate", &[("X-API-KEY", KEY), ("Content-Type", "application/yaml")], body)
    };
    let got = yaml("routes:\n- id: 1\n  uri: /a\n  upstream_id: u\n  modifiedIndex: 7\n");
    assert_eq!((got.status, got.json()), (200, json!({})), "{got:?}");
    let got = yaml("routes: [{id: 1, uri: 5, upstream_id: u}]");
    let text = "invalid configuration: property \"uri\" validation failed: wrong type: expected string, got number";
    assert_eq!((got.status, &got.json()["errors"][0]["error"]), (400, &json!(text)));
    assert_eq!(yaml("").error(), "invalid request body: empty request body");
    assert!(yaml("routes: [").error().starts_with("invalid request body: "));
}
