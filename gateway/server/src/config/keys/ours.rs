//! Keys under `gateway`: ours alone. An unknown one is an error, so that a misspelt limit is never a missing one.

use super::{Key, Kind};

pub(super) const KEYS: &[Key] = &[
    Key::new("gateway.data_dir", Kind::Text, "", "Directory of the store, keys, logs. `--data-dir` comes before it; then `$STATE_DIRECTORY`, `$XDG_STATE_HOME/gateway`, `~/.local/state/gateway`.").restart(),
    Key::new("gateway.standalone_file", Kind::Text, "", "The file of a standalone data plane; absent: `apisix.yaml` or `apisix.json` beside the configuration file, with `APISIX_PROFILE=x` `apisix-x.yaml`.").restart(),
    Key::new("gateway.upstream_tls_verify", Kind::Bool, "false", "Whether certificates of upstreams that say nothing (`tls.verify`) are verified.").restart(),
    Key::new("gateway.admin.read_only", Kind::Bool, "false", "The Admin API is for reading only. A data plane, which else has none, then has one.").restart(),
    Key::new("gateway.admin.hosts", Kind::Texts, "", "Names the `Host` of an Admin API request may hold besides IP addresses and `localhost` (against DNS rebinding)."),
    Key::new("gateway.logs.error_format", Kind::Word(&["text", "json"]), "text", "Form of the error log: text, or one JSON object a line.").restart(),
    Key::new("gateway.logs.access_format", Kind::Word(&["line", "json"]), "line", "Form of the access log where `access_log_format` is absent: APISIX's default line, or one JSON object a line."),
    Key::new("gateway.logs.queue_records", Kind::Int { min: 100, max: 1_000_000 }, "10000", "Records that may wait for a slow log; then the oldest is dropped and counted.").restart(),
    Key::new("gateway.logs.field_bytes", Kind::Size { min: 64, max: 65536 }, "8192", "Longest value in a record of the access log; longer ones are cut."),
    Key::new("gateway.dubbo.listen", Kind::Custom("a port, or a list of ports and `{ip, port, tls, detect}`"), "", "Where the proxy listens for Dubbo2. A port without `ip` means `0.0.0.0`, and `[::]` too with `enable_ipv6`.").restart(),
    Key::new("gateway.dubbo.listen[].ip", Kind::Custom("an IP address"), "0.0.0.0", "Address of one listener.").restart(),
    Key::new("gateway.dubbo.listen[].port", Kind::Int { min: 1, max: 65535 }, "20880", "Port of one listener.").restart(),
    Key::new("gateway.dubbo.listen[].tls", Kind::Bool, "false", "Everything on this listener is inside of TLS, with the certificates of `/apisix/admin/ssls`.").restart(),
    Key::new("gateway.dubbo.listen[].detect", Kind::Bool, "false", "This listener also takes HTTP/1.1, HTTP/2 and TLS: the first bytes of a connection tell. Inside of TLS, a client that agrees on a protocol of HTTP (ALPN) speaks that, and any other Dubbo2.").restart(),
];
