//! A connection of HTTP/2 to one node, for calls by hand.

use std::sync::Arc;

use gateway_engine::upstream::{HostRule, Node, Upstream, server_name};
use gateway_grpc::Caller;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

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
        return speak(stream, false, &authority).await;
    };
    let host = match &upstream.host {
        HostRule::Rewrite(host) => host,
        _ => node.host.as_bytes(),
    };
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    let stream = connector.connect(server_name(host, node.addr.ip()), stream).await;
    speak(stream.map_err(|error| format!("TLS: {error}"))?, true, &authority).await
}

async fn speak<S>(stream: S, secure: bool, authority: &str) -> Result<Caller<Channel>, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let settle = |endpoint: Endpoint| endpoint.http2_max_header_list_size(FIELDS).user_agent(AGENT);
    let channel = gateway_grpc::over(stream, secure, authority, settle).await;
    let (channel, origin) = channel.map_err(|error| {
        let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        format!("HTTP/2: {cause}")
    })?;
    Ok(Caller::new(channel, origin, LONGEST))
}
