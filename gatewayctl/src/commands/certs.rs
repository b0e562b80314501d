//! `gatewayctl certs`: the certificates of a gateway, of files, and of whoever answers at an address.

mod check;
mod inspect;
mod list;
mod source;
mod upload;

use super::App;
use crate::cli::Global;
use crate::error::Result;

/// List, look at, check and upload certificates
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl certs list
  gatewayctl certs expiry --within 30d --fail
  gatewayctl certs inspect shop.example:443
  gatewayctl certs check
  gatewayctl certs upload --cert shop.pem --key shop.key",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    Expiry(list::Expiry),
    Inspect(inspect::Args),
    Check(check::Args),
    Upload(upload::Args),
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    match &args.command {
        Command::List(_) => list::run(app).await,
        Command::Expiry(args) => list::expiry(args, app).await,
        Command::Inspect(args) => inspect::run(args, app).await,
        Command::Check(args) => check::run(args, app).await,
        Command::Upload(args) => upload::run(args, app).await,
    }
}

/// What is a file for one of these commands is no key and no certificate of the client.
pub(crate) fn claim(args: &Args, global: &mut Global) {
    match &args.command {
        Command::Upload(_) => {
            global.cert = None;
            global.key = None;
        }
        Command::Check(args) if args.has_key() => global.key = None,
        _ => {}
    }
}
