//! The client's side: one task a connection, which takes one exchange after another through the pipeline.

mod answer;
mod close;
mod head;
mod refused;

use crate::body::{Incoming, Outgoing};
use crate::limits::{Limits, Refuse};
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::exchange::{Conn, Exchange, Framing, Protocol};
use gateway_engine::headers::{HeaderName, Headers};
use gateway_engine::io::Io;
use gateway_engine::pace::Pace;
use gateway_engine::pipeline::{self, Contained};
use gateway_engine::settings::Settings;
use gateway_engine::wire::{Downstream, Wire, WireError};
use gateway_engine::worker::{Deadline, Worker, now_ms};
use head::{Next, Partial, Wait};
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Serves one client connection to its end. With `proxy_protocol` it has to begin with a PROXY protocol header. Where `http2` is
/// spoken as well, a connection that begins with its preface comes back.
pub fn serve(
    worker: Rc<Worker>,
    io: Io,
    proxy_protocol: bool,
    http2: bool,
) -> impl Future<Output = Option<Box<Preface>>> {
    // An `async fn` would keep its arguments beside what is made of them: memory of every idle connection.
    let mut served = Served(H1Down::new(io, worker));
    async move {
        // `None`: the client went away before it was served.
        let down = served.0.as_mut()?;
        if proxy_protocol && !Box::pin(down.read_proxy_header()).await {
            return None;
        }
        down.http2 = http2;
        match down.run().await {
            Some(read) => served.preface(read),
            None => None,
        }
    }
}

/// A connection whose client speaks HTTP/2, as its first bytes say (RFC 9113 section 3.4).
pub struct Preface {
    /// The connection.
    pub io: Io,
    /// What was read of it: the preface, or at least its first line, and what follows.
    pub read: Buf,
    /// The client's address.
    pub peer: SocketAddr,
    /// The socket's own peer where `peer` came from a PROXY protocol header.
    pub proxy_peer: Option<SocketAddr>,
    /// The address the client connected to.
    pub local: SocketAddr,
}

/// The first flight of a client that speaks HTTP/2.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that is counted while it is served.
struct Served(Option<H1Down>);

impl Served {
    #[cold]
    fn preface(&mut self, read: Buf) -> Option<Box<Preface>> {
        let mut down = self.0.take()?;
        down.left();
        let (peer, local, proxy_peer) = (down.conn.peer, down.conn.local, down.conn.proxy_peer);
        Some(Box::new(Preface { io: down.io, read, peer, proxy_peer, local }))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(down) = &mut self.0 {
            down.left();
        }
    }
}

/// One client connection and the exchange that is on it.
pub(crate) struct H1Down {
    io: Io,
    incoming: Incoming,
    outgoing: Outgoing,
    conn: Rc<Conn>,
    deadline: Deadline,
    /// What few exchanges need; gone when the next one begins.
    rare: Option<Box<Rare>>,
    wait: Wait,
    /// Another request may follow on this connection.
    keep_alive: bool,
    /// The client waits for a 100 before it sends the body.
    expects: bool,
    /// The request was a HEAD.
    to_head: bool,
    /// The client speaks HTTP/1.0.
    old: bool,
    /// An answer has been begun.
    answered: bool,
    /// The connection is to be closed so that the client can tell that the answer is not whole.
    aborted: bool,
    /// HTTP/2 is spoken here as well.
    http2: bool,
}

/// What an idle connection should hold no room for.
#[derive(Default)]
struct Rare {
    /// The beginning of a head that has not come whole.
    partial: Option<Partial>,
    /// Trailers to be sent behind the answer.
    trailers: Option<Headers>,
    /// Trailers that the request announced.
    announced: Box<[HeaderName]>,
    pace: Pace,
    /// What is queued did not shrink since then.
    stuck_since_ms: u64,
    stuck_at: usize,
}

