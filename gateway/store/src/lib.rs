//! Where the configuration lives.
//!
//! A [`Store`] keeps JSON objects under APISIX's keys (`/apisix/routes/1`), counts a revision up by one with
//! every transaction, and remembers the last transactions in a journal. [`Embedded`] keeps all of it in one
//! directory of this machine, [`Memory`] nowhere else; an etcd cluster can stand behind the same trait, since revisions, expectations and
//! times to live mean here what they mean there.
//!
//! ```
//! use gateway_store::{Embedded, Op, Options, Origin, Store, Txn};
//!
//! # fn main() -> Result<(), gateway_store::StoreError> {
//! # let dir = tempfile::tempdir().unwrap();
//! let store = Embedded::open(dir.path(), Options::default())?;
//! let put = Op::Put { key: "/apisix/routes/1".into(), value: b"{}".to_vec(), ttl: None };
//! let done = store.commit(vec![Txn { ops: vec![put], expect: vec![], origin: Origin::new("admin", "127.0.0.1") }]);
//! assert!(matches!(done.as_slice(), [Ok(committed)] if committed.revision == 1)); // and it is on the disk
//! # Ok(()) }
//! ```
//!
//! Calls block (a commit waits for the disk): the caller runs them on a thread of its own, never on a worker.

pub mod disk;
mod embedded;
pub mod keyring;
mod memory;
mod store;

pub use embedded::{Embedded, Options};
pub use memory::Memory;
pub use store::{
    Change, Committed, Expect, Expired, JournalRecord, Kv, Loaded, Op, Origin, SetAside, Store, StoreError, Txn,
};
