//! The resources of the Admin API: how they are called, where they live, how they are addressed and which columns a
//! table of them has. Everything that differs between resources is in this one table.

pub(crate) mod nested;

use gateway_model::Kind;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::output::columns::{self, Column};
use crate::suggest;
pub(crate) use nested::{label, label_of_path};

/// One kind of object that the Admin API keeps.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The plural as people type it, `global-rules`.
    pub(crate) name: &'static str,
    /// The singular as it is printed, `global-rule`.
    pub(crate) singular: &'static str,
    /// Other words for it.
    pub(crate) aliases: &'static [&'static str],
    /// What the gateway calls it.
    pub(crate) kind: Kind,
    /// What its ids look like.
    pub(crate) id: IdForm,
    /// Objects of a lower rank are created first: what is referred to comes before what refers to it.
    pub(crate) rank: u8,
    /// The columns of its table.
    pub(crate) columns: &'static [Column],
}

/// How an object is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdForm {
    /// `id`.
    Plain,
    /// The consumer's `username`.
    Username,
    /// `CONSUMER/ID`.
    Credential,
    /// `MANAGER/ID`.
    Secret,
    /// The plugin's name.
    Plugin,
    /// `SERVICE/ID`.
    Cost,
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Resource {
    /// The segment below `/apisix/admin`, which is also the key of the native file shape, `global_rules`.
    pub(crate) fn path(&self) -> &'static str {
        self.kind.plural()
    }

    /// The singular with its article: `a route`, `an upstream`.
    pub(crate) fn one(&self) -> String {
        let article = if matches!(self.kind, Kind::Upstream | Kind::Ssl) { "an" } else { "a" };
        format!("{article} {}", self.singular)
    }

    /// The name of its schema at `/schema/…`.
    pub(crate) fn schema(&self) -> &'static str {
        self.kind.singular()
    }

    /// The path of the list of its objects, of those below one of another resource where they live there.
    pub(crate) fn list_path(&self, parent: Option<&str>) -> String {
        match (self.id.nested(), parent) {
            (Some(nested), Some(parent)) => nested.list_path(parent),
            _ => format!("/{}", self.path()),
        }
    }

    /// Below whose objects its own live.
    pub(crate) fn parent(&self) -> Option<&'static Resource> {
        self.id.nested()?.above()
    }

    /// Whether the server merges into its objects.
    pub(crate) fn has_patch(&self) -> bool {
        !matches!(self.kind, Kind::Consumer | Kind::Credential | Kind::PluginMetadata | Kind::StreamRoute | Kind::Proto)
    }

    /// Whether the server makes ids for its objects.
    pub(crate) fn has_post(&self) -> bool {
        matches!(
            self.kind,
            Kind::Route
                | Kind::Service
                | Kind::Upstream
                | Kind::Ssl
                | Kind::StreamRoute
                | Kind::Proto
                | Kind::GraphqlCostDecoration
        )
    }

    /// Whether a word, in any case and with `-` or `_`, names this resource.
    fn is_called(&self, word: &str) -> bool {
        self.name == word || self.singular == word || self.aliases.contains(&word)
    }
}

/// One object: a resource and its id (`bob/c1` for a credential, `vault/1` for a secret).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    pub(crate) resource: &'static Resource,
    pub(crate) id: String,
}

impl Reference {
    /// Refuses ids that the Admin API could not have stored, so that an id never changes the path it is put into.
    pub(crate) fn new(resource: &'static Resource, id: &str) -> Result<Reference> {
        let parts: Vec<&str> = id.split('/').collect();
        let wanted = match resource.id {
            IdForm::Credential | IdForm::Secret | IdForm::Cost => 2,
            _ => 1,
        };
        let plain = |part: &&str| {
            !part.is_empty()
                && *part != "."
                && *part != ".."
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        if parts.len() == wanted && parts.iter().all(plain) {
            return Ok(Reference { resource, id: id.to_owned() });
        }
        let form = match resource.id {
            IdForm::Credential => "CONSUMER/ID (or give --consumer)",
            IdForm::Secret => "MANAGER/ID, like vault/1",
            IdForm::Cost => "SERVICE/ID (or give --service)",
            _ => "letters, digits, '-', '_' and '.'",
        };
        Err(Error::usage(format!("\"{id}\" is no id of {}: expected {form}", resource.one())))
    }

    /// The path below `/apisix/admin`, in segments that need no escaping.
    pub(crate) fn path(&self) -> String {
        match (self.resource.id.nested(), self.id.split_once('/')) {
            (Some(nested), Some((parent, id))) => format!("{}/{id}", nested.list_path(parent)),
            _ => format!("/{}/{}", self.resource.path(), self.id),
        }
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.resource.singular, self.id)
    }
}

