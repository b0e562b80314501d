//! `gatewayctl status`: one page about the gateway; with `--check` also an exit code.

mod listeners;
mod process;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::live::{self, moment, text};
use super::{App, tree};
use crate::admin::Beside;
use crate::certificate;
use crate::context::Listener;
use crate::error::{Error, Kind, Result};
use crate::output::clock::Now;
use crate::output::table::Table;
use crate::resources::{self, Reference, Resource};
pub(in crate::commands) use listeners::knock;
use listeners::{Seen, State};
use process::Process;

/// Show how the gateway is: listeners, process, objects, unhealthy nodes, certificates, registries
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show how the gateway is: listeners, process, objects, unhealthy nodes, certificates, registries

From a server without live endpoints (APISIX) the process is not known; nodes come from its Control API. With --check the \
exit code is 1 if a listener does not answer that should, a node is unhealthy, a certificate ends within a week, a registry is \
away, an object cannot be run or names another that is not there, or the file that the configuration comes from is broken.",
    before_help = "Examples:
  gatewayctl status
  gatewayctl status --check > /dev/null && echo fine
  gatewayctl status -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Exit with 1 if anything is wrong
    #[arg(long)]
    check: bool,
}

/// Asks every listener and prints the page.
///
/// # Errors
/// Negative with `--check` when something is wrong; without it, why the Admin API could not be asked.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let (mut page, admin_error) = Page::gather(app).await?;
    if args.check && admin_error.is_none() {
        page.dangling = Some(tree::dangling(app).await?);
    }
    app.printer().one("status", || page.to_json(), || page.print(app))?;
    let wrong = page.troubles();
    match admin_error {
        _ if args.check && !wrong.is_empty() => Err(Error::new(Kind::Negative, wrong.join("; "))),
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Everything on the page.
struct Page {
    listeners: Vec<Seen>,
    server: Option<String>,
    version: Option<String>,
    process: Option<Process>,
    counts: Vec<(&'static Resource, u64)>,
    unhealthy: Vec<Node>,
    certificates: Vec<Certificate>,
    /// Objects that name others which are not there; looked for where everything is checked, for it takes all lists.
    dangling: Option<Vec<(Reference, Reference)>>,
}

struct Node {
    owner: String,
    address: String,
    status: String,
}

struct Certificate {
    id: String,
    days: i64,
    not_after: i64,
}

/// Certificates are told about when they have fewer days left.
const SOON: i64 = 30;
/// And are trouble from here on.
const TROUBLE: i64 = 7;

impl Page {
    /// The page, and the error of the Admin API if it could not be asked.
    async fn gather(app: &App<'_>) -> Result<(Page, Option<Error>)> {
        let settings = app.settings;
        let (admin, control, proxy, metrics) = tokio::join!(
            app.admin.call(Method::GET, "/routes?page=1&page_size=10", None),
            app.admin.beside(Beside::Control),
            app.admin.beside(Beside::Proxy),
            app.admin.beside(Beside::Metrics),
        );
        let (control_said, proxy_said, metrics_said) = tokio::join!(
            answered(&control, async |control| live::ask(app, control, "/v1/healthcheck").await),
            answered(&proxy, async |proxy| knock(proxy, settings.timeout).await),
            answered(&metrics, async |metrics| live::ask(app, metrics, "").await),
        );
        let mut page = Page {
            listeners: Vec::new(),
            server: None,
            version: None,
            process: None,
            counts: Vec::new(),
            unhealthy: Vec::new(),
            certificates: Vec::new(),
            dangling: None,
        };
        let admin = admin.and_then(|answer| {
            page.server = answer.server().map(str::to_owned);
            page.version = answer.gateway_version().map(str::to_owned);
            app.admin.is_one(&answer)?;
            app.admin.success(answer, None)
        });
        let (state, detail) = match &admin {
            Ok(_) => (State::Ok, String::new()),
            Err(error) => (State::Failed, error.message().to_owned()),
        };
        page.listeners.push(Seen { name: "admin", url: settings.admin.clone(), state, detail });
        // What the gateway does not have is no row.
        let beside = [
            ("control", &control, control_said.as_ref().err()),
            ("proxy", &proxy, proxy_said.as_ref().err()),
            ("metrics", &metrics, metrics_said.as_ref().err()),
        ];
        for (name, listener, error) in beside {
            page.listeners.extend(listener.as_ref().ok().map(|listener| Seen::beside(name, listener, error)));
        }
        if let Err(error) = admin {
            page.unhealthy = control_said.ok().map(|body| unhealthy(&live::checked_nodes(&body))).unwrap_or_default();
            return Ok((page, Some(error)));
        }
        page.facts(app, control_said.ok()).await?;
        Ok((page, None))
    }

    /// What the gateway tells of itself, each part from where this server has it.
    async fn facts(&mut self, app: &App<'_>, checkers: Option<Vec<u8>>) -> Result<()> {
        let (info, nodes, certs, stats) =
            tokio::join!(info(app), app.admin.live("nodes"), app.admin.live("certs"), app.admin.live("stats"),);
        match info? {
            Some(info) => {
                let counted = info.get("counts").cloned().unwrap_or_default();
                let count = |resource: &'static Resource| {
                    Some((resource, counted.get(resource.path()).and_then(Value::as_u64)?))
                };
                self.counts = resources::ALL.iter().filter_map(count).collect();
                // Numbers of the moment are worth having, and no reason to fail.
                self.process = Some(Process::new(info, stats.ok().flatten()));
            }
            None => {
                for resource in &resources::ALL {
                    if let Some(count) = app.admin.count(resource).await? {
                        self.counts.push((resource, count));
                    }
                }
            }
        }
        let nodes = match nodes? {
            Some(Value::Array(nodes)) => nodes,
            _ => checkers.map(|body| live::checked_nodes(&body)).unwrap_or_default(),
        };
        self.unhealthy = unhealthy(&nodes);
        self.certificates = match certs? {
            Some(certs) => ending(certs.as_array().into_iter().flatten().filter_map(|row| told(row, app.now))),
            None => {
                let items = app.admin.list(resources::find("ssls")?, None).await?;
                ending(items.iter().filter_map(|item| {
                    let not_after = certificate::not_after(item.value.get("cert")?.as_str()?)?;
                    let days = app.now.days_until(not_after);
                    Some(Certificate { id: item.reference.id.clone(), days, not_after })
                }))
            }
        };
        Ok(())
    }

    /// What is wrong, in words.
    fn troubles(&self) -> Vec<String> {
        let failed = self
            .listeners
            .iter()
            .filter(|seen| seen.state == State::Failed)
            .map(|seen| format!("{}: {}", seen.name, seen.detail));
        let nodes = self.unhealthy.iter().map(|node| format!("{} {} is {}", node.owner, node.address, node.status));
        let certificates = self.certificates.iter().filter(|c| c.days < TROUBLE).map(Certificate::told);
        let process = self.process.iter().flat_map(Process::troubles).map(|(_, text)| text);
        failed.chain(process).chain(nodes).chain(self.missing()).chain(certificates).collect()
    }

    /// What is named and is not there, in words.
    fn missing(&self) -> Vec<String> {
        const SHOWN: usize = 20;
        let all = self.dangling.as_deref().unwrap_or_default();
        let mut told: Vec<String> = all
            .iter()
            .take(SHOWN)
            .map(|(object, named)| format!("{object} names {named}, which is not there"))
            .collect();
        if let Some(more) = all.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            told.push(format!("{more} more objects are named that are not there; gatewayctl tree --broken lists all"));
        }
        told
    }

    fn to_json(&self) -> Value {
        let listeners = self.listeners.iter().map(|seen| {
            json!({ "name": seen.name, "url": seen.url.as_str(), "state": seen.state.word(), "detail": seen.detail })
        });
        let nodes = self
            .unhealthy
            .iter()
            .map(|node| json!({ "owner": node.owner, "node": node.address, "status": node.status }));
        let certificates = self
            .certificates
            .iter()
            .map(|c| json!({ "id": c.id, "days": c.days, "not_after": Now::at(c.not_after).rfc3339() }));
        let mut page = json!({
            "ok": self.troubles().is_empty(),
            "server": self.server,
            "version": self.version,
            "listeners": listeners.collect::<Vec<_>>(),
            "counts": self.counts.iter().map(|(resource, count)| (resource.name.to_owned(), (*count).into())).collect::<Map<_, _>>(),
            "unhealthy_nodes": nodes.collect::<Vec<_>>(),
            "certificates": certificates.collect::<Vec<_>>(),
        });
        if let (Some(dangling), Value::Object(fields)) = (&self.dangling, &mut page) {
            let told = |(object, named): &(Reference, Reference)| json!({ "object": object.to_string(), "names": named.to_string() });
            fields.insert("dangling".to_owned(), dangling.iter().map(told).collect());
        }
        if let (Some(process), Value::Object(fields)) = (&self.process, &mut page) {
            fields.extend(process.fields());
        }
        page
    }

    fn print(&self, app: &App<'_>) -> Result<()> {
        let rows = self.listeners.iter().map(|seen| {
            vec![seen.name.to_owned(), seen.url.to_string(), seen.state.word().to_owned(), seen.detail.clone()]
        });
        let mut table = Table {
            header: ["LISTENER", "URL", "STATE", "DETAIL"].map(str::to_owned).to_vec(),
            give: vec![0, 2, 0, 1],
            rows: rows.collect(),
            ..Table::default()
        };
        for line in table.render(true, app.out.look()) {
            app.out.bytes(format!("{line}\n").as_bytes())?;
        }
        let mut told = Vec::new();
        if self.server.is_some() || self.version.is_some() {
            told.push(("server", super::server_line(self.server.as_deref(), self.version.as_deref())));
        }
        told.extend(self.process.iter().flat_map(Process::lines));
        let counts: Vec<String> = self
            .counts
            .iter()
            .filter_map(|(resource, n)| match n {
                0 => None,
                1 => Some(format!("1 {}", resource.singular)),
                n => Some(format!("{n} {}", resource.name)),
            })
            .collect();
        if !self.counts.is_empty() {
            told.push(("objects", if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }));
        }
        told.extend(self.process.iter().flat_map(Process::troubles));
        told.extend(
            self.unhealthy.iter().map(|node| ("node", format!("{} {} is {}", node.owner, node.address, node.status))),
        );
        told.extend(self.missing().into_iter().map(|missing| ("missing", missing)));
        told.extend(self.certificates.iter().map(|c| ("certificate", c.told())));
        if !told.is_empty() {
            app.out.line("")?;
        }
        for (name, text) in told {
            app.out.told(&format!("{name:<12}{text}"))?;
        }
        Ok(())
    }
}

