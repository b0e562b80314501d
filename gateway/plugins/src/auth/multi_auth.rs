//! `multi-auth`: several ways to tell who asks; the first that succeeds counts.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::headers::{HeaderName, name};
use gateway_engine::plugin::{Build, Definition, Exit, ExitBody, Flow, Phases, Plugin, Step};
use gateway_model::check::{self, Context};
use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use crate::docs::{Doc, Example};

const NAME: &str = "multi-auth";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            kind: Some("auth"),
            check: Some(|conf, _, context| check_all(conf, context)),
            ..PluginSpec::new(NAME, 2600, include_str!("../schemas/multi-auth.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(MultiAuth::compile(build)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Several ways to tell who asks: the auth plugins are tried in their order, and the first that finds a consumer counts. \
            Where none does, the request gets 401 `{\"message\":\"Authorization Failed\"}` with the `WWW-Authenticate` of the last one; \
            why each of them failed is in the log, at the level `info`.\n\n\
            A plugin that hides credentials does so whether it succeeds or not. `_meta` is not looked at inside.",
    fields: &[("auth_plugins", "Auth plugins with their configurations: `[{\"key-auth\": {}}, {\"jwt-auth\": {}}]`.")],
    example: Example {
        about: "",
        objects: &[
            ("consumers/jane", r#"{"username": "jane", "plugins": {"key-auth": {"key": "janes-key"}}}"#),
            (
                "consumers/joe",
                r#"{"username": "joe", "plugins": {"basic-auth": {"username": "joe", "password": "joes-password"}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"multi-auth": {"auth_plugins": [{"key-auth": {"header": "X-Api-Key"}}, {"basic-auth": {}}]}}
}"#,
            ),
        ],
        requests: r#"$ curl -s http://127.0.0.1:9080/orders -H 'X-Api-Key: janes-key' | grep username
    "x-consumer-username": "jane",
$ curl -s http://127.0.0.1:9080/orders -u joe:joes-password | grep username
    "x-consumer-username": "joe",
$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 401 Unauthorized
Server: gateway
Content-Type: text/plain; charset=utf-8
WWW-Authenticate: Basic realm="basic"
Date: …
Content-Length: 35

{"message":"Authorization Failed"}"#,
    },
};

struct MultiAuth {
    ways: Box<[Way]>,
}

struct Way {
    name: Box<str>,
    plugin: Arc<dyn Plugin>,
}

/// The plugins with their configurations, in the order in which they are tried.
fn ways(conf: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let entries = conf.get("auth_plugins").and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(Value::as_object).flatten()
}

fn check_all(conf: &Value, context: &Context<'_>) -> Result<(), String> {
    for (name, conf) in ways(conf) {
        let spec = context.plugins.get(name).ok_or_else(|| format!("{name} plugin did not found"))?;
        if !spec.is_auth() || name == NAME {
            return Err(format!("{name} plugin is not supported"));
        }
        let failed = |text: &str| format!("plugin {name} check schema failed: {text}");
        if !conf.is_object() {
            return Err(failed(&format!("wrong type: expected object, got {}", kind(conf))));
        }
        check::nested(name, &mut conf.clone(), context).map_err(|invalid| failed(&invalid.message))?;
    }
    Ok(())
}

/// What schemas call the type of a value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "userdata",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) | Value::Object(_) => "table",
    }
}

impl MultiAuth {
    fn compile(build: &Build<'_>) -> Result<MultiAuth, String> {
        let way = |(name, conf): (&String, &Value)| {
            // Checked by then; an object that came another way must not nest without end.
            if name == NAME {
                return Err(format!("{name} plugin is not supported"));
            }
            Ok(Way { name: name.as_str().into(), plugin: build.nested(name, conf)? })
        };
        Ok(MultiAuth { ways: ways(build.conf).map(way).collect::<Result<_, _>>()? })
    }
}

/// Why a plugin did not find anybody.
fn reason(exit: &Exit) -> &str {
    match &exit.body {
        ExitBody::Text(text) => std::str::from_utf8(text).unwrap_or_default().trim_end(),
        ExitBody::Page => "",
    }
}

impl Plugin for MultiAuth {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn reads_credential(&self, name: &[u8]) -> bool {
        self.ways.iter().any(|way| way.plugin.reads_credential(name))
    }

