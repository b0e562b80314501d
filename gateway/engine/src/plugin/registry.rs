//! The plugins this build knows, by name.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use gateway_model::NoReferences;
use gateway_model::check::{self, Context, Expressions, StreamProtocol};
use gateway_model::plugin::{Absence, PluginSpec, PluginSpecs};
use gateway_model::secret;
use serde_json::Value;

use super::{Api, Endpoint, Phases, Plugin, States, UpstreamWants};
use crate::expr::Expr;

/// Makes what a plugin reads of its metadata object.
pub type MakeMetadata = fn(&Value) -> Result<Arc<dyn Any + Send + Sync>, String>;

/// Makes what plugins read of a protobuf definition, out of its `content`.
pub type MakeProto = fn(&str) -> Result<Arc<dyn Any + Send + Sync>, String>;

/// Makes what an auth plugin compares requests with, out of a consumer's or credential's configuration of it (defaults filled in):
/// keys decoded, passwords hashed. `None`: the plugin needs no more than the value that its consumers are found by.
pub type MakeCredential = fn(plugin: &str, conf: &Value) -> Result<Option<Arc<dyn Any + Send + Sync>>, String>;

/// Makes the APIs of the plugin of this name, out of its `plugin_attr`.
pub type MakeApis = fn(&str, &Value, &States) -> Vec<Api>;

/// A plugin's name, schemas and how an instance is made from a configuration.
pub struct Definition {
    /// Name, priority, schemas, checks.
    pub spec: PluginSpec,
    /// The phases that an instance may take part in; its configuration may leave some out.
    pub phases: Phases,
    /// Makes an instance from a configuration that has passed the schema (defaults are filled in).
    pub build: fn(&Build<'_>) -> Result<Arc<dyn Plugin>, String>,
    /// Makes what the plugin reads of its metadata object (`plugin_metadata/NAME`); `None`: it has none.
    pub metadata: Option<MakeMetadata>,
}

/// What a plugin is built from.
pub struct Build<'a> {
    /// Its configuration, checked, with defaults.
    pub conf: &'a Value,
    /// Key of the object that holds it (`/apisix/routes/1`): counters are kept by it.
    pub parent: &'a str,
    /// `plugin_attr.NAME` of the static configuration; `Null` when absent.
    pub attr: &'a Value,
    /// What the process's plugins remember.
    pub states: &'a States,
    /// All plugins, for one that holds others ([`Build::nested`]).
    pub registry: &'a Registry,
    /// Which of several instances that one plugin holds: their counters are apart. `None` for those an object names itself.
    pub variant: Option<Variant>,
    /// Where it asks for upstreams that it sends exchanges to.
    pub upstreams: &'a UpstreamWants,
}

/// One of several instances that one plugin holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Which one.
    pub number: u32,
    /// The version of the holder's configuration: in another one the number means something else.
    pub holder: u32,
}

impl Build<'_> {
    /// CRC-32 of the configuration with sorted keys: changes exactly when the configuration does.
    pub fn conf_version(&self) -> u32 {
        conf_version(self.conf)
    }

    /// An instance of another plugin, which the one being built holds and calls: its configuration is checked by schema and by
    /// the plugin's own check, and its defaults are filled in. The holder runs its phases; `_meta` of `conf` is not looked at.
    ///
    /// # Errors
    /// `unknown plugin [x]`, or what is wrong with its configuration.
    pub fn nested(&self, name: &str, conf: &Value) -> Result<Arc<dyn Plugin>, String> {
        self.nested_as(name, conf, self.variant)
    }

    /// The same as one of several, whose counters are apart from the others'.
    ///
    /// # Errors
    /// As [`Build::nested`].
    pub fn nested_as(&self, name: &str, conf: &Value, variant: Option<Variant>) -> Result<Arc<dyn Plugin>, String> {
        let registry = self.registry;
        let definition = registry.get(name).ok_or_else(|| format!("unknown plugin [{name}]"))?;
        let mut conf = conf.clone();
        let context = Context::new(registry, &NoReferences, &Vars);
        check::nested(name, &mut conf, &context).map_err(|invalid| invalid.message)?;
        if definition.spec.verify_fields.iter().any(|path| secret::reference_at(&conf, path)) {
            return Err(format!("what plugin {name} judges requests by is a reference that is not resolved"));
        }
        let build = Build {
            conf: &conf,
            parent: self.parent,
            attr: registry.attr(name),
            states: self.states,
            registry,
            variant,
            upstreams: self.upstreams,
        };
        (definition.build)(&build)
    }
}

/// The expression language, for checks of configurations inside of others.
struct Vars;

impl Expressions for Vars {
    fn check_vars(&self, expression: &Value) -> Result<(), String> {
        Expr::parse(expression).map(drop).map_err(|e| e.to_string())
    }
}

