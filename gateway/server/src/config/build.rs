//! The checked file becomes a [`Config`]: what takes more than one key to say, and what the tables cannot.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use gateway_engine::headers::HeaderName;
use gateway_plugins::catalogue;
use serde_json::{Map, Value as Json, json};

use super::check::{at, bool_of, closest, int_of, text_of};
use super::diagnostic::{Diagnostic, Report};
use super::keys::{self, Reload, State};
use super::limits::Limits;
use super::types::*;
use super::values::Values;
use super::yaml::{Node, Value};
use super::{Built, admin, discovery, env, listen, tls};
use crate::logging::format::{self, AccessFormat};

/// The ring that APISIX ships with.
const PUBLISHED_KEYS: [&str; 2] = ["qeddd145sfvddff3", "edd1c9f0985e76a2"];

/// Reads everything; what is wrong goes to `report`, and the value is of no use then.
pub(super) fn config(root: &Node, lookup: env::Lookup<'_>, built: Built<'_>, report: &mut Report) -> Config {
    let v = &Values::new(root);
    let role = admin::role(v);
    let proxy = role != Role::ControlPlane;
    let plugins = plugins(v, "plugins", built.plugins, catalogue::PLUGINS, report);
    let plugin_attr = plugin_attr(v);
    let tls = tls::tls(v, report);
    let mut listeners = if proxy { listen::proxy(v, report) } else { Vec::new() };
    if proxy && tls.enabled {
        listeners.extend(listen::tls(v, report));
    }
    if proxy {
        listeners.extend(listen::dubbo(v, report));
    }
    let metrics_on = plugins.as_ref().is_none_or(|names| names.iter().any(|name| name == "prometheus"));
    let servers = Servers::read(v, role, metrics_on, report);
    servers.collide(&listeners, report);
    let stream_mode = stream_mode(v, report);
    Config {
        role,
        provider: admin::provider(v, role, report),
        standalone_file: Some(v.text("gateway.standalone_file")).filter(|file| !file.is_empty()).map(PathBuf::from),
        admin: servers.admin.as_ref().map(|wanted| admin::admin(v, wanted, report)),
        control: servers.control.as_ref().map(|w| w.addr),
        status: servers.status.as_ref().map(|w| w.addr),
        status_given: ["apisix.status.ip", "apisix.status.port"].into_iter().any(|key| v.get(key).is_some()),
        metrics: metrics(v, servers.metrics.as_ref().map(|w| w.addr), report),
        listeners,
        tls,
        workers: workers(v, lookup, report),
        open_files: v.int("nginx_config.worker_rlimit_nofile"),
        http: http(v),
        limits: limits(v, report),
        router: match v.text("apisix.router.http").as_str() {
            "radixtree_uri" => RouterMode::Uri,
            "radixtree_uri_with_parameter" => RouterMode::UriWithParameter,
            _ => RouterMode::HostUri,
        },
        uri: UriOptions {
            delete_tail_slash: v.bool("apisix.delete_uri_tail_slash"),
            like_servlet: v.bool("apisix.normalize_uri_like_servlet"),
        },
        trust: trust(v, report),
        encryption: encryption(v, report),
        dns: dns(v, report),
        secrets: SecretCache {
            ttl: v.duration("apisix.lru.secret.ttl"),
            count: v.count("apisix.lru.secret.count"),
            negative_ttl: v.duration("apisix.lru.secret.neg_ttl"),
            negative_count: v.count("apisix.lru.secret.neg_count"),
            variables: variables(v),
        },
        upstream: UpstreamDefaults {
            keepalive: v.count("nginx_config.http.upstream.keepalive"),
            keepalive_requests: u32::try_from(v.int("nginx_config.http.upstream.keepalive_requests"))
                .unwrap_or(u32::MAX),
            keepalive_timeout: v.duration("nginx_config.http.upstream.keepalive_timeout"),
            tls_verify: v.bool("gateway.upstream_tls_verify"),
            tls_server_name: v.bool("nginx_config.http.proxy_ssl_server_name"),
            health_checks: !v.bool("apisix.disable_upstream_healthcheck"),
        },
        access_log: access_log(v, report),
        error_log: error_log(v),
        plugins,
        stream_plugins: v.texts("stream_plugins").map(|_| stream_plugins(v, report)),
        plugin_attr,
        stream_mode,
        stream_protocols: stream_protocols(v),
        discovery: discovery::discovery(v, report),
        id: Some(v.text("apisix.id")).filter(|id| !id.is_empty()),
        shutdown_timeout: v.duration("nginx_config.worker_shutdown_timeout"),
        data_dir: Some(v.text("gateway.data_dir")).filter(|dir| !dir.is_empty()).map(PathBuf::from),
        graphql_max_bytes: v.size("graphql.max_size"),
        restart: restart(v),
    }
}

