//! JSON Patch (RFC 6902): a list of operations, all of which are done or none.

use serde_json::Value;

use crate::error::{Error, Result};

/// Applies the operations in order.
///
/// # Errors
/// Usage, with the number of the operation: of no known form, a place that is not there, a test that fails.
pub(super) fn apply(document: &mut Value, patch: &Value) -> Result<()> {
    let Value::Array(operations) = patch else {
        return Err(Error::usage("a patch of type json is a list of operations")
            .hint("[{\"op\":\"remove\",\"path\":\"/desc\"}]"));
    };
    let mut changed = document.clone();
    for (i, operation) in operations.iter().enumerate() {
        one(&mut changed, operation).map_err(|why| Error::usage(format!("operation {} of the patch: {why}", i + 1)))?;
    }
    *document = changed;
    Ok(())
}

fn one(document: &mut Value, operation: &Value) -> std::result::Result<(), String> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).ok_or_else(|| format!("\"{name}\" is missing"));
    let value = || operation.get("value").cloned().ok_or_else(|| "\"value\" is missing".to_owned());
    let path = text("path")?;
    match text("op")? {
        "add" => add(document, path, value()?),
        "remove" => remove(document, path).map(drop),
        "replace" => {
            let place = document.pointer_mut(path).ok_or_else(|| missing(path))?;
            *place = value()?;
            Ok(())
        }
        "move" => {
            let from = text("from")?;
            if path.strip_prefix(from).is_some_and(|rest| rest.starts_with('/')) {
                return Err(format!("{from} cannot move into itself"));
            }
            let moved = remove(document, from)?;
            add(document, path, moved)
        }
        "copy" => {
            let from = text("from")?;
            let copied = document.pointer(from).cloned().ok_or_else(|| missing(from))?;
            add(document, path, copied)
        }
        "test" => {
            let there = document.pointer(path).ok_or_else(|| missing(path))?;
            if crate::normal::same(there, &value()?) { Ok(()) } else { Err(format!("{path} is not as it should be")) }
        }
        other => Err(format!("unknown op \"{other}\"")),
    }
}

fn missing(path: &str) -> String {
    format!("there is nothing at {path}")
}

/// The thing around a place, and the last part of the way to it.
fn parent<'v>(document: &'v mut Value, path: &str) -> std::result::Result<(&'v mut Value, String), String> {
    let (around, last) = path.rsplit_once('/').ok_or_else(|| format!("\"{path}\" is no JSON pointer"))?;
    let around = document.pointer_mut(around).ok_or_else(|| missing(path))?;
    Ok((around, last.replace("~1", "/").replace("~0", "~")))
}

fn add(document: &mut Value, path: &str, value: Value) -> std::result::Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    match parent(document, path)? {
        (Value::Object(map), name) => {
            map.insert(name, value);
            Ok(())
        }
        (Value::Array(items), place) => {
            let place = if place == "-" { Some(items.len()) } else { place.parse().ok() };
            let place = place.filter(|place| *place <= items.len()).ok_or_else(|| missing(path))?;
            items.insert(place, value);
            Ok(())
        }
        _ => Err(missing(path)),
    }
}

fn remove(document: &mut Value, path: &str) -> std::result::Result<Value, String> {
    match parent(document, path)? {
        (Value::Object(map), name) => map.shift_remove(&name).ok_or_else(|| missing(path)),
        (Value::Array(items), place) => {
            let place = place.parse().ok().filter(|place: &usize| *place < items.len()).ok_or_else(|| missing(path))?;
            Ok(items.remove(place))
        }
        _ => Err(missing(path)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn operations() {
        let document = json!({"a": {"b": 1}, "l": [1, 2], "x/y": 3});
        for (patch, expected) in [
            (json!([{"op":"add","path":"/a/c","value":2}]), Some(json!({"a":{"b":1,"c":2},"l":[1,2],"x/y":3}))),
            (json!([{"op":"add","path":"/l/-","value":3}]), Some(json!({"a":{"b":1},"l":[1,2,3],"x/y":3}))),
            (json!([{"op":"add","path":"/l/0","value":0}]), Some(json!({"a":{"b":1},"l":[0,1,2],"x/y":3}))),
            (json!([{"op":"remove","path":"/x~1y"}]), Some(json!({"a":{"b":1},"l":[1,2]}))),
            (json!([{"op":"replace","path":"/a/b","value":9}]), Some(json!({"a":{"b":9},"l":[1,2],"x/y":3}))),
            (json!([{"op":"move","from":"/a/b","path":"/l/1"}]), Some(json!({"a":{},"l":[1,1,2],"x/y":3}))),
            (json!([{"op":"copy","from":"/l","path":"/a/l"}]), Some(json!({"a":{"b":1,"l":[1,2]},"l":[1,2],"x/y":3}))),
            (
                json!([{"op":"test","path":"/a/b","value":1.0},{"op":"remove","path":"/a"}]),
                Some(json!({"l":[1,2],"x/y":3})),
            ),
            (json!([{"op":"remove","path":"/a"},{"op":"test","path":"/l/0","value":5}]), None),
            (json!([{"op":"move","from":"/a","path":"/a/b/c"}]), None),
            (json!([{"op":"remove","path":"/none"}]), None),
            (json!([{"op":"add","path":"/l/9","value":1}]), None),
            (json!([{"op":"jump","path":"/l"}]), None),
            (json!([{"op":"add","path":"/l"}]), None),
            (json!({}), None),
        ] {
            let mut after = document.clone();
            let done = apply(&mut after, &patch);
            assert_eq!(done.is_ok().then_some(&after), expected.as_ref(), "{patch}");
            assert!(done.is_ok() || after == document, "a patch that fails changes nothing");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(op in "add|remove|replace|move|copy|test", path in "(/[a-c0-2~-]{0,2}){0,3}", from in "(/[a-c0-2]{0,2}){0,3}") {
            let mut document = json!({"a": [1, {"b": 2}], "c": {"": 0}});
            let _ = apply(&mut document, &json!([{"op": op, "path": path, "from": from, "value": 1}]));
        }
    }
}
