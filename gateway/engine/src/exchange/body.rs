//! What happens to bodies on their way: filters of the request's, and what an answer loses whose body changes.

use super::{Framing, Request, Response};
use crate::buf::Chunk;
use crate::headers::name;
use crate::plugin::RequestFilter;
use crate::wire::WireError;

impl Request {
    /// Lets the body pass through `filter` on its way to the upstream, behind those that are there. Its length is not known any
    /// more. A body that has been collected is past this: whoever sets a filter changes that one in place.
    pub fn filter_body(&mut self, filter: Box<dyn RequestFilter>) {
        if matches!(self.framing, Framing::Length(_)) {
            self.framing = Framing::Stream;
        }
        self.filters.push(filter);
    }

    /// Lets `watcher` see the body on its way to the upstream, behind the filters that are there. It leaves the pieces as they
    /// are, so what is known of the body's length stays known.
    pub fn watch_body(&mut self, watcher: Box<dyn RequestFilter>) {
        self.filters.push(watcher);
    }

    /// Sends a piece of the body through its filters.
    ///
    /// # Errors
    /// What the first of them says that does not let it pass.
    pub fn filter(&mut self, piece: &mut Chunk, last: bool) -> Result<(), WireError> {
        self.filters.iter_mut().try_for_each(|filter| filter.piece(piece, last))
    }
}

impl Response {
    /// A plugin changes the body: what describes the old one goes.
    pub fn body_will_change(&mut self) {
        self.body_changes = true;
        for stale in [name::CONTENT_LENGTH, name::CONTENT_ENCODING, name::LAST_MODIFIED, name::ETAG] {
            self.head.remove(stale);
        }
    }
}
