//! One request and its answer on their way through the engine. Every protocol decodes into an [`Exchange`] and encodes out of one,
//! so a route, plugin or upstream never knows which protocol it serves.
//!
//! An exchange has no lifetime parameter, and nothing atomic is cloned for one: what it holds of the worker is `Rc`. The worker
//! keeps finished exchanges with their blocks, so a head costs no allocation.

mod body;
mod call;
mod conn;
mod parts;
pub mod time;
mod times;
mod vars;

use std::any::{Any, TypeId};
use std::cell::OnceCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

pub use self::call::{Call, CallReader, Reply, ReplyReader, Transcoder};
pub use self::conn::{Conn, Listener, Protocol};
pub use self::parts::{Chosen, Framing, Origin, RateLimit, Request, Response, Version};
pub use self::times::Times;
use crate::expr::args::{self, Arg};
use crate::expr::body::BodyDoc;
use crate::expr::graphql::Operation;
use crate::headers::{BadValue, HeaderName, Headers, Name, Span, name};
use crate::plugin::{Chain, Filtered, UpstreamRef};
use crate::router::Captures;
use crate::snapshot::Credentialed;
use crate::watch::Watched;
use crate::wire::Upstream;
use crate::worker::{Deadline, LocalRoute, Worker};

/// A request and its answer.
pub struct Exchange {
    /// What the client asked, as far as plugins have not changed it.
    pub req: Request,
    /// What the client is going to get.
    pub resp: Response,
    /// The connection it came on.
    pub conn: Rc<Conn>,
    /// The matched route as this worker sees it.
    pub route: Option<Rc<LocalRoute>>,
    /// The plugins that run on this exchange, merged and ordered.
    pub chain: Rc<Chain>,
    /// The global rules' plugins.
    pub globals: Rc<Chain>,
    /// Which filters (`_meta.filter`) have been judged, and how: the route's chain and the global rules'.
    pub filtered: [Filtered; 2],
    /// Who asks, once an auth plugin has found out.
    pub consumer: Option<Arc<Credentialed>>,
    /// When things happened.
    pub times: Times,
    /// Where the exchange goes.
    pub upstream: Chosen,
    /// Parts of the path named by the route (`uri_param_*`).
    pub captures: Captures,
    /// The one timer of this exchange.
    pub deadline: Deadline,
    /// Set by an auth plugin when it has attached a consumer whose plugins are not merged yet.
    pub merge_consumer: bool,
    /// The client's address where a plugin (`real-ip`) has replaced the connection's.
    pub client_addr: Option<SocketAddr>,
    /// What the last rate limit said of this request (`$rate_limiting_info`).
    pub rate_limit: Option<RateLimit>,
    /// What is kept for those who watch it.
    pub watched: Watched,
    /// It is counted as one that is on its way.
    running: bool,
    /// The upstream's side where the exchange has become a tunnel and is not carried yet.
    tunnel: Option<Box<dyn Upstream>>,
    early: Headers,
    states: Vec<(TypeId, Box<dyn Any>)>,
    customs: Vec<(Box<str>, Bytes)>,
    body_doc: OnceCell<Option<Box<BodyDoc>>>,
    graphql: OnceCell<Option<Box<Operation>>>,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end_running();
    }
}

impl Exchange {
    /// A fresh exchange of a worker; connections take theirs from [`Worker::exchange`].
    pub fn new(conn: Rc<Conn>) -> Exchange {
        let worker = Rc::clone(&conn.worker);
        Exchange {
            req: Request::default(),
            resp: Response::default(),
            route: None,
            chain: worker.empty_chain(),
            globals: worker.empty_chain(),
            filtered: Default::default(),
            consumer: None,
            times: Times::default(),
            upstream: Chosen::default(),
            captures: Captures::default(),
            deadline: worker.deadline(),
            merge_consumer: false,
            client_addr: None,
            rate_limit: None,
            watched: Watched::default(),
            running: false,
            tunnel: None,
            early: Headers::new(),
            states: Vec::new(),
            customs: Vec::new(),
            body_doc: OnceCell::new(),
            graphql: OnceCell::new(),
            conn,
        }
    }

