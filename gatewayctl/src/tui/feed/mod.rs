//! The side of the terminal UI that talks to the server: a thread with a runtime of its own, so that no answer, however
//! large, holds a frame up. It is told what to do by [`Ask`]s and answers with messages.

use super::msg::{Arguments, Call, Source, Ticket};

/// What the feed is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// Ask the server once.
    Call(Ticket, Call),
    /// Tell about a source until told otherwise.
    Watch(Source, Arguments),
    /// No longer tell about a source.
    Unwatch(Source),
    /// Read a source once more, now.
    Refresh(Source),
    /// Use another key.
    Key(String),
}
