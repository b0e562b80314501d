//! Loggers and tracers as their servers see them, and what they cost those who only want an answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::time::Duration;

use gateway_tests::{Client, Gateway, Options, Received, Upstream, free_port, wait_for, whole_lines};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use rustix::process::Signal;
use serde_json::{Value, json};

/// A route to an upstream with these plugins.
fn route(gateway: &Gateway, id: &str, uri: &str, upstream: &Upstream, plugins: &Value) {
    let object = json!({ "uri": uri, "plugins": plugins, "upstream": { "nodes": { (upstream.node()): 1 } } });
    gateway.put(&format!("/routes/{id}"), &object);
}

/// Takes whatever is posted.
fn recorder() -> Upstream {
    Upstream::answering("HTTP/1.1 204 No Content\r\n\r\n")
}

/// What a recorder got, once it is so much.
fn posts(recorder: &Upstream, count: usize) -> Vec<Received> {
    wait_for("the posts", || Some(recorder.received()).filter(|all| all.len() >= count))
}

fn http_logger(sink: &str, more: &Value) -> Value {
    let mut conf = json!({ "uri": format!("http://{sink}/logs?of=gateway"), "inactive_timeout": 1 });
    conf.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "http-logger": conf })
}

fn entries(plugin: &str, state: &str) -> String {
    format!("apisix_gateway_log_entries_total{{plugin=\"{plugin}\",state=\"{state}\"}}")
}

#[test]
fn http_logger_posts_batches_to_a_recorder() {
    let (upstream, sink) = (Upstream::text("hello"), recorder());
    let gateway = Gateway::start();
    let more = json!({
        "batch_max_size": 2, "auth_header": "Bearer sesame", "include_req_body": true, "include_resp_body": true,
    });
    route(&gateway, "1", "/a", &upstream, &http_logger(&sink.node(), &more));
    for n in ["1", "2"] {
        let fields = [("Authorization", "Basic secret"), ("Connection", "close")];
        let answer = Client::connect(gateway.proxy).request("POST", &format!("/a?n={n}"), &fields, b"a \"body\"\xff");
        assert_eq!(answer.text(), "hello");
    }
    let post = &posts(&sink, 1)[0];
    assert_eq!(post.line, "POST /logs?of=gateway HTTP/1.1");
    assert_eq!(post.header("Content-Type"), Some("application/json"));
    assert_eq!(post.header("Authorization"), Some("Bearer sesame"));
    let batch: Vec<Value> = serde_json::from_slice(&post.body).unwrap();
    assert_eq!(batch.len(), 2);
    let mut uris: Vec<&str> = batch.iter().map(|e| e["request"]["uri"].as_str().unwrap()).collect();
    uris.sort_unstable();
    assert_eq!(uris, ["/a?n=1", "/a?n=2"]);
    let entry = &batch[0];
    assert_eq!(entry["request"]["headers"]["authorization"], "***");
    assert_eq!(entry["request"]["body"], "a \"body\"\\xff");
    assert_eq!((&entry["response"]["status"], &entry["response"]["body"]), (&json!(200), &json!("hello")));
    assert_eq!((&entry["route_id"], &entry["service_id"]), (&json!("1"), &json!("")));
    assert_eq!((&entry["upstream"], &entry["client_ip"]), (&json!(upstream.node()), &json!("127.0.0.1")));
    wait_for("the count", || (gateway.metric(&entries("http-logger", "sent")) == 2).then_some(()));
    // The length of what went to the upstream stayed what it was.
    assert_eq!(upstream.last().header("Content-Length"), Some("9"));
}

