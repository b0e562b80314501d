//! HTTP to the gateway's control listeners: one client, time-outs, retries of what can be repeated, and `-v`. Keys and
//! secrets are masked before anything is shown.

mod answer;
mod standing;

use std::cell::{OnceCell, RefCell};
use std::io::Read;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::context::{Key, Settings, Tls, is_loopback};
use crate::error::{Error, Kind, Result};
use crate::output::{Out, mask};
use crate::stream::Rows;
pub(crate) use answer::Answer;
use standing::Standing;

/// The header that carries the admin key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Talks to one gateway.
pub(crate) struct Client<'a> {
    settings: &'a Settings,
    out: &'a Out,
    stdin: &'a RefCell<Box<dyn Read + Send>>,
    /// Built with the first request, so that a command that makes none pays for none.
    http: OnceCell<reqwest::Client>,
    key: OnceCell<Option<Key>>,
    software: RefCell<Software>,
    standing: Standing,
    /// The longest body of an answer, in bytes.
    most: usize,
}

/// What the Admin API last said of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Software {
    /// `APISIX/3.11.0`.
    pub(crate) server: Option<String>,
    /// The version of the gateway itself.
    pub(crate) version: Option<String>,
}

/// The longest body that is taken; what is longer is no configuration.
const MOST: usize = 1 << 30;

/// Why a body did not come whole.
enum Broken {
    Transfer(reqwest::Error),
    TooLong,
}

/// What is sent.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<Vec<u8>>,
    /// The Admin API gets the key and the extra headers, other listeners do not.
    pub(crate) admin: bool,
    /// Only if the object still has this revision; 0: only if there is none.
    pub(crate) if_match: Option<u64>,
    /// Longest wait for the answer, where it is not the usual one.
    pub(crate) patience: Option<Duration>,
}

/// What came of [`Client::open`].
pub(crate) enum Opened {
    /// The lines, as they come.
    Rows(Rows),
    /// An answer that is no success.
    Refused(Answer),
}

