//! The health of nodes: what is known of it ([`Condition`]), by which rules it changes ([`Rules`]), and which upstreams are checked
//! ([`Checkers`]).
//!
//! Reports come from two sides: from probes, which somebody outside of this crate makes ([`Checkers::news`] tells of what), and
//! from the pipeline, where an upstream has passive checks. Both go to the node's state, which all workers share
//! ([`super::SharedStates`]); pickers look again when its version says so.

mod checker;
mod condition;
mod registry;
mod rules;
#[cfg(test)]
mod tests;

pub use self::checker::{Checker, Checks};
pub use self::condition::{Condition, Fault, Limits, Report, State};
pub use self::registry::{Checkers, Verdict};
pub use self::rules::{Active, Judge, Rules};
