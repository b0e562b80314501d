//! The screen `upstreams`: where requests go. Its rows are services, upstreams, and routes that have an upstream of their
//! own; the details are about the nodes.

mod detail;
mod nodes;

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Value, json};

use super::Screen;
use super::list::{HISTORY, Kind, ListScreen, REFERENCES, SUMMARY, TRAFFIC, YAML};
use super::objects::{Uses, common, uses};
use super::routes::{error_role, or, several};
use crate::filter::text_of;
use crate::links;
use crate::output::clean;
use crate::resources::{self, Resource};
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Health, Rate, Row, shown, text};
use crate::tui::msg::{Arguments, Source};
use crate::tui::screens::Context;
use crate::tui::theme::Role;
use crate::tui::widgets::table::{Cell, Column, Rows, Table};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, count, ms};
use crate::tui::wish::{Place, Wish};

/// The tab of the nodes.
const NODES: &str = "Nodes";
/// The tab of the health checks.
const CHECKS: &str = "Checks";
/// The tab of the routes that lead to it.
const ROUTES: &str = "Routes";

/// In front of the ids of services, which may be those of upstreams, too.
const SERVICE: &str = "services/";
/// In front of the ids of routes.
const ROUTE: &str = "routes/";

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(ListScreen::new(Upstreams::default(), Table::default()))
}

/// What the rows of the table are, counted once for all of them.
#[derive(Default)]
struct Upstreams {
    /// How the nodes of each owner are.
    health: RefCell<HashMap<String, Health>>,
    /// How many objects name each row.
    uses: RefCell<Uses>,
}

static COLUMNS: [Column; 17] = [
    Column::text("ID", 0, 8, 32),
    Column::text("KIND", 1, 8, 8),
    Column::text("NAME", 6, 6, 24),
    Column::text("TARGET", 3, 8, 32),
    Column::number("NODES", 1, 5),
    Column::number("RPS", 1, 6),
    Column::number("ERR%", 2, 5),
    Column::number("P99", 2, 6),
    Column::text("TYPE", 5, 6, 12),
    Column::number("EJECTED", 7, 7),
    Column::number("USED", 4, 5),
    Column::text("SCHEME", 8, 6, 8).wide(),
    Column::number("RETRIES", 8, 7).wide(),
    Column::text("HOSTS", 9, 8, 32).wide(),
    Column::text("PLUGINS", 9, 8, 40).wide(),
    Column::text("LABELS", 9, 8, 40).wide(),
    Column::number("REV", 9, 8).wide(),
];

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Upstream,
    Service,
    Route,
}

impl Of {
    fn row(row: &Row) -> Of {
        if row.id.starts_with(SERVICE) {
            Of::Service
        } else if row.id.starts_with(ROUTE) {
            Of::Route
        } else {
            Of::Upstream
        }
    }

    /// The plural of its resource.
    fn list(self) -> &'static str {
        match self {
            Of::Upstream => "upstreams",
            Of::Service => "services",
            Of::Route => "routes",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Of::Upstream => "upstream",
            Of::Service => "service",
            Of::Route => "route",
        }
    }
}

/// The id of the object of a row.
fn id(row: &Row) -> &str {
    let id: &str = &row.id;
    id.strip_prefix(SERVICE).or_else(|| id.strip_prefix(ROUTE)).unwrap_or(id)
}

/// The upstream of a row: itself, the one that is named, or the one within; and where its nodes are told to be.
fn upstream<'a>(row: &'a Row, data: &'a Data) -> (Option<&'a Value>, String) {
    let of = Of::row(row);
    if of == Of::Upstream {
        return (Some(&row.value), format!("upstreams/{}", row.id));
    }
    match row.value.get("upstream_id").map(text_of) {
        Some(id) => (data.object("upstreams", &id).map(|object| &*object.value), format!("upstreams/{id}")),
        None => (row.value.get("upstream"), row.id.to_string()),
    }
}

/// What goes through a row.
fn rate<'d>(row: &Row, data: &'d Data) -> Option<&'d Rate> {
    match Of::row(row) {
        Of::Service => data.stats.rate(By::Service, id(row)),
        // Of an upstream within a route the route's own numbers are the same.
        Of::Route => data.stats.rate(By::Route, id(row)),
        Of::Upstream => data.stats.rate(By::Upstream, &row.id),
    }
}