/// As long as somebody reads.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl<'a> Client<'a> {
    pub(crate) fn new(settings: &'a Settings, out: &'a Out, stdin: &'a RefCell<Box<dyn Read + Send>>) -> Client<'a> {
        Client {
            settings,
            out,
            stdin,
            http: OnceCell::new(),
            key: OnceCell::new(),
            software: RefCell::default(),
            standing: Standing::default(),
            most: MOST,
        }
    }

    /// What the Admin API last said of itself.
    pub(crate) fn software(&self) -> Software {
        self.software.borrow().clone()
    }

    fn note_software(&self, request: &Request, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if request.admin {
            *self.software.borrow_mut() = Software { server: text("server"), version: text("x-gateway-version") };
        }
    }

    /// One that uses connections and a key that are there.
    pub(crate) fn sharing(
        settings: &'a Settings,
        out: &'a Out,
        stdin: &'a RefCell<Box<dyn Read + Send>>,
        http: reqwest::Client,
        key: Option<Key>,
    ) -> Client<'a> {
        let (http, key) = (OnceCell::from(http), OnceCell::from(key));
        let (software, standing) = (RefCell::default(), Standing::default());
        Client { settings, out, stdin, http, key, software, standing, most: MOST }
    }

    /// The same, for answers of so many bytes at most.
    pub(crate) fn at_most(self, most: usize) -> Client<'a> {
        Client { most, ..self }
    }

    /// Sends a request and reads the whole answer, whatever its status. What can be repeated is, after a failed
    /// connection and after 502, 503 and 504.
    ///
    /// # Errors
    /// Unreachable; usage when the key or the TLS files cannot be read.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer> {
        let repeatable = matches!(request.method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE);
        let retries = if repeatable { self.settings.retries } else { 0 };
        let mut wait = Duration::from_millis(100);
        for attempt in 0..=retries {
            let answer = self.admitted(&request).await;
            let again = match &answer {
                Ok(answer) => matches!(answer.status, 502..=504),
                Err(failure) => failure.connect,
            };
            if attempt < retries && again {
                // Up to half as much again, so that many clients do not come back at once.
                tokio::time::sleep(wait.mul_f64(1.0 + fastrand::f64() / 2.0)).await;
                wait = wait.saturating_mul(2);
                continue;
            }
            return match answer {
                Ok(answer) => Ok(Answer { retried: attempt > 0, ..answer }),
                Err(failure) if failure.connect => Err(failure.error),
                Err(failure) => Err(unknown(failure.error, &request)),
            };
        }
        // The last attempt returns.
        Err(Error::new(Kind::Unreachable, "no answer"))
    }

    /// Asks, unless the server has just said that it does not let this client in. Before the first answer there is one
    /// question at a time: a server counts wrong keys, and many of them lock the address out.
    async fn admitted(&self, request: &Request) -> std::result::Result<Answer, Failure> {
        if !request.admin {
            return self.try_once(request).await;
        }
        let _turn = self.standing.turn().await;
        if let Some(said) = self.standing.refusal(request) {
            return Ok(said);
        }
        let answer = self.try_once(request).await;
        self.standing.note(answer.as_ref().ok());
        answer
    }

    async fn try_once(&self, request: &Request) -> std::result::Result<Answer, Failure> {
        let (path, host) = (shown_path(&request.url), shown_host(&request.url));
        let outgoing = self.outgoing(request, &path)?;
        let start = Instant::now();
        let failed = |error: &reqwest::Error| {
            self.out.trace(1, &format!("{} {path} failed {}ms", request.method, start.elapsed().as_millis()));
            self.failure(error, &host)
        };
        let response = self.http().await?.execute(outgoing).await.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        self.note_software(request, &headers);
        let body = match self.body(response).await {
            Ok(body) => body,
            Err(Broken::Transfer(error)) => return Err(failed(&error)),
            Err(Broken::TooLong) => {
                let most = self.most >> 20;
                let error = Error::new(Kind::Server, format!("{host} answers with more than {most} MiB"));
                return Err(error.into());
            }
        };
        let took = start.elapsed().as_millis();
        self.out.trace(1, &format!("{} {path} {status} {took}ms", request.method));
        self.trace_part("<", &headers, Some(&body));
        Ok(Answer { status, headers, body, retried: false, method: request.method.to_string(), path })
    }

    /// Begins a request whose answer is read line by line as it comes, in the form that `accept` names. The time-out holds
    /// for the beginning of the answer alone.
    ///
    /// # Errors
    /// As [`Client::send`], which an answer that is no success is like.
    pub(crate) async fn open(&self, request: &Request, accept: &'static str) -> Result<Opened> {
        if let Some(said) = self.standing.refusal(request).filter(|_| request.admin) {
            return Ok(Opened::Refused(said));
        }
        let (path, host) = (shown_path(&request.url), shown_host(&request.url));
        let mut outgoing = self.outgoing(request, &path)?;
        outgoing.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        *outgoing.timeout_mut() = Some(FOR_EVER);
        let start = Instant::now();
        let sent = self.http().await?.execute(outgoing);
        let sent = match self.settings.timeout {
            Some(limit) => tokio::time::timeout(limit, sent).await.map_err(|_| {
                Error::new(Kind::Unreachable, format!("{host} did not answer within {limit:?}"))
                    .hint("--timeout 30s waits longer")
            })?,
            None => sent.await,
        };
        let response = sent.map_err(|error| self.failure(&error, &host).error)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        self.note_software(request, &headers);
        self.out.trace(1, &format!("{} {path} {status} {}ms", request.method, start.elapsed().as_millis()));
        self.trace_part("<", &headers, None);
        let method = request.method.to_string();
        if response.status().is_success() {
            return Ok(Opened::Rows(Rows::new(response, format!("{method} {path}"))));
        }
        let body = match self.body(response).await {
            Ok(body) => body,
            Err(Broken::Transfer(error)) => return Err(self.failure(&error, &host).error),
            Err(Broken::TooLong) => Vec::new(),
        };
        let answer = Answer { status, headers, body, retried: false, method, path };
        if request.admin {
            self.standing.note(Some(&answer));
        }
        Ok(Opened::Refused(answer))
    }

    /// The body, as long as it is no longer than it may be.
    async fn body(&self, mut response: reqwest::Response) -> std::result::Result<Vec<u8>, Broken> {
        // What is promised is room to begin with, and no more: a promise costs a server nothing.
        let promised = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut body = Vec::with_capacity(promised.min(16 << 20));
        while let Some(piece) = response.chunk().await.map_err(Broken::Transfer)? {
            if piece.len() > self.most.saturating_sub(body.len()) {
                return Err(Broken::TooLong);
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn outgoing(&self, request: &Request, path: &str) -> Result<reqwest::Request> {
        let mut outgoing = reqwest::Request::new(request.method.clone(), request.url.clone());
        let headers = self.headers(request)?;
        self.trace_request(request, path, &headers);
        *outgoing.headers_mut() = headers;
        *outgoing.body_mut() = request.body.clone().map(Into::into);
        if request.patience.is_some() {
            *outgoing.timeout_mut() = request.patience;
        }
        if let Some(name) = &self.settings.tls.server_name
            && request.admin
        {
            // The address was bound to this name when the client was built.
            let _ = outgoing.url_mut().set_host(Some(name));
        }
        Ok(outgoing)
    }

    fn headers(&self, request: &Request) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        if request.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if !request.admin {
            return Ok(headers);
        }
        match request.if_match {
            Some(0) => drop(headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"))),
            Some(revision) => {
                if let Ok(value) = HeaderValue::from_str(&format!("\"{revision}\"")) {
                    headers.insert(IF_MATCH, value);
                }
            }
            None => {}
        }
        if let Some(key) = self.key()? {
            let mut value = HeaderValue::from_str(key.secret())
                .map_err(|_| Error::usage("the admin key holds characters that a header cannot carry"))?;
            value.set_sensitive(true);
            headers.insert(API_KEY, value);
        }
        for (name, value) in &self.settings.headers {
            headers.append(name.clone(), value.clone());
        }
        if self.settings.tls.server_name.is_some()
            && let Ok(host) = HeaderValue::from_str(&shown_host(&request.url))
        {
            headers.insert(HOST, host);
        }
        Ok(headers)
    }

    /// Whether a key was found and sent.
    pub(crate) fn has_key(&self) -> bool {
        self.key.get().is_some_and(Option::is_some)
    }

    fn key(&self) -> Result<Option<&Key>> {
        if let Some(key) = self.key.get() {
            return Ok(key.as_ref());
        }
        let key = self.settings.key.read(&mut **self.stdin.borrow_mut(), self.settings.patience)?;
        Ok(self.key.get_or_init(|| key).as_ref())
    }

    async fn http(&self) -> Result<&reqwest::Client> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = build(self.settings).await?;
        Ok(self.http.get_or_init(|| client))
    }

    fn failure(&self, error: &reqwest::Error, host: &str) -> Failure {
        let cause = root_cause(error);
        let (message, hint) = if error.is_timeout() {
            let limit = self.settings.timeout.unwrap_or_default();
            (format!("{host} did not answer within {limit:?}"), Some("--timeout 30s waits longer".to_owned()))
        } else if cause.contains(NO_TLS) {
            (format!("{host} does not speak TLS"), Some(format!("http://{host}?")))
        } else if is_untrusted(&cause) {
            let hint = match cause.contains("not valid for name") {
                true => "--tls-server-name NAME says which name it has",
                false => "--ca FILE trusts another authority, --insecure-skip-verify anybody",
            };
            (format!("cannot connect to {host}: {cause}"), Some(hint.to_owned()))
        } else if error.is_connect() {
            let hint = self.settings.is_local().then(|| "is the gateway running? `gateway` starts one".to_owned());
            (
                format!("cannot connect to {host}: {cause}"),
                hint.or_else(|| Some("--server or --context says where".into())),
            )
        } else if cause.contains("HTTP version") || cause.contains("HTTP status") || cause.contains("HTTP header") {
            (format!("what answers at {host} does not speak HTTP: {cause}"), Some("is --server right?".to_owned()))
        } else {
            (format!("the connection to {host} failed: {cause}"), None)
        };
        let error_kind = Error::new(Kind::Unreachable, message).hints(hint);
        Failure { error: error_kind, connect: error.is_connect() }
    }

    fn trace_request(&self, request: &Request, path: &str, headers: &HeaderMap) {
        self.out.trace(2, &format!("> {} {path}", request.method));
        self.trace_part(">", headers, request.body.as_deref());
    }

    fn trace_part(&self, direction: &str, headers: &HeaderMap, body: Option<&[u8]>) {
        if self.out.verbose() >= 2 {
            for (name, value) in headers {
                let secret = value.is_sensitive() || SECRET_HEADERS.contains(&name.as_str());
                let shown = if secret { mask::MASK.into() } else { String::from_utf8_lossy(value.as_bytes()) };
                self.out.trace(2, &format!("{direction} {name}: {shown}"));
            }
        }
        if self.out.verbose() >= 3
            && let Some(body) = body.filter(|body| !body.is_empty())
        {
            let text = match serde_json::from_slice::<Value>(body) {
                Ok(value) => mask::masked(&value, false).to_string(),
                Err(_) => format!("({} bytes that are not JSON)", body.len()),
            };
            self.out.trace(3, &format!("{direction} {text}"));
        }
    }
}

/// A change whose answer did not come: it may have been made.
fn unknown(error: Error, request: &Request) -> Error {
    let path = request.url.path();
    let (_, below) = path.split_once("/apisix/admin/").unwrap_or_default();
    let looks = matches!(request.method, Method::GET | Method::HEAD)
        || below.contains("validate")
        || request.url.query().is_some_and(|query| query.contains("dry_run=true"));
    if !request.admin || looks || error.kind() != Kind::Unreachable {
        return error;
    }
    let hint = match below.split_once('/') {
        Some(("live", "apply" | "rollback")) => {
            "all of it was done, or nothing; run again it does what is left, and gatewayctl config history says what was done"
                .to_owned()
        }
        Some(("live", _)) => return error,
        Some(("plugins", _)) => "it can be run again; gatewayctl plugins list says which plugins there are".to_owned(),
        Some((resource, id)) => format!("gatewayctl get {resource} {id} says; it can be run again"),
        None => format!("gatewayctl get {below} says"),
    };
    let message = format!("{}; whether the change was made is not known", error.message());
    Error::new(Kind::Unreachable, message).hint(hint).hints(error.helps().to_vec())
}

/// Headers that are never shown.
const SECRET_HEADERS: [&str; 5] = ["x-api-key", "authorization", "proxy-authorization", "cookie", "set-cookie"];

/// What rustls says to an answer in the clear.
pub(crate) const NO_TLS: &str = "InvalidContentType";

/// A failed try, and whether nothing can have reached the server.
struct Failure {
    error: Error,
    connect: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, connect: false }
    }
}

