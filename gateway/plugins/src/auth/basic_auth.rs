//! `basic-auth`: user and password of HTTP's Basic scheme (RFC 7617) name the consumer.

use std::borrow::Cow;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use gateway_engine::exchange::Exchange;
use gateway_engine::headers::name;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_engine::snapshot::{Credentialed, Snapshot};
use gateway_model::plugin::PluginSpec;
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Stranger, secret};
use crate::conf;
use crate::docs::{Doc, Example};

pub(super) const NAME: &str = "basic-auth";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            kind: Some("auth"),
            consumer_schema: Some(LazySchema::plugin(include_str!("../schemas/basic-auth.consumer.json"))),
            consumer_encrypt_fields: &["password"],
            unique: Some("username"),
            ..PluginSpec::new(NAME, 2520, include_str!("../schemas/basic-auth.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(BasicAuth::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Asks for a user and a password by HTTP's Basic scheme (RFC 7617).\n\n\
            Without `Authorization` a request gets 401 `{\"message\":\"Missing authorization in request\"}`; with one that cannot \
            be read 401 `{\"message\":\"Invalid authorization in request\"}`; with an unknown user or a wrong password 401 \
            `{\"message\":\"Invalid user authorization\"}`. All carry `WWW-Authenticate`.\n\n\
            A password may hold colons (APISIX cuts it at the first). White space in the user and password a client sends is \
            ignored where the exact text does not match, as APISIX ignores it always. Passwords are compared in constant time, for \
            unknown users too.\n\n\
            The consumer that has the password is an object of its own (`PUT /apisix/admin/consumers`), as is the \
            alternative, a credential of it (`PUT /apisix/admin/consumers/jane/credentials/1`).",
    fields: &[
        ("hide_credentials", "Takes `Authorization` out of the request before it goes to the upstream."),
        ("realm", "Realm of the `WWW-Authenticate` header in refusals."),
        ("anonymous_consumer", "Consumer that requests without valid credentials become instead of being refused."),
        ("username", "The consumer's user name; no two consumers may share one."),
        ("password", "The consumer's password. Stored encrypted."),
    ],
    example: Example {
        about: "",
        objects: &[
            (
                "consumers/jane",
                r#"{"username": "jane", "plugins": {"basic-auth": {"username": "jane", "password": "janes-password"}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"basic-auth": {"hide_credentials": true, "realm": "orders"}}
}"#,
            ),
        ],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 401 Unauthorized
Server: gateway
Content-Type: text/plain; charset=utf-8
WWW-Authenticate: Basic realm="orders"
Date: …
Content-Length: 47

{"message":"Missing authorization in request"}
$ curl -s http://127.0.0.1:9080/orders -u jane:guessed
{"message":"Invalid user authorization"}
$ curl -s http://127.0.0.1:9080/orders -u jane:janes-password | grep -i -e authorization -e consumer-username
    "x-consumer-username": "jane","#,
    },
};

#[derive(Deserialize)]
struct Conf {
    hide_credentials: bool,
    realm: String,
    #[serde(default)]
    anonymous_consumer: Option<String>,
}

struct BasicAuth {
    hide: bool,
    stranger: Stranger,
}

impl BasicAuth {
    fn compile(conf: &Value) -> Result<BasicAuth, String> {
        let conf: Conf = conf::parse(conf)?;
        Ok(BasicAuth {
            hide: conf.hide_credentials,
            stranger: Stranger::new(conf.anonymous_consumer, "Basic", &conf.realm),
        })
    }
}

impl Plugin for BasicAuth {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let snapshot = x.worker().snapshot();
        let found = match x.req.head.get(name::AUTHORIZATION) {
            None => Err("Missing authorization in request"),
            Some(line) => match credentials(line) {
                None => Err("Invalid authorization in request"),
                Some(sent) => authenticate(&snapshot, &sent).ok_or("Invalid user authorization"),
            },
        };
        if self.hide {
            x.req.head.remove(name::AUTHORIZATION);
        }
        match found {
            Ok(consumer) => {
                x.attach_consumer(consumer);
                Step::Next
            }
            Err(message) => self.stranger.meet(x, &snapshot, message),
        }
    }
}

/// SHA-256 of a consumer's password: what is compared, so that the time tells nothing of where two differ.
pub(crate) struct Password([u8; 32]);

impl Password {
    /// Of a consumer's configuration. An empty password is nobody's.
    pub(super) fn compile(conf: &Value) -> Result<Password, String> {
        match secret(conf, "password")? {
            "" => Err("the password is empty".into()),
            text => Ok(Password(Self::hash(text.as_bytes()))),
        }
    }

    fn hash(text: &[u8]) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, text).as_ref());
        hash
    }
}

/// What a client sent: `user:password`.
struct Sent {
    text: Vec<u8>,
    colon: usize,
}

impl Sent {
    fn user(&self) -> &[u8] {
        self.text.get(..self.colon).unwrap_or_default()
    }

    fn password(&self) -> &[u8] {
        self.text.get(self.colon + 1..).unwrap_or_default()
    }
}

/// Padding may be left out, as other gateways allow.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Reads `Authorization`: the word `basic` in any case, white space, base64 of `user:password`.
fn credentials(line: &[u8]) -> Option<Sent> {
    let word = line.windows(6).position(|w| {
        // Six bytes: the word and the white space behind it.
        w.first_chunk::<5>().is_some_and(|w| w.eq_ignore_ascii_case(b"basic"))
            && w.last().is_some_and(u8::is_ascii_whitespace)
    })?;
    let encoded = line.get(word + 6..)?.trim_ascii();
    let text = BASE64.decode(encoded).ok()?;
    let colon = memchr::memchr(b':', &text)?;
    Some(Sent { text, colon })
}

