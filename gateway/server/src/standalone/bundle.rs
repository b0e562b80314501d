//! A configuration that comes whole: what its lists hold, and how the present one becomes it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gateway_model::check::{self, Context, Invalid};
use gateway_model::plugin::PluginSpecs;
use gateway_model::references::{Owner, References, id_text};
use gateway_model::{Kind, json};
use serde_json::Value;

use crate::state::{Draft, Language, Stored};

/// One object of a bundle.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    /// As the store knows it: of a credential `NAME/credentials/ID`, of a secret `MANAGER/ID`.
    pub(crate) id: String,
    /// The object, without what only a bundle has (`modifiedIndex`).
    pub(crate) value: Value,
    /// `modifiedIndex`, where it has one.
    pub(crate) index: Option<Value>,
    /// Where it stands, for people.
    pub(crate) place: String,
}

/// An object that does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// Where it stands.
    pub(crate) place: String,
    /// What is wrong with it.
    pub(crate) reason: String,
    /// It ran before, and its last good form goes on.
    pub(crate) kept: bool,
}

/// What others refer to comes first.
pub(crate) const ORDER: [Kind; 12] = [
    Kind::Secret,
    Kind::Ssl,
    Kind::Proto,
    Kind::Upstream,
    Kind::Service,
    Kind::PluginConfig,
    Kind::PluginMetadata,
    Kind::ConsumerGroup,
    Kind::Consumer,
    Kind::GlobalRule,
    Kind::Route,
    Kind::StreamRoute,
];

impl Item {
    /// The object at `index` (from 0) of the list of a kind. Where nothing names it, its place does: `arr_1`.
    pub(crate) fn read(kind: Kind, index: usize, mut value: Value, place: String) -> Item {
        let (kind, id) = identity(kind, &value);
        let mut modified = None;
        if let Value::Object(fields) = &mut value {
            modified = fields.shift_remove("modifiedIndex");
            match (kind, kind.split_id(&id)) {
                // A credential's own id is the last part.
                (Kind::Credential, Some((_, short))) => drop(fields.insert("id".to_owned(), short.into())),
                // That of a consumer is its name.
                (Kind::Consumer, _) => drop(fields.shift_remove("id")),
                _ => {}
            }
        }
        let id = if id.is_empty() { format!("arr_{}", index + 1) } else { id };
        Item { kind, id, value, index: modified, place }
    }

    /// Whether it is metadata that names no plugin: APISIX passes over it in silence.
    pub(crate) fn is_nobodys(&self) -> bool {
        self.kind == Kind::PluginMetadata && self.value.get("id").is_none()
    }

    /// Checks it alone: what it refers to may come later.
    ///
    /// # Errors
    /// The checker's own text.
    fn check(&self, specs: &dyn PluginSpecs, references: &dyn References) -> Result<Value, String> {
        if !self.value.is_object() {
            return Err("wrong type: expected object".to_owned());
        }
        if self.is_nobodys() {
            return Err("missing plugin name".to_owned());
        }
        named(self.kind, &self.id)?;
        let cx = Context::new(specs, references, &Language);
        check::object(self.kind, &self.id, &self.value, &cx).map_err(|invalid| invalid.message)
    }

    /// Everything that is wrong with it, what [`Item::check`] says first.
    pub(super) fn faults(&self, specs: &dyn PluginSpecs, references: &dyn References) -> Vec<Invalid> {
        let Err(first) = self.check(specs, references) else { return Vec::new() };
        let cx = Context::new(specs, references, &Language);
        let all = check::faults(self.kind, &self.id, &self.value, &cx);
        if all.is_empty() { vec![Invalid::new("item", first)] } else { all }
    }
}

/// The kind and id of an item of a list, the id empty where nothing names it: credentials are consumers with an id of their own form.
pub(crate) fn identity(kind: Kind, item: &Value) -> (Kind, String) {
    let id = item.get("id").and_then(id_text);
    match (kind, id) {
        (Kind::Consumer, Some(id)) if id.contains("/credentials/") => (Kind::Credential, id),
        (Kind::Consumer, _) => (kind, item.get("username").and_then(id_text).unwrap_or_default()),
        (kind, id) => (kind, id.unwrap_or_default()),
    }
}

