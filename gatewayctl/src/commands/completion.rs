//! `gatewayctl completion SHELL`: a script that completes commands and flags.

use clap::ValueEnum;

use crate::error::Result;
use crate::generated;
use crate::output::Out;

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Print the completion script of a shell

Those of bash, zsh, fish, powershell and elvish ask this tool what can follow: commands, flags and values, and with them ids, names of \
plugins, labels and contexts. What the server knows is asked for within 250 ms, or left out, and kept for ten seconds below \
$XDG_CACHE_HOME/gatewayctl. The script of nushell knows commands and flags alone.",
    before_help = "Examples:
  gatewayctl completion bash > /etc/bash_completion.d/gatewayctl
  gatewayctl completion zsh > \"${fpath[1]}/_gatewayctl\"
  gatewayctl completion fish > ~/.config/fish/completions/gatewayctl.fish",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

/// The shells that scripts are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// GNU Bash.
    Bash,
    /// Z shell.
    Zsh,
    /// Friendly interactive shell.
    Fish,
    /// PowerShell.
    Powershell,
    /// Elvish.
    Elvish,
    /// Nushell.
    Nushell,
}

/// Prints the script.
///
/// # Errors
/// Only that the output cannot be written.
pub(crate) fn run(args: &Args, out: &Out) -> Result<()> {
    out.bytes(&generated::completion(args.shell).1)
}
