//! What is a secret, and what it looks like to people: one set of names for stored objects, requests, logs and what is told of them.

mod text;

use gateway_model::plugin::PluginSpecs;
use gateway_model::secret::{is_reference, masked};
use gateway_model::{Kind, json};
use serde_json::Value;

pub(crate) use self::text::{line, url};

/// What a secret looks like.
pub(crate) const MASK: &str = "***";

/// Names of fields whose texts are taken for secrets, whatever schema they are of, in lower case with `_` for `-`.
const NAMES: [&str; 13] = [
    "api_key",
    "apikey",
    "authorization",
    "client_key",
    "passwd",
    "password",
    "private_key",
    "proxy_authorization",
    "secret",
    "secret_access_key",
    "secret_key",
    "token",
    "x_api_key",
];

/// The same of their ends.
const ENDS: [&str; 9] = [
    "_api_key",
    "_apikey",
    "_authorization",
    "_passwd",
    "_password",
    "_private_key",
    "_secret",
    "_secret_key",
    "_token",
];

/// What variables of a request or its answer begin with whose rest is the name of a field, argument or cookie.
const OF_REQUESTS: [&str; 11] = [
    "http_",
    "arg_",
    "cookie_",
    "post_arg_",
    "post_arg.",
    "sent_http_",
    "sent_trailer_",
    "upstream_http_",
    "upstream_trailer_",
    "upstream_cookie_",
    "dubbo_attachment_",
];

/// A name in the form of [`NAMES`]: `X-API-Key` is `x_api_key`, `clientSecret` is `client_secret`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 2);
    let mut small = false;
    for c in name.chars() {
        if small && c.is_ascii_uppercase() {
            plain.push('_');
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
        plain.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    plain
}

fn holds_secret(plain: &str) -> bool {
    NAMES.contains(&plain) || ENDS.iter().any(|end| plain.ends_with(end))
}

/// Whether a field of an object of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    holds_secret(&plain(name))
}

/// Whether a field, argument or cookie of a request or answer of this name holds what nobody else should see.
pub(crate) fn is_credential(name: &str) -> bool {
    let plain = plain(name);
    matches!(&*plain, "cookie" | "set_cookie" | "jwt") || holds_secret(&plain)
}

/// The name of the field, argument or cookie that a variable of a request or its answer reads.
pub(crate) fn read_by(variable: &str) -> Option<&str> {
    OF_REQUESTS.iter().find_map(|prefix| variable.strip_prefix(prefix))
}

/// An object for people who see no secrets: the fields that are encrypted at rest, texts by the names of secrets, fields of requests
/// and answers that hold credentials, what conditions compare those with, and what is secret within URLs. References stay.
pub(crate) fn object(kind: Kind, value: &Value, specs: &dyn PluginSpecs) -> Value {
    let mut value = masked(kind, value, specs);
    let plugins = value.get_mut("plugins").and_then(Value::as_object_mut);
    for (name, conf) in plugins.into_iter().flatten() {
        // Whose schema is not known may call its secret what others call a key to count by.
        if specs.get(name).is_none() {
            hide_keys(conf);
        }
    }
    hide(&mut value, false);
    value
}

/// The same of a part of an object, a condition for one.
pub(crate) fn part(value: &mut Value) {
    if json::within_depth(value, json::MAX_DEPTH) {
        hide(value, false);
    }
}

fn hide_keys(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide_keys),
        Value::Object(fields) => {
            for (name, field) in fields {
                if name.eq_ignore_ascii_case("key") { mask(field) } else { hide_keys(field) }
            }
        }
        _ => {}
    }
}

/// `fields`: the value is of fields of requests or answers, by name or as lines.
fn hide(value: &mut Value, fields: bool) {
    match value {
        Value::String(text) if !is_reference(text) => {
            if fields && text.split_once(':').is_some_and(|(name, _)| is_credential(name.trim())) {
                text.truncate(text.find(':').unwrap_or_default());
                text.push_str(": ");
                text.push_str(MASK);
            } else {
                within(text);
            }
        }
        Value::Array(items) => {
            if compares_secret(items) {
                items.last_mut().into_iter().for_each(mask);
            }
            items.iter_mut().for_each(|item| hide(item, fields));
        }
        Value::Object(members) => {
            for (name, member) in members {
                let plain = plain(name);
                if holds_secret(&plain) || fields && is_credential(name) {
                    mask(member);
                } else {
                    hide(member, fields || plain == "headers" || plain.ends_with("_headers"));
                }
            }
        }
        _ => {}
    }
}

/// Whether this is a condition on what holds a credential: `["http_apikey", "==", …]`.
fn compares_secret(items: &[Value]) -> bool {
    let variable = items.first().and_then(Value::as_str).filter(|_| items.len() > 2);
    variable.and_then(read_by).is_some_and(is_secret)
}

