//! `gatewayctl config history`: who changed what and when, out of the gateway's journal.

use serde_json::{Map, Value, json};

use crate::commands::App;
use crate::commands::journal::{self, Reach};
use crate::error::{Error, Kind, Result};
use crate::output::list::{Record, head, wide_head};
use crate::output::{Format, diff};

/// Show who changed what and when, and what differs between two revisions
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show who changed what and when, and what differs between two revisions

Without a revision: the last changes, the newest first. With one: what that revision changed. With two: what differs between \
them, so the second contains the changes after the first. The gateway remembers its last 1,000 revisions; secrets are masked \
by it.",
    before_help = "Examples:
  gatewayctl config history
  gatewayctl config history 4711
  gatewayctl config history 4700 4711
  gatewayctl config history --all -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// What this revision changed; with a second one what differs between them
    #[arg(value_name = "REV", num_args = 0..=2)]
    revisions: Vec<u64>,
    /// Of how many revisions
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Of all that the journal has
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// Asks and prints.
///
/// # Errors
/// Not found: a revision that the journal does not have; server: it has no journal.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let (from, to) = match *args.revisions.as_slice() {
        [] => return recent(args, app).await,
        [one] => (one.saturating_sub(1), one),
        [from, to] => (from.min(to), from.max(to)),
        _ => return Err(Error::usage("one revision or two")),
    };
    let read = journal::read(app, Reach::After(from)).await?.ok_or_else(|| app.admin.lacks("history"))?;
    if to > read.newest {
        return Err(Error::new(Kind::NotFound, format!("there is no revision {to}: the newest is {}", read.newest)));
    }
    if from + 1 < read.oldest {
        let message = format!("the journal goes back to the changes of revision {}", read.oldest);
        return Err(Error::new(Kind::NotFound, message));
    }
    if read.cut {
        let message = format!("the changes back to revision {} are more than one answer of the server holds", from + 1);
        let hint = format!(
            "gatewayctl events --since {from} has them; gatewayctl config rollback {from} goes back to before them"
        );
        return Err(Error::new(Kind::NotFound, message).hint(hint));
    }
    compared(app, &read.changes, from, to)
}

/// The last changes, and what is left of the journal.
async fn recent(args: &Args, app: &App<'_>) -> Result<()> {
    let count = if args.all { journal::REVISIONS } else { u64::from(args.limit) };
    let read = journal::read(app, Reach::Revisions(count)).await?.ok_or_else(|| app.admin.lacks("history"))?;
    list(app, &read.changes)?;
    if read.cut {
        app.out.note(&format!(
            "the journal goes back to revision {}, and one answer of this gateway has no room for more than these; gatewayctl events --since {} has the others up to {}",
            read.oldest,
            read.oldest.saturating_sub(1),
            read.reaches
        ));
    } else if read.reaches > read.oldest && app.format().is_human() {
        app.out.note(&format!("the journal goes back to revision {}: --all shows it", read.oldest));
    }
    Ok(())
}

fn revision(change: &Value) -> u64 {
    change.get("rev").and_then(Value::as_u64).unwrap_or_default()
}

fn text<'v>(change: &'v Value, pointer: &str) -> &'v str {
    change.pointer(pointer).and_then(Value::as_str).unwrap_or("-")
}

fn list(app: &App<'_>, changes: &[Value]) -> Result<()> {
    let heads =
        [head("REV", 0), head("TIME", 1), head("OP", 0), head("OBJECT", 2), head("BY", 2), wide_head("ADDRESS", 1)];
    let mut list = app.printer().list(heads.to_vec())?;
    for change in changes {
        let time =
            change.get("ts").and_then(Value::as_f64).map_or_else(|| "-".to_owned(), |at| app.now.show(at as i64));
        let object = journal::label(change);
        let cells = [
            revision(change).to_string(),
            time,
            text(change, "/op").to_owned(),
            object.clone(),
            text(change, "/by/key").to_owned(),
            text(change, "/by/addr").to_owned(),
        ];
        list.push(&Record { name: object, cells: cells.to_vec(), document: change.clone() })?;
    }
    if list.finish()? == 0 && app.format().is_tabular() {
        app.out.note("no changes");
    }
    Ok(())
}

/// What differs between two revisions: of each object what it was before the first change and is after the last.
fn compared(app: &App<'_>, changes: &[Value], from: u64, to: u64) -> Result<()> {
    let mut found: Vec<(String, Option<Value>, Option<Value>)> = Vec::new();
    // The newest comes first.
    for change in changes.iter().rev().filter(|change| revision(change) > from && revision(change) <= to) {
        let (label, (before, after)) = (journal::label(change), journal::sides(change));
        match found.iter_mut().find(|(known, ..)| *known == label) {
            // A secret that was replaced on the way is told of, whatever came after.
            Some((_, _, newest)) => *newest = after.map(|after| keep_secrets(after, newest.as_ref())),
            None => found.push((label, before, after)),
        }
    }
    found.retain(|(_, before, after)| before != after);
    found.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    if !matches!(app.format(), Format::Table | Format::Wide) {
        let objects: Map<String, Value> = found
            .into_iter()
            .map(|(label, before, after)| (label, json!({ "before": before, "after": after })))
            .collect();
        let document = json!({ "from": from, "to": to, "objects": objects });
        return app.printer().one("a comparison", || document, || Ok(()));
    }
    let mut page = String::new();
    for (label, before, after) in &found {
        let names = (format!("{label} (revision {from})"), format!("{label} (revision {to})"));
        let paint = |sgr: &str, line: &str| app.out.paint(sgr, line);
        page.push_str(&diff::between((&names.0, &names.1), before.as_ref(), after.as_ref(), paint));
    }
    if page.is_empty() {
        app.out.note("nothing differs");
    }
    app.out.page(&page)
}

/// The object with the words for its replaced secrets that an earlier form of it has.
fn keep_secrets(mut after: Value, earlier: Option<&Value>) -> Value {
    fn walk(now: &mut Value, then: &Value) {
        match (now, then) {
            (Value::Object(now), Value::Object(then)) => {
                now.iter_mut().for_each(|(name, now)| then.get(name).into_iter().for_each(|then| walk(now, then)));
            }
            (Value::Array(now), Value::Array(then)) => {
                now.iter_mut().zip(then).for_each(|(now, then)| walk(now, then));
            }
            (now, then) if *then == journal::CHANGED => *now = journal::CHANGED.into(),
            _ => {}
        }
    }
    if let Some(earlier) = earlier {
        walk(&mut after, earlier);
    }
    after
}
