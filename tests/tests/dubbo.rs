//! Dubbo2 through the gateway: what passes untouched, what routes and plugins see of a call, how refusals look to a consumer, and
//! what becomes of peers that misbehave.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dubbo {
    mod changed;
    mod documented;
    mod strangers;
    mod tls;
    mod twice;
}

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use gateway_tests::dubbo::{Call, Frame, Peer, Provider, answer, flag, int, text, value};
use gateway_tests::{Gateway, free_port, send, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};

const SERVICE: &str = "acme.Orders";

/// A gateway with a Dubbo listener.
struct Scene {
    gateway: Gateway,
    addr: SocketAddr,
}

impl Scene {
    fn new() -> Scene {
        Scene::configured(json!({}), json!({}))
    }

    /// `listen` is merged over the listener, `limits` stand under `gateway.limits`.
    fn configured(listen: Value, limits: Value) -> Scene {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut listener = json!({ "ip": "127.0.0.1", "port": addr.port() });
        for (key, value) in listen.as_object().unwrap() {
            listener[key] = value.clone();
        }
        let config = json!({ "gateway": { "dubbo": { "listen": [listener] }, "limits": limits } });
        Scene { gateway: Gateway::configured(config), addr }
    }

    /// Puts a route of everything to these nodes, with `more` on it.
    fn route(&self, nodes: &[&str], more: Value) {
        self.route_as("1", "/*", nodes, more);
    }

    fn route_as(&self, id: &str, uri: &str, nodes: &[&str], more: Value) {
        let nodes: Value =
            nodes.iter().map(|node| ((*node).to_owned(), json!(1))).collect::<serde_json::Map<_, _>>().into();
        let mut route = json!({ "uri": uri, "upstream": { "type": "roundrobin", "scheme": "dubbo", "nodes": nodes } });
        merge(&mut route, &more);
        self.gateway.put(&format!("/routes/{id}"), &route);
    }

    fn peer(&self) -> Peer {
        Peer::connect(self.addr)
    }

    /// The answer to a call on a connection of its own.
    fn call(&self, call: &Call) -> Frame {
        self.peer().call(call)
    }
}

fn merge(into: &mut Value, more: &Value) {
    for (key, value) in more.as_object().unwrap() {
        match into.get_mut(key) {
            Some(old) if old.is_object() && value.is_object() => merge(old, value),
            _ => into[key] = value.clone(),
        }
    }
}

fn hello() -> Call {
    Call::new(SERVICE, "hello", "w")
}

#[track_caller]
fn is_value(answer: &Frame, expected: &str) {
    assert_eq!((answer.flags, answer.status), (flag::ANSWER, 20), "{answer:?}");
    assert_eq!(answer.body, value(expected));
}

/// An `RpcException` of this code, with a message.
#[track_caller]
fn is_exception(answer: &Frame, code: u8, message: &str) {
    assert_eq!((answer.flags, answer.status), (flag::ANSWER, 20), "{answer:?}");
    assert_eq!(answer.body.first(), Some(&0x93), "{answer:?}");
    assert!(answer.says("org.apache.dubbo.rpc.RpcException") && answer.says(message), "{answer:?}");
    let written = [&text(message)[..], &[0x90 + code]].concat();
    assert!(answer.body.windows(written.len()).any(|window| window == written), "code {code}: {answer:?}");
}

#[test]
fn bodies_pass_byte_for_byte_and_ids_come_back() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    scene.route(&[&provider.node()], json!({}));
    let mut peer = scene.peer();
    for id in [1, 0, -1, i64::MIN, i64::MAX] {
        let call = hello().with("userId", "u 7").with("timeout", "3000").with("odd name", "\u{7}");
        peer.send_call(id, &call);
        let answer = peer.frame();
        assert_eq!(answer.id, id);
        is_value(&answer, "p hello");
        assert_eq!(provider.last().frame.body, call.body());
        assert_eq!(provider.last().frame.flags, flag::CALL);
    }
    // Long ones, and bodies in another serialization.
    let long = Call::new(SERVICE, "hello", &"x".repeat(900)).with("trace", &"t".repeat(900));
    is_value(&peer.call(&long), "p hello");
    assert_eq!(provider.last().frame.body, long.body());
    let log = wait_for("the access log", || Some(scene.gateway.access_log()).filter(|log| log.lines().count() == 6));
    assert!(log.lines().all(|line| line.contains("\"POST /acme.Orders/hello DUBBO/2.0\" 200")), "{log}");
}

