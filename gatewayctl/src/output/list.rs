//! Lists and documents in every format. A command names its columns, pushes entries and does not know what `-o` is: only
//! what a format needs of an entry is asked for, and what can be written at once is not kept.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::format::{Format, Printing, Program};
use super::jq::Jq;
use super::table::{Row, Table};
use super::{Out, clean, jq, yaml};
use crate::error::{Error, Result};
use crate::filter::text_of;
use crate::suggest;

/// The head of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) name: &'static str,
    /// Columns of the highest value are shortened first when a terminal is too narrow; 0 is never shortened.
    pub(crate) give: u8,
    /// Only with `-o wide`, or asked for by `--columns`.
    pub(crate) wide: bool,
}

/// A column of every table.
pub(crate) const fn head(name: &'static str, give: u8) -> Head {
    Head { name, give, wide: false }
}

/// A column of wide tables.
pub(crate) const fn wide_head(name: &'static str, give: u8) -> Head {
    Head { name, give, wide: true }
}

/// One thing of a list, in the forms that a list can be printed in.
pub(crate) trait Entry {
    /// The line of `-o name`, like `route/hello`.
    fn name(&self) -> String;
    /// The cell in a column, by the column's place among the heads.
    fn cell(&self, column: usize) -> String;
    /// The object of `-o json` and the like, with secrets masked.
    fn document(&self) -> Value;
}

/// An entry whose parts are all there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) cells: Vec<String>,
    pub(crate) document: Value,
}

impl Entry for Record {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn cell(&self, column: usize) -> String {
        self.cells.get(column).cloned().unwrap_or_default()
    }

    fn document(&self) -> Value {
        self.document.clone()
    }
}

/// Prints in the format that was asked for.
#[derive(Clone, Copy)]
pub(crate) struct Printer<'a> {
    pub(crate) out: &'a Out,
    pub(crate) printing: &'a Printing,
}

