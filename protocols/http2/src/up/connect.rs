//! A stream for an exchange: on a connection that is there, or on one that is opened.

use super::lines::Lines;
use super::{H2Up, request};
use crate::core::{Core, Terms};
use crate::line::Line;
use gateway_engine::exchange::Exchange;
use gateway_engine::io::{Io, TlsIo};
use gateway_engine::settings::Http2;
use gateway_engine::upstream::{Gate, LocalNode, TlsClient, server_name, without_port};
use gateway_engine::wire::{Acquire, Connector, Upstream, WireError};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Speaks HTTP/2 with nodes: the schemes `grpc` and `grpcs`, and `http` and `https` where the upstream says so.
#[derive(Debug, Default)]
pub struct H2Connector(());

impl H2Connector {
    /// One for a worker; it holds nothing, the connections live in their nodes.
    pub const fn new() -> H2Connector {
        H2Connector(())
    }
}

impl Connector for H2Connector {
    fn acquire(&self, node: &Rc<LocalNode>, x: &Exchange) -> Acquire {
        let name = node.tls.as_ref().map(|_| without_port(x.upstream_host()));
        let lines = node.shared::<Lines>();
        let tls = node.tls.is_some();
        if request::socket(x) {
            return Acquire::Connect(Box::pin(socket(lines, Target::new(node, x, name))));
        }
        if let Some(stream) = lines.pick(name, node.pool.requests) {
            if lines.crowded(name) {
                lines.open(&Target::new(node, x, name));
            }
            return Acquire::Ready(Box::new(H2Up::new(stream, tls)));
        }
        let target = Target::new(node, x, name);
        Acquire::Connect(Box::pin(async move {
            let stream = lines.wait(target).await?;
            Ok(Box::new(H2Up::new(stream, tls)) as _)
        }))
    }
}

/// A stream for a WebSocket (RFC 8441), where the peer's settings allow one.
async fn socket(lines: Rc<Lines>, target: Target) -> Result<Box<dyn Upstream>, WireError> {
    let tls = target.tls.is_some();
    let (addr, name) = (target.addr, target.name.clone());
    let place = lines.wait(target).await?;
    if place.takes_sockets().await? {
        return Ok(Box::new(H2Up::new(place, tls)));
    }
    let name = name.as_deref().map(String::from_utf8_lossy);
    let name = name.as_deref();
    tracing::warn!(%addr, name, "no WebSocket to an upstream: it speaks HTTP/2 and does not allow extended CONNECT (RFC 8441)");
    Err(WireError::Connect)
}

/// Where a connection goes, and the bounds it gets.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) addr: SocketAddr,
    /// The server name for TLS.
    pub(super) name: Option<Rc<[u8]>>,
    /// Most requests on one connection.
    pub(super) requests: u32,
    tls: Option<Arc<TlsClient>>,
    /// In front of the connections to the node's upstream, where they are limited.
    pub(super) gate: Option<Arc<Gate>>,
    pub(super) within: Duration,
    pub(super) header_bytes: u32,
    /// Most fields, and most interim answers before the final one.
    pub(super) header_count: usize,
    pub(super) interim: usize,
    limits: Http2,
}

impl Target {
    fn new(node: &LocalNode, x: &Exchange, name: Option<&[u8]>) -> Target {
        let within = x.upstream.timeouts.unwrap_or_default().connect_ms;
        let (header_bytes, header_count, interim, limits) = x.worker().with_settings(|s| {
            let l = &s.limits;
            (l.upstream_header_bytes, l.upstream_header_count, l.upstream_interim_responses, l.http2)
        });
        Target {
            addr: node.addr,
            name: name.map(Rc::from),
            requests: node.pool.requests,
            tls: node.tls.clone(),
            gate: node.door.as_ref().map(|door| Arc::clone(&door.gate)),
            within: Duration::from_millis(within),
            header_bytes: u32::try_from(header_bytes).unwrap_or(u32::MAX),
            header_count,
            interim,
            limits,
        }
    }

    /// Opens a connection; the preface is the first that is written.
    pub(super) async fn open(&self) -> Result<Rc<Line>, WireError> {
        let io = tokio::time::timeout(self.within, self.io()).await.unwrap_or(Err(WireError::Timeout))?;
        let terms = Terms {
            server: false,
            streams: 0,
            stream_window: STREAM_WINDOW,
            connection_window: CONNECTION_WINDOW,
            table_bytes: TABLE,
            list_bytes: self.header_bytes,
        };
        Ok(Rc::new(Line::new(Core::new(io, None, terms, self.limits))))
    }

    async fn io(&self) -> Result<Io, WireError> {
        let stream = TcpStream::connect(self.addr).await.map_err(|error| {
            tracing::debug!(addr = %self.addr, %error, "upstream refused the connection");
            WireError::Connect
        })?;
        let (Some(tls), Some(name)) = (&self.tls, &self.name) else { return Ok(Io::tcp(stream)) };
        // As for a clear connection: a small frame must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let asked = server_name(name, self.addr.ip());
        let agreed = TlsConnector::from(Arc::clone(&tls.config)).connect(asked, stream).await;
        let agreed = agreed.map_err(|error| self.refused(&error))?;
        // A server that ignores ALPN may well speak it; one that chose something else does not.
        if agreed.get_ref().1.alpn_protocol().is_some_and(|chosen| chosen != b"h2") {
            return Err(self.refused(&"the server does not speak HTTP/2"));
        }
        Ok(Io::tls(TlsIo::new(agreed)))
    }

    fn refused(&self, error: &dyn std::fmt::Display) -> WireError {
        let name = self.name.as_deref().map(String::from_utf8_lossy);
        tracing::warn!(addr = %self.addr, name = name.as_deref(), %error, "no HTTP/2 connection to an upstream");
        WireError::Connect
    }
}

/// What a stream's answer may run ahead of its client (hardening slow.07).
const STREAM_WINDOW: u32 = 64 << 10;

/// What all answers of a connection together may (hardening h2.06).
const CONNECTION_WINDOW: u32 = 1 << 20;

/// Size of the table of fields that an upstream may fill.
const TABLE: u32 = 4 << 10;
