//! Upstreams that plugins name or hold (`traffic-split`). They are compiled like those of routes, live in the snapshot under slots
//! of their own and are found by slot: a change of one neither rebuilds the plugin nor loses its balancer, health or connections.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::snapshot::Snapshot;
#[cfg(doc)]
use crate::upstream::Upstream;

/// An upstream that a plugin may send exchanges to, with [`crate::exchange::Exchange::choose_upstream`].
#[derive(Debug, Default)]
pub struct UpstreamRef {
    /// Its slot and its key ([`Upstream::key`]), known once the object that holds the plugin has been compiled.
    place: OnceLock<(u32, Arc<str>)>,
}

impl UpstreamRef {
    pub(crate) fn settle(&self, slot: u32, key: Arc<str>) {
        // Each is settled once, by the change that made it.
        let _ = self.place.set((slot, key));
    }

    /// Its slot in this version of the configuration; `None` where it is not there. An exchange may be on its way with a plugin of
    /// an earlier version, when the slot is another upstream's already.
    pub(crate) fn slot(&self, snapshot: &Snapshot) -> Option<u32> {
        let (slot, key) = self.place.get()?;
        snapshot.upstreams.get(*slot).filter(|upstream| upstream.key == *key).map(|_| *slot)
    }
}

/// What the plugins of one object ask for while they are built.
#[derive(Debug, Default)]
pub struct UpstreamWants {
    asked: RefCell<Vec<(Want, Arc<UpstreamRef>)>>,
}

/// One upstream asked for.
#[derive(Debug)]
pub(crate) enum Want {
    /// The resource of this id, now or once it exists.
    Id(String),
    /// One that the plugin's configuration holds.
    Inline(Value),
}

impl UpstreamWants {
    /// The upstream resource of this id. It need not exist yet.
    pub fn id(&self, id: &str) -> Arc<UpstreamRef> {
        self.ask(Want::Id(id.to_owned()))
    }

    /// An upstream that the configuration holds; checked by the schema of upstreams, with its defaults.
    pub fn inline(&self, upstream: &Value) -> Arc<UpstreamRef> {
        self.ask(Want::Inline(upstream.clone()))
    }

    fn ask(&self, want: Want) -> Arc<UpstreamRef> {
        let made = Arc::<UpstreamRef>::default();
        self.asked.borrow_mut().push((want, Arc::clone(&made)));
        made
    }

    pub(crate) fn into_asked(self) -> Vec<(Want, Arc<UpstreamRef>)> {
        self.asked.into_inner()
    }
}
