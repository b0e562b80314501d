//! From checked JSON (schema passed, defaults filled in) to what the engine runs. Nothing on the way of a request looks at JSON.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_model::plugin::SchemaType;
use gateway_model::resource::{Checks, Resilience};
use gateway_model::secret;
use serde_json::{Map, Value};

use super::control::Values;
use crate::cidr::IpSet;
use crate::exchange::{Exchange, Protocol};
use crate::expr::Expr;
use crate::plugin::{Build, Configured, Definition, Phases, Plugin, Registry, Step, UpstreamWants};
use crate::router::{Equals, Mode, RouteKey, Routed, method_bit};
use crate::upstream::{
    Balancer, ClientCert, HashKey, HostRule, NodeSpec, PoolSettings, RetryRule, Scheme, ServiceKey, Timeouts, TlsSpec,
    UpstreamSpec,
};

/// An object that cannot be made into something that runs, though its schema passed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CompileError(pub String);

/// A compiled route. A clone shares everything but the router's key.
#[derive(Clone)]
pub struct Route {
    /// Its id.
    pub id: Box<str>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// The patterns of its paths, as configured (`matched_uri` of metrics).
    pub uris: Box<[Box<str>]>,
    /// Its hosts, or its service's.
    pub hosts: Box<[Box<str>]>,
    /// The hosts are its own, not its service's.
    pub own_hosts: bool,
    /// Bits of [`Route::protocol_bit`] it serves; 0: all.
    pub protocols: u8,
    /// Client addresses it serves.
    pub remote_addrs: Option<Arc<IpSet>>,
    /// `vars`.
    pub vars: Option<Arc<Expr>>,
    /// `vars` looks at the request's body.
    pub needs_body: bool,
    /// Slot of its service.
    pub service: Option<u32>,
    /// Slot of its plugin config.
    pub plugin_config: Option<u32>,
    /// Slot of its upstream: one of its own, or that of its `upstream_id`.
    pub upstream: Option<u32>,
    /// Its own plugins.
    pub plugins: Arc<[Configured]>,
    /// Its own timeouts.
    pub timeouts: Option<Timeouts>,
    /// `enable_websocket`.
    pub websocket: Option<bool>,
    key: RouteKey,
}

impl Routed for Route {
    fn key(&self) -> &RouteKey {
        &self.key
    }
}

impl Route {
    /// The same route under other hosts (its service's have changed).
    ///
    /// # Errors
    /// It would take too many places in the router. A write that brings route and service together comes to that only here.
    pub(super) fn under_hosts(&self, mode: Mode, hosts: &[Box<str>]) -> Result<Arc<Route>, CompileError> {
        self.check_hosts(mode, hosts)?;
        let mut key = RouteKey::new(mode, self.uris.iter(), hosts.iter());
        key.methods = self.key.methods;
        key.priority = self.key.priority;
        key.seq = self.key.seq;
        key.slot = self.key.slot;
        key.conditions = self.key.conditions;
        key.equals.clone_from(&self.key.equals);
        Ok(Arc::new(Route { hosts: hosts.into(), key, ..self.clone() }))
    }

    /// Whether it may stand under these hosts of its service.
    pub(super) fn check_hosts(&self, mode: Mode, hosts: &[Box<str>]) -> Result<(), CompileError> {
        RouteKey::check_places(mode, &self.id, self.uris.len(), hosts.len()).map_err(CompileError)
    }

    /// The bit of a protocol in [`Route::protocols`].
    pub fn protocol_bit(protocol: Protocol) -> u8 {
        match protocol {
            Protocol::Http1 => 1,
            Protocol::Http2 => 2,
            Protocol::Grpc => 4,
            Protocol::WebSocket => 8,
            Protocol::Dubbo => 16,
            Protocol::Triple => 32,
        }
    }
}

/// Where an object's upstream comes from, before it has a slot.
pub enum RouteUpstream<'a> {
    /// None.
    None,
    /// In the object itself.
    Inline(&'a Value),
    /// `upstream_id`.
    Id(String),
}

impl RouteUpstream<'_> {
    /// What an object says; `upstream_id` goes before `upstream`.
    pub fn of(value: &Value) -> RouteUpstream<'_> {
        if let Some(id) = id_of(value, "upstream_id") {
            return RouteUpstream::Id(id);
        }
        value.get("upstream").map_or(RouteUpstream::None, RouteUpstream::Inline)
    }
}

