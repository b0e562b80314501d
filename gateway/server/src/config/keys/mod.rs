//! Every key of the configuration file as data: what it takes, what holds where it is absent, and what this release does with
//! it. The checks, the typed reading and the generated reference all come from these tables.

mod apisix;
mod deployment;
mod discovery;
mod nginx;
mod ours;
mod plugins;

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its way from the top of the file, joined by dots; `[]` stands for each item of a list.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds where it is absent, as it would be written; empty: nothing.
    pub default: &'static str,
    /// One or two sentences for the reference (Markdown).
    pub doc: &'static str,
    /// When a changed value takes effect.
    pub reload: Reload,
    /// What this release does with it.
    pub state: State,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// `true` or `false`; nginx's `on` and `off` read the same.
    Bool,
    /// A whole number.
    Int {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A whole number, or `auto`.
    IntOrAuto {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A share of a hundred.
    Percent {
        /// Least.
        min: u8,
        /// Most.
        max: u8,
    },
    /// A time: a number of seconds, or text with a unit (`500ms`, `60s`, `5m`, `1h`, `1d`). Bounds in ms.
    Duration {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A time: a number of milliseconds, or text with a unit.
    Millis {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A size: a number of bytes, or text with a unit (`64k`, `8m`, `1g`).
    Size {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// Text; a number reads as its digits.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts; a single text reads as a list of one.
    Texts,
    /// A port, `ip:port`, `{ip, port}`, or a list of these, as the text says.
    Custom(&'static str),
    /// A list of maps whose keys are in the table under `[]`.
    Maps,
    /// A map whose keys are in the table.
    Map,
    /// A map with any content.
    FreeMap,
    /// Whatever there is: not looked at.
    Any,
}

/// When a changed value takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// At SIGHUP.
    Live,
    /// At the next start.
    Restart,
}

/// What this release does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It acts.
    Built,
    /// The part it belongs to (named) is not built yet: accepted with a warning.
    Later(&'static str),
    /// A bound that cannot be moved in this release: accepted, with a warning where it differs from its default.
    Fixed,
    /// It has no meaning here, for the reason named: accepted, with a warning where it differs from APISIX's default.
    Ignored(&'static str),
    /// Raw nginx text: refused, naming what replaces it.
    Snippet(&'static str),
}

impl Key {
    const fn new(path: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
        Key { path, kind, default, doc, reload: Reload::Live, state: State::Built }
    }

    const fn restart(mut self) -> Key {
        self.reload = Reload::Restart;
        self
    }

    const fn later(mut self, part: &'static str) -> Key {
        self.state = State::Later(part);
        self
    }

    const fn ignored(path: &'static str, default: &'static str, why: &'static str) -> Key {
        Key { path, kind: Kind::Any, default, doc: "", reload: Reload::Live, state: State::Ignored(why) }
    }

    const fn snippet(path: &'static str, instead: &'static str) -> Key {
        Key { path, kind: Kind::Any, default: "", doc: "", reload: Reload::Live, state: State::Snippet(instead) }
    }
}

/// The sections of the reference, each with its keys in the order of the tables.
pub fn sections() -> [(&'static str, &'static [Key]); 7] {
    [
        ("apisix", apisix::KEYS),
        ("nginx_config", nginx::KEYS),
        ("deployment", deployment::KEYS),
        ("discovery", discovery::KEYS),
        ("plugins, plugin_attr and others", plugins::KEYS),
        ("gateway", ours::KEYS),
        ("gateway.limits", super::limits::KEYS),
    ]
}

/// The key at `path`.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    INDEX.keys.get(path).copied()
}

/// The names that may stand below `path`; `None`: no key lies below it.
pub(super) fn children(path: &str) -> Option<&'static [&'static str]> {
    INDEX.children.get(path).map(Vec::as_slice)
}

struct Index {
    keys: BTreeMap<&'static str, &'static Key>,
    children: BTreeMap<&'static str, Vec<&'static str>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { keys: BTreeMap::new(), children: BTreeMap::new() };
    for key in sections().into_iter().flat_map(|(_, keys)| keys) {
        index.keys.insert(key.path, key);
        let mut path = key.path;
        loop {
            let (parent, name) = split(path);
            let names = index.children.entry(parent).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
            if parent.is_empty() {
                break;
            }
            path = parent;
        }
    }
    index
});

/// `a.b[].c` → (`a.b[]`, `c`); `a.b[]` → (`a.b`, `[]`); `a` → (``, `a`).
fn split(path: &'static str) -> (&'static str, &'static str) {
    match path.strip_suffix("[]") {
        Some(parent) => (parent, "[]"),
        None => path.rsplit_once('.').unwrap_or(("", path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_at_their_last_name() {
        assert_eq!(split("a.b[].c"), ("a.b[]", "c"));
        assert_eq!(split("a.b[]"), ("a.b", "[]"));
        assert_eq!(split("a"), ("", "a"));
    }

    #[test]
    fn every_key_is_named_once_and_documented() {
        let mut seen = std::collections::BTreeSet::new();
        for key in sections().into_iter().flat_map(|(_, keys)| keys) {
            assert!(seen.insert(key.path), "{} twice", key.path);
            if matches!(key.state, State::Built) {
                assert!(key.doc.ends_with('.'), "{}: no sentence", key.path);
            }
        }
    }
}
