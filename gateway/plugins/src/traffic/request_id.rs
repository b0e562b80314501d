//! `request-id`: every request carries an id, the client's or a new one.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;
use smallvec::SmallVec;
use uuid::Uuid;

use crate::conf::{header_name, int, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| RequestId::compile(conf).map(drop)),
            ..PluginSpec::new("request-id", 12015, include_str!("../schemas/request-id.json"))
        },
        phases: Phases::REWRITE | Phases::HEADER_FILTER,
        build: |build: &Build<'_>| Ok(Arc::new(RequestId::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Gives every request an id, so that it can be followed through logs. A request that brings one keeps it. The id goes \
            to the upstream, into the answer (unless it has one there), and is `$apisix_request_id` in logs.\n\n\
            Ids tell requests apart; they are no secrets.",
    fields: &[
        ("header_name", "Header of the request and the answer that carries the id."),
        ("include_in_response", "Puts the id into the answer."),
        (
            "algorithm",
            "`uuid` is random; `uuidv7` and `ksuid` sort by time; `nanoid` has 21 characters of `-_0-9a-zA-Z`; `range_id` is \
             made by the settings below.",
        ),
        ("range_id", "For `range_id`."),
        ("range_id.char_set", "Characters the id is made of."),
        ("range_id.length", "How many."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"request-id": {"algorithm": "uuidv7"}}
}"#,
        )],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 200 OK
Server: gateway
content-type: application/json
date: …
X-Request-Id: …
Content-Length: …

{
…
}
$ curl -s -D - -o /dev/null http://127.0.0.1:9080/orders -H 'X-Request-Id: mine' | grep Request
X-Request-Id: mine"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    header_name: String,
    include_in_response: bool,
    algorithm: String,
    range_id: RangeConf,
}

#[derive(Deserialize)]
struct RangeConf {
    char_set: String,
    #[serde(deserialize_with = "int")]
    length: usize,
}

struct RequestId {
    header: HeaderName,
    answer: bool,
    algorithm: Algorithm,
}

enum Algorithm {
    Uuid,
    UuidV7,
    NanoId,
    Ksuid,
    Range { chars: Box<[char]>, length: usize },
}

/// Longest id that is made; a header has to hold it.
const MAX_LENGTH: usize = 4096;

impl RequestId {
    fn compile(conf: &Value) -> Result<RequestId, String> {
        let conf: Conf = parse(conf)?;
        let algorithm = match &*conf.algorithm {
            "nanoid" => Algorithm::NanoId,
            "uuidv7" => Algorithm::UuidV7,
            "ksuid" => Algorithm::Ksuid,
            "range_id" => {
                if conf.range_id.length > MAX_LENGTH {
                    return Err(format!("range_id.length is over {MAX_LENGTH}"));
                }
                if conf.range_id.char_set.chars().any(char::is_control) {
                    return Err("range_id.char_set holds control characters".into());
                }
                Algorithm::Range { chars: conf.range_id.char_set.chars().collect(), length: conf.range_id.length }
            }
            _ => Algorithm::Uuid,
        };
        Ok(RequestId { header: header_name(&conf.header_name)?, answer: conf.include_in_response, algorithm })
    }
}

impl Plugin for RequestId {
    fn phases(&self) -> Phases {
        match self.answer {
            true => Phases::REWRITE | Phases::HEADER_FILTER,
            false => Phases::REWRITE,
        }
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let id = match x.req.head.get(self.header.as_name()) {
            Some(given) if !given.is_empty() => Bytes::copy_from_slice(given),
            _ => {
                let made = self.algorithm.make();
                // Printable characters only, shorter than a header may be.
                let _ = x.req.head.set(self.header.as_name(), &made);
                Bytes::copy_from_slice(&made)
            }
        };
        x.set_var("apisix_request_id", id);
        Step::Next
    }

    fn header_filter(&self, x: &mut Exchange) {
        if x.resp.head.contains(self.header.as_name()) {
            return;
        }
        // A later plugin may have taken the header out of the request.
        match x.req.head.get(self.header.as_name()) {
            // It is a header's value already.
            Some(id) => drop(x.resp.head.set(self.header.as_name(), id)),
            None => {
                if let Some(id) = x.custom_var("apisix_request_id").map(Bytes::copy_from_slice) {
                    let _ = x.resp.head.set(self.header.as_name(), &id);
                }
            }
        }
    }
}

type Id = SmallVec<[u8; 64]>;

impl Algorithm {
    fn make(&self) -> Id {
        match self {
            Algorithm::Uuid => uuid(uuid::Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid()),
            Algorithm::UuidV7 => {
                let ms = since_1970().as_millis();
                // Ten bytes of the sixteen are taken.
                let random = fastrand::u128(..).to_be_bytes();
                let random = random.first_chunk::<10>().copied().unwrap_or_default();
                uuid(uuid::Builder::from_unix_timestamp_millis(u64::try_from(ms).unwrap_or(0), &random).into_uuid())
            }
            Algorithm::NanoId => (0..21).map(|_| pick(NANOID)).collect(),
            Algorithm::Ksuid => ksuid(since_1970().as_secs(), fastrand::u128(..)),
            Algorithm::Range { chars, length } => {
                let mut text = String::with_capacity(*length);
                text.extend((0..*length).filter_map(|_| chars.get(fastrand::usize(..chars.len().max(1)))));
                Id::from_slice(text.as_bytes())
            }
        }
    }
}

