//! Upstreams from their configuration to picks and kept connections.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::task::{Context, Poll};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::*;
use crate::buf::Chunk;
use crate::exchange::{Conn, Exchange, Protocol};
use crate::headers::Headers;
use crate::plugin::Registry;
use crate::router::Mode;
use crate::settings::Settings;
use crate::snapshot::Shared;
use crate::wire::{self, Wire, WireError};
use crate::worker::Worker;

const CLIENT: &str = include_str!("testdata/client.pem");
const CLIENT_KEY: &str = include_str!("testdata/client.key");

/// Names with the addresses of this table; others hang for ever.
#[derive(Default)]
struct Table(Mutex<HashMap<&'static str, Vec<IpAddr>>>);

impl Table {
    fn set(&self, name: &'static str, addrs: &[&str]) {
        self.0.lock().insert(name, addrs.iter().map(|a| a.parse().unwrap()).collect());
    }
}

impl Resolve for Table {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            let found = self.0.lock().get(name).cloned();
            match found {
                None => std::future::pending().await,
                Some(addrs) if addrs.is_empty() => Err(ResolveError::NoRecords { ttl: None }),
                Some(addrs) => Ok(Answer { addrs, ttl: Duration::from_secs(10) }),
            }
        })
    }
}

fn names(table: &Arc<Table>) -> Names {
    Names::new(Arc::clone(table) as Arc<dyn Resolve>, Handle::current(), NamesSettings::default(), |_| {})
}

fn compile(names: &Names, spec: UpstreamSpec) -> Result<Arc<Upstream>, TlsError> {
    compile_with(names, &Services::default(), spec)
}

fn compile_with(names: &Names, services: &Services, spec: UpstreamSpec) -> Result<Arc<Upstream>, TlsError> {
    let client = ClientCert { cert: CLIENT.into(), key: CLIENT_KEY.into() };
    let certificate = |id: &str| (id == "1").then(|| client.clone());
    let tls = TlsClients::new(Trust::System);
    let states = StateTable::default();
    let around = Surroundings {
        key: &Arc::from("upstreams/1"),
        states: &states,
        checkers: None,
        names,
        services,
        tls: &tls,
        verify: false,
        certificate: &certificate,
    };
    Upstream::compile(spec, 7, &around).map(Arc::new)
}

/// An upstream of nodes `host:port` of weight 1.
fn spec(nodes: &[&str]) -> UpstreamSpec {
    let node = |text: &&str| {
        let (host, port) = NodeSpec::split(text);
        NodeSpec { host: host.into(), port, weight: 1, priority: 0, metadata: None }
    };
    UpstreamSpec { nodes: nodes.iter().map(node).collect(), ..UpstreamSpec::default() }
}

fn exchange() -> Exchange {
    let shared = Shared::new(Settings::default(), Arc::new(Registry::new(Vec::new(), HashMap::new())), Mode::HostUri);
    let worker = Worker::new(0, shared);
    let peer = "192.0.2.1:1000".parse().unwrap();
    let conn = Conn::new(worker, peer, "192.0.2.2:80".parse().unwrap(), Protocol::Http1, false);
    Exchange::new(Rc::new(conn))
}

fn local(upstream: &Arc<Upstream>) -> LocalUpstream {
    LocalUpstream::new(Arc::clone(upstream), &Settings::default())
}

/// The nodes that an exchange is given, each failing, and the status it ends with.
fn tries(upstream: &LocalUpstream) -> (Vec<String>, u16) {
    let mut x = exchange();
    let mut seen = Vec::new();
    loop {
        match upstream.pick(&x) {
            Ok(node) if seen.len() < 10 => {
                seen.push(node.addr_text().to_owned());
                upstream.mark_tried(&mut x, &node);
            }
            Ok(_) => return (seen, 0),
            Err(status) => return (seen, status),
        }
    }
}

fn ids(upstream: &Upstream) -> Vec<&str> {
    upstream.nodes.list().iter().map(|n| n.id()).collect()
}

#[tokio::test]
async fn each_node_is_tried_once_and_the_only_one_again() {
    let names = names(&Arc::default());
    let upstream = local(&compile(&names, spec(&["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"])).unwrap());
    assert_eq!((upstream.retries(), upstream.retry_timeout_ms()), (2, 0));
    let (mut seen, status) = tries(&upstream);
    seen.sort();
    assert_eq!((seen, status), (vec!["10.0.0.1:80".into(), "10.0.0.2:80".into(), "10.0.0.3:80".into()], 502));
    let one = local(&compile(&names, spec(&["10.0.0.1:80"])).unwrap());
    assert_eq!(one.retries(), 0);
    assert_eq!(tries(&one).0.len(), 10);
    assert_eq!(tries(&local(&compile(&names, spec(&[])).unwrap())), (vec![], 503));
}

