//! What is counted of calls that went through the gateway, beside the services that are known; and how their nodes are.

use std::collections::{BTreeMap, HashMap};

use gateway_engine::calls::{Calls, Method, Outcome, Sums};
use gateway_engine::upstream::Description;
use gateway_engine::upstream::health::{Checkers, State};
use serde_json::{Map, Value, json};

use super::known::{Known, Node, Service};

/// Where a service is known from that only calls name.
const CALLS: &str = "calls";

/// By what all is told that is not counted by its names.
const OVERFLOW: &str = "overflow";

/// Numbers by the name of the method.
type Methods = BTreeMap<Box<str>, Sums>;

/// What is counted, and what of it has been told.
pub(super) struct Counted {
    methods: Vec<(Method, bool)>,
    by_interface: HashMap<Box<str>, Vec<usize>>,
    others: Sums,
}

/// A service with what is counted of it.
pub(super) struct Counts<'s> {
    interface: &'s str,
    version: &'s str,
    group: &'s str,
    source: &'s str,
    methods: Methods,
}

impl Counted {
    pub(super) fn of(calls: &Calls) -> Counted {
        let (methods, others) = calls.all();
        let mut by_interface: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (at, method) in methods.iter().enumerate() {
            by_interface.entry(method.interface.clone()).or_default().push(at);
        }
        Counted { methods: methods.into_iter().map(|method| (method, false)).collect(), by_interface, others }
    }

    /// The numbers of a service.
    pub(super) fn service<'s>(&mut self, service: &'s Service) -> Counts<'s> {
        let Service { interface, version, group, source, .. } = service;
        let mut counts = Counts { interface, version, group, source, methods: BTreeMap::new() };
        for at in self.by_interface.get(&**interface).into_iter().flatten() {
            if let Some((method, told)) = self.methods.get_mut(*at)
                && service.takes(&method.interface, (&method.version, &method.group))
            {
                *told = true;
                counts.methods.entry(method.method.clone()).or_default().add(&method.sums);
            }
        }
        counts
    }

    /// The services that nobody names and that have answered; and all the rest as one.
    pub(super) fn rest(self, known: &Known, states: &States) -> Vec<Value> {
        let mut others = self.others;
        let mut services: BTreeMap<[Box<str>; 3], (bool, Methods)> = BTreeMap::new();
        for (method, _) in self.methods.into_iter().filter(|(_, told)| !told) {
            let (proven, methods) = services.entry([method.interface, method.version, method.group]).or_default();
            *proven |= method.proven;
            methods.entry(method.method).or_default().add(&method.sums);
        }
        let mut shown = Vec::new();
        for ([interface, version, group], (proven, methods)) in services {
            if !proven {
                methods.values().for_each(|sums| others.add(sums));
                continue;
            }
            let method = methods.keys().next().map(|method| &**method).unwrap_or_default();
            let nodes = known.behind(&interface, method, None);
            let counts = Counts { interface: &interface, version: &version, group: &group, source: CALLS, methods };
            shown.push(counts.shown(None, nodes, states));
        }
        if others.calls() > 0 {
            let none = Counts { interface: OVERFLOW, version: "", group: "", source: CALLS, methods: BTreeMap::new() };
            let mut service = none.shown(None, Vec::new(), states);
            service["stats"] = stats(&others);
            shown.push(service);
        }
        shown
    }
}

impl Counts<'_> {
    /// As JSON, with the methods that its registry tells of and those that were called.
    pub(super) fn shown(mut self, described: Option<&Description>, nodes: Vec<&Node>, states: &States) -> Value {
        let mut total = Sums::default();
        self.methods.values().for_each(|sums| total.add(sums));
        let mut methods: Vec<Value> = Vec::new();
        for method in described.into_iter().flat_map(|described| &described.methods) {
            let sums = self.methods.get(&*method.name).cloned().unwrap_or_default();
            methods.push(json!({
                "name": method.name, "params": method.parameters, "returns": method.result, "stats": stats(&sums),
            }));
        }
        for method in described.into_iter().flat_map(|described| &described.methods) {
            self.methods.remove(&*method.name);
        }
        let called = self
            .methods
            .iter()
            .map(|(name, sums)| json!({ "name": name, "params": null, "returns": null, "stats": stats(sums) }));
        methods.extend(called);
        let provider = |node: &&Node| json!({ "addr": node.addr, "weight": node.weight, "source": self.source, "state": states.get(&node.addr) });
        json!({
            "interface": self.interface,
            "version": self.version,
            "group": self.group,
            "methods": methods,
            "nodes": nodes.len(),
            "source": self.source,
            "stats": stats(&total),
            "providers": nodes.iter().map(provider).collect::<Value>(),
        })
    }
}

/// Numbers of a method, or of all methods of a service.
fn stats(sums: &Sums) -> Value {
    let rounded = |ms: f64| (ms * 1000.0).round() / 1000.0;
    let quantile = |part| sums.quantile_ms(part).map(rounded);
    let by: Map<String, Value> =
        Outcome::ALL.iter().map(|outcome| (outcome.name().to_owned(), sums.of(*outcome).into())).collect();
    json!({
        "calls": sums.calls(),
        "errors": sums.errors(),
        "by": by,
        "p50_ms": quantile(0.5),
        "p95_ms": quantile(0.95),
        "p99_ms": quantile(0.99),
        "max_ms": (sums.calls() > 0).then(|| rounded(sums.max_ms())),
    })
}

/// How nodes are, as their health checks say.
pub(super) struct States(HashMap<String, State>);

impl States {
    pub(super) fn of(checkers: &Checkers) -> States {
        let mut states: HashMap<String, State> = HashMap::new();
        for checker in checkers.list().iter().filter(|checker| checker.checks().is_awake()) {
            for (at, node) in checker.nodes().iter().enumerate() {
                let state = checker.condition(at).state;
                for name in [node.addr.to_string(), format!("{}:{}", node.host, node.port)] {
                    let known = states.entry(name).or_insert(state);
                    if rank(state) > rank(*known) {
                        *known = state;
                    }
                }
            }
        }
        States(states)
    }

    /// The worst that is said of a node; `None`: nobody looks after it.
    fn get(&self, addr: &str) -> Option<&'static str> {
        self.0.get(addr).map(|state| state.as_str())
    }
}

fn rank(state: State) -> u8 {
    match state {
        State::Healthy => 0,
        State::MostlyHealthy => 1,
        State::MostlyUnhealthy => 2,
        State::Unhealthy => 3,
    }
}
