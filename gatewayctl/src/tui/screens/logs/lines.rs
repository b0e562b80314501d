//! The lines of the logs, and which of them are shown.

use regex::Regex;
use serde_json::Value;

use crate::commands::live::moment;
use crate::filter::text_of;
use crate::output::clean;
use crate::output::clock::Now;
use crate::resources::Resource;
use crate::tui::action::Action;
use crate::tui::data::{Data, Row, number, shown, text};
use crate::tui::msg::{Arguments, Source};
use crate::tui::screens::Context;
use crate::tui::screens::list::{Kind, SUMMARY, YAML};
use crate::tui::theme::Role;
use crate::tui::widgets::table::{Cell, Column, Rows};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, clock};
use crate::tui::wish::Wish;

/// From which level on lines are shown.
pub(super) const LEVELS: [&str; 4] = ["error", "warn", "info", "debug"];
/// The same for an access log.
pub(super) const STATUSES: [&str; 3] = ["5xx", "4xx 5xx", "all"];

/// Lines that are asked for; the gateway keeps no more.
const MOST: &str = "2000";

/// The lines of one of the logs.
pub(super) struct Lines {
    /// Of the access log.
    pub(super) access: bool,
    /// A place in [`LEVELS`]: this and what is more serious.
    pub(super) level: usize,
    /// Only what comes from here.
    pub(super) component: Option<String>,
    /// What is searched for; its lines stand out.
    pub(super) search: Option<Regex>,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines { access: false, level: LEVELS.len() - 1, component: None, search: None }
    }
}

static GATEWAY: [Column; 5] = [
    Column::text("TIME", 0, 12, 12),
    Column::text("LEVEL", 0, 5, 6),
    Column::text("COMPONENT", 1, 16, 32),
    Column::text("MESSAGE", 0, 20, 400),
    Column::text("FIELDS", 4, 8, 60).wide(),
];

static ACCESS: [Column; 2] = [Column::text("STATUS", 0, 6, 6), Column::text("LINE", 0, 20, 1_000)];

impl Rows for Lines {
    fn columns(&self) -> &[Column] {
        if self.access { &ACCESS } else { &GATEWAY }
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let value = &*row.value;
        let role = role(value);
        match self.columns().get(column).map_or("", |column| column.name) {
            "TIME" => Cell::number(number(value, "ts"), time(value, data.now())).role(Role::Dim),
            "LEVEL" => Cell::text(level(value).to_ascii_uppercase()).role(role),
            "COMPONENT" => Cell::text(shown(value, "target")).role(Role::Accent),
            "STATUS" => match status(text(value, "line")) {
                Some(status) => Cell::text(status.to_string()).role(role),
                None => Cell::text("-").role(Role::Off),
            },
            "FIELDS" => Cell::text(fields(value).join(" ")).role(Role::Dim),
            name => {
                let words = if name == "LINE" { shown(value, "line") } else { shown(value, "msg") };
                let found = self.search.as_ref().is_some_and(|search| search.is_match(&plain(value)));
                Cell::text(words).role(if found { Role::Match } else { role })
            }
        }
    }
}

impl Kind for Lines {
    fn name(&self) -> &'static str {
        "logs"
    }

    fn resource(&self) -> Option<&'static Resource> {
        None
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        let mut arguments = vec![("n", MOST.to_owned())];
        if self.access {
            arguments.push(("kind", "access".to_owned()));
        }
        vec![(Source::Logs, arguments)]
    }

    fn rows(&self, data: &Data) -> Vec<Row> {
        let is_shown = |row: &&Row| {
            let value = &*row.value;
            value.get("line").is_some() == self.access
                && severity(value) <= self.level
                && self.component.as_deref().is_none_or(|component| text(value, "target").starts_with(component))
        };
        data.logs.iter().filter(is_shown).cloned().collect()
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, YAML]
    }

    fn tab(&self, _: &str, row: &Row, _: &Look<'_>, _: u16) -> Vec<Line> {
        let value = &*row.value;
        if self.access {
            return vec![Line::of(role(value), shown(value, "line"))];
        }
        let at = moment(value, "ts").unwrap_or_default();
        let mut all = vec![
            Line::field("time", Now::at(at).rfc3339()),
            Line::of(Role::Dim, format!("{:<8}", "level")).with(role(value), level(value)),
            Line::field("from", shown(value, "target")),
            Line::field("message", shown(value, "msg")),
        ];
        all.extend(fields(value).into_iter().map(|field| Line::field("field", field)));
        all
    }

    fn act(&mut self, action: Action, rows: &[Row], context: &mut Context<'_>) -> bool {
        match (action, rows) {
            (Action::CopyId, rows) => {
                let text: Vec<String> = rows.iter().map(|row| clean::line(&plain(&row.value))).collect();
                context.wish(Wish::Copy(text.join("\n"), if rows.len() == 1 { "line" } else { "lines" }));
            }
            // Lines are no objects.
            (
                Action::New
                | Action::Toggle
                | Action::Delete
                | Action::Edit
                | Action::Explain
                | Action::RollBack
                | Action::Tap,
                _,
            ) => {}
            _ => return false,
        }
        true
    }

    fn empty(&self) -> String {
        match (self.access, LEVELS.get(self.level), &self.component) {
            (true, ..) if self.level < 2 => format!("no answers of {}", STATUSES[self.level.min(1)]),
            (true, ..) => "no lines of the access log".to_owned(),
            (false, Some(level), component) if self.level < LEVELS.len() - 1 || component.is_some() => {
                let of = component.as_deref().map(|of| format!(" of {}", clean::line(of))).unwrap_or_default();
                format!("no lines{of} of level {level} or above")
            }
            (false, ..) => "no lines of the log".to_owned(),
        }
    }
}

