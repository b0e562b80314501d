//! The exchanges of the reference, in their order.

use serde_json::{Value, json};

use super::harness::Scene;

/// A value without its times, which must be there.
fn timeless(value: &Value) -> Value {
    let mut value = value.clone();
    let fields = value.as_object_mut().unwrap();
    assert!(fields.remove("create_time").is_some_and(|t| t.is_u64()), "{fields:?}");
    assert!(fields.remove("update_time").is_some_and(|t| t.is_u64()), "{fields:?}");
    value
}

#[test]
fn worked_exchanges() {
    let scene = Scene::new();
    let upstream = json!({"nodes": {"127.0.0.1:8080": 1}});
    let got = scene.call("PUT", "/upstreams/u1", &upstream);
    assert_eq!(got.status, 201);
    assert_eq!(got.json()["key"], "/apisix/upstreams/u1");
    assert!(got.json().get("createdIndex").is_none());
    assert_eq!(timeless(&got.json()["value"]), json!({"id": "u1", "nodes": {"127.0.0.1:8080": 1}}), "no defaults");
    let created = got.json()["value"]["create_time"].clone();
    let got = scene.call("PUT", "/upstreams/u1", &upstream);
    assert_eq!((got.status, &got.json()["value"]["create_time"]), (200, &created));
    let got = scene.get("/upstreams/u1");
    assert_eq!(got.status, 200);
    assert!(got.json()["createdIndex"].as_u64() < got.json()["modifiedIndex"].as_u64(), "{got:?}");

    let got = scene.call("POST", "/routes", json!({"uri": "/a", "upstream_id": "u1"}));
    assert_eq!(got.status, 201, "{got:?}");
    let id = got.json()["value"]["id"].as_str().unwrap().to_owned();
    assert_eq!((id.len(), got.json()["key"].as_str()), (20, Some(&*format!("/apisix/routes/{id}"))));
    let stored = scene.get(&format!("/routes/{id}")).json();
    assert_eq!(id.parse::<u64>().ok(), stored["modifiedIndex"].as_u64(), "the id is the revision");
    assert_eq!(
        scene.call("DELETE", &format!("/routes/{id}"), "").json(),
        json!({"deleted": "1", "key": format!("/apisix/routes/{id}")})
    );

    let route = json!({"uri": "/a", "methods": ["PUT"], "desc": "x", "upstream_id": "u1"});
    assert_eq!(scene.call("PUT", "/routes/r1", route).status, 201);
    let got = scene.call("PATCH", "/routes/r1", json!({"methods": ["GET"], "desc": null}));
    assert_eq!(got.status, 200);
    assert_eq!(
        timeless(&got.json()["value"]),
        json!({"id": "r1", "uri": "/a", "methods": ["GET"], "upstream_id": "u1"})
    );
    let got = scene.call("PATCH", "/upstreams/u1/nodes", json!({"127.0.0.1:8081": 1}));
    assert_eq!(got.json()["value"]["nodes"], json!({"127.0.0.1:8081": 1}));
    let got = scene.call("PATCH", "/upstreams/u1", json!({"nodes": {"127.0.0.1:8081": null, "127.0.0.1:8082": 1}}));
    assert_eq!(got.json()["value"]["nodes"], json!({"127.0.0.1:8082": 1}));

    let got = scene.call("DELETE", "/upstreams/u1", "");
    assert_eq!(
        (got.status, got.error().as_str()),
        (400, "can not delete this upstream, route [r1] is still using it now")
    );
    assert_eq!(scene.call("DELETE", "/upstreams/u1?force=1", "").status, 400);
    let got = scene.call("DELETE", "/upstreams/u1?force=true", "");
    assert_eq!((got.status, got.json()), (200, json!({"deleted": "1", "key": "/apisix/upstreams/u1"})));
    for method in ["GET", "DELETE"] {
        let got = scene.call(method, "/routes/none", "");
        assert_eq!((got.status, got.json()), (404, json!({"message": "Key not found"})), "{method}");
    }
    assert_eq!(scene.call("PATCH", "/routes/none", json!({})).status, 404);

    let got = scene.call("PUT", "/plugin_metadata/cors", json!({"allow_origins": {"a": "https://a.example"}}));
    assert_eq!(got.status, 201, "{got:?}");
    assert_eq!(got.json()["value"], json!({"id": "cors", "allow_origins": {"a": "https://a.example"}}));
    let vault = json!({"uri": "http://127.0.0.1:8200", "prefix": "kv/apisix", "token": "t"});
    let got = scene.call("PUT", "/secrets/vault/1", vault);
    assert_eq!((got.status, &got.json()["key"]), (201, &json!("/apisix/secrets/vault/1")), "{got:?}");
    assert_eq!(got.json()["value"]["id"], "vault/1");
    assert_eq!(scene.get("/secrets").json()["total"], 1);
    assert_eq!(scene.get("/secrets/vault/1").status, 200);
    assert_eq!(scene.call("PUT", "/secrets/x/1", json!({})).error(), "invalid secret manager: x");
}

