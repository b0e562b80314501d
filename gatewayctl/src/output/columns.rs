//! What the table of each resource shows. A column is a name and a function of one object.

use serde_json::Value;

use super::clock::Now;
use super::list::{Head, head, wide_head};
use super::mask;
use crate::certificate;
use crate::resources::Item;

/// One column of a resource's table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) head: Head,
    pub(crate) cell: fn(&Row<'_>) -> String,
}

/// One object and what else its cells may need.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) item: &'a Item,
    pub(crate) now: Now,
    /// What of it is elsewhere.
    pub(crate) beside: Beside,
}

/// What cells show that is not in the object, where it is known.
#[derive(Debug, Default, Clone)]
pub(crate) struct Beside {
    /// Routes that name this object as their service.
    pub(crate) routes: Option<usize>,
    /// The hosts of the service of a route that has none of its own.
    pub(crate) hosts: Option<String>,
    /// How many of an upstream's nodes are healthy: `2/3`.
    pub(crate) healthy: Option<String>,
    /// How many credentials of each kind a consumer has: `key-auth:2`.
    pub(crate) credentials: Option<String>,
}

const fn col(name: &'static str, give: u8, cell: fn(&Row<'_>) -> String) -> Column {
    Column { head: head(name, give), cell }
}

const fn wide(name: &'static str, give: u8, cell: fn(&Row<'_>) -> String) -> Column {
    Column { head: wide_head(name, give), cell }
}

