//! `gatewayctl apply -f`: makes the server hold what the files say, and writes only what differs.

use std::collections::HashSet;

use clap::ValueEnum;

use super::batch::{Batch, Next};
use super::config::plan::{Action, Step};
use super::config::scope::Scope;
use super::config::sync::{self, Done};
use super::{App, Change, change, desired};
use crate::error::{Error, Kind, Result};
use crate::files::{self, Object};
use crate::links::Depths;
use crate::resources::Reference;

mod checks;

pub(super) use checks::{Asked, Checks, Stored, bundle_failures, referenced, single_failures};

/// Create or change objects so that they are as the files say
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Create or change objects so that they are as the files say

Reads each object from the server, compares, and writes only what differs. Objects are written in the order in which \
they refer to each other. Nothing is deleted, but with --prune: what has the labels of -l and is in no file. Several \
objects are one transaction where the server has those: all of them are written, or none.

With --dry-run=server the server is asked the same as without, and writes nothing. One that has no dry runs \
(APISIX) checks the form of each object and its plugins, and what an object refers to is looked for on the server and in \
the files; there only a real write finds out whether a key or user name belongs to another consumer already.",
    before_help = "Examples:
  gatewayctl apply -f gateway.yaml
  gatewayctl apply -f routes/ -R --dry-run=server
  gatewayctl apply -f gateway.yaml --diff --wait
  gatewayctl apply -f blue/ --prune -l team=blue
  gatewayctl get route hello -o yaml | sed s/GET/POST/ | gatewayctl apply -f -",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// File, folder, glob or - for standard input; may be repeated
    #[arg(long = "file", short = 'f', required = true, value_name = "FILE", num_args = 1..)]
    files: Vec<String>,
    /// Folders with their subfolders
    #[arg(long, short = 'R')]
    recursive: bool,
    /// Take ${{ … }} as text, which config render else puts values in the place of
    #[arg(long)]
    literal: bool,
    /// Say what would be done: client compares only, server also has it checked
    #[arg(long, value_name = "WHERE", default_value = "none", num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    dry_run: DryRun,
    /// Show what will differ, and ask
    #[arg(long)]
    diff: bool,
    /// Wait until the gateway has taken the changes up, at most so long
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "30s", value_parser = crate::context::as_duration)]
    wait: Option<String>,
    /// Only if the one object of the files still has this revision
    #[arg(long, value_name = "REV")]
    if_match: Option<u64>,
    /// Then delete what has the labels of -l and is in no file
    #[arg(long, requires = "selector")]
    prune: bool,
    /// The labels of what --prune may delete
    #[arg(long = "selector", short = 'l', value_name = "SELECTOR", requires = "prune")]
    selector: Option<String>,
}

/// Who checks, when nothing is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRun {
    /// Writes.
    None,
    /// Compares with what the server holds.
    Client,
    /// Also asks the server whether it would take the objects.
    Server,
}

impl DryRun {
    /// What is put behind the result of one.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            DryRun::None => "",
            DryRun::Client => " (client dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    /// Its name, where it is one.
    pub(super) fn told(self) -> Option<&'static str> {
        match self {
            DryRun::None => None,
            DryRun::Client => Some("client"),
            DryRun::Server => Some("server"),
        }
    }
}

