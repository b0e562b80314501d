//! Rules about one object: its schema and those of its plugins, what it names, secrets, fields that are no longer used, and
//! what an upstream had better have.

use std::collections::HashMap;
use std::sync::Arc;

use gateway_model::check::{self, AnyExpression, Context, Invalid};
use gateway_model::{Kind, NoReferences, References};
use serde_json::Value;

use super::plugins::BUNDLED;
use super::{Findings, Rule, rules};
use crate::admin::field_of;
use crate::commands::desired::keeps_private_key;
use crate::files::Object;
use crate::links::{self, Known};
use crate::output::mask;
use crate::resources::{self, IdForm, Reference};
use crate::suggest;

pub(super) fn check(objects: &[Object], elsewhere: Option<Known>, findings: &mut Findings<'_>) {
    let absent = match elsewhere {
        Some(_) => "which is neither in these files nor on the server",
        None => "which is not in these files",
    };
    let mut known = elsewhere.unwrap_or_default();
    for object in objects {
        let key = (object.reference.resource.kind, object.reference.id.clone());
        known.0.insert(key, Some(Arc::new(object.value.clone())));
    }
    let mut owners: HashMap<(String, String), String> = HashMap::new();
    for object in objects {
        schema(object, findings);
        if let Err(message) = known.check(&object.reference, &object.value) {
            let field = field_of(&Value::Null, &message);
            findings.add(&rules::DANGLING, object, field.as_deref(), dangling(object, &known, absent, &message));
        }
        owner(object, &mut owners, findings);
        secrets(object, findings);
        deprecated(object, findings);
        upstreams(object, findings);
    }
}

/// Which of the objects that are named is nowhere, and which was probably meant.
fn dangling(object: &Object, known: &Known, absent: &str, message: &str) -> String {
    let named = links::named(object.reference.resource.kind, &object.value);
    let missing = named.into_iter().find(|(kind, id)| !known.exists(*kind, id));
    // Of the wrong type, or a consumer that the path names.
    let Some((kind, id)) = missing else { return plain(message).to_owned() };
    let there = known.0.iter().filter(|((of, _), value)| *of == kind && value.is_some());
    let ids = there.map(|((_, id), _)| id.as_str());
    let meant = suggest::nearest(&id, ids).map(|meant| format!(", did you mean \"{meant}\"?")).unwrap_or_default();
    let name = resources::of_kind(kind, &id).map_or_else(|| id.clone(), |reference| reference.to_string());
    format!("names {name}, {absent}{meant}")
}

/// What the server would refuse for its form.
fn schema(object: &Object, findings: &mut Findings<'_>) {
    let mut value = object.value.clone();
    if object.reference.resource.kind == Kind::Ssl {
        stand_in(&mut value);
    }
    for fault in faults(&object.reference, value) {
        findings.add(fault.rule, object, fault.path.as_deref(), fault.message);
    }
}

/// What is wrong with the form of an object, for people.
pub(crate) struct Fault {
    pub(crate) rule: &'static Rule,
    /// The JSON pointer of the field, where it is not the object itself.
    pub(crate) path: Option<String>,
    pub(crate) message: String,
}

impl Fault {
    /// Whether it is a plugin that nobody here knows.
    pub(crate) fn is_unknown_plugin(&self) -> bool {
        self.rule.id == rules::UNKNOWN_PLUGIN.id
    }
}

/// All faults in the form of an object.
pub(crate) fn faults(reference: &Reference, mut value: Value) -> Vec<Fault> {
    let context = Context::new(&*BUNDLED, &NoReferences, &AnyExpression);
    let nested = reference.resource.id.nested().and_then(|nested| nested.whole(&reference.id));
    let id = match (reference.resource.id, nested) {
        (_, Some((whole, own))) => {
            with_id(&mut value, own);
            whole
        }
        (IdForm::Username, _) => reference.id.clone(),
        _ => {
            with_id(&mut value, &reference.id);
            reference.id.clone()
        }
    };
    let found = check::faults(reference.resource.kind, &id, &value, &context);
    // A mask stands for a value that is fine.
    let masked = |fault: &Invalid| value.pointer(&fault.path).is_some_and(mask::holds_mask);
    let mut faults: Vec<Fault> = Vec::new();
    for fault in found.iter().filter(|fault| !masked(fault)).map(|fault| told(reference, &value, fault)) {
        // Two rules may come to the same.
        if !faults.iter().any(|other| other.path == fault.path && other.message == fault.message) {
            faults.push(fault);
        }
    }
    faults
}

fn with_id(value: &mut Value, id: &str) {
    if let Value::Object(fields) = value {
        fields.insert("id".to_owned(), id.into());
    }
}

