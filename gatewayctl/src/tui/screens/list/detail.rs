//! The details of the selected row: the tabs that more than one screen has, and what each shows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{DETAIL, Kind, ListScreen};
use crate::links;
use crate::resources::{self, Reference, Resource};
use crate::tui::data::{By, Data, Row, State};
use crate::tui::msg::{Failure, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::{self, Line};
use crate::tui::widgets::{Hit, Look, heat, notice, panel, put, spark, width};

/// Tabs that every screen may have.
pub(crate) const SUMMARY: &str = "Summary";
/// The object itself.
pub(crate) const YAML: &str = "YAML";
/// What it names and what names it.
pub(crate) const REFERENCES: &str = "References";
/// What goes through it.
pub(crate) const TRAFFIC: &str = "Traffic";
/// Its changes.
pub(crate) const HISTORY: &str = "History";

impl<K: Kind> ListScreen<K> {
    pub(super) fn lines(&self, row: &Row, look: &Look<'_>, width: u16) -> Vec<Line> {
        let wide = usize::from(width);
        match self.tab_name() {
            YAML => {
                let lines = text::yaml(self.kind.object(row, look.data).as_ref().unwrap_or(&row.value));
                text::wrapped_yaml(lines, wide)
            }
            REFERENCES if self.kind.resource_of(row).is_some() => {
                let lines = references(self.kind.resource_of(row), self.kind.id_of(row), row, look);
                text::wrapped(lines, wide)
            }
            HISTORY => text::wrapped(history(self.kind.resource_of(row), self.kind.id_of(row), look), wide),
            // Where there are numbers they are drawn.
            TRAFFIC => {
                let words = match self.kind.resource_of(row) {
                    Some(resource) => format!("requests are not counted by {}", resource.singular),
                    None => "how it was before is not kept".to_owned(),
                };
                text::wrapped(vec![Line::of(Role::Dim, words)], wide)
            }
            tab => text::wrapped(self.kind.tab(tab, row, look, width), wide),
        }
    }

    pub(super) fn detail(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, wide: bool) {
        if area.width < 3 || area.height < 2 {
            return;
        }
        look.hits.add(area, Hit::Panel(DETAIL));
        let inside = if wide {
            panel(buffer, area, look, "", self.in_detail)
        } else {
            let role = if self.in_detail { Role::Focus } else { Role::Border };
            let line = look.glyphs.line.to_string().repeat(usize::from(area.width));
            put(buffer, area, 0, 0, &line, look.style(role));
            Rect { y: area.y + 1, height: area.height - 1, ..area }
        };
        let divider = if wide { Rect { width: 1, ..area } } else { Rect { height: 1, ..area } };
        look.hits.add(divider, Hit::Divider(0));
        let Some(row) = self.table.selected() else { return };
        tabs(buffer, inside, look, self.kind.tabs(), self.tab);
        let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        if self.tab_name() == TRAFFIC
            && let Some(by) = self.kind.by_of(row)
        {
            return traffic(buffer, body, look, by, self.kind.id_of(row));
        }
        let body = Rect { x: body.x + 1, width: body.width.saturating_sub(2), ..body };
        let lines = self.lines(row, look, body.width);
        self.scroll.draw(buffer, body, look, &lines);
    }
}

/// `[Summary] Plugins  Target`, with a mark where there are more than have room; the chosen one always has.
pub(crate) fn tabs(buffer: &mut Buffer, area: Rect, look: &Look<'_>, tabs: &[&str], at: usize) {
    // The brackets, and a column between two.
    let wide = |tab: &&str| width(tab) + 3;
    let room = usize::from(area.width).saturating_sub(2);
    let mut first = 0;
    while first < at && tabs.iter().take(at + 1).skip(first).map(wide).sum::<usize>() > room {
        first += 1;
    }
    let more = look.glyphs.more.to_string();
    if first > 0 {
        put(buffer, area, 0, 0, &more, look.style(Role::Dim));
    }
    let mut x = 1;
    for (place, tab) in tabs.iter().enumerate().skip(first) {
        // What comes behind it needs a column for its mark, and one before that.
        let rest = if place + 1 < tabs.len() { 2 } else { 0 };
        if place > at && usize::from(x) + wide(tab) - 1 + rest > usize::from(area.width) {
            put(buffer, area, x, 0, &more, look.style(Role::Dim));
            break;
        }
        let (text, role) = if place == at { (format!("[{tab}]"), Role::Tab) } else { (format!(" {tab} "), Role::Dim) };
        let end = put(buffer, area, x, 0, &text, look.style(role));
        look.hits.add(Rect { x: area.x + x, width: end.saturating_sub(x), height: 1, ..area }, Hit::Tab(DETAIL, place));
        x = end + 1;
    }
}

/// The lines for a source that failed.
pub(crate) fn failed(what: &str, failure: &Failure) -> Vec<String> {
    let clean = |text: &str| crate::output::clean::line(text);
    let mut lines = vec![format!("{what}: {}", clean(&failure.message))];
    lines.extend(failure.hints.iter().map(|hint| clean(hint)));
    lines
}

/// What an object names and what names it, of the lists that are known.
fn references(resource: Option<&'static Resource>, id: &str, row: &Row, look: &Look<'_>) -> Vec<Line> {
    let Some(resource) = resource else { return Vec::new() };
    let mut lines = vec![Line::of(Role::Title, "uses")];
    // What it lives below is used, too.
    let above = Reference::new(resource, id).ok().and_then(|of| of.above());
    let named = links::named(resource.kind, &row.value);
    let named = named.into_iter().filter_map(|(kind, id)| resources::of_kind(kind, &id));
    let named: Vec<Reference> = named.filter(|used| Some(used) != above.as_ref()).collect();
    for used in above.into_iter().chain(named) {
        let there = look.data.object(used.resource.name, &used.id).is_some();
        let known = look.data.state(Source::List(used.resource.name)) == State::Known;
        let line = Line::of(Role::Text, format!("  {used}"));
        lines.push(if known && !there {
            line.with(Role::Bad, format!("  {}", look.mood(Mood::Bad, "missing")))
        } else {
            line
        });
    }
    if lines.len() == 1 {
        lines.push(Line::of(Role::Dim, "  nothing"));
    }
    lines.push(Line::of(Role::Title, "used by"));
    let users = users(look.data, resource, id);
    lines.extend(users.iter().map(|user| Line::of(Role::Text, crate::output::clean::line(&format!("  {user}")))));
    if users.is_empty() {
        lines.push(Line::of(Role::Dim, "  nothing"));
    }
    lines
}

/// Everything that names an object, of the lists that are known.
pub(crate) fn users(data: &Data, resource: &'static Resource, id: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    for of in resources::every() {
        let lives_below = of.parent().is_some_and(|above| above.name == resource.name);
        for object in data.list(of.name).iter() {
            let names =
                links::named(of.kind, &object.value).iter().any(|(kind, named)| *kind == resource.kind && named == id);
            let owns = lives_below && object.id.split('/').next() == Some(id);
            if names || owns {
                found.push(Reference { resource: of, id: object.id.to_string() });
            }
        }
    }
    found
}

