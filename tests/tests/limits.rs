//! Limits of requests through a whole gateway: across workers, however requests end, and without the Redis that should count.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::TcpListener;
use std::time::Duration;

use gateway_tests::frames::H2;
use gateway_tests::{Client, Gateway, Upstream, WebSocket, first, scene, wait_for, ws_echo};
use serde_json::{Value, json};
use socket2::SockRef;

fn conn(most: u32) -> Value {
    json!({"conn": most, "burst": 0, "default_conn_delay": 0.1, "key": "remote_addr", "rejected_code": 429})
}

/// How many requests of `/held` have come to the upstream.
fn held(upstream: &Upstream) -> usize {
    upstream.received().iter().filter(|got| got.line.contains("/held")).count()
}

#[test]
fn places_are_given_back_however_a_request_ends() {
    let upstream = Upstream::stalling();
    let gateway = Gateway::start();
    scene::route(&gateway, &upstream, json!({"plugins": {"limit-conn": conn(1)}}));
    gateway.put("/routes/free", &json!({"uri": "/good/free", "upstream": {"nodes": {(upstream.addr.to_string()): 1}}}));
    let full = || gateway.get("/good").status == 429;
    let free = || {
        let mut client = Client::connect(gateway.proxy);
        wait_for("the place", || (client.request("GET", "/good", &[], b"").status == 200).then_some(()));
        // A place is given back when its request has ended, which is after its answer: the next one on the connection waits for that.
        assert_eq!(client.request("GET", "/good/free", &[], b"").status, 200);
    };
    // A client leaves while its request is at the upstream.
    let mut client = Client::connect(gateway.proxy);
    client.write("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for("the request", || (held(&upstream) == 1).then_some(()));
    assert!(full());
    // Without this it would only say no more, and wait for its answer.
    SockRef::from(client.socket()).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    free();
    // A stream is reset, its connection stays.
    let mut client = H2::connect(gateway.proxy);
    let stream = client.get("/held");
    wait_for("the request", || (held(&upstream) == 2).then_some(()));
    assert!(full());
    assert!(client.reset(stream, 8));
    free();
    // The whole connection is gone.
    client.get("/held");
    wait_for("the request", || (held(&upstream) == 3).then_some(()));
    assert!(full());
    drop(client);
    free();
    // The upstream cannot be reached.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let route =
        json!({"uri": "/gone", "plugins": {"limit-conn": conn(1)}, "upstream": {"nodes": {nobody.to_string(): 1}}});
    gateway.put("/routes/2", &route);
    // On one connection: the next request waits for the end of the one before, not only for its answer.
    let mut client = Client::connect(gateway.proxy);
    for _ in 0..3 {
        assert_eq!(client.request("GET", "/gone", &[], b"").status, 502);
    }
}

#[test]
fn a_websocket_holds_its_place_until_it_is_closed() {
    let upstream = ws_echo();
    let gateway = Gateway::start();
    scene::route(&gateway, &upstream, json!({"enable_websocket": true, "plugins": {"limit-conn": conn(1)}}));
    let mut socket = WebSocket::<Client>::open(gateway.proxy, "/");
    assert!(socket.send(first::TEXT, b"hello"));
    assert_eq!(socket.next(), Some((first::TEXT, b"hello".to_vec())));
    let ask = || WebSocket::<Client>::ask(gateway.proxy, "/", &[]).1.status;
    assert_eq!(ask(), 429);
    drop(socket);
    wait_for("the place", || (ask() == 101).then_some(()));
}

/// Whether a client has an answer. Only who is refused gets one: the upstream answers nobody.
fn refused(client: &Client) -> bool {
    let socket = client.socket();
    socket.set_nonblocking(true).unwrap();
    socket.peek(&mut [0]).is_ok()
}

#[test]
fn all_workers_count_together() {
    let upstream = Upstream::stalling();
    let gateway = Gateway::configured(json!({"nginx_config": {"worker_processes": 4}}));
    scene::route(&gateway, &upstream, json!({"uri": "/held", "plugins": {"limit-conn": conn(5)}}));
    let mut clients: Vec<Client> = (0..25).map(|_| Client::connect(gateway.proxy)).collect();
    for client in &mut clients {
        client.write("GET /held HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }
    wait_for("those that pass", || (held(&upstream) == 5).then_some(()));
    wait_for("those that do not", || (clients.iter().filter(|client| refused(client)).count() == 20).then_some(()));
    let with = |plugin: &str, conf: Value| {
        let route = json!({"uri": format!("/{plugin}"), "plugins": {plugin: conf}, "upstream": {"nodes": {upstream.node(): 1}}});
        gateway.put(&format!("/routes/{plugin}"), &route);
        (0..40).filter(|_| gateway.get(&format!("/{plugin}?/good")).status == 200).count()
    };
    assert_eq!(with("limit-req", json!({"rate": 0.001, "burst": 3, "key": "remote_addr", "nodelay": true})), 4);
    assert_eq!(with("limit-count", json!({"count": 7, "time_window": 3600})), 7);
    assert_eq!(held(&upstream), 5);
}

#[test]
fn a_way_that_fails_is_answered_for_by_all_workers() {
    let upstream = Upstream::answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    let gateway = Gateway::configured(json!({"nginx_config": {"worker_processes": 4}}));
    let breaker = json!({"break_response_code": 599, "max_breaker_sec": 300, "unhealthy": {"failures": 30}});
    scene::route(&gateway, &upstream, json!({"plugins": {"api-breaker": breaker}}));
    for _ in 0..30 {
        assert_eq!(gateway.get("/a").status, 500);
    }
    // The last failure is counted behind its answer.
    let failed = wait_for("the break", || (gateway.get("/a").status == 599).then(|| upstream.received().len()));
    assert_eq!(gateway.get("/a").status, 599);
    assert_eq!(upstream.received().len(), failed);
    assert_eq!(gateway.get("/b").status, 500);
}

#[test]
fn a_workflow_chooses_among_limits() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    let limit = |count: u32| json!(["limit-count", {"count": count, "time_window": 3600, "rejected_code": 429}]);
    let workflow = json!({"rules": [
        {"case": [["arg_who", "==", "bad"]], "actions": [["return", {"code": 403}]]},
        {"case": [["arg_who", "==", "much"]], "actions": [limit(3)]},
        {"case": [["arg_who", "==", "few"]], "actions": [limit(1)]},
    ]});
    let plugins = json!({"workflow": workflow, "limit-count": {"count": 2, "time_window": 3600}});
    scene::route(&gateway, &upstream, json!({"plugins": plugins}));
    let statuses = |who: &str| [(); 4].map(|()| gateway.get(&format!("/?who={who}")).status);
    assert_eq!(statuses("bad"), [403; 4]);
    assert_eq!(statuses("much"), [200, 200, 200, 429]);
    assert_eq!(statuses("few"), [200, 429, 429, 429]);
    assert_eq!(statuses("other"), [200, 200, 503, 503]);
}

#[test]
fn without_the_redis_that_should_count_requests_fail_or_pass() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let confs = [
        ("limit-count", json!({"count": 1, "time_window": 60})),
        ("limit-req", json!({"rate": 1, "burst": 1, "key": "remote_addr"})),
        ("limit-conn", json!({"conn": 1, "burst": 0, "default_conn_delay": 0.1, "key": "remote_addr"})),
    ];
    for (name, mut conf) in confs {
        conf["policy"] = json!("redis");
        conf["redis_host"] = json!("127.0.0.1");
        conf["redis_port"] = json!(nobody.port());
        scene::route(&gateway, &upstream, json!({"plugins": {name: conf.clone()}}));
        for _ in 0..3 {
            assert_eq!(gateway.get("/").status, 500, "{name}");
        }
        conf["allow_degradation"] = json!(true);
        scene::route(&gateway, &upstream, json!({"plugins": {name: conf.clone()}}));
        for _ in 0..3 {
            assert_eq!(gateway.get("/").status, 200, "{name}");
        }
        assert_eq!(gateway.metric(&format!("apisix_gateway_redis_errors_total{{plugin=\"{name}\"}}")), 6, "{name}");
    }
}
