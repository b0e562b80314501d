//! Many changes as one, and the way back.

use serde_json::{Value, json};

use super::harness::{Got, KEY, Scene, VIEWER};

fn apply(scene: &Scene, ops: Value) -> Got {
    scene.call("POST", "/live/apply", json!({ "ops": ops }))
}

fn statuses(got: &Got) -> Vec<String> {
    let results = got.json()["results"].as_array().unwrap_or_else(|| panic!("{got:?}")).clone();
    results
        .iter()
        .map(|result| format!("{} {}", result["path"].as_str().unwrap(), result["status"].as_str().unwrap()))
        .collect()
}

/// Everything that is stored, without revisions.
fn all(scene: &Scene) -> Vec<Value> {
    let lists = ["upstreams", "services", "routes", "consumers", "ssls", "secrets"]
        .map(|name| scene.get(&format!("/{name}")).json());
    let values = lists.iter().flat_map(|list| list["list"].as_array().unwrap().iter());
    values.map(|node| node["value"].clone()).collect()
}

#[test]
fn a_batch_is_judged_by_what_it_makes() {
    let scene = Scene::new();
    let got = apply(
        &scene,
        json!([
            {"op": "put", "path": "/routes/r", "value": {"uri": "/a", "service_id": "s"}},
            {"op": "put", "path": "/consumers/a/credentials/c", "value": {"plugins": {"key-auth": {"key": "1"}}}},
            {"op": "put", "path": "/apisix/admin/services/s", "value": {"upstream_id": "u"}},
            {"op": "put", "path": "/upstreams/u", "value": {"nodes": {"127.0.0.1:1": 1}}},
            {"op": "put", "path": "/consumers", "value": {"username": "a", "plugins": {"basic-auth": {"username": "x", "password": "p"}}}},
            {"op": "delete", "path": "/routes/none"},
        ]),
    );
    assert_eq!(got.status, 200, "{got:?}");
    let expected = [
        "/routes/r created",
        "/consumers/a/credentials/c created",
        "/apisix/admin/services/s created",
        "/upstreams/u created",
        "/consumers created",
        "/routes/none unchanged",
    ];
    assert_eq!(statuses(&got), expected);
    assert_eq!((&got.json()["rev"], &got.json()["results"][0]["rev"]), (&json!(1), &json!(1)), "{got:?}");
    assert_eq!(scene.get("/routes/r").json()["modifiedIndex"], 1);

    // Again: nothing to do, and no revision for it.
    let same = json!([
        {"op": "put", "path": "/upstreams/u", "value": {"nodes": {"127.0.0.1:1": 1}}},
        {"op": "put", "path": "/consumers/a", "value": {"username": "a", "plugins": {"basic-auth": {"username": "x", "password": "p"}}}},
    ]);
    let got = apply(&scene, same);
    assert_eq!(statuses(&got), ["/upstreams/u unchanged", "/consumers/a unchanged"]);
    assert_eq!((&got.json()["rev"], &got.json()["results"][0]["rev"]), (&json!(1), &json!(1)));

    // Two swap what they are found by; what is named goes with all that name it.
    assert_eq!(
        scene
            .call(
                "PUT",
                "/consumers/b",
                json!({"username": "b", "plugins": {"basic-auth": {"username": "y", "password": "p"}}})
            )
            .status,
        201
    );
    let swap = |name: &str, user: &str| json!({"op": "put", "path": format!("/consumers/{name}"), "value": {"username": name, "plugins": {"basic-auth": {"username": user, "password": "p"}}}});
    let got = apply(
        &scene,
        json!([swap("a", "y"), swap("b", "x"), {"op": "delete", "path": "/upstreams/u"}, {"op": "delete", "path": "/services/s"}, {"op": "delete", "path": "/routes/r"}]),
    );
    assert_eq!(
        statuses(&got),
        [
            "/consumers/a updated",
            "/consumers/b updated",
            "/upstreams/u deleted",
            "/services/s deleted",
            "/routes/r deleted"
        ],
        "{got:?}"
    );
    assert_eq!(scene.get("/routes").json()["total"], 0);
    let got = apply(&scene, json!([swap("a", "x")]));
    assert_eq!((got.status, statuses(&got)), (400, vec!["/consumers/a error".to_owned()]), "b has it");
}

