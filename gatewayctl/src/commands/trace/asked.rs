//! What `live/explain` is asked.

use clap::ValueEnum;
use reqwest::header::UPGRADE;
use serde_json::{Map, Value, json};

use super::Args;
use crate::call::{Call, Speaks};
use crate::commands::App;
use crate::error::{Error, Result};

/// What the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Spoken {
    Http1,
    Http2,
    Grpc,
    Websocket,
    /// Dubbo over HTTP/2.
    Triple,
}

impl Args {
    /// The question.
    ///
    /// # Errors
    /// Usage.
    pub(super) fn asked(&self, call: Option<&Call>, app: &App<'_>) -> Result<Value> {
        let mut asked = match (&self.dubbo, call) {
            (Some(words), _) => json!({ "protocol": "dubbo", "dubbo": self.invocation(words)? }),
            (None, Some(call)) => {
                let mut asked = of(call);
                // A message in its frame is no text.
                if let Some(fields) = asked.as_object_mut().filter(|_| self.grpc.is_some()) {
                    fields.shift_remove("body");
                }
                asked
            }
            (None, None) => json!({}),
        };
        if call.and_then(|call| call.body.as_ref()).is_some() && asked.get("body").is_none() && self.grpc.is_none() {
            app.out.note("the body is no text, and is left out of what is explained");
        }
        let protocol = match self.grpc {
            Some(_) => Some("grpc".to_owned()),
            None => {
                self.protocol.and_then(|spoken| spoken.to_possible_value()).map(|value| value.get_name().to_owned())
            }
        };
        let said = [
            ("protocol", protocol.map(Value::from)),
            ("client_addr", self.client.as_deref().map(Value::from)),
            ("sni", self.sni.as_deref().map(Value::from)),
            ("client_cert", self.client_cert.then_some(Value::Bool(true))),
            ("port", self.port.map(Value::from)),
        ];
        for (name, value) in said {
            if let (Some(value), Some(asked)) = (value, asked.as_object_mut()) {
                asked.insert(name.to_owned(), value);
            }
        }
        Ok(asked)
    }

    /// `SERVICE[/VERSION[/GROUP]] METHOD`.
    fn invocation(&self, words: &[String]) -> Result<Value> {
        let [service, method] = words else { return Err(Error::usage("--dubbo SERVICE METHOD")) };
        let mut parts = service.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        let (interface, version, group) = (part(), part(), part());
        let mut attachments = Map::new();
        for attachment in &self.attachments {
            let (name, value) = attachment
                .split_once('=')
                .ok_or_else(|| Error::usage(format!("--attachment {attachment}: expected K=V")))?;
            attachments.insert(name.to_owned(), value.into());
        }
        Ok(json!({
            "interface": interface, "method": method, "version": version, "group": group, "attachments": attachments,
        }))
    }
}

/// A request as it is asked about. A body that is no text is left out.
pub(super) fn of(call: &Call) -> Value {
    let mut headers = Map::new();
    for (name, value) in &call.headers {
        let value = Value::from(String::from_utf8_lossy(value.as_bytes()));
        match headers.get_mut(name.as_str()) {
            Some(Value::Array(values)) => values.push(value),
            Some(one) => *one = json!([one.take(), value]),
            None => drop(headers.insert(name.to_string(), value)),
        }
    }
    let protocol = match call.speaks {
        _ if call.header(&UPGRADE).is_some_and(|kind| kind.eq_ignore_ascii_case("websocket")) => "websocket",
        Speaks::Http2 | Speaks::PriorKnowledge => "http2",
        Speaks::Any | Speaks::Http1 => "http1",
    };
    let url = match call.target.starts_with('/') || call.target.contains("://") {
        true => call.target.clone(),
        false => format!("http://{}", call.target),
    };
    let mut asked = json!({ "method": call.method.as_str(), "url": url, "headers": headers, "protocol": protocol });
    if let Some(body) = call.body.as_ref().and_then(|body| std::str::from_utf8(body).ok()) {
        asked["body"] = body.into();
    }
    asked
}
