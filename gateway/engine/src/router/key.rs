//! What the router knows of a route.

use std::sync::Arc;

use smallvec::SmallVec;

use super::pattern::{Captures, Pattern, Place, Shape};

/// How paths and hosts decide together (`apisix.router.http`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// `radixtree_host_uri`: the host first, then the path inside that host's table.
    #[default]
    HostUri,
    /// `radixtree_uri`: the path; the host is one more condition.
    Uri,
    /// `radixtree_uri_with_parameter`: as [`Mode::Uri`], and `:name` segments capture.
    UriWithParameter,
}

impl Mode {
    /// The mode of this name in the configuration.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "radixtree_host_uri" => Some(Mode::HostUri),
            "radixtree_uri" => Some(Mode::Uri),
            "radixtree_uri_with_parameter" => Some(Mode::UriWithParameter),
            _ => None,
        }
    }
}

/// The methods a route can list, in the order of their bits.
pub const METHODS: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE"];

/// The bit of a method; 0 for any other, which only routes without `methods` match.
pub fn method_bit(method: &[u8]) -> u16 {
    METHODS.iter().position(|known| known.as_bytes() == method).map_or(0, |at| 1 << at)
}

/// A route as the router sees it: kept by the caller inside its compiled route and shown through [`Routed`].
#[derive(Clone, Debug)]
pub struct RouteKey {
    /// Bits of [`method_bit`]; 0 means any method.
    pub methods: u16,
    /// Larger is tried first, among routes of the same literal prefix only.
    pub priority: i32,
    /// Load order: the last tie-break, smaller first.
    pub seq: u64,
    /// The route's dense number; no two routes in a router share it.
    pub slot: u32,
    /// Whether the route has conditions that only the caller can judge (`remote_addrs`, `vars`, …).
    pub conditions: bool,
    /// A condition that lets a crowded prefix be indexed.
    pub equals: Option<Equals>,
    pub(super) mode: Mode,
    pub(super) uris: SmallVec<[Pattern; 1]>,
    pub(super) hosts: Box<[Host]>,
}

/// The first top-level `[variable, "==", "text"]` of a route's `vars`, every one of which must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equals {
    /// The variable as written, such as `arg_user`.
    pub variable: Arc<str>,
    /// The text it must equal. Numbers compare after a conversion, so they must not be put here.
    pub value: Box<[u8]>,
}

/// How many places in the tree one route may take: some 100 bytes each.
const MOST_PLACES: usize = 50_000;

/// A route that tells the router where it belongs.
pub trait Routed {
    /// Must stay the same while the route is in a router.
    fn key(&self) -> &RouteKey;
}

impl RouteKey {
    /// The key of a route with these `uris` and `hosts` (the service's if it has none itself; none at all: every host);
    /// the other fields are the caller's to set.
    ///
    /// A percent-encoding in a uri is read as in a request: `/a%20b` and `/a b` are the same pattern.
    pub fn new<U: AsRef<str>, H: AsRef<str>>(
        mode: Mode,
        uris: impl IntoIterator<Item = U>,
        hosts: impl IntoIterator<Item = H>,
    ) -> Self {
        let parameters = mode == Mode::UriWithParameter;
        let mut known: Vec<Host> = Vec::new();
        for host in hosts {
            let host = Host::new(host.as_ref());
            if !known.contains(&host) {
                known.push(host);
            }
        }
        RouteKey {
            methods: 0,
            priority: 0,
            seq: 0,
            slot: 0,
            conditions: false,
            equals: None,
            mode,
            uris: uris.into_iter().map(|uri| Pattern::new(uri.as_ref(), parameters)).collect(),
            hosts: known.into_boxed_slice(),
        }
    }

    /// Whether route `id` may be in a router with so many `uris` and `hosts`: where hosts are in the tree, it stands once for each
    /// of its paths under each of its hosts.
    ///
    /// # Errors
    /// What is too much of it, and what to do.
    pub fn check_places(mode: Mode, id: &str, uris: usize, hosts: usize) -> Result<(), String> {
        let places = uris.saturating_mul(hosts);
        if mode != Mode::HostUri || places <= MOST_PLACES {
            return Ok(());
        }
        Err(format!(
            "route {id}: {uris} uris under {hosts} hosts are {places} places in the router, at most {MOST_PLACES} are served: \
             make several routes of it, or use a wildcard"
        ))
    }

