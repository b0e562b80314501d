//! `jwt-auth`: a signed token (RFC 7519) names the consumer.

mod key;
pub(crate) mod token;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::args::cookie;
use gateway_engine::expr::json::Node;
use gateway_engine::headers::{HeaderName, name};
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_engine::snapshot::{Credentialed, Snapshot};
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use self::key::Key;
use self::token::Token;
use super::{Stranger, hide_argument};
use crate::conf;
use crate::docs::{Doc, Example};

pub(super) const NAME: &str = "jwt-auth";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            kind: Some("auth"),
            consumer_schema: Some(LazySchema::plugin(include_str!("../schemas/jwt-auth.consumer.json"))),
            consumer_encrypt_fields: &["secret"],
            unique: Some("key"),
            check: Some(|conf, place, _| match place {
                SchemaType::Consumer => key::check(conf),
                _ => JwtAuth::compile(conf).map(drop),
            }),
            ..PluginSpec::new(NAME, 2510, include_str!("../schemas/jwt-auth.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(JwtAuth::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Asks for a signed token (JWT, RFC 7519), in a header (with or without `Bearer`), a query argument or a cookie, looked at \
            in this order. A claim of it names the key of the consumer, and the consumer's configuration alone says by which algorithm \
            and key its tokens are signed: what the token's header says about that is only compared. There is no `none`.\n\n\
            A request without a token gets 401 `{\"message\":\"Missing JWT token in request\"}`; with something that is none, \
            `JWT token invalid`; without the claim, `missing user key in JWT token`; with an unknown key, \
            `Invalid user key in JWT token`; where algorithm, signature or times are wrong, `failed to verify jwt`. All carry \
            `WWW-Authenticate`. `exp` and `nbf` are looked at wherever they are present, and must then be numbers; a token whose \
            header says that it must be understood in a special way (`crit`) is refused.\n\n\
            The consumer is an object of its own (`PUT /apisix/admin/consumers`), as is the alternative, a credential of it \
            (`PUT /apisix/admin/consumers/jane/credentials/1`). Algorithms that are not `HS…` need `public_key`: PEM, a public key or a \
            certificate, RSA from 2048 bits on (1024 for `RS256`), P-256, P-384 and P-521 for `ES256`, `ES384` and `ES512`, Ed25519 for \
            `EdDSA`. Tokens of a consumer whose public key cannot be used are refused, with a line in the log when it is configured. A \
            secret that is itself a key in PEM is refused.",
    fields: &[
        ("header", "Header that holds the token."),
        ("query", "Query argument that holds it, looked at when the header is absent."),
        ("cookie", "Cookie that holds it, looked at when the argument is absent too."),
        ("hide_credentials", "Takes the token out of the request before it goes to the upstream."),
        ("key_claim_name", "Claim that holds the consumer's key."),
        ("claims_to_verify", "Claims that a token must have."),
        ("store_in_ctx", "Keeps the token's claims, as JSON, in the variable `$jwt_auth_payload`."),
        ("realm", "Realm of the `WWW-Authenticate` header in refusals."),
        ("anonymous_consumer", "Consumer that requests without a valid token become instead of being refused."),
        ("key", "What the claim of the consumer's tokens says; no two consumers may share one."),
        ("algorithm", "How the consumer's tokens are signed."),
        ("secret", "Secret of `HS256`, `HS384` and `HS512`. Stored encrypted."),
        ("base64_secret", "Whether the secret is written in base64."),
        ("public_key", "The key, in PEM, by which signatures are checked."),
        (
            "lifetime_grace_period",
            "Seconds by which clocks may differ when `exp` and `nbf` are looked at; above 60 counts as 60.",
        ),
        ("exp", "Taken for the sake of APISIX: seconds for which tokens are good that it signs itself."),
    ],
    example: Example {
        about: "",
        objects: &[
            (
                "consumers/jane",
                r#"{"username": "jane", "plugins": {"jwt-auth": {"key": "jane", "secret": "at least as long as the hash: 32 bytes for HS256"}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"jwt-auth": {"key_claim_name": "sub", "claims_to_verify": ["exp"], "hide_credentials": true}}
}"#,
            ),
        ],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 401 Unauthorized
Server: gateway
Content-Type: text/plain; charset=utf-8
WWW-Authenticate: Bearer realm="jwt"
Date: …
Content-Length: 43

{"message":"Missing JWT token in request"}
# A token for a minute, as an identity provider would make it:
$ base64url() { base64 | tr '+/' '-_' | tr -d '=\n'; }
$ TOKEN=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url).$(printf '{"sub":"jane","exp":%d}' $(($(date +%s) + 60)) | base64url)
$ TOKEN=$TOKEN.$(printf %s "$TOKEN" | openssl dgst -sha256 -hmac 'at least as long as the hash: 32 bytes for HS256' -binary | base64url)
$ curl -s http://127.0.0.1:9080/orders -H "Authorization: Bearer $TOKEN" | grep -e authorization -e username
    "x-consumer-username": "jane",
$ curl -s http://127.0.0.1:9080/orders -H "Authorization: Bearer ${TOKEN}x"
{"message":"failed to verify jwt"}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    header: String,
    query: String,
    cookie: String,
    hide_credentials: bool,
    key_claim_name: String,
    #[serde(default)]
    claims_to_verify: Vec<String>,
    store_in_ctx: bool,
    realm: String,
    #[serde(default)]
    anonymous_consumer: Option<String>,
}

