//! Compares a file with the tables of keys: unknown names, wrong types, values out of range, keys that do not act here.

use super::diagnostic::{Diagnostic, Position, Report};
use super::keys::{self, Key, Kind, State};
use super::units;
use super::yaml::{Entry, Node, Value};

/// Checks everything that can be said about each key alone.
pub(super) fn file(root: &Node, report: &mut Report) {
    map(root, "", "", false, report);
}

/// `a` and `b` → `a.b`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The entries of a map. `table` is its path in the tables, `shown` the one for people; in a `free` map other names may stand.
fn map(node: &Node, table: &str, shown: &str, free: bool, report: &mut Report) {
    for entry in node.entries() {
        let (table, shown) = (join(table, &entry.key), join(shown, &entry.key));
        match (keys::find(&table), keys::children(&table)) {
            (None, None) if free => {}
            (None, None) => unknown(entry, &table, shown, report),
            (None, Some(_)) => branch(&entry.node, &table, &shown, report),
            (Some(key), _) => leaf(key, entry, shown, report),
        }
    }
}

/// A map that only holds other keys.
fn branch(node: &Node, table: &str, shown: &str, report: &mut Report) {
    match node.value {
        Value::Map(_) => map(node, table, shown, false, report),
        Value::Null => {}
        _ => report.push(clash(node, shown, "table")),
    }
}

fn leaf(key: &Key, entry: &Entry, shown: String, report: &mut Report) {
    let node = &entry.node;
    if node.value == Value::Null {
        return;
    }
    match key.state {
        State::Built => {}
        State::Later(part) => {
            if !inert(&node.value) {
                let message = format!("{part} {} not built yet: this key has no effect", verb(part));
                report.push(Diagnostic::warning(&shown, Some(entry.at), message));
            }
        }
        State::Fixed => {
            if same_as_default(key, node) == Some(false) {
                let message = format!("this bound is fixed at {} in this release", shown_default(key));
                report.push(Diagnostic::warning(&shown, Some(entry.at), message));
            }
        }
        State::Ignored(why) => {
            if key.default != "*" && text_of(&node.value).as_deref() != Some(key.default) {
                let message = format!("this key has no effect: {why}");
                report.push(Diagnostic::warning(&shown, Some(entry.at), message));
            }
        }
        State::Snippet(instead) => {
            if text_of(&node.value).is_none_or(|text| !text.trim().is_empty()) {
                let problem = Diagnostic::error(&shown, Some(entry.at), "raw nginx configuration cannot be run here");
                report.push(problem.remedy(format!("remove it and use {instead}")));
            }
        }
    }
    kind(key, node, &shown, report);
    match &node.value {
        Value::Map(_) if keys::children(key.path).is_some() => {
            map(node, key.path, &shown, key.kind == Kind::FreeMap, report)
        }
        Value::List(items) => {
            let table = format!("{}[]", key.path);
            if keys::children(&table).is_some() {
                for (i, item) in items.iter().enumerate() {
                    map(item, &table, &format!("{shown}[{i}]"), false, report);
                }
            }
        }
        _ => {}
    }
}

/// Whether the value is what the key takes.
fn kind(key: &Key, node: &Node, shown: &str, report: &mut Report) {
    let problem = match key.kind {
        Kind::Bool => bool_of(node).is_none().then(|| clash(node, shown, "boolean")),
        Kind::Int { min, max } => number(node, shown, Int, min, max),
        Kind::IntOrAuto { min, max } => match &node.value {
            Value::Text(text) if text == "auto" => None,
            _ => {
                number(node, shown, Int, min, max).map(|d| d.remedy(format!("`auto`, or a number from {min} to {max}")))
            }
        },
        Kind::Percent { min, max } => number(node, shown, Int, min.into(), max.into()),
        Kind::Duration { min, max } => number(node, shown, Time { plain_ms: 1000 }, min, max),
        Kind::Millis { min, max } => number(node, shown, Time { plain_ms: 1 }, min, max),
        Kind::Size { min, max } => number(node, shown, Size, min, max),
        Kind::Text => text_of(&node.value).is_none().then(|| clash(node, shown, "string")),
        Kind::Word(words) => word(node, shown, words),
        Kind::Texts => texts(node, shown),
        Kind::Maps => maps(node, shown),
        Kind::Map | Kind::FreeMap => (!matches!(node.value, Value::Map(_))).then(|| clash(node, shown, "table")),
        Kind::Custom(_) | Kind::Any => None,
    };
    if let Some(problem) = problem {
        report.push(problem);
    }
}

