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
    /// What a field of a service's GraphQL schema costs; its id is `<service>/graphql_cost_decorations/<id>`.
    GraphqlCostDecoration,
}

impl Kind {
    /// Every kind, in the order in which a bundle is applied without dangling references.
    pub const ALL: [Kind; 14] = [
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
        Kind::GraphqlCostDecoration,
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
            Kind::GraphqlCostDecoration => "graphql_cost_decorations",
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
            Kind::GraphqlCostDecoration => "graphql_cost_decoration",
        }
    }

    /// The kind below whose objects those of this one live: the id of a credential is `<consumer>/credentials/<id>`.
    /// With an object all below it go.
    pub const fn parent(self) -> Option<Kind> {
        match self {
            Kind::Credential => Some(Kind::Consumer),
            Kind::GraphqlCostDecoration => Some(Kind::Service),
            _ => None,
        }
    }

    /// The kinds that live below objects of this one.
    pub fn children(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| kind.parent() == Some(self))
    }

    /// The first step of the keys of its objects in the store.
    pub fn directory(self) -> &'static str {
        self.parent().unwrap_or(self).plural()
    }

    /// The object that an id's owner lives below, and its own short id: `bob` and `c1` of `bob/credentials/c1`. `None` for
    /// kinds without a parent, and for ids of another form.
    pub fn split_id(self, id: &str) -> Option<(&str, &str)> {
        self.parent()?;
        let (parent, rest) = id.split_once('/')?;
        Some((parent, rest.strip_prefix(self.plural())?.strip_prefix('/')?))
    }

    /// How ids of this kind below `parent` begin: `bob/credentials/`.
    pub fn below(self, parent: &str) -> String {
        format!("{parent}/{}/", self.plural())
    }

    /// What messages call it: `global rule`.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::ConsumerGroup => "consumer group",
            Kind::GlobalRule => "global rule",
            Kind::PluginConfig => "plugin config",
            Kind::StreamRoute => "stream route",
            Kind::GraphqlCostDecoration => "graphql cost decoration",
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
        assert_eq!(Kind::Credential.split_id("bob/credentials/c1"), Some(("bob", "c1")));
        assert_eq!(Kind::Credential.split_id("bob/credentials"), None);
        assert_eq!(Kind::Route.split_id("a/routes/b"), None);
        assert_eq!(Kind::Service.children().collect::<Vec<_>>(), [Kind::GraphqlCostDecoration]);
        assert_eq!(Kind::GraphqlCostDecoration.below("s"), "s/graphql_cost_decorations/");
        assert_eq!(Kind::GraphqlCostDecoration.directory(), "services");
        assert_eq!(Kind::GlobalRule.to_string(), "global rule");
    }
}
