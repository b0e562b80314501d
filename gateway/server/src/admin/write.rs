//! PUT and POST.

use std::time::Duration;

use gateway_model::{Kind, ids, json};
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::answers::Refusal;
use super::target::Place;
use super::{Api, Call, audit, v2};
use crate::control_http::{self, Answer};
use crate::state::{Draft, Stored, Written, keys};

/// What a write did.
pub(super) struct Done {
    pub(super) key: String,
    /// The object as stored, its secrets encrypted.
    pub(super) value: Value,
    /// The object before: when it was created and changed.
    pub(super) before: Option<(u64, u64)>,
}

impl Api {
    pub(super) async fn put(&self, call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let body = configuration(call.body)?;
        let told = ids::put(place.kind, place.told().as_deref(), &body)?;
        if place.kind != Kind::PluginMetadata {
            ids::refuse_times(&body)?;
        }
        let (kind, ttl, named) = (place.kind, call.ttl, place.id.is_some());
        let id = place.stored(&told);
        let job = move |draft: &mut Draft<'_>| {
            let before = draft.tables().get(kind, &id).cloned();
            let body = with_id(kind, body, &told, named);
            let value = store(draft, kind, &id, body, before.as_ref(), Stamp::Both, ttl)?;
            Ok(Done { key: keys::key(kind, &id), value, before: before.map(|b| (b.created, b.modified)) })
        };
        let written = self.write(call.caller, job).await?;
        let status = if written.answer.before.is_none() { StatusCode::CREATED } else { StatusCode::OK };
        Ok(self.wrote(&call.caller.clone(), "PUT", status, written))
    }

    pub(super) async fn post(&self, call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let body = configuration(call.body)?;
        ids::post(place.kind, place.id.as_deref(), &body)?;
        ids::refuse_times(&body)?;
        let (kind, ttl) = (place.kind, call.ttl);
        let job = move |draft: &mut Draft<'_>| {
            let id = draft.generate_id(kind);
            let body = with_id(kind, body, &id, true);
            let value = store(draft, kind, &id, body, None, Stamp::Both, ttl)?;
            Ok(Done { key: keys::key(kind, &id), value, before: None })
        };
        let written = self.write(call.caller, job).await?;
        Ok(self.wrote(call.caller, "POST", StatusCode::CREATED, written))
    }

    /// The answer to a write, and its line in the audit log.
    pub(super) fn wrote(
        &self,
        caller: &super::auth::Caller,
        verb: &str,
        status: StatusCode,
        written: Written<Done>,
    ) -> Answer {
        let Written { answer: done, revision } = written;
        audit(caller, verb, &done.key, done.before.map(|(_, modified)| modified), revision);
        let node = json!({ "key": done.key, "value": done.value });
        let body = match self.version {
            "v3" => node,
            _ => v2::wrote(verb, node, done.before.map_or(revision, |(created, _)| created), revision),
        };
        control_http::json(status, &body)
    }
}

/// The object that a write sends.
fn configuration(body: Option<Value>) -> Result<Value, Refusal> {
    match body {
        None => Err(Refusal::bad("missing configurations")),
        // The two are one and the same to the validator, and what is stored is an object.
        Some(Value::Array(items)) if items.is_empty() => Ok(Value::Object(Map::new())),
        Some(body) => Ok(body),
    }
}

/// Puts the id into an object: that of the URI is a text, one of the body stays as it was sent. Consumers have none.
pub(super) fn with_id(kind: Kind, mut body: Value, told: &str, named: bool) -> Value {
    if let Value::Object(fields) = &mut body
        && kind != Kind::Consumer
        && (named || fields.get("id").is_none_or(Value::is_null))
    {
        fields.insert("id".to_owned(), told.into());
    }
    body
}

/// Which times a write sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// `create_time` as it was or now, `update_time` now.
    Both,
    /// The client has set `update_time`.
    KeepUpdate,
}

/// Checks an object and puts it; gives what is stored.
pub(super) fn store(
    draft: &mut Draft<'_>,
    kind: Kind,
    id: &str,
    mut body: Value,
    before: Option<&Stored>,
    stamp: Stamp,
    ttl: Option<Duration>,
) -> Result<Value, Refusal> {
    let checked = draft.check(kind, id, &body)?;
    if let (Value::Object(fields), true) = (&mut body, kind != Kind::PluginMetadata) {
        let now = Value::from(draft.now_s());
        if !fields.contains_key("create_time") {
            let created = before.and_then(|b| json::parse(&b.bytes).ok()?.get("create_time").cloned());
            fields.insert("create_time".to_owned(), created.unwrap_or_else(|| now.clone()));
        }
        if stamp == Stamp::Both {
            fields.insert("update_time".to_owned(), now);
        }
    }
    Ok(draft.put(kind, id, body, checked, ttl)?)
}
