//! Aligned columns. On a terminal the least important columns are shortened until a row fits; in a pipe nothing is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::clean;

/// The cells of one thing.
pub(crate) type Row = Vec<String>;

/// A header, the cells, and which columns give way first.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) header: Row,
    /// How readily each column is shortened: the highest first, 0 never.
    pub(crate) give: Vec<u8>,
    pub(crate) rows: Vec<Row>,
}

/// A shortened column keeps at least this many characters, one of them `…`.
const LEAST: usize = 6;

impl Table {
    /// The lines of the table, at most `width` wide if that can be had.
    pub(crate) fn render(&mut self, headers: bool, width: Option<usize>) -> Vec<String> {
        let mut widths: Vec<usize> = self.header.iter().map(|name| if headers { name.width() } else { 0 }).collect();
        for row in &mut self.rows {
            for cell in row.iter_mut().filter(|cell| cell.contains(clean::is_dangerous)) {
                *cell = clean::line(cell);
            }
            grow(&mut widths, row);
        }
        if let Some(width) = width {
            self.fit(&mut widths, width);
        }
        headers.then_some(&self.header).into_iter().chain(&self.rows).map(|row| line(row, &widths)).collect()
    }

    /// Shortens columns until a row is at most `limit` wide, if that can be had.
    pub(crate) fn fit(&self, widths: &mut [usize], limit: usize) {
        let total = |widths: &[usize]| widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let mut over = total(widths).saturating_sub(limit);
        let mut levels: Vec<u8> = self.give.iter().copied().filter(|give| *give > 0).collect();
        levels.sort_unstable();
        levels.dedup();
        for level in levels.into_iter().rev() {
            // The widest column of this importance gives first, down to the next one, and so on.
            while over > 0 {
                let of_level =
                    widths.iter_mut().zip(&self.give).filter(|(width, give)| **give == level && **width > LEAST);
                let Some((widest, _)) = of_level.max_by_key(|(width, _)| **width) else { break };
                *widest -= 1;
                over -= 1;
            }
        }
    }
}

/// Makes columns as wide as the cells of a row.
pub(crate) fn grow(widths: &mut [usize], row: &[String]) {
    for (width, cell) in widths.iter_mut().zip(row) {
        *width = (*width).max(cell.width());
    }
}

/// One line of cells, padded and shortened to the widths.
pub(crate) fn line(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (i, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let cell = shorten(cell, *width);
        text.push_str(&cell);
        if i + 1 < cells.len() {
            let padding = width.saturating_sub(cell.width()) + 2;
            text.extend(std::iter::repeat_n(' ', padding));
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The text itself, or its beginning and `…`.
fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for c in text.chars() {
        let next = used + c.width().unwrap_or_default();
        if next + 1 > width {
            break;
        }
        short.push(c);
        used = next;
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            header: vec!["ID".into(), "NAME".into(), "URI".into()],
            give: vec![0, 2, 1],
            rows: vec![
                vec!["1".into(), "a long name of a route".into(), "/a/long/path/*".into()],
                vec!["two".into(), "中文名字".into(), "/\u{1b}[2J".into()],
            ],
        }
    }

    #[test]
    fn a_pipe_gets_everything() {
        insta::assert_snapshot!(table().render(true, None).join("\n"));
        insta::assert_snapshot!(table().render(false, None).join("\n"));
    }

    #[test]
    fn a_narrow_terminal_gets_the_important_part() {
        insta::assert_snapshot!(table().render(true, Some(30)).join("\n"));
        insta::assert_snapshot!(table().render(true, Some(5)).join("\n"));
    }
}
