//! Clients that take their time, and too little of everything: connections, open files, memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use gateway_tests::{Client, Gateway, Upstream, wait_for};
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use serde_json::{Value, json};

/// How long a peer that does not read must have kept a writer waiting to be called one that does not.
const STALLED: Duration = Duration::from_secs(1);

fn routed(config: Value, upstream: &Upstream) -> Gateway {
    let gateway = Gateway::configured(config);
    gateway.put("/routes/1", &json!({ "uri": "/", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    gateway
}

/// An upstream whose answers never end; tells when it could not write any more, and why.
fn endless() -> (Upstream, mpsc::Receiver<ErrorKind>) {
    let (told, tell) = mpsc::channel();
    let told = Mutex::new(told);
    let upstream = Upstream::new(move |_, stream| {
        let _ = stream.set_write_timeout(Some(STALLED));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
        loop {
            if let Err(error) = stream.write_all(&[b'x'; 65536]) {
                let _ = told.lock().unwrap().send(error.kind());
                if error.kind() != ErrorKind::WouldBlock {
                    return false;
                }
            }
        }
    });
    (upstream, tell)
}

/// An upstream that answers each request when it is told to.
fn waiting() -> (Upstream, mpsc::Sender<()>) {
    let (go, told) = mpsc::channel::<()>();
    let told = Mutex::new(told);
    let upstream = Upstream::new(move |_, stream| {
        let _ = told.lock().unwrap().recv_timeout(Duration::from_secs(60));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").is_ok()
    });
    (upstream, go)
}

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn slow_04_an_answer_that_nobody_reads_is_reset() {
    let (upstream, stopped) = endless();
    let gateway = routed(json!({ "nginx_config": { "http": { "send_timeout": "1500ms" } } }), &upstream);
    let mut client = Client::connect(gateway.proxy);
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    // First it is not read from, then its connection is closed.
    while stopped.recv_timeout(PATIENCE).expect("the upstream is told") == ErrorKind::WouldBlock {}
    let error = client.socket().read_to_end(&mut Vec::new()).expect_err("the answer did not end well");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    wait_for("the connection to be counted as closed", || {
        (gateway.metric("apisix_nginx_http_current_connections{state=\"active\"}") == 0).then_some(())
    });
}

#[test]
fn slow_06_at_the_limit_idle_connections_make_room() {
    let (upstream, go) = waiting();
    let config = json!({
        "nginx_config": { "worker_processes": 1 },
        "gateway": { "limits": { "connections": 3 } },
    });
    let gateway = routed(config, &upstream);
    let mocked = json!({ "mocking": { "response_example": "here", "with_mock_header": false } });
    gateway.put("/routes/2", &json!({ "uri": "/here", "plugins": mocked }));
    let mut busy = Client::connect(gateway.proxy);
    busy.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for("the request at the upstream", || (upstream.received().len() == 1).then_some(()));
    let mut idle: Vec<Client> = (0..2).map(|_| Client::connect(gateway.proxy)).collect();
    for client in &mut idle {
        assert_eq!(client.request("GET", "/here", &[], b"").status, 200);
    }
    // There is no room for this one before another goes.
    let mut late = Client::connect(gateway.proxy);
    assert_eq!(late.request("GET", "/here", &[], b"").status, 200);
    assert!(idle[0].closed(), "the one that has idled longest goes first");
    // The Admin API has connections of its own: this is an answer.
    assert_eq!(gateway.call("GET", "/routes/1", None).status, 200);
    go.send(()).unwrap();
    assert_eq!(busy.answer(false).text(), "done", "a request in flight is left alone");
}

#[test]
fn slow_06_one_address_has_so_many_connections() {
    let upstream = Upstream::text("ok");
    let config = json!({
        "nginx_config": { "worker_processes": 1 },
        "gateway": { "limits": { "connections_per_ip": 2 } },
    });
    let gateway = routed(config, &upstream);
    let mut clients: Vec<Client> = (0..2).map(|_| Client::connect(gateway.proxy)).collect();
    for client in &mut clients {
        assert_eq!(client.request("GET", "/", &[], b"").status, 200);
    }
    let refused = gateway.get("/");
    assert_eq!((refused.status, refused.header("Connection")), (503, Some("close")));
    assert_eq!(gateway.metric("apisix_gateway_connections_shed_total"), 1);
    clients.pop();
    wait_for("the place of the one that went", || (gateway.get("/").status == 200).then_some(()));
}

#[test]
fn slow_06_op_14_out_of_open_files_clients_are_turned_away_and_the_rest_goes_on() {
    let gateway = Gateway::configured(json!({ "nginx_config": { "worker_processes": 1 } }));
    let mocked = json!({ "mocking": { "response_example": "here", "with_mock_header": false } });
    gateway.put("/routes/1", &json!({ "uri": "/*", "plugins": mocked }));
    let mut early = Client::connect(gateway.proxy);
    assert_eq!(early.request("GET", "/", &[], b"").status, 200);
    let files = |gateway: &Gateway| {
        std::fs::read_dir(format!("/proc/{}/fd", gateway.pid().as_raw_nonzero())).unwrap().count() as u64
    };
    let limit = |to| prlimit(Some(gateway.pid()), Resource::Nofile, to).unwrap();
    // It has inherited the hard limit of this process.
    let maximum = getrlimit(Resource::Nofile).maximum;
    let before = limit(Rlimit { current: Some(files(&gateway) + 3), maximum });
    let mut crowd: Vec<Client> = (0..12).map(|_| Client::connect(gateway.proxy)).collect();
    for client in &mut crowd {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    let served = crowd.iter_mut().map(|client| client.answer(false).status).collect::<Vec<_>>();
    assert!(served.contains(&200) && served.contains(&0), "{served:?}");
    assert!(gateway.stderr().contains("no file descriptors left"));
    assert_eq!(early.request("GET", "/", &[], b"").status, 200, "who was there is served");
    limit(before);
    wait_for("new clients to be served", || (gateway.get("/").status == 200).then_some(()));
}

/// Resident memory of a gateway.
fn memory(gateway: &Gateway) -> u64 {
    gateway.metric("apisix_gateway_memory_bytes")
}

/// The same once everything has been used that is used once: by a request, by the metrics.
fn memory_at_rest(gateway: &Gateway) -> u64 {
    for _ in 0..3 {
        gateway.get("/nowhere");
        memory(gateway);
    }
    memory(gateway)
}

#[test]
fn slow_07_connections_that_wait_hold_little() {
    const MANY: usize = 200;
    let gateway = Gateway::configured(json!({ "nginx_config": { "http": { "client_header_timeout": "60s" } } }));
    let before = memory_at_rest(&gateway);
    let mut clients: Vec<Client> = (0..2 * MANY).map(|_| Client::connect(gateway.proxy)).collect();
    for client in clients.iter_mut().step_by(2) {
        assert_eq!(client.request("GET", "/", &[], b"").status, 404);
        client.write("GET / HTTP/1.1\r\nHost: a\r\n");
    }
    wait_for("all to be there", || {
        let active = gateway.metric("apisix_nginx_http_current_connections{state=\"active\"}");
        let waiting = gateway.metric("apisix_nginx_http_current_connections{state=\"waiting\"}");
        (active == 2 * MANY as u64 && waiting == MANY as u64).then_some(())
    });
    let each = memory(&gateway).saturating_sub(before) / (2 * MANY as u64);
    assert!(each <= 20 << 10, "{each} bytes for a connection that idles or has begun a head");
}

/// A buffer is 64 KiB and what a head needs; the rest of an exchange is not much.
const EACH_WAY: u64 = 80 << 10;

#[test]
fn slow_07_an_answer_that_is_not_read_stops_its_upstream() {
    const MANY: usize = 40;
    let (upstream, stalled) = endless();
    let gateway = routed(json!({ "nginx_config": { "http": { "send_timeout": "60s" } } }), &upstream);
    let before = memory_at_rest(&gateway);
    let _clients: Vec<Client> = (0..MANY)
        .map(|_| {
            let mut client = Client::connect(gateway.proxy);
            client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            client
        })
        .collect();
    for _ in 0..MANY {
        assert_eq!(stalled.recv_timeout(PATIENCE), Ok(ErrorKind::WouldBlock));
    }
    let each = memory(&gateway).saturating_sub(before) / MANY as u64;
    assert!(each <= EACH_WAY, "{each} bytes for an answer");
}

#[test]
fn slow_07_an_upstream_that_does_not_read_stops_the_client() {
    const MANY: usize = 40;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let node = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let taken: Vec<TcpStream> = listener.incoming().map_while(Result::ok).collect();
        drop(taken);
    });
    let gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/", "upstream": { "nodes": { (node): 1 } } }));
    let before = memory_at_rest(&gateway);
    let stalled = Arc::new(AtomicUsize::new(0));
    let proxy = gateway.proxy;
    for _ in 0..MANY {
        let stalled = Arc::clone(&stalled);
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(proxy).unwrap();
            stream.set_write_timeout(Some(STALLED)).unwrap();
            stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n").unwrap();
            while stream.write_all(&[b'x'; 65536]).is_ok() {}
            stalled.fetch_add(1, Ordering::AcqRel);
            // It stays there until the gateway goes.
            let _ = stream.read(&mut [0]);
        });
    }
    wait_for("all clients to be stopped", || (stalled.load(Ordering::Acquire) == MANY).then_some(()));
    let each = memory(&gateway).saturating_sub(before) / MANY as u64;
    assert!(each <= EACH_WAY, "{each} bytes for a body");
}

