//! `fault-injection`: delays and failures, to see how clients bear them.

use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Expr, Template};
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Exit, ExitBody, Fields, Flow, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{missing_body, pause};
use crate::conf::{final_status, header_name, header_value, maybe_int, parse, seconds};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| FaultInjection::compile(conf).map(drop)),
            ..PluginSpec::new("fault-injection", 11000, include_str!("../schemas/fault-injection.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(FaultInjection::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Delays requests, or answers them in the upstream's place, before anything else looks at them. With both, the delay \
            comes first; each is drawn on its own.",
    fields: &[
        ("abort", "Answers instead of the upstream."),
        ("abort.http_status", "Status of the answer."),
        ("abort.body", "Body of the answer, a template; absent: the standard page of the status."),
        ("abort.headers", "Headers of the answer; texts are templates."),
        ("abort.percentage", "How many of a hundred requests; absent: all."),
        ("abort.vars", "Conditions, each a list of comparisons; one of them must hold."),
        ("delay", "Lets the request wait."),
        ("delay.duration", "Seconds to wait."),
        ("delay.percentage", "How many of a hundred requests; absent: all."),
        ("delay.vars", "As for `abort`."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "fault-injection": {
      "abort": {"http_status": 503, "body": "try again\n", "headers": {"Retry-After": 1}, "vars": [[["arg_test", "==", "abort"]]]},
      "delay": {"duration": 5, "vars": [[["arg_test", "==", "delay"]]]}
    }
  }
}"#,
        )],
        requests: r#"$ curl -i 'http://127.0.0.1:9080/orders?test=abort'
HTTP/1.1 503 Service Temporarily Unavailable
Server: gateway
Content-Type: text/plain; charset=utf-8
Retry-After: 1
Date: …
Content-Length: 10

try again
# Who waits no longer than half a second has no answer to the second:
$ curl -s -m 0.5 -o /dev/null -w '%{http_code}\n' 'http://127.0.0.1:9080/orders?test=delay'
000
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders
200"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    abort: Option<AbortConf>,
    delay: Option<DelayConf>,
}

#[derive(Deserialize)]
struct AbortConf {
    #[serde(deserialize_with = "final_status")]
    http_status: u16,
    body: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default, deserialize_with = "maybe_int")]
    percentage: Option<u32>,
    #[serde(default)]
    vars: Vec<Value>,
}

#[derive(Deserialize)]
struct DelayConf {
    #[serde(deserialize_with = "seconds")]
    duration: f64,
    #[serde(default, deserialize_with = "maybe_int")]
    percentage: Option<u32>,
    #[serde(default)]
    vars: Vec<Value>,
}

struct FaultInjection {
    abort: Option<Abort>,
    delay: Option<(Chance, f64)>,
    needs_body: bool,
}

struct Abort {
    chance: Chance,
    status: u16,
    body: Option<Template>,
    headers: Vec<(HeaderName, Template)>,
}

impl Abort {
    fn needs_body(&self) -> bool {
        self.chance.needs_body()
            || self.body.as_ref().is_some_and(Template::needs_body)
            || self.headers.iter().any(|(_, value)| value.needs_body())
    }
}

/// Which requests are struck.
struct Chance {
    percentage: Option<u32>,
    vars: Vec<Expr>,
}

impl Chance {
    fn new(percentage: Option<u32>, vars: &[Value]) -> Result<Chance, String> {
        let vars = vars.iter().map(|v| Expr::parse(v).map_err(|e| e.to_string())).collect::<Result<_, _>>()?;
        Ok(Chance { percentage, vars })
    }

    fn needs_body(&self) -> bool {
        self.vars.iter().any(Expr::needs_body)
    }

    fn strikes(&self, x: &Exchange) -> bool {
        self.percentage.is_none_or(|p| fastrand::u32(1..=100) <= p)
            && (self.vars.is_empty() || self.vars.iter().any(|v| v.eval(x)))
    }
}

impl FaultInjection {
    fn compile(conf: &Value) -> Result<FaultInjection, String> {
        let conf: Conf = parse(conf)?;
        let abort = match conf.abort {
            None => None,
            Some(abort) => {
                let field = |(name, value): (&String, &Value)| {
                    Ok::<_, String>((header_name(name)?, Template::parse(&header_value(value)?)))
                };
                Some(Abort {
                    chance: Chance::new(abort.percentage, &abort.vars)?,
                    status: abort.http_status,
                    body: abort.body.as_deref().map(Template::parse),
                    headers: abort.headers.iter().map(field).collect::<Result<_, _>>()?,
                })
            }
        };
        let delay = match conf.delay {
            None => None,
            Some(delay) => Some((Chance::new(delay.percentage, &delay.vars)?, delay.duration)),
        };
        let needs_body = abort.as_ref().is_some_and(Abort::needs_body)
            || delay.as_ref().is_some_and(|(chance, _)| chance.needs_body());
        Ok(FaultInjection { abort, delay, needs_body })
    }

    fn abort(&self, x: &Exchange) -> Option<Box<Exit>> {
        let abort = self.abort.as_ref().filter(|a| a.chance.strikes(x))?;
        let render = |template: &Template| {
            let mut text = Vec::new();
            template.render(x, &mut text);
            Bytes::from(text)
        };
        let mut exit = Exit::page(abort.status);
        if let Some(body) = &abort.body {
            exit.body = ExitBody::Text(render(body));
        }
        exit.headers = abort.headers.iter().map(|(name, value)| (name.clone(), render(value))).collect();
        Some(Box::new(exit))
    }
}

