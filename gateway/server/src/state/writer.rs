//! The thread that writes: it owns the store's write side and the engine's [`Control`].

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_engine::snapshot::{Change, Control};
use gateway_store::keyring::Keyring;
use gateway_store::{Committed, Op, Origin, Store, StoreError, Txn};
use parking_lot::RwLock;

use super::changes::{self, Changes};
use super::draft::{Draft, Wants};
use super::keys;
use super::tables::Tables;

/// Called with the revision once the write is durable and live, or with why it is not.
pub(super) type Finish = Box<dyn FnOnce(Result<u64, StoreError>) + Send>;

/// What a client of the state wants written.
pub(super) struct Request {
    pub(super) origin: Origin,
    /// What the audit log calls it.
    pub(super) verb: &'static str,
    /// Whether everything before it must be in the store when it runs.
    pub(super) alone: bool,
    #[allow(clippy::type_complexity)]
    pub(super) job: Box<dyn FnOnce(&mut Draft<'_>) -> Option<Finish> + Send>,
}

/// What the thread is told.
pub(super) enum Order {
    Write(Request),
    Renew(u64),
    RenewAll,
    /// A reference to a secret leads elsewhere than before.
    Answered(Arc<str>),
    Stop,
}

/// Most writes that share one sync.
const BATCH: usize = 256;

/// How long the thread sleeps where nothing is due to vanish.
const LONG: Duration = Duration::from_secs(3600);

pub(super) struct Writer {
    store: Arc<dyn Store>,
    control: Control,
    tables: Arc<RwLock<Tables>>,
    keyring: Option<Arc<Keyring>>,
    changes: Arc<Changes>,
    revision: u64,
    next_expiry: Option<u64>,
}

struct Staged {
    wants: Wants,
    finish: Finish,
    origin: Origin,
    verb: &'static str,
}

/// A line of the audit log: who has changed what, from where, from which revision to which.
struct Audited {
    origin: Origin,
    verb: &'static str,
    key: String,
    old: u64,
    new: u64,
}

impl Audited {
    fn log(self) {
        let Audited { origin, verb, key, old, new } = self;
        let (who, from) = (origin.who, origin.from);
        tracing::info!(target: "audit", who, %from, verb, key, old, new, "the configuration has changed");
    }
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn Store>,
        control: Control,
        tables: Arc<RwLock<Tables>>,
        keyring: Option<Arc<Keyring>>,
        changes: Arc<Changes>,
        revision: u64,
    ) -> Writer {
        let next_expiry = tables.read().next_expiry();
        Writer { store, control, tables, keyring, changes, revision, next_expiry }
    }

