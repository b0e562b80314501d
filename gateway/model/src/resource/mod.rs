//! The resources as types, made of values that passed [`crate::check::object`]. Fields this version does not know are
//! ignored: a newer gateway may share the store.

mod consumer;
mod fields;
mod resilience;
mod route;
mod ssl;
mod upstream;

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Map, Value};

pub use crate::nodes::Node;
pub use consumer::{Consumer, ConsumerGroup, Credential, GlobalRule, PluginConfig, PluginMetadata, Proto};
pub(crate) use fields::network;
pub use resilience::{Limits, OutlierDetection, Resilience, RetryPolicy};
pub use route::{DownstreamProtocol, Route, Service, StreamProtocol, StreamRoute};
pub use ssl::{ClientVerification, Ssl, SslKind, Stapling, TlsVersion};
pub use upstream::{
    Active, Balance, CheckKind, Checks, HashOn, Healthy, HttpVersion, KeepalivePool, PassHost, Passive, Scheme,
    Thresholds, Unhealthy, Upstream, UpstreamTls,
};

/// Names and values that users put on a resource.
pub type Labels = IndexMap<String, String>;

/// Plugin configurations by the plugin's name, with their defaults.
pub type Plugins = Map<String, Value>;

/// A value that does not have the form its schema promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field {field}: expected {expected}")]
pub struct Malformed {
    /// Dotted path of the field.
    pub field: String,
    /// What should be there.
    pub expected: &'static str,
}

/// How long to wait for an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeout {
    /// For the connection.
    pub connect: Duration,
    /// Between two writes.
    pub send: Duration,
    /// Between two reads.
    pub read: Duration,
}

/// Longest time that is told apart from for ever: a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
