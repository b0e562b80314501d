//! HashiCorp Vault and OpenBao: the key-value engine, version 1 and 2.

use bytes::Bytes;
use gateway_engine::secrets::{FetchError, Request, Secret, scalar};
use gateway_outbound::http::{Call, Method, Url};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{call, field, json, refusal, wrong};

/// `PATH/KEY`: the member KEY of what lies at PATH, below the manager's `prefix`.
pub(crate) async fn fetch(request: &Request) -> Result<Secret, FetchError> {
    let (path, key) = request
        .path
        .rsplit_once('/')
        .filter(|(path, key)| !path.is_empty() && !key.is_empty())
        .ok_or_else(|| FetchError::Refused("it names no key: $secret://vault/ID/PATH/KEY".to_owned()))?;
    let conf = &*request.conf;
    let url = url(field(conf, "uri").unwrap_or_default(), field(conf, "prefix").unwrap_or_default(), path)?;
    let mut headers = HeaderMap::new();
    for (name, member) in [("x-vault-token", "token"), ("x-vault-namespace", "namespace")] {
        let Some(text) = field(conf, member) else { continue };
        let mut value = HeaderValue::from_str(text).map_err(|_| wrong(&format!("{member} cannot be sent")))?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(name), value);
    }
    let answer = call("vault", Call { method: Method::GET, url, headers, body: Bytes::new() }, true).await?;
    let body = json(&answer.body);
    if !answer.status.is_success() {
        return Err(refusal("vault", &answer, body.as_ref().and_then(complaint)));
    }
    let data = body.as_ref().and_then(|body| body.get("data")).unwrap_or(&Value::Null);
    members(data)
        .and_then(|members| members.get(key))
        .and_then(scalar)
        .ok_or_else(|| FetchError::Refused("vault holds no text under this key there".to_owned()))
}

/// What is stored. Version 2 wraps it: `{"data": {…}, "metadata": {…}}`.
fn members(data: &Value) -> Option<&serde_json::Map<String, Value>> {
    let outer = data.as_object()?;
    match (outer.get("data"), outer.get("metadata")) {
        (Some(inner), Some(Value::Object(metadata))) if outer.len() == 2 && metadata.contains_key("version") => {
            // `null`: this version was deleted.
            inner.as_object()
        }
        _ => Some(outer),
    }
}

/// What Vault says of a refusal.
fn complaint(body: &Value) -> Option<&str> {
    ["errors", "warnings"].iter().find_map(|list| body.get(list)?.get(0)?.as_str())
}

/// `{uri}/v1/{prefix}/{path}`. What is below the prefix stays below it.
fn url(uri: &str, prefix: &str, path: &str) -> Result<Url, FetchError> {
    let mut url = Url::parse(uri).map_err(|_| wrong("uri is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("uri is neither http nor https"));
    }
    if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(FetchError::Refused("a part of its path is empty, `.` or `..`".to_owned()));
    }
    url.set_query(None);
    url.set_fragment(None);
    let mut segments = url.path_segments_mut().map_err(|()| wrong("uri is no URL"))?;
    segments.pop_if_empty().push("v1");
    segments.extend(prefix.split('/').filter(|segment| !segment.is_empty()));
    segments.extend(path.split('/'));
    drop(segments);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_stay_below_the_prefix() {
        let at = |uri: &str, prefix: &str, path: &str| url(uri, prefix, path).map(|url| url.to_string());
        assert_eq!(at("http://v:8200", "kv/apisix", "jack").unwrap(), "http://v:8200/v1/kv/apisix/jack");
        assert_eq!(
            at("https://v/base/", "/secret/data/", "a/b c?d").unwrap(),
            "https://v/base/v1/secret/data/a/b%20c%3Fd"
        );
        for path in ["../sys/seal", "a/../b", "a//b", "./a", ".."] {
            assert!(at("http://v", "kv", path).is_err(), "{path}");
        }
        // An encoded dot segment is no dot segment here: `%` is encoded itself.
        assert_eq!(at("http://v", "kv", "%2e%2e/a").unwrap(), "http://v/v1/kv/%252e%252e/a");
        assert!(at("ftp://v", "kv", "a").is_err() && at("", "kv", "a").is_err());
    }

    #[test]
    fn both_layouts_of_the_key_value_engine() {
        let first = json!({"key": "v", "data": "x"});
        assert_eq!(members(&first).unwrap()["key"], "v");
        let second = json!({"data": {"key": "v"}, "metadata": {"version": 3}});
        assert_eq!(members(&second).unwrap()["key"], "v");
        let deleted = json!({"data": null, "metadata": {"version": 3}});
        assert!(members(&deleted).is_none());
        // Version 1 that looks a little like it.
        let like = json!({"data": {"a": "b"}, "metadata": "m"});
        assert_eq!(members(&like).unwrap()["metadata"], "m");
        assert!(members(&json!([])).is_none());
    }
}
