//! The methods of the Dubbo and gRPC services that the gateway knows, a row each.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::made::Made;
use crate::filter::text_of;
use crate::output::clean;
use crate::resources::Resource;
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Row, flag, items, number, shown, text, whole};
use crate::tui::msg::{Arguments, Source};
use crate::tui::screens::Context;
use crate::tui::screens::list::{Kind, SUMMARY, YAML};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{Cell, Column, Rows};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, clock, count, ms, time};
use crate::tui::wish::Place;

/// The tab with the calls that were made here.
pub(super) const CALLS: &str = "Calls";

/// Methods of one service, and of all, that are shown.
const METHODS: usize = 2_000;
const ROWS: usize = 20_000;

/// Who speaks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Dubbo,
    Grpc,
}

/// What was counted of a method when, and how many calls a second that made.
#[derive(Debug, Clone, Copy)]
struct Counted {
    calls: u64,
    at_ms: u64,
    rate: Option<f64>,
}

/// The methods, what was counted of them, and what was called from here.
#[derive(Default)]
pub(super) struct Methods {
    rows: Vec<Row>,
    /// When the two documents were told of which the rows are made.
    told: (Option<u64>, Option<u64>),
    counted: HashMap<String, Counted>,
    /// The newest in front.
    pub(super) made: VecDeque<Made>,
}

static COLUMNS: [Column; 15] = [
    Column::text("KIND", 0, 5, 5),
    Column::text("SERVICE", 0, 12, 48),
    Column::text("METHOD", 0, 6, 28),
    Column::number("NODES", 2, 5),
    Column::number("CALLS", 3, 6),
    Column::number("RPS", 2, 5),
    Column::number("ERR%", 2, 5),
    Column::number("P99", 3, 6),
    Column::text("VERSION", 5, 5, 12),
    Column::text("GROUP", 6, 5, 12),
    Column::text("SOURCE", 6, 8, 28),
    Column::number("P50", 8, 6).wide(),
    Column::number("MAX", 8, 6).wide(),
    Column::text("PARAMS", 9, 8, 60).wide(),
    Column::text("RETURNS", 9, 8, 40).wide(),
];

impl Rows for Methods {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, _: &Data) -> Cell {
        let value = &*row.value;
        let of = |name: &str| match shown(value, name) {
            none if none.is_empty() => Cell::text("-"),
            text => Cell::text(text),
        };
        let stats = stats(value);
        let time = |name: &str| match stats.and_then(|stats| stats.get(name)?.as_f64()) {
            Some(time) => Cell::number(time, ms(time)),
            None => Cell::none("-"),
        };
        match COLUMNS.get(column).map_or("", |column| column.name) {
            "KIND" => of("protocol"),
            "SERVICE" => of("service"),
            "METHOD" => Cell::text(if name(value).is_empty() { "-".to_owned() } else { name(value) }),
            "NODES" => nodes(value),
            "CALLS" => match stats {
                Some(stats) => Cell::number(number(stats, "calls"), count(number(stats, "calls"))),
                None => Cell::none("-"),
            },
            "RPS" => match self.counted.get(&*row.id).and_then(|counted| counted.rate) {
                Some(rate) => Cell::number(rate, count(rate)),
                None => Cell::none("-"),
            },
            "ERR%" => match stats.filter(|stats| number(stats, "calls") > 0.0) {
                Some(stats) => {
                    let share = number(stats, "errors") / number(stats, "calls");
                    Cell::number(share, format!("{:.1}", share * 100.0))
                        .role(crate::tui::screens::routes::error_role(share))
                }
                None => Cell::none("-"),
            },
            "P99" => time("p99_ms"),
            "VERSION" => of("version"),
            "GROUP" => of("group"),
            "SOURCE" => of("source"),
            "P50" => time("p50_ms"),
            "MAX" => time("max_ms"),
            "PARAMS" => {
                Cell::text(params(value).map(|all| clean::line(&all.join(", "))).unwrap_or_else(|| "-".to_owned()))
            }
            _ => Cell::text(returns(value)),
        }
    }
}