#[test]
fn many_calls_share_a_connection_and_are_answered_in_any_order() {
    let scene = Scene::new();
    let provider = Provider::new(|got, stream| {
        let (method, mut out) = (got.method().to_owned(), stream.try_clone().unwrap());
        let done = answer(got, 20, value(&method));
        // Later ones are faster.
        let wait = if method.ends_with('0') { 60 } else { 5 };
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(wait));
            out.write_all(&done)
        });
        true
    });
    scene.route(&[&provider.node()], json!({}));
    let mut peers = [scene.peer(), scene.peer(), scene.peer()];
    for peer in &mut peers {
        let frames = (0..100).map(|id| {
            let call = Call::new(SERVICE, &format!("m{id}"), "x");
            Frame { flags: flag::CALL, status: 0, id, body: call.body() }.bytes()
        });
        peer.send(&frames.collect::<Vec<_>>().concat());
    }
    for peer in &mut peers {
        let mut seen: Vec<i64> = Vec::new();
        for _ in 0..100 {
            let answer = peer.frame();
            is_value(&answer, &format!("m{}", answer.id));
            seen.push(answer.id);
        }
        assert!(!seen.is_sorted(), "a slow call holds nobody up");
        seen.sort_unstable();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
    }
    // One a worker.
    assert!(provider.connections() <= 2, "{} connections", provider.connections());
}

#[test]
fn routes_look_at_interface_method_version_group_attachments_and_arguments() {
    let scene = Scene::new();
    let providers: Vec<Provider> =
        ["rest", "method", "version", "group", "attachment", "argument", "host", "generic"].map(Provider::named).into();
    let node = |n: usize| providers[n].node();
    scene.route_as("rest", "/*", &[&node(0)], json!({}));
    scene.route_as("method", "/acme.Orders/cancel", &[&node(1)], json!({}));
    let vars = |name: &str, value: &str| json!({ "priority": 5, "vars": [[name, "==", value]] });
    scene.route_as("version", "/acme.Orders/*", &[&node(2)], vars("dubbo_version", "2.0.0"));
    scene.route_as("group", "/acme.Orders/*", &[&node(3)], vars("http_tri_service_group", "blue"));
    scene.route_as("attachment", "/acme.Orders/*", &[&node(4)], vars("dubbo_attachment_userId", "7"));
    scene.route_as("argument", "/acme.Orders/*", &[&node(5)], vars("dubbo_arg_0", "VIP"));
    scene.route_as("host", "/*", &[&node(6)], json!({ "host": "acme.stock" }));
    scene.route_as("generic", "/acme.Orders/special", &[&node(7)], json!({}));
    let mut version = hello();
    version.version = "2.0.0".into();
    is_value(&scene.call(&version), "version hello");
    // The attachment counts, as it does with providers.
    is_value(&scene.call(&version.clone().with("version", "1.0.0")), "rest hello");
    is_value(&scene.call(&hello().with("version", "2.0.0")), "version hello");
    is_value(&scene.call(&hello()), "rest hello");
    is_value(&scene.call(&Call::new(SERVICE, "cancel", "w")), "method cancel");
    is_value(&scene.call(&hello().with("group", "blue")), "group hello");
    is_value(&scene.call(&hello().with("userId", "7")), "attachment hello");
    is_value(&scene.call(&hello().with("userid", "7")), "rest hello");
    is_value(&scene.call(&Call::new(SERVICE, "hello", "VIP")), "argument hello");
    is_value(&scene.call(&Call::new("acme.Stock", "hello", "w")), "host hello");
    let mut generic = Call::new(SERVICE, "$invoke", "special");
    generic.descriptor = "Ljava/lang/String;[Ljava/lang/String;[Ljava/lang/Object;".into();
    generic.arguments = [&text("special")[..], b"N", &[0x78]].concat();
    let answer = scene.call(&generic);
    assert!(answer.says("generic"), "{answer:?}");
    // Who is kept from a path by a route does not get there by an attachment.
    let mut disguised = Call::new("acme.Harmless", "hello", "w");
    disguised.attachments[0].1 = SERVICE.into();
    disguised.method = "cancel".into();
    is_value(&scene.call(&disguised), "method cancel");
    // Nor by one with a class defined in front, which providers read over.
    let denied = json!({ "priority": 9, "plugins": { "fault-injection": { "abort": { "http_status": 403 } } } });
    scene.route_as("denied", "/acme.Orders/cancel", &[&node(0)], denied);
    let mut body = Call { attachments: Vec::new(), ..disguised }.body();
    body.pop();
    body.extend([&b"C\x01c\x91\x01f"[..], &text("path"), &text(SERVICE), b"Z"].concat());
    let mut peer = scene.peer();
    peer.send(&Frame { flags: flag::CALL, status: 0, id: 1, body }.bytes());
    is_exception(&peer.frame(), 4, "403 Forbidden");
}

