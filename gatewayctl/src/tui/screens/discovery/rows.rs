//! The rows of the three tables, and what there is to tell of each.

use serde_json::{Map, Value};

use crate::commands::live::{address, moment};
use crate::filter::text_of;
use crate::output::clean;
use crate::output::clock::Now;
use crate::tui::data::{Data, Node, Object, Registry, Row, items, number, shown, text, whole};
use crate::tui::theme::Role;
use crate::tui::widgets::table::{Cell, Column, Rows};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{count, ms, time};

/// Registries.
pub(super) struct Registries;

static REGISTRIES: [Column; 10] = [
    Column::text("TYPE", 0, 8, 20),
    Column::text("STATE", 0, 9, 12),
    Column::number("SERVICES", 2, 8),
    Column::number("NODES", 3, 6),
    Column::number("FLAPS", 1, 5),
    Column::text("LAST OK", 2, 8, 12),
    Column::text("ERROR", 1, 18, 60),
    Column::text("SERVER", 4, 10, 32),
    Column::text("SINCE", 6, 8, 20).wide(),
    Column::number("FAILURES", 6, 8).wide(),
];

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// A moment of the row, as one says it.
fn ago(value: &Value, name: &str, data: &Data) -> Option<(f64, String)> {
    let at = moment(value, name)?;
    Some((at as f64, Now::at(data.now()).relative(true).show(at)))
}

/// What a registry says is wrong: a text, or one with its time.
fn error(value: &Value) -> String {
    match value.get("error") {
        Some(error @ Value::Object(_)) => shown(error, "text"),
        Some(_) => shown(value, "error"),
        None => String::new(),
    }
}

fn registry<'d>(row: &Row, data: &'d Data) -> Option<&'d Registry> {
    data.discovery.iter().find(|registry| *registry.kind == *row.id)
}

fn whole_number(value: &Value, name: &str) -> Cell {
    if value.get(name).and_then(Value::as_f64).is_none() {
        return Cell::none("-");
    }
    Cell::number(number(value, name), whole(value, name).to_string())
}

impl Rows for Registries {
    fn columns(&self) -> &[Column] {
        &REGISTRIES
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let value = &*row.value;
        match REGISTRIES.get(column).map_or("", |column| column.name) {
            "TYPE" => Cell::text(clean::line(&row.id)),
            "STATE" => {
                let good = registry(row, data).is_some_and(Registry::is_connected);
                Cell::text(or_dash(shown(value, "state"))).role(if good { Role::Good } else { Role::Bad })
            }
            "SERVICES" => whole_number(value, "services"),
            "NODES" => whole_number(value, "nodes"),
            "FLAPS" => {
                let flaps = registry(row, data).map(|registry| registry.flaps).unwrap_or_default();
                let role = if flaps > 0 { Role::Warn } else { Role::Text };
                Cell::number(flaps as f64, flaps.to_string()).role(role)
            }
            "LAST OK" => moment_cell(value, "last_ok", data),
            "ERROR" => match error(value) {
                error if error.is_empty() => Cell::none("-"),
                error => Cell::text(error).role(Role::Warn),
            },
            "SERVER" => Cell::text(or_dash(shown(value, "server"))),
            "SINCE" => moment_cell(value, "since", data),
            _ => whole_number(value, "failures"),
        }
    }
}

fn moment_cell(value: &Value, name: &str, data: &Data) -> Cell {
    ago(value, name, data).map_or_else(|| Cell::none("-"), |(at, text)| Cell::number(at, text))
}

/// Services of a registry.
pub(super) struct Services;

static SERVICES: [Column; 3] =
    [Column::text("SERVICE", 0, 12, 80), Column::number("NODES", 0, 6), Column::text("UPSTREAM", 2, 8, 24)];

impl Rows for Services {
    fn columns(&self) -> &[Column] {
        &SERVICES
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        match column {
            0 => Cell::text(or_dash(clean::line(&row.id))),
            1 => match whole(&row.value, "count") {
                0 => Cell::number(0.0, "0").role(Role::Bad),
                nodes => Cell::number(nodes as f64, nodes.to_string()),
            },
            _ => match upstream(text(&row.value, "type"), &row.id, data) {
                Some(upstream) => Cell::text(clean::line(upstream.name())),
                None => Cell::none("-"),
            },
        }
    }
}

/// The upstream that takes its nodes from a service, which may be told with protocol, namespace and group in front.
pub(super) fn upstream<'d>(registry: &str, service: &str, data: &'d Data) -> Option<&'d Object> {
    let plain = service.split_once("://").map_or(service, |(_, rest)| rest);
    let is = |upstream: &&Object| {
        let name = text(&upstream.value, "service_name");
        let same = name == service || plain == name || plain.strip_suffix(name).is_some_and(|head| head.ends_with('/'));
        text(&upstream.value, "discovery_type") == registry && !name.is_empty() && same
    };
    data.list("upstreams").iter().find(is)
}

/// Instances of a service.
pub(super) struct Instances;

