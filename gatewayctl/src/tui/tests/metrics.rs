use serde_json::json;

use super::*;
use crate::tui::msg::{Source, Told};

#[test]
fn every_state() {
    all_states("metrics", &["metrics (5)", "apisix_http_status", "12345", "apisix_http_latency", "22.4", "[Summary]"]);
    assert!(shows("metrics", (80, 24), State::Empty).contains("the gateway counts nothing"));
    assert!(shows("metrics", (80, 24), State::Error).contains("metrics: the server answered 500"));
}

#[test]
fn details_filters_and_targets() {
    let mut app = app("metrics", State::Full);
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("label   route=hello") && text.contains("value   12345"), "{text}");
    press(&mut app, "o");
    assert_eq!((app.place().screen, app.place().id.as_deref()), ("routes", Some("hello")));
    press(&mut app, "-/latency<Enter>");
    let text = screen(&mut app, (200, 60));
    for fact in ["metrics (1 of 5)", "count   800", "average 2.00", "p95     6.00", "p99     22.4"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "/<Ctrl-u>labels.code=503<Enter>");
    assert!(screen(&mut app, (200, 60)).contains("metrics (1 of 5)"));
    assert_eq!(press(&mut app, "DENx"), []);
    assert_eq!(app.place().screen, "metrics");
}

#[test]
fn counters_have_a_rate() {
    let mut app = app("metrics", State::Full);
    let metric = json!({"name": "apisix_http_status", "labels": {"code": "200", "route": "hello", "consumer": "alice"}, "type": "counter", "value": 12_365});
    update(&mut app, Msg::Told(Told { source: Source::Metrics, at_ms: NOW_MS + 2_000, value: json!([metric]) }));
    settle(&mut app);
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("12365") && text.contains("10.0 a second"), "{text}");
}

#[test]
fn ascii_is_enough() {
    for (name, keys) in [("events", "v"), ("logs", "/!evil<Enter>p"), ("stat", "<Tab>"), ("metrics", "/apisix<Enter>")]
    {
        let mut ascii = options(name);
        ascii.glyphs = Glyphs::ascii();
        let mut app = app_with(ascii, State::Full);
        press(&mut app, keys);
        for size in [(80, 24), (120, 40), (200, 60)] {
            let text = screen(&mut app, size);
            assert!(text.is_ascii(), "{name}:\n{text}");
        }
    }
}
