//! `workflow`: which limit holds, or what is answered, by conditions.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Expr;
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step, Variant};
use gateway_model::check::{self, Context};
use gateway_model::plugin::PluginSpec;
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{int, parse};
use crate::docs::{Doc, Example};
use crate::transform::missing_body;

const NAME: &str = "workflow";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, cx| check(conf, cx)),
            ..PluginSpec::new(NAME, 1006, include_str!("../schemas/workflow.json"))
        },
        phases: Phases::ACCESS | Phases::LOG,
        build: |build: &Build<'_>| Ok(Arc::new(Workflow::build(build)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Chooses by conditions what happens to a request. Of the first rule whose `case` holds, or that has none, the first \
            action is taken:\n\n\
            - `[\"return\", {\"code\": 403}]` answers with a status;\n\
            - `[\"limit-count\", {…}]` and `[\"limit-conn\", {…}]` are those plugins with their whole configuration, except for \
            `group`. They stand for the route's own plugin of that name, which is passed over for this request.\n\n\
            Each rule has counters of its own, which begin anew when the workflow changes. A request that no rule is about goes on.",
    fields: &[
        ("rules", "Asked in order."),
        ("rules[].case", "A condition: comparisons of variables. Absent: always."),
        ("rules[].actions", "What is done, each a list of a name and a configuration; the first one counts."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/*",
  "upstream_id": "demo-echo",
  "plugins": {
    "workflow": {
      "rules": [
        {"case": [["uri", "==", "/admin"]], "actions": [["return", {"code": 403}]]},
        {"case": [["uri", "~~", "^/api/"]], "actions": [["limit-count", {"count": 1, "time_window": 60, "rejected_code": 429}]]}
      ]
    }
  }
}"#,
        )],
        requests: r#"$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/admin
403
$ for i in 1 2; do curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/api/orders; done
200
429
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders
200"#,
    },
};

/// What may be done, beside `return`.
const PLUGINS: [&str; 2] = ["limit-count", "limit-conn"];

/// The configuration of `return`.
static RETURN: LazySchema = LazySchema::new(
    r#"{"type": "object", "properties": {"code": {"type": "integer", "minimum": 100, "maximum": 599}}, "required": ["code"]}"#,
);

#[derive(Deserialize)]
struct Conf {
    rules: Vec<RuleConf>,
}

#[derive(Deserialize)]
struct RuleConf {
    case: Option<Value>,
    actions: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct Code {
    #[serde(deserialize_with = "int")]
    code: u16,
}

impl RuleConf {
    fn condition(&self) -> Result<Option<Expr>, String> {
        let read =
            |case: &Value| Expr::parse(case).map_err(|e| format!("failed to validate the 'case' expression: {e}"));
        self.case.as_ref().map(read).transpose()
    }
}

/// The name and the configuration of an action.
fn parts(action: &[Value]) -> Result<(&str, Value), String> {
    let name = action.first().and_then(Value::as_str).ok_or("the name of an action is missing")?;
    Ok((name, action.get(1).cloned().unwrap_or_default()))
}

/// What the schema cannot say.
fn check(conf: &Value, cx: &Context<'_>) -> Result<(), String> {
    let conf: Conf = parse(conf)?;
    for rule in &conf.rules {
        rule.condition()?;
        for action in &rule.actions {
            let (name, mut conf) = parts(action)?;
            let invalid = |text: String| format!("failed to validate the '{name}' action: {text}");
            if name == "return" {
                let schema = RETURN.compiled().map_err(ToString::to_string)?;
                schema.check(&mut conf).map_err(|violation| invalid(violation.message))?;
                code(&conf).map_err(invalid)?;
            } else if PLUGINS.contains(&name) {
                check::nested(name, &mut conf, cx).map_err(|e| invalid(e.message))?;
                if name == "limit-count" && conf.get("group").is_some() {
                    return Err(invalid("group is not supported".to_owned()));
                }
            } else {
                return Err(format!("unsupported action: {name}"));
            }
        }
    }
    Ok(())
}

/// The status that `return` answers with.
fn code(conf: &Value) -> Result<u16, String> {
    let Code { code } = parse(conf)?;
    match code {
        // Behind an interim answer a client waits for another.
        100..200 => Err(format!("{code} is no status of a final answer: expected 200 to 599")),
        _ => Ok(code),
    }
}

struct Workflow {
    rules: Box<[Rule]>,
    needs_body: bool,
}

struct Rule {
    condition: Option<Expr>,
    action: Option<Action>,
}

enum Action {
    Return(Exit),
    Plugin { name: &'static str, plugin: Arc<dyn Plugin> },
}

impl Workflow {
    fn build(build: &Build<'_>) -> Result<Workflow, String> {
        let conf: Conf = parse(build.conf)?;
        let mut rules = Vec::with_capacity(conf.rules.len());
        for (rule, number) in conf.rules.iter().zip(1..) {
            let action = rule.actions.first().map(|action| Action::new(action, build, number)).transpose()?;
            rules.push(Rule { condition: rule.condition()?, action });
        }
        let needs_body = rules.iter().any(|rule| rule.condition.as_ref().is_some_and(Expr::needs_body));
        Ok(Workflow { rules: rules.into(), needs_body })
    }

    /// The rule that is about a request, if one is.
    fn find(&self, x: &Exchange) -> Option<usize> {
        self.rules.iter().position(|rule| rule.condition.as_ref().is_none_or(|condition| condition.eval(x)))
    }
}

impl Action {
    fn new(action: &[Value], build: &Build<'_>, number: u32) -> Result<Action, String> {
        let (name, conf) = parts(action)?;
        let invalid = |text: String| format!("failed to validate the '{name}' action: {text}");
        if name == "return" {
            return Ok(Action::Return(Exit::error_msg(code(&conf).map_err(invalid)?, "rejected by workflow")));
        }
        let Some(known) = PLUGINS.iter().find(|plugin| **plugin == name) else {
            return Err(format!("unsupported action: {name}"));
        };
        let variant = Variant { number, holder: build.conf_version() };
        let plugin = build.nested_as(name, &conf, Some(variant)).map_err(invalid)?;
        Ok(Action::Plugin { name: known, plugin })
    }
}

/// What workflows of an exchange have done.
#[derive(Default)]
struct Acted {
    /// For which plugins of the chain they stand.
    names: smallvec::SmallVec<[&'static str; 2]>,
    /// Which rule of which workflow (by its address) was taken: a phase may begin anew, and the log comes later.
    taken: smallvec::SmallVec<[(usize, usize); 2]>,
}

/// Whether a workflow has been asked in the place of the chain's own plugin of this name.
#[inline]
pub(crate) fn stands_for(x: &Exchange, name: &str) -> bool {
    x.peek_state::<Acted>().is_some_and(|acted| acted.names.contains(&name))
}

impl Workflow {
    /// Tells this workflow from others of the same exchange, which keeps all of them alive.
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn taken(&self, x: &Exchange) -> Option<usize> {
        let mine = self.address();
        x.peek_state::<Acted>()?.taken.iter().find(|(of, _)| *of == mine).map(|(_, rule)| *rule)
    }
}

impl Plugin for Workflow {
    fn phases(&self) -> Phases {
        Phases::ACCESS | Phases::LOG
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(limit) = missing_body(self.needs_body, x) {
            return Step::Body(limit);
        }
        let Some(at) = self.taken(x).or_else(|| self.find(x)) else { return Step::Next };
        match self.rules.get(at).and_then(|rule| rule.action.as_ref()) {
            None => Step::Next,
            Some(Action::Return(exit)) => Step::Exit(Box::new(exit.clone())),
            Some(Action::Plugin { name, plugin }) => {
                let mine = self.address();
                let acted = x.state::<Acted>();
                if !acted.taken.iter().any(|(of, _)| *of == mine) {
                    acted.taken.push((mine, at));
                    acted.names.push(*name);
                }
                plugin.access(x)
            }
        }
    }

    fn log(&self, x: &Exchange) {
        let rule = self.taken(x).and_then(|at| self.rules.get(at));
        if let Some(Action::Plugin { plugin, .. }) = rule.and_then(|rule| rule.action.as_ref())
            && plugin.phases().has(Phases::LOG)
        {
            plugin.log(x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    fn status(kit: &Kit, plugin: &Arc<dyn Plugin>, request: &str) -> (u16, Box<Exchange>) {
        let mut x = kit.exchange(request);
        let status = match kit.access(plugin, &mut x) {
            Outcome::Next => 200,
            Outcome::Exit(exit) => exit.status,
            other => panic!("{other:?}"),
        };
        (status, x)
    }

    fn rule(case: Value, action: Value) -> Value {
        json!({"case": case, "actions": [action]})
    }

    #[test]
    fn the_first_rule_that_holds_acts() {
        let kit = Kit::new();
        let rules = json!([
            rule(json!([["arg_foo", "==", "bar"]]), json!(["return", {"code": 403}])),
            rule(json!([["uri", "==", "/hello"]]), json!(["return", {"code": 401}])),
        ]);
        let plugin = kit.plugin(NAME, json!({"rules": rules}));
        for (target, expected) in [("/hello?foo=bar", 403), ("/hello", 401), ("/", 200)] {
            assert_eq!(status(&kit, &plugin, &format!("GET {target} HTTP/1.1")).0, expected);
        }
        let Outcome::Exit(exit) = kit.access(&plugin, &mut kit.exchange("GET /hello HTTP/1.1")) else { panic!() };
        assert_eq!(Kit::text(&exit), "{\"error_msg\":\"rejected by workflow\"}\n");
        let always = kit.plugin(NAME, json!({"rules": [{"actions": [["return", {"code": 418}]]}]}));
        assert_eq!(status(&kit, &always, "GET / HTTP/1.1").0, 418);
    }

    #[test]
    fn limits_have_counters_by_rule_and_stand_for_the_chains_own() {
        let kit = Kit::new();
        let limit = json!(["limit-count", {"count": 1, "time_window": 60}]);
        let rules =
            json!([rule(json!([["uri", "==", "/a"]]), limit.clone()), rule(json!([["uri", "==", "/b"]]), limit)]);
        let plugin = kit.plugin(NAME, json!({"rules": rules}));
        let own = kit.plugin("limit-count", json!({"count": 1, "time_window": 60}));
        for (path, expected) in [("/a", 200), ("/b", 200), ("/a", 503), ("/b", 503), ("/c", 200)] {
            assert_eq!(status(&kit, &plugin, &format!("GET {path} HTTP/1.1")).0, expected, "{path}");
        }
        let (_, mut stood_for) = status(&kit, &plugin, "GET /a HTTP/1.1");
        for _ in 0..3 {
            assert!(matches!(kit.access(&own, &mut stood_for), Outcome::Next));
        }
        let (_, mut apart) = status(&kit, &plugin, "GET /c HTTP/1.1");
        assert!(matches!(kit.access(&own, &mut apart), Outcome::Next));
        assert!(matches!(kit.access(&own, &mut apart), Outcome::Exit(_)));
    }

    #[test]
    fn requests_under_way_are_let_go_of() {
        let kit = Kit::new();
        let limit = json!(["limit-conn", {"conn": 1, "burst": 0, "default_conn_delay": 0.1, "key": "remote_addr"}]);
        let plugin = kit.plugin(NAME, json!({"rules": [{"actions": [limit]}]}));
        let (first, one) = status(&kit, &plugin, "GET / HTTP/1.1");
        assert_eq!((first, status(&kit, &plugin, "GET / HTTP/1.1").0), (200, 503));
        plugin.log(&one);
        assert_eq!(status(&kit, &plugin, "GET / HTTP/1.1").0, 200);
    }

    #[test]
    fn a_body_that_a_limit_asks_for_is_asked_for_once() {
        let kit = Kit::new();
        let limit = json!(["limit-count", {"count": 1, "time_window": 60, "key": "post_arg_user"}]);
        let plugin = kit.plugin(NAME, json!({"rules": [{"actions": [limit]}]}));
        let text = "POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nuser=a";
        let mut x = kit.exchange(text);
        let body = x.req.collected.take();
        assert!(matches!(kit.access(&plugin, &mut x), Outcome::Body));
        x.req.collected = body;
        assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
        assert_eq!(status(&kit, &plugin, text).0, 503);
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let case = || json!([["uri", "==", "/"]]);
        let refused = [
            (json!({"rules": [{"case": case()}]}), "property \"actions\" is required"),
            (json!({"rules": [rule(case(), json!([]))]}), "expect array to have at least 1 items"),
            (
                json!({"rules": [rule(json!([["uri", "=", "/"]]), json!(["return", {"code": 403}]))]}),
                "failed to validate the 'case' expression: invalid operator '='",
            ),
            (json!({"rules": [rule(case(), json!(["return", {}]))]}), "'return' action: property \"code\" is required"),
            (json!({"rules": [rule(case(), json!(["return", {"code": 100}]))]}), "'return' action: 100 is no status"),
            (json!({"rules": [rule(case(), json!(["fake", {}]))]}), "unsupported action: fake"),
            (json!({"rules": [rule(case(), json!([7]))]}), "the name of an action is missing"),
            (
                json!({"rules": [rule(case(), json!(["limit-count", {"count": 1}]))]}),
                "failed to validate the 'limit-count' action: value should match only one schema, but matches none",
            ),
            (
                json!({"rules": [rule(case(), json!(["limit-count", {"count": 1, "time_window": 1, "group": "g"}]))]}),
                "failed to validate the 'limit-count' action: group is not supported",
            ),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
