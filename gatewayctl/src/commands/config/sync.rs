//! `gatewayctl config sync -f`: makes the server hold what the files say, and nothing else.

use std::str::FromStr;

use serde_json::{Value, json};

use super::Sources;
use super::plan::{Action, Plan, Step};
use super::scope;
use crate::commands::apply::{Checks, DryRun, Stored};
use crate::commands::batch::{Batch, Next};
use crate::commands::desired::{self, Wish};
use crate::commands::transaction::{self, Came};
use crate::commands::{App, Change, change};
use crate::error::{Error, Kind, Result};
use crate::files::Object;

/// Make the server hold what the files say, and nothing else
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Make the server hold what the files say, and nothing else

Compares first, and shows what would change. On a terminal it asks; elsewhere deletions need --yes. All changes are one \
transaction where the server has those: all of them happen, or none. Elsewhere they are made one by one, what is referred to \
first and deletions last; what was interrupted goes on where it stopped when it is run again.

What is masked (********), and private keys that are left out, stay as the server has them. --max-deletes guards against \
files that lack most of what there is: without it no more than half of a resource may go.",
    before_help = "Examples:
  gatewayctl config sync -f gateway.yaml
  gatewayctl config sync -f conf/ -R --only routes --yes
  gatewayctl config sync -f gateway.yaml --dry-run=server
  gatewayctl config sync -f team-blue.yaml -l team=blue --no-delete",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    scope: scope::Flags,
    /// What no file has stays
    #[arg(long)]
    no_delete: bool,
    /// How many objects of a resource may go at most, a number or a part
    #[arg(long, value_name = "N|N%", default_value = "50%")]
    max_deletes: MaxDeletes,
    /// Show what will differ
    #[arg(long)]
    diff: bool,
    /// Say what would be done: client compares only, server also has it checked
    #[arg(long, value_name = "WHERE", default_value = "none", num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    dry_run: DryRun,
    /// Wait until the gateway has taken the changes up, at most so long
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "30s", value_parser = crate::context::as_duration)]
    wait: Option<String>,
    /// Only if the configuration still has this revision
    #[arg(long, value_name = "REV")]
    if_match: Option<u64>,
    /// Where there are no transactions: calls at once
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    parallel: u16,
    /// Where there are no transactions: what a failure means for the rest
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    on_error: OnError,
}

/// What a failure means for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum OnError {
    /// No further changes.
    Stop,
    /// All the others are made.
    Continue,
}

/// How much of a resource may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MaxDeletes {
    Count(usize),
    Percent(usize),
}

impl FromStr for MaxDeletes {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<MaxDeletes, String> {
        let wrong = |_| "a number, or a part like 50%".to_owned();
        match text.strip_suffix('%') {
            Some(part) => match part.parse().map_err(wrong)? {
                percent @ 0..=100 => Ok(MaxDeletes::Percent(percent)),
                _ => Err("no more than 100% can go".to_owned()),
            },
            None => text.parse().map(MaxDeletes::Count).map_err(wrong),
        }
    }
}

/// How many objects a refusal names of a resource.
const NAMED: usize = 5;

impl MaxDeletes {
    /// What is too much of the plan, in words.
    fn exceeded(self, plan: &Plan) -> Option<String> {
        let over = plan.deletions().into_iter().filter_map(|(resource, count)| {
            let held = plan.held.get(resource.name).copied().unwrap_or_default();
            let fits = match self {
                MaxDeletes::Count(most) => count <= most,
                MaxDeletes::Percent(most) => count.saturating_mul(100) <= most.saturating_mul(held),
            };
            let gone = plan
                .steps
                .iter()
                .filter(|step| matches!(step.action, Action::Delete) && step.reference.resource.name == resource.name);
            let mut names: Vec<&str> = gone.take(NAMED).map(|step| step.reference.id.as_str()).collect();
            if count > NAMED {
                names.push("…");
            }
            (!fits).then(|| format!("{count} of {held} {} ({})", resource.name, names.join(", ")))
        });
        let over: Vec<String> = over.collect();
        (!over.is_empty()).then(|| format!("this would delete {}, more than --max-deletes allows", over.join(", ")))
    }
}

