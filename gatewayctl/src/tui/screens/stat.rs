//! The screen `stat`: the traffic of now or of the last minutes, by route, service, upstream, node, consumer, protocol or status.

mod window;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use super::list::{Kind, ListScreen, SUMMARY, TRAFFIC, YAML};
use super::{Context, Event, Screen};
use crate::filter::text_of;
use crate::output::clean;
use crate::resources::Resource;
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Row, items, number, shown, text, whole};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::Role;
use crate::tui::widgets::table::{Cell, Column, Rows, Seen, Table};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Hit, Look, bytes, choices, count, fit, ms, put, split};
use crate::tui::wish::Place;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    let kind = Breakdown { by: 0, window: 0, windows: window::Windows::default() };
    Box::new(Stat(ListScreen::new(kind, Table::sorted(2, true))))
}

/// The words above the table, for the mouse.
const KINDS: u8 = 2;
const WINDOWS: u8 = 3;

/// By what, as the screen and as the server calls it, and where points are kept of it.
const BY: [(&str, &str, Option<By>); 7] = [
    ("Route", "route", Some(By::Route)),
    ("Service", "service", Some(By::Service)),
    ("Upstream", "upstream", Some(By::Upstream)),
    // A node may belong to several upstreams.
    ("Node", "node", None),
    ("Consumer", "consumer", Some(By::Consumer)),
    ("Protocol", "protocol", Some(By::Protocol)),
    ("Status", "status", Some(By::Status)),
];

/// Time that is added up, in seconds; 0 is what was told last.
const SPANS: [(&str, u32); 4] = [("now", 0), ("10 s", 10), ("1 min", 60), ("5 min", 300)];

struct Stat(ListScreen<Breakdown>);

struct Breakdown {
    by: usize,
    window: usize,
    windows: window::Windows,
}

impl Breakdown {
    fn by(&self) -> (&'static str, &'static str, Option<By>) {
        BY.get(self.by).copied().unwrap_or(BY[0])
    }

    fn span(&self) -> (&'static str, u32) {
        SPANS.get(self.window).copied().unwrap_or(SPANS[0])
    }
}

static COLUMNS: [Column; 14] = [
    Column::text("NAME", 0, 10, 40),
    Column::text("ID", 8, 8, 32).wide(),
    Column::number("RPS", 0, 6),
    Column::number("OK%", 1, 6),
    Column::number("4XX/s", 3, 6),
    Column::number("5XX/s", 2, 6),
    Column::number("P50", 3, 6),
    Column::number("P90", 6, 6),
    Column::number("P95", 5, 6),
    Column::number("P99", 1, 6),
    Column::number("MAX", 5, 6),
    Column::number("IN/s", 6, 9),
    Column::number("OUT/s", 4, 9),
    Column::number("REQUESTS", 8, 9).wide(),
];

impl Rows for Breakdown {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, _: &Data) -> Cell {
        let value = &*row.value;
        let of = |name: &str, show: fn(f64) -> String| match value.get(name).and_then(Value::as_f64) {
            Some(number) if number.is_finite() => Cell::number(number, show(number)),
            _ => Cell::none("-"),
        };
        match COLUMNS.get(column).map_or("", |column| column.name) {
            "NAME" => Cell::text(name(value)),
            "ID" => Cell::text(clean::line(&row.id)),
            "RPS" => of("rps", count),
            "OK%" if value.get("err").is_none() => Cell::none("-"),
            "OK%" => {
                let err = number(value, "err");
                let ok = (1.0 - err) * 100.0;
                Cell::number(ok, format!("{ok:.2}")).role(super::routes::error_role(err))
            }
            "4XX/s" => class(value, "4xx").map_or_else(|| Cell::none("-"), |rate| coloured(rate, Role::Warn)),
            "5XX/s" => class(value, "5xx").map_or_else(|| Cell::none("-"), |rate| coloured(rate, Role::Bad)),
            "P50" => of("p50", ms),
            "P90" => of("p90", ms),
            "P95" => of("p95", ms),
            "P99" => of("p99", ms),
            "MAX" => of("max", ms),
            "IN/s" => of("rx_bps", bytes),
            "OUT/s" => of("tx_bps", bytes),
            _ => of("n", count),
        }
    }
}

