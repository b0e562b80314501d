//! What one write wants, while it is being validated.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gateway_engine::expr::Expr;
use gateway_engine::plugin::Registry;
use gateway_engine::snapshot::{Change, Control, Prepared};
use gateway_model::check::{self, Context, Expressions, Invalid};
use gateway_model::plugin::PluginSpecs;
use gateway_model::references::{Owner, References};
use gateway_model::{Kind, ids};
use gateway_store::Op;
use gateway_store::keyring::Keyring;
use serde_json::Value;

use super::tables::{Stored, Tables, Undo};
use super::{keys, secrets};

/// A write in the making: sees the tables with everything written before it, and its own changes.
pub struct Draft<'a> {
    pub(super) tables: &'a mut Tables,
    pub(super) control: &'a mut Control,
    pub(super) registry: &'a Registry,
    pub(super) keyring: Option<&'a Keyring>,
    pub(super) revision: u64,
    pub(super) now_ms: u64,
    pub(super) wants: Wants,
}

/// What a draft has recorded.
#[derive(Default)]
pub(super) struct Wants {
    pub(super) ops: Vec<Op>,
    pub(super) prepared: Vec<Prepared>,
    pub(super) undo: Vec<Undo>,
    /// Nothing of it is to happen.
    pub(super) rehearsal: bool,
    touched: HashSet<String>,
}

/// The engine's expression language, for the checks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Language;

impl Expressions for Language {
    fn check_vars(&self, expression: &Value) -> Result<(), String> {
        Expr::parse(expression).map(drop).map_err(|e| e.to_string())
    }
}

/// A configuration that has whatever one asks for, and nobody who is found by the same.
struct Anything;

impl References for Anything {
    fn exists(&self, _: Kind, _: &str) -> bool {
        true
    }

    fn get(&self, _: Kind, _: &str) -> Option<Arc<Value>> {
        None
    }

    fn each(&self, _: Kind, _: &mut dyn FnMut(&str, &Value) -> bool) {}

    fn owner(&self, _: &str, _: &str, _: &str, _: &Owner) -> Option<Owner> {
        None
    }
}

