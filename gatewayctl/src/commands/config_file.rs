//! `gatewayctl config-file`: where the configuration file is, and changing it by hand.

use serde_json::json;

use super::edit;
use super::local::Local;
use crate::context::{self, Store};
use crate::error::{Error, Result};

/// Print the path of the configuration file, or open it in an editor
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl config-file path
  gatewayctl config-file edit",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done with the file.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the path, whether the file is there or not
    #[command(before_help = "Examples:\n  gatewayctl config-file path", help_template = crate::cli::HELP)]
    Path,
    /// Open it in $VISUAL, $EDITOR or vi, and check it afterwards
    #[command(before_help = "Examples:\n  gatewayctl config-file edit", help_template = crate::cli::HELP)]
    Edit,
}

/// Runs one of the commands.
///
/// # Errors
/// Usage: no editor; what was written is not a configuration, with the place.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let path = context::store_path(local.global.config.as_deref(), local.env)?;
    if let Command::Path = args.command {
        let shown = path.display().to_string();
        return local.printer().one("a path", || json!({ "path": shown }), || local.out.line(&shown));
    }
    if !path.exists() {
        context::write(&path, START)
            .map_err(|error| Error::usage(format!("cannot write {}: {error}", path.display())))?;
    }
    // What is not right must not take the place of what is.
    let draft = path.with_extension("edited.yaml");
    let unwritable = |error: std::io::Error| Error::usage(format!("cannot write {}: {error}", draft.display()));
    let text =
        crate::input::text(&path).map_err(|error| Error::usage(format!("cannot read {}: {error}", path.display())))?;
    context::write(&draft, &text).map_err(unwritable)?;
    let editor = edit::editor(local.env);
    if let Err(why) = edit::ended(&editor, edit::command(&editor, &draft).status()) {
        let error = Error::usage(why).hint("set EDITOR");
        return Err(match std::fs::read(&draft) {
            Ok(written) if written != text.as_bytes() => {
                error.hint(format!("what you wrote is kept in {}", draft.display()))
            }
            _ => {
                let _ = std::fs::remove_file(&draft);
                error
            }
        });
    }
    Store::open(Some(&draft), local.env)
        .map_err(|error| error.hint(format!("nothing was changed; what you wrote is kept in {}", draft.display())))?;
    let _lock = context::lock(&path)?;
    if crate::input::text(&path).is_ok_and(|now| now != text) {
        let error = Error::usage(format!("{} was changed meanwhile", path.display()));
        return Err(error.hint(format!("what you wrote is kept in {}", draft.display())));
    }
    std::fs::rename(&draft, &path).map_err(unwritable)
}

/// What a new file begins with.
const START: &str = "# gatewayctl help environment and gatewayctl context --help say what can stand here.
contexts: []
";