impl Kind for Methods {
    fn name(&self) -> &'static str {
        "rpc"
    }

    fn resource(&self) -> Option<&'static Resource> {
        None
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        vec![(Source::Dubbo, Vec::new()), (Source::Grpc, Vec::new()), (Source::Nodes, Vec::new())]
    }

    fn rows(&self, _: &Data) -> Vec<Row> {
        self.rows.clone()
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, CALLS, YAML]
    }

    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, _: u16) -> Vec<Line> {
        match tab {
            CALLS => self.calls(row, look),
            _ => self.summary(row, look),
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Invoke, Action::Tap, Action::Explain]
    }

    fn act(&mut self, action: Action, rows: &[Row], context: &mut Context<'_>) -> bool {
        let (Action::Explain, Some(row)) = (action, rows.first()) else { return false };
        let value = &*row.value;
        let of = |name: &str| text(value, name);
        let question = match protocol(value) {
            Protocol::Dubbo => json!({ "protocol": "dubbo", "dubbo": {
                "interface": of("service"), "method": method(value), "version": of("version"), "group": of("group") } }),
            Protocol::Grpc => {
                json!({ "protocol": "grpc", "method": "POST", "url": format!("/{}/{}", of("service"), method(value)) })
            }
        };
        context.go(Place::id("explain", question.to_string()));
        true
    }

    fn tap(&self, row: &Row) -> Option<String> {
        let (service, method) = (text(&row.value, "service"), method(&row.value));
        Some(match (protocol(&row.value), method) {
            (Protocol::Dubbo, "") => format!("protocol=dubbo dubbo.interface={service}"),
            (Protocol::Dubbo, method) => format!("protocol=dubbo dubbo.interface={service} dubbo.method={method}"),
            (Protocol::Grpc, "") => format!("path=/{service}/*"),
            (Protocol::Grpc, method) => format!("path=/{service}/{method}"),
        })
    }

    fn empty(&self) -> String {
        "no Dubbo or gRPC service is known: no route, registry, proto or server tells of one".to_owned()
    }
}

impl Methods {
    /// Takes what was told, where that is new.
    pub(super) fn read(&mut self, data: &Data) {
        let told = (data.told_at(Source::Dubbo), data.told_at(Source::Grpc));
        if told == self.told && !self.rows.is_empty() {
            return;
        }
        let mut rows = Vec::new();
        for (protocol, services) in [("dubbo", &data.dubbo), ("grpc", &data.grpc)] {
            for service in services {
                read(protocol, service, &mut rows);
            }
        }
        rows.truncate(ROWS);
        if told.0 != self.told.0 {
            self.count(&rows, told.0.unwrap_or_default());
        }
        (self.rows, self.told) = (rows, told);
    }

    fn count(&mut self, rows: &[Row], at_ms: u64) {
        let before = std::mem::take(&mut self.counted);
        for row in rows {
            let Some(stats) = stats(&row.value) else { continue };
            let calls = whole(stats, "calls");
            let last = before.get(&*row.id).filter(|last| last.at_ms < at_ms && last.calls <= calls);
            let rate = last.map(|last| (calls - last.calls) as f64 * 1_000.0 / (at_ms - last.at_ms) as f64);
            self.counted.insert(row.id.to_string(), Counted { calls, at_ms, rate });
        }
    }

    /// The first row of a service, or the one of an id.
    pub(super) fn find(&self, id: &str) -> Option<&Row> {
        let is = |row: &&Row| &*row.id == id;
        self.rows.iter().find(is).or_else(|| self.rows.iter().find(|row| text(&row.value, "service") == id))
    }

    fn summary(&self, row: &Row, look: &Look<'_>) -> Vec<Line> {
        let value = &*row.value;
        let mut lines = vec![Line::field("method", signature(value))];
        match (flag(method_of(value), "client_streaming"), flag(method_of(value), "server_streaming")) {
            (true, true) => lines.push(Line::field("streams", "to and fro")),
            (true, false) => lines.push(Line::field("streams", "takes several messages")),
            (false, true) => lines.push(Line::field("streams", "answers with several messages")),
            (false, false) => {}
        }
        let more = [("version", "version"), ("group", "group")].map(|(name, word)| match shown(value, name) {
            none if none.is_empty() => String::new(),
            text => format!("  {word} {text}"),
        });
        lines.push(Line::field("service", format!("{}{}", shown(value, "service"), more.concat())));
        let count = nodes(value).text;
        let word = if count == "1" { "node" } else { "nodes" };
        lines.push(Line::field("source", format!("{}  {count} {word}", shown(value, "source"))));
        let error = shown(value, "error");
        if !error.is_empty() {
            lines.push(Line::of(Role::Dim, "error   ").with(Role::Bad, look.mood(Mood::Bad, &error)));
        }
        if let Some(stats) = stats(value) {
            lines.extend(self.numbers(row, stats));
        }
        lines.extend(providers(value, look));
        if protocol(value) == Protocol::Grpc {
            lines.extend(upstream(value, look));
        }
        match self.made.iter().find(|made| made.id == row.id) {
            Some(made) => lines.push(
                Line::of(Role::Dim, "called  ")
                    .with(Role::Text, clock(made.at))
                    .with(Role::Text, "  ")
                    .with(made.mood().role(), made.head(look)),
            ),
            None if look.read_only => {}
            None => lines.push(Line::of(Role::Dim, format!("not called from here{}", how(row)))),
        }
        lines
    }

