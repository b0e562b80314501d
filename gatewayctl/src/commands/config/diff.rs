//! `gatewayctl config diff -f`: what a sync would change.

use super::Sources;
use super::plan::Plan;
use super::scope;
use crate::commands::App;
use crate::error::{Error, Kind, Result};
use crate::output::Format;

/// Show what differs between files and the server
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show what differs between files and the server

Of each object that differs: what a sync would do with it, and its lines as a unified diff. Exits with 0 where nothing \
differs and with 1 where something does. -o json gives the operations with their changes by JSON pointer. Secrets are not \
shown, only that they differ.",
    before_help = "Examples:
  gatewayctl config diff -f gateway.yaml
  gatewayctl config diff -f conf/ -R --only routes,services
  gatewayctl config diff -f gateway.yaml -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    scope: scope::Flags,
    /// What no file has stays, and is no difference
    #[arg(long)]
    no_delete: bool,
    /// Exit with 1 where something differs, as it does in any case
    #[arg(long = "exit-code")]
    _exit_code: bool,
}

/// Compares and prints.
///
/// # Errors
/// Negative where something differs; usage for the files.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let scope = args.scope.scope()?;
    let files = args.sources.read(app.out, app.stdin)?;
    let plan = Plan::make(app, files.objects, &scope, !args.no_delete).await?;
    match app.format() {
        Format::Table | Format::Wide => {
            let mut page = String::new();
            for step in &plan.steps {
                let head = format!("{} {}", step.verb(), step.reference);
                page.push_str(&format!("{}\n", app.out.paint("1", &head)));
                page.push_str(&step.unified(|sgr, line| app.out.paint(sgr, line)));
            }
            app.out.page(&page)?;
            app.out.note(&plan.summary());
        }
        Format::Name => {
            for step in &plan.steps {
                app.out.line(&step.reference.to_string())?;
            }
        }
        _ => app.printer().one("a comparison", || plan.document(), || Ok(()))?,
    }
    match plan.steps.len() {
        0 => Ok(()),
        1 => Err(Error::new(Kind::Negative, "one object differs")),
        count => Err(Error::new(Kind::Negative, format!("{count} objects differ"))),
    }
}
