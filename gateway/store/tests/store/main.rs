//! The embedded store from outside: what it does, and what no crash, damage or full disk makes it do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A scene that cannot be set is a failed test.

mod behaviour;
mod damage;
mod full;
mod kill;
mod model;
mod power_loss;
mod sim;

use gateway_store::Options;

/// The copy is tended by the test and the clock stands still, so that a seed is a scene.
fn options() -> Options {
    Options { tended: false, cache_bytes: 256 << 10, clock: || 1_000_000 }
}
