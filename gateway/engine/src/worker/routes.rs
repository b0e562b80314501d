//! Routes and upstreams as one worker sees them: chains linked, upstreams found, counters at hand. Linked at the first request
//! after a change (about a microsecond); until the next change, one comparison tells that nothing has moved.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::Worker;
use crate::plugin::{Chain, Configured};
use crate::snapshot::{Consumer, Globals, Group, PluginConfig, Route, Service, Snapshot};
use crate::upstream::LocalUpstream;

/// Merged chains kept a route; the oldest goes first.
const MERGED_CHAINS: usize = 512;

/// A matched route, ready to run.
pub struct LocalRoute {
    /// The route.
    pub route: Arc<Route>,
    /// Its service.
    pub service: Option<Arc<Service>>,
    /// Its plugins, those of its plugin config and its service, linked.
    pub chain: Rc<Chain>,
    /// The global rules' plugins, less those that give way to the route's.
    pub globals: Rc<Chain>,
    /// Where it sends requests.
    pub target: Target,
    /// A reference leads nowhere: every request gets this status.
    pub broken: Option<u16>,
    /// WebSocket upgrades are let through.
    pub websocket: bool,
    /// For plugins that keep something by route and worker (metrics).
    pub kept: RefCell<Vec<(std::any::TypeId, Rc<dyn std::any::Any>)>>,
    /// Its plugin config.
    pub config: Option<Arc<PluginConfig>>,
    seen_globals: Arc<Globals>,
    generation: Cell<u64>,
    merged: RefCell<Merged>,
}

/// Where a route sends requests.
pub enum Target {
    /// To this upstream.
    Upstream(Rc<LocalUpstream>),
    /// To an upstream that does not exist (502).
    Missing,
    /// Nowhere (503), unless a plugin answers or sets an upstream.
    None,
}

#[derive(Default)]
struct Merged {
    chains: HashMap<usize, MergedChain>,
    order: VecDeque<usize>,
}

struct MergedChain {
    /// Held so that its address stays its own.
    _consumer: Arc<Consumer>,
    group: Option<Arc<Group>>,
    chain: Rc<Chain>,
}

impl LocalRoute {
    /// The chain with a consumer's and its group's plugins merged over it; `None`: the group it names does not exist.
    pub fn chain_for(&self, consumer: &Arc<Consumer>, snapshot: &Snapshot) -> Option<Rc<Chain>> {
        let group = match &consumer.group {
            None => None,
            Some((_, slot)) => Some(snapshot.groups.get(*slot)?),
        };
        if consumer.plugins.is_empty() && group.is_none_or(|g| g.plugins.is_empty()) {
            return Some(Rc::clone(&self.chain));
        }
        let key = Arc::as_ptr(consumer) as usize;
        let mut merged = self.merged.borrow_mut();
        if let Some(known) = merged.chains.get(&key) {
            let same = match (&known.group, group) {
                (None, None) => true,
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                _ => false,
            };
            if same {
                return Some(Rc::clone(&known.chain));
            }
        }
        let levels: [&[Configured]; 3] = [&self.chain.entries, group.map_or(&[], |g| &g.plugins), &consumer.plugins];
        let chain = Rc::new(Chain::link(&levels, 1));
        let made = MergedChain { _consumer: Arc::clone(consumer), group: group.cloned(), chain: Rc::clone(&chain) };
        if merged.chains.insert(key, made).is_none() {
            merged.order.push_back(key);
            if merged.order.len() > MERGED_CHAINS
                && let Some(oldest) = merged.order.pop_front()
            {
                merged.chains.remove(&oldest);
            }
        }
        Some(chain)
    }

    /// What a plugin keeps by route and worker, made on first use.
    pub fn kept<T: 'static>(&self, make: impl FnOnce() -> T) -> Rc<T> {
        let id = std::any::TypeId::of::<T>();
        let found = self.kept.borrow().iter().find(|(t, _)| *t == id).map(|(_, v)| Rc::clone(v));
        if let Some(value) = found.and_then(|v| v.downcast::<T>().ok()) {
            return value;
        }
        let made = Rc::new(make());
        self.kept.borrow_mut().push((id, Rc::clone(&made) as Rc<dyn std::any::Any>));
        made
    }
}

/// The worker's routes and upstreams by slot.
#[derive(Default)]
pub(super) struct Routes {
    routes: RefCell<Vec<Option<Rc<LocalRoute>>>>,
    upstreams: RefCell<Vec<Option<Rc<LocalUpstream>>>>,
    globals: RefCell<Option<(Arc<Globals>, Rc<Chain>)>>,
}

