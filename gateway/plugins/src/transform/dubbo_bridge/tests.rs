use super::*;
use crate::testkit::{Kit, Outcome};
use crate::transform::dubbo::kit::{answered, exception, got};
use gateway_engine::plugin::ExitBody;
use serde_json::{Value, json};

fn sent(kit: &Kit, conf: Value, request: &str) -> Result<Box<Exchange>, (u16, String)> {
    let plugin = kit.plugin(NAME, conf);
    let mut x = kit.exchange(request);
    match kit.access(&plugin, &mut x) {
        Outcome::Next => Ok(x),
        Outcome::Exit(exit) => match &exit.body {
            ExitBody::Text(text) => Err((exit.status, String::from_utf8_lossy(text).trim().to_owned())),
            ExitBody::Page => Err((exit.status, String::new())),
        },
        Outcome::Body => Err((0, String::new())),
    }
}

fn refused(kit: &Kit, conf: Value, request: &str) -> (u16, String) {
    let (status, text) = sent(kit, conf, request).err().unwrap();
    let text: Value = serde_json::from_str(&text).unwrap();
    (status, text["error_msg"].as_str().unwrap().to_owned())
}

#[test]
fn a_path_names_interface_and_method_and_the_body_holds_the_arguments() {
    let kit = Kit::new();
    for (body, expected) in [
        ("\n\n[1, \"a\"]", "[1,\"a\"]"),
        ("\n\n{\"a\": [1]}", "[{\"a\":[1]}]"),
        ("\n\n7", "[7]"),
        ("\n\n[]", "[]"),
        ("\n\n [[1]]", "[[1]]"),
        ("", "[]"),
    ] {
        let x = sent(&kit, json!({}), &format!("POST /api/org.acme.Greeter/sayHello HTTP/1.1{body}")).unwrap();
        let got = got(&x);
        assert_eq!((&*got.interface, &*got.method, got.version), ("org.acme.Greeter", "sayHello", None));
        assert_eq!((&*got.arguments, &*got.types), (expected, "null"));
        assert_eq!(got.attachments["generic"], "raw.return");
        assert_eq!(got.attachments["remote.application"], "gateway");
    }
    for path in ["/a.B/a.C/d", "/x/a.B/y/a.C/d", "/", "/sayHello", "/a.B/$invoke", "/a.B/", "/a%2FB/c d", "/1a/b"] {
        let (status, _) = refused(&kit, json!({}), &format!("POST {path} HTTP/1.1"));
        assert_eq!(status, 404, "{path}");
    }
    let (status, text) = refused(&kit, json!({}), "POST /a.B/c HTTP/1.1\n\n[1,");
    assert!(status == 400 && text.starts_with("the body is no JSON: "), "{text}");
}

#[test]
fn the_body_is_waited_for() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({}));
    let mut x = kit.exchange("POST /a.B/c HTTP/1.1");
    x.req.framing = Framing::Stream;
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Body));
}