/// Plans, asks and carries out.
///
/// # Errors
/// Usage for the files; aborted: too much would go, or the answer was no; the refusals of the server; partial.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    if args.dry_run == DryRun::None {
        app.writable()?;
    }
    let scope = args.scope.scope()?;
    let files = args.sources.read(app.out, app.stdin)?;
    if let Some(wanted) = args.if_match {
        unmoved(app, wanted).await?;
    }
    let plan = Plan::make(app, files.objects, &scope, !args.no_delete).await?;
    if args.diff {
        for step in &plan.steps {
            app.out.error(&step.unified(|sgr, line| app.out.paint_stderr(sgr, line)));
        }
    }
    app.out.note(&plan.summary());
    match args.max_deletes.exceeded(&plan) {
        Some(message) if args.dry_run != DryRun::None => app.out.warn(&message),
        Some(message) => {
            return Err(Error::new(Kind::Aborted, message)
                .hint("--only, --skip, -l and --no-delete say what the files are about")
                .hint("--max-deletes 100% if all of that is to go"));
        }
        None => {}
    }
    if plan.steps.is_empty() {
        return Batch::new(app, args.dry_run)?.finish(0);
    }
    match args.dry_run {
        DryRun::None => ask(app, &plan)?,
        DryRun::Client => return told(app, &plan).await,
        DryRun::Server => return tried(app, &plan).await,
    }
    if app.admin.can("apply").await?
        && let Some(done) = at_once(app, &plan.steps, false).await?
    {
        return match done {
            Done::All => waited(args, app).await,
            Done::Refused(error) => Err(error),
        };
    }
    one_by_one(app, &plan, usize::from(args.parallel), args.on_error == OnError::Stop).await?;
    waited(args, app).await
}

/// Carries a plan out that another command has made, or says what would be done.
///
/// # Errors
/// As [`run`].
pub(crate) async fn bring(app: &App<'_>, plan: &Plan, dry_run: DryRun) -> Result<()> {
    if plan.steps.is_empty() {
        return Ok(());
    }
    match dry_run {
        DryRun::None => ask(app, plan)?,
        DryRun::Client => return told(app, plan).await,
        DryRun::Server => return tried(app, plan).await,
    }
    if app.admin.can("apply").await?
        && let Some(done) = at_once(app, &plan.steps, false).await?
    {
        return match done {
            Done::All => Ok(()),
            Done::Refused(error) => Err(error),
        };
    }
    one_by_one(app, plan, PARALLEL, false).await
}

/// What the server would refuse of changes, with its reasons; nothing is carried out.
///
/// # Errors
/// Those of the call.
pub(crate) async fn refused(app: &App<'_>, steps: &[Step]) -> Result<Vec<(String, String)>> {
    let Some(failures) = objections(app, steps.iter()).await? else { return Ok(Vec::new()) };
    let named = failures.into_iter().map(|(step, answer)| {
        let error = refusal_of(step, &answer, &mut false);
        (step.reference.to_string(), error.message().to_owned())
    });
    Ok(named.collect())
}

/// The changes that the server would refuse, each with what it says to it (`error_msg` and `details`), asked as they would be
/// made. `None`: it has no transactions, or these are too much for one.
///
/// # Errors
/// Those of the calls.
pub(in crate::commands) async fn objections<'s>(
    app: &App<'_>,
    steps: impl Iterator<Item = &'s Step>,
) -> Result<Option<Vec<(&'s Step, Value)>>> {
    if !app.admin.can("apply").await? {
        return Ok(None);
    }
    let merges = app.admin.can("apply_patch").await?;
    let whole = |step: &&Step| match &step.action {
        Action::Write(Wish::Merge { .. }) => merges,
        Action::Write(wish) => wish.after().is_some(),
        Action::Delete => true,
    };
    let asked: Vec<&Step> = steps.filter(whole).collect();
    let ops: Vec<Value> = asked.iter().map(|step| op(step)).collect();
    if ops.is_empty() {
        return Ok(Some(Vec::new()));
    }
    if is_too_much(&ops) {
        return Ok(None);
    }
    let answer = app.admin.post_live("apply", &json!({ "ops": ops, "dry_run": true })).await?;
    match answer.status {
        413 => Ok(None),
        400 => Ok(Some(told_of(&asked, &answer.json()?))),
        _ => app.admin.success(answer, None).map(|_| Some(Vec::new())),
    }
}