    /// It is on its way, and counted as such until [`Exchange::end_running`], or until it is dropped.
    #[inline]
    pub(crate) fn begin_running(&mut self) {
        if !std::mem::replace(&mut self.running, true) {
            self.conn.worker.counters.running.add(1);
        }
    }

    /// It is on its way no more.
    #[inline]
    pub(crate) fn end_running(&mut self) {
        if std::mem::take(&mut self.running) {
            self.conn.worker.counters.running.sub(1);
        }
    }

    /// Makes a retired exchange ready for a request of `conn`.
    pub fn reset(&mut self, conn: Rc<Conn>) {
        self.conn = conn;
    }

    /// Lets go of everything a finished request held, keeping the blocks. The connection is kept until the next one comes: a
    /// worker's free list is short.
    pub(crate) fn retire(&mut self, empty: &Rc<Chain>) {
        self.end_running();
        self.req.reset();
        self.resp.reset();
        self.route = None;
        if !self.chain.is_empty() {
            self.chain = Rc::clone(empty);
        }
        if !self.globals.is_empty() {
            self.globals = Rc::clone(empty);
        }
        self.filtered = Default::default();
        self.consumer = None;
        self.times = Times::default();
        self.upstream.reset();
        self.captures.clear();
        self.deadline.disarm();
        self.merge_consumer = false;
        self.client_addr = None;
        self.rate_limit = None;
        self.watched.reset();
        self.tunnel = None;
        self.early.clear();
        if !self.states.is_empty() || !self.customs.is_empty() {
            self.states.clear();
            self.customs.clear();
        }
        self.body_doc.take();
        self.graphql.take();
    }

    /// The exchange has become a tunnel: keeps the upstream's side, and of everything else no more than it has to, for a tunnel
    /// may be there for long.
    pub(crate) fn begin_tunnel(&mut self, up: Box<dyn Upstream>) {
        self.tunnel = Some(up);
        self.req.filters = Vec::new();
        self.req.head.shrink();
        self.resp.head.shrink();
        self.early = Headers::new();
        self.customs.shrink_to_fit();
        self.watched.shrink();
    }

    /// The exchange has become a tunnel that is to be carried ([`crate::pipeline::tunnel`]).
    pub fn tunnels(&self) -> bool {
        self.tunnel.is_some()
    }

    /// The upstream's side of the tunnel.
    pub(crate) fn take_tunnel(&mut self) -> Option<Box<dyn Upstream>> {
        self.tunnel.take()
    }

    /// The worker that serves this exchange.
    pub fn worker(&self) -> &Rc<Worker> {
        &self.conn.worker
    }

    /// The method as received.
    pub fn method(&self) -> &[u8] {
        self.req.head.text(self.req.method)
    }

    /// The path in normal form, as routes and plugins see it.
    pub fn path(&self) -> &[u8] {
        self.req.head.text(self.req.path)
    }

    /// The query without its `?`.
    pub fn query(&self) -> &[u8] {
        self.req.head.text(self.req.query)
    }

