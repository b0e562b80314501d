//! The screen `traffic`: requests as they end.

mod detail;
mod filter;
mod rows;

use std::collections::HashMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use self::detail::TABS;
use self::filter::Filter;
use self::rows::Requests;
use super::list::{SUMMARY, YAML};
use super::{Context, Event, Screen};
use crate::commands::traffic::curl;
use crate::output::clean;
use crate::tui::action::Action;
use crate::tui::data::{Data, Row, State, text};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{Seen, Table};
use crate::tui::widgets::text::Scroll;
use crate::tui::widgets::{Hit, Look, count, fit, notice, panel, panels, put, split};
use crate::tui::wish::{Place, Wish};

/// The panels, for the mouse.
const TABLE: u8 = 0;
const DETAIL: u8 = 1;

/// Seconds over which the rate of what is shown is counted.
const WINDOW: f64 = 5.0;

/// What can be asked for.
const HINT: &str = "filters are like status>=400 && route=pay, path=/pay/*, sample=0.1";

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Traffic::default())
}

struct Traffic {
    table: Table,
    /// How many rows the tap had, and where its newest one lies in memory.
    newest: Option<(usize, Option<usize>)>,
    /// All rows: those of the tap, or as they were when it was paused.
    rows: Vec<Row>,
    /// What the gateway is asked for.
    filter: Filter,
    /// What is typed, and only looked at here.
    typed: Option<Filter>,
    paused: bool,
    /// The newest row is selected, whatever comes.
    follows: bool,
    sorted: bool,
    /// Whether fields of heads may be asked for; nothing is known at first.
    viewer: Option<bool>,
    forbidden: bool,
    in_detail: bool,
    tab: usize,
    scroll: Scroll,
    search: String,
    /// The part of the table, in percent.
    part: u16,
    shown: Option<Arc<str>>,
}

impl Default for Traffic {
    fn default() -> Traffic {
        Traffic {
            table: Table::default(),
            newest: None,
            rows: Vec::new(),
            filter: Filter::default(),
            typed: None,
            paused: false,
            follows: true,
            sorted: false,
            viewer: None,
            forbidden: false,
            in_detail: false,
            tab: 0,
            scroll: Scroll::default(),
            search: String::new(),
            part: 58,
            shown: None,
        }
    }
}

impl Traffic {
    fn now(&self) -> &Filter {
        self.typed.as_ref().unwrap_or(&self.filter)
    }

    fn tab_name(&self) -> &'static str {
        TABS.get(self.tab).copied().unwrap_or(SUMMARY)
    }

    fn set_tab(&mut self, name: &str) {
        self.tab = TABS.iter().position(|tab| *tab == name).unwrap_or_default();
        self.in_detail = true;
        self.scroll.reset();
    }

    fn refresh(&mut self, data: &Data) {
        let forbidden = matches!(data.state(Source::Tap), State::Failed(failure) if failure.status == Some(403));
        // Who was refused because of the fields does without them.
        self.forbidden |= forbidden && self.viewer == Some(false);
        if !data.info.version.is_empty() || data.info.viewer {
            self.viewer = Some(data.info.viewer || self.forbidden);
        }
        let newest = data.tap.back().map(|row| Arc::as_ptr(&row.value) as usize);
        if !self.paused && self.newest.replace((data.tap.len(), newest)) != Some((data.tap.len(), newest)) {
            self.rows = named(data);
            self.arrange(data);
        }
    }

    /// Leaves out the rows that the filter does not want.
    fn arrange(&mut self, data: &Data) {
        let filter = self.typed.as_ref().unwrap_or(&self.filter);
        let rows = self.rows.iter().filter(|row| filter.holds(&row.value)).cloned().collect();
        self.table.refresh(rows, &Requests, data);
        if self.table.filter().text() != filter.rest().text() {
            let rest = filter.rest().clone();
            self.table.set_filter(rest, &Requests, data);
        }
        if self.follows && !self.sorted && !self.paused {
            self.table.go(usize::MAX);
        }
        self.moved();
    }

    /// Another request begins at its top.
    fn moved(&mut self) {
        let selected = self.table.selected().map(|row| row.id.clone());
        if selected != self.shown {
            self.shown = selected;
            self.scroll.reset();
        }
    }

    /// Looks for what is typed so far in what is there.
    fn filter_by(&mut self, text: &str, data: &Data) {
        if let Ok(filter) = Filter::parse(text) {
            self.typed = Some(filter);
            self.arrange(data);
        }
    }

    /// What was typed is what the gateway is asked for from now on.
    fn filtered(&mut self) {
        if let Some(filter) = self.typed.take() {
            self.filter = filter;
        }
    }

    fn set_filter(&mut self, text: &str, data: &Data) {
        if let Ok(filter) = Filter::parse(text) {
            self.filter = filter;
            self.typed = None;
            self.arrange(data);
        }
    }

    fn pause(&mut self, data: &Data) {
        self.paused = !self.paused;
        self.newest = None;
        self.refresh(data);
    }

    /// Rows that came while nothing moves.
    fn waiting(&self, data: &Data) -> usize {
        let last = self.rows.last().map(|row| &row.value);
        match last {
            Some(last) => data.tap.iter().rev().take_while(|row| !Arc::ptr_eq(&row.value, last)).count(),
            None => data.tap.len(),
        }
    }
}

