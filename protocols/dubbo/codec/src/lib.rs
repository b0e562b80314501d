//! Dubbo2 on slices of bytes: [`frame`]s, their bodies in hessian2 and (as far as routing goes) fastjson2.
//!
//! Nothing here waits, and nothing knows classes. A call is routed by reading a few short strings at its body's beginning in
//! place; what stands behind them is walked over when somebody asks, decoded into a tree only when somebody must know it, and
//! otherwise passed on as it came.

pub mod answer;
pub mod attachments;
pub mod descriptor;
pub mod detect;
mod error;
pub mod event;
pub mod fastjson2;
pub mod frame;
#[doc(hidden)]
pub mod fuzz;
pub mod generic;
pub mod hessian;
pub mod invocation;
pub mod json;
pub mod outcome;
pub mod result;
pub mod rewrite;
pub mod triple;
pub mod unserved;

pub use error::{Error, Fault};
