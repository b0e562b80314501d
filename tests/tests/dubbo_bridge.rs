//! JSON over HTTP to Dubbo services through the gateway, against a provider that shows what it got: calls, answers, and what becomes of
//! both where other plugins and failing providers take part. Real providers: tests/peers/dubbo.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_tests::acme::{self, Generic};
use gateway_tests::dubbo::{Got, Provider, answer, text, value};
use gateway_tests::{Answer, Client, Gateway, free_port};
use serde_json::{Value, json};

/// Puts a route of everything to providers, with these plugins.
fn route(gateway: &Gateway, nodes: &[&str], plugins: Value) {
    route_with(gateway, nodes, plugins, json!({}));
}

/// The same with `more` on its upstream.
fn route_with(gateway: &Gateway, nodes: &[&str], plugins: Value, more: Value) {
    let nodes: Value =
        nodes.iter().map(|node| ((*node).to_owned(), json!(1))).collect::<serde_json::Map<_, _>>().into();
    let mut upstream = json!({"type": "roundrobin", "scheme": "dubbo", "nodes": nodes});
    upstream.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    gateway.put("/routes/1", &json!({"uri": "/*", "upstream": upstream, "plugins": plugins}));
}

fn post(gateway: &Gateway, path: &str, body: &str) -> Answer {
    Client::connect(gateway.proxy).request("POST", path, &[("Content-Type", "application/json")], body.as_bytes())
}

/// A provider that answers every call with this status and body.
fn says(status: u8, body: Vec<u8>) -> Provider {
    Provider::new(move |got: &Got, out: &mut TcpStream| out.write_all(&answer(got, status, body.clone())).is_ok())
}

/// The body of a reply: an exception.
fn exception(class: &str, message: &str) -> Vec<u8> {
    let fields = [&[0x92][..], &text("detailMessage"), &text("stackTrace")].concat();
    [&[0x93, b'C'][..], &text(class), &fields, &[0x60], &text(message), b"\x79", &text("at a.B.c(B.java:7)"), b"HZ"]
        .concat()
}

#[test]
fn json_becomes_a_call_and_its_result_json() {
    let (gateway, provider) = (Gateway::start(), acme::provider());
    route(&gateway, &[&provider.node()], json!({"dubbo-bridge": {"attachments": {"headers": {"X-User": "user"}}}}));
    let mut client = Client::connect(gateway.proxy);
    let fields = [("Content-Type", "application/json"), ("X-User", "ada"), ("generic", "true"), ("path", "x.Y")];
    for _ in 0..3 {
        // On one connection of the client's, which is kept.
        let answer = client.request("POST", "/org.acme.Greeter/sayHello", &fields, b"[\"w\"]");
        assert_eq!((answer.status, &*answer.text()), (200, "\"hello w\""));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("content-length"), Some("9"));
    }
    assert_eq!(provider.connections(), 1);
    let call = Generic::read(&provider.last().frame);
    assert_eq!((&*call.method, &*call.arguments), ("sayHello", &["w".to_owned()][..]));
    assert_eq!(provider.last().strings[..2], ["org.acme.Greeter".to_owned(), "0.0.0".to_owned()]);
    let told: Vec<(&str, &str)> = call.attachments.iter().map(|(k, v)| (&**k, &**v)).collect();
    let expected = [
        ("path", "org.acme.Greeter"),
        ("interface", "org.acme.Greeter"),
        ("version", "0.0.0"),
        ("generic", "raw.return"),
        ("user", "ada"),
        ("remote.application", "gateway"),
    ];
    assert_eq!(told, expected);
    // A HEAD is a call, too; its answer has no body.
    let answer = client.request("HEAD", "/org.acme.Greeter/sayHello", &[], b"");
    assert_eq!((answer.status, answer.body.len()), (200, 0));
}

