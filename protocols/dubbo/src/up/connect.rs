//! A place for a call: on a connection that is there, or on one that is opened.

use super::DubboUp;
use super::lines::Lines;
use crate::line::Line;
use gateway_engine::exchange::Exchange;
use gateway_engine::io::Io;
use gateway_engine::settings::Dubbo;
use gateway_engine::upstream::{Gate, LocalNode};
use gateway_engine::wire::{Acquire, Connector, WireError};
use gateway_engine::worker::Worker;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Speaks Dubbo2 with nodes: the scheme `dubbo`.
#[derive(Debug, Default)]
pub struct DubboConnector(());

impl DubboConnector {
    /// One for a worker; it holds nothing, the connections live in their nodes.
    pub const fn new() -> DubboConnector {
        DubboConnector(())
    }
}

impl Connector for DubboConnector {
    fn acquire(&self, node: &Rc<LocalNode>, x: &Exchange) -> Acquire {
        let lines = node.shared::<Lines>();
        if let Some(place) = lines.pick() {
            if lines.crowded() {
                lines.open(&Target::new(node, x));
            }
            return Acquire::Ready(Box::new(DubboUp::new(place)));
        }
        let target = Target::new(node, x);
        Acquire::Connect(Box::pin(async move {
            let place = lines.wait(target).await?;
            Ok(Box::new(DubboUp::new(place)) as _)
        }))
    }
}

/// Where a connection goes, and the bounds it gets.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) addr: SocketAddr,
    pub(super) worker: Rc<Worker>,
    /// The node itself, as long as anybody has it.
    pub(super) node: Weak<LocalNode>,
    /// In front of the connections to the node's upstream, where they are limited.
    pub(super) gate: Option<Arc<Gate>>,
    within: Duration,
    limits: Dubbo,
}

impl Target {
    fn new(node: &Rc<LocalNode>, x: &Exchange) -> Target {
        Target {
            addr: node.addr,
            worker: Rc::clone(x.worker()),
            node: Rc::downgrade(node),
            gate: node.door.as_ref().map(|door| Arc::clone(&door.gate)),
            within: Duration::from_millis(x.upstream.timeouts.unwrap_or_default().connect_ms),
            limits: x.worker().with_settings(|s| s.limits.dubbo),
        }
    }

    pub(super) async fn open(&self) -> Result<Rc<Line>, WireError> {
        let connecting = tokio::time::timeout(self.within, TcpStream::connect(self.addr));
        let connected = connecting.await.map_err(|_| WireError::Timeout)?;
        let stream = connected.map_err(|error| {
            tracing::debug!(addr = %self.addr, %error, "upstream refused the connection");
            WireError::Connect
        })?;
        Ok(Rc::new(Line::new(Io::tcp(stream), None, self.limits)))
    }
}
