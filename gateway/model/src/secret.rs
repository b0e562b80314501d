//! Secrets: references to those that live elsewhere, and the fields that hold them.

use serde_json::Value;

use crate::plugin::{PluginSpecs, SchemaType};
use crate::{Kind, json};

/// Whether a string refers to a secret or an environment variable instead of being one.
pub fn is_reference(text: &str) -> bool {
    text.starts_with("$secret://")
        || text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("$env:/"))
            && text.as_bytes().get(6) == Some(&b'/')
}

/// What opens a secret manager, of whichever kind.
const OF_MANAGERS: [&str; 4] = ["token", "secret_access_key", "session_token", "auth_config.private_key"];

/// What a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `$env://NAME` or `$env://NAME/KEY`: a variable of the environment, or one member of the JSON object it holds.
    Env {
        /// The variable.
        name: &'a str,
        /// The member.
        key: Option<&'a str>,
    },
    /// `$secret://MANAGER/ID/PATH`.
    Managed {
        /// Which manager: the id of an object under `/secrets`, `vault/1`.
        manager: &'a str,
        /// What the manager knows it by; never empty.
        path: &'a str,
    },
}

impl<'a> Reference<'a> {
    /// Reads a reference.
    ///
    /// # Errors
    /// What is wrong with a text that [is one](is_reference) by its beginning, or that it is none.
    pub fn parse(text: &'a str) -> Result<Reference<'a>, &'static str> {
        if !is_reference(text) {
            return Err("not a reference");
        }
        let rest = text.split_once("://").map_or("", |(_, rest)| rest);
        if !text.starts_with("$secret") {
            let (name, key) = rest.split_once('/').map_or((rest, None), |(name, key)| (name, Some(key)));
            return if name.is_empty() { Err("it names no variable") } else { Ok(Reference::Env { name, key }) };
        }
        const FORM: &str = "it is not of the form $secret://MANAGER/ID/PATH";
        let mut parts = rest.splitn(3, '/');
        let (kind, id, path) = (parts.next(), parts.next(), parts.next());
        match (kind, id, path) {
            (Some(kind), Some(id), Some(path)) if !kind.is_empty() && !id.is_empty() && !path.is_empty() => {
                let manager = rest.get(..kind.len() + 1 + id.len()).unwrap_or_default();
                Ok(Reference::Managed { manager, path })
            }
            _ => Err(FORM),
        }
    }
}

/// Whether a string in `value`, at any depth, is a reference.
pub fn holds_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => is_reference(text),
        Value::Array(items) => items.iter().any(holds_reference),
        Value::Object(fields) => fields.values().any(holds_reference),
        _ => false,
    }
}

/// Whether there is a reference at a dotted path of `value` ([`at_path`] walks likewise).
pub fn reference_at(value: &Value, path: &str) -> bool {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let found = |value: &Value| match (value.get(step), rest) {
        (Some(next), Some(rest)) => reference_at(next, rest),
        (Some(next), None) => holds_reference(next),
        (None, _) => false,
    };
    match value {
        Value::Array(items) => items.iter().filter(|item| !item.is_array()).any(found),
        value => found(value),
    }
}

/// Calls `f` with every reference in those strings of `object` that may be one: of plugins' configurations and metadata, of certificates and
/// their keys, of the TLS of an upstream. `f` may put what it leads to in its place.
pub fn each_reference(kind: Kind, object: &mut Value, f: &mut dyn FnMut(&mut String)) {
    const TLS: [&str; 2] = ["client_cert", "client_key"];
    match kind {
        Kind::Ssl => {
            for field in ["cert", "key", "certs", "keys"] {
                within(object.get_mut(field), f);
            }
            within(object.pointer_mut("/client/ca"), f);
        }
        Kind::Upstream => TLS.iter().for_each(|field| within(object.pointer_mut(&format!("/tls/{field}")), f)),
        Kind::Route | Kind::Service => {
            TLS.iter().for_each(|field| within(object.pointer_mut(&format!("/upstream/tls/{field}")), f));
            within(object.get_mut("plugins"), f);
        }
        Kind::PluginConfig | Kind::ConsumerGroup | Kind::GlobalRule | Kind::Consumer | Kind::Credential => {
            within(object.get_mut("plugins"), f);
        }
        // The whole object is the plugin's; its own id is a plugin's name.
        Kind::PluginMetadata => within(Some(object), f),
        _ => {}
    }
}

fn within(value: Option<&mut Value>, f: &mut dyn FnMut(&mut String)) {
    match value {
        Some(Value::String(text)) if is_reference(text) => f(text),
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| within(Some(item), f)),
        Some(Value::Object(fields)) => fields.values_mut().for_each(|field| within(Some(field), f)),
        _ => {}
    }
}

/// What a secret field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A private key in PEM form; what does not begin with `---` is encrypted already.
    Key,
    /// A password, token or key of a plugin or secret manager.
    Plugin,
}

