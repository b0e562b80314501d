//! Documents: they are asked for again and again while they are watched.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::follow::path;
use super::task::{Context, Teller, undefined};
use crate::admin::Beside;
use crate::client::Software;
use crate::commands::live;
use crate::error::{Error, Result};
use crate::tui::msg::{Arguments, Failure, Source};

/// How long more changes are waited for before a document that they change is read again, and how often it is read at most.
const GATHER: Duration = Duration::from_millis(300);
const SELDOM: Duration = Duration::from_secs(2);

/// The wait after something failed whose turn would come sooner or never.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// How often a document is asked for; `None`: once, and after a change.
fn pause(source: Source) -> Option<Duration> {
    let seconds = match source {
        Source::Nodes => 2,
        Source::Info | Source::Discovery => 5,
        Source::Dubbo | Source::Grpc => 10,
        Source::Certs => 60,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

/// Whether a change of a resource changes a document.
pub(super) fn depends(source: Source, resource: &str) -> bool {
    match source {
        Source::Info | Source::History => true,
        Source::Certs => resource == "ssls",
        _ => false,
    }
}

/// Tells a document for as long as it is watched.
pub(super) async fn document(context: Context, source: Source, arguments: Arguments, again: Rc<Notify>) {
    let mut teller = context.teller(source);
    let mut polling = Polling { context: &context, source, arguments, lacks: false };
    loop {
        let pause = match polling.read().await {
            Ok(Some(value)) => {
                teller.newest(value);
                pause(source)
            }
            Ok(None) => {
                teller.failure(&Failure::of(&context.connection.lacks(name(source))));
                return;
            }
            Err(error) => {
                polling.failed(error, &mut teller).await;
                Some(pause(source).unwrap_or_default().max(AFTER_FAILURE))
            }
        };
        let wait = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => {}
            () = again.notified() => {
                tokio::time::sleep(GATHER).await;
                // A change that comes now is told by what is read now.
                let next = polling.read().await;
                match next {
                    Ok(Some(value)) => teller.newest(value),
                    Ok(None) => {}
                    Err(error) => polling.failed(error, &mut teller).await,
                }
                tokio::time::sleep(SELDOM).await;
            }
        }
    }
}

/// What comes behind `live/`.
fn name(source: Source) -> &'static str {
    match source {
        Source::Nodes => "nodes",
        Source::Certs => "certs",
        Source::Discovery => "discovery",
        Source::History => "history",
        Source::Dubbo => "dubbo/services",
        Source::Grpc => "grpc/services",
        _ => "info",
    }
}

struct Polling<'c> {
    context: &'c Context,
    source: Source,
    arguments: Arguments,
    /// The server has no such endpoint.
    lacks: bool,
}

impl Polling<'_> {
    /// The document; `None` where nothing can stand for it.
    async fn read(&mut self) -> Result<Option<Value>> {
        let connection = &self.context.connection;
        let is_list = !matches!(self.source, Source::Info | Source::History | Source::Plugins);
        let (form, what): (fn(&Value) -> bool, _) =
            if is_list { (Value::is_array, "list") } else { (Value::is_object, "object") };
        if self.source == Source::Plugins {
            let plugins = connection.get("/plugins?all=true").await?;
            return if form(&plugins) { Ok(Some(plugins)) } else { Err(undefined("/plugins", what)) };
        }
        if !self.lacks {
            let told = connection.live(&path(name(self.source), &self.arguments, &[])).await?;
            match told {
                Some(value) if form(&value) => return Ok(Some(self.with_abilities(value))),
                Some(_) => return Err(undefined(&format!("/live/{}", name(self.source)), what)),
                None => self.lacks = true,
            }
        }
        match self.source {
            Source::Info => Ok(Some(self.server())),
            Source::Nodes => self.checked().await.map(Some),
            _ => Ok(None),
        }
    }

    fn with_abilities(&self, mut value: Value) -> Value {
        if self.source == Source::Info
            && let Value::Object(fields) = &mut value
        {
            fields.insert("live".to_owned(), (*self.context.abilities).clone());
        }
        value
    }

    /// What any server tells of itself, in the words of `live/info`.
    fn server(&self) -> Value {
        let Software { server, version } = self.context.connection.software();
        let (name, of_name) = match server.as_deref().map(|server| server.split_once('/').unwrap_or((server, ""))) {
            Some((name, version)) => (name, version),
            None => ("unknown", ""),
        };
        let version = version.or_else(|| Some(of_name.to_owned())).filter(|version| !version.is_empty());
        json!({ "name": name, "version": version, "live": null })
    }

    /// The nodes that checks look at, from the Control API.
    async fn checked(&self) -> Result<Value> {
        let connection = &self.context.connection;
        let failed = |error: Error| {
            let message = format!("the server has no live/nodes, and its Control API: {}", error.message());
            Error::new(error.kind(), message).hint("--control-server says where the Control API is")
        };
        let control = connection.listener(Beside::Control).await.map_err(failed)?;
        let body = connection.beside(&control, "/v1/healthcheck").await.map_err(failed)?;
        Ok(Value::Array(live::checked_nodes(&body)))
    }

    /// That another listener is not there says nothing of the link.
    async fn failed(&self, error: Error, teller: &mut Teller) {
        match self.lacks && self.source == Source::Nodes {
            true => teller.failure(&Failure::of(&error)),
            false => self.context.failed(error, teller).await,
        }
    }
}
