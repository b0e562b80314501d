//! The screen of most resources: a table, and below or beside it the details of the selected row in tabs. A [`Kind`] gives
//! columns, rows, tabs and what else can be done; everything that such screens share is here.

mod detail;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};

pub(crate) use detail::{HISTORY, REFERENCES, SUMMARY, TRAFFIC, YAML, failed, tabs, users};

use super::{Context, Event, Screen};
use crate::resources::{self, Reference, Resource};
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Row, Shared, State};
use crate::tui::find::Filter;
use crate::tui::msg::{Arguments, Failure, Source};
use crate::tui::theme::Mood;
use crate::tui::widgets::table::{Rows, Table};
use crate::tui::widgets::text::{Line, Scroll};
use crate::tui::widgets::{Hit, Hits, Look, notice, split};
use crate::tui::wish::{Place, Wish};

/// The panels of the screen, for the mouse.
const TABLE: u8 = 0;
const DETAIL: u8 = 1;

/// What one such screen is about.
pub(crate) trait Kind: Rows {
    /// The name of the screen.
    fn name(&self) -> &'static str;

    /// The resource of its rows, where they are stored objects whose ids are the rows' ids.
    fn resource(&self) -> Option<&'static Resource> {
        resources::find(self.name()).ok()
    }

    /// The resource of one row, where rows are of several.
    fn resource_of(&self, _row: &Row) -> Option<&'static Resource> {
        self.resource()
    }

    /// The id of what a row stands for, where rows have ids of their own.
    fn id_of<'r>(&self, row: &'r Row) -> &'r str {
        &row.id
    }

    /// The rows that are meant by an id that comes from elsewhere, the best first.
    fn rows_of(&self, id: &str) -> Vec<String> {
        vec![id.to_owned()]
    }

    /// What it has to be told; the first one is that of its rows.
    fn sources(&self) -> Vec<(Source, Arguments)>;

    /// All rows. Called whenever something is told, so it shares rather than copies.
    fn rows(&self, data: &Data) -> Vec<Row>;

    /// The tabs of the details. [`YAML`] and [`REFERENCES`] and [`TRAFFIC`] are drawn here, others by [`Kind::tab`].
    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, YAML, REFERENCES]
    }

    /// The lines of a tab.
    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, width: u16) -> Vec<Line>;

    /// What can be done on this screen alone or in its own way.
    fn actions(&self) -> &'static [Action] {
        &[]
    }

    /// Does one of [`Kind::actions`], or what all such screens have in its own way. The rows are the marked ones, or the
    /// selected one.
    fn act(&mut self, _action: Action, _rows: &[Row], _context: &mut Context<'_>) -> bool {
        false
    }

    /// By what the numbers of a row are broken down, for the tab [`TRAFFIC`].
    fn by(&self) -> Option<By> {
        None
    }

    /// The same of one row, where rows are of several resources.
    fn by_of(&self, _row: &Row) -> Option<By> {
        self.by()
    }

    /// Where `o` goes.
    fn target(&self, _row: &Row, _data: &Data) -> Option<Place> {
        None
    }

    /// Where `t` goes: the filter of the tap.
    fn tap(&self, _row: &Row) -> Option<String> {
        None
    }

    /// What `N` begins with.
    fn template(&self) -> Option<Value> {
        None
    }

    /// The stored object of a row, where that is not its value: for YAML.
    fn object(&self, _row: &Row, _data: &Data) -> Option<Shared> {
        None
    }

    /// Whether new rows come in front, and the first row stays selected until the user goes to another one.
    fn follows(&self) -> bool {
        false
    }

    /// What an answer to a call of [`Kind::act`] is for.
    fn answer(&mut self, _number: u32, _result: &Result<Value, Failure>, _context: &mut Context<'_>) {}

    /// What stands where there are no rows.
    fn empty(&self) -> String {
        format!("no {}", self.name())
    }
}

/// Such a screen.
pub(crate) struct ListScreen<K> {
    pub(crate) kind: K,
    pub(crate) table: Table,
    tab: usize,
    scroll: Scroll,
    /// The details have the keys.
    in_detail: bool,
    /// The part of the table, in percent.
    part: u16,
    search: String,
    /// What was selected when the scroll was where it is.
    shown: Option<std::sync::Arc<str>>,
    /// The id of what is to be selected once it is known.
    wanted: Option<String>,
}

