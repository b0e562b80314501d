//! The `checks` of an upstream, compiled: how a node is asked ([`Active`]), and what is made of answers ([`Judge`]).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_model::resource::{self, CheckKind, Checks as Spec};

use super::condition::{Fault, Limits, Report};
use crate::upstream::{HostRule, Node, TlsClient};

/// How the nodes of an upstream are checked.
#[derive(Clone, Debug)]
pub struct Rules {
    /// By probes.
    pub active: Active,
    /// By the traffic itself.
    pub passive: Option<Judge>,
}

/// Probes.
#[derive(Clone, Debug)]
pub struct Active {
    /// What a probe speaks.
    pub kind: CheckKind,
    /// How long one may take, from the connection on to the answer.
    pub timeout: Duration,
    /// Most probes of this upstream at a time.
    pub concurrency: usize,
    /// Between probes of a node that is up.
    pub healthy_every: Duration,
    /// Between probes of a node that is down.
    pub unhealthy_every: Duration,
    /// Probes begin with the first request, not before.
    pub lazy: bool,
    /// What is made of the answers.
    pub judge: Judge,
    /// The method of an HTTP probe.
    pub method: Box<str>,
    /// Its target.
    pub path: Box<str>,
    /// Its body.
    pub body: Box<str>,
    /// Further header lines of it, without line ends.
    pub headers: Box<[Box<str>]>,
    /// The name that a gRPC probe asks for; empty: the server as a whole.
    pub service: Box<str>,
    /// For probes over TLS; the error says why none can be made.
    pub tls: Option<Result<Arc<TlsClient>, Box<str>>>,
    host: Option<Box<str>>,
    port: Option<u16>,
    rule: HostRule,
}

/// What is made of answers and failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judge {
    healthy: Statuses,
    unhealthy: Statuses,
    /// How many it takes.
    pub limits: Limits,
}

impl Rules {
    /// The rules of `checks`; `None` where they ask for no probes, which no schema lets pass. `rule` says which name nodes are
    /// called by; `tls` is for probes over TLS, as [`Rules::wants_tls`] asks for.
    pub fn new(checks: &Spec, rule: &HostRule, tls: Option<Result<Arc<TlsClient>, Box<str>>>) -> Option<Self> {
        let active = Active::new(checks.active.as_ref()?, rule.clone(), tls);
        let passive = checks.passive.as_ref().map(|p| Judge::new(&p.healthy, &p.unhealthy));
        Some(Rules { active, passive })
    }

    /// Whether the probes of `checks` are made over TLS, at nodes that speak TLS or not.
    pub fn wants_tls(checks: &Spec, nodes_are_tls: bool) -> bool {
        checks.active.as_ref().is_some_and(|active| match active.kind {
            CheckKind::Https => true,
            CheckKind::Grpc => nodes_are_tls,
            CheckKind::Http | CheckKind::Tcp | CheckKind::Dubbo => false,
        })
    }
}

impl Active {
    fn new(active: &resource::Active, rule: HostRule, tls: Option<Result<Arc<TlsClient>, Box<str>>>) -> Self {
        // The schema asks for no least timeout; none is meant to be over at once.
        let timeout = if active.timeout.is_zero() { Duration::from_secs(1) } else { active.timeout };
        Active {
            kind: active.kind,
            timeout: timeout.clamp(Duration::from_millis(1), LONGEST),
            concurrency: usize::try_from(active.concurrency).unwrap_or(usize::MAX).max(1),
            healthy_every: active.healthy.interval.max(SHORTEST),
            unhealthy_every: active.unhealthy.interval.max(SHORTEST),
            lazy: active.lazy,
            judge: Judge::new(&active.healthy, &active.unhealthy),
            method: active.method.as_str().into(),
            path: active.path.as_str().into(),
            body: active.body.as_str().into(),
            headers: active.headers.iter().map(|line| line.as_str().into()).collect(),
            service: active.service.as_str().into(),
            tls,
            host: active.host.as_deref().map(Into::into),
            port: active.port,
            rule,
        }
    }

    /// Where a node is probed.
    pub fn addr(&self, node: &Node) -> SocketAddr {
        SocketAddr::new(node.addr.ip(), self.port.unwrap_or(node.port))
    }

    /// The name a probe calls a node by, in `Host` and in TLS's server name: `upstream_host`, or the node's own name where
    /// requests carry that, or `checks.active.host`, or the node's name or address.
    pub fn host<'a>(&'a self, node: &'a Node) -> &'a str {
        match (&self.rule, &self.host) {
            (HostRule::Rewrite(host), _) => std::str::from_utf8(host).unwrap_or(&node.host),
            (HostRule::Node, _) if node.named => &node.host,
            (_, Some(host)) => host,
            _ => &node.host,
        }
    }

    /// The name of a node as the Control API shows it: `checks.active.host`, or the node's name or address.
    pub fn hostname<'a>(&'a self, node: &'a Node) -> &'a str {
        self.host.as_deref().unwrap_or(&node.host)
    }

    /// Between probes of a node.
    pub fn every(&self, up: bool) -> Duration {
        if up { self.healthy_every } else { self.unhealthy_every }
    }
}

/// The shortest time between two probes of a node; the schema has no shorter one.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest time a probe may take.
const LONGEST: Duration = Duration::from_secs(3600);

impl Judge {
    fn new(healthy: &resource::Healthy, unhealthy: &resource::Unhealthy) -> Self {
        let thresholds = unhealthy.thresholds;
        Judge {
            healthy: Statuses::of(&healthy.statuses),
            unhealthy: Statuses::of(&unhealthy.statuses),
            limits: Limits {
                successes: healthy.successes,
                http_failures: thresholds.http_failures,
                tcp_failures: thresholds.tcp_failures,
                timeouts: thresholds.timeouts,
            },
        }
    }

