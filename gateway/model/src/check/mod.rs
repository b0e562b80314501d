//! Whether an object may be stored: its schema, what schemas can't say, its plugins, and the others it names.
//!
//! The order of the checks and every text are those of the Admin API's reference; which of several failures is
//! reported first is part of what clients see.

mod certificate;
mod faults;
mod lua;
mod plugins;
mod proto;
mod resource;
mod upstream;

use serde_json::Value;

use crate::plugin::PluginSpecs;
use crate::references::{self, References};
use crate::schema::{CompileError, LazySchema, Schema, Violation};
use crate::{Kind, json, schemas};

pub use plugins::{nested, plugin};
pub use upstream::check as upstream;

use self::faults::{Checked, Faults};

/// What the checks need to know of the rest of the gateway.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The plugins that are switched on.
    pub plugins: &'a dyn PluginSpecs,
    /// The other objects; [`crate::NoReferences`] where they are not looked at.
    pub references: &'a dyn References,
    /// The expression language.
    pub expressions: &'a dyn Expressions,
    /// Decrypts a stored private key; without it only PEM and references pass.
    pub decrypt: Option<&'a Decrypt<'a>>,
    /// Protocols of stream routes.
    pub protocols: &'a [StreamProtocol],
}

/// Gives the clear text of what the store encrypted, `None` if it can't.
pub type Decrypt<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The expression language of `vars` and `_meta.filter`.
pub trait Expressions {
    /// Checks an expression.
    ///
    /// # Errors
    /// What is wrong with it: `invalid operator '='`.
    fn check_vars(&self, expression: &Value) -> Result<(), String>;
}

/// Takes every expression: for tools that have no expression language.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyExpression;

impl Expressions for AnyExpression {
    fn check_vars(&self, _: &Value) -> Result<(), String> {
        Ok(())
    }
}

/// A protocol that stream routes may name.
#[derive(Debug)]
pub struct StreamProtocol {
    /// `redis`.
    pub name: &'static str,
    /// Its settings.
    pub schema: LazySchema,
}

impl<'a> Context<'a> {
    /// Everything but keys, which few need.
    pub fn new(plugins: &'a dyn PluginSpecs, references: &'a dyn References, expressions: &'a dyn Expressions) -> Self {
        Context { plugins, references, expressions, decrypt: None, protocols: plugins.protocols() }
    }
}

/// Why an object is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// The status to answer with: 400, or 404 where what the URI names does not exist.
    pub status: u16,
    /// The whole `error_msg`.
    pub message: String,
    /// JSON pointer to the value at fault, as far as it is known.
    pub path: String,
    /// Which rule: a schema keyword, `reference`, `duplicate`, `plugin`, `expression`, `certificate`, `lua`, …
    pub code: &'static str,
    /// What is wrong there, for people; `None` where `message` says it as well.
    pub reason: Option<String>,
}

impl Invalid {
    /// A refusal with status 400.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Invalid { status: 400, message: message.into(), path: String::new(), code, reason: None }
    }

    /// With the place of the fault.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same, of a value that lies at `place` in its object.
    #[must_use]
    pub(crate) fn within(mut self, place: &str) -> Self {
        self.path.insert_str(0, place);
        self
    }

    /// What is wrong at [`Invalid::path`], for people: without the way to it, which `message` tells.
    pub fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or(&self.message)
    }

    /// A schema's violation, with words before its message and the place where that schema applies.
    pub(crate) fn schema(violation: Violation, prefix: &str, place: &str) -> Self {
        Invalid {
            status: 400,
            message: format!("{prefix}{}", violation.message),
            path: format!("{place}{}", violation.path),
            code: violation.code,
            reason: Some(violation.reason),
        }
    }
}

/// A schema of ours that does not compile is a fault of the gateway, not of the object.
impl From<&CompileError> for Invalid {
    fn from(error: &CompileError) -> Self {
        Invalid { status: 500, ..Invalid::new("schema", error.to_string()) }
    }
}

/// Checks an object that is to be stored under `id` (credentials `<consumer>/credentials/<id>`, decorations likewise, secrets
/// `<manager>/<id>`, plugin metadata the plugin's name). Secrets in it are in the clear.
///
/// Returns a copy with all defaults, those of its plugins too, to make a typed resource of. What is stored is `value`
/// itself. Plugins that are switched off by `_meta.disable` may be wrong; they stay as they are.
///
/// # Errors
/// The first failure.
pub fn object(kind: Kind, id: &str, value: &Value, cx: &Context<'_>) -> Result<Value, Invalid> {
    let mut faults = Faults::first();
    let object = look(kind, id, value, cx, &mut faults);
    faults.verdict().map(|()| object)
}

/// Everything that is wrong with an object, the failure of [`object()`] first; nothing where that has none. What depends on the
/// schema is looked at only where the object conforms to it, but for its plugins.
pub fn faults(kind: Kind, id: &str, value: &Value, cx: &Context<'_>) -> Vec<Invalid> {
    let mut faults = Faults::all();
    look(kind, id, value, cx, &mut faults);
    faults.found()
}

/// Looks for faults; gives the object with its defaults.
fn look(kind: Kind, id: &str, value: &Value, cx: &Context<'_>, faults: &mut Faults) -> Value {
    if !json::within_depth(value, json::MAX_DEPTH) {
        let text = format!("invalid configuration: nesting deeper than {}", json::MAX_DEPTH);
        let _ = faults.note(Err(Invalid::new("limit", text)));
        return Value::Null;
    }
    let mut object = value.clone();
    if let Value::Array(items) = &object
        && items.is_empty()
    {
        object = Value::Object(serde_json::Map::new());
    }
    // Whether all of it was looked at does not matter here: the faults are there.
    let _ = match kind {
        Kind::PluginMetadata => plugins::metadata(id, &mut object, cx, faults),
        Kind::Secret => secret(id, &mut object, faults),
        _ => resource(kind, id, &mut object, cx, faults),
    };
    object
}

