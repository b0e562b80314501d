//! The screen of a resource that needs no more than a table and details: what its columns show and what its tabs tell is
//! given as data, a file a resource.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::list::{HISTORY, Kind, ListScreen, REFERENCES, SUMMARY, YAML};
use super::routes::{changed, labels, or, or_dash, plugin_names};
use super::{Context, Screen};
use crate::filter::text_of;
use crate::output::{clean, mask};
use crate::resources::{self, Resource};
use crate::tui::action::Action;
use crate::tui::data::{Data, Row, shown};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::Role;
use crate::tui::widgets::table::{Cell, Column, Rows, Table};
use crate::tui::widgets::text::{self, Line};
use crate::tui::widgets::{Look, width};
use crate::tui::wish::{Place, Wish};

/// The tab of the plugins of an object.
pub(super) const PLUGINS: &str = "Plugins";
/// Lists of the objects that have plugins.
pub(super) const PLUGIN_HOLDERS: &[&str] =
    &["routes", "services", "plugin-configs", "global-rules", "consumers", "consumer-groups", "stream-routes"];
/// The tabs of objects that have plugins.
pub(super) const HOLDER_TABS: &[&str] = &[SUMMARY, PLUGINS, YAML, REFERENCES, HISTORY];

/// How many objects use each object, by its id.
pub(super) type Uses = HashMap<String, usize>;

/// What differs between these resources.
pub(super) struct Spec {
    /// The plural name.
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    /// What stands in a column that is not one of [`common`]; `uses` is what [`Spec::uses`] counted for the row.
    pub(super) cell: fn(column: &str, row: &Row, uses: usize, data: &Data) -> Cell,
    pub(super) tabs: &'static [&'static str],
    /// The lines of a tab of its own, and what the summary tells beside what it tells of every object.
    pub(super) tab: fn(tab: &str, row: &Row, look: &Look<'_>) -> Vec<Line>,
    /// Other lists that are needed.
    pub(super) lists: &'static [&'static str],
    /// Whether the nodes of upstreams are needed.
    pub(super) nodes: bool,
    /// Counts who uses the objects. Called whenever something is told.
    pub(super) uses: fn(&Data) -> Uses,
    /// Where `o` goes, for those that have such a place.
    pub(super) target: Option<fn(&Row, &Data) -> Option<Place>>,
    /// What `N` begins with.
    pub(super) template: fn() -> Value,
}

/// Makes the screen.
pub(super) fn screen(spec: &'static Spec) -> Box<dyn Screen> {
    Box::new(ListScreen::new(Objects { spec, uses: RefCell::default() }, Table::default()))
}

struct Objects {
    spec: &'static Spec,
    uses: RefCell<Uses>,
}

impl Rows for Objects {
    fn columns(&self) -> &[Column] {
        self.spec.columns
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let name = self.spec.columns.get(column).map_or("", |column| column.name);
        common(name, row).unwrap_or_else(|| {
            let uses = self.uses.borrow().get(&*row.id).copied().unwrap_or_default();
            (self.spec.cell)(name, row, uses, data)
        })
    }
}

impl Kind for Objects {
    fn name(&self) -> &'static str {
        self.spec.name
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        let lists = std::iter::once(&self.spec.name).chain(self.spec.lists).map(|name| Source::List(name));
        let nodes = self.spec.nodes.then_some(Source::Nodes);
        lists.chain([Source::Plugins]).chain(nodes).map(|source| (source, Vec::new())).collect()
    }

    fn rows(&self, data: &Data) -> Vec<Row> {
        *self.uses.borrow_mut() = (self.spec.uses)(data);
        data.list(self.spec.name).iter().map(|object| object.row()).collect()
    }

    fn tabs(&self) -> &'static [&'static str] {
        self.spec.tabs
    }

    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, _: u16) -> Vec<Line> {
        match tab {
            PLUGINS => plugins(&row.value, look),
            SUMMARY => self.summary(row, look),
            other => (self.spec.tab)(other, row, look),
        }
    }

    fn actions(&self) -> &'static [Action] {
        if self.spec.target.is_some() { &[Action::Target] } else { &[] }
    }

    fn act(&mut self, action: Action, rows: &[Row], context: &mut Context<'_>) -> bool {
        let (Action::New, Some(resource), Some(row)) = (action, self.resource(), rows.first()) else { return false };
        let Some((above, _)) = row.id.split_once('/').filter(|_| resource.id.is_nested()) else { return false };
        // Below the same object as the row that is looked at.
        let mut template = (self.spec.template)();
        if let Some(id) = template.get_mut("id") {
            *id = format!("{above}/new").into();
        }
        context.wish(Wish::New(resource, template));
        true
    }

    fn target(&self, row: &Row, data: &Data) -> Option<Place> {
        self.spec.target.and_then(|target| target(row, data))
    }

    fn template(&self) -> Option<Value> {
        Some((self.spec.template)())
    }

    fn empty(&self) -> String {
        format!("no {}; N makes the first one", self.spec.name.replace('-', " "))
    }
}

