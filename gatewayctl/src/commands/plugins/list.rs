//! `gatewayctl plugins list`.

use clap::ValueEnum;
use reqwest::Method;
use serde_json::{Value, json};

use super::{PAGES, page, summary};
use crate::commands::App;
use crate::commands::live::{text, texts};
use crate::error::{Error, Kind, Result};
use crate::output::list::{Record, cell, head, wide_head};

/// List the plugins, those that run first in front
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl plugins list
  gatewayctl plugins list --phase access
  gatewayctl plugins list --subsystem stream
  gatewayctl plugins list --enabled -o name",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Of requests or of connections
    #[arg(long, value_name = "SUBSYSTEM", default_value = "http")]
    subsystem: Subsystem,
    /// Only those that run in this phase of a request
    #[arg(long, value_name = "PHASE")]
    phase: Option<Phase>,
    /// Only those that the server has on
    #[arg(long)]
    enabled: bool,
}

/// What plugins work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subsystem {
    /// Requests.
    Http,
    /// Connections.
    Stream,
}

/// The phases of a request, in the order they run. The values are the words of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Phase {
    /// Before the consumer is known: authentication, redirects, rewriting.
    Rewrite,
    /// Who may come in, and how much.
    Access,
    /// Last, before the upstream is asked.
    BeforeProxy,
    /// The head of the answer.
    HeaderFilter,
    /// The body of the answer.
    BodyFilter,
    /// Compression of the answer.
    Encode,
    /// After the answer has been sent.
    Log,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Phase::Rewrite => "rewrite",
            Phase::Access => "access",
            Phase::BeforeProxy => "before_proxy",
            Phase::HeaderFilter => "header_filter",
            Phase::BodyFilter => "body_filter",
            Phase::Encode => "encode",
            Phase::Log => "log",
        }
    }
}

/// Prints the list.
///
/// # Errors
/// Those of the call.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let subsystem = match args.subsystem {
        Subsystem::Http => "http",
        Subsystem::Stream => "stream",
    };
    let path = format!("/plugins?all=true&subsystem={subsystem}");
    let answer = app.admin.call(Method::GET, &path, None).await?;
    let told = app.admin.success(answer, None)?.json()?;
    let Value::Object(told) = told else {
        return Err(Error::new(Kind::Server, format!("GET {path}: the answer is no object")));
    };
    if args.phase.is_some() && !told.values().any(|of| of.get("phases").is_some()) {
        app.out.note("the server does not tell the phases of plugins: they are those of this gateway's plugins");
    }
    let row = |name: &str, of: &Value, enabled: bool| {
        let has = |field: &str| of.get(field).is_some();
        let schemas: Vec<&str> = [("consumer_schema", "consumer"), ("metadata_schema", "metadata")]
            .into_iter()
            .filter_map(|(field, word)| has(field).then_some(word))
            .collect();
        let about = page(name).map(summary).unwrap_or_default();
        json!({
            "name": name, "priority": of.get("priority"), "type": of.get("type"), "scope": of.get("scope"),
            "version": of.get("version"), "schemas": schemas, "enabled": enabled, "summary": about,
            "phases": of.get("phases").cloned().unwrap_or_else(|| described_phases(name)),
        })
    };
    // What works on connections is checked and stored by this gateway, which serves none.
    let serves = args.subsystem == Subsystem::Http || app.client.software().version.is_none();
    let mut rows: Vec<Value> = told.iter().map(|(name, of)| row(name, of, serves)).collect();
    if !serves && !rows.is_empty() {
        app.out.note("this gateway serves no TCP or UDP streams: their plugins are checked and stored, and do nothing");
    }
    if args.enabled {
        rows.retain(|row| row.get("enabled").and_then(Value::as_bool) == Some(true));
    }
    if !args.enabled && args.subsystem == Subsystem::Http {
        let off = PAGES.iter().filter(|(name, _)| !told.contains_key(*name));
        rows.extend(off.map(|(name, _)| row(name, &Value::Null, false)));
    }
    if let Some(phase) = args.phase {
        rows.retain(|row| texts(row, "phases").contains(&phase.name()));
    }
    let priority = |row: &Value| row.get("priority").and_then(Value::as_i64);
    rows.sort_by(|a, b| priority(b).cmp(&priority(a)).then_with(|| text(a, "name").cmp(text(b, "name"))));
    let mut list = app.printer().list(vec![
        head("NAME", 0),
        head("PRIORITY", 0),
        head("TYPE", 0),
        head("ENABLED", 0),
        head("SUMMARY", 1),
        wide_head("PHASES", 1),
        wide_head("VERSION", 0),
        wide_head("SCOPE", 0),
        wide_head("SCHEMAS", 0),
    ])?;
    for row in rows {
        let enabled = row.get("enabled").and_then(Value::as_bool).unwrap_or_default();
        let list_of = |field: &str| match texts(&row, field).join(",") {
            none if none.is_empty() => "-".to_owned(),
            some => some,
        };
        let cells = vec![
            cell(&row, "name"),
            cell(&row, "priority"),
            cell(&row, "type"),
            if enabled { "yes" } else { "no" }.to_owned(),
            cell(&row, "summary"),
            list_of("phases"),
            cell(&row, "version"),
            cell(&row, "scope"),
            list_of("schemas"),
        ];
        list.push(&Record { name: format!("plugin/{}", text(&row, "name")), cells, document: row })?;
    }
    if list.finish()? == 0 {
        app.out.note("no plugins");
    }
    Ok(())
}

/// The place of a plugin among all by the first of its phases, for an order in which they run. What has none is among the
/// first.
pub(crate) fn first_phase(phases: &Value) -> usize {
    let order = Phase::value_variants();
    let named = phases.as_array().into_iter().flatten().filter_map(Value::as_str);
    named.filter_map(|name| order.iter().position(|phase| phase.name() == name)).min().unwrap_or_default()
}

/// The phases that the page of a plugin names; `Null` where there is none.
pub(crate) fn described_phases(plugin: &str) -> Value {
    let Some(page) = page(plugin) else { return Value::Null };
    let line = page.lines().find(|line| line.starts_with("Priority ")).unwrap_or_default();
    let named = line.split_once(" Runs in ").map_or("", |(_, named)| named.split('.').next().unwrap_or_default());
    // Names stand between backquotes.
    named.split('`').skip(1).step_by(2).collect()
}