/// Calls at once, where nobody says how many.
const PARALLEL: usize = 10;

/// Refuses where the configuration has another revision.
async fn unmoved(app: &App<'_>, wanted: u64) -> Result<()> {
    let now = app.admin.live("info").await?;
    let now = now.as_ref().and_then(|info| info.pointer("/config/revision")).and_then(Value::as_u64);
    match now {
        Some(now) if now == wanted => Ok(()),
        Some(now) => {
            let error =
                Error::new(Kind::Rejected, format!("somebody has changed it: its revision is {now}, and not {wanted}"));
            Err(error
                .hint(format!("gatewayctl config history {now} says what, gatewayctl config diff what differs now")))
        }
        None => Err(Error::new(Kind::Server, "this server does not tell the revision of its configuration")),
    }
}

fn ask(app: &App<'_>, plan: &Plan) -> Result<()> {
    const SHOWN: usize = 40;
    let mut lines = vec!["This will be done:".to_owned()];
    // Deletions are the last steps, and those that matter most.
    let (deletes, writes): (Vec<&Step>, Vec<&Step>) =
        plan.steps.iter().partition(|step| matches!(step.action, Action::Delete));
    for steps in [deletes, writes] {
        lines.extend(steps.iter().take(SHOWN).map(|step| format!("  {} {}", step.verb(), step.reference)));
        if steps.len() > SHOWN {
            lines.push(format!("  and {} more", steps.len() - SHOWN));
        }
    }
    let what = lines.join("\n");
    if app.tty.stdin && !app.settings.no_input {
        return app.agree(&what);
    }
    let change = if plan.count("delete") > 0 { Change::Delete } else { Change::Write };
    app.confirm(change, &what)
}

/// What would be done, by comparing alone.
async fn told(app: &App<'_>, plan: &Plan) -> Result<()> {
    let mut batch = Batch::new(app, DryRun::Client)?;
    for step in &plan.steps {
        batch.step(&step.reference, async { Ok(step.word()) }).await?;
    }
    batch.finish(plan.steps.len())
}

/// What would be done, and whether the server would do it.
async fn tried(app: &App<'_>, plan: &Plan) -> Result<()> {
    if app.admin.can("apply").await? {
        match at_once(app, &plan.steps, true).await? {
            Some(Done::All) => return Ok(()),
            Some(Done::Refused(error)) => return Err(error),
            None => {}
        }
    }
    let objects: Vec<Object> = plan.steps.iter().filter_map(|step| step.object.clone()).collect();
    let checks = Checks::ask(app, &objects, &mut Stored::expecting(&objects)).await?;
    let mut batch = Batch::new(app, DryRun::Server)?;
    let mut at = 0;
    for step in &plan.steps {
        let failure = step.object.as_ref().and_then(|object| {
            at += 1;
            checks.failure(at - 1).map(|message| desired::refused(object, message))
        });
        batch.step(&step.reference, async { failure.map_or(Ok(step.word()), Err) }).await?;
    }
    batch.finish(plan.steps.len())
}

/// What became of a transaction.
pub(in crate::commands) enum Done {
    All,
    /// Nothing has changed.
    Refused(Error),
}

/// Most bytes and changes of one transaction.
const LONGEST: usize = 16 << 20;
const MOST: usize = 50_000;

fn is_too_much(ops: &[Value]) -> bool {
    ops.len() > MOST || serde_json::to_vec(ops).map_or(0, |ops| ops.len()) > LONGEST
}

