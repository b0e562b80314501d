//! Services of registries: who knows their nodes ([`Registry`]) and what is remembered ([`Services`]).
//!
//! As with [`Names`](super::Names), no request waits for a service that was answered before: each service in use is followed by a
//! task on the control runtime, the last list of nodes stays while its registry cannot be reached, and those who use the service
//! are told when its nodes have changed.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::{Describing, NodeSpec, Scheme, Undescribed};

/// What a registry says about a node beside its address: Dubbo's parameters, labels of an instance.
pub type Metadata = BTreeMap<Box<str>, Box<str>>;

/// A service, as an upstream names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceKey {
    /// `discovery_type`.
    pub registry: Box<str>,
    /// `service_name`.
    pub name: Box<str>,
    /// `discovery_args.namespace_id`.
    pub namespace: Option<Box<str>>,
    /// `discovery_args.group_name`.
    pub group: Option<Box<str>>,
    /// Which of its nodes are wanted.
    pub protocol: Wanted,
}

impl ServiceKey {
    /// The service that an upstream names, of its JSON; `None`: it names none.
    pub fn of(upstream: &Value, scheme: Scheme) -> Option<Self> {
        fn text(value: &Value, name: &str) -> Option<Box<str>> {
            value.get(name)?.as_str().map(Into::into)
        }
        let args = upstream.get("discovery_args");
        let arg = |name: &str| args.and_then(|args| text(args, name)).filter(|text| !text.is_empty());
        Some(Self {
            registry: text(upstream, "discovery_type")?,
            name: text(upstream, "service_name")?,
            namespace: arg("namespace_id"),
            group: arg("group_name"),
            protocol: Wanted::of(scheme),
        })
    }
}

/// Which nodes of a service an upstream can speak to: those of its scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wanted {
    /// Whatever is registered under the name.
    #[default]
    Any,
    /// The same, at the port for gRPC where instances name one.
    Grpc,
    /// Providers of Dubbo2; the name is `interface[:version[:group]]`.
    Dubbo,
    /// Providers of Triple; the name is `interface[:version[:group]]`.
    Triple,
}

impl Wanted {
    /// What an upstream of this scheme can speak to.
    pub const fn of(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Grpc | Scheme::Grpcs => Self::Grpc,
            Scheme::Dubbo => Self::Dubbo,
            Scheme::Tri => Self::Triple,
            _ => Self::Any,
        }
    }

    /// As it is written in status reports and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Grpc => "grpc",
            Self::Dubbo => "dubbo",
            Self::Triple => "tri",
        }
    }
}

/// A service being followed; it ends only when nobody uses the service any more: then it is dropped.
pub type Following = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Knows the nodes of services.
pub trait Registry: Send + Sync + 'static {
    /// What is known of a service without asking anybody: its last good list, from an earlier run. Must not wait.
    fn remembered(&self, _service: &ServiceKey) -> Option<Vec<NodeSpec>> {
        None
    }

    /// Keeps `feed` up to date with the nodes of a service. It runs on the control runtime.
    fn follow(self: Arc<Self>, service: ServiceKey, feed: Feed) -> Following;

    /// Fetches the methods and types of a service, where the registry keeps such; what was fetched is kept for a while.
    fn describe(self: Arc<Self>, _service: ServiceKey) -> Describing {
        Box::pin(std::future::ready(Err(Undescribed("this registry knows nothing of methods".into()))))
    }

    /// How the registry is.
    fn status(&self) -> RegistryStatus;
}

/// How a registry is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryStatus {
    /// Which of its servers it is connected to.
    pub server: Option<String>,
    /// Since when; `None`: there is no connection.
    pub connected: Option<SystemTime>,
    /// When it last answered.
    pub succeeded: Option<SystemTime>,
    /// What last went wrong, and when.
    pub error: Option<(SystemTime, String)>,
    /// How often something went wrong.
    pub failures: u64,
}

/// The services in use by the process, with their nodes. Empty until registries are [set up](Services::start).
#[derive(Default)]
pub struct Services {
    shared: OnceLock<Arc<Shared>>,
}