/// Ids of more than one part are what the path says elsewhere, which the schema of the object does not see.
///
/// # Errors
/// It cannot be one.
pub(crate) fn named(kind: Kind, id: &str) -> Result<(), String> {
    match kind {
        Kind::Secret if !id.split_once('/').is_some_and(|(manager, id)| !manager.is_empty() && is_name(id)) => {
            Err(format!("invalid secret id: {id}"))
        }
        Kind::Credential if !kind.split_id(id).is_some_and(|(consumer, _)| is_name(consumer)) => {
            Err(format!("invalid credential id: {id}"))
        }
        _ => Ok(()),
    }
}

/// What names of consumers and managers are made of.
fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The text of the second of two items that share an id.
pub(crate) fn duplicate(kind: Kind, id: &str) -> String {
    match kind {
        Kind::Consumer => format!("found duplicate username {id} in consumers"),
        Kind::Credential => format!("found duplicate credential id {id} in consumers"),
        kind => format!("found duplicate id {id} in {}", kind.plural()),
    }
}

/// The objects of which there are lists: with consumers come their credentials.
pub(crate) fn kinds_of(list: Kind) -> &'static [Kind] {
    match list {
        Kind::Consumer => &[Kind::Consumer, Kind::Credential],
        Kind::Secret => &[Kind::Secret],
        Kind::Ssl => &[Kind::Ssl],
        Kind::Proto => &[Kind::Proto],
        Kind::Upstream => &[Kind::Upstream],
        Kind::Service => &[Kind::Service],
        Kind::PluginConfig => &[Kind::PluginConfig],
        Kind::PluginMetadata => &[Kind::PluginMetadata],
        Kind::ConsumerGroup => &[Kind::ConsumerGroup],
        Kind::GlobalRule => &[Kind::GlobalRule],
        Kind::Route => &[Kind::Route],
        Kind::StreamRoute => &[Kind::StreamRoute],
        _ => &[],
    }
}

/// What a change of the whole does to one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// It is compared with what is there.
    Compare,
    /// It stays as it is, whatever it says now.
    Keep,
}

/// How the whole is taken.
pub(crate) struct Terms<'a> {
    /// What becomes of an item.
    pub(crate) take: &'a dyn Fn(&Item) -> Take,
    /// Whether two consumers may not be found by one credential. APISIX does not ask, and which of them is found is chance.
    pub(crate) unique: bool,
}

/// Makes the objects of `kinds` those of `items`: what is new or another is put, what is the same is not touched, what is gone is deleted.
/// One that cannot run is left out, or stays as it was before; those are given.
pub(crate) fn apply(draft: &mut Draft<'_>, kinds: &[Kind], items: &[Item], terms: &Terms<'_>) -> Vec<Rejected> {
    let mut rejected = Vec::new();
    let mut seen: HashSet<(Kind, &str)> = HashSet::new();
    let mut owners = Owners::default();
    for item in items {
        let known = draft.tables().get(item.kind, &item.id).is_some();
        let refused = match seen.insert((item.kind, &item.id)) {
            false => Err(duplicate(item.kind, &item.id)),
            true if known && (terms.take)(item) == Take::Keep => Ok(()),
            true => enter(draft, item, terms.unique.then_some(&mut owners)),
        };
        if let Err(reason) = refused {
            let (kind, id, place) = (item.kind, item.id.clone(), item.place.clone());
            rejected.push(Rejected { kind, id, place, reason, kept: known });
        }
    }
    for kind in kinds {
        let ids = draft.tables().iter(*kind).map(|(id, _)| id);
        let gone: Vec<String> = ids.filter(|id| !seen.contains(&(*kind, *id))).map(str::to_owned).collect();
        for id in gone {
            if let Err(invalid) = draft.delete(*kind, &id) {
                let (kind, place) = (*kind, String::new());
                rejected.push(Rejected { kind, id, place, reason: invalid.message, kept: true });
            }
        }
    }
    rejected
}

/// Puts an item, unless it is there as it is.
fn enter(draft: &mut Draft<'_>, item: &Item, owners: Option<&mut Owners>) -> Result<(), String> {
    let specs = draft.registry();
    let people = matches!(item.kind, Kind::Consumer | Kind::Credential);
    let same = draft.tables().get(item.kind, &item.id).is_some_and(|stored| is_same(draft, item, stored));
    match owners.filter(|_| people) {
        // Also one that has not changed: another may have got what finds it.
        Some(owners) => {
            let checked = item.check(specs, owners)?;
            owners.note(item, specs);
            if same { Ok(()) } else { put(draft, item, checked) }
        }
        None if same => Ok(()),
        None => {
            let checked = item.check(specs, &Owners::default())?;
            put(draft, item, checked)
        }
    }
}

