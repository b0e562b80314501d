//! The error log: what `tracing` is told, as text or JSON, one record a line.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway_outbound::append::{Counters, LogError, Place, Sender, Writer};
use parking_lot::Mutex;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::{Layer, reload};

use super::place;
use super::recent::{Keeper, Recent};
use crate::config::{ErrorLogConfig, Level};

/// Records that may wait.
const QUEUE: usize = 10_000;

/// The error log of the process.
#[derive(Debug)]
pub struct ErrorLog {
    writer: Writer,
    level: reload::Handle<Targets, Registry>,
    place: Mutex<Place>,
    recent: Arc<Recent>,
}

impl ErrorLog {
    /// Opens the file (relative paths lie under `base`) and makes it the log of the whole process.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn install(config: &ErrorLogConfig, base: &Path) -> Result<ErrorLog, LogError> {
        let (log, subscriber) = ErrorLog::open(config, base)?;
        // Fails only where the process has a log already, which then stays.
        let _ = tracing::subscriber::set_global_default(subscriber);
        Ok(log)
    }

    /// Opens the file, and the subscriber that writes to it.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(config: &ErrorLogConfig, base: &Path) -> Result<(ErrorLog, impl Subscriber + Send + Sync), LogError> {
        let place = place(&config.target, base);
        let writer = Writer::start("error log", place.clone(), QUEUE, 1)?;
        let (level, handle) = reload::Layer::new(targets(config.level));
        let lines = Lines { sender: writer.sender() };
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(lines);
        let layer: Box<dyn Layer<_> + Send + Sync> = match config.json {
            true => Box::new(layer.json()),
            false => Box::new(layer),
        };
        let recent = Arc::new(Recent::default());
        let subscriber = tracing_subscriber::registry().with(level).with(layer).with(Keeper(Arc::clone(&recent)));
        Ok((ErrorLog { writer, level: handle, place: Mutex::new(place), recent }, subscriber))
    }

    /// What it was told lately.
    pub(crate) fn recent(&self) -> &Arc<Recent> {
        &self.recent
    }

    /// Takes level and file of a new configuration.
    ///
    /// # Errors
    /// The new file cannot be opened; the old one stays.
    pub fn apply(&self, config: &ErrorLogConfig, base: &Path) -> Result<(), LogError> {
        // Fails only where the subscriber is gone, and then nobody logs.
        let _ = self.level.reload(targets(config.level));
        let mut place = self.place.lock();
        let new = super::place(&config.target, base);
        if *place != new {
            self.writer.retarget(new.clone())?;
            *place = new;
        }
        Ok(())
    }

    /// Opens the file again (SIGUSR1), after it has been moved away.
    pub fn reopen(&self) {
        self.writer.reopen();
    }

    /// Waits until everything logged before has been written or lost; `false` after `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.writer.flush(timeout)
    }

    /// What became of the records.
    pub fn counters(&self) -> Counters {
        self.writer.counters()
    }
}

/// Our own crates at `level`; of others only what is at least a warning.
fn targets(level: Level) -> Targets {
    let ours = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    // Targets go by prefix: `gateway` is gateway_engine too. Who changed what is told at every level.
    Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        // It warns of what peers do, as often as they do it.
        .with_target("h2", LevelFilter::ERROR)
        .with_target("gateway", ours)
        .with_target("audit", LevelFilter::INFO)
}

/// Takes whole records from the formatter.
#[derive(Debug)]
struct Lines {
    sender: Sender,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { sender: &self.sender }
    }
}

struct Line<'a> {
    sender: &'a Sender,
}

impl Write for Line<'_> {
    /// One call a record: the formatter writes each from one buffer.
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        self.sender.record(|out| escape(record, out));
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Control characters (also those of ISO 8859-1 in UTF-8) as `\xHH`, except the line end after the record: what a client sends
/// must not write lines or move cursors.
fn escape(record: &[u8], out: &mut Vec<u8>) {
    let body = record.strip_suffix(b"\n").unwrap_or(record);
    let mut bytes = body.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (0x00..=0x1f | 0x7f, _) => hex(byte, out),
            (0xc2, Some(&second @ 0x80..=0x9f)) => {
                bytes.next();
                hex(byte, out);
                hex(second, out);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'\n');
}

/// `\xHH`.
pub(super) fn hex(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    // Both indices are below 16.
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or(b'?');
    out.extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::LogTarget;

    const LONG: Duration = Duration::from_secs(30);

    fn config(level: Level, json: bool, file: &str) -> ErrorLogConfig {
        ErrorLogConfig { target: LogTarget::File(file.into()), level, json }
    }

    #[test]
    fn levels_and_files_change_while_it_runs() {
        let temp = tempfile::tempdir().unwrap();
        let (log, subscriber) = ErrorLog::open(&config(Level::Warn, false, "a.log"), temp.path()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(target: "gateway::x", "too quiet");
            tracing::warn!(target: "gateway_engine::x", node = "10.0.0.1", "first");
            log.apply(&config(Level::Debug, false, "b.log"), temp.path()).unwrap();
            assert!(log.flush(LONG));
            tracing::debug!(target: "gateway::x", "second");
            tracing::info!(target: "hyper::proto", "not ours");
        });
        assert!(log.flush(LONG));
        let (a, b) = (
            fs::read_to_string(temp.path().join("a.log")).unwrap(),
            fs::read_to_string(temp.path().join("b.log")).unwrap(),
        );
        assert!(a.ends_with(" WARN gateway_engine::x: first node=\"10.0.0.1\"\n") && a.lines().count() == 1, "{a}");
        assert!(b.ends_with("DEBUG gateway::x: second\n") && b.lines().count() == 1, "{b}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let temp = tempfile::tempdir().unwrap();
        let (log, subscriber) = ErrorLog::open(&config(Level::Info, true, "logs/e.log"), temp.path()).unwrap();
        tracing::subscriber::with_default(subscriber, || tracing::error!(target: "gateway", uri = "/a\nb", "bad"));
        assert!(log.flush(LONG));
        let text = fs::read_to_string(temp.path().join("logs/e.log")).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["fields"]["uri"], "/a\nb");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn a_record_is_one_line_without_control_characters() {
        let temp = tempfile::tempdir().unwrap();
        let (log, subscriber) = ErrorLog::open(&config(Level::Info, false, "e.log"), temp.path()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "gateway", "a\nb\x1b[31m \x00 \u{9b} \x7f é");
        });
        assert!(log.flush(LONG));
        let text = fs::read_to_string(temp.path().join("e.log")).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.trim_end().chars().any(char::is_control), "{text:?}");
        assert!(text.contains("a\\x0Ab") && text.contains('é'), "{text}");
    }
}
