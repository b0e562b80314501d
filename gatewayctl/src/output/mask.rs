//! Secrets are shown as `********` in every format and at every verbosity. What is a secret is decided by the field's
//! name, by what plugins are known to encrypt, and never by the value; references like `$secret://…` stay readable.
//!
//! The way back is here too: a masked value in a file means "keep the stored one" ([`restore`]).

use serde_json::Value;

/// What stands for a secret.
pub(crate) const MASK: &str = "********";

/// What the server puts in the place of a secret for a key that may not see it.
const HIDDEN: &str = "***";

/// Masks every secret in an object of the Admin API (or a list, or an envelope around one), in place.
pub(crate) fn mask(value: &mut Value) {
    walk(value, &Place::default(), hide);
}

/// Makes secrets that the server has hidden look like those that are hidden here: so a file with one means the stored one too.
fn unify(value: &mut Value) {
    walk(value, &Place::default(), remask);
}

/// The object masked, unless secrets were asked for; those that the server does not tell stay masked.
pub(crate) fn masked(value: &Value, show_secrets: bool) -> Value {
    let mut copy = value.clone();
    if show_secrets {
        unify(&mut copy);
    } else {
        mask(&mut copy);
    }
    copy
}

/// Whether the server has hidden a secret of an object from the key that asked.
pub(crate) fn is_hidden(value: &Value) -> bool {
    let mut copy = value.clone();
    unify(&mut copy);
    copy != *value
}

/// What is said where secrets were asked for and the server hides them.
pub(crate) const NOT_TOLD: &str = "this key may not see secrets: the server tells none, and ******** stands for each";

/// Whether a value is a mask.
pub(crate) fn is_mask(value: &Value) -> bool {
    value.as_str() == Some(MASK)
}

/// The JSON pointer of the first masked value, if any.
pub(crate) fn find_mask(value: &Value) -> Option<String> {
    let step = |name: &str, inner: &Value| find_mask(inner).map(|rest| format!("/{}{rest}", escape(name)));
    match value {
        Value::Object(map) => map.iter().find_map(|(name, inner)| step(name, inner)),
        Value::Array(items) => items.iter().enumerate().find_map(|(i, inner)| step(&i.to_string(), inner)),
        leaf => is_mask(leaf).then(String::new),
    }
}

/// Puts the stored value in the place of every mask.
///
/// # Errors
/// The JSON pointer of the first mask for which nothing is stored.
pub(crate) fn restore(new: &mut Value, stored: Option<&Value>) -> Result<(), String> {
    unify(new);
    restore_in(new, stored)
}

