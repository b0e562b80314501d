//! A worker's counters: the owner adds with a plain load and store, readers sum over the workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the latency histogram, in milliseconds; one more bucket holds the rest.
pub const LATENCY_BUCKETS_MS: [u64; 15] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000];

/// A number that one thread writes and any thread reads.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One that has counted nothing.
    pub const fn new() -> Counter {
        Counter(AtomicU64::new(0))
    }

    /// Adds; only the owning thread may.
    pub fn add(&self, n: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
    }

    /// Subtracts; only the owning thread may.
    pub fn sub(&self, n: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_sub(n), Ordering::Relaxed);
    }

    /// Makes it so many; only the owning thread may.
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// The present value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a worker counts. On a cache line of its own, so that workers do not slow each other down.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Counters {
    /// Connections accepted.
    pub accepted: Counter,
    /// Connections open.
    pub active: Counter,
    /// Of these, those that speak HTTP/2.
    pub active_http2: Counter,
    /// Of those, the ones that began with a call of gRPC.
    pub active_grpc: Counter,
    /// Of the open ones, those that speak Dubbo.
    pub active_dubbo: Counter,
    /// Of the open ones, those that are encrypted.
    pub active_tls: Counter,
    /// Connections to upstreams that idle, as of the last tick.
    pub upstream_idle: Counter,
    /// Connections to upstreams with an exchange on them, as of the last tick.
    pub upstream_active: Counter,
    /// Connections to upstreams that carry one exchange at a time ([`OneByOne`]).
    pub upstream_single: Counter,
    /// Requests that are on their way, but for WebSockets.
    pub running: Counter,
    /// Connections open and waiting for a request.
    pub waiting: Counter,
    /// Connections closed because a limit was reached.
    pub shed: Counter,
    /// Requests finished.
    pub requests: Counter,
    /// Requests finished, by first digit of the status (index 0: no answer was sent).
    pub statuses: [Counter; 6],
    /// Requests finished, by latency ([`LATENCY_BUCKETS_MS`]).
    pub latency: [Counter; 16],
    /// Sum of the latencies, in milliseconds.
    pub latency_sum_ms: Counter,
    /// Requests refused before they became an exchange (bad framing, over a limit).
    pub refused: Counter,
    /// Panics caught.
    pub panics: Counter,
    /// Bytes received in requests.
    pub received_bytes: Counter,
    /// Bytes sent in answers.
    pub sent_bytes: Counter,
    /// TLS handshakes of clients that were agreed on.
    pub handshakes: Counter,
    /// Those that were not.
    pub handshakes_failed: Counter,
    /// Tries at upstreams beyond the first.
    pub retries: Counter,
    /// WebSockets opened.
    pub websockets: Counter,
    /// WebSockets open.
    pub websockets_open: Counter,
}

/// A connection to an upstream that carries one exchange at a time: counted as long as this lives.
pub struct OneByOne(Arc<Counters>);

impl OneByOne {
    /// One more, of the worker whose counters these are.
    pub fn new(counters: &Arc<Counters>) -> OneByOne {
        counters.upstream_single.add(1);
        OneByOne(Arc::clone(counters))
    }
}

impl Drop for OneByOne {
    fn drop(&mut self) {
        self.0.upstream_single.sub(1);
    }
}

impl Counters {
    /// A client's connection is served.
    pub fn opened(&self, tls: bool) {
        self.active.add(1);
        self.active_tls.add(tls.into());
    }

    /// It is not any more.
    pub fn closed(&self, tls: bool) {
        self.active.sub(1);
        self.active_tls.sub(tls.into());
    }

    /// Counts a finished request.
    pub fn finished(&self, status: u16, latency_ms: u64, received: u64, sent: u64) {
        self.requests.add(1);
        let class = usize::from(status / 100).min(5);
        self.statuses[class].add(1);
        let bucket = LATENCY_BUCKETS_MS.iter().position(|&le| latency_ms <= le).unwrap_or(LATENCY_BUCKETS_MS.len());
        self.latency[bucket].add(1);
        self.latency_sum_ms.add(latency_ms);
        self.received_bytes.add(received);
        self.sent_bytes.add(sent);
    }
}
