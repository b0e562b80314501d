use std::collections::BTreeMap;

use gateway_model::Kind;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value, json};

use super::*;
use crate::testkit::Kit;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn kit() -> Kit {
    let kit = Kit::new();
    kit.metadata(NAME, &json!({"collector": {"address": "127.0.0.1:1"}}));
    kit
}

/// What the upstream gets, and the span that would be sent.
fn traced(kit: &Kit, conf: Value, request: &str, answer: &str) -> (Option<String>, Option<String>, Option<Span>) {
    let plugin = kit.plugin(NAME, conf.clone());
    let mut x = kit.exchange(request);
    kit.route(&mut x);
    kit.rewrite(&plugin, &mut x);
    kit.answer(&mut x, answer);
    x.resp.started = true;
    let (parent, state) = (kit.request_field(&x, "traceparent"), kit.request_field(&x, "tracestate"));
    let conf: Conf = parse(&conf).unwrap();
    let attributes: Vec<(Box<str>, Var)> =
        conf.additional_attributes.iter().map(|n| (n.as_str().into(), Var::parse(n))).collect();
    let headers: Vec<span::Wanted> =
        conf.additional_header_prefix_attributes.iter().map(|h| span::Wanted::new(h)).collect();
    let span = x.peek_state::<Spans>().map(|spans| span::finished(&x, &spans.0[0], &attributes, &headers).0);
    (parent, state, span)
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let text = |value: &any_value::Value| match value {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(n) => n.to_string(),
        other => format!("{other:?}"),
    };
    let known = |kv: &opentelemetry_proto::tonic::common::v1::KeyValue| {
        kv.value.as_ref().and_then(|v| v.value.as_ref()).map(text).unwrap_or_default()
    };
    span.attributes.iter().map(|kv| (&*kv.key, known(kv))).collect()
}

fn on(more: Value) -> Value {
    let mut conf = json!({"sampler": {"name": "always_on"}});
    conf.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    conf
}

#[test]
fn without_metadata_nothing_happens() {
    let kit = Kit::new();
    let (parent, _, span) = traced(&kit, on(json!({})), "GET / HTTP/1.1\nHost: h", "200");
    assert_eq!((parent, span), (None, None));
}

#[test]
fn the_context_of_the_caller_is_continued() {
    let kit = kit();
    let request = format!("GET / HTTP/1.1\nHost: h\ntraceparent: {PARENT}\ntracestate: a=1,b=2");
    let (parent, state, span) = traced(&kit, on(json!({})), &request, "200");
    let (parent, span) = (parent.unwrap(), span.unwrap());
    assert!(parent.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && parent.ends_with("-01"), "{parent}");
    assert!(!parent.contains("b7ad6b7169203331"), "the upstream's parent is our span");
    assert_eq!(state.as_deref(), Some("a=1,b=2"));
    assert_eq!(span.trace_state, "a=1,b=2");
    assert_eq!(span.parent_span_id, 0xb7ad_6b71_6920_3331u64.to_be_bytes());
    assert_eq!(format!("{:02x?}", span.span_id), format!("{:02x?}", Context::read(parent.as_bytes()).unwrap().span.0));
    assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
}

#[test]
fn a_bad_context_is_replaced_and_what_is_not_sampled_is_told() {
    let kit = kit();
    for bad in ["traceparent: nonsense\n".to_owned(), format!("traceparent: {PARENT}\ntraceparent: {PARENT}\n")] {
        let request = format!("GET / HTTP/1.1\nHost: h\n{bad}tracestate: a=1");
        let (parent, state, span) = traced(&kit, on(json!({})), &request, "200");
        let parent = parent.unwrap();
        assert!(Context::read(parent.as_bytes()).is_some_and(|c| c.sampled), "{parent}");
        assert!(!parent.contains("0af7651916cd43dd8448eb211c80319c"));
        assert_eq!(state, None);
        assert!(span.unwrap().parent_span_id.is_empty());
    }
    let (parent, _, span) = traced(&kit, json!({"sampler": {"name": "always_off"}}), "GET / HTTP/1.1\nHost: h", "200");
    assert!(parent.unwrap().ends_with("-00"));
    assert_eq!(span, None);
}