/// The rows of the tap, each with an id of its own: clients may give several requests the same.
fn named(data: &Data) -> Vec<Row> {
    let mut counts: HashMap<&str, usize> = HashMap::with_capacity(data.tap.len());
    for row in &data.tap {
        *counts.entry(&row.id).or_default() += 1;
    }
    let row = |row: &Row| match counts.get(&*row.id) {
        Some(1) | None => row.clone(),
        // Where it lies in memory does not change as long as it is there.
        Some(_) => {
            let place = Arc::as_ptr(&row.value) as usize;
            Row { id: format!("{}#{place:x}", row.id).into(), value: Arc::clone(&row.value) }
        }
    };
    data.tap.iter().map(row).collect()
}

impl Screen for Traffic {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        let mut arguments = self.filter.arguments();
        if self.viewer == Some(false) {
            arguments.push(("headers", "1".to_owned()));
        }
        vec![(Source::Tap, arguments)]
    }

    fn actions(&self) -> Vec<Action> {
        vec![
            Action::Pause,
            Action::Open,
            Action::Explain,
            Action::Target,
            Action::CopyCurl,
            Action::Filter,
            Action::Tap,
            Action::Describe,
            Action::Yaml,
            Action::CopyId,
            Action::CopyYaml,
            Action::Sort,
            Action::Columns,
            Action::Refresh,
        ]
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        match event {
            Event::Shown(place) => {
                // Whoever asks for other requests wants to see them come.
                self.paused &= place.filter.is_none();
                self.newest = None;
                self.refresh(context.data);
                if let Some(filter) = &place.filter {
                    self.set_filter(filter, context.data);
                }
                if let Some(id) = &place.id {
                    self.follows = !self.table.select(id);
                    self.moved();
                }
            }
            Event::Data => self.refresh(context.data),
            Event::Action(action) => {
                let taken = self.act(action, context);
                self.moved();
                return taken;
            }
            Event::Filter(text) if self.in_detail => {
                text.clone_into(&mut self.search);
                self.scroll.search(text);
            }
            Event::Filter(text) => self.filter_by(text, context.data),
            Event::Filtered => self.filtered(),
            Event::Click(hit, double) => return self.click(hit, double, context.data),
            Event::Wheel(DETAIL, lines) => self.scroll.by(lines),
            Event::Wheel(_, lines) => {
                self.table.by(lines);
                self.stands();
                self.moved();
            }
            Event::Drag(_, x, y) => self.drag(context.area, x, y),
            Event::Column(name) => self.table.toggle(name),
            Event::Key(_) | Event::Paste(_) | Event::Answer(..) => return false,
        }
        true
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        if let Some((mood, lines)) = self.nothing(look) {
            return notice(buffer, area, look, mood, &lines);
        }
        let beside = is_beside(area);
        let (table, detail) = panels(area, look, self.in_detail, self.part, beside);
        self.table(buffer, table, look);
        self.detail(buffer, detail, look, beside);
    }

    fn crumb(&self, data: &Data) -> String {
        let filter = clean::line(self.now().text());
        let filter = if filter.is_empty() { String::new() } else { format!("  {filter}") };
        if self.paused {
            return format!(
                "traffic{filter}  paused, {} new, {} dropped",
                self.waiting(data),
                count(data.dropped as f64)
            );
        }
        let newest = data.now_ms as f64 / 1_000.0;
        let ts = |row: &&Row| crate::tui::data::number(&row.value, "ts") > newest - WINDOW;
        let rate = self.table.shown().filter(ts).count() as f64 / WINDOW;
        let all = data.stats.now().map(|now| format!(" of {}/s", count(f64::from(now.rps)))).unwrap_or_default();
        format!("traffic{filter}  {}/s shown{all}, {} dropped", count(rate), count(data.dropped as f64))
    }

    fn is_empty(&self) -> bool {
        self.table.selected().is_none()
    }

    fn filter(&self) -> String {
        if self.in_detail { self.search.clone() } else { self.now().to_go_on() }
    }

    fn columns(&self) -> Vec<(&'static str, Seen)> {
        self.table.columns(&Requests)
    }
}

