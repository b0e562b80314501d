//! Objects that hold references to secrets: compiled with what those lead to, and again when that changes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gateway_model::{Kind, secret};
use serde_json::Value;
use tokio::sync::watch;
use zeroize::Zeroize;

use super::{Change, Control};
use crate::secrets::{Found, Secrets, Subscription};
use crate::snapshot::pending::Pending;

type Key = (Kind, String);

/// What stands in the place of the references of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::snapshot) enum Values {
    /// It holds none.
    Plain,
    /// Their values.
    Known,
    /// Some are not known yet: what cannot run without them waits, and refuses meanwhile.
    Awaited,
    /// Some lead nowhere: what cannot run without them refuses.
    Missing,
}

impl Values {
    /// What cannot be compiled with what there is refuses, rather than the whole object being refused.
    pub(in crate::snapshot) fn lenient(self) -> bool {
        matches!(self, Values::Awaited | Values::Missing)
    }
}

/// An object with the values in place of its references; wiped when it is let go.
pub(super) struct Resolved {
    value: Value,
    pub(super) values: Values,
    held: Option<Held>,
}

impl Resolved {
    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// It is compiled though it cannot run with its values.
    pub(super) fn fails(&mut self) {
        if let Some(held) = &mut self.held {
            held.running = false;
        }
    }

    /// What is kept of it.
    pub(super) fn hold(mut self) -> Option<Held> {
        self.held.take()
    }
}

/// What is kept of an object that holds references.
pub(super) struct Held {
    /// As checked, references and all.
    value: Value,
    /// Its references, and which version of what each leads to it was compiled with.
    used: Vec<(Subscription, u64)>,
    /// It was compiled with all their values.
    running: bool,
    pending: bool,
    /// Who waits for it is woken when this is dropped.
    told: Option<watch::Sender<()>>,
}

impl Held {
    fn stale(&self) -> bool {
        self.used.iter().any(|(subscription, version)| subscription.version() != *version)
    }
}

/// All objects that hold references.
pub(super) struct References {
    secrets: Secrets,
    objects: HashMap<Key, Held>,
    users: HashMap<Arc<str>, HashSet<Key>>,
    /// Consumers and credentials that wait for a first answer, and those who wait for them.
    consumers: usize,
    consumers_told: Option<watch::Sender<()>>,
    /// Dropped when what they tell of is live.
    told: Vec<watch::Sender<()>>,
}

impl References {
    /// Why a reference to the environment leads nowhere.
    pub(super) fn lacking(&self, text: &str) -> Option<Arc<str>> {
        self.secrets.lacking(text)
    }

    pub(super) fn new(secrets: Secrets) -> References {
        References {
            secrets,
            objects: HashMap::new(),
            users: HashMap::new(),
            consumers: 0,
            consumers_told: None,
            told: Vec::new(),
        }
    }

    /// An object with what its references lead to; `None`: it holds none.
    pub(super) fn resolve(&self, kind: Kind, object: &Value) -> Option<Resolved> {
        if !secret::holds_reference(object) {
            return None;
        }
        let mut value = object.clone();
        let mut used: Vec<(Subscription, u64)> = Vec::new();
        let (mut pending, mut missing) = (false, false);
        secret::each_reference(kind, &mut value, &mut |text| {
            let subscription = self.secrets.subscribe(text);
            let (found, version) = subscription.found();
            match found {
                Found::Value(secret) => *text = secret.reveal().to_owned(),
                Found::Pending => pending = true,
                Found::Nothing(why) => {
                    missing = true;
                    let id = object.get(if kind == Kind::Consumer { "username" } else { "id" }).and_then(Value::as_str);
                    let object = format!("{} {}", kind.plural(), id.unwrap_or_default());
                    tracing::error!(object, reference = %text, %why, "a reference to a secret leads nowhere");
                }
            }
            used.push((subscription, version));
        });
        let values = match (pending, missing) {
            (true, _) => Values::Awaited,
            (false, true) => Values::Missing,
            (false, false) => Values::Known,
        };
        let held = Held { value: object.clone(), used, running: values == Values::Known, pending, told: None };
        (!held.used.is_empty()).then_some(Resolved { value, values, held: Some(held) })
    }

