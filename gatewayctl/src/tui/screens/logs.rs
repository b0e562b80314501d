//! The screen `logs`: what the gateway says of itself, or its access log, as it comes.

mod lines;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use regex::{Regex, RegexBuilder};

use self::lines::{LEVELS, Lines, STATUSES};
use super::list::ListScreen;
use super::{Context, Event, Screen};
use crate::output::clean;
use crate::tui::action::Action;
use crate::tui::data::{Data, text};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{Seen, Table};
use crate::tui::widgets::{Hit, Look, choices, fit, put, split};
use crate::tui::wish::Wish;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Logs {
        list: ListScreen::new(Lines::default(), Table::default()),
        follows: true,
        paused: false,
        search: String::new(),
        taken: None,
    })
}

/// The words above the table, for the mouse.
const WHICH: u8 = 2;
const LEVEL: u8 = 3;

struct Logs {
    list: ListScreen<Lines>,
    /// The newest line is selected whenever one comes.
    follows: bool,
    /// New lines wait.
    paused: bool,
    /// What is searched for, as it was typed.
    search: String,
    /// The newest line that the table has.
    taken: Option<Arc<str>>,
}

impl Logs {
    fn refresh(&mut self, context: &mut Context<'_>) -> bool {
        self.taken = newest(context.data);
        self.list.update(Event::Data, context);
        if self.follows {
            self.list.go(usize::MAX);
        }
        true
    }

    fn is_at_end(&self) -> bool {
        let id = |row: &crate::tui::data::Row| Arc::clone(&row.id);
        self.list.table.selected().map(id) == self.list.table.shown().last().map(id)
    }

    /// Of which log, from which level on.
    fn choose(&mut self, access: bool, level: usize, context: &mut Context<'_>) -> bool {
        if access != self.list.kind.access {
            self.list.kind.access = access;
            self.list.kind.component = None;
            (self.follows, self.paused) = (true, false);
            context.wish(Wish::Clear(Source::Logs));
        }
        self.list.kind.level = level.min(LEVELS.len() - 1);
        self.refresh(context)
    }

    fn act(&mut self, action: Action, context: &mut Context<'_>) -> bool {
        let Lines { access, level, .. } = self.list.kind;
        if !self.list.is_in_detail() {
            match action {
                Action::Right => return self.choose(access, level + 1, context),
                Action::Left => return self.choose(access, self.shown_level().saturating_sub(1), context),
                Action::NextPanel | Action::PreviousPanel => return self.choose(!access, level, context),
                Action::NextMatch | Action::PreviousMatch => return self.next(action == Action::NextMatch),
                Action::Back if !self.search.is_empty() => return self.search_for(""),
                Action::Back if self.list.kind.component.is_some() => {
                    self.list.kind.component = None;
                    return self.refresh(context);
                }
                _ => {}
            }
        }
        match action {
            Action::Pause => {
                self.paused = !self.paused;
                return self.paused || self.refresh(context);
            }
            Action::Target => return self.component(context),
            // Lines stay in the order in which they came.
            Action::Sort | Action::Reverse | Action::ColumnLeft | Action::ColumnRight => return true,
            _ => {}
        }
        let taken = self.list.update(Event::Action(action), context);
        let moves = [
            Action::Down,
            Action::Up,
            Action::HalfDown,
            Action::HalfUp,
            Action::PageDown,
            Action::PageUp,
            Action::Top,
            Action::Bottom,
            Action::Mark,
        ];
        if self.list.is_in_detail() {
            // What is read stays.
            self.follows = false;
        } else if moves.contains(&action) {
            self.follows = self.is_at_end();
        } else if self.follows {
            self.list.go(usize::MAX);
        }
        taken
    }

    /// Only what comes from where the selected line does, or from everywhere again.
    fn component(&mut self, context: &mut Context<'_>) -> bool {
        let selected = self.list.table.selected().map(|row| text(&row.value, "target").to_owned());
        self.list.kind.component = match self.list.kind.component {
            Some(_) => None,
            None => selected.filter(|component| !component.is_empty()),
        };
        self.refresh(context)
    }

    /// The level as it is shown: of an access log there are fewer.
    fn shown_level(&self) -> usize {
        let most = if self.list.kind.access { STATUSES.len() } else { LEVELS.len() };
        self.list.kind.level.min(most - 1)
    }

    /// What is to be found: a regular expression; one that is none yet, while it is typed, leaves that of before.
    fn search_for(&mut self, pattern: &str) -> bool {
        let built = RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
        pattern.clone_into(&mut self.search);
        match built {
            _ if pattern.is_empty() => self.list.kind.search = None,
            Ok(regex) => self.list.kind.search = Some(regex),
            Err(_) => return true,
        }
        let found =
            |regex: &Regex| self.list.table.selected().is_some_and(|row| regex.is_match(&lines::plain(&row.value)));
        if !self.list.kind.search.as_ref().is_none_or(found) {
            self.next(false);
        }
        true
    }

