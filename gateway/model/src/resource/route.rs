//! Routes, services and stream routes.

use ipnet::IpNet;
use serde_json::Value;

use super::fields::Fields;
use super::{Labels, Malformed, Plugins, Timeout, Upstream};

/// Which requests go where, through which plugins.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What users noted on it.
    pub labels: Labels,
    /// Paths it matches, at least one.
    pub uris: Vec<String>,
    /// Hosts it matches, in lower case; empty: its service's, else all.
    pub hosts: Vec<String>,
    /// Methods it matches; empty: all.
    pub methods: Vec<String>,
    /// Clients it matches; empty: all.
    pub remote_addrs: Vec<IpNet>,
    /// Further conditions, an expression.
    pub vars: Option<Value>,
    /// Larger goes first among routes with the same path.
    pub priority: i64,
    /// `status: 1`; others are not loaded.
    pub enabled: bool,
    /// Instead of the upstream's.
    pub timeout: Option<Timeout>,
    /// Whether requests may become WebSockets; absent: as the service says.
    pub enable_websocket: Option<bool>,
    /// Protocols it is for; empty: all.
    pub downstream_protocol: Vec<DownstreamProtocol>,
    /// What it runs.
    pub plugins: Plugins,
    /// Where it goes, written in place.
    pub upstream: Option<Upstream>,
    /// Where it goes, by id.
    pub upstream_id: Option<String>,
    /// What it shares with other routes.
    pub service_id: Option<String>,
    /// The plugins it shares with other routes.
    pub plugin_config_id: Option<String>,
}

/// A protocol that clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DownstreamProtocol {
    /// HTTP/1.1 and 1.0.
    Http1,
    /// HTTP/2 that is not gRPC.
    Http2,
    /// gRPC over HTTP/2.
    Grpc,
    /// A request that asks to become a WebSocket.
    Websocket,
    /// Dubbo2 over TCP.
    Dubbo,
    /// Dubbo's Triple over HTTP/2.
    Triple,
}

/// What several routes share.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What users noted on it.
    pub labels: Labels,
    /// Hosts of its routes that name none.
    pub hosts: Vec<String>,
    /// For its routes that say nothing about it.
    pub enable_websocket: Option<bool>,
    /// What its routes run.
    pub plugins: Plugins,
    /// Where its routes go, written in place.
    pub upstream: Option<Upstream>,
    /// Where its routes go, by id.
    pub upstream_id: Option<String>,
}

/// Which connections go where.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRoute {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What users noted on it.
    pub labels: Labels,
    /// Clients it matches.
    pub remote_addr: Option<IpNet>,
    /// Local addresses it matches.
    pub server_addr: Option<IpNet>,
    /// The local port it matches.
    pub server_port: Option<u16>,
    /// The name in the TLS handshake, in lower case.
    pub sni: Option<String>,
    /// Stream plugins it runs.
    pub plugins: Plugins,
    /// Where it goes, written in place.
    pub upstream: Option<Upstream>,
    /// Where it goes, by id.
    pub upstream_id: Option<String>,
    /// What it shares with others.
    pub service_id: Option<String>,
    /// The protocol spoken within.
    pub protocol: Option<StreamProtocol>,
}

/// A protocol on a stream route.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamProtocol {
    /// `redis`, `dubbo`.
    pub name: String,
    /// The stream route that accepts the connections.
    pub superior_id: Option<String>,
    /// Settings of the protocol.
    pub conf: Option<Value>,
    /// Who logs its calls: `name`, `filter`, `conf`.
    pub logger: Vec<Value>,
}

impl Route {
    /// Makes a route of a checked value.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        Ok(Route {
            id: f.own_id()?,
            name: f.string("name")?,
            labels: f.labels()?,
            uris: f.one_or_many("uri", "uris")?,
            hosts: f.hosts("host", "hosts")?,
            methods: f.strings("methods")?,
            remote_addrs: f.networks("remote_addr", "remote_addrs")?,
            vars: f.get("vars").cloned(),
            priority: f.integer("priority")?.unwrap_or(0),
            enabled: f.enabled()?,
            timeout: f.timeout()?,
            enable_websocket: f.bool("enable_websocket")?,
            downstream_protocol: protocols(&f)?,
            plugins: f.plugins()?,
            upstream: inline_upstream(&f)?,
            upstream_id: f.id("upstream_id")?,
            service_id: f.id("service_id")?,
            plugin_config_id: f.id("plugin_config_id")?,
        })
    }
}

