//! `mocking`: answers with an example, or with what a schema describes.

use std::fmt::Write;
use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Template;
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Exit, Flow, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{missing_body, pause};
use crate::APISIX_VERSION;
use crate::conf::{final_status, header_name, header_value, parse, seconds};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| Mocking::compile(conf).map(drop)),
            ..PluginSpec::new("mocking", 10900, include_str!("../schemas/mocking.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(Mocking::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Answers in the upstream's place: with an example, or with a document made up by a JSON schema.\n\n\
            From a schema come objects, lists of one to three items, texts of one to ten letters, numbers from 0 to 10000, integers \
            from 1 to 10000 and booleans; an `example` in the schema is used as it is. With an XML content type the document is \
            written as XML under the element `data`.",
    fields: &[
        ("response_example", "The body, a template."),
        ("response_schema", "A JSON schema that the body is made up by, where there is no example."),
        ("response_status", "Status of the answer."),
        (
            "content_type",
            "`application/json`, `application/xml`, `text/xml`, `text/plain` or `text/html`, perhaps with parameters.",
        ),
        ("response_headers", "Headers of the answer; texts are templates."),
        ("with_mock_header", "Adds `x-mock-by`."),
        ("delay", "Seconds to wait before the answer."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/customers/1",
  "plugins": {
    "mocking": {
      "content_type": "application/json",
      "response_schema": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string", "example": "Ada"}}}
    }
  }
}"#,
        )],
        requests: r#"$ curl -i http://127.0.0.1:9080/customers/1
HTTP/1.1 200 OK
Server: gateway
Content-Type: application/json
x-mock-by: APISIX/3.18.0
Date: …
Content-Length: …

{"id":…,"name":"Ada"}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    response_example: Option<String>,
    response_schema: Option<Value>,
    #[serde(deserialize_with = "final_status")]
    response_status: u16,
    content_type: String,
    #[serde(default)]
    response_headers: Map<String, Value>,
    with_mock_header: bool,
    #[serde(deserialize_with = "seconds")]
    delay: f64,
}

struct Mocking {
    body: Body,
    status: u16,
    content_type: Bytes,
    headers: Vec<(HeaderName, Template)>,
    delay: f64,
}

enum Body {
    Example(Template),
    Schema { schema: Value, xml: bool },
}

const KINDS: [&str; 5] = ["application/json", "application/xml", "text/xml", "text/plain", "text/html"];

impl Mocking {
    fn compile(conf: &Value) -> Result<Mocking, String> {
        let conf: Conf = parse(conf)?;
        let kind = conf.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !KINDS.contains(&&*kind) {
            return Err("unsupported content type!".into());
        }
        header_value(&Value::from(&*conf.content_type))?;
        let body = match (conf.response_example, conf.response_schema) {
            (Some(example), _) => Body::Example(Template::parse(&example)),
            (None, schema) => Body::Schema { schema: schema.unwrap_or(Value::Null), xml: kind.ends_with("xml") },
        };
        let field = |(name, value): (&String, &Value)| {
            Ok::<_, String>((header_name(name)?, Template::parse(&header_value(value)?)))
        };
        let mut headers: Vec<_> = conf.response_headers.iter().map(field).collect::<Result<_, _>>()?;
        if conf.with_mock_header {
            headers.push((header_name("x-mock-by")?, Template::parse(&format!("APISIX/{APISIX_VERSION}"))));
        }
        Ok(Mocking {
            body,
            status: conf.response_status,
            content_type: conf.content_type.into(),
            headers,
            delay: conf.delay,
        })
    }

    fn answer(&self, x: &Exchange) -> Box<Exit> {
        let render = |template: &Template| {
            let mut text = Vec::new();
            template.render(x, &mut text);
            Bytes::from(text)
        };
        let body = match &self.body {
            Body::Example(example) => render(example),
            Body::Schema { schema, xml } => {
                let made = made_up(schema, &mut { BUDGET });
                if *xml { xml_text(&made).into() } else { made.to_string().into() }
            }
        };
        let mut exit = Exit::text(self.status, body).content_type(Bytes::clone(&self.content_type));
        exit.headers = self.headers.iter().map(|(name, value)| (name.clone(), render(value))).collect();
        Box::new(exit)
    }
}

impl Plugin for Mocking {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let needs_body = matches!(&self.body, Body::Example(example) if example.needs_body());
        if let Some(limit) = missing_body(needs_body, x) {
            return Step::Body(limit);
        }
        if self.delay == 0.0 {
            return Step::Exit(self.answer(x));
        }
        Step::wait(async move {
            pause(self.delay).await;
            Flow::Exit(self.answer(x))
        })
    }
}

/// Most values of one document: lists in lists triple at each level.
const BUDGET: usize = 10_000;

