//! Who gets in, and what every answer carries.

use serde_json::json;

use super::harness::{KEY, Scene, VIEWER};

const ROUTE: &str = r#"{"uri":"/a","upstream":{"nodes":{"127.0.0.1:1":1}}}"#;

#[test]
fn keys_and_roles() {
    let scene = Scene::new();
    let refused = |got: super::harness::Got, why: &str| {
        assert_eq!(got.status, 401, "{got:?}");
        assert_eq!(got.json(), json!({"error_msg": "failed to check token", "description": why}));
        assert!(!got.fields.contains_key("x-api-version"));
        assert_eq!(got.fields["access-control-allow-origin"], "*");
        assert!(got.body.ends_with('\n'));
    };
    refused(scene.send("GET", "/routes", &[], ""), "missing apikey");
    refused(scene.send("GET", "/nothing", &[], ""), "missing apikey");
    refused(scene.send("PUT", "/routes/1", &[], ROUTE), "missing apikey");
    refused(scene.send("GET", "/routes", &[("X-API-KEY", "x")], ""), "wrong apikey");
    refused(scene.send("PUT", "/routes/1", &[("X-API-KEY", VIEWER)], ROUTE), "invalid method for role viewer");
    for fields in
        [("X-API-KEY", KEY.to_owned()), ("Cookie", format!("a=b; x_api_key={KEY}")), ("X-API-KEY", VIEWER.to_owned())]
    {
        let got = scene.send("GET", "/routes", &[(fields.0, &fields.1)], "");
        assert_eq!((got.status, got.body.as_str()), (200, "{\"list\":[],\"total\":0}\n"), "{fields:?}");
        assert_eq!(got.fields["x-api-version"], "v3");
        assert_eq!(got.fields["server"], "APISIX/3.18.0");
        assert_eq!(got.fields["x-gateway-version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(got.fields["content-type"], "application/json");
    }
    assert_eq!(scene.send("GET", &format!("/routes?api_key={KEY}"), &[], "").status, 200);
    let foreign = [("Cookie", &*format!("x_api_key={KEY}")), ("Origin", "https://evil.example")];
    refused(scene.send("GET", "/routes", &foreign, ""), "missing apikey");
}

#[test]
fn too_many_wrong_keys() {
    let scene = Scene::with(|_, config| config.limits.admin_wrong_keys = 3);
    for _ in 0..3 {
        assert_eq!(scene.send("GET", "/routes", &[("X-API-KEY", "x")], "").status, 401);
    }
    let got = scene.send("GET", "/routes", &[("X-API-KEY", "y")], "");
    assert_eq!(got.status, 429, "{got:?}");
    assert!(got.fields.contains_key("retry-after"));
    assert_eq!(scene.get("/routes").status, 200, "a right key is never refused");
}

#[test]
fn no_key_needed() {
    let scene = Scene::with(|admin, _| admin.key_required = false);
    assert_eq!(scene.send("PUT", "/routes/1", &[("X-API-KEY", "x")], ROUTE).status, 201);
}

#[test]
fn peers_and_hosts() {
    let scene = Scene::with(|admin, _| admin.allow = vec!["10.0.0.0/8".parse().unwrap()]);
    let forwarded = [("X-API-KEY", KEY), ("X-Forwarded-For", "10.0.0.1"), ("X-Real-IP", "10.0.0.1")];
    assert_eq!(scene.send("GET", "/routes", &forwarded, "").status, 403);
    assert_eq!(scene.send("OPTIONS", "/routes", &[], "").status, 403);

    let scene = Scene::with(|admin, _| admin.hosts = vec!["admin.example".to_owned()]);
    for (host, status) in [("evil.example", 403), ("admin.example:1", 200), ("[::1]:9180", 200), ("localhost", 200)] {
        assert_eq!(scene.send("GET", "/routes", &[("X-API-KEY", KEY), ("Host", host)], "").status, status, "{host}");
    }
    let absolute = format!(
        "GET http://evil.example/apisix/admin/routes HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {KEY}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(scene.raw(&absolute).status, 403);
}

#[test]
fn preflights_and_probes() {
    let scene = Scene::new();
    let got = scene.send("OPTIONS", "/routes/1", &[], "");
    assert_eq!((got.status, got.body.as_str()), (200, ""));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "0"),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "POST, GET, PUT, OPTIONS, DELETE, PATCH"),
        ("access-control-max-age", "3600"),
        ("access-control-allow-headers", "*"),
        ("access-control-allow-credentials", "true"),
    ] {
        assert_eq!(got.fields[name], value);
    }
    assert_eq!(scene.send("HEAD", "", &[], "").status, 200);
    assert_eq!(scene.call("GET", "", "").status, 404);

    let scene = Scene::with(|admin, config| {
        admin.cors = false;
        config.http.server_tokens = false;
    });
    let got = scene.get("/routes");
    assert!(!got.fields.contains_key("access-control-allow-origin"));
    assert_eq!(got.fields["server"], "APISIX");
    assert!(!got.fields.contains_key("x-gateway-version"));
    assert_eq!(scene.send("OPTIONS", "/routes/1", &[], "").status, 401);
}