/// The time of day in milliseconds, or the day where it was another one.
fn time(value: &Value, now: i64) -> String {
    let ts = number(value, "ts");
    let Some(at) = moment(value, "ts") else { return "-".to_owned() };
    if at.div_euclid(86_400) != now.div_euclid(86_400) {
        let date = Now::at(at).date();
        return format!("{} {}", date.get(5..).unwrap_or_default(), clock(at).get(..5).unwrap_or_default());
    }
    format!("{}.{:03}", clock(at), ((ts - ts.floor()) * 1_000.0).round().clamp(0.0, 999.0))
}

fn level(value: &Value) -> String {
    shown(value, "level")
}

/// A place in [`LEVELS`].
fn severity(value: &Value) -> usize {
    if let Some(line) = value.get("line") {
        return match status(line.as_str().unwrap_or_default()) {
            Some(500..) => 0,
            Some(400..) => 1,
            _ => 2,
        };
    }
    match text(value, "level") {
        "error" | "ERROR" => 0,
        "warn" | "WARN" => 1,
        "debug" | "DEBUG" | "trace" | "TRACE" => 3,
        _ => 2,
    }
}

fn role(value: &Value) -> Role {
    match severity(value) {
        0 => Role::Bad,
        1 => Role::Warn,
        3 => Role::Dim,
        _ => Role::Text,
    }
}

/// `n=1`, one after the other.
fn fields(value: &Value) -> Vec<String> {
    let fields = value.get("fields").and_then(Value::as_object).into_iter().flatten();
    fields.map(|(name, value)| clean::line(&format!("{name}={}", text_of(value)))).collect()
}

/// All that a search looks at.
pub(super) fn plain(value: &Value) -> String {
    match value.get("line") {
        Some(line) => text_of(line).into_owned(),
        None => {
            let words = [text(value, "level"), text(value, "target"), text(value, "msg")].join(" ");
            let fields = fields(value).join(" ");
            if fields.is_empty() { words } else { format!("{words} {fields}") }
        }
    }
}

/// The status in a line of an access log: of an object of JSON, or the number behind the request in its quotes.
fn status(line: &str) -> Option<u16> {
    let digits = |text: &str| {
        let digits = text.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        let ends = !text.get(3..)?.starts_with(|c: char| c.is_ascii_digit());
        digits.parse().ok().filter(|status| ends && (100..1_000).contains(status))
    };
    if let Some((_, rest)) = line.split_once("\"status\":") {
        return digits(rest.trim_start_matches([' ', '"']));
    }
    line.match_indices("\" ").find_map(|(at, quote)| digits(&line[at + quote.len()..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_status_of_a_line() {
        let combined = r#"10.0.0.1 - - [24/Nov/2026:20:03:07 +0000] api "GET /a HTTP/1.1" 503 12 0.1 "-" "curl 200""#;
        assert_eq!(status(combined), Some(503));
        assert_eq!(status(r#"{"status": "404", "x": 1}"#), Some(404));
        assert_eq!(status(r#"{"status":200}"#), Some(200));
        for none in ["", "\" ", "\" 20", "\" 2000 ", "status 200", "\" ab\u{e9}"] {
            assert_eq!(status(none), None, "{none}");
        }
    }

    #[test]
    fn levels() {
        let all = ["error", "warn", "info", "debug", "trace", "x"].map(|level| severity(&json!({ "level": level })));
        assert_eq!(all, [0, 1, 2, 3, 3, 2]);
        assert_eq!(severity(&json!({"line": "\"GET / HTTP/1.1\" 404 1"})), 1);
    }
}
