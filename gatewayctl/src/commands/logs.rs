//! `gatewayctl logs`: what the gateway says of itself, and its access log.

mod file;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use regex::Regex;
use serde_json::Value;

use super::App;
use super::live::{self, moment, text};
use crate::error::{Error, Kind, Result};
use crate::filter::text_of;
use crate::output::clock::Now;
use crate::output::list::{List, Record, head};
use crate::stream::Row;
use crate::suggest;

/// Show the error log of the gateway, or its access log
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show the error log of the gateway, or its access log

The gateway keeps the last 2,000 lines of its error log; `logs access` is the end of the access log, where that is a file. What \
it does not log at its own level is not there either. With --file a local file is read instead, and no server is asked.",
    before_help = "Examples:
  gatewayctl logs
  gatewayctl logs -f --level warn
  gatewayctl logs --since 5m --component audit --grep 'routes/hello'
  gatewayctl logs access -n 20
  gatewayctl logs --file /var/log/gateway/error.log --level error",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Which log
    #[arg(value_enum, default_value_t = Which::Error)]
    which: Which,
    /// Go on with the lines that come
    #[arg(long, short = 'f')]
    follow: bool,
    /// This and what is more serious
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,
    /// Only what comes from here, such as audit or gateway_health
    #[arg(long, value_name = "NAME")]
    component: Option<String>,
    /// Only lines of so long ago until now: 5m, 2h
    #[arg(long, value_name = "DUR")]
    since: Option<String>,
    /// Only lines that match a regular expression
    #[arg(long, value_name = "RE")]
    grep: Option<String>,
    /// How many of the last ones
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(0..=2000))]
    lines: u16,
    /// Read this file, and ask no server
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// The logs of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// What it says of itself.
    Error,
    /// A line a request.
    Access,
}

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Level {
    /// Something failed.
    Error,
    /// Something may be wrong.
    Warn,
    /// What happens.
    Info,
    /// More than most want to know.
    Debug,
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

/// Prints the lines.
///
/// # Errors
/// Interrupted, which is the usual end of `-f`; server: it tells no logs; usage; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let since = args.since.as_deref().map(|text| crate::context::duration("--since", text)).transpose()?.flatten();
    let from = since.map(|ago| app.now.seconds().saturating_sub(i64::try_from(ago.as_secs()).unwrap_or(i64::MAX)));
    if let Some(pattern) = &args.grep {
        Regex::new(pattern).map_err(|error| {
            let reason = error.to_string();
            Error::usage(format!("--grep: {}", reason.lines().last().unwrap_or_default().trim()))
        })?;
    }
    let printer = app.printer();
    let heads = match args.which {
        Which::Error => vec![head("TIME", 0), head("LEVEL", 0), head("COMPONENT", 0), head("MESSAGE", 0)],
        Which::Access => vec![head("LINE", 0)],
    };
    // Without -f the end is known, and JSON is one document.
    let whole = !args.follow && !app.format().is_tabular();
    let list = if whole { printer.list(heads)? } else { printer.stream(heads)? };
    let mut shown = Shown { app, list, which: args.which };
    if let Some(path) = &args.file {
        return file::run(args, path, from, shown).await;
    }
    let pairs = |from: Option<f64>, lines: u16, follow: bool| {
        let mut pairs = vec![
            ("kind", (args.which == Which::Access).then(|| "access".to_owned())),
            ("grep", args.grep.clone()),
            ("n", Some(lines.to_string())),
            ("follow", follow.then(|| "1".to_owned())),
        ];
        if args.which == Which::Error {
            pairs.extend([
                ("level", args.level.map(|level| level.word().to_owned())),
                ("component", args.component.clone()),
                ("from", from.map(|from| from.to_string())),
            ]);
        }
        live::path("logs", &pairs)
    };
    // Whole seconds of this time are exact in either form.
    let from = from.map(|from| from as f64);
    if !args.follow {
        let told = app.admin.live(&pairs(from, args.lines, false)).await?.ok_or_else(|| no_logs(app))?;
        let lines = told.get("logs").and_then(Value::as_array);
        let lines = lines.ok_or_else(|| Error::new(Kind::Server, "GET /live/logs: the answer has no lines"))?;
        for line in lines {
            shown.push(line.clone())?;
        }
        if shown.list.finish()? == 0 {
            app.out.note("no lines");
            if let Some(component) = args.component.as_deref().filter(|_| args.which == Which::Error) {
                unheard(component, app).await;
            }
        }
        return Ok(());
    }
    follow(args.lines, from, pairs, &mut shown).await
}

/// Where no line at all comes from a component: which there are lines of.
async fn unheard(component: &str, app: &App<'_>) {
    let path = live::path("logs", &[("n", Some("2000".to_owned()))]);
    let Ok(Some(told)) = app.admin.live(&path).await else { return };
    let lines = told.get("logs").and_then(Value::as_array).into_iter().flatten();
    let known: BTreeSet<&str> = lines.map(|line| text(line, "target")).filter(|target| !target.is_empty()).collect();
    if known.is_empty() || known.iter().any(|target| target.starts_with(component)) {
        return;
    }
    // A component is how a target begins, up to any of its parts.
    let parts = known.iter().flat_map(|target| {
        target.match_indices("::").map(|(at, _)| &target[..at]).chain(std::iter::once(*target)).collect::<Vec<_>>()
    });
    let hint = suggest::hint(component, parts).unwrap_or_else(|| {
        let names: Vec<&str> = known.iter().take(20).copied().collect();
        format!("there are lines of {}", names.join(", "))
    });
    app.out.warn(&format!("--component {component}: no line comes from it; {hint}"));
}

