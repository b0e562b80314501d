//! `gatewayctl config diff -f`: what a sync would change.

use serde_json::Value;

use super::Sources;
use super::plan::{Plan, Step};
use super::scope;
use crate::commands::{App, desired};
use crate::error::{Error, Kind, Result};
use crate::output::Format;
use crate::resources::{Item, Reference};

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
            app.out.page(&page(&plan.steps, app.out.painter()))?;
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

/// Steps that a thread of its own is worth.
const MANY: usize = 200;

/// All differences, in the order of the steps. Many are compared on all cores.
fn page(steps: &[Step], paint: impl Fn(&str, &str) -> String + Copy + Send + Sync) -> String {
    let all: Vec<_> =
        steps.iter().map(|step| (step.verb(), &step.reference, step.before.as_ref(), step.after())).collect();
    let part = move |steps: &[(&str, &Reference, Option<&Item>, Option<&Value>)]| {
        let mut page = String::new();
        for (verb, reference, before, after) in steps {
            page.push_str(&paint("1", &format!("{verb} {reference}")));
            page.push('\n');
            page.push_str(&desired::unified(reference, *before, *after, paint));
        }
        page
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let each = all.len().div_ceil(cores).max(MANY);
    if all.len() <= each {
        return part(&all);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = all.chunks(each).map(|steps| scope.spawn(move || part(steps))).collect();
        parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
