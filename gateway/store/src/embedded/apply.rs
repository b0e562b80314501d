//! Transactions on the main file: a batch becomes one redb transaction, which is one sync.

use redb::{Durability, ReadableTable, ReadableTableMetadata, Table, WriteTransaction};

use super::database::{Db, JOURNAL, KV, LEASES, META, with_checksum};
use super::record;
use crate::{Change, Committed, JournalRecord, Kv, Op, StoreError, Txn};

/// How many transactions the journal remembers.
pub(super) const JOURNAL_RECORDS: usize = 1_000;
/// And how much room they may take: a few transactions that each replace everything must not fill the disk.
const JOURNAL_BYTES: u64 = 256 << 20;

const KEY_BYTES: usize = 1_024;
const VALUE_BYTES: usize = 16 << 20;
/// Bounds a journal record (both sides of every change) far below redb's and the format's 4 GiB.
const TXN_BYTES: usize = 512 << 20;

/// What a batch did.
pub(super) struct Batch {
    pub(super) answers: Vec<Result<Committed, StoreError>>,
    pub(super) revision: u64,
    /// The encoded journal entries of what was committed, in order.
    pub(super) entries: Vec<Vec<u8>>,
}

/// Commits `txns` on top of `revision`. On an error the database is in doubt and must be reopened.
pub(super) fn apply(db: &Db, revision: u64, now_ms: u64, txns: Vec<Txn>) -> Result<Batch, StoreError> {
    db.guarded("committing", || {
        let mut batch = Batch { answers: Vec::with_capacity(txns.len()), revision, entries: Vec::new() };
        let write = begin(db)?;
        {
            let mut tables = Tables::open(db, &write, revision, now_ms)?;
            for txn in txns {
                let answer = match tables.refusal(&txn)? {
                    Some(refusal) => Err(refusal),
                    None => Ok(tables.commit(txn, &mut batch)?),
                };
                batch.answers.push(answer);
            }
            if !batch.entries.is_empty() {
                tables.finish(batch.revision)?;
            }
        }
        if batch.entries.is_empty() {
            write.abort().map_err(|e| db.failed(e))?;
        } else {
            write.commit().map_err(|e| db.failed(e))?;
        }
        Ok(batch)
    })
}

/// Takes back, by the journal, every transaction after `revision`: those whose commit failed and reached the disk
/// all the same.
pub(super) fn undo(db: &Db, revision: u64) -> Result<(), StoreError> {
    let records = db.journal(revision + 1, usize::MAX)?;
    db.guarded("undoing", || {
        let write = begin(db)?;
        {
            let mut tables = Tables::open(db, &write, revision, 0)?;
            for record in records.into_iter().rev() {
                tables.forget(record.revision)?;
                for change in record.changes {
                    tables.replace(&change.key, change.after.as_ref(), change.before.as_ref())?;
                }
            }
            tables.finish(revision)?;
        }
        write.commit().map_err(|e| db.failed(e))
    })
}

/// Writes transactions that the copy has and the main file has lost, under the revisions they had.
pub(super) fn redo(db: &Db, records: &[JournalRecord]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(()) };
    db.guarded("redoing", || {
        let write = begin(db)?;
        {
            let mut tables = Tables::open(db, &write, first.revision - 1, 0)?;
            for record in records {
                for change in &record.changes {
                    tables.replace(&change.key, change.before.as_ref(), change.after.as_ref())?;
                }
                tables.remember(record.revision, &record::encode_journal(record))?;
            }
            tables.finish(last.revision)?;
        }
        write.commit().map_err(|e| db.failed(e))
    })
}

fn begin(db: &Db) -> Result<WriteTransaction, StoreError> {
    let mut write = db.begin_write()?;
    write.set_durability(Durability::Immediate).map_err(|e| db.failed(e))?;
    Ok(write)
}

