//! What `gatewayctl` says of a change that is only tried.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::{Ctl, Gateway};
use serde_json::json;

/// A dry run, a validation and the write itself are of one mind, whatever the kind of object.
#[test]
fn what_is_tried_comes_out_as_what_is_done() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let (certificate, key) = (include_str!("certificates/one.pem"), include_str!("certificates/one.key"));
    let wanted = json!({
        "ssls": [{ "id": "s", "cert": certificate, "key": key, "snis": ["a.example"] }],
        "upstreams": [{ "id": "u", "nodes": { "127.0.0.1:1": 1 } }],
        "services": [{ "id": "s", "upstream_id": "u" }],
        "plugin_configs": [{ "id": "p", "plugins": { "cors": {} } }],
        "consumer_groups": [{ "id": "g", "plugins": { "cors": {} } }],
        "global_rules": [{ "id": "r", "plugins": { "cors": {} } }],
        "plugin_metadata": [{ "id": "http-logger", "log_format": { "a": "$host" } }],
        "protos": [{ "id": "o", "content": "syntax = \"proto3\"; package a; message B {}" }],
        "secrets": [{ "id": "vault/1", "uri": "http://127.0.0.1:1", "prefix": "kv", "token": "the-token" }],
        "graphql_cost_decorations": [{ "id": "c", "service_id": "s", "field_path": "Query.a" }],
        "consumers": [{ "username": "zed", "group_id": "g", "plugins": { "key-auth": { "key": "zeds" } } }],
        "credentials": [{ "consumer": "zed", "id": "c", "plugins": { "key-auth": { "key": "another" } } }],
        "routes": [{ "id": "r", "uri": "/r", "service_id": "s", "plugin_config_id": "p" }] });
    let run = |line: &[&str], text: &str| {
        let seen = ctl.run(line, text);
        (
            seen.status.code(),
            format!("{}{}", String::from_utf8_lossy(&seen.stdout), String::from_utf8_lossy(&seen.stderr)),
        )
    };
    let revision = || gateway.call("GET", "/live/info", None).json()["config"]["revision"].as_u64().unwrap();
    let validate = ["config", "validate", "--server-side", "-f", "-"];
    let alike = |text: &str, code: i32| {
        let before = revision();
        let tried = run(&["apply", "-f", "-", "--dry-run=server"], text);
        let validated = run(&validate, text);
        assert_eq!(revision(), before);
        let done = run(&["apply", "-f", "-"], text);
        assert_eq!((tried.0, done.0), (Some(code), Some(code)), "{tried:?}\n{done:?}");
        assert_eq!(validated.0, Some(i32::from(code != 0)), "{validated:?}");
        let plain = tried.1.replace(" (server dry run)", "");
        assert_eq!(plain.trim_end(), done.1.replace("nothing has changed\n", "").trim_end());
        done.1
    };
    let objects = wanted.as_object().unwrap().len();
    let of = |told: &str, word: &str| told.lines().filter(|line| line.ends_with(word)).count();
    assert_eq!(of(&alike(&wanted.to_string(), 0), " created"), objects);
    let dump = ctl.ok(&["config", "dump"], "");
    assert_eq!(of(&alike(&dump, 0), " unchanged"), objects);
    assert_eq!(of(&alike(&dump.replace("a.example", "b.example"), 0), "ssl/s configured"), 1);
    // One at a time, which is another call.
    for text in [
        "{kind: plugin-config, id: p2, plugins: {cors: {}}}",
        "{kind: consumer-group, id: g2, plugins: {cors: {}}}",
        "{kind: global-rule, id: r2, plugins: {ip-restriction: {whitelist: [127.0.0.1]}}}",
        "{kind: secret, id: vault/2, uri: 'http://127.0.0.1:1', prefix: kv, token: t}",
        "{kind: credential, consumer: zed, id: c2, plugins: {key-auth: {key: third}}}",
        "{kind: gqlcost, id: s/d, field_path: Query.d}",
    ] {
        assert_eq!(of(&alike(text, 0), " created"), 1, "{text}");
        assert_eq!(of(&alike(text, 0), " unchanged"), 1, "{text}");
    }
    let ssl = ctl.ok(&["get", "ssl", "s", "-o", "yaml"], "");
    alike(&ssl.replace("b.example", "c.example"), 0);
    for (text, code) in [
        ("{kind: route, id: x, uri: /x, upstream_id: nope}", 5),
        ("{kind: consumer, username: eve, plugins: {key-auth: {key: 5}}}", 5),
        ("{kind: credential, consumer: nobody, id: c, plugins: {key-auth: {key: fourth}}}", 3),
        ("routes: [{id: a, uri: /a}, {id: b, uri: 5}]", 5),
    ] {
        alike(text, code);
    }
    // Nothing is behind a mask in another gateway.
    let another = Gateway::start();
    let other = Ctl::of(&another);
    for line in
        [&validate[..], &["apply", "-f", "-", "--dry-run=server"], &["config", "sync", "-f", "-", "--dry-run=server"]]
    {
        let seen = other.run(line, &dump);
        let text = format!("{}{}", String::from_utf8_lossy(&seen.stdout), String::from_utf8_lossy(&seen.stderr));
        assert!(!seen.status.success() && text.contains("is masked, and the server holds nothing"), "{line:?}: {text}");
    }
    // What is in the way of an apply alone is no fault of the files: a sync deletes it.
    let renamed = wanted.to_string().replace("\"zed\"", "\"rob\"");
    let (code, told) = run(&validate, &renamed);
    assert!(code == Some(0) && told.contains("config sync, which deletes what no file has, is not refused"), "{told}");
    assert_eq!(run(&["apply", "-f", "-", "--dry-run=server"], &renamed).0, Some(5));
    let told = ctl.ok(&["config", "sync", "-f", "-", "--yes", "--max-deletes", "100%"], &renamed);
    assert!(told.contains("consumer/zed deleted") && told.contains("consumer/rob created"), "{told}");
}
