//! The services of Dubbo that the configuration and the registries name, and their nodes.

use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_engine::upstream::{NodeSpec, Scheme, ServiceKey, Services, Wanted};
use gateway_model::Kind;
use serde_json::Value;

use crate::admin::Refusal;
use crate::state::Tables;
use hyper::StatusCode;

/// The port of a provider where none is said.
const PORT: u16 = 20880;

/// What is known.
#[derive(Default)]
pub(super) struct Known {
    pub(super) services: Vec<Service>,
    /// Upstreams of routes: the paths that lead there.
    others: Vec<(Vec<String>, Vec<Node>)>,
}

/// A service.
pub(super) struct Service {
    pub(super) interface: String,
    pub(super) version: String,
    pub(super) group: String,
    pub(super) nodes: Vec<Node>,
    /// `routes/1`, or the registry.
    pub(super) source: String,
    /// By which a registry knows it.
    pub(super) key: Option<ServiceKey>,
}

impl Service {
    /// Whether it is one that a call for this version and group may go to.
    fn fits(&self, interface: &str, (version, group): (&str, &str)) -> bool {
        let fits = |known: &str, wanted: &str| known == wanted || known == "*" || wanted.is_empty();
        self.interface == interface && fits(&self.version, version) && fits(&self.group, group)
    }

    /// Whether it is this service that is called by this interface, version and group. A route that says neither takes all.
    pub(super) fn takes(&self, interface: &str, (version, group): (&str, &str)) -> bool {
        let any = self.key.is_none();
        let takes = |known: &str, called: &str| known == called || known == "*" || (any && known.is_empty());
        self.interface == interface && takes(&self.version, version) && takes(&self.group, group)
    }

    /// Whether it is the one that `interface[:version[:group]]` names; parts that are left out may be any.
    pub(super) fn is(&self, named: &str) -> bool {
        let mut parts = named.splitn(3, ':');
        let mut fits = |of: &str| parts.next().is_none_or(|part| part.is_empty() || part == of);
        fits(&self.interface) && fits(&self.version) && fits(&self.group)
    }
}

/// A provider: where it is, and what it wants to be shown by its callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) addr: String,
    pub(super) weight: u32,
    token: Option<Box<str>>,
}

/// Which of several nodes is next.
static NEXT: AtomicUsize = AtomicUsize::new(0);

impl Known {
    /// What the configuration says.
    pub(super) fn of(tables: &Tables) -> Known {
        let mut known = Known::default();
        for (id, stored) in tables.iter(Kind::Route) {
            if let Some(route) = tables.open(Kind::Route, stored) {
                known.route(id, &route, tables);
            }
        }
        known
    }

    fn route(&mut self, id: &str, route: &Value, tables: &Tables) {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let named = |kind: Kind, id: Option<String>| {
            let stored = tables.get(kind, &id?)?;
            tables.open(kind, stored)
        };
        let upstream_of = |value: &Value| {
            let own = value.get("upstream").filter(|upstream| upstream.is_object()).cloned();
            own.or_else(|| named(Kind::Upstream, id_of(value, "upstream_id")))
        };
        let service = || named(Kind::Service, id_of(route, "service_id")).and_then(|service| upstream_of(&service));
        let Some(upstream) = upstream_of(route).or_else(service) else { return };
        let plugin = |name: &str| route.get("plugins").and_then(|plugins| plugins.get(name));
        let bridge = plugin("dubbo-bridge");
        let old = plugin("http-dubbo").or_else(|| plugin("dubbo-proxy"));
        let scheme = text(&upstream, "scheme");
        if scheme.as_deref() != Some("dubbo") && old.is_none() {
            return;
        }
        if ServiceKey::of(&upstream, Scheme::Dubbo).is_some() {
            // Its registry tells of it.
            return;
        }
        let nodes = nodes(&upstream);
        let configured = |conf: &Value, interface: &str, version: &str| {
            Some((text(conf, interface)?, text(conf, version).filter(|version| version != "0.0.0").unwrap_or_default()))
        };
        let by_plugin = bridge.and_then(|conf| configured(conf, "service", "version"));
        let by_plugin = by_plugin.or_else(|| old.and_then(|conf| configured(conf, "service_name", "service_version")));
        let paths = paths(route);
        let group = bridge.and_then(|conf| text(conf, "group")).unwrap_or_default();
        let by_path = || {
            let mut all: Vec<String> = paths.iter().filter_map(|path| interface(path)).collect();
            all.dedup();
            all.into_iter().map(|interface| (interface, String::new())).collect()
        };
        let services: Vec<(String, String)> = by_plugin.map_or_else(by_path, |one| vec![one]);
        for (interface, version) in services {
            let (group, nodes) = (group.clone(), nodes.clone());
            self.services.push(Service { interface, version, group, nodes, source: format!("routes/{id}"), key: None });
        }
        self.others.push((paths, nodes));
    }

