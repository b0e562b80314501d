use super::*;
use crate::testkit::Kit;
use gateway_dubbo_codec::generic::{Answer, Argument, Exception, GenericCall, Mode, answer};
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::write;
use gateway_dubbo_codec::json::Style;
use gateway_engine::exchange::Framing;
use serde_json::{Value, json};

/// What the schema adds.
fn plugin(conf: Value) -> DubboToHttp {
    let mut all = json!({
        "http_method": "POST", "body": "auto", "dates": "iso", "bytes": "base64", "long_as_string": false,
        "max_req_body_size": 8388608, "max_resp_body_size": 8388608,
    });
    all.as_object_mut().unwrap().extend(conf.as_object().unwrap().clone());
    conf::compile(&all).unwrap()
}

/// A call `org.acme.Orders.m` with these arguments, written in hessian2.
fn called(kit: &Kit, method: &str, descriptor: &str, arguments: &[u8]) -> Box<Exchange> {
    let mut body = Vec::new();
    for text in ["2.0.2", "org.acme.Orders", "0.0.0", method, descriptor] {
        write::text(&mut body, text);
    }
    body.extend(arguments);
    body.push(b'H');
    body.push(b'Z');
    exchange(kit, method, body)
}

fn exchange(kit: &Kit, method: &str, body: Vec<u8>) -> Box<Exchange> {
    let mut x = kit.exchange(&format!(
        "POST /org.acme.Orders/{method} HTTP/1.1\nTenant: t 1\ntimeout: 5\npath: x\nAccept-Encoding: gzip"
    ));
    x.req.version = Version::Dubbo2;
    let (interface, method) = (x.req.head.store(b"org.acme.Orders"), x.req.head.store(method.as_bytes()));
    x.req.call = Some(exchange::Call {
        interface,
        method,
        serialization: 2,
        reads_attachments: true,
        ..exchange::Call::default()
    });
    x.req.collected = Some(body.into());
    x
}

/// The request that a call becomes: method, target, body.
fn sent(plugin: &DubboToHttp, x: &mut Exchange) -> Result<(String, String, String), String> {
    let call = x.req.call.unwrap();
    plugin.send(x, &call).map_err(|(status, why)| format!("{status} {why}"))?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ok((text(x.upstream_method()), text(x.upstream_target()), text(x.req.collected.as_deref().unwrap())))
}

fn becomes(conf: Value, descriptor: &str, arguments: &[u8]) -> Result<(String, String, String), String> {
    let kit = Kit::new();
    sent(&plugin(conf), &mut called(&kit, "m", descriptor, arguments))
}

#[track_caller]
fn is(got: Result<(String, String, String), String>, method: &str, target: &str, body: &str) {
    let got = got.unwrap();
    assert_eq!((&*got.0, &*got.1, &*got.2), (method, target, body));
}

const TEXT: &str = "Ljava/lang/String;";
const PATH: &str = "/org.acme.Orders/m";

#[test]
fn without_configuration_a_call_is_a_post() {
    is(becomes(json!({}), "", b""), "POST", PATH, "");
    is(becomes(json!({}), TEXT, b"\x01a"), "POST", PATH, "\"a\"");
    is(becomes(json!({}), "Ljava/util/Map;", b"H\x01a\x91Z"), "POST", PATH, "{\"a\":1}");
    is(becomes(json!({}), "Ljava/util/List;", b"\x79\x91"), "POST", PATH, "[1]");
    is(becomes(json!({}), "II", b"\x91\x92"), "POST", PATH, "[1,2]");
    let named = json!({"methods": [{"name": "m", "parameters": ["a", "b"]}]});
    is(becomes(named, "II", b"\x91\x92"), "POST", PATH, "{\"a\":1,\"b\":2}");
    is(becomes(json!({"body": "array"}), "I", b"\x91"), "POST", PATH, "[1]");
    is(becomes(json!({"body": "none"}), "I", b"\x91"), "POST", PATH, "");
    let kit = Kit::new();
    let mut x = called(&kit, "m", "I", b"\x91");
    sent(&plugin(json!({})), &mut x).unwrap();
    assert_eq!(x.req.framing, Framing::Length(1));
    let field = |name: &str| kit.request_field(&x, name);
    assert_eq!(field("content-type").as_deref(), Some("application/json"));
    assert_eq!(
        (field("tenant").as_deref(), field("timeout"), field("path"), field("accept-encoding")),
        (Some("t 1"), None, None, None)
    );
}

