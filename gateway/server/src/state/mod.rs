//! The configuration as the control plane holds it: one thread writes, everybody reads.
//!
//! A write is validated against the tables, compiled, committed with one sync for all writes that wait at that moment, made live,
//! and only then acknowledged. What fails on the way changes nothing.

mod boot;
mod changes;
mod draft;
pub mod keys;
mod secrets;
mod tables;
#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use gateway_engine::plugin::Registry;
use gateway_engine::snapshot::{Control, Shared};
use gateway_engine::upstream::health::Checkers;
use gateway_model::{Kind, json};
use gateway_store::keyring::Keyring;
use gateway_store::{Origin, Store, StoreError};
use parking_lot::RwLock;
use serde_json::Value;
use tokio::sync::oneshot;

pub(crate) use self::boot::sealed;
pub(crate) use self::changes::Changes;
pub use self::draft::Draft;
pub(crate) use self::draft::Language;
pub use self::tables::{Stored, Tables};
pub(crate) use self::writer::now_ms;
use self::writer::{Finish, Order, Request, Writer};

/// A handle to the configuration; a clone is the same one.
#[derive(Clone)]
pub struct State {
    tables: Arc<RwLock<Tables>>,
    orders: Sender<Order>,
    registry: Arc<Registry>,
    shared: Arc<Shared>,
    keyring: Option<Arc<Keyring>>,
    store: Arc<dyn Store>,
    changes: Arc<Changes>,
}

/// What came of a write that its job accepted.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// What the job gave.
    pub answer: T,
    /// The revision the write got.
    pub revision: u64,
}

/// Why a write changed nothing.
#[derive(Debug)]
pub enum Refused<E> {
    /// The job itself refused.
    Job(E),
    /// The store failed; [`StoreError::Full`] is a full disk.
    Store(StoreError),
    /// The process is ending.
    Ended,
}

