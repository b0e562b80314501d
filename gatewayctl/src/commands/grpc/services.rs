//! `gatewayctl grpc services`: what there is.

use gateway_grpc::{Wanted, method_document, missing};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::super::App;
use super::asked::{Asked, no_grpc, reflected};
use crate::error::{Error, Kind, Result};
use crate::output::Format;
use crate::output::list::{Record, cell, head, wide_head};
use crate::resources::label_of_path;

/// List the gRPC services that servers tell of by reflection, and those of stored definitions
#[derive(Debug, clap::Args)]
#[command(
    long_about = "List the gRPC services that servers tell of by reflection, and those of stored definitions

The gateway asks a node of each upstream of scheme grpc or grpcs, and remembers what it said for 30 s. A server that tells nothing \
is named in a warning; with -o json it is an entry with its error.",
    before_help = "Examples:
  gatewayctl grpc services
  gatewayctl grpc services --refresh -o json
  gatewayctl grpc services --via direct 127.0.0.1:50051
  gatewayctl grpc services --proto-file greeter.proto",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// Have the gateway ask the servers again
    #[arg(long)]
    refresh: bool,
}

/// Prints the list.
///
/// # Errors
/// Nobody could be asked.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let services = match (args.asked.given(app).await?, args.asked.direct()) {
        (Some(known), _) => {
            let all = known.definitions.services();
            all.iter()
                .map(|service| row(service.full_name(), methods_of(service), &known.source, "proto", None))
                .collect()
        }
        (None, Some(addr)) => of_server(addr, app).await?,
        (None, None) => of_gateway(args.refresh, app).await?,
    };
    let mut list = app.printer().list(vec![
        head("SERVICE", 2),
        head("METHODS", 0),
        head("NODES", 0),
        head("SOURCE", 1),
        wide_head("BY", 0),
        wide_head("NAMES", 3),
    ])?;
    let documents = !app.format().is_tabular() && app.format() != Format::Name;
    for service in services {
        let text = |name: &str| service.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = text("service").to_owned();
        // Of a file its path stays as it is.
        let source = text("source");
        let source = if source.starts_with('/') { source.to_owned() } else { label_of_path(source) };
        if !text("error").is_empty() {
            let about = if name.is_empty() { source.clone() } else { format!("{name} of {source}") };
            app.out.warn(&format!("{about}: {}", text("error")));
        }
        if name.is_empty() && !documents {
            continue;
        }
        let methods: Vec<&str> = service
            .get("methods")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|m| m.get("name")?.as_str())
            .collect();
        let count = if methods.is_empty() { "-".to_owned() } else { methods.len().to_string() };
        let nodes = service.get("nodes").filter(|nodes| !nodes.is_null()).map_or("-".to_owned(), Value::to_string);
        let cells = vec![name.clone(), count, nodes, source, cell(&service, "by"), methods.join(",")];
        list.push(&Record { name, cells, document: service })?;
    }
    list.finish_or_none("gRPC services").map(drop)
}

/// All services, as the gateway tells of them.
pub(super) async fn of_gateway(refresh: bool, app: &App<'_>) -> Result<Vec<Value>> {
    let path = if refresh { "grpc/services?refresh=true" } else { "grpc/services" };
    match app.admin.live(path).await?.ok_or_else(|| no_grpc(app))? {
        Value::Array(services) => Ok(services),
        _ => Err(Error::new(Kind::Server, "GET /live/grpc/services: the answer is no list")),
    }
}

/// The same of one server.
async fn of_server(addr: &str, app: &App<'_>) -> Result<Vec<Value>> {
    let (told, known) = reflected(addr, Wanted::All, &HeaderMap::new(), app).await?;
    let undefined = missing(&told);
    let rows = told.services.iter().map(|name| {
        let service = known.definitions.service(name);
        let methods = service.as_ref().map(methods_of).unwrap_or_default();
        let error = undefined
            .contains(&name.as_str())
            .then(|| told.troubles.iter().find(|trouble| trouble.starts_with(name.as_str())).or(told.troubles.first()));
        let error = error.map(|error| error.map_or("the server does not define it", String::as_str));
        row(name, methods, &known.source, "reflection", error)
    });
    Ok(rows.collect())
}

fn methods_of(service: &gateway_grpc::ServiceDescriptor) -> Vec<Value> {
    service.methods().map(|method| method_document(&method)).collect()
}

fn row(service: &str, methods: Vec<Value>, source: &str, by: &str, error: Option<&str>) -> Value {
    json!({ "service": service, "methods": methods, "nodes": null, "source": source, "by": by, "error": error })
}
