//! `gatewayctl plugins example`: a configuration to begin with, and all fields there are.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{page, plugins_of, tell_absence};
use crate::commands::App;
use crate::error::{Error, Result};
use crate::output::{clean, yaml};
use crate::schema;

/// Print a configuration of a plugin to begin with, and all of its fields as comments
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Print a configuration of a plugin to begin with, and all of its fields as comments

The configuration is the one of the plugin's page, else what its schema requires. It is YAML that can be put into a file for \
apply -f below a route.",
    before_help = "Examples:
  gatewayctl plugins example limit-count
  gatewayctl plugins example key-auth -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Name of the plugin
    #[arg(value_name = "NAME")]
    plugin: String,
}

/// How deep objects within objects are shown.
const DEEPEST: usize = 8;

/// Prints both.
///
/// # Errors
/// Usage: no such plugin; those of the call.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("example")?;
    let name = &args.plugin;
    let schema = schema::of_plugin(&app.admin, name).await?;
    tell_absence(name, app).await;
    let minimal = page(name).and_then(|page| of_page(page, name)).unwrap_or_else(|| required(&schema, 0));
    let mut plugins = Map::new();
    plugins.insert(name.clone(), minimal);
    let document = json!({ "plugins": plugins });
    let human = || {
        let text = yaml::to_string(&document).map_err(|error| Error::usage(format!("cannot be shown: {error}")))?;
        app.out.bytes(text.as_bytes())?;
        app.out.bytes(format!("\n# All fields of {name}:\n").as_bytes())?;
        app.out.part(&clean::lines(&fields(&schema, "#   ")))
    };
    app.printer().one("example", || document.clone(), human)
}

/// The plugin's configuration in the example of its page: what curl sends there. What a consumer has is no configuration of
/// a route, and only taken where there is no other.
fn of_page(page: &str, plugin: &str) -> Option<Value> {
    let example = page.split("\n## Example\n").nth(1)?;
    let sent = |of_consumers: bool| {
        let commands = example.split("curl ").skip(1);
        let chosen = commands.filter(move |command| is_of_consumer(command) == of_consumers);
        let bodies =
            chosen.flat_map(|command| command.split(" -d '").skip(1).filter_map(|rest| rest.split('\'').next()));
        let mut objects = bodies.filter_map(|body| serde_json::from_str::<Value>(body).ok());
        objects
            .find_map(|object| plugins_of(&object).find_map(|(name, config)| (name == plugin).then(|| config.clone())))
    };
    sent(false).or_else(|| sent(true))
}

/// Whether a command line of curl writes a consumer, a group of them, or a credential.
fn is_of_consumer(command: &str) -> bool {
    let url = command.split(" -d '").next().unwrap_or_default();
    ["/consumers", "/consumer_groups"].iter().any(|path| url.contains(path))
}

