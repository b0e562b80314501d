//! The stored objects in memory: their bytes as stored, and who refers to whom. No parsed form is kept.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;
use std::sync::Arc;

use gateway_model::plugin::PluginSpecs;
use gateway_model::references::{self, Owner, References};
use gateway_model::{Kind, json};
use gateway_store::keyring::Keyring;
use serde_json::Value;
use smallvec::SmallVec;

use super::secrets;

/// One stored object.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its JSON as stored: secrets encrypted.
    pub bytes: Arc<[u8]>,
    /// The revision that created it.
    pub created: u64,
    /// The revision that wrote it last.
    pub modified: u64,
    /// When it vanishes, in milliseconds since 1970.
    pub expires_ms: Option<u64>,
}

/// Those of one hash; mostly one.
type Owners = SmallVec<[(Kind, Arc<str>); 1]>;

/// All stored objects.
pub struct Tables {
    kinds: HashMap<Kind, BTreeMap<Arc<str>, Stored>>,
    /// Who names an object in a field of its own, and who in a plugin.
    users: HashMap<Target, BTreeSet<(Kind, Box<str>)>>,
    plugin_users: HashMap<Target, BTreeSet<(Kind, Box<str>)>>,
    /// Consumers and credentials by a keyed hash of what finds them: there may be very many, so the text is looked up in them.
    owners: HashMap<u64, Owners>,
    hasher: RandomState,
    /// Of all kinds but consumers and credentials, which are read again instead.
    links: HashMap<Target, Links>,
    /// The newest revision of each kind.
    newest: HashMap<Kind, u64>,
    /// Objects that cannot run, and why.
    rejected: BTreeMap<Target, Arc<str>>,
    /// Routes that could be made and are not served, and why.
    unserved: Vec<(Box<str>, Box<str>)>,
    /// What vanishes, by when.
    expiring: BTreeMap<u64, usize>,
    specs: Arc<dyn PluginSpecs + Send + Sync>,
    keyring: Option<Arc<Keyring>>,
}

type Target = (Kind, Box<str>);

/// What an object refers to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Links {
    fields: Vec<Target>,
    plugins: Vec<Target>,
    /// Auth plugin and the value that finds this consumer or credential.
    owned: Vec<(Box<str>, Box<str>)>,
}

/// What stood in the place of a change, to undo it.
pub(super) struct Undo {
    pub(super) kind: Kind,
    pub(super) id: Box<str>,
    before: Option<Stored>,
    links: Option<Links>,
    rejected: Option<Arc<str>>,
}

impl Tables {
    /// Empty tables. `keyring` decrypts what an index or check has to see in the clear.
    pub(super) fn new(specs: Arc<dyn PluginSpecs + Send + Sync>, keyring: Option<Arc<Keyring>>) -> Tables {
        Tables {
            kinds: HashMap::new(),
            users: HashMap::new(),
            plugin_users: HashMap::new(),
            owners: HashMap::new(),
            hasher: RandomState::new(),
            links: HashMap::new(),
            newest: HashMap::new(),
            rejected: BTreeMap::new(),
            unserved: Vec::new(),
            expiring: BTreeMap::new(),
            specs,
            keyring,
        }
    }

    /// An object as stored.
    pub fn get(&self, kind: Kind, id: &str) -> Option<&Stored> {
        self.kinds.get(&kind)?.get(id)
    }

    /// All objects of a kind in the order of their keys.
    pub fn iter(&self, kind: Kind) -> impl Iterator<Item = (&str, &Stored)> {
        self.kinds.get(&kind).into_iter().flatten().map(|(id, stored)| (&**id, stored))
    }

