//! Logs: the access log ([`AccessLog`]) and the error log ([`ErrorLog`], by `tracing`). Both hand their records to a thread of
//! their own ([`gateway_outbound::append`]), so that a slow disk never holds up a request; what does not fit waits, then the
//! oldest is dropped and counted.

mod access;
mod errors;
pub mod format;
mod recent;
mod record;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use access::{AccessLog, AccessSender};
pub use errors::ErrorLog;
pub use format::{AccessFormat, FormatError};
use gateway_outbound::append::Place;
pub use gateway_outbound::append::{Counters, LogError};
pub(crate) use recent::{Recent, Record};
pub use record::Sink;

use crate::config::LogTarget;

/// The logs of the process, for those who show them (`live/logs`).
#[derive(Debug, Default)]
pub(crate) struct Logs {
    recent: OnceLock<Arc<Recent>>,
    access: OnceLock<Arc<OnceLock<Arc<AccessLog>>>>,
}

impl Logs {
    /// These are the logs; the access log is started when it is first switched on.
    pub(crate) fn are(&self, errors: &ErrorLog, access: &Arc<OnceLock<Arc<AccessLog>>>) {
        // Said once, at the start.
        let _ = self.recent.set(Arc::clone(errors.recent()));
        let _ = self.access.set(Arc::clone(access));
    }

    /// What the error log was told lately.
    pub(crate) fn recent(&self) -> Arc<Recent> {
        self.recent.get().cloned().unwrap_or_default()
    }

    /// The file of the access log.
    ///
    /// # Errors
    /// Why there is none; in words.
    pub(crate) fn access_file(&self) -> Result<PathBuf, &'static str> {
        let log = self.access.get().and_then(|access| access.get()).ok_or("the access log is switched off")?;
        log.file().ok_or("the access log goes to a terminal or pipe, not to a file: read it there")
    }
}

/// Where a log goes; relative paths lie under `base`.
fn place(target: &LogTarget, base: &Path) -> Place {
    match target {
        LogTarget::File(path) => Place::File(base.join(path)),
        LogTarget::Stdout => Place::Stdout,
        LogTarget::Stderr => Place::Stderr,
    }
}