fn history(resource: Option<&'static Resource>, id: &str, look: &Look<'_>) -> Vec<Line> {
    let path = resource.map(Resource::path).unwrap_or_default();
    let now = crate::output::clock::Now::at(look.data.now()).relative(true);
    let of_row = |change: &&crate::tui::data::Change| change.resource == path && &*change.id == id;
    let mut seen = std::collections::BTreeSet::new();
    let all = look.data.events.iter().chain(&look.data.history).filter(of_row).filter(|change| seen.insert(change.rev));
    let line = |change: &crate::tui::data::Change| {
        Line::of(Role::Dim, format!("{:>8}  ", now.show(change.at)))
            .with(Role::Text, format!("{} by {}", change.done(), change.by))
            .with(Role::Dim, format!("  rev {}", change.rev))
    };
    let lines: Vec<Line> = all.map(line).collect();
    if lines.is_empty() { vec![Line::of(Role::Dim, "no change of it is known")] } else { lines }
}

/// The numbers of one row over the last minutes.
fn traffic(buffer: &mut Buffer, area: Rect, look: &Look<'_>, by: By, id: &str) {
    use crate::tui::widgets::{count, time};
    let Some(rate) = look.data.stats.rate(by, id) else {
        return notice(buffer, area, look, Mood::Off, &["nothing goes through it now".to_owned()]);
    };
    let numbers = format!(
        "{} requests/s  errors {:.2} %  p50 {}  p99 {}",
        count(rate.rps),
        rate.err * 100.0,
        time(rate.p50),
        time(rate.p99)
    );
    put(buffer, area, 1, 0, &numbers, look.style(Role::Text));
    let (Some(track), Some(now)) = (look.data.stats.track(by, id), look.data.stats.now()) else { return };
    let width = usize::from(area.width.saturating_sub(12));
    let range = look.range.min(300);
    let line = |name: &str, y: u16, buffer: &mut Buffer, values: Vec<(u32, f64)>| {
        let columns = spark::columns(values.into_iter(), now.at, range, width, &[]);
        put(buffer, area, 1, y, name, look.style(Role::Dim));
        put(buffer, area, 11, y, &spark::line(&columns, None, look.glyphs), look.style(Role::Chart));
    };
    let of = |value: fn(&(u32, f32, f32)) -> f32| track.points.iter().map(|p| (p.0, f64::from(value(p)))).collect();
    line("requests", 2, buffer, of(|point| point.1));
    line("p99 ms", 3, buffer, of(|point| point.2));
    if area.height > 8 {
        put(buffer, area, 1, 5, "all requests, latency ms", look.style(Role::Dim));
        let rest = Rect { y: area.y + 6, height: area.height - 6, ..area };
        heat::draw(buffer, rest, look, &look.data.stats);
    }
}
