//! `traffic-split`: parts of a route's traffic go to other upstreams, by conditions and weights.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Expr;
use gateway_engine::plugin::{Build, Definition, Exit, Fields, Phases, Plugin, Step, UpstreamRef, UpstreamWants};
use gateway_model::check::{self, Context};
use gateway_model::plugin::PluginSpec;
use gateway_model::references::id_text;
use serde_json::Value;

use super::weighted::Weighted;
use crate::conf::integer;
use crate::docs::{Doc, Example};
use crate::transform::missing_body;

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, cx| check(conf, cx)),
            ..PluginSpec::new("traffic-split", 966, include_str!("../schemas/traffic-split.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(TrafficSplit::compile(build.conf, build.upstreams)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Sends parts of a route's traffic to other upstreams: canary and blue-green releases, tests by header. The first rule \
            that matches decides; where none does, the route's own upstream is used.\n\n\
            The upstreams of a rule take turns in proportion to their weights, without chance: of `{\"weight\": 3}` and \
            `{\"weight\": 2}` the first gets exactly three of five requests of a worker. An entry without `upstream` and \
            `upstream_id` stands for the route's own upstream. Turns are taken by request: they are not sticky.\n\n\
            An upstream in the configuration may have whatever an upstream resource has; it keeps its balancer, its connections and \
            its health while the rule stays as it is. With `pass_host: node` its node gets its name without a port as `Host`. `upstream_id` follows the resource as it changes. A rule that names a \
            resource that does not exist answers 500, also when another entry has its turn.",
    fields: &[
        ("rules", "Tried in order."),
        ("rules[].match", "Any one of them has to match; absent: always."),
        ("rules[].match[].vars", "Condition, such as `[[\"arg_user\", \"==\", \"1\"]]`."),
        ("rules[].weighted_upstreams", "Who takes turns."),
        ("rules[].weighted_upstreams[].upstream", "An upstream."),
        ("rules[].weighted_upstreams[].upstream_id", "The id of an upstream resource. Goes before `upstream`."),
        ("rules[].weighted_upstreams[].weight", "Share of the turns; 0: none, unless all are 0."),
    ],
    example: Example {
        about: "The new version is another route of the gateway here, found by its host.",
        objects: &[
            (
                "routes/canary",
                r#"{"host": "canary.internal", "uri": "/*", "plugins": {"mocking": {"content_type": "text/plain", "response_example": "the new version\n"}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "traffic-split": {
      "rules": [
        {
          "match": [{"vars": [["http_x-canary", "==", "yes"]]}],
          "weighted_upstreams": [
            {
              "upstream": {"nodes": {"127.0.0.1:9080": 1}, "pass_host": "rewrite", "upstream_host": "canary.internal"},
              "weight": 1
            }
          ]
        }
      ]
    }
  }
}"#,
            ),
        ],
        requests: r#"$ curl -s http://127.0.0.1:9080/orders | grep service
  "service": "echo",
$ curl -s http://127.0.0.1:9080/orders -H 'X-Canary: yes'
the new version"#,
    },
};

struct TrafficSplit {
    rules: Box<[Rule]>,
    needs_body: bool,
}

struct Rule {
    /// Any of them; none: always.
    matches: Option<Box<[Expr]>>,
    entries: Box<[Entry]>,
    turns: Weighted,
    /// Some entry names a resource, which may be missing.
    refers: bool,
}

enum Entry {
    /// The route's own.
    Own,
    /// One of the configuration.
    Held(Arc<UpstreamRef>),
    /// A resource.
    Named(Box<str>, Arc<UpstreamRef>),
}

/// What the schema cannot say: the conditions can be read, and the upstreams are such that they can be used.
fn check(conf: &Value, cx: &Context<'_>) -> Result<(), String> {
    TrafficSplit::compile(conf, &UpstreamWants::default())?;
    for entry in list(conf, "rules").flat_map(|rule| list(rule, "weighted_upstreams")) {
        if let Some(upstream) = entry.get("upstream") {
            check::upstream(upstream, cx).map_err(|invalid| invalid.message)?;
        }
    }
    Ok(())
}

impl TrafficSplit {
    fn compile(conf: &Value, upstreams: &UpstreamWants) -> Result<TrafficSplit, String> {
        let rules: Box<[Rule]> =
            list(conf, "rules").map(|rule| Rule::compile(rule, upstreams)).collect::<Result<_, _>>()?;
        let needs_body = rules.iter().filter_map(|r| r.matches.as_ref()).flatten().any(Expr::needs_body);
        Ok(TrafficSplit { rules, needs_body })
    }
}