impl<K: Kind> ListScreen<K> {
    pub(crate) fn new(kind: K, table: Table) -> ListScreen<K> {
        let (scroll, search) = (Scroll::default(), String::new());
        ListScreen { kind, table, tab: 0, scroll, in_detail: false, part: 60, search, shown: None, wanted: None }
    }

    /// Whether the details have the keys.
    pub(crate) fn is_in_detail(&self) -> bool {
        self.in_detail
    }

    /// To a row, counted from the first that is shown.
    pub(crate) fn go(&mut self, place: usize) {
        self.table.go(place);
        self.moved();
    }

    fn tab_name(&self) -> &'static str {
        self.kind.tabs().get(self.tab).copied().unwrap_or(SUMMARY)
    }

    fn set_tab(&mut self, name: &str) {
        if let Some(place) = self.kind.tabs().iter().position(|tab| *tab == name) {
            self.tab = place;
            self.scroll.reset();
        }
    }

    /// The objects that an action is for.
    fn references(&self) -> Vec<Reference> {
        self.table.chosen().into_iter().filter_map(|row| self.reference(row)).collect()
    }

    /// The object of a row.
    fn reference(&self, row: &Row) -> Option<Reference> {
        Reference::new(self.kind.resource_of(row)?, self.kind.id_of(row)).ok()
    }

    fn selected(&self) -> Option<Row> {
        self.table.selected().cloned()
    }

    fn show_detail(&mut self, tab: &str) -> bool {
        self.set_tab(tab);
        self.in_detail = true;
        true
    }

    fn act(&mut self, action: Action, context: &mut Context<'_>) -> bool {
        let rows: Vec<Row> = self.table.chosen().into_iter().cloned().collect();
        if matches!(action, Action::Toggle | Action::Delete)
            && let Some(why) = self.table.hides_all()
        {
            context.say(Mood::Warn, why);
            return true;
        }
        if !rows.is_empty() && self.kind.act(action, &rows, context) {
            return true;
        }
        if self.in_detail && self.act_in_detail(action, context) {
            return true;
        }
        if self.act_on_objects(action, context) {
            return true;
        }
        match action {
            Action::Open if self.table.selected().is_some() => self.in_detail = true,
            Action::Back if self.in_detail => self.in_detail = false,
            Action::Back if self.table.marked() > 0 => {
                return self.table.act(Action::MarkNone, &self.kind, context.data);
            }
            Action::Back if !self.table.filter().is_empty() => {
                self.table.set_filter(Filter::default(), &self.kind, context.data);
            }
            Action::NextPanel | Action::PreviousPanel => self.in_detail = !self.in_detail,
            Action::Yaml => return self.show_detail(YAML),
            Action::Describe => return self.show_detail(SUMMARY),
            Action::References => return self.show_detail(REFERENCES),
            Action::Refresh => {
                for (source, _) in Screen::sources(self) {
                    context.wish(Wish::Refresh(source));
                }
            }
            Action::Left | Action::Right => self.next_tab(action == Action::Right),
            action => return self.table.act(action, &self.kind, context.data),
        }
        true
    }

    fn next_tab(&mut self, forward: bool) {
        let tabs = self.kind.tabs().len().max(1);
        self.tab = (self.tab + if forward { 1 } else { tabs - 1 }) % tabs;
        self.scroll.reset();
    }

    fn act_in_detail(&mut self, action: Action, context: &Context<'_>) -> bool {
        if matches!(action, Action::NextMatch | Action::PreviousMatch) {
            let lines = self.selected().map(|row| with_look(context, |look| self.lines(&row, look, 80)));
            self.scroll.next_match(&lines.unwrap_or_default(), action == Action::NextMatch);
            return true;
        }
        if matches!(action, Action::Left | Action::Right) {
            return false;
        }
        self.scroll.act(action)
    }

    fn act_on_objects(&mut self, action: Action, context: &mut Context<'_>) -> bool {
        let Some(row) = self.selected() else {
            return action == Action::New && self.new_object(context);
        };
        match action {
            Action::Edit => {
                let Some(reference) = self.reference(&row) else { return false };
                context.wish(Wish::Edit(reference));
            }
            Action::Toggle => {
                let all: Vec<Reference> = self.references().into_iter().filter(|of| has_switch(of.resource)).collect();
                if all.is_empty() {
                    return false;
                }
                context.wish(Wish::Toggle(all));
            }
            Action::Delete => context.wish(Wish::Delete(self.references())),
            Action::New => return self.new_object(context),
            Action::CopyId => context.wish(Wish::Copy(self.kind.id_of(&row).to_owned(), "id")),
            Action::CopyYaml => {
                let object = self.kind.object(&row, context.data);
                let shown = crate::output::mask::masked(object.as_ref().unwrap_or(&row.value), false);
                context.wish(Wish::Copy(crate::output::yaml::to_string(&shown).unwrap_or_default(), "YAML"));
            }
            Action::RollBack => {
                let resource = self.kind.resource_of(&row).map(Resource::path).unwrap_or_default();
                let id = self.kind.id_of(&row);
                let all = context.data.events.iter().chain(&context.data.history);
                let of_row = all.filter(|change| change.resource == resource && &*change.id == id);
                let last = of_row.max_by_key(|change| change.rev);
                match last {
                    Some(change) => context.wish(Wish::RollBack(change.rev)),
                    None => context.say(Mood::Warn, "no change of it is known; :events shows those that are"),
                }
            }
            Action::Explain => {
                let singular = self.kind.resource_of(&row).map_or(self.kind.name(), |resource| resource.singular);
                context.go(Place::id("explain", format!("{singular}/{}", self.kind.id_of(&row))));
            }
            Action::Tap => match self.kind.tap(&row) {
                Some(filter) => context.go(Place::filter("traffic", filter)),
                None => return false,
            },
            Action::Target => match self.kind.target(&row, context.data) {
                Some(place) => context.go(place),
                None => context.say(Mood::Off, "it names no other object"),
            },
            _ => return false,
        }
        true
    }

    fn new_object(&self, context: &mut Context<'_>) -> bool {
        let (Some(resource), Some(template)) = (self.kind.resource(), self.kind.template()) else { return false };
        context.wish(Wish::New(resource, template));
        true
    }

    fn refresh(&mut self, data: &Data) {
        let rows = self.kind.rows(data);
        self.table.refresh(rows, &self.kind, data);
        // What is being read stays.
        if self.kind.follows() && !self.in_detail {
            self.table.follow();
        }
        self.moved();
    }

    /// Another row begins at its top.
    fn moved(&mut self) {
        let selected = self.table.selected().map(|row| row.id.clone());
        if selected != self.shown {
            self.shown = selected;
            self.scroll.reset();
        }
    }

    fn shown(&mut self, place: &Place, context: &mut Context<'_>) {
        let data = context.data;
        if let Some(filter) = &place.filter {
            self.filter_by(filter, data);
        }
        self.refresh(data);
        self.wanted.clone_from(&place.id);
        self.seek(context);
        if let Some(tab) = place.tab {
            self.show_detail(tab);
        }
        self.moved();
    }

    /// To the row that is wanted. That there is none is said once all rows are known.
    fn seek(&mut self, context: &mut Context<'_>) {
        let Some(id) = self.wanted.take() else { return };
        if self.select(&id) {
            return self.moved();
        }
        if !self.table.filter().is_empty() {
            self.filter_by("", context.data);
            if self.select(&id) {
                return self.moved();
            }
        }
        let sources = Kind::sources(&self.kind).into_iter().map(|(source, _)| source).enumerate();
        let rows = sources.filter(|(place, source)| *place == 0 || matches!(source, Source::List(_)));
        let states: Vec<State<'_>> = rows.map(|(_, source)| context.data.state(source)).collect();
        if states.contains(&State::Loading) {
            self.wanted = Some(id);
        } else if states.iter().all(|state| *state == State::Known) {
            let (list, own) = id.split_once('/').unwrap_or_default();
            let said = match (resources::find(list), self.kind.resource()) {
                (Ok(resource), _) => format!("no {} {own}", resource.singular),
                (_, Some(resource)) => format!("no {} {id}", resource.singular),
                (_, None) => format!("{}: nothing is called {id}", self.kind.name()),
            };
            context.say(Mood::Warn, said);
        }
    }

    /// To the row that is meant by an id, if it is shown.
    fn select(&mut self, id: &str) -> bool {
        let rows = self.kind.rows_of(id);
        rows.iter().any(|row| self.table.select(row)) || rows.first().is_some_and(|row| self.table.select(row))
    }

    fn filter_by(&mut self, text: &str, data: &Data) {
        // What is no filter yet, while it is typed, leaves the one before.
        if let Ok(filter) = Filter::parse(text) {
            self.table.set_filter(filter, &self.kind, data);
        }
    }

    fn click(&mut self, hit: Hit, double: bool, context: &mut Context<'_>) -> bool {
        match hit {
            Hit::Row(TABLE, row) => {
                self.in_detail = false;
                self.table.go(row);
                if double {
                    self.in_detail = true;
                }
            }
            Hit::Head(TABLE, column) => self.table.sort_to(column, &self.kind, context.data),
            Hit::Tab(DETAIL, tab) => {
                self.tab = tab.min(self.kind.tabs().len().saturating_sub(1));
                self.in_detail = true;
                self.scroll.reset();
            }
            Hit::Panel(panel) => self.in_detail = panel == DETAIL,
            _ => return false,
        }
        true
    }
}

