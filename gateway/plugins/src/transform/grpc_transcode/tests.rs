use super::response::http_status;
use super::*;
use crate::testkit::{self, Kit, Outcome};
use ::base64::Engine;
use ::base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD};
use gateway_engine::headers::{Headers, Name};
use gateway_model::Kind;
use serde_json::json;

const SOURCE: &str = "syntax = \"proto3\"; package helloworld;
    service Greeter {
        rpc SayHello (HelloRequest) returns (HelloReply) {}
        rpc Watch (HelloRequest) returns (stream HelloReply) {}
    }
    enum Gender { GENDER_UNKNOWN = 0; GENDER_MALE = 1; GENDER_FEMALE = 2; }
    message HelloRequest { string name = 1; repeated string items = 2; Gender gender = 3; bool loud = 4; int64 n = 5; }
    message HelloReply { string message = 1; repeated string items = 2; Gender gender = 3; int64 n = 4; }
    message ErrorDetail { int64 code = 1; string message = 2; string type = 3; }";

fn kit() -> Kit {
    let kit = Kit::new();
    kit.put(Kind::Proto, "1", &json!({"content": SOURCE}));
    kit
}

fn plugin(kit: &Kit, more: Value) -> Arc<dyn Plugin> {
    let mut conf = json!({"proto_id": "1", "service": "helloworld.Greeter", "method": "SayHello"});
    conf.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    kit.plugin(NAME, conf)
}

/// The message a request became, or its status.
fn sent(kit: &Kit, plugin: &Arc<dyn Plugin>, request: &str) -> Result<Vec<u8>, u16> {
    let mut x = kit.exchange(request);
    match kit.access(plugin, &mut x) {
        Outcome::Next => Ok(x.req.collected.as_deref().unwrap_or_default().to_vec()),
        Outcome::Exit(exit) => Err(exit.status),
        Outcome::Body => Err(0),
    }
}

struct Got {
    status: u16,
    body: String,
    kind: String,
    x: Box<Exchange>,
    pieces: Vec<String>,
}

/// What an answer with this head, these pieces and trailers becomes.
fn answered(kit: &Kit, plugin: &Arc<dyn Plugin>, head: &str, pieces: &[&[u8]], trailers: &[(&str, &str)]) -> Got {
    let mut x = kit.exchange("GET /?name=a HTTP/1.1");
    assert!(matches!(kit.access(plugin, &mut x), Outcome::Next));
    kit.answer(&mut x, head);
    if pieces.is_empty() {
        x.resp.framing = Framing::None;
    }
    plugin.header_filter(&mut x);
    let mut out = Vec::new();
    let pieces = if pieces.is_empty() { &[&b""[..]][..] } else { pieces };
    for (i, piece) in pieces.iter().enumerate() {
        let last = i + 1 == pieces.len();
        if last && !trailers.is_empty() {
            let mut fields = Headers::new();
            for (name, value) in trailers {
                fields.append(Name::new(name.as_bytes()).unwrap(), value.as_bytes()).unwrap();
            }
            x.resp.trailers = Some(Box::new(fields));
        }
        let mut chunk = Chunk::from(Bytes::copy_from_slice(piece));
        plugin.body_filter(&mut x, &mut chunk, last);
        if last || !chunk.is_empty() {
            x.resp.started |= !chunk.is_empty();
            out.push(String::from_utf8(chunk.as_slice().to_vec()).unwrap());
        }
    }
    let kind = kit.answer_field(&mut x, "content-type").unwrap_or_default();
    Got { status: x.resp.status, body: out.concat(), kind, x, pieces: out }
}

const REPLY: &[u8] = b"\0\0\0\0\x04\x0a\x02hi";
const OK: &[(&str, &str)] = &[("grpc-status", "0"), ("grpc-message", "")];

