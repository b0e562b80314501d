//! Which node is picked, when a request is tried again, and how much an upstream may have at one time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_tests::grpc::{GrpcClient, GrpcServer};
use gateway_tests::{Client, Gateway, Upstream, WebSocket, first, wait_for, ws_upstream};
use serde_json::{Value, json};

/// The upstream `u` and a route to it for everything, WebSockets among it.
fn put(gateway: &Gateway, upstream: Value) {
    gateway.put("/upstreams/u", &upstream);
    gateway.put("/routes/r", &json!({ "uri": "/*", "enable_websocket": true, "upstream_id": "u" }));
}

/// Nodes of which each is used only when all before it have failed.
fn in_turn(nodes: &[&Upstream]) -> Value {
    let node = |(at, up): (usize, &&Upstream)| json!({ "host": up.addr.ip(), "port": up.addr.port(), "weight": 1, "priority": -(at as i64) });
    nodes.iter().enumerate().map(node).collect()
}

fn weighted(nodes: &[&Upstream]) -> Value {
    Value::Object(nodes.iter().map(|up| (up.node(), json!(1))).collect())
}

/// One that answers `status` and this text.
fn status(status: u16, text: &str) -> Upstream {
    Upstream::answering(format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{text}", text.len()))
}

/// One that answers each request when it is told to.
fn held() -> (Upstream, Sender<()>) {
    let (go, told) = channel::<()>();
    let told = Mutex::new(told);
    let upstream = Upstream::new(move |_, stream| {
        let _ = told.lock().unwrap().recv_timeout(Duration::from_secs(30));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").is_ok()
    });
    (upstream, go)
}

/// A request that is sent and not waited for.
fn begin(gateway: &Gateway, target: &str) -> Client {
    let mut client = Client::connect(gateway.proxy);
    client.write(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
    client
}

fn came(upstream: &Upstream, count: usize) {
    wait_for("a request at the upstream", || (upstream.received().len() >= count).then_some(()));
}

#[test]
fn least_conn_counts_what_all_workers_have_in_flight() {
    let (slow, go) = held();
    let quick = Upstream::text("quick");
    let gateway = Gateway::start();
    put(&gateway, json!({ "type": "least_conn", "nodes": weighted(&[&slow]) }));
    // More than the other one may still have when its client has its answer.
    let mut waiting: Vec<Client> = (0..4).map(|_| begin(&gateway, "/")).collect();
    came(&slow, 4);
    put(&gateway, json!({ "type": "least_conn", "nodes": weighted(&[&slow, &quick]) }));
    for _ in 0..20 {
        assert_eq!(gateway.get("/").text(), "quick", "the other one has requests already");
    }
    assert_eq!(slow.received().len(), 4);
    waiting.iter().for_each(|_| go.send(()).unwrap());
    for client in &mut waiting {
        assert_eq!(client.answer(false).text(), "done");
    }
}

#[test]
fn least_conn_gives_new_nodes_the_websockets_that_old_ones_are_ahead() {
    let sockets = || {
        ws_upstream(|_, mut peer| {
            while let Some((first, payload)) = peer.next() {
                peer.send(first, &payload);
                if first == first::CLOSE {
                    return;
                }
            }
        })
    };
    let (old, new) = (sockets(), sockets());
    let gateway = Gateway::start();
    let open = |count: usize| -> Vec<_> { (0..count).map(|_| WebSocket::open(gateway.proxy, "/")).collect() };
    put(&gateway, json!({ "type": "least_conn", "nodes": weighted(&[&old]) }));
    let mut first_ones = open(6);
    put(&gateway, json!({ "type": "least_conn", "nodes": weighted(&[&old, &new]) }));
    let _more = open(6);
    assert_eq!((old.received().len(), new.received().len()), (6, 6));
    // Those that have ended do not count any more.
    for socket in &mut first_ones {
        socket.send(first::CLOSE, &1000u16.to_be_bytes());
        while socket.next().is_some() {}
    }
    drop(first_ones);
    wait_for("the gateway's side of it", || (gateway.metric("apisix_gateway_websockets_open") == 6).then_some(()));
    let _last = open(6);
    assert_eq!((old.received().len(), new.received().len()), (12, 6));
}

#[test]
fn ewma_leaves_a_slow_node_alone() {
    let slow = Upstream::new(|_, stream| {
        std::thread::sleep(Duration::from_millis(400));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow").is_ok()
    });
    let quick = Upstream::text("quick");
    let gateway = Gateway::start();
    put(&gateway, json!({ "type": "ewma", "nodes": weighted(&[&slow, &quick]) }));
    let texts: Vec<String> = (0..20).map(|_| gateway.get("/").text()).collect();
    assert_eq!(texts.iter().filter(|text| *text == "slow").count(), 1, "{texts:?}");
}

#[test]
fn weight_0_is_for_no_balancer_unless_all_have_it() {
    let (one, other) = (Upstream::text("one"), Upstream::text("other"));
    let gateway = Gateway::start();
    for balancer in ["roundrobin", "least_conn", "ewma", "chash"] {
        let upstream = |weight: u32| json!({ "type": balancer, "key": "arg_k", "nodes": { (one.node()): 0, (other.node()): weight } });
        let seen =
            |gateway: &Gateway| (0..40).map(|n| gateway.get(&format!("/?k={n}")).text()).collect::<BTreeSet<_>>();
        put(&gateway, upstream(1));
        assert_eq!(seen(&gateway), ["other".to_owned()].into(), "{balancer}");
        put(&gateway, upstream(0));
        // For ewma the one that nothing is known of is the fastest at first.
        assert!(seen(&gateway).contains("one"), "{balancer}");
    }
}

#[test]
fn a_policy_tries_again_on_statuses_where_the_method_may_be_repeated() {
    let (ill, well) = (status(503, "ill"), Upstream::text("well"));
    let gateway = Gateway::start();
    let upstream = |policy: Value| json!({ "nodes": in_turn(&[&ill, &well]), "retry_policy": policy });
    let ask = |method: &str| {
        let answer = Client::connect(gateway.proxy).request(method, "/", &[], b"the body");
        (answer.status, answer.text(), answer.header("X-APISIX-Upstream-Status").map(str::to_owned))
    };
    let passed = (503, "ill".to_owned(), Some("503".to_owned()));
    put(&gateway, json!({ "nodes": in_turn(&[&ill, &well]) }));
    assert_eq!(ask("PUT"), passed, "as in APISIX");
    put(&gateway, upstream(json!({ "statuses": [502] })));
    assert_eq!(ask("PUT"), passed, "another status");
    put(&gateway, upstream(json!({ "statuses": [503] })));
    assert_eq!(ask("POST"), passed, "a method that is not idempotent");
    let retried = (200, "well".to_owned(), None);
    assert_eq!(ask("PUT"), retried);
    assert_eq!(well.last().body, b"the body");
    put(&gateway, upstream(json!({ "statuses": [503], "methods": ["POST"] })));
    assert_eq!(ask("POST"), retried);
    assert_eq!(well.last().body, b"the body");
    assert_eq!(ask("PUT"), passed, "only what is listed");
    put(&gateway, json!({ "nodes": in_turn(&[&ill, &well]), "retries": 0, "retry_policy": { "statuses": [503] } }));
    assert_eq!(ask("PUT"), passed, "how often, says retries");
    assert_eq!(gateway.metric("apisix_gateway_upstream_requests_retried_total{upstream=\"upstreams/u\"}"), 2);
}

#[test]
fn the_last_answer_passes_when_no_node_is_left() {
    let (one, two) = (status(503, "one"), status(500, "two"));
    let gateway = Gateway::start();
    let policy = json!({ "statuses": [500, 503], "backoff_ms": 1 });
    put(&gateway, json!({ "nodes": in_turn(&[&one, &two]), "retries": 5, "retry_policy": policy }));
    let answer = gateway.get("/");
    assert_eq!((answer.status, answer.text().as_str()), (500, "two"));
    assert_eq!(answer.header("X-APISIX-Upstream-Status"), Some("503, 500"));
}

#[test]
fn a_post_is_not_sent_twice_unless_its_method_is_listed() {
    // It reads the request and hangs up.
    let rude = Upstream::closing("");
    let well = Upstream::text("well");
    let gateway = Gateway::start();
    let post = || Client::connect(gateway.proxy).request("POST", "/", &[], b"x").status;
    for (policy, expected) in
        [(json!({}), 502), (json!({ "methods": ["GET"] }), 502), (json!({ "methods": ["POST"] }), 200)]
    {
        put(&gateway, json!({ "nodes": in_turn(&[&rude, &well]), "retry_policy": policy }));
        assert_eq!(post(), expected, "{policy}");
    }
    assert_eq!(well.received().len(), 1);
    assert_eq!(gateway.metric("apisix_gateway_upstream_failures_total{upstream=\"upstreams/u\",reason=\"reset\"}"), 3);
}

#[test]
fn a_budget_bounds_how_many_requests_are_tried_again() {
    let (ill, well) = (status(503, "ill"), Upstream::text("well"));
    let gateway = Gateway::start();
    let policy = |percent: u32, least: u32| {
        json!({ "nodes": in_turn(&[&ill, &well]), "retry_policy":
            { "statuses": [503], "budget_percent": percent, "budget_min_per_second": least } })
    };
    put(&gateway, policy(0, 0));
    assert_eq!(gateway.get("/").status, 503);
    let dead = json!({ "nodes": { "127.0.0.1:1": 1 }, "retries": 3, "retry_policy":
        { "budget_percent": 0, "budget_min_per_second": 0 } });
    put(&gateway, dead);
    assert_eq!(gateway.get("/").status, 502);
    let refused = "apisix_gateway_upstream_retries_refused_total{upstream=\"upstreams/u\"}";
    assert_eq!(gateway.metric(refused), 2);
    // One in two: what the first ones save, later ones spend.
    put(&gateway, policy(50, 0));
    let well_ones = (0..40).filter(|_| gateway.get("/").status == 200).count();
    assert!((10..=20).contains(&well_ones), "{well_ones}");
    assert!(ill.connections() <= 2, "one a worker: answers that are not passed on leave their connection as it was");
    put(&gateway, policy(0, 1_000));
    assert_eq!(gateway.get("/").status, 200);
}

#[test]
fn one_try_may_have_a_time_of_its_own() {
    let (stuck, well) = (Upstream::stalling(), Upstream::text("well"));
    let gateway = Gateway::start();
    put(&gateway, json!({ "nodes": in_turn(&[&stuck, &well]), "retry_policy": { "try_timeout_ms": 50 } }));
    assert_eq!(gateway.get("/").text(), "well");
    let timeouts = "apisix_gateway_upstream_failures_total{upstream=\"upstreams/u\",reason=\"timeout\"}";
    assert_eq!(gateway.metric(timeouts), 1);
}

#[test]
fn a_request_may_be_sent_to_a_second_node_when_the_first_says_nothing() {
    let (stuck, well) = (Upstream::stalling(), Upstream::text("well"));
    let gateway = Gateway::start();
    let upstream = |policy: Value| json!({ "nodes": in_turn(&[&stuck, &well]), "retry_policy": policy });
    put(&gateway, upstream(json!({ "hedge_after_ms": 20 })));
    let put_ = |path: &str| Client::connect(gateway.proxy).request("PUT", path, &[], b"the body");
    assert_eq!(put_("/").text(), "well");
    assert_eq!((stuck.received().len(), well.received().len()), (1, 1));
    assert_eq!((stuck.last().body, well.last().body), (b"the body".to_vec(), b"the body".to_vec()));
    let hedges = "apisix_gateway_upstream_hedges_total{upstream=\"upstreams/u\"}";
    assert_eq!(gateway.metric(hedges), 1);
    // Both fail: the one that is left is waited for, and what it does counts.
    let rude = Upstream::closing("");
    put(
        &gateway,
        json!({ "nodes": in_turn(&[&stuck, &rude]), "retry_policy": { "hedge_after_ms": 20, "try_timeout_ms": 200 } }),
    );
    assert_eq!(gateway.get("/").status, 504);
    assert_eq!(gateway.metric(hedges), 2);
    put(&gateway, upstream(json!({ "hedge_after_ms": 3_600_000, "try_timeout_ms": 50 })));
    assert_eq!(gateway.get("/good").status, 200);
    assert_eq!(gateway.metric(hedges), 2, "the first one was fast enough");
    put(
        &gateway,
        upstream(
            json!({ "hedge_after_ms": 20, "budget_percent": 0, "budget_min_per_second": 0, "try_timeout_ms": 200 }),
        ),
    );
    assert_eq!(gateway.get("/").status, 504);
    assert_eq!(gateway.metric(hedges), 2, "the budget is spent");
}

#[test]
fn a_node_that_fails_too_often_is_ejected_and_comes_back() {
    let ill = Arc::new(AtomicUsize::new(3));
    let left = Arc::clone(&ill);
    let sick = Upstream::new(move |_, stream| {
        let fails = left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1)).is_ok();
        let answer = if fails { "500 Internal Server Error" } else { "200 OK" };
        write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n").is_ok()
    });
    let well = Upstream::text("");
    let gateway = Gateway::start();
    let upstream = |ejection_ms: u32| {
        json!({ "nodes": weighted(&[&sick, &well]), "outlier_detection":
            { "consecutive_failures": 3, "ejection_ms": ejection_ms, "max_ejection_ms": 3_600_000 } })
    };
    put(&gateway, upstream(3_600_000));
    let failed = (0..40).filter(|_| gateway.get("/").status == 500).count();
    assert_eq!((failed, sick.received().len()), (3, 3), "all further ones went to the other node");
    let [ejections, ejected] = ["ejections_total", "ejected_nodes"]
        .map(|name| format!("apisix_gateway_upstream_{name}{{upstream=\"upstreams/u\"}}"));
    assert_eq!((gateway.metric(&ejections), gateway.metric(&ejected)), (1, 1));
    // Without the rule nobody stays ejected; nor for longer than it says.
    put(&gateway, json!({ "nodes": weighted(&[&sick, &well]) }));
    for _ in 0..8 {
        assert_eq!(gateway.get("/").status, 200);
    }
    assert!(sick.received().len() > 3);
    assert_eq!(gateway.metric(&ejected), 0);
    ill.store(3, Ordering::Release);
    put(&gateway, upstream(1));
    wait_for("an ejection", || {
        gateway.get("/");
        (gateway.metric(&ejections) == 2).then_some(())
    });
    let so_far = sick.received().len();
    wait_for("the node to be asked again", || {
        gateway.get("/");
        (sick.received().len() > so_far).then_some(())
    });
}

