//! A connection of HTTP/2 to one node, for calls by hand.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use gateway_engine::upstream::{HostRule, Node, Upstream, server_name};
use gateway_grpc::Caller;
use hyper::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tower_service::Service;

/// The longest message that is taken, in bytes.
pub(super) const LONGEST: usize = 4 << 20;

/// By which servers know these calls.
const AGENT: &str = concat!("gateway/", env!("CARGO_PKG_VERSION"));

/// The most bytes of fields in an answer's head or trailers.
const FIELDS: u32 = 64 << 10;

/// Connects to a node of an upstream, as its requests would be: over TLS where they are.
///
/// # Errors
/// Why there is no connection; in words.
pub(super) async fn connect(upstream: &Upstream, node: &Node) -> Result<Caller<Channel>, String> {
    let stream = TcpStream::connect(node.addr).await.map_err(|error| error.to_string())?;
    let _ = stream.set_nodelay(true);
    let authority = match &upstream.host {
        HostRule::Rewrite(host) => String::from_utf8_lossy(host).into_owned(),
        _ => node.authority().to_owned(),
    };
    let Some(tls) = upstream.tls.as_ref().filter(|_| upstream.scheme.is_tls()) else {
        return speak(stream, "http", &authority).await;
    };
    let host = match &upstream.host {
        HostRule::Rewrite(host) => host,
        _ => node.host.as_bytes(),
    };
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    let stream = connector.connect(server_name(host, node.addr.ip()), stream).await;
    speak(stream.map_err(|error| format!("TLS: {error}"))?, "https", &authority).await
}

async fn speak<S>(stream: S, scheme: &str, authority: &str) -> Result<Caller<Channel>, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    // A name that may not stand in an authority is nobody's: any other is as good.
    let origin: Uri = format!("{scheme}://{authority}").parse().unwrap_or(Uri::from_static("http://node"));
    // The TLS is ours: the library sees bytes in the clear, whatever the origin is called.
    let endpoint = Endpoint::from(Uri::from_static("http://node")).origin(origin.clone());
    let endpoint = endpoint.http2_max_header_list_size(FIELDS).user_agent(AGENT).map_err(|error| error.to_string())?;
    let channel = endpoint.connect_with_connector(Once(Some(stream))).await;
    let channel = channel.map_err(|error| {
        let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        format!("HTTP/2: {cause}")
    })?;
    Ok(Caller::new(channel, origin, LONGEST))
}

/// Gives a connection away, once.
struct Once<S>(Option<S>);

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Service<Uri> for Once<S> {
    type Response = TokioIo<S>;
    type Error = io::Error;
    type Future = Ready<io::Result<TokioIo<S>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().map(TokioIo::new).ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}