#[test]
fn spans_say_what_a_request_was() {
    let kit = kit();
    kit.put(Kind::Service, "s", &json!({"name": "shop"}));
    kit.put(
        Kind::Route,
        "r",
        &json!({"uri": "/orders/*", "name": "orders", "service_id": "s", "upstream": {"nodes": {"127.0.0.1:1": 1}}}),
    );
    let request = "POST /orders/7?apikey=k&x=1 HTTP/1.1\nHost: H.example\nUser-Agent: me\nX-Seen-By: a\nX-Seen-Too: b\nAuthorization: k";
    let more = json!({
        "additional_attributes": ["arg_x", "remote_addr", "request_time", "http_nothing"],
        "additional_header_prefix_attributes": ["X-Seen-*", "a*"],
    });
    let (_, _, span) = traced(&kit, on(more), request, "503");
    let span = span.unwrap();
    assert_eq!((&*span.name, span.kind), ("POST /orders/*", 2));
    let status = span.status.as_ref().unwrap();
    assert_eq!((&*status.message, status.code), ("upstream error: 503", 2));
    let said = attributes(&span);
    for (name, value) in [
        ("net.host.name", "h.example"),
        ("http.method", "POST"),
        ("http.request.method", "POST"),
        ("http.scheme", "http"),
        ("url.scheme", "http"),
        ("http.target", "/orders/7?apikey=***&x=1"),
        ("url.path", "/orders/7"),
        ("http.user_agent", "me"),
        ("user_agent.original", "me"),
        ("apisix.route_id", "r"),
        ("apisix.route_name", "orders"),
        ("http.route", "/orders/*"),
        ("apisix.service_id", "s"),
        ("apisix.service_name", "shop"),
        ("http.status_code", "503"),
        ("http.response.status_code", "503"),
        ("apisix.response_source", "upstream"),
        ("arg_x", "1"),
        ("remote_addr", "127.0.0.1"),
        ("x-seen-by", "a"),
        ("x-seen-too", "b"),
    ] {
        assert_eq!(said.get(name).map(String::as_str), Some(value), "{name}: {said:?}");
    }
    assert!(said.contains_key("request_time"));
    assert!(!said.contains_key("http_nothing") && !said.contains_key("authorization"), "{said:?}");
    let (_, _, plain) = traced(&kit, on(json!({})), "GET /nowhere HTTP/1.1\nHost: h", "200");
    let plain = plain.unwrap();
    assert_eq!((&*plain.name, plain.status), ("GET", None));
}

#[test]
fn ids_of_requests_where_the_metadata_wants_them() {
    let kit = kit();
    let request = "GET / HTTP/1.1\nHost: h\nX-Request-Id: 550E8400E29B41D4A716446655440000";
    let id = "550e8400e29b41d4a716446655440000";
    let (parent, ..) = traced(&kit, on(json!({})), request, "200");
    assert!(!parent.unwrap().contains(id));
    kit.metadata(NAME, &json!({"trace_id_source": "x-request-id"}));
    let (parent, ..) = traced(&kit, on(json!({})), request, "200");
    assert!(parent.unwrap().contains(id));
    let uuid = "GET / HTTP/1.1\nHost: h\nX-Request-Id: 550e8400-e29b-41d4-a716-446655440000";
    let (parent, ..) = traced(&kit, on(json!({})), uuid, "200");
    assert!(Context::read(parent.unwrap().as_bytes()).is_some());
}

#[test]
fn variables_for_the_access_log() {
    let kit = kit();
    kit.metadata(NAME, &json!({"set_ngx_var": true}));
    let plugin = kit.plugin(NAME, on(json!({})));
    let mut x = kit.exchange(&format!("GET / HTTP/1.1\nHost: h\ntraceparent: {PARENT}"));
    kit.rewrite(&plugin, &mut x);
    assert_eq!(x.custom_var("opentelemetry_trace_id"), Some(&b"0af7651916cd43dd8448eb211c80319c"[..]));
    let parent = kit.request_field(&x, "traceparent").unwrap();
    assert_eq!(x.custom_var("opentelemetry_context_traceparent"), Some(parent.as_bytes()));
    assert_eq!(x.custom_var("opentelemetry_span_id").map(<[u8]>::len), Some(16));
}

#[test]
fn what_is_refused_of_the_metadata() {
    let kit = Kit::new();
    for (metadata, text) in [
        (json!({"collector": {"address": "ftp://a"}}), "expected http or https"),
        (json!({"collector": {"address": "a b"}}), "property \"collector\" validation failed"),
        (json!({"collector": {"address": "a:4318\r\n"}}), "validation failed: address: it holds a space"),
        (json!({"collector": {"request_headers": {"a b": "c"}}}), "is no name of a header"),
        (json!({"collector": {"request_headers": {"a": "b\nc"}}}), "cannot stand in a header"),
        (json!({"batch_span_processor": {"batch_timeout": -1}}), "cannot wait -1 seconds"),
        (json!({"trace_id_source": "y"}), "trace_id_source"),
    ] {
        kit.refuses_metadata(NAME, &metadata, text);
    }
}