/// A private key that the server keeps is not missing.
pub(crate) fn stand_in(value: &mut Value) {
    const KEPT: &str = "$env://KEPT";
    if !keeps_private_key(value) {
        return;
    }
    let more = value.get("certs").and_then(Value::as_array).map_or(0, Vec::len);
    let Value::Object(fields) = value else { return };
    fields.entry("key").or_insert_with(|| KEPT.into());
    if more > 0 {
        fields.entry("keys").or_insert_with(|| vec![Value::from(KEPT); more].into());
    }
}

/// Which fields are missing, where some sets of them were possible and none is whole.
fn missing(said: &str, value: &Value) -> Option<String> {
    let sets: Vec<Vec<&str>> = match said.strip_prefix("object matches none of the required: ") {
        Some(sets) => sets
            .split("] or [")
            .map(|set| set.split(',').map(|name| name.trim_matches(['[', ']', '"'])).collect())
            .collect(),
        None => {
            let sets = said.strip_prefix("exactly one of these must be there: ")?;
            sets.split(", ").map(|set| set.split(" and ").collect()).collect()
        }
    };
    let there = |name: &str| value.get(name).is_some();
    let lacking: Vec<Vec<&str>> =
        sets.into_iter().map(|set| set.into_iter().filter(|name| !there(name)).collect()).collect();
    let fewest = lacking.iter().map(Vec::len).min().filter(|fewest| *fewest > 0)?;
    let mut nearest: Vec<String> =
        lacking.iter().filter(|set| set.len() == fewest).map(|set| set.join(" and ")).collect();
    nearest.dedup();
    match nearest.as_slice() {
        [one] if fewest == 1 => Some(format!("{one} is missing")),
        [one] => Some(format!("{one} are missing")),
        several => Some(format!("one of these is missing: {}", several.join(", "))),
    }
}

/// A fault in words.
fn told(reference: &Reference, value: &Value, fault: &Invalid) -> Fault {
    let last = fault.path.rsplit('/').next().unwrap_or_default();
    let path = Some(fault.path.clone()).filter(|path| !path.is_empty());
    let said = if fault.reason().is_empty() { plain(&fault.message) } else { fault.reason() };
    let said = value.pointer(&fault.path).and_then(|value| missing(said, value)).unwrap_or_else(|| said.to_owned());
    let place = |said: &str| path.as_ref().map_or_else(|| said.to_owned(), |path| format!("{path}: {said}"));
    let meant = |meant: Option<&str>| meant.map(|meant| format!(", did you mean \"{meant}\"?")).unwrap_or_default();
    let (rule, message) = match fault.code {
        "unknown_plugin" => {
            let name = fault.message.split(['[', ']']).nth(1).unwrap_or(last);
            let meant = meant(suggest::nearest(name, BUNDLED.names()));
            (&rules::UNKNOWN_PLUGIN, format!("unknown plugin \"{name}\"{meant}"))
        }
        "plugin_not_built" => (&rules::NOT_BUILT, plain(fault.reason()).to_owned()),
        "additionalProperties" => {
            let name = said.rsplit(' ').next().unwrap_or_default();
            let known = fields_at(reference, &fault.path);
            let meant = meant(suggest::nearest(name, known.iter().map(String::as_str)));
            (&rules::UNKNOWN_FIELD, format!("unknown field \"{name}\"{meant}"))
        }
        "duplicate" => (&rules::DUPLICATE, place(&said)),
        _ => (&rules::SCHEMA, place(&said)),
    };
    Fault { rule, path, message }
}

/// The names that the schema has where there is one that it has not.
fn fields_at(reference: &Reference, path: &str) -> Vec<String> {
    let kind = reference.resource.kind;
    let mut steps: Vec<&str> = path.split('/').skip(1).collect();
    steps.pop();
    let plugin = match steps.as_slice() {
        ["plugins", plugin, rest @ ..] => Some((*plugin, rest.to_vec())),
        _ => None,
    };
    let (schema, steps) = match plugin {
        Some((plugin, rest)) => {
            use gateway_model::plugin::{PluginSpecs, SchemaType};
            let place = if matches!(kind, Kind::Consumer | Kind::Credential) {
                SchemaType::Consumer
            } else {
                SchemaType::Plugin
            };
            let schema = BUNDLED.get(plugin).and_then(|spec| spec.schema_for(place)?.value().ok());
            (schema, rest)
        }
        None => (gateway_model::schemas::json(reference.resource.schema()), steps),
    };
    let Some(schema) = schema else { return Vec::new() };
    let mut at = &schema;
    for step in steps {
        let step = match step.parse::<i64>() {
            Ok(index) => crate::filter::path::Step::Index(index),
            Err(_) => crate::filter::path::Step::Field(step.to_owned()),
        };
        match crate::schema::below(at, &step) {
            Some(below) => at = below,
            None => return Vec::new(),
        }
    }
    crate::schema::fields(at).into_iter().map(str::to_owned).collect()
}

fn plain(message: &str) -> &str {
    message.strip_prefix("invalid configuration: ").unwrap_or(message)
}

