//! Objects in the shapes that files have: in a stable order, with their keys in a fixed order, and without what only the
//! server sets. What is written here reads back as the same objects.

use serde_json::{Map, Value, json};

use super::{Shape, adc};
use crate::commands::change::writable_fields;
use crate::error::{Error, Result};
use crate::output::{clean, yaml};
use crate::resources::{self, IdForm, Reference};

/// Fields that come first, in this order; all others follow by name.
const FIRST: [&str; 7] = ["kind", "id", "username", "consumer", "name", "desc", "labels"];

/// One object to write.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) reference: Reference,
    /// Its fields; times, `kind` and id are taken care of.
    pub(crate) value: Value,
}

/// How text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Yaml,
    Json,
    /// JSON on one line.
    Compact,
}

impl Language {
    /// The ending of the names of its files.
    pub(crate) fn ending(self) -> &'static str {
        if self.is_json() { "json" } else { "yaml" }
    }

    /// Whether it is JSON, on one line or many.
    pub(crate) fn is_json(self) -> bool {
        self != Language::Yaml
    }

    /// The same on one line, where that is wanted and there is such a form.
    pub(crate) fn compact(self, wanted: bool) -> Language {
        if wanted && self.is_json() { Language::Compact } else { self }
    }

    /// One document.
    ///
    /// # Errors
    /// A value that cannot be written; none is known.
    pub(crate) fn document(self, value: &Value) -> Result<String> {
        match self {
            Language::Yaml => yaml_of(value),
            Language::Json | Language::Compact => json_of(value, self),
        }
    }

    /// Documents one after the other, as they can be read back.
    pub(crate) fn joined(self, documents: &[String]) -> String {
        documents.join(if self == Language::Yaml { "---\n" } else { "" })
    }
}

/// Brings objects into the order in which files have them: by resource, then by id.
pub(crate) fn sort(entries: &mut [Entry]) {
    let place = |entry: &Entry| resources::every().position(|of| *of == *entry.reference.resource);
    entries.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.reference.id.cmp(&b.reference.id)));
}

/// The text of a file with these objects.
///
/// # Errors
/// A value that cannot be written; none is known.
pub(crate) fn text(entries: &[Entry], shape: Shape, language: Language) -> Result<String> {
    noted(entries, shape, language, false).map(|(text, _)| text)
}

/// What a shape cannot hold as it is.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// What is not in the file.
    pub(crate) lost: Vec<String>,
    /// What is in it, and reads back as something else.
    pub(crate) changed: Vec<String>,
}

impl Notes {
    /// All of them, the worse ones first.
    pub(crate) fn all(self) -> impl Iterator<Item = String> {
        self.lost.into_iter().chain(self.changed)
    }
}

/// The same, with notes of what the shape cannot hold. `with_id`: also ids that the shape would make itself.
///
/// # Errors
/// As [`text`].
pub(crate) fn noted(entries: &[Entry], shape: Shape, language: Language, with_id: bool) -> Result<(String, Notes)> {
    let mut notes = Notes::default();
    let documents: Vec<Value> = match shape {
        Shape::Native => vec![native(entries)],
        Shape::Object => entries.iter().map(object).collect(),
        Shape::Envelope => entries.iter().map(envelope).collect(),
        Shape::Adc => {
            let (document, lost) = adc::document(entries, with_id);
            notes = lost;
            vec![document]
        }
    };
    let text = match (language, shape) {
        (Language::Json | Language::Compact, shape) => {
            let total = documents.len();
            let whole = match shape {
                Shape::Native | Shape::Adc => documents.into_iter().next().unwrap_or_default(),
                Shape::Envelope => json!({ "list": documents, "total": total }),
                Shape::Object => json!({ "items": documents, "total": total }),
            };
            json_of(&whole, language)
        }
        (Language::Yaml, _) => {
            let texts = documents.iter().map(yaml_of).collect::<Result<Vec<String>>>()?;
            // A standalone file is read only once it ends like this.
            let end = if shape == Shape::Native { "#END\n" } else { "" };
            Ok(format!("{}{end}", texts.join("---\n")))
        }
    };
    Ok((text?, notes))
}

/// One object with its kind.
pub(crate) fn object(entry: &Entry) -> Value {
    let mut fields = fields(entry);
    fields.insert("kind".to_owned(), entry.reference.resource.singular.into());
    match (entry.reference.resource.id, entry.reference.resource.id.nested()) {
        (IdForm::Username, _) => {}
        (_, Some(nested)) => nested.name(&mut fields, &entry.reference.id),
        _ => {
            fields.insert("id".to_owned(), entry.reference.id.as_str().into());
        }
    }
    ordered(Value::Object(fields))
}