/// Where an upstream's nodes come from: `10.0.0.5:80 +2`, `nacos:pay`.
fn target(upstream: &Value) -> String {
    let name = text(upstream, "service_name");
    if !name.is_empty() {
        return clean::line(&format!("{}:{name}", or(shown(upstream, "discovery_type"), "discovery")));
    }
    let (first, all) = match upstream.get("nodes") {
        Some(Value::Object(nodes)) => (nodes.keys().next().map(|addr| clean::line(addr)), nodes.len()),
        Some(Value::Array(nodes)) => (nodes.first().map(address), nodes.len()),
        _ => (None, 0),
    };
    match (first, all) {
        (None, _) => "-".to_owned(),
        (Some(first), 1) => first,
        (Some(first), all) => format!("{first} +{}", all - 1),
    }
}

/// The addresses of the nodes that are configured.
fn addresses(upstream: &Value) -> Vec<String> {
    /// More are not shown one by one.
    const MOST: usize = 10_000;
    match upstream.get("nodes") {
        Some(Value::Object(nodes)) => nodes.keys().take(MOST).map(|addr| clean::line(addr)).collect(),
        Some(Value::Array(nodes)) => nodes.iter().take(MOST).map(address).collect(),
        _ => Vec::new(),
    }
}

/// The address of a node as it is configured.
fn address(node: &Value) -> String {
    let (host, port) = (shown(node, "host"), shown(node, "port"));
    if port.is_empty() { host } else { format!("{host}:{port}") }
}

impl Rows for Upstreams {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let name = COLUMNS.get(column).map_or("", |column| column.name);
        if name == "ID" {
            return Cell::text(clean::line(id(row)));
        }
        if let Some(cell) = common(name, row) {
            return cell;
        }
        let rate = rate(row, data);
        let number =
            |of: Option<(f64, String)>| of.map_or(Cell::none("-"), |(number, text)| Cell::number(number, text));
        match name {
            "KIND" => Cell::text(Of::row(row).word()),
            "TARGET" => match row.value.get("upstream_id").filter(|_| Of::row(row) != Of::Upstream) {
                Some(id) => Cell::text(clean::line(&text_of(id))),
                None => Cell::text(upstream(row, data).0.map_or("-".to_owned(), target)),
            },
            "NODES" => self.nodes(row, data),
            "RPS" => number(rate.map(|rate| (rate.rps, count(rate.rps)))),
            "ERR%" => match rate {
                Some(rate) => {
                    let percent = rate.err * 100.0;
                    Cell::number(percent, format!("{percent:.1}")).role(error_role(rate.err))
                }
                None => Cell::none("-"),
            },
            "P99" => number(rate.map(|rate| (rate.p99, ms(rate.p99)))),
            "EJECTED" => match self.health(row, data).ejected {
                0 => Cell::number(0.0, "0").role(Role::Off),
                ejected => Cell::number(ejected as f64, ejected.to_string()).role(Role::Bad),
            },
            "USED" => uses(self.uses.borrow().get(&*row.id).copied().unwrap_or_default()),
            "HOSTS" if Of::row(row) == Of::Upstream => Cell::none("-"),
            "HOSTS" => Cell::text(several(&row.value, "host", "hosts")),
            other => {
                let upstream = upstream(row, data).0.unwrap_or(&Value::Null);
                match other {
                    "TYPE" => Cell::text(or(shown(upstream, "type"), "roundrobin")),
                    "SCHEME" => Cell::text(or(shown(upstream, "scheme"), "http")),
                    _ => match upstream.get("retries").and_then(Value::as_u64) {
                        Some(retries) => Cell::number(retries as f64, retries.to_string()),
                        None => Cell::none("-"),
                    },
                }
            }
        }
    }
}

impl Upstreams {
    fn health(&self, row: &Row, data: &Data) -> Health {
        self.health.borrow().get(&upstream(row, data).1).copied().unwrap_or_default()
    }

    /// `2/3`, of the nodes that are known; `3 ?` where nobody looks at them.
    fn nodes(&self, row: &Row, data: &Data) -> Cell {
        let health = self.health(row, data);
        if health.all == 0 {
            return Cell::none("-");
        }
        Cell::number(health.good as f64 / health.all as f64, health.told()).role(health.role())
    }