    /// To the next line with what is searched for, or the one before; without a search all that are shown are found.
    fn next(&mut self, forward: bool) -> bool {
        let Some(selected) = self.list.table.selected().map(|row| Arc::clone(&row.id)) else { return true };
        let search = self.list.kind.search.as_ref();
        let (mut at, mut before, mut after) = (false, None, None);
        for (place, row) in self.list.table.shown().enumerate() {
            if row.id == selected {
                at = true;
            } else if search.is_none_or(|search| search.is_match(&lines::plain(&row.value))) {
                match at {
                    false => before = Some(place),
                    true => {
                        after = Some(place);
                        break;
                    }
                }
            }
        }
        if let Some(place) = if forward { after } else { before } {
            self.list.go(place);
            self.follows = self.is_at_end();
        }
        true
    }

    /// `▶ following` and what is left out.
    fn status(&self, look: &Look<'_>) -> (String, Role) {
        let (shown, all) = self.list.table.counts();
        let (running, paused) = look.glyphs.play;
        let (mut words, role) = if self.paused {
            let waiting = look.data.logs.iter().rev().take_while(|row| Some(&row.id) != self.taken.as_ref()).count();
            (format!("{paused} paused, {waiting} new"), Role::Warn)
        } else if self.follows {
            (format!("{running} following, {shown} lines"), Role::Good)
        } else {
            let key = look.bindings.key(Action::Bottom).unwrap_or_default();
            (format!("{} stays, {shown} lines, {key} follows", look.glyphs.mood(Mood::Off)), Role::Dim)
        };
        if shown != all {
            words.push_str(&format!(" of {all}"));
        }
        if let Some(component) = &self.list.kind.component {
            words.push_str(&format!("  component {}", clean::line(component)));
        }
        if !self.search.is_empty() {
            words.push_str(&format!("  search {}", clean::line(&self.search)));
        }
        (words, role)
    }
}

/// The newest line that is known.
fn newest(data: &Data) -> Option<Arc<str>> {
    data.logs.back().map(|row| Arc::clone(&row.id))
}

impl Screen for Logs {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        Screen::sources(&self.list)
    }

    fn actions(&self) -> Vec<Action> {
        let mut all = vec![
            Action::Open,
            Action::Filter,
            Action::Pause,
            Action::NextPanel,
            Action::NextMatch,
            Action::PreviousMatch,
            Action::Bottom,
            Action::Left,
            Action::Right,
            Action::Target,
        ];
        let own = self.list.actions();
        all.extend(own.into_iter().filter(|action| !matches!(action, Action::Sort)));
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|action| seen.insert(*action));
        all
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        let Lines { access, level, .. } = self.list.kind;
        match event {
            Event::Shown(place) => match place.id.as_deref() {
                Some("access") => self.choose(true, level, context),
                Some("error" | "gateway") => self.choose(false, level, context),
                _ => {
                    self.paused = false;
                    self.list.update(event, context) && self.refresh(context)
                }
            },
            Event::Data if self.paused || self.taken == newest(context.data) => true,
            Event::Data => self.refresh(context),
            Event::Action(action) => self.act(action, context),
            Event::Filter(text) if !self.list.is_in_detail() => match text.strip_prefix('~') {
                Some(pattern) => self.search_for(pattern),
                None => {
                    self.search.clear();
                    self.list.kind.search = None;
                    self.list.update(event, context);
                    if self.follows {
                        self.list.go(usize::MAX);
                    }
                    true
                }
            },
            Event::Click(Hit::Tab(WHICH, which), _) => self.choose(which == 1, level, context),
            Event::Click(Hit::Tab(LEVEL, level), _) => self.choose(access, level, context),
            Event::Click(Hit::Head(..), _) => true,
            event => {
                let taken = self.list.update(event, context);
                self.follows = self.is_at_end();
                taken
            }
        }
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let (bar, rest) = split(area, 2, false);
        let which = usize::from(self.list.kind.access);
        let x = choices::draw(buffer, bar, 1, look, WHICH, (&["Gateway log", "Access log"], which));
        let (title, levels): (_, &[&str]) =
            if self.list.kind.access { ("status", &STATUSES) } else { ("level", &LEVELS) };
        let x = put(buffer, bar, x + 3, 0, title, look.style(Role::Dim));
        choices::draw(buffer, bar, x + 1, look, LEVEL, (levels, self.shown_level()));
        let below = Rect { y: bar.y.saturating_add(1), height: bar.height.saturating_sub(1), ..bar };
        let (words, role) = self.status(look);
        let words = fit(&words, usize::from(below.width.saturating_sub(2)), look.glyphs.more);
        put(buffer, below, 1, 0, &words, look.style(role));
        self.list.view(buffer, rest, look);
    }

    fn crumb(&self, data: &Data) -> String {
        let crumb = self.list.crumb(data);
        if self.list.kind.access { format!("{crumb}  access") } else { crumb }
    }

    fn is_empty(&self) -> bool {
        Screen::is_empty(&self.list)
    }

    fn filter(&self) -> String {
        if self.search.is_empty() || self.list.is_in_detail() {
            return self.list.filter();
        }
        format!("~{}", self.search)
    }

    fn columns(&self) -> Vec<(&'static str, Seen)> {
        Screen::columns(&self.list)
    }
}