/// Calls `f` with every string of `object` that is a secret, but for references, so that it may encrypt or decrypt it
/// in place.
///
/// # Errors
/// The first error of `f`; what was visited before stays changed.
pub fn each<E>(
    kind: Kind,
    object: &mut Value,
    specs: &dyn PluginSpecs,
    f: &mut dyn FnMut(Field, &mut String) -> Result<(), E>,
) -> Result<(), E> {
    let mut key = |text: &mut String| f(Field::Key, text);
    match kind {
        Kind::Ssl => {
            at_path(object, "key", &mut key)?;
            at_path(object, "keys", &mut key)?;
        }
        Kind::Upstream => at_path(object, "tls.client_key", &mut key)?,
        Kind::Route | Kind::Service | Kind::StreamRoute => at_path(object, "upstream.tls.client_key", &mut key)?,
        Kind::Secret => {
            let manager = &mut |text: &mut String| f(Field::Plugin, text);
            return OF_MANAGERS.iter().try_for_each(|path| at_path(object, path, manager));
        }
        Kind::PluginMetadata => {
            let name = object.get("id").and_then(Value::as_str).unwrap_or_default();
            let paths = specs.get(name).map_or(&[][..], |spec| spec.metadata_encrypt_fields);
            return plugin(object, paths, f);
        }
        _ => {}
    }
    let place = match kind {
        Kind::Consumer | Kind::Credential => SchemaType::Consumer,
        _ => SchemaType::Plugin,
    };
    let plugins = object.get_mut("plugins").and_then(Value::as_object_mut);
    for (name, conf) in plugins.into_iter().flatten() {
        if let Some(spec) = specs.get(name) {
            plugin(conf, spec.encrypted_for(place), f)?;
        }
    }
    Ok(())
}

/// The same for one plugin's configuration and the dotted paths of its secrets.
///
/// # Errors
/// The first error of `f`.
pub fn plugin<E>(
    conf: &mut Value,
    paths: &[&str],
    f: &mut dyn FnMut(Field, &mut String) -> Result<(), E>,
) -> Result<(), E> {
    paths.iter().try_for_each(|path| at_path(conf, path, &mut |text| f(Field::Plugin, text)))
}

/// Calls `f` with the strings at a dotted path. Arrays on the way are walked through; at the end there may be a
/// string, an array of strings or an object with strings.
///
/// # Errors
/// The first error of `f`.
pub fn at_path<E>(value: &mut Value, path: &str, f: &mut dyn FnMut(&mut String) -> Result<(), E>) -> Result<(), E> {
    if let Value::Array(items) = value {
        // Arrays of arrays occur in no schema; the depth of a path bounds the recursion below, this its arrays.
        return items.iter_mut().filter(|item| !item.is_array()).try_for_each(|item| at_path(item, path, f));
    }
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let Some(next) = value.get_mut(step) else { return Ok(()) };
    match (rest, next) {
        (Some(rest), next) => at_path(next, rest, f),
        (None, Value::Array(items)) => items.iter_mut().try_for_each(|item| string(item, f)),
        (None, Value::Object(fields)) => fields.values_mut().try_for_each(|field| string(field, f)),
        (None, next) => string(next, f),
    }
}

fn string<E>(value: &mut Value, f: &mut dyn FnMut(&mut String) -> Result<(), E>) -> Result<(), E> {
    match value {
        Value::String(text) if !is_reference(text) => f(text),
        _ => Ok(()),
    }
}