impl H1Down {
    /// A connection between the socket's own peers; `None` when it is gone already.
    fn new(io: Io, worker: Rc<Worker>) -> Option<H1Down> {
        let conn = Conn::over(worker, &io, Protocol::Http1)?;
        let deadline = conn.worker.deadline();
        conn.worker.counters.opened(conn.tls);
        Some(H1Down {
            io,
            incoming: Incoming::default(),
            outgoing: Outgoing::Nothing,
            conn: Rc::new(conn),
            deadline,
            rare: None,
            wait: Wait::default(),
            keep_alive: true,
            expects: false,
            to_head: false,
            old: false,
            answered: false,
            aborted: false,
            http2: false,
        })
    }

    /// One exchange after another. What was read where it turns out that the client speaks HTTP/2.
    async fn run(&mut self) -> Option<Buf> {
        loop {
            let mut x = match poll_fn(|cx| self.poll_request(cx)).await {
                Next::Request(x) => x,
                Next::Close => return None,
                Next::Preface => return self.incoming.input.take(),
                Next::Refuse(refused) => {
                    Box::pin(self.refuse(refused)).await;
                    return None;
                }
            };
            let mut outcome = Contained::new(pipeline::run(&mut x, self)).await;
            if x.tunnels() && outcome.is_ok() {
                outcome = pipeline::tunnel(&mut x, self).await;
                pipeline::finish(&mut x);
            }
            if outcome.is_err() {
                // What the panic left of the exchange is not used again.
                drop(x);
                Box::pin(self.panicked()).await;
                return None;
            }
            self.conn.worker.recycle(x);
            if self.aborted {
                return None;
            }
            if !self.incoming.whole() || !self.keep_alive {
                // Rare or the end: boxed, so that an idle connection does not hold room for it.
                if !Box::pin(self.settle()).await {
                    return None;
                }
            }
        }
    }

    /// The connection is not served here any more.
    fn left(&mut self) {
        self.waited();
        self.conn.worker.counters.closed(self.conn.tls);
    }

    /// The limits of the present settings.
    fn limits(settings: &Settings) -> Limits {
        let limits = &settings.limits;
        Limits {
            request_line: limits.request_line_bytes,
            field: limits.header_field_bytes,
            head: limits.header_bytes,
            fields: limits.header_count,
            body: limits.body_bytes,
            underscores: settings.underscores_in_headers,
        }
    }

    /// Nothing of the body came: looks at the clock.
    #[cold]
    fn too_slow(&mut self) -> bool {
        let pace = &mut self.rare.get_or_insert_default().pace;
        self.conn.worker.with_settings(|s| pace.too_slow(now_ms(), s))
    }

    /// Some of the body came.
    fn came(&mut self, n: usize) {
        if let Some(rare) = self.rare.as_deref_mut() {
            rare.pace.came(n, now_ms());
        }
    }

    /// Nothing of what is queued could be written: for how long?
    #[cold]
    fn stuck(&mut self) -> bool {
        let (queued, now) = (self.io.queued(), now_ms());
        let rare = self.rare.get_or_insert_default();
        if queued != rare.stuck_at {
            (rare.stuck_at, rare.stuck_since_ms) = (queued, now);
            return false;
        }
        let limit = self.conn.worker.with_settings(|s| millis(s.timeouts.send));
        now.saturating_sub(rare.stuck_since_ms) >= limit
    }
}