/// The consumer of a user, if the password is the consumer's.
fn authenticate(snapshot: &Snapshot, sent: &Sent) -> Option<Arc<Credentialed>> {
    let find = |user: &[u8]| snapshot.consumers.find(NAME, user);
    let found = find(sent.user()).or_else(|| match squeezed(sent.user()) {
        Cow::Owned(user) => find(&user),
        Cow::Borrowed(_) => None,
    });
    let stored = found.and_then(|f| f.secret::<Password>());
    let hash = stored.map_or([0; 32], |password| password.0);
    let same = |password: &[u8]| verify_slices_are_equal(&Password::hash(password), &hash).is_ok();
    // Both are computed whoever asks, so that the time tells nothing.
    let matches = same(sent.password()) | same(&squeezed(sent.password()));
    // An empty name is nobody's, whatever a consumer's configuration holds.
    stored.filter(|_| matches && !sent.user().is_empty())?;
    found.map(Arc::clone)
}

/// The text without white space.
fn squeezed(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().any(u8::is_ascii_whitespace) {
        return Cow::Owned(text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect());
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    fn kit() -> Kit {
        let kit = Kit::new();
        kit.consumer(json!({"username": "jack", "plugins": {"basic-auth": {"username": "foo", "password": "bar"}}}));
        kit.consumer(json!({"username": "jane", "plugins": {"basic-auth": {"username": "jane", "password": "a b:c"}}}));
        kit.consumer(json!({"username": "nobody", "plugins": {}}));
        kit
    }

    #[test]
    fn credentials_are_read_and_compared() {
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let ok = |text: &str| format!("Basic {}", encode(text));
        let cases: &[(String, Result<&str, &str>)] = &[
            (ok("foo:bar"), Ok("jack")),
            (format!("bAsIc  {}", encode("foo:bar")), Ok("jack")),
            (ok("foo:bar").trim_end_matches('=').to_owned(), Ok("jack")),
            (ok(" f oo:b ar "), Ok("jack")),
            (ok("jane:a b:c"), Ok("jane")),
            (ok("foo:baz"), Err("Invalid user authorization")),
            (ok("foo:bar:x"), Err("Invalid user authorization")),
            (ok("nope:"), Err("Invalid user authorization")),
            (ok("nope:bar"), Err("Invalid user authorization")),
            (ok("foobar"), Err("Invalid authorization in request")),
            ("Basic".into(), Err("Invalid authorization in request")),
            ("Basic ???".into(), Err("Invalid authorization in request")),
            (format!("Bearer {}", encode("foo:bar")), Err("Invalid authorization in request")),
        ];
        let kit = kit();
        let plugin = kit.plugin("basic-auth", json!({}));
        for (line, expected) in cases {
            let mut x = kit.exchange(&format!("GET / HTTP/1.1\nAuthorization: {line}"));
            match (kit.rewrite(&plugin, &mut x), expected) {
                (Outcome::Next, Ok(user)) => assert_eq!(x.consumer.as_ref().unwrap().username(), *user),
                (Outcome::Exit(exit), Err(message)) => {
                    assert_eq!(Kit::text(&exit), format!("{{\"message\":\"{message}\"}}\n"), "{line}");
                    assert_eq!(exit.status, 401);
                }
                (outcome, _) => panic!("{line}: {outcome:?}"),
            }
        }
    }

    #[test]
    fn empty_names_and_passwords_are_nobodys() {
        let kit = Kit::new();
        for (user, password) in [("", ""), ("void", ""), ("", "x")] {
            let conf = json!({"basic-auth": {"username": user, "password": password}});
            kit.consumer(json!({"username": format!("c{}{}", user, password), "plugins": conf}));
        }
        let plugin = kit.plugin("basic-auth", json!({}));
        // ":", "void:", ":x"
        for sent in ["Og==", "dm9pZDo=", "Ong="] {
            let mut x = kit.exchange(&format!("GET / HTTP/1.1\nAuthorization: Basic {sent}"));
            assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Exit(exit) if exit.status == 401), "{sent}");
            assert!(x.consumer.is_none());
        }
    }

    #[test]
    fn refusals_name_the_realm_and_hidden_credentials_go() {
        let kit = kit();
        let plugin = kit.plugin("basic-auth", json!({"realm": "secure-zone"}));
        let Outcome::Exit(exit) = kit.rewrite(&plugin, &mut kit.exchange("GET / HTTP/1.1")) else { panic!() };
        assert_eq!(Kit::text(&exit), "{\"message\":\"Missing authorization in request\"}\n");
        assert_eq!(Kit::field(&exit, "WWW-Authenticate").as_deref(), Some("Basic realm=\"secure-zone\""));

        let plugin = kit.plugin("basic-auth", json!({"hide_credentials": true, "anonymous_consumer": "nobody"}));
        for (line, user) in [("Basic Zm9vOmJhcg==", "jack"), ("Basic Zm9vOmJheg==", "nobody")] {
            let mut x = kit.exchange(&format!("GET / HTTP/1.1\nAuthorization: {line}"));
            assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next));
            assert_eq!(x.consumer.as_ref().unwrap().username(), user);
            assert_eq!(kit.request_field(&x, "authorization"), None);
        }
    }

    #[test]
    fn white_space_is_squeezed_only_where_there_is_some() {
        assert!(matches!(squeezed(b"abc"), Cow::Borrowed(_)));
        assert_eq!(*squeezed(b" a\tb c"), *b"abc");
    }
}