fn resource(kind: Kind, id: &str, object: &mut Value, cx: &Context<'_>, faults: &mut Faults) -> Checked {
    set_id(kind, id, object);
    faults.note(resource::before_schema(kind, id, object, cx))?;
    let before = faults.count();
    conforms(kind, object, faults)?;
    match faults.count() == before {
        true => resource::after_schema(kind, id, object, cx, faults),
        false => resource::plugins_of(kind, object, cx, faults),
    }
}

/// Checks a value against its kind's schema alone, as `POST /schema/validate/{resource}` does: no ids, no plugins, no
/// references, no words before the message. Fills the defaults.
///
/// # Errors
/// The first failure.
pub fn schema(kind: Kind, value: &mut Value) -> Result<(), Invalid> {
    match schemas::of(kind) {
        Some(schema) => run(schema.as_ref(), value, "", ""),
        // Which plugin or manager is known only from the id.
        None if value.is_object() => Ok(()),
        None => Err(Invalid::new("type", "wrong type: expected object")),
    }
}

fn conforms(kind: Kind, object: &mut Value, faults: &mut Faults) -> Checked {
    match schemas::of(kind) {
        Some(schema) => faults.run(schema.as_ref(), object, "invalid configuration: ", ""),
        None => Ok(()),
    }
}

fn run(schema: Result<&Schema, &CompileError>, value: &mut Value, prefix: &str, place: &str) -> Result<(), Invalid> {
    schema?.check(value).map_err(|violation| Invalid::schema(violation, prefix, place))
}

/// A name as a step of a JSON pointer (RFC 6901).
fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Puts the id into the object, as it will be stored; consumers have none.
fn set_id(kind: Kind, id: &str, object: &mut Value) {
    let Value::Object(fields) = object else { return };
    if kind == Kind::Consumer {
        return;
    }
    let short = kind.split_id(id).map_or(id, |(_, short)| short);
    if !short.is_empty() && !fields.contains_key("id") {
        fields.insert("id".into(), Value::from(short));
    }
}

fn secret(id: &str, object: &mut Value, faults: &mut Faults) -> Checked {
    let manager = id.split_once('/').map_or(id, |(manager, _)| manager);
    let Some(schema) = schemas::of_manager(manager) else {
        return faults.note(Err(Invalid::new("manager", format!("invalid secret manager: {manager}"))));
    };
    faults.run(schema.as_ref(), object, "invalid configuration: ", "")?;
    faults.note(addresses(object))?;
    if let Value::Object(fields) = object {
        fields.insert("id".into(), Value::from(id));
    }
    Ok(())
}

/// The addresses of secret managers: what parsers of addresses take out in silence (line ends, spaces) may not be in them.
fn addresses(object: &Value) -> Result<(), Invalid> {
    for place in ["/uri", "/endpoint_url", "/auth_config/entries_uri", "/auth_config/token_uri"] {
        let text = object.pointer(place).and_then(Value::as_str).unwrap_or_default();
        unspaced(text).map_err(|what| {
            let property = place.rsplit('/').next().unwrap_or_default();
            let message = format!("invalid configuration: property \"{property}\" validation failed: {what}");
            Invalid::new("pattern", message).at(place)
        })?;
    }
    Ok(())
}

/// Whether a part of an address is whole as it stands: parsers of addresses drop line ends, tabs and spaces around it, so what was
/// written would not be what is called.
///
/// # Errors
/// It holds a space or a control character.
pub fn unspaced(text: &str) -> Result<(), &'static str> {
    match text.chars().any(|c| c.is_control() || c == ' ') {
        true => Err("it holds a space or a control character"),
        false => Ok(()),
    }
}

/// Checks references for kinds that have them.
fn references(kind: Kind, object: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    references::check(kind, object, cx.references)
}

#[cfg(test)]
pub(crate) mod arbitrary {
    //! JSON that proptest makes up, with the names that occur in resources.

    use proptest::prelude::*;
    use serde_json::{Map, Value};

    const NAMES: &[&str] = &[
        "id",
        "name",
        "uri",
        "uris",
        "host",
        "hosts",
        "methods",
        "remote_addr",
        "vars",
        "plugins",
        "upstream",
        "nodes",
        "weight",
        "port",
        "type",
        "key",
        "hash_on",
        "scheme",
        "tls",
        "client_cert",
        "client_key",
        "checks",
        "active",
        "healthy",
        "timeout",
        "cert",
        "certs",
        "keys",
        "sni",
        "snis",
        "client",
        "ca",
        "username",
        "labels",
        "content",
        "_meta",
        "disable",
        "filter",
        "p",
        "count",
        "protocol",
        "status",
        "retry_policy",
        "service_id",
        "group_id",
    ];

    const TEXTS: &[&str] = &[
        "",
        "/",
        "1",
        "a:1",
        "[::1]:80",
        "::1",
        "chash",
        "http",
        "GET",
        "$env://A",
        "$secret://x/y",
        "header",
        "p",
        "127.0.0.0/8",
        "rewrite",
        "server",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "é\0\n",
    ];

    pub(crate) fn json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![proptest::sample::select(TEXTS).prop_map(str::to_owned), ".{0,8}"];
        let name = prop_oneof![4 => proptest::sample::select(NAMES).prop_map(str::to_owned), 1 => ".{0,4}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-3i64..70_000).prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 8, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((name.clone(), inner), 0..8)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }
}

#[cfg(test)]
mod tests;
