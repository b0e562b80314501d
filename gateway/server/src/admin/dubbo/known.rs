//! The services of Dubbo that the configuration and the registries name, and their nodes.

use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_dubbo_codec::unserved::Asked;
use gateway_engine::upstream::{NodeSpec, Scheme, ServiceKey, Services, Wanted};
use gateway_model::Kind;
use serde_json::{Value, json};

use crate::admin::Refusal;
use crate::state::Tables;
use hyper::StatusCode;

/// The port of a provider where none is said.
const PORT: u16 = 20880;

/// What is known.
#[derive(Default)]
pub(super) struct Known {
    pub(super) services: Vec<Service>,
    /// Upstreams of routes.
    others: Vec<Leading>,
}

/// An upstream of a route.
struct Leading {
    /// The paths that lead there.
    paths: Vec<String>,
    /// The version and group that calls must have; empty: any.
    version: String,
    group: String,
    nodes: Vec<Node>,
}

impl Leading {
    fn takes(&self, (version, group): (&str, &str)) -> bool {
        let takes = |known: &str, called: &str| known.is_empty() || known == called;
        takes(&self.version, version) && takes(&self.group, group)
    }
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
    /// Whether it is this service that is called by this interface, version and group. A route that says neither takes all.
    pub(super) fn takes(&self, interface: &str, (version, group): (&str, &str)) -> bool {
        let any = self.key.is_none();
        let takes = |known: &str, called: &str| known == called || known == "*" || (any && known.is_empty());
        let one_of = || !group.is_empty() && self.group.split(',').any(|one| one.trim() == group);
        self.interface == interface && takes(&self.version, version) && (takes(&self.group, group) || one_of())
    }

    /// How well it is said that a call of this version and group is for it, among those that [take](Service::takes) it.
    fn nearness(&self, (version, group): (&str, &str)) -> u8 {
        u8::from(self.version == version) + u8::from(self.group == group)
    }

