//! `gatewayctl trace`: what a request would come to and why, without sending it.

mod asked;
mod page;

use reqwest::Method;
use reqwest::header::HOST;
use serde_json::Value;

use super::App;
use crate::admin::Beside;
use crate::call::args::CallArgs;
use crate::call::send::{Sender, Sent};
use crate::call::{Call, grpc, place, seen};
use crate::error::{Error, Kind, Result};
use asked::Spoken;

/// Explain what a request would come to, and why, without sending it
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Explain what a request would come to, and why, without sending it

The gateway says which routes were asked and why each one fits or does not, which plugins run in which order and where each \
comes from, which consumer is found, and to which upstream the request would go. Nothing is sent or counted. --send sends it \
afterwards, through the gateway, and shows how long each plugin took; the request then has a field X-Gatewayctl-Trace more. Behind the word curl stands a command line of curl, so flags of this tool go in front of it. \
TCP and UDP streams cannot be traced, because this gateway does not serve them.",
    before_help = "Examples:
  gatewayctl trace GET http://shop.example/orders -H 'apikey: janes-key'
  gatewayctl trace /orders/7 --client 10.1.2.3 -o json
  gatewayctl trace --send curl -X POST http://shop.example/orders -d '{\"item\": 7}'
  gatewayctl trace --grpc shop.Orders/Find
  gatewayctl trace --dubbo org.acme.Orders/1.0 find",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    call: CallArgs,
    /// Address of the client [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    client: Option<String>,
    /// Name that the client asks for over TLS [default: the host]
    #[arg(long, value_name = "NAME")]
    sni: Option<String>,
    /// The client shows a certificate that the gateway trusts
    #[arg(long)]
    client_cert: bool,
    /// Port of the listener [default: the URL's, else the first that speaks it]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// What the client speaks
    #[arg(long, value_name = "NAME", conflicts_with = "http_version")]
    protocol: Option<Spoken>,
    /// A call of gRPC; its URL need name no more than the host
    #[arg(long, value_name = "PACKAGE.SERVICE/METHOD", conflicts_with_all = ["protocol", "dubbo"])]
    grpc: Option<String>,
    /// A call of Dubbo
    #[arg(long, num_args = 2, value_names = ["SERVICE[/VERSION[/GROUP]]", "METHOD"], conflicts_with_all = ["protocol", "send"])]
    dubbo: Option<Vec<String>>,
    /// Attachment of the call of Dubbo; may be repeated
    #[arg(long = "attachment", value_name = "K=V", requires = "dubbo")]
    attachments: Vec<String>,
    /// A connection to a TCP listener; this gateway serves none
    #[arg(long, num_args = 1..=2, value_names = ["PORT", "SNI"])]
    stream: Option<Vec<String>>,
    /// Send it, too
    #[arg(long)]
    send: bool,
}

/// Asks, and prints what is said.
///
/// # Errors
/// Usage: a URL that is none; server: it has no `live/explain`; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("trace")?;
    if args.stream.is_some() {
        let error = Error::usage("this gateway serves no TCP or UDP streams, so there is nothing to trace");
        return Err(error.hint("stream routes are checked and stored; gatewayctl get stream-routes shows them"));
    }
    let call = args.request(app)?;
    if let Some(call) = &call {
        place::checked(&call.target)?;
    }
    let mut asked = args.asked(call.as_ref(), app)?;
    if let Some(call) = call.as_ref().filter(|_| args.port.is_none() && args.sni.is_none()) {
        at_gateway(&mut asked, call, app).await;
    }
    let mut told = explain(app, &asked).await?;
    let (sent, failed) = match &call {
        Some(call) if args.send => {
            send(call, app).await.map_or_else(|error| (None, Some(error)), |sent| (Some(sent), None))
        }
        _ => (None, None),
    };
    if let (Some((sent, seen)), Some(told)) = (&sent, told.as_object_mut()) {
        told.insert("sent".into(), sent.document());
        told.insert("seen".into(), seen.clone().unwrap_or_default());
    }
    // What was explained is worth having also where nobody answers.
    app.printer().one(
        "trace",
        || told.clone(),
        || app.out.page(&page::of(&told, call.as_ref(), sent.as_ref(), app)),
    )?;
    failed.map_or(Ok(()), Err)
}

impl Args {
    /// The request; `None` of a call of Dubbo, which is no request of HTTP.
    fn request(&self, app: &App<'_>) -> Result<Option<Call>> {
        if self.dubbo.is_some() {
            if !self.call.is_empty() {
                return Err(Error::usage("a call of Dubbo has no URL"));
            }
            return Ok(None);
        }
        if self.call.is_empty() && self.grpc.is_none() {
            return Err(Error::usage("what request?").hint("gatewayctl trace GET /hello"));
        }
        let mut typed = if self.call.is_empty() { self.call.over(Default::default())? } else { self.call.typed()? };
        if self.grpc.is_some() && typed.target.is_none() {
            typed.target = Some("/".to_owned());
        }
        let mut call = typed.call(&|path: &str| crate::call::args::read(path, app))?;
        if let Some(method) = &self.grpc {
            grpc::make(&mut call, method)?;
        }
        Ok(Some(call))
    }
}

/// What the gateway says of a request.
///
/// # Errors
/// Server: it has no such endpoint; those of the call.
pub(crate) async fn explain(app: &App<'_>, asked: &Value) -> Result<Value> {
    let answer = app.admin.call(Method::POST, "/live/explain", Some(asked.to_string().into_bytes())).await?;
    if answer.status == 404 {
        return Err(app.admin.lacks("explain"));
    }
    let answer = app.admin.success(answer, None)?;
    let told = answer.document()?;
    if told.as_object().is_none_or(serde_json::Map::is_empty) {
        let error = Error::new(Kind::Server, format!("{} answered something that explains nothing", answer.asked()));
        return Err(error.http(answer.exchange()));
    }
    Ok(told)
}

/// A request as `live/explain` is asked about it, to the host that it would be sent to.
pub(crate) async fn placed(call: &Call, app: &App<'_>) -> Value {
    let mut asked = plain(call);
    at_gateway(&mut asked, call, app).await;
    asked
}

/// A path alone is of the listener that the request would be sent to, unless a field says which host is meant.
async fn at_gateway(asked: &mut Value, call: &Call, app: &App<'_>) {
    if !call.target.starts_with('/') || call.header(&HOST).is_some() {
        return;
    }
    // Of a gateway without such a listener a path stays one.
    let Ok(gateway) = app.admin.beside(Beside::Proxy).await else { return };
    if let (Ok(url), Some(asked)) = (place::url(&call.target, &gateway.url), asked.as_object_mut()) {
        asked.insert("url".to_owned(), url.as_str().into());
    }
}

/// A request as `live/explain` is asked about it.
pub(crate) fn plain(call: &Call) -> Value {
    asked::of(call)
}

/// Sends it; with what the gateway saw of it, where it tells.
async fn send(call: &Call, app: &App<'_>) -> Result<(Sent, Option<Value>)> {
    let mut call = call.clone();
    let watching = seen::watch(&mut call, app).await;
    let gateway = app.admin.proxy_for(&call).await?;
    let sent = Sender::new(&call, &gateway, app.settings).await?.send().await?;
    let row = match watching {
        Some(watching) => watching.row().await?,
        None => None,
    };
    Ok((sent, row))
}