#[test]
fn what_a_write_may_not_say() {
    let scene = Scene::new();
    for (method, path, body, text) in [
        ("PUT", "/routes/1", json!({"uri": "/a", "id": "2"}), "wrong route id"),
        ("PUT", "/services", json!({}), "missing service id"),
        ("POST", "/services/1", json!({}), "wrong service id, do not need it"),
        ("POST", "/services", json!({"id": 1}), "wrong service id, do not need it"),
        ("PUT", "/services/1", json!({"create_time": 1}), "the property is forbidden:  create_time"),
        (
            "PUT",
            "/routes/1",
            json!({"uri": "/a", "upstream": {"update_time": 1}}),
            "the property is forbidden:  upstream.update_time",
        ),
        ("PUT", "/consumers/a", json!({"username": "b"}), "wrong username"),
        ("PUT", "/consumers", json!({"id": "a"}), "invalid configuration: property \"username\" is required"),
        (
            "PUT",
            "/routes/1",
            json!({"uri": "/a", "upstream_id": "x"}),
            "failed to fetch upstream info by upstream id [x], response code: 404",
        ),
        ("PUT", "/routes/1", json!({"uri": "/a", "plugins": {"x": {}}}), "unknown plugin [x]"),
        (
            "PUT",
            "/services/*",
            json!({}),
            "invalid configuration: property \"id\" validation failed: object matches none of the required",
        ),
        ("PUT", "/plugin_metadata", json!({}), "missing plugin name"),
    ] {
        let got = scene.call(method, path, &body);
        assert_eq!((got.status, got.error().as_str()), (400, text), "{method} {path} {body}");
        assert_eq!(got.fields["x-api-version"], "v3");
    }
    for method in ["PUT", "POST"] {
        let path = if method == "PUT" { "/services/1" } else { "/services" };
        assert_eq!(scene.call(method, path, "").error(), "missing configurations");
    }
    assert_eq!(scene.call("PATCH", "/services/1", "").error(), "missing new configuration");
    assert_eq!(scene.get("/services").json()["total"], 0, "nothing was stored");
}

#[test]
fn patches() {
    let scene = Scene::new();
    assert_eq!(scene.call("PUT", "/services/1", json!({"name": "x", "labels": {"a": "1"}})).status, 201);
    let text = |path: &str, body: Value| scene.call("PATCH", path, body).error();
    assert_eq!(text("/services/1", json!("x")), "invalid configuration");
    assert_eq!(text("/services/1/name/b", json!(1)), "invalid sub-path: /name/b");
    assert_eq!(text("/services/1", json!({"id": "2"})), "wrong service id");
    let got = scene.call("PATCH", "/services/1/", json!({"labels": {"b": "2"}}));
    assert_eq!(got.json()["value"]["labels"], json!({"a": "1", "b": "2"}));
    let got = scene.call("PATCH", "/services/1/desc", json!("new"));
    assert_eq!(got.json()["value"]["desc"], "new");
    let got = scene.call("PATCH", "/services/1", json!({"create_time": 5, "update_time": 6}));
    assert_eq!((&got.json()["value"]["create_time"], &got.json()["value"]["update_time"]), (&json!(5), &json!(6)));
    let got = scene.call("PATCH", "/services/1", json!({"desc": null}));
    assert!(got.json()["value"]["update_time"].as_u64() > Some(6), "{got:?}");
    assert_eq!(got.json()["value"].get("desc"), None);
    assert_eq!(got.json()["value"]["create_time"], 5);
    // An id taken away comes back.
    assert_eq!(scene.call("PATCH", "/services/1", json!({"id": null})).json()["value"]["id"], "1");
}

#[test]
fn a_time_to_live() {
    let scene = Scene::new();
    assert_eq!(scene.call("PUT", "/services/1?ttl=0.05", json!({})).status, 201);
    assert_eq!(scene.call("PUT", "/services/2?ttl=1000", json!({})).status, 201);
    while scene.get("/services/1").status != 404 {}
    assert_eq!(scene.get("/services/2").status, 200);
    assert_eq!(scene.get("/services").json()["total"], 1);
}

#[test]
fn ids_of_posts_never_hit_what_is_there() {
    let scene = Scene::new();
    let first =
        scene.call("POST", "/services", json!({})).json()["value"]["id"].as_str().unwrap().parse::<u64>().unwrap();
    // The id that would come next but one, taken by hand.
    let taken = format!("{:020}", first + 2);
    assert_eq!(scene.call("PUT", &format!("/services/{taken}"), json!({"desc": "mine"})).status, 201);
    let got = scene.call("POST", "/services", json!({}));
    assert_eq!(got.status, 201);
    assert_ne!(got.json()["value"]["id"], taken.as_str());
    assert_eq!(scene.get(&format!("/services/{taken}")).json()["value"]["desc"], "mine");
}

#[test]
fn everything_is_there_after_a_restart() {
    let scene = Scene::new();
    assert_eq!(scene.call("PUT", "/upstreams/u", json!({"nodes": {"127.0.0.1:1": 1}})).status, 201);
    assert_eq!(scene.call("PUT", "/routes/r", json!({"uri": "/a", "upstream_id": "u"})).status, 201);
    assert_eq!(
        scene.call("PUT", "/consumers", json!({"username": "b", "plugins": {"key-auth": {"key": "k"}}})).status,
        201
    );
    let before: Vec<Value> = ["/upstreams", "/routes", "/consumers"].iter().map(|p| scene.get(p).json()).collect();
    let scene = scene.restart();
    let after: Vec<Value> = ["/upstreams", "/routes", "/consumers"].iter().map(|p| scene.get(p).json()).collect();
    assert_eq!(before, after);
    assert_eq!(scene.call("DELETE", "/upstreams/u", "").status, 400, "the indexes are there too");
    let got = scene.call("PUT", "/consumers", json!({"username": "c", "plugins": {"key-auth": {"key": "k"}}}));
    assert_eq!(got.error(), "duplicate key of plugin key-auth found with consumer: b");
}
