//! What should be in the store, worked out the simple way.

use std::collections::BTreeMap;

use gateway_store::{Expect, Kv, Loaded, Op, Origin, Store, StoreError, Txn};

/// What should be in the store: key → (value, created, modified), and the revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Model {
    pub(crate) records: BTreeMap<String, (Vec<u8>, u64, u64)>,
    pub(crate) revision: u64,
}

impl Model {
    pub(crate) fn of(loaded: &Loaded) -> Self {
        let row = |kv: &Kv| (kv.key.clone(), (kv.value.to_vec(), kv.create_revision, kv.mod_revision));
        Self { records: loaded.kvs.iter().map(row).collect(), revision: loaded.revision }
    }

    /// Does what the store should do; whether it should have succeeded.
    pub(crate) fn commit(&mut self, txn: &Txn) -> bool {
        let found = |key: &str| self.records.get(key).map_or(0, |record| record.2);
        if txn.expect.iter().any(|expect| found(&expect.key) != expect.mod_revision) {
            return false;
        }
        let changes = |op: &&Op| matches!(op, Op::Put { .. }) || self.records.contains_key(op.key());
        let ops: Vec<&Op> = txn.ops.iter().filter(changes).collect();
        if ops.is_empty() {
            return true;
        }
        self.revision += 1;
        for op in ops {
            match op {
                Op::Put { key, value, .. } => {
                    let created = self.records.get(key).map_or(self.revision, |record| record.1);
                    self.records.insert(key.clone(), (value.clone(), created, self.revision));
                }
                Op::Delete { key } => {
                    self.records.remove(key);
                }
            }
        }
        true
    }

    /// Random transactions on few keys, so that they meet.
    pub(crate) fn random_batch(&self, rng: &mut fastrand::Rng) -> Vec<Txn> {
        (0..rng.usize(1..4))
            .map(|_| {
                let mut keys: Vec<u32> = (0..12).collect();
                rng.shuffle(&mut keys);
                let ops = keys.iter().take(rng.usize(0..4)).map(|key| {
                    let key = format!("/apisix/routes/{key}");
                    if rng.u8(..4) == 0 {
                        Op::Delete { key }
                    } else {
                        let len = if rng.u8(..10) == 0 { rng.usize(..20_000) } else { rng.usize(..300) };
                        Op::Put { key, value: vec![rng.u8(..); len], ttl: None }
                    }
                });
                let ops = ops.collect();
                let expect = (rng.u8(..3) == 0).then(|| Expect {
                    key: format!("/apisix/routes/{}", rng.u8(..12)),
                    mod_revision: rng.u64(..=self.revision),
                });
                Txn { ops, expect: expect.into_iter().collect(), origin: Origin::new("test", "") }
            })
            .collect()
    }
}

pub(crate) fn put(key: &str, value: &str) -> Txn {
    let op = Op::Put { key: key.into(), value: value.into(), ttl: None };
    Txn { ops: vec![op], expect: vec![], origin: Origin::new("admin", "127.0.0.1") }
}

pub(crate) fn delete(key: &str) -> Txn {
    Txn { ops: vec![Op::Delete { key: key.into() }], ..put(key, "") }
}

/// Commits one transaction.
pub(crate) fn one(store: &dyn Store, txn: Txn) -> Result<gateway_store::Committed, StoreError> {
    let mut answers = store.commit(vec![txn]);
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}
