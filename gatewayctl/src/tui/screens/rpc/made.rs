//! A call that was made from here, and what it came to.

use std::sync::Arc;

use serde_json::Value;

use crate::output::clean;
use crate::tui::data::{items, number, shown};
use crate::tui::msg::Failure;
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::Look;
use crate::tui::widgets::text::Line;

/// Lines of an answer that are kept, and characters of each.
const LINES: usize = 1_000;
const LONGEST: usize = 400;

/// A call.
pub(super) struct Made {
    pub(super) number: u32,
    /// The row that was called.
    pub(super) id: Arc<str>,
    /// Seconds since 1970.
    pub(super) at: i64,
    /// The fields of the form, the arguments first.
    pub(super) fields: Vec<String>,
    came: Option<Came>,
}

/// What a call came to.
struct Came {
    mood: Mood,
    /// In a line.
    head: String,
    lines: Vec<String>,
}

impl Made {
    pub(super) fn new(number: u32, id: Arc<str>, at: i64, fields: Vec<String>) -> Made {
        Made { number, id, at, fields, came: None }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.came.is_none()
    }

    /// The arguments, as they were typed.
    pub(super) fn asked(&self) -> &str {
        self.fields.first().map_or("", String::as_str)
    }

    /// Takes the answer in.
    pub(super) fn came(&mut self, result: &Result<Value, Failure>) {
        self.came = Some(match result {
            Ok(told) => Came::told(told),
            Err(failure) => {
                let hints = failure.hints.iter().map(|hint| clean::line(hint)).collect();
                Came { mood: Mood::Bad, head: clean::line(&failure.message), lines: hints }
            }
        });
    }

    pub(super) fn mood(&self) -> Mood {
        self.came.as_ref().map_or(Mood::Off, |came| came.mood)
    }

    /// `✓ 1.84 ms at 10.0.0.7:20880`.
    pub(super) fn head(&self, look: &Look<'_>) -> String {
        match &self.came {
            Some(came) => look.mood(came.mood, &came.head),
            None => format!("calling{}", look.glyphs.more),
        }
    }

    /// The answer.
    pub(super) fn lines(&self) -> Vec<Line> {
        let lines = self.came.iter().flat_map(|came| &came.lines);
        lines.map(|line| Line::of(Role::Text, format!("  {line}"))).collect()
    }
}

impl Came {
    fn told(told: &Value) -> Came {
        let place = format!("{:.2} ms at {}", number(told, "ms"), shown(told, "node"));
        if let Some(exception) = told.get("exception").filter(|exception| !exception.is_null()) {
            let (class, message) = (shown(exception, "class"), shown(exception, "message"));
            let what = if message.is_empty() { class } else { format!("{class}: {message}") };
            return Came {
                mood: Mood::Bad,
                head: format!("threw {what}"),
                lines: [place].into_iter().chain(stack(exception)).collect(),
            };
        }
        if let Some(status) = told.get("status").and_then(Value::as_u64) {
            let messages = items(told.get("messages").unwrap_or(&Value::Null));
            let lines: Vec<String> = messages.flat_map(pretty).take(LINES).collect();
            if status == 0 {
                return Came { mood: Mood::Good, head: format!("OK  {place}"), lines };
            }
            let head = format!("{} ({status}): {}  {place}", shown(told, "status_name"), shown(told, "message"));
            return Came { mood: Mood::Bad, head, lines };
        }
        Came { mood: Mood::Good, head: place, lines: pretty(told.get("value").unwrap_or(&Value::Null)) }
    }
}

fn stack(exception: &Value) -> Vec<String> {
    let stack = exception.get("stack").and_then(Value::as_str).unwrap_or_default();
    stack.lines().take(LINES).map(cut).collect()
}

/// JSON over several lines, none of them too long.
fn pretty(value: &Value) -> Vec<String> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.lines().take(LINES).map(cut).collect()
}

fn cut(line: &str) -> String {
    clean::line(&line.chars().take(LONGEST).collect::<String>())
}
