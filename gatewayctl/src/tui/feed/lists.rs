//! Lists of objects: read whole, then kept current by changes; looked at again and again where there are none.

use std::time::Duration;

use serde_json::{Map, Value};

use super::events::Mode;
use super::task::Context;
use crate::error::Result;
use crate::filter::text_of;
use crate::resources::Resource;
use crate::tui::msg::Source;

/// Objects that are read at a time.
const PAGE: u16 = 500;

/// How often a list is read where the server tells no changes; of what lives below others, which takes a call for each of
/// those.
const POLLED: Duration = Duration::from_secs(10);
const POLLED_ONE_BY_ONE: Duration = Duration::from_secs(60);

/// How long more changes are waited for before a list is read again.
const GATHER: Duration = Duration::from_millis(200);

/// The wait after a list could not be read.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Tells a list whenever it is not told by changes.
pub(super) async fn list(context: Context, resource: &'static Resource) {
    let mut teller = context.teller(Source::List(resource.name));
    let again = context.changes.again(resource);
    let mut mode = context.changes.mode();
    // Whoever sends lives as long as this does.
    let _ = mode.wait_for(|mode| *mode != Mode::Unknown).await;
    let polled = if resource.id.is_nested() { POLLED_ONE_BY_ONE } else { POLLED };
    loop {
        context.out.room().await;
        let now = *mode.borrow_and_update();
        let read = load(&context, resource).await;
        // Nothing is waited for between the last of the changes and the list.
        let pause = match read {
            Ok(objects) => {
                teller.ordered(Value::Array(objects.into_iter().map(|(_, object)| object).collect()));
                (now == Mode::Polled).then_some(polled)
            }
            Err(error) => {
                context.failed(error, &mut teller).await;
                Some(AFTER_FAILURE)
            }
        };
        let wait = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => {}
            () = again.notified() => tokio::time::sleep(GATHER).await,
            _ = mode.changed() => {}
        }
    }
}

/// Reads a list, with the changes that came meanwhile. Page by page: objects that come or go move others from one page to another, so
/// then it is read again, and in the end at once.
async fn load(context: &Context, resource: &'static Resource) -> Result<Map<String, Value>> {
    let mut sizes = [Some(PAGE), Some(PAGE), None].into_iter().peekable();
    loop {
        let size = sizes.next().flatten();
        let kept = context.changes.keep(resource);
        let (mut objects, mut seen) = (Map::new(), 0_usize);
        let mut visit = |item: crate::resources::Item| {
            seen += 1;
            let revision = item.revision();
            objects.insert(item.reference.id.clone(), object(&item.reference.id, item.value, revision));
        };
        context.connection.each(resource, size, &mut visit).await?;
        let rows = kept.take();
        let paged = size.is_some_and(|size| seen >= usize::from(size));
        let moved = rows.iter().any(|row| row.get("op").and_then(Value::as_str) != Some("update"));
        if !(paged && moved) || sizes.peek().is_none() {
            rows.iter().for_each(|row| apply(&mut objects, row));
            return Ok(objects);
        }
    }
}

/// An object as lists have it.
fn object(id: &str, mut value: Value, revision: Option<u64>) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.insert("id".to_owned(), id.into());
        fields.insert("modifiedIndex".to_owned(), revision.into());
    }
    value
}

/// A change of a list, as the shell applies it, too.
pub(super) fn apply(objects: &mut Map<String, Value>, row: &Value) {
    let id = row.get("id").map(text_of).unwrap_or_default().into_owned();
    let revision = row.get("rev").and_then(Value::as_u64);
    let known = objects.get(&id).map(|object| object.get("modifiedIndex").and_then(Value::as_u64));
    if known.is_some_and(|known| known >= revision) {
        return;
    }
    match row.get("after").filter(|after| after.is_object()) {
        Some(after) if after.get("too_large").is_some() || after.get("unreadable").is_some() => {}
        Some(after) => drop(objects.insert(id.clone(), object(&id, after.clone(), revision))),
        None => drop(objects.shift_remove(&id)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_applied_once() {
        let mut objects = Map::new();
        objects.insert("a".into(), object("a", json!({"uri": "/a"}), Some(5)));
        for (row, expected) in [
            (json!({"rev": 4, "op": "delete", "id": "a", "after": null}), Some("/a")),
            (json!({"rev": 5, "op": "update", "id": "a", "after": {"uri": "/old"}}), Some("/a")),
            (json!({"rev": 6, "op": "update", "id": "a", "after": {"uri": "/new"}}), Some("/new")),
            (json!({"rev": 7, "op": "update", "id": "a", "after": {"too_large": 1}}), Some("/new")),
            (json!({"rev": 8, "op": "delete", "id": "a", "after": null}), None),
            (json!({"rev": 9, "op": "create", "id": "a", "after": {"uri": "/b", "id": "x"}}), Some("/b")),
        ] {
            apply(&mut objects, &row);
            let uri = objects.get("a").map(|object| object["uri"].as_str().unwrap());
            assert_eq!(uri, expected, "{row}");
        }
        assert_eq!(objects["a"], json!({"uri": "/b", "id": "a", "modifiedIndex": 9}));
    }
}
