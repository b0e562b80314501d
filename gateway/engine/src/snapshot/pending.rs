//! Objects whose references to secrets have not been answered yet: an exchange that meets one waits for it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gateway_model::Kind;
use tokio::sync::watch;

use super::{Route, Service, Snapshot};
use crate::plugin::Chain;

/// Ends when the object it is of has been compiled with its secrets, or cannot be.
pub type Awaited = watch::Receiver<()>;

type Objects = HashMap<Kind, HashMap<Box<str>, Awaited>>;

/// The objects that wait for secrets. In nearly all snapshots there are none.
#[derive(Clone, Default)]
pub struct Pending {
    objects: Option<Arc<Objects>>,
    pub(super) consumers: Option<Awaited>,
}

impl Pending {
    /// Whether nothing waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.consumers.is_none() && self.objects.is_none()
    }

    pub(super) fn put(&mut self, kind: Kind, id: &str, awaited: Awaited) {
        let objects = Arc::make_mut(self.objects.get_or_insert_default());
        objects.entry(kind).or_default().insert(id.into(), awaited);
    }

    pub(super) fn remove(&mut self, kind: Kind, id: &str) {
        let Some(objects) = self.objects.as_mut().map(Arc::make_mut) else { return };
        if let Some(ids) = objects.get_mut(&kind) {
            ids.remove(id);
            if ids.is_empty() {
                objects.remove(&kind);
            }
        }
        if objects.is_empty() {
            self.objects = None;
        }
    }

    /// One object.
    pub fn of(&self, kind: Kind, id: &str) -> Option<&Awaited> {
        self.objects.as_ref()?.get(&kind)?.get(id)
    }

    fn all(&self, kind: Kind) -> impl Iterator<Item = &Awaited> {
        self.objects.as_ref().and_then(|objects| objects.get(&kind)).into_iter().flat_map(HashMap::values)
    }

    /// What an exchange meets of them: the global rules, its route with what that refers to, and, where somebody is to authenticate,
    /// consumers. `chains` are the plugins it is to run.
    pub fn met(
        &self,
        snapshot: &Snapshot,
        route: Option<&Route>,
        service: Option<&Service>,
        chains: [&Chain; 2],
    ) -> Vec<Awaited> {
        let mut met: Vec<&Awaited> = self.all(Kind::GlobalRule).collect();
        if let Some(route) = route {
            met.extend(self.of(Kind::Route, &route.id));
            let config = route.plugin_config.and_then(|slot| snapshot.plugin_configs.get(slot));
            met.extend(config.and_then(|config| self.of(Kind::PluginConfig, &config.id)));
            let upstream = route.upstream.or_else(|| service.and_then(|s| s.upstream));
            if upstream.and_then(|slot| snapshot.upstreams.get(slot)).is_some_and(|u| u.broken.is_some()) {
                // The certificate it shows is missing: its own, or that of an object it names.
                met.extend(self.all(Kind::Upstream).chain(self.all(Kind::Ssl)));
            }
        }
        met.extend(service.and_then(|service| self.of(Kind::Service, &service.id)));
        if chains.iter().any(|chain| chain.entries.iter().any(|entry| entry.auth)) {
            met.extend(self.consumers.iter().chain(self.all(Kind::ConsumerGroup)));
        }
        met.into_iter().cloned().collect()
    }
}

/// Ends when all of these have.
pub(crate) struct All(Vec<Pin<Box<dyn Future<Output = ()>>>>);

impl All {
    pub(crate) fn of(awaited: Vec<Awaited>) -> All {
        let wait = |mut one: Awaited| -> Pin<Box<dyn Future<Output = ()>>> {
            Box::pin(async move {
                // Nothing is ever sent: the sender is dropped.
                let _ = one.changed().await;
            })
        };
        All(awaited.into_iter().map(wait).collect())
    }
}

impl Future for All {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        if self.0.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}