/// What the gateway tells of itself, which it was asked for already.
async fn info(app: &App<'_>) -> Result<Option<Value>> {
    match app.admin.info_once().await {
        Some(info) => Ok(Some(info.clone())),
        None => app.admin.live("info").await,
    }
}

/// What came of asking a listener, where there is one.
async fn answered<T>(listener: &Result<Listener>, ask: impl AsyncFnOnce(&Listener) -> Result<T>) -> Result<T> {
    match listener {
        Ok(listener) => ask(listener).await,
        Err(error) => Err(Error::new(error.kind(), error.message().to_owned())),
    }
}

impl Certificate {
    fn told(&self) -> String {
        match self.days {
            ..0 => format!("ssl/{} expired on {}", self.id, Now::at(self.not_after).date()),
            0 => format!("ssl/{} expires within a day, at {}", self.id, Now::at(self.not_after).rfc3339()),
            1 => format!("ssl/{} expires in 1 day, on {}", self.id, Now::at(self.not_after).date()),
            days => format!("ssl/{} expires in {days} days, on {}", self.id, Now::at(self.not_after).date()),
        }
    }
}

/// A row of `live/certs`; those that are switched off are no concern.
fn told(row: &Value, now: Now) -> Option<Certificate> {
    let not_after = moment(row, "not_after").filter(|_| text(row, "status") != "disabled")?;
    Some(Certificate { id: text(row, "ssl_id").to_owned(), days: now.days_until(not_after), not_after })
}

/// The certificates that end soon, the first to end first.
fn ending(all: impl Iterator<Item = Certificate>) -> Vec<Certificate> {
    let mut ending: Vec<Certificate> = all.filter(|certificate| certificate.days < SOON).collect();
    ending.sort_by_key(|certificate| certificate.days);
    ending
}

/// The nodes that health checks have taken out.
fn unhealthy(nodes: &[Value]) -> Vec<Node> {
    let bad = nodes.iter().filter(|node| live::is_bad(text(node, "state")));
    bad.map(|node| Node {
        owner: resources::label_of_path(text(node, "owner")),
        address: text(node, "addr").to_owned(),
        status: text(node, "state").to_owned(),
    })
    .collect()
}
