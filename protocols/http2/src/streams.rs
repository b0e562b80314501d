//! The streams of a connection whose exchanges run.

use crate::messages::Messages;
use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::headers::Headers;
use gateway_engine::wire::WireError;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::task::{Context, Waker};

/// One stream, from its first frame to the end of its exchange.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) id: u32,
    /// What the peer may still send, and what may be sent to it.
    pub(crate) recv_window: i64,
    pub(crate) send_window: i64,
    /// Taken of the body, and the peer does not know yet that it may send as much again.
    pub(crate) unacked: u32,
    /// Bytes of the body that came and were not asked for.
    pub(crate) inbox: Vec<u8>,
    /// How many are still to come, where that was said.
    pub(crate) left: Option<u64>,
    /// Nothing more comes.
    pub(crate) recv_end: bool,
    /// Nobody wants what comes.
    pub(crate) discard: bool,
    /// What came behind the body.
    pub(crate) trailers_in: Option<Headers>,
    /// A piece that waits for a window or for room; `true`: the last.
    pub(crate) pending: Option<(Chunk, bool)>,
    /// What goes behind the last piece.
    pub(crate) trailers_out: Option<Headers>,
    /// Each message of the body that is sent gets a frame of its own.
    pub(crate) messages: Option<Messages>,
    /// Nothing more may be sent.
    pub(crate) sent_end: bool,
    /// It is in the list of those that wait.
    pub(crate) listed: bool,
    /// We have ended it.
    pub(crate) reset: bool,
    /// The peer has, or the connection is gone.
    pub(crate) gone: bool,
    /// Why it broke.
    pub(crate) failure: Option<WireError>,
    /// The head of an answer (client's side), and whether it came.
    pub(crate) answer: Option<Box<Answer>>,
    pub(crate) answered: bool,
    pub(crate) interim: usize,
    /// The answer is one to HEAD.
    pub(crate) to_head: bool,
    /// Who waits for what happens next, and who for the end alone.
    pub(crate) task: Option<Waker>,
    pub(crate) end_task: Option<Waker>,
}

/// The head of an answer.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: Headers,
    pub(crate) length: Option<u64>,
}

impl State {
    /// The task that `cx` belongs to is woken by what happens next.
    #[inline]
    pub(crate) fn watch(&mut self, cx: &Context<'_>) {
        if !self.task.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            self.task = Some(cx.waker().clone());
        }
    }

    /// The same, only by its end.
    #[inline]
    pub(crate) fn watch_end(&mut self, cx: &Context<'_>) {
        if !self.end_task.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            self.end_task = Some(cx.waker().clone());
        }
    }

    /// Wakes it.
    #[inline]
    pub(crate) fn wake(&self) {
        if let Some(task) = &self.task {
            task.wake_by_ref();
        }
    }

    /// The peer has ended it, or is gone.
    #[cold]
    pub(crate) fn leave(&mut self, failure: WireError) {
        self.gone = true;
        self.pending = None;
        self.failure.get_or_insert(failure);
        self.wake();
        if let Some(task) = &self.end_task {
            task.wake_by_ref();
        }
    }

    /// Nothing more is said on it.
    pub(crate) fn over(&self) -> bool {
        self.reset || self.gone || (self.recv_end && self.sent_end)
    }

    /// Whether the peer still sends, says how much, and needs no leave for it.
    pub(crate) fn comes_anyhow(&self) -> bool {
        let left = self.left.and_then(|left| i64::try_from(left).ok());
        !self.recv_end && !self.over() && left.is_some_and(|left| left <= self.recv_window)
    }

    /// Keeps what came of the body.
    #[inline]
    pub(crate) fn keep(&mut self, data: &[u8]) {
        if self.inbox.capacity() == 0 {
            self.inbox = data.to_vec();
        } else {
            self.inbox.extend_from_slice(data);
        }
    }

    /// All that came of it.
    #[inline]
    pub(crate) fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.inbox))
    }

    /// Bytes that wait in memory.
    pub(crate) fn held(&self) -> usize {
        self.inbox.len() + self.pending.as_ref().map_or(0, |(chunk, _)| chunk.len())
    }
}

/// The streams by place and by number.
#[derive(Default)]
pub(crate) struct Streams {
    slots: Vec<Option<State>>,
    free: Vec<u32>,
    ids: HashMap<u32, u32, BuildHasherDefault<Spread>>,
}

/// Where a stream is kept.
pub(crate) type Key = u32;

impl Streams {
    /// How many there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn insert(&mut self, state: State) -> Key {
        let id = state.id;
        let key = match self.free.pop() {
            Some(key) => key,
            None => {
                self.slots.push(None);
                // There are as many as a connection may have streams.
                (self.slots.len() - 1) as u32
            }
        };
        if let Some(slot) = self.slots.get_mut(key as usize) {
            *slot = Some(state);
        }
        self.ids.insert(id, key);
        key
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<State> {
        let state = self.slots.get_mut(key as usize)?.take()?;
        self.ids.remove(&state.id);
        self.free.push(key);
        if self.ids.is_empty() && self.slots.len() > KEEP {
            *self = Streams::default();
        }
        Some(state)
    }

    #[inline]
    pub(crate) fn find(&self, id: u32) -> Option<Key> {
        self.ids.get(&id).copied()
    }

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&State> {
        self.slots.get(key as usize)?.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut State> {
        self.slots.get_mut(key as usize)?.as_mut()
    }

    pub(crate) fn each(&mut self) -> impl Iterator<Item = (Key, &mut State)> {
        self.slots.iter_mut().enumerate().filter_map(|(key, slot)| Some((key as u32, slot.as_mut()?)))
    }
}

/// A connection without streams keeps room for this many.
const KEEP: usize = 32;

/// Numbers of streams are spread well enough by one multiplication; there are never more than a connection may have.
#[derive(Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_u32(u32::from(*b));
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.0 = (self.0 ^ u64::from(n)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_found_by_number_and_their_places_are_used_again() {
        let mut all = Streams::default();
        let keys: Vec<_> = (0..40).map(|n| all.insert(State { id: 2 * n + 1, ..State::default() })).collect();
        assert_eq!((all.len(), all.find(39), all.find(2)), (40, Some(keys[19]), None));
        assert_eq!(all.remove(keys[3]).map(|s| s.id), Some(7));
        assert!(all.find(7).is_none() && all.get(keys[3]).is_none() && all.remove(keys[3]).is_none());
        assert_eq!(all.insert(State { id: 101, ..State::default() }), keys[3]);
        assert_eq!(all.each().map(|(_, s)| s.id).max(), Some(101));
        for key in keys {
            all.remove(key);
        }
        assert_eq!((all.len(), all.slots.len()), (0, 0));
    }

    #[test]
    fn what_comes_in_small_pieces_is_kept_as_one() {
        let mut state = State::default();
        (0..1000).for_each(|_| state.keep(b"x"));
        assert_eq!((state.held(), state.inbox.capacity() < 4096), (1000, true));
        assert_eq!(state.take().len(), 1000);
        assert_eq!(state.held(), 0);
    }
}
