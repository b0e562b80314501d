//! `gatewayctl plugins`: what there is, what it does, how it is configured, and what uses it.

mod docs;
mod example;
mod list;
mod usage;

use clap::ValueEnum;
use gateway_model::plugin::PluginSpecs as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::App;
use crate::error::{Error, Kind, Result};
use crate::lint::plugins::BUNDLED;
use crate::{schema, suggest};
pub(crate) use list::{described_phases, first_phase};

/// List, explain and look for plugins
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl plugins list
  gatewayctl plugins docs limit-count
  gatewayctl plugins example key-auth
  gatewayctl plugins usage cors",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    /// Print the JSON schema of a plugin's configuration
    #[command(
        before_help = "Examples:
  gatewayctl plugins schema limit-count
  gatewayctl plugins schema key-auth --type consumer -o yaml",
        help_template = crate::cli::HELP
    )]
    Schema {
        /// Name of the plugin
        #[arg(value_name = "NAME")]
        plugin: String,
        /// What a consumer has, or the metadata of the plugin, instead of the configuration on a route
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<SchemaType>,
    },
    Docs(docs::Args),
    Example(example::Args),
    Usage(usage::Args),
    /// Have the server load its plugins again
    #[command(
        long_about = "Have the server load its plugins again

Those of this gateway are a part of it: it says done and has nothing to do. APISIX reads its plugins' code anew.",
        before_help = "Examples:\n  gatewayctl plugins reload",
        help_template = crate::cli::HELP
    )]
    Reload,
}

/// What schemas a plugin may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaType {
    /// Of what a consumer or credential has.
    Consumer,
    /// Of its metadata.
    Metadata,
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    match &args.command {
        Command::List(args) => list::run(args, app).await,
        Command::Schema { plugin, kind } => print_schema(plugin, *kind, app).await,
        Command::Docs(args) => docs::run(args, app).await,
        Command::Example(args) => example::run(args, app).await,
        Command::Usage(args) => usage::run(args, app).await,
        Command::Reload => reload(app).await,
    }
}

/// The pages of the plugins, by name.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/plugin_pages.rs"));

/// The page of a plugin that the tool was built with.
pub(crate) fn page(plugin: &str) -> Option<&'static str> {
    PAGES.iter().find(|(name, _)| *name == plugin).map(|(_, text)| *text)
}

/// What a page says first of all.
pub(crate) fn summary(page: &str) -> &str {
    let line = page.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default();
    // The first sentence: a full stop inside a word or a reference (RFC 7519, section 3.1) ends none.
    line.find(". ").and_then(|end| line.get(..=end)).unwrap_or(line)
}

/// A line for each field of a schema: name, default, type and what is allowed.
pub(crate) fn fields(schema: &Value) -> String {
    example::fields(schema, "  ")
}

async fn print_schema(plugin: &str, kind: Option<SchemaType>, app: &App<'_>) -> Result<()> {
    app.printer().no_list("schema")?;
    // Says which plugin was probably meant.
    let own = schema::of_plugin(&app.admin, plugin).await?;
    let shown = match kind {
        None => own,
        Some(kind) => {
            let name = match kind {
                SchemaType::Consumer => "consumer",
                SchemaType::Metadata => "metadata",
            };
            let path = format!("/schema/plugins/{plugin}?schema_type={name}");
            let answer = app.admin.call(Method::GET, &path, None).await?;
            if matches!(answer.status, 400 | 404) {
                return Err(Error::new(Kind::NotFound, format!("the plugin {plugin} has no schema of type {name}")));
            }
            app.admin.success(answer, None)?.json()?
        }
    };
    tell_absence(plugin, app).await;
    app.printer().one("schema", || shown.clone(), || app.printer().document(shown.clone()))
}

async fn reload(app: &App<'_>) -> Result<()> {
    app.writable()?;
    app.printer().no_list("reload")?;
    let answer = app.admin.call(Method::PUT, "/plugins/reload", None).await?;
    let answer = app.admin.success(answer, None)?;
    let said = String::from_utf8_lossy(&answer.body).trim().to_owned();
    let document = || json!({ "result": "reloaded", "answer": said });
    app.printer().one("reload", document, || app.out.line(&format!("plugins reloaded: {said}")))
}

/// Says of a plugin whose schema is told that the gateway does not have it, where that is so.
pub(crate) async fn tell_absence(plugin: &str, app: &App<'_>) {
    if BUNDLED.absence(plugin).is_none() {
        return;
    }
    let names = schema::plugins(&app.admin).await.unwrap_or_default();
    if !names.iter().any(|name| name == plugin) {
        app.out.warn(&format!("this gateway does not have the plugin {plugin}: objects that use it are refused"));
    }
}

/// The error for a plugin that nobody knows.
fn unknown(plugin: &str, names: &[String]) -> Error {
    let error = Error::usage(format!("unknown plugin \"{plugin}\""));
    let known = names.iter().map(String::as_str).chain(PAGES.iter().map(|(name, _)| *name));
    error.hint(suggest::hint(plugin, known).unwrap_or_else(|| "gatewayctl plugins list".to_owned()))
}

/// The plugins of an object, by name.
fn plugins_of(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.get("plugins").and_then(Value::as_object).into_iter().flatten()
}
