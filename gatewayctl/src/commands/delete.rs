//! `gatewayctl delete`: removes objects, after saying what uses them.

use gateway_model::Kind as Model;

use super::apply::DryRun;
use super::batch::{Batch, Next};
use super::config::plan::Step;
use super::config::sync::{self, Done};
use super::get::not_found;
use super::{App, Change, change, desired};
use crate::admin::lacks_resource;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::filter::Selector;
use crate::links::{Depths, Users};
use crate::resources::nested::Above;
use crate::resources::{self, Reference, Target};

/// Delete objects
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Delete objects

Asks first, and says what uses the objects, unless --yes is given. What refers to others is deleted before them, in \
whatever order they are given. The server refuses to delete what is in use, unless --force is given. What -l, --all or \
--cascade choose is one transaction where the server has those: all of it goes, or nothing.",
    before_help = "Examples:
  gatewayctl delete route hello
  gatewayctl delete upstream/u1 service/s1 --yes
  gatewayctl delete service s1 --cascade --dry-run
  gatewayctl delete routes -l team=blue
  gatewayctl delete -f gateway.yaml --ignore-not-found",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE and ids, or RESOURCE/ID
    #[arg(value_name = "RESOURCE ID", required_unless_present = "files", conflicts_with = "files")]
    targets: Vec<String>,
    /// Delete the objects of a file, folder, glob or - for standard input; may be repeated
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    files: Vec<String>,
    /// Folders with their subfolders
    #[arg(long, short = 'R', requires = "files")]
    recursive: bool,
    #[command(flatten)]
    above: Above,
    /// Those with these labels
    #[arg(long = "selector", short = 'l', value_name = "SELECTOR", conflicts_with_all = ["all", "files"])]
    selector: Option<String>,
    /// All of the resource
    #[arg(long, conflicts_with = "files")]
    all: bool,
    /// Also what uses them, and what uses that
    #[arg(long)]
    cascade: bool,
    /// Also what is still in use
    #[arg(long)]
    force: bool,
    /// Say what would be deleted
    #[arg(long, value_name = "WHERE", default_value = "none", num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    dry_run: DryRun,
    /// What does not exist is no error
    #[arg(long)]
    ignore_not_found: bool,
    /// Show what goes, and ask
    #[arg(long)]
    diff: bool,
    /// Wait until the gateway has taken the change up, at most so long
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "30s", value_parser = crate::context::as_duration)]
    wait: Option<String>,
    /// Only if the one object still has this revision
    #[arg(long, value_name = "REV", conflicts_with_all = ["all", "selector", "cascade"])]
    if_match: Option<u64>,
}

/// Deletes, what refers before what is referred to.
///
/// # Errors
/// Not found, rejected (still in use), aborted, partial.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    if args.dry_run == DryRun::None {
        app.writable()?;
    }
    let mut references = references(args, app).await?;
    let mut users = Users::default();
    if args.cascade {
        references = with_users(app, references, &mut users).await;
    }
    if references.is_empty() {
        app.out.note("nothing to delete");
        return Ok(());
    }
    if args.if_match.is_some() || args.diff {
        look(args, app, &references).await?;
    }
    if args.dry_run != DryRun::None {
        return tried(args, app, &references).await;
    }
    if args.all || args.selector.is_some() || args.diff {
        app.agree(&question(app, &references, &mut users).await)?;
    } else if !app.settings.yes && app.tty.stdin && !app.settings.no_input {
        app.confirm(Change::Delete, &question(app, &references, &mut users).await)?;
    } else {
        app.confirm(Change::Delete, "")?;
    }
    if at_once(args, app, &references).await? {
        return match &args.wait {
            Some(limit) => change::all_taken_up(app, limit).await,
            None => Ok(()),
        };
    }
    let mut batch = Batch::new(app, DryRun::None)?;
    for reference in &references {
        let work = async {
            match app.admin.delete(reference, args.force, args.if_match).await {
                Ok(true) => Ok("deleted"),
                Ok(false) if args.ignore_not_found => Ok("not found"),
                Ok(false) => Err(not_found(reference)),
                // The server names the first user only.
                Err(error) if error.kind() == Kind::Rejected => {
                    let users = named(&Users::default().of(&app.admin, reference).await);
                    Err(error.hints(users.map(|users| format!("{reference} is used by {users}"))))
                }
                Err(error) => Err(error),
            }
        };
        if batch.step(reference, work).await? == Next::Stop {
            break;
        }
    }
    batch.finish(references.len())?;
    match &args.wait {
        Some(limit) => change::all_taken_up(app, limit).await,
        None => Ok(()),
    }
}

/// What was chosen by labels, as all of a resource, or as what uses something, goes in one transaction where the server has
/// those. `false`: it has none, or deletes one by one what is wanted.
///
/// # Errors
/// Nothing was deleted: the refusals of the server.
async fn at_once(args: &Args, app: &App<'_>, references: &[Reference]) -> Result<bool> {
    let chosen = args.all || args.selector.is_some() || args.cascade;
    if !chosen || args.force || references.len() < 2 || !app.admin.can("apply").await? {
        return Ok(false);
    }
    let steps: Vec<Step> = references.iter().map(Step::deletion).collect();
    match sync::at_once(app, &steps, false).await? {
        Some(Done::All) => Ok(true),
        Some(Done::Refused(error)) => Err(error),
        None => Ok(false),
    }
}