#[test]
fn one_fault_and_nothing_happens() {
    let scene = Scene::new();
    assert_eq!(scene.call("PUT", "/upstreams/u", json!({"nodes": {"127.0.0.1:1": 1}})).status, 201);
    assert_eq!(scene.call("PUT", "/routes/r", json!({"uri": "/a", "upstream_id": "u"})).status, 201);
    let before = all(&scene);
    let good = json!({"op": "put", "path": "/routes/x", "value": {"uri": "/x", "upstream": {"nodes": {}}}});
    for (op, text) in [
        (json!({"op": "put", "path": "/routes/y", "value": {"uri": 1}}), "property \"uri\" validation failed"),
        (
            json!({"op": "put", "path": "/routes/y", "value": {"uri": "/y", "upstream_id": "none"}}),
            "failed to fetch upstream info by upstream id [none]",
        ),
        (
            json!({"op": "put", "path": "/routes/y", "value": {"uri": "/y", "create_time": 1}}),
            "the property is forbidden",
        ),
        (json!({"op": "put", "path": "/routes/y", "value": {"id": "z", "uri": "/y"}}), "wrong route id"),
        (
            json!({"op": "put", "path": "/routes/y", "value": {"uri": "/y", "plugins": {"nothing": {}}}}),
            "unknown plugin [nothing]",
        ),
        (
            json!({"op": "put", "path": "/consumers/none/credentials/c", "value": {"plugins": {"key-auth": {"key": "1"}}}}),
            "consumer",
        ),
        (json!({"op": "put", "path": "/routes/y"}), "missing configurations"),
        (json!({"op": "put", "path": "/routs/y", "value": {}}), "Unsupported resource type: routs"),
        (json!({"op": "put", "path": "/routes/y/uri", "value": "x"}), "the path names no object"),
        (json!({"op": "put", "path": "/live/apply", "value": {}}), "the path names no object"),
        (
            json!({"op": "put", "path": "/routes/x", "value": {"uri": "/z", "upstream_id": "u"}}),
            "the object is named twice",
        ),
        (json!({"op": "delete", "path": "/routes"}), "missing route id"),
        (json!({"op": "delete", "path": "/routes/r", "value": {}}), "a deletion has no value"),
        (json!({"op": "delete", "path": "/upstreams/u"}), "is still using it now"),
        (json!({"op": "patch", "path": "/routes/r"}), "missing configurations"),
        (json!({"op": "patch", "path": "/routes/none", "value": {"uri": "/"}}), "Key not found"),
        (json!({"op": "patch", "path": "/routes/r", "value": {"id": "z"}}), "wrong route id"),
        (json!({"op": "patch", "path": "/routes/r", "value": {"uri": 1}}), "property \"uri\" validation failed"),
        (json!({"op": "patch", "path": "/routes/r", "if_match": 1, "value": {"uri": "/"}}), "revision is 2"),
        (json!({"op": "delete", "path": "/routes/r", "if_match": 1}), "revision is 2"),
        (json!({"op": "put", "path": "/routes/r", "if_match": 0, "value": {"uri": "/"}}), "revision is 2"),
        (json!({"op": "put", "path": "/routes/y", "if_match": 7, "value": {"uri": "/"}}), "there is no such object"),
    ] {
        let got = apply(&scene, json!([good, op]));
        assert_eq!(got.status, 400, "{op}: {got:?}");
        let results = got.json()["results"].clone();
        assert_eq!((&results[0]["status"], &results[1]["status"]), (&json!("created"), &json!("error")), "{got:?}");
        assert!(results[1]["error_msg"].as_str().unwrap().contains(text), "{text}: {got:?}");
        assert!(got.error().starts_with("nothing has changed: /") && got.error().contains(text), "{got:?}");
        assert_eq!(all(&scene), before, "{op}");
    }
    for body in [
        json!({}),
        json!({"ops": {}}),
        json!({"ops": [{"op": "post", "path": "/routes"}]}),
        json!({"ops": [], "dryrun": true}),
    ] {
        assert!(scene.call("POST", "/live/apply", &body).error().starts_with("invalid request body: "), "{body}");
    }
    assert_eq!(scene.call("POST", "/live/apply", "").status, 400);
    let ops = json!({"ops": [good], "dry_run": true});
    let got = scene.call("POST", "/live/apply", &ops);
    assert_eq!(
        (got.status, got.fields["x-dry-run"].as_str(), statuses(&got)),
        (200, "true", vec!["/routes/x created".to_owned()])
    );
    assert_eq!(scene.call("POST", "/live/apply?dry_run=true", json!({"ops": [good]})).fields["x-dry-run"], "true");
    assert_eq!(all(&scene), before);
    assert_eq!(scene.send("POST", "/live/apply", &[("X-API-KEY", VIEWER)], &ops.to_string()).status, 401);
    assert_eq!(scene.get("/live/apply").status, 405);
    let matching = json!([{"op": "delete", "path": "/routes/r", "if_match": 2}, {"op": "put", "path": "/routes/new", "if_match": 0, "value": {"uri": "/n", "upstream": {"nodes": {}}}}]);
    assert_eq!(statuses(&apply(&scene, matching)), ["/routes/r deleted", "/routes/new created"]);
    let scene = scene.restart();
    assert_eq!(scene.get("/routes/new").status, 200);
}

