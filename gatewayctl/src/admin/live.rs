//! The live endpoints, which only a gateway of ours has: what it can, documents, changes of many objects, and streams.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::{Admin, body, lacks_endpoint, undefined};
use crate::client::{Answer, Opened, Request};
use crate::error::Result;
use crate::stream::Rows;

impl Admin<'_> {
    /// Sends a change of many objects, or of the whole configuration, which may take longer than other calls.
    ///
    /// # Errors
    /// Those of the call; a refusal is an answer like any other.
    pub(crate) async fn post_live(&self, path: &str, value: &Value) -> Result<Answer> {
        let url = self.url(&format!("/live/{path}"))?;
        let patience = self.settings.patience;
        let body = Some(body(value));
        self.client.send(Request { method: Method::POST, url, body, admin: true, if_match: None, patience }).await
    }

    /// Whether the server says of itself that it can do something.
    pub(crate) async fn can(&self, ability: &str) -> Result<bool> {
        let answer = self.call(Method::GET, "/live", None).await?;
        if !answer.is_success() {
            self.is_one(&answer)?;
            return Ok(false);
        }
        let told = answer.json()?;
        let abilities = told.get("abilities").and_then(Value::as_array);
        Ok(abilities.is_some_and(|abilities| abilities.iter().any(|name| name.as_str() == Some(ability))))
    }

    /// A document of the live endpoints; `None` from a server that has none of that name.
    ///
    /// # Errors
    /// Not found: the endpoint is there, and what it is asked for is not.
    pub(crate) async fn live(&self, path: &str) -> Result<Option<Value>> {
        let answer = self.call(Method::GET, &format!("/live/{path}"), None).await?;
        if lacks_endpoint(&answer) {
            return Ok(None);
        }
        self.success(answer, None)?.document().map(Some)
    }

    /// As [`Admin::live`], for one that answers only after a while; `None` waits for ever.
    pub(crate) async fn live_within(&self, path: &str, patience: Option<Duration>) -> Result<Option<Value>> {
        let url = self.url(&format!("/live/{path}"))?;
        let patience = Some(patience.unwrap_or(Duration::from_secs(365 * 24 * 60 * 60)));
        let request = Request { method: Method::GET, url, body: None, admin: true, if_match: None, patience };
        let answer = self.client.send(request).await?;
        if lacks_endpoint(&answer) {
            return Ok(None);
        }
        self.success(answer, None)?.document().map(Some)
    }

    /// A stream of the live endpoints, a row a line; `None` from a server that has none of that name.
    pub(crate) async fn follow(&self, path: &str) -> Result<Option<Rows>> {
        self.follow_as(path, "application/x-ndjson").await
    }

    /// As [`Admin::follow`], as events with heartbeats between them.
    pub(crate) async fn follow_events(&self, path: &str) -> Result<Option<Rows>> {
        self.follow_as(path, "text/event-stream").await
    }

    async fn follow_as(&self, path: &str, accept: &'static str) -> Result<Option<Rows>> {
        let url = self.url(&format!("/live/{path}"))?;
        let request = Request { method: Method::GET, url, body: None, admin: true, if_match: None, patience: None };
        self.opened(&request, accept, path).await
    }

    /// The same for a stream that begins with a question.
    pub(crate) async fn follow_post(&self, path: &str, value: &Value) -> Result<Option<Rows>> {
        let url = self.url(&format!("/live/{path}"))?;
        let body = Some(body(value));
        let request = Request { method: Method::POST, url, body, admin: true, if_match: None, patience: None };
        self.opened(&request, "application/x-ndjson", path).await
    }

    async fn opened(&self, request: &Request, accept: &'static str, path: &str) -> Result<Option<Rows>> {
        match self.client.open(request, accept).await? {
            Opened::Rows(rows) => Ok(Some(rows)),
            Opened::Refused(answer) if lacks_endpoint(&answer) => Ok(None),
            Opened::Refused(answer) => Err(match self.success(answer, None) {
                Err(error) => error,
                Ok(_) => undefined(&format!("{} /live/{path}", request.method)),
            }),
        }
    }
}
