//! `gatewayctl traffic`: what passes through the gateway now: rates, a live table, single requests.

mod counted;
mod export;
mod known;
mod rows;
mod stat;
mod tap;
mod top;

use super::App;
use crate::error::Result;
pub(crate) use export::{curl, is_of_gateway};
pub(crate) use known::PROTOCOLS;
pub(crate) use rows::dimensions;

/// Show the traffic of now: rates and latencies, or single requests as they end
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl traffic stat routes --window 1m
  gatewayctl traffic top upstreams
  gatewayctl traffic tap --route orders --status 5xx,429",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Top(top::Args),
    Stat(stat::Args),
    Tap(Box<tap::Args>),
}

/// The list that ids of a dimension are of, or `protocol`; `None`: its ids are not known, or it is none.
pub(crate) fn known_by(word: &str) -> Option<&'static str> {
    match rows::dimension(word).ok()? {
        "protocol" => Some("protocol"),
        dimension => known::list_of(dimension),
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    match &args.command {
        Command::Top(args) => top::run(args, app).await,
        Command::Stat(args) => stat::run(args, app).await,
        Command::Tap(args) => tap::run(args, app).await,
    }
}
