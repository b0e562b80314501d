//! A page for people: lines, pairs of a name and a value, tables below a word. What it holds is cleaned as it is written.

use std::fmt::Write as _;

use super::clean;
use super::look::Look;
use super::table::{Row, Table};

/// How wide the names of pairs are.
const NAME: usize = 12;

/// The page so far.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
    look: Look,
}

impl Page {
    pub(crate) fn new(look: Look) -> Page {
        Page { text: String::new(), look }
    }

    pub(crate) fn line(&mut self, text: &str) {
        self.text.push_str(&clean::line(text));
        self.text.push('\n');
    }

    /// A name and its value; nothing where there is none.
    pub(crate) fn pair(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.line(&format!("{name:<NAME$}{value}"));
        }
    }

    /// A table below a word, or nothing where it has no rows.
    pub(crate) fn table(&mut self, name: &str, heads: &[(&str, u8)], rows: Vec<Row>) {
        if rows.is_empty() {
            return;
        }
        self.line(name);
        let header = heads.iter().map(|(head, _)| (*head).to_owned()).collect();
        let mut table = Table { header, give: heads.iter().map(|(_, give)| *give).collect(), rows, ..Table::default() };
        for line in table.render(true, self.look.narrower(2)) {
            // Its cells are clean, and may be coloured.
            let _ = writeln!(self.text, "  {line}");
        }
        if !table.hidden.is_empty() {
            self.line(&format!("  (no room for {})", table.hidden.join(", ")));
        }
    }

    /// Whether so many cells have no room in a line of a table.
    pub(crate) fn is_narrower_than(&self, cells: usize) -> bool {
        self.look.narrower(2).width.is_some_and(|width| width < cells)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
