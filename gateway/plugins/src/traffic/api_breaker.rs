//! `api-breaker`: spares an upstream that fails.

use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Template;
use gateway_engine::headers::{HeaderName, name};
use gateway_engine::plugin::{Build, Definition, Exit, ExitBody, Fields, Phases, Plugin, Step};
use gateway_engine::worker::now_ms;
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use super::table::{Key, Owner, Remembered, Table};
use crate::conf::{header_name, int, parse};
use crate::docs::{Doc, Example};
use crate::transform::missing_body;

const NAME: &str = "api-breaker";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| Compiled::new(conf).map(drop)),
            ..PluginSpec::new(NAME, 1005, include_str!("../schemas/api-breaker.json"))
        },
        phases: Phases::ACCESS | Phases::LOG,
        build: |build: &Build<'_>| {
            let breakers = build.states.get::<Breakers>();
            let owner = breakers.0.keys.owner(b"");
            Ok(Arc::new(ApiBreaker { conf: Compiled::new(build.conf)?, breakers, owner }))
        },
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Answers in the place of an upstream that fails, for a while. Each `unhealthy.failures` answers with a status of \
            `unhealthy.http_statuses` break the way to it: for 2 seconds the first time, then 4, 8 and so on, `max_breaker_sec` at \
            most. `healthy.successes` answers with a status of `healthy.http_statuses` between two breaks make it whole again.\n\n\
            Each host and path has a state of its own, which all routes share, and all workers. It is kept in this process. \
            Answers of the gateway itself, of other plugins for instance, count for nothing.",
    fields: &[
        ("break_response_code", "Status of the answer while the way is broken."),
        ("break_response_body", "Its body; absent: the standard page of the status."),
        ("break_response_headers", "Its headers, if there is a body."),
        ("break_response_headers[].key", "A name."),
        ("break_response_headers[].value", "A text, a template of variables."),
        ("max_breaker_sec", "The longest break, in seconds."),
        ("unhealthy", "What breaks the way."),
        ("unhealthy.http_statuses", "Statuses of the upstream that are failures."),
        ("unhealthy.failures", "So many of them, however far apart, are one break."),
        ("healthy", "What makes it whole again."),
        ("healthy.http_statuses", "Statuses of the upstream that are successes."),
        ("healthy.successes", "So many of them, without a failure between."),
    ],
    example: Example {
        about: "The failing upstream is another route of the gateway, which always answers 500.",
        objects: &[
            (
                "routes/failing",
                r#"{"uri": "/failing", "plugins": {"fault-injection": {"abort": {"http_status": 500}}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream": {"nodes": {"127.0.0.1:9080": 1}},
  "plugins": {
    "proxy-rewrite": {"uri": "/failing"},
    "api-breaker": {
      "break_response_code": 503,
      "break_response_body": "orders are closed for a moment\n",
      "unhealthy": {"http_statuses": [500, 503], "failures": 3},
      "healthy": {"http_statuses": [200], "successes": 1}
    }
  }
}"#,
            ),
        ],
        requests: r#"# The upstream's answers, until there were three of them:
$ for i in 1 2 3; do curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders; done
500
500
500
$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 503 Service Temporarily Unavailable
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 31

orders are closed for a moment"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    #[serde(deserialize_with = "int")]
    break_response_code: u16,
    break_response_body: Option<String>,
    #[serde(default)]
    break_response_headers: Vec<HeaderConf>,
    #[serde(deserialize_with = "int")]
    max_breaker_sec: u32,
    unhealthy: UnhealthyConf,
    healthy: HealthyConf,
}

#[derive(Deserialize)]
struct HeaderConf {
    key: String,
    value: String,
}

#[derive(Deserialize)]
struct UnhealthyConf {
    http_statuses: Vec<f64>,
    #[serde(deserialize_with = "int")]
    failures: u32,
}

#[derive(Deserialize)]
struct HealthyConf {
    http_statuses: Vec<f64>,
    #[serde(deserialize_with = "int")]
    successes: u32,
}

struct Compiled {
    status: u16,
    body: Option<Bytes>,
    headers: Box<[(HeaderName, Template)]>,
    needs_body: bool,
    rule: Rule,
}

