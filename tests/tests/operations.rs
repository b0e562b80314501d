//! Signals, drains, reloads, logs and metrics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use gateway_tests::{Client, Gateway, Upstream, wait_for};
use rustix::process::Signal;
use serde_json::json;

/// An upstream that answers when it is told to.
fn waiting() -> (Upstream, mpsc::Sender<()>) {
    let (go, told) = mpsc::channel::<()>();
    let told = std::sync::Mutex::new(told);
    let upstream = Upstream::new(move |_, stream| {
        let _ = told.lock().unwrap().recv_timeout(Duration::from_secs(30));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").is_ok()
    });
    (upstream, go)
}

#[test]
fn op_11_term_lets_requests_in_flight_end_and_exits_0() {
    let (upstream, go) = waiting();
    let mut gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let mut idle = Client::connect(gateway.proxy);
    go.send(()).unwrap();
    assert_eq!(idle.request("GET", "/", &[], b"").status, 200);
    let mut busy = Client::connect(gateway.proxy);
    busy.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for("the request at the upstream", || (upstream.received().len() == 2).then_some(()));
    gateway.signal(Signal::TERM);
    wait_for("the listener to close", || std::net::TcpStream::connect(gateway.proxy).is_err().then_some(()));
    assert!(gateway.running(), "a request is in flight");
    go.send(()).unwrap();
    let answer = busy.answer(false);
    assert_eq!((answer.status, answer.text().as_str()), (200, "done"));
    assert_eq!(answer.header("Connection"), Some("close"));
    assert!(gateway.wait().success());
}

#[test]
fn op_11_a_second_term_ends_at_once() {
    let (upstream, _go) = waiting();
    let mut gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let mut busy = Client::connect(gateway.proxy);
    busy.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for("the request at the upstream", || (upstream.received().len() == 1).then_some(()));
    gateway.signal(Signal::TERM);
    wait_for("the listener to close", || std::net::TcpStream::connect(gateway.proxy).is_err().then_some(()));
    gateway.signal(Signal::TERM);
    gateway.wait();
    assert_eq!(busy.answer(false).status, 0, "the connection ends without an answer");
}

#[test]
fn op_12_hup_takes_a_good_configuration_and_keeps_the_old_one_over_a_bad() {
    let upstream = Upstream::text("ok");
    let mut gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let post = |gateway: &Gateway| {
        Client::connect(gateway.proxy).request("POST", "/", &[("Connection", "close")], &[b'x'; 100]).status
    };
    assert_eq!(post(&gateway), 200);
    gateway.reconfigure(json!({ "nginx_config": { "http": { "client_max_body_size": 10 } } }));
    gateway.signal(Signal::HUP);
    wait_for("the new limit", || (post(&gateway) == 413).then_some(()));
    gateway.reconfigure(json!({ "nginx_config": { "http": { "client_max_body_size": "many" } } }));
    gateway.signal(Signal::HUP);
    wait_for("the refusal in the log", || gateway.stderr().contains("client_max_body_size").then_some(()));
    assert_eq!(post(&gateway), 413, "the old configuration stays");
    assert!(gateway.running());
}

#[test]
fn the_access_log_is_written_in_the_default_form_and_opened_again_on_usr1() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let log = gateway.data_dir().join("logs/access.log");
    let lines = gateway_tests::whole_lines;
    gateway.get_with("/one?x=\"", &[("User-Agent", "test\x22\x09agent")]);
    let line = wait_for("the record", || lines(&log).lines().next().map(str::to_owned));
    assert!(line.contains("\"GET /one?x=\\x22 HTTP/1.1\" 200 2 "), "{line}");
    assert!(line.contains(&upstream.node()), "{line}");
    let moved = log.with_extension("1");
    std::fs::rename(&log, &moved).unwrap();
    gateway.signal(Signal::USR1);
    wait_for("a new file", || log.exists().then_some(()));
    gateway.get("/two");
    wait_for("the record in the new file", || lines(&log).contains("/two").then_some(()));
    assert!(!lines(&moved).contains("/two"));
}

