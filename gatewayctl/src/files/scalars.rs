//! Numbers of YAML that JSON would not write so: `007`, `1_000`, `0x1F`, `+5`, `.5`, `.inf`. Readers of YAML do not agree on
//! them, and a text they are meant as must not become a number on the way: `zip: 01234`. What is wanted at their place decides:
//! a text or an id is what is written; a number is one that every reader takes for the same; else the place is an error.

use gateway_model::plugin::{PluginSpecs as _, SchemaType};
use gateway_model::{Kind, schemas};
use serde_json::{Map, Number, Value};

use super::parse::Document;
use crate::error::{Error, Result};
use crate::filter::path::Step;
use crate::lint::plugins::{BUNDLED, unbuilt_schema};
use crate::resources::Resource;
use crate::schema;

/// Whether a text begins as a number does.
pub(super) fn begins(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
}

/// A number in JSON's own form that keeps its text: without an exponent, and not too large for a float.
pub(crate) fn plain(text: &str) -> Option<Number> {
    let number = text.parse::<Number>().ok()?;
    (number.to_string() == text && !text.contains(['e', 'E']) && number.as_f64().is_some_and(f64::is_finite))
        .then_some(number)
}

/// A decimal number that lacks a digit in front of its point or behind it, or has a plus or an exponent: every reader takes it
/// for the same.
pub(crate) fn decimal(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { "-" } else { "" };
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let mantissa = match mantissa.split_once('.') {
        Some(("", "")) | None => mantissa.to_owned(),
        Some((whole, part)) => {
            format!("{}.{}", if whole.is_empty() { "0" } else { whole }, if part.is_empty() { "0" } else { part })
        }
    };
    let number = format!("{sign}{mantissa}{exponent}").parse::<Number>().ok()?;
    let float = number.as_f64().filter(|float| float.is_finite())?;
    // Below 2^53 a whole float is exactly the integer.
    #[allow(clippy::cast_possible_truncation)]
    let whole =
        (!exponent.is_empty() && float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then_some(float as i64);
    Some(whole.map_or(number, Number::from))
}

/// The number that every reader that takes the text for one takes it for.
fn unambiguous(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let based = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find_map(|(prefix, base)| {
        let digits =
            unsigned.strip_prefix(prefix).filter(|digits| digits.chars().all(|c| c.is_ascii_alphanumeric()))?;
        let number = i64::from_str_radix(digits, base).ok()?;
        Some(Number::from(if text.starts_with('-') { -number } else { number }))
    });
    based.or_else(|| decimal(text))
}

/// What is wanted at a place of an object.
enum Wanted {
    Text,
    /// Or anything: a number and a text, or what no schema says.
    Number,
}

/// Makes of the odd numbers of an object at a pointer of a document what its schemas want, and adds to `told` what that is, by
/// the pointers in the document.
///
/// # Errors
/// Usage, with the place: a number is wanted, or anything, and readers do not agree on which one it is.
pub(crate) fn settle(
    document: &Document,
    pointer: &str,
    resource: &Resource,
    id: &str,
    fields: &mut Map<String, Value>,
    told: &mut Vec<(String, Value)>,
) -> Result<()> {
    let mut object = None;
    for (at, text) in document.odd(pointer) {
        let below = at.get(pointer.len()..).unwrap_or_default();
        let object = object.get_or_insert_with(|| Value::Object(std::mem::take(fields)));
        let Some(value) = object.pointer_mut(below) else { continue };
        let path: Vec<String> =
            below.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
        let settled = match (wanted(resource, id, &path), unambiguous(text)) {
            (Wanted::Text, _) => text.into(),
            (Wanted::Number, Some(number)) => Value::Number(number),
            (Wanted::Number, None) => return Err(ambiguous(document, at, text)),
        };
        told.push((at.to_owned(), settled.clone()));
        *value = settled;
    }
    if let Some(Value::Object(settled)) = object {
        *fields = settled;
    }
    Ok(())
}

/// The value of a document that is one object.
///
/// # Errors
/// As [`settle`].
pub(crate) fn settled(document: Document, resource: &Resource, id: Option<&str>) -> Result<Value> {
    let Value::Object(mut fields) = document.value.clone() else { return agreed(document) };
    settle(&document, "", resource, id.unwrap_or_default(), &mut fields, &mut Vec::new())?;
    Ok(Value::Object(fields))
}

/// The value of a document of which no schema says what it is.
///
/// # Errors
/// Usage, with the place: readers do not agree on which number something is.
pub(crate) fn agreed(mut document: Document) -> Result<Value> {
    let mut value = std::mem::take(&mut document.value);
    for (at, text) in document.odd("") {
        let number = unambiguous(text).ok_or_else(|| ambiguous(&document, at, text))?;
        if let Some(value) = value.pointer_mut(at) {
            *value = Value::Number(number);
        }
    }
    Ok(value)
}

fn ambiguous(document: &Document, at: &str, text: &str) -> Error {
    let error = Error::usage(format!("{text} is not the same number to every reader of YAML"));
    error.at(document.source(at)).hint(format!("a text is \"{text}\"; a number has no zeros in front and no _"))
}

fn wanted(resource: &Resource, id: &str, path: &[String]) -> Wanted {
    // Also of what an object lives below.
    let is_id = |name: &String| matches!(name.as_str(), "id" | "username" | "consumer") || name.ends_with("_id");
    if path.len() == 1 && path.first().is_some_and(is_id) {
        return Wanted::Text;
    }
    let kind = resource.kind;
    let (found, rest) = match path {
        [field, plugin, rest @ ..] if field == "plugins" && !rest.is_empty() => (of_plugin(kind, plugin), rest),
        _ if kind == Kind::PluginMetadata => {
            let schema = BUNDLED.get(id).and_then(|spec| spec.schema_for(SchemaType::Metadata));
            (schema.and_then(|schema| schema.value().ok()), path)
        }
        _ => {
            let name = match (resource.schema(), id.split_once('/')) {
                ("secret", Some((manager, _))) => format!("secret_{manager}"),
                (name, _) => name.to_owned(),
            };
            (schemas::json(&name), path)
        }
    };
    let at = found.as_ref().and_then(|whole| {
        rest.iter().try_fold(whole, |schema, name| {
            let item = name.parse::<i64>().ok().and_then(|index| schema::below(schema, &Step::Index(index)));
            item.or_else(|| schema::below(schema, &Step::Field(name.clone())))
        })
    });
    let types = at.map(schema::types).unwrap_or_default();
    // What is neither is refused as it is written.
    match types.iter().any(|name| matches!(*name, "integer" | "number")) || types.is_empty() {
        true => Wanted::Number,
        false => Wanted::Text,
    }
}

fn of_plugin(kind: Kind, name: &str) -> Option<Value> {
    let place =
        if matches!(kind, Kind::Consumer | Kind::Credential) { SchemaType::Consumer } else { SchemaType::Plugin };
    let spec = if kind == Kind::StreamRoute { BUNDLED.stream(name) } else { BUNDLED.get(name) };
    match spec {
        Some(spec) => spec.schema_for(place)?.value().ok(),
        None => unbuilt_schema(name)?.value().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_every_reader_takes_for_the_same() {
        for (text, number) in [
            ("+5", Some("5")),
            (".5", Some("0.5")),
            ("-.5", Some("-0.5")),
            ("5.", Some("5.0")),
            ("+5.e3", Some("5000")),
            ("1e3", Some("1000")),
            ("25E-2", Some("25e-2")),
            ("0x1F", Some("31")),
            ("-0x10", Some("-16")),
            ("0o17", Some("15")),
            ("0b101", Some("5")),
            ("0x", None),
            ("0x-5", None),
            ("0xFFFFFFFFFFFFFFFFFF", None),
            ("007", None),
            ("-01", None),
            ("00.5", None),
            ("1_000", None),
            ("0x1_0", None),
            (".inf", None),
            ("-.INF", None),
            (".nan", None),
            (".", None),
            ("1e999", None),
            ("+-5", None),
            ("", None),
        ] {
            assert_eq!(unambiguous(text).map(|number| number.to_string()).as_deref(), number, "{text}");
        }
        for text in ["1", "-1", "1.10", "12345678901234567890123"] {
            assert_eq!(plain(text).map(|number| number.to_string()).as_deref(), Some(text));
        }
        for text in ["007", "+5", " 5", "1e3", "1e999", "0x10", "1_0", "x", ""] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[-+.0-9a-fA-FxobeE_~/ ]{0,12}") {
            let _ = (plain(&text), decimal(&text));
            if let Some(number) = unambiguous(&text) {
                prop_assert!(number.as_f64().is_some_and(f64::is_finite), "{} {}", text, number);
            }
        }
    }
}
