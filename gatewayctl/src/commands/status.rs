//! `gatewayctl status`: one page about the gateway; with `--check` also an exit code.

use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use super::App;
use crate::certificate;
use crate::client::Request;
use crate::context::{Listener, is_loopback};
use crate::error::{Error, Kind, Result};
use crate::output::clock::Now;
use crate::output::table::Table;
use crate::resources::{self, Resource};

/// Show how the gateway is: listeners, version, objects, unhealthy nodes, certificates
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl status
  gatewayctl status --check > /dev/null && echo fine",
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
    let (page, admin_error) = Page::gather(app).await?;
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
    counts: Vec<(&'static Resource, u64)>,
    unhealthy: Vec<Node>,
    certificates: Vec<Certificate>,
}

/// One listener, and what came of asking it.
struct Seen {
    name: &'static str,
    url: Url,
    state: State,
    detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    /// It should answer and does not.
    Failed,
    /// It does not answer, and may well not be meant to be reached from here.
    Unknown,
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
            ask(app, &settings.control, "/v1/healthcheck"),
            knock(&settings.gateway, settings.timeout),
            ask(app, &settings.metrics, ""),
        );
        let mut page = Page {
            listeners: Vec::new(),
            server: None,
            version: None,
            counts: Vec::new(),
            unhealthy: Vec::new(),
            certificates: Vec::new(),
        };
        let admin = admin.and_then(|answer| {
            page.server = answer.server().map(str::to_owned);
            page.version = answer.gateway_version().map(str::to_owned);
            app.admin.success(answer, None)
        });
        let (state, detail) = match &admin {
            Ok(_) => (State::Ok, String::new()),
            Err(error) => (State::Failed, error.message().to_owned()),
        };
        page.listeners.push(Seen { name: "admin", url: settings.admin.clone(), state, detail });
        page.listener("control", &settings.control, control.as_ref().map(drop));
        page.listener("proxy", &settings.gateway, proxy.as_ref().map(drop));
        page.listener("metrics", &settings.metrics, metrics.as_ref().map(drop));
        page.unhealthy = control.ok().map(|body| unhealthy(&body)).unwrap_or_default();
        if let Err(error) = admin {
            return Ok((page, Some(error)));
        }
        for resource in &resources::ALL {
            if let Some(count) = app.admin.count(resource).await? {
                page.counts.push((resource, count));
            }
        }
        page.certificates = certificates(app).await?;
        Ok((page, None))
    }

    fn listener(&mut self, name: &'static str, listener: &Listener, answer: std::result::Result<(), &Error>) {
        // Those that nobody named are bound to loopback by default: from elsewhere they cannot be seen.
        let expected = listener.given || is_loopback(&listener.url);
        let (state, detail) = match answer {
            Ok(()) => (State::Ok, String::new()),
            Err(error) if expected => (State::Failed, error.message().to_owned()),
            Err(_) => (State::Unknown, "not reachable from here".to_owned()),
        };
        self.listeners.push(Seen { name, url: listener.url.clone(), state, detail });
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
        failed.chain(nodes).chain(certificates).collect()
    }

    fn to_json(&self) -> Value {
        let listeners = self.listeners.iter().map(|seen| {
            let state = match seen.state {
                State::Ok => "ok",
                State::Failed => "failed",
                State::Unknown => "unknown",
            };
            json!({ "name": seen.name, "url": seen.url.as_str(), "state": state, "detail": seen.detail })
        });
        let nodes = self
            .unhealthy
            .iter()
            .map(|node| json!({ "owner": node.owner, "node": node.address, "status": node.status }));
        let certificates = self
            .certificates
            .iter()
            .map(|c| json!({ "id": c.id, "days": c.days, "not_after": Now::at(c.not_after).rfc3339() }));
        json!({
            "ok": self.troubles().is_empty(),
            "server": self.server,
            "version": self.version,
            "listeners": listeners.collect::<Vec<_>>(),
            "counts": self.counts.iter().map(|(resource, count)| (resource.name.to_owned(), (*count).into())).collect::<Map<_, _>>(),
            "unhealthy_nodes": nodes.collect::<Vec<_>>(),
            "certificates": certificates.collect::<Vec<_>>(),
        })
    }

    fn print(&self, app: &App<'_>) -> Result<()> {
        let rows = self.listeners.iter().map(|seen| {
            let word = match seen.state {
                State::Ok => "ok",
                State::Failed => "failed",
                State::Unknown => "unknown",
            };
            vec![seen.name.to_owned(), seen.url.to_string(), word.to_owned(), seen.detail.clone()]
        });
        let mut table = Table {
            header: ["LISTENER", "URL", "STATE", "DETAIL"].map(str::to_owned).to_vec(),
            give: vec![0, 2, 0, 1],
            rows: rows.collect(),
        };
        for line in table.render(true, app.tty.width.filter(|_| app.tty.stdout)) {
            app.out.line(&line)?;
        }
        let mut told = Vec::new();
        if self.server.is_some() || self.version.is_some() {
            told.push(("server", super::server_line(self.server.as_deref(), self.version.as_deref())));
        }
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
        told.extend(
            self.unhealthy.iter().map(|node| ("node", format!("{} {} is {}", node.owner, node.address, node.status))),
        );
        told.extend(self.certificates.iter().map(|c| ("certificate", c.told())));
        if !told.is_empty() {
            app.out.line("")?;
        }
        for (name, text) in told {
            app.out.line(&format!("{name:<12}{text}"))?;
        }
        Ok(())
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

/// Asks a listener that is no Admin API; its key is not sent.
async fn ask(app: &App<'_>, listener: &Listener, path: &str) -> Result<Vec<u8>> {
    let mut url = listener.url.clone();
    if !path.is_empty() {
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
    }
    let answer = app
        .client
        .send(Request { method: Method::GET, url, body: None, admin: false, if_match: None, patience: None })
        .await?;
    if answer.is_success() {
        Ok(answer.body)
    } else {
        Err(Error::new(Kind::of_status(answer.status), format!("answered {}", answer.status)))
    }
}

/// Whether somebody listens. No request is sent: it would reach somebody's application.
async fn knock(listener: &Listener, limit: Option<Duration>) -> Result<()> {
    let host = listener.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = listener.url.port_or_known_default().unwrap_or(80);
    let connect = tokio::net::TcpStream::connect((host.as_str(), port));
    let limit = limit.unwrap_or(Duration::from_secs(60));
    let failed = |why: String| Error::new(Kind::Unreachable, format!("cannot connect to {host}:{port}: {why}"));
    match tokio::time::timeout(limit, connect).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            let text = error.to_string();
            Err(failed(text.split(" (os error").next().unwrap_or_default().to_owned()))
        }
        Err(_) => Err(failed(format!("nothing within {limit:?}"))),
    }
}

