//! `gatewayctl context import`: contexts out of what other tools know.

use std::path::PathBuf;

use clap::ValueEnum;
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::{add, free};
use crate::commands::alias;
use crate::commands::local::Local;
use crate::context::Store;
use crate::error::{Error, Result};
use crate::files::parse;
use crate::output::results::result;

/// Make contexts out of another tool's settings
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Make contexts out of another tool's settings

adc: ADC_SERVER and ADC_TOKEN of a .env file. a6: the contexts of ~/.config/a6/config.yaml. deck: kong-addr of \
~/.deck.yaml. curl: a command line, in quotes or from a file.",
    before_help = "Examples:
  gatewayctl context import --from adc .env
  gatewayctl context import --from a6
  gatewayctl context import --from curl \"curl http://gw:9180/apisix/admin/routes -H 'X-API-KEY: secret'\" --name gw",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Whose settings
    #[arg(long, value_name = "TOOL")]
    from: Tool,
    /// The file, or for curl the command line [default: where the tool keeps it]
    #[arg(value_name = "FILE")]
    source: Option<String>,
    /// Name of the context [default: the tool's name, or the names there]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// The tools that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tool {
    /// APISIX declarative client.
    Adc,
    /// APISIX command line in Go.
    A6,
    /// Kong's deck.
    Deck,
    /// A curl command line.
    Curl,
}

/// Reads the settings and adds their contexts.
///
/// # Errors
/// Usage: nothing of use in them; a name that is taken.
pub(super) fn run(args: &Args, mut store: Store, local: &Local<'_>) -> Result<()> {
    let text = match (args.from, &args.source) {
        (Tool::Curl, Some(line)) if line.contains("://") => line.clone(),
        (Tool::Curl, None) => return Err(Error::usage("which command line?").hint("\"curl http://…\" in quotes")),
        (_, source) => {
            let home = local.env.home().unwrap_or_default();
            let usual = || match args.from {
                Tool::A6 => home.join(".config/a6/config.yaml"),
                Tool::Deck => home.join(".deck.yaml"),
                _ => PathBuf::from(".env"),
            };
            let path = source.as_ref().map_or_else(usual, PathBuf::from);
            crate::input::text(&path)
                .map_err(|error| Error::usage(format!("cannot read {}: {error}", path.display())))?
        }
    };
    let mut contexts = match args.from {
        Tool::Adc => adc(&text),
        Tool::A6 => a6(&text)?,
        Tool::Deck => deck(&text)?,
        Tool::Curl => curl(&text),
    };
    if let (Some(name), [only]) = (&args.name, contexts.as_mut_slice()) {
        only.insert("name".to_owned(), name.as_str().into());
    }
    if contexts.is_empty() {
        return Err(Error::usage("no server in it"));
    }
    let (mut results, mut names) = (local.printer().results()?, Vec::new());
    for context in contexts {
        let name = context.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        free(&store, &name)?;
        add(&mut store, context, false);
        names.push(name);
    }
    store.save()?;
    for name in names {
        results.tell(&format!("context/{name}"), "created", result("context", &name, "created"))?;
    }
    results.finish(|items| json!({ "items": items, "failed": [] }))
}

type Fields = Map<String, Value>;

fn context(name: &str, server: &str, key: Option<&str>) -> Fields {
    let key = key.filter(|key| !key.is_empty()).map(|key| ("key", key));
    let all = [("name", name), ("server", server)].into_iter().chain(key);
    all.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

fn adc(text: &str) -> Vec<Fields> {
    let of = |name: &str| {
        text.lines().find_map(|line| {
            let line = line.trim().trim_start_matches("export ");
            let value = line.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim();
            Some(value.trim_matches(['"', '\'']).to_owned())
        })
    };
    of("ADC_SERVER").map(|server| context("adc", &server, of("ADC_TOKEN").as_deref())).into_iter().collect()
}

fn document(text: &str) -> Result<Value> {
    Ok(parse::parse("the settings", text)?.pop().map(|document| document.value).unwrap_or_default())
}

fn a6(text: &str) -> Result<Vec<Fields>> {
    let settings = document(text)?;
    let all = settings.get("contexts").and_then(Value::as_array).into_iter().flatten();
    let of = |context: &Value, names: &[&str]| {
        names.iter().find_map(|name| context.get(*name).and_then(Value::as_str)).map(str::to_owned)
    };
    Ok(all
        .filter_map(|entry| {
            let name = of(entry, &["name"])?;
            let server = of(entry, &["server", "admin-url", "url"])?;
            Some(context(&name, &server, of(entry, &["api-key", "api_key", "token", "key"]).as_deref()))
        })
        .collect())
}

fn deck(text: &str) -> Result<Vec<Fields>> {
    let settings = document(text)?;
    let server = settings.get("kong-addr").and_then(Value::as_str);
    Ok(server.map(|server| context("deck", server, None)).into_iter().collect())
}

fn curl(line: &str) -> Vec<Fields> {
    let words = alias::words(line);
    let mut key = None;
    let mut server = None;
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        let header = match word {
            "-H" | "--header" => rest.next(),
            word => word.strip_prefix("--header=").or_else(|| word.strip_prefix("-H")),
        };
        if let Some((name, value)) = header.and_then(|header| header.split_once(':')) {
            if name.trim().eq_ignore_ascii_case("x-api-key") {
                key = Some(value.trim());
            }
        } else if let Ok(url) = Url::parse(word)
            && matches!(url.scheme(), "http" | "https")
        {
            server = Some(url);
        }
    }
    let Some(mut url) = server else { return Vec::new() };
    let name = url.host_str().unwrap_or("curl").to_owned();
    // What stands in front of the Admin API is a prefix of the server.
    let prefix = url.path().split_once("/apisix/admin").map_or("", |(prefix, _)| prefix).to_owned();
    url.set_path(&prefix);
    url.set_query(None);
    url.set_fragment(None);
    vec![context(&name, url.as_str().trim_end_matches('/'), key)]
}