struct Shared {
    registries: BTreeMap<Box<str>, Arc<dyn Registry>>,
    runtime: Handle,
    patience: Duration,
    changed: Box<dyn Fn(u64) + Send + Sync>,
    entries: Mutex<HashMap<ServiceKey, Arc<Entry>>>,
}

struct Entry {
    key: ServiceKey,
    state: Mutex<State>,
    /// Whether there has been a first answer, or none in time.
    settled: watch::Sender<bool>,
}

struct State {
    nodes: Arc<[NodeSpec]>,
    /// How many subscriptions each user has: old and new version of an upstream overlap.
    users: HashMap<u64, usize>,
    task: Option<AbortHandle>,
}

impl Services {
    /// Sets up the registries, by their `discovery_type`, once. Services are followed on `runtime` (the control runtime, never a
    /// worker's); a request waits at most `patience` for the first answer about its service. `changed` is called from `runtime`
    /// with the token of each subscriber whose service has other nodes; it must not wait.
    pub fn start(
        &self,
        registries: impl IntoIterator<Item = (Box<str>, Arc<dyn Registry>)>,
        runtime: Handle,
        patience: Duration,
        changed: impl Fn(u64) + Send + Sync + 'static,
    ) {
        let registries = registries.into_iter().collect();
        let shared = Shared { registries, runtime, patience, changed: Box::new(changed), entries: Mutex::default() };
        // A second call finds services in use: what they were started with stays.
        let _ = self.shared.set(Arc::new(shared));
    }

    /// Whether there is a registry of that `discovery_type`.
    pub fn knows(&self, registry: &str) -> bool {
        self.shared.get().is_some_and(|shared| shared.registries.contains_key(registry))
    }

    /// Uses a service; `None`: there is no such registry. The first use of a service has it followed at once.
    pub fn subscribe(&self, key: ServiceKey, token: u64) -> Option<Discovered> {
        let shared = self.shared.get()?;
        let registry = shared.registries.get(&key.registry)?;
        let mut entries = shared.entries.lock();
        let entry = match entries.get(&key) {
            Some(entry) => Arc::clone(entry),
            None => {
                let entry = shared.start(registry, key.clone());
                entries.insert(key, Arc::clone(&entry));
                entry
            }
        };
        *entry.state.lock().users.entry(token).or_insert(0) += 1;
        drop(entries);
        Some(Discovered { entry, token, shared: Arc::downgrade(shared) })
    }

    /// Fetches the methods and types of a service; `None`: there is no such registry.
    pub fn describe(&self, service: ServiceKey) -> Option<Describing> {
        let registry = self.shared.get()?.registries.get(&service.registry)?;
        Some(Arc::clone(registry).describe(service))
    }

    /// How each registry is, with the services followed there and their nodes.
    pub fn statuses(&self) -> Vec<(Box<str>, RegistryStatus, usize, usize)> {
        let Some(shared) = self.shared.get() else { return Vec::new() };
        let count = |name: &str| {
            let entries = shared.entries.lock();
            let own = entries.values().filter(|entry| &*entry.key.registry == name);
            own.fold((0, 0), |(services, nodes), entry| (services + 1, nodes + entry.state.lock().nodes.len()))
        };
        let mut all = Vec::with_capacity(shared.registries.len());
        for (name, registry) in &shared.registries {
            let (services, nodes) = count(name);
            all.push((name.clone(), registry.status(), services, nodes));
        }
        all
    }

    /// The services followed at a registry with their nodes, in order; `None`: there is no such registry.
    pub fn dump(&self, registry: &str) -> Option<Vec<(ServiceKey, Arc<[NodeSpec]>)>> {
        let shared = self.shared.get().filter(|shared| shared.registries.contains_key(registry))?;
        let entries = shared.entries.lock();
        let own = entries.values().filter(|entry| &*entry.key.registry == registry);
        let mut all: Vec<_> = own.map(|entry| (entry.key.clone(), Arc::clone(&entry.state.lock().nodes))).collect();
        drop(entries);
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Some(all)
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.shared.get().map(|shared| shared.registries.keys().collect::<Vec<_>>());
        f.debug_struct("Services").field("registries", &names).finish_non_exhaustive()
    }
}

