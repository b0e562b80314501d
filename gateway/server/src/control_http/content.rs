//! What an answer holds: bytes, or what comes while it is sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::room::Busy;

/// The body of an answer.
pub(crate) enum Content {
    /// It is in memory.
    Whole(Full<Bytes>),
    /// It has no end yet.
    Flow(Pin<Box<dyn Body<Data = Bytes, Error = Infallible> + Send>>),
}

impl Content {
    /// A body that comes as it is made.
    pub(crate) fn flow(body: impl Body<Data = Bytes, Error = Infallible> + Send + 'static) -> Content {
        Content::Flow(Box::pin(body))
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Content::Whole(body) => Pin::new(body).poll_frame(cx),
            Content::Flow(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Content::Whole(body) => body.is_end_stream(),
            Content::Flow(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Content::Whole(body) => body.size_hint(),
            Content::Flow(body) => body.size_hint(),
        }
    }
}

/// An answer on its way over a connection.
pub(super) struct Sent {
    pub(super) content: Content,
    pub(super) _busy: Busy,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.get_mut().content).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}
