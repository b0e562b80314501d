//! How far something is that takes long: a bar on a terminal, elsewhere a line now and then.

use std::time::{Duration, Instant};

use super::Out;

/// From so many steps on it is worth showing.
const MANY: usize = 200;

/// How often a bar is drawn anew, and how often a line is written.
const REDRAW: Duration = Duration::from_millis(100);
const LINE: Duration = Duration::from_secs(10);

/// Steps done of those to do.
pub(crate) struct Progress<'a> {
    out: &'a Out,
    terminal: bool,
    total: usize,
    /// From so many steps on it is shown.
    many: usize,
    done: usize,
    start: Instant,
    told: Instant,
    drawn: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(out: &'a Out, terminal: bool, total: usize) -> Progress<'a> {
        let now = Instant::now();
        Progress { out, terminal, total, many: MANY, done: 0, start: now, told: now, drawn: false }
    }

    /// One that is shown however few the steps are: each may take long.
    pub(crate) fn of_all(out: &'a Out, terminal: bool, total: usize) -> Progress<'a> {
        Progress { many: 2, ..Progress::new(out, terminal, total) }
    }

    /// There is more to do than was known.
    pub(crate) fn more(&mut self, steps: usize) {
        self.total += steps;
    }

    /// One more is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        let pause = if self.terminal { REDRAW } else { LINE };
        if self.total < self.many || self.out.is_quiet() || self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let text = self.text(self.start.elapsed());
        if self.terminal {
            self.clear();
            self.out.ask(&text);
            self.drawn = true;
        } else {
            self.out.note(&text);
        }
    }

    /// Takes the bar away, so that something else can be written.
    pub(crate) fn clear(&mut self) {
        if self.drawn {
            self.out.error("\r\u{1b}[K");
            self.drawn = false;
        }
    }

    fn text(&self, elapsed: Duration) -> String {
        const WIDTH: usize = 20;
        let rate = self.done as f64 / elapsed.as_secs_f64().max(0.001);
        let left = self.total.saturating_sub(self.done) as f64 / rate.max(0.001);
        let filled = (self.done * WIDTH).checked_div(self.total).unwrap_or(WIDTH).min(WIDTH);
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH - filled));
        format!("[{bar}] {}/{}, {rate:.0}/s, {left:.0} s left", self.done, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_with_rate_and_rest() {
        let out = Out::new(Box::new(std::io::sink()), Box::new(std::io::sink()));
        let mut progress = Progress::new(&out, true, 400);
        progress.done = 100;
        assert_eq!(progress.text(Duration::from_secs(2)), "[#####...............] 100/400, 50/s, 6 s left");
    }
}