impl<'a> Printer<'a> {
    /// Begins a list, which is `{"items":[…],"total":N}` in JSON and YAML.
    ///
    /// # Errors
    /// Usage: `--columns` names one that is not there.
    pub(crate) fn list(&self, heads: Vec<Head>) -> Result<List<'a>> {
        self.begin(heads, false)
    }

    /// Begins a stream of objects: each is printed and flushed as it comes; documents of JSON and YAML follow each other.
    ///
    /// # Errors
    /// As [`Printer::list`].
    pub(crate) fn stream(&self, heads: Vec<Head>) -> Result<List<'a>> {
        self.begin(heads, true)
    }

    /// Refuses the forms that only one command has.
    ///
    /// # Errors
    /// Usage.
    pub(super) fn no_special(&self) -> Result<()> {
        let format = self.printing.format;
        match format.only_of() {
            Some(command) => Err(Error::usage(format!("-o {} is a form of {command} alone", format.word()))),
            None => Ok(()),
        }
    }

    fn begin(&self, heads: Vec<Head>, stream: bool) -> Result<List<'a>> {
        self.no_special()?;
        let columns = self.columns(&heads)?;
        let shown: Vec<Head> = columns.iter().filter_map(|column| heads.get(*column)).copied().collect();
        let header = match &self.printing.program {
            Program::Columns(custom) => custom.iter().map(|(name, _)| name.clone()).collect(),
            _ => shown.iter().map(|head| head.name.to_owned()).collect::<Vec<String>>(),
        };
        let give = match &self.printing.program {
            Program::Columns(custom) => vec![1; custom.len()],
            _ => shown.iter().map(|head| head.give).collect(),
        };
        let asked = self.printing.columns.is_some() || self.printing.format == Format::CustomColumns;
        let wide = shown.iter().map(|head| head.wide).collect();
        let table = Table { header, give, wide, asked, ..Table::default() };
        Ok(List {
            printer: *self,
            stream,
            columns,
            table,
            documents: Vec::new(),
            turned: jq::Items::default(),
            count: 0,
            widths: Vec::new(),
            left_out: Vec::new(),
        })
    }

    /// The columns to show, by their places.
    fn columns(&self, heads: &[Head]) -> Result<Vec<usize>> {
        if !self.printing.format.is_tabular() {
            return Ok(Vec::new());
        }
        let Some(wanted) = &self.printing.columns else {
            let all = self.printing.format == Format::Wide;
            return Ok((0..heads.len()).filter(|i| all || heads.get(*i).is_some_and(|head| !head.wide)).collect());
        };
        let find = |name: &String| {
            let normal = name.replace('_', "-");
            heads.iter().position(|head| head.name.eq_ignore_ascii_case(&normal)).ok_or_else(|| {
                let names = heads.iter().map(|head| head.name);
                let all = || format!("columns are {}", names.clone().collect::<Vec<_>>().join(", "));
                Error::usage(format!("unknown column \"{name}\""))
                    .hint(suggest::hint(name, names.clone()).unwrap_or_else(all))
            })
        };
        wanted.iter().map(find).collect()
    }

    /// Prints one document. `human` prints the page for people; `what` names the command in the error for formats that
    /// only lists have.
    ///
    /// # Errors
    /// Usage: a format of lists, an expression that fails; those of `human`.
    pub(crate) fn one(
        &self,
        what: &str,
        document: impl FnOnce() -> Value,
        human: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        self.no_list(what)?;
        match self.printing.format {
            Format::Table | Format::Wide => human(),
            Format::CustomColumns => {
                let mut list = self.list(Vec::new())?;
                list.push(&Record { document: document(), ..Record::default() })?;
                list.finish().map(drop)
            }
            _ => self.document(document()),
        }
    }

    /// Refuses the formats that only lists have.
    ///
    /// # Errors
    /// Usage.
    pub(crate) fn no_list(&self, what: &str) -> Result<()> {
        self.no_special()?;
        match self.printing.format {
            format @ (Format::Name | Format::Csv | Format::Markdown) => {
                Err(Error::usage(format!("-o {} is a form of lists, and {what} is none", format.word())))
            }
            _ => Ok(()),
        }
    }

    /// Prints a document in one of the formats of documents.
    ///
    /// # Errors
    /// Usage: an expression that fails on it.
    pub(crate) fn document(&self, mut document: Value) -> Result<()> {
        document.sort_all_objects();
        let text = self.text(&document)?;
        self.out.bytes(text.as_bytes())
    }

    /// Prints what a filter makes of a document: text as it is, everything else as JSON.
    ///
    /// # Errors
    /// Usage: the filter fails on it.
    pub(crate) fn filtered(&self, jq: &Jq, document: &Value) -> Result<()> {
        self.out.bytes(self.jq_text(jq, document)?.as_bytes())
    }

    fn jq_text(&self, jq: &Jq, document: &Value) -> Result<String> {
        let mut text = String::new();
        jq.each(jq::Turner::default().turn(document), &mut |result| {
            text.push_str(&self.jq_result(&result));
            Ok(())
        })?;
        Ok(text)
    }

    fn text(&self, document: &Value) -> Result<String> {
        Ok(match &self.printing.program {
            Program::JsonPath(path) => ended(clean::lines(&path.run(document)?)),
            Program::Template(template) => ended(clean::lines(&template.run(document)?)),
            Program::Jq(jq) => self.jq_text(jq, document)?,
            Program::Columns(_) | Program::None => match self.printing.format {
                Format::Yaml => yaml_of(document)?,
                Format::Ndjson => compact(document),
                _ => self.json(document),
            },
        })
    }

    /// Text as it is, everything else as JSON.
    fn jq_result(&self, result: &jq::Answer) -> String {
        match result.text() {
            Some(text) => format!("{}\n", clean::lines(&text)),
            None => self.json(result),
        }
    }

    fn json(&self, document: &impl Serialize) -> String {
        if self.printing.compact { compact(document) } else { ended(pretty(document)) }
    }
}

/// A list that is being printed.
pub(crate) struct List<'a> {
    printer: Printer<'a>,
    stream: bool,
    columns: Vec<usize>,
    table: Table,
    /// What an expression over the whole list needs.
    documents: Vec<Value>,
    /// The same for jq.
    turned: jq::Items,
    count: usize,
    /// The columns of a stream so far.
    widths: Vec<usize>,
    /// Those that were left out once, and stay so.
    left_out: Vec<usize>,
}