/// The servers beside the proxy.
struct Servers {
    admin: Option<listen::Wanted>,
    control: Option<listen::Wanted>,
    status: Option<listen::Wanted>,
    metrics: Option<listen::Wanted>,
}

impl Servers {
    fn read(v: &Values<'_>, role: Role, metrics_on: bool, report: &mut Report) -> Servers {
        let admin = v.bool("apisix.enable_admin") && (role != Role::DataPlane || v.bool("gateway.admin.read_only"));
        let status = v.get("apisix.status").and_then(bool_of) != Some(false);
        if let Some(node) = v.get("apisix.status").filter(|n| !matches!(n.value, Value::Map(_)) && bool_of(n).is_none())
        {
            let problem = Diagnostic::error("apisix.status", Some(node.at), "neither `{ip, port}` nor `false`");
            report.push(problem.remedy("write `{ip: 127.0.0.1, port: 7085}`"));
        }
        let metrics = metrics_on && role != Role::ControlPlane && v.bool("plugin_attr.prometheus.enable_export_server");
        let mut server = |on: bool, key: &str| on.then(|| listen::server(v, key, report));
        Servers {
            admin: server(admin, "deployment.admin.admin_listen"),
            control: server(v.bool("apisix.enable_control"), "apisix.control"),
            status: server(status, "apisix.status"),
            metrics: server(metrics, "plugin_attr.prometheus.export_addr"),
        }
    }

    fn collide(&self, listeners: &[Listener], report: &mut Report) {
        let mut wanted: Vec<listen::Wanted> = listeners
            .iter()
            .filter(|l| !l.optional)
            .map(|l| listen::Wanted { key: l.key.clone(), addr: l.addr, at: None })
            .collect();
        for server in [&self.admin, &self.control, &self.status, &self.metrics].into_iter().flatten() {
            wanted.push(listen::Wanted { key: server.key.clone(), addr: server.addr, at: server.at });
        }
        listen::collisions(&wanted, report);
    }
}

fn workers(v: &Values<'_>, lookup: env::Lookup<'_>, report: &mut Report) -> usize {
    if v.bool("apisix.enable_dev_mode") {
        return 1;
    }
    let name = "APISIX_WORKER_PROCESSES";
    let given = match lookup(name).filter(|text| !text.is_empty()) {
        Some(text) if text == "auto" => None,
        Some(text) => match text.parse::<u64>().ok().filter(|n| (1..=1024).contains(n)) {
            Some(n) => Some(n),
            None => {
                let problem =
                    Diagnostic::error(name, None, format!("{text:?} is neither `auto` nor a number from 1 to 1024"));
                report.push(problem.remedy("set or unset the environment variable"));
                None
            }
        },
        None => v.get("nginx_config.worker_processes").and_then(int_of),
    };
    let cores = || std::thread::available_parallelism().map_or(1, |n| n.get());
    given.and_then(|n| usize::try_from(n).ok()).unwrap_or_else(cores)
}

fn http(v: &Values<'_>) -> Http {
    Http {
        server_tokens: v.bool("apisix.enable_server_tokens"),
        show_upstream_status: v.bool("apisix.show_upstream_status_in_response_header"),
        underscores_in_headers: v.bool("nginx_config.http.underscores_in_headers"),
        client_header_timeout: v.duration("nginx_config.http.client_header_timeout"),
        client_body_timeout: v.duration("nginx_config.http.client_body_timeout"),
        send_timeout: v.duration("nginx_config.http.send_timeout"),
        keepalive_timeout: v.duration("nginx_config.http.keepalive_timeout"),
        client_max_body_bytes: v.bytes("nginx_config.http.client_max_body_size"),
        max_post_args_bytes: v.int("apisix.max_post_args_readable_size").saturating_mul(1 << 20),
    }
}

