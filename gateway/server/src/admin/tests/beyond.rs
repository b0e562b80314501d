//! What this Admin API does beyond that of APISIX: details, warnings, conditions, rehearsals, the state of the gateway.

use serde_json::{Value, json};

use super::harness::{Got, KEY, Scene, VIEWER};

const ACCEPT: (&str, &str) = ("Accept", "application/json");

fn with(scene: &Scene, method: &str, path: &str, field: (&str, &str), body: impl ToString) -> Got {
    scene.send(method, path, &[("X-API-KEY", KEY), field], &body.to_string())
}

fn tag(got: &Got) -> String {
    got.fields.get("etag").unwrap_or_else(|| panic!("no ETag: {got:?}")).clone()
}

#[test]
fn details_for_those_who_want_them() {
    let scene = Scene::new();
    let bad = json!({"uri": "/a", "priority": "high", "plugins": {"zipkin": {}, "limit-count": {"count": 1, "time_window": 1, "rejected_code": 1}}});
    let got = scene.call("PUT", "/routes/1", &bad);
    let text =
        "invalid configuration: property \"priority\" validation failed: wrong type: expected integer, got string";
    assert_eq!((got.status, got.json()), (400, json!({ "error_msg": text })), "as APISIX answers, to the last member");
    for got in [
        with(&scene, "PUT", "/routes/1", ACCEPT, &bad),
        with(&scene, "PUT", "/routes/1", ("Accept", "text/html, */*;q=0.8"), &bad),
        scene.call("PUT", "/routes/1?details=true", &bad),
    ] {
        assert_eq!(got.error(), text);
        assert_eq!(got.fields["x-api-version"], "v3");
        let details = got.json()["details"].as_array().unwrap().clone();
        assert_eq!(details[0]["path"], "/priority");
        let of =
            |path: &str| details.iter().find(|d| d["path"] == path).unwrap_or_else(|| panic!("{path}: {details:#?}"));
        assert_eq!(of("/plugins/zipkin")["code"], "plugin_not_built");
        assert_eq!(of("/plugins/zipkin")["message"], "zipkin is a plugin of APISIX that is not built in this version");
        assert_eq!(of("/plugins/limit-count/rejected_code")["message"], "expected 1 to be at least 200");
    }
    assert!(with(&scene, "PUT", "/routes/1?details=false", ACCEPT, &bad).json().get("details").is_none());
    let got = with(&scene, "PUT", "/consumers/a", ACCEPT, json!({"username": "b"}));
    assert_eq!(got.json()["details"], json!([{"path": "/username", "code": "id", "message": "wrong username"}]));
    let got = scene.call("PUT", "/routes/1", json!({"uri": "/a", "plugins": {"zipkin": {}}}));
    assert_eq!(got.error(), "unknown plugin [zipkin]");
}

#[test]
fn revisions_as_entity_tags() {
    let scene = Scene::new();
    let created = scene.call("PUT", "/services/1", json!({}));
    let first = tag(&created);
    let got = scene.get("/services/1");
    assert_eq!(
        (tag(&got), got.json()["modifiedIndex"].to_string()),
        (first.clone(), first.trim_matches('"').to_owned())
    );
    let got = with(&scene, "PUT", "/services/1", ("If-Match", &first), json!({"name": "x"}));
    assert_eq!(got.status, 200);
    let second = tag(&got);
    assert_ne!(first, second);
    let stale = ("If-Match", first.as_str());
    for (method, path, body) in [
        ("PUT", "/services/1", json!({})),
        ("PATCH", "/services/1", json!({"name": "y"})),
        ("PATCH", "/services/1/name", json!("y")),
        ("DELETE", "/services/1", Value::Null),
    ] {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let got = with(&scene, method, path, stale, &body);
        assert_eq!(got.status, 412, "{method} {path}: {got:?}");
        assert_eq!(got.error(), format!("revision is {}", second.trim_matches('"')));
    }
    assert_eq!(scene.get("/services/1").json()["value"]["name"], "x", "nothing has changed");
    let fresh = ("If-None-Match", "*");
    assert_eq!(with(&scene, "PUT", "/services/1", fresh, json!({})).status, 412);
    assert_eq!(with(&scene, "PUT", "/services/2", fresh, json!({})).status, 201);
    assert_eq!(with(&scene, "PUT", "/services/3", ("If-Match", "*"), json!({})).status, 412);
    assert_eq!(with(&scene, "DELETE", "/services/3", ("If-Match", "*"), "").status, 404);
    let posted = scene.call("POST", "/services", json!({}));
    assert_eq!(tag(&posted), tag(&scene.get(&format!("/services/{}", posted.json()["value"]["id"].as_str().unwrap()))));
    let got = with(&scene, "PATCH", "/services/1", ("If-Match", &second), json!({"name": "y"}));
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(with(&scene, "DELETE", "/services/1", ("If-Match", &tag(&got)), "").status, 200);
}