#[tokio::test]
async fn a_hashing_upstream_falls_back_to_the_clients_address() {
    let names = names(&Arc::default());
    let nodes = ["127.0.0.1:1980", "127.0.0.1:1981", "10.0.0.3:80"];
    let chash =
        UpstreamSpec { balancer: Balancer::Chash, hash: Some(HashKey::new("vars", "arg_absent")), ..spec(&nodes) };
    let upstream = local(&compile(&names, chash).unwrap());
    let first = tries(&upstream).0;
    assert_eq!(first.len(), 3);
    for _ in 0..5 {
        assert_eq!(tries(&upstream).0, first, "a key's order of nodes is its own");
    }
    let mut by_hand = Picker::new(&upstream.upstream().nodes);
    let at = by_hand.pick(Some(b"192.0.2.1"), &Tried::new(), None).unwrap();
    assert_eq!(first.first().map(String::as_str), Some(nodes[at]));
}

#[tokio::test]
async fn what_an_upstream_leaves_open_the_settings_say() {
    let names = names(&Arc::default());
    let settings = Settings { upstream_keepalive: 5, ..Settings::default() };
    let open = LocalUpstream::new(compile(&names, spec(&["10.0.0.1:80"])).unwrap(), &settings);
    assert_eq!(open.timeouts(), Timeouts::default());
    assert_eq!(open.pick(&exchange()).unwrap().pool.size, 5);
    let timeouts = Some(Timeouts::new(Duration::from_millis(500), Duration::from_nanos(1), Duration::MAX));
    let pool = Some(PoolSettings { size: 9, ..PoolSettings::default() });
    let spec = UpstreamSpec { timeouts, pool, ..spec(&["10.0.0.1:80"]) };
    let own = LocalUpstream::new(compile(&names, spec).unwrap(), &settings);
    assert_eq!(own.timeouts(), Timeouts { connect_ms: 500, send_ms: 1, read_ms: u64::MAX });
    assert_eq!(own.pick(&exchange()).unwrap().pool.size, 9);
}

#[tokio::test]
async fn tls_and_its_certificate() {
    let names = names(&Arc::default());
    let https = |tls| UpstreamSpec { scheme: Scheme::Https, tls, ..spec(&["10.0.0.1"]) };
    let by_id = |id: &str| https(Some(TlsSpec { client_cert_id: Some(id.into()), ..TlsSpec::default() }));
    let plain = compile(&names, https(None)).unwrap();
    assert!(plain.tls.as_ref().is_some_and(|tls| !tls.verify));
    assert_eq!(local(&plain).pick(&exchange()).unwrap().addr_text(), "10.0.0.1:443");
    assert!(compile(&names, by_id("1")).unwrap().tls.is_some());
    let broken = compile(&names, by_id("2")).unwrap();
    assert_eq!(broken.broken.as_deref(), Some("there is no client certificate 2"));
    assert_eq!(tries(&local(&broken)), (vec![], 502));
    let http = UpstreamSpec { scheme: Scheme::Http, ..by_id("2") };
    assert!(compile(&names, http).unwrap().broken.is_none());
    let client = Some(ClientCert { cert: "x".into(), key: "y".into() });
    assert!(compile(&names, https(Some(TlsSpec { client, ..TlsSpec::default() }))).is_err());
}

#[tokio::test(start_paused = true)]
async fn an_upstream_follows_its_names() {
    let table = Arc::new(Table::default());
    table.set("a.test", &["10.0.0.2", "10.0.0.1"]);
    let names = names(&table);
    let first = compile(&names, spec(&["A.test:80", "hangs.test:80", "10.9.0.1:80"])).unwrap();
    assert_eq!(ids(&first), ["10.9.0.1:80"]);
    assert!(first.is_pending());
    let before = tokio::time::Instant::now();
    let settled = Arc::clone(&first).settled().await;
    assert!(before.elapsed() < Duration::from_secs(1), "one name with addresses is enough");
    assert_eq!(ids(&settled), ["10.0.0.1:80:A.test", "10.0.0.2:80:A.test", "10.9.0.1:80"]);
    assert!(settled.renewed().is_none());
    table.set("a.test", &["10.0.0.3"]);
    tokio::time::sleep(Duration::from_secs(11)).await;
    let renewed = settled.renewed().unwrap();
    assert_eq!(ids(&renewed), ["10.0.0.3:80:A.test", "10.9.0.1:80"]);
    assert!(!renewed.is_pending(), "given up");
    drop((first, settled, renewed));
    assert!(names.is_empty(), "nobody uses the names any more");
}

