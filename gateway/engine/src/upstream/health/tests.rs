//! Checks, states and pickers together.

use std::sync::Arc;

use serde_json::{Value, json};

use super::rules::tests::rules;
use super::{Checker, Checkers, Report, State};
use crate::upstream::retry::Failure;
use crate::upstream::{Health, HostRule, NodeSpec, Nodes, Picker, Scheme, SharedStates, StateTable, Tried};

/// A process with checked upstreams.
#[derive(Default)]
struct World {
    checkers: Checkers,
    states: StateTable,
}

impl World {
    /// Puts an upstream with nodes at these ports.
    fn put(&self, key: &str, ports: &[u16], checks: &Value) -> Upstream {
        let spec = |port: &u16| NodeSpec {
            host: "127.0.0.1".into(),
            port: Some(*port),
            weight: 1,
            priority: 0,
            metadata: None,
        };
        let specs: Vec<_> = ports.iter().map(spec).collect();
        let nodes = Arc::new(Nodes::new(&specs, Scheme::Http, false, |_| Arc::from([])));
        let states = SharedStates::of(self.states.upstream(&key.into()), &nodes);
        states.upstream.keep(&nodes);
        let checks = self.checkers.checks(key, rules(checks, &HostRule::Pass));
        self.checkers.put(&checks, &nodes, &states);
        Upstream { picker: Picker::starting_at(&nodes, &mut |n| n - 1), checks, states }
    }

    fn checker(&self, key: &str) -> Arc<Checker> {
        self.checkers.get(key).unwrap()
    }
}

struct Upstream {
    checks: Arc<super::Checks>,
    states: SharedStates,
    picker: Picker,
}

impl Upstream {
    /// The next four picks.
    fn picks(&mut self) -> [usize; 4] {
        [(); 4].map(|()| self.picker.pick(None, &Tried::new(), Some(&self.states)).unwrap())
    }
}

fn quick() -> Value {
    json!({
        "active": {"healthy": {"successes": 1}, "unhealthy": {"tcp_failures": 1}},
        "passive": {"healthy": {"successes": 2}, "unhealthy": {"http_statuses": [500, 502], "http_failures": 2, "tcp_failures": 3}},
    })
}

const REFUSED: Report = Report::Failure(super::Fault::Tcp);

#[test]
fn a_node_that_is_down_is_passed_over_and_comes_back() {
    let world = World::default();
    let mut upstream = world.put("routes/1", &[1, 2], &quick());
    assert_eq!(upstream.picks(), [0, 1, 0, 1]);
    let checker = world.checker("routes/1");
    checker.probed(0, REFUSED, &"refused");
    assert_eq!(checker.condition(0).state, State::Unhealthy);
    assert_eq!(upstream.picks(), [1; 4]);
    checker.probed(1, REFUSED, &"refused");
    assert_eq!(upstream.picks(), [0, 1, 0, 1], "all are down: health is ignored");
    checker.probed(0, Report::Success, &"status 200");
    assert_eq!(upstream.picks(), [0; 4]);
}

#[test]
fn what_is_known_of_a_node_outlives_changes_of_all_else() {
    let world = World::default();
    world.put("routes/1", &[1, 2], &quick());
    world.checker("routes/1").probed(1, REFUSED, &"refused");
    let mut changed = quick();
    changed["active"]["http_path"] = json!("/status");
    let mut upstream = world.put("routes/1", &[3, 2, 1], &changed);
    assert_eq!(upstream.picks(), [0, 2, 0, 2]);
    assert_eq!(world.checker("routes/1").condition(1).state, State::Unhealthy);
    // Another upstream's view of the same node is its own.
    assert_eq!(world.put("routes/2", &[1, 2], &quick()).picks(), [0, 1, 0, 1]);
    world.put("routes/1", &[3, 1], &quick());
    assert!(world.put("routes/1", &[2], &quick()).states.up(0), "it was gone meanwhile");
}

