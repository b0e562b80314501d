//! What kind of server answers: this gateway, an older one, APISIX, or something else; and what each can.

use std::sync::Arc;

use gateway_model::schema::Schema;
use reqwest::Method;
use serde_json::Value;

use super::{Admin, is_missing, said};
use crate::client::{Answer, Software, shown_host};
use crate::error::{Error, Http, Kind, Result};
use crate::resources::{IdForm, Reference, Resource};

impl Admin<'_> {
    /// An answer that no Admin API gives.
    pub(super) fn foreign(&self, answer: &Answer, exchange: &Http) -> Option<Error> {
        let at = origin(&self.settings.admin);
        let Http { method, status, body, .. } = exchange;
        let own = answer.gateway_version().is_some();
        let said = said(body);
        let like = match said.as_deref() {
            Some("404 Route Not Found") if !own => Some("the proxy listener"),
            Some("404 Not Found") if !own => Some("the listener of the Control API or of metrics"),
            _ => None,
        };
        if let Some(like) = like.filter(|_| *status == 404) {
            let message = format!(
                "{at} is not an Admin API (it answers like {like}); the Admin API is usually on port {ADMIN_PORT}"
            );
            return Some(Error::new(Kind::Server, message).hint("--server or --context says where it is"));
        }
        if matches!(status, 502..=504) && !body.is_object() {
            let error = Error::new(Kind::Server, format!("what is in front of the Admin API answered {status}"));
            return Some(error.hint("the gateway behind it is down, or does not answer in time"));
        }
        // An application behind a proxy; for what is not there the Admin API has words of its own.
        let stranger = *status == 404 && body.get("error_msg").is_none() && said.as_deref() != Some("Key not found");
        // An answer to HEAD has no body to say it in.
        let silent = answer.body.is_empty() && (method == "HEAD" || is_apisix(answer));
        // Every refusal of an Admin API says why in one of two fields.
        let other = matches!(status, 300..=400 | 402 | 404..=428) && (said.is_none() || stranger) && !own && !silent;
        other.then(|| self.stranger(answer, exchange))
    }

    /// The error for an answer that no Admin API gives.
    fn stranger(&self, answer: &Answer, exchange: &Http) -> Error {
        let (at, Http { method, path, status, .. }) = (origin(&self.settings.admin), exchange);
        let what = match answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()) {
            _ if answer.body.is_empty() => "nothing",
            Some(kind) => kind.split(';').next().unwrap_or(kind),
            None => "something that is not JSON",
        };
        let by = answer.server().map(|server| format!(" by {server}")).unwrap_or_default();
        let message = format!("{at} is not an Admin API: {method} {path} was answered {status} with {what}{by}");
        let hint = format!("is --server right? The Admin API is usually on port {ADMIN_PORT}");
        Error::new(Kind::Server, message).hint(hint).http(exchange.clone())
    }

    /// Refuses a server whose answer to a list says that it is no Admin API. Any answer of one will do.
    ///
    /// # Errors
    /// Server.
    pub(crate) fn is_one(&self, answer: &Answer) -> Result<()> {
        let exchange = answer.exchange();
        if let Some(error) = self.foreign(answer, &exchange) {
            return Err(error.http(exchange));
        }
        match answer.is_success() && !is_list(answer) {
            true => Err(self.undefined(answer)),
            false => Ok(()),
        }
    }

    /// The error for a success with something in it that the Admin API does not define there: it is another version of it, or
    /// no Admin API at all.
    pub(super) fn undefined(&self, answer: &Answer) -> Error {
        let told = serde_json::from_slice::<Value>(&answer.body).ok();
        let is_kin = answer.gateway_version().is_some() || is_apisix(answer);
        let speaks =
            told.as_ref().is_some_and(|told| ["list", "value", "node"].iter().any(|at| told.get(at).is_some()));
        if !is_kin && !speaks {
            return self.stranger(answer, &answer.exchange());
        }
        // What is no JSON at all has words of its own.
        answer.json().err().unwrap_or_else(|| super::undefined(&answer.asked().replacen("/apisix/admin", "", 1)))
    }

    /// The error for a server without a live endpoint: APISIX has none, an older gateway not all.
    pub(crate) fn lacks(&self, path: &str) -> Error {
        lacks(self.client.software(), path)
    }

    /// Whether a server has lists of a resource that live below objects such as this. An APISIX that knows no costs of GraphQL
    /// fields answers with the service.
    ///
    /// # Errors
    /// Those of the call.
    pub(crate) async fn serves(&self, resource: &'static Resource, parent: Option<&Reference>) -> Result<bool> {
        let Some(parent) = parent.filter(|_| resource.id == IdForm::Cost && !self.is_gateway()) else {
            return Ok(true);
        };
        let answer = self.call(Method::GET, &resource.list_path(Some(&parent.id)), None).await?;
        let told = || serde_json::from_slice::<Value>(&answer.body).ok();
        Ok(match answer.status {
            200 => told().is_some_and(|told| told.get("list").is_some()),
            404 => is_missing(&answer),
            _ => true,
        })
    }

    /// Whether a deletion can only mean this object: an APISIX that knows no costs of GraphQL fields would delete the service.
    ///
    /// # Errors
    /// Those of the call.
    pub(crate) async fn may_be_below(&self, reference: &Reference) -> Result<bool> {
        Ok(reference.resource.id != IdForm::Cost || self.is_gateway() || self.get(reference).await?.is_some())
    }

    /// Whether the last answer came from this gateway.
    fn is_gateway(&self) -> bool {
        self.client.software().version.is_some()
    }

    /// A schema of the server, asked for once; `None` where it tells none that can be used.
    pub(crate) async fn schema(&self, path: &str) -> Result<Option<Arc<Schema>>> {
        if let Some(known) = self.schemas.borrow().get(path) {
            return Ok(known.clone());
        }
        let answer = self.call(Method::GET, path, None).await?;
        let told = serde_json::from_slice::<Value>(&answer.body).ok().filter(|_| answer.is_success());
        let schema = told.and_then(|told| Schema::compile(&told).ok()).map(Arc::new);
        self.schemas.borrow_mut().insert(path.to_owned(), schema.clone());
        Ok(schema)
    }
}