    /// What a status says; `None`: nothing. 0 is an answer without one.
    pub fn of_status(&self, status: u16) -> Option<Report> {
        match status {
            0 => Some(Report::Failure(Fault::Http)),
            _ if self.healthy.has(status) => Some(Report::Success),
            _ if self.unhealthy.has(status) => Some(Report::Failure(Fault::Http)),
            _ => None,
        }
    }
}

/// A set of statuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Statuses([u64; 10]);

impl Statuses {
    fn of(statuses: &[u16]) -> Self {
        let mut set = Statuses::default();
        for status in statuses {
            if let Some(word) = set.0.get_mut(usize::from(status / 64)) {
                *word |= 1 << (status % 64);
            }
        }
        set
    }

    fn has(&self, status: u16) -> bool {
        self.0.get(usize::from(status / 64)).is_some_and(|word| word & (1 << (status % 64)) != 0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::upstream::{NodeSpec, Nodes, Scheme};

    pub(in super::super) fn rules(checks: &Value, rule: &HostRule) -> Rules {
        Rules::new(&Spec::from_value(checks).unwrap(), rule, None).unwrap()
    }

    #[test]
    fn statuses_by_their_lists() {
        let judge = rules(&json!({"active": {}}), &HostRule::Pass).active.judge;
        for (status, said) in [
            (200, Some(Report::Success)),
            (302, Some(Report::Success)),
            (201, None),
            (404, Some(Report::Failure(Fault::Http))),
            (505, Some(Report::Failure(Fault::Http))),
            (599, None),
            (0, Some(Report::Failure(Fault::Http))),
            (u16::MAX, None),
        ] {
            assert_eq!(judge.of_status(status), said, "{status}");
        }
        let both = json!({"active": {"healthy": {"http_statuses": [500]}, "unhealthy": {"http_statuses": [500, 599]}}});
        let judge = rules(&both, &HostRule::Pass).active.judge;
        assert_eq!(judge.of_status(500), Some(Report::Success), "who is in both lists is well");
        assert_eq!((judge.of_status(599), judge.of_status(200)), (Some(Report::Failure(Fault::Http)), None));
    }

    #[test]
    fn defaults_are_those_of_apisix() {
        let Rules { active, passive } = rules(&json!({"active": {}, "passive": {}}), &HostRule::Pass);
        let limits = |successes, timeouts| Limits { successes, http_failures: 5, tcp_failures: 2, timeouts };
        assert_eq!((active.judge.limits, passive.as_ref().map(|p| p.limits)), (limits(2, 3), Some(limits(5, 7))));
        assert_eq!((active.timeout, active.concurrency, active.lazy), (SHORTEST, 10, false));
        assert_eq!((active.every(true), active.every(false)), (SHORTEST, SHORTEST));
        assert_eq!((&*active.method, &*active.path, &*active.body), ("GET", "/", ""));
        let passive = passive.unwrap();
        let well: Vec<u16> = (100..=599).filter(|s| passive.of_status(*s) == Some(Report::Success)).collect();
        assert_eq!(
            well,
            [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308]
        );
        let ill: Vec<u16> =
            (100..=599).filter(|s| passive.of_status(*s).is_some_and(|r| r != Report::Success)).collect();
        assert_eq!(ill, [429, 500, 503]);
    }

    #[test]
    fn odd_numbers_are_brought_within_bounds() {
        let odd = json!({"active": {"timeout": 0, "concurrency": -3}});
        let active = rules(&odd, &HostRule::Pass).active;
        assert_eq!((active.timeout, active.concurrency), (SHORTEST, 1));
        assert_eq!(rules(&json!({"active": {"timeout": 1e300}}), &HostRule::Pass).active.timeout, LONGEST);
    }

    #[test]
    fn whom_a_probe_calls_by_which_name() {
        let specs = ["10.0.0.1", "::1", "node.test"].map(|host| NodeSpec {
            host: host.into(),
            port: Some(8080),
            weight: 1,
            priority: 0,
            metadata: None,
        });
        let nodes = Nodes::new(&specs, Scheme::Http, false, |_| Arc::from(["10.0.0.9".parse().unwrap()]));
        let plain = json!({"active": {}});
        let hosted = json!({"active": {"host": "check.test", "port": 81}});
        let rewrite = HostRule::Rewrite(b"up.test".as_slice().into());
        let cases = [
            (&plain, &HostRule::Pass, ["10.0.0.1", "[::1]", "node.test"]),
            (&plain, &HostRule::Node, ["10.0.0.1", "[::1]", "node.test"]),
            (&plain, &rewrite, ["up.test"; 3]),
            (&hosted, &HostRule::Pass, ["check.test"; 3]),
            (&hosted, &HostRule::Node, ["check.test", "check.test", "node.test"]),
            (&hosted, &rewrite, ["up.test"; 3]),
        ];
        for (checks, rule, expected) in cases {
            let active = rules(checks, rule).active;
            let called: Vec<&str> = nodes.list().iter().map(|node| active.host(node)).collect();
            assert_eq!(called, expected, "{checks} {rule:?}");
        }
        let addrs = |checks| {
            let active = rules(checks, &HostRule::Pass).active;
            nodes.list().iter().map(|node| active.addr(node).to_string()).collect::<Vec<_>>()
        };
        assert_eq!(addrs(&plain), ["10.0.0.1:8080", "[::1]:8080", "10.0.0.9:8080"]);
        assert_eq!(addrs(&hosted), ["10.0.0.1:81", "[::1]:81", "10.0.0.9:81"]);
    }
}
