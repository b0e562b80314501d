//! `gatewayctl context`: the servers in the configuration file.

mod import;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::App;
use super::local::Local;
use crate::context::Store;
use crate::error::{Error, Kind, Result};
use crate::output::list::{Record, cell, head};
use crate::output::{Format, mask, yaml};
use crate::suggest;

/// Name servers, and choose between them
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl context create prod --server https://gw.example --key-file ~/prod.key --confirm writes
  gatewayctl context use prod
  gatewayctl context list
  gatewayctl context import --from adc",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is done with contexts.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the contexts
    #[command(before_help = "Examples:\n  gatewayctl context list", help_template = crate::cli::HELP)]
    List,
    /// Print the name of the context in use
    #[command(before_help = "Examples:\n  gatewayctl context current", help_template = crate::cli::HELP)]
    Current,
    /// Use another context from now on
    #[command(before_help = "Examples:\n  gatewayctl context use prod", help_template = crate::cli::HELP)]
    Use {
        /// Its name
        name: String,
    },
    Create(Create),
    /// Delete a context
    #[command(before_help = "Examples:\n  gatewayctl context delete prod", help_template = crate::cli::HELP)]
    Delete {
        /// Its name
        name: String,
    },
    /// Give a context another name
    #[command(before_help = "Examples:\n  gatewayctl context rename prod production", help_template = crate::cli::HELP)]
    Rename {
        /// Its name
        name: String,
        /// The other one
        new: String,
    },
    /// Print the configuration file, keys masked
    #[command(before_help = "Examples:\n  gatewayctl context view", help_template = crate::cli::HELP)]
    View,
    Import(import::Args),
    /// Try whether the server of a context answers and takes the key
    #[command(before_help = "Examples:\n  gatewayctl context test prod", help_template = crate::cli::HELP)]
    Test {
        /// Its name; without it the one in use
        name: Option<String>,
    },
}

/// Add a context, from the global options that say where a server is and how it is reached
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl context create local --server http://127.0.0.1:9180
  gatewayctl context create prod --server https://gw.example --key-command 'pass show gw/prod' --read-only --use",
    help_template = crate::cli::HELP
)]
pub(crate) struct Create {
    /// Its name
    name: String,
    /// A command that prints the admin key
    #[arg(long, value_name = "COMMAND")]
    key_command: Option<String>,
    /// The admin key is in the system's keyring, under the context's name
    #[arg(long, conflicts_with = "key_command")]
    keyring: bool,
    /// Refuse every change
    #[arg(long)]
    read_only: bool,
    /// Which changes are asked about
    #[arg(long, value_name = "WHICH")]
    confirm: Option<Confirm>,
    /// Accent of the terminal UI
    #[arg(long = "accent", value_name = "COLOR")]
    accent: Option<crate::context::Accent>,
    /// Use it from now on
    #[arg(long = "use")]
    make_current: bool,
}

/// Which changes a context asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Confirm {
    /// None.
    Never,
    /// Deletions.
    Deletes,
    /// Every change.
    Writes,
}

/// Runs one of the commands that need no server.
///
/// # Errors
/// Usage: the file cannot be read or written; a name that is taken, or not there.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let looks = matches!(args.command, Command::List | Command::Current | Command::View);
    let mut store = if looks { local.store()? } else { local.store_to_change()? };
    match &args.command {
        Command::List => list(&store, local),
        Command::Current => match local.current(&store) {
            Some(name) => {
                let human = || local.out.line(&name);
                match local.printing.format {
                    Format::Name => local.out.line(&format!("context/{name}")),
                    _ => local.printer().one("current", || json!({ "name": name }), human),
                }
            }
            None => Err(Error::new(Kind::NotFound, "no context is in use").hint("gatewayctl context use NAME")),
        },
        Command::Use { name } => {
            let results = local.printer().results()?;
            known(&store, name)?;
            store.fields().insert("current-context".to_owned(), name.as_str().into());
            store.save()?;
            results.only("context", name, "in use")
        }
        Command::Create(args) => create(args, store, local),
        Command::Delete { name } => {
            let results = local.printer().results()?;
            known(&store, name)?;
            let is_other = |context: &Value| context.get("name").and_then(Value::as_str) != Some(name);
            store.change_contexts(|contexts| contexts.retain(is_other));
            if store.current() == Some(name) {
                store.fields().shift_remove("current-context");
            }
            store.save()?;
            results.only("context", name, "deleted")
        }
        Command::Rename { name, new } => {
            let results = local.printer().results()?;
            known(&store, name)?;
            free(&store, new)?;
            let was_current = store.current() == Some(name);
            store.change_contexts(|contexts| {
                let named =
                    contexts.iter_mut().filter(|context| context.get("name").and_then(Value::as_str) == Some(name));
                named.for_each(|context| context["name"] = new.as_str().into());
            });
            if was_current {
                store.fields().insert("current-context".to_owned(), new.as_str().into());
            }
            store.save()?;
            results.only("context", name, &format!("renamed to {new}"))
        }
        Command::View => {
            let shown = mask::masked(&store.value(), false);
            let human = || {
                let text = yaml::to_string(&shown);
                local.out.bytes(text.map_err(|error| Error::usage(format!("cannot be shown: {error}")))?.as_bytes())
            };
            local.printer().one("view", || shown.clone(), human)
        }
        Command::Import(args) => import::run(args, store, local),
        // It asks the server, and is run where there are settings.
        Command::Test { .. } => Ok(()),
    }
}