/// The nodes that health checks have taken out, from the Control API's list of checkers.
fn unhealthy(body: &[u8]) -> Vec<Node> {
    let Ok(Value::Array(checkers)) = serde_json::from_slice(body) else { return Vec::new() };
    let mut found = Vec::new();
    for checker in &checkers {
        let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        // "/apisix/upstreams/1" is told as "upstreams/1".
        let name = text(checker, "name");
        let owner = name.trim_start_matches('/').split_once('/').map_or(name.as_str(), |(_, rest)| rest).to_owned();
        for node in checker.get("nodes").and_then(Value::as_array).into_iter().flatten() {
            let status = text(node, "status");
            if status.ends_with("unhealthy") {
                let port = node.get("port").map(Value::to_string).unwrap_or_default();
                found.push(Node { owner: owner.clone(), address: format!("{}:{port}", text(node, "ip")), status });
            }
        }
    }
    found
}

/// The certificates that end soon.
async fn certificates(app: &App<'_>) -> Result<Vec<Certificate>> {
    let items = app.admin.list(resources::find("ssls")?, None).await?;
    let mut ending: Vec<Certificate> = items
        .iter()
        .filter_map(|item| {
            let not_after = certificate::not_after(item.value.get("cert")?.as_str()?)?;
            Some(Certificate { id: item.reference.id.clone(), days: app.now.days_until(not_after), not_after })
        })
        .filter(|certificate| certificate.days < SOON)
        .collect();
    ending.sort_by_key(|certificate| certificate.days);
    Ok(ending)
}
