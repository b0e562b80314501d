//! The screen `consumer-groups`.

use super::Screen;
use super::list::SUMMARY;
use super::objects::{self, HOLDER_TABS, Spec};
use crate::filter::text_of;
use crate::tui::data::{By, Row};
use crate::tui::theme::Role;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, count};
use crate::tui::wish::Place;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    objects::screen(&SPEC)
}

static SPEC: Spec = Spec {
    name: "consumer-groups",
    columns: &[
        Column::text("ID", 0, 8, 32),
        Column::text("NAME", 4, 6, 24),
        Column::number("CONSUMERS", 1, 9),
        Column::text("PLUGINS", 2, 10, 60),
        Column::text("DESC", 5, 8, 40).wide(),
        Column::text("LABELS", 5, 8, 40).wide(),
        Column::number("REV", 6, 8).wide(),
    ],
    cell: |_, _, uses, _| objects::uses(uses),
    tabs: HOLDER_TABS,
    tab: |tab, row, look| if tab == SUMMARY { members(row, look) } else { Vec::new() },
    lists: &["consumers"],
    nodes: false,
    uses: |data| objects::counted(data, "consumers", "group_id"),
    target: Some(|row, _| Some(Place::filter("consumers", format!("group_id={}", row.id)))),
    template: || serde_json::json!({ "id": "new", "plugins": { "limit-count": { "count": 100, "time_window": 60 } } }),
};

/// Who is in the group, and what goes through it.
fn members(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let is_member = |value: &serde_json::Value| value.get("group_id").is_some_and(|id| *text_of(id) == *row.id);
    let members = look.data.list("consumers").iter().filter(|consumer| is_member(&consumer.value));
    let rates: Vec<f64> =
        members.map(|one| look.data.stats.rate(By::Consumer, &one.id).map_or(0.0, |rate| rate.rps)).collect();
    let mut lines =
        vec![Line::field("rate", format!("{} requests/s of {} consumers", count(rates.iter().sum()), rates.len()))];
    lines.push(Line::of(Role::Title, "members"));
    lines.extend(objects::found(&["consumers"], look.data, is_member).into_iter().take(12));
    if rates.len() > 12 {
        lines.push(Line::of(Role::Dim, format!("  and {} more", rates.len() - 12)));
    }
    lines
}