struct JwtAuth {
    header: HeaderName,
    query: Box<[u8]>,
    cookie: Box<[u8]>,
    hide: bool,
    claim: Box<[u8]>,
    must: Must,
    store: bool,
    stranger: Stranger,
}

/// The claims a token must have.
#[derive(Clone, Copy)]
struct Must {
    exp: bool,
    nbf: bool,
}

/// Where the token was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Query,
    Cookie,
    Nowhere,
}

impl JwtAuth {
    fn compile(conf: &Value) -> Result<JwtAuth, String> {
        let conf: Conf = conf::parse(conf)?;
        let must = |claim: &str| conf.claims_to_verify.iter().any(|c| c == claim);
        Ok(JwtAuth {
            header: conf::header_name(&conf.header)?,
            must: Must { exp: must("exp"), nbf: must("nbf") },
            query: conf.query.into_bytes().into(),
            cookie: conf.cookie.into_bytes().into(),
            hide: conf.hide_credentials,
            claim: conf.key_claim_name.into_bytes().into(),
            store: conf.store_in_ctx,
            stranger: Stranger::new(conf.anonymous_consumer, "Bearer", &conf.realm),
        })
    }

    /// Finds the token and judges it.
    fn look_up(&self, x: &Exchange, snapshot: &Snapshot) -> (Place, Result<Found, &'static str>) {
        if let Some(line) = x.req.head.get(self.header.as_name()) {
            return (Place::Header, self.judge(bare(line), snapshot));
        }
        if x.req.has_query {
            let mut named = x.args().filter(|arg| arg.is(&self.query));
            match (named.next(), named.next()) {
                (None, _) => {}
                (Some(arg), None) => return (Place::Query, self.judge(&arg.value(), snapshot)),
                (Some(_), Some(_)) => return (Place::Query, Err("JWT token invalid")),
            }
        }
        match x.req.head.get_all(name::COOKIE).find_map(|line| cookie(line, &self.cookie)) {
            Some(token) => (Place::Cookie, self.judge(token, snapshot)),
            None => (Place::Nowhere, Err("Missing JWT token in request")),
        }
    }