/// CRC-32 of a configuration's JSON text, whose keys are sorted.
pub fn conf_version(conf: &Value) -> u32 {
    let mut text = String::with_capacity(256);
    canonical(conf, &mut text);
    crc32fast::hash(text.as_bytes())
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (n, (key, inner)) in entries.into_iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(inner, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// What is known of plugins beside those that run.
#[derive(Default)]
pub struct Catalogue {
    /// Plugins of stream routes.
    pub streams: Vec<PluginSpec>,
    /// Protocols of stream routes that are switched on.
    pub protocols: Vec<StreamProtocol>,
    /// Plugins that are built and switched off.
    pub off: Vec<String>,
    /// The names of APISIX's plugins.
    pub names: &'static [&'static str],
    /// The description of a plugin that is not built.
    pub unbuilt: Option<Describe>,
}

/// Describes a plugin that is not built, by its name.
pub type Describe = fn(&str) -> Option<&'static PluginSpec>;

/// All plugins of this process that are switched on.
#[derive(Default)]
pub struct Registry {
    definitions: Vec<Definition>,
    by_name: HashMap<Arc<str>, usize>,
    attrs: HashMap<String, Value>,
    apis: Vec<Api>,
    /// What plugins remember across exchanges.
    pub states: States,
    /// How the objects under `/protos` are compiled; `None`: nobody reads them.
    pub protos: Option<MakeProto>,
    /// How credentials are compiled; `None`: nobody reads more of them than what they are found by.
    pub credentials: Option<MakeCredential>,
    catalogue: Catalogue,
}

impl Registry {
    /// A registry of these plugins. `attrs` is `plugin_attr` of the static configuration.
    pub fn new(definitions: Vec<Definition>, attrs: HashMap<String, Value>) -> Registry {
        let by_name = definitions.iter().enumerate().map(|(i, d)| (Arc::from(&*d.spec.name), i)).collect();
        let (apis, states) = (Vec::new(), States::default());
        let catalogue = Catalogue::default();
        Registry { definitions, by_name, attrs, apis, states, protos: None, credentials: None, catalogue }
    }

    /// With somebody who compiles protobuf definitions.
    #[must_use]
    pub fn with_protos(mut self, make: MakeProto) -> Registry {
        self.protos = Some(make);
        self
    }

    /// With somebody who compiles credentials.
    #[must_use]
    pub fn with_credentials(mut self, make: MakeCredential) -> Registry {
        self.credentials = Some(make);
        self
    }

    /// With the APIs that its plugins offer.
    #[must_use]
    pub fn with_apis(mut self, make: MakeApis) -> Registry {
        let names = self.definitions.iter().map(|d| &*d.spec.name);
        self.apis = names.flat_map(|name| make(name, self.attr(name), &self.states)).collect();
        self
    }

    /// Who answers requests of this method for this path, if a plugin does.
    pub fn api(&self, method: &[u8], uri: &[u8]) -> Option<Arc<dyn Endpoint>> {
        let meant = |api: &&Api| api.uri.as_bytes() == uri && api.methods.iter().any(|m| m.as_bytes() == method);
        self.apis.iter().find(meant).map(|api| Arc::clone(&api.endpoint))
    }

    /// With what is known beside the plugins that run.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Catalogue) -> Registry {
        self.catalogue = catalogue;
        self
    }

    /// The plugin of this name.
    pub fn get(&self, name: &str) -> Option<&Definition> {
        self.by_name.get(name).and_then(|&i| self.definitions.get(i))
    }

    /// The name of this plugin, shared.
    pub fn name(&self, name: &str) -> Option<Arc<str>> {
        self.by_name.get_key_value(name).map(|(name, _)| Arc::clone(name))
    }

    /// `plugin_attr.NAME`; `Null` when absent.
    pub fn attr(&self, name: &str) -> &Value {
        self.attrs.get(name).unwrap_or(&Value::Null)
    }

    /// All plugins.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }
}

impl PluginSpecs for Registry {
    fn get(&self, name: &str) -> Option<&PluginSpec> {
        Registry::get(self, name).map(|d| &d.spec)
    }

    fn iter(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
        Box::new(self.definitions.iter().map(|d| &d.spec))
    }

    fn stream(&self, name: &str) -> Option<&PluginSpec> {
        self.catalogue.streams.iter().find(|spec| spec.name == name)
    }

    fn streams(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
        Box::new(self.catalogue.streams.iter())
    }

    fn protocols(&self) -> &[StreamProtocol] {
        &self.catalogue.protocols
    }

    fn absence(&self, name: &str) -> Option<Absence> {
        if self.by_name.contains_key(name) {
            return None;
        }
        if self.catalogue.off.iter().any(|off| off == name) {
            return Some(Absence::SwitchedOff);
        }
        self.catalogue.names.contains(&name).then_some(Absence::NotBuilt)
    }

    fn unbuilt(&self, name: &str) -> Option<&PluginSpec> {
        self.catalogue.unbuilt?(name).filter(|_| !self.by_name.contains_key(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_do_not_depend_on_the_order_of_fields() {
        let conf = |text: &str| conf_version(&serde_json::from_str(text).unwrap());
        let version = conf(r#"{"b": [1, {"d": "x\"y", "c": null}], "a": 2.5}"#);
        assert_eq!(version, conf(r#"{"a": 2.5, "b": [1, {"c": null, "d": "x\"y"}]}"#));
        assert_eq!(version, crc32fast::hash(br#"{"a":2.5,"b":[1,{"c":null,"d":"x\"y"}]}"#));
        assert_ne!(version, conf_version(&json!({"a": 2.5})));
    }
}
