//! The stored objects, kept current by changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::rows::Change;
use super::{ROWS, Shared, items, text};
use crate::filter::text_of;

/// A row of a screen: what it is called, and what it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its own among the rows of a screen.
    pub(crate) id: Arc<str>,
    /// Whole, for filters and details.
    pub(crate) value: Shared,
}

impl Row {
    pub(crate) fn new(id: &str, value: Value) -> Row {
        Row { id: id.into(), value: Arc::new(value) }
    }
}

/// A stored object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    /// The id by which it is addressed: `bob/c1` for a credential.
    pub(crate) id: Arc<str>,
    /// As the Admin API told it, with `modifiedIndex`.
    pub(crate) value: Shared,
    /// The revision of its last change.
    pub(crate) rev: u64,
}

impl Object {
    /// The name, or the id where it has none.
    pub(crate) fn name(&self) -> &str {
        match text(&self.value, "name") {
            "" => &self.id,
            name => name,
        }
    }

    /// As a row.
    pub(crate) fn row(&self) -> Row {
        Row { id: Arc::clone(&self.id), value: Arc::clone(&self.value) }
    }
}

/// The objects of a resource.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    objects: BTreeMap<Arc<str>, Object>,
}

impl List {
    pub(super) const fn new() -> List {
        List { objects: BTreeMap::new() }
    }

    /// All of them, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.objects.get(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Takes a whole list in the place of all it has.
    pub(super) fn replace(&mut self, value: Value) {
        self.objects = items(&value)
            .take(ROWS)
            .filter_map(|value| {
                let id = ["id", "username"].into_iter().find_map(|name| value.get(name)).map(text_of)?;
                Some(object(&id, value.clone()))
            })
            .map(|object| (Arc::clone(&object.id), object))
            .collect();
    }

    /// Takes a change, unless the object is newer.
    pub(super) fn change(&mut self, change: &Change) {
        if self.objects.get(&*change.id).is_some_and(|known| known.rev >= change.rev) {
            return;
        }
        if change.op == "delete" {
            self.objects.remove(&*change.id);
            return;
        }
        let Some(Value::Object(after)) = change.value.get("after") else { return };
        if after.contains_key("too_large") || after.contains_key("unreadable") || self.objects.len() >= ROWS {
            return;
        }
        let mut after = after.clone();
        after.insert("id".to_owned(), (*change.id).into());
        after.insert("modifiedIndex".to_owned(), change.rev.into());
        let object = object(&change.id, Value::Object(after));
        self.objects.insert(Arc::clone(&object.id), object);
    }
}

fn object(id: &str, value: Value) -> Object {
    Object { id: id.into(), rev: super::whole(&value, "modifiedIndex"), value: Arc::new(value) }
}
