//! `gatewayctl traffic stat`: one table of a window.

use std::time::Duration;

use serde_json::Value;

use super::super::App;
use super::counted::Counted;
use super::known;
use super::rows;
use crate::error::Result;

/// Count the traffic of a window, and show it by route, upstream and the like
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Count the traffic of a window, and show it by route, upstream and the like

The window begins now, and the table is there when it is over: the gateway counts only while somebody looks. Success is the \
share of answers that are neither 5xx nor missing; times are milliseconds. Of a server without live/stats, such as APISIX, the metrics \
are read instead (--metrics), which count by route, service, node, consumer and status where the plugin prometheus is on.",
    before_help = "Examples:
  gatewayctl traffic stat
  gatewayctl traffic stat upstreams --window 1m
  gatewayctl traffic stat route hello orders -o json
  gatewayctl traffic stat nodes --sort-by p99 --top 10",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// route, service, upstream, node, consumer, protocol or status; then ids
    #[arg(value_name = "BY")]
    target: Vec<String>,
    /// How long is counted, up to 5m
    #[arg(long, value_name = "DUR", default_value = "10s")]
    window: String,
    /// What the rows are ordered by
    #[arg(long, value_name = "FIELD", default_value = "rps", value_parser = rows::SORTS)]
    sort_by: String,
    /// At most so many rows
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    top: u16,
}

/// Waits for the window, and prints its table.
///
/// # Errors
/// Not found: nothing has one of the ids; server: it has neither `live/stats` nor metrics; those of the call.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let (by, ids) = split(&args.target)?;
    let window = crate::context::duration("--window", &args.window)?.unwrap_or(Duration::from_secs(10));
    let mut list = app.printer().list(rows::heads(by))?;
    let top = if ids.is_empty() { args.top } else { 10_000 };
    let words: Vec<&str> = ids.iter().map(String::as_str).collect();
    known::check("traffic", by, &words, known::By::IdOrName, app).await?;
    let path = format!("stats?interval={}ms&by={by}&top={top}", window.as_millis());
    // The answer is there when the window is over.
    let patience = app.settings.timeout.map(|limit| limit.saturating_add(window));
    let counting = async {
        match app.admin.live_within(&path, patience).await? {
            Some(stats) => Ok(stats),
            None => Counted::begin(app, by, usize::from(top), window).await?.next().await,
        }
    };
    let stats = tokio::select! {
        stats = counting => stats?,
        error = crate::stop::wanted() => return Err(error),
    };
    let mut found: Vec<&Value> = rows::of(&stats, by, ids);
    rows::sort(&mut found, &args.sort_by);
    found.iter().try_for_each(|row| list.push(&rows::record(by, row)))?;
    let shown = list.finish()?;
    if app.format().is_human() {
        app.out.flush()?;
        if shown == 0 {
            app.out.note(&format!("no traffic by {by} within {window:?}"));
        }
        app.out.note(&rows::summary(&stats));
    }
    Ok(())
}

/// What the rows are about, and which ones.
pub(super) fn split(target: &[String]) -> Result<(&'static str, &[String])> {
    match target {
        [] => Ok(("route", &[])),
        [by, ids @ ..] => Ok((rows::dimension(by)?, ids)),
    }
}
