//! `gatewayctl delete`: removes objects, after saying what uses them.

use super::batch::{Batch, Next};
use super::get::not_found;
use super::{App, Change};
use crate::error::{Error, Result};
use crate::files;
use crate::resources::{self, Item, Reference, Target};

/// Delete objects
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Delete objects

Asks first, and says what uses the objects, unless --yes is given. The server refuses to delete what is in use, unless \
--force is given.",
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
    let references = references(args, app)?;
    if !app.settings.yes && app.tty.stdin && !app.settings.no_input {
        app.confirm(Change::Delete, &question(app, &references).await?)?;
    } else {
        app.confirm(Change::Delete, "")?;
    }
    let mut batch = Batch::new(app, "");
    for reference in &references {
        let work = async {
            match app.admin.delete(reference, args.force).await? {
                true => Ok("deleted"),
                false if args.ignore_not_found => Ok("not found"),
                false => Err(not_found(reference)),
            }
        };
        if batch.step(reference, work).await? == Next::Stop {
            break;
        }
    }
    batch.finish(references.len())
}

fn references(args: &Args, app: &App<'_>) -> Result<Vec<Reference>> {
    if !args.files.is_empty() {
        let files = files::read(&args.files, args.recursive, &mut **app.stdin.borrow_mut())?;
        let mut references: Vec<Reference> = files.objects.into_iter().map(|object| object.reference).collect();
        references.sort_by_key(|reference| std::cmp::Reverse(reference.resource.rank));
        return Ok(references);
    }
    let targets = resources::targets(&args.targets, args.consumer.as_deref())?;
    targets
        .into_iter()
        .map(|target| match target {
            Target::One(reference) => Ok(reference),
            Target::All(resource, _) => Err(Error::usage(format!("which {}?", resource.singular))
                .hint(format!("gatewayctl delete {} ID", resource.singular))),
        })
        .collect()
}

/// What goes, and what else uses it.
async fn question(app: &App<'_>, references: &[Reference]) -> Result<String> {
    let mut lines = vec!["This will be deleted:".to_owned()];
    for reference in references {
        lines.push(format!("  {reference}"));
        let what = if reference.resource.name == "consumers" { "goes with it" } else { "uses it" };
        for user in users(app, reference).await? {
            if !references.contains(&user) {
                lines.push(format!("    {user} {what}"));
            }
        }
    }
    Ok(lines.join("\n"))
}

/// The objects that name another one, by the field in which they do.
async fn users(app: &App<'_>, used: &Reference) -> Result<Vec<Reference>> {
    let links: &[(&str, &str)] = match used.resource.name {
        "upstreams" => &[("routes", "/upstream_id"), ("services", "/upstream_id"), ("stream-routes", "/upstream_id")],
        "services" => &[("routes", "/service_id"), ("stream-routes", "/service_id")],
        "plugin-configs" => &[("routes", "/plugin_config_id")],
        "consumer-groups" => &[("consumers", "/group_id")],
        "ssls" => &[("upstreams", "/tls/client_cert_id")],
        "protos" => &[("routes", "/plugins/grpc-transcode/proto_id"), ("services", "/plugins/grpc-transcode/proto_id")],
        "consumers" => return credentials(app, used).await,
        _ => &[],
    };
    let mut users = Vec::new();
    for (name, pointer) in links {
        // A resource that the server has not, or has off, uses nothing.
        let items = app.admin.list(resources::find(name)?, None).await.unwrap_or_default();
        users.extend(items.into_iter().filter(|item| names(item, pointer, &used.id)).map(|item| item.reference));
    }
    Ok(users)
}

/// A consumer takes its credentials with it.
async fn credentials(app: &App<'_>, consumer: &Reference) -> Result<Vec<Reference>> {
    let items = app.admin.list(resources::find("credentials")?, Some(&consumer.id)).await.unwrap_or_default();
    Ok(items.into_iter().map(|item| item.reference).collect())
}

/// Ids may be stored as text or as numbers.
fn names(item: &Item, pointer: &str, id: &str) -> bool {
    match item.value.pointer(pointer) {
        Some(serde_json::Value::String(text)) => text == id,
        Some(serde_json::Value::Number(number)) => number.as_str() == id,
        _ => false,
    }
}
