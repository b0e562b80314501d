//! The two forms of PATCH, on values.

use serde_json::{Map, Value};

use crate::check::Invalid;

/// `PATCH /{resource}/{id}`: merges `patch` into `object`. Objects merge key by key, `null` deletes a key, everything
/// else replaces; so does an array on either side.
///
/// # Errors
/// No patch, or one that is no object.
pub fn merge(object: &Value, patch: Option<&Value>) -> Result<Value, Invalid> {
    let mut merged = object.clone();
    match patch {
        None => return Err(Invalid::new("patch", "missing new configuration")),
        Some(Value::Object(patch)) => merge_into(&mut merged, patch),
        // An empty array is an empty object.
        Some(Value::Array(items)) if items.is_empty() => {}
        Some(_) => return Err(Invalid::new("patch", "invalid configuration")),
    }
    Ok(merged)
}

/// `PATCH /{resource}/{id}/{a}/{b}`: sets the value at a path, making the objects on the way. `null` is stored as it
/// is. Steps are keys of objects, decoded; positions of arrays can't be addressed.
///
/// # Errors
/// No value, or something that is no object on the way.
pub fn set<'a>(
    object: &Value,
    path: impl IntoIterator<Item = &'a str> + Clone,
    value: Option<&Value>,
) -> Result<Value, Invalid> {
    let Some(value) = value else { return Err(Invalid::new("patch", "missing new configuration")) };
    let wrong = || {
        let steps: Vec<&str> = path.clone().into_iter().collect();
        Invalid::new("patch", format!("invalid sub-path: /{}", steps.join("/")))
    };
    let mut changed = object.clone();
    let mut place = &mut changed;
    for step in path.clone() {
        if matches!(place, Value::Array(items) if items.is_empty()) {
            *place = Value::Object(Map::new());
        }
        let Value::Object(fields) = place else { return Err(wrong()) };
        place = fields.entry(step).or_insert_with(|| Value::Object(Map::new()));
    }
    *place = value.clone();
    Ok(changed)
}

/// Recursion is bounded by the depth of `patch`, which its reader bounds.
fn merge_into(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, value) in patch {
        match value {
            Value::Null => {
                fields.shift_remove(key);
            }
            Value::Object(patch) if !fields.get(key).is_some_and(Value::is_array) => {
                merge_into(fields.entry(key.clone()).or_insert(Value::Null), patch);
            }
            value => {
                fields.insert(key.clone(), without_nulls(value));
            }
        }
    }
}

/// An object that replaces an array: its nulls delete nothing, so they are left out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(patch) => {
            let mut fresh = Value::Null;
            merge_into(&mut fresh, patch);
            fresh
        }
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_merge_and_nulls_delete() {
        let cases = [
            (
                json!({"methods": ["GET"], "desc": "x"}),
                json!({"methods": ["PUT"], "desc": null}),
                json!({"methods": ["PUT"]}),
            ),
            (json!({"nodes": {"a": 1}}), json!({"nodes": {"a": null, "b": 1}}), json!({"nodes": {"b": 1}})),
            (json!({"nodes": [1]}), json!({"nodes": {"b": 1, "c": null}}), json!({"nodes": {"b": 1}})),
            (json!({"nodes": {"b": 1}}), json!({"nodes": [1]}), json!({"nodes": [1]})),
            (json!({}), json!({"a": {"b": null, "c": 1}}), json!({"a": {"c": 1}})),
            (json!({"a": 1}), json!({"a": {"b": 1}}), json!({"a": {"b": 1}})),
            (json!({"a": 1}), json!({}), json!({"a": 1})),
            (json!({"a": 1}), json!([]), json!({"a": 1})),
        ];
        for (object, patch, merged) in cases {
            assert_eq!(merge(&object, Some(&patch)).unwrap(), merged, "{patch}");
        }
        assert_eq!(merge(&json!({}), None).unwrap_err().message, "missing new configuration");
        assert_eq!(merge(&json!({}), Some(&json!("x"))).unwrap_err().message, "invalid configuration");
        assert_eq!(merge(&json!({}), Some(&json!([1]))).unwrap_err().message, "invalid configuration");
    }

    #[test]
    fn paths_set_and_make_what_is_missing() {
        let object = json!({"nodes": {"a": 1}, "name": "x", "plugins": []});
        let cases: &[(&[&str], Value, Value)] = &[
            (&["nodes"], json!({"b": 1}), json!({"nodes": {"b": 1}, "name": "x", "plugins": []})),
            (
                &["plugins", "p", "k"],
                json!(null),
                json!({"nodes": {"a": 1}, "name": "x", "plugins": {"p": {"k": null}}}),
            ),
            (&["new", "k"], json!(1), json!({"nodes": {"a": 1}, "name": "x", "plugins": [], "new": {"k": 1}})),
        ];
        for (path, value, changed) in cases {
            assert_eq!(&set(&object, path.iter().copied(), Some(value)).unwrap(), changed, "{path:?}");
        }
        let path = ["name", "b"];
        assert_eq!(set(&object, path, Some(&json!(1))).unwrap_err().message, "invalid sub-path: /name/b");
        assert_eq!(set(&object, path, None).unwrap_err().message, "missing new configuration");
    }
}