    /// The query's arguments, as many of them as are read.
    pub fn args(&self) -> impl Iterator<Item = Arg<'_>> + Clone {
        args::read(self.query(), self.worker().with_settings(|s| s.limits.query_parameters))
    }

    /// The first value of a query argument, decoded.
    pub fn arg(&self, name: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
        self.args().find(|arg| arg.is(name)).map(|arg| arg.value())
    }

    /// The host in lower case, without port.
    pub fn host(&self) -> &[u8] {
        self.req.head.text(self.req.host)
    }

    /// The authority as the client sent it, port included.
    pub fn authority(&self) -> &[u8] {
        self.req.head.text(self.req.authority)
    }

    /// The target the upstream gets.
    pub fn upstream_target(&self) -> &[u8] {
        self.req.head.text(self.req.upstream_target.unwrap_or(self.req.target))
    }

    /// The method the upstream gets.
    pub fn upstream_method(&self) -> &[u8] {
        self.req.head.text(self.req.upstream_method.unwrap_or(self.req.method))
    }

    /// Gives the upstream another target (path and query, already escaped).
    pub fn set_upstream_target(&mut self, target: &[u8]) {
        self.req.upstream_target = Some(self.req.head.store(target));
    }

    /// Replaces the query for variables, plugins and the upstream alike; `None` takes it away together with its `?`.
    pub fn set_query(&mut self, query: Option<&[u8]>) {
        let target = self.upstream_target();
        let path = target.split(|b| *b == b'?').next().unwrap_or_default();
        let mut rebuilt = Vec::with_capacity(path.len() + query.map_or(0, |q| q.len() + 1));
        rebuilt.extend_from_slice(path);
        if let Some(query) = query {
            rebuilt.push(b'?');
            rebuilt.extend_from_slice(query);
        }
        self.set_upstream_target(&rebuilt);
        self.req.has_query = query.is_some();
        self.req.query = query.map_or(Span::EMPTY, |q| self.req.head.store(q));
    }

    /// Gives the upstream another method.
    pub fn set_upstream_method(&mut self, method: &[u8]) {
        self.req.upstream_method = Some(self.req.head.store(method));
    }

    /// Gives the upstream another `Host`; `false` where the text is no [authority](crate::authority), and nothing has changed.
    #[must_use]
    pub fn set_upstream_host(&mut self, host: &[u8]) -> bool {
        let good = crate::authority::authority(host).is_some();
        if good {
            self.upstream.host = Some(self.req.head.store(host));
        }
        good
    }

    /// Puts another body in the place of the one that was collected, for variables, plugins and the upstream alike.
    pub fn replace_body(&mut self, body: Bytes) {
        self.req.framing = Framing::Length(body.len() as u64);
        self.req.collected = Some(body);
        self.body_doc.take();
        self.graphql.take();
    }

    /// Sends the exchange to an upstream that a plugin has chosen, instead of the route's. `false` where there is none (any more):
    /// nothing has changed.
    #[must_use]
    pub fn choose_upstream(&mut self, chosen: &UpstreamRef) -> bool {
        let worker = Rc::clone(self.worker());
        let snapshot = worker.snapshot();
        let found = chosen.slot(&snapshot).and_then(|slot| worker.local_upstream(&snapshot, slot));
        let there = found.is_some();
        if there {
            self.upstream.upstream = found;
        }
        there
    }

    /// Whether an upstream that a plugin may choose is there.
    pub fn has_upstream(&self, asked: &UpstreamRef) -> bool {
        asked.slot(&self.worker().snapshot()).is_some()
    }

    /// `Host` for the upstream: a plugin's, else by the upstream's `pass_host`, else the client's.
    #[inline]
    pub fn upstream_host(&self) -> &[u8] {
        let rule = self.upstream.upstream.as_ref().map(|u| u.host_rule());
        match (rule, self.upstream.host) {
            (Some(crate::upstream::HostRule::Rewrite(host)), _) => host,
            (Some(crate::upstream::HostRule::NodeName), _) => {
                self.upstream.node.as_ref().map_or(&[], |node| crate::upstream::without_port(node.host_header()))
            }
            (Some(crate::upstream::HostRule::Node), _) => {
                self.upstream.node.as_ref().map_or(&[], |node| node.host_header())
            }
            (_, Some(span)) => self.req.head.text(span),
            (_, None) => self.authority(),
        }
    }

    /// The client's address: the connection's peer, unless a plugin has found a better one.
    pub fn remote_addr(&self) -> IpAddr {
        self.client_addr.map_or(self.conn.peer.ip(), |a| a.ip())
    }

    /// A field set on the answer whoever makes it: applied over the upstream's fields before `header_filter`.
    ///
    /// # Errors
    /// [`BadValue`] when the text may not stand in a header.
    pub fn set_response_header(&mut self, name: Name<'_>, value: &[u8]) -> Result<(), BadValue> {
        if self.resp.status != 0 {
            return self.resp.head.set(name, value);
        }
        self.early.set(name, value)
    }

    /// Like [`Exchange::set_response_header`], beside fields of the same name.
    ///
    /// # Errors
    /// [`BadValue`] when the text may not stand in a header.
    pub fn add_response_header(&mut self, name: Name<'_>, value: &[u8]) -> Result<(), BadValue> {
        if self.resp.status != 0 {
            return self.resp.head.append(name, value);
        }
        self.early.append(name, value)
    }

    /// [`Exchange::add_response_header`] of a number.
    #[inline]
    pub fn add_response_number(&mut self, name: Name<'_>, value: u64) {
        if self.resp.status != 0 {
            return self.resp.head.append_number(name, value);
        }
        self.early.append_number(name, value);
    }

    /// Puts the fields that plugins set before there was an answer onto the answer.
    pub fn apply_early_headers(&mut self) {
        if self.early.fields().is_empty() {
            return;
        }
        self.resp.head.overlay(&self.early);
        self.early.clear();
    }

    /// A plugin's memory for this exchange, made on first use. A plugin's own private type is its key.
    pub fn state<T: Default + 'static>(&mut self) -> &mut T {
        let id = TypeId::of::<T>();
        let at = match self.states.iter().position(|(t, _)| *t == id) {
            Some(at) => at,
            None => {
                self.states.push((id, Box::<T>::default()));
                self.states.len() - 1
            }
        };
        // The entry was made with this type under this key.
        #[allow(clippy::expect_used)]
        self.states[at].1.downcast_mut::<T>().expect("a state is stored under its own type")
    }

    /// The memory of [`Exchange::state`], if it has been made.
    pub fn peek_state<T: 'static>(&self) -> Option<&T> {
        let id = TypeId::of::<T>();
        self.states.iter().find(|(t, _)| *t == id).and_then(|(_, b)| b.downcast_ref())
    }

    /// Sets a variable of a plugin's own making (`$name` in templates and expressions).
    pub fn set_var(&mut self, name: &str, value: impl Into<Bytes>) {
        let value = value.into();
        match self.customs.iter_mut().find(|(n, _)| &**n == name) {
            Some(slot) => slot.1 = value,
            None => self.customs.push((name.into(), value)),
        }
    }

    /// A variable set by [`Exchange::set_var`].
    pub fn custom_var(&self, name: &str) -> Option<&[u8]> {
        self.customs.iter().find(|(n, _)| &**n == name).map(|(_, v)| &v[..])
    }

    /// The consumer an auth plugin found: identity headers are set for the upstream and stray ones removed; its own plugins and
    /// its group's are merged after this phase.
    pub fn attach_consumer(&mut self, consumer: Arc<Credentialed>) {
        let head = &mut self.req.head;
        set_or_remove(head, name::X_CONSUMER_USERNAME, Some(consumer.username()));
        set_or_remove(head, name::X_CREDENTIAL_IDENTIFIER, consumer.credential_id());
        set_or_remove(head, name::X_CONSUMER_CUSTOM_ID, consumer.custom_id());
        self.merge_consumer = true;
        self.consumer = Some(consumer);
    }

    /// Whether the caller's deadline (`grpc-timeout`) has passed.
    pub fn overdue(&self) -> bool {
        self.req.until_ms != 0 && crate::worker::now_ms() >= self.req.until_ms
    }

    /// Whether this request may be sent again after its bytes have been written (RFC 9110 §9.2.2, POST and PATCH never).
    pub fn idempotent(&self) -> bool {
        matches!(self.upstream_method(), b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" | b"PUT" | b"DELETE")
    }

    /// Sets a request field that has an owned name.
    ///
    /// # Errors
    /// [`BadValue`] when the text may not stand in a header.
    pub fn set_request_header(&mut self, name: &HeaderName, value: &[u8]) -> Result<(), BadValue> {
        self.req.head.set(name.as_name(), value)
    }
}

fn set_or_remove(head: &mut Headers, name: Name<'_>, value: Option<&str>) {
    match value {
        // A value of the configuration that may not stand in a header is left out rather than sent broken.
        Some(text) => {
            if head.set(name, text.as_bytes()).is_err() {
                head.remove(name);
            }
        }
        None => {
            head.remove(name);
        }
    }
}
