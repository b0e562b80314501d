//! Who asks: consumers found by what they authenticate with.

use std::any::Any;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, LazyLock};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use smallvec::SmallVec;

use super::hashed::Hashed;
use super::labels::Labels;
use crate::plugin::Configured;

/// A consumer.
#[derive(Default)]
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
    /// The auth plugin that finds it; empty where a request became the consumer without being found.
    pub plugin: Arc<str>,
    /// The value it was found by; short ones lie here, so that to compare them is to look at no other place.
    pub key: SmallVec<[u8; 32]>,
    /// What the auth plugin compares requests with, as [`crate::plugin::Registry::credentials`] made it.
    pub secret: Option<Arc<dyn Any + Send + Sync>>,
}

impl Credentialed {
    /// What a request becomes that was not found, and is let in all the same (`anonymous_consumer`).
    pub fn anonymous(consumer: &Arc<Consumer>) -> Credentialed {
        Credentialed {
            consumer: Arc::clone(consumer),
            credential: None,
            plugin: Arc::default(),
            key: SmallVec::new(),
            secret: None,
        }
    }

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
    found: Hashed<Credentialed>,
    named: Hashed<Named>,
}

/// A consumer with all that it is found by.
pub(super) struct Named {
    pub(super) consumer: Arc<Consumer>,
    /// Otherwise there are only credentials, which wait for their consumer and find nobody.
    pub(super) present: bool,
    pub(super) keys: Box<[Arc<Credentialed>]>,
}

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

fn place(plugin: &str, key: &[u8]) -> u64 {
    let mut hasher = HASHER.build_hasher();
    // No two pairs run into each other: no plugin's name ends another's.
    hasher.write(key);
    hasher.write(plugin.as_bytes());
    hasher.finish()
}

impl Consumers {
    /// The consumer that authenticates with `key` at `plugin`. The last one loaded wins.
    pub fn find(&self, plugin: &str, key: &[u8]) -> Option<&Arc<Credentialed>> {
        self.found.find(place(plugin, key), |c| *c.plugin == *plugin && verify_slices_are_equal(&c.key, key).is_ok())
    }

    /// The consumer of a name (`anonymous_consumer`).
    pub fn named(&self, username: &str) -> Option<&Arc<Consumer>> {
        self.entry(username).filter(|named| named.present).map(|named| &named.consumer)
    }

    fn entry(&self, username: &str) -> Option<&Arc<Named>> {
        self.named.find(place("", username.as_bytes()), |named| *named.consumer.username == *username)
    }

    /// Takes a name out, with all that it is found by.
    pub(super) fn take(&mut self, username: &str) -> Option<Arc<Named>> {
        let named = Arc::clone(self.entry(username)?);
        for key in named.keys.iter().filter(|_| named.present) {
            self.found.remove(place(&key.plugin, &key.key), key);
        }
        self.named.remove(place("", username.as_bytes()), &named);
        Some(named)
    }

    /// Enters a name that is not there.
    pub(super) fn enter(&mut self, named: Named) {
        for key in named.keys.iter().filter(|_| named.present) {
            self.found.put(place(&key.plugin, &key.key), Arc::clone(key));
        }
        self.named.put(place("", named.consumer.username.as_bytes()), Arc::new(named));
    }
}
