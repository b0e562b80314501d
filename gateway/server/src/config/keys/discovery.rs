//! `discovery`: service registries.

use super::{Key, Kind};

pub(super) const KEYS: &[Key] = &[
    Key::new("discovery", Kind::FreeMap, "", "Service registries, by the `discovery_type` that upstreams name.").restart(),
    Key::new("discovery.zookeeper", Kind::Map, "", "A ZooKeeper ensemble: Dubbo's registry at both levels, and applications by name.").restart(),
    Key::new("discovery.zookeeper.connect", Kind::Texts, "", "Its servers, `host:port`; required.").restart(),
    Key::new("discovery.zookeeper.root", Kind::Text, "/dubbo", "Where Dubbo's registry is (its `group`).").restart(),
    Key::new("discovery.zookeeper.services_root", Kind::Text, "/services", "Where the instances of applications are.").restart(),
    Key::new(
        "discovery.zookeeper.session_timeout_ms",
        Kind::Millis { min: 1000, max: 600_000 },
        "30000",
        "How long the server keeps a session that it does not hear of. A server that says nothing for two thirds of it is left; for as long after a new connection an empty list of nodes is not believed where there were some.",
    )
    .restart(),
    Key::new(
        "discovery.zookeeper.timeout_ms",
        Kind::Millis { min: 100, max: 60_000 },
        "3000",
        "How long connecting, and sending a request, may take.",
    )
    .restart(),
    Key::new("discovery.zookeeper.auth", Kind::Text, "", "`user:password` for ZooKeeper's scheme `digest`; empty: none.").restart(),
    Key::new("discovery.consul", Kind::Any, "", "").later("the registry consul"),
    Key::new("discovery.consul_kv", Kind::Any, "", "").later("the registry consul_kv"),
    Key::new("discovery.dns", Kind::Any, "", "").later("the registry dns"),
    Key::new("discovery.eureka", Kind::Any, "", "").later("the registry eureka"),
    Key::new("discovery.kubernetes", Kind::Any, "", "").later("the registry kubernetes"),
    Key::new("discovery.nacos", Kind::Any, "", "").later("the registry nacos"),
    Key::new("discovery.tars", Kind::Any, "", "").later("the registry tars"),
];
