//! Accepting connections: as many as there is room for, none that would starve the rest.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use gateway_engine::exchange::{Conn, Protocol};
use gateway_engine::io::Io;
use gateway_engine::snapshot::Pressure;
use gateway_engine::worker::Worker;
use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::{first_bytes, secure};
use crate::config::Speaks;

/// How long accepting pauses where there is no room.
const PAUSE: Duration = Duration::from_millis(100);

/// What is spoken on a listener, besides HTTP/1.1 where that is HTTP.
#[derive(Clone, Copy)]
pub(super) struct Spoken {
    pub(super) speaks: Speaks,
    pub(super) proxy_protocol: bool,
    pub(super) http2: bool,
    /// Everything inside of TLS.
    pub(super) tls: bool,
}

/// What the listeners of a worker share: how many connections may be open, and whether any may still come.
pub(super) struct Gate {
    limit: usize,
    closed: Cell<bool>,
    changed: Notify,
    /// Kept to have one to give when the process has run out of them.
    spare: RefCell<Option<File>>,
    by_ip: RefCell<HashMap<IpAddr, usize>>,
}

impl Gate {
    pub(super) fn new(limit: usize) -> Gate {
        Gate {
            limit,
            closed: Cell::new(false),
            changed: Notify::new(),
            spare: RefCell::new(File::open("/dev/null").ok()),
            by_ip: RefCell::default(),
        }
    }

    /// No connection is accepted any more, but for those that wait in the kernel already.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.changed.notify_waiters();
    }

    /// Tells the worker's view of the room that is left.
    pub(super) fn tick(&self, worker: &Worker) {
        let open = usize::try_from(worker.counters.active.get()).unwrap_or(usize::MAX);
        let own = if open >= self.limit {
            Pressure::Full
        } else if open.saturating_mul(100)
            >= self.limit.saturating_mul(worker.with_settings(|s| s.limits.busy_percent.into()))
        {
            Pressure::Some
        } else {
            Pressure::None
        };
        worker.set_pressure(own);
        if self.spare.borrow().is_none() {
            *self.spare.borrow_mut() = File::open("/dev/null").ok();
        }
    }

    fn full(&self, worker: &Worker) -> bool {
        usize::try_from(worker.counters.active.get()).unwrap_or(usize::MAX) >= self.limit
    }

    /// Counts a connection of an address; `None`: it has as many as it may have.
    fn enter(self: &Rc<Self>, ip: IpAddr, limit: usize) -> Option<Entered> {
        if limit == 0 {
            return Some(Entered { gate: None, ip });
        }
        let mut by_ip = self.by_ip.borrow_mut();
        let count = by_ip.entry(ip).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Entered { gate: Some(Rc::clone(self)), ip })
    }
}

/// A connection that is counted for its address while it lives.
struct Entered {
    gate: Option<Rc<Gate>>,
    ip: IpAddr,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Some(gate) = &self.gate else { return };
        let mut by_ip = gate.by_ip.borrow_mut();
        if let Some(count) = by_ip.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                by_ip.remove(&self.ip);
            }
        }
    }
}

/// Accepts on one socket until the gate closes.
pub(super) async fn run(worker: Rc<Worker>, listener: TcpListener, spoken: Spoken, gate: Rc<Gate>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = gate.changed.notified() => break,
        };
        match accepted {
            Ok((stream, peer)) => admit(&worker, stream, peer, spoken, &gate),
            Err(error) => pause(&error, &worker, &listener, &gate).await,
        }
        while gate.full(&worker) && !gate.closed.get() {
            // Idle connections are closed meanwhile; who waits in the kernel waits.
            worker.set_pressure(Pressure::Full);
            tokio::time::sleep(PAUSE).await;
        }
        if gate.closed.get() {
            break;
        }
    }
    last_ones(&worker, listener, spoken, &gate).await;
}

/// A drain: the kernel opens connections before anybody accepts them, and closing the socket would reset them. So nobody new is let
/// in first, and everybody who is on the way is served.
async fn last_ones(worker: &Rc<Worker>, listener: TcpListener, spoken: Spoken, gate: &Rc<Gate>) {
    match SockRef::from(&listener).attach_filter(&without_newcomers()) {
        Ok(()) => {
            let until = tokio::time::Instant::now() + ON_THE_WAY;
            while let Ok(Ok((stream, peer))) = tokio::time::timeout_at(until, listener.accept()).await {
                admit(worker, stream, peer, spoken, gate);
            }
        }
        Err(error) => tracing::debug!(%error, "connections that are being opened may be reset"),
    }
    // The runtime tells of a connection only some time after the kernel has it: the kernel is asked.
    let Ok(listener) = listener.into_std() else { return };
    while let Ok((stream, peer)) = listener.accept() {
        if stream.set_nonblocking(true).is_ok()
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            admit(worker, stream, peer, spoken, gate);
        }
    }
    // They count as open once their tasks have begun, which is before this one goes on.
    tokio::task::yield_now().await;
}

