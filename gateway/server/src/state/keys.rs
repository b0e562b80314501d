//! Keys of the store: APISIX's key space, so that both can read one tree.

use gateway_model::Kind;

/// First part of every key.
pub const PREFIX: &str = "/apisix";

/// The key of an object; of a credential the id is `NAME/credentials/ID`, of a GraphQL cost decoration
/// `SERVICE/graphql_cost_decorations/ID`, of a secret `MANAGER/ID`.
pub fn key(kind: Kind, id: &str) -> String {
    format!("{PREFIX}/{}/{id}", kind.directory())
}

/// What a key names; `None` for keys that hold no object (`gen_id`, the markers of directories).
pub fn parse(key: &str) -> Option<(Kind, &str)> {
    let rest = key.strip_prefix(PREFIX)?.strip_prefix('/')?;
    let (directory, id) = rest.split_once('/')?;
    if id.is_empty() {
        return None;
    }
    let kind = Kind::from_plural(directory).filter(|kind| kind.parent().is_none())?;
    let child = kind.children().find(|child| child.split_id(id).is_some());
    Some((child.unwrap_or(kind), id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_what_they_name() {
        for (kind, id, text) in [
            (Kind::Route, "1", "/apisix/routes/1"),
            (Kind::Consumer, "bob", "/apisix/consumers/bob"),
            (Kind::Credential, "bob/credentials/c1", "/apisix/consumers/bob/credentials/c1"),
            (
                Kind::GraphqlCostDecoration,
                "s/graphql_cost_decorations/1",
                "/apisix/services/s/graphql_cost_decorations/1",
            ),
            (Kind::Secret, "vault/1", "/apisix/secrets/vault/1"),
            (Kind::PluginMetadata, "http-logger", "/apisix/plugin_metadata/http-logger"),
        ] {
            assert_eq!(key(kind, id), text);
            assert_eq!(parse(text), Some((kind, id)));
        }
        for nothing in ["/apisix/routes/", "/apisix/gen_id", "/apisix/credentials/x", "/other/routes/1", ""] {
            assert_eq!(parse(nothing), None, "{nothing}");
        }
    }
}
