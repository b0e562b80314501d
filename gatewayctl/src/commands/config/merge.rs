//! `gatewayctl config merge`: many files as one.

use std::path::PathBuf;

use super::Sources;
use super::dump::{counted, save};
use crate::commands::local::Local;
use crate::error::Result;
use crate::files::Shape;
use crate::files::write;

/// Put the objects of many files into one
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl config merge -f conf/ -R > gateway.yaml
  gatewayctl config merge -f a.yaml -f b.json -o gateway.yaml",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: Sources,
    /// The file (-o does too); without it standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Shape of the result
    #[arg(long, value_name = "SHAPE", default_value = "native")]
    shape: Shape,
}

/// Reads and writes.
///
/// # Errors
/// Usage for the files; an object that is there twice.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let language = super::language(&local.printing, args.to.as_deref(), "a merged file")?;
    let mut entries = super::entries(args.sources.read(local.out, local.stdin)?);
    write::sort(&mut entries);
    let (text, notes) = write::noted(&entries, args.shape, language, false)?;
    notes.all().for_each(|note| local.out.warn(&note));
    match &args.to {
        Some(path) => {
            save(path, &text, false)?;
            local.out.note(&format!("{} in {}", counted(entries.len(), "object"), path.display()));
            Ok(())
        }
        None => local.out.bytes(text.as_bytes()),
    }
}