impl Plugin for FaultInjection {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(limit) = missing_body(self.needs_body, x) {
            return Step::Body(limit);
        }
        match &self.delay {
            Some((chance, seconds)) if chance.strikes(x) => Step::wait(async move {
                pause(*seconds).await;
                self.abort(x).map_or(Flow::Next, Flow::Exit)
            }),
            _ => self.abort(x).map_or(Step::Next, Step::Exit),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::{Kit, Outcome};
    use serde_json::{Value, json};

    const NAME: &str = "fault-injection";

    fn status(kit: &Kit, conf: &Value, request: &str) -> Option<u16> {
        match kit.rewrite(&kit.plugin(NAME, conf.clone()), &mut kit.exchange(request)) {
            Outcome::Next => None,
            Outcome::Exit(exit) => Some(exit.status),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn aborts_answer_with_templates() {
        let kit = Kit::new();
        let conf = json!({"abort": {"http_status": 405, "body": "{\"count\": $arg_count} $remote_addr",
            "headers": {"h1": "v1", "h2": 2, "h3": "$uri"}}});
        let plugin = kit.plugin(NAME, conf);
        let Outcome::Exit(exit) = kit.rewrite(&plugin, &mut kit.exchange("GET /hello?count=2 HTTP/1.1")) else {
            panic!()
        };
        assert_eq!((exit.status, Kit::text(&exit).as_str()), (405, "{\"count\": 2} 127.0.0.1"));
        for (name, value) in [("h1", "v1"), ("h2", "2"), ("h3", "/hello")] {
            assert_eq!(Kit::field(&exit, name).as_deref(), Some(value));
        }
        let plugin = kit.plugin(NAME, json!({"abort": {"http_status": 200}}));
        let Outcome::Exit(exit) = kit.rewrite(&plugin, &mut kit.exchange("GET / HTTP/1.1")) else { panic!() };
        assert_eq!(Kit::text(&exit), "page 200");
    }

    #[test]
    fn conditions_and_percentages_choose_requests() {
        let kit = Kit::new();
        let either =
            json!([[["arg_name", "==", "jack"], ["arg_age", "!", "<", 18]], [["http_apikey", "==", "api-key"]]]);
        let conf = json!({"abort": {"http_status": 403, "vars": either}});
        let cases = [
            ("GET /hello?name=jack&age=18 HTTP/1.1\napikey: api-key", true),
            ("GET /hello?name=jack&age=20 HTTP/1.1", true),
            ("GET /hello HTTP/1.1\napikey: api-key", true),
            ("GET /hello?name=jack&age=17 HTTP/1.1", false),
            ("GET /hello?name=allen HTTP/1.1", false),
            ("GET /hello HTTP/1.1", false),
        ];
        for (request, struck) in cases {
            assert_eq!(status(&kit, &conf, request).is_some(), struck, "{request}");
        }
        let not = json!({"abort": {"http_status": 403, "vars": [["!AND", ["arg_name", "==", "jack"], ["arg_age", "!", "<", 18]]]}});
        assert_eq!(status(&kit, &not, "GET /hello?name=jack&age=17 HTTP/1.1"), Some(403));
        assert_eq!(status(&kit, &not, "GET /hello?name=jack&age=18 HTTP/1.1"), None);
        let share = |p: u32| json!({"abort": {"http_status": 200, "percentage": p}});
        let struck = |p: u32| (0..300).filter(|_| status(&kit, &share(p), "GET / HTTP/1.1").is_some()).count();
        assert_eq!((struck(0), struck(100)), (0, 300));
        // Of 300 draws at one half, fewer than 60 or more than 240 come up less than once in 10^25 runs.
        assert!((60..240).contains(&struck(50)));
    }

    #[test]
    fn the_delay_comes_first() {
        let kit = Kit::new();
        let conf =
            json!({"delay": {"duration": 1.5, "vars": [[["arg_slow", "==", "1"]]]}, "abort": {"http_status": 403}});
        let waited = |request: &str| kit.waited(|| assert_eq!(status(&kit, &conf, request), Some(403))).as_millis();
        assert!((1500..1600).contains(&waited("GET /?slow=1 HTTP/1.1")));
        assert_eq!(waited("GET / HTTP/1.1"), 0);
        let never = json!({"delay": {"duration": 1, "percentage": 0}});
        assert_eq!(kit.waited(|| assert_eq!(status(&kit, &never, "GET / HTTP/1.1"), None)).as_millis(), 0);
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let refused = [
            (json!({"abort": {"http_status": 100}}), "validation failed"),
            (json!({"abort": {}}), "validation failed"),
            (json!({}), "expect object to have at least 1 properties"),
            (json!({"delay": {}}), "validation failed"),
            (json!({"delay": {"duration": "test"}}), "wrong type: expected number, got string"),
            (
                json!({"abort": {"http_status": 403, "vars": [["arg_name", "!=", "jack"]]}}),
                "rule should be wrapped inside brackets",
            ),
            (json!({"abort": {"http_status": 1000}}), "1000 is no status of a final answer: expected 200 to 999"),
            (json!({"delay": {"duration": 1e300}}), "seconds: expected 0 to 86400"),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
