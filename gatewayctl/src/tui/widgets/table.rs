//! Tables of thousands of rows: only what is in sight is drawn; the selection is kept by id, whatever comes and goes.

use std::cell::Cell as Keep;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::data::{Data, Row};
use super::super::find::Filter;
use super::super::theme::Role;
use super::{Hit, Look, fit, put, width};
use crate::filter::Sight;
use crate::resources::Resource;

/// A column: those of a higher number in `rank` drop out first where there is no room. Rank 0 stays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) rank: u8,
    /// The least and the most columns of the terminal that it takes.
    pub(crate) min: u16,
    pub(crate) max: u16,
    pub(crate) right: bool,
    /// Only shown when more columns are asked for.
    pub(crate) wide: bool,
}

impl Column {
    /// A column of text.
    pub(crate) const fn text(name: &'static str, rank: u8, min: u16, max: u16) -> Column {
        Column { name, rank, min, max, right: false, wide: false }
    }

    /// A column of numbers.
    pub(crate) const fn number(name: &'static str, rank: u8, min: u16) -> Column {
        Column { name, rank, min, max: min, right: true, wide: false }
    }

    /// Only shown when more columns are asked for.
    pub(crate) const fn wide(self) -> Column {
        Column { wide: true, ..self }
    }
}

/// What stands in a row and a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) role: Role,
    /// By what it is sorted, where that is not the text.
    pub(crate) number: Option<f64>,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), role: Role::Text, number: None }
    }

    /// A number and how it is shown.
    pub(crate) fn number(number: f64, text: impl Into<String>) -> Cell {
        Cell { text: text.into(), role: Role::Text, number: Some(number) }
    }

    /// Nothing is known.
    pub(crate) fn none(look_none: &str) -> Cell {
        Cell { text: look_none.to_owned(), role: Role::Off, number: Some(f64::NEG_INFINITY) }
    }

    pub(crate) fn role(self, role: Role) -> Cell {
        Cell { role, ..self }
    }
}

/// What a bar is made of: the part that is full, and the rest.
const BAR: [char; 2] = ['█', '·'];

/// A bar of so many columns for a share of 0 to 1, sorted by a number; what is not empty has at least one column.
pub(crate) fn bar(share: f64, columns: usize, number: f64) -> Cell {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let full = ((share * columns as f64).round() as usize).max(usize::from(share > 0.0)).min(columns);
    let text = [full, columns - full].into_iter().zip(BAR).flat_map(|(count, c)| std::iter::repeat_n(c, count));
    Cell::number(number, text.collect::<String>())
}

/// The bar in the characters of the terminal.
fn in_glyphs(text: &str, look: &Look<'_>) -> String {
    let glyph = |c: char| match c {
        c if c == BAR[0] => look.glyphs.bar,
        c if c == BAR[1] => look.glyphs.shades[1],
        c => c,
    };
    text.chars().map(glyph).collect()
}

/// What a table shows.
pub(crate) trait Rows {
    fn columns(&self) -> &[Column];
    /// What stands in a column, counted from the first of [`Rows::columns`]. Text of the server is cleaned here.
    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell;
    /// What resource a row is a stored object of: to filters a field that it lacks has the default of that.
    fn stored(&self, _row: &Row) -> Option<&'static Resource> {
        None
    }
}

/// Whether a column is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Yes,
    /// It would be, were there room for it.
    NoRoom,
    /// It would be, were more columns asked for.
    Wide,
    Hidden,
}

/// A table's state.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    /// Places in `rows` of what is shown, in order.
    order: Vec<usize>,
    cursor: usize,
    selected: Option<Arc<str>>,
    /// The user has gone to another row than the first, or asked for one.
    moved: bool,
    marks: BTreeSet<Arc<str>>,
    anchor: Option<usize>,
    /// A column and whether the greatest is first.
    sort: Option<(usize, bool)>,
    filter: Filter,
    /// Why the filter leaves no row.
    slip: Option<String>,
    /// What fields are by default that the filter looks at, of these resources.
    sight: (Vec<&'static Resource>, Sight),
    wide: bool,
    hidden: BTreeSet<&'static str>,
    /// A bit for each column that there was room for when it was drawn last.
    room: Keep<Option<u64>>,
    offset: Keep<usize>,
    height: Keep<usize>,
}

