//! The screen `overview`: what goes through the gateway, and what needs attention.

mod panels;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Context, Event, Screen};
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Row, State};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::Mood;
use crate::tui::widgets::table::{Cell, Column, Rows, Table};
use crate::tui::widgets::{Hit, Look, bars, count, ms, notice, panel, split};
use crate::tui::wish::{Place, Wish};

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Overview { table: Table::sorted(1, true), focus: TOP })
}

/// The panels, for the mouse and for the one that is expanded.
const REQUESTS: u8 = 0;
const LATENCY: u8 = 1;
const TOP: u8 = 2;
const ATTENTION: u8 = 3;
const CHANGES: u8 = 4;
const PANELS: u8 = 5;

struct Overview {
    table: Table,
    focus: u8,
}

struct Top;

static COLUMNS: [Column; 6] = [
    Column::text("ROUTE", 0, 10, 32),
    Column::number("RPS", 0, 6),
    Column::number("ERR%", 1, 5),
    Column::number("P50", 3, 6),
    Column::number("P99", 2, 6),
    Column::text("TARGET", 4, 8, 24),
];

impl Rows for Top {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let Some(rate) = data.stats.rate(By::Route, &row.id) else { return Cell::none("-") };
        match column {
            0 if rate.name.is_empty() => Cell::text(crate::output::clean::line(&row.id)),
            0 => Cell::text(rate.name.clone()),
            1 => Cell::number(rate.rps, count(rate.rps)),
            2 => Cell::number(rate.err, format!("{:.1}", rate.err * 100.0)).role(super::routes::error_role(rate.err)),
            3 => Cell::number(rate.p50, ms(rate.p50)),
            4 => Cell::number(rate.p99, ms(rate.p99)),
            _ => panels::target(row, data),
        }
    }
}

impl Overview {
    fn rows(data: &Data) -> Vec<Row> {
        let row = |rate: &crate::tui::data::Rate| match data.object("routes", &rate.id) {
            Some(route) => route.row(),
            None => Row::new(&rate.id, serde_json::Value::Null),
        };
        data.stats.rates(By::Route).iter().map(row).collect()
    }

    fn open(&self, context: &mut Context<'_>) {
        match self.focus {
            TOP => {
                if let Some(row) = self.table.selected() {
                    context.go(Place::id("routes", row.id.to_string()));
                }
            }
            ATTENTION => {
                if let Some(place) = panels::attention(context.data).first().map(|trouble| trouble.place.clone()) {
                    context.go(place);
                }
            }
            CHANGES => context.go(Place::screen("events")),
            _ => context.go(Place::screen("stat")),
        }
    }
}

