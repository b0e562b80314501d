//! The terminal UI on a terminal, in front of a gateway with traffic of every protocol: what is typed, and what is then to be seen.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gateway_tests::dubbo::{Call, Peer, Provider, answer, value};
use gateway_tests::frames::H2;
use gateway_tests::grpc::{GrpcClient, GrpcServer, Manners, Reflects};
use gateway_tests::terminal::Terminal;
use gateway_tests::{Client, Ctl, Gateway, Upstream, WebSocket, first, free_port, wait_for, ws_echo};
use serde_json::{Value, json};

/// A gateway, what is behind it, and who asks it.
struct Scene {
    gateway: Gateway,
    ctl: Ctl,
    upstream: Upstream,
    grpc: GrpcServer,
    provider: Provider,
    over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
    files: tempfile::TempDir,
    _echo: Upstream,
}

impl Scene {
    fn open() -> Scene {
        let (upstream, echo) = (Upstream::text("hello"), ws_echo());
        let grpc = GrpcServer::with(Manners::default());
        grpc.reflect(Reflects::V1);
        let provider = Provider::new(|got, stream| stream.write_all(&answer(got, 20, value("yes"))).is_ok());
        let dubbo = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let listen = json!([{ "ip": "127.0.0.1", "port": dubbo.port() }]);
        let gateway = Gateway::configured(json!({
            "gateway": { "dubbo": { "listen": listen } },
            "discovery": { "nacos": { "host": ["http://127.0.0.1:1"], "grpc": false } },
        }));
        objects(&gateway, &upstream.node(), &echo.node(), &grpc.node(), &provider.node());
        let ctl = Ctl::of(&gateway);
        let over = Arc::new(AtomicBool::new(false));
        let clients = clients(gateway.proxy, dubbo, &over);
        let files = tempfile::tempdir().unwrap();
        Scene { gateway, ctl, upstream, grpc, provider, over, clients, files, _echo: echo }
    }

