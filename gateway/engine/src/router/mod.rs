//! From host, path and method to a route.
//!
//! Precedence is the trees' order: the exact path first, then literal prefixes from the longest; in the default mode the
//! host's table before that, from the exact host over wildcards from the longest to routes without any host. `priority`
//! orders only routes of the same literal prefix; then the longer pattern, then load order.
//!
//! A [`Router`] is a value: a clone is a few reference counts, and a change copies only the paths in the trees it touches.

mod bucket;
mod key;
mod pattern;
mod tree;

pub use bucket::Cand;
pub use key::{Equals, METHODS, Mode, RouteKey, Routed, method_bit};
pub use pattern::Captures;
pub use tree::{Edge, Node};

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use bucket::Bucket;

/// One path table.
type Paths<R> = Edge<Bucket<R>>;

/// The routes of a configuration; see the module's text for what decides between them.
pub struct Router<R> {
    mode: Mode,
    /// Reversed host → the table of its paths; only in [`Mode::HostUri`].
    hosts: Arc<Edge<Arc<Paths<R>>>>,
    /// Routes that are found without their host.
    any: Arc<Paths<R>>,
}

/// What a candidate is asked beyond host, path and method.
pub trait Probe<'a, R> {
    /// Whether the caller's conditions hold; asked only of candidates with [`RouteKey::conditions`].
    fn check(&mut self, cand: &'a Cand<R>) -> bool;

    /// The value of the variable of [`RouteKey::equals`] in this request. `sample` is some route that compares it, so that
    /// a caller can use that route's compiled form of the name.
    fn variable(&mut self, name: &'a str, sample: &'a Cand<R>) -> Variable<'_>;
}

/// A request's value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable<'a> {
    /// Not told: all candidates have to be asked one by one.
    Unknown,
    /// The request has none, so it equals no text.
    Absent,
    /// This value.
    Text(Cow<'a, [u8]>),
}

/// What the router alone says about a candidate ([`Router::walk_candidates`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The method is among the route's.
    pub method: bool,
    /// The host is among the route's.
    pub host: bool,
    /// The path fits the pattern behind its literal prefix.
    pub path: bool,
}

/// The request as the trees see it.
struct Target<'t> {
    /// Without port.
    host: &'t [u8],
    authority: &'t [u8],
    path: &'t [u8],
    method: u16,
}

impl<R: Routed> Router<R> {
    /// A router without routes.
    pub fn new(mode: Mode) -> Self {
        Router { mode, hosts: Arc::default(), any: Arc::default() }
    }

