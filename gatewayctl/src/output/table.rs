//! Aligned columns. On a terminal the least important columns are shortened, and in the end left out,
//! until a row fits; in a pipe nothing is. What is the answer itself goes on below its row, whole.

use unicode_width::UnicodeWidthStr;

use super::clean;
use super::look::{Look, of_state};

/// The cells of one thing.
pub(crate) type Row = Vec<String>;

/// A header, the cells, and which columns give way first.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) header: Row,
    /// How readily each column is shortened: the highest first, 0 never.
    pub(crate) give: Vec<u8>,
    pub(crate) rows: Vec<Row>,
    /// Which columns are those of wide tables alone: they are left out first.
    pub(crate) wide: Vec<bool>,
    /// Somebody chose the columns: none is left out.
    pub(crate) asked: bool,
    /// The columns for which there was no room, once it was rendered.
    pub(crate) hidden: Vec<String>,
}

/// A shortened column keeps at least this many characters, the mark of what is missing among them.
const LEAST: usize = 6;

/// So many for as long as there is another column that may be left out, and so many for as long as all can.
const ENOUGH: usize = 12;
const FEW: usize = 8;

/// The least room for lines of text.
const ROOM: usize = 12;

/// How wide each column is shown; `None`: there is no room for it.
pub(crate) type Widths = Vec<Option<usize>>;

impl Table {
    /// The lines of the table, at most as wide as there is room.
    pub(crate) fn render(&mut self, headers: bool, look: Look) -> Vec<String> {
        let mut widths: Vec<usize> = self.header.iter().map(|name| if headers { name.width() } else { 0 }).collect();
        for row in &mut self.rows {
            for cell in row.iter_mut().filter(|cell| cell.contains(clean::is_dangerous)) {
                *cell = clean::line(cell);
            }
            grow(&mut widths, row);
        }
        let full = widths;
        let mut widths = self.fit(&full, look.width);
        let is_cut = |column: &usize| widths.get(*column).copied().flatten() != full.get(*column).copied();
        // Where hardly a word has room, lines of its own are no help.
        let has_room = look.width.is_none_or(|width| width >= ROOM);
        let answer = self.header.iter().position(|name| is_answer(name));
        let below = answer.filter(|column| *column > 0 && has_room && is_cut(column));
        if let Some(column) = below {
            widths = self.fit_but(&full, look.width, Some(column));
        }
        let unseen = self.header.iter().zip(&widths).enumerate();
        let unseen = unseen.filter(|(column, (_, width))| width.is_none() && Some(*column) != below);
        self.hidden = unseen.map(|(_, (name, _))| name.clone()).collect();
        let head = headers.then(|| self.line(&self.header, &widths, look, true));
        let mut lines: Vec<String> = head.into_iter().collect();
        for row in &self.rows {
            lines.push(self.line(row, &widths, look, false));
            let told = below.and_then(|column| row.get(column)).filter(|cell| !matches!(cell.as_str(), "" | "-"));
            if let Some(told) = told {
                lines.extend(look.fold(&format!("  {told}")).lines().map(str::to_owned));
            }
        }
        lines
    }

    /// Shortens columns until a row is at most `limit` wide; where that is not enough, leaves out the least important ones,
    /// and shortens what is left.
    pub(crate) fn fit(&self, widths: &[usize], limit: Option<usize>) -> Widths {
        self.fit_but(widths, limit, None)
    }

    /// The same for all columns but one, which stands elsewhere.
    fn fit_but(&self, widths: &[usize], limit: Option<usize>, but: Option<usize>) -> Widths {
        let shown = widths.iter().enumerate().map(|(column, width)| (Some(column) != but).then_some(*width));
        let mut shown: Widths = shown.collect();
        let Some(limit) = limit else { return shown };
        self.shorten(&mut shown, ENOUGH, limit);
        self.leave_out(&mut shown, limit, |column| self.wide.get(column) == Some(&true));
        self.shorten(&mut shown, FEW, limit);
        self.shorten(&mut shown, LEAST, limit);
        self.leave_out(&mut shown, limit, |_| true);
        // A column was left out for more than was needed: the others have the rest.
        self.widen(&mut shown, widths, limit);
        while over(&shown, limit) > 0 && self.give_one(&mut shown, 1, |_| true) {}
        shown
    }