#[test]
fn the_only_node_is_never_ejected() {
    let ill = status(500, "ill");
    let gateway = Gateway::start();
    put(&gateway, json!({ "nodes": weighted(&[&ill]), "outlier_detection": { "consecutive_failures": 1 } }));
    for _ in 0..5 {
        assert_eq!(gateway.get("/").text(), "ill");
    }
}

#[test]
fn a_new_node_begins_with_a_small_share() {
    let (old, new) = (Upstream::text("old"), Upstream::text("new"));
    let gateway = Gateway::start();
    for balancer in ["roundrobin", "least_conn", "ewma"] {
        let upstream =
            |nodes: &[&Upstream]| json!({ "type": balancer, "nodes": weighted(nodes), "slow_start_ms": 3_600_000 });
        put(&gateway, upstream(&[&old]));
        assert_eq!(gateway.get("/").text(), "old");
        put(&gateway, upstream(&[&old, &new]));
        let new_ones = (0..200).filter(|_| gateway.get("/").text() == "new").count();
        assert!((1..80).contains(&new_ones), "{balancer}: {new_ones} of 200");
        gateway.delete("/routes/r");
        gateway.delete("/upstreams/u");
    }
}

#[test]
fn requests_beyond_the_limit_are_refused() {
    let (slow, go) = held();
    let gateway = Gateway::start();
    put(&gateway, json!({ "nodes": weighted(&[&slow]), "limits": { "max_requests": 2 } }));
    let mut first = begin(&gateway, "/");
    let mut second = begin(&gateway, "/");
    came(&slow, 2);
    for _ in 0..4 {
        let refused = gateway.get("/");
        assert_eq!(refused.status, 503);
        assert_eq!(refused.text(), "{\"error_msg\":\"the upstream is at its limit (max_requests)\"}\n");
    }
    let series = |name: &str| {
        gateway.metric(&format!("apisix_gateway_upstream_{name}{{upstream=\"upstreams/u\",limit=\"max_requests\"}}"))
    };
    assert_eq!((series("overflows_total"), series("in_use")), (4, 2));
    go.send(()).unwrap();
    go.send(()).unwrap();
    assert_eq!((first.answer(false).status, second.answer(false).status), (200, 200));
    go.send(()).unwrap();
    wait_for("room", || (gateway.get("/").status == 200).then_some(()));
}

