//! What each kind demands beyond its schema.

use serde_json::{Map, Value};

use super::faults::{Checked, Faults};
use super::{Context, Invalid, certificate, lua, plugins, proto, references, run, upstream};
use crate::Kind;
use crate::plugin::PluginSpec;
use crate::references::{self as refs, Owner, id_text};
use crate::resource::network;

/// What is reported before anything the schema says.
pub(super) fn before_schema(kind: Kind, id: &str, object: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    match kind {
        Kind::Route => {
            exclusive(object, "host", "hosts")?;
            exclusive(object, "remote_addr", "remote_addrs")
        }
        Kind::Credential | Kind::GraphqlCostDecoration => parent(kind, id, object, cx),
        _ => Ok(()),
    }
}

/// What is checked of an object that conforms to its schema.
pub(super) fn after_schema(kind: Kind, id: &str, object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    match kind {
        Kind::Route => route(object, cx, faults),
        Kind::Service => service(object, cx, faults),
        Kind::Upstream => {
            faults.note(upstream::check(object, cx))?;
            faults.note(references(kind, object, cx))
        }
        Kind::Consumer | Kind::Credential => consumer(kind, id, object, cx, faults),
        Kind::ConsumerGroup | Kind::PluginConfig => plugins_of(kind, object, cx, faults),
        Kind::GlobalRule => global_rule(id, object, cx, faults),
        Kind::Ssl => faults.note(certificate::check_ssl(object, cx)),
        Kind::Proto => faults.note(proto::check(object)),
        Kind::StreamRoute => stream_route(id, object, cx, faults),
        Kind::GraphqlCostDecoration => faults.note(cost_decoration(id, object, cx)),
        Kind::PluginMetadata | Kind::Secret => Ok(()),
    }
}

/// The plugins of an object, which may be checked whatever else is wrong with it.
pub(super) fn plugins_of(kind: Kind, object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    let before = faults.count();
    let checked = plugins::all(object, kind, cx, faults);
    if matches!(kind, Kind::Consumer | Kind::Credential) {
        faults.prefix_since(before, "invalid plugins configuration: ");
    }
    checked
}

/// What an object lives below must exist, and be the one that the object names.
fn parent(kind: Kind, id: &str, object: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let (Some(above), Some((parent, _))) = (kind.parent(), kind.split_id(id)) else { return Ok(()) };
    let told = object.get("service_id").filter(|_| kind == Kind::GraphqlCostDecoration);
    if told.is_some_and(|told| id_text(told).as_deref() != Some(parent)) {
        return Err(Invalid::new("id", "wrong service_id, it is taken from the path").at("/service_id"));
    }
    if !cx.references.exists(above, parent) {
        return Err(Invalid { status: 404, ..Invalid::new("reference", format!("{} not found", above.word())) });
    }
    Ok(())
}

fn exclusive(object: &Value, one: &str, many: &str) -> Result<(), Invalid> {
    match (object.get(one), object.get(many)) {
        (Some(_), Some(_)) => {
            Err(Invalid::new("exclusive", format!("only one of {one} or {many} is allowed")).at(format!("/{many}")))
        }
        _ => Ok(()),
    }
}

fn inline_upstream(object: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    match object.get("upstream") {
        Some(inline) => upstream::check(inline, cx).map_err(|invalid| invalid.within("/upstream")),
        None => Ok(()),
    }
}

fn route(object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    faults.note(inline_upstream(object, cx))?;
    faults.note(references(Kind::Route, object, cx))?;
    plugins_of(Kind::Route, object, cx, faults)?;
    if let Some(vars) = object.get("vars") {
        let checked = cx.expressions.check_vars(vars).map_err(|text| {
            Invalid::new("expression", format!("failed to validate the 'vars' expression: {text}")).at("/vars")
        });
        faults.note(checked)?;
    }
    if object.get("filter_func").is_some() {
        faults.note(Err(lua::filter_func()))?;
    }
    if object.get("script").is_some() {
        faults.note(Err(lua::script()))?;
    }
    faults.note(addresses(object, &["remote_addr", "remote_addrs"]))
}

fn service(object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    faults.note(inline_upstream(object, cx))?;
    faults.note(references(Kind::Service, object, cx))?;
    plugins_of(Kind::Service, object, cx, faults)?;
    if object.get("script").is_some() { faults.note(Err(lua::script())) } else { Ok(()) }
}

/// Networks that the schema's pattern lets pass and that are none, such as `:/8`.
fn addresses(object: &Value, fields: &[&str]) -> Result<(), Invalid> {
    for field in fields {
        let texts: Vec<&str> = match object.get(field) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        if let Some(text) = texts.into_iter().find(|text| network(text).is_none()) {
            return Err(Invalid::new("address", format!("invalid {field}: {text}")).at(format!("/{field}")));
        }
    }
    Ok(())
}

