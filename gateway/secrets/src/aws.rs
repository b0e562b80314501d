//! AWS Secrets Manager: `GetSecretValue`, signed with version 4.

use std::time::SystemTime;

use bytes::Bytes;
use gateway_engine::secrets::{FetchError, Request, Secret, member};
use gateway_outbound::http::{Answer, Call, Method, Url};
use gateway_outbound::sigv4::Signer;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{call, field, json as parsed, refusal, wrong};

/// A path holds slashes, and so may a secret's name: where the whole path names no secret, the last part of it is taken for a member of
/// the secret's JSON, then the last two, and so on, for at most so many calls.
const SPLITS: usize = 8;

/// `NAME` or `NAME/KEY`.
pub(crate) async fn fetch(request: &Request) -> Result<Secret, FetchError> {
    let conf = &*request.conf;
    let mut last = FetchError::Refused(NO_SUCH.to_owned());
    for (name, key) in splits(&request.path) {
        match get(conf, name).await? {
            Some(text) => {
                let Some(key) = key else { return Ok(text) };
                return member(text.reveal(), key).map_err(|why| FetchError::Refused(format!("the secret: {why}")));
            }
            None => last = FetchError::Refused(NO_SUCH.to_owned()),
        }
    }
    Err(last)
}

const NO_SUCH: &str = "aws knows no secret of this name";

/// What the path may mean, in the order in which it is tried.
fn splits(path: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let inner = path.rmatch_indices('/').map(|(at, _)| (&path[..at], Some(&path[at + 1..])));
    let all = std::iter::once((path, None)).chain(inner);
    all.filter(|(name, key)| !name.is_empty() && *key != Some("")).take(SPLITS)
}

/// A secret's text; `None`: there is no such secret.
async fn get(conf: &Value, name: &str) -> Result<Option<Secret>, FetchError> {
    let (Some(key_id), Some(secret)) = (field(conf, "access_key_id"), field(conf, "secret_access_key")) else {
        return Err(wrong("access_key_id and secret_access_key are required"));
    };
    let region = field(conf, "region").unwrap_or("us-east-1");
    let url = match field(conf, "endpoint_url") {
        Some(url) => Url::parse(url),
        None => Url::parse(&format!("https://secretsmanager.{region}.amazonaws.com")),
    };
    let url = url.map_err(|_| wrong("endpoint_url or region make no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("endpoint_url is neither http nor https"));
    }
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    let target = HeaderName::from_static("x-amz-target");
    headers.insert(target, HeaderValue::from_static("secretsmanager.GetSecretValue"));
    let body = json!({ "SecretId": name, "VersionStage": "AWSCURRENT" }).to_string();
    let mut request = Call { method: Method::POST, url, headers, body: Bytes::from(body) };
    let session_token = field(conf, "session_token");
    Signer { key_id, secret, session_token, region, service: "secretsmanager" }
        .sign(&mut request, SystemTime::now())
        .map_err(|e| wrong(&e.to_string()))?;
    let answer = call("aws", request, true).await?;
    let body = parsed(&answer.body).unwrap_or_default();
    if answer.status.is_success() {
        return match body.get("SecretString").and_then(Value::as_str) {
            Some(text) => Ok(Some(Secret::new(text.to_owned()))),
            None => Err(FetchError::Refused("the secret is no text".to_owned())),
        };
    }
    match fault(&answer, &body) {
        Some("ResourceNotFoundException") => Ok(None),
        fault @ Some("ThrottlingException" | "InternalServiceError" | "RequestLimitExceeded") => {
            Err(FetchError::Unreachable(format!("aws answered with {}", fault.unwrap_or_default())))
        }
        fault => Err(refusal("aws", &answer, fault)),
    }
}

/// The name of the error, without the namespace before it and the address behind it.
fn fault<'a>(answer: &'a Answer, body: &'a Value) -> Option<&'a str> {
    let named = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let named = named.or_else(|| body.get("__type").and_then(Value::as_str))?;
    let named = named.rsplit_once('#').map_or(named, |(_, name)| name);
    Some(named.split_once(':').map_or(named, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_from_the_right() {
        let all = |path| splits(path).collect::<Vec<_>>();
        assert_eq!(all("name"), [("name", None)]);
        assert_eq!(all("a/b/c"), [("a/b/c", None), ("a/b", Some("c")), ("a", Some("b/c"))]);
        assert_eq!(all("/a"), [("/a", None)]);
        assert_eq!(all("a/"), [("a/", None)]);
        assert_eq!(all(&"a/".repeat(50)).len(), SPLITS);
    }
}
