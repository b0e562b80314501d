//! What `gatewayctl` learns from the live endpoints of a real gateway: where its listeners are, what runs when, what the journal
//! has, and what tables show beside the objects.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Output, Stdio};

use gateway_tests::dubbo::Provider;
use gateway_tests::grpc::{GrpcServer, Reflects};
use gateway_tests::{Client, Ctl, Gateway, Upstream, binary, free_port, wait_for};
use serde_json::{Value, json};

/// Runs it where nobody has said where the listeners beside the Admin API are.
fn unaware(ctl: &Ctl, line: &str) -> Output {
    let mut command = ctl.command(&line.split(' ').collect::<Vec<&str>>());
    for name in ["GATEWAYCTL_CONTROL_SERVER", "GATEWAYCTL_GATEWAY", "GATEWAYCTL_METRICS"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).output().expect("it ends")
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn ok(ctl: &Ctl, line: &str) -> String {
    ctl.ok(&line.split(' ').collect::<Vec<&str>>(), "")
}

#[test]
fn listeners_are_found_through_the_admin_api() {
    let upstream = Upstream::text("told");
    let gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/told", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let info = gateway.call("GET", "/live/info", None).json();
    let listeners: Vec<(&str, &str, &str)> = info["listeners"].as_array().unwrap().iter().map(listener).collect();
    let at = |addr: std::net::SocketAddr| addr.to_string();
    let expected = [
        ("proxy", at(gateway.proxy), "http"),
        ("admin", at(gateway.admin), "http"),
        ("control", at(gateway.control), "http"),
        ("status", at(gateway.status), "http"),
        ("metrics", at(gateway.metrics), "http"),
    ];
    for (name, addr, scheme) in &expected {
        assert!(listeners.contains(&(name, addr, scheme)), "{name}: {listeners:?}");
    }
    let ctl = Ctl::of(&gateway);
    let metrics = out(&unaware(&ctl, "metrics --raw"));
    assert!(metrics.contains("config_objects{"), "{metrics}");
    assert!(out(&unaware(&ctl, "test GET /told --expect-status 200")).contains("200"));
    let status = out(&unaware(&ctl, "status --check"));
    for (name, addr, _) in &expected {
        assert!(*name == "status" || status.contains(addr.as_str()), "{name}: {status}");
    }
    // Without a listener for metrics it says so, and does not look elsewhere.
    let quiet = Gateway::configured(json!({ "plugin_attr": { "prometheus": { "enable_export_server": false } } }));
    let output = unaware(&Ctl::of(&quiet), "metrics");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("has no metrics listener") && said.contains("enable_export_server"), "{said}");
    assert!(!out(&unaware(&Ctl::of(&quiet), "status --check")).contains("metrics"));
}

fn listener(of: &Value) -> (&str, &str, &str) {
    let text = |name: &str| of[name].as_str().unwrap();
    (text("name"), text("addr"), text("scheme"))
}

#[test]
fn plugins_by_phase() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let names = |phase: &str| ok(&ctl, &format!("plugins list --enabled --phase {phase} -o name"));
    assert!(names("access").contains("plugin/limit-count") && !names("access").contains("plugin/key-auth"));
    assert!(names("rewrite").contains("plugin/key-auth"));
    assert!(names("encode").contains("plugin/gzip") && names("log").contains("plugin/http-logger"));
    assert!(names("before_proxy").contains("plugin/proxy-mirror"));
    let all = gateway.call("GET", "/plugins?all=true&details=true", None).json();
    assert_eq!(all["cors"]["phases"], json!(["rewrite", "header_filter"]));
    // Whoever wants APISIX's own form gets no more than that.
    assert!(gateway.call("GET", "/plugins?all=true&details=false", None).json()["cors"].get("phases").is_none());
}