#[test]
fn refusals_are_what_a_consumer_understands() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    let node = provider.node();
    let none = scene.call(&hello());
    assert_eq!(none.status, 60, "{none:?}");
    assert!(none.says("404 Route Not Found"), "{none:?}");
    scene
        .gateway
        .put("/consumers/jack", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "jack-key" } } }));
    let plugins = |plugins: Value| scene.route(&[&node], json!({ "plugins": plugins }));
    plugins(json!({ "key-auth": {} }));
    is_exception(&scene.call(&hello()), 13, "Missing API key in request");
    is_exception(&scene.call(&hello().with("apikey", "wrong")), 13, "Invalid API key in request");
    is_value(&scene.call(&hello().with("apikey", "jack-key")), "p hello");
    plugins(json!({ "ip-restriction": { "blacklist": ["127.0.0.0/8"] } }));
    is_exception(&scene.call(&hello()), 4, "Your IP address is not allowed");
    plugins(
        json!({ "limit-count": { "count": 1, "time_window": 60, "rejected_code": 429, "rejected_msg": "slow down", "key": "remote_addr" } }),
    );
    is_value(&scene.call(&hello()), "p hello");
    is_exception(&scene.call(&hello()), 7, "slow down");
    plugins(json!({ "fault-injection": { "abort": { "http_status": 503, "body": "on purpose" } } }));
    is_exception(&scene.call(&hello()), 7, "on purpose");
    plugins(
        json!({ "mocking": { "response_status": 200, "response_example": "mocked", "content_type": "text/plain" } }),
    );
    is_value(&scene.call(&hello()), "mocked");
    // A consumer of an old Dubbo reads no attachments, and gets none.
    let mut old = hello().body();
    old.splice(0..6, text("2.6.5"));
    let mut peer = scene.peer();
    peer.send(&Frame { flags: flag::CALL, status: 0, id: 3, body: old }.bytes());
    assert_eq!(peer.frame().body, [&[0x91][..], &text("mocked")].concat());
    assert!(provider.got().len() == 2, "{:?}", provider.got());
}