impl<'a> Draft<'a> {
    /// The plugins of this process.
    pub(crate) fn registry(&self) -> &'a Registry {
        self.registry
    }

    /// The stored objects as this write finds them.
    pub fn tables(&self) -> &Tables {
        self.tables
    }

    /// Says which objects cannot run of a configuration that comes whole, instead of what was known before.
    pub(crate) fn reject_only<'r>(&mut self, rejected: impl Iterator<Item = (Kind, &'r str, String)>) {
        self.tables.reject_only(rejected);
    }

    /// The revision this write gets if it succeeds.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Nothing of this write is to happen: it is only checked and answered.
    pub fn rehearse(&mut self) {
        self.wants.rehearsal = true;
    }

    /// The wall clock, in seconds since 1970.
    pub fn now_s(&self) -> u64 {
        self.now_ms / 1000
    }

    /// Why references to the environment in an object lead nowhere.
    pub fn lacking(&self, kind: Kind, object: &Value) -> Vec<Arc<str>> {
        self.control.lacking(kind, object)
    }

    /// Checks an object in the clear; gives it with all defaults.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, kind: Kind, id: &str, value: &Value) -> Result<Value, Invalid> {
        self.context(|cx| check::object(kind, id, value, cx))
    }

    /// The same of an object alone: whatever it names is taken to be there, and what finds it to be its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check_alone(&self, kind: Kind, id: &str, value: &Value) -> Result<Value, Invalid> {
        self.within(&Anything, |cx| check::object(kind, id, value, cx))
    }

    /// Everything that is wrong with an object, what [`Draft::check`] says first.
    pub fn faults(&self, kind: Kind, id: &str, value: &Value) -> Vec<Invalid> {
        self.context(|cx| check::faults(kind, id, value, cx))
    }

    /// The same of an object alone, as [`Draft::check_alone`] looks at it.
    pub(crate) fn faults_alone(&self, kind: Kind, id: &str, value: &Value) -> Vec<Invalid> {
        self.within(&Anything, |cx| check::faults(kind, id, value, cx))
    }

    fn context<T>(&self, look: impl FnOnce(&Context<'_>) -> T) -> T {
        self.within(&*self.tables, look)
    }

    fn within<T>(&self, references: &dyn References, look: impl FnOnce(&Context<'_>) -> T) -> T {
        // What no key opens comes back as it was.
        let decrypt = self.keyring.map(|ring| {
            move |text: &str| match ring.decrypt(text) {
                Ok(plain) if plain != text => Some(plain.into_owned()),
                _ => None,
            }
        });
        let decrypt = decrypt.as_ref().map(|f| f as &dyn Fn(&str) -> Option<String>);
        let cx = Context { decrypt, ..Context::new(self.registry as &dyn PluginSpecs, references, &Language) };
        look(&cx)
    }

    /// Puts an object: `value` as it is to be stored, in the clear; `checked` what [`Draft::check`] gave for it. Gives the object
    /// as stored, secrets encrypted.
    ///
    /// # Errors
    /// It cannot be made to run.
    pub fn put(
        &mut self,
        kind: Kind,
        id: &str,
        mut value: Value,
        checked: Value,
        ttl: Option<Duration>,
    ) -> Result<Value, Invalid> {
        if secrets::holds_sealed(kind, &mut value, self.registry) {
            // So it was read where the key is missing. The ciphertext must not become the secret.
            let message = "a secret of a plugin is in its encrypted form; send it in the clear";
            return Err(Invalid::new("keyring", message));
        }
        let mut clear = checked;
        secrets::open_keys(self.keyring, kind, &mut clear, self.registry);
        let change = Change { kind, id: id.to_owned(), value: Some(clear) };
        let prepared = self.control.prepare(&change).map_err(|e| Invalid::new("compile", e.to_string()))?;
        secrets::seal(self.keyring, kind, &mut value, self.registry)
            .map_err(|e| Invalid { status: 500, ..Invalid::new("keyring", e.to_string()) })?;
        let bytes = value.to_string().into_bytes();
        let before = self.tables.get(kind, id);
        let expires_ms = ttl.map(|ttl| self.now_ms.saturating_add(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)));
        let stored = Stored {
            bytes: bytes.as_slice().into(),
            created: before.map_or(self.revision, |b| b.created),
            modified: self.revision,
            expires_ms,
        };
        let clear = change.value.unwrap_or_default();
        self.wants.undo.push(self.tables.put(kind, id, stored, &clear));
        self.wants.prepared.push(prepared);
        self.record(Op::Put { key: keys::key(kind, id), value: bytes, ttl });
        Ok(value)
    }

    /// Takes an object out; `false` when there is none.
    ///
    /// # Errors
    /// What is left cannot be made to run.
    pub fn delete(&mut self, kind: Kind, id: &str) -> Result<bool, Invalid> {
        if self.tables.get(kind, id).is_none() {
            return Ok(false);
        }
        let change = Change { kind, id: id.to_owned(), value: None };
        let prepared = self.control.prepare(&change).map_err(|e| Invalid::new("compile", e.to_string()))?;
        self.wants.undo.push(self.tables.remove(kind, id));
        self.wants.prepared.push(prepared);
        self.record(Op::Delete { key: keys::key(kind, id) });
        Ok(true)
    }

    /// A new id for an object, of which `prefix` comes before it in the store: the revision of this write, with leading zeros to 20 digits; a later one where somebody has taken
    /// that by hand.
    pub fn generate_id(&mut self, kind: Kind, prefix: &str) -> String {
        self.record(Op::Put { key: format!("{}/gen_id", keys::PREFIX), value: b"1".to_vec(), ttl: None });
        let mut number = self.revision;
        loop {
            let id = ids::generated(number);
            if self.tables.get(kind, &format!("{prefix}{id}")).is_none() {
                return id;
            }
            number += 1;
        }
    }

    /// A transaction names a key once: of several operations on one, the last stands.
    fn record(&mut self, op: Op) {
        if !self.wants.touched.insert(op.key().to_owned()) {
            self.wants.ops.retain(|earlier| earlier.key() != op.key());
        }
        self.wants.ops.push(op);
    }
}
