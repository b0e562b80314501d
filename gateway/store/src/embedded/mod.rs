//! The embedded store: one directory of this machine.
//!
//! | file | what it is |
//! |---|---|
//! | `store.redb` | the main file, a redb database. A commit is one sync of it |
//! | `store.copy` | the second copy ([`copy`]), appended to after each commit, synced a moment later |
//! | `*.corrupt-<time>` | a damaged file as it was found ([`recover`]); nothing here ever deletes one |
//! | `*.new` | a file being written, which takes its name once it is whole |
//! | `lock` | held while a gateway runs, names its process |
//!
//! What was acknowledged is in `store.redb`, synced. If that file is found damaged it is restored from the copy,
//! which lacks at most what the last second before a loss of *power* wrote: losing anything takes a broken main
//! file and a power cut at once.

mod apply;
mod copy;
mod database;
mod handover;
mod open;
mod overlay;
mod record;
mod recover;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use parking_lot::{Condvar, Mutex, RwLock};

use self::copy::{NewCopy, SecondCopy};
use self::database::{Db, Scanned, guarded};
use self::open::{Opened, align, open_main, restore};
use crate::disk::{Directory, Disk};
use crate::{Committed, Expired, JournalRecord, Kv, Loaded, Op, Origin, SetAside, Store, StoreError, Txn};

const MAIN: &str = "store.redb";
const MAIN_NEW: &str = "store.redb.new";

/// How long the second copy may stay unsynced.
const SYNC_AFTER: Duration = Duration::from_secs(1);
/// When to try again to write the second copy after a failure (a full disk, most of the time).
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// How to open an [`Embedded`] store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Memory for pages of the database, in bytes. Default 4 MiB: reads are rare once the gateway runs.
    pub cache_bytes: usize,
    /// Whether a thread tends the second copy (the default). Without it, [`Embedded::tend`] has to be called.
    pub tended: bool,
    /// The time, as Unix milliseconds. Default: the system's clock.
    pub clock: fn() -> u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 4 << 20, tended: true, clock: unix_ms }
    }
}

/// A store in one directory, crash-safe: what [`Store::commit`] acknowledged survives `kill -9` and a loss of power.
pub struct Embedded {
    inner: Arc<Inner>,
    tender: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Opens the store in the directory `path`, which is created if it is absent, and locks it.
    ///
    /// A damaged store is set aside and the open goes on with what is left ([`Loaded::set_aside`] tells).
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another gateway has it, [`StoreError::Newer`] if a later release wrote it,
    /// [`StoreError::Invalid`] if the directory belongs to someone else, [`StoreError::Io`] if the disk fails.
    pub fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        Self::open_on(Arc::new(Directory::open(path)?), options)
    }

    /// As [`Embedded::open`], on any [`Disk`].
    ///
    /// # Errors
    /// As [`Embedded::open`].
    pub fn open_on(disk: Arc<dyn Disk>, options: Options) -> Result<Self, StoreError> {
        let opened = open_main(&*disk, &options)?;
        if !opened.detached {
            disk.remove(copy::NEW_NAME).map_err(|e| StoreError::io(format!("removing {}", copy::NEW_NAME), e))?;
        }
        let (Opened { db, note, detached, holed }, copy) = align(&*disk, &options, opened)?;
        let revision = db.revision()?;
        let bare = revision == 0 || holed || note.as_ref().is_some_and(|note| note.what == copy::NAME);
        let writer = Writer { revision, copy, detached, rewrite_main: false, retry: false };
        let inner = Arc::new(Inner {
            disk,
            db: RwLock::new(Some(db)),
            generation: AtomicU64::new(0),
            writer: Mutex::new(writer),
            revision: AtomicU64::new(revision),
            notes: Mutex::new(note.into_iter().collect()),
            signal: Mutex::new(Signal { poked: true, ..Signal::default() }),
            wake: Condvar::new(),
            stopping: AtomicBool::new(false),
            away: AtomicBool::new(false),
            tending: Mutex::default(),
            options,
        });
        if bare {
            // An empty copy costs nothing, one that was damaged may be wanted soon: from now on no moment is without one. If it
            // fails, the thread retries.
            let _ = inner.tend();
        }
        let tender = if inner.options.tended {
            let inner = Arc::clone(&inner);
            let thread =
                std::thread::Builder::new().name("store-copy".into()).spawn(move || inner.tend_until_stopped());
            Some(thread.map_err(|e| StoreError::io("starting a thread", e))?)
        } else {
            None
        };
        Ok(Self { inner, tender })
    }

    /// Brings the second copy up to date now, as the thread of [`Options::tended`] does by itself.
    ///
    /// # Errors
    /// Whatever kept it from being written; the store itself is untouched by that.
    pub fn tend(&self) -> Result<(), StoreError> {
        self.inner.tend()
    }
}

