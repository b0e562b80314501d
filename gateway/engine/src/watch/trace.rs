//! What plugins did to one exchange. While it runs, moments are noted and nothing is reckoned: most traces are never read.

use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::plugin::Chain;

/// Most entries of an exchange: phases of plugins.
const MOST: usize = 256;

/// Moments that are noted before they are summed up: those of bodies that come in many pieces.
const ROOM: usize = 16;

/// A phase of plugins, as those who watch are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Rewrite,
    Access,
    BeforeProxy,
    HeaderFilter,
    BodyFilter,
    Encode,
    Log,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Rewrite => "rewrite",
            Part::Access => "access",
            Part::BeforeProxy => "before_proxy",
            Part::HeaderFilter => "header_filter",
            Part::BodyFilter => "body_filter",
            Part::Encode => "encode",
            Part::Log => "log",
        }
    }

    /// Whether entries of the one may lie among those of the other: bodies come in pieces.
    fn mixes(self, other: Part) -> bool {
        let of_bodies = |part| matches!(part, Part::BodyFilter | Part::Encode);
        self == other || of_bodies(self) && of_bodies(other)
    }
}

/// The chains an exchange has: the route's and the global rules', as its filters are numbered.
pub(super) const CHAINS: usize = 2;

/// A plugin has done its part of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// One of [`CHAINS`]; from there on one that the exchange has left.
    pub(super) set: usize,
    /// The plugin's place there.
    pub(super) at: usize,
    pub(super) part: Part,
    /// The status it answered with.
    pub(super) exit: Option<u16>,
}

/// What plugins did, in the order they began.
pub(super) struct Trace {
    stamps: [Stamp; ROOM],
    /// How many of them there are.
    used: usize,
    /// What was before them.
    summed: Summed,
    /// Chains that the exchange has left.
    former: Vec<Rc<Chain>>,
}

#[derive(Clone, Copy)]
struct Stamp {
    time: Instant,
    /// `None`: a plugin begins.
    ended: Option<Step>,
}

#[derive(Clone, Default)]
struct Summed {
    entries: Vec<Entry>,
    began: Option<Instant>,
}

/// A plugin in one phase.
#[derive(Clone)]
struct Entry {
    step: Step,
    took: Duration,
}

/// A plugin in one phase.
#[derive(Debug)]
pub struct Ran<'x> {
    /// Its name.
    pub name: &'x str,
    /// The phase.
    pub phase: &'static str,
    /// How long it took; what it waited for as well.
    pub took: Duration,
    /// The status it answered with, if it did.
    pub exit: Option<u16>,
}

impl Trace {
    /// One that will be used again and again.
    #[cold]
    pub(super) fn new() -> Box<Trace> {
        let nothing = Stamp { time: Instant::now(), ended: None };
        Box::new(Trace { stamps: [nothing; ROOM], used: 0, summed: Summed::default(), former: Vec::new() })
    }

    /// A plugin begins; the one that follows it at once begins where it ends.
    pub(super) fn begin(&mut self) {
        self.note(None);
    }

    pub(super) fn end(&mut self, step: Step) {
        self.note(Some(step));
    }

    #[inline]
    fn note(&mut self, ended: Option<Step>) {
        let time = Instant::now();
        if self.used >= ROOM {
            self.sum_up();
        }
        if let Some(stamp) = self.stamps.get_mut(self.used) {
            *stamp = Stamp { time, ended };
            self.used += 1;
        }
    }

    #[cold]
    #[inline(never)]
    fn sum_up(&mut self) {
        let Trace { stamps, summed, used, .. } = self;
        stamps.iter().take(*used).for_each(|stamp| summed.add(stamp));
        *used = 0;
    }

    /// The exchange goes by another chain: what the plugins of the one it had did stays theirs.
    pub(super) fn leave(&mut self, set: usize, chain: &Rc<Chain>) {
        let former = CHAINS + self.former.len();
        let noted = self.stamps.iter_mut().take(self.used).filter_map(|stamp| stamp.ended.as_mut());
        let steps = noted.chain(self.summed.entries.iter_mut().map(|entry| &mut entry.step));
        steps.filter(|step| step.set == set).for_each(|step| step.set = former);
        self.former.push(Rc::clone(chain));
    }

    /// What plugins did; the exchange has these chains now.
    pub(super) fn ran<'x>(&'x self, chains: [&'x Rc<Chain>; CHAINS]) -> impl Iterator<Item = Ran<'x>> {
        let mut summed = self.summed.clone();
        self.stamps.iter().take(self.used).for_each(|stamp| summed.add(stamp));
        summed.entries.into_iter().filter_map(move |Entry { step, took }| {
            let mut all = chains.into_iter().chain(&self.former);
            let entry = all.nth(step.set)?.entries.get(step.at)?;
            Some(Ran { name: &entry.name, phase: step.part.name(), took, exit: step.exit })
        })
    }

    /// Lets go of everything but the room.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.summed.began = None;
        if !self.summed.entries.is_empty() {
            self.summed.entries.clear();
        }
        if !self.former.is_empty() {
            self.former.clear();
        }
    }
}

