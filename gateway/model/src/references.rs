//! What an object may know of the others: whether those it names exist, and who still uses it.

use std::sync::Arc;

use serde_json::Value;

use crate::Kind;
use crate::check::Invalid;
use crate::secret::is_reference;

/// Answers for other stored objects. Values are in the clear (secrets decrypted).
pub trait References {
    /// Whether there is such an object.
    fn exists(&self, kind: Kind, id: &str) -> bool;

    /// The object itself.
    fn get(&self, kind: Kind, id: &str) -> Option<Arc<Value>>;

    /// Visits every object of a kind with its id until `visit` says `false`.
    fn each(&self, kind: Kind, visit: &mut dyn FnMut(&str, &Value) -> bool);

    /// Who uses `value` as the consumer attribute of an auth plugin, apart from `except`.
    /// The default looks at every consumer and credential; an index is faster.
    fn owner(&self, plugin: &str, attribute: &str, value: &str, except: &Owner) -> Option<Owner> {
        let mut found = None;
        for kind in [Kind::Consumer, Kind::Credential] {
            self.each(kind, &mut |id, object| {
                let used = object.get("plugins").and_then(|p| p.get(plugin)).and_then(|conf| conf.get(attribute));
                if used.and_then(Value::as_str) == Some(value) {
                    found = Some(Owner::of(kind, id)).filter(|owner| owner != except);
                }
                found.is_none()
            });
            if found.is_some() {
                break;
            }
        }
        found
    }

    /// Some object of kind `by` that uses the object `id` of kind `kind`.
    /// The default looks at every object; an index is faster.
    fn user(&self, kind: Kind, id: &str, by: Kind) -> Option<String> {
        let mut found = None;
        self.each(by, &mut |user, object| {
            if uses(object, kind, id) {
                found = Some(user.to_owned());
            }
            found.is_none()
        });
        found
    }

    /// The same for objects whose plugins name it.
    fn user_by_plugin(&self, kind: Kind, id: &str, by: Kind) -> Option<String> {
        let mut found = None;
        self.each(by, &mut |user, object| {
            if plugins_use(object, kind, id) {
                found = Some(user.to_owned());
            }
            found.is_none()
        });
        found
    }
}

/// Who holds a consumer attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A consumer, by its name.
    Consumer(String),
    /// A consumer's credential.
    Credential {
        /// The consumer's name.
        consumer: String,
        /// The credential's short id.
        id: String,
    },
}

impl Owner {
    /// The owner with the id of a stored object: `bob`, or `bob/credentials/c1`.
    pub fn of(kind: Kind, id: &str) -> Owner {
        match kind.split_id(id) {
            Some((consumer, id)) => Owner::Credential { consumer: consumer.to_owned(), id: id.to_owned() },
            None => Owner::Consumer(id.to_owned()),
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Consumer(name) => write!(f, "consumer: {name}"),
            Owner::Credential { consumer, id } => write!(f, "credential: {id} of consumer: {consumer}"),
        }
    }
}

/// Knows nothing and therefore objects to nothing: for bundles, whose references are not checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoReferences;

impl References for NoReferences {
    fn exists(&self, _: Kind, _: &str) -> bool {
        true
    }

    fn get(&self, _: Kind, _: &str) -> Option<Arc<Value>> {
        None
    }

    fn each(&self, _: Kind, _: &mut dyn FnMut(&str, &Value) -> bool) {}
}

/// An id as stored objects hold it: a string, or a number.
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Checks that what `object` names exists: `upstream_id`, `service_id`, `plugin_config_id`, `group_id`, and the
/// client certificate of its upstream.
///
/// # Errors
/// The first name behind which there is nothing.
pub fn check(kind: Kind, object: &Value, references: &dyn References) -> Result<(), Invalid> {
    let upstream = if kind == Kind::Upstream { Some(object) } else { object.get("upstream") };
    if let Some(id) = upstream.and_then(|u| u.pointer("/tls/client_cert_id")).and_then(id_text) {
        client_certificate(&id, references)?;
    }
    for (field, target) in FIELDS {
        if *target == Kind::ConsumerGroup && kind != Kind::Consumer {
            continue;
        }
        let Some(id) = object.get(field).and_then(id_text) else { continue };
        if !references.exists(*target, &id) {
            return Err(absent(*target, &id, field));
        }
    }
    Ok(())
}

fn absent(target: Kind, id: &str, field: &str) -> Invalid {
    let word = target.word();
    Invalid::new("reference", format!("failed to fetch {word} info by {word} id [{id}], response code: 404"))
        .at(format!("/{field}"))
}