    /// Adds what registries know of the services that upstreams use.
    pub(super) fn add(&mut self, services: &Services) {
        for (registry, ..) in services.statuses() {
            for (key, nodes) in services.dump(&registry).unwrap_or_default() {
                if key.protocol != Wanted::Dubbo {
                    continue;
                }
                let mut parts = key.name.splitn(3, ':').map(str::to_owned);
                self.services.push(Service {
                    interface: parts.next().unwrap_or_default(),
                    version: parts.next().unwrap_or_default(),
                    group: parts.next().unwrap_or_default(),
                    nodes: nodes.iter().map(Node::of).collect(),
                    source: registry.to_string(),
                    key: Some(key),
                });
            }
        }
    }

    /// By what a registry knows the service that a call is for, where it is one of a registry's.
    pub(super) fn key(&self, interface: &str, (version, group): (&str, &str)) -> Option<&ServiceKey> {
        let own = self.services.iter().filter(|s| s.fits(interface, (version, group)));
        own.filter_map(|service| service.key.as_ref()).next()
    }

    /// The nodes that paths of routes lead to from this method.
    pub(super) fn behind(&self, interface: &str, method: &str) -> Vec<&Node> {
        let path = format!("/{interface}/{method}");
        let leads = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => *pattern == path,
        };
        self.others.iter().filter(|(paths, _)| paths.iter().any(leads)).flat_map(|(_, nodes)| nodes).collect()
    }

    /// A node for a call, and the token that it wants to be shown; the one that is asked for, if it is one of an upstream's.
    ///
    /// # Errors
    /// No upstream has such a node, or none leads to the service.
    pub(super) fn node(
        &self,
        interface: &str,
        method: &str,
        (version, group): (&str, &str),
        asked: Option<&str>,
    ) -> Result<(String, Option<Box<str>>), Refusal> {
        let all = || self.services.iter().map(|s| &s.nodes).chain(self.others.iter().map(|(_, nodes)| nodes)).flatten();
        if let Some(asked) = asked {
            let found = all().find(|node| node.addr == asked);
            let found = found.ok_or_else(|| Refusal::bad(format!("{asked:?} is no node of an upstream for Dubbo")))?;
            return Ok((found.addr.clone(), found.token.clone()));
        }
        let own = self.services.iter().filter(|s| s.fits(interface, (version, group)));
        let mut nodes: Vec<&Node> = own.flat_map(|service| &service.nodes).collect();
        if nodes.is_empty() {
            nodes = self.behind(interface, method);
        }
        if nodes.iter().any(|node| node.weight > 0) {
            nodes.retain(|node| node.weight > 0);
        }
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let chosen = next.checked_rem(nodes.len()).and_then(|at| nodes.get(at));
        let chosen = chosen.ok_or_else(|| {
            Refusal::new(
                StatusCode::NOT_FOUND,
                format!("no upstream for Dubbo leads to {interface}, or none has nodes"),
            )
        })?;
        Ok((chosen.addr.clone(), chosen.token.clone()))
    }
}

impl Node {
    fn of(node: &NodeSpec) -> Node {
        let token = node.metadata.as_ref().and_then(|metadata| metadata.get("token").cloned());
        Node { addr: addr(&node.host, node.port), weight: node.weight, token }
    }
}

