use serde_json::json;

use super::*;
use crate::tui::msg::{Source, Told};

#[test]
fn every_state() {
    all_states("stat", &["stat (5)", "by route, now", "[Route]", "[now]", "hello", "800", "99.80", "140", "[Summary]"]);
    assert!(shows("stat", (80, 24), State::Empty).contains("no traffic by route"));
    assert!(shows("stat", (80, 24), State::Error).contains("stat: the server answered 500"));
}

#[test]
fn by_everything() {
    let mut app = app("stat", State::Full);
    let facts: [(&str, &[&str]); 7] = [
        ("l", &["[Service]", "shop", "434"]),
        ("l", &["[Upstream]", "u1", "orders"]),
        ("l", &["[Node]", "10.0.0.9:80 (u1)", "10.0.0.9:80 (orders)", "stat (3)"]),
        ("l", &["[Consumer]", "alice", "94.00"]),
        ("l", &["[Protocol]", "websocket", "900"]),
        ("l", &["[Status]", "503", "1.20k"]),
        ("l", &["[Route]", "pay"]),
    ];
    for (keys, facts) in facts {
        press(&mut app, keys);
        let text = screen(&mut app, (200, 60));
        for fact in facts {
            assert!(text.contains(fact), "{fact}:\n{text}");
        }
    }
    press(&mut app, "h");
    assert!(screen(&mut app, (120, 40)).contains("[Status]"));
    press(&mut app, ":stat nodes<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("by node"));
}

#[test]
fn windows_add_up_what_was_seen() {
    let mut app = app("stat", State::Full);
    press(&mut app, "<Tab>");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("[10 s]") && text.contains("1 s seen") && text.contains("by route, 10 s"), "{text}");
    for second in 1..=3 {
        let at_ms = NOW_MS + second * 1_000;
        let row = json!({"id": "hello", "name": "hello", "rps": 400.0, "n": 400, "err": 0.0, "p50": 1.0, "p99": 33.0, "codes": {"4xx": 0, "5xx": 0}});
        let value = json!({"window_ms": 1000, "by": {"route": [row]}});
        update(&mut app, Msg::Told(Told { source: Source::Stats, at_ms, value }));
        settle(&mut app);
    }
    let text = screen(&mut app, (120, 40));
    // 800 + 3 × 400 in four seconds, the worst second's P99.
    assert!(text.contains("4 s seen") && text.contains("500") && text.contains("33.0"), "{text}");
    press(&mut app, "<Tab><Tab>");
    assert!(screen(&mut app, (120, 40)).contains("[5 min]"));
    press(&mut app, "<Tab>");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("[now]") && text.contains("400"), "{text}");
    press(&mut app, "<Shift-Tab>");
    assert!(screen(&mut app, (120, 40)).contains("[5 min]"));
}

#[test]
fn what_a_row_leads_to() {
    let on = |keys: &str| {
        let mut app = app("stat", State::Full);
        press(&mut app, keys);
        app.place().clone()
    };
    assert_eq!((on("o").screen, on("o").id.as_deref()), ("routes", Some("hello")));
    assert_eq!((on("llo").screen, on("llo").id.as_deref()), ("upstreams", Some("u1")));
    assert_eq!(on("t").filter.as_deref(), Some("route=hello"));
    assert_eq!(on("lllt").filter.as_deref(), Some("node=10.0.0.5:80"));
    let mut app = app("stat", State::Full);
    assert_eq!(press(&mut app, "DEN"), []);
    press(&mut app, "<Enter>l");
    assert!(screen(&mut app, (120, 40)).contains("[Traffic]"));
}

#[test]
fn more_is_asked_for_while_it_is_shown() {
    let mut app = app("overview", State::Full);
    let by = |commands: &[Cmd]| {
        commands.iter().find_map(|command| match command {
            Cmd::Watch(Source::Stats, arguments) => arguments.iter().find(|(name, _)| *name == "by").cloned(),
            _ => None,
        })
    };
    let there = by(&press(&mut app, ":stat<Enter>")).unwrap().1;
    assert!(there.contains("upstream") && there.contains("status"), "{there}");
    let back = by(&press(&mut app, "1")).unwrap().1;
    assert!(!back.contains("status"), "{back}");
}
