//! What is wrong with the file, before anything runs with it (`gateway check`).

use std::collections::{HashMap, HashSet};

use gateway_engine::plugin::Registry;
use gateway_engine::router::{Mode, RouteKey};
use gateway_model::check::Invalid;
use gateway_model::{Kind, references};
use serde_json::Value;

use super::bundle::{Item, Owners, duplicate};
use super::source::{Content, Plugins, Source};
use crate::config::{Diagnostic, Position, Report};

/// Reads the file and checks each of its objects as the running gateway does. `registry`: the plugins that are on, given those that the
/// file names.
pub(crate) fn check(source: &Source, registry: impl FnOnce(Option<Plugins>) -> Registry, mode: Mode) -> Report {
    let name = source.name();
    let mut report = Report::new(&name);
    let read = source.print().and_then(|_| source.read(None)).map_err(|error| format!("it cannot be read: {error}"));
    let content = match read {
        Ok(Some(said)) => said.content,
        Ok(None) => return report,
        Err(error) => Err(error),
    };
    match content {
        Ok(Content { items, plugins, problems }) => {
            for problem in problems {
                let (at, text) = located(&name, &problem);
                report.push(Diagnostic::warning("", at, text));
            }
            objects(&items, &registry(plugins), mode, &mut report);
        }
        Err(problems) => {
            let (at, text) = located(&name, &problems);
            report.push(Diagnostic::error("", at, text));
        }
    }
    report.sort();
    report
}

fn objects(items: &[Item], registry: &Registry, mode: Mode, report: &mut Report) {
    let there: HashSet<(Kind, &str)> = items.iter().map(|item| (item.kind, &*item.id)).collect();
    let hosts = service_hosts(items);
    let mut seen = HashSet::new();
    let mut owners = Owners::default();
    for item in items {
        let mut found = item.faults(registry, &owners);
        if !seen.insert((item.kind, &*item.id)) {
            found.push(Invalid::new("duplicate", duplicate(item.kind, &item.id)));
        }
        owners.note(item, registry);
        if found.is_empty() {
            found.extend(places(item, &hosts, mode));
        }
        let (at, _) = located(&report.file, &item.place);
        let key = format!("{}/{}", item.kind.directory(), item.id);
        for fault in &found {
            report.push(Diagnostic::error(format!("{key}{}", fault.path), at, &fault.message));
        }
        let (fields, plugins) = references::targets(item.kind, &item.value);
        let secrets = references::secrets(&item.value).into_iter().map(|id| (Kind::Secret, id));
        for (kind, id) in fields.into_iter().chain(plugins).chain(secrets) {
            if !there.contains(&(kind, &*id)) {
                let message = format!("it refers to {}/{id}, which is not in the file", kind.directory());
                report.push(Diagnostic::warning(&key, at, message));
            }
        }
    }
}

/// How many hosts each service has.
fn service_hosts(items: &[Item]) -> HashMap<&str, usize> {
    let services = items.iter().filter(|item| item.kind == Kind::Service);
    services.map(|item| (&*item.id, length(&item.value, "hosts").unwrap_or_default())).collect()
}

/// Whether a route fits into the router under its service's hosts.
fn places(item: &Item, hosts: &HashMap<&str, usize>, mode: Mode) -> Option<Invalid> {
    if item.kind != Kind::Route || item.value.get("host").is_some() || length(&item.value, "hosts").is_some() {
        return None;
    }
    let service = item.value.get("service_id").and_then(references::id_text)?;
    let uris = length(&item.value, "uris").unwrap_or(1);
    let placed = RouteKey::check_places(mode, &item.id, uris, *hosts.get(&*service)?);
    placed.err().map(|message| Invalid::new("places", message))
}

fn length(object: &Value, list: &str) -> Option<usize> {
    object.get(list).and_then(Value::as_array).map(Vec::len)
}

/// Takes the place that a text begins with (`FILE:LINE:COLUMN`) off it.
fn located<'t>(file: &str, text: &'t str) -> (Option<Position>, &'t str) {
    let place = text.strip_prefix(file).and_then(|rest| rest.strip_prefix(':')).and_then(|rest| {
        let (line, rest) = rest.split_once(':')?;
        let (column, rest) = rest.split_once(':').unwrap_or((rest, ""));
        Some((Position { line: line.parse().ok()?, column: column.parse().ok()? }, rest.trim_start()))
    });
    place.map_or((None, text), |(at, rest)| (Some(at), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_off() {
        let at = |line, column| Some(Position { line, column });
        for (text, expected) in [
            ("a.yaml:3:14: x: y", (at(3, 14), "x: y")),
            ("a.yaml:3:14", (at(3, 14), "")),
            ("a.yaml: x", (None, "a.yaml: x")),
            ("it cannot be read", (None, "it cannot be read")),
        ] {
            assert_eq!(located("a.yaml", text), expected);
        }
    }
}
