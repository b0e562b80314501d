//! `csrf`: a token that a page must send back in a header and a cookie alike, so that other sites cannot make its user's browser
//! change anything (the "double submit cookie").

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway_engine::exchange::{Exchange, time};
use gateway_engine::expr::args::cookie;
use gateway_engine::expr::json::Node;
use gateway_engine::headers::{HeaderName, name};
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{header_name, int, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            encrypt_fields: &["key"],
            verify_fields: &["key"],
            check: Some(|conf, _, _| Csrf::compile(conf).map(drop)),
            ..PluginSpec::new("csrf", 2980, include_str!("../schemas/csrf.json"))
        },
        phases: Phases::ACCESS | Phases::HEADER_FILTER,
        build: |build: &Build<'_>| Ok(Arc::new(Csrf::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Protects an application that trusts its users' cookies against requests that other sites make their browsers send. Every \
            answer sets a cookie with a signed token. A request of a method other than `GET`, `HEAD` and `OPTIONS` must send it back \
            in the cookie and in a header of the same name, which only the application's own pages can do; else it gets 401 \
            `{\"error_msg\": …}`.\n\n\
            Gateways that share the key take each other's tokens, those of APISIX among them.",
    fields: &[
        ("key", "What tokens are signed with. Stored encrypted."),
        ("expires", "Seconds for which a token is good; 0 or less: for ever."),
        ("name", "Name of the cookie and of the header."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"csrf": {"key": "a long text that nobody guesses", "expires": 3600, "name": "X-Csrf-Token"}}
}"#,
        )],
        requests: r#"$ curl -i -X POST http://127.0.0.1:9080/orders
HTTP/1.1 401 Unauthorized
Server: gateway
Content-Type: text/plain; charset=utf-8
Set-Cookie: X-Csrf-Token=…;path=/;SameSite=Lax;Expires=…
Date: …
Content-Length: 41

{"error_msg":"no csrf token in headers"}
# A page of the application asks for something, and gets the token as a cookie:
$ curl -s -D - -o /dev/null http://127.0.0.1:9080/orders -c /tmp/cookies | grep Set-Cookie
Set-Cookie: X-Csrf-Token=…;path=/;SameSite=Lax;Expires=…
# With it in a header as well it may change things:
$ TOKEN=$(awk '/X-Csrf-Token/ {print $7}' /tmp/cookies)
$ curl -s -o /dev/null -w '%{http_code}\n' -X POST http://127.0.0.1:9080/orders -b /tmp/cookies -H "X-Csrf-Token: $TOKEN"
200"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    key: String,
    #[serde(deserialize_with = "int")]
    expires: i64,
    name: String,
}

struct Csrf {
    name: HeaderName,
    key: Box<str>,
    /// 0: for ever.
    expires_s: u64,
}

/// As many different tokens are made in a second: what 14 digits, the most that numbers of APISIX have, can tell.
const RANDOM: std::ops::Range<u64> = 0..100_000_000_000_000;

impl Csrf {
    fn compile(conf: &Value) -> Result<Csrf, String> {
        let conf: Conf = parse(conf)?;
        Ok(Csrf {
            name: header_name(&conf.name)?,
            key: conf.key.into(),
            expires_s: u64::try_from(conf.expires).unwrap_or(0),
        })
    }

    /// The text that APISIX signs.
    fn signature(&self, issued: &[u8], random: &[u8]) -> String {
        let mut text = Context::new(&SHA256);
        for part in [b"{expires:", issued, b",random:", random, b",key:", self.key.as_bytes(), b"}"] {
            text.update(part);
        }
        text.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn token(&self, now_s: u64, random: u64) -> String {
        let sign = self.signature(now_s.to_string().as_bytes(), random.to_string().as_bytes());
        STANDARD.encode(format!("{{\"random\":{random},\"expires\":{now_s},\"sign\":\"{sign}\"}}"))
    }

    /// Whether a token has been signed with the key and is not too old. Numbers are read as they are written: the signature is
    /// over their text.
    fn good(&self, token: &[u8], now_s: u64) -> bool {
        let Ok(text) = STANDARD.decode(token) else { return false };
        let Some(document) = Node::parse(&text) else { return false };
        let (Some(issued), Some(random), Some(sign)) =
            (document.member(b"expires"), document.member(b"random"), document.member(b"sign").and_then(|s| s.text()))
        else {
            return false;
        };
        let expected = self.signature(issued.raw(), random.raw());
        if verify_slices_are_equal(expected.as_bytes(), &sign).is_err() {
            return false;
        }
        let age = std::str::from_utf8(issued.raw()).ok().and_then(|text| text.parse::<f64>().ok());
        // Seconds of the clock are far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let fresh = age.is_some_and(|issued| now_s as f64 - issued <= self.expires_s as f64);
        self.expires_s == 0 || fresh
    }

    /// Why a request is refused.
    fn fault(&self, x: &Exchange) -> Option<&'static str> {
        let Some(token) = x.req.head.get(self.name.as_name()).filter(|token| !token.is_empty()) else {
            return Some("no csrf token in headers");
        };
        let name = self.name.as_str().as_bytes();
        let Some(kept) = x.req.head.get_all(name::COOKIE).find_map(|line| cookie(line, name)) else {
            return Some("no csrf cookie");
        };
        if kept != token {
            return Some("csrf token mismatch");
        }
        (!self.good(token, unix_s())).then_some("Failed to verify the csrf token signature")
    }
}