impl Table {
    /// Sorted from the beginning.
    pub(crate) fn sorted(column: usize, descending: bool) -> Table {
        Table { sort: Some((column, descending)), ..Table::default() }
    }

    /// Takes the rows as they are now.
    pub(crate) fn refresh(&mut self, rows: Vec<Row>, of: &dyn Rows, data: &Data) {
        self.rows = rows;
        if !self.marks.is_empty() {
            // What is gone is no longer marked.
            let there: BTreeSet<&Arc<str>> = self.rows.iter().map(|row| &row.id).collect();
            self.marks.retain(|id| there.contains(id));
        }
        self.arrange(of, data);
    }

    /// Filters and sorts anew, and finds the selected row again.
    pub(crate) fn arrange(&mut self, of: &dyn Rows, data: &Data) {
        self.choose(of, data);
        if let Some((column, descending)) = self.sort {
            let mut keyed: Vec<(Cell, usize)> =
                self.order.iter().map(|place| (of.cell(&self.rows[*place], column, data), *place)).collect();
            keyed.sort_by(|(a, x), (b, y)| {
                let order = compare(a, b);
                let order = if descending { order.reverse() } else { order };
                order.then_with(|| self.rows[*x].id.cmp(&self.rows[*y].id))
            });
            self.order = keyed.into_iter().map(|(_, place)| place).collect();
        }
        self.find_selected();
    }

    /// Finds the rows that the filter leaves.
    fn choose(&mut self, of: &dyn Rows, data: &Data) {
        let columns = of.columns().len();
        let paths = self.filter.paths();
        if !paths.is_empty() {
            let mut resources: Vec<&'static Resource> = Vec::new();
            for resource in self.rows.iter().filter_map(|row| of.stored(row)) {
                if !resources.contains(&resource) {
                    resources.push(resource);
                }
            }
            if self.sight.0 != resources {
                let sight = Sight::of(&paths.iter().collect::<Vec<_>>(), &resources);
                self.sight = (resources, sight);
            }
        }
        let sight = &self.sight.1;
        let fuller = |row: &Row| if paths.is_empty() { None } else { sight.see(of.stored(row)?, &row.value) };
        let ready = self.filter.ready();
        let shown = |row: &Row| {
            let cells = || (0..columns).map(|column| of.cell(row, column, data).text).collect::<Vec<_>>().join(" ");
            ready.holds(&row.value, fuller(row).as_ref(), &cells)
        };
        self.order = (0..self.rows.len()).filter(|place| self.rows.get(*place).is_some_and(shown)).collect();
        self.slip = None;
        if self.order.is_empty() {
            let rows: Vec<_> = self.rows.iter().map(|row| (row, fuller(row))).collect();
            self.slip = self.filter.slip(rows.iter().map(|(row, fuller)| (&*row.value, fuller.as_ref())));
        }
    }

    fn find_selected(&mut self) {
        let is_selected = |place: &usize| self.rows.get(*place).map(|row| &row.id) == self.selected.as_ref();
        match self.order.iter().position(is_selected) {
            Some(cursor) if self.selected.is_some() => self.cursor = cursor,
            // What was selected is gone: its neighbour is.
            _ => {
                self.cursor = self.cursor.min(self.order.len().saturating_sub(1));
                self.selected = self.row_at(self.cursor).map(|row| Arc::clone(&row.id));
            }
        }
    }

    fn row_at(&self, shown: usize) -> Option<&Row> {
        self.rows.get(*self.order.get(shown)?)
    }

    /// The row under the cursor.
    pub(crate) fn selected(&self) -> Option<&Row> {
        self.row_at(self.cursor)
    }

    /// The rows that an action is for: the marked ones that are shown, else the selected one. None where rows are marked and the
    /// filter hides all of them.
    pub(crate) fn chosen(&self) -> Vec<&Row> {
        match self.marks.is_empty() {
            true => self.selected().into_iter().collect(),
            false => self.shown().filter(|row| self.marks.contains(&row.id)).collect(),
        }
    }

    /// Why an action is for no row, where the filter hides all that are marked.
    pub(crate) fn hides_all(&self) -> Option<String> {
        let hidden = !self.marks.is_empty() && self.chosen().is_empty();
        hidden.then(|| format!("nothing was done: the filter hides what is marked ({})", self.marks.len()))
    }

