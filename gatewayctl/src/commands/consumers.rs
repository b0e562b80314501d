//! `gatewayctl consumers`: whom a key belongs to, and tokens to try routes with.

mod jwt;
mod token;
mod who;

use super::App;
use crate::error::Result;
use crate::resources::{self, Item};

/// Find the consumer of a key, or make a token to try with
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl consumers who - < key.txt
  gatewayctl consumers token bob --plugin jwt-auth",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Who(who::Args),
    Token(token::Args),
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    match &args.command {
        Command::Who(args) => who::run(args, app).await,
        Command::Token(args) => token::run(args, app).await,
    }
}

/// A consumer, and its credentials.
async fn holders(app: &App<'_>, consumer: Item) -> Result<Vec<Item>> {
    let credentials = app.admin.list(resources::find("credentials")?, Some(&consumer.reference.id)).await?;
    Ok(std::iter::once(consumer).chain(credentials).collect())
}
