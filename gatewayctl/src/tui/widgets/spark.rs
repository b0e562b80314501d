//! Sparklines: a value a column, the newest to the right. What is not known is a gap, not a zero.

use super::super::data::Stats;
use super::super::theme::Glyphs;

/// One column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Column {
    Value(f64),
    /// Nothing was told.
    Gap,
    /// The gateway was started anew.
    Restart,
}

/// A line of so many columns as text. `top` is the value of the highest bar; without it that is the greatest value.
pub(crate) fn line(columns: &[Column], top: Option<f64>, glyphs: &Glyphs) -> String {
    let values = columns.iter().filter_map(|column| match column {
        Column::Value(value) if value.is_finite() => Some(*value),
        _ => None,
    });
    let top = top.unwrap_or_else(|| values.fold(0.0, f64::max));
    columns
        .iter()
        .map(|column| match column {
            Column::Gap => glyphs.gap,
            Column::Restart => glyphs.restart,
            Column::Value(value) if top > 0.0 && value.is_finite() => {
                let place = (value / top * 7.0).round().clamp(0.0, 7.0) as usize;
                glyphs.bars.get(place).copied().unwrap_or(' ')
            }
            Column::Value(_) => glyphs.bars[0],
        })
        .collect()
}

/// Puts (moment, value) pairs into `width` columns of `range` seconds that end at `now`; a column of several values shows
/// their mean. Columns without a value between others repeat the value in front of them for at most three steps.
pub(crate) fn columns(
    points: impl Iterator<Item = (u32, f64)>,
    now: u32,
    range: u32,
    width: usize,
    restarts: &[u32],
) -> Vec<Column> {
    let mut sums = vec![(0.0, 0_u32); width];
    let place = |at: u32| {
        let age = u64::from(now.saturating_sub(at));
        let back = usize::try_from(age * width as u64 / u64::from(range.max(1))).unwrap_or(usize::MAX);
        width.checked_sub(back.checked_add(1)?)
    };
    for (at, value) in points {
        if let Some(sum) = place(at).and_then(|place| sums.get_mut(place)) {
            sum.0 += value;
            sum.1 += 1;
        }
    }
    let mut columns: Vec<Column> = Vec::with_capacity(width);
    // So many seconds may pass without a value before it is a gap.
    let patience = (3 * width).div_ceil(range.max(1) as usize).max(1);
    let mut missing = patience;
    let mut last = 0.0;
    for (sum, count) in sums {
        columns.push(if count > 0 {
            missing = 0;
            last = sum / f64::from(count);
            Column::Value(last)
        } else if missing < patience {
            missing += 1;
            Column::Value(last)
        } else {
            Column::Gap
        });
    }
    for column in restarts.iter().filter_map(|at| place(*at)) {
        if let Some(column) = columns.get_mut(column) {
            *column = Column::Restart;
        }
    }
    columns
}

/// A line of one number of the last minutes; its highest bar stands for `least` at least.
pub(crate) fn of(
    stats: &Stats,
    range: u32,
    width: usize,
    glyphs: &Glyphs,
    least: f64,
    value: impl Fn(&super::super::data::Point) -> f32,
) -> String {
    let Some(now) = stats.now().map(|point| point.at) else { return String::new() };
    let restarts: Vec<u32> = stats.points.iter().filter(|point| point.restarted).map(|point| point.at).collect();
    let points = stats.points.iter().map(|point| (point.at, f64::from(value(point))));
    let columns = columns(points, now, range, width, &restarts);
    let values = columns.iter().map(|column| if let Column::Value(value) = column { *value } else { 0.0 });
    line(&columns, Some(values.fold(least, f64::max)), glyphs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_gaps_and_restarts_are_marked() {
        let points = [(90, 1.0), (91, 2.0), (92, 4.0), (98, 8.0), (99, 8.0), (100, 4.0)];
        let columns = columns(points.into_iter(), 100, 12, 12, &[99]);
        let text = line(&columns, None, &Glyphs::unicode());
        assert_eq!(text, " ▂▃▅▅▅▅  █┊▅");
        assert_eq!(line(&[Column::Value(f64::NAN), Column::Value(0.0)], None, &Glyphs::ascii()), "__");
    }
}
