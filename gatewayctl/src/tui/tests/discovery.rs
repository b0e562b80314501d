use serde_json::json;

use super::*;
use crate::tui::msg::{Failure, Source};

#[test]
fn every_state() {
    all_states(
        "discovery",
        &[
            "discovery (3)",
            "1 not connected",
            "nacos",
            "retrying",
            "connection refused",
            "Services of nacos (2)",
            "Instances of pay (3)",
            "10.0.2.1:8080",
            "[fd00::7]:8080",
        ],
    );
}

/// Tells of registries, and gives what is asked for then.
fn tell(app: &mut App, registries: serde_json::Value) -> Vec<Cmd> {
    update(app, told(Source::Discovery, registries));
    settle(app)
}

#[test]
fn what_is_below_follows_the_selection() {
    let mut app = app("discovery", State::Full);
    let commands = press(&mut app, "j");
    assert_eq!(calls(&commands), ["GET /live/discovery/zookeeper"]);
    assert!(screen(&mut app, (120, 40)).contains("loading services"));
    answer(&mut app, &commands);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("dubbo://g1/com.shop.Stock") && text.contains("10.0.1.4:20880"), "{text}");
    // It is known: nobody asks again until registries are told again.
    assert_eq!(calls(&press(&mut app, "kj")), [""; 0]);
    press(&mut app, "<Enter><Enter>");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("▸10.0.1.4:20880") && text.contains("healthy"), "{text}");
    press(&mut app, "<Esc><Esc>");
    assert_eq!(app.place().screen, "discovery");
    let commands = press(&mut app, "j");
    answer(&mut app, &commands);
    assert!(screen(&mut app, (120, 40)).contains("no upstream takes its nodes from it"));
}

#[test]
fn lost_connections_are_counted() {
    let mut app = app("discovery", State::Full);
    for (state, since) in [("retrying", json!(null)), ("connected", json!(7)), ("connected", json!(9))] {
        tell(&mut app, json!([{"type": "nacos", "state": state, "since": since, "services": 1}]));
    }
    press(&mut app, "d");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("2 seen since this program was started"), "{text}");
}

#[test]
fn what_fails_or_is_garbage_is_told() {
    let mut app = app("discovery", State::Full);
    let commands = tell(&mut app, json!([{"type": "e\u{1b}[2J/x", "state": "connected"}]));
    assert_eq!(calls(&commands), ["GET /live/discovery/e%1B[2J%2Fx"]);
    let [Cmd::Call(ticket, _)] = commands.as_slice() else { panic!("{commands:?}") };
    let failure = Failure { status: Some(404), message: "no such registry".to_owned(), hints: Vec::new() };
    update(&mut app, Msg::Answer { ticket: *ticket, result: Err(failure) });
    assert!(screen(&mut app, (120, 40)).contains("services: no such registry"));
    for value in
        [json!(null), json!([7, {"service": 1, "nodes": [[], {"port": "x"}]}, {"nodes": {"a": 1}}]), json!("\u{1b}")]
    {
        tell(&mut app, json!([{"type": "a", "state": [], "since": "x", "error": 7}, null]));
        let commands = press(&mut app, "R");
        for command in &commands {
            if let Cmd::Call(ticket, _) = command {
                update(&mut app, Msg::Answer { ticket: *ticket, result: Ok(value.clone()) });
            }
        }
        press(&mut app, "jk<Tab>j<Tab>d<Esc>");
        let text = screen(&mut app, (80, 24));
        assert!(!text.chars().any(|c| c != '\n' && crate::output::clean::is_dangerous(c)), "{text}");
    }
}

#[test]
fn every_action_of_discovery() {
    let on = |keys: &str| {
        let mut app = app("discovery", State::Full);
        let commands = press(&mut app, keys);
        (app.place().clone(), commands, app)
    };
    assert_eq!(on("o").0.filter.as_deref(), Some("discovery_type=nacos"));
    let place = on("<Enter>o").0;
    assert_eq!((place.screen, place.id.as_deref()), ("upstreams", Some("pay")));
    let place = on("<Enter>t").0;
    assert_eq!((place.screen, place.filter.as_deref()), ("traffic", Some("upstream=pay")));
    assert_eq!(on("<Enter>c").1, [Cmd::Copy("pay".to_owned())]);
    assert!(matches!(on("<Enter>Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("10.0.2.1")));
    assert!(on("R").1.contains(&Cmd::Refresh(Source::Discovery)));
    let mut described = on("<Tab><Tab>d").2;
    let text = screen(&mut described, (120, 40));
    assert!(text.contains("zone") && text.contains("version"), "{text}");
    let mut app = on(":discovery nacos/gone<Enter>").2;
    assert!(screen(&mut app, (120, 40)).contains("it has no instances"));
    let mut app = on("<Tab>/gone<Enter>").2;
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("▸gone") && text.contains("filter: gone"), "{text}");
    press(&mut app, "/<Ctrl-u>none<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("none of 2 matches"));
    let mut app = app_with(Options { glyphs: Glyphs::ascii(), ..options("discovery") }, State::Full);
    assert!(screen(&mut app, (120, 40)).is_ascii());
}
