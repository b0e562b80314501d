//! `discovery`: the service registries.

use gateway_discovery::{NacosHost, NacosSettings, Secret, ZooKeeperSettings};

use super::check::at;
use super::diagnostic::{Diagnostic, Report};
use super::types::Discovery;
use super::values::Values;

/// Reads it.
pub(super) fn discovery(v: &Values<'_>, report: &mut Report) -> Discovery {
    Discovery {
        nacos: v.get("discovery.nacos").map(|_| nacos(v, report)),
        zookeeper: v.get("discovery.zookeeper").map(|_| zookeeper(v, report)),
    }
}

fn zookeeper(v: &Values<'_>, report: &mut Report) -> ZooKeeperSettings {
    let auth = v.text("discovery.zookeeper.auth");
    if !auth.is_empty() && !auth.contains(':') {
        let key = "discovery.zookeeper.auth";
        // The text is not quoted: it may be a password.
        let problem = Diagnostic::error(key, at(v.get(key)), "this is no `user:password`");
        report.push(problem.remedy("write user and password with a colon between them"));
    }
    ZooKeeperSettings {
        connect: servers(v, "discovery.zookeeper.connect", report),
        root: folder(v, "discovery.zookeeper.root", report),
        services_root: folder(v, "discovery.zookeeper.services_root", report),
        session_timeout: v.duration("discovery.zookeeper.session_timeout_ms"),
        timeout: v.duration("discovery.zookeeper.timeout_ms"),
        auth: (!auth.is_empty()).then(|| Secret::new(&auth)),
    }
}

fn nacos(v: &Values<'_>, report: &mut Report) -> NacosSettings {
    let key = "discovery.nacos.host";
    let given = v.texts(key).unwrap_or_default();
    if given.is_empty() {
        let problem = Diagnostic::error(key, at(v.get(key).or_else(|| v.get("discovery.nacos"))), "no server is named");
        report.push(problem.remedy("a list such as [\"http://127.0.0.1:8848\"]"));
    }
    let mut hosts = Vec::new();
    for (place, (text, node)) in given.iter().enumerate() {
        match NacosHost::parse(text) {
            Some(host) => hosts.push(host),
            None => {
                // The text is not quoted: it may hold a password.
                let message = format!("entry {} is no `http(s)://[user:password@]host:port`", place + 1);
                let problem = Diagnostic::error(key, Some(node.at), message);
                report.push(problem.remedy("such as http://127.0.0.1:8848"));
            }
        }
    }
    let (access, secret) = (v.text("discovery.nacos.access_key"), v.text("discovery.nacos.secret_key"));
    if access.is_empty() != secret.is_empty() {
        let key = if access.is_empty() { "discovery.nacos.access_key" } else { "discovery.nacos.secret_key" };
        let problem = Diagnostic::error(key, at(v.get("discovery.nacos")), "the one is given without the other");
        report.push(problem.remedy("give both access_key and secret_key, or neither"));
    }
    let offset = u16::try_from(v.int("discovery.nacos.grpc_port_offset")).unwrap_or(1000);
    NacosSettings {
        hosts,
        prefix: format!("{}/", folder(v, "discovery.nacos.prefix", report)),
        fetch_interval: v.duration("discovery.nacos.fetch_interval"),
        weight: u32::try_from(v.int("discovery.nacos.weight")).unwrap_or(u32::MAX),
        connect_timeout: v.duration("discovery.nacos.timeout.connect"),
        read_timeout: v.duration("discovery.nacos.timeout.read") + v.duration("discovery.nacos.timeout.send"),
        keys: (!access.is_empty()).then(|| (Secret::new(&access), Secret::new(&secret))),
        grpc_offset: v.bool("discovery.nacos.grpc").then_some(offset),
        verify: v.bool("discovery.nacos.tls_verify"),
    }
}

/// A list of `host:port`.
fn servers(v: &Values<'_>, key: &str, report: &mut Report) -> Vec<String> {
    let given = v.texts(key).unwrap_or_default();
    if given.is_empty() {
        let parent = key.rsplit_once('.').map_or(key, |(parent, _)| parent);
        let problem = Diagnostic::error(key, at(v.get(key).or_else(|| v.get(parent))), "no server is named");
        report.push(problem.remedy("a list such as [127.0.0.1:2181]"));
    }
    let is_server = |text: &str| {
        let parts = text.rsplit_once(':');
        parts.is_some_and(|(host, port)| {
            let bare = !host.contains([':', '/', ',', ' ']) || (host.starts_with('[') && host.ends_with(']'));
            !host.is_empty() && bare && port.parse::<u16>().is_ok_and(|port| port > 0)
        })
    };
    for (text, node) in given.iter().filter(|(text, _)| !is_server(text)) {
        let problem = Diagnostic::error(key, Some(node.at), format!("{text:?} is no `host:port`"));
        report.push(problem.remedy("such as 127.0.0.1:2181, one entry a server"));
    }
    given.into_iter().map(|(text, _)| text).collect()
}

/// A path in a registry, without the slash at its end.
fn folder(v: &Values<'_>, key: &str, report: &mut Report) -> String {
    let text = v.text(key);
    let path = text.trim_end_matches('/');
    if !path.starts_with('/') || path.contains("//") || path.contains('\0') {
        let problem = Diagnostic::error(key, at(v.get(key)), format!("{text:?} is no path"));
        report.push(problem.remedy(format!("such as `{}`", v.default_text(key))));
    }
    path.to_owned()
}
