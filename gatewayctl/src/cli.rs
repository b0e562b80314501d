//! The command line as clap sees it: the global flags and one variant a command. Environment variables and the
//! configuration file are merged in by [`crate::context`], because a flag of one name may outrank a variable of another.

use std::path::PathBuf;

use clap::builder::{BoolValueParser, TypedValueParser};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::error::Form;
use crate::output::Output;
use crate::output::format::OutputParser;

/// Short help first shows how a command is used.
pub(crate) const HELP: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// `gatewayctl`, whole.
#[derive(Debug, Parser)]
#[command(
    name = "gatewayctl",
    about = "Look at and change a running gateway through its Admin API",
    before_help = "Examples:
  gatewayctl status
  gatewayctl get routes
  gatewayctl apply -f gateway.yaml
  gatewayctl delete route hello",
    after_help = "Topics of help: gatewayctl help exit-codes, environment, formatting, selectors, filters, files, keys",
    help_template = HELP,
    disable_version_flag = true,
    infer_subcommands = false
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    /// Print version, git revision, build date and target
    #[arg(long, short = 'V', global = true, action = ArgAction::SetTrue, value_parser = BoolValueParser::new().map(Version::of_tool))]
    #[arg(help_heading = "Global options", display_order = 999)]
    pub(crate) version: Version,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What `--version` says: of every command it asks for the tool's own, but for one whose version of a service it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Version {
    /// It is not there.
    None,
    /// The tool's is asked for.
    Tool,
    /// That of a service.
    Service(String),
}

impl Version {
    fn of_tool(asked: bool) -> Version {
        if asked { Version::Tool } else { Version::None }
    }
}

/// One variant a command; each is a file of [`commands`].
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Get(commands::get::Args),
    Describe(commands::describe::Args),
    Create(commands::create::Args),
    Apply(commands::apply::Args),
    Edit(commands::edit::Args),
    Patch(commands::patch::Args),
    Label(commands::label::Args),
    Enable(commands::toggle::Enable),
    Disable(commands::toggle::Disable),
    Delete(commands::delete::Args),
    Wait(commands::wait::Args),
    Explain(commands::explain::Args),
    Tree(commands::tree::Args),
    Config(commands::config::Args),
    Convert(commands::convert::Args),
    Import(commands::import::Args),
    Trace(commands::trace::Args),
    Test(commands::test::Args),
    Bench(commands::bench::Args),
    Traffic(commands::traffic::Args),
    Api(commands::api::Args),
    Status(commands::status::Args),
    Health(commands::health::Args),
    Logs(commands::logs::Args),
    Events(commands::events::Args),
    Metrics(commands::metrics::Args),
    Ping(commands::ping::Args),
    Doctor(commands::doctor::Args),
    Certs(commands::certs::Args),
    Plugins(commands::plugins::Args),
    Discovery(commands::discovery::Args),
    Consumers(commands::consumers::Args),
    Secrets(commands::secrets::Args),
    Dubbo(commands::dubbo::Args),
    Grpc(commands::grpc::Args),
    Ui(commands::ui::Args),
    Context(commands::context::Args),
    #[command(name = "config-file")]
    ConfigFile(commands::config_file::Args),
    Alias(commands::alias::Args),
    Version(commands::version::Args),
    Completion(commands::completion::Args),
    Man(commands::man::Args),
}

