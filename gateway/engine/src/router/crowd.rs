//! A bucket too big to scan: candidates sorted into classes by what they compare with a literal text, so that a request
//! asks only those whose texts fit it.
//!
//! A class compares a segment of the path behind the literal prefix, or a variable ([`super::Equals`]), or both; in it, the
//! candidates that want the same texts form one ordered [`Run`]. A request makes one look-up a class and merges the runs it
//! finds by order; candidates that compare nothing are the class that always fits.

use std::sync::Arc;

use smallvec::SmallVec;

use super::bucket::Cand;
use super::key::{Order, RouteKey, Routed};
use super::pattern::Place;
use super::request::{Probe, Search, Variable};
use super::run::{Cursor, Entry, Run};
use super::tree::Edge;

/// Each class costs every request a look-up, so there are few: what finds no class joins those that compare nothing.
const CLASSES: usize = 32;

/// The candidates of one literal prefix, indexed.
pub(super) struct Crowd<R> {
    /// Those that compare nothing (or found no class).
    rest: Option<Run<R>>,
    classes: Vec<Class<R>>,
    len: usize,
}

struct Class<R> {
    feature: Feature,
    /// The texts wanted → who wants them.
    groups: Edge<Run<R>>,
    len: usize,
    /// One of them.
    sample: Cand<R>,
}

/// What the candidates of a class compare.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Feature {
    segment: Option<Place>,
    variable: Option<Arc<str>>,
}

/// The texts that are compared, one key: that of the segment, a slash (which no segment has), that of the variable.
type Texts = SmallVec<[u8; 64]>;

impl<R: Routed> Crowd<R> {
    pub(super) fn new(cands: &[Cand<R>]) -> Self {
        let mut crowd = Crowd { rest: None, classes: Vec::new(), len: 0 };
        for cand in cands {
            crowd.add(cand.clone());
        }
        crowd
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn add(&mut self, cand: Cand<R>) {
        self.len += 1;
        let (feature, texts) = wanted(cand.route.key(), cand.which);
        let entry = Entry { order: cand.order(), cand };
        let Some(class) = self.class(feature, &entry.cand) else {
            Run::add(&mut self.rest, entry);
            return;
        };
        class.len += 1;
        let mut entry = Some(entry);
        class.groups.update(&texts, false, &mut |run| {
            if let Some(entry) = entry.take() {
                Run::add(run, entry);
            }
        });
    }

    /// Takes out the candidate of pattern `which` of the route with `key`.
    pub(super) fn remove(&mut self, key: &RouteKey, which: u8) {
        let order = key.order(which);
        let (feature, texts) = wanted(key, which);
        let at = self.classes.iter().position(|class| class.feature == feature);
        let removed = at.is_some_and(|at| self.remove_from(at, &texts, &order)) || Run::remove(&mut self.rest, &order);
        self.len -= usize::from(removed);
    }

    /// The first candidate that the request accepts.
    pub(super) fn find<'a, P: Probe<'a, R>>(&'a self, search: &mut Search<'_, '_, P>) -> Option<&'a Cand<R>> {
        let method = search.target.method();
        let mut runs: SmallVec<[Cursor<'a, R>; 2]> = SmallVec::new();
        runs.extend(self.rest.iter().map(|run| run.cursor(method)));
        for class in &self.classes {
            match class.texts(search) {
                Wanted::Texts(texts) => {
                    runs.extend(class.groups.get(&texts, false).map(|run| run.cursor(method)));
                }
                Wanted::Nothing => {}
                Wanted::Unknown => return self.all().into_iter().find(|cand| search.accepts(cand)),
            }
        }
        if let [only] = runs.as_mut_slice() {
            return only.map(|entry| &entry.cand).find(|cand| search.accepts(cand));
        }
        loop {
            let heads = runs.iter_mut().filter_map(|run| Some((run.peek()?.order, run)));
            let (_, first) = heads.min_by_key(|(order, _)| *order)?;
            let cand = &first.next()?.cand;
            if search.accepts(cand) {
                return Some(cand);
            }
        }
    }

    /// Every candidate in order; sorted anew each time.
    pub(super) fn all(&self) -> Vec<&Cand<R>> {
        let classes = self.classes.iter().flat_map(|class| class.groups.values());
        let runs = self.rest.iter().chain(classes);
        let mut entries: Vec<&Entry<R>> = runs.flat_map(|run| run.cursor(u16::MAX)).collect();
        entries.sort_unstable_by_key(|entry| entry.order);
        entries.into_iter().map(|entry| &entry.cand).collect()
    }

    /// The class of a feature, made for `sample` if there is room.
    fn class(&mut self, feature: Feature, sample: &Cand<R>) -> Option<&mut Class<R>> {
        if feature.segment.is_none() && feature.variable.is_none() {
            return None;
        }
        let at = self.classes.iter().position(|class| class.feature == feature).unwrap_or(self.classes.len());
        if at == self.classes.len() && at < CLASSES {
            self.classes.push(Class { feature, groups: Edge::default(), len: 0, sample: sample.clone() });
        }
        self.classes.get_mut(at)
    }

    fn remove_from(&mut self, at: usize, texts: &[u8], order: &Order) -> bool {
        let Some(class) = self.classes.get_mut(at) else { return false };
        let mut removed = false;
        class.groups.update(texts, false, &mut |run| removed = Run::remove(run, order));
        class.len -= usize::from(removed);
        if class.len == 0 {
            self.classes.remove(at);
        } else if class.sample.order() == *order {
            // A class must not keep a removed route alive.
            let other = class.groups.values().find_map(|run| run.cursor(u16::MAX).next());
            if let Some(other) = other.map(|entry| entry.cand.clone()) {
                class.sample = other;
            }
        }
        removed
    }
}

enum Wanted {
    Texts(Texts),
    /// No candidate of the class can match.
    Nothing,
    Unknown,
}

impl<R: Routed> Class<R> {
    /// The texts this request has.
    fn texts<'a, P: Probe<'a, R>>(&'a self, search: &mut Search<'_, '_, P>) -> Wanted {
        let mut texts = Texts::new();
        if let Some(place) = self.feature.segment {
            let Some(segment) = place.of(search.target.path) else { return Wanted::Nothing };
            texts.extend_from_slice(segment);
        }
        if let Some(name) = &self.feature.variable {
            texts.push(b'/');
            match search.probe.variable(name, &self.sample) {
                Variable::Text(value) => texts.extend_from_slice(&value),
                Variable::Absent => return Wanted::Nothing,
                Variable::Unknown => return Wanted::Unknown,
            }
        }
        Wanted::Texts(texts)
    }
}

/// What pattern `which` of a route compares, and with what.
fn wanted(key: &RouteKey, which: u8) -> (Feature, Texts) {
    let mut texts = Texts::new();
    let landmark = key.landmark(which);
    if let Some((_, text)) = landmark {
        texts.extend_from_slice(text);
    }
    if let Some(equals) = &key.equals {
        texts.push(b'/');
        texts.extend_from_slice(&equals.value);
    }
    let variable = key.equals.as_ref().map(|equals| equals.variable.clone());
    (Feature { segment: landmark.map(|(place, _)| place), variable }, texts)
}

impl<R> Clone for Crowd<R> {
    fn clone(&self) -> Self {
        Crowd { rest: self.rest.clone(), classes: self.classes.clone(), len: self.len }
    }
}

impl<R> Clone for Class<R> {
    fn clone(&self) -> Self {
        Class { feature: self.feature.clone(), groups: self.groups.clone(), len: self.len, sample: self.sample.clone() }
    }
}
