//! `acl`: lets consumers in by their labels, or keeps them out.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Exit, Fields, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{final_status, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| Acl::compile(conf).map(drop)),
            ..PluginSpec::new("acl", 2410, include_str!("../schemas/acl.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(Acl::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets consumers in by their labels, or keeps them out. It needs an auth plugin beside it: a request without a consumer \
            gets 401 `{\"message\":\"Missing authentication.\"}`.\n\n\
            A label may hold one value, several with commas between them (`gateway,web`), or a JSON list of texts (`[\"gateway\",\"web\"]`). \
            A rule matches where any of its labels has any of its values. Who matches `deny_labels` is refused; where there are \
            `allow_labels`, so is who does not match them. Refusals have the status `rejected_code` and the body `{\"message\": …}`.\n\n\
            The `external_user_…` fields are for users who are no consumers but known to an identity provider. No plugin of this \
            build brings such users yet: the fields are accepted and checked, and requests without a consumer are refused.",
    fields: &[
        ("allow_labels", "Values by label: consumers with one of them are let in, all others are kept out."),
        ("deny_labels", "Values by label: consumers with one of them are kept out."),
        ("rejected_code", "Status of refusals, 200 to 999."),
        ("rejected_msg", "Text of refusals; absent: `The consumer is forbidden.`"),
        ("external_user_label_field", "JSONPath of the labels in what the identity provider says of a user."),
        ("external_user_label_field_key", "The label's name there; absent: the field itself."),
        ("external_user_label_field_parser", "How the field is read: as text in segments, as JSON text, as a list."),
        ("external_user_label_field_separator", "What stands between the segments."),
    ],
    example: Example {
        about: "",
        objects: &[
            (
                "consumers/jane",
                r#"{"username": "jane", "labels": {"team": "orders"}, "plugins": {"key-auth": {"key": "janes-key"}}}"#,
            ),
            (
                "consumers/joe",
                r#"{"username": "joe", "labels": {"team": "marketing"}, "plugins": {"key-auth": {"key": "joes-key"}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "key-auth": {},
    "acl": {"allow_labels": {"team": ["orders", "billing"]}}
  }
}"#,
            ),
        ],
        requests: r#"$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders -H 'apikey: janes-key'
200
$ curl -i http://127.0.0.1:9080/orders -H 'apikey: joes-key'
HTTP/1.1 403 Forbidden
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 41

{"message":"The consumer is forbidden."}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    allow_labels: Option<Rule>,
    deny_labels: Option<Rule>,
    #[serde(deserialize_with = "final_status")]
    rejected_code: u16,
    rejected_msg: Option<String>,
}

/// Values by label.
type Rule = HashMap<Box<str>, HashSet<Box<str>>>;

struct Acl {
    allow: Option<Rule>,
    deny: Option<Rule>,
    refusal: Exit,
    stranger: Exit,
}

impl Acl {
    fn compile(conf: &Value) -> Result<Acl, String> {
        let conf: Conf = parse(conf)?;
        let message = conf.rejected_msg.as_deref().unwrap_or("The consumer is forbidden.");
        Ok(Acl {
            allow: conf.allow_labels,
            deny: conf.deny_labels,
            refusal: Exit::message(conf.rejected_code, message),
            stranger: Exit::message(401, "Missing authentication."),
        })
    }
}

impl Plugin for Acl {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let Some(found) = &x.consumer else { return Step::Exit(Box::new(self.stranger.clone())) };
        let labels = &found.consumer.labels;
        let matches = |rule: &Rule| rule.iter().any(|(label, wanted)| labels.values(label).any(|v| wanted.contains(v)));
        if self.deny.as_ref().is_some_and(matches) || !self.allow.as_ref().is_none_or(matches) {
            return Step::Exit(Box::new(self.refusal.clone()));
        }
        Step::Next
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::{Kit, Outcome};
    use serde_json::{Value, json};

    fn kit() -> Kit {
        let kit = Kit::new();
        let labels = [
            ("jack", json!({"org": "apache", "project": "gateway,apisix,web-server"})),
            ("rose", json!({"org": "[\"opensource\",\"apache\"]", "project": "tomcat"})),
            ("bare", json!({})),
        ];
        for (name, labels) in labels {
            kit.consumer(json!({"username": name, "labels": labels, "plugins": {"key-auth": {"key": name}}}));
        }
        kit
    }

    fn access(kit: &Kit, conf: &Value, who: &str) -> Outcome {
        let mut x = kit.exchange(&format!("GET / HTTP/1.1\napikey: {who}"));
        if !who.is_empty() {
            assert!(matches!(kit.rewrite(&kit.plugin("key-auth", json!({})), &mut x), Outcome::Next));
        }
        kit.access(&kit.plugin("acl", conf.clone()), &mut x)
    }

    #[test]
    fn labels_open_and_close() {
        let kit = kit();
        let cases = [
            (json!({"allow_labels": {"project": ["apisix"]}}), [true, false, false]),
            (json!({"allow_labels": {"project": ["web-server", "tomcat"]}}), [true, true, false]),
            (json!({"allow_labels": {"org": ["opensource"], "project": ["gateway"]}}), [true, true, false]),
            (json!({"deny_labels": {"org": ["apache"]}}), [false, false, true]),
            (json!({"deny_labels": {"project": ["tomcat"]}}), [true, false, true]),
            (
                json!({"deny_labels": {"project": ["tomcat"]}, "allow_labels": {"org": ["apache"]}}),
                [true, false, false],
            ),
        ];
        for (conf, expected) in cases {
            for (who, admitted) in ["jack", "rose", "bare"].into_iter().zip(expected) {
                match access(&kit, &conf, who) {
                    Outcome::Next => assert!(admitted, "{conf} {who}"),
                    Outcome::Exit(exit) => {
                        assert!(!admitted, "{conf} {who}");
                        assert_eq!(
                            (exit.status, Kit::text(&exit).as_str()),
                            (403, "{\"message\":\"The consumer is forbidden.\"}\n")
                        );
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn strangers_and_texts() {
        let kit = kit();
        let conf = json!({"deny_labels": {"org": ["apache"]}, "rejected_code": 429, "rejected_msg": "go away"});
        let Outcome::Exit(exit) = access(&kit, &conf, "jack") else { panic!() };
        assert_eq!((exit.status, Kit::text(&exit).as_str()), (429, "{\"message\":\"go away\"}\n"));
        let Outcome::Exit(exit) = access(&kit, &conf, "") else { panic!() };
        assert_eq!((exit.status, Kit::text(&exit).as_str()), (401, "{\"message\":\"Missing authentication.\"}\n"));
    }

    #[test]
    fn configurations() {
        let kit = kit();
        kit.refuses("acl", json!({}), "object matches none of the required");
        kit.refuses("acl", json!({"allow_labels": {}}), "expect object to have at least 1 properties");
        let conf = json!({"allow_labels": {"a": ["b"]}, "external_user_label_field_parser": "segmented_text"});
        kit.refuses("acl", conf, "then clause did not match");
    }
}