#[test]
fn what_is_refused_before_it_is_a_request_is_logged_and_counted() {
    let gateway = Gateway::configured(json!({ "nginx_config": { "http": { "client_header_timeout": "1s" } } }));
    gateway.put("/global_rules/1", &json!({ "plugins": { "prometheus": {} } }));
    let long = "x".repeat(9000);
    let many: String = (0..101).map(|n| format!("X-{n}: 1\r\n")).collect();
    let cases = [
        ("GET /a HTTP/1.1\r\nHost : a\r\n\r\n".to_owned(), 400, "\"GET /a HTTP/1.1\" 400 "),
        ("GET  /b HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 400, "\"GET  /b HTTP/1.1\" 400 "),
        ("\x16\x03\x01\x02".to_owned(), 400, "\"\\x16\\x03\\x01\\x02\" 400 "),
        ("GET /c HTTP/1.1\r\nHost:".to_owned(), 408, "\"GET /c HTTP/1.1\" 408 "),
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 414, "xxx\" 414 "),
        (format!("GET /d HTTP/1.1\r\nHost: a\r\n{many}\r\n"), 431, "\"GET /d HTTP/1.1\" 431 "),
    ];
    for (n, (bytes, status, record)) in cases.iter().enumerate() {
        // Behind an answer to a HEAD, of which nothing may be left.
        let mut client = Client::connect(gateway.proxy);
        assert_eq!(client.request("HEAD", "/", &[], b"").status, 404);
        client.write(bytes);
        let answer = client.answer(false);
        assert_eq!((answer.status, answer.whole), (*status, true), "{record}");
        let text = wait_for("the record", || Some(gateway.access_log()).filter(|t| t.lines().count() == 2 * n + 2));
        let line = text.lines().next_back().unwrap();
        assert!(line.starts_with("127.0.0.1 - - [") && line.contains("] - \"") && line.contains(record), "{line}");
    }
    let refused = cases.len() as u64;
    assert_eq!(gateway.metric("apisix_gateway_requests_refused_total"), refused);
    assert_eq!(gateway.metric("apisix_gateway_requests_total{class=\"4xx\"}"), 2 * refused);
    assert_eq!(gateway.metric("apisix_http_requests_total"), 2 * refused);
    for code in ["400", "408", "414", "431"] {
        let text = gateway.metrics();
        let counted = |l: &str| l.starts_with("apisix_http_status{") && l.contains(&format!("code=\"{code}\""));
        assert!(text.lines().any(counted), "{code}");
    }
}

#[test]
fn status_readiness_and_metrics_answer() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    gateway.put(
        "/routes/1",
        &json!({ "uri": "/*", "plugins": { "prometheus": {} }, "upstream": { "nodes": { (upstream.node()): 1 } } }),
    );
    gateway.get("/");
    let ask = |path: &str| Client::connect(gateway.status).request("GET", path, &[("Connection", "close")], b"");
    assert_eq!(ask("/status").json(), json!({ "status": "ok" }));
    assert_eq!(ask("/status/ready").json(), json!({ "status": "ok" }));
    wait_for("the route's count", || {
        gateway
            .metrics()
            .lines()
            .any(|l| l.starts_with("apisix_http_status{") && l.contains("route=\"1\""))
            .then_some(())
    });
}

/// Asks for a path on one connection after the other, each kept as long as it may be, until told to stop; how often.
fn steady(proxy: std::net::SocketAddr, stopped: mpsc::Receiver<()>) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut client = Client::connect(proxy);
        let mut served = 0;
        while stopped.try_recv().is_err() {
            let answer = client.request("GET", "/steady", &[], b"");
            assert_eq!(answer.status, 200);
            served += 1;
            if answer.header("Connection") == Some("close") {
                client = Client::connect(proxy);
            }
        }
        served
    })
}

