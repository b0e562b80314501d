//! Servers that store what their schemas default to. APISIX writes `priority: 0` into a route that has none; a file that
//! does not say so means the same, and is not to be written again and again.

use std::sync::Arc;

use gateway_model::plugin::{PluginSpecs as _, SchemaType};
use gateway_model::schema::Schema;
use gateway_model::{Kind, schemas};
use serde_json::Value;

use crate::admin::Admin;
use crate::lint::plugins::{BUNDLED, unbuilt_schema};
use crate::normal;
use crate::resources::Reference;

/// The schemas of one object: its own, and those of its plugins by name.
#[derive(Default)]
pub(crate) struct Told {
    own: Option<Arc<Schema>>,
    plugins: Vec<(String, Option<Arc<Schema>>)>,
}

impl Told {
    /// Those of the server.
    ///
    /// # Errors
    /// Those of the calls; a server that tells none is no error.
    pub(crate) async fn ask(admin: &Admin<'_>, reference: &Reference, value: &Value) -> crate::error::Result<Told> {
        let resource = reference.resource;
        let own = admin.schema(&format!("/schema/{}", resource.schema())).await?;
        let query = match place(resource.kind) {
            SchemaType::Consumer => "?schema_type=consumer",
            _ => "",
        };
        let mut told = Told { own, plugins: Vec::new() };
        if resource.kind == Kind::PluginMetadata {
            told.own = admin.schema(&format!("/schema/plugins/{}?schema_type=metadata", reference.id)).await?;
        }
        for name in value.get("plugins").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name) {
            // The names go into paths.
            if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
                let schema = admin.schema(&format!("/schema/plugins/{name}{query}")).await?;
                told.plugins.push((name.clone(), schema));
            }
        }
        Ok(told)
    }
}

/// The form of an object that a file has, with the defaults in it that are stored: what is left of a difference is one.
pub(crate) fn settled(reference: &Reference, new: &Value, stored: &Value, told: Option<&Told>) -> Value {
    let (mut form, full) = (normal::form(new), normal::form(&filled(reference, new, told)));
    settle(&mut form, &full, &normal::form(stored));
    form
}

/// Whether what is stored says all that a file does, and more: what else there is may be defaults.
pub(crate) fn says_more(stored: &Value, new: &Value) -> bool {
    match (stored, new) {
        (Value::Object(stored), Value::Object(new)) => {
            new.iter().all(|(name, value)| stored.get(name).is_some_and(|stored| says_more(stored, value)))
        }
        (Value::Array(stored), Value::Array(new)) => {
            stored.len() == new.len() && stored.iter().zip(new).all(|(stored, new)| says_more(stored, new))
        }
        (stored, new) => stored == new,
    }
}

fn settle(form: &mut Value, full: &Value, stored: &Value) {
    match (form, full, stored) {
        (Value::Object(form), Value::Object(full), Value::Object(stored)) => {
            for (name, stored) in stored {
                match (form.get_mut(name), full.get(name)) {
                    (Some(form), Some(full)) => settle(form, full, stored),
                    (None, Some(full)) if full == stored => drop(form.insert(name.clone(), stored.clone())),
                    _ => {}
                }
            }
        }
        (Value::Array(form), Value::Array(full), Value::Array(stored))
            if form.len() == stored.len() && full.len() == stored.len() =>
        {
            for ((form, full), stored) in form.iter_mut().zip(full).zip(stored) {
                settle(form, full, stored);
            }
        }
        _ => {}
    }
}

fn place(kind: Kind) -> SchemaType {
    if matches!(kind, Kind::Consumer | Kind::Credential) { SchemaType::Consumer } else { SchemaType::Plugin }
}

/// An object with the defaults of its schemas; of one that does not fit them, with some.
fn filled(reference: &Reference, value: &Value, told: Option<&Told>) -> Value {
    let (kind, mut value) = (reference.resource.kind, value.clone());
    let hidden = hide_key(kind, &mut value);
    if let Some(own) = told.and_then(|told| told.own.as_ref()) {
        let _ = own.check(&mut value);
    }
    let of = schemas::of(kind).or_else(|| schemas::of_manager(reference.id.split_once('/')?.0));
    if let Some(Ok(schema)) = of {
        let _ = schema.check(&mut value);
    }
    if kind == Kind::PluginMetadata
        && let Some(schema) = BUNDLED.get(&reference.id).and_then(|spec| spec.schema_for(SchemaType::Metadata))
        && let Ok(schema) = schema.compiled()
    {
        let _ = schema.check(&mut value);
    }
    for (name, conf) in value.get_mut("plugins").and_then(Value::as_object_mut).into_iter().flatten() {
        plugin(kind, name, conf, told);
    }
    if let (true, Value::Object(fields)) = (hidden, &mut value) {
        fields.shift_remove("key");
    }
    value
}

