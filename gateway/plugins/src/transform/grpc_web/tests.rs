use super::*;
use crate::testkit::{Kit, Outcome};
use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD as BASE64;
use gateway_model::Kind;
use serde_json::json;

const FRAME: &[u8] = b"\x80\0\0\0\x25grpc-status:0\r\ngrpc-message:\r\nx-a:1\r\n";

fn plugin(kit: &Kit) -> Arc<dyn Plugin> {
    kit.plugin(NAME, json!({}))
}

fn post(kit: &Kit, kind: &str) -> Box<Exchange> {
    let mut x = kit.exchange(&format!("POST /a.Echo/Say HTTP/1.1\nContent-Type: {kind}"));
    x.req.framing = Framing::Length(20);
    x
}

fn trailers(fields: &[(&str, &str)]) -> Option<Box<Headers>> {
    let mut trailers = Headers::new();
    for (name, value) in fields {
        trailers.append(Name::new(name.as_bytes()).unwrap(), value.as_bytes()).unwrap();
    }
    Some(Box::new(trailers))
}

/// The answer's body, its pieces filtered one by one; the trailers come with the last one.
fn answered(plugin: &Arc<dyn Plugin>, x: &mut Exchange, pieces: &[&[u8]], last: Option<Box<Headers>>) -> Vec<Vec<u8>> {
    plugin.header_filter(x);
    let mut last = last;
    let mut out = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let mut chunk = Chunk::from(Bytes::copy_from_slice(piece));
        if i + 1 == pieces.len() {
            x.resp.trailers = last.take();
        }
        plugin.body_filter(x, &mut chunk, i + 1 == pieces.len());
        out.push(chunk.as_slice().to_vec());
    }
    out
}

#[test]
fn what_is_no_call_is_refused() {
    let kit = Kit::new();
    let plugin = plugin(&kit);
    let cases = [
        ("OPTIONS / HTTP/1.1", 204),
        ("GET / HTTP/1.1\nContent-Type: application/grpc-web", 405),
        ("PUT / HTTP/1.1\nContent-Type: application/grpc-web", 405),
        ("POST / HTTP/1.1", 400),
        ("POST / HTTP/1.1\nContent-Type: application/json", 400),
        ("POST / HTTP/1.1\nContent-Type: application/grpc", 400),
        ("POST / HTTP/1.1\nContent-Type: application/grpc-web+json", 400),
        ("POST / HTTP/1.1\nContent-Type: application/grpc-web-text\n\nQ", 400),
    ];
    for (request, status) in cases {
        let mut x = kit.exchange(request);
        let Outcome::Exit(exit) = kit.access(&plugin, &mut x) else { panic!("{request}") };
        assert_eq!(exit.status, status, "{request}");
        // The refusal keeps its own content type and body.
        x.resp.status = status;
        x.resp.head.set_static(name::CONTENT_TYPE, "text/plain; charset=utf-8");
        assert_eq!(kit.body(&plugin, &mut x, &[b"page"]), b"page");
        assert_eq!(kit.answer_field(&mut x, "content-type").as_deref(), Some("text/plain; charset=utf-8"));
        assert_eq!(kit.answer_field(&mut x, "access-control-allow-origin").as_deref(), Some("*"));
        assert_eq!(
            kit.answer_field(&mut x, "access-control-expose-headers").as_deref(),
            Some("grpc-message,grpc-status")
        );
        let methods = kit.answer_field(&mut x, "access-control-allow-methods");
        let headers = kit.answer_field(&mut x, "access-control-allow-headers");
        let preflight = status == 204;
        assert_eq!(methods.as_deref(), preflight.then_some("POST"));
        assert_eq!(headers.as_deref(), preflight.then_some("content-type,x-grpc-web,x-user-agent"));
    }
}

#[test]
fn a_call_goes_on_as_grpc_and_its_trailers_end_the_body() {
    let kit = Kit::new();
    let plugin = plugin(&kit);
    for kind in ["application/grpc-web", "application/grpc-web+proto", "Application/grpc-web; charset=utf-8"] {
        let mut x = post(&kit, kind);
        assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
        assert_eq!(kit.request_field(&x, "content-type").as_deref(), Some("application/grpc"));
        assert_eq!(kit.request_field(&x, "te").as_deref(), Some("trailers"));
        assert_eq!(x.req.framing, Framing::Stream);
        kit.answer(&mut x, "200\nContent-Type: application/grpc\nContent-Length: 7");
        let last = trailers(&[("x-a", "1"), ("grpc-message", ""), ("grpc-status", "0")]);
        let body = answered(&plugin, &mut x, &[b"\0\0\0\0\x01", b"", b"a"], last);
        assert_eq!(body, [b"\0\0\0\0\x01".to_vec(), vec![], [b"a", FRAME].concat()]);
        assert_eq!(kit.answer_field(&mut x, "content-type").as_deref(), Some(kind));
        assert_eq!(kit.answer_field(&mut x, "content-length"), None);
        assert!(x.resp.trailers.is_none());
    }
}