impl Shared {
    fn start(self: &Arc<Self>, registry: &Arc<dyn Registry>, key: ServiceKey) -> Arc<Entry> {
        let remembered = registry.remembered(&key).filter(|nodes| !nodes.is_empty());
        let known = remembered.is_some();
        let state = State { nodes: remembered.unwrap_or_default().into(), users: HashMap::new(), task: None };
        let entry = Arc::new(Entry { key, state: Mutex::new(state), settled: watch::Sender::new(known) });
        let feed = Feed { entry: Arc::downgrade(&entry), shared: Arc::downgrade(self) };
        let mut following = Arc::clone(registry).follow(entry.key.clone(), feed.clone());
        let patience = self.patience;
        let task = self.runtime.spawn(async move {
            if timeout(patience, &mut following).await.is_err() {
                feed.unanswered();
                following.await;
            }
            feed.unanswered();
        });
        entry.state.lock().task = Some(task.abort_handle());
        entry
    }
}

/// Where a registry tells the nodes of one service.
#[derive(Clone)]
pub struct Feed {
    entry: Weak<Entry>,
    shared: Weak<Shared>,
}

impl Feed {
    /// These are its nodes now. Who uses the service is told if they are other ones.
    pub fn set(&self, nodes: Vec<NodeSpec>) {
        let Some(entry) = self.entry.upgrade() else { return };
        let mut users: Vec<u64> = Vec::new();
        {
            let mut state = entry.state.lock();
            if *state.nodes != *nodes {
                state.nodes = nodes.into();
                users.extend(state.users.keys());
            }
        }
        entry.settle();
        let Some(shared) = self.shared.upgrade() else { return };
        for token in users {
            (shared.changed)(token);
        }
    }

    /// There is no answer for now: nobody waits for one any longer, and what is known stays.
    pub fn unanswered(&self) {
        if let Some(entry) = self.entry.upgrade() {
            entry.settle();
        }
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Feed").field(&self.entry.upgrade().map(|entry| entry.key.clone())).finish()
    }
}

impl Entry {
    fn settle(&self) {
        self.settled.send_if_modified(|settled| !std::mem::replace(settled, true));
    }
}

/// The use of a service. The service is followed until its last use is dropped.
pub struct Discovered {
    entry: Arc<Entry>,
    token: u64,
    shared: Weak<Shared>,
}

impl Discovered {
    /// The service.
    pub fn key(&self) -> &ServiceKey {
        &self.entry.key
    }

    /// Its nodes now; none when nothing is known (yet).
    pub fn nodes(&self) -> Arc<[NodeSpec]> {
        Arc::clone(&self.entry.state.lock().nodes)
    }

    /// Whether there has been a first answer, or none in time.
    pub fn is_settled(&self) -> bool {
        *self.entry.settled.borrow()
    }

    /// Waits for that; at once for a service that was in use before.
    pub async fn settled(&self) {
        let mut settled = self.entry.settled.subscribe();
        // The sender lives in the entry that this use holds.
        let _ = settled.wait_for(|settled| *settled).await;
    }
}

impl Drop for Discovered {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        // The map's lock first, as `subscribe` does: nobody can take up the service while it is being given up.
        let mut entries = shared.entries.lock();
        let mut state = self.entry.state.lock();
        if let Some(count) = state.users.get_mut(&self.token) {
            *count -= 1;
            if *count == 0 {
                state.users.remove(&self.token);
            }
        }
        if state.users.is_empty() {
            entries.remove(&self.entry.key);
            if let Some(task) = state.task.take() {
                task.abort();
            }
        }
    }
}

