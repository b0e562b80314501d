//! What differs between two forms of an object, for people: a unified diff of their YAML with secrets masked.

use serde_json::{Value, json};
use similar::TextDiff;

use super::{clean, mask, yaml};

/// The lines of a unified diff between what a server has stored and what is wanted, with three lines of context; empty where
/// nothing differs. `paint` colours a line.
pub(crate) fn unified(
    name: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    paint: impl Fn(&str, &str) -> String,
) -> String {
    between((&format!("{name} (stored)"), name), before, after, paint)
}

/// The same between any two forms, each with its name.
pub(crate) fn between(
    names: (&str, &str),
    before: Option<&Value>,
    after: Option<&Value>,
    paint: impl Fn(&str, &str) -> String,
) -> String {
    let masked = |value: Option<&Value>| value.map(|value| mask::masked(value, false));
    let (old, mut new) = (masked(before), masked(after));
    if let (Some(new), Some(before), Some(after)) = (&mut new, before, after) {
        tell_changed(new, old.as_ref(), before, after);
    }
    let text = |value: Option<Value>| {
        let Some(mut value) = value else { return String::new() };
        value.sort_all_objects();
        yaml::to_string(&value).unwrap_or_default()
    };
    let (old, new) = (text(old), text(new));
    let diff = TextDiff::from_lines(old.as_str(), new.as_str());
    let plain = diff.unified_diff().context_radius(3).header(names.0, names.1).to_string();
    plain
        .lines()
        .map(|line| {
            let line = clean::line(line);
            let line = match line.as_bytes().first() {
                Some(b'+') => paint("32", &line),
                Some(b'-') => paint("31", &line),
                Some(b'@') => paint("36", &line),
                _ => line,
            };
            format!("{line}\n")
        })
        .collect()
}

/// The changes that turn one object into another, each with the JSON pointer of its place: `{"op": "add|remove|replace",
/// "path", "before", "after"}`. Secrets are masked.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Value> {
    let (old, mut new) = (mask::masked(before, false), mask::masked(after, false));
    tell_changed(&mut new, Some(&old), before, after);
    let mut found = Vec::new();
    collect(&mut String::new(), Some(&old), Some(&new), &mut found);
    found
}

fn collect(pointer: &mut String, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<Value>) {
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                let length = pointer.len();
                pointer.push_str(&format!("/{}", mask::escape(name)));
                collect(pointer, a.get(name), b.get(name), found);
                pointer.truncate(length);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                let length = pointer.len();
                pointer.push_str(&format!("/{i}"));
                collect(pointer, Some(a), Some(b), found);
                pointer.truncate(length);
            }
        }
        (Some(old), Some(new)) => {
            found.push(json!({ "op": "replace", "path": pointer, "before": old, "after": new }));
        }
        (Some(old), None) => found.push(json!({ "op": "remove", "path": pointer, "before": old })),
        (None, Some(new)) => found.push(json!({ "op": "add", "path": pointer, "after": new })),
        (None, None) => {}
    }
}

/// A mask says nothing of whether the secret behind it is another one.
fn tell_changed(shown: &mut Value, old: Option<&Value>, before: &Value, after: &Value) {
    match shown {
        leaf if mask::is_mask(leaf) && before != after => *leaf = "(secret changed)".into(),
        // A secret within a text, the rest of which is as it was.
        Value::String(text) if before != after && old.and_then(Value::as_str) == Some(text) => {
            text.push_str(" (secret changed)");
        }
        Value::Object(map) => {
            for (name, inner) in map {
                if let (Some(before), Some(after)) = (before.get(name.as_str()), after.get(name.as_str())) {
                    tell_changed(inner, old.and_then(|old| old.get(name.as_str())), before, after);
                }
            }
        }
        Value::Array(items) => {
            for (i, inner) in items.iter_mut().enumerate() {
                if let (Some(before), Some(after)) = (before.get(i), after.get(i)) {
                    tell_changed(inner, old.and_then(|old| old.get(i)), before, after);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_not_told() {
        let before =
            json!({"uri": "/a", "plugins": {"key-auth": {"key": "old-secret"}, "basic-auth": {"password": "same"}}});
        let after =
            json!({"uri": "/b", "plugins": {"key-auth": {"key": "new-secret"}, "basic-auth": {"password": "same"}}});
        let text = unified("route/a", Some(&before), Some(&after), |_, line| line.to_owned());
        insta::assert_snapshot!(text);
        assert_eq!(unified("x", Some(&before), Some(&before), |_, line| line.to_owned()), "");
    }

    #[test]
    fn a_secret_within_a_text_that_changes_is_told_of() {
        let of = |password: &str| json!({"uri": format!("http://u:{password}@h/")});
        let text = unified("route/a", Some(&of("old")), Some(&of("new")), |_, line| line.to_owned());
        assert!(text.contains("+uri: http://********@h/ (secret changed)"), "{text}");
        assert_eq!(changes(&of("old"), &of("new")).len(), 1);
        assert!(changes(&of("old"), &of("old")).is_empty());
    }
}
