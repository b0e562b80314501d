use super::*;
use crate::testkit::{Kit, Outcome};
use crate::transform::dubbo::kit::{answered, exception, got};
use serde_json::json;

fn conf() -> Value {
    json!({"service_name": "a.B", "service_version": "1.0.0"})
}

fn sent(kit: &Kit, request: &str) -> Box<Exchange> {
    let mut x = kit.exchange(request);
    assert!(matches!(kit.access(&kit.plugin(NAME, conf()), &mut x), Outcome::Next));
    x
}

#[test]
fn a_request_is_a_map() {
    let kit = Kit::new();
    let x = sent(&kit, "POST /hello HTTP/1.1\nExtra-Arg-K: V\nConnection: close\nBody: evil\nTE: x\n\nhi");
    let got = got(&x);
    assert_eq!((&*got.interface, &*got.method, got.version.as_deref()), ("a.B", "hello", Some("1.0.0")));
    assert_eq!(got.arguments, r#"{"extra-arg-k":"V","body":"aGk="}"#);
    assert!(!got.attachments.contains_key("generic"));
    let mut x = kit.exchange("GET /a/b HTTP/1.1");
    let exit = kit.access(&kit.plugin(NAME, conf()), &mut x);
    assert!(matches!(exit, Outcome::Exit(exit) if exit.status == 404));
}

/// A reply: a map of these texts.
fn map(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"\x94H".to_vec();
    for (key, value) in entries {
        out.push(key.len() as u8);
        out.extend(key.as_bytes());
        out.extend(*value);
    }
    out.extend(b"ZHZ");
    out
}

#[test]
fn a_map_is_an_answer() {
    let kit = Kit::new();
    let mut x = sent(&kit, "GET /hello HTTP/1.1");
    let reply = map(&[
        ("status", b"\x03201"),
        ("body", b"\x03ok\n"),
        ("Got-K", b"\x01V"),
        ("N", b"\x97"),
        ("a b", b"\x01c"),
        ("connection", b"\x05close"),
    ]);
    assert_eq!(answered(&mut x, 20, 200, &reply), (201, "ok\n".into()));
    for (name, value) in [
        ("got-k", Some("V")),
        ("n", Some("7")),
        ("connection", None),
        ("content-type", Some("text/plain; charset=utf-8")),
    ] {
        assert_eq!(kit.answer_field(&mut x, name).as_deref(), value, "{name}");
    }
    for (status, expected) in [(&b"\xc8\xca"[..], 202), (b"\x03abc", 200), (b"\x0299", 200), (b"N", 200)] {
        let mut x = sent(&kit, "GET /hello HTTP/1.1");
        assert_eq!(answered(&mut x, 20, 200, &map(&[("status", status), ("body", b"\x21x")])), (expected, "x".into()));
    }
}

#[test]
fn whatever_is_no_map_is_502() {
    let kit = Kit::new();
    let status = |code, http, body: &[u8]| answered(&mut sent(&kit, "GET /hello HTTP/1.1"), code, http, body).0;
    assert_eq!(status(20, 200, b"\x94\x01xHZ"), 502);
    assert_eq!(status(20, 200, b"\x95HZ"), 502);
    assert_eq!(status(20, 200, b""), 502);
    assert_eq!(status(20, 200, &exception("x.E", "no")), 502);
    assert_eq!(status(40, 502, b"\x01x"), 502);
    assert_eq!(status(60, 404, b"\x01x"), 502);
    assert_eq!(status(31, 504, b"\x01x"), 504);
}

#[test]
fn configurations() {
    let kit = Kit::new();
    kit.refuses(NAME, json!({"service_name": "a.B"}), "property \"service_version\" is required");
    kit.refuses(NAME, json!({"service_version": "1.0.0"}), "property \"service_name\" is required");
    kit.refuses(NAME, json!({"service_name": "a", "service_version": "1"}), "service_version");
}
