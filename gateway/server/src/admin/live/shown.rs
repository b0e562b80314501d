//! Changes of the configuration as people see them: no secret in the clear, whoever asks.

use gateway_model::plugin::PluginSpecs;
use gateway_model::{Kind, json};
use gateway_store::{Change, JournalRecord, Kv};
use serde_json::{Map, Value, json};

use crate::masks::{self, MASK};
use crate::state::keys;

/// Bytes of a stored object above which its size is told in its place.
pub(super) const LARGEST: usize = 256 << 10;

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
    let (before, after) = (side(&change.before), side(&change.after));
    let secrets = match (&change.before, &change.after) {
        (Some(old), Some(new)) => changed_secrets(kind, [&old.value, &new.value], [&before, &after], reveal),
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
        ("before".to_owned(), before),
        ("after".to_owned(), after),
    ]);
    if !secrets.is_empty() {
        fields.insert("secrets_changed".to_owned(), secrets.into());
    }
    Some(Value::Object(fields))
}

/// The JSON pointers of the fields whose values differ and, as they are shown, do not tell.
fn changed_secrets(kind: Kind, stored: [&[u8]; 2], shown: [&Value; 2], reveal: Reveal<'_>) -> Vec<String> {
    let [old, new] = stored;
    if old.len().max(new.len()) > LARGEST {
        return Vec::new();
    }
    let (Ok(mut old), Ok(mut new)) = (json::parse(old), json::parse(new)) else { return Vec::new() };
    reveal(kind, &mut old);
    reveal(kind, &mut new);
    let mut found = Vec::new();
    differing([&old, &new], shown.map(Some), &mut String::new(), &mut found);
    found
}

fn differing(values: [&Value; 2], shown: [Option<&Value>; 2], pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match values {
        [Value::Object(old), Value::Object(new)] => {
            for (name, new) in new {
                if let Some(old) = old.get(name) {
                    pointer.push('/');
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    differing([old, new], shown.map(|shown| shown.and_then(|shown| shown.get(name))), pointer, found);
                    pointer.truncate(length);
                }
            }
        }
        [Value::Array(old), Value::Array(new)] => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                pointer.push_str(&format!("/{at}"));
                differing([old, new], shown.map(|shown| shown.and_then(|shown| shown.get(at))), pointer, found);
                pointer.truncate(length);
            }
        }
        [old, new] if old != new => {
            let [before, after] = shown;
            if after.is_none_or(|after| after == MASK) || before == after {
                found.push(pointer.clone());
            }
        }
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
    masks::object(kind, &value, specs)
}

/// Milliseconds since 1970 as seconds.
fn seconds(unix_ms: u64) -> Value {
    // Exact for the next 280,000 years.
    #[allow(clippy::cast_precision_loss)]
    let seconds = unix_ms as f64 / 1000.0;
    seconds.into()
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
            let stored = [old.to_string(), new.to_string()];
            let shown = stored.each_ref().map(|text| object(kind, text.as_bytes(), &specs));
            changed_secrets(kind, stored.each_ref().map(|text| text.as_bytes()), shown.each_ref(), &reveal)
        };
        let with = |hidden: &str, a: &str, uri: &str| json!({"uri": uri, "plugins": {"p": {"hidden": hidden, "list": [{"token": a}], "a/b": {"secret": a}}}});
        let places = ["/plugins/p/list/0/token", "/plugins/p/a~1b/secret"];
        assert_eq!(changed(Kind::Route, with("x1", "s", "/"), with("x2", "t", "/2")), places);
        assert_eq!(changed(Kind::Route, with("x1", "s", "/"), with("y1", "s", "/")), ["/plugins/p/hidden"]);
        assert!(changed(Kind::Route, with("x1", "s", "/"), with("x3", "s", "/new")).is_empty());
        let ssl = |key: &str| json!({"cert": "c", "key": key, "keys": [key]});
        assert_eq!(changed(Kind::Ssl, ssl("a"), ssl("b")), ["/key", "/keys/0"]);
        let logger = |uri: &str| json!({"plugins": {"http-logger": {"uri": uri}}});
        let changed = |old: &str, new: &str| changed(Kind::Route, logger(old), logger(new));
        assert_eq!(changed("http://u:a@h/", "http://u:b@h/"), ["/plugins/http-logger/uri"]);
        assert!(changed("http://u:a@h/", "http://u:a@i/").is_empty());
    }

    #[test]
    fn what_is_too_large_or_no_object_tells_its_size() {
        let large = format!("\"{}\"", "x".repeat(LARGEST));
        assert_eq!(object(Kind::Route, large.as_bytes(), &NoPlugins), json!({"too_large": LARGEST + 2}));
        assert_eq!(object(Kind::Route, b"{", &NoPlugins), json!({"unreadable": 1}));
    }
}
