//! The screen `tree`: which objects name which, what nothing names, and what is named but is not there.

mod graph;

use std::collections::BTreeSet;
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list::tabs;
use super::{Context, Event, Screen};
use crate::output::{clean, mask, yaml};
use crate::resources::{self, Reference, Resource};
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Row, State, shown};
use crate::tui::dialogs::Dialog;
use crate::tui::find::Filter;
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{Cell, Column, Rows, Seen, Table};
use crate::tui::widgets::{Hit, Look, count, fit, notice, put_right, text as texts};
use crate::tui::wish::{Place, Wish};
use graph::{Graph, Lines, What};

/// The panel, for the mouse.
const TABLE: u8 = 0;
/// What is shown.
const TREE: usize = 0;
const UNUSED: usize = 1;
const BROKEN: usize = 2;
const VIEWS: usize = 3;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Tree::default())
}

#[derive(Default)]
struct Tree {
    graph: Graph,
    /// The lists that the graph is of, and the characters that its lines are drawn with.
    made_of: Option<(u64, bool)>,
    lines: Drawn,
    table: Table,
    view: usize,
    folded: BTreeSet<Arc<str>>,
    /// How many objects are unused, and how many names are broken.
    counts: (usize, usize),
}

#[derive(Default)]
struct Drawn(Lines);

static COLUMNS: [Column; 5] = [
    Column::text("OBJECT", 0, 20, 90),
    Column::text("STATE", 0, 8, 18),
    Column::text("NAME", 2, 6, 32),
    Column::number("USERS", 1, 5),
    Column::number("RPS", 2, 6),
];

impl Rows for Drawn {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let Some(line) = self.0.get(&row.id) else { return Cell::none("-") };
        let own = !matches!(line.what, What::Node | What::Missing);
        match column {
            0 if line.folded > 0 => Cell::text(format!("{} (+{})", line.text, line.folded)),
            0 => Cell::text(line.text.clone()).role(match line.what {
                What::Missing => Role::Bad,
                What::Node => Role::Dim,
                _ => Role::Text,
            }),
            1 => state(line, row, data),
            2 if own => match shown(&row.value, "name") {
                name if name.is_empty() => Cell::none("-"),
                name => Cell::text(name),
            },
            3 if own => Cell::number(line.users as f64, line.users.to_string()),
            4 => rate(line, data),
            _ => Cell::none("-"),
        }
    }

    fn stored(&self, row: &Row) -> Option<&'static Resource> {
        let line = self.0.get(&row.id).filter(|line| !matches!(line.what, What::Node | What::Missing))?;
        Some(line.reference.resource)
    }
}

fn state(line: &graph::Line, row: &Row, data: &Data) -> Cell {
    match line.what {
        What::Missing => Cell::text("missing").role(Role::Bad),
        What::Unused => Cell::text("unused").role(Role::Warn),
        What::Circle => Cell::text("circle").role(Role::Warn),
        What::Node => {
            let owner = format!("{}/{}", line.reference.resource.path(), line.reference.id);
            let mut nodes = data.nodes_of(&owner).iter();
            match nodes.find(|node| line.node.as_deref() == Some(&*node.addr)) {
                Some(node) => Cell::text(node.word.clone()).role(super::routes::mood(node.state).role()),
                None => Cell::none("-"),
            }
        }
        What::Object => match row.value.get("status").and_then(serde_json::Value::as_u64) {
            Some(0) => Cell::text("disabled").role(Role::Off),
            _ => Cell::text("ok").role(Role::Dim),
        },
    }
}

/// Requests a second through the object.
fn rate(line: &graph::Line, data: &Data) -> Cell {
    let by = match line.reference.resource.name {
        _ if matches!(line.what, What::Node | What::Missing) => None,
        "routes" => Some(By::Route),
        "services" => Some(By::Service),
        "upstreams" => Some(By::Upstream),
        "consumers" => Some(By::Consumer),
        _ => None,
    };
    match by.and_then(|by| data.stats.rate(by, &line.reference.id)) {
        Some(rate) => Cell::number(rate.rps, count(rate.rps)),
        None => Cell::none("-"),
    }
}

