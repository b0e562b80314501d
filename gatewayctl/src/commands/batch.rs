//! Several changes one after another: a failure does not keep the rest from happening, a lost server does, and SIGINT or
//! SIGTERM ends with what is under way.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use super::App;
use super::apply::DryRun;
use crate::concurrent;
use crate::error::{Error, Kind, Result};
use crate::output::Format;
use crate::output::progress::Progress;
use crate::output::results::{self, Results};
use crate::resources::Reference;
use crate::signals::interrupted;

/// The results so far, printed as they come (`route/hello created`, or a line of `-o ndjson`) or at the end (`-o json|yaml`).
pub(crate) struct Batch<'a> {
    app: &'a App<'a>,
    /// Whether anything happens; told with each result.
    dry_run: DryRun,
    results: Results<'a>,
    succeeded: usize,
    failures: Vec<Error>,
    /// What is left was not tried, because of a failure.
    stopped: bool,
    interrupt: Interrupt,
    progress: Option<Progress<'a>>,
}

/// Whether to go on after a step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Continue,
    Stop,
}

impl<'a> Batch<'a> {
    /// To be made before anything is changed.
    ///
    /// # Errors
    /// Usage: the results cannot be told in the form that is wanted.
    pub(crate) fn new(app: &'a App<'a>, dry_run: DryRun) -> Result<Batch<'a>> {
        let results = app.printer().results()?;
        let interrupt = Interrupt::listen();
        Ok(Batch {
            app,
            dry_run,
            results,
            succeeded: 0,
            failures: Vec::new(),
            stopped: false,
            interrupt,
            progress: None,
        })
    }

    /// Shows how far it is, where that takes long.
    pub(crate) fn with_progress(mut self, total: usize) -> Batch<'a> {
        self.progress = Some(Progress::new(self.app.out, self.app.shows_bars(), total));
        self
    }

    /// Runs one step, which answers with the word to print ("created"), and notes what came of it.
    ///
    /// # Errors
    /// Only that the output cannot be written.
    pub(crate) async fn step(
        &mut self,
        reference: &Reference,
        work: impl Future<Output = Result<&'static str>>,
    ) -> Result<Next> {
        let result = self.interrupt.guard(work).await;
        let fatal = self.note(reference, result)?;
        self.stopped |= fatal;
        Ok(if fatal || self.interrupt.seen() { Next::Stop } else { Next::Continue })
    }

    /// Runs several steps, at most `limit` at once; `stops`: a failure keeps those from happening that have not begun.
    ///
    /// # Errors
    /// Only that the output cannot be written.
    pub(crate) async fn steps<'r, F: Future<Output = Result<&'static str>>>(
        &mut self,
        limit: usize,
        stops: bool,
        works: impl Iterator<Item = (&'r Reference, F)>,
    ) -> Result<Next> {
        let (references, works): (Vec<&Reference>, Vec<F>) = works.unzip();
        let mut interrupt = std::mem::replace(&mut self.interrupt, Interrupt { signal: None, seen: Rc::default() });
        let seen = Rc::clone(&interrupt.seen);
        let (mut next, mut failed) = (Next::Continue, None);
        let work = concurrent::each(limit, works, |place, result: Result<&'static str>| {
            let Some(reference) = references.get(place) else { return false };
            let wrong = result.is_err();
            match self.note(reference, result) {
                Ok(fatal) if fatal || (wrong && stops) => next = Next::Stop,
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
            next == Next::Continue && failed.is_none() && !seen.get()
        });
        // What was cut off is done when it is run again.
        let done = interrupt.guard(async {
            work.await;
            Ok(())
        });
        let _ = done.await;
        self.interrupt = interrupt;
        self.stopped |= next == Next::Stop;
        match failed {
            Some(error) => Err(error),
            None => Ok(if self.interrupt.seen() { Next::Stop } else { next }),
        }
    }

    /// Notes what came of a step; `true` where the rest cannot succeed either.
    fn note(&mut self, reference: &Reference, result: Result<&'static str>) -> Result<bool> {
        if let Some(progress) = &mut self.progress {
            progress.clear();
        }
        let fatal = match result {
            Ok(word) => {
                self.succeeded += 1;
                self.tell(reference, word)?;
                false
            }
            Err(error) => {
                let error = error.about(reference.resource.singular, &reference.id);
                let fatal =
                    matches!(error.kind(), Kind::Auth | Kind::Unreachable | Kind::Interrupted | Kind::BrokenPipe);
                self.failures.push(error);
                fatal
            }
        };
        if let Some(progress) = &mut self.progress {
            progress.step();
        }
        Ok(fatal)
    }

    /// Prints what is left to print and turns the failures into one result: none is a success, one alone is itself,
    /// failures beside successes are [`Kind::Partial`].
    ///
    /// # Errors
    /// As said.
    pub(crate) fn finish(mut self, asked: usize) -> Result<()> {
        if let Some(progress) = &mut self.progress {
            progress.clear();
        }
        let format = self.app.format();
        let untried = asked.saturating_sub(self.succeeded + self.failures.len());
        let untried = Some(untried).filter(|untried| self.stopped && *untried > 0);
        let failed = self.failures.iter().map(|error| error.to_json().get("error").cloned().unwrap_or_default());
        let failed: Vec<Value> = failed.collect();
        let by = self.dry_run.told();
        self.results.finish(|items| {
            let mut report = json!({ "items": items, "failed": failed });
            if let (Value::Object(fields), Some(by)) = (&mut report, by) {
                fields.insert("dry_run".to_owned(), by.into());
            }
            if let (Value::Object(fields), Some(untried)) = (&mut report, untried) {
                fields.insert("not_tried".to_owned(), untried.into());
            }
            report
        })?;
        if self.interrupt.seen() {
            let message = format!("interrupted; {} of {asked} done", self.succeeded);
            return Err(Error::new(Kind::Interrupted, message));
        }
        let Some(last) = self.failures.pop() else { return Ok(()) };
        // Whoever may not write, may not the next time either.
        let helps = last.kind() != Kind::Auth;
        let again = untried.map(|untried| {
            let advice = if helps { "; run again, what is done stays as it is" } else { "" };
            format!("{untried} of {asked} were not tried{advice}")
        });
        if self.failures.is_empty() && self.succeeded == 0 {
            return Err(last.hints(again));
        }
        let all: Vec<Error> = self.failures.into_iter().chain([last]).collect();
        let kinds_differ = all.iter().any(|error| Some(error.kind()) != all.first().map(Error::kind));
        let kind = match all.first() {
            Some(first) if self.succeeded == 0 && !kinds_differ => first.kind(),
            _ => Kind::Partial,
        };
        let whole = Error::new(kind, format!("{} of {asked} failed", all.len())).hints(again);
        // There the report on stdout has them all.
        let told = matches!(format, Format::Json | Format::Ndjson);
        Err(if told { whole } else { whole.behind(all) })
    }

    fn tell(&mut self, reference: &Reference, word: &'static str) -> Result<()> {
        let mut item = results::result(reference.resource.singular, &reference.id, word);
        if let (Value::Object(fields), Some(by)) = (&mut item, self.dry_run.told()) {
            fields.insert("dry_run".to_owned(), by.into());
        }
        self.results.tell(&reference.to_string(), &format!("{word}{}", self.dry_run.suffix()), item)
    }
}

/// SIGINT or SIGTERM: the first lets what is under way finish for two seconds, the second ends at once.
struct Interrupt {
    signal: Option<Pin<Box<dyn Future<Output = ()>>>>,
    seen: Rc<Cell<bool>>,
}

/// How long running requests may take after the first signal.
const GRACE: Duration = Duration::from_secs(2);

impl Interrupt {
    fn listen() -> Interrupt {
        Interrupt { signal: Some(Box::pin(interrupted())), seen: Rc::default() }
    }

    fn seen(&self) -> bool {
        self.seen.get()
    }

    async fn guard<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(signal) = &mut self.signal else { return work.await };
        tokio::pin!(work);
        tokio::select! {
            biased;
            () = signal => {}
            result = &mut work => return result,
        }
        self.seen.set(true);
        self.signal = None;
        let cut = || Error::new(Kind::Interrupted, "interrupted");
        tokio::select! {
            result = work => result,
            () = interrupted() => Err(cut()),
            () = tokio::time::sleep(GRACE) => Err(cut()),
        }
    }
}