/// One stored object as the Admin API answered it.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) reference: Reference,
    pub(crate) value: Value,
    /// What stood beside the value: key and revisions.
    beside: Map<String, Value>,
}

impl Item {
    /// Reads one entry of a list, or the answer to a GET of one object. `None` when it is not an object of this
    /// resource (a directory marker of an old store).
    pub(crate) fn from_envelope(resource: &'static Resource, envelope: Value) -> Option<Item> {
        let Value::Object(mut beside) = envelope else { return None };
        let value = beside.shift_remove("value").filter(Value::is_object)?;
        let key = beside.get("key").and_then(Value::as_str).unwrap_or_default();
        let told = id_of_key(resource, key);
        // A server that knows nothing below a service answers with the service.
        let id =
            told.or_else(|| id_of_value(resource, &value).filter(|_| key.is_empty() || !resource.id.is_nested()))?;
        Some(Item { reference: Reference { resource, id }, value, beside })
    }

    /// The answer of the server, with key and revisions.
    pub(crate) fn envelope(&self) -> Value {
        let mut envelope = self.beside.clone();
        envelope.insert("value".to_owned(), self.value.clone());
        Value::Object(envelope)
    }

    /// The revision of the last change.
    pub(crate) fn revision(&self) -> Option<u64> {
        self.beside.get("modifiedIndex").and_then(Value::as_u64)
    }
}

/// The id in a store key, whatever the store's prefix is: what follows `/routes/`.
pub(crate) fn id_of_key(resource: &Resource, key: &str) -> Option<String> {
    if let Some(nested) = resource.id.nested() {
        return nested.id_of_key(key);
    }
    let (_, id) = key.split_once(&format!("/{}/", resource.path()))?;
    (!id.is_empty()).then(|| id.to_owned())
}

/// The id that an object carries itself; a number counts as the text it is stored under.
pub(crate) fn id_of_value(resource: &Resource, value: &Value) -> Option<String> {
    let field = if resource.id == IdForm::Username { "username" } else { "id" };
    match value.get(field)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The object of a kind of the gateway's own model; `None` for an id that nothing can be stored under.
pub(crate) fn of_kind(kind: Kind, id: &str) -> Option<Reference> {
    Reference::new(every().find(|resource| resource.kind == kind)?, id).ok()
}

/// The resource a word stands for.
///
/// # Errors
/// Usage, with the nearest name as a hint.
pub(crate) fn find(word: &str) -> Result<&'static Resource> {
    let normal = word.to_ascii_lowercase().replace('_', "-");
    if let Some(resource) = every().find(|resource| resource.is_called(&normal)) {
        return Ok(resource);
    }
    let names = every().map(|resource| resource.name).chain(["all"]);
    let error = Error::usage(format!("unknown resource \"{word}\""));
    Err(match suggest::hint(&normal, names.clone()) {
        Some(hint) => error.hint(hint),
        None => error.hint(format!("resources are {}", names.collect::<Vec<_>>().join(", "))),
    })
}

/// Reads `RESOURCE ID…`, `RESOURCE/ID…`, `routes,services` and `all` into resources and ids.
///
/// # Errors
/// Usage: an unknown resource, an impossible id, ids beside several resources.
pub(crate) fn targets(words: &[String], parent: Option<&str>) -> Result<Vec<Target>> {
    let Some((first, rest)) = words.split_first() else {
        return Err(Error::usage("which resource?").hint("gatewayctl get routes"));
    };
    if first.contains('/') {
        return words.iter().map(|word| one_target(word, parent)).collect();
    }
    let mut resources = Vec::new();
    for word in first.split(',') {
        if word.eq_ignore_ascii_case("all") {
            resources.extend(&ALL);
        } else {
            resources.push(find(word)?);
        }
    }
    let [resource] = resources.as_slice() else {
        if rest.is_empty() {
            return resources.into_iter().map(|resource| all_of(resource, parent)).collect();
        }
        return Err(Error::usage("ids go with one resource, not with several"));
    };
    if rest.is_empty() {
        return Ok(vec![all_of(resource, parent)?]);
    }
    rest.iter().map(|id| Ok(Target::One(with_parent(resource, id, parent)?))).collect()
}

/// What a command is asked to act on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// Every object of a resource; of those that live below others those of one, such as a consumer, or of all.
    All(&'static Resource, Option<String>),
    /// One object.
    One(Reference),
}

impl Target {
    /// The resource of what is meant.
    pub(crate) fn resource(&self) -> &'static Resource {
        match self {
            Target::All(resource, _) => resource,
            Target::One(reference) => reference.resource,
        }
    }
}

