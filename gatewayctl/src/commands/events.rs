//! `gatewayctl events`: what has changed in the configuration, who did it, and what changes now.

mod poll;

use std::time::Duration;

use serde_json::Value;

use super::App;
use super::journal::{self, Reach};
use super::live::{self, moment, text};
use crate::error::{Error, Kind, Result};
use crate::output::clock::Now;
use crate::output::list::{List, Record, head};
use crate::output::{diff, mask};
use crate::resources::{self, Resource};
use crate::stream::Row;

/// Show changes of the configuration: when, who, what
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show changes of the configuration: when, who, what

Without --since the last 50 (-n), the oldest first. They come from the journal of the gateway's store, which knows the last \
1,000 transactions. With -f also those that come, until you stop it; without --since only those. A server without live endpoints \
(APISIX) is looked at every two seconds instead with -f, and does not tell who changed something.",
    before_help = "Examples:
  gatewayctl events
  gatewayctl events -f --diff
  gatewayctl events --since 4711
  gatewayctl events --since 2h --type route --id hello --diff
  gatewayctl events -f -o ndjson",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Go on with the changes that come
    #[arg(long, short = 'f')]
    follow: bool,
    /// After this revision, or of so long ago until now: 4711, 30m, 2h
    #[arg(long, value_name = "REV|DUR")]
    since: Option<String>,
    /// Only those of a resource; may be repeated
    #[arg(long = "type", value_name = "RESOURCE")]
    types: Vec<String>,
    /// Only those of the object of this id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Show what is different in the object
    #[arg(long)]
    diff: bool,
    /// How many of the last ones
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    lines: u16,
}

/// Where the changes begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Revision(u64),
    /// Seconds since 1970.
    Time(i64),
}

impl Since {
    fn read(text: &str, now: Now) -> Result<Since> {
        if let Ok(revision) = text.parse() {
            return Ok(Since::Revision(revision));
        }
        let ago = crate::context::duration("--since", text)?.unwrap_or_default();
        Ok(Since::Time(now.seconds().saturating_sub(i64::try_from(ago.as_secs()).unwrap_or(i64::MAX))))
    }
}

/// Prints changes.
///
/// # Errors
/// Interrupted, which is the usual end of `-f`; server: it keeps no journal; usage; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let wanted = Wanted {
        types: args.types.iter().map(|name| resources::find(name)).collect::<Result<_>>()?,
        id: args.id.clone(),
    };
    let since = args.since.as_deref().map(|text| Since::read(text, app.now)).transpose()?;
    let heads =
        vec![head("TIME", 0), head("REV", 0), head("WHO", 1), head("OP", 0), head("OBJECT", 1), head("FROM", 2)];
    let flows = args.follow || args.diff;
    let printer = app.printer();
    let list = if flows { printer.stream(heads)? } else { printer.list(heads)? };
    let mut shown = Shown { app, list, diff: args.diff && app.format().is_human(), relative: !args.follow };
    if args.follow {
        return follow(args, since, &wanted, &mut shown).await;
    }
    let changes = past(app, since, usize::from(args.lines), &wanted)
        .await?
        .ok_or_else(|| app.admin.lacks("events").hint("-f looks at its lists every two seconds"))?;
    for change in changes {
        shown.push(change)?;
    }
    if shown.list.finish()? == 0 {
        app.out.note("no changes");
    }
    Ok(())
}

/// Which changes are asked for.
struct Wanted {
    types: Vec<&'static Resource>,
    id: Option<String>,
}

impl Wanted {
    fn takes(&self, change: &Value) -> bool {
        let of_type = |resource: &&Resource| resource.path() == text(change, "resource");
        (self.types.is_empty() || self.types.iter().any(of_type))
            && self.id.as_deref().is_none_or(|id| {
                let label = journal::label(change);
                let own = label.split_once('/').map_or("", |(_, own)| own);
                own == id || own.rsplit('/').next() == Some(id)
            })
    }
}

/// Changes that have been, the oldest first; `None` from a server without a journal.
async fn past(app: &App<'_>, since: Option<Since>, most: usize, wanted: &Wanted) -> Result<Option<Vec<Value>>> {
    let reach = match since {
        Some(Since::Revision(revision)) => return after(app, revision, wanted).await,
        None if wanted.types.is_empty() && wanted.id.is_none() => Reach::Revisions(most as u64),
        _ => Reach::Revisions(journal::REVISIONS),
    };
    let Some(read) = journal::read(app, reach).await? else { return Ok(None) };
    let mut changes = read.changes;
    // By revision, and within one in the order of its parts.
    changes.sort_by_key(|change| change.get("rev").and_then(Value::as_u64));
    changes.retain(|change| wanted.takes(change));
    match since {
        Some(Since::Time(time)) => changes.retain(|change| moment(change, "ts").is_none_or(|ts| ts >= time)),
        _ => drop(changes.drain(..changes.len().saturating_sub(most))),
    }
    Ok(Some(changes))
}

/// All changes after a revision, which may take several answers.
async fn after(app: &App<'_>, mut revision: u64, wanted: &Wanted) -> Result<Option<Vec<Value>>> {
    let mut all = Vec::new();
    loop {
        let Some(mut told) = app.admin.live(&format!("events?since={revision}")).await? else { return Ok(None) };
        let dropped = told.get("dropped").and_then(Value::as_u64).unwrap_or_default();
        if dropped > 0 {
            app.out.warn(&format!("{dropped} revisions are not known any more"));
        }
        let more = told.get("more").and_then(Value::as_bool).unwrap_or_default();
        let Some(Value::Array(events)) = told.get_mut("events").map(Value::take) else {
            return Err(Error::new(Kind::Server, "GET /live/events: the answer has no events"));
        };
        let last = events.iter().filter_map(|event| event.get("rev").and_then(Value::as_u64)).max();
        all.extend(events.into_iter().filter(|event| wanted.takes(event)));
        match last {
            Some(last) if more && last > revision => revision = last,
            _ => return Ok(Some(all)),
        }
    }
}

