//! Google Secret Manager, with a service account's key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use gateway_engine::secrets::{FetchError, Request, Secret, member};
use gateway_outbound::http::{Call, Method, Url};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{call, field, json, refusal, wrong};

const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const ENTRIES_URI: &str = "https://secretmanager.googleapis.com/v1";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long before its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(60);

/// Longest file of a service account.
const LONGEST_FILE: u64 = 64 << 10;

/// The access tokens of all accounts in use, each with the object it was got for.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    all: Mutex<HashMap<Arc<str>, Token>>,
}

#[derive(Clone)]
struct Token {
    of: Arc<Value>,
    text: Arc<Zeroizing<String>>,
    until: Instant,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("until", &self.until).finish_non_exhaustive()
    }
}

/// A service account.
struct Account {
    email: String,
    key: Zeroizing<String>,
    project: String,
    token_uri: String,
    scope: String,
    entries_uri: String,
}

impl Tokens {
    /// `NAME` or `NAME/KEY`: the newest version of a secret, or a member of the JSON object in it.
    pub(crate) async fn fetch(&self, request: &Request) -> Result<Secret, FetchError> {
        let verify = request.conf.get("ssl_verify").and_then(Value::as_bool).unwrap_or(true);
        let account = Account::of(&request.conf).await?;
        let (name, key) = request.path.split_once('/').map_or((&*request.path, None), |(name, key)| (name, Some(key)));
        let mut token = self.token(request, &account, verify).await?;
        let mut renewed = false;
        let answer = loop {
            let answer = call("gcp", entry(&account, name, &token)?, verify).await?;
            // Revoked before its time.
            if answer.status != StatusCode::UNAUTHORIZED || std::mem::replace(&mut renewed, true) {
                break answer;
            }
            self.all.lock().remove(&request.manager);
            token = self.token(request, &account, verify).await?;
        };
        let body = json(&answer.body).unwrap_or_default();
        if !answer.status.is_success() {
            let status = body.pointer("/error/status").and_then(Value::as_str);
            return Err(refusal("gcp", &answer, status));
        }
        let data = body.pointer("/payload/data").and_then(Value::as_str).and_then(|data| STANDARD.decode(data).ok());
        let text = data.and_then(|data| String::from_utf8(data).ok()).map(Secret::new);
        let text = text.ok_or_else(|| FetchError::Refused("the secret is no text".to_owned()))?;
        match key {
            Some(key) => member(text.reveal(), key).map_err(|why| FetchError::Refused(format!("the secret: {why}"))),
            None => Ok(text),
        }
    }

    /// An access token for the manager's account.
    async fn token(
        &self,
        request: &Request,
        account: &Account,
        verify: bool,
    ) -> Result<Arc<Zeroizing<String>>, FetchError> {
        if let Some(known) = self.all.lock().get(&request.manager)
            && Arc::ptr_eq(&known.of, &request.conf)
            && known.until > Instant::now()
        {
            return Ok(Arc::clone(&known.text));
        }
        let answer = call("gcp (token)", account.grant()?, verify).await?;
        let body = json(&answer.body).unwrap_or_default();
        if !answer.status.is_success() {
            return Err(refusal("gcp (token)", &answer, field(&body, "error")));
        }
        let text =
            field(&body, "access_token").ok_or_else(|| FetchError::Refused("gcp gave no access token".to_owned()))?;
        let seconds = body.get("expires_in").and_then(Value::as_u64).unwrap_or(0);
        let lasts = Duration::from_secs(seconds.min(86_400)).saturating_sub(MARGIN);
        let text = Arc::new(Zeroizing::new(text.to_owned()));
        let token = Token { of: Arc::clone(&request.conf), text: Arc::clone(&text), until: Instant::now() + lasts };
        self.all.lock().insert(Arc::clone(&request.manager), token);
        Ok(text)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    scope: &'a str,
    iat: u64,
    exp: u64,
}

impl Account {
    async fn of(conf: &Value) -> Result<Account, FetchError> {
        let file = match (conf.get("auth_config"), field(conf, "auth_file")) {
            (Some(conf), _) => return Account::read(conf),
            (None, Some(file)) => file.to_owned(),
            (None, None) => return Err(wrong("it needs auth_config or auth_file")),
        };
        let read = tokio::task::spawn_blocking(move || read(&file)).await;
        let text = read.unwrap_or(None).ok_or_else(|| wrong("auth_file cannot be read"))?;
        let conf = json(&Bytes::from(text)).ok_or_else(|| wrong("auth_file holds no JSON"))?;
        Account::read(&conf)
    }

    fn read(conf: &Value) -> Result<Account, FetchError> {
        let required = |name: &str| {
            let text = field(conf, name).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| wrong(&format!("{name} is required")))
        };
        let or = |name: &str, default: &str| field(conf, name).unwrap_or(default).to_owned();
        let scopes = conf.get("scope").and_then(Value::as_array);
        let scope = scopes.map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
        Ok(Account {
            email: required("client_email")?,
            key: Zeroizing::new(required("private_key")?),
            project: required("project_id")?,
            token_uri: or("token_uri", TOKEN_URI),
            scope: scope.filter(|scope| !scope.is_empty()).unwrap_or_else(|| SCOPE.to_owned()),
            entries_uri: or("entries_uri", ENTRIES_URI),
        })
    }

    /// The call that gives a token for a statement signed with the account's key (RFC 7523).
    fn grant(&self) -> Result<Call, FetchError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let claims = Claims { iss: &self.email, aud: &self.token_uri, scope: &self.scope, iat: now, exp: now + 3600 };
        let key =
            EncodingKey::from_rsa_pem(self.key.as_bytes()).map_err(|_| wrong("private_key is no RSA key in PEM"))?;
        let assertion = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key)
            .map_err(|_| wrong("private_key cannot sign"))?;
        let url = web(&self.token_uri, "token_uri")?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        // Neither holds a character that would have to be encoded, but for the colons.
        let body = format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}");
        Ok(Call { method: Method::POST, url, headers, body: Bytes::from(body) })
    }
}

/// The call for the newest version of a secret.
fn entry(account: &Account, name: &str, token: &str) -> Result<Call, FetchError> {
    if matches!(name, "" | "." | "..") {
        return Err(FetchError::Refused("it names no secret".to_owned()));
    }
    let mut url = web(&account.entries_uri, "entries_uri")?;
    let mut segments = url.path_segments_mut().map_err(|()| wrong("entries_uri is no URL"))?;
    segments.pop_if_empty().extend(["projects", &account.project, "secrets", name, "versions", "latest:access"]);
    drop(segments);
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| FetchError::Refused("gcp gave a token that cannot be sent".to_owned()))?;
    value.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, value);
    Ok(Call { method: Method::GET, url, headers, body: Bytes::new() })
}

fn web(url: &str, field: &str) -> Result<Url, FetchError> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| wrong(&format!("{field} is no URL")))
}

/// A small file; its text is never shown.
fn read(file: &str) -> Option<Vec<u8>> {
    use std::io::Read;
    // A pipe or a device might never end.
    if !std::fs::metadata(file).ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    let file = std::fs::File::open(file).ok()?;
    file.take(LONGEST_FILE).read_to_end(&mut text).ok()?;
    Some(text)
}