#[test]
fn arguments_have_their_places() {
    let conf = |method: Value| {
        let mut method = method;
        method["name"] = "m".into();
        json!({"methods": [method]})
    };
    let get = json!({"http_method": "GET", "path": "/v1/{interface}/{id}/{0}", "parameters": ["id", "q", "page"],
        "query": {"search": "{q}", "t": "x-{q}"}});
    is(
        becomes(conf(get.clone()), "Ljava/lang/String;Ljava/lang/String;I", b"\x03a/b\x03c &\x92"),
        "GET",
        "/v1/org.acme.Orders/a%2Fb/a%2Fb?search=c%20%26&t=x-c%20%26&page=2",
        "",
    );
    is(
        becomes(conf(get.clone()), "Ljava/lang/String;Ljava/lang/String;Ljava/util/List;", b"\x01aN\x7a\x91\x92"),
        "GET",
        "/v1/org.acme.Orders/a/a?t=x-&page=1&page=2",
        "",
    );
    for (arguments, why) in [
        (&b"\x00N\x91"[..], "400 argument id is empty, and a part of the path"),
        (b"NN\x91", "400 argument id is empty, and a part of the path"),
        (b"\x02..N\x91", "400 a part of the path would lead out of its place"),
        (b"HZN\x91", "400 argument id is no single value"),
        (b"\x01aNHZ", "400 argument page is an object, which a query has no form for"),
    ] {
        assert_eq!(
            becomes(conf(get.clone()), "Ljava/lang/Object;Ljava/lang/String;Ljava/lang/Object;", arguments)
                .unwrap_err(),
            why
        );
    }
    assert_eq!(
        becomes(conf(json!({"http_method": "GET"})), "I", b"\x91").unwrap_err(),
        "400 argument 0 has no name, and so no place in the request"
    );
    assert_eq!(becomes(conf(json!({"path": "/{1}"})), "I", b"\x91").unwrap_err(), "400 the call has no argument 1");
    let put =
        json!({"http_method": "PUT", "path": "/orders/{order.id}", "parameters": ["order"], "body": "{order.items}"});
    is(
        becomes(conf(put), "Lorg/acme/Order;", b"C\x0eorg.acme.Order\x92\x02id\x05items\x60\xe7\x79\x01s"),
        "PUT",
        "/orders/7",
        "[\"s\"]",
    );
    let rest = json!({"path": "/{0}"});
    is(becomes(conf(rest), "III", b"\x91\x92\x93"), "POST", "/1", "[2,3]");
    let kit = Kit::new();
    let mut x = called(&kit, "m", "I", b"\x91");
    let fields = conf(json!({"headers": {"X-Id": "{0}", "X-Tenant": "{@Tenant}", "X-None": "{@none}"}}));
    sent(&plugin(fields), &mut x).unwrap();
    assert_eq!(kit.request_field(&x, "x-id").as_deref(), Some("1"));
    assert_eq!(kit.request_field(&x, "x-tenant").as_deref(), Some("t 1"));
    assert_eq!(kit.request_field(&x, "x-none"), None);
    let line = conf(json!({"headers": {"X-Id": "{0}"}}));
    let error = becomes(line, TEXT, b"\x03a\r\n").unwrap_err();
    assert_eq!(error, "400 header \"X-Id\": a line cannot hold the value");
}

#[test]
fn methods_of_one_name_are_told_apart_by_their_types() {
    let conf = json!({"methods": [
        {"name": "m", "path": "/any"}, {"name": "m", "types": ["java.lang.String", "int"], "path": "/two"}, {"name": "m", "types": [], "path": "/none"},
    ]});
    let path = |descriptor: &str, arguments: &[u8]| becomes(conf.clone(), descriptor, arguments).unwrap().1;
    assert_eq!(path("I", b"\x91"), "/any");
    assert_eq!(path("Ljava/lang/String;I", b"\x01a\x91"), "/two");
    assert_eq!(path("", b""), "/none");
}

#[test]
fn generic_calls_are_calls_of_what_they_name() {
    let kit = Kit::new();
    let value = json!({"total": 1.5});
    for (mode, expected) in
        [(Mode::True, "[{\"total\":1.5},{\"total\":1.5}]"), (Mode::Gson, "[{\"total\":1.5},{\"total\":1.5}]")]
    {
        let call =
            GenericCall { interface: "org.acme.Orders", version: "", group: "", method: "m", mode, class_keys: false };
        let arguments = [Argument { value: &value, kind: None, of: None }; 2];
        let mut x = exchange(&kit, "m", call.body(&arguments, []).unwrap());
        x.req.head.set_static(gateway_engine::headers::Name::new(b"generic").unwrap(), mode.as_str());
        assert_eq!(sent(&plugin(json!({})), &mut x).unwrap().2, expected);
    }
}

