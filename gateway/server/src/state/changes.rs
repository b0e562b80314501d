//! The newest changes in memory, for those who follow them. What is older is in the store's journal, as far as that reaches.

use std::collections::VecDeque;
use std::sync::Arc;

use gateway_store::{Change, Committed, JournalRecord, Kv, Op, Origin, Store, StoreError};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::keys;

/// Most changes of objects that are kept, and most bytes of these objects.
const CHANGES: usize = 10_000;
const BYTES: usize = 16 << 20;

/// Transactions that are read at a time.
const PAGE: usize = 16;

/// What has changed lately.
pub(crate) struct Changes {
    store: Arc<dyn Store>,
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
}

struct Ring {
    records: VecDeque<Arc<JournalRecord>>,
    /// Nothing up to this revision is in the ring, and all that came after it.
    base: u64,
    changes: usize,
    bytes: usize,
}

/// What came after a revision.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Transactions in their order; none: there is nothing newer.
    pub(crate) records: Vec<Arc<JournalRecord>>,
    /// Revisions before these that nobody knows any more.
    pub(crate) lost: u64,
    /// The revision up to which everything is told by this.
    pub(crate) reaches: u64,
}

impl Changes {
    /// Of a store that is at this revision.
    pub(super) fn new(store: Arc<dyn Store>, revision: u64) -> Changes {
        let ring = Ring { records: VecDeque::new(), base: revision, changes: 0, bytes: 0 };
        Changes { store, ring: Mutex::new(ring), newest: watch::Sender::new(revision) }
    }

    /// The newest revision, and when there is another.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Remembers transactions that are live, in their order, and tells those who follow.
    pub(super) fn note(&self, records: Vec<JournalRecord>, revision: u64) {
        let mut ring = self.ring.lock();
        for record in records {
            ring.changes += record.changes.len();
            ring.bytes += held(&record);
            ring.records.push_back(Arc::new(record));
        }
        while ring.changes > CHANGES || ring.bytes > BYTES {
            let Some(oldest) = ring.records.pop_front() else { break };
            ring.changes -= oldest.changes.len();
            ring.bytes -= held(&oldest);
            ring.base = oldest.revision;
        }
        drop(ring);
        self.newest.send_replace(revision);
    }

    /// Remembers nothing up to a revision, of which something could not be had: the journal may have it later.
    pub(super) fn skip(&self, revision: u64) {
        *self.ring.lock() = Ring { records: VecDeque::new(), base: revision, changes: 0, bytes: 0 };
        self.newest.send_replace(revision);
    }

    /// The changes behind a revision, a page of them: out of memory, or out of the journal. Blocks as the store does.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) fn after(&self, revision: u64) -> Result<Page, StoreError> {
        let base = {
            let ring = self.ring.lock();
            let newest = *self.newest.borrow();
            if revision >= ring.base || revision >= newest {
                let first = ring.records.partition_point(|record| record.revision <= revision);
                let records: Vec<_> = ring.records.range(first..).take(PAGE).cloned().collect();
                let reaches = match records.last() {
                    Some(last) if records.len() == PAGE => last.revision,
                    last => last.map_or(0, |last| last.revision).max(newest).max(revision),
                };
                return Ok(Page { records, lost: 0, reaches });
            }
            ring.base
        };
        let records = self.store.journal(revision + 1, PAGE)?;
        let records: Vec<_> = records.into_iter().filter(|record| record.revision <= base).map(Arc::new).collect();
        let lost = records.first().map_or(base, |first| first.revision - 1).saturating_sub(revision);
        let reaches = records.last().map_or(base, |last| last.revision);
        Ok(Page { records, lost, reaches })
    }
}

/// The bytes of the objects in a transaction.
fn held(record: &JournalRecord) -> usize {
    let sides = record.changes.iter().flat_map(|change| [&change.before, &change.after]);
    sides.flatten().map(|kv| kv.value.len()).sum()
}