#[test]
fn op_10_no_request_fails_while_the_configuration_changes() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/steady", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let (stop, stopped) = mpsc::channel::<()>();
    let load = steady(gateway.proxy, stopped);
    for n in 0..50 {
        gateway.put(
            "/routes/2",
            &json!({ "uri": format!("/new/{n}"), "upstream": { "nodes": { (upstream.node()): 1 } } }),
        );
        assert_eq!(gateway.get(&format!("/new/{n}")).status, 200, "a change is live when it is acknowledged");
        if n > 0 {
            assert_eq!(gateway.get(&format!("/new/{}", n - 1)).status, 404);
        }
    }
    stop.send(()).unwrap();
    assert!(load.join().unwrap() > 0);
}

#[test]
fn bytes_that_come_behind_the_head_count_in_metrics() {
    let (ready, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let upstream = Upstream::new(move |_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        // The client has the head before a byte of the body is there.
        let _ = wait.lock().unwrap().recv();
        let _ = stream.write_all(&[b'x'; 100_000]);
        true
    });
    let gateway = Gateway::start();
    let global = json!({ "id": "1", "plugins": { "prometheus": {} } });
    gateway.put("/global_rules/1", &global);
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let mut client = Client::connect(gateway.proxy);
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = client.interim();
    assert_eq!(head.status, 200);
    ready.send(()).unwrap();
    client.take(100_000);
    gateway_tests::wait_for("the bytes of the body in the metrics", || {
        (gateway.metric("apisix_gateway_sent_bytes_total") >= 100_000).then_some(())
    });
    let egress: u64 = gateway
        .metrics()
        .lines()
        .filter(|l| l.starts_with("apisix_bandwidth{") && l.contains("type=\"egress\""))
        .filter_map(|l| l.rsplit(' ').next()?.parse::<u64>().ok())
        .sum();
    assert!(egress > 100_000, "{egress}");
}

#[test]
fn the_error_log_says_why_an_upstream_did_not_answer() {
    let gateway = Gateway::start();
    let dead = gateway_tests::free_port();
    gateway
        .put("/routes/dead", &json!({ "uri": "/dead", "upstream": { "nodes": { (format!("127.0.0.1:{dead}")): 1 } } }));
    gateway.put("/upstreams/u", &json!({ "nodes": { "127.0.0.1:1": 1 } }));
    gateway.put("/routes/lost", &json!({ "uri": "/lost", "upstream_id": "u" }));
    gateway.delete("/upstreams/u?force=true");
    assert_eq!(gateway.get("/dead").status, 502);
    assert_eq!(gateway.get("/lost").status, 502);
    let line = |route: &str, what: &str| {
        gateway_tests::wait_for("a line in the error log", || {
            gateway.stderr().lines().any(|l| l.contains("ERROR") && l.contains(route) && l.contains(what)).then_some(())
        });
    };
    line("dead", &format!("127.0.0.1:{dead}"));
    line("dead", "no connection");
    line("lost", "is not there");
}

