//! The nodes of an upstream: as configured ([`NodeSpec`]) and as usable ([`Nodes`]), every record of a name a node.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::Scheme;
use super::balance::gcd;
use super::chash::Ring;
use super::services::Metadata;

/// A node as configured, before names are resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// An IP address (IPv6 with or without brackets) or a name.
    pub host: Box<str>,
    /// The port; absent means the scheme's.
    pub port: Option<u16>,
    /// Its share of the requests; 0 is never picked unless all are 0 or it is the only node.
    pub weight: u32,
    /// The level it belongs to; larger ones are used first.
    pub priority: i32,
    /// What its registry says about it; `None`: nothing, or it is configured.
    pub metadata: Option<Arc<Metadata>>,
}

impl NodeSpec {
    /// The host as an address, when it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        let bare = self.host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(&self.host);
        bare.parse().ok()
    }

    /// Splits a key of the object form of `nodes`: `host`, `host:port` or `[v6]:port`. A port that is no number of 16 bits
    /// or 0 belongs to the host, which then resolves to nothing.
    pub fn split(key: &str) -> (&str, Option<u16>) {
        let bracketed = key.starts_with('[');
        match key.rsplit_once(':') {
            // A colon inside brackets or a bare IPv6 address is not the one before a port.
            Some((host, _)) if bracketed && !host.ends_with(']') => (key, None),
            Some((host, _)) if !bracketed && host.contains(':') => (key, None),
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => match port.parse() {
                Ok(port) if port > 0 => (host, Some(port)),
                _ => (key, None),
            },
            _ => (key, None),
        }
    }
}

/// One address that takes requests. A name with several records makes several of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The host as configured: an address or a name.
    pub host: Box<str>,
    /// The port.
    pub port: u16,
    /// Where to connect.
    pub addr: SocketAddr,
    /// Whether `host` is a name that was resolved.
    pub named: bool,
    /// The share of requests. What a name's records share is split evenly among them, all weights scaled so that it can be.
    pub weight: u32,
    /// The level it belongs to; larger ones are used first.
    pub priority: i32,
    /// What its registry says about it.
    pub metadata: Option<Arc<Metadata>>,
    id: Arc<str>,
    authority: Box<str>,
}

impl Node {
    fn new(spec: &NodeSpec, addr: SocketAddr, weight: u32, scheme: Scheme) -> Self {
        let named = spec.ip().is_none();
        let id = if named { format!("{addr}:{}", spec.host) } else { addr.to_string() };
        let host = match addr.ip() {
            IpAddr::V6(ip) if !named => format!("[{ip}]").into(),
            _ => spec.host.clone(),
        };
        let port = addr.port();
        let authority =
            if scheme.default_port() == port { host.clone() } else { format!("{host}:{port}").into_boxed_str() };
        let metadata = spec.metadata.clone();
        Self { host, port, addr, named, weight, priority: spec.priority, metadata, id: id.into(), authority }
    }

    /// Who this is: `ip:port`, for a name `ip:port:name`. Health, pools and counters of a node outlive changes of the set
    /// under this key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// [`Node::id`], to keep.
    pub fn shared_id(&self) -> &Arc<str> {
        &self.id
    }

    /// What `pass_host: node` sends as `Host`: the name or address, with the port unless it is the scheme's.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

/// One node inside a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its index in [`Nodes::list`].
    pub index: u32,
    /// Its weight.
    pub weight: u32,
}

impl Member {
    /// The index, to index with.
    pub fn index(&self) -> usize {
        self.index as usize
    }
}

/// The nodes of one priority.
#[derive(Clone, Debug)]
pub struct Level {
    /// The priority they share.
    pub priority: i32,
    /// The nodes, in configured order.
    pub members: Box<[Member]>,
    /// The hash ring, when the upstream hashes.
    pub ring: Option<Arc<Ring>>,
}

/// The usable nodes of an upstream, immutable; a change of a name's addresses makes a new one.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    list: Box<[Arc<Node>]>,
    levels: Box<[Level]>,
}

