//! `discovery`: the service registries.

use gateway_discovery::{Secret, ZooKeeperSettings};

use super::check::at;
use super::diagnostic::{Diagnostic, Report};
use super::types::Discovery;
use super::values::Values;

/// Reads it.
pub(super) fn discovery(v: &Values<'_>, report: &mut Report) -> Discovery {
    Discovery { zookeeper: v.get("discovery.zookeeper").map(|_| zookeeper(v, report)) }
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
