//! `gatewayctl config validate -f`: whether the server would take the objects of files.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::plan::Step;
use super::scope::Scope;
use super::{Sources, lint, sync};
use crate::admin;
use crate::commands::App;
use crate::commands::apply::{Asked, Stored, bundle_failures, planned, referenced, single_failures};
use crate::commands::local::Local;
use crate::error::Result;
use crate::files::Object;
use crate::lint::{Finding, Report, Rule, Rules, Severity, lint_beside, of_server, print};
use crate::refusal::faults_behind;
use crate::schema;

/// Say whether the server would take the objects of files
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Say whether the server would take the objects of files

Checks schemas, names of plugins and fields, references and ids without a server. With --server-side the server is also asked \
whether it would store them, all at once and beside those that it holds; nothing is written. Each fault is told with its place in the file; exits with 1 where there is one.",
    before_help = "Examples:
  gatewayctl config validate -f gateway.yaml
  gatewayctl config validate -f conf/ -R --server-side
  gatewayctl config dump | gatewayctl config validate -f -",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: Sources,
    /// Have the server check them
    #[arg(long)]
    pub(super) server_side: bool,
    /// A form for other programs (-o does too)
    #[arg(long, value_name = "FORM")]
    report: Option<Report>,
}

/// Checks without a server.
///
/// # Errors
/// Negative where something is wrong; usage for the files.
pub(crate) fn run_local(args: &Args, local: &Local<'_>) -> Result<()> {
    let files = args.sources.read_all(local.out, local.stdin)?;
    let found = crate::lint::lint(&files.objects, &files.faults, &Rules::of_validation(), local.now);
    print(&found, args.report, &local.printer())?;
    lint::verdict(&found, Severity::Error)?;
    lint::fine(&files.objects, &found, local.out);
    Ok(())
}

/// Has the server check.
///
/// # Errors
/// As [`run_local`]; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let files = args.sources.read_all(app.out, app.stdin)?;
    let objects = files.objects;
    let mut stored = Stored::expecting(&objects);
    let known = referenced(app, &objects, &mut stored).await?;
    let mut found = lint_beside(&objects, &files.faults, &Rules::of_validation(), app.now.seconds(), Some(known));
    // What is there twice is told already, and cannot be written twice.
    let mut seen = HashSet::new();
    let once: Vec<Object> = objects.iter().filter(|of| seen.insert(of.reference.to_string())).cloned().collect();
    let (steps, unknown) = planned(app, &once, &mut stored).await?;
    let failures = match sync::objections(app, steps.iter()).await? {
        Some(failures) => refused_to_a_sync(app, &steps, &seen, failures).await?,
        None => checked(app, &steps).await?,
    };
    own_plugins(app, &mut found).await;
    for (at, error) in unknown {
        let Some(object) = once.get(at) else { continue };
        add(&mut found, object, of_server(), error.message().to_owned(), error.field_pointer());
    }
    for (step, told) in failures {
        let (Some(object), Some(value)) = (&step.object, step.whole()) else { continue };
        let message = told.get("error_msg").and_then(Value::as_str).unwrap_or_default();
        // The offline check names every fault; what it does not find, only the server can tell.
        let known = faults_behind(&object.reference, &value, message);
        if known.is_empty() {
            let field = admin::field_of(&told, message);
            let source = object.source(field.as_deref());
            if found
                .iter()
                .any(|of| of.is_dangling() && of.object == object.reference.to_string() && of.source == source)
            {
                continue;
            }
            let plain = message.strip_prefix("invalid configuration: ").unwrap_or(message).to_owned();
            add(&mut found, object, of_server(), plain, field.as_deref());
        }
        known.into_iter().for_each(|fault| add(&mut found, object, fault.rule, fault.message, fault.path.as_deref()));
    }
    print(&found, args.report, &app.printer())?;
    lint::verdict(&found, Severity::Error)?;
    lint::fine(&objects, &found, app.out);
    Ok(())
}

fn add(found: &mut Vec<Finding>, object: &Object, rule: &'static Rule, message: String, field: Option<&str>) {
    let name = object.reference.to_string();
    if found.iter().any(|of| of.object == name && of.rule.id == rule.id && of.message == message) {
        return;
    }
    found.push(Finding { rule, severity: Severity::Error, object: name, message, source: object.source(field) });
}

/// What a sync would be refused, too: it deletes what no file has, which may be all that is in the way.
///
/// # Errors
/// Those of the calls.
async fn refused_to_a_sync<'s>(
    app: &App<'_>,
    steps: &'s [Step],
    named: &HashSet<String>,
    mut failures: Vec<(&'s Step, Value)>,
) -> Result<Vec<(&'s Step, Value)>> {
    if failures.is_empty() {
        return Ok(failures);
    }
    let mut stored = Scope::whole().fetch(app).await?;
    stored.retain(|item| !named.contains(&item.reference.to_string()));
    let gone: Vec<Step> = stored.iter().map(|item| Step::deletion(&item.reference)).collect();
    let Some(still) = sync::objections(app, steps.iter().chain(&gone)).await? else { return Ok(failures) };
    failures.retain(|(step, told)| {
        let stays = still.iter().any(|(of, _)| of.reference == step.reference);
        if !stays {
            let said = told.get("error_msg").and_then(Value::as_str).unwrap_or_default();
            app.out.warn(&format!(
                "{}: {said}; config sync, which deletes what no file has, is not refused",
                step.reference
            ));
        }
        stays
    });
    Ok(failures)
}

/// What a server without transactions says: the form of the objects, and that of their plugins.
async fn checked<'s>(app: &App<'_>, steps: &'s [Step]) -> Result<Vec<(&'s Step, Value)>> {
    let whole = steps.iter().enumerate();
    let asked: Vec<Asked<'_>> = whole
        .filter_map(|(at, step)| Some(Asked { at, object: step.object.as_ref()?, value: step.whole()? }))
        .collect();
    let failures = match bundle_failures(app, &asked).await? {
        Some(failures) => failures,
        None => {
            app.out.note("this server checks objects one by one, and not what they refer to");
            single_failures(app, &asked).await?
        }
    };
    let told = |(at, message): (usize, String)| Some((steps.get(at)?, json!({ "error_msg": message })));
    Ok(failures.into_iter().filter_map(told).collect())
}

/// Takes away what is said of plugins that the server has, whoever knows them here.
async fn own_plugins(app: &App<'_>, found: &mut Vec<Finding>) {
    if !found.iter().any(Finding::is_of_plugin) {
        return;
    }
    let names = schema::plugins(&app.admin).await.unwrap_or_default();
    found.retain(|finding| !finding.is_of_plugin() || !names.iter().any(|name| finding.names_plugin(name)));
}