#[test]
fn a_websocket_is_one_of_the_requests_until_it_ends() {
    let sockets = ws_upstream(|_, mut peer| while peer.next().is_some() {});
    let gateway = Gateway::start();
    put(&gateway, json!({ "nodes": weighted(&[&sockets]), "limits": { "max_requests": 1 } }));
    let socket = WebSocket::open(gateway.proxy, "/");
    assert_eq!(gateway.get("/").status, 503);
    drop(socket);
    wait_for("the place of the socket", || (gateway.get("/").status != 503).then_some(()));
}

#[test]
fn a_grpc_caller_is_told_of_a_limit_in_its_own_form() {
    let (slow, go) = held();
    let server = GrpcServer::start();
    let gateway = Gateway::start();
    // The place is taken by a request to another node of the same upstream.
    put(&gateway, json!({ "nodes": weighted(&[&slow]), "limits": { "max_requests": 1 } }));
    let mut first = begin(&gateway, "/");
    came(&slow, 1);
    put(&gateway, json!({ "scheme": "grpc", "nodes": { (server.node()): 1 }, "limits": { "max_requests": 1 } }));
    let reply = GrpcClient::connect(gateway.proxy).call("/test.Echo/Unary", &[], &[b"x"]);
    assert_eq!((reply.grpc(), reply.message()), (Some("14"), Some("the upstream is at its limit (max_requests)")));
    go.send(()).unwrap();
    assert_eq!(first.answer(false).status, 200, "a change of the upstream ends nothing");
}

