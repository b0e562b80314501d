//! Who asks: consumers found by what they authenticate with.

use std::any::Any;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, LazyLock};

use super::labels::Labels;
use crate::plugin::Configured;
use crate::router::Edge;

/// A consumer.
pub struct Consumer {
    /// Its name.
    pub username: Box<str>,
    /// Its labels.
    pub labels: Labels,
    /// Its group's id and slot.
    pub group: Option<(Box<str>, u32)>,
    /// Its own plugins that are no authentication.
    pub plugins: Box<[Configured]>,
}

/// A consumer as one auth plugin finds it: by the consumer's own configuration of that plugin, or by one of its credentials.
pub struct Credentialed {
    /// The consumer.
    pub consumer: Arc<Consumer>,
    /// The credential's id, when it was found by one.
    pub credential: Option<Box<str>>,
    /// The value it was found by.
    pub key: Box<[u8]>,
    /// What the auth plugin compares requests with, as [`crate::plugin::Registry::credentials`] made it.
    pub secret: Option<Arc<dyn Any + Send + Sync>>,
}

impl Credentialed {
    /// The consumer's name.
    pub fn username(&self) -> &str {
        &self.consumer.username
    }

    /// The credential's id.
    pub fn credential_id(&self) -> Option<&str> {
        self.credential.as_deref()
    }

    /// `labels.custom_id`.
    pub fn custom_id(&self) -> Option<&str> {
        self.consumer.labels.text("custom_id")
    }

    /// What its plugin made of its configuration.
    pub fn secret<T: 'static>(&self) -> Option<&T> {
        self.secret.as_deref()?.downcast_ref::<T>()
    }

    /// The group's id.
    pub fn group_id(&self) -> Option<&str> {
        self.consumer.group.as_ref().map(|(id, _)| &**id)
    }
}

/// The index, persistent: a change costs what it touches, whatever the number of consumers.
///
/// Keys are placed by a keyed hash (its key is drawn at start), so the time a lookup takes tells nothing about stored keys; the
/// key itself is then compared in constant time.
#[derive(Clone, Default)]
pub struct Consumers {
    index: Arc<Edge<Arc<Vec<Arc<Credentialed>>>>>,
    names: Arc<Edge<Arc<Consumer>>>,
}

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

fn place(plugin: &str, key: &[u8]) -> [u8; 8] {
    let mut hasher = HASHER.build_hasher();
    // No two pairs run into each other: no plugin's name ends another's.
    hasher.write(key);
    hasher.write(plugin.as_bytes());
    hasher.finish().to_be_bytes()
}

impl Consumers {
    /// The consumer that authenticates with `key` at `plugin`. The last one loaded wins.
    pub fn find(&self, plugin: &str, key: &[u8]) -> Option<&Arc<Credentialed>> {
        use subtle::ConstantTimeEq;
        self.index.walk(&place(plugin, key), |found| {
            found.iter().rev().find(|c| c.key.len() == key.len() && bool::from(c.key.ct_eq(key)))
        })
    }

    /// The consumer of a name (`anonymous_consumer`).
    pub fn named(&self, username: &str) -> Option<&Arc<Consumer>> {
        self.names.walk(username.as_bytes(), |c| (*c.username == *username).then_some(c))
    }

    pub(super) fn put_named(&mut self, consumer: &Arc<Consumer>) {
        let key = consumer.username.as_bytes().to_vec();
        Arc::make_mut(&mut self.names).update(&key, false, &mut |slot| *slot = Some(Arc::clone(consumer)));
    }

    pub(super) fn remove_named(&mut self, username: &str) {
        Arc::make_mut(&mut self.names).update(username.as_bytes(), false, &mut |slot| *slot = None);
    }

    pub(super) fn put(&mut self, plugin: &str, found: Arc<Credentialed>) {
        Arc::make_mut(&mut self.index).update(&place(plugin, &found.key), false, &mut |slot| match slot {
            Some(list) => Arc::make_mut(list).push(Arc::clone(&found)),
            None => *slot = Some(Arc::new(vec![Arc::clone(&found)])),
        });
    }

    pub(super) fn remove(&mut self, plugin: &str, found: &Arc<Credentialed>) {
        Arc::make_mut(&mut self.index).update(&place(plugin, &found.key), false, &mut |slot| {
            if let Some(list) = slot {
                let list_mut = Arc::make_mut(list);
                list_mut.retain(|c| !Arc::ptr_eq(c, found));
                if list_mut.is_empty() {
                    *slot = None;
                }
            }
        });
    }
}