    /// Until told to stop, or nobody can tell anything any more.
    pub(super) fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            let first = match inbox.recv_timeout(self.patience()) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.expire();
            let mut writes = Vec::new();
            let mut answered = Vec::new();
            let mut stop = false;
            for order in first.into_iter().chain(inbox.try_iter()) {
                match order {
                    Order::Write(request) if request.alone => {
                        self.write(std::mem::take(&mut writes));
                        self.write(vec![request]);
                    }
                    Order::Write(request) => writes.push(request),
                    Order::Renew(token) => self.control.renew(token),
                    Order::RenewAll => self.control.renew_all(),
                    Order::Answered(reference) => answered.push(reference),
                    Order::Stop => stop = true,
                }
                if writes.len() == BATCH || stop {
                    break;
                }
            }
            // Together: an object that holds several of them is compiled once, and all of them are published at once.
            if !answered.is_empty() {
                self.control.answered(&answered);
            }
            self.write(writes);
            if stop {
                return;
            }
        }
    }

    /// How long nothing is due.
    fn patience(&self) -> Duration {
        self.next_expiry.map_or(LONG, |at| Duration::from_millis(at.saturating_sub(now_ms())).min(LONG))
    }

    /// Validates, commits, installs, publishes, answers. Readers wait meanwhile: they never see what may still be undone.
    fn write(&mut self, requests: Vec<Request>) {
        if requests.is_empty() {
            return;
        }
        let tables = Arc::clone(&self.tables);
        let mut tables = tables.write();
        let registry = Arc::clone(&self.control.shared().registry);
        let mut txns = Vec::with_capacity(requests.len());
        let mut staged = Vec::with_capacity(requests.len());
        let mut unchanged = Vec::new();
        let next = self.revision + 1;
        for request in requests {
            self.control.begin();
            let mut draft = Draft {
                tables: &mut tables,
                control: &mut self.control,
                registry: &registry,
                keyring: self.keyring.as_deref(),
                revision: next + txns.len() as u64,
                now_ms: now_ms(),
                wants: Wants::default(),
            };
            // A fault in the checks of one object must not end all writing.
            let finish = catch_unwind(AssertUnwindSafe(|| (request.job)(&mut draft))).unwrap_or_else(|_| {
                tracing::error!("a write was abandoned: its checks failed with a fault of the gateway");
                None
            });
            let wants = std::mem::take(&mut draft.wants);
            match finish {
                None => undo(&mut tables, wants),
                Some(finish) if wants.rehearsal || wants.ops.is_empty() => {
                    undo(&mut tables, wants);
                    unchanged.push(finish);
                }
                Some(finish) => {
                    let (origin, verb) = (request.origin, request.verb);
                    txns.push(Txn { ops: wants.ops.clone(), expect: Vec::new(), origin: origin.clone() });
                    staged.push(Staged { wants, finish, origin, verb });
                }
            }
        }
        let outcomes = if txns.is_empty() { Vec::new() } else { self.store.commit(txns) };
        let mut audit = Vec::with_capacity(staged.len());
        let answers = self.settle(&mut tables, staged, outcomes, &mut audit);
        self.next_expiry = tables.next_expiry();
        drop(tables);
        audit.into_iter().for_each(Audited::log);
        for finish in unchanged {
            finish(Ok(self.revision));
        }
        for (finish, outcome) in answers {
            finish(outcome);
        }
    }

    /// Makes live what was committed, takes back what was not.
    fn settle(
        &mut self,
        tables: &mut Tables,
        staged: Vec<Staged>,
        outcomes: Vec<Result<Committed, StoreError>>,
        audit: &mut Vec<Audited>,
    ) -> Vec<(Finish, Result<u64, StoreError>)> {
        let mut answers = Vec::with_capacity(staged.len());
        let mut outcome_of = Vec::with_capacity(staged.len());
        let mut records = Vec::with_capacity(staged.len());
        for (one, outcome) in staged.into_iter().zip(outcomes) {
            let Staged { mut wants, finish, origin, verb } = one;
            match outcome {
                Ok(committed) => {
                    for prepared in wants.prepared.drain(..) {
                        self.control.install(prepared);
                    }
                    for (op, previous) in wants.ops.iter().zip(&committed.previous) {
                        let Some((kind, id)) = keys::parse(op.key()) else { continue };
                        if let Op::Put { .. } = op {
                            let created = previous.as_ref().map_or(committed.revision, |kv| kv.create_revision);
                            tables.stamp(kind, id, created, committed.revision);
                        }
                        let old = previous.as_ref().map_or(0, |kv| kv.mod_revision);
                        let (origin, key) = (origin.clone(), op.key().to_owned());
                        audit.push(Audited { origin, verb, key, old, new: committed.revision });
                    }
                    self.revision = self.revision.max(committed.revision);
                    answers.push((finish, Ok(committed.revision)));
                    records.push(changes::record(origin, std::mem::take(&mut wants.ops), committed));
                    outcome_of.push((wants, true));
                }
                Err(error) => {
                    tracing::error!(%error, "a write could not be stored; nothing of it has changed");
                    answers.push((finish, Err(error)));
                    outcome_of.push((wants, false));
                }
            }
        }
        take_back(tables, outcome_of);
        if !records.is_empty() {
            tables.serve_all_but(self.control.unserved());
            self.control.publish(self.revision);
            self.changes.note(records, self.revision);
        }
        answers
    }

    /// Takes out what has outlived its time.
    fn expire(&mut self) {
        let now = now_ms();
        if self.next_expiry.is_none_or(|at| at > now) {
            return;
        }
        let expired = match self.store.expire(now) {
            Ok(Some(expired)) => expired,
            // The store counts from when it wrote, a moment after the tables.
            Ok(None) => {
                self.next_expiry = self.tables.read().next_expiry().map(|at| at.max(now + 20));
                return;
            }
            Err(error) => {
                tracing::error!(%error, "objects whose time is over could not be removed; trying again");
                self.next_expiry = Some(now + 1000);
                return;
            }
        };
        let mut tables = self.tables.write();
        let mut audit = Vec::with_capacity(expired.keys.len());
        for (kind, id) in expired.keys.iter().filter_map(|key| keys::parse(key)) {
            let old = tables.get(kind, id).map_or(0, |stored| stored.modified);
            let (origin, key) = (Origin::new("ttl", "-"), keys::key(kind, id));
            audit.push(Audited { origin, verb: "EXPIRE", key, old, new: expired.revision });
            let change = Change { kind, id: id.to_owned(), value: None };
            if let Ok(prepared) = self.control.prepare(&change) {
                self.control.install(prepared);
            }
            tables.remove(kind, id);
        }
        self.revision = self.revision.max(expired.revision);
        tables.serve_all_but(self.control.unserved());
        self.next_expiry = tables.next_expiry();
        drop(tables);
        self.control.publish(self.revision);
        // What went is in the journal and nowhere else.
        match self.store.journal(expired.revision, 1) {
            Ok(records) => self.changes.note(records, self.revision),
            Err(_) => self.changes.skip(self.revision),
        }
        audit.into_iter().for_each(Audited::log);
    }
}

/// Undoes what was not stored, the last first, as each undo restores what stood before it; what a later write of the batch has
/// replaced since stays.
fn take_back(tables: &mut Tables, written: Vec<(Wants, bool)>) {
    let mut replaced = HashSet::new();
    for (mut wants, stored) in written.into_iter().rev() {
        while let Some(undo) = wants.undo.pop() {
            if stored {
                replaced.insert((undo.kind, undo.id));
            } else if !replaced.contains(&(undo.kind, undo.id.clone())) {
                tables.undo(undo);
            }
        }
    }
}

fn undo(tables: &mut Tables, mut wants: Wants) {
    while let Some(undo) = wants.undo.pop() {
        tables.undo(undo);
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