fn restore_in(new: &mut Value, stored: Option<&Value>) -> Result<(), String> {
    match new {
        leaf if is_mask(leaf) => match stored {
            Some(value) => *leaf = value.clone(),
            None => return Err(String::new()),
        },
        Value::Object(map) => {
            for (name, inner) in map.iter_mut() {
                let old = stored.and_then(|stored| stored.get(name));
                restore_in(inner, old).map_err(|rest| format!("/{}{rest}", escape(name)))?;
            }
        }
        Value::Array(items) => {
            let old = stored.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            for (i, inner) in items.iter_mut().enumerate() {
                // Looked up only where something is masked: a moved element must not get another one's secret.
                if find_mask(inner).is_some() {
                    let twin = twin(inner, i, old);
                    restore_in(inner, twin).map_err(|rest| format!("/{i}{rest}"))?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// One segment of a JSON pointer (RFC 6901 §3).
pub(crate) fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// Where in an object the walk is.
#[derive(Debug, Default, Clone, Copy)]
struct Place<'a> {
    /// The plugin whose configuration this is part of.
    plugin: Option<&'a str>,
    /// Directly inside an upstream, where `key` is the name of a variable to hash on.
    upstream: bool,
    /// Directly inside `plugins`, where names are plugins.
    plugins: bool,
    /// Inside free key-value pairs that are no secrets.
    labels: bool,
    /// Directly inside what says who made a change, where `key` is the name of a key of the Admin API.
    author: bool,
}

/// Does something to everything that is a secret by its name.
fn walk(value: &mut Value, place: &Place<'_>, at: fn(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, place, at)),
        Value::Object(map) => {
            // An upstream by itself has no name around it that says so.
            let upstream = place.upstream || (place.plugin.is_none() && map.contains_key("nodes"));
            let envelope = map.contains_key("value") || map.contains_key("deleted");
            let map_is_change = place.plugin.is_none() && map.contains_key("rev");
            for (name, inner) in map.iter_mut() {
                // The store's key of an envelope, `/apisix/routes/1`.
                if envelope && name == "key" && inner.as_str().is_some_and(|key| key.starts_with('/')) {
                    continue;
                }
                if place.plugins {
                    walk(inner, &Place { plugin: Some(name), ..Place::default() }, at);
                    continue;
                }
                if !place.labels && is_secret(name, &Place { upstream, ..*place }) {
                    at(inner);
                    continue;
                }
                let below = Place {
                    plugin: place.plugin,
                    upstream: name == "upstream",
                    plugins: name == "plugins" && inner.is_object(),
                    labels: name == "labels",
                    author: name == "by" && map_is_change,
                };
                walk(inner, &below, at);
            }
        }
        _ => {}
    }
}

fn is_secret(name: &str, place: &Place<'_>) -> bool {
    let lower = name.to_ascii_lowercase();
    if lower == "key" || lower == "keys" {
        return !place.author && !place.upstream && !place.plugin.is_some_and(|plugin| VARIABLE_KEYS.contains(&plugin));
    }
    if NOT_SECRET.contains(&lower.as_str()) {
        return false;
    }
    SECRET_NAMES.contains(&lower.as_str())
        || SECRET_ENDINGS.iter().any(|ending| lower.ends_with(ending))
        || place.plugin.is_some_and(|plugin| {
            ENCRYPTED.iter().any(|(names, fields)| names.contains(&plugin) && fields.contains(&lower.as_str()))
        })
}

/// Masks all text and numbers of a value; references to secrets kept elsewhere are no secrets.
fn hide(value: &mut Value) {
    match value {
        Value::String(text) if text.is_empty() || is_reference(text) => {}
        Value::String(_) | Value::Number(_) => *value = Value::String(MASK.to_owned()),
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(map) => map.values_mut().for_each(hide),
        Value::Null | Value::Bool(_) => {}
    }
}

fn remask(value: &mut Value) {
    match value {
        Value::String(text) if text == HIDDEN => MASK.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(remask),
        Value::Object(map) => map.values_mut().for_each(remask),
        _ => {}
    }
}

/// A value that says where the secret is, and is none.
pub(crate) fn is_reference(text: &str) -> bool {
    text.starts_with("$secret://") || text.get(..7).is_some_and(|head| head.eq_ignore_ascii_case("$env://"))
}

/// The stored element that a masked one came from: the one that is equal but for its masks (its own place first), else
/// the one of the same name.
fn twin<'a>(masked: &Value, place: usize, stored: &'a [Value]) -> Option<&'a Value> {
    let own = stored.get(place).filter(|old| same_but_masks(masked, old));
    own.or_else(|| stored.iter().find(|old| same_but_masks(masked, old))).or_else(|| {
        ["name", "id"].iter().find_map(|field| {
            let wanted = masked.get(field).filter(|value| !is_mask(value))?;
            stored.iter().find(|old| old.get(field) == Some(wanted))
        })
    })
}

fn same_but_masks(masked: &Value, old: &Value) -> bool {
    match (masked, old) {
        (mask, _) if is_mask(mask) => true,
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|old| same_but_masks(v, old)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(v, old)| same_but_masks(v, old))
        }
        (a, b) => a == b,
    }
}

/// Fields that hold a secret wherever they stand.
const SECRET_NAMES: &[&str] = &[
    "password",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "secret_fallbacks",
    "service_account_json",
    "authorization",
    "proxy-authorization",
    "auth_header",
    "x-api-key",
    "cookie",
    "api-key",
];

/// Endings that say the same.
const SECRET_ENDINGS: &[&str] = &["_key", "_password", "_secret", "_token", "_apikey", "access_key_secret"];

/// Names that end like secrets and are none: public halves, names of variables, of headers and of labels.
const NOT_SECRET: &[&str] = &["public_key", "cache_key", "serialization_header_key", "external_user_label_field_key"];

/// Plugins whose `key` names a variable, a header or a partition.
const VARIABLE_KEYS: &[&str] = &[
    "limit-count",
    "limit-req",
    "limit-conn",
    "graphql-limit-count",
    "ai-proxy-multi",
    "ai-rate-limiting",
    "api-breaker",
    "kafka-logger",
    "error-log-logger",
    "rocketmq-logger",
    "traffic-split",
];

