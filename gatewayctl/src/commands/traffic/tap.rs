//! `gatewayctl traffic tap`: requests as they end.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::App;
use super::export::{Har, curl};
use super::known::{self, By};
use super::rows::{rounded, text};
use crate::error::{Error, Kind, Result};
use crate::filter::Filter;
use crate::output::Format;
use crate::output::clock::Now;
use crate::output::list::{Head, Record, head, wide_head};
use crate::stream::Row;

/// Show requests as they end
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show requests as they end

Each filter takes several values with commas between them; all filters have to hold. They are looked at by the gateway, \
--where is by this tool, on the document that -o ndjson shows. At most --max-rps requests a second are told; how many were left \
out is said. --headers and --body need a key of role admin, and credentials in headers are masked. -o har is an archive for \
browsers' tools, -o curl a command line a request. Ids and protocols that there are not are refused. Without --count and \
--duration it goes on until somebody ends it; where the gateway does, the exit code is 6.",
    before_help = "Examples:
  gatewayctl traffic tap
  gatewayctl traffic tap --route orders --status 5xx,429 --min-latency 200ms
  gatewayctl traffic tap --where 'upstream.tries > 1' -o ndjson
  gatewayctl traffic tap --host '*.example' --duration 30s --headers -o har > traffic.har",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Of these routes
    #[arg(long, value_name = "ID,…")]
    route: Option<String>,
    /// Of these services
    #[arg(long, value_name = "ID,…")]
    service: Option<String>,
    /// To these upstreams
    #[arg(long, value_name = "ID,…")]
    upstream: Option<String>,
    /// To these nodes
    #[arg(long, value_name = "ADDRESS:PORT,…")]
    node: Option<String>,
    /// Of these consumers
    #[arg(long, value_name = "NAME,…")]
    consumer: Option<String>,
    /// With these methods
    #[arg(long, value_name = "METHOD,…")]
    method: Option<String>,
    /// For these hosts, * stands for anything
    #[arg(long, value_name = "GLOB,…")]
    host: Option<String>,
    /// With these paths, * stands for anything
    #[arg(long, value_name = "GLOB,…")]
    path: Option<String>,
    /// With these statuses: 5xx, 429, 400-404
    #[arg(long, value_name = "STATUS,…")]
    status: Option<String>,
    /// From these addresses or networks
    #[arg(long, value_name = "CIDR,…")]
    client: Option<String>,
    /// In these protocols: http1, http2, grpc, websocket, triple, dubbo
    #[arg(long, value_name = "NAME,…")]
    protocol: Option<String>,
    /// With this field of the request, 'Name: value' or 'Name'; may be repeated (--header behind tap does too)
    #[arg(short = 'H', long = "request-header", value_name = "K: V")]
    fields: Vec<String>,
    /// That took at least so long
    #[arg(long, value_name = "DUR")]
    min_latency: Option<String>,
    /// A condition on any field, such as 'status >= 500 && ms.total > 100'
    #[arg(long = "where", value_name = "EXPR")]
    condition: Option<String>,
    /// Only this share of them, 0 to 1
    #[arg(long, value_name = "SHARE")]
    sample: Option<f64>,
    /// At most so many a second
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    max_rps: u32,
    /// End after so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// End after this time
    #[arg(long, value_name = "DUR")]
    duration: Option<String>,
    /// With the fields of request and answer
    #[arg(long = "headers")]
    fields_too: bool,
    /// With the beginning of both bodies, up to 16KiB
    #[arg(long, value_name = "SIZE")]
    body: Option<String>,
}

