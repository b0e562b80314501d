//! Requests under way: who holds a place, and how it is given back however the request ends.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use gateway_outbound::redis::cmd;
use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::super::policy::Remote;
use super::super::table::{Key, Keys, Ready, SHARDS};

/// How many requests of each key are under way in this process. Keys are there as long as somebody is, so memory is bounded by
/// the requests.
pub(super) struct InFlight {
    pub(super) keys: Keys,
    /// Counted by reference one by one: what a ticket touches is on the line of its shard.
    shards: Box<[Arc<Shard>]>,
}

/// On a cache line of its own.
#[repr(align(128))]
#[derive(Default)]
pub(super) struct Shard(Mutex<HashMap<Key, u64, BuildHasherDefault<Ready>>>);

impl Default for InFlight {
    fn default() -> Self {
        InFlight { keys: Keys::default(), shards: (0..SHARDS).map(|_| Arc::default()).collect() }
    }
}

impl InFlight {
    /// Takes a place if at most `most` are taken with it: how many are, and the place.
    pub(super) fn enter(&self, key: Key, most: u64) -> Option<(u64, Ticket)> {
        let shard = &self.shards[key.shard(SHARDS)];
        let mut counts = shard.0.lock();
        let present = counts.get(&key).copied().unwrap_or(0) + 1;
        if present > most {
            return None;
        }
        counts.insert(key, present);
        Some((present, Ticket::Local { shard: Arc::clone(shard), key }))
    }

    /// How many keys there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|s| s.0.lock().len()).sum()
    }
}

impl Shard {
    fn leave(&self, key: Key) {
        let mut counts = self.0.lock();
        match counts.get_mut(&key) {
            Some(present) if *present > 1 => *present -= 1,
            _ => {
                counts.remove(&key);
            }
        }
    }
}

/// A place that a request holds. It is given back with the ticket.
pub(super) enum Ticket {
    Local {
        shard: Arc<Shard>,
        key: Key,
    },
    Remote {
        remote: Arc<Remote>,
        key: Vec<u8>,
        /// The request among those of the key.
        name: String,
        /// There is nothing to give back.
        void: Cell<bool>,
    },
}

impl Ticket {
    /// A place on a Redis, not asked for yet.
    pub(super) fn remote(remote: &Arc<Remote>, key: Vec<u8>) -> Ticket {
        give_back_here();
        let name = format!("{:032x}", fastrand::u128(..));
        Ticket::Remote { remote: Arc::clone(remote), key, name, void: Cell::new(false) }
    }

    /// The place was refused.
    pub(super) fn void(self) {
        if let Ticket::Remote { void, .. } = &self {
            void.set(true);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        match self {
            Ticket::Local { shard, key } => shard.leave(*key),
            Ticket::Remote { void, .. } if void.get() => {}
            Ticket::Remote { remote, key, name, .. } => {
                let left = Left { remote: Arc::clone(remote), key: std::mem::take(key), name: std::mem::take(name) };
                // Where the thread ends, Redis forgets the place in time.
                let _ = LEFT.try_with(|sender| sender.borrow().as_ref().map(|sender| sender.send(left)));
            }
        }
    }
}

/// The places of an exchange.
#[derive(Default)]
pub(super) struct Holds(RefCell<SmallVec<[Ticket; 1]>>);

impl Holds {
    pub(super) fn keep(&mut self, ticket: Ticket) {
        self.0.get_mut().push(ticket);
    }

    pub(super) fn let_go(&self) {
        // Taken out first: a ticket's end must find nothing borrowed.
        let tickets = std::mem::take(&mut *self.0.borrow_mut());
        drop(tickets);
    }
}

/// A place on a Redis that is to be given back.
struct Left {
    remote: Arc<Remote>,
    key: Vec<u8>,
    name: String,
}

thread_local! {
    static LEFT: RefCell<Option<UnboundedSender<Left>>> = const { RefCell::new(None) };
}

/// Makes sure that places of this thread are given back: requests end anywhere, also where nothing can be waited for. There are
/// never more of them than requests.
fn give_back_here() {
    LEFT.with_borrow_mut(|sender| {
        if sender.as_ref().is_none_or(UnboundedSender::is_closed) {
            let (made, places) = unbounded_channel();
            *sender = Some(made);
            tokio::task::spawn_local(give_back(places));
        }
    });
}

async fn give_back(mut places: UnboundedReceiver<Left>) {
    while let Some(Left { remote, key, name }) = places.recv().await {
        // Not one behind the other: they share a connection, and may be meant for several servers.
        tokio::task::spawn_local(async move {
            let mut call = cmd("ZREM");
            call.arg(&key).arg(&name);
            if let Err(failure) = remote.redis().call(&key, call).await {
                remote.failed(&failure);
            }
        });
    }
}
