//! HTTP/2 on the `h2` crate: the two sides of a connection that drive the engine with it. Nothing outside of this crate knows
//! whose codec it is.

mod down;
pub mod fuzz;
mod names;
mod piece;
mod up;

pub use down::serve;
pub use up::H2Connector;