#[test]
fn calls_that_are_none_are_answered() {
    let scene =
        Scene::configured(json!({}), json!({ "dubbo_payload_bytes": 4096, "dubbo_frame_ms": 300, "dubbo_depth": 20 }));
    let provider = Provider::named("p");
    scene.route(&[&provider.node()], json!({}));
    let refused = |flags: u8, body: &[u8]| {
        let mut peer = scene.peer();
        peer.send(&Frame { flags, status: 0, id: 5, body: body.to_vec() }.bytes());
        let answer = peer.frame();
        assert_eq!((answer.status, answer.id), (40, 5), "{answer:?}");
        // The connection goes on.
        is_value(&peer.call(&hello()), "p hello");
        answer
    };
    assert!(refused(0xc5, b"abc").says("serialization that is not served"));
    refused(flag::CALL, b"\x1fab");
    refused(flag::CALL, b"");
    assert!(refused(flag::CALL, &Call::new("../etc", "x", "").body()).says("the name of the service or method"));
    assert!(refused(flag::CALL, &Call::new(SERVICE, "a/b", "").body()).says("the name of the service or method"));
    // A form of `path` that a provider would read as that, and a rule would not.
    let mut disguised = hello().with("path", "acme.Other").body();
    let key = disguised.windows(5).rposition(|bytes| bytes == b"\x04path").unwrap();
    disguised.splice(key + 1..key + 2, *b"\xc1\xb0");
    refused(flag::CALL, &disguised);
    let mut deep = hello();
    deep.arguments = [&[0x79; 30][..], b"N"].concat();
    assert!(refused(flag::CALL, &deep.body()).says("values within each other"));
    // What announces too much is told so and closed; what is no frame is closed, and so is one that does not end.
    for len in [4097u32, 0x7fff_ffff, 0xffff_ffff] {
        let mut peer = scene.peer();
        let mut frame = Frame { flags: flag::CALL, status: 0, id: 9, body: Vec::new() }.bytes();
        frame.splice(12..16, len.to_be_bytes());
        peer.send(&frame);
        assert_eq!((peer.frame().status, peer.maybe()), (25, None));
    }
    for start in [&b"get / HTTP/1.1\r\n\r\n"[..], b"\xda\xbb\xc2"] {
        let mut peer = scene.peer();
        peer.send(start);
        assert_eq!(peer.maybe(), None);
    }
    // One-way ones get no answer, good or bad.
    let mut peer = scene.peer();
    peer.send(&Frame { flags: flag::ONE_WAY, status: 0, id: 1, body: b"junk".to_vec() }.bytes());
    peer.send(&Frame { flags: flag::ONE_WAY, status: 0, id: 2, body: Call::new(SERVICE, "touch", "x").body() }.bytes());
    is_value(&peer.call(&hello()), "p hello");
    let touched = wait_for("the one-way call", || provider.got().into_iter().find(|got| got.method() == "touch"));
    assert_eq!(touched.frame.flags, flag::ONE_WAY);
}

#[test]
fn too_many_calls_that_wait_are_refused() {
    let scene = Scene::configured(json!({}), json!({ "dubbo_pending": 3 }));
    let provider =
        Provider::new(|got, stream| got.method() != "hello" || stream.write_all(&answer(got, 20, value("x"))).is_ok());
    scene.route(&[&provider.node()], json!({}));
    let mut peer = scene.peer();
    for id in 0..4 {
        peer.send_call(id, &Call::new(SERVICE, "silent", "x"));
    }
    let answer = peer.frame();
    assert_eq!((answer.id, answer.status), (3, 100), "{answer:?}");
    // Others have their own.
    is_value(&scene.call(&hello()), "x");
}

