//! `gatewayctl explain`: what a field is, by the schema.

use std::fmt::Write as _;

use serde_json::Value;

use super::App;
use crate::error::{Error, Result};
use crate::filter::path::{Path, Step};
use crate::output::clean;
use crate::resources::IdForm;
use crate::schema::{self, sentences};
use crate::{resources, suggest};

/// Say what an object's fields are
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl explain route
  gatewayctl explain route.upstream.checks
  gatewayctl explain route.plugins.limit-count.count
  gatewayctl explain upstream --recursive",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE, or RESOURCE.FIELD and so on
    #[arg(value_name = "RESOURCE[.FIELD]")]
    what: String,
    /// Also the fields of the fields
    #[arg(long)]
    recursive: bool,
}

/// Prints the schema of a field, or what it says.
///
/// # Errors
/// Usage: no such resource or field, with the nearest one.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let path = Path::parse(&args.what).map_err(|problem| problem.in_text("explain", &args.what))?;
    let Some((Step::Field(resource), steps)) = path.steps().split_first() else {
        return Err(Error::usage("the name of a resource comes first").hint("gatewayctl explain route"));
    };
    let resource = resources::find(resource)?;
    let (whole, steps) = match steps {
        [Step::Field(plugins), Step::Field(plugin), rest @ ..] if plugins == "plugins" => {
            let own = schema::of_plugin_in(&app.admin, resource, plugin).await?;
            super::plugins::tell_absence(plugin, app).await;
            (own, rest)
        }
        // Of a secret manager its own schema: `secret.vault.uri`.
        [step @ Step::Field(manager), ..] if resource.id == IdForm::Secret => {
            let all = schema::secret_managers();
            if schema::below(&all, step).is_none() {
                return Err(unknown_manager(manager, &all));
            }
            (all, steps)
        }
        [] if resource.id == IdForm::Secret => (schema::secret_managers(), steps),
        // Of each plugin its own metadata: `plugin-metadata.http-logger.log_format`.
        [Step::Field(plugin), rest @ ..] if resource.id == IdForm::Plugin => {
            (schema::of_metadata(&app.admin, plugin).await?, rest)
        }
        steps => (schema::of_resource(&app.admin, resource, None).await?, steps),
    };
    let (mut at, mut required) = (&whole, false);
    for step in steps {
        let Step::Field(name) = step else {
            at = schema::below(at, step).ok_or_else(|| Error::usage(format!("{} has no elements", args.what)))?;
            continue;
        };
        let mut inner = at;
        // The fields of a list are those of its elements.
        while let Some(items) = inner.get("items").filter(|_| schema::fields(inner).is_empty()) {
            inner = items;
        }
        required = requires(inner, name);
        at = schema::below(inner, step).ok_or_else(|| unknown(name, inner))?;
    }
    let of_plugin = matches!(path.steps(), [_, Step::Field(plugins), Step::Field(_), ..] if plugins == "plugins");
    // What a schema itself says comes first.
    let meaning = Meaning { resource: if of_plugin { "" } else { resource.singular }, names: names_of(path.steps()) };
    let document = || {
        let mut schema = at.clone();
        if let (Value::Object(fields), Some(sentence)) = (&mut schema, meaning.own()) {
            fields.entry("description").or_insert_with(|| sentence.into());
        }
        schema
    };
    app.printer().one("explain", document, || app.out.page(&page(args, at, required, &meaning)))
}

/// The names that lead to a field; the place in a list is none.
fn names_of(steps: &[Step]) -> Vec<&str> {
    let names = steps.iter().skip(1).filter_map(|step| match step {
        Step::Field(name) => Some(name.as_str()),
        Step::Index(_) | Step::Each => None,
    });
    names.collect()
}

/// What is explained, for its sentence and those of its fields.
struct Meaning<'a> {
    resource: &'a str,
    names: Vec<&'a str>,
}

impl Meaning<'_> {
    fn own(&self) -> Option<&'static str> {
        sentences::of(self.resource, &self.names)
    }

    fn of(&self, field: &str) -> Option<&'static str> {
        let names: Vec<&str> = self.names.iter().copied().chain([field]).collect();
        sentences::of(self.resource, &names)
    }
}

