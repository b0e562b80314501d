//! `ua-restriction`: lets clients in by what they say they are (`User-Agent`), or keeps them out.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::headers::name;
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::regex::Regex;
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::parse;
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| UaRestriction::compile(conf).map(drop)),
            ..PluginSpec::new("ua-restriction", 2999, include_str!("../schemas/ua-restriction.json"))
        },
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

#[derive(Deserialize)]
struct Conf {
    allowlist: Option<Vec<String>>,
    denylist: Option<Vec<String>>,
    bypass_missing: bool,
    message: String,
}

struct UaRestriction {
    list: Box<[Regex]>,
    /// What those on the list get.
    admits: bool,
    bypass_missing: bool,
    refusal: Exit,
}

impl UaRestriction {
    fn compile(conf: &Value) -> Result<UaRestriction, String> {
        let conf: Conf = parse(conf)?;
        // The schema takes one of the two; where both got in another way, the list of the admitted decides.
        let admits = conf.allowlist.is_some();
        let list = conf.allowlist.or(conf.denylist).unwrap_or_default();
        let list = list.iter().map(|p| Regex::new(p, "jo").map_err(|e| format!("invalid regular expression {p}: {e}")));
        Ok(UaRestriction {
            list: list.collect::<Result<_, _>>()?,
            admits,
            bypass_missing: conf.bypass_missing,
            refusal: Exit::message(403, &conf.message),
        })
    }

    fn admits(&self, x: &Exchange) -> bool {
        let mut agents = x.req.head.get_all(name::USER_AGENT).peekable();
        if agents.peek().is_none() {
            return self.bypass_missing;
        }
        // A search that gave up is no match for the admitted, and one for those who are kept out.
        let listed = |agent: &[u8]| self.list.iter().any(|p| p.try_match(agent).unwrap_or(!self.admits));
        agents.any(|agent| listed(agent.trim_ascii())) == self.admits
    }
}

impl Plugin for UaRestriction {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if self.admits(x) {
            return Step::Next;
        }
        Step::Exit(Box::new(self.refusal.clone()))
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