#[test]
fn rehearsals_answer_and_change_nothing() {
    let scene = Scene::new();
    assert_eq!(scene.call("PUT", "/upstreams/u", json!({"nodes": {"127.0.0.1:1": 1}})).status, 201);
    assert_eq!(scene.call("PUT", "/routes/r", json!({"uri": "/a", "upstream_id": "u"})).status, 201);
    let before: Vec<Value> = ["/upstreams", "/routes"].iter().map(|p| scene.get(p).json()).collect();
    for (method, path, body, status) in [
        ("PUT", "/routes/new?dry_run=true", json!({"uri": "/b", "upstream_id": "u"}), 201),
        ("PUT", "/routes/r?dry_run=true", json!({"uri": "/b", "upstream_id": "u"}), 200),
        ("POST", "/routes?dry_run=true", json!({"uri": "/b", "upstream_id": "u"}), 201),
        ("PATCH", "/routes/r?dry_run=true", json!({"uri": "/c"}), 200),
        ("PATCH", "/upstreams/u/nodes?dry_run=true", json!({"127.0.0.1:2": 1}), 200),
        ("DELETE", "/routes/r?dry_run=true", Value::Null, 200),
        ("DELETE", "/upstreams/u?dry_run=true", Value::Null, 400),
        ("DELETE", "/upstreams/u?dry_run=true&force=true", Value::Null, 200),
        ("PUT", "/routes/r?dry_run=true", json!({"uri": "/b", "upstream_id": "none"}), 400),
        ("PATCH", "/routes/none?dry_run=true", json!({}), 404),
    ] {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let got = scene.call(method, path, &body);
        assert_eq!(got.status, status, "{method} {path}: {got:?}");
        assert_eq!(got.fields.get("x-dry-run").map(String::as_str), (status < 300).then_some("true"));
        assert!(!got.fields.contains_key("etag"), "{got:?}");
    }
    let after: Vec<Value> = ["/upstreams", "/routes"].iter().map(|p| scene.get(p).json()).collect();
    assert_eq!(before, after);
    let got = scene.call("PUT", "/routes/r?dry_run=yes", json!({"uri": "/b", "upstream_id": "u"}));
    assert_eq!((got.status, got.error().as_str()), (400, "invalid argument dry_run: should be true or false"));
    let scene = scene.restart();
    let after: Vec<Value> = ["/upstreams", "/routes"].iter().map(|p| scene.get(p).json()).collect();
    assert_eq!(before, after);
}

#[test]
fn warnings_about_what_is_allowed_and_may_be_a_mistake() {
    let scene = Scene::new();
    let warnings = |got: &Got| got.json()["warnings"].clone();
    let got =
        with(&scene, "PUT", "/stream_routes/1", ACCEPT, json!({"server_port": 1, "upstream": {"nodes": {"a:1": 1}}}));
    assert_eq!(warnings(&got), json!(["streams are not served by this version: the route is checked and stored only"]));
    let consumer = json!({"username": "a", "plugins": {"key-auth": {"key": "$secret://vault/1/a/key"}}});
    let got = with(&scene, "PUT", "/consumers", ACCEPT, &consumer);
    assert_eq!(warnings(&got), json!(["there is no secret vault/1, which a reference names"]));
    assert!(scene.call("PUT", "/consumers", &consumer).json().get("warnings").is_none());
    let vault = json!({"uri": "http://127.0.0.1:8200", "prefix": "kv/apisix", "token": "t"});
    let got = scene.call("PUT", "/secrets/vault/1", vault);
    assert_eq!((got.status, &got.json()["value"]["token"]), (201, &json!("t")));
    assert_eq!(warnings(&with(&scene, "PUT", "/consumers", ACCEPT, &consumer)), Value::Null);
    let got = with(&scene, "DELETE", "/secrets/vault/1", ACCEPT, "");
    assert_eq!((got.status, warnings(&got)), (200, json!(["consumer [a] still holds a reference to it"])));
}