#[test]
fn requests_become_messages() {
    let kit = kit();
    let plugin = plugin(&kit, json!({}));
    let world: &[u8] = b"\0\0\0\0\x07\x0a\x05world";
    let json = "Content-Type: application/json";
    let cases: Vec<(String, &[u8])> = vec![
        ("GET /x?name=world HTTP/1.1".into(), world),
        ("GET /x?name=wor%6Cd&other=1 HTTP/1.1".into(), world),
        (format!("POST /x HTTP/1.1\n{json}; charset=utf-8\n\n{{\"name\": \"world\"}}"), world),
        (format!("PUT /x HTTP/1.1\n{json}\n\n{{\"name\": \"world\", \"unknown\": {{}}}}"), world),
        (format!("PATCH /x?name=no HTTP/1.1\n{json}\n\n{{\"name\": \"world\"}}"), world),
        ("POST /x HTTP/1.1\n\nname=world".into(), world),
        ("POST /x?name=no HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nname=world&x".into(), world),
        ("PUT /x?name=world HTTP/1.1\n\nname=no".into(), world),
        ("GET /x HTTP/1.1".into(), b"\0\0\0\0\0"),
        (format!("POST /x HTTP/1.1\n{json}\n\n"), b"\0\0\0\0\0"),
        (
            "GET /x?items=a&items=b&gender=GENDER_MALE&loud HTTP/1.1".into(),
            b"\0\0\0\0\x0a\x12\x01a\x12\x01b\x18\x01\x20\x01",
        ),
        (format!("POST /x HTTP/1.1\n{json}\n\n{{\"gender\": 2, \"items\": [\"\"]}}"), b"\0\0\0\0\x04\x12\0\x18\x02"),
    ];
    for (request, expected) in cases {
        assert_eq!(sent(&kit, &plugin, &request).as_deref(), Ok(expected), "{request}");
    }
    for (body, status) in [
        ("{\"gender\": \"GENDER_MA\"}", 400),
        ("{\"name\": {}}", 400),
        ("[]", 400),
        ("{", 400),
        ("{\"name\": \"a\", \"name\": \"b\"}", 400),
        ("\u{1}", 400),
    ] {
        assert_eq!(sent(&kit, &plugin, &format!("POST / HTTP/1.1\n{json}\n\n{body}")), Err(status), "{body}");
    }
    assert_eq!(sent(&kit, &plugin, "GET /?name=%ff HTTP/1.1"), Err(400));
}

#[test]
fn the_upstream_gets_a_call() {
    let kit = kit();
    let plugin = plugin(&kit, json!({"deadline": 500}));
    let mut x = kit.exchange("POST /grpctest?a=1 HTTP/1.1\nContent-Type: application/json\n\n{\"name\": \"world\"}");
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    assert_eq!(x.upstream_method(), b"POST");
    assert_eq!(x.upstream_target(), b"/helloworld.Greeter/SayHello");
    assert_eq!(x.req.framing, Framing::Length(12));
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "500m")] {
        assert_eq!(kit.request_field(&x, name).as_deref(), Some(value));
    }
    assert!(x.req.until_ms > 0);
    // A body is collected first, up to the limit on messages.
    let mut x = kit.exchange("POST / HTTP/1.1\nContent-Type: application/json");
    x.req.framing = Framing::Stream;
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Body));
}

#[test]
fn deadlines() {
    for (ms, text) in
        [(0.0, None), (-1.0, None), (0.5, None), (1.0, Some("1m")), (2.7, Some("2m")), (1e12, Some("99999999m"))]
    {
        assert_eq!(deadline(ms).map(|(text, _)| String::from_utf8(text.into()).unwrap()).as_deref(), text, "{ms}");
    }
    assert!(deadline(f64::NAN).is_none());
}

#[test]
fn protos_come_change_and_go() {
    let kit = Kit::new();
    let plugin = plugin(&kit, json!({}));
    let request = "GET /?name=world HTTP/1.1";
    // None yet: the request goes on as it is.
    assert_eq!(sent(&kit, &plugin, request), Ok(vec![]));
    kit.put(Kind::Proto, "1", &json!({"content": SOURCE}));
    assert_eq!(sent(&kit, &plugin, request).map(|m| m.len()), Ok(12));
    kit.put(Kind::Proto, "1", &json!({"content": SOURCE.replace("string name = 1", "string name = 9")}));
    assert_eq!(sent(&kit, &plugin, request).unwrap()[5], 9 << 3 | 2);
    kit.put(Kind::Proto, "1", &json!({"content": SOURCE.replace("SayHello", "SayBye")}));
    assert_eq!(sent(&kit, &plugin, request), Err(503));
}