    /// Objects of a kind whose id begins with `prefix`.
    pub fn below<'a>(&'a self, kind: Kind, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Stored)> {
        let range = self
            .kinds
            .get(&kind)
            .map(|all| all.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded)));
        range
            .into_iter()
            .flatten()
            .map(|(id, stored)| (&**id, stored))
            .take_while(move |(id, _)| id.starts_with(prefix))
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.kinds.get(&kind).map_or(0, BTreeMap::len)
    }

    /// The newest revision that wrote an object of a kind; 0 when none has.
    pub fn newest(&self, kind: Kind) -> u64 {
        self.newest.get(&kind).copied().unwrap_or_default()
    }

    /// Stored objects that cannot run, with why: what they hold is unknown to this build, or wrong.
    pub fn rejected(&self) -> impl Iterator<Item = (Kind, &str, &str)> {
        let rejected = self.rejected.iter().map(|((kind, id), reason)| (*kind, &**id, &**reason));
        rejected.chain(self.unserved.iter().map(|(id, reason)| (Kind::Route, &**id, &**reason)))
    }

    /// An object in the clear; `None` where that cannot be had: its bytes are no JSON, or a secret cannot be decrypted.
    pub fn open(&self, kind: Kind, stored: &Stored) -> Option<Value> {
        let mut value = json::parse(&stored.bytes).ok()?;
        secrets::open(self.keyring.as_deref(), kind, &mut value, &*self.specs).ok()?;
        Some(value)
    }

    /// When the next object vanishes.
    pub(super) fn next_expiry(&self) -> Option<u64> {
        self.expiring.keys().next().copied()
    }

    /// Puts an object. `clear` is its checked form, to index it by.
    pub(super) fn put(&mut self, kind: Kind, id: &str, stored: Stored, clear: &Value) -> Undo {
        let links = self.links_of(kind, clear);
        let undo = self.unlink(kind, id);
        let id = self.insert(kind, id, stored);
        self.link(kind, &id, links);
        undo
    }

    /// Says which routes are not served, instead of what was known before.
    pub(super) fn serve_all_but<'r>(&mut self, unserved: impl Iterator<Item = (&'r str, &'r str)>) {
        self.unserved = unserved.map(|(id, reason)| (id.into(), reason.into())).collect();
    }

    /// Says that an object that was put cannot run. Writing it again, or deleting it, ends that.
    pub(super) fn reject(&mut self, kind: Kind, id: &str, reason: &str) {
        self.rejected.insert((kind, id.into()), reason.into());
    }

    /// Says which objects cannot run, and that all others can. Some of them may not be stored at all.
    pub(super) fn reject_only<'r>(&mut self, rejected: impl Iterator<Item = (Kind, &'r str, String)>) {
        self.rejected = rejected.map(|(kind, id, reason)| ((kind, id.into()), reason.into())).collect();
    }

    /// Takes an object out.
    pub(super) fn remove(&mut self, kind: Kind, id: &str) -> Undo {
        self.unlink(kind, id)
    }

    /// Undoes a change.
    pub(super) fn undo(&mut self, undo: Undo) {
        self.unlink(undo.kind, &undo.id);
        let Some(before) = undo.before else { return };
        let id = self.insert(undo.kind, &undo.id, before);
        if let Some(links) = undo.links {
            self.link(undo.kind, &id, links);
        }
        if let Some(reason) = undo.rejected {
            self.rejected.insert((undo.kind, undo.id), reason);
        }
    }

    /// Says which revision an object that was put has got, and which one created it.
    pub(super) fn stamp(&mut self, kind: Kind, id: &str, created: u64, modified: u64) {
        if let Some(stored) = self.kinds.get_mut(&kind).and_then(|all| all.get_mut(id)) {
            (stored.created, stored.modified) = (created, modified);
            let newest = self.newest.entry(kind).or_default();
            *newest = modified.max(*newest);
        }
    }

    fn insert(&mut self, kind: Kind, id: &str, stored: Stored) -> Arc<str> {
        let newest = self.newest.entry(kind).or_default();
        *newest = stored.modified.max(*newest);
        if let Some(at) = stored.expires_ms {
            *self.expiring.entry(at).or_default() += 1;
        }
        let id: Arc<str> = id.into();
        self.kinds.entry(kind).or_default().insert(Arc::clone(&id), stored);
        id
    }

    fn unlink(&mut self, kind: Kind, id: &str) -> Undo {
        let before = self.kinds.get_mut(&kind).and_then(|all| all.remove(id));
        if let Some(at) = before.as_ref().and_then(|b| b.expires_ms)
            && let Some(count) = self.expiring.get_mut(&at)
        {
            *count -= 1;
            if *count == 0 {
                self.expiring.remove(&at);
            }
        }
        let me: Target = (kind, id.into());
        let rejected = self.rejected.remove(&me);
        let links = match read_again(kind) {
            true => before.as_ref().map(|stored| self.links_of(kind, &self.reread(kind, stored))),
            false => self.links.remove(&me),
        };
        if let Some(links) = &links {
            for target in &links.fields {
                forget(&mut self.users, target, &me);
            }
            for target in &links.plugins {
                forget(&mut self.plugin_users, target, &me);
            }
            for (plugin, value) in &links.owned {
                let key = self.place(plugin, value);
                if let Some(owners) = self.owners.get_mut(&key) {
                    owners.retain(|(k, i)| (*k, &**i) != (kind, id));
                    if owners.is_empty() {
                        self.owners.remove(&key);
                    }
                }
            }
        }
        Undo { kind, id: me.1, before, links, rejected }
    }

    fn link(&mut self, kind: Kind, id: &Arc<str>, links: Links) {
        if links == Links::default() {
            return;
        }
        let me: Target = (kind, (&**id).into());
        for target in &links.fields {
            self.users.entry(target.clone()).or_default().insert(me.clone());
        }
        for target in &links.plugins {
            self.plugin_users.entry(target.clone()).or_default().insert(me.clone());
        }
        for (plugin, value) in &links.owned {
            let key = self.place(plugin, value);
            self.owners.entry(key).or_default().push((kind, Arc::clone(id)));
        }
        if !read_again(kind) {
            self.links.insert(me, links);
        }
    }

    /// Where the owners of a value are found.
    fn place(&self, plugin: &str, value: &str) -> u64 {
        self.hasher.hash_one((plugin, value))
    }

    /// What an object was put with, as far as its links go.
    fn reread(&self, kind: Kind, stored: &Stored) -> Value {
        let mut value = json::parse(&stored.bytes).unwrap_or_default();
        // What cannot be decrypted was put as it is.
        let _ = secrets::open(self.keyring.as_deref(), kind, &mut value, &*self.specs);
        value
    }

    fn links_of(&self, kind: Kind, clear: &Value) -> Links {
        let (fields, plugins) = references::targets(kind, clear);
        let boxed = |all: Vec<(Kind, String)>| all.into_iter().map(|(k, id)| (k, id.into())).collect();
        let mut fields = fields;
        fields.extend(references::secrets(clear).into_iter().map(|id| (Kind::Secret, id)));
        let mut links = Links { fields: boxed(fields), plugins: boxed(plugins), owned: Vec::new() };
        if matches!(kind, Kind::Consumer | Kind::Credential) {
            for (name, conf) in clear.get("plugins").and_then(Value::as_object).into_iter().flatten() {
                let attribute = self.specs.get(name).and_then(|spec| spec.unique);
                if let Some(value) = attribute.and_then(|a| conf.get(a)).and_then(Value::as_str) {
                    links.owned.push((name.as_str().into(), value.into()));
                }
            }
        }
        links
    }
}

