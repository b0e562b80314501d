//! The plugins of an object.

use serde_json::{Map, Value};

use super::{Context, Invalid, lua, run};
use crate::Kind;
use crate::plugin::{PluginSpec, SchemaType};
use crate::secret;

/// Which plugins are meant, and how their failures are worded.
#[derive(Clone, Copy)]
enum Subsystem {
    Http,
    Stream,
}

/// Checks the plugins of an object and fills their defaults.
pub(super) fn all(object: &mut Value, kind: Kind, cx: &Context<'_>) -> Result<(), Invalid> {
    let (place, subsystem) = match kind {
        Kind::Consumer | Kind::Credential => (SchemaType::Consumer, Subsystem::Http),
        Kind::StreamRoute => (SchemaType::Plugin, Subsystem::Stream),
        _ => (SchemaType::Plugin, Subsystem::Http),
    };
    let Some(plugins) = object.get_mut("plugins").and_then(Value::as_object_mut) else { return Ok(()) };
    plugins.iter_mut().try_for_each(|(name, conf)| one(name, conf, place, subsystem, cx))
}

/// Checks one plugin's configuration, fills its defaults.
///
/// # Errors
/// `unknown plugin [x]`, or `failed to check the configuration of plugin x err: …`.
pub fn plugin(name: &str, conf: &mut Value, place: SchemaType, cx: &Context<'_>) -> Result<(), Invalid> {
    one(name, conf, place, Subsystem::Http, cx)
}

/// Checks the configuration of a plugin that another one holds, fills its defaults. The holder words what goes wrong, so the
/// message is the reason alone.
///
/// # Errors
/// `unknown plugin [x]`, or the reason.
pub fn nested(name: &str, conf: &mut Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let Some(spec) = cx.plugins.get(name) else {
        return Err(Invalid::new("unknown_plugin", format!("unknown plugin [{name}]")));
    };
    if spec.lua {
        return Err(lua::plugin(name));
    }
    if !is_object(conf) {
        return Err(Invalid::new("type", format!("invalid plugin conf {conf} for plugin [{name}]")));
    }
    if let Some(schema) = spec.schema_for(SchemaType::Plugin) {
        run(schema.compiled(), conf, "", "")?;
    }
    if let Some(check) = spec.check {
        check(conf, SchemaType::Plugin, cx).map_err(|text| Invalid::new("plugin", text))?;
    }
    Ok(())
}

fn one(name: &str, conf: &mut Value, place: SchemaType, subsystem: Subsystem, cx: &Context<'_>) -> Result<(), Invalid> {
    let disabled = conf.pointer("/_meta/disable") == Some(&Value::Bool(true));
    let spec = match subsystem {
        Subsystem::Http => cx.plugins.get(name),
        Subsystem::Stream => cx.plugins.stream(name),
    };
    if !disabled && (lua::is_lua(name) || spec.is_some_and(|spec| spec.lua)) {
        return Err(lua::plugin(name));
    }
    let Some(spec) = spec else {
        // Switched off and unknown: nothing that could be run wrongly.
        if disabled && lua::is_lua(name) {
            return Ok(());
        }
        return Err(Invalid::new("unknown_plugin", format!("unknown plugin [{name}]")).at(format!("/plugins/{name}")));
    };
    if !is_object(conf) {
        return Err(Invalid::new("type", format!("invalid plugin conf {conf} for plugin [{name}]"))
            .at(format!("/plugins/{name}")));
    }
    let before = disabled.then(|| conf.clone());
    let checked = configuration(spec, conf, place, subsystem, cx);
    match (checked, before) {
        (Err(_), Some(before)) => {
            *conf = before;
            Ok(())
        }
        (checked, _) => checked,
    }
}

fn is_object(conf: &Value) -> bool {
    match conf {
        Value::Object(_) => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn configuration(
    spec: &PluginSpec,
    conf: &mut Value,
    place: SchemaType,
    subsystem: Subsystem,
    cx: &Context<'_>,
) -> Result<(), Invalid> {
    let name = &*spec.name;
    let prefix = match subsystem {
        Subsystem::Http => format!("failed to check the configuration of plugin {name} err: "),
        Subsystem::Stream => format!("failed to check the configuration of stream plugin [{name}]: "),
    };
    let at = format!("/plugins/{name}");
    // Consumers hold the credentials of auth plugins, and other plugins as routes do.
    let place = if place == SchemaType::Consumer && !spec.is_auth() { SchemaType::Plugin } else { place };
    if let Some(schema) = spec.schema_for(place) {
        run(schema.compiled(), conf, &prefix, &at)?;
    }
    if let Some(check) = spec.check {
        match check(conf, place, cx) {
            // The check saw a text that is not the value. What that is, is checked when it is known.
            Err(_) if secret::holds_reference(conf) => {}
            checked => checked.map_err(|text| Invalid::new("plugin", format!("{prefix}{text}")).at(&at))?,
        }
    }
    meta(name, conf, cx)
}

/// What is common to all plugins and no schema can check.
fn meta(name: &str, conf: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let Some(meta) = conf.get("_meta") else { return Ok(()) };
    if let Some(filter) = meta.get("filter") {
        cx.expressions.check_vars(filter).map_err(|text| {
            Invalid::new("expression", format!("failed to validate the 'vars' expression: {text}"))
                .at(format!("/plugins/{name}/_meta/filter"))
        })?;
    }
    if meta.get("pre_function").is_some() {
        return Err(lua::pre_function(name));
    }
    Ok(())
}

/// Checks `plugin_metadata`. Its plugin's schema knows nothing of what the gateway adds to the stored object.
pub(super) fn metadata(name: &str, object: &mut Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let Some(spec) = cx.plugins.get(name) else {
        return Err(Invalid::new("unknown_plugin", "invalid plugin name"));
    };
    let Value::Object(fields) = object else {
        return Err(Invalid::new("type", "invalid configuration: wrong type: expected object"));
    };
    let own: Vec<(&str, Option<Value>)> =
        ["id", "create_time", "update_time"].map(|field| (field, fields.shift_remove(field))).into();
    if let Some(schema) = spec.schema_for(SchemaType::Metadata) {
        run(schema.compiled(), object, "invalid configuration: ", "")?;
    }
    if let Some(check) = spec.check {
        check(object, SchemaType::Metadata, cx)
            .map_err(|text| Invalid::new("plugin", format!("invalid configuration: {text}")))?;
    }
    let Value::Object(fields) = object else { return Ok(()) };
    restore(fields, own);
    fields.insert("id".into(), Value::from(name));
    Ok(())
}

fn restore(fields: &mut Map<String, Value>, own: Vec<(&str, Option<Value>)>) {
    for (field, value) in own {
        if let Some(value) = value {
            fields.insert(field.to_owned(), value);
        }
    }
}
