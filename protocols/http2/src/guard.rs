//! The bounds of a peer, as the side it is on has them.

use crate::bounds::{Bounds, Excess};
use crate::frame::Frame;
use crate::up::bounds::Bounds as UpstreamBounds;
use gateway_engine::settings::Http2;
use gateway_engine::worker::now_ms;

/// What the peer may do.
pub(crate) enum Guard {
    Client(Box<Bounds>),
    Upstream(UpstreamBounds),
}

impl Guard {
    pub(crate) fn new(server: bool, limits: Http2) -> Guard {
        if server {
            Guard::Client(Box::new(Bounds::new(limits, now_ms())))
        } else {
            Guard::Upstream(UpstreamBounds::new(&limits, now_ms()))
        }
    }

    #[inline]
    pub(crate) fn incoming(&mut self, frame: &Frame, excess: &mut Option<Excess>) {
        let why = match self {
            Guard::Client(bounds) => bounds.incoming(frame, now_ms()).err(),
            Guard::Upstream(bounds) => (!bounds.incoming(frame, now_ms())).then_some("too many control frames"),
        };
        *excess = excess.or(why);
    }

    #[inline]
    pub(crate) fn outgoing(&mut self, frame: &Frame, excess: &mut Option<Excess>) {
        let why = match self {
            Guard::Client(bounds) => bounds.outgoing(frame, now_ms()).err(),
            Guard::Upstream(bounds) => (!bounds.outgoing(frame)).then_some("too many mistakes"),
        };
        *excess = excess.or(why);
    }

    /// Something that is allowed and that nobody does in earnest.
    pub(crate) fn glitch(&mut self, excess: &mut Option<Excess>) {
        if let Guard::Client(bounds) = self {
            *excess = excess.or(bounds.glitch(now_ms()).err());
        }
    }

    /// A frame that comes too late.
    pub(crate) fn stale(&mut self, excess: &mut Option<Excess>) {
        let why = match self {
            Guard::Client(bounds) => bounds.control(now_ms()).err(),
            Guard::Upstream(bounds) => (!bounds.control(now_ms())).then_some("too much on streams that have ended"),
        };
        *excess = excess.or(why);
    }

    /// Since when the end of a field block has been waited for.
    pub(crate) fn block_since(&self) -> Option<u64> {
        match self {
            Guard::Client(bounds) => bounds.block_since(),
            Guard::Upstream(_) => None,
        }
    }

    /// Our settings were acknowledged.
    pub(crate) fn settled(&self) -> bool {
        match self {
            Guard::Client(bounds) => bounds.settled,
            Guard::Upstream(_) => true,
        }
    }
}