#[test]
fn op_18_a_log_server_that_is_down_or_slow_or_hostile_holds_nobody_up() {
    let upstream = Upstream::text("hello");
    let gateway = Gateway::start();
    let slow = Upstream::stalling();
    let endless = Upstream::new(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-More: and more and more and more\r\n").is_ok() {}
        false
    });
    let refusing = Upstream::answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    let nobody = format!("127.0.0.1:{}", free_port());
    gateway.put("/plugin_metadata/http-logger", &json!({ "max_pending_entries": 5 }));
    let sinks = [slow.node(), endless.node(), refusing.node(), nobody];
    for (n, sink) in sinks.iter().enumerate() {
        let plugins = http_logger(sink, &json!({ "batch_max_size": 1, "timeout": 1 }));
        route(&gateway, &n.to_string(), &format!("/{n}"), &upstream, &plugins);
    }
    for n in 0..sinks.len() {
        let mut client = Client::connect(gateway.proxy);
        for _ in 0..50 {
            assert_eq!(client.request("GET", &format!("/{n}"), &[], b"").text(), "hello");
        }
    }
    // Everything is accounted for: nothing arrived, the slow ones' oldest entries were dropped, the others' given up.
    wait_for("the counts", || {
        let of = |state: &str| gateway.metric(&entries("http-logger", state));
        (of("dropped") > 0 && of("dropped") + of("failed") == 50 * sinks.len() as u64).then_some(())
    });
    assert_eq!(gateway.metric(&entries("http-logger", "sent")), 0);
    assert!(
        gateway
            .metrics()
            .contains("apisix_batch_process_entries{name=\"http logger\",route_id=\"0\",server_addr=\"127.0.0.1\"} ")
    );
    assert_eq!(gateway.get("/0").text(), "hello");
}

#[test]
fn what_waits_is_sent_when_the_configuration_changes_and_when_the_process_ends() {
    let (upstream, sink) = (Upstream::text("hello"), recorder());
    let mut gateway = Gateway::start();
    let format = json!({ "uri": "$request_uri" });
    let logger = |idle: u32| {
        http_logger(&sink.node(), &json!({ "inactive_timeout": idle, "buffer_duration": 600, "log_format": format }))
    };
    let logged = || -> Vec<String> {
        let posts = sink.received();
        let batches = posts.iter().map(|post| serde_json::from_slice::<Vec<Value>>(&post.body).unwrap());
        batches.flatten().map(|entry| entry["uri"].as_str().unwrap().to_owned()).collect()
    };
    route(&gateway, "1", "/a", &upstream, &logger(2));
    gateway.get("/a?1");
    // Another change of the route leaves the logger alone, and its end does not end what waits.
    let node = json!({ "nodes": { (upstream.node()): 1 } });
    gateway.put("/routes/1", &json!({ "uri": "/a", "name": "other", "plugins": logger(2), "upstream": node }));
    gateway.get("/a?2");
    gateway.delete("/routes/1");
    wait_for("the entries of a route that is gone", || (logged() == ["/a?1", "/a?2"]).then_some(()));
    route(&gateway, "1", "/a", &upstream, &logger(600));
    gateway.get("/a?3");
    gateway.signal(Signal::TERM);
    assert!(gateway.wait().success());
    assert_eq!(logged(), ["/a?1", "/a?2", "/a?3"]);
}

#[test]
fn file_logger_appends_lines_and_opens_its_file_again_on_usr1() {
    let upstream = Upstream::text("hello");
    let mut gateway = Gateway::start();
    let format = json!({ "uri": "$request_uri", "status": "$status" });
    for id in ["1", "2"] {
        let plugins = json!({ "file-logger": { "path": "own/requests.log", "log_format": format } });
        route(&gateway, id, &format!("/{id}"), &upstream, &plugins);
    }
    let log = gateway.data_dir().join("logs/own/requests.log");
    gateway.get("/1");
    gateway.get("/2?a=\"");
    let lines = wait_for("two lines", || {
        let text = whole_lines(&log);
        (text.lines().count() == 2).then_some(text)
    });
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.contains(&json!({ "uri": "/1", "status": "200", "route_id": "1" })), "{lines:?}");
    let moved = log.with_extension("1");
    std::fs::rename(&log, &moved).unwrap();
    gateway.signal(Signal::USR1);
    wait_for("the line in the new file", || {
        gateway.get("/1?again");
        whole_lines(&log).contains("/1?again").then_some(())
    });
    let refused =
        json!({ "uri": "/3", "plugins": { "file-logger": { "path": gateway.data_dir().join("admin.key") } } });
    let answer = gateway.call("PUT", "/routes/3", Some(&refused));
    assert_eq!(answer.status, 400, "{}", answer.text());
    gateway.get("/1?last");
    gateway.signal(Signal::TERM);
    assert!(gateway.wait().success());
    assert!(whole_lines(&log).contains("/1?last"), "what waits is written at the end");
}

