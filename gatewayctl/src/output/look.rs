//! What is known of the place that output goes to: how wide it is, whether it shows colours, whether it shows more than
//! ASCII; and what follows for lines of text.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::world::Env;

/// How text is to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Columns of the terminal; `None` where there is none, and nothing is shortened.
    pub(crate) width: Option<usize>,
    /// Symbols of our own are made of ASCII. What a server says stays as it is.
    pub(crate) ascii: bool,
    /// SGR colours.
    pub(crate) color: bool,
}

impl Look {
    /// The same with less room.
    pub(crate) fn narrower(self, by: usize) -> Look {
        Look { width: self.width.map(|width| width.saturating_sub(by)), ..self }
    }

    /// What stands where something was left out.
    pub(crate) fn ellipsis(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }

    /// A branch of a tree, and what stands below it in the lines that follow.
    pub(crate) fn branch(self, last: bool) -> (&'static str, &'static str) {
        match (self.ascii, last) {
            (false, false) => ("├─ ", "│  "),
            (false, true) => ("└─ ", "   "),
            (true, false) => ("|- ", "|  "),
            (true, true) => ("`- ", "   "),
        }
    }

    /// Text of our own, in which nothing is of a server.
    pub(crate) fn own(self, text: &str) -> String {
        if self.ascii { text.replace('…', "...").replace(['–', '—'], "-") } else { text.to_owned() }
    }

    /// The beginning of a text that is wider than this, and the mark that something was left out.
    pub(crate) fn shorten(self, text: &str, width: usize) -> String {
        if text.width() <= width {
            return text.to_owned();
        }
        let mark = self.ellipsis();
        let mut short = cut(text, width.saturating_sub(mark.len().min(mark.width())));
        short.push_str(&cut(mark, width));
        short
    }

    /// Lines that fit: what is too wide goes on in the next line, below where its text began. Colours take no room.
    pub(crate) fn fold(self, text: &str) -> String {
        let Some(width) = self.width.filter(|width| *width > 0) else { return text.to_owned() };
        let mut folded = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            fold_line(line, width, &mut folded);
            folded.push_str(end);
        }
        folded
    }
}

/// Whether the locale of the environment has ASCII only. Where none is set, terminals of today show more.
pub(crate) fn is_ascii(env: &Env) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env.get(name));
    locale.is_some_and(|locale| !locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// As much of a text as has so many cells.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or_default();
        used <= width
    };
    text.chars().take_while(fits).collect()
}

/// The colour of a word that says how something is; `None`: it says nothing of the kind.
pub(crate) fn of_state(text: &str) -> Option<&'static str> {
    let word = text.split([' ', ':', ',', ';']).next().unwrap_or_default().to_ascii_lowercase();
    if let Ok(status) = word.parse::<u16>() {
        return match status {
            200..400 => Some(GREEN),
            400..500 => Some(YELLOW),
            500..600 => Some(RED),
            _ => None,
        };
    }
    let words = |words: &[&str]| words.contains(&word.as_str());
    if words(&["ok", "healthy", "enabled", "valid", "connected", "up", "pass", "added", "create"]) {
        Some(GREEN)
    } else if words(&[
        "warn",
        "warning",
        "disabled",
        "mostly_healthy",
        "expiring",
        "connecting",
        "modified",
        "skip",
        "update",
        "off",
        "unknown",
    ]) {
        Some(YELLOW)
    } else if words(&[
        "fail",
        "failed",
        "error",
        "unhealthy",
        "mostly_unhealthy",
        "ejected",
        "expired",
        "disconnected",
        "down",
        "missing",
        "deleted",
        "delete",
        "reject",
        "not",
        "invalid",
    ]) {
        Some(RED)
    } else {
        None
    }
}

const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";

/// The deepest that what goes on is put in, as a part of the width.
const DEEPEST: usize = 2;

fn fold_line(line: &str, width: usize, out: &mut String) {
    if seen_width(line) <= width {
        out.push_str(line);
        return;
    }
    let indent = text_column(line).min(width / DEEPEST);
    // What goes on of a comment is one too.
    let first = if line.starts_with("#  ") { "#" } else { "" };
    let indent = (indent.max(first.len()), first);
    let mut used = 0;
    let mut started = false;
    for (word, is_escape) in Pieces(line) {
        if is_escape {
            out.push_str(word);
            continue;
        }
        let wide = word.width();
        let blank = word.chars().all(|c| c == ' ');
        if used + wide > width && started {
            if blank {
                // The line ends with it.
                used = width + 1;
                continue;
            }
            if wide <= width - indent.0 || used > width {
                new_line(out, indent);
                used = indent.0;
            }
        }
        if blank && started && used > width {
            continue;
        }
        for c in word.chars() {
            let cells = c.width().unwrap_or_default();
            if used + cells > width {
                new_line(out, indent);
                used = indent.0;
            }
            out.push(c);
            used += cells;
        }
        started |= !blank;
    }
}