use Unit::{Int, Size, Time};

#[derive(Clone, Copy)]
enum Unit {
    Int,
    Size,
    Time { plain_ms: u64 },
}

fn number(node: &Node, shown: &str, unit: Unit, min: u64, max: u64) -> Option<Diagnostic> {
    let (value, takes, show): (_, _, fn(u64) -> String) = match unit {
        Int => (int_of(node), "a whole number", |n| n.to_string()),
        Size => (size_of(node), "a number of bytes, or text with a unit: 64k, 8m, 1g", units::show_bytes),
        Time { plain_ms: 1 } => (ms_of(node, 1), "a number of ms, or text with a unit: 500ms, 5s, 1m", units::show_ms),
        Time { plain_ms } => {
            (ms_of(node, plain_ms), "a number of seconds, or text with a unit: 500ms, 60s, 5m, 1h", units::show_ms)
        }
    };
    match value {
        None if matches!(node.value, Value::Text(_) | Value::Int(_) | Value::Float(_)) => {
            let given = text_of(&node.value).unwrap_or_default();
            Some(Diagnostic::error(shown, Some(node.at), format!("{given:?} is not {}", head(takes))).remedy(takes))
        }
        None => Some(clash(node, shown, "number").remedy(takes)),
        Some(n) if n < min || n > max => {
            let message = format!("{} is out of range: {} to {}", show(n), show(min), show(max));
            Some(Diagnostic::error(shown, Some(node.at), message).remedy(format!(
                "from {} to {}",
                show(min),
                show(max)
            )))
        }
        Some(_) => None,
    }
}

fn word(node: &Node, shown: &str, words: &[&str]) -> Option<Diagnostic> {
    let Some(given) = text_of(&node.value) else { return Some(clash(node, shown, "string")) };
    if words.contains(&given.as_str()) {
        return None;
    }
    let problem = Diagnostic::error(shown, Some(node.at), format!("{given:?} is not one of {}", words.join(", ")));
    Some(match closest(&given, words) {
        Some(word) => problem.remedy(format!("did you mean `{word}`?")),
        None => problem,
    })
}

fn texts(node: &Node, shown: &str) -> Option<Diagnostic> {
    match &node.value {
        Value::List(items) => {
            let (i, item) = items.iter().enumerate().find(|(_, item)| text_of(&item.value).is_none())?;
            Some(clash(item, &format!("{shown}[{i}]"), "string"))
        }
        Value::Map(entries) if !entries.is_empty() => Some(clash(node, shown, "array").remedy("write a list")),
        Value::Map(_) => None,
        value => text_of(value).is_none().then(|| clash(node, shown, "array").remedy("write a list")),
    }
}

fn maps(node: &Node, shown: &str) -> Option<Diagnostic> {
    match &node.value {
        Value::List(items) => {
            let (i, item) = items.iter().enumerate().find(|(_, item)| !matches!(item.value, Value::Map(_)))?;
            Some(clash(item, &format!("{shown}[{i}]"), "table"))
        }
        _ => Some(clash(node, shown, "table").remedy("write a list")),
    }
}

/// APISIX's words for a value of the wrong type.
fn clash(node: &Node, shown: &str, expected: &str) -> Diagnostic {
    let path = shown.replace('.', "->");
    let message = format!("failed to merge, path[{path}] expect: {expected}, but got: {}", node.kind());
    Diagnostic::error(shown, Some(node.at), message)
}

fn unknown(entry: &Entry, table: &str, shown: String, report: &mut Report) {
    let parent = table.strip_suffix(&entry.key).unwrap_or("").trim_end_matches('.');
    let names = keys::children(parent).unwrap_or(&[]);
    let ours = table == "gateway" || table.starts_with("gateway.");
    let problem = match ours {
        true => Diagnostic::error(shown, Some(entry.at), "unknown key"),
        false => Diagnostic::warning(shown, Some(entry.at), "unknown key: it has no effect"),
    };
    report.push(match closest(&entry.key, names) {
        Some(name) => problem.remedy(format!("did you mean `{}`?", join(parent, name))),
        None if ours && names.len() > 12 => problem.remedy("`gateway config-reference` lists the keys"),
        None if ours => problem.remedy(format!("known here: {}", names.join(", "))),
        None => problem,
    });
}

