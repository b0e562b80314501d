//! Consumers and credentials on their way into the index: a change re-enters one consumer, whatever their number.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gateway_model::plugin::SchemaType;
use gateway_model::secret;
use serde_json::Value;

use super::Values;
use super::slots::Slots;
use crate::snapshot::compile::{self, CompileError, Plugins};
use crate::snapshot::consumers::{Consumer, Consumers, Credentialed};

/// A consumer, compiled.
pub(super) struct PreparedConsumer {
    consumer: Consumer,
    auth: Vec<PreparedCredential>,
}

/// What one auth plugin finds somebody by.
#[derive(Clone)]
pub(super) struct PreparedCredential {
    plugin: String,
    key: Box<[u8]>,
    conf: Arc<Value>,
}

#[derive(Default)]
struct Entry {
    consumer: Option<Arc<Consumer>>,
    auth: Vec<PreparedCredential>,
    credentials: BTreeMap<String, PreparedCredential>,
    indexed: Vec<(String, Arc<Credentialed>)>,
}

/// All consumers by name.
#[derive(Default)]
pub(super) struct ConsumerTable {
    entries: HashMap<String, Entry>,
}

/// Compiles a consumer: its auth plugins tell how it is found, the others run.
pub(super) fn prepare(
    value: &Value,
    plugins: &Plugins<'_>,
    groups: &mut Slots,
) -> Result<PreparedConsumer, CompileError> {
    let labels = value.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut auth = Vec::new();
    let mut run = Vec::new();
    for (name, conf) in compile::members(value.get("plugins")) {
        match plugins.registry.get(name) {
            Some(definition) if definition.spec.is_auth() => auth.extend(credential(plugins, name, conf)?),
            _ => run.extend(plugins.one(name, conf)?),
        }
    }
    let group = compile::id_of(value, "group_id").map(|id| {
        let slot = groups.reserve(&id);
        (id.into_boxed_str(), slot)
    });
    let consumer = Consumer {
        username: value.get("username").and_then(Value::as_str).unwrap_or_default().into(),
        custom_id: labels.get("custom_id").and_then(Value::as_str).map(Into::into),
        labels,
        group,
        plugins: run.into_boxed_slice(),
    };
    Ok(PreparedConsumer { consumer, auth })
}

/// Compiles a credential: it holds one auth plugin.
pub(super) fn prepare_credential(
    value: &Value,
    plugins: &Plugins<'_>,
) -> Result<Option<PreparedCredential>, CompileError> {
    for (name, conf) in compile::members(value.get("plugins")) {
        if let Some(made) = credential(plugins, name, conf)? {
            return Ok(Some(made));
        }
    }
    Ok(None)
}

/// `None` where the value it would be found by is missing, or a secret it is judged by: nobody is found by it (fail closed).
fn credential(plugins: &Plugins<'_>, name: &str, conf: &Value) -> Result<Option<PreparedCredential>, CompileError> {
    let Some(definition) = plugins.registry.get(name) else { return Ok(None) };
    let left_out = |why: &str| {
        if plugins.values != Values::Awaited {
            tracing::error!(
                object = plugins.parent,
                plugin = name,
                why,
                "a consumer is left out: nobody is let in by this"
            );
        }
        Ok(None)
    };
    // A reference to a secret is no secret: whoever sends its text must not be let in.
    if secret::holds_reference(conf) {
        return left_out("it refers to a secret that is not resolved");
    }
    let checked = match compile::checked(definition, SchemaType::Consumer, conf, plugins.values) {
        Ok(checked) => checked,
        Err(error) if plugins.values.lenient() => return left_out(&error),
        Err(error) => {
            return Err(CompileError(format!("failed to check the configuration of plugin {name} err: {error}")));
        }
    };
    let conf = checked.unwrap_or_else(|| conf.clone());
    let Some(key) = definition.spec.unique.and_then(|unique| conf.get(unique)).and_then(Value::as_str) else {
        return Ok(None);
    };
    let key = key.as_bytes().into();
    Ok(Some(PreparedCredential { plugin: name.to_owned(), key, conf: Arc::new(conf) }))
}

impl ConsumerTable {
    /// Puts a consumer in the place of the one of its name, or takes that one out, with its credentials.
    pub(super) fn install(&mut self, name: &str, made: Option<PreparedConsumer>, index: &mut Consumers) {
        let entry = self.entries.entry(name.to_owned()).or_default();
        match made {
            Some(made) => {
                entry.consumer = Some(Arc::new(made.consumer));
                entry.auth = made.auth;
            }
            None => {
                entry.consumer = None;
                entry.auth.clear();
            }
        }
        entry.enter(index);
        if entry.consumer.is_none() {
            index.remove_named(name);
            if entry.credentials.is_empty() {
                self.entries.remove(name);
            }
        }
    }

    /// The same for a credential, by its key below the consumers (`NAME/credentials/ID`).
    pub(super) fn install_credential(&mut self, key: &str, made: Option<PreparedCredential>, index: &mut Consumers) {
        let Some((name, id)) = key.split_once("/credentials/") else { return };
        let entry = self.entries.entry(name.to_owned()).or_default();
        match made {
            Some(made) => entry.credentials.insert(id.to_owned(), made),
            None => entry.credentials.remove(id),
        };
        entry.enter(index);
        if entry.consumer.is_none() && entry.credentials.is_empty() {
            self.entries.remove(name);
        }
    }
}

impl Entry {
    /// Makes the index say what the entry says.
    fn enter(&mut self, index: &mut Consumers) {
        for (plugin, found) in self.indexed.drain(..) {
            index.remove(&plugin, &found);
        }
        let Some(consumer) = &self.consumer else { return };
        index.put_named(consumer);
        let own = self.auth.iter().map(|c| (None, c));
        let credentials = self.credentials.iter().map(|(id, c)| (Some(id.as_str()), c));
        for (credential, made) in own.chain(credentials) {
            let found = Arc::new(Credentialed {
                consumer: Arc::clone(consumer),
                credential: credential.map(Into::into),
                key: made.key.clone(),
                conf: Arc::clone(&made.conf),
            });
            index.put(&made.plugin, Arc::clone(&found));
            self.indexed.push((made.plugin.clone(), found));
        }
    }
}