/// A value as the schema describes it. Schemas nest 64 deep at most, as all JSON that is taken in.
fn made_up(schema: &Value, budget: &mut usize) -> Value {
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    let Some(left) = budget.checked_sub(1) else { return Value::Null };
    *budget = left;
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => {
            let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            fields.map(|(name, field)| (name.clone(), made_up(field, budget))).collect::<Map<_, _>>().into()
        }
        Some("array") => {
            let Some(item) = schema.get("items") else { return Value::Array(Vec::new()) };
            (0..fastrand::usize(1..=3)).map(|_| made_up(item, budget)).collect()
        }
        Some("string") => (0..fastrand::usize(1..=10)).map(|_| fastrand::alphabetic()).collect::<String>().into(),
        Some("number") => Value::from((fastrand::f64() * 10_000.0 * 100.0).round() / 100.0),
        Some("integer") => Value::from(fastrand::u32(1..=10_000)),
        Some("boolean") => Value::from(fastrand::bool()),
        _ => Value::Null,
    }
}

fn xml_text(value: &Value) -> String {
    let mut out = String::new();
    element("data", value, &mut out);
    out
}

/// An element; a list is its element again and again.
fn element(name: &str, value: &Value, out: &mut String) {
    let name = element_name(name);
    if let Value::Array(items) = value {
        items.iter().for_each(|item| element(&name, item, out));
        return;
    }
    let _ = write!(out, "<{name}>");
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| element(name, field, out)),
        Value::String(text) => escape(text, out),
        Value::Null => {}
        other => {
            let _ = write!(out, "{other}");
        }
    }
    let _ = write!(out, "</{name}>");
}

/// A name that XML takes: other characters become `_`.
fn element_name(name: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut text: String = name.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        text.insert(0, '_');
    }
    text
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    fn answer(kit: &Kit, conf: Value) -> Exit {
        match kit.access(&kit.plugin("mocking", conf), &mut kit.exchange("GET /a?x=1 HTTP/1.1")) {
            Outcome::Exit(exit) => exit,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn interim_statuses_and_impossible_waits_are_refused() {
        let kit = Kit::new();
        for status in [100, 101, 199, 1000] {
            let conf = json!({"response_example": "x", "response_status": status});
            kit.refuses("mocking", conf, &format!("{status} is no status of a final answer: expected 200 to 999"));
        }
        kit.refuses("mocking", json!({"response_example": "x", "delay": -1}), "cannot wait -1 seconds");
    }

    #[test]
    fn examples_are_templates() {
        let kit = Kit::new();
        let exit = answer(
            &kit,
            json!({"response_example": "{\"a\":\"$arg_x\"}", "response_status": 201, "response_headers": {"X-A": 1, "X-B": "$uri"}}),
        );
        assert_eq!((exit.status, Kit::text(&exit).as_str()), (201, "{\"a\":\"1\"}"));
        assert_eq!(exit.content_type.as_deref(), Some(&b"application/json;charset=utf8"[..]));
        for (name, value) in [("X-A", "1"), ("X-B", "/a"), ("x-mock-by", "APISIX/3.18.0")] {
            assert_eq!(Kit::field(&exit, name).as_deref(), Some(value));
        }
        let quiet =
            answer(&kit, json!({"response_example": "x", "with_mock_header": false, "content_type": "text/plain"}));
        assert_eq!(Kit::field(&quiet, "x-mock-by"), None);
    }

    #[test]
    fn schemas_make_documents_up() {
        let kit = Kit::new();
        let schema = json!({"type": "object", "properties": {
            "n": {"type": "number"}, "i": {"type": "integer"}, "b": {"type": "boolean"}, "s": {"type": "string"},
            "l": {"type": "array", "items": {"type": "integer"}}, "e": {"type": "string", "example": "<&>"}}});
        for _ in 0..50 {
            let exit = answer(&kit, json!({"response_schema": schema}));
            let made: Value = serde_json::from_str(&Kit::text(&exit)).unwrap();
            assert!((0.0..=10_000.0).contains(&made["n"].as_f64().unwrap()));
            assert!((1..=10_000).contains(&made["i"].as_u64().unwrap()));
            assert!(made["b"].is_boolean());
            assert!((1..=10).contains(&made["s"].as_str().unwrap().len()));
            assert!((1..=3).contains(&made["l"].as_array().unwrap().len()));
            assert_eq!(made["e"], "<&>");
        }
        let only = json!({"type": "object", "properties": {"e": {"example": "<&>"}, "1 x": {"example": [1, true]}}});
        let exit = answer(&kit, json!({"response_schema": only, "content_type": "text/xml"}));
        assert_eq!(Kit::text(&exit), "<data><e>&lt;&amp;&gt;</e><_1_x>1</_1_x><_1_x>true</_1_x></data>");
        let mut deep = json!({"type": "integer"});
        for _ in 0..40 {
            deep = json!({"type": "array", "items": deep});
        }
        assert!(Kit::text(&answer(&kit, json!({"response_schema": deep}))).len() < 200_000);
    }

    #[test]
    fn answers_may_be_late() {
        let kit = Kit::new();
        let waited = kit.waited(|| drop(answer(&kit, json!({"response_example": "x", "delay": 2}))));
        assert!((2000..2100).contains(&waited.as_millis()));
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.refuses("mocking", json!({}), "object matches none of the required");
        kit.refuses(
            "mocking",
            json!({"response_example": "x", "content_type": "image/png"}),
            "unsupported content type!",
        );
        kit.refuses(
            "mocking",
            json!({"response_example": "x", "response_headers": {"a b": 1}}),
            "invalid field character",
        );
    }
}
