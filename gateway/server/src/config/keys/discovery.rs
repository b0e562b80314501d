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
    Key::new("discovery.nacos", Kind::Map, "", "A Nacos cluster: Dubbo's registry at both levels, and services by name.").restart(),
    Key::new(
        "discovery.nacos.host",
        Kind::Texts,
        "",
        "Its servers, `http(s)://[user:password@]host:port`; required. Who is named there logs in.",
    )
    .restart(),
    Key::new("discovery.nacos.prefix", Kind::Text, "/nacos/v1/", "Where the HTTP API is.").restart(),
    Key::new(
        "discovery.nacos.fetch_interval",
        Kind::Duration { min: 1000, max: 3_600_000 },
        "30",
        "How often services are asked for where they are not pushed: over HTTP, and the list of all services for a `*` in a name. What is pushed is checked as often.",
    )
    .restart(),
    Key::new(
        "discovery.nacos.weight",
        Kind::Int { min: 1, max: 1_000_000 },
        "100",
        "The weight of instances that have none.",
    )
    .restart(),
    Key::new(
        "discovery.nacos.timeout.connect",
        Kind::Millis { min: 1, max: 60_000 },
        "2000",
        "How long connecting may take.",
    )
    .restart(),
    Key::new(
        "discovery.nacos.timeout.send",
        Kind::Millis { min: 1, max: 60_000 },
        "2000",
        "Added to `read`: requests are small, and are sent at once.",
    )
    .restart(),
    Key::new(
        "discovery.nacos.timeout.read",
        Kind::Millis { min: 1, max: 60_000 },
        "5000",
        "How long an answer may take.",
    )
    .restart(),
    Key::new("discovery.nacos.access_key", Kind::Text, "", "The key that requests about services are signed with.").restart(),
    Key::new("discovery.nacos.secret_key", Kind::Text, "", "Its secret.").restart(),
    Key::new(
        "discovery.nacos.grpc",
        Kind::Bool,
        "true",
        "Services are pushed over gRPC (Nacos 2 and later); a server that does not speak it, and one of `https`, is asked over HTTP.",
    )
    .restart(),
    Key::new(
        "discovery.nacos.grpc_port_offset",
        Kind::Int { min: 0, max: 65_535 },
        "1000",
        "How far the port of gRPC is from that of HTTP.",
    )
    .restart(),
    Key::new("discovery.nacos.tls_verify", Kind::Bool, "true", "Whether certificates of `https` servers are checked.").restart(),
    Key::new("discovery.consul", Kind::Any, "", "").later("the registry consul"),
    Key::new("discovery.consul_kv", Kind::Any, "", "").later("the registry consul_kv"),
    Key::new("discovery.dns", Kind::Any, "", "").later("the registry dns"),
    Key::new("discovery.eureka", Kind::Any, "", "").later("the registry eureka"),
    Key::new("discovery.kubernetes", Kind::Any, "", "").later("the registry kubernetes"),
    Key::new("discovery.tars", Kind::Any, "", "").later("the registry tars"),
];
