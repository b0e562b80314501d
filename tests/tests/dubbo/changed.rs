//! What of a call is changed on its way, and what a copy of it holds.

use super::super::*;

#[test]
fn attachments_change_only_where_a_plugin_changes_fields() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    scene
        .gateway
        .put("/consumers/jack", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "jack-key" } } }));
    scene.route(
        &[&provider.node()],
        json!({ "plugins": { "key-auth": { "hide_credentials": true }, "proxy-rewrite": { "headers": { "set": { "x-tenant": "t1" } } } } }),
    );
    // Nobody says for the gateway who they are.
    let call = hello()
        .with("apikey", "jack-key")
        .with("X-Consumer-Username", "root")
        .with("x-tenant", "t9")
        .with("kept", "as is");
    is_value(&scene.call(&call), "p hello");
    let got = provider.last();
    assert_eq!(got.attachment("apikey"), None);
    assert_eq!(got.attachment("x-tenant"), Some("t1"));
    assert_eq!(got.attachment("kept"), Some("as is"));
    let names: Vec<&(String, String)> =
        got.attachments.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-consumer-username")).collect();
    assert!(matches!(names[..], [(_, jack)] if jack == "jack"), "{got:?}");
    // What fields may not say is none: it is the provider's.
    let call = hello().with("apikey", "jack-key").with("content_length", "9");
    is_value(&scene.call(&call), "p hello");
    assert_eq!(provider.last().attachment("content_length"), Some("9"));
    // Another service and version.
    scene.route(
        &[&provider.node()],
        json!({ "plugins": { "proxy-rewrite": { "uri": "/acme.OrdersV2/greet", "headers": { "set": { "tri-service-version": "3.0.0" } } } } }),
    );
    is_value(&scene.call(&hello().with("version", "1.0.0")), "p greet");
    let got = provider.last();
    assert_eq!(got.strings[..3], ["acme.OrdersV2", "3.0.0", "greet"].map(str::to_owned));
    assert_eq!(
        ["path", "interface", "version"].map(|name| got.attachment(name)),
        [Some("acme.OrdersV2"), Some("acme.OrdersV2"), Some("3.0.0")]
    );
    // Spoofed identity is taken out where nothing else changes.
    scene.route(&[&provider.node()], json!({}));
    is_value(&scene.call(&hello().with("x_consumer_username", "root")), "p hello");
    assert_eq!(provider.last().attachments.len(), 2, "{:?}", provider.last());
}

#[test]
fn a_consumers_fields_come_behind_attachments_that_nobody_has_taken_apart() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    let consumer = |plugins: Value| {
        let mut all = json!({ "key-auth": { "key": "jack-key" } });
        merge(&mut all, &plugins);
        scene.gateway.put("/consumers/jack", &json!({ "username": "jack", "plugins": all }));
    };
    consumer(json!({}));
    scene.gateway.put("/consumers/nobody", &json!({ "username": "nobody" }));
    let limit = json!({ "count": 1000, "time_window": 60, "key": "http_userid" });
    let plugins = json!({ "key-auth": { "anonymous_consumer": "nobody" }, "limit-count": limit, "prometheus": {} });
    scene.route(&[&provider.node()], json!({ "plugins": plugins }));
    let got = |call: &Call| {
        is_value(&scene.call(call), "p hello");
        provider.last()
    };
    let call = hello().with("userId", "7").with("APIKEY", "jack-key").with("kept", "as is");
    let named = |call: &Call, who: &str| call.clone().with("X-Consumer-Username", who).body();
    assert_eq!(got(&call).frame.body, named(&call, "jack"));
    // By whatever way there is no room behind them.
    let mut body = hello().body();
    let end = body.len() - hello().attachments.iter().map(|(k, v)| k.len() + v.len() + 2).sum::<usize>() - 2;
    body.truncate(end);
    for nothing in [&b""[..], b"N"] {
        let mut peer = scene.peer();
        peer.send(&Frame { flags: flag::CALL, status: 0, id: 1, body: [&body, nothing].concat() }.bytes());
        is_value(&peer.frame(), "p hello");
        let only = Call { attachments: Vec::new(), ..hello() };
        assert_eq!(provider.last().frame.body, named(&only, "nobody"));
    }
    // Nobody says for the gateway who they are, however it is spelt.
    for name in ["X-Consumer-Username", "x-consumer-username", "X_Consumer-Username"] {
        assert_eq!(got(&call.clone().with(name, "root")).frame.body, named(&call, "jack"), "{name}");
    }
    // A consumer brings a plugin that takes them apart after all.
    consumer(json!({ "proxy-rewrite": { "headers": { "set": { "kept": "otherwise" }, "remove": ["userId"] } } }));
    let got = got(&call);
    let names = ["X-Consumer-Username", "kept", "userId", "APIKEY"].map(|name| got.attachment(name));
    assert_eq!(names, [Some("jack"), Some("otherwise"), None, Some("jack-key")]);
}

