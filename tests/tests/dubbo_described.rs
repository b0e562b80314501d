//! Calls of Dubbo services that a registry describes, out of JSON: numbers that a parameter does not hold. The registry is a Nacos that
//! knows one service; the provider shows what it got.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::TcpStream;

use gateway_tests::dubbo::{Got, Provider, answer, value};
use gateway_tests::{Answer, Client, Gateway, Received, Upstream, wait_for};
use serde_json::{Value, json};

const SERVICE: &str = "acme.Orders";

/// A Nacos whose service has this provider.
fn nacos(provider: &Provider) -> Upstream {
    let port: u16 = provider.node().rsplit(':').next().unwrap().parse().unwrap();
    let metadata = json!({"protocol": "dubbo", "interface": SERVICE, "category": "providers", "application": "orders", "path": SERVICE});
    let hosts = json!([{"ip": "127.0.0.1", "port": port, "weight": 1.0, "healthy": true, "enabled": true, "metadata": metadata}]);
    let method = |name: &str, types: &[&str]| json!({"name": name, "parameterTypes": types, "returnType": "void"});
    let described = json!({
        "canonicalName": SERVICE,
        "methods": [
            method("one", &["int"]),
            method("money", &["java.math.BigDecimal", "java.math.BigInteger"]),
            method("order", &["acme.Order"]),
            method("several", &["java.util.List<java.lang.Short>[]"]),
            method("several", &["acme.RoadMap"]),
        ],
        "types": [
            {"type": "acme.Order", "properties": {"count": "int", "items": "java.util.List<acme.Item>"}},
            {"type": "acme.Item", "properties": {"price": "java.math.BigDecimal", "size": "byte"}},
            {"type": "acme.RoadMap", "properties": {"name": "java.lang.String", "scale": "short"}},
        ],
    });
    Upstream::new(move |got: &Received, stream: &mut TcpStream| {
        let line = &got.line;
        let found = match line {
            _ if line.contains("/ns/instance/list") && line.contains("providers") => Some(json!({"hosts": hosts})),
            _ if line.contains("/ns/instance/list") => Some(json!({"hosts": []})),
            _ if line.contains("/cs/configs") && line.contains("provider") && line.contains("orders") => {
                Some(described.clone())
            }
            _ if line.contains("/cs/configs") => None,
            _ => Some(json!({"status": "UP"})),
        };
        let (status, body) = found.map_or(("404 Not Found", String::new()), |found| ("200 OK", found.to_string()));
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).is_ok()
    })
}

struct Scene {
    gateway: Gateway,
    provider: Provider,
    _nacos: Upstream,
}

impl Scene {
    fn new(conf: Value) -> Scene {
        let provider =
            Provider::new(|got: &Got, out: &mut TcpStream| out.write_all(&answer(got, 20, value("done"))).is_ok());
        let nacos = nacos(&provider);
        let config = json!({"discovery": {"nacos": {"host": [format!("http://{}", nacos.node())], "grpc": false}}});
        let gateway = Gateway::configured(config);
        let upstream =
            json!({"scheme": "dubbo", "type": "roundrobin", "discovery_type": "nacos", "service_name": SERVICE});
        gateway.put("/routes/1", &json!({"uri": "/*", "upstream": upstream, "plugins": {"dubbo-bridge": conf}}));
        let scene = Scene { gateway, provider, _nacos: nacos };
        wait_for("the service's node", || (scene.post("none", "[]").status == 200).then_some(()));
        scene
    }

    fn post(&self, method: &str, body: &str) -> Answer {
        Client::connect(self.gateway.proxy).request("POST", &format!("/{SERVICE}/{method}"), &[], body.as_bytes())
    }