/// Prints what comes, and comes back when the connection is lost.
async fn follow(args: &Args, since: Option<Since>, wanted: &Wanted, shown: &mut Shown<'_>) -> Result<()> {
    let app = shown.app;
    let mut last = None;
    match since {
        Some(Since::Revision(revision)) => last = Some(revision),
        Some(Since::Time(_)) => {
            let past = past(app, since, usize::from(args.lines), wanted).await?;
            for change in past.into_iter().flatten() {
                last = last.max(change.get("rev").and_then(Value::as_u64));
                shown.push(change)?;
            }
        }
        None => {}
    }
    let mut tries = 0;
    loop {
        let path = live::path("events", &[("since", last.map(|last: u64| last.to_string()))]);
        let rows = match app.admin.follow(&path).await {
            Ok(Some(rows)) => Ok(rows),
            Ok(None) => return poll::run(wanted, shown).await,
            Err(error) => Err(error),
        };
        let lost = match rows {
            Ok(mut rows) => {
                tries = 0;
                loop {
                    match rows.next().await {
                        Ok(Some(Row::Value(change))) => {
                            last = last.max(change.get("rev").and_then(Value::as_u64));
                            if wanted.takes(&change) {
                                shown.push(change)?;
                            }
                        }
                        Ok(Some(Row::Dropped(count))) => app.out.warn(&format!("{count} changes were left out")),
                        Ok(None) => break Error::new(Kind::Unreachable, "the gateway has ended the stream"),
                        Err(error) => break error,
                    }
                }
            }
            Err(error) => error,
        };
        // Only what was there once comes back.
        if lost.kind() != Kind::Unreachable || tries > 10 || (tries == 0 && last.is_none() && !shown.begun()) {
            return Err(lost);
        }
        app.out.warn(&format!("{}; trying again", lost.message()));
        tries += 1;
        pause(Duration::from_millis(500) * tries).await?;
    }
}

/// Waits, unless the user has had enough.
async fn pause(time: Duration) -> Result<()> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        error = crate::stop::wanted() => Err(error),
    }
}

/// The list that is printed.
struct Shown<'a> {
    app: &'a App<'a>,
    list: List<'a>,
    /// Whether differences follow each row.
    diff: bool,
    /// Times may be told by how long ago they are.
    relative: bool,
}

impl Shown<'_> {
    fn begun(&self) -> bool {
        self.list.count() > 0
    }

    fn push(&mut self, change: Value) -> Result<()> {
        let by = change.get("by").cloned().unwrap_or_default();
        let object = journal::label(&change);
        let time = moment(&change, "ts").map_or_else(
            || "-".to_owned(),
            |ts| {
                if self.relative { self.app.now.show(ts) } else { Now::at(ts).rfc3339() }
            },
        );
        let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let cells = vec![
            time,
            change.get("rev").map_or_else(|| "-".to_owned(), Value::to_string),
            or_dash(text(&by, "key")),
            or_dash(text(&change, "op")),
            object.clone(),
            or_dash(text(&by, "addr")),
        ];
        let differs = self.diff.then(|| {
            let (before, after) = journal::sides(&change);
            let names = match change.get("rev") {
                Some(rev) => (format!("{object} (before revision {rev})"), format!("{object} (revision {rev})")),
                None => (format!("{object} (before)"), object.clone()),
            };
            let paint = |sgr: &str, line: &str| self.app.out.paint(sgr, line);
            diff::between((&names.0, &names.1), before.as_ref(), after.as_ref(), paint)
        });
        // The name of a key is no secret.
        let mut document = change;
        for side in ["before", "after"] {
            if let Some(value) = document.get_mut(side) {
                *value = mask::masked(value, false);
            }
        }
        self.list.push(&Record { name: object, cells, document })?;
        if let Some(text) = differs {
            self.app.out.part(&text)?;
            self.app.out.flush()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn where_changes_begin() {
        let now = Now::at(10_000);
        assert_eq!(Since::read("4711", now).unwrap(), Since::Revision(4711));
        assert_eq!(Since::read("1h", now).unwrap(), Since::Time(6_400));
        assert!(Since::read("yesterday", now).is_err());
    }

    #[test]
    fn which_changes_are_wanted() {
        let routes = resources::find("routes").unwrap();
        let change = json!({"resource": "routes", "id": "hello"});
        let credential = json!({"resource": "credentials", "id": "bob/c1"});
        let wanted =
            |types: &[&'static Resource], id: Option<&str>| Wanted { types: types.to_vec(), id: id.map(str::to_owned) };
        assert!(wanted(&[], None).takes(&change) && wanted(&[routes], Some("hello")).takes(&change));
        assert!(!wanted(&[routes], None).takes(&credential) && wanted(&[], Some("c1")).takes(&credential));
        assert_eq!(journal::label(&credential), "credential/bob/c1");
        let told = json!({"resource": "credentials", "id": "bob/credentials/c1"});
        assert!(wanted(&[], Some("bob/c1")).takes(&told) && wanted(&[], Some("c1")).takes(&told));
    }
}
