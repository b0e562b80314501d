//! `uri-blocker`: refuses requests whose target matches one of some patterns.

use std::borrow::Cow;
use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Var};
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::regex::Regex;
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{final_status, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| UriBlocker::compile(conf).map(drop)),
            ..PluginSpec::new("uri-blocker", 2900, include_str!("../schemas/uri-blocker.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(UriBlocker::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Refuses requests whose target (path and query) matches one of some regular expressions. They see the path in the normal \
            form that routes see, and the query as it came; in it, what is percent-encoded without need (`%73elect`) is seen decoded \
            too, so that a rule is not passed by spelling.\n\n\
            Refusals have the status `rejected_code`; with `rejected_msg` their body is `{\"error_msg\": …}`, else the standard page.",
    fields: &[
        ("block_rules", "Regular expressions, found anywhere in the target."),
        ("case_insensitive", "Whether the case of letters is ignored."),
        ("rejected_code", "Status of refusals, 200 to 999."),
        ("rejected_msg", "Text of refusals."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/*",
  "upstream_id": "demo-echo",
  "plugins": {
    "uri-blocker": {
      "block_rules": ["root\\.(exe|m)", "select.+(from|limit)"],
      "case_insensitive": true,
      "rejected_msg": "this is not served"
    }
  }
}"#,
        )],
        requests: r#"$ curl -i http://127.0.0.1:9080/root.exe
HTTP/1.1 403 Forbidden
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 35

{"error_msg":"this is not served"}
$ curl -s -o /dev/null -w '%{http_code}\n' 'http://127.0.0.1:9080/orders?q=%53ELECT%20name%20FROM%20users'
403
$ curl -s -o /dev/null -w '%{http_code}\n' 'http://127.0.0.1:9080/orders?q=shoes'
200"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    block_rules: Vec<String>,
    case_insensitive: bool,
    #[serde(deserialize_with = "final_status")]
    rejected_code: u16,
    rejected_msg: Option<String>,
}

struct UriBlocker {
    rules: Box<[Regex]>,
    refusal: Exit,
}

impl UriBlocker {
    fn compile(conf: &Value) -> Result<UriBlocker, String> {
        let conf: Conf = parse(conf)?;
        let flags = if conf.case_insensitive { "joi" } else { "jo" };
        let rule = |p: &String| Regex::new(p, flags).map_err(|e| format!("invalid regular expression {p}: {e}"));
        let rules: Box<[Regex]> = conf.block_rules.iter().map(rule).collect::<Result<_, _>>()?;
        Ok(UriBlocker {
            rules: joined(&conf.block_rules, &rules, flags).map_or(rules, |one| [one].into()),
            refusal: match conf.rejected_msg {
                Some(text) => Exit::error_msg(conf.rejected_code, &text),
                None => Exit::page(conf.rejected_code),
            },
        })
    }

    fn blocks(&self, target: &[u8]) -> bool {
        // A search that gave up may have been made to.
        self.rules.iter().any(|rule| rule.try_match(target).unwrap_or(true))
    }
}

/// All rules in one search, where all of them are of the linear kind. Each keeps to its own group; what would run out of it
/// (a comment, a quotation without end) does not compile.
fn joined(texts: &[String], rules: &[Regex], flags: &str) -> Option<Regex> {
    if rules.len() < 2 || !rules.iter().all(Regex::is_linear) {
        return None;
    }
    let all: Vec<String> = texts.iter().map(|text| format!("(?:{text})")).collect();
    Regex::new(&all.join("|"), flags).ok().filter(Regex::is_linear)
}

/// The target with the characters decoded in its query that need no encoding anywhere (RFC 3986 §2.3).
fn plain(target: &[u8]) -> Cow<'_, [u8]> {
    let Some(query) = memchr::memchr(b'?', target) else { return Cow::Borrowed(target) };
    if memchr::memchr(b'%', target.get(query..).unwrap_or_default()).is_none() {
        return Cow::Borrowed(target);
    }
    let (mut out, mut rest) = (Vec::with_capacity(target.len()), target);
    if let Some((path, query)) = target.split_at_checked(query) {
        out.extend_from_slice(path);
        rest = query;
    }
    while let Some((&byte, tail)) = rest.split_first() {
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) if let Some(decoded) = unreserved(*high, *low) => {
                out.push(decoded);
                rest = after;
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    Cow::Owned(out)
}

fn unreserved(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let byte = digit(high)? << 4 | digit(low)?;
    (byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')).then_some(byte)
}

impl Plugin for UriBlocker {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let Some(target) = x.var(&Var::RequestUri) else { return Step::Next };
        let target = target.to_bytes();
        let blocked = self.blocks(&target)
            || match plain(&target) {
                Cow::Owned(plain) => plain != *target && self.blocks(&plain),
                Cow::Borrowed(_) => false,
            };
        if blocked {
            return Step::Exit(Box::new(self.refusal.clone()));
        }
        Step::Next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    const NAME: &str = "uri-blocker";

    fn blocked(kit: &Kit, conf: &Value, target: &str) -> bool {
        let plugin = kit.plugin(NAME, conf.clone());
        match kit.rewrite(&plugin, &mut kit.exchange(&format!("GET {target} HTTP/1.1"))) {
            Outcome::Next => false,
            Outcome::Exit(_) => true,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn targets_are_blocked_by_path_and_query() {
        let kit = Kit::new();
        let two = json!({"block_rules": ["select.+(from|limit)", "(?:(union(.*?)select))"]});
        let any_case = json!({"block_rules": ["aa", "BB"], "case_insensitive": true});
        let look_ahead = json!({"block_rules": ["a(?!b)", "(?x) c d # comment"]});
        let cases = [
            (&two, "/hello?name=;select%20from%20sys", true),
            (&two, "/hello?name=;union%20select%20", true),
            (&two, "/hello?name=;%75nion%20sel%65ct%20", true),
            (&two, "/union/select", true),
            (&two, "/hello?name=selection", false),
            (&two, "/hello?name=SELECT%20FROM", false),
            (&any_case, "/AA", true),
            (&any_case, "/x?bb", true),
            (&any_case, "/ab", false),
            (&look_ahead, "/ab", false),
            (&look_ahead, "/ac", true),
            (&look_ahead, "/cd", true),
        ];
        for (conf, target, expected) in cases {
            assert_eq!(blocked(&kit, conf, target), expected, "{conf} {target}");
        }
    }

    #[test]
    fn path_08_rules_read_the_normal_form() {
        let kit = Kit::new();
        let conf = json!({"block_rules": ["^/admin/"]});
        for target in ["/admin/x", "/a/../admin/x", "//admin/x", "/%61dmin/x", "/./admin/x?y", "/x/%2e%2e/admin/"] {
            assert!(blocked(&kit, &conf, target), "{target}");
        }
        for target in ["/x/admin/", "/admin", "/x?/admin/"] {
            assert!(!blocked(&kit, &conf, target), "{target}");
        }
    }

    #[test]
    fn only_what_needs_no_encoding_is_decoded() {
        for (target, expected) in [
            ("/%61?%61%2D%7E", "/%61?a-~"),
            ("/?%20%26%3d%zz%4", "/?%20%26%3d%zz%4"),
            ("/?a=%%41", "/?a=%A"),
            ("/x", "/x"),
        ] {
            assert_eq!(String::from_utf8_lossy(&plain(target.as_bytes())), expected);
        }
    }

    #[test]
    fn refusals_and_configurations() {
        let kit = Kit::new();
        let exit = |conf: Value| match kit.rewrite(&kit.plugin(NAME, conf), &mut kit.exchange("GET /aa HTTP/1.1")) {
            Outcome::Exit(exit) => (exit.status, Kit::text(&exit)),
            other => panic!("{other:?}"),
        };
        assert_eq!(exit(json!({"block_rules": ["aa"]})), (403, "page 403".into()));
        let conf = json!({"block_rules": ["aa"], "rejected_code": 406, "rejected_msg": "access is not allowed"});
        assert_eq!(exit(conf), (406, "{\"error_msg\":\"access is not allowed\"}\n".into()));
        kit.refuses(NAME, json!({}), "property \"block_rules\" is required");
        kit.refuses(NAME, json!({"block_rules": [".+("]}), "invalid regular expression .+(");
        kit.refuses(NAME, json!({"block_rules": ["a", "a"]}), "expected unique items but items 1 and 2 are equal");
        kit.refuses(NAME, json!({"block_rules": ["a"], "rejected_code": 199}), "rejected_code");
    }
}
