//! A plugin that writes down when it runs, and does as its configuration says.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use crate::buf::Chunk;
use crate::exchange::Exchange;
use crate::headers::{Name, name};
use crate::plugin::{Build, Definition, Phases, Plugin, RequestFilter, Step};
use crate::wire::WireError;

thread_local! {
    static TRACE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

pub(in crate::pipeline::tests) fn clear() {
    TRACE.with_borrow_mut(Vec::clear);
}

pub(in crate::pipeline::tests) fn take() -> Vec<String> {
    TRACE.take()
}

pub(in crate::pipeline::tests) fn set(x: &mut Exchange, name: &str, value: &str) {
    x.req.head.append(Name::new(name.as_bytes()).unwrap(), value.as_bytes()).unwrap();
}

struct Probe {
    name: String,
    exit: String,
    panic: String,
    body: Option<usize>,
    /// Like `body`, in `access`.
    late: Option<usize>,
    /// Keeps the answer back until it is whole, then says how it ended.
    holds: bool,
    /// Lets the request's body pass a filter; `refuse`: that takes none.
    filter: String,
}

pub(in crate::pipeline::tests) fn definitions() -> Vec<Definition> {
    let one = |name, priority, observer| {
        let spec = PluginSpec { verify_fields: &["secret"], observer, ..PluginSpec::new(name, priority, "{}") };
        let phases = Phases::NAMED.iter().fold(Phases::NONE, |all, (phase, _)| all | *phase);
        Definition { spec, phases, build, metadata: Some(metadata) }
    };
    vec![one("probe", 10, false), one("probe2", 5, true)]
}

/// A probe is told a name, which cannot begin with `$`.
fn metadata(value: &Value) -> Result<Arc<dyn Any + Send + Sync>, String> {
    match value.get("name").and_then(Value::as_str) {
        Some(name) if !name.starts_with('$') => Ok(Arc::new(name.to_owned())),
        _ => Err("such a name cannot be".to_owned()),
    }
}

fn build(build: &Build<'_>) -> Result<Arc<dyn Plugin>, String> {
    let text = |name: &str| build.conf.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text("name").starts_with('$') {
        return Err("such a name cannot be".to_owned());
    }
    let number = |name: &str| build.conf.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    Ok(Arc::new(Probe {
        name: text("name"),
        exit: text("exit"),
        panic: text("panic"),
        body: number("body"),
        late: number("late"),
        holds: build.conf.get("holds").is_some(),
        filter: text("filter"),
    }))
}

#[derive(Default)]
struct Held(Vec<u8>);

struct Upper {
    refuses: bool,
}

impl RequestFilter for Upper {
    fn piece(&mut self, piece: &mut Chunk, last: bool) -> Result<(), WireError> {
        if self.refuses {
            return Err(WireError::Protocol("as the test asked"));
        }
        let mut bytes = piece.as_slice().to_ascii_uppercase();
        if last {
            bytes.push(b'!');
        }
        *piece = Chunk::from(Bytes::from(bytes));
        Ok(())
    }
}

impl Probe {
    fn at(&self, phase: &str) {
        TRACE.with_borrow_mut(|t| t.push(format!("{} {phase}", self.name)));
        assert_ne!(self.panic, phase, "as the test asked");
    }

    fn step(&self, phase: &str) -> Step<'static> {
        self.at(phase);
        if self.exit == phase { Step::exit(403) } else { Step::Next }
    }
}

impl Plugin for Probe {
    fn phases(&self) -> Phases {
        Phases::REWRITE
            | Phases::ACCESS
            | Phases::BEFORE_PROXY
            | Phases::HEADER_FILTER
            | Phases::BODY_FILTER
            | Phases::LOG
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        match self.body {
            Some(limit) if x.req.collected.is_none() => Step::Body(limit),
            _ => self.step("rewrite"),
        }
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if !self.filter.is_empty() {
            x.req.filter_body(Box::new(Upper { refuses: self.filter == "refuse" }));
        }
        match self.late {
            Some(limit) if x.req.collected.is_none() => Step::Body(limit),
            _ => self.step("access"),
        }
    }

    fn before_proxy<'a>(&'a self, _: &'a mut Exchange) -> Step<'a> {
        self.step("before")
    }

    fn header_filter(&self, x: &mut Exchange) {
        self.at("header");
        if self.holds {
            x.resp.body_will_change();
            x.resp.head_waits = true;
        }
    }

    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        if last {
            self.at("body");
        }
        if self.holds {
            x.state::<Held>().0.extend_from_slice(piece.as_slice());
            *piece = Chunk::empty();
        }
        if self.holds && last {
            let status = x.resp.trailers.as_ref().and_then(|t| t.get(name::GRPC_STATUS));
            if let Some(status) = status.and_then(|s| std::str::from_utf8(s).ok()).and_then(|s| s.parse().ok()) {
                x.resp.status = status;
                x.resp.trailers = None;
            }
            *piece = Chunk::from(Bytes::from(std::mem::take(&mut x.state::<Held>().0)));
        }
    }

    fn log(&self, _: &Exchange) {
        self.at("log");
    }
}
