//! The screen `protos`.

use serde_json::Value;

use super::Screen;
use super::list::{HISTORY, REFERENCES, SUMMARY, YAML};
use super::objects::{self, Spec, Uses};
use super::routes::or;
use crate::links;
use crate::output::clean;
use crate::resources;
use crate::tui::data::{Data, text};
use crate::tui::theme::Role;
use crate::tui::widgets::bytes;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::Line;

/// The tab of the source.
const SOURCE: &str = "Source";
/// Lists of the objects whose plugins may name one.
const USERS: &[&str] = &["routes", "services", "plugin-configs", "global-rules"];

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    objects::screen(&SPEC)
}

static SPEC: Spec = Spec {
    name: "protos",
    columns: &[
        Column::text("ID", 0, 8, 32),
        Column::text("NAME", 2, 6, 32),
        Column::text("SERVICES", 1, 10, 60),
        Column::number("USED", 3, 5),
        Column::number("SIZE", 3, 8),
        Column::text("DESC", 5, 8, 40).wide(),
        Column::number("REV", 6, 8).wide(),
    ],
    cell: |column, row, uses, _| match column {
        "SERVICES" => Cell::text(or(services(&row.value), "-")),
        "USED" => objects::uses(uses),
        _ => {
            let size = text(&row.value, "content").len() as f64;
            Cell::number(size, bytes(size))
        }
    },
    tabs: &[SUMMARY, SOURCE, YAML, REFERENCES, HISTORY],
    tab: |tab, row, look| match tab {
        SUMMARY => {
            let content = text(&row.value, "content");
            vec![
                Line::field("has", format!("{} in {} lines", bytes(content.len() as f64), content.lines().count())),
                Line::field("serves", or(services(&row.value), look.glyphs.none)),
            ]
        }
        _ => source(&row.value),
    },
    lists: USERS,
    nodes: false,
    uses: counted,
    target: None,
    template: || {
        let content = "syntax = \"proto3\";\npackage new;\nservice New {\n  rpc Get (GetRequest) returns (GetReply);\n}\n\
                       message GetRequest { string id = 1; }\nmessage GetReply { string name = 1; }\n";
        serde_json::json!({ "id": "new", "content": content })
    },
};

fn counted(data: &Data) -> Uses {
    let mut all = Uses::new();
    for list in USERS {
        let Ok(resource) = resources::find(list) else { continue };
        for object in data.list(list).iter().filter(|object| object.value.pointer("/plugins/grpc-transcode").is_some())
        {
            for (_, id) in links::named(resource.kind, &object.value)
                .into_iter()
                .filter(|(kind, _)| *kind == gateway_model::Kind::Proto)
            {
                *all.entry(id).or_default() += 1;
            }
        }
    }
    all
}

/// The services that the source declares, with their package; a compiled file set shows none.
fn services(value: &Value) -> String {
    let content = text(value, "content");
    let package = after(content, "package").next().unwrap_or_default();
    let full = |name: &str| if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") };
    clean::line(&after(content, "service").take(64).map(full).collect::<Vec<_>>().join(","))
}

/// The names that follow a word at the beginning of a statement.
fn after<'c>(content: &'c str, word: &'static str) -> impl Iterator<Item = &'c str> {
    let statements = content.split([';', '{', '}', '\n']).map(str::trim_start);
    statements.filter_map(move |statement| {
        let rest = statement.strip_prefix(word)?;
        let name = rest.strip_prefix([' ', '\t'])?.trim();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        (!name.is_empty() && name.chars().all(plain)).then_some(name)
    })
}

fn source(value: &Value) -> Vec<Line> {
    let content = text(value, "content");
    if content.is_empty() {
        return vec![Line::of(Role::Dim, "it has no source")];
    }
    content.lines().map(|line| Line::of(Role::Text, clean::line(&line.replace('\t', "    ")))).collect()
}
