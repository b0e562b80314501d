//! The table in place: the alternate screen, keys without a line end, everything put back at the end.

use std::io::Read as _;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use super::super::rows;
use super::Source;
use crate::commands::App;
use crate::error::Result;
use crate::output::clean;
use crate::output::look::{self, Look};
use crate::output::table::Table;
use crate::stream::Row;

/// Keys, and what they order by.
const KEYS: [(u8, &str); 6] =
    [(b'r', "rps"), (b'e', "errors"), (b'5', "5xx"), (b'4', "4xx"), (b'l', "p99"), (b'n', "name")];

/// How often is looked for keys.
const LOOK: Duration = Duration::from_millis(50);

/// A terminal that has been taken over.
pub(super) struct Screen<'a> {
    app: &'a App<'a>,
    sort: String,
    paused: bool,
    ended: bool,
    stats: Option<Value>,
    keys: Receiver<u8>,
    /// Puts the terminal back.
    _raw: Raw,
}

impl<'a> Screen<'a> {
    /// Takes the terminal over; `None` where keys cannot be read one by one.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(super) fn begin(app: &'a App<'a>, sort: &str) -> Result<Option<Screen<'a>>> {
        let Some(raw) = Raw::begin() else { return Ok(None) };
        let (sender, keys) = channel();
        std::thread::spawn(move || {
            for byte in std::io::stdin().lock().bytes() {
                match byte {
                    Ok(byte) if sender.send(byte).is_ok() => {}
                    _ => return,
                }
            }
        });
        app.out.bytes(b"\x1b[?1049h\x1b[?25l\x1b[2J")?;
        app.out.flush()?;
        let screen = Screen { app, sort: sort.to_owned(), paused: false, ended: false, stats: None, keys, _raw: raw };
        Ok(Some(screen))
    }

    /// Whether somebody has ended it.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The next interval; `None` at the end.
    ///
    /// # Errors
    /// Those of the stream.
    pub(super) async fn next(
        &mut self,
        stream: &mut Source<'_>,
        by: &'static str,
        ids: &[String],
    ) -> Result<Option<Row>> {
        loop {
            // What is not awaited to its end here goes on with the next call.
            match tokio::time::timeout(LOOK, stream.next()).await {
                Ok(row) => return row,
                Err(_) => {
                    let mut again = false;
                    while let Ok(key) = self.keys.try_recv() {
                        again |= self.key(key);
                    }
                    if self.ended {
                        return Ok(None);
                    }
                    if again {
                        self.draw(by, ids)?;
                    }
                }
            }
        }
    }

    /// Whether a key changes what is shown.
    fn key(&mut self, key: u8) -> bool {
        match key {
            b'q' | 0x1b | 0x03 | 0x04 => self.ended = true,
            b'p' | b' ' => self.paused = !self.paused,
            key => match KEYS.iter().find(|(known, _)| *known == key) {
                Some((_, sort)) => (*sort).clone_into(&mut self.sort),
                None => return false,
            },
        }
        true
    }

    /// A new interval.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(super) fn show(&mut self, stats: Value, by: &'static str, ids: &[String]) -> Result<()> {
        if self.paused {
            return Ok(());
        }
        self.stats = Some(stats);
        self.draw(by, ids)
    }

    fn draw(&self, by: &'static str, ids: &[String]) -> Result<()> {
        let Some(stats) = &self.stats else { return Ok(()) };
        let size = terminal_size::terminal_size();
        let (width, height) = size.map_or((80, 24), |(width, height)| (usize::from(width.0), usize::from(height.0)));
        let mut found = rows::of(stats, by, ids);
        rows::sort(&mut found, &self.sort);
        let shown: Vec<usize> = (0..11).collect();
        let heads = rows::heads(by);
        let cells = |row: &&Value| {
            let record = rows::record(by, row);
            shown.iter().filter_map(|place| record.cells.get(*place).cloned()).collect()
        };
        let mut table = Table {
            header: shown.iter().filter_map(|place| heads.get(*place)).map(|head| head.name.to_owned()).collect(),
            give: shown.iter().filter_map(|place| heads.get(*place)).map(|head| head.give).collect(),
            rows: found.iter().map(cells).collect(),
            ..Table::default()
        };
        let state = if self.paused { ", paused" } else { "" };
        let keys = "r e 5 4 l n order, p pauses, q ends";
        let mut lines =
            vec![rows::summary(stats), format!("by {by}, ordered by {}{state}; {keys}", self.sort), String::new()];
        let look = self.app.out.look();
        lines = lines.iter().map(|line| look::cut(&clean::line(line), width)).collect();
        lines.extend(table.render(true, Look { width: Some(width), ..look }));
        let mut text = String::from("\x1b[?2026h\x1b[H");
        for line in lines.iter().take(height.saturating_sub(1)) {
            text.push_str(line);
            text.push_str("\x1b[K\r\n");
        }
        text.push_str("\x1b[J\x1b[?2026l");
        self.app.out.bytes(text.as_bytes())?;
        self.app.out.flush()
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        let _ = self.app.out.bytes(b"\x1b[?25h\x1b[?1049l");
        let _ = self.app.out.flush();
    }
}

/// Keys come one by one and are not shown.
#[cfg(unix)]
struct Raw(rustix::termios::Termios);

#[cfg(unix)]
impl Raw {
    fn begin() -> Option<Raw> {
        let stdin = std::io::stdin();
        let before = rustix::termios::tcgetattr(&stdin).ok()?;
        let mut raw = before.clone();
        raw.local_modes.remove(rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO);
        rustix::termios::tcsetattr(&stdin, rustix::termios::OptionalActions::Now, &raw).ok()?;
        Some(Raw(before))
    }
}

#[cfg(unix)]
impl Drop for Raw {
    fn drop(&mut self) {
        let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, &self.0);
    }
}

/// Elsewhere a table follows each interval.
#[cfg(not(unix))]
struct Raw;

#[cfg(not(unix))]
impl Raw {
    fn begin() -> Option<Raw> {
        None
    }
}