#[test]
fn what_is_merged_keeps_what_nobody_is_told() {
    let scene = Scene::new();
    let put = |path: &str, body: Value| assert!(scene.call("PUT", path, &body).status < 300, "{path} {body}");
    put("/consumers/a", json!({"username": "a"}));
    put("/secrets/vault/1", json!({"uri": "http://127.0.0.1:1", "prefix": "kv", "token": "the-token"}));
    put("/routes/r", json!({"uri": "/a", "labels": {"x": "1", "y": "2"}, "upstream": {"nodes": {}}}));
    let got = apply(
        &scene,
        json!([
            {"op": "patch", "path": "/secrets/vault/1", "value": {"prefix": "other"}},
            {"op": "patch", "path": "/routes/r", "value": {"uri": "/b", "labels": {"x": null}, "service_id": "s"}},
            {"op": "put", "path": "/services/s", "value": {"upstream": {"nodes": {}}}},
        ]),
    );
    assert_eq!(statuses(&got), ["/secrets/vault/1 updated", "/routes/r updated", "/services/s created"], "{got:?}");
    let secret = scene.get("/secrets/vault/1").json()["value"].clone();
    assert_eq!((&secret["prefix"], &secret["token"]), (&json!("other"), &json!("the-token")));
    let route = scene.get("/routes/r").json()["value"].clone();
    assert_eq!(
        (&route["uri"], &route["labels"], &route["service_id"]),
        (&json!("/b"), &json!({"y": "2"}), &json!("s"))
    );
    let again = apply(&scene, json!([{"op": "patch", "path": "/routes/r", "value": {"uri": "/b"}}]));
    assert_eq!(statuses(&again), ["/routes/r unchanged"]);
}

