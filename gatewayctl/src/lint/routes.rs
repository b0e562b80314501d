//! Rules about routes beside each other.

use std::collections::HashMap;

use gateway_model::Kind;
use serde_json::Value;

use super::{Findings, rules};
use crate::files::Object;

/// What of a route decides which requests it takes.
struct Match<'o> {
    object: &'o Object,
    hosts: Vec<&'o str>,
    methods: Vec<&'o str>,
    priority: i64,
    /// Conditions beside those: variables, addresses.
    others: String,
}

/// Most routes of one path that are compared with each other.
const MOST: usize = 500;

pub(super) fn check(objects: &[Object], findings: &mut Findings<'_>) {
    objects.iter().filter(|object| object.reference.resource.kind == Kind::Route).for_each(|object| {
        for uri in texts(&object.value, "uri", "uris").into_iter().filter(|uri| never_matches(uri)) {
            let message = format!("no request has the path {uri}: paths begin with /");
            findings.add(&rules::NEVER_MATCHES, object, place(&object.value), message);
        }
    });
    let mut by_uri: HashMap<&str, Vec<Match<'_>>> = HashMap::new();
    let mut order = Vec::new();
    let on = |object: &&Object| {
        object.reference.resource.kind == Kind::Route && object.value.get("status").and_then(Value::as_i64) != Some(0)
    };
    for object in objects.iter().filter(on) {
        for uri in texts(&object.value, "uri", "uris") {
            let group = by_uri.entry(uri).or_insert_with(|| {
                order.push(uri);
                Vec::new()
            });
            group.push(Match::of(object));
        }
    }
    for uri in order {
        let Some(group) = by_uri.get(uri) else { continue };
        for (i, late) in group.iter().enumerate().take(MOST) {
            let others = group.iter().enumerate().take(MOST).filter(|(j, _)| *j != i);
            if let Some((_, winner)) = others.clone().find(|(_, other)| other.hides(late)) {
                let message = format!("never reached on {uri}: {} has a higher priority", winner.object.reference);
                findings.add(&rules::UNREACHABLE, late.object, place(&late.object.value), message);
            } else if let Some((_, other)) = others.clone().find(|(j, other)| *j < i && other.equals(late)) {
                let message = format!("matches the same requests on {uri} as {}", other.object.reference);
                findings.add(&rules::SHADOWED, late.object, place(&late.object.value), message);
            }
        }
    }
}

impl<'o> Match<'o> {
    fn of(object: &'o Object) -> Match<'o> {
        let value = &object.value;
        let others = ["vars", "remote_addr", "remote_addrs", "filter_func"];
        let others = others.iter().filter_map(|name| value.get(*name)).map(Value::to_string).collect();
        Match {
            object,
            hosts: texts(value, "host", "hosts"),
            methods: texts(value, "method", "methods"),
            priority: value.get("priority").and_then(Value::as_i64).unwrap_or_default(),
            others,
        }
    }

    /// Takes everything that the other one would, before it.
    fn hides(&self, other: &Match<'_>) -> bool {
        self.priority > other.priority
            && (self.others.is_empty() || self.others == other.others)
            && covers(&self.hosts, &other.hosts)
            && covers(&self.methods, &other.methods)
    }

    fn equals(&self, other: &Match<'_>) -> bool {
        let meet = |a: &[&str], b: &[&str]| (a.is_empty() && b.is_empty()) || a.iter().any(|one| b.contains(one));
        self.priority == other.priority
            && self.others == other.others
            && meet(&self.hosts, &other.hosts)
            && (self.methods.is_empty() == other.methods.is_empty())
            && meet(&self.methods, &other.methods)
    }
}

/// Whether no path is like this one. (`*` at the beginning stands for the rest of a path, so for all of it.)
fn never_matches(uri: &str) -> bool {
    !uri.starts_with(['/', '*'])
}

/// None is all.
fn covers(wide: &[&str], narrow: &[&str]) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|one| wide.contains(one)))
}

fn texts<'v>(value: &'v Value, one: &str, many: &str) -> Vec<&'v str> {
    let single = value.get(one).and_then(Value::as_str);
    let list = value.get(many).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    single.into_iter().chain(list).collect()
}

fn place(value: &Value) -> Option<&'static str> {
    ["/uri", "/uris"].into_iter().find(|pointer| value.pointer(pointer).is_some())
}
