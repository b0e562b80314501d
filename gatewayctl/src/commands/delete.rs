//! `gatewayctl delete`: removes objects, after saying what uses them.

use gateway_model::Kind as Model;

use super::batch::{Batch, Next};
use super::get::not_found;
use super::{App, Change};
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::links::{Depths, Users};
use crate::resources::{self, Reference, Target};

/// Delete objects
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Delete objects

Asks first, and says what uses the objects, unless --yes is given. What refers to others is deleted before them, in \
whatever order they are given. The server refuses to delete what is in use, unless --force is given.",
    before_help = "Examples:
  gatewayctl delete route hello
  gatewayctl delete upstream/u1 service/s1 --yes
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
    /// Whose credentials
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Also what is still in use
    #[arg(long)]
    force: bool,
    /// What does not exist is no error
    #[arg(long)]
    ignore_not_found: bool,
}

/// Deletes, what refers before what is referred to.
///
/// # Errors
/// Not found, rejected (still in use), aborted, partial.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.writable()?;
    let references = references(args, app).await?;
    let mut users = Users::default();
    if !app.settings.yes && app.tty.stdin && !app.settings.no_input {
        app.confirm(Change::Delete, &question(app, &references, &mut users).await)?;
    } else {
        app.confirm(Change::Delete, "")?;
    }
    let mut batch = Batch::new(app, "");
    for reference in &references {
        let work = async {
            match app.admin.delete(reference, args.force).await {
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
    batch.finish(references.len())
}

/// What is to go, in the order in which it can.
async fn references(args: &Args, app: &App<'_>) -> Result<Vec<Reference>> {
    let mut references: Vec<Reference>;
    let depths;
    if args.files.is_empty() {
        let targets = resources::targets(&args.targets, args.consumer.as_deref())?;
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
        let files = files::read(&args.files, args.recursive, &mut **app.stdin.borrow_mut())?;
        depths = Depths::of(files.objects.iter().map(|object| (&object.reference, &object.value)));
        references = files.objects.into_iter().map(|object| object.reference).collect();
    }
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
