//! The tables of `get` where it is not one list: single objects, and several resources.

use serde_json::Value;

use super::beside::Known;
use super::{Found, Shown, View};
use crate::commands::App;
use crate::error::Result;
use crate::output::Format;
use crate::output::columns::Row;
use crate::output::list::{Entry, Head, head};
use crate::resources::Resource;

/// Of so many resources it is said which have no objects.
const NAMED: usize = 3;

/// Prints a table for each resource; comma-separated values are one table of all of them.
///
/// # Errors
/// Usage: `--columns` names one that is not there; the output cannot be written.
pub(super) async fn print(view: View, app: &App<'_>, asked: &[&'static Resource], found: &Found) -> Result<()> {
    let mut kinds: Vec<&'static Resource> = Vec::new();
    for resource in asked {
        if !kinds.contains(resource) {
            kinds.push(resource);
        }
    }
    if app.format() == Format::Csv && kinds.len() > 1 {
        one_of_all(view, app, &kinds, found).await?;
    } else {
        one_by_one(view, app, kinds.len() > 1, found).await?;
    }
    let is_empty = |resource: &&&Resource| {
        !found.groups.iter().any(|(other, items)| *other == **resource && !items.is_empty())
            && !found.missing.iter().any(|reference| reference.resource == **resource)
    };
    let empty: Vec<&str> = kinds.iter().filter(is_empty).map(|resource| resource.name).collect();
    match empty.as_slice() {
        [] => {}
        names if kinds.len() <= NAMED => app.out.note(&format!("no {}", names.join(", "))),
        names if names.len() == kinds.len() => app.out.note("no objects"),
        _ => {}
    }
    Ok(())
}

async fn one_by_one(view: View, app: &App<'_>, titled: bool, found: &Found) -> Result<()> {
    let mut gap = "";
    for (resource, items) in found.groups.iter().filter(|(_, items)| !items.is_empty()) {
        if titled {
            let title = match app.format() {
                Format::Table | Format::Wide => format!("{}\n", app.out.paint("1", resource.name)),
                Format::Markdown => format!("### {}\n\n", resource.name),
                _ => String::new(),
            };
            app.out.bytes(format!("{gap}{title}").as_bytes())?;
            gap = "\n";
        }
        let known = Known::of(app, resource, &found.groups).await?;
        let mut list = app.printer().list(resource.columns.iter().map(|column| column.head).collect())?;
        for item in items {
            let row = Row { item, now: app.now, beside: known.of_item(item) };
            list.push(&Shown { view, row })?;
        }
        list.finish()?;
    }
    Ok(())
}

/// One table with the columns of all resources, and one that says of which a row is.
async fn one_of_all(view: View, app: &App<'_>, kinds: &[&'static Resource], found: &Found) -> Result<()> {
    let mut heads: Vec<Head> = vec![head("KIND", 0)];
    for column in kinds.iter().flat_map(|resource| resource.columns) {
        match heads.iter_mut().find(|head| head.name == column.head.name) {
            // One of them shows it always.
            Some(head) => head.wide &= column.head.wide,
            None => heads.push(column.head),
        }
    }
    let mut list = app.printer().list(heads.clone())?;
    for (resource, items) in &found.groups {
        let known = Known::of(app, resource, &found.groups).await?;
        for item in items {
            let row = Row { item, now: app.now, beside: known.of_item(item) };
            list.push(&Among { heads: &heads, shown: Shown { view, row } })?;
        }
    }
    list.finish().map(drop)
}

/// An object among those of other resources.
struct Among<'a> {
    heads: &'a [Head],
    shown: Shown<'a>,
}

impl Entry for Among<'_> {
    fn name(&self) -> String {
        self.shown.name()
    }

    fn cell(&self, column: usize) -> String {
        let resource = self.shown.row.item.reference.resource;
        match self.heads.get(column) {
            Some(head) if head.name == "KIND" => resource.singular.to_owned(),
            Some(head) => {
                let own = resource.columns.iter().position(|column| column.head.name == head.name);
                own.map(|own| self.shown.cell(own)).unwrap_or_default()
            }
            None => String::new(),
        }
    }

    fn document(&self) -> Value {
        self.shown.document()
    }
}