/// Looks at the objects themselves: at their revision, and for people who want to see them.
///
/// # Errors
/// Rejected: another revision; usage: a revision of several objects.
async fn look(args: &Args, app: &App<'_>, references: &[Reference]) -> Result<()> {
    if args.if_match.is_some() && references.len() != 1 {
        return Err(Error::usage("--if-match is for one object"));
    }
    for reference in references {
        let item = app.admin.get(reference).await?;
        if args.if_match.is_some() && item.is_some() {
            desired::unmoved(reference, item.as_ref(), args.if_match)
                .map_err(|error| error.about(reference.resource.singular, &reference.id))?;
        }
        if args.diff && item.is_some() {
            let paint = |sgr: &str, line: &str| app.out.paint_stderr(sgr, line);
            app.out.error(&desired::unified(reference, item.as_ref(), None, paint));
        }
    }
    Ok(())
}

/// What a dry run says. The server refuses what is used; so does this, by looking.
async fn tried(args: &Args, app: &App<'_>, references: &[Reference]) -> Result<()> {
    let mut batch = Batch::new(app, args.dry_run)?;
    let mut users = Users::default();
    for reference in references {
        let work = async {
            if app.admin.get(reference).await?.is_none() {
                return if args.ignore_not_found { Ok("not found") } else { Err(not_found(reference)) };
            }
            let mut using = users.of(&app.admin, reference).await;
            using.retain(|user| !references.contains(user));
            match named(&using).filter(|_| !args.force && reference.resource.kind != Model::Consumer) {
                Some(users) => {
                    Err(Error::new(Kind::Rejected, format!("is used by {users}")).hint("--cascade deletes them, too"))
                }
                None => Ok("deleted"),
            }
        };
        if batch.step(reference, work).await? == Next::Stop {
            break;
        }
    }
    batch.finish(references.len())
}

/// Also everything that uses the objects, and what uses that, in the order in which all of it can go.
async fn with_users(app: &App<'_>, references: Vec<Reference>, users: &mut Users) -> Vec<Reference> {
    let mut all = references;
    let mut next = 0;
    // Each object is added once, so this ends.
    while let Some(reference) = all.get(next).cloned() {
        for user in users.of(&app.admin, &reference).await {
            if !all.contains(&user) {
                all.push(user);
            }
        }
        next += 1;
    }
    // Of one kind what was found last goes first: it uses what was found before.
    all.reverse();
    all.sort_by_cached_key(|reference| std::cmp::Reverse(Depths::default().place(reference)));
    all
}

/// What is to go, in the order in which it can.
async fn references(args: &Args, app: &App<'_>) -> Result<Vec<Reference>> {
    let mut references: Vec<Reference>;
    let depths;
    if args.files.is_empty() {
        let targets = resources::targets(&args.targets, args.above.of(&args.targets))?;
        if args.all || args.selector.is_some() {
            return selected(args, app, &targets).await;
        }
        let one = |target| match target {
            Target::One(reference) => Ok(reference),
            Target::All(resource, _) => Err(Error::usage(format!("which {}?", resource.singular))
                .hint(format!("gatewayctl delete {} ID", resource.singular))),
        };
        references = targets.into_iter().map(one).collect::<Result<_>>()?;
        // Only among themselves stream routes have an order that their ids do not tell.
        let stream_routes = references.iter().filter(|reference| reference.resource.kind == Model::StreamRoute).count();
        let stored = match stream_routes {
            0 | 1 => Vec::new(),
            _ => app.admin.list(resources::find("stream-routes")?, None).await.unwrap_or_default(),
        };
        depths = Depths::of(stored.iter().map(|item| (&item.reference, &item.value)));
    } else {
        let files = files::read(&args.files, Some(args.recursive), &mut **app.stdin.borrow_mut())?;
        depths = Depths::of(files.objects.iter().map(|object| (&object.reference, &object.value)));
        references = files.objects.into_iter().map(|object| object.reference).collect();
    }
    references.sort_by_cached_key(|reference| std::cmp::Reverse(depths.place(reference)));
    Ok(references)
}

/// The objects of whole resources, or those with the labels.
async fn selected(args: &Args, app: &App<'_>, targets: &[Target]) -> Result<Vec<Reference>> {
    let selector = args.selector.as_deref().map(Selector::parse).transpose()?;
    let mut items = Vec::new();
    for target in targets {
        let Target::All(resource, consumer) = target else {
            return Err(Error::usage("either ids, or --all or -l"));
        };
        match app.admin.list(resource, consumer.as_deref()).await {
            // One of "all" that this server does not have, or has off.
            Err(error) if targets.len() > 1 && lacks_resource(&error) => app.out.trace(1, error.message()),
            found => items.extend(found?),
        }
    }
    items.retain(|item| selector.as_ref().is_none_or(|selector| selector.matches(&item.value)));
    let depths = Depths::of(items.iter().map(|item| (&item.reference, &item.value)));
    let mut references: Vec<Reference> = items.iter().map(|item| item.reference.clone()).collect();
    references.sort_by_cached_key(|reference| std::cmp::Reverse(depths.place(reference)));
    Ok(references)
}

/// What goes, and what else uses it.
async fn question(app: &App<'_>, references: &[Reference], users: &mut Users) -> String {
    let mut lines = vec!["This will be deleted:".to_owned()];
    for reference in references {
        lines.push(format!("  {reference}"));
        let what = if reference.resource.kind == Model::Consumer { "goes with it" } else { "uses it" };
        for user in users.of(&app.admin, reference).await {
            if !references.contains(&user) {
                lines.push(format!("    {user} {what}"));
            }
        }
    }
    lines.join("\n")
}

/// `route/a, route/b`; of very many the first ones and how many more there are.
fn named(users: &[Reference]) -> Option<String> {
    const SHOWN: usize = 20;
    let mut names: Vec<String> = users.iter().take(SHOWN).map(ToString::to_string).collect();
    if users.len() > SHOWN {
        names.push(format!("and {} more", users.len() - SHOWN));
    }
    (!names.is_empty()).then(|| names.join(", "))
}
