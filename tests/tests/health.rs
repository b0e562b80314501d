//! Health checks: probes, the traffic as a judge, and what is shown of both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use gateway_tests::grpc::GrpcServer;
use gateway_tests::{Answer, Client, Gateway, Received, Upstream, free_port, wait_for};
use serde_json::{Value, json};

const ONE: (&str, &str) = (include_str!("certificates/one.pem"), include_str!("certificates/one.key"));

/// An upstream that answers its port, and probes of `/status` with a status of its own choice.
struct Patient {
    upstream: Upstream,
    status: Arc<AtomicU16>,
}

impl Patient {
    fn new() -> Patient {
        let status = Arc::new(AtomicU16::new(200));
        let says = Arc::clone(&status);
        let upstream = Upstream::new(move |got, stream| {
            let local = stream.local_addr().map_or(0, |addr| addr.port());
            let status = if got.line.contains(" /status ") { says.load(Ordering::Acquire) } else { 200 };
            let body = local.to_string();
            write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}", body.len()).is_ok()
        });
        Patient { upstream, status }
    }

    fn says(&self, status: u16) {
        self.status.store(status, Ordering::Release);
    }

    fn node(&self) -> String {
        self.upstream.node()
    }

    fn port(&self) -> u16 {
        self.upstream.addr.port()
    }

    fn probes(&self) -> usize {
        self.upstream.received().iter().filter(|got| got.line.contains(" /status ")).count()
    }
}

/// Active checks that take one report to change their mind.
fn quick() -> Value {
    json!({ "active": {
        "http_path": "/status",
        "healthy": { "interval": 1, "successes": 1 },
        "unhealthy": { "interval": 1, "http_failures": 1, "tcp_failures": 1, "timeouts": 1 },
    } })
}

fn with(nodes: &[String], checks: &Value) -> Value {
    let nodes: serde_json::Map<String, Value> = nodes.iter().map(|node| (node.clone(), json!(1))).collect();
    json!({ "nodes": nodes, "checks": checks })
}

fn route(upstream: Value) -> Value {
    json!({ "uri": "/*", "upstream": upstream })
}

fn control(gateway: &Gateway, path: &str, headers: &[(&str, &str)]) -> Answer {
    Client::connect(gateway.control).request("GET", path, headers, b"")
}