impl Objects {
    fn summary(&self, row: &Row, look: &Look<'_>) -> Vec<Line> {
        let path = self.resource().map(Resource::path).unwrap_or_default();
        let mut lines = (self.spec.tab)(SUMMARY, row, look);
        if row.value.get("plugins").is_some() {
            lines.push(Line::field("plugins", or(plugin_names(&row.value), look.glyphs.none)));
        }
        lines.extend(ends(path, &row.id, row, look.data));
        lines
    }
}

/// What the summary of any object ends with: its last change, labels and description.
pub(super) fn ends(path: &str, id: &str, row: &Row, data: &Data) -> Vec<Line> {
    let mut lines = vec![Line::field("changed", changed(path, id, row, data))];
    for (name, text) in [("labels", labels(&row.value)), ("desc", shown(&row.value, "desc"))] {
        if !text.is_empty() {
            lines.push(Line::field(name, text));
        }
    }
    lines
}

/// Columns that objects of any resource may have.
pub(super) fn common(column: &str, row: &Row) -> Option<Cell> {
    Some(match column {
        "ID" | "PLUGIN" => Cell::text(clean::line(&row.id)),
        "NAME" => Cell::text(or_dash(shown(&row.value, "name"))),
        "PLUGINS" => Cell::text(or_dash(plugin_names(&row.value))),
        "LABELS" => Cell::text(or_dash(labels(&row.value))),
        "DESC" => Cell::text(or_dash(shown(&row.value, "desc"))),
        "REV" => match crate::tui::data::whole(&row.value, "modifiedIndex") {
            0 => Cell::none("-"),
            rev => Cell::number(rev as f64, rev.to_string()),
        },
        _ => return None,
    })
}

/// A number of users; nobody is nothing to look at.
pub(super) fn uses(count: usize) -> Cell {
    let cell = Cell::number(count as f64, count.to_string());
    if count == 0 { cell.role(Role::Off) } else { cell }
}

/// Nothing is counted.
pub(super) fn uncounted(_: &Data) -> Uses {
    Uses::new()
}

/// How many objects of a list name each id in a field.
pub(super) fn counted(data: &Data, list: &str, field: &str) -> Uses {
    let mut all = Uses::new();
    for object in data.list(list).iter() {
        if let Some(id) = object.value.get(field) {
            *all.entry(text_of(id).into_owned()).or_default() += 1;
        }
    }
    all
}

/// The plugins of an object: each with its priority, and its configuration with secrets masked.
pub(super) fn plugins(value: &Value, look: &Look<'_>) -> Vec<Line> {
    let Some(all) = value.get("plugins").and_then(Value::as_object).filter(|all| !all.is_empty()) else {
        return vec![Line::of(Role::Dim, "it has no plugins")];
    };
    let mut named: Vec<(&String, Option<i64>)> =
        all.keys().map(|name| (name, look.data.plugins.get(name).map(|plugin| plugin.priority))).collect();
    named.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    let wide = named.iter().map(|(name, _)| width(&clean::line(name))).max().unwrap_or_default().min(32);
    // Masked as a whole: what is secret depends on the plugin.
    let masked = mask::masked(value, false);
    let none = Map::new();
    let configs = masked.get("plugins").and_then(Value::as_object).unwrap_or(&none);
    let mut lines = Vec::new();
    for (name, priority) in named {
        let line = Line::of(Role::Accent, format!("{:<wide$}", clean::line(name)));
        let known = look.data.plugins.get(name);
        let (role, word) = match (priority, known) {
            (_, Some(plugin)) if !plugin.enabled => (Role::Off, "off on this gateway".to_owned()),
            (Some(priority), _) => (Role::Dim, format!("priority {priority}")),
            _ => (Role::Dim, String::new()),
        };
        lines.push(line.with(role, format!("  {word}")));
        let config = configs.get(name).filter(|config| config.as_object().is_none_or(|fields| !fields.is_empty()));
        lines.extend(config.into_iter().flat_map(text::yaml).map(indented));
    }
    lines
}

/// Further to the right.
pub(super) fn indented(line: Line) -> Line {
    let mut all = Line::of(Role::Text, "  ");
    all.0.extend(line.0);
    all
}

/// All objects of lists for which something holds, as lines.
pub(super) fn found(lists: &[&str], data: &Data, holds: impl Fn(&Value) -> bool) -> Vec<Line> {
    /// More would hide what else there is.
    const MOST: usize = 1_000;
    let mut lines = Vec::new();
    for list in lists {
        let Ok(resource) = resources::find(list) else { continue };
        for object in data.list(list).iter().filter(|object| holds(&object.value)) {
            if lines.len() >= MOST {
                lines.push(Line::of(Role::Dim, "and more"));
                return lines;
            }
            let name = shown(&object.value, "name");
            let line = Line::of(Role::Text, clean::line(&format!("  {}/{}", resource.singular, object.id)));
            lines.push(if name.is_empty() { line } else { line.with(Role::Dim, format!("  {name}")) });
        }
    }
    if lines.is_empty() { vec![Line::of(Role::Dim, "  nothing")] } else { lines }
}
