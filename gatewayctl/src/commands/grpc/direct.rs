//! A server of gRPC that is spoken to without the gateway.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use gateway_grpc::{Body, Caller, Carried, GrpcService};
use reqwest::Url;

use super::super::App;
use crate::client::{root_cause, shown_host, with_tls};
use crate::error::{Error, Kind, Result};

/// The longest message that is taken, in bytes.
const LONGEST: usize = 64 << 20;

/// A server, and who it is in words.
pub(super) struct Server {
    pub(super) caller: Caller<Carrier>,
    pub(super) at: String,
}

/// Sets out to speak to a server: `HOST:PORT`, or a URL of scheme http, https, grpc or grpcs.
///
/// # Errors
/// Usage: no address; a broken certificate file.
pub(super) fn connect(addr: &str, app: &App<'_>) -> Result<Server> {
    let wrong = |why: &str| {
        Error::usage(format!("--via direct {addr}: {why}")).hint("--via direct 127.0.0.1:50051, or https://HOST:PORT")
    };
    let url = match addr.split_once("://") {
        Some(("http" | "grpc", rest)) => format!("http://{rest}"),
        Some(("https" | "grpcs", rest)) => format!("https://{rest}"),
        Some((scheme, _)) => return Err(wrong(&format!("\"{scheme}\" is no scheme of gRPC"))),
        None => format!("http://{addr}"),
    };
    let url = Url::parse(&url).map_err(|error| wrong(&error.to_string()))?;
    if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
        return Err(wrong("expected HOST:PORT alone"));
    }
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("gatewayctl/", env!("CARGO_PKG_VERSION")))
        .http2_prior_knowledge()
        .tcp_nodelay(true)
        .no_proxy();
    let builder = with_tls(builder, &app.settings.tls, url.scheme() == "https")?;
    let http = builder.build().map_err(|error| Error::usage(format!("cannot set up TLS: {}", root_cause(&error))))?;
    let origin = url.as_str().trim_end_matches('/').parse().map_err(|_| wrong("expected HOST:PORT alone"))?;
    Ok(Server { caller: Caller::new(Carrier(http), origin, LONGEST), at: shown_host(&url) })
}

/// Waits as long as the settings say.
///
/// # Errors
/// Unreachable: it took longer.
pub(super) async fn within<T>(app: &App<'_>, addr: &str, done: impl Future<Output = T>) -> Result<T> {
    let Some(limit) = app.settings.timeout else { return Ok(done.await) };
    tokio::time::timeout(limit, done).await.map_err(|_| {
        let error = Error::new(Kind::Unreachable, format!("{addr} did not answer within {limit:?}"));
        error.hint("--timeout 30s waits longer")
    })
}

/// Carries requests over HTTP/2.
#[derive(Clone)]
pub(super) struct Carrier(reqwest::Client);

impl GrpcService<Body> for Carrier {
    type ResponseBody = reqwest::Body;
    type Error = reqwest::Error;
    type Future =
        Pin<Box<dyn Future<Output = std::result::Result<http::Response<reqwest::Body>, reqwest::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), reqwest::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let request = request.map(|body| reqwest::Body::wrap(Carried::new(body)));
            client.execute(request.try_into()?).await.map(Into::into)
        })
    }
}
