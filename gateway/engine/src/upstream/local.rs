//! Upstreams and nodes as one worker sees them: the position of its balancer, and the idle connections to a node.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::balance::{Health, Outcome, Tried};
use super::host::HostRule;
use super::priority::Picker;
use super::tls::TlsClient;
use super::{Node, PoolSettings, Scheme, Upstream};
use crate::wire;

/// An upstream as one worker sees it. A changed upstream makes a new one; the nodes with their connections stay.
pub struct LocalUpstream {
    upstream: Arc<Upstream>,
    pool: PoolSettings,
    /// Made at the first request that has a choice: most of ten thousand upstreams have one node, or no request.
    picker: RefCell<Option<Picker>>,
    nodes: RefCell<Vec<Option<Rc<LocalNode>>>>,
}

impl LocalUpstream {
    /// `pool` is what an upstream without `keepalive_pool` gets.
    pub fn new(upstream: Arc<Upstream>, pool: PoolSettings) -> Self {
        let pool = upstream.pool.unwrap_or(pool);
        Self { upstream, pool, picker: RefCell::default(), nodes: RefCell::default() }
    }

    /// The shared part.
    pub fn upstream(&self) -> &Arc<Upstream> {
        &self.upstream
    }

    /// Which `Host` the node gets.
    pub fn host_rule(&self) -> &HostRule {
        &self.upstream.host
    }

    /// How many nodes there are to pick from.
    pub fn len(&self) -> usize {
        self.upstream.nodes.len()
    }

    /// Whether there is no node (503).
    pub fn is_empty(&self) -> bool {
        self.upstream.nodes.is_empty()
    }

    /// Picks a node for a request that has tried `tried` (see [`Picker::pick`]): its index, to be added there, and the node.
    /// `make` finds or makes the worker's node of a key ([`Worker::node`](crate::worker::Worker::node)).
    pub fn pick(
        &self,
        key: Option<&[u8]>,
        tried: &Tried,
        health: Option<&dyn Health>,
        make: impl FnOnce(NodeKey, &Node) -> Rc<LocalNode>,
    ) -> Option<(usize, Rc<LocalNode>)> {
        let nodes = &self.upstream.nodes;
        let at = match nodes.len() {
            0 => return None,
            1 => 0,
            _ => self.picker.borrow_mut().get_or_insert_with(|| Picker::new(nodes)).pick(key, tried, health)?,
        };
        let mut locals = self.nodes.borrow_mut();
        if locals.is_empty() {
            locals.resize(nodes.len(), None);
        }
        let local = locals.get_mut(at)?;
        if let Some(local) = local {
            return Some((at, Rc::clone(local)));
        }
        let node = nodes.get(at)?;
        let made = make(self.key(node), node);
        *local = Some(Rc::clone(&made));
        Some((at, made))
    }

    /// Tells the balancer what became of a pick.
    pub fn after(&self, node: usize, outcome: &Outcome) {
        if let Some(picker) = self.picker.borrow_mut().as_mut() {
            picker.after(node, outcome);
        }
    }

    fn key(&self, node: &Node) -> NodeKey {
        NodeKey {
            scheme: self.upstream.scheme,
            node: Arc::clone(node.shared_id()),
            tls: self.upstream.tls.as_ref().map_or(0, |tls| tls.id),
            pool: self.pool,
        }
    }
}

/// What two upstreams must agree on to use the same connections to a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeKey {
    /// The protocol spoken.
    pub scheme: Scheme,
    /// [`Node::id`].
    pub node: Arc<str>,
    /// [`TlsClient::id`]; 0 without TLS.
    pub tls: u64,
    /// How connections are kept.
    pub pool: PoolSettings,
}

/// A node as one worker sees it: where it is and the connections that idle there. Upstreams that agree on the [`NodeKey`]
/// share it.
pub struct LocalNode {
    /// Where to connect.
    pub addr: SocketAddr,
    /// How to speak TLS with it, for those schemes.
    pub tls: Option<Arc<TlsClient>>,
    /// How its connections are kept.
    pub pool: PoolSettings,
    node: NodeText,
    idle: RefCell<VecDeque<Idle>>,
}

struct NodeText {
    id: Arc<str>,
    authority: Box<str>,
}

/// A connection nobody uses.
struct Idle {
    connection: Box<dyn wire::Upstream>,
    /// The server name that TLS was opened with; connections are not reused across names.
    name: Option<Rc<[u8]>>,
    since_ms: u64,
}

impl LocalNode {
    /// The node of a key, without connections. `tls` is the client whose id is in the key.
    pub fn new(key: &NodeKey, node: &Node, tls: Option<Arc<TlsClient>>) -> Self {
        Self {
            addr: node.addr,
            tls,
            pool: key.pool,
            node: NodeText { id: Arc::clone(node.shared_id()), authority: node.authority().into() },
            idle: RefCell::default(),
        }
    }

    /// Who this is: [`Node::id`].
    pub fn id(&self) -> &str {
        &self.node.id
    }

    /// What `pass_host: node` sends as `Host`.
    pub fn host_header(&self) -> &[u8] {
        self.node.authority.as_bytes()
    }

    /// The connection used last that is still usable, opened for the server name `name` (`None` without TLS).
    pub fn take(&self, name: Option<&[u8]>, now_ms: u64) -> Option<Box<dyn wire::Upstream>> {
        loop {
            // Not held while a connection is asked or dropped: both are code of the protocol.
            let mut idle = {
                let mut all = self.idle.borrow_mut();
                let at = all.iter().rposition(|idle| idle.name.as_deref() == name)?;
                all.remove(at)?
            };
            if !self.expired(&idle, now_ms) && idle.connection.quiet() {
                return Some(idle.connection);
            }
        }
    }

    /// Keeps a connection that is ready for another request; past the pool's size the one idle longest goes.
    pub fn put(&self, connection: Box<dyn wire::Upstream>, name: Option<Rc<[u8]>>, now_ms: u64) {
        let mut idle = self.idle.borrow_mut();
        let surplus = if idle.len() >= self.pool.size { idle.pop_front() } else { None };
        if self.pool.size > 0 {
            idle.push_back(Idle { connection, name, since_ms: now_ms });
        }
        drop(idle);
        drop(surplus);
    }

    /// How many connections idle here.
    pub fn idle(&self) -> usize {
        self.idle.borrow().len()
    }

    /// Closes the connections that have idled too long.
    pub fn expire(&self, now_ms: u64) {
        loop {
            // Sorted by time: connections are put at the back.
            let mut all = self.idle.borrow_mut();
            let expired = all.pop_front_if(|idle| self.expired(idle, now_ms));
            drop(all);
            if expired.is_none() {
                return;
            }
        }
    }

    /// Closes all idle connections.
    pub fn close_idle(&self) {
        drop(self.idle.take());
    }

    fn expired(&self, idle: &Idle, now_ms: u64) -> bool {
        self.pool.idle_timeout.is_some_and(|most| Duration::from_millis(now_ms.saturating_sub(idle.since_ms)) >= most)
    }
}

impl std::fmt::Debug for LocalNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalNode").field("id", &self.id()).field("idle", &self.idle()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LocalUpstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalUpstream").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}
