//! Bodies for entries: kept as they pass, never waited for, and never more of them than the logger takes.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use gateway_engine::buf::Chunk;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Expr;
use gateway_engine::plugin::RequestFilter;
use gateway_engine::wire::WireError;

use crate::transform::decode::Coding;

/// Whether entries hold a body.
pub(super) struct Included {
    pub(super) on: bool,
    /// Only where this is true.
    pub(super) when: Option<Expr>,
    /// So many bytes of it at most.
    pub(super) limit: usize,
}

impl Included {
    pub(super) fn wanted(&self, x: &Exchange) -> bool {
        self.on && self.when.as_ref().is_none_or(|expr| expr.eval(x))
    }
}

/// What the loggers of an exchange have kept.
#[derive(Default)]
struct Bodies {
    request: Option<Rc<RefCell<Passed>>>,
    responses: Vec<Response>,
}

/// The beginning of a body.
struct Passed {
    bytes: Vec<u8>,
    limit: usize,
}

impl Passed {
    fn add(&mut self, piece: &[u8]) {
        let room = self.limit.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }
}

/// The beginning of an answer's body, for one logger.
struct Response {
    logger: usize,
    kept: Passed,
    /// How it is encoded where the logger sees it: a later plugin may encode it again for the client.
    coding: Coding,
}

struct Watch(Rc<RefCell<Passed>>);

impl RequestFilter for Watch {
    fn piece(&mut self, piece: &mut Chunk, _: bool) -> Result<(), WireError> {
        self.0.borrow_mut().add(piece.as_slice());
        Ok(())
    }
}

/// Keeps what passes of the request's body from now on; of one that has been collected the exchange keeps everything.
pub(super) fn watch_request(x: &mut Exchange, limit: usize) {
    if x.req.collected.is_some() {
        return;
    }
    let bodies = x.state::<Bodies>();
    if let Some(passed) = &bodies.request {
        let mut passed = passed.borrow_mut();
        passed.limit = passed.limit.max(limit);
        return;
    }
    let passed = Rc::new(RefCell::new(Passed { bytes: Vec::new(), limit }));
    bodies.request = Some(Rc::clone(&passed));
    x.req.watch_body(Box::new(Watch(passed)));
}

/// The answer's head is there: keeps what passes of its body for a logger, if it wants any.
pub(super) fn watch_response(x: &mut Exchange, logger: usize, included: &Included) {
    if included.wanted(x) {
        let coding = Coding::of(&x.resp.head).unwrap_or(Coding::Identity);
        let kept = Passed { bytes: Vec::new(), limit: included.limit };
        x.state::<Bodies>().responses.push(Response { logger, kept, coding });
    }
}

/// Keeps a piece of the answer's body for a logger.
pub(super) fn keep_response(x: &mut Exchange, logger: usize, piece: &Chunk) {
    if x.peek_state::<Bodies>().is_none() {
        return;
    }
    if let Some(response) = x.state::<Bodies>().responses.iter_mut().find(|r| r.logger == logger) {
        response.kept.add(piece.as_slice());
    }
}

/// What an entry can show.
pub(super) struct Kept<'x> {
    x: &'x Exchange,
    logger: usize,
    request: &'x Included,
    response: &'x Included,
}

impl<'x> Kept<'x> {
    pub(super) fn of(x: &'x Exchange, logger: usize, request: &'x Included, response: &'x Included) -> Kept<'x> {
        Kept { x, logger, request, response }
    }

    /// The request's body where the usual entry holds it.
    pub(super) fn included_request(&self) -> Option<Cow<'x, [u8]>> {
        if self.request.wanted(self.x) { self.request() } else { None }
    }

    /// The request's body; `None` where there is none or it was not kept.
    pub(super) fn request(&self) -> Option<Cow<'x, [u8]>> {
        let passed = self.x.peek_state::<Bodies>().and_then(|b| b.request.as_ref()).map(|passed| passed.borrow());
        let body: Cow<'x, [u8]> = match passed {
            Some(passed) if !passed.bytes.is_empty() => Cow::Owned(cut(&passed.bytes, self.request.limit).to_vec()),
            _ => Cow::Borrowed(cut(self.x.req.collected.as_deref()?, self.request.limit)),
        };
        (!body.is_empty()).then_some(body)
    }

    /// The answer's body as it was before its content coding, if it can be undone.
    pub(super) fn response(&self) -> Option<Cow<'x, [u8]>> {
        let bodies = self.x.peek_state::<Bodies>()?;
        let response = bodies.responses.iter().find(|r| r.logger == self.logger)?;
        let (kept, coding) = (&response.kept, response.coding);
        if kept.bytes.is_empty() {
            return None;
        }
        let limit = self.response.limit;
        if coding != Coding::Identity
            && let Some(plain) = coding.decode(&kept.bytes, limit, kept.bytes.len() >= limit)
        {
            return Some(Cow::Owned(plain));
        }
        Some(Cow::Borrowed(&kept.bytes))
    }
}

fn cut(bytes: &[u8], limit: usize) -> &[u8] {
    bytes.get(..limit).unwrap_or(bytes)
}
