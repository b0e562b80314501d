//! WebSocket (RFC 6455) between the two sides of an exchange, once the upstream has agreed to it: the same over HTTP/1.1 and on
//! an HTTP/2 stream. Bytes are passed on as they come; only the heads of frames are looked at, to know where one ends.

mod carry;
mod ear;
mod frames;
pub mod fuzz;
mod way;

pub use carry::WebSockets;
pub use frames::{Frames, Head, Side, Violation, opcode};
