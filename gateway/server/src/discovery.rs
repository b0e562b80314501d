//! Service registries as the process has them: which there are, and how they are, for people (Control API, `live/info`) and metrics.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_discovery::{Kept, Memory, Nacos, Source, ZooKeeper};
use gateway_engine::snapshot::Shared;
use gateway_engine::upstream::{NodeSpec, Registry, RegistryStatus, ServiceKey, Services, Wanted};
use gateway_plugins::prometheus::{Extra, Sample};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use crate::config::{Config, Role};

/// How long a request waits for the first answer about its service.
const PATIENCE: Duration = Duration::from_secs(3);

/// Registries that this build knows.
pub(crate) const BUILT: [&str; 2] = ["nacos", "zookeeper"];

/// How long a Nacos that has come back is not believed that it has no nodes: clients register again within seconds.
const NACOS_GRACE: Duration = Duration::from_secs(30);

/// Connects to the registries of the configuration, on the present runtime; `changed` is told whose nodes have changed. What they
/// last knew is kept in the data directory.
pub(crate) fn start(config: &Config, dir: &Path, shared: &Shared, changed: impl Fn(u64) + Send + Sync + 'static) {
    if config.role == Role::ControlPlane {
        return;
    }
    let runtime = Handle::current();
    let folder = dir.join("discovery");
    let mut all: Vec<(Box<str>, Arc<dyn Registry>)> = Vec::new();
    let mut add = |name: &str, source: Arc<dyn Source>, grace: Duration| {
        let memory = Memory::open(&folder, name, &runtime);
        all.push((name.into(), Arc::new(Kept::new(source, memory, grace))));
    };
    if let Some(settings) = &config.discovery.zookeeper {
        let grace = settings.session_timeout;
        add("zookeeper", Arc::new(ZooKeeper::start(settings.clone(), &runtime)), grace);
    }
    if let Some(settings) = &config.discovery.nacos {
        add("nacos", Arc::new(Nacos::start(settings.clone(), &runtime)), NACOS_GRACE);
    }
    let services: Arc<Services> = shared.registry.states.get();
    services.start(all, runtime.clone(), PATIENCE, changed);
}

/// What is wrong with a `discovery_type`, for who writes an upstream.
pub(crate) fn warning(services: &Services, name: &str) -> Option<String> {
    if services.knows(name) {
        return None;
    }
    Some(match BUILT.contains(&name) {
        true => format!("there is no discovery.{name} in the configuration file: the upstream has no nodes"),
        false => format!("discovery_type {name} is not built: the upstream has no nodes"),
    })
}

/// A registry with the services that are followed there, as the Control API shows it; `None`: there is none of that name.
pub(crate) fn dump(shared: &Shared, name: &str) -> Option<Value> {
    let services: Arc<Services> = shared.registry.states.get();
    let all = services.dump(name)?;
    let followed: Map<String, Value> = all.iter().map(|(key, nodes)| (shown_key(key), shown_nodes(nodes))).collect();
    let status = services.statuses().into_iter().find(|(registry, ..)| &**registry == name);
    let status = status.map(|(_, status, services, nodes)| shown(&status, services, nodes));
    Some(json!({ "services": followed, "status": status }))
}

/// How all registries are.
pub(crate) fn all(registry: &gateway_engine::plugin::Registry) -> Value {
    let services: Arc<Services> = registry.states.get();
    let mut all = Map::new();
    for (name, status, services, nodes) in services.statuses() {
        all.insert(name.into_string(), shown(&status, services, nodes));
    }
    Value::Object(all)
}

/// The same, a row each, for `live/discovery`.
pub(crate) fn list(registry: &gateway_engine::plugin::Registry) -> Value {
    let services: Arc<Services> = registry.states.get();
    let row = |(name, status, services, nodes): (Box<str>, RegistryStatus, usize, usize)| {
        json!({
            "type": name,
            "state": if status.connected.is_some() { "connected" } else { "retrying" },
            "server": status.server,
            "since": status.connected.map(unix),
            "last_ok": status.succeeded.map(unix),
            "error": status.error.as_ref().map(|(at, text)| json!({ "at": unix(*at), "text": text })),
            "failures": status.failures,
            "services": services,
            "nodes": nodes,
        })
    };
    services.statuses().into_iter().map(row).collect()
}

