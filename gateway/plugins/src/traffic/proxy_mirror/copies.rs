//! Copies on their way: how many there may be, and what became of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};

use gateway_engine::plugin::States;
use gateway_outbound::Background;
use gateway_outbound::frames::Frames;
use gateway_outbound::http::{self, Call, CallError, Settings};
use parking_lot::Mutex;

use super::To;
use super::mark::Mark;

/// The longest body that is copied, in bytes.
pub(super) const MOST_BODY: usize = 1 << 20;

/// Copies under way to one server; one that does not answer holds up no other server's.
const MOST_UNDER_WAY: usize = 256;

/// Bytes of bodies in all copies together.
const MOST_BYTES: usize = 64 << 20;

/// Of an answer so much is read, so that its connection can be used again; of a longer one no more.
const READ: usize = 64 << 10;

/// All servers that copies go to.
pub(crate) struct Copies {
    targets: Mutex<HashMap<(String, Settings), Weak<Target>>>,
    counts: Arc<Counts>,
    mark: Mark,
}

impl Default for Copies {
    fn default() -> Self {
        Copies { targets: Mutex::default(), counts: Arc::default(), mark: Mark::new() }
    }
}

/// What became of copies.
#[derive(Default)]
pub(crate) struct Counts {
    sent: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    returned: AtomicU64,
    /// Bytes of bodies that are held for copies.
    bytes: AtomicUsize,
}

impl Copies {
    /// The server of these settings, as all plugin instances see it.
    pub(super) fn target(&self, to: &To, states: &States) -> Arc<Target> {
        let mut targets = self.targets.lock();
        targets.retain(|_, target| target.strong_count() > 0);
        let key = (to.origin.clone(), to.settings.clone());
        if let Some(known) = targets.get(&key).and_then(Weak::upgrade) {
            return known;
        }
        let background = states.get::<Background>();
        let patience = to.settings.timeout;
        let made = Arc::new(Target {
            frames: to.calls_at.as_ref().map(|server| Frames::new(server, patience, Arc::clone(&background))),
            origin: to.origin.as_str().into(),
            settings: to.settings.clone(),
            under_way: AtomicUsize::new(0),
            counts: Arc::clone(&self.counts),
            mark: self.mark.clone(),
            background,
        });
        targets.insert(key, Arc::downgrade(&made));
        made
    }

    /// How many copies were sent, dropped because there were too many, failed, and came back here, where they were not copied again.
    pub(crate) fn outcomes(&self) -> [(&'static str, u64); 4] {
        let counts = &self.counts;
        [
            ("sent", counts.sent.load(Relaxed)),
            ("dropped", counts.dropped.load(Relaxed)),
            ("failed", counts.failed.load(Relaxed)),
            ("returned", counts.returned.load(Relaxed)),
        ]
    }
}

/// A server that copies go to.
#[derive(Default)]
pub(super) struct Target {
    /// `http://host:port`.
    pub(super) origin: Box<str>,
    settings: Settings,
    /// A provider of Dubbo, which takes calls instead of requests.
    frames: Option<Frames>,
    under_way: AtomicUsize,
    counts: Arc<Counts>,
    pub(super) mark: Mark,
    background: Arc<Background>,
}

impl Target {
    /// Room for a body of so many bytes; `None` where there is none.
    pub(super) fn share(&self, bytes: usize) -> Option<Share> {
        let mut share = Share { counts: Arc::clone(&self.counts), bytes: 0 };
        share.grow(bytes).then_some(share)
    }

    /// A request has no copy.
    pub(super) fn drop_one(&self) {
        self.counts.dropped.fetch_add(1, Relaxed);
    }

    /// A copy has come back, and is not copied again.
    pub(super) fn return_one(&self) {
        self.counts.returned.fetch_add(1, Relaxed);
    }

    /// Room for one more copy under way; `None`: there is none, and so it is counted.
    fn enter(self: &Arc<Self>) -> Option<UnderWay> {
        let under_way = UnderWay(Arc::clone(self));
        if self.under_way.fetch_add(1, Relaxed) >= MOST_UNDER_WAY {
            self.drop_one();
            return None;
        }
        Some(under_way)
    }

    /// Sends a copy in the background, if not too many are under way.
    pub(super) fn send(self: &Arc<Self>, call: Call, share: Share) {
        let Some(under_way) = self.enter() else { return };
        let started = self.background.spawn(async move {
            match http::call(&under_way.0.settings, call, READ).await {
                Ok(_) | Err(CallError::TooLong(_)) => under_way.0.ended(None),
                Err(error) => under_way.0.ended(Some(&error.to_string())),
            }
            drop(share);
        });
        if !started {
            self.drop_one();
        }
    }

    /// The same for a call of Dubbo: a whole frame.
    pub(super) fn send_frame(self: &Arc<Self>, frame: Vec<u8>, share: Share) {
        let Some(frames) = &self.frames else { return self.drop_one() };
        let Some(under_way) = self.enter() else { return };
        let done = move |sent: bool| {
            under_way.0.ended((!sent).then_some("no connection, or it has ended"));
            drop(share);
        };
        frames.send(frame.into(), Box::new(done));
    }

    /// Whether it takes calls of Dubbo.
    pub(super) fn takes_calls(&self) -> bool {
        self.frames.is_some()
    }

    /// What became of a copy; an error: it failed.
    fn ended(&self, error: Option<&str>) {
        let Some(error) = error else {
            self.counts.sent.fetch_add(1, Relaxed);
            return;
        };
        let failed = self.counts.failed.fetch_add(1, Relaxed) + 1;
        // The first of a thousand: a server that is down fails every copy.
        if failed % 1000 == 1 {
            tracing::warn!(server = &*self.origin, error, failed, "proxy-mirror: a copy was not taken");
        }
    }
}

/// One copy of those under way.
struct UnderWay(Arc<Target>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}

/// Bytes that are held for a copy, given back when it is dropped.
pub(super) struct Share {
    counts: Arc<Counts>,
    bytes: usize,
}

impl Share {
    /// Makes it at least so many bytes; `false` where there is no room for that.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return true;
        }
        let before = self.counts.bytes.fetch_add(more, Relaxed);
        if before.saturating_add(more) > MOST_BYTES {
            self.counts.bytes.fetch_sub(more, Relaxed);
            return false;
        }
        self.bytes += more;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.counts.bytes.fetch_sub(self.bytes, Relaxed);
    }
}
