//! What waits to be written on one connection.

use crate::buf::{Buf, Chunk};

/// A queue that is nearly always one piece long: it takes no memory of its own until there is a second one.
#[derive(Default)]
pub(super) struct Out {
    first: Option<Chunk>,
    /// Behind `first`, the next one last.
    rest: Vec<Chunk>,
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
        let last = self.rest.first_mut().or(self.first.as_mut());
        if chunk.len() <= JOIN
            && let Some(Chunk::Buf(last)) = last
            && last.append(chunk.as_slice())
        {
            return;
        }
        // Small pieces in front of a body go into its headroom instead.
        if let Chunk::Buf(mut body) = chunk {
            if let Some(first) = self.first.as_ref().filter(|f| self.rest.is_empty() && f.len() <= JOIN)
                && body.prepend(first.as_slice())
            {
                self.first = Some(Chunk::Buf(body));
                return;
            }
            self.rest.insert(0, Chunk::Buf(body));
        } else {
            self.rest.insert(0, chunk);
        }
    }

    /// The bytes to be written next.
    #[inline]
    pub(super) fn front(&self) -> Option<&[u8]> {
        self.first.as_ref().map(Chunk::as_slice)
    }

    /// The first `n` bytes were written.
    #[inline]
    pub(super) fn advance(&mut self, n: usize) {
        let Some(first) = &mut self.first else { return };
        first.advance(n);
        if first.is_empty() {
            self.first = self.rest.pop();
            if self.first.is_none() {
                // A queue that grew once must not hold memory while the connection is idle.
                self.rest = Vec::new();
            }
        }
    }

    /// How many bytes wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.first.as_ref().map_or(0, Chunk::len) + self.rest.iter().map(Chunk::len).sum::<usize>()
    }
}

/// Up to this many bytes are copied rather than written on their own.
const JOIN: usize = 4 << 10;

/// A pooled buffer is what small pieces join; named here so that the rule above stands in one place.
const _: () = assert!(JOIN < crate::buf::CAPACITY && size_of::<Buf>() == 40);