    fn numbers(&self, row: &Row, stats: &Value) -> Vec<Line> {
        let by = ["exception", "timeout", "status", "refused"].into_iter().filter_map(|name| {
            let number = stats.get("by")?.get(name)?.as_u64().filter(|number| *number > 0)?;
            Some(format!("{number} {name}"))
        });
        let by: Vec<String> = by.collect();
        let of = if by.is_empty() { String::new() } else { format!(", of these {}", by.join(", ")) };
        let rate = self.counted.get(&*row.id).and_then(|counted| counted.rate);
        let rate = rate.map(|rate| format!("  {}/s", count(rate))).unwrap_or_default();
        let time = |(word, name): (&str, &str)| Some(format!("{word} {}", ms(stats.get(name)?.as_f64()?)));
        let times =
            [("p50", "p50_ms"), ("p95", "p95_ms"), ("p99", "p99_ms"), ("max", "max_ms")].into_iter().filter_map(time);
        let times: Vec<String> = times.collect();
        let mut lines = vec![Line::field("calls", format!("{}{of}{rate}", whole(stats, "calls")))];
        if !times.is_empty() {
            lines.push(Line::field("ms", times.join("  ")));
        }
        lines
    }

    /// The calls that were made of a method, the newest first.
    fn calls(&self, row: &Row, look: &Look<'_>) -> Vec<Line> {
        let mut lines = Vec::new();
        for made in self.made.iter().filter(|made| made.id == row.id) {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::of(Role::Dim, format!("{}  ", clock(made.at))).with(made.mood().role(), made.head(look)));
            lines.push(Line::of(Role::Dim, "  with ").with(Role::Text, clean::line(made.asked())));
            lines.extend(made.lines());
        }
        if lines.is_empty() {
            lines.push(Line::of(Role::Dim, format!("not called from here yet{}", how(row))));
        }
        lines
    }
}

/// The rows of one service: its methods, or itself where none is known.
fn read(protocol: &str, service: &Row, rows: &mut Vec<Row>) {
    let value = &*service.value;
    let name = [text(value, "interface"), text(value, "service"), text(value, "name")];
    let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let rest = protocol == "dubbo" && name == "overflow" && text(value, "source") == "calls";
    let base = json!({
        "protocol": protocol, "service": if rest { "(others)" } else { name }, "version": text(value, "version"),
        "group": text(value, "group"), "source": value.get("source"), "nodes": value.get("nodes"),
        "error": value.get("error"), "providers": value.get("providers"),
    });
    let methods: Vec<&Value> = items(value.get("methods").unwrap_or(&Value::Null)).take(METHODS).collect();
    let mut names: HashMap<&str, usize> = HashMap::new();
    for method in &methods {
        *names.entry(text(method, "name")).or_default() += 1;
    }
    // The same service may be told of by several sources.
    let id = format!("{protocol}/{}/{}", text(value, "source"), service.id);
    for method in &methods {
        let mut value = base.clone();
        let name = text(method, "name");
        let many = names.get(name).is_some_and(|count| *count > 1);
        let types = if many { format!("({})", types_of(method).unwrap_or_default().join(",")) } else { String::new() };
        value["method"] = (*method).clone();
        value["overloaded"] = many.into();
        rows.push(Row::new(&format!("{id}/{name}{types}"), value));
    }
    if methods.is_empty() {
        let mut value = base;
        if let Some(stats) = service.value.get("stats") {
            value["method"] = json!({ "stats": stats });
        }
        rows.push(Row::new(&id, value));
    }
}