const NANOID: &[u8] = b"-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn pick(from: &[u8]) -> u8 {
    from.get(fastrand::usize(..from.len())).copied().unwrap_or(b'0')
}

fn uuid(id: Uuid) -> Id {
    let mut text = Uuid::encode_buffer();
    Id::from_slice(id.hyphenated().encode_lower(&mut text).as_bytes())
}

fn since_1970() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// 27 characters: seconds since the format's own epoch (2014-05-13) and 16 random bytes, in base 62.
fn ksuid(unix_s: u64, random: u128) -> Id {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const EPOCH: u64 = 1_400_000_000;
    let time = u32::try_from(unix_s.saturating_sub(EPOCH)).unwrap_or(u32::MAX);
    // A number of 160 bits as five words, divided by 62 again and again.
    let mut words = [time, (random >> 96) as u32, (random >> 64) as u32, (random >> 32) as u32, random as u32];
    let mut text = [b'0'; 27];
    for digit in text.iter_mut().rev() {
        let mut rest = 0u64;
        for word in &mut words {
            let value = rest << 32 | u64::from(*word);
            // Below 2^32, since the rest is below 62.
            *word = (value / 62) as u32;
            rest = value % 62;
        }
        // Below 62.
        *digit = DIGITS[rest as usize];
    }
    Id::from_slice(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;
    use serde_json::json;

    fn made(kit: &Kit, conf: Value) -> String {
        let plugin = kit.plugin("request-id", conf);
        let mut x = kit.exchange("GET / HTTP/1.1\nX-Request-Id: ");
        kit.rewrite(&plugin, &mut x);
        let id = kit.request_field(&x, "X-Request-Id").unwrap();
        assert_eq!(x.custom_var("apisix_request_id"), Some(id.as_bytes()));
        kit.answer(&mut x, "200");
        plugin.header_filter(&mut x);
        assert_eq!(kit.answer_field(&mut x, "x-request-id"), Some(id.clone()));
        id
    }

    #[test]
    fn each_algorithm_makes_ids_of_its_form() {
        let kit = Kit::new();
        let conf = |algorithm: &str| json!({"algorithm": algorithm});
        let id = Uuid::parse_str(&made(&kit, conf("uuid"))).unwrap();
        assert_eq!(id.get_version_num(), 4);
        let id = Uuid::parse_str(&made(&kit, conf("uuidv7"))).unwrap();
        assert_eq!(id.get_version_num(), 7);
        let id = made(&kit, conf("nanoid"));
        assert!(id.len() == 21 && id.bytes().all(|b| NANOID.contains(&b)), "{id}");
        let id = made(&kit, conf("ksuid"));
        assert!(id.len() == 27 && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
        assert_eq!(made(&kit, conf("range_id")).len(), 16);
        let id = made(&kit, json!({"algorithm": "range_id", "range_id": {"char_set": "aabbcc", "length": 8}}));
        assert!(id.len() == 8 && id.bytes().all(|b| b"abc".contains(&b)), "{id}");
        let many: std::collections::HashSet<_> = (0..1000).map(|_| made(&kit, conf("uuid"))).collect();
        assert_eq!(many.len(), 1000);
    }

    #[test]
    fn ksuids_are_those_of_the_format() {
        // The format's own extremes.
        assert_eq!(&ksuid(1_400_000_000, 0)[..], b"000000000000000000000000000");
        assert_eq!(&ksuid(1_400_000_000 + u64::from(u32::MAX), u128::MAX)[..], b"aWgEPTl1tmebfsQzFP4bxwgy80V");
    }

    #[test]
    fn an_id_that_is_there_is_kept_in_request_and_answer() {
        let kit = Kit::new();
        let plugin = kit.plugin("request-id", json!({}));
        let mut x = kit.exchange("GET / HTTP/1.1\nX-Request-ID: 123");
        kit.rewrite(&plugin, &mut x);
        kit.answer(&mut x, "200");
        plugin.header_filter(&mut x);
        assert_eq!(kit.answer_field(&mut x, "X-Request-Id").as_deref(), Some("123"));
        assert_eq!(kit.request_field(&x, "x-request-id").as_deref(), Some("123"));

        let mut x = kit.exchange("GET / HTTP/1.1\nX-Request-ID: 123");
        kit.rewrite(&plugin, &mut x);
        kit.answer(&mut x, "200\nX-Request-Id: own");
        plugin.header_filter(&mut x);
        assert_eq!(kit.answer_field(&mut x, "X-Request-Id").as_deref(), Some("own"));

        let quiet =
            kit.plugin("request-id", json!({"include_in_response": false, "header_name": "Custom-Header-Name"}));
        assert!(!quiet.phases().has(Phases::HEADER_FILTER));
        let mut x = kit.exchange("GET / HTTP/1.1");
        kit.rewrite(&quiet, &mut x);
        assert!(kit.request_field(&x, "custom-header-name").is_some());
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let refused = [
            (
                json!({"include_in_response": "bad_type"}),
                "property \"include_in_response\" validation failed: wrong type: expected boolean, got string",
            ),
            (
                json!({"algorithm": "uuidv5"}),
                "property \"algorithm\" validation failed: matches none of the enum values",
            ),
            (json!({"range_id": {"length": 5}}), "expected 5 to be at least 6"),
            (json!({"algorithm": "range_id", "range_id": {"length": 1_000_000}}), "range_id.length is over 4096"),
            (json!({"header_name": "a b"}), "invalid field character in header"),
        ];
        for (conf, text) in refused {
            kit.refuses("request-id", conf, text);
        }
    }
}
