//! The trait every store implements, and what goes in and out of it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

/// A place that keeps the configuration. Every method may block on a disk or a network.
///
/// What a store on another machine needs beyond this (being told of writes that others made) comes with that
/// store; the revision in every answer is the point from which such a watch would start.
pub trait Store: Send + Sync {
    /// Everything in the store, in the order of the keys, and what had to be set aside to read it.
    ///
    /// Records whose time to live has passed are still in it: call [`Store::expire`] first.
    fn load(&self) -> Result<Loaded, StoreError>;

    /// The revision of the newest committed transaction; 0 in a new store.
    fn revision(&self) -> Result<u64, StoreError>;

    /// Commits the transactions in order, with one sync of the disk for all of them, and returns once it is done.
    ///
    /// Each transaction is all or nothing by itself, and sees what the ones before it wrote. One whose expectation
    /// fails gets [`StoreError::Conflict`] and the others go on; when the disk fails, all of them fail and nothing
    /// has changed. The answers are in the order of `txns`, one for each.
    fn commit(&self, txns: Vec<Txn>) -> Vec<Result<Committed, StoreError>>;

    /// The record under `key`, if there is one.
    fn get(&self, key: &str) -> Result<Option<Kv>, StoreError>;

    /// All records whose key begins with `prefix`, in the order of the keys.
    fn list(&self, prefix: &str) -> Result<Vec<Kv>, StoreError>;

    /// Up to `limit` journal records from revision `from` on, oldest first. The last 1,000 are kept, of a store in memory at most 16 MiB.
    fn journal(&self, from: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError>;

    /// Removes, in a transaction of its own, every record whose time to live has passed at `now_ms` (Unix time in
    /// milliseconds) and says which; `None` if there was none, which costs no write.
    fn expire(&self, now_ms: u64) -> Result<Option<Expired>, StoreError>;

    /// The damage that was found so far, as [`Loaded::set_aside`] tells it.
    fn set_aside(&self) -> Vec<SetAside> {
        Vec::new()
    }

    /// A new id for an object under `prefix` (`/apisix`): the revision that touching `{prefix}/gen_id` brings,
    /// with leading zeros to 20 digits, as APISIX numbers what is created without an id. Never the same twice.
    fn generate_id(&self, prefix: &str, origin: &Origin) -> Result<String, StoreError> {
        let op = Op::Put { key: format!("{prefix}/gen_id"), value: b"1".to_vec(), ttl: None };
        let txn = Txn { ops: vec![op], expect: Vec::new(), origin: origin.clone() };
        match self.commit(vec![txn]).pop() {
            Some(Ok(committed)) => Ok(format!("{:020}", committed.revision)),
            Some(Err(error)) => Err(error),
            None => Err(StoreError::Corrupt("a commit gave no answer".into())),
        }
    }

    /// Lets go of the place where the store lies, for another process of this machine to take. From then on nothing can be read
    /// or written here, until [`Store::take_back`].
    ///
    /// # Errors
    /// This kind of store has no such place, or the disk fails.
    fn hand_over(&self) -> Result<(), StoreError> {
        Err(StoreError::Invalid("this store cannot be handed over".into()))
    }

    /// Undoes [`Store::hand_over`], once nobody else has the place and nobody else has written.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process has it; [`StoreError::Invalid`] when that process has written.
    fn take_back(&self) -> Result<(), StoreError> {
        Err(StoreError::Invalid("this store was not handed over".into()))
    }
}

/// One record: a key, the JSON text under it, and when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kv {
    /// The full key, `/apisix/routes/1`.
    pub key: String,
    /// The value as it was put, JSON by convention: the store does not look into it.
    pub value: Arc<[u8]>,
    /// The revision that created the key (after its last deletion).
    pub create_revision: u64,
    /// The revision that last wrote the key.
    pub mod_revision: u64,
    /// When the record vanishes, as Unix time in milliseconds.
    pub expires_ms: Option<u64>,
}

/// One operation of a transaction. A transaction names a key at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Writes `value` under `key`, whether or not there was one.
    Put {
        /// The full key: 1 to 1,024 bytes.
        key: String,
        /// The value: at most 16 MiB.
        value: Vec<u8>,
        /// The record vanishes after this time, unless it is written again before.
        ttl: Option<Duration>,
    },
    /// Removes `key`; it is no error if there is none.
    Delete {
        /// The full key.
        key: String,
    },
}

