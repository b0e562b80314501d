//! What the fields of objects mean, a sentence each.

use std::collections::HashMap;
use std::sync::LazyLock;

const FIELDS: &str = include_str!("fields.txt");

static SENTENCES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = FIELDS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).collect()
});

/// The sentence for a field of an object, by the singular of its resource and the names that lead to it; for the object
/// itself where there are none.
pub(crate) fn of(resource: &str, names: &[&str]) -> Option<&'static str> {
    let (resource, names) = match names {
        // An upstream is the same wherever it stands.
        ["upstream", rest @ ..] if !rest.is_empty() => ("upstream", rest),
        names => (resource, names),
    };
    let path = std::iter::once(resource).chain(names.iter().copied()).collect::<Vec<_>>().join(".");
    if let Some(sentence) = SENTENCES.get(path.as_str()) {
        return Some(sentence);
    }
    let shared = match names {
        ["timeout", _] => names.join("."),
        [name] => format!("*.{name}"),
        _ => return None,
    };
    SENTENCES.get(shared.as_str()).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;
    use crate::filter::path::Step;
    use crate::{resources, schema};

    /// The paths of all fields of a schema.
    fn below(at: &Value, names: &[String], all: &mut Vec<Vec<String>>) {
        let mut inner = at;
        while let Some(items) = inner.get("items").filter(|_| schema::fields(inner).is_empty()) {
            inner = items;
        }
        for name in schema::fields(inner) {
            let mut path = names.to_vec();
            path.push(name.to_owned());
            if let Some(field) = schema::below(inner, &Step::Field(name.to_owned())).filter(|_| path.len() < 8) {
                below(field, &path, all);
            }
            all.push(path);
        }
    }

    #[test]
    fn every_field_has_a_sentence_and_every_sentence_a_field() {
        let mut used: HashSet<String> = HashSet::new();
        let mut without = Vec::new();
        let mut fields = Vec::new();
        for resource in resources::every().filter(|resource| resource.name != "plugin-metadata") {
            let mut all = Vec::new();
            if resource.name == "secrets" {
                for manager in ["vault", "aws", "gcp"] {
                    let schema = gateway_model::schemas::json(&format!("secret_{manager}")).unwrap();
                    below(&schema, &[manager.to_owned()], &mut all);
                }
            } else {
                below(&gateway_model::schemas::json(resource.schema()).unwrap(), &[], &mut all);
            }
            all.push(Vec::new());
            fields.extend(all.into_iter().map(|path| (resource.singular, path)));
        }
        for (resource, path) in &fields {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            match of(resource, &names) {
                Some(sentence) => drop(used.insert(sentence.to_owned())),
                None => without.push(format!("{resource}.{}", path.join("."))),
            }
        }
        assert!(without.is_empty(), "{without:#?}");
        let idle: Vec<&&str> =
            SENTENCES.iter().filter(|(_, text)| !used.contains(**text)).map(|(path, _)| path).collect();
        assert!(idle.is_empty(), "{idle:#?}");
        let lines = FIELDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(lines, SENTENCES.len(), "a line that is none, or a path twice");
    }
}
