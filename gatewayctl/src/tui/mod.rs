//! The terminal UI: what is on the gateway, and what goes through it, as it happens.
//!
//! Three parts, each with a thread: the *state* ([`msg::Msg`] in, `view` and [`msg::Cmd`] out) draws; the *feed*
//! ([`feed`]) talks to the server; the *input* reads the terminal. The state does no I/O, so that a sequence of messages
//! gives the same screens in a test, in a replay and live.

pub(crate) mod feed;
pub(crate) mod msg;
