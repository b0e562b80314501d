//! Redis servers that an operator has named: one, a cluster, or whatever sentinels say is the master.
//!
//! A worker has one connection to a server, over which all its calls go one behind the other without waiting for each other's
//! answers. Connections belong to the thread that uses them, so workers share nothing. A server that has failed is not waited for:
//! until a task behind the requests has reached it again, calls fail at once.

mod cluster;
mod connect;
mod link;
mod slots;
mod tls;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::Ipv6Addr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
pub use redis::{Cmd, Value, cmd};
use tokio_rustls::rustls::ClientConfig;

use self::cluster::Cluster;
use self::link::Link;
use self::tls::Roots;

/// Which server, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Where it is.
    pub place: Place,
    /// Who speaks to it.
    pub login: Login,
    /// The database; a cluster has only 0.
    pub database: u32,
    /// `None`: no TLS.
    pub tls: Option<Tls>,
    /// Until a connection is there, each of its steps.
    pub connect_timeout: Duration,
    /// Until a call is answered.
    pub timeout: Duration,
    /// How long a connection that nobody uses is kept.
    pub keepalive: Duration,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// At this address.
    One(Address),
    /// In a cluster that these nodes belong to; keys decide which node is meant.
    Cluster(Vec<Address>),
    /// Where sentinels say.
    Sentinel {
        /// The sentinels, asked in this order.
        sentinels: Vec<Address>,
        /// The name they know the master by.
        master: String,
        /// A replica is meant instead of the master.
        replica: bool,
        /// Who speaks to the sentinels.
        login: Login,
    },
}

/// A host, by name or address, and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Address {
    /// Reads `host:port`; an IPv6 address stands in brackets.
    pub fn parse(text: &str) -> Option<Address> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok().filter(|p| *p != 0)?;
        (!host.is_empty()).then(|| Address { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse::<Ipv6Addr>().is_ok() {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Name and password. Without a password nobody logs in.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Login {
    /// `None`: the default user.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("username", &self.username).finish_non_exhaustive()
    }
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tls {
    /// Whether the server's certificate is checked. Off only where the operator says so.
    pub verify: bool,
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is no connection. The text names server and cause.
    #[error("{0}")]
    Down(Arc<str>),
    /// Not answered in time.
    #[error("no answer of {0} within {n} ms", n = .1.as_millis())]
    Timeout(Arc<str>, Duration),
    /// The server's answer is an error.
    #[error("{code} {text}")]
    Refused {
        /// Its first word: `WRONGTYPE`.
        code: Box<str>,
        /// The rest.
        text: Box<str>,
    },
    /// The answer is none to this call.
    #[error("an unexpected answer of Redis")]
    Odd,
}

/// A Lua script that servers run. They know it by its hash once they have seen it.
pub struct Script {
    text: &'static str,
    hash: OnceLock<Box<str>>,
}

impl Script {
    /// A script of this text.
    pub const fn new(text: &'static str) -> Script {
        Script { text, hash: OnceLock::new() }
    }

    fn hash(&self) -> &str {
        self.hash.get_or_init(|| redis::Script::new(self.text).get_hash().into())
    }
}

/// All servers in use, and what went wrong with them. A process has one (the registry of plugins keeps it, hence the `Default`).
#[derive(Default)]
pub struct Servers {
    known: Mutex<HashMap<Settings, Weak<Server>>>,
    roots: Roots,
    failures: Mutex<BTreeMap<&'static str, u64>>,
}

impl Servers {
    /// Servers with TLS are checked against these certificates (PEM) instead of the system's. Said once, before any server is used.
    pub fn trust(&self, pem: &[u8]) {
        self.roots.set(pem);
    }

    /// A server of these settings; those who ask for the same share connections.
    ///
    /// # Errors
    /// There is nothing to check certificates against.
    pub fn get(&self, settings: Settings) -> Result<Redis, String> {
        let mut known = self.known.lock();
        if let Some(server) = known.get(&settings).and_then(Weak::upgrade) {
            return Ok(Redis(server));
        }
        known.retain(|_, server| server.strong_count() > 0);
        let tls = settings.tls.map(|tls| self.roots.client(tls.verify)).transpose()?;
        let server = Arc::new(Server { id: IDS.fetch_add(1, Ordering::Relaxed), settings: settings.clone(), tls });
        known.insert(settings, Arc::downgrade(&server));
        Ok(Redis(server))
    }

    /// Counts a call that failed.
    pub fn failed(&self, who: &'static str) {
        *self.failures.lock().entry(who).or_default() += 1;
    }

    /// How many calls of whom have failed.
    pub fn failures(&self) -> Vec<(&'static str, u64)> {
        self.failures.lock().iter().map(|(who, n)| (*who, *n)).collect()
    }
}

/// Threads know servers by number.
static IDS: AtomicU64 = AtomicU64::new(1);

struct Server {
    id: u64,
    settings: Settings,
    tls: Option<Arc<ClientConfig>>,
}

/// A server, a cluster or a set of sentinels.
#[derive(Clone)]
pub struct Redis(Arc<Server>);

/// What a thread has of a server.
enum Reach {
    Link(Rc<Link>),
    Cluster(Rc<Cluster>),
}

/// By the server's number.
type Reached = HashMap<u64, (Weak<Server>, Rc<Reach>)>;

thread_local! {
    static REACHED: RefCell<Reached> = RefCell::default();
}

impl Redis {
    /// Runs a script. In a cluster all `keys` must be of one slot.
    ///
    /// Must be called within the thread's own runtime, as workers have it (a `LocalRuntime` of tokio).
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn run(&self, script: &Script, keys: &[&[u8]], args: &[&[u8]]) -> Result<Value, Failure> {
        let whole = |name: &str, code: &str| {
            let mut call = cmd(name);
            call.arg(code).arg(keys.len()).arg(keys).arg(args);
            call
        };
        let key = keys.first().copied().unwrap_or_default();
        match self.call(key, whole("EVALSHA", script.hash())).await {
            Err(Failure::Refused { code, .. }) if &*code == "NOSCRIPT" => {
                self.call(key, whole("EVAL", script.text)).await
            }
            answer => answer,
        }
    }

    /// Makes a call that is about `key`, within the thread's own runtime as [`Redis::run`].
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn call(&self, key: &[u8], call: Cmd) -> Result<Value, Failure> {
        match &*self.reach() {
            Reach::Link(link) => link.call(&call).await,
            Reach::Cluster(cluster) => cluster.call(key, &call).await,
        }
    }

    /// Whether keys lie on several nodes, so that a script may not take any two.
    pub fn is_cluster(&self) -> bool {
        matches!(self.0.settings.place, Place::Cluster(_))
    }

    fn reach(&self) -> Rc<Reach> {
        REACHED.with_borrow_mut(|reached| {
            if let Some((_, reach)) = reached.get(&self.0.id) {
                return Rc::clone(reach);
            }
            // What no plugin uses any more goes with the next that comes.
            reached.retain(|_, (server, _)| server.strong_count() > 0);
            let reach = Rc::new(match &self.0.settings.place {
                Place::Cluster(seeds) => Reach::Cluster(Cluster::new(&self.0, seeds)),
                place => Reach::Link(Link::new(&self.0, place.clone())),
            });
            reached.insert(self.0.id, (Arc::downgrade(&self.0), Rc::clone(&reach)));
            reach
        })
    }
}

#[cfg(test)]
mod tests;