/// A line of so many spaces, the first of which may be something else.
fn new_line(out: &mut String, (indent, first): (usize, &str)) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
    out.push_str(first);
    out.extend(std::iter::repeat_n(' ', indent - first.len()));
}

/// Words, the spaces between them, and SGR sequences.
struct Pieces<'t>(&'t str);

impl<'t> Iterator for Pieces<'t> {
    /// A piece, and whether it is a sequence.
    type Item = (&'t str, bool);

    fn next(&mut self) -> Option<(&'t str, bool)> {
        let first = self.0.chars().next()?;
        let end = match first {
            '\u{1b}' => self.0.find('m').map_or(self.0.len(), |end| end + 1),
            ' ' => self.0.find(|c| c != ' ').unwrap_or(self.0.len()),
            _ => self.0.find([' ', '\u{1b}']).unwrap_or(self.0.len()),
        };
        let (piece, rest) = self.0.split_at(end);
        self.0 = rest;
        Some((piece, first == '\u{1b}'))
    }
}

/// The cells of a line without its colours.
pub(crate) fn seen_width(line: &str) -> usize {
    Pieces(line).filter(|(_, is_escape)| !is_escape).map(|(word, _)| word.width()).sum()
}

/// Where the text of a line begins: behind its name and the spaces that follow, behind the mark of a list, or behind its
/// own indentation.
fn text_column(line: &str) -> usize {
    let plain: String = Pieces(line).filter(|(_, is_escape)| !is_escape).map(|(word, _)| word).collect();
    let begin = plain.len() - plain.trim_start_matches(' ').len();
    let text = plain.get(begin..).unwrap_or_default();
    if text.starts_with("- ") || text.starts_with("* ") {
        return begin + 2;
    }
    // A name is one word or two; two spaces or more follow.
    match text.find("  ") {
        Some(name) if name <= 24 => {
            let value = text.get(name..).unwrap_or_default();
            let gap = value.len() - value.trim_start_matches(' ').len();
            text.get(..name).unwrap_or_default().width() + begin + gap
        }
        _ => match text.split_once(' ') {
            // Names as wide as their column have one space only.
            Some((name, _)) if name.len() == 11 || name.len() == 10 => begin + name.width() + 1,
            _ => begin,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(width: usize) -> Look {
        Look { width: Some(width), ..Look::default() }
    }

    #[test]
    fn long_lines_go_on_below_their_text() {
        let page = "request     GET http://api.example/a/long/path?with=a&query=of&its=own\n  - an item of a list that is too long for it\nshort\n\u{1b}[1mA heading that is bold and wide\u{1b}[0m\n";
        insta::assert_snapshot!(at(28).fold(page).replace('\u{1b}', "ESC"));
        assert_eq!(at(28).fold("fits\n"), "fits\n");
        assert_eq!(Look::default().fold(page), page);
    }

    #[test]
    fn symbols_of_our_own_have_forms_in_ascii() {
        let ascii = Look { ascii: true, ..Look::default() };
        assert_eq!(ascii.shorten("something long", 9), "someth...");
        assert_eq!(ascii.shorten("long", 2), "..");
        assert_eq!(Look::default().shorten("中文名字", 5), "中文…");
        assert_eq!(ascii.own("ID… – none"), "ID... - none");
        for last in [true, false] {
            assert!(ascii.branch(last).0.is_ascii() && ascii.branch(last).1.is_ascii());
        }
    }

    #[test]
    fn locales() {
        let ascii = |pairs: &[(&str, &str)]| is_ascii(&Env::of(pairs.iter().map(|(k, v)| (*k, *v))));
        assert!(ascii(&[("LANG", "C")]) && ascii(&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")]));
        assert!(!ascii(&[]) && !ascii(&[("LANG", "C.UTF-8")]) && !ascii(&[("LC_CTYPE", "en_US.utf8"), ("LANG", "C")]));
    }

    proptest! {
        /// Nothing is wider than there is room for, and nothing is lost but spaces.
        #[test]
        fn what_is_folded_fits(text in "[ -~äß中文\n]{0,200}", width in 4usize..60) {
            let folded = at(width).fold(&text);
            prop_assert!(folded.lines().all(|line| line.width() <= width), "{folded:?}");
            let solid = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(solid(&folded), solid(&text));
        }

        #[test]
        fn what_is_shortened_fits(text in any::<String>(), width in 0usize..20, ascii: bool) {
            let look = Look { ascii, ..Look::default() };
            prop_assert!(look.shorten(&text, width).width() <= width);
        }
    }
}
