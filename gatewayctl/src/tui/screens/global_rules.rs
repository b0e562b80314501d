//! The screen `global-rules`.

use super::Screen;
use super::list::SUMMARY;
use super::objects::{self, HOLDER_TABS, Spec};
use crate::tui::widgets::count;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::Line;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    objects::screen(&SPEC)
}

static SPEC: Spec = Spec {
    name: "global-rules",
    columns: &[
        Column::text("ID", 0, 8, 32),
        Column::number("COUNT", 2, 5),
        Column::text("PLUGINS", 1, 10, 100),
        Column::number("REV", 6, 8).wide(),
    ],
    cell: |_, row, _, _| {
        let plugins = row.value.get("plugins").and_then(serde_json::Value::as_object).map_or(0, serde_json::Map::len);
        Cell::number(plugins as f64, plugins.to_string())
    },
    tabs: HOLDER_TABS,
    tab: |tab, _, look| {
        let now = look.data.stats.now().map(|point| count(f64::from(point.rps)));
        match now.filter(|_| tab == SUMMARY) {
            Some(rps) => vec![Line::field("runs", format!("on every request: {rps} requests/s"))],
            None => Vec::new(),
        }
    },
    lists: &[],
    nodes: false,
    uses: objects::uncounted,
    target: None,
    template: || serde_json::json!({ "id": "new", "plugins": { "prometheus": {} } }),
};