#[test]
fn what_is_no_call_of_a_method_is_refused() {
    let kit = Kit::new();
    let refused = |x: &mut Exchange| sent(&plugin(json!({})), x).unwrap_err();
    let mut x = called(&kit, "m", "", b"");
    x.req.call.as_mut().unwrap().serialization = 23;
    assert!(refused(&mut x).starts_with("400 only calls in hessian2"));
    assert!(refused(&mut called(&kit, "$echo", "Ljava/lang/Object;", b"\x91")).starts_with("405 "));
    assert!(refused(&mut exchange(&kit, "m", b"\x052.0.2".to_vec())).starts_with("400 the call cannot be read"));
    assert_eq!(
        refused(&mut called(&kit, "m", "Ljava/util/Map;", b"H\x01aQ\x90Z")),
        "400 argument 0: a value holds itself"
    );
    let small = plugin(json!({"max_req_body_size": 4}));
    assert_eq!(
        sent(&small, &mut called(&kit, "m", TEXT, b"\x05hello")).unwrap_err(),
        "400 argument 0: the call is too long as JSON"
    );
}

/// What a consumer gets of an answer.
fn told(conf: Value, status: u16, kind: &str, body: &[u8]) -> Answer {
    let kit = Kit::new();
    let plugin = plugin(conf);
    let mut x = called(&kit, "m", "", b"");
    sent(&plugin, &mut x).unwrap();
    x.resp.status = status;
    x.resp.origin = Origin::Upstream;
    if !kind.is_empty() {
        x.resp.head.set(name::CONTENT_TYPE, kind.as_bytes()).unwrap();
    }
    let plugin: Arc<dyn Plugin> = Arc::new(plugin);
    let half = body.len() / 2;
    let out = kit.body(&plugin, &mut x, &[&body[..half], &body[half..]]);
    let reply = x.resp.reply.unwrap();
    let answer = answer(&out, Mode::RawReturn, &Style::default(), Limits::default()).unwrap();
    assert_eq!((reply.status, reply.serialization, reply.threw), (20, 2, matches!(answer, Answer::Exception(_))));
    answer
}

fn value(text: &str) -> Answer {
    Answer::Value(text.as_bytes().to_vec())
}

fn exception(class: &str, message: &str, code: Option<i32>) -> Answer {
    Answer::Exception(Exception { class: class.into(), message: Some(message.into()), code })
}

const JSON: &str = "application/json; charset=utf-8";
const RPC: &str = "org.apache.dubbo.rpc.RpcException";

fn returns(kind: &str) -> Value {
    json!({"methods": [{"name": "m", "returns": kind}], "classes": {"a.B": {"total": "java.math.BigDecimal"}}})
}

#[test]
fn answers_are_results() {
    assert_eq!(told(json!({}), 200, JSON, b"{\"a\":[1,2.5]}"), value("{\"a\":[1,2.5]}"));
    assert_eq!(told(json!({}), 204, "", b""), value("null"));
    assert_eq!(told(returns("void"), 200, "text/html", b"<p>"), value("null"));
    assert_eq!(told(returns("a.B"), 200, "application/hal+json", b"{\"total\":\"1.10\"}"), value("{\"total\":1.10}"));
    assert_eq!(told(returns("String"), 200, "text/plain", b"plain"), value("\"plain\""));
    assert_eq!(told(returns("String"), 200, "text/plain", b""), value("\"\""));
    assert_eq!(told(returns("byte[]"), 200, "image/png", b"\0\x01"), value("\"AAE=\""));
    let wrong = |why: &str| {
        exception(RPC, &format!("the answer of the HTTP service is no result of this method: {why}"), Some(5))
    };
    assert_eq!(
        told(returns("a.B"), 200, JSON, b"{\"total\":\"x\"}"),
        wrong("total: expected a number for java.math.BigDecimal, found another text")
    );
    assert_eq!(told(returns("int"), 204, "", b""), wrong("expected a value for int, found null"));
    assert_eq!(told(returns("a.B"), 200, "text/html", b"<p>"), wrong("its Content-Type is none of JSON"));
    assert_eq!(told(json!({"max_resp_body_size": 4}), 200, JSON, b"\"hello\""), wrong("it is longer than 4 bytes"));
    assert!(matches!(told(json!({}), 200, JSON, b"{"), Answer::Exception(Exception { code: Some(5), .. })));
}

