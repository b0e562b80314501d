//! What waits to be written on one connection.

use crate::buf::Chunk;
use std::collections::VecDeque;
use std::io::IoSlice;

/// A queue that is nearly always one piece long: what a second one needs is not there before it comes.
#[derive(Default)]
pub(super) struct Out {
    first: Option<Chunk>,
    rest: Option<Box<Rest>>,
}

/// What waits behind the first piece.
#[derive(Default)]
struct Rest {
    pieces: VecDeque<Chunk>,
}

impl Out {
    /// Adds a piece. Small ones join the buffer that waits last, so that they leave in one write.
    #[inline]
    pub(super) fn push(&mut self, chunk: Chunk) {
        if chunk.is_empty() {
            return;
        }
        if self.first.is_none() {
            self.first = Some(chunk);
            return;
        }
        self.push_more(chunk);
    }

    #[cold]
    fn push_more(&mut self, chunk: Chunk) {
        let last = self.rest.as_mut().and_then(|r| r.pieces.back_mut()).or(self.first.as_mut());
        let Some(last) = last else { return };
        if chunk.len() <= JOIN
            && let Chunk::Buf(last) = &mut *last
            && last.append(chunk.as_slice())
        {
            return;
        }
        let mut chunk = chunk;
        // A small piece in front of a body goes into the body's headroom instead.
        if last.len() <= JOIN
            && let Chunk::Buf(body) = &mut chunk
            && body.prepend(last.as_slice())
        {
            *last = chunk;
            return;
        }
        self.rest.get_or_insert_default().pieces.push_back(chunk);
    }

    /// The bytes to be written next.
    #[inline]
    pub(super) fn front(&self) -> Option<&[u8]> {
        self.first.as_ref().map(Chunk::as_slice)
    }

    /// Whether more than one piece waits.
    #[inline]
    pub(super) fn several(&self) -> bool {
        self.rest.is_some()
    }

    /// The pieces to be written next, as many as there is room for.
    pub(super) fn slices<'a>(&'a self, into: &mut [IoSlice<'a>]) -> usize {
        let pieces = self.first.iter().chain(self.rest.iter().flat_map(|rest| &rest.pieces));
        into.iter_mut().zip(pieces).map(|(slice, piece)| *slice = IoSlice::new(piece.as_slice())).count()
    }

    /// The first `n` bytes were written, which may be several pieces.
    pub(super) fn advance_over(&mut self, mut n: usize) {
        while n > 0 {
            let Some(first) = self.front() else { return };
            let some = first.len().min(n);
            self.advance(some);
            n -= some;
        }
    }

    /// The first `n` bytes were written, which are of one piece.
    #[inline]
    pub(super) fn advance(&mut self, n: usize) {
        let Some(first) = &mut self.first else { return };
        first.advance(n);
        if first.is_empty() {
            self.pass();
        }
    }

    /// The first piece was written whole.
    #[inline]
    pub(super) fn pass(&mut self) {
        self.first = None;
        if self.rest.is_some() {
            self.next();
        }
    }

    #[cold]
    fn next(&mut self) {
        self.first = self.rest.as_mut().and_then(|r| r.pieces.pop_front());
        if self.first.is_none() {
            // A queue that grew once must not hold memory while the connection is idle.
            self.rest = None;
        }
    }

    /// How many bytes wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        let rest = self.rest.as_ref().map_or(0, |r| r.pieces.iter().map(Chunk::len).sum());
        self.first.as_ref().map_or(0, Chunk::len) + rest
    }
}

/// Up to this many bytes are copied rather than written on their own.
const JOIN: usize = 4 << 10;
