//! Damaged files (op.07): set aside, told, and never the end of the store.

use std::sync::Arc;

use gateway_store::{Embedded, Store, StoreError};

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

#[test]
fn a_damaged_copy_is_written_anew() {
    let damages: [Damage; 6] = [
        |bytes| bytes.clear(),
        |bytes| bytes.fill(0),
        |bytes| bytes.truncate(bytes.len() - 3),
        |bytes| bytes[0] ^= 1,
        |bytes| bytes[200] ^= 1,
        |bytes| bytes.truncate(40),
    ];
    for change in damages {
        let (disk, model) = filled();
        disk.damage(COPY, change);
        let store = open(&disk);
        one(&store, put("/apisix/routes/new", "x")).unwrap();
        store.tend().unwrap();
        drop(store);
        disk.damage(MAIN, |bytes| bytes.fill(0));
        let loaded = open(&disk).load().unwrap();
        assert!(loaded.revision == model.revision + 1 && loaded.set_aside[0].restored, "{:?}", loaded.set_aside);
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
