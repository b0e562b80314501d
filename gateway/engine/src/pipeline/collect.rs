//! Collecting a request body for a plugin or condition that asked for it.

use std::future::poll_fn;
use std::task::Poll;

use bytes::{Bytes, BytesMut};

use super::proxy::LOOK_MS;
use crate::exchange::{Exchange, Framing};
use crate::plugin::Exit;
use crate::wire::{Downstream, WireError};

/// A body was not collected.
pub(super) struct Uncollected {
    /// What to answer.
    pub(super) exit: Box<Exit>,
    /// Nothing of it was taken from the client: it can still be forwarded.
    pub(super) untouched: bool,
}

impl Uncollected {
    fn new(status: u16, untouched: bool) -> Uncollected {
        Uncollected { exit: Box::new(Exit::page(status)), untouched }
    }
}

/// Reads the whole body into `x.req.collected`, at most `limit` bytes.
///
/// # Errors
/// 413 over the limit, 408 when it comes too slowly, 400 when it is broken, 503 when there is no memory for it.
pub(super) async fn collect(x: &mut Exchange, down: &mut dyn Downstream, limit: usize) -> Result<(), Uncollected> {
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
        return Err(Uncollected::new(413, true));
    }
    down.accept_body();
    let mut body = BytesMut::new();
    loop {
        let piece = poll_fn(|cx| {
            if let Poll::Ready(Err(error)) = down.poll_flush(cx) {
                return Poll::Ready(Err(error));
            }
            let got = down.poll_data(cx);
            if got.is_pending() {
                if let Some(error) = x.worker().ends(|| body.len() + down.held()) {
                    return Poll::Ready(Err(error));
                }
                if x.overdue() {
                    return Poll::Ready(Err(WireError::Timeout));
                }
                // The client's side looks at the clock when it is asked.
                x.deadline.watch(cx.waker());
                x.deadline.arm_in(LOOK_MS);
            }
            got
        });
        match piece.await {
            Ok((mut piece, last)) => {
                if let Err(error) = x.req.filter(&mut piece, last) {
                    return Err(Uncollected::new(status_of_client(error), false));
                }
                if body.len() + piece.len() > limit {
                    return Err(Uncollected::new(413, false));
                }
                body.extend_from_slice(piece.as_slice());
                if last {
                    break;
                }
            }
            Err(e) => return Err(Uncollected::new(status_of_client(e), false)),
        }
    }
    x.req.filters.clear();
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
        WireError::Shed | WireError::Ending => 503,
        WireError::Connect | WireError::Untouched | WireError::Protocol(_) => 400,
    }
}
