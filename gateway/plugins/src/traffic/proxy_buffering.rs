//! `proxy-buffering`: accepted, for the gateway passes every answer on as it comes.

use gateway_engine::plugin::{Definition, Phases};
use gateway_model::plugin::PluginSpec;

use crate::docs::{Doc, Example};
use crate::inert;

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec::new("proxy-buffering", 21991, include_str!("../schemas/proxy-buffering.json")),
        phases: Phases::NONE,
        build: inert::build,
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Says whether answers may be held back on their way. The gateway never holds them back: each piece goes to the client as \
            soon as it has come, events and streams among them, and an upstream is read no faster than its client reads. So both \
            settings are accepted, and neither changes anything.\n\n\
            What does hold a body back are plugins that need the whole of it, such as the `filters` of `response-rewrite`.",
    fields: &[("disable_proxy_buffering", "Answers are to be passed on as they come; they are in either case.")],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/events",
  "upstream_id": "demo-echo",
  "plugins": {"proxy-buffering": {"disable_proxy_buffering": true}}
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/events | grep uri
  "uri": "/events","#,
    },
};

#[cfg(test)]
mod tests {
    use crate::testkit::Kit;
    use gateway_engine::plugin::Phases;
    use serde_json::json;

    #[test]
    fn it_costs_nothing() {
        let kit = Kit::new();
        for conf in [json!({}), json!({"disable_proxy_buffering": true})] {
            assert_eq!(kit.plugin("proxy-buffering", conf).phases(), Phases::default());
        }
        kit.refuses("proxy-buffering", json!({"disable_proxy_buffering": 1}), "expected boolean");
    }
}