    fn rehearses(&self) -> Phases {
        match self.ways.iter().all(|way| way.plugin.rehearses().has(Phases::REWRITE)) {
            true => Phases::REWRITE,
            false => Phases::NONE,
        }
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        Step::wait(async move {
            let mut challenge = None;
            for way in &self.ways {
                let flow = match way.plugin.rewrite(x) {
                    Step::Next => Flow::Next,
                    Step::Exit(exit) => Flow::Exit(exit),
                    Step::Body(limit) => Flow::Body(limit),
                    Step::Wait(future) => future.await,
                };
                match flow {
                    Flow::Next => return Flow::Next,
                    // All are tried anew then: those that have failed do so again.
                    Flow::Body(limit) => return Flow::Body(limit),
                    Flow::Exit(exit) => {
                        tracing::info!(
                            plugin = &*way.name,
                            status = exit.status,
                            reason = reason(&exit),
                            "no consumer"
                        );
                        let own = exit.headers.into_iter().find(|(n, _)| n.as_name() == name::WWW_AUTHENTICATE);
                        challenge = own.map(|(_, value)| value).or(challenge);
                    }
                }
            }
            let mut exit = Exit::message(401, "Authorization Failed");
            if let Some(challenge) = challenge {
                exit = exit.header(HeaderName::from(name::WWW_AUTHENTICATE), challenge);
            }
            Flow::Exit(Box::new(exit))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    fn kit() -> Kit {
        let kit = Kit::new();
        let plugins = json!({"basic-auth": {"username": "foo", "password": "bar"}, "key-auth": {"key": "auth-one"}});
        kit.consumer(json!({"username": "foo", "plugins": plugins}));
        kit.consumer(json!({"username": "nobody", "plugins": {}}));
        kit
    }

    #[test]
    fn the_first_that_succeeds_counts() {
        let kit = kit();
        let ways = json!([{"basic-auth": {}}, {"key-auth": {"hide_credentials": true}}, {"jwt-auth": {}}]);
        let plugin = kit.plugin(NAME, json!({"auth_plugins": ways}));
        for (line, admitted) in [
            ("authorization: Basic Zm9vOmJhcg==", true),
            ("apikey: auth-one", true),
            ("authorization: Basic YmFyOmJhcgo=\napikey: auth-one", true),
            ("authorization: Basic YmFyOmJhcgo=", false),
            ("apikey: auth-two", false),
            ("x: y", false),
        ] {
            let mut x = kit.exchange(&format!("GET / HTTP/1.1\n{line}"));
            match kit.rewrite(&plugin, &mut x) {
                Outcome::Next => {
                    assert!(admitted, "{line}");
                    assert_eq!(kit.request_field(&x, "x-consumer-username").as_deref(), Some("foo"));
                    assert!(x.merge_consumer);
                }
                Outcome::Exit(exit) => {
                    assert!(!admitted && x.consumer.is_none(), "{line}");
                    assert_eq!(
                        (exit.status, Kit::text(&exit).as_str()),
                        (401, "{\"message\":\"Authorization Failed\"}\n")
                    );
                    assert_eq!(Kit::field(&exit, "WWW-Authenticate").as_deref(), Some("Bearer realm=\"jwt\""));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_anonymous_consumer_is_a_success() {
        let kit = kit();
        let ways = json!([{"basic-auth": {}}, {"key-auth": {"anonymous_consumer": "nobody"}}]);
        let plugin = kit.plugin(NAME, json!({"auth_plugins": ways}));
        let mut x = kit.exchange("GET / HTTP/1.1");
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next));
        assert_eq!(x.consumer.as_ref().unwrap().username(), "nobody");
    }

    #[test]
    fn configurations() {
        let kit = kit();
        for (conf, text) in [
            (json!({}), "property \"auth_plugins\" is required"),
            (json!({"auth_plugins": [{"basic-auth": {}}]}), "expect array to have at least 2 items"),
            (json!({"auth_plugins": [{"basic-auth": {}}, {"nope": {}}]}), "nope plugin did not found"),
            (json!({"auth_plugins": [{"basic-auth": {}}, {"cors": {}}]}), "cors plugin is not supported"),
            (json!({"auth_plugins": [{"basic-auth": {}}, {"multi-auth": {}}]}), "multi-auth plugin is not supported"),
            (
                json!({"auth_plugins": [{"key-auth": {}}, {"basic-auth": "blah"}]}),
                "plugin basic-auth check schema failed: wrong type: expected object, got string",
            ),
            (
                json!({"auth_plugins": [{"key-auth": {}}, {"jwt-auth": {"header": 123}}]}),
                "plugin jwt-auth check schema failed: property \"header\" validation failed: wrong type: expected string, got number",
            ),
            (
                json!({"auth_plugins": [{"key-auth": {}}, {"key-auth": {"header": "a b"}}]}),
                "plugin key-auth check schema failed: invalid field character in header",
            ),
        ] {
            kit.refuses(NAME, conf, text);
        }
    }
}
