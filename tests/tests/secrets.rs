//! References to secrets: they are resolved when an object is compiled, a change of a secret changes the objects that hold it and no
//! others, and what cannot be resolved lets nobody in. Vault is a recorder here, which can be made slow, wrong and absent; the real one
//! is asked by `tests/peers/run`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use gateway_tests::{Gateway, Options, Tls, Upstream, free_port, wait_for};
use serde_json::{Value, json};

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("certificates/", $name))
    };
}

/// What Vault holds: members by path below `/v1/`.
type Held = Arc<Mutex<HashMap<String, Value>>>;

/// A recorder in the place of Vault.
struct Vault {
    server: Upstream,
    held: Held,
    /// It answers nothing while this is set.
    silent: Arc<AtomicBool>,
}

impl Vault {
    fn start() -> Vault {
        let (held, silent) = (Held::default(), Arc::<AtomicBool>::default());
        let (all, waits) = (Arc::clone(&held), Arc::clone(&silent));
        let server = Upstream::new(move |got, stream| {
            while waits.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            let path = got.line.split(' ').nth(1).unwrap().trim_start_matches("/v1/").to_owned();
            let found = all.lock().unwrap().get(&path).cloned();
            let (status, body) = match (got.header("x-vault-token"), found) {
                (Some("right"), Some(members)) => (200, json!({ "data": members })),
                (Some("right"), None) => (404, json!({ "errors": [] })),
                _ => (403, json!({ "errors": ["permission denied"] })),
            };
            let body = body.to_string();
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len()).is_ok()
        });
        Vault { server, held, silent }
    }

    fn set(&self, path: &str, members: Value) {
        self.held.lock().unwrap().insert(path.to_owned(), members);
    }

    fn object(&self, token: &str) -> Value {
        json!({ "uri": format!("http://{}", self.server.addr), "prefix": "kv", "token": token })
    }
}

struct Scene {
    gateway: Gateway,
    upstream: Upstream,
    vault: Vault,
    https: SocketAddr,
}