pub(super) fn protocol(value: &Value) -> Protocol {
    if text(value, "protocol") == "grpc" { Protocol::Grpc } else { Protocol::Dubbo }
}

fn method_of(value: &Value) -> &Value {
    value.get("method").unwrap_or(&Value::Null)
}

/// The method's name as it came.
pub(super) fn method(value: &Value) -> &str {
    text(method_of(value), "name")
}

fn name(value: &Value) -> String {
    shown(method_of(value), "name")
}

fn stats(value: &Value) -> Option<&Value> {
    method_of(value).get("stats").filter(|stats| stats.is_object())
}

/// Whether a method of gRPC takes several messages.
pub(super) fn takes_stream(value: &Value) -> bool {
    flag(method_of(value), "client_streaming")
}

fn types_of(method: &Value) -> Option<Vec<String>> {
    match (method.get("params"), method.get("input")) {
        (Some(Value::Array(params)), _) => Some(params.iter().map(|param| text_of(param).into_owned()).collect()),
        (_, Some(Value::String(input))) => Some(vec![input.clone()]),
        _ => None,
    }
}

/// The types of the parameters, where somebody describes them.
pub(super) fn params(value: &Value) -> Option<Vec<String>> {
    types_of(method_of(value))
}

fn returns(value: &Value) -> String {
    let method = method_of(value);
    match [shown(method, "returns"), shown(method, "output")] {
        [returns, output] if returns.is_empty() => output,
        [returns, _] => returns,
    }
}

/// `reduce(java.lang.String, int) -> boolean`.
pub(super) fn signature(value: &Value) -> String {
    match (name(value), params(value)) {
        (none, _) if none.is_empty() => "not known: nobody describes them".to_owned(),
        (name, None) => name,
        (name, Some(params)) => format!("{name}({}) -> {}", clean::line(&params.join(", ")), returns(value)),
    }
}

fn nodes(value: &Value) -> Cell {
    match value.get("nodes").and_then(Value::as_u64) {
        Some(0) => Cell::number(0.0, "0").role(Role::Bad),
        Some(nodes) => Cell::number(nodes as f64, nodes.to_string()),
        None => Cell::none("-"),
    }
}

/// The nodes of the upstream whose servers told of a service of gRPC, and what goes there in all.
fn upstream(value: &Value, look: &Look<'_>) -> Vec<Line> {
    let source = text(value, "source");
    let Some(id) = source.strip_prefix("upstreams/") else { return Vec::new() };
    let mut lines = Vec::new();
    if let Some(rate) = look.data.stats.rate(By::Upstream, id) {
        let text = format!("{}/s  err {:.1} %  p99 {}", count(rate.rps), rate.err * 100.0, time(rate.p99));
        lines.push(Line::field("all", text).with(Role::Dim, format!("  of {}", clean::line(source))));
    }
    for node in look.data.nodes_of(source).iter().take(100) {
        let mood = crate::tui::screens::routes::mood(node.state);
        lines.push(
            Line::of(mood.role(), format!("  {:<24}", look.mood(mood, &node.addr)))
                .with(Role::Text, format!(" {:<16} weight {:>4}  {}/s", node.word, node.weight, count(node.rps))),
        );
    }
    lines
}

fn providers(value: &Value, look: &Look<'_>) -> Vec<Line> {
    let all: Vec<&Value> = items(value.get("providers").unwrap_or(&Value::Null)).take(100).collect();
    let mut lines = Vec::new();
    if !all.is_empty() {
        lines.push(Line::of(Role::Title, "providers"));
    }
    for provider in all {
        let mood = match text(provider, "state") {
            "healthy" => Mood::Good,
            "mostly_healthy" | "mostly_unhealthy" => Mood::Warn,
            "unhealthy" => Mood::Bad,
            _ => Mood::Off,
        };
        let state = shown(provider, "state");
        let state = if state.is_empty() { "not checked".to_owned() } else { state };
        lines.push(
            Line::of(mood.role(), format!("  {:<24}", look.mood(mood, &shown(provider, "addr"))))
                .with(Role::Text, format!(" {state:<16} weight {:>4}  ", shown(provider, "weight")))
                .with(Role::Dim, shown(provider, "source")),
        );
    }
    lines
}
/// How a method is called, where one is known.
fn how(row: &Row) -> &'static str {
    if method(&row.value).is_empty() { "" } else { "; i calls it" }
}