/// All changes as one transaction; what stays as it is is told of. `None`: it is too large to be one.
///
/// Certificates whose private key only the server has are merged into what is stored. Where a transaction does not do that
/// (an older gateway), those changes are tried before it, and made behind it.
///
/// # Errors
/// Those of the calls; interrupted, with what became of it.
pub(in crate::commands) async fn at_once(app: &App<'_>, steps: &[Step], dry_run: bool) -> Result<Option<Done>> {
    let apart = !app.admin.can("apply_patch").await?;
    let merged = |step: &&Step| apart && matches!(step.action, Action::Write(Wish::Merge { .. }));
    let (merges, whole): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(merged);
    let changing: Vec<&Step> =
        whole.iter().copied().filter(|step| !matches!(step.action, Action::Write(Wish::Nothing))).collect();
    let ops: Vec<Value> = changing.iter().map(|step| op(step)).collect();
    if is_too_much(&ops) {
        app.out.note("too much for one transaction; the changes are made one by one");
        return Ok(None);
    }
    let mut batch = Batch::new(app, if dry_run { DryRun::Server } else { DryRun::None })?;
    let mut failures = Vec::new();
    for step in &merges {
        if let Err(error) = merge(app, step, true).await {
            if !matches!(error.kind(), Kind::Rejected | Kind::NotFound) {
                return Err(error);
            }
            failures.push((*step, error));
        }
    }
    // What cannot be merged keeps the rest from happening; what is wrong with that is still told.
    if !changing.is_empty() {
        let came = match dry_run || !failures.is_empty() {
            true => {
                let body = json!({ "ops": ops, "dry_run": true });
                Came::Answer(Box::new(app.admin.post_live("apply", &body).await?))
            }
            false => {
                let paths: Vec<String> = changing.iter().map(|step| step.reference.path()).collect();
                transaction::send(app, &ops, &paths).await?
            }
        };
        match came {
            Came::Left(error) => return Err(error),
            Came::Done => {}
            Came::Answer(answer) if answer.status == 413 => return Ok(None),
            Came::Answer(answer) if answer.status == 400 => failures.extend(refusals(&changing, &answer.json()?)),
            Came::Answer(answer) => drop(app.admin.success(*answer, None)?),
        }
    }
    if !failures.is_empty() {
        for (step, error) in failures {
            batch.step(&step.reference, async { Err(error) }).await?;
        }
        let error = batch.finish(steps.len()).err();
        let error = error.unwrap_or_else(|| Error::new(Kind::Server, "the server refused, and did not say what"));
        if !dry_run {
            app.out.note("nothing has changed");
        }
        return Ok(Some(Done::Refused(error)));
    }
    for step in whole {
        batch.step(&step.reference, async { Ok(step.word()) }).await?;
    }
    for step in merges {
        let work = async { if dry_run { Ok("configured") } else { merge(app, step, false).await } };
        if batch.step(&step.reference, work).await? == Next::Stop {
            break;
        }
    }
    batch.finish(steps.len())?;
    Ok(Some(Done::All))
}

/// A change of a transaction, which is only made if nobody has changed the object meanwhile.
fn op(step: &Step) -> Value {
    let revision = match (&step.action, &step.before) {
        (_, Some(item)) => item.revision(),
        // Whoever deletes may not have looked.
        (Action::Delete, None) => None,
        (Action::Write(_), None) => Some(0),
    };
    let mut op = match &step.action {
        Action::Delete => json!({ "op": "delete", "path": step.reference.path() }),
        Action::Write(Wish::Merge { patch, .. }) => {
            json!({ "op": "patch", "path": step.reference.path(), "value": patch })
        }
        Action::Write(wish) => json!({ "op": "put", "path": step.reference.path(), "value": wish.after() }),
    };
    if let (Value::Object(fields), Some(revision)) = (&mut op, revision) {
        fields.insert("if_match".to_owned(), revision.into());
    }
    op
}

