//! The compiled, immutable configuration. A change makes the next snapshot out of the present one, copying only what it touches;
//! what many routes share is reached by slot, never copied into them.

mod compile;
mod consumers;
mod control;
mod hashed;
mod labels;
mod pending;
mod table;

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

pub use self::compile::{CompileError, Globals, Group, PluginConfig, Route, RouteUpstream, Service};
pub use self::consumers::{Consumer, Consumers, Credentialed};
pub use self::control::{Change, Control, Prepared, Rejected};
pub use self::labels::Labels;
pub(crate) use self::pending::All;
pub use self::pending::{Awaited, Pending};
pub use self::table::Table;
use crate::plugin::Registry;
use crate::router::Router;
use crate::settings::Settings;
use crate::tls::Certificates;
use crate::upstream::health::Checkers;
use crate::upstream::{StateTable, Upstream};
use crate::watch::Watch;
use crate::worker::Counters;

/// One version of the configuration. A clone is a few `Arc`s.
#[derive(Clone)]
pub struct Snapshot {
    /// Revision of the store it was made from.
    pub revision: u64,
    /// Host and path to route.
    pub router: Router<Route>,
    /// Services by slot.
    pub services: Table<Service>,
    /// Upstreams by slot.
    pub upstreams: Table<Upstream>,
    /// Plugin configs by slot.
    pub plugin_configs: Table<PluginConfig>,
    /// Consumer groups by slot.
    pub groups: Table<Group>,
    /// Consumers by what they authenticate with.
    pub consumers: Consumers,
    /// Certificates by the names that clients ask for.
    pub certificates: Certificates,
    /// The global rules' plugins.
    pub globals: Arc<Globals>,
    /// Plugin metadata, as each plugin made it for itself.
    pub metadata: Arc<HashMap<String, Arc<dyn Any + Send + Sync>>>,
    /// Protobuf definitions by id, as [`Registry::protos`] made them.
    pub protos: Arc<HashMap<String, Arc<dyn Any + Send + Sync>>>,
    /// Objects whose references to secrets have not been answered yet.
    pub pending: Pending,
}

impl Snapshot {
    /// A plugin's metadata, if there is any and it is of this type.
    pub fn metadata<T: Send + Sync + 'static>(&self, plugin: &str) -> Option<Arc<T>> {
        self.metadata.get(plugin).and_then(|m| Arc::clone(m).downcast::<T>().ok())
    }
}

/// How scarce connections or memory are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// Enough room.
    None = 0,
    /// Many of the connections there may be: idle ones are kept for a short time only.
    Some = 1,
    /// At the limit. Of connections: no more are accepted, and those that have idled longest are closed. Of memory: new
    /// connections are refused, and all idle ones are closed.
    Full = 2,
}

/// What the threads of the process share.
pub struct Shared {
    current: ArcSwap<Snapshot>,
    settings: ArcSwap<Settings>,
    /// Changes with each new snapshot or settings: the one number a worker looks at.
    pub generation: AtomicU64,
    /// The plugins of this build.
    pub registry: Arc<Registry>,
    /// What workers know together of upstreams and nodes.
    pub states: StateTable,
    /// The upstreams whose nodes are checked.
    pub checkers: Arc<Checkers>,
    /// Who looks at the traffic as it goes.
    pub watch: Watch,
    pressure: AtomicU8,
    cut_above: AtomicUsize,
    workers: Mutex<Vec<Arc<Counters>>>,
    retired: Mutex<Vec<Arc<Snapshot>>>,
}