/// A compiled service.
pub struct Service {
    /// Its id.
    pub id: Box<str>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// Hosts for routes that have none.
    pub hosts: Box<[Box<str>]>,
    /// Slot of its upstream.
    pub upstream: Option<u32>,
    /// Its plugins.
    pub plugins: Box<[Configured]>,
    /// `enable_websocket`.
    pub websocket: Option<bool>,
}

/// A compiled plugin config.
pub struct PluginConfig {
    /// Its id.
    pub id: Box<str>,
    /// Its plugins.
    pub plugins: Box<[Configured]>,
}

/// A compiled consumer group.
pub struct Group {
    /// Its id.
    pub id: Box<str>,
    /// Its plugins.
    pub plugins: Box<[Configured]>,
}

/// The plugins of all global rules.
#[derive(Default)]
pub struct Globals {
    /// In no order yet; a plugin that two rules name is in neither.
    pub plugins: Box<[Configured]>,
}

/// The slots a route refers to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slots {
    pub(super) own: u32,
    pub(super) service: Option<u32>,
    pub(super) plugin_config: Option<u32>,
    pub(super) upstream: Option<u32>,
}

/// Compiles a route; `None` when it is switched off. `hosts` are its service's, for a route that has none.
pub(super) fn route(
    value: &Value,
    id: &str,
    mode: Mode,
    seq: u64,
    slots: Slots,
    service_hosts: &[Box<str>],
    plugins: &Plugins<'_>,
) -> Result<Option<Route>, CompileError> {
    if value.get("status").and_then(Value::as_u64) == Some(0) {
        return Ok(None);
    }
    let uris = one_or_many(value, "uri", "uris");
    let mut hosts = one_or_many(value, "host", "hosts");
    let own_hosts = !hosts.is_empty();
    if !own_hosts {
        hosts = service_hosts.into();
    }
    RouteKey::check_places(mode, id, uris.len(), hosts.len()).map_err(CompileError)?;
    let addresses = one_or_many(value, "remote_addr", "remote_addrs");
    let remote_addrs = match addresses.is_empty() {
        true => None,
        false => Some(Arc::new(IpSet::parse(addresses.iter().map(|a| &**a)).map_err(|e| CompileError(e.to_string()))?)),
    };
    let vars = match value.get("vars") {
        None | Some(Value::Null) => None,
        Some(vars) => Some(Arc::new(Expr::parse(vars).map_err(|e| CompileError(e.to_string()))?)),
    };
    let methods = strings(value, "methods").iter().map(|m| method_bit(m.as_bytes())).fold(0, |all, bit| all | bit);
    let protocols = protocols(value);
    let mut key = RouteKey::new(mode, uris.iter(), hosts.iter());
    key.methods = methods;
    key.priority = int(value, "priority").and_then(|p| i32::try_from(p).ok()).unwrap_or(0);
    key.seq = seq;
    key.slot = slots.own;
    key.conditions = remote_addrs.is_some() || vars.is_some() || protocols != 0;
    key.equals = vars
        .as_ref()
        .and_then(|v| v.first_equality())
        .map(|(variable, text)| Equals { variable: variable.name().into(), value: text.into() });
    Ok(Some(Route {
        id: id.into(),
        name: text(value, "name"),
        uris,
        hosts,
        own_hosts,
        protocols,
        remote_addrs,
        needs_body: vars.as_ref().is_some_and(|v| v.needs_body()),
        vars,
        service: slots.service,
        plugin_config: slots.plugin_config,
        upstream: slots.upstream,
        plugins: plugins.compile(value.get("plugins"))?.into(),
        timeouts: timeouts(value),
        websocket: value.get("enable_websocket").and_then(Value::as_bool),
        key,
    }))
}

fn protocols(value: &Value) -> u8 {
    let named = match value.get("downstream_protocol") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    named.iter().fold(0, |all, name| {
        all | match *name {
            "http1" => Route::protocol_bit(Protocol::Http1),
            "http2" => Route::protocol_bit(Protocol::Http2),
            "grpc" => Route::protocol_bit(Protocol::Grpc),
            "websocket" => Route::protocol_bit(Protocol::WebSocket),
            "dubbo" => Route::protocol_bit(Protocol::Dubbo),
            "triple" => Route::protocol_bit(Protocol::Triple),
            _ => 0,
        }
    })
}