fn client_certificate(id: &str, references: &dyn References) -> Result<(), Invalid> {
    if !references.exists(Kind::Ssl, id) {
        return Err(absent(Kind::Ssl, id, "tls/client_cert_id"));
    }
    match references.get(Kind::Ssl, id) {
        Some(ssl) if ssl.get("type").and_then(Value::as_str) != Some("client") => {
            Err(Invalid::new("reference", format!("failed to fetch ssl info by ssl id [{id}], wrong ssl type")))
        }
        _ => Ok(()),
    }
}

/// Checks that nobody uses an object any more that is to be deleted.
///
/// # Errors
/// The first user found.
pub fn check_unused(kind: Kind, id: &str, references: &dyn References) -> Result<(), Invalid> {
    for by in users(kind) {
        if let Some(user) = references.user(kind, id, *by) {
            return Err(in_use(kind, *by, &user));
        }
    }
    if PLUGIN_REFERENCES.iter().any(|(_, target, _)| *target == kind) {
        for by in plugin_users(kind) {
            if let Some(user) = references.user_by_plugin(kind, id, *by) {
                let plugin = if kind == Kind::Upstream { "plugin in " } else { "" };
                // APISIX names the table here, not the object.
                let word = if *by == Kind::GlobalRule { "global_rules" } else { by.singular() };
                return Err(Invalid::new(
                    "in_use",
                    format!("can not delete this {}, {plugin}{word} [{user}] is still using it now", kind.word()),
                ));
            }
        }
    }
    Ok(())
}

fn in_use(kind: Kind, by: Kind, user: &str) -> Invalid {
    let text = match kind {
        Kind::Service => {
            format!("can not delete this service directly, {} [{user}] is still using it now", by.singular())
        }
        Kind::StreamRoute => {
            format!("can not delete this stream route directly, stream route [{user}] is still using it as superior_id")
        }
        kind => format!("can not delete this {}, {} [{user}] is still using it now", kind.word(), by.singular()),
    };
    Invalid::new("in_use", text)
}

/// The fields that name another object.
const FIELDS: &[(&str, Kind)] = &[
    ("upstream_id", Kind::Upstream),
    ("service_id", Kind::Service),
    ("plugin_config_id", Kind::PluginConfig),
    ("group_id", Kind::ConsumerGroup),
];

/// Plugins whose configuration names an object, with the dotted path to it.
const PLUGIN_REFERENCES: &[(&str, Kind, &str)] = &[
    ("traffic-split", Kind::Upstream, "rules.weighted_upstreams.upstream_id"),
    ("grpc-transcode", Kind::Proto, "proto_id"),
];

/// Who may name an object of a kind in a field of its own. Certificates may go while upstreams name them: APISIX lets
/// them, and clients replace one so.
fn users(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Upstream => &[Kind::Route, Kind::Service, Kind::StreamRoute],
        Kind::Service => &[Kind::Route, Kind::StreamRoute],
        Kind::PluginConfig => &[Kind::Route],
        Kind::ConsumerGroup => &[Kind::Consumer],
        Kind::StreamRoute => &[Kind::StreamRoute],
        _ => &[],
    }
}

/// Who may name it within a plugin.
fn plugin_users(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Proto => &[Kind::Route, Kind::Service, Kind::PluginConfig, Kind::GlobalRule],
        _ => &[Kind::Route, Kind::Service, Kind::PluginConfig, Kind::Consumer, Kind::ConsumerGroup, Kind::GlobalRule],
    }
}

/// Who still names an object that may be deleted all the same, a sentence each. APISIX lets certificates and secrets go while
/// others name them, and clients replace them so; who deletes one is told.
pub fn still_named(kind: Kind, id: &str, references: &dyn References) -> Vec<String> {
    let (by, what): (&[Kind], &str) = match kind {
        Kind::Ssl => (CERTIFICATE_USERS, "names it as its client certificate"),
        Kind::Secret => (&Kind::ALL, "holds a reference to it"),
        _ => return Vec::new(),
    };
    let users = by.iter().filter_map(|by| Some((by, references.user(kind, id, *by)?)));
    users.map(|(by, user)| format!("{} [{user}] still {what}", by.word())).collect()
}

/// Who may name a certificate as the one its upstream is shown.
const CERTIFICATE_USERS: &[Kind] = &[Kind::Upstream, Kind::Route, Kind::Service, Kind::StreamRoute];

