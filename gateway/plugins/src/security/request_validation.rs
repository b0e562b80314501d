//! `request-validation`: headers and bodies must fit a JSON schema.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::expr::args;
use gateway_engine::headers::name;
use gateway_engine::plugin::{Build, Definition, Exit, ExitBody, Phases, Plugin, Step};
use gateway_model::json;
use gateway_model::plugin::PluginSpec;
use gateway_model::schema::Schema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::conf::{int, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            kind: Some("validation"),
            check: Some(|conf, _, _| RequestValidation::compile(conf).map(drop)),
            ..PluginSpec::new("request-validation", 2800, include_str!("../schemas/request-validation.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(RequestValidation::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets only requests pass whose headers and bodies fit a JSON schema (drafts 4, 6 and 7; references within the schema; \
            keywords of later drafts are not looked at).\n\n\
            Headers are checked as an object of names in lower case and texts. A body of the type \
            `application/x-www-form-urlencoded` is checked as an object of texts, or of lists of texts where a name occurs more \
            than once; every other body is JSON. A body is read whole; what is JSON goes to the upstream as it was understood: written anew, with \
            the schema's defaults filled in.\n\n\
            Refused with `rejected_code`, and `rejected_msg` or what is wrong as body: no body where there is a `body_schema`, a \
            body longer than `max_req_body_size`, more than one `Content-Type`, a body that is no JSON (names that occur twice in an \
            object and nesting deeper than 64 among them) or has more than a million values. A body that turns out longer on its way, \
            having announced no length, is answered 413. Texts are never taken for references to secrets.",
    fields: &[
        ("header_schema", "Schema of the headers; names in lower case."),
        ("body_schema", "Schema of the body."),
        ("rejected_code", "Status of refusals."),
        ("rejected_msg", "Body of refusals, instead of what is wrong."),
        ("max_req_body_size", "Longest body that is read, in bytes."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "request-validation": {
      "body_schema": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string", "minLength": 1}, "size": {"type": "integer", "default": 1}}
      },
      "rejected_msg": "a name is missing\n"
    }
  }
}"#,
        )],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders -H 'Content-Type: application/json' -d '{"size": 2}'
HTTP/1.1 400 Bad Request
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 18

a name is missing
$ curl -s http://127.0.0.1:9080/orders -H 'Content-Type: application/json' -d '{"name": "shoe"}' | grep body
  "body": "{\"name\":\"shoe\",\"size\":1}""#,
    },
};

/// Values of a body that are looked at; a tree of more would take memory out of proportion to the body.
const MOST_VALUES: usize = 1_000_000;

#[derive(Deserialize)]
struct Conf {
    header_schema: Option<Value>,
    body_schema: Option<Value>,
    #[serde(deserialize_with = "int")]
    rejected_code: u16,
    rejected_msg: Option<String>,
    #[serde(deserialize_with = "int")]
    max_req_body_size: u64,
}

struct RequestValidation {
    headers: Option<Schema>,
    body: Option<Schema>,
    code: u16,
    message: Option<Bytes>,
    limit: usize,
}

/// Why a request does not pass.
enum Refusal {
    /// There is nothing to say.
    Plain,
    Because(String),
}

impl From<String> for Refusal {
    fn from(text: String) -> Refusal {
        Refusal::Because(text)
    }
}

impl RequestValidation {
    fn compile(conf: &Value) -> Result<RequestValidation, String> {
        let conf: Conf = parse(conf)?;
        let schema =
            |of: Option<Value>| of.map(|schema| Schema::compile(&schema)).transpose().map_err(|e| e.to_string());
        Ok(RequestValidation {
            headers: schema(conf.header_schema)?,
            body: schema(conf.body_schema)?,
            code: conf.rejected_code,
            message: conf.rejected_msg.map(Bytes::from),
            limit: usize::try_from(conf.max_req_body_size).unwrap_or(usize::MAX),
        })
    }

