//! `gatewayctl discovery`: the registries that upstreams take their nodes from.

use serde_json::Value;

use super::App;
use super::live::{self, moment, text};
use crate::error::{Error, Kind, Result};
use crate::filter::text_of;
use crate::output::list::{Record, cell, head, wide_head};
use crate::suggest;

/// Show registries, their services and instances
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl discovery list
  gatewayctl discovery get nacos
  gatewayctl discovery get nacos orders",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the registries of the gateway's configuration file
    #[command(before_help = "Examples:\n  gatewayctl discovery list", help_template = crate::cli::HELP)]
    List,
    /// List the services that are followed at a registry, or the instances of one
    #[command(
        before_help = "Examples:\n  gatewayctl discovery get nacos\n  gatewayctl discovery get nacos orders -o json",
        help_template = crate::cli::HELP
    )]
    Get {
        /// nacos, consul, eureka, kubernetes, zookeeper, dns, …
        #[arg(value_name = "TYPE")]
        registry: String,
        /// Name of the service
        service: Option<String>,
    },
}

/// Runs one of the commands.
///
/// # Errors
/// Server: the gateway does not tell; not found; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    match &args.command {
        Command::List => registries(app).await,
        Command::Get { registry, service: None } => services(app, registry).await,
        Command::Get { registry, service: Some(service) } => instances(app, registry, service).await,
    }
}

async fn rows(app: &App<'_>, path: &str) -> Result<Vec<Value>> {
    match live::needed(app, path).await? {
        Value::Array(rows) => Ok(rows),
        _ => Err(Error::new(Kind::Server, format!("GET /live/{path}: the answer is no list"))),
    }
}

async fn registries(app: &App<'_>) -> Result<()> {
    let mut list = app.printer().list(vec![
        head("TYPE", 0),
        head("STATE", 0),
        head("SERVER", 1),
        head("SERVICES", 0),
        head("NODES", 0),
        head("LAST-OK", 0),
        head("ERROR", 2),
        wide_head("SINCE", 0),
        wide_head("FAILURES", 0),
    ])?;
    for row in rows(app, "discovery").await? {
        let time = |name: &str| moment(&row, name).map_or_else(|| "-".to_owned(), |time| app.now.show(time));
        let error = row
            .get("error")
            .filter(|error| !error.is_null())
            .map_or_else(|| "-".to_owned(), |error| text(error, "text").to_owned());
        let cells = vec![
            cell(&row, "type"),
            cell(&row, "state"),
            cell(&row, "server"),
            cell(&row, "services"),
            cell(&row, "nodes"),
            time("last_ok"),
            error,
            time("since"),
            cell(&row, "failures"),
        ];
        list.push(&Record { name: format!("discovery/{}", text(&row, "type")), cells, document: row })?;
    }
    if list.finish()? == 0 {
        app.out.note("no registries; `discovery` of the gateway's configuration file names them");
    }
    Ok(())
}

/// A segment of a path. Names of services may hold a `/`.
pub(crate) fn segment(text: &str) -> String {
    let Ok(mut url) = reqwest::Url::parse("http://x") else { return String::new() };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.push(text);
    }
    url.path().trim_start_matches('/').to_owned()
}

async fn known(app: &App<'_>, registry: &str) -> Result<Vec<Value>> {
    match rows(app, &format!("discovery/{}", segment(registry))).await {
        Err(error) if error.kind() == Kind::NotFound => {
            let all = rows(app, "discovery").await.unwrap_or_default();
            let names: Vec<&str> = all.iter().map(|row| text(row, "type")).collect();
            let hint = suggest::hint(registry, names.iter().copied());
            Err(error.hint(hint.unwrap_or_else(|| "gatewayctl discovery list".to_owned())))
        }
        rows => rows,
    }
}

async fn services(app: &App<'_>, registry: &str) -> Result<()> {
    let mut list = app.printer().list(vec![head("SERVICE", 1), head("INSTANCES", 0)])?;
    for row in known(app, registry).await? {
        let name = format!("{registry}/{}", text(&row, "service"));
        list.push(&Record { name, cells: vec![cell(&row, "service"), cell(&row, "count")], document: row })?;
    }
    if list.finish()? == 0 {
        app.out.note(&format!("no upstream takes its nodes from {registry}"));
    }
    Ok(())
}

async fn instances(app: &App<'_>, registry: &str, service: &str) -> Result<()> {
    let all = known(app, registry).await?;
    let Some(found) = all.iter().find(|row| text(row, "service") == service) else {
        let names: Vec<&str> = all.iter().map(|row| text(row, "service")).collect();
        let error =
            Error::new(Kind::NotFound, format!("no upstream takes its nodes from the service {service} of {registry}"));
        let hint = suggest::hint(service, names.iter().copied());
        return Err(error.hint(hint.unwrap_or_else(|| format!("gatewayctl discovery get {registry}"))));
    };
    let mut list =
        app.printer().list(vec![head("ADDRESS", 0), head("WEIGHT", 0), head("PRIORITY", 0), head("METADATA", 1)])?;
    for node in found.get("nodes").and_then(Value::as_array).into_iter().flatten() {
        let port = node.get("port").map(Value::to_string).unwrap_or_default();
        let address = live::address(text(node, "host"), &port);
        let metadata = node.get("metadata").and_then(Value::as_object).into_iter().flatten();
        let metadata: Vec<String> = metadata.map(|(name, value)| format!("{name}={}", text_of(value))).collect();
        let metadata = if metadata.is_empty() { "-".to_owned() } else { metadata.join(",") };
        let cells = vec![address.clone(), cell(node, "weight"), cell(node, "priority"), metadata];
        list.push(&Record { name: address, cells, document: node.clone() })?;
    }
    if list.finish()? == 0 {
        app.out.note(&format!("{service} has no instances"));
    }
    Ok(())
}