#[test]
fn what_is_not_there() {
    let scene = Scene::new();
    for (method, path, status, text) in [
        ("GET", "/live/x", 404, "Unsupported resource type: live"),
        ("PUT", "/live/info", 405, "takes GET alone"),
        ("PUT", "/routs/1", 404, "Unsupported resource type: routs"),
        ("PUT", "/schema/route", 404, "not found"),
        ("HEAD", "/routes", 404, ""),
        ("DELETE", "/routes/1/upstream", 404, "not found"),
        ("POST", "/consumers", 405, "not supported `POST` method for consumer"),
        ("PATCH", "/plugin_metadata/x", 405, "not supported `PATCH` method for plugin_metadata"),
        ("POST", "/global_rules", 405, "not supported `POST` method for global rule"),
        ("PATCH", "/consumers/a/credentials/b", 405, "not supported `PATCH` method for credential"),
        ("GET", "/routes?ttl=x", 400, "invalid argument ttl: should be a number"),
        ("PATCH", "/routes", 400, "missing route id"),
        ("DELETE", "/services", 400, "missing service id"),
        ("PATCH", "/secrets/vault", 400, "no secret id"),
    ] {
        let got = scene.call(method, path, "");
        assert_eq!(got.status, status, "{method} {path}: {got:?}");
        if !text.is_empty() {
            assert_eq!(got.error(), text, "{method} {path}");
        }
    }
    let scene = Scene::with(|_, config| config.stream_mode = false);
    let got = scene.get("/stream_routes");
    assert_eq!((got.status, got.error().as_str()), (400, "stream mode is disabled, can not add stream routes"));
    assert!(!got.fields.contains_key("x-api-version"));
}

#[test]
fn bodies() {
    let scene = Scene::new();
    let got = scene.call("GET", "/routes", "{");
    assert_eq!(got.status, 400, "a bad body is one of every method: {got:?}");
    assert!(got.error().starts_with("invalid request body: "));
    assert_eq!(got.json()["req_body"], "{");
    let long = " ".repeat(1_572_865);
    let got = scene.call("PUT", "/routes/1", &long);
    let text = "invalid request body: request size 1572865 is greater than the maximum size 1572864 allowed";
    assert_eq!((got.status, got.error().as_str()), (400, text));
    let got = scene.call("PUT", "/protos/1", "{\"content\":\"syntax = \\\"proto3\\\";\n\tmessage A {}\"}");
    assert_eq!(got.status, 201, "raw newlines and tabs in texts are accepted: {got:?}");
    assert_eq!(scene.call("PUT", "/routes/1", r#"{"uri":"/a","uri":"/b"}"#).status, 400);
}
