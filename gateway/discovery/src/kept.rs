//! What stands between a registry and the engine, alike for all of them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_engine::upstream::{
    Describing, Feed, Following, NodeSpec, Registry, RegistryStatus, ServiceKey, Undescribed,
};
use tokio::time::{Instant, sleep_until};

use crate::source::Told;
use crate::{Found, Instance, Memory, Source};

/// A registry whose services are remembered over restarts.
pub struct Kept {
    source: Arc<dyn Source>,
    memory: Arc<Memory>,
    /// How long after a connection came up an empty list is not believed where there were nodes: a registry that has lost its
    /// memory is filled again by providers who have noticed.
    grace: Duration,
}

/// The least time between two steps of growing weights.
const STEP: Duration = Duration::from_secs(1);

/// Steps from the first to the full weight.
const STEPS: u64 = 50;

impl Kept {
    /// A source, with the file that its last lists are kept in.
    pub fn new(source: Arc<dyn Source>, memory: Arc<Memory>, grace: Duration) -> Kept {
        Kept { source, memory, grace }
    }

    /// The registry itself.
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    async fn feed(&self, service: &ServiceKey, feed: &Feed, mut told: Told) {
        let mut any = self.memory.get(service).is_some_and(|nodes| !nodes.is_empty());
        let mut wake: Option<Instant> = None;
        loop {
            let changed = async {
                match wake {
                    Some(at) => tokio::select! {
                        changed = told.changed() => changed.is_ok(),
                        () = sleep_until(at) => true,
                    },
                    None => told.changed().await.is_ok(),
                }
            };
            if !changed.await {
                return;
            }
            let Some(instances) = told.borrow_and_update().clone() else { continue };
            if instances.is_empty() && any {
                let left = self.source.status().age().map(|age| self.grace.saturating_sub(age));
                if left.is_none_or(|left| !left.is_zero()) {
                    wake = Some(Instant::now() + left.unwrap_or(self.grace).max(STEP));
                    continue;
                }
                tracing::warn!(
                    service = &*service.name,
                    registry = &*service.registry,
                    "a service has no nodes any more"
                );
            }
            let (nodes, next) = nodes(&instances, now_ms());
            any = !nodes.is_empty();
            wake = next.map(|next| Instant::now() + next.max(STEP));
            self.memory.put(service, &instances);
            feed.set(nodes);
        }
    }
}

impl Registry for Kept {
    fn remembered(&self, service: &ServiceKey) -> Option<Vec<NodeSpec>> {
        let nodes = self.memory.get(service)?;
        self.memory.hold(service);
        Some(nodes)
    }

    fn follow(self: Arc<Self>, service: ServiceKey, feed: Feed) -> Following {
        Box::pin(async move {
            let (found, told, mut failed) = Found::new();
            let _held = Held { memory: Arc::clone(&self.memory), service: service.clone() };
            let unanswered = async {
                // The sender lives as long as this.
                while failed.changed().await.is_ok() {
                    feed.unanswered();
                }
            };
            tokio::join!(self.source.watch(&service, &found), self.feed(&service, &feed, told), unanswered);
        })
    }

    fn describe(self: Arc<Self>, service: ServiceKey) -> Describing {
        Box::pin(async move {
            let description = self.source.describe(&service).await;
            description.map_err(|error| Undescribed(error.to_string().into()))
        })
    }

    fn status(&self) -> RegistryStatus {
        self.source.status().shown()
    }
}

/// When nobody uses the service any more, it is not remembered any longer.
struct Held {
    memory: Arc<Memory>,
    service: ServiceKey,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.release(&self.service);
    }
}

