//! Name resolution and service registries: who turns the names in the configuration into addresses.
//!
//! [`Dns`] answers for the names of nodes. What it finds is kept, refreshed and handed to upstreams by the engine's
//! [`Names`](gateway_engine::upstream::Names).
//!
//! A service registry is a [`Source`]; [`Kept`] makes of it what the engine's
//! [`Services`](gateway_engine::upstream::Services) follow: it keeps the last list on disk, lets weights of providers that have
//! just started grow, and does not believe a registry that has lost its memory.

mod board;
mod dns;
mod dubbo;
mod hosts;
mod kept;
mod memory;
mod nacos;
mod secret;
mod source;
mod status;
mod zookeeper;

pub use self::dns::{Dns, DnsError, DnsSettings, Families};
pub use self::hosts::Hosts;
pub use self::kept::Kept;
pub use self::memory::Memory;
pub use self::nacos::{Nacos, NacosHost, NacosSettings};
pub use self::secret::Secret;
pub use self::source::{Describing, Found, Instance, Ramp, Source, SourceError, Watching};
pub use self::status::Status;
pub use self::zookeeper::{ZooKeeper, ZooKeeperSettings};