    fn refuse(&self, why: Refusal) -> Step<'static> {
        let mut exit = Exit::page(self.code);
        match (&self.message, why) {
            (Some(message), _) => exit.body = ExitBody::Text(Bytes::clone(message)),
            (None, Refusal::Because(text)) => exit.body = ExitBody::Text(text.into()),
            (None, Refusal::Plain) => {}
        }
        Step::Exit(Box::new(exit))
    }

    fn check_headers(&self, x: &Exchange, schema: &Schema) -> Result<(), Refusal> {
        let mut fields = Map::new();
        for (name, value) in x.req.head.iter() {
            let name = String::from_utf8_lossy(name.text()).to_ascii_lowercase();
            // Of several the first counts, as everywhere.
            fields.entry(name).or_insert_with(|| text(value));
        }
        schema.check_untrusted(&mut Value::Object(fields)).map_err(|violation| violation.message.into())
    }

    fn check_body(&self, x: &mut Exchange, schema: &Schema) -> Result<(), Refusal> {
        let body = x.req.collected.clone().unwrap_or_default();
        if body.is_empty() || body.len() > self.limit {
            return Err(Refusal::Plain);
        }
        let head = &x.req.head;
        if head.get_all(name::CONTENT_TYPE).count() > 1 {
            return Err("duplicate Content-Type".to_owned().into());
        }
        let kind = head.get(name::CONTENT_TYPE).unwrap_or_default();
        const FORM: &[u8] = b"application/x-www-form-urlencoded";
        if kind.get(..FORM.len()).is_some_and(|k| k.eq_ignore_ascii_case(FORM)) {
            let mut form = form(&body)?;
            return schema.check_untrusted(&mut form).map_err(|violation| violation.message.into());
        }
        if values(&body) > MOST_VALUES {
            return Err(format!("the body has more than {MOST_VALUES} values").into());
        }
        let mut value = json::parse(&body).map_err(|why| format!("the body is no JSON: {why}"))?;
        schema.check_untrusted(&mut value).map_err(|violation| violation.message)?;
        let written = Bytes::from(value.to_string());
        x.replace_body(written);
        Ok(())
    }
}

impl Plugin for RequestValidation {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        // Called again once the body is there: only then are the headers looked at a second time.
        if let Some(schema) = &self.headers
            && let Err(why) = self.check_headers(x, schema)
        {
            return self.refuse(why);
        }
        let Some(schema) = &self.body else { return Step::Next };
        if x.req.collected.is_none() {
            match x.req.framing {
                Framing::None => return self.refuse(Refusal::Plain),
                Framing::Length(length) if length > self.limit as u64 => return self.refuse(Refusal::Plain),
                _ => return Step::Body(self.limit),
            }
        }
        match self.check_body(x, schema) {
            Ok(()) => Step::Next,
            Err(why) => self.refuse(why),
        }
    }
}

fn text(bytes: &[u8]) -> Value {
    Value::String(String::from_utf8_lossy(bytes).into_owned())
}