impl Scene {
    /// Secrets are asked for again every second.
    fn start() -> Scene {
        let https = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let config = json!({ "apisix": {
            "lru": { "secret": { "ttl": 1, "neg_ttl": 1 } },
            "ssl": { "listen": [{ "ip": "127.0.0.1", "port": https.port() }] },
        } });
        let env = [
            ("VAULT_TOKEN", "right"),
            ("SECRET_HEADER", "from the environment"),
            ("SECRET_JSON", r#"{"user": "jane", "key": "janes-key"}"#),
            ("SECRET_CERT", pem!("one.pem")),
            ("SECRET_KEY", pem!("one.key")),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let gateway = Gateway::with(Options { config: Some(config), env, ..Options::default() });
        Scene { gateway, upstream: Upstream::text("hello"), vault: Vault::start(), https }
    }

    fn route(&self, id: &str, uri: &str, plugins: &Value) {
        let object = json!({ "uri": uri, "plugins": plugins, "upstream": { "nodes": { (self.upstream.node()): 1 } } });
        self.gateway.put(&format!("/routes/{id}"), &object);
    }

    /// The header `X-Secret` that the upstream gets at `uri`.
    fn sent(&self, uri: &str) -> String {
        let answer = self.gateway.get(uri);
        assert_eq!(answer.status, 200, "{}", answer.text());
        // Others may ask at the same time.
        let got = self.upstream.received();
        let mine = got.iter().rev().find(|got| got.line.split(' ').nth(1) == Some(uri)).expect("it was asked");
        mine.header("X-Secret").unwrap_or_default().to_owned()
    }

    fn with_key(&self, key: &str) -> u16 {
        self.gateway.get_with("/auth", &[("apikey", key)]).status
    }
}

fn header(reference: &str) -> Value {
    json!({ "proxy-rewrite": { "headers": { "set": { "X-Secret": reference } } } })
}

fn key(reference: &str) -> Value {
    json!({ "key-auth": { "key": reference } })
}

#[test]
fn without_its_key_csrf_refuses_and_without_its_server_a_logger_is_left_out() {
    let scene = Scene::start();
    let nobody = "$env://NOBODY_SETS_THIS";
    scene.route("1", "/csrf", &json!({ "csrf": { "key": nobody } }));
    scene.route("2", "/logged", &json!({ "http-logger": { "uri": nobody } }));
    scene.route("3", "/csrf-too", &json!({ "csrf": { "key": "$env://SECRET_HEADER" } }));
    let answer = scene.gateway.get("/csrf");
    assert_eq!((answer.status, answer.header("Set-Cookie")), (503, None), "no token is signed with a reference");
    assert_eq!(scene.gateway.get("/logged").text(), "hello");
    assert!(scene.gateway.get("/csrf-too").header("Set-Cookie").is_some());
}

#[test]
fn the_environment_stands_in_plugins_consumers_and_certificates() {
    let scene = Scene::start();
    scene.route("1", "/a", &header("$env://SECRET_HEADER"));
    assert_eq!(scene.sent("/a"), "from the environment");
    scene.route("1", "/a", &header("$ENV://SECRET_JSON/user"));
    assert_eq!(scene.sent("/a"), "jane");
    // What is shown is the reference.
    let shown = scene.gateway.call("GET", "/routes/1", None).text();
    assert!(shown.contains("$ENV://SECRET_JSON/user") && !shown.contains("jane"), "{shown}");
    // The text of a reference is no credential there, and stays. The value of a header may name variables, and `env` is none.
    scene.route("1", "/a", &header("$env://NOT_SET"));
    assert_eq!(scene.sent("/a"), "://NOT_SET");
    // What the value cannot be is refused as if it stood there.
    let wrong = json!({ "uri": "/b", "plugins": { "proxy-rewrite": { "method": "$env://SECRET_HEADER" } } });
    let answer = scene.gateway.call("PUT", "/routes/2", Some(&wrong));
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(
        answer.text().contains("proxy-rewrite") && !answer.text().contains("from the environment"),
        "{}",
        answer.text()
    );

    scene.route("auth", "/auth", &json!({ "key-auth": {} }));
    scene.gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": key("$env://SECRET_JSON/key") }));
    assert_eq!(scene.with_key("janes-key"), 200);
    assert_eq!(scene.with_key("$env://SECRET_JSON/key"), 401);
    scene.gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": key("$env://NOT_SET") }));
    assert_eq!((scene.with_key("janes-key"), scene.with_key("$env://NOT_SET")), (401, 401), "fails closed");
    scene.gateway.put("/consumers/jane/credentials/1", &json!({ "plugins": key("$env://SECRET_HEADER") }));
    assert_eq!(scene.with_key("from the environment"), 200);

    let ssl = json!({ "sni": "one.test", "cert": "$env://SECRET_CERT", "key": "$env://SECRET_KEY" });
    scene.gateway.put("/ssls/1", &ssl);
    assert_eq!(Tls::new().connect(scene.https, Some("one.test")).unwrap().request("GET", "/a", &[], b"").status, 200);
    let log = scene.gateway.stderr();
    assert!(!log.contains("janes-key") && !log.contains("from the environment"), "{log}");
}

#[test]
fn a_request_waits_for_the_first_answer_and_a_change_reaches_those_who_hold_the_secret() {
    let scene = Scene::start();
    scene.vault.set("kv/app", json!({ "a": "one", "b": "other" }));
    scene.gateway.put("/secrets/vault/1", &scene.vault.object("$ENV://VAULT_TOKEN"));
    scene.vault.silent.store(true, Ordering::Release);
    scene.route("1", "/a", &header("$secret://vault/1/app/a"));
    scene.route("2", "/b", &json!({}));
    scene.route("auth", "/auth", &json!({ "key-auth": {} }));
    scene.gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": key("$secret://vault/1/app/b") }));
    std::thread::scope(|scope| {
        let waiting = [scope.spawn(|| scene.sent("/a")), scope.spawn(|| scene.with_key("other").to_string())];
        assert_eq!(scene.gateway.get("/b").status, 200, "who needs no secret waits for none");
        wait_for("both to be asked for", || (scene.vault.server.received().len() >= 2).then_some(()));
        assert!(waiting.iter().all(|one| !one.is_finished()));
        scene.vault.silent.store(false, Ordering::Release);
        assert_eq!(waiting.map(|one| one.join().unwrap()), ["one", "200"]);
    });

    scene.vault.set("kv/app", json!({ "a": "two", "b": "rotated" }));
    wait_for("the new value", || (scene.sent("/a") == "two").then_some(()));
    wait_for("the new key", || (scene.with_key("rotated") == 200).then_some(()));
    assert_eq!(scene.with_key("other"), 401);

    // Vault says there is none: gone.
    scene.vault.set("kv/app", json!({ "a": "two" }));
    wait_for("the key to go", || (scene.with_key("rotated") == 401).then_some(()));
    assert_eq!(scene.with_key("$secret://vault/1/app/b"), 401);
    assert_eq!(scene.sent("/a"), "two");

    // Editing the manager's object counts at once: the next request waits for an answer under the new one.
    scene.vault.set("kv/app", json!({ "a": "three" }));
    scene.gateway.put("/secrets/vault/1", &scene.vault.object("right"));
    assert_eq!(scene.sent("/a"), "three");
    scene.gateway.put("/secrets/vault/1", &scene.vault.object("wrong"));
    assert_eq!(scene.sent("/a"), "://vault/1/app/a", "its text, in which `secret` is no variable");
    wait_for("the reason", || scene.gateway.stderr().contains("permission denied").then_some(()));
    assert!(!scene.gateway.stderr().contains("rotated"));

    // A restart asks anew.
    scene.gateway.put("/secrets/vault/1", &scene.vault.object("right"));
    let mut scene = scene;
    scene.gateway.crash_and_restart();
    assert_eq!(scene.sent("/a"), "three");
}

#[test]
fn a_manager_that_is_gone_takes_nothing_with_it() {
    let scene = Scene::start();
    scene.vault.set("kv/app", json!({ "key": "the-key" }));
    scene.gateway.put("/secrets/vault/1", &scene.vault.object("right"));
    scene.route("auth", "/auth", &json!({ "key-auth": {} }));
    scene.gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": key("$secret://vault/1/app/key") }));
    assert_eq!(scene.with_key("the-key"), 200);
    let gone = json!({ "uri": format!("http://127.0.0.1:{}", free_port()), "prefix": "kv", "token": "right" });
    let asked = scene.vault.server.received().len();
    scene.vault.silent.store(true, Ordering::Release);
    wait_for("it to be asked again", || (scene.vault.server.received().len() > asked).then_some(()));
    wait_for("the error", || scene.gateway.stderr().contains("its last value stays in use").then_some(()));
    assert_eq!(scene.with_key("the-key"), 200, "the last value stays");
    scene.vault.silent.store(false, Ordering::Release);
    // A manager that never answered has no last value.
    scene.gateway.put("/secrets/vault/1", &gone);
    assert_eq!(scene.with_key("the-key"), 401);
}

#[test]
fn names_of_a_certificate_without_its_secret_are_served_by_no_other() {
    let scene = Scene::start();
    let (one, two) = ((pem!("one.pem"), pem!("one.key")), (pem!("two.pem"), pem!("two.key")));
    scene.vault.set("kv/tls", json!({ "cert": one.0, "key": one.1, "ca": pem!("ca.pem") }));
    scene.route("1", "/a", &json!({}));
    scene.gateway.put("/ssls/wide", &json!({ "sni": "*.test", "cert": two.0, "key": two.1 }));
    let asking = json!({ "sni": "one.test", "cert": "$secret://vault/1/tls/cert", "key": "$secret://vault/1/tls/key",
        "client": { "ca": "$secret://vault/1/tls/ca" } });
    scene.gateway.put("/ssls/asking", &asking);
    let connect = |name: &str| Tls::new().connect(scene.https, Some(name));
    assert!(connect("one.test").is_err(), "there is no manager: not served, not by the wide one either");
    let mut other = connect("other.test").unwrap();
    assert_eq!(other.request("GET", "/a", &[("Host", "other.test")], b"").status, 200);
    assert_eq!(other.request("GET", "/a", &[("Host", "one.test")], b"").status, 421);
    scene.gateway.put("/secrets/vault/1", &scene.vault.object("right"));
    let client = Tls::showing(pem!("client.pem"), pem!("client.key"));
    let mut known = client.connect(scene.https, Some("one.test")).unwrap();
    assert_eq!(known.request("GET", "/a", &[("Host", "one.test")], b"").status, 200);
    assert!(
        connect("one.test")
            .and_then(|mut stranger| {
                stranger.write("GET /a HTTP/1.1\r\nHost: one.test\r\n\r\n");
                if stranger.closed() { Err("closed".to_owned()) } else { Ok(()) }
            })
            .is_err()
    );
    // A pair that does not fit together replaces nothing.
    scene.vault.set("kv/tls", json!({ "cert": two.0, "key": one.1, "ca": pem!("ca.pem") }));
    wait_for("the complaint", || scene.gateway.stderr().contains("it stays as it was").then_some(()));
    assert!(client.connect(scene.https, Some("one.test")).is_ok());
}

#[test]
fn the_certificate_for_an_upstream_comes_from_the_environment() {
    let scene = Scene::start();
    let tls = json!({ "client_cert": "$env://SECRET_CERT", "client_key": "$env://NOT_SET" });
    let upstream = json!({ "scheme": "https", "tls": tls, "nodes": { "127.0.0.1:1": 1 } });
    scene.gateway.put("/upstreams/1", &upstream);
    scene.gateway.put("/routes/1", &json!({ "uri": "/a", "upstream_id": "1" }));
    assert_eq!(scene.gateway.get("/a").status, 502);
    wait_for("the reason", || scene.gateway.stderr().contains("leads nowhere").then_some(()));
}
