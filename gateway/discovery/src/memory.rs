//! The last good lists of a registry's services, in a file: after a restart they serve until the registry answers, be it never.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_engine::upstream::{Metadata, NodeSpec, ServiceKey, Wanted};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::Instance;

/// What is remembered of one registry.
pub struct Memory {
    file: PathBuf,
    registry: Box<str>,
    services: Mutex<BTreeMap<ServiceKey, Entry>>,
    dirty: Arc<Notify>,
}

struct Entry {
    nodes: Arc<[Node]>,
    users: usize,
    /// Nobody uses it since then; `None`: somebody does, or nobody has since the start.
    unused: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    host: Box<str>,
    port: u16,
    weight: u32,
    metadata: Metadata,
}

/// How long a service that nobody uses any more stays in the file: at the end of the process nobody uses any.
const UNUSED: Duration = Duration::from_secs(60);

/// How long changes are gathered before the file is written.
const GATHER: Duration = Duration::from_millis(200);

/// Most bytes of a file that are read.
const LARGEST: u64 = 64 << 20;

impl Memory {
    /// The memory of `registry` in the folder `dir`, written on `runtime`. A file that cannot be read is as none, with a warning.
    pub fn open(dir: &Path, registry: &str, runtime: &Handle) -> Arc<Memory> {
        let file = dir.join(format!("{registry}.json"));
        let services = match read(&file) {
            Ok(text) => parse(&text, registry),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "the last nodes of a registry cannot be read");
                BTreeMap::new()
            }
        };
        let dirty = Arc::new(Notify::new());
        let memory = Arc::new(Memory {
            file,
            registry: registry.into(),
            services: Mutex::new(services),
            dirty: Arc::clone(&dirty),
        });
        let weak = Arc::downgrade(&memory);
        runtime.spawn(async move {
            loop {
                dirty.notified().await;
                tokio::time::sleep(GATHER).await;
                let Some(memory) = weak.upgrade() else { return };
                let written = tokio::task::spawn_blocking(move || memory.write()).await;
                if let Ok(Err((file, error))) = written {
                    tracing::error!(file = %file.display(), %error, "the nodes of a registry cannot be kept on disk");
                }
            }
        });
        memory
    }

    /// The last nodes of a service.
    pub(crate) fn get(&self, service: &ServiceKey) -> Option<Vec<NodeSpec>> {
        let services = self.services.lock();
        let spec = |node: &Node| NodeSpec {
            host: node.host.clone(),
            port: Some(node.port),
            weight: node.weight,
            priority: 0,
            metadata: (!node.metadata.is_empty()).then(|| Arc::new(node.metadata.clone())),
        };
        services.get(service).map(|entry| entry.nodes.iter().map(spec).collect())
    }

    /// These are its nodes now.
    pub(crate) fn put(&self, service: &ServiceKey, instances: &[Instance]) {
        let node = |of: &Instance| Node {
            host: of.host.clone(),
            port: of.port,
            weight: of.weight,
            metadata: of.metadata.clone(),
        };
        let nodes: Arc<[Node]> = instances.iter().map(node).collect();
        let mut services = self.services.lock();
        match services.get_mut(service) {
            Some(entry) if entry.nodes == nodes => return,
            Some(entry) => entry.nodes = nodes,
            None => {
                services.insert(service.clone(), Entry { nodes, users: 1, unused: None });
            }
        }
        drop(services);
        self.dirty.notify_one();
    }

    /// Somebody uses the service.
    pub(crate) fn hold(&self, service: &ServiceKey) {
        if let Some(entry) = self.services.lock().get_mut(service) {
            entry.users += 1;
            entry.unused = None;
        }
    }

    /// Nobody follows the service any more.
    pub(crate) fn release(&self, service: &ServiceKey) {
        if let Some(entry) = self.services.lock().get_mut(service) {
            entry.users = entry.users.saturating_sub(1);
            entry.unused = (entry.users == 0).then(Instant::now);
        }
    }

    /// Replaces the file.
    fn write(&self) -> Result<(), (PathBuf, io::Error)> {
        let text = {
            let mut services = self.services.lock();
            services.retain(|_, entry| entry.unused.is_none_or(|since| since.elapsed() < UNUSED));
            let list: Vec<Value> = services.iter().map(|(key, entry)| shown(key, &entry.nodes)).collect();
            json!({ "version": 1, "registry": self.registry, "services": list }).to_string()
        };
        let write = || -> io::Result<()> {
            if let Some(dir) = self.file.parent() {
                std::fs::create_dir_all(dir)?;
            }
            let fresh = self.file.with_extension("json.new");
            let mut file = std::fs::File::create(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&fresh, &self.file)
        };
        write().map_err(|error| (self.file.clone(), error))
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("file", &self.file).finish_non_exhaustive()
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    std::fs::File::open(file)?.take(LARGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
    }
    Ok(text)
}

