//! The heat map of latencies: a column a span of time, a row a span of milliseconds, and the darker the more requests.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::data::Stats;
use super::super::theme::Role;
use super::{Look, put, put_right};

/// Columns for the numbers at the left.
const SCALE: u16 = 6;

/// Draws it; the newest is at the right.
pub(crate) fn draw(buffer: &mut Buffer, area: Rect, look: &Look<'_>, stats: &Stats) {
    if area.width <= SCALE + 1 || area.height == 0 {
        return;
    }
    let Some(now) = stats.now().map(|point| point.at) else { return };
    let buckets = stats.bounds.len() + 1;
    // No span of milliseconds has more than one row.
    let (width, height) = (usize::from(area.width - SCALE), usize::from(area.height).min(buckets));
    let grid = grid(stats, now, look.range, width, height);
    let most = grid.iter().flatten().filter_map(|cell| *cell).fold(0.0, f64::max);
    for (row, cells) in grid.iter().enumerate() {
        let y = area.height - 1 - u16::try_from(row).unwrap_or_default();
        // That of the slowest of its spans.
        let bound = stats.bounds.get(((row + 1) * buckets).div_ceil(height.max(1)).saturating_sub(1));
        let scale = bound.map(|bound| short(*bound)).unwrap_or_default();
        let left = Rect { width: SCALE - 1, ..area };
        put_right(buffer, left, y, &scale, look.style(Role::Dim));
        put(buffer, area, SCALE - 1, y, &look.glyphs.rule.to_string(), look.style(Role::Border));
        let text: String = cells.iter().map(|cell| shade(*cell, most, look)).collect();
        put(buffer, area, SCALE, y, &text, look.style(Role::Heat));
    }
}

/// Requests by row (the fastest first) and column; `None` where nothing was told.
fn grid(stats: &Stats, now: u32, range: u32, width: usize, height: usize) -> Vec<Vec<Option<f64>>> {
    let buckets = stats.bounds.len() + 1;
    let mut grid = vec![vec![None; width]; height];
    for point in stats.points.iter() {
        let age = u64::from(now.saturating_sub(point.at));
        let back = usize::try_from(age * width as u64 / u64::from(range.max(1))).unwrap_or(usize::MAX);
        let Some(column) = back.checked_add(1).and_then(|back| width.checked_sub(back)) else { continue };
        for (bucket, count) in point.hist.iter().enumerate().take(buckets) {
            let row = (bucket * height / buckets).min(height.saturating_sub(1));
            if let Some(cell) = grid.get_mut(row).and_then(|row| row.get_mut(column)) {
                *cell = Some(cell.unwrap_or_default() + f64::from(*count));
            }
        }
    }
    // A point may stand for several columns: its neighbours are as it is, unless it is a gap.
    let step = (width * 2).div_ceil(range.max(1) as usize).max(1);
    for row in &mut grid {
        let mut last: Option<f64> = None;
        let mut missing = 0;
        for cell in row.iter_mut() {
            if cell.is_some() {
                (last, missing) = (*cell, 0);
            } else if missing < step && width > range as usize {
                missing += 1;
                *cell = last;
            }
        }
    }
    grid
}

fn shade(cell: Option<f64>, most: f64, look: &Look<'_>) -> char {
    let Some(count) = cell else { return look.glyphs.gap };
    if count <= 0.0 || most <= 0.0 {
        return look.glyphs.shades[0];
    }
    // By the square root, so that a few slow requests among many fast ones are seen.
    match (count / most).sqrt() {
        share if share < 0.12 => look.glyphs.shades[1],
        share if share < 0.35 => look.glyphs.shades[2],
        share if share < 0.65 => look.glyphs.shades[3],
        share if share < 0.9 => look.glyphs.shades[4],
        _ => look.glyphs.bar,
    }
}

fn short(bound: f64) -> String {
    if bound >= 1_000.0 {
        format!("{:.0}k", bound / 1_000.0)
    } else if bound < 1.0 {
        format!("{bound:.1}")
    } else {
        format!("{bound:.0}")
    }
}
