//! What became of things, one line each (`route/hello created`), in every format.

use serde_json::{Value, json};

use super::format::{Format, Program};
use super::list::{List, Printer, Record, head};
use crate::error::{Error, Result};

/// The results of a command that changes something or waits for it: lines for people and with `-o name`, objects with
/// `-o ndjson`, rows with `-o csv` and the like, told as they come; one document at the end with `-o json`, `yaml` and
/// expressions.
pub(crate) struct Results<'a> {
    printer: Printer<'a>,
    /// Of the formats with rows.
    rows: Option<List<'a>>,
    /// What is told at the end.
    items: Vec<Value>,
    /// What was to be told so far, `route/hello created`: the first few, and how many there were.
    done: (Vec<String>, usize),
}

/// How many things an error names that were done all the same.
const NAMED: usize = 5;

impl<'a> Printer<'a> {
    /// Begins to tell results; before anything is changed, so that nothing is where they cannot be told.
    ///
    /// # Errors
    /// Usage: a form that only another command has, a column that is not there, a template that no result can be put into.
    pub(crate) fn results(&self) -> Result<Results<'a>> {
        self.no_special()?;
        if let Program::Template(template) = &self.printing.program {
            template.check(&json!({ "items": [], "failed": [], "dry_run": "client", "not_tried": 0 }))?;
        }
        let rows = matches!(self.printing.format, Format::Csv | Format::Markdown | Format::CustomColumns);
        let rows = rows.then(|| self.list(vec![head("OBJECT", 1), head("RESULT", 0)])).transpose()?;
        Ok(Results { printer: *self, rows, items: Vec::new(), done: (Vec::new(), 0) })
    }
}

/// What became of one thing, as documents have it.
pub(crate) fn result(kind: &str, id: &str, word: &str) -> Value {
    json!({ "kind": kind, "id": id, "result": word })
}

impl Results<'_> {
    /// Tells one: `name` is `route/hello`, `word` what became of it, `item` the same as a document.
    ///
    /// # Errors
    /// The output cannot be written; an expression fails.
    pub(crate) fn tell(&mut self, name: &str, word: &str, item: Value) -> Result<()> {
        self.done.1 += 1;
        if self.done.0.len() < NAMED {
            self.done.0.push(format!("{name} {word}"));
        }
        self.print(name, word, item).map_err(|error| all_the_same(error, &self.done))
    }

    fn print(&mut self, name: &str, word: &str, item: Value) -> Result<()> {
        let out = self.printer.out;
        match self.printer.printing.format {
            Format::Name => out.line(name),
            Format::Ndjson => self.printer.document(item).and_then(|()| out.flush()),
            format if reports(format) => {
                self.items.push(item);
                Ok(())
            }
            _ => match &mut self.rows {
                Some(rows) => {
                    let cells = vec![name.to_owned(), word.to_owned()];
                    rows.push(&Record { name: name.to_owned(), cells, document: item })
                }
                None => out.line(&format!("{name} {word}")),
            },
        }
    }

    /// Tells the only one, and ends.
    ///
    /// # Errors
    /// As [`Results::tell`].
    pub(crate) fn only(mut self, kind: &str, id: &str, word: &str) -> Result<()> {
        self.tell(&format!("{kind}/{id}"), word, result(kind, id, word))?;
        self.finish(|items| json!({ "items": items, "failed": [] }))
    }

    /// Ends; `report` makes the one document of what there was.
    ///
    /// # Errors
    /// As [`Results::tell`].
    pub(crate) fn finish(self, report: impl FnOnce(Vec<Value>) -> Value) -> Result<()> {
        let done = self.done;
        let printed = match reports(self.printer.printing.format) {
            true => self.printer.document(report(self.items)),
            false => self.rows.map_or(Ok(()), |rows| rows.finish().map(drop)),
        };
        printed.map_err(|error| all_the_same(error, &done))
    }
}

/// Whether there is one report at the end instead of lines under way.
fn reports(format: Format) -> bool {
    matches!(format, Format::Json | Format::Yaml | Format::JsonPath | Format::Template | Format::Jq)
}

/// The output failed, and what it was to tell of is done.
fn all_the_same(error: Error, (named, count): &(Vec<String>, usize)) -> Error {
    if *count == 0 {
        return error;
    }
    let more = if *count > named.len() { format!(" and {} more", count - named.len()) } else { String::new() };
    error.hint(format!("this is so all the same: {}{more}", named.join(", ")))
}