#[test]
fn back_to_what_it_was() {
    let scene = Scene::new();
    let put = |path: &str, body: Value| assert!(scene.call("PUT", path, &body).status < 300, "{path} {body}");
    put("/upstreams/u", json!({"nodes": {"127.0.0.1:1": 1}}));
    put("/consumers/a", json!({"username": "a", "plugins": {"key-auth": {"key": "the-old-key"}}}));
    put("/routes/r", json!({"uri": "/a", "upstream_id": "u"}));
    let then = all(&scene);
    put("/upstreams/v", json!({"nodes": {"127.0.0.1:2": 1}}));
    put("/routes/r", json!({"uri": "/b", "upstream_id": "v"}));
    put("/routes/s", json!({"uri": "/c", "upstream_id": "v"}));
    put("/consumers/a", json!({"username": "a", "plugins": {"key-auth": {"key": "the-new-key"}}}));
    put("/consumers/a/credentials/c", json!({"plugins": {"key-auth": {"key": "another"}}}));
    assert_eq!(scene.call("DELETE", "/upstreams/u", "").status, 200);
    let now = all(&scene);

    let back = |body: Value| scene.call("POST", "/live/rollback", body);
    let expected = [
        "/consumers/a updated",
        "/consumers/a/credentials/c deleted",
        "/routes/r updated",
        "/routes/s deleted",
        "/upstreams/u created",
        "/upstreams/v deleted",
    ];
    let tried = back(json!({"rev": 3, "dry_run": true}));
    assert_eq!((tried.status, tried.fields["x-dry-run"].as_str()), (200, "true"), "{tried:?}");
    assert_eq!(statuses(&tried), expected);
    assert_eq!(all(&scene), now);
    let stale = back(json!({"rev": 3, "if_match": 8}));
    assert_eq!((stale.status, stale.error().as_str()), (412, "revision is 9"));
    let done = back(json!({"rev": 3, "if_match": 9}));
    assert_eq!(
        (done.status, statuses(&done), &done.json()["rev"]),
        (200, expected.map(str::to_owned).to_vec(), &json!(10)),
        "{done:?}"
    );
    assert!(!done.body.contains("key"), "{done:?}");
    assert_eq!(all(&scene), then, "times and secrets too");
    // A secret that was encrypted again is the same one.
    let again = back(json!({"rev": 3}));
    assert_eq!((again.status, statuses(&again)), (200, Vec::<String>::new()), "{again:?}");
    assert_eq!(again.json()["rev"], 10);
    // And back again, which is a change as any other; then nothing is left to do.
    assert_eq!(back(json!({"rev": 9})).status, 200);
    assert_eq!(all(&scene), now);
    assert_eq!(statuses(&back(json!({"rev": 11}))), Vec::<String>::new());
    assert_eq!(statuses(&back(json!({"rev": 0}))).len(), 5, "everything goes");
    assert_eq!(all(&scene), Vec::<Value>::new());

    for (body, status, text) in [
        (json!({"rev": 99}), 404, "there is no revision 99: the newest is 12"),
        (json!({}), 400, "invalid request body: missing field `rev`"),
        (json!({"rev": -1}), 400, "invalid request body"),
        (json!({"rev": 1, "dryrun": true}), 400, "invalid request body: unknown field"),
    ] {
        let got = back(body);
        assert_eq!(got.status, status, "{got:?}");
        assert!(got.error().contains(text), "{got:?}");
    }
    assert_eq!(scene.send("POST", "/live/rollback", &[("X-API-KEY", VIEWER)], r#"{"rev":1}"#).status, 401);
    let history = scene.send("GET", "/live/history", &[("X-API-KEY", KEY)], "");
    assert!(!history.body.contains("the-old-key") && !history.body.contains("the-new-key"), "{history:?}");
    let scene = scene.restart();
    assert_eq!(scene.call("POST", "/live/rollback", json!({"rev": 9})).status, 200, "the journal outlives the process");
    assert_eq!(all(&scene), now);
}

#[test]
fn what_would_not_stand_is_not_brought_back() {
    let scene = Scene::new();
    let put = |path: &str, body: Value| assert!(scene.call("PUT", path, &body).status < 300, "{path} {body}");
    put("/upstreams/u", json!({"nodes": {"127.0.0.1:1": 1}}));
    put("/routes/r", json!({"uri": "/a", "upstream_id": "u"}));
    put("/services/s", json!({}));
    assert_eq!(scene.call("DELETE", "/upstreams/u?force=true", "").status, 200);
    put("/routes/r", json!({"uri": "/b", "upstream": {"nodes": {}}}));
    let now = all(&scene);
    let got = scene.call("POST", "/live/rollback", json!({"rev": 4}));
    assert_eq!(
        (got.status, statuses(&got)),
        (400, vec!["/routes/r error".to_owned()]),
        "its upstream was gone already"
    );
    assert!(got.error().contains("failed to fetch upstream info"), "{got:?}");
    assert_eq!(all(&scene), now);
    // What has outlived its time is not brought back.
    put("/services/t?ttl=0.05", json!({}));
    while scene.get("/services/t").status == 200 {
        std::thread::yield_now();
    }
    put("/services/s", json!({"name": "later"}));
    let got = scene.call("POST", "/live/rollback", json!({"rev": 6}));
    assert_eq!(statuses(&got), ["/services/s updated"], "{got:?}");
}
