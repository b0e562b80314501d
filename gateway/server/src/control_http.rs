//! What the listeners of the control plane (Admin API, Control API, status, metrics) have in common: HTTP/1.1 by hyper, bounded in
//! connections and in the time a request head may take. None of it is on the way of proxied traffic.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, SERVER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::boot::BootError;

/// An answer whose body is in memory.
pub(crate) type Answer = Response<Full<Bytes>>;

/// What a listener allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Most connections at a time; further ones wait to be accepted.
    pub(crate) connections: usize,
    /// Longest time for a request head, and for an idle connection.
    pub(crate) head: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { connections: 64, head: Duration::from_secs(60) }
    }
}

/// Longest head hyper may buffer, in bytes.
const HEAD_BYTES: usize = 64 * 1024;

/// Pause after the system could not accept a connection (no files left).
const PAUSE: Duration = Duration::from_millis(100);

/// Serves a listener on the present runtime for as long as that lives. The handler gets the address of the socket's peer.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub(crate) fn serve<H, F>(listener: TcpListener, bounds: Bounds, handler: H) -> Result<(), BootError>
where
    H: Fn(Request<Incoming>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(bounds.connections));
    let handler = Arc::new(handler);
    tokio::spawn(async move {
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::debug!(%error, "a connection of the control plane was not accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let handler = Arc::clone(&handler);
            tokio::spawn(async move {
                connection(stream, peer, bounds, handler).await;
                drop(place);
            });
        }
    });
    Ok(())
}

async fn connection<H, F>(stream: TcpStream, peer: SocketAddr, bounds: Bounds, handler: Arc<H>)
where
    H: Fn(Request<Incoming>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let _ = stream.set_nodelay(true);
    let peer = peer.ip().to_canonical();
    let service = service_fn(move |request| {
        let answer = handler(request, peer);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(HEAD_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, %peer, "a connection of the control plane ended");
    }
}

/// An answer with this content type.
pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// A JSON answer, with a line end behind it.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    answer(status, "application/json", format!("{value}\n"))
}

/// Says who answers.
pub(crate) fn server(answer: &mut Answer, name: &'static str) {
    answer.headers_mut().insert(SERVER, HeaderValue::from_static(name));
}