#[test]
fn heartbeats_are_answered_here_and_asked_of_providers() {
    let scene = Scene::configured(json!({}), json!({ "dubbo_heartbeat_ms": 1000 }));
    let asked = Arc::new(AtomicBool::new(false));
    let provider = Provider::named("p");
    scene.route(&[&provider.node()], json!({}));
    let mut peer = scene.peer();
    peer.send(&Frame { flags: flag::HEARTBEAT, status: 0, id: 77, body: b"N".to_vec() }.bytes());
    let beat = peer.frame();
    assert_eq!(beat, Frame { flags: flag::HEARTBEAT_ANSWER, status: 20, id: 77, body: b"N".to_vec() });
    assert!(provider.got().is_empty());
    // A provider that answers nothing is asked, and given up after a while: its calls end.
    let deaf = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = deaf.local_addr().unwrap().to_string();
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut peer = Peer::new(deaf.accept().unwrap().0);
        while let Some(frame) = peer.maybe() {
            heard.fetch_or(frame.flags == flag::HEARTBEAT, Ordering::SeqCst);
        }
    });
    scene.route_as("deaf", "/acme.Deaf/*", &[&addr], json!({}));
    let answer = scene.call(&Call::new("acme.Deaf", "x", "y"));
    assert_eq!(answer.status, 35, "{answer:?}");
    assert!(asked.load(Ordering::SeqCst));
}

#[test]
fn providers_that_misbehave_cost_their_own_calls_only() {
    let scene = Scene::configured(json!({}), json!({ "dubbo_payload_bytes": 65536 }));
    let good = Provider::named("good");
    let bad = Provider::new(|got, stream| {
        let fine = answer(got, 20, value("late"));
        match got.method() {
            "silent" => true,
            "close" => false,
            "half" => stream.write_all(&fine[..20]).is_err(),
            "garbage" => stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_ok(),
            "huge" => {
                let mut frame = answer(got, 20, Vec::new());
                frame.splice(12..16, (1u32 << 30).to_be_bytes());
                stream.write_all(&frame).is_ok()
            }
            "wrong" => {
                let wrong =
                    Frame { flags: flag::ANSWER, status: 20, id: got.frame.id + 1_000_003, body: value("wrong") };
                stream.write_all(&wrong.bytes()).is_ok() && stream.write_all(&fine).is_ok()
            }
            "twice" => stream.write_all(&[&fine[..], &fine].concat()).is_ok(),
            status => {
                let status: u8 = status.strip_prefix("status").unwrap().parse().unwrap();
                stream.write_all(&answer(got, status, text("its own words"))).is_ok()
            }
        }
    });
    scene.route_as("bad", "/acme.Bad/*", &[&bad.node()], json!({ "timeout": { "connect": 1, "send": 1, "read": 1 } }));
    scene.route_as("good", "/acme.Orders/*", &[&good.node()], json!({}));
    for (method, status) in [
        ("silent", 31),
        ("close", 35),
        ("half", 35),
        ("garbage", 35),
        ("huge", 35),
        ("wrong", 20),
        ("twice", 20),
        ("status40", 40),
        ("status70", 70),
        ("status100", 100),
    ] {
        let mut peer = scene.peer();
        peer.send_call(1, &Call::new("acme.Bad", method, "x"));
        peer.send_call(2, &hello());
        let mut answers = [peer.frame(), peer.frame()];
        answers.sort_by_key(|answer| answer.id);
        assert_eq!(answers[0].status, status, "{method}: {answers:?}");
        if method.starts_with("status") {
            assert_eq!(answers[0].body, text("its own words"));
        }
        is_value(&answers[1], "good hello");
    }
    // A consumer's own limit counts too.
    let answer = scene.call(&Call::new("acme.Bad", "silent", "x").with("timeout", "100"));
    assert_eq!(answer.status, 31, "{answer:?}");
}

#[test]
fn calls_go_on_to_another_provider_where_that_is_safe() {
    let scene = Scene::new();
    let live = Provider::named("live");
    let dead = format!("127.0.0.1:{}", free_port());
    scene.route(&[&dead, &live.node()], json!({}));
    for _ in 0..6 {
        is_value(&scene.call(&hello()), "live hello");
    }
    // What was sent may have been done: it is not sent again.
    let other = Provider::named("other");
    let closing = Provider::new(|_, _| false);
    scene.route(&[&closing.node(), &other.node()], json!({}));
    let statuses: Vec<u8> = (0..6).map(|_| scene.call(&hello()).status).collect();
    assert!(statuses.contains(&35) && statuses.contains(&20), "{statuses:?}");
    assert_eq!(closing.got().len(), statuses.iter().filter(|status| **status == 35).count());
}

