//! Dubbo2: the two sides of a connection that drive the engine with it. What frames and bodies are made of is the codec's
//! (`gateway-dubbo-codec`).
//!
//! A call is an exchange like any other: `POST /<interface>/<method>`, its attachments as fields, its body the bytes that came.
//! A connection is a task of its own that reads frames and writes what its calls have to say, once a turn.

mod call;
mod down;
#[doc(hidden)]
pub mod fuzz;
mod input;
mod line;
mod refusal;
mod status;
mod triple;
mod up;

pub use down::serve;
pub use triple::{Triple, TripleConnector};
pub use up::DubboConnector;
