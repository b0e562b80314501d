//! Upstreams: their parts out of JSON.

use gateway_model::resource::{Checks, Resilience};
use gateway_model::secret;
use serde_json::Value;

use super::{id_of, int, number, seconds, text, timeouts};
use crate::upstream::{
    Balancer, ClientCert, HashKey, HostRule, NodeSpec, PoolSettings, RetryRule, Scheme, ServiceKey, TlsSpec,
    UpstreamSpec,
};

/// The parts of the upstream `key`, out of its JSON.
pub(in crate::snapshot) fn upstream_spec(key: &str, value: &Value) -> UpstreamSpec {
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
