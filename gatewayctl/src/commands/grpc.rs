//! `gatewayctl grpc`: services of gRPC, their messages, and calls of them.

mod asked;
mod call;
mod describe;
mod direct;
mod services;
mod shown;

use super::App;
use crate::error::Result;

/// List, describe and call gRPC services, by reflection or stored definitions
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl grpc services
  gatewayctl grpc describe helloworld.Greeter
  gatewayctl grpc call helloworld.Greeter/SayHello -d '{\"name\": \"Ada\"}'",
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
