//! `echo`: puts texts into answers, to see what plugins do.

use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::Exchange;
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin};
use gateway_model::plugin::{PluginSpec, SchemaType};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::conf::{header_name, header_value, parse};
use crate::docs::{Doc, Example};

const NAME: &str = "echo";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, place, _| match place {
                SchemaType::Metadata => Ok(()),
                _ => Echo::compile(conf).map(drop),
            }),
            ..PluginSpec::new(NAME, 412, include_str!("../schemas/echo.json"))
        },
        phases: Phases::HEADER_FILTER | Phases::BODY_FILTER,
        build: |build: &Build<'_>| Ok(Arc::new(Echo::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Puts texts into answers: before the body, in its place, behind it. Made to try things out. At least one of the \
            three must be given.",
    fields: &[
        ("before_body", "Stands before the body."),
        ("body", "Replaces the body of the upstream's answer."),
        ("after_body", "Stands behind the body."),
        ("headers", "Fields of the answer: names with values."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/greeting",
  "plugins": {
    "mocking": {"content_type": "text/plain", "response_example": "the body\n", "with_mock_header": false},
    "echo": {"before_body": "before the body, ", "after_body": "behind it\n", "headers": {"X-Seen": "yes"}}
  }
}"#,
        )],
        requests: r#"$ curl -i http://127.0.0.1:9080/greeting
HTTP/1.1 200 OK
Server: gateway
Content-Type: text/plain
X-Seen: yes
Date: …
Content-Length: 36

before the body, the body
behind it"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    before_body: Option<String>,
    body: Option<String>,
    after_body: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
}

struct Echo {
    before: Bytes,
    body: Option<Bytes>,
    after: Bytes,
    headers: Box<[(HeaderName, String)]>,
}

/// The first piece of the body has passed.
#[derive(Default)]
struct Begun(bool);

impl Echo {
    fn compile(conf: &Value) -> Result<Echo, String> {
        let conf: Conf = parse(conf)?;
        let headers = conf.headers.iter().map(|(name, value)| Ok((header_name(name)?, header_value(value)?)));
        Ok(Echo {
            before: conf.before_body.unwrap_or_default().into(),
            body: conf.body.map(Bytes::from),
            after: conf.after_body.unwrap_or_default().into(),
            headers: headers.collect::<Result<_, String>>()?,
        })
    }
}

impl Plugin for Echo {
    fn phases(&self) -> Phases {
        Phases::HEADER_FILTER | Phases::BODY_FILTER
    }

    fn header_filter(&self, x: &mut Exchange) {
        x.resp.body_will_change();
        for (name, value) in &self.headers {
            // Checked when it was compiled.
            let _ = x.resp.head.set(name.as_name(), value.as_bytes());
        }
    }

    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        let first = !std::mem::replace(&mut x.state::<Begun>().0, true);
        let own: &[u8] = match &self.body {
            Some(body) if first => body,
            Some(_) => &[],
            None => piece.as_slice(),
        };
        let before: &[u8] = if first { &self.before } else { &[] };
        let after: &[u8] = if last { &self.after } else { &[] };
        if self.body.is_some() || !before.is_empty() || !after.is_empty() {
            let whole = [before, own, after].concat();
            *piece = Chunk::from(Bytes::from(whole));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;
    use serde_json::json;

    fn body(conf: Value, pieces: &[&[u8]]) -> String {
        let kit = Kit::new();
        let plugin = kit.plugin("echo", conf);
        let mut x = kit.exchange("GET / HTTP/1.1");
        kit.answer(&mut x, "200\nContent-Length: 5");
        let body = kit.body(&plugin, &mut x, pieces);
        assert_eq!(kit.answer_field(&mut x, "Content-Length"), None);
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn texts_stand_where_they_are_asked_for() {
        let pieces: &[&[u8]] = &[b"he", b"llo"];
        assert_eq!(body(json!({"before_body": "<"}), pieces), "<hello");
        assert_eq!(body(json!({"after_body": ">"}), pieces), "hello>");
        assert_eq!(body(json!({"before_body": "<", "after_body": ">"}), &[b""]), "<>");
        assert_eq!(body(json!({"body": "other", "before_body": "<", "after_body": ">"}), pieces), "<other>");
    }

    #[test]
    fn fields_are_set() {
        let kit = Kit::new();
        let plugin = kit.plugin("echo", json!({"body": "x", "headers": {"X-N": 3, "Server": "mine"}}));
        let mut x = kit.exchange("GET / HTTP/1.1");
        kit.answer(&mut x, "200\nServer: theirs");
        kit.body(&plugin, &mut x, &[b""]);
        assert_eq!(kit.answer_field(&mut x, "X-N").as_deref(), Some("3"));
        assert_eq!(kit.answer_field(&mut x, "Server").as_deref(), Some("mine"));
    }

    #[test]
    fn what_is_refused() {
        let kit = Kit::new();
        kit.refuses("echo", json!({}), "");
        kit.refuses("echo", json!({"headers": {"a": "b"}}), "");
        kit.refuses("echo", json!({"body": "x", "headers": {"a": "b\r\nc"}}), "invalid value character in header");
        kit.refuses("echo", json!({"body": "x", "headers": {"a b": "c"}}), "invalid field character in header");
    }
}
