//! The screen `graphql-costs`: what fields of the GraphQL schemas behind services cost.

use serde_json::Value;

use super::Screen;
use super::list::{HISTORY, REFERENCES, SUMMARY, YAML};
use super::objects::{self, Spec};
use super::routes::{or, or_dash};
use crate::filter::text_of;
use crate::output::clean;
use crate::tui::data::{Data, Row, items, number, shown};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::Look;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::Line;
use crate::tui::wish::Place;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    objects::screen(&SPEC)
}

static SPEC: Spec = Spec {
    name: "graphql-cost-decorations",
    columns: &[
        Column::text("ID", 0, 8, 32),
        Column::text("SERVICE", 2, 8, 24),
        Column::text("FIELD", 1, 10, 48),
        Column::number("ADD", 3, 6),
        Column::number("MUL", 3, 6),
        Column::text("ARGUMENTS", 4, 9, 40),
        Column::number("REV", 6, 8).wide(),
    ],
    cell: |column, row, _, data| match column {
        "SERVICE" if is_missing(row, data) => Cell::text(service(row)).role(Role::Bad),
        "SERVICE" => Cell::text(service(row)),
        "FIELD" => Cell::text(or_dash(shown(&row.value, "field_path"))),
        "ADD" => one(&row.value, "add_value"),
        "MUL" => one(&row.value, "mul_value"),
        _ => Cell::text(or_dash(arguments(&row.value))),
    },
    tabs: &[SUMMARY, YAML, REFERENCES, HISTORY],
    tab: |_, row, look| summary(row, look),
    lists: &["services"],
    nodes: false,
    uses: objects::uncounted,
    target: Some(|row, _| Some(Place::id("upstreams", format!("services/{}", service(row))))),
    template: || {
        serde_json::json!({
            "id": "SERVICE/new", "field_path": "Query.products", "add_value": 1, "mul_value": 1, "mul_arguments": ["first"],
        })
    },
};

/// The service below which it is.
fn service(row: &Row) -> String {
    clean::line(row.id.split('/').next().unwrap_or_default())
}

fn is_missing(row: &Row, data: &Data) -> bool {
    let known = data.state(crate::tui::msg::Source::List("services")) == crate::tui::data::State::Known;
    known && data.object("services", row.id.split('/').next().unwrap_or_default()).is_none()
}

/// A number; where there is none, it counts as 1.
fn one(value: &Value, name: &str) -> Cell {
    match shown(value, name) {
        text if text.is_empty() => Cell::number(1.0, "1").role(Role::Off),
        text => Cell::number(number(value, name), text),
    }
}

/// The arguments whose values the costs are multiplied by.
fn arguments(value: &Value) -> String {
    let all = items(value.get("mul_arguments").unwrap_or(&Value::Null)).map(text_of);
    clean::line(&all.collect::<Vec<_>>().join(","))
}

fn summary(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let mut of = Line::field("of", format!("service {}", service(row)));
    if is_missing(row, look.data) {
        of = of.with(Role::Bad, format!("  {}", look.mood(Mood::Bad, "missing")));
    }
    let part = |name: &str| or(shown(&row.value, name), "1");
    let by = match arguments(&row.value) {
        none if none.is_empty() => String::new(),
        all => format!(", times the arguments {all}"),
    };
    vec![
        of,
        Line::field("field", or_dash(shown(&row.value, "field_path"))),
        Line::field("costs", format!("plus {}, times {}{by}", part("add_value"), part("mul_value"))),
    ]
}
