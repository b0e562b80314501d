//! What one screen of a list is about: its rows and columns, its tabs, and what can be done there alone.

use serde_json::Value;

use super::{REFERENCES, SUMMARY, YAML};
use crate::resources::{self, Resource};
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Row, Shared};
use crate::tui::msg::{Arguments, Failure, Source};
use crate::tui::screens::Context;
use crate::tui::widgets::Look;
use crate::tui::widgets::table::{Cell, Column, Rows};
use crate::tui::widgets::text::Line;
use crate::tui::wish::Place;

/// What one such screen is about.
pub(crate) trait Kind: Rows {
    /// The name of the screen.
    fn name(&self) -> &'static str;

    /// The resource of its rows, where they are stored objects whose ids are the rows' ids.
    fn resource(&self) -> Option<&'static Resource> {
        resources::find(self.name()).ok()
    }

    /// The resource of one row, where rows are of several.
    fn resource_of(&self, _row: &Row) -> Option<&'static Resource> {
        self.resource()
    }

    /// What a row is counted as, the plural of a resource.
    fn counted_as(&self, _row: &Row) -> &'static str {
        self.name()
    }

    /// The id of what a row stands for, where rows have ids of their own.
    fn id_of<'r>(&self, row: &'r Row) -> &'r str {
        &row.id
    }

    /// The rows that are meant by an id that comes from elsewhere, the best first.
    fn rows_of(&self, id: &str) -> Vec<String> {
        vec![id.to_owned()]
    }

    /// What it has to be told; the first one is that of its rows.
    fn sources(&self) -> Vec<(Source, Arguments)>;

    /// All rows. Called whenever something is told, so it shares rather than copies.
    fn rows(&self, data: &Data) -> Vec<Row>;

    /// The tabs of the details. [`YAML`] and [`REFERENCES`] and [`TRAFFIC`](super::TRAFFIC) are drawn here, others by [`Kind::tab`].
    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, YAML, REFERENCES]
    }

    /// The lines of a tab.
    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, width: u16) -> Vec<Line>;

    /// What can be done on this screen alone or in its own way.
    fn actions(&self) -> &'static [Action] {
        &[]
    }

    /// Does one of [`Kind::actions`], or what all such screens have in its own way. The rows are the marked ones, or the
    /// selected one.
    fn act(&mut self, _action: Action, _rows: &[Row], _context: &mut Context<'_>) -> bool {
        false
    }

    /// By what the numbers of a row are broken down, for the tab [`TRAFFIC`](super::TRAFFIC).
    fn by(&self) -> Option<By> {
        None
    }

    /// The same of one row, where rows are of several resources.
    fn by_of(&self, _row: &Row) -> Option<By> {
        self.by()
    }

    /// Where `o` goes.
    fn target(&self, _row: &Row, _data: &Data) -> Option<Place> {
        None
    }

    /// Where `t` goes: the filter of the tap.
    fn tap(&self, _row: &Row) -> Option<String> {
        None
    }

    /// What `N` begins with.
    fn template(&self) -> Option<Value> {
        None
    }

    /// The stored object of a row, where that is not its value: for YAML.
    fn object(&self, _row: &Row, _data: &Data) -> Option<Shared> {
        None
    }

    /// Whether new rows come in front, and the first row stays selected until the user goes to another one.
    fn follows(&self) -> bool {
        false
    }

    /// What an answer to a call of [`Kind::act`] is for.
    fn answer(&mut self, _number: u32, _result: &Result<Value, Failure>, _context: &mut Context<'_>) {}

    /// What stands where there are no rows.
    fn empty(&self) -> String {
        format!("no {}", self.name())
    }
}

/// The rows of a kind as its table has them: with the resources that they are of.
pub(super) struct Stored<'k, K>(pub(super) &'k K);

impl<K: Kind> Rows for Stored<'_, K> {
    fn columns(&self) -> &[Column] {
        self.0.columns()
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        self.0.cell(row, column, data)
    }

    fn stored(&self, row: &Row) -> Option<&'static Resource> {
        self.0.resource_of(row)
    }
}
