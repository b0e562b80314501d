//! When two values are the same to the validator: numbers by amount, an empty object and an empty array alike.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::Value;

/// The amount of a number; what a double can't hold is infinite, as in Lua.
pub(crate) fn amount(number: &serde_json::Number) -> f64 {
    number.as_f64().unwrap_or_else(
        || {
            if number.to_string().starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }
        },
    )
}

/// Whether `a` and `b` are the same. Recursion is bounded by the depth of the values, which the reader bounds.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => amount(a) == amount(b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| equal(a, b)))
        }
        (Value::Array(a), Value::Object(b)) | (Value::Object(b), Value::Array(a)) => a.is_empty() && b.is_empty(),
        (a, b) => a == b,
    }
}

/// The first pair of equal items, as positions from 0.
pub(crate) fn twins(items: &[Value]) -> Option<(usize, usize)> {
    const PAIRWISE: usize = 16; // below that comparing beats hashing
    if items.len() <= PAIRWISE {
        return items.iter().enumerate().find_map(|(j, b)| {
            let i = items.iter().take(j).position(|a| equal(a, b))?;
            Some((i, j))
        });
    }
    let mut seen = HashMap::with_capacity(items.len());
    items.iter().enumerate().find_map(|(j, item)| {
        let mut key = String::new();
        spell(item, &mut key);
        seen.insert(key, j).map(|i| (i, j))
    })
}

/// Writes a text that is the same for equal values only.
fn spell(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push('z'),
        Value::Bool(b) => out.push(if *b { 't' } else { 'f' }),
        Value::Number(n) => {
            let x = amount(n);
            // Negative zero equals zero.
            let _ = write!(out, "n{:x};", if x == 0.0 { 0 } else { x.to_bits() });
        }
        Value::String(s) => {
            let _ = write!(out, "s{}:{s}", s.len());
        }
        Value::Array(items) if items.is_empty() => out.push('e'),
        Value::Object(fields) if fields.is_empty() => out.push('e'),
        Value::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| spell(item, out));
            out.push(']');
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in sorted {
                let _ = write!(out, "{}:{key}", key.len());
                spell(value, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_equal_by_amount_and_empties_are_equal() {
        let text = |t: &str| -> Value { serde_json::from_str(t).unwrap() };
        assert!(equal(&text("1.0"), &text("1")));
        assert!(equal(&text("1e2"), &text("100")));
        assert!(!equal(&text("1"), &text("\"1\"")));
        assert!(equal(&json!({}), &json!([])));
        assert!(equal(&json!({"a": 1, "b": [2]}), &json!({"b": [2], "a": 1})));
        assert!(!equal(&json!({"a": 1}), &json!([1])));
    }

    #[test]
    fn twins_are_found_alike_in_short_and_long_lists() {
        for filler in [0, 40] {
            let mut items: Vec<Value> = (0..filler).map(|i| json!(format!("x{i}"))).collect();
            items.extend([json!({"a": 1, "b": 2}), json!([1]), json!({"b": 2, "a": 1})]);
            assert_eq!(twins(&items), Some((filler, filler + 2)));
            items.pop();
            assert_eq!(twins(&items), None);
        }
    }
}
