//! Read buffers from a pool of the thread, with room in front for a head and behind for a trailer of chunk framing.
//!
//! A relayed body stays where it was read: the new head is written in front of it, over the old one, and one `write` sends
//! both. A buffer exists only while bytes are on their way; a quiet connection holds none.

use bytes::Bytes;
use std::cell::RefCell;

/// Room in front of the bytes of a fresh buffer.
pub const HEADROOM: usize = 1 << 10;

/// Room behind what a read may fill, for chunk framing.
pub const TAILROOM: usize = 64;

/// What one read may bring: a head and 64 KiB of body, less what head- and tailroom take.
pub const CAPACITY: usize = 68 << 10;

/// A pooled buffer: bytes in the middle, room on both sides.
pub struct Buf {
    data: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buf {
    /// An empty buffer from this thread's pool.
    #[inline]
    pub fn take() -> Buf {
        let data = POOL.try_with(|p| p.borrow_mut().take()).ok().flatten();
        Buf { data: data.unwrap_or_else(fresh), start: HEADROOM, end: HEADROOM }
    }

    /// The bytes in it.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        self.data.get(self.start..self.end).unwrap_or_default()
    }

    /// The bytes in it, to be changed in place.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        self.data.get_mut(self.start..self.end).unwrap_or_default()
    }

    /// How many bytes are in it.
    #[inline]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there is no byte in it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Empties it, with the whole headroom again.
    #[inline]
    pub fn clear(&mut self) {
        self.start = HEADROOM;
        self.end = HEADROOM;
    }

    /// Drops the first `n` bytes (all, if there are fewer): the room in front grows.
    #[inline]
    pub fn advance(&mut self, n: usize) {
        self.start += n.min(self.len());
    }

    /// Keeps the first `n` bytes only.
    #[inline]
    pub fn truncate(&mut self, n: usize) {
        self.end = self.start + n.min(self.len());
    }

    /// Writes `head` in front of the bytes; `false`, and nothing done, if there is no room.
    #[inline]
    pub fn prepend(&mut self, head: &[u8]) -> bool {
        let Some(room) = self.reserve_front(head.len()) else { return false };
        room.copy_from_slice(head);
        true
    }

    /// Writes `tail` behind the bytes; `false`, and nothing done, if there is no room.
    #[inline]
    pub fn append(&mut self, tail: &[u8]) -> bool {
        let Some(room) = self.reserve_back(tail.len()) else { return false };
        room.copy_from_slice(tail);
        true
    }

    /// Grows by `n` bytes in front, which the caller fills; `None` if there is no room.
    #[inline]
    pub fn reserve_front(&mut self, n: usize) -> Option<&mut [u8]> {
        let start = self.start.checked_sub(n)?;
        let room = self.data.get_mut(start..self.start)?;
        self.start = start;
        Some(room)
    }

    /// Grows by `n` bytes behind, which the caller fills; `None` if there is no room.
    #[inline]
    pub fn reserve_back(&mut self, n: usize) -> Option<&mut [u8]> {
        let end = self.end.checked_add(n)?;
        let room = self.data.get_mut(self.end..end)?;
        self.end = end;
        Some(room)
    }

    /// What a read may fill: the room behind the bytes, without the tailroom.
    #[inline]
    pub fn unfilled(&mut self) -> &mut [u8] {
        let end = self.data.len().saturating_sub(TAILROOM);
        self.data.get_mut(self.end..end).unwrap_or_default()
    }

    /// A read has filled the first `n` bytes of [`unfilled`](Buf::unfilled).
    #[inline]
    pub fn filled(&mut self, n: usize) {
        self.end = (self.end + n).min(self.data.len());
    }

    /// Takes the bytes from `n` on into another buffer; `None` if there are none.
    pub fn split_off(&mut self, n: usize) -> Option<Buf> {
        let rest = self.as_slice().get(n..).filter(|rest| !rest.is_empty())?;
        let mut other = Buf::take();
        // Not longer than this buffer, but it may have lain in its headroom.
        if rest.len() > other.data.len() - other.start {
            other.clear_for(rest.len());
        }
        other.append(rest);
        self.truncate(n);
        Some(other)
    }

    /// Empties it with just so much headroom that `n` bytes fit.
    fn clear_for(&mut self, n: usize) {
        self.start = self.data.len().saturating_sub(n).min(HEADROOM);
        self.end = self.start;
    }
}