#[test]
fn who_is_no_longer_checked_is_not_down() {
    let world = World::default();
    let mut upstream = world.put("routes/1", &[1, 2], &quick());
    world.checker("routes/1").probed(1, REFUSED, &"refused");
    world.checkers.remove("routes/1");
    assert_eq!(upstream.picks(), [0, 1, 0, 1]);
    assert!(world.checkers.get("routes/1").is_none());
    world.put("routes/1", &[1, 2], &quick());
    assert_eq!(world.checker("routes/1").condition(1), super::Condition::default());
}

#[test]
fn traffic_is_judged_where_the_checks_say_so() {
    let world = World::default();
    let Upstream { checks, states, .. } = world.put("upstreams/1", &[1, 2], &quick());
    let now = |at| {
        let c = world.checker("upstreams/1").condition(at);
        (c.state.as_str(), [c.successes, c.http_failures, c.tcp_failures, c.timeouts])
    };
    checks.answered(&states, 0, 404);
    assert_eq!(now(0), ("healthy", [0; 4]), "a status in neither list");
    checks.answered(&states, 0, 500);
    checks.failed(&states, 0, Failure::Connect, 502, false);
    checks.failed(&states, 0, Failure::Connect, 504, false);
    checks.failed(&states, 0, Failure::Timeout, 504, false);
    checks.failed(&states, 0, Failure::Reset, 502, false);
    assert_eq!(now(0), ("mostly_healthy", [0, 1, 2, 2]));
    checks.answered(&states, 0, 200);
    assert_eq!(now(0), ("mostly_healthy", [1, 0, 0, 0]));
    checks.failed(&states, 0, Failure::Malformed, 502, true);
    assert_eq!(now(0), ("unhealthy", [0, 2, 0, 0]), "what the client is told counts too, at the last try");
    assert!(!states.up(0) && states.up(1));
    checks.answered(&states, 0, 200);
    checks.answered(&states, 0, 200);
    assert!(states.up(0));
    checks.answered(&states, 9, 500);

    let Upstream { checks, states, .. } = world.put("upstreams/2", &[1], &json!({"active": {}}));
    assert!(!checks.is_passive());
    (0..9).for_each(|_| checks.failed(&states, 0, Failure::Connect, 502, true));
    assert_eq!(world.checker("upstreams/2").condition(0), super::Condition::default());
}

#[tokio::test]
async fn news_of_each_upstream_once() {
    let world = World::default();
    world.put("b", &[1], &quick());
    world.put("a", &[1], &quick());
    world.put("b", &[1, 2], &quick());
    let told = |keys: Vec<Arc<str>>| keys.iter().map(|k| k.to_string()).collect::<Vec<_>>();
    assert_eq!(told(world.checkers.news().await), ["a", "b"]);
    let checker = world.checker("b");
    checker.probed(0, Report::Success, &"status 200");
    world.checker("a").probed(0, Report::Failure(super::Fault::Http), &"status 500");
    checker.probed(0, REFUSED, &"refused");
    assert_eq!(told(world.checkers.news().await), ["b"], "up or down is news, the way there is not");
    world.checkers.remove("a");
    assert_eq!(told(world.checkers.news().await), ["a"]);
    assert_eq!(world.checkers.list().iter().map(|c| c.key().to_string()).collect::<Vec<_>>(), ["b"]);
    for n in 0..10_000 {
        world.checker("b").probed(n % 2, if n % 4 < 2 { REFUSED } else { Report::Success }, &"");
    }
    assert_eq!(told(world.checkers.news().await), ["b"]);
}

#[test]
fn lazy_checks_wait_for_the_first_request() {
    let world = World::default();
    let lazy = json!({"active": {"lazy": true}});
    let first = world.put("routes/1", &[1], &lazy);
    assert!(!first.checks.is_awake());
    first.checks.wake(&first.states);
    assert!(first.checks.is_awake() && world.checker("routes/1").checks().is_awake());
    assert!(world.put("routes/1", &[1, 2], &lazy).checks.is_awake(), "it was used before it was changed");
    assert!(world.put("routes/2", &[1], &quick()).checks.is_awake());
}
