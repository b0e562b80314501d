//! The handshake of a client's connection: the name it asks for chooses what it is shown.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use gateway_model::Kind;
use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::StartHandshake;

use super::certificates::normal;
use super::identity::Identity;
use super::session::TlsSession;
use crate::io::{Io, TlsIo};
use crate::worker::Worker;

/// Why there was no handshake.
#[derive(Debug)]
pub enum Failed {
    /// The client named nobody, and no name stands for that.
    NoName,
    /// No identity has the name.
    UnknownName(Box<str>),
    /// The one that has the name, by its id, refers to a secret that is not resolved.
    Shut(Box<str>),
    /// It took too long (`gateway.limits.tls_handshake_ms`).
    Slow,
    /// The client or we refused: no version, cipher or certificate in common, no TLS at all, or it went away.
    Refused(io::Error),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::NoName => f.write_str("failed to find SNI: the client sent none, and there is no fallback_sni"),
            Failed::UnknownName(name) => write!(f, "failed to match any SSL certificate by SNI: {name}"),
            Failed::Shut(id) => write!(f, "the secrets of the SSL certificate {id} are not resolved"),
            Failed::Slow => f.write_str("the handshake took too long"),
            Failed::Refused(error) => write!(f, "{error}"),
        }
    }
}

/// A fatal alert "unrecognized_name" (RFC 6066 §3), in the clear as all before the server's first message.
const UNRECOGNIZED_NAME: &[u8] = &[0x15, 3, 3, 0, 2, 2, 112];

/// Agrees on TLS with the client of `stream`. `read` was read of the connection already; `proxied` is what a PROXY protocol header
/// said of it. With `http2` the listener speaks it, and ALPN offers it.
///
/// # Errors
/// [`Failed`]; the client has been told by an alert, as far as it listens.
pub async fn accept(
    worker: &Worker,
    stream: TcpStream,
    read: &[u8],
    proxied: Option<(SocketAddr, SocketAddr)>,
    http2: bool,
) -> Result<Io, Failed> {
    let deadline = worker.deadline();
    let limit = worker.with_settings(|s| s.timeouts.tls_handshake);
    deadline.arm_in(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
    let mut agreeing = pin!(agree(worker, stream, read, proxied, http2));
    poll_fn(|cx| {
        if deadline.expired() {
            return Poll::Ready(Err(Failed::Slow));
        }
        deadline.watch(cx.waker());
        agreeing.as_mut().poll(cx)
    })
    .await
}

async fn agree(
    worker: &Worker,
    stream: TcpStream,
    read: &[u8],
    proxied: Option<(SocketAddr, SocketAddr)>,
    http2: bool,
) -> Result<Io, Failed> {
    let start = hello(stream, read).await?;
    let name = start.client_hello().server_name().map(|name| normal(name).into_owned().into_boxed_str());
    let (identity, config) = match chosen(worker, name.as_deref(), http2).await {
        Ok(chosen) => chosen,
        Err(failed) => {
            // A fresh socket takes so few bytes at once.
            let _ = start.io.try_write(UNRECOGNIZED_NAME);
            return Err(failed);
        }
    };
    let stream = start.into_stream(config).await.map_err(Failed::Refused)?;
    let session = TlsSession::of(stream.get_ref().1, identity, name, proxied);
    Ok(Io::tls(TlsIo::server(stream, Rc::new(session))))
}

/// Reads the client's first message.
async fn hello(stream: TcpStream, mut read: &[u8]) -> Result<StartHandshake<TcpStream>, Failed> {
    let mut acceptor = Acceptor::default();
    while !read.is_empty() {
        acceptor.read_tls(&mut read).map_err(Failed::Refused)?;
        match acceptor.accept() {
            Ok(Some(accepted)) => return Ok(StartHandshake::from_parts(accepted, stream)),
            Ok(None) => {}
            Err((error, _)) => return Err(Failed::Refused(io::Error::new(io::ErrorKind::InvalidData, error))),
        }
    }
    LazyConfigAcceptor::new(acceptor, stream).await.map_err(Failed::Refused)
}

/// Whom the name means, with what connections to it are served. Where that waits for a secret it is waited for.
async fn chosen(
    worker: &Worker,
    name: Option<&str>,
    http2: bool,
) -> Result<(Arc<Identity>, Arc<ServerConfig>), Failed> {
    loop {
        let identity = choose(worker, name)?;
        if let Some(config) = identity.config(http2) {
            let config = Arc::clone(config);
            return Ok((identity, config));
        }
        let snapshot = worker.snapshot();
        let Some(mut awaited) = snapshot.pending.of(Kind::Ssl, &identity.id).cloned() else {
            return Err(Failed::Shut(identity.id.clone()));
        };
        // Nothing is ever sent: the sender is dropped when the answer is live.
        let _ = awaited.changed().await;
    }
}

/// Whom the name means.
fn choose(worker: &Worker, name: Option<&str>) -> Result<Arc<Identity>, Failed> {
    let snapshot = worker.snapshot();
    let certificates = &snapshot.certificates;
    match name.or(certificates.fallback()) {
        None => Err(Failed::NoName),
        Some(wanted) => match certificates.find(wanted) {
            Some(identity) => Ok(Arc::clone(identity)),
            None => Err(Failed::UnknownName(wanted.into())),
        },
    }
}
