//! `POST configs/validate`: a whole bundle of objects, every fault reported. Nothing is stored.

use std::collections::HashSet;

use gateway_model::check::{self, Context, Expressions};
use gateway_model::references::id_text;
use gateway_model::{Kind, NoReferences};
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use super::answers::Refusal;
use super::{Api, body};
use crate::control_http::{self, Answer};
use crate::state::Language;

impl Api {
    pub(super) fn check_bundle(&self, bytes: Bytes, head: &Parts) -> Result<Answer, Refusal> {
        let yaml = head.headers.get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/yaml"));
        if yaml {
            return Err(Refusal::bad("invalid request body: YAML is not read here yet, send JSON"));
        }
        let bundle = body::json(bytes)?;
        let bundle = bundle.ok_or_else(|| Refusal::bad("invalid request body: empty request body"))?;
        let errors = self.faults(&bundle);
        if errors.is_empty() {
            return Ok(control_http::json(StatusCode::OK, &json!({})));
        }
        let body = json!({ "error_msg": "Configuration validation failed", "errors": errors });
        Err(Refusal::json(StatusCode::BAD_REQUEST, body))
    }

    fn faults(&self, bundle: &Value) -> Vec<Value> {
        let mut errors = Vec::new();
        for kind in Kind::ALL {
            let mut seen = HashSet::new();
            let items = bundle.get(kind.plural()).and_then(Value::as_array);
            for (index, item) in items.into_iter().flatten().enumerate() {
                let (kind, id) = identity(kind, item);
                let mut report = |error: String| {
                    errors.push(json!({
                        "resource_type": if kind == Kind::Credential { "consumers" } else { kind.plural() },
                        "resource_id": id,
                        "index": index,
                        "error": error,
                    }));
                };
                if let Err(error) = self.fault(kind, &id, item) {
                    report(error);
                }
                if !id.is_empty() && !seen.insert(id.clone()) {
                    report(match kind {
                        Kind::Consumer => format!("found duplicate username {id} in consumers"),
                        Kind::Credential => format!("found duplicate credential id {id} in consumers"),
                        kind => format!("found duplicate id {id} in {}", kind.plural()),
                    });
                }
            }
        }
        errors
    }

    fn fault(&self, kind: Kind, id: &str, item: &Value) -> Result<(), String> {
        if !item.is_object() {
            return Err("wrong type: expected object".to_owned());
        }
        let language: &dyn Expressions = &Language;
        let cx = Context::new(&**self.state.registry(), &NoReferences, language);
        let mut item = item.clone();
        if let (Kind::Credential, Value::Object(fields)) = (kind, &mut item) {
            let short = id.rsplit_once('/').map_or(id, |(_, short)| short);
            fields.insert("id".to_owned(), short.into());
        }
        check::object(kind, id, &item, &cx).map(drop).map_err(|invalid| invalid.message)
    }
}

/// The kind and id of an item: credentials are consumers with an id of their own form.
fn identity(kind: Kind, item: &Value) -> (Kind, String) {
    let id = item.get("id").and_then(id_text);
    match (kind, id) {
        (Kind::Consumer, Some(id)) if id.contains("/credentials/") => (Kind::Credential, id),
        (Kind::Consumer, _) => (kind, item.get("username").and_then(id_text).unwrap_or_default()),
        (kind, id) => (kind, id.unwrap_or_default()),
    }
}
