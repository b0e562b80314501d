//! The access log: workers render a record into a buffer of their own, a thread writes it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gateway_outbound::append::{Counters, LogError, Place, Sender, Writer};
use parking_lot::Mutex;

use super::place;
use crate::config::AccessLogConfig;

/// The access log of the process.
#[derive(Debug)]
pub struct AccessLog {
    writer: Writer,
    place: Mutex<Place>,
}

impl AccessLog {
    /// Opens the file (relative paths lie under `base`) and starts the thread. Each of `workers` gets its share of
    /// [`AccessLogConfig::queue_records`].
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn start(config: &AccessLogConfig, base: &Path, workers: usize) -> Result<AccessLog, LogError> {
        let place = place(&config.target, base);
        let writer = Writer::start("access log", place.clone(), config.queue_records, workers)?;
        Ok(AccessLog { writer, place: Mutex::new(place) })
    }

    /// What one worker writes with.
    pub fn sender(&self) -> AccessSender {
        AccessSender { sender: self.writer.sender() }
    }

    /// Opens the file again (SIGUSR1), after it has been moved away. What was recorded before goes to the old one.
    pub fn reopen(&self) {
        self.writer.reopen();
    }

    /// Goes on at the place of a new configuration.
    ///
    /// # Errors
    /// That file cannot be opened; the old one stays.
    pub fn apply(&self, config: &AccessLogConfig, base: &Path) -> Result<(), LogError> {
        let new = place(&config.target, base);
        self.writer.retarget(new.clone())?;
        *self.place.lock() = new;
        Ok(())
    }

    /// The file it is written to; `None`: it goes to a terminal or pipe.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match &*self.place.lock() {
            Place::File(path) => Some(path.clone()),
            _ => None,
        }
    }

    /// Waits until everything recorded before has been written or lost; `false` after `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.writer.flush(timeout)
    }

    /// Writes what waits and ends the thread; `false` where the sink did not take it within `timeout`.
    pub fn close(&self, timeout: Duration) -> bool {
        self.writer.close(timeout)
    }

    /// What became of the records.
    pub fn counters(&self) -> Counters {
        self.writer.counters()
    }
}

/// Hands the records of one worker over. Never waits for the sink; a clone has a buffer of its own.
#[derive(Debug, Clone)]
pub struct AccessSender {
    sender: Sender,
}

impl AccessSender {
    /// Adds one record: the bytes that `render` appends to the buffer, with the line end. It must not touch what stands there
    /// already.
    pub fn record(&self, render: impl FnOnce(&mut Vec<u8>)) {
        self.sender.record(render);
    }

    /// Adds a record that is rendered already.
    pub fn send(&self, record: &[u8]) {
        self.sender.record(|out| out.extend_from_slice(record));
    }
}