/// The kinds of which there may be very many: what one refers to is read from it again when it goes.
fn read_again(kind: Kind) -> bool {
    matches!(kind, Kind::Consumer | Kind::Credential)
}

fn forget(users: &mut HashMap<Target, BTreeSet<(Kind, Box<str>)>>, target: &Target, me: &Target) {
    if let Some(set) = users.get_mut(target) {
        set.remove(me);
        if set.is_empty() {
            users.remove(target);
        }
    }
}

fn first_by(users: &HashMap<Target, BTreeSet<(Kind, Box<str>)>>, kind: Kind, id: &str, by: Kind) -> Option<String> {
    // Users are sorted by their kind.
    let (user, id) = users.get(&(kind, Box::from(id)))?.range((by, Box::from(""))..).next()?;
    (*user == by).then(|| id.to_string())
}

impl References for Tables {
    fn exists(&self, kind: Kind, id: &str) -> bool {
        self.get(kind, id).is_some()
    }

    fn get(&self, kind: Kind, id: &str) -> Option<Arc<Value>> {
        self.open(kind, Tables::get(self, kind, id)?).map(Arc::new)
    }

    fn each(&self, kind: Kind, visit: &mut dyn FnMut(&str, &Value) -> bool) {
        for (id, stored) in self.iter(kind) {
            if let Some(value) = self.open(kind, stored)
                && !visit(id, &value)
            {
                return;
            }
        }
    }

    fn owner(&self, plugin: &str, attribute: &str, value: &str, except: &Owner) -> Option<Owner> {
        // The index holds the one attribute of each plugin that must be unique.
        if self.specs.get(plugin).and_then(|spec| spec.unique) != Some(attribute) {
            return None;
        }
        let owners = self.owners.get(&self.place(plugin, value))?.iter();
        let mut others = owners.map(|(kind, id)| (*kind, id, Owner::of(*kind, id))).filter(|(_, _, o)| o != except);
        // Two texts may have one hash.
        let holds = |object: &Value| {
            let used = object.get("plugins").and_then(|p| p.get(plugin)).and_then(|conf| conf.get(attribute));
            used.and_then(Value::as_str) == Some(value)
        };
        let found = others.find(|(kind, id, _)| {
            let stored = Tables::get(self, *kind, id);
            stored.is_some_and(|stored| holds(&self.reread(*kind, stored)))
        });
        found.map(|(_, _, owner)| owner)
    }

    fn user(&self, kind: Kind, id: &str, by: Kind) -> Option<String> {
        first_by(&self.users, kind, id, by)
    }

    fn user_by_plugin(&self, kind: Kind, id: &str, by: Kind) -> Option<String> {
        first_by(&self.plugin_users, kind, id, by)
    }
}
