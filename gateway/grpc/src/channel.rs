//! A channel over a connection that somebody else has made.

use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::transport::{Channel, Endpoint, Error};
use tower_service::Service;

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

/// Speaks HTTP/2 over a connection, in the clear or inside the caller's own TLS; a second connection is never made. `secure` and
/// `authority` are whom requests name; gives that back too. A name that may not stand in an authority is nobody's: any other is
/// as good. `settle` sets what is the caller's own of it.
///
/// # Errors
/// The handshake of HTTP/2 fails.
pub async fn over<S>(
    stream: S,
    secure: bool,
    authority: &str,
    settle: impl FnOnce(Endpoint) -> Result<Endpoint, Error>,
) -> Result<(Channel, Uri), Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let scheme = if secure { "https" } else { "http" };
    let origin: Uri = format!("{scheme}://{authority}").parse().unwrap_or(Uri::from_static("http://node"));
    // The library sees bytes in the clear, whatever the origin is called.
    let endpoint = settle(Endpoint::from(Uri::from_static("http://node")).origin(origin.clone()))?;
    let channel = endpoint.connect_with_connector(Once(Some(stream))).await?;
    Ok((channel, origin))
}
