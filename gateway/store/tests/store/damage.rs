//! Damaged files (op.07): set aside, told, and never the end of the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gateway_store::{Embedded, Options, Store, StoreError};

use crate::model::{Model, delete, one, put};
use crate::options;
use crate::sim::SimDisk;

type Damage = fn(&mut Vec<u8>);

const MAIN: &str = "store.redb";
const COPY: &str = "store.copy";

fn open(disk: &SimDisk) -> Embedded {
    Embedded::open_on(Arc::new(disk.clone()), options()).unwrap()
}

/// A closed store with a few records and deletions, part of them in the copy's records, part in its transactions.
fn filled() -> (SimDisk, Model) {
    let disk = SimDisk::new();
    let store = open(&disk);
    for i in 0..40 {
        one(&store, put(&format!("/apisix/routes/{i}"), &format!("{{\"n\":{i}}}").repeat(20))).unwrap();
    }
    store.tend().unwrap();
    for i in 30..50 {
        one(&store, put(&format!("/apisix/routes/{i}"), "later")).unwrap();
        one(&store, delete(&format!("/apisix/routes/{}", i - 30))).unwrap();
    }
    let model = Model::of(&store.load().unwrap());
    drop(store);
    (disk, model)
}

fn kept(disk: &SimDisk, name: &str) -> Vec<String> {
    let prefix = format!("{name}.corrupt-");
    disk.names().into_iter().filter(|name| name.starts_with(&prefix)).collect()
}

#[test]
fn a_damaged_main_file_is_kept_aside_and_restored_whole() {
    let damages: [(&str, Damage); 6] = [
        ("emptied", |bytes| bytes.clear()),
        ("zeroed", |bytes| bytes.fill(0)),
        ("cut", |bytes| bytes.truncate(bytes.len() / 3)),
        ("header", |bytes| bytes[..4096].fill(0xaa)),
        ("every page", |bytes| bytes.iter_mut().skip(5000).step_by(999).for_each(|byte| *byte ^= 0x55)),
        ("text", |bytes| *bytes = b"not a database".to_vec()),
    ];
    for (damage, change) in damages {
        let (disk, model) = filled();
        disk.damage(MAIN, change);
        let damaged = disk.contents(MAIN);
        let store = open(&disk);
        let loaded = store.load().unwrap();
        assert_eq!(Model::of(&loaded), model, "{damage}");
        assert!(loaded.set_aside.len() == 1 && loaded.set_aside[0].restored, "{damage}: {:?}", loaded.set_aside);
        let aside = kept(&disk, MAIN);
        assert_eq!(aside.len(), 1, "{damage}");
        assert_eq!(disk.contents(&aside[0]), damaged, "{damage}: the damaged bytes are kept as they are");
        assert_eq!(store.journal(0, usize::MAX).unwrap().last().unwrap().revision, model.revision, "{damage}");

        // It goes on, and the next start has nothing to tell.
        assert_eq!(one(&store, put("/apisix/routes/new", "x")).unwrap().revision, model.revision + 1);
        store.tend().unwrap();
        drop(store);
        assert_eq!(open(&disk).load().unwrap().set_aside, [], "{damage}");
    }
}

#[test]
fn any_single_damaged_byte_is_found_or_does_not_matter() {
    let (pristine, model) = filled();
    let len = pristine.contents(MAIN).len();
    let mut rng = fastrand::Rng::with_seed(3);
    for round in 0..150 {
        let disk = pristine.restart(&mut rng);
        // The beginning is where the structure is.
        let at = if round % 2 == 0 { rng.usize(..len) } else { rng.usize(..40_000.min(len)) };
        disk.damage(MAIN, |bytes| bytes[at] ^= 1 << (at % 8));
        let store = open(&disk);
        assert_eq!(Model::of(&store.load().unwrap()), model, "byte {at}");
        one(&store, put("/apisix/routes/new", "x")).unwrap();
    }
}

#[test]
fn a_missing_main_file_is_restored() {
    let (disk, model) = filled();
    disk.forget(MAIN);
    let loaded = open(&disk).load().unwrap();
    assert_eq!(Model::of(&loaded), model);
    assert_eq!(loaded.set_aside[0].reason, "store.redb is missing");
}