/// Follows the requests.
///
/// # Errors
/// Interrupted; unreachable: the gateway has ended the stream; usage: a filter that is none; not found: nothing is called what a filter names; server: it has no `live/tap`; those of the call.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let condition = args.condition.as_deref().map(Filter::parse).transpose()?;
    let mut shown = Shown::new(app)?;
    let path = args.question()?;
    args.check(app).await?;
    for (path, stranger) in condition.as_ref().map(known::strangers).unwrap_or_default() {
        let meant = stranger.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        app.out.warn(&format!("--where {path}: no request has a field \"{}\"{meant}", stranger.name));
    }
    let time = args.time()?;
    let after = |time: Option<Duration>| time.and_then(|time| Instant::now().checked_add(time));
    // From when on the end of the stream is the one that was asked for: the gateway's clock may be a little faster.
    let over = after(time.map(|time| time.mul_f64(0.95)));
    let Some(mut stream) = app.admin.follow(&path).await? else { return Err(app.admin.lacks("tap")) };
    let (mut left, mut dropped) = (args.count, 0_u64);
    let (mut told, mut matched) = (0_u64, 0_u64);
    // The gateway ends it by itself; what it then has under way is to be told.
    let until = after(time.map(|time| time.saturating_add(Duration::from_millis(500))));
    let ended = loop {
        let next = match until {
            Some(until) => match tokio::time::timeout_at(until.into(), stream.next()).await {
                Ok(next) => next,
                Err(_) => break Ok(()),
            },
            None => stream.next().await,
        };
        match next {
            Ok(None) if over.is_some_and(|over| Instant::now() >= over) => break Ok(()),
            // The gateway has counted those that it left out.
            Ok(None) if args.count.is_some_and(|count| told.saturating_add(dropped) >= u64::from(count)) => {
                break Ok(());
            }
            Ok(None) => break Err(Error::new(Kind::Unreachable, "the gateway has ended the stream")),
            Ok(Some(Row::Dropped(count))) => {
                dropped = dropped.saturating_add(count);
                app.out.note(&format!("{count} requests were left out; --max-rps and filters say how many are told"));
            }
            Ok(Some(Row::Value(row))) => {
                told += 1;
                if condition.as_ref().is_some_and(|condition| !condition.matches(&row)) {
                    continue;
                }
                matched += 1;
                shown.row(&row)?;
                left = left.map(|left| left - 1);
                if left == Some(0) {
                    break Ok(());
                }
            }
            Err(error) => break Err(error),
        }
    };
    shown.end()?;
    if matched == 0 {
        app.out.note(&match told {
            0 => "no request was told of".to_owned(),
            told => format!("0 of {told} requests matched --where"),
        });
    }
    if dropped > 0 {
        app.out.warn(&format!("{dropped} requests were left out in all"));
    }
    ended
}

impl Args {
    /// Looks whether there is what the filters name.
    ///
    /// # Errors
    /// Those of [`known::check`].
    async fn check(&self, app: &App<'_>) -> Result<()> {
        for (flag, dimension, ids) in [
            ("--protocol", "protocol", &self.protocol),
            ("--route", "route", &self.route),
            ("--service", "service", &self.service),
            ("--upstream", "upstream", &self.upstream),
            ("--consumer", "consumer", &self.consumer),
        ] {
            let ids = ids.iter().flat_map(|ids| ids.split(',')).map(str::trim).filter(|id| !id.is_empty());
            known::check(flag, dimension, &ids.collect::<Vec<_>>(), By::Id, app).await?;
        }
        Ok(())
    }

    /// How long it is to last.
    fn time(&self) -> Result<Option<Duration>> {
        let time = self.duration.as_deref().map(|text| crate::context::duration("--duration", text)).transpose()?;
        Ok(time.flatten())
    }

    /// The path with its query.
    fn question(&self) -> Result<String> {
        let mut url = reqwest::Url::parse("http://x/tap").map_err(|_| Error::usage("no question"))?;
        {
            let mut query = url.query_pairs_mut();
            let texts = [
                ("route", &self.route),
                ("service", &self.service),
                ("upstream", &self.upstream),
                ("node", &self.node),
                ("consumer", &self.consumer),
                ("method", &self.method),
                ("host", &self.host),
                ("path", &self.path),
                ("status", &self.status),
                ("client", &self.client),
                ("protocol", &self.protocol),
            ];
            for (name, value) in texts {
                if let Some(value) = value {
                    query.append_pair(name, value);
                }
            }
            for field in &self.fields {
                query.append_pair("header", field);
            }
            for (flag, name, text) in
                [("--min-latency", "min_latency", &self.min_latency), ("--duration", "duration", &self.duration)]
            {
                let time = text.as_deref().map(|text| crate::context::duration(flag, text)).transpose()?.flatten();
                if let Some(time) = time {
                    query.append_pair(name, &format!("{}ms", time.as_millis()));
                }
            }
            if let Some(share) = self.sample {
                if !(0.0..=1.0).contains(&share) {
                    return Err(Error::usage("--sample is a share from 0 to 1"));
                }
                query.append_pair("sample", &share.to_string());
            }
            query.append_pair("max_rps", &self.max_rps.to_string());
            // With a condition of our own the gateway cannot know when it is enough.
            if let Some(count) = self.count.filter(|_| self.condition.is_none()) {
                query.append_pair("count", &count.to_string());
            }
            if self.fields_too {
                query.append_pair("headers", "1");
            }
            if let Some(size) = &self.body {
                query.append_pair("body", &bytes(size)?.to_string());
            }
        }
        Ok(format!("tap?{}", url.query().unwrap_or_default()))
    }
}

/// `4096`, `4KiB`, `4k`.
fn bytes(text: &str) -> Result<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let (number, factor) =
        match ["kib", "kb", "k", "b"].iter().find_map(|unit| lower.strip_suffix(unit).map(|n| (n, *unit))) {
            Some((number, "b")) => (number, 1),
            Some((number, _)) => (number, 1024),
            None => (lower.as_str(), 1),
        };
    let wrong = || Error::usage(format!("--body {text}: expected a size up to 16KiB")).hint("--body 4KiB");
    let size = number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    size.filter(|size| (1..=16 * 1024).contains(size)).ok_or_else(wrong)
}