impl Store for Embedded {
    fn load(&self) -> Result<Loaded, StoreError> {
        let (kvs, revision) = self.inner.reading(|db| {
            let revision = db.revision()?;
            let expected = db.count()?;
            let mut kvs = Vec::with_capacity(expected);
            collect(db, b"", &mut kvs)?;
            if kvs.len() != expected {
                return Err(StoreError::Corrupt(format!("{} of {expected} records are there", kvs.len())));
            }
            Ok((kvs, revision))
        })?;
        Ok(Loaded { kvs, revision, set_aside: self.inner.notes.lock().clone() })
    }

    fn set_aside(&self) -> Vec<SetAside> {
        self.inner.notes.lock().clone()
    }

    fn revision(&self) -> Result<u64, StoreError> {
        Ok(self.inner.revision.load(Ordering::Acquire))
    }

    fn commit(&self, txns: Vec<Txn>) -> Vec<Result<Committed, StoreError>> {
        self.inner.commit(&mut self.inner.writer.lock(), txns)
    }

    fn get(&self, key: &str) -> Result<Option<Kv>, StoreError> {
        self.inner.reading(|db| db.get(key))
    }

    fn list(&self, prefix: &str) -> Result<Vec<Kv>, StoreError> {
        self.inner.reading(|db| {
            let mut kvs = Vec::new();
            collect(db, prefix.as_bytes(), &mut kvs)?;
            Ok(kvs)
        })
    }

    fn journal(&self, from: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        self.inner.reading(|db| db.journal(from, limit))
    }

    fn hand_over(&self) -> Result<(), StoreError> {
        self.inner.hand_over()
    }

    fn take_back(&self) -> Result<(), StoreError> {
        self.inner.take_back()
    }

    fn expire(&self, now_ms: u64) -> Result<Option<Expired>, StoreError> {
        if self.inner.here().is_err() {
            // Who has the directory sees to it.
            return Ok(None);
        }
        // Under the writer's lock from the look to the removal: a record written again meanwhile must stay.
        let mut writer = self.inner.writer.lock();
        let due = self.inner.reading_as_writer(&mut writer, |db| {
            let mut due = db.due(now_ms)?;
            let mut gone = Ok(());
            due.retain(|key| match db.get(key) {
                Ok(kv) => kv.and_then(|kv| kv.expires_ms).is_some_and(|at| at <= now_ms),
                Err(e) => {
                    gone = Err(e);
                    false
                }
            });
            gone.map(|()| due)
        })?;
        if due.is_empty() {
            return Ok(None);
        }
        let ops = due.iter().map(|key| Op::Delete { key: key.clone() }).collect();
        let txn = Txn { ops, expect: Vec::new(), origin: Origin::new("ttl", "") };
        match self.inner.commit(&mut writer, vec![txn]).pop() {
            Some(Ok(committed)) => Ok(Some(Expired { revision: committed.revision, keys: due })),
            Some(Err(error)) => Err(error),
            None => Ok(None),
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.inner.stopping.store(true, Ordering::Relaxed);
        self.inner.poke(true);
        if let Some(tender) = self.tender.take() {
            let _ = tender.join();
        }
        let dirty = self.inner.writer.lock().copy.take_dirty();
        if let Some(Err(error)) = dirty.map(|file| file.sync()) {
            tracing::warn!(%error, "the second copy of the store could not be synced");
        }
        let db = self.inner.db.write().take();
        // The file may be damaged in a way that closing it stumbles over; the next start deals with that.
        let _ = guarded("closing the store", move || {
            drop(db);
            Ok(())
        });
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("disk", &self.inner.disk).finish_non_exhaustive()
    }
}

/// What the store and the thread that tends its copy share.
struct Inner {
    disk: Arc<dyn Disk>,
    options: Options,
    /// `None` while it could not be reopened after a failure. Locked after `writer` where both are.
    db: RwLock<Option<Db>>,
    /// Counts the reopenings, so that two readers who meet the same damage repair it once.
    generation: AtomicU64,
    writer: Mutex<Writer>,
    /// [`Writer::revision`], for who does not want to wait for a commit.
    revision: AtomicU64,
    notes: Mutex<Vec<SetAside>>,
    signal: Mutex<Signal>,
    wake: Condvar,
    stopping: AtomicBool,
    /// Another process has the directory: nothing here may touch it.
    away: AtomicBool,
    /// Held while the copy is looked after.
    tending: Mutex<()>,
}

/// What only the one writer at a time sees.
struct Writer {
    /// The last acknowledged revision.
    revision: u64,
    copy: SecondCopy,
    /// The database is open over memory only, since the disk was full at the start.
    detached: bool,
    /// A sync has failed: the main file has to be written anew before its pages can be trusted to be on the disk.
    rewrite_main: bool,
    /// The last attempt to write the copy failed.
    retry: bool,
}

#[derive(Default)]
struct Signal {
    poked: bool,
    stop: bool,
}

impl Inner {
    fn commit(&self, writer: &mut Writer, txns: Vec<Txn>) -> Vec<Result<Committed, StoreError>> {
        let count = txns.len();
        match self.try_commit(writer, txns) {
            Ok(answers) => answers,
            Err(error) => {
                tracing::error!(%error, "a write to the store failed; nothing has changed");
                vec![Err(error); count]
            }
        }
    }

