//! What providers make no value of a type of. They convert generously, so little is sure: what Dubbo 3.3.6 refuses, throws at the call, or
//! takes for something else (an object for a text is an empty text to it).

use serde_json::Value;

use super::declared::{Declared, Kind, Type, Types};
use super::read;

/// What the type takes, in words, where this is surely none of it.
pub(super) fn refuted(value: &Value, of: &Type, types: &Types) -> Option<&'static str> {
    let holder = matches!(value, Value::Array(_) | Value::Object(_));
    let text = if let Value::String(text) = value { Some(text.as_str()) } else { None };
    let truth = value.is_boolean();
    if value.is_null() {
        return None;
    }
    match &of.kind {
        Kind::Int(from, to) if holder || truth || text.is_some_and(|text| !is_within(text, *from, *to)) => {
            Some(match *to {
                0x7f => "a whole number of 8 bits",
                0x7fff => "a whole number of 16 bits",
                _ => "a whole number of 32 bits",
            })
        }
        Kind::Long if holder || truth || text.is_some_and(|text| text.parse::<i64>().is_err()) => {
            Some("a whole number of 64 bits")
        }
        Kind::BigInteger if holder || truth || text.is_some_and(|text| !is_whole(text)) => Some("a whole number"),
        Kind::Float | Kind::Double if holder || truth || text.is_some_and(|text| !is_number(text)) => {
            Some("a number in its range")
        }
        Kind::Decimal if holder || truth || text.is_some_and(|text| !is_number(text)) => Some("a number"),
        Kind::Bool if holder => Some("true or false"),
        Kind::Char if holder || text.is_some_and(|text| !read::one_unit(text)) => Some("a single character"),
        Kind::Text if holder && !(value.is_array() && matches!(&*of.name, "char[]" | "[C")) => Some("a text"),
        Kind::Date | Kind::Sql(_) if holder || truth => Some("a time"),
        Kind::Time(_) | Kind::Uuid if value.is_array() || truth => Some("a text"),
        Kind::List { .. } if !value.is_array() => Some("an array"),
        Kind::Map { .. } if !value.is_object() => Some("an object"),
        Kind::Class(class) if !value.is_object() && is_bean(class, types) => Some("an object"),
        _ => None,
    }
}

/// A text that is a whole number within bounds, as Java reads it.
fn is_within(text: &str, from: i32, to: i32) -> bool {
    text.parse::<i64>().is_ok_and(|number| (i64::from(from)..=i64::from(to)).contains(&number))
}

/// A text of digits alone.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A text that may be a number: to Java's doubles there are more forms than to others.
fn is_number(text: &str) -> bool {
    let text = text.trim();
    matches!(text.trim_start_matches(['-', '+']), "NaN" | "Infinity") || text.bytes().any(|b| b.is_ascii_digit())
}

/// A class of somebody's own whose fields are known: an object, for whatever else might be made of one there is no rule.
fn is_bean(class: &str, types: &Types) -> bool {
    let fields = types.class(class).is_some_and(|known| matches!(known, Declared::Bean(fields) if !fields.is_empty()));
    fields && !class.starts_with("java.") && !class.starts_with("javax.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_no_provider_makes_a_value_of() {
        let fields =
            [("a.Order", vec![("id", "long")]), ("a.Marker", vec![]), ("java.util.Locale", vec![("x", "int")])];
        let types = Types::described(fields.iter().map(|(name, fields)| (*name, fields.iter().copied())));
        let refuted = |value: &Value, of: &str| refuted(value, &types.parse_any(of), &types);
        let all = [
            (
                "int",
                json!(["x", "", "1.5", "1e3", " 7", "99999999999", true, [], {}]),
                json!([1, "7", "+7", "-7", null]),
            ),
            ("java.lang.Long", json!(["x", false, [1], {}]), json!([1, "7", null])),
            ("double", json!(["x", "", true, [], {}]), json!([1, 0.5, "1.5", "1e3", "NaN", "-Infinity", "1d"])),
            ("java.math.BigDecimal", json!(["dear", true, [], {}]), json!([1, "1.50"])),
            ("java.math.BigInteger", json!(["dear", true, [], {}]), json!([1, "12345678901234567890"])),
            ("boolean", json!([[], {}]), json!([true, "yes", 1])),
            ("char", json!(["xy", "", [], {}]), json!(["x"])),
            ("java.lang.String", json!([[], {}]), json!(["x", 1, true, null])),
            ("char[]", json!([{}]), json!([[], "x"])),
            ("java.util.Date", json!([true, [], {}]), json!([1, "2024-01-01 00:00:00", "soon", null])),
            ("java.time.Instant", json!([true, []]), json!(["x", {}, 1])),
            ("java.util.List<int>", json!(["x", 1, true, {}]), json!([[], null])),
            ("int[]", json!(["x", 1, true, {}]), json!([[1]])),
            ("java.util.Map<String, int>", json!(["x", 1, true, []]), json!([{}, null])),
            ("a.Order", json!(["x", 1, true, []]), json!([{}, null])),
            ("a.Marker", json!([]), json!(["x", 1, true, [], {}])),
            ("java.util.Locale", json!([]), json!(["x", {}])),
            ("a.Unknown", json!([]), json!(["x", 1, true, [], {}])),
            ("java.lang.Object", json!([]), json!(["x", 1, true, [], {}])),
        ];
        for (of, bad, good) in all {
            for value in bad.as_array().unwrap() {
                assert!(refuted(value, of).is_some(), "{of} {value}");
            }
            for value in good.as_array().unwrap() {
                assert_eq!(refuted(value, of), None, "{of} {value}");
            }
        }
    }
}
