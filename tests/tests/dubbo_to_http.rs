//! Calls of Dubbo consumers to HTTP services: the requests that they become, the results and exceptions that answers become, and what
//! happens to both on connections, in time and beside other plugins.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use gateway_tests::dubbo::{Call, Frame, Peer, flag, int, text, value};
use gateway_tests::{Gateway, Received, Upstream, free_port, wait_for};
use serde_json::{Value, json};

const SERVICE: &str = "acme.Orders";

struct Scene {
    gateway: Gateway,
    addr: SocketAddr,
}

impl Scene {
    fn new() -> Scene {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let config = json!({"gateway": {"dubbo": {"listen": [{"ip": "127.0.0.1", "port": addr.port()}]}}});
        Scene { gateway: Gateway::configured(config), addr }
    }

    /// Puts a route of the service to an HTTP server; `plugins` beside the one under test, `upstream` on its upstream.
    fn route(&self, node: &str, conf: Value, plugins: Value, upstream: Value) {
        let mut to = json!({"scheme": "http", "type": "roundrobin", "nodes": {node: 1}});
        to.as_object_mut().unwrap().extend(upstream.as_object().unwrap().clone());
        let mut all = json!({"dubbo-to-http": conf});
        all.as_object_mut().unwrap().extend(plugins.as_object().unwrap().clone());
        self.gateway.put("/routes/1", &json!({"uri": "/acme.Orders/*", "upstream": to, "plugins": all}));
    }

    fn to(&self, origin: &Upstream, conf: Value) {
        self.route(&origin.node(), conf, json!({}), json!({}));
    }

    fn call(&self, call: &Call) -> Frame {
        Peer::connect(self.addr).call(call)
    }
}