impl Tree {
    fn refresh(&mut self, context: &Context<'_>) {
        let made_of = (graph::mark(context.data), context.glyphs.ascii);
        if self.made_of == Some(made_of) {
            return;
        }
        self.made_of = Some(made_of);
        self.graph = Graph::of(context.data);
        self.draw(context);
        // What comes in front of the first line is the first line.
        self.table.follow();
    }

    fn draw(&mut self, context: &Context<'_>) {
        let (unused, broken) = (self.graph.unused(), self.graph.broken());
        self.counts = (unused.0.len(), broken.0.len());
        let (rows, lines) = match self.view {
            TREE => self.graph.tree(&self.folded, context.glyphs.ascii),
            UNUSED => unused,
            _ => broken,
        };
        self.lines = Drawn(lines);
        self.table.refresh(rows, &self.lines, context.data);
    }

    fn show(&mut self, view: usize, context: &Context<'_>) {
        if self.view != view {
            self.view = view;
            self.table.act(Action::MarkNone, &self.lines, context.data);
            self.draw(context);
            self.table.go(0);
        }
    }

    fn line(&self) -> Option<&graph::Line> {
        self.lines.0.get(&self.table.selected()?.id)
    }

    /// The objects that an action is for, each once.
    fn references(&self) -> Vec<Reference> {
        let mut seen = BTreeSet::new();
        let lines = self.table.chosen().into_iter().filter_map(|row| self.lines.0.get(&row.id));
        let own = lines.filter(|line| line.what != What::Node).map(|line| line.reference.clone());
        own.filter(|reference| seen.insert(reference.to_string())).collect()
    }

    fn place(&self, tab: Option<&'static str>) -> Option<Place> {
        let line = self.line()?;
        let screen = super::of_resource(line.reference.resource.name)?;
        Some(Place { tab, ..Place::id(screen, line.reference.id.clone()) })
    }

    fn fold(&mut self, fold: bool, context: &Context<'_>) {
        let Some(id) = self.table.selected().map(|row| Arc::clone(&row.id)) else { return };
        let below = format!("{id}>");
        let has_below = self
            .lines
            .0
            .range::<str, _>((Included(below.as_str()), Unbounded))
            .next()
            .is_some_and(|(id, _)| id.starts_with(&below));
        if !fold {
            self.folded.remove(&id);
        } else if self.folded.contains(&id) || !has_below {
            // What has nothing below it folds what it stands in.
            if let Some((above, _)) = id.rsplit_once('>') {
                self.table.select(above);
            }
            return;
        } else {
            self.folded.insert(id);
        }
        self.draw(context);
    }

    fn act(&mut self, action: Action, context: &mut Context<'_>) -> bool {
        match action {
            Action::Open | Action::Describe | Action::Target | Action::References => {
                let tab = (action == Action::References).then_some(super::list::REFERENCES);
                match self.place(tab) {
                    Some(place) => context.go(place),
                    None => return false,
                }
            }
            Action::Left | Action::Right if self.view == TREE => self.fold(action == Action::Left, context),
            Action::NextPanel | Action::Right => self.show((self.view + 1) % VIEWS, context),
            Action::PreviousPanel | Action::Left => self.show((self.view + VIEWS - 1) % VIEWS, context),
            Action::Yaml | Action::CopyYaml => return self.yaml(action == Action::CopyYaml, context),
            Action::CopyId => match self.line() {
                Some(line) => context.wish(Wish::Copy(line.reference.id.clone(), "id")),
                None => return false,
            },
            Action::Edit => match self.line() {
                Some(line) => context.wish(Wish::Edit(line.reference.clone())),
                None => return false,
            },
            Action::Delete => match self.references() {
                none if none.is_empty() => match self.table.hides_all() {
                    Some(why) => context.say(Mood::Warn, why),
                    None => return false,
                },
                some => context.wish(Wish::Delete(some)),
            },
            Action::Back if self.table.marked() > 0 => {
                return self.table.act(Action::MarkNone, &self.lines, context.data);
            }
            Action::Back if !self.table.filter().is_empty() => {
                self.table.set_filter(Filter::default(), &self.lines, context.data);
            }
            Action::Back if self.view != TREE => self.show(TREE, context),
            Action::Refresh => {
                for (source, _) in self.sources() {
                    context.wish(Wish::Refresh(source));
                }
            }
            // A sorted tree is none.
            Action::Sort | Action::Reverse | Action::ColumnLeft | Action::ColumnRight if self.view == TREE => {
                context.say(Mood::Off, "a tree has its own order; unused and broken objects can be sorted");
            }
            action => return self.table.act(action, &self.lines, context.data),
        }
        true
    }