/// The bounds, and that they fit each other.
fn limits(v: &Values<'_>, report: &mut Report) -> Limits {
    let limits = Limits::read(v);
    let pairs = [
        ("request_line_bytes", limits.request_line_bytes, "header_bytes", limits.header_bytes),
        ("header_field_bytes", limits.header_field_bytes, "header_bytes", limits.header_bytes),
        ("memory_soft", limits.memory_soft.into(), "memory_hard", limits.memory_hard.into()),
    ];
    for (small, a, large, b) in pairs {
        if a > b {
            let (small, large) = (format!("gateway.limits.{small}"), format!("gateway.limits.{large}"));
            let problem = Diagnostic::error(
                &small,
                at(v.get(&small).or_else(|| v.get(&large))),
                format!("{a} is more than {large}, {b}"),
            );
            report.push(problem.remedy(format!("lower {small} or raise {large}")));
        }
    }
    limits
}

fn trust(v: &Values<'_>, report: &mut Report) -> Trust {
    let from = admin::networks(v, "nginx_config.http.real_ip_from", report);
    if let (None, Some(node)) = (&from, v.get("nginx_config.http.real_ip_header")) {
        let message = "this key has no effect: no peer is trusted to name another client address";
        let problem = Diagnostic::warning("nginx_config.http.real_ip_header", Some(node.at), message);
        report.push(problem.remedy("name those peers in nginx_config.http.real_ip_from"));
    }
    let header = v.text("nginx_config.http.real_ip_header");
    if HeaderName::new(header.as_bytes()).is_err() {
        let key = "nginx_config.http.real_ip_header";
        let problem = Diagnostic::error(key, at(v.get(key)), format!("{header:?} is not a field name"));
        report.push(problem.remedy("a name such as `X-Forwarded-For`, or `proxy_protocol`"));
    }
    Trust {
        trusted_addresses: admin::networks(v, "apisix.trusted_addresses", report),
        real_ip: from.filter(|nets| !nets.is_empty()).map(|from| RealIp {
            from,
            header,
            recursive: v.bool("nginx_config.http.real_ip_recursive"),
        }),
    }
}

fn encryption(v: &Values<'_>, report: &mut Report) -> Encryption {
    let key = "apisix.data_encryption.keyring";
    let mut keyring: Vec<Secret> = Vec::new();
    let published = |key: &Secret| PUBLISHED_KEYS.contains(&key.reveal());
    for (text, node) in v.texts(key).unwrap_or_default() {
        if !matches!(text.len(), 16 | 32) {
            let problem =
                Diagnostic::error(key, Some(node.at), format!("a key must have 16 or 32 bytes, not {}", text.len()));
            report
                .push(problem.remedy("make one with `openssl rand -hex 16`, or remove `keyring` and one is generated"));
        }
        if PUBLISHED_KEYS.contains(&text.as_str()) && !keyring.iter().any(published) {
            let problem =
                Diagnostic::warning(key, Some(node.at), "this key is APISIX's published one: it hides nothing");
            report.push(problem.remedy("put a key of your own before it (the first encrypts), or remove `keyring`"));
        }
        keyring.push(Secret::new(text));
    }
    Encryption { enabled: v.bool("apisix.data_encryption.enable_encrypt_fields"), keyring }
}

/// `nginx_config.envs` with a value.
fn variables(v: &Values<'_>) -> Vec<(String, Secret)> {
    let all = v.texts("nginx_config.envs").unwrap_or_default();
    let assigned = all.iter().filter_map(|(text, _)| text.split_once('='));
    assigned.map(|(name, value)| (name.trim().to_owned(), Secret::new(value.to_owned()))).collect()
}

