//! Consumers of Triple, providers of Dubbo2.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_tests::dubbo::{Got, Provider, answer, text};
use gateway_tests::grpc::Reply;
use gateway_tests::triple::{arguments, binary, result};
use serde_json::json;

use super::super::{Scene, two_of_a_class};

const STRING: &str = "java.lang.String";

/// A provider that answers every call so.
fn answering(status: u8, body: &[u8]) -> Provider {
    let body = body.to_vec();
    Provider::new(move |got, stream| stream.write_all(&answer(got, status, body.clone())).is_ok())
}

#[track_caller]
fn is_value(reply: &Reply, value: &[u8], name: &str) {
    assert_eq!((reply.status, reply.grpc(), reply.message()), (200, Some("0"), None), "{reply:?}");
    assert_eq!(reply.headers["content-type"], "application/grpc");
    let trailers = reply.trailers.as_ref().expect("trailers");
    assert!(trailers.contains_key("grpc-status") && reply.reset.is_none(), "{reply:?}");
    assert_eq!(reply.messages, [result(value, name)]);
}

fn hello() -> Vec<u8> {
    arguments(&[(&text("w"), STRING)])
}

#[test]
fn a_call_reaches_a_provider_of_dubbo_as_its_consumers_would_send_it() {
    let (scene, provider) = (Scene::new(), Provider::named("p"));
    scene.route("dubbo", &[provider.node()], json!({}));
    let mut client = scene.client();
    let headers = [
        ("content-type", "application/grpc+proto"),
        ("tri-service-version", "2.0.0"),
        ("tri-service-group", "blue"),
        ("tri-consumer-appname", "shop"),
        ("grpc-timeout", "5000000u"),
        ("timeout", "5000"),
        ("camelkey", "v"),
        ("tri-header-convert", "%7B%22camelkey%22%3A%22CamelKey%22%7D"),
        ("user", "ada"),
    ];
    is_value(&client.call("/acme.Orders/hello", &headers, &[&hello()]), &text("p hello"), STRING);
    let got = provider.last();
    assert_eq!(got.strings, ["acme.Orders", "2.0.0", "hello", "Ljava/lang/String;"]);
    let expected = [
        ("path", "acme.Orders"),
        ("interface", "acme.Orders"),
        ("version", "2.0.0"),
        ("group", "blue"),
        ("remote.application", "shop"),
        ("CamelKey", "v"),
        ("user", "ada"),
    ];
    for (name, value) in expected {
        assert_eq!(got.attachment(name), Some(value), "{name}");
    }
    let timeout = got.attachment("timeout").unwrap().parse::<u64>().unwrap();
    assert!((1..=5000).contains(&timeout), "{timeout}");
    for name in ["content-type", "te", "grpc-timeout", "tri-service-group", "tri-header-convert", "camelkey"] {
        assert_eq!(got.attachment(name), None, "{name}");
    }
    assert_eq!(got.attachments.iter().filter(|(name, _)| name == "timeout").count(), 1);
}

#[test]
fn arguments_come_together_in_one_stream() {
    let (scene, provider) = (Scene::new(), Provider::named("p"));
    scene.route("dubbo", &[provider.node()], json!({}));
    let (first, second, _) = two_of_a_class();
    let message = arguments(&[
        (&first, "acme.Item"),
        (b"\x7aHZQ\x91", "java.util.List"),
        (&second, "acme.Item"),
        (b"\x95", "int"),
        (b"\x71\x07[string\x01a", "[Ljava.lang.String;"),
    ]);
    let reply = scene.client().call("/acme.Orders/all", &[], &[&message]);
    is_value(&reply, &text("p all"), STRING);
    let got = provider.last();
    assert_eq!(got.strings[3], "Lacme/Item;Ljava/util/List;Lacme/Item;I[Ljava/lang/String;");
    // The list refers to the third value of the stream, no more to its second; and the second class has a number of its own.
    let again = [&second[..second.len() - 2], b"\x61\x92"].concat();
    let together = [&first[..], b"\x7aHZQ\x92", &again, b"\x95", b"\x71\x07[string\x01a", b"H"].concat();
    assert!(got.frame.body.windows(together.len()).any(|w| w == together), "{}", got.frame.body.escape_ascii());
    // None at all.
    is_value(&scene.client().call("/acme.Orders/none", &[], &[&arguments(&[])]), &text("p none"), STRING);
    assert_eq!(provider.last().strings[3], "");
}

