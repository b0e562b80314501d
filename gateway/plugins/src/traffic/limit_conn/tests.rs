use super::*;
use crate::testkit::{Kit, Outcome};
use gateway_outbound::redis::Servers;
use serde_json::json;

const GET: &str = "GET /hello HTTP/1.1";

/// Enters with a request that stays.
fn enter(kit: &Kit, plugin: &Arc<dyn Plugin>, request: &str) -> (u16, Box<Exchange>) {
    let mut x = kit.exchange(request);
    let status = match kit.access(plugin, &mut x) {
        Outcome::Next => 200,
        Outcome::Exit(exit) => exit.status,
        other => panic!("{other:?}"),
    };
    (status, x)
}

fn conf() -> Value {
    json!({"conn": 1, "burst": 1, "default_conn_delay": 0.1, "key": "http_user"})
}

#[test]
fn places_are_given_back_in_the_log_phase_or_with_the_exchange() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, conf());
    let a = "GET / HTTP/1.1\nuser: a";
    let (first, one) = enter(&kit, &plugin, a);
    let (second, two) = enter(&kit, &plugin, a);
    let (third, three) = enter(&kit, &plugin, a);
    assert_eq!((first, second, third), (200, 200, 503));
    assert_eq!(enter(&kit, &plugin, "GET / HTTP/1.1\nuser: b").0, 200);
    // One is logged, twice even; one is torn down; the one that was refused holds nothing.
    plugin.log(&one);
    plugin.log(&one);
    assert_eq!(enter(&kit, &plugin, a).0, 200);
    drop((one, three));
    let (again, four) = enter(&kit, &plugin, a);
    assert_eq!((again, enter(&kit, &plugin, a).0), (200, 503));
    drop((two, four));
    let in_flight = kit.shared.registry.states.get::<InFlight>();
    assert_eq!(in_flight.len(), 0, "keys of nobody are kept");
}

#[test]
fn a_panic_gives_its_place_back() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, conf());
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let (status, _x) = enter(&kit, &plugin, GET);
        assert_eq!(status, 200);
        panic!("on purpose");
    }));
    assert!(broken.is_err());
    assert_eq!(kit.shared.registry.states.get::<InFlight>().len(), 0);
}

#[test]
fn the_burst_waits() {
    let kit = Kit::new();
    let conf = json!({"conn": 2, "burst": 3, "default_conn_delay": 0.5, "key": "remote_addr", "rejected_code": 429,
        "rejected_msg": "busy"});
    let plugin = kit.plugin(NAME, conf);
    let mut all = Vec::new();
    for (millis, status) in [(0, 200), (0, 200), (500, 200), (500, 200), (1000, 200), (0, 429)] {
        let waited = kit.waited(|| {
            let (got, x) = enter(&kit, &plugin, GET);
            assert_eq!(got, status);
            all.push(x);
        });
        assert_eq!(waited.as_millis(), millis);
    }
    let Outcome::Exit(exit) = kit.access(&plugin, &mut kit.exchange(GET)) else { panic!() };
    assert_eq!(Kit::text(&exit), "{\"error_msg\":\"busy\"}\n");
}

#[test]
fn limits_may_come_with_the_request() {
    let kit = Kit::new();
    let conf = json!({"conn": "${http_conn ?? 1}", "burst": "${http_burst ?? 0}", "default_conn_delay": 0.1, "key": "remote_addr"});
    let plugin = kit.plugin(NAME, conf.clone());
    let (first, _held) = enter(&kit, &plugin, GET);
    assert_eq!((first, enter(&kit, &plugin, GET).0), (200, 503));
    assert_eq!(enter(&kit, &plugin, "GET / HTTP/1.1\nconn: 2").0, 200);
    assert_eq!(enter(&kit, &plugin, "GET / HTTP/1.1\nburst: 1").0, 200);
    for bad in ["conn: 0", "conn: x", "burst: -1", "burst: 1.5"] {
        assert_eq!(enter(&kit, &plugin, &format!("GET / HTTP/1.1\n{bad}")).0, 500, "{bad}");
    }
    let mut lenient = conf;
    lenient["allow_degradation"] = json!(true);
    assert_eq!(enter(&kit, &kit.plugin(NAME, lenient), "GET / HTTP/1.1\nconn: 0").0, 200);
}

#[test]
fn all_rules_that_apply_must_be_passed() {
    let kit = Kit::new();
    let conf = json!({"default_conn_delay": 0.1, "rules": [
        {"key": "${http_user}", "conn": 1, "burst": 0},
        {"key": "${http_team}", "conn": 2, "burst": 0},
        {"key": "${http_other}", "conn": "${http_none}", "burst": 0},
    ]});
    let plugin = kit.plugin(NAME, conf);
    let (first, _a) = enter(&kit, &plugin, "GET / HTTP/1.1\nuser: a\nteam: x\nother: 1");
    let (second, b) = enter(&kit, &plugin, "GET / HTTP/1.1\nuser: b\nteam: x");
    assert_eq!((first, second), (200, 200));
    // The team is full: the user's place is given back with the refused exchange.
    assert_eq!(enter(&kit, &plugin, "GET / HTTP/1.1\nuser: c\nteam: x").0, 503);
    drop(b);
    assert_eq!(enter(&kit, &plugin, "GET / HTTP/1.1\nuser: c\nteam: x").0, 200);
    assert_eq!(enter(&kit, &plugin, "GET / HTTP/1.1\nuser: a").0, 503);
    // None applies.
    assert_eq!(enter(&kit, &plugin, GET).0, 500);
    assert_eq!(enter(&kit, &plugin, "GET / HTTP/1.1\nother: 1").0, 500);
}

#[test]
fn without_redis_requests_fail_or_pass() {
    let kit = Kit::new();
    let mut conf = json!({"conn": 1, "burst": 0, "default_conn_delay": 0.1, "key": "remote_addr", "policy": "redis",
        "redis_host": "127.0.0.1", "redis_port": 1});
    assert_eq!(enter(&kit, &kit.plugin(NAME, conf.clone()), GET).0, 500);
    assert!(kit.shared.registry.states.get::<Servers>().failures().iter().any(|(who, _)| *who == NAME));
    conf["allow_degradation"] = json!(true);
    assert_eq!(enter(&kit, &kit.plugin(NAME, conf), GET).0, 200);
}

#[test]
fn configurations() {
    let kit = Kit::new();
    let rule = json!({"default_conn_delay": 0.1, "rules": [{"conn": 0, "burst": 0, "key": "a"}]});
    let mut ttl = conf();
    for (name, value) in [("policy", json!("redis")), ("redis_host", json!("127.0.0.1")), ("key_ttl", json!(0))] {
        ttl[name] = value;
    }
    let refused = [
        (json!({"conn": 1, "burst": 0, "key": "a"}), "value should match only one schema, but matches none"),
        (rule, "validation failed"),
        (ttl, "key_ttl: 0 is out of range: expected a number of seconds above 0"),
    ];
    for (conf, text) in refused {
        kit.refuses(NAME, conf, text);
    }
}
