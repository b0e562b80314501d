//! Calls of Dubbo as `live/dubbo/services` counts them: by service and method, from the start, whatever plugins there are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use gateway_tests::dubbo::{Call, Got, Peer, Provider, answer, text, value};
use gateway_tests::{Client, Ctl, Gateway, acme, free_port, wait_for};
use serde_json::{Value, json};

const SERVICE: &str = "acme.Orders";

struct Scene {
    gateway: Gateway,
    addr: SocketAddr,
}

impl Scene {
    fn new() -> Scene {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let listen = json!([{ "ip": "127.0.0.1", "port": addr.port() }]);
        Scene { gateway: Gateway::configured(json!({ "gateway": { "dubbo": { "listen": listen } } })), addr }
    }

    fn route(&self, id: &str, uri: &str, node: &str, plugins: Value) {
        let upstream = json!({"type": "roundrobin", "scheme": "dubbo", "nodes": {node: 3}});
        self.gateway.put(&format!("/routes/{id}"), &json!({"uri": uri, "upstream": upstream, "plugins": plugins}));
    }

    fn services(&self) -> Vec<Value> {
        let told = self.gateway.call("GET", "/live/dubbo/services", None);
        assert_eq!(told.status, 200, "{}", told.text());
        told.json().as_array().unwrap().clone()
    }

    /// The service, once it counts so many calls: they are counted when their answers are out.
    fn service(&self, interface: &str, calls: u64) -> Value {
        wait_for("the calls", || {
            let services = self.services();
            let found = services.iter().find(|service| service["interface"] == interface).cloned();
            found.filter(|service| service["stats"]["calls"] == calls)
        })
    }
}

fn method<'s>(service: &'s Value, name: &str) -> &'s Value {
    let methods = service["methods"].as_array().unwrap();
    methods.iter().find(|method| method["name"] == name).unwrap_or_else(|| panic!("{name}: {service}"))
}

/// Answers as the method says.
fn provider() -> Provider {
    Provider::new(|got: &Got, out: &mut TcpStream| {
        let (status, body) = match got.method() {
            _ if got.strings[0].starts_with("acme.Junk") => (70, text("no such service")),
            "throws" => (20, [&b"\x90C"[..], &text("acme.No"), b"\x90\x60"].concat()),
            "late" => (31, text("too late")),
            "broken" => (70, text("java.lang.IllegalStateException")),
            "silent" => return true,
            _ => (20, value("done")),
        };
        out.write_all(&answer(got, status, body)).is_ok()
    })
}

#[test]
fn every_outcome_is_counted_by_its_method() {
    let (scene, provider) = (Scene::new(), provider());
    scene.route("1", "/acme.Orders/*", &provider.node(), json!({}));
    let mut peer = Peer::connect(scene.addr);
    for (name, times) in [("find", 40), ("throws", 3), ("late", 2), ("broken", 1)] {
        (0..times).for_each(|_| _ = peer.call(&Call::new(SERVICE, name, "x")));
    }
    assert_eq!(peer.call(&Call::new(SERVICE, "silent", "x").with("timeout", "50")).status, 31);
    let service = scene.service(SERVICE, 47);
    assert_eq!(service["stats"]["errors"], 7);
    let by = json!({"ok": 40, "exception": 3, "timeout": 3, "status": 1, "refused": 0});
    assert_eq!(service["stats"]["by"], by);
    let of = |name: &str| method(&service, name)["stats"].clone();
    assert_eq!((&of("find")["calls"], &of("find")["errors"]), (&json!(40), &json!(0)));
    assert_eq!((&of("throws")["by"]["exception"], &of("late")["by"]["timeout"]), (&json!(3), &json!(2)));
    assert_eq!((&of("broken")["by"]["status"], &of("silent")["by"]["timeout"]), (&json!(1), &json!(1)));
    let ms = |stats: &Value, name: &str| stats[name].as_f64().unwrap();
    for stats in [&of("find"), &service["stats"]] {
        let [p50, p95, p99, max] = ["p50_ms", "p95_ms", "p99_ms", "max_ms"].map(|name| ms(stats, name));
        assert!(0.0 < p50 && p50 <= p95 && p95 <= p99 && p99 <= max, "{stats}");
    }
    assert!(ms(&of("silent"), "p50_ms") >= 40.0 && ms(&service["stats"], "max_ms") >= 50.0, "{service}");
    let node = json!({"addr": provider.node(), "weight": 3, "source": "routes/1", "state": null});
    assert_eq!((&service["nodes"], &service["providers"]), (&json!(1), &json!([node])));
}

#[test]
fn versions_and_groups_are_services_of_their_own_where_a_route_says_neither() {
    let (scene, provider) = (Scene::new(), provider());
    scene.route("1", "/*", &provider.node(), json!({}));
    let mut peer = Peer::connect(scene.addr);
    let mut call = Call::new(SERVICE, "find", "x");
    (0..3).for_each(|_| _ = peer.call(&call));
    let grouped = Call::new(SERVICE, "find", "x").with("group", "blue");
    (0..2).for_each(|_| _ = peer.call(&grouped));
    call.version = "1.0.0".into();
    (0..4).for_each(|_| _ = peer.call(&call));
    // Nobody answers to these names.
    (0..5).for_each(|n| _ = peer.call(&Call::new(&format!("acme.Junk{n}"), "broken", "x")));
    let services = wait_for("the calls", || Some(scene.services()).filter(|services| services.len() == 4));
    let told: Vec<Value> = services
        .iter()
        .map(|s| json!([s["interface"], s["version"], s["group"], s["stats"]["calls"], s["nodes"], s["source"]]))
        .collect();
    let expected = json!([
        [SERVICE, "", "", 3, 1, "calls"],
        [SERVICE, "", "blue", 2, 1, "calls"],
        [SERVICE, "1.0.0", "", 4, 1, "calls"],
        ["overflow", "", "", 5, 0, "calls"],
    ]);
    assert_eq!(Value::Array(told), expected);
    // A route for the service takes all of them.
    scene.route("2", "/acme.Orders/*", &provider.node(), json!({}));
    let service = scene.service(SERVICE, 9);
    assert_eq!(method(&service, "find")["stats"]["calls"], 9);
    assert_eq!(method(&service, "find")["params"], json!(null));
}

