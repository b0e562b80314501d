//! Name resolution and service registries: who turns the names in the configuration into addresses.
//!
//! [`Dns`] answers for the names of nodes. What it finds is kept, refreshed and handed to upstreams by the engine's
//! [`Names`](gateway_engine::upstream::Names).

mod dns;
mod hosts;

pub use self::dns::{Dns, DnsError, DnsSettings, Families};
pub use self::hosts::Hosts;
