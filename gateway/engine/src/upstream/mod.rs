//! Upstreams: their nodes, who is picked, and how a node is spoken to.
//!
//! An [`Upstream`] is compiled when its resource changes and shared by all workers; a change of a name's addresses makes a new
//! one ([`Upstream::renewed`]) and touches no other. Each worker sees it as a [`LocalUpstream`], which has the balancer's
//! position, and its nodes as [`LocalNode`]s, which have the idle connections.

mod balance;
mod budget;
mod chash;
mod description;
mod ewma;
mod gate;
mod hash_key;
pub mod health;
mod host;
mod leastconn;
mod local;
mod nodes;
mod outlier;
mod priority;
mod resolve;
pub mod retry;
mod roundrobin;
mod services;
mod shared;
mod tls;

#[cfg(test)]
mod tests;

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use gateway_model::resource::{CheckKind, Resilience};

pub use self::balance::{Balance, Health, Tried};
pub use self::budget::RetryBudget;
pub use self::chash::{Chash, Ring};
pub use self::description::{Describing, Description, Method, TypeDescription, Undescribed};
pub use self::ewma::Ewma;
pub use self::gate::{Door, Gate, InUse, Limit, Occupied, Permit, Waiting};
pub use self::hash_key::HashKey;
use self::health::{Checkers, Checks, Rules};
pub use self::host::{HostRule, server_name, without_port};
pub use self::leastconn::LeastConn;
pub use self::local::{LocalNode, LocalUpstream, Multiplexed, NodeKey};
pub use self::nodes::{Level, Member, Node, NodeSpec, Nodes};
pub use self::outlier::Record;
pub use self::priority::Picker;
pub use self::resolve::{Answer, Names, NamesSettings, Resolve, ResolveError, Resolving, Subscription};
pub use self::retry::RetryRule;
pub use self::roundrobin::RoundRobin;
pub use self::services::{
    Discovered, Feed, Following, Metadata, Registry, RegistryStatus, ServiceKey, Services, Wanted,
};
pub use self::shared::{Flight, NodeState, SharedStates, StateTable, Tally, UpstreamState};
pub(crate) use self::tls::WallClock;
pub use self::tls::{ClientCert, TlsClient, TlsClients, TlsError, TlsSettings, Trust};

/// An upstream, ready to use.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Where it is configured: `upstreams/ID`, or the object that holds it (`routes/ID`, `services/ID`).
    pub key: Arc<str>,
    /// The protocol its nodes speak.
    pub scheme: Scheme,
    /// It is spoken over HTTP/2: gRPC always is, HTTP where the upstream says so.
    pub http2: bool,
    /// Its usable nodes.
    pub nodes: Arc<Nodes>,
    /// How one of them is picked.
    pub balancer: Balancer,
    /// What is hashed to pick a node; `None`: the balancer does not hash.
    pub hash: Option<HashKey>,
    /// How often a request is tried.
    pub retry: RetryRule,
    /// How long nodes may take; `None`: as the static configuration says. A route's own go before.
    pub timeouts: Option<Timeouts>,
    /// Which `Host` nodes get.
    pub host: HostRule,
    /// How connections are kept; `None`: as the static configuration says.
    pub pool: Option<PoolSettings>,
    /// The TLS client, for schemes that have TLS.
    pub tls: Option<Arc<TlsClient>>,
    /// Why requests cannot be sent though there are nodes (502): the certificate it refers to is missing.
    pub broken: Option<Box<str>>,
    /// The registry it takes its nodes from (`discovery_type`). It has none where there is no such registry.
    pub discovery: Option<Box<str>>,
    /// What workers know together of its nodes; `None` where nothing needs it.
    pub shared: Option<SharedStates>,
    /// How its nodes are checked.
    pub checks: Option<Arc<Checks>>,
    /// What it says about tries, failing nodes and crowds; `None`: nothing.
    pub resilience: Option<Arc<Resilience>>,
    /// In front of its connections, where they are limited.
    pub gate: Option<Arc<Gate>>,
    /// Its state, where nothing needs one until something goes wrong and is counted.
    tallied: OnceLock<Arc<UpstreamState>>,
    sources: Option<Arc<Sources>>,
}