    fn invoke(&self, method: &str, args: &str) -> Answer {
        let body = format!(r#"{{"interface": "{SERVICE}", "method": "{method}", "args": {args}}}"#);
        self.gateway.call_raw("POST", "/live/dubbo/invoke", body.as_bytes())
    }
}

#[test]
fn a_number_that_a_parameter_does_not_hold_is_refused_and_not_cut() {
    let scene = Scene::new(json!({}));
    let before = scene.provider.got().len();
    for (method, args, why) in [
        ("one", "[3000000000]", "argument 1: expected a whole number of 32 bits for int, found another number"),
        ("one", "[1.5]", "argument 1: expected a whole number of 32 bits for int, found another number"),
        ("money", "[1, 0.5]", "argument 2: expected a whole number for java.math.BigInteger"),
        ("order", r#"[{"count": -2147483649}]"#, "argument 1: count: expected a whole number of 32 bits for int"),
        (
            "order",
            r#"[{"items": [{}, {"size": 128}]}]"#,
            "argument 1: items[1].size: expected a whole number of 8 bits for byte",
        ),
    ] {
        for told in [scene.post(method, args), scene.invoke(method, args)] {
            assert_eq!(told.status, 400, "{method} {args}: {}", told.text());
            assert!(told.json()["error_msg"].as_str().unwrap().contains(why), "{}", told.text());
        }
    }
    let told = scene.post("several", "[[[1, 40000]]]");
    assert_eq!(told.status, 400, "{}", told.text());
    assert!(told.text().contains("argument 1: [0][1]: expected a whole number of 16 bits"), "{}", told.text());
    assert_eq!(scene.provider.got().len(), before, "nothing of it was sent");
    // With parameters of the route's own as well, under the names that they have there.
    let named = json!({"service": SERVICE, "method": "one", "parameters": [{"from": "body", "name": "n"}]});
    let scene = Scene::new(named);
    let told = scene.post("any", r#"{"n": 3000000000}"#);
    assert_eq!(told.status, 400, "{}", told.text());
    assert!(told.text().contains(r#"body field \"n\": expected a whole number of 32 bits"#), "{}", told.text());
}

#[test]
fn arguments_that_no_provider_takes_are_refused_with_their_number() {
    let scene = Scene::new(json!({}));
    let before = scene.provider.got().len();
    for (method, args, why) in [
        ("one", "[]", "no method one takes 0 arguments; there are one of (int)"),
        ("one", "[1, 2]", "no method one takes 2 arguments; there are one of (int)"),
        ("one", r#"["seven"]"#, "argument 1: expected a whole number of 32 bits for int, found another text"),
        ("one", r#"["3000000000"]"#, "argument 1: expected a whole number of 32 bits for int, found another text"),
        ("one", "[[1]]", "argument 1: expected a whole number of 32 bits for int, found an array"),
        ("one", "[{}]", "argument 1: expected a whole number of 32 bits for int, found an object"),
        ("money", r#"[1, {"a": 1}]"#, "argument 2: expected a whole number for java.math.BigInteger, found an object"),
        ("order", "[7]", "argument 1: expected an object for acme.Order, found another number"),
        (
            "order",
            r#"[{"items": {}}]"#,
            "argument 1: items: expected an array for java.util.List<acme.Item>, found an object",
        ),
        (
            "several",
            "[1, 2]",
            "no method several takes 2 arguments; there are several of (java.util.List<java.lang.Short>[]), (acme.RoadMap)",
        ),
    ] {
        for told in [scene.post(method, args), scene.invoke(method, args)] {
            assert_eq!(told.status, 400, "{method} {args}: {}", told.text());
            assert!(told.json()["error_msg"].as_str().unwrap().contains(why), "{}", told.text());
        }
    }
    let told = scene.post("several", "[7]");
    assert_eq!(told.status, 400, "{}", told.text());
    assert!(told.text().contains("no method several takes these arguments; there are several of ("), "{}", told.text());
    assert_eq!(scene.provider.got().len(), before, "nothing of it was sent");
    // What a provider converts is its own business.
    for (method, args) in [("one", r#"["7"]"#), ("order", r#"[{"count": "7", "more": []}]"#), ("order", "[null]")] {
        assert_eq!(scene.post(method, args).status, 200, "{method} {args}");
    }
}

#[test]
fn numbers_keep_their_digits_where_the_type_holds_them() {
    let scene = Scene::new(json!({}));
    let digits = "12345678901234567890123456789";
    for (method, args, expected) in [
        ("one", "[2147483647]".to_owned(), &b"I\x7f\xff\xff\xff"[..]),
        ("one", "[1e3]".to_owned(), b"\xcb\xe8"),
        ("money", format!("[1e400, {digits}]"), b"\x061e+400"),
        ("money", format!("[0, {digits}]"), digits.as_bytes()),
        ("money", "[9007199254740993, 1]".to_owned(), b"\x109007199254740993"),
        ("order", r#"[{"items": [{"price": 9007199254740993.10}]}]"#.to_owned(), b"\x139007199254740993.10"),
    ] {
        for told in [scene.post(method, &args), scene.invoke(method, &args)] {
            assert_eq!(told.status, 200, "{method} {args}: {}", told.text());
            let body = scene.provider.last().frame.body;
            let there = body.windows(expected.len()).any(|window| window == expected);
            assert!(there, "{method} {args}: {}", body.escape_ascii());
        }
    }
    // A method among several is named by its types, without what stands in their brackets; a bean that is called so is no map.
    for (args, expected) in [("[[[1, 2]]]", "java.util.List[]"), (r#"[{"scale": 7}]"#, "acme.RoadMap")] {
        assert_eq!(scene.post("several", args).status, 200);
        assert!(scene.provider.last().frame.says(expected), "{}", scene.provider.last().frame.body.escape_ascii());
    }
}
