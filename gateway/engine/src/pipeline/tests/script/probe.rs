//! A plugin that writes down when it runs, and does as its configuration says.

use std::cell::RefCell;
use std::sync::Arc;

use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use crate::buf::Chunk;
use crate::exchange::Exchange;
use crate::headers::Name;
use crate::plugin::{Build, Definition, Phases, Plugin, Step};

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
}

pub(in crate::pipeline::tests) fn definitions() -> Vec<Definition> {
    let one = |name, priority| Definition { spec: PluginSpec::new(name, priority, "{}"), build, metadata: None };
    vec![one("probe", 10), one("probe2", 5)]
}

fn build(build: &Build<'_>) -> Result<Arc<dyn Plugin>, String> {
    let text = |name: &str| build.conf.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Arc::new(Probe {
        name: text("name"),
        exit: text("exit"),
        panic: text("panic"),
        body: build.conf.get("body").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()),
    }))
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

    fn access<'a>(&'a self, _: &'a mut Exchange) -> Step<'a> {
        self.step("access")
    }

    fn before_proxy<'a>(&'a self, _: &'a mut Exchange) -> Step<'a> {
        self.step("before")
    }

    fn header_filter(&self, _: &mut Exchange) {
        self.at("header");
    }

    fn body_filter(&self, _: &mut Exchange, _: &mut Chunk, last: bool) {
        if last {
            self.at("body");
        }
    }

    fn log(&self, _: &Exchange) {
        self.at("log");
    }
}