/// Reads the files, orders the objects, and brings each one to the server.
///
/// # Errors
/// Usage for the files; the refusal of the server; partial when some objects succeeded.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    if args.dry_run == DryRun::None {
        app.writable()?;
    }
    let files = files::read(&args.files, Some(args.recursive), &mut **app.stdin.borrow_mut())?;
    for note in &files.notes {
        app.out.warn(note);
    }
    if !args.literal {
        files::placeholders::refuse(&files.objects)?;
    }
    let objects = in_order(files.objects);
    if args.if_match.is_some() && objects.len() != 1 {
        return Err(Error::usage("--if-match is for one object").hint("gatewayctl config sync has one for all"));
    }
    let scope = args.selector.as_deref().map(Scope::labelled).transpose()?;
    if args.diff {
        show(app, &objects, args.dry_run).await?;
    } else if args.dry_run == DryRun::None {
        let what = objects.iter().map(|object| format!("  {}", object.reference)).collect::<Vec<_>>().join("\n");
        app.confirm(Change::Write, &format!("These objects will be created or changed:\n{what}"))?;
    }
    let gone = match scope {
        Some(scope) => prunable(args, app, &objects, &scope).await?,
        None => Vec::new(),
    };
    let mut stored = Stored::expecting(&objects);
    let tries = args.dry_run == DryRun::Server;
    if args.dry_run != DryRun::Client
        && args.if_match.is_none()
        && objects.len() + gone.len() > 1
        && app.admin.can("apply").await?
        && let Some(done) = at_once(app, &objects, &gone, &mut stored, tries).await?
    {
        return match (done, &args.wait) {
            (Done::Refused(error), _) => Err(error),
            (Done::All, Some(limit)) if !tries => change::all_taken_up(app, limit).await,
            (Done::All, _) => Ok(()),
        };
    }
    // Several may need each other, and none of them is there.
    let alone = tries && objects.len() == 1 && app.admin.can("dry_run").await?;
    let checks = match tries && !alone {
        true => Checks::ask(app, &objects, &mut stored).await?,
        false => Checks::default(),
    };
    let mut batch = Batch::new(app, args.dry_run)?;
    for (i, object) in objects.iter().enumerate() {
        let work = async {
            let item = stored.get(app, &object.reference).await?;
            let wish = desired::wish(app, object, item.as_ref()).await?;
            desired::unmoved(&object.reference, item.as_ref(), args.if_match)?;
            match checks.failure(i) {
                Some(message) => return Err(desired::refused(object, message)),
                None if args.dry_run == DryRun::None || alone => {
                    desired::carry_out(app, &object.reference, &wish, args.if_match, alone).await
                }
                None => Ok(wish.word()),
            }
            .map_err(|error| desired::located(error, object))
        };
        if batch.step(&object.reference, work).await? == Next::Stop {
            return batch.finish(objects.len() + gone.len());
        }
    }
    prune(args, app, &gone, &mut batch).await?;
    batch.finish(objects.len() + gone.len())?;
    match &args.wait {
        Some(limit) if args.dry_run == DryRun::None => change::all_taken_up(app, limit).await,
        _ => Ok(()),
    }
}

/// What is to become of each object, with the number of those of which that cannot be said, and why.
///
/// # Errors
/// Those of the calls.
pub(super) async fn planned(
    app: &App<'_>,
    objects: &[Object],
    stored: &mut Stored,
) -> Result<(Vec<Step>, Vec<(usize, Error)>)> {
    let (mut steps, mut failures) = (Vec::new(), Vec::new());
    for (at, object) in objects.iter().enumerate() {
        let (reference, before) = (object.reference.clone(), stored.get(app, &object.reference).await?);
        match desired::wish(app, object, before.as_ref()).await {
            Ok(wish) => {
                let (object, action) = (Some(object.clone()), Action::Write(wish));
                steps.push(Step { reference, object, before, action, place: (false, 0, 0) });
            }
            Err(error) if matches!(error.kind(), Kind::Usage | Kind::Rejected) => failures.push((at, error)),
            Err(error) => return Err(error),
        }
    }
    Ok((steps, failures))
}

/// Everything as one transaction, which `tries` only has checked. `None`: it is too large to be one.
///
/// # Errors
/// Those of the calls.
async fn at_once(
    app: &App<'_>,
    objects: &[Object],
    gone: &[Reference],
    stored: &mut Stored,
    tries: bool,
) -> Result<Option<Done>> {
    let (mut steps, failures) = planned(app, objects, stored).await?;
    if !failures.is_empty() {
        let mut batch = Batch::new(app, if tries { DryRun::Server } else { DryRun::None })?;
        for (at, error) in failures {
            let Some(object) = objects.get(at) else { continue };
            batch.step(&object.reference, async { Err(error) }).await?;
        }
        let refused = batch.finish(objects.len() + gone.len()).err();
        if !tries {
            app.out.note("nothing has changed");
        }
        return Ok(refused.map(Done::Refused));
    }
    steps.extend(gone.iter().map(Step::deletion));
    sync::at_once(app, &steps, tries).await
}

