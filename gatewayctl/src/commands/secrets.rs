//! `gatewayctl secrets`: whether references to secrets lead somewhere.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::App;
use super::change;
use super::live::{self, moment, text};
use crate::admin::lacks_resource;
use crate::error::{Error, Kind, Result};
use crate::output::list::{Record, head};
use crate::resources::{self, Reference};

/// Try references to secret managers
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl secrets test vault/1",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say which references lead to a manager, and which of them the gateway could not resolve
    #[command(
        long_about = "Say which references lead to a manager, and which of them the gateway could not resolve

The gateway resolves references when an object is put, and again in the background; what fails, and what is resolved again, is \
a line of its log, without the secret. Those lines are what is told here: no secret is fetched and none is shown. A failure \
from before the manager was last put is none any more. The exit code is 1 if one has failed.",
        before_help = "Examples:
  gatewayctl secrets test vault/1
  gatewayctl secrets test aws/prod -o json",
        help_template = crate::cli::HELP
    )]
    Test {
        /// MANAGER/ID
        #[arg(value_name = "MANAGER/ID")]
        id: String,
    },
}

/// Prints the references.
///
/// # Errors
/// Not found: no such manager; negative: a reference could not be resolved; server: it tells no logs.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let Command::Test { id } = &args.command;
    let id = id.strip_prefix("secret/").or_else(|| id.strip_prefix("secrets/")).unwrap_or(id);
    let manager = Reference::new(resources::find("secrets")?, id)?;
    let put = written(&change::stored(app, &manager).await?.value);
    let start = format!("$secret://{id}/");
    let used = references(app, &start).await?;
    let failures = failures(app, &start).await?;
    let mut list = app.printer().list(vec![head("REFERENCE", 1), head("USED-BY", 2), head("RESULT", 0)])?;
    let mut failed = 0;
    for (reference, by) in &used {
        // When a manager is put all that is asked of it is tried, and what fails then is a later line.
        let failure = failures.get(reference).filter(|(ts, _)| *ts >= put);
        let result = match failure {
            Some((ts, error)) => {
                failed += 1;
                format!("failed {}: {error}", app.now.show(*ts))
            }
            None => "no failure is known".to_owned(),
        };
        let by = by.join(",");
        let document = json!({ "reference": reference, "used_by": by, "ok": failure.is_none(), "result": result });
        list.push(&Record { name: reference.clone(), cells: vec![reference.clone(), by, result], document })?;
    }
    match (list.finish()?, failed) {
        (0, _) => app.out.note(&format!("{manager} is there, and nothing refers to it")),
        (_, 0) => {}
        (_, 1) => return Err(Error::new(Kind::Negative, "1 reference could not be resolved")),
        (_, failed) => return Err(Error::new(Kind::Negative, format!("{failed} references could not be resolved"))),
    }
    Ok(())
}

/// When an object was last put, in seconds since 1970; 0 where that is not known.
fn written(value: &Value) -> i64 {
    value.get("update_time").and_then(Value::as_i64).unwrap_or_default()
}

/// The references that begin so, and the objects in which they stand.
async fn references(app: &App<'_>, start: &str) -> Result<BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for resource in &resources::ALL {
        let items = match app.admin.list(resource, None).await {
            Ok(items) => items,
            // It has not the resource, or has it off.
            Err(error) if lacks_resource(&error) => continue,
            Err(error) => return Err(error),
        };
        for item in items {
            let mut own = Vec::new();
            collect(&item.value, start, &mut own);
            own.sort();
            own.dedup();
            for reference in own {
                found.entry(reference).or_default().push(item.reference.to_string());
            }
        }
    }
    Ok(found)
}

fn collect(value: &Value, start: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with(start) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, start, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, start, found)),
        _ => {}
    }
}

/// The last failure of each reference that was not resolved since, out of the log: when, in seconds since 1970, and why.
async fn failures(app: &App<'_>, start: &str) -> Result<BTreeMap<String, (i64, String)>> {
    let pattern = format!("reference={}", regex::escape(start));
    let path = live::path(
        "logs",
        &[("grep", Some(pattern)), ("level", Some("warn".to_owned())), ("n", Some("2000".to_owned()))],
    );
    let told = live::needed(app, &path).await?;
    let mut found = BTreeMap::new();
    for line in told.get("logs").and_then(Value::as_array).into_iter().flatten() {
        let Some(fields) = line.get("fields") else { continue };
        let reference = text(fields, "reference");
        if text(line, "level") != "error" {
            // It is resolved again.
            found.remove(reference);
            continue;
        }
        let said = ["error", "why"].map(|name| text(fields, name));
        let why = said.into_iter().find(|why| !why.is_empty()).unwrap_or_else(|| text(line, "msg"));
        found.insert(reference.to_owned(), (moment(line, "ts").unwrap_or_default(), why.to_owned()));
    }
    Ok(found)
}