impl Nodes {
    /// Expands `specs`: `lookup` gives the addresses of a name, none when it is not resolved. Names without addresses are
    /// left out. `hashing` asks for the rings.
    ///
    /// A node given twice in one level counts once, as its last mention says.
    pub fn new(specs: &[NodeSpec], scheme: Scheme, hashing: bool, lookup: impl Fn(&str) -> Arc<[IpAddr]>) -> Self {
        let expanded: Vec<(&NodeSpec, Arc<[IpAddr]>)> = specs
            .iter()
            .map(|spec| (spec, spec.ip().map_or_else(|| lookup(&spec.host), |ip| Arc::from([ip]))))
            .filter(|(_, addrs)| !addrs.is_empty())
            .collect();
        let scale = scale(expanded.iter().map(|(_, addrs)| addrs.len() as u64));
        let mut list: Vec<Node> = Vec::with_capacity(expanded.iter().map(|(_, addrs)| addrs.len()).sum());
        let mut seen = std::collections::HashMap::new();
        for (spec, addrs) in expanded {
            let weight = share(spec.weight, scale, addrs.len() as u64);
            for ip in addrs.iter() {
                let addr = SocketAddr::new(*ip, spec.port.unwrap_or(scheme.default_port()));
                let node = Node::new(spec, addr, weight, scheme);
                match seen.entry((node.id.clone(), node.priority)) {
                    std::collections::hash_map::Entry::Occupied(at) => {
                        if let Some(earlier) = list.get_mut(*at.get()) {
                            *earlier = node;
                        }
                    }
                    std::collections::hash_map::Entry::Vacant(at) => {
                        at.insert(list.len());
                        list.push(node);
                    }
                }
            }
        }
        let list: Box<[Arc<Node>]> = list.into_iter().map(Arc::new).collect();
        let levels = levels(&list, hashing);
        Self { list, levels }
    }

    /// All nodes, in configured order, the records of a name ascending. Picks are indexes into this list.
    pub fn list(&self) -> &[Arc<Node>] {
        &self.list
    }

    /// The node of a pick.
    pub fn get(&self, index: usize) -> Option<&Arc<Node>> {
        self.list.get(index)
    }