#[test]
fn hup_rotates_admin_keys_and_switches_the_access_log_on_and_to_another_form() {
    let mut gateway = Gateway::configured(json!({
        "nginx_config": { "error_log_level": "info", "http": { "enable_access_log": false } },
    }));
    let with = |gateway: &Gateway, key: &str| {
        let fields = [("X-API-KEY", key), ("Connection", "close")];
        Client::connect(gateway.admin).request("GET", "/apisix/admin/routes", &fields, b"")
    };
    let old = gateway.key();
    let new = "a-new-key-for-tests-only-0123456789";
    assert_eq!((with(&gateway, old).status, with(&gateway, new).status), (200, 401));
    gateway.get("/before");
    assert_eq!(gateway.access_log(), "");

    gateway.reconfigure(json!({
        "deployment": { "admin": {
            "admin_key": [{ "name": "admin", "key": new, "role": "admin" }],
            "enable_admin_cors": false,
        } },
        "apisix": { "enable_server_tokens": false },
        "nginx_config": { "http": { "enable_access_log": true, "access_log_format": "one $uri $upstream_addr" } },
    }));
    gateway.signal(Signal::HUP);
    wait_for("the new key", || (with(&gateway, new).status == 200).then_some(()));
    let answer = with(&gateway, old);
    assert_eq!(answer.status, 401, "the old key no longer opens");
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    assert_eq!(answer.header("Server"), Some("APISIX"));
    wait_for("the log to begin", || {
        gateway.get("/on");
        gateway.access_log().contains("one /on -\n").then_some(())
    });

    gateway.reconfigure(json!({
        "deployment": { "admin": { "allow_admin": ["10.0.0.0/8"] } },
        "nginx_config": { "http": { "access_log_format": "two $uri" } },
    }));
    gateway.signal(Signal::HUP);
    wait_for("the new form", || {
        gateway.get("/form");
        gateway.access_log().contains("two /form\n").then_some(())
    });
    assert_eq!(with(&gateway, new).status, 403, "this peer may no longer come near");
    let reloads = |gateway: &Gateway| gateway.stderr().matches("the configuration was reloaded").count();
    // Its line comes last of all it does: the new form may be seen before.
    wait_for("the second reload", || (reloads(&gateway) == 2).then_some(()));
    for (n, on, path) in [(3, false, "/off"), (4, true, "/on-again")] {
        gateway.reconfigure(json!({ "nginx_config": { "http": { "enable_access_log": on } } }));
        gateway.signal(Signal::HUP);
        wait_for("the reload", || (reloads(&gateway) == n).then_some(()));
        gateway.get(path);
    }
    // Lines come in the order of the requests.
    wait_for("the log to begin again", || gateway.access_log().contains("two /on-again\n").then_some(()));
    assert!(!gateway.access_log().contains("/off"), "{}", gateway.access_log());
}

#[test]
fn a_key_that_takes_a_restart_is_named_until_it_says_again_what_runs() {
    let mut gateway = Gateway::start();
    let reload = |gateway: &mut Gateway, more: serde_json::Value, lines: usize| {
        gateway.reconfigure(more);
        gateway.signal(Signal::HUP);
        let named = |g: &Gateway| g.stderr().lines().filter(|l| l.contains("nginx_config.worker_processes")).count();
        wait_for("the warning", || (named(gateway) == lines).then_some(()));
    };
    reload(&mut gateway, json!({ "nginx_config": { "worker_processes": 3 } }), 1);
    reload(&mut gateway, json!({ "nginx_config": { "http": { "send_timeout": "11s" } } }), 2);
    gateway.reconfigure(json!({ "nginx_config": { "worker_processes": 2, "error_log_level": "info" } }));
    gateway.signal(Signal::HUP);
    wait_for("the reload", || gateway.stderr().contains("the configuration was reloaded").then_some(()));
    let named = gateway.stderr().lines().filter(|l| l.contains("nginx_config.worker_processes")).count();
    assert_eq!(named, 2);
    gateway.reconfigure(json!({ "nginx_config": { "http": { "client_max_body_size": "many" } } }));
    gateway.signal(Signal::HUP);
    wait_for("the refusal", || gateway.stderr().contains("the old one stays").then_some(()));
    let log = gateway.stderr();
    assert!(!log.contains("nothing was started"));
    assert!(log.lines().any(|l| l.contains("ERROR") && l.contains("client_max_body_size")), "{log}");
}