#[test]
fn text_is_decoded_and_encoded_piece_by_piece() {
    let kit = Kit::new();
    let plugin = plugin(&kit);
    let mut x = post(&kit, "application/grpc-web-text");
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    kit.answer(&mut x, "200");
    let last = trailers(&[("grpc-status", "0"), ("x-a", "1")]);
    let body = answered(&plugin, &mut x, &[b"\0\0\0\0\x04", b"a", b"bcd"], last);
    let expected = [BASE64.encode(b"\0\0\0\0\x04"), BASE64.encode(b"a"), BASE64.encode(b"bcd") + &BASE64.encode(FRAME)];
    assert_eq!(body, expected.map(String::into_bytes));

    // A body that another plugin has collected is decoded where it lies.
    let mut x = kit.exchange("POST / HTTP/1.1\nContent-Type: application/grpc-web-text+proto\n\nAAAAAAE=YQ==");
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    assert_eq!(x.req.collected.as_deref(), Some(&b"\0\0\0\0\x01a"[..]));
}

#[test]
fn an_answer_without_a_status_gets_one() {
    let kit = Kit::new();
    let plugin = plugin(&kit);
    for last in [None, trailers(&[("grpc-status", "")])] {
        let mut x = post(&kit, "application/grpc-web");
        kit.access(&plugin, &mut x);
        kit.answer(&mut x, "200");
        let body = answered(&plugin, &mut x, &[b"a"], last).concat();
        let text = String::from_utf8_lossy(&body[6..]);
        assert_eq!(text, "grpc-status:2\r\ngrpc-message:upstream grpc status not received\r\n");
    }
}

#[test]
fn a_status_in_the_head_is_the_whole_answer() {
    let kit = Kit::new();
    let plugin = plugin(&kit);
    let mut x = post(&kit, "application/grpc-web-text");
    kit.access(&plugin, &mut x);
    kit.answer(&mut x, "200\ngrpc-status: 5\ngrpc-message: none");
    x.resp.framing = Framing::None;
    assert_eq!(answered(&plugin, &mut x, &[b""], None).concat(), b"");
    assert_eq!(kit.answer_field(&mut x, "content-type").as_deref(), Some("application/grpc-web-text"));
}

#[test]
fn the_path_is_what_the_wildcard_stands_for() {
    let kit = Kit::new();
    let plugin = plugin(&kit);
    let cases = [
        ("/web/*", "/web/a.Echo/Say", "/a.Echo/Say"),
        ("/web/*", "/web/a.Echo/Say?x=%20", "/a.Echo/Say?x=%20"),
        ("/web/*", "/web/", "/web/"),
        ("/web*", "/web/a.Echo/Say", "/a.Echo/Say"),
        ("/web/*", "/web/a%3Fb/c", "/a%3Fb/c"),
        ("/*", "/a.Echo/Say", "/a.Echo/Say"),
        ("/a.Echo/Say", "/a.Echo/Say", "/a.Echo/Say"),
    ];
    for (uri, target, expected) in cases {
        kit.put(
            Kind::Route,
            "1",
            &json!({"uri": uri, "upstream": {"type": "roundrobin", "nodes": {"127.0.0.1:1": 1}}}),
        );
        let mut x = kit.exchange(&format!("POST {target} HTTP/1.1\nContent-Type: application/grpc-web\n\nx"));
        kit.route(&mut x);
        assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
        assert_eq!(String::from_utf8_lossy(x.upstream_target()), expected, "{uri} {target}");
    }
}

#[test]
fn bodies_over_the_limit_are_413() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({"max_req_body_size": 4}));
    let status = |x: &mut Exchange| match kit.access(&plugin, x) {
        Outcome::Exit(exit) => exit.status,
        _ => 0,
    };
    assert_eq!(status(&mut post(&kit, "application/grpc-web")), 413);
    let collected =
        |body: &str| kit.exchange(&format!("POST / HTTP/1.1\nContent-Type: application/grpc-web\n\n{body}"));
    assert_eq!(status(&mut collected("12345")), 413);
    assert_eq!(status(&mut collected("1234")), 0);
    let mut body = Body { left: 4, base64: None };
    let mut piece = |text: &'static str| body.piece(&mut Chunk::from(Bytes::from_static(text.as_bytes())), false);
    assert_eq!([piece("123"), piece("4"), piece("5")], [Ok(()), Ok(()), Err(WireError::TooLarge)]);
}

#[test]
fn cors_decides_where_it_is() {
    let kit = Kit::new();
    let plugin = plugin(&kit);
    kit.put(
        Kind::Route,
        "1",
        &json!({"uri": "/*", "plugins": {"cors": {"allow_origins": "http://a.com"}},
            "upstream": {"type": "roundrobin", "nodes": {"127.0.0.1:1": 1}}}),
    );
    let mut x = kit.exchange("POST / HTTP/1.1\nContent-Type: application/grpc-web\n\nx");
    kit.route(&mut x);
    kit.access(&plugin, &mut x);
    kit.answer(&mut x, "200");
    plugin.header_filter(&mut x);
    assert_eq!(kit.answer_field(&mut x, "access-control-allow-origin"), None);
}

#[test]
fn configurations() {
    let kit = Kit::new();
    kit.refuses(NAME, json!({"cors_allow_headers": "a\r\nb: c"}), "invalid value character");
    kit.refuses(NAME, json!({"cors_allow_headers": 1}), "cors_allow_headers");
    kit.refuses(NAME, json!({"max_req_body_size": 0}), "max_req_body_size");
}
