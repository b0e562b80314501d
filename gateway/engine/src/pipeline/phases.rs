//! Runs the plugins of a phase.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use bytes::Bytes;

use super::collect;
use crate::buf::Chunk;
use crate::exchange::Exchange;
use crate::plugin::{Chain, Configured, Exit, ExitBody, Flow, PhaseOrder, Plugin, Step};
use crate::watch::Part;
use crate::wire::Downstream;

/// A phase that may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Rewrite,
    LateRewrite,
    Access,
    BeforeProxy,
}

impl Phase {
    fn part(self) -> Part {
        match self {
            Phase::Rewrite | Phase::LateRewrite => Part::Rewrite,
            Phase::Access => Part::Access,
            Phase::BeforeProxy => Part::BeforeProxy,
        }
    }
}

/// The route's chain and the global rules' have their own sets of judged filters.
pub(super) const ROUTE: usize = 0;
pub(super) const GLOBAL: usize = 1;

/// Runs a phase of the route's chain.
pub(super) async fn route(x: &mut Exchange, down: &mut dyn Downstream, phase: Phase) -> Option<Box<Exit>> {
    let chain = Rc::clone(&x.chain);
    run(x, down, &chain, phase, ROUTE).await
}

/// Runs a phase of the global rules.
pub(super) async fn global(x: &mut Exchange, down: &mut dyn Downstream, phase: Phase) -> Option<Box<Exit>> {
    let chain = Rc::clone(&x.globals);
    run(x, down, &chain, phase, GLOBAL).await
}

async fn run(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    chain: &Rc<Chain>,
    phase: Phase,
    set: usize,
) -> Option<Box<Exit>> {
    let watched = x.watched.is_traced();
    if watched {
        x.watched.begin();
    }
    for position in 0..order(chain, phase).len() {
        let Some(at) = order(chain, phase).at(position) else { break };
        let Some(entry) = chain.entries.get(at) else { break };
        if !applies(x, entry, at, set) {
            continue;
        }
        loop {
            // The step borrows the exchange: what it says is bound first, then acted on.
            let flow = {
                let step = match phase {
                    Phase::Rewrite | Phase::LateRewrite => entry.plugin.rewrite(x),
                    Phase::Access => entry.plugin.access(x),
                    Phase::BeforeProxy => entry.plugin.before_proxy(x),
                };
                match step {
                    Step::Next => Flow::Next,
                    Step::Exit(exit) => Flow::Exit(exit),
                    Step::Wait(future) => future.await,
                    Step::Body(limit) => Flow::Body(limit),
                }
            };
            if watched {
                let exit = if let Flow::Exit(exit) = &flow { Some(exit.status) } else { None };
                x.watched.end(set, at, phase.part(), exit);
            }
            let limit = match flow {
                Flow::Next => break,
                Flow::Exit(exit) => return Some(refused(entry, exit)),
                Flow::Body(limit) => limit,
            };
            if let Err(failed) = Box::pin(collect::collect(x, down, limit)).await {
                return Some(failed.exit);
            }
            if watched {
                x.watched.begin();
            }
        }
    }
    None
}

/// Who takes part in a phase, in their order.
pub(super) fn order(chain: &Chain, phase: Phase) -> &PhaseOrder {
    match phase {
        Phase::Rewrite => &chain.rewrite,
        Phase::LateRewrite => &chain.late_rewrite,
        Phase::Access => &chain.access,
        Phase::BeforeProxy => &chain.before_proxy,
    }
}

/// `_meta.filter`, judged once a request and plugin.
pub(super) fn applies(x: &mut Exchange, entry: &Configured, at: usize, set: usize) -> bool {
    let Some(filter) = &entry.filter else { return true };
    if let Some(known) = x.filtered[set].get(at) {
        return known;
    }
    let runs = filter.try_eval(x).unwrap_or_else(|error| {
        tracing::warn!(plugin = &*entry.name, %error, "its _meta.filter could not be judged: the plugin runs");
        true
    });
    x.filtered[set].put(at, runs);
    runs
}

/// `_meta.error_response` replaces the body of a refusal.
fn refused(entry: &Configured, mut exit: Box<Exit>) -> Box<Exit> {
    if exit.status >= 400 {
        tracing::debug!(plugin = &*entry.name, status = exit.status, "a plugin ended the request");
        if let Some(body) = &entry.error_response {
            exit.body = ExitBody::Text(Bytes::clone(body));
        }
    }
    exit
}

/// `header_filter` of the global rules, then of the route; behind all of them `encode_head`.
pub(super) fn header_filter(x: &mut Exchange) {
    if !(x.chain.header_filter.is_empty() && x.globals.header_filter.is_empty()) {
        each(x, Part::HeaderFilter, |chain| &chain.header_filter, |plugin, x| plugin.header_filter(x));
    }
    if encodes(x) {
        each(x, Part::Encode, |chain| &chain.encode, |plugin, x| plugin.encode_head(x));
    }
}

/// Does something with those of the global rules, then with those of the route, who take part in a phase.
fn each(
    x: &mut Exchange,
    part: Part,
    order: impl Fn(&Chain) -> &PhaseOrder,
    mut act: impl FnMut(&dyn Plugin, &mut Exchange),
) {
    let watched = x.watched.is_traced();
    if watched {
        x.watched.begin();
    }
    for set in [GLOBAL, ROUTE] {
        let chain = Rc::clone(if set == GLOBAL { &x.globals } else { &x.chain });
        for at in order(&chain).iter() {
            if let Some(entry) = chain.entries.get(at)
                && applies(x, entry, at, set)
            {
                act(&*entry.plugin, x);
                if watched {
                    x.watched.end(set, at, part, None);
                }
            }
        }
    }
}

/// Whether anybody may encode bodies of this exchange.
fn encodes(x: &Exchange) -> bool {
    !(x.chain.encode.is_empty() && x.globals.encode.is_empty())
}

/// Whether anybody filters bodies of this exchange.
fn filters_body(x: &Exchange) -> bool {
    !(x.chain.body_filter.is_empty() && x.globals.body_filter.is_empty())
}

/// `body_filter` of the global rules, then of the route; behind all of them `encode_body`.
pub(super) fn body_filter(x: &mut Exchange, piece: &mut Chunk, last: bool) {
    if filters_body(x) {
        each(x, Part::BodyFilter, |chain| &chain.body_filter, |plugin, x| plugin.body_filter(x, piece, last));
    }
    if x.watched.keeps_bodies() {
        x.watched.body(piece.as_slice());
    }
    if encodes(x) {
        each(x, Part::Encode, |chain| &chain.encode, |plugin, x| plugin.encode_body(x, piece, last));
    }
}

/// Tells those who are told the end that it may be far off: the exchange has become a tunnel.
pub(super) fn tunnel(x: &mut Exchange) {
    each(x, Part::Log, |chain| &chain.log, |plugin, x| plugin.tunnel(x));
}

/// `log` of the global rules, then of the route. The answer is out: a plugin that panics here is counted and passed over, the
/// others still run.
pub(super) fn log(x: &mut Exchange) {
    if x.chain.log.is_empty() && x.globals.log.is_empty() {
        return;
    }
    for set in [GLOBAL, ROUTE] {
        let chain = Rc::clone(if set == GLOBAL { &x.globals } else { &x.chain });
        for at in chain.log.iter() {
            if let Some(entry) = chain.entries.get(at)
                && applies(x, entry, at, set)
                && catch_unwind(AssertUnwindSafe(|| entry.plugin.log(x))).is_err()
            {
                x.worker().counters.panics.add(1);
            }
        }
    }
}
