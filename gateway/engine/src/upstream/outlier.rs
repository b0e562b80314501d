//! Ejection of nodes that fail in traffic (`outlier_detection`): out of the rotation for a time that grows with each further
//! ejection, and never more of them than a share of all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use gateway_model::resource::OutlierDetection;

use super::millis;
use super::shared::{NodeState, UpstreamState};

/// How a node has done lately, and how often it was ejected. Times are of [`now_ms`](crate::worker::now_ms)'s clock.
#[derive(Debug, Default)]
pub struct Record {
    /// Failures since the last success.
    in_a_row: AtomicU32,
    /// When the present interval began.
    since_ms: AtomicU64,
    tries: AtomicU32,
    failures: AtomicU32,
    /// When it comes back, or came back the last time.
    until_ms: AtomicU64,
    /// Ejections that count for the length of the next one.
    ejections: AtomicU32,
}

impl Record {
    /// A try has ended; whether the node is to be ejected for it.
    pub fn add(&self, failed: bool, rule: &OutlierDetection, now_ms: u64) -> bool {
        let share = rule.failure_percent.map(|percent| (percent, self.count(failed, rule, now_ms)));
        if !failed {
            // Most nodes are well: no store where there is nothing to clear.
            if self.in_a_row.load(Ordering::Relaxed) != 0 {
                self.in_a_row.store(0, Ordering::Relaxed);
            }
            return false;
        }
        let in_a_row = self.in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let by_share = share.is_some_and(|(percent, (tries, failures))| {
            tries >= rule.min_requests && u64::from(failures) * 100 >= u64::from(percent) * u64::from(tries)
        });
        in_a_row >= rule.consecutive_failures || by_share
    }

    /// Tries and failures of the interval, this try included.
    fn count(&self, failed: bool, rule: &OutlierDetection, now_ms: u64) -> (u32, u32) {
        let since = self.since_ms.load(Ordering::Relaxed);
        let over = now_ms.saturating_sub(since) >= millis(rule.interval);
        if over && self.since_ms.compare_exchange(since, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.tries.store(0, Ordering::Relaxed);
            self.failures.store(0, Ordering::Relaxed);
        }
        let failures = self.failures.fetch_add(u32::from(failed), Ordering::Relaxed) + u32::from(failed);
        (self.tries.fetch_add(1, Ordering::Relaxed) + 1, failures)
    }

    /// When it comes back, or came back the last time.
    pub(super) fn until_ms(&self) -> u64 {
        self.until_ms.load(Ordering::Relaxed)
    }

    fn begin_anew(&self) {
        self.in_a_row.store(0, Ordering::Relaxed);
        self.tries.store(0, Ordering::Relaxed);
        self.failures.store(0, Ordering::Relaxed);
    }

    /// How long the ejection that begins now lasts. One is taken back for each interval that passed since the last.
    fn eject(&self, rule: &OutlierDetection, now_ms: u64) -> u64 {
        let quiet = now_ms.saturating_sub(self.until_ms.load(Ordering::Relaxed)) / millis(rule.interval).max(1);
        let before = self.ejections.load(Ordering::Relaxed);
        let count = before.saturating_sub(u32::try_from(quiet).unwrap_or(u32::MAX)).saturating_add(1);
        self.ejections.store(count, Ordering::Relaxed);
        let ms = millis(rule.ejection).saturating_mul(u64::from(count)).min(millis(rule.max_ejection));
        self.until_ms.store(now_ms.saturating_add(ms), Ordering::Relaxed);
        ms
    }
}

impl UpstreamState {
    /// Ejects `node` of `nodes`, unless that would be too many. Whether it is ejected now and was not before.
    pub(super) fn eject(
        &self,
        nodes: &[Arc<NodeState>],
        node: &NodeState,
        rule: &OutlierDetection,
        now_ms: u64,
    ) -> bool {
        // Ejections are rare; two at a time could be more than the share.
        let _one_at_a_time = self.ejecting.lock();
        let ejected = nodes.iter().filter(|n| n.is_ejected()).count();
        let most = nodes.len().saturating_mul(usize::from(rule.max_ejected_percent)) / 100;
        if node.is_ejected() || ejected >= most {
            return false;
        }
        let ms = node.record.eject(rule, now_ms);
        self.readmit_ms.fetch_min(now_ms.saturating_add(ms), Ordering::Relaxed);
        self.set_ejected(node, true);
        self.tally.ejections.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(upstream = &**self.key(), node = node.id(), ms, "ejected: it failed too often");
        true
    }

