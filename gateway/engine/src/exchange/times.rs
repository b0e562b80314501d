//! When the parts of an exchange happened.

/// When things happened, by the worker's monotonic clock: in milliseconds ([`crate::worker::now_ms`]) or microseconds
/// ([`crate::worker::now_us`]); 0: not yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// The head was whole.
    pub start_ms: u64,
    /// The same in microseconds.
    pub start_us: u64,
    /// The last try to reach an upstream began.
    pub upstream_start_us: u64,
    /// Its connection was ready.
    pub connected_us: u64,
    /// The head of the upstream's answer was whole.
    pub headers_us: u64,
    /// The upstream's answer was whole.
    pub upstream_end_us: u64,
    /// Everything was sent.
    pub end_ms: u64,
}

impl Times {
    /// Milliseconds from the beginning of the last try until a later moment of it; `None`: it has not come.
    pub fn upstream_ms(&self, until_us: u64) -> Option<u64> {
        (until_us > 0 && self.upstream_start_us > 0).then(|| ms(until_us).saturating_sub(ms(self.upstream_start_us)))
    }

    /// Milliseconds that the upstream's part took, at a time in milliseconds: one whose answer is not whole is taken to go on.
    /// `None`: there was none.
    pub fn upstream_took_ms(&self, now_ms: u64) -> Option<u64> {
        let until = if self.upstream_end_us > 0 { ms(self.upstream_end_us) } else { now_ms };
        (self.upstream_start_us > 0).then(|| until.saturating_sub(ms(self.upstream_start_us)))
    }

    /// The same in microseconds, at a time in microseconds.
    pub fn upstream_took_us(&self, now_us: u64) -> Option<u64> {
        let until = if self.upstream_end_us > 0 { self.upstream_end_us } else { now_us };
        (self.upstream_start_us > 0).then(|| until.saturating_sub(self.upstream_start_us))
    }

    /// How long the last try waited for its connection, and for the head of the answer behind that, in microseconds.
    pub fn waits_us(&self) -> (Option<u64>, Option<u64>) {
        let from = |start: u64, end: u64| (start > 0 && end > 0).then(|| end.saturating_sub(start));
        (from(self.upstream_start_us, self.connected_us), from(self.connected_us, self.headers_us))
    }

    /// Another try follows: nothing of it has come yet.
    pub(crate) fn forget_try(&mut self) {
        (self.connected_us, self.headers_us, self.upstream_end_us) = (0, 0, 0);
    }
}

/// The clock in milliseconds at a time of that in microseconds: it counts from 1.
fn ms(us: u64) -> u64 {
    us / 1000 + 1
}