    fn judge(&self, text: &[u8], snapshot: &Snapshot) -> Result<Found, &'static str> {
        let mut room = Vec::new();
        let token = Token::read(text, &mut room).ok_or("JWT token invalid")?;
        let [user, exp, nbf] = token.claims.pick([&self.claim, b"exp", b"nbf"]);
        let user = user.ok_or("missing user key in JWT token")?;
        let user = user.text().ok_or("Invalid user key in JWT token")?;
        let consumer = match &*user {
            [] => None,
            user => snapshot.consumers.find(NAME, user),
        };
        let consumer = consumer.ok_or("Invalid user key in JWT token")?;
        let key = consumer.secret::<Key>();
        if !key.is_some_and(|key| key.verifies(&token) && self.timely(exp, nbf, key.grace_s())) {
            return Err("failed to verify jwt");
        }
        let claims = if self.store { Bytes::copy_from_slice(token.claims.raw()) } else { Bytes::new() };
        Ok(Found { consumer: Arc::clone(consumer), claims })
    }

    /// `exp` and `nbf`, wherever they are present.
    fn timely(&self, exp: Option<Node<'_>>, nbf: Option<Node<'_>>, grace_s: u8) -> bool {
        if exp.is_none() && nbf.is_none() {
            return !self.must.exp && !self.must.nbf;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64().floor());
        let grace = f64::from(grace_s);
        // `false` for what is no number, too.
        let holds = |claim: Option<Node<'_>>, must: bool, test: &dyn Fn(f64) -> bool| match claim {
            // An infinite one says nothing.
            Some(node) => number(node).is_some_and(|n| n.is_finite() && test(n)),
            None => !must,
        };
        holds(exp, self.must.exp, &|exp| exp > now - grace) && holds(nbf, self.must.nbf, &|nbf| nbf < now + grace)
    }
}

struct Found {
    consumer: Arc<Credentialed>,
    claims: Bytes,
}

/// The value of a JSON number.
pub(crate) fn number(node: Node<'_>) -> Option<f64> {
    // A valid document: of all values only numbers begin like this.
    node.raw().first().filter(|b| b.is_ascii_digit() || **b == b'-')?;
    std::str::from_utf8(node.raw()).ok()?.parse().ok()
}

/// The token of a header that may call it `Bearer` (RFC 6750 §2.1).
pub(crate) fn bare(line: &[u8]) -> &[u8] {
    match line.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => token.trim_ascii_start(),
        _ => line,
    }
}

/// Takes a cookie out of the request; the others stay.
fn hide_cookie(x: &mut Exchange, hidden: &[u8]) {
    let mut kept: Vec<u8> = Vec::new();
    let lines = x.req.head.get_all(name::COOKIE);
    for pair in lines.flat_map(|line| line.split(|b| *b == b';')).map(<[u8]>::trim_ascii) {
        let name = pair.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii_end();
        if name == hidden || pair.is_empty() {
            continue;
        }
        if !kept.is_empty() {
            kept.extend_from_slice(b"; ");
        }
        kept.extend_from_slice(pair);
    }
    // Several lines become one.
    x.req.head.remove(name::COOKIE);
    if !kept.is_empty() {
        // What stood in a header may stand in it again.
        let _ = x.req.head.set(name::COOKIE, &kept);
    }
}

impl Plugin for JwtAuth {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn reads_credential(&self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(self.header.as_name().text()) || *name == *self.query
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let snapshot = x.worker().snapshot();
        let (place, found) = self.look_up(x, &snapshot);
        if self.hide {
            match place {
                Place::Header => drop(x.req.head.remove(self.header.as_name())),
                Place::Query => hide_argument(x, &self.query),
                Place::Cookie => hide_cookie(x, &self.cookie),
                Place::Nowhere => {}
            }
        }
        match found {
            Ok(found) => {
                x.attach_consumer(found.consumer);
                if self.store {
                    x.set_var("jwt_auth_payload", found.claims);
                }
                Step::Next
            }
            Err(message) => self.stranger.meet(x, &snapshot, message),
        }
    }
}

#[cfg(test)]
mod tests;
