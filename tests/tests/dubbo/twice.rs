//! Attachments of one name that are there several times: whoever decides by one must see what the provider sees.

use super::super::*;

/// Calls with two attachments of a name as variables have it, the second of which a provider may not look at, or look at alone.
fn twice(first: &str, second: &str) -> [(&'static str, Call); 4] {
    let call = |one: &str, two: &str| hello().with(one, first).with(two, second);
    [
        ("the same", call("user-role", "user-role")),
        ("another case", call("user-role", "User-Role")),
        ("a dash", call("user-role", "user_role")),
        ("both", call("USER_ROLE", "user-role")),
    ]
}

#[test]
fn a_rule_is_not_evaded_by_a_name_that_is_there_twice() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    scene
        .gateway
        .put("/consumers/jack", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "jack-key" } } }));
    let logger = json!({ "http-logger": { "uri": format!("http://{}/", provider.node()) } });
    for plugins in [
        json!({}),
        json!({ "key-auth": {} }),
        json!({ "proxy-rewrite": { "headers": { "set": { "a": "b" } } } }),
        logger,
    ] {
        scene.route(&[&provider.node()], json!({ "plugins": plugins }));
        let denied = json!({ "priority": 9, "vars": [["http_user_role", "==", "admin"]],
            "plugins": { "fault-injection": { "abort": { "http_status": 403 } } } });
        scene.route_as("denied", "/*", &[&provider.node()], denied);
        for (how, call) in twice("admin", "guest").into_iter().chain(twice("guest", "admin")) {
            let answer = scene.call(&call.with("apikey", "jack-key"));
            assert!(answer.says("org.apache.dubbo.rpc.RpcException"), "{how}, {plugins}: {answer:?}");
        }
        is_value(&scene.call(&hello().with("user-role", "guest").with("apikey", "jack-key")), "p hello");
        scene.gateway.delete("/routes/denied");
    }
    assert_eq!(provider.got().len(), 4, "no other call came to it");
}

#[test]
fn who_a_call_is_from_does_not_depend_on_other_plugins() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    for name in ["jack", "jill"] {
        let key = json!({ "username": name, "plugins": { "key-auth": { "key": format!("{name}-key") } } });
        scene.gateway.put(&format!("/consumers/{name}"), &key);
    }
    for plugins in [json!({ "key-auth": {} }), json!({ "key-auth": { "hide_credentials": true } })] {
        scene.route(&[&provider.node()], json!({ "plugins": plugins }));
        for (first, second) in [("apikey", "apikey"), ("apikey", "APIKEY"), ("ApiKey", "apikey")] {
            let call = hello().with(first, "jack-key").with(second, "jill-key");
            is_exception(&scene.call(&call), 12, "the call has an attachment twice");
        }
        is_value(&scene.call(&hello().with("apikey", "jill-key")), "p hello");
    }
    assert_eq!(provider.got().len(), 2);
}

#[test]
fn names_that_nobody_asks_for_pass_however_often_they_are_there() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    scene.route(&[&provider.node()], json!({ "vars": [["http_user_role", "==", "guest"]] }));
    let call = hello().with("user-role", "guest").with("traceId", "1").with("TraceId", "2").with("traceId", "3");
    is_value(&scene.call(&call), "p hello");
    assert_eq!(provider.last().frame.body, call.body());
    // An attachment's name is case-sensitive: another case is another one.
    scene.route(&[&provider.node()], json!({ "vars": [["dubbo_attachment_role", "==", "guest"]] }));
    is_value(&scene.call(&hello().with("role", "guest").with("ROLE", "admin")), "p hello");
    is_exception(
        &scene.call(&hello().with("role", "admin").with("role", "guest")),
        12,
        "the call has an attachment twice",
    );
}
