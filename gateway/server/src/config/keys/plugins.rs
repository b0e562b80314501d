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
    Key::new(
        "plugin_attr.prometheus.default_buckets",
        Kind::Custom("a list of numbers"),
        "",
        "Upper bounds of the histogram of latencies, in milliseconds; absent: APISIX's, 1 to 60000.",
    )
    .restart(),
    Key::new(
        "plugin_attr.prometheus.max_series",
        Kind::Int { min: 0, max: 1 << 40 },
        "50000",
        "Most label sets that are kept of one metric; what exceeds them is counted together.",
    )
    .restart(),
    Key::new(
        "plugin_attr.prometheus.metrics",
        Kind::FreeMap,
        "",
        "Settings of single metrics: `http_status`, `http_latency` and `bandwidth` take `extra_labels`, a list of \
         `{label: $variable}`, and `expire`, seconds without a request after which a label set is dropped (0: never).",
    )
    .restart(),
    Key::new(
        "plugin_attr.batch-requests.uri",
        Kind::Text,
        "/apisix/batch-requests",
        "Path of the API of batch-requests.",
    )
    .restart(),
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
    Key::new("xrpc", Kind::Any, "", "Protocols of stream mode.").later("stream mode"),
    Key::new("wasm", Kind::Any, "", "Wasm plugins.").later("wasm plugins"),
    Key::new("ext-plugin", Kind::Any, "", "External plugin runners.").later("external plugin runners"),
    Key::ignored("etcd", "", "its place is `deployment.etcd`"),
    Key::ignored("lua_module_hook", "", "there is no Lua here"),
];
