//! `attach-consumer-label`: tells the upstream labels of the consumer.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use crate::conf;
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| AttachConsumerLabel::compile(conf).map(drop)),
            ..PluginSpec::new("attach-consumer-label", 2399, include_str!("../schemas/attach-consumer-label.json"))
        },
        phases: Phases::BEFORE_PROXY,
        build: |build: &Build<'_>| Ok(Arc::new(AttachConsumerLabel::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Tells the upstream labels of the consumer that an auth plugin has found. Of the headers named here the upstream never \
            gets a client's: one whose label the consumer does not have is left out, and all are where there is no consumer.",
    fields: &[("headers", "A label by header, with `$` before its name: `{\"X-Consumer-Team\": \"$team\"}`.")],
    example: Example {
        about: "",
        objects: &[
            (
                "consumers/jane",
                r#"{"username": "jane", "labels": {"team": "orders"}, "plugins": {"key-auth": {"key": "janes-key"}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "key-auth": {},
    "attach-consumer-label": {"headers": {"X-Consumer-Team": "$team"}}
  }
}"#,
            ),
        ],
        requests: r#"# What the upstream gets, and what it gets from a client that says something else:
$ curl -s http://127.0.0.1:9080/orders -H 'apikey: janes-key' | grep team
    "x-consumer-team": "orders",
$ curl -s http://127.0.0.1:9080/orders -H 'apikey: janes-key' -H 'X-Consumer-Team: admins' | grep team
    "x-consumer-team": "orders","#,
    },
};

struct AttachConsumerLabel {
    headers: Box<[(HeaderName, Box<str>)]>,
}

impl AttachConsumerLabel {
    fn compile(conf: &Value) -> Result<AttachConsumerLabel, String> {
        let headers = conf.get("headers").and_then(Value::as_object).into_iter().flatten();
        let header = |(name, label): (&String, &Value)| {
            let label = label.as_str().and_then(|text| text.strip_prefix('$'));
            Ok((conf::header_name(name)?, label.ok_or("a label begins with $")?.into()))
        };
        Ok(AttachConsumerLabel { headers: headers.map(header).collect::<Result<_, String>>()? })
    }
}

impl Plugin for AttachConsumerLabel {
    fn phases(&self) -> Phases {
        Phases::BEFORE_PROXY
    }

    fn before_proxy<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let labels = x.consumer.as_ref().map(|found| &found.consumer.labels);
        for (header, label) in &self.headers {
            let header = header.as_name();
            let value = labels.and_then(|l| l.text(label));
            // What may not stand in a header is left out rather than sent broken.
            if value.is_none_or(|text| x.req.head.set(header, text.as_bytes()).is_err()) {
                x.req.head.remove(header);
            }
        }
        Step::Next
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    const NAME: &str = "attach-consumer-label";

    #[test]
    fn labels_replace_what_clients_say() {
        let kit = Kit::new();
        let labels = json!({"department": "devops", "company": "api7"});
        kit.consumer(json!({"username": "jack", "labels": labels, "plugins": {"key-auth": {"key": "a"}}}));
        kit.consumer(json!({"username": "bob", "plugins": {"key-auth": {"key": "b"}}}));
        let headers = json!({"X-Department": "$department", "X-Company": "$company", "X-Role": "$role"});
        let plugin = kit.plugin(NAME, json!({"headers": headers}));
        let auth = kit.plugin("key-auth", json!({}));
        let cases = [("a", Some("devops"), Some("api7")), ("b", None, None), ("", None, None)];
        for (key, department, company) in cases {
            let mut x = kit.exchange(&format!("GET / HTTP/1.1\napikey: {key}\nX-Role: admin\nX-Company: mine"));
            let found = matches!(kit.rewrite(&auth, &mut x), Outcome::Next);
            assert_eq!(found, !key.is_empty());
            // Twice, as for a retry.
            for _ in 0..2 {
                assert!(matches!(kit.before_proxy(&plugin, &mut x), Outcome::Next));
            }
            assert_eq!(kit.request_field(&x, "x-department").as_deref(), department, "{key}");
            assert_eq!(kit.request_field(&x, "x-company").as_deref(), company, "{key}");
            assert_eq!(kit.request_field(&x, "x-role"), None, "{key}");
        }
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.refuses(NAME, json!({}), "property \"headers\" is required");
        kit.refuses(NAME, json!({"headers": {}}), "expect object to have at least 1 properties");
        kit.refuses(NAME, json!({"headers": {"X-A": "a"}}), "failed to validate additional property X-A");
        kit.refuses(NAME, json!({"headers": {"X A": "$a"}}), "invalid field character in header");
    }
}