/// The services that are followed at a registry, with their nodes; `None`: there is no such registry.
pub(crate) fn services(registry: &gateway_engine::plugin::Registry, name: &str) -> Option<Value> {
    let services: Arc<Services> = registry.states.get();
    let row = |(key, nodes): &(ServiceKey, Arc<[NodeSpec]>)| json!({ "type": name, "service": shown_key(key), "count": nodes.len(), "nodes": shown_nodes(nodes) });
    Some(services.dump(name)?.iter().map(row).collect())
}

fn shown(status: &RegistryStatus, services: usize, nodes: usize) -> Value {
    json!({
        "connected": status.connected.is_some(),
        "connected_since": status.connected.map(unix),
        "server": status.server,
        "last_success": status.succeeded.map(unix),
        "last_error": status.error.as_ref().map(|(at, text)| json!({ "at": unix(*at), "text": text })),
        "failures": status.failures,
        "services": services,
        "nodes": nodes,
    })
}

fn shown_key(key: &ServiceKey) -> String {
    let place = [&key.namespace, &key.group].map(|part| part.as_deref().unwrap_or_default());
    let name = match place {
        ["", ""] => key.name.to_string(),
        [namespace, group] => format!("{namespace}/{group}/{}", key.name),
    };
    match key.protocol {
        Wanted::Any => name,
        wanted => format!("{}://{name}", wanted.as_str()),
    }
}

fn shown_nodes(nodes: &[NodeSpec]) -> Value {
    let node = |node: &NodeSpec| {
        let mut fields = Map::new();
        fields.insert("host".to_owned(), node.host.to_string().into());
        fields.insert("port".to_owned(), node.port.into());
        fields.insert("weight".to_owned(), node.weight.into());
        let metadata = node.metadata.iter().flat_map(|metadata| metadata.iter());
        // What a provider wants to be shown by its callers is a secret.
        let value = |name: &str, text: &str| if name == "token" { "***".into() } else { text.to_owned().into() };
        let metadata: Map<String, Value> = metadata.map(|(k, v)| (k.to_string(), value(k, v))).collect();
        if !metadata.is_empty() {
            fields.insert("metadata".to_owned(), metadata.into());
        }
        Value::Object(fields)
    };
    nodes.iter().map(node).collect()
}

/// Seconds since 1970.
fn unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The metrics of all registries; none where there is none.
pub(crate) fn metrics(shared: &Shared) -> Vec<Extra> {
    let services: Arc<Services> = shared.registry.states.get();
    let statuses = services.statuses();
    if statuses.is_empty() {
        return Vec::new();
    }
    let metric = |name: &str, help: &str, counter: bool, of: &dyn Fn(&RegistryStatus, usize, usize) -> u64| Extra {
        name: name.to_owned(),
        help: help.to_owned(),
        counter,
        samples: statuses
            .iter()
            .map(|(registry, status, services, nodes)| Sample {
                labels: vec![("registry".to_owned(), registry.to_string())],
                value: of(status, *services, *nodes),
            })
            .collect(),
    };
    vec![
        metric(
            "gateway_discovery_connected",
            "Whether there is a connection to the registry",
            false,
            &|status, _, _| u64::from(status.connected.is_some()),
        ),
        metric("gateway_discovery_last_success_seconds", "When the registry last answered", false, &|status, _, _| {
            status.succeeded.map_or(0, unix)
        }),
        metric("gateway_discovery_failures_total", "What went wrong with the registry", true, &|status, _, _| {
            status.failures
        }),
        metric("gateway_discovery_services", "Services that are followed at the registry", false, &|_, services, _| {
            services as u64
        }),
        metric("gateway_discovery_nodes", "Nodes of those services", false, &|_, _, nodes| nodes as u64),
    ]
}