pub(crate) const ROUTES: &[Column] = &[
    col("ID", 1, id),
    col("NAME", 3, |r| text(r, "name")),
    col("METHODS", 2, |r| list(r, &["methods"])),
    col("HOST", 3, host),
    col("URI", 2, |r| list(r, &["uri", "uris"])),
    col("TARGET", 3, target),
    col("PLUGINS", 4, plugins),
    col("STATUS", 0, status),
    wide("PRIORITY", 0, |r| r.item.value.get("priority").map_or_else(|| "0".into(), scalar)),
    wide("VARS", 5, |r| r.item.value.get("vars").map_or_else(dash, |vars| mask::masked(vars, false).to_string())),
    wide("LABELS", 5, labels),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const SERVICES: &[Column] = &[
    col("ID", 1, id),
    col("NAME", 3, |r| text(r, "name")),
    col("HOSTS", 2, |r| list(r, &["hosts"])),
    col("UPSTREAM", 3, target),
    col("PLUGINS", 4, plugins),
    col("ROUTES", 0, |r| r.beside.routes.map_or_else(dash, |n| n.to_string())),
    wide("LABELS", 5, labels),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const UPSTREAMS: &[Column] = &[
    col("ID", 1, id),
    col("NAME", 3, |r| text(r, "name")),
    col("TYPE", 0, |r| text_or(r, "type", "roundrobin")),
    col("NODES", 2, |r| nodes(&r.item.value)),
    col("HEALTHY", 0, |r| r.beside.healthy.clone().unwrap_or_else(dash)),
    col("SCHEME", 0, |r| text_or(r, "scheme", "http")),
    wide("RETRIES", 0, |r| text(r, "retries")),
    wide("TIMEOUT", 0, |r| timeout(&r.item.value)),
    wide("PASS-HOST", 0, |r| text_or(r, "pass_host", "pass")),
    wide("HASH", 4, |r| r.item.value.get("key").map_or_else(dash, scalar)),
];

pub(crate) const CONSUMERS: &[Column] = &[
    col("USERNAME", 1, id),
    col("GROUP", 2, |r| text(r, "group_id")),
    col("AUTH", 3, auth),
    col("CREDENTIALS", 3, |r| r.beside.credentials.clone().unwrap_or_else(dash)),
    col("LABELS", 4, labels),
    wide("PLUGINS", 5, plugins),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const CREDENTIALS: &[Column] = &[
    col("ID", 1, id),
    col("NAME", 2, |r| text(r, "name")),
    col("AUTH", 3, auth),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const PLUGIN_HOLDERS: &[Column] = &[
    col("ID", 1, id),
    col("NAME", 2, |r| text(r, "name")),
    col("PLUGINS", 3, plugins),
    wide("LABELS", 5, labels),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const SSLS: &[Column] = &[
    col("ID", 1, id),
    col("SNIS", 2, |r| list(r, &["sni", "snis"])),
    col("TYPE", 0, |r| text_or(r, "type", "server")),
    col("NOT-AFTER", 0, |r| not_after(r).map_or_else(dash, |end| Now::at(end).date())),
    col("DAYS", 0, |r| not_after(r).map_or_else(dash, |end| r.now.days_until(end).to_string())),
    col("STATUS", 0, status),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const PLUGIN_METADATA: &[Column] = &[
    col("PLUGIN", 1, id),
    col("KEYS", 2, |r| {
        let keys = r.item.value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        join(keys.filter(|key| *key != "id"))
    }),
    wide("REV", 0, revision),
];

pub(crate) const STREAM_ROUTES: &[Column] = &[
    col("ID", 1, id),
    col("PORT", 0, |r| text(r, "server_port")),
    col("SNI", 2, |r| text(r, "sni")),
    col("REMOTE", 2, |r| text(r, "remote_addr")),
    col("TARGET", 3, target),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const PROTOS: &[Column] = &[
    col("ID", 1, id),
    col("NAME", 2, |r| text(r, "name")),
    col("SERVICES", 3, proto_services),
    col("SIZE", 0, |r| r.item.value.get("content").and_then(Value::as_str).map_or_else(dash, |c| c.len().to_string())),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const SECRETS: &[Column] = &[
    col("ID", 1, id),
    col("URI", 2, |r| mask::text(&text(r, "uri")).into_owned()),
    col("PREFIX", 2, |r| text(r, "prefix")),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

pub(crate) const COSTS: &[Column] = &[
    col("ID", 1, id),
    col("FIELD-PATH", 2, |r| text(r, "field_path")),
    col("ADD", 0, |r| text(r, "add_value")),
    col("MULTIPLY", 0, |r| text(r, "mul_value")),
    wide("UPDATED", 0, updated),
    wide("REV", 0, revision),
];

fn dash() -> String {
    "-".to_owned()
}

fn id(row: &Row<'_>) -> String {
    row.item.reference.id.clone()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text(row: &Row<'_>, field: &str) -> String {
    text_or(row, field, "-")
}

fn text_or(row: &Row<'_>, field: &str, default: &str) -> String {
    match row.item.value.get(field) {
        None | Some(Value::Null) => default.to_owned(),
        Some(value) => scalar(value),
    }
}

/// The values of the first field that is there, comma separated.
fn list(row: &Row<'_>, fields: &[&str]) -> String {
    match fields.iter().find_map(|field| row.item.value.get(field)) {
        Some(Value::Array(values)) => join(values.iter().map(scalar)),
        Some(value) => scalar(value),
        None => "*".to_owned(),
    }
}

/// A route without hosts is for those of its service.
fn host(row: &Row<'_>) -> String {
    let own = || list(row, &["host", "hosts"]);
    if has_hosts(&row.item.value) { own() } else { row.beside.hosts.clone().unwrap_or_else(own) }
}

/// Whether a route says itself which hosts it is for.
pub(crate) fn has_hosts(route: &Value) -> bool {
    ["host", "hosts"].iter().any(|field| route.get(field).is_some())
}

/// The hosts of a service, where it names any.
pub(crate) fn hosts_of(service: &Value) -> Option<String> {
    let hosts = service.get("hosts")?.as_array().filter(|hosts| !hosts.is_empty())?;
    Some(join(hosts.iter().map(scalar)))
}

fn join<T: AsRef<str>>(words: impl Iterator<Item = T>) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(word.as_ref());
    }
    if text.is_empty() { dash() } else { text }
}

fn plugins(row: &Row<'_>) -> String {
    let own =
        row.item.value.get("plugins").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone());
    let config = row.item.value.get("plugin_config_id").map(|id| format!("plugin-config/{}", scalar(id)));
    join(own.chain(config))
}

/// Names the plugins by which a consumer or credential proves who it is.
fn auth(row: &Row<'_>) -> String {
    let names = row.item.value.get("plugins").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
    join(names.filter(|name| name.ends_with("-auth") || matches!(name.as_str(), "jwe-decrypt" | "ldap-auth-advanced")))
}

fn status(row: &Row<'_>) -> String {
    match row.item.value.get("status").and_then(Value::as_i64) {
        Some(0) => "disabled".to_owned(),
        _ => "enabled".to_owned(),
    }
}

fn labels(row: &Row<'_>) -> String {
    let labels = row.item.value.get("labels").and_then(Value::as_object).into_iter().flatten();
    join(labels.map(|(key, value)| match gateway_model::masks::is_secret(key) {
        true => format!("{key}={}", mask::MASK),
        false => mask::text(&format!("{key}={}", scalar(value))).into_owned(),
    }))
}

fn updated(row: &Row<'_>) -> String {
    match row.item.value.get("update_time").and_then(Value::as_i64) {
        Some(time) => row.now.show(time),
        None => dash(),
    }
}

fn revision(row: &Row<'_>) -> String {
    row.item.revision().map_or_else(dash, |revision| revision.to_string())
}

/// Where requests go: the upstream by id or its nodes, and the service if one is named.
fn target(row: &Row<'_>) -> String {
    let value = &row.item.value;
    let by_id = |field: &str, word: &str| value.get(field).map(|id| format!("{word}/{}", scalar(id)));
    by_id("upstream_id", "upstream")
        .or_else(|| value.get("upstream").map(nodes))
        .or_else(|| by_id("service_id", "service"))
        .unwrap_or_else(dash)
}

/// The addresses of an upstream's nodes, or the service name that is looked up.
fn nodes(upstream: &Value) -> String {
    match upstream.get("nodes") {
        Some(Value::Object(map)) => join(map.keys()),
        Some(Value::Array(nodes)) => join(nodes.iter().map(|node| {
            let host = node.get("host").map(scalar).unwrap_or_default();
            match node.get("port") {
                Some(port) => format!("{host}:{port}"),
                None => host,
            }
        })),
        _ => match upstream.get("service_name") {
            Some(name) => {
                let kind = upstream.get("discovery_type").map_or_else(|| "discovery".to_owned(), scalar);
                format!("{kind}:{}", scalar(name))
            }
            None => dash(),
        },
    }
}

fn timeout(upstream: &Value) -> String {
    let Some(timeout) = upstream.get("timeout") else { return dash() };
    let part = |field: &str| timeout.get(field).map_or_else(dash, scalar);
    format!("{}/{}/{}", part("connect"), part("send"), part("read"))
}

fn not_after(row: &Row<'_>) -> Option<i64> {
    certificate::not_after(row.item.value.get("cert")?.as_str()?)
}

/// The `service Name {` declarations of a proto source; a compiled file set shows none.
fn proto_services(row: &Row<'_>) -> String {
    let content = row.item.value.get("content").and_then(Value::as_str).unwrap_or_default();
    join(services_of(content).into_iter())
}

fn services_of(proto: &str) -> Vec<&str> {
    let (mut words, mut rest) = (Vec::new(), proto);
    while let Some(first) = rest.chars().next() {
        // Comments and texts declare nothing.
        let end = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' | '\'' => rest.get(1..).and_then(|text| text.find(first)).map_or(rest.len(), |end| end + 2),
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                words.extend(rest.get(..end));
                end
            }
            c => {
                if !c.is_whitespace() {
                    words.extend(rest.get(..c.len_utf8()));
                }
                c.len_utf8()
            }
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    let declared = |three: &[&'_ str]| matches!(three, ["service", _, "{"]);
    words.windows(3).filter(|three| declared(three)).filter_map(|three| three.get(1).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_protos() {
        for (proto, expected) in [
            ("syntax = \"proto3\";\nservice A {\n rpc X (M) returns (M);\n}\nservice B{}", &["A", "B"][..]),
            (
                "syntax = \"proto3\"; package a; service Echo { rpc Say (M) returns (M); } message M { string t = 1; }",
                &["Echo"],
            ),
            ("// service No {\n/* service Nor { */ message service { string s = 1 [x = \"service Not {\"]; }", &[]),
            ("service\n  Split\n{}", &["Split"]),
            ("CgtzZXJ2aWNl", &[]),
            ("/* open", &[]),
            ("\"open", &[]),
        ] {
            assert_eq!(services_of(proto), expected, "{proto}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(proto in "([a-z中 {}\"'/*\n]|service A \\{|//|/\\*){0,30}") {
            services_of(&proto);
        }
    }
}