fn consumer(kind: Kind, id: &str, object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    plugins_of(kind, object, cx, faults)?;
    if let Some(plugins) = object.get("plugins").and_then(Value::as_object) {
        if kind == Kind::Credential {
            faults.note(only_auth(plugins, cx))?;
        }
        let owner = match object.get("username").and_then(Value::as_str) {
            Some(name) if kind == Kind::Consumer => Owner::Consumer(name.to_owned()),
            _ => Owner::of(kind, id),
        };
        faults.note(refs::check_duplicates(&owner, plugins, cx.plugins, cx.references))?;
    }
    faults.note(references(kind, object, cx))
}

fn only_auth(plugins: &Map<String, Value>, cx: &Context<'_>) -> Result<(), Invalid> {
    let other = plugins.keys().find(|name| !cx.plugins.get(name).is_some_and(PluginSpec::is_auth));
    match other {
        Some(name) => Err(Invalid::new("plugin", "only supports auth type plugins in consumer credential")
            .at(format!("/plugins/{name}"))),
        None => Ok(()),
    }
}

fn global_rule(id: &str, object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    plugins_of(Kind::GlobalRule, object, cx, faults)?;
    faults.note(alone(id, object, cx))
}

/// No plugin of a global rule may be in another one.
fn alone(id: &str, object: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let Some(plugins) = object.get("plugins").and_then(Value::as_object) else { return Ok(()) };
    let mut twice = None;
    cx.references.each(Kind::GlobalRule, &mut |other, rule| {
        if other != id {
            let theirs = rule.get("plugins").and_then(Value::as_object);
            let same = plugins.keys().find(|name| theirs.is_some_and(|theirs| theirs.contains_key(*name)));
            twice = same.map(|name| (name.clone(), other.to_owned()));
        }
        twice.is_none()
    });
    match twice {
        Some((plugin, other)) => {
            Err(Invalid::new("duplicate", format!("plugin '{plugin}' already exists in global rule with id '{other}'"))
                .at(format!("/plugins/{plugin}")))
        }
        None => Ok(()),
    }
}

fn stream_route(id: &str, object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    faults.note(inline_upstream(object, cx))?;
    faults.note(references(Kind::StreamRoute, object, cx))?;
    plugins_of(Kind::StreamRoute, object, cx, faults)?;
    faults.note(addresses(object, &["remote_addr", "server_addr"]))?;
    match object.get_mut("protocol") {
        Some(protocol) => faults.note(stream_protocol(id, protocol, cx)),
        None => Ok(()),
    }
}

/// A field of a service is decorated once.
fn cost_decoration(id: &str, object: &mut Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let Some((service, _)) = Kind::GraphqlCostDecoration.split_id(id) else { return Ok(()) };
    if let Value::Object(fields) = &mut *object {
        fields.insert("service_id".to_owned(), service.into());
    }
    let Some(path) = object.get("field_path").and_then(Value::as_str) else { return Ok(()) };
    let mut other = None;
    cx.references.each(Kind::GraphqlCostDecoration, &mut |theirs, decoration| {
        if theirs != id
            && let Some((its_service, short)) = Kind::GraphqlCostDecoration.split_id(theirs)
            && its_service == service
            && decoration.get("field_path").and_then(Value::as_str) == Some(path)
        {
            other = Some(short.to_owned());
        }
        other.is_none()
    });
    match other {
        Some(other) => Err(Invalid::new(
            "duplicate",
            format!("field_path {path} is already decorated on this service by [{other}]"),
        )
        .at("/field_path")),
        None => Ok(()),
    }
}

fn stream_protocol(id: &str, protocol: &mut Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let name = protocol.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(known) = cx.protocols.iter().find(|known| known.name == name) else {
        return Err(Invalid::new("protocol", format!("unknown protocol [{name}]")).at("/protocol/name"));
    };
    if let Some(conf) = protocol.get_mut("conf") {
        run(known.schema.compiled(), conf, "", "/protocol/conf")?;
    }
    let Some(superior) = protocol.get("superior_id").and_then(id_text) else { return Ok(()) };
    let wrong = |text: String| Err(Invalid::new("reference", text).at("/protocol/superior_id"));
    if superior == id {
        return wrong("stream route can not set itself as superior_id".into());
    }
    if !cx.references.exists(Kind::StreamRoute, &superior) {
        return wrong(format!("failed to fetch stream routes[{superior}], response code: 404"));
    }
    let theirs = cx.references.get(Kind::StreamRoute, &superior);
    let theirs = theirs.as_ref().and_then(|route| route.pointer("/protocol/name")).and_then(Value::as_str);
    match theirs {
        Some(theirs) if theirs != name => wrong(format!(
            "protocol mismatch: subordinate protocol [{name}] does not match superior protocol [{theirs}]"
        )),
        _ => Ok(()),
    }
}
