//! `gatewayctl config`: the configuration as a whole, in files and on the server. One file a command.

mod diff;
mod dump;
mod fmt;
mod folder;
mod history;
mod lint;
mod merge;
pub(crate) mod plan;
mod render;
mod rollback;
pub(crate) mod scope;
mod split;
pub(crate) mod sync;
mod validate;

use std::cell::RefCell;
use std::io::Read;
use std::path::Path;

use self::dump::language_of;
pub(crate) use self::dump::{counted, save};
use super::App;
use super::local::Local;
use crate::error::{Error, Result};
use crate::files::write::{Entry, Language};
use crate::files::{self, Files, Shape};
use crate::output::{Format, Out, Printing};

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
    Validate(validate::Args),
    Lint(lint::Args),
    Fmt(fmt::Args),
    Merge(merge::Args),
    Split(split::Args),
    Render(render::Args),
    History(history::Args),
    Rollback(rollback::Args),
}

impl Args {
    /// Whether the command works with files alone.
    pub(crate) fn is_local(&self) -> bool {
        match &self.command {
            Command::Lint(_) | Command::Fmt(_) | Command::Merge(_) | Command::Split(_) | Command::Render(_) => true,
            Command::Validate(args) => !args.server_side,
            _ => false,
        }
    }
}

/// Runs one of the commands that work with files alone.
///
/// # Errors
/// Those of the command.
pub(crate) fn run_local(args: &Args, local: &Local<'_>) -> Result<()> {
    match &args.command {
        Command::Validate(args) => validate::run_local(args, local),
        Command::Lint(args) => lint::run(args, local),
        Command::Fmt(args) => fmt::run(args, local),
        Command::Merge(args) => merge::run(args, local),
        Command::Split(args) => split::run(args, local),
        Command::Render(args) => render::run(args, local),
        // These have a server.
        _ => Ok(()),
    }
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
        Command::Validate(args) => validate::run(args, app).await,
        Command::History(args) => history::run(args, app).await,
        Command::Rollback(args) => rollback::run(args, app).await,
        // These have been run without a server.
        _ => Ok(()),
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
    /// Take ${{ … }} as text, which config render else puts values in the place of
    #[arg(long)]
    literal: bool,
}

impl Sources {
    /// The objects of the files. A file that says that there are none is a configuration; one without anything is not.
    ///
    /// # Errors
    /// Usage, with the place.
    fn read(&self, out: &Out, stdin: &RefCell<Box<dyn Read + Send>>) -> Result<Files> {
        let files = files::read_as(&self.files, self.recursive, self.format, &mut **stdin.borrow_mut())?;
        if !self.literal {
            files::placeholders::refuse(&files.objects)?;
        }
        self.something(out, files)
    }

    /// The same, where an object may be there twice.
    ///
    /// # Errors
    /// Usage, with the place.
    fn read_all(&self, out: &Out, stdin: &RefCell<Box<dyn Read + Send>>) -> Result<Files> {
        let files = files::read_all(&self.files, self.recursive, self.format, &mut **stdin.borrow_mut())?;
        self.something(out, files)
    }

    fn something(&self, out: &Out, files: Files) -> Result<Files> {
        for note in &files.notes {
            out.warn(note);
        }
        if files.documents == 0 && files.faults.is_empty() {
            return Err(nothing(&self.files, self.recursive));
        }
        Ok(files)
    }
}

/// The error for files without a document.
fn nothing(files: &[String], recursive: bool) -> Error {
    let hint = files::deeper(files, recursive);
    let hint = hint.unwrap_or_else(|| "an empty configuration is written as routes: []".to_owned());
    Error::usage(format!("nothing in {}", files.join(", "))).hint(hint)
}

/// In which language files are written: as `-o json` and `-o yaml` say where they are typed, else as the name of the file does;
/// JSON on one line with `--compact`. `what` names what is written in the error for forms that are none of files.
///
/// # Errors
/// Usage: such a form.
pub(crate) fn language(printing: &Printing, to: Option<&Path>, what: &str) -> Result<Language> {
    let language = match (printing.format, to) {
        // What holds for all commands is not about this file.
        (_, Some(path)) if !printing.typed => Ok(language_of(path)),
        (Format::Json, _) => Ok(Language::Json),
        (Format::Yaml, _) | (Format::Table | Format::Wide, None) => Ok(Language::Yaml),
        (Format::Table | Format::Wide, Some(path)) => Ok(language_of(path)),
        (other, _) => Err(Error::usage(format!("-o {} is no form of {what}", other.word())).hint("-o yaml or -o json")),
    };
    language.map(|language: Language| language.compact(printing.compact))
}

/// Objects of files as they are written again.
fn entries(files: Files) -> Vec<Entry> {
    let entry = |object: files::Object| Entry { reference: object.reference, value: object.value };
    files.objects.into_iter().map(entry).collect()
}
