//! The screen `plugins`: what the gateway has, in the order in which it runs, and where each is used.

mod phases;
mod uses;

use std::cell::RefCell;

use serde_json::{Value, json};

use super::list::{Kind, ListScreen, REFERENCES, SUMMARY, YAML};
use super::{Context, Screen};
use crate::commands::plugins as pages;
use crate::output::clean;
use crate::resources::{self, Reference};
use crate::tui::action::Action;
use crate::tui::data::{Data, Row, State, shown};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{Cell, Column, Rows, Table};
use crate::tui::widgets::text::{self as texts, Line};
use crate::tui::widgets::{Look, width};
use crate::tui::wish::{Place, Wish};
use uses::Uses;

/// The fields of its configuration, in words.
const SCHEMA: &str = "Schema";
/// Its page.
const DOCS: &str = "Docs";
/// Its settings for the whole gateway.
const METADATA: &str = "Metadata";

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(ListScreen::new(Plugins::default(), Table::default()))
}

#[derive(Default)]
struct Plugins {
    /// Where each is used, as of the last time that something was told.
    uses: RefCell<Uses>,
}

static COLUMNS: [Column; 9] = [
    Column::text("NAME", 0, 12, 28),
    Column::text("PHASE", 0, 7, 14),
    Column::number("PRIORITY", 1, 8),
    Column::number("USED", 1, 5),
    Column::text("GLOBAL", 3, 6, 16),
    Column::text("METADATA", 4, 8, 8),
    Column::text("SUMMARY", 2, 12, 60),
    Column::text("TYPE", 8, 4, 8).wide(),
    Column::text("SCHEMAS", 9, 8, 20).wide(),
];

impl Rows for Plugins {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let value = &*row.value;
        let uses = self.uses.borrow();
        match COLUMNS.get(column).map_or("", |column| column.name) {
            "NAME" => Cell::text(clean::line(&row.id)),
            "PHASE" => Cell { number: Some(f64::from(phases::rank(&row.id, value))), ..phase(row) },
            "PRIORITY" => match data.plugins.get(&*row.id) {
                Some(plugin) => Cell::number(plugin.priority as f64, plugin.priority.to_string()),
                None => Cell::none("-"),
            },
            "USED" => match uses.count(&row.id) {
                0 => Cell::number(0.0, "0").role(Role::Off),
                count => Cell::number(count as f64, count.to_string()),
            },
            "GLOBAL" => match uses.global(&row.id) {
                [] => Cell::none("-"),
                [one] => Cell::text(format!("rule {}", clean::line(one))),
                [first, rest @ ..] => Cell::text(format!("rule {} +{}", clean::line(first), rest.len())),
            },
            "METADATA" => match metadata(row, data) {
                Some(_) => Cell::text("set"),
                None if value.get("metadata_schema").is_some() => Cell::text("default").role(Role::Dim),
                None => Cell::none("-"),
            },
            "SUMMARY" => match pages::page(&row.id).map(pages::summary) {
                Some(summary) => Cell::text(clean::line(summary)).role(Role::Dim),
                None => Cell::none("-"),
            },
            "TYPE" => Cell::text(kind(value)),
            _ => Cell::text(schemas(value)),
        }
    }
}

fn phase(row: &Row) -> Cell {
    match phases::first(&row.id, &row.value) {
        phase if phase.is_empty() => Cell::none("-"),
        phase => Cell::text(phase),
    }
}

fn kind(value: &Value) -> String {
    match shown(value, "type") {
        kind if kind.is_empty() => "-".to_owned(),
        kind => kind,
    }
}

/// The schemas that a plugin has.
fn schemas(value: &Value) -> String {
    let all = [("schema", "route"), ("consumer_schema", "consumer"), ("metadata_schema", "metadata")];
    let has: Vec<&str> = all.iter().filter(|(field, _)| value.get(field).is_some()).map(|(_, word)| *word).collect();
    if has.is_empty() { "-".to_owned() } else { has.join(",") }
}

