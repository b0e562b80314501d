//! The screen of most resources: a table, and below or beside it the details of the selected row in tabs. A [`Kind`] gives
//! columns, rows, tabs and what else can be done; everything that such screens share is here.

mod detail;
mod kind;
mod screen;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) use detail::{HISTORY, REFERENCES, SUMMARY, TRAFFIC, YAML, failed, tabs, users};
pub(crate) use kind::Kind;
use kind::Stored;

use super::{Context, Screen};
use crate::resources::{self, Reference, Resource};
use crate::tui::action::Action;
use crate::tui::data::{Data, Row, State};
use crate::tui::find::Filter;
use crate::tui::msg::Source;
use crate::tui::theme::Mood;
use crate::tui::widgets::table::Table;
use crate::tui::widgets::text::Scroll;
use crate::tui::widgets::{Hit, Hits, Look};
use crate::tui::wish::{Place, Wish};

/// The panels of the screen, for the mouse.
const TABLE: u8 = 0;
const DETAIL: u8 = 1;

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
    /// How many rows there are of each kind.
    counted: BTreeMap<&'static str, usize>,
}

impl<K: Kind> ListScreen<K> {
    pub(crate) fn new(kind: K, table: Table) -> ListScreen<K> {
        ListScreen {
            kind,
            table,
            tab: 0,
            scroll: Scroll::default(),
            in_detail: false,
            part: 60,
            search: String::new(),
            shown: None,
            wanted: None,
            counted: BTreeMap::new(),
        }
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
                return self.table.act(Action::MarkNone, &Stored(&self.kind), context.data);
            }
            Action::Back if !self.table.filter().is_empty() => {
                self.table.set_filter(Filter::default(), &Stored(&self.kind), context.data);
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
            action => return self.table.act(action, &Stored(&self.kind), context.data),
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
            let width = u16::try_from(self.scroll.width()).unwrap_or(u16::MAX);
            let lines = self.selected().map(|row| with_look(context, |look| self.lines(&row, look, width)));
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
        self.counted.clear();
        for row in &rows {
            *self.counted.entry(self.kind.counted_as(row)).or_default() += 1;
        }
        self.table.refresh(rows, &Stored(&self.kind), data);
        let sources = Kind::sources(&self.kind);
        let comes = || sources.iter().any(|(source, _)| data.state(*source) == State::Loading);
        // What is being read stays. Until all has come, what comes in front is the first row.
        if !self.in_detail && (self.kind.follows() || comes()) {
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
            self.table.set_filter(filter, &Stored(&self.kind), data);
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
            Hit::Head(TABLE, column) => self.table.sort_to(column, &Stored(&self.kind), context.data),
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

/// Whether objects of a resource can be off.
fn has_switch(resource: &Resource) -> bool {
    matches!(resource.name, "routes" | "ssls")
}

/// The template of an object that only has plugins.
pub(crate) fn plugins_template() -> Value {
    json!({ "plugins": {} })
}