/// Asks the server of the context, with its key.
///
/// # Errors
/// Those of the call.
pub(crate) async fn test(app: &App<'_>) -> Result<()> {
    let answer = app.admin.call(Method::GET, "/routes?page=1&page_size=10", None).await?;
    let version = super::server_line(answer.server(), answer.gateway_version());
    app.admin.is_one(&answer)?;
    app.admin.success(answer, None)?;
    let name = app.settings.context.as_deref().unwrap_or("no context");
    let url = app.settings.admin.as_str();
    let document = || json!({ "context": app.settings.context, "server": url, "version": version, "ok": true });
    app.printer().one("test", document, || app.out.told(&format!("{name} ok: {version} at {url}")))
}

fn list(store: &Store, local: &Local<'_>) -> Result<()> {
    let current = local.current(store);
    let mut list = local.printer().list(vec![
        head("CURRENT", 0),
        head("NAME", 0),
        head("SERVER", 1),
        head("KEY", 2),
        head("READ-ONLY", 0),
        head("CONFIRM", 0),
    ])?;
    for (name, context) in store.contexts() {
        let is_current = current.as_deref() == Some(name);
        let key = ["key", "key-file", "key-command", "keyring"].into_iter().find(|field| context.get(field).is_some());
        let or = |field: &str, default: &str| match cell(context, field).as_str() {
            "-" => default.to_owned(),
            text => text.to_owned(),
        };
        let cells = vec![
            if is_current { "*" } else { "" }.to_owned(),
            name.to_owned(),
            or("server", "http://127.0.0.1:9180"),
            key.unwrap_or("-").to_owned(),
            or("read-only", "false"),
            or("confirm", "deletes"),
        ];
        let mut document = mask::masked(context, false);
        document["current"] = is_current.into();
        list.push(&Record { name: format!("context/{name}"), cells, document })?;
    }
    if list.finish()? == 0 {
        local.out.note("no contexts; gatewayctl context create NAME --server URL makes one");
    }
    Ok(())
}

fn create(args: &Create, mut store: Store, local: &Local<'_>) -> Result<()> {
    let results = local.printer().results()?;
    free(&store, &args.name)?;
    let global = local.global;
    // Everything is read as a command would, so that mistakes are told now.
    crate::context::check(global)?;
    let mut context = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            context.insert(name.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let path = |path: &Option<PathBuf>| path.as_deref().map(|path| Value::from(whole(path)));
    put("name", Some(args.name.as_str().into()));
    put("server", text(&global.server));
    put("control-server", text(&global.control_server));
    put("gateway", text(&global.gateway));
    put("metrics", text(&global.metrics));
    put("key", text(&global.key));
    put("key-file", path(&global.key_file));
    put("key-command", args.key_command.as_deref().map(|line| json!(super::alias::words(line))));
    put("keyring", args.keyring.then_some(true.into()));
    put("ca", path(&global.ca));
    put("cert", path(&global.cert));
    put("cert-key", path(&global.cert_key));
    put("tls-server-name", text(&global.tls_server_name));
    put("insecure-skip-verify", global.insecure_skip_verify.then_some(true.into()));
    put("read-only", args.read_only.then_some(true.into()));
    let confirm = args.confirm.and_then(|confirm| confirm.to_possible_value());
    put("confirm", confirm.map(|value| value.get_name().into()));
    let accent = args.accent.and_then(|accent| accent.to_possible_value());
    put("color", accent.map(|value| value.get_name().into()));
    add(&mut store, context, args.make_current);
    store.save()?;
    results.only("context", &args.name, "created")
}

/// Adds a context; the first one is the one in use.
fn add(store: &mut Store, context: Map<String, Value>, make_current: bool) {
    let name = context.get("name").cloned().unwrap_or_default();
    store.change_contexts(|contexts| contexts.push(Value::Object(context)));
    if make_current || store.current().is_none() {
        store.fields().insert("current-context".to_owned(), name);
    }
}

/// A path that means the same from every folder.
fn whole(path: &Path) -> String {
    let stays = path.starts_with("~") || path.as_os_str() == "-";
    let whole = if stays { path.to_owned() } else { std::path::absolute(path).unwrap_or_else(|_| path.to_owned()) };
    whole.display().to_string()
}

fn known(store: &Store, name: &str) -> Result<()> {
    if store.contexts().any(|(known, _)| known == name) {
        return Ok(());
    }
    let names: Vec<&str> = store.contexts().map(|(name, _)| name).collect();
    let all = || match names.is_empty() {
        true => "there are no contexts".to_owned(),
        false => format!("contexts are {}", names.join(", ")),
    };
    let hint = suggest::hint(name, names.iter().copied()).unwrap_or_else(all);
    Err(Error::usage(format!("unknown context \"{name}\"")).hint(hint))
}

fn free(store: &Store, name: &str) -> Result<()> {
    if name.is_empty() || name.starts_with('-') {
        return Err(Error::usage(format!("\"{name}\" is no name of a context")));
    }
    match store.contexts().any(|(known, _)| known == name) {
        true => Err(Error::usage(format!("there is a context \"{name}\" already"))
            .hint(format!("gatewayctl context delete {name}"))),
        false => Ok(()),
    }
}
