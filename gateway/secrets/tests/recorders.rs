//! AWS and Google are not at hand: recorders stand in their place, which recompute every signature by themselves and refuse wrong
//! ones. Vault's recorder shows what the real one cannot be made to do; the real one is asked by `tests/peers/run`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gateway_engine::secrets::{Fetch, FetchError, Request};
use gateway_secrets::Managers;
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Debug, Clone)]
struct Seen {
    method: String,
    target: String,
    fields: HashMap<String, String>,
    body: String,
}

type Answers = Arc<dyn Fn(&Seen) -> (u16, Value) + Send + Sync>;

/// A server that gives what `answers` says; its address, and what it has seen.
async fn recorder(answers: Answers) -> (String, Arc<Mutex<Vec<Seen>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&answers), Arc::clone(&all)));
        }
    });
    (address, seen)
}

async fn serve(mut stream: TcpStream, answers: Answers, all: Arc<Mutex<Vec<Seen>>>) {
    let mut read = Vec::new();
    loop {
        let head = loop {
            if let Some(at) = read.windows(4).position(|w| w == b"\r\n\r\n") {
                break at;
            }
            if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let text = String::from_utf8(read[..head].to_vec()).unwrap();
        let mut lines = text.lines();
        let mut first = lines.next().unwrap().split(' ');
        let fields: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = fields.get("content-length").map_or(0, |n| n.parse().unwrap());
        while read.len() < head + 4 + length {
            if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let seen = Seen {
            method: first.next().unwrap().to_owned(),
            target: first.next().unwrap().to_owned(),
            body: String::from_utf8(read[head + 4..head + 4 + length].to_vec()).unwrap(),
            fields,
        };
        read.drain(..head + 4 + length);
        all.lock().unwrap().push(seen.clone());
        let (status, body) = answers(&seen);
        let body = body.to_string();
        let answer = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn ask(managers: &Managers, manager: &str, conf: &Arc<Value>, path: &str) -> Result<String, FetchError> {
    let request = Request { manager: manager.into(), conf: Arc::clone(conf), path: path.into() };
    managers.fetch(&request).await.map(|secret| secret.reveal().to_owned())
}

fn refused(answer: Result<String, FetchError>) -> String {
    match answer {
        Err(FetchError::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

fn unreachable(answer: Result<String, FetchError>) -> String {
    match answer {
        Err(FetchError::Unreachable(why)) => why,
        other => panic!("not unreachable: {other:?}"),
    }
}

// ---- Vault ----

#[tokio::test]
async fn vault_recorder_both_layouts_and_what_is_sent() {
    let (uri, seen) = recorder(Arc::new(|seen: &Seen| match seen.target.as_str() {
        "/v1/kv/apisix/jack" => (200, json!({"data": {"auth-key": "one", "port": 80, "deep": {"a": 1}}})),
        "/v1/secret/data/a/b" => (200, json!({"data": {"data": {"auth-key": "two"}, "metadata": {"version": 1}}})),
        "/v1/kv/apisix/sealed" => (503, json!({"errors": ["Vault is sealed"]})),
        "/v1/kv/apisix/junk" => (200, json!("junk")),
        "/v1/kv/apisix/away" => (302, json!({})),
        _ => (404, json!({"errors": []})),
    }))
    .await;
    let managers = Managers::default();
    let first = Arc::new(json!({"uri": uri, "prefix": "kv/apisix", "token": "t-1", "namespace": "n-1"}));
    let get = |path: &'static str| ask(&managers, "vault/1", &first, path);
    assert_eq!(get("jack/auth-key").await.unwrap(), "one");
    assert_eq!(get("jack/port").await.unwrap(), "80");
    let fields = seen.lock().unwrap()[0].fields.clone();
    assert_eq!((&*fields["x-vault-token"], &*fields["x-vault-namespace"]), ("t-1", "n-1"));
    let second = Arc::new(json!({"uri": uri, "prefix": "secret/data", "token": "t"}));
    assert_eq!(ask(&managers, "vault/2", &second, "a/b/auth-key").await.unwrap(), "two");
    assert!(refused(get("jack/none").await).contains("under this key"));
    assert!(refused(get("jack/deep").await).contains("under this key"));
    assert!(refused(get("nobody/key").await).contains("404"));
    assert!(refused(get("junk/key").await).contains("under this key"));
    assert!(refused(get("away/key").await).contains("302"), "no redirect is followed");
    assert!(refused(get("jack").await).contains("names no key"));
    assert!(unreachable(get("sealed/key").await).contains("Vault is sealed"));
    let paths = seen.lock().unwrap().len();
    assert!(refused(get("../../sys/raw/key").await).contains(".."));
    assert_eq!(seen.lock().unwrap().len(), paths, "nothing was asked");
    let nobody = Arc::new(json!({"uri": "http://127.0.0.1:1", "prefix": "kv", "token": "hunter2"}));
    let why = unreachable(ask(&managers, "vault/3", &nobody, "a/b").await);
    assert!(!why.contains("hunter2"), "{why}");
    assert!(refused(ask(&managers, "other/1", &first, "a").await).contains("other"));
}

// ---- AWS ----

const KEY_ID: &str = "AKIDEXAMPLE";
const AWS_SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the signature of a received request has to be, from nothing but what was received.
fn wanted(seen: &Seen, secret: &str) -> Option<(String, String)> {
    let field = seen.fields.get("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let parts: HashMap<&str, &str> = field.split(", ").filter_map(|part| part.split_once('=')).collect();
    let (key_id, scope) = parts.get("Credential")?.split_once('/')?;
    let time = seen.fields.get("x-amz-date")?;
    if key_id != KEY_ID || scope != format!("{}/eu-west-3/secretsmanager/aws4_request", &time[..8]) {
        return None;
    }
    let names: Vec<&str> = parts.get("SignedHeaders")?.split(';').collect();
    for must in ["host", "x-amz-date", "x-amz-target", "content-type"] {
        names.iter().find(|name| **name == must)?;
    }
    let mut canonical = format!("{}\n{}\n\n", seen.method, seen.target);
    for name in &names {
        canonical.push_str(&format!("{name}:{}\n", seen.fields.get(*name)?));
    }
    let hash = |text: &str| hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    canonical.push_str(&format!("\n{}\n{}", names.join(";"), hash(&seen.body)));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hash(&canonical));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/').chain([text.as_str()]) {
        key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
    }
    Some((hex(&key), (*parts.get("Signature")?).to_owned()))
}

fn aws(seen: &Seen) -> (u16, Value) {
    let signed = wanted(seen, AWS_SECRET).is_some_and(|(wanted, given)| wanted == given);
    if !signed || seen.fields.get("x-amz-target").map(String::as_str) != Some("secretsmanager.GetSecretValue") {
        return (400, json!({"__type": "com.amazon#InvalidSignatureException", "message": "no"}));
    }
    let asked: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(asked["VersionStage"], "AWSCURRENT");
    match asked["SecretId"].as_str().unwrap() {
        "plain" => (200, json!({"SecretString": "a text"})),
        "team/app" => (200, json!({"SecretString": r#"{"key": "inner", "n": 5, "x/y": "deep"}"#})),
        "binary" => (200, json!({"SecretBinary": "AA=="})),
        "busy" => (400, json!({"__type": "ThrottlingException"})),
        "mine" if seen.fields.get("x-amz-security-token").map(String::as_str) == Some("session") => {
            (200, json!({"SecretString": "temporary"}))
        }
        "denied" => (400, json!({"__type": "AccessDeniedException"})),
        _ => (400, json!({"__type": "ResourceNotFoundException"})),
    }
}

#[tokio::test]
async fn aws_recorder_takes_our_signatures_and_splits_names_from_the_right() {
    let (url, seen) = recorder(Arc::new(aws)).await;
    let managers = Managers::default();
    let conf =
        json!({"access_key_id": KEY_ID, "secret_access_key": AWS_SECRET, "region": "eu-west-3", "endpoint_url": url});
    let conf = Arc::new(conf);
    let get = |path: &'static str| ask(&managers, "aws/1", &conf, path);
    assert_eq!(get("plain").await.unwrap(), "a text");
    assert_eq!(get("team/app/key").await.unwrap(), "inner");
    assert_eq!(get("team/app/n").await.unwrap(), "5");
    assert_eq!(get("team/app/x/y").await.unwrap(), "deep");
    assert!(get("team/app").await.unwrap().starts_with('{'), "without a key the whole text");
    assert!(refused(get("team/app/none").await).contains("no member"));
    assert!(refused(get("nobody/at/all").await).contains("no secret of this name"));
    assert!(refused(get("binary").await).contains("no text"));
    assert!(refused(get("denied").await).contains("AccessDeniedException"));
    assert!(unreachable(get("busy").await).contains("ThrottlingException"));
    assert!(refused(get("mine").await).contains("no secret"));
    let mut temporary = (*conf).clone();
    temporary["session_token"] = json!("session");
    assert_eq!(ask(&managers, "aws/1", &Arc::new(temporary), "mine").await.unwrap(), "temporary");
    assert!(seen.lock().unwrap().iter().all(|seen| seen.method == "POST" && seen.target == "/"));
}

#[tokio::test]
async fn aws_recorder_refuses_a_wrong_key() {
    let (url, _) = recorder(Arc::new(aws)).await;
    let managers = Managers::default();
    let conf =
        json!({"access_key_id": KEY_ID, "secret_access_key": "another", "region": "eu-west-3", "endpoint_url": url});
    let why = refused(ask(&managers, "aws/1", &Arc::new(conf), "plain").await);
    assert!(why.contains("InvalidSignatureException") && !why.contains("another"), "{why}");
    let elsewhere =
        json!({"access_key_id": KEY_ID, "secret_access_key": AWS_SECRET, "region": "us-east-1", "endpoint_url": url});
    let why = refused(ask(&managers, "aws/1", &Arc::new(elsewhere), "plain").await);
    assert!(why.contains("InvalidSignatureException"), "{why}");
}

// ---- Google ----

struct Account {
    pem: String,
    public: Vec<u8>,
}

fn account() -> Account {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    Account { pem, public: pair.public_key().as_ref().to_vec() }
}

/// The claims of a statement, if it is signed with the account's key.
fn claims(assertion: &str, public: &[u8]) -> Option<Value> {
    let (signed, signature) = assertion.rsplit_once('.')?;
    let (head, claims) = signed.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(signed.as_bytes(), &signature).ok()?;
    let part = |text: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok() };
    (part(head)?["alg"] == "RS256").then(|| part(claims))?
}

/// Gives tokens for `lasts` seconds; the first is revoked after its first use.
fn google(public: Vec<u8>, lasts: u64) -> Answers {
    let given = Mutex::new(0_u32);
    Arc::new(move |seen: &Seen| {
        if seen.target == "/token" {
            let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
            let assertion = seen.body.strip_prefix(grant).unwrap();
            let Some(claims) = claims(assertion, &public) else { return (400, json!({"error": "invalid_grant"})) };
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            let issued = claims["iat"].as_u64().unwrap();
            assert!(now.abs_diff(issued) < 60 && claims["exp"].as_u64().unwrap() - issued <= 3600, "{claims}");
            assert_eq!((&claims["iss"], &claims["scope"]), (&json!("robot@p.test"), &json!("s1 s2")));
            assert!(claims["aud"].as_str().unwrap().ends_with("/token"));
            let mut given = given.lock().unwrap();
            *given += 1;
            return (
                200,
                json!({"access_token": format!("token-{given}"), "expires_in": lasts, "token_type": "Bearer"}),
            );
        }
        let newest = format!("Bearer token-{}", given.lock().unwrap());
        if seen.fields.get("authorization") != Some(&newest) {
            return (401, json!({"error": {"status": "UNAUTHENTICATED"}}));
        }
        let payload = |text: &str| (200, json!({"payload": {"data": STANDARD.encode(text)}}));
        match seen.target.as_str() {
            "/v1/projects/p-1/secrets/jack/versions/latest:access" => payload("a text"),
            "/v1/projects/p-1/secrets/json/versions/latest:access" => payload(r#"{"key": "inner", "a/b": "deep"}"#),
            "/v1/projects/p-1/secrets/busy/versions/latest:access" => {
                (503, json!({"error": {"status": "UNAVAILABLE"}}))
            }
            _ => (404, json!({"error": {"status": "NOT_FOUND"}})),
        }
    })
}

fn conf(url: &str, pem: &str) -> Value {
    json!({"client_email": "robot@p.test", "private_key": pem, "project_id": "p-1", "scope": ["s1", "s2"],
        "token_uri": format!("{url}/token"), "entries_uri": format!("{url}/v1")})
}

#[tokio::test]
async fn gcp_recorder_takes_our_statements_and_tokens_are_kept() {
    let account = account();
    let (url, seen) = recorder(google(account.public, 3600)).await;
    let managers = Managers::default();
    let inline = Arc::new(json!({"auth_config": conf(&url, &account.pem)}));
    let get = |path: &'static str| ask(&managers, "gcp/1", &inline, path);
    assert_eq!(get("jack").await.unwrap(), "a text");
    assert_eq!(get("json/key").await.unwrap(), "inner");
    assert_eq!(get("json/a/b").await.unwrap(), "deep");
    assert!(refused(get("json/none").await).contains("no member"));
    assert!(refused(get("jack/key").await).contains("no JSON object"));
    assert!(refused(get("nobody").await).contains("NOT_FOUND"));
    assert!(unreachable(get("busy").await).contains("UNAVAILABLE"));
    let tokens = || seen.lock().unwrap().iter().filter(|seen| seen.target == "/token").count();
    assert_eq!(tokens(), 1);
    // The same account out of a file, under another manager: a token of its own, which ends that of the other.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), conf(&url, &account.pem).to_string()).unwrap();
    let by_file = Arc::new(json!({"auth_file": file.path()}));
    assert_eq!(ask(&managers, "gcp/2", &by_file, "jack").await.unwrap(), "a text");
    assert_eq!(tokens(), 2);
    assert_eq!(get("jack").await.unwrap(), "a text", "a token that was refused is got anew");
    assert_eq!(tokens(), 3);
    let nobody = Arc::new(json!({"auth_file": "/nowhere/at/all"}));
    assert!(refused(ask(&managers, "gcp/3", &nobody, "jack").await).contains("auth_file cannot be read"));
}

#[tokio::test]
async fn gcp_recorder_tokens_that_end_soon_are_not_kept() {
    let account = account();
    let (url, seen) = recorder(google(account.public, 60)).await;
    let managers = Managers::default();
    let conf = Arc::new(json!({"auth_config": conf(&url, &account.pem)}));
    for _ in 0..2 {
        assert_eq!(ask(&managers, "gcp/1", &conf, "jack").await.unwrap(), "a text");
    }
    assert_eq!(seen.lock().unwrap().iter().filter(|seen| seen.target == "/token").count(), 2);
}

#[tokio::test]
async fn gcp_recorder_refuses_a_wrong_key() {
    let (url, _) = recorder(google(account().public, 3600)).await;
    let managers = Managers::default();
    let other = Arc::new(json!({"auth_config": conf(&url, &account().pem)}));
    let answer = tokio::time::timeout(Duration::from_secs(60), ask(&managers, "gcp/1", &other, "jack")).await.unwrap();
    assert!(refused(answer).contains("invalid_grant"));
    let junk = Arc::new(json!({"auth_config": conf(&url, "hunter2")}));
    let why = refused(ask(&managers, "gcp/1", &junk, "jack").await);
    assert!(why.contains("private_key") && !why.contains("hunter2"), "{why}");
}
