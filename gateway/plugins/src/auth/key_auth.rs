//! `key-auth`: a key in a header or query argument names the consumer.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Fields, Phases, Plugin, Step};
use gateway_engine::snapshot::{Credentialed, Snapshot};
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Stranger, hide_argument};
use crate::conf;
use crate::docs::{Doc, Example};

const NAME: &str = "key-auth";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            kind: Some("auth"),
            consumer_schema: Some(LazySchema::plugin(include_str!("../schemas/key-auth.consumer.json"))),
            consumer_encrypt_fields: &["key"],
            unique: Some("key"),
            check: Some(|conf, place, _| match place {
                SchemaType::Plugin => KeyAuth::compile(conf).map(drop),
                _ => Ok(()),
            }),
            ..PluginSpec::new(NAME, 2500, include_str!("../schemas/key-auth.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(KeyAuth::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Asks for a key, in a header or a query argument, and finds the consumer that owns it. The header goes first; a wrong \
            key there is refused even if the query holds a right one.\n\n\
            A request without a key gets 401 `{\"message\":\"Missing API key in request\"}`, one with an unknown key 401 \
            `{\"message\":\"Invalid API key in request\"}`, both with `WWW-Authenticate`. An argument that occurs twice or has no \
            value never matches. Keys are found by a keyed hash and compared in constant time.\n\n\
            The consumer that has the key is an object of its own (`PUT /apisix/admin/consumers`), as is the \
            alternative, a credential of it (`PUT /apisix/admin/consumers/jane/credentials/1`).",
    fields: &[
        ("header", "Header that holds the key."),
        ("query", "Query argument that holds the key, looked at when the header is absent."),
        ("hide_credentials", "Takes the key out of the request before it goes to the upstream."),
        ("realm", "Realm of the `WWW-Authenticate` header in refusals."),
        ("anonymous_consumer", "Consumer that requests without a valid key become instead of being refused."),
        ("key", "The consumer's key; no two consumers may share one. Stored encrypted."),
    ],
    example: Example {
        about: "",
        objects: &[
            ("consumers/jane", r#"{"username": "jane", "plugins": {"key-auth": {"key": "janes-key"}}}"#),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"key-auth": {"header": "X-Api-Key", "hide_credentials": true}}
}"#,
            ),
        ],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 401 Unauthorized
Server: gateway
Content-Type: text/plain; charset=utf-8
WWW-Authenticate: apikey realm="key"
Date: …
Content-Length: 41

{"message":"Missing API key in request"}
$ curl -s http://127.0.0.1:9080/orders -H 'X-Api-Key: guessed'
{"message":"Invalid API key in request"}
$ curl -s http://127.0.0.1:9080/orders -H 'X-Api-Key: janes-key' | grep -e key -e username
    "x-consumer-username": "jane",
$ curl -s -o /dev/null -w '%{http_code}\n' 'http://127.0.0.1:9080/orders?apikey=janes-key'
200"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    header: String,
    query: String,
    hide_credentials: bool,
    realm: String,
    #[serde(default)]
    anonymous_consumer: Option<String>,
}

struct KeyAuth {
    header: HeaderName,
    query: Box<[u8]>,
    hide: bool,
    stranger: Stranger,
}

/// Where the key was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Query,
    Nowhere,
}

impl KeyAuth {
    fn compile(conf: &Value) -> Result<KeyAuth, String> {
        let conf: Conf = conf::parse(conf)?;
        Ok(KeyAuth {
            header: conf::header_name(&conf.header)?,
            query: conf.query.into_bytes().into(),
            hide: conf.hide_credentials,
            stranger: Stranger::new(conf.anonymous_consumer, "apikey", &conf.realm),
        })
    }