/// Builds the client: no redirects (a key is for one server), no proxy to this machine, TLS roots only where TLS is used.
///
/// # Errors
/// Usage: a file of certificates cannot be read; unreachable: the name of the server cannot be resolved.
pub(crate) async fn build(settings: &Settings) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("gatewayctl/", env!("CARGO_PKG_VERSION")));
    if let Some(limit) = settings.timeout {
        builder = builder.timeout(limit);
    }
    let urls = [&settings.admin, &settings.control.url, &settings.gateway.url, &settings.metrics.url];
    if urls.iter().all(|url| is_loopback(url)) {
        builder = builder.no_proxy();
    }
    builder = with_tls(builder, &settings.tls, urls.iter().any(|url| url.scheme() == "https"))?;
    if let Some(name) = &settings.tls.server_name {
        let host = settings.admin.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = settings.admin.port_or_known_default().unwrap_or(443);
        let found = tokio::net::lookup_host((host, port)).await;
        let addresses =
            found.map_err(|error| Error::new(Kind::Unreachable, format!("cannot resolve {host}: {error}")))?;
        builder = builder.resolve_to_addrs(name, &addresses.collect::<Vec<_>>());
    }
    builder.build().map_err(|error| Error::usage(format!("cannot set up TLS: {}", root_cause(&error))))
}