fn one_target(word: &str, parent: Option<&str>) -> Result<Target> {
    match word.split_once('/') {
        Some((resource, id)) => Ok(Target::One(with_parent(find(resource)?, id, parent)?)),
        None => Err(Error::usage(format!("\"{word}\" is not of the form RESOURCE/ID"))
            .hint("either RESOURCE ID... or RESOURCE/ID..., not both at once")),
    }
}

fn with_parent(resource: &'static Resource, id: &str, parent: Option<&str>) -> Result<Reference> {
    match parent {
        Some(parent) if resource.id.is_nested() && !id.contains('/') => {
            Reference::new(resource, &format!("{parent}/{id}"))
        }
        _ => Reference::new(resource, id),
    }
}

fn all_of(resource: &'static Resource, parent: Option<&str>) -> Result<Target> {
    if !resource.id.is_nested() {
        return Ok(Target::All(resource, None));
    }
    if let Some(parent) = parent {
        // The name goes into a path: the same check as for an id.
        Reference::new(resource, &format!("{parent}/x"))?;
    }
    Ok(Target::All(resource, parent.map(str::to_owned)))
}

/// Every resource there is.
pub(crate) fn every() -> impl Iterator<Item = &'static Resource> + Clone {
    ALL.iter().chain([&COSTS])
}

/// What fields of a service's GraphQL schema cost. No part of `all`.
static COSTS: Resource = Resource {
    name: "graphql-cost-decorations",
    singular: "graphql-cost-decoration",
    aliases: &["gqlcost"],
    kind: Kind::GraphqlCostDecoration,
    id: IdForm::Cost,
    rank: 6,
    columns: columns::COSTS,
};