fn unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Plugin for Csrf {
    fn phases(&self) -> Phases {
        Phases::ACCESS | Phases::HEADER_FILTER
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if matches!(x.method(), b"GET" | b"HEAD" | b"OPTIONS") {
            return Step::Next;
        }
        match self.fault(x) {
            None => Step::Next,
            Some(fault) => Step::Exit(Box::new(Exit::error_msg(401, fault))),
        }
    }

    fn header_filter(&self, x: &mut Exchange) {
        let now_s = unix_s();
        let until = UNIX_EPOCH.checked_add(Duration::from_secs(now_s.saturating_add(self.expires_s)));
        let until = httpdate::fmt_http_date(time::tellable(until.unwrap_or(UNIX_EPOCH)));
        let token = self.token(now_s, fastrand::u64(RANDOM));
        let line = format!("{}={token};path=/;SameSite=Lax;Expires={until}", self.name.as_str());
        // A token's characters all may stand in a header.
        let _ = x.resp.head.append(name::SET_COOKIE, line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use proptest::prelude::*;
    use serde_json::json;

    const NAME: &str = "csrf";

    /// Made by APISIX with the key `userkey`, in the year 2053.
    const OF_APISIX: &str = "eyJyYW5kb20iOjAuNDI5ODYzMTk3MTYxMzksInNpZ24iOiI0ODRlMDY4NTkxMWQ5NmJhMDc5YzQ1ZGI0OTE2NmZkYjQ0ODhjODVkNWQ0NmE1Y2FhM2UwMmFhZDliNjE5OTQ2IiwiZXhwaXJlcyI6MjY0MzExOTYyNH0=";

    fn plugin(expires: i64) -> Csrf {
        Csrf::compile(&json!({"key": "userkey", "expires": expires, "name": "apisix-csrf-token"})).unwrap()
    }

    #[test]
    fn tokens_come_back_in_header_and_cookie() {
        let kit = Kit::new();
        let csrf = kit.plugin(NAME, json!({"key": "userkey", "expires": 1_000_000_000}));
        let both = |token: &str| format!("\nApisix-Csrf-Token: {token}\nCookie: a=b; apisix-csrf-token={token}");
        let cases = [
            ("GET", String::new(), None),
            ("HEAD", String::new(), None),
            ("OPTIONS", String::new(), None),
            ("POST", String::new(), Some("no csrf token in headers")),
            ("POST", "\ncookie: apisix-csrf-token=x".into(), Some("no csrf token in headers")),
            ("DELETE", "\napisix-csrf-token: x".into(), Some("no csrf cookie")),
            ("POST", "\napisix-csrf-token: x\ncookie: apisix-csrf-token=y".into(), Some("csrf token mismatch")),
            ("POST", both("x"), Some("Failed to verify the csrf token signature")),
            ("POST", both(&STANDARD.encode("{}")), Some("Failed to verify the csrf token signature")),
            ("PUT", both(OF_APISIX), None),
        ];
        for (method, lines, expected) in cases {
            let outcome = kit.access(&csrf, &mut kit.exchange(&format!("{method} / HTTP/1.1{lines}")));
            match (outcome, expected) {
                (Outcome::Next, None) => {}
                (Outcome::Exit(exit), Some(text)) => {
                    assert_eq!((exit.status, Kit::text(&exit)), (401, format!("{{\"error_msg\":\"{text}\"}}\n")));
                }
                (outcome, _) => panic!("{method} {lines}: {outcome:?}"),
            }
        }
    }

    #[test]
    fn every_answer_brings_a_token_that_is_good_until_it_is_old() {
        let kit = Kit::new();
        let csrf = kit.plugin(NAME, json!({"key": "userkey", "name": "t"}));
        let mut x = kit.exchange("GET / HTTP/1.1");
        kit.answer(&mut x, "200\nSet-Cookie: a=b");
        csrf.header_filter(&mut x);
        let cookies = kit.answer_field(&mut x, "set-cookie").unwrap();
        assert!(cookies.starts_with("a=b, t=") && cookies.contains(";path=/;SameSite=Lax;Expires="), "{cookies}");
        let token = cookies.split(['=', ';']).nth(2).unwrap();
        let good = plugin(7200);
        assert!(
            good.good(token.as_bytes(), unix_s())
                || good.good(format!("{token}=").as_bytes(), unix_s())
                || good.good(format!("{token}==").as_bytes(), unix_s())
        );

        let token = plugin(60).token(1_000_000, 42);
        for (expires, now_s, expected) in
            [(60, 1_000_060, true), (60, 1_000_061, false), (0, 9_000_000, true), (-1, 9_000_000, true)]
        {
            assert_eq!(plugin(expires).good(token.as_bytes(), now_s), expected, "{expires} {now_s}");
        }
        let other = Csrf { key: "otherkey".into(), ..plugin(60) };
        assert!(!other.good(token.as_bytes(), 1_000_000));
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.refuses(NAME, json!({}), "property \"key\" is required");
        kit.refuses(NAME, json!({"key": "a", "name": "a b"}), "invalid field character in header");
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_no_panic(token in prop::collection::vec(any::<u8>(), 0..80), text in ".*") {
            let csrf = plugin(60);
            prop_assert!(!csrf.good(&token, 0));
            prop_assert!(!csrf.good(STANDARD.encode(text).as_bytes(), 0));
        }
    }
}
