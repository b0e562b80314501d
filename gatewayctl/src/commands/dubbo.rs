//! `gatewayctl dubbo`: the Dubbo services that the gateway knows, and calls of them.

mod call;
mod describe;
mod services;
mod stats;

use reqwest::Method;
use serde_json::Value;

use super::App;
use crate::error::{Error, Kind, Result};

/// List, describe and call the Dubbo services that the gateway knows
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl dubbo services
  gatewayctl dubbo describe org.acme.Orders
  gatewayctl dubbo call org.acme.Orders find '[7]'",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Services(services::Args),
    Describe(describe::Args),
    Call(call::Args),
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    match &args.command {
        Command::Services(args) => services::run(args, app).await,
        Command::Describe(args) => describe::run(args, app).await,
        Command::Call(args) => call::run(args, app).await,
    }
}

/// All services, as the gateway tells of them.
async fn known(app: &App<'_>) -> Result<Vec<Value>> {
    let answer = app.admin.call(Method::GET, "/live/dubbo/services", None).await?;
    if answer.status == 404 {
        return Err(app.admin.lacks("dubbo"));
    }
    match app.admin.success(answer, None)?.json()? {
        Value::Array(services) => Ok(services),
        _ => Err(Error::new(Kind::Server, "GET /live/dubbo/services: the answer is no list")),
    }
}

/// What people are shown for the entry of all calls that are counted by no name of their own.
const REST: &str = "(others)";

/// Whether it is that entry.
fn is_rest(service: &Value) -> bool {
    text(service, "interface") == "overflow" && text(service, "source") == "calls"
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn methods(service: &Value) -> impl Iterator<Item = &Value> {
    service.get("methods").and_then(Value::as_array).into_iter().flatten()
}
