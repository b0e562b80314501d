//! `gatewayctl traffic top`: the same as `stat`, again and again.

mod screen;

use std::time::Duration;

use serde_json::Value;

use super::super::App;
use super::counted::Counted;
use super::known;
use super::rows;
use super::stat::split;
use crate::error::{Error, Kind, Result};
use crate::output::Format;
use crate::stream::{Row, Rows};

/// Show the traffic of now by route, upstream and the like, again and again
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show the traffic of now by route, upstream and the like, again and again

On a terminal the table stays in place: r, e, 5, 4, l and n order it by rate, errors, 5xx, 4xx, latency (p99) and name, p \
pauses, q ends. Elsewhere a table follows each interval, with -o ndjson a document of the gateway a line.",
    before_help = "Examples:
  gatewayctl traffic top
  gatewayctl traffic top upstreams --sort-by p99
  gatewayctl traffic top route --count 1
  gatewayctl traffic top -o ndjson --interval 5s",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// route, service, upstream, node, consumer, protocol or status; then ids
    #[arg(value_name = "BY")]
    target: Vec<String>,
    /// How often
    #[arg(long, value_name = "DUR", default_value = "1s")]
    interval: String,
    /// How often at most; without it, until somebody ends it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// What the rows are ordered by
    #[arg(long, value_name = "FIELD", default_value = "rps", value_parser = rows::SORTS)]
    sort_by: String,
    /// At most so many rows
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    top: u16,
}

/// Where the intervals come from.
enum Source<'a> {
    /// With the longest wait for the next line.
    Live(Box<Rows>, Option<Duration>),
    Metrics(Box<Counted<'a>>),
}

impl Source<'_> {
    /// The next interval; `None` at the end. Nothing is lost where it is not awaited to its end.
    async fn next(&mut self) -> Result<Option<Row>> {
        match self {
            Source::Live(rows, None) => rows.next().await,
            Source::Live(rows, Some(limit)) => tokio::time::timeout(*limit, rows.next()).await.unwrap_or_else(|_| {
                Err(Error::new(Kind::Unreachable, format!("the gateway has told nothing for {limit:?}")))
            }),
            Source::Metrics(counted) => counted.next().await.map(|stats| Some(Row::Value(stats))),
        }
    }
}

/// Follows the intervals.
///
/// # Errors
/// Interrupted, which is the usual end; not found: nothing has one of the ids; server: it has neither `live/stats` nor metrics; those of the call.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let (by, ids) = split(&args.target)?;
    // Said before anything is asked.
    app.printer().list(rows::heads(by))?;
    let interval = crate::context::duration("--interval", &args.interval)?.unwrap_or(Duration::from_secs(1));
    let top = if ids.is_empty() { args.top } else { 10_000 };
    let words: Vec<&str> = ids.iter().map(String::as_str).collect();
    known::check("traffic", by, &words, known::By::IdOrName, app).await?;
    let path = format!("stats?interval={}ms&by={by}&top={top}", interval.as_millis());
    let mut stream = match app.admin.follow(&path).await? {
        Some(stream) => {
            // It tells something each interval, whatever happens.
            let limit = app.settings.timeout.map(|limit| limit.saturating_add(interval));
            Source::Live(Box::new(stream), limit)
        }
        None => Source::Metrics(Box::new(Counted::begin(app, by, usize::from(top), interval).await?)),
    };
    // A dumb terminal only goes on, and so does what somebody wants to have in plain lines.
    let can_move = app.env.get("TERM").as_deref() != Some("dumb") && !app.settings.printing.plain;
    let mut screen = if app.tty.stdout && app.format().is_human() && can_move {
        screen::Screen::begin(app, &args.sort_by)?
    } else {
        None
    };
    let mut left = args.count;
    loop {
        let next = match &mut screen {
            Some(screen) => screen.next(&mut stream, by, ids).await?,
            None => stream.next().await?,
        };
        match next {
            None if screen.as_ref().is_some_and(screen::Screen::has_ended) => return Ok(()),
            None => return Err(Error::new(Kind::Unreachable, "the gateway has ended the stream")),
            Some(Row::Dropped(_)) => continue,
            Some(Row::Value(stats)) => match &mut screen {
                Some(screen) => screen.show(stats, by, ids)?,
                None => print(&stats, by, ids, args, app)?,
            },
        }
        left = left.map(|left| left - 1);
        if left == Some(0) {
            return Ok(());
        }
    }
}

fn print(stats: &Value, by: &'static str, ids: &[String], args: &Args, app: &App<'_>) -> Result<()> {
    match app.format() {
        Format::Ndjson | Format::Json | Format::Yaml | Format::Jq | Format::JsonPath | Format::Template => {
            if app.format() == Format::Yaml {
                app.out.bytes(b"---\n")?;
            }
            app.printer().document(stats.clone())?;
        }
        _ => {
            let mut list = app.printer().list(rows::heads(by))?;
            let mut found = rows::of(stats, by, ids);
            rows::sort(&mut found, &args.sort_by);
            found.iter().try_for_each(|row| list.push(&rows::record(by, row)))?;
            list.finish()?;
            if app.format().is_human() {
                app.out.told(&rows::summary(stats))?;
                app.out.line("")?;
            }
        }
    }
    app.out.flush()
}