#[test]
fn warnings_about_what_is_not_there_or_not_known() {
    let scene = Scene::new();
    let nodes = json!({"127.0.0.1:1": 1});
    let odd = json!({"type": "wishful", "nodes": nodes});
    let balancer = "there is no balancer wishful: the upstream is used with roundrobin";
    let registry = "discovery_type consul is not built: the upstream has no nodes";
    let lacking = |name: &str| format!("a reference leads nowhere: the environment has no variable {name}");
    let split =
        |upstream: &Value| json!({"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream": upstream}]}]}});
    let key = |text: &str| json!({"username": "a", "plugins": {"key-auth": {"key": text}}});
    let transcode = json!({"grpc-transcode": {"proto_id": "9", "service": "a.B", "method": "C"}});
    for (path, object, expected) in [
        ("/upstreams/1", odd.clone(), vec![balancer.to_owned()]),
        ("/services/1", json!({"upstream": odd}), vec![balancer.to_owned()]),
        (
            "/routes/1",
            json!({"uri": "/a", "upstream": {"nodes": nodes}, "plugins": split(&odd)}),
            vec![balancer.to_owned()],
        ),
        ("/upstreams/2", json!({"discovery_type": "consul", "service_name": "x"}), vec![registry.to_owned()]),
        (
            "/routes/2",
            json!({"uri": "/a", "upstream": {"type": "wishful", "discovery_type": "consul", "service_name": "x"}}),
            vec![balancer.to_owned(), registry.to_owned()],
        ),
        ("/consumers", key("$env://NOBODY_SETS_THIS"), vec![lacking("NOBODY_SETS_THIS")]),
        ("/consumers", key("$ENV://NOBODY_SETS_THIS/key"), vec![lacking("NOBODY_SETS_THIS")]),
        (
            "/routes/3",
            json!({"uri": "/a", "plugins": transcode, "upstream": {"scheme": "grpc", "nodes": nodes}}),
            vec!["there is no proto 9, which grpc-transcode names".to_owned()],
        ),
        ("/upstreams/1", json!({"type": "ewma", "nodes": nodes}), vec![]),
        ("/consumers", key("plain"), vec![]),
    ] {
        let got = with(&scene, "PUT", path, ACCEPT, &object);
        assert!(got.status < 300, "{got:?}");
        let warnings = got.json().get("warnings").cloned().unwrap_or_else(|| json!([]));
        assert_eq!(warnings, json!(expected), "{path} {object}");
    }
}

#[test]
fn costs_of_graphql_fields() {
    let scene = Scene::new();
    let below = |id: &str| format!("/services/shop/graphql_cost_decorations{id}");
    let cost = json!({"field_path": "Query.products", "mul_arguments": ["first"]});
    let got = scene.call("PUT", &below("/d1"), &cost);
    assert_eq!((got.status, got.error().as_str()), (404, "service not found"));
    assert_eq!(scene.call("PUT", "/services/shop", json!({})).status, 201);
    assert_eq!(scene.get(&below("")).status, 404);
    let got = scene.call("PUT", &below("/d1"), &cost);
    assert_eq!(got.status, 201, "{got:?}");
    assert_eq!(got.json()["key"], "/apisix/services/shop/graphql_cost_decorations/d1");
    assert_eq!((&got.json()["value"]["id"], &got.json()["value"]["service_id"]), (&json!("d1"), &json!("shop")));
    let got = scene.call("POST", &below(""), json!({"field_path": "Query.orders"}));
    assert_eq!((got.status, got.json()["value"]["id"].as_str().map(str::len)), (201, Some(20)), "{got:?}");
    assert_eq!(scene.get(&below("")).json()["total"], 2);
    assert_eq!(scene.get("/services").json()["total"], 1);
    let got = scene.call("PATCH", &below("/d1"), json!({"add_value": 7}));
    assert_eq!((got.status, &got.json()["value"]["add_value"]), (200, &json!(7)));
    for (path, body) in [("/d1", json!({"service_id": "blog"})), ("/d1/service_id", json!("blog"))] {
        assert_eq!(scene.call("PATCH", &below(path), body).error(), "service_id can not be patched");
    }
    assert_eq!(scene.call("PUT", "/services//graphql_cost_decorations/d", &cost).error(), "missing service id");
    let scene = scene.restart();
    assert_eq!(scene.get(&below("")).json()["total"], 2);
    assert_eq!(scene.call("DELETE", "/services/shop", "").status, 200);
    assert_eq!(scene.get(&below("/d1")).status, 404);
    assert_eq!(scene.call("PUT", "/services/shop", json!({})).status, 201);
    assert_eq!(scene.get(&below("")).status, 404, "they went with their service");
}

#[test]
fn what_the_gateway_tells_of_itself() {
    let scene = Scene::new();
    let got = scene.get("/live");
    assert_eq!((got.status, &got.json()["api"], &got.json()["roles"]), (200, &json!(1), &json!(["admin"])));
    assert!(got.json()["abilities"].as_array().unwrap().contains(&json!("dry_run")), "{got:?}");
    let got = scene.send("GET", "/live", &[("X-API-KEY", VIEWER)], "");
    assert_eq!((&got.json()["name"], &got.json()["roles"]), (&json!("guest"), &json!(["viewer"])));
    assert_eq!(scene.send("GET", "/live", &[], "").status, 401);
    let written = scene.call("PUT", "/services/1", json!({}));
    let info = scene.get("/live/info").json();
    assert_eq!(format!("\"{}\"", info["config"]["revision"]), tag(&written));
    assert_eq!(scene.call("DELETE", "/services/1", "").status, 200);
    let later = scene.get("/live/info").json();
    assert!(
        later["config"]["revision"].as_u64() > info["config"]["revision"].as_u64(),
        "deleting is a change: {later}"
    );
    assert_eq!((&info["config"]["rejected"], &info["counts"]["services"]), (&json!([]), &json!(1)));
    assert_eq!((&info["version"], &info["role"]), (&json!(env!("CARGO_PKG_VERSION")), &json!("traditional")));
}
