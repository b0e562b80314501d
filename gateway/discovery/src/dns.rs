//! The DNS, asked over UDP and, for long answers, TCP.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gateway_engine::upstream::{Answer, Resolve, ResolveError, Resolving};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as Refusal, NetError};
use hickory_resolver::system_conf::parse_resolv_conf;
use tokio::sync::Semaphore;

use crate::Hosts;

/// Resolves names: the hosts file first, then the servers.
pub struct Dns {
    hosts: Hosts,
    resolver: TokioResolver,
    families: Families,
    search: bool,
    /// Lookups at a time: each has sockets of its own, and a start with ten thousand names must not use up all of them.
    permits: Semaphore,
}

/// Which addresses of a name are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Families {
    /// IPv4; IPv6 for names that have nothing else. As APISIX does, and safe on machines without IPv6.
    #[default]
    Ipv4First,
    /// Both.
    Both,
}

/// What the static configuration says about the DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsSettings {
    /// `apisix.dns_resolver`; empty: those of `resolv_conf`.
    pub servers: Vec<SocketAddr>,
    /// `apisix.enable_resolv_search_opt`: whether short names are completed with the search list of `resolv_conf`.
    pub search: bool,
    /// How long one question waits for its answer before it is repeated.
    pub timeout: Duration,
    /// How often it is repeated.
    pub attempts: usize,
    /// Which addresses are used.
    pub families: Families,
    /// The hosts file.
    pub hosts: PathBuf,
    /// The file that names servers and search list.
    pub resolv_conf: PathBuf,
}

/// Why there is no resolver.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// The resolver's parts do not fit.
    #[error("the DNS resolver cannot be set up: {0}")]
    Setup(String),
}

/// Most lookups at a time.
const LOOKUPS: usize = 512;

impl Default for DnsSettings {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            search: true,
            timeout: Duration::from_secs(2),
            attempts: 2,
            families: Families::default(),
            hosts: "/etc/hosts".into(),
            resolv_conf: "/etc/resolv.conf".into(),
        }
    }
}

impl DnsSettings {
    /// An entry of `apisix.dns_resolver`: `ip`, `ip:port` or `[v6]:port`; the port is 53 where none is given.
    pub fn server(text: &str) -> Option<SocketAddr> {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)).or_else(|_| text.parse()).ok()
    }
}

impl Dns {
    /// A resolver by these settings. A missing `resolv_conf` is no error: then the server is the local one, as the C library
    /// has it.
    ///
    /// # Errors
    /// [`DnsError::Setup`].
    pub fn new(settings: &DnsSettings) -> Result<Self, DnsError> {
        let (config, mut options) = system(settings);
        let servers = match settings.servers.as_slice() {
            [] => config.name_servers().to_vec(),
            given => given.iter().copied().map(server).collect(),
        };
        let (domain, search) =
            if settings.search { (config.domain().cloned(), config.search().to_vec()) } else { (None, Vec::new()) };
        options.timeout = settings.timeout;
        options.attempts = settings.attempts;
        // The engine keeps the answers, and the hosts file is read here.
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        options.ip_strategy = match settings.families {
            Families::Ipv4First => LookupIpStrategy::Ipv4thenIpv6,
            Families::Both => LookupIpStrategy::Ipv4AndIpv6,
        };
        let config = ResolverConfig::from_parts(domain, search, servers);
        let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options)
            .build()
            .map_err(|e| DnsError::Setup(e.to_string()))?;
        Ok(Self {
            hosts: Hosts::new(&settings.hosts),
            resolver,
            families: settings.families,
            search: settings.search,
            permits: Semaphore::new(LOOKUPS),
        })
    }

    async fn ask(&self, name: &str) -> Result<Answer, ResolveError> {
        // Never closed.
        let _permit = self.permits.acquire().await;
        let found = if self.search {
            self.resolver.lookup_ip(name).await
        } else {
            self.resolver.lookup_ip(format!("{name}.")).await
        };
        let found = found.map_err(refused)?;
        let ttl = found.valid_until().saturating_duration_since(Instant::now());
        Ok(Answer { addrs: found.iter().collect(), ttl })
    }
}