/// Shows what will differ, and asks where it is to happen.
async fn show(app: &App<'_>, objects: &[Object], dry_run: DryRun) -> Result<()> {
    let mut stored = Stored::expecting(objects);
    let mut changed = Vec::new();
    for object in objects {
        let item = stored.get(app, &object.reference).await?;
        // What is wrong with a mask is told when its object's turn comes.
        let Ok(wish) = desired::wish(app, object, item.as_ref()).await else { continue };
        if let Some(after) = wish.after() {
            let paint = |sgr: &str, line: &str| app.out.paint_stderr(sgr, line);
            app.out.error(&desired::unified(&object.reference, item.as_ref(), Some(after), paint));
            changed.push(format!("  {} {}", object.reference, wish.word()));
        }
    }
    if dry_run != DryRun::None || changed.is_empty() {
        return Ok(());
    }
    app.agree(&format!("This will be done:\n{}", changed.join("\n")))
}

/// What has the labels and is in no file, in the order in which it can go. Asks where it is to go.
async fn prunable(args: &Args, app: &App<'_>, objects: &[Object], scope: &Scope) -> Result<Vec<Reference>> {
    let named: HashSet<String> = objects.iter().map(|object| object.reference.to_string()).collect();
    let mut items = scope.fetch(app).await?;
    items.retain(|item| scope.takes(&item.value) && !named.contains(&item.reference.to_string()));
    let depths = Depths::of(items.iter().map(|item| (&item.reference, &item.value)));
    let mut gone: Vec<Reference> = items.iter().map(|item| item.reference.clone()).collect();
    gone.sort_by_cached_key(|reference| std::cmp::Reverse(depths.place(reference)));
    if args.dry_run == DryRun::None && !gone.is_empty() {
        let names: Vec<String> = gone.iter().map(|reference| format!("  {reference}")).collect();
        app.confirm(Change::Delete, &format!("This is in no file, and will be deleted:\n{}", names.join("\n")))?;
    }
    Ok(gone)
}

async fn prune(args: &Args, app: &App<'_>, gone: &[Reference], batch: &mut Batch<'_>) -> Result<()> {
    let dry = args.dry_run != DryRun::None;
    for reference in gone {
        let work = async {
            if !dry {
                app.admin.delete(reference, false, None).await?;
            }
            Ok("deleted")
        };
        if batch.step(reference, work).await? == Next::Stop {
            break;
        }
    }
    Ok(())
}

/// What is referred to comes first. Within a resource the order of the files is kept, but for stream routes, which may
/// refer to each other.
fn in_order(mut objects: Vec<Object>) -> Vec<Object> {
    let depths = Depths::of(objects.iter().map(|object| (&object.reference, &object.value)));
    objects.sort_by_cached_key(|object| depths.place(&object.reference));
    objects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_referred_to_comes_first() {
        let text = "
routes: [{id: r, uri: /}]
stream_routes:
  - {id: c, protocol: {superior_id: b}}
  - {id: b, protocol: {superior_id: a}}
  - {id: a}
  - {id: x, protocol: {superior_id: y}}
  - {id: y, protocol: {superior_id: x}}
services: [{id: s}]
consumers: [{username: bob, plugins: {}}]
credentials: [{consumer: bob, id: c1}]
upstreams: [{id: u2}, {id: u1}]
ssls: [{id: cert}]
";
        let files = files::read(&["-".to_owned()], None, &mut text.as_bytes()).unwrap();
        let names: Vec<String> = in_order(files.objects).iter().map(|object| object.reference.to_string()).collect();
        insta::assert_snapshot!(names.join(" "));
    }
}
