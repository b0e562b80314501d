//! How fast a request's body comes, measured only while it is waited for.

use crate::settings::Settings;
use std::time::Duration;

/// The pace of one body; fresh for each request.
#[derive(Debug, Default)]
pub struct Pace {
    /// Since when it is waited for; 0: it is not.
    since_ms: u64,
    /// Time waited in the present window.
    waited_ms: u64,
    /// Bytes that came in it.
    bytes: u64,
}

impl Pace {
    /// Nothing of the body is there at `now` ([`crate::worker::now_ms`]): whether it has been waited for too long, or what came in
    /// a whole window was too little.
    #[cold]
    pub fn too_slow(&mut self, now: u64, settings: &Settings) -> bool {
        if self.since_ms == 0 {
            self.since_ms = now;
        }
        let waited = now.saturating_sub(self.since_ms);
        let window = self.waited_ms + waited;
        let full = millis(settings.limits.body_rate_window);
        let least = settings.limits.body_min_rate.saturating_mul(full) / 1000;
        let slow = waited >= millis(settings.timeouts.client_body) || (window >= full && self.bytes < least);
        if window >= full {
            *self = Pace { since_ms: now, ..Pace::default() };
        }
        slow
    }

    /// So many bytes of it came. What came before it was ever waited for came fast enough, and is not counted.
    #[inline]
    pub fn came(&mut self, n: usize, now: u64) {
        if self.since_ms == 0 && self.waited_ms == 0 {
            return;
        }
        self.bytes = self.bytes.saturating_add(n as u64);
        if self.since_ms != 0 {
            self.waited_ms += now.saturating_sub(self.since_ms);
            self.since_ms = 0;
        }
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 bytes a second over ten seconds, no more than three seconds without any.
    fn settings() -> Settings {
        let mut settings = Settings::default();
        settings.limits.body_min_rate = 100;
        settings.limits.body_rate_window = Duration::from_secs(10);
        settings.timeouts.client_body = Duration::from_secs(3);
        settings
    }

    #[test]
    fn silence_is_too_slow_after_its_time() {
        let (mut pace, settings) = (Pace::default(), settings());
        assert!(!pace.too_slow(1000, &settings));
        assert!(!pace.too_slow(3999, &settings));
        pace.came(1, 3999);
        assert!(!pace.too_slow(4000, &settings));
        assert!(!pace.too_slow(6999, &settings));
        assert!(pace.too_slow(7000, &settings));
    }

    #[test]
    fn slow_03_a_trickle_is_too_slow_after_a_window_of_waiting() {
        // So many bytes each second: whether they are enough.
        for (n, enough) in [(50, false), (99, false), (100, true), (1000, true)] {
            let (mut pace, settings) = (Pace::default(), settings());
            let slow = (1..=30).any(|second| {
                let slow = pace.too_slow(second * 1000, &settings) || pace.too_slow(second * 1000 + 999, &settings);
                pace.came(n, second * 1000 + 1000);
                slow
            });
            assert_eq!(slow, !enough, "{n}");
        }
    }

    #[test]
    fn time_in_which_nobody_waits_does_not_count() {
        let (mut pace, settings) = (Pace::default(), settings());
        pace.came(1, 1000);
        for hour in 1..50 {
            let now = hour * 3_600_000;
            assert!(!pace.too_slow(now, &settings));
            pace.came(1, now + 100);
        }
    }
}