/// From so many columns on the details are beside the table.
fn is_beside(area: Rect) -> bool {
    area.width >= 160
}

impl Traffic {
    fn act(&mut self, action: Action, context: &mut Context<'_>) -> bool {
        if self.in_detail && self.act_in_detail(action, context) {
            return true;
        }
        match action {
            Action::Pause | Action::Mark => self.pause(context.data),
            Action::Open if self.table.selected().is_some() => self.in_detail = true,
            Action::Back if self.in_detail => self.in_detail = false,
            Action::Back if !self.now().is_empty() => self.set_filter("", context.data),
            Action::NextPanel | Action::PreviousPanel => self.in_detail = !self.in_detail,
            Action::Describe => self.set_tab(SUMMARY),
            Action::Yaml => self.set_tab(YAML),
            Action::Left | Action::Right => {
                let step = if action == Action::Right { 1 } else { TABS.len() - 1 };
                self.tab = (self.tab + step) % TABS.len();
                self.scroll.reset();
            }
            Action::Refresh => {
                self.rows.clear();
                self.arrange(context.data);
                context.wish(Wish::Clear(Source::Tap));
                context.wish(Wish::Refresh(Source::Tap));
            }
            action if self.act_on_request(action, context) => {}
            action => {
                let sorts = matches!(action, Action::Sort | Action::Reverse | Action::ColumnLeft | Action::ColumnRight);
                self.sorted |= sorts;
                let taken = self.table.act(action, &Requests, context.data);
                self.stands();
                return taken;
            }
        }
        true
    }

    /// Who has left the newest row no longer follows; who is at it does.
    fn stands(&mut self) {
        let newest = self.table.shown().last().map(|row| &row.id);
        self.follows = self.table.selected().map(|row| &row.id) == newest;
    }

    fn act_in_detail(&mut self, action: Action, context: &Context<'_>) -> bool {
        if matches!(action, Action::NextMatch | Action::PreviousMatch) {
            let tab = self.tab_name();
            let row = self.table.selected();
            let lines = row.map(|row| {
                detail::lines(tab, row, context.glyphs.none, self.viewer == Some(true), self.scroll.width())
            });
            let lines = lines.unwrap_or_default();
            self.scroll.next_match(&lines, action == Action::NextMatch);
            return true;
        }
        !matches!(action, Action::Left | Action::Right) && self.scroll.act(action)
    }

    fn act_on_request(&mut self, action: Action, context: &mut Context<'_>) -> bool {
        let Some(row) = self.table.selected().cloned() else { return false };
        let value = &*row.value;
        let route = value.pointer("/route/id").and_then(Value::as_str).map(str::to_owned);
        match action {
            Action::Explain => context.go(Place::id("explain", detail::question(value).to_string())),
            Action::CopyCurl if value.get("dubbo").is_some_and(Value::is_object) => {
                context.say(Mood::Warn, "curl does not speak Dubbo; i on the screen rpc calls a method");
            }
            Action::CopyCurl => {
                let line = curl(value);
                if line.contains("***") {
                    context.say(Mood::Warn, "secrets in it are ***: put yours in their place");
                }
                context.wish(Wish::Copy(line, "curl command"));
            }
            Action::CopyId => context.wish(Wish::Copy(text(value, "id").to_owned(), "id")),
            Action::CopyYaml => {
                let shown = crate::output::mask::masked(value, false);
                context.wish(Wish::Copy(crate::output::yaml::to_string(&shown).unwrap_or_default(), "YAML"));
            }
            Action::Target => match route {
                Some(route) => context.go(Place::id("routes", route)),
                None => context.say(Mood::Off, "no route took it; x says why"),
            },
            Action::Tap => match route {
                Some(route) => self.set_filter(&format!("route={route}"), context.data),
                None => context.say(Mood::Off, "no route took it"),
            },
            _ => return false,
        }
        true
    }

