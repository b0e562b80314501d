//! `ua-restriction`: lets clients in by what they say they are (`User-Agent`), or keeps them out.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::headers::name;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_engine::regex::Regex;
use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use super::listed::Listed;
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| UaRestriction::compile(conf).map(drop)),
            ..PluginSpec::new("ua-restriction", 2999, include_str!("../schemas/ua-restriction.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(UaRestriction::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets clients in by their `User-Agent`, or keeps them out. Clients can say what they like there: this keeps honest \
            crawlers away and is no protection.\n\n\
            Of several `User-Agent` fields it is enough that one matches the list. Refusals are 403 `{\"message\": …}`.",
    fields: &[
        ("allowlist", "Regular expressions: only who matches one of them gets in. Excludes `denylist`."),
        ("denylist", "Regular expressions: who matches one of them is kept out. Excludes `allowlist`."),
        ("bypass_missing", "Lets requests without `User-Agent` in."),
        ("message", "Text of refusals."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"ua-restriction": {"denylist": ["(?i)crawler", "^curl/"], "message": "no machines here"}}
}"#,
        )],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 403 Forbidden
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 31

{"message":"no machines here"}
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders -A 'Mozilla/5.0'
200"#,
    },
};

struct UaRestriction(Listed<Regex>);

impl UaRestriction {
    fn compile(conf: &Value) -> Result<UaRestriction, String> {
        let pattern = |p: &str| Regex::new(p, "jo").map_err(|e| format!("invalid regular expression {p}: {e}"));
        Ok(UaRestriction(Listed::compile(conf, pattern)?))
    }

    fn lists(&self, agent: &[u8]) -> bool {
        // A search that gave up is no match for the admitted, and one for those who are kept out.
        self.0.items.iter().any(|p| p.try_match(agent).unwrap_or(!self.0.admits))
    }
}

impl Plugin for UaRestriction {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let mut agents = x.req.head.get_all(name::USER_AGENT).peekable();
        let said = agents.peek().is_some();
        self.0.judge(said.then(|| agents.any(|agent| self.lists(agent.trim_ascii()))))
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::{Kit, Outcome};
    use serde_json::{Value, json};

    const NAME: &str = "ua-restriction";

    #[test]
    fn agents_get_in_or_stay_out() {
        let kit = Kit::new();
        let list = json!(["my-bot1", r"(Baiduspider)/(\d+)\.(\d+)"]);
        let agents: [(&[&str], bool); 7] = [
            (&["my-bot1"], true),
            (&["Baiduspider/3.0"], true),
            (&["baiduspider/3.0"], false),
            (&["foo/bar"], false),
            (&["foo/bar", "my-bot1"], true),
            (&["my-bot1", "foo/bar"], true),
            (&["foo", "bar"], false),
        ];
        for (name, admits) in [("allowlist", true), ("denylist", false)] {
            let plugin = kit.plugin(NAME, json!({name: list}));
            for (agents, listed) in agents {
                let lines: String = agents.iter().map(|a| format!("\nUser-Agent:  {a} ")).collect();
                let outcome = kit.access(&plugin, &mut kit.exchange(&format!("GET / HTTP/1.1{lines}")));
                match outcome {
                    Outcome::Next => assert_eq!(listed, admits, "{name} {agents:?}"),
                    Outcome::Exit(exit) => {
                        assert_ne!(listed, admits, "{name} {agents:?}");
                        assert_eq!(Kit::text(&exit), "{\"message\":\"Not allowed\"}\n");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn agents_may_be_missing() {
        let kit = Kit::new();
        for (conf, admitted) in [
            (json!({"denylist": ["x"]}), false),
            (json!({"allowlist": ["x"]}), false),
            (json!({"allowlist": ["x"], "bypass_missing": true}), true),
        ] {
            let plugin = kit.plugin(NAME, conf);
            assert_eq!(matches!(kit.access(&plugin, &mut kit.exchange("GET / HTTP/1.1")), Outcome::Next), admitted);
        }
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let refused: [(Value, &str); 4] = [
            (json!({}), "value should match only one schema, but matches none"),
            (json!({"allowlist": ["a"], "denylist": ["a"]}), "matches both schemas 1 and 2"),
            (json!({"denylist": ["a"], "message": ""}), "string too short, expected at least 1, got 0"),
            (json!({"denylist": ["(a"]}), "invalid regular expression (a"),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
