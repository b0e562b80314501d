//! Consumers of Dubbo2, providers of Triple.

use std::time::{Duration, Instant};

use gateway_tests::dubbo::{Frame, flag, text};
use gateway_tests::grpc::{GrpcServer, Manners};
use gateway_tests::triple::{arguments, binary};
use gateway_tests::{Client, wait_for};
use serde_json::json;

use super::super::{Scene, call, two_of_a_class};

const STRING: &str = "Ljava/lang/String;";

/// The value of an answer, and the attachments behind it.
fn parts(answer: &Frame, value: &[u8]) -> Vec<u8> {
    assert_eq!((answer.flags, answer.status), (flag::ANSWER, 20), "{answer:?}");
    let rest = answer.body.strip_prefix(b"\x94").and_then(|rest| rest.strip_prefix(value));
    rest.unwrap_or_else(|| panic!("{}", answer.body.escape_ascii())).to_vec()
}

#[test]
fn a_call_reaches_a_provider_of_triple_as_its_consumers_would_send_it() {
    let (scene, provider) = (Scene::new(), GrpcServer::start());
    scene.route("tri", &[provider.node()], json!({}));
    // Two arguments that share a class, and the first of them once more.
    let (first, second, rest) = two_of_a_class();
    let together = [&first[..], &rest, b"Q\x90", b"\x95"].concat();
    let mut call = call("Wrapped", "Lacme/Item;Lacme/Item;Ljava/lang/Object;I", &together)
        .with("group", "blue")
        .with("version", "2.0.0")
        .with("timeout", "5000")
        .with("remote.application", "shop")
        .with("CamelKey", "v")
        .with("user", "ada");
    call.version = "2.0.0".into();
    let answer = scene.consumer().call(&call);
    let message =
        arguments(&[(&first, "acme.Item"), (&second, "acme.Item"), (&first, "java.lang.Object"), (b"\x95", "int")]);
    let attachments = parts(&answer, &binary(&message));
    // What the provider said in its head and its trailers.
    for said in [text("dubbo"), text("x-head"), [text("x-trailer"), b"\x23\0\x01\x02".to_vec()].concat()] {
        assert!(attachments.windows(said.len()).any(|window| window == said), "{}", attachments.escape_ascii());
    }
    let called = provider.called().pop().unwrap();
    assert_eq!(called.path, "/acme.Orders/Wrapped");
    let expected = [
        ("content-type", "application/grpc+proto"),
        ("te", "trailers"),
        ("tri-service-version", "2.0.0"),
        ("tri-service-group", "blue"),
        ("tri-consumer-appname", "shop"),
        ("tri-header-convert", "%7B%22camelkey%22%3A%22CamelKey%22%7D"),
        ("camelkey", "v"),
        ("user", "ada"),
    ];
    for (name, value) in expected {
        assert_eq!(called.header(name), Some(value), "{name}");
    }
    for name in ["path", "interface", "group", "version", "remote.application", "dubbo-version"] {
        assert_eq!(called.header(name), None, "{name}");
    }
    let timeout = called.header("grpc-timeout").unwrap().strip_suffix('m').unwrap().parse::<u64>().unwrap();
    assert!((1..=5000).contains(&timeout), "{timeout}");
}

#[test]
fn results_exceptions_and_one_way_calls_are_what_they_are_in_dubbo() {
    let (scene, provider) = (Scene::new(), GrpcServer::start());
    scene.route("tri", &[provider.node()], json!({}));
    let mut consumer = scene.consumer();
    parts(&consumer.call(&call("Unary", STRING, &text("w"))), &text("w"));
    // Null is a result of its own.
    assert_eq!(consumer.call(&call("Unary", STRING, b"N")).body[0], 0x95);
    let threw = consumer.call(&call("Threw", STRING, &text("oops")));
    assert_eq!((threw.status, &threw.body[..6]), (20, &b"\x93\x04oops"[..]));
    // A consumer of old reads no attachments.
    let mut old = call("Unary", STRING, &text("w"));
    old.attachments.clear();
    let body = old.body();
    let body = [&b"\x052.5.3"[..], body.strip_prefix(b"\x052.0.2").unwrap()].concat();
    consumer.send(&Frame { flags: flag::CALL, status: 0, id: 2, body }.bytes());
    assert_eq!(consumer.frame().body, b"\x91\x01w");
    // Nobody waits for this one.
    let one_way = call("Unary", STRING, &text("w")).body();
    let before = provider.called().len();
    consumer.send(&Frame { flags: flag::ONE_WAY, status: 0, id: 3, body: one_way }.bytes());
    wait_for("the call", || (provider.called().len() > before).then_some(()));
    assert_eq!(consumer.call(&call("Unary", STRING, b"N")).id, 1);
}