    /// The widest column of the least importance gives first, down to the next one, and so on.
    fn shorten(&self, shown: &mut Widths, least: usize, limit: usize) {
        for level in self.levels() {
            while over(shown, limit) > 0 && self.give_one(shown, least, |give| give == level) {}
        }
    }

    fn leave_out(&self, shown: &mut Widths, limit: usize, of: impl Fn(usize) -> bool) {
        while over(shown, limit) > 0 {
            let Some(width) = self.least_needed(shown, &of).and_then(|column| shown.get_mut(column)) else { break };
            *width = None;
        }
    }

    fn levels(&self) -> Vec<u8> {
        let mut levels: Vec<u8> = self.give.iter().copied().filter(|give| *give > 0).collect();
        levels.sort_unstable();
        levels.dedup();
        levels.reverse();
        levels
    }

    /// Takes one cell from the widest of some columns; `false`: none of them has one to give.
    fn give_one(&self, shown: &mut Widths, least: usize, of: impl Fn(u8) -> bool) -> bool {
        let some =
            shown.iter_mut().zip(&self.give).filter(|(_, give)| of(**give)).filter_map(|(width, _)| width.as_mut());
        match some.filter(|width| **width > least).max() {
            Some(widest) => {
                *widest -= 1;
                true
            }
            None => false,
        }
    }

    /// The column that is left out next: the last of the least important ones, then what is never shortened, from the right.
    /// The first column stays, and what says how a thing is for as long as there is another.
    fn least_needed(&self, shown: &Widths, of: impl Fn(usize) -> bool) -> Option<usize> {
        if self.asked {
            return None;
        }
        let name = |column: usize| self.header.get(column).map(String::as_str).unwrap_or_default();
        let rank = |column: usize| match self.give.get(column) {
            Some(give) if *give > 1 => 1 + *give,
            Some(0) if !is_state(name(column)) => 1,
            _ => 0,
        };
        (1..shown.len())
            .filter(|column| of(*column) && shown.get(*column).is_some_and(Option::is_some))
            .max_by_key(|column| (rank(*column), *column))
    }

    fn widen(&self, shown: &mut Widths, widths: &[usize], limit: usize) {
        let used: usize = total(shown);
        let mut left = limit.saturating_sub(used);
        for level in self.levels().into_iter().rev() {
            for ((width, full), give) in shown.iter_mut().zip(widths).zip(&self.give) {
                if let Some(width) = width.as_mut().filter(|_| *give == level) {
                    let more = full.saturating_sub(*width).min(left);
                    *width += more;
                    left -= more;
                }
            }
        }
    }