/// What its nodes come from where they can change by themselves: a service of a registry, names.
#[derive(Debug)]
struct Sources {
    specs: Arc<[NodeSpec]>,
    subscriptions: Box<[Subscription]>,
    service: Option<Arc<Discovered>>,
    names: Names,
    token: u64,
}

impl Sources {
    fn new(specs: Arc<[NodeSpec]>, service: Option<Arc<Discovered>>, names: &Names, token: u64) -> Self {
        let mut hosts: Vec<&str> = specs.iter().filter(|n| n.ip().is_none()).map(|n| &*n.host).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let subscriptions = hosts.iter().map(|n| names.subscribe(n, token)).collect();
        Self { specs, subscriptions, service, names: names.clone(), token }
    }

    /// Whether it can never give other nodes than now.
    fn is_fixed(&self) -> bool {
        self.service.is_none() && self.subscriptions.is_empty()
    }

    fn nodes(&self, scheme: Scheme, hashing: bool) -> Nodes {
        Nodes::new(&self.specs, scheme, hashing, |name| addrs(&self.subscriptions, name))
    }

    /// The same with what the registry says now; `None`: it says what it said.
    fn moved(&self) -> Option<Self> {
        let service = self.service.as_ref()?;
        let specs = service.nodes();
        let same = Arc::ptr_eq(&specs, &self.specs) || specs == self.specs;
        (!same).then(|| Self::new(specs, Some(Arc::clone(service)), &self.names, self.token))
    }
}

/// An upstream as configured, checked by the schema.
#[derive(Clone, Debug, Default)]
pub struct UpstreamSpec {
    /// `scheme`.
    pub scheme: Scheme,
    /// `http_version` is `2`.
    pub http2: bool,
    /// `nodes`.
    pub nodes: Vec<NodeSpec>,
    /// `discovery_type`.
    pub discovery: Option<Box<str>>,
    /// The service there that its nodes are of.
    pub service: Option<ServiceKey>,
    /// `type`.
    pub balancer: Balancer,
    /// `hash_on` and `key`, for `chash`.
    pub hash: Option<HashKey>,
    /// `retries` and `retry_timeout`.
    pub retry: RetryRule,
    /// `timeout`.
    pub timeouts: Option<Timeouts>,
    /// `pass_host` and `upstream_host`.
    pub host: HostRule,
    /// `keepalive_pool`.
    pub pool: Option<PoolSettings>,
    /// `tls`.
    pub tls: Option<TlsSpec>,
    /// `checks`.
    pub checks: Option<gateway_model::resource::Checks>,
    /// `retry_policy`, `outlier_detection`, `slow_start_ms` and `limits`.
    pub resilience: Resilience,
    /// Something else of it needs [`SharedStates`].
    pub stateful: bool,
}

/// The `tls` of an upstream.
#[derive(Clone, Debug, Default)]
pub struct TlsSpec {
    /// `verify`; `None`: as the static configuration says.
    pub verify: Option<bool>,
    /// `client_cert` and `client_key`.
    pub client: Option<ClientCert>,
    /// They are there, but one is a reference to a secret that is not resolved.
    pub unresolved: bool,
    /// `client_cert_id`: the id of an `ssl` object of `type: client`.
    pub client_cert_id: Option<Box<str>>,
}

/// What compiling an upstream needs of its surroundings.
pub struct Surroundings<'a> {
    /// Where the upstream is configured: [`Upstream::key`].
    pub key: &'a Arc<str>,
    /// What is known of upstreams and nodes already.
    pub states: &'a StateTable,
    /// Resolves names.
    pub names: &'a Names,
    /// Knows the nodes of services.
    pub services: &'a Services,
    /// Makes TLS clients.
    pub tls: &'a TlsClients,
    /// `gateway.upstream_tls_verify`: what an absent `tls.verify` means.
    pub verify: bool,
    /// Who has its nodes checked; `None`: nobody does, whatever it says.
    pub checkers: Option<&'a Checkers>,
    /// Finds the certificate of an `ssl` object by its id.
    pub certificate: &'a dyn Fn(&str) -> Option<ClientCert>,
}

