//! Opening connections to nodes, clear or over TLS.

use super::H1Up;
use gateway_engine::exchange::Exchange;
use gateway_engine::io::{Io, TlsIo};
use gateway_engine::upstream::{LocalNode, TlsClient, server_name, without_port};
use gateway_engine::wire::{Acquire, Connector, Upstream, WireError};
use gateway_engine::worker::{Counters, now_ms};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Opens HTTP/1.1 connections: the schemes `http` and `https`.
#[derive(Debug, Default)]
pub struct H1Connector(());

impl H1Connector {
    /// One for a worker; it holds nothing, the connections live in their nodes.
    pub const fn new() -> H1Connector {
        H1Connector(())
    }
}

impl Connector for H1Connector {
    fn acquire(&self, node: &Rc<LocalNode>, x: &Exchange) -> Acquire {
        let Some(tls) = &node.tls else {
            if let Some(up) = node.take(None, now_ms()) {
                return Acquire::Ready(up);
            }
            let (addr, counters) = (node.addr, Arc::clone(&x.worker().counters));
            return Acquire::Connect(Box::pin(async move {
                Ok(Box::new(H1Up::new(tcp(addr).await?, None, &counters)) as _)
            }));
        };
        let host = x.upstream_host();
        let name = without_port(host);
        if let Some(up) = node.take(Some(name), now_ms()) {
            return Acquire::Ready(up);
        }
        let (addr, tls, name) = (node.addr, Arc::clone(tls), Rc::<[u8]>::from(name));
        Acquire::Connect(Box::pin(secure(addr, tls, name, Arc::clone(&x.worker().counters))))
    }
}

async fn tcp(addr: SocketAddr) -> Result<Io, WireError> {
    Ok(Io::tcp(open(addr).await?))
}

async fn open(addr: SocketAddr) -> Result<TcpStream, WireError> {
    TcpStream::connect(addr).await.map_err(|error| {
        tracing::debug!(%addr, %error, "upstream refused the connection");
        WireError::Connect
    })
}

async fn secure(
    addr: SocketAddr,
    tls: Arc<TlsClient>,
    name: Rc<[u8]>,
    counters: Arc<Counters>,
) -> Result<Box<dyn Upstream>, WireError> {
    let stream = open(addr).await?;
    let asked = server_name(&name, addr.ip());
    let agreed = TlsConnector::from(Arc::clone(&tls.config)).connect(asked, stream).await.map_err(|error| {
        tracing::warn!(%addr, name = %String::from_utf8_lossy(&name), %error, "no TLS with an upstream");
        WireError::Connect
    })?;
    Ok(Box::new(H1Up::new(Io::tls(TlsIo::new(agreed)), Some(name), &counters)))
}