    fn yaml(&self, copy: bool, context: &mut Context<'_>) -> bool {
        let (Some(row), Some(line)) = (self.table.selected(), self.line()) else { return false };
        context.wish(if copy {
            let shown = mask::masked(&row.value, false);
            Wish::Copy(yaml::to_string(&shown).unwrap_or_default(), "YAML")
        } else {
            let title = clean::line(&line.reference.to_string());
            Wish::Dialog(Dialog::text(title, texts::yaml(&row.value)))
        });
        true
    }

    /// Selects the first line of an object: `route/hello`, or the id alone.
    fn select(&mut self, wanted: &str, context: &mut Context<'_>) {
        match wanted {
            "unused" => return self.show(UNUSED, context),
            "broken" => return self.show(BROKEN, context),
            _ => {}
        }
        self.show(TREE, context);
        let wanted = wanted.replace(' ', "/");
        let is = |row: &&Row| {
            let line = self.lines.0.get(&row.id).filter(|line| matches!(line.what, What::Object | What::Unused));
            line.is_some_and(|line| line.reference.to_string() == wanted || line.reference.id == wanted)
        };
        let found = self.table.shown().find(is).map(|row| Arc::clone(&row.id));
        match found {
            Some(id) => {
                self.table.select(&id);
            }
            None => context.say(Mood::Warn, format!("there is no {}", clean::line(&wanted))),
        }
    }

    /// The lists that are not known, with why. Of what the server does not have there is nothing to know.
    fn unknown(data: &Data) -> impl Iterator<Item = (&'static str, State<'_>)> {
        let all = resources::ALL.iter().map(|of| (of.name, data.state(Source::List(of.name))));
        all.filter(|(_, state)| match state {
            State::Known => false,
            State::Failed(failure) => !failure.is_of_absence(),
            State::Loading => true,
        })
    }

    /// What stands beside the tabs in so many columns: what is not known, else how to fold.
    fn note(&self, look: &Look<'_>, room: usize) -> (String, Role) {
        let unknown: Vec<_> = Tree::unknown(look.data).collect();
        if let Some((name, state)) = unknown.first() {
            let others = if unknown.len() > 1 { format!(" and {} more", unknown.len() - 1) } else { String::new() };
            let why = match state {
                State::Failed(failure) => format!(": {}", clean::line(&failure.message)),
                _ => " yet".to_owned(),
            };
            let text = fit(&format!("{name}{others} not known{why}"), room, look.glyphs.more);
            return (format!("{text} "), Role::Warn);
        }
        match (look.bindings.key(Action::Left), look.bindings.key(Action::Right)) {
            (Some(fold), Some(unfold)) if self.view == TREE => (format!("{fold} folds  {unfold} unfolds "), Role::Dim),
            _ => (String::new(), Role::Dim),
        }
    }

