//! Bounds how often a worker repeats itself in the error log, and at which length: thousands of requests a second may fail for one
//! reason, and what a client has sent may be as long as a body.

use std::cell::Cell;
use std::fmt::{self, Display, Write};

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

/// Most bytes of a text that clients have had a part in.
const LONGEST: usize = 512;

/// The beginning of a text, for a line of the log; `…` behind it says that there is more.
#[derive(Debug, Clone, Copy)]
pub struct Excerpt<T>(pub T);

impl<T: Display> Display for Excerpt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut begin = Begin { to: f, left: LONGEST };
        match write!(begin, "{}", self.0) {
            Err(_) if begin.left == 0 => f.write_char('…'),
            written => written,
        }
    }
}

/// Takes so many bytes, then fails.
struct Begin<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    left: usize,
}

impl Write for Begin<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fits = text.floor_char_boundary(self.left);
        self.to.write_str(text.get(..fits).unwrap_or_default())?;
        if fits < text.len() {
            self.left = 0;
            return Err(fmt::Error);
        }
        self.left -= fits;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, LONGEST, LogPace, MOST};

    #[test]
    fn what_is_long_is_cut_between_characters() {
        for (text, bytes, more) in [
            (String::new(), 0, false),
            ("x".repeat(LONGEST), LONGEST, false),
            ("x".repeat(LONGEST + 1), LONGEST, true),
            ("é".repeat(LONGEST), LONGEST, true),
            (format!("x{}", "é".repeat(LONGEST)), LONGEST - 1, true),
        ] {
            let shown = Excerpt(&text).to_string();
            assert_eq!(shown.ends_with('…'), more);
            assert_eq!(shown.trim_end_matches('…'), &text[..bytes]);
        }
        // Of several pieces.
        assert_eq!(Excerpt(format_args!("{}{}", "a".repeat(LONGEST), "b")).to_string(), "a".repeat(LONGEST) + "…");
    }

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
