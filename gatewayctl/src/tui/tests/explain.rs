use serde_json::{Value, json};

use super::*;
use crate::tui::msg::{Failure, Link, Ticket};

const ASK: &str = ":explain GET http://shop.example/orders/pay<Enter>";

/// What a gateway says of a request.
fn answer() -> Value {
    json!({"rev": 7, "listener": {"addr": "127.0.0.1:9080", "tls": false, "http2": true}, "tls": null, "protocol": "http1",
        "candidates": [
            {"route_id": "pay", "name": null, "uri": "/orders/pay", "matched": false, "failed_on": "vars",
             "detail": "[\"http_x_env\",\"==\",\"test\"] does not hold: http_x_env is absent"},
            {"route_id": "orders", "name": null, "uri": "/orders/*", "matched": true, "failed_on": null, "detail": null},
            {"route_id": "demo", "name": "demo", "uri": "/*", "matched": false, "failed_on": "priority",
             "detail": "everything holds, but orders goes before it"}],
        "more_candidates": 3, "route_id": "orders", "route_name": null, "service_id": "shop",
        "consumer": {"username": "jane", "by": "key-auth", "credential": null, "group": null},
        "plugins": [
            {"name": "key-auth", "priority": 2500, "phases": ["rewrite"], "origin": "route", "origin_id": "orders", "config": {},
             "verdict": "pass", "skipped": null},
            {"name": "limit-count", "priority": 1002, "phases": ["access"], "origin": "service", "origin_id": "shop",
             "config": {"count": 100}, "verdict": "not tried", "skipped": null}],
        "answer": null,
        "upstream": {"id": "demo-echo", "owner": "upstreams/demo-echo", "scheme": "http", "type": "roundrobin",
            "nodes": [{"addr": "127.0.0.1:46241", "weight": 1, "priority": 0, "healthy": true, "state": null},
                      {"addr": "10.0.0.7:80", "weight": 1, "priority": 0, "healthy": false, "state": "unhealthy"}],
            "node": "127.0.0.1:46241", "error": null},
        "request": {"method": "GET", "uri": "/orders/pay", "host": "shop.example", "headers": {"apikey": "***", "X-Consumer-Username": "jane"}}})
}

#[test]
fn no_answer_stands_below_another_question() {
    let mut app = at(State::Full);
    assert!(screen(&mut app, (120, 40)).contains("limit-count"));
    press(&mut app, ":explain BOGUS<Enter>");
    let text = screen(&mut app, (120, 40));
    assert!(!text.contains("limit-count") && text.contains("✗"), "{text}");
    // Nor one that comes late, nor an object that is not there.
    let mut app = at(State::Full);
    let (late, _) = ticket(&press(&mut app, ASK));
    press(&mut app, ":explain route/nosuch<Enter>");
    update(&mut app, Msg::Answer { ticket: late, result: Ok(answer()) });
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("route/nosuch is not there") && !text.contains("limit-count"), "{text}");
    assert!(!text.contains("asking the gateway"), "{text}");
}

fn ticket(commands: &[Cmd]) -> (Ticket, Value) {
    let of = |command: &Cmd| match command {
        Cmd::Call(ticket, call) if call.path == "/live/explain" => Some((*ticket, call.body.clone().unwrap())),
        _ => None,
    };
    commands.iter().rev().find_map(of).unwrap_or_else(|| panic!("{commands:?}"))
}

/// The screen in a state: asked and answered, not asked, asked, refused.
fn at(state: State) -> App {
    let mut app = app("explain", if state == State::Disconnected { State::Full } else { state });
    if state == State::Empty {
        return app;
    }
    let (ticket, _) = ticket(&press(&mut app, ASK));
    let refused = Failure {
        status: Some(500),
        message: "the server answered 500".into(),
        hints: vec!["gatewayctl doctor".into()],
    };
    match state {
        State::Full | State::Disconnected => {
            update(&mut app, Msg::Answer { ticket, result: Ok(answer()) });
        }
        State::Error => {
            update(&mut app, Msg::Answer { ticket, result: Err(refused) });
        }
        State::Empty | State::Loading => {}
    }
    if state == State::Disconnected {
        let next = Duration::from_secs(4);
        update(&mut app, Msg::Link(Link::Lost { tries: 3, next, why: "connection refused".to_owned() }));
    }
    app
}

#[test]
fn every_state() {
    for size in SIZES {
        for state in State::ALL {
            let text = screen(&mut at(state), size);
            let facts: &[&str] = match state {
                State::Full | State::Disconnected => &[
                    "GET http://shop.example/orders/pay",
                    "✓ orders",
                    "✗ pay",
                    "vars:",
                    "jane",
                    "key-auth",
                    "2500",
                    "limit-count",
                    "127.0.0.1:46241",
                    "goes here",
                ],
                State::Empty => &["nothing was asked yet"],
                State::Loading => &["asking the gateway"],
                State::Error => &["the server answered 500", "gatewayctl doctor"],
            };
            for fact in facts {
                assert!(text.contains(fact), "{} at {size:?} does not show {fact}:\n{text}", state.name());
            }
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots" }, {
                insta::assert_snapshot!(format!("explain-{}-{}x{}", state.name(), size.0, size.1), text);
            });
        }
    }
}

#[test]
fn everything_that_was_said_is_there() {
    let text = screen(&mut at(State::Full), (200, 60));
    for fact in [
        "priority:",
        "and 3 more",
        "route/orders",
        "service/shop",
        "not tried",
        "upstreams/demo-echo",
        "10.0.0.7:80",
        "unhealthy",
        "what it gets",
        "X-Consumer-Username: jane",
        "127.0.0.1:9080",
    ] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    let mut app = at(State::Full);
    press(&mut app, "z<Tab>");
    assert!(screen(&mut app, (80, 24)).contains("limit-count"));
}