/// What a schema requires, with values that it allows where it says which.
fn required(schema: &Value, depth: usize) -> Value {
    for word in ["default", "const"] {
        if let Some(value) = schema.get(word) {
            return value.clone();
        }
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    let alternative = || ["oneOf", "anyOf"].iter().find_map(|word| schema.get(*word)?.as_array()?.first());
    let of_type = schema::types(schema).first().copied().unwrap_or("object");
    let number = |name: &str| schema.get(name).and_then(Value::as_i64);
    match of_type {
        "string" => Value::String("text".to_owned()),
        "integer" | "number" => {
            number("minimum").or_else(|| number("exclusiveMinimum").map(|n| n + 1)).unwrap_or(1).into()
        }
        "boolean" => true.into(),
        "null" => Value::Null,
        "array" => match schema.get("items").filter(|_| number("minItems").is_some_and(|least| least > 0)) {
            Some(items) if depth < DEEPEST => json!([required(items, depth + 1)]),
            _ => json!([]),
        },
        _ => {
            let names = |schema: &Value| -> Vec<String> {
                let list = schema.get("required").and_then(Value::as_array);
                list.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
            };
            let mut wanted = names(schema);
            wanted.extend(alternative().map(names).unwrap_or_default());
            let mut object = Map::new();
            for name in wanted {
                let step = crate::filter::path::Step::Field(name.clone());
                let value = schema::below(schema, &step).filter(|_| depth < DEEPEST);
                object
                    .insert(name, value.map_or_else(|| Value::String("text".to_owned()), |of| required(of, depth + 1)));
            }
            Value::Object(object)
        }
    }
}

/// A line for each field of a schema: name, default, type and what is allowed.
pub(super) fn fields(schema: &Value, indent: &str) -> String {
    let mut text = String::new();
    put(&mut text, schema, indent, indent, 0);
    if text.is_empty() {
        let _ = writeln!(text, "{indent}it takes no fields");
    }
    text
}

/// `first` stands before the first field, and marks it as the beginning of an item of a list.
fn put(text: &mut String, schema: &Value, first: &str, indent: &str, depth: usize) {
    let mut before = first;
    for name in schema::fields(schema) {
        let step = crate::filter::path::Step::Field(name.to_owned());
        let Some(field) = schema::below(schema, &step) else { continue };
        let types = schema::types(field).join(" or ");
        let inner = field.get("items").filter(|items| items.is_object()).unwrap_or(field);
        let deeper = depth < DEEPEST && inner.get("properties").is_some() && !schema::fields(inner).is_empty();
        // What has fields of its own has their defaults.
        let default = field.get("default").filter(|_| !deeper).map(|value| format!(" {value}")).unwrap_or_default();
        let line = format!("{before}{name}:{default}");
        before = indent;
        let mut notes = Vec::new();
        if !types.is_empty() {
            notes.push(types);
        }
        let required = schema.get("required").and_then(Value::as_array);
        if required.is_some_and(|names| names.iter().any(|own| own == name)) {
            notes.push("required".to_owned());
        }
        if let Some(Value::Array(values)) = field.get("enum") {
            notes.push(format!("one of {}", values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")));
        }
        for (word, what) in [("minimum", "at least"), ("maximum", "at most"), ("pattern", "like")] {
            notes.extend(field.get(word).map(|value| format!("{what} {value}")));
        }
        let _ = writeln!(text, "{line:<44} # {}", notes.join(", "));
        if deeper {
            let (first, rest) = if std::ptr::eq(inner, field) { ("  ", "  ") } else { ("  - ", "    ") };
            put(text, inner, &format!("{indent}{first}"), &format!("{indent}{rest}"), depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::PAGES;
    use super::*;

    #[test]
    fn every_page_has_a_configuration() {
        let without = PAGES.iter().filter(|(name, page)| !of_page(page, name).is_some_and(|config| config.is_object()));
        let without: Vec<&str> = without.map(|(name, _)| *name).collect();
        // What it does is at a path of its own, and not on a route.
        assert_eq!(without, ["batch-requests"]);
    }

    #[test]
    fn a_route_gets_what_is_for_routes() {
        for (plugin, field, of_consumer) in
            [("key-auth", "header", "key"), ("jwt-auth", "", "secret"), ("basic-auth", "", "password")]
        {
            let config = of_page(super::page(plugin).unwrap(), plugin).unwrap();
            assert!(config.get(of_consumer).is_none(), "{plugin}: {config}");
            assert!(field.is_empty() || config.get(field).is_some(), "{plugin}: {config}");
        }
    }

    #[test]
    fn fields_of_all_plugins_are_yaml_once_they_are_no_comments() {
        use gateway_model::plugin::PluginSpecs as _;
        for spec in crate::lint::plugins::BUNDLED.iter() {
            let text = format!("plugin:\n{}", fields(&spec.schema.value().unwrap(), "  "));
            let read = serde_saphyr::from_str::<Value>(&text);
            assert!(read.is_ok() || text.contains("it takes no fields"), "{}: {read:?}\n{text}", spec.name);
        }
    }

    #[test]
    fn what_a_schema_requires() {
        let schema = json!({"type": "object", "required": ["a", "b"], "properties": {
            "a": {"type": "integer", "minimum": 3}, "b": {"type": "array", "minItems": 1, "items": {"enum": ["x", "y"]}},
            "c": {"type": "string", "default": "z"}}});
        assert_eq!(required(&schema, 0), json!({"a": 3, "b": ["x"]}));
        let text = fields(&schema, "");
        assert!(text.contains("required, at least 3") && text.contains("c: \"z\""), "{text}");
        let list = json!({"properties": {"rules": {"type": "array", "items": {"properties": {
            "key": {"type": "string", "default": "k"}, "count": {"type": "integer", "default": 1}}}}}});
        let yaml: Value = serde_saphyr::from_str(&fields(&list, "")).unwrap();
        assert_eq!(yaml, json!({"rules": [{"key": "k", "count": 1}]}));
    }
}