    fn look_up<'s>(&self, x: &Exchange, snapshot: &'s Snapshot) -> (Place, Option<&'s Arc<Credentialed>>) {
        if let Some(key) = x.field(self.header.as_name()) {
            return (Place::Header, consumer_of(snapshot, &key));
        }
        if !x.req.has_query {
            return (Place::Nowhere, None);
        }
        let mut named = x.args().filter(|arg| arg.is(&self.query));
        match (named.next(), named.next()) {
            (None, _) => (Place::Nowhere, None),
            (Some(arg), None) if arg.raw_value.is_some() => (Place::Query, consumer_of(snapshot, &arg.value())),
            // A flag without a value is `true`, repeated arguments are a list: neither is a key.
            _ => (Place::Query, None),
        }
    }
}

/// Whose key it is. An empty one is nobody's, whatever a consumer's configuration holds.
fn consumer_of<'s>(snapshot: &'s Snapshot, key: &[u8]) -> Option<&'s Arc<Credentialed>> {
    if key.is_empty() { None } else { snapshot.consumers.find(NAME, key) }
}

impl Plugin for KeyAuth {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn reads_credential(&self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(self.header.as_name().text()) || *name == *self.query
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn fields(&self) -> Fields {
        if self.hide { Fields::Whole } else { Fields::ByName }
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let snapshot = x.worker().snapshot();
        let (place, found) = self.look_up(x, &snapshot);
        let Some(found) = found else {
            if self.hide {
                x.req.head.remove(self.header.as_name());
                hide_argument(x, &self.query);
            }
            let missing = place == Place::Nowhere;
            let message = if missing { "Missing API key in request" } else { "Invalid API key in request" };
            return self.stranger.meet(x, &snapshot, message);
        };
        if self.hide {
            match place {
                Place::Header => drop(x.req.head.remove(self.header.as_name())),
                _ => hide_argument(x, &self.query),
            }
        }
        x.attach_consumer(Arc::clone(found));
        Step::Next
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    fn kit() -> Kit {
        let kit = Kit::new();
        kit.consumer(json!({"username": "jack", "plugins": {"key-auth": {"key": "auth-jack"}}}));
        kit.consumer(json!({"username": "nobody", "plugins": {}}));
        kit
    }

    #[test]
    fn keys_are_found_in_the_header_first_then_in_the_query() {
        let cases: &[(&str, Result<(), &str>)] = &[
            ("GET / HTTP/1.1\napikey: auth-jack", Ok(())),
            ("GET /?apikey=auth-jack HTTP/1.1", Ok(())),
            ("GET /?a=1&apikey=auth%2Djack&b HTTP/1.1", Ok(())),
            ("GET / HTTP/1.1\nAPIKEY: auth-jack\napikey: other", Ok(())),
            ("GET / HTTP/1.1", Err("Missing API key in request")),
            ("GET /?key=auth-jack HTTP/1.1", Err("Missing API key in request")),
            ("GET / HTTP/1.1\napikey: auth-jac", Err("Invalid API key in request")),
            ("GET / HTTP/1.1\napikey: ", Err("Invalid API key in request")),
            ("GET /?apikey=auth-jack HTTP/1.1\napikey: wrong", Err("Invalid API key in request")),
            ("GET /?apikey=auth-jack&apikey=auth-jack HTTP/1.1", Err("Invalid API key in request")),
            ("GET /?apikey HTTP/1.1", Err("Invalid API key in request")),
        ];
        let kit = kit();
        let plugin = kit.plugin("key-auth", json!({}));
        for (request, expected) in cases {
            let mut x = kit.exchange(request);
            match (kit.rewrite(&plugin, &mut x), expected) {
                (Outcome::Next, Ok(())) => assert_eq!(x.consumer.as_ref().unwrap().username(), "jack"),
                (Outcome::Exit(exit), Err(message)) => {
                    assert_eq!(exit.status, 401, "{request}");
                    assert_eq!(Kit::text(&exit), format!("{{\"message\":\"{message}\"}}\n"), "{request}");
                    assert_eq!(Kit::field(&exit, "WWW-Authenticate").as_deref(), Some("apikey realm=\"key\""));
                    assert!(x.consumer.is_none());
                }
                (outcome, _) => panic!("{request}: {outcome:?}"),
            }
        }
    }

    #[test]
    fn an_empty_key_is_nobodys() {
        let kit = Kit::new();
        kit.consumer(json!({"username": "void", "plugins": {"key-auth": {"key": ""}}}));
        let plugin = kit.plugin("key-auth", json!({}));
        for request in ["GET / HTTP/1.1\napikey: ", "GET /?apikey= HTTP/1.1", "GET /?apikey HTTP/1.1"] {
            let mut x = kit.exchange(request);
            assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Exit(exit) if exit.status == 401), "{request}");
            assert!(x.consumer.is_none());
        }
    }

