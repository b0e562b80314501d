//! Whether a condition holds for a document.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::parse::{Expr, Op, Operand};

/// What a condition is about.
#[derive(Clone, Copy)]
pub(super) struct Document<'v> {
    pub(super) itself: &'v Value,
    /// The same with what it does not say.
    pub(super) fuller: Option<&'v Value>,
}

pub(super) fn holds(expr: &Expr, document: Document<'_>) -> bool {
    match expr {
        Expr::Or(all) => all.iter().any(|expr| holds(expr, document)),
        Expr::And(all) => all.iter().all(|expr| holds(expr, document)),
        Expr::Not(inner) => !holds(inner, document),
        Expr::Has(path) => path.first(document.itself).is_some(),
        Expr::Truth(operand) => {
            let itself = Document { fuller: None, ..document };
            values(operand, itself).iter().any(|value| !matches!(**value, Value::Null | Value::Bool(false)))
        }
        Expr::Compare(left, op, right) => match op {
            Op::Unequal => !any_pair(left, right, document, equal),
            Op::Equal => any_pair(left, right, document, equal),
            Op::Less => any_ordered(left, right, document, Ordering::is_lt),
            Op::LessOrEqual => any_ordered(left, right, document, Ordering::is_le),
            Op::Greater => any_ordered(left, right, document, Ordering::is_gt),
            Op::GreaterOrEqual => any_ordered(left, right, document, Ordering::is_ge),
        },
        Expr::Matches(operand, regex) => {
            spread(values(operand, document)).iter().any(|value| regex.is_match(&text_of(value)))
        }
        Expr::In(operand, list) => list.iter().any(|item| any_pair(operand, item, document, equal)),
    }
}

/// What an operand stands for: several values where its path has `[*]`, `null` where there is nothing.
fn values<'v>(operand: &'v Operand, document: Document<'v>) -> Vec<Cow<'v, Value>> {
    match operand {
        Operand::Value(value) => vec![Cow::Borrowed(value)],
        Operand::Path(path) => {
            let documents = std::iter::once(document.itself).chain(document.fuller);
            let found: Vec<Cow<'v, Value>> = documents.flat_map(|one| path.all(one)).map(Cow::Borrowed).collect();
            if found.is_empty() { vec![Cow::Owned(Value::Null)] } else { found }
        }
        Operand::Len(inner) => values(inner, document).iter().map(|value| Cow::Owned(length(value))).collect(),
        Operand::Lower(inner) => {
            let lower = |value: &Cow<'_, Value>| match &**value {
                Value::Null => Cow::Owned(Value::Null),
                value => Cow::Owned(Value::String(text_of(value).to_lowercase())),
            };
            spread(values(inner, document)).iter().map(lower).collect()
        }
    }
}

fn length(value: &Value) -> Value {
    match value {
        Value::String(text) => text.chars().count().into(),
        Value::Array(items) => items.len().into(),
        Value::Object(map) => map.len().into(),
        Value::Null => 0.into(),
        _ => Value::Null,
    }
}

/// Lists are taken apart.
fn spread(values: Vec<Cow<'_, Value>>) -> Vec<Cow<'_, Value>> {
    let mut all = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Cow::Borrowed(Value::Array(items)) => all.extend(items.iter().map(Cow::Borrowed)),
            Cow::Owned(Value::Array(items)) => all.extend(items.into_iter().map(Cow::Owned)),
            other => all.push(other),
        }
    }
    all
}

fn any_pair(left: &Operand, right: &Operand, document: Document<'_>, test: impl Fn(&Value, &Value) -> bool) -> bool {
    let (left, right) = (spread(values(left, document)), spread(values(right, document)));
    left.iter().any(|a| right.iter().any(|b| test(a, b)))
}

fn any_ordered(left: &Operand, right: &Operand, document: Document<'_>, test: impl Fn(Ordering) -> bool) -> bool {
    any_pair(left, right, document, |a, b| compare(a, b).is_some_and(&test))
}

fn equal(a: &Value, b: &Value) -> bool {
    a == b || compare(a, b) == Some(Ordering::Equal)
}

/// The order of two values: numbers by value, also where one is written as text; text by its characters. `None` where
/// there is no order.
pub(crate) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => numbers(a, b),
        (Value::Number(a), Value::String(b)) => numbers(a, &b.parse().ok()?),
        (Value::String(a), Value::Number(b)) => numbers(&a.parse().ok()?, b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    }
}

fn numbers(a: &Number, b: &Number) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return Some(a.cmp(&b));
    }
    if let (Some(a), Some(b)) = (a.as_u64(), b.as_u64()) {
        return Some(a.cmp(&b));
    }
    a.as_f64()?.partial_cmp(&b.as_f64()?)
}

/// A value as the text that is searched and shown: text itself, anything else as JSON.
pub(crate) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}