    fn click(&mut self, hit: Hit, double: bool, data: &Data) -> bool {
        match hit {
            Hit::Row(TABLE, row) => {
                self.table.go(row);
                self.in_detail = double;
                self.stands();
            }
            Hit::Head(TABLE, column) => {
                self.sorted = true;
                self.table.sort_to(column, &Requests, data);
            }
            Hit::Tab(DETAIL, tab) => {
                self.tab = tab.min(TABS.len() - 1);
                self.in_detail = true;
                self.scroll.reset();
            }
            Hit::Panel(panel) => self.in_detail = panel == DETAIL,
            _ => return false,
        }
        self.moved();
        true
    }

    fn drag(&mut self, area: Rect, x: u16, y: u16) {
        let (at, of) = match is_beside(area) {
            true => (x.saturating_sub(area.x), area.width),
            false => (y.saturating_sub(area.y), area.height),
        };
        self.part = (u32::from(at) * 100 / u32::from(of.max(1))).clamp(15, 85) as u16;
    }

    /// What is shown in the place of a table without rows.
    fn nothing(&self, look: &Look<'_>) -> Option<(Mood, Vec<String>)> {
        if self.table.counts().0 > 0 {
            return None;
        }
        Some(match look.data.state(Source::Tap) {
            State::Failed(failure) => (Mood::Bad, super::list::failed("traffic", failure)),
            _ if !self.rows.is_empty() => {
                let filter = clean::line(self.now().text());
                let line = format!("none of the last {} requests matches {filter}", self.rows.len());
                (Mood::Off, vec![line, "Esc shows all".to_owned()])
            }
            State::Loading => (Mood::Off, vec![format!("waiting for requests{}", look.glyphs.more), HINT.to_owned()]),
            State::Known => (Mood::Off, vec!["no requests yet".to_owned(), HINT.to_owned()]),
        })
    }

    fn table(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let State::Failed(failure) = look.data.state(Source::Tap) else {
            return self.table.draw(buffer, area, look, &Requests, TABLE, !self.in_detail);
        };
        // Rows from before stay, with what went wrong below them.
        let (table, line) = split(area, area.height.saturating_sub(1), false);
        self.table.draw(buffer, table, look, &Requests, TABLE, !self.in_detail);
        let why = look.mood(Mood::Bad, &clean::line(&failure.message));
        put(
            buffer,
            line,
            1,
            0,
            &fit(&why, usize::from(line.width.saturating_sub(2)), look.glyphs.more),
            look.style(Role::Bad),
        );
    }

    fn detail(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, beside: bool) {
        if area.width < 3 || area.height < 3 {
            return;
        }
        look.hits.add(area, Hit::Panel(DETAIL));
        let Some(row) = self.table.selected() else { return };
        let title = format!("request {}", clean::line(text(&row.value, "id")));
        let inside = panel(buffer, area, look, &title, self.in_detail);
        let divider = if beside { Rect { width: 1, ..area } } else { Rect { height: 1, ..area } };
        look.hits.add(divider, Hit::Divider(0));
        super::list::tabs(buffer, inside, look, &TABS, self.tab);
        let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let (_, mut body) = split(body, 1, false);
        if self.tab_name() == SUMMARY && body.height > 0 {
            let (first, rest) = split(body, 1, false);
            detail::timing(buffer, first, look, row);
            body = rest;
        }
        let wide = usize::from(body.width);
        let lines = detail::lines(self.tab_name(), row, look.glyphs.none, self.viewer == Some(true), wide);
        if body.height > 0 {
            self.scroll.draw(buffer, body, look, &lines);
        }
    }
}