/// The tables of one redb transaction.
struct Tables<'a> {
    db: &'a Db,
    kv: Table<'a, &'static [u8], &'static [u8]>,
    journal: Table<'a, u64, &'static [u8]>,
    leases: Table<'a, (u64, &'static [u8]), ()>,
    meta: Table<'a, &'static str, u64>,
    journal_bytes: u64,
    /// Records after this revision stay in the journal, however many they are: a commit that fails is undone by them.
    floor: u64,
    now_ms: u64,
}

impl<'a> Tables<'a> {
    fn open(db: &'a Db, write: &'a WriteTransaction, floor: u64, now_ms: u64) -> Result<Self, StoreError> {
        let meta = write.open_table(META).map_err(|e| db.failed(e))?;
        let journal_bytes = meta.get("journal_bytes").map_err(|e| db.failed(e))?.map_or(0, |v| v.value());
        Ok(Self {
            db,
            kv: write.open_table(KV).map_err(|e| db.failed(e))?,
            journal: write.open_table(JOURNAL).map_err(|e| db.failed(e))?,
            leases: write.open_table(LEASES).map_err(|e| db.failed(e))?,
            meta,
            journal_bytes,
            floor,
            now_ms,
        })
    }

    /// Why the transaction cannot be committed, if it cannot. Reads only, so a refused one leaves no trace.
    fn refusal(&self, txn: &Txn) -> Result<Option<StoreError>, StoreError> {
        if let Err(refusal) = valid(txn) {
            return Ok(Some(refusal));
        }
        if txn.ops.len() > TXN_BYTES / VALUE_BYTES && self.replaced_bytes(txn)? > TXN_BYTES {
            let text = format!("a transaction that replaces more than the {TXN_BYTES} bytes allowed");
            return Ok(Some(StoreError::Invalid(text)));
        }
        for expect in &txn.expect {
            let found = self.fetch(&expect.key)?.map_or(0, |kv| kv.mod_revision);
            if found != expect.mod_revision {
                let key = expect.key.clone();
                return Ok(Some(StoreError::Conflict { key, expected: expect.mod_revision, found }));
            }
        }
        Ok(None)
    }

    fn commit(&mut self, txn: Txn, batch: &mut Batch) -> Result<Committed, StoreError> {
        let revision = batch.revision + 1;
        let mut changes = Vec::with_capacity(txn.ops.len());
        let mut previous = Vec::with_capacity(txn.ops.len());
        for op in txn.ops {
            let before = self.fetch(op.key())?;
            previous.push(before.clone());
            let (key, after) = match op {
                Op::Delete { key } => (key, None),
                Op::Put { key, value, ttl } => {
                    let create_revision = before.as_ref().map_or(revision, |kv| kv.create_revision);
                    // 0 means "never" on the disk: a clock before 1970 must not turn a lease into that.
                    let expires_ms = ttl.map(|ttl| {
                        let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
                        self.now_ms.saturating_add(ttl).max(1)
                    });
                    let kv = Kv {
                        key: key.clone(),
                        value: value.into(),
                        create_revision,
                        mod_revision: revision,
                        expires_ms,
                    };
                    (key, Some(kv))
                }
            };
            if before.is_some() || after.is_some() {
                self.replace(&key, before.as_ref(), after.as_ref())?;
                changes.push(Change { key, before, after });
            }
        }
        if changes.is_empty() {
            return Ok(Committed { revision: batch.revision, unix_ms: self.now_ms, previous });
        }
        let entry =
            record::encode_journal(&JournalRecord { revision, unix_ms: self.now_ms, origin: txn.origin, changes });
        self.remember(revision, &entry)?;
        batch.entries.push(entry);
        batch.revision = revision;
        Ok(Committed { revision, unix_ms: self.now_ms, previous })
    }

