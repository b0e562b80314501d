use super::*;
use crate::testkit::{Kit, Outcome};
use serde_json::json;

/// Statuses of requests in turn: 200 where they pass.
fn statuses(kit: &Kit, plugin: &Arc<dyn Plugin>, requests: &[&str]) -> Vec<u16> {
    let status = |request: &&str| match kit.access(plugin, &mut kit.exchange(request)) {
        Outcome::Next => 200,
        Outcome::Exit(exit) => exit.status,
        other => panic!("{other:?}"),
    };
    requests.iter().map(status).collect()
}

const GET: &str = "GET /hello HTTP/1.1";

#[test]
fn requests_above_the_limit_are_refused_and_told_the_state() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({"count": 2, "time_window": 60}));
    let expected = [(200, "1"), (200, "0"), (503, "0"), (503, "0")];
    for (status, remaining) in expected {
        let mut x = kit.exchange(GET);
        match kit.access(&plugin, &mut x) {
            Outcome::Next => assert_eq!(status, 200),
            Outcome::Exit(exit) => assert_eq!((exit.status, Kit::text(&exit)), (status, "page 503".to_owned())),
            other => panic!("{other:?}"),
        }
        assert_eq!(kit.answer_field(&mut x, "X-RateLimit-Limit").as_deref(), Some("2"));
        assert_eq!(kit.answer_field(&mut x, "X-RateLimit-Remaining").as_deref(), Some(remaining));
        let reset: f64 = kit.answer_field(&mut x, "X-RateLimit-Reset").unwrap().parse().unwrap();
        assert!((59.0..=60.0).contains(&reset), "{reset}");
    }
}

#[test]
fn refusals_and_headers_are_as_configured() {
    let kit = Kit::new();
    let conf = json!({"count": 1, "time_window": 60, "rejected_code": 429, "rejected_msg": "slow \"down\"",
        "show_limit_quota_header": false});
    let plugin = kit.plugin(NAME, conf);
    assert!(matches!(kit.access(&plugin, &mut kit.exchange(GET)), Outcome::Next));
    let mut x = kit.exchange(GET);
    let Outcome::Exit(exit) = kit.access(&plugin, &mut x) else { panic!() };
    assert_eq!((exit.status, Kit::text(&exit).as_str()), (429, "{\"error_msg\":\"slow \\\"down\\\"\"}\n"));
    assert_eq!(kit.answer_field(&mut x, "X-RateLimit-Limit"), None);

    kit.metadata(
        NAME,
        &json!({"limit_header": "A-QUOTA", "remaining_header": "A-REMAINING", "reset_header": "A-RESET"}),
    );
    let plugin = kit.plugin(NAME, json!({"count": 10, "time_window": 60, "key_type": "var", "key": "remote_addr"}));
    let mut x = kit.exchange(GET);
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    for (name, value) in [("A-QUOTA", "10"), ("A-REMAINING", "9"), ("A-RESET", "60")] {
        assert_eq!(kit.answer_field(&mut x, name).as_deref(), Some(value));
    }
    assert_eq!(kit.answer_field(&mut x, "X-RateLimit-Limit"), None);
}

#[test]
fn keys_tell_requests_apart() {
    let kit = Kit::new();
    let with = |user: &str| format!("GET / HTTP/1.1\nX-User: {user}");
    let (a, b) = (with("a"), with("b"));
    let one = |key_type: &str, key: &str| json!({"count": 1, "time_window": 60, "key_type": key_type, "key": key});
    let cases = [
        // A header, and the client's address without it.
        ("var", "http_x_user", [200, 200, 503, 200, 503]),
        ("var", "remote_addr", [200, 503, 503, 503, 503]),
        ("var_combination", "$remote_addr $http_x_user", [200, 200, 503, 200, 503]),
        ("var_combination", "$nothing $http_x_user", [200, 200, 503, 200, 503]),
        ("constant", "all", [200, 503, 503, 503, 503]),
    ];
    for (key_type, key, expected) in cases {
        let plugin = kit.plugin(NAME, one(key_type, key));
        assert_eq!(statuses(&kit, &plugin, &[&a, &b, &a, GET, GET]), expected, "{key_type} {key}");
    }
}