impl Service {
    /// Makes a service of a checked value.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        Ok(Service {
            id: f.own_id()?,
            name: f.string("name")?,
            labels: f.labels()?,
            hosts: f.hosts("host", "hosts")?,
            enable_websocket: f.bool("enable_websocket")?,
            plugins: f.plugins()?,
            upstream: inline_upstream(&f)?,
            upstream_id: f.id("upstream_id")?,
        })
    }
}

impl StreamRoute {
    /// Makes a stream route of a checked value.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        let protocol = match f.object("protocol")? {
            None => None,
            Some(p) => Some(StreamProtocol {
                name: p.required("name", p.string("name")?)?,
                superior_id: p.id("superior_id")?,
                conf: p.get("conf").cloned(),
                logger: p.get("logger").and_then(Value::as_array).cloned().unwrap_or_default(),
            }),
        };
        Ok(StreamRoute {
            id: f.own_id()?,
            name: f.string("name")?,
            labels: f.labels()?,
            remote_addr: f.networks("remote_addr", "")?.pop(),
            server_addr: f.networks("server_addr", "")?.pop(),
            server_port: f.integer("server_port")?,
            sni: f.hosts("sni", "")?.pop(),
            plugins: f.plugins()?,
            upstream: inline_upstream(&f)?,
            upstream_id: f.id("upstream_id")?,
            service_id: f.id("service_id")?,
            protocol,
        })
    }
}

impl DownstreamProtocol {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "http1" => Self::Http1,
            "http2" => Self::Http2,
            "grpc" => Self::Grpc,
            "websocket" => Self::Websocket,
            "dubbo" => Self::Dubbo,
            "triple" => Self::Triple,
            _ => return None,
        })
    }
}

/// One name or a list of them.
fn protocols(f: &Fields<'_>) -> Result<Vec<DownstreamProtocol>, Malformed> {
    const FIELD: &str = "downstream_protocol";
    let names = match f.get(FIELD) {
        Some(Value::String(name)) => vec![name.clone()],
        _ => f.strings(FIELD)?,
    };
    names.iter().map(|name| f.required(FIELD, DownstreamProtocol::from_name(name))).collect()
}

fn inline_upstream(f: &Fields<'_>) -> Result<Option<Upstream>, Malformed> {
    f.get("upstream").map(Upstream::from_value).transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_route_is_made_of_its_fields() {
        let route = Route::from_value(&json!({
            "id": 1, "uris": ["/a", "/b/*"], "host": "*.A.com.", "methods": ["GET"], "remote_addrs": ["10.0.0.0/8", "::1"],
            "vars": [["arg_a", "==", "1"]], "priority": 3, "status": 0, "plugins": {"p": {"k": 1}}, "service_id": "s",
            "downstream_protocol": "grpc", "labels": {"a": "b"}, "timeout": {"connect": 1, "send": 2, "read": 3},
            "unknown": true, "plugin_config_id": 5
        }))
        .unwrap();
        assert_eq!(route.id, "1");
        assert_eq!(route.uris, ["/a", "/b/*"]);
        assert_eq!(route.hosts, ["*.a.com"]);
        assert_eq!(route.remote_addrs.len(), 2);
        assert_eq!((route.priority, route.enabled), (3, false));
        assert_eq!(route.downstream_protocol, [DownstreamProtocol::Grpc]);
        assert_eq!(route.plugins["p"]["k"], 1);
        assert_eq!(route.plugin_config_id.as_deref(), Some("5"));
        assert_eq!(route.labels["a"], "b");
    }

    #[test]
    fn empty_objects_and_arrays_are_alike() {
        let route =
            Route::from_value(&json!({"id": "1", "uri": "/", "plugins": [], "methods": {}, "labels": []})).unwrap();
        assert!(route.plugins.is_empty() && route.methods.is_empty() && route.enabled);
    }

    #[test]
    fn a_stream_route_may_hold_a_protocol() {
        let route = StreamRoute::from_value(&json!({"id": "1", "remote_addr": "10.0.0.0/8", "sni": "A.com",
            "protocol": {"name": "redis", "superior_id": 1}}))
        .unwrap();
        assert_eq!(route.protocol.unwrap().superior_id.as_deref(), Some("1"));
        assert_eq!(route.sni.as_deref(), Some("a.com"));
    }
}
