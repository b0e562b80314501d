//! `gatewayctl man`: pages for `man`, one a command.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::generated;
use crate::output::Out;

/// Print the manual page, or write the pages of all commands
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl man | man -l -
  gatewayctl man get | man -l -
  gatewayctl man --dir /usr/local/share/man/man1",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// The command, such as get or certs list
    command: Vec<String>,
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

/// Prints a page, or writes all of them.
///
/// # Errors
/// Usage: no such command; the folder cannot be written to.
pub(crate) fn run(args: &Args, out: &Out) -> Result<()> {
    let pages = generated::pages();
    let Some(dir) = &args.dir else {
        let name = std::iter::once("gatewayctl").chain(args.command.iter().map(String::as_str)).collect::<Vec<_>>();
        let file = format!("{}.1", name.join("-"));
        return match pages.iter().find(|(known, _)| *known == file) {
            Some((_, page)) => out.bytes(page),
            None => {
                Err(Error::usage(format!("unknown command \"{}\"", args.command.join(" "))).hint("gatewayctl --help"))
            }
        };
    };
    let failed = |error: std::io::Error| Error::usage(format!("cannot write into {}: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(failed)?;
    for (name, page) in &pages {
        std::fs::write(dir.join(name), page).map_err(failed)?;
    }
    out.line(&format!("{} pages written to {}", pages.len(), dir.display()))
}
