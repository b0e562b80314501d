//! `deployment`: role, store, Admin API.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::check::{self, at, text_of};
use super::diagnostic::{Diagnostic, Report};
use super::listen::Wanted;
use super::types::{Admin, AdminKey, AdminRole, AdminTls, FileFormat, Provider, Role, Secret};
use super::values::Values;
use super::yaml::{Node, Value};

/// The keys printed in APISIX's documentation and old configuration files: everybody knows them.
const PUBLISHED: [&str; 2] = ["edd1c9f034335f136f87ad84b625c8f1", "4054f7cf07e344346cd3f287985e76a2"];

pub(super) fn role(values: &Values<'_>) -> Role {
    match values.text("deployment.role").as_str() {
        "control_plane" => Role::ControlPlane,
        "data_plane" => Role::DataPlane,
        _ => Role::Traditional,
    }
}

/// Which store the file asks for; those that are not built are refused by name.
pub(super) fn provider(values: &Values<'_>, role: Role, report: &mut Report) -> Provider {
    let key = match role {
        Role::Traditional => "deployment.role_traditional.config_provider",
        Role::ControlPlane => "deployment.role_control_plane.config_provider",
        Role::DataPlane => "deployment.role_data_plane.config_provider",
    };
    let asked = values.get(key).and_then(|node| Some((text_of(&node.value)?, node)));
    let etcd = values.get("deployment.etcd");
    let name = asked.as_ref().map(|(name, _)| name.as_str());
    match (role, name) {
        (Role::DataPlane, Some("yaml")) => return Provider::File(FileFormat::Yaml),
        (Role::DataPlane, Some("json")) => return Provider::File(FileFormat::Json),
        (Role::Traditional, Some("yaml")) => return Provider::Api,
        _ => {}
    }
    match (&asked, etcd) {
        (Some((name, _)), Some(node)) if name == "embedded" => {
            let message = format!("this key has no effect: {key} says `embedded`");
            report.push(Diagnostic::warning("deployment.etcd", Some(node.at), message).remedy("remove it"));
        }
        (Some((name, node)), _) if name != "embedded" => {
            let message = match (role, name.as_str()) {
                (Role::ControlPlane, "yaml" | "json") => format!("`{name}` is a provider of data planes"),
                (_, "json") => "`json` is a provider of data planes".to_owned(),
                _ => format!("the store `{name}` is not built yet"),
            };
            report.push(Diagnostic::error(key, Some(node.at), message).remedy(format!("set {key} to `embedded`")));
        }
        (None, Some(node)) => {
            let problem = Diagnostic::error(
                "deployment.etcd",
                Some(node.at),
                "it asks for the store `etcd`, which is not built yet",
            );
            report.push(problem.remedy(format!("remove it, or set {key} to `embedded`")));
        }
        _ => {}
    }
    Provider::Embedded
}

/// `deployment.admin`, listening at `wanted`.
pub(super) fn admin(values: &Values<'_>, wanted: &Wanted, report: &mut Report) -> Admin {
    let loopback = wanted.addr.ip().is_loopback();
    let keys = keys(values, loopback, report);
    let key_required = required(values, loopback, report);
    let allow = match values.get("deployment.admin.allow_admin") {
        None => ["127.0.0.0/24", "::1/128"].iter().filter_map(|net| net.parse().ok()).collect(),
        Some(_) => networks(values, "deployment.admin.allow_admin", report).unwrap_or_default(),
    };
    Admin {
        listen: wanted.addr,
        generate_key: !keys.iter().any(|k| k.role == AdminRole::Admin),
        keys,
        key_required,
        allow,
        cors: values.bool("deployment.admin.enable_admin_cors"),
        read_only: values.bool("gateway.admin.read_only"),
        api_version: if values.text("deployment.admin.admin_api_version") == "v3" { "v3" } else { "v2" },
        tls: tls(values, report),
        hosts: values
            .texts("gateway.admin.hosts")
            .unwrap_or_default()
            .into_iter()
            .map(|(host, _)| host.to_ascii_lowercase())
            .collect(),
    }
}