#[test]
fn what_a_provider_has_not_done_another_one_does() {
    let scene = Scene::new();
    let starting = Provider::new(|got, stream| {
        let status = got.method().strip_prefix("status").map_or(40, |n| n.parse().unwrap());
        stream.write_all(&answer(got, status, text("not here"))).is_ok()
    });
    let live = Provider::named("live");
    scene.route(&[&starting.node(), &live.node()], json!({}));
    for (method, declined) in
        [("hello", true), ("status60", true), ("status100", true), ("status70", false), ("status80", false)]
    {
        let statuses: Vec<u8> = (0..6).map(|_| scene.call(&Call::new(SERVICE, method, "x")).status).collect();
        assert_eq!(statuses.iter().all(|status| *status == 20), declined, "{method}: {statuses:?}");
    }
    // The last word is the provider's.
    scene.route(&[&starting.node()], json!({}));
    assert_eq!(scene.call(&hello()).body, text("not here"));
}

/// What a provider waits for before it answers: that the other end is dropped.
fn held_back() -> (mpsc::Sender<()>, Arc<Mutex<mpsc::Receiver<()>>>) {
    let (release, held) = mpsc::channel();
    (release, Arc::new(Mutex::new(held)))
}

#[test]
fn a_provider_that_leaves_gets_no_new_calls_and_ends_those_it_has() {
    let scene = Scene::new();
    let (slow, held) = held_back();
    let leaving = Provider::new(move |got, stream| {
        let (done, mut out) = (answer(got, 20, value("a")), stream.try_clone().unwrap());
        let held = (got.method() == "slow").then(|| Arc::clone(&held));
        std::thread::spawn(move || {
            if let Some(held) = held {
                let _ = held.lock().unwrap().recv();
            }
            out.write_all(&done)
        });
        true
    });
    scene.route(&[&leaving.node()], json!({}));
    let mut peer = scene.peer();
    is_value(&peer.call(&hello()), "a");
    peer.send_call(9, &Call::new(SERVICE, "slow", "x"));
    wait_for("the slow call", || leaving.got().iter().any(|got| got.method() == "slow").then_some(()));
    let readonly = Frame { flags: flag::EVENT, status: 0, id: 1, body: vec![1, b'R'] }.bytes();
    leaving.say(&[&readonly[..], &readonly].concat());
    let before = leaving.connections();
    // The next one goes by another connection, and the slow one still ends on the first.
    wait_for("a call by another connection", || {
        is_value(&scene.call(&hello()), "a");
        (leaving.connections() > before).then_some(())
    });
    drop(slow);
    let answer = peer.frame();
    assert_eq!(answer.id, 9);
    is_value(&answer, "a");
}

#[test]
fn a_gateway_that_ends_tells_its_consumers_and_finishes_their_calls() {
    let mut scene = Scene::new();
    let (slow, held) = held_back();
    let provider = Provider::new(move |got, stream| {
        if got.method() == "slow" {
            let _ = held.lock().unwrap().recv();
        }
        stream.write_all(&answer(got, 20, value("done"))).is_ok()
    });
    scene.route(&[&provider.node()], json!({}));
    let mut peer = scene.peer();
    is_value(&peer.call(&hello()), "done");
    peer.send_call(4, &Call::new(SERVICE, "slow", "x"));
    wait_for("the slow call", || (provider.got().len() == 2).then_some(()));
    scene.gateway.signal(Signal::TERM);
    for _ in 0..2 {
        let notice = peer.frame();
        assert_eq!((notice.flags, &notice.body[..]), (flag::EVENT, &[1, b'R'][..]), "{notice:?}");
    }
    drop(slow);
    let answer = peer.frame();
    assert_eq!(answer.id, 4);
    is_value(&answer, "done");
    assert_eq!(peer.maybe(), None);
    assert!(scene.gateway.wait().success());
}