impl Resolve for Dns {
    fn local(&self, name: &str) -> Vec<IpAddr> {
        let addrs = self.hosts.get(name);
        let v4 = self.families == Families::Ipv4First && addrs.iter().any(IpAddr::is_ipv4);
        addrs.into_iter().filter(|ip| !v4 || ip.is_ipv4()).collect()
    }

    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            match self.local(name) {
                // Looked at often, for the file may change; that costs no question.
                addrs if !addrs.is_empty() => Ok(Answer { addrs, ttl: Duration::from_secs(5) }),
                _ => self.ask(name).await,
            }
        })
    }
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dns").field("families", &self.families).finish_non_exhaustive()
    }
}

/// What `resolv_conf` says, or what holds without one.
fn system(settings: &DnsSettings) -> (ResolverConfig, ResolverOpts) {
    let text = std::fs::read(&settings.resolv_conf).unwrap_or_default();
    parse_resolv_conf(text).unwrap_or_else(|_| {
        let local = server(SocketAddr::from(([127, 0, 0, 1], 53)));
        (ResolverConfig::from_parts(None, Vec::new(), vec![local]), ResolverOpts::default())
    })
}

fn server(addr: SocketAddr) -> NameServerConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    connections.iter_mut().for_each(|c| c.port = addr.port());
    NameServerConfig::new(addr.ip(), true, connections)
}

