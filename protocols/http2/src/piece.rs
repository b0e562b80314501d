//! Pieces of bodies as the codec takes them: what was read elsewhere is not copied once more.

use bytes::Buf;
use gateway_engine::buf::Chunk;

/// A piece of a body on its way into DATA frames.
pub(crate) struct Piece(pub(crate) Chunk);

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.0.len()
    }

    fn chunk(&self) -> &[u8] {
        self.0.as_slice()
    }

    fn advance(&mut self, n: usize) {
        self.0.advance(n);
    }
}