fn coloured(rate: f64, role: Role) -> Cell {
    let cell = Cell::number(rate, count(rate));
    if rate > 0.0 { cell.role(role) } else { cell }
}

/// The name, or the id; with its upstream where it is a node.
fn name(value: &Value) -> String {
    let id = clean::line(&value.get("id").map(text_of).unwrap_or_default());
    match (shown(value, "name"), shown(value, "upstream")) {
        _ if id.is_empty() => "(others)".to_owned(),
        (_, upstream) if !upstream.is_empty() => format!("{id} ({upstream})"),
        (name, _) if name.is_empty() => id,
        (name, _) => name,
    }
}

/// Answers of a class, a second.
fn class(value: &Value, class: &str) -> Option<f64> {
    let answers = value.get("codes")?.get(class)?.as_f64()?;
    let (requests, rps) = (number(value, "n"), number(value, "rps"));
    Some(if requests > 0.0 { answers / requests * rps } else { 0.0 })
}

impl Kind for Breakdown {
    fn name(&self) -> &'static str {
        "stat"
    }

    fn resource(&self) -> Option<&'static Resource> {
        None
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        let by = BY.map(|(_, name, _)| name).join(",");
        vec![(Source::Stats, vec![("by", by), ("top", "500".to_owned())])]
    }

    fn rows(&self, data: &Data) -> Vec<Row> {
        let (_, by, _) = self.by();
        let row = |value: &Value| Row::new(&window::key(value), value.clone());
        match self.span().1 {
            0 => {
                let all = data.stats.value.pointer(&format!("/by/{by}")).unwrap_or(&Value::Null);
                items(all).take(2_000).map(row).collect()
            }
            seconds => self.windows.of(by, seconds).iter().map(row).collect(),
        }
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, TRAFFIC, YAML]
    }

    fn tab(&self, _: &str, row: &Row, _: &Look<'_>, _: u16) -> Vec<Line> {
        let value = &*row.value;
        let told = |name: &str, show: fn(f64) -> String| {
            value.get(name).and_then(Value::as_f64).map_or_else(|| "-".to_owned(), show)
        };
        let percentile = |name: &str| format!("{name} {}", told(name, ms));
        let times = ["p50", "p90", "p95", "p99", "max"].map(percentile).join("  ");
        let code = |name: &str| Some(format!("{name} {}", count(value.get("codes")?.get(name)?.as_f64()?)));
        let codes: Vec<String> = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"].into_iter().filter_map(code).collect();
        vec![
            Line::of(Role::Dim, format!("{:<8}", self.by().1)).with(Role::Title, name(value)),
            Line::field("id", clean::line(&row.id)),
            Line::field("traffic", format!("{} requests/s, {} requests", told("rps", count), told("n", count))),
            Line::field(
                "errors",
                format!("{:.2} %, the answers of 5xx and those that never came", number(value, "err") * 100.0),
            ),
            Line::field("answers", if codes.is_empty() { "-".to_owned() } else { codes.join("  ") }),
            Line::field("ms", times),
            Line::field("bytes", format!("in {}/s  out {}/s", told("rx_bps", bytes), told("tx_bps", bytes))),
        ]
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::NextPanel, Action::Target, Action::Tap]
    }

    fn act(&mut self, action: Action, _: &[Row], _: &mut Context<'_>) -> bool {
        // Numbers are no objects.
        matches!(
            action,
            Action::New | Action::Toggle | Action::Delete | Action::Edit | Action::Explain | Action::RollBack
        )
    }

    fn by(&self) -> Option<By> {
        self.by().2
    }

    fn target(&self, row: &Row, _: &Data) -> Option<Place> {
        let upstream = text(&row.value, "upstream");
        match self.by().1 {
            "route" => Some(Place::id("routes", row.id.to_string())),
            "service" | "upstream" => Some(Place::id("upstreams", row.id.to_string())),
            "node" if !upstream.is_empty() => Some(Place::id("upstreams", upstream)),
            "consumer" => Some(Place::id("consumers", row.id.to_string())),
            _ => None,
        }
    }

    fn tap(&self, row: &Row) -> Option<String> {
        match self.by().1 {
            "node" => Some(format!("node={}", row.value.get("id").map(text_of)?)),
            by => Some(format!("{by}={}", row.id)),
        }
    }

    fn empty(&self) -> String {
        format!("no traffic by {}", self.by().1)
    }
}

