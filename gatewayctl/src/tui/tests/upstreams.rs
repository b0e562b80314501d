use serde_json::json;

use super::*;
use crate::tui::msg::Source;

#[test]
fn every_state() {
    let facts = [
        "upstreams (6, 1 route, 4 services)",
        "upstream",
        "1/3",
        "310",
        "45.0",
        "[Nodes]",
        "10.0.0.7:80",
        "unhealthy",
        "mostly_healthy",
        "ok 12 tcp 3 http 0 timeout 0",
        "from static",
    ];
    all_states("upstreams", &facts);
    without_rows("upstreams", "no services and no upstreams; N makes the first upstream");
}

/// The program at one row of the table.
fn at(filter: &str) -> App {
    let mut app = app("upstreams", State::Full);
    press(&mut app, &format!("/{filter}<Enter>"));
    app
}

fn shows_all(app: &mut App, facts: &[&str]) {
    let text = screen(app, (200, 60));
    for fact in facts {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
}

#[test]
fn an_upstream_in_all_tabs() {
    let mut app = at("^u1");
    shows_all(&mut app, &["upstreams (1 of 11)  filter: ^u1", "3/3", "10.0.0.5:80", "WEIGHT", "checked 2s ago"]);
    press(&mut app, "d");
    shows_all(
        &mut app,
        &["[Summary]", "roundrobin http", "checks  active", "800 requests/s", "errors 0.20 %", "rev 4690"],
    );
    press(&mut app, "l");
    shows_all(&mut app, &["[Checks]", "http_path: /health"]);
    press(&mut app, "l");
    shows_all(&mut app, &["[Routes]", "hello", "800", "/hello/*", "svc-01"]);
    press(&mut app, "r");
    shows_all(&mut app, &["[References]", "route/hello", "service/static", "stream-route/mqtt"]);
    press(&mut app, "y");
    shows_all(&mut app, &["[YAML]", "type: roundrobin"]);
    press(&mut app, "ll");
    shows_all(&mut app, &["[Traffic]", "800 requests/s", "p99 8.0 ms"]);
    press(&mut app, "l");
    shows_all(&mut app, &["[History]", "rev 4690"]);
}

#[test]
fn services_and_routes_have_nodes_too() {
    let mut app = at("^shop");
    shows_all(&mut app, &["service", "1/3", "10.0.0.7:80", "unhealthy"]);
    press(&mut app, "d");
    shows_all(&mut app, &["api.example", "least_conn http", "retries 2", "key-auth,prometheus", "434 requests/s"]);
    // Nothing is told of these: what is configured is shown.
    let mut app = at("^own");
    shows_all(&mut app, &["no node of it is known", "10.0.2.1:80"]);
    let mut app = at("^old");
    shows_all(&mut app, &["route", "10.0.0.3:80"]);
}

#[test]
fn nodes_that_are_left_out() {
    let mut app = at("^u1");
    let nodes = json!([
        {"owner": "upstreams/u1", "addr": "10.0.0.5:80", "weight": 3, "priority": -1, "state": "ejected", "checks": null, "last_check": null,
         "active": 0, "rps": null, "p99_ms": null, "ejected_until": NOW_MS as f64 / 1e3 + 75.5, "source": "nacos", "usable": false},
        {"owner": "upstreams/u1", "addr": "[2001:db8::1]:80", "weight": 0, "state": "unchecked", "usable": true, "source": "dns"},
    ]);
    update(&mut app, told(Source::Nodes, nodes));
    settle(&mut app);
    shows_all(
        &mut app,
        &["1/2", "✗ 10.0.0.5:80", "ejected for 1m 15s", "no checks", "from nacos", "○ [2001:db8::1]:80", "from dns"],
    );
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("ejected for 1m 15s"), "{text}");
}

#[test]
fn nodes_that_cannot_be_told() {
    let mut app = app("upstreams", State::Loading);
    let upstreams = json!([{"id": "u1", "nodes": {"10.0.0.5:80": 1}}, {"id": "u2", "service_name": "pay", "discovery_type": "nacos"}]);
    update(&mut app, told(Source::List("upstreams"), upstreams));
    settle(&mut app);
    shows_all(&mut app, &["upstreams (2)", "nacos:pay", "loading nodes", "○ 10.0.0.5:80"]);
    update(&mut app, told(Source::Nodes, json!({"failure": {"message": "no such thing", "status": 404}})));
    settle(&mut app);
    shows_all(&mut app, &["nodes: no such thing", "○ 10.0.0.5:80"]);
}

