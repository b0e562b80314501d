//! What all exchanges of one client connection share.

use std::cell::Cell;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use crate::exchange::Exchange;
use crate::io::Io;
use crate::tls::TlsSession;
use crate::worker::Worker;

/// A client connection, as exchanges see it.
pub struct Conn {
    /// The worker that serves it.
    pub worker: Rc<Worker>,
    /// The client's address: the socket's peer, or what a PROXY protocol header said.
    pub peer: SocketAddr,
    /// The socket's own peer where `peer` came from a PROXY protocol header.
    pub proxy_peer: Option<SocketAddr>,
    /// The address the client connected to.
    pub local: SocketAddr,
    /// A number of its own in this process.
    pub id: u64,
    /// Requests begun on it.
    pub requests: Cell<u64>,
    /// What the client speaks.
    pub protocol: Protocol,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// What was agreed where it is.
    pub session: Option<Rc<TlsSession>>,
    /// The peer is one of `apisix.trusted_addresses`: its own `X-Forwarded-*` are kept.
    pub trusted: bool,
    /// The peer may name another client address (`nginx_config.http.real_ip_from`).
    pub names_client: bool,
    /// There is no connection: a plugin asks on behalf of the client of another exchange.
    pub inner: bool,
    text: Box<[u8]>,
    addr_len: u8,
    /// Where our port stands in `text`.
    port: (u8, u8),
}

/// A listener's own facts, shared by its connections.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Where it listens.
    pub addr: SocketAddr,
    /// A PROXY protocol header is expected on each connection.
    pub proxy_protocol: bool,
}

/// What a client speaks (`downstream_protocol` of routes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.0 and HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// gRPC.
    Grpc,
    /// WebSocket.
    WebSocket,
    /// Dubbo 2.
    Dubbo,
    /// Triple.
    Triple,
}

impl Conn {
    /// The connection that `io` is: between the socket's own peers, or those that a PROXY protocol header before the handshake
    /// named. `None` when it is gone already.
    pub fn over(worker: Rc<Worker>, io: &Io, protocol: Protocol) -> Option<Conn> {
        let (peer, local) = (io.peer_addr().ok()?, io.local_addr().ok()?);
        let session = io.tls_session();
        let source = session.and_then(|s| s.proxied).map(|(source, _)| source);
        let mut conn = Conn::new(worker, source.unwrap_or(peer), local, protocol, io.tls_side().is_some());
        conn.session = session.cloned();
        conn.proxy_peer = source.map(|_| peer);
        Some(conn)
    }

    /// A connection between `peer` and `local`.
    pub fn new(worker: Rc<Worker>, peer: SocketAddr, local: SocketAddr, protocol: Protocol, tls: bool) -> Conn {
        let settings = worker.settings();
        // An IPv4 client of a dual-stack socket is an IPv4 client.
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let local = SocketAddr::new(local.ip().to_canonical(), local.port());
        let trusted = settings.trusted_addresses.as_ref().is_some_and(|set| set.contains(peer.ip()));
        let names_client = settings.real_ip.as_ref().is_some_and(|real_ip| real_ip.from.contains(peer.ip()));
        let mut text = Vec::with_capacity(160);
        let _ = write!(text, "{}", peer.ip());
        let addr_len = u8::try_from(text.len()).unwrap_or(0);
        let scheme = if tls { "https" } else { "http" };
        let ip = peer.ip();
        let _ = write!(text, "X-Real-IP: {ip}\r\nX-Forwarded-Proto: {scheme}\r\nX-Forwarded-Port: ");
        let port_at = u8::try_from(text.len()).unwrap_or(0);
        let _ = write!(text, "{}", local.port());
        let port_end = u8::try_from(text.len()).unwrap_or(0);
        let _ = write!(text, "\r\nX-Forwarded-For: {ip}\r\n");
        let id = worker.next_connection();
        Conn {
            worker,
            peer,
            proxy_peer: None,
            local,
            id,
            requests: Cell::new(0),
            protocol,
            tls,
            session: None,
            trusted,
            names_client,
            inner: false,
            text: text.into_boxed_slice(),
            addr_len,
            port: (port_at, port_end),
        }
    }

    /// What requests that a plugin makes on behalf of the client of `x` come by: from the address that `x` is taken to come
    /// from, who is trusted with nothing beyond it; the rest as on its connection.
    pub fn inner(x: &Exchange) -> Conn {
        let outer = &x.conn;
        let peer = x.client_addr.unwrap_or(outer.peer);
        let mut conn = Conn::new(Rc::clone(&outer.worker), peer, outer.local, Protocol::Http1, outer.tls);
        (conn.trusted, conn.names_client, conn.inner) = (false, false, true);
        conn.session = outer.session.clone();
        conn
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// The client's address as text.
    pub fn peer_text(&self) -> &[u8] {
        &self.text[..usize::from(self.addr_len)]
    }

    /// The HTTP/1 field lines that every forwarded request repeats, rendered once a connection:
    /// `X-Real-IP`, `X-Forwarded-Proto`, `X-Forwarded-Port`, and `X-Forwarded-For` as it is where the client sent none.
    pub fn forwarding_lines(&self) -> &[u8] {
        &self.text[usize::from(self.addr_len)..]
    }

    /// The port the client connected to as text.
    pub fn local_port_text(&self) -> &[u8] {
        self.text.get(usize::from(self.port.0)..usize::from(self.port.1)).unwrap_or_default()
    }

    /// The client's address.
    pub fn peer_ip(&self) -> IpAddr {
        self.peer.ip()
    }
}
