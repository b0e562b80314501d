//! Connections that begin with TLS: the handshake, and who serves what was agreed on.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::Poll;

use gateway_engine::buf::Buf;
use gateway_engine::exchange::{Conn, Protocol};
use gateway_engine::io::Io;
use gateway_engine::log_pace::LogPace;
use gateway_engine::tls::{self, Alpn, Failed};
use gateway_engine::worker::Worker;
use gateway_http1::{Proxied, V2_MAX, proxy_protocol};
use tokio::net::TcpStream;

use super::accept::Spoken;
use super::first_bytes;
use crate::config::Speaks;

/// Serves one client connection to its end.
pub(super) async fn serve(worker: Rc<Worker>, stream: TcpStream, peer: SocketAddr, spoken: Spoken) {
    // Boxed: a connection that is open should hold no room for its beginning.
    let Some(io) = Box::pin(agree(&worker, stream, peer, spoken)).await else { return };
    if io.tls_session().is_some_and(|session| session.alpn == Some(Alpn::Http2)) {
        let Some(conn) = Conn::over(worker, &io, Protocol::Http2) else { return };
        Box::pin(gateway_http2::serve(io, None, conn)).await;
        return;
    }
    let agreed = io.tls_session().is_some_and(|session| session.alpn.is_some());
    if spoken.speaks == Speaks::Dubbo || (spoken.speaks == Speaks::Any && !agreed) {
        first_bytes::dubbo(worker, io).await;
        return;
    }
    gateway_http1::serve(worker, io, false, false).await;
}

/// A connection that is counted as open before anybody serves it.
pub(super) struct Open<'a>(&'a Worker);

impl<'a> Open<'a> {
    pub(super) fn new(worker: &'a Worker) -> Open<'a> {
        worker.counters.active.add(1);
        Open(worker)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.counters.active.sub(1);
    }
}

/// The handshake, and before it the PROXY protocol header where there has to be one.
async fn agree(worker: &Worker, stream: TcpStream, peer: SocketAddr, spoken: Spoken) -> Option<Io> {
    let _open = Open::new(worker);
    let mut read = None;
    let mut proxied = None;
    if spoken.proxy_protocol {
        let (rest, addresses) = header(worker, &stream).await?;
        (read, proxied) = (Some(rest), addresses);
    }
    let read = read.as_ref().map_or(&[][..], Buf::as_slice);
    match tls::accept(worker, stream, read, proxied, spoken.http2).await {
        Ok(io) => {
            worker.counters.handshakes.add(1);
            Some(io)
        }
        Err(why) => {
            worker.counters.handshakes_failed.add(1);
            tell(peer, &why);
            None
        }
    }
}

/// Why there was no handshake: what an administrator can mend is a warning, what clients do is not.
#[cold]
fn tell(peer: SocketAddr, why: &Failed) {
    thread_local! {
        static PACE: LogPace = const { LogPace::new() };
    }
    match why {
        Failed::NoName | Failed::UnknownName(_) | Failed::Shut(_) => {
            let Some(left_out) = PACE.with(LogPace::admit) else { return };
            tracing::warn!(client = %peer, %why, left_out, "no TLS");
        }
        _ => tracing::debug!(client = %peer, %why, "no TLS"),
    }
}

/// Reads the PROXY protocol header; gives what was read behind it. `None`: there was none in time.
async fn header(worker: &Worker, stream: &TcpStream) -> Option<(Buf, Option<(SocketAddr, SocketAddr)>)> {
    let deadline = worker.deadline();
    let limit = worker.with_settings(|s| s.timeouts.proxy_protocol);
    deadline.arm_in(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
    let mut buf = Buf::take();
    let found: Option<Proxied> = poll_fn(|cx| {
        deadline.watch(cx.waker());
        loop {
            match proxy_protocol(buf.as_slice()) {
                Ok(Some(found)) => return Poll::Ready(Some(found)),
                Ok(None) if buf.len() <= V2_MAX + 16 && !deadline.expired() => {}
                _ => return Poll::Ready(None),
            }
            if stream.poll_read_ready(cx).is_pending() {
                return Poll::Pending;
            }
            match stream.try_read(buf.unfilled()) {
                Ok(n) if n > 0 => buf.filled(n),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                _ => return Poll::Ready(None),
            }
        }
    })
    .await;
    let found = found?;
    buf.advance(found.len);
    Some((buf, found.addresses))
}
