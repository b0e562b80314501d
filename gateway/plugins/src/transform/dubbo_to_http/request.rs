//! The request that a call becomes.

use bytes::Bytes;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::{Name, check_value, name};
use serde_json::{Map, Value};

use super::call::{Call, Refused};
use super::conf::{Body, Method};
use super::template::{Filling, Template, escape, plain};

/// Attachments that say how a call is made: an HTTP service has no use for them as fields.
const OWN: [&[u8]; 8] =
    [b"path", b"interface", b"version", b"group", b"generic", b"timeout", b"dubbo-version", b"content-encoding"];

/// Makes a request of the exchange.
///
/// # Errors
/// An argument has no place in it, or none that it fits into.
pub(super) fn fill(x: &mut Exchange, call: &Call, method: &Method) -> Result<(), Refused> {
    let refused = |why: String| (400, why);
    let used = used(method);
    let rest: Vec<usize> = (0..call.arguments.len()).filter(|number| !used.contains(number)).collect();
    let path = match &method.path {
        Some(path) => path.path(x, call).map_err(refused)?,
        None => String::from_utf8_lossy(x.upstream_target()).into_owned(),
    };
    let mut query = Query::default();
    for (name, template) in &method.query {
        query.template(name, template, x, call).map_err(refused)?;
    }
    let body = match &method.body {
        Body::None => None,
        Body::Auto if method.has_body() => auto(call, method, &rest),
        Body::Auto | Body::Array | Body::Object | Body::One(_) if !method.has_body() => {
            for number in rest {
                let name = named(method, number)?;
                query.value(name, call.arguments.get(number).unwrap_or(&Value::Null)).map_err(refused)?;
            }
            None
        }
        Body::Auto | Body::Array => Some(Value::Array(call.arguments.clone())),
        Body::Object => Some(object(call, method, &rest)?),
        Body::One(template) => match template.single() {
            Some(place) => Some(place.value(call).map_err(refused)?.clone()),
            None => None,
        },
    };
    let mut fields = Vec::with_capacity(method.headers.len());
    for (field, template) in &method.headers {
        let value = template.text(x, call).map_err(refused)?;
        if value.as_ref().is_some_and(|value| check_value(value.as_bytes()).is_err()) {
            return Err((400, format!("header \"{}\": a line cannot hold the value", field.as_str())));
        }
        fields.push((field, value));
    }
    let target = query.behind(path);
    if target.len() > LONGEST_TARGET {
        return Err((400, format!("path and query would be longer than {LONGEST_TARGET} bytes")));
    }
    x.set_upstream_target(target.as_bytes());
    x.set_upstream_method(method.http_method.as_bytes());
    x.req.head.remove_where(|_, name| OWN.iter().any(|own| name.eq_ignore_ascii_case(own)));
    // The answer is read here.
    x.req.head.remove(name::ACCEPT_ENCODING);
    x.req.head.set_static(name::ACCEPT, "application/json");
    for (field, value) in fields {
        match value {
            // It was checked.
            Some(value) => drop(x.req.head.set(field.as_name(), value.as_bytes())),
            None => drop(x.req.head.remove(Name::new(field.as_str().as_bytes()).unwrap_or(name::ACCEPT))),
        }
    }
    match body {
        Some(body) => {
            x.req.head.set_static(name::CONTENT_TYPE, "application/json");
            x.replace_body(Bytes::from(body.to_string()));
        }
        None => {
            x.replace_body(Bytes::new());
            x.req.framing = if method.has_body() { Framing::Length(0) } else { Framing::None };
        }
    }
    Ok(())
}

/// The longest target. Servers take 8 KiB and less.
const LONGEST_TARGET: usize = 8 << 10;

/// Arguments that have a place in path, query or headers.
fn used(method: &Method) -> Vec<usize> {
    let fields = method.headers.iter().map(|(_, template)| template);
    let query = method.query.iter().map(|(_, template)| template);
    method.path.iter().chain(query).chain(fields).flat_map(Template::arguments).collect()
}

/// One argument is the body; several are an object where all have names, else an array.
fn auto(call: &Call, method: &Method, rest: &[usize]) -> Option<Value> {
    let value = |number: &usize| call.arguments.get(*number).cloned().unwrap_or_default();
    match rest {
        [] => None,
        [one] => Some(value(one)),
        _ => Some(object(call, method, rest).unwrap_or_else(|_| Value::Array(rest.iter().map(value).collect()))),
    }
}

fn object(call: &Call, method: &Method, rest: &[usize]) -> Result<Value, Refused> {
    let mut members = Map::new();
    for number in rest {
        let value = call.arguments.get(*number).cloned().unwrap_or_default();
        members.insert(named(method, *number)?.to_owned(), value);
    }
    Ok(Value::Object(members))
}

fn named(method: &Method, number: usize) -> Result<&str, Refused> {
    let name = method.parameters.get(number).map(|name| &**name);
    name.ok_or_else(|| (400, format!("argument {number} has no name, and so no place in the request")))
}

/// A query, as it grows.
#[derive(Default)]
struct Query(String);

impl Query {
    fn template(&mut self, name: &str, template: &Template, x: &Exchange, call: &Call) -> Result<(), String> {
        if let Some(place) = template.single() {
            return match place.fill(x, call)? {
                Filling::Text(text) => {
                    self.put(name, &text);
                    Ok(())
                }
                Filling::Items(items) => self.items(name, items),
                Filling::Object => Err(format!("{} is no single value", place.label())),
                Filling::Nothing => Ok(()),
            };
        }
        if let Some(text) = template.text(x, call)? {
            self.put(name, &text);
        }
        Ok(())
    }

    fn value(&mut self, name: &str, value: &Value) -> Result<(), String> {
        match value {
            Value::Null => {}
            Value::Array(items) => return self.items(name, items),
            Value::Object(_) => return Err(format!("argument {name} is an object, which a query has no form for")),
            single => self.put(name, &plain(single)),
        }
        Ok(())
    }

    fn items(&mut self, name: &str, items: &[Value]) -> Result<(), String> {
        for item in items {
            match item {
                Value::Array(_) | Value::Object(_) | Value::Null => {
                    return Err(format!("query argument {name}: a list holds what is no single value"));
                }
                single => self.put(name, &plain(single)),
            }
        }
        Ok(())
    }

    fn put(&mut self, name: &str, text: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        escape(name, &mut self.0);
        self.0.push('=');
        escape(text, &mut self.0);
    }

    /// A path, and the query behind it.
    fn behind(self, mut path: String) -> String {
        if !self.0.is_empty() {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&self.0);
        }
        path
    }
}