fn addr(host: &str, port: Option<u16>) -> String {
    let port = port.unwrap_or(PORT);
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// An id, which may be a number.
fn id_of(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The nodes of an upstream, in either form. Those over TLS are none: nothing here speaks it.
fn nodes(upstream: &Value) -> Vec<Node> {
    let number = |value: Option<&Value>| value.and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let of = |host: &str, port: Option<u16>, weight: Option<u32>| Node {
        addr: addr(host, port),
        weight: weight.unwrap_or_default(),
        token: None,
    };
    match upstream.get("nodes") {
        Some(_) if upstream.get("tls").is_some() => Vec::new(),
        Some(Value::Object(nodes)) => nodes
            .iter()
            .map(|(key, weight)| {
                let (host, port) = NodeSpec::split(key);
                of(host, port, number(Some(weight)))
            })
            .collect(),
        Some(Value::Array(nodes)) => nodes
            .iter()
            .filter_map(|node| {
                let host = node.get("host")?.as_str()?;
                let port = number(node.get("port")).and_then(|port| u16::try_from(port).ok());
                Some(of(host, port, number(node.get("weight"))))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn paths(route: &Value) -> Vec<String> {
    let one = route.get("uri").and_then(Value::as_str);
    let many = route.get("uris").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(many).map(str::to_owned).collect()
}

/// The interface that a path `/<interface>/…` names, which has a package.
fn interface(path: &str) -> Option<String> {
    let (first, rest) = path.strip_prefix('/')?.split_once('/')?;
    let good = first.contains('.') && !rest.contains('/');
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    (good && first.split('.').all(word)).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known() -> Known {
        let nodes = |ports: &[u16]| -> Vec<Node> {
            ports.iter().map(|port| Node { addr: format!("10.0.0.1:{port}"), weight: 1, token: None }).collect()
        };
        let service = |version: &str, ports: &[u16]| Service {
            interface: "a.B".into(),
            version: version.into(),
            group: String::new(),
            nodes: nodes(ports),
            source: "zookeeper".into(),
            key: None,
        };
        Known {
            services: vec![service("1.0", &[1]), service("2.0", &[2])],
            others: vec![(vec!["/a.C/*".into(), "/a.D/m".into()], nodes(&[3]))],
        }
    }

    #[test]
    fn nodes_are_those_of_the_service() {
        let known = known();
        let node = |interface: &str, method: &str, version: &str, asked: Option<&str>| {
            known.node(interface, method, (version, ""), asked).map(|(addr, _)| addr).ok()
        };
        assert_eq!(node("a.B", "m", "2.0", None).as_deref(), Some("10.0.0.1:2"));
        assert_eq!(node("a.C", "m", "", None).as_deref(), Some("10.0.0.1:3"));
        assert_eq!(node("a.D", "m", "", None).as_deref(), Some("10.0.0.1:3"));
        assert_eq!(node("a.D", "n", "", None), None);
        assert_eq!(node("a.B", "m", "3.0", None), None);
        assert_eq!(node("x.Y", "m", "", Some("10.0.0.1:1")).as_deref(), Some("10.0.0.1:1"));
        assert_eq!(node("a.B", "m", "", Some("169.254.169.254:80")), None);
    }

    #[test]
    fn calls_belong_to_the_services_that_take_them() {
        let of_registry = |version: &str| {
            let upstream = json!({"discovery_type": "zookeeper", "service_name": "a.B"});
            let key = ServiceKey::of(&upstream, Scheme::Dubbo);
            assert!(key.is_some());
            Service { interface: "a.B".into(), version: version.into(), key, ..known().services.remove(0) }
        };
        let of_route = |version: &str| Service { key: None, ..of_registry(version) };
        let takes = |service: Service, version: &str| service.takes("a.B", (version, ""));
        for (version, called, by_registry, by_route) in [
            ("", "", true, true),
            ("", "1.0", false, true),
            ("1.0", "1.0", true, true),
            ("1.0", "", false, false),
            ("*", "2.0", true, true),
        ] {
            assert_eq!(takes(of_registry(version), called), by_registry, "{version} {called}");
            assert_eq!(takes(of_route(version), called), by_route, "{version} {called}");
        }
        assert!(!of_route("").takes("a.C", ("", "")));
    }

    #[test]
    fn nodes_have_two_forms() {
        let addrs = |upstream: Value| nodes(&upstream).into_iter().map(|node| node.addr).collect::<Vec<_>>();
        assert_eq!(addrs(json!({"nodes": {"a:1": 1, "b": 1}})), ["a:1", "b:20880"]);
        assert_eq!(addrs(json!({"nodes": [{"host": "::1", "port": 7, "weight": 1}]})), ["[::1]:7"]);
        assert!(addrs(json!({"nodes": {"a:1": 1}, "tls": {}})).is_empty() && addrs(json!({})).is_empty());
    }

    #[test]
    fn interfaces_of_paths() {
        assert_eq!(interface("/a.B/*").as_deref(), Some("a.B"));
        assert_eq!(interface("/a.B/m").as_deref(), Some("a.B"));
        for none in ["/*", "/a.*", "/a.B", "/a/b", "/a.B/c/d", "a.B/c"] {
            assert_eq!(interface(none), None, "{none}");
        }
    }
}
