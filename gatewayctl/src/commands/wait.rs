//! `gatewayctl wait`: until something is so.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::App;
use super::change;
use crate::admin::Beside;
use crate::client::Request;
use crate::error::{Error, Kind, Result};
use crate::resources::Reference;
use crate::resources::nested::Above;

/// Wait until an object exists, is deleted, is healthy, or has a revision
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Wait until an object exists, is deleted, is healthy, or has a revision

healthy is for upstreams: all of their nodes are, or with healthy=N% that part of them. rev=N waits until the gateway works \
with that revision, or a later one. --timeout says how long; without it a minute. What does not come in time ends with exit \
code 10.",
    before_help = "Examples:
  gatewayctl wait route hello --for exists
  gatewayctl wait upstream u1 --for healthy=50% --timeout 2m
  gatewayctl wait route/hello --for rev=4711",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE ID, or RESOURCE/ID
    #[arg(required = true, value_name = "RESOURCE ID")]
    target: Vec<String>,
    /// exists, deleted, healthy, healthy=N% or rev=N
    #[arg(long = "for", value_name = "CONDITION", value_parser = Condition::read)]
    condition: Condition,
    #[command(flatten)]
    above: Above,
    /// How often is looked
    #[arg(long, value_name = "DUR", default_value = "500ms")]
    every: String,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Exists,
    Deleted,
    /// At least so many of a hundred nodes.
    Healthy(u8),
    Revision(u64),
}

impl Condition {
    fn read(text: &str) -> std::result::Result<Condition, String> {
        let share = |text: &str| text.trim_end_matches('%').parse().ok().filter(|share: &u8| (1..=100).contains(share));
        match text.split_once('=') {
            None if text == "exists" => Ok(Condition::Exists),
            None if text == "deleted" => Ok(Condition::Deleted),
            None if text == "healthy" => Ok(Condition::Healthy(100)),
            Some(("healthy", text)) => {
                share(text).map(Condition::Healthy).ok_or_else(|| "healthy=1% to 100%".to_owned())
            }
            Some(("rev", text)) => text.parse().map(Condition::Revision).map_err(|_| "rev=N, a number".to_owned()),
            _ => Err("expected exists, deleted, healthy, healthy=N% or rev=N".to_owned()),
        }
    }
}

/// Asks again and again.
///
/// # Errors
/// Timeout; usage: health of something that has no nodes; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let reference = change::one(&args.target, args.above.of(&args.target))?;
    if matches!(args.condition, Condition::Healthy(_)) && reference.resource.name != "upstreams" {
        return Err(Error::usage("only upstreams are healthy or not"));
    }
    let results = app.printer().results()?;
    let limit = app.settings.patience;
    let pause = crate::context::duration("--every", &args.every)?.unwrap_or(Duration::from_millis(500));
    let (word, late) = match args.condition {
        Condition::Exists => ("exists", "does not exist yet".to_owned()),
        Condition::Deleted => ("deleted", "still exists".to_owned()),
        Condition::Healthy(share) => ("healthy", format!("less than {share}% of its nodes are healthy")),
        Condition::Revision(revision) => ("in use", format!("revision {revision} is not in use yet")),
    };
    let waited = change::until(limit, pause, &late, async || match args.condition {
        Condition::Exists => Ok(app.admin.get(&reference).await?.is_some()),
        Condition::Deleted => Ok(app.admin.get(&reference).await?.is_none()),
        Condition::Healthy(share) => healthy(app, &reference, share).await,
        Condition::Revision(revision) => in_use(app, &reference, revision).await,
    })
    .await;
    waited.map_err(|error| error.about(reference.resource.singular, &reference.id))?;
    results.only(reference.resource.singular, &reference.id, word)
}

async fn in_use(app: &App<'_>, reference: &Reference, revision: u64) -> Result<bool> {
    match app.admin.live("info").await? {
        Some(info) => {
            let applied = info.pointer("/config/applied_revision").and_then(Value::as_u64);
            Ok(applied.is_some_and(|applied| applied >= revision))
        }
        // A server that does not tell works with what it has stored.
        None => Ok(app.admin.get(reference).await?.and_then(|item| item.revision()).is_some_and(|own| own >= revision)),
    }
}

/// Whether that part of an upstream's nodes is healthy: as the Admin API tells, else the Control API.
async fn healthy(app: &App<'_>, reference: &Reference, share: u8) -> Result<bool> {
    let told = match app.admin.live(&format!("nodes?upstream={}", reference.id)).await {
        // It may come yet.
        Err(error) if error.kind() == Kind::NotFound => return Ok(false),
        told => told?,
    };
    let nodes = match told {
        Some(nodes) => nodes,
        None => {
            let mut url = app.admin.beside(Beside::Control).await?.url;
            url.set_path(&format!("/v1/healthcheck/upstreams/{}", reference.id));
            let request =
                Request { method: Method::GET, url, body: None, admin: false, if_match: None, patience: None };
            let answer = app.client.send(request).await?;
            match answer.is_success() {
                true => answer.json()?.get("nodes").cloned().unwrap_or_default(),
                false => return Ok(false),
            }
        }
    };
    let states: Vec<&str> = nodes
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| node.get("state").or_else(|| node.get("status")).and_then(Value::as_str))
        .collect();
    if !states.is_empty() && states.iter().all(|state| *state == "unchecked") {
        let error = Error::usage("nobody checks its nodes, so none will be called healthy");
        return Err(error.hint(format!("gatewayctl explain upstream.checks; gatewayctl edit {reference}")));
    }
    let good = states.iter().filter(|state| matches!(**state, "healthy" | "mostly_healthy")).count();
    Ok(!states.is_empty() && good * 100 >= usize::from(share) * states.len())
}