/// What is stored of its settings for the whole gateway.
fn metadata<'d>(row: &Row, data: &'d Data) -> Option<&'d crate::tui::data::Object> {
    data.object("plugin-metadata", &row.id)
}

impl Kind for Plugins {
    fn name(&self) -> &'static str {
        "plugins"
    }

    fn resource(&self) -> Option<&'static resources::Resource> {
        None
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        let lists = resources::ALL.iter().filter(|of| uses::holds_plugins(of) || of.name == "plugin-metadata");
        let lists = lists.map(|of| Source::List(of.name));
        std::iter::once(Source::Plugins).chain(lists).map(|source| (source, Vec::new())).collect()
    }

    /// In the order in which they run: by phase, and by priority within it.
    fn rows(&self, data: &Data) -> Vec<Row> {
        self.uses.replace(Uses::of(data));
        let mut all: Vec<_> = data.plugins.iter().filter(|(_, plugin)| plugin.enabled).collect();
        all.sort_by_key(|(name, plugin)| {
            (phases::rank(name, &plugin.value), std::cmp::Reverse(plugin.priority), name.as_str())
        });
        all.into_iter().map(|(name, plugin)| Row { id: name.as_str().into(), value: plugin.value.clone() }).collect()
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, REFERENCES, SCHEMA, DOCS, METADATA, YAML]
    }

    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, room: u16) -> Vec<Line> {
        match tab {
            REFERENCES => uses::lines(row, look),
            SCHEMA => schema(row),
            DOCS => docs(row, usize::from(room)),
            METADATA => of_metadata(row, look),
            _ => summary(row, look, &self.uses.borrow()),
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::References, Action::Target, Action::Edit, Action::CopyYaml]
    }

    /// Edits are of the settings for the whole gateway: a plugin itself is part of the gateway.
    fn act(&mut self, action: Action, rows: &[Row], context: &mut Context<'_>) -> bool {
        if action != Action::Edit {
            return false;
        }
        let (Some(row), Ok(resource)) = (rows.first(), resources::find("plugin-metadata")) else { return false };
        if metadata(row, context.data).is_some()
            && let Ok(reference) = Reference::new(resource, &row.id)
        {
            context.wish(Wish::Edit(reference));
        } else if row.value.get("metadata_schema").is_some() {
            context.wish(Wish::New(resource, json!({ "id": &*row.id })));
        } else {
            context.say(Mood::Off, "it has no settings for the whole gateway; those of routes are on their screen");
        }
        true
    }

    fn target(&self, row: &Row, data: &Data) -> Option<Place> {
        uses::place(&row.id, data)
    }

    fn empty(&self) -> String {
        "the gateway has no plugin on".to_owned()
    }
}

fn field(name: &str, value: impl Into<String>) -> Line {
    Line::of(Role::Dim, format!("{name:<10}")).with(Role::Text, value)
}

fn summary(row: &Row, look: &Look<'_>, uses: &Uses) -> Vec<Line> {
    let value = &*row.value;
    let none = look.glyphs.none;
    let mut lines = Vec::new();
    if let Some(summary) = pages::page(&row.id).map(pages::summary) {
        lines.push(Line::of(Role::Text, clean::line(summary)));
        lines.push(Line::default());
    }
    let phases = phases::all(&row.id, value);
    lines.push(field("phase", if phases.is_empty() { none.to_owned() } else { phases.join(", ") }));
    let plugin = look.data.plugins.get(&*row.id);
    let priority = plugin.map_or_else(|| none.to_owned(), |plugin| plugin.priority.to_string());
    lines.push(field("priority", priority));
    for (name, of) in [("type", "type"), ("scope", "scope"), ("version", "version")] {
        let text = shown(value, of);
        if !text.is_empty() {
            lines.push(field(name, text));
        }
    }
    lines.push(field("schemas", schemas(value)));
    lines.push(field("used", uses.words(&row.id)));
    for rule in uses.global(&row.id) {
        let config =
            look.data.object("global-rules", rule).and_then(|rule| rule.value.pointer("/plugins")?.get(&*row.id));
        let config = config.map(|config| clean::line(&crate::output::mask::masked(config, false).to_string()));
        lines.push(field("global", format!("rule {} ", clean::line(rule))).with(Role::Dim, config.unwrap_or_default()));
    }
    let word = match metadata(row, look.data) {
        Some(_) => "set",
        None if value.get("metadata_schema").is_some() => "as the defaults are",
        None => none,
    };
    lines.push(field("metadata", word));
    if plugin.is_some_and(|plugin| !plugin.enabled) {
        lines.push(Line::of(Role::Dim, "state     ").with(Role::Off, look.mood(Mood::Off, "switched off")));
    }
    lines
}