/// A call with other arguments than a text.
fn call(method: &str, descriptor: &str, arguments: &[u8]) -> Call {
    Call { descriptor: descriptor.into(), arguments: arguments.to_vec(), ..Call::new(SERVICE, method, "") }
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn json_of(body: &str) -> Upstream {
    Upstream::answering(answer("200 OK", "application/json", body))
}

#[track_caller]
fn is(answer: &Frame, body: &[u8]) {
    let expected = [body, b"H", &text("dubbo"), &text("2.0.2"), b"Z"].concat();
    assert_eq!((answer.flags, answer.status), (flag::ANSWER, 20), "{answer:?}");
    assert_eq!(answer.body, expected, "{}", answer.body.escape_ascii());
}

#[track_caller]
fn is_exception(answer: &Frame, class: &str, message: &str) {
    assert_eq!((answer.status, answer.body.first()), (20, Some(&0x93)), "{answer:?}");
    assert!(answer.says(class) && answer.says(message), "{}", answer.body.escape_ascii());
}

#[test]
fn a_call_is_a_request_and_its_answer_a_result() {
    let (scene, origin) = (Scene::new(), json_of("{\"total\": 39.90, \"id\": 7, \"status\": \"PAID\"}"));
    let conf = json!({
        "methods": [{"name": "find", "http_method": "GET", "path": "/v1/orders/{id}", "parameters": ["id"], "query": {"tenant": "{@tenant}"},
                     "returns": "acme.Order"}],
        "classes": {"acme.Order": {"id": "long", "total": "java.math.BigDecimal", "status": "acme.Status"}, "acme.Status": "enum"},
    });
    scene.to(&origin, conf);
    let mut peer = Peer::connect(scene.addr);
    for _ in 0..3 {
        let found = peer.call(&call("find", "J", b"\xe7").with("tenant", "t 1").with("trace", "abc"));
        let order = [
            &b"\x94C"[..],
            &text("acme.Order"),
            b"\x93",
            &text("total"),
            &text("id"),
            &text("status"),
            b"\x60C",
            &text("java.math.BigDecimal"),
            b"\x91",
            &text("value"),
            b"\x61",
            &text("39.90"),
            b"\xe7C",
            &text("acme.Status"),
            b"\x91",
            &text("name"),
            b"\x62",
            &text("PAID"),
        ];
        // Classes are defined in front of the first object of theirs.
        is(&found, &order.concat());
        let got = origin.last();
        assert_eq!((&*got.line, got.body.len()), ("GET /v1/orders/7?tenant=t%201 HTTP/1.1", 0));
        assert_eq!(
            (got.header("trace"), got.header("interface"), got.header("content-length")),
            (Some("abc"), None, None)
        );
        assert_eq!((got.header("accept"), got.header("accept-encoding")), (Some("application/json"), None));
    }
    assert_eq!(origin.connections(), 1);
    let made = scene.call(&call("create", "Ljava/util/Map;I", b"H\x01a\x91Z\x92"));
    assert_eq!(made.body.first(), Some(&0x94));
    let got = origin.last();
    assert_eq!((&*got.line, &*got.body), ("POST /acme.Orders/create HTTP/1.1", &b"[{\"a\":1},2]"[..]));
    assert_eq!(got.header("content-type"), Some("application/json"));
}

#[test]
fn a_request_without_a_body_says_so_where_its_method_is_about_one() {
    let (scene, origin) = (Scene::new(), json_of("null"));
    for (method, length) in
        [("POST", Some("0")), ("PUT", Some("0")), ("PATCH", Some("0")), ("GET", None), ("DELETE", None)]
    {
        scene.to(&origin, json!({"http_method": method, "methods": [{"name": "m", "returns": "void"}]}));
        is(&scene.call(&call("m", "", b"")), b"\x95");
        let got = origin.last();
        assert_eq!((&*got.line, got.header("content-length")), (&*format!("{method} /acme.Orders/m HTTP/1.1"), length));
        assert_eq!((got.body.len(), got.header("transfer-encoding")), (0, None));
    }
}

#[test]
fn numbers_beyond_a_double_pass_both_ways() {
    let scene = Scene::new();
    let origin = json_of("1E+400");
    scene.to(&origin, json!({"methods": [{"name": "m", "returns": "java.math.BigDecimal"}]}));
    let decimal =
        [&b"C"[..], &text("java.math.BigDecimal"), b"\x91", &text("value"), b"\x60", &text("2E+400")].concat();
    let told = scene.call(&call("m", "Ljava/math/BigDecimal;", &decimal));
    assert!(told.status == 20 && told.says("java.math.BigDecimal"), "{}", told.body.escape_ascii());
    assert!(told.says("1e+400") || told.says("1E+400"), "{}", told.body.escape_ascii());
    assert_eq!(String::from_utf8(origin.last().body).unwrap().to_lowercase(), "2e+400");
}

/// The set-up of `docs/dubbo.md`, as it stands there.
#[test]
fn the_documented_set_up_does_what_it_says() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dubbo.md")).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("Dubbo to HTTP\n")).unwrap();
    let mut route: Value =
        serde_json::from_str(section.split("```json\n").nth(1).unwrap().split("```").next().unwrap()).unwrap();
    let origin = json_of(r#"[{"id": 7, "items": [{"price": "1.50"}]}, {"id": 8, "items": [{"price": "dear"}]}]"#);
    route["upstream"]["nodes"] = json!({origin.node(): 1});
    let scene = Scene::new();
    scene.gateway.put("/routes/1", &route);
    let ask = |method: &str, descriptor: &str, arguments: &[u8]| {
        scene.call(&Call {
            path: "org.acme.Orders".into(),
            attachments: Vec::new(),
            ..call(method, descriptor, arguments)
        })
    };
    let paid = [b"C", &text("org.acme.Status")[..], b"\x91", &text("name"), b"\x60", &text("PAID"), b"\x92"].concat();
    let told = ask("list", "Lorg/acme/Status;I", &paid);
    is_exception(
        &told,
        "RpcException",
        "[1].items[0].price: expected a number for java.math.BigDecimal, found another text",
    );
    let line = || origin.last().line;
    assert_eq!(line(), "GET /api/orders?status=PAID&page=2 HTTP/1.1");
    is(&ask("cancel", "J", b"\xe7"), b"\x95");
    assert_eq!(line(), "DELETE /api/orders/7 HTTP/1.1");
    let order = [b"C", &text("org.acme.Order")[..], b"\x91", &text("id"), b"\x60\xe7"].concat();
    ask("create", "Lorg/acme/Order;", &order);
    assert_eq!((&*line(), &*origin.last().body), ("POST /api/orders HTTP/1.1", &b"{\"id\":7}"[..]));
    ask("archive", "J", b"\xe7");
    assert_eq!((&*line(), &*origin.last().body), ("POST /api/orders/archive HTTP/1.1", &b"7"[..]));
}

#[test]
fn answers_of_all_kinds() {
    let scene = Scene::new();
    let ask = |answer: String, returns: &str| {
        let origin = Upstream::answering(answer);
        scene.to(&origin, json!({"methods": [{"name": "m", "returns": returns}]}));
        scene.call(&Call::new(SERVICE, "m", "x"))
    };
    is(&ask("HTTP/1.1 204 No Content\r\n\r\n".into(), "String"), b"\x95");
    is(&ask(answer("200 OK", "application/json", "7"), "long"), b"\x94\xe7");
    is(&ask(answer("200 OK", "text/plain", "seven"), "String"), b"\x94\x05seven");
    is(&ask(answer("200 OK", "application/octet-stream", "ab"), "byte[]"), b"\x94\x22ab");
    is(&ask(answer("201 Created", "application/json", "[1, 2]"), "int[]"), b"\x94r\x04[int\x91\x92");
    is(
        &ask(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n".into(),
            "java.util.List",
        ),
        b"\x94\x79\x91",
    );
    let rpc = "org.apache.dubbo.rpc.RpcException";
    is_exception(
        &ask(answer("200 OK", "application/json", "7.5"), "int"),
        rpc,
        "expected a whole number in its range for int",
    );
    is_exception(&ask(answer("200 OK", "text/html", "<p>"), "int"), rpc, "its Content-Type is none of JSON");
    is_exception(
        &ask(answer("429 Too Many Requests", "application/json", "{\"message\": \"slow down\"}"), "int"),
        rpc,
        "slow down",
    );
    is_exception(&ask(answer("500 Oops", "text/html", "<p>secret"), "int"), rpc, "500 Internal Server Error");
}

#[test]
fn errors_are_the_exceptions_that_the_service_throws() {
    let scene = Scene::new();
    let origin =
        Upstream::answering(answer("404 Not Found", "application/json", "{\"message\": \"no order 7\", \"code\": 42}"));
    let conf = json!({"exceptions": {"404": "acme.NoOrder"}, "classes": {"acme.NoOrder": {"code": "int"}}});
    scene.to(&origin, conf.clone());
    let told = scene.call(&call("find", "J", b"\xe7"));
    is_exception(&told, "acme.NoOrder", "no order 7");
    assert!(told.body.contains(&0xba) && !told.says("RpcException"));
    // A generic call knows no classes.
    let generic = [&text("find")[..], b"N", b"\x71\x07[object", b"\xe7"].concat();
    let generic =
        call("$invoke", "Ljava/lang/String;[Ljava/lang/String;[Ljava/lang/Object;", &generic).with("generic", "true");
    let told = scene.call(&generic);
    is_exception(&told, "com.alibaba.dubbo.rpc.service.GenericException", "no order 7");
    assert!(told.says("acme.NoOrder"));
    assert_eq!(origin.last().line, "POST /acme.Orders/find HTTP/1.1");
}

#[test]
fn failures_are_told_in_time() {
    let scene = Scene::new();
    let silent = Upstream::new(|_, _| {
        std::thread::sleep(Duration::from_secs(30));
        false
    });
    scene.to(&silent, json!({}));
    // The consumer's own patience.
    assert_eq!(scene.call(&Call::new(SERVICE, "m", "x").with("timeout", "300")).status, 31);
    let nobody = format!("127.0.0.1:{}", free_port());
    scene.route(&nobody, json!({}), json!({}), json!({}));
    assert_eq!(scene.call(&Call::new(SERVICE, "m", "x")).status, 35);
    let broken =
        Upstream::closing("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":");
    scene.to(&broken, json!({}));
    assert_eq!(scene.call(&Call::new(SERVICE, "m", "x")).status, 35);
    let long = json_of(&format!("\"{}\"", "a".repeat(2000)));
    scene.to(&long, json!({"max_resp_body_size": 1000}));
    is_exception(&scene.call(&Call::new(SERVICE, "m", "x")), "RpcException", "longer than 1000 bytes");
    // What is wrong with a call is said, and nothing is sent.
    let origin = json_of("1");
    scene.to(&origin, json!({"methods": [{"name": "m", "path": "/orders/{0}"}]}));
    is_exception(&scene.call(&Call::new(SERVICE, "m", "..")), "RpcException", "lead out of its place");
    is_exception(&scene.call(&Call::new(SERVICE, "m", "")), "RpcException", "is empty");
    is_exception(&scene.call(&call("m", "", b"")), "RpcException", "the call has no argument 0");
    assert!(origin.received().is_empty());
    is(&scene.call(&Call::new(SERVICE, "m", "../x?y")), b"\x94\x91");
    assert_eq!(origin.last().line, "POST /orders/..%2Fx%3Fy HTTP/1.1");
}

#[test]
fn requests_are_tried_again_as_their_method_allows() {
    let scene = Scene::new();
    let origins = || {
        let leaving = || Upstream::new(|_: &Received, _: &mut TcpStream| false);
        [leaving(), leaving()]
    };
    for (method, expected) in [("GET", 2), ("POST", 1)] {
        let [one, two] = origins();
        let nodes = json!({"nodes": {one.node(): 1, two.node(): 1}, "retries": 1});
        scene.route(
            &one.node(),
            json!({"http_method": method, "body": "none", "methods": [{"name": "m", "parameters": ["q"]}]}),
            json!({}),
            nodes,
        );
        assert_eq!(scene.call(&Call::new(SERVICE, "m", "x")).status, 35);
        assert_eq!(one.received().len() + two.received().len(), expected, "{method}");
    }
}

#[test]
fn one_way_calls_are_made_and_other_plugins_see_calls() {
    let (scene, origin) = (Scene::new(), json_of("\"hello\""));
    let plugins = json!({
        "key-auth": {},
        "response-rewrite": {"filters": [{"regex": "hello", "replace": "goodbye"}]},
        "gzip": {"types": "*", "min_length": 1},
    });
    scene.gateway.put("/consumers/ada", &json!({"username": "ada", "plugins": {"key-auth": {"key": "a-key-of-ada"}}}));
    scene.route(&origin.node(), json!({}), plugins, json!({"type": "chash", "hash_on": "vars", "key": "dubbo_arg_0"}));
    is_exception(&scene.call(&Call::new(SERVICE, "m", "x")), "RpcException", "Missing API key");
    let with_key = Call::new(SERVICE, "m", "x")
        .with("apikey", "a-key-of-ada")
        .with("accept-encoding", "gzip")
        .with("content_length", "9");
    // Upstreams that read `_` as `-` are told one length.
    assert_eq!(scene.call(&with_key).body, value("goodbye"));
    assert_eq!(
        (origin.last().header("content_length"), origin.last().header("x-consumer-username")),
        (None, Some("ada"))
    );
    let mut peer = Peer::connect(scene.addr);
    peer.send(&Frame { flags: flag::ONE_WAY, status: 0, id: 7, body: with_key.body() }.bytes());
    wait_for("the one-way call", || (origin.received().len() == 2).then_some(()));
    // Nothing but the next answer comes.
    assert_eq!(peer.call(&with_key).body, value("goodbye"));
    // An ordinary request on the same route passes as it is.
    let answer = scene.gateway.get_with("/acme.Orders/m", &[("apikey", "a-key-of-ada")]);
    assert_eq!((answer.status, &*answer.text()), (200, "\"goodbye\""));
}

#[test]
fn large_arguments_and_results_pass() {
    let (scene, origin) = (
        Scene::new(),
        Upstream::new(|got: &Received, stream: &mut TcpStream| {
            stream.write_all(answer("200 OK", "application/json", &got.body.len().to_string()).as_bytes()).is_ok()
        }),
    );
    scene.to(&origin, json!({"body": "array", "methods": [{"name": "m", "returns": "int"}]}));
    let bytes = [&b"\x58"[..], &int(100_000), &[0x91; 100_000]].concat();
    is(&scene.call(&call("m", "Ljava/util/List;", &bytes)), &[&b"\x94"[..], b"\xd7\x0d\x43"].concat());
    let big = json_of(&format!("[{}1]", "1,".repeat(300_000)));
    scene.to(&big, json!({"methods": [{"name": "m", "returns": "int[]"}]}));
    assert_eq!(scene.call(&Call::new(SERVICE, "m", "x")).body.len(), 300_001 + 26);
}
