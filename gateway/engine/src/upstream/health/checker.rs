//! An upstream whose nodes are checked: its rules, its nodes, and who is told when one of them has changed.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::condition::{self, Condition, Fault, Report};
use super::registry::News;
use super::rules::{Judge, Rules};
use crate::upstream::retry::Failure;
use crate::upstream::{Node, NodeState, Nodes, SharedStates};
use crate::worker::clock_ms;

/// The checks of an upstream, whichever nodes it has. What is known of those is in the upstream's [`SharedStates`], which every
/// report names.
#[derive(Debug)]
pub struct Checks {
    rules: Rules,
    life: Arc<Life>,
    news: Arc<News>,
}

/// What the checks of an upstream have been through, whichever rules they had meanwhile.
#[derive(Debug, Default)]
pub(super) struct Life {
    used: AtomicBool,
    ended: AtomicBool,
}

impl Checks {
    pub(super) fn new(rules: Rules, life: Arc<Life>, news: &Arc<News>) -> Self {
        Checks { rules, life, news: Arc::clone(news) }
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether traffic is judged.
    pub fn is_passive(&self) -> bool {
        self.rules.passive.is_some()
    }

    /// Whether there are probes already: with `lazy`, only from the first request on.
    pub fn is_awake(&self) -> bool {
        !self.rules.active.lazy || self.life.used.load(Ordering::Relaxed)
    }

    pub(super) fn life(&self) -> &Arc<Life> {
        &self.life
    }

    /// A request uses the upstream.
    pub fn wake(&self, states: &SharedStates) {
        if !self.is_awake() && !self.life.used.swap(true, Ordering::Relaxed) {
            self.news.tell(states.upstream.key());
        }
    }

    /// The node at this place has answered a request with this status. Costs a load where that is no news.
    pub fn answered(&self, states: &SharedStates, at: usize, status: u16) {
        if let Some(judge) = &self.rules.passive
            && let Some(report) = judge.of_status(status)
        {
            self.report(states, at, report, judge, "traffic", &format_args!("status {status}"));
        }
    }

    /// The node at this place has failed a request. `status` is what the client gets for it, which is 504 where time ran out. If
    /// it was the `last` try, the checks may have that in their lists as well, as if the node itself had said so.
    pub fn failed(&self, states: &SharedStates, at: usize, failure: Failure, status: u16, last: bool) {
        let Some(judge) = &self.rules.passive else { return };
        let (fault, why) = match failure {
            Failure::Connect if status == 504 => (Fault::Timeout, "no connection in time"),
            Failure::Connect => (Fault::Tcp, "no connection"),
            Failure::Timeout => (Fault::Timeout, "no answer in time"),
            Failure::Reset => (Fault::Tcp, "the connection broke"),
            Failure::Malformed => (Fault::Http, "a malformed answer"),
        };
        self.report(states, at, Report::Failure(fault), judge, "traffic", &why);
        if last {
            self.answered(states, at, status);
        }
    }

    fn report(&self, of: &SharedStates, at: usize, report: Report, judge: &Judge, source: &str, why: &dyn Display) {
        let Some(state) = of.nodes.get(at) else { return };
        let Some((before, now)) = condition::report(&state.health, report, &judge.limits) else { return };
        if before.state == now.state {
            return;
        }
        let (from, to) = (before.state.as_str(), now.state.as_str());
        let (upstream, node) = (&**of.upstream.key(), state.id());
        if before.state.is_up() == now.state.is_up() {
            tracing::info!(upstream, node, from, to, source, %why, "a node's health has changed");
            return;
        }
        // Another thread may have changed it again, and be here as well: what is marked last is what it is. Marked before it is logged:
        // whoever reads the new state finds that pickers know it.
        loop {
            let up = condition::read(&state.health).state.is_up();
            of.upstream.set_down(state, !up);
            if condition::read(&state.health).state.is_up() == up {
                break;
            }
        }
        tracing::warn!(upstream, node, from, to, source, %why, "a node's health has changed");
        if self.life.ended.load(Ordering::Acquire) {
            // A report that was under way when the checks ended.
            acquit(of, state);
            return;
        }
        self.news.tell(of.upstream.key());
    }
}

/// A node is no longer checked: it is not down for what was found.
fn acquit(of: &SharedStates, state: &NodeState) {
    state.health.store(0, Ordering::Release);
    state.probed_ms.store(0, Ordering::Relaxed);
    of.upstream.set_down(state, false);
}

/// An upstream that is checked, with the nodes it has now.
#[derive(Clone, Debug)]
pub struct Checker {
    checks: Arc<Checks>,
    nodes: Arc<Nodes>,
    states: SharedStates,
}

impl Checker {
    /// Of an upstream with these parts.
    pub(super) fn new(checks: &Arc<Checks>, nodes: &Arc<Nodes>, states: &SharedStates) -> Self {
        Checker { checks: Arc::clone(checks), nodes: Arc::clone(nodes), states: states.clone() }
    }

    /// Where the upstream is configured: `upstreams/1`, `routes/1`.
    pub fn key(&self) -> &Arc<str> {
        self.states.upstream.key()
    }

    /// How it is checked.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// Its nodes; reports name them by their place in this list.
    pub fn nodes(&self) -> &[Arc<Node>] {
        self.nodes.list()
    }

    /// How a node is.
    pub fn condition(&self, at: usize) -> Condition {
        self.states.nodes.get(at).map_or_else(Condition::default, |state| condition::read(&state.health))
    }

    /// When a node was probed last, in milliseconds of [`clock_ms`]; `None`: not yet.
    pub fn probed_ms(&self, at: usize) -> Option<u64> {
        let probed = self.states.nodes.get(at)?.probed_ms.load(Ordering::Relaxed);
        (probed != 0).then_some(probed)
    }

    /// What a probe of a node found; `why` tells it in the log.
    pub fn probed(&self, at: usize, report: Report, why: &dyn Display) {
        if let Some(state) = self.states.nodes.get(at) {
            state.probed_ms.store(clock_ms(), Ordering::Relaxed);
        }
        let judge = &self.checks.rules.active.judge;
        self.checks.report(&self.states, at, report, judge, "probe", why);
    }

    /// Its nodes are no longer checked.
    pub(super) fn end(&self) {
        self.checks.life.ended.store(true, Ordering::Release);
        for state in &self.states.nodes {
            acquit(&self.states, state);
        }
    }
}