#[test]
fn without_its_key_ring_a_gateway_does_not_start_and_a_ciphertext_is_no_credential() {
    let upstream = Upstream::text("ok");
    let mut gateway = Gateway::start();
    gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "jane-key" } } }));
    gateway.put(
        "/routes/1",
        &json!({ "uri": "/*", "plugins": { "key-auth": {} }, "upstream": { "nodes": { (upstream.node()): 1 } } }),
    );
    let with = |gateway: &Gateway, key: &str| gateway.get_with("/", &[("apikey", key)]).status;
    assert_eq!(with(&gateway, "jane-key"), 200);
    let ring = gateway.data_dir().join("keyring");
    let kept = std::fs::read(&ring).unwrap();
    gateway.signal(Signal::TERM);
    assert!(gateway.wait().success());
    std::fs::remove_file(&ring).unwrap();
    let out = std::process::Command::new(gateway_tests::binary("gateway"))
        .arg("--config")
        .arg(gateway.config_file())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && said.contains(&ring.display().to_string()), "{said}");
    assert!(said.contains("/apisix/consumers/jane") && !ring.exists(), "{said}");

    // Another ring, on purpose.
    std::fs::write(&ring, "gateway-keyring 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    gateway.restart();
    assert_eq!(gateway.metric("apisix_gateway_config_skipped_objects"), 1);
    let shown = gateway.call("GET", "/consumers/jane", None).json();
    let sealed = shown["value"]["plugins"]["key-auth"]["key"].as_str().unwrap().to_owned();
    assert!(sealed.starts_with("$gcm1$"));
    assert_eq!(with(&gateway, &sealed), 401);
    assert_eq!(with(&gateway, "jane-key"), 401);
    gateway_tests::wait_for("a line in the error log", || {
        gateway.stderr().lines().any(|l| l.contains("ERROR") && l.contains("consumers/jane")).then_some(())
    });
    let again = gateway.call("PUT", "/consumers/jane", Some(&shown["value"]));
    assert_eq!(again.status, 400, "{}", again.text());

    gateway.signal(Signal::TERM);
    gateway.wait();
    std::fs::write(&ring, kept).unwrap();
    gateway.restart();
    assert_eq!(with(&gateway, "jane-key"), 200);
}

#[test]
fn op_13_another_process_takes_over_and_no_connection_is_refused() {
    let upstream = Upstream::text("ok");
    let route = |uri: &str| json!({ "uri": uri, "upstream": { "nodes": { (upstream.node()): 1 } } });
    let mut gateway = Gateway::start();
    gateway.put("/routes/1", &route("/steady"));
    let (stop, stopped) = mpsc::channel::<()>();
    let load = steady(gateway.proxy, stopped);
    for round in 0..3 {
        gateway.put("/routes/2", &route(&format!("/before/{round}")));
        let mut former = gateway.take_over();
        let ended = wait_for("the former process to end", || former.try_wait().unwrap());
        assert!(ended.success());
        assert_eq!(gateway.get(&format!("/before/{round}")).status, 200);
        gateway.put("/routes/3", &route(&format!("/after/{round}")));
        assert_eq!(gateway.get(&format!("/after/{round}")).status, 200);
    }
    stop.send(()).unwrap();
    assert!(load.join().unwrap() > 0);
}

#[test]
fn op_13_who_cannot_take_over_leaves_the_one_that_runs_as_it_was() {
    let upstream = Upstream::text("ok");
    let route = |uri: &str| json!({ "uri": uri, "upstream": { "nodes": { (upstream.node()): 1 } } });
    let mut gateway = Gateway::start();
    gateway.put("/routes/1", &route("/steady"));
    let (stop, stopped) = mpsc::channel::<()>();
    let load = steady(gateway.proxy, stopped);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let good = gateway.configuration();
    let bad = [
        json!({ "nginx_config": { "worker_processes": "many" } }),
        // Found only when the store is in its hands already.
        json!({ "deployment": { "admin": { "admin_listen": { "port": port } } } }),
    ];
    for (n, bad) in bad.into_iter().enumerate() {
        gateway.reconfigure(bad);
        let former = gateway.take_over();
        assert!(!gateway.wait().success(), "it cannot start");
        gateway.give_back(former);
        gateway.reconfigure(good.clone());
        wait_for("the Admin API to be there again", || {
            let there = std::net::TcpStream::connect(gateway.admin).is_ok();
            (there && gateway.call("PUT", "/routes/2", Some(&route(&format!("/again/{n}")))).status < 300).then_some(())
        });
        assert_eq!(gateway.get(&format!("/again/{n}")).status, 200);
        assert!(gateway.running());
    }
    stop.send(()).unwrap();
    assert!(load.join().unwrap() > 0);
    gateway.crash_and_restart();
    assert_eq!(gateway.get("/again/1").status, 200);
}