/// A gateway that has so many MiB, and a route whose condition has bodies of forms collected.
fn scarce(mib: u64, soft: u8, hard: u8, upstream: &Upstream) -> Gateway {
    let config = json!({ "gateway": { "limits": {
        "memory_bytes": mib << 20, "memory_soft": soft, "memory_hard": hard
    } } });
    let gateway = routed(config, upstream);
    let collected = json!({
        "uri": "/form", "vars": [["post_arg_a", "==", "1"]], "upstream": { "nodes": { (upstream.node()): 1 } }
    });
    gateway.put("/routes/2", &collected);
    gateway
}

/// A client whose form has come except for its last byte.
fn form(gateway: &Gateway, mib: usize) -> Client {
    let mut client = Client::connect(gateway.proxy);
    let head = "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    client.write(format!("{head}Content-Length: {}\r\n\r\na=1&b=", (mib << 20) + 7));
    for _ in 0..mib {
        client.write(vec![b'x'; 1 << 20]);
    }
    client
}

#[test]
fn slow_08_op_15_near_the_limit_nobody_new_is_served_and_the_idle_go() {
    let upstream = Upstream::text("ok");
    let gateway = scarce(400, 50, 100, &upstream);
    let mut idle = Client::connect(gateway.proxy);
    assert_eq!(idle.request("GET", "/", &[], b"").status, 200);
    let forms: Vec<Client> = (0..4).map(|_| form(&gateway, 50)).collect();
    let refused = wait_for("new clients to be refused", || Some(gateway.get("/")).filter(|a| a.status != 200));
    assert_eq!((refused.status, refused.header("Connection")), (503, Some("close")));
    assert!(idle.closed());
    drop(forms);
    wait_for("room again", || (gateway.get("/").status == 200).then_some(()));
}

#[test]
fn slow_08_op_15_over_the_hard_limit_the_largest_are_cut_and_the_small_go_on() {
    let (upstream, go) = waiting();
    let gateway = scarce(400, 45, 50, &upstream);
    let mut busy = Client::connect(gateway.proxy);
    busy.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for("the request at the upstream", || (upstream.received().len() == 1).then_some(()));
    let mut small = form(&gateway, 1);
    let mut large: Vec<Client> = (0..5).map(|_| form(&gateway, 60)).collect();
    wait_for("the large ones to be cut", || {
        (gateway.metric("apisix_gateway_connections_shed_total") >= large.len() as u64).then_some(())
    });
    for client in &mut large {
        // The answer may be lost where the client was still sending.
        assert!(matches!(client.answer(false).status, 503 | 0));
    }
    go.send(()).unwrap();
    assert_eq!(busy.answer(false).text(), "done");
    small.write("x");
    go.send(()).unwrap();
    assert_eq!(small.answer(false).text(), "done");
    go.send(()).unwrap();
    wait_for("room again", || (gateway.get("/").status == 200).then_some(()));
}
