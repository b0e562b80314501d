//! Colours and attributes as they are written in themes: `#88c0d0/cyan on #2e3440 bold`. Behind a `/` stands what a
//! terminal of sixteen colours shows.

use ratatui::style::{Color, Modifier, Style};

use crate::world::Env;

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// None are wanted: attributes only.
    None,
    Sixteen,
    Indexed,
    True,
}

impl Depth {
    /// From `NO_COLOR`, `COLORTERM` and `TERM`; `colors` is what the flag says, where there is one.
    pub(crate) fn of(env: &Env, colors: bool) -> Depth {
        if !colors {
            return Depth::None;
        }
        let term = env.get("TERM").unwrap_or_default();
        match env.get("COLORTERM").as_deref() {
            Some("truecolor" | "24bit") => Depth::True,
            _ if term.contains("direct") => Depth::True,
            _ if term.contains("256color") => Depth::Indexed,
            _ => Depth::Sixteen,
        }
    }
}

const NAMED: [(&str, Color, (u8, u8, u8)); 16] = [
    ("black", Color::Black, (0, 0, 0)),
    ("red", Color::Red, (205, 0, 0)),
    ("green", Color::Green, (0, 205, 0)),
    ("yellow", Color::Yellow, (205, 205, 0)),
    ("blue", Color::Blue, (0, 0, 238)),
    ("magenta", Color::Magenta, (205, 0, 205)),
    ("cyan", Color::Cyan, (0, 205, 205)),
    ("gray", Color::Gray, (229, 229, 229)),
    ("dark-gray", Color::DarkGray, (127, 127, 127)),
    ("bright-red", Color::LightRed, (255, 0, 0)),
    ("bright-green", Color::LightGreen, (0, 255, 0)),
    ("bright-yellow", Color::LightYellow, (255, 255, 0)),
    ("bright-blue", Color::LightBlue, (92, 92, 255)),
    ("bright-magenta", Color::LightMagenta, (255, 0, 255)),
    ("bright-cyan", Color::LightCyan, (0, 255, 255)),
    ("white", Color::White, (255, 255, 255)),
];

/// Reads a style; `None` where it is not one.
pub(super) fn style(spec: &str, depth: Depth) -> Option<Style> {
    let mut style = Style::new();
    let mut background = false;
    for word in spec.split_whitespace() {
        let modifier = match word {
            "on" => {
                background = true;
                continue;
            }
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underline" => Modifier::UNDERLINED,
            "reverse" => Modifier::REVERSED,
            word => {
                let color = color(word, depth)?;
                if depth != Depth::None {
                    style = if background { style.bg(color) } else { style.fg(color) };
                }
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    Some(style)
}

fn color(word: &str, depth: Depth) -> Option<Color> {
    let (full, sixteen) = match word.split_once('/') {
        Some((full, sixteen)) => (full, Some(sixteen)),
        None => (word, None),
    };
    if let (Depth::Sixteen | Depth::None, Some(name)) = (depth, sixteen) {
        return named(name);
    }
    if let Some(color) = named(full) {
        return Some(color);
    }
    let digits = full.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let rgb = u32::from_str_radix(digits, 16).ok()?;
    let [_, r, g, b] = rgb.to_be_bytes();
    Some(match depth {
        Depth::True => Color::Rgb(r, g, b),
        Depth::Indexed => Color::Indexed(indexed(r, g, b)),
        Depth::Sixteen | Depth::None => nearest(r, g, b),
    })
}

fn named(name: &str) -> Option<Color> {
    if name == "default" {
        return Some(Color::Reset);
    }
    NAMED.iter().find(|(of, ..)| *of == name).map(|(_, color, _)| *color)
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    square(a.0, b.0) * 2 + square(a.1, b.1) * 4 + square(a.2, b.2) * 3
}

fn nearest(r: u8, g: u8, b: u8) -> Color {
    NAMED.iter().min_by_key(|(.., own)| distance(*own, (r, g, b))).map_or(Color::Reset, |(_, color, _)| *color)
}

/// The nearest of the 6×6×6 cube and the greys of xterm's 256 colours.
fn indexed(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |value: u8| (0..6u8).min_by_key(|place| STEPS[usize::from(*place)].abs_diff(value)).unwrap_or_default();
    let (x, y, z) = (step(r), step(g), step(b));
    let cube = (STEPS[usize::from(x)], STEPS[usize::from(y)], STEPS[usize::from(z)]);
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let place = u8::try_from((mean.saturating_sub(3) / 10).min(23)).unwrap_or(23);
    let grey = 8 + 10 * place;
    if distance((grey, grey, grey), (r, g, b)) < distance(cube, (r, g, b)) {
        232 + place
    } else {
        16 + 36 * x + 6 * y + z
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_read() {
        let spec = "#ff0000/bright-red on #1c1c1c/black bold";
        let expected = Style::new().fg(Color::Rgb(255, 0, 0)).bg(Color::Rgb(28, 28, 28)).add_modifier(Modifier::BOLD);
        assert_eq!(style(spec, Depth::True), Some(expected));
        let expected = Style::new().fg(Color::Indexed(196)).bg(Color::Indexed(234)).add_modifier(Modifier::BOLD);
        assert_eq!(style(spec, Depth::Indexed), Some(expected));
        let expected = Style::new().fg(Color::LightRed).bg(Color::Black).add_modifier(Modifier::BOLD);
        assert_eq!(style(spec, Depth::Sixteen), Some(expected));
        assert_eq!(style(spec, Depth::None), Some(Style::new().add_modifier(Modifier::BOLD)));
        for wrong in ["#12345", "purple", "red on"] {
            assert_eq!(style(wrong, Depth::True).is_some(), wrong == "red on", "{wrong}");
        }
    }

    #[test]
    fn the_depth_is_that_of_the_terminal() {
        let of = |pairs: &[(&str, &str)]| Depth::of(&Env::of(pairs.iter().map(|(k, v)| (*k, *v))), true);
        assert_eq!(of(&[("COLORTERM", "truecolor"), ("TERM", "xterm")]), Depth::True);
        assert_eq!(of(&[("TERM", "screen-256color")]), Depth::Indexed);
        assert_eq!(of(&[("TERM", "xterm")]), Depth::Sixteen);
        assert_eq!(Depth::of(&Env::of([("COLORTERM", "truecolor")]), false), Depth::None);
    }
}
