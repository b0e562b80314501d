//! All checked upstreams of the process, for those who probe them and for those who show them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gateway_model::resource::CheckKind;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::checker::{Checker, Checks};
use super::rules::Rules;
use crate::upstream::{Nodes, SharedStates};

/// The checked upstreams, by where they are configured. Workers never come here: each upstream holds its own
/// [`Checker`].
#[derive(Debug)]
pub struct Checkers {
    on: AtomicBool,
    all: Mutex<HashMap<Arc<str>, Arc<Checker>>>,
    news: Arc<News>,
    counts: [[AtomicU64; Verdict::COUNT]; KINDS.len()],
}

/// What checks can speak, in the order that they are counted in.
const KINDS: [CheckKind; 5] = [CheckKind::Http, CheckKind::Https, CheckKind::Tcp, CheckKind::Grpc, CheckKind::Dubbo];

/// What became of a probe, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// It spoke for the node.
    Success = 0,
    /// It spoke against it.
    Failure = 1,
    /// It said nothing: a status in neither list.
    Neither = 2,
    /// It could not be made for a reason of this machine's own: the node is not to blame.
    NotMade = 3,
}

impl Verdict {
    const COUNT: usize = 4;

    /// Every verdict.
    pub const ALL: [Verdict; Self::COUNT] = [Verdict::Success, Verdict::Failure, Verdict::Neither, Verdict::NotMade];

    /// As metrics write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Success => "success",
            Verdict::Failure => "failure",
            Verdict::Neither => "ignored",
            Verdict::NotMade => "not_made",
        }
    }
}

impl Default for Checkers {
    fn default() -> Self {
        Checkers { on: AtomicBool::new(true), all: Mutex::default(), news: Arc::default(), counts: Default::default() }
    }
}

impl Checkers {
    /// Turns all checks off (`apisix.disable_upstream_healthcheck`); to be said before there are upstreams.
    pub fn disable(&self) {
        self.on.store(false, Ordering::Relaxed);
    }

    /// Whether upstreams are checked at all.
    pub fn enabled(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// The checks of the upstream `key` by these rules, for [`Checkers::put`] to let run.
    pub fn checks(&self, key: &str, rules: Rules) -> Arc<Checks> {
        let life = self.all.lock().get(key).map_or_else(Arc::default, |before| Arc::clone(before.checks().life()));
        Arc::new(Checks::new(rules, life, &self.news))
    }

    /// An upstream with these checks and nodes runs from now on, whether it was checked before or not; what is known of its nodes
    /// stays.
    pub fn put(&self, checks: &Arc<Checks>, nodes: &Arc<Nodes>, states: &SharedStates) {
        let checker = Arc::new(Checker::new(checks, nodes, states));
        let key = Arc::clone(checker.key());
        self.all.lock().insert(Arc::clone(&key), checker);
        self.news.tell(&key);
    }

    /// The upstream is gone, or is no longer checked.
    pub fn remove(&self, key: &str) {
        let removed = self.all.lock().remove(key);
        if let Some(checker) = removed {
            checker.end();
            self.news.tell(checker.key());
        }
    }

    /// The checker of an upstream.
    pub fn get(&self, key: &str) -> Option<Arc<Checker>> {
        self.all.lock().get(key).map(Arc::clone)
    }

    /// All checkers, by their keys in order.
    pub fn list(&self) -> Vec<Arc<Checker>> {
        let mut all: Vec<_> = self.all.lock().values().map(Arc::clone).collect();
        all.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        all
    }

    /// Waits for news: the keys of upstreams that have come, gone or changed, and of those with a node that has come up or gone
    /// down, each once. For one listener.
    pub async fn news(&self) -> Vec<Arc<str>> {
        loop {
            let told = self.news.take();
            if !told.is_empty() {
                return told;
            }
            self.news.bell.notified().await;
        }
    }

    /// Counts a probe.
    pub fn count(&self, kind: CheckKind, verdict: Verdict) {
        let at = KINDS.iter().position(|k| *k == kind).unwrap_or_default();
        if let Some(count) = self.counts.get(at).and_then(|of| of.get(verdict as usize)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many probes of a kind came to a verdict.
    pub fn counted(&self, kind: CheckKind, verdict: Verdict) -> u64 {
        let at = KINDS.iter().position(|k| *k == kind).unwrap_or_default();
        self.counts.get(at).and_then(|of| of.get(verdict as usize)).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

/// What has changed since the listener asked last.
#[derive(Debug, Default)]
pub(super) struct News {
    told: Mutex<Vec<Arc<str>>>,
    bell: Notify,
}

impl News {
    pub(super) fn tell(&self, key: &Arc<str>) {
        let mut told = self.told.lock();
        // A node that goes up and down all the time is told of once; where nobody listens, the list is as long as there are
        // upstreams at most.
        if told.last() != Some(key) {
            told.push(Arc::clone(key));
        }
        if told.len() >= 1024 && told.len().is_power_of_two() {
            told.sort_unstable();
            told.dedup();
        }
        drop(told);
        self.bell.notify_one();
    }

    fn take(&self) -> Vec<Arc<str>> {
        let mut told = std::mem::take(&mut *self.told.lock());
        told.sort_unstable();
        told.dedup();
        told
    }
}