    /// How hosts and paths decide.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether no route is in.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.any.is_empty()
    }

    /// Adds `route` under every host and path of its key, which must have been made for this router's mode. A route that
    /// is already in under the same slot has to be removed first.
    pub fn insert(&mut self, route: &Arc<R>) {
        let key = route.key();
        self.update(key, |which, entry| {
            let number = u8::try_from(which).unwrap_or(u8::MAX);
            let plain = key.uris.get(which).is_some_and(|pattern| key.is_plain(pattern));
            let cand = Cand { route: route.clone(), slot: key.slot, methods: key.methods, plain, which: number };
            Bucket::add(entry, cand);
        });
    }

    /// Takes `route` out; its key must be the one it was inserted with.
    pub fn remove(&mut self, route: &R) {
        let key = route.key();
        self.update(key, |which, entry| {
            Bucket::remove(entry, key.order(u8::try_from(which).unwrap_or(u8::MAX)));
        });
    }

    /// The first candidate for which everything holds, and what its wildcards captured.
    ///
    /// `host` is lower-case and may have a port; `path` is the form for matching that [`crate::path::normalize`] gives;
    /// `method_bit` comes from [`method_bit`]. `check` judges what the router does not know and is asked last, and only
    /// for routes with [`RouteKey::conditions`]. Crowded prefixes are found faster with [`Router::find_with`].
    #[inline]
    pub fn find<'a>(
        &'a self,
        host: &[u8],
        path: &[u8],
        method_bit: u16,
        check: impl FnMut(&'a Cand<R>) -> bool,
        captures: &mut Captures,
    ) -> Option<&'a Cand<R>> {
        self.find_with(host, path, method_bit, &mut Check(check), captures)
    }

    /// As [`Router::find`], for a caller that also tells the values of variables: where many routes share a prefix and
    /// differ by a variable ([`RouteKey::equals`]), only those that can match are asked.
    #[inline]
    pub fn find_with<'a, P: Probe<'a, R>>(
        &'a self,
        host: &[u8],
        path: &[u8],
        method_bit: u16,
        probe: &mut P,
        captures: &mut Captures,
    ) -> Option<&'a Cand<R>> {
        captures.clear();
        let target = Target { host: key::without_port(host), authority: host, path, method: method_bit };
        self.walk(&target, |bucket| bucket.each(|cand| matches(cand, &target, probe, captures).then_some(cand)))
    }

    /// Shows `visit` every candidate of a host and path in the order of [`Router::find`], with what the router says of it,
    /// until `visit` breaks: for explaining a match, not for the way of a request.
    pub fn walk_candidates<'a>(
        &'a self,
        host: &[u8],
        path: &[u8],
        method_bit: u16,
        visit: &mut dyn FnMut(&'a Cand<R>, Verdict) -> ControlFlow<()>,
    ) {
        let target = Target { host: key::without_port(host), authority: host, path, method: method_bit };
        let mut captures = Captures::default();
        self.walk(&target, |bucket| {
            bucket.each(|cand| {
                let key = cand.route.key();
                let verdict = Verdict {
                    method: listed(cand, method_bit),
                    host: key.admits(target.host, target.authority),
                    path: key.fits(cand.which, path, &mut captures).is_some(),
                };
                visit(cand, verdict).is_break().then_some(())
            })
        });
    }

    /// Calls `f` with each bucket that the trees find, in order of precedence.
    #[inline]
    fn walk<'a, T>(&'a self, target: &Target<'_>, mut f: impl FnMut(&'a Bucket<R>) -> Option<T>) -> Option<T> {
        if !self.hosts.is_empty() {
            let host = key::reversed(target.host);
            let found = self.hosts.walk(&host, |paths| paths.walk(target.path, &mut f));
            if found.is_some() {
                return found;
            }
        }
        self.any.walk(target.path, f)
    }

    /// Lets `f` change the bucket of each path (by its number) in each table where a route with `key` belongs.
    fn update(&mut self, key: &RouteKey, mut f: impl FnMut(usize, &mut Option<Bucket<R>>)) {
        let mut each = |paths: &mut Arc<Paths<R>>| {
            let paths = Arc::make_mut(paths);
            for (which, pattern) in key.uris.iter().enumerate() {
                paths.update(&pattern.literal, pattern.prefix, &mut |entry| f(which, entry));
            }
        };
        if self.mode != Mode::HostUri || key.hosts.is_empty() {
            each(&mut self.any);
            return;
        }
        let hosts = Arc::make_mut(&mut self.hosts);
        for host in &key.hosts {
            hosts.update(&host.reversed(), host.wildcard, &mut |table| {
                each(table.get_or_insert_default());
                table.take_if(|paths| paths.is_empty());
            });
        }
    }
}

impl<R> Clone for Router<R> {
    fn clone(&self) -> Self {
        Router { mode: self.mode, hosts: self.hosts.clone(), any: self.any.clone() }
    }
}

/// Whether everything about `cand` holds but its literal prefix, which the trees have found.
#[inline]
fn matches<'a, R: Routed, P: Probe<'a, R>>(
    cand: &'a Cand<R>,
    target: &Target<'_>,
    probe: &mut P,
    captures: &mut Captures,
) -> bool {
    listed(cand, target.method) && (cand.plain || holds(cand, target, probe, captures))
}

/// The part of [`matches`] that has to touch the route.
fn holds<'a, R: Routed, P: Probe<'a, R>>(
    cand: &'a Cand<R>,
    target: &Target<'_>,
    probe: &mut P,
    captures: &mut Captures,
) -> bool {
    let key = cand.route.key();
    if !key.admits(target.host, target.authority) {
        return false;
    }
    let Some(shape) = key.fits(cand.which, target.path, captures) else { return false };
    if key.conditions && !probe.check(cand) {
        return false;
    }
    if let Some(shape) = shape {
        captures.keep(shape, target.path);
    }
    true
}

#[inline]
fn listed<R>(cand: &Cand<R>, method: u16) -> bool {
    cand.methods == 0 || cand.methods & method != 0
}

/// A probe that is only a closure.
struct Check<F>(F);

impl<'a, R: 'a, F: FnMut(&'a Cand<R>) -> bool> Probe<'a, R> for Check<F> {
    fn check(&mut self, cand: &'a Cand<R>) -> bool {
        self.0(cand)
    }

    fn variable(&mut self, _: &'a str, _: &'a Cand<R>) -> Variable<'_> {
        Variable::Unknown
    }
}