/// Lines that are only searched need no colours.
fn with_look<T>(context: &Context<'_>, draw: impl FnOnce(&Look<'_>) -> T) -> T {
    let hits = Hits::default();
    let theme = crate::tui::theme::Theme::builtin("mono", crate::tui::theme::Depth::None);
    let bindings = crate::tui::keys::Bindings::none();
    let (data, glyphs) = (context.data, context.glyphs);
    let look = Look {
        data,
        theme: &theme,
        glyphs,
        bindings: &bindings,
        range: 300,
        read_only: true,
        stale: false,
        expanded: false,
        hits: &hits,
    };
    draw(&look)
}

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
            Event::Column(name) => {
                if !self.table.hidden().remove(name) {
                    self.table.hidden().insert(name);
                }
            }
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
        let (table, detail) = if look.expanded {
            let none = Rect { width: 0, height: 0, ..area };
            if self.in_detail { (none, area) } else { (area, none) }
        } else {
            let whole = if wide { area.width } else { area.height };
            let part = u32::from(whole) * u32::from(if wide { self.part } else { self.part.min(55) }) / 100;
            split(area, u16::try_from(part).unwrap_or(whole), wide)
        };
        self.table.draw(buffer, table, look, &self.kind, TABLE, !self.in_detail);
        self.detail(buffer, detail, look, wide);
    }

    fn crumb(&self, data: &Data) -> String {
        let (shown, all) = self.table.counts();
        let filter = self.table.filter();
        let mut crumb = match data.state(self.first_source()) {
            State::Loading => self.kind.name().to_owned(),
            _ if filter.is_empty() => format!("{} ({all})", self.kind.name()),
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

    fn filter(&self) -> String {
        if self.in_detail { self.search.clone() } else { self.table.filter().text().to_owned() }
    }

    fn columns(&self) -> Vec<(&'static str, bool)> {
        self.kind.columns().iter().map(|column| (column.name, !self.table.is_hidden(column.name))).collect()
    }
}

/// Whether objects of a resource can be off.
fn has_switch(resource: &Resource) -> bool {
    matches!(resource.name, "routes" | "ssls")
}

/// From so many columns on the details are beside the table.
fn is_wide(area: Rect) -> bool {
    area.width >= 120
}

impl<K: Kind> ListScreen<K> {
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
            let filter = crate::output::clean::line(self.table.filter().text());
            return Some((Mood::Off, vec![format!("none of {all} matches {filter}"), "Esc shows all".to_owned()]));
        }
        None
    }
}

/// The template of an object that only has plugins.
pub(crate) fn plugins_template() -> Value {
    json!({ "plugins": {} })
}
