//! `gatewayctl config history`: who changed what and when, out of the gateway's journal.

use serde_json::{Map, Value, json};

use crate::commands::App;
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
  gatewayctl config history --limit 1000 -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// What this revision changed; with a second one what differs between them
    #[arg(value_name = "REV", num_args = 0..=2)]
    revisions: Vec<u64>,
    /// Of how many revisions
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

/// Asks and prints.
///
/// # Errors
/// Not found: a revision that the journal does not have; server: it has no journal.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let limit = if args.revisions.is_empty() { args.limit } else { 1000 };
    let answer = app.admin.live(&format!("history?limit={limit}")).await?;
    let answer = answer.ok_or_else(|| app.admin.lacks("history"))?;
    let changes = answer.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let (from, to) = match *args.revisions.as_slice() {
        [] => {
            list(app, changes)?;
            let shown: std::collections::HashSet<u64> = changes.iter().map(revision).collect();
            let more = answer.get("more").and_then(Value::as_bool).unwrap_or_default();
            if more && shown.len() < usize::from(limit) {
                let (kept, last) = (answer.get("oldest").and_then(Value::as_u64), changes.last().map_or(0, revision));
                let kept = kept.unwrap_or_default();
                app.out.note(&format!(
                    "the journal goes back to revision {kept}, and one answer has no room for more than these; gatewayctl events --since {} has the others up to {last}",
                    kept.saturating_sub(1)
                ));
            }
            return Ok(());
        }
        [one] => (one.saturating_sub(1), one),
        [from, to] => (from.min(to), from.max(to)),
        _ => return Err(Error::usage("one revision or two")),
    };
    let number = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
    let more = answer.get("more").and_then(Value::as_bool).unwrap_or_default();
    // What one answer has no room for is still in the journal.
    let oldest = if more { changes.last().map_or(number("oldest"), revision) } else { number("oldest") };
    if to > number("rev") {
        return Err(Error::new(Kind::NotFound, format!("there is no revision {to}: the newest is {}", number("rev"))));
    }
    if from + 1 < oldest {
        let kept = number("oldest");
        if from + 1 < kept {
            let message = format!("the journal goes back to the changes of revision {kept}");
            return Err(Error::new(Kind::NotFound, message));
        }
        let message = format!("the changes back to revision {} are more than one answer of the server holds", from + 1);
        let hint = format!(
            "gatewayctl events --since {from} has them; gatewayctl config rollback {from} goes back to before them"
        );
        return Err(Error::new(Kind::NotFound, message).hint(hint));
    }
    compared(app, changes, from, to)
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
        let object = text(change, "/path").trim_start_matches('/').to_owned();
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
    let mut sides: Map<String, Value> = Map::new();
    // The newest comes first.
    for change in changes.iter().rev().filter(|change| revision(change) > from && revision(change) <= to) {
        let of = |name: &str| change.get(name).cloned().unwrap_or_default();
        match sides.get_mut(text(change, "/path")) {
            Some(Value::Object(known)) => drop(known.insert("after".to_owned(), of("after"))),
            _ => {
                let side = json!({ "before": of("before"), "after": of("after") });
                sides.insert(text(change, "/path").to_owned(), side);
            }
        }
    }
    let there = |side: &Value, name: &str| side.get(name).filter(|value| !value.is_null()).map(timeless);
    sides.retain(|_, side| there(side, "before") != there(side, "after"));
    if !matches!(app.format(), Format::Table | Format::Wide) {
        let document = json!({ "from": from, "to": to, "objects": sides });
        return app.printer().one("a comparison", || document, || Ok(()));
    }
    let mut page = String::new();
    for (path, side) in &sides {
        let (before, after) = (there(side, "before"), there(side, "after"));
        let name = path.trim_start_matches('/');
        page.push_str(&diff::unified(name, before.as_ref(), after.as_ref(), |sgr, line| app.out.paint(sgr, line)));
    }
    if page.is_empty() {
        app.out.note("nothing differs");
    }
    app.out.page(&page)
}

/// An object without the times of its writing.
fn timeless(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(fields) = &mut value {
        fields.retain(|name, _| !matches!(name.as_str(), "create_time" | "update_time"));
    }
    value
}