/// The set-up of `docs/dubbo.md`, as it stands there, with what is typed and what comes back.
#[test]
fn the_documented_set_up_does_what_it_says() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dubbo.md")).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("HTTP to Dubbo\n")).unwrap();
    let block = |kind: &str| section.split(kind).nth(1).unwrap().split("```").next().unwrap();
    let mut shown: Value = serde_json::from_str(block("```json\n")).unwrap();
    let class = |name: &str, fields: &[&str]| {
        let names: Vec<u8> = fields.iter().flat_map(|field| text(field)).collect();
        [&b"C"[..], &text(name), &[0x90 + u8::try_from(fields.len()).unwrap()], &names].concat()
    };
    let order = [
        &[0x91][..],
        &class("org.acme.Order", &["id", "total", "createdAt", "status"]),
        b"\x60\xe7",
        &class("java.math.BigDecimal", &["value"]),
        b"\x61",
        &text("39.99"),
        b"\x4a",
        &1_700_000_000_003_u64.to_be_bytes(),
        &class("org.acme.Status", &["name"]),
        b"\x62",
        &text("PAID"),
    ]
    .concat();
    let provider = Provider::new(move |got, out| {
        let found = Generic::read(&got.frame).arguments == ["7"];
        let body = if found { order.clone() } else { exception("org.acme.NoSuchOrder", "no such order") };
        out.write_all(&answer(got, 20, body)).is_ok()
    });
    shown["upstream"]["nodes"] = json!({ provider.node(): 1 });
    let gateway = Gateway::start();
    gateway.put("/routes/1", &shown);
    let (typed, comes) = block("```console\n").trim().split_once('\n').unwrap();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let ["$", "curl", url, "-d", body] = words[..] else { panic!("{typed}") };
    let (path, body) = (url.strip_prefix("http://gateway").unwrap(), body.trim_matches('\''));
    let found = post(&gateway, path, body);
    assert_eq!((found.status, &*found.text()), (200, comes));
    assert_eq!(provider.last().strings[0], "org.acme.Orders");
    assert_eq!(post(&gateway, path, "[8]").status, 404);
}