impl Shared {
    /// An empty configuration with these settings and plugins.
    pub fn new(settings: Settings, registry: Arc<Registry>, mode: crate::router::Mode) -> Arc<Shared> {
        let empty = Snapshot {
            revision: 0,
            router: Router::new(mode),
            services: Table::default(),
            upstreams: Table::default(),
            plugin_configs: Table::default(),
            groups: Table::default(),
            consumers: Consumers::default(),
            certificates: Certificates::default(),
            globals: Arc::default(),
            metadata: Arc::default(),
            protos: Arc::default(),
            pending: Pending::default(),
        };
        Arc::new(Shared {
            current: ArcSwap::from_pointee(empty),
            settings: ArcSwap::from_pointee(settings),
            generation: AtomicU64::new(1),
            registry,
            states: StateTable::default(),
            checkers: Arc::default(),
            watch: Watch::default(),
            pressure: AtomicU8::new(0),
            cut_above: AtomicUsize::new(usize::MAX),
            workers: Mutex::default(),
            retired: Mutex::default(),
        })
    }

    /// The newest configuration.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// The newest settings.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// Makes a snapshot the current one. Old ones are dropped here or by [`Shared::drop_retired`], and not by workers, for which
    /// freeing a big table would be a stall.
    pub fn publish(&self, next: Snapshot) {
        let old = self.current.swap(Arc::new(next));
        self.generation.fetch_add(1, Ordering::Release);
        self.retired.lock().push(old);
        self.drop_retired();
    }

    /// Drops the old snapshots that no worker holds any more. To be called now and then: after the last change of a series a
    /// snapshot is left, with all that is gone.
    pub fn drop_retired(&self) {
        let mut retired = self.retired.lock();
        let (held, free): (Vec<_>, Vec<_>) = retired.drain(..).partition(|snapshot| Arc::strong_count(snapshot) > 1);
        *retired = held;
        // Not while others wait for the list.
        drop(retired);
        drop(free);
    }

    /// Makes settings the current ones.
    pub fn set_settings(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// How much room (connections, memory) is left.
    pub fn pressure(&self) -> Pressure {
        match self.pressure.load(Ordering::Relaxed) {
            0 => Pressure::None,
            1 => Pressure::Some,
            _ => Pressure::Full,
        }
    }

    /// Says how much room is left; workers act on it at their next tick.
    pub fn set_pressure(&self, pressure: Pressure) {
        self.pressure.store(pressure as u8, Ordering::Relaxed);
    }

    /// How many bytes an exchange may hold at present, however it came by them.
    pub fn cut_above(&self) -> usize {
        self.cut_above.load(Ordering::Relaxed)
    }

    /// Memory is short: from their next tick on, workers cut exchanges that hold so many bytes or more. `usize::MAX`: none.
    pub fn set_cut_above(&self, bytes: usize) {
        self.cut_above.store(bytes, Ordering::Relaxed);
    }

    /// The counters of all workers.
    pub fn counters(&self) -> Vec<Arc<Counters>> {
        self.workers.lock().clone()
    }

    /// One number over all workers.
    pub fn sum(&self, of: impl Fn(&Counters) -> u64) -> u64 {
        self.workers.lock().iter().map(|c| of(c)).fold(0, u64::wrapping_add)
    }

    pub(crate) fn register_worker(&self) -> Arc<Counters> {
        let counters = Arc::new(Counters::default());
        self.workers.lock().push(Arc::clone(&counters));
        counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::Mode;
    use crate::worker::Worker;

    /// Neither with the next change nor by a worker: what the last change took out does not stay until somebody changes more.
    #[test]
    fn an_old_snapshot_is_dropped_once_no_worker_holds_it() {
        let shared =
            Shared::new(Settings::default(), Arc::new(Registry::new(Vec::new(), HashMap::new())), Mode::HostUri);
        let worker = Worker::new(0, Arc::clone(&shared));
        let old = Arc::downgrade(&worker.snapshot());
        shared.publish(Snapshot::clone(&shared.snapshot()));
        shared.drop_retired();
        assert!(old.strong_count() > 0, "the worker has not looked");
        worker.tick();
        assert!(old.strong_count() > 0, "a worker frees none");
        shared.drop_retired();
        assert_eq!(old.strong_count(), 0);
    }
}