/// The spans in what a recorder got.
fn spans(recorder: &Upstream) -> Vec<Span> {
    let requests = recorder.received();
    let messages = requests.iter().map(|r| ExportTraceServiceRequest::decode(&r.body[..]).unwrap());
    messages.flat_map(|m| m.resource_spans).flat_map(|r| r.scope_spans).flat_map(|s| s.spans).collect()
}

#[test]
fn opentelemetry_spans_reach_a_recorder_and_their_context_the_upstream() {
    let (upstream, collector) = (Upstream::text("hello"), recorder());
    let env = vec![("COLLECTOR_TOKEN".to_owned(), "t".to_owned())];
    let gateway = Gateway::with(Options { env, ..Options::default() });
    let sampler = json!({ "opentelemetry": { "sampler": { "name": "always_on" } } });
    route(&gateway, "1", "/a/*", &upstream, &sampler);
    gateway.get("/a/untraced");
    assert_eq!(upstream.last().header("traceparent"), None, "there is no metadata");
    let metadata = json!({
        "collector": { "address": collector.node(), "request_headers": { "X-Token": "$env://COLLECTOR_TOKEN" } },
        "batch_span_processor": { "max_export_batch_size": 1, "inactive_timeout": 0.1 },
        "resource": { "service.name": "edge" },
    });
    gateway.put("/plugin_metadata/opentelemetry", &metadata);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    gateway.get_with("/a/b?token=secret", &[("traceparent", parent), ("tracestate", "a=1")]);
    let told = upstream.last();
    let told = (told.header("traceparent").unwrap().to_owned(), told.header("tracestate").map(str::to_owned));
    assert!(told.0.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && told.0.ends_with("-01"), "{told:?}");
    assert_eq!(told.1.as_deref(), Some("a=1"));
    let post = &posts(&collector, 1)[0];
    assert_eq!(post.line, "POST /v1/traces HTTP/1.1");
    assert_eq!(post.header("Content-Type"), Some("application/x-protobuf"));
    assert_eq!(post.header("X-Token"), Some("t"), "what the reference in the metadata leads to");
    let span = &spans(&collector)[0];
    assert_eq!(span.name, "GET /a/*");
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(told.0, format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id)));
    assert_eq!(hex(&span.parent_span_id), "b7ad6b7169203331");
    let text = |name: &str| {
        let value = span.attributes.iter().find(|kv| kv.key == name)?.value.as_ref()?.value.as_ref()?;
        match value {
            any_value::Value::StringValue(text) => Some(text.clone()),
            any_value::Value::IntValue(n) => Some(n.to_string()),
            _ => None,
        }
    };
    assert_eq!(text("http.target").as_deref(), Some("/a/b?token=***"));
    assert_eq!(text("http.response.status_code").as_deref(), Some("200"));
    assert_eq!(text("apisix.route_id").as_deref(), Some("1"));
    wait_for("the count", || (gateway.metric(&entries("opentelemetry", "sent")) == 1).then_some(()));
}

#[test]
fn an_api_of_a_plugin_is_reached_by_public_api_alone() {
    let gateway = Gateway::start();
    let uri = "/apisix/prometheus/metrics";
    assert_eq!(gateway.get(uri).status, 404);
    gateway.put("/routes/1", &json!({ "uri": uri, "plugins": { "public-api": {} } }));
    gateway.put("/routes/2", &json!({ "uri": "/mine", "plugins": { "public-api": { "uri": uri }, "key-auth": {} } }));
    let answer = gateway.get(uri);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Content-Type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(answer.text().contains("apisix_node_info{"), "{}", answer.text());
    assert_eq!(gateway.get("/mine").status, 401);
    gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "k" } } }));
    assert_eq!(gateway.get_with("/mine", &[("apikey", "k")]).status, 200);
    for method in ["POST", "PATCH"] {
        assert_eq!(Client::connect(gateway.proxy).request(method, uri, &[], b"").status, 404, "{method}");
    }
}

