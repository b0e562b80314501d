//! What is told of a run of suites: lines for people, TAP, JUnit, JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::expect::Outcome;
use super::run::Ran;
use super::show::ms;
use super::suite::Test;
use crate::call::send::millis;
use crate::commands::App;
use crate::error::{Error, Kind, Result};
use crate::output::list::{List, Record, head};
use crate::output::{Format, clean};

/// The report so far.
pub(super) struct Report<'a> {
    app: &'a App<'a>,
    form: Format,
    rows: Option<List<'a>>,
    /// The cases of JUnit: suite, whether it failed, the element.
    cases: Vec<(String, bool, bool, Duration, String)>,
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl<'a> Report<'a> {
    /// # Errors
    /// Usage: `--columns` names one that is not there.
    pub(super) fn new(app: &'a App<'a>) -> Result<Report<'a>> {
        let form = app.format();
        let rows = match form {
            Format::Table | Format::Wide | Format::Tap | Format::Junit => None,
            _ => Some(app.printer().list(vec![
                head("RESULT", 0),
                head("TEST", 2),
                head("MS", 0),
                head("SUITE", 3),
                head("PROBLEM", 1),
            ])?),
        };
        Ok(Report { app, form, rows, cases: Vec::new(), passed: 0, failed: 0, skipped: 0 })
    }

    pub(super) fn begin(&mut self, count: usize) -> Result<()> {
        match self.form {
            Format::Tap => self.app.out.bytes(format!("TAP version 14\n1..{count}\n").as_bytes()),
            _ => Ok(()),
        }
    }

    /// One test.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(super) fn test(&mut self, test: &Test, ran: &Ran) -> Result<()> {
        match (ran.skipped, ran.failed()) {
            (true, _) => self.skipped += 1,
            (_, true) => self.failed += 1,
            _ => self.passed += 1,
        }
        let number = self.passed + self.failed + self.skipped;
        let written = match self.form {
            Format::Table | Format::Wide => self.line(test, ran),
            Format::Tap => self.tap(number, test, ran),
            Format::Junit => {
                let case = junit(test, ran);
                self.cases.push((test.suite.clone(), ran.failed(), ran.skipped, ran.took, case));
                Ok(())
            }
            _ => match &mut self.rows {
                Some(rows) => rows.push(&record(test, ran)),
                None => Ok(()),
            },
        };
        written.and_then(|()| self.app.out.flush())
    }

    fn line(&self, test: &Test, ran: &Ran) -> Result<()> {
        let out = self.app.out;
        let name = clean::line(&test.name);
        let (mark, rest) = match (ran.skipped, ran.failed()) {
            (true, _) => {
                (out.paint("33", "skip"), test.skip.as_deref().map(|why| format!("  {why}")).unwrap_or_default())
            }
            (_, true) => (out.paint("31", "FAIL"), format!("  {}", ms(ran.took))),
            _ => (out.paint("32", "ok  "), format!("  {}", ms(ran.took))),
        };
        out.bytes(format!("{mark}  {name}{}\n", clean::line(&rest)).as_bytes())?;
        ran.problems().iter().try_for_each(|problem| out.line(&format!("      {problem}")))
    }

    fn tap(&self, number: usize, test: &Test, ran: &Ran) -> Result<()> {
        let name = tap_name(&test.name);
        let out = self.app.out;
        if ran.skipped {
            let why = test.skip.as_deref().unwrap_or_default();
            return out.line(format!("ok {number} - {name} # SKIP {why}").trim_end());
        }
        let mark = if ran.failed() { "not ok" } else { "ok" };
        out.line(&format!("{mark} {number} - {name}"))?;
        if ran.failed() {
            out.line("  ---")?;
            out.line(&format!("  at: {}", place(test)))?;
            out.line("  problems:")?;
            for problem in ran.problems() {
                out.line(&format!("    - {}", Value::String(problem)))?;
            }
            out.line("  ...")?;
        }
        Ok(())
    }

    /// The end: sums, and the exit code.
    ///
    /// # Errors
    /// Negative: a test failed.
    pub(super) fn end(mut self, took: Duration) -> Result<()> {
        let (passed, failed, skipped) = (self.passed, self.failed, self.skipped);
        if let Some(rows) = self.rows.take() {
            rows.finish()?;
        }
        if self.form == Format::Junit {
            self.junit(took)?;
        }
        self.app.out.flush()?;
        let more = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        self.app.out.note(&format!("{passed} passed, {failed} failed{more} in {}", ms(took)));
        match failed {
            0 => Ok(()),
            1 => Err(Error::new(Kind::Negative, "1 test failed")),
            n => Err(Error::new(Kind::Negative, format!("{n} tests failed"))),
        }
    }

    fn junit(&self, took: Duration) -> Result<()> {
        let out = self.app.out;
        let seconds = |time: Duration| format!("{:.6}", time.as_secs_f64());
        let (all, failed) = (self.cases.len(), self.failed);
        out.bytes(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        out.bytes(
            format!("<testsuites tests=\"{all}\" failures=\"{failed}\" time=\"{}\">\n", seconds(took)).as_bytes(),
        )?;
        let mut names: Vec<&str> = Vec::new();
        for (suite, ..) in &self.cases {
            if !names.contains(&suite.as_str()) {
                names.push(suite);
            }
        }
        for name in names {
            let own: Vec<_> = self.cases.iter().filter(|(suite, ..)| suite == name).collect();
            let count =
                |f: fn(&(String, bool, bool, Duration, String)) -> bool| own.iter().filter(|case| f(case)).count();
            let (failures, skipped) = (count(|case| case.1), count(|case| case.2));
            let time = seconds(own.iter().map(|case| case.3).sum());
            out.bytes(
                format!(
                    "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\" time=\"{time}\">\n",
                    xml(name),
                    own.len()
                )
                .as_bytes(),
            )?;
            own.iter().try_for_each(|case| out.bytes(case.4.as_bytes()))?;
            out.bytes(b"  </testsuite>\n")?;
        }
        out.bytes(b"</testsuites>\n")
    }
}