#[test]
fn errors_are_exceptions() {
    for (status, code) in [
        (302, 3),
        (400, 12),
        (401, 13),
        (403, 4),
        (404, 3),
        (405, 11),
        (429, 7),
        (500, 3),
        (502, 1),
        (503, 6),
        (504, 2),
    ] {
        let Answer::Exception(told) = told(json!({}), status, "text/html", b"<p>secret") else { panic!("{status}") };
        assert_eq!((&*told.class, told.code), (RPC, Some(code)), "{status}");
        assert!(told.message.unwrap().starts_with(&status.to_string()));
    }
    assert_eq!(
        told(json!({}), 404, "application/problem+json", b"{\"title\":\"t\",\"detail\":\"no order\"}"),
        exception(RPC, "no order", Some(3))
    );
    let conf = json!({
        "exceptions": {"404": "a.Gone", "5xx": "a.Broken"}, "classes": {"a.Gone": {"code": "int"}}, "message_member": "why",
        "exception_member": "type", "exception_classes": ["b.*"],
    });
    assert_eq!(told(conf.clone(), 404, JSON, b"{\"why\":\"gone\",\"code\":42}"), exception("a.Gone", "gone", Some(42)));
    assert_eq!(told(conf.clone(), 500, JSON, b"[]"), exception("a.Broken", "500 Internal Server Error", None));
    assert_eq!(told(conf.clone(), 500, JSON, b"{\"type\":\"b.C\",\"why\":\"w\"}"), exception("b.C", "w", None));
    assert_eq!(told(conf, 500, JSON, b"{\"type\":\"java.evil\",\"why\":\"w\"}"), exception("a.Broken", "w", None));
}

#[test]
fn what_is_no_call_of_a_consumer_passes() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({}));
    let mut x = kit.exchange("POST /a.B/m HTTP/1.1\n\n[1]");
    kit.before_proxy(&plugin, &mut x);
    assert_eq!(x.req.collected.as_deref(), Some(&b"[1]"[..]));
    x.resp.origin = Origin::Upstream;
    x.resp.status = 200;
    assert_eq!(kit.body(&plugin, &mut x, &[b"a", b"b"]), b"ab");
    assert!(x.resp.reply.is_none());
}

#[test]
fn configurations() {
    let kit = Kit::new();
    for (wrong, text) in [
        (json!({"methods": [{"path": "/"}]}), "name"),
        (json!({"methods": [{"name": "$invoke"}]}), "name"),
        (
            json!({"methods": [{"name": "m", "returns": "java.util.Locale"}]}),
            "m: \"java.util.Locale\" is no type that JSON can become",
        ),
        (json!({"methods": [{"name": "m", "path": "x"}]}), "is no path"),
        (json!({"methods": [{"name": "m", "path": "/a b"}]}), "is no path"),
        (json!({"methods": [{"name": "m", "path": "/{id}"}]}), "{id} is no argument"),
        (json!({"methods": [{"name": "m", "path": "/{0"}]}), "a brace is not closed"),
        (json!({"methods": [{"name": "m"}, {"name": "m"}]}), "it is there twice"),
        (json!({"methods": [{"name": "m", "parameters": ["a", "a"]}]}), "cannot be the name of a parameter"),
        (json!({"methods": [{"name": "m", "parameters": ["1"]}]}), "cannot be the name of a parameter"),
        (json!({"methods": [{"name": "m", "body": "{0}{1}"}]}), "expected auto"),
        (json!({"methods": [{"name": "m", "http_method": "GET", "body": "{0}"}]}), "a GET has no body"),
        (json!({"methods": [{"name": "m", "headers": {"Host": "x"}}]}), "is not to be set here"),
        (json!({"classes": {"a.B": {"f": "Nope"}}}), "classes"),
        (json!({"exceptions": {"200": "a.B"}}), "exceptions"),
        (json!({"exception_member": "type"}), "exception_classes"),
        (json!({"http_method": "HEAD"}), "http_method"),
        (json!({"other": 1}), "other"),
    ] {
        kit.refuses(NAME, wrong, text);
    }
}
