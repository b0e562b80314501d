//! What is measured, logged and traced.

pub(crate) mod file_logger;
pub(crate) mod http_logger;
mod logger;
pub(crate) mod opentelemetry;
pub mod prometheus;

use std::time::{Duration, Instant};

use gateway_engine::plugin::States;
use gateway_outbound::queue::Queues;

use self::file_logger::Files;

/// Opens the files of loggers again (SIGUSR1), after they have been moved away.
pub fn reopen(states: &States) {
    states.get::<Files>().reopen();
}

/// Sends and writes what waits in loggers, so long at most; nothing that comes later is taken. For the end of the process. Blocks.
pub fn finish(states: &States, within: Duration) {
    let until = Instant::now() + within;
    if !states.get::<Queues>().finish(within) {
        tracing::warn!("entries of loggers are lost: their servers did not take them in time");
    }
    states.get::<Files>().finish(until.saturating_duration_since(Instant::now()));
}
