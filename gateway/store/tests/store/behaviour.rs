//! What the store does on a good day.

use std::sync::Arc;
use std::time::Duration;

use gateway_store::{
    Committed, Embedded, Expect, Expired, JournalRecord, Memory, Op, Options, Origin, Store, StoreError, Txn,
};

use crate::model::{Model, delete, one, put};
use crate::options;
use crate::sim::SimDisk;

const ROUTE: &str = "/apisix/routes/1";

fn store() -> Embedded {
    Embedded::open_on(Arc::new(SimDisk::new()), options()).unwrap()
}

fn put_for(key: &str, ttl: Duration) -> Txn {
    Txn { ops: vec![Op::Put { key: key.into(), value: b"{}".to_vec(), ttl: Some(ttl) }], ..Txn::default() }
}

#[test]
fn a_new_store_is_empty() {
    let store = store();
    let loaded = store.load().unwrap();
    assert_eq!((loaded.kvs.len(), loaded.revision, loaded.set_aside.len()), (0, 0, 0));
    assert_eq!(store.journal(0, 10).unwrap(), []);
    assert_eq!(store.get(ROUTE).unwrap(), None);
}

#[test]
fn revisions_grow_by_one_a_write() {
    let store = store();
    let created = one(&store, put(ROUTE, "a")).unwrap();
    assert_eq!((created.revision, created.previous.as_slice()), (1, &[None][..]));
    let changed = one(&store, put(ROUTE, "b")).unwrap();
    assert_eq!((changed.revision, changed.previous[0].as_ref().unwrap().mod_revision), (2, 1));
    let kv = store.get(ROUTE).unwrap().unwrap();
    assert_eq!((kv.create_revision, kv.mod_revision, &*kv.value, kv.expires_ms), (1, 2, &b"b"[..], None));

    let deleted = one(&store, delete(ROUTE)).unwrap();
    assert_eq!((deleted.revision, &*deleted.previous[0].as_ref().unwrap().value), (3, &b"b"[..]));
    // What changes nothing is no write.
    assert_eq!(one(&store, delete(ROUTE)).unwrap().revision, 3);
    assert_eq!(one(&store, Txn::default()).unwrap().revision, 3);
    let again = one(&store, put(ROUTE, "c")).unwrap();
    assert_eq!((again.revision, again.previous.as_slice()), (4, &[None][..]));
    assert_eq!(store.get(ROUTE).unwrap().unwrap().create_revision, 4);
    assert_eq!(store.revision().unwrap(), 4);
}

#[test]
fn an_expectation_that_fails_stops_its_transaction_alone() {
    let store = store();
    one(&store, put(ROUTE, "a")).unwrap();
    let expecting = |key: &str, mod_revision, value: &str| Txn {
        expect: vec![Expect { key: key.into(), mod_revision }],
        ops: vec![
            Op::Put { key: "/apisix/routes/2".into(), value: value.into(), ttl: None },
            Op::Put { key: ROUTE.into(), value: value.into(), ttl: None },
        ],
        origin: Origin::default(),
    };
    let answers = store.commit(vec![
        expecting(ROUTE, 0, "refused"),
        expecting(ROUTE, 1, "first"),
        expecting(ROUTE, 1, "too late"),
        expecting("/apisix/routes/3", 0, "second"),
    ]);
    assert!(matches!(&answers[0], Err(StoreError::Conflict { expected: 0, found: 1, key }) if key == ROUTE));
    assert_eq!(answers[1].as_ref().unwrap().revision, 2);
    assert!(matches!(answers[2], Err(StoreError::Conflict { expected: 1, found: 2, .. })));
    assert_eq!(answers[3].as_ref().unwrap().revision, 3);
    assert_eq!(answers[3].as_ref().unwrap().previous[0].as_ref().unwrap().mod_revision, 2);
    assert_eq!(&*store.get(ROUTE).unwrap().unwrap().value, b"second");
}

#[test]
fn transactions_that_cannot_be_are_refused_by_name() {
    let store = store();
    let twice = Txn { ops: vec![put(ROUTE, "a").ops.remove(0), delete(ROUTE).ops.remove(0)], ..Txn::default() };
    let big =
        Txn { ops: vec![Op::Put { key: ROUTE.into(), value: vec![0; (16 << 20) + 1], ttl: None }], ..Txn::default() };
    for (txn, says) in [
        (put("", "a"), "1 to 1024 bytes, not 0"),
        (put(&"k".repeat(1025), "a"), "not 1025"),
        (twice, "named twice"),
        (big, "16777217 bytes"),
    ] {
        let answers = store.commit(vec![txn, put("/apisix/routes/good", "x")]);
        let error = answers[0].as_ref().unwrap_err();
        assert!(matches!(error, StoreError::Invalid(_)) && error.to_string().contains(says), "{error}");
        assert!(answers[1].is_ok());
    }
    assert_eq!(store.load().unwrap().kvs.len(), 1);
}