fn place(test: &Test) -> String {
    let numbers = [test.source.line, test.source.column].into_iter().flatten();
    let numbers: String = numbers.map(|number| format!(":{number}")).collect();
    format!("{}{numbers}", test.source.file)
}

/// Of a description the number sign and the backslash are TAP's own.
fn tap_name(name: &str) -> String {
    name.replace('\\', "\\\\").replace('#', "\\#")
}

fn record(test: &Test, ran: &Ran) -> Record {
    let result = match (ran.skipped, ran.failed()) {
        (true, _) => "skipped",
        (_, true) => "failed",
        _ => "passed",
    };
    let took = millis(ran.took);
    Record {
        name: format!("test/{}", test.name),
        cells: vec![
            result.to_owned(),
            test.name.clone(),
            took.to_string(),
            test.suite.clone(),
            ran.problems().join("; "),
        ],
        document: json!({
            "suite": test.suite, "name": test.name, "at": place(test), "result": result, "ms": took,
            "skipped": test.skip, "error": ran.error,
            "expectations": ran.outcomes.iter().map(Outcome::document).collect::<Vec<Value>>(),
        }),
    }
}

/// One case, as the tools that read JUnit's reports have it.
fn junit(test: &Test, ran: &Ran) -> String {
    let inner = match (ran.skipped, ran.problems()) {
        (true, _) => format!("<skipped message=\"{}\"/>", xml(test.skip.as_deref().unwrap_or_default())),
        (_, problems) if problems.is_empty() => String::new(),
        (_, problems) => {
            let first = problems.first().map(String::as_str).unwrap_or_default();
            format!("<failure message=\"{}\">{}</failure>", xml(first), xml(&problems.join("\n")))
        }
    };
    format!(
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" time=\"{:.6}\">{inner}</testcase>\n",
        xml(&test.name),
        xml(&test.suite),
        xml(&test.source.file),
        ran.took.as_secs_f64()
    )
}

/// Text in XML: what XML 1.0 does not have at all becomes a question mark.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