#[test]
fn arguments_are_mapped_checked_and_typed() {
    let (gateway, provider) = (Gateway::start(), acme::provider());
    let conf = json!({"service": "org.acme.Greeter", "method": "greet", "version": "1.0", "group": "g", "parameters": [
        {"from": "body", "name": "person.name", "type": "java.lang.String", "required": true},
        {"from": "query", "name": "times", "type": "int", "default": 2},
    ]});
    route(&gateway, &[&provider.node()], json!({"dubbo-bridge": conf}));
    let answer = post(&gateway, "/any", r#"{"person": {"name": "Ada"}}"#);
    assert_eq!((answer.status, &*answer.text()), (200, "\"greet Ada;greet Ada;\""));
    let call = Generic::read(&provider.last().frame);
    assert_eq!(call.types, ["java.lang.String", "int"]);
    assert_eq!((call.attachment("version"), call.attachment("group")), (Some("1.0"), Some("g")));
    let before = provider.got().len();
    for (path, body, expected) in [
        ("/any", "{}", "body field \"person.name\" is missing"),
        (
            "/any?times=x",
            "{\"person\": {\"name\": \"A\"}}",
            "query argument \"times\": expected a whole number of 32 bits for int, found another text",
        ),
        ("/any", "{", "the body is no JSON: "),
    ] {
        let answer = post(&gateway, path, body);
        assert_eq!(answer.status, 400);
        let said = answer.json()["error_msg"].as_str().unwrap().to_owned();
        assert!(said.starts_with(expected), "{said}");
    }
    assert_eq!(provider.got().len(), before, "what is no call is not sent");
}

#[test]
fn exceptions_and_failures_are_answers_without_traces() {
    let gateway = Gateway::start();
    let thrown = says(20, exception("acme.NoOrder", "no order 7"));
    let plugin = json!({"dubbo-bridge": {"exceptions": {"acme.*": 404}}});
    route(&gateway, &[&thrown.node()], plugin.clone());
    let answer = post(&gateway, "/acme.Orders/find", "[7]");
    assert_eq!((answer.status, &*answer.text()), (404, r#"{"exception":"acme.NoOrder","message":"no order 7"}"#));

    let trace = || text("java.lang.IllegalStateException: secret\n\tat a.B.c(B.java:7)");
    for (status, http) in [(31, 504), (40, 502), (50, 502), (60, 404), (70, 502), (80, 500), (100, 503)] {
        let failing = says(status, trace());
        route(&gateway, &[&failing.node()], plugin.clone());
        let answer = post(&gateway, "/acme.Orders/find", "[7]");
        assert_eq!(answer.status, http, "{status}: {}", answer.text());
        assert_eq!(answer.json()["dubbo_status"], status);
        assert!(!answer.text().contains("secret") && !answer.text().contains("java"), "{}", answer.text());
        assert_eq!(answer.header("retry-after").is_some(), status == 100);
    }
    for (status, said, http) in [
        (70, "org.apache.dubbo.rpc.RpcException: No such method m in class interface a.B\n\tat x", 404),
        (
            70,
            "java.lang.IllegalStateException: Not unique method for method name(m) in class(a.B), find 2 methods.\n\tat x",
            502,
        ),
    ] {
        let failing = says(status, text(said));
        route(&gateway, &[&failing.node()], plugin.clone());
        let answer = post(&gateway, "/acme.Orders/find", "[7]");
        assert_eq!(answer.status, http, "{}", answer.text());
        assert!(answer.json()["error_msg"].as_str().unwrap().contains("method"), "{}", answer.text());
    }
    // Garbage instead of an answer.
    let broken = says(20, b"\x94\x7f".to_vec());
    route(&gateway, &[&broken.node()], plugin.clone());
    assert_eq!(post(&gateway, "/acme.Orders/find", "[7]").status, 502);
    // Nobody there; silence.
    let nobody = format!("127.0.0.1:{}", free_port());
    route(&gateway, &[&nobody], plugin);
    assert_eq!(post(&gateway, "/acme.Orders/find", "[7]").status, 502);
    let silent = Provider::new(|_, _| true);
    route(&gateway, &[&silent.node()], json!({"dubbo-bridge": {"timeout_ms": 100}}));
    assert_eq!(post(&gateway, "/acme.Orders/find", "[7]").status, 504);
    assert_eq!(Generic::read(&silent.last().frame).attachment("timeout"), Some("100"));
}

#[test]
fn a_call_that_may_have_been_made_is_not_made_again() {
    let gateway = Gateway::start();
    let calls = Arc::new(AtomicUsize::new(0));
    let leaving = |calls: &Arc<AtomicUsize>| {
        let calls = Arc::clone(calls);
        Provider::new(move |_, _| {
            calls.fetch_add(1, Ordering::SeqCst);
            false
        })
    };
    let (one, two) = (leaving(&calls), leaving(&calls));
    route_with(&gateway, &[&one.node(), &two.node()], json!({"dubbo-bridge": {}}), json!({"retries": 3}));
    // A GET is no promise that the method can be called twice.
    assert_eq!(gateway.get("/acme.Orders/list").status, 502);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    // One that cannot have been made is.
    let nobody = format!("127.0.0.1:{}", free_port());
    let good = Provider::named("good");
    route_with(&gateway, &[&nobody, &good.node()], json!({"dubbo-bridge": {}}), json!({"retries": 1}));
    for _ in 0..4 {
        assert_eq!(gateway.get("/acme.Orders/list").text(), "\"good $invoke\"");
    }
}

#[test]
fn other_plugins_see_a_json_answer() {
    let (gateway, provider) = (Gateway::start(), acme::provider());
    let plugins = json!({
        "dubbo-bridge": {},
        "response-rewrite": {"headers": {"set": {"X-Dubbo": "$dubbo_interface $dubbo_method $dubbo_status"}}, "filters": [{"regex": "hello", "replace": "goodbye"}]},
        "key-auth": {},
    });
    gateway.put("/consumers/ada", &json!({"username": "ada", "plugins": {"key-auth": {"key": "a-key-of-ada"}}}));
    route(&gateway, &[&provider.node()], plugins);
    assert_eq!(post(&gateway, "/org.acme.Greeter/sayHello", "[\"w\"]").status, 401);
    let answer = Client::connect(gateway.proxy).request(
        "POST",
        "/org.acme.Greeter/sayHello",
        &[("apikey", "a-key-of-ada")],
        b"[\"w\"]",
    );
    assert_eq!((answer.status, &*answer.text()), (200, "\"goodbye w\""));
    assert_eq!(answer.header("x-dubbo"), Some("org.acme.Greeter sayHello 20"));
}

#[test]
fn routes_of_apisix_work_as_they_are() {
    let (gateway, provider) = (Gateway::start(), acme::provider());
    // Their upstreams say nothing of a scheme.
    let conf =
        json!({"service_name": "org.acme.Greeter", "method": "greet", "params_type_desc": "Ljava/lang/String;I"});
    route_with(&gateway, &[&provider.node()], json!({"http-dubbo": conf}), json!({"scheme": "http"}));
    for (body, expected) in [("[\"a\", 2]", "\"greet a;greet a;\""), ("{\"x\": \"b\", \"y\": 1}", "\"greet b;\"")] {
        let answer = post(&gateway, "/", body);
        assert_eq!((answer.status, &*answer.text()), (200, expected));
    }
    assert_eq!(Generic::read(&provider.last().frame).types, ["java.lang.String", "int"]);
    let conf = json!({"service_name": "org.acme.Pages", "service_version": "1.0.0"});
    route_with(&gateway, &[&provider.node()], json!({"dubbo-proxy": conf}), json!({"scheme": "http"}));
    let answer = gateway.get_with("/page", &[("X-Name", "Ada")]);
    assert_eq!((answer.status, &*answer.text()), (201, "a page for Ada\n"));
    assert_eq!(provider.last().strings[3], "Ljava/util/Map;");
    let nobody = format!("127.0.0.1:{}", free_port());
    let conf = json!({"service_name": "a.B", "method": "m"});
    route_with(&gateway, &[&nobody], json!({"http-dubbo": conf}), json!({"scheme": "http"}));
    assert_eq!(post(&gateway, "/", "[]").status, 502);
}

#[test]
fn a_reply_within_its_bounds_and_none_beyond() {
    let gateway = Gateway::start();
    // Lists of lists of lists, by reference: ten to the power of forty values.
    let mut bomb = b"\x91\x58\xc8\x29\x78".to_vec();
    for n in 1..=40u8 {
        bomb.extend([b'X', 0x9a]);
        bomb.extend([b'Q', 0x90 + n].repeat(10));
    }
    let bomb = says(20, bomb);
    route(&gateway, &[&bomb.node()], json!({"dubbo-bridge": {"max_resp_body_size": 1_000_000}}));
    let answer = post(&gateway, "/acme.Orders/all", "");
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("longer than the 1000000 bytes"), "{}", answer.text());
    let large = says(20, value(&"x".repeat(60_000)));
    route(&gateway, &[&large.node()], json!({"dubbo-bridge": {}}));
    assert_eq!(post(&gateway, "/acme.Orders/all", "").body.len(), 60_002);
    route(&gateway, &[&large.node()], json!({"dubbo-bridge": {"max_req_body_size": 10}}));
    assert_eq!(post(&gateway, "/acme.Orders/all", "\"0123456789\"").status, 413);
}

#[test]
fn a_client_is_told_what_is_wrong_and_no_more() {
    let gateway = Gateway::start();
    let null = "Fail to decode request due to: RpcInvocation [methodName=$invoke, parameterTypes=null]\n\tat secret.A";
    let provider = says(40, text(null));
    route(&gateway, &[&provider.node()], json!({"dubbo-bridge": {"version": "1.7-internal"}}));
    let told = post(&gateway, "/org.acme.Greeter/sayHello", "[]");
    let expected = "the provider has no service org.acme.Greeter of the version and group that the route names";
    assert_eq!((told.status, told.json()), (502, json!({"error_msg": expected, "dubbo_status": 40})));
    let line = || gateway.stderr().lines().find(|line| line.contains("a Dubbo call has failed")).map(str::to_owned);
    let line = gateway_tests::wait_for("a line of the log", line);
    assert!(line.contains("the provider has no service org.acme.Greeter with version 1.7-internal"), "{line}");
    assert!(!line.contains("secret"), "{line}");
}
