//! Upstreams: nodes, and everything about how they are chosen and spoken to.

use std::time::Duration;

use serde_json::{Map, Value};

use super::fields::{Bound, Fields};
use super::{Labels, Malformed, Resilience, Timeout};
use crate::nodes::{self, Node};

/// A set of nodes with a balancer.
#[derive(Debug, Clone, PartialEq)]
pub struct Upstream {
    /// Its id; empty for one written within a route or service.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What users noted on it.
    pub labels: Labels,
    /// How a node is chosen.
    pub balance: Balance,
    /// What a consistent hash is made of.
    pub hash_on: HashOn,
    /// The variable, header, cookie or template that is hashed.
    pub key: Option<String>,
    /// The nodes, `None` where a registry knows them.
    pub nodes: Option<Vec<Node>>,
    /// The name a registry knows it by; under `dubbo` and `tri` also `interface[:version[:group]]`.
    pub service_name: Option<String>,
    /// Which registry.
    pub discovery_type: Option<String>,
    /// `namespace_id`, `group_name`.
    pub discovery_args: Map<String, Value>,
    /// How many further tries; absent: one for each other node.
    pub retries: Option<u32>,
    /// For all tries together; absent or zero: no limit.
    pub retry_timeout: Option<Duration>,
    /// Waiting for nodes; a route may say otherwise.
    pub timeout: Option<Timeout>,
    /// What is spoken to the nodes.
    pub scheme: Scheme,
    /// Which host the nodes see.
    pub pass_host: PassHost,
    /// The host for [`PassHost::Rewrite`].
    pub upstream_host: Option<String>,
    /// TLS towards the nodes.
    pub tls: Option<UpstreamTls>,
    /// Connections that are kept.
    pub keepalive_pool: Option<KeepalivePool>,
    /// Health checks.
    pub checks: Option<Checks>,
    /// The version of HTTP spoken to nodes of scheme `http` and `https`.
    pub http_version: HttpVersion,
    /// What it says about tries, failing nodes and crowds.
    pub resilience: Resilience,
}

/// How a node is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Balance {
    /// In turn, by weight.
    RoundRobin,
    /// By a consistent hash.
    Chash,
    /// By the lowest peak latency of two.
    Ewma,
    /// By the fewest requests under way.
    LeastConn,
    /// A name this gateway does not know.
    Other(String),
}

/// What a consistent hash is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashOn {
    /// A variable.
    Vars,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The consumer's name.
    Consumer,
    /// A template of variables.
    VarsCombinations,
}

/// What is spoken to the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Scheme {
    Http,
    Https,
    Grpc,
    Grpcs,
    Dubbo,
    Tri,
    Tcp,
    Tls,
    Udp,
    Kafka,
}

/// Which host the nodes see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassHost {
    /// The client's.
    Pass,
    /// The node's own.
    Node,
    /// `upstream_host`.
    Rewrite,
}

/// The version of HTTP spoken to nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// TLS towards the nodes.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamTls {
    /// PEM, the chain.
    pub client_cert: Option<String>,
    /// PEM.
    pub client_key: Option<String>,
    /// An `ssl` object of type client, instead.
    pub client_cert_id: Option<String>,
    /// Whether the nodes' certificates are verified; absent: as the gateway is configured.
    pub verify: Option<bool>,
}

/// Connections that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepalivePool {
    /// Most idle connections a worker keeps to a node.
    pub size: u32,
    /// How long one may be idle.
    pub idle_timeout: Duration,
    /// How many requests one serves.
    pub requests: u32,
}

/// Health checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Checks {
    /// Probes.
    pub active: Option<Active>,
    /// Judging traffic.
    pub passive: Option<Passive>,
}

/// What a probe speaks, or passive checks judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum CheckKind {
    Http,
    Https,
    Tcp,
    Grpc,
    Dubbo,
}

/// Probes.
#[derive(Debug, Clone, PartialEq)]
pub struct Active {
    /// What a probe speaks.
    pub kind: CheckKind,
    /// How long one may take.
    pub timeout: Duration,
    /// How many at one time.
    pub concurrency: u32,
    /// The host it names; absent: the node's.
    pub host: Option<String>,
    /// The port it goes to; absent: the node's.
    pub port: Option<u16>,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The body.
    pub body: String,
    /// Whether certificates are verified.
    pub verify: bool,
    /// Whole header lines.
    pub headers: Vec<String>,
    /// What a probe of kind [`CheckKind::Grpc`] or [`CheckKind::Dubbo`] (`interface[:version[:group]]`) asks for; empty: the server
    /// as a whole.
    pub service: String,
    /// Probes begin with the first request.
    pub lazy: bool,
    /// When a node is well again.
    pub healthy: Healthy,
    /// When it is not.
    pub unhealthy: Unhealthy,
}