impl Screen for Overview {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        let lists = ["routes", "services", "upstreams"].map(|name| (Source::List(name), Vec::new()));
        let live = [Source::Nodes, Source::Certs, Source::Events, Source::History].map(|source| (source, Vec::new()));
        lists.into_iter().chain(live).collect()
    }

    fn actions(&self) -> Vec<Action> {
        vec![
            Action::Open,
            Action::Filter,
            Action::Sort,
            Action::Freeze,
            Action::Expand,
            Action::Longer,
            Action::Shorter,
            Action::Tap,
        ]
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        match event {
            Event::Shown(place) => {
                if let Some(filter) = &place.filter
                    && let Ok(filter) = crate::tui::find::Filter::parse(filter)
                {
                    self.table.set_filter(filter, &Top, context.data);
                }
                self.table.refresh(Self::rows(context.data), &Top, context.data);
            }
            Event::Data => self.table.refresh(Self::rows(context.data), &Top, context.data),
            Event::Action(action) => match action {
                Action::Open => self.open(context),
                Action::NextPanel => self.focus = (self.focus + 1) % PANELS,
                Action::PreviousPanel => self.focus = (self.focus + PANELS - 1) % PANELS,
                Action::Tap => {
                    if let Some(row) = self.table.selected() {
                        context.go(Place::filter("traffic", format!("route={}", row.id)));
                    }
                }
                Action::Back if !self.table.filter().is_empty() => {
                    self.table.set_filter(crate::tui::find::Filter::default(), &Top, context.data);
                }
                Action::Refresh => {
                    for source in [Source::Info, Source::Nodes, Source::Certs] {
                        context.wish(Wish::Refresh(source));
                    }
                }
                action => return self.table.act(action, &Top, context.data),
            },
            Event::Filter(text) => {
                if let Ok(filter) = crate::tui::find::Filter::parse(text) {
                    self.table.set_filter(filter, &Top, context.data);
                }
            }
            Event::Click(hit, double) => match hit {
                Hit::Row(TOP, row) => {
                    self.focus = TOP;
                    self.table.go(row);
                    if double {
                        self.open(context);
                    }
                }
                Hit::Head(TOP, column) => self.table.sort_to(column, &Top, context.data),
                Hit::Panel(panel) => {
                    self.focus = panel;
                    if double {
                        self.open(context);
                    }
                }
                _ => return false,
            },
            Event::Wheel(TOP, lines) => self.table.by(lines),
            _ => return false,
        }
        true
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        if look.data.stats.now().is_none() {
            let (mood, lines) = match look.data.state(Source::Stats) {
                State::Failed(failure) => (Mood::Bad, super::list::failed("numbers", failure)),
                _ => (Mood::Off, vec![format!("waiting for the first numbers{}", look.glyphs.more)]),
            };
            return notice(buffer, area, look, mood, &lines);
        }
        if look.expanded {
            return self.panel(buffer, area, look, self.focus);
        }
        let (body, codes) = split(area, area.height.saturating_sub(1), false);
        bars::codes(buffer, codes, look, &panels::codes(look.data));
        // Charts have a third of the height, but not less than their seven lines.
        let upper = (body.height / 3).clamp(9, 18).min(body.height);
        let (charts, lists) = split(body, upper, false);
        let left = if area.width >= 160 { area.width * 2 / 5 } else { area.width / 2 };
        let (requests, latency) = split(charts, left, true);
        self.panel(buffer, requests, look, REQUESTS);
        self.panel(buffer, latency, look, LATENCY);
        let right = if area.width >= 160 { 80 } else { (area.width / 3).max(30) };
        let (top, side) = split(lists, area.width.saturating_sub(right), true);
        self.panel(buffer, top, look, TOP);
        let (attention, changes) = match area.width {
            160.. => split(side, side.width / 2, true),
            _ => split(side, side.height / 2, false),
        };
        self.panel(buffer, attention, look, ATTENTION);
        self.panel(buffer, changes, look, CHANGES);
    }

    fn crumb(&self, _: &Data) -> String {
        let filter = self.table.filter();
        if filter.is_empty() {
            String::new()
        } else {
            format!("overview  filter: {}", crate::output::clean::line(filter.text()))
        }
    }

    fn is_empty(&self) -> bool {
        self.focus == TOP && self.table.selected().is_none()
    }

    fn filter(&self) -> String {
        self.table.filter().text().to_owned()
    }
}

impl Overview {
    fn panel(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, which: u8) {
        let range = crate::tui::app::range_word(look.range);
        let title = match which {
            REQUESTS => "Requests/s".to_owned(),
            LATENCY => format!("Latency ms ({range})"),
            TOP => "Top routes".to_owned(),
            ATTENTION => "Attention".to_owned(),
            _ => "Changes".to_owned(),
        };
        let inside = panel(buffer, area, look, &title, self.focus == which);
        look.hits.add(area, Hit::Panel(which));
        match which {
            REQUESTS => panels::requests(buffer, inside, look),
            LATENCY => panels::latency(buffer, area, inside, look),
            TOP if self.table.counts().1 == 0 => {
                let lines = match look.data.stats.knows(By::Route) {
                    true => ["no requests".to_owned()],
                    false => ["the server does not tell them by route".to_owned()],
                };
                notice(buffer, Rect { y: inside.y.saturating_sub(1), ..inside }, look, Mood::Off, &lines);
            }
            TOP => self.table.draw(buffer, inside, look, &Top, TOP, self.focus == TOP),
            ATTENTION => panels::draw_attention(buffer, inside, look),
            _ => panels::changes(buffer, inside, look),
        }
    }
}
