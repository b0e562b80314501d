//! A worker's side of the access log.

use gateway_engine::exchange::Exchange;
use gateway_engine::worker::AccessSink;

use super::{AccessFormat, AccessSender};

/// Renders finished exchanges and hands them to the log's thread.
pub struct Sink {
    sender: AccessSender,
    format: AccessFormat,
}

impl Sink {
    /// A sink that writes this form.
    pub fn new(sender: AccessSender, format: AccessFormat) -> Sink {
        Sink { sender, format }
    }
}

impl AccessSink for Sink {
    fn record(&self, x: &Exchange) {
        self.sender.record(|out| self.format.render(x, out));
    }
}