impl Rule {
    fn compile(rule: &Value, upstreams: &UpstreamWants) -> Result<Rule, String> {
        let condition = |one: &Value| match one.get("vars") {
            Some(vars) => Expr::parse(vars).map_err(|e| format!("failed to validate the 'vars' expression: {e}")),
            None => Expr::parse(&Value::Array(Vec::new())).map_err(|e| e.to_string()),
        };
        let matches = match rule.get("match") {
            None => None,
            Some(_) => Some(list(rule, "match").map(condition).collect::<Result<Box<[Expr]>, String>>()?),
        };
        let entry = |one: &Value| match (one.get("upstream_id").and_then(id_text), one.get("upstream")) {
            (Some(id), _) => {
                let found = upstreams.id(&id);
                Entry::Named(id.into(), found)
            }
            (None, Some(upstream)) => Entry::Held(upstreams.inline(upstream)),
            (None, None) => Entry::Own,
        };
        let entries: Box<[Entry]> = list(rule, "weighted_upstreams").map(entry).collect();
        let weight = |one: &Value| one.get("weight").and_then(integer::<u64>).unwrap_or(1);
        Ok(Rule {
            // A condition that is always true is none.
            matches: matches.filter(|any| !any.is_empty() && !any.iter().any(Expr::is_always)),
            refers: entries.iter().any(|e| matches!(e, Entry::Named(..))),
            entries,
            turns: Weighted::new(list(rule, "weighted_upstreams").map(weight)),
        })
    }

    fn applies(&self, x: &Exchange) -> bool {
        self.matches.as_ref().is_none_or(|any| any.iter().any(|one| one.eval(x)))
    }

    /// Sends the exchange where its turn says.
    fn send(&self, x: &mut Exchange) -> Step<'static> {
        if self.refers {
            let missing = self.entries.iter().find_map(|entry| match entry {
                Entry::Named(id, upstream) if !x.has_upstream(upstream) => Some(id),
                _ => None,
            });
            if let Some(id) = missing {
                return gone(id);
            }
        }
        let turn = self.turns.turn(x.worker().index).and_then(|at| self.entries.get(at));
        match turn {
            Some(Entry::Held(upstream)) if !x.choose_upstream(upstream) => gone("of this plugin"),
            Some(Entry::Named(id, upstream)) if !x.choose_upstream(upstream) => gone(id),
            _ => Step::Next,
        }
    }
}

/// The upstream is not there.
#[cold]
fn gone(id: &str) -> Step<'static> {
    let text = format!("failed to fetch upstream info by upstream id: {id}");
    Step::Exit(Box::new(Exit::text(500, text)))
}

impl Plugin for TrafficSplit {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn rehearses(&self) -> Phases {
        // Where several have turns, one would be taken.
        match self.rules.iter().all(|rule| rule.entries.len() <= 1) {
            true => Phases::ACCESS,
            false => Phases::NONE,
        }
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(limit) = missing_body(self.needs_body, x) {
            return Step::Body(limit);
        }
        match self.rules.iter().find(|rule| rule.applies(x)) {
            Some(rule) => rule.send(x),
            None => Step::Next,
        }
    }
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use crate::testkit::{Kit, Outcome};
    use gateway_model::Kind;
    use serde_json::{Value, json};

    const NAME: &str = "traffic-split";

    /// A gateway with a route that has this configuration and the upstream `own`.
    fn with(kit: &Kit, rules: Value) {
        let route =
            json!({"uri": "/*", "plugins": {NAME: {"rules": rules}}, "upstream": {"nodes": {"127.0.0.1:1": 1}}});
        kit.put(Kind::Route, "1", &route);
    }

    /// Where requests go, by port; `-` for the route's own upstream, the text of a refusal otherwise.
    fn goes(kit: &Kit, request: &str, times: usize) -> String {
        let one = || {
            let mut x = kit.exchange(request);
            kit.route(&mut x);
            let chain = std::rc::Rc::clone(&x.chain);
            let plugin = &chain.entries[0].plugin;
            match kit.access(plugin, &mut x) {
                Outcome::Next => {}
                Outcome::Exit(exit) => return format!("{} {}", exit.status, Kit::text(&exit)),
                Outcome::Body => return "body".into(),
            }
            match &x.upstream.upstream {
                Some(upstream) => upstream.pick(&x).map_or_else(|s| s.to_string(), |node| node.addr.port().to_string()),
                None => "-".into(),
            }
        };
        (0..times).map(|_| one()).collect::<Vec<_>>().join(" ")
    }

    fn node(port: u16, weight: u32) -> Value {
        json!({"upstream": {"nodes": {format!("127.0.0.1:{port}"): 1}}, "weight": weight})
    }