/// Judging traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Passive {
    /// What is judged.
    pub kind: CheckKind,
    /// When a node is well again.
    pub healthy: Healthy,
    /// When it is not.
    pub unhealthy: Unhealthy,
}

/// When a node is well again.
#[derive(Debug, Clone, PartialEq)]
pub struct Healthy {
    /// Between probes of a node that is well, for [`Active`] checks only.
    pub interval: Duration,
    /// Statuses that speak for it.
    pub statuses: Vec<u16>,
    /// How many in a row.
    pub successes: u8,
}

/// When a node is not well.
#[derive(Debug, Clone, PartialEq)]
pub struct Unhealthy {
    /// Between probes of a node that is not well, for [`Active`] checks only.
    pub interval: Duration,
    /// Statuses that speak against it.
    pub statuses: Vec<u16>,
    /// How many of each.
    pub thresholds: Thresholds,
}

/// How many failures of each kind make a node unwell; 0: that kind does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Answers with a bad status.
    pub http_failures: u8,
    /// Connections that failed.
    pub tcp_failures: u8,
    /// Answers that did not come.
    pub timeouts: u8,
}

impl Upstream {
    /// Makes an upstream of a checked value.
    ///
    /// # Errors
    /// A field that is not of its type, or nodes that are none.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        let scheme_name = f.string("scheme")?.unwrap_or_else(|| "http".into());
        let nodes = match f.get("nodes") {
            None => None,
            Some(nodes) => Some(f.required("nodes", nodes::parse(nodes, &scheme_name).ok())?),
        };
        Ok(Upstream {
            id: f.own_id()?,
            name: f.string("name")?,
            labels: f.labels()?,
            balance: balance(f.string("type")?),
            hash_on: named(&f, "hash_on", HashOn::Vars, HashOn::from_name)?,
            key: f.string("key")?,
            nodes,
            service_name: f.string("service_name")?,
            discovery_type: f.string("discovery_type")?,
            discovery_args: f.object("discovery_args")?.map(|args| args.all()).unwrap_or_default(),
            retries: f.integer("retries")?,
            retry_timeout: f.seconds("retry_timeout")?.filter(|timeout| !timeout.is_zero()),
            timeout: f.timeout()?,
            scheme: f.required("scheme", Scheme::from_name(&scheme_name))?,
            pass_host: named(&f, "pass_host", PassHost::Pass, PassHost::from_name)?,
            upstream_host: f.string("upstream_host")?,
            tls: f.object("tls")?.map(|tls| UpstreamTls::read(&tls)).transpose()?,
            keepalive_pool: f.object("keepalive_pool")?.map(|pool| KeepalivePool::read(&pool)).transpose()?,
            checks: f.object("checks")?.map(|checks| Checks::read(&checks)).transpose()?,
            http_version: named(&f, "http_version", HttpVersion::Http1, HttpVersion::from_name)?,
            resilience: Resilience::read(&f)?,
        })
    }
}

impl Scheme {
    /// The scheme of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        const ALL: [Scheme; 10] = [
            Scheme::Http,
            Scheme::Https,
            Scheme::Grpc,
            Scheme::Grpcs,
            Scheme::Dubbo,
            Scheme::Tri,
            Scheme::Tcp,
            Scheme::Tls,
            Scheme::Udp,
            Scheme::Kafka,
        ];
        ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// As configurations spell it.
    pub const fn name(self) -> &'static str {
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

    /// The port of a node that names none.
    pub fn default_port(self) -> u16 {
        nodes::default_port(self.name())
    }

    /// Whether connections to the nodes are encrypted.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Grpcs | Self::Tls)
    }
}

impl HashOn {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "vars" => Self::Vars,
            "header" => Self::Header,
            "cookie" => Self::Cookie,
            "consumer" => Self::Consumer,
            "vars_combinations" => Self::VarsCombinations,
            _ => return None,
        })
    }
}

impl PassHost {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "pass" => Self::Pass,
            "node" => Self::Node,
            "rewrite" => Self::Rewrite,
            _ => return None,
        })
    }
}

impl HttpVersion {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "1.1" => Self::Http1,
            "2" => Self::Http2,
            _ => return None,
        })
    }
}

impl CheckKind {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "http" => Self::Http,
            "https" => Self::Https,
            "tcp" => Self::Tcp,
            "grpc" => Self::Grpc,
            "dubbo" => Self::Dubbo,
            _ => return None,
        })
    }
}

fn balance(name: Option<String>) -> Balance {
    match name.as_deref() {
        None | Some("roundrobin") => Balance::RoundRobin,
        Some("chash") => Balance::Chash,
        Some("ewma") => Balance::Ewma,
        Some("least_conn") => Balance::LeastConn,
        Some(other) => Balance::Other(other.to_owned()),
    }
}

/// One of a set of names.
fn named<T>(f: &Fields<'_>, name: &str, default: T, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Malformed> {
    match f.string(name)? {
        None => Ok(default),
        Some(text) => f.required(name, read(&text)),
    }
}

