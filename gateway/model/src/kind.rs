//! The kinds of resources and the names each goes by.

use std::fmt;

/// What a stored object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Maps requests to an upstream and plugins.
    Route,
    /// What several routes share.
    Service,
    /// A set of nodes with a balancer.
    Upstream,
    /// A caller with its credentials and plugins.
    Consumer,
    /// One more credential of a consumer; its id is `<consumer>/credentials/<id>`.
    Credential,
    /// Plugins that several consumers share.
    ConsumerGroup,
    /// Plugins that run for every request.
    GlobalRule,
    /// Plugins that several routes share.
    PluginConfig,
    /// Settings of a plugin for the whole gateway; its id is the plugin's name.
    PluginMetadata,
    /// A certificate with its key.
    Ssl,
    /// A protobuf definition.
    Proto,
    /// A secret manager; its id is `<manager>/<id>`.
    Secret,
    /// Maps connections to an upstream.
    StreamRoute,
}

impl Kind {
    /// Every kind, in the order in which a bundle is applied without dangling references.
    pub const ALL: [Kind; 13] = [
        Kind::Secret,
        Kind::Ssl,
        Kind::Proto,
        Kind::PluginMetadata,
        Kind::GlobalRule,
        Kind::Upstream,
        Kind::Service,
        Kind::PluginConfig,
        Kind::ConsumerGroup,
        Kind::Consumer,
        Kind::Credential,
        Kind::Route,
        Kind::StreamRoute,
    ];

    /// The word in URLs and bundles, and the directory in the store: `routes`.
    /// Credentials live below their consumer, in `consumers/<name>/credentials`.
    pub const fn plural(self) -> &'static str {
        match self {
            Kind::Route => "routes",
            Kind::Service => "services",
            Kind::Upstream => "upstreams",
            Kind::Consumer => "consumers",
            Kind::Credential => "credentials",
            Kind::ConsumerGroup => "consumer_groups",
            Kind::GlobalRule => "global_rules",
            Kind::PluginConfig => "plugin_configs",
            Kind::PluginMetadata => "plugin_metadata",
            Kind::Ssl => "ssls",
            Kind::Proto => "protos",
            Kind::Secret => "secrets",
            Kind::StreamRoute => "stream_routes",
        }
    }

    /// The name of its schema: `route`, `global_rule`.
    pub const fn singular(self) -> &'static str {
        match self {
            Kind::Route => "route",
            Kind::Service => "service",
            Kind::Upstream => "upstream",
            Kind::Consumer => "consumer",
            Kind::Credential => "credential",
            Kind::ConsumerGroup => "consumer_group",
            Kind::GlobalRule => "global_rule",
            Kind::PluginConfig => "plugin_config",
            Kind::PluginMetadata => "plugin_metadata",
            Kind::Ssl => "ssl",
            Kind::Proto => "proto",
            Kind::Secret => "secret",
            Kind::StreamRoute => "stream_route",
        }
    }

    /// What messages call it: `global rule`.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::ConsumerGroup => "consumer group",
            Kind::GlobalRule => "global rule",
            Kind::PluginConfig => "plugin config",
            Kind::StreamRoute => "stream route",
            other => other.singular(),
        }
    }

    /// The kind behind a word of a URL, `None` if there is none of that name.
    pub fn from_plural(plural: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.plural() == plural)
    }

    /// The kind of a schema's name, `None` if there is none of that name.
    pub fn from_singular(singular: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.singular() == singular)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_the_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_plural(kind.plural()), Some(kind));
            assert_eq!(Kind::from_singular(kind.singular()), Some(kind));
        }
        assert_eq!(Kind::from_plural("routs"), None);
        assert_eq!(Kind::GlobalRule.to_string(), "global rule");
    }
}