fn keys(values: &Values<'_>, loopback: bool, report: &mut Report) -> Vec<AdminKey> {
    let Some(Node { value: Value::List(items), .. }) = values.get("deployment.admin.admin_key") else {
        return Vec::new();
    };
    let mut keys: Vec<AdminKey> = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let shown = format!("deployment.admin.admin_key[{i}]");
        let field = |name: &str| item.get(name).and_then(|node| text_of(&node.value)).unwrap_or_default();
        let key_at = at(item.get("key")).or(Some(item.at));
        let role = match field("role").as_str() {
            "viewer" => AdminRole::Viewer,
            "admin" => AdminRole::Admin,
            // A word that is neither has been refused with its place; an absent one is refused here.
            _ => {
                if item.get("role").is_none() {
                    let problem = Diagnostic::error(&shown, Some(item.at), "`role` is missing");
                    report.push(problem.remedy("set it to `admin` or `viewer`"));
                }
                continue;
            }
        };
        let key = field("key");
        if key.is_empty() {
            if role == AdminRole::Viewer {
                let problem = Diagnostic::error(check::join(&shown, "key"), key_at, "a viewer needs a key of its own");
                report.push(problem.remedy("give it a key, or remove the entry"));
            }
            continue;
        }
        if PUBLISHED.contains(&key.as_str()) {
            report.push(published(&check::join(&shown, "key"), key_at, loopback));
        }
        if keys.iter().any(|k| k.key.reveal() == key) {
            let problem = Diagnostic::error(
                check::join(&shown, "key"),
                key_at,
                "the same key stands in an entry before this one",
            );
            report.push(problem.remedy("give each entry its own key"));
        }
        keys.push(AdminKey { name: field("name"), key: Secret::new(key), role });
    }
    keys
}

fn published(key: &str, at: Option<super::diagnostic::Position>, loopback: bool) -> Diagnostic {
    let message = "this key is printed in APISIX's documentation: everybody knows it";
    let problem = match loopback {
        true => Diagnostic::warning(key, at, message),
        false => Diagnostic::error(key, at, message),
    };
    problem.remedy(
        "remove it, and one is generated at the next start; or bind deployment.admin.admin_listen.ip to 127.0.0.1",
    )
}

fn required(values: &Values<'_>, loopback: bool, report: &mut Report) -> bool {
    let path = "deployment.admin.admin_key_required";
    let required = values.bool(path);
    if !required {
        let place = at(values.get(path));
        report.push(match loopback {
            true => Diagnostic::warning(path, place, "everyone on this machine may use the Admin API"),
            false => Diagnostic::error(path, place, "without keys the Admin API may only listen on loopback")
                .remedy("set it to true, or bind deployment.admin.admin_listen.ip to 127.0.0.1"),
        });
    }
    required
}

fn tls(values: &Values<'_>, report: &mut Report) -> Option<AdminTls> {
    let path = "deployment.admin.https_admin";
    if !values.bool(path) {
        return None;
    }
    let file = |name: &str| {
        let text = values.text(&format!("deployment.admin.admin_api_mtls.{name}"));
        (!text.is_empty()).then(|| PathBuf::from(text))
    };
    // Plain HTTP where HTTPS was asked for would send keys in the clear.
    let problem = Diagnostic::error(path, at(values.get(path)), "HTTPS for the Admin API is not built yet");
    report.push(problem.remedy("set it to false and keep deployment.admin.admin_listen.ip on 127.0.0.1"));
    Some(AdminTls {
        cert: file("admin_ssl_cert")?,
        key: file("admin_ssl_cert_key")?,
        client_ca: file("admin_ssl_ca_cert"),
    })
}

/// A list of IP addresses and CIDR blocks; `unix:` is skipped. `None`: absent.
pub(super) fn networks(values: &Values<'_>, path: &str, report: &mut Report) -> Option<Vec<IpNet>> {
    let mut nets = Vec::new();
    for (text, node) in values.texts(path)? {
        match text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)) {
            Some(net) => nets.push(net.trunc()),
            None if text == "unix:" => {}
            None => {
                let problem = Diagnostic::error(
                    path,
                    Some(node.at),
                    format!("{text:?} is neither an IP address nor a CIDR block"),
                );
                report.push(problem.remedy("such as 10.0.0.1, 10.0.0.0/8 or fd00::/8"));
            }
        }
    }
    Some(nets)
}
