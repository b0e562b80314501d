//! The screens of the terminal UI that tell what has been: changes, the logs, the traffic by everything, the metrics, of a gateway
//! that runs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicBool, Ordering};

use gateway_tests::{Ctl, Gateway, Upstream};
use serde_json::json;

/// Ends the traffic, whatever happens.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a screen shows once it shows all of this; it is high enough for all rows.
fn shows(ctl: &Ctl, screen: &str, facts: &[&str]) -> String {
    let mut text = String::new();
    for _ in 0..10 {
        text = ctl.ok(&["ui", "--snapshot", screen, "160x150"], "");
        if facts.iter().all(|fact| text.contains(fact)) {
            return text;
        }
    }
    panic!("{screen} does not show {facts:?}:\n{text}");
}

#[test]
fn what_has_been_is_on_the_screens() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("hello"));
    let node = upstream.node();
    gateway.put("/upstreams/backend", &json!({ "type": "roundrobin", "nodes": { (node.as_str()): 1 } }));
    let route = |priority: u8| json!({ "name": "greeting", "uri": "/hello", "upstream_id": "backend", "priority": priority, "plugins": { "prometheus": {} } });
    gateway.put("/routes/hello", &route(0));
    gateway.put("/routes/hello", &route(7));
    let ctl = Ctl::of(&gateway);
    let text = shows(&ctl, "events", &["route/hello", "updated", "created", "upstream/backend"]);
    // The newest change is selected, and its difference beside it.
    assert!(text.contains("+priority: 7") && text.contains("-priority: 0") && text.contains("~priority"), "{text}");

    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                gateway.get("/hello");
            }
        });
        let _over = Over(&over);
        shows(&ctl, "stat", &["by route", "greeting", "100.00"]);
        shows(&ctl, "metrics", &["http_status", "code=200", "http_latency", "type=upstream"]);
    });
    shows(&ctl, "logs", &["Gateway log", "following", "INFO"]);
}