#[test]
fn connections_beyond_the_limit_are_waited_for() {
    let (slow, go) = held();
    let gateway = Gateway::start();
    let limits = json!({ "max_connections": 1, "max_pending": 3 });
    put(&gateway, json!({ "nodes": weighted(&[&slow]), "limits": limits }));
    let mut clients = vec![begin(&gateway, "/0")];
    came(&slow, 1);
    // On both workers, for all that is known.
    clients.extend((1..4).map(|n| begin(&gateway, &format!("/{n}"))));
    let series = |name: &str, limit: &str| {
        gateway.metric(&format!("apisix_gateway_upstream_{name}{{upstream=\"upstreams/u\",limit=\"{limit}\"}}"))
    };
    wait_for("three that wait", || (series("in_use", "max_pending") == 3).then_some(()));
    assert_eq!(series("in_use", "max_connections"), 1);
    let refused = gateway.get("/");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.text(), "{\"error_msg\":\"the upstream is at its limit (max_pending)\"}\n");
    for _ in 0..4 {
        go.send(()).unwrap();
    }
    for client in &mut clients {
        assert_eq!(client.answer(false).text(), "done");
    }
    assert_eq!((series("overflows_total", "max_pending"), series("overflows_total", "max_connections")), (1, 0));
}

#[test]
fn who_waits_for_a_connection_waits_no_longer_than_for_connecting() {
    let (slow, go) = held();
    let gateway = Gateway::start();
    let timeout = json!({ "connect": 0.1, "send": 30, "read": 30 });
    put(&gateway, json!({ "nodes": weighted(&[&slow]), "limits": { "max_connections": 1 }, "timeout": timeout }));
    let mut first = begin(&gateway, "/");
    came(&slow, 1);
    let refused = gateway.get("/");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.text(), "{\"error_msg\":\"the upstream is at its limit (max_connections)\"}\n");
    go.send(()).unwrap();
    assert_eq!(first.answer(false).status, 200);
}