#[tokio::test(start_paused = true)]
async fn names_that_do_not_resolve_leave_no_node() {
    let table = Arc::new(Table::default());
    table.set("gone.test", &[]);
    let names = names(&table);
    let upstream = compile(&names, spec(&["gone.test:80"])).unwrap();
    let settled = Arc::clone(&upstream).settled().await;
    assert!(Arc::ptr_eq(&upstream, &settled) && !settled.is_pending());
    assert_eq!(tries(&local(&settled)), (vec![], 503));
}

/// A registry that says what it is told to.
#[derive(Default)]
struct Directory(Mutex<Vec<Feed>>);

impl super::Registry for Directory {
    fn follow(self: Arc<Self>, _: ServiceKey, feed: Feed) -> Following {
        self.0.lock().push(feed);
        Box::pin(std::future::pending())
    }

    fn status(&self) -> RegistryStatus {
        RegistryStatus::default()
    }
}

#[tokio::test(start_paused = true)]
async fn an_upstream_follows_its_service_and_the_names_that_are_its_nodes() {
    let table = Arc::new(Table::default());
    table.set("a.test", &["10.0.0.1"]);
    let names = names(&table);
    let (services, directory) = (Services::default(), Arc::new(Directory::default()));
    let registries: [(Box<str>, Arc<dyn super::Registry>); 1] = [("r".into(), Arc::clone(&directory) as _)];
    services.start(registries, Handle::current(), Duration::from_secs(3), |_| {});
    let service = |registry: &str| ServiceKey {
        registry: registry.into(),
        name: "shop".into(),
        namespace: None,
        group: None,
        protocol: Wanted::Any,
    };
    let spec_of = |registry: &str| UpstreamSpec {
        discovery: Some(registry.into()),
        service: Some(service(registry)),
        balancer: Balancer::LeastConn,
        ..UpstreamSpec::default()
    };
    let unknown = compile_with(&names, &services, spec_of("q")).unwrap();
    assert!(!unknown.is_pending() && !unknown.is_discovered());
    assert_eq!(tries(&local(&unknown)), (vec![], 503));

    let first = compile_with(&names, &services, spec_of("r")).unwrap();
    assert!(first.is_pending() && first.is_discovered());
    let feed = directory.0.lock()[0].clone();
    let (waiting, now) = (Arc::clone(&first).settled(), tokio::time::Instant::now());
    let told = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        feed.set(spec(&["a.test:80", "10.9.0.1:81"]).nodes);
    };
    let (settled, ()) = tokio::join!(waiting, told);
    assert_eq!(now.elapsed(), Duration::from_millis(500), "as soon as the registry has answered");
    assert_eq!(ids(&settled), ["10.0.0.1:80:a.test", "10.9.0.1:81"]);
    // A request between the answer and the configuration that knows of it: nothing is waited for, and yet there are nodes.
    assert!(first.nodes.is_empty() && !first.is_pending());
    let (between, now) = (Arc::clone(&first).settled().await, tokio::time::Instant::now());
    assert_eq!((ids(&between), now.elapsed()), (ids(&settled), Duration::ZERO));
    drop(between);
    let state = |of: &Upstream, at: usize| Arc::clone(&of.shared.as_ref().unwrap().nodes[at]);
    let before = state(&settled, 1);

    feed.set(spec(&["10.9.0.1:81", "10.9.0.2:81"]).nodes);
    let renewed = settled.renewed().unwrap();
    assert_eq!(ids(&renewed), ["10.9.0.1:81", "10.9.0.2:81"]);
    assert!(Arc::ptr_eq(&state(&renewed, 0), &before), "what is known of a node outlives the change");
    assert!(renewed.renewed().is_none());
    feed.unanswered();
    assert!(renewed.renewed().is_none(), "no answer is no change");
    feed.set(Vec::new());
    assert_eq!(tries(&local(&Arc::new(renewed.renewed().unwrap()))), (vec![], 503));
    drop((first, settled, renewed));
    assert!(names.is_empty(), "nobody uses the names any more");
}

/// A connection that only ever idles.
struct Idle {
    number: u32,
    quiet: Rc<Cell<bool>>,
    dropped: Rc<RefCell<Vec<u32>>>,
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.dropped.borrow_mut().push(self.number);
    }
}

impl Wire for Idle {
    fn poll_data(&mut self, _: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        Poll::Pending
    }
    fn send(&mut self, _: Chunk, _: bool) {}
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        Poll::Pending
    }
    fn poll_trailers(&mut self, _: &mut Context<'_>, _: &mut Headers) -> Poll<bool> {
        Poll::Pending
    }
    fn trailers(&mut self, _: &Headers) {}
    fn held(&self) -> usize {
        0
    }
    fn stop(&mut self) {}
    fn abort(&mut self) {}
    fn tunnel(&mut self) {}
}

