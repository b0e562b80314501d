//! The screens of the resources that need no more than a table and details.

use super::*;

/// The name of the screen, what it shows at every size, and what it shows where there is nothing.
const ALL: [(&str, &[&str], &str); 8] = [
    (
        "consumer-groups",
        &[
            "consumer-groups (2)",
            "gold",
            "idle",
            "limit-count",
            "[Summary]",
            "412 requests/s of 2 consumers",
            "consumer/carol",
        ],
        "no consumer groups; N makes the first one",
    ),
    (
        "stream-routes",
        &["stream-routes (2)", "mqtt", "1883", "u1 3/3", "mq.example", "redis", "[Summary]", "port 1883"],
        "no stream routes; N makes the first one",
    ),
    (
        "global-rules",
        &["global-rules (1)", "cors,prometheus", "[Summary]", "on every request: 1.23k requests/s"],
        "no global rules; N makes the first one",
    ),
    (
        "plugin-configs",
        &["plugin-configs (2)", "limits", "transcoded", "grpc-transcode", "[Summary]", "by 1 routes, 800 requests/s"],
        "no plugin configs; N makes the first one",
    ),
    (
        "plugin-metadata",
        &["plugin-metadata (2)", "gone-logger", "unknown", "http-logger", "enabled", "log_format", "[Summary]"],
        "no plugin metadata; N makes the first one",
    ),
    (
        "protos",
        &["protos (2)", "shop.Orders", "users.Users", "users.proto", "[Summary]"],
        "no protos; N makes the first one",
    ),
    (
        "secrets",
        &["secrets (2)", "vault/1", "http://vault:8200", "kv/gw", "aws/main", "us-east-1", "[Summary]"],
        "no secrets; N makes the first one",
    ),
    (
        "graphql-cost-decorations",
        &["graphql-cost-decorations (2)", "shop/first", "Query.products", "gone", "[Summary]", "service gone"],
        "no graphql cost decorations; N makes the first one",
    ),
];

#[test]
fn every_state() {
    for (name, facts, empty) in ALL {
        all_states(name, facts);
        without_rows(name, empty);
    }
}

/// The program at one row of a screen.
fn at(name: &'static str, filter: &str) -> App {
    let mut app = app(name, State::Full);
    press(&mut app, &format!("/{filter}<Enter>"));
    app
}

#[test]
fn details_of_each() {
    for (name, filter, keys, facts) in [
        ("consumer-groups", "^gold", "l", &["[Plugins]", "limit-count", "priority 1002"][..]),
        ("consumer-groups", "^idle", "d", &["0 requests/s of 0 consumers", "nobody"]),
        ("stream-routes", "^tls", "d", &["sni mq.example", "u1 3/3", "10.0.0.5:80 ✓"]),
        ("stream-routes", "^mqtt", "r", &["upstream/u1"]),
        ("plugin-configs", "^7", "r", &["route/hello"]),
        ("plugin-configs", "^7", "l", &["count: 5"]),
        ("plugin-configs", "^8", "r", &["proto/users"]),
        ("plugin-metadata", "^http-logger", "d", &["✓ enabled", "sets    log_format"]),
        ("plugin-metadata", "^gone", "ll", &["[Used by]", "nothing"]),
        ("protos", "^users", "r", &["plugin-config/8"]),
        ("protos", "^orders", "l", &["[Source]", "package shop;", "service Refunds {"]),
        ("secrets", "^vault", "d", &["token ********", "$secret://vault/1/KEY"]),
        ("secrets", "^vault", "ll", &["[Used by]", "consumer/dave"]),
        (
            "graphql-cost-decorations",
            "^shop",
            "d",
            &["service shop", "plus 2, times 1, times the arguments first,last"],
        ),
        ("graphql-cost-decorations", "^gone", "d", &["service gone  ✗ missing", "plus 1, times 0.5"]),
        ("graphql-cost-decorations", "^shop", "r", &["service/shop"]),
        ("global-rules", "^1", "l", &["cors", "priority 4000", "prometheus", "priority 500"]),
    ] {
        let mut app = at(name, filter);
        press(&mut app, keys);
        let text = screen(&mut app, (200, 60));
        for fact in facts {
            assert!(text.contains(fact), "{name} {keys}: {fact}:\n{text}");
        }
        for secret in ["vault-token", "aws-secret"] {
            assert!(!text.contains(secret), "{secret}:\n{text}");
        }
    }
}

#[test]
fn every_action_of_each() {
    for (name, filter, path, new) in [
        ("consumer-groups", "^gold", "/consumer_groups/gold", "a-new-consumer-group.yaml"),
        ("stream-routes", "^mqtt", "/stream_routes/mqtt", "a-new-stream-route.yaml"),
        ("global-rules", "^1", "/global_rules/1", "a-new-global-rule.yaml"),
        ("plugin-configs", "^7", "/plugin_configs/7", "a-new-plugin-config.yaml"),
        ("plugin-metadata", "^http", "/plugin_metadata/http-logger", "a-new-plugin-metadata.yaml"),
        ("protos", "^users", "/protos/users", "a-new-proto.yaml"),
        ("secrets", "^vault", "/secrets/vault/1", "a-new-secret.yaml"),
    ] {
        let on = |keys: &str| press(&mut at(name, filter), keys);
        assert_eq!(calls(&on("e")), [format!("GET {path}")]);
        assert_eq!(calls(&on("D")), [""; 0]);
        assert_eq!(calls(&on("Dy")), [format!("DELETE {path}")]);
        assert!(matches!(on("N").as_slice(), [Cmd::Edit(_, text)] if text.name == new), "{name}");
        assert!(matches!(on("c").as_slice(), [Cmd::Copy(id)] if path.ends_with(id.as_str())), "{name}");
        assert!(matches!(on("Y").as_slice(), [Cmd::Copy(_)]), "{name}");
        assert_eq!(calls(&on("B")), [""; 0], "no change of it is known");
    }
}

