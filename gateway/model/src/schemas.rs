//! The schemas of the resources, and what is added to those of plugins.
//!
//! They are the files of `schemas/`. What several of them share stands in `common.json` and is put in by
//! `{"$use": "name"}`; what is served and compiled is always the whole.
//!
//! Wider than those of APISIX on purpose: `upstream.scheme` also takes `dubbo` and `tri`, `checks.active.type` also
//! `grpc` and `dubbo`, and `checks.active` has `lazy` and `service`; an upstream also has `http_version`, `retry_policy`, `outlier_detection`, `slow_start_ms` and
//! `limits`, a route `downstream_protocol`. `tls.verify` has no default: absent means as the gateway is configured.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::Kind;
use crate::schema::{CompileError, Schema};

/// The compiled schema of a kind. `None` for plugin metadata, which each plugin describes, and for secrets, which have
/// one for each manager.
pub fn of(kind: Kind) -> Option<&'static Result<Schema, CompileError>> {
    static ROUTE: Compiled = compiled!("route");
    static SERVICE: Compiled = compiled!("service");
    static UPSTREAM: Compiled = compiled!("upstream");
    static CONSUMER: Compiled = compiled!("consumer");
    static CREDENTIAL: Compiled = compiled!("credential");
    static CONSUMER_GROUP: Compiled = compiled!("consumer_group");
    static GLOBAL_RULE: Compiled = compiled!("global_rule");
    static PLUGIN_CONFIG: Compiled = compiled!("plugin_config");
    static SSL: Compiled = compiled!("ssl");
    static PROTO: Compiled = compiled!("proto");
    static STREAM_ROUTE: Compiled = compiled!("stream_route");
    static COST_DECORATION: Compiled = compiled!("graphql_cost_decoration");
    Some(match kind {
        Kind::Route => &ROUTE,
        Kind::Service => &SERVICE,
        Kind::Upstream => &UPSTREAM,
        Kind::Consumer => &CONSUMER,
        Kind::Credential => &CREDENTIAL,
        Kind::ConsumerGroup => &CONSUMER_GROUP,
        Kind::GlobalRule => &GLOBAL_RULE,
        Kind::PluginConfig => &PLUGIN_CONFIG,
        Kind::Ssl => &SSL,
        Kind::Proto => &PROTO,
        Kind::StreamRoute => &STREAM_ROUTE,
        Kind::GraphqlCostDecoration => &COST_DECORATION,
        Kind::PluginMetadata | Kind::Secret => return None,
    })
}

/// The compiled schema of a secret manager, `None` if there is none of that name.
pub fn of_manager(manager: &str) -> Option<&'static Result<Schema, CompileError>> {
    static VAULT: Compiled = compiled!("secret_vault");
    static AWS: Compiled = compiled!("secret_aws");
    static GCP: Compiled = compiled!("secret_gcp");
    Some(match manager {
        "vault" => &VAULT,
        "aws" => &AWS,
        "gcp" => &GCP,
        _ => return None,
    })
}

/// The key that a consistent-hashing upstream hashes, by `hash_on`; `None` where there is nothing to check.
pub fn of_hash_key(hash_on: &str) -> Option<&'static Result<Schema, CompileError>> {
    static VARS: Compiled = compiled!("hash_key_vars");
    static HEADER: Compiled = compiled!("hash_key_header");
    match hash_on {
        "vars" => Some(&VARS),
        "header" | "cookie" => Some(&HEADER),
        _ => None,
    }
}

/// A schema as `GET /apisix/admin/schema/{name}` serves it, by its singular name (`route`, `global_rule`, `plugins`,
/// `secret_vault`); `None` if there is none of that name.
pub fn json(name: &str) -> Option<Value> {
    let common = FILES.iter().find(|(file, _)| *file == "common").and_then(|(_, text)| parse(text))?;
    FILES
        .iter()
        .filter(|(file, _)| *file != "common")
        .find(|(file, _)| *file == name)
        .and_then(|(_, text)| parse(text))
        .map(|schema| whole(schema, &common))
}

/// A schema with what it uses of the files put in.
pub(crate) fn resolved(schema: Value) -> Value {
    static COMMON: LazyLock<Value> = LazyLock::new(|| {
        FILES.iter().find(|(file, _)| *file == "common").and_then(|(_, text)| parse(text)).unwrap_or_default()
    });
    whole(schema, &COMMON)
}

/// The names that [`json()`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name).filter(|name| *name != "common")
}

/// What schemas have in common, by the names that the Control API shows it under.
pub fn parts() -> Vec<(&'static str, Value)> {
    let common = FILES.iter().find(|(file, _)| *file == "common").and_then(|(_, text)| parse(text)).unwrap_or_default();
    let named = [("id_schema", "id"), ("host_def", "host"), ("uri_def", "uri")];
    let mut parts: Vec<_> =
        named.into_iter().filter_map(|(name, part)| Some((name, common.get(part)?.clone()))).collect();
    parts.push(("plugin_injected_schema", json!({ "$comment": MARK, "_meta": meta() })));
    parts.push(("upstream_hash_vars_combinations_schema", json!({ "type": "string" })));
    parts
}