impl Drop for Buf {
    #[inline]
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        // At the thread's end the pool may be gone; then the memory just goes.
        let _ = POOL.try_with(|p| p.borrow_mut().give(data));
    }
}

impl AsRef<[u8]> for Buf {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl std::fmt::Debug for Buf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buf({} bytes)", self.len())
    }
}

/// A piece of a body on its way: in the buffer it was read into, or made by the gateway.
#[derive(Debug)]
pub enum Chunk {
    /// As it was read.
    Buf(Buf),
    /// Shared or made bytes.
    Bytes(Bytes),
}

impl Chunk {
    /// No bytes.
    pub const EMPTY: Chunk = Chunk::Bytes(Bytes::new());

    /// No bytes.
    #[inline]
    pub const fn empty() -> Chunk {
        Chunk::EMPTY
    }

    /// How many bytes it is.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Chunk::Buf(b) => b.len(),
            Chunk::Bytes(b) => b.len(),
        }
    }

    /// Whether it is no byte.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its bytes.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Chunk::Buf(b) => b.as_slice(),
            Chunk::Bytes(b) => b,
        }
    }

    /// Drops the first `n` bytes (all, if there are fewer).
    #[inline]
    pub fn advance(&mut self, n: usize) {
        match self {
            Chunk::Buf(b) => b.advance(n),
            Chunk::Bytes(b) => {
                let n = n.min(b.len());
                let _ = b.split_to(n);
            }
        }
    }

    /// Keeps the first `n` bytes and gives the rest; `None` if there is none.
    pub fn split(&mut self, n: usize) -> Option<Chunk> {
        match self {
            Chunk::Buf(b) => b.split_off(n).map(Chunk::Buf),
            Chunk::Bytes(b) if n < b.len() => Some(Chunk::Bytes(b.split_off(n))),
            Chunk::Bytes(_) => None,
        }
    }

    /// The bytes as a value that may be kept and shared; copies what lies in a pooled buffer.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Chunk::Buf(b) => Bytes::copy_from_slice(b.as_slice()),
            Chunk::Bytes(b) => b,
        }
    }
}

impl Default for Chunk {
    fn default() -> Chunk {
        Chunk::EMPTY
    }
}

impl From<Buf> for Chunk {
    fn from(b: Buf) -> Chunk {
        Chunk::Buf(b)
    }
}

impl From<Bytes> for Chunk {
    fn from(b: Bytes) -> Chunk {
        Chunk::Bytes(b)
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

const _: () = assert!(size_of::<Chunk>() == 40);

/// Gives back the buffers that nobody needed since the last call. For the tick: what a burst took is memory again soon after.
pub fn trim() {
    let _ = POOL.try_with(|p| p.borrow_mut().trim());
}

/// Free buffers; the one used last is taken first, because its pages are warm.
struct Pool {
    free: Vec<Vec<u8>>,
    /// The fewest that were free since the last trim: so many were never needed.
    low: usize,
}

impl Pool {
    #[inline]
    fn take(&mut self) -> Option<Vec<u8>> {
        let data = self.free.pop();
        self.low = self.low.min(self.free.len());
        data
    }

    #[inline]
    fn give(&mut self, data: Vec<u8>) {
        if data.len() == CAPACITY && self.free.len() < KEEP {
            self.free.push(data);
        }
    }

    fn trim(&mut self) {
        // The oldest lie at the front. One stays warm for the next request.
        let idle = self.low.min(self.free.len().saturating_sub(1));
        self.free.drain(..idle);
        self.free.shrink_to(self.free.len().max(16));
        self.low = self.free.len();
    }
}

/// At most this many free buffers a thread: 17 MiB.
const KEEP: usize = 256;

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { free: Vec::new(), low: 0 }) };
}

#[cold]
fn fresh() -> Vec<u8> {
    vec![0; CAPACITY]
}

#[cfg(test)]
mod tests;