/// A copy of `object` for people: every secret replaced by `***`, private keys left out. Values that nest too deeply
/// to be objects of ours are left out whole.
pub fn masked(kind: Kind, object: &Value, specs: &dyn PluginSpecs) -> Value {
    if !json::within_depth(object, json::MAX_DEPTH) {
        return Value::Null;
    }
    let mut copy = object.clone();
    if let (Kind::Ssl, Value::Object(fields)) = (kind, &mut copy) {
        fields.shift_remove("key");
        fields.shift_remove("keys");
    }
    let masking: Result<(), std::convert::Infallible> = each(kind, &mut copy, specs, &mut |_, text| {
        text.clear();
        text.push_str("***");
        Ok(())
    });
    let Ok(()) = masking;
    copy
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::PluginSpec;

    #[test]
    fn references_are_told_from_secrets() {
        for text in ["$secret://vault/1/a", "$env://A", "$ENV://A", "$Env://"] {
            assert!(is_reference(text), "{text}");
        }
        for text in ["$SECRET://vault", "$secret:/", "$env:/A", "env://A", "", "$env:é"] {
            assert!(!is_reference(text), "{text}");
        }
    }

    #[test]
    fn references_and_what_they_lead_to() {
        let env = |name, key| Ok(Reference::Env { name, key });
        let managed = |manager, path| Ok(Reference::Managed { manager, path });
        let form = Err("it is not of the form $secret://MANAGER/ID/PATH");
        for (text, expected) in [
            ("$env://A", env("A", None)),
            ("$ENV://A/b/c", env("A", Some("b/c"))),
            ("$env://", Err("it names no variable")),
            ("$env:///a", Err("it names no variable")),
            ("$secret://vault/1/a/b", managed("vault/1", "a/b")),
            ("$secret://aws/x/name", managed("aws/x", "name")),
            ("$secret://vault/1/", form),
            ("$secret://vault/1", form),
            ("$secret://vault//a", form),
            ("$secret:///1/a", form),
            ("$secret://", form),
            ("plain", Err("not a reference")),
        ] {
            assert_eq!(Reference::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn references_are_replaced_where_they_may_stand() {
        let run = |kind: Kind, mut object: Value| {
            each_reference(kind, &mut object, &mut |text| *text = "value".to_owned());
            object
        };
        let plugins = json!({"uri": "$env://U", "plugins": {"p": {"a": ["$env://A", {"b": "$secret://vault/1/b"}], "c": 1}},
            "upstream": {"tls": {"client_cert": "$env://C", "client_key": "$env://K"}, "upstream_host": "$env://H"}});
        assert_eq!(
            run(Kind::Route, plugins),
            json!({"uri": "$env://U", "plugins": {"p": {"a": ["value", {"b": "value"}], "c": 1}},
                "upstream": {"tls": {"client_cert": "value", "client_key": "value"}, "upstream_host": "$env://H"}})
        );
        let ssl =
            json!({"cert": "$env://A", "keys": ["$env://A", "k"], "client": {"ca": "$env://A"}, "sni": "$env://A"});
        assert_eq!(
            run(Kind::Ssl, ssl),
            json!({"cert": "value", "keys": ["value", "k"], "client": {"ca": "value"}, "sni": "$env://A"})
        );
        let metadata = json!({"id": "p", "headers": {"token": "$env://A"}, "create_time": 1});
        assert_eq!(
            run(Kind::PluginMetadata, metadata),
            json!({"id": "p", "headers": {"token": "value"}, "create_time": 1})
        );
        let conf = json!({"a": [{"b": "$env://X"}], "c": "x"});
        assert!(holds_reference(&conf) && reference_at(&conf, "a.b") && reference_at(&conf, "a"));
        assert!(!reference_at(&conf, "c") && !reference_at(&conf, "a.c") && !reference_at(&conf, "c.b"));
    }

    fn shout(kind: Kind, mut object: Value) -> Value {
        let specs = vec![PluginSpec {
            encrypt_fields: &["a.b", "list", "map"],
            consumer_encrypt_fields: &["key"],
            consumer_schema: Some(crate::schema::LazySchema::new("{}")),
            metadata_encrypt_fields: &["token"],
            ..PluginSpec::new("p", 1, "{}")
        }];
        let done: Result<(), ()> = each(kind, &mut object, &specs, &mut |_, text| {
            *text = text.to_uppercase();
            Ok(())
        });
        assert_eq!(done, Ok(()));
        object
    }

    #[test]
    fn every_secret_field_is_visited() {
        let cases = [
            (
                Kind::Route,
                json!({"name": "x", "upstream": {"tls": {"client_key": "k"}}, "plugins": {"other": {"list": ["a"]},
                    "p": {"a": [{"b": "x", "c": "x"}, {"b": "$env://x"}], "list": ["a", 1], "map": {"k": "v"}}}}),
                json!({"name": "x", "upstream": {"tls": {"client_key": "K"}}, "plugins": {"other": {"list": ["a"]},
                    "p": {"a": [{"b": "X", "c": "x"}, {"b": "$env://x"}], "list": ["A", 1], "map": {"k": "V"}}}}),
            ),
            (
                Kind::Consumer,
                json!({"plugins": {"p": {"key": "k", "list": "l"}}}),
                json!({"plugins": {"p": {"key": "K", "list": "l"}}}),
            ),
            (
                Kind::Ssl,
                json!({"key": "k", "keys": ["k"], "cert": "c"}),
                json!({"key": "K", "keys": ["K"], "cert": "c"}),
            ),
            (
                Kind::Upstream,
                json!({"tls": {"client_key": "k", "client_cert": "c"}}),
                json!({"tls": {"client_key": "K", "client_cert": "c"}}),
            ),
            (
                Kind::Secret,
                json!({"id": "gcp/1", "uri": "u", "token": "t", "auth_config": {"private_key": "k"}, "access_key_id": "i"}),
                json!({"id": "gcp/1", "uri": "u", "token": "T", "auth_config": {"private_key": "K"}, "access_key_id": "i"}),
            ),
            (Kind::PluginMetadata, json!({"id": "p", "token": "t"}), json!({"id": "p", "token": "T"})),
        ];
        for (kind, before, after) in cases {
            assert_eq!(shout(kind, before), after);
        }
    }

    #[test]
    fn masks_for_people() {
        let ssl = json!({"cert": "c", "key": "k", "keys": ["k"]});
        assert_eq!(masked(Kind::Ssl, &ssl, &crate::NoPlugins), json!({"cert": "c"}));
    }
}