/// The fields of a form; one that occurs more than once has a list.
fn form(body: &[u8]) -> Result<Value, Refusal> {
    let mut fields = Map::new();
    for (count, field) in args::fields(body).enumerate() {
        if count >= MOST_VALUES {
            return Err(format!("the body has more than {MOST_VALUES} values").into());
        }
        let name = match field.name() {
            Cow::Borrowed(name) => String::from_utf8_lossy(name).into_owned(),
            Cow::Owned(name) => String::from_utf8_lossy(&name).into_owned(),
        };
        let value = text(&field.value());
        match fields.get_mut(&name) {
            None => drop(fields.insert(name, value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Ok(Value::Object(fields))
}

/// How many values a JSON text has at the most.
fn values(text: &[u8]) -> usize {
    let mut count = 1;
    let (mut within, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => within = !within,
            b',' | b'[' | b'{' if !within => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::values;
    use crate::testkit::{Kit, Outcome};
    use gateway_engine::exchange::Framing;
    use gateway_engine::plugin::Step;
    use serde_json::{Value, json};

    const NAME: &str = "request-validation";

    /// The body that passes, or the refusal.
    fn judged(kit: &Kit, conf: &Value, request: &str) -> Result<String, String> {
        let mut x = kit.exchange(request);
        match kit.rewrite(&kit.plugin(NAME, conf.clone()), &mut x) {
            Outcome::Next => {
                Ok(x.req.collected.as_deref().map_or("-".into(), |b| String::from_utf8_lossy(b).into_owned()))
            }
            Outcome::Exit(exit) => Err(format!("{} {}", exit.status, Kit::text(&exit))),
            Outcome::Body => panic!("{request} waits"),
        }
    }

    #[test]
    fn bodies_pass_as_they_were_understood() {
        let kit = Kit::new();
        let conf = json!({"body_schema": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "size": {"type": "integer", "default": 3}}}});
        let post = |body: &str| format!("POST / HTTP/1.1\nContent-Type: application/json\n\n{body}");
        assert_eq!(
            judged(&kit, &conf, &post("{\"name\": \"a\", \"n\": 1.50}")).unwrap(),
            "{\"name\":\"a\",\"n\":1.50,\"size\":3}"
        );
        let refused = [
            ("{\"size\": 1}", "400 property \"name\" is required"),
            ("{\"name\": 1}", "400 property \"name\" validation failed: wrong type: expected string, got number"),
            ("{\"name\": \"a\", \"name\": \"b\"}", "400 the body is no JSON: "),
            ("nonsense", "400 the body is no JSON: "),
            ("", "400 page 400"),
        ];
        for (body, text) in refused {
            let said = judged(&kit, &conf, &post(body)).unwrap_err();
            assert!(said.starts_with(text), "{body}: {said}");
        }
        assert_eq!(judged(&kit, &conf, "GET / HTTP/1.1").unwrap_err(), "400 page 400");
    }

    #[test]
    fn a_text_that_looks_like_a_secret_is_a_text() {
        let kit = Kit::new();
        let conf = json!({"body_schema": {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}},
            "header_schema": {"type": "object", "properties": {"h": {"type": "string", "maxLength": 2}}}});
        for reference in ["$secret://vault/1/a", "$env://PATH"] {
            let body = format!("POST / HTTP/1.1\nh: a\n\n{{\"a\": \"{reference}\"}}");
            assert!(judged(&kit, &conf, &body).unwrap_err().contains("enum"));
            let head = format!("POST / HTTP/1.1\nh: {reference}\n\n{{\"a\": \"x\"}}");
            assert!(judged(&kit, &conf, &head).unwrap_err().contains("string too long"));
        }
    }

    #[test]
    fn forms_are_objects_of_texts_and_lists() {
        let kit = Kit::new();
        let conf = json!({"body_schema": {"type": "object", "required": ["last"], "properties": {
            "a": {"type": "array", "items": {"type": "string"}}, "last": {"type": "string", "pattern": "^x y$"}}}});
        let form = "Application/X-WWW-Form-Urlencoded; charset=utf-8";
        let many = format!("{}last=x%20y", "a=b&".repeat(150));
        let post = |body: &str| format!("POST / HTTP/1.1\nContent-Type: {form}\n\n{body}");
        assert_eq!(judged(&kit, &conf, &post(&many)).unwrap(), many);
        assert!(judged(&kit, &conf, &post("a=b&last=x+y")).unwrap_err().contains("property \"a\" validation failed"));
        let twice = "POST / HTTP/1.1\nContent-Type: application/json\nContent-Type: text/plain\n\n{}";
        assert_eq!(judged(&kit, &json!({"body_schema": {}, "rejected_msg": "no"}), twice).unwrap_err(), "400 no");
    }

    #[test]
    fn headers_are_an_object_of_texts() {
        let kit = Kit::new();
        let conf = json!({"header_schema": {"type": "object", "required": ["x-a"], "properties": {
            "x-a": {"type": "string", "enum": ["1"]}, "x-d": {"type": "string", "default": "d"}}}, "rejected_code": 505});
        assert_eq!(judged(&kit, &conf, "GET / HTTP/1.1\nX-A: 1\nX-A: 2").unwrap(), "-");
        assert_eq!(judged(&kit, &conf, "GET / HTTP/1.1").unwrap_err(), "505 property \"x-a\" is required");
        assert!(
            judged(&kit, &conf, "GET / HTTP/1.1\nX-A: 2")
                .unwrap_err()
                .starts_with("505 property \"x-a\" validation failed")
        );
    }

    #[test]
    fn long_bodies_are_refused_before_they_are_read() {
        let kit = Kit::new();
        let plugin = kit.plugin(NAME, json!({"body_schema": {}, "max_req_body_size": 10}));
        let mut x = kit.exchange("POST / HTTP/1.1");
        x.req.framing = Framing::Length(11);
        assert!(matches!(plugin.rewrite(&mut x), Step::Exit(exit) if exit.status == 400));
        x.req.framing = Framing::Stream;
        assert!(matches!(plugin.rewrite(&mut x), Step::Body(10)));
    }

    #[test]
    fn values_are_counted_outside_of_texts() {
        let cases = [("1", 1), ("[1,2]", 3), ("{\"a,b\": [\"[\\\",{\"]}", 3), ("[[],[]]", 5), ("", 1)];
        for (text, count) in cases {
            assert_eq!(values(text.as_bytes()), count, "{text}");
        }
        let kit = Kit::new();
        let body = format!("POST / HTTP/1.1\n\n[{}1]", "1,".repeat(1_000_000));
        assert!(judged(&kit, &json!({"body_schema": {}}), &body).unwrap_err().contains("more than 1000000 values"));
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        for kind in ["object", "array", "string", "number", "integer", "table", "function"] {
            kit.plugin(NAME, json!({"body_schema": {"type": kind}, "header_schema": {"type": kind}}));
        }
        let refused = [
            (json!({}), "object matches none of the required"),
            (json!({"body_schema": {"type": "test"}}), "invalid JSON type: test"),
            (json!({"header_schema": {"properties": {"a": {"enum": "x"}}}}), "table expected, got string"),
            (json!({"body_schema": {"required": "x"}}), "table expected, got string"),
            (json!({"body_schema": {"properties": {"a": {"pattern": "("}}}}), "pattern ("),
            (json!({"body_schema": {}, "rejected_code": 10000}), "expected 10000 to be at most 599"),
            (json!({"body_schema": {}, "rejected_msg": ""}), "string too short"),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