    /// An editor that does this to the file `$1`.
    fn editor(&self, script: &str) -> PathBuf {
        let path = self.files.path().join("editor");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    fn ui(&self, arguments: &[&str]) -> Command {
        self.ctl.command(&[&["ui"], arguments].concat())
    }

    fn stored(&self, path: &str) -> Value {
        self.gateway.call("GET", path, None).json()["value"].clone()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        for client in self.clients.drain(..) {
            let ended = client.join();
            assert!(ended.is_ok() || std::thread::panicking(), "a client did not get its answers");
        }
    }
}

fn objects(gateway: &Gateway, node: &str, echo: &str, grpc: &str, dubbo: &str) {
    let to = |node: &str, scheme: &str| json!({ "type": "roundrobin", "scheme": scheme, "nodes": { (node): 1 } });
    gateway.put("/upstreams/backend", &to(node, "http"));
    gateway.put("/upstreams/greeters", &to(grpc, "grpc"));
    gateway.put("/upstreams/stock", &to(dubbo, "dubbo"));
    gateway.put("/services/shop", &json!({ "name": "the-shop", "upstream_id": "backend" }));
    gateway.put(
        "/consumer_groups/gold",
        &json!({ "plugins": { "limit-req": { "rate": 9999, "burst": 9999, "key": "remote_addr" } } }),
    );
    gateway.put(
        "/consumers",
        &json!({ "username": "jane", "group_id": "gold", "plugins": { "key-auth": { "key": "janes-key" } } }),
    );
    gateway.put("/plugin_configs/common", &json!({ "plugins": { "request-id": {} } }));
    gateway.put("/plugin_metadata/file-logger", &json!({ "log_format": { "host": "$host" } }));
    gateway.put("/protos/tour", &json!({ "content": "syntax = \"proto3\"; package tour; message P {} service Guide { rpc Lead (P) returns (P); }" }));
    gateway.put("/global_rules/everywhere", &json!({ "plugins": { "prometheus": {} } }));
    let vault = json!({ "uri": "http://127.0.0.1:1", "prefix": "kv/gw", "token": "t" });
    gateway.put("/secrets/vault/one", &vault);
    let certs = format!("{}/tests/certificates", env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(format!("{certs}/{name}")).unwrap();
    gateway.put("/ssls/one", &json!({ "sni": "one.test", "cert": read("one.pem"), "key": read("one.key") }));
    let keyed = json!({ "key-auth": {}, "proxy-rewrite": { "headers": { "set": { "x-shop": "1" } } } });
    gateway.put("/routes/web", &json!({ "name": "web", "uri": "/web/*", "service_id": "shop", "plugins": keyed, "plugin_config_id": "common" }));
    gateway.put("/routes/two", &json!({ "name": "two", "uri": "/two/*", "upstream_id": "backend" }));
    gateway.put("/routes/lost", &json!({ "name": "lost", "uri": "/lost", "upstream": to("127.0.0.1:1", "http") }));
    gateway.put("/routes/calls", &json!({ "name": "calls", "uri": "/test.Echo/*", "upstream_id": "greeters" }));
    gateway.put(
        "/routes/chat",
        &json!({ "name": "chat", "uri": "/chat", "enable_websocket": true, "upstream": to(echo, "http") }),
    );
    gateway.put("/routes/orders", &json!({ "name": "orders", "uri": "/acme.Orders/*", "upstream_id": "stock" }));
}

/// Asks over every protocol, again and again.
fn clients(proxy: SocketAddr, dubbo: SocketAddr, over: &Arc<AtomicBool>) -> Vec<JoinHandle<()>> {
    let again = |mut act: Box<dyn FnMut() + Send>| {
        let over = Arc::clone(over);
        std::thread::spawn(move || {
            while !over.load(Ordering::Acquire) {
                act();
                std::thread::sleep(Duration::from_millis(20));
            }
        })
    };
    let fields = [("Host", "shop.example"), ("apikey", "janes-key"), ("Connection", "close")];
    let mut turn = 0;
    let mut h2 = H2::connect(proxy);
    let mut grpc = GrpcClient::connect(proxy);
    let mut peer = Peer::connect(dubbo);
    vec![
        again(Box::new(move || {
            assert_eq!(Client::connect(proxy).request("GET", "/web/7?x=1", &fields, b"").status, 200);
            turn += 1;
            if turn % 20 == 1 {
                assert_eq!(Client::connect(proxy).request("GET", "/lost", &fields, b"").status, 502);
            }
        })),
        again(Box::new(move || {
            if !h2.goaways.is_empty() {
                h2 = H2::connect(proxy);
            }
            assert_eq!(h2.ask("/two/8").status, 200);
        })),
        again(Box::new(move || {
            if grpc.call("/test.Echo/Unary", &[], &[b"hi"]).grpc() != Some("0") {
                grpc = GrpcClient::connect(proxy);
            }
        })),
        again(Box::new(move || {
            let mut socket = WebSocket::open(proxy, "/chat");
            socket.send(first::TEXT, b"hello");
            assert_eq!(socket.next(), Some((first::TEXT, b"hello".to_vec())));
            std::thread::sleep(Duration::from_millis(300));
            socket.send(first::CLOSE, &1000_u16.to_be_bytes());
            socket.next();
        })),
        again(Box::new(move || {
            assert!(peer.call(&Call::new("acme.Orders", "find", "7")).says("yes"));
        })),
    ]
}

/// The number behind a word, in the first line that has it.
fn number(text: &str, word: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.split_once(word).map(|(_, rest)| rest))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn every_screen_shows_what_goes_on() {
    let scene = Scene::open();
    let mut ui = Terminal::start(&scene.ui(&[]), 170, 50);
    ui.shows(&["Requests/s", "Top routes", "● live 1s"]);
    let words = ["http1", "http2", "grpc", "websocket", "dubbo"];
    ui.until("requests of every protocol", |text| words.iter().all(|word| number(text, word).is_some_and(|n| n > 0.0)));
    ui.shows(&["h1 ", "h2 ", "ws ", "web", "two", "calls", "chat", "orders", "upstream/greeters created", "rev "]);

    let (node, grpc, dubbo) = (scene.upstream.node(), scene.grpc.node(), scene.provider.node());
    let screens: &[(&str, &[&str])] = &[
        ("2", &["routes (6)", "web", "/web/*", "/test.Echo/*", "greeters 1 ?", "orders", "enabled"]),
        (":routes web\r", &["match   * * /web/*", "key-auth 2500", "proxy-rewrite 1008", "(plugin config common)"]),
        ("3", &["backend", "greeters", "stock", "the-shop", &node, &grpc, &dubbo]),
        ("4", &["consumers (1)", "jane", "gold", "key-auth"]),
        ("5", &["certs (1)", "one.test", "good"]),
        ("6", &["plugins (", "key-auth", "proxy-rewrite", "limit-req"]),
        (":plugins prometheus\r", &["rule everywhere", "1 global-rule"]),
        ("7", &["/web/7?x=1", "/two/8", "/test.Echo/Unary", "h1", "h2", "grpc", "dubbo", &node, "jane"]),
        ("8", &["acme.Orders", "test.Echo", "Unary", &dubbo]),
        ("9", &["discovery (1)  1 not connected", "nacos", "retrying"]),
        ("0", &["route/orders", "created", "upstream/stock", "admin", "+name: orders"]),
        ("L", &["Gateway log", "following", "INFO", "audit"]),
        (":global-rules\r", &["everywhere", "prometheus"]),
        (":plugin-configs\r", &["common", "request-id"]),
        (":consumer-groups\r", &["gold", "limit-req"]),
        (":plugin-metadata\r", &["file-logger"]),
        (":protos\r", &["tour"]),
        (":secrets\r", &["vault/one", "kv/gw"]),
        (":stream-routes\r", &["stream-routes"]),
        (":tree\r", &["route/web", "service/shop", "upstream/backend"]),
        (":explain\r", &["nothing was asked yet"]),
        (":stat\r", &["by route", "web", "two", "100.00"]),
        (":metrics\r", &["http_status", "code=200"]),
        (":messages\r", &["messages"]),
        (":contexts\r", &["no contexts"]),
    ];
    let mut failed = String::new();
    for (keys, facts) in screens {
        ui.keys(keys);
        let missing = ui.lacks(facts, Duration::from_secs(10));
        if !missing.is_empty() {
            failed.push_str(&format!("{missing:?} are not shown after {keys:?}:\n{}\n", ui.text()));
        }
    }
    assert!(failed.is_empty(), "{failed}");
    // Numbers move: the rate of a route, of a consumer, of a node.
    for (keys, row) in [("2", "web "), ("4", "jane ")] {
        ui.keys(keys);
        ui.until("a rate", |text| {
            let line = text.lines().find(|line| line.trim_start_matches(['▸', ' ']).starts_with(row));
            line.is_some_and(|line| line.split_whitespace().any(|word| word.parse::<f64>().is_ok_and(|n| n > 1.0)))
        });
    }
    // A click on a tab, and what is copied.
    let tab = |name: &str| ui.text().lines().nth(1).and_then(|line| line.find(name)).unwrap() + 2;
    let column = tab("3 Upstreams");
    ui.keys(&format!("\x1b[<0;{column};2M\x1b[<0;{column};2m"));
    ui.shows(&["upstreams (", "greeters"]);
    ui.keys(":routes web\r");
    ui.shows(&["▸web"]);
    ui.keys("c");
    ui.shows(&["✓ id copied"]);
    assert_eq!(ui.asked(|asked| asked.copied.clone()), ["d2Vi"]);
    ui.keys("q");
    assert!(ui.end().success());
    assert_eq!(ui.left_behind(), Vec::<&str>::new());
    assert_eq!(ui.asked(|asked| (asked.titles.len(), asked.bells, asked.unknown.clone())), (0, 0, Vec::new()));
}

#[test]
fn a_route_is_edited_rolled_back_tapped_and_explained() {
    let scene = Scene::open();
    let editor = scene.editor("sed -i '/^priority:/d' \"$1\"; echo 'priority: 7' >> \"$1\"");
    let mut command = scene.ui(&["--screen", "routes"]);
    command.env("EDITOR", editor);
    let mut ui = Terminal::start(&command, 140, 40);
    ui.shows(&["/two/*", "routes (6)"]);
    // The route is found, edited, and is changed on the screen and on the server.
    let before = scene.stored("/routes/two")["priority"].clone();
    ui.keys(":routes two\r");
    ui.shows(&["match   * * /two/*   priority 0"]);
    ui.keys("e");
    ui.shows(&["match   * * /two/*   priority 7", "✓ route/two configured"]);
    assert_eq!(scene.stored("/routes/two")["priority"], 7);

    // The change is the newest one; it is rolled back after it was shown.
    ui.keys("0");
    ui.shows(&["route/two", "updated", "+priority: 7"]);
    ui.keys("B");
    ui.shows(&["Back to revision", "this and everything later is undone", "update route/two"]);
    assert_eq!(scene.stored("/routes/two")["priority"], 7);
    ui.keys("y");
    ui.shows(&["✓ back to revision"]);
    assert_eq!(scene.stored("/routes/two")["priority"], before);
    ui.keys(":routes two\r");
    ui.shows(&["match   * * /two/*   priority 0"]);

    // Its requests come, and one of them is explained.
    ui.keys("t");
    let text = ui.shows(&["traffic  route=two", "/two/8", "200", "h2", "request "]);
    assert!(!text.contains("/web/7"), "{text}");
    ui.keys("p");
    ui.keys("x");
    ui.shows(&["explain", "/two/8", "two", "backend", &scene.upstream.node()]);
    // Back, to another route with plugins.
    ui.keys(":traffic /route=web\r");
    ui.shows(&["/web/7?x=1", "jane"]);
    ui.keys("x");
    ui.shows(&["/web/7?x=1", "key-auth", "proxy-rewrite", "*** stands for a secret"]);
    ui.keys("\x03");
    assert!(ui.end().success());
    assert_eq!(ui.left_behind(), Vec::<&str>::new());
    wait_for("the tap to end", || {
        let live = scene.gateway.call("GET", "/live", None).json();
        (live["readers"]["tap"].as_u64().unwrap_or_default() == 0).then_some(())
    });
}
