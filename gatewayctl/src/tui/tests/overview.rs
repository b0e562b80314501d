use super::*;

#[test]
fn every_state() {
    all_states(
        "overview",
        &[
            "1.23k",
            "errors",
            "conns 120",
            "Top routes",
            "hello",
            "800",
            "orders 10.0.0.7:80 down",
            "old.example cert",
            "route/pay updated",
            "2xx",
            "p50 1.1",
            "live 1s",
            "local",
        ],
    );
}

#[test]
fn what_it_leads_to() {
    let mut app = app("overview", State::Full);
    press(&mut app, "<Enter>");
    assert_eq!((app.place().screen, app.place().id.as_deref()), ("routes", Some("hello")));
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("▸hello"), "{text}");
    press(&mut app, "-");
    assert_eq!(app.place().screen, "overview");
    press(&mut app, "j<Enter>");
    assert_eq!(app.place().id.as_deref(), Some("orders"));
    press(&mut app, "1<Tab><Enter>");
    assert_eq!(app.place().screen, "upstreams");
}

#[test]
fn what_fails_without_checks_needs_attention_too() {
    use serde_json::json;

    use crate::tui::msg::Source;
    let mut app = app("overview", State::Full);
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("orders 10.0.0.7:80 down: refuses") && text.contains("retries 2"), "{text}");
    let node = |addr: &str, err: f64| json!({"id": addr, "upstream": "u1", "rps": 20.0, "err": err});
    let stats = json!({"ts": NOW_MS / 1_000, "instance": "a1", "window_ms": 1_000, "conn": {}, "req": {"rps": 40.0, "codes": {}, "retries": 20},
        "by": {"node": [node("10.0.0.5:80", 1.0), node("10.0.0.6:80", 0.0)]}});
    update(&mut app, told(Source::Stats, stats));
    let text = screen(&mut app, (200, 60));
    // Checks say that it is well.
    assert!(!text.contains("u1 10.0.0.5:80") && text.contains("retries 20"), "{text}");
    let unchecked = json!([{"owner": "upstreams/u1", "addr": "10.0.0.5:80", "state": "unchecked"}]);
    update(&mut app, told(Source::Nodes, unchecked));
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("✗ u1 10.0.0.5:80: errors 100.0 %") && !text.contains("10.0.0.6:80: errors"), "{text}");
}

#[test]
fn every_span_of_time_has_one_row_of_the_scale() {
    for size in [(80, 24), (120, 40), (200, 50), (200, 60), (240, 70), (300, 100)] {
        for keys in ["", "z"] {
            let mut app = app("overview", State::Full);
            press(&mut app, "<Tab><Tab><Tab><Tab>");
            press(&mut app, keys);
            let text = screen(&mut app, size);
            let scale = |line: &str| {
                let number = line.split(['│', '┤', '|']).rev().find_map(|part| {
                    let part = part.trim();
                    part.ends_with(|c: char| c.is_ascii_digit() || c == 'k').then(|| part.to_owned())
                })?;
                (number.len() <= 4 && number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 'k'))
                    .then_some(number)
            };
            let all: Vec<String> = text.lines().filter_map(scale).collect();
            let once: std::collections::BTreeSet<&String> = all.iter().collect();
            assert_eq!(all.len(), once.len(), "{size:?} {all:?}:\n{text}");
        }
    }
}

#[test]
fn what_a_server_does_not_tell_is_not_none() {
    use serde_json::json;

    use crate::tui::msg::{Link, Source};
    let mut app = app("overview", State::Empty);
    update(&mut app, Msg::Link(Link::Up { live: false }));
    let stats = json!({"ts": NOW_MS / 1_000, "window_ms": 2_000, "conn": {"active": 3}, "by": {"route": null},
        "req": {"rps": 17.0, "n": 34, "codes": null, "rx_bps": null, "tx_bps": null}, "proc": {"cpu_pct": null, "rss_bytes": null, "fds": null}});
    update(&mut app, told(Source::Stats, stats));
    let failure = json!({"failure": {"message": "the server has no live/certs", "hints": [], "status": null}});
    update(&mut app, told(Source::Certs, failure));
    settle(&mut app);
    let text = screen(&mut app, (160, 50));
    for fact in [
        "errors –",
        "in –  out –",
        "cpu –  rss –  fds –",
        "retries –  timeouts –  limited –",
        "2xx –  3xx –  4xx –  5xx –",
        "does not tell them by route",
        "not told: errors",
    ] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    assert!(!text.contains("✓ nothing") && !text.contains("no requests"), "{text}");
}
