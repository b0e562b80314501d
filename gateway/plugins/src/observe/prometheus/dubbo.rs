//! Calls of Dubbo by service and method.

use std::cell::RefCell;
use std::collections::HashMap;

use gateway_engine::exchange::{Call, Exchange};

use super::Prometheus;
use super::labels::escape;
use super::series::{Calls, Handle};

/// Most methods that are counted by their names; the others, and calls that no provider has made of methods that nobody has
/// met, are counted together: names come from consumers.
const MOST_METHODS: usize = 2000;

/// Most methods that a worker keeps counters of; then it starts over.
const MANY: usize = 2 * MOST_METHODS;

/// Status of an answer to a call that has come to its method.
const OK: u8 = 20;

thread_local! {
    /// The counters of each method met, by what [`key`] makes of it.
    static KEPT: RefCell<Kept> = RefCell::default();
}

#[derive(Default)]
struct Kept {
    by_name: HashMap<Box<[u8]>, Handle<Calls>>,
    key: Vec<u8>,
}

/// Counts a finished call.
pub(super) fn record(plugin: &Prometheus, x: &Exchange, call: &Call) {
    let head = &x.req.head;
    let (interface, method) = (head.text(call.interface), head.text(call.method));
    KEPT.with_borrow_mut(|kept| {
        key(&mut kept.key, plugin.metrics.id, interface, method);
        if let Some(cell) = kept.by_name.get(&*kept.key).and_then(Handle::cell) {
            return add(plugin, x, cell);
        }
        let handle = handle(plugin, x, interface, method);
        if let Some(cell) = handle.cell() {
            add(plugin, x, cell);
        }
        if handle.labels() == OTHERS {
            return;
        }
        if kept.by_name.len() >= MANY {
            kept.by_name.clear();
        }
        kept.by_name.insert(kept.key.as_slice().into(), handle);
    });
}

/// What tells methods apart: no name holds a byte 0.
fn key(out: &mut Vec<u8>, metrics: u64, interface: &[u8], method: &[u8]) {
    out.clear();
    out.extend(metrics.to_be_bytes());
    out.extend_from_slice(interface);
    out.push(0);
    out.extend_from_slice(method);
}

fn handle(plugin: &Prometheus, x: &Exchange, interface: &[u8], method: &[u8]) -> Handle<Calls> {
    let metrics = &plugin.metrics;
    let mut labels = String::from("interface=\"");
    escape(&String::from_utf8_lossy(interface), &mut labels);
    labels.push_str("\",method=\"");
    escape(&String::from_utf8_lossy(method), &mut labels);
    labels.push('"');
    let there = x.resp.reply.is_some_and(|reply| reply.status == OK) || metrics.calls.knows(&labels);
    let labels = if there { &*labels } else { OTHERS };
    metrics.calls.handle_within(labels, || OTHERS.into(), x.worker().index, metrics.known_settings(), MOST_METHODS)
}

/// Labels of what is counted together.
const OTHERS: &str = "interface=\"overflow\",method=\"\"";

fn add(plugin: &Prometheus, x: &Exchange, cell: &Calls) {
    let counter = match x.resp.reply {
        Some(reply) if reply.status == OK && !reply.threw => &cell.returned,
        Some(reply) if reply.status == OK => &cell.threw,
        _ => &cell.failed,
    };
    counter.add(1);
    let took = x.times.end_ms.saturating_sub(x.times.start_ms);
    cell.duration.observe(plugin.metrics.known_settings(), took);
}
