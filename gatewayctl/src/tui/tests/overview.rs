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