#[test]
fn amounts_may_come_with_the_request() {
    let kit = Kit::new();
    let conf = json!({"count": "${http_count ?? 2}", "time_window": "${http_time_window ?? 5}"});
    let plugin = kit.plugin(NAME, conf.clone());
    assert_eq!(statuses(&kit, &plugin, &[GET, GET, GET]), [200, 200, 503]);
    for bad in ["0", "-1", "1.5", "9999999999999999", "many", ""] {
        for name in ["count", "time_window"] {
            let request = format!("GET / HTTP/1.1\n{name}: {bad}");
            assert_eq!(statuses(&kit, &plugin, &[&request]), [500], "{name} {bad}");
        }
    }
    let Outcome::Exit(exit) = kit.access(&plugin, &mut kit.exchange("GET / HTTP/1.1\ncount: 0")) else { panic!() };
    assert_eq!(Kit::text(&exit), "{\"error_msg\":\"failed to limit count\"}\n");
    let mut lenient = conf;
    lenient["allow_degradation"] = json!(true);
    assert_eq!(statuses(&kit, &kit.plugin(NAME, lenient), &["GET / HTTP/1.1\ncount: 0"]), [200]);
}

#[test]
fn rules_are_counted_in_order_and_the_first_that_is_exceeded_ends_the_request() {
    let kit = Kit::new();
    let conf = json!({"rules": [
        {"key": "${http_user}", "count": 1, "time_window": 60, "header_prefix": "User"},
        {"key": "${http_team}", "count": 2, "time_window": 60},
    ]});
    let plugin = kit.plugin(NAME, conf);
    let both = "GET / HTTP/1.1\nuser: jack\nteam: red";
    let mut x = kit.exchange(both);
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    assert_eq!(kit.answer_field(&mut x, "X-User-RateLimit-Limit").as_deref(), Some("1"));
    assert_eq!(kit.answer_field(&mut x, "X-2-RateLimit-Remaining").as_deref(), Some("1"));
    // The user's own quota is gone; the team's is not counted any more.
    assert_eq!(statuses(&kit, &plugin, &[both]), [503]);
    let team = "GET / HTTP/1.1\nteam: red";
    assert_eq!(statuses(&kit, &plugin, &[team, team]), [200, 503]);
    // Nothing applies.
    assert_eq!(statuses(&kit, &plugin, &[GET]), [500]);
    let variable = json!({"rules": [{"key": "${http_user}", "count": "${http_count ?? 2}", "time_window": 60}]});
    assert_eq!(statuses(&kit, &kit.plugin(NAME, variable), &["GET / HTTP/1.1\ncount: 0\nuser: jack"]), [500]);
}

#[test]
fn counters_belong_to_the_object_and_its_configuration_and_outlive_instances() {
    let kit = Kit::new();
    let conf = json!({"count": 1, "time_window": 60});
    let first = kit.plugin_of("/apisix/routes/1", NAME, conf.clone());
    assert_eq!(statuses(&kit, &first, &[GET, GET]), [200, 503]);
    let other = kit.plugin_of("/apisix/routes/2", NAME, conf.clone());
    assert_eq!(statuses(&kit, &other, &[GET]), [200]);
    // Elsewhere in the route something has changed, or the plugin's `_meta`.
    let mut same = conf.clone();
    same["_meta"] = json!({"priority": 1});
    assert_eq!(statuses(&kit, &kit.plugin_of("/apisix/routes/1", NAME, same), &[GET]), [503]);
    let changed = kit.plugin_of("/apisix/routes/1", NAME, json!({"count": 2, "time_window": 60}));
    assert_eq!(statuses(&kit, &changed, &[GET, GET, GET]), [200, 200, 503]);
}

#[test]
fn groups_share_counters_and_must_agree() {
    let kit = Kit::new();
    let conf = |count: u32| json!({"count": count, "time_window": 60, "group": "g"});
    let first = kit.plugin_of("/apisix/services/1", NAME, conf(1));
    let second = kit.plugin_of("/apisix/routes/1", NAME, conf(1));
    assert_eq!(statuses(&kit, &first, &[GET]), [200]);
    assert_eq!(statuses(&kit, &second, &[GET]), [503]);
    let refused = kit.try_plugin("/apisix/routes/2", NAME, conf(2)).err();
    assert_eq!(refused.as_deref(), Some("group conf mismatched"));
    // The only member may change.
    drop(second);
    assert!(kit.try_plugin("/apisix/services/1", NAME, conf(2)).is_ok());
}