impl std::fmt::Debug for Discovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Discovered").field(&self.entry.key).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out the feeds of those who follow.
    #[derive(Default)]
    struct Script {
        remembered: Vec<NodeSpec>,
        feeds: Mutex<Vec<(ServiceKey, Feed)>>,
        dropped: Arc<Mutex<usize>>,
    }

    struct Told(Arc<Mutex<usize>>);

    impl Drop for Told {
        fn drop(&mut self) {
            *self.0.lock() += 1;
        }
    }

    impl Registry for Script {
        fn remembered(&self, _: &ServiceKey) -> Option<Vec<NodeSpec>> {
            Some(self.remembered.clone())
        }

        fn follow(self: Arc<Self>, service: ServiceKey, feed: Feed) -> Following {
            self.feeds.lock().push((service, feed));
            let told = Told(Arc::clone(&self.dropped));
            Box::pin(async move {
                let _told = told;
                std::future::pending::<()>().await;
            })
        }

        fn status(&self) -> RegistryStatus {
            RegistryStatus::default()
        }
    }

    fn key(name: &str) -> ServiceKey {
        ServiceKey { registry: "r".into(), name: name.into(), namespace: None, group: None, protocol: Wanted::Any }
    }

    fn nodes(ports: &[u16]) -> Vec<NodeSpec> {
        let node = |port: &u16| NodeSpec {
            host: "127.0.0.1".into(),
            port: Some(*port),
            weight: 1,
            priority: 0,
            metadata: None,
        };
        ports.iter().map(node).collect()
    }

    fn start(script: &Arc<Script>) -> (Services, Arc<Mutex<Vec<u64>>>) {
        let (services, told) = (Services::default(), Arc::new(Mutex::new(Vec::new())));
        let sink = Arc::clone(&told);
        let registries: [(Box<str>, Arc<dyn Registry>); 1] = [("r".into(), Arc::clone(script) as _)];
        let patience = Duration::from_secs(3);
        services.start(registries, Handle::current(), patience, move |token| sink.lock().push(token));
        (services, told)
    }

    #[tokio::test(start_paused = true)]
    async fn changes_are_told_to_those_who_use_the_service() {
        let script = Arc::new(Script::default());
        let (services, told) = start(&script);
        assert!(services.knows("r") && !services.knows("q"));
        assert!(services.subscribe(ServiceKey { registry: "q".into(), ..key("a") }, 1).is_none());
        let (a, again, b) =
            (services.subscribe(key("a"), 1), services.subscribe(key("a"), 2), services.subscribe(key("b"), 3));
        let (a, again) = (a.unwrap(), again.unwrap());
        assert_eq!(script.feeds.lock().len(), 2, "each service is followed once");
        assert!(!a.is_settled() && a.nodes().is_empty());
        let feed = script.feeds.lock()[0].1.clone();
        feed.set(nodes(&[1, 2]));
        assert!(a.is_settled() && a.nodes().len() == 2);
        told.lock().sort_unstable();
        assert_eq!(std::mem::take(&mut *told.lock()), [1, 2]);
        feed.set(nodes(&[1, 2]));
        assert!(told.lock().is_empty(), "the same nodes again");
        assert_eq!(services.dump("r").unwrap().len(), 2);
        assert_eq!(services.statuses()[0].2, 2);
        drop((again, b));
        tokio::task::yield_now().await;
        assert_eq!(*script.dropped.lock(), 1, "b is followed no more");
        feed.set(Vec::new());
        assert_eq!(std::mem::take(&mut *told.lock()), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_the_patience() {
        let script = Arc::new(Script::default());
        let (services, told) = start(&script);
        let a = services.subscribe(key("a"), 1).unwrap();
        let began = tokio::time::Instant::now();
        a.settled().await;
        assert_eq!(began.elapsed(), Duration::from_secs(3));
        assert!(a.nodes().is_empty() && told.lock().is_empty());
    }

    #[tokio::test]
    async fn what_is_remembered_is_there_at_once() {
        let script = Arc::new(Script { remembered: nodes(&[7]), ..Script::default() });
        let (services, _) = start(&script);
        let a = services.subscribe(key("a"), 1).unwrap();
        assert!(a.is_settled());
        assert_eq!(a.nodes()[0].port, Some(7));
    }
}