impl Upstream {
    /// Compiles a checked upstream. `token` is what [`Names`] says when a name of this upstream has got other addresses:
    /// then [`Upstream::renewed`] gives the new version.
    ///
    /// # Errors
    /// [`TlsError`] when its certificate or key is unusable.
    pub fn compile(spec: UpstreamSpec, token: u64, around: &Surroundings<'_>) -> Result<Self, TlsError> {
        let hash = (spec.balancer == Balancer::Chash).then_some(spec.hash).flatten();
        let service = spec.service.and_then(|key| around.services.subscribe(key, token)).map(Arc::new);
        let specs = service.as_ref().map_or_else(|| spec.nodes.into(), |service| service.nodes());
        let sources = Sources::new(specs, service, around.names, token);
        let nodes = sources.nodes(spec.scheme, hash.is_some());
        let http2 = spec.http2 || spec.scheme.is_http2();
        let tls_spec = spec.tls.unwrap_or_default();
        let client = client_cert(&tls_spec, around);
        let checks =
            spec.checks.as_ref().zip(around.checkers.filter(|c| c.enabled())).and_then(|(checks, checkers)| {
                let tls =
                    Rules::wants_tls(checks, spec.scheme.is_tls()).then(|| checking_client(checks, &client, around));
                Some(checkers.checks(around.key, Rules::new(checks, &spec.host, tls)?))
            });
        let (tls, broken) = match client {
            _ if !spec.scheme.is_tls() => (None, None),
            Err(why) => (None, Some(why)),
            Ok(client) => {
                let verify = tls_spec.verify.unwrap_or(around.verify);
                let alpn = if http2 { vec![b"h2".to_vec()] } else { Vec::new() };
                (Some(around.tls.get(&TlsSettings { verify, client, alpn })?), None)
            }
        };
        let looked_at = checks.is_some() || spec.balancer.looks_at_nodes() || !spec.resilience.is_none();
        let stateful = spec.stateful || looked_at;
        let shared = stateful.then(|| SharedStates::of(around.states.upstream(around.key), &nodes));
        let most = spec.resilience.limits.max_connections;
        let gate = shared.as_ref().zip(most).map(|(states, most)| states.upstream.gate(most));
        let tallied = around.states.known(around.key).map(OnceLock::from).unwrap_or_default();
        Ok(Self {
            key: Arc::clone(around.key),
            shared,
            resilience: (!spec.resilience.is_none()).then(|| Arc::new(spec.resilience)),
            gate,
            tallied,
            scheme: spec.scheme,
            http2,
            nodes: Arc::new(nodes),
            balancer: spec.balancer,
            hash,
            retry: spec.retry,
            timeouts: spec.timeouts,
            host: spec.host,
            pool: spec.pool,
            tls,
            broken,
            discovery: spec.discovery,
            checks,
            sources: (!sources.is_fixed()).then(|| Arc::new(sources)),
        })
    }

    /// This upstream with the nodes its registry names now, and the addresses their names have; `None` when they are the same.
    pub fn renewed(&self) -> Option<Self> {
        let known = self.sources.as_ref()?;
        let moved = known.moved().map(Arc::new);
        let sources = moved.as_ref().unwrap_or(known);
        let nodes = sources.nodes(self.scheme, self.hash.is_some());
        (moved.is_some() || nodes != *self.nodes).then(|| Self {
            shared: self.shared.as_ref().map(|known| SharedStates::of(Arc::clone(&known.upstream), &nodes)),
            nodes: Arc::new(nodes),
            sources: Some(Arc::clone(sources)),
            ..self.clone()
        })
    }