fn unknown_manager(name: &str, managers: &Value) -> Error {
    let names = schema::fields(managers);
    let hint =
        suggest::hint(name, names.iter().copied()).unwrap_or_else(|| format!("managers are {}", names.join(", ")));
    Error::usage(format!("unknown secret manager \"{name}\"")).hint(hint)
}

fn unknown(name: &str, schema: &Value) -> Error {
    let names = schema::fields(schema);
    let all = || match names.is_empty() {
        true => "it has no fields of its own".to_owned(),
        false => format!("fields are {}", names.join(", ")),
    };
    Error::usage(format!("unknown field \"{name}\""))
        .hint(suggest::hint(name, names.iter().copied()).unwrap_or_else(all))
}

fn requires(schema: &Value, name: &str) -> bool {
    let list = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).any(|required| required == name)
}

fn page(args: &Args, schema: &Value, required: bool, meaning: &Meaning<'_>) -> String {
    let mut page = format!("{}  {}\n", args.what, summary(schema, required));
    if let Some(text) = schema.get("description").and_then(Value::as_str).or_else(|| meaning.own()) {
        let _ = write!(page, "\n{}\n", clean::lines(text));
    }
    let mut fields = String::new();
    list(&mut fields, schema, 1, args.recursive, Some(meaning).filter(|_| !args.recursive));
    if !fields.is_empty() {
        let _ = write!(page, "\nfields\n{fields}");
    }
    clean::lines(&page)
}

/// The levels of `--recursive`; schemas may hold themselves.
const DEEPEST: usize = 12;

fn list(page: &mut String, schema: &Value, depth: usize, recursive: bool, meaning: Option<&Meaning<'_>>) {
    let mut inner = schema;
    while let Some(items) = inner.get("items").filter(|_| schema::fields(inner).is_empty()) {
        inner = items;
    }
    let names = schema::fields(inner);
    let width = names.iter().map(|name| name.len()).max().unwrap_or_default();
    for name in names {
        let Some(field) = schema::below(inner, &Step::Field(name.to_owned())) else { continue };
        let indent = "  ".repeat(depth);
        let line = format!("{indent}{name:<width$}  {}", summary(field, requires(inner, name)));
        let _ = writeln!(page, "{}", line.trim_end());
        let said = field.get("description").and_then(Value::as_str).filter(|_| !recursive);
        if let Some(sentence) = said.or_else(|| meaning?.of(name)) {
            let _ = writeln!(page, "{indent}    {sentence}");
        }
        if recursive && depth < DEEPEST {
            list(page, field, depth + 1, true, None);
        }
    }
}

/// `integer, 1 to 65535, default 80, required`.
fn summary(schema: &Value, required: bool) -> String {
    let mut parts = Vec::new();
    let types = schema::types(schema);
    if !types.is_empty() {
        let mut text = types.join(" or ");
        if let Some(items) = schema.get("items").filter(|_| types.contains(&"array")) {
            let of = schema::types(items);
            if !of.is_empty() {
                let _ = write!(text, " of {}", of.join(" or "));
            }
        }
        parts.push(text);
    }
    let value = |name: &str| schema.get(name).map(ToString::to_string);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        parts.push(format!("one of {}", values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")));
    }
    for (low, high, unit) in
        [("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " elements")]
    {
        match (value(low), value(high)) {
            (Some(low), Some(high)) => parts.push(format!("{low} to {high}{unit}")),
            (Some(low), None) => parts.push(format!("at least {low}{unit}")),
            (None, Some(high)) => parts.push(format!("at most {high}{unit}")),
            (None, None) => {}
        }
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        parts.push(format!("like {pattern}"));
    }
    if let Some(default) = value("default") {
        parts.push(format!("default {default}"));
    }
    if required {
        parts.push("required".to_owned());
    }
    let encrypted = schema.get("encrypt_fields").and_then(Value::as_array);
    if let Some(fields) = encrypted.filter(|fields| !fields.is_empty()) {
        let names: Vec<&str> = fields.iter().filter_map(Value::as_str).collect();
        parts.push(format!("kept encrypted: {}", names.join(", ")));
    }
    parts.join(", ")
}