    /// What stands in the place of lines.
    fn nothing(&self, look: &Look<'_>) -> (Mood, Vec<String>) {
        let (shown, all) = self.table.counts();
        if all > 0 && shown == 0 {
            return (Mood::Off, self.table.none_left());
        }
        let states = || Tree::unknown(look.data).map(|(_, state)| state);
        let failed = states().find_map(|state| match state {
            State::Failed(failure) => Some(failure),
            _ => None,
        });
        match failed {
            Some(failure) if self.view == TREE => (Mood::Bad, super::list::failed("objects", failure)),
            _ if states().any(|state| state == State::Loading) => {
                (Mood::Off, vec![format!("loading objects{}", look.glyphs.more)])
            }
            _ => match self.view {
                TREE => (Mood::Off, vec!["no objects".to_owned()]),
                UNUSED => (Mood::Good, vec!["everything is used".to_owned()]),
                _ => (Mood::Good, vec!["nothing is missing".to_owned()]),
            },
        }
    }
}

impl Screen for Tree {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        let lists = resources::ALL.iter().map(|of| Source::List(of.name));
        lists.chain([Source::Nodes]).map(|source| (source, Vec::new())).collect()
    }

    fn actions(&self) -> Vec<Action> {
        let mut all = vec![Action::Open, Action::NextPanel, Action::Yaml, Action::References];
        if self.view != TREE {
            all.push(Action::Sort);
        }
        all.extend([Action::Edit, Action::Delete, Action::CopyId, Action::CopyYaml, Action::Mark]);
        all.extend([Action::Columns, Action::Filter]);
        all
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        match event {
            Event::Shown(place) => {
                self.refresh(context);
                if let Some(filter) = place.filter.as_deref().and_then(|filter| Filter::parse(filter).ok()) {
                    self.table.set_filter(filter, &self.lines, context.data);
                }
                if let Some(id) = &place.id {
                    self.select(id, context);
                }
            }
            Event::Data => self.refresh(context),
            Event::Action(action) => return self.act(action, context),
            Event::Filter(typed) => {
                if let Ok(filter) = Filter::parse(typed) {
                    self.table.set_filter(filter, &self.lines, context.data);
                }
            }
            Event::Click(Hit::Row(_, row), double) => {
                self.table.go(row);
                if double {
                    return self.act(Action::Open, context);
                }
            }
            Event::Click(Hit::Head(_, column), _) if self.view != TREE => {
                self.table.sort_to(column, &self.lines, context.data);
            }
            Event::Click(Hit::Tab(_, view), _) => self.show(view.min(VIEWS - 1), context),
            Event::Wheel(_, lines) => self.table.by(lines),
            Event::Column(name) => self.table.toggle(name),
            _ => return false,
        }
        true
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let names = ["Tree".to_owned(), format!("Unused {}", self.counts.0), format!("Broken {}", self.counts.1)];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        tabs(buffer, area, look, &names, self.view);
        let (shown, _) = self.table.counts();
        if shown > 0 && area.width > 60 {
            let (text, role) = self.note(look, usize::from(area.width.saturating_sub(46)));
            put_right(buffer, Rect { height: 1.min(area.height), ..area }, 0, &text, look.style(role));
        }
        let body = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
        if shown == 0 {
            let (mood, lines) = self.nothing(look);
            return notice(buffer, body, look, mood, &lines);
        }
        self.table.draw(buffer, body, look, &self.lines, TABLE, true);
    }

    fn crumb(&self, data: &Data) -> String {
        let objects: usize = resources::ALL.iter().map(|of| data.list(of.name).len()).sum();
        let filter = self.table.filter();
        let mut crumb = if objects == 0 { "tree".to_owned() } else { format!("tree ({objects} objects)") };
        if !filter.is_empty() {
            crumb.push_str(&format!("  filter: {}", clean::line(filter.text())));
        }
        if self.table.marked() > 0 {
            crumb.push_str(&format!("  {} marked", self.table.marked()));
        }
        crumb
    }

    fn is_empty(&self) -> bool {
        self.table.selected().is_none()
    }

    fn filter(&self) -> String {
        self.table.filter().text().to_owned()
    }

    fn columns(&self) -> Vec<(&'static str, Seen)> {
        self.table.columns(&self.lines)
    }
}
