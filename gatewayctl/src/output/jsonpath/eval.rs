//! What a path finds.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Node, Op, Operand, Step};
use crate::error::{Error, Result};
use crate::filter::path::place;
use crate::filter::{compare, text_of};

/// A path that finds more is a mistake.
const MAX_RESULTS: usize = 1_000_000;

pub(super) fn render(nodes: &[Node], root: &Value, current: &Value, text: &mut String) -> Result<()> {
    for node in nodes {
        match node {
            Node::Text(plain) => text.push_str(plain),
            Node::Path(steps) => {
                for (i, value) in find(steps, root, current)?.into_iter().enumerate() {
                    text.push_str(if i > 0 { " " } else { "" });
                    text.push_str(&text_of(value));
                }
            }
            Node::Range(steps, inner) => {
                for value in find(steps, root, current)? {
                    render(inner, root, value, text)?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn find<'v>(steps: &[Step], root: &'v Value, current: &'v Value) -> Result<Vec<&'v Value>> {
    let mut found = vec![current];
    for step in steps {
        let mut next = Vec::new();
        for value in found {
            walk(step, root, value, &mut next)?;
            if next.len() > MAX_RESULTS {
                return Err(Error::usage(format!("jsonpath: more than {MAX_RESULTS} results")));
            }
        }
        found = next;
    }
    Ok(found)
}

fn walk<'v>(step: &Step, root: &'v Value, value: &'v Value, next: &mut Vec<&'v Value>) -> Result<()> {
    match (step, value) {
        (Step::Root, _) => next.push(root),
        (Step::Current, _) => next.push(value),
        (Step::Field(name), Value::Object(map)) => next.extend(map.get(name)),
        (Step::Each, Value::Array(items)) => next.extend(items),
        (Step::Each, Value::Object(map)) => next.extend(map.values()),
        (Step::Deep, _) => deep(value, next)?,
        (Step::Index(i), Value::Array(items)) => next.extend(place(*i, items.len()).and_then(|i| items.get(i))),
        (Step::Slice(from, to, by), Value::Array(items)) => {
            let bound = |i: i64| place(i, items.len()).unwrap_or(0).min(items.len());
            let (from, to) = (from.map_or(0, bound), to.map_or(items.len(), bound));
            let by = usize::try_from(*by).unwrap_or(1).max(1);
            next.extend(items.get(from..to).into_iter().flatten().step_by(by));
        }
        (Step::Union(steps), _) => {
            for step in steps {
                walk(step, root, value, next)?;
            }
        }
        (Step::Filter(path, test), Value::Array(items)) => {
            for item in items {
                if passes(path, test.as_ref(), root, item)? {
                    next.push(item);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn deep<'v>(value: &'v Value, next: &mut Vec<&'v Value>) -> Result<()> {
    if next.len() > MAX_RESULTS {
        return Err(Error::usage(format!("jsonpath: more than {MAX_RESULTS} results")));
    }
    next.push(value);
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| deep(item, next)),
        Value::Object(map) => map.values().try_for_each(|item| deep(item, next)),
        _ => Ok(()),
    }
}

fn passes(path: &[Step], test: Option<&(Op, Operand)>, root: &Value, item: &Value) -> Result<bool> {
    let left = find(path, root, item)?;
    let Some((op, right)) = test else { return Ok(!left.is_empty()) };
    let right = match right {
        Operand::Value(value) => vec![value],
        Operand::Path(path) => find(path, root, item)?,
    };
    let equal = |a: &Value, b: &Value| a == b || compare(a, b) == Some(Ordering::Equal);
    let holds = |a: &Value, b: &Value| match op {
        Op::Equal | Op::Unequal => equal(a, b),
        Op::Less => compare(a, b).is_some_and(Ordering::is_lt),
        Op::LessOrEqual => compare(a, b).is_some_and(Ordering::is_le),
        Op::Greater => compare(a, b).is_some_and(Ordering::is_gt),
        Op::GreaterOrEqual => compare(a, b).is_some_and(Ordering::is_ge),
    };
    let any = left.iter().any(|a| right.iter().any(|b| holds(a, b)));
    Ok(any != (*op == Op::Unequal))
}
