//! The command line of `gateway`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::boot;
use crate::config::{self, Built, Loaded, Report};

/// The command line, parsed.
#[derive(Debug, Parser)]
#[command(
    name = "gateway",
    version,
    about = "An API gateway that speaks the Admin API of Apache APISIX 3",
    long_about = "An API gateway that speaks the Admin API of Apache APISIX 3.\n\n\
        Without a command it runs in the foreground. Without a file it runs with defaults: proxy on port 9080, Admin API on \
        127.0.0.1:9180, Control API on 127.0.0.1:9090, metrics on 127.0.0.1:9091, status on 127.0.0.1:7085.",
    after_long_help = "Signals: TERM ends after the requests in flight, INT soon, a second one at once; HUP reads the \
        configuration again; USR1 opens the log files again; \
        USR2 is how --takeover begins.\n\n\
        The first start makes an admin key, in DIR/admin.key.",
    override_usage = "gateway [OPTIONS]\n       gateway <COMMAND> [OPTIONS OF THE COMMAND]",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to run with.
    #[command(flatten)]
    pub run: RunArgs,
    /// What to do; absent: run.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What a running gateway needs to know.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    /// Configuration file, in APISIX's config.yaml layout (YAML or JSON)
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory of the store, keys and logs
    ///
    /// Before `gateway.data_dir` of the file, $STATE_DIRECTORY, $XDG_STATE_HOME/gateway and ~/.local/state/gateway.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Take over from the gateway that runs on the same data directory
    ///
    /// It goes on serving until this one does, then ends after its requests in flight: no connection is refused. If this one
    /// cannot start, that one stays.
    #[arg(long)]
    pub takeover: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is wrong with a configuration file
    ///
    /// Each problem with its line, key and remedy. Where the objects come from a file too (`role: data_plane`), that one is looked
    /// into as well. Exit status: 0 fine, 1 warnings, 2 errors.
    Check(CheckArgs),
    /// Run with an echo service and a few routes, for a first look
    ///
    /// Without --data-dir and --config it keeps them in a data directory of its own, beside the usual one: `gateway-demo`.
    Demo(RunArgs),
    /// Print every key of the configuration file, as Markdown
    ConfigReference,
    /// Print the version
    Version,
}

/// What `gateway check` takes.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The file
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

/// `gateway check`: writes the report on `file`, and on the file that its objects come from, to `out`; the exit status.
///
/// # Errors
/// `out` cannot be written.
pub fn check(file: &Path, output: Output, built: Built<'_>, out: &mut dyn Write) -> io::Result<u8> {
    let Loaded { config, report } = config::load(Some(file), built);
    let objects = config.and_then(|config| boot::check_standalone(file, &config));
    match output {
        Output::Text => {
            out.write_all(report.text().as_bytes())?;
            out.write_all(objects.iter().map(Report::text).collect::<String>().as_bytes())?;
        }
        Output::Json => {
            let mut all = report.json();
            if let Some(objects) = &objects {
                all["standalone"] = objects.json();
            }
            writeln!(out, "{all:#}")?;
        }
    }
    Ok(report.exit_code().max(objects.map_or(0, |objects| objects.exit_code())))
}

/// `gateway version`.
pub fn version() -> String {
    format!("gateway {}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help() {
        insta::assert_snapshot!(Cli::command().term_width(100).render_long_help());
        let mut command = Cli::command().term_width(100);
        command.build();
        insta::assert_snapshot!(command.find_subcommand_mut("check").unwrap().render_long_help());
    }

    #[test]
    fn lines_people_type() {
        let run = Cli::try_parse_from(["gateway", "--config", "a.yaml", "--data-dir", "/d"]).unwrap();
        assert_eq!(run.run.config.as_deref(), Some(Path::new("a.yaml")));
        assert_eq!(run.run.data_dir.as_deref(), Some(Path::new("/d")));
        assert!(run.command.is_none());
        let check = Cli::try_parse_from(["gateway", "check", "--config", "a.yaml", "--output", "json"]).unwrap();
        assert!(matches!(check.command, Some(Command::Check(CheckArgs { output: Output::Json, .. }))));
        let demo = Cli::try_parse_from(["gateway", "demo", "--data-dir", "/d"]).unwrap();
        assert!(matches!(demo.command, Some(Command::Demo(RunArgs { data_dir: Some(_), .. }))));
        assert!(Cli::try_parse_from(["gateway", "check"]).is_err());
        assert!(Cli::try_parse_from(["gateway", "strat"]).is_err());
    }
}
