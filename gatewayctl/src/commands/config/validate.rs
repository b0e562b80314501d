//! `gatewayctl config validate -f`: whether the server would take the objects of files.

use super::{Sources, lint};
use crate::admin;
use crate::commands::App;
use crate::commands::apply::{Stored, bundle_failures, referenced, single_failures};
use crate::commands::local::Local;
use crate::error::Result;
use crate::lint::{Finding, Report, Rule, Rules, Severity, lint_beside, of_server, print};
use crate::output::mask;
use crate::refusal::faults_behind;
use crate::schema;

/// Say whether the server would take the objects of files
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Say whether the server would take the objects of files

Checks schemas, names of plugins and fields, references and ids without a server. With --server-side the server also checks \
all objects at once, what schemas cannot say too, and objects may refer to those that it holds. Each fault is told with its place in the file; exits with 1 where there is one.",
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
    let mut values = Vec::new();
    for object in &objects {
        let mut value = object.value.clone();
        if mask::find_mask(&value).is_some() {
            let item = app.admin.get(&object.reference).await?;
            // A mask without anything behind it is what the server then finds.
            let _ = mask::restore(&mut value, item.as_ref().map(|item| &item.value));
        }
        values.push(value);
    }
    let known = referenced(app, &objects, &values, &mut Stored::expecting(&[])).await?;
    let mut found = lint_beside(&objects, &files.faults, &Rules::of_validation(), app.now.seconds(), Some(known));
    let failures = match bundle_failures(app, &objects, &values).await? {
        Some(failures) => failures,
        None => {
            app.out.note("this server checks objects one by one, and not what they refer to");
            single_failures(app, &objects, &values).await?
        }
    };
    own_plugins(app, &mut found).await;
    for (i, message) in failures {
        let Some(object) = objects.get(i) else { continue };
        let mut add = |rule: &'static Rule, message: String, field: Option<&str>| {
            let name = object.reference.to_string();
            if found.iter().any(|of: &Finding| of.object == name && of.rule.id == rule.id && of.message == message) {
                return;
            }
            found.push(Finding {
                rule,
                severity: Severity::Error,
                object: name,
                message,
                source: object.source(field),
            });
        };
        // The offline check names every fault; what it does not find, only the server can tell.
        let known = values.get(i).map(|value| faults_behind(&object.reference, value, &message)).unwrap_or_default();
        if known.is_empty() {
            let field = admin::field_of(&serde_json::Value::Null, &message);
            let plain = message.strip_prefix("invalid configuration: ").unwrap_or(&message).to_owned();
            add(of_server(), plain, field.as_deref());
        }
        known.into_iter().for_each(|fault| add(fault.rule, fault.message, fault.path.as_deref()));
    }
    print(&found, args.report, &app.printer())?;
    lint::verdict(&found, Severity::Error)?;
    lint::fine(&objects, &found, app.out);
    Ok(())
}

/// Takes away what is said of plugins that the server has, whoever knows them here.
async fn own_plugins(app: &App<'_>, found: &mut Vec<Finding>) {
    if !found.iter().any(Finding::is_of_plugin) {
        return;
    }
    let names = schema::plugins(&app.admin).await.unwrap_or_default();
    found.retain(|finding| !finding.is_of_plugin() || !names.iter().any(|name| finding.names_plugin(name)));
}