#[test]
fn large_calls_and_answers_pass() {
    let (scene, provider) = (Scene::new(), GrpcServer::start());
    scene.route("tri", &[provider.node()], json!({}));
    let large = binary(&vec![7; 2_000_000]);
    let answer = scene.consumer().call(&call("Unary", "[B", &large));
    parts(&answer, &large);
    // Little that stands for much: the second argument is the first one, and so on.
    let list = [&b"\x79"[..], &binary(&vec![7; 1_000_000])].concat();
    let many = [list, b"Q\x90".repeat(200)].concat();
    let answer = scene.consumer().call(&call("Unary", &"Ljava/lang/Object;".repeat(201), &many));
    assert!(answer.says("more bytes than are allowed"), "{}", answer.body.escape_ascii());
}

#[test]
fn failures_come_as_consumers_of_dubbo_know_them() {
    let (scene, provider) = (Scene::new(), GrpcServer::start());
    scene.route("tri", &[provider.node()], json!({ "upstream": { "retries": 0 } }));
    let mut consumer = scene.consumer();
    // A status of Dubbo, or the code of an RpcException at the body's end in front of the attachments.
    let cases: &[(&str, u8, Option<u8>)] = &[
        ("4", 31, None),
        ("14", 35, None),
        ("3", 20, Some(12)),
        ("7", 20, Some(4)),
        ("8", 20, Some(7)),
        ("12", 20, Some(11)),
        ("16", 20, Some(13)),
        ("2", 20, Some(0)),
        ("13", 20, Some(0)),
    ];
    for method in ["Fail", "FailLate"] {
        for (status, expected, code) in cases {
            let call = call(method, STRING, &text("w")).with("x-status", status).with("x-message", "why %C3%B6");
            let answer = consumer.call(&call);
            assert_eq!(answer.status, *expected, "{method} {status}");
            match code {
                None => assert_eq!(answer.body, [&b"\x05why "[..], "ö".as_bytes()].concat()),
                Some(code) => {
                    assert!(answer.says("org.apache.dubbo.rpc.RpcException"), "{}", answer.body.escape_ascii());
                    let end = [&b"\x05why "[..], "ö".as_bytes(), &[0x90 + code], b"H"].concat();
                    assert!(answer.body.windows(end.len()).any(|w| w == end), "{}", answer.body.escape_ascii());
                }
            }
        }
    }
    // What is no answer of Triple.
    for method in ["Plain", "Count"] {
        assert_eq!(consumer.call(&call(method, STRING, &text("w"))).status, 35, "{method}");
    }
    assert_eq!(consumer.call(&call("Break", STRING, &text("w"))).status, 35);
    let since = Instant::now();
    let late = consumer.call(&call("Hang", STRING, &text("w")).with("timeout", "300"));
    assert!(late.status == 31 && since.elapsed() < Duration::from_secs(5), "{late:?}");
    // A call in fastjson2.
    let body = b"\x92".to_vec();
    consumer.send(&Frame { flags: 0xd7, status: 0, id: 4, body }.bytes());
    assert_eq!(consumer.frame().status, 40);
}