/// Keys stay out of logs.
impl std::fmt::Debug for UpstreamTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpstreamTls")
            .field("client_cert_id", &self.client_cert_id)
            .field("verify", &self.verify)
            .finish_non_exhaustive()
    }
}

impl UpstreamTls {
    fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(UpstreamTls {
            client_cert: f.string("client_cert")?,
            client_key: f.string("client_key")?,
            client_cert_id: f.id("client_cert_id")?,
            verify: f.bool("verify")?,
        })
    }
}

impl KeepalivePool {
    fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(KeepalivePool {
            size: f.integer("size")?.unwrap_or(320),
            idle_timeout: f.seconds("idle_timeout")?.unwrap_or(Duration::from_secs(60)),
            requests: f.integer("requests")?.unwrap_or(1000),
        })
    }
}

impl Checks {
    /// Makes them of a checked value, the `checks` of an upstream.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(checks: &Value) -> Result<Self, Malformed> {
        Self::read(&Fields::of(checks)?)
    }

    fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Checks {
            active: f.object("active")?.map(|active| Active::read(&active)).transpose()?,
            passive: f.object("passive")?.map(|passive| Passive::read(&passive)).transpose()?,
        })
    }
}

const NO_THRESHOLDS: Thresholds = Thresholds { http_failures: 5, tcp_failures: 2, timeouts: 3 };

impl Active {
    fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        let unhealthy = &[429, 404, 500, 501, 502, 503, 504, 505];
        Ok(Active {
            kind: named(f, "type", CheckKind::Http, CheckKind::from_name)?,
            timeout: f.seconds("timeout")?.unwrap_or(Duration::from_secs(1)),
            concurrency: f.integer("concurrency")?.unwrap_or(10),
            host: f.string("host")?,
            port: f.integer("port")?,
            method: f.string("http_method")?.unwrap_or_else(|| "GET".into()),
            path: f.string("http_path")?.unwrap_or_else(|| "/".into()),
            body: f.string("http_req_body")?.unwrap_or_default(),
            verify: f.bool("https_verify_certificate")?.unwrap_or(true),
            headers: f.strings("req_headers")?,
            service: f.string("service")?.unwrap_or_default(),
            lazy: f.bool("lazy")?.unwrap_or(false),
            healthy: Healthy::read(f.object("healthy")?, &[200, 302], 2)?,
            unhealthy: Unhealthy::read(f.object("unhealthy")?, unhealthy, NO_THRESHOLDS)?,
        })
    }
}

impl Passive {
    fn read(f: &Fields<'_>) -> Result<Self, Malformed> {
        let healthy: Vec<u16> = (200..=208).chain([226]).chain(300..=308).collect();
        let thresholds = Thresholds { timeouts: 7, ..NO_THRESHOLDS };
        Ok(Passive {
            kind: named(f, "type", CheckKind::Http, CheckKind::from_name)?,
            healthy: Healthy::read(f.object("healthy")?, &healthy, 5)?,
            unhealthy: Unhealthy::read(f.object("unhealthy")?, &[429, 500, 503], thresholds)?,
        })
    }
}

impl Healthy {
    fn read(f: Option<Fields<'_>>, statuses: &[u16], successes: u8) -> Result<Self, Malformed> {
        Ok(Healthy {
            interval: interval(f)?,
            statuses: statuses_of(f, statuses)?,
            successes: field(f, "successes", successes)?,
        })
    }
}

impl Unhealthy {
    fn read(f: Option<Fields<'_>>, statuses: &[u16], thresholds: Thresholds) -> Result<Self, Malformed> {
        Ok(Unhealthy {
            interval: interval(f)?,
            statuses: statuses_of(f, statuses)?,
            thresholds: Thresholds {
                http_failures: field(f, "http_failures", thresholds.http_failures)?,
                tcp_failures: field(f, "tcp_failures", thresholds.tcp_failures)?,
                timeouts: field(f, "timeouts", thresholds.timeouts)?,
            },
        })
    }
}

/// The defaults of objects that are absent altogether are not in a checked value.
fn field<T: TryFrom<i64> + Bound>(f: Option<Fields<'_>>, name: &str, default: T) -> Result<T, Malformed> {
    Ok(f.map(|f| f.integer(name)).transpose()?.flatten().unwrap_or(default))
}

fn interval(f: Option<Fields<'_>>) -> Result<Duration, Malformed> {
    Ok(f.map(|f| f.seconds("interval")).transpose()?.flatten().unwrap_or(Duration::from_secs(1)))
}

fn statuses_of(f: Option<Fields<'_>>, default: &[u16]) -> Result<Vec<u16>, Malformed> {
    match f {
        Some(f) if f.get("http_statuses").is_some() => f.integers("http_statuses"),
        _ => Ok(default.to_vec()),
    }
}
