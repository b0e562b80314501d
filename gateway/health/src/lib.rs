//! Active health checks: a thread that asks the nodes of all checked upstreams how they are, each in its turn.
//!
//! What is made of the answers is the engine's ([`gateway_engine::upstream::health`]); here is when a node is asked
//! ([`schedule`]), how ([`probe`]), and the thread that does both ([`Prober`]).

pub mod probe;
mod prober;
pub mod schedule;

pub use self::prober::{Bounds, Prober};