#[test]
fn lists_are_by_prefix_and_in_order() {
    let store = store();
    let keys = ["/apisix/routes/10", "/apisix/routes/2", "/apisix/routes2/1", "/apisix/services/1", "/apisix/route"];
    store.commit(keys.iter().map(|key| put(key, "{}")).collect());
    let list = |prefix: &str| store.list(prefix).unwrap().into_iter().map(|kv| kv.key).collect::<Vec<_>>();
    assert_eq!(list("/apisix/routes/"), ["/apisix/routes/10", "/apisix/routes/2"]);
    assert_eq!(list("/none/"), [""; 0]);
    assert_eq!(list("").len(), 5);
}

#[test]
fn the_journal_tells_who_changed_what_and_keeps_the_last_thousand() {
    let store = store();
    one(&store, put(ROUTE, "a")).unwrap();
    let both = Txn {
        ops: vec![
            put("/apisix/services/1", "s").ops.remove(0),
            delete(ROUTE).ops.remove(0),
            delete("/none").ops.remove(0),
        ],
        ..put("", "")
    };
    one(&store, both).unwrap();
    let record = store.journal(2, 10).unwrap().remove(0);
    assert_eq!((record.revision, record.unix_ms), (2, 1_000_000));
    assert_eq!(record.origin, Origin::new("admin", "127.0.0.1"));
    let values: Vec<_> = record
        .changes
        .iter()
        .map(|change| {
            let text =
                |kv: &Option<gateway_store::Kv>| kv.as_ref().map(|kv| String::from_utf8(kv.value.to_vec()).unwrap());
            (change.key.as_str(), text(&change.before), text(&change.after))
        })
        .collect();
    assert_eq!(
        values,
        [("/apisix/services/1", None, Some("s".to_owned())), (ROUTE, Some("a".to_owned()), None)],
        "deleting what is not there is no change"
    );

    for round in 0..13 {
        store.commit((0..100).map(|i| put(ROUTE, &format!("{round}/{i}"))).collect());
    }
    let journal = store.journal(0, usize::MAX).unwrap();
    assert_eq!((journal.len(), journal[0].revision, journal[999].revision), (1_000, 303, 1_302));
    assert_eq!(store.journal(1_301, 1).unwrap()[0].revision, 1_301);
}

#[test]
fn records_vanish_when_their_time_has_passed() {
    let store = store();
    one(&store, put_for("/apisix/routes/short", Duration::from_secs(1))).unwrap();
    one(&store, put_for("/apisix/routes/renewed", Duration::from_secs(1))).unwrap();
    one(&store, put_for("/apisix/routes/kept", Duration::from_secs(1))).unwrap();
    one(&store, put_for("/apisix/routes/long", Duration::from_secs(9))).unwrap();
    one(&store, put_for("/apisix/routes/renewed", Duration::from_secs(2))).unwrap();
    one(&store, put("/apisix/routes/kept", "{}")).unwrap();
    assert_eq!(store.get("/apisix/routes/short").unwrap().unwrap().expires_ms, Some(1_001_000));
    assert_eq!(store.expire(1_000_999).unwrap(), None);
    let keys = |keys: &[&str]| keys.iter().map(|key| format!("/apisix/routes/{key}")).collect::<Vec<_>>();
    assert_eq!(store.expire(1_001_000).unwrap(), Some(Expired { revision: 7, keys: keys(&["short"]) }));
    assert_eq!(store.expire(1_001_000).unwrap(), None);
    assert_eq!(store.expire(2_000_000).unwrap(), Some(Expired { revision: 8, keys: keys(&["renewed", "long"]) }));
    assert_eq!(store.load().unwrap().kvs.len(), 1);
    assert_eq!(store.journal(8, 1).unwrap()[0].origin, Origin::new("ttl", ""));
}

#[test]
fn generated_ids_are_revisions_in_twenty_digits() {
    let store = store();
    one(&store, put(ROUTE, "a")).unwrap();
    let origin = Origin::default();
    assert_eq!(store.generate_id("/apisix", &origin).unwrap(), "00000000000000000002");
    assert_eq!(store.generate_id("/apisix", &origin).unwrap(), "00000000000000000003");
}