/// Flags of every command, before it or after it. A flag outranks the environment, that outranks the context.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Admin API; a path prefix is kept, /apisix/admin is added [env: GATEWAYCTL_SERVER] [default: http://127.0.0.1:9180]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Control API [env: GATEWAYCTL_CONTROL_SERVER] [default: where the gateway says, else the server's host, port 9090]
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub(crate) control_server: Option<String>,
    /// Proxy listener [env: GATEWAYCTL_GATEWAY] [default: where the gateway says, else the server's host, port 9080]
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub(crate) gateway: Option<String>,
    /// Metrics listener [env: GATEWAYCTL_METRICS] [default: where the gateway says, else the server's host, :9091/apisix/prometheus/metrics]
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub(crate) metrics: Option<String>,
    /// Which server of the configuration file [env: GATEWAYCTL_CONTEXT] [default: its current-context]
    #[arg(long, short = 'C', global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Configuration file [env: GATEWAYCTL_CONFIG] [default: ~/.config/gatewayctl/config.yaml]
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub(crate) config: Option<PathBuf>,
    /// Admin key from the first line of a file, - is standard input [env: GATEWAYCTL_KEY_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Admin key; a flag is visible to other users of the machine, prefer --key-file [env: GATEWAYCTL_KEY]
    #[arg(long, global = true, value_name = "KEY", hide_short_help = true, conflicts_with = "key_file")]
    pub(crate) key: Option<String>,
    /// Certificates to trust, PEM [env: GATEWAYCTL_CA] [default: the system's]
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub(crate) ca: Option<PathBuf>,
    /// Client certificate, PEM [env: GATEWAYCTL_CERT]
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub(crate) cert: Option<PathBuf>,
    /// Private key of --cert, PEM [env: GATEWAYCTL_CERT_KEY]
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub(crate) cert_key: Option<PathBuf>,
    /// Name the server's certificate must have [default: the host of the URL]
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub(crate) tls_server_name: Option<String>,
    /// Do not verify the server's certificate [env: GATEWAYCTL_INSECURE=1]
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) insecure_skip_verify: bool,
    /// Extra header on every Admin call; may be repeated
    #[arg(long = "header", global = true, value_name = "K: V", action = ArgAction::Append, hide_short_help = true)]
    pub(crate) headers: Vec<String>,
    /// Longest wait for an answer: 500ms, 30s, 2m; 0 is none [env: GATEWAYCTL_TIMEOUT] [default: 10s]
    #[arg(long, global = true, value_name = "DUR", hide_short_help = true)]
    pub(crate) timeout: Option<String>,
    /// Tries after a failed connection or a 502, 503 or 504, for calls that can be repeated [default: 2]
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    pub(crate) retries: Option<u8>,
    /// Form of the output [env: GATEWAYCTL_OUTPUT] [default: table]
    #[arg(long, short = 'o', global = true, value_name = "FMT", value_parser = OutputParser)]
    pub(crate) output: Option<Output>,
    /// The columns of a table, csv or markdown, by name
    #[arg(long, global = true, value_name = "NAME,…", value_delimiter = ',', hide_short_help = true)]
    pub(crate) columns: Vec<String>,
    /// Leave the header row of a table out
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_headers: bool,
    /// Tabs between the columns of a table, and no alignment
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) plain: bool,
    /// JSON on one line
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) compact: bool,
    /// Print long pages as they are [env: GATEWAYCTL_PAGER, PAGER choose the program]
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_pager: bool,
    /// When to use colours [env: NO_COLOR, CLICOLOR_FORCE] [default: auto]
    #[arg(long, global = true, value_name = "WHEN", hide_short_help = true)]
    pub(crate) color: Option<Color>,
    /// Never ask; a question that needs an answer is an error [env: GATEWAYCTL_NO_INPUT=1, CI]
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_input: bool,
    /// Answer yes to confirmations
    #[arg(long, short = 'y', global = true)]
    pub(crate) yes: bool,
    /// Only data on stdout, only errors on stderr
    #[arg(long, short = 'q', global = true)]
    pub(crate) quiet: bool,
    /// -v a line a request, -vv headers, -vvv bodies; secrets are masked [env: GATEWAYCTL_LOG=1..3]
    #[arg(long, short = 'v', global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Form of errors [env: GATEWAYCTL_ERRORS] [default: text; json with -o json and ndjson]
    #[arg(long, global = true, value_name = "FORM", hide_short_help = true)]
    pub(crate) errors: Option<Form>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Also in a pipe.
    Always,
    /// Nowhere.
    Never,
}