/// Fields that plugins keep encrypted and that no rule above covers.
const ENCRYPTED: &[(&[&str], &[&str])] = &[
    (&["ai-proxy", "ai-proxy-multi"], &["header", "query"]),
    (&["elasticsearch-logger", "loki-logger"], &["headers"]),
    (&["graphql-limit-count"], &["introspection_headers"]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_by_name_and_place() {
        let cases = [
            (json!({"plugins":{"key-auth":{"key":"k"}}}), json!({"plugins":{"key-auth":{"key":MASK}}})),
            (
                json!({"plugins":{"limit-count":{"key":"remote_addr","redis_password":"p"}}}),
                json!({"plugins":{"limit-count":{"key":"remote_addr","redis_password":MASK}}}),
            ),
            (
                json!({"nodes":{"a:1":1},"type":"chash","key":"remote_addr","tls":{"client_key":"K","client_cert":"C"}}),
                json!({"nodes":{"a:1":1},"type":"chash","key":"remote_addr","tls":{"client_key":MASK,"client_cert":"C"}}),
            ),
            (
                json!({"upstream":{"service_name":"s","key":"uri"}}),
                json!({"upstream":{"service_name":"s","key":"uri"}}),
            ),
            (
                json!({"plugins":{"jwt-auth":{"key":"$secret://vault/1/k","public_key":"P","secret":"$ENV://S"}}}),
                json!({"plugins":{"jwt-auth":{"key":"$secret://vault/1/k","public_key":"P","secret":"$ENV://S"}}}),
            ),
            (json!({"labels":{"token":"blue"},"token":"t"}), json!({"labels":{"token":"blue"},"token":MASK})),
            (
                json!({"plugins":{"ai-proxy":{"auth":{"header":{"Authorization":"Bearer x"}},"provider":"openai"}}}),
                json!({"plugins":{"ai-proxy":{"auth":{"header":{"Authorization":MASK}},"provider":"openai"}}}),
            ),
            (
                json!({"plugins":{"proxy-rewrite":{"headers":{"set":{"Authorization":"Basic x","X-A":"1"}}}}}),
                json!({"plugins":{"proxy-rewrite":{"headers":{"set":{"Authorization":MASK,"X-A":"1"}}}}}),
            ),
            (
                json!({"sni":"a","cert":"C","key":"K","keys":["K2"]}),
                json!({"sni":"a","cert":"C","key":MASK,"keys":[MASK]}),
            ),
            (
                json!({"records":[{"rev":7,"by":{"key":"admin","addr":"::1"},"after":{"key":"K","by":{"key":"K"}}}]}),
                json!({"records":[{"rev":7,"by":{"key":"admin","addr":"::1"},"after":{"key":MASK,"by":{"key":MASK}}}]}),
            ),
            (
                json!({"list":[{"key":"/apisix/x/1","value":{"key":"K"}}]}),
                json!({"list":[{"key":"/apisix/x/1","value":{"key":MASK}}]}),
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(masked(&value, false), expected);
            assert_eq!(masked(&value, true), value);
        }
    }

    #[test]
    fn masks_come_back_from_what_is_stored() {
        let stored = json!({"plugins":{"key-auth":{"key":"k"}},"list":[{"name":"a","secret":"A"},{"name":"b","secret":"B","x":1}]});
        let mut new = json!({"plugins":{"key-auth":{"key":MASK}},"list":[{"name":"b","secret":MASK,"x":2},{"name":"a","secret":MASK}]});
        restore(&mut new, Some(&stored)).unwrap();
        assert_eq!(
            new,
            json!({"plugins":{"key-auth":{"key":"k"}},"list":[{"name":"b","secret":"B","x":2},{"name":"a","secret":"A"}]})
        );

        let mut lost = json!({"a/b":{"secret":MASK}});
        assert_eq!(restore(&mut lost, Some(&stored)), Err("/a~1b/secret".to_owned()));
        assert_eq!(restore(&mut json!({"secret":MASK}), None), Err("/secret".to_owned()));
        assert_eq!(find_mask(&json!({"a":[1,{"k":MASK}]})).as_deref(), Some("/a/1/k"));
        assert_eq!(find_mask(&json!({"a":"b"})), None);
    }

    /// A copy made with a key that may not see secrets does not overwrite them.
    #[test]
    fn what_the_server_hides_is_a_mask_too() {
        let stored = json!({"plugins":{"key-auth":{"key":"k"},"cors":{"allow_origins":"***"}}});
        let seen = json!({"plugins":{"key-auth":{"key":"***"},"cors":{"allow_origins":"***"}}});
        assert!(is_hidden(&seen) && !is_hidden(&stored));
        let mut shown = masked(&seen, true);
        assert_eq!(shown, json!({"plugins":{"key-auth":{"key":MASK},"cors":{"allow_origins":"***"}}}));
        restore(&mut shown, Some(&stored)).unwrap();
        assert_eq!(shown, stored);
        let mut older = seen;
        restore(&mut older, Some(&stored)).unwrap();
        assert_eq!(older, stored);
    }
}
