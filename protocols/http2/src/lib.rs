//! HTTP/2 (RFC 9113): the two sides of a connection that drive the engine with it.
//!
//! One state machine of frames, windows and streams ([`core`], [`read`]) serves both sides; what a side adds is what it does with
//! a field block. A connection is a task of its own: it hands frames to the streams, and what their exchanges have to say
//! gathers until it runs again and leaves in one write.

mod bounds;
mod core;
mod down;
mod frame;
pub mod fuzz;
mod guard;
mod hpack;
mod line;
mod messages;
mod names;
mod read;
mod send;
mod streams;
mod up;

pub use down::serve;
pub use up::H2Connector;

/// Digits only, below 2^63.
pub(crate) fn length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let n: u64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    i64::try_from(n).is_ok().then_some(n)
}
