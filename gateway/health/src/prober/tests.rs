//! The thread, with listeners in this process.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_engine::upstream::health::{Rules, State, Verdict};
use gateway_engine::upstream::{HostRule, NodeSpec, Nodes, Scheme, SharedStates, StateTable};
use gateway_model::resource::{CheckKind, Checks};
use serde_json::{Value, json};

use super::*;

#[derive(Default)]
struct World {
    checkers: Arc<Checkers>,
    states: StateTable,
}

impl World {
    fn put(&self, key: &str, ports: &[u16], active: Value) {
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
        let checks = Checks::from_value(&json!({ "active": active })).unwrap();
        let checks = self.checkers.checks(key, Rules::new(&checks, &HostRule::Pass, None).unwrap());
        self.checkers.put(&checks, &nodes, &states);
    }

    fn state(&self, key: &str, at: usize) -> State {
        self.checkers.get(key).unwrap().condition(at).state
    }

    fn made(&self, kind: CheckKind) -> u64 {
        Verdict::ALL.iter().map(|verdict| self.checkers.counted(kind, *verdict)).sum()
    }

    fn start(&self, probes: usize) -> Prober {
        Prober::start(Arc::clone(&self.checkers), Bounds { probes }, || {}).unwrap()
    }
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(std::time::Instant::now() < until, "waited for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

fn tcp() -> Value {
    json!({ "type": "tcp", "healthy": { "successes": 1 }, "unhealthy": { "tcp_failures": 1, "timeouts": 1 } })
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn upstreams_come_change_and_go_while_it_runs() {
    let world = World::default();
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, closed) = (open.local_addr().unwrap().port(), closed_port());
    world.put("routes/1", &[closed], tcp());
    let prober = world.start(100);
    wait_for("the first to be found down", || world.state("routes/1", 0) == State::Unhealthy);
    world.put("routes/2", &[port, closed], tcp());
    wait_for("one of the second to be found down", || world.state("routes/2", 1) == State::Unhealthy);
    assert_eq!(world.state("routes/2", 0), State::Healthy);
    // The node that was down is another's place now.
    world.put("routes/2", &[closed, port], tcp());
    assert_eq!((world.state("routes/2", 0), world.state("routes/2", 1)), (State::Unhealthy, State::Healthy));
    world.checkers.remove("routes/1");
    world.checkers.remove("routes/2");
    world.put("routes/3", &[closed], tcp());
    wait_for("the third to be found down", || world.state("routes/3", 0) == State::Unhealthy);
    drop(prober);
    let made = world.made(CheckKind::Tcp);
    world.put("routes/4", &[closed], tcp());
    assert_eq!(world.made(CheckKind::Tcp), made, "it has ended");
}

#[test]
fn whoever_begins_anew_has_missed_nothing() {
    let world = World::default();
    world.put("routes/1", &[closed_port()], tcp());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(world.checkers.news()).len(), 1, "another one has heard of it");
    let _prober = world.start(100);
    wait_for("it to be found down", || world.state("routes/1", 0) == State::Unhealthy);
}

#[test]
fn no_more_probes_at_a_time_than_there_may_be() {
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Says nothing until the probe has given up.
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            MOST.fetch_max(OPEN.fetch_add(1, Ordering::AcqRel) + 1, Ordering::AcqRel);
            thread::spawn(move || {
                while std::io::Read::read(&mut stream, &mut [0; 512]).is_ok_and(|n| n > 0) {}
                OPEN.fetch_sub(1, Ordering::AcqRel);
            });
        }
    });
    let slow = json!({ "timeout": 0.1, "concurrency": 2, "port": port });
    let world = World::default();
    let ports: Vec<u16> = (1..=20).collect();
    world.put("routes/1", &ports, slow.clone());
    let prober = world.start(100);
    wait_for("all of them", || (0..20).all(|at| world.state("routes/1", at) != State::Healthy));
    drop(prober);
    // A connection may end here a little later than there.
    assert!(MOST.load(Ordering::Acquire) <= 4, "{MOST:?} at a time");

    wait_for("the end of the last one", || OPEN.load(Ordering::Acquire) == 0);
    MOST.store(0, Ordering::Release);
    let world = World::default();
    (0..20).for_each(|n| world.put(&format!("routes/{n}"), &[1], slow.clone()));
    let prober = world.start(3);
    wait_for("all of them", || (0..20).all(|n| world.state(&format!("routes/{n}"), 0) != State::Healthy));
    drop(prober);
    assert!(MOST.load(Ordering::Acquire) <= 6, "{MOST:?} at a time");
}