#[test]
fn replies_become_json() {
    let kit = kit();
    let plugin = plugin(&kit, json!({}));
    let plain = "{\"message\":\"hi\",\"items\":[],\"gender\":\"GENDER_UNKNOWN\",\"n\":0}";
    for pieces in [&[REPLY][..], &[REPLY, b""], &[&REPLY[..3], &REPLY[3..6], &REPLY[6..]]] {
        let got = answered(&kit, &plugin, "200\nContent-Type: application/grpc\nContent-Length: 9", pieces, OK);
        assert_eq!(got.pieces.len(), 1, "nothing goes out before the status is known");
        assert_eq!((got.status, &*got.body, &*got.kind), (200, plain, "application/json"));
        assert!(got.x.resp.head_waits && got.x.resp.trailers.is_some());
        let mut x = got.x;
        assert_eq!(kit.answer_field(&mut x, "trailer").as_deref(), Some("grpc-status, grpc-message"));
        assert_eq!(kit.answer_field(&mut x, "content-length"), None);
    }
    // No message, and yet a good end.
    let got = answered(&kit, &plugin, "200\ngrpc-status: 0", &[], &[]);
    assert_eq!((got.status, got.body), (200, plain.replace("hi", "")));

    let of = |options: &[&str]| {
        let plugin = self::plugin(&kit, json!({"pb_option": options}));
        answered(&kit, &plugin, "200", &[b"\0\0\0\0\x08\x18\x02\x20\x80\x80\x80\x80\x20"], OK).body
    };
    assert_eq!(of(&["no_default_values"]), "{\"gender\":\"GENDER_FEMALE\",\"n\":8589934592}");
    assert_eq!(of(&["use_default_metatable", "enum_as_value"]), "{\"gender\":2,\"n\":8589934592}");
    assert_eq!(of(&["int64_as_string", "no_default_values"]), "{\"gender\":\"GENDER_FEMALE\",\"n\":\"#8589934592\"}");
    assert_eq!(
        of(&["int64_as_hexstring", "enum_as_value", "no_default_values"]),
        "{\"gender\":2,\"n\":\"#0x200000000\"}"
    );
}

#[test]
fn compressed_messages() {
    let kit = kit();
    let plugin = plugin(&kit, json!({"pb_option": ["no_default_values"]}));
    let packed = testkit::gzip(b"\x0a\x02hi");
    let body = [&[1, 0, 0, 0, u8::try_from(packed.len()).unwrap()], &*packed].concat();
    let got = answered(&kit, &plugin, "200\ngrpc-encoding: gzip", &[&body], OK);
    assert_eq!((got.status, &*got.body), (200, "{\"message\":\"hi\"}"));
    assert_eq!(answered(&kit, &plugin, "200", &[&body], OK).status, 502);
}

#[test]
fn what_is_no_message_is_502() {
    let kit = kit();
    let plugin = plugin(&kit, json!({}));
    let twice = [REPLY, REPLY].concat();
    for body in [&b"<html>"[..], &REPLY[..6], b"\0\0\0\0\x01\xff", b"\0\xff\xff\xff\xff", &twice] {
        let got = answered(&kit, &plugin, "200", &[body], OK);
        assert_eq!((got.status, &*got.body), (502, "failed to decode response data by protobuf"), "{body:?}");
        assert_eq!(got.kind, "text/plain; charset=utf-8");
    }
    assert_eq!(answered(&kit, &plugin, "200", &[b""], &[]).status, 502);
    let small = self::plugin(&kit, json!({"max_resp_body_size": 10}));
    assert_eq!(answered(&kit, &small, "200", &[REPLY], OK).status, 502);
    // Other answers than of a call stay.
    let got = answered(&kit, &plugin, "301\nContent-Type: text/html", &[b"<html>"], &[]);
    assert_eq!((got.status, &*got.body, &*got.kind), (301, "<html>", "text/html"));
}

#[test]
fn statuses() {
    let table = [499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401, 599];
    for (status, http) in (1..).zip(table) {
        assert_eq!(http_status(status), http, "{status}");
    }
    let kit = kit();
    let plugin = plugin(&kit, json!({}));
    let fields: &[(&str, &str)] = &[("grpc-status", "5"), ("grpc-message", "no%20such")];
    // In a head alone, in the trailers, behind a message.
    let heads = ["200\ngrpc-status: 5\ngrpc-message: no%20such", "200", "200"];
    for (head, pieces, trailers) in
        [(heads[0], &[][..], &[][..]), (heads[1], &[&b""[..]], fields), (heads[2], &[REPLY], fields)]
    {
        let mut got = answered(&kit, &plugin, head, pieces, trailers);
        assert_eq!((got.status, &*got.body, &*got.kind), (404, "", "application/json"));
        assert_eq!(kit.answer_field(&mut got.x, "grpc-status").as_deref(), Some("5"));
        assert_eq!(kit.answer_field(&mut got.x, "grpc-message").as_deref(), Some("no%20such"));
        assert!(got.x.resp.trailers.is_none());
    }
    assert_eq!(answered(&kit, &plugin, "200\ngrpc-status: x", &[], &[]).status, 500);
    assert_eq!(answered(&kit, &plugin, "200\ngrpc-status: 77", &[], &[]).status, 599);
}

/// `google.rpc.Status` with one detail.
fn details() -> Vec<u8> {
    let detail = b"\x08\x01\x12\x1cThe server is out of service\x1a\x07service";
    let kind = b"type.googleapis.com/helloworld.ErrorDetail";
    let any = [&[0x0a, kind.len() as u8], &kind[..], &[0x12, detail.len() as u8], detail].concat();
    [&b"\x08\x0e\x12\x0eOut of service\x1a"[..], &[any.len() as u8], &any].concat()
}

