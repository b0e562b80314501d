//! An exchange that meets an object whose secrets nobody has answered for yet waits for them, as it does for the first addresses of
//! an upstream's name.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use crate::exchange::Exchange;
use crate::snapshot::{All, Snapshot};

/// How long at most, in milliseconds: as long as a manager may take.
const PATIENCE_MS: u64 = 5000;

/// Waits for what the exchange meets of `snapshot`'s pending objects; gives the snapshot to go on with. `None`: it meets none.
pub(super) async fn ready(x: &Exchange, snapshot: &Snapshot) -> Option<Rc<Arc<Snapshot>>> {
    let deadline = x.worker().deadline();
    deadline.arm_in(PATIENCE_MS);
    let mut awaited = met(x, snapshot);
    if awaited.is_empty() {
        return None;
    }
    loop {
        let mut all = pin!(All::of(awaited));
        poll_fn(|cx| {
            if deadline.expired() {
                return Poll::Ready(());
            }
            deadline.watch(cx.waker());
            all.as_mut().poll(cx)
        })
        .await;
        let now = x.worker().snapshot();
        awaited = met(x, &now);
        if awaited.is_empty() || deadline.expired() {
            return Some(now);
        }
    }
}

fn met(x: &Exchange, snapshot: &Snapshot) -> Vec<crate::snapshot::Awaited> {
    let local = x.route.as_deref();
    let service = local.and_then(|local| local.service.as_deref());
    snapshot.pending.met(snapshot, local.map(|local| &*local.route), service, [&x.chain, &x.globals])
}