/// How long a connection may take to open that has begun to.
const ON_THE_WAY: Duration = Duration::from_millis(250);

/// A filter that lets no first packet of a connection through; its sender tries again and finds somebody else, or nobody.
fn without_newcomers() -> [SockFilter; 4] {
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 2;
    [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ]
}

/// A future's result if it is there at once.
async fn now<F: Future>(future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        std::task::Poll::Ready(done) => std::task::Poll::Ready(Some(done)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

/// Starts serving a connection, or refuses it.
fn admit(worker: &Rc<Worker>, stream: TcpStream, peer: SocketAddr, spoken: Spoken, gate: &Rc<Gate>) {
    let _ = stream.set_nodelay(true);
    worker.counters.accepted.add(1);
    if worker.shared.pressure() == Pressure::Full {
        refuse(worker, &stream, spoken);
        return;
    }
    let limit = worker.with_settings(|s| s.limits.connections_per_ip);
    let Some(entered) = gate.enter(peer.ip(), limit) else {
        refuse(worker, &stream, spoken);
        return;
    };
    let worker = Rc::clone(worker);
    if spoken.tls {
        tokio::task::spawn_local(async move {
            let entered = entered;
            secure::serve(worker, stream, peer, spoken).await;
            drop(entered);
        });
        return;
    }
    if spoken.speaks != Speaks::Http {
        tokio::task::spawn_local(async move {
            let entered = entered;
            first_bytes::serve(worker, stream, peer, spoken).await;
            drop(entered);
        });
        return;
    }
    tokio::task::spawn_local(async move {
        let entered = entered;
        let served = gateway_http1::serve(Rc::clone(&worker), Io::tcp(stream), spoken.proxy_protocol, spoken.http2);
        if let Some(preface) = served.await {
            // Boxed: an HTTP/1 connection should not hold room for it.
            Box::pin(http2(worker, *preface)).await;
        }
        drop(entered);
    });
}

/// Serves a client that has begun with the preface of HTTP/2.
pub(super) async fn http2(worker: Rc<Worker>, preface: gateway_http1::Preface) {
    let mut conn = Conn::new(worker, preface.peer, preface.local, Protocol::Http2, false);
    conn.proxy_peer = preface.proxy_peer;
    gateway_http2::serve(preface.io, Some(preface.read), conn).await;
}

/// Tells a client that there is no room, and goes.
fn refuse(worker: &Worker, stream: &TcpStream, spoken: Spoken) {
    const FULL: &[u8] = b"HTTP/1.1 503 Service Temporarily Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Length: 51\r\nRetry-After: 1\r\nConnection: close\r\n\r\n{\"error_msg\":\"503 Service Temporarily Unavailable\"}";
    worker.counters.shed.add(1);
    if spoken.tls || spoken.speaks != Speaks::Http {
        // It would take a handshake, or a call, to say why.
        return;
    }
    // A fresh socket takes so few bytes at once, or the client does not get to know why.
    let _ = stream.try_write(FULL);
}

/// After a failed accept. Out of file descriptors, the spare one is given for the moment it takes to tell a client so.
async fn pause(error: &io::Error, worker: &Worker, listener: &TcpListener, gate: &Gate) {
    let exhausted = matches!(error.raw_os_error(), Some(24 | 23));
    if exhausted {
        let spare = gate.spare.borrow_mut().take();
        drop(spare);
        if let Some(Ok((stream, _))) = now(listener.accept()).await {
            let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
        *gate.spare.borrow_mut() = File::open("/dev/null").ok();
        tracing::error!("no file descriptors left: a connection was closed; raise nginx_config.worker_rlimit_nofile");
        worker.counters.shed.add(1);
        tokio::time::sleep(worker.with_settings(|s| s.timeouts.accept_backoff)).await;
        return;
    }
    // The client went away before it was accepted, or the like.
    tracing::debug!(%error, "accept failed");
}
