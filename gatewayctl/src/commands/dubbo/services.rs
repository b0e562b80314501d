//! `gatewayctl dubbo services`: what there is.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::App;
use super::stats::Stats;
use super::{REST, is_rest, known, methods, text};
use crate::error::Result;
use crate::output::list::{Record, cell, head, wide_head};
use crate::suggest;

/// List the Dubbo services that routes, registries and calls name
#[derive(Debug, clap::Args)]
#[command(
    long_about = "List the Dubbo services that routes, registries and calls name

Calls that are counted by no name of their own (of services that nobody names and that never answered, and beyond 2,000 methods) are one entry, (others).

With -o wide also how many calls of them went through the gateway since it began, the part of them that came to nothing or threw, and the time that 99 of 100 took at most.",
    before_help = "Examples:
  gatewayctl dubbo services
  gatewayctl dubbo services -o wide
  gatewayctl dubbo services --registry nacos -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Only those of this registry, such as zookeeper or nacos
    #[arg(long, value_name = "NAME")]
    registry: Option<String>,
}

/// Prints the list.
///
/// # Errors
/// The gateway could not be asked.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let all = known(app).await?;
    let known: BTreeSet<String> = all.iter().map(|service| text(service, "source").to_owned()).collect();
    let wanted = |service: &Value| args.registry.as_deref().is_none_or(|registry| text(service, "source") == registry);
    let services: Vec<Value> = all.into_iter().filter(wanted).collect();
    let mut list = app.printer().list(vec![
        head("INTERFACE", 2),
        head("VERSION", 0),
        head("GROUP", 0),
        head("NODES", 0),
        head("METHODS", 0),
        head("SOURCE", 1),
        wide_head("CALLS", 0),
        wide_head("ERR%", 0),
        wide_head("P99", 0),
    ])?;
    for service in services {
        let number = service.get("nodes").map(Value::to_string).unwrap_or_default();
        let methods = methods(&service).count();
        let methods = if methods == 0 { "-".to_owned() } else { methods.to_string() };
        let plain = |name: &str| cell(&service, name);
        let interface = if is_rest(&service) { REST.to_owned() } else { plain("interface") };
        let mut cells = vec![interface, plain("version"), plain("group"), number, methods, plain("source")];
        let stats = Stats::of(&service);
        cells.extend([stats.calls(), stats.errors(), stats.ms("p99_ms")]);
        list.push(&Record { name: text(&service, "interface").to_owned(), cells, document: service })?;
    }
    let count = list.finish_or_none("Dubbo services")?;
    if let Some(registry) = args.registry.as_deref().filter(|registry| count == 0 && !known.contains(*registry)) {
        let hint = suggest::hint(registry, known.iter().map(String::as_str));
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        app.out.warn(&format!("--registry {registry}: no service comes from it{hint}"));
    }
    Ok(())
}
