//! What changes, and who follows it.

use serde_json::{Value, json};

use super::harness::{KEY, Scene, VIEWER};

/// The events of a document or of lines: revision, operation, path.
fn told(events: &Value) -> Vec<(u64, String, String)> {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    let all = events.as_array().unwrap().iter();
    all.map(|event| (event["rev"].as_u64().unwrap(), text(event, "op"), text(event, "path"))).collect()
}

fn changes() -> Scene {
    let scene = Scene::new();
    for (method, path, body) in [
        ("PUT", "/upstreams/u", json!({"nodes": {"127.0.0.1:1": 1}})),
        ("PUT", "/consumers/a", json!({"username": "a"})),
        ("PUT", "/consumers/a/credentials/c", json!({"plugins": {"key-auth": {"key": "s3cret"}}})),
        ("PATCH", "/upstreams/u", json!({"retries": 1})),
        ("DELETE", "/consumers/a", Value::Null),
    ] {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let got = scene.call(method, path, body);
        assert!(got.status < 300, "{got:?}");
    }
    scene
}

#[test]
fn history_is_what_was_done_by_whom() {
    let scene = changes();
    let got = scene.get("/live/history");
    assert_eq!(got.status, 200, "{got:?}");
    assert!(!got.body.contains("s3cret"), "{got:?}");
    let history = got.json();
    let expected = [
        (5, "delete", "/consumers/a/credentials/c"),
        (5, "delete", "/consumers/a"),
        (4, "update", "/upstreams/u"),
        (3, "create", "/consumers/a/credentials/c"),
        (2, "create", "/consumers/a"),
        (1, "create", "/upstreams/u"),
    ];
    let expected: Vec<_> = expected.map(|(rev, op, path)| (rev, op.to_owned(), path.to_owned())).into();
    assert_eq!(told(&history["changes"]), expected);
    assert_eq!((&history["rev"], &history["oldest"], &history["more"]), (&json!(5), &json!(1), &json!(false)));
    let update = &history["changes"][2];
    assert_eq!(update["by"], json!({"key": "root", "addr": "127.0.0.1"}));
    assert_eq!((&update["before"]["retries"], &update["after"]["retries"]), (&Value::Null, &json!(1)));
    assert_eq!(history["changes"][3]["after"]["plugins"]["key-auth"]["key"], "***");
    let two = scene.get("/live/history?limit=2").json();
    assert_eq!((told(&two["changes"]), &two["more"]), (expected[..3].to_vec(), &json!(true)));
    let seen = scene.send("GET", "/live/history", &[("X-API-KEY", VIEWER)], "").json();
    assert_eq!(told(&seen["changes"]), expected);
    for limit in ["0", "1001", "x", ""] {
        assert_eq!(scene.get(&format!("/live/history?limit={limit}")).status, 400, "{limit}");
    }
    assert_eq!(scene.call("POST", "/live/history", "").status, 405);
    assert_eq!(scene.send("GET", "/live/history", &[], "").status, 401);
    let scene = scene.restart();
    assert_eq!(told(&scene.get("/live/history").json()["changes"]), expected, "it is kept with the store");
}

#[test]
fn events_behind_a_revision_as_one_document() {
    let scene = changes();
    let got = scene.get("/live/events?since=3").json();
    let expected =
        [(4, "update", "/upstreams/u"), (5, "delete", "/consumers/a/credentials/c"), (5, "delete", "/consumers/a")];
    let expected: Vec<_> = expected.map(|(rev, op, path)| (rev, op.to_owned(), path.to_owned())).into();
    assert_eq!(told(&got["events"]), expected);
    assert_eq!((&got["rev"], &got["dropped"], &got["more"]), (&json!(5), &json!(0), &json!(false)));
    assert_eq!(told(&scene.get("/live/events").json()["events"]).len(), 6);
    let scene = scene.restart();
    assert_eq!(told(&scene.get("/live/events?since=3").json()["events"]), expected, "from the journal");
    assert_eq!(scene.get("/live/events?since=x").status, 400);
}

#[test]
fn a_stream_has_what_was_and_what_comes_until_its_reader_goes() {
    let scene = changes();
    let fields = [("X-API-KEY", KEY), ("Accept", "text/event-stream"), ("Last-Event-ID", "4")];
    let mut reader = scene.read("/live/events?since=1", &fields);
    assert_eq!(reader.next(), "retry: 1000");
    let first = reader.next();
    assert!(
        first.starts_with("event: change\ndata: {\"rev\":5"),
        "a part of a revision is none to go on from: {first}"
    );
    assert!(reader.next().starts_with("id: 5\nevent: change\ndata: {\"rev\":5"));
    assert_eq!(scene.call("PUT", "/services/1", json!({})).status, 201);
    let event = reader.next();
    assert!(event.starts_with("id: 6\nevent: change\ndata: {\"rev\":6,"), "{event}");
    assert_eq!(scene.call("PUT", "/services/2?ttl=0.05", json!({})).status, 201);
    assert!(reader.next().starts_with("id: 7\n"));
    let gone = reader.next();
    assert!(gone.starts_with("id: 8\n") && gone.contains("\"key\":\"ttl\""), "{gone}");
}