    fn try_commit(
        &self,
        writer: &mut Writer,
        txns: Vec<Txn>,
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        self.here()?;
        if writer.detached || writer.rewrite_main || self.db.read().is_none() {
            self.reopen(writer, None)?;
        }
        let applied = match &*self.db.read() {
            Some(db) => apply::apply(db, writer.revision, (self.options.clock)(), txns),
            None => Err(closed()),
        };
        match applied {
            Ok(batch) => {
                writer.revision = batch.revision;
                self.revision.store(batch.revision, Ordering::Release);
                writer.copy.append(&batch.entries);
                if writer.copy.is_dirty() || (writer.copy.wants_rewrite() && !writer.retry) {
                    self.poke(false);
                }
                Ok(batch.answers)
            }
            Err(error) => {
                let damage = if let StoreError::Corrupt(reason) = &error { Some(reason.as_str()) } else { None };
                if let Err(again) = self.reopen(writer, damage) {
                    tracing::error!(error = %again, "the store is closed until it can be opened again");
                }
                Err(error)
            }
        }
    }

    /// Closes and opens the main file after a failure, and takes back what the failed commit may have left in it.
    /// With `damage`, the file is set aside and restored.
    fn reopen(&self, writer: &mut Writer, damage: Option<&str>) -> Result<(), StoreError> {
        let mut slot = self.db.write();
        self.generation.fetch_add(1, Ordering::Relaxed);
        let old = slot.take();
        writer.rewrite_main |= old.as_ref().is_some_and(Db::sync_failed);
        let _ = guarded("closing the store", move || {
            drop(old);
            Ok(())
        });
        let opened = match damage {
            Some(reason) => restore(&*self.disk, &self.options, reason)?,
            None => open_main(&*self.disk, &self.options)?,
        };
        if opened.detached {
            // Reading goes on; the writer tries again at its next write.
            writer.detached = true;
            *slot = Some(opened.db);
            return Err(StoreError::Full);
        }
        let mut db = opened.db;
        let found = db.revision()?;
        if let Some(mut note) = opened.note {
            note.restored &= found >= writer.revision;
            self.notes.lock().push(note);
            writer.copy = SecondCopy::absent();
        }
        if found > writer.revision {
            apply::undo(&db, writer.revision)?;
        } else if found < writer.revision {
            tracing::error!(found, acknowledged = writer.revision, "acknowledged writes are missing from the store");
            writer.revision = found;
            self.revision.store(found, Ordering::Release);
        }
        if writer.rewrite_main {
            db = self.write_anew(&db, writer.revision)?;
            writer.rewrite_main = false;
        }
        if writer.detached {
            writer.detached = false;
            writer.copy = SecondCopy::absent();
        }
        *slot = Some(db);
        drop(slot);
        self.poke(false);
        Ok(())
    }

    /// Writes the main file anew. After a failed sync the system may take pages for written that never reached the
    /// disk, and no later sync of the same file would say so.
    fn write_anew(&self, db: &Db, revision: u64) -> Result<Db, StoreError> {
        let mut kvs = Vec::new();
        collect(db, b"", &mut kvs)?;
        let journal = db.journal(0, usize::MAX)?;
        let records = kvs.into_iter().map(Ok);
        let new = Db::create(&*self.disk, MAIN_NEW, self.options.cache_bytes, records, journal, revision)?;
        self.disk
            .rename(MAIN_NEW, MAIN)
            .and_then(|()| self.disk.sync_names())
            .map_err(|e| StoreError::io(format!("writing {MAIN}"), e))?;
        Ok(new)
    }