    #[test]
    fn the_first_rule_that_matches_decides_and_shares_are_exact() {
        let kit = Kit::new();
        with(
            &kit,
            json!([
                {"match": [{"vars": [["arg_id", "==", "1"]]}, {"vars": [["http_x", "==", "1"]]}], "weighted_upstreams": [node(11, 2), node(12, 1), {"weight": 2}]},
                {"match": [{"vars": [["arg_id", "==", "2"]]}], "weighted_upstreams": [node(13, 1), node(14, 0)]},
                {"match": [{"vars": [["arg_id", "==", "3"]]}]},
            ]),
        );
        assert_eq!(goes(&kit, "GET /?id=1 HTTP/1.1", 5), "11 - 11 12 -");
        assert_eq!(goes(&kit, "GET / HTTP/1.1\nX: 1", 5), "11 - 11 12 -");
        assert_eq!(goes(&kit, "GET /?id=2 HTTP/1.1", 3), "13 13 13");
        assert_eq!(goes(&kit, "GET /?id=3 HTTP/1.1", 2), "- -");
        assert_eq!(goes(&kit, "GET / HTTP/1.1", 2), "- -");
    }

    #[test]
    fn named_upstreams_are_followed_and_a_missing_one_is_told() {
        let kit = Kit::new();
        with(&kit, json!([{"weighted_upstreams": [{"upstream_id": "u", "weight": 0}, {"weight": 1}]}]));
        let gone = "500 failed to fetch upstream info by upstream id: u";
        assert_eq!(goes(&kit, "GET / HTTP/1.1", 1), gone);
        let upstream = |port: u16| json!({"nodes": {format!("127.0.0.1:{port}"): 1}});
        kit.put(Kind::Upstream, "u", &upstream(21));
        assert_eq!(goes(&kit, "GET / HTTP/1.1", 1), "-");
        with(&kit, json!([{"weighted_upstreams": [{"upstream_id": "u"}]}]));
        assert_eq!(goes(&kit, "GET / HTTP/1.1", 1), "21");
        kit.put(Kind::Upstream, "u", &upstream(22));
        assert_eq!(goes(&kit, "GET / HTTP/1.1", 1), "22");
        kit.delete(Kind::Upstream, "u");
        assert_eq!(goes(&kit, "GET / HTTP/1.1", 1), gone);
    }

    #[test]
    fn an_upstream_that_stays_keeps_its_place_when_the_rest_changes() {
        let kit = Kit::new();
        let both = json!({"upstream": {"nodes": {"127.0.0.1:31": 1, "127.0.0.1:32": 1}}});
        with(&kit, json!([{"weighted_upstreams": [both]}]));
        let before = goes(&kit, "GET / HTTP/1.1", 1);
        with(&kit, json!([{"match": [{"vars": [["arg_a", "~=", "9"]]}], "weighted_upstreams": [both, {"weight": 0}]}]));
        assert_ne!(goes(&kit, "GET / HTTP/1.1", 1), before, "the balancer goes on where it was");
        // The number of the upstream of an object that is gone is another's now.
        kit.delete(Kind::Route, "1");
        kit.put(Kind::Upstream, "other", &json!({"nodes": {"127.0.0.1:33": 1}}));
        with(&kit, json!([{"weighted_upstreams": [node(34, 1)]}]));
        assert_eq!(goes(&kit, "GET / HTTP/1.1", 1), "34");
    }

    #[test]
    fn conditions_on_the_body_wait_for_it() {
        let kit = Kit::new();
        with(&kit, json!([{"match": [{"vars": [["post_arg_id", "==", "1"]]}], "weighted_upstreams": [node(41, 1)]}]));
        let form = "POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nid=1";
        assert_eq!(goes(&kit, form, 1), "41");
        assert_eq!(goes(&kit, "GET / HTTP/1.1", 1), "-");
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.plugin(NAME, json!({}));
        kit.plugin(NAME, json!({"rules": [{"match": [{"vars": [["arg_a", "==", "1"]]}]}]}));
        let refused = [
            (
                json!({"rules": [{"match": [{"vars": [["arg_a", "!=", "1"]]}]}]}),
                "failed to validate the 'vars' expression",
            ),
            (json!({"rules": [{"weighted_upstreams": []}]}), "expect array to have at least 1 items"),
            (
                json!({"rules": [{"weighted_upstreams": [{"upstream": {"type": "roundrobin"}}]}]}),
                "value should match only one schema",
            ),
            (
                json!({"rules": [{"weighted_upstreams": [{"upstream": {"nodes": {"127.0.0.1:1": 1}, "type": "chash"}}]}]}),
                "missing key",
            ),
            (
                json!({"rules": [{"weighted_upstreams": [{"upstream": {"nodes": {"127.0.0.1:1": 1}, "pass_host": "rewrite"}}]}]}),
                "`upstream_host` can't be empty",
            ),
            (
                json!({"rules": [{"weighted_upstreams": [{"upstream": {"nodes": {"127.0.0.1:1": 1}, "nonsense": 1}}]}]}),
                "additional properties forbidden, found nonsense",
            ),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
