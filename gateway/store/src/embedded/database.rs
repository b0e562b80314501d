//! The main file: a redb database over a [`DiskFile`], its tables, and its failures.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageBackend, TableDefinition,
    WriteTransaction,
};

use super::record;
use crate::disk::{Disk, DiskFile};
use crate::{JournalRecord, Kv, StoreError};

/// Key → record ([`record::encode`]).
pub(super) const KV: TableDefinition<&[u8], &[u8]> = TableDefinition::new("kv");
/// `format`, `revision` and `journal_bytes`.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// Revision → checksum and journal entry.
pub(super) const JOURNAL: TableDefinition<u64, &[u8]> = TableDefinition::new("journal");
/// When a record vanishes (Unix ms) and its key.
pub(super) const LEASES: TableDefinition<(u64, &[u8]), ()> = TableDefinition::new("leases");
/// The format of the tables and of the copy. A higher one is refused, a lower one would be brought up here.
pub(super) const FORMAT: u32 = 1;

/// An open database.
pub(super) struct Db {
    database: Database,
    faults: Arc<Faults>,
}

impl Db {
    /// Opens the database in `file` and verifies every page of it (so that damage is found now, where it can be
    /// answered, and not in the middle of the day).
    pub(super) fn open(file: Arc<dyn DiskFile>, what: &str, cache_bytes: usize) -> Result<Self, StoreError> {
        Self::open_checked(file, what, cache_bytes, true)
    }

    /// As [`Db::open`]; without `check`, damaged pages go unnoticed until they are met.
    pub(super) fn open_checked(
        file: Arc<dyn DiskFile>,
        what: &str,
        cache_bytes: usize,
        check: bool,
    ) -> Result<Self, StoreError> {
        // redb takes an empty file for a new database; here it is one whose content is gone.
        if file.size().map_err(|e| StoreError::io(format!("looking at {what}"), e))? == 0 {
            return Err(StoreError::Corrupt(format!("{what} is empty")));
        }
        let db = Self::build(file, what, cache_bytes, check)?;
        let found = db.meta("format")?.and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
        match found {
            FORMAT => Ok(db),
            0 => Err(StoreError::Corrupt(format!("{what} has no format version"))),
            found => Err(StoreError::Newer { what: what.to_owned(), found, known: FORMAT }),
        }
    }

    /// Writes a new database under `name`: lasting once this returns, except for its name.
    pub(super) fn create(
        disk: &dyn Disk,
        name: &str,
        cache_bytes: usize,
        records: impl IntoIterator<Item = Result<Kv, StoreError>>,
        journal: impl IntoIterator<Item = JournalRecord>,
        revision: u64,
    ) -> Result<Self, StoreError> {
        let file = disk.create(name).map_err(|e| StoreError::io(format!("creating {name}"), e))?;
        let db = Self::build(file, name, cache_bytes, false)?;
        db.guarded("filling a new database", || {
            let txn = db.begin_write()?;
            {
                let mut kv = txn.open_table(KV).map_err(|e| db.failed(e))?;
                let mut leases = txn.open_table(LEASES).map_err(|e| db.failed(e))?;
                for record in records {
                    let record = record?;
                    let key = record.key.as_bytes();
                    kv.insert(key, record::encode(&record).as_slice()).map_err(|e| db.failed(e))?;
                    if let Some(at) = record.expires_ms {
                        leases.insert((at, key), ()).map_err(|e| db.failed(e))?;
                    }
                }
                let mut entries = txn.open_table(JOURNAL).map_err(|e| db.failed(e))?;
                let mut journal_bytes = 0;
                for entry in journal {
                    let bytes = with_checksum(&record::encode_journal(&entry));
                    journal_bytes += bytes.len() as u64;
                    entries.insert(entry.revision, bytes.as_slice()).map_err(|e| db.failed(e))?;
                }
                let mut meta = txn.open_table(META).map_err(|e| db.failed(e))?;
                for (name, value) in
                    [("format", u64::from(FORMAT)), ("revision", revision), ("journal_bytes", journal_bytes)]
                {
                    meta.insert(name, value).map_err(|e| db.failed(e))?;
                }
            }
            txn.commit().map_err(|e| db.failed(e))
        })?;
        Ok(db)
    }