#[test]
fn results_and_exceptions_are_what_they_are_in_triple() {
    let scene = Scene::new();
    let exception = [&b"C"[..], &text("acme.NoOrder"), b"\x91", &text("detailMessage"), b"\x60", &text("no")].concat();
    let large = binary(&vec![7; 2_000_000]);
    let attachments = [&b"H"[..], &text("dubbo"), &text("2.0.2"), &text("Peer"), &text("p"), b"Z"].concat();
    let cases: &[(u8, &[u8], &[u8], &str)] = &[
        (0x94, b"\x95", b"\x95", "java.lang.Integer"),
        (0x95, b"", b"N", "void"),
        (0x93, &exception, &exception, "acme.NoOrder"),
        (0x94, &large, &large, "[B"),
    ];
    for (kind, written, read, name) in cases {
        let provider = answering(20, &[&[*kind][..], written, &attachments].concat());
        scene.route("dubbo", &[provider.node()], json!({}));
        let reply = scene.client().call("/acme.Orders/find", &[], &[&hello()]);
        is_value(&reply, read, name);
        let code = reply.headers.get("tri-exception-code").map(|code| code.to_str().unwrap());
        assert_eq!(code, (*kind == 0x93).then_some("3"));
        let trailers = reply.trailers.unwrap();
        assert_eq!(trailers["peer"], "p");
        assert_eq!(trailers["tri-header-convert"], "%7B%22peer%22%3A%22Peer%22%7D");
        assert!(!trailers.contains_key("dubbo"));
    }
}

#[test]
fn failures_come_as_a_status_of_grpc() {
    let scene = Scene::new();
    let cases: &[(u8, &str)] =
        &[(31, "4"), (40, "12"), (60, "12"), (70, "2"), (80, "13"), (100, "8"), (25, "13"), (50, "13"), (35, "14")];
    for (status, expected) in cases {
        let provider = answering(*status, &text("boom: why\n\tat acme.Orders.find(Orders.java:7)"));
        scene.route("dubbo", &[provider.node()], json!({ "upstream": { "retries": 0 } }));
        let reply = scene.client().call("/acme.Orders/find", &[], &[&hello()]);
        let told = (reply.status, reply.grpc(), reply.message());
        assert_eq!(told, (200, Some(*expected), Some("boom: why")), "{status}");
    }
    for unread in [&b"\x94"[..], b"\x99", b"", b"\x94\x60"] {
        let provider = answering(20, unread);
        scene.route("dubbo", &[provider.node()], json!({}));
        let reply = scene.client().call("/acme.Orders/find", &[], &[&hello()]);
        assert_eq!(reply.grpc(), Some("13"), "{}", unread.escape_ascii());
    }
    let silent = Provider::new(|_, _| true);
    scene.route("dubbo", &[silent.node()], json!({}));
    let mut client = scene.client();
    let reply = client.call("/acme.Orders/find", &[("grpc-timeout", "300m")], &[&hello()]);
    assert_eq!(reply.grpc(), Some("4"));
    // A stream that is not ended by its consumer.
    let mut call = client.open("/acme.Orders/find", &[("grpc-timeout", "300m")]);
    call.send(&hello());
    assert_eq!(call.finish().grpc(), Some("4"));
}

