//! What plugins did to one exchange, and its bodies.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::buf::Chunk;
use crate::plugin::{Chain, RequestFilter};
use crate::wire::WireError;

/// Most entries of an exchange: phases of plugins.
const MOST: usize = 256;

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

/// What plugins did, in the order they began, and the bodies.
#[derive(Default)]
pub struct Trace {
    ran: Vec<Entry>,
    began: Option<Instant>,
    bodies: Option<Box<Bodies>>,
}

/// A plugin in one phase. What it took is reckoned when it is asked for: few are.
struct Entry {
    /// Whose plugin it is, and its place there.
    chain: Rc<Chain>,
    at: usize,
    part: Part,
    exit: Option<u16>,
    /// The last time it ran.
    began: Instant,
    ended: Instant,
    /// What it took before.
    before: Duration,
}

impl Entry {
    fn took(&self) -> Duration {
        self.before + self.ended.saturating_duration_since(self.began)
    }
}

/// The beginnings of both bodies.
struct Bodies {
    /// Bytes that are kept of each.
    limit: usize,
    asked: Rc<RefCell<Vec<u8>>>,
    answered: Vec<u8>,
    _kept: Kept,
}

/// A plugin in one phase.
pub struct Ran {
    /// Its name.
    pub name: Arc<str>,
    /// The phase.
    pub phase: &'static str,
    /// How long it took; what it waited for as well.
    pub took: Duration,
    /// The status it answered with, if it did.
    pub exit: Option<u16>,
}

impl Trace {
    /// What plugins did.
    pub fn ran(&self) -> impl Iterator<Item = Ran> + '_ {
        self.ran.iter().filter_map(|entry| {
            let name = Arc::clone(&entry.chain.entries.get(entry.at)?.name);
            Some(Ran { name, phase: entry.part.name(), took: entry.took(), exit: entry.exit })
        })
    }

    /// The beginning of the request's body, as far as it went to an upstream.
    pub fn asked(&self) -> Vec<u8> {
        self.bodies.as_ref().map(|bodies| bodies.asked.borrow().clone()).unwrap_or_default()
    }

    /// The beginning of the answer's body, as plugins have left it.
    pub fn answered(&self) -> &[u8] {
        self.bodies.as_ref().map_or(&[], |bodies| &bodies.answered)
    }

    pub(super) fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    pub(super) fn end(&mut self, chain: &Rc<Chain>, at: usize, part: Part, exit: Option<u16>) {
        let Some(began) = self.began else { return };
        let ended = Instant::now();
        self.began = Some(ended);
        let same = |entry: &&mut Entry| entry.part == part && entry.at == at && Rc::ptr_eq(&entry.chain, chain);
        let lately = self.ran.iter_mut().rev().take_while(|entry| entry.part.mixes(part));
        if let Some(known) = { lately }.find(same) {
            known.before = known.took();
            (known.began, known.ended, known.exit) = (began, ended, known.exit.or(exit));
        } else if self.ran.len() < MOST {
            let chain = Rc::clone(chain);
            self.ran.push(Entry { chain, at, part, exit, began, ended, before: Duration::ZERO });
        }
    }

    /// Keeps so many bytes of each body from now on; gives where the request's go.
    pub(super) fn keep(&mut self, limit: usize, kept: &Rc<Cell<usize>>) -> Rc<RefCell<Vec<u8>>> {
        let (asked, kept) = (Rc::default(), Kept::new(2 * limit, kept));
        let bodies = Bodies { limit, asked: Rc::clone(&asked), answered: Vec::new(), _kept: kept };
        self.bodies = Some(Box::new(bodies));
        asked
    }

    pub(super) fn answer(&mut self, piece: &[u8]) {
        if let Some(bodies) = &mut self.bodies {
            add(&mut bodies.answered, piece, bodies.limit);
        }
    }

    /// Lets go of everything but the room for plugins.
    pub(super) fn clear(&mut self) {
        self.ran.clear();
        self.began = None;
        if self.bodies.is_some() {
            self.bodies = None;
        }
    }
}

/// Bytes of bodies that are kept count as long as they are.
struct Kept {
    bytes: usize,
    all: Rc<Cell<usize>>,
}

impl Kept {
    fn new(bytes: usize, all: &Rc<Cell<usize>>) -> Kept {
        all.set(all.get().saturating_add(bytes));
        Kept { bytes, all: Rc::clone(all) }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.all.set(self.all.get().saturating_sub(self.bytes));
    }
}

fn add(kept: &mut Vec<u8>, piece: &[u8], limit: usize) {
    let room = limit.saturating_sub(kept.len());
    kept.extend_from_slice(piece.get(..room).unwrap_or(piece));
}

/// Copies the beginning of a request's body.
pub(super) struct Copied {
    to: Rc<RefCell<Vec<u8>>>,
    limit: usize,
}

impl Copied {
    pub(super) fn new(to: Rc<RefCell<Vec<u8>>>, limit: usize) -> Copied {
        Copied { to, limit }
    }
}

impl RequestFilter for Copied {
    fn piece(&mut self, piece: &mut Chunk, _: bool) -> Result<(), WireError> {
        add(&mut self.to.borrow_mut(), piece.as_slice(), self.limit);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_has_one_entry_a_phase_however_often_it_runs() {
        let (chain, other) = (Rc::new(Chain::default()), Rc::new(Chain::default()));
        let mut trace = Trace::default();
        trace.end(&chain, 0, Part::Rewrite, None);
        assert!(trace.ran.is_empty(), "nothing had begun");
        for (chain, at, part) in [
            (&chain, 0, Part::Rewrite),
            (&chain, 1, Part::Rewrite),
            (&chain, 0, Part::Rewrite),
            (&chain, 0, Part::Access),
            (&other, 0, Part::BodyFilter),
            (&chain, 0, Part::BodyFilter),
            (&chain, 0, Part::Encode),
            (&other, 0, Part::BodyFilter),
            (&chain, 0, Part::BodyFilter),
            (&chain, 0, Part::Encode),
        ] {
            trace.begin();
            std::thread::sleep(Duration::from_micros(10));
            trace.end(chain, at, part, (at == 1).then_some(403));
        }
        let ran: Vec<(usize, Part, Option<u16>)> = trace.ran.iter().map(|e| (e.at, e.part, e.exit)).collect();
        assert_eq!(
            ran,
            [
                (0, Part::Rewrite, None),
                (1, Part::Rewrite, Some(403)),
                (0, Part::Access, None),
                (0, Part::BodyFilter, None),
                (0, Part::BodyFilter, None),
                (0, Part::Encode, None),
            ]
        );
        assert!(trace.ran.iter().all(|entry| entry.took() >= Duration::from_micros(10)));
        assert!([0, 3, 4, 5].iter().all(|at| trace.ran[*at].took() >= Duration::from_micros(20)), "twice");
        for at in 0..2 * MOST {
            trace.end(&chain, at, Part::Log, None);
        }
        assert_eq!(trace.ran.len(), MOST);
        let kept = Rc::default();
        trace.keep(10, &kept);
        trace.answer(b"a body of an answer");
        assert_eq!((trace.answered(), kept.get()), (&b"a body of "[..], 20));
        trace.clear();
        assert_eq!((trace.ran.len(), trace.answered(), kept.get(), Rc::strong_count(&chain)), (0, &b""[..], 0, 1));
    }
}
