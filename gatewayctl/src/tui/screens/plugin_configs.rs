//! The screen `plugin-configs`.

use super::Screen;
use super::list::SUMMARY;
use super::objects::{self, HOLDER_TABS, Spec};
use crate::filter::text_of;
use crate::tui::data::{By, Row};
use crate::tui::widgets::table::Column;
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, count};
use crate::tui::wish::Place;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    objects::screen(&SPEC)
}

static SPEC: Spec = Spec {
    name: "plugin-configs",
    columns: &[
        Column::text("ID", 0, 8, 32),
        Column::text("NAME", 3, 6, 24),
        Column::number("ROUTES", 1, 6),
        Column::text("PLUGINS", 2, 10, 60),
        Column::text("DESC", 5, 8, 40).wide(),
        Column::text("LABELS", 5, 8, 40).wide(),
        Column::number("REV", 6, 8).wide(),
    ],
    cell: |_, _, uses, _| objects::uses(uses),
    tabs: HOLDER_TABS,
    tab: |tab, row, look| if tab == SUMMARY { vec![used(row, look)] } else { Vec::new() },
    lists: &["routes"],
    nodes: false,
    uses: |data| objects::counted(data, "routes", "plugin_config_id"),
    target: Some(|row, _| Some(Place::filter("routes", format!("plugin_config_id={}", row.id)))),
    template: || serde_json::json!({ "id": "new", "plugins": { "limit-count": { "count": 100, "time_window": 60 } } }),
};

/// By how many routes it is used, and what goes through them.
fn used(row: &Row, look: &Look<'_>) -> Line {
    let routes = look.data.list("routes").iter();
    let users = routes.filter(|route| route.value.get("plugin_config_id").is_some_and(|id| *text_of(id) == *row.id));
    let rates: Vec<f64> =
        users.map(|route| look.data.stats.rate(By::Route, &route.id).map_or(0.0, |rate| rate.rps)).collect();
    let routes = if rates.len() == 1 { "route" } else { "routes" };
    Line::field("used", format!("by {} {routes}, {} requests/s", rates.len(), count(rates.iter().sum())))
}