#[test]
fn what_has_no_form_in_dubbo_is_refused_with_the_reason() {
    let scene = Scene::configured(json!({ "gateway": { "limits": { "dubbo_payload_bytes": 65536 } } }));
    let provider = Provider::named("p");
    scene.route("dubbo", &[provider.node()], json!({}));
    let mut client = scene.client();
    let (good, long) = (hello(), arguments(&[(&binary(&[7; 65536]), "[B")]));
    let snappy = [("grpc-encoding", "snappy")];
    let cases: &[(&str, &[&[u8]], &str, &str)] = &[
        ("/acme.Orders/a", &[b"\x0a\x01w"], "12", "the message is none that wraps values for Dubbo"),
        ("/acme.Orders/a", &[&good, &good], "12", "more than one message"),
        ("/acme.Orders/a", &[], "13", "the message is not all there"),
        ("/acme.Orders/a", &[&long], "8", ""),
        ("/acme.Orders/a", &[b"\x0a\x08hessian4\x12\x01N"], "13", "as many arguments as types there have to be"),
        ("/acme.Orders/a", &[b"\x0a\x08hessian4\x12\x01H\x1a\x01a"], "13", "the body ends within a value at byte 1"),
        ("/acme.Orders/a", &[b"\x0a\x09fastjson2"], "13", "the values are written in fastjson2, not in hessian2"),
        ("/acme.Orders", &[&good], "12", "the path is not /<interface>/<method>"),
        ("/acme.Orders/a%22b", &[&good], "12", "the path is not /<interface>/<method>"),
    ];
    for (path, messages, status, message) in cases {
        let reply = client.call(path, &[], messages);
        assert_eq!(reply.grpc(), Some(*status), "{path} {message} {reply:?}");
        assert!(message.is_empty() || reply.message() == Some(*message), "{message}: {reply:?}");
    }
    assert!(provider.got().is_empty());
    is_value(&client.call("/acme.Orders/b", &snappy, &[&good]), &text("p b"), STRING);
}

#[test]
fn a_service_is_found_by_its_path_alone() {
    let (scene, provider) = (Scene::new(), Provider::named("p"));
    scene.route("dubbo", &[provider.node()], json!({}));
    let headers = [
        ("path", "acme.Secrets"),
        ("interface", "acme.Secrets"),
        ("group", "red"),
        ("version", "9"),
        ("other", "acme.Secrets"),
        ("tri-header-convert", "%7B%22other%22%3A%22path%22%2C%22path%22%3A%22Path%22%7D"),
        ("user", "first"),
        ("user", "second"),
        ("user-bin", "AAEC"),
        ("x-consumer-username-bin", "AAEC"),
    ];
    is_value(&scene.client().call("/acme.Orders/a", &headers, &[&hello()]), &text("p a"), STRING);
    let got = provider.last();
    let said = |name: &str| got.attachments.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).count();
    assert_eq!((said("path"), got.attachment("path")), (1, Some("acme.Orders")));
    assert_eq!((said("group"), said("version"), got.attachment("other")), (0, 0, Some("acme.Secrets")));
    assert_eq!(said("x-consumer-username"), 0);
    // What plugins see is what the provider gets.
    assert_eq!((said("user"), got.attachment("user")), (1, Some("first")));
}

#[test]
fn plugins_take_part_and_a_node_that_declines_is_passed_over() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    scene.gateway.put("/consumers/jack", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "k" } } }));
    scene.route("dubbo", &[provider.node()], json!({ "plugins": { "key-auth": {} } }));
    let mut client = scene.client();
    let refused = client.call("/acme.Orders/a", &[], &[&hello()]);
    assert_eq!((refused.grpc(), refused.message()), (Some("16"), Some("Missing API key in request")));
    is_value(&client.call("/acme.Orders/a", &[("apikey", "k")], &[&hello()]), &text("p a"), STRING);
    let got: Got = provider.last();
    assert!(
        got.attachments.iter().any(|(name, value)| name.eq_ignore_ascii_case("x-consumer-username") && value == "jack")
    );
    let rewrite = json!({ "uri": "/other.Service/b", "headers": { "set": { "tri-service-group": "red" } } });
    scene.route("dubbo", &[provider.node()], json!({ "plugins": { "proxy-rewrite": rewrite } }));
    is_value(&client.call("/acme.Orders/a", &[], &[&hello()]), &text("p b"), STRING);
    let got = provider.last();
    assert_eq!((&*got.strings[0], got.attachment("group")), ("other.Service", Some("red")));

    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&asked);
    let busy = Provider::new(move |got, stream| {
        count.fetch_add(1, Ordering::AcqRel);
        stream.write_all(&answer(got, 100, text("no thread"))).is_ok()
    });
    scene.route("dubbo", &[busy.node(), provider.node()], json!({ "upstream": { "retries": 1 } }));
    for _ in 0..4 {
        is_value(&client.call("/acme.Orders/c", &[], &[&hello()]), &text("p c"), STRING);
    }
    assert!(asked.load(Ordering::Acquire) > 0);
}