#[test]
fn what_is_configured_goes_before_the_path() {
    let kit = Kit::new();
    let conf =
        json!({"service": "a.B", "method": "m", "version": "1.0", "group": "g", "generic": "gson", "timeout_ms": 500});
    let x = sent(&kit, conf, "POST /x HTTP/1.1\n\n[{\"a\": 1.50}]").unwrap();
    assert!(x.req.until_ms > 0);
    let got = got(&x);
    assert_eq!((&*got.interface, &*got.method, got.version.as_deref()), ("a.B", "m", Some("1.0")));
    assert_eq!(got.arguments, r#"["{\"a\":1.50}"]"#);
    let attached = |name: &str| got.attachments.get(name).map(String::as_str);
    assert_eq!((attached("group"), attached("timeout"), attached("generic")), (Some("g"), Some("500"), Some("gson")));
    let x = sent(&kit, json!({"service": "a.B"}), "POST /any/m HTTP/1.1").unwrap();
    assert_eq!(super::super::dubbo::kit::got(&x).method, "m");
}

#[test]
fn arguments_come_from_where_they_are_configured() {
    let kit = Kit::new();
    let conf = json!({"service": "a.B", "method": "m", "parameters": [
        {"from": "query", "name": "q", "type": "int", "required": true},
        {"from": "header", "name": "X-Name"},
        {"from": "cookie", "name": "c", "type": "java.lang.String", "default": "none"},
        {"from": "body", "name": "order.items.1.sku", "type": "java.lang.String"},
        {"from": "body"},
        {"from": "body", "name": "price", "type": "java.math.BigDecimal"},
        {"from": "body", "name": "missing"},
    ]});
    let body = r#"{"order":{"items":[{"sku":"a"},{"sku":"b"}]},"price":1.10}"#;
    let request = format!("POST /x?q=7&q=8 HTTP/1.1\nX-Name: Ada\n\n{body}");
    let got = got(&sent(&kit, conf.clone(), &request).unwrap());
    assert_eq!(
        got.arguments,
        format!(
            r#"[7,"Ada","none","b",{{"order":{{"items":[{{"sku":"a"}},{{"sku":"b"}}]}},"price":1.1}},"1.10",null]"#
        )
    );
    // One has no type: the provider is told none.
    assert_eq!(got.types, "null");
    let cases = [
        ("POST /x HTTP/1.1", "query argument \"q\" is missing"),
        (
            "POST /x?q=a HTTP/1.1",
            "query argument \"q\": expected a whole number of 32 bits for int, found another text",
        ),
        ("POST /x?q=%ff HTTP/1.1", "query argument \"q\": it is no UTF-8"),
        (
            "POST /x?q=1 HTTP/1.1\n\n{\"price\":\"dear\"}",
            "body field \"price\": expected a number for java.math.BigDecimal, found another text",
        ),
        (
            "POST /x?q=1 HTTP/1.1\n\n{\"class\":\"a.B\"}",
            "the body: a member \"class\", by which a client would choose a class of the provider's, is not allowed",
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(refused(&kit, conf.clone(), request), (400, expected.to_owned()), "{request}");
    }
    let path = json!({"service": "a.B", "method": "m", "parameters": [
        {"from": "path", "name": "2", "required": true},
        {"from": "path", "name": "id"},
    ]});
    let x = sent(&kit, path.clone(), "GET /x/a%20b HTTP/1.1").unwrap();
    assert_eq!(super::super::dubbo::kit::got(&x).arguments, "[\"a b\",null]");
    assert_eq!(refused(&kit, path, "GET /x HTTP/1.1"), (400, "path segment 2 is missing".to_owned()));
    let typed = json!({"service": "a.B", "method": "m", "parameters": [{"from": "query", "name": "t", "type": "java.util.Date"}]});
    let got = super::super::dubbo::kit::got(&sent(&kit, typed, "GET /x?t=2023-11-14T22:13:20Z HTTP/1.1").unwrap());
    assert_eq!((&*got.arguments, &*got.types), ("[\"2023-11-14T22:13:20Z\"]", "[\"java.util.Date\"]"));
}

#[test]
fn fields_become_attachments_only_as_configured() {
    let kit = Kit::new();
    let conf = json!({"attachments": {
        "headers": {"X-User": "user", "X-Service-Version": "version", "X-Token": "token"},
        "prefix": "X-Dubbo-",
        "values": {"region": "eu-$arg_r"},
    }});
    let request = "POST /a.B/m?r=1 HTTP/1.1\nX-User: ada\nX-Service-Version: 2.0\nX-Dubbo-Trace: t\nX-Dubbo-User: eve\n\
                   X-Dubbo-Path: evil\nX-Dubbo-Generic: evil\nX-Dubbo-Timeout: 1\nX-Dubbo-dubbo.tag: gray\nx-dubbo-TOKEN: evil\n\
                   X-Dubbo-Remote.Application: evil\nOther: o\nX-Dubbo-: empty";
    let got = got(&sent(&kit, conf, request).unwrap());
    assert_eq!(got.version.as_deref(), Some("2.0"));
    let expected = json!({
        "path": "a.B", "interface": "a.B", "version": "2.0", "generic": "raw.return", "user": "ada", "trace": "t", "region": "eu-1",
        "remote.application": "gateway",
    });
    assert_eq!(json!(got.attachments), expected);

    let many: String = (0..65).map(|n| format!("\nX-D-{n}: v")).collect();
    let (status, _) = refused(&kit, json!({"attachments": {"prefix": "x-d-"}}), &format!("GET /a.B/m HTTP/1.1{many}"));
    assert_eq!(status, 431);
}

#[test]
fn results_are_json() {
    let kit = Kit::new();
    let call = |conf: Value| sent(&kit, conf, "POST /a.B/m HTTP/1.1").unwrap();
    let mut x = call(json!({}));
    assert_eq!(answered(&mut x, 20, 200, b"\x94\x02hiH\x05dubbo\x052.0.2Z"), (200, "\"hi\"".into()));
    assert_eq!(kit.answer_field(&mut x, "content-type").as_deref(), Some("application/json"));
    assert_eq!(answered(&mut call(json!({})), 20, 200, b"\x92"), (200, "null".into()));
    let long = b"\x91L\x7f\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(answered(&mut call(json!({})), 20, 200, long), (200, "9223372036854775807".into()));
    let conf = json!({"long_as_string": true, "dates": "epoch_ms"});
    assert_eq!(answered(&mut call(conf.clone()), 20, 200, long), (200, "\"9223372036854775807\"".into()));
    assert_eq!(answered(&mut call(conf), 20, 200, b"\x91K\0\0\0\x01"), (200, "60000".into()));
    let bean = b"\x91C\x01c\x91\x04name\x60\x03Ada";
    assert_eq!(answered(&mut call(json!({})), 20, 200, bean).1, "\"Ada\"");
    assert_eq!(answered(&mut call(json!({"beans": ["c"]})), 20, 200, bean).1, "{\"name\":\"Ada\"}");
    let map = b"\x91H\x05class\x03x.Y\x01a\x91Z";
    assert_eq!(answered(&mut call(json!({"generic": "true"})), 20, 200, map).1, "{\"a\":1}");
    assert_eq!(answered(&mut call(json!({"generic": "gson"})), 20, 200, b"\x91\x07{\"a\":1}").1, "{\"a\":1}");
    let (status, text) = answered(&mut call(json!({})), 20, 200, b"\x91H\x04selfQ\x90Z");
    assert!(status == 502 && text.contains("a value holds itself"), "{text}");
    let (status, _) = answered(&mut call(json!({"max_resp_body_size": 4})), 20, 200, b"\x91\x05hello");
    assert_eq!(status, 502);
    assert_eq!(answered(&mut call(json!({})), 20, 200, b"\x91").0, 502);
}

#[test]
fn exceptions_are_statuses() {
    let kit = Kit::new();
    let call = |conf: Value| sent(&kit, conf, "POST /a.B/m HTTP/1.1").unwrap();
    let thrown = exception("a.NoOrder", "no order 7");
    let told = r#"{"exception":"a.NoOrder","message":"no order 7"}"#;
    assert_eq!(answered(&mut call(json!({})), 20, 200, &thrown), (500, told.into()));
    let conf = json!({"exceptions": {"a.*": 404}, "include_exception_class": false});
    assert_eq!(answered(&mut call(conf), 20, 200, &thrown), (404, r#"{"message":"no order 7"}"#.into()));
}

#[test]
fn calls_that_do_not_come_to_their_method_are_statuses() {
    let kit = Kit::new();
    let call = || sent(&kit, json!({}), "POST /a.B/m HTTP/1.1").unwrap();
    let body = b"\x1dFail: at Secret.java:7\nat more";
    let (status, text) = answered(&mut call(), 70, 502, body);
    assert_eq!((status, &*text), (502, r#"{"error_msg":"502 Bad Gateway","dubbo_status":70}"#));
    let mut x = call();
    let (status, text) = answered(&mut x, 100, 503, b"\x01x");
    assert!(status == 503 && text.contains("\"dubbo_status\":100"), "{text}");
    assert_eq!(kit.answer_field(&mut x, "retry-after").as_deref(), Some("1"));
}

#[test]
fn what_is_wrong_with_a_call_is_told_in_words_that_name_only_what_the_client_has_named() {
    let kit = Kit::new();
    let said = |conf: &Value, status: u8, said: &str| {
        let mut body = Vec::new();
        gateway_dubbo_codec::hessian::write::text(&mut body, &format!("{said}\n\tat Secret.java:7"));
        let mut x = sent(&kit, conf.clone(), "POST /a.B/m HTTP/1.1\nX-V: 2.0.0").unwrap();
        let (http, text) = answered(&mut x, status, if status == 60 { 404 } else { 502 }, &body);
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["dubbo_status"], status);
        (http, told["error_msg"].as_str().unwrap().to_owned())
    };
    let unknown = "Fail to decode request due to: RpcInvocation [methodName=$invoke, parameterTypes=null]";
    let versioned = json!({"attachments": {"headers": {"X-V": "version"}}});
    let hidden = json!({"version": "1.7-internal", "group": "secret"});
    let other = json!({"service": "internal.Service", "method": "m", "version": "1.7-internal"});
    for (conf, status, text, http, expected) in [
        (&json!({}), 40, unknown, 502, "the provider has no service a.B without a version"),
        (&versioned, 40, unknown, 502, "the provider has no service a.B with version 2.0.0"),
        (&versioned, 60, "", 404, "the provider has no service a.B with version 2.0.0"),
        (&hidden, 40, unknown, 502, "the provider has no service a.B of the version and group that the route names"),
        (&other, 40, unknown, 502, "the provider has no service such as the route names"),
        (&json!({}), 40, "x", 502, "the provider could not read the call, or has no service a.B without a version"),
        (
            &json!({}),
            70,
            "org.apache.dubbo.remoting.RemotingException: Not found exported service: a.B:7 in [secret.X]",
            502,
            "the provider has no service a.B without a version",
        ),
        (
            &json!({}),
            70,
            "org.apache.dubbo.rpc.RpcException: GenericFilter#invoke args.length != types.length, please check your params",
            502,
            "the method takes another number of arguments",
        ),
        (
            &json!({}),
            70,
            "org.apache.dubbo.rpc.RpcException: java.lang.NumberFormatException: For input string: \"x\"",
            502,
            "the provider cannot make of an argument what its parameter is",
        ),
        (
            &json!({}),
            70,
            "org.apache.dubbo.rpc.RpcException: java.lang.IllegalArgumentException: No enum constant secret.State.X",
            502,
            "the provider cannot make of an argument what its parameter is",
        ),
        (&json!({}), 70, "java.lang.IllegalStateException: secret", 502, "502 Bad Gateway"),
    ] {
        assert_eq!(said(conf, status, text), (http, expected.to_owned()), "{conf} {text}");
    }
}

#[test]
fn a_call_is_left_as_it_is_and_one_that_is_too_long_is_refused() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({}));
    let mut x = kit.exchange("POST /a.B/m HTTP/1.1");
    x.req.call = Some(gateway_engine::exchange::Call::default());
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    assert!(x.req.collected.is_none());
    let long = format!("POST /a.B/m HTTP/1.1\n\n\"{}\"", "a".repeat(8 << 20));
    let (status, text) = refused(&kit, json!({}), &long);
    assert!(status == 413 && text.contains("8388608"), "{text}");
}

#[test]
fn configurations() {
    let kit = Kit::new();
    for (wrong, text) in [
        (json!({"service": "no such"}), "is no name of a Java interface"),
        (json!({"method": "$invoke"}), "method"),
        (json!({"parameters": [{"from": "query"}]}), "parameter 0 has no \"name\""),
        (json!({"parameters": [{"from": "env", "name": "x"}]}), "from"),
        (json!({"parameters": [{"from": "header", "name": "a b"}]}), "invalid field character"),
        (json!({"attachments": {"headers": {"x": "path"}}}), "is not to be set"),
        (json!({"attachments": {"headers": {"x": "generic"}}}), "is not to be set"),
        (json!({"attachments": {"values": {"interface": "x"}}}), "is not to be set"),
        (json!({"attachments": {"values": {"group": "x"}}}), "there is the property \"group\""),
        (json!({"exceptions": {"a": 99}}), "exceptions"),
        (json!({"generic": "bean"}), "generic"),
        (json!({"servce": "a.B"}), "servce"),
    ] {
        kit.refuses(NAME, wrong, text);
    }
    kit.plugin(NAME, json!({"_meta": {"disable": false}}));
}