/// The secrets that an object refers to by `$secret://MANAGER/ID/…`, as `MANAGER/ID`; each once.
pub fn secrets(object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![object];
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => {
                let named = secret_of(text).filter(|id| !found.contains(id));
                found.extend(named);
            }
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => waiting.extend(fields.values()),
            _ => {}
        }
    }
    found
}

/// `MANAGER/ID` of a reference.
fn secret_of(text: &str) -> Option<String> {
    let rest = text.strip_prefix("$secret://")?;
    let mut steps = rest.split('/');
    let (manager, id) = (steps.next()?, steps.next()?);
    (!manager.is_empty() && !id.is_empty()).then(|| format!("{manager}/{id}"))
}

/// Whether a stored object names another one in a field of its own.
pub fn uses(object: &Value, kind: Kind, id: &str) -> bool {
    let names = |value: Option<&Value>| value.is_some_and(|value| same_id(value, id));
    match kind {
        Kind::StreamRoute => names(object.pointer("/protocol/superior_id")),
        Kind::Ssl => CERTIFICATE_PLACES.iter().any(|place| names(object.pointer(place))),
        Kind::Secret => secrets(object).iter().any(|secret| secret == id),
        _ => FIELDS.iter().filter(|(_, target)| *target == kind).any(|(field, _)| names(object.get(field))),
    }
}

/// Whether a stored object's plugins name another one.
pub fn plugins_use(object: &Value, kind: Kind, id: &str) -> bool {
    let Some(plugins) = object.get("plugins") else { return false };
    PLUGIN_REFERENCES.iter().filter(|(_, target, _)| *target == kind).any(|(plugin, _, path)| {
        plugins.get(plugin).is_some_and(|conf| leaf(conf, path, &mut |value| same_id(value, id)))
    })
}

/// Where an object names the certificate that its upstream is shown.
const CERTIFICATE_PLACES: [&str; 2] = ["/tls/client_cert_id", "/upstream/tls/client_cert_id"];

/// Objects that are named, by kind and id.
pub type Named = Vec<(Kind, String)>;

/// Everything a stored object names: in fields of its own, and within its plugins. For indexes of who uses what.
pub fn targets(kind: Kind, object: &Value) -> (Named, Named) {
    let mut fields: Named =
        FIELDS.iter().filter_map(|(field, target)| Some((*target, id_text(object.get(field)?)?))).collect();
    if kind == Kind::StreamRoute {
        fields.extend(object.pointer("/protocol/superior_id").and_then(id_text).map(|id| (Kind::StreamRoute, id)));
    }
    for place in CERTIFICATE_PLACES {
        fields.extend(object.pointer(place).and_then(id_text).map(|id| (Kind::Ssl, id)));
    }
    let mut plugins = Vec::new();
    for (plugin, target, path) in PLUGIN_REFERENCES {
        let Some(conf) = object.get("plugins").and_then(|p| p.get(plugin)) else { continue };
        // `leaf` stops at the first that passes: none does, so all are seen.
        leaf(conf, path, &mut |value| {
            plugins.extend(id_text(value).map(|id| (*target, id)));
            false
        });
    }
    (fields, plugins)
}

/// Whether any value at a dotted path passes `test`; arrays on the way are searched through.
fn leaf(value: &Value, path: &str, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let Some(next) = value.get(step) else { return false };
    let mut one = |value: &Value| match rest {
        None => test(value),
        Some(rest) => leaf(value, rest, test),
    };
    match next {
        Value::Array(items) => items.iter().any(one),
        value => one(value),
    }
}

fn same_id(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        _ => false,
    }
}

/// Refuses consumer attributes that somebody else uses already. Attributes that are references are not compared.
pub(crate) fn check_duplicates(
    owner: &Owner,
    plugins: &serde_json::Map<String, Value>,
    specs: &dyn crate::PluginSpecs,
    references: &dyn References,
) -> Result<(), Invalid> {
    for (plugin, conf) in plugins {
        let Some(attribute) = specs.get(plugin).and_then(|spec| spec.unique) else { continue };
        let Some(value) = conf.get(attribute).and_then(Value::as_str) else { continue };
        if is_reference(value) {
            continue;
        }
        if let Some(other) = references.owner(plugin, attribute, value, owner) {
            return Err(Invalid::new(
                "duplicate",
                format!("duplicate {attribute} of plugin {plugin} found with {other}"),
            )
            .at(format!("/plugins/{plugin}/{attribute}")));
        }
    }
    Ok(())
}