    fn build(file: Arc<dyn DiskFile>, what: &str, cache_bytes: usize, check: bool) -> Result<Self, StoreError> {
        let faults = Arc::new(Faults::default());
        let backend = Backend { file, faults: Arc::clone(&faults) };
        let opened = guarded(what, || {
            redb::Builder::new()
                .set_cache_size(cache_bytes)
                .set_check_integrity_on_open(check)
                .create_with_backend(backend)
                .map_err(|e| failed(&faults, e))
        })?;
        Ok(Self { database: opened, faults })
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction, StoreError> {
        self.database.begin_write().map_err(|e| self.failed(e))
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        self.database.begin_read().map_err(|e| self.failed(e))
    }

    /// Runs `f`, taking a panic inside of redb (which a damaged page can cause) for damage.
    pub(super) fn guarded<T>(&self, what: &str, f: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        guarded(what, f)
    }

    /// What one of redb's errors means to the store.
    pub(super) fn failed(&self, error: impl Into<redb::Error>) -> StoreError {
        failed(&self.faults, error)
    }

    /// Whether a sync has failed, after which the system may hold pages for written that are not.
    pub(super) fn sync_failed(&self) -> bool {
        self.faults.sync_failed.load(Ordering::Relaxed)
    }

    pub(super) fn revision(&self) -> Result<u64, StoreError> {
        self.meta("revision")?.ok_or_else(|| StoreError::Corrupt("the database has no revision".into()))
    }

    fn meta(&self, name: &str) -> Result<Option<u64>, StoreError> {
        self.guarded("reading the database", || {
            let table = match self.begin_read()?.open_table(META) {
                Ok(table) => table,
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
                Err(e) => return Err(self.failed(e)),
            };
            Ok(table.get(name).map_err(|e| self.failed(e))?.map(|v| v.value()))
        })
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Kv>, StoreError> {
        self.guarded("reading a record", || {
            let table = self.begin_read()?.open_table(KV).map_err(|e| self.failed(e))?;
            let Some(bytes) = table.get(key.as_bytes()).map_err(|e| self.failed(e))? else { return Ok(None) };
            match record::decode(key.as_bytes(), bytes.value()) {
                Ok(kv) => Ok(Some(kv)),
                Err(reason) => Err(StoreError::Corrupt(format!("{key}: {reason}"))),
            }
        })
    }

    /// Visits the records whose key begins with `prefix`, in the order of the keys ([`scan`]).
    pub(super) fn scan(&self, prefix: &[u8], visit: &mut dyn FnMut(Scanned<'_>) -> bool) -> Result<(), StoreError> {
        self.guarded("reading the records", || scan(&self.begin_read()?, prefix, visit).map_err(|e| self.failed(e)))
    }

    /// How many records there are.
    pub(super) fn count(&self) -> Result<usize, StoreError> {
        self.guarded("counting the records", || {
            let table = self.begin_read()?.open_table(KV).map_err(|e| self.failed(e))?;
            Ok(usize::try_from(table.len().map_err(|e| self.failed(e))?).unwrap_or(usize::MAX))
        })
    }

    pub(super) fn journal(&self, from: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        self.guarded("reading the journal", || {
            let table = self.begin_read()?.open_table(JOURNAL).map_err(|e| self.failed(e))?;
            let mut records = Vec::new();
            for row in table.range(from..).map_err(|e| self.failed(e))?.take(limit) {
                let (revision, bytes) = row.map_err(|e| self.failed(e))?;
                match without_checksum(bytes.value()).and_then(record::decode_journal) {
                    Some(record) => records.push(record),
                    None => tracing::warn!(revision = revision.value(), "stepping over a damaged journal record"),
                }
            }
            Ok(records)
        })
    }

    /// The keys whose time to live has passed at `now_ms`.
    pub(super) fn due(&self, now_ms: u64) -> Result<Vec<String>, StoreError> {
        self.guarded("reading the leases", || {
            let table = self.begin_read()?.open_table(LEASES).map_err(|e| self.failed(e))?;
            let mut keys = Vec::new();
            for row in table.iter().map_err(|e| self.failed(e))? {
                let (at, key) = row.map_err(|e| self.failed(e)).map(|(lease, _)| {
                    let (at, key) = lease.value();
                    (at, String::from_utf8_lossy(key).into_owned())
                })?;
                if at > now_ms {
                    break;
                }
                keys.push(key);
            }
            Ok(keys)
        })
    }
}

/// Visits every record whose key begins with `prefix`, damaged ones too, until `visit` says stop (`false`).
pub(super) fn scan(
    txn: &ReadTransaction,
    prefix: &[u8],
    visit: &mut dyn FnMut(Scanned<'_>) -> bool,
) -> Result<(), redb::Error> {
    let table = txn.open_table(KV)?;
    for row in table.range::<&[u8]>(prefix..)? {
        let (key, bytes) = row?;
        let key = key.value();
        if !key.starts_with(prefix) {
            break;
        }
        let scanned = match record::decode(key, bytes.value()) {
            Ok(kv) => Scanned::Good(kv),
            Err(reason) => Scanned::Damaged { key, reason },
        };
        if !visit(scanned) {
            break;
        }
    }
    Ok(())
}

/// A record as it was met.
pub(super) enum Scanned<'a> {
    Good(Kv),
    Damaged { key: &'a [u8], reason: &'static str },
}

pub(super) fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 4);
    out.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    out.extend_from_slice(bytes);
    out
}

pub(super) fn without_checksum(bytes: &[u8]) -> Option<&[u8]> {
    let (crc, rest) = bytes.split_first_chunk()?;
    (crc32fast::hash(rest) == u32::from_le_bytes(*crc)).then_some(rest)
}

/// Runs `f`; a panic becomes [`StoreError::Corrupt`] with its text.
pub(super) fn guarded<T>(what: &str, f: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    // What `f` borrows is dropped or reopened by whoever gets the error, never used on.
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let text: &str = match panic.downcast_ref::<String>() {
            Some(text) => text,
            None => (&*panic as &dyn Any).downcast_ref::<&str>().copied().unwrap_or("no reason given"),
        };
        Err(StoreError::Corrupt(format!("{what}: {text}")))
    })
}

