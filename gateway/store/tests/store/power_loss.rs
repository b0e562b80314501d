//! No acknowledged write is lost (op.09), and nothing is half there, when the power is cut: on a disk that loses, and tears,
//! whatever was not synced.

use std::sync::Arc;

use gateway_store::{Embedded, Store, StoreError};

use crate::model::{Model, put};
use crate::options;
use crate::sim::SimDisk;

/// What may be in the store: what was acknowledged, and what was in flight when the power went.
struct Known {
    acknowledged: Model,
    in_flight: Model,
}

/// Commits random batches until the power is cut (or `batches` are through) and says what is known then.
fn run(store: &Embedded, disk: &SimDisk, start: Model, batches: usize, rng: &mut fastrand::Rng) -> Known {
    let mut known = Known { in_flight: start.clone(), acknowledged: start };
    for _ in 0..batches {
        let txns = known.acknowledged.random_batch(rng);
        let expected: Vec<bool> = txns.iter().map(|txn| known.in_flight.commit(txn)).collect();
        let answers = store.commit(txns);
        if disk.is_off() && answers.iter().all(Result::is_err) {
            return known;
        }
        for (answer, expected) in answers.iter().zip(expected) {
            match answer {
                Ok(_) => assert!(expected),
                Err(error) => assert!(!expected && matches!(error, StoreError::Conflict { .. }), "{error}"),
            }
        }
        known.acknowledged = known.in_flight.clone();
        if rng.u8(..4) == 0 {
            let _ = store.tend();
        }
    }
    known
}

/// Opens the store after the cut and checks what is in it; the state it is in now.
fn check(disk: &SimDisk, known: &Known, scene: &str) -> Model {
    let store = Embedded::open_on(Arc::new(disk.clone()), options()).unwrap_or_else(|e| panic!("{scene}: {e}"));
    let loaded = store.load().unwrap();
    assert!(loaded.set_aside.is_empty(), "{scene}: a cut is no damage: {:?}", loaded.set_aside);
    let found = Model::of(&loaded);
    assert!(
        found == known.acknowledged || found == known.in_flight,
        "{scene}: found revision {}, acknowledged {}",
        found.revision,
        known.acknowledged.revision,
    );
    let journal = store.journal(0, usize::MAX).unwrap();
    let revisions: Vec<u64> = journal.iter().map(|record| record.revision).collect();
    let expected: Vec<u64> = (found.revision.saturating_sub(999).max(1)..=found.revision).collect();
    assert_eq!(revisions, expected, "{scene}");
    found
}

#[test]
fn nothing_acknowledged_is_lost_at_any_cut() {
    // One scene, cut at every single act: each write, each sync, each rename, of creating, committing, tending and
    // closing alike.
    let scene = |cut: Option<u64>| {
        let disk = SimDisk::new();
        if let Some(cut) = cut {
            disk.cut_in(cut);
        }
        let mut rng = fastrand::Rng::with_seed(7);
        let known = match Embedded::open_on(Arc::new(disk.clone()), options()) {
            Ok(store) => run(&store, &disk, Model::default(), 5, &mut rng),
            Err(_) => Known { acknowledged: Model::default(), in_flight: Model::default() },
        };
        (disk, known)
    };
    let (whole, _) = scene(None);
    for cut in 1..=whole.acts() {
        let (disk, known) = scene(Some(cut));
        let mut rng = fastrand::Rng::with_seed(cut);
        for _ in 0..2 {
            check(&disk.restart(&mut rng), &known, &format!("cut at act {cut}"));
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_over_many_cuts() {
    for seed in 0..12 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut disk = SimDisk::new();
        let mut model = Model::default();
        for cut in 0..10 {
            // Sometimes the power goes while the store is being opened after the last time it went.
            disk.cut_in(rng.u64(1..400));
            let known = match Embedded::open_on(Arc::new(disk.clone()), options()) {
                Ok(store) => run(&store, &disk, model.clone(), rng.usize(1..30), &mut rng),
                Err(_) => Known { acknowledged: model.clone(), in_flight: model.clone() },
            };
            disk = disk.restart(&mut rng);
            model = check(&disk, &known, &format!("seed {seed}, cut {cut}"));
            disk = disk.restart(&mut rng);
        }
    }
}

#[test]
fn a_batch_is_one_sync() {
    let disk = SimDisk::new();
    let store = Embedded::open_on(Arc::new(disk.clone()), options()).unwrap();
    store.tend().unwrap();
    for size in [1, 2, 50, 400, 1] {
        let before = (disk.syncs("store.redb"), disk.syncs("store.copy"), disk.contents("store.redb").len());
        let txns = (0..size).map(|i| put(&format!("/apisix/routes/{size}-{i}"), "{}")).collect();
        assert!(store.commit(txns).iter().all(Result::is_ok));
        // The file grows by doubling, and its new length is made lasting before anything relies on it.
        let grown = u64::from(disk.contents("store.redb").len() != before.2);
        assert_eq!((disk.syncs("store.redb"), disk.syncs("store.copy")), (before.0 + 1 + grown, before.1), "{size}");
    }
}
