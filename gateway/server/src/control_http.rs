//! What the listeners of the control plane (Admin API, Control API, status, metrics) have in common: HTTP/1.1 by hyper, bounded in
//! connections and in the time a request head may take. None of it is on the way of proxied traffic.

mod content;
mod socket;

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
use tokio::sync::{Semaphore, watch};

pub(crate) use self::content::Content;
pub(crate) use self::socket::Socket;
use crate::boot::BootError;

/// An answer.
pub(crate) type Answer = Response<Content>;

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

/// Closes listeners of the control plane, with what is connected to them; one gate may be on several.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<watch::Sender<Passage>>);

#[derive(Debug, Clone, Copy)]
struct Passage {
    closed: bool,
    listeners: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Gate(Arc::new(watch::Sender::new(Passage { closed: false, listeners: 0 })))
    }
}

impl Gate {
    /// Closes them; returns once their addresses are free. Requests that are being answered still are.
    pub(crate) async fn close(&self) {
        self.0.send_modify(|passage| passage.closed = true);
        self.until(|passage| passage.listeners == 0).await;
    }

    /// Waits until it is closed, for ever where it is not.
    pub(crate) async fn closed(&self) {
        self.until(|passage| passage.closed).await;
    }

    async fn until(&self, so: impl FnMut(&Passage) -> bool) {
        // The sender is here, so that waiting cannot fail.
        let _ = self.0.subscribe().wait_for(so).await;
    }
}

/// Longest head hyper may buffer, in bytes.
const HEAD_BYTES: usize = 64 * 1024;

/// Pause after the system could not accept a connection (no files left).
const PAUSE: Duration = Duration::from_millis(100);

/// Serves a listener on the present runtime until the gate closes. The handler gets the address of the socket's peer, and the
/// [`Socket`] itself as an extension of the request.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub(crate) fn serve<H, F>(listener: TcpListener, bounds: Bounds, gate: &Gate, handler: H) -> Result<(), BootError>
where
    H: Fn(Request<Incoming>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(bounds.connections));
    let handler = Arc::new(handler);
    let gate = gate.clone();
    gate.0.send_modify(|passage| passage.listeners += 1);
    tokio::spawn(async move {
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = gate.closed() => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::debug!(%error, "a connection of the control plane was not accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let (handler, gate) = (Arc::clone(&handler), gate.clone());
            tokio::spawn(async move {
                connection(stream, peer, bounds, &gate, handler).await;
                drop(place);
            });
        }
        drop(listener);
        gate.0.send_modify(|passage| passage.listeners -= 1);
    });
    Ok(())
}

async fn connection<H, F>(stream: TcpStream, peer: SocketAddr, bounds: Bounds, gate: &Gate, handler: Arc<H>)
where
    H: Fn(Request<Incoming>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let socket = Socket::new(stream);
    let peer = peer.ip().to_canonical();
    let known = socket.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(known.clone());
        let answer = handler(request, peer);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(HEAD_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(socket), service);
    tokio::pin!(served);
    let served = tokio::select! {
        served = &mut served => served,
        () = gate.closed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, %peer, "a connection of the control plane ended");
    }
}

/// An answer with this content type.
pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Content::Whole(Full::new(body.into())));
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
