//! Many clients of every protocol at once, and something that happens to the gateway meanwhile: what a client that behaves
//! must never notice. Tests run it with as much load as the machine gives, `benches/live` at a rate and with figures.

mod clients;
mod scene;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

pub use scene::Scene;

/// Who asks what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The proxy in clear.
    pub clear: SocketAddr,
    /// The proxy over TLS; half of the clients go there.
    pub secure: SocketAddr,
    /// Connections with gRPC calls of one message, and as many with requests over HTTP/2.
    pub callers: usize,
    /// Requests a second, all of these together; `None`: each as soon as the one before has its answer.
    pub rate: Option<u32>,
    /// A client closes its connection and opens another after so many requests; 0: never.
    pub renews: usize,
    /// gRPC streams that stay open.
    pub streams: usize,
    /// WebSockets that stay open, half of them over HTTP/2.
    pub websockets: usize,
}

/// What has come of it so far.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// gRPC calls of one message with the right answer.
    pub calls: usize,
    /// Requests with the right answer.
    pub requests: usize,
    /// What went wrong with any of these, the first few.
    pub failures: Vec<String>,
    /// How many.
    pub failed: usize,
    /// How long each took, in microseconds, in no order.
    pub micros: Vec<u32>,
    /// Connections of these clients.
    pub connections: usize,
    /// How many of them the gateway said goodbye to.
    pub goodbyes: usize,
    /// Messages that came back on streams and WebSockets.
    pub echoes: usize,
    /// How streams ended: their status, or what broke.
    pub streams: BTreeMap<String, usize>,
    /// How WebSockets ended: the code of the close, or what broke.
    pub websockets: BTreeMap<String, usize>,
    /// The certificates that were shown, by their length and how often.
    pub shown: BTreeMap<Vec<u8>, usize>,
}

impl Figures {
    /// Both kinds of requests.
    pub fn served(&self) -> usize {
        self.calls + self.requests
    }

    /// The share `p` (0 to 1) of requests took no longer than so many milliseconds.
    pub fn percentile(&mut self, p: f64) -> f64 {
        self.micros.sort_unstable();
        let last = self.micros.len().saturating_sub(1);
        let at = (last as f64 * p).round() as usize;
        f64::from(self.micros.get(at).copied().unwrap_or_default()) / 1000.0
    }
}

/// Running clients.
pub struct Load {
    shared: Arc<Shared>,
    runtime: Runtime,
}

/// What the clients share.
struct Shared {
    plan: Plan,
    /// No more requests begin.
    enough: AtomicBool,
    /// Streams and WebSockets come to their end.
    hang_up: AtomicBool,
    /// The gateway accepts no more: a connection that cannot be opened is no failure.
    leaving: AtomicBool,
    /// Since when that is so.
    told: OnceLock<Instant>,
    /// Streams and WebSockets that are open.
    open: AtomicUsize,
    /// Clients that are there.
    running: AtomicUsize,
    figures: Mutex<Figures>,
}

impl Load {
    /// Sends all clients off.
    pub fn start(plan: Plan) -> Load {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let shared = Arc::new(Shared {
            plan,
            enough: AtomicBool::new(false),
            hang_up: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            told: OnceLock::new(),
            open: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            figures: Mutex::default(),
        });
        clients::start(&runtime, &shared);
        Load { shared, runtime }
    }

    /// What has come of it so far.
    pub fn figures(&self) -> Figures {
        self.shared.figures.lock().expect("nobody panics with it").clone()
    }

    /// Forgets the latencies so far, and gives them.
    pub fn lap(&self) -> Figures {
        let mut figures = self.shared.figures.lock().expect("nobody panics with it");
        let lap = figures.clone();
        figures.micros.clear();
        lap
    }

    /// How many streams and WebSockets are open.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::Acquire)
    }

    /// Waits until so many more requests have their answers.
    pub fn goes_on(&self, more: usize) {
        let enough = self.figures().served() + more;
        crate::wait_for("the load to go on", || (self.figures().served() >= enough).then_some(()));
    }

    /// Says that the gateway is about to accept no more.
    pub fn expect_the_end(&self) {
        let _ = self.shared.told.set(Instant::now());
        self.shared.leaving.store(true, Ordering::Release);
    }

    /// Lets streams and WebSockets come to their end.
    pub fn hang_up(&self) {
        self.shared.hang_up.store(true, Ordering::Release);
    }

    /// No more requests begin.
    pub fn enough(&self) {
        self.shared.enough.store(true, Ordering::Release);
    }

    /// Ends everything that has not ended and gives what came of it.
    pub fn finish(self) -> Figures {
        self.enough();
        self.hang_up();
        crate::wait_for("the clients to end", || {
            (self.shared.running.load(Ordering::Acquire) == 0 || !self.shared.plan.waits()).then_some(())
        });
        let figures = self.figures();
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        figures
    }
}

impl Plan {
    fn waits(&self) -> bool {
        self.callers + self.streams + self.websockets > 0
    }
}

impl Shared {
    fn note(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.figures.lock().expect("nobody panics with it"));
    }

    fn fail(&self, why: String) {
        let why = match self.told.get() {
            Some(told) => format!("{why}, {} ms after the end was expected", told.elapsed().as_millis()),
            None => why,
        };
        self.note(|f| {
            f.failed += 1;
            if f.failures.len() < 20 {
                f.failures.push(why);
            }
        });
    }

    fn is(&self, flag: &AtomicBool) -> bool {
        flag.load(Ordering::Acquire)
    }
}
