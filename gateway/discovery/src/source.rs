//! What every service registry does.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use gateway_engine::upstream::{Description, Metadata, ServiceKey};
use tokio::sync::watch;

use crate::Status;

/// A service being watched, without end.
pub type Watching<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A description being fetched.
pub type Describing<'a> = Pin<Box<dyn Future<Output = Result<Arc<Description>, SourceError>> + Send + 'a>>;

/// A service registry.
pub trait Source: Send + Sync + 'static {
    /// Tells `found` the instances of a service, now and whenever they change. Instances that are not to be used (disabled, of
    /// another protocol) are left out. While the registry cannot be reached nothing is told.
    fn watch<'a>(&'a self, service: &'a ServiceKey, found: &'a Found) -> Watching<'a>;

    /// The methods and types of a Dubbo service, as its providers have published them. Kept for a while.
    ///
    /// # Errors
    /// See [`SourceError`]; a registry that is not Dubbo's has none.
    fn describe<'a>(&'a self, _service: &'a ServiceKey) -> Describing<'a> {
        Box::pin(std::future::ready(Err(SourceError::Absent)))
    }

    /// How it is.
    fn status(&self) -> &Status;
}

/// Why a registry gives no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It is not connected, or the connection broke.
    #[error("not connected to the registry")]
    Lost,
    /// It has nothing of the kind.
    #[error("the registry has nothing of that name")]
    Absent,
    /// It refuses.
    #[error("the registry refuses: {0}")]
    Refused(String),
    /// What it says cannot be used.
    #[error("the registry's answer cannot be used: {0}")]
    Malformed(String),
    /// Beyond the bounds of what is taken from a registry.
    #[error("too much: {0}")]
    TooMuch(String),
}

/// One address of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// An address or a name.
    pub host: Box<str>,
    /// Its port.
    pub port: u16,
    /// Its share of the requests.
    pub weight: u32,
    /// How its weight grows after its start.
    pub ramp: Option<Ramp>,
    /// Everything else that the registry says of it.
    pub metadata: Metadata,
}

/// A weight that grows from 1 to what it says, as Dubbo has it, so that a provider that has just started can warm up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp {
    /// When the provider started, in milliseconds since 1970.
    pub since_ms: u64,
    /// How long the weight grows, in milliseconds.
    pub over_ms: u64,
}

impl Ramp {
    /// The weight at `now_ms`; `None`: the ramp is over, or the provider's clock is ahead.
    pub fn weight(&self, weight: u32, now_ms: u64) -> Option<u32> {
        let up_ms = now_ms.checked_sub(self.since_ms).filter(|up| *up > 0 && *up < self.over_ms)?;
        let part = u128::from(up_ms) * u128::from(weight) / u128::from(self.over_ms);
        Some(u32::try_from(part).unwrap_or(weight).clamp(weight.min(1), weight))
    }
}

/// Most instances of a service that are taken.
pub(crate) const INSTANCES: usize = 10_000;

/// What was told last; `None`: nothing yet.
pub(crate) type Told = watch::Receiver<Option<Arc<[Instance]>>>;

/// Where a source tells the instances of one service.
#[derive(Debug)]
pub struct Found {
    told: watch::Sender<Option<Arc<[Instance]>>>,
    failed: watch::Sender<bool>,
}

impl Found {
    pub(crate) fn new() -> (Found, Told, watch::Receiver<bool>) {
        let (told, tell) = watch::channel(None);
        let (failed, fail) = watch::channel(false);
        (Found { told, failed }, tell, fail)
    }

    /// These are its instances now. The same address twice counts once, as its first mention says.
    pub fn set(&self, mut instances: Vec<Instance>) {
        let mut seen = std::collections::HashSet::new();
        instances.retain(|instance| seen.insert((instance.host.clone(), instance.port)));
        if instances.len() > INSTANCES {
            tracing::error!(instances = instances.len(), taken = INSTANCES, "a service has too many instances");
            instances.truncate(INSTANCES);
        }
        // Registries list in no order of their own; without one, the same set would be another one.
        instances.sort_unstable_by(|a, b| (&a.host, a.port).cmp(&(&b.host, b.port)));
        let instances: Arc<[Instance]> = instances.into();
        self.told.send_if_modified(|known| {
            let other = known.as_ref() != Some(&instances);
            *known = Some(Arc::clone(&instances));
            other
        });
    }

    /// There is no answer for now: what waits for the first one is not to wait on.
    pub fn unanswered(&self) {
        self.failed.send_replace(true);
    }

    /// What was told last.
    pub fn last(&self) -> Option<Arc<[Instance]>> {
        self.told.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_grow_from_one_to_what_they_are() {
        let ramp = Ramp { since_ms: 1_000_000, over_ms: 600_000 };
        // Milliseconds since the start, weight, what counts; measured of Dubbo 3.3.6's own function.
        for (up, weight, expected) in [
            (0, 100, None),
            (1, 100, Some(1)),
            (6_000, 100, Some(1)),
            (60_000, 100, Some(10)),
            (300_000, 100, Some(50)),
            (599_999, 100, Some(99)),
            (600_000, 100, None),
            (300_000, 0, Some(0)),
            (300_000, u32::MAX, Some(u32::MAX / 2)),
        ] {
            assert_eq!(ramp.weight(weight, 1_000_000 + up), expected, "{up} {weight}");
        }
        assert_eq!(ramp.weight(100, 5), None, "its clock is ahead");
    }

    #[test]
    fn an_address_counts_once_and_order_is_none() {
        let of = |port, weight| Instance { host: "a".into(), port, weight, ramp: None, metadata: Metadata::default() };
        let (found, mut told, _) = Found::new();
        found.set(vec![of(2, 1), of(1, 1), of(2, 9)]);
        assert!(told.has_changed().unwrap());
        let ports: Vec<_> = told.borrow_and_update().as_ref().unwrap().iter().map(|i| (i.port, i.weight)).collect();
        assert_eq!(ports, [(1, 1), (2, 1)]);
        found.set(vec![of(1, 1), of(2, 1)]);
        assert!(!told.has_changed().unwrap());
    }
}
