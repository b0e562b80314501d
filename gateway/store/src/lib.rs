//! Where the configuration lives.
//!
//! A [`Store`] keeps JSON objects under APISIX's keys (`/apisix/routes/1`), counts a revision up by one with
//! every transaction, and remembers the last transactions in a journal. The embedded store keeps all of it in
//! one directory of this machine; an etcd cluster can stand behind the same trait, since revisions, expectations and
//! times to live mean here what they mean there.
//!
//! Calls block (a commit waits for the disk): the caller runs them on a thread of its own, never on a worker.

mod store;

pub use store::{
    Change, Committed, Expect, Expired, JournalRecord, Kv, Loaded, Op, Origin, SetAside, Store, StoreError, Txn,
};
