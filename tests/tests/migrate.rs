//! `docs/migrate-from-apisix.md`, as it is written there: every command of the page, against an APISIX-like Admin API.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::{Ctl, Gateway, Upstream};
use serde_json::json;

const PAGE: &str = include_str!("../../docs/migrate-from-apisix.md");

const FILE: &str = "\
routes:
  - {id: standalone, uri: /standalone, upstream_id: other}
upstreams:
  - {id: other, nodes: {'127.0.0.1:1': 1}}
#END
";

/// The command lines of the page, without comments.
fn commands() -> Vec<Vec<&'static str>> {
    let blocks = PAGE.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).filter_map(|line| line.split('#').next());
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|words| !words.is_empty()).collect()
}

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let upstream = Upstream::text("from the old one");
    let (old, new) = (Gateway::start(), Gateway::start());
    old.put("/upstreams/u", &json!({ "nodes": { (upstream.node()): 1 } }));
    old.put("/routes/hello", &json!({ "uri": "/hello", "upstream_id": "u", "plugins": { "key-auth": {} } }));
    old.put("/consumers", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "janes-key" } } }));
    let before = old.call("GET", "/live/info", None).json()["config"]["revision"].clone();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("apisix.key"), old.key()).unwrap();
    std::fs::write(dir.path().join("apisix.yaml"), FILE).unwrap();

    let ctl = Ctl::of(&new);
    let commands = commands();
    assert!(commands.len() >= 8, "{commands:?}");
    for words in &commands {
        let (tool, arguments) = words.split_first().unwrap();
        assert_eq!(*tool, "gatewayctl");
        let arguments: Vec<String> = arguments
            .iter()
            .map(|word| match *word {
                "http://apisix:9180" => format!("http://{}", old.admin),
                "apisix.key" | "apisix.yaml" | "gateway.yaml" => dir.path().join(word).display().to_string(),
                word => word.to_owned(),
            })
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        ctl.ok(&arguments, "");
    }
    assert_eq!(new.get("/hello").status, 401);
    assert_eq!(new.get_with("/hello", &[("apikey", "janes-key")]).text(), "from the old one");
    assert_eq!(new.call("GET", "/routes/standalone", None).status, 200);
    let after = old.call("GET", "/live/info", None).json()["config"]["revision"].clone();
    assert_eq!(after, before, "the old one is only read");
}
