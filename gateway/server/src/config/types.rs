//! The static configuration after everything about it has been checked: units resolved, addresses parsed, defaults filled.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use gateway_discovery::{NacosSettings, ZooKeeperSettings};
use gateway_engine::tls::Terms;
use ipnet::IpNet;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::limits::Limits;

/// What the gateway runs with. Made by [`super::load`]; nothing in it needs another check.
#[derive(Debug, Clone)]
pub struct Config {
    /// `deployment.role`.
    pub role: Role,
    /// Where resources are kept.
    pub provider: Provider,
    /// `gateway.standalone_file`.
    pub standalone_file: Option<PathBuf>,
    /// Sockets of the proxy; empty for [`Role::ControlPlane`].
    pub listeners: Vec<Listener>,
    /// The Admin API; `None` when it is off (`apisix.enable_admin`; [`Role::DataPlane`] has one for reading at most).
    pub admin: Option<Admin>,
    /// The Control API (`apisix.control`); `None` when it is off.
    pub control: Option<SocketAddr>,
    /// The `/status` server (`apisix.status`); `None` when it is off.
    pub status: Option<SocketAddr>,
    /// Whether the configuration names the address of the status server, and it is not only the default.
    pub status_given: bool,
    /// Prometheus metrics.
    pub metrics: Metrics,
    /// `apisix.ssl`.
    pub tls: Tls,
    /// Worker threads, at least 1 (`nginx_config.worker_processes`).
    pub workers: usize,
    /// Open files to ask for at start (`nginx_config.worker_rlimit_nofile`).
    pub open_files: u64,
    /// What the proxy does with HTTP messages.
    pub http: Http,
    /// `gateway.limits.*`.
    pub limits: Limits,
    /// `apisix.router.http`.
    pub router: RouterMode,
    /// How request paths are prepared for matching.
    pub uri: UriOptions,
    /// Whom the gateway believes about addresses.
    pub trust: Trust,
    /// `apisix.data_encryption`.
    pub encryption: Encryption,
    /// How names are resolved.
    pub dns: Dns,
    /// How references to secrets are remembered.
    pub secrets: SecretCache,
    /// What holds for every upstream that does not say otherwise.
    pub upstream: UpstreamDefaults,
    /// The access log; `None` when it is off (`nginx_config.http.enable_access_log`).
    pub access_log: Option<AccessLogConfig>,
    /// The error log.
    pub error_log: ErrorLogConfig,
    /// `plugins`: exactly these are on; `None`: every built plugin.
    pub plugins: Option<Vec<String>>,
    /// `stream_plugins`, likewise.
    pub stream_plugins: Option<Vec<String>>,
    /// `plugin_attr`: the user's over the shipped defaults, by plugin name.
    pub plugin_attr: Map<String, Value>,
    /// `apisix.proxy_mode` names `stream`: stream routes may be stored.
    pub stream_mode: bool,
    /// `xrpc.protocols`: the protocols that stream routes may name.
    pub stream_protocols: Vec<String>,
    /// `discovery`: the service registries.
    pub discovery: Discovery,
    /// `apisix.id`: the name of this instance; `None`: generated once and kept in the data directory.
    pub id: Option<String>,
    /// How long a shutdown waits for requests in flight (`nginx_config.worker_shutdown_timeout`).
    pub shutdown_timeout: Duration,
    /// `gateway.data_dir` as written; [`crate::data_dir::choose`] decides.
    pub data_dir: Option<PathBuf>,
    /// Largest GraphQL body that conditions read, in bytes (`graphql.max_size`).
    pub graphql_max_bytes: usize,
    /// A hash of what each key that is only read at start holds, for [`Config::restart_keys`].
    pub(super) restart: Vec<(&'static str, u64)>,
}

impl Config {
    /// Keys whose value in `new` differs from the one this process was started with and that are only read at start: a reload
    /// leaves them as they are and names them.
    pub fn restart_keys(&self, new: &Config) -> Vec<&'static str> {
        let was = |key: &str| self.restart.iter().find(|(k, _)| *k == key).map(|(_, v)| v);
        new.restart.iter().filter(|(key, value)| was(key) != Some(value)).map(|(key, _)| *key).collect()
    }
}

/// `discovery`: which service registries there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Nacos.
    pub nacos: Option<NacosSettings>,
    /// ZooKeeper.
    pub zookeeper: Option<ZooKeeperSettings>,
}

/// `deployment.role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Proxy and Admin API in one process.
    Traditional,
    /// Admin API only.
    ControlPlane,
    /// Proxy only.
    DataPlane,
}

/// `config_provider` of the role. Providers that are not built are refused, so each variant works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// One crash-safe file in the data directory.
    Embedded,
    /// A file beside the configuration file, read again when it changes (`yaml` or `json` of a data plane). Nothing else is stored.
    File(FileFormat),
    /// What `PUT /apisix/admin/configs` sends (`yaml` of role `traditional`), in memory only.
    Api,
}