fn failed(faults: &Faults, error: impl Into<redb::Error>) -> StoreError {
    let what = || "using the database".to_owned();
    match error.into() {
        redb::Error::Io(e) if matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
            StoreError::Corrupt(e.to_string())
        }
        redb::Error::Io(e) => StoreError::io(what(), e),
        // redb says only that something failed before: the backend knows what.
        redb::Error::PreviousIo => {
            let (kind, code) = faults.first.lock().unwrap_or((io::ErrorKind::Other, None));
            StoreError::io(what(), code.map_or_else(|| kind.into(), io::Error::from_raw_os_error))
        }
        redb::Error::ValueTooLarge(len) => StoreError::Invalid(format!("a value of {len} bytes is too large")),
        other => StoreError::Corrupt(other.to_string()),
    }
}

/// What went wrong under the database since it was opened.
#[derive(Debug, Default)]
struct Faults {
    first: Mutex<Option<(io::ErrorKind, Option<i32>)>>,
    sync_failed: AtomicBool,
}

/// redb's view of a file. redb locks nothing: the directory is locked as a whole.
#[derive(Debug)]
struct Backend {
    file: Arc<dyn DiskFile>,
    faults: Arc<Faults>,
}

impl Backend {
    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &result {
            self.faults.first.lock().get_or_insert((e.kind(), e.raw_os_error()));
        }
        result
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.noted(self.file.size())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.noted(self.file.read_at(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.noted(self.file.set_size(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        let result = self.noted(self.file.sync());
        self.faults.sync_failed.fetch_or(result.is_err(), Ordering::Relaxed);
        result
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.noted(self.file.write_at(offset, data))
    }
}
