//! Keys under `apisix`.

use super::{Key, Kind};

const SECOND: u64 = 1000;
const DAY: u64 = 86_400_000;
const BOOL: Kind = Kind::Bool;

const LISTEN: Kind = Kind::Custom("a port, or a list of ports and `{ip, port}`");
const IP: Kind = Kind::Custom("an IP address");
const PORT: Kind = Kind::Int { min: 1, max: 65535 };
const LUA: &str = "there is no Lua here";
const STREAM: &str = "stream mode";

pub(super) const KEYS: &[Key] = &[
    Key::new("apisix.node_listen", LISTEN, "[9080]", "Where the proxy listens for HTTP. A port without `ip` means `0.0.0.0`, and `[::]` too with `enable_ipv6`.").restart(),
    Key::new("apisix.node_listen[].ip", IP, "0.0.0.0", "Address of one listener.").restart(),
    Key::new("apisix.node_listen[].port", PORT, "9080", "Port of one listener.").restart(),
    Key::new("apisix.node_listen[].enable_http2", BOOL, "true", "HTTP/2 by prior knowledge on this listener, beside HTTP/1.1.").restart(),
    Key::new("apisix.enable_http2", BOOL, "true", "The same for every listener that does not say otherwise.").restart(),
    Key::new("apisix.enable_ipv6", BOOL, "true", "Also listen on `[::]` where a port has no `ip`, and ask for AAAA records.").restart(),
    Key::new("apisix.proxy_protocol.listen_http_port", Kind::Custom("a port, or `ip:port`"), "", "A further HTTP listener whose connections begin with a PROXY protocol header (version 1 or 2).").restart(),
    Key::new("apisix.proxy_protocol.listen_https_port", Kind::Custom("a port, or `ip:port`"), "", "The same for HTTPS: the header comes before the handshake.").restart(),
    Key::new("apisix.proxy_protocol.enable_tcp_pp", BOOL, "false", "PROXY protocol on stream listeners.").later(STREAM),
    Key::new("apisix.proxy_protocol.enable_tcp_pp_to_upstream", BOOL, "false", "PROXY protocol to stream upstreams.").later(STREAM),
    Key::ignored("apisix.enable_reuseport", "true", "each worker always has its own SO_REUSEPORT socket"),
    Key::new("apisix.ssl.enable", BOOL, "true where apisix.ssl is given", "HTTPS on the proxy, with the certificates of `/apisix/admin/ssls`.").restart(),
    Key::new("apisix.ssl.listen", LISTEN, "[{port: 9443}]", "Where the proxy listens for HTTPS. A port without `ip` means `0.0.0.0`, and `[::]` too with `enable_ipv6`.").restart(),
    Key::new("apisix.ssl.listen[].ip", IP, "0.0.0.0", "Address of one listener.").restart(),
    Key::new("apisix.ssl.listen[].port", PORT, "9443", "Port of one listener.").restart(),
    Key::new("apisix.ssl.listen[].enable_http2", BOOL, "apisix.ssl.enable_http2", "Whether HTTP/2 is offered on this listener (ALPN).").restart(),
    Key::new("apisix.ssl.listen[].enable_http3", BOOL, "false", "HTTP/3 on the same port.").later("HTTP/3"),
    Key::new("apisix.ssl.listen[].enable_quic", BOOL, "false", "The same under its old name.").later("HTTP/3"),
    Key::new("apisix.ssl.enable_http2", BOOL, "apisix.enable_http2", "Whether HTTP/2 is offered (ALPN) on every listener that does not say otherwise.").restart(),
    Key::new("apisix.ssl.ssl_protocols", Kind::Text, "TLSv1.2 TLSv1.3", "Versions of TLS, separated by spaces, for certificates that name none of their own. Versions before TLSv1.2 are not spoken.").restart(),
    Key::new("apisix.ssl.ssl_ciphers", Kind::Text, "all below", "Cipher suites of TLS 1.2 in OpenSSL's words, separated by `:`. Spoken are `ECDHE-ECDSA-` and `ECDHE-RSA-` with `AES128-GCM-SHA256`, `AES256-GCM-SHA384` and `CHACHA20-POLY1305`; those of TLS 1.3 are always on.").restart(),
    Key::new("apisix.ssl.ssl_session_tickets", BOOL, "false", "Sessions are resumed by tickets, whose keys change every six hours; else by what the process remembers. Where client certificates are asked for, no session is resumed.").restart(),
    Key::new("apisix.ssl.ssl_trusted_certificate", Kind::Text, "system", "PEM file of the authorities that upstreams are verified against, or `system`.").restart(),
    Key::new("apisix.ssl.fallback_sni", Kind::Text, "", "The name that a client means that sends none (SNI). Absent: its handshake fails.").restart(),
    Key::ignored("apisix.ssl.key_encrypt_salt", "*", "its place is `apisix.data_encryption.keyring`"),
    Key::new("apisix.enable_admin", BOOL, "true", "Whether the Admin API is served (roles `traditional` and `control_plane`; `data_plane` with `gateway.admin.read_only`).").restart(),
    Key::new("apisix.enable_control", BOOL, "true", "Whether the Control API is served.").restart(),
    Key::new("apisix.control.ip", IP, "127.0.0.1", "Address of the Control API. It asks nobody who they are: keep it on loopback.").restart(),
    Key::new("apisix.control.port", PORT, "9090", "Port of the Control API.").restart(),
    Key::new("apisix.status", Kind::Custom("`{ip, port}`, or `false`"), "{ip: 127.0.0.1, port: 7085}", "The server of `/status` and `/status/ready`; `false` turns it off. Where neither address nor port is set and another process has this one, the gateway warns and runs without it; an address that is set must be free.").restart(),
    Key::new("apisix.status.ip", IP, "127.0.0.1", "Its address.").restart(),
    Key::new("apisix.status.port", PORT, "7085", "Its port.").restart(),
    Key::new("apisix.enable_server_tokens", BOOL, "true", "Whether answers of the proxy carry `Server`, and those of the Admin API the version in it."),
    Key::new("apisix.show_upstream_status_in_response_header", BOOL, "false", "`X-APISIX-Upstream-Status` on every proxied answer; else only where the upstream answered 5xx."),
    Key::new("apisix.router.http", Kind::Word(&["radixtree_host_uri", "radixtree_uri", "radixtree_uri_with_parameter"]), "radixtree_host_uri", "How routes are found: by host and then uri, by uri with hosts as conditions, or the latter with `:name` segments.").restart(),
    Key::new("apisix.router.ssl", Kind::Word(&["radixtree_sni"]), "radixtree_sni", "How certificates are found.").restart(),
    Key::new("apisix.delete_uri_tail_slash", BOOL, "false", "One `/` at the end of the path is removed before matching.").restart(),
    Key::new("apisix.normalize_uri_like_servlet", BOOL, "false", "`;parameters` of path segments are removed before matching.").restart(),
    Key::ignored("apisix.match_uri_encoded_slash", "true", "`%2F` always stays as it is and never separates segments"),
    Key::new("apisix.max_post_args_readable_size", Kind::Int { min: 0, max: 1_048_576 }, "64", "Largest body that `post_arg` conditions read, in MiB; 0 = unlimited."),
    Key::new("apisix.trusted_addresses", Kind::Texts, "", "Peers (IP or CIDR) whose own `X-Forwarded-*` are kept."),
    Key::new("apisix.data_encryption.enable_encrypt_fields", BOOL, "true", "Whether secret fields are encrypted in the store.").restart(),
    Key::new("apisix.data_encryption.keyring", Kind::Texts, "", "Keys of 16 or 32 bytes, newest first, in APISIX's scheme (AES-CBC). Absent: a ring of this installation's own, in the data directory (AES-256-GCM).").restart(),
    Key::new("apisix.dns_resolver", Kind::Texts, "", "Name servers (`ip` or `ip:port`); absent: those of `/etc/resolv.conf`.").restart(),
    Key::new("apisix.dns_resolver_valid", Kind::Duration { min: SECOND, max: DAY }, "", "How long an answer holds, whatever its TTL says.").restart(),
    Key::new("apisix.resolver_timeout", Kind::Duration { min: 100, max: 600 * SECOND }, "5s", "How long an answer of the name servers is waited for.").restart(),
    Key::new("apisix.enable_resolv_search_opt", BOOL, "true", "`search` of `/etc/resolv.conf` is honoured.").restart(),
    Key::new("apisix.disable_upstream_healthcheck", BOOL, "false", "Turns all health checks off.").restart(),
    Key::new("apisix.id", Kind::Text, "", "Name of this instance; absent: made once and kept in the data directory.").restart(),
    Key::new("apisix.enable_dev_mode", BOOL, "false", "One worker, whatever `worker_processes` says.").restart(),
    Key::new("apisix.proxy_mode", Kind::Word(&["http", "stream", "http&stream"]), "http", "`http&stream` or `stream`: the Admin API stores stream routes, which are not served yet; else it refuses them.").restart(),
    Key::new("apisix.stream_proxy", Kind::Any, "", "Listeners of stream mode.").later(STREAM),
    Key::new("apisix.proxy_cache", Kind::Any, "", "Zones of `proxy-cache`.").later("the plugin proxy-cache"),
    Key::new("apisix.lru.secret.ttl", Kind::Duration { min: SECOND, max: DAY }, "300s", "How long the value of a reference to a secret is used before its manager is asked again. While that cannot be reached the last value stays.").restart(),
    Key::new("apisix.lru.secret.count", Kind::Int { min: 0, max: 1_000_000 }, "512", "How many values of references that no object holds any more are remembered until their time is over. Those in use are all remembered.").restart(),
    Key::new("apisix.lru.secret.neg_ttl", Kind::Duration { min: SECOND, max: DAY }, "60s", "How long a manager that refused is not asked again. One that could not be reached is asked again after 1 s, then 2 s, up to this.").restart(),
    Key::new("apisix.lru.secret.neg_count", Kind::Int { min: 0, max: 1_000_000 }, "512", "As `count`, of failures.").restart(),
    Key::new("apisix.tracing", BOOL, "false", "Spans of the whole life of a request.").later("tracing"),
    Key::ignored("apisix.disable_sync_configuration_during_start", "false", "the embedded store is read before the first request"),
    Key::ignored("apisix.worker_startup_time_threshold", "60", "workers share one configuration"),
    Key::ignored("apisix.extra_lua_path", "", LUA),
    Key::ignored("apisix.extra_lua_cpath", "", LUA),
    Key::ignored("apisix.lua_module_hook", "", LUA),
    Key::ignored("apisix.admin_key", "", "its place is `deployment.admin.admin_key`"),
    Key::ignored("apisix.allow_admin", "", "its place is `deployment.admin.allow_admin`"),
    Key::ignored("apisix.admin_listen", "", "its place is `deployment.admin.admin_listen`"),
    Key::ignored("apisix.admin_api_version", "", "its place is `deployment.admin.admin_api_version`"),
    Key::ignored("apisix.config_center", "", "its place is `deployment.role_traditional.config_provider`"),
];
