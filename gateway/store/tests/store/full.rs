//! A full disk (op.08), and a disk that fails: the write is refused, nothing changes, and the store goes on.

use std::sync::Arc;

use gateway_store::{Embedded, Store, StoreError, Txn};

use crate::model::{Model, one, put};
use crate::options;
use crate::sim::SimDisk;

fn open(disk: &SimDisk) -> Embedded {
    Embedded::open_on(Arc::new(disk.clone()), options()).unwrap()
}

fn bulk(from: usize, count: usize) -> Vec<Txn> {
    (from..from + count).map(|i| put(&format!("/apisix/routes/{i}"), &"x".repeat(2_000))).collect()
}

/// Writes until the disk is full; the state it then must have.
fn fill(store: &Embedded) -> Model {
    for batch in 0.. {
        let before = Model::of(&store.load().unwrap());
        let answers = store.commit(bulk(batch * 20, 20));
        if answers.iter().all(Result::is_ok) {
            assert!(batch < 1_000, "the disk never runs full");
            continue;
        }
        assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Full))), "{:?}", answers[0]);
        return before;
    }
    unreachable!("an endless loop ends by its return")
}

#[test]
fn a_full_disk_refuses_writes_and_changes_nothing() {
    for room in [0, 4096, 20_000, 100_000, 1 << 20, 3 << 20] {
        let disk = SimDisk::new();
        let store = open(&disk);
        one(&store, put("/apisix/services/1", "{}")).unwrap();
        disk.set_room(Some(room));
        let model = fill(&store);
        for _ in 0..3 {
            assert!(
                matches!(one(&store, put("/apisix/routes/big", &"x".repeat(1 << 20))), Err(StoreError::Full)),
                "{room}"
            );
            assert_eq!(Model::of(&store.load().unwrap()), model, "room for {room}: reads go on, and nothing changed");
        }
        assert_eq!(store.revision().unwrap(), model.revision);
        assert_eq!(store.journal(0, usize::MAX).unwrap().last().unwrap().revision, model.revision);
        let _ = store.tend();

        // Room again: it writes again, and nothing of the refused writes comes back.
        disk.set_room(None);
        assert_eq!(one(&store, put("/apisix/services/2", "{}")).unwrap().revision, model.revision + 1);
        let model = Model::of(&store.load().unwrap());
        store.tend().unwrap();
        drop(store);
        let loaded = open(&disk).load().unwrap();
        assert_eq!((Model::of(&loaded), loaded.set_aside.len()), (model.clone(), 0));

        // And the copy is whole again, too.
        disk.damage("store.redb", |bytes| bytes.fill(0));
        assert_eq!(Model::of(&open(&disk).load().unwrap()), model);
    }
}

#[test]
fn a_store_on_a_full_disk_starts_and_can_be_read() {
    for (room, crash) in [(0, false), (0, true), (30_000, true)] {
        let mut disk = SimDisk::new();
        let store = open(&disk);
        store.tend().unwrap();
        disk.set_room(Some(room + (1 << 20)));
        let model = fill(&store);
        if crash {
            disk = disk.restart(&mut fastrand::Rng::with_seed(1));
        }
        drop(store);
        disk.set_room(Some(0));
        let store = open(&disk);
        assert_eq!(Model::of(&store.load().unwrap()), model);
        assert!(matches!(one(&store, put("/apisix/routes/big", &"x".repeat(1 << 20))), Err(StoreError::Full)));
        assert_eq!(Model::of(&store.load().unwrap()), model);
        disk.set_room(None);
        one(&store, put("/apisix/routes/new", "x")).unwrap();
        store.tend().unwrap();
        drop(store);
        assert_eq!(open(&disk).load().unwrap().revision, model.revision + 1);
    }
}

#[test]
fn a_failed_sync_is_no_acknowledgement_and_loses_nothing_later() {
    for failing in 1..4 {
        for seed in 0..10 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let disk = SimDisk::new();
            let store = open(&disk);
            store.commit(bulk(0, 200));
            let mut model = Model::of(&store.load().unwrap());
            // Some fail while the file grows, some deep in it.
            let lost = bulk(rng.usize(..300), rng.usize(1..150));
            disk.fail_syncs(failing);
            let answers = store.commit(lost);
            assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Io { .. }))), "{:?}", answers[0]);
            disk.fail_syncs(0);
            match store.load() {
                Ok(loaded) => assert_eq!(Model::of(&loaded), model),
                Err(error) => assert!(failing > 1, "closed until the next write opens it again: {error}"),
            }
            // The pages that the failed sync dropped must not be relied on by what is acknowledged later.
            for _ in 0..rng.usize(1..4) {
                let txns = model.random_batch(&mut rng);
                let expected: Vec<bool> = txns.iter().map(|txn| model.commit(txn)).collect();
                assert_eq!(store.commit(txns).iter().map(Result::is_ok).collect::<Vec<_>>(), expected);
            }
            let after = disk.restart(&mut rng);
            let loaded = open(&after).load().unwrap();
            assert_eq!((Model::of(&loaded), loaded.set_aside.len()), (model, 0), "{failing} syncs, seed {seed}");
        }
    }
}