#[test]
fn what_is_refused_here_and_what_comes_by_http_is_counted_too() {
    let (scene, provider) = (Scene::new(), acme::provider());
    let closed = json!({"ip-restriction": {"whitelist": ["10.9.9.9"]}});
    scene.route("1", "/acme.Closed/*", &provider.node(), closed);
    scene.route("2", "/org.acme.Greeter/*", &provider.node(), json!({"dubbo-bridge": {}}));
    scene.route("3", "/acme.Gone/*", &format!("127.0.0.1:{}", free_port()), json!({}));
    let mut peer = Peer::connect(scene.addr);
    (0..3).for_each(|_| _ = peer.call(&Call::new("acme.Closed", "find", "x")));
    (0..2).for_each(|_| _ = peer.call(&Call::new("acme.Gone", "find", "x")));
    let by_http = Client::connect(scene.gateway.proxy).request("POST", "/org.acme.Greeter/sayHello", &[], b"[\"w\"]");
    assert_eq!(by_http.status, 200, "{}", by_http.text());
    let refused = scene.service("acme.Closed", 3);
    assert_eq!((&refused["stats"]["by"]["refused"], &refused["stats"]["errors"]), (&json!(3), &json!(3)));
    assert_eq!(scene.service("acme.Gone", 2)["stats"]["by"]["status"], 2);
    let bridged = scene.service("org.acme.Greeter", 1);
    assert_eq!(method(&bridged, "sayHello")["stats"]["by"]["ok"], 1);
}

#[test]
fn providers_are_shown_as_their_health_checks_see_them() {
    let (scene, provider) = (Scene::new(), provider());
    let gone = format!("127.0.0.1:{}", free_port());
    let active = json!({"type": "tcp", "healthy": {"interval": 1, "successes": 1}, "unhealthy": {"interval": 1, "tcp_failures": 1}});
    let upstream = json!({"type": "roundrobin", "scheme": "dubbo", "nodes": {provider.node(): 1, &gone: 1}, "checks": {"active": active}});
    scene.gateway.put("/routes/1", &json!({"uri": "/acme.Orders/*", "upstream": upstream}));
    let mut peer = Peer::connect(scene.addr);
    peer.call(&Call::new(SERVICE, "find", "x"));
    let states = || -> Option<()> {
        let services = scene.services();
        let providers = services[0]["providers"].as_array().unwrap();
        let state = |addr: &str| providers.iter().find(|node| node["addr"] == addr).unwrap()["state"].clone();
        (state(&provider.node()) == "healthy" && state(&gone) == "unhealthy").then_some(())
    };
    wait_for("what the checks say", states);
}

#[test]
fn names_of_consumers_fill_nothing_up() {
    let (scene, provider) = (Scene::new(), provider());
    scene.route("1", "/*", &provider.node(), json!({}));
    let mut peer = Peer::connect(scene.addr);
    (0..2).for_each(|_| _ = peer.call(&Call::new(SERVICE, "find", "x")));
    // More than are counted by their names, and none that anybody answers to.
    let junk = 2500;
    for n in 0..junk {
        peer.send_call(n, &Call::new("acme.Junk", &format!("m{n}"), "x"));
        if n % 100 == 99 {
            (0..100).for_each(|_| _ = peer.frame());
        }
    }
    (0..2).for_each(|_| _ = peer.call(&Call::new(SERVICE, "find", "x")));
    assert_eq!(scene.service(SERVICE, 4)["stats"]["by"]["ok"], 4);
    let services = scene.services();
    let all: u64 = services.iter().map(|s| s["stats"]["calls"].as_u64().unwrap()).sum();
    assert_eq!(all, u64::try_from(junk).unwrap() + 4);
}

#[test]
fn the_tool_shows_the_numbers() {
    let (scene, provider) = (Scene::new(), provider());
    scene.route("1", "/acme.Orders/*", &provider.node(), json!({}));
    let mut peer = Peer::connect(scene.addr);
    for name in ["find", "find", "find", "throws"] {
        peer.call(&Call::new(SERVICE, name, "x"));
    }
    scene.service(SERVICE, 4);
    let ctl = Ctl::of(&scene.gateway);
    let listed = ctl.ok(&["dubbo", "services", "-o", "wide"], "");
    let words: Vec<&str> = listed.split_whitespace().collect();
    assert!(words.contains(&"CALLS") && words.contains(&"ERR%") && words.contains(&"25.0"), "{listed}");
    let described = ctl.ok(&["dubbo", "describe", SERVICE], "");
    for part in ["find", "throws", &provider.node(), "routes/1"] {
        assert!(described.contains(part), "{part}: {described}");
    }
}
