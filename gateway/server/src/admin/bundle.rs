//! `POST configs/validate`: a whole bundle of objects, every fault reported. Nothing is stored.

use std::collections::HashSet;

use gateway_model::check::{self, Context, Expressions, Invalid};
use gateway_model::{Kind, NoReferences};
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use super::answers::{self, Refusal};
use super::{Api, body};
use crate::config;
use crate::control_http::{self, Answer};
use crate::standalone::bundle::{duplicate, identity, named};
use crate::state::Language;

impl Api {
    /// Checks a bundle; `more`: whether the client is told every fault of an item, not the first alone.
    pub(super) fn check_bundle(&self, bytes: Bytes, head: &Parts, more: bool) -> Result<Answer, Refusal> {
        let bundle = bundle(bytes, head)?;
        let errors = self.faults(&bundle, more);
        if errors.is_empty() {
            return Ok(control_http::json(StatusCode::OK, &json!({})));
        }
        let body = json!({ "error_msg": "Configuration validation failed", "errors": errors });
        Err(Refusal::json(StatusCode::BAD_REQUEST, body))
    }

    fn faults(&self, bundle: &Value, more: bool) -> Vec<Value> {
        let mut errors = Vec::new();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.parent().is_none()) {
            let Some(items) = bundle.get(kind.plural()).filter(|items| !items.is_null()) else { continue };
            let Some(items) = list(items) else {
                errors.push(json!({ "resource_type": kind.plural(), "error": "wrong type: expected array" }));
                continue;
            };
            let mut seen = HashSet::new();
            for (index, item) in items.iter().enumerate() {
                let (kind, id) = identity(kind, item);
                let mut report = |faults: &[Invalid]| {
                    let Some(first) = faults.first() else { return };
                    let mut error = json!({
                        "resource_type": if kind == Kind::Credential { "consumers" } else { kind.plural() },
                        "resource_id": id,
                        "index": index,
                        "error": first.message,
                    });
                    if let (Value::Object(fields), true) = (&mut error, more) {
                        fields.insert("details".to_owned(), faults.iter().map(answers::detail).collect());
                    }
                    errors.push(error);
                };
                report(&self.item_faults(kind, &id, item));
                if !id.is_empty() && !seen.insert(id.clone()) {
                    report(&[Invalid::new("duplicate", duplicate(kind, &id))]);
                }
            }
        }
        errors
    }

    fn item_faults(&self, kind: Kind, id: &str, item: &Value) -> Vec<Invalid> {
        if !item.is_object() {
            return vec![Invalid::new("type", "wrong type: expected object")];
        }
        if let Err(reason) = named(kind, id) {
            return vec![Invalid::new("id", reason).at("/id")];
        }
        let language: &dyn Expressions = &Language;
        let cx = Context::new(&**self.state.registry(), &NoReferences, language);
        let mut item = item.clone();
        if let Value::Object(fields) = &mut item {
            // What belongs to the bundle's item and not to the object.
            fields.shift_remove("modifiedIndex");
            if let Some((_, short)) = kind.split_id(id) {
                fields.insert("id".to_owned(), short.into());
            }
        }
        check::faults(kind, id, &item, &cx)
    }
}

/// A bundle in either form.
pub(super) fn bundle(bytes: Bytes, head: &Parts) -> Result<Value, Refusal> {
    let empty = || Refusal::bad("invalid request body: empty request body");
    if !head.headers.get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/yaml")) {
        return body::json(bytes)?.ok_or_else(empty);
    }
    if bytes.is_empty() {
        return Err(empty());
    }
    let invalid = |reason: String| Refusal::bad(format!("invalid request body: {reason}"));
    let text = std::str::from_utf8(&bytes).map_err(|error| invalid(error.to_string()))?;
    config::yaml(text).map_err(invalid)
}

/// A list; an empty map is one too.
fn list(items: &Value) -> Option<&[Value]> {
    match items {
        Value::Array(items) => Some(items),
        Value::Object(fields) if fields.is_empty() => Some(&[]),
        _ => None,
    }
}