/// What clients know a plugin's schema by that has been added to.
const MARK: &str = "this is a mark for our injected plugin schema";

/// Adds to a plugin's schema what every plugin's has: `_meta` among its properties and the marker that clients look
/// for.
pub fn inject_meta(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    schema.insert("$comment".into(), Value::from(MARK));
    let properties = schema.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Array(_) = properties {
        *properties = Value::Object(Map::new());
    }
    if let Some(properties) = properties.as_object_mut() {
        properties.insert("_meta".into(), meta());
    }
}

fn meta() -> Value {
    json!({
        "type": "object",
        "properties": {
            "disable": {"type": "boolean"},
            "error_response": {"oneOf": [{"type": "string"}, {"type": "object"}]},
            "priority": {"description": "priority of plugins by customized order", "type": "integer"},
            "filter": {"description": "filter determines whether the plugin needs to be executed at runtime", "type": "array"},
            "pre_function": {"description": "Lua, which this gateway refuses", "type": "string"},
        },
        "additionalProperties": false,
    })
}

type Compiled = LazyLock<Result<Schema, CompileError>>;

macro_rules! compiled {
    ($name:literal) => {
        LazyLock::new(|| compile($name))
    };
}
use compiled;

const FILES: &[(&str, &str)] = &[
    ("common", include_str!("schemas/common.json")),
    ("route", include_str!("schemas/route.json")),
    ("service", include_str!("schemas/service.json")),
    ("upstream", include_str!("schemas/upstream.json")),
    ("consumer", include_str!("schemas/consumer.json")),
    ("credential", include_str!("schemas/credential.json")),
    ("consumer_group", include_str!("schemas/consumer_group.json")),
    ("global_rule", include_str!("schemas/global_rule.json")),
    ("plugin_config", include_str!("schemas/plugin_config.json")),
    ("plugin_metadata", r#"{"type": "object"}"#),
    ("ssl", include_str!("schemas/ssl.json")),
    ("proto", include_str!("schemas/proto.json")),
    ("stream_route", include_str!("schemas/stream_route.json")),
    ("graphql_cost_decoration", include_str!("schemas/graphql_cost_decoration.json")),
    ("plugins", include_str!("schemas/plugins.json")),
    ("secret_vault", include_str!("schemas/secret_vault.json")),
    ("secret_aws", include_str!("schemas/secret_aws.json")),
    ("secret_gcp", include_str!("schemas/secret_gcp.json")),
    ("hash_key_vars", include_str!("schemas/hash_key_vars.json")),
    ("hash_key_header", include_str!("schemas/hash_key_header.json")),
];

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn compile(name: &str) -> Result<Schema, CompileError> {
    let schema =
        json(name).ok_or_else(|| CompileError { path: "/".into(), reason: format!("no schema of the name {name}") })?;
    Schema::compile(&schema)
}

/// Puts in what is named by `$use`. Recursion is bounded by the files above.
fn whole(schema: Value, common: &Value) -> Value {
    match schema {
        Value::Object(fields) => match fields.get("$use").and_then(Value::as_str) {
            Some(name) => match common.get(name).cloned() {
                Some(part) => whole(part, common),
                None => json(name).unwrap_or_default(),
            },
            None => fields.into_iter().map(|(name, value)| (name, whole(value, common))).collect(),
        },
        Value::Array(items) => items.into_iter().map(|item| whole(item, common)).collect(),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_whole_and_compiles() {
        for name in names() {
            let schema = json(name).unwrap_or_else(|| panic!("{name} is not JSON"));
            assert!(!schema.to_string().contains("$use"), "{name}");
            Schema::compile(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        for kind in Kind::ALL {
            assert!(of(kind).is_none_or(Result::is_ok), "{kind}");
        }
        assert!(of_manager("vault").is_some() && of_manager("x").is_none());
        assert_eq!(json("common"), None);
        assert_eq!(json("x"), None);
    }

    #[test]
    fn plugins_get_meta_also_without_properties() {
        for text in [r#"{"type":"object"}"#, r#"{"properties":[]}"#, r#"{"properties":{"a":{}}}"#] {
            let mut schema = parse(text).unwrap();
            inject_meta(&mut schema);
            assert_eq!(schema.pointer("/properties/_meta/additionalProperties"), Some(&Value::Bool(false)));
            assert_eq!(schema["$comment"], "this is a mark for our injected plugin schema");
        }
    }

    #[test]
    fn what_is_wider_than_apisix_is_served() {
        let upstream = json("upstream").unwrap();
        let scheme = upstream.pointer("/properties/scheme/enum").unwrap().as_array().unwrap();
        assert!(scheme.contains(&Value::from("tri")) && scheme.contains(&Value::from("kafka")));
        assert!(json("route").unwrap().pointer("/properties/upstream/properties/retry_policy").is_some());
    }
}