    /// One line of cells, padded and shortened to the widths. What says how a thing is has a colour of its own.
    pub(crate) fn line(&self, cells: &[String], widths: &Widths, look: Look, is_head: bool) -> String {
        let mut text = String::new();
        let mut padding = 0;
        let shown =
            cells.iter().zip(widths).enumerate().filter_map(|(column, (cell, width))| Some((column, cell, (*width)?)));
        for (column, cell, width) in shown {
            let cell = look.shorten(cell, width);
            if cell.is_empty() {
                padding += width + 2;
                continue;
            }
            text.extend(std::iter::repeat_n(' ', padding));
            padding = (width + 2).saturating_sub(cell.width());
            let sgr = match look.color {
                true if is_head => Some("1"),
                true if self.header.get(column).is_some_and(|name| is_state(name)) => of_state(&cell),
                _ => None,
            };
            match sgr {
                Some(sgr) => text.push_str(&format!("\u{1b}[{sgr}m{cell}\u{1b}[0m")),
                None => text.push_str(&cell),
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// Whether a column says how a thing is.
fn is_state(name: &str) -> bool {
    matches!(name, "STATUS" | "STATE" | "RESULT" | "VERDICT" | "EVENT" | "LEVEL" | "HEALTHY" | "SEVERITY")
}

/// Whether a column is what was asked for: it is not shortened, but has lines of its own below the row.
fn is_answer(name: &str) -> bool {
    matches!(name, "DETAIL" | "ERROR" | "FAULTS" | "MESSAGE" | "PROBLEM" | "VERDICT" | "WHY")
}

fn total(shown: &Widths) -> usize {
    let (count, sum) = shown.iter().flatten().fold((0_usize, 0), |(count, sum), width| (count + 1, sum + width));
    sum + 2 * count.saturating_sub(1)
}

fn over(shown: &Widths, limit: usize) -> usize {
    total(shown).saturating_sub(limit)
}

/// Makes columns as wide as the cells of a row.
pub(crate) fn grow(widths: &mut [usize], row: &[String]) {
    for (width, cell) in widths.iter_mut().zip(row) {
        *width = (*width).max(cell.width());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table() -> Table {
        Table {
            header: vec!["ID".into(), "NAME".into(), "URI".into()],
            give: vec![0, 2, 1],
            rows: vec![
                vec!["1".into(), "a long name of a route".into(), "/a/long/path/*".into()],
                vec!["two".into(), "中文名字".into(), "/\u{1b}[2J".into()],
            ],
            ..Table::default()
        }
    }

    fn at(width: usize) -> Look {
        Look { width: Some(width), ..Look::default() }
    }

    #[test]
    fn a_pipe_gets_everything() {
        insta::assert_snapshot!(table().render(true, Look::default()).join("\n"));
        insta::assert_snapshot!(table().render(false, Look::default()).join("\n"));
    }

    #[test]
    fn a_narrow_terminal_gets_the_important_part() {
        insta::assert_snapshot!(table().render(true, at(30)).join("\n"));
        insta::assert_snapshot!(table().render(true, at(12)).join("\n"));
        insta::assert_snapshot!(table().render(true, Look { ascii: true, ..at(30) }).join("\n"));
        let (mut narrow, mut asked) = (table(), Table { asked: true, ..table() });
        narrow.render(true, at(12));
        asked.render(true, at(12));
        assert_eq!((narrow.hidden, asked.hidden), (vec!["NAME".to_owned()], vec![]));
    }

    #[test]
    fn the_answer_is_never_cut() {
        let mut table = Table {
            header: ["CERTIFICATE", "RESULT", "FAULTS"].map(str::to_owned).to_vec(),
            give: vec![1, 0, 2],
            rows: vec![
                vec!["ssl/1".into(), "ok".into(), String::new()],
                vec!["ssl/2".into(), "bad".into(), "it has expired; it is not for a.example".into()],
            ],
            ..Table::default()
        };
        insta::assert_snapshot!(table.render(true, at(60)).join("\n"));
        insta::assert_snapshot!(table.render(true, at(30)).join("\n"));
        assert!(table.hidden.is_empty());
    }

    #[test]
    fn states_have_colours_beside_their_words() {
        let rows = [["a", "healthy"], ["b", "unhealthy"], ["healthy", "-"]];
        let mut table = Table {
            header: vec!["NODE".into(), "STATE".into()],
            give: vec![1, 0],
            rows: rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect(),
            ..Table::default()
        };
        let lines = table.render(true, Look { color: true, ..Look::default() }).join("\n");
        insta::assert_snapshot!(lines.replace('\u{1b}', "ESC"));
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_the_terminal(
            rows in prop::collection::vec(prop::collection::vec("[a-z中 ]{0,30}", 5), 0..4),
            give in prop::collection::vec(0u8..5, 5),
            width in 1usize..80,
            wide in prop::collection::vec(any::<bool>(), 5),
            asked: bool,
        ) {
            let header = ["ID", "STATUS", "LONGER-NAME", "X", "MESSAGE"].map(str::to_owned).to_vec();
            // Where not even one cell for each column is there, nothing helps.
            prop_assume!(!asked || width >= 14);
            for line in (Table { header, give, rows, wide, asked, ..Table::default() }).render(true, at(width)) {
                prop_assert!(line.width() <= width, "{line:?}");
            }
        }
    }
}
