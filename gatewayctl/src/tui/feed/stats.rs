//! Numbers of the traffic: the server's, or made of its metrics.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::follow::{Reader, argument, follow, interval, path};
use super::metrics::{Reading, difference};
use super::task::{Context, Teller, undefined};
use crate::admin::Beside;
use crate::error::{Error, Kind, Result};
use crate::stream::Row;
use crate::tui::msg::{Arguments, Failure, Source};

/// How often metrics are read, and after they could not be.
const POLLED: Duration = Duration::from_secs(2);
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Rows of each kind where nobody says how many.
const TOP: usize = 50;

/// Tells the numbers of each interval; `usual` is how long one is.
pub(super) async fn stats(context: Context, arguments: Arguments, usual: Duration) {
    let mut teller = context.teller(Source::Stats);
    let mut reader = Stats { interval: interval(&arguments, usual), arguments };
    if !follow(&context, &mut reader, &mut teller).await {
        of_metrics(&context, &reader.arguments, &mut teller).await;
    }
}

struct Stats {
    arguments: Arguments,
    interval: Duration,
}

impl Reader for Stats {
    fn path(&self) -> String {
        path("stats", &self.arguments, &[("interval", Some(format!("{}ms", self.interval.as_millis())))])
    }

    fn silence(&self) -> Option<Duration> {
        Some(self.interval * 3 + Duration::from_secs(3))
    }

    async fn row(&mut self, row: Row, teller: &mut Teller) -> Result<()> {
        match row {
            // The newest is all that matters.
            Row::Dropped(_) => Ok(()),
            Row::Value(value) if value.is_object() => {
                teller.newest(value);
                Ok(())
            }
            Row::Value(_) => Err(undefined("/live/stats", "object")),
        }
    }
}

/// Makes numbers of the metrics, as long as somebody wants them.
async fn of_metrics(context: &Context, arguments: &Arguments, teller: &mut Teller) {
    let by: Vec<&str> = argument(arguments, "by").unwrap_or("route").split(',').map(str::trim).collect();
    let top = argument(arguments, "top").and_then(|top| top.parse().ok()).unwrap_or(TOP);
    let mut before: Option<(Instant, Reading)> = None;
    loop {
        match read(context, &by).await {
            Ok(now) => {
                let at = Instant::now();
                if let Some((then, before)) = &before {
                    let mut told = difference(before, &now, at.duration_since(*then), &by, top);
                    if let Value::Object(told) = &mut told {
                        // Milliseconds are exact.
                        let seconds = super::told::now_ms() as f64 / 1000.0;
                        told.insert("ts".to_owned(), seconds.into());
                    }
                    teller.newest(told);
                }
                before = Some((at, now));
                tokio::time::sleep(POLLED).await;
            }
            Err(error) => {
                // Another listener: it says nothing of the link.
                teller.failure(&Failure::of(&error));
                before = None;
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

async fn read(context: &Context, by: &[&str]) -> Result<Reading> {
    let hint = "--metrics URL says where they are";
    let listener = context.connection.listener(Beside::Metrics).await.map_err(|error| {
        let message = format!("the server has no live/stats, and of its metrics: {}", error.message());
        Error::new(error.kind(), message).hints(error.helps().iter().cloned())
    })?;
    let body = context.connection.beside(&listener, "").await.map_err(|error| {
        let message = format!("the server has no live/stats, and its metrics at {}: {}", listener.url, error.message());
        Error::new(error.kind(), message).hint(hint)
    })?;
    Reading::of(&String::from_utf8_lossy(&body), by).ok_or_else(|| {
        let message =
            format!("the server has no live/stats, and what answers at {} is no text of metrics", listener.url);
        Error::new(Kind::Server, message).hint(hint)
    })
}