#[test]
fn a_request_is_typed_with_its_fields() {
    let mut app = app("explain", State::Full);
    press(&mut app, "<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("Enter asks"));
    // Keys are letters now.
    press(&mut app, "2q");
    assert_eq!(app.place().screen, "explain");
    assert_eq!(calls(&press(&mut app, "<Ctrl-u><Enter>")), [""; 0]);
    assert!(screen(&mut app, (120, 40)).contains("type a request"));
    let commands = press(&mut app, "POST http://shop.example/pay<Tab>apikey: k<Tab>x-a: b<Enter>");
    let (_, body) = ticket(&commands);
    assert_eq!((&body["method"], &body["url"]), (&json!("POST"), &json!("http://shop.example/pay")));
    assert_eq!((&body["headers"]["apikey"], &body["headers"]["x-a"]), (&json!("k"), &json!("b")));
    // The keys are the program's again.
    press(&mut app, "2");
    assert_eq!(app.place().screen, "routes");
    let mut app = self::app("explain", State::Full);
    update(&mut app, Msg::Input(Event::Paste("curl -XPUT \\\n  http://h/x \\\n  -H 'a: b'".to_owned())));
    let (_, body) = ticket(&press(&mut app, "<Enter>"));
    assert_eq!((&body["method"], &body["headers"]["a"]), (&json!("PUT"), &json!("b")));
    press(&mut app, "<Enter>");
    assert_eq!(calls(&press(&mut app, "<Ctrl-u>dubbo com.shop.Stock/1.0.0/g1 reduce<Enter>")), ["POST /live/explain"]);
}

#[test]
fn an_object_is_asked_about_by_a_request_for_it() {
    let mut app = app("routes", State::Full);
    press(&mut app, "/^hello<Enter>");
    let (_, body) = ticket(&press(&mut app, "x"));
    assert_eq!((&body["method"], &body["url"]), (&json!("GET"), &json!("http://api.example/hello/")));
    let (_, body) = ticket(&press(&mut app, ":explain upstream/u-grpc<Enter>"));
    assert_eq!(body["url"], "/users.Users/");
    press(&mut app, ":explain route/none<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("route/none is not there"));
    let (_, body) = ticket(&press(&mut app, ":explain /orders/7<Enter>"));
    assert_eq!(body["url"], "/orders/7");
}

#[test]
fn only_the_newest_answer_counts() {
    let mut app = app("explain", State::Full);
    let (first, _) = ticket(&press(&mut app, ASK));
    let (second, _) = ticket(&press(&mut app, ASK));
    update(&mut app, Msg::Answer { ticket: first, result: Ok(answer()) });
    assert!(screen(&mut app, (120, 40)).contains("asking the gateway"));
    let none = json!({"candidates": [], "route_id": null, "plugins": [], "answer": {"status": 404, "by": "", "body": "no route"}});
    update(&mut app, Msg::Answer { ticket: second, result: Ok(none) });
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("none takes it") && text.contains("no route comes near") && text.contains("404"), "{text}");
}

#[test]
fn every_action_of_an_answer() {
    let on = |keys: &str| {
        let mut app = at(State::Full);
        let commands = press(&mut app, keys);
        (app.place().clone(), commands)
    };
    assert_eq!((on("o").0.screen, on("o").0.id.as_deref()), ("routes", Some("orders")));
    assert_eq!(on("t").0.filter.as_deref(), Some("route=orders"));
    assert!(
        matches!(on("u").1.as_slice(), [Cmd::Copy(line)] if line.starts_with("curl http://shop.example/orders/pay"))
    );
    assert!(matches!(on("Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("route_id: orders")));
    assert_eq!(calls(&on("x").1), ["POST /live/explain"]);
    assert_eq!(calls(&on("R").1), ["POST /live/explain"]);
}

#[test]
fn nodes_that_nobody_looks_at_are_not_said_to_be_well() {
    let mut app = at(State::Full);
    assert!(screen(&mut app, (200, 60)).contains("○ 127.0.0.1:46241"));
    for (state, shown) in [("unchecked", "○ 127.0.0.1:46241"), ("healthy", "✓ 127.0.0.1:46241")] {
        let node = json!({"owner": "upstreams/demo-echo", "addr": "127.0.0.1:46241", "state": state, "weight": 1});
        update(&mut app, told(crate::tui::msg::Source::Nodes, json!([node])));
        let text = screen(&mut app, (200, 60));
        assert!(text.contains(shown) && text.contains(state), "{text}");
    }
}

#[test]
fn what_is_typed_after_an_answer_is_another_request() {
    let mut app = at(State::Full);
    press(&mut app, "<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("letters begin another"));
    let (_, body) = ticket(&press(&mut app, "GET http://other.example/x<Enter>"));
    assert_eq!(body["url"], "http://other.example/x");
    // An arrow keeps what is there.
    let (_, body) = ticket(&press(&mut app, "<Enter><Right>y<Enter>"));
    assert_eq!(body["url"], "http://other.example/xy");
    let (_, body) = ticket(&press(&mut app, "<Enter><Enter>"));
    assert_eq!(body["url"], "http://other.example/xy");
    press(&mut app, "<Enter>");
    update(&mut app, Msg::Input(Event::Paste("curl http://pasted.example/".to_owned())));
    let (_, body) = ticket(&press(&mut app, "<Enter>"));
    assert_eq!(body["url"], "http://pasted.example/");
}
