//! From checked JSON (schema passed, defaults filled in) to what the engine runs. Nothing on the way of a request looks at JSON.

mod plugins;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

pub(super) use self::plugins::{Plugins, checked};
pub(super) use self::upstream::upstream_spec;
use crate::cidr::IpSet;
use crate::exchange::Protocol;
use crate::expr::Expr;
use crate::plugin::Configured;
use crate::router::{Equals, Mode, RouteKey, Routed, method_bit};
use crate::upstream::Timeouts;

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