impl Summed {
    fn add(&mut self, stamp: &Stamp) {
        let Some(step) = stamp.ended else {
            self.began = Some(stamp.time);
            return;
        };
        let Some(began) = self.began else { return };
        self.began = Some(stamp.time);
        let took = stamp.time.saturating_duration_since(began);
        let same =
            |entry: &&mut Entry| (entry.step.part, entry.step.set, entry.step.at) == (step.part, step.set, step.at);
        let lately = self.entries.iter_mut().rev().take_while(|entry| entry.step.part.mixes(step.part));
        if let Some(known) = { lately }.find(same) {
            known.took += took;
            known.step.exit = known.step.exit.or(step.exit);
        } else if self.entries.len() < MOST {
            self.entries.push(Entry { step, took });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::exchange::Exchange;
    use crate::plugin::{Configured, Phases, Plugin};

    struct Nothing;

    impl Plugin for Nothing {
        fn phases(&self) -> Phases {
            Phases::REWRITE
        }

        fn log(&self, _: &Exchange) {}
    }

    /// A chain of plugins by these names.
    fn chain(names: &[&str]) -> Rc<Chain> {
        let one = |name: &&str| Configured {
            name: Arc::from(*name),
            plugin: Arc::new(Nothing),
            priority: 0,
            filter: None,
            error_response: None,
            disabled: false,
            auth: false,
            prefer_route: false,
            from_consumer: false,
        };
        Rc::new(Chain::of(names.iter().map(one).collect()))
    }

    fn step(set: usize, at: usize, part: Part) -> Step {
        Step { set, at, part, exit: (at == 1).then_some(403) }
    }

    #[test]
    fn a_plugin_has_one_entry_a_phase_however_often_it_runs() {
        let (route, globals) = (chain(&["a", "b"]), chain(&["g"]));
        let mut trace = Trace::new();
        trace.end(step(0, 0, Part::Rewrite));
        assert_eq!(trace.ran([&route, &globals]).count(), 0, "nothing had begun");
        for (set, at, part) in [
            (0, 0, Part::Rewrite),
            (0, 1, Part::Rewrite),
            (0, 0, Part::Rewrite),
            (0, 0, Part::Access),
            (1, 0, Part::BodyFilter),
            (0, 0, Part::BodyFilter),
            (0, 0, Part::Encode),
            (1, 0, Part::BodyFilter),
            (0, 0, Part::BodyFilter),
            (0, 0, Part::Encode),
        ] {
            trace.begin();
            std::thread::sleep(Duration::from_micros(10));
            trace.end(step(set, at, part));
        }
        assert!(!trace.summed.entries.is_empty() && trace.used < ROOM, "both are read");
        let ran: Vec<Ran<'_>> = trace.ran([&route, &globals]).collect();
        let told: Vec<(&str, &str, Option<u16>)> = ran.iter().map(|ran| (ran.name, ran.phase, ran.exit)).collect();
        assert_eq!(
            told,
            [
                ("a", "rewrite", None),
                ("b", "rewrite", Some(403)),
                ("a", "access", None),
                ("g", "body_filter", None),
                ("a", "body_filter", None),
                ("a", "encode", None),
            ]
        );
        assert!(ran.iter().all(|ran| ran.took >= Duration::from_micros(10)), "{ran:?}");
        assert!([0, 3, 4, 5].iter().all(|at| ran[*at].took >= Duration::from_micros(20)), "twice: {ran:?}");
        drop(ran);
        trace.clear();
        assert_eq!((trace.ran([&route, &globals]).count(), trace.used), (0, 0));
        trace.end(step(0, 0, Part::Log));
        assert_eq!(trace.ran([&route, &globals]).count(), 0, "nothing has begun since");
    }

    #[test]
    fn plugins_that_follow_each_other_begin_where_the_one_before_ended() {
        let (route, globals) = (chain(&["a", "b"]), chain(&[]));
        let mut trace = Trace::new();
        trace.begin();
        trace.end(step(0, 0, Part::Access));
        std::thread::sleep(Duration::from_millis(5));
        trace.end(step(0, 1, Part::Access));
        let ran: Vec<Ran<'_>> = trace.ran([&route, &globals]).collect();
        assert!(ran[1].took >= Duration::from_millis(5), "{ran:?}");
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_summed_up_is_the_same() {
        let (route, globals) = (chain(&["a"]), chain(&[]));
        let mut trace = Trace::new();
        trace.begin();
        for at in 0..2 * MOST {
            trace.end(Step { set: 0, at, part: Part::Log, exit: None });
        }
        assert_eq!(trace.summed.entries.len(), MOST);
        assert_eq!(trace.ran([&route, &globals]).count(), 1, "there is one plugin");
        trace.clear();
        let from = Instant::now();
        for _ in 0..5 * ROOM {
            trace.begin();
            std::thread::sleep(Duration::from_micros(10));
            trace.end(step(0, 0, Part::BodyFilter));
        }
        let (took, most) = (trace.ran([&route, &globals]).next().unwrap().took, from.elapsed());
        assert!(took >= Duration::from_micros(800) && took <= most, "{took:?} of {most:?}");
    }

    #[test]
    fn plugins_of_a_chain_that_was_left_keep_their_names() {
        let (before, now, globals) = (chain(&["a", "b"]), chain(&["c", "a", "b"]), chain(&["g"]));
        for summed_up in [false, true] {
            let mut trace = Trace::new();
            trace.begin();
            trace.end(step(1, 0, Part::Rewrite));
            trace.end(step(0, 0, Part::Rewrite));
            if summed_up {
                trace.sum_up();
            }
            trace.leave(0, &before);
            trace.begin();
            trace.end(step(0, 0, Part::Rewrite));
            trace.end(step(0, 2, Part::Access));
            let names: Vec<&str> = trace.ran([&now, &globals]).map(|ran| ran.name).collect();
            assert_eq!(names, ["g", "a", "c", "b"]);
            trace.clear();
            assert_eq!(Rc::strong_count(&before), 1);
        }
    }
}