/// The nodes of instances, and when their weights are others.
fn nodes(instances: &[Instance], now_ms: u64) -> (Vec<NodeSpec>, Option<Duration>) {
    let mut next: Option<Duration> = None;
    let node = |instance: &Instance| {
        let ramp = instance.ramp.filter(|_| instance.weight > 1);
        let growing = ramp.and_then(|ramp| Some((ramp, ramp.weight(instance.weight, now_ms)?)));
        if let Some((ramp, _)) = growing {
            let step = Duration::from_millis(ramp.over_ms / STEPS.min(u64::from(instance.weight)));
            next = Some(next.map_or(step, |next| next.min(step)));
        }
        NodeSpec {
            host: instance.host.clone(),
            port: Some(instance.port),
            weight: growing.map_or(instance.weight, |(_, weight)| weight),
            priority: 0,
            metadata: (!instance.metadata.is_empty()).then(|| Arc::new(instance.metadata.clone())),
        }
    };
    let nodes = instances.iter().map(node).collect();
    (nodes, next)
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("status", self.source.status()).field("grace", &self.grace).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gateway_engine::upstream::{Metadata, Services, Wanted};
    use tokio::runtime::Handle;
    use tokio::sync::mpsc;
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::source::Watching;
    use crate::{Ramp, Status};

    /// Tells what it is sent.
    struct Script {
        status: Status,
        lists: tokio::sync::Mutex<mpsc::Receiver<Vec<Instance>>>,
    }

    impl Source for Script {
        fn watch<'a>(&'a self, _: &'a ServiceKey, found: &'a Found) -> Watching<'a> {
            Box::pin(async move {
                let mut lists = self.lists.lock().await;
                while let Some(list) = lists.recv().await {
                    found.set(list);
                }
            })
        }

        fn status(&self) -> &Status {
            &self.status
        }
    }

    fn instance(port: u16, ramp: Option<Ramp>) -> Instance {
        Instance { host: "10.0.0.1".into(), port, weight: 100, ramp, metadata: Metadata::default() }
    }

    #[test]
    fn weights_of_who_has_just_started() {
        let ramp = Some(Ramp { since_ms: 1_000_000, over_ms: 600_000 });
        let (found, next) = nodes(&[instance(1, ramp), instance(2, None)], 1_060_000);
        assert_eq!(found.iter().map(|node| node.weight).collect::<Vec<_>>(), [10, 100]);
        assert_eq!(next, Some(Duration::from_secs(12)));
        let (found, next) = nodes(&[instance(1, ramp)], 1_600_000);
        assert_eq!((found[0].weight, next), (100, None), "it is over");
    }

    #[tokio::test]
    async fn a_registry_that_has_just_come_back_is_not_believed_that_there_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::open(dir.path(), "r", &Handle::current());
        let (tell, lists) = mpsc::channel(8);
        let script = Arc::new(Script { status: Status::default(), lists: lists.into() });
        script.status.connected("here");
        let kept = Arc::new(Kept::new(Arc::clone(&script) as _, memory, Duration::from_secs(2)));
        let services = Services::default();
        let registries: [(Box<str>, Arc<dyn Registry>); 1] = [("r".into(), kept)];
        services.start(registries, Handle::current(), Duration::from_secs(3), |_| {});
        let (registry, name) = ("r".into(), "a".into());
        let key = ServiceKey { registry, name, namespace: None, group: None, protocol: Wanted::Any };
        let service = services.subscribe(key, 1).unwrap();
        tell.send(vec![instance(1, None)]).await.unwrap();
        service.settled().await;
        assert_eq!(service.nodes().len(), 1);
        let count = |wanted: usize| {
            let service = &service;
            async move {
                while service.nodes().len() != wanted {
                    sleep(Duration::from_millis(5)).await;
                }
            }
        };
        tell.send(Vec::new()).await.unwrap();
        tell.send(vec![instance(1, None), instance(2, None)]).await.unwrap();
        timeout(Duration::from_secs(20), count(2)).await.unwrap();
        tell.send(Vec::new()).await.unwrap();
        timeout(Duration::from_secs(20), count(0)).await.expect("believed after a while");
        assert!(script.status.age().unwrap() >= Duration::from_secs(2));
    }
}