/// What requests find their consumer by must not be shared.
fn owner(object: &Object, owners: &mut HashMap<(String, String), String>, findings: &mut Findings<'_>) {
    const ATTRIBUTES: [(&str, &str); 4] =
        [("key-auth", "key"), ("basic-auth", "username"), ("jwt-auth", "key"), ("hmac-auth", "key_id")];
    if !matches!(object.reference.resource.kind, Kind::Consumer | Kind::Credential) {
        return;
    }
    for (plugin, attribute) in ATTRIBUTES {
        let pointer = format!("/plugins/{plugin}/{attribute}");
        let Some(value) = object.value.pointer(&pointer).and_then(Value::as_str) else { continue };
        if value == mask::MASK || mask::is_reference(value) {
            continue;
        }
        let name = object.reference.to_string();
        if let Some(other) = owners.insert((plugin.to_owned(), value.to_owned()), name.clone())
            && other != name
        {
            findings.add(&rules::DUPLICATE, object, Some(&pointer), format!("{pointer}: {other} has the same"));
        }
    }
}

/// What a mask would hide.
fn secrets(object: &Object, findings: &mut Findings<'_>) {
    fn walk(plain: &Value, masked: &Value, pointer: &mut String, found: &mut Vec<String>) {
        match (plain, masked) {
            (Value::Object(a), Value::Object(b)) => {
                for (name, plain) in a {
                    let length = pointer.len();
                    pointer.push_str(&format!("/{}", mask::escape(name)));
                    if let Some(masked) = b.get(name) {
                        walk(plain, masked, pointer, found);
                    }
                    pointer.truncate(length);
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                for (i, (plain, masked)) in a.iter().zip(b).enumerate() {
                    let length = pointer.len();
                    pointer.push_str(&format!("/{i}"));
                    walk(plain, masked, pointer, found);
                    pointer.truncate(length);
                }
            }
            (plain, masked) if mask::is_mask(masked) && !mask::is_mask(plain) => found.push(pointer.clone()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&object.value, &mask::masked(&object.value, false), &mut String::new(), &mut found);
    for pointer in found {
        let message = format!("{pointer} is a secret in plain text; $secret://... and $env://... say where one is");
        findings.add(&rules::PLAIN_SECRET, object, Some(&pointer), message);
    }
}

fn deprecated(object: &Object, findings: &mut Findings<'_>) {
    const FIELDS: [(Kind, &str, &str); 7] = [
        (Kind::Route, "/script", "plugins do what scripts did"),
        (Kind::Route, "/script_id", "plugins do what scripts did"),
        (Kind::Route, "/service_protocol", "the upstream's scheme says it"),
        (Kind::Service, "/script", "plugins do what scripts did"),
        (Kind::Upstream, "/k8s_deployment_info", "discovery_type: kubernetes finds nodes"),
        (Kind::Upstream, "/enable_websocket", "it belongs to routes and services"),
        (Kind::Route, "/upstream/enable_websocket", "it belongs to routes and services"),
    ];
    for (kind, pointer, instead) in FIELDS {
        if object.reference.resource.kind == kind && object.value.pointer(pointer).is_some() {
            let name = pointer.trim_start_matches('/').replace('/', ".");
            findings.add(&rules::DEPRECATED, object, Some(pointer), format!("{name} is no longer used: {instead}"));
        }
    }
}

/// The values of an upstream's `type` that choose something.
const BALANCERS: [&str; 4] = ["roundrobin", "chash", "least_conn", "ewma"];

fn upstreams(object: &Object, findings: &mut Findings<'_>) {
    let (upstream, pointer) = match object.reference.resource.kind {
        Kind::Upstream => (Some(&object.value), ""),
        _ => (object.value.get("upstream"), "/upstream"),
    };
    let Some(upstream) = upstream.filter(|upstream| upstream.is_object()) else { return };
    let place = Some(pointer).filter(|pointer| !pointer.is_empty());
    if upstream.get("timeout").is_none() && object.value.get("timeout").is_none() {
        findings.add(&rules::NO_TIMEOUT, object, place, "no timeout");
    }
    if let Some(balancer) = upstream.get("type").and_then(Value::as_str)
        && !BALANCERS.contains(&balancer)
    {
        let meant = suggest::nearest(balancer, BALANCERS);
        let meant = meant.map(|meant| format!(", did you mean \"{meant}\"?")).unwrap_or_default();
        let message = format!("unknown balancer \"{balancer}\"{meant}");
        findings.add(&rules::UNKNOWN_BALANCER, object, Some(&format!("{pointer}/type")), message);
    }
    let nodes = match upstream.get("nodes") {
        Some(Value::Array(nodes)) => nodes.len(),
        Some(Value::Object(nodes)) => nodes.len(),
        _ => 0,
    };
    if nodes > 1 && upstream.get("checks").is_none() {
        findings.add(&rules::NO_HEALTH_CHECK, object, place, format!("{nodes} nodes without health checks"));
    }
}