/// Masks what is secret within a text that looks like a URL or holds one.
fn within(text: &mut String) {
    if text.starts_with('/') || text.contains('?') || text.contains("://") {
        let shown = line(text, &|_, _| false);
        if shown != *text {
            *text = shown.into_owned();
        }
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::String(text) if !is_reference(text) => MASK.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => fields.values_mut().for_each(mask),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use gateway_model::PluginSpec;
    use serde_json::json;

    use super::*;

    fn shown(kind: Kind, value: Value) -> Value {
        let specs = vec![PluginSpec { encrypt_fields: &["hidden"], ..PluginSpec::new("p", 1, "{}") }];
        object(kind, &value, &specs)
    }

    #[test]
    fn names() {
        for name in ["apikey", "apiKey", "API-KEY", "X-Api-Key", "access_token", "accessToken", "db-password", "Secret"]
        {
            assert!(is_secret(name) && is_credential(name), "{name}");
        }
        for name in ["Cookie", "set-cookie", "jwt", "JWT"] {
            assert!(is_credential(name) && !is_secret(name), "{name}");
        }
        for name in ["key", "keys", "tokens", "jwt-auth", "secretary", "", "-", "é"] {
            assert!(!is_credential(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_masked_by_schema_and_by_name() {
        let route = json!({"uri": "/", "plugins": {
            "p": {"hidden": "h", "key": "remote_addr", "redis_password": "r", "headers": {"Authorization": "Bearer x"}},
            "unknown": {"key": "k", "list": [{"token": "t"}], "keys": "x", "secret": "$env://S", "Client-Secret": ["a"]},
        }});
        let expected = json!({"uri": "/", "plugins": {
            "p": {"hidden": "***", "key": "remote_addr", "redis_password": "***", "headers": {"Authorization": "***"}},
            "unknown": {"key": "***", "list": [{"token": "***"}], "keys": "x", "secret": "$env://S", "Client-Secret": ["***"]},
        }});
        assert_eq!(shown(Kind::Route, route), expected);
        let ssl = json!({"cert": "c", "key": "k", "keys": ["k"], "sni": "s"});
        assert_eq!(shown(Kind::Ssl, ssl), json!({"cert": "c", "sni": "s"}));
        let vault = json!({"id": "vault/1", "uri": "u", "token": "t"});
        assert_eq!(shown(Kind::Secret, vault), json!({"id": "vault/1", "uri": "u", "token": "***"}));
        let key = json!({"tls": {"client_key": "k", "client_cert": "c"}});
        assert_eq!(shown(Kind::Upstream, key), json!({"tls": {"client_key": "***", "client_cert": "c"}}));
    }

    #[test]
    fn fields_conditions_and_urls_within_objects() {
        let route = json!({"uri": "/a", "vars": [["http_apikey", "==", "K"], ["arg_token", "!", "in", ["K"]], ["arg_a", "==", "b"]],
            "plugins": {
            "proxy-rewrite": {"uri": "/x?apikey=K&a=1", "headers": {"set": {"Cookie": "s=1", "X-Api-Key": "K", "X-A": "b"}, "remove": ["Cookie"]}},
            "response-rewrite": {"headers": {"add": ["Set-Cookie: s=1", "X-Internal-Token: K", "X-B: c"]}},
            "http-logger": {"uri": "http://u:PW@h:1/p", "ca": "$secret://vault/1/a@b"},
            "jwt-auth": {"cookie": "jwt", "header": "authorization", "query": "jwt"},
        }, "upstream": {"checks": {"active": {"req_headers": ["Authorization: Basic K", "X-A: b"]}}}});
        let expected = json!({"uri": "/a", "vars": [["http_apikey", "==", "***"], ["arg_token", "!", "in", ["***"]], ["arg_a", "==", "b"]],
            "plugins": {
            "proxy-rewrite": {"uri": "/x?apikey=***&a=1", "headers": {"set": {"Cookie": "***", "X-Api-Key": "***", "X-A": "b"}, "remove": ["Cookie"]}},
            "response-rewrite": {"headers": {"add": ["Set-Cookie: ***", "X-Internal-Token: ***", "X-B: c"]}},
            "http-logger": {"uri": "http://***@h:1/p", "ca": "$secret://vault/1/a@b"},
            "jwt-auth": {"cookie": "jwt", "header": "authorization", "query": "jwt"},
        }, "upstream": {"checks": {"active": {"req_headers": ["Authorization: ***", "X-A: b"]}}}});
        assert_eq!(shown(Kind::Route, route), expected);
    }
}