#[test]
fn random_batches_do_what_the_model_does_and_a_restart_changes_nothing() {
    for seed in 0..6 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let disk = SimDisk::new();
        let mut model = Model::default();
        for _ in 0..4 {
            let store = Embedded::open_on(Arc::new(disk.clone()), options()).unwrap();
            assert_eq!(Model::of(&store.load().unwrap()), model);
            for _ in 0..20 {
                let txns = model.random_batch(&mut rng);
                let expected: Vec<bool> = txns.iter().map(|txn| model.commit(txn)).collect();
                let answers: Vec<bool> = store.commit(txns).iter().map(Result::is_ok).collect();
                assert_eq!(answers, expected);
                assert_eq!(Model::of(&store.load().unwrap()), model);
            }
        }
    }
}

#[test]
fn a_directory_opens_again_and_only_once_at_a_time() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("data");
    let store = Embedded::open(&path, Options::default()).unwrap();
    one(&store, put(ROUTE, "a")).unwrap();
    let refused = Embedded::open(&path, Options::default()).unwrap_err();
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    drop(store);
    let store = Embedded::open(&path, Options::default()).unwrap();
    assert_eq!(&*store.get(ROUTE).unwrap().unwrap().value, b"a");
}

#[test]
fn threads_read_while_one_commits() {
    let store = Arc::new(store());
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let store = Arc::clone(&store);
            scope.spawn(move || {
                for i in 0..20 {
                    one(&*store, put(&format!("/apisix/routes/{writer}-{i}"), "{}")).unwrap();
                    assert!(store.list(&format!("/apisix/routes/{writer}-")).unwrap().len() == i + 1);
                    if i % 5 == writer {
                        store.tend().unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(store.load().unwrap().revision, 80);
}

#[test]
fn memory_does_as_the_embedded_store_does() {
    let (embedded, memory) = (store(), Memory::default());
    let random = &mut fastrand::Rng::with_seed(7);
    let key =
        |random: &mut fastrand::Rng| format!("/apisix/{}/{}", ["routes", "ssls"][random.usize(..2)], random.u8(..4));
    for step in 0..400_u32 {
        let mut ops: Vec<Op> = Vec::new();
        for _ in 0..random.usize(..4) {
            let key = key(random);
            let op = match random.bool() {
                true => Op::Put { key, value: step.to_string().into_bytes(), ttl: None },
                false => Op::Delete { key },
            };
            if ops.iter().all(|other| other.key() != op.key()) {
                ops.push(op);
            }
        }
        let expect = match random.u8(..4) {
            0 => vec![Expect { key: key(random), mod_revision: random.u64(..20) }],
            _ => Vec::new(),
        };
        let txn = Txn { ops, expect, origin: Origin::new("a test", "") };
        let commit = |store: &dyn Store, txn| {
            let done = store.commit(vec![txn]).into_iter();
            done.map(|done| done.map(|committed| Committed { unix_ms: 0, ..committed })).collect::<Vec<_>>()
        };
        let (one, other) = (commit(&embedded, txn.clone()), commit(&memory, txn));
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
    assert_eq!(embedded.load().unwrap().kvs, memory.load().unwrap().kvs);
    assert_eq!(embedded.revision().unwrap(), memory.revision().unwrap());
    assert_eq!(embedded.list("/apisix/routes/").unwrap(), memory.list("/apisix/routes/").unwrap());
    assert_eq!(embedded.get(ROUTE).unwrap(), memory.get(ROUTE).unwrap());
    let timeless = |records: Vec<JournalRecord>| -> Vec<JournalRecord> {
        records.into_iter().map(|record| JournalRecord { unix_ms: 0, ..record }).collect()
    };
    assert_eq!(timeless(embedded.journal(50, 20).unwrap()), timeless(memory.journal(50, 20).unwrap()));
}

#[test]
fn what_is_in_memory_vanishes_in_time_too() {
    let memory = Memory::default();
    memory.commit(vec![put_for(ROUTE, Duration::from_secs(3600)), put("/apisix/routes/2", "b")]);
    assert_eq!(memory.expire(0).unwrap(), None);
    let expired = memory.expire(u64::MAX).unwrap();
    assert_eq!(expired, Some(Expired { revision: 3, keys: vec![ROUTE.to_owned()] }));
    assert_eq!(memory.load().unwrap().kvs.len(), 1);
}
