//! What a request brings to the router, and how one candidate is judged by it.

use std::borrow::Cow;

use super::bucket::Cand;
use super::key::Routed;
use super::pattern::Captures;

/// What a candidate is asked beyond host, path and method.
pub trait Probe<'a, R> {
    /// Whether the caller's conditions hold; asked only of candidates with [`super::RouteKey::conditions`].
    fn check(&mut self, cand: &'a Cand<R>) -> bool;

    /// The value of the variable of [`super::RouteKey::equals`] in this request. `sample` is some route that compares it,
    /// so that a caller can use that route's compiled form of the name.
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

/// A probe that is only a closure.
pub(super) struct Check<F>(pub(super) F);

impl<'a, R: 'a, F: FnMut(&'a Cand<R>) -> bool> Probe<'a, R> for Check<F> {
    fn check(&mut self, cand: &'a Cand<R>) -> bool {
        self.0(cand)
    }

    fn variable(&mut self, _: &'a str, _: &'a Cand<R>) -> Variable<'_> {
        Variable::Unknown
    }
}

/// The request as the trees see it.
pub(super) struct Target<'t> {
    authority: &'t [u8],
    pub(super) path: &'t [u8],
    method: u16,
}

impl<'t> Target<'t> {
    pub(super) fn new(authority: &'t [u8], path: &'t [u8], method: u16) -> Self {
        Target { authority, path, method }
    }

    /// A bit of [`methods_of`].
    pub(super) fn method(&self) -> u16 {
        if self.method == 0 { OTHER_METHOD } else { self.method }
    }

    #[inline]
    pub(super) fn lists<R>(&self, cand: &Cand<R>) -> bool {
        cand.methods == 0 || cand.methods & self.method != 0
    }

    pub(super) fn admitted<R: Routed>(&self, cand: &Cand<R>) -> bool {
        cand.route.key().admits(self.authority)
    }
}

/// The methods a candidate matches as a set that can be joined with others: "any" is all bits, among them one that stands
/// for methods without a bit of their own.
pub(super) fn methods_of<R>(cand: &Cand<R>) -> u16 {
    if cand.methods == 0 { u16::MAX } else { cand.methods }
}

const OTHER_METHOD: u16 = 1 << 15;

/// A request looking for its route.
pub(super) struct Search<'t, 's, P> {
    pub(super) target: Target<'t>,
    pub(super) probe: &'s mut P,
    pub(super) captures: &'s mut Captures,
}

impl<P> Search<'_, '_, P> {
    /// Whether everything about `cand` holds but its literal prefix, which the trees have found.
    #[inline]
    pub(super) fn accepts<'a, R: Routed>(&mut self, cand: &'a Cand<R>) -> bool
    where
        P: Probe<'a, R>,
    {
        self.target.lists(cand) && (cand.plain || self.holds(cand))
    }

    /// The part of [`Search::accepts`] that has to touch the route.
    fn holds<'a, R: Routed>(&mut self, cand: &'a Cand<R>) -> bool
    where
        P: Probe<'a, R>,
    {
        if !self.target.admitted(cand) {
            return false;
        }
        let key = cand.route.key();
        let Some(shape) = key.fits(cand.which, self.target.path, self.captures) else { return false };
        if key.conditions && !self.probe.check(cand) {
            return false;
        }
        if let Some(shape) = shape {
            self.captures.keep(shape, self.target.path);
        }
        true
    }
}