/// The form that was asked for.
enum Shown<'a> {
    Rows(Box<crate::output::list::List<'a>>, &'a App<'a>),
    Har(Har<'a>),
    Curl(&'a App<'a>),
}

impl<'a> Shown<'a> {
    fn new(app: &'a App<'a>) -> Result<Shown<'a>> {
        Ok(match app.format() {
            Format::Har => Shown::Har(Har::begin(app)),
            Format::Curl => Shown::Curl(app),
            _ => Shown::Rows(Box::new(app.printer().stream(HEADS.to_vec())?), app),
        })
    }

    fn row(&mut self, row: &Value) -> Result<()> {
        match self {
            Shown::Rows(list, app) => list.push(&record(row, app)),
            Shown::Har(har) => har.row(row),
            Shown::Curl(app) => app.out.line(&curl(row)).and_then(|()| app.out.flush()),
        }
    }

    fn end(self) -> Result<()> {
        match self {
            Shown::Rows(list, _) => list.finish().map(drop),
            Shown::Har(har) => har.end(),
            Shown::Curl(_) => Ok(()),
        }
    }
}

const HEADS: [Head; 20] = [
    head("TIME", 0),
    head("PROTOCOL", 3),
    head("CLIENT", 4),
    head("METHOD", 0),
    head("HOST", 2),
    head("PATH", 1),
    head("STATUS", 0),
    head("ROUTE", 2),
    head("NODE", 4),
    head("MS", 0),
    head("UPSTREAM-MS", 0),
    head("GATEWAY-MS", 0),
    head("BYTES", 0),
    wide_head("SERVICE", 3),
    wide_head("CONSUMER", 3),
    wide_head("UPSTREAM", 3),
    wide_head("TRIES", 0),
    wide_head("RX", 0),
    wide_head("PLUGINS", 5),
    wide_head("ERROR", 1),
];

fn record(row: &Value, app: &App<'_>) -> Record {
    let of = |pointer: &str| match row.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(value) => crate::filter::text_of(value).into_owned(),
    };
    let ms = |pointer: &str| row.pointer(pointer).and_then(Value::as_f64).map_or("-".to_owned(), rounded);
    // A call of gRPC has a status of its own.
    let status = match row.get("grpc_status").and_then(Value::as_u64) {
        Some(status) => format!("{} grpc {status}", of("/status")),
        None => of("/status"),
    };
    let plugins = row.get("plugins").and_then(Value::as_array).into_iter().flatten().map(|plugin| {
        let verdict = text(plugin, "verdict");
        let told = if verdict == "pass" || verdict.is_empty() { String::new() } else { format!(" {verdict}") };
        format!("{}{told}", text(plugin, "name"))
    });
    let plugins: Vec<String> = plugins.collect();
    let cells = vec![
        time(row, app),
        of("/protocol"),
        of("/client"),
        of("/method"),
        of("/host"),
        of("/path"),
        status,
        of("/route/id"),
        of("/upstream/node"),
        ms("/ms/total"),
        ms("/ms/upstream"),
        ms("/ms/gateway"),
        of("/tx"),
        of("/service"),
        of("/consumer"),
        of("/upstream/id"),
        of("/upstream/tries"),
        of("/rx"),
        if plugins.is_empty() { "-".to_owned() } else { plugins.join(", ") },
        of("/error"),
    ];
    Record { name: format!("request/{}", text(row, "id")), cells, document: row.clone() }
}

/// The time of day on a terminal, all of it elsewhere; UTC.
fn time(row: &Value, app: &App<'_>) -> String {
    let full = moment(row.get("ts").and_then(Value::as_f64).unwrap_or_default());
    if app.tty.stdout && app.format().is_human() { full.get(11..23).unwrap_or(&full).to_owned() } else { full }
}

/// RFC 3339 with milliseconds, in UTC.
pub(super) fn moment(unix_s: f64) -> String {
    // Beyond the range of dates it only looks wrong.
    #[allow(clippy::cast_possible_truncation)]
    let millis = (unix_s * 1000.0).round() as i64;
    let text = Now::at(millis.div_euclid(1000)).rfc3339();
    format!("{}.{:03}Z", text.trim_end_matches('Z'), millis.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_sizes() {
        assert_eq!(moment(1_795_491_389.131), "2026-11-24T03:36:29.131Z");
        for (text, size) in [("4096", 4096), ("4KiB", 4096), ("1k", 1024), ("16kb", 16384), ("7b", 7)] {
            assert_eq!(bytes(text).unwrap(), size, "{text}");
        }
        for bad in ["", "0", "17KiB", "4MiB", "-1", "x"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }
}
