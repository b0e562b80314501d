//! A store that holds nothing beyond the process: for configurations that come whole, out of a file or a request.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::disk::{Directory, Disk};
use crate::store::{Change, Committed, Expired, JournalRecord, Kv, Loaded, Op, Origin, Store, StoreError, Txn};

/// Journal records that are kept.
const JOURNAL: usize = 1000;

/// Bytes of values that the journal may keep alive: one transaction may write everything anew.
const JOURNAL_BYTES: usize = 16 << 20;

/// Keeps records in memory.
#[derive(Debug, Default)]
pub struct Memory {
    content: Mutex<Content>,
    /// Belongs to whoever has this store, though nothing of it lies there.
    directory: Option<Directory>,
}

impl Memory {
    /// An empty one, whose process has `directory` until it hands over.
    pub fn beside(directory: Directory) -> Memory {
        Memory { directory: Some(directory), ..Memory::default() }
    }
}

#[derive(Debug, Default)]
struct Content {
    records: BTreeMap<String, Kv>,
    revision: u64,
    journal: VecDeque<JournalRecord>,
    /// Of the values in it.
    journal_bytes: usize,
}

impl Store for Memory {
    fn load(&self) -> Result<Loaded, StoreError> {
        let content = self.content.lock();
        let kvs = content.records.values().cloned().collect();
        Ok(Loaded { kvs, revision: content.revision, set_aside: Vec::new() })
    }

    fn revision(&self) -> Result<u64, StoreError> {
        Ok(self.content.lock().revision)
    }

    fn commit(&self, txns: Vec<Txn>) -> Vec<Result<Committed, StoreError>> {
        let content = &mut *self.content.lock();
        txns.into_iter().map(|txn| content.commit(txn)).collect()
    }

    fn get(&self, key: &str) -> Result<Option<Kv>, StoreError> {
        Ok(self.content.lock().records.get(key).cloned())
    }

    fn list(&self, prefix: &str) -> Result<Vec<Kv>, StoreError> {
        let content = self.content.lock();
        let from = content.records.range(prefix.to_owned()..);
        Ok(from.take_while(|(key, _)| key.starts_with(prefix)).map(|(_, kv)| kv.clone()).collect())
    }

    fn journal(&self, from: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        let content = self.content.lock();
        Ok(content.journal.iter().filter(|record| record.revision >= from).take(limit).cloned().collect())
    }

    fn expire(&self, now_ms: u64) -> Result<Option<Expired>, StoreError> {
        let content = &mut *self.content.lock();
        let over = content.records.values().filter(|kv| kv.expires_ms.is_some_and(|at| at <= now_ms));
        let keys: Vec<String> = over.map(|kv| kv.key.clone()).collect();
        if keys.is_empty() {
            return Ok(None);
        }
        let ops = keys.iter().map(|key| Op::Delete { key: key.clone() }).collect();
        let origin = Origin::new("ttl", "");
        let committed = content.commit(Txn { ops, expect: Vec::new(), origin })?;
        Ok(Some(Expired { revision: committed.revision, keys }))
    }

    /// What is in memory stays: the other process gets the directory alone.
    fn hand_over(&self) -> Result<(), StoreError> {
        if let Some(directory) = &self.directory {
            directory.unlock();
        }
        Ok(())
    }

    fn take_back(&self) -> Result<(), StoreError> {
        self.directory.as_ref().map_or(Ok(()), Disk::relock)
    }
}

impl Content {
    fn commit(&mut self, txn: Txn) -> Result<Committed, StoreError> {
        for expect in &txn.expect {
            let found = self.records.get(&expect.key).map_or(0, |kv| kv.mod_revision);
            if found != expect.mod_revision {
                return Err(StoreError::Conflict { key: expect.key.clone(), expected: expect.mod_revision, found });
            }
        }
        let changes = |op: &Op| matches!(op, Op::Put { .. }) || self.records.contains_key(op.key());
        if !txn.ops.iter().any(changes) {
            let previous = vec![None; txn.ops.len()];
            return Ok(Committed { revision: self.revision, unix_ms: unix_ms(), previous });
        }
        self.revision += 1;
        let now = unix_ms();
        let mut previous = Vec::with_capacity(txn.ops.len());
        let mut record =
            JournalRecord { revision: self.revision, unix_ms: now, origin: txn.origin, changes: Vec::new() };
        for op in txn.ops {
            let key = op.key().to_owned();
            let before = self.records.remove(&key);
            let after = match op {
                Op::Delete { .. } => None,
                Op::Put { value, ttl, .. } => {
                    let kv = Kv {
                        key: key.clone(),
                        value: value.into(),
                        create_revision: before.as_ref().map_or(self.revision, |kv| kv.create_revision),
                        mod_revision: self.revision,
                        expires_ms: ttl.map(|ttl| now.saturating_add(millis(ttl))),
                    };
                    self.records.insert(key.clone(), kv.clone());
                    Some(kv)
                }
            };
            if before.is_some() || after.is_some() {
                record.changes.push(Change { key, before: before.clone(), after });
            }
            previous.push(before);
        }
        self.journal_bytes += held(&record);
        self.journal.push_back(record);
        while self.journal.len() > JOURNAL || self.journal_bytes > JOURNAL_BYTES {
            let Some(oldest) = self.journal.pop_front() else { break };
            self.journal_bytes = self.journal_bytes.saturating_sub(held(&oldest));
        }
        Ok(Committed { revision: self.revision, unix_ms: now, previous })
    }
}

/// The bytes of the values in a record.
fn held(record: &JournalRecord) -> usize {
    let sides = record.changes.iter().flat_map(|change| [&change.before, &change.after]);
    sides.flatten().map(|kv| kv.value.len()).sum()
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