    /// Whether nothing but methods is left to ask once the trees found pattern `which`.
    pub(super) fn is_plain(&self, pattern: &Pattern) -> bool {
        !self.conditions && pattern.shape.is_none() && (self.mode == Mode::HostUri || self.hosts.is_empty())
    }

    /// Whether the path fits pattern `which` beyond its literal prefix, and the shape that captured.
    pub(super) fn fits(&self, which: u8, path: &[u8], captures: &mut Captures) -> Option<Option<&Arc<Shape>>> {
        let first = usize::from(which);
        let count = if which == u8::MAX { usize::MAX } else { 1 };
        let mut patterns = self.uris.iter().skip(first).take(count);
        // Only patterns from number 255 on share a number, and then the path may have been found by any of them.
        patterns.find_map(|pattern| match &pattern.shape {
            _ if count > 1 && !pattern.begins(path) => None,
            None => Some(None),
            Some(shape) => captures.attempt(shape, path).then_some(Some(shape)),
        })
    }

    /// A literal segment that a path must have to fit pattern `which`.
    pub(super) fn landmark(&self, which: u8) -> Option<(Place, &[u8])> {
        // Several patterns share the last number.
        let pattern = (which != u8::MAX).then(|| self.uris.get(usize::from(which)))??;
        pattern.shape.as_ref()?.landmark()
    }

    /// Whether the host condition holds, where the host is not what found the route.
    pub(super) fn admits(&self, authority: &[u8]) -> bool {
        if self.mode == Mode::HostUri || self.hosts.is_empty() {
            return true;
        }
        let host = without_port(authority);
        self.hosts.iter().any(|known| known.admits(host, authority))
    }

    /// The smaller is tried first.
    pub(super) fn order(&self, which: u8) -> Order {
        let written = self.uris.get(usize::from(which)).map_or(0, |pattern| pattern.written);
        Order { priority: !self.priority, written: !written, seq: self.seq, slot: self.slot, which }
    }
}

/// Where a candidate stands among those of its prefix; larger values come first where the complement is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    priority: i32,
    written: u32,
    seq: u64,
    slot: u32,
    which: u8,
}

impl Pattern {
    fn begins(&self, path: &[u8]) -> bool {
        if self.prefix { path.starts_with(&self.literal) } else { *path == *self.literal }
    }
}

/// An entry of `hosts`: a name, or `*` and the end of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// Lower-case, without the `*`.
    text: Box<[u8]>,
    pub(super) wildcard: bool,
}

impl Host {
    fn new(host: &str) -> Self {
        let (text, wildcard) = host.strip_prefix('*').map_or((host, false), |suffix| (suffix, true));
        Host { text: text.to_ascii_lowercase().into_bytes().into(), wildcard }
    }

    /// The key in the tree of hosts: names that end alike begin alike.
    pub(super) fn reversed(&self) -> Reversed {
        reversed(&self.text)
    }

    fn admits(&self, host: &[u8], authority: &[u8]) -> bool {
        // Only a pattern with a port (or an IPv6 address) has a colon; it is compared with what the client sent.
        self.equals(host) || (self.text.contains(&b':') && self.equals(authority))
    }

    fn equals(&self, host: &[u8]) -> bool {
        if self.wildcard { host.ends_with(&self.text) } else { *host == *self.text }
    }
}

/// A host name written from its end.
pub(super) type Reversed = SmallVec<[u8; 64]>;

pub(super) fn reversed(host: &[u8]) -> Reversed {
    let mut reversed = Reversed::from_slice(host);
    reversed.reverse();
    reversed
}

/// The host of an authority: without port and final dot.
pub(super) fn without_port(authority: &[u8]) -> &[u8] {
    let digits = authority.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let host = match authority.len().checked_sub(digits).and_then(|end| authority.get(..end)) {
        Some([host @ .., b':']) => host,
        _ => authority,
    };
    host.strip_suffix(b".").unwrap_or(host)
}
