//! Fields of values that came from elsewhere.

use serde_json::Value;

use crate::output::clean;
use crate::tui::msg::Failure;

/// The text of a field, as it came; empty where there is none.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A field for the screen: its text, or its number; nothing in it drives a terminal.
pub(crate) fn shown(value: &Value, name: &str) -> String {
    match value.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => clean::line(text),
        Some(other) => clean::line(&other.to_string()),
    }
}

/// A number, 0 where there is none.
pub(crate) fn number(value: &Value, name: &str) -> f64 {
    value.get(name).and_then(Value::as_f64).filter(|number| number.is_finite()).unwrap_or_default()
}

/// A whole number, 0 where there is none.
pub(crate) fn whole(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// Whether a field is true.
pub(crate) fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// The rows of a document.
pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A moment in seconds since 1970.
pub(super) fn moment(value: &Value, name: &str) -> i64 {
    crate::commands::live::moment(value, name).unwrap_or_default()
}

/// The texts of a field that is a list or one text.
pub(super) fn texts(value: &Value, name: &str) -> Vec<String> {
    match value.get(name) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// `{"failure":{"message","hints","status"}}`: the source cannot be told.
pub(super) fn failure(value: &Value) -> Option<Failure> {
    let failure = only(value, "failure")?;
    Some(Failure {
        status: failure.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()),
        message: text(failure, "message").to_owned(),
        hints: texts(failure, "hints"),
    })
}

/// `{"dropped":n}`: so many rows are missing here.
pub(super) fn dropped(value: &Value) -> Option<u64> {
    only(value, "dropped")?.as_u64()
}

fn only<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.as_object().filter(|fields| fields.len() == 1)?.get(name)
}
