//! Collecting a request body for a plugin or condition that asked for it.

use std::future::poll_fn;
use std::task::Poll;

use bytes::{Bytes, BytesMut};

use crate::exchange::{Exchange, Framing};
use crate::plugin::Exit;
use crate::wire::{Downstream, WireError};

/// Reads the whole body into `x.req.collected`, at most `limit` bytes.
///
/// # Errors
/// The exit to answer with: 413 over the limit, 408 when it comes too slowly, 400 when it is broken.
pub(super) async fn collect(x: &mut Exchange, down: &mut dyn Downstream, limit: usize) -> Result<(), Box<Exit>> {
    if x.req.collected.is_some() {
        return Ok(());
    }
    if x.req.framing == Framing::None {
        x.req.collected = Some(Bytes::new());
        return Ok(());
    }
    if let Framing::Length(length) = x.req.framing
        && length > limit as u64
    {
        return Err(Box::new(Exit::page(413)));
    }
    down.accept_body();
    let mut body = BytesMut::new();
    loop {
        let piece = poll_fn(|cx| match down.poll_flush(cx) {
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            _ => down.poll_data(cx),
        });
        match piece.await {
            Ok((piece, last)) => {
                if body.len() + piece.len() > limit {
                    return Err(Box::new(Exit::page(413)));
                }
                body.extend_from_slice(piece.as_slice());
                if last {
                    break;
                }
            }
            Err(e) => return Err(Box::new(Exit::page(status_of_client(e)))),
        }
    }
    x.req.framing = Framing::Length(body.len() as u64);
    x.req.collected = Some(body.freeze());
    Ok(())
}

/// The status for a request body that could not be read.
pub(super) fn status_of_client(error: WireError) -> u16 {
    match error {
        WireError::TooLarge => 413,
        WireError::TooSlow | WireError::Timeout => 408,
        WireError::Closed => 499,
        WireError::Connect | WireError::Protocol(_) => 400,
    }
}
