//! PUT and POST.

use std::sync::Arc;
use std::time::Duration;

use gateway_engine::upstream::{Balancer, Services};
use gateway_model::{Kind, ids, json, references};
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::answers::{self, Refusal};
use super::target::Place;
use super::{Api, Call, v2};
use crate::control_http::{self, Answer};
use crate::discovery;
use crate::state::{Draft, Stored, Written, keys};

/// What a write did.
pub(super) struct Done {
    pub(super) key: String,
    /// The object as stored, the secrets of its plugins encrypted.
    pub(super) value: Value,
    /// The revision that created it, where it was there before.
    pub(super) created: Option<u64>,
    /// What its author may want to know, though it was stored.
    pub(super) warnings: Vec<String>,
}

impl Api {
    pub(super) async fn put(&self, mut call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let body = configuration(call.body.take())?;
        let told = ids::put(place.kind, place.told().as_deref(), &body)?;
        if place.kind != Kind::PluginMetadata {
            ids::refuse_times(&body)?;
        }
        let (kind, ttl, named) = (place.kind, call.ttl, place.id.is_some());
        let id = place.stored(&told);
        let conditions = call.conditions.clone();
        let job = move |draft: &mut Draft<'_>| {
            let before = draft.tables().get(kind, &id).cloned();
            conditions.check(before.as_ref().map(|before| before.modified))?;
            let body = with_id(kind, body, &told, named);
            let done = store(draft, kind, &id, body, before.as_ref(), Stamp::Both, ttl)?;
            if conditions.rehearsal {
                draft.rehearse();
            }
            Ok(done)
        };
        let written = self.write(call.caller, "PUT", job).await?;
        let status = if written.answer.created.is_none() { StatusCode::CREATED } else { StatusCode::OK };
        Ok(self.wrote(&call, "PUT", status, written))
    }

    pub(super) async fn post(&self, mut call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let body = configuration(call.body.take())?;
        ids::post(place.kind, place.id.as_deref(), &body)?;
        ids::refuse_times(&body)?;
        let (kind, ttl, prefix) = (place.kind, call.ttl, place.prefix());
        let conditions = call.conditions.clone();
        let job = move |draft: &mut Draft<'_>| {
            conditions.check(None)?;
            let told = draft.generate_id(kind, &prefix);
            let id = format!("{prefix}{told}");
            let body = with_id(kind, body, &told, true);
            let done = store(draft, kind, &id, body, None, Stamp::Both, ttl)?;
            if conditions.rehearsal {
                draft.rehearse();
            }
            Ok(done)
        };
        let written = self.write(call.caller, "POST", job).await?;
        Ok(self.wrote(&call, "POST", StatusCode::CREATED, written))
    }

    /// The answer to a write.
    pub(super) fn wrote(&self, call: &Call<'_>, verb: &str, status: StatusCode, written: Written<Done>) -> Answer {
        let Written { answer: done, revision } = written;
        let node = json!({ "key": done.key, "value": done.value });
        let mut body = match self.version {
            "v3" => node,
            _ => v2::wrote(verb, node, done.created.unwrap_or(revision), revision),
        };
        if let (Value::Object(fields), true, false) = (&mut body, call.more, done.warnings.is_empty()) {
            fields.insert("warnings".to_owned(), json!(done.warnings));
        }
        let mut answer = control_http::json(status, &body);
        if !call.conditions.rehearsal {
            answers::entity_tag(&mut answer, revision);
        }
        answer
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

/// Checks an object and puts it.
pub(super) fn store(
    draft: &mut Draft<'_>,
    kind: Kind,
    id: &str,
    body: Value,
    before: Option<&Stored>,
    stamp: Stamp,
    ttl: Option<Duration>,
) -> Result<Done, Refusal> {
    let checked = match draft.check(kind, id, &body) {
        Ok(checked) => checked,
        Err(_) => return Err(Refusal::faults(draft.faults(kind, id, &body))),
    };
    let warnings = warnings(draft, kind, &checked);
    let body = complete(draft, kind, id, body, before, stamp);
    // What APISIX stores as it was sent is also answered so, however it is stored here.
    let sent = (kind == Kind::Secret).then(|| body.clone());
    let stored = draft.put(kind, id, body, checked, ttl)?;
    let value = sent.unwrap_or(stored);
    Ok(Done { key: keys::key(kind, id), value, created: before.map(|before| before.created), warnings })
}

/// An object with what it has and its sender does not send: times, and the service it belongs to.
pub(super) fn complete(
    draft: &Draft<'_>,
    kind: Kind,
    id: &str,
    mut body: Value,
    before: Option<&Stored>,
    stamp: Stamp,
) -> Value {
    if let (Kind::GraphqlCostDecoration, Value::Object(fields)) = (kind, &mut body)
        && let Some((service, _)) = kind.split_id(id)
    {
        fields.insert("service_id".to_owned(), service.into());
    }
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
    body
}

/// The upstreams that an object is or holds.
fn upstreams(kind: Kind, object: &Value) -> Vec<&Value> {
    let mut found: Vec<&Value> = match kind {
        Kind::Upstream => vec![object],
        _ => object.get("upstream").into_iter().collect(),
    };
    for rule in items(object.pointer("/plugins/traffic-split/rules")) {
        found.extend(items(rule.get("weighted_upstreams")).filter_map(|weighted| weighted.get("upstream")));
    }
    found
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// What APISIX knows of an upstream and this build does not.
fn upstream(upstream: &Value, registries: &Services) -> Vec<String> {
    let text = |field: &str| upstream.get(field).and_then(Value::as_str);
    let unknown = text("type").filter(|name| Balancer::from_name(name).is_none());
    let balancer = unknown.map(|name| format!("there is no balancer {name}: the upstream is used with roundrobin"));
    let registry = text("discovery_type").and_then(|name| discovery::warning(registries, name));
    balancer.into_iter().chain(registry).collect()
}

/// What is no fault and may be a mistake all the same.
fn warnings(draft: &Draft<'_>, kind: Kind, object: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    if kind == Kind::StreamRoute {
        warnings.push("streams are not served by this version: the route is checked and stored only".to_owned());
    }
    let secrets = references::secrets(object);
    let absent = secrets.iter().filter(|id| draft.tables().get(Kind::Secret, id).is_none());
    warnings.extend(absent.map(|id| format!("there is no secret {id}, which a reference names")));
    warnings.extend(draft.lacking(kind, object).into_iter().map(|why| format!("a reference leads nowhere: {why}")));
    let registries: Arc<Services> = draft.registry().states.get();
    warnings.extend(upstreams(kind, object).into_iter().flat_map(|of| upstream(of, &registries)));
    let (_, named) = references::targets(kind, object);
    let protos = named.iter().filter(|(kind, id)| *kind == Kind::Proto && draft.tables().get(*kind, id).is_none());
    warnings.extend(protos.map(|(_, id)| format!("there is no proto {id}, which grpc-transcode names")));
    warnings
}
