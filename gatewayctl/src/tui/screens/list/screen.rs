//! A list as a screen: what it takes in, what it offers, and how its two panels are drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{DETAIL, Kind, ListScreen, TABLE, TRAFFIC, failed, has_switch};
use crate::resources;
use crate::tui::action::Action;
use crate::tui::data::{Data, State};
use crate::tui::msg::{Arguments, Source};
use crate::tui::screens::{Context, Event, Screen};
use crate::tui::theme::Mood;
use crate::tui::widgets::table::Seen;
use crate::tui::widgets::{Look, notice, panels};

impl<K: Kind> Screen for ListScreen<K> {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        let mut sources = Kind::sources(&self.kind);
        if self.kind.resource().is_some() {
            // What was done with an object, and what to go back to.
            sources.extend([Source::Events, Source::History].map(|source| (source, Vec::new())));
        }
        sources
    }

    fn actions(&self) -> Vec<Action> {
        let mut all = vec![Action::Open, Action::Yaml, Action::Describe];
        all.extend(self.kind.actions());
        if self.kind.resource().is_some() {
            all.extend([Action::Edit, Action::Delete]);
            if self.kind.resource().is_some_and(has_switch) {
                all.push(Action::Toggle);
            }
            if self.kind.template().is_some() && !self.in_detail {
                all.push(Action::New);
            }
            all.extend([Action::RollBack, Action::References, Action::CopyYaml]);
        }
        if self.in_detail && self.tab_name() == TRAFFIC {
            all.extend([Action::Longer, Action::Shorter]);
        }
        all.extend([Action::CopyId, Action::Mark, Action::Sort, Action::Columns, Action::Filter]);
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|action| seen.insert(*action));
        all
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        match event {
            Event::Shown(place) => self.shown(place, context),
            Event::Data => {
                self.refresh(context.data);
                self.seek(context);
            }
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
            Event::Click(hit, double) => {
                let taken = self.click(hit, double, context);
                self.moved();
                return taken;
            }
            Event::Wheel(DETAIL, lines) => self.scroll.by(lines),
            Event::Wheel(_, lines) => {
                self.table.by(lines);
                self.moved();
            }
            Event::Drag(_, x, y) => {
                let area = context.area;
                let (at, of) = if is_wide(area) {
                    (x.saturating_sub(area.x), area.width)
                } else {
                    (y.saturating_sub(area.y), area.height)
                };
                self.part = (u32::from(at) * 100 / u32::from(of.max(1))).clamp(15, 85) as u16;
            }
            Event::Column(name) => self.table.toggle(name),
            Event::Answer(number, result) => self.kind.answer(number, result, context),
            Event::Filtered | Event::Key(_) | Event::Paste(_) => return false,
        }
        true
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        if let Some((mood, lines)) = self.nothing(look) {
            return notice(buffer, area, look, mood, &lines);
        }
        let wide = is_wide(area);
        let part = if wide { self.part } else { self.part.min(55) };
        let (table, detail) = panels(area, look, self.in_detail, part, wide);
        self.table.draw(buffer, table, look, &self.kind, TABLE, !self.in_detail);
        self.detail(buffer, detail, look, wide);
    }

    fn crumb(&self, data: &Data) -> String {
        let (shown, all) = self.table.counts();
        let filter = self.table.filter();
        let mut crumb = match data.state(self.first_source()) {
            State::Loading => self.kind.name().to_owned(),
            _ if filter.is_empty() => format!("{} ({})", self.kind.name(), self.count_in_words(all)),
            _ => format!(
                "{} ({shown} of {all})  filter: {}",
                self.kind.name(),
                crate::output::clean::line(filter.text())
            ),
        };
        if self.table.marked() > 0 {
            crumb.push_str(&format!("  {} marked", self.table.marked()));
            if self.table.hidden_marks() > 0 {
                crumb.push_str(&format!(", {} of them hidden", self.table.hidden_marks()));
            }
        }
        crumb
    }

    fn is_empty(&self) -> bool {
        self.table.selected().is_none()
    }

    fn filter(&self) -> String {
        if self.in_detail { self.search.clone() } else { self.table.filter().text().to_owned() }
    }

    fn columns(&self) -> Vec<(&'static str, Seen)> {
        self.table.columns(&self.kind)
    }
}

/// From so many columns on the details are beside the table.
fn is_wide(area: Rect) -> bool {
    area.width >= 120
}

impl<K: Kind> ListScreen<K> {
    /// `4`, or `2, 2 credentials` where there are rows of several kinds.
    fn count_in_words(&self, all: usize) -> String {
        let name = self.kind.name();
        let mut others = self.counted.iter().filter(|(of, _)| **of != name).peekable();
        if others.peek().is_none() {
            return all.to_string();
        }
        let one = |of: &str| resources::find(of).map_or("object", |resource| resource.singular);
        let other = |(of, count): (&&'static str, &usize)| match count {
            1 => format!(", 1 {}", one(of)),
            count => format!(", {count} {of}"),
        };
        let own = self.counted.get(name).copied().unwrap_or_default();
        format!("{own}{}", others.map(other).collect::<String>())
    }

    fn first_source(&self) -> Source {
        Kind::sources(&self.kind).first().map_or(Source::Info, |(source, _)| *source)
    }

    /// What is shown in the place of a table without rows.
    fn nothing(&self, look: &Look<'_>) -> Option<(Mood, Vec<String>)> {
        let (shown, all) = self.table.counts();
        if all == 0 {
            return Some(match look.data.state(self.first_source()) {
                State::Loading => (Mood::Off, vec![format!("loading {}{}", self.kind.name(), look.glyphs.more)]),
                State::Failed(failure) => (Mood::Bad, failed(self.kind.name(), failure)),
                State::Known => (Mood::Off, vec![self.kind.empty()]),
            });
        }
        if shown == 0 {
            return Some((Mood::Off, self.table.none_left()));
        }
        None
    }
}
