//! The thread that probes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gateway_engine::upstream::health::{Checker, Checkers};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::probe::{Finding, Target};
use crate::schedule::{Schedule, Ticket};

/// What all probes together may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most probes at a time, each with a connection. Further ones wait, and come late.
    pub probes: usize,
}

/// Probes for as long as it lives.
#[derive(Debug)]
pub struct Prober {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Prober {
    /// Starts the thread, which calls `begin` first.
    ///
    /// # Errors
    /// The system refuses the thread or what it polls with.
    pub fn start(
        checkers: Arc<Checkers>,
        bounds: Bounds,
        begin: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<Prober> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("health".to_owned()).spawn(move || {
            begin();
            runtime.block_on(async {
                tokio::select! {
                    () = probe_always(&checkers, bounds) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Prober { stop: Some(stop), thread: Some(thread) })
    }
}

/// Probes; after a fault of its own anew, for nodes that nobody looks at any more stay what they were.
async fn probe_always(checkers: &Arc<Checkers>, bounds: Bounds) {
    loop {
        let mut rounds = Rounds::new(Arc::clone(checkers), bounds);
        // A task of its own contains the fault.
        let ended = tokio::spawn(async move { rounds.run().await }).await;
        tracing::error!(?ended, "health checks were interrupted by a fault of the gateway; they begin anew");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends at once; a panic in it has been logged.
            let _ = thread.join();
        }
    }
}

/// How fine turns are told apart: who is due within this time is probed together.
const TICK: Duration = Duration::from_millis(5);

/// Lines a minute that say that probes could not be made.
const COMPLAINTS: Duration = Duration::from_secs(60);

/// All nodes that are probed.
struct Rounds {
    checkers: Arc<Checkers>,
    bounds: Bounds,
    begun: Instant,
    schedule: Schedule,
    upstreams: HashMap<Arc<str>, Watched>,
    nodes: HashMap<Ticket, Place>,
    running: usize,
    findings: mpsc::UnboundedReceiver<Found>,
    finding: mpsc::UnboundedSender<Found>,
    complained: Option<Instant>,
}

/// An upstream that is probed.
struct Watched {
    checker: Arc<Checker>,
    /// By the node's identity.
    tickets: HashMap<Arc<str>, Ticket>,
    running: usize,
    /// Nodes whose turn it is, when there are as many probes as there may be.
    waiting: VecDeque<Ticket>,
}

/// A node that is probed.
struct Place {
    upstream: Arc<str>,
    /// Its place among the checker's nodes.
    at: usize,
    target: Arc<Target>,
    up: bool,
}

/// A probe is over.
struct Found {
    upstream: Arc<str>,
    ticket: Ticket,
    began_ms: u64,
    finding: Finding,
}

impl Rounds {
    fn new(checkers: Arc<Checkers>, bounds: Bounds) -> Self {
        let (finding, findings) = mpsc::unbounded_channel();
        Rounds {
            checkers,
            bounds,
            begun: Instant::now(),
            schedule: Schedule::default(),
            upstreams: HashMap::new(),
            nodes: HashMap::new(),
            running: 0,
            findings,
            finding,
            complained: None,
        }
    }

    async fn run(&mut self) {
        let checkers = Arc::clone(&self.checkers);
        checkers.list().iter().for_each(|checker| self.look(checker.key()));
        loop {
            let wake = self.wake();
            tokio::select! {
                biased;
                keys = checkers.news() => keys.iter().for_each(|key| self.look(key)),
                Some(found) = self.findings.recv() => {
                    self.found(found);
                    while let Ok(found) = self.findings.try_recv() {
                        self.found(found);
                    }
                }
                () = tokio::time::sleep_until(wake) => {}
            }
            self.launch_due();
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// When somebody is due, if another probe may be made; turns of one tick together.
    fn wake(&self) -> Instant {
        let long = Instant::now() + Duration::from_secs(3600);
        match self.schedule.next_ms() {
            Some(at) if self.running < self.bounds.probes => {
                let tick = TICK.as_millis() as u64;
                self.begun + Duration::from_millis(at.div_ceil(tick) * tick)
            }
            _ => long,
        }
    }

    /// Something of this upstream has changed.
    fn look(&mut self, key: &Arc<str>) {
        let checker = self.checkers.get(key).filter(|checker| checker.checks().is_awake());
        let Some(checker) = checker else {
            if let Some(watched) = self.upstreams.remove(key) {
                watched.tickets.into_values().for_each(|ticket| self.forget(ticket));
            }
            return;
        };
        let now = self.now_ms();
        let watched = self.upstreams.entry(Arc::clone(key)).or_insert_with(|| Watched {
            checker: Arc::clone(&checker),
            tickets: HashMap::new(),
            running: 0,
            waiting: VecDeque::new(),
        });
        let changed = !Arc::ptr_eq(&watched.checker, &checker) || watched.tickets.is_empty();
        watched.checker = Arc::clone(&checker);
        let mut before = std::mem::take(&mut watched.tickets);
        let active = &checker.checks().rules().active;
        for (at, node) in checker.nodes().iter().enumerate() {
            let up = checker.condition(at).state.is_up();
            let every = millis(active.every(up));
            let id = Arc::clone(node.shared_id());
            let ticket = match before.remove(&id) {
                Some(ticket) => {
                    let place = self.nodes.get(&ticket);
                    if changed || place.is_some_and(|place| place.up != up) {
                        self.schedule.repace(ticket, now, every);
                    }
                    ticket
                }
                None => self.schedule.add(now, every),
            };
            if changed {
                let target = Arc::new(Target::new(active, node));
                self.nodes.insert(ticket, Place { upstream: Arc::clone(key), at, target, up });
            } else if let Some(place) = self.nodes.get_mut(&ticket) {
                place.up = up;
            }
            watched.tickets.insert(id, ticket);
        }
        before.into_values().for_each(|ticket| {
            self.schedule.remove(ticket);
            self.nodes.remove(&ticket);
        });
    }

    fn forget(&mut self, ticket: Ticket) {
        self.schedule.remove(ticket);
        self.nodes.remove(&ticket);
    }

    /// Probes those whose turn it is.
    fn launch_due(&mut self) {
        let now = self.now_ms();
        while self.running < self.bounds.probes {
            let Some(ticket) = self.schedule.take(now) else { return };
            self.launch(ticket, now);
        }
    }

    fn launch(&mut self, ticket: Ticket, now_ms: u64) {
        let Some(place) = self.nodes.get(&ticket) else { return };
        let Some(watched) = self.upstreams.get_mut(&place.upstream) else { return };
        if watched.running >= watched.checker.checks().rules().active.concurrency {
            watched.waiting.push_back(ticket);
            return;
        }
        watched.running += 1;
        self.running += 1;
        let mut answer = Answer(Some((
            self.finding.clone(),
            Found {
                upstream: Arc::clone(&place.upstream),
                ticket,
                began_ms: now_ms,
                finding: Finding::NotMade("the probe failed by a fault of the gateway".into()),
            },
        )));
        let target = Arc::clone(&place.target);
        tokio::spawn(async move {
            let finding = target.probe().await;
            answer.set(finding);
        });
    }

    /// A probe is over: its node is judged and gets its next turn, and another of its upstream may have its own.
    fn found(&mut self, found: Found) {
        self.running -= 1;
        let now = self.now_ms();
        let Some(watched) = self.upstreams.get_mut(&found.upstream) else { return };
        watched.running = watched.running.saturating_sub(1);
        let next = std::iter::from_fn(|| watched.waiting.pop_front()).find(|ticket| self.nodes.contains_key(ticket));
        let active = &watched.checker.checks().rules().active;
        let report = found.finding.report(&active.judge);
        self.checkers.count(active.kind, found.finding.verdict(report));
        if let Some(place) = self.nodes.get_mut(&found.ticket) {
            if let Some(report) = report {
                watched.checker.probed(place.at, report, &found.finding);
            }
            place.up = watched.checker.condition(place.at).state.is_up();
            self.schedule.again(found.ticket, found.began_ms, now, millis(active.every(place.up)));
        }
        if let Finding::NotMade(why) = &found.finding
            && self.complained.is_none_or(|at| at.elapsed() >= COMPLAINTS)
        {
            self.complained = Some(Instant::now());
            tracing::error!(
                upstream = &*found.upstream,
                why,
                "health checks could not be made; their nodes stay what they are"
            );
        }
        if let Some(next) = next {
            self.launch(next, now);
        }
    }
}

/// Says what a probe found, also when it did not come to its end.
struct Answer(Option<(mpsc::UnboundedSender<Found>, Found)>);

impl Answer {
    fn set(&mut self, finding: Finding) {
        if let Some((_, found)) = &mut self.0 {
            found.finding = finding;
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some((to, found)) = self.0.take() {
            // Nobody listens when everything ends.
            let _ = to.send(found);
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
