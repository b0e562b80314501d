//! What the tasks of the feed have in common: they tell about one source each, and report to the hub what looks like the end of
//! the link.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::connection::Connection;
use super::events::Changes;
use super::outbox::Outbox;
use super::told;
use crate::error::{Error, Kind};
use crate::tui::msg::{Failure, Msg, Source};

/// The first wait after something failed, and the longest.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(10);

/// What tasks tell the hub.
pub(super) enum Note {
    /// The server may be gone; whoever tells it waits to hear that it is not. `since`: when something came of it last, where
    /// that is known.
    Doubt { generation: u64, since: Option<Instant>, fine: oneshot::Sender<()> },
    /// The key is not taken.
    Refused { generation: u64, error: Error },
    /// What the server says to `GET live`.
    Probed { generation: u64, result: Result<Option<Value>, Error> },
    /// A call has come to its end; whether it may have changed something.
    Called { changes: bool },
    /// Another gateway may be in the place of the one before.
    Another,
    /// Objects of a resource have changed.
    Changed { resource: String },
}

/// What a task has.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) connection: Rc<Connection>,
    pub(super) out: Rc<Outbox>,
    pub(super) notes: mpsc::UnboundedSender<Note>,
    pub(super) changes: Rc<Changes>,
    /// The answer of `GET live`; null where there is none.
    pub(super) abilities: Rc<Value>,
    /// Counts the times that everything was begun.
    pub(super) generation: u64,
}

impl Context {
    /// Asks the hub to look whether the server is there, of which something came last at `since`. Returns if it is; else the
    /// task ends here.
    pub(super) async fn doubt(&self, since: Option<Instant>) {
        let (fine, heard) = oneshot::channel();
        let _ = self.notes.send(Note::Doubt { generation: self.generation, since, fine });
        if heard.await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Looks at what failed: returns if it is worth going on, after it was told where nothing else tells it.
    pub(super) async fn failed(&self, error: Error, teller: &mut Teller) {
        self.failed_since(None, error, teller).await;
    }

    /// The same of what something came of last at `since`.
    pub(super) async fn failed_since(&self, since: Option<Instant>, error: Error, teller: &mut Teller) {
        if error.status() == Some(401) {
            let _ = self.notes.send(Note::Refused { generation: self.generation, error });
            return std::future::pending().await;
        }
        // What tells nonsense may be another server by now.
        if matches!(error.kind(), Kind::Unreachable | Kind::Server) {
            self.doubt(since).await;
        }
        teller.failure(&Failure::of(&error));
    }

    pub(super) fn teller(&self, source: Source) -> Teller {
        Teller { out: Rc::clone(&self.out), source, failed: None }
    }
}

/// Tells about one source, and the same failure once.
pub(super) struct Teller {
    out: Rc<Outbox>,
    source: Source,
    failed: Option<Failure>,
}

impl Teller {
    /// A document of which only the newest is of interest.
    pub(super) fn newest(&mut self, value: Value) {
        self.failed = None;
        self.out.newest(told::now(self.source, value));
    }

    /// What has to arrive, in order.
    pub(super) fn ordered(&mut self, value: Value) {
        self.failed = None;
        self.out.ordered(Msg::Told(told::now(self.source, value)));
    }

    /// A row of many.
    pub(super) fn row(&mut self, value: Value) {
        self.failed = None;
        self.out.row(told::now(self.source, value));
    }

    /// Rows that the server has left out.
    pub(super) fn missed(&self, rows: u64) {
        self.out.missed(self.source, rows);
    }

    /// Tells what failed, unless that is what was told last.
    pub(super) fn failure(&mut self, failure: &Failure) {
        if self.failed.as_ref() != Some(failure) {
            self.out.ordered(Msg::Told(told::now(self.source, failure.value())));
            self.failed = Some(failure.clone());
        }
    }
}

/// The wait after so many failures in a row: twice as long each time, and each time somewhat different, so that many clients do not
/// come back at once.
pub(super) fn back_off(failures: u32) -> Duration {
    let doubled = SHORTEST.saturating_mul(1 << failures.saturating_sub(1).min(10));
    doubled.min(LONGEST).mul_f64(0.75 + fastrand::f64() / 4.0)
}

/// An answer of another form than it should have.
pub(super) fn undefined(what: &str, form: &str) -> Error {
    Error::new(Kind::Server, format!("GET {what}: the answer is no {form}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let bounds = [(0.375, 0.5), (0.75, 1.0), (1.5, 2.0), (3.0, 4.0), (6.0, 8.0), (7.5, 10.0), (7.5, 10.0)];
        for (failures, (least, most)) in (1..).zip(bounds) {
            let wait = back_off(failures).as_secs_f64();
            assert!((least..=most).contains(&wait), "{failures}: {wait}");
        }
        assert!(back_off(u32::MAX) <= LONGEST);
    }
}
