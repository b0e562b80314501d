//! What validation needs to know of a plugin, so that this crate knows none by name.

use std::borrow::Cow;

use serde_json::Value;

use crate::check::{Context, StreamProtocol};
use crate::schema::LazySchema;

/// Answers for the plugins that are built in and switched on.
pub trait PluginSpecs {
    /// The plugin of that name, `None` if there is none or it is switched off.
    fn get(&self, name: &str) -> Option<&PluginSpec>;
    /// The stream plugin of that name: some exist in both worlds and differ.
    fn stream(&self, name: &str) -> Option<&PluginSpec> {
        let _ = name;
        None
    }
    /// All of them, in any order.
    fn iter(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_>;
    /// All stream plugins, in any order.
    fn streams(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
        Box::new(std::iter::empty())
    }
    /// The protocols that stream routes may name.
    fn protocols(&self) -> &[StreamProtocol] {
        &[]
    }
    /// Why a plugin of APISIX is not among them; `None` for names that are no plugin's.
    fn absence(&self, name: &str) -> Option<Absence> {
        let _ = name;
        None
    }
    /// The description of a plugin that this build lacks, to be shown.
    fn unbuilt(&self, name: &str) -> Option<&PluginSpec> {
        let _ = name;
        None
    }
}

/// Why a plugin of APISIX cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The configuration's list of plugins does not name it.
    SwitchedOff,
    /// It is not part of this build.
    NotBuilt,
}

impl Absence {
    /// The code of a refusal for this reason.
    pub const fn code(self) -> &'static str {
        match self {
            Absence::SwitchedOff => "plugin_off",
            Absence::NotBuilt => "plugin_not_built",
        }
    }

    /// The reason, for people.
    pub fn reason(self, name: &str) -> String {
        match self {
            Absence::SwitchedOff => {
                format!("the plugin {name} is switched off: `plugins` of the configuration does not name it")
            }
            Absence::NotBuilt => format!("{name} is a plugin of APISIX that is not built in this version"),
        }
    }
}

/// A plugin as the control plane sees it.
#[derive(Debug)]
pub struct PluginSpec {
    /// `limit-count`.
    pub name: Cow<'static, str>,
    /// Larger runs earlier within a phase.
    pub priority: i32,
    /// As the schema endpoints show it.
    pub version: f64,
    /// `Some("auth")` for plugins that find a consumer.
    pub kind: Option<&'static str>,
    /// `Some("global")` for plugins that act on the whole gateway.
    pub scope: Option<&'static str>,
    /// `Some("prefer_route")`: a global rule's instance is skipped where the route has one.
    pub run_policy: Option<&'static str>,
    /// The configuration in routes, services and the like.
    pub schema: LazySchema,
    /// The configuration in consumers and credentials, where it differs.
    pub consumer_schema: Option<LazySchema>,
    /// The settings for the whole gateway; without one any object is accepted.
    pub metadata_schema: Option<LazySchema>,
    /// Dotted paths of secrets in `schema`.
    pub encrypt_fields: &'static [&'static str],
    /// Dotted paths of secrets in `consumer_schema`.
    pub consumer_encrypt_fields: &'static [&'static str],
    /// Dotted paths of secrets in `metadata_schema`.
    pub metadata_encrypt_fields: &'static [&'static str],
    /// Dotted paths of what clients' claims are judged by (a signing key): while such a field is a reference that leads nowhere, the
    /// plugin refuses every request, for its text is no secret.
    pub verify_fields: &'static [&'static str],
    /// It only watches: where it cannot run, requests go on without it.
    pub observer: bool,
    /// The consumer attribute by which requests find their consumer, and which no two may share: `key` of `key-auth`.
    pub unique: Option<&'static str>,
    /// Holds Lua source, which this gateway does not run: refused by name.
    pub lua: bool,
    /// What a schema can't say. Gets the configuration with its defaults; the text follows `... err: `.
    pub check: Option<ExtraCheck>,
}

/// A plugin's own check of a configuration that passed its schema. The context is for those that hold expressions or the
/// configurations of other plugins (see [`crate::check::plugin`]).
pub type ExtraCheck = fn(&Value, SchemaType, &Context<'_>) -> Result<(), String>;

/// Which of a plugin's schemas is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaType {
    /// In routes, services, plugin configs, consumer groups and global rules.
    Plugin,
    /// In consumers and credentials.
    Consumer,
    /// `plugin_metadata`.
    Metadata,
}

impl PluginSpec {
    /// A plugin with only the necessary parts; the others are set with the update syntax:
    /// `PluginSpec { consumer_schema: Some(…), ..PluginSpec::new("key-auth", 2500, SCHEMA) }`.
    /// `schema` is JSON text; `_meta` is added to it.
    pub fn new(name: &'static str, priority: i32, schema: &'static str) -> Self {
        PluginSpec {
            name: Cow::Borrowed(name),
            priority,
            version: 0.1,
            kind: None,
            scope: None,
            run_policy: None,
            schema: LazySchema::plugin(schema),
            consumer_schema: None,
            metadata_schema: None,
            encrypt_fields: &[],
            consumer_encrypt_fields: &[],
            metadata_encrypt_fields: &[],
            verify_fields: &[],
            observer: false,
            unique: None,
            lua: false,
            check: None,
        }
    }

    /// Whether it finds consumers (`type: auth`).
    pub fn is_auth(&self) -> bool {
        self.kind == Some("auth")
    }

    /// The schema for a place. Consumers take the plain one from plugins that have no other.
    pub fn schema_for(&self, place: SchemaType) -> Option<&LazySchema> {
        match place {
            SchemaType::Plugin => Some(&self.schema),
            SchemaType::Consumer => Some(self.consumer_schema.as_ref().unwrap_or(&self.schema)),
            SchemaType::Metadata => self.metadata_schema.as_ref(),
        }
    }

    /// The dotted paths of secrets for a place. Plugins without a consumer schema keep their normal list there.
    pub fn encrypted_for(&self, place: SchemaType) -> &'static [&'static str] {
        match place {
            SchemaType::Plugin => self.encrypt_fields,
            SchemaType::Consumer if self.consumer_schema.is_some() => self.consumer_encrypt_fields,
            SchemaType::Consumer => self.encrypt_fields,
            SchemaType::Metadata => self.metadata_encrypt_fields,
        }
    }
}

/// No plugins at all: for tools that check only the resources around them.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPlugins;

impl PluginSpecs for NoPlugins {
    fn get(&self, _: &str) -> Option<&PluginSpec> {
        None
    }

    fn iter(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
        Box::new(std::iter::empty())
    }
}

impl PluginSpecs for Vec<PluginSpec> {
    fn get(&self, name: &str) -> Option<&PluginSpec> {
        self.as_slice().iter().find(|spec| spec.name == name)
    }

    fn iter(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
        Box::new(self.as_slice().iter())
    }
}
