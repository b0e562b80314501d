//! `gatewayctl health`: the nodes that requests may go to, and what checks say of them.

use std::time::Duration;

use serde_json::Value;

use super::App;
use super::change;
use super::live::{self, is_bad, moment, text};
use crate::admin::Beside;
use crate::error::{Error, Kind, Result};
use crate::output::clock::Now;
use crate::output::list::{Record, cell, head, wide_head};
use crate::resources;

/// Show the nodes of upstreams and how they are
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show the nodes of upstreams and how they are

The exit code is 1 if checks have taken a node out (unhealthy, mostly_unhealthy, ejected). Nodes that nobody looks at are \
unchecked, and no trouble. From a server without live endpoints (APISIX) only nodes with active checks are known, through its \
Control API.",
    before_help = "Examples:
  gatewayctl health
  gatewayctl health upstream u1 -o wide
  gatewayctl health routes/hello
  gatewayctl health upstream u1 --wait=2m",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// upstream ID, upstream/ID, or where the upstream is configured, like routes/ID
    #[arg(value_name = "UPSTREAM")]
    target: Vec<String>,
    /// Wait until no node is unhealthy; 10 is the exit code if that takes longer than DUR
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "1m")]
    wait: Option<String>,
}

/// Prints the table.
///
/// # Errors
/// Negative: a node is out; timeout with `--wait`; not found: no such upstream; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let owner = owner(&args.target)?;
    if let Some(limit) = &args.wait {
        let limit = crate::context::duration("--wait", limit)?;
        let late = "a node is still unhealthy";
        let fine = change::until(limit, Duration::from_millis(500), late, async || {
            let nodes = nodes(app, owner.as_deref()).await?;
            Ok(!nodes.iter().any(|node| is_bad(text(node, "state"))))
        });
        fine.await?;
    }
    let nodes = nodes(app, owner.as_deref()).await?;
    let mut list = app.printer().list(vec![
        head("UPSTREAM", 1),
        head("NODE", 1),
        head("STATE", 0),
        head("SUCCESS", 0),
        head("TCP-FAIL", 0),
        head("HTTP-FAIL", 0),
        head("TIMEOUT", 0),
        head("CHECKED", 0),
        wide_head("HOST", 2),
        wide_head("WEIGHT", 0),
        wide_head("PRIORITY", 0),
        wide_head("ACTIVE", 0),
        wide_head("LATENCY", 0),
        wide_head("RPS", 0),
        wide_head("P99", 0),
        wide_head("UNTIL", 0),
        wide_head("SOURCE", 0),
    ])?;
    let (mut bad, now) = (Vec::new(), app.now);
    for node in nodes {
        let state = text(&node, "state");
        if is_bad(state) {
            bad.push(format!("{} {} is {state}", owner_of(&node), text(&node, "addr")));
        }
        list.push(&Record {
            name: format!("{}/{}", owner_of(&node), text(&node, "addr")),
            cells: cells(&node, now),
            document: node,
        })?;
    }
    if list.finish()? == 0 {
        app.out.note("no nodes");
    }
    if bad.is_empty() { Ok(()) } else { Err(Error::new(Kind::Negative, bad.join("; "))) }
}

/// Whose node it is, as everything calls it: `upstream/u1`.
fn owner_of(node: &Value) -> String {
    resources::label_of_path(text(node, "owner"))
}

fn cells(node: &Value, now: Now) -> Vec<String> {
    let checks = node.get("checks").cloned().unwrap_or_default();
    // The Control API of APISIX counts under the same names.
    let counted = |name: &str| cell(&checks, name);
    let ms =
        |name: &str| node.get(name).and_then(Value::as_f64).map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms"));
    let checked = moment(node, "last_check").map_or_else(|| "-".to_owned(), |at| now.show(at));
    let until = moment(node, "ejected_until").map_or_else(|| "-".to_owned(), |until| Now::at(until).rfc3339());
    vec![
        owner_of(node),
        cell(node, "addr"),
        cell(node, "state"),
        counted("success"),
        counted("tcp_failure"),
        counted("http_failure"),
        counted("timeout_failure"),
        checked,
        cell(node, "host"),
        cell(node, "weight"),
        cell(node, "priority"),
        cell(node, "active"),
        ms("latency_ms"),
        cell(node, "rps"),
        ms("p99_ms"),
        until,
        cell(node, "source"),
    ]
}

/// Where the upstream is, as `upstreams/u1`.
fn owner(words: &[String]) -> Result<Option<String>> {
    let (kind, id) = match words {
        [] => return Ok(None),
        [one] => one.split_once('/').unwrap_or(("upstreams", one)),
        [kind, id] => (kind.as_str(), id.as_str()),
        _ => return Err(Error::usage("one upstream, or none").hint("gatewayctl health upstream u1")),
    };
    let reference = resources::Reference::new(resources::find(kind)?, id)?;
    Ok(Some(format!("{}/{}", reference.resource.path(), reference.id)))
}

/// All nodes or those of one upstream, from the live endpoint, else from the Control API.
async fn nodes(app: &App<'_>, owner: Option<&str>) -> Result<Vec<Value>> {
    let asked = owner.map(|owner| owner.strip_prefix("upstreams/").unwrap_or(owner).to_owned());
    let path = live::path("nodes", &[("upstream", asked)]);
    match app.admin.live(&path).await? {
        Some(Value::Array(nodes)) => Ok(nodes),
        Some(_) => Err(Error::new(Kind::Server, "GET /live/nodes: the answer is no list")),
        None => {
            let control = app.admin.beside(Beside::Control).await?;
            let body = live::ask(app, &control, "/v1/healthcheck").await.map_err(|error| {
                Error::new(
                    error.kind(),
                    format!("the server has no live/nodes, and its Control API: {}", error.message()),
                )
                .hint("--control-server says where the Control API is")
            })?;
            let mut nodes = live::checked_nodes(&body);
            nodes.retain(|node| owner.is_none_or(|owner| text(node, "owner") == owner));
            Ok(nodes)
        }
    }
}
