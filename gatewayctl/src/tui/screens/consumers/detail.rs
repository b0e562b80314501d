//! The details of a consumer or a credential. Secrets are masked throughout.

use serde_json::Value;

use super::{ago, auth, consumer, credentials as of, is_credential};
use crate::output::clean;
use crate::tui::data::{By, Row, shown, text};
use crate::tui::screens::objects::{self, ends};
use crate::tui::screens::routes::{error_role, or, plugin_names};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, count, time};

/// Who it is, in a few lines; `seen` is when the consumer was seen last.
pub(super) fn summary(row: &Row, seen: Option<i64>, look: &Look<'_>) -> Vec<Line> {
    let none = look.glyphs.none;
    let data = look.data;
    let mut lines = Vec::new();
    if is_credential(row) {
        lines.push(Line::field("of", format!("consumer {}", clean::line(consumer(row)))));
        lines.push(Line::field("name", or(shown(&row.value, "name"), none)));
        lines.push(Line::field("auth", or(auth(&row.value), none)));
        lines.extend(ends("credentials", &row.id, row, data));
        return lines;
    }
    lines.push(Line::field("name", clean::line(&row.id)));
    let group = shown(&row.value, "group_id");
    let known = group.is_empty() || data.object("consumer-groups", text(&row.value, "group_id")).is_some();
    let line = Line::field("group", or(group, none));
    lines.push(if known { line } else { line.with(Role::Bad, format!("  {}", look.mood(Mood::Bad, "missing"))) });
    let mut proofs: Vec<String> = Vec::new();
    let own = auth(&row.value);
    if !own.is_empty() {
        proofs.push(format!("{own} of its own"));
    }
    proofs.extend(of(&row.id, data).take(8).map(|one| format!("{} ({})", auth(&one.value), clean::line(&one.id))));
    lines.push(Line::field("auth", or(proofs.join("  "), "none: nobody can be this consumer")));
    lines.push(Line::field("plugins", or(plugin_names(&row.value), none)));
    match data.stats.rate(By::Consumer, &row.id) {
        Some(rate) => lines.push(
            Line::field("rate", format!("{} requests/s  ", count(rate.rps)))
                .with(error_role(rate.err), format!("errors {:.2} %", rate.err * 100.0))
                .with(Role::Text, format!("  p50 {}  p99 {}", time(rate.p50), time(rate.p99))),
        ),
        None => lines.push(Line::field("rate", none)),
    }
    lines.push(match seen {
        Some(seen) => Line::field("seen", ago(seen, data.now())),
        None => Line::of(Role::Dim, "seen    not since this program looks"),
    });
    lines.extend(ends("consumers", &row.id, row, data));
    lines
}

/// The credentials of a consumer, or the one that is selected.
pub(super) fn credentials(row: &Row, look: &Look<'_>) -> Vec<Line> {
    /// More are found in the table.
    const MOST: usize = 200;
    let name = consumer(row);
    let mut lines = Vec::new();
    for one in of(name, look.data).take(MOST).filter(|one| !is_credential(row) || one.id == row.id) {
        lines.push(Line::of(Role::Title, clean::line(&one.id)));
        lines.extend(objects::plugins(&one.value, look).into_iter().map(objects::indented));
    }
    if !is_credential(row) && !auth(&row.value).is_empty() {
        lines.push(Line::of(Role::Title, "of the consumer itself"));
        let proves = auth_only(&row.value);
        lines.extend(objects::plugins(&proves, look).into_iter().map(objects::indented));
    }
    if lines.is_empty() { vec![Line::of(Role::Dim, "it has no credentials")] } else { lines }
}

/// An object with only those of its plugins that prove who it is.
fn auth_only(value: &Value) -> Value {
    let names = auth(value);
    let all = value.get("plugins").and_then(Value::as_object).into_iter().flatten();
    let proofs: serde_json::Map<String, Value> = all
        .filter(|(name, _)| names.split(',').any(|proof| proof == name.as_str()))
        .map(|(name, config)| (name.clone(), config.clone()))
        .collect();
    serde_json::json!({ "plugins": proofs })
}

/// The plugins that run for it: those of its group, and its own, which win.
pub(super) fn plugins(row: &Row, look: &Look<'_>) -> Vec<Line> {
    if is_credential(row) {
        return objects::plugins(&row.value, look);
    }
    let mut lines = vec![Line::of(Role::Title, "of the consumer")];
    lines.extend(objects::plugins(&row.value, look).into_iter().map(objects::indented));
    if let Some(group) = look.data.object("consumer-groups", text(&row.value, "group_id")) {
        lines.push(Line::of(Role::Title, clean::line(&format!("of the group {}", group.id))));
        lines.extend(objects::plugins(&group.value, look).into_iter().map(objects::indented));
    }
    lines
}