/// Lists under the names of the Admin paths; credentials stand among the consumers, as in APISIX's standalone file.
fn native(entries: &[Entry]) -> Value {
    let mut lists = Map::new();
    for entry in entries {
        let mut fields = fields(entry);
        let list = match (entry.reference.resource.id, entry.reference.resource.id.nested()) {
            (IdForm::Username, _) => "consumers",
            (_, Some(nested)) => nested.name_in_list(&mut fields, &entry.reference.id),
            _ => {
                fields.insert("id".to_owned(), entry.reference.id.as_str().into());
                entry.reference.resource.path()
            }
        };
        let list = lists.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = list {
            items.push(ordered(Value::Object(fields)));
        }
    }
    if lists.is_empty() {
        lists.insert("routes".to_owned(), Value::Array(Vec::new()));
    }
    Value::Object(lists)
}

fn envelope(entry: &Entry) -> Value {
    let mut fields = fields(entry);
    let own = entry.reference.id.rsplit('/').next().unwrap_or_default();
    match entry.reference.resource.id {
        IdForm::Username => {}
        form if form.is_nested() => drop(fields.insert("id".to_owned(), own.into())),
        _ => drop(fields.insert("id".to_owned(), entry.reference.id.as_str().into())),
    }
    json!({ "key": format!("/apisix{}", entry.reference.path()), "value": ordered(Value::Object(fields)) })
}

/// What a client may write of an object.
fn fields(entry: &Entry) -> Map<String, Value> {
    let mut fields = match writable_fields(&entry.reference, &entry.value) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    if let Some(Value::Object(upstream)) = fields.get_mut("upstream") {
        for time in ["create_time", "update_time"] {
            upstream.shift_remove(time);
        }
    }
    fields
}

/// The keys of an object in their fixed order, those within it by name.
pub(crate) fn ordered(mut value: Value) -> Value {
    value.sort_all_objects();
    let Value::Object(mut fields) = value else { return value };
    let mut ordered = Map::new();
    for name in FIRST {
        if let Some(value) = fields.shift_remove(name) {
            ordered.insert(name.to_owned(), value);
        }
    }
    ordered.extend(fields);
    Value::Object(ordered)
}

/// A document as YAML.
fn yaml_of(value: &Value) -> Result<String> {
    yaml::to_string(value).map_err(|error| Error::usage(format!("cannot be written as YAML: {error}")))
}

fn json_of(value: &Value, language: Language) -> Result<String> {
    let text = match language {
        Language::Compact => serde_json::to_string(value),
        _ => serde_json::to_string_pretty(value),
    };
    text.map(|text| format!("{}\n", clean::json(&text)))
        .map_err(|error| Error::usage(format!("cannot be written as JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    const TEXT: &str = "
routes: [{id: b, uri: /b, plugins: {x: {z: 1, a: 2}}}, {id: a, uri: /a, upstream: {nodes: {'h:1': 1}, create_time: 1}}]
consumers: [{username: bob, plugins: {}}, {id: bob/credentials/c, plugins: {}}]
secrets: [{id: vault/1, uri: u, prefix: p, token: t}]
plugin_metadata: [{id: http-logger, log_format: {}}]
graphql_cost_decorations: [{id: first, service_id: s1, field_path: Query.products, mul_arguments: [first]}]
";

    fn entries(text: &str) -> Vec<Entry> {
        let files = files::read_as(&["-".to_owned()], false, None, &mut text.as_bytes()).unwrap();
        let entry = |object: files::Object| Entry { reference: object.reference, value: object.value };
        files.objects.into_iter().map(entry).collect()
    }

    #[test]
    fn every_shape_reads_back_as_the_same_objects() {
        let mut wanted = entries(TEXT);
        sort(&mut wanted);
        let names = |entries: &[Entry]| -> Vec<String> {
            entries.iter().map(|entry| format!("{} {}", entry.reference, ordered(entry.value.clone()))).collect()
        };
        let mut all = String::new();
        for shape in [Shape::Native, Shape::Object, Shape::Envelope] {
            for language in [Language::Yaml, Language::Json] {
                let text = text(&wanted, shape, language).unwrap();
                let mut read = entries(&text);
                sort(&mut read);
                assert_eq!(names(&read), names(&wanted), "{text}");
                if language == Language::Yaml {
                    all.push_str(&format!("{text}\n"));
                }
            }
        }
        insta::assert_snapshot!(all);
        assert_eq!(text(&[], Shape::Native, Language::Yaml).unwrap(), "routes: []\n#END\n");
    }
}
