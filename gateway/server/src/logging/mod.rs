//! Logs: the access log ([`AccessLog`]) and the error log ([`ErrorLog`], by `tracing`). Both hand their records to a thread of
//! their own ([`gateway_outbound::append`]), so that a slow disk never holds up a request; what does not fit waits, then the
//! oldest is dropped and counted.

mod access;
mod errors;
pub mod format;
mod record;

use std::path::Path;

pub use access::{AccessLog, AccessSender};
pub use errors::ErrorLog;
pub use format::{AccessFormat, FormatError};
use gateway_outbound::append::Place;
pub use gateway_outbound::append::{Counters, LogError};
pub use record::Sink;

use crate::config::LogTarget;

/// Where a log goes; relative paths lie under `base`.
fn place(target: &LogTarget, base: &Path) -> Place {
    match target {
        LogTarget::File(path) => Place::File(base.join(path)),
        LogTarget::Stdout => Place::Stdout,
        LogTarget::Stderr => Place::Stderr,
    }
}
