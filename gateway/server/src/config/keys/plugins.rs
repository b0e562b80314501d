//! Top-level keys beside `apisix`, `nginx_config`, `deployment` and `gateway`.

use super::{Key, Kind};

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "plugins",
        Kind::Texts,
        "",
        "Names of the plugins that are on: exactly these. Absent: every built plugin.",
    )
    .restart(),
    Key::new("stream_plugins", Kind::Texts, "", "The same for stream routes.").restart(),
    Key::new(
        "plugin_attr",
        Kind::FreeMap,
        "",
        "Settings of plugins for the whole instance, by name, over the shipped ones.",
    )
    .restart(),
    Key::new(
        "plugin_attr.prometheus.enable_export_server",
        Kind::Bool,
        "true",
        "Whether metrics have a server of their own.",
    )
    .restart(),
    Key::new("plugin_attr.prometheus.export_addr.ip", Kind::Custom("an IP address"), "127.0.0.1", "Its address.")
        .restart(),
    Key::new("plugin_attr.prometheus.export_addr.port", Kind::Int { min: 1, max: 65535 }, "9091", "Its port.")
        .restart(),
    Key::new("plugin_attr.prometheus.export_uri", Kind::Text, "/apisix/prometheus/metrics", "Path of the metrics.")
        .restart(),
    Key::new("plugin_attr.prometheus.metric_prefix", Kind::Text, "apisix_", "Prefix of every metric's name.").restart(),
    Key::ignored(
        "plugin_attr.prometheus.refresh_interval",
        "15",
        "each scrape is answered with the numbers of its moment",
    ),
    Key::new(
        "graphql.max_size",
        Kind::Size { min: 1, max: 1 << 30 },
        "1048576",
        "Largest GraphQL body that conditions read, in bytes.",
    ),
    Key::new("discovery", Kind::FreeMap, "", "Service registries, by name.").restart().later("service discovery"),
    Key::new("xrpc", Kind::Any, "", "Protocols of stream mode.").later("stream mode"),
    Key::new("wasm", Kind::Any, "", "Wasm plugins.").later("wasm plugins"),
    Key::new("ext-plugin", Kind::Any, "", "External plugin runners.").later("external plugin runners"),
    Key::ignored("etcd", "", "its place is `deployment.etcd`"),
    Key::ignored("lua_module_hook", "", "there is no Lua here"),
];
