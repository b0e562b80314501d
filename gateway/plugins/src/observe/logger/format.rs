//! `log_format`: what an entry holds instead of the usual.

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Template, Value as Known, Var};
use serde_json::{Map, Value};

use super::bodies::Kept;
use super::json::{self, Object};

/// Nesting that is looked at; what lies deeper is left out.
const DEPTH: usize = 5;

/// A compiled format.
pub(super) struct Format {
    /// Names as JSON.
    members: Box<[(Box<[u8]>, Member)]>,
}

enum Member {
    /// Always the same: JSON.
    Literal(Box<[u8]>),
    /// A variable; absent where it has no value.
    Var(Var),
    /// A text of several.
    Text(Template),
    RequestBody,
    ResponseBody,
    Object(Format),
}

impl Format {
    /// `None` where there is none, or nothing is in it.
    pub(super) fn compile(format: Option<&Map<String, Value>>) -> Option<Format> {
        format.filter(|format| !format.is_empty()).map(|format| Format::nested(format, 1))
    }

    fn nested(format: &Map<String, Value>, depth: usize) -> Format {
        let mut members = Vec::with_capacity(format.len());
        for (name, value) in format {
            let member = match value {
                Value::String(text) => Member::text(text),
                Value::Object(_) if depth >= DEPTH => {
                    tracing::warn!(name, "log_format is nested too deeply: it is cut at {DEPTH} levels");
                    continue;
                }
                Value::Object(inner) => Member::Object(Format::nested(inner, depth + 1)),
                other => Member::Literal(other.to_string().into_bytes().into()),
            };
            let mut key = Vec::new();
            json::string(name.as_bytes(), &mut key);
            members.push((key.into(), member));
        }
        Format { members: members.into() }
    }

    /// Whether an entry shows the request's body.
    pub(super) fn names_request_body(&self) -> bool {
        self.members.iter().any(|(_, member)| match member {
            Member::RequestBody => true,
            Member::Object(inner) => inner.names_request_body(),
            _ => false,
        })
    }

    /// Writes the members, except those whose names (as JSON) are among `without`.
    pub(super) fn write(&self, x: &Exchange, bodies: &Kept<'_>, without: &[&str], object: &mut Object<'_>) {
        for (name, member) in &self.members {
            if !without.iter().any(|w| w.as_bytes() == &**name) {
                member.write(x, bodies, name, object);
            }
        }
    }
}

impl Member {
    fn text(text: &str) -> Member {
        let mut literal = Vec::new();
        json::string(text.as_bytes(), &mut literal);
        let literal = Member::Literal(literal.into());
        // As in APISIX, a dollar sign in the middle of a text is one.
        let Some(name) = text.strip_prefix('$') else { return literal };
        if name.is_empty() {
            return literal;
        }
        let template = Template::parse(text);
        let mut vars = template.vars();
        match (vars.next(), vars.next()) {
            (Some(var), None) if *var.name() == *name => match var {
                Var::RequestBody => Member::RequestBody,
                Var::RespBody => Member::ResponseBody,
                var => Member::Var(var.clone()),
            },
            _ => {
                drop(vars);
                Member::Text(template)
            }
        }
    }

    fn write(&self, x: &Exchange, bodies: &Kept<'_>, name: &[u8], object: &mut Object<'_>) {
        let body = |body: Option<std::borrow::Cow<'_, [u8]>>, object: &mut Object<'_>| {
            if let Some(body) = body {
                json::string(&body, object.named(name));
            }
        };
        match self {
            Member::Literal(literal) => object.named(name).extend_from_slice(literal),
            Member::Var(var) => {
                if let Some(value) = x.var(var) {
                    write(var, &value, object.named(name));
                }
            }
            Member::Text(template) => {
                let mut text = Vec::new();
                template.render(x, &mut text);
                json::field(&text, object.named(name));
            }
            Member::RequestBody => body(bodies.request(), object),
            Member::ResponseBody => body(bodies.response(), object),
            Member::Object(inner) => {
                let mut nested = Object::begin(object.named(name));
                inner.write(x, bodies, &[], &mut nested);
                nested.end();
            }
        }
    }
}

/// A variable's value: text, as nginx's variables are, except where APISIX's users find numbers.
fn write(var: &Var, value: &Known<'_>, out: &mut Vec<u8>) {
    let numeric = matches!(var, Var::RequestLength | Var::BytesSent | Var::RequestTime | Var::UpstreamResponseTime);
    match value {
        Known::Bytes(text) if numeric && is_number(text) => out.extend_from_slice(text),
        Known::Bytes(text) => json::field(text, out),
        Known::Int(n) if numeric => json::number(*n, out),
        Known::Int(n) => json::field(itoa::Buffer::new().format(*n).as_bytes(), out),
        Known::Num(n) if !n.is_finite() => json::field(n.to_string().as_bytes(), out),
        // These are JSON as templates write them.
        Known::Num(_) | Known::Bool(_) => value.write_to(out),
        Known::List(_) | Known::Json(_) => {
            let mut text = Vec::new();
            value.write_to(&mut text);
            json::field(&text, out);
        }
    }
}

/// Digits with a fraction, as times are written.
fn is_number(text: &[u8]) -> bool {
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    match text.iter().position(|b| *b == b'.') {
        Some(dot) => digits(&text[..dot]) && digits(&text[dot + 1..]) && (dot == 1 || text.first() != Some(&b'0')),
        None => digits(text) && (text.len() == 1 || text.first() != Some(&b'0')),
    }
}