#[test]
fn tables_show_nodes_and_credentials() {
    let upstream = Upstream::text("told");
    let gateway = Gateway::start();
    let checks = json!({ "active": { "http_path": "/", "healthy": { "interval": 1, "successes": 1 },
                                     "unhealthy": { "interval": 1, "tcp_failures": 1, "http_failures": 1 } } });
    let nodes = json!({ (upstream.node()): 1, (format!("127.0.0.1:{}", free_port())): 1 });
    gateway.put("/upstreams/checked", &json!({ "nodes": nodes, "checks": checks }));
    gateway.put("/upstreams/plain", &json!({ "nodes": { "127.0.0.1:1": 1 } }));
    gateway.put("/routes/1", &json!({ "uri": "/", "upstream_id": "checked" }));
    gateway.put("/consumers", &json!({ "username": "bob" }));
    gateway.put("/consumers", &json!({ "username": "eve" }));
    gateway.put("/consumers/bob/credentials/a", &json!({ "plugins": { "key-auth": { "key": "bobs-first" } } }));
    gateway.put("/consumers/bob/credentials/b", &json!({ "plugins": { "key-auth": { "key": "bobs-second" } } }));
    let ctl = Ctl::of(&gateway);
    gateway.get("/");
    wait_for("a node to be found unhealthy", || {
        let rows = ok(&ctl, "get upstreams --columns ID,HEALTHY --no-headers --plain");
        (rows == "checked\t1/2\nplain\tunchecked\n").then_some(())
    });
    let rows = ok(&ctl, "get consumers --columns USERNAME,CREDENTIALS --no-headers --plain");
    assert_eq!(rows, "bob\tkey-auth:2\neve\t0\n");
    let told = gateway.call("GET", "/live/credentials", None);
    assert_eq!(told.json(), json!([{ "consumer": "bob", "total": 2, "kinds": { "key-auth": 2 } }]));
    assert!(!told.text().contains("bobs"));
    let health = ctl.run(&["health", "checked"], "");
    assert!(String::from_utf8_lossy(&health.stdout).contains("upstream/checked"), "{health:?}");
}

