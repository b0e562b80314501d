//! The schemas of resources and plugins: from the server, else those the tool was built with. What a field is called,
//! what it takes, and how a word typed for it is meant.

pub(crate) mod sentences;

use gateway_model::Kind as Model;
use reqwest::Method;
use serde_json::{Value, json};

use crate::admin::Admin;
use crate::error::{Error, Kind, Result};
use crate::filter::path::{Path, Step};
use crate::resources::Resource;

/// The schema of a resource's objects; plugins have their own, [`of_plugin`].
///
/// # Errors
/// Not found: neither the server nor the tool knows one.
pub(crate) async fn of_resource(admin: &Admin<'_>, resource: &Resource, id: Option<&str>) -> Result<Value> {
    let name = match (resource.schema(), id.and_then(|id| id.split_once('/'))) {
        // Of each secret manager its own.
        ("secret", Some((manager, _))) => format!("secret_{manager}"),
        (name, _) => name.to_owned(),
    };
    let answer = admin.call(Method::GET, &format!("/schema/{}", resource.schema()), None).await;
    let told = answer.ok().filter(crate::client::Answer::is_success).and_then(|answer| answer.json().ok());
    let known = told.filter(has_fields).or_else(|| gateway_model::schemas::json(&name));
    known.ok_or_else(|| Error::new(Kind::NotFound, format!("no schema of {} is known", resource.name)))
}

/// The schema of a plugin's configuration.
///
/// # Errors
/// Usage: the server does not know the plugin; not found: it does not tell.
pub(crate) async fn of_plugin(admin: &Admin<'_>, plugin: &str) -> Result<Value> {
    named(plugin)?;
    let answer = admin.call(Method::GET, &format!("/schema/plugins/{plugin}"), None).await?;
    if answer.status == 404 {
        return match plugins(admin).await {
            Ok(names) if !names.iter().any(|name| name == plugin) => {
                let error = Error::usage(format!("unknown plugin \"{plugin}\""));
                Err(error.hints(crate::suggest::hint(plugin, names.iter().map(String::as_str))))
            }
            _ => Err(Error::new(Kind::NotFound, format!("no schema of the plugin {plugin} is known"))),
        };
    }
    admin.success(answer, None)?.json()
}

/// The schema that a plugin's configuration has within objects of a resource: consumers and credentials have what they are
/// known by there, stream routes what the plugin takes on connections.
///
/// # Errors
/// Those of [`of_plugin`].
pub(crate) async fn of_plugin_in(admin: &Admin<'_>, resource: &Resource, plugin: &str) -> Result<Value> {
    let query = match resource.kind {
        Model::Consumer | Model::Credential => "schema_type=consumer",
        Model::StreamRoute => "subsystem=stream",
        _ => return of_plugin(admin, plugin).await,
    };
    // A plugin that has none of its own for the place has the same everywhere.
    match special(admin, plugin, query).await? {
        Some(schema) => Ok(schema),
        None => of_plugin(admin, plugin).await,
    }
}

/// The schema of a plugin's metadata.
///
/// # Errors
/// Those of [`of_plugin`]; not found: the plugin has no metadata.
pub(crate) async fn of_metadata(admin: &Admin<'_>, plugin: &str) -> Result<Value> {
    if let Some(schema) = special(admin, plugin, "schema_type=metadata").await? {
        return Ok(schema);
    }
    // Says which plugin was probably meant.
    of_plugin(admin, plugin).await?;
    Err(Error::new(Kind::NotFound, format!("the plugin {plugin} has no metadata")))
}

/// One of a plugin's other schemas; `None` where it has none of this kind.
async fn special(admin: &Admin<'_>, plugin: &str, query: &str) -> Result<Option<Value>> {
    named(plugin)?;
    let answer = admin.call(Method::GET, &format!("/schema/plugins/{plugin}?{query}"), None).await?;
    if matches!(answer.status, 400 | 404) {
        return Ok(None);
    }
    admin.success(answer, None)?.json().map(Some)
}

/// Refuses what could not be the name of a plugin, and would be part of a path.
fn named(plugin: &str) -> Result<()> {
    let plain = plugin.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if plain && !plugin.is_empty() { Ok(()) } else { Err(Error::usage(format!("\"{plugin}\" is no name of a plugin"))) }
}