impl Op {
    /// The key the operation is about.
    pub fn key(&self) -> &str {
        match self {
            Op::Put { key, .. } | Op::Delete { key } => key,
        }
    }
}

/// A condition on which a transaction stands: the key was last written by exactly this revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The full key.
    pub key: String,
    /// The expected `mod_revision`; 0 means that there is no such key.
    pub mod_revision: u64,
}

/// Operations that happen together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Txn {
    /// What to do. A transaction that changes nothing (no operation, or only deletions of absent keys) gets no
    /// revision of its own and no journal record.
    pub ops: Vec<Op>,
    /// What must hold; all of it is checked before anything is done.
    pub expect: Vec<Expect>,
    /// Who asked for it, for the journal.
    pub origin: Origin,
}

/// Who made a change, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The name of the admin key, or of the part of the gateway.
    pub who: String,
    /// The client's address.
    pub from: String,
}

impl Origin {
    /// An origin by name and address.
    pub fn new(who: impl Into<String>, from: impl Into<String>) -> Self {
        Self { who: who.into(), from: from.into() }
    }
}

/// The answer to a transaction that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The revision it got.
    pub revision: u64,
    /// When, as Unix time in milliseconds: the journal says the same.
    pub unix_ms: u64,
    /// For each operation what stood under its key before: `None` tells a created object from a changed one.
    pub previous: Vec<Option<Kv>>,
}

/// What [`Store::expire`] removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The revision of the removal.
    pub revision: u64,
    /// The keys that vanished.
    pub keys: Vec<String>,
}

/// The whole content of a store at one revision.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// All records, in the order of their keys.
    pub kvs: Vec<Kv>,
    /// The newest revision.
    pub revision: u64,
    /// What could not be read, now or at an earlier start, and what became of it. Empty on a healthy disk.
    pub set_aside: Vec<SetAside>,
}

/// Damage that was found and stepped over. Nothing of it has been deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The key or the file that is damaged.
    pub what: String,
    /// What is wrong with it.
    pub reason: String,
    /// Where the damaged bytes are kept, and what stands in their place.
    pub outcome: String,
    /// Whether the store holds all that was acknowledged in spite of it.
    pub restored: bool,
}

/// One transaction as the journal remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRecord {
    /// The revision it got.
    pub revision: u64,
    /// When it was committed, as Unix time in milliseconds.
    pub unix_ms: u64,
    /// Who asked for it.
    pub origin: Origin,
    /// What it changed, in the order of its operations.
    pub changes: Vec<Change>,
}

/// What a transaction did to one key. Both sides are absent when an absent key was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The full key.
    pub key: String,
    /// The record before.
    pub before: Option<Kv>,
    /// The record after.
    pub after: Option<Kv>,
}

/// Why a store refused or failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// An expectation of the transaction did not hold.
    #[error("{key} is at revision {found}, not {expected}")]
    Conflict {
        /// The key that someone else wrote.
        key: String,
        /// The revision that was expected.
        expected: u64,
        /// The revision that was found; 0 means that there is no such key.
        found: u64,
    },
    /// A transaction that can never succeed.
    #[error("{0}")]
    Invalid(String),
    /// Another process has taken over ([`Store::hand_over`]).
    #[error("another gateway is taking over: ask again in a moment")]
    HandedOver,
    /// No room left on the disk. Nothing has changed, and the store goes on.
    #[error("no space left on the disk that holds the configuration")]
    Full,
    /// Another process uses the directory.
    #[error("{dir} is in use by another gateway (process {pid}); stop it, or give this one another --data-dir")]
    Locked {
        /// The data directory.
        dir: String,
        /// The other process, as it wrote itself into the lock file.
        pid: String,
    },
    /// The directory was written by a later release.
    #[error(
        "{what} has format {found}, and this gateway knows formats up to {known}: start the newer gateway again, or use another --data-dir"
    )]
    Newer {
        /// The file.
        what: String,
        /// Its format version.
        found: u32,
        /// The newest version that this build can read.
        known: u32,
    },
    /// The disk failed. Nothing has changed, as far as this process can tell.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's error.
        source: Arc<io::Error>,
    },
    /// The file of the store is damaged; the next start sets it aside and goes on with its copy.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// A failure of the system while doing `what`; a full disk becomes [`StoreError::Full`].
    pub fn io(what: impl Into<String>, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::Full,
            _ => Self::Io { what: what.into(), source: Arc::new(source) },
        }
    }
}
