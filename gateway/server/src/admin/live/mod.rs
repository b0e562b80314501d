//! What this gateway tells beyond APISIX's Admin API, under `live`: what it can do, how it is, and what changes.
//!
//! Clients find out by asking: APISIX has no such resource and answers 404. `live` lists the abilities, so that both sides can
//! grow. One file an endpoint.

mod apply;
mod asked;
mod batch;
mod certs;
mod credentials;
mod discovery;
mod events;
mod explain;
mod hidden;
mod history;
mod info;
mod logs;
mod nodes;
mod rates;
mod rollback;
mod row;
mod shown;
mod stats;
mod stream;
mod tail;
mod tap;

use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::json;

pub(super) use self::info::Process;
pub(super) use self::rates::Rates;
pub(super) use self::stream::{Feed, Form, Line, Streams};
use super::auth::Caller;
use super::query::Query;
use super::{Api, Refusal};
use crate::config::AdminRole;
use crate::control_http::{self, Answer};

/// What clients may count on.
const ABILITIES: [&str; 17] = [
    "certs",
    "credentials",
    "details",
    "discovery",
    "dry_run",
    "dubbo",
    "events",
    "explain",
    "grpc",
    "history",
    "if_match",
    "info",
    "logs",
    "nodes",
    "stats",
    "tap",
    "warnings",
];

/// The same where objects can be changed one by one.
const CHANGING: [&str; 3] = ["apply", "apply_patch", "rollback"];

/// What a path below `live` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Live {
    /// `live` itself.
    Root,
    Info,
    Events,
    Explain,
    Stats,
    Tap,
    History,
    Rollback,
    Apply,
    Nodes,
    Certs,
    Credentials,
    Logs,
    /// The registries; one of them; a service of that one.
    Discovery(Option<String>, Option<String>),
}

impl Live {
    /// What the words behind `live` name.
    pub(super) fn of(words: &[&str]) -> Option<Live> {
        Some(match words {
            [] => Live::Root,
            ["info"] => Live::Info,
            ["events"] => Live::Events,
            ["explain"] => Live::Explain,
            ["stats"] => Live::Stats,
            ["tap"] => Live::Tap,
            ["history"] => Live::History,
            ["rollback"] => Live::Rollback,
            ["apply"] => Live::Apply,
            ["nodes"] => Live::Nodes,
            ["certs"] => Live::Certs,
            ["credentials"] => Live::Credentials,
            ["logs"] => Live::Logs,
            ["discovery"] => Live::Discovery(None, None),
            ["discovery", name] => Live::Discovery(Some((*name).to_owned()), None),
            // A name may hold slashes.
            ["discovery", name, service @ ..] => Live::Discovery(Some((*name).to_owned()), Some(service.join("/"))),
            _ => return None,
        })
    }
}

impl Api {
    /// A request below `live`.
    pub(super) async fn live(
        &self,
        live: Live,
        head: &Parts,
        body: Incoming,
        query: &Query,
        caller: &Caller,
    ) -> Result<Answer, Refusal> {
        match (&head.method, live) {
            (&Method::GET, Live::Root) => Ok(self.abilities(caller)),
            (&Method::GET, Live::Info) => self.info().await,
            (&Method::GET, Live::Events) => self.events(head, query).await,
            (&Method::GET, Live::Stats) => self.stats(head, query).await,
            (&Method::GET, Live::Tap) => self.tap(head, query, caller).await,
            (&Method::POST, Live::Explain) => self.explain(self.json(head, body).await?).await,
            (&Method::GET, Live::History) => self.history(query).await,
            (&Method::GET, Live::Nodes) => self.nodes(query).await,
            (&Method::GET, Live::Certs) => self.certs().await,
            (&Method::GET, Live::Credentials) => self.credentials().await,
            (&Method::GET, Live::Logs) => self.logs(head, query).await,
            (&Method::GET, Live::Discovery(None, _)) => Ok(self.registries()),
            (&Method::GET, Live::Discovery(Some(name), service)) => self.registry(&name, service.as_deref()),
            (&Method::POST, Live::Apply) => self.apply(head, body, query, caller).await,
            (&Method::POST, Live::Rollback) => {
                let body = self.json(head, body).await?;
                self.rollback(body, query, caller).await
            }
            (_, Live::Explain | Live::Apply | Live::Rollback) => Err(Refusal::takes("POST")),
            _ => Err(Refusal::takes("GET")),
        }
    }

    /// `GET live`: the abilities of this gateway, and what the caller may do.
    fn abilities(&self, caller: &Caller) -> Answer {
        let role = match caller.role {
            AdminRole::Admin => "admin",
            AdminRole::Viewer => "viewer",
        };
        let changing: &[&str] = if self.whole.is_some() || self.read_only { &[] } else { &CHANGING };
        let abilities: Vec<&str> = ABILITIES.iter().chain(changing).copied().collect();
        let body = json!({ "api": 1, "abilities": abilities, "name": caller.name, "roles": [role] });
        control_http::json(StatusCode::OK, &body)
    }
}