#[test]
fn a_status_in_the_body() {
    let kit = kit();
    let shown = |more: Value, details: &str| {
        let plugin = plugin(&kit, more);
        let head = format!("200\ngrpc-status: 14\ngrpc-message: Out%20of service\ngrpc-status-details-bin: {details}");
        let got = answered(&kit, &plugin, &head, &[], &[]);
        assert_eq!(got.status, 503);
        got.body
    };
    let details = details();
    for text in [BASE64.encode(&details), STANDARD_NO_PAD.encode(&details)] {
        let got: Value = serde_json::from_str(&shown(json!({"show_status_in_body": true}), &text)).unwrap();
        let value = "\u{8}\u{1}\u{12}\u{1c}The server is out of service\u{1a}\u{7}service";
        let any = json!({"type_url": "type.googleapis.com/helloworld.ErrorDetail", "value": value});
        assert_eq!(got, json!({"error": {"code": 14, "message": "Out of service", "details": [any]}}));
    }
    let text = BASE64.encode(&details);
    let typed = json!({"show_status_in_body": true, "status_detail_type": "helloworld.ErrorDetail"});
    let got: Value = serde_json::from_str(&shown(typed, &text)).unwrap();
    let detail = json!({"code": 1, "message": "The server is out of service", "type": "service"});
    assert_eq!(got, json!({"error": {"code": 14, "message": "Out of service", "details": [detail]}}));

    let wrong = json!({"show_status_in_body": true, "status_detail_type": "helloworld.error"});
    assert_eq!(shown(wrong, &text), "failed to call pb.decode to decode details in grpc-status-details-bin");
    let conf = json!({"show_status_in_body": true});
    assert_eq!(shown(conf.clone(), "!"), "grpc-status-details-bin is not base64 format");
    assert_eq!(shown(conf.clone(), "/w"), "failed to call pb.decode to decode grpc-status-details-bin");

    // Without details, what is known.
    let plugin = plugin(&kit, conf);
    let got = answered(&kit, &plugin, "200", &[b""], &[("grpc-status", "5"), ("grpc-message", "no%20such%")]);
    assert_eq!(got.body, "{\"error\":{\"code\":5,\"message\":\"no such%\",\"details\":[]}}");
}

#[test]
fn a_stream_is_a_line_a_message() {
    let kit = kit();
    let watch = |more: Value| {
        let mut conf = json!({"method": "Watch", "pb_option": ["no_default_values"]});
        conf.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        plugin(&kit, conf)
    };
    let plugin = watch(json!({}));
    let line = "{\"message\":\"hi\"}\n";
    let both = [REPLY, &REPLY[..4]].concat();
    let got = answered(&kit, &plugin, "200", &[&both, &REPLY[4..], b"", REPLY, b""], OK);
    assert_eq!((got.status, &*got.kind), (200, "application/x-ndjson"));
    assert_eq!(got.pieces, [line, line, line, ""]);
    let got = answered(&kit, &plugin, "200", &[b""], OK);
    assert_eq!((got.status, &*got.body), (200, ""));
    let got = answered(&kit, &plugin, "200", &[REPLY, b"\0\0\0\0\x01\xff", b""], OK);
    assert_eq!((got.status, &*got.body), (200, line));
    assert_eq!(got.x.resp.trailers.as_ref().unwrap().get(name::GRPC_STATUS), Some(&b"13"[..]));
    // A failure before the first message is the answer; one behind it stands in the trailers.
    let failed: &[(&str, &str)] = &[("grpc-status", "7")];
    assert_eq!(answered(&kit, &plugin, "200", &[b""], failed).status, 403);
    let got = answered(&kit, &plugin, "200", &[REPLY, b""], failed);
    assert_eq!((got.status, &*got.body), (200, line));
    assert!(got.x.resp.trailers.is_some());
    let got = answered(&kit, &watch(json!({"show_status_in_body": true})), "200", &[REPLY, b""], failed);
    assert_eq!(got.body, format!("{line}{{\"error\":{{\"code\":7,\"message\":\"\",\"details\":[]}}}}\n"));
}

#[test]
fn configurations() {
    let kit = kit();
    let base = json!({"proto_id": 1, "service": "a.B", "method": "C"});
    kit.plugin(NAME, base.clone());
    kit.refuses(NAME, json!({"proto_id": "1", "service": "a.B"}), "property \"method\" is required");
    kit.refuses(NAME, json!({"proto_id": "", "service": "a.B", "method": "C"}), "proto_id");
    for wrong in [json!({"pb_option": []}), json!({"pb_option": ["other"]}), json!({"deadline": "1"})] {
        let mut conf = base.clone();
        conf.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        kit.refuses(NAME, conf, "");
    }
}
