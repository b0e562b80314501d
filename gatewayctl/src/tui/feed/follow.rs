//! Streams: they are read as long as they last, and begun again when they end.

use std::time::{Duration, Instant};

use super::task::{Context, Teller, back_off};
use crate::commands::live;
use crate::context::duration;
use crate::error::{Error, Kind, Result};
use crate::stream::{Row, Rows};
use crate::tui::msg::{Arguments, Failure, Source};

/// Silence on a stream with heartbeats, every ten seconds, that means that nobody is there any more.
const SILENCE: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 25 });

/// A stream that was there for so long is no failure, also where nothing came.
const LASTED: Duration = Duration::from_secs(30);

/// The wait after a server has sent what it should not.
const AFTER_GARBAGE: Duration = Duration::from_secs(10);

/// Who reads a stream.
pub(super) trait Reader {
    /// Looks where the stream has to begin, before it is asked for.
    ///
    /// # Errors
    /// The server cannot say, so the stream is not asked for now.
    async fn before(&mut self) -> Result<()> {
        Ok(())
    }

    /// Where the stream begins now, below `live`.
    fn path(&self) -> String;

    /// The stream is there.
    fn opened(&mut self) {}

    /// It could not be opened, or has ended, though the server is there; it is tried again.
    fn closed(&mut self) {}

    /// The longest time without anything, where the server is known to send something.
    fn silence(&self) -> Option<Duration> {
        None
    }

    /// Whether the end of the stream is the end of it all.
    fn may_end(&self) -> bool {
        false
    }

    /// Takes a row.
    ///
    /// # Errors
    /// It is none that should come here.
    async fn row(&mut self, row: Row, teller: &mut Teller) -> Result<()>;
}