fn refused(error: NetError) -> ResolveError {
    match error {
        NetError::Timeout => ResolveError::Timeout,
        NetError::Dns(Refusal::NoRecordsFound(none)) => {
            ResolveError::NoRecords { ttl: none.negative_ttl.map(|s| Duration::from_secs(s.into())) }
        }
        other => ResolveError::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use gateway_engine::upstream::{Names, NamesSettings, Subscription};
    use tokio::net::UdpSocket;
    use tokio::runtime::Handle;
    use tokio::sync::watch;

    use super::*;

    /// What the server says about a name; a name without a zone entry gets NXDOMAIN.
    #[derive(Clone)]
    enum Zone {
        Addrs(&'static [&'static str], u32),
        ServFail,
        Silent,
    }

    /// A DNS server on a loopback port, as much of one as a stub resolver needs (RFC 1035 §4).
    #[derive(Clone)]
    struct Server {
        addr: SocketAddr,
        zones: Arc<Mutex<HashMap<&'static str, Zone>>>,
        asked: watch::Receiver<Vec<String>>,
    }

    impl Server {
        async fn start(zones: &[(&'static str, Zone)]) -> Self {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let addr = socket.local_addr().unwrap();
            let zones: Arc<Mutex<HashMap<_, _>>> = Arc::new(Mutex::new(zones.iter().cloned().collect()));
            let (log, asked) = watch::channel(Vec::new());
            let known = Arc::clone(&zones);
            tokio::spawn(async move {
                let mut packet = [0; 1500];
                while let Ok((len, peer)) = socket.recv_from(&mut packet).await {
                    let (name, kind, end) = question(&packet[..len]);
                    let zone = known.lock().unwrap().get(name.as_str()).cloned();
                    log.send_modify(|all: &mut Vec<String>| all.push(format!("{name} {kind}")));
                    if let Some(reply) = reply(&packet[..end], kind, zone) {
                        socket.send_to(&reply, peer).await.unwrap();
                    }
                }
            });
            Self { addr, zones, asked }
        }

        fn set(&self, name: &'static str, zone: Zone) {
            self.zones.lock().unwrap().insert(name, zone);
        }

        fn asked(&self) -> Vec<String> {
            self.asked.borrow().clone()
        }

        /// A resolver that asks this server alone, with a hosts file of these lines.
        fn dns(&self, dir: &tempfile::TempDir, hosts: &str, change: impl FnOnce(&mut DnsSettings)) -> Dns {
            std::fs::write(dir.path().join("hosts"), hosts).unwrap();
            std::fs::write(dir.path().join("resolv.conf"), "nameserver 192.0.2.1\nsearch corp.test\n").unwrap();
            let mut settings = DnsSettings {
                servers: vec![self.addr],
                timeout: Duration::from_millis(200),
                attempts: 1,
                hosts: dir.path().join("hosts"),
                resolv_conf: dir.path().join("resolv.conf"),
                ..DnsSettings::default()
            };
            change(&mut settings);
            Dns::new(&settings).unwrap()
        }
    }

    /// Name (lower case), type and end of a query's one question.
    fn question(packet: &[u8]) -> (String, u16, usize) {
        let (mut at, mut labels) = (12, Vec::new());
        while packet[at] != 0 {
            let len = usize::from(packet[at]);
            labels.push(String::from_utf8_lossy(&packet[at + 1..at + 1 + len]).to_ascii_lowercase());
            at += 1 + len;
        }
        (labels.join("."), u16::from_be_bytes([packet[at + 1], packet[at + 2]]), at + 5)
    }

    /// The answer to a query, of which `query` is the header and question; `None`: silence.
    fn reply(query: &[u8], kind: u16, zone: Option<Zone>) -> Option<Vec<u8>> {
        let (rcode, addrs, ttl): (u8, &[&str], u32) = match zone {
            Some(Zone::Silent) => return None,
            Some(Zone::ServFail) => (2, &[], 0),
            Some(Zone::Addrs(addrs, ttl)) => (0, addrs, ttl),
            None => (3, &[], 0),
        };
        let addrs: Vec<IpAddr> = addrs.iter().map(|a| a.parse().unwrap()).collect();
        let addrs: Vec<_> = addrs.into_iter().filter(|ip| ip.is_ipv4() == (kind == 1)).collect();
        let mut reply = query.to_vec();
        reply[2] = 0x81;
        reply[3] = 0x80 | rcode;
        // One question, the answers, an SOA where there are none (RFC 2308 §3), nothing else.
        let soa = u8::from(rcode == 3 || (rcode == 0 && addrs.is_empty()));
        reply[4..12].copy_from_slice(&[0, 1, 0, addrs.len() as u8, 0, soa, 0, 0]);
        for addr in addrs {
            let bytes = match addr {
                IpAddr::V4(ip) => ip.octets().to_vec(),
                IpAddr::V6(ip) => ip.octets().to_vec(),
            };
            reply.extend_from_slice(&[0xc0, 12]);
            reply.extend_from_slice(&kind.to_be_bytes());
            reply.extend_from_slice(&[0, 1]);
            reply.extend_from_slice(&ttl.to_be_bytes());
            reply.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
            reply.extend_from_slice(&bytes);
        }
        if soa == 1 {
            // The root's SOA: type 6, class IN, TTL 9; names ".", serial and times 0, minimum 9.
            reply.extend_from_slice(&[0, 0, 6, 0, 1, 0, 0, 0, 9, 0, 22, 0, 0]);
            reply.extend_from_slice(&[0; 16]);
            reply.extend_from_slice(&[0, 0, 0, 9]);
        }
        Some(reply)
    }

    fn texts(addrs: &[IpAddr]) -> Vec<String> {
        addrs.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn server_addresses() {
        let cases = [
            ("1.1.1.1", Some("1.1.1.1:53")),
            ("127.0.0.1:5353", Some("127.0.0.1:5353")),
            ("::1", Some("[::1]:53")),
            ("[::1]", Some("[::1]:53")),
            ("[::1]:5353", Some("[::1]:5353")),
            ("dns.test", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(DnsSettings::server(text).map(|a| a.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn all_records_with_their_ttl() {
        let dir = tempfile::tempdir().unwrap();
        let zone = Zone::Addrs(&["10.0.0.1", "10.0.0.2", "fd00::1"], 77);
        let server = Server::start(&[("a.test", zone), ("six.test", Zone::Addrs(&["fd00::6"], 77))]).await;
        let dns = server.dns(&dir, "", |_| {});
        let found = dns.resolve("a.test").await.unwrap();
        let mut addrs = texts(&found.addrs);
        addrs.sort();
        assert_eq!(addrs, ["10.0.0.1", "10.0.0.2"]);
        assert!(found.ttl <= Duration::from_secs(77) && found.ttl > Duration::from_secs(17), "{:?}", found.ttl);
        assert_eq!(texts(&dns.resolve("six.test").await.unwrap().addrs), ["fd00::6"]);
        let both = server.dns(&dir, "", |s| s.families = Families::Both);
        assert_eq!(both.resolve("a.test").await.unwrap().addrs.len(), 3);
    }

    #[tokio::test]
    async fn no_answer() {
        let dir = tempfile::tempdir().unwrap();
        let zones = [("fail.test", Zone::ServFail), ("mute.test", Zone::Silent), ("empty.test", Zone::Addrs(&[], 1))];
        let server = Server::start(&zones).await;
        let dns = server.dns(&dir, "", |s| s.search = false);
        let none = ResolveError::NoRecords { ttl: Some(Duration::from_secs(9)) };
        assert_eq!(dns.resolve("absent.test").await, Err(none.clone()));
        assert_eq!(dns.resolve("empty.test").await, Err(none));
        assert!(matches!(dns.resolve("fail.test").await, Err(ResolveError::Failed(_))));
        assert!(matches!(dns.resolve("mute.test").await, Err(ResolveError::Timeout | ResolveError::Failed(_))));
        assert!(dns.resolve("not a name\u{0}").await.is_err());
    }

    #[tokio::test]
    async fn the_hosts_file_goes_before_the_servers() {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(&[("a.test", Zone::Addrs(&["10.0.0.1"], 60))]).await;
        let dns = server.dns(&dir, "10.7.7.7 a.test\nfd00::7 a.test six.test\n", |_| {});
        assert_eq!(texts(&dns.local("a.test")), ["10.7.7.7"]);
        assert_eq!(texts(&dns.local("six.test")), ["fd00::7"]);
        assert_eq!(texts(&dns.local("localhost")), ["127.0.0.1"]);
        assert_eq!(texts(&dns.resolve("a.test").await.unwrap().addrs), ["10.7.7.7"]);
        assert_eq!(server.asked(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn short_names_are_completed_unless_told_not_to() {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(&[("db.corp.test", Zone::Addrs(&["10.0.0.1"], 60))]).await;
        let dns = server.dns(&dir, "", |_| {});
        assert_eq!(texts(&dns.resolve("db").await.unwrap().addrs), ["10.0.0.1"]);
        let dns = server.dns(&dir, "", |s| s.search = false);
        assert!(matches!(dns.resolve("db").await, Err(ResolveError::NoRecords { .. })));
    }

    #[tokio::test]
    async fn names_follow_the_servers_answers() {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(&[("a.test", Zone::Addrs(&["10.0.0.1"], 1)), ("mute.test", Zone::Silent)]).await;
        let dns = Arc::new(server.dns(&dir, "", |s| s.search = false));
        let (told, mut changes) = watch::channel(0u64);
        let settings = NamesSettings {
            min_ttl: Duration::from_millis(20),
            valid: Some(Duration::from_millis(20)),
            ..Default::default()
        };
        let names = Names::new(dns, Handle::current(), settings, move |_| told.send_modify(|n| *n += 1));
        let _mute = names.subscribe("mute.test", 2);
        let a = names.subscribe("a.test", 1);
        a.settled().await;
        let mut expect = async |a: &Subscription, addrs: &[&str]| {
            while texts(&a.addrs()) != addrs {
                changes.changed().await.unwrap();
            }
        };
        expect(&a, &["10.0.0.1"]).await;
        server.set("a.test", Zone::Addrs(&["10.0.0.3", "10.0.0.2"], 1));
        expect(&a, &["10.0.0.2", "10.0.0.3"]).await;
        server.set("a.test", Zone::ServFail);
        let before = server.asked().len();
        let mut asked = server.asked.clone();
        asked.wait_for(|all| all.len() > before + 3).await.unwrap();
        assert_eq!(texts(&a.addrs()), ["10.0.0.2", "10.0.0.3"], "kept while the servers fail");
        server.set("a.test", Zone::Addrs(&["10.0.0.4"], 1));
        expect(&a, &["10.0.0.4"]).await;
    }
}