impl Routes {
    pub(super) fn get(&self, worker: &Worker, snapshot: &Snapshot, slot: u32, route: &Arc<Route>) -> Rc<LocalRoute> {
        let known = self.routes.borrow().get(slot as usize).and_then(Option::as_ref).map(Rc::clone);
        if let Some(local) = known
            && Arc::ptr_eq(&local.route, route)
        {
            let generation = worker.generation();
            if local.generation.get() == generation {
                return local;
            }
            if self.unchanged(worker, snapshot, &local) {
                local.generation.set(generation);
                return local;
            }
        }
        let local = Rc::new(self.link(worker, snapshot, route));
        let mut routes = self.routes.borrow_mut();
        if routes.len() <= slot as usize {
            routes.resize_with(slot as usize + 1, || None);
        }
        if let Some(place) = routes.get_mut(slot as usize) {
            *place = Some(Rc::clone(&local));
        }
        local
    }

    /// What the route refers to is what it was linked with.
    fn unchanged(&self, worker: &Worker, snapshot: &Snapshot, local: &LocalRoute) -> bool {
        let same_target = match (&local.target, upstream_slot(&local.route, local.service.as_deref())) {
            (Target::None, None) => true,
            (Target::Missing, Some(slot)) => snapshot.upstreams.get(slot).is_none(),
            (Target::Upstream(upstream), Some(slot)) => {
                self.upstream(worker, snapshot, slot).is_some_and(|now| Rc::ptr_eq(&now, upstream))
            }
            _ => false,
        };
        same_target
            && same(local.service.as_ref(), local.route.service.and_then(|s| snapshot.services.get(s)))
            && same(local.config.as_ref(), local.route.plugin_config.and_then(|s| snapshot.plugin_configs.get(s)))
            && Arc::ptr_eq(&local.seen_globals, &snapshot.globals)
    }

    fn link(&self, worker: &Worker, snapshot: &Snapshot, route: &Arc<Route>) -> LocalRoute {
        let service = route.service.and_then(|slot| snapshot.services.get(slot)).cloned();
        let config = route.plugin_config.and_then(|slot| snapshot.plugin_configs.get(slot)).cloned();
        let broken = if route.plugin_config.is_some() && config.is_none() {
            Some(503)
        } else if route.service.is_some() && service.is_none() {
            Some(404)
        } else {
            None
        };
        let levels: [&[Configured]; 3] =
            [service.as_ref().map_or(&[], |s| &s.plugins), config.as_ref().map_or(&[], |c| &c.plugins), &route.plugins];
        let chain = if levels.iter().all(|l| l.is_empty()) {
            worker.empty_chain()
        } else {
            Rc::new(Chain::link(&levels, usize::MAX))
        };
        let target = match upstream_slot(route, service.as_deref()) {
            None => Target::None,
            Some(slot) => self.upstream(worker, snapshot, slot).map_or(Target::Missing, Target::Upstream),
        };
        LocalRoute {
            globals: self.global_chain(snapshot, Some(&chain)),
            websocket: route.websocket.or_else(|| service.as_ref().and_then(|s| s.websocket)).unwrap_or(false),
            route: Arc::clone(route),
            service,
            chain,
            target,
            broken,
            kept: RefCell::default(),
            config,
            seen_globals: Arc::clone(&snapshot.globals),
            generation: Cell::new(worker.generation()),
            merged: RefCell::default(),
        }
    }

    /// The global rules' chain beside a route's.
    pub(super) fn global_chain(&self, snapshot: &Snapshot, beside: Option<&Chain>) -> Rc<Chain> {
        let gives_way = |e: &Configured| e.prefer_route && beside.is_some_and(|route| route.has(&e.name));
        if snapshot.globals.plugins.iter().any(gives_way) {
            let kept = snapshot.globals.plugins.iter().filter(|e| !gives_way(e)).cloned().collect();
            return Rc::new(Chain::of(kept));
        }
        let mut globals = self.globals.borrow_mut();
        if let Some((seen, chain)) = &*globals
            && Arc::ptr_eq(seen, &snapshot.globals)
        {
            return Rc::clone(chain);
        }
        let chain = Rc::new(Chain::of(snapshot.globals.plugins.to_vec()));
        *globals = Some((Arc::clone(&snapshot.globals), Rc::clone(&chain)));
        chain
    }

    pub(super) fn upstream(&self, worker: &Worker, snapshot: &Snapshot, slot: u32) -> Option<Rc<LocalUpstream>> {
        let upstream = snapshot.upstreams.get(slot)?;
        let mut upstreams = self.upstreams.borrow_mut();
        if let Some(Some(local)) = upstreams.get(slot as usize)
            && Arc::ptr_eq(local.upstream(), upstream)
        {
            return Some(Rc::clone(local));
        }
        let view = worker.view.borrow();
        let local = Rc::new(LocalUpstream::new(Arc::clone(upstream), &view.settings));
        if upstreams.len() <= slot as usize {
            upstreams.resize_with(slot as usize + 1, || None);
        }
        if let Some(place) = upstreams.get_mut(slot as usize) {
            *place = Some(Rc::clone(&local));
        }
        Some(local)
    }
}

/// The route's own upstream goes before its service's.
fn upstream_slot(route: &Route, service: Option<&Service>) -> Option<u32> {
    route.upstream.or_else(|| service.and_then(|s| s.upstream))
}

fn same<T>(linked: Option<&Arc<T>>, now: Option<&Arc<T>>) -> bool {
    match (linked, now) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}