#[test]
fn an_older_main_file_gets_what_was_acknowledged_since() {
    for (tended, later) in [(false, 3), (true, 3), (false, 1_500)] {
        let (disk, _) = filled();
        let old = disk.contents(MAIN);
        let store = open(&disk);
        store.commit((0..later).map(|i| put(&format!("/apisix/services/{i}"), "s")).collect());
        if tended {
            // The copy has them among its records only.
            disk.forget(COPY);
            drop(store);
            open(&disk).tend().unwrap();
        }
        let model = Model::of(&open(&disk).load().unwrap());
        disk.damage(MAIN, |bytes| *bytes = old.clone());
        let store = open(&disk);
        let loaded = store.load().unwrap();
        assert_eq!(Model::of(&loaded), model, "{tended} {later}");
        assert!(loaded.set_aside.len() == 1 && loaded.set_aside[0].restored);
    }
}

/// Where the frames of a copy begin.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut all = Vec::new();
    while let Some(len) = bytes.get(at..at + 4) {
        all.push(at);
        at += 12 + u32::from_le_bytes(len.try_into().unwrap()) as usize;
    }
    assert_eq!(at, bytes.len());
    all
}

/// A store whose copy has records and transactions: its frames, and where the transactions begin among them.
fn copied() -> (SimDisk, Model, Vec<usize>, usize) {
    let (disk, _) = filled();
    disk.forget(COPY);
    let store = open(&disk);
    store.tend().unwrap();
    let records = frames(&disk.contents(COPY)).len();
    for i in 0..10 {
        one(&store, put(&format!("/apisix/services/{i}"), "a service of some length")).unwrap();
    }
    let model = Model::of(&store.load().unwrap());
    drop(store);
    let all = frames(&disk.contents(COPY));
    assert_eq!(all.len(), records + 10);
    (disk, model, all, records)
}

#[test]
fn a_copy_whose_synced_part_is_damaged_is_kept_aside_told_at_once_and_written_anew() {
    let damages: [(&str, Damage); 6] = [
        ("emptied", |bytes| bytes.clear()),
        ("zeroed", |bytes| bytes.fill(0)),
        ("header", |bytes| bytes[0] ^= 1),
        ("a record's length", |bytes| bytes[17] ^= 1),
        ("a record", |bytes| bytes[200] ^= 1),
        ("cut among the records", |bytes| bytes.truncate(400)),
    ];
    for (damage, change) in damages {
        let (disk, model, _, _) = copied();
        disk.damage(COPY, change);
        let damaged = disk.contents(COPY);
        let store = open(&disk);
        let loaded = store.load().unwrap();
        assert_eq!(Model::of(&loaded), model, "{damage}");
        let [told] = &loaded.set_aside[..] else { panic!("{damage}: {:?}", loaded.set_aside) };
        assert!(told.what == COPY && told.restored, "{damage}: {told:?}");
        assert_eq!(store.set_aside(), loaded.set_aside);
        let aside = kept(&disk, COPY);
        assert_eq!(aside.len(), 1, "{damage}");
        assert_eq!(disk.contents(&aside[0]), damaged, "{damage}: the damaged bytes are kept as they are");
        // No moment passes without a copy: the main file may go right now.
        drop(store);
        disk.damage(MAIN, |bytes| bytes.fill(0));
        let loaded = open(&disk).load().unwrap();
        assert_eq!(Model::of(&loaded), model, "{damage}");
        assert!(loaded.set_aside.len() == 1 && loaded.set_aside[0].restored, "{damage}: {:?}", loaded.set_aside);
    }
}

#[test]
fn a_copy_that_power_was_cut_at_goes_on_where_it_is_whole() {
    for cut in [1, 3, 11, 30] {
        let (disk, ..) = copied();
        disk.damage(COPY, |bytes| bytes.truncate(bytes.len() - cut));
        let store = open(&disk);
        assert_eq!(store.load().unwrap().set_aside, [], "{cut}: a cut is no damage");
        one(&store, put("/apisix/routes/new", "x")).unwrap();
        let model = Model::of(&store.load().unwrap());
        drop(store);
        disk.damage(MAIN, |bytes| bytes.fill(0));
        let loaded = open(&disk).load().unwrap();
        assert_eq!(Model::of(&loaded), model, "{cut}");
        assert!(loaded.set_aside[0].restored, "{:?}", loaded.set_aside);
    }
}