    /// Lets those of `nodes` back in whose time is over. One load while there is none.
    pub(super) fn readmit(&self, nodes: &[Arc<NodeState>], now_ms: u64) {
        if now_ms >= self.readmit_ms.load(Ordering::Relaxed) {
            self.look_at_ejected(nodes, now_ms);
        }
    }

    /// Lets all of `nodes` back in: nothing is ejected any more here.
    pub(super) fn readmit_all(&self, nodes: &[Arc<NodeState>]) {
        self.readmit(nodes, u64::MAX - 1);
    }

    #[cold]
    fn look_at_ejected(&self, nodes: &[Arc<NodeState>], now_ms: u64) {
        let _one_at_a_time = self.ejecting.lock();
        let mut next = u64::MAX;
        for node in nodes.iter().filter(|node| node.is_ejected()) {
            let until = node.record.until_ms.load(Ordering::Relaxed);
            if until > now_ms {
                next = next.min(until);
                continue;
            }
            node.record.begin_anew();
            if self.set_ejected(node, false) {
                tracing::info!(upstream = &**self.key(), node = node.id(), "no longer ejected");
            }
        }
        self.readmit_ms.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::shared::StateTable;
    use super::super::{NodeSpec, Nodes, Scheme, SharedStates};
    use super::*;

    fn rule() -> OutlierDetection {
        OutlierDetection {
            consecutive_failures: 3,
            failure_percent: None,
            min_requests: 10,
            interval: Duration::from_millis(1000),
            ejection: Duration::from_millis(100),
            max_ejection: Duration::from_millis(250),
            max_ejected_percent: 50,
        }
    }

    fn states(nodes: u16) -> SharedStates {
        let spec =
            |port| NodeSpec { host: "127.0.0.1".into(), port: Some(port), weight: 1, priority: 0, metadata: None };
        let specs: Vec<_> = (1..=nodes).map(spec).collect();
        let nodes = Nodes::new(&specs, Scheme::Http, false, |_| Arc::from([]));
        SharedStates::of(StateTable::default().upstream(&Arc::from("upstreams/1")), &nodes)
    }

    #[test]
    fn failures_in_a_row_count_and_a_success_clears_them() {
        let (record, rule) = (Record::default(), rule());
        let ends: Vec<_> = [true, true, false, true, true, true].map(|failed| record.add(failed, &rule, 1)).into();
        assert_eq!(ends, [false, false, false, false, false, true]);
    }

    #[test]
    fn the_share_of_failures_in_an_interval_counts_from_enough_tries_on() {
        let rule = OutlierDetection { failure_percent: Some(50), consecutive_failures: 100, ..rule() };
        let record = Record::default();
        let add = |n: usize, now| (0..n).map(|at| record.add(at % 2 == 1, &rule, now)).collect::<Vec<_>>();
        assert!(add(9, 5000).iter().all(|ejected| !ejected), "too few");
        assert!(record.add(true, &rule, 5000), "five of ten");
        assert!(add(9, 6000).iter().all(|ejected| !ejected), "another interval");
    }

    #[test]
    fn a_node_is_away_for_longer_each_time_and_for_shorter_after_a_quiet_time() {
        let (states, rule) = (states(2), rule());
        let (upstream, nodes) = (&states.upstream, &states.nodes);
        let node = &nodes[0];
        let mut now = 10_000;
        for ms in [100, 200, 250, 250] {
            assert!(upstream.eject(nodes, node, &rule, now));
            upstream.readmit(nodes, now + ms - 1);
            assert!(node.is_ejected(), "{ms}");
            now += ms;
            upstream.readmit(nodes, now);
            assert!(node.usable(), "{ms}");
        }
        now += 3 * 1000;
        assert!(upstream.eject(nodes, node, &rule, now));
        upstream.readmit(nodes, now + 199);
        assert!(node.is_ejected());
        upstream.readmit(nodes, now + 200);
        assert!(node.usable(), "three of the four are taken back");
        assert_eq!(upstream.tally.ejections.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn never_more_than_the_share_at_one_time() {
        for (nodes, most) in [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)] {
            let (states, rule) = (states(nodes), rule());
            let ejected = states.nodes.iter().filter(|n| states.upstream.eject(&states.nodes, n, &rule, 10)).count();
            assert_eq!(ejected, most, "of {nodes}");
            states.upstream.readmit_all(&states.nodes);
            assert!(states.nodes.iter().all(|n| n.usable()));
        }
    }
}
