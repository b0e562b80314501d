//! Plugins: instances out of what an object says, and what stands in the place of one that cannot be made.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use gateway_model::plugin::SchemaType;
use gateway_model::secret;
use serde_json::Value;

use super::{CompileError, int};
use crate::exchange::Exchange;
use crate::expr::Expr;
use crate::plugin::{Build, Configured, Definition, Phases, Plugin, Registry, Step, UpstreamWants};
use crate::snapshot::control::Values;

/// Makes plugin instances for one object.
pub(in crate::snapshot) struct Plugins<'a> {
    pub(in crate::snapshot) registry: &'a Registry,
    /// Key of the object that holds them.
    pub(in crate::snapshot) parent: &'a str,
    /// Where they ask for upstreams.
    pub(in crate::snapshot) upstreams: &'a UpstreamWants,
    /// What stands in the place of references to secrets.
    pub(in crate::snapshot) values: Values,
}

impl Plugins<'_> {
    /// The instances of a `plugins` object. A plugin this process does not know is left out, with a warning.
    pub(in crate::snapshot) fn compile(&self, plugins: Option<&Value>) -> Result<Box<[Configured]>, CompileError> {
        let Some(Value::Object(plugins)) = plugins else { return Ok(Box::default()) };
        let mut made = Vec::with_capacity(plugins.len());
        for (name, conf) in plugins {
            if let Some(configured) = self.one(name, conf)? {
                made.push(configured);
            }
        }
        Ok(made.into_boxed_slice())
    }

    /// The instance of a plugin that is on.
    fn instance(&self, name: &str, definition: &Definition, conf: &Value) -> Result<Arc<dyn Plugin>, CompileError> {
        let judges_by = definition.spec.verify_fields;
        if self.values.lenient() && judges_by.iter().any(|path| secret::reference_at(conf, path)) {
            return Ok(self.shut(name, "what it judges requests by is a reference that is not resolved"));
        }
        let made = checked(definition, SchemaType::Plugin, conf, self.values).and_then(|checked| {
            let conf = checked.as_ref().unwrap_or(conf);
            let Plugins { registry, parent, upstreams, .. } = *self;
            let (attr, states) = (registry.attr(name), &registry.states);
            (definition.build)(&Build { conf, parent, attr, states, registry, variant: None, upstreams })
        });
        match made {
            Ok(plugin) => {
                debug_assert!(definition.phases.has(plugin.phases()), "{name} runs in phases that it does not tell");
                Ok(plugin)
            }
            Err(error) if self.values.lenient() && definition.spec.observer => {
                self.complain(name, &error, "it does not run");
                Ok(Arc::new(Off))
            }
            Err(error) if self.values.lenient() => Ok(self.shut(name, &error)),
            Err(e) => Err(CompileError(format!("failed to check the configuration of plugin {name} err: {e}"))),
        }
    }

    /// What a plugin makes of its metadata. There is none while its references have not been answered, nor where the plugin
    /// cannot use what they lead to.
    pub(in crate::snapshot) fn metadata(
        &self,
        definition: &Definition,
        value: &Value,
    ) -> Result<Option<Arc<dyn Any + Send + Sync>>, CompileError> {
        let Some(make) = definition.metadata else { return Ok(None) };
        if self.values == Values::Awaited {
            return Ok(None);
        }
        let made = checked(definition, SchemaType::Metadata, value, self.values)
            .and_then(|checked| make(checked.as_ref().unwrap_or(value)));
        match made {
            Ok(made) => Ok(Some(made)),
            Err(error) if self.values.lenient() => {
                self.complain(&definition.spec.name, &error, "it runs without its metadata");
                Ok(None)
            }
            Err(error) => Err(CompileError(error)),
        }
    }

    fn shut(&self, name: &str, error: &str) -> Arc<dyn Plugin> {
        self.complain(name, error, "it refuses all requests");
        Arc::new(Shut)
    }

    fn complain(&self, plugin: &str, error: &str, so: &str) {
        if self.values != Values::Awaited {
            tracing::error!(
                object = self.parent,
                plugin,
                error,
                "a plugin cannot run with what its references lead to: {so}"
            );
        }
    }

    /// One instance.
    pub(in crate::snapshot) fn one(&self, name: &str, conf: &Value) -> Result<Option<Configured>, CompileError> {
        let Some(definition) = self.registry.get(name) else {
            tracing::warn!(plugin = name, object = self.parent, "unknown plugin ignored");
            return Ok(None);
        };
        let meta = conf.get("_meta");
        let disabled = meta.and_then(|m| m.get("disable")).and_then(Value::as_bool).unwrap_or(false);
        let plugin: Arc<dyn Plugin> = if disabled { Arc::new(Off) } else { self.instance(name, definition, conf)? };
        let priority = meta.and_then(|m| int(m, "priority")).and_then(|p| i32::try_from(p).ok());
        Ok(Some(Configured {
            name: Arc::from(name),
            plugin,
            priority: priority.unwrap_or(definition.spec.priority),
            filter: meta.and_then(|m| m.get("filter")).and_then(|f| filter(name, f)),
            error_response: meta.and_then(|m| m.get("error_response")).map(body_of),
            disabled,
            auth: definition.spec.is_auth(),
            prefer_route: definition.spec.run_policy == Some("prefer_route"),
            from_consumer: false,
        }))
    }
}