/// Merges into a certificate whose private key stays; `dry_run`: has it checked where the server can.
async fn merge(app: &App<'_>, step: &Step, dry_run: bool) -> Result<&'static str> {
    let Action::Write(wish @ Wish::Merge { .. }) = &step.action else { return Ok("unchanged") };
    if dry_run && !app.admin.can("dry_run").await? {
        return Ok(wish.word());
    }
    let revision = step.before.as_ref().and_then(|item| item.revision());
    let done = desired::carry_out(app, &step.reference, wish, revision, dry_run).await;
    done.map_err(|error| match &step.object {
        Some(object) => desired::located(error, object),
        None => error,
    })
}

/// What the server says is wrong with which step.
fn refusals<'s>(steps: &[&'s Step], answer: &Value) -> Vec<(&'s Step, Error)> {
    let mut helped = false;
    let refused = |(step, told): (&'s Step, Value)| (step, refusal_of(step, &told, &mut helped));
    told_of(steps, answer).into_iter().map(refused).collect()
}

/// `helped`: what to do about changes of others was said.
fn refusal_of(step: &Step, told: &Value, helped: &mut bool) -> Error {
    let message = said(told);
    let error = match &step.object {
        Some(object) => desired::refused_with(object, step.whole().as_ref().unwrap_or(&object.value), message, told),
        None => Error::new(Kind::Rejected, message),
    };
    let moved = message.starts_with("revision is ") || message.contains("if_match");
    let hint = (moved && !*helped).then(|| "somebody else has changed it meanwhile; run it again".to_owned());
    *helped |= moved;
    error.hints(hint)
}

fn said(told: &Value) -> &str {
    told.get("error_msg").and_then(Value::as_str).unwrap_or("the server refused the changes")
}

/// The steps that are at fault, with what the server says to each.
fn told_of<'s>(steps: &[&'s Step], answer: &Value) -> Vec<(&'s Step, Value)> {
    let results = answer.get("results").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let wrong = steps.iter().zip(results).filter(|(_, result)| result.get("error_msg").is_some_and(Value::is_string));
    let mut failures: Vec<(&Step, Value)> = wrong.map(|(step, result)| (*step, result.clone())).collect();
    if let (true, Some(step)) = (failures.is_empty(), steps.first()) {
        failures.push((*step, json!({ "error_msg": said(answer) })));
    }
    failures
}

/// One change after another, those that nothing lies between at once.
async fn one_by_one(app: &App<'_>, plan: &Plan, parallel: usize, stops: bool) -> Result<()> {
    let mut batch = Batch::new(app, DryRun::None)?.with_progress(plan.steps.len());
    for group in plan.steps.chunk_by(|a, b| a.place == b.place) {
        let works = group.iter().map(|step| (&step.reference, carry_out(app, step)));
        if batch.steps(parallel, stops, works).await? == Next::Stop {
            break;
        }
    }
    batch.finish(plan.steps.len())
}

async fn carry_out(app: &App<'_>, step: &Step) -> Result<&'static str> {
    match (&step.action, &step.object) {
        (Action::Delete, _) => {
            let revision = step.before.as_ref().and_then(|item| item.revision());
            app.admin.delete(&step.reference, false, revision).await.map(|_| "deleted")
        }
        (Action::Write(wish), object) => {
            let revision = step.before.as_ref().and_then(|item| item.revision());
            let done = desired::carry_out(app, &step.reference, wish, revision, false).await;
            done.map_err(|error| match object {
                Some(object) => desired::located(error, object),
                None => error,
            })
        }
    }
}

/// With `--wait`: until the gateway works with what the configuration is now.
async fn waited(args: &Args, app: &App<'_>) -> Result<()> {
    let Some(limit) = &args.wait else { return Ok(()) };
    change::all_taken_up(app, limit).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_may_go() {
        assert_eq!("50%".parse(), Ok(MaxDeletes::Percent(50)));
        assert_eq!("3".parse(), Ok(MaxDeletes::Count(3)));
        for text in ["", "%", "-1", "x", "50 %"] {
            assert!(text.parse::<MaxDeletes>().is_err(), "{text}");
        }
    }
}
