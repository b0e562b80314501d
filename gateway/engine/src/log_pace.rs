//! Bounds how often a worker repeats itself in the error log: thousands of requests a second may fail for one reason.

use std::cell::Cell;

use crate::worker::now_ms;

/// Most lines in a second.
const MOST: u32 = 10;

/// How often lines of one kind are written by this thread.
#[derive(Debug, Default)]
pub struct LogPace(Cell<Pace>);

#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    since_ms: u64,
    lines: u32,
    left_out: u64,
}

impl LogPace {
    /// Nothing was written yet.
    pub const fn new() -> LogPace {
        LogPace(Cell::new(Pace { since_ms: 0, lines: 0, left_out: 0 }))
    }

    /// Whether another line may be written, and how many were left out since the last one.
    pub fn admit(&self) -> Option<u64> {
        self.admit_at(now_ms())
    }

    fn admit_at(&self, now_ms: u64) -> Option<u64> {
        let mut pace = self.0.get();
        if now_ms.saturating_sub(pace.since_ms) >= 1000 {
            (pace.since_ms, pace.lines) = (now_ms, 0);
        }
        let admitted = if pace.lines >= MOST {
            pace.left_out += 1;
            None
        } else {
            pace.lines += 1;
            Some(std::mem::take(&mut pace.left_out))
        };
        self.0.set(pace);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::{LogPace, MOST};

    #[test]
    fn a_flood_of_failures_is_told_in_a_few_lines_that_count_the_rest() {
        let pace = LogPace::new();
        for _ in 0..MOST {
            assert_eq!(pace.admit_at(5000), Some(0));
        }
        assert_eq!(pace.admit_at(5999), None);
        assert_eq!(pace.admit_at(5999), None);
        assert_eq!(pace.admit_at(6000), Some(2));
        assert_eq!(pace.admit_at(6000), Some(0));
    }
}