/// Reads until the stream has ended for good; `false`: the server has none of that name.
pub(super) async fn follow(context: &Context, reader: &mut impl Reader, teller: &mut Teller) -> bool {
    let mut failures = 0;
    loop {
        let (begun, mut rows_came) = (Instant::now(), false);
        let mut heard = None;
        let opened = match reader.before().await {
            Ok(()) => context.connection.follow(&reader.path()).await,
            Err(error) => Err(error),
        };
        let lost = match opened {
            Ok(None) => return false,
            Ok(Some(mut rows)) => {
                reader.opened();
                heard = Some(Instant::now());
                match read(&mut rows, reader, teller, (&mut rows_came, &mut heard)).await {
                    Ok(()) if reader.may_end() => return true,
                    Ok(()) => Error::new(Kind::Unreachable, "the gateway has ended the stream"),
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        failures = if rows_came || begun.elapsed() > LASTED { 1 } else { failures + 1 };
        let garbage = rows_came && lost.kind() == Kind::Server;
        if lost.kind() == Kind::Unreachable && failures == 1 {
            // A stream may break, as long as the next one does not.
            context.doubt(heard).await;
        } else {
            context.failed_since(heard, lost, teller).await;
        }
        reader.closed();
        tokio::time::sleep(if garbage { AFTER_GARBAGE } else { back_off(failures) }).await;
    }
}

/// Reads one stream to its end; whether rows came, and when anything came last.
async fn read(
    rows: &mut Rows,
    reader: &mut impl Reader,
    teller: &mut Teller,
    (came, heard): (&mut bool, &mut Option<Instant>),
) -> Result<()> {
    let heartbeats = rows.has_heartbeats().then_some(SILENCE);
    let silence = [heartbeats, reader.silence()].into_iter().flatten().min();
    loop {
        while let Some(row) = rows.ready()? {
            reader.row(row, teller).await?;
            *came = true;
        }
        let more = match silence {
            Some(silence) => tokio::time::timeout(silence, rows.more()).await.map_err(|_| {
                Error::new(Kind::Unreachable, format!("nothing came for {} seconds", silence.as_secs()))
            })??,
            None => rows.more().await?,
        };
        *heard = Some(Instant::now());
        if !more {
            while let Some(row) = rows.ready()? {
                reader.row(row, teller).await?;
            }
            return Ok(());
        }
        // However much comes, others have their turn.
        tokio::task::yield_now().await;
    }
}

/// The value of an argument.
pub(super) fn argument<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
}

/// A path with its arguments; those that are named again here are these.
pub(super) fn path(name: &str, arguments: &Arguments, own: &[(&str, Option<String>)]) -> String {
    let given = arguments.iter().filter(|(name, _)| !own.iter().any(|(own, _)| own == name));
    let given = given.map(|(name, value)| (*name, Some(value.clone())));
    live::path(name, &given.chain(own.iter().cloned()).collect::<Vec<_>>())
}

/// Tells of requests until there are no more to tell.
pub(super) async fn tap(context: Context, arguments: Arguments) {
    let mut teller = context.teller(Source::Tap);
    let mut reader = Tap { arguments };
    if !follow(&context, &mut reader, &mut teller).await {
        teller.failure(&Failure::of(&context.connection.lacks("tap")));
    }
}

struct Tap {
    arguments: Arguments,
}

impl Reader for Tap {
    fn path(&self) -> String {
        path("tap", &self.arguments, &[])
    }

    fn may_end(&self) -> bool {
        ["count", "duration"].iter().any(|name| argument(&self.arguments, name).is_some())
    }

    async fn row(&mut self, row: Row, teller: &mut Teller) -> Result<()> {
        many(row, teller, "tap")
    }
}

/// A row of the tap or of a log.
fn many(row: Row, teller: &mut Teller, name: &str) -> Result<()> {
    match row {
        Row::Dropped(rows) => teller.missed(rows),
        Row::Value(value) if value.is_object() => teller.row(value),
        Row::Value(_) => return Err(super::task::undefined(&format!("/live/{name}"), "object")),
    }
    Ok(())
}

/// Tells of lines of a log.
pub(super) async fn logs(context: Context, arguments: Arguments, place: std::rc::Rc<std::cell::Cell<LogPlace>>) {
    let mut teller = context.teller(Source::Logs);
    let mut reader = Logs { arguments, place };
    if !follow(&context, &mut reader, &mut teller).await {
        teller.failure(&Failure::of(&context.connection.lacks("logs")));
    }
}

/// The first moment behind a time that is told in whole milliseconds. The server cuts off what is smaller, so half of one more makes
/// sure that it is not the same again.
fn behind(ts: f64) -> f64 {
    ts + 0.0015
}

/// How far a log was told.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LogPlace {
    /// Something was told.
    begun: bool,
    /// Behind the last line, in seconds since 1970.
    from: Option<f64>,
}

struct Logs {
    arguments: Arguments,
    place: std::rc::Rc<std::cell::Cell<LogPlace>>,
}

impl Reader for Logs {
    fn path(&self) -> String {
        let follow = ("follow", Some("1".to_owned()));
        match self.place.get() {
            // All that is kept behind it.
            LogPlace { from: Some(from), .. } => path(
                "logs",
                &self.arguments,
                &[follow, ("n", Some("2000".to_owned())), ("from", Some(from.to_string()))],
            ),
            // Lines of the access log have no time to go on from.
            LogPlace { begun: true, .. } => path("logs", &self.arguments, &[follow, ("n", Some("0".to_owned()))]),
            _ => path("logs", &self.arguments, &[follow]),
        }
    }

    async fn row(&mut self, row: Row, teller: &mut Teller) -> Result<()> {
        if let Row::Value(line) = &row {
            let ts = line.get("ts").and_then(serde_json::Value::as_f64);
            self.place.set(LogPlace { begun: true, from: ts.map(behind).or(self.place.get().from) });
        }
        many(row, teller, "logs")
    }
}

/// How long an interval of numbers is.
pub(super) fn interval(arguments: &Arguments, usual: Duration) -> Duration {
    let asked = argument(arguments, "interval").and_then(|text| duration("interval", text).ok().flatten());
    asked.unwrap_or(usual).clamp(Duration::from_millis(100), Duration::from_secs(3600))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_line_is_not_asked_for_again_and_the_next_one_is(ms in 0_u64..10_000_000_000_000) {
            let ts = ms as f64 / 1000.0;
            let from: f64 = behind(ts).to_string().parse().unwrap();
            prop_assert_eq!((from * 1000.0) as u64, ms + 1);
        }
    }
}
