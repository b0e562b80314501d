//! Changes of a server that tells none: its lists, looked at again and again.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Shown, Wanted, pause};
use crate::admin::lacks_resource;
use crate::error::{Error, Kind, Result};
use crate::resources::{self, Item, Resource};

/// How often is looked.
const PAUSE: Duration = Duration::from_secs(2);

/// Looks until the user has had enough.
///
/// # Errors
/// Interrupted; those of the calls.
pub(super) async fn run(wanted: &Wanted, shown: &mut Shown<'_>) -> Result<()> {
    let app = shown.app;
    app.out.warn("this server tells no changes; its lists are looked at every two seconds, and who changed something is not known");
    let resources: Vec<&'static Resource> = match wanted.types.is_empty() {
        // What lives below others takes a call for each of those.
        true => resources::ALL.iter().filter(|resource| !resource.id.is_nested()).collect(),
        false => wanted.types.clone(),
    };
    let mut known: Option<BTreeMap<String, Item>> = None;
    loop {
        let mut now = BTreeMap::new();
        for resource in &resources {
            match app.admin.list(resource, None).await {
                Ok(items) => now.extend(items.into_iter().map(|item| (item.reference.to_string(), item))),
                // It has not the resource, or has it off.
                Err(error) if lacks_resource(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(known) = &known {
            for change in changes(known, &now).into_iter().filter(|change| wanted.takes(change)) {
                shown.push(change)?;
            }
        }
        known = Some(now);
        pause(PAUSE).await.map_err(|_| Error::new(Kind::Interrupted, "interrupted"))?;
    }
}

/// What is different, in the words of `live/events`.
fn changes(before: &BTreeMap<String, Item>, after: &BTreeMap<String, Item>) -> Vec<Value> {
    let ts = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let change = |op: &str, item: &Item, before: Option<&Item>, after: Option<&Item>| {
        let (resource, id) = (item.reference.resource.path(), item.reference.id.as_str());
        let value = |item: Option<&Item>| item.map(|item| item.value.clone());
        json!({
            "rev": after.and_then(Item::revision), "ts": ts, "op": op, "resource": resource, "id": id,
            "path": item.reference.path(), "by": null, "before": value(before), "after": value(after),
        })
    };
    let mut found = Vec::new();
    for (name, item) in after {
        match before.get(name) {
            None => found.push(change("create", item, None, Some(item))),
            Some(old) if old.revision() != item.revision() || old.value != item.value => {
                found.push(change("update", item, Some(old), Some(item)));
            }
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
    found.extend(gone.map(|(_, item)| change("delete", item, Some(item), None)));
    found
}