#[test]
fn the_state_is_a_variable_for_logs() {
    use gateway_engine::expr::{Lookup, Var};
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({"count": 2, "time_window": 10, "key": "http_host"}));
    let mut x = kit.exchange("GET / HTTP/1.1\nHost: test.com");
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    let said = x.var(&Var::RateLimitingInfo).unwrap().to_bytes().into_owned();
    let expected = "{\"rate_limiting_key\":\"test.com\",\"rate_limiting_limit\":2,\"rate_limiting_remaining\":1,\
                    \"rate_limiting_reset\":10.00}";
    assert_eq!(String::from_utf8_lossy(&said), expected);
}

#[test]
fn keys_in_bodies_have_them_collected() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({"count": 1, "time_window": 60, "key": "post_arg_user"}));
    let mut x = kit.exchange("POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nuser=a");
    x.req.collected = None;
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Body));
    let form = |user: &str| format!("POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nuser={user}");
    assert_eq!(statuses(&kit, &plugin, &[&form("a"), &form("b"), &form("a")]), [200, 200, 503]);
}

#[test]
fn seconds_are_cut_and_carry_no_zeros() {
    for (cs, text) in [(6000, "60"), (5999, "59.99"), (5990, "59.9"), (5, "0.05"), (0, "0")] {
        assert_eq!(&seconds(cs, &mut itoa::Buffer::new())[..], text.as_bytes());
    }
}

#[test]
fn without_redis_requests_fail_or_pass() {
    let kit = Kit::new();
    let mut conf =
        json!({"count": 2, "time_window": 60, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": 1});
    let plugin = kit.plugin(NAME, conf.clone());
    let mut x = kit.exchange(GET);
    let Outcome::Exit(exit) = kit.access(&plugin, &mut x) else { panic!() };
    assert_eq!((exit.status, Kit::text(&exit).as_str()), (500, "{\"error_msg\":\"failed to limit count\"}\n"));
    assert_eq!(kit.answer_field(&mut x, "X-RateLimit-Limit"), None);
    conf["allow_degradation"] = json!(true);
    assert_eq!(statuses(&kit, &kit.plugin(NAME, conf.clone()), &[GET, GET, GET]), [200, 200, 200]);
    // Told later: this gateway counts alone until Redis is there.
    conf["sync_interval"] = json!(0.5);
    assert_eq!(statuses(&kit, &kit.plugin(NAME, conf), &[GET, GET, GET]), [200, 200, 503]);
    let failed = kit.shared.registry.states.get::<gateway_outbound::redis::Servers>().failures();
    assert_eq!(failed, [(NAME, 4)]);
}

#[test]
fn configurations() {
    let kit = Kit::new();
    let refused = [
        (json!({}), "value should match only one schema, but matches none"),
        (json!({"count": 0, "time_window": 60}), "property \"count\" validation failed"),
        (
            json!({"count": 1, "time_window": 1, "rules": []}),
            "value should match only one schema, but matches both schemas 1 and 2",
        ),
        (
            json!({"count": 1, "rules": [{"key": "a", "count": 1, "time_window": 1}]}),
            "count/time_window and rules cannot be specified at the same time",
        ),
        (
            json!({"group": "g", "rules": [{"key": "a", "count": 1, "time_window": 1}]}),
            "group and rules cannot be specified at the same time",
        ),
        (
            json!({"rules": [{"key": "k", "count": 1, "time_window": 1}, {"key": "k", "count": 2, "time_window": 1}]}),
            "duplicate key 'k' in rules",
        ),
        (json!({"count": 2, "time_window": 60, "policy": "redis"}), "err: then clause did not match"),
        (
            json!({"count": 2, "time_window": 60, "policy": "redis", "redis_host": "127.0.0.1", "sync_interval": 60}),
            "sync_interval: 60 must be -1, or at least 0.1 and below time_window",
        ),
        (
            json!({"count": 2, "time_window": 60, "policy": "redis-cluster", "redis_cluster_name": "c",
                "redis_cluster_nodes": ["127.0.0.1"]}),
            "redis_cluster_nodes: \"127.0.0.1\" is not host:port",
        ),
    ];
    for (conf, text) in refused {
        kit.refuses(NAME, conf, text);
    }
    kit.refuses_metadata(NAME, &json!({"limit_header": "a b"}), "invalid field character in header");
}
