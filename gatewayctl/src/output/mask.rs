//! Secrets are shown as `********` in every format and at every verbosity: what the gateway itself masks for those whom it tells no
//! secrets ([`gateway_model::masks`]), and what is a secret by the field's name and by what plugins are known to encrypt. References
//! like `$secret://…` stay readable.
//!
//! The way back is here too: a masked value in a file means "keep the stored one" ([`restore`]), and so does one with a mask in it.

mod kept;

use std::borrow::Cow;

use gateway_model::masks;
use serde_json::Value;

pub(crate) use self::kept::{find_mask, holds_mask, is_mask, restore};

/// What stands for a secret.
pub(crate) const MASK: &str = "********";

/// What the server puts in the place of a secret for a key that may not see it.
const HIDDEN: &str = masks::MASK;

/// Masks every secret in an object of the Admin API (or a list, or an envelope around one), in place.
pub(crate) fn mask(value: &mut Value) {
    cover(value, MASK);
}

fn cover(value: &mut Value, mask: &str) {
    walk(value, &Place::default(), mask);
    masks::hide(value, mask);
}

/// Makes secrets that the server has hidden look like those that are hidden here: so a file with one means the stored one too.
fn unify(value: &mut Value) {
    fn same(value: &mut Value, theirs: &Value, ours: &Value) {
        match value {
            Value::String(_) if value == theirs => ours.clone_into(value),
            Value::Array(items) => {
                let both = theirs.as_array().into_iter().flatten().zip(ours.as_array().into_iter().flatten());
                items.iter_mut().zip(both).for_each(|(item, (theirs, ours))| same(item, theirs, ours));
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    if let (Some(theirs), Some(ours)) = (theirs.get(name), ours.get(name)) {
                        same(field, theirs, ours);
                    }
                }
            }
            _ => {}
        }
    }
    let (mut theirs, mut ours) = (value.clone(), value.clone());
    cover(&mut theirs, HIDDEN);
    cover(&mut ours, MASK);
    // What masking by the server's mask leaves as it is has no other secrets.
    same(value, &theirs, &ours);
}

/// A text with its URLs' secrets masked: what was typed, or a body that is no JSON.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    masks::line(text, MASK, &|_, _| false)
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

/// Masks everything that is a secret by its name.
fn walk(value: &mut Value, place: &Place<'_>, mask: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, place, mask)),
        Value::Object(map) => {
            // A refusal repeats what was sent, as it came.
            if map.contains_key("error_msg") {
                map.get_mut("req_body").into_iter().for_each(|body| hide(body, mask));
            }
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
                    walk(inner, &Place { plugin: Some(name), ..Place::default() }, mask);
                    continue;
                }
                if !place.labels && is_secret(name, &Place { upstream, ..*place }) {
                    hide(inner, mask);
                    continue;
                }
                let below = Place {
                    plugin: place.plugin,
                    upstream: name == "upstream",
                    plugins: name == "plugins" && inner.is_object(),
                    labels: name == "labels",
                    author: name == "by" && map_is_change,
                };
                walk(inner, &below, mask);
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
fn hide(value: &mut Value, mask: &str) {
    match value {
        Value::String(text) if text.is_empty() || is_reference(text) => {}
        Value::String(_) | Value::Number(_) => *value = Value::String(mask.to_owned()),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, mask)),
        Value::Object(map) => map.values_mut().for_each(|inner| hide(inner, mask)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// A value that says where the secret is, and is none.
pub(crate) fn is_reference(text: &str) -> bool {
    text.starts_with("$secret://") || text.get(..7).is_some_and(|head| head.eq_ignore_ascii_case("$env://"))
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
            (json!({"labels":{"key":"blue"},"token":"t"}), json!({"labels":{"key":"blue"},"token":MASK})),
            (
                json!({"plugins":{"http-logger":{"uri":"http://u:PW@h/?sig=K"},"proxy-rewrite":{"headers":{
                    "set":{"X-Internal-Token":"K","X-A":"1"},"add":["X-Token: K","X-B: 2"]}}}}),
                json!({"plugins":{"http-logger":{"uri":"http://********@h/?sig=********"},"proxy-rewrite":{"headers":{
                    "set":{"X-Internal-Token":MASK,"X-A":"1"},"add":["X-Token: ********","X-B: 2"]}}}}),
            ),
            (json!({"vars":[["http_apikey","==","K"]]}), json!({"vars":[["http_apikey","==",MASK]]})),
            (json!({"error_msg":"no JSON","req_body":"{\"key\":K,}"}), json!({"error_msg":"no JSON","req_body":MASK})),
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
        let theirs = json!({"uri":"http://***@h/","vars":[["arg_token","==","***"]],"a":"/***"});
        let ours = json!({"uri":"http://********@h/","vars":[["arg_token","==",MASK]],"a":"/***"});
        assert_eq!(masked(&theirs, true), ours);
        let mut older = seen;
        restore(&mut older, Some(&stored)).unwrap();
        assert_eq!(older, stored);
    }
}