    /// The levels, largest priority first; none is empty.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is nothing to pick (503).
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl PartialEq for Nodes {
    /// Equal sets give equal picks: levels and rings follow from the list.
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

fn levels(list: &[Arc<Node>], hashing: bool) -> Box<[Level]> {
    let mut levels: std::collections::BTreeMap<std::cmp::Reverse<i32>, Vec<Member>> = Default::default();
    for (index, node) in (0u32..).zip(list) {
        levels.entry(std::cmp::Reverse(node.priority)).or_default().push(Member { index, weight: node.weight });
    }
    let address = |m: &Member| list.get(m.index()).map_or("", |node| ring_id(node));
    levels
        .into_iter()
        .map(|(priority, members)| Level {
            priority: priority.0,
            ring: hashing.then(|| Arc::new(Ring::new(&members, address))),
            members: members.into(),
        })
        .collect()
}

/// The `ip:port` part of the identity: on the ring a name counts as its address.
fn ring_id(node: &Node) -> &str {
    let name = if node.named { node.host.len() + 1 } else { 0 };
    // `id` ends in ":" and the host for a named node (see `Node::new`).
    node.id.get(..node.id.len() - name).unwrap_or(&node.id)
}

/// What all weights are multiplied with so that each name's weight can be split among its records.
fn scale(counts: impl Iterator<Item = u64>) -> u64 {
    /// Past this the split is rounded: exact shares of, say, 97 and 89 records are worth no weights in the millions.
    const MOST: u64 = 10_000;
    counts.fold(1, |lcm, n| if lcm > MOST { lcm } else { lcm / gcd(lcm, n) * n }).min(MOST)
}

/// The weight of one of `count` records that share `weight`.
fn share(weight: u32, scale: u64, count: u64) -> u32 {
    if weight == 0 {
        return 0;
    }
    let scaled = u64::from(weight).saturating_mul(scale) / count.max(1);
    u32::try_from(scaled.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(host: &str, port: u16, weight: u32, priority: i32) -> NodeSpec {
        NodeSpec { host: host.into(), port: Some(port), weight, priority, metadata: None }
    }

    fn lookup(name: &str) -> Arc<[IpAddr]> {
        let texts: &[&str] = match name {
            "one.test" => &["10.1.0.1"],
            "three.test" => &["10.3.0.1", "10.3.0.2", "fd00::3"],
            "two.test" => &["10.2.0.1", "10.2.0.2"],
            _ => &[],
        };
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    #[test]
    fn keys_of_the_object_form() {
        let cases: &[(&str, &str, Option<u16>)] = &[
            ("127.0.0.1:1980", "127.0.0.1", Some(1980)),
            ("127.0.0.1", "127.0.0.1", None),
            ("foo.com:80", "foo.com", Some(80)),
            ("foo.com", "foo.com", None),
            ("[::1]:1980", "[::1]", Some(1980)),
            ("[::1]", "[::1]", None),
            ("::1", "::1", None),
            ("foo:", "foo:", None),
            ("foo:0", "foo:0", None),
            ("foo:70000", "foo:70000", None),
            ("foo:+80", "foo:+80", None),
            ("", "", None),
        ];
        for (key, host, port) in cases {
            assert_eq!(NodeSpec::split(key), (*host, *port), "{key}");
        }
    }

    #[test]
    fn names_become_nodes_that_share_the_weight() {
        let specs = [spec("three.test", 80, 3, 0), spec("two.test", 8080, 1, 0), spec("10.0.0.9", 80, 2, 0)];
        let nodes = Nodes::new(&specs, Scheme::Http, false, lookup);
        let seen: Vec<_> = nodes.list().iter().map(|n| (n.id(), n.weight, n.authority())).collect();
        assert_eq!(
            seen,
            [
                ("10.3.0.1:80:three.test", 6, "three.test"),
                ("10.3.0.2:80:three.test", 6, "three.test"),
                ("[fd00::3]:80:three.test", 6, "three.test"),
                ("10.2.0.1:8080:two.test", 3, "two.test:8080"),
                ("10.2.0.2:8080:two.test", 3, "two.test:8080"),
                ("10.0.0.9:80", 12, "10.0.0.9"),
            ]
        );
    }

    #[test]
    fn unresolved_names_are_left_out_and_duplicates_merged() {
        let specs = [spec("gone.test", 80, 1, 0), spec("10.0.0.1", 80, 1, 0), spec("10.0.0.1", 80, 5, 0)];
        let nodes = Nodes::new(&specs, Scheme::Http, false, lookup);
        assert_eq!(nodes.len(), 1);
        assert_eq!(nodes.get(0).map(|n| n.weight), Some(5));
        assert!(Nodes::new(&specs[..1], Scheme::Http, false, lookup).is_empty());
    }

    #[test]
    fn ports_and_addresses() {
        let specs = [
            NodeSpec { host: "[::1]".into(), port: None, weight: 1, priority: 0, metadata: None },
            NodeSpec { host: "::2".into(), port: Some(80), weight: 1, priority: 0, metadata: None },
        ];
        let nodes = Nodes::new(&specs, Scheme::Https, false, lookup);
        let seen: Vec<_> = nodes.list().iter().map(|n| (n.id(), n.authority(), n.named)).collect();
        assert_eq!(seen, [("[::1]:443", "[::1]", false), ("[::2]:80", "[::2]:80", false)]);
    }

    #[test]
    fn levels_from_the_largest_priority_down() {
        let specs = [spec("10.0.0.1", 80, 1, -1), spec("10.0.0.2", 80, 2, 5), spec("10.0.0.3", 80, 3, -1)];
        let nodes = Nodes::new(&specs, Scheme::Http, true, lookup);
        let seen: Vec<_> = nodes
            .levels()
            .iter()
            .map(|l| (l.priority, l.members.iter().map(Member::index).collect::<Vec<_>>()))
            .collect();
        assert_eq!(seen, [(5, vec![1]), (-1, vec![0, 2])]);
        assert!(nodes.levels().iter().all(|l| l.ring.as_ref().is_some_and(|r| !r.is_empty())));
    }

    #[test]
    fn a_name_of_one_record_stands_on_the_ring_as_its_address() {
        let named = Nodes::new(&[spec("one.test", 80, 1, 0)], Scheme::Http, false, lookup);
        assert_eq!(named.get(0).map(|n| ring_id(n)), Some("10.1.0.1:80"));
    }

    #[test]
    fn shares_are_rounded_rather_than_huge() {
        assert_eq!(scale([97, 89, 83].into_iter()), 10_000);
        assert_eq!(share(1, 10_000, 97), 103);
        assert_eq!(share(0, 6, 3), 0);
        assert_eq!(share(1, 1, 5), 1);
        assert_eq!(share(u32::MAX, 6, 2), u32::MAX);
    }
}