#[test]
fn calls_are_copied_to_another_provider_that_answers_nobody() {
    let scene = Scene::new();
    let (provider, copies) = (Provider::named("p"), Provider::named("copy"));
    let mirror = json!({ "plugins": { "proxy-mirror": { "host": format!("dubbo://{}", copies.node()) } } });
    scene.route(&[&provider.node()], mirror);
    let call = hello().with("userId", "7");
    let mut peer = scene.peer();
    for _ in 0..3 {
        is_value(&peer.call(&call), "p hello");
    }
    let got = wait_for("the copies", || Some(copies.got()).filter(|got| got.len() == 3));
    for copy in got {
        // All of it, and behind it what says that it is a copy.
        let mark = copy.attachment("x-gateway-mirrored").expect("a mark").to_owned();
        assert!(mark.len() == 32, "{mark}");
        let marked = call.clone().with("x-gateway-mirrored", &mark);
        assert_eq!((copy.frame.flags, &copy.frame.body), (flag::ONE_WAY, &marked.body()));
    }
    assert_eq!(copies.connections(), 1);
    // What the upstream does not get, its copy does not either.
    scene
        .gateway
        .put("/consumers/jack", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "jack-key" } } }));
    let plugins = json!({ "key-auth": { "hide_credentials": true }, "proxy-mirror": { "host": format!("dubbo://{}", copies.node()) } });
    scene.route(&[&provider.node()], json!({ "plugins": plugins }));
    is_value(&peer.call(&hello().with("apikey", "jack-key").with("X-Consumer-Username", "root")), "p hello");
    let got = wait_for("the copy", || Some(copies.got()).filter(|got| got.len() == 4));
    let own: Vec<_> = got[3].attachments.iter().filter(|(name, _)| name != "x-gateway-mirrored").collect();
    assert_eq!(own, provider.last().attachments.iter().collect::<Vec<_>>());
    assert_eq!(got[3].attachment("apikey"), None);
    // A provider that is not there costs its copies only; what is no call has none.
    let mirror = json!({ "plugins": { "proxy-mirror": { "host": format!("dubbo://127.0.0.1:{}", free_port()) } } });
    scene.route(&[&provider.node()], mirror);
    is_value(&peer.call(&call), "p hello");
    let metrics = || scene.gateway.metrics();
    let failed = |text: &String| text.contains(r#"gateway_mirrored_requests_total{outcome="failed"} 1"#);
    wait_for("a copy that failed", || Some(metrics()).filter(failed));
}

/// A mirror that points at the gateway's own port: of each call there is one copy.
#[test]
fn a_copy_of_a_call_that_comes_back_is_not_copied_again() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    let mirror = json!({ "plugins": { "proxy-mirror": { "host": format!("dubbo://{}", scene.addr) } } });
    scene.route(&[&provider.node()], mirror);
    is_value(&scene.call(&hello()), "p hello");
    // In fastjson2 as well.
    let body = in_fastjson2();
    let mut peer = scene.peer();
    peer.send(&Frame { flags: 0xd7, status: 0, id: 1, body: body.clone() }.bytes());
    assert_eq!(peer.frame().id, 1);
    let returned = |text: &String| text.contains(r#"gateway_mirrored_requests_total{outcome="returned"} 2"#);
    wait_for("both copies", || Some(scene.gateway.metrics()).filter(returned));
    let got = wait_for("all calls", || Some(provider.got()).filter(|got| got.len() >= 4));
    assert_eq!(got.len(), 4, "{got:?}");
    let copies: Vec<_> = got.iter().filter(|got| got.frame.says("x-gateway-mirrored")).collect();
    assert_eq!(copies.len(), 2);
    // What a client says of it changes nothing.
    is_value(&scene.call(&hello().with("x-gateway-mirrored", &"0f".repeat(16))), "p hello");
    let returned = |text: &String| text.contains(r#"gateway_mirrored_requests_total{outcome="returned"} 3"#);
    wait_for("its copy", || Some(scene.gateway.metrics()).filter(returned));
}

/// The body of `sayHello` in fastjson2, as Dubbo 3.3.6 writes it.
const IN_FASTJSON2: &str = "000000064e322e302e320000001e66706565722e647562626f2e6170692e4772656574657253657276696365000000064e30\
     2e302e30000000095173617948656c6c6f000000135b4c6a6176612f6c616e672f537472696e673b000000034b666a000000\
     8fa64d7061746866706565722e647562626f2e6170692e47726565746572536572766963655b72656d6f74652e6170706c69\
     636174696f6e5c647562626f2d6a6176612d636f6e73756d657252696e7465726661636566706565722e647562626f2e6170\
     692e47726565746572536572766963655076657273696f6e4e302e302e305074696d656f75744d35303030a5";

fn in_fastjson2() -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&IN_FASTJSON2[at..at + 2], 16).unwrap();
    (0..IN_FASTJSON2.len()).step_by(2).map(byte).collect()
}

#[test]
fn a_call_that_cannot_be_changed_is_refused_and_no_node_is_to_blame() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    let checks = json!({ "active": { "type": "tcp", "healthy": { "interval": 3600 }, "unhealthy": { "interval": 3600 } },
        "passive": { "unhealthy": { "http_statuses": [502, 503], "http_failures": 1 } } });
    let rewrite = json!({ "proxy-rewrite": { "headers": { "set": { "x-tenant": "t1" } } } });
    scene.route(&[&provider.node()], json!({ "plugins": rewrite, "upstream": { "checks": checks } }));
    let body = in_fastjson2();
    let mut peer = scene.peer();
    for id in 1..4 {
        peer.send(&Frame { flags: 0xd7, status: 0, id, body: body.clone() }.bytes());
        let refused = peer.frame();
        assert_eq!((refused.id, refused.status), (id, 20), "{refused:?}");
        assert!(refused.says("org.apache.dubbo.rpc.RpcException"), "{refused:?}");
    }
    assert!(provider.got().is_empty());
    is_value(&scene.call(&hello()), "p hello");
    assert_eq!(provider.last().attachment("x-tenant"), Some("t1"));
}