/// Compiles a service.
pub(super) fn service(
    value: &Value,
    id: &str,
    upstream: Option<u32>,
    plugins: &Plugins<'_>,
) -> Result<Service, CompileError> {
    Ok(Service {
        id: id.into(),
        name: text(value, "name"),
        hosts: strings(value, "hosts"),
        upstream,
        plugins: plugins.compile(value.get("plugins"))?,
        websocket: value.get("enable_websocket").and_then(Value::as_bool),
    })
}

/// Makes plugin instances for one object.
pub(super) struct Plugins<'a> {
    pub(super) registry: &'a Registry,
    /// Key of the object that holds them.
    pub(super) parent: &'a str,
    /// Where they ask for upstreams.
    pub(super) upstreams: &'a UpstreamWants,
    /// What stands in the place of references to secrets.
    pub(super) values: Values,
}

impl Plugins<'_> {
    /// The instances of a `plugins` object. A plugin this process does not know is left out, with a warning.
    pub(super) fn compile(&self, plugins: Option<&Value>) -> Result<Box<[Configured]>, CompileError> {
        let Some(Value::Object(plugins)) = plugins else { return Ok(Box::default()) };
        let mut made = Vec::with_capacity(plugins.len());
        for (name, conf) in plugins {
            if let Some(configured) = self.one(name, conf)? {
                made.push(configured);
            }
        }
        Ok(made.into_boxed_slice())
    }

    /// The instance of a plugin that is on.
    fn instance(&self, name: &str, definition: &Definition, conf: &Value) -> Result<Arc<dyn Plugin>, CompileError> {
        let judges_by = definition.spec.verify_fields;
        if self.values.lenient() && judges_by.iter().any(|path| secret::reference_at(conf, path)) {
            return Ok(self.shut(name, "what it judges requests by is a reference that is not resolved"));
        }
        let made = checked(definition, SchemaType::Plugin, conf, self.values).and_then(|checked| {
            let conf = checked.as_ref().unwrap_or(conf);
            let Plugins { registry, parent, upstreams, .. } = *self;
            let (attr, states) = (registry.attr(name), &registry.states);
            (definition.build)(&Build { conf, parent, attr, states, registry, variant: None, upstreams })
        });
        match made {
            Ok(plugin) => {
                debug_assert!(definition.phases.has(plugin.phases()), "{name} runs in phases that it does not tell");
                Ok(plugin)
            }
            Err(error) if self.values.lenient() && definition.spec.observer => {
                self.complain(name, &error, "it does not run");
                Ok(Arc::new(Off))
            }
            Err(error) if self.values.lenient() => Ok(self.shut(name, &error)),
            Err(e) => Err(CompileError(format!("failed to check the configuration of plugin {name} err: {e}"))),
        }
    }

    /// What a plugin makes of its metadata. There is none while its references have not been answered, nor where the plugin
    /// cannot use what they lead to.
    pub(super) fn metadata(
        &self,
        definition: &Definition,
        value: &Value,
    ) -> Result<Option<Arc<dyn Any + Send + Sync>>, CompileError> {
        let Some(make) = definition.metadata else { return Ok(None) };
        if self.values == Values::Awaited {
            return Ok(None);
        }
        let made = checked(definition, SchemaType::Metadata, value, self.values)
            .and_then(|checked| make(checked.as_ref().unwrap_or(value)));
        match made {
            Ok(made) => Ok(Some(made)),
            Err(error) if self.values.lenient() => {
                self.complain(&definition.spec.name, &error, "it runs without its metadata");
                Ok(None)
            }
            Err(error) => Err(CompileError(error)),
        }
    }

    fn shut(&self, name: &str, error: &str) -> Arc<dyn Plugin> {
        self.complain(name, error, "it refuses all requests");
        Arc::new(Shut)
    }

    fn complain(&self, plugin: &str, error: &str, so: &str) {
        if self.values != Values::Awaited {
            tracing::error!(
                object = self.parent,
                plugin,
                error,
                "a plugin cannot run with what its references lead to: {so}"
            );
        }
    }

    /// One instance.
    pub(super) fn one(&self, name: &str, conf: &Value) -> Result<Option<Configured>, CompileError> {
        let Some(definition) = self.registry.get(name) else {
            tracing::warn!(plugin = name, object = self.parent, "unknown plugin ignored");
            return Ok(None);
        };
        let meta = conf.get("_meta");
        let disabled = meta.and_then(|m| m.get("disable")).and_then(Value::as_bool).unwrap_or(false);
        let plugin: Arc<dyn Plugin> = if disabled { Arc::new(Off) } else { self.instance(name, definition, conf)? };
        let priority = meta.and_then(|m| int(m, "priority")).and_then(|p| i32::try_from(p).ok());
        Ok(Some(Configured {
            name: Arc::from(name),
            plugin,
            priority: priority.unwrap_or(definition.spec.priority),
            filter: meta.and_then(|m| m.get("filter")).and_then(|f| filter(name, f)),
            error_response: meta.and_then(|m| m.get("error_response")).map(body_of),
            disabled,
            auth: definition.spec.is_auth(),
            prefer_route: definition.spec.run_policy == Some("prefer_route"),
            from_consumer: false,
        }))
    }
}

