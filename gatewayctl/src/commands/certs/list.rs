//! `gatewayctl certs list` and `certs expiry`: the certificates of the `ssl` objects.

use serde_json::{Value, json};

use crate::certificate::{self, Facts};
use crate::commands::App;
use crate::commands::live::{moment, text, texts};
use crate::error::{Error, Kind, Result};
use crate::output::clock::Now;
use crate::output::list::{Record, cell, head, wide_head};
use crate::resources;

/// List the certificates of the gateway
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl certs list
  gatewayctl certs list -o wide",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {}

/// List the certificates that end soon, the first to end first
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl certs expiry
  gatewayctl certs expiry --within 14d --fail",
    help_template = crate::cli::HELP
)]
pub(crate) struct Expiry {
    /// Those that end within this time, or have ended
    #[arg(long, value_name = "DUR", default_value = "30d")]
    within: String,
    /// Exit with 1 if there are any
    #[arg(long)]
    fail: bool,
}

/// Prints all of them.
///
/// # Errors
/// Those of the calls.
pub(super) async fn run(app: &App<'_>) -> Result<()> {
    if print(app, rows(app).await?)? == 0 && app.format().is_tabular() {
        app.out.note("no certificates");
    }
    Ok(())
}

/// Prints those that end soon.
///
/// # Errors
/// Negative with `--fail`; usage; those of the calls.
pub(super) async fn expiry(args: &Expiry, app: &App<'_>) -> Result<()> {
    let within = crate::context::duration("--within", &args.within)?.unwrap_or_default();
    let until = app.now.seconds().saturating_add(i64::try_from(within.as_secs()).unwrap_or(i64::MAX));
    let mut rows = rows(app).await?;
    rows.retain(|row| text(row, "status") != "disabled" && moment(row, "not_after").is_some_and(|end| end <= until));
    rows.sort_by_key(|row| moment(row, "not_after"));
    let count = print(app, rows)?;
    match count {
        0 => app.out.note(&format!("no certificate ends within {}", args.within)),
        count if args.fail => {
            let what = if count == 1 { "1 certificate ends".to_owned() } else { format!("{count} certificates end") };
            return Err(Error::new(Kind::Negative, format!("{what} within {}", args.within)));
        }
        _ => {}
    }
    Ok(())
}

fn print(app: &App<'_>, rows: Vec<Value>) -> Result<usize> {
    let mut list = app.printer().list(vec![
        head("SNIS", 2),
        head("ISSUER", 3),
        head("KEY", 0),
        head("NOT-AFTER", 0),
        head("DAYS", 0),
        head("STATUS", 0),
        head("SOURCE", 1),
        wide_head("TYPE", 0),
        wide_head("SUBJECT", 4),
        wide_head("CHAIN", 0),
        wide_head("SHA256", 5),
        wide_head("WARNINGS", 4),
    ])?;
    for row in rows {
        let joined = |name: &str| match texts(&row, name).join(if name == "warnings" { "; " } else { "," }) {
            joined if joined.is_empty() => "-".to_owned(),
            joined => joined,
        };
        let end = moment(&row, "not_after");
        let dash = || "-".to_owned();
        let source = format!("ssl/{}", text(&row, "ssl_id"));
        let cells = vec![
            joined("snis"),
            cell(&row, "issuer"),
            cell(&row, "key"),
            end.map_or_else(dash, |end| Now::at(end).date()),
            end.map_or_else(dash, |end| app.now.days_until(end).to_string()),
            cell(&row, "status"),
            source.clone(),
            cell(&row, "type"),
            cell(&row, "subject"),
            cell(&row, "chain_len"),
            cell(&row, "sha256"),
            joined("warnings"),
        ];
        list.push(&Record { name: source, cells, document: row })?;
    }
    list.finish()
}

/// The rows of `live/certs`, else the same made of the `ssl` objects.
///
/// # Errors
/// Those of the calls.
pub(super) async fn rows(app: &App<'_>) -> Result<Vec<Value>> {
    if let Some(told) = app.admin.live("certs").await? {
        let Value::Array(rows) = told else {
            return Err(Error::new(Kind::Server, "GET /live/certs: the answer is no list"));
        };
        return Ok(rows);
    }
    let items = app.admin.list(resources::find("ssls")?, None).await?;
    let rows = items.iter().flat_map(|item| {
        let object = &item.value;
        let names = texts(object, "snis").into_iter().chain(object.get("sni").and_then(Value::as_str));
        let names: Vec<String> = names.map(str::to_owned).collect();
        let enabled = object.get("status").and_then(Value::as_u64) != Some(0);
        let kind = object.get("type").and_then(Value::as_str).unwrap_or("server");
        let pems = object.get("cert").and_then(Value::as_str).into_iter().chain(texts(object, "certs"));
        pems.map(|pem| row(&item.reference.id, kind, &names, enabled, pem, app.now)).collect::<Vec<_>>()
    });
    Ok(rows.collect())
}

fn row(id: &str, kind: &str, names: &[String], enabled: bool, pem: &str, now: Now) -> Value {
    let chain = certificate::chain(pem.as_bytes());
    let Some(facts) = chain.first().and_then(Facts::of) else {
        let status = if enabled { "unreadable" } else { "disabled" };
        return json!({ "ssl_id": id, "type": kind, "snis": names, "status": status, "chain_len": chain.len(),
            "warnings": ["the certificate cannot be read, or stands elsewhere (a secret)"] });
    };
    let served = if kind == "server" { names } else { &[] };
    let status = if enabled { facts.status(now.seconds()) } else { "disabled" };
    json!({
        "ssl_id": id, "type": kind, "snis": names, "names": facts.names, "subject": facts.subject, "issuer": facts.issuer,
        "serial": facts.serial, "not_before": facts.not_before, "not_after": facts.not_after,
        "days_left": now.days_until(facts.not_after), "key": facts.key, "sha256": facts.sha256, "status": status,
        "chain_len": chain.len(), "warnings": certificate::faults(&chain, served, now.seconds()),
    })
}
