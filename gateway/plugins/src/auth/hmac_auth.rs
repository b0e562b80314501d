//! `hmac-auth`: a signature over the request, made with a secret that never travels, names the consumer.

pub(crate) mod signature;

use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::{Name, name};
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::snapshot::{Credentialed, Snapshot};
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::Value;

use self::signature::{Algorithm, Parameters};
use super::{Stranger, secret};
use crate::conf;
use crate::docs::{Doc, Example};

pub(super) const NAME: &str = "hmac-auth";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            kind: Some("auth"),
            consumer_schema: Some(LazySchema::plugin(include_str!("../schemas/hmac-auth.consumer.json"))),
            consumer_encrypt_fields: &["secret_key"],
            unique: Some("key_id"),
            check: Some(|conf, place, _| match place {
                SchemaType::Plugin => HmacAuth::compile(conf).map(drop),
                _ => Ok(()),
            }),
            ..PluginSpec::new(NAME, 2530, include_str!("../schemas/hmac-auth.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(HmacAuth::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Asks for a signature over the request, made with a secret that never travels. The client sends:\n\n\
            ```\nAuthorization: Signature keyId=\"jane\",algorithm=\"hmac-sha256\",headers=\"@request-target date\",signature=\"…\"\n\
            Date: Thu, 26 Nov 2026 07:00:00 GMT\n```\n\n\
            What is signed are lines, each with a line end behind it: first the key id; then, for each name in `headers`, \
            `name: value` of that request header, or for `@request-target` the method, a space, and path with query (in the normal \
            form that routes see). A name whose header is absent has no line. The signature is the base64 of the HMAC. `headers` must \
            name `@request-target` and `date`, or whoever reads one request could send others; a header that it names must not occur \
            twice. With `validate_request_body` the header `Digest` must be `SHA-256=` and the base64 of the body's hash: let clients \
            sign it too, by `signed_headers`.\n\n\
            Refusals are 401 `{\"message\":\"client request can't be validated\"}` with `WWW-Authenticate` (`…: missing Authorization \
            header` where there is none); why is in the log, at the level `info`. A body that is too long is 413.\n\n\
            The consumer is an object of its own (`PUT /apisix/admin/consumers`), as is the alternative, a credential of it \
            (`PUT /apisix/admin/consumers/jane/credentials/1`).",
    fields: &[
        ("allowed_algorithms", "Algorithms that clients may use."),
        ("clock_skew", "Seconds by which `Date` may differ from the gateway's clock."),
        ("signed_headers", "Names that `headers` must have, spelled alike."),
        ("validate_request_body", "Whether the body must have the hash in `Digest`."),
        ("max_req_body_size", "Bytes of a body whose hash is looked at; longer ones are refused."),
        ("hide_credentials", "Takes `Authorization` out of the request before it goes to the upstream."),
        ("realm", "Realm of the `WWW-Authenticate` header in refusals."),
        ("anonymous_consumer", "Consumer that requests without a valid signature become instead of being refused."),
        ("key_id", "What clients call their secret; no two consumers may share one."),
        ("secret_key", "The secret. Stored encrypted."),
    ],
    example: Example {
        about: "",
        objects: &[
            (
                "consumers/jane",
                r#"{"username": "jane", "plugins": {"hmac-auth": {"key_id": "jane", "secret_key": "a long text that nobody guesses"}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"hmac-auth": {"signed_headers": ["date", "digest"], "validate_request_body": true, "clock_skew": 60}}
}"#,
            ),
        ],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders -d '{"id": 1}'
HTTP/1.1 401 Unauthorized
Server: gateway
Content-Type: text/plain; charset=utf-8
WWW-Authenticate: hmac realm="hmac"
Date: …
Content-Length: 78

{"message":"client request can't be validated: missing Authorization header"}
$ DATE=$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')
$ DIGEST="SHA-256=$(printf '{"id": 1}' | openssl dgst -sha256 -binary | base64)"
$ SIGNATURE=$(printf 'jane\nPOST /orders\ndate: %s\ndigest: %s\n' "$DATE" "$DIGEST" |
    openssl dgst -sha256 -hmac 'a long text that nobody guesses' -binary | base64)
$ curl -s http://127.0.0.1:9080/orders -d '{"id": 1}' -H "Date: $DATE" -H "Digest: $DIGEST" -H "Authorization: \
    Signature keyId=\"jane\",algorithm=\"hmac-sha256\",headers=\"@request-target date digest\",signature=\"$SIGNATURE\"" |
    grep -e username -e body
    "x-consumer-username": "jane",
  "body": "{\"id\": 1}"
# Another body under the same signature:
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders -d '{"id": 2}' -H "Date: $DATE" -H "Digest: $DIGEST" -H "Authorization: \
    Signature keyId=\"jane\",algorithm=\"hmac-sha256\",headers=\"@request-target date digest\",signature=\"$SIGNATURE\""
401"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    allowed_algorithms: Vec<Algorithm>,
    #[serde(deserialize_with = "conf::int")]
    clock_skew: u64,
    signed_headers: Vec<Box<str>>,
    validate_request_body: bool,
    #[serde(deserialize_with = "conf::int")]
    max_req_body_size: usize,
    hide_credentials: bool,
    realm: String,
    #[serde(default)]
    anonymous_consumer: Option<String>,
}

struct HmacAuth {
    algorithms: Vec<Algorithm>,
    skew_s: u64,
    signed: Vec<Box<str>>,
    /// The longest body whose hash is looked at; `None`: bodies are not looked at.
    body: Option<usize>,
    hide: bool,
    stranger: Stranger,
}

/// A consumer's secret. Its key of an algorithm is made when the first request uses that one.
pub(crate) struct Secret {
    text: Box<[u8]>,
    keys: [OnceLock<Box<hmac::Key>>; 3],
}

impl Secret {
    /// Of a consumer's configuration.
    pub(super) fn compile(conf: &Value) -> Result<Secret, String> {
        Ok(Secret { text: secret(conf, "secret_key")?.as_bytes().into(), keys: Default::default() })
    }

    fn key(&self, algorithm: Algorithm) -> Option<&hmac::Key> {
        let place = self.keys.get(algorithm as usize)?;
        Some(place.get_or_init(|| Box::new(hmac::Key::new(algorithm.hmac(), &self.text))))
    }
}

/// Why a request is not let in.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// Clients are told.
    Told(&'static str),
    /// Only the log is.
    Logged(&'static str),
}

/// What clients hear who are not told more.
const REFUSED: &str = "client request can't be validated";

impl HmacAuth {
    fn compile(conf: &Value) -> Result<HmacAuth, String> {
        let conf: Conf = conf::parse(conf)?;
        Ok(HmacAuth {
            algorithms: conf.allowed_algorithms,
            skew_s: conf.clock_skew,
            signed: conf.signed_headers,
            body: conf.validate_request_body.then_some(conf.max_req_body_size),
            hide: conf.hide_credentials,
            stranger: Stranger::new(conf.anonymous_consumer, "hmac", &conf.realm),
        })
    }

    /// Whose request it is, by all but the body.
    fn look_up<'s>(&self, x: &Exchange, snapshot: &'s Snapshot) -> Result<&'s Arc<Credentialed>, Fault> {
        let line = x.req.head.get(name::AUTHORIZATION);
        let line = line.ok_or(Fault::Told("client request can't be validated: missing Authorization header"))?;
        let sent = Parameters::read(line).ok_or(Fault::Told(
            "client request can't be validated: Authorization header does not start with 'Signature'",
        ))?;
        let logged = Fault::Logged;
        let key_id = sent.key_id.filter(|id| !id.is_empty()).ok_or(logged("there is no keyId"))?;
        let signature = sent.signature.ok_or(logged("there is no signature"))?;
        let algorithm = sent.algorithm.ok_or(logged("there is no algorithm"))?;
        let found = snapshot.consumers.find(NAME, key_id).ok_or(logged("the keyId is unknown"))?;
        let algorithm = Algorithm::named(algorithm).filter(|a| self.algorithms.contains(a));
        let algorithm = algorithm.ok_or(logged("the algorithm is not allowed"))?;
        self.timely(x).map_err(logged)?;
        let named = |wanted: &str| sent.headers().any(|header| header == wanted.as_bytes());
        if !self.signed.iter().all(|header| named(header)) {
            return Err(logged("a header that must be signed is not"));
        }
        if !named("@request-target") || !sent.headers().any(|header| header.eq_ignore_ascii_case(b"date")) {
            return Err(logged("@request-target and date must be signed"));
        }
        let lines = sent.signed_lines(key_id, x).ok_or(logged("a signed header occurs twice"))?;
        let key =
            found.secret::<Secret>().and_then(|s| s.key(algorithm)).ok_or(logged("the consumer has no secret"))?;
        let signature = STANDARD.decode(signature).map_err(|_| logged("the signature is no base64"))?;
        hmac::verify(key, &lines, &signature).map_err(|_| logged("the signature is wrong"))?;
        Ok(found)
    }

    fn timely(&self, x: &Exchange) -> Result<(), &'static str> {
        let date = x.req.head.get(name::DATE).ok_or("there is no Date")?;
        let date = std::str::from_utf8(date).ok().and_then(|text| httpdate::parse_http_date(text).ok());
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let date = seconds(date.ok_or("Date is no date of HTTP")?);
        if seconds(SystemTime::now()).abs_diff(date) > self.skew_s {
            return Err("Date is too far from the clock");
        }
        Ok(())
    }
}