impl List<'_> {
    /// Prints an entry, or keeps what is needed of it.
    ///
    /// # Errors
    /// The output cannot be written; an expression fails.
    pub(crate) fn push(&mut self, entry: &dyn Entry) -> Result<()> {
        self.count += 1;
        let format = self.printer.printing.format;
        match format {
            Format::Name => self.printer.out.line(&entry.name())?,
            Format::Table | Format::Wide | Format::Csv | Format::Markdown => {
                let row = self.columns.iter().map(|column| entry.cell(*column)).collect();
                self.row(row)?;
            }
            Format::CustomColumns => {
                let Program::Columns(custom) = &self.printer.printing.program else { return Ok(()) };
                let document = entry.document();
                let cell = |(_, path): &(String, super::jsonpath::JsonPath)| {
                    Ok(path.column(&document)?.unwrap_or_else(|| "<none>".to_owned()))
                };
                let row = custom.iter().map(cell).collect::<Result<Vec<String>>>()?;
                self.row(row)?;
            }
            Format::Ndjson => self.printer.document(entry.document())?,
            Format::Json | Format::Yaml if !self.stream => self.item(entry.document())?,
            Format::Yaml if self.count > 1 => {
                self.printer.out.bytes(b"---\n")?;
                self.printer.document(entry.document())?;
            }
            _ if self.stream => self.printer.document(entry.document())?,
            Format::Jq => self.turned.push(entry.document()),
            _ => self.documents.push(entry.document()),
        }
        if self.stream { self.printer.out.flush() } else { Ok(()) }
    }

    /// How many entries there were so far.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Counts an entry that was printed in a form of its own.
    pub(crate) fn counted(&mut self) {
        self.count += 1;
    }

    /// One row of a table: kept where columns are aligned, printed where they need not be.
    fn row(&mut self, row: Row) -> Result<()> {
        let printing = self.printer.printing;
        let aligned = match printing.format {
            Format::Csv | Format::Markdown => false,
            _ => !printing.plain,
        };
        if aligned && !self.stream {
            self.table.rows.push(row);
            return Ok(());
        }
        if self.count == 1 {
            if aligned {
                // The names stand above what is as wide as the first row.
                self.padded(&row, false);
            }
            self.header()?;
        }
        let line = if aligned { self.padded(&row, false) } else { line(printing, &row) };
        self.printer.out.bytes(line.as_bytes())
    }

    fn header(&mut self) -> Result<()> {
        let printing = self.printer.printing;
        if printing.no_headers {
            return Ok(());
        }
        let names = self.table.header.clone();
        let aligned = !printing.plain && !matches!(printing.format, Format::Csv | Format::Markdown);
        let mut text = if aligned { self.padded(&names, true) } else { line(printing, &names) };
        if printing.format == Format::Markdown {
            text.push_str(&format!("|{}\n", "---|".repeat(names.len())));
        }
        self.printer.out.bytes(text.as_bytes())
    }

    /// A row of a stream: columns become wider as they need to.
    fn padded(&mut self, row: &[String], is_head: bool) -> String {
        self.widths.resize(row.len(), 0);
        let cells: Vec<String> = row.iter().map(|cell| clean::line(cell)).collect();
        super::table::grow(&mut self.widths, &cells);
        let look = self.printer.out.look();
        let mut limit = self.table.fit(&self.widths, look.width);
        for column in &self.left_out {
            if let Some(width) = limit.get_mut(*column) {
                *width = None;
            }
        }
        self.left_out = (0..limit.len()).filter(|column| limit.get(*column).is_some_and(Option::is_none)).collect();
        format!("{}\n", self.table.line(&cells, &limit, look, is_head))
    }

    /// One of the items of a JSON or YAML list, written as a part of it.
    fn item(&mut self, mut document: Value) -> Result<()> {
        document.sort_all_objects();
        let printing = self.printer.printing;
        let first = self.count == 1;
        let text = if printing.format == Format::Yaml {
            let whole = yaml_of(&json!({ "items": [document] }))?;
            if first { whole } else { whole.trim_start_matches("items:\n").to_owned() }
        } else if printing.compact {
            let item = clean::json(&document.to_string());
            if first { format!("{{\"items\":[{item}") } else { format!(",{item}") }
        } else {
            let item = pretty(&document).replace('\n', "\n    ");
            if first { format!("{{\n  \"items\": [\n    {item}") } else { format!(",\n    {item}") }
        };
        self.printer.out.bytes(text.as_bytes())
    }

    /// Prints what was kept and returns how many entries there were.
    ///
    /// # Errors
    /// As [`List::push`].
    pub(crate) fn finish(mut self) -> Result<usize> {
        let (out, printing) = (self.printer.out, self.printer.printing);
        match printing.format {
            Format::Table | Format::Wide | Format::CustomColumns if !self.table.rows.is_empty() => {
                for line in self.table.render(!printing.no_headers, out.look()) {
                    out.bytes(line.as_bytes())?;
                    out.bytes(b"\n")?;
                }
                if !self.table.hidden.is_empty() {
                    out.note(&format!("no room for {}; --columns chooses", self.table.hidden.join(", ")));
                }
            }
            Format::Csv | Format::Markdown if self.count == 0 => self.header()?,
            Format::Json | Format::Yaml if !self.stream => self.end()?,
            Format::Jq if !self.stream => {
                let whole = std::mem::take(&mut self.turned).whole();
                if let Program::Jq(jq) = &printing.program {
                    jq.each(whole, &mut |result| out.bytes(self.printer.jq_result(&result).as_bytes()))?;
                }
            }
            Format::JsonPath | Format::Template if !self.stream => {
                let total = self.documents.len();
                let items = std::mem::take(&mut self.documents);
                self.printer.document(json!({ "items": items, "total": total }))?;
            }
            _ => {}
        }
        Ok(self.count)
    }

    /// The same; where a table has no rows, it is said on stderr that there are none of these.
    ///
    /// # Errors
    /// As [`List::push`].
    pub(crate) fn finish_or_none(self, what: &str) -> Result<usize> {
        let printer = self.printer;
        let count = self.finish()?;
        if count == 0 && printer.printing.format.is_tabular() {
            printer.out.note(&format!("no {what}"));
        }
        Ok(count)
    }

    fn end(&self) -> Result<()> {
        let (printing, total) = (self.printer.printing, self.count);
        if total == 0 {
            return self.printer.document(json!({ "items": [], "total": 0 }));
        }
        let text = if printing.format == Format::Yaml {
            format!("total: {total}\n")
        } else if printing.compact {
            format!("],\"total\":{total}}}\n")
        } else {
            format!("\n  ],\n  \"total\": {total}\n}}\n")
        };
        self.printer.out.bytes(text.as_bytes())
    }
}

