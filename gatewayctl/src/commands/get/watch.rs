//! `get --watch`: what is added, modified and deleted, until somebody ends it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Args, Chooser, Found, Shown, View};
use crate::commands::App;
use crate::error::{Error, Result};
use crate::output::columns::{Beside, Row};
use crate::output::list::{Entry, head};
use crate::resources::{Item, Resource, Target};

/// What happened to an object.
struct Event<'a> {
    kind: &'static str,
    item: &'a Item,
    view: View,
    app: &'a App<'a>,
}

impl Entry for Event<'_> {
    fn name(&self) -> String {
        self.item.reference.to_string()
    }

    fn cell(&self, column: usize) -> String {
        let Some(column) = column.checked_sub(1) else {
            // As wide as the widest, so that the columns behind it stay where they are.
            return if self.app.format().is_human() { format!("{:<8}", self.kind) } else { self.kind.to_owned() };
        };
        let row = Row { item: self.item, now: self.app.now, beside: Beside::default() };
        Shown { view: self.view, row }.cell(column)
    }

    fn document(&self) -> Value {
        json!({ "type": self.kind, "object": self.view.of(self.item) })
    }
}

/// Looks again and again, and prints what is different.
///
/// # Errors
/// Interrupted, which is the usual end; usage: tables of several resources; those of the calls.
pub(super) async fn run(args: &Args, app: &App<'_>, targets: &[Target], chooser: &Chooser) -> Result<()> {
    let resources: Vec<&'static Resource> = targets.iter().map(Target::resource).collect();
    let first = resources.first().copied().ok_or_else(|| Error::usage("nothing to watch"))?;
    if app.format().is_tabular() && resources.iter().any(|resource| *resource != first) {
        return Err(Error::usage("a table shows one resource at a time").hint("-o ndjson shows several"));
    }
    let heads = std::iter::once(head("EVENT", 0)).chain(first.columns.iter().map(|column| column.head)).collect();
    let mut list = app.printer().stream(heads)?;
    let pause = crate::context::duration("--interval", &args.interval)?.unwrap_or(Duration::from_secs(2));
    let mut known: BTreeMap<String, Item> = BTreeMap::new();
    let (mut quiet, mut first_look) = (args.watch_only, true);
    loop {
        let mut now = BTreeMap::new();
        let mut found = Found::default();
        for target in targets {
            found.fetch(target, chooser, app, targets.len() > 1).await?;
        }
        for absent in found.missing.iter().filter(|_| first_look) {
            app.out.note(&format!("there is no {absent} yet; it is waited for"));
        }
        for (_, items) in &mut found.groups {
            chooser.arrange(items);
            now.extend(items.drain(..).map(|item| (item.reference.to_string(), item)));
        }
        for (name, item) in &now {
            let kind = match known.get(name) {
                None => "ADDED",
                Some(old) if old.revision() != item.revision() || old.value != item.value => "MODIFIED",
                Some(_) => continue,
            };
            if !quiet {
                list.push(&Event { kind, item, view: args.view, app })?;
            }
        }
        for (_, item) in known.iter().filter(|(name, _)| !now.contains_key(*name)) {
            list.push(&Event { kind: "DELETED", item, view: args.view, app })?;
        }
        chooser.tell(app);
        (known, quiet, first_look) = (now, false, false);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            error = crate::stop::wanted() => return Err(error),
        }
    }
}
