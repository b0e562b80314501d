//! The characters for states, lines and charts: in Unicode, or in ASCII where the terminal has no more.

use ratatui::symbols::border;

use super::Mood;
use crate::world::Env;

/// A set of characters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glyphs {
    pub(crate) ascii: bool,
    good: char,
    warn: char,
    bad: char,
    off: char,
    /// In front of the selected row.
    pub(crate) pointer: char,
    /// In front of a marked row.
    pub(crate) mark: char,
    /// The connection lives.
    pub(crate) live: char,
    /// Between the parts of a place.
    pub(crate) crumb: &'static str,
    /// Where text is cut.
    pub(crate) more: char,
    /// Sorted upwards and downwards.
    pub(crate) sorted: (char, char),
    /// Nothing known.
    pub(crate) none: &'static str,
    /// Eight heights of a sparkline.
    pub(crate) bars: [char; 8],
    /// Nothing, and four shades.
    pub(crate) shades: [char; 5],
    /// A bar of a bar chart, and the end of one.
    pub(crate) bar: char,
    /// Where nothing is known in a chart.
    pub(crate) gap: char,
    /// Where the gateway was started anew in a chart.
    pub(crate) restart: char,
    /// Frames of the spinner.
    pub(crate) spinner: &'static [char],
    /// A line across.
    pub(crate) line: char,
    /// A line down.
    pub(crate) rule: char,
    pub(crate) border: border::Set<'static>,
    /// Running and paused.
    pub(crate) play: (char, char),
}

const UNICODE: Glyphs = Glyphs {
    ascii: false,
    good: '✓',
    warn: '!',
    bad: '✗',
    off: '○',
    pointer: '▸',
    mark: '•',
    live: '●',
    crumb: " › ",
    more: '…',
    sorted: ('▴', '▾'),
    none: "–",
    bars: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    shades: [' ', '·', '░', '▒', '▓'],
    bar: '█',
    gap: ' ',
    restart: '┊',
    spinner: &['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
    line: '─',
    rule: '│',
    border: border::PLAIN,
    play: ('▶', '‖'),
};

const ASCII: Glyphs = Glyphs {
    ascii: true,
    good: '+',
    warn: '!',
    bad: 'x',
    off: 'o',
    pointer: '>',
    mark: '*',
    live: '*',
    crumb: " > ",
    more: '~',
    sorted: ('^', 'v'),
    none: "-",
    bars: ['_', '.', '-', ':', '=', '+', '*', '#'],
    shades: [' ', '.', ':', '*', '#'],
    bar: '#',
    gap: ' ',
    restart: '|',
    spinner: &['|', '/', '-', '\\'],
    line: '-',
    rule: '|',
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
    play: ('>', '='),
};

impl Glyphs {
    /// ASCII, or what the locale can.
    pub(crate) fn of(ascii: bool, env: &Env) -> Glyphs {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env.get(name)).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        let unicode = locale.contains("utf-8") || locale.contains("utf8") || cfg!(windows);
        if ascii || !unicode { ASCII } else { UNICODE }
    }

    pub(crate) fn unicode() -> Glyphs {
        UNICODE
    }

    pub(crate) fn ascii() -> Glyphs {
        ASCII
    }

    /// The symbol of a state.
    pub(crate) fn mood(&self, mood: Mood) -> char {
        match mood {
            Mood::Good => self.good,
            Mood::Warn => self.warn,
            Mood::Bad => self.bad,
            Mood::Off => self.off,
        }
    }
}
