//! Changes of the configuration as people see them: no secret in the clear, whoever asks.

use gateway_model::plugin::PluginSpecs;
use gateway_model::secret::{is_reference, masked};
use gateway_model::{Kind, json};
use gateway_store::{Change, JournalRecord, Kv};
use serde_json::{Map, Value, json};

use crate::state::keys;

/// Bytes of a stored object above which its size is told in its place.
pub(super) const LARGEST: usize = 256 << 10;

/// What a secret looks like.
const MASK: &str = "***";

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
const ENDS: [&str; 6] = ["_api_key", "_password", "_private_key", "_secret", "_secret_key", "_token"];

/// Decrypts the secrets of an object, for comparing them.
pub(super) type Reveal<'r> = &'r dyn Fn(Kind, &mut Value);

/// A change of one object; `None` where it is of something else. Secrets are compared, and not shown.
pub(super) fn change(
    record: &JournalRecord,
    change: &Change,
    specs: &dyn PluginSpecs,
    reveal: Reveal<'_>,
) -> Option<Value> {
    let (kind, id) = keys::parse(&change.key)?;
    let op = match (&change.before, &change.after) {
        (None, None) => return None,
        (None, Some(_)) => "create",
        (Some(_), Some(_)) => "update",
        (Some(_), None) => "delete",
    };
    let side = |kv: &Option<Kv>| kv.as_ref().map_or(Value::Null, |kv| object(kind, &kv.value, specs));
    let after = side(&change.after);
    let secrets = match (&change.before, &change.after) {
        (Some(old), Some(new)) => changed_secrets(kind, &old.value, &new.value, &after, reveal),
        _ => Vec::new(),
    };
    let mut fields = Map::from_iter([
        ("rev".to_owned(), record.revision.into()),
        ("ts".to_owned(), seconds(record.unix_ms)),
        ("op".to_owned(), op.into()),
        ("resource".to_owned(), kind.plural().into()),
        ("id".to_owned(), id.into()),
        ("path".to_owned(), path(kind, id).into()),
        ("by".to_owned(), json!({ "key": record.origin.who, "addr": record.origin.from })),
        ("before".to_owned(), side(&change.before)),
        ("after".to_owned(), after),
    ]);
    if !secrets.is_empty() {
        fields.insert("secrets_changed".to_owned(), secrets.into());
    }
    Some(Value::Object(fields))
}

/// The JSON pointers of the fields that are not shown and whose values differ.
fn changed_secrets(kind: Kind, old: &[u8], new: &[u8], shown: &Value, reveal: Reveal<'_>) -> Vec<String> {
    if old.len().max(new.len()) > LARGEST {
        return Vec::new();
    }
    let (Ok(mut old), Ok(mut new)) = (json::parse(old), json::parse(new)) else { return Vec::new() };
    reveal(kind, &mut old);
    reveal(kind, &mut new);
    let mut found = Vec::new();
    differing(&old, &new, Some(shown), &mut String::new(), &mut found);
    found
}

fn differing(old: &Value, new: &Value, shown: Option<&Value>, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, new) in new {
                if let Some(old) = old.get(name) {
                    pointer.push('/');
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    differing(old, new, shown.and_then(|shown| shown.get(name)), pointer, found);
                    pointer.truncate(length);
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                pointer.push_str(&format!("/{at}"));
                differing(old, new, shown.and_then(|shown| shown.get(at)), pointer, found);
                pointer.truncate(length);
            }
        }
        _ if old != new && shown.is_none_or(|shown| shown == MASK) => found.push(pointer.clone()),
        _ => {}
    }
}

/// Where the Admin API has an object.
pub(super) fn path(kind: Kind, id: &str) -> String {
    format!("/{}/{id}", kind.directory())
}

/// An object as stored, its secrets masked.
pub(super) fn object(kind: Kind, stored: &[u8], specs: &dyn PluginSpecs) -> Value {
    if stored.len() > LARGEST {
        return json!({ "too_large": stored.len() });
    }
    let Ok(value) = json::parse(stored) else { return json!({ "unreadable": stored.len() }) };
    let mut value = masked(kind, &value, specs);
    let plugins = value.get_mut("plugins").and_then(Value::as_object_mut);
    for (name, conf) in plugins.into_iter().flatten() {
        // Whose schema is not known may call its secret what others call a key to count by.
        if specs.get(name).is_none() {
            hide(conf, &|name| name == "key");
        }
    }
    hide(&mut value, &named);
    value
}

/// Milliseconds since 1970 as seconds.
fn seconds(unix_ms: u64) -> Value {
    // Exact for the next 280,000 years.
    #[allow(clippy::cast_precision_loss)]
    let seconds = unix_ms as f64 / 1000.0;
    seconds.into()
}