#[test]
fn a_copy_that_lacks_what_was_synced_long_ago_is_damaged_and_not_torn() {
    static NOW: AtomicU64 = AtomicU64::new(1_000_000);
    // Five seconds a transaction.
    let options = || Options { clock: || NOW.fetch_add(5_000, Ordering::Relaxed), ..options() };
    let disk = SimDisk::new();
    let store = Embedded::open_on(Arc::new(disk.clone()), options()).unwrap();
    for i in 0..20 {
        one(&store, put(&format!("/apisix/routes/{i}"), "a route")).unwrap();
    }
    let model = Model::of(&store.load().unwrap());
    drop(store);
    let (all, whole) = (frames(&disk.contents(COPY)), disk.contents(COPY));
    for (lost, told) in [(1, 0), (2, 0), (4, 1), (15, 1)] {
        let disk = disk.restart(&mut fastrand::Rng::with_seed(1));
        disk.damage(COPY, |bytes| bytes.truncate(all[all.len() - lost] + 3));
        let store = Embedded::open_on(Arc::new(disk.clone()), options()).unwrap();
        let loaded = store.load().unwrap();
        assert_eq!(Model::of(&loaded), model, "{lost}");
        assert_eq!((loaded.set_aside.len(), kept(&disk, COPY).len()), (told, told), "{lost}: {:?}", loaded.set_aside);
        if told > 0 {
            assert_eq!(disk.contents(&kept(&disk, COPY)[0]), whole[..all[all.len() - lost] + 3], "{lost}");
        }
    }
}

#[test]
fn a_copy_with_a_hole_is_written_anew_before_anything_else_is() {
    let (disk, _, all, records) = copied();
    disk.damage(COPY, |bytes| bytes[all[records + 4] + 9] ^= 1);
    let store = open(&disk);
    one(&store, put("/apisix/routes/new", "x")).unwrap();
    let model = Model::of(&store.load().unwrap());
    drop(store);
    disk.damage(MAIN, |bytes| bytes.fill(0));
    let loaded = open(&disk).load().unwrap();
    assert_eq!(Model::of(&loaded), model);
    assert!(loaded.set_aside[0].restored, "{:?}", loaded.set_aside);
}

#[test]
fn what_a_torn_copy_has_and_an_older_main_file_lacks_is_not_lost() {
    let (disk, before, all, records) = copied();
    let store = open(&disk);
    let old = disk.contents(MAIN);
    one(&store, put("/apisix/routes/late", "acknowledged")).unwrap();
    one(&store, put("/apisix/routes/later", "acknowledged too")).unwrap();
    drop(store);
    // The main file is found at its older state, and the copy has lost its last frame.
    disk.damage(MAIN, |bytes| *bytes = old.clone());
    disk.damage(COPY, |bytes| bytes.truncate(bytes.len() - 5));
    let store = open(&disk);
    let loaded = store.load().unwrap();
    assert_eq!(loaded.revision, before.revision + 1);
    assert!(store.get("/apisix/routes/late").unwrap().is_some());
    drop(store);

    // The same with a frame in the middle of the transactions that is damaged: those behind it count.
    let (disk, ..) = copied();
    let old = disk.contents(MAIN);
    let store = open(&disk);
    one(&store, put("/apisix/routes/late", "acknowledged")).unwrap();
    one(&store, delete("/apisix/routes/45")).unwrap();
    let model = Model::of(&store.load().unwrap());
    drop(store);
    disk.damage(MAIN, |bytes| *bytes = old.clone());
    disk.damage(COPY, |bytes| bytes[all[records + 4] + 9] ^= 1);
    let loaded = open(&disk).load().unwrap();
    assert_eq!(Model::of(&loaded), model);
    assert_eq!((kept(&disk, MAIN).len(), kept(&disk, COPY).len()), (1, 1));
}

