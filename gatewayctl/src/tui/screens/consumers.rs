//! The screen `consumers`: who may use the gateway. Below each consumer are its credentials.

mod detail;

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Value, json};

use super::Screen;
use super::list::{HISTORY, Kind, ListScreen, REFERENCES, SUMMARY, TRAFFIC, YAML};
use super::objects::{common, uses};
use super::routes::{error_role, or};
use crate::commands::live;
use crate::output::clean;
use crate::output::clock::Now;
use crate::resources::{self, Resource};
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Object, Row, shown, text};
use crate::tui::msg::{Arguments, Source};
use crate::tui::screens::Context;
use crate::tui::theme::Role;
use crate::tui::widgets::table::{Cell, Column, Rows, Table};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, count, ms};
use crate::tui::wish::{Place, Wish};

/// The tab of the credentials of a consumer.
const CREDENTIALS: &str = "Credentials";
/// The tab of the plugins that run for a consumer.
const PLUGINS: &str = "Plugins";

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(ListScreen::new(Consumers::default(), Table::default()))
}

#[derive(Default)]
struct Consumers {
    /// When each consumer was seen last, in seconds since 1970.
    seen: RefCell<HashMap<String, i64>>,
    /// How many credentials each consumer has.
    credentials: RefCell<HashMap<String, usize>>,
}

static COLUMNS: [Column; 13] = [
    Column::text("USERNAME", 0, 10, 32),
    Column::text("KIND", 4, 8, 10),
    Column::text("GROUP", 2, 5, 20),
    Column::text("AUTH", 2, 8, 32),
    Column::number("CREDS", 3, 5),
    Column::number("RPS", 1, 6),
    Column::number("ERR%", 2, 5),
    Column::number("P99", 3, 6),
    Column::text("SEEN", 1, 4, 8),
    Column::text("DESC", 9, 8, 40).wide(),
    Column::text("PLUGINS", 9, 8, 40).wide(),
    Column::text("LABELS", 9, 8, 40).wide(),
    Column::number("REV", 9, 8).wide(),
];

/// Whether a row is a credential.
fn is_credential(row: &Row) -> bool {
    row.id.contains('/')
}

/// The name of the consumer of a row.
fn consumer(row: &Row) -> &str {
    row.id.split('/').next().unwrap_or_default()
}

/// The plugins by which somebody proves who it is.
fn auth(value: &Value) -> String {
    let all = value.get("plugins").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str());
    let proves = |name: &&str| name.ends_with("-auth") || matches!(*name, "jwe-decrypt" | "ldap-auth-advanced");
    clean::line(&all.filter(proves).collect::<Vec<_>>().join(","))
}

/// The credentials of a consumer.
fn credentials<'d>(name: &'d str, data: &'d Data) -> impl Iterator<Item = &'d Object> {
    let of = move |object: &&Object| object.id.split_once('/').is_some_and(|(consumer, _)| consumer == name);
    data.list("credentials").iter().filter(of)
}

impl Rows for Consumers {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let name = COLUMNS.get(column).map_or("", |column| column.name);
        if let Some(cell) = common(name, row) {
            return cell;
        }
        let credential = is_credential(row);
        match name {
            "USERNAME" => Cell::text(clean::line(&row.id)),
            "KIND" if credential => Cell::text("credential").role(Role::Dim),
            "KIND" => Cell::text("consumer"),
            "GROUP" if credential => Cell::text(""),
            "GROUP" => match shown(&row.value, "group_id") {
                group if group.is_empty() => Cell::text("-").role(Role::Off),
                group if data.object("consumer-groups", text(&row.value, "group_id")).is_none() => {
                    Cell::text(group).role(Role::Warn)
                }
                group => Cell::text(group),
            },
            "AUTH" => Cell::text(or(auth(&row.value), "-")),
            // Nobody tells by which of its credentials a consumer came.
            _ if credential => Cell::none(""),
            "CREDS" => uses(self.credentials.borrow().get(&*row.id).copied().unwrap_or_default()),
            "SEEN" => match self.seen.borrow().get(&*row.id) {
                Some(seen) => {
                    let text = ago(*seen, data.now());
                    let role = if text == "now" { Role::Good } else { Role::Text };
                    Cell::number(*seen as f64, text).role(role)
                }
                None => Cell::none("-"),
            },
            other => {
                let Some(rate) = data.stats.rate(By::Consumer, &row.id) else { return Cell::none("-") };
                match other {
                    "RPS" => Cell::number(rate.rps, count(rate.rps)),
                    "ERR%" => Cell::number(rate.err, format!("{:.1}", rate.err * 100.0)).role(error_role(rate.err)),
                    _ => Cell::number(rate.p99, ms(rate.p99)),
                }
            }
        }
    }
}

