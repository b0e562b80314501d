//! What the listeners of the control plane (Admin API, Control API, status, metrics) have in common: HTTP/1.1 by hyper, bounded in
//! connections and in the time a request head may take. None of it is on the way of proxied traffic.

mod content;
mod room;
mod socket;

use std::convert::Infallible;
use std::net::{IpAddr, TcpListener};
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
use tokio::sync::watch;

pub(crate) use self::content::Content;
use self::content::Sent;
use self::room::{Busy, Guest, Room};
pub(crate) use self::socket::Socket;
use crate::boot::BootError;
use crate::config::Config;

/// An answer.
pub(crate) type Answer = Response<Content>;

/// What a listener allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Most connections at a time. Where there are more, those give way that wait longest, but for who has shown a key.
    pub(crate) connections: usize,
    /// Longest time for a request head, from its first byte or from the connection.
    pub(crate) head: Duration,
}

impl Bounds {
    /// Those of a configuration: 64 connections, and the time for heads that clients of the proxy have.
    pub(crate) fn of(config: &Config) -> Bounds {
        Bounds { connections: 64, head: config.http.client_header_timeout }
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

/// How long a connection may be idle between two requests.
const IDLE: Duration = Duration::from_secs(60);

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
    let room = Arc::new(Room::new(bounds.connections, bounds.head));
    let handler = Arc::new(handler);
    let gate = gate.clone();
    gate.0.send_modify(|passage| passage.listeners += 1);
    tokio::spawn(async move {
        loop {
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
            let guest = Arc::new(Guest::new(peer.ip().to_canonical()));
            let seat = tokio::select! {
                seat = room.seat(&guest) => seat,
                () = gate.closed() => break,
            };
            let (handler, gate) = (Arc::clone(&handler), gate.clone());
            tokio::spawn(async move {
                connection(stream, guest, bounds, &gate, handler).await;
                drop(seat);
            });
        }
        drop(listener);
        gate.0.send_modify(|passage| passage.listeners -= 1);
    });
    Ok(())
}

async fn connection<H, F>(stream: TcpStream, guest: Arc<Guest>, bounds: Bounds, gate: &Gate, handler: Arc<H>)
where
    H: Fn(Request<Incoming>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let socket = Socket::new(stream, Arc::clone(&guest));
    let peer = guest.peer();
    let (known, busy) = (socket.clone(), Arc::clone(&guest));
    let service = service_fn(move |mut request: Request<Incoming>| {
        busy.begin();
        let busy = Busy(Arc::clone(&busy));
        request.extensions_mut().insert(known.clone());
        let answer = handler(request, peer);
        async move { Ok::<_, Infallible>(answer.await.map(|content| Sent { content, _busy: busy })) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE.max(bounds.head))
        .max_buf_size(HEAD_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(socket.clone()), service);
    tokio::pin!(served);
    let over = guest.is_over(bounds.head);
    tokio::pin!(over);
    let mut closing = false;
    let served = loop {
        tokio::select! {
            served = &mut served => break served,
            () = gate.closed(), if !closing => {
                closing = true;
                served.as_mut().graceful_shutdown();
            }
            () = &mut over => {
                if guest.is_in_head() {
                    socket.refuse_late();
                }
                tracing::debug!(%peer, "a connection of the control plane waited too long");
                return;
            }
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
