//! `gatewayctl bench`: so many connections for so long, and how long the answers took.

mod histogram;
mod load;
mod page;

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use super::App;
use crate::call::args::CallArgs;
use crate::call::place::Place;
use crate::call::send::Sender;
use crate::call::{Call, Speaks};
use crate::context::{Listener, is_loopback};
use crate::error::{Error, Kind, Result};
use load::Plan;

/// Load a route through the gateway, and say how long the answers took
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Load a route through the gateway, and say how long the answers took

Each connection sends one request after another, for --duration or until there were --requests. With --rate that many a second \
are begun on all connections together, and a request that begins late has its delay counted as a part of its time. This tool \
takes processor time of its own: on the machine of the gateway the numbers are lower than the gateway's best. A gateway on \
another machine is loaded only after a confirmation.",
    before_help = "Examples:
  gatewayctl bench GET /hello
  gatewayctl bench http://shop.example/orders -H 'apikey: janes-key' -c 100 --duration 30s
  gatewayctl bench POST /orders -d '{\"item\": 7}' --rate 500 -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    call: CallArgs,
    /// How many connections
    #[arg(long, short = 'c', value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    connections: u16,
    /// For how long
    #[arg(long, value_name = "DUR", default_value = "10s")]
    duration: String,
    /// At most so many requests
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// So many requests a second, on all connections together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Where the load goes; another machine only after a confirmation [default: the gateway]
    #[arg(long, value_name = "URL")]
    target: Option<String>,
}

/// Sends one request to see that it is answered, then all of them.
///
/// # Errors
/// Unreachable: there is no answer; aborted: the gateway is elsewhere, and nobody said yes.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("bench")?;
    if args.call.is_empty() {
        return Err(Error::usage("what request?").hint("gatewayctl bench GET /hello"));
    }
    let call = args.call.call(app)?;
    let duration = crate::context::duration("--duration", &args.duration)?;
    let duration = duration.ok_or_else(|| Error::usage("--duration 0: a load has an end").hint("--duration 10s"))?;
    let target = match &args.target {
        Some(text) => Listener { url: target(text)?, given: true, other_port: None, named_port: None },
        None => app.admin.proxy_for(&call).await?,
    };
    let place = Place::of(&call, &target).await?;
    allowed(&place, args, duration, app)?;
    let first = Sender::at(&call, place.clone(), app.settings)?.send().await?;
    if first.status >= 400 {
        app.out.warn(&format!("the first answer is {}: refusals are what is measured", first.status));
    }
    let (count, senders) = senders(&call, &place, args.connections, app)?;
    let plan = Plan {
        connections: usize::from(args.connections),
        per_sender: count,
        duration,
        requests: args.requests,
        rate: args.rate,
    };
    let (result, interrupted) = load::run(senders, &plan).await?;
    let told = page::document(&call, &plan, &result);
    app.printer().one("bench", || told.clone(), || app.out.part(&page::of(&call, &plan, &result, app)))?;
    match (interrupted, result.answered()) {
        (true, _) => Err(Error::new(Kind::Interrupted, "interrupted")),
        (false, 0) => Err(Error::new(Kind::Unreachable, "no request was answered")),
        _ => Ok(()),
    }
}

fn target(text: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| Error::usage(format!("--target: \"{text}\" is no URL")).hint("--target http://127.0.0.1:9080"))
}

/// Load on another machine is somebody's decision.
fn allowed(place: &Place, args: &Args, duration: Duration, app: &App<'_>) -> Result<()> {
    let here = match &place.addresses {
        Some((_, addresses)) => addresses.iter().all(|address| address.ip().is_loopback()),
        None => is_loopback(&place.url),
    };
    if here {
        return Ok(());
    }
    let first = place.addresses.as_ref().and_then(|(_, addresses)| addresses.first()).map(|address| address.ip());
    let at = first.map_or_else(|| place.url.host_str().unwrap_or_default().to_owned(), |ip: IpAddr| ip.to_string());
    app.agree(&format!("This loads {at} with {} connections for {duration:?}.", args.connections))
}

/// What sends: one a thread, or one a connection where a connection would carry everything. Of each how many connections.
fn senders(call: &Call, place: &Place, connections: u16, app: &App<'_>) -> Result<(usize, Vec<Sender>)> {
    let shared = matches!(call.speaks, Speaks::PriorKnowledge | Speaks::Http2)
        || call.speaks == Speaks::Any && place.url.scheme() == "https";
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(usize::from(connections));
    let (count, each) = match shared {
        true => (usize::from(connections), 1),
        false => (threads, usize::from(connections).div_ceil(threads)),
    };
    let senders = (0..count).map(|_| Sender::at(call, place.clone(), app.settings)).collect::<Result<Vec<Sender>>>()?;
    Ok((each, senders))
}
