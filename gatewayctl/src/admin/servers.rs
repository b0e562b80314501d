//! What kind of server answers: this gateway, an older one, APISIX, or something else; and what each can.

use std::sync::Arc;

use gateway_model::schema::Schema;
use reqwest::Method;
use serde_json::Value;

use super::{Admin, said};
use crate::client::{Answer, Software, shown_host};
use crate::error::{Error, Http, Kind, Result};

impl Admin<'_> {
    /// An answer that no Admin API gives.
    pub(super) fn foreign(&self, answer: &Answer, exchange: &Http) -> Option<Error> {
        let host = shown_host(&self.settings.admin);
        let Http { method, path, status, body } = exchange;
        if *status == 404 && said(body).as_deref() == Some("404 Route Not Found") {
            let error = Error::new(Kind::Server, format!("{host} is no Admin API: it routes {method} {path} nowhere"));
            return Some(error.hint("a proxy listener (9080) answers so; --server is the Admin API (9180)"));
        }
        if matches!(status, 502..=504) && !body.is_object() {
            let error = Error::new(Kind::Server, format!("what is in front of the Admin API answered {status}"));
            return Some(error.hint("the gateway behind it is down, or does not answer in time"));
        }
        let other = matches!(status, 300..=400 | 402 | 404..=428) && !body.is_object() && !answer.body.is_empty();
        other.then(|| {
            let what = match answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()) {
                Some(kind) => kind.split(';').next().unwrap_or(kind).to_owned(),
                None => "something that is not JSON".to_owned(),
            };
            let by = answer.server().map(|server| format!(" by {server}")).unwrap_or_default();
            let message = format!("{host} is no Admin API: {method} {path} was answered {status} with {what}{by}");
            Error::new(Kind::Server, message).hint("is --server right?")
        })
    }

    /// The error for a server without a live endpoint: APISIX has none, an older gateway not all.
    pub(crate) fn lacks(&self, path: &str) -> Error {
        lacks(self.client.software(), path)
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

/// What is said of paths that lead nowhere.
const NOWHERE: [&str; 2] = ["not found", "404 Route Not Found"];

/// Whether a 404 means that the server has no such endpoint, which APISIX and older gateways say in these words.
pub(crate) fn lacks_endpoint(answer: &Answer) -> bool {
    let told = || serde_json::from_slice::<Value>(&answer.body).ok().and_then(|body| said(&body));
    answer.status == 404
        && told().is_none_or(|told| told.starts_with("Unsupported") || NOWHERE.contains(&told.as_str()))
}