/// The secret managers, each of which has a schema of its own, as if they were the fields of a secret.
pub(crate) fn secret_managers() -> Value {
    let known = |name: &str| Some((name.to_owned(), gateway_model::schemas::json(&format!("secret_{name}"))?));
    let managers: serde_json::Map<String, Value> = ["vault", "aws", "gcp"].into_iter().filter_map(known).collect();
    json!({ "type": "object", "properties": managers })
}

/// The names of the server's plugins.
///
/// # Errors
/// Those of the call.
pub(crate) async fn plugins(admin: &Admin<'_>) -> Result<Vec<String>> {
    let answer = admin.call(Method::GET, "/plugins/list", None).await?;
    let names = admin.success(answer, None)?.json()?;
    let names = names.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    Ok(names.collect())
}

/// Whether a schema says anything of fields.
fn has_fields(schema: &Value) -> bool {
    ["properties", "oneOf", "anyOf", "allOf"].iter().any(|word| schema.get(word).is_some())
}

/// The schema of what a step leads to.
pub(crate) fn below<'s>(schema: &'s Value, step: &Step) -> Option<&'s Value> {
    let own = match step {
        Step::Field(name) => field(schema, name),
        Step::Index(_) | Step::Each => schema.get("items").filter(|items| items.is_object()),
    };
    own.or_else(|| alternatives(schema).find_map(|schema| below(schema, step)))
}

fn field<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let named = schema.get("properties").and_then(|properties| properties.get(name));
    let pattern = || schema.get("patternProperties").and_then(Value::as_object).and_then(|all| all.values().next());
    let other = || schema.get("additionalProperties").filter(|schema| schema.is_object());
    named.or_else(pattern).or_else(other)
}

/// The schemas of which one, some or all hold.
pub(crate) fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let words = ["anyOf", "oneOf", "allOf", "then", "else"];
    words.into_iter().filter_map(|word| schema.get(word)).flat_map(|value| match value {
        Value::Array(items) => items.iter().collect::<Vec<_>>(),
        one => vec![one],
    })
}

/// The names of the fields directly below a schema.
pub(crate) fn fields(schema: &Value) -> Vec<&str> {
    let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str());
    let mut names: Vec<&str> = own.chain(alternatives(schema).flat_map(fields)).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    names
}

/// The types that a schema allows: `string`, `integer`, …
pub(crate) fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => {
            let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
            let of_values = values.map(|value| match value {
                Value::String(_) => "string",
                Value::Number(_) => "number",
                Value::Bool(_) => "boolean",
                _ => "object",
            });
            let mut all: Vec<&str> = of_values.chain(alternatives(schema).flat_map(types)).collect();
            all.dedup();
            all
        }
    }
}

/// A word typed for a field as the value it means: by the field's schema where there is one, else JSON if it is some.
pub(crate) fn typed(text: &str, schema: Option<&Value>) -> Value {
    let json = serde_json::from_str::<Value>(text).ok();
    let types = schema.map(types).unwrap_or_default();
    let as_text = || Value::String(text.to_owned());
    let fits = |value: &Value| {
        types.is_empty()
            || types.iter().any(|name| match *name {
                "integer" | "number" => value.is_number(),
                "boolean" => value.is_boolean(),
                "array" => value.is_array(),
                "object" => value.is_object(),
                "null" => value.is_null(),
                "string" => value.is_string(),
                _ => false,
            })
    };
    match json {
        Some(value) if fits(&value) => value,
        // `methods=GET,PUT`
        _ if types.contains(&"array") && !types.contains(&"string") => {
            let items = schema.and_then(|schema| schema.get("items"));
            Value::Array(text.split(',').map(|part| typed(part, items)).collect())
        }
        Some(value) if !types.contains(&"string") => value,
        _ => as_text(),
    }
}