/// What a committed transaction did to objects, as the journal tells it.
pub(super) fn record(origin: Origin, ops: Vec<Op>, committed: Committed) -> JournalRecord {
    let Committed { revision, unix_ms, previous } = committed;
    let changes = ops.into_iter().zip(previous).filter_map(|(op, before)| {
        keys::parse(op.key())?;
        let created = before.as_ref().map_or(revision, |kv| kv.create_revision);
        let change = match op {
            Op::Delete { key } => Change { key, before: Some(before?), after: None },
            Op::Put { key, value, ttl } => {
                let millis = |ttl: std::time::Duration| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
                let after = Kv {
                    key: key.clone(),
                    value: value.into(),
                    create_revision: created,
                    mod_revision: revision,
                    expires_ms: ttl.map(|ttl| unix_ms.saturating_add(millis(ttl))),
                };
                Change { key, before, after: Some(after) }
            }
        };
        Some(change)
    });
    let changes = changes.collect();
    JournalRecord { revision, unix_ms, origin, changes }
}

#[cfg(test)]
mod tests {
    use gateway_store::{Memory, Txn};

    use super::*;

    fn put(key: &str, value: &[u8]) -> Op {
        Op::Put { key: key.to_owned(), value: value.to_vec(), ttl: None }
    }

    fn write(changes: &Changes, store: &dyn Store, ops: Vec<Op>) {
        let txn = Txn { ops: ops.clone(), expect: Vec::new(), origin: Origin::new("a", "b") };
        let committed = store.commit(vec![txn]).pop().unwrap().unwrap();
        let revision = committed.revision;
        changes.note(vec![record(Origin::new("a", "b"), ops, committed)], revision);
    }

    /// Everything behind a revision: revisions with the number of their changes, and how many are lost.
    fn all(changes: &Changes, mut at: u64) -> (Vec<u64>, u64) {
        let (mut revisions, mut lost) = (Vec::new(), 0);
        loop {
            let page = changes.after(at).unwrap();
            lost += page.lost;
            revisions.extend(page.records.iter().map(|record| record.revision));
            let end = page.records.is_empty() && page.lost == 0;
            assert!(page.reaches > at || end, "{page:?} behind {at}");
            at = page.reaches;
            if end {
                return (revisions, lost);
            }
        }
    }

    #[test]
    fn memory_and_journal_are_one_row() {
        let store: Arc<dyn Store> = Arc::new(Memory::default());
        let before = Changes::new(Arc::clone(&store), 0);
        for n in 0..40 {
            write(&before, &*store, vec![put(&format!("/apisix/routes/{n}"), b"{}")]);
        }
        // Another process on the same store.
        let changes = Changes::new(Arc::clone(&store), 40);
        for n in 0..40 {
            write(&changes, &*store, vec![put(&format!("/apisix/routes/{n}"), b"{1}"), put("/apisix/gen_id", b"1")]);
        }
        assert_eq!(all(&changes, 0), ((1..=80).collect(), 0));
        assert_eq!(all(&changes, 39), ((40..=80).collect(), 0));
        assert_eq!(all(&changes, 80), (vec![], 0));
        assert_eq!(all(&changes, 99), (vec![], 0), "nothing of the future");
        let page = changes.after(79).unwrap();
        assert_eq!(page.records[0].changes.len(), 1, "what is no object is not told");
        assert_eq!(page.records[0].changes[0].before.as_ref().unwrap().value.as_ref(), b"{}");
        assert_eq!(*page.records[0], {
            let mut record = store.journal(80, 1).unwrap().remove(0);
            record.changes.truncate(1);
            record
        });
    }

    #[test]
    fn what_nobody_knows_any_more_is_counted() {
        let store: Arc<dyn Store> = Arc::new(Memory::default());
        let changes = Changes::new(Arc::clone(&store), 0);
        let large = vec![b'1'; 3 << 20];
        for n in 0..12 {
            write(&changes, &*store, vec![put(&format!("/apisix/routes/{n}"), &large)]);
        }
        let ring = changes.ring.lock();
        assert!(ring.bytes <= BYTES && ring.base == 7, "{}", ring.base);
        drop(ring);
        assert_eq!(all(&changes, 2), ((8..=12).collect(), 5));
        write(&changes, &*store, vec![put("/apisix/routes/x", &vec![b'1'; 17 << 20])]);
        assert_eq!(all(&changes, 12), (vec![], 1), "larger than all there is room for");
    }

    #[test]
    fn so_many_changes_and_no_more() {
        let store: Arc<dyn Store> = Arc::new(Memory::default());
        let changes = Changes::new(Arc::clone(&store), 0);
        for _ in 0..CHANGES + 5 {
            write(&changes, &*store, vec![put("/apisix/routes/x", b"")]);
        }
        assert_eq!(changes.ring.lock().base, 5);
        assert_eq!(all(&changes, 0).1, 5);
    }
}
