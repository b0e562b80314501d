//! The screen `metrics`: what the gateway counts for Prometheus, histograms as percentiles.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::list::{Kind, ListScreen, SUMMARY, YAML};
use super::{Context, Screen};
use crate::commands::metrics::{number, rounded};
use crate::filter::text_of;
use crate::output::clean;
use crate::resources::Resource;
use crate::tui::action::Action;
use crate::tui::data::{Data, Row, shown, text};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::Role;
use crate::tui::widgets::Look;
use crate::tui::widgets::table::{Cell, Column, Rows, Table};
use crate::tui::widgets::text::Line;
use crate::tui::wish::Place;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(ListScreen::new(Metrics::default(), Table::default()))
}

#[derive(Default)]
struct Metrics(RefCell<Rates>);

/// How fast what is counted grows.
#[derive(Default)]
struct Rates {
    /// When the values were told, in milliseconds since 1970.
    at_ms: u64,
    counts: HashMap<Arc<str>, f64>,
    /// A second.
    rates: HashMap<Arc<str>, f64>,
}

impl Rates {
    fn take(&mut self, data: &Data) {
        let Some(at_ms) = data.told_at(Source::Metrics).filter(|at_ms| *at_ms != self.at_ms) else { return };
        let seconds = at_ms.saturating_sub(self.at_ms) as f64 / 1_000.0;
        let counted = |row: &Row| Some((Arc::clone(&row.id), count(&row.value)?));
        let counts: HashMap<Arc<str>, f64> = data.metrics.iter().filter_map(counted).collect();
        let rate = |(id, now): (&Arc<str>, &f64)| {
            let new = now - self.counts.get(id)?;
            // What is less than before began anew.
            (new >= 0.0 && seconds > 0.0).then(|| (Arc::clone(id), new / seconds))
        };
        self.rates = counts.iter().filter_map(rate).collect();
        self.counts = counts;
        self.at_ms = at_ms;
    }
}

/// What is only ever counted up.
fn count(value: &Value) -> Option<f64> {
    match text(value, "type") {
        "counter" => value.get("value")?.as_f64(),
        "histogram" => value.get("count")?.as_f64(),
        _ => None,
    }
}

static COLUMNS: [Column; 8] = [
    Column::text("NAME", 0, 16, 48),
    Column::text("LABELS", 1, 10, 80),
    Column::number("VALUE", 0, 9),
    Column::number("RATE/s", 2, 8),
    Column::number("P50", 3, 7),
    Column::number("P95", 4, 7),
    Column::number("P99", 3, 7),
    Column::text("TYPE", 5, 7, 9),
];

impl Rows for Metrics {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, _: &Data) -> Cell {
        let value = &*row.value;
        let told = |number: Option<f64>, show: fn(f64) -> String| match number {
            Some(number) => Cell::number(number, show(number)),
            None => Cell::none("-"),
        };
        match column {
            0 => Cell::text(shown(value, "name")),
            1 => Cell::text(or_dash(labels(value).join(" "))),
            2 => told(value.get("value").or_else(|| value.get("count")).and_then(Value::as_f64), number),
            3 => told(self.0.borrow().rates.get(&row.id).copied(), rounded),
            4 => told(percentile(value, "p50"), rounded),
            5 => told(percentile(value, "p95"), rounded),
            6 => told(percentile(value, "p99"), rounded),
            _ => Cell::text(or_dash(shown(value, "type"))).role(Role::Dim),
        }
    }
}

impl Kind for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn resource(&self) -> Option<&'static Resource> {
        None
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        vec![(Source::Metrics, Vec::new())]
    }

    fn rows(&self, data: &Data) -> Vec<Row> {
        self.0.borrow_mut().take(data);
        let mut rows = data.metrics.clone();
        rows.sort_by_key(|row| place(text(&row.value, "name")));
        rows
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, YAML]
    }

    fn tab(&self, _: &str, row: &Row, _: &Look<'_>, _: u16) -> Vec<Line> {
        let value = &*row.value;
        let mut all =
            vec![Line::field("name", shown(value, "name")), Line::field("type", or_dash(shown(value, "type")))];
        all.extend(labels(value).into_iter().map(|label| Line::field("label", label)));
        let number_of = |name: &str| value.get(name).and_then(Value::as_f64);
        if let Some(one) = number_of("value") {
            all.push(Line::field("value", number(one)));
        }
        if let Some(count) = number_of("count") {
            let sum = number_of("sum").unwrap_or_default();
            all.push(Line::field("count", number(count)));
            all.push(Line::field("sum", number(sum)));
            all.push(Line::field("average", if count > 0.0 { rounded(sum / count) } else { "-".to_owned() }));
            for name in ["p50", "p95", "p99"] {
                all.push(Line::field(name, percentile(value, name).map_or_else(|| "-".to_owned(), rounded)));
            }
            all.push(Line::of(Role::Dim, "percentiles are of all time, as far as the buckets tell"));
        }
        if let Some(rate) = self.0.borrow().rates.get(&row.id) {
            all.push(Line::field("rate", format!("{} a second", rounded(*rate))));
        }
        all
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Target]
    }

    fn act(&mut self, action: Action, _: &[Row], _: &mut Context<'_>) -> bool {
        // Metrics are no objects.
        matches!(
            action,
            Action::New | Action::Toggle | Action::Delete | Action::Edit | Action::Explain | Action::RollBack
        )
    }

    fn target(&self, row: &Row, _: &Data) -> Option<Place> {
        let label = |name: &str| row.value.get("labels").map(|labels| text(labels, name)).filter(|id| !id.is_empty());
        [("route", "routes"), ("service", "upstreams"), ("upstream", "upstreams"), ("consumer", "consumers")]
            .into_iter()
            .find_map(|(name, screen)| Some(Place::id(screen, label(name)?)))
    }

    fn empty(&self) -> String {
        "the gateway counts nothing".to_owned()
    }
}

/// What a metric of the traffic is called, the one that is looked at most in front.
const TRAFFIC: [&str; 4] = ["http_status", "http_latency", "bandwidth", "requests_total"];

/// Where a metric stands: the traffic in front of what the gateway tells of itself.
fn place(name: &str) -> usize {
    TRAFFIC.iter().position(|part| name.contains(part)).unwrap_or(TRAFFIC.len())
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// `route=hello`, one after the other.
fn labels(value: &Value) -> Vec<String> {
    let labels = value.get("labels").and_then(Value::as_object).into_iter().flatten();
    labels.map(|(name, value)| clean::line(&format!("{name}={}", text_of(value)))).collect()
}

fn percentile(value: &Value, name: &str) -> Option<f64> {
    value.get("percentiles")?.get(name)?.as_f64()
}