/// Puts a value at a place, making objects on the way.
///
/// # Errors
/// Usage: something on the way is neither object nor list, or a list is too short.
pub(crate) fn put(document: &mut Value, path: &Path, value: Value) -> Result<()> {
    let wrong = |what: &str| Error::usage(format!("{path}: {what}"));
    let mut at = document;
    for step in path.steps() {
        at = match step {
            Step::Field(name) => {
                if at.is_null() {
                    *at = Value::Object(serde_json::Map::new());
                }
                let Value::Object(map) = at else { return Err(wrong("there is no object to put it into")) };
                map.entry(name.clone()).or_insert(Value::Null)
            }
            Step::Index(index) => {
                let Value::Array(items) = at else { return Err(wrong("there is no list to put it into")) };
                let length = items.len();
                let place = crate::filter::path::place(*index, length).filter(|place| *place <= length);
                let Some(place) = place else { return Err(wrong("the list is not that long")) };
                if place == length {
                    items.push(Value::Null);
                }
                items.get_mut(place).ok_or_else(|| wrong("the list is not that long"))?
            }
            Step::Each => return Err(wrong("[*] names no single place")),
        };
    }
    *at = value;
    Ok(())
}

/// Takes the value at a place away; `false` if there was none.
pub(crate) fn remove(document: &mut Value, path: &Path) -> bool {
    let Some((last, way)) = path.steps().split_last() else { return false };
    let mut at = document;
    for step in way {
        let next = match (step, at) {
            (Step::Field(name), Value::Object(map)) => map.get_mut(name),
            (Step::Index(index), Value::Array(items)) => {
                crate::filter::path::place(*index, items.len()).and_then(|place| items.get_mut(place))
            }
            _ => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
    match (last, at) {
        (Step::Field(name), Value::Object(map)) => map.shift_remove(name).is_some(),
        (Step::Index(index), Value::Array(items)) => {
            match crate::filter::path::place(*index, items.len()).filter(|place| *place < items.len()) {
                Some(place) => {
                    items.remove(place);
                    true
                }
                None => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_meant_by_their_schema() {
        let schema = json!({"properties": {
            "s": {"type": "string"}, "n": {"type": "integer"}, "b": {"type": "boolean"},
            "l": {"type": "array", "items": {"type": "string"}}, "id": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "labels": {"patternProperties": {".*": {"type": "string"}}}, "e": {"enum": ["1", "2"]},
        }});
        for (path, text, value) in [
            ("s", "5", json!("5")),
            ("s", "true", json!("true")),
            ("n", "5", json!(5)),
            ("n", "x", json!("x")),
            ("b", "true", json!(true)),
            ("l", "GET,PUT", json!(["GET", "PUT"])),
            ("l", "[\"GET\"]", json!(["GET"])),
            ("id", "5", json!(5)),
            ("labels.x", "5", json!("5")),
            ("e", "1", json!("1")),
            ("none", "5", json!(5)),
            ("none", "a b", json!("a b")),
            ("none", "{\"a\":1}", json!({"a": 1})),
        ] {
            let path = Path::parse(path).unwrap();
            let own = path.steps().iter().try_fold(&schema, |schema, step| below(schema, step));
            assert_eq!(typed(text, own), value, "{path}={text}");
        }
    }

    #[test]
    fn places_are_set_and_emptied() {
        let mut document = json!({"a": {"b": [1, 2]}});
        let path = |text: &str| Path::parse(text).unwrap();
        put(&mut document, &path("a.c.d"), json!(3)).unwrap();
        put(&mut document, &path("a.b[1]"), json!(9)).unwrap();
        put(&mut document, &path("a.b[2]"), json!(7)).unwrap();
        assert!(put(&mut document, &path("a.b[9]"), json!(9)).is_err());
        assert!(put(&mut document, &path("a.b.x"), json!(9)).is_err());
        assert!(remove(&mut document, &path("a.b[0]")) && !remove(&mut document, &path("a.none.x")));
        assert_eq!(document, json!({"a": {"b": [9, 7], "c": {"d": 3}}}));
    }

    proptest! {
        #[test]
        fn what_is_put_is_there_until_it_is_removed(names in prop::collection::vec("[a-z.]{1,4}", 1..4), value in any::<i32>()) {
            let path = Path::of(names.into_iter().map(Step::Field).collect());
            let mut document = json!({});
            put(&mut document, &path, value.into()).unwrap();
            prop_assert_eq!(path.first(&document), Some(&Value::from(value)));
            prop_assert!(remove(&mut document, &path));
            prop_assert_eq!(path.first(&document), None);
        }
    }
}
