//! What there is to know about the plugins of this build.

use gateway_model::plugin::{PluginSpec, PluginSpecs, SchemaType};
use gateway_model::schema::LazySchema;
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::Api;
use super::answers::{JSON, Refusal};
use super::query::Query;
use crate::control_http::{self, Answer};

/// The two worlds of plugins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subsystem {
    Http,
    Stream,
}

impl Subsystem {
    fn of(query: &Query) -> Result<Subsystem, String> {
        match query.get("subsystem") {
            None | Some("http") => Ok(Subsystem::Http),
            Some("stream") => Ok(Subsystem::Stream),
            Some(other) => Err(other.to_owned()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Subsystem::Http => "http",
            Subsystem::Stream => "stream",
        }
    }
}

impl Api {
    /// `GET plugins/list`: the names, by descending priority.
    pub(super) fn plugin_list(&self, query: &Query) -> Result<Answer, Refusal> {
        let subsystem = Subsystem::of(query).map_err(|_| Refusal::text("invalid subsystem passed"))?;
        let mut specs: Vec<&PluginSpec> = self.specs(subsystem);
        specs.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.name.cmp(&b.name)));
        let names: Vec<&str> = specs.iter().map(|spec| &*spec.name).collect();
        Ok(control_http::json(StatusCode::OK, &json!(names)))
    }

    /// `GET plugins/NAME`, `GET schema/plugins/NAME` and `GET plugins?all=true`.
    pub(super) fn plugin(&self, name: Option<&str>, query: &Query, more: bool) -> Result<Answer, Refusal> {
        let subsystem =
            Subsystem::of(query).map_err(|other| Refusal::bad(format!("unsupported subsystem: {other}")))?;
        if query.get("all") == Some("true") {
            let mut told = describe(&self.specs(subsystem));
            if more && subsystem == Subsystem::Http {
                self.add_phases(&mut told);
            }
            return Ok(control_http::json(StatusCode::OK, &told));
        }
        let registry = &**self.state.registry();
        let spec = name.and_then(|name| match subsystem {
            // What is not built has a schema too, for those who prepare a configuration.
            Subsystem::Http => PluginSpecs::get(registry, name).or_else(|| registry.unbuilt(name)),
            Subsystem::Stream => registry.stream(name),
        });
        let spec = spec.ok_or_else(|| {
            let message = format!("plugin not found in subsystem {}", subsystem.name());
            Refusal::new(StatusCode::NOT_FOUND, message)
        })?;
        let schema = match query.get("schema_type") {
            Some("consumer") => spec.consumer_schema.as_ref(),
            Some("metadata") => spec.metadata_schema.as_ref(),
            _ => Some(&spec.schema),
        };
        let schema = schema.and_then(served).ok_or_else(|| Refusal::bad("not found schema"))?;
        Ok(control_http::json(StatusCode::OK, &schema))
    }

    /// Adds to each plugin the phases that it may run in, in their order. APISIX does not tell them.
    fn add_phases(&self, told: &mut Value) {
        for definition in self.state.registry().definitions() {
            if let Some(Value::Object(fields)) = told.get_mut(&*definition.spec.name) {
                fields.insert("phases".to_owned(), definition.phases.names().collect());
            }
        }
    }

    fn specs(&self, subsystem: Subsystem) -> Vec<&PluginSpec> {
        match subsystem {
            Subsystem::Http => PluginSpecs::iter(&**self.state.registry()).collect(),
            Subsystem::Stream => self.state.registry().streams().collect(),
        }
    }
}

/// `PUT plugins/reload`. Plugins are part of the build: there is nothing to load again.
pub(super) fn reload(method: &Method) -> Result<Answer, Refusal> {
    match *method {
        Method::PUT => Ok(control_http::answer(StatusCode::OK, JSON, "done")),
        _ => {
            let message = format!("please use PUT method to reload the plugins, {method} method is not allowed.");
            Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message))
        }
    }
}

/// Name to everything there is to know of each plugin, as the Admin and Control APIs show it.
pub(crate) fn describe(specs: &[&PluginSpec]) -> Value {
    let one = |spec: &&PluginSpec| {
        let mut fields = Map::new();
        fields.insert("version".to_owned(), json!(spec.version));
        fields.insert("priority".to_owned(), json!(spec.priority));
        let schemas = [
            ("schema", spec.schema_for(SchemaType::Plugin)),
            ("consumer_schema", spec.consumer_schema.as_ref()),
            ("metadata_schema", spec.metadata_schema.as_ref()),
        ];
        for (name, schema) in schemas {
            fields.extend(schema.and_then(served).map(|schema| (name.to_owned(), schema)));
        }
        fields.extend(spec.kind.map(|kind| ("type".to_owned(), json!(kind))));
        fields.extend(spec.scope.map(|scope| ("scope".to_owned(), json!(scope))));
        (spec.name.to_string(), Value::Object(fields))
    };
    Value::Object(specs.iter().map(one).collect())
}

/// A schema as it is served. Those of the build are JSON (a test reads them all).
fn served(schema: &LazySchema) -> Option<Value> {
    schema.value().ok()
}
