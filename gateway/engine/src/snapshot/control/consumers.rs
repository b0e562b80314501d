//! Consumers and credentials on their way into the index: a change re-enters one consumer, whatever their number.

use std::any::Any;
use std::sync::Arc;

use gateway_model::plugin::SchemaType;
use gateway_model::secret;
use serde_json::Value;
use smallvec::SmallVec;

use super::Values;
use super::slots::Slots;
use crate::snapshot::compile::{self, CompileError, Plugins};
use crate::snapshot::consumers::{Consumer, Consumers, Credentialed, Named};
use crate::snapshot::labels::Labels;

/// A consumer, compiled.
pub(super) struct PreparedConsumer {
    consumer: Consumer,
    auth: Vec<PreparedCredential>,
}

/// What one auth plugin finds somebody by.
pub(super) struct PreparedCredential {
    plugin: Arc<str>,
    key: SmallVec<[u8; 32]>,
    secret: Option<Arc<dyn Any + Send + Sync>>,
}

/// Compiles a consumer: its auth plugins tell how it is found, the others run.
pub(super) fn prepare(
    value: &Value,
    plugins: &Plugins<'_>,
    groups: &mut Slots,
) -> Result<PreparedConsumer, CompileError> {
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
        // Given with the key it is installed under.
        username: Box::default(),
        labels: value.get("labels").and_then(Value::as_object).map(Labels::new).unwrap_or_default(),
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
    let secret = match plugins.registry.credentials.map_or(Ok(None), |make| make(name, &conf)) {
        Ok(secret) => secret,
        Err(error) => return left_out(&error),
    };
    let key = SmallVec::from_slice(key.as_bytes());
    Ok(plugins.registry.name(name).map(|plugin| PreparedCredential { plugin, key, secret }))
}

/// Puts a consumer in the place of the one of its name, or takes that one out. Its credentials stay: without it they find nobody.
pub(super) fn install(name: &str, made: Option<PreparedConsumer>, index: &mut Consumers) {
    let before = index.take(name);
    let credentials = before.iter().flat_map(|named| &named.keys).filter(|key| key.credential.is_some());
    let (consumer, auth, present) = match made {
        Some(made) => (Arc::new(Consumer { username: name.into(), ..made.consumer }), made.auth, true),
        None => (Arc::new(Consumer { username: name.into(), ..Consumer::default() }), Vec::new(), false),
    };
    let mut keys: Vec<Arc<Credentialed>> = auth.into_iter().map(|made| Arc::new(made.of(&consumer, None))).collect();
    keys.extend(credentials.map(|key| {
        Arc::new(Credentialed {
            consumer: Arc::clone(&consumer),
            credential: key.credential.clone(),
            plugin: Arc::clone(&key.plugin),
            key: key.key.clone(),
            secret: key.secret.clone(),
        })
    }));
    enter(Named { consumer, present, keys: keys.into() }, index);
}

/// The same for a credential, by its key below the consumers (`NAME/credentials/ID`).
pub(super) fn install_credential(key: &str, made: Option<PreparedCredential>, index: &mut Consumers) {
    let Some((name, id)) = key.split_once("/credentials/") else { return };
    let before = index.take(name);
    let (consumer, present) = match &before {
        Some(named) => (Arc::clone(&named.consumer), named.present),
        None => (Arc::new(Consumer { username: name.into(), ..Consumer::default() }), false),
    };
    let others = before.iter().flat_map(|named| &named.keys).filter(|key| key.credential.as_deref() != Some(id));
    let mut keys: Vec<Arc<Credentialed>> = others.cloned().collect();
    keys.extend(made.map(|made| Arc::new(made.of(&consumer, Some(id.into())))));
    enter(Named { consumer, present, keys: keys.into() }, index);
}

/// Enters a name, unless there is nothing to it.
fn enter(named: Named, index: &mut Consumers) {
    if named.present || !named.keys.is_empty() {
        index.enter(named);
    }
}

impl PreparedCredential {
    fn of(self, consumer: &Arc<Consumer>, credential: Option<Box<str>>) -> Credentialed {
        let PreparedCredential { plugin, key, secret } = self;
        Credentialed { consumer: Arc::clone(consumer), credential, plugin, key, secret }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(key: &str) -> PreparedCredential {
        PreparedCredential { plugin: "key-auth".into(), key: SmallVec::from_slice(key.as_bytes()), secret: None }
    }

    fn consumer(key: &str) -> PreparedConsumer {
        PreparedConsumer { consumer: Consumer::default(), auth: vec![by(key)] }
    }

    fn found(index: &Consumers, key: &str) -> Option<(String, Option<String>)> {
        let found = index.find("key-auth", key.as_bytes())?;
        Some((found.username().to_owned(), found.credential_id().map(str::to_owned)))
    }

    #[test]
    fn credentials_follow_their_consumer() {
        let mut index = Consumers::default();
        let jack = |id: Option<&str>| Some(("jack".to_owned(), id.map(str::to_owned)));
        install_credential("jack/credentials/a", Some(by("key-a")), &mut index);
        assert_eq!(found(&index, "key-a"), None, "its consumer is not there yet");
        assert!(index.named("jack").is_none());
        install("jack", Some(consumer("own")), &mut index);
        assert_eq!((found(&index, "own"), found(&index, "key-a")), (jack(None), jack(Some("a"))));
        install_credential("jack/credentials/b", Some(by("key-b")), &mut index);
        install_credential("jack/credentials/a", Some(by("other")), &mut index);
        let old = index.clone();
        install("jack", Some(consumer("new")), &mut index);
        for (key, expected) in [
            ("own", None),
            ("key-a", None),
            ("new", jack(None)),
            ("other", jack(Some("a"))),
            ("key-b", jack(Some("b"))),
        ] {
            assert_eq!(found(&index, key), expected, "{key}");
        }
        install("jack", None, &mut index);
        assert!(["new", "other", "key-b"].iter().all(|key| found(&index, key).is_none()));
        assert!(index.named("jack").is_none());
        install("jack", Some(consumer("own")), &mut index);
        assert_eq!(found(&index, "key-b"), jack(Some("b")));
        install_credential("jack/credentials/b", None, &mut index);
        install_credential("nobody/credentials/b", None, &mut index);
        assert_eq!((found(&index, "key-b"), found(&index, "other")), (None, jack(Some("a"))));
        assert_eq!(found(&old, "own"), jack(None), "an old version stays as it was");
        assert!(index.find("basic-auth", b"own").is_none());
    }
}
