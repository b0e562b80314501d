//! The plugins, one file each. A plugin knows the engine and no wire protocol; what only some gateways switch on is chosen by
//! the server, which filters [`definitions`] by the `plugins:` list of its configuration.

mod auth;
pub mod catalogue;
mod conf;
mod docs;
pub mod fuzz;
mod inert;
mod observe;
mod proto;
mod security;
#[cfg(test)]
mod testkit;
mod traffic;
mod transform;

use std::any::Any;
use std::sync::Arc;

use gateway_engine::plugin::{Api, Definition, States};
use serde_json::Value;

pub use self::docs::{Page, pages};
pub use self::observe::{finish, prometheus, reopen};
pub use self::security::ocsp_stapling::NAME as OCSP_STAPLING;
pub use self::transform::DubboDescribed;

/// Every plugin of this build, by descending priority.
pub fn definitions() -> Vec<Definition> {
    let mut all: Vec<Definition> = docs::BUILT.iter().map(|built| (built.definition)()).collect();
    all.sort_by_key(|d| std::cmp::Reverse(d.spec.priority));
    all
}

/// Compiles the content of an object under `/protos`, for the registry ([`gateway_engine::plugin::Registry::with_protos`]).
///
/// # Errors
/// `invalid content: …`: neither protobuf source nor a descriptor set in base64.
pub fn compile_proto(content: &str) -> Result<Arc<dyn Any + Send + Sync>, String> {
    proto::compile(content).map(|schema| Arc::new(schema) as Arc<dyn Any + Send + Sync>)
}

/// Compiles a consumer's or credential's configuration of an auth plugin, for the registry
/// ([`gateway_engine::plugin::Registry::with_credentials`]).
///
/// # Errors
/// What cannot be used of it: a key that is none, a reference to a secret that has not been resolved.
pub fn compile_credential(plugin: &str, conf: &Value) -> Result<Option<Arc<dyn Any + Send + Sync>>, String> {
    auth::credential(plugin, conf)
}

/// The APIs of the plugin of this name, for the registry ([`gateway_engine::plugin::Registry::with_apis`]).
pub fn apis(name: &str, attr: &Value, states: &States) -> Vec<Api> {
    match name {
        "batch-requests" => vec![traffic::batch_requests::api(attr)],
        "prometheus" => vec![prometheus::api(attr, states)],
        _ => Vec::new(),
    }
}

/// The version of APISIX whose behaviour the plugins have, as they name it to clients (`x-mock-by`).
pub(crate) const APISIX_VERSION: &str = "3.18.0";

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_model::plugin::SchemaType;

    #[test]
    fn who_only_watches_stands_in_nobodys_way_and_who_judges_by_a_key_wants_a_key() {
        for Definition { spec, .. } in definitions() {
            let watches = ["file-logger", "http-logger", "opentelemetry", "prometheus"].contains(&&*spec.name);
            assert_eq!(spec.observer, watches, "{}", spec.name);
            assert_eq!(spec.verify_fields.contains(&"key"), spec.name == "csrf", "{}", spec.name);
        }
    }

    #[test]
    fn every_schema_compiles_and_carries_the_marker_and_meta() {
        for definition in definitions() {
            let spec = &definition.spec;
            for place in [SchemaType::Plugin, SchemaType::Consumer, SchemaType::Metadata] {
                let Some(schema) = spec.schema_for(place) else { continue };
                assert!(schema.compiled().is_ok(), "{} {place:?}", spec.name);
                let value = schema.value().unwrap();
                if place != SchemaType::Metadata {
                    assert_eq!(value["$comment"], "this is a mark for our injected plugin schema", "{}", spec.name);
                    assert!(value.pointer("/properties/_meta").is_some(), "{}", spec.name);
                }
            }
        }
    }

    #[test]
    fn a_name_occurs_once() {
        let mut names: Vec<_> = definitions().iter().map(|d| d.spec.name.to_string()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), definitions().len());
    }
}