/// Puts `conf` past its schema again, if it held references: what they lead to must obey it as any text does.
///
/// # Errors
/// What is wrong with it.
pub(super) fn checked(
    definition: &Definition,
    place: SchemaType,
    conf: &Value,
    values: Values,
) -> Result<Option<Value>, String> {
    if values == Values::Plain {
        return Ok(None);
    }
    let Some(schema) = definition.spec.schema_for(place) else { return Ok(None) };
    let mut conf = conf.clone();
    if let (SchemaType::Metadata, Value::Object(fields)) = (place, &mut conf) {
        // What the gateway adds to the stored object, and its plugin's schema knows nothing of.
        for own in ["id", "create_time", "update_time"] {
            fields.shift_remove(own);
        }
    }
    let schema = schema.compiled().map_err(|e| e.to_string())?;
    // The message may quote the value.
    schema
        .check(&mut conf)
        .map_err(|violation| format!("{} does not obey its schema ({})", at(&violation.path), violation.code))?;
    Ok(Some(conf))
}

fn at(path: &str) -> &str {
    if path.is_empty() { "the configuration" } else { path }
}

/// `_meta.filter`; one that cannot be read lets the plugin run, with a warning.
fn filter(plugin: &str, value: &Value) -> Option<Arc<Expr>> {
    match Expr::parse(value) {
        Ok(expr) => Some(Arc::new(expr)),
        Err(error) => {
            tracing::warn!(plugin, %error, "_meta.filter cannot be read; the plugin runs always");
            None
        }
    }
}

fn body_of(value: &Value) -> Bytes {
    match value {
        Value::String(text) => Bytes::from(text.clone()),
        other => Bytes::from(format!("{other}\n")),
    }
}

/// Stands in the place of a plugin that is switched off, so that it hides the same plugin of a lower level.
struct Off;

impl Plugin for Off {
    fn phases(&self) -> Phases {
        Phases::default()
    }

    fn log(&self, _: &Exchange) {}
}

/// Stands in the place of a plugin that cannot do its work without a secret: nobody passes.
struct Shut;

impl Plugin for Shut {
    fn phases(&self) -> Phases {
        Phases::REWRITE | Phases::ACCESS
    }

    fn rewrite<'a>(&'a self, _: &'a mut Exchange) -> Step<'a> {
        Step::exit(503)
    }

    fn access<'a>(&'a self, _: &'a mut Exchange) -> Step<'a> {
        Step::exit(503)
    }
}