/// The names that may stand below a path of the tables.
pub(super) fn names(table: &str) -> &'static [&'static str] {
    keys::children(table).unwrap_or(&[])
}

/// The candidate that is a typing error away from `given`.
pub(super) fn closest<'a>(given: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let allowed = match given.chars().count() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    candidates
        .iter()
        .map(|&candidate| (distance(given, candidate), candidate))
        .filter(|(d, _)| *d <= allowed)
        .min_by_key(|(d, _)| *d)
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: insert, delete, change, swap neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let up = above.get(j + 1).copied().unwrap_or(usize::MAX - 1) + 1;
            let left = row.last().copied().unwrap_or(usize::MAX - 1) + 1;
            let diagonal = above.get(j).copied().unwrap_or(usize::MAX - 1) + usize::from(x != y);
            let mut best = up.min(left).min(diagonal);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if let Some(two_back) = swapped.then(|| before.get(j - 1)).flatten() {
                best = best.min(two_back + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

/// Whether a number says what the table says anyway; `None`: it is no number.
fn same_as_default(key: &Key, node: &Node) -> Option<bool> {
    let table = Node { value: Value::Text(key.default.to_owned()), at: node.at, quoted: false };
    let number = |node: &Node| match key.kind {
        Kind::Size { .. } => size_of(node),
        Kind::Millis { .. } => ms_of(node, 1),
        _ => int_of(node),
    };
    number(node).map(|given| Some(given) == number(&table))
}

/// Bare numbers of sizes and times in the unit people read.
pub(super) fn shown_default(key: &Key) -> String {
    match (key.kind, key.default.parse::<u64>()) {
        (Kind::Size { .. }, Ok(bytes)) => units::show_bytes(bytes),
        (Kind::Millis { .. }, Ok(ms)) => units::show_ms(ms),
        _ => key.default.to_owned(),
    }
}

/// A value that asks for nothing: a part that is not built needs no warning about it.
fn inert(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

fn verb(part: &str) -> &'static str {
    if part.ends_with('s') && !part.ends_with("ss") { "are" } else { "is" }
}

/// Up to the first comma.
fn head(text: &str) -> &str {
    text.split(',').next().unwrap_or(text)
}

/// A boolean, also as nginx and YAML 1.1 write it.
pub(super) fn bool_of(node: &Node) -> Option<bool> {
    match &node.value {
        Value::Bool(b) => Some(*b),
        Value::Text(text) => match text.to_ascii_lowercase().as_str() {
            "on" | "yes" | "true" => Some(true),
            "off" | "no" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A scalar as text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Int(i) => Some(i.to_string()),
        Value::Float(f) => Some(f.to_string()),
        _ => None,
    }
}

pub(super) fn int_of(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Int(i) => u64::try_from(*i).ok(),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn size_of(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Int(i) => u64::try_from(*i).ok(),
        Value::Text(text) => units::size(text),
        _ => None,
    }
}

pub(super) fn ms_of(node: &Node, plain_ms: u64) -> Option<u64> {
    let text = match &node.value {
        Value::Int(_) | Value::Float(_) | Value::Text(_) => text_of(&node.value)?,
        _ => return None,
    };
    u64::try_from(units::duration(&text, plain_ms)?.as_millis()).ok()
}

/// Where a node stands, for diagnostics.
pub(super) fn at(node: Option<&Node>) -> Option<Position> {
    node.map(|n| n.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let cases = [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
            ("", "ab", 2),
            ("timeout", "timeuot", 1),
        ];
        for (a, b, d) in cases {
            assert_eq!(distance(a, b), d, "{a} {b}");
            assert_eq!(distance(b, a), d, "{b} {a}");
        }
    }

    #[test]
    fn suggestions_are_close() {
        assert_eq!(closest("header_byte", &["header_bytes", "header_count"]), Some("header_bytes"));
        assert_eq!(closest("zzz", &["header_bytes"]), None);
    }
}
