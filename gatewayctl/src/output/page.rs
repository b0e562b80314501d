//! A page for people: lines, pairs of a name and a value, tables below a word. What it holds is cleaned as it is written.

use super::clean;
use super::table::{Row, Table};

/// How wide the names of pairs are.
const NAME: usize = 12;

/// The page so far.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
    /// How wide lines may be.
    width: Option<usize>,
}

impl Page {
    pub(crate) fn new(width: Option<usize>) -> Page {
        Page { text: String::new(), width }
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
        let mut table = Table { header, give: heads.iter().map(|(_, give)| *give).collect(), rows };
        for line in table.render(true, self.width.map(|width| width.saturating_sub(2))) {
            self.line(&format!("  {line}"));
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