fn dns(v: &Values<'_>, report: &mut Report) -> Dns {
    let key = "apisix.dns_resolver";
    let mut servers = Vec::new();
    for (text, node) in v.texts(key).unwrap_or_default() {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(&text);
        let addr = text.parse::<SocketAddr>().ok().or_else(|| Some(SocketAddr::new(bare.parse::<IpAddr>().ok()?, 53)));
        match addr {
            Some(addr) => servers.push(addr),
            None => {
                let problem =
                    Diagnostic::error(key, Some(node.at), format!("{text:?} is neither an IP address nor `ip:port`"));
                report.push(problem.remedy("such as 1.1.1.1, 127.0.0.1:5353 or [::1]:53"));
            }
        }
    }
    let valid = v.duration("apisix.dns_resolver_valid");
    Dns {
        servers,
        valid: (valid > Duration::ZERO).then_some(valid),
        timeout: v.duration("apisix.resolver_timeout"),
        search: v.bool("apisix.enable_resolv_search_opt"),
        ipv6: v.bool("apisix.enable_ipv6"),
    }
}

fn access_log(v: &Values<'_>, report: &mut Report) -> Option<AccessLogConfig> {
    let (format_key, escape_key) =
        ("nginx_config.http.access_log_format", "nginx_config.http.access_log_format_escape");
    let json = v.text("gateway.logs.access_format") == "json";
    let given = v.text(format_key);
    let (format, escape) = match given.is_empty() {
        true if json => (format::JSON.to_owned(), Escape::Json),
        true => (format::LINE.to_owned(), escape(&v.text(escape_key))),
        false => {
            if json {
                let message = format!("this key has no effect: {format_key} is given");
                report.push(Diagnostic::warning(
                    "gateway.logs.access_format",
                    at(v.get("gateway.logs.access_format")),
                    message,
                ));
            }
            (given, escape(&v.text(escape_key)))
        }
    };
    let config = AccessLogConfig {
        target: target(&v.text("nginx_config.http.access_log")),
        format,
        escape,
        queue_records: v.count("gateway.logs.queue_records"),
        field_bytes: v.size("gateway.logs.field_bytes"),
    };
    match AccessFormat::compile(&config) {
        Ok(format) => {
            for name in format.unknown() {
                let message = format!("there is no variable ${name}: it has a value only where a plugin sets one");
                report.push(Diagnostic::warning(format_key, at(v.get(format_key)), message));
            }
        }
        Err(error) => report.push(Diagnostic::error(format_key, at(v.get(format_key)), error.to_string())),
    }
    let off =
        v.get("nginx_config.http.access_log").and_then(|node| text_of(&node.value)).is_some_and(|text| text == "off");
    (v.bool("nginx_config.http.enable_access_log") && !off).then_some(config)
}

fn escape(word: &str) -> Escape {
    match word {
        "json" => Escape::Json,
        "none" => Escape::None,
        _ => Escape::Default,
    }
}

fn error_log(v: &Values<'_>) -> ErrorLogConfig {
    ErrorLogConfig {
        target: target(&v.text("nginx_config.error_log")),
        level: match v.text("nginx_config.error_log_level").as_str() {
            "debug" => Level::Debug,
            "info" | "notice" => Level::Info,
            "warn" => Level::Warn,
            _ => Level::Error,
        },
        json: v.text("gateway.logs.error_format") == "json",
    }
}

fn target(path: &str) -> LogTarget {
    match path {
        "/dev/stdout" => LogTarget::Stdout,
        "/dev/stderr" | "stderr" => LogTarget::Stderr,
        path => LogTarget::File(PathBuf::from(path)),
    }
}

/// The list at `key`; names that are not in `built` are kept (the registry ignores them) and told.
fn plugins(v: &Values<'_>, key: &str, built: &[&str], known: &[&str], report: &mut Report) -> Option<Vec<String>> {
    let mut list: Vec<String> = Vec::new();
    for (name, node) in v.texts(key)? {
        if !built.contains(&name.as_str()) {
            report.push(unbuilt(key, &name, node, built, known));
        }
        if !list.contains(&name) {
            list.push(name);
        }
    }
    Some(list)
}

