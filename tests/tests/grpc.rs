//! gRPC through the gateway: calls of every kind, their ends, and what the gateway itself says to callers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::grpc::{GrpcClient, GrpcServer, Manners, Reply};
use gateway_tests::{Client, Gateway, wait_for};
use serde_json::{Value, json};

/// A gateway that sends every call to this server, with `more` in the route.
fn routed(server: &GrpcServer, more: Value) -> Gateway {
    let mut route = json!({ "uri": "/*", "upstream": { "scheme": "grpc", "nodes": { (server.node()): 1 } } });
    merge(&mut route, more);
    let gateway = Gateway::start();
    gateway.put("/routes/1", &route);
    gateway
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}

/// The call's status, from a head alone.
fn trailers_only(reply: &Reply) -> (u16, Option<&str>, Option<&str>) {
    assert!(reply.trailers.is_none() && reply.messages.is_empty() && reply.reset.is_none(), "{reply:?}");
    (reply.status, reply.grpc(), reply.message())
}

#[test]
fn a_unary_call_passes_with_its_metadata_and_trailers() {
    let server = GrpcServer::start();
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let metadata = [("x-own", "1"), ("x-own-bin", "AAEC"), ("grpc-encoding", "gzip"), ("grpc-timeout", "10S")];
    let reply = client.call("/test.Echo/Unary?q=1", &metadata, &[b"hello"]);
    assert_eq!((reply.status, reply.grpc()), (200, Some("0")), "{reply:?}");
    assert_eq!(reply.messages, ["hello"]);
    assert_eq!(reply.headers.get("x-head").unwrap(), "1");
    assert_eq!(reply.headers.get("content-type").unwrap(), "application/grpc");
    assert_eq!(reply.trailers.unwrap().get("x-trailer-bin").unwrap(), "AAEC");
    let got = server.called().pop().unwrap();
    assert_eq!(got.path, "/test.Echo/Unary?q=1");
    assert_eq!(got.authority, gateway.proxy.to_string());
    for (name, value) in [
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("x-own", "1"),
        ("x-own-bin", "AAEC"),
        ("grpc-encoding", "gzip"),
        ("grpc-timeout", "10S"),
        ("x-real-ip", "127.0.0.1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "http"),
    ] {
        assert_eq!(got.header(name), Some(value), "{name}: {got:?}");
    }
    assert_eq!(got.header("host"), None);
    assert_eq!(got.header("content-length"), None);
}

#[test]
fn streams_pass_in_every_direction_message_by_message() {
    let server = GrpcServer::start();
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let reply = client.call("/test.Echo/Count", &[], &[&[7]]);
    assert_eq!((reply.grpc(), reply.messages.len()), (Some("0"), 7), "{reply:?}");
    let reply = client.call("/test.Echo/Collect", &[], &[b"a", b"b", b"", b"c"]);
    assert_eq!((reply.grpc(), &reply.messages[0][..]), (Some("0"), &b"4"[..]));
    let reply = client.call("/test.Echo/Bidi", &[], &[]);
    assert_eq!((reply.grpc(), reply.messages.len()), (Some("0"), 0), "{reply:?}");
    let mut call = client.open("/test.Echo/Bidi", &[]);
    for n in 0..20u8 {
        assert!(call.send(&[n; 3]));
        assert_eq!(call.message().unwrap(), [n; 3][..], "the answer comes before the next message goes");
    }
    call.close();
    let reply = call.finish();
    assert_eq!((reply.grpc(), reply.messages.len()), (Some("0"), 0), "{reply:?}");
    assert_eq!(server.connections(), 1, "all calls shared one connection");
}

#[test]
fn large_messages_pass_whole() {
    let server = GrpcServer::start();
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let message: Vec<u8> = (0..5_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let reply = client.call("/test.Echo/Unary", &[], &[&message]);
    assert_eq!(reply.grpc(), Some("0"), "{:?}", reply.reset);
    assert!(reply.messages[0] == message, "the message came back changed");
}

#[test]
fn an_answer_of_a_head_alone_passes_as_one_and_every_status_with_its_message() {
    let server = GrpcServer::start();
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    for status in 1..=16 {
        let (status, message) = (status.to_string(), "what%20happened");
        let metadata = [("x-status", status.as_str()), ("x-message", message)];
        let reply = client.call("/test.Echo/Fail", &metadata, &[b"x"]);
        assert_eq!(trailers_only(&reply), (200, Some(status.as_str()), Some(message)));
        let reply = client.call("/test.Echo/FailLate", &metadata, &[b"x"]);
        assert_eq!((reply.grpc(), reply.message(), reply.messages.len()), (Some(status.as_str()), Some(message), 1));
    }
    let reply = client.call("/test.Echo/Early", &[], &[b"x"]);
    assert_eq!(trailers_only(&reply), (200, Some("9"), Some("before the end")));
}

#[test]
fn what_the_gateway_answers_itself_is_a_status_that_callers_understand() {
    let server = GrpcServer::start();
    let gateway = routed(&server, json!({ "uri": "/test.Echo/Unary" }));
    let upstream = json!({ "scheme": "grpc", "nodes": { (server.node()): 1 } });
    let refused = json!({ "scheme": "grpc", "nodes": { "127.0.0.1:1": 1 }, "retries": 0 });
    for (id, uri, upstream, plugins) in [
        ("key", "/key", &upstream, json!({ "key-auth": {} })),
        ("ip", "/ip", &upstream, json!({ "ip-restriction": { "whitelist": ["192.0.2.1"] } })),
        (
            "limit",
            "/limit",
            &upstream,
            json!({ "limit-count": { "count": 1, "time_window": 60, "rejected_code": 429 } }),
        ),
        ("abort", "/abort", &upstream, json!({ "fault-injection": { "abort": { "http_status": 500, "body": "no" } } })),
        ("gone", "/gone", &refused, json!({})),
        ("none", "/none", &json!({ "scheme": "grpc", "nodes": [] }), json!({})),
    ] {
        gateway.put(&format!("/routes/{id}"), &json!({ "uri": uri, "upstream": upstream, "plugins": plugins }));
    }
    let mut client = GrpcClient::connect(gateway.proxy);
    client.call("/limit", &[], &[b"x"]);
    for (path, status, message) in [
        ("/nowhere", "12", Some("404 Route Not Found")),
        ("/key", "16", Some("Missing API key in request")),
        ("/ip", "7", Some("Your IP address is not allowed")),
        ("/limit", "8", None),
        ("/abort", "14", Some("no")),
        ("/gone", "14", Some("502 Bad Gateway")),
        ("/none", "14", Some("503 Service Temporarily Unavailable")),
    ] {
        let reply = client.call(path, &[], &[b"x"]);
        let (http, got, said) = trailers_only(&reply);
        assert_eq!((http, got), (200, Some(status)), "{path}: {reply:?}");
        assert_eq!(reply.headers.get("content-type").unwrap(), "application/grpc", "{path}");
        if message.is_some() {
            assert_eq!(said, message, "{path}");
        }
    }
    assert_eq!(client.call("/test.Echo/Unary", &[], &[b"x"]).grpc(), Some("0"));
    // The same for a client that is none.
    let answer = Client::connect(gateway.proxy).request("GET", "/nowhere", &[], b"");
    assert_eq!(answer.status, 404);
}

#[test]
fn a_deadline_ends_the_call_before_and_behind_the_head() {
    let server = GrpcServer::start();
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let reply = client.call("/test.Echo/Hang", &[("grpc-timeout", "100m")], &[b"x"]);
    assert_eq!(trailers_only(&reply), (200, Some("4"), Some("504 Gateway Time-out")));
    wait_for("the server to see the end", || (server.cancelled() == 1).then_some(()));
    let mut call = client.open("/test.Echo/HangLate", &[("grpc-timeout", "300m")]);
    call.close();
    assert_eq!(call.message().unwrap(), "one");
    let reply = call.finish();
    assert_eq!((reply.grpc(), reply.message()), (Some("4"), Some("Deadline exceeded")), "{reply:?}");
    wait_for("the server to see the end", || (server.cancelled() == 2).then_some(()));
    let got = server.called().pop().unwrap();
    assert_eq!(got.header("grpc-timeout"), Some("300m"), "it is passed on");
}

#[test]
fn a_cancelled_call_is_cancelled_at_the_server_too() {
    let server = GrpcServer::start();
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let mut call = client.open("/test.Echo/Hang", &[]);
    assert!(call.send(b"x"));
    wait_for("the call to arrive", || (server.called().len() == 1).then_some(()));
    call.cancel();
    wait_for("the server to be told", || (server.cancelled() == 1).then_some(()));
    // Half closed, and in the middle of the answer.
    let mut call = client.open("/test.Echo/HangLate", &[]);
    call.close();
    assert_eq!(call.message().unwrap(), "one");
    call.cancel();
    wait_for("the server to be told", || (server.cancelled() == 2).then_some(()));
    // The connections go on.
    assert_eq!(client.call("/test.Echo/Unary", &[], &[b"x"]).grpc(), Some("0"));
    // A client that is simply gone.
    let mut call = client.open("/test.Echo/Hang", &[]);
    assert!(call.send(b"x"));
    wait_for("the call to arrive", || (server.called().len() == 4).then_some(()));
    drop(call);
    drop(client);
    wait_for("the server to be told", || (server.cancelled() == 3).then_some(()));
    assert_eq!(server.connections(), 1);
}

#[test]
fn up_07_an_answer_that_breaks_off_ends_with_a_status() {
    let server = GrpcServer::start();
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let reply = client.call("/test.Echo/Break", &[], &[b"x"]);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.grpc(), Some("14"), "{reply:?}");
}

#[test]
fn a_connection_that_says_goodbye_is_replaced_and_no_call_fails() {
    let server = GrpcServer::with(Manners { calls: 10, ..Manners::default() });
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    for _ in 0..100 {
        assert_eq!(client.call("/test.Echo/Unary", &[], &[b"x"]).grpc(), Some("0"));
    }
    let statuses = client.many("/test.Echo/Unary", 50, b"x");
    assert!(statuses.iter().all(|s| s == "0"), "{statuses:?}");
    assert!(server.connections() >= 10, "{}", server.connections());
}

#[test]
fn a_call_that_a_goodbye_left_untouched_is_sent_again() {
    let server = GrpcServer::with(Manners { leaves_first: true, ..Manners::default() });
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let reply = client.call("/test.Echo/Unary", &[], &[b"once"]);
    assert_eq!((reply.grpc(), &reply.messages[0][..]), (Some("0"), &b"once"[..]), "{reply:?}");
    assert_eq!((server.connections(), server.called().len()), (2, 1));
}

#[test]
fn a_refused_stream_is_sent_again_a_few_times() {
    let server = GrpcServer::with(Manners { refuses: 2, ..Manners::default() });
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    let reply = client.call("/test.Echo/Unary", &[], &[b"x"]);
    assert_eq!(reply.grpc(), Some("0"), "{reply:?}");
    assert_eq!(server.called().len(), 3);
    let never = GrpcServer::with(Manners { refuses: usize::MAX, ..Manners::default() });
    gateway.put(
        "/routes/never",
        &json!({ "uri": "/never/*", "upstream": { "scheme": "grpc", "nodes": { (never.node()): 1 } } }),
    );
    let reply = client.call("/never/Unary", &[], &[b"x"]);
    assert_eq!(trailers_only(&reply).1, Some("14"));
    assert_eq!(never.called().len(), 4, "one try and three renewals");
}

#[test]
fn unavailable_by_a_head_alone_is_tried_again_where_retries_allow() {
    let bad = GrpcServer::with(Manners { unavailable: usize::MAX, ..Manners::default() });
    let good = GrpcServer::start();
    let both = json!({ "upstream": { "nodes": { (bad.node()): 1, (good.node()): 1 } } });
    let gateway = routed(&good, both);
    let mut client = GrpcClient::connect(gateway.proxy);
    for _ in 0..6 {
        let reply = client.call("/test.Echo/Unary", &[], &[b"x"]);
        assert_eq!((reply.grpc(), &reply.messages[0][..]), (Some("0"), &b"x"[..]), "{reply:?}");
    }
    assert!(!bad.called().is_empty(), "the other node was asked too");
    // Without retries the answer passes as it is.
    let once = GrpcServer::with(Manners { unavailable: 1, ..Manners::default() });
    let upstream = |retries| json!({ "scheme": "grpc", "retries": retries, "nodes": { (once.node()): 1 } });
    gateway.put("/routes/once", &json!({ "uri": "/once/*", "upstream": upstream(0) }));
    let reply = client.call("/once/Unary", &[], &[b"x"]);
    assert_eq!(trailers_only(&reply), (200, Some("14"), Some("come back later")));
    assert_eq!(once.called().len(), 1);
    // With them the only node is asked again.
    let once = GrpcServer::with(Manners { unavailable: 1, ..Manners::default() });
    let upstream = json!({ "scheme": "grpc", "retries": 1, "nodes": { (once.node()): 1 } });
    gateway.put("/routes/once", &json!({ "uri": "/once/*", "upstream": upstream }));
    assert_eq!(client.call("/once/Unary", &[], &[b"x"]).grpc(), Some("0"));
}

#[test]
fn the_servers_limit_of_streams_is_kept_by_waiting_and_by_a_few_connections() {
    let server = GrpcServer::with(Manners { streams: 2, ..Manners::default() });
    let gateway = routed(&server, json!({}));
    let mut client = GrpcClient::connect(gateway.proxy);
    assert_eq!(client.call("/test.Echo/Unary", &[], &[b"x"]).grpc(), Some("0"));
    let statuses = client.many("/test.Echo/Unary", 100, b"x");
    assert!(statuses.iter().all(|s| s == "0"), "{statuses:?}");
    assert!(server.connections() <= 4, "{}", server.connections());
}

#[test]
fn requests_of_a_pool_bound_what_one_connection_serves() {
    let server = GrpcServer::start();
    let pool = json!({ "size": 4, "idle_timeout": 60, "requests": 5 });
    let gateway = routed(&server, json!({ "upstream": { "keepalive_pool": pool } }));
    let mut client = GrpcClient::connect(gateway.proxy);
    for _ in 0..20 {
        assert_eq!(client.call("/test.Echo/Unary", &[], &[b"x"]).grpc(), Some("0"));
    }
    let mut by_connection = std::collections::BTreeMap::new();
    for called in server.called() {
        *by_connection.entry(called.connection).or_insert(0) += 1;
    }
    assert!(by_connection.values().all(|n| *n <= 5), "{by_connection:?}");
}

#[test]
fn idle_connections_are_closed_after_the_pools_time() {
    let server = GrpcServer::start();
    let gateway = routed(
        &server,
        json!({ "upstream": { "keepalive_pool": { "size": 4, "idle_timeout": 0.3, "requests": 100 } } }),
    );
    let mut client = GrpcClient::connect(gateway.proxy);
    assert_eq!(client.call("/test.Echo/Unary", &[], &[b"x"]).grpc(), Some("0"));
    wait_for("the close", || (server.open_connections() == 0).then_some(()));
    assert_eq!(client.call("/test.Echo/Unary", &[], &[b"x"]).grpc(), Some("0"));
    assert_eq!(server.connections(), 2);
}

#[test]
fn routes_tell_calls_from_other_requests_and_variables_name_their_parts() {
    let server = GrpcServer::start();
    let gateway = Gateway::configured(json!({
        "plugin_attr": { "prometheus": { "metrics": { "http_status": { "extra_labels": [
            { "grpc_service": "$grpc_service" }, { "grpc_method": "$grpc_method" }, { "grpc_status": "$grpc_status" },
        ] } } } },
    }));
    let upstream = json!({ "scheme": "grpc", "nodes": { (server.node()): 1 } });
    let plugins = json!({ "prometheus": {} });
    gateway.put(
        "/routes/1",
        &json!({ "uri": "/*", "upstream": upstream, "plugins": plugins, "vars": [["grpc_method", "==", "Unary"]] }),
    );
    gateway.put("/routes/2", &json!({ "uri": "/test.Echo/Fail", "upstream": upstream, "plugins": plugins }));
    let mut client = GrpcClient::connect(gateway.proxy);
    assert_eq!(client.call("/test.Echo/Unary", &[], &[b"x"]).grpc(), Some("0"));
    assert_eq!(client.call("/test.Echo/Fail", &[("x-status", "5")], &[b"x"]).grpc(), Some("5"));
    assert_eq!(client.call("/test.Echo/Other", &[], &[b"x"]).grpc(), Some("12"));
    let text = Client::connect(gateway.metrics).request("GET", "/apisix/prometheus/metrics", &[], b"").text();
    for labels in [
        "grpc_service=\"test.Echo\",grpc_method=\"Unary\",grpc_status=\"0\"",
        "grpc_service=\"test.Echo\",grpc_method=\"Fail\",grpc_status=\"5\"",
    ] {
        assert!(text.contains(labels), "{labels} is not in\n{text}");
    }
}

#[test]
fn http_2_upstreams_serve_plain_requests_too() {
    let server = GrpcServer::start();
    let gateway = Gateway::start();
    let upstream = json!({ "scheme": "http", "http_version": "2", "nodes": { (server.node()): 1 } });
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": upstream }));
    let mut client = Client::connect(gateway.proxy);
    for _ in 0..3 {
        let answer =
            client.request("GET", "/a/Plain?b=<c>", &[("Connection", "X-Gone"), ("X-Gone", "1"), ("X-Own", "1")], b"");
        assert_eq!((answer.status, answer.text().as_str()), (200, "plain text"));
    }
    let got = server.called().pop().unwrap();
    assert_eq!(got.path, "/a/Plain?b=%3Cc%3E");
    assert_eq!(
        (got.header("x-own"), got.header("x-gone"), got.header("connection"), got.header("te")),
        (Some("1"), None, None, None)
    );
    let body = vec![b'x'; 300_000];
    let answer = client.request("POST", "/a/Plain", &[], &body);
    assert_eq!(answer.status, 200);
    assert_eq!(server.called().pop().unwrap().header("content-length"), Some("300000"));
    assert_eq!(server.connections(), 1);
}
