//! Where the client and its upstream speak different protocols that carry the same calls: each gets its own.

use super::{collect, complain, exit};
use crate::exchange::Exchange;
use crate::plugin::Exit;
use crate::upstream::Scheme;
use crate::wire::Downstream;

/// A call for an upstream of another protocol than calls have, or a request of another one for an upstream that takes calls: makes of it what
/// the upstream takes, if it can be that. An exit where it cannot.
pub(super) async fn transcode(x: &mut Exchange, down: &mut dyn Downstream, scheme: Scheme) -> Option<Box<Exit>> {
    if x.req.call.is_some() {
        if let Err(why) = x.reveal() {
            return Some(Box::new(Exit::error_msg(400, why)));
        }
        let transcoder = x.worker().transcoder().filter(|_| scheme == Scheme::Tri)?;
        return transcoder.make_request(x).err();
    }
    let transcoder = x.worker().transcoder().filter(|_| x.req.grpc)?;
    if let Err(failed) = collect::collect(x, down, transcoder.most(x)).await {
        return Some(failed.exit);
    }
    transcoder.make_call(x).err()
}

/// A call of which somebody asked for what it says twice, for its provider might take it for another one; none at all, for an upstream
/// that takes calls alone; or one that nothing has made a request of, for an upstream that takes requests. An exit then.
#[inline]
pub(super) fn unfit(x: &mut Exchange, scheme: Scheme) -> Option<Box<Exit>> {
    if x.req.ambiguous.get() {
        return Some(twice());
    }
    match (scheme, &x.req.call) {
        (Scheme::Dubbo, None) => Some(no_call(x)),
        (Scheme::Dubbo | Scheme::Tri, _) | (_, None) => None,
        (_, Some(call)) => (call.replies.is_none() && !call.asked).then(|| no_request(x)),
    }
}

/// Its bytes would reach a server that knows nothing of them, and whatever that says would be the result.
#[cold]
fn no_request(x: &mut Exchange) -> Box<Exit> {
    complain::of_no_request(x);
    Box::new(Exit::error_msg(415, "the upstream takes requests, and nothing makes one of a call of Dubbo"))
}

#[cold]
fn twice() -> Box<Exit> {
    Box::new(Exit::error_msg(400, "the call has an attachment twice"))
}

#[cold]
fn no_call(x: &mut Exchange) -> Box<Exit> {
    complain::of_no_call(x);
    exit::proxy_failure(x, 502)
}

/// hessian2, in which a call can be changed.
const CHANGEABLE: u8 = 2;

/// A call that plugins have changed and that cannot be: nobody is to be asked for it, and no node is to blame. An exit then.
pub(super) fn unchangeable(x: &Exchange) -> Option<Box<Exit>> {
    let call = x.req.call.as_ref().filter(|call| call.serialization != CHANGEABLE)?;
    let (reader, body) = (call.reader?, x.req.collected.as_ref()?);
    let why = reader.rewritten(x, call, body).err()?;
    Some(Box::new(Exit::error_msg(415, why)))
}

/// A request on its way to an upstream of Triple, as it came: what it says of its own fields may not make others of them there.
#[cold]
pub(super) fn guard(x: &mut Exchange) {
    if x.req.call.is_none()
        && let Some(transcoder) = x.worker().transcoder()
    {
        transcoder.guard(x);
    }
}