/// The error for a server without a live endpoint, by what it says of itself.
pub(crate) fn lacks(software: Software, path: &str) -> Error {
    let name = path.split(['?', '/']).next().unwrap_or_default();
    let own = env!("CARGO_PKG_VERSION");
    match software {
        Software { version: Some(version), .. } => {
            Error::new(Kind::Server, format!("gateway {version} has no live/{name}"))
                .hint(format!("it is older than that, or than gatewayctl {own}; a newer gateway has it"))
        }
        Software { server: Some(server), .. } if server.starts_with("APISIX") => {
            Error::new(Kind::Server, format!("{server} has no live/{name}"))
                .hint("APISIX has no live endpoints; get, apply, config sync and all that the Admin API does work")
        }
        _ => Error::new(Kind::Server, format!("this server has no live/{name}"))
            .hint("it is APISIX, or an older gateway; gatewayctl version says which"),
    }
}

/// Whether an answer is a list of objects, of this version of the Admin API or of the one before.
fn is_list(answer: &Answer) -> bool {
    let told = serde_json::from_slice::<Value>(&answer.body).ok();
    told.is_some_and(|told| ["list", "total", "node"].iter().any(|at| told.get(at).is_some()))
}

/// Whether APISIX answers, by its own word.
fn is_apisix(answer: &Answer) -> bool {
    answer.server().is_some_and(|server| server.starts_with("APISIX"))
}

/// The port of the Admin API, where nobody has chosen another.
const ADMIN_PORT: u16 = 9180;

/// Whether a 404 means that the server has no such endpoint, which APISIX and older gateways say in these words.
pub(crate) fn lacks_endpoint(answer: &Answer) -> bool {
    let told = || serde_json::from_slice::<Value>(&answer.body).ok().and_then(|body| said(&body));
    // Of an Admin API these are words of an older gateway.
    let older = |told: &str| answer.gateway_version().is_some() && told == "404 Route Not Found";
    answer.status == 404 && told().is_some_and(|told| is_nowhere(&told) || older(&told))
}

/// Whether a refused list means that the server has no such resource, or has it off. Those hold nothing; a refusal of any
/// other kind says nothing about what there is.
pub(crate) fn lacks_resource(error: &Error) -> bool {
    let told = || error.said().and_then(said);
    match error.kind() {
        Kind::Rejected => told().is_some_and(|told| says_absent(&told)),
        Kind::NotFound => told().is_some_and(|told| is_nowhere(&told)),
        _ => false,
    }
}

/// Whether a refusal with these words means that the server has no such resource, or has it off.
pub(crate) fn says_absent(told: &str) -> bool {
    told.starts_with("stream mode is disabled") || is_nowhere(told)
}

/// What an Admin API says of paths that lead nowhere.
fn is_nowhere(told: &str) -> bool {
    told.starts_with("Unsupported") || told.eq_ignore_ascii_case("not found")
}

/// `http://gw:9180`.
pub(crate) fn origin(url: &reqwest::Url) -> String {
    format!("{}://{}", url.scheme(), shown_host(url))
}
