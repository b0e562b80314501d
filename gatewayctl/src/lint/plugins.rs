//! The plugins that the gateway of this build has, by their schemas. What a schema cannot say only the server checks.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use gateway_model::plugin::{Absence, PluginSpec, PluginSpecs};
use gateway_model::schema::LazySchema;
use serde::Deserialize;

/// File names and texts, `key-auth.json`, `key-auth.consumer.json`, `http-logger.metadata.json`.
const SCHEMAS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/plugins.rs"));

/// Plugins of APISIX that are not built.
const UNBUILT: &str = include_str!("../../../gateway/plugins/src/catalogue/http.json");
const STREAM: &str = include_str!("../../../gateway/plugins/src/catalogue/stream.json");

/// What a check needs to know of plugins.
pub(crate) struct Bundled {
    specs: BTreeMap<&'static str, PluginSpec>,
    streams: Vec<PluginSpec>,
    unbuilt: Vec<String>,
}

/// A plugin of the lists.
#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    schema: serde_json::Value,
}

/// The plugins of this build.
pub(crate) static BUNDLED: LazyLock<Bundled> = LazyLock::new(|| {
    let mut specs = BTreeMap::new();
    for (file, text) in SCHEMAS {
        if let Some(name) = file.strip_suffix(".json").filter(|name| !name.contains('.')) {
            let other = |of: &str| {
                let file = format!("{name}.{of}.json");
                SCHEMAS.iter().find(|(name, _)| *name == file).map(|(_, text)| *text)
            };
            let consumer = other("consumer");
            // What has a form for consumers finds them.
            let finds = consumer.is_some() || *name == *"multi-auth";
            specs.insert(
                name,
                PluginSpec {
                    kind: finds.then_some("auth"),
                    consumer_schema: consumer.map(LazySchema::plugin),
                    metadata_schema: other("metadata").map(LazySchema::new),
                    ..PluginSpec::new(name, 0, text)
                },
            );
        }
    }
    let named = |text: &str| serde_json::from_str::<Vec<Named>>(text).unwrap_or_default();
    let stream = |of: Named| PluginSpec {
        name: Cow::Owned(of.name),
        schema: LazySchema::plugin_owned(of.schema.to_string()),
        ..PluginSpec::new("", 0, "{}")
    };
    let unbuilt = named(UNBUILT).into_iter().map(|of| of.name).filter(|name| !specs.contains_key(&**name)).collect();
    Bundled { specs, streams: named(STREAM).into_iter().map(stream).collect(), unbuilt }
});

impl Bundled {
    /// The names of all plugins.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.specs.keys().copied()
    }
}

/// The schema of a plugin of APISIX that is not built, where one is known.
pub(crate) fn unbuilt_schema(name: &str) -> Option<&'static LazySchema> {
    static SCHEMAS: LazyLock<BTreeMap<String, LazySchema>> = LazyLock::new(|| {
        let all = serde_json::from_str::<Vec<Named>>(UNBUILT).unwrap_or_default();
        let described = all.into_iter().filter(|of| of.schema.is_object());
        described.map(|of| (of.name, LazySchema::plugin_owned(of.schema.to_string()))).collect()
    });
    SCHEMAS.get(name)
}

impl PluginSpecs for Bundled {
    fn get(&self, name: &str) -> Option<&PluginSpec> {
        self.specs.get(name)
    }

    fn stream(&self, name: &str) -> Option<&PluginSpec> {
        self.streams.iter().find(|spec| spec.name == name)
    }

    fn iter(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
        Box::new(self.specs.values())
    }

    fn streams(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
        Box::new(self.streams.iter())
    }

    fn absence(&self, name: &str) -> Option<Absence> {
        self.unbuilt.iter().any(|of| of == name).then_some(Absence::NotBuilt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles() {
        assert!(BUNDLED.specs.len() > 50 && BUNDLED.unbuilt.len() > 20 && BUNDLED.streams.len() > 3);
        for spec in BUNDLED.iter().chain(BUNDLED.streams()) {
            let schemas = [Some(&spec.schema), spec.consumer_schema.as_ref(), spec.metadata_schema.as_ref()];
            assert!(schemas.into_iter().flatten().all(|schema| schema.compiled().is_ok()), "{}", spec.name);
        }
    }
}
