//! `traffic-label`: marks requests by headers, by conditions and weights, for what decides about them further on.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Expr;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use super::weighted::Weighted;
use crate::conf::integer;
use crate::docs::{Doc, Example};
use crate::transform::fields::{Edits, Side};
use crate::transform::missing_body;

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| TrafficLabel::compile(conf).map(drop)),
            ..PluginSpec::new("traffic-label", 967, include_str!("../schemas/traffic-label.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(TrafficLabel::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Marks requests with headers, by conditions and in proportion to weights, so that `traffic-split` behind it, other plugins \
            or the upstream can tell them apart. The first rule that matches acts, the others do not.\n\n\
            The actions of a rule take turns in proportion to their weights, without chance, each worker for itself. An action that \
            has only a weight sets nothing, and lets the rules behind it have their turn.",
    fields: &[
        ("rules", "Tried in order."),
        ("rules[].match", "Condition, such as `[[\"uri\", \"==\", \"/a\"]]` or `[\"OR\", …, …]`; absent: always."),
        ("rules[].actions", "What is done, in turns."),
        ("rules[].actions[].set_headers", "Names and values of request headers to set; values may hold variables."),
        ("rules[].actions[].weight", "Share of the turns."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "traffic-label": {
      "rules": [
        {"match": [["arg_beta", "==", "yes"]], "actions": [{"set_headers": {"X-Group": "beta"}}]},
        {"actions": [{"set_headers": {"X-Group": "all"}}]}
      ]
    }
  }
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/orders | grep x-group
    "x-group": "all",
$ curl -s 'http://127.0.0.1:9080/orders?beta=yes' | grep x-group
    "x-group": "beta","#,
    },
};

struct TrafficLabel {
    rules: Box<[Rule]>,
    needs_body: bool,
}

struct Rule {
    condition: Option<Expr>,
    /// What each action sets; `None`: nothing.
    actions: Box<[Option<Edits>]>,
    turns: Weighted,
}

impl TrafficLabel {
    fn compile(conf: &Value) -> Result<TrafficLabel, String> {
        let rules: Box<[Rule]> = list(conf, "rules").map(Rule::compile).collect::<Result<_, _>>()?;
        let needs_body = rules.iter().any(|rule| {
            rule.condition.as_ref().is_some_and(Expr::needs_body)
                || rule.actions.iter().flatten().any(Edits::needs_body)
        });
        Ok(TrafficLabel { rules, needs_body })
    }
}

impl Rule {
    fn compile(rule: &Value) -> Result<Rule, String> {
        let condition = match rule.get("match") {
            None => None,
            Some(condition) => Some(
                Expr::parse(condition)
                    .map_err(|e| format!("failed to validate the 'match' expression: {condition} err: {e}"))?,
            ),
        };
        let weight = |action: &Value| action.get("weight").and_then(integer::<u64>).unwrap_or(1);
        Ok(Rule {
            condition: condition.filter(|c| !c.is_always()),
            actions: list(rule, "actions").map(action).collect::<Result<_, _>>()?,
            turns: Weighted::new(list(rule, "actions").map(weight)),
        })
    }
}

fn action(action: &Value) -> Result<Option<Edits>, String> {
    let fields = action.as_object().into_iter().flatten();
    if let Some((other, _)) = fields.clone().find(|(name, _)| !matches!(name.as_str(), "set_headers" | "weight")) {
        return Err(format!("not supported action: {other}"));
    }
    let Some(headers) = action.get("set_headers").and_then(Value::as_object) else { return Ok(None) };
    let mut edits = Edits::default();
    for (name, value) in headers {
        edits.set(name, value).map_err(|text| format!("failed to validate the 'set_headers' action: {text}"))?;
    }
    Ok(Some(edits))
}

impl Plugin for TrafficLabel {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(limit) = missing_body(self.needs_body, x) {
            return Step::Body(limit);
        }
        for rule in &self.rules {
            if rule.condition.as_ref().is_some_and(|condition| !condition.eval(x)) {
                continue;
            }
            let turn = rule.turns.turn(x.worker().index).and_then(|at| rule.actions.get(at));
            if let Some(Some(edits)) = turn {
                edits.apply(x, Side::Request, |x, template, out| {
                    template.render(x, out);
                });
                break;
            }
        }
        Step::Next
    }
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use crate::testkit::Kit;
    use serde_json::json;

    const NAME: &str = "traffic-label";

    #[test]
    fn the_first_rule_that_matches_marks_in_turns() {
        let kit = Kit::new();
        let plugin = kit.plugin(
            NAME,
            json!({"rules": [
                {"match": [["uri", "==", "/a"]], "actions": [
                    {"set_headers": {"X-Group": 100, "X-Who": "$remote_addr"}, "weight": 2}, {"weight": 1}]},
                {"match": ["OR", ["arg_foo", "==", "bar"], ["uri", "==", "/a"]], "actions": [{"set_headers": {"X-Group": "rest"}}]},
            ]}),
        );
        let marks = |target: &str, times: usize| {
            let one = |_| {
                let mut x = kit.exchange(&format!("GET {target} HTTP/1.1\nX-Group: own"));
                kit.access(&plugin, &mut x);
                (kit.request_field(&x, "X-Group").unwrap(), kit.request_field(&x, "X-Who"))
            };
            (0..times).map(one).collect::<Vec<_>>()
        };
        let by_first = ("100".to_owned(), Some("127.0.0.1".to_owned()));
        assert_eq!(marks("/a", 3), [by_first.clone(), by_first, ("rest".to_owned(), None)]);
        assert_eq!(marks("/b?foo=bar", 1), [("rest".to_owned(), None)]);
        assert_eq!(marks("/b", 1), [("own".to_owned(), None)]);
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let rule = |rule: serde_json::Value| json!({"rules": [rule]});
        let refused = [
            (json!({}), "property \"rules\" is required"),
            (rule(json!({"actions": [{"add_headers": {"a": 1}}]})), "not supported action: add_headers"),
            (
                rule(json!({"match": [["uri", "!=", "/"]], "actions": [{"weight": 1}]})),
                "failed to validate the 'match' expression: [[\"uri\",\"!=\",\"/\"]] err: ",
            ),
            (
                rule(
                    json!({"match": ["AND", "OR", ["uri", "==", "/"], ["arg_a", "==", "1"]], "actions": [{"weight": 1}]}),
                ),
                "failed to validate the 'match' expression",
            ),
            (
                rule(json!({"actions": [{"set_headers": {"a b": 1}}]})),
                "failed to validate the 'set_headers' action: invalid field character in header",
            ),
            (
                rule(json!({"actions": [{"set_headers": {"a": {}}}]})),
                "failed to validate the 'set_headers' action: invalid type as header value",
            ),
            (rule(json!({"actions": [{"weight": 0.2}]})), "property \"weight\" validation failed"),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