fn put(draft: &mut Draft<'_>, item: &Item, checked: Value) -> Result<(), String> {
    draft.put(item.kind, &item.id, item.value.clone(), checked, None).map(drop).map_err(|invalid| invalid.message)
}

/// Whether an object stands there as an item says: as it was sent, or with its secrets opened.
fn is_same(draft: &Draft<'_>, item: &Item, stored: &Stored) -> bool {
    json::parse(&stored.bytes).is_ok_and(|value| value == item.value)
        || draft.tables().open(item.kind, stored).is_some_and(|value| value == item.value)
}

/// Who is found by what in a bundle. What else its items refer to is taken to be there.
#[derive(Default)]
pub(super) struct Owners(HashMap<(String, String), Owner>);

impl Owners {
    pub(super) fn note(&mut self, item: &Item, specs: &dyn PluginSpecs) {
        for (plugin, conf) in item.value.get("plugins").and_then(Value::as_object).into_iter().flatten() {
            let attribute = specs.get(plugin).and_then(|spec| spec.unique);
            if let Some(value) = attribute.and_then(|name| conf.get(name)).and_then(Value::as_str) {
                self.0.insert((plugin.clone(), value.to_owned()), Owner::of(item.kind, &item.id));
            }
        }
    }
}

impl References for Owners {
    fn exists(&self, _: Kind, _: &str) -> bool {
        true
    }

    fn get(&self, _: Kind, _: &str) -> Option<Arc<Value>> {
        None
    }

    fn each(&self, _: Kind, _: &mut dyn FnMut(&str, &Value) -> bool) {}

    fn owner(&self, plugin: &str, _: &str, value: &str, except: &Owner) -> Option<Owner> {
        self.0.get(&(plugin.to_owned(), value.to_owned())).filter(|owner| *owner != except).cloned()
    }
}

/// All of them at once, as they stand in the log and in `live/info`.
pub(crate) fn told(draft: &mut Draft<'_>, rejected: &[Rejected]) {
    draft.reject_only(rejected.iter().map(|one| {
        let so = if one.kept { "it stays as it was" } else { "it is left out" };
        (one.kind, one.id.as_str(), format!("{} ({}; {so})", one.reason, one.place))
    }));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_have_ids_by_their_kind() {
        for (kind, value, expected) in [
            (Kind::Route, json!({"id": 1, "uri": "/"}), (Kind::Route, "1", json!({"id": 1, "uri": "/"}))),
            (Kind::Route, json!({"uri": "/", "modifiedIndex": 3}), (Kind::Route, "arr_3", json!({"uri": "/"}))),
            (Kind::Consumer, json!({"username": "jack"}), (Kind::Consumer, "jack", json!({"username": "jack"}))),
            (
                Kind::Consumer,
                json!({"id": "x", "username": "jack"}),
                (Kind::Consumer, "jack", json!({"username": "jack"})),
            ),
            (
                Kind::Consumer,
                json!({"id": "jack/credentials/c1", "plugins": {}}),
                (Kind::Credential, "jack/credentials/c1", json!({"id": "c1", "plugins": {}})),
            ),
            (Kind::Secret, json!({"id": "vault/1"}), (Kind::Secret, "vault/1", json!({"id": "vault/1"}))),
            (Kind::Route, json!("x"), (Kind::Route, "arr_3", json!("x"))),
        ] {
            let (kind_of, id_of, value_of) = expected;
            let item = Item::read(kind, 2, value, String::new());
            assert_eq!((item.kind, item.id, item.value), (kind_of, id_of.to_owned(), value_of));
        }
        assert!(Item::read(Kind::PluginMetadata, 0, json!({"log_format": {}}), String::new()).is_nobodys());
        let indexed = Item::read(Kind::Route, 0, json!({"modifiedIndex": 7}), String::new());
        assert_eq!(indexed.index, Some(json!(7)));
    }

    #[test]
    fn ids_of_two_parts_have_both() {
        for (kind, id, good) in [
            (Kind::Secret, "vault/1", true),
            (Kind::Secret, "vault", false),
            (Kind::Secret, "vault/", false),
            (Kind::Secret, "vault/../1", false),
            (Kind::Credential, "jack/credentials/1", true),
            (Kind::Credential, "/credentials/1", false),
            (Kind::Credential, "a/b/credentials/1", false),
            (Kind::Route, "x", true),
        ] {
            assert_eq!(named(kind, id).is_ok(), good, "{id}");
        }
    }
}