#[test]
fn damage_in_a_copy_hides_nothing_behind_it() {
    // One frame after the other, its length, its payload: with the main file gone, all others are still there.
    let (pristine, model, all, records) = copied();
    let mut rng = fastrand::Rng::with_seed(9);
    for (n, at) in all.iter().enumerate() {
        for within in [0, 1, 9, 10] {
            let disk = pristine.restart(&mut rng);
            disk.damage(MAIN, |bytes| bytes.fill(0));
            disk.damage(COPY, |bytes| bytes[at + within] ^= 4);
            let loaded = open(&disk).load().unwrap();
            let found = Model::of(&loaded);
            let missing = model.records.iter().filter(|(key, kv)| found.records.get(*key) != Some(kv)).count();
            // The header and the end of the records carry none.
            let lost = usize::from(n > 0 && n != records - 1);
            assert!(missing <= lost, "frame {n} of {}, byte {within}: {missing} missing", all.len());
            assert!(!loaded.set_aside[0].restored, "frame {n}, byte {within}");
            assert_eq!(kept(&disk, COPY).len(), 1, "frame {n}, byte {within}");
            // What goes on from there numbers on.
            assert!(n + 1 == all.len() || found.revision == model.revision, "frame {n}, byte {within}");
        }
    }
}

#[test]
fn when_both_are_damaged_what_can_be_read_is_kept() {
    // The main file has lost its header, the copy's last transactions are torn: an older state, and it is told.
    let (disk, model) = filled();
    disk.damage(MAIN, |bytes| bytes[..4096].fill(0));
    disk.damage(COPY, |bytes| bytes.truncate(bytes.len() - 3));
    let loaded = open(&disk).load().unwrap();
    assert_eq!(loaded.revision, model.revision - 1);
    assert!(!loaded.set_aside[0].restored);
    assert!(loaded.set_aside[0].outcome.contains("LATER ONES ARE LOST"), "{:?}", loaded.set_aside);
    assert_eq!((kept(&disk, MAIN).len(), kept(&disk, COPY).len()), (1, 1));

    // Nothing of either can be read.
    let (disk, _) = filled();
    disk.damage(MAIN, |bytes| bytes.fill(0));
    disk.damage(COPY, |bytes| bytes.fill(0));
    let store = open(&disk);
    let loaded = store.load().unwrap();
    assert_eq!((loaded.kvs.len(), loaded.revision), (0, 0));
    assert!(loaded.set_aside[0].outcome.contains("THE CONFIGURATION IS EMPTY"), "{:?}", loaded.set_aside);
    assert_eq!((kept(&disk, MAIN).len(), kept(&disk, COPY).len()), (1, 1));
    one(&store, put("/apisix/routes/1", "x")).unwrap();
}

#[test]
fn without_a_copy_the_records_that_are_whole_are_kept() {
    let (disk, mut model) = filled();
    disk.forget(COPY);
    disk.damage(MAIN, |bytes| {
        let needle = br#"{"n":25}{"n":25}"#;
        let places: Vec<usize> =
            (0..bytes.len() - needle.len()).filter(|&at| bytes[at..].starts_with(needle)).collect();
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| bytes[at] = b'[');
    });
    let loaded = open(&disk).load().unwrap();
    model.records.remove("/apisix/routes/25").unwrap();
    assert_eq!(Model::of(&loaded), model);
    assert!(loaded.set_aside.len() == 1 && !loaded.set_aside[0].restored);
    assert!(loaded.set_aside[0].outcome.contains("1 damaged, such as /apisix/routes/25"), "{:?}", loaded.set_aside);
    assert_eq!(kept(&disk, MAIN).len(), 1);
}

#[test]
fn damage_that_shows_while_it_runs_is_repaired_from_the_copy() {
    let (disk, model) = filled();
    let store = open(&disk);
    disk.damage(MAIN, |bytes| bytes.iter_mut().skip(4096).for_each(|byte| *byte ^= 0x55));
    let loaded = store.load().unwrap();
    assert_eq!(Model::of(&loaded), model);
    assert!(loaded.set_aside.len() == 1 && loaded.set_aside[0].restored);
    one(&store, put("/apisix/routes/new", "x")).unwrap();
}

#[test]
fn a_store_of_a_later_release_is_left_alone() {
    let (disk, _) = filled();
    {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("later.redb");
        let db = redb::Database::create(&path).unwrap();
        let txn = db.begin_write().unwrap();
        txn.open_table(redb::TableDefinition::<&str, u64>::new("meta")).unwrap().insert("format", 2).unwrap();
        txn.commit().unwrap();
        drop(db);
        let later = std::fs::read(&path).unwrap();
        disk.damage(MAIN, |bytes| *bytes = later.clone());
    }
    let names = disk.names();
    let error = Embedded::open_on(Arc::new(disk.clone()), options()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    assert!(error.to_string().contains("start the newer gateway again"), "{error}");
    assert_eq!(disk.names(), names);
}
