//! A collected request body, asked for values: `post_arg_<name>`, `post_arg.<path>` and GraphQL documents in JSON.

use bytes::Bytes;

use super::args;
use super::json::{self, Node};
use super::jsonpath::BodyPath;
use super::multipart;
use super::value::Value;

/// A body whose kind is known and whose syntax, where it is JSON, was checked once. Keep it beside the exchange; it
/// shares the body's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyDoc {
    kind: Kind,
    body: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Form,
    Multipart(Box<[u8]>),
}

/// Values of one name that a form may yield.
const MAX_FIELDS: usize = 10_000;

impl BodyDoc {
    /// Judges a body by its content type; `None` when it is of no kind that has values, or is not valid JSON though it
    /// says so.
    #[must_use]
    pub fn parse(content_type: &[u8], body: Bytes) -> Option<Self> {
        let media = content_type.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        let kind = if media.eq_ignore_ascii_case(b"application/json") {
            json::validate(&body).then_some(Kind::Json)?
        } else if media.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            Kind::Form
        } else if media.eq_ignore_ascii_case(b"multipart/form-data") {
            Kind::Multipart(multipart::boundary(content_type)?.into())
        } else {
            return None;
        };
        Some(Self { kind, body })
    }

    /// The value of `post_arg.<path>`. A field that a form repeats is a list.
    #[must_use]
    pub fn path(&self, path: &BodyPath) -> Option<Value<'_>> {
        let mut found: Vec<Value<'_>> = match &self.kind {
            Kind::Json => return path.find(Node::trusted(&self.body)),
            Kind::Form => args::fields(&self.body)
                .filter(|field| path.hits_flat(&field.name()))
                .map(|field| field.value().into())
                .take(MAX_FIELDS)
                .collect(),
            Kind::Multipart(boundary) => multipart::parts(&self.body, boundary)
                .filter(|(name, _)| path.hits_flat(name))
                .map(|(_, content)| content.into())
                .take(MAX_FIELDS)
                .collect(),
        };
        match (found.len(), path.is_list()) {
            (0, _) => None,
            (1, false) => found.pop(),
            _ => Some(Value::List(found)),
        }
    }

    /// The value of `post_arg_<name>`: the first field of a form; nothing for other bodies.
    #[must_use]
    pub fn form_field(&self, name: &[u8]) -> Option<Value<'_>> {
        match self.kind {
            Kind::Form => args::form(&self.body, name).map(Value::from),
            Kind::Json | Kind::Multipart(_) => None,
        }
    }

    /// A field of a `multipart/form-data` body, the first of that name.
    #[must_use]
    pub fn multipart_field(&self, name: &[u8]) -> Option<&[u8]> {
        match &self.kind {
            Kind::Multipart(boundary) => {
                multipart::parts(&self.body, boundary).find(|(n, _)| *n == name).map(|(_, content)| content)
            }
            Kind::Json | Kind::Form => None,
        }
    }

    /// The root of a JSON body.
    #[must_use]
    pub fn json(&self) -> Option<Node<'_>> {
        matches!(self.kind, Kind::Json).then(|| Node::trusted(&self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(content_type: &str, body: &'static str, path: &str) -> Option<String> {
        let doc = BodyDoc::parse(content_type.as_bytes(), Bytes::from_static(body.as_bytes()))?;
        let value = doc.path(&BodyPath::parse(path).unwrap())?;
        Some(String::from_utf8(value.to_bytes().into_owned()).unwrap())
    }

    #[test]
    fn one_path_in_three_kinds_of_body() {
        const JSON: &str = r#"{"model":"m","a":{"b":1},"list":["x"]}"#;
        const FORM: &str = "model=m&messages[0][role]=system&a.b=2&r=1&r=2";
        const PARTS: &str = "--B\nContent-Disposition: form-data; name=\"model\"\n\nm\n--B--";
        let multipart = "multipart/form-data; boundary=B";
        let form = "application/x-www-form-urlencoded";
        let cases = [
            ("application/json", JSON, "model", Some("m")),
            ("Application/JSON; charset=utf-8", JSON, "a.b", Some("1")),
            ("application/json", JSON, "list", Some("[\"x\"]")),
            ("application/json", JSON, "list[*]", Some("[\"x\"]")),
            ("application/json", "{", "model", None),
            ("text/plain", JSON, "model", None),
            ("", JSON, "model", None),
            (form, FORM, "model", Some("m")),
            (form, FORM, "a.b", None),
            (form, FORM, "r", Some("[\"1\",\"2\"]")),
            (form, FORM, "['r']", Some("[\"1\",\"2\"]")),
            (form, FORM, "..model", Some("[\"m\"]")),
            (multipart, PARTS, "model", Some("m")),
            (multipart, PARTS, "x", None),
            ("multipart/form-data", PARTS, "model", None),
        ];
        for (content_type, body, p, expected) in cases {
            assert_eq!(path(content_type, body, p).as_deref(), expected, "{p} in {body} as {content_type}");
        }
    }

    #[test]
    fn fields_by_name() {
        let form =
            BodyDoc::parse(b"application/x-www-form-urlencoded", Bytes::from_static(b"id=1&id=2&x=%20")).unwrap();
        assert_eq!(form.form_field(b"id"), Some("1".into()));
        assert_eq!(form.form_field(b"x"), Some(" ".into()));
        assert_eq!(form.multipart_field(b"id"), None);
        let json = BodyDoc::parse(b"application/json", Bytes::from_static(b" {\"query\":\"q\"} ")).unwrap();
        assert_eq!(json.form_field(b"query"), None);
        assert_eq!(json.json().and_then(|n| n.member(b"query")).and_then(|n| n.value()), Some("q".into()));
    }
}