/// How long ago something was seen.
fn ago(seen: i64, now: i64) -> String {
    /// Numbers are told that often.
    const NOW: i64 = 3;
    if now.saturating_sub(seen) < NOW { "now".to_owned() } else { Now::at(now).relative(true).show(seen) }
}

impl Consumers {
    /// Who was seen since the last time: by what goes through the gateway now, went through it, or was tapped.
    fn look_around(&self, data: &Data) {
        let mut seen = self.seen.borrow_mut();
        let mut add = |name: &str, at: i64| {
            // Only of those who are known: names of the tap are without end.
            if data.object("consumers", name).is_some() {
                let last = seen.entry(name.to_owned()).or_insert(at);
                *last = (*last).max(at);
            }
        };
        for rate in data.stats.rates(By::Consumer) {
            let points =
                data.stats.track(By::Consumer, &rate.id).into_iter().flat_map(|track| track.points.iter().rev());
            let last = points.copied().find(|(_, rps, _)| *rps > 0.0).map(|(at, ..)| i64::from(at));
            if let Some(at) = last {
                add(&rate.id, at);
            }
        }
        for request in &data.tap {
            let (name, at) = (text(&request.value, "consumer"), live::moment(&request.value, "ts"));
            if let Some(at) = at.filter(|at| !name.is_empty() && *at <= data.now()) {
                add(name, at);
            }
        }
        seen.retain(|name, _| data.object("consumers", name).is_some());
    }
}

impl Kind for Consumers {
    fn name(&self) -> &'static str {
        "consumers"
    }

    fn resource_of(&self, row: &Row) -> Option<&'static Resource> {
        resources::find(if is_credential(row) { "credentials" } else { "consumers" }).ok()
    }

    fn counted_as(&self, row: &Row) -> &'static str {
        if is_credential(row) { "credentials" } else { "consumers" }
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        let lists = ["consumers", "credentials", "consumer-groups"].map(Source::List);
        lists.into_iter().chain([Source::Plugins]).map(|source| (source, Vec::new())).collect()
    }

    fn rows(&self, data: &Data) -> Vec<Row> {
        self.look_around(data);
        let mut counted: HashMap<String, usize> = HashMap::new();
        let mut below: HashMap<&str, Vec<Row>> = HashMap::new();
        for object in data.list("credentials").iter() {
            let name = object.id.split('/').next().unwrap_or_default();
            *counted.entry(name.to_owned()).or_default() += 1;
            below.entry(name).or_default().push(object.row());
        }
        *self.credentials.borrow_mut() = counted;
        let mut rows = Vec::new();
        for object in data.list("consumers").iter() {
            rows.push(object.row());
            rows.extend(below.remove(&*object.id).into_iter().flatten());
        }
        // Those of a consumer that is not known (yet).
        let mut rest: Vec<Row> = below.into_values().flatten().collect();
        rest.sort_by(|a, b| a.id.cmp(&b.id));
        rows.extend(rest);
        rows
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, CREDENTIALS, PLUGINS, YAML, REFERENCES, TRAFFIC, HISTORY]
    }

    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, _: u16) -> Vec<Line> {
        match tab {
            CREDENTIALS => detail::credentials(row, look),
            PLUGINS => detail::plugins(row, look),
            _ => {
                let seen = self.seen.borrow().get(consumer(row)).copied();
                detail::summary(row, seen, look)
            }
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Tap, Action::Target]
    }

    fn act(&mut self, action: Action, rows: &[Row], context: &mut Context<'_>) -> bool {
        match (action, rows) {
            (Action::New, [row, ..]) if is_credential(row) => {
                let Ok(credentials) = resources::find("credentials") else { return false };
                let id = format!("{}/new", consumer(row));
                let template = json!({ "id": id, "plugins": { "key-auth": { "key": "change-me" } } });
                context.wish(Wish::New(credentials, template));
                true
            }
            _ => false,
        }
    }

    fn by_of(&self, row: &Row) -> Option<By> {
        (!is_credential(row)).then_some(By::Consumer)
    }

    fn target(&self, row: &Row, _: &Data) -> Option<Place> {
        if is_credential(row) {
            return Some(Place::id("consumers", consumer(row)));
        }
        let group = row.value.get("group_id").map(crate::filter::text_of)?;
        Some(Place::id("consumer-groups", group))
    }

    fn tap(&self, row: &Row) -> Option<String> {
        Some(format!("consumer={}", consumer(row)))
    }

    fn template(&self) -> Option<Value> {
        Some(json!({ "username": "new", "plugins": { "key-auth": { "key": "change-me" } } }))
    }

    fn empty(&self) -> String {
        "no consumers; N makes the first one".to_owned()
    }
}