fn unbuilt(key: &str, name: &str, node: &Node, built: &[&str], known: &[&str]) -> Diagnostic {
    if known.contains(&name) {
        return Diagnostic::warning(
            key,
            Some(node.at),
            format!("the plugin `{name}` is not built yet: routes cannot use it"),
        );
    }
    let problem = Diagnostic::warning(key, Some(node.at), format!("there is no plugin `{name}`"));
    match closest(name, built).or_else(|| closest(name, known)) {
        Some(near) => problem.remedy(format!("did you mean `{near}`?")),
        None => problem.remedy("remove it"),
    }
}

fn stream_plugins(v: &Values<'_>, report: &mut Report) -> Vec<String> {
    // No stream plugin is built, so one warning about the key says it all; a wrong name is still told.
    let names: Vec<(String, &Node)> = v.texts("stream_plugins").unwrap_or_default();
    for (name, node) in names.iter().filter(|(name, _)| !catalogue::STREAM_PLUGINS.contains(&name.as_str())) {
        let problem =
            Diagnostic::warning("stream_plugins", Some(node.at), format!("there is no stream plugin `{name}`"));
        report.push(problem);
    }
    if let Some(node) = v.get("stream_plugins").filter(|_| !names.is_empty()) {
        let message = "stream mode is not built yet: stream routes are stored, not served";
        report.push(Diagnostic::warning("stream_plugins", Some(node.at), message));
    }
    names.into_iter().map(|(name, _)| name).collect()
}

/// The names of `xrpc.protocols`.
fn stream_protocols(v: &Values<'_>) -> Vec<String> {
    let list = v.get("xrpc").and_then(|xrpc| xrpc.get("protocols"));
    let Some(Value::List(items)) = list.map(|list| &list.value) else { return Vec::new() };
    let names = items.iter().filter_map(|item| match &item.get("name")?.value {
        Value::Text(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

fn stream_mode(v: &Values<'_>, report: &mut Report) -> bool {
    let key = "apisix.proxy_mode";
    let mode = v.text(key);
    let message = match mode.as_str() {
        "stream" => "stream mode is not built yet, and HTTP is served although `http` is not named",
        "http&stream" => "stream mode is not built yet: stream routes are stored, not served",
        _ => return false,
    };
    report.push(Diagnostic::warning(key, at(v.get(key)), message));
    true
}

/// The user's attributes over the shipped ones: maps merge, all else replaces, `null` removes.
fn plugin_attr(v: &Values<'_>) -> Map<String, Json> {
    let mut attr = json!({
        "prometheus": {
            "export_uri": "/apisix/prometheus/metrics",
            "metric_prefix": "apisix_",
            "enable_export_server": true,
            "export_addr": { "ip": "127.0.0.1", "port": 9091 },
            "refresh_interval": 15
        }
    });
    if let Some(node) = v.get("plugin_attr") {
        merge(&mut attr, node.to_json());
    }
    match attr {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

fn merge(base: &mut Json, new: Json) {
    match (base, new) {
        (Json::Object(base), Json::Object(new)) => {
            for (key, value) in new {
                match value {
                    Json::Null => {
                        base.shift_remove(&key);
                    }
                    value => merge(base.entry(key).or_insert(Json::Null), value),
                }
            }
        }
        (base, new) => *base = new,
    }
}

fn metrics(v: &Values<'_>, server: Option<SocketAddr>, report: &mut Report) -> Metrics {
    let uri = v.text("plugin_attr.prometheus.export_uri");
    if !uri.starts_with('/') {
        let key = "plugin_attr.prometheus.export_uri";
        report
            .push(Diagnostic::error(key, at(v.get(key)), format!("{uri:?} is not a path")).remedy("begin it with `/`"));
    }
    Metrics { server, uri }
}

/// Hashes of the keys that are only read at start. Maps whose keys stand in the tables are left to those.
fn restart(v: &Values<'_>) -> Vec<(&'static str, u64)> {
    let keys = keys::sections().into_iter().flat_map(|(_, keys)| keys);
    keys.filter(|key| key.reload == Reload::Restart && key.state == State::Built)
        .map(|key| {
            let value =
                v.get(key.path).filter(|n| !(matches!(n.value, Value::Map(_)) && keys::children(key.path).is_some()));
            let mut hash = DefaultHasher::new();
            value.map(|node| node.to_json().to_string()).hash(&mut hash);
            (key.path, hash.finish())
        })
        .collect()
}
