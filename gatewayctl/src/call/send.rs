//! Sends a request to the gateway and keeps the whole answer, with the time it took.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gateway_grpc::fields;
use http_body_util::{BodyExt, Limited};
use reqwest::header::{HOST, HeaderMap};
use reqwest::{Url, Version};
use serde_json::{Map, Value};

use super::place::Place;
use super::{Call, LARGEST, Speaks};
use crate::client::{is_untrusted, root_cause, shown_host, with_tls};
use crate::context::{Listener, Settings};
use crate::error::{Error, Kind, Result};

/// What sends one request, as often as is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    http: reqwest::Client,
    call: Call,
    pub(crate) url: Url,
    limit: Option<Duration>,
    /// Where the connections go.
    at: String,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) status: u16,
    /// `HTTP/1.1`, `HTTP/2`.
    pub(crate) version: &'static str,
    pub(crate) headers: HeaderMap,
    pub(crate) trailers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Until the head of the answer was there.
    pub(crate) first: Duration,
    pub(crate) total: Duration,
    /// Who answered.
    pub(crate) address: Option<SocketAddr>,
}

impl Sender {
    /// Finds out where the request goes, and sets up TLS.
    ///
    /// # Errors
    /// Usage: no URL, HTTP/2 that nobody could agree on, a broken certificate file; unreachable: an unknown name.
    pub(crate) async fn new(call: &Call, gateway: &Listener, settings: &Settings) -> Result<Sender> {
        let place = Place::of(call, gateway).await?;
        Sender::at(call, place, settings)
    }

    /// The same, where it is known where it goes.
    ///
    /// # Errors
    /// Usage.
    pub(crate) fn at(call: &Call, place: Place, settings: &Settings) -> Result<Sender> {
        let secure = place.url.scheme() == "https";
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("gatewayctl/", env!("CARGO_PKG_VERSION")))
            .pool_max_idle_per_host(usize::MAX)
            .tcp_nodelay(true)
            .no_proxy();
        builder = match call.speaks {
            Speaks::Any if place.is_http1() => builder.http1_only(),
            Speaks::Any => builder,
            Speaks::Http1 => builder.http1_only(),
            Speaks::PriorKnowledge => builder.http2_prior_knowledge(),
            Speaks::Http2 if secure => builder,
            Speaks::Http2 => {
                let error = Error::usage("HTTP/2 is agreed on by TLS, and this is in the clear");
                return Err(error.hint("--http2-prior-knowledge, or an https URL"));
            }
        };
        builder = with_tls(builder, &settings.tls, secure)?;
        if call.insecure {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        if let Some((host, addresses)) = &place.addresses {
            builder = builder.resolve_to_addrs(host, addresses);
        }
        let http =
            builder.build().map_err(|error| Error::usage(format!("cannot set up TLS: {}", root_cause(&error))))?;
        let first = place.addresses.as_ref().and_then(|(_, addresses)| addresses.first());
        let at = first.map_or_else(|| shown_host(&place.url), ToString::to_string);
        let mut call = call.clone();
        if let Some(host) = place.host_field(&call) {
            call.headers.push((HOST, host));
        }
        Ok(Sender { http, call, url: place.url, limit: settings.timeout, at })
    }

    /// The request, ready to be executed.
    pub(crate) fn request(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.call.method.clone(), self.url.clone());
        for (name, value) in &self.call.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        *request.body_mut() = self.call.body.clone().map(Into::into);
        *request.timeout_mut() = self.limit;
        request
    }

    /// Begins it.
    ///
    /// # Errors
    /// Unreachable.
    pub(crate) async fn begin(&self) -> Result<reqwest::Response> {
        self.http.execute(self.request()).await.map_err(|error| self.failure(&error))
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// Unreachable; server: an answer that does not end.
    pub(crate) async fn send(&self) -> Result<Sent> {
        let start = Instant::now();
        let response = self.begin().await?;
        let first = start.elapsed();
        let address = response.remote_addr();
        let (head, body) = http_parts(response);
        let body = Limited::new(body, LARGEST).collect().await.map_err(|error| {
            let host = shown_host(&self.url);
            match error.downcast_ref::<reqwest::Error>() {
                Some(error) => self.failure(error),
                None => Error::new(Kind::Server, format!("{host} answered more than {LARGEST} bytes")),
            }
        })?;
        let trailers = body.trailers().cloned().unwrap_or_default();
        Ok(Sent {
            status: head.status,
            version: head.version,
            headers: head.headers,
            trailers,
            body: body.to_bytes().into(),
            first,
            total: start.elapsed(),
            address,
        })
    }

    /// What went wrong, in our own words.
    pub(crate) fn failure(&self, error: &reqwest::Error) -> Error {
        let host = &self.at;
        let cause = root_cause(error);
        if error.is_timeout() {
            let limit = self.limit.unwrap_or_default();
            let message = format!("{host} did not answer within {limit:?}");
            return Error::new(Kind::Unreachable, message).hint("--timeout 30s waits longer");
        }
        if error.is_connect() {
            let message = format!("cannot connect to {host}: {cause}");
            if is_untrusted(&cause) {
                let error = Error::new(Kind::Unreachable, message);
                return error.hint("-k does not verify the certificate; --ca FILE trusts another authority");
            }
            return Error::new(Kind::Unreachable, message).hint("--gateway says where the gateway's proxy listener is");
        }
        Error::new(Kind::Unreachable, format!("the connection to {host} failed: {cause}"))
    }
}

/// The head of an answer.
struct Head {
    status: u16,
    version: &'static str,
    headers: HeaderMap,
}

fn http_parts(response: reqwest::Response) -> (Head, reqwest::Body) {
    let head = Head {
        status: response.status().as_u16(),
        version: version(response.version()),
        headers: response.headers().clone(),
    };
    (head, response.into())
}

/// As it is written in front of a status.
pub(crate) fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}

impl Sent {
    /// The body as text, where it is some.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }

    /// All values of a field of the head or the trailers, with commas between them.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let of = |headers: &HeaderMap| {
            let values: Vec<String> = headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            (!values.is_empty()).then(|| values.join(", "))
        };
        of(&self.headers).or_else(|| of(&self.trailers))
    }

    /// As a document: JSON bodies as JSON, others as text, those that are no text as their length.
    pub(crate) fn document(&self) -> Value {
        let body = match (serde_json::from_slice::<Value>(&self.body), self.text()) {
            (Ok(value), _) => value,
            (_, Some("")) => Value::Null,
            (_, Some(text)) => text.into(),
            _ => Value::Null,
        };
        let mut told = Map::new();
        told.insert("http".into(), self.version.into());
        told.insert("status".into(), self.status.into());
        told.insert("headers".into(), fields(&self.headers));
        told.insert("body".into(), body);
        told.insert("bytes".into(), self.body.len().into());
        if !self.trailers.is_empty() {
            told.insert("trailers".into(), fields(&self.trailers));
        }
        told.insert("first_byte_ms".into(), millis(self.first));
        told.insert("total_ms".into(), millis(self.total));
        told.insert("address".into(), self.address.map(|address| address.to_string()).into());
        Value::Object(told)
    }
}

/// Milliseconds with three digits behind the point.
pub(crate) fn millis(time: Duration) -> Value {
    let rounded = (time.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
    serde_json::Number::from_f64(rounded).map_or(Value::Null, Value::Number)
}
