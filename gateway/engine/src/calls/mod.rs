//! Calls of protocols that name a service and a method (Dubbo), counted by method from the start of the process, whatever plugins there
//! are.
//!
//! A method has a number ([`Counted`]), which whoever reads calls asks for once and keeps beside what it remembers of their beginnings.
//! A worker adds to counters of its own by that number; readers sum over the workers.
//!
//! Names come from outside: there are [`METHODS`] of them at most. A method that has never returned gives way to a new name when there is
//! no room, one that has stays. What is not counted by its name is counted as one row without names.

mod local;
pub(crate) mod spread;
mod sums;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::Mutex;

pub use self::local::WorkerCalls;
use self::sums::Cell;
pub use self::sums::{Outcome, Sums};

/// Most methods that are counted by their names.
pub const METHODS: usize = 2000;

/// Longer names are not kept: all four together, in bytes.
const LONGEST: usize = 1024;

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names<'n> {
    /// Full name of the interface.
    pub interface: &'n [u8],
    /// The method.
    pub method: &'n [u8],
    /// Version of the service; empty: it has none.
    pub version: &'n [u8],
    /// Group of the service; empty: it has none.
    pub group: &'n [u8],
}

impl Names<'_> {
    /// One text that no other names give.
    fn key(&self, out: &mut Vec<u8>) {
        out.clear();
        for part in [self.interface, self.method, self.version, self.group] {
            out.extend_from_slice(&part.len().to_ne_bytes());
            out.extend_from_slice(part);
        }
    }

    fn len(&self) -> usize {
        self.interface.len() + self.method.len() + self.version.len() + self.group.len()
    }
}

/// Where a method is counted: its number, which may be given to another one later, and how often it has been before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    at: u32,
    turn: u32,
}

impl Default for Counted {
    /// Nobody has asked yet.
    fn default() -> Self {
        Counted { at: u32::MAX, turn: 0 }
    }
}

/// Where everything is counted that has no number of its own.
const OTHERS: Counted = Counted { at: 0, turn: 0 };

/// The calls of the process.
#[derive(Debug)]
pub struct Calls {
    others: Arc<Row>,
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    by_key: HashMap<Box<[u8]>, u32>,
    rows: Vec<Arc<Row>>,
    /// Rows of methods that had not returned when they came here, oldest first.
    unproven: VecDeque<u32>,
    /// What rows had counted that have given way.
    gone: Sums,
    most: usize,
}

/// A method.
#[derive(Debug)]
struct Row {
    names: Box<[Box<str>; 4]>,
    key: Box<[u8]>,
    counted: Counted,
    state: AtomicU8,
    /// The counters of each worker that has met it.
    cells: Mutex<Vec<(usize, Arc<Cell>)>>,
}

/// It has not returned yet.
const UNPROVEN: u8 = 0;
/// It has.
const PROVEN: u8 = 1;
/// It has given way.
const GONE: u8 = 2;

/// What has been counted of a method.
#[derive(Debug, Clone)]
pub struct Method {
    /// Full name of the interface.
    pub interface: Box<str>,
    /// The method.
    pub method: Box<str>,
    /// Version of the service; empty: it has none.
    pub version: Box<str>,
    /// Group of the service; empty: it has none.
    pub group: Box<str>,
    /// It has returned: its name is not only something that a consumer has said.
    pub proven: bool,
    /// The numbers.
    pub sums: Sums,
}

impl Default for Calls {
    fn default() -> Self {
        Calls::with_room(METHODS)
    }
}

impl Calls {
    fn with_room(most: usize) -> Calls {
        let none = Names { interface: b"", method: b"", version: b"", group: b"" };
        let others = Arc::new(Row::new(&none, Box::default(), OTHERS));
        others.state.store(PROVEN, Ordering::Relaxed);
        let (by_key, unproven, gone) = (HashMap::new(), VecDeque::new(), Sums::default());
        let table = Table { by_key, rows: vec![Arc::clone(&others)], unproven, gone, most };
        Calls { others, table: Mutex::new(table) }
    }