/// Every resource of `all`, in the order in which `get all` shows them.
pub(crate) static ALL: [Resource; 13] = [
    Resource {
        name: "routes",
        singular: "route",
        aliases: &["r"],
        kind: Kind::Route,
        id: IdForm::Plain,
        rank: 9,
        columns: columns::ROUTES,
    },
    Resource {
        name: "services",
        singular: "service",
        aliases: &["svc"],
        kind: Kind::Service,
        id: IdForm::Plain,
        rank: 5,
        columns: columns::SERVICES,
    },
    Resource {
        name: "upstreams",
        singular: "upstream",
        aliases: &["up"],
        kind: Kind::Upstream,
        id: IdForm::Plain,
        rank: 3,
        columns: columns::UPSTREAMS,
    },
    Resource {
        name: "consumers",
        singular: "consumer",
        aliases: &["c"],
        kind: Kind::Consumer,
        id: IdForm::Username,
        rank: 7,
        columns: columns::CONSUMERS,
    },
    Resource {
        name: "credentials",
        singular: "credential",
        aliases: &["cred"],
        kind: Kind::Credential,
        id: IdForm::Credential,
        rank: 8,
        columns: columns::CREDENTIALS,
    },
    Resource {
        name: "consumer-groups",
        singular: "consumer-group",
        aliases: &["cg"],
        kind: Kind::ConsumerGroup,
        id: IdForm::Plain,
        rank: 4,
        columns: columns::PLUGIN_HOLDERS,
    },
    Resource {
        name: "ssls",
        singular: "ssl",
        aliases: &["cert-object"],
        kind: Kind::Ssl,
        id: IdForm::Plain,
        rank: 2,
        columns: columns::SSLS,
    },
    Resource {
        name: "global-rules",
        singular: "global-rule",
        aliases: &["gr"],
        kind: Kind::GlobalRule,
        id: IdForm::Plain,
        rank: 6,
        columns: columns::PLUGIN_HOLDERS,
    },
    Resource {
        name: "plugin-configs",
        singular: "plugin-config",
        aliases: &["pc"],
        kind: Kind::PluginConfig,
        id: IdForm::Plain,
        rank: 4,
        columns: columns::PLUGIN_HOLDERS,
    },
    Resource {
        name: "plugin-metadata",
        singular: "plugin-metadata",
        aliases: &["pm"],
        kind: Kind::PluginMetadata,
        id: IdForm::Plugin,
        rank: 2,
        columns: columns::PLUGIN_METADATA,
    },
    Resource {
        name: "stream-routes",
        singular: "stream-route",
        aliases: &["sr"],
        kind: Kind::StreamRoute,
        id: IdForm::Plain,
        rank: 10,
        columns: columns::STREAM_ROUTES,
    },
    Resource {
        name: "protos",
        singular: "proto",
        aliases: &[],
        kind: Kind::Proto,
        id: IdForm::Plain,
        rank: 1,
        columns: columns::PROTOS,
    },
    Resource {
        name: "secrets",
        singular: "secret",
        aliases: &[],
        kind: Kind::Secret,
        id: IdForm::Secret,
        rank: 0,
        columns: columns::SECRETS,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn every_spelling_finds_its_resource() {
        for (word, name) in [
            ("routes", "routes"),
            ("route", "routes"),
            ("r", "routes"),
            ("Routes", "routes"),
            ("svc", "services"),
            ("consumer_groups", "consumer-groups"),
            ("consumer-group", "consumer-groups"),
            ("cg", "consumer-groups"),
            ("gr", "global-rules"),
            ("pm", "plugin-metadata"),
            ("cert-object", "ssls"),
        ] {
            assert_eq!(find(word).unwrap().name, name, "{word}");
        }
        let error = find("rotues").unwrap_err().to_json();
        assert_eq!(error["error"]["message"], "unknown resource \"rotues\"");
        assert_eq!(error["error"]["hints"][0], "did you mean \"routes\"?");
    }

    #[test]
    fn every_kind_of_the_gateway_is_here_once() {
        for kind in Kind::ALL {
            assert_eq!(every().filter(|resource| resource.kind == kind).count(), 1, "{kind:?}");
        }
    }

    #[test]
    fn no_word_names_two_resources() {
        let mut seen = std::collections::HashMap::new();
        for resource in every() {
            for word in [resource.name, resource.singular].iter().chain(resource.aliases) {
                let first = *seen.entry(*word).or_insert(resource.name);
                assert_eq!(first, resource.name, "{word}");
            }
        }
    }

    #[test]
    fn targets_in_all_forms() {
        let paths = |text: &str, consumer| -> Vec<String> {
            targets(&words(text), consumer)
                .unwrap()
                .into_iter()
                .map(|target| match target {
                    Target::One(reference) => reference.path(),
                    Target::All(resource, None) => format!("/{}", resource.path()),
                    Target::All(resource, parent) => resource.list_path(parent.as_deref()),
                })
                .collect()
        };
        assert_eq!(paths("routes", None), ["/routes"]);
        assert_eq!(paths("routes,services", None), ["/routes", "/services"]);
        assert_eq!(paths("all", None).len(), ALL.len());
        assert_eq!(paths("credentials", None), ["/credentials"]);
        assert_eq!(paths("route a b", None), ["/routes/a", "/routes/b"]);
        assert_eq!(paths("route/a service/b", None), ["/routes/a", "/services/b"]);
        assert_eq!(paths("credentials", Some("bob")), ["/consumers/bob/credentials"]);
        assert_eq!(paths("credential c1", Some("bob")), ["/consumers/bob/credentials/c1"]);
        assert_eq!(paths("credential/bob/c1", None), ["/consumers/bob/credentials/c1"]);
        assert_eq!(paths("secret vault/1", None), ["/secrets/vault/1"]);
        assert_eq!(paths("gqlcost", Some("s1")), ["/services/s1/graphql_cost_decorations"]);
        assert_eq!(paths("gqlcost a", Some("s1")), ["/services/s1/graphql_cost_decorations/a"]);
        assert_eq!(paths("gqlcost/s1/a", None), ["/services/s1/graphql_cost_decorations/a"]);
        assert_eq!(paths("consumer bob", None), ["/consumers/bob"]);
    }

    #[test]
    fn impossible_targets_are_usage_errors() {
        for (text, message) in [
            ("routes,services a", "ids go with one resource, not with several"),
            ("route/a b", "\"b\" is not of the form RESOURCE/ID"),
            ("route ..", "\"..\" is no id of a route: expected letters, digits, '-', '_' and '.'"),
            ("upstream a/b", "\"a/b\" is no id of an upstream: expected letters, digits, '-', '_' and '.'"),
            ("route a/b", "\"a/b\" is no id of a route: expected letters, digits, '-', '_' and '.'"),
            ("route a?x=1", "\"a?x=1\" is no id of a route: expected letters, digits, '-', '_' and '.'"),
            ("secret 1", "\"1\" is no id of a secret: expected MANAGER/ID, like vault/1"),
        ] {
            assert_eq!(targets(&words(text), None).unwrap_err().message(), message, "{text}");
        }
    }

    #[test]
    fn ids_come_from_keys_under_any_prefix() {
        for (resource, key, id) in [
            ("routes", "/apisix/routes/1", Some("1")),
            ("routes", "/routes/1", Some("1")),
            ("secrets", "/gw/secrets/vault/1", Some("vault/1")),
            ("credentials", "/apisix/consumers/bob/credentials/c1", Some("bob/c1")),
            ("credentials", "/apisix/consumers/bob", None),
            ("gqlcost", "/apisix/services/s1/graphql_cost_decorations/a", Some("s1/a")),
            ("routes", "/apisix/routes/", None),
        ] {
            assert_eq!(id_of_key(find(resource).unwrap(), key).as_deref(), id, "{key}");
        }
    }
}