/// The form of a standalone file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// `apisix.yaml`; its last line is `#END`.
    Yaml,
    /// `apisix.json`.
    Json,
}

/// What clients of a listener speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP.
    Http,
    /// Dubbo2.
    Dubbo,
    /// Either, as their first bytes say, in the clear or over TLS.
    Any,
}

/// One socket of the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What clients speak.
    pub speaks: Speaks,
    /// Serves HTTP/2 too: by prior knowledge in the clear, by ALPN over TLS.
    pub http2: bool,
    /// Serves HTTPS.
    pub tls: bool,
    /// Each connection begins with a PROXY protocol header, version 1 or 2.
    pub proxy_protocol: bool,
    /// Nobody asked for it by name (the `[::]` twin of a port): a machine without IPv6 does without.
    pub optional: bool,
    /// The key that asked for it, for messages.
    pub key: String,
}

/// The Admin API (`deployment.admin`).
#[derive(Debug, Clone)]
pub struct Admin {
    /// Where it listens.
    pub listen: SocketAddr,
    /// `admin_key` with the entries that hold a key.
    pub keys: Vec<AdminKey>,
    /// No entry of role admin holds a key: the one in `<data_dir>/admin.key` is used and generated where it is missing
    /// ([`crate::data_dir::admin_key`]).
    pub generate_key: bool,
    /// Requests need a key; `false` only where the listener is on loopback.
    pub key_required: bool,
    /// Peers that may connect; empty: all.
    pub allow: Vec<IpNet>,
    /// Answers carry the CORS fields (`enable_admin_cors`).
    pub cors: bool,
    /// Nothing can be changed by it (`gateway.admin.read_only`).
    pub read_only: bool,
    /// `X-API-VERSION` of answers: `v3`, or `v2` for any other `admin_api_version`.
    pub api_version: &'static str,
    /// Certificate files (`https_admin`); `None`: plain HTTP.
    pub tls: Option<AdminTls>,
    /// Names the `Host` of a request may hold besides IP addresses and `localhost` (`gateway.admin.hosts`).
    pub hosts: Vec<String>,
}

/// One entry of `deployment.admin.admin_key`.
#[derive(Debug, Clone)]
pub struct AdminKey {
    /// Its name, for the journal.
    pub name: String,
    /// The key itself.
    pub key: Secret,
    /// What it may do.
    pub role: AdminRole,
}

/// What an admin key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminRole {
    /// Everything.
    Admin,
    /// `GET` only.
    Viewer,
}

/// `deployment.admin.admin_api_mtls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminTls {
    /// PEM file of the certificate chain.
    pub cert: PathBuf,
    /// PEM file of the private key.
    pub key: PathBuf,
    /// PEM file of the authority of client certificates; present: clients must show one.
    pub client_ca: Option<PathBuf>,
}

/// `plugin_attr.prometheus`.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// The export server; `None` when it is off or the plugin is.
    pub server: Option<SocketAddr>,
    /// Path of the metrics.
    pub uri: String,
}

/// `apisix.ssl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// There are TLS listeners (`apisix.ssl.enable`).
    pub enabled: bool,
    /// On which terms they serve.
    pub terms: Terms,
    /// PEM file of the authorities that upstreams are verified against (`ssl_trusted_certificate`); `None`: the system's.
    pub trusted: Option<PathBuf>,
}

/// What the proxy does with HTTP messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// `apisix.enable_server_tokens`.
    pub server_tokens: bool,
    /// `apisix.show_upstream_status_in_response_header`.
    pub show_upstream_status: bool,
    /// `nginx_config.http.underscores_in_headers`: `false` drops fields whose name holds `_`.
    pub underscores_in_headers: bool,
    /// A whole request head, from its first byte (`client_header_timeout`).
    pub client_header_timeout: Duration,
    /// Between two reads of a request body (`client_body_timeout`).
    pub client_body_timeout: Duration,
    /// Without progress while an answer is written (`send_timeout`).
    pub send_timeout: Duration,
    /// An idle client connection (`keepalive_timeout`).
    pub keepalive_timeout: Duration,
    /// Longest request body in bytes, 0 = unlimited (`client_max_body_size`).
    pub client_max_body_bytes: u64,
    /// Largest body that conditions and plugins read for `post_arg` variables, in bytes, 0 = unlimited
    /// (`apisix.max_post_args_readable_size`).
    pub max_post_args_bytes: u64,
}

/// `apisix.router.http`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouterMode {
    /// `radixtree_host_uri`: host first, then uri.
    HostUri,
    /// `radixtree_uri`: uri first, hosts are conditions.
    Uri,
    /// `radixtree_uri_with_parameter`: `Uri` with `:name` segments.
    UriWithParameter,
}