    #[test]
    fn identity_headers_are_set_and_stray_ones_removed() {
        let kit = kit();
        let plugin = kit.plugin("key-auth", json!({}));
        let mut x =
            kit.exchange("GET / HTTP/1.1\napikey: auth-jack\nX-Consumer-Custom-Id: 7\nX-Credential-Identifier: 1");
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next));
        assert_eq!(kit.request_field(&x, "x-consumer-username").as_deref(), Some("jack"));
        assert_eq!(kit.request_field(&x, "x-consumer-custom-id"), None);
        assert_eq!(kit.request_field(&x, "x-credential-identifier"), None);
    }

    #[test]
    fn hidden_keys_do_not_reach_the_upstream() {
        let kit = kit();
        let plugin = kit.plugin("key-auth", json!({"hide_credentials": true, "query": "k", "header": "X-Key"}));
        let cases = [
            ("GET /a?k=auth-jack HTTP/1.1", "/a"),
            ("GET /a?x=%20&k=auth-jack&y HTTP/1.1", "/a?x=%20&y"),
            ("GET /a?%6B=auth-jack&x=1 HTTP/1.1", "/a?x=1"),
            ("GET /a?x=1 HTTP/1.1\nx-key: auth-jack", "/a?x=1"),
        ];
        for (request, target) in cases {
            let mut x = kit.exchange(request);
            assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next), "{request}");
            assert_eq!(String::from_utf8_lossy(x.upstream_target()), target);
            assert_eq!(kit.request_field(&x, "x-key"), None);
            let query = target.split_once('?').map(|(_, q)| q);
            assert_eq!(x.req.has_query.then(|| String::from_utf8_lossy(x.query()).into_owned()).as_deref(), query);
        }
    }

    #[test]
    fn strangers_become_the_anonymous_consumer_without_their_bad_keys() {
        let kit = kit();
        let plugin = kit.plugin("key-auth", json!({"anonymous_consumer": "nobody", "hide_credentials": true}));
        let mut x = kit.exchange("GET /?apikey=b HTTP/1.1\napikey: a");
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next));
        assert_eq!(x.consumer.as_ref().unwrap().username(), "nobody");
        assert_eq!(kit.request_field(&x, "apikey"), None);
        assert_eq!(x.upstream_target(), b"/");

        let plugin = kit.plugin("key-auth", json!({"anonymous_consumer": "gone", "realm": "my-custom-realm"}));
        let Outcome::Exit(exit) = kit.rewrite(&plugin, &mut kit.exchange("GET / HTTP/1.1")) else { panic!() };
        assert_eq!(Kit::text(&exit), "{\"message\":\"Invalid user authorization\"}\n");
        assert_eq!(Kit::field(&exit, "WWW-Authenticate").as_deref(), Some("apikey realm=\"my-custom-realm\""));
    }

    #[test]
    fn configurations() {
        let kit = kit();
        kit.refuses("key-auth", json!({"header": "a b"}), "invalid field character in header");
        kit.refuses("key-auth", json!({"realm": "a\"b"}), "property \"realm\" validation failed");
        kit.refuses("key-auth", json!({"anonymous_consumer": ""}), "string too short, expected at least 1, got 0");
    }
}
