//! A screen as a picture for `docs/`, in the colours of its theme.

use std::fmt::Write as _;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::*;

/// A cell, in units of the picture.
const CELL: (usize, usize) = (9, 19);
const TEXT: (u8, u8, u8) = (0xd8, 0xde, 0xe9);
const GROUND: (u8, u8, u8) = (0x16, 0x19, 0x20);
/// The sixteen colours that every terminal has.
const SIXTEEN: [(u8, u8, u8); 16] = [
    (0x2e, 0x34, 0x40),
    (0xcc, 0x55, 0x55),
    (0x5f, 0xa8, 0x5f),
    (0xc8, 0xa0, 0x4a),
    (0x55, 0x88, 0xcc),
    (0xa8, 0x6f, 0xb8),
    (0x4f, 0xa8, 0xa8),
    (0xc8, 0xcc, 0xd4),
    (0x70, 0x78, 0x88),
    (0xe8, 0x70, 0x70),
    (0x80, 0xc8, 0x80),
    (0xe8, 0xc4, 0x68),
    (0x78, 0xa8, 0xe8),
    (0xc8, 0x90, 0xd8),
    (0x70, 0xc8, 0xc8),
    (0xff, 0xff, 0xff),
];

fn rgb(color: Color, other: (u8, u8, u8)) -> (u8, u8, u8) {
    let of = |place: usize| SIXTEEN[place];
    match color {
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(place @ 0..=15) => of(usize::from(place)),
        Color::Indexed(place @ 16..=231) => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let place = place - 16;
            (level(place / 36), level(place / 6 % 6), level(place % 6))
        }
        Color::Indexed(place) => [8 + 10 * (place - 232); 3].into(),
        Color::Black => of(0),
        Color::Red => of(1),
        Color::Green => of(2),
        Color::Yellow => of(3),
        Color::Blue => of(4),
        Color::Magenta => of(5),
        Color::Cyan => of(6),
        Color::Gray => of(7),
        Color::DarkGray => of(8),
        Color::LightRed => of(9),
        Color::LightGreen => of(10),
        Color::LightYellow => of(11),
        Color::LightBlue => of(12),
        Color::LightMagenta => of(13),
        Color::LightCyan => of(14),
        Color::White => of(15),
        Color::Reset => other,
    }
}

/// Foreground, background, and whether it is bold.
type Look = ((u8, u8, u8), (u8, u8, u8), bool);

fn look(cell: &Cell) -> Look {
    let (front, back) = (rgb(cell.fg, TEXT), rgb(cell.bg, GROUND));
    let (mut front, back) = if cell.modifier.contains(Modifier::REVERSED) { (back, front) } else { (front, back) };
    if cell.modifier.contains(Modifier::DIM) {
        let half = |a: u8, b: u8| (u16::from(a) * 3 / 5 + u16::from(b) * 2 / 5) as u8;
        front = (half(front.0, back.0), half(front.1, back.1), half(front.2, back.2));
    }
    (front, back, cell.modifier.contains(Modifier::BOLD))
}

fn hex((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The cells of a line that look alike, beside each other: from where on, how many, the text.
fn runs(buffer: &Buffer, y: u16) -> Vec<(usize, usize, Look, String)> {
    let mut runs: Vec<(usize, usize, Look, String)> = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let (look, width) = (look(cell), cell.symbol().width().max(1));
        match runs.last_mut() {
            Some(run) if run.2 == look => {
                run.1 += width;
                run.3.push_str(cell.symbol());
            }
            _ => runs.push((usize::from(x), width, look, cell.symbol().to_owned())),
        }
        x += width as u16;
    }
    runs
}

/// A buffer as SVG.
fn drawn(buffer: &Buffer) -> String {
    let (width, height) = (usize::from(buffer.area.width) * CELL.0, usize::from(buffer.area.height) * CELL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"'DejaVu Sans Mono', Menlo, \
         Consolas, monospace\" font-size=\"15\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        hex(GROUND)
    );
    for y in 0..buffer.area.height {
        for (x, length, (front, back, bold), text) in runs(buffer, y) {
            let (left, top, wide) = (x * CELL.0, usize::from(y) * CELL.1, length * CELL.0);
            if back != GROUND {
                let _ = writeln!(
                    svg,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{}\" fill=\"{}\"/>",
                    CELL.1,
                    hex(back)
                );
            }
            if text.trim().is_empty() {
                continue;
            }
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{a0}");
            let weight = if bold { " font-weight=\"bold\"" } else { "" };
            let _ = writeln!(
                svg,
                "<text x=\"{left}\" y=\"{}\" textLength=\"{wide}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{weight}>{text}</text>",
                top + 14,
                hex(front)
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// A screen of the gateway of all tests, after some keys.
fn picture(name: &'static str, (width, height): (u16, u16), keys: &str) -> String {
    let mut app = app(name, State::Full);
    press(&mut app, keys);
    screen(&mut app, (width, height));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(&app, frame)).unwrap();
    drawn(terminal.backend().buffer())
}

#[test]
fn the_pictures_are_up_to_date() {
    for (name, size, keys) in [("overview", (120, 34), ""), ("traffic", (120, 34), "/status>=400<Enter>")] {
        let file = format!("tui-{name}.svg");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(&file);
        let made = picture(name, size, keys);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == made, "docs/{file} is not what the program shows; UPDATE_GENERATED=1 writes it");
        let page = std::fs::read_to_string(path.with_file_name("tui.md")).unwrap();
        assert!(page.contains(&file), "{file} is not on the page");
    }
}