#[test]
fn the_journal_page_by_page_and_what_it_says_of_secrets() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    for n in 1..=5 {
        gateway.put("/routes/r", &json!({ "uri": format!("/{n}"), "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    }
    gateway.put("/consumers", &json!({ "username": "bob" }));
    let credential =
        |key: &str| gateway.put("/consumers/bob/credentials/c", &json!({ "plugins": { "key-auth": { "key": key } } }));
    credential("first-secret");
    credential("second-secret");
    credential("second-secret");
    let page = |query: &str| gateway.call("GET", &format!("/live/history?{query}"), None).json();
    let (mut before, mut seen) = (String::new(), Vec::new());
    loop {
        let told = page(&format!("limit=2{before}"));
        let revisions = told["changes"].as_array().unwrap().iter().map(|change| change["rev"].as_u64().unwrap());
        seen.extend(revisions);
        let Some(next) = told["next"].as_u64() else { break };
        assert_eq!(told["more"], true);
        before = format!("&before={next}");
    }
    assert_eq!(seen, (1..=9).rev().collect::<Vec<u64>>());
    assert_eq!(page("before=1")["changes"], json!([]));
    assert_eq!(gateway.call("GET", "/live/history?before=x", None).status, 400);

    // One label for an object, whoever tells of it; a secret that was replaced is told of, and not shown.
    let rows = ok(&ctl, "config history --all --no-headers --columns OBJECT --plain");
    assert_eq!(
        rows.lines().collect::<Vec<_>>()[..4],
        ["credential/bob/c"; 3].map(|c| c).into_iter().chain(["consumer/bob"]).collect::<Vec<_>>()[..]
    );
    let replaced = ok(&ctl, "config history 8");
    assert!(replaced.contains("credential/bob/c (revision 8)") && replaced.contains("(secret changed)"), "{replaced}");
    let same = ctl.run(&["config", "history", "9"], "");
    assert!(String::from_utf8_lossy(&same.stderr).contains("nothing differs"), "{same:?}");
    let events = ok(&ctl, "events --id bob/c --diff");
    assert_eq!(events.matches("(secret changed)").count(), 1, "{events}");
    assert!(events.contains("credential/bob/c"), "{events}");
    for text in [&replaced, &events, &page("limit=9").to_string()] {
        assert!(!text.contains("first-secret") && !text.contains("second-secret"), "{text}");
    }
}

#[test]
fn a_second_gateway_goes_on_without_a_status_server_that_nobody_asked_for() {
    // Where another process has it already, that is as good.
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 7085));
    let dir = tempfile::tempdir().unwrap();
    let (proxy, admin) = (free_port(), free_port());
    let start = |status: Value| {
        let config = json!({
            "apisix": { "node_listen": proxy, "enable_control": false, "status": status },
            "gateway": { "data_dir": dir.path().join("data") },
            "deployment": { "admin": { "admin_key": [{ "name": "admin", "key": "second-of-this-machine", "role": "admin" }],
                                       "admin_listen": { "ip": "127.0.0.1", "port": admin } } },
            "plugin_attr": { "prometheus": { "enable_export_server": false } },
        });
        let file = dir.path().join("config.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let errors = std::fs::File::create(dir.path().join("stderr")).unwrap();
        let mut command = Command::new(binary("gateway"));
        command.arg("--config").arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn().unwrap()
    };
    let said = || std::fs::read_to_string(dir.path().join("stderr")).unwrap();
    let mut child = start(Value::Null);
    wait_for("it to say where it is", || said().contains("Admin API http://").then_some(()));
    let warnings: Vec<String> =
        said().lines().filter(|line| line.starts_with("warning: ")).map(str::to_owned).collect();
    assert!(
        warnings.iter().any(|line| line.contains("127.0.0.1:7085 is in use") && line.contains("apisix.status: false")),
        "{}",
        said()
    );
    child.kill().unwrap();
    child.wait().unwrap();

    // An address that is set is one that somebody counts on.
    let mut child = start(json!({ "port": 7085 }));
    assert!(!child.wait().unwrap().success());
    let line =
        said().lines().find(|line| line.contains("apisix.status: cannot listen on 127.0.0.1:7085")).map(str::to_owned);
    let line = line.unwrap_or_else(|| panic!("{}", said()));
    assert!(line.contains("another port") && line.contains("apisix.status: false"), "{line}");
}

#[test]
fn a_call_by_hand_is_written_down_whether_its_client_waits_or_leaves() {
    let gateway = Gateway::start();
    // It takes calls and never answers.
    let provider = Provider::new(|_, _| true);
    let upstream = json!({ "scheme": "dubbo", "type": "roundrobin", "nodes": { (provider.node()): 1 } });
    gateway.put("/routes/1", &json!({ "uri": "/org.acme.Greeter/*", "upstream": upstream }));
    let server = GrpcServer::start();
    server.reflect(Reflects::V1);
    gateway.put(
        "/routes/2",
        &json!({ "uri": "/test.Echo/*", "upstream": { "scheme": "grpc", "nodes": { (server.node()): 1 } } }),
    );
    let leave = |path: &str, accept: &str, body: Value, under_way: &dyn Fn() -> bool| {
        let client = Client::connect(gateway.admin);
        let (key, body) = (gateway.key(), body.to_string());
        let length = body.len();
        let head = format!(
            "POST /apisix/admin{path} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {key}\r\nAccept: {accept}\r\nContent-Length: {length}"
        );
        write!(client.socket(), "{head}\r\n\r\n{body}").unwrap();
        wait_for("the call to be under way", || under_way().then_some(()));
    };
    // One answer is made to its end, whoever waits for it; a stream ends with its reader.
    let dubbo = json!({ "interface": "org.acme.Greeter", "method": "sayHello", "args": ["w"], "types": ["java.lang.String"], "timeout_ms": 500 });
    leave("/live/dubbo/invoke", "application/json", dubbo, &|| !provider.got().is_empty());
    let grpc = json!({ "service": "test.Echo", "method": "Hang", "timeout_ms": 60_000 });
    leave("/live/grpc/invoke", "application/x-ndjson", grpc, &|| {
        server.called().iter().any(|call| call.path == "/test.Echo/Hang")
    });
    for (what, outcome) in
        [("a Dubbo service was called by hand", "failed"), ("a gRPC service was called by hand", "left")]
    {
        let line = || gateway.stderr().lines().find(|line| line.contains(what)).map(str::to_owned);
        let line = wait_for("an audit line", line);
        assert!(line.contains(&format!("outcome=\"{outcome}\"")) && line.contains("who=\"admin\""), "{line}");
    }
}
