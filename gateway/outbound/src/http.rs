//! Calls to HTTP servers that an operator has named: authorization services, secret stores, log sinks.
//!
//! Clients are kept by thread, so that a worker's calls share nothing with another worker's and a kept connection is driven by the
//! runtime that uses it. Redirects are never followed: who is called is the operator's word alone.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
pub use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
pub use reqwest::{Method, Url};

/// How a server is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Whether its certificate is checked. Off only where the operator says so.
    pub verify: bool,
    /// The whole call, from the connection on to the last byte of the answer.
    pub timeout: Duration,
    /// How long an idle connection is kept; `None`: connections are not kept.
    pub keepalive: Option<Duration>,
    /// The most idle connections to a server, by thread.
    pub pool: usize,
    /// HTTP/2 from the first byte, as gRPC servers speak it; else HTTP/1.1.
    pub http2: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            verify: true,
            timeout: Duration::from_secs(3),
            keepalive: Some(Duration::from_secs(60)),
            pool: 5,
            http2: false,
        }
    }
}

/// A call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The target; `http` or `https`.
    pub url: Url,
    /// The fields; `Host` and `Content-Length` are added.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The client cannot be made: the system's certificates cannot be read.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
    /// No connection, or it broke.
    #[error("{0}")]
    Failed(String),
    /// Not answered in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The answer's body is longer than the caller takes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

thread_local! {
    static CLIENTS: RefCell<HashMap<Settings, reqwest::Client>> = RefCell::default();
}

/// As many different settings a thread keeps clients for; beyond, all are made anew.
const MOST_CLIENTS: usize = 64;

/// This thread's client for such calls; it must be used inside of this thread's runtime.
fn client(settings: &Settings) -> Result<reqwest::Client, CallError> {
    CLIENTS.with_borrow_mut(|clients| {
        if let Some(client) = clients.get(settings) {
            return Ok(client.clone());
        }
        let builder = reqwest::Client::builder();
        let builder = if settings.http2 { builder.http2_prior_knowledge() } else { builder.http1_only() };
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_danger_accept_invalid_certs(!settings.verify)
            .timeout(settings.timeout)
            .pool_max_idle_per_host(if settings.keepalive.is_some() { settings.pool } else { 0 })
            .pool_idle_timeout(settings.keepalive)
            .build()
            .map_err(|e| CallError::Client(e.to_string()))?;
        if clients.len() >= MOST_CLIENTS {
            clients.clear();
        }
        clients.insert(settings.clone(), client.clone());
        Ok(client)
    })
}

/// Makes a call and reads its answer, of whose body at most `limit` bytes are taken.
///
/// # Errors
/// See [`CallError`]; an answer of any status is one.
pub async fn call(settings: &Settings, call: Call, limit: usize) -> Result<Answer, CallError> {
    let failed = |error: reqwest::Error| {
        if error.is_timeout() { CallError::Timeout(settings.timeout) } else { CallError::Failed(causes(&error)) }
    };
    let request = client(settings)?.request(call.method, call.url).headers(call.headers).body(call.body);
    let mut answer = request.send().await.map_err(failed)?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut body = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(failed)? {
        if body.len() + piece.len() > limit {
            return Err(CallError::TooLong(limit));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { status, headers, body: body.freeze() })
}

/// An error with what lies beneath it, without the address, which may hold credentials.
fn causes(error: &reqwest::Error) -> String {
    let mut text = match error {
        e if e.is_connect() => "no connection".to_owned(),
        e if e.is_body() || e.is_decode() => "the answer broke off".to_owned(),
        _ => "the call failed".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that gives each connection the same bytes.
    async fn server(answer: &'static [u8]) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut read = [0; 1024];
                let _ = stream.read(&mut read).await;
                let _ = stream.write_all(answer).await;
            }
        });
        Url::parse(&format!("http://{address}/x")).unwrap()
    }

    async fn get(url: Url, limit: usize) -> Result<Answer, CallError> {
        let request = Call { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() };
        call(&Settings::default(), request, limit).await
    }

    #[tokio::test]
    async fn answers_come_whole_or_not_at_all() {
        let url = server(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello").await;
        let answer = get(url.clone(), 5).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..], &answer.headers["x-a"]),
            (201, &b"hello"[..], &"1".parse().unwrap())
        );
        assert!(matches!(get(url, 4).await, Err(CallError::TooLong(4))));
        let url = server(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello").await;
        assert!(matches!(get(url, 100).await, Err(CallError::Failed(_))));
    }

    #[tokio::test]
    async fn redirects_are_answers_like_others() {
        let url = server(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(get(url, 0).await.unwrap().status.as_u16(), 302);
    }

    #[tokio::test]
    async fn nobody_there_is_an_error_without_the_address() {
        let error = get(Url::parse("http://user:secret@127.0.0.1:1/").unwrap(), 0).await.unwrap_err().to_string();
        assert!(error.starts_with("no connection") && !error.contains("secret"), "{error}");
    }
}