    /// Its nodes for calls of this version and group: where it may be any, that of each node counts.
    fn nodes_for(&self, (version, group): (&str, &str)) -> Vec<&Node> {
        let serves = |known: &str, of: &str, called: &str| known != "*" || of == called;
        let fits =
            |node: &&Node| serves(&self.version, &node.version, version) && serves(&self.group, &node.group, group);
        self.nodes.iter().filter(fits).collect()
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
    /// Of the service that it provides, where a registry tells.
    version: Box<str>,
    group: Box<str>,
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
        let (asked_version, asked_group) = asked(route);
        let group = bridge.and_then(|conf| text(conf, "group")).or(asked_group).unwrap_or_default();
        let version = asked_version.unwrap_or_default();
        let by_path = || {
            let mut all: Vec<String> = paths.iter().filter_map(|path| interface(path)).collect();
            all.dedup();
            all.into_iter().map(|interface| (interface, version.clone())).collect()
        };
        let services: Vec<(String, String)> = by_plugin.map_or_else(by_path, |one| vec![one]);
        let version = services.first().map_or_else(|| version.clone(), |(_, version)| version.clone());
        let leading = Leading { paths, version, group: group.clone(), nodes: nodes.clone() };
        for (interface, version) in services {
            let (group, nodes) = (group.clone(), nodes.clone());
            self.services.push(Service { interface, version, group, nodes, source: format!("routes/{id}"), key: None });
        }
        self.others.push(leading);
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
                    version: parts.next().filter(|version| version != "0.0.0").unwrap_or_default(),
                    group: parts.next().unwrap_or_default(),
                    nodes: nodes.iter().map(Node::of).collect(),
                    source: registry.to_string(),
                    key: Some(key),
                });
            }
        }
    }

    /// By what a registry knows the service that a call is for, where it is one of a registry's.
    pub(super) fn key(&self, interface: &str, of: (&str, &str)) -> Option<&ServiceKey> {
        let own = self.services.iter().filter(|s| s.key.is_some() && s.takes(interface, of));
        own.max_by_key(|service| service.nearness(of))?.key.as_ref()
    }

    /// The nodes that paths of routes lead to from this method, for any version and group or for these.
    pub(super) fn behind(&self, interface: &str, method: &str, of: Option<(&str, &str)>) -> Vec<&Node> {
        let path = format!("/{interface}/{method}");
        let leads = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => *pattern == path,
        };
        let leading = self.others.iter().filter(|of_route| of_route.paths.iter().any(leads));
        leading.filter(|route| of.is_none_or(|of| route.takes(of))).flat_map(|route| &route.nodes).collect()
    }

    /// The nodes of the services that a call is for: of those that say so most exactly.
    fn own(&self, interface: &str, of: (&str, &str)) -> Vec<&Node> {
        let mut nearest = 0;
        let mut nodes: Vec<&Node> = Vec::new();
        for service in self.services.iter().filter(|service| service.takes(interface, of)) {
            let its = service.nodes_for(of);
            let nearness = service.nearness(of);
            if its.is_empty() || (nearness < nearest && !nodes.is_empty()) {
                continue;
            }
            if nearness > nearest {
                nodes.clear();
            }
            nearest = nearness;
            nodes.extend(its);
        }
        nodes
    }

    /// The versions and groups that there are of an interface, each once.
    fn forms(&self, interface: &str) -> Vec<(String, String)> {
        let of = |service: &Service| -> Vec<(String, String)> {
            match service.version == "*" || service.group == "*" {
                true => service.nodes.iter().map(|n| (n.version.to_string(), n.group.to_string())).collect(),
                false => vec![(service.version.clone(), service.group.clone())],
            }
        };
        let own = self.services.iter().filter(|s| s.interface == interface && !s.nodes.is_empty());
        let mut all: Vec<(String, String)> = own.flat_map(of).collect();
        all.sort();
        all.dedup();
        all
    }

    /// A node for a call, and the token that it wants to be shown; the one that is asked for, if it is one of an upstream's.
    ///
    /// # Errors
    /// No upstream has such a node, or none leads to the service, or only to other versions of it.
    pub(super) fn node(
        &self,
        interface: &str,
        method: &str,
        of: (&str, &str),
        asked: Option<&str>,
    ) -> Result<(String, Option<Box<str>>), Refusal> {
        let leading = self.others.iter().map(|of_route| &of_route.nodes);
        let mut all = self.services.iter().map(|s| &s.nodes).chain(leading).flatten();
        if let Some(asked) = asked {
            let found = all.find(|node| node.addr == asked);
            let found = found.ok_or_else(|| Refusal::bad(format!("{asked:?} is no node of an upstream for Dubbo")))?;
            return Ok((found.addr.clone(), found.token.clone()));
        }
        let of = (if of.0 == "0.0.0" { "" } else { of.0 }, of.1);
        let mut nodes = self.own(interface, of);
        if nodes.is_empty() {
            nodes = self.behind(interface, method, Some(of));
        }
        if nodes.iter().any(|node| node.weight > 0) {
            nodes.retain(|node| node.weight > 0);
        }
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let chosen = next.checked_rem(nodes.len()).and_then(|at| nodes.get(at));
        let chosen = chosen.ok_or_else(|| self.nobody(interface, of))?;
        Ok((chosen.addr.clone(), chosen.token.clone()))
    }

    /// Why there is no node for a call: which other versions there are of its service, if there are any.
    fn nobody(&self, interface: &str, (version, group): (&str, &str)) -> Refusal {
        let mut forms = self.forms(interface);
        if forms.is_empty() {
            let message = format!("no upstream for Dubbo leads to {interface}, or none has nodes");
            return Refusal::new(StatusCode::NOT_FOUND, message);
        }
        forms.truncate(MOST_FORMS);
        let told: Vec<String> =
            forms.iter().map(|(version, group)| Asked { interface: "", version, group }.to_string()).collect();
        let message = format!(
            "no upstream for Dubbo leads to {}; there is one{}",
            Asked { interface, version, group },
            told.join(", or"),
        );
        let forms: Vec<Value> = forms.iter().map(|(v, g)| json!({ "version": v, "group": g })).collect();
        Refusal::json(StatusCode::NOT_FOUND, json!({ "error_msg": message, "services": forms }))
    }
}

/// Most versions and groups of a service that are named.
const MOST_FORMS: usize = 20;

