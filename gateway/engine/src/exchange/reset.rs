//! How the parts of a finished exchange are made ready for the next one: field by field, for a new part would be made beside the
//! old and copied, for each request.

use super::{Chosen, Framing, Origin, Request, Response, Version};
use crate::headers::Span;

impl Request {
    /// Ready for the next request.
    pub(super) fn reset(&mut self) {
        let Request {
            head,
            method,
            method_bit,
            target,
            path,
            query,
            has_query,
            authority,
            host,
            version,
            framing,
            collected,
            filters,
            websocket,
            grpc,
            call,
            ambiguous,
            until_ms,
            upstream_target,
            upstream_method,
            refused,
            received,
        } = self;
        head.clear();
        (*method, *method_bit, *target, *path, *query) = (Span::EMPTY, 0, Span::EMPTY, Span::EMPTY, Span::EMPTY);
        (*has_query, *authority, *host) = (false, Span::EMPTY, Span::EMPTY);
        (*version, *framing, *collected) = (Version::default(), Framing::None, None);
        if !filters.is_empty() {
            filters.clear();
        }
        (*websocket, *grpc, *call, *until_ms) = (false, false, None, 0);
        ambiguous.set(false);
        (*upstream_target, *upstream_method, *refused, *received) = (None, None, None, 0);
    }
}

impl Response {
    /// Ready for the next answer of the same exchange (a retry, an exit after a failure).
    pub fn reset(&mut self) {
        let Response {
            head,
            status,
            framing,
            grpc_status,
            reply,
            origin,
            body_changes,
            head_waits,
            trailers,
            started,
            finished,
            sent,
            body_sent,
        } = self;
        head.clear();
        (*status, *framing, *grpc_status, *reply, *origin) = (0, Framing::None, None, None, Origin::Gateway);
        (*body_changes, *head_waits, *trailers) = (false, false, None);
        (*started, *finished, *sent, *body_sent) = (false, false, 0, 0);
    }
}

impl Chosen {
    /// Ready for the next request.
    pub(super) fn reset(&mut self) {
        let Chosen { upstream, node, flight, request, until_ms, tried, tries, failed, status, host, timeouts } = self;
        (*upstream, *node) = (None, None);
        if flight.is_some() {
            *flight = None;
        }
        if request.is_some() {
            *request = None;
        }
        *until_ms = 0;
        tried.clear();
        if !failed.is_empty() {
            failed.clear();
        }
        (*tries, *status, *host, *timeouts) = (0, 0, None, None);
    }
}