impl State {
    /// Loads everything from the store, makes it live, and starts the thread that writes. Objects that no longer pass their
    /// checks are left out of what runs (they stay stored), with a line in the log each.
    ///
    /// # Errors
    /// The store cannot be read, or the thread cannot be started.
    pub fn start(
        store: Arc<dyn Store>,
        mut control: Control,
        keyring: Option<Arc<Keyring>>,
    ) -> Result<(State, JoinHandle<()>), StoreError> {
        let registry = Arc::clone(&control.shared().registry);
        let shared = Arc::clone(control.shared());
        let specs = Arc::clone(&registry) as _;
        let mut tables = Tables::new(specs, keyring.clone());
        let revision = boot::load(&*store, &mut control, &mut tables, keyring.as_deref())?;
        let tables = Arc::new(RwLock::new(tables));
        let (orders, inbox) = mpsc::channel();
        let changes = Arc::new(Changes::new(Arc::clone(&store), revision));
        let follow = Arc::clone(&changes);
        let writer = Writer::new(Arc::clone(&store), control, Arc::clone(&tables), keyring.clone(), follow, revision);
        let thread = thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                crate::background::step_back();
                writer.run(&inbox);
            })
            .map_err(|e| StoreError::Invalid(format!("cannot start the writer thread: {e}")))?;
        Ok((State { tables, orders, registry, shared, keyring, store, changes }, thread))
    }

    /// Reads the tables. A write under way is waited for: what is seen is durable.
    pub fn read<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        look(&self.tables.read())
    }

    /// The plugins of this process.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// What runs, as the workers see it.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The upstreams whose nodes are checked.
    pub(crate) fn checkers(&self) -> &Checkers {
        &self.shared.checkers
    }

    /// The key ring; `None` when secrets are stored as they are.
    pub fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.keyring.as_ref()
    }

    /// A stored object in the clear, private keys too: not for showing. `Null` when its bytes are no JSON.
    pub(crate) fn open(&self, kind: Kind, stored: &Stored) -> Value {
        let mut value = json::parse(&stored.bytes).unwrap_or_default();
        // Not for showing, so that what stays encrypted is masked as any secret is.
        let _ = secrets::open(self.keyring.as_deref(), kind, &mut value, &*self.registry);
        value
    }

    /// Decrypts a stored object as far as that can be, for comparing: not for showing.
    pub(crate) fn reveal(&self, kind: Kind, value: &mut Value) {
        let _ = secrets::open(self.keyring.as_deref(), kind, value, &*self.registry);
    }

    /// A stored object for those who may see secrets: those of plugins in the clear, private keys as stored, and the keys of
    /// certificates not at all. `Null` when its bytes are no JSON.
    pub fn show(&self, kind: Kind, stored: &Stored) -> Value {
        let mut value = json::parse(&stored.bytes).unwrap_or_default();
        secrets::show(self.keyring.as_deref(), kind, &mut value, &*self.registry);
        value
    }

    /// The store, for its journal.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// What has changed lately.
    pub(crate) fn changes(&self) -> &Arc<Changes> {
        &self.changes
    }

    /// How many stored objects are left out of what runs because they do not pass their checks.
    pub fn skipped(&self) -> usize {
        self.read(|tables| tables.rejected().count())
    }

    /// Runs a job on the writer's thread. It sees everything written before, and records what it wants in the [`Draft`]; when it
    /// refuses, nothing of that happens. `verb` is what the audit log calls it.
    ///
    /// # Errors
    /// [`Refused`]: nothing has changed.
    pub async fn write<T, E>(
        &self,
        origin: Origin,
        verb: &'static str,
        job: impl FnOnce(&mut Draft<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Written<T>, Refused<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        self.order(origin, verb, false, job).await
    }

    /// The same for a job that reads the store's journal: what was written before it is there.
    ///
    /// # Errors
    /// [`Refused`]: nothing has changed.
    pub(crate) async fn write_alone<T, E>(
        &self,
        origin: Origin,
        verb: &'static str,
        job: impl FnOnce(&mut Draft<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Written<T>, Refused<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        self.order(origin, verb, true, job).await
    }

    async fn order<T, E>(
        &self,
        origin: Origin,
        verb: &'static str,
        alone: bool,
        job: impl FnOnce(&mut Draft<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Written<T>, Refused<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let run = move |draft: &mut Draft<'_>| -> Option<Finish> {
            match job(draft) {
                Ok(value) => Some(Box::new(move |outcome: Result<u64, StoreError>| {
                    let outcome = outcome.map(|revision| Written { answer: value, revision }).map_err(Refused::Store);
                    // A client that went away misses its answer, nothing else.
                    let _ = reply.send(outcome);
                })),
                Err(error) => {
                    let _ = reply.send(Err(Refused::Job(error)));
                    None
                }
            }
        };
        self.orders
            .send(Order::Write(Request { origin, verb, alone, job: Box::new(run) }))
            .map_err(|_| Refused::Ended)?;
        answer.await.unwrap_or(Err(Refused::Ended))
    }

    /// A name's addresses have changed.
    pub fn renew(&self, token: u64) {
        let _ = self.orders.send(Order::Renew(token));
    }

    /// Looks at the addresses of every name and at every reference to a secret again: at what was found before anybody listened to
    /// [`State::renew`] and [`State::answers`].
    pub fn renew_all(&self) {
        let _ = self.orders.send(Order::RenewAll);
    }

    /// Ends the writer after what it has been given.
    pub fn stop(&self) {
        let _ = self.orders.send(Order::Stop);
    }

    /// Is told which references to secrets lead elsewhere than before, for a callback that exists before the state does.
    pub fn answers(&self) -> impl Fn(Arc<str>) + Send + Sync + 'static {
        let orders = self.orders.clone();
        move |reference| {
            let _ = orders.send(Order::Answered(reference));
        }
    }

    /// What [`State::renew`] sends to, for a callback that exists before the state does.
    pub fn renewals(&self) -> impl Fn(u64) + Send + Sync + 'static {
        let orders = self.orders.clone();
        move |token| {
            let _ = orders.send(Order::Renew(token));
        }
    }
}