pub(crate) fn with_tls(builder: reqwest::ClientBuilder, tls: &Tls, used: bool) -> Result<reqwest::ClientBuilder> {
    let read = |path: &std::path::Path| {
        crate::input::bytes(path).map_err(|error| Error::usage(format!("cannot read {}: {error}", path.display())))
    };
    if !used {
        // Reading the system's roots takes longer than everything else here.
        return Ok(builder.tls_certs_only([]));
    }
    let mut builder = builder;
    if let Some(path) = &tls.ca {
        let wrong = |error: &dyn std::fmt::Display| Error::usage(format!("--ca {}: {error}", path.display()));
        let roots = reqwest::Certificate::from_pem_bundle(&read(path)?).map_err(|error| wrong(&root_cause(&error)))?;
        if roots.is_empty() {
            return Err(wrong(&"no certificate in it"));
        }
        builder = builder.tls_certs_only(roots);
    }
    if let Some((cert, key)) = &tls.cert {
        let mut pem = read(cert)?;
        pem.push(b'\n');
        pem.extend(read(key)?);
        let identity = reqwest::Identity::from_pem(&pem)
            .map_err(|error| Error::usage(format!("--cert {}: {}", cert.display(), root_cause(&error))))?;
        builder = builder.identity(identity);
    }
    if tls.insecure {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    Ok(builder)
}

/// The innermost reason, which is the one that helps.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    // "Connection refused (os error 111)"
    let text = text.split(" (os error").next().unwrap_or_default();
    // In words, where the library has none.
    text.replace("Other(OtherError(CaUsedAsEndEntity))", "it is the certificate of an authority, or signed by itself")
        .replace("UnknownIssuer", "nobody who is trusted has issued it")
}

/// Whether what went wrong is that the certificate of the other side is not trusted.
pub(crate) fn is_untrusted(cause: &str) -> bool {
    cause.contains("invalid peer certificate")
}

/// Path and query, without the key that APISIX also takes as an argument, and other secrets.
fn shown_path(url: &Url) -> String {
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    mask::text(&path).into_owned()
}

pub(crate) fn shown_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_urls_are_not_shown() {
        let url = Url::parse("http://h:1/apisix/admin/routes?page=1&api_key=secret&x").unwrap();
        assert_eq!(shown_path(&url), "/apisix/admin/routes?page=1&api_key=********&x");
        assert_eq!(shown_host(&url), "h:1");
        assert_eq!(shown_path(&Url::parse("http://h/a").unwrap()), "/a");
    }
}
