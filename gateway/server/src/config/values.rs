//! The checked file, read by key. What the file leaves out comes from the table, so a default has one place.

use std::time::Duration;

use super::check;
use super::keys::{self, Kind};
use super::units;
use super::yaml::{Node, Value};

/// A file that [`check::file`] has looked at. Values it complained about read as their defaults.
pub(super) struct Values<'a> {
    root: &'a Node,
}

impl<'a> Values<'a> {
    pub(super) fn new(root: &'a Node) -> Values<'a> {
        Values { root }
    }

    /// What the file says at `path`; `null` says nothing.
    pub(super) fn get(&self, path: &str) -> Option<&'a Node> {
        let mut node = self.root;
        for name in path.split('.') {
            node = node.get(name)?;
        }
        (node.value != Value::Null).then_some(node)
    }

    pub(super) fn bool(&self, path: &str) -> bool {
        self.get(path).and_then(check::bool_of).unwrap_or(matches!(default(path), "true" | "on"))
    }

    pub(super) fn int(&self, path: &str) -> u64 {
        self.get(path).and_then(check::int_of).unwrap_or_else(|| default(path).parse().unwrap_or_default())
    }

    pub(super) fn count(&self, path: &str) -> usize {
        usize::try_from(self.int(path)).unwrap_or(usize::MAX)
    }

    pub(super) fn percent(&self, path: &str) -> u8 {
        u8::try_from(self.int(path)).unwrap_or(100)
    }

    pub(super) fn bytes(&self, path: &str) -> u64 {
        self.get(path).and_then(check::size_of).unwrap_or_else(|| units::size(default(path)).unwrap_or_default())
    }

    pub(super) fn size(&self, path: &str) -> usize {
        usize::try_from(self.bytes(path)).unwrap_or(usize::MAX)
    }

    /// A time; `Duration::ZERO` where neither the file nor the table names one.
    pub(super) fn duration(&self, path: &str) -> Duration {
        let plain_ms = plain_ms(path);
        let given = self.get(path).and_then(|node| check::ms_of(node, plain_ms)).map(Duration::from_millis);
        given.or_else(|| units::duration(default(path), plain_ms)).unwrap_or_default()
    }

    pub(super) fn text(&self, path: &str) -> String {
        self.get(path).and_then(|node| check::text_of(&node.value)).unwrap_or_else(|| default(path).to_owned())
    }

    /// What the table says at `path`.
    pub(super) fn default_text(&self, path: &str) -> &'static str {
        default(path)
    }

    /// A list of texts with their nodes; a single text is a list of one; absent: `None`.
    pub(super) fn texts(&self, path: &str) -> Option<Vec<(String, &'a Node)>> {
        let node = self.get(path)?;
        Some(match &node.value {
            Value::List(items) => items.iter().filter_map(|item| Some((check::text_of(&item.value)?, item))).collect(),
            value => check::text_of(value).map(|text| (text, node)).into_iter().collect(),
        })
    }
}

fn default(path: &str) -> &'static str {
    let key = keys::find(path);
    debug_assert!(key.is_some(), "{path} is not in the tables");
    key.map_or("", |key| key.default)
}

fn plain_ms(path: &str) -> u64 {
    match keys::find(path).map(|key| key.kind) {
        Some(Kind::Millis { .. }) => 1,
        _ => 1000,
    }
}
