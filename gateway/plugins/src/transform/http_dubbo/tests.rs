use super::*;
use crate::testkit::{Kit, Outcome};
use crate::transform::dubbo::kit::{answered, exception, got};
use serde_json::json;

fn sent(kit: &Kit, more: Value, request: &str) -> Result<Box<Exchange>, (u16, String)> {
    let mut conf = json!({"service_name": "a.B", "method": "m"});
    conf.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let plugin = kit.plugin(NAME, conf);
    let mut x = kit.exchange(request);
    match kit.before_proxy(&plugin, &mut x) {
        Outcome::Next => Ok(x),
        Outcome::Exit(exit) => Err((exit.status, Kit::text(&exit))),
        Outcome::Body => Err((0, String::new())),
    }
}

#[test]
fn bodies_are_arguments() {
    let kit = Kit::new();
    let cases = [
        (json!({}), "POST / HTTP/1.1\n\n[1,\"a\"]", "[1,\"a\"]", "null"),
        (json!({}), "POST / HTTP/1.1\n\n{\"b\":1,\"a\":[2]}", "[1,[2]]", "null"),
        (json!({}), "GET / HTTP/1.1", "[]", "null"),
        (json!({"serialized": true}), "POST / HTTP/1.1\n\n\"a\"\n{\"b\":1}\n", "[\"a\",{\"b\":1}]", "null"),
        (json!({"serialization_header_key": "S"}), "POST / HTTP/1.1\nS: true\n\n1\n2", "[1,2]", "null"),
        (json!({"serialization_header_key": "S"}), "POST / HTTP/1.1\nS: no\n\n[1]", "[1]", "null"),
        (
            json!({"params_type_desc": "Ljava/lang/String;I[B"}),
            "POST / HTTP/1.1\n\n[\"a\",1,\"AQ==\"]",
            "[\"a\",1,\"AQ==\"]",
            "[\"java.lang.String\",\"int\",\"[B\"]",
        ),
    ];
    for (more, request, arguments, types) in cases {
        let x = sent(&kit, more, request).unwrap();
        let got = got(&x);
        assert_eq!((&*got.arguments, &*got.types), (arguments, types), "{request}");
        assert_eq!((&*got.interface, &*got.method, got.version), ("a.B", "m", None));
        assert_eq!(x.upstream.timeouts.unwrap().read_ms, 6000);
    }
    for (more, request) in [
        (json!({}), "POST / HTTP/1.1\n\nx"),
        (json!({}), "POST / HTTP/1.1\n\n1"),
        (json!({"serialized": true}), "POST / HTTP/1.1\n\n1\nx"),
        (json!({"params_type_desc": "I"}), "POST / HTTP/1.1\n\n[1,2]"),
        (json!({"params_type_desc": "I"}), "POST / HTTP/1.1\n\n[\"a\"]"),
    ] {
        assert_eq!(sent(&kit, more, request).err().unwrap().0, 400, "{request}");
    }
}

#[test]
fn another_try_is_the_same_call() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({"service_name": "a.B", "method": "m", "service_version": "1.2.3"}));
    let mut x = kit.exchange("POST / HTTP/1.1\n\n[1]");
    assert!(matches!(kit.before_proxy(&plugin, &mut x), Outcome::Next));
    let body = x.req.collected.clone();
    assert!(matches!(kit.before_proxy(&plugin, &mut x), Outcome::Next));
    assert_eq!(x.req.collected, body);
    assert_eq!(got(&x).version.as_deref(), Some("1.2.3"));
    let mut x = kit.exchange("POST / HTTP/1.1");
    x.req.framing = Framing::Stream;
    assert!(matches!(kit.before_proxy(&plugin, &mut x), Outcome::Body));
}

#[test]
fn answers_are_those_of_apisix() {
    let kit = Kit::new();
    let call = || sent(&kit, json!({}), "POST / HTTP/1.1\n\n[1]").unwrap();
    assert_eq!(answered(&mut call(), 20, 200, b"\x94\x02hiHZ"), (200, "\"hi\"".into()));
    assert_eq!(answered(&mut call(), 20, 200, b"\x95HZ"), (200, "".into()));
    assert_eq!(answered(&mut call(), 20, 200, b"\x91K\0\0\0\x01"), (200, "60000".into()));
    let (status, text) = answered(&mut call(), 20, 200, &exception("x.E", "no"));
    assert_eq!((status, &*text), (500, r#"{"exception":"x.E","message":"no"}"#));
    assert_eq!(answered(&mut call(), 40, 502, b"\x01x").0, 500);
}

#[test]
fn configurations() {
    let kit = Kit::new();
    let wrong = |more: Value, text| {
        let mut conf = json!({"service_name": "a.B", "method": "m"});
        conf.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        kit.refuses(NAME, conf, text);
    };
    wrong(json!({"params_type_desc": "String"}), "params_type_desc");
    wrong(json!({"service_version": "x"}), "service_version");
    wrong(json!({"serialization_header_key": "a b"}), "invalid field character");
    kit.refuses(NAME, json!({"method": "m"}), "property \"service_name\" is required");
    kit.refuses(NAME, json!({"service_name": "m"}), "property \"method\" is required");
}
