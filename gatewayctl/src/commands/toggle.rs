//! `gatewayctl enable` and `gatewayctl disable`: the status of routes and certificates.

use serde_json::Value;

use super::App;
use super::batch::{Batch, Next};
use super::change::{self, Flags};
use crate::error::{Error, Result};
use crate::resources::{self, Target};

/// Let routes or certificates take part again
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl enable route hello
  gatewayctl enable ssl/1 ssl/2",
    help_template = crate::cli::HELP
)]
pub(crate) struct Enable {
    #[command(flatten)]
    pub(crate) args: Args,
}

/// Keep routes or certificates, and let them take no part
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl disable route hello
  gatewayctl disable ssl/1 --dry-run",
    help_template = crate::cli::HELP
)]
pub(crate) struct Disable {
    #[command(flatten)]
    pub(crate) args: Args,
}

/// What both take.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// RESOURCE and ids, or RESOURCE/ID
    #[arg(required = true, value_name = "RESOURCE ID")]
    targets: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

/// Sets the status of each.
///
/// # Errors
/// Usage: something that has no status; not found; those of the write.
pub(crate) async fn run(args: &Args, on: bool, app: &App<'_>) -> Result<()> {
    args.flags.writable(app)?;
    let mut references = Vec::new();
    for target in resources::targets(&args.targets, None)? {
        match target {
            Target::One(reference) if matches!(reference.resource.name, "routes" | "ssls") => {
                references.push(reference)
            }
            Target::One(reference) => {
                let error = Error::usage(format!("{} have no status", reference.resource.name));
                return Err(error.hint("routes and ssls have one"));
            }
            Target::All(resource, _) => return Err(Error::usage(format!("which {}?", resource.singular))),
        }
    }
    let mut batch = Batch::new(app, args.flags.dry_run)?;
    for reference in &references {
        let work = async {
            let item = change::stored(app, reference).await?;
            let is_on = item.value.get("status").and_then(Value::as_i64) != Some(0);
            let mut after = item.value.clone();
            if is_on != on
                && let Value::Object(fields) = &mut after
            {
                fields.insert("status".to_owned(), u8::from(on).into());
            }
            match change::write(app, &args.flags, reference, Some(&item), &after, false).await? {
                "unchanged" => Ok("unchanged"),
                _ => Ok(if on { "enabled" } else { "disabled" }),
            }
        };
        if batch.step(reference, work).await? == Next::Stop {
            break;
        }
    }
    batch.finish(references.len())
}
