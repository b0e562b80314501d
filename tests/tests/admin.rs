//! The Admin API of the real binary beyond single answers: what is written down about changes, and what becomes of objects that
//! this build or configuration cannot run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::{Client, Gateway, Upstream, wait_for};
use rustix::process::Signal;
use serde_json::json;

/// The lines of the audit log, without their times.
fn audit(gateway: &Gateway) -> Vec<String> {
    let log = gateway.stderr();
    let lines = log.lines().filter_map(|line| line.split_once("the configuration has changed "));
    lines.map(|(_, fields)| fields.to_owned()).collect()
}

#[test]
fn one_audit_line_a_change_whoever_made_it() {
    let gateway = Gateway::start();
    gateway.put("/consumers", &json!({ "username": "a" }));
    gateway.put("/consumers/a/credentials/c", &json!({ "plugins": { "key-auth": { "key": "s3cret" } } }));
    gateway.put("/routes/1?ttl=1000", &json!({ "uri": "/a", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    assert_eq!(gateway.call("PATCH", "/routes/1", Some(&json!({ "uri": "/b" }))).status, 200);
    assert_eq!(gateway.call("POST", "/services", Some(&json!({}))).status, 201);
    // Nothing changes by these.
    assert_eq!(
        gateway.call("PUT", "/routes/2?dry_run=true", Some(&json!({ "uri": "/a", "service_id": "x" }))).status,
        400
    );
    assert_eq!(gateway.call("DELETE", "/consumers/a?dry_run=true", None).status, 200);
    assert_eq!(gateway.call("DELETE", "/routes/none", None).status, 404);
    gateway.put("/routes/3?ttl=0.2", &json!({ "uri": "/c", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    wait_for("the route to vanish", || (gateway.call("GET", "/routes/3", None).status == 404).then_some(()));
    gateway.delete("/consumers/a");
    let expected = [
        r#"who="admin" from=127.0.0.1 verb="PUT" key="/apisix/consumers/a" old=0 new=1"#,
        r#"who="admin" from=127.0.0.1 verb="PUT" key="/apisix/consumers/a/credentials/c" old=0 new=2"#,
        r#"who="admin" from=127.0.0.1 verb="PUT" key="/apisix/routes/1" old=0 new=3"#,
        r#"who="admin" from=127.0.0.1 verb="PATCH" key="/apisix/routes/1" old=3 new=4"#,
        r#"who="admin" from=127.0.0.1 verb="POST" key="/apisix/services/00000000000000000005" old=0 new=5"#,
        r#"who="admin" from=127.0.0.1 verb="PUT" key="/apisix/routes/3" old=0 new=6"#,
        r#"who="ttl" from=- verb="EXPIRE" key="/apisix/routes/3" old=6 new=7"#,
        r#"who="admin" from=127.0.0.1 verb="DELETE" key="/apisix/consumers/a/credentials/c" old=2 new=8"#,
        r#"who="admin" from=127.0.0.1 verb="DELETE" key="/apisix/consumers/a" old=1 new=8"#,
    ];
    wait_for("all lines", || (audit(&gateway).len() >= expected.len()).then_some(()));
    assert_eq!(audit(&gateway), expected);
    assert!(!gateway.stderr().contains("s3cret"));
}

#[test]
fn an_object_that_cannot_run_is_left_out_alone_and_shown() {
    let upstream = Upstream::new(|_, stream| {
        use std::io::Write;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_ok()
    });
    let nodes = json!({ "nodes": { (upstream.node()): 1 } });
    let mut gateway = Gateway::start();
    gateway.put("/routes/with", &json!({ "uri": "/with", "plugins": { "cors": {} }, "upstream": nodes }));
    gateway.put("/routes/without", &json!({ "uri": "/without", "upstream": nodes }));
    gateway.reconfigure(json!({ "plugins": ["key-auth", "prometheus"] }));
    gateway.signal(Signal::TERM);
    gateway.wait();
    gateway.restart();
    assert_eq!(gateway.get("/without").status, 200);
    assert_eq!(gateway.get("/with").status, 404, "never without the plugin it was written with");
    let rejected = || gateway.call("GET", "/live/info", None).json()["config"]["rejected"].clone();
    assert_eq!(rejected(), json!([{ "path": "/routes/with", "reason": "unknown plugin [cors]" }]));
    assert_eq!(gateway.metric("apisix_gateway_config_skipped_objects"), 1);
    assert_eq!(gateway.call("GET", "/routes/with", None).status, 200, "it is there to be mended");
    let headers = [("X-API-KEY", gateway.key()), ("Accept", "*/*"), ("Connection", "close")];
    let body = json!({ "uri": "/with", "plugins": { "cors": {} }, "upstream": nodes }).to_string();
    let answer = Client::connect(gateway.admin).request("PUT", "/apisix/admin/routes/with", &headers, body.as_bytes());
    assert_eq!((answer.status, &answer.json()["error_msg"]), (400, &json!("unknown plugin [cors]")));
    assert_eq!(answer.json()["details"][0]["code"], "plugin_off");
    assert_eq!(rejected().as_array().map(Vec::len), Some(1), "a refused write changes nothing");
    gateway.put("/routes/with", &json!({ "uri": "/with", "upstream": nodes }));
    assert_eq!(rejected(), json!([]));
    assert_eq!(gateway.get("/with").status, 200);
}

/// A route stands in the router once for each of its paths under each of its hosts: a small body must not become gigabytes that
/// are stored already when they do not fit.
#[test]
fn a_route_that_would_fill_the_memory_is_refused_before_it_is_stored() {
    let gateway = Gateway::start();
    let names = |n: usize, name: &dyn Fn(usize) -> String| (0..n).map(name).collect::<Vec<_>>();
    let uris = |n| names(n, &|i| format!("/u{i}"));
    let hosts = |n| names(n, &|i| format!("h{i}.example.com"));
    let upstream = json!({ "nodes": { "127.0.0.1:1": 1 } });
    let refused = |path: &str, object: serde_json::Value| {
        let reply = gateway.call("PUT", path, Some(&object));
        assert_eq!(reply.status, 400, "{path}: {}", reply.text());
        assert!(reply.text().contains("places in the router"), "{}", reply.text());
    };
    let wide = json!({ "uris": uris(300), "hosts": hosts(300), "upstream": upstream });
    refused("/routes/1", wide.clone());
    refused("/routes/1?dry_run=true", wide);
    gateway.put("/services/1", &json!({ "hosts": hosts(2), "upstream": upstream }));
    gateway.put("/routes/1", &json!({ "uris": uris(300), "service_id": "1" }));
    refused("/services/1", json!({ "hosts": hosts(300), "upstream": upstream }));
    gateway.put("/services/2", &json!({ "hosts": hosts(300), "upstream": upstream }));
    refused("/routes/2", json!({ "uris": uris(300), "service_id": "2" }));
    gateway.put("/routes/2", &json!({ "uris": uris(100), "service_id": "2" }));
    assert_eq!(gateway.call("GET", "/services/1", None).json()["value"]["hosts"].as_array().unwrap().len(), 2);
}

/// Who wrote the object may be gone, and whoever looks for the reason looks into the log.
#[test]
fn what_is_not_known_or_leads_nowhere_is_told_in_the_log() {
    let gateway = Gateway::start();
    let upstream = Upstream::text("ok");
    let nodes = json!({ (upstream.node()): 1 });
    let line = |text: &str, also: &[&str]| {
        wait_for(&format!("{text}: {also:?}"), || {
            gateway.stderr().lines().any(|l| l.contains(text) && also.iter().all(|a| l.contains(a))).then_some(())
        });
    };
    let odd = json!({ "type": "wishful", "nodes": nodes });
    let unknown = "an upstream of a type that is not known gets roundrobin";
    gateway.put("/upstreams/odd", &odd);
    line(unknown, &["\"upstreams/odd\"", "\"wishful\""]);
    gateway.put("/routes/within", &json!({ "uri": "/within", "upstream": odd }));
    line(unknown, &["\"routes/within\""]);
    assert_eq!(gateway.get("/within").status, 200);

    let registry = json!({ "type": "roundrobin", "discovery_type": "consul", "service_name": "x" });
    gateway.put("/routes/registry", &json!({ "uri": "/registry", "upstream": registry }));
    assert_eq!(gateway.get("/registry").status, 503);
    line("its discovery_type is not built", &["consul", "routes/registry"]);

    let plugins = json!({ "grpc-transcode": { "proto_id": "9", "service": "a.B", "method": "C" } });
    gateway.put(
        "/routes/transcode",
        &json!({ "uri": "/transcode", "plugins": plugins, "upstream": { "type": "roundrobin", "nodes": nodes } }),
    );
    gateway.get("/transcode");
    line("there is no such proto", &["\"9\""]);

    let consumer = json!({ "username": "a", "plugins": { "key-auth": { "key": "$env://NOBODY_SETS_THIS" } } });
    gateway.put("/consumers/a", &consumer);
    line("leads nowhere", &["NOBODY_SETS_THIS", "consumers a"]);
}