/// The parts of the upstream `key`, out of its JSON.
pub(super) fn upstream_spec(key: &str, value: &Value) -> UpstreamSpec {
    let name = value.get("type").and_then(Value::as_str).unwrap_or("roundrobin");
    let balancer = Balancer::from_name(name).unwrap_or_else(|| {
        tracing::warn!(upstream = key, r#type = name, "an upstream of a type that is not known gets roundrobin");
        Balancer::default()
    });
    let hash_on = value.get("hash_on").and_then(Value::as_str).unwrap_or("vars");
    let hash = (balancer == Balancer::Chash)
        .then(|| HashKey::new(hash_on, value.get("key").and_then(Value::as_str).unwrap_or("remote_addr")));
    let scheme = value.get("scheme").and_then(Value::as_str).and_then(Scheme::from_name).unwrap_or_default();
    UpstreamSpec {
        scheme,
        http2: value.get("http_version").and_then(Value::as_str) == Some("2"),
        nodes: nodes(value.get("nodes")),
        discovery: text(value, "discovery_type"),
        service: ServiceKey::of(value, scheme),
        balancer,
        hash,
        retry: RetryRule {
            retries: int(value, "retries").and_then(|n| u32::try_from(n).ok()),
            budget: seconds(value, "retry_timeout").filter(|d| !d.is_zero()),
        },
        timeouts: timeouts(value),
        host: match value.get("pass_host").and_then(Value::as_str) {
            Some("node") => HostRule::Node,
            Some("rewrite") => HostRule::Rewrite(
                value.get("upstream_host").and_then(Value::as_str).unwrap_or_default().as_bytes().into(),
            ),
            _ => HostRule::Pass,
        },
        pool: value.get("keepalive_pool").map(pool),
        tls: value.get("tls").map(tls),
        checks: value.get("checks").and_then(|checks| Checks::from_value(checks).ok()),
        // It was checked: every field is of its type.
        resilience: Resilience::from_value(value).unwrap_or_default(),
        stateful: false,
    }
}

fn nodes(value: Option<&Value>) -> Vec<NodeSpec> {
    let weight = |v: Option<&Value>| v.and_then(number).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    match value {
        Some(Value::Object(map)) => map
            .iter()
            .map(|(key, w)| {
                let (host, port) = NodeSpec::split(key);
                NodeSpec { host: host.into(), port, weight: weight(Some(w)), priority: 0, metadata: None }
            })
            .collect(),
        Some(Value::Array(list)) => list
            .iter()
            .map(|node| NodeSpec {
                host: node.get("host").and_then(Value::as_str).unwrap_or_default().into(),
                port: int(node, "port").and_then(|p| u16::try_from(p).ok()),
                weight: weight(node.get("weight")),
                priority: int(node, "priority").and_then(|p| i32::try_from(p).ok()).unwrap_or(0),
                metadata: None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn pool(value: &Value) -> PoolSettings {
    let default = PoolSettings::default();
    PoolSettings {
        size: int(value, "size").and_then(|n| usize::try_from(n).ok()).unwrap_or(default.size),
        idle_timeout: match seconds(value, "idle_timeout") {
            Some(d) if d.is_zero() => None,
            Some(d) => Some(d),
            None => default.idle_timeout,
        },
        requests: int(value, "requests").and_then(|n| u32::try_from(n).ok()).unwrap_or(default.requests),
    }
}

fn tls(value: &Value) -> TlsSpec {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let pair = text("client_cert").zip(text("client_key"));
    let unresolved = pair.is_some_and(|(cert, key)| secret::is_reference(cert) || secret::is_reference(key));
    let client = pair.filter(|_| !unresolved).map(|(cert, key)| ClientCert { cert: cert.into(), key: key.into() });
    TlsSpec {
        unresolved,
        verify: value.get("verify").and_then(Value::as_bool),
        client,
        client_cert_id: id_of(value, "client_cert_id").map(Into::into),
    }
}

fn timeouts(value: &Value) -> Option<Timeouts> {
    let timeout = value.get("timeout")?;
    // The schema asks for all three.
    Some(Timeouts::new(seconds(timeout, "connect")?, seconds(timeout, "send")?, seconds(timeout, "read")?))
}

fn seconds(value: &Value, name: &str) -> Option<Duration> {
    let seconds = value.get(name)?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let float = value.as_f64()?;
        // `1.0` is an integer in APISIX's eyes.
        #[allow(clippy::cast_possible_truncation)]
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
    })
}

fn int(value: &Value, name: &str) -> Option<i64> {
    value.get(name).and_then(number)
}

fn text(value: &Value, name: &str) -> Option<Box<str>> {
    value.get(name).and_then(Value::as_str).map(Into::into)
}

/// An id, which may be written as a number.
pub(super) fn id_of(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn strings(value: &Value, name: &str) -> Box<[Box<str>]> {
    let Some(Value::Array(list)) = value.get(name) else { return Box::default() };
    list.iter().filter_map(Value::as_str).map(Into::into).collect()
}

fn one_or_many(value: &Value, one: &str, many: &str) -> Box<[Box<str>]> {
    match value.get(one).and_then(Value::as_str) {
        Some(text) => Box::new([text.into()]),
        None => strings(value, many),
    }
}

/// The members of an object, or none.
pub(super) fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}