#[test]
fn what_they_lead_to() {
    for (name, filter, screen, to) in [
        ("consumer-groups", "^gold", "consumers", "group_id=gold"),
        ("plugin-configs", "^7", "routes", "plugin_config_id=7"),
        ("stream-routes", "^mqtt", "upstreams", "u1"),
        ("stream-routes", "^tls", "upstreams", "services/static"),
        ("plugin-metadata", "^http", "plugins", "http-logger"),
    ] {
        let mut app = at(name, filter);
        press(&mut app, "o");
        let place = app.place().clone();
        let found = place.id.as_deref().or(place.filter.as_deref());
        assert_eq!((place.screen, found), (screen, Some(to)), "{name}");
    }
    let mut app = at("stream-routes", "^tls");
    press(&mut app, "o");
    assert!(screen(&mut app, (120, 40)).contains("▸static"));
}

/// A server that answers garbage in the place of objects.
#[test]
fn garbage_is_shown_or_left() {
    use crate::output::clean;
    use crate::tui::msg::Source;
    let evil = "\u{1b}[2J\u{202e}中文\n";
    let object = |id: serde_json::Value, field: serde_json::Value| {
        serde_json::json!({
            "id": id, "username": id, "name": field, "plugins": field, "upstream": field, "upstream_id": field, "service_id": field,
            "group_id": field, "nodes": field, "checks": field, "timeout": field, "labels": field, "desc": field, "content": field,
            "hosts": field, "uri": field, "region": field, "protocol": field, "server_port": field, "sni": field,
            "discovery_type": field, "service_name": field, "type": field, "retries": field, "keepalive_pool": field, "tls": field,
            "modifiedIndex": field, "update_time": field, "auth_config": field, "token": field, "remote_addrs": field,
        })
    };
    let fields = [
        serde_json::json!(null),
        serde_json::json!(evil),
        serde_json::json!(-1e300),
        serde_json::json!(u64::MAX),
        serde_json::json!([evil, [1], null, {"host": evil, "port": evil}]),
        serde_json::json!({(evil): {(evil): evil}, "key-auth": evil, "active": [evil], "name": evil, "verify": true, "size": evil}),
    ];
    let ids = ["", evil, "a/b/c", "services/x", "routes/x", "alice/c1", "7"];
    let objects: Vec<_> =
        ids.iter().flat_map(|id| fields.iter().map(|field| object((*id).into(), field.clone()))).collect();
    let names = ALL.iter().map(|(name, ..)| *name).chain(["upstreams", "consumers"]);
    for name in names {
        // Each of the values once: later ones of an id take the place of earlier ones.
        for (at, field) in fields.iter().enumerate() {
            let mut app = app(name, State::Full);
            let own: Vec<_> = objects.iter().skip(at).step_by(fields.len()).cloned().collect();
            for list in ["routes", "services", "upstreams", "consumers", "credentials", name] {
                let Ok(resource) = crate::resources::find(list) else { continue };
                update(&mut app, told(Source::List(resource.name), own.clone().into()));
            }
            let node = serde_json::json!({"owner": "upstreams/7", "addr": field, "state": field, "checks": field, "last_check": field,
                "ejected_until": field, "weight": field, "priority": field, "source": field, "rps": field, "active": field});
            update(&mut app, told(Source::Nodes, serde_json::json!([node])));
            settle(&mut app);
            for keys in ["", "G", "l", "l", "l", "l", "l", "l", "l", "l", "<Enter>k", "<Esc>wsssss", "<Space>D<Esc>"] {
                press(&mut app, keys);
                let text = screen(&mut app, (200, 60));
                let driving = text.chars().find(|c| *c != '\n' && clean::is_dangerous(*c));
                assert_eq!(driving, None, "{name} {keys}:\n{text}");
            }
        }
    }
}

#[test]
fn costs_of_graphql_fields_live_below_their_service() {
    let on = |keys: &str| {
        let mut app = at("graphql-costs", "^shop/first");
        let commands = press(&mut app, keys);
        (commands, app)
    };
    const PATH: &str = "/services/shop/graphql_cost_decorations/first";
    assert_eq!(calls(&on("e").0), [format!("GET {PATH}")]);
    assert_eq!(calls(&on("Dy").0), [format!("DELETE {PATH}")]);
    assert_eq!(on("c").0, [Cmd::Copy("shop/first".to_owned())]);
    let (_, app) = on("o");
    assert_eq!((app.place().screen, app.place().id.as_deref()), ("upstreams", Some("services/shop")));
    let (commands, mut app) = on("N");
    let [Cmd::Edit(ticket, text)] = commands.as_slice() else { panic!("{commands:?}") };
    assert!(text.content.contains("id: shop/new"), "{}", text.content);
    let edited = text.content.replace("shop/new", "shop/second");
    let commands = update(&mut app, Msg::Answer { ticket: *ticket, result: Ok(edited.into()) });
    let [Cmd::Call(_, call)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(call.path, "/services/shop/graphql_cost_decorations/second");
    assert_eq!(call.body.as_ref().unwrap()["id"], "second");
    press(&mut app, ":gqlcost<Enter>");
    assert_eq!(app.place().screen, "graphql-costs");
    // Who deletes the service is told.
    press(&mut app, ":upstreams services/shop<Enter>D");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("the graphql cost decorations of service/shop go with it: first"), "{text}");
    assert!(text.contains("uses service/shop") && text.contains("the server refuses"), "{text}");
}