/// A row that is not aligned.
fn line(printing: &Printing, row: &[String]) -> String {
    let cells = row.iter().map(|cell| clean::line(cell));
    match printing.format {
        Format::Csv => format!("{}\r\n", cells.map(|cell| csv(&cell).into_owned()).collect::<Vec<_>>().join(",")),
        Format::Markdown => {
            format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "))
        }
        _ => format!("{}\n", cells.collect::<Vec<_>>().join("\t")),
    }
}

/// A field of comma-separated values (RFC 4180).
fn csv(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"']) || cell.starts_with(' ') || cell.ends_with(' ') {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn pretty(document: &impl Serialize) -> String {
    // Writing a value cannot fail: its keys are text.
    clean::json_of(serde_json::to_string_pretty(document).unwrap_or_default())
}

fn compact(document: &impl Serialize) -> String {
    ended(clean::json_of(serde_json::to_string(document).unwrap_or_default()))
}

fn yaml_of(document: &Value) -> Result<String> {
    yaml::to_string(document).map_err(|error| Error::usage(format!("cannot be written as YAML: {error}")))
}

/// A field of a document as a cell: `-` where there is none.
pub(crate) fn cell(document: &Value, field: &str) -> String {
    match document.get(field) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(value) => text_of(value).into_owned(),
    }
}
