//! The variables of Dubbo are the same for consumers of Dubbo2 and of Triple.

use gateway_tests::Client;
use gateway_tests::dubbo::text;
use gateway_tests::grpc::{GrpcServer, Reply};
use gateway_tests::triple::arguments;
use serde_json::{Value, json};

use super::super::{Scene, call};

const STRING: &str = "Ljava/lang/String;";

/// A route of a version of a service, that goes before others.
fn route(scene: &Scene, id: u32, node: &str, vars: &Value) {
    let upstream = json!({ "type": "roundrobin", "scheme": "tri", "nodes": { node: 1 } });
    let route = json!({ "uri": "/*", "priority": id, "vars": vars, "upstream": upstream });
    scene.gateway.put(&format!("/routes/{}", id + 1), &route);
}

#[test]
fn one_route_takes_the_calls_of_both_kinds_of_consumers() {
    let (scene, others, second) = (Scene::new(), GrpcServer::start(), GrpcServer::start());
    scene.route("tri", &[others.node()], json!({}));
    let (mut consumer, mut client) = (scene.consumer(), scene.client());
    let mut of_dubbo = |version: &str, app: &str| {
        let mut call = call("Unary", STRING, &text("w"))
            .with("group", "blue")
            .with("version", version)
            .with("remote.application", app)
            .with("userId", "7");
        call.version = version.into();
        assert_eq!(consumer.call(&call).status, 20);
    };
    let mut of_triple = |version: &str, app: &str| -> Reply {
        let fields = [
            ("content-type", "application/grpc+proto"),
            ("tri-service-version", version),
            ("tri-service-group", "blue"),
            ("tri-consumer-appname", app),
            ("userid", "7"),
        ];
        let message = arguments(&[(&text("w"), "java.lang.String")]);
        client.call("/acme.Orders/Unary", &fields, &[&message])
    };
    for (id, name, value) in [
        (1, "dubbo_interface", "acme.Orders"),
        (2, "dubbo_method", "Unary"),
        (3, "dubbo_version", "2.0.0"),
        (4, "dubbo_group", "blue"),
        (5, "dubbo_app", "shop"),
        (6, "dubbo_attachment_userId", "7"),
    ] {
        route(&scene, id, &second.node(), &json!([[name, "==", value]]));
        let before = second.called().len();
        of_dubbo("2.0.0", "shop");
        assert_eq!(of_triple("2.0.0", "shop").grpc(), Some("0"));
        assert_eq!(second.called().len() - before, 2, "{name}");
        scene.gateway.call("DELETE", &format!("/routes/{}", id + 1), None);
    }
    assert_eq!(others.called().len(), 0);
    route(&scene, 1, &second.node(), &json!([["dubbo_version", "==", "2.0.0"], ["dubbo_app", "==", "shop"]]));
    for (version, app) in [("1.0.0", "shop"), ("2.0.0", "store"), ("", "shop")] {
        let before = others.called().len();
        of_dubbo(version, app);
        of_triple(version, app);
        assert_eq!(others.called().len() - before, 2, "{version} {app}");
    }
}

#[test]
fn no_version_is_none_to_both_and_other_requests_have_no_service() {
    let (scene, others, none) = (Scene::new(), GrpcServer::start(), GrpcServer::start());
    scene.route("tri", &[others.node()], json!({}));
    route(&scene, 1, &none.node(), &json!([["dubbo_interface", "==", "acme.Orders"], ["dubbo_version", "==", null]]));
    let (mut consumer, mut client) = (scene.consumer(), scene.client());
    let mut of_dubbo = call("Unary", STRING, &text("w"));
    of_dubbo.version = "0.0.0".into();
    assert_eq!(consumer.call(&of_dubbo).status, 20);
    let message = arguments(&[(&text("w"), "java.lang.String")]);
    for fields in [vec![], vec![("tri-service-version", "0.0.0")], vec![("tri-service-version", "")]] {
        client.call("/acme.Orders/Unary", &fields, &[&message]);
    }
    assert_eq!((none.called().len(), others.called().len()), (4, 0));
    // Fields of a request that is no call say nothing of a service.
    let plain = json!({
        "uri": "/*", "priority": 7, "vars": [["request_method", "==", "GET"]],
        "plugins": { "mocking": { "content_type": "text/plain", "response_example": "[$dubbo_interface $dubbo_version]" } },
    });
    scene.gateway.put("/routes/plain", &plain);
    let fields = [("tri-service-version", "2.0.0"), ("content-type", "application/json")];
    let answer = Client::connect(scene.gateway.proxy).request("GET", "/acme.Orders/Unary", &fields, b"");
    assert_eq!((answer.status, &*answer.text()), (200, "[ ]"));
}

#[test]
fn a_route_with_the_bridge_serves_consumers_of_triple_as_well() {
    let (scene, server) = (Scene::new(), GrpcServer::start());
    let mut client = scene.client();
    let mut call = || {
        let message = arguments(&[(&text("w"), "java.lang.String")]);
        client.call("/acme.Orders/Unary", &[("content-type", "application/grpc+proto")], &[&message])
    };
    scene.route("tri", &[server.node()], json!({ "plugins": { "dubbo-bridge": {} } }));
    assert_eq!(call().grpc(), Some("0"));
    // Where the configuration says what is called, the caller does not.
    scene.route("tri", &[server.node()], json!({ "plugins": { "dubbo-bridge": { "service": "acme.Stock" } } }));
    assert_ne!(call().grpc(), Some("0"));
    assert_eq!(server.called().len(), 1);
}