/// How request paths are prepared for matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UriOptions {
    /// `apisix.delete_uri_tail_slash`.
    pub delete_tail_slash: bool,
    /// `apisix.normalize_uri_like_servlet`.
    pub like_servlet: bool,
}

/// Whom the gateway believes about addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// `apisix.trusted_addresses`: peers whose own `X-Forwarded-*` are kept; `None`: not configured.
    pub trusted_addresses: Option<Vec<IpNet>>,
    /// `nginx_config.http.real_ip_*`; `None` unless `real_ip_from` is configured.
    pub real_ip: Option<RealIp>,
}

/// `nginx_config.http.real_ip_*`: peers that may name another client address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealIp {
    /// `real_ip_from`.
    pub from: Vec<IpNet>,
    /// `real_ip_header`: a field name, or `proxy_protocol`.
    pub header: String,
    /// `real_ip_recursive`.
    pub recursive: bool,
}

/// `apisix.data_encryption`.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// `enable_encrypt_fields`.
    pub enabled: bool,
    /// `keyring`, newest first, each 16 or 32 bytes; empty: the generated ring of the data directory.
    pub keyring: Vec<Secret>,
}

/// How names are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    /// `apisix.dns_resolver`; empty: those of `/etc/resolv.conf`.
    pub servers: Vec<SocketAddr>,
    /// `apisix.dns_resolver_valid`: how long each answer holds, whatever its TTL says.
    pub valid: Option<Duration>,
    /// `apisix.resolver_timeout`.
    pub timeout: Duration,
    /// `apisix.enable_resolv_search_opt`: `search` of `/etc/resolv.conf` is honoured.
    pub search: bool,
    /// `apisix.enable_ipv6`: AAAA is asked for too.
    pub ipv6: bool,
}

/// How references to secrets are remembered (`apisix.lru.secret`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretCache {
    /// `ttl`.
    pub ttl: Duration,
    /// `count`.
    pub count: usize,
    /// `neg_ttl`.
    pub negative_ttl: Duration,
    /// `neg_count`.
    pub negative_count: usize,
    /// `nginx_config.envs` that have a value: they go before the environment of the process.
    pub variables: Vec<(String, Secret)>,
}

/// What holds for every upstream that does not say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamDefaults {
    /// Idle connections kept a node and worker (`nginx_config.http.upstream.keepalive`).
    pub keepalive: usize,
    /// Most requests one connection serves (`keepalive_requests`).
    pub keepalive_requests: u32,
    /// How long an idle connection is kept (`keepalive_timeout`).
    pub keepalive_timeout: Duration,
    /// `gateway.upstream_tls_verify`: `tls.verify` absent means on.
    pub tls_verify: bool,
    /// `nginx_config.http.proxy_ssl_server_name`: SNI is sent.
    pub tls_server_name: bool,
    /// `apisix.disable_upstream_healthcheck` is not set.
    pub health_checks: bool,
}

/// Where a log is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// A file; relative paths lie under the data directory.
    File(PathBuf),
    /// `/dev/stdout`.
    Stdout,
    /// `/dev/stderr`.
    Stderr,
}

/// `nginx_config.http.access_log*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLogConfig {
    /// Where it is written.
    pub target: LogTarget,
    /// The format of a record, with `$name` variables.
    pub format: String,
    /// How values are escaped in it (`access_log_format_escape`).
    pub escape: Escape,
    /// Records that may wait for the sink, over all workers (`gateway.logs.queue_records`); the oldest is dropped first.
    pub queue_records: usize,
    /// Longest value in a record, in bytes (`gateway.logs.field_bytes`).
    pub field_bytes: usize,
}

/// `access_log_format_escape`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// `"`, `\`, control and non-ASCII bytes as `\xHH`; an absent value is `-`.
    Default,
    /// As inside a JSON string; an absent value is empty.
    Json,
    /// Line ends and other control bytes only.
    None,
}

/// `nginx_config.error_log*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorLogConfig {
    /// Where it is written.
    pub target: LogTarget,
    /// Least severe records that are written.
    pub level: Level,
    /// One JSON object a line instead of text (`gateway.logs.error_format`).
    pub json: bool,
}

/// Severities of the error log; nginx's names `notice` and `crit`, `alert`, `emerg` read as [`Level::Info`] and [`Level::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something will fail or is unsafe.
    Warn,
    /// What operators want to know.
    Info,
    /// For finding faults.
    Debug,
}

/// A text that never shows in logs, errors or `Debug` output, and is wiped from memory when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The text itself, for the one who compares or uses it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    /// `****` and at most the last four characters, and those only of long secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.chars().count();
        let tail: String = if count >= 16 { self.0.chars().skip(count - 4).collect() } else { String::new() };
        write!(f, "****{tail}")
    }
}