/// Whether the body has the hash that `Digest` tells (RFC 3230).
fn has_digest(x: &Exchange, body: &[u8]) -> bool {
    let Some(told) = Name::new(b"digest").and_then(|digest| x.req.head.get(digest)) else { return false };
    let expected = format!("SHA-256={}", STANDARD.encode(digest(&SHA256, body)));
    verify_slices_are_equal(told, expected.as_bytes()).is_ok()
}

impl Plugin for HmacAuth {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let snapshot = x.worker().snapshot();
        let mut found = self.look_up(x, &snapshot);
        if let (Ok(_), Some(limit)) = (&found, self.body) {
            let told = match x.req.framing {
                Framing::Length(length) => usize::try_from(length).unwrap_or(usize::MAX),
                _ => 0,
            };
            if told > limit {
                return Step::Exit(Box::new(too_long(told, limit)));
            }
            let body = match &x.req.collected {
                Some(body) => &body[..],
                None if x.req.framing == Framing::None => &[],
                None => return Step::Body(limit),
            };
            if !has_digest(x, body) {
                found = Err(Fault::Logged("the body does not have the hash in Digest"));
            }
        }
        if self.hide {
            x.req.head.remove(name::AUTHORIZATION);
        }
        let message = match found {
            Ok(found) => {
                x.attach_consumer(Arc::clone(found));
                return Step::Next;
            }
            Err(Fault::Told(message)) => message,
            Err(Fault::Logged(why)) => {
                tracing::info!(why, "{REFUSED}");
                REFUSED
            }
        };
        self.stranger.meet(x, &snapshot, message)
    }
}

fn too_long(told: usize, limit: usize) -> Exit {
    Exit::message(413, &format!("request size {told} is greater than the maximum size {limit} allowed"))
}

#[cfg(test)]
mod tests;
