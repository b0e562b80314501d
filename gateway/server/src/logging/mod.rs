//! Logs: the access log ([`AccessLog`]) and the error log ([`ErrorLog`], by `tracing`). Both hand their records to a thread of
//! their own ([`writer`]), so that a slow disk never holds up a request; what does not fit waits, then the oldest is dropped
//! and counted.

mod access;
mod errors;
pub mod format;
mod record;
mod sink;
mod writer;

pub use access::{AccessLog, AccessSender};
pub use errors::ErrorLog;
pub use format::{AccessFormat, FormatError};
pub use record::Sink;
pub use sink::LogError;
pub use writer::Counters;
