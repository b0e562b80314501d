//! Groups: objects that share their counters, and therefore must be configured alike.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// Who is in which group at present.
#[derive(Default)]
pub(super) struct Groups(Mutex<HashMap<String, Vec<Member>>>);

struct Member {
    parent: Box<str>,
    version: u32,
    alive: Weak<()>,
}

/// Held by an instance as long as it lives.
pub(super) struct Membership(#[allow(dead_code)] Arc<()>);

impl Groups {
    /// Lets an object's instance into a group. The one it replaces does not count.
    ///
    /// # Errors
    /// `group conf mismatched`: another object of the group is configured differently.
    pub(super) fn join(&self, group: &str, parent: &str, version: u32) -> Result<Membership, String> {
        let mut groups = self.0.lock();
        groups.retain(|_, members| {
            members.retain(|m| m.alive.strong_count() > 0);
            !members.is_empty()
        });
        let members = groups.entry(group.to_owned()).or_default();
        if members.iter().any(|m| &*m.parent != parent && m.version != version) {
            return Err("group conf mismatched".into());
        }
        let alive = Arc::new(());
        members.push(Member { parent: parent.into(), version, alive: Arc::downgrade(&alive) });
        Ok(Membership(alive))
    }
}