impl Compiled {
    fn new(conf: &Value) -> Result<Compiled, String> {
        let conf: Conf = parse(conf)?;
        let field = |h: &HeaderConf| Ok::<_, String>((header_name(&h.key)?, Template::parse(&h.value)));
        let headers: Box<[_]> = conf.break_response_headers.iter().map(field).collect::<Result<_, _>>()?;
        // The schema allows statuses alone.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let statuses = |given: &[f64]| given.iter().map(|s| *s as u16).collect();
        Ok(Compiled {
            status: conf.break_response_code,
            body: conf.break_response_body.map(Bytes::from),
            needs_body: headers.iter().any(|(_, value)| value.needs_body()),
            headers,
            rule: Rule {
                longest_ms: u64::from(conf.max_breaker_sec) * 1000,
                unhealthy: statuses(&conf.unhealthy.http_statuses),
                failures: conf.unhealthy.failures,
                healthy: statuses(&conf.healthy.http_statuses),
                successes: conf.healthy.successes,
            },
        })
    }

    fn answer(&self, x: &Exchange) -> Exit {
        let mut exit = Exit::page(self.status);
        if let Some(body) = &self.body {
            exit.body = ExitBody::Text(body.clone());
            let render = |template: &Template| {
                let mut text = Vec::new();
                template.render(x, &mut text);
                Bytes::from(text)
            };
            for (name, value) in &self.headers {
                match name.as_name() == name::CONTENT_TYPE {
                    true => exit.content_type = Some(render(value)),
                    // Of two of a name the later one.
                    false => {
                        exit.headers.retain(|(n, _)| n != name);
                        exit.headers.push((name.clone(), render(value)));
                    }
                }
            }
        }
        exit
    }
}

struct ApiBreaker {
    conf: Compiled,
    breakers: Arc<Breakers>,
    owner: Owner,
}

impl ApiBreaker {
    /// Host and path; a host holds no slash, so that both are told apart.
    fn key(&self, x: &Exchange) -> Key {
        let mut name: smallvec::SmallVec<[u8; 128]> = smallvec::SmallVec::from_slice(x.host());
        name.extend_from_slice(x.path());
        self.breakers.0.keys.key(&self.owner, &name)
    }
}

impl Plugin for ApiBreaker {
    fn phases(&self) -> Phases {
        Phases::ACCESS | Phases::LOG
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if !self.breakers.broken(self.key(x), now_ms(), &self.conf.rule) {
            return Step::Next;
        }
        match missing_body(self.conf.needs_body, x) {
            Some(limit) => Step::Body(limit),
            None => Step::Exit(Box::new(self.conf.answer(x))),
        }
    }

    fn log(&self, x: &Exchange) {
        let last = match x.upstream.status {
            0 => x.upstream.failed.last().map(|(_, status)| *status),
            status => Some(status),
        };
        if let Some(status) = last {
            self.breakers.seen(self.key(x), status, now_ms(), &self.conf.rule);
        }
    }
}

/// When a way breaks and when it is whole again.
struct Rule {
    longest_ms: u64,
    unhealthy: Box<[u16]>,
    failures: u32,
    healthy: Box<[u16]>,
    successes: u32,
}

impl Rule {
    /// How long the break is that so many failures have brought.
    fn break_ms(&self, failures: u32) -> u64 {
        let times = (failures / self.failures).max(1);
        1000_u64
            .checked_shl(times)
            .filter(|ms| *ms >> times == 1000)
            .map_or(self.longest_ms, |ms| ms.min(self.longest_ms))
    }
}

/// The states of this process.
#[derive(Default)]
struct Breakers(Table<Breaker>);

#[derive(Clone, Copy, Default)]
struct Breaker {
    failures: u32,
    successes: u32,
    /// When the last break began; 0: there is none.
    broken_ms: u64,
    expires_ms: u64,
}

/// Failures that are so far apart have nothing to do with each other.
const FORGOTTEN_MS: u64 = 24 * 3600 * 1000;

impl Remembered for Breaker {
    fn expires_ms(&self) -> u64 {
        self.expires_ms
    }

    fn is_slight(&self) -> bool {
        self.broken_ms == 0
    }
}

impl Breakers {
    fn broken(&self, key: Key, now_ms: u64, rule: &Rule) -> bool {
        let broken = self.0.peek(key, |state| {
            state.broken_ms > 0 && state.broken_ms.saturating_add(rule.break_ms(state.failures)) >= now_ms
        });
        broken.unwrap_or(false)
    }

