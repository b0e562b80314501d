//! Which identity a name has: a persistent tree over the reversed names.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use super::identity::{Identity, Pattern};
use super::unix_seconds;
use crate::router::Edge;

/// The identities of one version of the configuration. A clone is an `Arc` or two.
#[derive(Clone, Default)]
pub struct Certificates {
    tree: Edge<Arc<[Entry]>>,
    fallback: Option<Arc<str>>,
    asking: usize,
    count: usize,
}

#[derive(Clone)]
struct Entry {
    identity: Arc<Identity>,
    pattern: Pattern,
}

impl Certificates {
    /// Names what a client that names nobody is taken to mean (`apisix.ssl.fallback_sni`).
    pub fn set_fallback(&mut self, name: Option<&str>) {
        self.fallback = name.map(|name| normal(name).into_owned().into());
    }

    /// The name that stands for none.
    pub fn fallback(&self) -> Option<&str> {
        self.fallback.as_deref()
    }

    /// Puts an identity under all its names.
    pub fn insert(&mut self, identity: &Arc<Identity>) {
        self.count += 1;
        self.asking += usize::from(identity.asks);
        for pattern in &identity.names {
            self.edit(pattern, identity, |entries| {
                // By id: the same after a restart, in whatever order the objects came.
                let at = entries.partition_point(|e| e.identity.id < identity.id);
                entries.insert(at, Entry { identity: Arc::clone(identity), pattern: pattern.clone() });
            });
        }
    }

    /// Takes an identity out from under all its names.
    pub fn remove(&mut self, identity: &Arc<Identity>) {
        self.count = self.count.saturating_sub(1);
        self.asking = self.asking.saturating_sub(usize::from(identity.asks));
        for pattern in &identity.names {
            self.edit(pattern, identity, |_| {});
        }
    }

    /// Changes the entries of a pattern, from which the identity's own is gone.
    fn edit(&mut self, pattern: &Pattern, identity: &Arc<Identity>, change: impl Fn(&mut Vec<Entry>)) {
        let (key, prefix) = pattern.key();
        self.tree.update(key, prefix, &mut |slot| {
            let mut entries = slot.as_deref().unwrap_or_default().to_vec();
            // One object may say a name twice; `*` as `sni` and as one of `snis` share a key.
            entries.retain(|e| !(Arc::ptr_eq(&e.identity, identity) && e.pattern == *pattern));
            change(&mut entries);
            *slot = (!entries.is_empty()).then(|| entries.into());
        });
    }

    /// The identity of a name: of those that have the name itself, else the longest pattern that fits, one that is valid at
    /// present. One that asks for a client certificate goes before one that does not, valid or not: time alone must not open
    /// a door.
    pub fn find(&self, name: &str) -> Option<&Arc<Identity>> {
        let name = normal(name);
        let reversed: SmallVec<[u8; 64]> = name.bytes().rev().collect();
        self.tree.walk(&reversed, |entries| {
            let fits = || entries.iter().filter(|e| e.pattern.fits(&reversed)).map(|e| &e.identity);
            let first = fits().next()?;
            if fits().nth(1).is_none() {
                return Some(first);
            }
            let now = unix_seconds();
            // Of equals the first is taken.
            fits().reduce(|best, next| {
                let rank = |identity: &Identity| (identity.asks, identity.valid_at(now));
                if rank(next) > rank(best) { next } else { best }
            })
        })
    }

    /// Whether any identity asks for a client certificate: where none does, no request is looked at.
    pub fn any_asks(&self) -> bool {
        self.asking > 0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All identities, by id.
    pub fn all(&self) -> Vec<&Arc<Identity>> {
        let mut all: Vec<&Arc<Identity>> = self.tree.values().flat_map(|e| e.iter()).map(|e| &e.identity).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.dedup_by(|a, b| Arc::ptr_eq(a, b));
        all
    }
}

/// Lower case, without one final dot.
pub(super) fn normal(name: &str) -> Cow<'_, str> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}