    /// The row of all that has none of its own.
    fn others(&self) -> Arc<Row> {
        Arc::clone(&self.others)
    }

    /// The row of a method, whose key this is.
    fn row(&self, names: &Names<'_>, key: &[u8]) -> Arc<Row> {
        let mut table = self.table.lock();
        let known = table.by_key.get(key).and_then(|at| table.rows.get(*at as usize));
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let counted = match table.rows.len() <= table.most {
            true => Counted { at: u32::try_from(table.rows.len()).unwrap_or_default(), turn: 0 },
            false => table.make_room().unwrap_or(OTHERS),
        };
        if counted == OTHERS {
            return self.others();
        }
        let row = Arc::new(Row::new(names, key.into(), counted));
        match table.rows.get_mut(counted.at as usize) {
            Some(place) => *place = Arc::clone(&row),
            None => table.rows.push(Arc::clone(&row)),
        }
        table.by_key.insert(key.into(), counted.at);
        table.unproven.push_back(counted.at);
        row
    }

    /// All methods that have been called, in the order of their names, and what is counted of the others together.
    pub fn all(&self) -> (Vec<Method>, Sums) {
        let table = self.table.lock();
        let rows = table.rows.clone();
        let mut others = table.gone.clone();
        drop(table);
        others.add(&self.others.sums());
        let mut methods: Vec<Method> = rows.iter().skip(1).map(|row| row.told()).collect();
        methods.retain(|method| method.sums.calls() > 0);
        let key = |m: &Method| (m.interface.clone(), m.version.clone(), m.group.clone(), m.method.clone());
        methods.sort_by_cached_key(key);
        (methods, others)
    }
}

impl Table {
    /// Takes the number of the method that has been there for longest and never returned.
    fn make_room(&mut self) -> Option<Counted> {
        while let Some(at) = self.unproven.pop_front() {
            let Some(row) = self.rows.get(at as usize) else { continue };
            if row.state.compare_exchange(UNPROVEN, GONE, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                continue;
            }
            self.by_key.remove(&row.key);
            self.gone.add(&row.sums());
            return Some(Counted { at, turn: row.counted.turn.wrapping_add(1) });
        }
        None
    }
}

impl Row {
    fn new(names: &Names<'_>, key: Box<[u8]>, counted: Counted) -> Row {
        let parts = [names.interface, names.method, names.version, names.group];
        let names = Box::new(parts.map(|part| String::from_utf8_lossy(part).into()));
        Row { names, key, counted, state: AtomicU8::new(UNPROVEN), cells: Mutex::default() }
    }

    /// Whether the method has returned once.
    #[inline]
    fn is_proven(&self) -> bool {
        self.state.load(Ordering::Relaxed) == PROVEN
    }

    /// Whether it is still there, to be counted a call more. Once a method has returned it stays.
    fn admits(&self, returned: bool) -> bool {
        match self.state.load(Ordering::Relaxed) {
            PROVEN => true,
            UNPROVEN if returned => {
                let made = self.state.compare_exchange(UNPROVEN, PROVEN, Ordering::Relaxed, Ordering::Relaxed);
                made.is_ok() || made == Err(PROVEN)
            }
            state => state == UNPROVEN,
        }
    }

    /// The counters of a worker.
    fn cell(&self, worker: usize) -> Arc<Cell> {
        let mut cells = self.cells.lock();
        if let Some((_, known)) = cells.iter().find(|(index, _)| *index == worker) {
            return Arc::clone(known);
        }
        let cell = Arc::new(Cell::default());
        cells.push((worker, Arc::clone(&cell)));
        cell
    }

    fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        self.cells.lock().iter().for_each(|(_, cell)| cell.add_to(&mut sums));
        sums
    }

    fn told(&self) -> Method {
        let [interface, method, version, group] = (*self.names).clone();
        Method { interface, method, version, group, proven: self.is_proven(), sums: self.sums() }
    }
}