static INSTANCES: [Column; 6] = [
    Column::text("ADDRESS", 0, 16, 46),
    Column::number("WEIGHT", 1, 6),
    Column::text("STATE", 1, 8, 18),
    Column::number("RPS", 2, 6),
    Column::number("P99", 3, 6),
    Column::text("METADATA", 4, 10, 80),
];

/// The rows of a service's instances.
pub(super) fn instances(service: &Row) -> Vec<Row> {
    let none = Value::Null;
    let nodes = items(service.value.get("nodes").unwrap_or(&none)).take(super::MOST);
    nodes.map(|node| Row::new(&addr(node), node.clone())).collect()
}

fn addr(node: &Value) -> String {
    match node.get("port").filter(|port| !port.is_null()) {
        Some(port) => address(text(node, "host"), &port.to_string()),
        None => text(node, "host").to_owned(),
    }
}

fn node<'d>(row: &Row, data: &'d Data) -> Option<&'d Node> {
    data.nodes.iter().find(|node| *node.addr == *row.id)
}

fn metadata(value: &Value) -> Option<&Map<String, Value>> {
    value.get("metadata").and_then(Value::as_object).filter(|metadata| !metadata.is_empty())
}

impl Rows for Instances {
    fn columns(&self) -> &[Column] {
        &INSTANCES
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let found = || node(row, data);
        match INSTANCES.get(column).map_or("", |column| column.name) {
            "ADDRESS" => Cell::text(or_dash(clean::line(&row.id))),
            "WEIGHT" => whole_number(&row.value, "weight"),
            "STATE" => match found() {
                Some(node) => Cell::text(node.word.clone()).role(super::super::routes::mood(node.state).role()),
                None => Cell::none("-"),
            },
            "RPS" => found().map_or_else(|| Cell::none("-"), |node| Cell::number(node.rps, count(node.rps))),
            "P99" => found().map_or_else(|| Cell::none("-"), |node| Cell::number(node.p99, ms(node.p99))),
            _ => match metadata(&row.value) {
                Some(all) => {
                    let pairs: Vec<String> =
                        all.iter().map(|(name, value)| format!("{name}={}", text_of(value))).collect();
                    Cell::text(clean::line(&pairs.join(",")))
                }
                None => Cell::none("-"),
            },
        }
    }
}

fn field(name: &str, value: impl Into<String>) -> Line {
    Line::of(Role::Dim, format!("{name:<12}")).with(Role::Text, value)
}

/// All that is known of a registry.
pub(super) fn of_registry(row: &Row, data: &Data) -> Vec<Line> {
    let value = &*row.value;
    let time = |name: &str| ago(value, name, data).map_or_else(|| "-".to_owned(), |(_, text)| text);
    let flaps = registry(row, data).map(|registry| registry.flaps).unwrap_or_default();
    let mut lines = vec![
        field("type", clean::line(&row.id)),
        field("state", or_dash(shown(value, "state"))),
        field("server", or_dash(shown(value, "server"))),
        field("connected", time("since")),
        field("last ok", time("last_ok")),
        field("services", or_dash(shown(value, "services"))),
        field("nodes", or_dash(shown(value, "nodes"))),
        field("failures", format!("{} since the gateway was started", or_dash(shown(value, "failures")))),
        field("flaps", format!("{flaps} seen since this program was started")),
    ];
    let error = error(value);
    if !error.is_empty() {
        lines.push(Line::of(Role::Dim, format!("{:<12}", "error")).with(Role::Warn, error));
    }
    lines
}

/// All that is known of a service.
pub(super) fn of_service(registry: &str, row: &Row, data: &Data) -> Vec<Line> {
    let upstream = upstream(registry, &row.id, data).map(|upstream| clean::line(&format!("upstream/{}", upstream.id)));
    let mut lines = vec![
        field("service", clean::line(&row.id)),
        field("registry", clean::line(registry)),
        field("used by", upstream.unwrap_or_else(|| "-".to_owned())),
        field("instances", whole(&row.value, "count").to_string()),
    ];
    lines.extend(instances(row).iter().take(200).map(|instance| {
        let state = node(instance, data).map(|node| node.word.clone()).unwrap_or_default();
        Line::of(Role::Text, format!("  {:<24} ", clean::line(&instance.id)))
            .with(Role::Dim, format!("weight {} {state}", shown(&instance.value, "weight")))
    }));
    lines
}

/// All that is known of an instance.
pub(super) fn of_instance(row: &Row, data: &Data) -> Vec<Line> {
    let mut lines = vec![field("address", clean::line(&row.id)), field("weight", or_dash(shown(&row.value, "weight")))];
    if let Some(node) = node(row, data) {
        lines.push(field("state", node.word.clone()));
        lines.push(field("traffic", format!("{} requests/s, p99 {}", count(node.rps), time(node.p99))));
        lines.push(field("of", node.owner.clone()));
    }
    for (name, value) in metadata(&row.value).into_iter().flatten().take(200) {
        lines.push(field(&clean::line(name), clean::line(&text_of(value))));
    }
    lines
}