    /// An upstream has answered with this.
    fn seen(&self, key: Key, status: u16, now_ms: u64, rule: &Rule) {
        if rule.unhealthy.contains(&status) {
            self.0.with(key, now_ms, Breaker::default, |state| {
                state.failures = state.failures.saturating_add(1);
                state.successes = 0;
                if state.failures % rule.failures == 0 {
                    state.broken_ms = now_ms;
                }
                state.expires_ms = now_ms.saturating_add(rule.longest_ms.max(FORGOTTEN_MS));
            });
            return;
        }
        if !rule.healthy.contains(&status) {
            return;
        }
        let whole = self.0.peek(key, |state| {
            state.successes = state.successes.saturating_add(1);
            state.successes >= rule.successes
        });
        if whole == Some(true) {
            self.0.forget(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    fn rule() -> Rule {
        Rule { longest_ms: 10_000, unhealthy: [500, 503].into(), failures: 3, healthy: [200].into(), successes: 2 }
    }

    #[test]
    fn breaks_grow_and_successes_end_them() {
        let breakers = Breakers::default();
        let key = breakers.0.keys.key(&breakers.0.keys.owner(b""), b"/");
        let seen = |status: u16, now: u64| breakers.seen(key, status, now, &rule());
        let broken = |now: u64| breakers.broken(key, now, &rule());
        for status in [500, 404, 503, 201] {
            seen(status, 1000);
            assert!(!broken(1000), "{status}");
        }
        seen(500, 1000);
        assert!(broken(1000) && broken(3000) && !broken(3001));
        // Three more: twice as long, then the longest.
        for _ in 0..3 {
            seen(500, 4000);
        }
        assert!(broken(8000) && !broken(8001));
        for now in [9000, 20_000] {
            for _ in 0..3 {
                seen(500, now);
            }
        }
        assert!(broken(30_000) && !broken(30_001));
        // A failure between two successes: they do not count together.
        for status in [200, 500, 200] {
            seen(status, 31_000);
        }
        assert!(breakers.0.peek(key, |state| state.failures) == Some(13));
        seen(200, 31_000);
        assert_eq!(breakers.0.len(), 0);
        assert!(!broken(31_000));
    }

    #[test]
    fn breaks_of_any_length_are_told() {
        let rule = Rule { longest_ms: u64::MAX, failures: 1, ..rule() };
        for (failures, ms) in
            [(0, 2000), (1, 2000), (10, 1_024_000), (53, 1000 << 53), (60, u64::MAX), (u32::MAX, u64::MAX)]
        {
            assert_eq!(rule.break_ms(failures), ms, "{failures}");
        }
    }

    #[test]
    fn a_broken_way_is_answered_for() {
        let kit = Kit::new();
        let conf = json!({"break_response_code": 599, "break_response_body": "{\"message\":\"breaker opened\"}",
            "break_response_headers": [{"key": "Content-Type", "value": "text/html"}, {"key": "x-way", "value": "open"},
                {"key": "X-Way", "value": "closed to $remote_addr"}, {"key": "Content-Type", "value": "application/json"}],
            "unhealthy": {"failures": 1, "http_statuses": [500]}});
        let plugin = kit.plugin(NAME, conf);
        let bare = kit
            .plugin(NAME, json!({"break_response_code": 502, "break_response_headers": [{"key": "A", "value": "b"}]}));
        let exchange = |request: &str, status: u16| {
            let mut x = kit.exchange(request);
            let outcome = kit.access(&plugin, &mut x);
            x.upstream.status = status;
            plugin.log(&x);
            outcome
        };
        let (one, other) = ("GET /api?a=1 HTTP/1.1\nHost: a.com", "GET /api HTTP/1.1\nHost: b.com");
        assert!(matches!(exchange(one, 500), Outcome::Next));
        let Outcome::Exit(exit) = exchange(one, 0) else { panic!() };
        assert_eq!((exit.status, Kit::text(&exit).as_str()), (599, "{\"message\":\"breaker opened\"}"));
        assert_eq!(Kit::field(&exit, "X-Way").as_deref(), Some("closed to 127.0.0.1"));
        assert_eq!((exit.headers.len(), exit.content_type.as_deref()), (1, Some(&b"application/json"[..])));
        assert!(matches!(exchange(other, 200), Outcome::Next));
        let Outcome::Exit(exit) = kit.access(&bare, &mut kit.exchange(one)) else { panic!() };
        assert_eq!((Kit::text(&exit).as_str(), Kit::field(&exit, "A")), ("page 502", None));
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let refused = [
            (json!({}), "property \"break_response_code\" is required"),
            (json!({"break_response_code": 199}), "validation failed"),
            (
                json!({"break_response_code": 502, "break_response_headers": [{"key": "a b", "value": "c"}]}),
                "invalid field character in header",
            ),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
