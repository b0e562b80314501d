//! What is a secret, and what it looks like to people: one set of names for stored objects, requests, logs and what is told of them.

mod text;

use serde_json::Value;

pub use self::text::{Also, line, url};
use crate::plugin::PluginSpecs;
use crate::secret::{is_reference, masked};
use crate::{Kind, json};

/// What a secret looks like to those whom the gateway does not tell it.
pub const MASK: &str = "***";

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

/// Names of arguments in queries that are as good as a password, beyond [`NAMES`]: signatures of URLs, what a sign-in is proved by or
/// ends with, names of sessions. In the same form.
const ARGUMENTS: [&str; 19] = [
    "assertion",
    "auth",
    "client_assertion",
    "code",
    "jsessionid",
    "otp",
    "pass",
    "phpsessid",
    "pwd",
    "samlrequest",
    "samlresponse",
    "session",
    "session_id",
    "sessionid",
    "sid",
    "sig",
    "signature",
    "x_amz_signature",
    "x_goog_signature",
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
#[must_use]
pub fn is_secret(name: &str) -> bool {
    holds_secret(&plain(name))
}

/// Whether a field, argument or cookie of a request or answer of this name holds what nobody else should see.
#[must_use]
pub fn is_credential(name: &str) -> bool {
    let plain = plain(name);
    matches!(&*plain, "cookie" | "set_cookie" | "jwt") || holds_secret(&plain)
}

/// Whether an argument in a query of this name holds what nobody else should see.
#[must_use]
pub fn is_argument(name: &str) -> bool {
    let plain = plain(name);
    ARGUMENTS.contains(&&*plain) || is_credential(name)
}

/// Whether a variable of a request or its answer is a credential, by the name of what it reads.
#[must_use]
pub fn is_hidden(variable: &str) -> bool {
    let argument = variable.starts_with("arg_") || variable.starts_with("post_arg");
    read_by(variable).is_some_and(if argument { is_argument } else { is_credential })
}

/// The name of the field, argument or cookie that a variable of a request or its answer reads.
#[must_use]
pub fn read_by(variable: &str) -> Option<&str> {
    OF_REQUESTS.iter().find_map(|prefix| variable.strip_prefix(prefix))
}

/// An object for people who see no secrets: the fields that are encrypted at rest, texts by the names of secrets, fields of requests
/// and answers that hold credentials, what conditions compare those with, and what is secret within URLs. References stay.
#[must_use]
pub fn object(kind: Kind, value: &Value, specs: &dyn PluginSpecs) -> Value {
    let mut value = masked(kind, value, specs);
    let plugins = value.get_mut("plugins").and_then(Value::as_object_mut);
    for (name, conf) in plugins.into_iter().flatten() {
        // Whose schema is not known may call its secret what others call a key to count by.
        if specs.get(name).is_none() {
            hide_keys(conf);
        }
    }
    hide(&mut value, MASK);
    value
}

/// The same of a part of an object, a condition for one.
pub fn part(value: &mut Value) {
    if json::within_depth(value, json::MAX_DEPTH) {
        hide(value, MASK);
    }
}

/// Masks by `mask` what names, the places of fields of requests and URLs say is secret, whatever an object is of. To be called with
/// values that are [not too deep](json::within_depth).
pub fn hide(value: &mut Value, mask: &str) {
    hide_in(value, mask, false);
}

fn hide_keys(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide_keys),
        Value::Object(fields) => {
            for (name, field) in fields {
                if name.eq_ignore_ascii_case("key") { cover(field, MASK) } else { hide_keys(field) }
            }
        }
        _ => {}
    }
}

/// `fields`: the value is of fields of requests or answers, by name or as lines.
fn hide_in(value: &mut Value, mask: &str, fields: bool) {
    match value {
        Value::String(text) if !is_reference(text) => {
            if fields && text.split_once(':').is_some_and(|(name, _)| is_credential(name.trim())) {
                text.truncate(text.find(':').unwrap_or_default());
                text.push_str(": ");
                text.push_str(mask);
            } else {
                within(text, mask);
            }
        }
        Value::Array(items) => {
            if compares_secret(items) {
                items.last_mut().into_iter().for_each(|value| cover(value, mask));
            }
            items.iter_mut().for_each(|item| hide_in(item, mask, fields));
        }
        Value::Object(members) => {
            for (name, member) in members {
                let plain = plain(name);
                if holds_secret(&plain) || fields && is_credential(name) {
                    cover(member, mask);
                } else {
                    hide_in(member, mask, fields || plain == "headers" || plain.ends_with("_headers"));
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

/// Whether a text of an object is looked into for secrets.
#[must_use]
pub fn looks_like_url(text: &str) -> bool {
    text.starts_with('/') || text.contains('?') || text.contains("://")
}

/// Masks what is secret within a text that looks like a URL or holds one.
fn within(text: &mut String, mask: &str) {
    if looks_like_url(text) {
        let shown = line(text, mask, &|_, _| false);
        if shown != *text {
            *text = shown.into_owned();
        }
    }
}

fn cover(value: &mut Value, mask: &str) {
    match value {
        Value::String(text) if !is_reference(text) => mask.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|value| cover(value, mask)),
        Value::Object(fields) => fields.values_mut().for_each(|value| cover(value, mask)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::PluginSpec;

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
        for name in
            ["sig", "X-Amz-Signature", "code", "auth", "sessionId", "SAMLResponse", "X-Amz-Security-Token", "jwt"]
        {
            assert!(is_argument(name) && is_hidden(&format!("arg_{name}")), "{name}");
        }
        assert!(!is_credential("code") && !is_hidden("http_code") && !is_argument("state"));
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
