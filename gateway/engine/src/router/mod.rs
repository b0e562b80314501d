//! From host, path and method to a route.
//!
//! Precedence is the trees' order: the exact path first, then literal prefixes from the longest; in the default mode the
//! host's table before that, from the exact host over wildcards from the longest to routes without any host. `priority`
//! orders only routes of the same literal prefix; then the longer pattern, then load order.
//!
//! A [`Router`] is a value: a clone is a few reference counts, and a change copies only the paths in the trees it touches.

mod bucket;
mod crowd;
mod key;
mod pattern;
mod request;
mod run;
#[cfg(test)]
mod tests;
mod tree;

pub use bucket::Cand;
pub use key::{Equals, METHODS, Mode, RouteKey, Routed, method_bit};
pub use pattern::Captures;
pub use request::{Probe, Variable};
pub use tree::{Edge, Node};

use std::ops::ControlFlow;
use std::sync::Arc;

use bucket::Bucket;
use request::{Check, Search, Target};

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
            Bucket::remove(entry, key, u8::try_from(which).unwrap_or(u8::MAX));
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
        let target = Target::new(host, path, method_bit);
        let path = target.path;
        let mut search = Search { target, probe, captures };
        self.walk(host, path, |bucket| bucket.find(&mut search))
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
        let target = Target::new(host, path, method_bit);
        let mut captures = Captures::default();
        self.walk(host, path, |bucket| {
            bucket.each(|cand| {
                let verdict = Verdict {
                    method: target.lists(cand),
                    host: target.admitted(cand),
                    path: cand.route.key().fits(cand.which, path, &mut captures).is_some(),
                };
                visit(cand, verdict).is_break().then_some(())
            })
        });
    }

    /// Shows `visit` every candidate that [`Router::walk_candidates`] does not show, in no order: under another host a path that
    /// fits (`true`), or under a host that fits another path. Looks at all routes: for explaining, not for the way of a request.
    pub fn near<'a>(&'a self, host: &[u8], path: &[u8], visit: &mut dyn FnMut(&'a Cand<R>, bool)) {
        let name = key::reversed(key::without_port(host));
        let mut here: Vec<*const Paths<R>> = vec![Arc::as_ptr(&self.any)];
        self.hosts.walk(&name, |paths| {
            here.push(Arc::as_ptr(paths));
            None::<()>
        });
        for paths in self.hosts.values().chain([&self.any]) {
            if here.contains(&Arc::as_ptr(paths)) {
                let mut shown: Vec<*const Bucket<R>> = Vec::new();
                paths.walk(path, |bucket| {
                    shown.push(bucket);
                    None::<()>
                });
                for bucket in paths.values().filter(|bucket| !shown.contains(&std::ptr::from_ref(*bucket))) {
                    bucket.each(|cand| {
                        visit(cand, false);
                        None::<()>
                    });
                }
            } else {
                paths.walk(path, |bucket| {
                    bucket.each(|cand| {
                        visit(cand, true);
                        None::<()>
                    })
                });
            }
        }
    }

    /// Calls `f` with each bucket that the trees find, in order of precedence.
    #[inline]
    fn walk<'a, T>(
        &'a self,
        authority: &[u8],
        path: &[u8],
        mut f: impl FnMut(&'a Bucket<R>) -> Option<T>,
    ) -> Option<T> {
        if !self.hosts.is_empty() {
            let host = key::reversed(key::without_port(authority));
            let found = self.hosts.walk(&host, |paths| paths.walk(path, &mut f));
            if found.is_some() {
                return found;
            }
        }
        self.any.walk(path, f)
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