    /// It is going to be the one that is used: what is known of nodes that it has not, and what its policies do not ask for any
    /// more, is forgotten.
    pub fn install(&self) {
        let Some(states) = &self.shared else {
            if let Some(state) = self.tallied.get() {
                state.keep(&Nodes::default());
                state.ungate();
            }
            return;
        };
        states.upstream.keep(&self.nodes);
        if self.resilience.as_ref().is_none_or(|r| r.outlier_detection.is_none()) {
            states.upstream.readmit_all(&states.nodes);
        }
        if self.gate.is_none() {
            states.upstream.ungate();
        }
    }

    /// What is known of it over all its versions.
    pub fn state(&self, table: &StateTable) -> &Arc<UpstreamState> {
        match &self.shared {
            Some(states) => &states.upstream,
            None => self.tallied.get_or_init(|| table.upstream(&self.key)),
        }
    }

    /// The service of a registry that its nodes are of.
    pub fn service(&self) -> Option<&ServiceKey> {
        self.sources.as_ref()?.service.as_ref().map(|service| service.key())
    }

    /// Whether its nodes come from a registry that there is.
    pub fn is_discovered(&self) -> bool {
        self.sources.as_ref().is_some_and(|sources| sources.service.is_some())
    }

    /// Whether its registry has not answered even once, or a name of it has not been looked up, so that an empty node set is
    /// worth waiting for.
    #[cfg(test)]
    pub(crate) fn is_pending(&self) -> bool {
        self.sources.as_ref().is_some_and(|sources| {
            sources.service.as_ref().is_some_and(|service| !service.is_settled())
                || sources.subscriptions.iter().any(|s| !s.is_settled())
        })
    }

    /// Waits until its registry has answered, and a name has addresses or each was looked up once, and gives the upstream with
    /// what was found. Bounded by the patience with registries and the names' own timeout; at once when nothing
    /// is pending.
    pub async fn settled(self: Arc<Self>) -> Arc<Self> {
        let mut upstream = self;
        if let Some(service) = upstream.sources.as_ref().and_then(|sources| sources.service.clone()) {
            service.settled().await;
            upstream = upstream.renewed().map_or(upstream, Arc::new);
        }
        if let Some(sources) = &upstream.sources {
            let mut waiting: Vec<_> = sources.subscriptions.iter().map(|s| Box::pin(s.settled())).collect();
            poll_fn(|cx| {
                waiting.retain_mut(|settled| settled.as_mut().poll(cx).is_pending());
                let found = || sources.subscriptions.iter().any(|s| !s.addrs().is_empty());
                if waiting.is_empty() || found() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        upstream.renewed().map_or(upstream, Arc::new)
    }
}

fn addrs(subscriptions: &[Subscription], name: &str) -> Arc<[IpAddr]> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let found = subscriptions.iter().find(|s| s.name().eq_ignore_ascii_case(name));
    found.map_or_else(|| Arc::from([]), Subscription::addrs)
}

/// The certificate to show to nodes.
///
/// # Errors
/// Why there is none though the upstream refers to one.
fn client_cert(tls: &TlsSpec, around: &Surroundings<'_>) -> Result<Option<ClientCert>, Box<str>> {
    if tls.unresolved {
        return Err("its client certificate is a reference to a secret that is not resolved".into());
    }
    match (&tls.client, &tls.client_cert_id) {
        (Some(client), _) => Ok(Some(client.clone())),
        (None, None) => Ok(None),
        (None, Some(id)) => match (around.certificate)(id) {
            Some(client) => Ok(Some(client)),
            None => Err(format!("there is no client certificate {id}").into()),
        },
    }
}

/// The TLS client of probes.
///
/// # Errors
/// Why there is none: requests go out all the same, so that this is no reason to refuse the upstream.
fn checking_client(
    checks: &gateway_model::resource::Checks,
    client: &Result<Option<ClientCert>, Box<str>>,
    around: &Surroundings<'_>,
) -> Result<Arc<TlsClient>, Box<str>> {
    let client = client.clone()?;
    let active = checks.active.as_ref();
    let verify = active.is_none_or(|active| active.verify);
    let alpn = match active.map(|active| active.kind) {
        Some(CheckKind::Grpc) => vec![b"h2".to_vec()],
        _ => Vec::new(),
    };
    around.tls.get(&TlsSettings { verify, client, alpn }).map_err(|error| error.to_string().into())
}

/// How a node is picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Balancer {
    /// In turn, by weight.
    #[default]
    RoundRobin,
    /// By a hash of something of the request.
    Chash,
    /// The one with the fewest exchanges in flight.
    LeastConn,
    /// The faster one of two.
    Ewma,
}

impl Balancer {
    /// The balancer of a `type`; `None` for an unknown one.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "roundrobin" => Self::RoundRobin,
            "chash" => Self::Chash,
            "least_conn" => Self::LeastConn,
            "ewma" => Self::Ewma,
            _ => return None,
        })
    }

    /// Whether it picks by what is known of nodes, so that exchanges are counted.
    pub const fn looks_at_nodes(self) -> bool {
        matches!(self, Self::LeastConn | Self::Ewma)
    }
}

