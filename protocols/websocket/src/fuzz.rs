//! A door for the fuzz target into one direction of a WebSocket.

use crate::frames::Side;
use crate::way::Way;
use bytes::Bytes;
use gateway_engine::buf::Chunk;

/// What became of some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// What the receiver gets of them.
    pub bytes: Vec<u8>,
    /// With what code the sender's WebSocket is ended.
    pub code: Option<u16>,
    /// The close frame that can be put behind them.
    pub close: Option<Vec<u8>>,
}

/// Passes on what a client or a server sends in these pieces; `judges`: as where a limit is set, with messages of `most` bytes (0:
/// any). `ping` is what the sender was asked.
pub fn passed<'a>(
    client: bool,
    judges: bool,
    most: u64,
    ping: Option<[u8; 8]>,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Passed {
    let mut way = Way::new(if client { Side::Client } else { Side::Server }, most, judges, 1);
    if let Some(ping) = ping {
        way.expect(ping, 1);
    }
    let mut out = Passed::default();
    for piece in pieces {
        let (piece, violation) = way.pass(Chunk::from(Bytes::copy_from_slice(piece)));
        out.bytes.extend_from_slice(piece.as_slice());
        out.code = violation.map(|v| v.code());
        if out.code.is_some() {
            break;
        }
    }
    way.close(1001);
    out.close = way.own();
    out
}
