//! The screen `plugin-metadata`.

use serde_json::Value;

use super::Screen;
use super::list::{HISTORY, SUMMARY, YAML};
use super::objects::{self, PLUGIN_HOLDERS, Spec, Uses};
use super::routes::or;
use crate::output::clean;
use crate::tui::data::{Data, Row};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::Look;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::Line;
use crate::tui::wish::Place;

/// The tab of the objects that have the plugin.
const USED: &str = "Used by";

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    objects::screen(&SPEC)
}

static SPEC: Spec = Spec {
    name: "plugin-metadata",
    columns: &[
        Column::text("PLUGIN", 0, 8, 32),
        Column::text("STATE", 2, 8, 12),
        Column::number("USED", 1, 5),
        Column::text("KEYS", 3, 10, 60),
        Column::number("REV", 6, 8).wide(),
    ],
    cell: |column, row, uses, data| match column {
        "STATE" => {
            let (mood, word) = state(row, data);
            Cell::text(word).role(mood.role())
        }
        "USED" => objects::uses(uses),
        _ => Cell::text(or(keys(&row.value), "-")),
    },
    tabs: &[SUMMARY, YAML, USED, HISTORY],
    tab: |tab, row, look| match tab {
        SUMMARY => summary(row, look),
        _ => objects::found(PLUGIN_HOLDERS, look.data, |value| has(value, &row.id)),
    },
    lists: PLUGIN_HOLDERS,
    nodes: false,
    uses: counted,
    target: Some(|row, _| Some(Place::id("plugins", row.id.to_string()))),
    template: || serde_json::json!({ "id": "http-logger", "log_format": { "host": "$host", "client_ip": "$remote_addr" } }),
};

fn has(value: &Value, plugin: &str) -> bool {
    value.get("plugins").and_then(|plugins| plugins.get(plugin)).is_some()
}

fn counted(data: &Data) -> Uses {
    let of = |list: &&str| data.list(list).iter();
    let plugins = |value: &Value| {
        let all = value.get("plugins").and_then(Value::as_object).into_iter().flatten();
        all.map(|(name, _)| name.as_str()).filter(|name| data.object("plugin-metadata", name).is_some()).count()
    };
    let mut all = Uses::new();
    for object in PLUGIN_HOLDERS.iter().flat_map(of).filter(|object| plugins(&object.value) > 0) {
        for (name, _) in object.value.get("plugins").and_then(Value::as_object).into_iter().flatten() {
            *all.entry(name.clone()).or_default() += 1;
        }
    }
    all
}

/// Whether the gateway has the plugin, and whether it may run.
fn state(row: &Row, data: &Data) -> (Mood, &'static str) {
    match data.plugins.get(&*row.id) {
        Some(plugin) if plugin.enabled => (Mood::Good, "enabled"),
        Some(_) => (Mood::Off, "off"),
        None if data.plugins.is_empty() => (Mood::Off, "-"),
        None => (Mood::Warn, "unknown"),
    }
}

/// The fields that it sets.
fn keys(value: &Value) -> String {
    let own = |key: &&String| !matches!(key.as_str(), "id" | "modifiedIndex" | "create_time" | "update_time");
    let fields = value.as_object().into_iter().flatten().map(|(key, _)| key).filter(own);
    clean::line(&fields.map(String::as_str).collect::<Vec<_>>().join(","))
}

fn summary(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let (mood, word) = state(row, look.data);
    vec![
        Line::of(Role::Dim, "plugin  ")
            .with(Role::Text, clean::line(&row.id))
            .with(mood.role(), format!("  {}", look.mood(mood, word))),
        Line::field("sets", or(keys(&row.value), look.glyphs.none)),
    ]
}
