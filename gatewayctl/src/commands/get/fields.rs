//! Fields and plugins that were typed, and that neither a schema nor the server knows: what was probably meant.

use std::cell::RefCell;

use gateway_model::plugin::{PluginSpecs, SchemaType};
use serde_json::Value;

use crate::commands::App;
use crate::error::{Error, Result};
use crate::filter::Path;
use crate::filter::path::Step;
use crate::lint::plugins::BUNDLED;
use crate::resources::{Item, Resource};
use crate::{schema, suggest};

/// Fields that objects have beside those of their schemas.
const OF_ALL: [&str; 7] = ["id", "kind", "username", "consumer", "create_time", "update_time", "labels"];

/// A name in a path that is not known where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stranger {
    pub(crate) name: String,
    pub(crate) meant: Option<String>,
    /// It would be the name of a plugin.
    pub(crate) is_plugin: bool,
}

/// The first name of a path that the schema of none of the resources has.
pub(crate) fn stranger(path: &Path, resources: &[&'static Resource]) -> Option<Stranger> {
    let mut found = None;
    for resource in resources {
        // One that knows the field is enough.
        found = Some(of_resource(path.steps(), resource)?);
    }
    found
}

fn of_resource(steps: &[Step], resource: &Resource) -> Option<Stranger> {
    let [Step::Field(first), rest @ ..] = steps else { return None };
    if first == "plugins" {
        let [Step::Field(plugin), rest @ ..] = rest else { return None };
        let Some(spec) = BUNDLED.get(plugin).or_else(|| BUNDLED.stream(plugin)) else {
            let meant = suggest::nearest(plugin, BUNDLED.names()).map(str::to_owned);
            return Some(Stranger { name: plugin.clone(), meant, is_plugin: true });
        };
        let places = [SchemaType::Plugin, SchemaType::Consumer];
        let schemas = places.iter().filter_map(|place| spec.schema_for(*place)?.value().ok());
        let strangers: Vec<Option<Stranger>> = schemas.map(|schema| within(rest, &schema, &[])).collect();
        return strangers.into_iter().reduce(|a, b| a.and(b)).flatten();
    }
    // Of each secret manager its own fields.
    let schema = gateway_model::schemas::json(resource.schema()).filter(|_| resource.schema() != "secret")?;
    within(steps, &schema, &OF_ALL)
}

/// The first name of a path that a schema, or `more` at its top, does not have.
pub(crate) fn within(steps: &[Step], schema: &Value, more: &[&str]) -> Option<Stranger> {
    let mut at = schema;
    for (depth, step) in steps.iter().enumerate() {
        match schema::below(at, step) {
            Some(below) => at = below,
            None => {
                let Step::Field(name) = step else { return None };
                let more = if depth == 0 { more } else { &[] };
                let names: Vec<&str> = schema::fields(at).into_iter().chain(more.iter().copied()).collect();
                // Where no fields are named, all are allowed.
                if names.len() == more.len() || names.contains(&name.as_str()) || name.parse::<u32>().is_ok() {
                    return None;
                }
                let meant = suggest::nearest(name, names.iter().copied()).map(str::to_owned);
                return Some(Stranger { name: name.clone(), meant, is_plugin: false });
            }
        }
    }
    None
}

impl Stranger {
    /// The error for a field to sort by; with what there is where nothing is near.
    pub(crate) fn error(&self, flag: &str, resource: &Resource) -> Error {
        let error = Error::usage(format!("{flag}: unknown field \"{}\"", self.name));
        error.hint(self.hint().unwrap_or_else(|| format!("gatewayctl explain {}", resource.singular)))
    }

    /// What was probably meant.
    pub(crate) fn hint(&self) -> Option<String> {
        self.meant.as_ref().map(|meant| format!("did you mean \"{meant}\"?"))
    }
}

/// Fields of a condition that no schema has. One that an object has after all is none.
#[derive(Debug, Default)]
pub(crate) struct Doubts(RefCell<Vec<(Path, Stranger)>>);

impl Doubts {
    pub(crate) fn of(paths: &[&Path], resources: &[&'static Resource]) -> Doubts {
        let strangers = paths.iter().filter_map(|path| Some(((*path).clone(), stranger(path, resources)?)));
        Doubts(RefCell::new(strangers.collect()))
    }

    /// An object came by.
    pub(crate) fn see(&self, item: &Item) {
        let mut doubts = self.0.borrow_mut();
        if !doubts.is_empty() {
            doubts.retain(|(path, _)| path.first(&item.value).is_none());
        }
    }

    /// Says what is left, once.
    pub(crate) fn tell(&self, app: &App<'_>) {
        for (path, stranger) in self.0.borrow_mut().drain(..) {
            let what = if stranger.is_plugin { "there is no plugin" } else { "no object has a field" };
            let meant = stranger.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            app.out.warn(&format!("--where {path}: {what} \"{}\"{meant}", stranger.name));
        }
    }
}

/// Refuses the name of a plugin that neither this build nor the server has.
///
/// # Errors
/// Usage.
pub(crate) async fn plugin(flag: &str, name: &str, app: &App<'_>) -> Result<()> {
    if BUNDLED.get(name).is_some() || BUNDLED.stream(name).is_some() {
        return Ok(());
    }
    // A server that does not tell may have it.
    let Ok(names) = schema::plugins(&app.admin).await else { return Ok(()) };
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    let names = names.iter().map(String::as_str).chain(BUNDLED.names());
    let hint = suggest::hint(name, names).unwrap_or_else(|| "gatewayctl plugins list".to_owned());
    Err(Error::usage(format!("{flag}: unknown plugin \"{name}\"")).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources;

    #[test]
    fn names_that_no_schema_has() {
        let of = |text: &str, names: &[&str]| {
            let resources: Vec<&'static Resource> = names.iter().map(|name| resources::find(name).unwrap()).collect();
            stranger(&Path::parse(text).unwrap(), &resources)
                .map(|found| format!("{} {}", found.name, found.meant.unwrap_or_default()))
        };
        for (text, expected) in [
            ("priorty", Some("priorty priority")),
            ("urii", Some("urii uri")),
            ("upstream.nods", Some("nods nodes")),
            ("upstream.nodes[0].hst", Some("hst host")),
            ("upstream.checks.active.http_pth", Some("http_pth http_path")),
            ("plugins.limit-cuont", Some("limit-cuont limit-count")),
            ("plugins.limit-count.cuont", Some("cuont count")),
            ("frobnicate", Some("frobnicate ")),
        ] {
            assert_eq!(of(text, &["routes"]).as_deref(), expected, "{text}");
        }
        for text in [
            "priority",
            "id",
            "update_time",
            "labels.team",
            "vars[0]",
            "vars.0",
            "upstream.nodes[0].host",
            "upstream.nodes[\"10.0.0.5:80\"]",
            "upstream.nodes.0.host",
            "plugins",
            "plugins.limit-count.count",
            "plugins.key-auth.header",
            "timeout.read",
            "methods[0]",
        ] {
            assert_eq!(of(text, &["routes"]), None, "{text}");
        }
        // One of several that has it is enough.
        assert_eq!(of("priority", &["services", "routes"]), None);
        assert!(of("priority", &["services", "upstreams"]).is_some());
        for (text, name) in [
            ("snis", "ssls"),
            ("plugins.key-auth.key", "consumers"),
            ("auth_config.token", "secrets"),
            ("log_format", "plugin-metadata"),
        ] {
            assert_eq!(of(text, &[name]), None, "{text}");
        }
    }
}
