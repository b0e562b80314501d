//! The answers of the API's second version (`admin_api_version` other than `v3`), after etcd's own of that time.

use std::borrow::Cow;

use serde_json::{Value, json};

/// A path with the names of that version: `ssls` was called `ssl`.
pub(super) fn path(path: &str) -> Cow<'_, str> {
    match path.strip_prefix("/apisix/admin/ssl") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Cow::Owned(format!("/apisix/admin/ssls{rest}")),
        _ => Cow::Borrowed(path),
    }
}

/// One object that was read.
pub(super) fn one(action: &str, node: Value) -> Value {
    json!({ "action": action, "count": 1, "node": node })
}

/// An object that was written; `node` holds its key and value.
pub(super) fn wrote(verb: &str, mut node: Value, created: u64, modified: u64) -> Value {
    let action = match verb {
        "POST" => "create",
        "PATCH" => "compareAndSwap",
        _ => "set",
    };
    if let Value::Object(fields) = &mut node {
        fields.insert("createdIndex".to_owned(), created.into());
        fields.insert("modifiedIndex".to_owned(), modified.into());
    }
    json!({ "action": action, "node": node })
}

/// An object that was deleted.
pub(super) fn deleted(key: &str, created: u64, modified: u64) -> Value {
    let node = json!({ "key": key, "createdIndex": created, "modifiedIndex": modified });
    json!({ "action": "delete", "deleted": "1", "key": key, "node": node })
}

/// A list.
pub(super) fn list(directory: &str, nodes: Vec<Value>, total: usize) -> Value {
    // An empty directory was an object to them.
    let nodes = if nodes.is_empty() { json!({}) } else { Value::Array(nodes) };
    json!({ "action": "get", "count": total, "node": { "key": directory, "dir": true, "nodes": nodes } })
}