/// What can be used of a file.
fn parse(text: &[u8], registry: &str) -> BTreeMap<ServiceKey, Entry> {
    let value: Value = serde_json::from_slice(text).unwrap_or_else(|error| {
        tracing::warn!(registry, %error, "the file with the last nodes of a registry is damaged");
        Value::Null
    });
    let services = value.get("services").and_then(Value::as_array);
    services.into_iter().flatten().filter_map(|service| entry(service, registry)).collect()
}

fn entry(service: &Value, registry: &str) -> Option<(ServiceKey, Entry)> {
    let text = |name: &str| service.get(name).and_then(Value::as_str);
    let wanted = [Wanted::Any, Wanted::Grpc, Wanted::Dubbo, Wanted::Triple];
    let protocol = wanted.into_iter().find(|w| Some(w.as_str()) == text("protocol"))?;
    let key = ServiceKey {
        registry: registry.into(),
        name: text("service_name")?.into(),
        namespace: text("namespace_id").map(Into::into),
        group: text("group_name").map(Into::into),
        protocol,
    };
    let nodes: Arc<[Node]> = service.get("nodes")?.as_array()?.iter().filter_map(node).collect();
    Some((key, Entry { nodes, users: 0, unused: None }))
}

fn node(value: &Value) -> Option<Node> {
    let number = |name: &str| value.get(name).and_then(Value::as_u64);
    let metadata = value.get("metadata").and_then(Value::as_object).into_iter().flatten();
    Some(Node {
        host: value.get("host")?.as_str()?.into(),
        port: u16::try_from(number("port")?).ok()?,
        weight: u32::try_from(number("weight")?).ok()?,
        metadata: metadata.filter_map(|(k, v)| Some((k.as_str().into(), v.as_str()?.into()))).collect(),
    })
}

fn shown(key: &ServiceKey, nodes: &[Node]) -> Value {
    let node = |node: &Node| {
        let metadata: Map<String, Value> =
            node.metadata.iter().map(|(k, v)| (k.to_string(), Value::from(&**v))).collect();
        json!({ "host": node.host, "port": node.port, "weight": node.weight, "metadata": metadata })
    };
    json!({
        "service_name": key.name,
        "namespace_id": key.namespace,
        "group_name": key.group,
        "protocol": key.protocol.as_str(),
        "nodes": nodes.iter().map(node).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> ServiceKey {
        let name = name.into();
        ServiceKey { registry: "r".into(), name, namespace: None, group: Some("g".into()), protocol: Wanted::Dubbo }
    }

    fn instance(port: u16) -> Instance {
        let metadata = [("dubbo.tag".into(), "gray".into())].into();
        Instance { host: "10.0.0.1".into(), port, weight: 5, ramp: None, metadata }
    }

    #[tokio::test]
    async fn lists_outlive_the_process_and_damage_is_no_end() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("discovery");
        let memory = Memory::open(&folder, "r", &Handle::current());
        assert_eq!(memory.get(&key("a")), None);
        memory.put(&key("a"), &[instance(1), instance(2)]);
        memory.put(&key("b"), &[]);
        memory.write().unwrap();
        let again = Memory::open(&folder, "r", &Handle::current());
        let nodes = again.get(&key("a")).unwrap();
        assert_eq!((nodes.len(), nodes[1].port, nodes[1].weight), (2, Some(2), 5));
        assert_eq!(&*nodes[0].metadata.as_ref().unwrap()["dubbo.tag"], "gray");
        assert_eq!(again.get(&key("b")), Some(Vec::new()));
        assert_eq!(again.get(&ServiceKey { protocol: Wanted::Any, ..key("a") }), None);
        for text in
            ["", "{", "[]", r#"{"services": 1}"#, r#"{"services": [1, {"service_name": "a", "protocol": "x"}]}"#]
        {
            std::fs::write(folder.join("r.json"), text).unwrap();
            assert_eq!(Memory::open(&folder, "r", &Handle::current()).get(&key("a")), None, "{text}");
        }
    }

    #[tokio::test]
    async fn what_was_released_just_now_stays() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::open(dir.path(), "r", &Handle::current());
        memory.put(&key("a"), &[instance(1)]);
        memory.release(&key("a"));
        memory.write().unwrap();
        assert!(Memory::open(dir.path(), "r", &Handle::current()).get(&key("a")).is_some());
        memory.services.lock().get_mut(&key("a")).unwrap().unused = Instant::now().checked_sub(UNUSED);
        memory.write().unwrap();
        assert!(Memory::open(dir.path(), "r", &Handle::current()).get(&key("a")).is_none());
    }
}
