//! The `gateway` binary as a library of rooms, so that tests can enter each of them: configuration, command line, data
//! directory, logs and signals here; listeners, Admin API and boot beside them.

// A refusal is made once a refused request of the control plane: its size does not matter.
#[allow(clippy::result_large_err)]
pub mod admin;
mod background;
pub mod boot;
pub mod cli;
pub mod config;
pub mod control_api;
mod control_http;
pub mod data_dir;
pub mod demo;
mod discovery;
mod health;
pub mod logging;
mod masks;
pub mod metrics;
pub mod signals;
mod standalone;
pub mod state;
pub mod status;
pub mod workers;
