//! Resource types, schemas, validation and merge rules of the gateway; no I/O.
//!
//! The way of an object: [`json::parse`] reads it, [`check::object`] checks it and fills its defaults, and one of the
//! types of [`resource`] is made of what came out. Nothing behind that point looks at JSON again but plugins, whose
//! configurations stay JSON until they are compiled.

pub mod check;
#[doc(hidden)]
pub mod fuzz;
pub mod ids;
pub mod json;
mod kind;
pub mod masks;
pub mod merge;
pub mod nodes;
pub mod patch;
pub mod plugin;
pub mod references;
pub mod resource;
pub mod schema;
pub mod schemas;
pub mod secret;

pub use kind::Kind;
pub use plugin::{NoPlugins, PluginSpec, PluginSpecs, SchemaType};
pub use references::{NoReferences, Owner, References};
pub use resource::{
    Checks, Consumer, ConsumerGroup, Credential, GlobalRule, KeepalivePool, Node, PluginConfig, PluginMetadata, Proto,
    Route, Service, Ssl, StreamRoute, Timeout, Upstream, UpstreamTls,
};