fn plugin(kind: Kind, name: &str, conf: &mut Value, told: Option<&Told>) {
    let told = told.and_then(|told| told.plugins.iter().find(|(of, _)| of == name)?.1.as_ref());
    if let Some(schema) = told {
        let _ = schema.check(conf);
    }
    let spec = if kind == Kind::StreamRoute { BUNDLED.stream(name) } else { BUNDLED.get(name) };
    let schema = match spec {
        Some(spec) => spec.schema_for(place(kind)),
        None => unbuilt_schema(name),
    };
    if let Some(Ok(schema)) = schema.map(|schema| schema.compiled()) {
        let _ = schema.check(conf);
    }
}

/// Puts a stand-in for a private key in that only the server has, without which a certificate fits no schema.
fn hide_key(kind: Kind, value: &mut Value) -> bool {
    let Value::Object(fields) = value else { return false };
    let hidden = kind == Kind::Ssl && !fields.contains_key("key");
    if hidden {
        fields.insert("key".to_owned(), "-".repeat(128).into());
    }
    hidden
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::resources::of_kind;

    /// Objects as they are put, and as APISIX 3 holds them then.
    #[test]
    fn what_apisix_stores_is_what_was_put() {
        for (kind, put, held) in [
            (
                Kind::Route,
                json!({"uri":"/a","plugins":{"limit-count":{"count":2,"time_window":60}},
                    "upstream":{"nodes":{"a:80":1}}}),
                json!({"id":"1","uri":"/a","priority":0,"status":1,"create_time":1,"update_time":1,
                    "plugins":{"limit-count":{"count":2,"time_window":60,"key":"remote_addr","key_type":"var","policy":"local",
                        "rejected_code":503,"allow_degradation":false,"show_limit_quota_header":true}},
                    "upstream":{"type":"roundrobin","scheme":"http","pass_host":"pass","hash_on":"vars","nodes":{"a:80":1}}}),
            ),
            (
                Kind::Upstream,
                json!({"nodes":[{"host":"a","port":80,"weight":1}],"checks":{"active":{"http_path":"/up","healthy":{},"unhealthy":{"timeouts":3}}}}),
                json!({"id":"1","type":"roundrobin","scheme":"http","pass_host":"pass","hash_on":"vars",
                    "nodes":[{"host":"a","port":80,"weight":1,"priority":0}],
                    "checks":{"active":{"type":"http","timeout":1,"concurrency":10,"http_path":"/up","https_verify_certificate":true,
                        "healthy":{"interval":1,"http_statuses":[200,302],"successes":2},
                        "unhealthy":{"interval":1,"http_statuses":[429,404,500,501,502,503,504,505],"http_failures":5,
                            "tcp_failures":2,"timeouts":3}}}}),
            ),
            (
                Kind::Ssl,
                json!({"cert":"C".repeat(128),"snis":["a.example"]}),
                json!({"id":"1","cert":"C".repeat(128),"snis":["a.example"],"type":"server","status":1}),
            ),
        ] {
            let reference = of_kind(kind, "1").unwrap();
            assert_eq!(settled(&reference, &put, &held, None), normal::form(&held), "{kind:?}");
        }
    }

    #[test]
    fn what_is_no_default_differs() {
        let reference = of_kind(Kind::Route, "1").unwrap();
        for (put, held) in [
            (json!({"uri":"/a"}), json!({"uri":"/a","priority":1})),
            (json!({"uri":"/a"}), json!({"uri":"/a","status":0})),
            (json!({"uri":"/a","priority":0}), json!({"uri":"/a"})),
            (json!({"uri":"/a","plugins":{}}), json!({"uri":"/a","plugins":{"cors":{}}})),
        ] {
            assert_ne!(settled(&reference, &put, &held, None), normal::form(&held), "{put} {held}");
        }
    }

    #[test]
    fn what_a_server_tells_counts() {
        let schema = json!({"type":"object","properties":{"level":{"type":"integer","default":3}}});
        let plugins = vec![("ours".to_owned(), Schema::compile(&schema).ok().map(Arc::new))];
        let told = Told { own: None, plugins };
        let reference = of_kind(Kind::Route, "1").unwrap();
        let (put, held) =
            (json!({"uri":"/a","plugins":{"ours":{}}}), json!({"uri":"/a","plugins":{"ours":{"level":3}}}));
        assert_ne!(settled(&reference, &put, &held, None), normal::form(&held));
        assert!(says_more(&normal::form(&held), &normal::form(&put)));
        assert_eq!(settled(&reference, &put, &held, Some(&told)), normal::form(&held));
    }

    proptest! {
        #[test]
        fn an_object_is_settled_already_where_it_is_what_is_stored(priority in any::<i8>(), weight in 0..9_i32) {
            let reference = of_kind(Kind::Route, "1").unwrap();
            let value = json!({"uri":"/a","priority":priority,"upstream":{"nodes":{"a:80":weight}}});
            prop_assert_eq!(settled(&reference, &value, &value, None), normal::form(&value));
            let full = filled(&reference, &value, None);
            prop_assert_eq!(settled(&reference, &value, &full, None), normal::form(&full));
        }
    }
}