#[test]
fn every_action_of_an_upstream() {
    let on = |keys: &str| {
        let mut app = at("^orders");
        let commands = press(&mut app, keys);
        (app.place().clone(), commands, app)
    };
    assert_eq!((on("t").0.screen, on("t").0.filter.as_deref()), ("traffic", Some("upstream=orders")));
    assert_eq!((on("o").0.screen, on("o").0.filter.as_deref()), ("routes", Some("upstream_id=orders")));
    assert_eq!(on("c").1, [Cmd::Copy("orders".to_owned())]);
    assert!(matches!(on("Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("type: least_conn")));
    assert_eq!(calls(&on("e").1), ["GET /upstreams/orders"]);
    assert!(matches!(on("N").1.as_slice(), [Cmd::Edit(_, text)] if text.name == "a-new-upstream.yaml"));
    let (_, commands, mut app) = on("D");
    assert_eq!(calls(&commands), [""; 0]);
    let text = screen(&mut app, (120, 40));
    for fact in ["delete upstream/orders", "service/shop uses upstream/orders", "310 requests/s go through"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    assert_eq!(calls(&press(&mut app, "y")), ["DELETE /upstreams/orders"]);
    let mut app = at("^u1");
    let commands = press(&mut app, "B");
    let [Cmd::Call(_, call)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(call.body, Some(json!({"rev": 4689, "dry_run": true})));
    assert!(press(&mut app, "R").contains(&Cmd::Refresh(Source::Nodes)));
    // Only routes can be off.
    assert_eq!(on("E").1, []);
    let mut app = at("^old");
    assert_eq!(calls(&press(&mut app, "E")), ["PATCH /routes/old"]);
}

#[test]
fn every_action_of_a_service() {
    let on = |keys: &str| {
        let mut app = at("^shop");
        let commands = press(&mut app, keys);
        (app.place().clone(), commands, app)
    };
    assert_eq!(on("t").0.filter.as_deref(), Some("service=shop"));
    assert_eq!(on("x").0.id.as_deref(), Some("service/shop"));
    assert_eq!(on("c").1, [Cmd::Copy("shop".to_owned())]);
    assert_eq!(calls(&on("e").1), ["GET /services/shop"]);
    assert!(matches!(on("N").1.as_slice(), [Cmd::Edit(_, text)] if text.name == "a-new-service.yaml"));
    assert_eq!(calls(&on("Dy").1), ["DELETE /services/shop"]);
    // Its upstream is on the same screen.
    let (place, _, mut app) = on("o");
    assert_eq!((place.screen, place.id.as_deref()), ("upstreams", Some("orders")));
    assert!(screen(&mut app, (120, 40)).contains("▸orders"));
}

#[test]
fn what_leads_here_finds_its_row() {
    for (id, shown) in
        [("u1", "▸u1"), ("upstreams/u1", "▸u1"), ("services/shop", "▸shop"), ("shop", "▸shop"), ("old", "▸old")]
    {
        let mut app = app("overview", State::Full);
        press(&mut app, &format!(":services {id}<Enter>"));
        let text = screen(&mut app, (120, 40));
        assert!(text.contains(shown), "{id}:\n{text}");
    }
}

#[test]
fn a_read_only_session_writes_nothing() {
    let mut read_only = options("upstreams");
    read_only.read_only = true;
    let mut app = app_with(read_only, State::Full);
    for keys in ["e", "D", "N", "B"] {
        assert_eq!(press(&mut app, keys), [], "{keys}");
    }
    let mut ascii = options("upstreams");
    ascii.glyphs = Glyphs::ascii();
    let mut app = app_with(ascii, State::Full);
    for keys in ["", "l", "l", "l"] {
        press(&mut app, keys);
        let text = screen(&mut app, (120, 40));
        assert!(text.is_ascii(), "{text}");
    }
}
