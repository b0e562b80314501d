//! Loading the stored configuration when the process starts.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use gateway_engine::snapshot::{Change, Control};
use gateway_model::check::{self, Context};
use gateway_model::plugin::PluginSpecs;
use gateway_model::{Kind, NoReferences, json};
use gateway_store::keyring::Keyring;
use gateway_store::{Kv, Store, StoreError};

use super::draft::Language;
use super::tables::{Stored, Tables};
use super::{keys, secrets};

/// What others refer to is loaded first.
const ORDER: [Kind; 14] = [
    Kind::Secret,
    Kind::Ssl,
    Kind::Proto,
    Kind::Upstream,
    Kind::Service,
    Kind::PluginConfig,
    Kind::PluginMetadata,
    Kind::ConsumerGroup,
    Kind::Consumer,
    Kind::Credential,
    Kind::GlobalRule,
    Kind::Route,
    Kind::StreamRoute,
    Kind::GraphqlCostDecoration,
];

/// Reads the store, fills the tables and makes everything live with one publication; gives the revision of all that.
pub(super) fn load(
    store: &dyn Store,
    control: &mut Control,
    tables: &mut Tables,
    keyring: Option<&Keyring>,
) -> Result<u64, StoreError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    store.expire(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))?;
    let loaded = store.load()?;
    for damage in &loaded.set_aside {
        tracing::error!(
            what = damage.what,
            reason = damage.reason,
            outcome = damage.outcome,
            restored = damage.restored,
            "damage was found in the store"
        );
    }
    let registry = Arc::clone(&control.shared().registry);
    let specs: &dyn PluginSpecs = &*registry;
    let mut by_kind: Vec<Vec<(String, Kv)>> = ORDER.iter().map(|_| Vec::new()).collect();
    for kv in loaded.kvs {
        let Some((kind, id)) = keys::parse(&kv.key) else { continue };
        if let Some(list) = ORDER.iter().position(|k| *k == kind).and_then(|at| by_kind.get_mut(at)) {
            list.push((id.to_owned(), kv));
        }
    }
    for (kind, list) in ORDER.into_iter().zip(by_kind) {
        for (id, kv) in list {
            if let Err(reason) = enter(kind, &id, kv, control, tables, keyring, specs) {
                tracing::error!(key = keys::key(kind, &id), reason, "a stored object cannot run and is left out");
                tables.reject(kind, &id, &reason);
            }
        }
    }
    tables.serve_all_but(control.unserved());
    control.publish(loaded.revision);
    Ok(loaded.revision)
}

/// The stored objects with secrets that are encrypted under a generated ring: without its file nobody can read them.
///
/// # Errors
/// The store cannot be read.
pub(crate) fn sealed(store: &dyn Store, specs: &dyn PluginSpecs) -> Result<Vec<String>, StoreError> {
    let objects = store.load()?.kvs.into_iter().filter(|kv| {
        let Some((kind, _)) = keys::parse(&kv.key) else { return false };
        json::parse(&kv.value).is_ok_and(|mut value| secrets::open(None, kind, &mut value, specs).is_err())
    });
    Ok(objects.map(|kv| kv.key).collect())
}

/// Enters one object into the tables, and into what runs if it passes its checks.
fn enter(
    kind: Kind,
    id: &str,
    kv: Kv,
    control: &mut Control,
    tables: &mut Tables,
    keyring: Option<&Keyring>,
    specs: &dyn PluginSpecs,
) -> Result<(), String> {
    let stored =
        Stored { bytes: kv.value, created: kv.create_revision, modified: kv.mod_revision, expires_ms: kv.expires_ms };
    let mut value = match json::parse(&stored.bytes) {
        Ok(value) => value,
        Err(error) => {
            tables.put(kind, id, stored, &serde_json::Value::Null);
            return Err(error);
        }
    };
    if let Err(error) = secrets::open(keyring, kind, &mut value, specs) {
        tables.put(kind, id, stored, &value);
        return Err(error.to_string());
    }
    let cx = Context::new(specs, &NoReferences, &Language);
    let checked = match check::object(kind, id, &value, &cx) {
        Ok(checked) => checked,
        Err(error) => {
            tables.put(kind, id, stored, &value);
            return Err(error.message);
        }
    };
    let change = Change { kind, id: id.to_owned(), value: Some(checked) };
    let prepared = control.prepare(&change);
    tables.put(kind, id, stored, change.value.as_ref().unwrap_or(&value));
    control.install(prepared.map_err(|e| e.to_string())?);
    Ok(())
}
