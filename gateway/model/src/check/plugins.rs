//! The plugins of an object.

use serde_json::{Map, Value};

use super::faults::{Checked, Faults};
use super::{Context, Invalid, lua, pointer_step, run};
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
pub(super) fn all(object: &mut Value, kind: Kind, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    let (place, subsystem) = match kind {
        Kind::Consumer | Kind::Credential => (SchemaType::Consumer, Subsystem::Http),
        Kind::StreamRoute => (SchemaType::Plugin, Subsystem::Stream),
        _ => (SchemaType::Plugin, Subsystem::Http),
    };
    let Some(plugins) = object.get_mut("plugins").and_then(Value::as_object_mut) else { return Ok(()) };
    plugins.iter_mut().try_for_each(|(name, conf)| one(name, conf, place, subsystem, cx, faults))
}

/// Checks one plugin's configuration, fills its defaults.
///
/// # Errors
/// `unknown plugin [x]`, or `failed to check the configuration of plugin x err: …`.
pub fn plugin(name: &str, conf: &mut Value, place: SchemaType, cx: &Context<'_>) -> Result<(), Invalid> {
    let mut faults = Faults::first();
    let _ = one(name, conf, place, Subsystem::Http, cx, &mut faults);
    faults.verdict()
}

/// Checks the configuration of a plugin that another one holds, fills its defaults. The holder words what goes wrong, so the
/// message is the reason alone.
///
/// # Errors
/// `unknown plugin [x]`, or the reason.
pub fn nested(name: &str, conf: &mut Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let Some(spec) = cx.plugins.get(name) else {
        let invalid = Invalid::new("unknown_plugin", format!("unknown plugin [{name}]"));
        return Err(explained(invalid, name, Subsystem::Http, cx));
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

fn one(
    name: &str,
    conf: &mut Value,
    place: SchemaType,
    subsystem: Subsystem,
    cx: &Context<'_>,
    faults: &mut Faults,
) -> Checked {
    let disabled = conf.pointer("/_meta/disable") == Some(&Value::Bool(true));
    let spec = match subsystem {
        Subsystem::Http => cx.plugins.get(name),
        Subsystem::Stream => cx.plugins.stream(name),
    };
    if !disabled && (lua::is_lua(name) || spec.is_some_and(|spec| spec.lua)) {
        return faults.note(Err(lua::plugin(name)));
    }
    let at = format!("/plugins/{}", pointer_step(name));
    let Some(spec) = spec else {
        // Switched off and unknown: nothing that could be run wrongly.
        if disabled && lua::is_lua(name) {
            return Ok(());
        }
        let invalid = Invalid::new("unknown_plugin", format!("unknown plugin [{name}]")).at(at);
        return faults.note(Err(explained(invalid, name, subsystem, cx)));
    };
    if !is_object(conf) {
        let text = format!("invalid plugin conf {conf} for plugin [{name}]");
        return faults.note(Err(Invalid::new("type", text).at(at)));
    }
    let (before, found) = (disabled.then(|| conf.clone()), faults.count());
    let checked = configuration(spec, conf, place, subsystem, cx, faults);
    if let Some(before) = before
        && faults.count() > found
    {
        *conf = before;
        faults.forget_since(found);
        return Ok(());
    }
    checked
}

/// Says of a name that is unknown here whether it is one of APISIX.
fn explained(invalid: Invalid, name: &str, subsystem: Subsystem, cx: &Context<'_>) -> Invalid {
    match (subsystem, cx.plugins.absence(name)) {
        (Subsystem::Http, Some(absence)) => {
            Invalid { code: absence.code(), reason: Some(absence.reason(name)), ..invalid }
        }
        _ => invalid,
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
    faults: &mut Faults,
) -> Checked {
    let name = &*spec.name;
    let prefix = match subsystem {
        Subsystem::Http => format!("failed to check the configuration of plugin {name} err: "),
        Subsystem::Stream => format!("failed to check the configuration of stream plugin [{name}]: "),
    };
    let at = format!("/plugins/{}", pointer_step(name));
    // Consumers hold the credentials of auth plugins, and other plugins as routes do.
    let place = if place == SchemaType::Consumer && !spec.is_auth() { SchemaType::Plugin } else { place };
    let before = faults.count();
    if let Some(schema) = spec.schema_for(place) {
        faults.run(schema.compiled(), conf, &prefix, &at)?;
    }
    // A plugin's own check counts on what its schema promises.
    if let (Some(check), true) = (spec.check, faults.count() == before) {
        let checked = match check(conf, place, cx) {
            // The check saw a text that is not the value. What that is, is checked when it is known.
            Err(_) if secret::holds_reference(conf) => Ok(()),
            checked => checked.map_err(|text| Invalid {
                reason: Some(text.clone()),
                ..Invalid::new("plugin", format!("{prefix}{text}")).at(&at)
            }),
        };
        faults.note(checked)?;
    }
    faults.note(meta(name, conf, cx))
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
pub(super) fn metadata(name: &str, object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    let Some(spec) = cx.plugins.get(name) else {
        let invalid = Invalid::new("unknown_plugin", "invalid plugin name");
        return faults.note(Err(explained(invalid, name, Subsystem::Http, cx)));
    };
    let Value::Object(fields) = object else {
        return faults.note(Err(Invalid::new("type", "invalid configuration: wrong type: expected object")));
    };
    let own: Vec<(&str, Option<Value>)> =
        ["id", "create_time", "update_time"].map(|field| (field, fields.shift_remove(field))).into();
    let before = faults.count();
    if let Some(schema) = spec.schema_for(SchemaType::Metadata) {
        faults.run(schema.compiled(), object, "invalid configuration: ", "")?;
    }
    if let (Some(check), true) = (spec.check, faults.count() == before) {
        let checked = match check(object, SchemaType::Metadata, cx) {
            // As above.
            Err(_) if secret::holds_reference(object) => Ok(()),
            checked => checked.map_err(|text| Invalid::new("plugin", format!("invalid configuration: {text}"))),
        };
        faults.note(checked)?;
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
