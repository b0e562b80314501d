//! Changes as one transaction of the server: sent, and where the answer is lost or nobody waits for it, asked for.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::App;
use super::journal::{self, Reach};
use super::live::text;
use crate::client::Answer;
use crate::error::{Error, Kind, Result};
use crate::signals::interrupted;

/// How long an answer is waited for after SIGINT or SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// How long the server is asked what became of a transaction, and how often.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(200);

/// What became of a transaction.
pub(super) enum Came {
    /// What the server says to it.
    Answer(Box<Answer>),
    /// Its answer was lost, and all of it was done.
    Done,
    /// Nobody waits for the rest: what is to be told, in one error.
    Left(Error),
}

/// Sends `{"ops","dry_run":false}` and waits for the answer. `paths` are those of the changes.
///
/// # Errors
/// Unreachable: nothing was changed, or nobody can say.
pub(super) async fn send(app: &App<'_>, ops: &[Value], paths: &[String]) -> Result<Came> {
    let before = revision(app).await?;
    let body = json!({ "ops": ops, "dry_run": false });
    let sent = app.admin.post_live("apply", &body);
    tokio::pin!(sent);
    let lost = tokio::select! {
        biased;
        answer = &mut sent => match answer {
            Ok(answer) => return Ok(Came::Answer(Box::new(answer))),
            Err(error) => error,
        },
        () = interrupted() => {
            // What has arrived is done or not, whether anybody waits or not.
            let waited = tokio::select! {
                answer = &mut sent => answer.ok(),
                () = tokio::time::sleep(GRACE) => None,
            };
            let done = match waited {
                Some(answer) => Some(answer.is_success()),
                None => outcome(app, before, paths).await,
            };
            return Ok(Came::Left(Error::new(Kind::Interrupted, format!("interrupted; {}", words(done)))));
        }
    };
    if lost.kind() != Kind::Unreachable {
        return Err(lost);
    }
    // Why there is no answer, without the doubt that the server can settle.
    let message = lost.message().split("; whether the change").next().unwrap_or_default();
    match outcome(app, before, paths).await {
        Some(true) => {
            app.out.warn(&format!("{message}: the answer was lost, and the server says that all was done"));
            Ok(Came::Done)
        }
        Some(false) => {
            Err(Error::new(Kind::Unreachable, format!("{message}; nothing was changed")).hint("it can be run again"))
        }
        None => Err(lost),
    }
}

fn words(done: Option<bool>) -> &'static str {
    match done {
        Some(true) => "all of it was done",
        Some(false) => "nothing was changed",
        None => "all of it was done, or nothing: gatewayctl config history says which",
    }
}

/// The revision of the configuration; `None` where the server does not tell.
async fn revision(app: &App<'_>) -> Result<Option<u64>> {
    let info = app.admin.live("info").await?;
    Ok(info.as_ref().and_then(|info| info.pointer("/config/revision")).and_then(Value::as_u64))
}

/// Whether a transaction with these changes is in the journal behind a revision. `None`: the server cannot be asked.
async fn outcome(app: &App<'_>, before: Option<u64>, paths: &[String]) -> Option<bool> {
    let before = before?;
    let wanted: HashSet<&str> = paths.iter().map(String::as_str).collect();
    let until = Instant::now() + PATIENCE;
    let mut told = None;
    loop {
        if let Ok(Some(read)) = journal::read(app, Reach::After(before)).await {
            let all = read.changes.chunk_by(|a, b| number(a) == number(b));
            let done = all.filter(|of| of.first().is_some_and(|change| number(change) > before)).any(|of| {
                let changed: HashSet<&str> = of.iter().map(|change| text(change, "path")).collect();
                wanted.is_subset(&changed)
            });
            if done {
                return Some(true);
            }
            told = Some(false);
        }
        if Instant::now() >= until {
            return told;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn number(change: &Value) -> u64 {
    change.get("rev").and_then(Value::as_u64).unwrap_or_default()
}