    /// Takes note of what was installed for an object, in the place of what stood there.
    fn note(&mut self, key: Key, held: Option<Held>, pending: &mut Pending) {
        if let Some(before) = self.objects.remove(&key) {
            for (subscription, _) in &before.used {
                if let Some(users) = self.users.get_mut(subscription.text()) {
                    users.remove(&key);
                    if users.is_empty() {
                        self.users.remove(subscription.text());
                    }
                }
            }
            self.settle(&key, before, pending);
        }
        let Some(mut held) = held else { return };
        for (subscription, _) in &held.used {
            self.users.entry(Arc::clone(subscription.text())).or_default().insert(key.clone());
        }
        if held.pending {
            match key.0 {
                Kind::Consumer | Kind::Credential => {
                    self.consumers += 1;
                    let told = self.consumers_told.get_or_insert_with(|| watch::Sender::new(()));
                    pending.consumers = Some(told.subscribe());
                }
                // Nobody waits for those: a plugin has none until then.
                Kind::PluginMetadata => {}
                kind => {
                    let told = watch::Sender::new(());
                    pending.put(kind, &key.1, told.subscribe());
                    held.told = Some(told);
                }
            }
        }
        self.objects.insert(key, held);
    }

    /// Nobody waits for an object any more.
    fn settle(&mut self, key: &Key, mut held: Held, pending: &mut Pending) -> Held {
        if !std::mem::replace(&mut held.pending, false) {
            return held;
        }
        match key.0 {
            Kind::Consumer | Kind::Credential => {
                self.consumers = self.consumers.saturating_sub(1);
                if self.consumers == 0 {
                    self.told.extend(self.consumers_told.take());
                    pending.consumers = None;
                }
            }
            kind => {
                pending.remove(kind, &key.1);
                self.told.extend(held.told.take());
            }
        }
        held
    }

    /// Who waited for what is live now goes on.
    pub(super) fn published(&mut self) {
        self.told.clear();
    }
}

impl Control {
    /// References lead elsewhere than before: the objects that hold them are compiled anew, and no others.
    pub fn answered(&mut self, references: &[Arc<str>]) {
        let mut changed = false;
        for key in self.users(references) {
            changed |= self.recompile(&key);
        }
        if changed {
            let revision = self.next.revision;
            self.publish(revision);
        }
    }

    /// The same for all references, after a time in which nobody listened to their answers.
    pub(super) fn answered_all(&mut self) -> bool {
        let stale: Vec<Key> =
            self.references.objects.iter().filter(|(_, held)| held.stale()).map(|(key, _)| key.clone()).collect();
        let mut changed = false;
        for key in stale {
            changed |= self.recompile(&key);
        }
        changed
    }

    /// The object of a secret manager has been put or deleted.
    pub(super) fn install_manager(&mut self, id: &str, conf: Option<&Value>) {
        let touched = self.references.secrets.set_manager(id, conf);
        for key in self.users(&touched) {
            self.recompile(&key);
        }
    }

    fn users(&self, references: &[Arc<str>]) -> HashSet<Key> {
        references.iter().filter_map(|text| self.references.users.get(text)).flatten().cloned().collect()
    }

    /// Takes note of what was installed for an object. Where its secrets have changed meanwhile, it is compiled again.
    pub(super) fn note_references(&mut self, kind: Kind, id: String, held: Option<Held>) {
        let key = (kind, id);
        if held.is_none() && !self.references.objects.contains_key(&key) {
            return;
        }
        let stale = held.as_ref().is_some_and(Held::stale);
        self.references.note(key.clone(), held, &mut self.next.pending);
        if stale {
            self.recompile(&key);
        }
    }

    /// Compiles an object with what its references lead to now; whether anything has changed.
    fn recompile(&mut self, key: &Key) -> bool {
        let Some(held) = self.references.objects.get(key) else { return false };
        if !held.stale() {
            return false;
        }
        let waits = held.used.iter().any(|(subscription, _)| subscription.found().0 == Found::Pending);
        if held.pending && waits {
            return false;
        }
        let was_running = held.running;
        let change = Change { kind: key.0, id: key.1.clone(), value: Some(held.value.clone()) };
        let prepared = match self.prepare(&change) {
            Err(error) if was_running => {
                let object = format!("{} {}", key.0.plural(), key.1);
                tracing::error!(object, %error, "with what a reference to a secret leads to now it cannot run; it stays as it was");
                self.seen(key);
                return false;
            }
            Err(_) => self.prepare_with(&change, true),
            prepared => prepared,
        };
        match prepared {
            Ok(prepared) => self.install(prepared),
            Err(error) => {
                let object = format!("{} {}", key.0.plural(), key.1);
                tracing::error!(object, %error, "with what a reference to a secret leads to it cannot run");
                self.seen(key);
            }
        }
        true
    }

    /// An object stays as it is, whatever its references lead to now.
    fn seen(&mut self, key: &Key) {
        let Some(held) = self.references.objects.remove(key) else { return };
        let mut held = self.references.settle(key, held, &mut self.next.pending);
        for (subscription, version) in &mut held.used {
            *version = subscription.version();
        }
        self.references.objects.insert(key.clone(), held);
    }
}

impl Drop for Resolved {
    fn drop(&mut self) {
        wipe(&mut self.value);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        _ => {}
    }
}
