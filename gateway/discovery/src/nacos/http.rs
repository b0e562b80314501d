//! Nacos' open API over HTTP: logging in, and what a server without gRPC is asked.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use gateway_outbound::http::{self, Answer, Call, HeaderMap, HeaderValue, Method, Settings, StatusCode, Url};
use serde_json::Value as Json;

use super::client::{Key, Login, Value};
use super::instance::Listed;
use super::{NacosHost, NacosSettings};
use crate::SourceError;

/// Most bytes of an answer.
pub(super) const LARGEST: usize = 8 << 20;

/// How long a login lasts that does not say.
const TTL: u64 = 18_000;

/// Logs in, where the host says who does; tried where Nacos 1 and 2 have it, and where Nacos 3 has.
pub(super) async fn login(settings: &NacosSettings, host: &NacosHost) -> Result<Option<Login>, SourceError> {
    let Some((user, password)) = &host.login else { return Ok(None) };
    let mut last = SourceError::Absent;
    for path in [
        format!("{}auth/login", settings.prefix),
        "/nacos/v1/auth/users/login".into(),
        "/nacos/v3/auth/user/login".into(),
    ] {
        let form = [("username", user.reveal()), ("password", password.reveal())];
        match call(settings, host, Method::POST, &path, &[], &form).await {
            Ok(answer) if answer.status == StatusCode::OK => {
                let json: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
                // Some answers have it one level down.
                let json = json.get("data").filter(|data| data.is_object()).unwrap_or(&json);
                let ttl = json.get("tokenTtl").and_then(Json::as_u64).unwrap_or(TTL).clamp(10, 30 * 86_400);
                match json.get("accessToken").and_then(Json::as_str) {
                    Some(token) => return Ok(Some(Login::new(token, Duration::from_secs(ttl)))),
                    None => last = SourceError::Malformed("a login without a token".to_owned()),
                }
            }
            Ok(answer) => last = SourceError::Refused(format!("the login, with {}", answer.status)),
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Whether the server answers at all.
pub(super) async fn alive(
    settings: &NacosSettings,
    host: &NacosHost,
    login: Option<&Login>,
) -> Result<(), SourceError> {
    let query = token(login);
    let path = format!("{}ns/operator/metrics", settings.prefix);
    // Whatever it says of its health: it is there.
    call(settings, host, Method::GET, &path, &query, &[]).await.map(drop)
}

/// Asks one thing.
pub(super) async fn ask(
    settings: &NacosSettings,
    host: &NacosHost,
    login: Option<&Login>,
    key: &Key,
) -> Result<Value, SourceError> {
    let mut query = token(login);
    let mut add = |name: &'static str, value: &str| {
        if !value.is_empty() {
            query.push((name, value.to_owned()));
        }
    };
    let path = match key {
        Key::Service { namespace, group, name } => {
            add("healthyOnly", "true");
            add("serviceName", name);
            add("namespaceId", namespace);
            add("groupName", group);
            for (name, value) in signature(settings, group, name) {
                add(name, &value);
            }
            "ns/instance/list"
        }
        Key::Config { namespace, group, id } => {
            add("dataId", id);
            add("group", group);
            add("tenant", namespace);
            "cs/configs"
        }
        Key::List { namespace, group } => {
            add("pageNo", "1");
            add("pageSize", "10000");
            add("namespaceId", namespace);
            add("groupName", group);
            "ns/service/list"
        }
    };
    let answer = call(settings, host, Method::GET, &format!("{}{path}", settings.prefix), &query, &[]).await?;
    match (answer.status, key) {
        (StatusCode::NOT_FOUND, Key::Config { .. }) => return Ok(Value::Config(None)),
        (StatusCode::OK, _) => {}
        (status, _) => return Err(SourceError::Refused(format!("{path}, with {status}"))),
    }
    if let Key::Config { .. } = key {
        let text = std::str::from_utf8(&answer.body).map_err(|error| SourceError::Malformed(error.to_string()))?;
        return Ok(Value::Config(Some(text.into())));
    }
    let json: Json = serde_json::from_slice(&answer.body).map_err(|error| SourceError::Malformed(error.to_string()))?;
    match key {
        Key::List { .. } => Ok(Value::List(names(json.get("doms")))),
        // An answer without a list is none: it must not look like an empty one.
        _ if !json.get("hosts").is_some_and(Json::is_array) => {
            Err(SourceError::Malformed("a service without a list of instances".to_owned()))
        }
        _ => Ok(Value::Service(Listed::parse(&json))),
    }
}

/// The texts of a list.
pub(super) fn names(list: Option<&Json>) -> std::sync::Arc<[Box<str>]> {
    list.and_then(Json::as_array).into_iter().flatten().filter_map(|name| Some(name.as_str()?.into())).collect()
}

fn token(login: Option<&Login>) -> Vec<(&'static str, String)> {
    login.map(|login| ("accessToken", login.token.reveal().to_owned())).into_iter().collect()
}

/// What signs a request about a service; nothing where there is no key.
pub(super) fn signature(settings: &NacosSettings, group: &str, service: &str) -> Vec<(&'static str, String)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let Some((access, secret)) = &settings.keys else { return Vec::new() };
    let data = format!("{now}@@{group}@@{service}");
    vec![("ak", access.reveal().to_owned()), ("signature", signed(secret.reveal(), &data)), ("data", data)]
}

fn signed(secret: &str, data: &str) -> String {
    // What Nacos asks for; it keeps a request from being changed, no more.
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, data.as_bytes()))
}

async fn call(
    settings: &NacosSettings,
    host: &NacosHost,
    method: Method,
    path: &str,
    query: &[(&str, String)],
    form: &[(&str, &str)],
) -> Result<Answer, SourceError> {
    let mut url = Url::parse(&host.shown()).map_err(|error| SourceError::Malformed(error.to_string()))?;
    url.set_path(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    let (mut headers, mut body) = (HeaderMap::new(), Bytes::new());
    if !form.is_empty() {
        // The query of a URL has the form that forms have.
        let mut filled = url.clone();
        filled.query_pairs_mut().clear().extend_pairs(form);
        body = Bytes::copy_from_slice(filled.query().unwrap_or_default().as_bytes());
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(http::header::CONTENT_TYPE, kind);
    }
    let settings = Settings {
        verify: settings.verify,
        timeout: settings.connect_timeout + settings.read_timeout,
        ..Settings::default()
    };
    http::call(&settings, Call { method, url, headers, body }, LARGEST).await.map_err(|error| match error {
        http::CallError::TooLong(bytes) => SourceError::TooMuch(format!("an answer of more than {bytes} bytes")),
        http::CallError::Failed(_) | http::CallError::Timeout(_) => SourceError::Lost,
        other => SourceError::Refused(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures() {
        // echo -n '1@@g@@s' | openssl dgst -sha1 -hmac secret -binary | base64
        assert_eq!(signed("secret", "1@@g@@s"), "pqay3OQ0omgtDINDVN9Xpi8XEKk=");
    }
}
