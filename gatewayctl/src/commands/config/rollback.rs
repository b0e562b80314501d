//! `gatewayctl config rollback REV`: the configuration as it was.

use serde_json::{Value, json};

use crate::commands::apply::DryRun;
use crate::commands::{App, Change, change};
use crate::error::{Error, Kind, Result};
use crate::output::results::{self, Results};
use crate::resources::{self, Reference, nested};

/// Bring the configuration back to what it was after a revision
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Bring the configuration back to what it was after a revision

Everything that changed later is undone, in one transaction: all of it or nothing. That is a change like any other, with a \
revision of its own to go back to. Shows what would change, and asks; without a terminal --yes is needed.",
    before_help = "Examples:
  gatewayctl config history
  gatewayctl config rollback 4711 --dry-run
  gatewayctl config rollback 4711 --yes",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// The revision
    #[arg(value_name = "REV")]
    revision: u64,
    /// Say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Only if the configuration still has this revision
    #[arg(long, value_name = "REV")]
    if_match: Option<u64>,
    /// Wait until the gateway has taken the changes up, at most so long
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "30s", value_parser = crate::context::as_duration)]
    wait: Option<String>,
}

/// Tries, asks and goes back.
///
/// # Errors
/// Not found: a revision that the journal does not have; rejected: a state that would not stand; aborted.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    if !args.dry_run {
        app.writable()?;
    }
    let results = app.printer().results()?;
    let tried = ask(app, &json!({ "rev": args.revision, "dry_run": true, "if_match": args.if_match })).await?;
    let steps = steps(&tried);
    if args.dry_run || steps.is_empty() {
        if steps.is_empty() {
            app.out.note(&format!("nothing has changed since revision {}", args.revision));
        }
        return told(results, &steps, DryRun::Server);
    }
    let verb = |word: &str| match word {
        "created" => "create",
        "deleted" => "delete",
        _ => "change",
    };
    let lines: Vec<String> = steps.iter().map(|(name, word)| format!("  {} {name}", verb(word))).collect();
    let what = format!("Going back to revision {} will:\n{}", args.revision, lines.join("\n"));
    if app.tty.stdin && !app.settings.no_input {
        app.agree(&what)?;
    } else {
        app.confirm(Change::Delete, &what)?;
    }
    // Only what was shown.
    let newest = tried.get("rev").cloned().unwrap_or_default();
    let done = ask(app, &json!({ "rev": args.revision, "if_match": newest })).await?;
    told(results, &self::steps(&done), DryRun::None)?;
    match &args.wait {
        Some(limit) => change::all_taken_up(app, limit).await,
        None => Ok(()),
    }
}

/// # Errors
/// The refusal with all objects at fault.
async fn ask(app: &App<'_>, body: &Value) -> Result<Value> {
    let answer = app.admin.post_live("rollback", body).await?;
    if answer.status == 404 && !app.admin.can("rollback").await? {
        return Err(app.admin.lacks("rollback"));
    }
    if answer.status == 400 {
        let told = answer.json()?;
        let results = told.get("results").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let wrong: Vec<String> = results
            .iter()
            .filter_map(|result| {
                let message = result.get("error_msg")?.as_str()?;
                Some(format!("{}: {message}", resources::label_of_path(result.get("path")?.as_str()?)))
            })
            .collect();
        if !wrong.is_empty() {
            return Err(Error::new(Kind::Rejected, format!("nothing has changed: {}", wrong.join("; "))));
        }
    }
    app.admin.success(answer, None)?.json()
}

/// Objects and what becomes of them.
fn steps(answer: &Value) -> Vec<(String, &'static str)> {
    let results = answer.get("results").and_then(Value::as_array).into_iter().flatten();
    let step = |result: &Value| {
        let path = result.get("path")?.as_str()?;
        let word = match result.get("status")?.as_str()? {
            "created" => "created",
            "deleted" => "deleted",
            "updated" => "configured",
            _ => return None,
        };
        Some((path.to_owned(), word))
    };
    results.filter_map(step).map(|(path, word)| (name(&path), word)).collect()
}

fn name(path: &str) -> String {
    reference(path).map_or_else(|| path.trim_start_matches('/').to_owned(), |reference| reference.to_string())
}

fn reference(path: &str) -> Option<Reference> {
    nested::of_key(path).and_then(|(resource, id)| Reference::new(resource, &id).ok())
}

fn told(mut results: Results<'_>, steps: &[(String, &'static str)], dry_run: DryRun) -> Result<()> {
    let by = |value: &mut Value| {
        if let (Value::Object(fields), Some(by)) = (value, dry_run.told()) {
            fields.insert("dry_run".to_owned(), by.into());
        }
    };
    for (name, word) in steps {
        let (kind, id) = name.split_once('/').unwrap_or((name, ""));
        let mut item = results::result(kind, id, word);
        by(&mut item);
        results.tell(name, &format!("{word}{}", dry_run.suffix()), item)?;
    }
    results.finish(|items| {
        let mut report = json!({ "items": items, "failed": [] });
        by(&mut report);
        report
    })
}