impl Node {
    fn of(node: &NodeSpec) -> Node {
        let get = |name: &str| node.metadata.as_ref().and_then(|metadata| metadata.get(name).cloned());
        let version = get("version").filter(|version| **version != *"0.0.0").unwrap_or_default();
        let (token, group) = (get("token"), get("group").unwrap_or_default());
        Node { addr: addr(&node.host, node.port), weight: node.weight, token, version, group }
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
        version: "".into(),
        group: "".into(),
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

/// The version and group that calls must have for a route's `vars`, where these say so.
fn asked(route: &Value) -> (Option<String>, Option<String>) {
    let vars = route.get("vars").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if vars.first().and_then(Value::as_str).is_some_and(|word| word != "AND") {
        return (None, None);
    }
    let equal = |names: [&str; 2]| {
        vars.iter().find_map(|rule| match rule.as_array()?.as_slice() {
            [name, op, value] if name.as_str().is_some_and(|name| names.contains(&name)) && op == "==" => {
                value.as_str().map(str::to_owned)
            }
            _ => None,
        })
    };
    (equal(["dubbo_version", "http_tri_service_version"]), equal(["dubbo_group", "http_tri_service_group"]))
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

    fn node(port: u16, version: &str) -> Node {
        let (version, group) = (version.into(), "".into());
        Node { addr: format!("10.0.0.1:{port}"), weight: 1, token: None, version, group }
    }

    fn known() -> Known {
        let nodes = |ports: &[u16]| -> Vec<Node> { ports.iter().map(|port| node(*port, "")).collect() };
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
            others: vec![Leading {
                paths: vec!["/a.C/*".into(), "/a.D/m".into()],
                version: String::new(),
                group: String::new(),
                nodes: nodes(&[3]),
            }],
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
    fn a_call_without_a_version_goes_to_no_other_version() {
        let service = |version: &str, nodes: Vec<Node>| Service {
            version: version.into(),
            nodes,
            key: ServiceKey::of(&json!({"discovery_type": "zookeeper", "service_name": "a.B"}), Scheme::Dubbo),
            ..known().services.remove(0)
        };
        let chosen = |services: Vec<Service>, version: &str| {
            let known = Known { services, others: Vec::new() };
            (0..8).map(|_| known.node("a.B", "m", (version, ""), None).map(|(addr, _)| addr)).collect::<Vec<_>>()
        };
        let all = |services: Vec<Service>, version: &str, port: u16| {
            for addr in chosen(services, version) {
                assert_eq!(addr.ok(), Some(format!("10.0.0.1:{port}")), "{version}");
            }
        };
        let three = || {
            vec![
                service("1.0", vec![node(1, "1.0")]),
                service("", vec![node(2, "")]),
                service("*", vec![node(3, "3.0"), node(4, ""), node(5, "1.0")]),
            ]
        };
        all(three(), "", 2);
        all(three(), "0.0.0", 2);
        all(three(), "1.0", 1);
        all(three(), "3.0", 3);
        // Of any version each node counts.
        all(vec![service("*", vec![node(3, "3.0"), node(4, "")])], "", 4);
        // A route that names none takes all, but one that names it goes first.
        let route = |version: &str, port| Service { key: None, ..service(version, vec![node(port, "")]) };
        all(vec![route("", 1), route("2.0", 2)], "2.0", 2);
        all(vec![route("", 1), route("2.0", 2)], "", 1);
        for refused in chosen(vec![service("1.0", vec![node(1, "")]), service("*", vec![node(2, "2.0")])], "") {
            let why = format!("{:?}", refused.unwrap_err());
            let expected = "no upstream for Dubbo leads to a.B without a version; there is one with version 1.0, or with version 2.0";
            assert!(why.contains(expected), "{why}");
        }
    }

    #[test]
    fn rules_of_routes_name_versions() {
        for (vars, version, group) in [
            (json!([["dubbo_version", "==", "2.0.0"]]), Some("2.0.0"), None),
            (
                json!(["AND", ["x", "==", "y"], ["http_tri_service_version", "==", "1"], ["dubbo_group", "==", "g"]]),
                Some("1"),
                Some("g"),
            ),
            (json!(["OR", ["dubbo_version", "==", "2.0.0"]]), None, None),
            (json!([["dubbo_version", "~=", "2.0.0"], ["dubbo_version", "!", "==", "2.0.0"]]), None, None),
            (json!([7, ["dubbo_version", "==", 2]]), None, None),
            (json!({}), None, None),
        ] {
            let told = asked(&json!({ "vars": vars }));
            assert_eq!(told, (version.map(str::to_owned), group.map(str::to_owned)), "{vars}");
        }
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