impl Stat {
    fn choose(&mut self, by: usize, window: usize, context: &mut Context<'_>) -> bool {
        (self.0.kind.by, self.0.kind.window) = (by % BY.len(), window % SPANS.len());
        self.0.update(Event::Data, context)
    }
}

impl Screen for Stat {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        Screen::sources(&self.0)
    }

    fn actions(&self) -> Vec<Action> {
        let mut all = self.0.actions();
        all.extend([Action::Left, Action::Right]);
        all
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        let (by, window) = (self.0.kind.by, self.0.kind.window);
        match event {
            Event::Shown(place) => {
                self.0.kind.windows.take(&context.data.stats, &BY.map(|(_, name, _)| name));
                let named = place.id.as_deref().map(str::to_lowercase);
                // `:stat node` is by node.
                let is =
                    |named: String| BY.iter().position(|(_, name, _)| named == *name || named == format!("{name}s"));
                match named.and_then(is) {
                    Some(by) => self.choose(by, window, context),
                    None => self.0.update(event, context),
                }
            }
            Event::Data => {
                self.0.kind.windows.take(&context.data.stats, &BY.map(|(_, name, _)| name));
                self.0.update(event, context)
            }
            Event::Action(Action::Right) if !self.0.is_in_detail() => self.choose(by + 1, window, context),
            Event::Action(Action::Left) if !self.0.is_in_detail() => self.choose(by + BY.len() - 1, window, context),
            Event::Action(Action::NextPanel) if !self.0.is_in_detail() => self.choose(by, window + 1, context),
            Event::Action(Action::PreviousPanel) if !self.0.is_in_detail() => {
                self.choose(by, window + SPANS.len() - 1, context)
            }
            Event::Click(Hit::Tab(KINDS, by), _) => self.choose(by, window, context),
            Event::Click(Hit::Tab(WINDOWS, window), _) => self.choose(by, window, context),
            event => self.0.update(event, context),
        }
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let (bar, rest) = split(area, 2, false);
        let kind = &self.0.kind;
        choices::draw(buffer, bar, 1, look, KINDS, (&BY.map(|(title, ..)| title), kind.by));
        let spans = Rect { y: bar.y.saturating_add(1), height: bar.height.saturating_sub(1), ..bar };
        let x = choices::draw(buffer, spans, 1, look, WINDOWS, (&SPANS.map(|(title, _)| title), kind.window));
        let words = match kind.span() {
            (_, 0) => format!("of {} s", (whole(&look.data.stats.value, "window_ms") as f64 / 1_000.0).max(0.1)),
            (_, window) => {
                let seen = kind.windows.seen(window);
                format!("{seen:.0} s seen; P50 on average, P90 to MAX of the worst second")
            }
        };
        let room = usize::from(spans.width.saturating_sub(x + 2));
        put(buffer, spans, x + 1, 0, &fit(&words, room, look.glyphs.more), look.style(Role::Dim));
        self.0.view(buffer, rest, look);
    }

    fn crumb(&self, data: &Data) -> String {
        let (_, by, _) = self.0.kind.by();
        format!("{}  by {by}, {}", self.0.crumb(data), self.0.kind.span().0)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn filter(&self) -> String {
        self.0.filter()
    }

    fn columns(&self) -> Vec<(&'static str, Seen)> {
        Screen::columns(&self.0)
    }
}