fn millis(d: std::time::Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

impl Wire for H1Down {
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        if self.incoming.whole() {
            return Poll::Ready(Ok((Chunk::EMPTY, true)));
        }
        if self.outgoing == Outgoing::Tunnel {
            return self.incoming.poll(&mut self.io, cx, &Limits::RESPONSE);
        }
        let limits = self.conn.worker.with_settings(Self::limits);
        let got = self.incoming.poll(&mut self.io, cx, &limits);
        match &got {
            Poll::Ready(Ok((piece, _))) => self.came(piece.len()),
            Poll::Pending if self.too_slow() => {
                self.keep_alive = false;
                return Poll::Ready(Err(WireError::TooSlow));
            }
            Poll::Ready(Err(_)) => self.keep_alive = false,
            Poll::Pending => {}
        }
        got
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        if self.to_head {
            return;
        }
        let trailers = self.rare.as_ref().and_then(|r| r.trailers.as_ref());
        let io = &mut self.io;
        if !self.outgoing.frame(piece, last, trailers, |c| io.queue(c)) {
            self.abort();
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        if self.aborted {
            return Poll::Ready(Err(WireError::Closed));
        }
        match self.io.poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                if let Some(rare) = &mut self.rare {
                    rare.stuck_at = 0;
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(_)) => {
                self.aborted = true;
                Poll::Ready(Err(WireError::Closed))
            }
            Poll::Pending if self.stuck() => {
                // Reset, so that the kernel drops what the client does not read.
                self.io.reset_on_close();
                self.aborted = true;
                Poll::Ready(Err(WireError::TooSlow))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_trailers(&mut self, _: &mut Context<'_>, into: &mut Headers) -> Poll<bool> {
        let found = self.rare.as_ref().and_then(|rare| self.incoming.trailers(&rare.announced));
        let any = found.is_some();
        if let Some(found) = found {
            *into = found;
        }
        Poll::Ready(any)
    }

    fn trailers(&mut self, trailers: &Headers) {
        if let Some(trailers) = copy(trailers) {
            self.rare.get_or_insert_default().trailers = Some(trailers);
        }
    }

    fn held(&self) -> usize {
        self.io.queued() + self.incoming.input.as_ref().map_or(0, Buf::len)
    }

    fn stop(&mut self) {
        // What is left of the body is drained, or the connection closed, when the answer is out.
    }

    fn abort(&mut self) {
        if self.outgoing == Outgoing::Close || self.conn.worker.short_of_memory() {
            // An ordinary close would be the end of a whole answer; and the kernel is to let go of what it holds.
            self.io.reset_on_close();
        }
        self.aborted = true;
    }

    fn tunnel(&mut self) {
        self.incoming.begin(Framing::Tunnel);
        self.outgoing = Outgoing::Tunnel;
        self.keep_alive = false;
    }
}

/// An owned copy of trailers; `None` where there are none.
pub(crate) fn copy(trailers: &Headers) -> Option<Headers> {
    let mut copy = Headers::new();
    copy.overlay(trailers);
    (!copy.is_empty()).then_some(copy)
}

impl Downstream for H1Down {
    fn respond(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.answer(x, first, last);
    }

    fn distrust(&mut self) {
        self.keep_alive = false;
    }

    fn accept_body(&mut self) {
        if std::mem::take(&mut self.expects) && self.incoming.input.is_none() {
            self.io.queue(Chunk::Bytes(bytes::Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\n")));
        }
    }

    fn gone(&mut self) -> bool {
        // A reset leaves its error on the socket; a half-close leaves none.
        !matches!(self.io.socket().take_error(), Ok(None))
    }
}

/// A refusal by the protocol counts apart from exchanges.
fn count_refusal(worker: &Worker, refuse: Refuse) {
    worker.counters.refused.add(1);
    tracing::debug!(status = refuse.status, reason = refuse.reason, "request refused");
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_idle_connection_is_a_small_future() {
        let worker = gateway_engine::worker::Worker::new(0, shared());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stream = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let task = super::serve(worker, gateway_engine::io::Io::tcp(stream), false, true);
            let size = size_of_val(&task);
            assert!(size <= 288, "{size} bytes: what is rare belongs into `Rare` or a box");
        });
    }

    fn shared() -> std::sync::Arc<gateway_engine::snapshot::Shared> {
        use gateway_engine::{plugin::Registry, router::Mode, settings::Settings, snapshot::Shared};
        Shared::new(
            Settings::default(),
            std::sync::Arc::new(Registry::new(Vec::new(), Default::default())),
            Mode::HostUri,
        )
    }
}