/// Whether a field of this name holds a secret.
pub(super) fn named(name: &str) -> bool {
    NAMES.contains(&name) || ENDS.iter().any(|end| name.ends_with(end))
}

/// Masks the texts of fields with such names. References stay: they are no secrets.
fn hide(value: &mut Value, is_secret: &dyn Fn(&str) -> bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, is_secret)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match is_secret(&name.to_ascii_lowercase().replace('-', "_")) {
                    true => mask(field),
                    false => hide(field, is_secret),
                }
            }
        }
        _ => {}
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
    use gateway_model::{NoPlugins, PluginSpec};
    use gateway_store::Origin;

    use super::*;

    fn kv(value: &Value) -> Kv {
        let value = value.to_string().into_bytes().into();
        Kv { key: String::new(), value, create_revision: 1, mod_revision: 1, expires_ms: None }
    }

    #[test]
    fn changes_in_their_form() {
        let record = JournalRecord {
            revision: 7,
            unix_ms: 1_795_491_389_131,
            origin: Origin::new("admin", "127.0.0.1"),
            changes: Vec::new(),
        };
        let side = kv(&json!({"plugins": {}}));
        let key = || "/apisix/consumers/bob/credentials/c1".to_owned();
        let created = Change { key: key(), before: None, after: Some(side.clone()) };
        let expected = json!({
            "rev": 7, "ts": 1_795_491_389.131, "op": "create", "resource": "credentials", "id": "bob/credentials/c1",
            "path": "/consumers/bob/credentials/c1", "by": {"key": "admin", "addr": "127.0.0.1"},
            "before": null, "after": {"plugins": {}},
        });
        assert_eq!(super::change(&record, &created, &NoPlugins, &|_, _| {}), Some(expected));
        for (before, after, op) in [(true, true, Some("update")), (true, false, Some("delete")), (false, false, None)] {
            let side = |there: bool| there.then(|| side.clone());
            let told = super::change(
                &record,
                &Change { key: key(), before: side(before), after: side(after) },
                &NoPlugins,
                &|_, _| {},
            );
            assert_eq!(told.as_ref().and_then(|told| told["op"].as_str()), op);
        }
        let counter = Change { key: "/apisix/gen_id".into(), before: None, after: Some(side.clone()) };
        assert_eq!(super::change(&record, &counter, &NoPlugins, &|_, _| {}), None);
    }

    #[test]
    fn secrets_that_changed_are_told_by_their_places_alone() {
        let specs = vec![PluginSpec { encrypt_fields: &["hidden"], ..PluginSpec::new("p", 1, "{}") }];
        // As if it were a cipher whose texts never repeat.
        let reveal = |_: Kind, value: &mut Value| {
            if let Some(Value::String(text)) = value.pointer_mut("/plugins/p/hidden") {
                *text = text.chars().filter(char::is_ascii_alphabetic).collect();
            }
        };
        let changed = |kind: Kind, old: Value, new: Value| {
            let shown = object(kind, new.to_string().as_bytes(), &specs);
            changed_secrets(kind, old.to_string().as_bytes(), new.to_string().as_bytes(), &shown, &reveal)
        };
        let with = |hidden: &str, a: &str, uri: &str| json!({"uri": uri, "plugins": {"p": {"hidden": hidden, "list": [{"token": a}], "a/b": {"secret": a}}}});
        let places = ["/plugins/p/list/0/token", "/plugins/p/a~1b/secret"];
        assert_eq!(changed(Kind::Route, with("x1", "s", "/"), with("x2", "t", "/2")), places);
        assert_eq!(changed(Kind::Route, with("x1", "s", "/"), with("y1", "s", "/")), ["/plugins/p/hidden"]);
        assert!(changed(Kind::Route, with("x1", "s", "/"), with("x3", "s", "/new")).is_empty());
        let ssl = |key: &str| json!({"cert": "c", "key": key, "keys": [key]});
        assert_eq!(changed(Kind::Ssl, ssl("a"), ssl("b")), ["/key", "/keys/0"]);
    }

    #[test]
    fn secrets_are_masked_by_schema_and_by_name() {
        let specs = vec![PluginSpec { encrypt_fields: &["hidden"], ..PluginSpec::new("p", 1, "{}") }];
        let shown = |kind, value: Value| object(kind, value.to_string().as_bytes(), &specs);
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
    fn what_is_too_large_or_no_object_tells_its_size() {
        let large = format!("\"{}\"", "x".repeat(LARGEST));
        assert_eq!(object(Kind::Route, large.as_bytes(), &NoPlugins), json!({"too_large": LARGEST + 2}));
        assert_eq!(object(Kind::Route, b"{", &NoPlugins), json!({"unreadable": 1}));
    }
}