fn no_logs(app: &App<'_>) -> Error {
    app.admin.lacks("logs").hint("--file reads a log file of this machine")
}

/// Prints what comes, and comes back when the connection is lost.
async fn follow(
    lines: u16,
    from: Option<f64>,
    path: impl Fn(Option<f64>, u16, bool) -> String,
    shown: &mut Shown<'_>,
) -> Result<()> {
    let app = shown.app;
    let (mut lines, mut tries) = (lines, 0);
    let mut latest = Latest::default();
    loop {
        let lost = match app.admin.follow(&path(latest.from().or(from), lines, true)).await {
            Ok(None) => return Err(no_logs(app)),
            Ok(Some(mut rows)) => {
                (tries, lines) = (0, 2000);
                let mut known = latest.lines.clone();
                loop {
                    match rows.next().await {
                        Ok(Some(Row::Value(line))) => {
                            if let Some(place) = known.iter().position(|known| *known == line) {
                                known.remove(place);
                                continue;
                            }
                            latest.take(&line);
                            shown.push(line)?;
                        }
                        Ok(Some(Row::Dropped(count))) => app.out.warn(&format!("{count} lines were left out")),
                        Ok(None) => break Error::new(Kind::Unreachable, "the gateway has ended the stream"),
                        Err(error) => break error,
                    }
                }
            }
            Err(error) => error,
        };
        if lost.kind() != Kind::Unreachable || tries > 10 || shown.list.count() == 0 {
            return Err(lost);
        }
        app.out.warn(&format!("{}; trying again", lost.message()));
        if shown.which == Which::Access {
            // Its lines have no time to go on from.
            lines = 0;
        }
        tries += 1;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500) * tries) => {}
            error = crate::stop::wanted() => return Err(error),
        }
    }
}

/// The lines that were shown last. A server that is asked for what comes behind a time rounds it, and tells lines of one
/// millisecond in any order: it is asked for a little more, and what is known is left out.
#[derive(Default)]
struct Latest {
    lines: VecDeque<Value>,
    /// The times of the first and of the newest line, in seconds since 1970.
    times: Option<(f64, f64)>,
}

/// How far behind the newest line lines are asked for again, in seconds.
const OVERLAP: f64 = 1.0;
/// So many lines are remembered at most.
const REMEMBERED: usize = 2000;

impl Latest {
    fn take(&mut self, line: &Value) {
        let Some(ts) = line.get("ts").and_then(Value::as_f64) else { return };
        let (first, newest) = self.times.map_or((ts, ts), |(first, newest)| (first, newest.max(ts)));
        self.times = Some((first, newest));
        let is_old = |line: &Value| line.get("ts").and_then(Value::as_f64).is_none_or(|ts| ts < newest - OVERLAP);
        while self.lines.len() >= REMEMBERED || self.lines.front().is_some_and(is_old) {
            self.lines.pop_front();
        }
        self.lines.push_back(line.clone());
    }

    /// Whence to go on: nothing of what was in front of the first line.
    fn from(&self) -> Option<f64> {
        self.times.map(|(first, newest)| (newest - OVERLAP).max(first))
    }
}

/// The list that is printed.
pub(super) struct Shown<'a> {
    app: &'a App<'a>,
    list: List<'a>,
    which: Which,
}

impl Shown<'_> {
    /// A line as the server tells it: `{"ts","level","target","msg","fields"}`, or `{"line"}`.
    fn push(&mut self, line: Value) -> Result<()> {
        let plain = line.get("line").and_then(Value::as_str);
        if let Some(plain) = plain.filter(|_| self.app.format().is_human()) {
            // As it is written: it has columns of its own.
            self.app.out.line(plain)?;
            self.list.counted();
            return self.app.out.flush();
        }
        let cells = match plain {
            Some(plain) if self.which == Which::Access => vec![plain.to_owned()],
            Some(plain) => vec!["-".to_owned(), "-".to_owned(), "-".to_owned(), plain.to_owned()],
            None => cells(&line),
        };
        let name = cells.last().cloned().unwrap_or_default();
        self.list.push(&Record { name, cells, document: line })
    }
}

fn cells(line: &Value) -> Vec<String> {
    let time = moment(line, "ts").map_or_else(|| "-".to_owned(), |ts| Now::at(ts).rfc3339());
    let mut message = text(line, "msg").to_owned();
    for (name, value) in line.get("fields").and_then(Value::as_object).into_iter().flatten() {
        message.push_str(&format!(" {name}={}", text_of(value)));
    }
    vec![time, text(line, "level").to_uppercase(), text(line, "target").to_owned(), message]
}