/// The protocol that nodes speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scheme {
    /// HTTP in the clear.
    #[default]
    Http,
    /// HTTP over TLS.
    Https,
    /// gRPC over HTTP/2 in the clear.
    Grpc,
    /// gRPC over HTTP/2 and TLS.
    Grpcs,
    /// Dubbo2 over TCP.
    Dubbo,
    /// Dubbo's Triple over HTTP/2.
    Tri,
    /// A byte stream.
    Tcp,
    /// A byte stream in TLS.
    Tls,
    /// Datagrams.
    Udp,
    /// Kafka, for WebSocket clients.
    Kafka,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Http,
        Self::Https,
        Self::Grpc,
        Self::Grpcs,
        Self::Dubbo,
        Self::Tri,
        Self::Tcp,
        Self::Tls,
        Self::Udp,
        Self::Kafka,
    ];

    /// How many there are.
    pub const COUNT: usize = 10;

    /// Its place in [`Scheme::ALL`], for tables by scheme.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// As it is written in an upstream's `scheme`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Grpc => "grpc",
            Self::Grpcs => "grpcs",
            Self::Dubbo => "dubbo",
            Self::Tri => "tri",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Udp => "udp",
            Self::Kafka => "kafka",
        }
    }

    /// The scheme of a name; `None` for an unknown one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }

    /// The port of nodes that name none.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Https | Self::Grpcs => 443,
            Self::Dubbo => 20880,
            Self::Tri => 50051,
            _ => 80,
        }
    }

    /// Whether this scheme is always spoken over HTTP/2.
    pub const fn is_http2(self) -> bool {
        matches!(self, Self::Grpc | Self::Grpcs | Self::Tri)
    }

    /// Whether connections of this scheme are TLS.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Grpcs | Self::Tls)
    }
}

/// How long a node may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To accept a connection, TLS included, in milliseconds.
    pub connect_ms: u64,
    /// Between two writes of a request, in milliseconds.
    pub send_ms: u64,
    /// Between two reads of an answer, in milliseconds.
    pub read_ms: u64,
}

impl Timeouts {
    /// Of these durations; what is shorter than a millisecond counts as one, for none is meant to be over at once.
    pub fn new(connect: Duration, send: Duration, read: Duration) -> Self {
        Self { connect_ms: millis(connect).max(1), send_ms: millis(send).max(1), read_ms: millis(read).max(1) }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_ms: 60_000, send_ms: 60_000, read_ms: 60_000 }
    }
}

/// How connections to a node are kept for further requests, by each worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolSettings {
    /// The most idle connections; beyond, the one idle longest is closed.
    pub size: usize,
    /// How long one may idle; `None`: as long as its peer lets it.
    pub idle_timeout: Option<Duration>,
    /// The most requests on one connection.
    pub requests: u32,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { size: 320, idle_timeout: Some(Duration::from_secs(60)), requests: 1000 }
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