/// Puts `conf` past its schema again, if it held references: what they lead to must obey it as any text does.
///
/// # Errors
/// What is wrong with it.
pub(in crate::snapshot) fn checked(
    definition: &Definition,
    place: SchemaType,
    conf: &Value,
    values: Values,
) -> Result<Option<Value>, String> {
    if values == Values::Plain {
        return Ok(None);
    }
    let Some(schema) = definition.spec.schema_for(place) else { return Ok(None) };
    let mut conf = conf.clone();
    if let (SchemaType::Metadata, Value::Object(fields)) = (place, &mut conf) {
        // What the gateway adds to the stored object, and its plugin's schema knows nothing of.
        for own in ["id", "create_time", "update_time"] {
            fields.shift_remove(own);
        }
    }
    let schema = schema.compiled().map_err(|e| e.to_string())?;
    // The message may quote the value.
    schema
        .check(&mut conf)
        .map_err(|violation| format!("{} does not obey its schema ({})", at(&violation.path), violation.code))?;
    Ok(Some(conf))
}

fn at(path: &str) -> &str {
    if path.is_empty() { "the configuration" } else { path }
}

/// `_meta.filter`; one that cannot be read lets the plugin run, with a warning.
fn filter(plugin: &str, value: &Value) -> Option<Arc<Expr>> {
    match Expr::parse(value) {
        Ok(expr) => Some(Arc::new(expr)),
        Err(error) => {
            tracing::warn!(plugin, %error, "_meta.filter cannot be read; the plugin runs always");
            None
        }
    }
}

fn body_of(value: &Value) -> Bytes {
    match value {
        Value::String(text) => Bytes::from(text.clone()),
        other => Bytes::from(format!("{other}\n")),
    }
}

/// Stands in the place of a plugin that is switched off, so that it hides the same plugin of a lower level.
struct Off;

impl Plugin for Off {
    fn phases(&self) -> Phases {
        Phases::default()
    }

    fn log(&self, _: &Exchange) {}
}

/// Stands in the place of a plugin that cannot do its work without a secret: nobody passes.
struct Shut;

impl Plugin for Shut {
    fn phases(&self) -> Phases {
        Phases::REWRITE | Phases::ACCESS
    }

    fn rewrite<'a>(&'a self, _: &'a mut Exchange) -> Step<'a> {
        Step::exit(503)
    }

    fn access<'a>(&'a self, _: &'a mut Exchange) -> Step<'a> {
        Step::exit(503)
    }
}