impl wire::Upstream for Idle {
    fn request(&mut self, _: &mut Exchange, _: Chunk, _: bool) {}
    fn poll_response(&mut self, _: &mut Context<'_>, _: &mut Exchange) -> Poll<Result<(), WireError>> {
        Poll::Pending
    }
    fn release(self: Box<Self>) {}
    fn retryable(&self) -> bool {
        false
    }
    fn occupy(&mut self, _: Permit) {}

    fn quiet(&mut self) -> bool {
        self.quiet.get()
    }
}

/// A node's pool, and connections to put into it.
struct Pool {
    node: Rc<LocalNode>,
    dropped: Rc<RefCell<Vec<u32>>>,
    quiet: Vec<Rc<Cell<bool>>>,
}

impl Pool {
    fn new(names: &Names, pool: PoolSettings) -> Self {
        let upstream = compile(names, UpstreamSpec { pool: Some(pool), ..spec(&["10.0.0.1:80"]) }).unwrap();
        let node = local(&upstream).pick(&exchange()).unwrap();
        Self { node, dropped: Rc::default(), quiet: Vec::new() }
    }

    /// Keeps one more connection; they are numbered from 0.
    fn put(&mut self, name: Option<&[u8]>, now_ms: u64) {
        let quiet = Rc::new(Cell::new(true));
        let number = self.quiet.len() as u32;
        self.quiet.push(Rc::clone(&quiet));
        let connection = Box::new(Idle { number, quiet, dropped: Rc::clone(&self.dropped) });
        self.node.put(connection, name.map(Rc::from), now_ms);
    }

    fn dropped(&self) -> Vec<u32> {
        self.dropped.take()
    }
}

#[tokio::test]
async fn connections_are_taken_latest_first_and_the_oldest_make_room() {
    let mut pool = Pool::new(&names(&Arc::default()), PoolSettings { size: 2, ..PoolSettings::default() });
    for now in 0..3 {
        pool.put(None, now);
    }
    assert_eq!(pool.dropped(), [0]);
    let taken = pool.node.take(None, 3).unwrap();
    assert_eq!(pool.node.idle(), 1);
    drop(taken);
    assert_eq!(pool.dropped(), [2]);
    pool.quiet[1].set(false);
    assert!(pool.node.take(None, 3).is_none(), "its peer has closed it");
    assert_eq!(pool.dropped(), [1]);
}

#[tokio::test]
async fn connections_idle_only_so_long() {
    let idle_timeout = Some(Duration::from_secs(1));
    let mut pool = Pool::new(&names(&Arc::default()), PoolSettings { idle_timeout, ..PoolSettings::default() });
    for now in [0, 500, 900] {
        pool.put(None, now);
    }
    pool.node.expire(999);
    assert_eq!(pool.node.idle(), 3);
    pool.node.expire(1500);
    assert_eq!(pool.dropped(), [0, 1]);
    assert!(pool.node.take(None, 1900).is_none(), "too old though the tick has not come yet");
    pool.put(None, 2000);
    pool.node.close_idle();
    assert_eq!(pool.dropped(), [2, 3]);
    let mut patient =
        Pool::new(&names(&Arc::default()), PoolSettings { idle_timeout: None, ..PoolSettings::default() });
    patient.put(None, 0);
    patient.node.expire(u64::MAX);
    assert!(patient.node.take(None, u64::MAX).is_some());
}

#[tokio::test]
async fn connections_of_another_server_name_are_left_alone() {
    let mut pool = Pool::new(&names(&Arc::default()), PoolSettings::default());
    pool.put(Some(b"a.test"), 0);
    pool.put(Some(b"b.test"), 0);
    assert!(pool.node.take(Some(b"c.test"), 0).is_none());
    assert!(pool.node.take(None, 0).is_none());
    let taken = pool.node.take(Some(b"a.test"), 0).unwrap();
    drop(taken);
    assert_eq!(pool.dropped(), [0]);
    assert_eq!(pool.node.idle(), 1);
}

#[tokio::test]
async fn upstreams_that_agree_share_a_nodes_connections() {
    let names = names(&Arc::default());
    let x = exchange();
    let pick = |spec: UpstreamSpec| local(&compile(&names, spec).unwrap()).pick(&x).unwrap();
    let one = pick(spec(&["10.0.0.1:80"]));
    assert!(Rc::ptr_eq(&one, &pick(spec(&["10.0.0.1"]))));
    assert!(!Rc::ptr_eq(&one, &pick(UpstreamSpec { scheme: Scheme::Grpc, ..spec(&["10.0.0.1:80"]) })));
    let pool = Some(PoolSettings { requests: 2, ..PoolSettings::default() });
    assert!(!Rc::ptr_eq(&one, &pick(UpstreamSpec { pool, ..spec(&["10.0.0.1:80"]) })));
}