#[test]
fn one_port_tells_protocols_apart_by_their_first_bytes() {
    let scene = Scene::configured(json!({ "detect": true }), json!({}));
    let provider = Provider::named("p");
    scene.route_as("dubbo", "/acme.Orders/*", &[&provider.node()], json!({}));
    scene.gateway.put("/routes/http", &json!({ "uri": "/http", "plugins": { "mocking": { "response_status": 200, "response_example": "in http", "content_type": "text/plain" } }, "upstream": { "type": "roundrobin", "nodes": { "127.0.0.1:1": 1 } } }));
    is_value(&scene.call(&hello()), "p hello");
    let got = send(scene.addr, b"GET /http HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!((got.status, got.text().as_str()), (200, "in http"));
    let mut slow = scene.peer();
    for byte in hello_frame(3) {
        slow.send(&[byte]);
    }
    is_value(&slow.frame(), "p hello");
    let mut stranger = scene.peer();
    stranger.send(b"status\r\n");
    assert_eq!(stranger.maybe(), None);
}

fn hello_frame(id: i64) -> Vec<u8> {
    Frame { flags: flag::CALL, status: 0, id, body: hello().body() }.bytes()
}

#[test]
fn checks_ask_providers_and_those_that_do_not_answer_get_no_calls() {
    let scene = Scene::new();
    let well = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&well);
    let ill = Provider::new(move |got, stream| {
        let ok = got.method() != "$echo" || state.load(Ordering::SeqCst);
        let (status, body) = if ok { (20, value("ill")) } else { (70, text("no such service")) };
        stream.write_all(&answer(got, status, body)).is_ok()
    });
    let fine = Provider::named("fine");
    let times = json!({ "interval": 1, "successes": 1, "http_failures": 1, "tcp_failures": 1, "timeouts": 1 });
    let checks = json!({ "active": { "type": "dubbo", "service": "acme.Orders:1.0.0:blue", "healthy": { "interval": 1, "successes": 1 }, "unhealthy": times } });
    scene.route(&[&ill.node(), &fine.node()], json!({ "upstream": { "checks": checks } }));
    let answers = || (0..4).map(|_| scene.call(&hello()).body).filter(|body| *body == value("ill")).count();
    wait_for("the ill provider to be left out", || (answers() == 0).then_some(()));
    let asked = ill.got().into_iter().find(|got| got.method() == "$echo").expect("it was asked");
    assert_eq!(asked.strings[..2], ["acme.Orders", "1.0.0"].map(str::to_owned));
    assert_eq!(asked.attachment("group"), Some("blue"));
    well.store(true, Ordering::SeqCst);
    wait_for("the provider to be well again", || (answers() > 0).then_some(()));
}

#[test]
fn arguments_and_attachments_choose_nodes() {
    let scene = Scene::new();
    let providers = [Provider::named("a"), Provider::named("b"), Provider::named("c")];
    let nodes: Vec<String> = providers.iter().map(Provider::node).collect();
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    for key in ["dubbo_arg_0", "dubbo_attachment_user"] {
        scene.route(&nodes, json!({ "upstream": { "type": "chash", "hash_on": "vars", "key": key } }));
        let of = |user: &str| {
            let mut call = Call::new(SERVICE, "hello", user).with("user", user);
            call.descriptor = "Ljava/lang/String;I".into();
            call.arguments.extend(int(7));
            scene.call(&call).body
        };
        let first: Vec<Vec<u8>> = (0..12).map(|n| of(&format!("user-{n}"))).collect();
        let again: Vec<Vec<u8>> = (0..12).map(|n| of(&format!("user-{n}"))).collect();
        assert_eq!(first, again, "{key}");
        let mut different = first;
        different.sort();
        different.dedup();
        assert!(different.len() > 1, "{key}");
    }
}