/// The fields of each of its schemas.
fn schema(row: &Row) -> Vec<Line> {
    let all =
        [("schema", "on routes and services"), ("consumer_schema", "of consumers"), ("metadata_schema", "metadata")];
    let mut lines = Vec::new();
    for (name, title) in all {
        let Some(schema) = row.value.get(name) else { continue };
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::of(Role::Title, title));
        lines.extend(pages::fields(schema).lines().map(|line| comment(&clean::line(line))));
    }
    if lines.is_empty() {
        lines.push(Line::of(Role::Dim, "the server tells no schema of it"));
    }
    lines
}

/// A field, and what there is to say of it.
fn comment(line: &str) -> Line {
    match line.find(" # ") {
        Some(at) => Line::of(Role::Text, &line[..at]).with(Role::Dim, &line[at..]),
        None => Line::of(Role::Text, line),
    }
}

/// The page of the plugin: headings stand out, paragraphs are as wide as there is room.
fn docs(row: &Row, room: usize) -> Vec<Line> {
    let Some(page) = pages::page(&row.id) else {
        return vec![Line::of(Role::Dim, "this program has no page of it; Schema tells its fields")];
    };
    let mut lines = Vec::new();
    let mut code = false;
    for line in page.lines() {
        let line = clean::line(&line.replace('\t', "    "));
        if line.starts_with("```") {
            code = !code;
        } else if code {
            lines.push(Line::of(Role::Accent, line));
        } else if line.starts_with('#') {
            lines.push(Line::of(Role::Title, line.trim_start_matches('#').trim_start()));
        } else {
            lines.extend(flow(&line, room).into_iter().map(|line| Line::of(Role::Text, line)));
        }
    }
    lines
}

/// A paragraph in lines of at most so many columns.
fn flow(paragraph: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split(' ') {
        let Some(last) = lines.last_mut() else { break };
        if !last.is_empty() && width(last) + 1 + width(word) > most {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn of_metadata(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let known = look.data.state(Source::List("plugin-metadata"));
    match (metadata(row, look.data), known) {
        (Some(object), _) => texts::yaml(&object.value),
        (None, State::Failed(failure)) => {
            super::list::failed("metadata", failure).into_iter().map(|line| Line::of(Role::Warn, line)).collect()
        }
        (None, _) if row.value.get("metadata_schema").is_some() => {
            let edit = look.bindings.key(Action::Edit).filter(|_| !look.read_only);
            let how = edit.map(|key| format!("; {key} sets it")).unwrap_or_default();
            vec![Line::of(Role::Dim, format!("nothing is set: all gateways use the defaults{how}"))]
        }
        (None, _) => vec![Line::of(Role::Dim, "it has no settings for the whole gateway")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_flow() {
        assert_eq!(flow("one two three", 7), ["one two", "three"]);
        assert_eq!(flow("", 7), [""]);
        assert_eq!(flow("中文 longerthanroom x", 6), ["中文", "longerthanroom", "x"]);
    }
}