    fn fetch(&self, key: &str) -> Result<Option<Kv>, StoreError> {
        let Some(bytes) = self.kv.get(key.as_bytes()).map_err(|e| self.db.failed(e))? else { return Ok(None) };
        let kv = record::decode(key.as_bytes(), bytes.value());
        kv.map(Some).map_err(|reason| StoreError::Corrupt(format!("{key}: {reason}")))
    }

    /// How much the journal will have to keep of what stands under the keys now.
    fn replaced_bytes(&self, txn: &Txn) -> Result<usize, StoreError> {
        let mut total = 0;
        for op in &txn.ops {
            total += self.kv.get(op.key().as_bytes()).map_err(|e| self.db.failed(e))?.map_or(0, |v| v.value().len());
        }
        Ok(total)
    }

    fn replace(&mut self, key: &str, before: Option<&Kv>, after: Option<&Kv>) -> Result<(), StoreError> {
        let key = key.as_bytes();
        if let Some(at) = before.and_then(|kv| kv.expires_ms) {
            self.leases.remove((at, key)).map_err(|e| self.db.failed(e))?;
        }
        match after {
            None => {
                self.kv.remove(key).map_err(|e| self.db.failed(e))?;
            }
            Some(kv) => {
                self.kv.insert(key, record::encode(kv).as_slice()).map_err(|e| self.db.failed(e))?;
                if let Some(at) = kv.expires_ms {
                    self.leases.insert((at, key), ()).map_err(|e| self.db.failed(e))?;
                }
            }
        }
        Ok(())
    }

    /// Adds a journal record and drops the oldest ones beyond the bounds.
    fn remember(&mut self, revision: u64, entry: &[u8]) -> Result<(), StoreError> {
        let bytes = with_checksum(entry);
        self.journal.insert(revision, bytes.as_slice()).map_err(|e| self.db.failed(e))?;
        self.journal_bytes += bytes.len() as u64;
        loop {
            let len = self.journal.len().map_err(|e| self.db.failed(e))?;
            let oldest = match self.journal.first().map_err(|e| self.db.failed(e))? {
                Some((oldest, _)) if len > JOURNAL_RECORDS as u64 || self.journal_bytes > JOURNAL_BYTES => {
                    oldest.value()
                }
                _ => return Ok(()),
            };
            if oldest > self.floor {
                return Ok(());
            }
            self.forget(oldest)?;
        }
    }

    fn forget(&mut self, revision: u64) -> Result<(), StoreError> {
        if let Some(gone) = self.journal.remove(revision).map_err(|e| self.db.failed(e))? {
            self.journal_bytes = self.journal_bytes.saturating_sub(gone.value().len() as u64);
        }
        Ok(())
    }

    fn finish(&mut self, revision: u64) -> Result<(), StoreError> {
        for (name, value) in [("revision", revision), ("journal_bytes", self.journal_bytes)] {
            self.meta.insert(name, value).map_err(|e| self.db.failed(e))?;
        }
        Ok(())
    }
}

/// Whether the transaction keeps to the bounds and names no key twice.
fn valid(txn: &Txn) -> Result<(), StoreError> {
    let invalid = |text: String| Err(StoreError::Invalid(text));
    let mut total = 0;
    for op in &txn.ops {
        let len = op.key().len();
        if len == 0 || len > KEY_BYTES {
            return invalid(format!("a key must have 1 to {KEY_BYTES} bytes, not {len}"));
        }
        if let Op::Put { key, value, .. } = op {
            if value.len() > VALUE_BYTES {
                return invalid(format!("{key}: {} bytes, more than the {VALUE_BYTES} allowed", value.len()));
            }
            total += value.len();
        }
    }
    if total > TXN_BYTES {
        return invalid(format!("a transaction of {total} bytes, more than the {TXN_BYTES} allowed"));
    }
    let mut keys: Vec<&str> = txn.ops.iter().map(Op::key).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first()) {
        Some(key) => invalid(format!("{key} is named twice in one transaction")),
        None => Ok(()),
    }
}
