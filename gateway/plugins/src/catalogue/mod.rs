//! What APISIX has and this build lacks: the names of all its plugins, and the schemas of those that are not built. They let the
//! Admin API tell a plugin that is missing here from a typing error, serve its schema, and check the plugins of stream routes,
//! which are stored before they are served.

mod names;

use std::collections::HashMap;
use std::sync::LazyLock;

use gateway_model::check::StreamProtocol;
use gateway_model::plugin::PluginSpec;
use gateway_model::schema::LazySchema;
use serde_json::Value;

pub use self::names::PLUGINS;

mod stream;

pub use self::stream::{STREAM_PLUGINS, stream_plugins};

/// The description of a plugin of APISIX that is not built here. It is there to be shown, not to check by: what a schema cannot
/// say is not checked. `None` for names that are none, for plugins of this build, and for some whose schema is not known here.
pub fn unbuilt(name: &str) -> Option<&'static PluginSpec> {
    static SPECS: LazyLock<HashMap<String, PluginSpec>> = LazyLock::new(|| {
        specs(include_str!("http.json")).into_iter().map(|spec| (spec.name.clone().into_owned(), spec)).collect()
    });
    SPECS.get(name)
}

/// The protocols that stream routes may name (`protocol.name`), where `xrpc.protocols` names them too.
pub fn stream_protocols(names: &[String]) -> Vec<StreamProtocol> {
    let known = [
        StreamProtocol {
            name: "redis",
            schema: LazySchema::new(
                r#"{"type":"object","properties":{"faults":{"type":"array","minItems":1,"items":{"type":"object",
                "properties":{"commands":{"type":"array","minItems":1,"items":{"type":"string"}},
                "key":{"type":"string","minLength":1},"delay":{"type":"number"}},"required":["commands","delay"]}}}}"#,
            ),
        },
        StreamProtocol { name: "dubbo", schema: LazySchema::new(r#"{"type":"object"}"#) },
    ];
    known.into_iter().filter(|protocol| names.iter().any(|name| name == protocol.name)).collect()
}

/// The plugins of a file: one a line, with what the schema endpoints show of it.
fn specs(text: &str) -> Vec<PluginSpec> {
    // The files are the build's own; a test reads them.
    let list: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    list.iter().filter_map(spec).collect()
}

fn spec(described: &Value) -> Option<PluginSpec> {
    let schema = |name: &str| described.get(name).map(Value::to_string);
    let word = |name: &str, words: &[&'static str]| {
        let told = described.get(name).and_then(Value::as_str)?;
        words.iter().copied().find(|word| *word == told)
    };
    let priority = described.get("priority").and_then(Value::as_i64).and_then(|p| i32::try_from(p).ok())?;
    Some(PluginSpec {
        name: described.get("name").and_then(Value::as_str)?.to_owned().into(),
        version: described.get("version").and_then(Value::as_f64)?,
        kind: word("type", &["auth"]),
        scope: word("scope", &["global"]),
        schema: LazySchema::plugin_owned(schema("schema")?),
        consumer_schema: schema("consumer_schema").map(LazySchema::plugin_owned),
        metadata_schema: schema("metadata_schema").map(LazySchema::owned),
        ..PluginSpec::new("", priority, "{}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_file(text: &str) -> Vec<PluginSpec> {
        let lines = text.lines().filter(|line| line.starts_with('{')).count();
        let specs = specs(text);
        assert_eq!(specs.len(), lines, "a line that is no plugin");
        specs
    }

    #[test]
    fn every_schema_compiles_and_every_name_is_one_of_apisix() {
        for (text, names) in [(include_str!("http.json"), PLUGINS), (include_str!("stream.json"), STREAM_PLUGINS)] {
            for spec in in_file(text) {
                assert!(names.contains(&&*spec.name), "{}", spec.name);
                for schema in [Some(&spec.schema), spec.consumer_schema.as_ref(), spec.metadata_schema.as_ref()] {
                    assert!(schema.is_none_or(|schema| schema.compiled().is_ok()), "{}: {schema:?}", spec.name);
                }
            }
        }
    }

    #[test]
    fn what_is_built_is_not_described_as_missing() {
        for definition in crate::definitions() {
            let name = &*definition.spec.name;
            assert!(unbuilt(name).is_none(), "{name} is built: take its line out of catalogue/http.json");
        }
    }

    #[test]
    fn protocols_are_those_that_are_switched_on() {
        let names = |on: &[&str]| {
            let on: Vec<String> = on.iter().map(|name| (*name).to_owned()).collect();
            stream_protocols(&on).iter().map(|p| p.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), [""; 0]);
        assert_eq!(names(&["dubbo", "redis", "x"]), ["redis", "dubbo"]);
        let all = stream_protocols(&["redis".to_owned(), "dubbo".to_owned()]);
        assert!(all.iter().all(|protocol| protocol.schema.compiled().is_ok()));
    }
}
