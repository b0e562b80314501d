//! `gatewayctl config`: the configuration as a whole, in files and on the server. One file a command.

mod diff;
mod dump;
mod plan;
mod scope;
mod sync;

use super::App;
use crate::error::{Error, Result};
use crate::files::{self, Files, Shape};

/// Compare the whole configuration with files, write it to files, and make it be as files say
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl config dump -o gateway.yaml
  gatewayctl config diff -f gateway.yaml
  gatewayctl config sync -f gateway.yaml",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done with the configuration.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Dump(dump::Args),
    Diff(diff::Args),
    Sync(sync::Args),
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    match &args.command {
        Command::Dump(args) => dump::run(args, app).await,
        Command::Diff(args) => diff::run(args, app).await,
        Command::Sync(args) => sync::run(args, app).await,
    }
}

/// Flags that say where the wanted configuration is.
#[derive(Debug, clap::Args)]
struct Sources {
    /// File, folder, glob or - for standard input; may be repeated
    #[arg(long = "file", short = 'f', required = true, value_name = "FILE", num_args = 1..)]
    files: Vec<String>,
    /// Folders with their subfolders
    #[arg(long, short = 'R')]
    recursive: bool,
    /// Take the files for this shape only
    #[arg(long, value_name = "SHAPE")]
    format: Option<Shape>,
}

impl Sources {
    /// The objects of the files. A file that says that there are none is a configuration; one without anything is not.
    ///
    /// # Errors
    /// Usage, with the place.
    fn read(&self, app: &App<'_>) -> Result<Files> {
        let files = files::read_as(&self.files, self.recursive, self.format, &mut **app.stdin.borrow_mut())?;
        for note in &files.notes {
            app.out.warn(note);
        }
        if files.documents == 0 {
            let error = Error::usage(format!("nothing in {}", self.files.join(", ")));
            return Err(error.hint("an empty configuration is written as routes: []"));
        }
        Ok(files)
    }
}