/// A node's state and its counters: successes, bad answers, connections, timeouts.
fn state(gateway: &Gateway, checker: &str, port: u16) -> (String, [u64; 4]) {
    let answer = control(gateway, &format!("/v1/healthcheck/{checker}"), &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let checker = answer.json();
    let nodes = checker["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["port"] == port).unwrap_or_else(|| panic!("no {port} in {checker}"));
    let counter = |name: &str| node["counter"][name].as_u64().unwrap();
    let counters = ["success", "http_failure", "tcp_failure", "timeout_failure"].map(counter);
    (node["status"].as_str().unwrap().to_owned(), counters)
}

fn wait_state(gateway: &Gateway, checker: &str, port: u16, wanted: &str) -> [u64; 4] {
    wait_for(&format!("{checker} {port} to be {wanted}"), || {
        let (is, counters) = state(gateway, checker, port);
        (is == wanted).then_some(counters)
    })
}

/// Who answered twelve requests.
fn served(gateway: &Gateway) -> Vec<u16> {
    let mut client = Client::connect(gateway.proxy);
    let mut ports: Vec<u16> = (0..12).map(|_| client.request("GET", "/", &[], b"").text().parse().unwrap()).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn error_log(gateway: &Gateway) -> String {
    gateway.stderr()
}

#[test]
fn a_node_goes_down_and_comes_back() {
    let gateway = Gateway::start();
    let (a, b) = (Patient::new(), Patient::new());
    gateway.put("/routes/1", &route(with(&[a.node(), b.node()], &quick())));
    // Nobody has asked for anything yet.
    wait_for("probes of both", || (a.probes() > 0 && b.probes() > 0).then_some(()));
    assert_eq!(state(&gateway, "routes/1", b.port()), ("healthy".to_owned(), [0; 4]));
    b.says(503);
    assert_eq!(wait_state(&gateway, "routes/1", b.port(), "unhealthy"), [0, 1, 0, 0]);
    assert_eq!(served(&gateway), [a.port()]);
    let series = |port| format!("apisix_upstream_status{{name=\"/apisix/routes/1\",ip=\"127.0.0.1\",port=\"{port}\"}}");
    assert_eq!((gateway.metric(&series(a.port())), gateway.metric(&series(b.port()))), (1, 0));
    assert!(gateway.metric("apisix_gateway_health_checks_total{type=\"http\",result=\"failure\"}") > 0);
    assert!(gateway.metric("apisix_gateway_health_checks_total{type=\"http\",result=\"success\"}") > 0);
    assert_eq!(gateway.metric("apisix_gateway_health_nodes{status=\"unhealthy\"}"), 1);
    let line = wait_for("a line of the log", || {
        let log = error_log(&gateway);
        let line = log.lines().find(|line| line.contains("health has changed"))?;
        Some(line.to_owned())
    });
    for part in ["routes/1", &b.node(), "healthy", "unhealthy", "probe", "status 503"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    b.says(200);
    assert_eq!(wait_state(&gateway, "routes/1", b.port(), "healthy"), [1, 0, 0, 0]);
    let mut both = [a.port(), b.port()];
    both.sort_unstable();
    assert_eq!(served(&gateway), both);
    assert_eq!(gateway.metric(&series(b.port())), 1);
}

#[test]
fn op_10_what_is_known_of_a_node_survives_a_change_of_all_else() {
    let gateway = Gateway::start();
    let (a, b, c) = (Patient::new(), Patient::new(), Patient::new());
    b.says(500);
    let mut checks = quick();
    gateway.put("/upstreams/1", &with(&[a.node(), b.node()], &checks));
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream_id": "1" }));
    wait_state(&gateway, "upstreams/1", b.port(), "unhealthy");
    // From here on nobody probes for so long that the test does not see it.
    checks["active"]["healthy"]["interval"] = json!(1000);
    checks["active"]["unhealthy"]["interval"] = json!(1000);
    gateway.put("/upstreams/1", &with(&[c.node(), b.node(), a.node()], &checks));
    assert_eq!(state(&gateway, "upstreams/1", b.port()).0, "unhealthy");
    let mut well = [a.port(), c.port()];
    well.sort_unstable();
    assert_eq!(served(&gateway), well);
    gateway.put("/upstreams/1", &with(&[b.node(), a.node()], &checks));
    assert_eq!(served(&gateway), [a.port()]);
    gateway.put("/routes/2", &json!({ "uri": "/other", "upstream_id": "1" }));
    assert_eq!(served(&gateway), [a.port()], "a change elsewhere");
    gateway.put("/upstreams/1", &json!({ "nodes": { (a.node()): 1, (b.node()): 1 } }));
    let mut both = [a.port(), b.port()];
    both.sort_unstable();
    assert_eq!(served(&gateway), both, "who is not checked is not down");
    assert_eq!(control(&gateway, "/v1/healthcheck/upstreams/1", &[]).status, 404);
}

#[test]
fn where_all_are_down_all_are_used() {
    let gateway = Gateway::start();
    let (a, b) = (Patient::new(), Patient::new());
    a.says(500);
    b.says(500);
    gateway.put("/routes/1", &route(with(&[a.node(), b.node()], &quick())));
    wait_state(&gateway, "routes/1", a.port(), "unhealthy");
    wait_state(&gateway, "routes/1", b.port(), "unhealthy");
    assert_eq!(served(&gateway).len(), 2);
}

#[test]
fn a_hash_finds_its_node_again() {
    let gateway = Gateway::start();
    let nodes = [Patient::new(), Patient::new(), Patient::new()];
    let all: Vec<String> = nodes.iter().map(Patient::node).collect();
    let mut upstream = with(&all, &quick());
    upstream["type"] = json!("chash");
    upstream["key"] = json!("arg_k");
    gateway.put("/routes/1", &route(upstream));
    let map = || -> Vec<u16> { (0..30).map(|k| gateway.get(&format!("/?k={k}")).text().parse().unwrap()).collect() };
    let before = map();
    let gone = &nodes[1];
    gone.says(500);
    wait_state(&gateway, "routes/1", gone.port(), "unhealthy");
    for (was, is) in before.iter().zip(map()) {
        assert!(if *was == gone.port() { is != *was } else { is == *was }, "{was} → {is}");
    }
    gone.says(200);
    wait_state(&gateway, "routes/1", gone.port(), "healthy");
    assert_eq!(before, map());
}

#[test]
fn a_probe_says_what_it_was_told_to_say() {
    let gateway = Gateway::start();
    let patient = Patient::new();
    let mut checks = quick();
    checks["active"]["http_method"] = json!("POST");
    checks["active"]["http_path"] = json!("/status?deep=1");
    checks["active"]["http_req_body"] = json!("how are you?");
    checks["active"]["host"] = json!("check.test");
    checks["active"]["req_headers"] = json!(["User-Agent: curl/7.29.0", "X-Probe: 1"]);
    // The node named here is nobody; probes go to another port.
    checks["active"]["port"] = json!(patient.port());
    gateway.put("/services/1", &json!({ "upstream": with(&[format!("127.0.0.1:{}", free_port())], &checks) }));
    let got: Received = wait_for("a probe", || patient.upstream.received().pop());
    assert_eq!(got.line, "POST /status?deep=1 HTTP/1.1");
    for (name, value) in
        [("host", "check.test"), ("connection", "close"), ("user-agent", "curl/7.29.0"), ("x-probe", "1")]
    {
        assert_eq!(got.header(name), Some(value), "{name}");
    }
    assert_eq!(got.body, b"how are you?");
    wait_for("a second connection", || (patient.upstream.connections() > 1).then_some(()));
    let shown = control(&gateway, "/v1/healthcheck/services/1", &[]).json();
    assert_eq!((&shown["name"], &shown["type"]), (&json!("/apisix/services/1"), &json!("http")));
    assert_eq!(shown["nodes"][0]["hostname"], "check.test");
}

#[test]
fn a_connection_is_enough_for_tcp() {
    let gateway = Gateway::start();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let nobody = free_port();
    let mut checks = quick();
    checks["active"]["type"] = json!("tcp");
    let nodes = [format!("127.0.0.1:{port}"), format!("127.0.0.1:{nobody}")];
    gateway.put("/routes/1", &route(with(&nodes, &checks)));
    assert_eq!(wait_state(&gateway, "routes/1", nobody, "unhealthy"), [0, 0, 1, 0]);
    wait_for("probes that found it open", || {
        (gateway.metric("apisix_gateway_health_checks_total{type=\"tcp\",result=\"success\"}") > 0).then_some(())
    });
    assert_eq!(state(&gateway, "routes/1", port), ("healthy".to_owned(), [0; 4]));
    drop(listener);
    wait_state(&gateway, "routes/1", port, "unhealthy");
}

#[test]
fn who_says_nothing_or_nonsense_is_not_well() {
    let gateway = Gateway::start();
    let (silent, rude, mute) =
        (Upstream::stalling(), Upstream::closing("SSH-2.0-OpenSSH_9.2\r\n"), Upstream::closing(""));
    let mut checks = quick();
    checks["active"]["timeout"] = json!(0.2);
    gateway.put("/routes/1", &route(with(&[silent.node(), rude.node(), mute.node()], &checks)));
    assert_eq!(wait_state(&gateway, "routes/1", silent.addr.port(), "unhealthy"), [0, 0, 0, 1]);
    assert_eq!(wait_state(&gateway, "routes/1", rude.addr.port(), "unhealthy"), [0, 1, 0, 0]);
    assert_eq!(wait_state(&gateway, "routes/1", mute.addr.port(), "unhealthy"), [0, 0, 1, 0]);
}

/// A gateway that serves over TLS what `upstream` serves: the node that checks over TLS ask.
fn secure(upstream: Value) -> (Gateway, u16) {
    let port = free_port();
    let gateway =
        Gateway::configured(json!({ "apisix": { "ssl": { "listen": [{ "ip": "127.0.0.1", "port": port }] } } }));
    gateway.put("/ssls/1", &json!({ "sni": "one.test", "cert": ONE.0, "key": ONE.1 }));
    gateway.put("/routes/1", &route(upstream));
    (gateway, port)
}

/// A gateway that believes the authority of the tests' certificates.
fn believing() -> Gateway {
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/ca.pem");
    Gateway::configured(json!({ "apisix": { "ssl": { "ssl_trusted_certificate": ca } } }))
}

#[test]
fn over_tls_a_node_must_be_who_it_says_unless_told_otherwise() {
    let well = Upstream::text("well");
    let (node, port) = secure(json!({ "nodes": { (well.node()): 1 } }));
    let gateway = believing();
    let nodes = [format!("127.0.0.1:{port}")];
    let checks = |host: &str, verify: Value| {
        let mut checks = quick();
        checks["active"]["type"] = json!("https");
        checks["active"]["host"] = json!(host);
        checks["active"]["https_verify_certificate"] = verify;
        checks
    };
    gateway.put("/upstreams/right", &with(&nodes, &checks("one.test", json!(true))));
    wait_for("a probe of the right name", || {
        (gateway.metric("apisix_gateway_health_checks_total{type=\"https\",result=\"success\"}") > 0).then_some(())
    });
    assert_eq!(state(&gateway, "upstreams/right", port).0, "healthy");
    node.put("/ssls/2", &json!({ "snis": ["two.test", "other.test"], "cert": ONE.0, "key": ONE.1 }));
    gateway.put("/upstreams/wrong", &with(&nodes, &checks("other.test", json!(true))));
    assert_eq!(wait_state(&gateway, "upstreams/wrong", port, "unhealthy"), [0, 0, 1, 0]);
    gateway.put("/upstreams/wrong", &with(&nodes, &checks("other.test", json!(false))));
    wait_state(&gateway, "upstreams/wrong", port, "healthy");
}

#[test]
fn a_grpc_node_says_itself_how_it_is() {
    let gateway = Gateway::start();
    let server = GrpcServer::start();
    let checks = json!({ "active": {
        "type": "grpc",
        "service": "acme.Orders",
        "healthy": { "successes": 1 },
        "unhealthy": { "http_failures": 1 },
    } });
    let mut upstream = with(&[server.node()], &checks);
    upstream["scheme"] = json!("grpc");
    let port = server.addr.port();
    server.say(1);
    gateway.put("/routes/1", &route(upstream));
    let call = wait_for("a probe", || server.called().pop());
    assert_eq!((call.path.as_str(), call.header("te")), ("/grpc.health.v1.Health/Check", Some("trailers")));
    assert_eq!(call.authority, "127.0.0.1");
    assert_eq!(state(&gateway, "routes/1", port).0, "healthy");
    server.say(2);
    assert_eq!(wait_state(&gateway, "routes/1", port, "unhealthy"), [0, 1, 0, 0]);
    server.say(1);
    wait_state(&gateway, "routes/1", port, "healthy");
    // Without the service there is nobody to say it.
    server.say(0);
    wait_state(&gateway, "routes/1", port, "unhealthy");
    assert!(error_log(&gateway).contains("the node has no service grpc.health.v1.Health"));
    drop(server);
    wait_for("a refused connection", || {
        (gateway.metric("apisix_gateway_health_checks_total{type=\"grpc\",result=\"failure\"}") > 3).then_some(())
    });
}

#[test]
fn grpc_over_tls() {
    let server = GrpcServer::start();
    server.say(1);
    let (_node, port) = secure(json!({ "nodes": { (server.node()): 1 }, "scheme": "grpc" }));
    let gateway = believing();
    let checks = json!({ "active": {
        "type": "grpc",
        "host": "one.test",
        "healthy": { "successes": 1 },
        "unhealthy": { "http_failures": 1, "tcp_failures": 1 },
    } });
    let mut upstream = with(&[format!("127.0.0.1:{port}")], &checks);
    upstream["scheme"] = json!("grpcs");
    gateway.put("/upstreams/1", &upstream);
    let success = "apisix_gateway_health_checks_total{type=\"grpc\",result=\"success\"}";
    wait_for("a probe", || (gateway.metric(success) > 0).then_some(()));
    assert_eq!(state(&gateway, "upstreams/1", port).0, "healthy");
    server.say(2);
    wait_state(&gateway, "upstreams/1", port, "unhealthy");
}

#[test]
fn the_traffic_judges_where_it_may() {
    let gateway = Gateway::start();
    let ill = Arc::new(AtomicBool::new(true));
    let says = Arc::clone(&ill);
    // Probes find it well at all times, requests do not.
    let sick = Upstream::new(move |got, stream| {
        let status = if says.load(Ordering::Acquire) && !got.line.contains("/status") { 500 } else { 200 };
        write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: 1\r\n\r\n1").is_ok()
    });
    let well = Upstream::text("2");
    let nobody = free_port();
    let mut checks = quick();
    checks["active"]["healthy"] = json!({ "interval": 1000, "successes": 2 });
    checks["active"]["unhealthy"] = json!({ "interval": 1000, "tcp_failures": 100 });
    checks["passive"] = json!({
        "healthy": { "successes": 2 },
        "unhealthy": { "http_statuses": [500], "http_failures": 3, "tcp_failures": 2 },
    });
    let nodes = [sick.node(), well.node(), format!("127.0.0.1:{nobody}")];
    gateway.put("/routes/1", &route(with(&nodes, &checks)));
    let mut seen = Vec::new();
    let judged = |port: u16| state(&gateway, "routes/1", port).0 == "unhealthy";
    wait_for("both to be judged", || {
        seen.push(gateway.get("/").status);
        (judged(sick.addr.port()) && judged(nobody)).then_some(())
    });
    assert!(
        seen.iter().all(|status| matches!(status, 200 | 500)),
        "a failed try is judged though another node answers: {seen:?}"
    );
    let (_, counters) = state(&gateway, "routes/1", nobody);
    assert!(counters[2] >= 2, "{counters:?}");
    assert_eq!(state(&gateway, "routes/1", sick.addr.port()).1[1], 3);
    let answers: Vec<String> = (0..10).map(|_| gateway.get("/").text()).collect();
    assert!(answers.iter().all(|text| text == "2"), "{answers:?}");
    let line = wait_for("a line of the log", || {
        error_log(&gateway)
            .lines()
            .find(|l| l.contains("health has changed") && l.contains("status 500"))
            .map(str::to_owned)
    });
    assert!(line.contains("traffic") && line.contains(&sick.node()), "{line}");

    gateway.put(
        "/routes/2",
        &json!({ "uri": "/other", "upstream": with(&[format!("127.0.0.1:{nobody}")], &quick_slow()) }),
    );
    for _ in 0..5 {
        assert_eq!(gateway.get("/other").status, 502);
    }
    assert!(state(&gateway, "routes/2", nobody).1[2] <= 1, "without `passive` the traffic says nothing");
}

/// Active checks that find nothing out while a test lasts.
fn quick_slow() -> Value {
    json!({ "active": {
        "healthy": { "interval": 1000 },
        "unhealthy": { "interval": 1000, "tcp_failures": 100, "http_failures": 100 },
    } })
}

#[test]
fn a_node_that_the_traffic_found_down_comes_back_by_its_probes() {
    let gateway = Gateway::start();
    let ill = Arc::new(AtomicBool::new(true));
    let says = Arc::clone(&ill);
    let sick = Upstream::new(move |got, stream| {
        let status = if says.load(Ordering::Acquire) && !got.line.contains("/status") { 503 } else { 200 };
        write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: 1\r\n\r\n1").is_ok()
    });
    let mut checks = quick();
    // So long that only the change of its state can bring the next probe.
    checks["active"]["healthy"]["interval"] = json!(1000);
    checks["passive"] = json!({ "unhealthy": { "http_statuses": [503], "http_failures": 1 } });
    gateway.put("/routes/1", &route(with(&[sick.node()], &checks)));
    let port = sick.addr.port();
    // The first probe of all comes within a second.
    wait_for("the first probe", || sick.received().iter().any(|got| got.line.contains("/status")).then_some(()));
    assert_eq!(gateway.get("/").status, 503);
    let changes = |log: &str| log.lines().filter(|line| line.contains("health has changed")).count();
    ill.store(false, Ordering::Release);
    wait_state(&gateway, "routes/1", port, "healthy");
    wait_for("both changes in the log", || (changes(&error_log(&gateway)) == 2).then_some(()));
}

#[test]
fn lazy_checks_begin_with_the_first_request() {
    let gateway = Gateway::start();
    let (eager, lazy) = (Patient::new(), Patient::new());
    let mut checks = quick();
    gateway.put("/routes/eager", &json!({ "uri": "/eager", "upstream": with(&[eager.node()], &checks) }));
    checks["active"]["lazy"] = json!(true);
    gateway.put("/routes/lazy", &json!({ "uri": "/lazy", "upstream": with(&[lazy.node()], &checks) }));
    wait_for("three probes of the other one", || (eager.probes() > 2).then_some(()));
    assert_eq!(lazy.probes(), 0);
    let names = |gateway: &Gateway| -> Vec<String> {
        let all = control(gateway, "/v1/healthcheck", &[]).json();
        all.as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&gateway), ["/apisix/routes/eager"]);
    let none = control(&gateway, "/v1/healthcheck/routes/lazy", &[]);
    assert_eq!(
        (none.status, none.json()["error_msg"].as_str().unwrap().to_owned()),
        (404, "no checker for routes[lazy]".to_owned())
    );
    assert_eq!(gateway.get("/lazy").status, 200);
    wait_for("a probe", || (lazy.probes() > 0).then_some(()));
    assert_eq!(names(&gateway), ["/apisix/routes/eager", "/apisix/routes/lazy"]);
}

#[test]
fn what_the_control_api_shows() {
    let gateway = Gateway::start();
    let patient = Patient::new();
    gateway.put("/upstreams/u", &with(&[patient.node()], &quick()));
    gateway.put("/routes/plain", &json!({ "uri": "/plain", "upstream": { "nodes": { (patient.node()): 1 } } }));
    let all = control(&gateway, "/v1/healthcheck", &[]);
    let node = json!({
        "ip": "127.0.0.1",
        "port": patient.port(),
        "hostname": "127.0.0.1",
        "status": "healthy",
        "counter": { "success": 0, "http_failure": 0, "tcp_failure": 0, "timeout_failure": 0 },
    });
    let expected = json!({ "name": "/apisix/upstreams/u", "type": "http", "nodes": [node] });
    assert_eq!((all.status, all.json()), (200, json!([expected])));
    assert_eq!(control(&gateway, "/v1/healthcheck/upstreams/u", &[]).json(), expected);
    for (path, status, text) in [
        ("/v1/healthcheck/consumers/1", 400, "invalid src type consumers"),
        ("/v1/healthcheck/routes", 404, "missing src id for src type routes"),
        ("/v1/healthcheck/routes/1", 404, "routes[1] not found"),
        ("/v1/healthcheck/stream_routes/1", 404, "stream_routes[1] not found"),
        ("/v1/healthcheck/routes/plain", 404, "no checker for routes[plain]"),
    ] {
        let answer = control(&gateway, path, &[]);
        assert_eq!((answer.status, answer.json()), (status, json!({ "error_msg": text })), "{path}");
    }
    for path in ["/v1/healthcheck", "/v1/healthcheck/upstreams/u"] {
        let page = control(&gateway, path, &[("Accept", "text/html,application/xhtml+xml")]);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let row = format!("<td>/apisix/upstreams/u</td><td>http</td><td>{}</td><td>healthy</td>", patient.node());
        assert!(page.text().contains(&row), "{}", page.text());
    }
    gateway.delete("/upstreams/u");
    assert_eq!(control(&gateway, "/v1/healthcheck", &[]).json(), json!([]));
}

#[test]
fn checks_can_be_switched_off_for_all() {
    let gateway = Gateway::configured(json!({ "apisix": { "disable_upstream_healthcheck": true } }));
    let (a, nobody) = (Patient::new(), free_port());
    let mut checks = quick();
    checks["passive"] = json!({ "unhealthy": { "tcp_failures": 1 } });
    gateway.put("/routes/1", &route(with(&[a.node(), format!("127.0.0.1:{nobody}")], &checks)));
    for _ in 0..8 {
        assert_eq!(gateway.get("/").status, 200);
    }
    assert_eq!(control(&gateway, "/v1/healthcheck", &[]).json(), json!([]));
    assert_eq!(control(&gateway, "/v1/healthcheck/routes/1", &[]).status, 404);
    assert!(!gateway.metrics().contains("upstream_status"));
    assert_eq!(a.probes(), 0);
}

#[test]
fn checks_that_cannot_be_sent_are_refused_by_name() {
    let gateway = Gateway::start();
    for (active, field) in [
        (json!({ "http_path": "/a b" }), "checks.active.http_path"),
        (json!({ "req_headers": ["A: b\r\nC: d"] }), "checks.active.req_headers[0]"),
    ] {
        let object = with(&["127.0.0.1:1".to_owned()], &json!({ "active": active }));
        let answer = gateway.call("PUT", "/upstreams/1", Some(&object));
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains(field), "{field}: {}", answer.text());
    }
}

#[test]
fn names_are_probed_at_every_address_they_have() {
    let gateway = Gateway::start();
    let patient = Patient::new();
    patient.says(500);
    // `localhost` is known without asking a name server.
    let node = format!("localhost:{}", patient.port());
    gateway.put("/routes/1", &route(with(&[node], &quick())));
    wait_state(&gateway, "routes/1", patient.port(), "unhealthy");
    let got = patient.upstream.last();
    assert_eq!(got.header("host"), Some("localhost"));
    let shown = control(&gateway, "/v1/healthcheck/routes/1", &[]).json();
    let nodes = shown["nodes"].as_array().unwrap();
    assert!(nodes.iter().all(|n| n["hostname"] == "localhost"), "{shown}");
    assert!(nodes.iter().any(|n| n["ip"] == "127.0.0.1"), "{shown}");
}
