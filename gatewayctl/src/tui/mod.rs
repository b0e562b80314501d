//! The terminal UI: what is on the gateway, and what goes through it, as it happens.
//!
//! Three parts, each with a thread: the *state* ([`msg::Msg`] in, [`view`] and [`msg::Cmd`] out) draws; the *feed*
//! ([`feed`]) talks to the server; the *input* reads the terminal. The state does no I/O, so that a sequence of messages
//! gives the same screens in a test, in a replay and live.
//!
//! [`app`] is the state and [`app::update`] what messages do to it; [`data`] is what is known of the gateway; [`screens`]
//! are the screens, a file each, which are made of [`widgets`]; [`action`] and [`keys`] say what can be done and by which
//! key, [`theme`] what things look like.

pub(crate) mod action;
pub(crate) mod app;
pub(crate) mod data;
mod dialogs;
pub(crate) mod feed;
mod find;
pub(crate) mod keys;
pub(crate) mod msg;
mod rescue;
pub(crate) mod run;
pub(crate) mod screens;
mod terminal;
pub(crate) mod theme;
pub(crate) mod view;
mod widgets;
mod wish;

#[cfg(test)]
mod tests;