    fn count(&self, data: &Data) {
        let mut health: HashMap<String, Health> = HashMap::new();
        for node in &data.nodes {
            match health.get_mut(&node.owner) {
                Some(of) => of.add(node),
                None => {
                    health.insert(node.owner.clone(), Health::of([node]));
                }
            }
        }
        *self.health.borrow_mut() = health;
        let mut uses = Uses::new();
        for list in USERS {
            let Ok(resource) = resources::find(list) else { continue };
            for object in data.list(list).iter() {
                for (kind, id) in links::named(resource.kind, &object.value) {
                    let row = match kind {
                        gateway_model::Kind::Upstream => id,
                        gateway_model::Kind::Service => format!("{SERVICE}{id}"),
                        _ => continue,
                    };
                    *uses.entry(row).or_default() += 1;
                }
            }
        }
        *self.uses.borrow_mut() = uses;
    }
}

/// Lists of the objects that may name an upstream or a service.
const USERS: [&str; 5] = ["routes", "services", "stream-routes", "plugin-configs", "global-rules"];

impl Kind for Upstreams {
    fn name(&self) -> &'static str {
        "upstreams"
    }

    fn resource_of(&self, row: &Row) -> Option<&'static Resource> {
        resources::find(Of::row(row).list()).ok()
    }

    fn id_of<'r>(&self, row: &'r Row) -> &'r str {
        id(row)
    }

    fn rows_of(&self, id: &str) -> Vec<String> {
        match id.strip_prefix("upstreams/") {
            Some(id) => vec![id.to_owned()],
            None if id.contains('/') => vec![id.to_owned()],
            None => vec![id.to_owned(), format!("{SERVICE}{id}"), format!("{ROUTE}{id}")],
        }
    }

    fn counted_as(&self, row: &Row) -> &'static str {
        Of::row(row).list()
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        let lists = ["upstreams"].into_iter().chain(USERS).map(Source::List);
        lists.chain([Source::Nodes, Source::Plugins]).map(|source| (source, Vec::new())).collect()
    }

    fn rows(&self, data: &Data) -> Vec<Row> {
        self.count(data);
        let inline = |prefix: &str, object: &crate::tui::data::Object| Row {
            id: format!("{prefix}{}", object.id).into(),
            value: std::sync::Arc::clone(&object.value),
        };
        let services = data.list("services").iter().map(|object| inline(SERVICE, object));
        let upstreams = data.list("upstreams").iter().map(crate::tui::data::Object::row);
        let within =
            data.list("routes").iter().filter(|route| route.value.get("upstream").is_some_and(Value::is_object));
        upstreams.chain(services).chain(within.map(|object| inline(ROUTE, object))).collect()
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[NODES, SUMMARY, CHECKS, ROUTES, YAML, REFERENCES, TRAFFIC, HISTORY]
    }

    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, width: u16) -> Vec<Line> {
        match tab {
            NODES => nodes::lines(row, look, usize::from(width)),
            CHECKS => detail::checks(row, look),
            ROUTES => detail::routes(row, look),
            _ => detail::summary(row, look),
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Tap, Action::Target]
    }

    fn act(&mut self, action: Action, rows: &[Row], context: &mut Context<'_>) -> bool {
        match (action, rows) {
            (Action::New, [row, ..]) if Of::row(row) == Of::Service => {
                let Ok(services) = resources::find("services") else { return false };
                let template = json!({ "name": "new", "upstream": template() });
                context.wish(Wish::New(services, template));
                true
            }
            _ => false,
        }
    }

    fn by(&self) -> Option<By> {
        Some(By::Upstream)
    }

    fn by_of(&self, row: &Row) -> Option<By> {
        Some(match Of::row(row) {
            Of::Upstream => By::Upstream,
            Of::Service => By::Service,
            Of::Route => By::Route,
        })
    }

    fn target(&self, row: &Row, _: &Data) -> Option<Place> {
        match Of::row(row) {
            // Those that lead to it.
            Of::Upstream => Some(Place::filter("routes", format!("upstream_id={}", row.id))),
            Of::Service => match row.value.get("upstream_id") {
                Some(upstream) => Some(Place::id("upstreams", text_of(upstream))),
                None => Some(Place::filter("routes", format!("service_id={}", id(row)))),
            },
            Of::Route => Some(Place::id("routes", id(row))),
        }
    }

    fn tap(&self, row: &Row) -> Option<String> {
        Some(format!("{}={}", Of::row(row).word(), id(row)))
    }

    fn template(&self) -> Option<Value> {
        let mut value = template();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("name".to_owned(), "new".into());
        }
        Some(value)
    }

    fn empty(&self) -> String {
        "no services and no upstreams; N makes the first upstream".to_owned()
    }
}

fn template() -> Value {
    json!({ "type": "roundrobin", "scheme": "http", "nodes": [{ "host": "127.0.0.1", "port": 80, "weight": 1 }] })
}
