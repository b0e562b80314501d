//! Keys of the store: APISIX's key space, so that both can read one tree.

use gateway_model::Kind;

/// First part of every key.
pub const PREFIX: &str = "/apisix";

/// The key of an object; of a credential the id is `NAME/credentials/ID`, of a secret `MANAGER/ID`.
pub fn key(kind: Kind, id: &str) -> String {
    format!("{PREFIX}/{}/{id}", directory(kind))
}

/// The first part of the keys of a kind.
pub fn directory(kind: Kind) -> &'static str {
    if kind == Kind::Credential { Kind::Consumer.plural() } else { kind.plural() }
}

/// What a key names; `None` for keys that hold no object (`gen_id`, the markers of directories).
pub fn parse(key: &str) -> Option<(Kind, &str)> {
    let rest = key.strip_prefix(PREFIX)?.strip_prefix('/')?;
    let (directory, id) = rest.split_once('/')?;
    if id.is_empty() {
        return None;
    }
    match Kind::from_plural(directory)? {
        Kind::Consumer if id.contains("/credentials/") => Some((Kind::Credential, id)),
        kind => Some((kind, id)),
    }
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
            (Kind::Secret, "vault/1", "/apisix/secrets/vault/1"),
            (Kind::PluginMetadata, "http-logger", "/apisix/plugin_metadata/http-logger"),
        ] {
            assert_eq!(key(kind, id), text);
            assert_eq!(parse(text), Some((kind, id)));
        }
        for nothing in ["/apisix/routes/", "/apisix/gen_id", "/other/routes/1", ""] {
            assert_eq!(parse(nothing), None, "{nothing}");
        }
    }
}