#[test]
fn a_batch_passes_the_gateway_as_its_client_and_reaches_nothing_but_routes() {
    let upstream = Upstream::new(|got, stream| {
        let fields: Vec<String> =
            ["X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "Host", "X-All", "Content-Type"]
                .iter()
                .map(|name| got.header(name).unwrap_or("-").to_owned())
                .collect();
        let text = format!("{} {} {}", got.line, fields.join(" "), String::from_utf8_lossy(&got.body));
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX-Twice: a\r\nX-Twice: b\r\n\r\n", text.len());
        stream.write_all((head + &text).as_bytes()).is_ok()
    });
    let gateway = Gateway::start();
    route(&gateway, "1", "/up/*", &upstream, &json!({}));
    let closed = json!({ "uri": "/closed", "plugins": { "ip-restriction": { "whitelist": ["192.0.2.1"] } } });
    gateway.put("/routes/2", &closed);
    let open = json!({ "uri": "/open", "plugins": { "ip-restriction": { "whitelist": ["127.0.0.1"] }, "mocking": { "response_example": "open" } } });
    gateway.put("/routes/3", &open);
    gateway.put("/routes/batch", &json!({ "uri": "/apisix/batch-requests", "plugins": { "public-api": {} } }));
    let spoof = json!({ "X-Real-IP": "192.0.2.1", "X-Forwarded-For": "192.0.2.1", "X_Real_IP": "192.0.2.1", "X-Forwarded-Proto": "https" });
    let admin = format!("127.0.0.1:{}", gateway.admin.port());
    let batch = json!({
        "headers": { "X-All": "all" },
        "timeout": 10_000,
        "pipeline": [
            { "path": "/up/a", "headers": spoof },
            { "path": "/up/b", "method": "POST", "body": "a body", "headers": { "Content-Type": "text/plain" }, "query": { "q": "1 2" } },
            { "path": "/closed", "headers": spoof },
            { "path": "/open" },
            { "path": "/apisix/admin/routes", "headers": { "Host": admin, "X-API-KEY": gateway.key() } },
            { "path": "/v1/routes" },
        ],
    });
    let fields = [("Content-Type", "application/json"), ("Host", "shop.test")];
    let answer =
        Client::connect(gateway.proxy).request("POST", "/apisix/batch-requests", &fields, batch.to_string().as_bytes());
    assert_eq!((answer.status, answer.header("Content-Type")), (200, Some("application/json")), "{}", answer.text());
    let answers = answer.json();
    let statuses: Vec<u64> = answers.as_array().unwrap().iter().map(|a| a["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses[..2], [200, 200], "{answers}");
    assert_eq!(answers[0]["body"], "GET /up/a HTTP/1.1 127.0.0.1 127.0.0.1 http shop.test all - ");
    assert_eq!(answers[0]["headers"]["X-Twice"], json!(["a", "b"]));
    assert_eq!(
        answers[1]["body"],
        "POST /up/b?q=1%202 HTTP/1.1 127.0.0.1 127.0.0.1 http shop.test all text/plain a body"
    );
    assert_eq!(statuses[2..], [403, 200, 404, 404], "{answers}");
    // Each is a request of its own in the log.
    let log = wait_for("the log", || Some(gateway.access_log()).filter(|log| log.contains("batch-requests")));
    assert!(log.contains("POST /up/b?q=1%202 HTTP/1.1"), "{log}");
}

#[test]
fn a_batch_does_not_wait_for_ever() {
    let stalling = Upstream::stalling();
    let gateway = Gateway::start();
    route(&gateway, "1", "/*", &stalling, &json!({}));
    gateway.put("/routes/batch", &json!({ "uri": "/apisix/batch-requests", "plugins": { "public-api": {} } }));
    let batch = json!({ "timeout": 200, "pipeline": [{ "path": "/good" }, { "path": "/bad" }, { "path": "/good" }] });
    let mut client = Client::connect(gateway.proxy);
    client.socket().set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let answers = client.request("POST", "/apisix/batch-requests", &[], batch.to_string().as_bytes()).json();
    assert_eq!(answers[0]["status"], 200, "{answers}");
    for late in [1, 2] {
        assert_eq!(answers[late], json!({ "status": 504, "reason": "upstream timeout" }));
    }
    assert_eq!(gateway.get("/good").status, 200);
}

#[test]
fn echo_puts_texts_around_an_answer() {
    let upstream = Upstream::text("hello");
    let gateway = Gateway::start();
    let plugins = json!({ "echo": { "before_body": "<", "after_body": ">", "headers": { "X-Echo": "yes" } } });
    route(&gateway, "1", "/", &upstream, &plugins);
    let answer = gateway.get("/");
    assert_eq!((answer.text().as_str(), answer.header("X-Echo")), ("<hello>", Some("yes")));
}
