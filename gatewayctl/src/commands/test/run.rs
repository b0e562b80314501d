//! Runs suites, several requests at a time, and tells of each test in its order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::expect::Outcome;
use super::report::Report;
use super::suite::{self, Test};
use super::{Args, Came};
use crate::commands::App;
use crate::concurrent;
use crate::error::{Error, Kind, Result};
use crate::output::progress::Progress;

/// What came of a test.
pub(super) struct Ran {
    pub(super) outcomes: Vec<Outcome>,
    /// Why there was no answer.
    pub(super) error: Option<String>,
    pub(super) took: Duration,
    pub(super) skipped: bool,
}

impl Ran {
    pub(super) fn failed(&self) -> bool {
        self.error.is_some() || self.outcomes.iter().any(|outcome| !outcome.ok)
    }

    /// What did not hold, a line each.
    pub(super) fn problems(&self) -> Vec<String> {
        let bad = self.outcomes.iter().filter(|outcome| !outcome.ok).map(Outcome::told);
        self.error.iter().cloned().chain(bad).collect()
    }
}

/// Runs the tests of all files.
///
/// # Errors
/// Negative: one fails; usage: a suite is none; server: a test needs what the gateway does not have.
pub(super) async fn suites(args: &Args, app: &App<'_>) -> Result<()> {
    let mut report = Report::new(app)?;
    let mut tests = Vec::new();
    for file in &args.files {
        tests.extend(suite::load(file, args, app)?);
    }
    if let Some(only) = &args.only {
        tests.retain(|test| test.name.contains(only.as_str()));
        if tests.is_empty() {
            return Err(Error::usage(format!("no test has a name with \"{only}\" in it")));
        }
    }
    report.begin(tests.len())?;
    let mut progress = Progress::of_all(app.out, app.shows_bars(), tests.len());
    let start = Instant::now();
    let mut waiting: BTreeMap<usize, Ran> = BTreeMap::new();
    let mut next = 0;
    let mut failure = None;
    let running =
        concurrent::each(usize::from(args.parallel), tests.iter().map(|test| one(test, app)), |place, ran| {
            let ran = match ran {
                Ok(ran) => ran,
                Err(error) => {
                    failure.get_or_insert(error);
                    return false;
                }
            };
            let more = !(args.fail_fast && ran.failed());
            waiting.insert(place, ran);
            progress.clear();
            while let Some((test, ran)) = tests.get(next).zip(waiting.remove(&next)) {
                if let Err(error) = report.test(test, &ran) {
                    failure.get_or_insert(error);
                    return false;
                }
                next += 1;
            }
            progress.step();
            more
        });
    tokio::select! {
        () = running => {}
        () = crate::signals::interrupted() => return Err(Error::new(Kind::Interrupted, "interrupted")),
    }
    progress.clear();
    // Those behind one that was never begun.
    for (place, ran) in waiting {
        if let Some(test) = tests.get(place) {
            report.test(test, &ran)?;
        }
    }
    if let Some(error) = failure {
        return Err(error);
    }
    report.end(start.elapsed())
}

async fn one(test: &Test, app: &App<'_>) -> Result<Ran> {
    let start = Instant::now();
    if test.skip.is_some() {
        return Ok(Ran { outcomes: Vec::new(), error: None, took: Duration::ZERO, skipped: true });
    }
    match test.case.run(app).await {
        Ok((came, outcomes)) => {
            let took = match &came {
                Came::Answer(sent) => sent.total,
                Came::Talk(_) => start.elapsed(),
            };
            Ok(Ran { outcomes, error: None, took, skipped: false })
        }
        // Of all tests alike: it is said once.
        Err(error) if matches!(error.kind(), Kind::Usage | Kind::Auth) => Err(error.at(test.source.clone())),
        Err(error) => {
            let error = Some(error.message().to_owned());
            Ok(Ran { outcomes: Vec::new(), error, took: start.elapsed(), skipped: false })
        }
    }
}