    /// How many marked rows the filter hides.
    pub(crate) fn hidden_marks(&self) -> usize {
        let shown = if self.marks.is_empty() { 0 } else { self.chosen().len() };
        self.marks.len().saturating_sub(shown)
    }

    /// How many rows are shown, and how many there are.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.order.len(), self.rows.len())
    }

    /// What is told where the filter leaves no row.
    pub(crate) fn none_left(&self) -> Vec<String> {
        let clean = crate::output::clean::line;
        let mut lines = vec![format!("none of {} matches {}", self.rows.len(), clean(self.filter.text()))];
        lines.extend(self.slip.iter().map(|why| clean(why)));
        lines.push("Esc shows all".to_owned());
        lines
    }

    pub(crate) fn marked(&self) -> usize {
        self.marks.len()
    }

    /// Rows in the order in which they are shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Row> {
        self.order.iter().filter_map(|place| self.rows.get(*place))
    }

    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    pub(crate) fn set_filter(&mut self, filter: Filter, of: &dyn Rows, data: &Data) {
        self.filter = filter;
        self.sight = Default::default();
        self.arrange(of, data);
    }

    /// Hides a column, or shows it again.
    pub(crate) fn toggle(&mut self, column: &'static str) {
        if !self.hidden.remove(column) {
            self.hidden.insert(column);
        }
    }

    /// The columns, and whether each is on the screen.
    pub(crate) fn columns(&self, of: &dyn Rows) -> Vec<(&'static str, Seen)> {
        let seen = |(place, column): (usize, &Column)| match column {
            column if self.hidden.contains(column.name) => Seen::Hidden,
            column if !self.is_visible(column) => Seen::Wide,
            _ if self.has_room(place) => Seen::Yes,
            _ => Seen::NoRoom,
        };
        of.columns().iter().enumerate().map(|place| (place.1.name, seen(place))).collect()
    }

    fn has_room(&self, column: usize) -> bool {
        let bit = u32::try_from(column).ok().and_then(|column| 1_u64.checked_shl(column)).unwrap_or_default();
        self.room.get().is_none_or(|room| room & bit != 0)
    }

    /// To the row of an id, if it is shown.
    pub(crate) fn select(&mut self, id: &str) -> bool {
        match self.order.iter().position(|place| self.rows.get(*place).is_some_and(|row| &*row.id == id)) {
            Some(place) => {
                self.go(place);
                self.moved = true;
                true
            }
            None => {
                self.selected = Some(id.into());
                false
            }
        }
    }

    /// Back to the first row after others came in front of it, unless the user looks at another one.
    pub(crate) fn follow(&mut self) {
        if !self.moved && self.marks.is_empty() {
            self.go(0);
        }
    }

    /// To a row, counted from the first that is shown.
    pub(crate) fn go(&mut self, place: usize) {
        self.cursor = place.min(self.order.len().saturating_sub(1));
        self.selected = self.row_at(self.cursor).map(|row| Arc::clone(&row.id));
        self.moved = self.cursor > 0;
    }

    pub(crate) fn by(&mut self, rows: isize) {
        self.go(self.cursor.saturating_add_signed(rows));
    }

    /// Whether the action was for the table.
    pub(crate) fn act(&mut self, action: Action, of: &dyn Rows, data: &Data) -> bool {
        let page = isize::try_from(self.height.get()).unwrap_or(isize::MAX).max(1);
        match action {
            Action::Down => self.by(1),
            Action::Up => self.by(-1),
            Action::HalfDown => self.by((page / 2).max(1)),
            Action::HalfUp => self.by(-(page / 2).max(1)),
            Action::PageDown => self.by(page),
            Action::PageUp => self.by(-page),
            Action::Top => self.go(0),
            Action::Bottom => self.go(usize::MAX),
            Action::Mark => self.mark(),
            Action::MarkRange => self.mark_range(),
            Action::MarkAll => {
                let ids: Vec<Arc<str>> = self.shown().map(|row| Arc::clone(&row.id)).collect();
                self.marks.extend(ids);
            }
            Action::MarkNone => self.marks.clear(),
            Action::Sort | Action::ColumnRight => self.sort_by(1, of, data),
            Action::ColumnLeft => self.sort_by(-1, of, data),
            Action::Reverse => {
                let (column, descending) = self.sort.unwrap_or((0, false));
                self.sort = Some((column, !descending));
                self.arrange(of, data);
            }
            Action::Wide => self.wide = !self.wide,
            _ => return false,
        }
        true
    }

    fn mark(&mut self) {
        let Some(id) = self.selected.clone() else { return };
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
        self.anchor = Some(self.cursor);
        self.by(1);
    }

    fn mark_range(&mut self) {
        let from = self.anchor.unwrap_or(self.cursor);
        let (from, to) = (from.min(self.cursor), from.max(self.cursor));
        let ids: Vec<Arc<str>> =
            (from..=to).filter_map(|place| self.row_at(place)).map(|row| Arc::clone(&row.id)).collect();
        self.marks.extend(ids);
    }

    fn sort_by(&mut self, step: isize, of: &dyn Rows, data: &Data) {
        let columns = of.columns();
        let is_seen = |place: &usize| self.is_visible(&columns[*place]) && self.has_room(*place);
        let visible: Vec<usize> = (0..columns.len()).filter(is_seen).collect();
        let at = self.sort.and_then(|(column, _)| visible.iter().position(|place| *place == column));
        let next = match at {
            None => 0,
            Some(at) => (at + visible.len()).saturating_add_signed(step) % visible.len().max(1),
        };
        if let Some(column) = visible.get(next) {
            self.sort_to(*column, of, data);
        }
    }

    /// Sorts by a column; by the same one again: the other way.
    pub(crate) fn sort_to(&mut self, column: usize, of: &dyn Rows, data: &Data) {
        let descending = match self.sort {
            Some((same, descending)) if same == column => !descending,
            _ => of.columns().get(column).is_some_and(|column| column.right),
        };
        self.sort = Some((column, descending));
        self.arrange(of, data);
    }

    fn is_visible(&self, column: &Column) -> bool {
        (self.wide || !column.wide) && !self.hidden.contains(column.name)
    }

    /// Draws what is in sight. `panel` is the number of the panel for the mouse.
    pub(crate) fn draw(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        look: &Look<'_>,
        of: &dyn Rows,
        panel: u8,
        focused: bool,
    ) {
        let area = area.intersection(buffer.area);
        if area.width < 3 || area.height == 0 {
            return;
        }
        look.hits.add(area, Hit::Panel(panel));
        let height = usize::from(area.height - 1);
        self.height.set(height);
        let last = self.order.len().saturating_sub(height);
        let lowest = (self.cursor + 1).saturating_sub(height);
        self.offset.set(self.offset.get().clamp(lowest.min(self.cursor), self.cursor).min(last.max(lowest)));
        let rows: Vec<(usize, &Row)> = (self.offset.get()..self.order.len())
            .take(height)
            .filter_map(|place| Some((place, self.row_at(place)?)))
            .collect();
        let columns = of.columns();
        let visible: Vec<usize> = (0..columns.len()).filter(|place| self.is_visible(&columns[*place])).collect();
        let cells: Vec<Vec<Cell>> = rows
            .iter()
            .map(|(_, row)| visible.iter().map(|column| of.cell(row, *column, look.data)).collect())
            .collect();
        let widths = fitted(columns, &visible, &cells, area.width - 1);
        let bits = visible.iter().zip(&widths).filter(|(column, wide)| **wide > 0 && **column < 64);
        self.room.set(Some(bits.fold(0, |bits, (column, _)| bits | 1 << column)));
        self.head(buffer, area, look, columns, &visible, &widths, panel);
        for (y, ((place, row), cells)) in (1..).zip(rows.iter().zip(&cells)) {
            self.row(buffer, area, look, y, (*place, row), cells, &widths, columns, &visible, focused);
            look.hits.add(Rect { y: area.y + y, height: 1, ..area }, Hit::Row(panel, *place));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one drawing")]
    fn head(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        look: &Look<'_>,
        columns: &[Column],
        visible: &[usize],
        widths: &[u16],
        panel: u8,
    ) {
        let style = look.style(Role::Head);
        let mut x = 1;
        for (column, wide) in visible.iter().zip(widths).filter(|(_, wide)| **wide > 0) {
            let mut name = columns[*column].name.to_owned();
            if let Some((sorted, descending)) = self.sort
                && sorted == *column
            {
                name.push(if descending { look.glyphs.sorted.1 } else { look.glyphs.sorted.0 });
            }
            let cell = Rect { x: area.x + x, width: (*wide).min(area.width.saturating_sub(x)), height: 1, ..area };
            aligned(buffer, cell, &fit(&name, usize::from(*wide), look.glyphs.more), columns[*column].right, style);
            look.hits.add(cell, Hit::Head(panel, *column));
            x += wide + 1;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one drawing")]
    fn row(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        look: &Look<'_>,
        y: u16,
        (place, row): (usize, &Row),
        cells: &[Cell],
        widths: &[u16],
        columns: &[Column],
        visible: &[usize],
        focused: bool,
    ) {
        let selected = place == self.cursor;
        let marked = self.marks.contains(&row.id);
        let line = Rect { y: area.y + y, height: 1, ..area };
        let pointer = if selected {
            look.glyphs.pointer
        } else if marked {
            look.glyphs.mark
        } else {
            ' '
        };
        let pointer_role = if marked { Role::Marked } else { Role::Focus };
        put(buffer, line, 0, 0, &pointer.to_string(), look.style(pointer_role));
        let mut x = 1;
        for ((cell, wide), column) in cells.iter().zip(widths).zip(visible).filter(|((_, wide), _)| **wide > 0) {
            let area = Rect { x: line.x + x, width: (*wide).min(line.width.saturating_sub(x)), ..line };
            let role = if marked && cell.role == Role::Text { Role::Marked } else { cell.role };
            let mut text = fit(&cell.text, usize::from(*wide), look.glyphs.more);
            if look.glyphs.ascii && text.contains(BAR) {
                text = in_glyphs(&text, look);
            }
            aligned(buffer, area, &text, columns[*column].right, look.style(role));
            x += wide + 1;
        }
        if selected && focused {
            buffer.set_style(line, look.style(Role::Selection));
        }
    }
}

fn aligned(buffer: &mut Buffer, area: Rect, text: &str, right: bool, style: ratatui::style::Style) {
    if right {
        super::put_right(buffer, area, 0, text, style);
    } else {
        put(buffer, area, 0, 0, text, style);
    }
}

/// Numbers by value, texts by their letters, and what has no number behind what has.
fn compare(a: &Cell, b: &Cell) -> Ordering {
    match (a.number, b.number) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => a.text.to_lowercase().cmp(&b.text.to_lowercase()),
    }
}

/// The width of each visible column, 0 for those that drop out.
fn fitted(columns: &[Column], visible: &[usize], cells: &[Vec<Cell>], room: u16) -> Vec<u16> {
    let wanted: Vec<u16> = visible
        .iter()
        .enumerate()
        .map(|(at, place)| {
            let column = &columns[*place];
            let widest =
                cells.iter().filter_map(|row| row.get(at)).map(|cell| width(&cell.text)).max().unwrap_or_default();
            let widest = widest.max(column.name.len() + 1);
            u16::try_from(widest).unwrap_or(u16::MAX).clamp(column.min, column.max.max(column.min))
        })
        .collect();
    let mut widths: Vec<u16> = visible.iter().map(|place| columns[*place].min).collect();
    // Columns that matter less make room before the others are cut short.
    let easy: Vec<u16> = wanted.iter().zip(&widths).map(|(wanted, least)| (wanted * 4 / 5).max(*least)).collect();
    let total = |widths: &[u16]| widths.iter().filter(|wide| **wide > 0).map(|wide| u32::from(wide + 1)).sum::<u32>();
    let worst = |widths: &[u16], from: u8| {
        let droppable = (0..visible.len()).filter(|at| widths[*at] > 0 && columns[visible[*at]].rank >= from);
        droppable.max_by_key(|at| (columns[visible[*at]].rank, *at))
    };
    let mut eased = easy;
    while total(&eased) > u32::from(room) + 1 {
        let Some(worst) = worst(&eased, 4) else { break };
        (eased[worst], widths[worst]) = (0, 0);
    }
    while total(&widths) > u32::from(room) + 1 {
        let Some(worst) = worst(&widths, 1) else { break };
        widths[worst] = 0;
    }
    // What is left is theirs who want it, the most important first.
    let mut spare = (u32::from(room) + 1).saturating_sub(total(&widths));
    let mut order: Vec<usize> = (0..visible.len()).filter(|at| widths[*at] > 0).collect();
    order.sort_by_key(|at| columns[visible[*at]].rank);
    for at in order {
        let more = u32::from(wanted[at].saturating_sub(widths[at])).min(spare);
        widths[at] += u16::try_from(more).unwrap_or_default();
        spare -= more;
    }
    widths
}