#[test]
fn a_node_that_is_not_available_is_passed_over() {
    let scene = Scene::new();
    let (bad, good) = (GrpcServer::with(Manners { unavailable: 100, ..Manners::default() }), GrpcServer::start());
    scene.route("tri", &[bad.node(), good.node()], json!({ "upstream": { "retries": 1 } }));
    let mut consumer = scene.consumer();
    for _ in 0..4 {
        parts(&consumer.call(&call("Unary", STRING, &text("w"))), &text("w"));
    }
    assert!(!bad.called().is_empty() && good.called().len() == 4);
    let leaving = GrpcServer::with(Manners { leaves_first: true, ..Manners::default() });
    scene.route("tri", &[leaving.node()], json!({}));
    parts(&consumer.call(&call("Unary", STRING, &text("w"))), &text("w"));
}

#[test]
fn plugins_see_calls_of_dubbo_and_what_they_change_is_sent() {
    let format = "$dubbo_interface $dubbo_method $dubbo_arg_0 $dubbo_attachment_user $dubbo_status $status";
    let scene = Scene::configured(json!({ "nginx_config": { "http": { "access_log_format": format } } }));
    let provider = GrpcServer::start();
    scene.gateway.put("/consumers/jack", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "k" } } }));
    scene.route("tri", &[provider.node()], json!({ "plugins": { "key-auth": {} } }));
    let mut consumer = scene.consumer();
    let hello = call("Unary", STRING, &text("w")).with("user", "ada");
    assert!(consumer.call(&hello).says("Missing API key in request"));
    parts(&consumer.call(&hello.clone().with("apikey", "k")), &text("w"));
    assert_eq!(provider.called().pop().unwrap().header("x-consumer-username"), Some("jack"));
    let rewrite = json!({ "uri": "/other.Service/Wrapped", "headers": { "set": { "tri-service-group": "red" }, "remove": ["user"] } });
    scene.route("tri", &[provider.node()], json!({ "plugins": { "proxy-rewrite": rewrite } }));
    let answer = consumer.call(&hello);
    parts(&answer, &binary(&arguments(&[(&text("w"), "java.lang.String")])));
    let called = provider.called().pop().unwrap();
    assert_eq!((&*called.path, called.header("tri-service-group")), ("/other.Service/Wrapped", Some("red")));
    assert_eq!(called.header("user"), None);
    let log = wait_for("the log", || Some(scene.gateway.access_log()).filter(|log| log.lines().count() == 3));
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines[1], "acme.Orders Unary w ada 20 200", "{log}");
}

#[test]
fn generic_calls_go_as_such() {
    let (scene, provider) = (Scene::new(), GrpcServer::start());
    scene.route("tri", &[provider.node()], json!({ "plugins": { "dubbo-bridge": {} } }));
    let descriptor = "Ljava/lang/String;[Ljava/lang/String;[Ljava/lang/Object;";
    let generic = [&text("find")[..], b"\x71\x07[string\x03int", b"\x71\x07[object\x97"].concat();
    let answer = scene.consumer().call(&call("$invoke", descriptor, &generic).with("generic", "true"));
    let message = arguments(&[
        (&text("find"), "java.lang.String"),
        (b"\x71\x07[string\x03int", "[Ljava.lang.String;"),
        (b"\x71\x07[object\x97", "[Ljava.lang.Object;"),
    ]);
    parts(&answer, &binary(&message));
    let called = provider.called().pop().unwrap();
    assert_eq!((&*called.path, called.header("generic")), ("/acme.Orders/$invoke", Some("true")));
    // JSON over HTTP takes the same way.
    let mut client = Client::connect(scene.gateway.proxy);
    let answer = client.request("POST", "/acme.Orders/find", &[], b"[7]");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
    let called = provider.called().pop().unwrap();
    assert_eq!((&*called.path, called.header("generic")), ("/acme.Orders/$invoke", Some("raw.return")));
}

#[test]
fn a_method_that_is_not_there_is_404_to_clients_of_the_bridge_as_with_dubbo() {
    let (scene, provider) = (Scene::new(), GrpcServer::start());
    scene.route("tri", &[provider.node()], json!({ "plugins": { "dubbo-bridge": {} } }));
    let told = Client::connect(scene.gateway.proxy).request("POST", "/acme.Orders/nosuch", &[], b"[]");
    assert_eq!(told.status, 404, "{}", told.text());
    assert_eq!(told.json()["error_msg"], "the service has no such method, or none with these types");
}
