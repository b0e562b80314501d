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

#[test]
fn the_traffic_is_in_front() {
    let mut app = app("metrics", State::Empty);
    let metric = |name: &str, kind: &str| json!({"name": name, "labels": {}, "type": kind, "value": 1});
    let all = json!([
        metric("apisix_etcd_reachable", "gauge"),
        metric("apisix_node_info", "gauge"),
        metric("apisix_http_requests_total", "gauge"),
        metric("apisix_bandwidth", "counter"),
        metric("apisix_http_latency", "histogram"),
        metric("apisix_http_status", "counter"),
    ]);
    update(&mut app, told(Source::Metrics, all));
    settle(&mut app);
    let text = screen(&mut app, (200, 60));
    let place = |name: &str| text.find(name).unwrap_or_else(|| panic!("{name}:\n{text}"));
    let names = ["http_status", "http_latency", "bandwidth", "http_requests_total", "etcd_reachable", "node_info"];
    // The details of the first are beside it.
    assert!(text.contains("name    apisix_http_status"), "{text}");
    assert!(names.windows(2).all(|pair| place(pair[0]) < place(pair[1])), "{text}");
}