    /// Runs `read`; if it meets damage, the store is restored and `read` runs once more.
    fn reading<T>(&self, read: impl Fn(&Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let generation = self.generation.load(Ordering::Relaxed);
        let reason = match self.read_once(&read) {
            Err(StoreError::Corrupt(reason)) => reason,
            done => return done,
        };
        let mut writer = self.writer.lock();
        if self.generation.load(Ordering::Relaxed) == generation {
            self.reopen(&mut writer, Some(&reason))?;
        }
        self.read_once(&read)
    }

    /// As [`Inner::reading`], for who has the writer's lock.
    fn reading_as_writer<T>(
        &self,
        writer: &mut Writer,
        read: impl Fn(&Db) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.read_once(&read) {
            Err(StoreError::Corrupt(reason)) => {
                self.reopen(writer, Some(&reason))?;
                self.read_once(&read)
            }
            done => done,
        }
    }

    /// An error while another process has the directory.
    fn here(&self) -> Result<(), StoreError> {
        if self.away.load(Ordering::Acquire) { Err(StoreError::HandedOver) } else { Ok(()) }
    }

    fn read_once<T>(&self, read: &impl Fn(&Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.here()?;
        self.db.read().as_ref().map_or_else(|| Err(closed()), read)
    }

    fn poke(&self, stop: bool) {
        let mut signal = self.signal.lock();
        signal.stop |= stop;
        if stop || !signal.poked {
            signal.poked = true;
            self.wake.notify_all();
        }
    }

    fn tend_until_stopped(&self) {
        loop {
            let retry = self.writer.lock().retry.then_some(RETRY_AFTER);
            let mut signal = self.signal.lock();
            while !signal.poked && !signal.stop {
                match retry {
                    Some(wait) if self.wake.wait_for(&mut signal, wait).timed_out() => break,
                    Some(_) => {}
                    None => self.wake.wait(&mut signal),
                }
            }
            // What was written now is synced in a moment, together with what follows it.
            let until = std::time::Instant::now() + SYNC_AFTER;
            while !signal.stop && !self.wake.wait_until(&mut signal, until).timed_out() {}
            if signal.stop {
                return;
            }
            signal.poked = false;
            drop(signal);
            if let Err(error) = self.tend() {
                tracing::warn!(%error, "the second copy of the store could not be written; trying again later");
            }
        }
    }

    fn tend(&self) -> Result<(), StoreError> {
        let _tending = self.tending.lock();
        if self.here().is_err() {
            return Ok(());
        }
        let dirty = self.writer.lock().copy.take_dirty();
        let synced = dirty.map_or(Ok(()), |file| file.sync());
        let wanted = {
            let mut writer = self.writer.lock();
            if synced.is_err() {
                writer.copy.distrust();
            }
            writer.copy.wants_rewrite() && !writer.detached
        };
        let done = match synced {
            _ if wanted => self.rewrite_copy(),
            synced => synced.map_err(|e| StoreError::io(format!("syncing {}", copy::NAME), e)),
        };
        self.writer.lock().retry = done.is_err();
        done
    }

    /// Writes the copy anew while commits go on: the records of one revision first, then what came after it.
    fn rewrite_copy(&self) -> Result<(), StoreError> {
        let (revision, snapshot) = {
            let mut writer = self.writer.lock();
            let db = self.db.read();
            let snapshot = db.as_ref().ok_or_else(closed)?.begin_read()?;
            writer.copy.begin_rewrite();
            (writer.revision, snapshot)
        };
        let written = self.write_records(revision, snapshot);
        let mut writer = self.writer.lock();
        match written {
            Ok(Some(new)) => writer.copy.finish_rewrite(&*self.disk, new),
            Ok(None) => {
                writer.copy.give_up_rewrite();
                Ok(())
            }
            Err(error) => {
                writer.copy.give_up_rewrite();
                Err(error)
            }
        }
    }

    /// The store is being closed or handed over: what takes long ends.
    fn interrupted(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || self.here().is_err()
    }

    /// `None` if the store is being closed meanwhile.
    fn write_records(&self, revision: u64, snapshot: redb::ReadTransaction) -> Result<Option<NewCopy>, StoreError> {
        let mut new = NewCopy::create(&*self.disk)?;
        let mut state = Ok(());
        guarded("copying the store", || {
            let scanned = database::scan(&snapshot, b"", &mut |scanned| {
                state = match scanned {
                    Scanned::Good(kv) => new.record(&kv),
                    // A copy without it must not take the place of one that may have it.
                    Scanned::Damaged { reason, .. } => Err(StoreError::Corrupt(reason.into())),
                };
                state.is_ok() && !self.interrupted()
            });
            scanned.map_err(|e| StoreError::Corrupt(e.to_string()))
        })?;
        state?;
        if self.interrupted() {
            return Ok(None);
        }
        new.end(revision)?;
        Ok(Some(new))
    }
}

fn collect(db: &Db, prefix: &[u8], into: &mut Vec<Kv>) -> Result<(), StoreError> {
    let mut damage = None;
    db.scan(prefix, &mut |scanned| match scanned {
        Scanned::Good(kv) => {
            into.push(kv);
            true
        }
        Scanned::Damaged { key, reason, .. } => {
            damage = Some(format!("{}: {reason}", String::from_utf8_lossy(key)));
            false
        }
    })?;
    damage.map_or(Ok(()), |reason| Err(StoreError::Corrupt(reason)))
}

fn closed() -> StoreError {
    let source = std::io::Error::other("it could not be opened again after a failure of the disk");
    StoreError::io("using the store", source)
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
